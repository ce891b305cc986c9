"""What the rows of an inventory emit, and what the measures on them are credited with, for every package of these measures.

A row feels only the few measures that reach it; rows with the same measures are run together, all 2^k packages at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from emisim.case import Case
from emisim.crediting import judged
from emisim.errors import BadInput
from emisim.kernel import run
from emisim.ledger import MOST_ENUMERATED, influences
from emisim.periods import end_state
from emisim.program import Base, Program, matters, restrict, with_only
from emisim.questions.table import Table, all_packages

CHUNK_FLOATS = 2_000_000


@dataclass(frozen=True, eq=False)
class _Group:
    """Rows that the same measures reach. base, program : what feeds them; at : their positions there; emission : (package, row)
    [t/yr]."""

    measures: tuple[int, ...]
    rows: np.ndarray
    base: Base
    program: Program
    at: np.ndarray
    emission: np.ndarray


class Emissions:
    """Emissions of all packages, row by row, of the years and pollutants asked for; each computed once."""

    def __init__(self, case: Case):
        self.case = case
        self.counting = [judged(m, case.reading.all_accountable)[0] for m in case.bound.measures]
        self.known: dict[tuple[int, int], tuple[np.ndarray, list[_Group]]] = {}
        self.years: dict[int, tuple[Base, Program, np.ndarray]] = {}

    def of(self, year: int, p: int) -> tuple[np.ndarray, list[_Group]]:
        """(row,) emission without measures [t/yr], and the groups of rows that measures reach."""
        if year not in self.years:
            base, program = self.case.arrays(end_state(year, year))
            self.years[year] = base, program, run(base, program, np.zeros(program.measures)).emission[..., 0]
        if (year, p) not in self.known:
            base, program, reference = self.years[year]
            self.known[year, p] = reference[:, p], list(_groups(self.case, base, program, p))
        return self.known[year, p]

    def untouched(self, year: int, rows: np.ndarray, p: int) -> float:
        """Emission of those of some rows that no measure reaches [t/yr]."""
        reference, groups = self.of(year, p)
        alone = rows.copy()
        for group in groups:
            alone[group.rows] = False
        return float(reference[alone].sum())

    def tables(self, year: int, rows: np.ndarray, p: int) -> Iterator[Table]:
        """Emission of some rows by package [t/yr]."""
        for group in self.of(year, p)[1]:
            if rows[group.rows].any():
                yield Table(group.measures, group.emission[:, rows[group.rows]].sum(axis=1))

    def by_row(self, year: int, rows: np.ndarray, p: int) -> Iterator[tuple[int, Table]]:
        """Emission of each of some rows that measures reach, by package [t/yr]."""
        for group in self.of(year, p)[1]:
            for k in np.flatnonzero(rows[group.rows]).tolist():
                yield int(group.rows[k]), Table(group.measures, group.emission[:, k])

    def credits_by_row(self, year: int, rows: np.ndarray, p: int) -> Iterator[tuple[int, Table]]:
        """The credits of the measures that count at each of some rows, by package [t/yr]."""
        for group in self.of(year, p)[1]:
            counts = np.array([self.counting[m] for m in group.measures])
            for k in np.flatnonzero(rows[group.rows]).tolist() if counts.any() else ():
                total = group.emission[:, k]
                values = total[0] - total if counts.all() else _shapley(group, group.at[[k]], p, counts)
                yield int(group.rows[k]), Table(group.measures, values)

    def credits(self, year: int, rows: np.ndarray, p: int) -> Iterator[Table]:
        """Σ of the credits of the measures that count, by package [t/yr]."""
        for group in self.of(year, p)[1]:
            chosen = rows[group.rows]
            counts = np.array([self.counting[m] for m in group.measures])
            if chosen.any() and counts.all():
                total = group.emission[:, chosen].sum(axis=1)
                yield Table(group.measures, total[0] - total)
            elif chosen.any() and counts.any():
                yield Table(group.measures, _shapley(group, group.at[chosen], p, counts))


def _groups(case: Case, base: Base, program: Program, p: int) -> Iterator[_Group]:
    """The rows that the same measures reach, with the emission of pollutant p for every package of these."""
    program = _of_pollutant(base, program, p)
    rows = list(range(base.shape[0]))
    on_activity, on_factor, feeders = influences(base, program, rows)
    groups: dict[tuple[int, ...], list[int]] = {}
    for row in rows:
        mine = tuple(sorted(on_activity[row] | on_factor[row]))
        if len(mine) > MOST_ENUMERATED:
            raise BadInput([case.measures_fault("plan.too_many", mine, row=str(case.inventory.ids[row]))])
        if mine:
            groups.setdefault(mine, []).append(row)
    for mine, found in groups.items():
        needed = np.array(sorted(set().union(*(feeders[r] for r in found))))
        part, at = restrict(base, program, needed), np.searchsorted(needed, found)
        yield _Group(mine, np.array(found), *part, at, _enumerated(*part, mine, at, p))


def _of_pollutant(base: Base, program: Program, p: int) -> Program:
    """The program without what cannot change pollutant p: operations on other pollutants, unless these take along activity
    that the next stage of a chain would get."""
    return with_only(base, program, [op for op in program.operations if matters(base, op, p)])


def switches(measures: int, mine: Sequence[int], packages: np.ndarray) -> np.ndarray:
    """Packages (package, len(mine)) of some measures as degrees of all: (package, measure) [1]."""
    on = np.zeros((len(packages), measures))
    on[:, list(mine)] = packages
    return on


def _chunks(count: int, base: Base) -> Iterator[slice]:
    step = max(1, CHUNK_FLOATS // int(np.prod(base.shape)))
    return (slice(start, start + step) for start in range(0, count, step))


def _enumerated(base: Base, program: Program, mine: tuple[int, ...], at: np.ndarray, p: int) -> np.ndarray:
    """Emission for every package of some measures: (package, row) [t/yr]."""
    every = all_packages(len(mine))
    parts = [
        run(base, program, switches(program.measures, mine, every[c])).emission[:, at, p, 0] for c in _chunks(len(every), base)
    ]
    return np.concatenate(parts)


def _shapley(group: _Group, at: np.ndarray, p: int, counts: np.ndarray) -> np.ndarray:
    """Σ of the Shapley values of the measures that count, for every package x as a game of its own measures: (package,) [t/yr].

    −Σ_{y ⊆ x} E(y; fates of x)·[ |y ∩ C|·w⁺(|y|) − |(x∖y) ∩ C|·w⁻(|y|) ],   C: measures that count, n = |x|

    w⁺(s) = 1/(n·binomial(n−1, s−1)),   w⁻(s) = 1/(n·binomial(n−1, s))
    """
    k = len(group.measures)
    x, y = _pairs(k)
    bits = all_packages(k)
    counting = (bits & counts).sum(axis=1)
    size = bits.sum(axis=1)
    weight = np.zeros((k + 1, k + 1, 2))
    for n in range(1, k + 1):
        weight[n, 1 : n + 1, 0] = [1.0 / (n * comb(n - 1, s - 1)) for s in range(1, n + 1)]
        weight[n, :n, 1] = [1.0 / (n * comb(n - 1, s)) for s in range(n)]
    share = counting[y] * weight[size[x], size[y], 0] - counting[x & ~y] * weight[size[x], size[y], 1]
    out = np.zeros(2**k)
    for c in _chunks(x.size, group.base):
        on, plan = (switches(group.program.measures, group.measures, bits[z[c]]) for z in (y, x))
        emission = run(group.base, group.program, on, plan).emission[:, at, p, 0].sum(axis=1)
        np.add.at(out, x[c], -share[c] * emission)
    return out


def _pairs(k: int) -> tuple[np.ndarray, np.ndarray]:
    """All (x, y) with y among the measures of x: 3^k pairs, sorted."""
    x, y = np.zeros(1, dtype=np.intp), np.zeros(1, dtype=np.intp)
    for j in range(k):
        x, y = np.concatenate([x, x | 1 << j, x | 1 << j]), np.concatenate([y, y, y | 1 << j])
    order = np.lexsort((y, x))
    return x[order], y[order]
