"""What a measure costs at each of its sources: its annual cost, shared out.

What it costs per tonne falls where these tonnes are removed. What it costs in a sum (investment, yearly) falls on the activity that
it covers where all its sources count that in one unit, else on the tonnes as well. The shares of all sources are the whole cost.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from emisim import units
from emisim.case import Case
from emisim.cost import Annual, NoCost, annual_costs
from emisim.operation import covered
from emisim.simulate import Levels
from emisim.vocabulary import pollutants


def costs_by_row(case: Case, end: Levels, costs: Mapping[str, Annual | NoCost]) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Share out the cost of every measure that has one.

    Parameters
    ----------
    costs : from ``cost.annual_costs``.

    Returns
    -------
    dict
        measure → (rows, their costs [unit of ``costs``]); of measures that act on some row.
    """
    lumps = annual_costs(case, {name: dict.fromkeys(case.inventory.pollutants, 0.0) for name in case.bound.names})
    out = {}
    for m, name in enumerate(case.bound.names):
        cost, lump = costs[name], lumps[name]
        if not isinstance(cost, Annual):
            continue
        rows, activity = _covered(case, end, m)
        if not rows.size:
            continue
        tonnes = _removed(case, end, m, rows, cost.of)
        size = activity if _one_unit(case, rows) and activity.sum() > 0 else tonnes
        out[m] = rows, _shared(lump.value, size) + _shared(cost.value - lump.value, tonnes)
    return out


def _covered(case: Case, end: Levels, m: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows of a measure which count in the totals, else all of them, and the activity that it covers there."""
    share = np.zeros(end.base.shape[0])
    touched = np.zeros(share.size, bool)
    for op in end.program.operations:
        if op.measure == m:
            np.maximum.at(share, op.rows, covered(op))
            touched[op.rows] = True
    counted = touched & ~case.inventory.memo
    rows = np.flatnonzero(counted if counted.any() else touched)
    return rows, share[rows] * end.base.activity[rows, -1]


def _removed(case: Case, end: Levels, m: int, rows: np.ndarray, of: str) -> np.ndarray:
    """What a measure alone removes at each of some rows in the last year [t/yr], of the pollutant its cost is counted by, else of
    that first-class one of which it removes most."""
    mine = end.ledger.measure == m
    alone = np.zeros((end.base.shape[0], end.base.shape[1]))
    alone[end.ledger.row[mine]] = end.ledger.first_in[mine, :, -1]
    names = case.inventory.pollutants
    core = [p for p, name in enumerate(names) if pollutants()[name].core]
    p = names.index(of) if of in names else max(core, key=lambda k: alone[rows, k].sum(), default=0)
    return np.maximum(alone[rows, p], 0.0)


def _one_unit(case: Case, rows: np.ndarray) -> bool:
    return len({units.to_base(text)[1] for text in set(case.inventory.text["unit"][rows].tolist())}) == 1


def _shared(amount: float, size: np.ndarray) -> np.ndarray:
    """An amount in proportion to sizes; alike where all are 0."""
    size = size if size.sum() > 0 else np.ones(size.size)
    return amount * size / size.sum()
