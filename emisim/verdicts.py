"""Verdicts: what the result says about each target.

net, subset:  value = E_base − E_plan          required: a share of E_base, or a mass
creditable:   value = Σ accountable reductions − offset      growth is not netted
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emisim import units
from emisim.inventory import Inventory
from emisim.measure import Measure
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
