"""A cohort: units of some rows that arrived together, and what the operations that act on them leave.

The covered shares of the measures cut the units into cells; in a cell every operation acts fully or not at all, and a unit is
treated like one real plant: one fate, the better of two devices at a stage, a limit as a minimum. The cohort is the weighted
mean of its cells. Operations that do not interact are evaluated apart and multiplied, so that nothing is enumerated that is a
plain product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from emisim import cells
from emisim.cells import Cell, maximum, minimum, plus, times
from emisim.operation import (
    CAP_ORDER,
    NO_STAGE,
    Add,
    Limit,
    Move,
    Operation,
    Scale,
    on_activity,
    on_factor,
    rows_of,
    running,
    seasonal,
)
from emisim.program import Base, Batch, Program

REPLACEMENT = "replacement"  # the slot of all replacements that name no stage: they replace each other too


class Cohort:
    """Evaluates one batch of a program.

    Parameters
    ----------
    base, program, batch
    on : (..., measure, 1) degree to which each measure is switched on [1].
    planned : (..., measure, 1) degree of each measure in the plan that gives every unit its fate, also in packages without the
        measure that brings it [1] (see ``kernel.run``); None: every package has its own fates.
    """

    def __init__(self, base: Base, program: Program, batch: Batch, on: np.ndarray, planned: np.ndarray | None = None):
        self.base, self.program, self.batch = base, program, batch
        self.ops: list[Operation] = [program.operations[j] for j in batch.entries]
        self.as_planned = planned is not None
        self.kept: dict[tuple[int, ...], np.ndarray | float] = {}
        self.done = [on[..., op.measure, None, :] for op in self.ops]
        self.cover = []
        for k, op in enumerate(self.ops):
            reach = self.value(k, "coverage") * program.phase[op.measure]
            fated = planned is not None and isinstance(op, Move)
            self.cover.append(reach * (planned[..., op.measure, None, :] if fated else self.done[k]))

    def value(self, k: int, name: str) -> np.ndarray:
        """An array of operation k for the rows of the batch."""
        return rows_of(getattr(self.ops[k], name), self.batch.positions[k])

    def control(self, k: int, name: str) -> np.ndarray:
        return rows_of(getattr(self.ops[k].control, name), self.batch.positions[k])

    def moves(self, entries: Sequence[int]) -> list[int]:
        return [k for k in entries if isinstance(self.ops[k], Move)]

    # ---------------------------------------------------------------- what stays, what leaves, what is emitted

    def staying(self) -> np.ndarray | float:
        """Activity that remains per unit of what arrived: broadcast to (..., n, period) [1]."""
        return self.total(None)

    def emitted(self, p: int) -> np.ndarray:
        """Emission per unit of what arrived: broadcast to (..., n, period) [t / base unit]."""
        return self.total(p)

    def total(self, p: int | None) -> np.ndarray | float:
        """Mean over all units of the activity left, times the factor left of pollutant p if one is given."""
        factor = None if p is None else self.base.factor[..., self.batch.rows, p, None]
        entries = [
            k
            for k, op in enumerate(self.ops)
            if isinstance(op, Move) or on_activity(op) or (p is not None and p in op.pollutants)
        ]
        groups = self.groups(entries, p, join_moves=self.as_planned)
        absolute = [g for g in groups if p is not None and any(isinstance(self.ops[k], (Limit, Add)) for k in g)]
        start: np.ndarray | float = 1.0 if factor is None or absolute else factor
        result = start * times(self.mean(g, p, factor if g in absolute else None) for g in groups)
        if self.as_planned and self.moves(entries):
            fated = next(g for g in groups if self.moves(g))
            kept = 1.0 if factor is None else factor
            result = result + kept * plus(
                w * self.waiting(cell, groups, fated) for cell, w in self.cells(fated) if self.moves(cell)
            )
        return result

    def waiting(self, cell: tuple[int, ...], groups, fated) -> np.ndarray | float:
        """Activity of a unit whose fate is decided but, in this package, not carried out: only what comes before that fate
        acts on it."""
        claims = self.claims(cell)
        order = self.ops[claims[0]].order
        stays = times(1.0 - self.done[k] for k in claims)
        return stays * self.before(cell, order) * times(self.mean_before(g, order) for g in groups if g is not fated)

    def leaving(self, gone: bool = False) -> Iterator[tuple[int, np.ndarray | float]]:
        """(operation, share of what arrived that it takes) for each move with a destination, with ``gone`` for every move; moves of
        one stage that claim a unit share alike."""
        for k in self.moves(range(len(self.ops))):
            if gone or self.ops[k].to.size:
                order = self.ops[k].order
                entries = [m for m, op in enumerate(self.ops) if isinstance(op, Move) or (on_activity(op) and op.order <= order)]
                groups = self.groups(entries, None, join_moves=True)
                mine = next(g for g in groups if k in g)
                taken = plus(w * self.taken(k, cell) for cell, w in self.cells(mine))
                yield self.batch.entries[k], taken * times(self.mean(g, None) for g in groups if g is not mine)

    def taken(self, k: int, cell: tuple[int, ...]) -> np.ndarray | float:
        """Activity of one unit of a cell that move k takes."""
        claims = self.claims(cell)
        if k not in claims:
            return 0.0
        part: np.ndarray | float = 1.0 / len(claims)
        if self.as_planned:
            carried = plus(self.done[m] for m in claims)
            part = np.divide(self.done[k], carried, out=np.zeros_like(carried), where=carried > 0)
        return part * self.before(cell)  # of a cell that `leaving` made: what comes later is not in it

    def claims(self, cell: tuple[int, ...]) -> list[int]:
        """The moves that decide a unit's fate: those of the earliest stage."""
        moves = self.moves(cell)
        first = min((self.ops[k].order for k in moves), default=None)
        return [k for k in moves if self.ops[k].order == first]

    # ---------------------------------------------------------------- groups and cells

    def groups(self, entries: Sequence[int], p: int | None, join_moves: bool) -> list[tuple[int, ...]]:
        """Split entries into the groups that interact; different groups are independent factors of the result."""
        joined = [{k} for k in entries]

        def unite(members: Sequence[int]) -> None:
            nonlocal joined
            touched = [g for g in joined if g & set(members)]
            if len(touched) > 1:
                joined = [g for g in joined if g not in touched] + [set().union(*touched)]

        blocks = self.blocks(entries)
        for members, _ in blocks:
            unite(members)
        unite([k for members, loose in blocks if loose for k in members])
        if join_moves:
            unite(self.moves(entries))
        unite([k for k in entries if on_activity(self.ops[k]) and self.ops[k].order == CAP_ORDER])
        factors = [k for k in entries if on_factor(self.ops[k])]
        season = [k for k in factors if seasonal(self.ops[k])]
        unite(season)
        self.unite_factors([k for k in factors if k not in season], p, unite)
        return [tuple(sorted(g)) for g in sorted(joined, key=min)]

    def unite_factors(self, factors: Sequence[int], p: int | None, unite) -> None:
        """Operations on factors that cannot be told apart on one unit."""
        controls = [k for k in factors if isinstance(self.ops[k], Scale) and self.ops[k].control is not None]
        remade = any(self.ops[k].control.replaces or self.ops[k].control.efficiency is None for k in controls)
        if remade or any(isinstance(self.ops[k], (Limit, Add)) for k in factors):
            unite(factors)
        for stage in sorted({self.ops[k].control.stage for k in controls} - {NO_STAGE}):
            unite([k for k in controls if self.ops[k].control.stage == stage])
        for combination in self.program.combinations:
            if combination.pollutant == p:
                unite([k for k in controls if self.ops[k].control.device in combination.devices])

    def blocks(self, entries: Sequence[int]) -> list[tuple[tuple[int, ...], bool]]:
        """Entries whose covered shares hang together: the actions of one measure, and measures with a declared overlap; and
        whether the block is loose."""
        by_measure: dict[int, list[int]] = {}
        for k in entries:
            if not seasonal(self.ops[k]) and not running(self.ops[k]):
                by_measure.setdefault(self.ops[k].measure, []).append(k)
        found = []
        for overlap in (o for o in self.program.overlaps if o.relation != "independent"):
            members = sorted(overlap.measures & by_measure.keys())
            if len(members) > 1:
                found.append(members)
        taken = {m for members in found for m in members}
        found += [[m] for m in by_measure if m not in taken]
        loose = self.program.loose if self.program.between != "independent" else frozenset()
        return [(tuple(k for m in members for k in by_measure[m]), bool(loose & set(members))) for members in found]

    def cells(self, group: Sequence[int]) -> Iterator[Cell]:
        """(entries that act, weight) over the cells of a group; cells that never occur are left out. Better running is a state
        of all units, so it acts in every cell."""
        everywhere = tuple(k for k in group if running(self.ops[k]))
        blocks = self.blocks(group)
        tied = [list(self.block_cells(members)) for members, loose in blocks if not loose]
        loose = [list(self.block_cells(members)) for members, loose in blocks if loose]
        if loose:
            tied.append(list(cells.combine(loose, self.program.between)))
        for active, weight in cells.combine(tied):
            if np.any(weight):
                yield tuple(sorted((*active, *everywhere))), weight

    def block_cells(self, members: tuple[int, ...]) -> Iterator[Cell]:
        """The cells of one block: measures lie in one another as declared, the actions of one measure as ``own_spans`` says."""
        actions: dict[int, list[int]] = {}
        for k in members:
            actions.setdefault(self.ops[k].measure, []).append(k)
        spans = {m: self.own_spans(ks) for m, ks in actions.items()}
        if len(members) == 1:
            yield members, self.cover[members[0]]
            yield (), 1.0 - self.cover[members[0]]
        elif any(o.relation == "disjoint" and o.measures >= actions.keys() for o in self.program.overlaps):
            left: np.ndarray | float = 1.0
            for own in spans.values():
                for active, weight in cells.along_line(own):
                    if active:
                        yield active, weight
                        left = left - weight
            yield (), left
        else:
            yield from cells.along_line({k: span for own in spans.values() for k, span in own.items()})

    def own_spans(self, members: Sequence[int]) -> dict[int, tuple]:
        """(from, to) of the units of each action of one measure, all units laid along a line from 0 to 1.

        Its moves take different units, stage by stage of what is left; its other actions work on the same units, those that stay.
        """
        out: dict[int, tuple] = {}
        low: np.ndarray | float = 0.0
        moves = self.moves(members)
        for order in sorted({self.ops[k].order for k in moves}):
            here = 1.0 - low
            for k in (k for k in moves if self.ops[k].order == order):
                out[k] = low, low + here * self.cover[k]
                low = out[k][1]
        return out | {k: (low, low + (1.0 - low) * self.cover[k]) for k in members if k not in moves}

    # ---------------------------------------------------------------- means over cells

    def mean(self, group: tuple[int, ...], p: int | None, factor: np.ndarray | None = None) -> np.ndarray | float:
        """Mean over a group's cells of what one unit keeps: a ratio [1], or with ``factor`` an emission factor [t / base
        unit]."""
        if any(seasonal(self.ops[k]) for k in group):
            return self.season(group)
        if factor is not None or any(on_factor(self.ops[k]) for k in group):
            return self.mean_of_cells(group, p, factor)
        if group not in self.kept:  # alike for every pollutant
            self.kept[group] = self.mean_of_cells(group, p, None)
        return self.kept[group]

    def mean_of_cells(self, group: tuple[int, ...], p: int | None, factor: np.ndarray | None) -> np.ndarray | float:
        return plus(weight * self.unit(cell, p, factor) for cell, weight in self.cells(group))

    def mean_before(self, group: tuple[int, ...], order: int) -> np.ndarray | float:
        """Mean of what the operations on activity of a group leave that come no later than ``order``."""
        early = [k for k in group if on_activity(self.ops[k]) and self.ops[k].order <= order]
        return plus(weight * self.before(cell) for cell, weight in self.cells(early)) if early else 1.0

    def season(self, group: tuple[int, ...]) -> np.ndarray:
        """Σ_h w_h·(1 − c_h) over calendar months; in the same hours the strongest cut counts, not the sum."""
        months = self.base.months
        total: np.ndarray | float = 0.0
        together: dict[tuple[int, ...], list[int]] = {}
        for month in range(12):
            together.setdefault(tuple(k for k in group if month + 1 in self.ops[k].months), []).append(month)
        for entries, same in together.items():
            active = {k: self.cover[k] for k in entries}
            left = plus(w * minimum([self.value(k, "ratio") for k in cell]) if cell else w for cell, w in cells.nested(active))
            total = total + months[:, same].sum(axis=1) * left
        return total

    # ---------------------------------------------------------------- one unit

    def unit(self, cell: tuple[int, ...], p: int | None, factor: np.ndarray | None) -> np.ndarray | float:
        """What is left of one unit on which exactly the entries of ``cell`` act."""
        if self.moves(cell):
            return 0.0
        kept = self.before(cell)
        mine = [k for k in cell if on_factor(self.ops[k])]
        if not mine and factor is None:
            return kept
        return kept * self.factor(mine, p, 1.0 if factor is None else factor)

    def before(self, cell: tuple[int, ...], order: float = np.inf) -> np.ndarray | float:
        """New activity over old by the operations up to ``order``: of several caps the strictest counts, everything else
        multiplies."""
        scales = [k for k in cell if on_activity(self.ops[k]) and self.ops[k].order <= order]
        caps = [self.value(k, "ratio") for k in scales if self.ops[k].order == CAP_ORDER]
        others = [self.value(k, "ratio") for k in scales if self.ops[k].order != CAP_ORDER]
        return times([*([minimum(caps)] if caps else []), *others])

    def factor(self, mine: list[int], p: int, f: np.ndarray | float) -> np.ndarray | float:
        """Factor after substitution, control, limit, addition, and the limits once more."""
        for k in mine:
            if isinstance(self.ops[k], Scale) and self.ops[k].control is None:
                f = f * self.value(k, "ratio")
        f = f * self.controls([k for k in mine if isinstance(self.ops[k], Scale) and self.ops[k].control is not None], p)
        limits = [self.value(k, "value") for k in mine if isinstance(self.ops[k], Limit)]
        added: dict[object, list] = {}
        for k in (k for k in mine if isinstance(self.ops[k], Add)):
            stage = self.ops[k].stage
            added.setdefault(("alone", k) if stage == NO_STAGE else stage, []).append(self.value(k, "value"))
        if limits:
            f = np.minimum(f, minimum(limits))
        for values in added.values():
            f = f + maximum(values)
        return np.minimum(f, minimum(limits)) if limits and added else f

    def controls(self, mine: list[int], p: int) -> np.ndarray | float:
        """Emission behind the devices of one unit over that of the base year; rule effectiveness counts once, inside the
        efficiency."""
        if not mine:
            return 1.0
        rows = self.batch.rows
        eta0, re0, stage0 = (x[rows, p, None] for x in (self.base.efficiency, self.base.effectiveness, self.base.stage))
        better = [k for k in mine if running(self.ops[k])]
        devices = [k for k in mine if self.ops[k].control.efficiency is not None]
        gap = times(1.0 - self.control(k, "gap_closed") * self.cover[k] for k in better)
        ceiling = maximum([np.where(self.cover[k] > 0, self.control(k, "ceiling"), 0.0) for k in better]) if better else 1.0

        def effective(re):
            return re + np.maximum(ceiling - re, 0.0) * (1.0 - gap) if better else re

        gone: np.ndarray | bool = False
        best: dict[object, np.ndarray] = {}
        names: dict[object, set[str]] = {}
        for k in devices:
            control = self.ops[k].control
            if control.replaces:
                gone = gone | (control.stage == NO_STAGE) | (stage0 == NO_STAGE) | (stage0 == control.stage)
            slot = control.stage if control.stage != NO_STAGE else REPLACEMENT if control.replaces else ("alone", k)
            eta = self.control(k, "efficiency") * effective(self.control(k, "effectiveness"))
            best[slot] = np.maximum(best[slot], eta) if slot in best else eta
            names.setdefault(slot, set()).add(control.device)
        existing = was = eta0 * re0
        if better:
            existing = eta0 * effective(re0)
        if gone is not False:
            existing = np.where(gone, 0.0, existing)
        left: np.ndarray | float = 1.0
        for slots, eta in self.combined(best, names, p):
            same = np.isin(stage0, [slot for slot in slots if isinstance(slot, int)]) & (existing > 0)
            if same.any():
                eta = np.where(same, np.maximum(eta, existing), eta)
                existing = np.where(same, 0.0, existing)
            left = left * (1.0 - eta)
        if existing is was:  # nothing happens to what stood there
            return left
        before = 1.0 - was
        return left * (1.0 - existing) / np.where(before > 0, before, 1.0)

    def combined(self, best: dict, names: dict, p: int):
        """(slots, efficiency). Devices of a tabulated combination stand for one device at all their stages; the largest
        combination first, then the best."""
        slots = dict(best)
        present = set().union(*names.values())
        for combination in sorted(
            self.program.combinations, key=lambda c: (-len(c.devices), -float(np.mean(c.efficiency)), sorted(c.devices))
        ):
            if combination.pollutant == p and combination.devices <= present:
                present -= combination.devices
                stood = [s for s in slots if names[s] & combination.devices]
                slots = {s: e for s, e in slots.items() if s not in stood}
                yield stood, combination.efficiency
        yield from (([slot], eta) for slot, eta in slots.items())
