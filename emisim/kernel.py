"""The kernel: apply a compiled plan to an inventory, exactly and in one fixed order.

    E[i,p,t] = a[i,t] · f[i,p,t]

Numpy only, floats in canonical units: activity in its own base unit a year, factors in tonnes per that unit, emissions in t/yr.

How it works. The activity of a row is followed in *cohorts*: what stood there in the beginning, and what each move brought later. An operation acts on
a cohort only if it comes later in the order than the cohort's arrival. On one cohort the covered shares of the measures cut the activity into
*cells*, in each of which every measure either acts fully or not at all; a cell is evaluated like one real plant (one fate, the better of two
devices at one stage, a limit as a minimum), and the row is the weighted mean of its cells. Measures that do not interact are evaluated apart
and multiplied, so nothing is enumerated that is a plain product.

Every measure has a switch ``on`` in [0, 1] that scales its coverage. Without interactions the result is multilinear in the switches, which
is what makes exact attribution cheap (see ``ledger``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, product
from types import MappingProxyType

import numpy as np

from emisim.operation import NO_STAGE, Add, Combination, Control, Limit, Move, Operation, Overlap, Scale

CAP_ORDER = 10  # caps hold growth, before anything else


@dataclass(frozen=True, eq=False)
class Base:
    """The inventory as arrays, after growth and before any measure.

    activity : (..., row, period) [base unit / yr].
    factor : (..., row, pollutant) abated emission factor [t / base unit].
    efficiency, effectiveness : (row, pollutant) existing control η0 and RE0 [1].
    stage : (row, pollutant) int code of the existing device's stage, or NO_STAGE.
    upstream : (row,) the row whose leftover feeds this one, or -1.
    passed : (row,) share of that leftover that arrives here [1].
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

    @property
    def measures(self) -> int:
        return self.phase.shape[0]


@dataclass(frozen=True, eq=False)
class State:
    """What comes out of a run: activity (..., row, period) [base unit/yr] and emission (..., row, pollutant, period) [t/yr]."""

    activity: np.ndarray
    emission: np.ndarray


class Tangled(ValueError):
    """Moves of one stage that feed each other in a circle: ``operations`` are their positions."""

    def __init__(self, measures: Sequence[int]):
        super().__init__(f"moves of the measures {list(measures)} feed each other")
        self.measures = tuple(measures)


# ---------------------------------------------------------------- compiling


def compile_program(
    operations: Sequence[Operation],
    phase: np.ndarray,
    base: Base,
    overlaps: Sequence[Overlap] = (),
    combinations: Sequence[Combination] = (),
) -> Program:
    """Put operations in their fixed order and find the batches of rows they touch.

    Raises
    ------
    Tangled
        Two moves of the same stage feed each other.
    """
    ordered = _fixed_order(_caps_to_scales(operations, base, phase))
    rows = base.shape[0]
    depth = _depths(base.upstream)
    everything = np.arange(rows)
    levels = tuple(
        tuple(_batches(ordered, _after(ordered, None), everything[depth == d], rows)) for d in range(int(depth.max(initial=0)) + 1)
    )
    arrivals = tuple(
        tuple(_batches(ordered, _after(ordered, j), op.to, rows)) if isinstance(op, Move) and op.to.size else ()
        for j, op in enumerate(ordered)
    )
    return Program(tuple(ordered), tuple(overlaps), tuple(combinations), np.asarray(phase, float), levels, arrivals)


def _caps_to_scales(operations: Sequence[Operation], base: Base, phase: np.ndarray) -> list[Operation]:
    """A cap on the sum of some activities acts on growth only, so its ratio min(1, cap / Σa) is known before any other measure."""
    out: list[Operation] = []
    for op in operations:
        if isinstance(op, Limit) and not op.pollutants:
            total = base.activity[..., op.rows, :].sum(axis=-2, keepdims=True)
            ratio = np.minimum(1.0, np.divide(op.value, total, out=np.ones_like(total), where=total > 0))
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


# ---------------------------------------------------------------- running


