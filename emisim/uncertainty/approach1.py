"""Error propagation of a case beside its draws: IPCC Approach 1, and where its conditions do not hold.

Level of the base year and change to the plan, from the ranges of activities and factors only. Figures drawn with one random number
are one variable; correlations weaker than that are taken as none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emisim.uncertainty.draws import Frame
from emisim.uncertainty.inputs import ACTIVITY, FACTOR, Uncertain
from emisim.uncertainty.propagation import NONE, Doubts, Level, Rows, Trend, doubts, half_width, level, trend
from emisim.uncertainty.sampling import Sampler

TAILS = (0.025, 0.975)


@dataclass(frozen=True)
class Approach1:
    """Half of the 95 % interval by error propagation, official totals. base : of the base year. plan : of the change from the
    base year to the plan in the target year. names : ids of the figures that were looked at.
    doubts : positions among these of those for which the method does not hold, by reason."""

    base: Level
    plan: Trend
    names: tuple[str, ...]
    doubts: Doubts


def approach1(frame: Frame, sampler: Sampler, base: np.ndarray, plan: np.ndarray) -> Approach1:
    """Propagate the ranges of a case.

    Parameters
    ----------
    base, plan : (row, pollutant) central emission of the base year, and with the plan in the target year [t/yr].
    """
    figures = frame.inputs.figures
    low, high = (sampler.quantiles(tail) for tail in TAILS)
    used = [k for k, f in enumerate(figures) if f.kind in (ACTIVITY, FACTOR)]
    value = np.array([figures[k].distribution.value for k in used])
    half = dict(zip(used, half_width(value, low[used], high[used]).tolist(), strict=True))
    weaker = {c.first for c in frame.inputs.correlations if c.first == c.second and c.rank < 1.0}
    numbers: dict[str, int] = {}
    variable = {k: numbers.setdefault(_variable(figures[k], weaker), len(numbers)) for k in used}
    rows = _rows(frame, used, variable, half)
    official = ~frame.case.inventory.memo
    rows = Rows(rows.activity[official], rows.factor[official], rows.activity_half[official], rows.factor_half[official])
    groups = {name: n for n, name in enumerate(sorted({figures[k].variable for k in used}))}
    group = np.array([groups[figures[k].variable] if figures[k].variable != figures[k].own else NONE for k in used])
    return Approach1(
        level(base[official], rows),
        trend(base[official], plan[official], rows),
        tuple(figures[k].id for k in used),
        doubts(value, low[used], high[used], group),
    )


def _variable(figure: Uncertain, weaker: set[str]) -> str:
    return figure.own if figure.variable in weaker else figure.variable


def _rows(frame: Frame, used: list[int], variable: dict[int, int], half: dict[int, float]) -> Rows:
    """The variable and half width of every activity and factor; in the manure chain that of the first stage's activity."""
    inventory, figures = frame.case.inventory, frame.inputs.figures
    kinds = frame.case.tables.records.kind if frame.case.tables.records else np.zeros(len(inventory), int)
    shape = inventory.factor.shape
    activity, factor = np.full(shape[0], NONE), np.full(shape, NONE)
    activity_half, factor_half = np.zeros(shape[0]), np.zeros(shape)
    for k in used:
        figure = figures[k]
        if figure.kind == ACTIVITY:
            activity[figure.at[0]], activity_half[figure.at[0]] = variable[k], half[k]
        else:
            mine, p = np.isin(kinds, figure.at[:-1]), inventory.pollutants.index(figure.at[-1])
            factor[mine, p], factor_half[mine, p] = variable[k], half[k]
    first = np.arange(shape[0])
    while (inventory.upstream[first] >= 0).any():
        first = np.where(inventory.upstream[first] >= 0, inventory.upstream[first], first)
    fed = (inventory.upstream >= 0) & (activity == NONE)
    return Rows(np.where(fed, activity[first], activity), factor, np.where(fed, activity_half[first], activity_half), factor_half)
