"""Verdicts: what the result says about each target.

net, subset:  value = E_base − E_plan          required: a share of E_base, or a mass
creditable:   value = Σ accountable reductions − offset      growth is not netted
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emisim import units
from emisim.errors import Fault, Reporter
from emisim.inventory import SELECTABLE, Inventory, SourceTexts
from emisim.measure import Measure
from emisim.plan import Plan
from emisim.scenario import Scenario
from emisim.target import Target

MET, MISSED, NOT_ASSESSABLE = "met", "missed", "not assessable"


@dataclass(frozen=True)
class Verdict:
    """One answer. ``value``, ``required`` and ``shortfall`` in ``unit`` (% of the baseline, or t/yr); ``shortfall_t``
    [t/yr]; None where there is none."""

    id: str
    kind: str
    pollutant: str
    year: int
    verdict: str
    value: float | None
    required: float | None
    unit: str
    comparison: str
    shortfall: float | None
    shortfall_t: float | None
    baseline_t: float | None
    reduction_t: float | None
    reference: bool


def check_targets(scenario: Scenario, plan: Plan, inventory: SourceTexts, reporter: Reporter) -> None:
    """Report every target that cannot be judged on this inventory and in these years."""
    for name, target in scenario.all_targets(plan).items():
        file, here = "scenario" if name in scenario.targets else "plan", ("targets", name)
        if isinstance(inventory, Inventory) and target.pollutant not in inventory.pollutants:
            reporter.unknown(file, (*here, "pollutant"), "value.choice", target.pollutant, inventory.pollutants)
        for field in ("year", "baseline_year"):
            year = getattr(target, field)
            if year is not None and not scenario.base_year <= year <= scenario.target_year:
                first, last = scenario.base_year, scenario.target_year
                reporter.report(file, (*here, field), "target.year", year=year, first=first, last=last)
        _check_rows(name, target, inventory, reporter, file)
        for field, dimensions in (("reduction", ("share", "mass rate")), ("offset", ("mass rate",)), ("tolerance", ("share",))):
            problem = _unreadable(getattr(target, field), dimensions)
            if problem:
                reporter.faults.append(problem.at(reporter.place(file, (*here, field))))
        if target.kind == "creditable" and isinstance(target.reduction, str) and not _unreadable(target.reduction, ("share",)):
            reporter.report(file, (*here, "reduction"), "target.creditable_share", text=target.reduction)


def _check_rows(name: str, target: Target, inventory: SourceTexts, reporter: Reporter, file: str) -> None:
    """A subset target, and only that, selects rows, and finds some."""
    here = ("targets", name)
    if (target.kind == "subset") != (target.applies_to is not None):
        reporter.report(file, here, "target.subset", kind=target.kind)
    elif target.applies_to is not None:
        unknown = [column for mapping in target.applies_to for column in mapping if column not in SELECTABLE]
        for column in unknown:
            reporter.unknown(file, (*here, "applies_to", column, Reporter.KEY), "selector.column", column, SELECTABLE)
        if not unknown and not inventory.select(target.applies_to).size:
            reporter.report(file, (*here, "applies_to"), "target.nothing", name=name, inventory=inventory.name)


def _unreadable(value, dimensions: tuple[str, ...]) -> Fault | None:
    """Why a value is of none of some dimensions; None if it is of one, or missing."""
    problem = None
    for dimension in dimensions if value is not None else ():
        try:
            units.read(value, dimension)
        except units.UnitError as error:
            problem = problem or error.fault
        else:
            return None
    return problem


def judge(
    targets: Mapping[str, Target],
    inventory: Inventory,
    years: Sequence[int],
    base: np.ndarray,
    plan: np.ndarray,
    reductions: np.ndarray,
    measures: Sequence[Measure],
) -> tuple[Verdict, ...]:
    """Compare a result with its targets.

    Parameters
    ----------
    years : the years of the last axis, the base year first.
    base : (row, pollutant) emission of the base year [t/yr]; it is the baseline of targets against that year.
    plan : (row, pollutant, year) emission with the plan [t/yr].
    reductions : (measure, pollutant, year) from the ledger [t/yr].

    Returns
    -------
    tuple of Verdict, in the order of the targets
    """
    return tuple(_one(name, t, inventory, list(years), base, plan, reductions, measures) for name, t in targets.items())


def _one(name, target: Target, inventory: Inventory, years, base, plan, reductions, measures) -> Verdict:
    p = inventory.pollutants.index(target.pollutant)
    at = years.index(target.year)
    if target.kind == "creditable":
        accountable = np.array([m.accountable for m in measures], dtype=bool)
        offset = units.read(target.offset, "mass rate") if target.offset is not None else 0.0
        tonnes = float(reductions[accountable, p, at].sum()) - offset
        baseline = None
    else:
        rows = ~inventory.memo
        if target.applies_to is not None:
            chosen = np.zeros(len(inventory), dtype=bool)
            chosen[inventory.select(target.applies_to)] = True
            rows = rows & chosen
        first = years.index(target.baseline_year) if target.baseline_year is not None else 0
        baseline = float((plan[rows, p, first] if first else base[rows, p]).sum())
        tonnes = baseline - float(plan[rows, p, at].sum())
    in_percent = baseline is not None and not _is_mass(target.reduction)
    scale, unit = (100.0 / baseline if baseline else 0.0, "%") if in_percent else (1.0, "t/yr")
    value = tonnes * scale
    common = {
        "id": name,
        "kind": target.kind,
        "pollutant": target.pollutant,
        "year": target.year,
        "value": value,
        "unit": unit,
        "comparison": target.comparison,
        "baseline_t": baseline,
        "reduction_t": tonnes,
        "reference": target.reference,
    }
    if target.reduction is None or (in_percent and not baseline):
        return Verdict(**common, verdict=NOT_ASSESSABLE, required=None, shortfall=None, shortfall_t=None)
    required = units.read(target.reduction, "mass rate" if unit == "t/yr" else "share") * (1.0 if unit == "t/yr" else 100.0)
    slack = units.read(target.tolerance, "share") * (100.0 if in_percent else max(abs(required), 1.0))
    met = value > required + slack if target.comparison == ">" else value >= required - slack
    shortfall = 0.0 if met else max(required - value, 0.0)
    return Verdict(
        **common,
        verdict=MET if met else MISSED,
        required=required,
        shortfall=shortfall,
        shortfall_t=shortfall / scale if scale else 0.0,
    )


def _is_mass(reduction) -> bool:
    if not isinstance(reduction, str):
        return False
    return units.to_base(units.split(reduction)[1])[1] == units.to_base("t/yr")[1]
