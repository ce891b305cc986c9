"""Rows whose emission is a plain product of ratios: most of a large inventory.

    E[i,p,t] = (a[i,t] · f[i,p]) · L[s(i),p,t]        L[s,p,t] = Π_k ratio[k,p,t]   over the operations k of signature s

Rows on which the same operations act with the same numbers have one *signature*. What their operations leave is computed once a signature,
however many rows there are; then each row takes what its signature leaves. Rows where operations interact, where units move, or
where a number differs from row to row stay with the cohorts of the kernel, which give the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from emisim.operation import CAP_ORDER, NO_STAGE, Combination, Operation, Overlap, Scale, numbers, on_activity, running, seasonal
from emisim.pieces import BLOCK, over_pieces

if TYPE_CHECKING:
    from emisim.program import Batch


@dataclass(frozen=True, eq=False)
class Products:
    """The rows of a program that are plain products.

    rows, signature : (n,) the rows, ascending, and the number of the signature of each.
    table : (signature, slot) number of an operation's ratio; slots beyond a signature's last operation hold the number of one more, which is 1.
    measure : (ratio,) whose switch it follows. operations : (ratio,) place of each ratio's operation in the program.
    coverage : (..., ratio, 1, period) share of the units reached when fully phased in [1].
    ratio : (..., ratio, pollutant + 1, period) what the operation leaves on a covered unit: of the factor of each pollutant times the activity,
        and, as the last, of the activity alone [1].
    rest : batches of the other rows that have no row upstream.
    """

    rows: np.ndarray
    signature: np.ndarray
    table: np.ndarray
    measure: np.ndarray
    operations: tuple[int, ...]
    coverage: np.ndarray
    ratio: np.ndarray
    rest: tuple[Batch, ...]

    def ratios(self, phase: np.ndarray, on: np.ndarray) -> np.ndarray:
        """What each operation leaves of all units, and 1 at the end: (..., ratio + 1, pollutant + 1, period) [1].

        Parameters
        ----------
        phase : (measure, period) share phased in [1]. on : (..., measure) degree to which each measure is switched on [1].
        """
        share = self.coverage * phase[self.measure, None, :] * on[..., self.measure, None, None]
        found = share * self.ratio
        found += 1.0 - share
        return np.concatenate([found, np.ones((*found.shape[:-3], 1, *found.shape[-2:]))], axis=-3)

    def left(self, ratios: np.ndarray) -> np.ndarray:
        """What all operations of each signature leave: (..., signature, pollutant + 1, period) [1]."""
        step = max(1, BLOCK // self.table.shape[1])
        parts = [
            np.multiply.reduce(ratios[..., self.table[lo : lo + step], :, :], axis=-3) for lo in range(0, len(self.table), step)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-3)

    def apply(self, left: np.ndarray, base_activity: np.ndarray, factor: np.ndarray, activity: np.ndarray, emission: np.ndarray):
        """Write activity (..., row, period) [base unit / yr] and emission (..., row, pollutant, period) [t / yr] of these rows.

        Parameters
        ----------
        left : from ``left``. base_activity : (..., row, period) [base unit / yr]. factor : (..., row, pollutant) [t / base unit].
        """
        of_emission, of_activity = np.ascontiguousarray(left[..., :-1, :]), np.ascontiguousarray(left[..., -1, :])
        whole = self.rows.size == activity.shape[-2]

        def block(lo: int, hi: int) -> None:
            rows: slice | np.ndarray = slice(lo, hi) if whole else self.rows[lo:hi]
            signature = self.signature[lo:hi]
            amount = base_activity[..., rows, :]
            activity[..., rows, :] = amount * of_activity.take(signature, axis=-2)
            each = emission[..., rows, :, :] if whole else np.empty((*emission.shape[:-3], hi - lo, *emission.shape[-2:]))
            if each.ndim == 3:  # quicker than broadcasting over few periods
                np.einsum("rp,rt->rpt", factor[rows], amount, out=each)
            else:
                np.multiply(factor[..., rows, :, None], amount[..., None, :], out=each)
            each *= of_emission.take(signature, axis=-3)
            if not whole:
                emission[..., rows, :, :] = each

        over_pieces([*range(0, self.rows.size, BLOCK), self.rows.size], block, self.rows.size)

    def sums(self, amount: np.ndarray, factor: np.ndarray, counted: np.ndarray | None = None) -> np.ndarray:
        """Σ a·f over the rows of each signature: (signature, pollutant, period) [t / yr].

        Parameters
        ----------
        amount : (row, period) [base unit / yr]. factor : (row, pollutant) [t / base unit]. counted : (row,) whether a row is summed.
        """
        keep = np.arange(self.rows.size) if counted is None else np.flatnonzero(counted[self.rows])
        order = keep[np.argsort(self.signature[keep], kind="stable")]
        rows, signature = self.rows[order], self.signature[order]
        out = np.zeros((len(self.table), factor.shape[-1], amount.shape[-1]))
        if not rows.size:
            return out
        starts = np.flatnonzero(np.r_[True, signature[1:] != signature[:-1]])
        ends = np.r_[starts[1:], rows.size]

        def block(first: int, last: int) -> None:
            mine = rows[starts[first] : ends[last - 1]]
            each = factor[mine][:, :, None] * amount[mine][:, None, :]
            out[signature[starts[first:last]]] = np.add.reduceat(each, starts[first:last] - starts[first], axis=0)

        over_pieces(_even(starts, rows.size), block, rows.size)
        return out


def _even(starts: np.ndarray, rows: int) -> list[int]:
    """Cuts between groups of rows, about every ``BLOCK`` rows."""
    cuts = np.unique(np.searchsorted(starts, np.arange(0, rows, BLOCK)))
    return [*cuts[cuts < starts.size].tolist(), starts.size]


# ---------------------------------------------------------------- which rows these are


def products(
    operations: Sequence[Operation],
    overlaps: Sequence[Overlap],
    combined: Sequence[Combination],
    batches: Sequence[Batch],
    stage: np.ndarray,
    periods: int,
) -> Products | None:
    """The plain products among the rows of a program; None if there are none.

    Parameters
    ----------
    operations : in their order. batches : of the rows that have no row upstream. stage : (row, pollutant) stage of the existing device.
    """
    alike = [_alike(op) for op in operations]
    rows, tables, rest = [], [], []
    for batch in batches:
        ops = [operations[j] for j in batch.entries]
        if not all(alike[j] for j in batch.entries) or _interact(ops, overlaps, combined):
            rest.append(batch)
            continue
        shared = _at_their_stage(ops, stage[batch.rows])
        if shared.any():
            rest.append(replace(batch, rows=batch.rows[shared], positions=tuple(p[shared] for p in batch.positions)))
        if not shared.all():
            rows.append(batch.rows[~shared])
            tables.append(batch.entries)
    if not rows:
        return None
    used = sorted({j for entries in tables for j in entries})
    place = {j: k for k, j in enumerate(used)}
    table = np.full((len(tables), max(1, *map(len, tables))), len(used))
    for s, entries in enumerate(tables):
        table[s, : len(entries)] = [place[j] for j in entries]
    every = np.concatenate(rows)
    order = np.argsort(every)
    kind = np.min_scalar_type(len(rows))
    signature = np.repeat(np.arange(len(rows), dtype=kind), [r.size for r in rows])[order]
    shape = stage.shape[1] + 1, periods
    measure, coverage, ratio = _figures([operations[j] for j in used], *shape)
    return Products(every[order], signature, table, measure, tuple(used), coverage, ratio, tuple(rest))


def again(like: Products | None, operations: Sequence[Operation], pollutants: int, periods: int) -> Products | None:
    """The same products with the numbers of other operations."""
    if like is None:
        return None
    measure, coverage, ratio = _figures([operations[j] for j in like.operations], pollutants + 1, periods)
    return replace(like, measure=measure, coverage=coverage, ratio=ratio)


def _figures(operations: Sequence[Operation], channels: int, periods: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """measure, coverage and ratio of ``Products``."""
    measure = np.array([op.measure for op in operations], dtype=np.intp)
    shares = [_row(op.coverage) for op in operations]
    kept = [_kept(op) for op in operations]
    lead = np.broadcast_shapes(*(x.shape[:-2] for x in (*shares, *kept))) if operations else ()
    coverage = np.zeros((*lead, measure.size, 1, periods))
    ratio = np.ones((*lead, measure.size, channels, periods))
    for k, op in enumerate(operations):
        coverage[..., k, :, :] = shares[k]
        acts = slice(None) if on_activity(op) else list(op.pollutants)
        ratio[..., k, acts, :] = kept[k]
    return measure, coverage, ratio


def _kept(op: Scale) -> np.ndarray:
    """What a scale leaves of a covered unit: (..., 1, period) [1]."""
    if op.control is None:
        return _row(op.ratio)
    return 1.0 - _row(op.control.efficiency) * _row(op.control.effectiveness)


def _row(values: np.ndarray | float) -> np.ndarray:
    """Something that is alike for all rows as (..., 1, period)."""
    values = numbers(values)
    return values.reshape(-1, 1) if values.ndim < 2 else values


def _alike(op: Operation) -> bool:
    """Whether an operation is a scale with the same numbers for all its rows, which hang on nothing else."""
    if not isinstance(op, Scale) or running(op) or seasonal(op) or (op.control and op.control.replaces):
        return False
    figures = (op.coverage, op.ratio) if op.control is None else (op.coverage, op.control.efficiency, op.control.effectiveness)
    found = [_row(x) for x in figures]
    return all(x.shape[-2] == 1 and x.dtype != object for x in found)


def _interact(ops: Sequence[Scale], overlaps: Sequence[Overlap], combined: Sequence[Combination]) -> bool:
    """Whether some of these operations cannot be told apart on one unit: actions of one measure, measures with a declared overlap, devices at
    one stage or with a tabulated efficiency, several caps."""
    measures = {op.measure for op in ops}
    if any(o.relation != "independent" and len(o.measures & measures) > 1 for o in overlaps):
        return True
    if sum(on_activity(op) and op.order == CAP_ORDER for op in ops) > 1:
        return True
    if len(measures) < len(ops) and any(a.measure == b.measure and _meet(a, b) for a, b in combinations(ops, 2)):
        return True
    controls = [op for op in ops if op.control]
    staged = [op for op in controls if op.control.stage != NO_STAGE]
    if any(a.control.stage == b.control.stage and _meet(a, b) for a, b in combinations(staged, 2)):
        return True
    return any(sum(op.control.device in c.devices and c.pollutant in op.pollutants for op in controls) > 1 for c in combined)


def _meet(a: Scale, b: Scale) -> bool:
    """Whether two operations act on the emission of one pollutant."""
    return on_activity(a) or on_activity(b) or bool(set(a.pollutants) & set(b.pollutants))


def _at_their_stage(ops: Sequence[Scale], stage: np.ndarray) -> np.ndarray:
    """(row,) whether a device comes to a stage where one stands already: then the better one counts, and that hangs on the row."""
    out = np.zeros(len(stage), dtype=bool)
    for op in ops:
        if op.control and op.control.stage != NO_STAGE:
            out |= (stage[:, list(op.pollutants)] == op.control.stage).any(axis=1)
    return out