def run(base: Base, program: Program, on: np.ndarray | None = None) -> State:
    """Apply the program.

    Parameters
    ----------
    base : Base
    program : Program
    on : (..., measure), optional
        Degree to which each measure is switched on [1]; all 1 by default. Leading axes run many packages at once.

    Returns
    -------
    State
        Activity (..., row, period) [base unit / yr] and emission (..., row, pollutant, period) [t / yr].
    """
    rows, pollutants, periods = base.shape
    degree = np.ones(program.measures) if on is None else np.asarray(on, float)
    lead = np.broadcast_shapes(base.activity.shape[:-2], base.factor.shape[:-2], degree.shape[:-1])
    share = degree[..., :, None] * program.phase
    activity = np.zeros((*lead, rows, periods))
    emission = np.zeros((*lead, rows, pollutants, periods))
    incoming = np.broadcast_to(base.activity, (*lead, rows, periods))
    level = _Level(base, program, share)
    for number, batches in enumerate(program.levels):
        if number:
            incoming = _pass_on(base, activity, emission, incoming)
        cohorts: list[tuple[Batch, np.ndarray]] = [(b, incoming[..., b.rows, :]) for b in batches]
        inflow: dict[int, np.ndarray] = {}
        for j in range(-1, len(program.operations)):
            if j >= 0:
                if j not in inflow:
                    continue
                to, amount = program.operations[j].to, inflow.pop(j)
                where = np.argsort(to)
                cohorts = [
                    (b, amount[..., where[np.searchsorted(to, b.rows, sorter=where)], :]) for b in program.arrivals[j]
                ]
            for batch, amount in cohorts:
                level.settle(batch, amount, activity, emission, inflow)
    return State(activity, emission)


def _pass_on(base: Base, activity: np.ndarray, emission: np.ndarray, incoming: np.ndarray) -> np.ndarray:
    """What a stage leaves over feeds the next: a_next = passed · (a − Σ_p loss_p · E_p)."""
    fed = np.flatnonzero(base.upstream >= 0)
    source = base.upstream[fed]
    lost = np.einsum("p,...pt->...t", base.loss, emission[..., source, :, :])
    out = incoming.copy()
    out[..., fed, :] = base.passed[fed, None] * (activity[..., source, :] - lost)
    return out


@dataclass(frozen=True, eq=False)
class _Level:
    """Evaluates cohorts; holds what they all need."""

    base: Base
    program: Program
    share: np.ndarray  # (..., measure, period): phase times switch

    def coverage(self, entry: int, position: np.ndarray) -> np.ndarray:
        op = self.program.operations[entry]
        return _take(op.coverage, position) * self.share[..., op.measure, None, :]

    def settle(
        self, batch: Batch, amount: np.ndarray, activity: np.ndarray, emission: np.ndarray, inflow: dict[int, np.ndarray]
    ) -> None:
        """Add a cohort's final activity and emission to the totals, and what it sends on to ``inflow``."""
        cohort = _Cohort(self, batch)
        activity[..., batch.rows, :] += amount * cohort.staying()
        for p in range(self.base.factor.shape[-1]):
            emission[..., batch.rows, p, :] += amount * cohort.emitted(p)
        for j, leaving in cohort.leaving():
            op = self.program.operations[j]
            k = batch.entries.index(j)
            out = (amount * leaving * _take(op.conversion, batch.positions[k])).sum(axis=-2)
            sent = out[..., None, :] * op.weight[:, None]
            inflow[j] = inflow[j] + sent if j in inflow else sent


def _take(values: np.ndarray | float, position: np.ndarray) -> np.ndarray:
    """Rows ``position`` of something that broadcasts to (..., n, period)."""
    values = np.asarray(values, float)
    if values.ndim < 2:
        values = values.reshape(-1, 1)
    return values if values.shape[-2] == 1 else values[..., position, :]


