"""A plan compiled for one inventory: operations in their fixed order, and which of them touch which rows.

Which measure touches which rows is a sparse table, grouped into batches of rows on which the same operations act, so that a
million sources and a thousand measures are the same code as a hundred and forty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from emisim.operation import Combination, Control, Limit, Move, Operation, Overlap, Scale, numbers, rows_of

CAP_ORDER = 10  # caps hold growth, before anything else


@dataclass(frozen=True, eq=False)
class Base:
    """The inventory as arrays, after growth and before any measure.

    activity : (..., row, period) [base unit / yr].
    factor : (..., row, pollutant) abated emission factor [t / base unit].
    efficiency, effectiveness : (row, pollutant) existing control η0 and RE0 [1].
    stage : (row, pollutant) int code of the existing device's stage, or NO_STAGE.
    upstream : (row,) the row whose leftover feeds this one, or -1.
    passed : (..., row) share of that leftover that arrives here [1].
    loss : (pollutant,) activity lost to the next stage per tonne emitted [base unit / t], e.g. N per NH3.
    months : (period, 12) share of each period that lies in each calendar month [1].
    """

    activity: np.ndarray
    factor: np.ndarray
    efficiency: np.ndarray
    effectiveness: np.ndarray
    stage: np.ndarray
    upstream: np.ndarray
    passed: np.ndarray
    loss: np.ndarray
    months: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int]:
        """(rows, pollutants, periods)."""
        return self.activity.shape[-2], self.factor.shape[-1], self.activity.shape[-1]


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows on which the same operations act in the same way: (row, the row's position in each operation's own arrays)."""

    rows: np.ndarray
    entries: tuple[int, ...]
    positions: tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class Program:
    """A plan compiled for one inventory: operations in their order and the table of which of them touch which rows.

    overlaps : declared relations between covered shares. between : the relation of all others, ``independent``, or ``nested``
        or ``spread`` for
        the measures in ``loose`` to see how far an undeclared relation can carry the result.
    phase : (measure, period) share phased in [1].
    levels : batches of the original cohorts, stages without an upstream row first.
    arrivals : for each move, the batches of what arrives at its destinations.
    """

    operations: tuple[Operation, ...]
    overlaps: tuple[Overlap, ...]
    combinations: tuple[Combination, ...]
    phase: np.ndarray
    levels: tuple[tuple[Batch, ...], ...]
    arrivals: tuple[tuple[Batch, ...], ...]
    loose: frozenset[int] = frozenset()
    between: str = "independent"

    @property
    def measures(self) -> int:
        return self.phase.shape[0]


class Tangled(ValueError):
    """Moves of one stage that feed each other in a circle; ``measures`` are the indices of theirs."""

    def __init__(self, measures: Sequence[int]):
        super().__init__(f"moves of the measures {list(measures)} feed each other")
        self.measures = tuple(measures)


def compile_program(
    operations: Sequence[Operation],
    phase: np.ndarray,
    base: Base,
    overlaps: Sequence[Overlap] = (),
    combinations: Sequence[Combination] = (),
    ordered: bool = False,
) -> Program:
    """Put operations in their fixed order and find the batches of rows they touch.

    Parameters
    ----------
    operations : in any order.
    phase : (measure, period) share phased in [1].
    base : Base
    overlaps, combinations : how measures hang together.
    ordered : the operations stand in their order already, being some of a compiled program's.

    Raises
    ------
    Tangled
        Two moves of the same stage feed each other.
    """
    in_order = list(operations) if ordered else _fixed_order(_caps_to_scales(operations, base))
    rows = base.shape[0]
    depth = _depths(base.upstream)
    everything = np.arange(rows)
    levels = tuple(
        tuple(_batches(in_order, _after(in_order, None), everything[depth == d], rows))
        for d in range(int(depth.max(initial=0)) + 1)
    )
    arrivals = tuple(
        tuple(_batches(in_order, _after(in_order, j), op.to, rows)) if isinstance(op, Move) and op.to.size else ()
        for j, op in enumerate(in_order)
    )
    return Program(tuple(in_order), tuple(overlaps), tuple(combinations), numbers(phase), levels, arrivals)


def _caps_to_scales(operations: Sequence[Operation], base: Base) -> list[Operation]:
    """A cap on the sum of some activities acts on growth only, so its ratio min(1, cap / Σa) is known before any other
    measure."""
    out: list[Operation] = []
    for op in operations:
        if isinstance(op, Limit) and not op.pollutants:
            total = base.activity[..., op.rows, :].sum(axis=-2, keepdims=True)
            value, total = np.broadcast_arrays(op.value, total)
            ratio = np.minimum(1.0, np.divide(value, total, out=np.ones(total.shape, total.dtype), where=total > 0))
            out.append(Scale(op.measure, op.order, op.rows, op.coverage, ratio=ratio))
        else:
            out.append(op)
    return out


def _fixed_order(operations: Sequence[Operation]) -> list[Operation]:
    """Sort by stage; within a stage a move that feeds rows comes before the moves that act on these rows; then by measure."""
    result: list[Operation] = []
    ordered = sorted(enumerate(operations), key=lambda k: (k[1].order, k[1].measure, k[0]))
    for _, group in groupby(ordered, key=lambda k: k[1].order):
        stage = [op for _, op in group]
        moves = [op for op in stage if isinstance(op, Move)]
        result += [op for op in stage if not isinstance(op, Move)]
        while moves:
            fed = [any(_feeds(other, op) for other in moves) for op in moves]
            if all(fed):
                raise Tangled([op.measure for op in moves])
            result += [op for op, later in zip(moves, fed, strict=True) if not later]
            moves = [op for op, later in zip(moves, fed, strict=True) if later]
    return result


