"""The nitrogen balance of livestock: what enters the manure chain is emitted as NH3 or left over, stage by stage.

    N entering + Σ_stages N between = Σ_stages N emitted + N left after spreading

Source: mass flow of total ammoniacal nitrogen (EMEP/EEA guidebook 3.B; 大气氨源排放清单编制技术指南).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from emisim.inventory import Inventory


@dataclass(frozen=True)
class Chain:
    """One chain of stages; masses in t N / yr.

    rows : of its stages, first to last. entering : N at the first stage. emitted : N lost as NH3 at each stage. between : N that
    comes (+) or goes (−) on the way to the next stage in other forms, in the base year's share of what the stage before leaves over.
    left : N after the last stage. gap : largest difference between what a stage receives and that share; 0 but for rounding, unless
    a measure acts on the activity of a later stage.
    """

    rows: tuple[int, ...]
    entering: float
    emitted: tuple[float, ...]
    between: tuple[float, ...]
    left: float
    gap: float


def chains(inventory: Inventory) -> list[tuple[int, ...]]:
    """Rows of every manure chain, from the first stage to the last."""
    fed = _fed(inventory)
    out = []
    for first in sorted(set(fed) - {row for rows in fed.values() for row in rows}):
        rows, waiting = [], [first]
        while waiting:
            rows.append(waiting.pop(0))
            waiting += fed.get(rows[-1], ())
        out.append(tuple(rows))
    return out


def _fed(inventory: Inventory) -> dict[int, list[int]]:
    """Stage → the stages it hands on to."""
    fed: dict[int, list[int]] = {}
    for row, up in enumerate(inventory.upstream.tolist()):
        if up >= 0:
            fed.setdefault(up, []).append(row)
    return fed


def balance(inventory: Inventory, activity: np.ndarray, emission: np.ndarray, share: np.ndarray) -> tuple[Chain, ...]:
    """The balance of every chain in one year.

    Parameters
    ----------
    activity : (row,) nitrogen that reaches each stage [t N / yr].
    emission : (row, pollutant) [t / yr].
    share : (pollutant,) nitrogen lost per tonne emitted [t N / t].
    """
    emitted = (emission * share).sum(axis=1)
    ratio = _handed_on(inventory, share)
    fed = _fed(inventory)
    out = []
    for rows in chains(inventory):
        left = {r: float(activity[r] - emitted[r]) for r in rows}
        between = tuple(float(activity[fed[r]].sum()) - left[r] for r in rows if r in fed)
        # What should arrive: the base year's share of what the stage before leaves over.
        gap = max((abs(float(activity[b]) - ratio[b] * left[r]) for r in rows for b in fed.get(r, ())), default=0.0)
        lost = tuple(float(emitted[r]) for r in rows)
        out.append(Chain(rows, float(activity[rows[0]]), lost, between, math.fsum(left[r] for r in rows if r not in fed), gap))
    return tuple(out)


def _handed_on(inventory: Inventory, share: np.ndarray) -> dict[int, float]:
    """Share of what a stage leaves over that reaches the next, as the base year has it: row → [1]."""
    left = inventory.activity - inventory.activity * (inventory.factor * share).sum(axis=1)
    up = inventory.upstream
    return {int(r): float(inventory.activity[r] / left[up[r]]) if left[up[r]] > 0 else 0.0 for r in np.flatnonzero(up >= 0)}