class _Cohort:
    """One batch of rows and the operations that act on it."""

    def __init__(self, level: _Level, batch: Batch):
        self.level, self.batch = level, batch
        self.ops = [level.program.operations[j] for j in batch.entries]
        self.cover = [level.coverage(j, position) for j, position in zip(batch.entries, batch.positions, strict=True)]

    def value(self, k: int, name: str) -> np.ndarray:
        return _take(getattr(self.ops[k], name), self.batch.positions[k])

    # -- activity

    def staying(self) -> np.ndarray:
        """Mean share of the activity that stays, scaled: broadcast to (..., n, period) [1]."""
        entries = [k for k, op in enumerate(self.ops) if isinstance(op, Move) or _on_activity(op)]
        return _product(self.mean(group, None) for group in self.groups(entries, None))

    def leaving(self):
        """(operation, share of the activity that it takes) for each move; of several moves in one stage that claim a unit, each has an equal part."""
        moves = [k for k, op in enumerate(self.ops) if isinstance(op, Move)]
        for k in moves:
            if self.ops[k].to.size:
                order = self.ops[k].order
                before = [m for m, op in enumerate(self.ops) if _on_activity(op) and op.order <= order]
                groups = self.groups(moves + before, None, join_moves=True)
                mine = next(g for g in groups if k in g)
                rest = _product(self.mean(g, None) for g in groups if g is not mine)
                yield self.batch.entries[k], rest * sum((w * self.claim(k, cell) for cell, w in self.cells(mine)), 0.0)

    def claim(self, k: int, cell: tuple[int, ...]) -> np.ndarray | float:
        """Part of a unit in ``cell`` that move k takes: the earliest stage wins, moves of one stage share alike."""
        moves = [m for m in cell if isinstance(self.ops[m], Move)]
        first = min((self.ops[m].order for m in moves), default=None)
        claims = [m for m in moves if self.ops[m].order == first]
        if k not in claims:
            return 0.0
        return self.activity_ratio(cell) / len(claims)

    def activity_ratio(self, cell: tuple[int, ...]) -> np.ndarray | float:
        """New activity over old of a unit that stays: of several caps the strictest counts, everything else multiplies."""
        scales = [k for k in cell if _on_activity(self.ops[k])]
        caps = [self.value(k, "ratio") for k in scales if self.ops[k].order == CAP_ORDER]
        return _product([*([_minimum(caps)] if caps else []), *(self.value(k, "ratio") for k in scales if self.ops[k].order != CAP_ORDER)])

    # -- emission

    def emitted(self, p: int) -> np.ndarray:
        """Emission per unit of the cohort's original activity: broadcast to (..., n, period) [t / base unit]."""
        base, rows = self.level.base, self.batch.rows
        factor = base.factor[..., rows, p, None]
        entries = [k for k, op in enumerate(self.ops) if isinstance(op, Move) or _on_activity(op) or p in op.pollutants]
        groups = self.groups(entries, p)
        absolute = [g for g in groups if any(isinstance(self.ops[k], (Limit, Add)) for k in g)]
        result = self.mean(absolute[0], p, factor) if absolute else factor
        return result * _product(self.mean(g, p) for g in groups if not absolute or g is not absolute[0])

    def groups(self, entries: list[int], p: int | None, join_moves: bool = False) -> list[tuple[int, ...]]:
        """Split entries into the groups that interact; measures of different groups are independent factors of the result."""
        joined = [{k} for k in entries]

        def unite(members: list[int]) -> None:
            nonlocal joined
            touched = [g for g in joined if g & set(members)]
            if len(touched) > 1:
                joined = [g for g in joined if g not in touched] + [set().union(*touched)]

        for block in self.blocks(entries):
            unite(list(block[1]))
        if join_moves:
            unite([k for k in entries if isinstance(self.ops[k], Move)])
        unite([k for k in entries if _on_activity(self.ops[k]) and self.ops[k].order == CAP_ORDER])
        if p is not None:
            factors = [k for k in entries if _on_factor(self.ops[k])]
            season = [k for k in factors if _seasonal(self.ops[k])]
            factors = [k for k in factors if k not in season]
            unite(season)
            if any(isinstance(self.ops[k], (Limit, Add)) or _remakes(self.ops[k]) for k in factors):
                unite(factors)
            stages = {self.ops[k].control.stage for k in factors if isinstance(self.ops[k], Scale) and self.ops[k].control}
            for stage in stages - {NO_STAGE}:
                unite([k for k in factors if isinstance(self.ops[k], Scale) and self.ops[k].control and self.ops[k].control.stage == stage])
            for combination in self.level.program.combinations:
                if combination.pollutant == p:
                    unite([k for k in factors if _device(self.ops[k]) in combination.devices])
        return [tuple(sorted(g)) for g in sorted(joined, key=min)]

    def blocks(self, entries: Sequence[int]) -> list[tuple[str, tuple[int, ...]]]:
        """(relation, entries) of those entries whose covered shares are declared to hang together. Actions of one measure cover the same units."""
        by_measure: dict[int, list[int]] = {}
        for k in entries:
            if _seasonal(self.ops[k]):
                continue
            by_measure.setdefault(self.ops[k].measure, []).append(k)
        found, used = [], set()
        for overlap in self.level.program.overlaps:
            members = sorted(overlap.measures & by_measure.keys())
            if len(members) > 1 and overlap.relation != "independent":
                found.append((overlap.relation, tuple(k for m in members for k in by_measure[m])))
                used.update(members)
        found += [("nested", tuple(ks)) for m, ks in by_measure.items() if len(ks) > 1 and m not in used]
        return found

    def cells(self, group: Sequence[int]):
        """Yield (entries that act, weight) over the cells of a group; the weights broadcast to (..., n, period) and sum to 1."""
        blocks = self.blocks(group)
        inside = {k for _, members in blocks for k in members}
        blocks += [("independent", (k,)) for k in group if k not in inside]
        for picks in product(*[list(self.block_cells(relation, members)) for relation, members in blocks]):
            weight = _product(w for _, w in picks)
            if np.any(weight):
                yield tuple(sorted(k for active, _ in picks for k in active)), weight

    def block_cells(self, relation: str, members: tuple[int, ...]):
        """The cells of one block: measures lie in one another as ``relation`` says; the actions of one measure as ``own_cells`` says."""
        actions: dict[int, list[int]] = {}
        for k in members:
            actions.setdefault(self.ops[k].measure, []).append(k)
        if len(actions) == 1:
            yield from self.own_cells(members)
            return
        if relation == "nested":
            yield from _line_cells(self.spans(actions.values()))
            return
        inside = {m: list(self.own_cells(tuple(ks))) for m, ks in actions.items()}
        reach = {m: 1.0 - sum(w for active, w in cells if not active) for m, cells in inside.items()}
        for measures, weight in _CELLS[relation](reach):
            options = [[(active, _share_of(w, reach[m])) for active, w in inside[m] if active] for m in measures]
            for picks in product(*options):
                yield tuple(k for active, _ in picks for k in active), weight * _product(w for _, w in picks)

    def spans(self, measures) -> dict[int, tuple]:
        """(from, to) of each entry's units when all measures' units are laid along one line from 0 to 1; within a measure as in ``own_cells``."""
        out: dict[int, tuple] = {}
        for own in measures:
            low: np.ndarray | float = 0.0
            moves = [k for k in own if isinstance(self.ops[k], Move)]
            for order in sorted({self.ops[k].order for k in moves}):
                here = 1.0 - low
                for k in (k for k in moves if self.ops[k].order == order):
                    out[k] = low, low + here * self.cover[k]
                    low = out[k][1]
            out |= {k: (low, low + (1.0 - low) * self.cover[k]) for k in own if k not in moves}
        return out

    def own_cells(self, members: tuple[int, ...]):
        """Cells of one measure's actions on a row: its moves take different units, stage by stage of what is left; its other actions work on the same units."""
        here: np.ndarray | float = 1.0
        moves = [k for k in members if isinstance(self.ops[k], Move)]
        for order in sorted({self.ops[k].order for k in moves}):
            stage = [k for k in moves if self.ops[k].order == order]
            for k in stage:
                yield (k,), here * self.cover[k]
            here = here * (1.0 - sum((self.cover[k] for k in stage), 0.0))
        others = {k: self.cover[k] for k in members if k not in moves}
        for active, weight in _nested_cells(others) if others else [((), 1.0)]:
            yield active, here * weight

    def mean(self, group: tuple[int, ...], p: int | None, factor: np.ndarray | None = None) -> np.ndarray:
        """Mean over a group's cells of what one unit keeps: a ratio [1], or with ``factor`` an emission factor [t / base unit]."""
        if any(_seasonal(self.ops[k]) for k in group):
            return self.season(group)
        total = 0.0
        for cell, weight in self.cells(group):
            total = total + weight * self.unit(cell, p, factor)
        return total

    def unit(self, cell: tuple[int, ...], p: int | None, factor: np.ndarray | None) -> np.ndarray | float:
        """One unit on which exactly the entries of ``cell`` act."""
        if any(isinstance(self.ops[k], Move) for k in cell):
            return 0.0
        kept = self.activity_ratio(cell)
        mine = [k for k in cell if _on_factor(self.ops[k])]
        if p is None or (not mine and factor is None):
            return kept
        f = 1.0 if factor is None else factor
        for k in mine:
            if isinstance(self.ops[k], Scale) and self.ops[k].control is None:
                f = f * self.value(k, "ratio")
        f = f * self.controls([k for k in mine if isinstance(self.ops[k], Scale) and self.ops[k].control is not None], p)
        for k in mine:
            if isinstance(self.ops[k], Add):
                f = f + self.value(k, "value")
        limits = [self.value(k, "value") for k in mine if isinstance(self.ops[k], Limit)]
        if limits:
            f = np.minimum(f, _minimum(limits))
        return kept * f

    def controls(self, mine: list[int], p: int) -> np.ndarray | float:
        """Emission left by the devices of one unit relative to the base year's: (1 − η0·RE0 included), rule effectiveness counted once."""
        if not mine:
            return 1.0
        base, rows = self.level.base, self.batch.rows
        eta0, re0, stage0 = (x[rows, p, None] for x in (base.efficiency, base.effectiveness, base.stage))
        running = [k for k in mine if self.ops[k].control.efficiency is None]
        devices = [k for k in mine if self.ops[k].control.efficiency is not None]
        gap = _product(1.0 - self.control(k, "gap_closed") for k in running)
        ceiling = _maximum([self.control(k, "ceiling") for k in running]) if running else 1.0

        def effective(re):
            return re + np.maximum(ceiling - re, 0.0) * (1.0 - gap) if running else re

        removed = np.zeros_like(eta0, dtype=bool)
        for k in devices:
            if self.ops[k].control.replaces:
                removed = removed | (self.ops[k].control.stage == NO_STAGE) | (stage0 == NO_STAGE) | (stage0 == self.ops[k].control.stage)
        existing = np.where(removed, 0.0, eta0 * effective(re0))
        best: dict[object, np.ndarray] = {}
        names: dict[object, set[str]] = {}
        for k in devices:
            control = self.ops[k].control
            eta = self.control(k, "efficiency") * effective(self.control(k, "effectiveness"))
            slot = control.stage if control.stage != NO_STAGE else ("alone", k)
            best[slot] = np.maximum(best[slot], eta) if slot in best else eta
            names.setdefault(slot, set()).add(control.device)
        left: np.ndarray | float = 1.0
        for slots, eta in self.combined(best, names, p):
            same = np.isin(stage0, [slot for slot in slots if isinstance(slot, int)]) & (existing > 0)
            eta = np.where(same, np.maximum(eta, existing), eta)
            existing = np.where(same, 0.0, existing)
            left = left * (1.0 - eta)
        before = 1.0 - eta0 * re0
        return left * (1.0 - existing) / np.where(before > 0, before, 1.0)

    def combined(self, best: dict, names: dict, p: int):
        """(slots, efficiency). Devices of a tabulated combination stand for one device at all their stages; the largest combination first, then the best."""
        slots = dict(best)
        present = set().union(*names.values()) if names else set()
        for combination in sorted(self.level.program.combinations, key=lambda c: (-len(c.devices), -c.efficiency, sorted(c.devices))):
            if combination.pollutant == p and combination.devices <= present:
                present -= combination.devices
                stood = [s for s in slots if names[s] & combination.devices]
                slots = {s: e for s, e in slots.items() if s not in stood}
                yield stood, combination.efficiency
        yield from (([slot], eta) for slot, eta in slots.items())

    def control(self, k: int, name: str) -> np.ndarray:
        return _take(getattr(self.ops[k].control, name), self.batch.positions[k])

    def season(self, group: tuple[int, ...]) -> np.ndarray:
        """1 − Σ_h w_h·c_h over calendar months; in the same hours the strongest cut counts, not the sum."""
        months = self.level.base.months
        total: np.ndarray | float = 1.0 - months.sum(axis=1)
        for month in range(12):
            active = {k: self.cover[k] for k in group if month + 1 in self.ops[k].months}
            left: np.ndarray | float = 1.0 if not active else 0.0
            for cell in _subsets(tuple(active)) if active else ():
                weight = _nested_weight(active, cell)
                left = left + weight * (_minimum([self.value(k, "ratio") for k in cell]) if cell else 1.0)
            total = total + months[:, month] * left
        return total




