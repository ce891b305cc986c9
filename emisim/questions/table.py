"""Tables over packages of a few measures: a sum of such tables is what every package of all measures brings.

value(x) = constant + Σ_k table_k[x restricted to measures_k]
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

INERT = 1e-13  # of the largest value of a table: what changes it by less does nothing


@dataclass(frozen=True, eq=False)
class Table:
    """values : (2^k,) one for each package of ``measures`` (k indices, rising); bit j of the position is measures[j]."""

    measures: tuple[int, ...]
    values: np.ndarray


def codes(package: np.ndarray, measures: Sequence[int]) -> np.ndarray:
    """Position of packages (..., measure) in a table of some measures: Σ_j 2^j·x[measures[j]]."""
    out = np.zeros(package.shape[:-1], dtype=np.intp)
    for j, m in enumerate(measures):
        out |= package[..., m].astype(np.intp) << j
    return out


def all_packages(count: int) -> np.ndarray:
    """(2^count, count) booleans in the order of a table."""
    return (np.arange(2**count)[:, None] >> np.arange(count) & 1).astype(bool)


def gathered(tables: Iterable[Table]) -> tuple[float, tuple[Table, ...]]:
    """The same sum with few tables: measures that change nothing left out, tables of the same measures added, a table whose
    measures are among another's taken into that; every table is 0 for the empty package, the rest is the constant."""
    merged: dict[tuple[int, ...], np.ndarray] = {}
    for table in tables:
        small = shrunk(table)
        merged[small.measures] = merged.get(small.measures, 0.0) + small.values
    kept: list[Table] = []
    for measures in sorted(merged, key=lambda m: (-len(m), m)):
        host = next((k for k, other in enumerate(kept) if set(measures) <= set(other.measures)), None)
        if host is None:
            kept.append(Table(measures, merged[measures]))
        else:
            kept[host] = Table(kept[host].measures, kept[host].values + widened(merged[measures], measures, kept[host].measures))
    if any(np.isnan(t.values).any() for t in kept):
        return 0.0, tuple(kept)
    zeroed = tuple(Table(t.measures, t.values - t.values[0]) for t in kept if t.measures)
    return math.fsum(float(t.values[0]) for t in kept), tuple(sorted(zeroed, key=lambda t: t.measures))


def shrunk(table: Table) -> Table:
    """The table without measures that change nothing in it beyond rounding."""
    measures, values = list(table.measures), table.values
    size = INERT * float(np.nanmax(np.abs(values), initial=0.0))
    for j in reversed(range(len(measures))):
        pairs = values.reshape(-1, 2, 2**j)
        off, on = pairs[:, 0], pairs[:, 1]
        if np.all((np.abs(on - off) <= size) | (np.isnan(on) & np.isnan(off))):
            values = np.ascontiguousarray(off).reshape(-1)
            del measures[j]
    return Table(tuple(measures), values)


def widened(values: np.ndarray, measures: Sequence[int], among: Sequence[int]) -> np.ndarray:
    """A table of some measures, written for more of them: (2^len(among),)."""
    every = np.arange(2 ** len(among))
    position = np.zeros_like(every)
    for j, m in enumerate(measures):
        position |= (every >> among.index(m) & 1) << j
    return values[position]
