"""A plan compiled for one inventory: operations in their fixed order, and which of them touch which rows.

Which measure touches which rows is a sparse table, grouped into batches of rows on which the same operations act, so that a
million sources and a thousand measures are the same code as a hundred and forty.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from emisim.operation import Combination, Control, Limit, Move, Operation, Overlap, Scale, numbers, rows_of, summed
from emisim.product import Products, again, products


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
    order : for each operation, its place among those that were compiled.
    products : the rows that are plain products, which the kernel then takes at once; None: all go through their batches.
    """

    operations: tuple[Operation, ...]
    overlaps: tuple[Overlap, ...]
    combinations: tuple[Combination, ...]
    phase: np.ndarray
    levels: tuple[tuple[Batch, ...], ...]
    arrivals: tuple[tuple[Batch, ...], ...]
    loose: frozenset[int] = frozenset()
    between: str = "independent"
    order: tuple[int, ...] = ()
    products: Products | None = None

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
    like: Program | None = None,
) -> Program:
    """Put operations in their fixed order and find the batches of rows they touch.

    Parameters
    ----------
    operations : in any order.
    phase : (measure, period) share phased in [1].
    base : Base
    overlaps, combinations : how measures hang together.
    like : a program compiled from the same operations with other numbers; its order and batches are taken.

    Raises
    ------
    Tangled
        Two moves of the same stage feed each other.
    """
    ready = _caps_to_scales(operations, base)
    order = like.order if like else _fixed_order(ready, base.shape[0])
    in_order = tuple(ready[k] for k in order)
    levels, arrivals = (like.levels, like.arrivals) if like else _structure(in_order, base.upstream)
    _, pollutants, periods = base.shape
    if like:
        plain = again(like.products, in_order, pollutants, periods)
    else:
        plain = products(in_order, overlaps, combinations, levels[0], base.stage, periods)
    return Program(
        in_order, tuple(overlaps), tuple(combinations), numbers(phase), levels, arrivals, order=tuple(order), products=plain
    )


def _structure(in_order: Sequence[Operation], upstream: np.ndarray):
    """Batches of the original cohorts by stage, and of what arrives with each move."""
    rows, depth = upstream.size, _depths(upstream)
    everything = np.arange(rows)
    levels = tuple(
        tuple(_batches(in_order, range(len(in_order)), everything[depth == d], rows))
        for d in range(int(depth.max(initial=0)) + 1)
    )
    arrivals = tuple(
        tuple(_batches(in_order, _after(in_order, j, rows), op.to, rows)) if isinstance(op, Move) and op.to.size else ()
        for j, op in enumerate(in_order)
    )
    return levels, arrivals


def _caps_to_scales(operations: Sequence[Operation], base: Base) -> list[Operation]:
    """A cap on the sum of some activities acts on growth only, so its ratio min(1, cap / Σa) is known before any other
    measure."""
    out: list[Operation] = []
    for op in operations:
        if isinstance(op, Limit) and not op.pollutants:
            of_rows = base.activity[..., op.rows, :]
            if op.group is None:
                total = summed(of_rows, None)
            else:
                total = summed(of_rows, op.group, 1 + int(op.group.max(initial=0)))[..., op.group, :]
            value, total = np.broadcast_arrays(op.value, total)
            ratio = np.minimum(1.0, np.divide(value, total, out=np.ones(total.shape, total.dtype), where=total > 0))
            out.append(Scale(op.measure, op.order, op.rows, op.coverage, ratio=ratio))
        else:
            out.append(op)
    return out


def _fixed_order(operations: Sequence[Operation], rows: int) -> list[int]:
    """Positions sorted by stage; within a stage a move that feeds rows comes before the moves that act on these rows; then by
    measure."""
    result: list[int] = []
    ordered = sorted(range(len(operations)), key=lambda k: (operations[k].order, operations[k].measure, k))
    for _, group in groupby(ordered, key=lambda k: operations[k].order):
        stage = list(group)
        moves = [k for k in stage if isinstance(operations[k], Move)]
        result += [k for k in stage if not isinstance(operations[k], Move)]
        while moves:
            reached = [(operations[k].measure, _new_rows(operations[k], rows)) for k in moves]
            fed = [any(m != operations[k].measure and new[operations[k].rows].any() for m, new in reached) for k in moves]
            if all(fed):
                raise Tangled([operations[k].measure for k in moves])
            result += [k for k, later in zip(moves, fed, strict=True) if not later]
            moves = [k for k, later in zip(moves, fed, strict=True) if later]
    return result


