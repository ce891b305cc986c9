"""Verdicts: what the result says about each target.

net, subset:  value = E_base − E_plan          required: a share of E_base, or a mass
creditable:   value = Σ credits − offset       required: a mass, or a share of E_base; growth is not netted
indicator:    value of its formula             required: a share, or a figure in the indicator's unit
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emisim import units
from emisim.crediting import Project, credited
from emisim.errors import Fault, Reporter
from emisim.indicator import COMPUTED, Activities, check, check_rows, figure, value
from emisim.inventory import Inventory, SourceTexts
from emisim.plan import Plan
from emisim.scenario import Scenario
from emisim.target import Target

MET, MISSED, NOT_ASSESSABLE = "met", "missed", "not assessable"


@dataclass(frozen=True)
class Verdict:
    """One answer. ``value``, ``required`` and ``shortfall`` in ``unit`` (% of the baseline, t/yr, or that of an indicator);
    ``shortfall_t`` [t/yr]; None where there is none. net_t, credit_t : the two ledgers for its pollutant and rows [t/yr]; calendar :
    ``value`` in what the calendar year emits. basis : ``computed``, ``assumed`` (the scenario's own assumption) or
    ``reported``."""

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
    basis: str = COMPUTED
    net_t: float | None = None
    credit_t: float | None = None
    calendar: float | None = None


def check_targets(scenario: Scenario, plan: Plan, inventory: SourceTexts, reporter: Reporter) -> None:
    """Report every target that cannot be judged on this inventory and in these years."""
    for name, target in scenario.all_targets(plan).items():
        file, here = "scenario" if name in scenario.targets else "plan", ("targets", name)
        if target.indicator is not None:
            check(name, target, plan, inventory, range(scenario.base_year, scenario.target_year + 1), file, reporter)
        elif isinstance(inventory, Inventory) and target.pollutant not in inventory.pollutants:
            reporter.unknown(file, (*here, "pollutant"), "value.choice", target.pollutant, inventory.pollutants)
        for field in ("year", "baseline_year"):
            year = getattr(target, field)
            if year is not None and not scenario.base_year <= year <= scenario.target_year:
                first, last = scenario.base_year, scenario.target_year
                reporter.report(file, (*here, field), "target.year", year=year, first=first, last=last)
        if target.on_tonnes:
            _check_rows(name, target, inventory, reporter, file)
        for field, dimensions in (("reduction", ("share", "mass rate")), ("offset", ("mass rate",)), ("tolerance", ("share",))):
            problem = _unreadable(getattr(target, field), dimensions)
            if problem:
                reporter.faults.append(problem.at(reporter.place(file, (*here, field))))
        share = isinstance(target.reduction, str) and not _unreadable(target.reduction, ("share",))
        if target.kind == "creditable" and share and target.baseline_year is None:
            reporter.report(file, (*here, "reduction"), "target.creditable_share", text=target.reduction)


def _check_rows(name: str, target: Target, inventory: SourceTexts, reporter: Reporter, file: str) -> None:
    """A subset target, and only that, selects rows, and finds some."""
    here = ("targets", name)
    if (target.kind == "subset") != (target.applies_to is not None):
        reporter.report(file, here, "target.subset", kind=target.kind)
    else:
        check_rows(target.applies_to, inventory, file, (*here, "applies_to"), reporter)


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


@dataclass(frozen=True, eq=False)
class Evidence:
    """What verdicts rest on. base : (row, pollutant) of the base year; plan, calendar : (row, pollutant, year) at its end and in the
    year [t/yr]; projects : year → lines of the creditable ledger; activities : for indicators."""

    inventory: Inventory
    years: Sequence[int]
    base: np.ndarray
    plan: np.ndarray
    projects: Mapping[int, Sequence[Project]]
    activities: Activities
    calendar: np.ndarray | None = None


def judge(targets: Mapping[str, Target], evidence: Evidence) -> tuple[Verdict, ...]:
    """Compare a result with its targets; the verdicts stand in the order of the targets."""
    return tuple(_figure(n, t, evidence) if t.indicator else _reduction(n, t, evidence) for n, t in targets.items())


def _figure(name: str, target: Target, evidence: Evidence) -> Verdict:
    """An indicator: its value against what is required, as written."""
    found, unit, basis = value(target.indicator, target.year, evidence.activities)
    found = None if found is None else float(found)
    required = None if target.required is None else figure(target.required, None if unit in ("%", "pp") else unit)
    common = {
        "id": name, "kind": target.kind, "pollutant": "", "year": target.year, "value": found, "required": required, "unit": unit,
        "comparison": target.comparison, "baseline_t": None, "reduction_t": None, "reference": target.reference, "basis": basis,
    }  # fmt: skip
    if found is None or required is None:
        return Verdict(**common, verdict=NOT_ASSESSABLE, shortfall=None, shortfall_t=None)
    slack = units.read(target.tolerance, "share") * max(abs(required), 1.0)
    met = _holds(found, target.comparison, required, slack)
    return Verdict(**common, verdict=MET if met else MISSED, shortfall=0.0 if met else abs(required - found), shortfall_t=None)


def _holds(found: float, comparison: str, required: float, slack: float) -> bool:
    """found ≷ required as written; a float on the edge counts as equal."""
    if comparison in (">", "<"):
        return found > required + slack if comparison == ">" else found < required - slack
    return found >= required - slack if comparison == ">=" else found <= required + slack


def _reduction(name: str, target: Target, evidence: Evidence) -> Verdict:
    inventory, years, base, plan = evidence.inventory, list(evidence.years), evidence.base, evidence.plan
    p = inventory.pollutants.index(target.pollutant)
    rows = ~inventory.memo
    if target.applies_to is not None:
        chosen = np.zeros(len(inventory), dtype=bool)
        chosen[inventory.select(target.applies_to)] = True
        rows = rows & chosen
    first, at = (years.index(y) if y is not None else 0 for y in (target.baseline_year, target.year))
    baseline: float | None = float((plan[rows, p, first] if first else base[rows, p]).sum())
    in_percent = not _is_mass(target.reduction)
    offset = units.read(target.offset, "mass rate") if target.offset is not None else 0.0
    credit, net = credited(evidence.projects[target.year], target.pollutant) - offset, baseline - float(plan[rows, p, at].sum())
    emitted = None if evidence.calendar is None else baseline - float(evidence.calendar[rows, p, at].sum())
    tonnes = net
    if target.kind == "creditable":
        in_percent = in_percent and target.reduction is not None
        tonnes, emitted, baseline = credit, None, baseline if in_percent else None
    scale, unit = (100.0 / baseline if baseline else 0.0, "%") if in_percent else (1.0, "t/yr")
    reached = tonnes * scale
    common = {
        "id": name,
        "kind": target.kind,
        "pollutant": target.pollutant,
        "year": target.year,
        "value": reached,
        "unit": unit,
        "comparison": target.comparison,
        "baseline_t": baseline,
        "reduction_t": tonnes,
        "reference": target.reference,
        "net_t": net,
        "credit_t": credit if target.kind != "subset" else None,
        "calendar": None if emitted is None else emitted * scale,
    }
    if target.reduction is None or (in_percent and not baseline):
        return Verdict(**common, verdict=NOT_ASSESSABLE, required=None, shortfall=None, shortfall_t=None)
    required = units.read(target.reduction, "mass rate" if unit == "t/yr" else "share") * (1.0 if unit == "t/yr" else 100.0)
    slack = units.read(target.tolerance, "share") * (100.0 if in_percent else max(abs(required), 1.0))
    met = _holds(reached, target.comparison, required, slack)
    shortfall = 0.0 if met else max(required - reached, 0.0)
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