def _feeds(first: Operation, second: Operation) -> bool:
    """Whether a move of another measure brings activity to new rows on which ``second`` acts."""
    if not (isinstance(first, Move) and isinstance(second, Move)) or first.measure == second.measure or not first.to.size:
        return False
    return bool((np.isin(first.to, second.rows) & ~np.isin(first.to, first.rows)).any())


def _after(ordered: Sequence[Operation], arrival: int | None) -> list[int]:
    """Operations that act on what arrives with the move ``arrival`` (on everything, if None)."""
    if arrival is None:
        return list(range(len(ordered)))
    move = ordered[arrival]
    return [j for j, op in enumerate(ordered) if op.order > move.order or (op.order == move.order and _feeds(move, op))]


def _depths(upstream: np.ndarray) -> np.ndarray:
    depth = np.zeros(upstream.size, dtype=np.intp)
    at = upstream.copy()
    while (at >= 0).any():
        depth += at >= 0
        at = np.where(at >= 0, upstream[at], -1)
    return depth


def _batches(ordered: Sequence[Operation], allowed: Sequence[int], rows: np.ndarray, total: int) -> list[Batch]:
    """Group ``rows`` by the operations in ``allowed`` that touch them; rows that nothing touches form a batch too."""
    wanted = np.zeros(total, dtype=bool)
    wanted[rows] = True
    row_parts, op_parts, position_parts = [], [], []
    for j in allowed:
        positions = np.flatnonzero(wanted[ordered[j].rows])
        row_parts.append(ordered[j].rows[positions])
        op_parts.append(np.full(positions.size, j))
        position_parts.append(positions)
    if not any(part.size for part in row_parts):
        return [Batch(np.sort(rows), (), ())] if rows.size else []
    row, op, position = (np.concatenate(parts) for parts in (row_parts, op_parts, position_parts))
    sort = np.lexsort((op, row))
    row, op, position = row[sort], op[sort], position[sort]
    starts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    ends = np.r_[starts[1:], row.size]
    groups: dict[bytes, list[int]] = {}
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        groups.setdefault(op[start:end].tobytes(), []).append(k)
    batches = []
    for members in groups.values():
        first = starts[members]
        size = ends[members[0]] - first[0]
        table = position[first[:, None] + np.arange(size)]
        batches.append(Batch(row[first], tuple(int(j) for j in op[first[0] : first[0] + size]), tuple(table.T)))
    untouched = np.setdiff1d(rows, row)
    if untouched.size:
        batches.append(Batch(untouched, (), ()))
    return sorted(batches, key=lambda b: int(b.rows[0]))


def restrict(base: Base, program: Program, rows: np.ndarray) -> tuple[Base, Program]:
    """The same calculation on some rows only; ``rows`` must hold everything that feeds them. For attribution row by row."""
    index = np.full(base.shape[0], -1)
    index[rows] = np.arange(rows.size)
    up = base.upstream[rows]
    small = replace(
        base,
        activity=base.activity[..., rows, :],
        factor=base.factor[..., rows, :],
        efficiency=base.efficiency[rows],
        effectiveness=base.effectiveness[rows],
        stage=base.stage[rows],
        upstream=np.where(up >= 0, index[up], -1),
        passed=base.passed[..., rows],
    )
    operations = []
    for op in program.operations:
        positions = np.flatnonzero(index[op.rows] >= 0)
        if not positions.size:
            continue
        changes: dict = {"rows": index[op.rows[positions]], "coverage": rows_of(op.coverage, positions)}
        for name in ("ratio", "value", "conversion"):
            if getattr(op, name, None) is not None:
                changes[name] = rows_of(getattr(op, name), positions)
        if isinstance(op, Scale) and op.control:
            control: Control = op.control
            changes["control"] = replace(
                control,
                efficiency=None if control.efficiency is None else rows_of(control.efficiency, positions),
                effectiveness=rows_of(control.effectiveness, positions),
                gap_closed=rows_of(control.gap_closed, positions),
                ceiling=rows_of(control.ceiling, positions),
            )
        if isinstance(op, Move):
            kept = index[op.to] >= 0
            changes["to"], changes["weight"] = index[op.to[kept]], op.weight[kept]
        operations.append(replace(op, **changes))
    compiled = compile_program(operations, program.phase, small, program.overlaps, program.combinations, ordered=True)
    return small, replace(compiled, loose=program.loose, between=program.between)


def fed_by(base: Base, program: Program, rows: Sequence[int]) -> np.ndarray:
    """Mask of the rows and everything whose activity can reach them."""
    needed = np.zeros(base.shape[0], dtype=bool)
    needed[rows] = True
    count = -1
    while count < needed.sum():
        count = needed.sum()
        for op in program.operations:
            if isinstance(op, Move) and needed[op.to].any():
                needed[op.rows] = True
        up = base.upstream[needed]
        needed[up[up >= 0]] = True
    return needed