def _on_activity(op: Operation) -> bool:
    return isinstance(op, Scale) and not op.pollutants


def _on_factor(op: Operation) -> bool:
    return isinstance(op, (Scale, Limit, Add)) and bool(op.pollutants)


def _seasonal(op: Operation) -> bool:
    return isinstance(op, Scale) and bool(op.months)


def _remakes(op: Operation) -> bool:
    """Replaces the existing device or changes how devices run: then no device of the row can be seen alone."""
    return isinstance(op, Scale) and op.control is not None and (op.control.replaces or op.control.efficiency is None)


def _device(op: Operation) -> str:
    return op.control.device if isinstance(op, Scale) and op.control else ""


def _subsets(members: tuple[int, ...]):
    for picks in product((False, True), repeat=len(members)):
        yield tuple(k for k, pick in zip(members, picks, strict=True) if pick)


def _nested_weight(cover: dict[int, np.ndarray], active: tuple[int, ...]) -> np.ndarray:
    """Share of units covered by exactly ``active`` when the smaller coverage lies inside the larger: max(0, min_in − max_out)."""
    inside = [cover[k] for k in active]
    outside = [c for k, c in cover.items() if k not in active]
    low = _maximum(outside) if outside else 0.0
    return np.maximum((_minimum(inside) if inside else 1.0) - low, 0.0)