def _new_rows(move: Move, rows: int) -> np.ndarray:
    """(row,) whether a move brings activity to a row that it does not take from."""
    new = np.zeros(rows, dtype=bool)
    new[move.to] = True
    new[move.rows] = False
    return new


def _after(ordered: Sequence[Operation], arrival: int, rows: int) -> list[int]:
    """Operations that act on what arrives with the move ``arrival``: those of later stages, and moves of other measures that follow
    it within its own stage."""
    move = ordered[arrival]
    new = _new_rows(move, rows)

    def follows(op: Operation) -> bool:
        return op.order == move.order and isinstance(op, Move) and op.measure != move.measure and bool(new[op.rows].any())

    return [j for j, op in enumerate(ordered) if op.order > move.order or follows(op)]


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
    touching = [np.flatnonzero(wanted[ordered[j].rows]) for j in allowed]
    count = np.zeros(total, dtype=np.intp)
    for j, some in zip(allowed, touching, strict=True):
        count[ordered[j].rows[some]] += 1
    touched = np.flatnonzero(count)
    if not touched.size:
        return [Batch(np.sort(rows), (), ())] if rows.size else []
    place = np.cumsum(count) - count
    starts = place[touched]
    op, position = np.empty(int(count.sum()), dtype=np.int32), np.empty(int(count.sum()), dtype=np.int32)
    for j, some in zip(allowed, touching, strict=True):
        mine = ordered[j].rows[some]
        op[place[mine]], position[place[mine]] = j, some
        place[mine] += 1
    batches = []
    for members in _alike(op, starts):
        first, row = starts[members], touched[members]
        size = int(count[row[0]])
        table = position[first[:, None] + np.arange(size)].astype(np.intp)
        batches.append(Batch(row, tuple(op[first[0] : first[0] + size].tolist()), tuple(table.T)))
    wanted[touched] = False
    untouched = np.flatnonzero(wanted)
    if untouched.size:
        batches.append(Batch(untouched, (), ()))
    return sorted(batches, key=lambda b: b.entries)  # whatever rows there are: sums run in one order


