"""Draws of rows whose emission is a plain product: what each measure leaves is computed once, not once a row.

    E = a·f_p·Π_m r_m        reduction of m = −a·f_p·(r_m − 1)·∫₀¹ Π_{j≠m} (1 + x·(r_j − 1)) dx

An operation leaves the same ratio r on all rows on which its numbers are the same and the existing control is. Rows with the same
ratios are one pattern, and the integral is summed over patterns before it is split among measures, at each Gauss–Legendre node:

    Π_{j≠m} (1 + x·c_j) = Π_j (1 + x·c_j) / (1 + x·c_m),    c = r − 1 ≥ −1,  x < 1
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from emisim.cohort import Cohort
from emisim.kernel import State, run, single_ratios
from emisim.operation import Control, Move, Operation, Scale, on_activity
from emisim.program import Base, Batch, Part, Program, cut_out, fed_by, part_of


@dataclass(frozen=True, eq=False)
class Ratio:
    """What one operation leaves of the emission of one pollutant: evaluated on one row, which stands for all that are like it."""

    measure: int
    batch: Batch
    pollutant: int


@dataclass(frozen=True)
class Pattern:
    """Rows with the same ratios. pollutant : −1 where it is the activity that they leave."""

    pollutant: int
    ratios: tuple[int, ...]
    rows: np.ndarray


@dataclass(frozen=True, eq=False)
class Products:
    """The plain rows of a program. rows : (row,) whether it is one. patterns : of activities, then of emissions. rest : all other rows, with
    what feeds them; others : their positions in it."""

    rows: np.ndarray
    ratios: tuple[Ratio, ...]
    patterns: tuple[Pattern, ...]
    rest: Part | None
    others: np.ndarray


def products(base: Base, program: Program) -> Products:
    """Find the plain rows of a program, whose structure is that of every draw."""
    plain = np.zeros(base.shape[0], dtype=bool)
    known: dict[tuple, int] = {}
    ratios: list[Ratio] = []
    found: dict[tuple[int, tuple[int, ...]], list[np.ndarray]] = {}
    for batch in _candidates(base, program):
        for p, rows, keys in _patterns(base, program, batch):
            for key, ratio in keys:
                if key not in known:
                    known[key] = len(ratios)
                    ratios.append(ratio)
            found.setdefault((p, tuple(known[key] for key, _ in keys)), []).append(rows)
        plain[batch.rows] = True
    patterns = tuple(Pattern(p, mine, np.concatenate(rows)) for (p, mine), rows in found.items())
    others = np.flatnonzero(~plain)
    needed = np.flatnonzero(fed_by(base, program, others))
    rest = part_of(base, program, needed) if others.size else None
    return Products(plain, tuple(ratios), patterns, rest, np.searchsorted(needed, others))


def _candidates(base: Base, program: Program) -> Iterator[Batch]:
    """Batches of rows that nothing feeds, whose measures do not interact, and whose numbers do not hang on the row."""
    fed = np.zeros(base.shape[0], dtype=bool)
    for op in program.operations:
        if isinstance(op, Move):
            fed[op.to] = True
    for batch in program.levels[0] if program.levels else ():
        alike = all(_same_on_all_rows(program.operations[j]) for j in batch.entries)
        if alike and not fed[batch.rows].any() and _plain(base, program, batch):
            yield batch


def _plain(base: Base, program: Program, batch: Batch) -> bool:
    return all(single_ratios(base, program, batch, p) is not None for p in range(base.shape[1]))


def _same_on_all_rows(op: Operation) -> bool:
    return all(np.ndim(x) < 2 or np.shape(x)[-2] == 1 for x in _numbers(op))


def _numbers(op: Operation | Control) -> Iterator[object]:
    for field in fields(op):
        value = getattr(op, field.name)
        if isinstance(value, Control):
            yield from _numbers(value)
        elif isinstance(value, np.ndarray) and field.name not in ("rows", "to", "weight"):
            yield value


def _patterns(base: Base, program: Program, batch: Batch):
    """(pollutant, rows, (key, ratio) of each operation) of a batch."""
    entries = list(zip(batch.entries, batch.positions, strict=True))
    for p in range(-1, base.shape[1]):
        ops = [(j, at) for j, at in entries if on_activity(program.operations[j]) or p in program.operations[j].pollutants]
        existing = (
            [np.zeros(batch.rows.size)]
            if p < 0
            else [x[batch.rows, p] for x in (base.efficiency, base.effectiveness, base.stage)]
        )
        _, first, which = np.unique(np.stack(existing, axis=1), axis=0, return_index=True, return_inverse=True)
        for k, one in enumerate(first.tolist()):
            control = (p, *(x[one] for x in existing))
            keys = []
            for j, at in ops:
                op = program.operations[j]
                alone = Batch(batch.rows[[one]], (j,), (at[[one]],))
                own = control if isinstance(op, Scale) and op.control is not None else ()
                keys.append(((j, own), Ratio(op.measure, alone, max(p, 0))))
            yield p, batch.rows[which.ravel() == k], keys


def left(how: Products, base: Base, program: Program) -> list[np.ndarray]:
    """Each ratio (..., period) [1]."""
    on, lead = np.ones((program.measures, 1)), (*base.activity.shape[:-2], 1, base.shape[2])
    found = []
    for ratio in how.ratios:
        mean = Cohort(base, program, ratio.batch, on).mean((0,), ratio.pollutant)
        found.append(np.ascontiguousarray(np.broadcast_to(mean, lead)[..., 0, :]))
    return found


def state(how: Products, base: Base, program: Program, ratios: Sequence[np.ndarray]) -> State:
    """What comes out of a run; see ``kernel.run``."""
    activity = base.activity.copy()
    emission = base.activity[..., None, :] * base.factor[..., None]
    for pattern in how.patterns:
        if pattern.ratios:
            product = _product([ratios[k] for k in pattern.ratios])[..., None, :]
            if pattern.pollutant < 0:
                activity[..., pattern.rows, :] *= product
            else:
                emission[..., pattern.rows, pattern.pollutant, :] *= product
    if how.rest is not None:
        some = run(*cut_out(base, program, how.rest))
        rows = how.rest.rows[how.others]
        activity[..., rows, :], emission[..., rows, :, :] = (
            some.activity[..., how.others, :],
            some.emission[..., how.others, :, :],
        )
    return State(activity, emission)


def _product(factors: Sequence[np.ndarray]) -> np.ndarray:
    out = factors[0]
    for k, factor in enumerate(factors[1:]):
        out = np.multiply(out, factor, out=out if k else None)
    return out


def brought(how: Products, start: np.ndarray, ratios: Sequence[np.ndarray], measures: int, counted: np.ndarray) -> np.ndarray:
    """What each measure brings on the plain rows that count: Shapley values (..., measure, pollutant, period) [t/yr].

    Parameters
    ----------
    start : (..., row, pollutant, period) emission without measures. ratios : (..., period) in these periods. counted : (row,).
    """
    lead, (_, pollutants, periods) = start.shape[:-3], start.shape[-3:]
    patterns = [(p, p.rows[counted[p.rows]]) for p in how.patterns if p.pollutant >= 0 and p.ratios]
    patterns = [(p, rows) for p, rows in patterns if rows.size]
    nodes, weights = np.polynomial.legendre.leggauss((max((len(p.ratios) for p, _ in patterns), default=1) + 1) // 2)
    nodes, weights = ((x / 2).reshape(-1, *[1] * (len(lead) + 1)) for x in (nodes + 1, weights))
    at = {k: 1.0 + nodes * (ratios[k] - 1.0) for k in sorted({k for p, _ in patterns for k in p.ratios})}
    sums: dict[tuple[int, int], np.ndarray] = {}
    for pattern, rows in patterns:
        whole = _product([start[..., rows, pattern.pollutant, :].sum(axis=-2), *(at[k] for k in pattern.ratios)])
        for k in pattern.ratios:
            key = k, pattern.pollutant
            sums[key] = whole.copy() if key not in sums else np.add(sums[key], whole, out=sums[key])
    out = np.zeros((*lead, measures, pollutants, periods))
    for (k, p), total in sums.items():
        out[..., how.ratios[k].measure, p, :] += (1.0 - ratios[k]) * (weights * total / at[k]).sum(axis=0)
    return out


def in_periods(ratios: Sequence[np.ndarray], at: np.ndarray) -> list[np.ndarray]:
    """The same ratios in some of the periods."""
    return [np.ascontiguousarray(ratio[..., at]) for ratio in ratios]