def _nested_cells(reach: dict[int, np.ndarray]):
    for active in _subsets(tuple(reach)):
        yield active, _nested_weight(reach, active)


def _disjoint_cells(reach: dict[int, np.ndarray]):
    for m, c in reach.items():
        yield (m,), c
    yield (), 1.0 - sum(reach.values())


def _line_cells(spans: dict[int, tuple]):
    """Cells that the intervals (from, to) cut out of the line from 0 to 1."""
    if all(np.ndim(low) == 0 for low, _ in spans.values()):  # all begin at 0: the smaller lies inside the larger
        yield from _nested_cells({k: high for k, (_, high) in spans.items()})
        return
    ends = np.broadcast_arrays(*(low for low, _ in spans.values()), *(high for _, high in spans.values()))
    low, high = np.stack(ends[: len(spans)], axis=-1), np.stack(ends[len(spans) :], axis=-1)
    cuts = np.sort(np.concatenate([np.zeros_like(low[..., :1]), low, high], axis=-1), axis=-1)
    width = np.diff(cuts, axis=-1, append=1.0)
    middle = (cuts + width / 2)[..., None]
    yield from _coded_cells(list(spans), (low[..., None, :] <= middle) & (middle < high[..., None, :]), width)


def _spread_cells(reach: dict[int, np.ndarray]):
    """Covered shares laid end to end around a circle of length 1: they meet as little as they can. For two measures this is the lower Fréchet bound."""
    covers = np.stack(np.broadcast_arrays(*reach.values()), axis=-1)
    start = np.cumsum(covers, axis=-1) - covers
    cuts = np.sort(np.concatenate([np.zeros_like(covers[..., :1]), start % 1.0, (start + covers) % 1.0], axis=-1), axis=-1)
    width = np.diff(cuts, axis=-1, append=1.0)
    middle = cuts + width / 2
    yield from _coded_cells(list(reach), ((middle[..., None] - start[..., None, :]) % 1.0) < covers[..., None, :], width)