def _alike(op: np.ndarray, starts: np.ndarray) -> list[np.ndarray]:
    """Groups of those lists of operations, laid end to end from ``starts`` on, that are equal: (member,) positions in ``starts``.

    A list is known by the sum of a random number for each of its operations, which by the rarest chance is that of another; so every list is
    compared with the first of its group.
    """
    words = np.random.Generator(np.random.PCG64(0)).integers(0, 2**63, int(op.max()) + 1, dtype=np.uint64)
    _, first, group = np.unique(np.add.reduceat(words[op], starts), return_index=True, return_inverse=True)
    sizes = np.diff(starts, append=op.size)
    assert (sizes == sizes[first][group]).all(), "two lists of operations have one sum"
    here = np.arange(op.size) - np.repeat(starts, sizes)
    assert (op == op[np.repeat(starts[first][group], sizes) + here]).all(), "two lists of operations have one sum"
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows of a program, and what of it acts on them.

    rows : positions in the whole. upstream : as in ``Base``, among these rows. picks : (operation, its rows that are among these,
    their positions here) of every operation that touches one; to : the same of what a move brings. levels, arrivals : as in
    ``Program``.
    """

    rows: np.ndarray
    upstream: np.ndarray
    picks: tuple[tuple[int, np.ndarray, np.ndarray], ...]
    to: tuple[tuple[np.ndarray, np.ndarray], ...]
    levels: tuple[tuple[Batch, ...], ...]
    arrivals: tuple[tuple[Batch, ...], ...]


def restrict(base: Base, program: Program, rows: np.ndarray) -> tuple[Base, Program]:
    """The same calculation on some rows only; ``rows`` must hold everything that feeds them. For attribution row by row."""
    return cut_out(base, program, part_of(base, program, rows))


def with_only(base: Base, program: Program, operations: Sequence[Operation]) -> Program:
    """The program with some of its operations, which stand in its order."""
    levels, arrivals = _structure(operations, base.upstream)
    return replace(program, operations=tuple(operations), levels=levels, arrivals=arrivals, order=(), products=None)


def matters(base: Base, op: Operation, p: int) -> bool:
    """Whether an operation can change pollutant p: it moves or scales activity, acts on p, or on a pollutant that takes along
    activity which the next stage of a chain would get."""
    pollutants = set(getattr(op, "pollutants", ()))
    lossy, feeding = set(np.flatnonzero(base.loss).tolist()), base.upstream[base.upstream >= 0]
    return not pollutants or p in pollutants or bool(lossy & pollutants and np.isin(op.rows, feeding).any())


def part_of(base: Base, program: Program, rows: np.ndarray, kept: Collection[int] | None = None) -> Part:
    """The structure of the calculation on some rows, whatever its numbers are; of the operations only those ``kept``."""
    index = np.full(base.shape[0], -1)
    index[rows] = np.arange(rows.size)
    up = base.upstream[rows]
    upstream = np.where(up >= 0, index[up], -1)
    picks, to, operations = [], [], []
    for j, op in enumerate(program.operations):
        positions = np.flatnonzero(index[op.rows] >= 0) if kept is None or j in kept else np.empty(0, dtype=np.intp)
        if positions.size:
            picks.append((j, positions, index[op.rows[positions]]))
            there = np.flatnonzero(index[op.to] >= 0) if isinstance(op, Move) else np.empty(0, dtype=np.intp)
            to.append((there, index[op.to[there]] if there.size else there))
            operations.append(_picked(op, picks[-1], to[-1]))
    return Part(rows, upstream, tuple(picks), tuple(to), *_structure(operations, upstream))


def cut_out(base: Base, program: Program, part: Part) -> tuple[Base, Program]:
    """The numbers of a part of a program."""
    rows = part.rows
    small = replace(
        base,
        activity=base.activity[..., rows, :],
        factor=base.factor[..., rows, :],
        efficiency=base.efficiency[rows],
        effectiveness=base.effectiveness[rows],
        stage=base.stage[rows],
        upstream=part.upstream,
        passed=base.passed[..., rows],
    )
    operations = tuple(_picked(program.operations[pick[0]], pick, to) for pick, to in zip(part.picks, part.to, strict=True))
    return small, replace(program, operations=operations, levels=part.levels, arrivals=part.arrivals, order=(), products=None)


def _picked(op: Operation, pick: tuple[int, np.ndarray, np.ndarray], to: tuple[np.ndarray, np.ndarray]) -> Operation:
    """An operation on some of its rows."""
    _, positions, rows = pick
    changes: dict = {"rows": rows, "coverage": rows_of(op.coverage, positions)}
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
        changes["to"], changes["weight"] = to[1], op.weight[..., to[0]]
        if op.group is not None:
            changes["group"], changes["to_group"] = op.group[positions], op.to_group[to[0]]
    return replace(op, **changes)


def fed_by(base: Base, program: Program, rows: Sequence[int]) -> np.ndarray:
    """Mask of the rows and everything whose activity can reach them."""
    needed = np.zeros(base.shape[0], dtype=bool)
    needed[rows] = True
    count = -1
    while count < needed.sum():
        count = needed.sum()
        for op in program.operations:
            if isinstance(op, Move) and op.group is not None:
                needed[op.rows[np.isin(op.group, op.to_group[needed[op.to]])]] = True
            elif isinstance(op, Move) and needed[op.to].any():
                needed[op.rows] = True
        up = base.upstream[needed]
        needed[up[up >= 0]] = True
    return needed