def _coded_cells(names: list[int], inside: np.ndarray, width: np.ndarray):
    """Collect pieces of the given width by which of the names hold in them; ``inside`` (..., piece, name)."""
    code = (inside * 2 ** np.arange(len(names))).sum(axis=-1)
    for value in np.unique(code):
        yield tuple(name for b, name in enumerate(names) if int(value) >> b & 1), np.where(code == value, width, 0.0).sum(axis=-1)


_CELLS = MappingProxyType({"disjoint": _disjoint_cells, "spread": _spread_cells})


def _share_of(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(np.shape(part), np.shape(whole))), where=np.asarray(whole) > 0)


def _product(values) -> np.ndarray | float:
    out: np.ndarray | float = 1.0
    for value in values:
        out = out * value
    return out


def _minimum(values: Sequence[np.ndarray]) -> np.ndarray:
    out = values[0]
    for value in values[1:]:
        out = np.minimum(out, value)
    return out


def _maximum(values: Sequence[np.ndarray]) -> np.ndarray:
    out = values[0]
    for value in values[1:]:
        out = np.maximum(out, value)
    return out


def single_ratios(base: Base, program: Program, batch: Batch, pollutant: int) -> list[tuple[int, np.ndarray]] | None:
    """What each measure alone leaves of the emission of a batch, if the whole is the product of these; None if measures interact.

    Returns
    -------
    list of (measure, ratio (..., n, period) [1]), or None
    """
    cohort = _Cohort(_Level(base, program, program.phase), batch)
    entries = [
        k for k, op in enumerate(cohort.ops) if isinstance(op, Move) or _on_activity(op) or pollutant in op.pollutants
    ]
    groups = cohort.groups(entries, pollutant)
    measures = [cohort.ops[g[0]].measure for g in groups]
    if any(len(g) > 1 or isinstance(cohort.ops[g[0]], (Limit, Add)) for g in groups) or len(set(measures)) < len(measures):
        return None
    return [(m, np.asarray(cohort.mean(g, pollutant))) for m, g in zip(measures, groups, strict=True)]


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
        passed=base.passed[rows],
    )
    operations = []
    for op in program.operations:
        positions = np.flatnonzero(index[op.rows] >= 0)
        if not positions.size:
            continue
        changes: dict = {"rows": index[op.rows[positions]], "coverage": _take(op.coverage, positions)}
        for name in ("ratio", "value", "conversion"):
            if getattr(op, name, None) is not None:
                changes[name] = _take(getattr(op, name), positions)
        if isinstance(op, Scale) and op.control:
            control: Control = op.control
            changes["control"] = replace(
                control,
                efficiency=None if control.efficiency is None else _take(control.efficiency, positions),
                effectiveness=_take(control.effectiveness, positions),
                gap_closed=_take(control.gap_closed, positions),
                ceiling=_take(control.ceiling, positions),
            )
        if isinstance(op, Move):
            kept = index[op.to] >= 0
            changes["to"], changes["weight"] = index[op.to[kept]], op.weight[kept]
        operations.append(replace(op, **changes))
    return small, compile_program(operations, program.phase, small, program.overlaps, program.combinations)
