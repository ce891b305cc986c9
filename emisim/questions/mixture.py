"""Runs between two scenarios: each group of inputs as in the first or as in the second, everything else alike.

Rows are joined by source, measures by id, and the operations of a measure by the rows they act on, else by their place. An
operation of a mixture has the rows and shares of one side, and there does what it does on the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from emisim.binding import stage_codes
from emisim.case import Case, base_arrays
from emisim.errors import BadInput, Broken, fault
from emisim.inventory import Inventory
from emisim.kernel import run
from emisim.operation import NO_STAGE, Combination, Control, Limit, Operation, Overlap, Scale, rows_of, running, seasonal
from emisim.periods import end_state
from emisim.program import Base, Program, Tangled, compile_program
from emisim.vocabulary import sectors as known_sectors

PARTS = ("growth", "activity", "factor", "coverage", "efficiency", "timing")
SAME_RUN = 1e-12  # relative
SMALLEST_T = 1e-6
BY_ROW = ("activity", "memo")
FACTORS = ("factor", "existing_efficiency", "existing_effectiveness", "stage")
EFFECTS = ("ratio", "control", "months", "to", "weight", "conversion", "value", "stage")
BY_OPERATION_ROW = frozenset({"ratio", "conversion", "value"})


@dataclass(frozen=True, eq=False)
class Side:
    """One scenario on the rows and measures of both: where it has none of a source, the other's with activity 0.

    index : (row,) growth up to the year [1]. phase : measure → share phased in [1], of the measures it has. own : (row,) place of
    each row of the inventory it comes from.
    """

    inventory: Inventory
    index: np.ndarray
    operations: tuple[Operation, ...]
    overlaps: frozenset[Overlap]
    combinations: frozenset[Combination]
    phase: Mapping[int, float]
    own: np.ndarray


class Mixture:
    """Makes the runs between two scenarios: each group of inputs as in the first or as in the second."""

    def __init__(self, first: Case, second: Case, year: int):
        cases = first, second
        self.year, self.periods = year, end_state(year, year)
        self.ids = np.array(list(dict.fromkeys([*first.inventory.ids.tolist(), *second.inventory.ids.tolist()])))
        self.pollutants = tuple(dict.fromkeys([*first.inventory.pollutants, *second.inventory.pollutants]))
        self.measures = sorted({*first.bound.names, *second.bound.names})
        self.codes = [stage_codes(c.plan, c.inventory) for c in cases]
        self.stages = {word: code for code, word in enumerate(sorted({*self.codes[0], *self.codes[1]}))}
        self.sides = tuple(self.side(cases[k], cases[1 - k], self.codes[k]) for k in (0, 1))
        self.partners = partners(self.sides[0].operations, self.sides[1].operations)
        present = {s for side in self.sides for s in side.inventory.text["sector"].tolist()}
        self.sectors = tuple(s for s in known_sectors() if s in present)

    def side(self, case: Case, other: Case, codes: Mapping[str, int]) -> Side:
        """A scenario in the common rows, pollutants, measures and stages."""
        bound = case.bound
        names = [self.measures.index(n) for n in bound.names]
        kinds = [self.pollutants.index(p) for p in case.inventory.pollutants]
        rows = _places(self.ids, case.inventory.ids)
        stages = {NO_STAGE: NO_STAGE} | {code: self.stages[word] for word, code in codes.items()}
        phase = self.periods.phase(bound.measures)[:, 0]
        return Side(
            widened(case.inventory, other.inventory, self.ids, self.pollutants),
            grown(case.inventory, other.inventory, self.ids, self.year),
            tuple(translated(op, rows, names, kinds, stages) for op in bound.operations),
            frozenset(Overlap(frozenset(names[m] for m in o.measures), o.relation) for o in bound.overlaps),
            frozenset(replace(c, pollutant=kinds[c.pollutant]) for c in bound.combinations),
            dict(zip(names, phase.tolist(), strict=True)),
            rows,
        )

    def differs(self, group: str) -> bool:
        """Whether a group of inputs is not the same in both."""
        one, two = self.sides
        here, there = one.inventory, two.inventory
        if group == "growth":
            return not np.array_equal(one.index, two.index)
        if group == "activity":
            same = all(np.array_equal(getattr(here, n), getattr(there, n)) for n in ("activity", "upstream", "memo"))
            return not (same and np.array_equal(here.text["sector"], there.text["sector"]))
        if group == "factor":
            return not all(np.array_equal(getattr(here, n), getattr(there, n)) for n in FACTORS)
        if group == "timing":
            return any(one.phase[m] != two.phase[m] for m in one.phase.keys() & two.phase.keys())
        pairs = [(op, two.operations[k]) for op, k in zip(one.operations, self.partners[0], strict=True) if k is not None]
        if group == "coverage":
            alone = len(pairs) < max(len(one.operations), len(two.operations))
            return alone or one.overlaps != two.overlaps or not all(_same_coverage(a, b) for a, b in pairs)
        return one.combinations != two.combinations or not all(_same_effect(a, b) for a, b in pairs)

    def emission(self, taken: frozenset[str]) -> np.ndarray:
        """Official emission if the groups ``taken`` are those of the second: (sector, pollutant) [t/yr]."""
        pick = {g: self.sides[g in taken] for g in PARTS}
        base = self.base(pick)
        emission = run(base, self.program(pick, base)).emission[..., 0]
        return self.by_sector(pick["activity"].inventory, emission)

    def by_sector(self, inventory: Inventory, emission: np.ndarray) -> np.ndarray:
        """(row, pollutant) → (sector, pollutant) of the official rows [t/yr]."""
        sector = np.where(inventory.memo, "", inventory.text["sector"])
        return np.stack([emission[sector == s].sum(axis=0) for s in self.sectors])

    def base(self, pick: Mapping[str, Side]) -> Base:
        """The mixed inventory; what manure stages pass on is derived from its activities and factors."""
        factors = {name: getattr(pick["factor"].inventory, name) for name in FACTORS}
        inventory = replace(pick["activity"].inventory, **factors)
        activity = inventory.activity * pick["growth"].index
        return replace(base_arrays(inventory, self.periods, self.stages), activity=activity[:, None])

    def program(self, pick: Mapping[str, Side], base: Base) -> Program:
        """The mixed plan: coverage from one side, what is done there from the same or the other."""
        reach, effect, time = pick["coverage"], pick["efficiency"], pick["timing"]
        which = self.sides.index(reach)
        others = [None if reach is effect or k is None else effect.operations[k] for k in self.partners[which]]
        operations = [part for op, other in zip(reach.operations, others, strict=True) for part in mixed(op, other)]
        rest = self.sides[1 - self.sides.index(time)]
        phase = [[time.phase.get(m, rest.phase.get(m, 0.0))] for m in range(len(self.measures))]
        overlaps = sorted(reach.overlaps, key=lambda o: (sorted(o.measures), o.relation))
        together = sorted(effect.combinations, key=lambda c: (c.pollutant, sorted(c.devices)))
        try:
            return compile_program(operations, np.array(phase).reshape(-1, 1), base, overlaps, together)
        except Tangled as error:
            names = ", ".join(sorted({self.measures[m] for m in error.measures}))
            raise BadInput([fault("question.half_way_tangled", measures=names)]) from None

    def check(self, case: Case, side: Side, found: np.ndarray) -> None:
        """Refuse a split whose end is not the scenario itself."""
        scenario = case.scenario
        emission = run(*case.arrays(end_state(scenario.base_year, scenario.target_year))).emission
        own = np.zeros((self.ids.size, len(self.pollutants)))
        kinds = [self.pollutants.index(p) for p in case.inventory.pollutants]
        own[np.ix_(side.own, kinds)] = emission[..., self.year - scenario.base_year]
        wanted = self.by_sector(side.inventory, own)
        gap = np.abs(found - wanted) / np.maximum(np.abs(wanted), SMALLEST_T)
        if not gap.max(initial=0.0) <= SAME_RUN:
            raise Broken(f"a split does not begin or end at {scenario.scenario}: relative error {gap.max():.3g}")


# ---------------------------------------------------------------- one inventory on the rows of both


def widened(mine: Inventory, other: Inventory, ids: np.ndarray, pollutants: Sequence[str]) -> Inventory:
    """An inventory on more rows: those it has not got are the other's, with activity 0; other pollutants it does not emit.

    Parameters
    ----------
    ids : (row,) every source of either inventory. pollutants : those of either.

    Returns
    -------
    Inventory
        Without growth, and without what a run does not need.
    """
    here, there = _places(mine.ids, ids), _places(other.ids, ids)
    has = here >= 0
    columns = {name: _either(has, getattr(mine, name)[here], getattr(other, name)[there]) for name in BY_ROW}
    columns["activity"] = np.where(has, columns["activity"], 0.0)
    for name in FACTORS:
        tables = (_for_pollutants(x, getattr(x, name), pollutants)[at] for x, at in ((mine, here), (other, there)))
        columns[name] = _either(has, *tables)
    fed = (np.append(_places(ids, x.ids), -1)[x.upstream][at] for x, at in ((mine, here), (other, there)))
    return replace(
        mine,
        text={
            "source_id": ids,
            "sector": _either(has, mine.text["sector"][here], other.text["sector"][there]),
            "growth_driver": np.full(ids.size, "none"),
        },
        growth={"none": {mine.base_year: 1.0}},
        pollutants=tuple(pollutants),
        upstream=_either(has, *fed),
        **columns,
    )


def grown(mine: Inventory, other: Inventory, ids: np.ndarray, year: int) -> np.ndarray:
    """Growth up to a year on more rows; of those an inventory has not got it is the other's: (row,) [1]."""
    here, there = _places(mine.ids, ids), _places(other.ids, ids)
    return _either(here >= 0, mine.activity_index([year])[here, 0], other.activity_index([year])[there, 0])


def _places(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each wanted name stands among the known ones; -1 where it does not."""
    place = {name: k for k, name in enumerate(known.tolist())}
    return np.array([place.get(name, -1) for name in wanted.tolist()], dtype=np.intp)


def _either(has: np.ndarray, mine: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.where(has[:, None] if mine.ndim > 1 else has, mine, other)


def _for_pollutants(inventory: Inventory, table: np.ndarray, pollutants: Sequence[str]) -> np.ndarray:
    """(row, pollutant) of the inventory → (row, pollutant) of those asked for; nothing where it has none."""
    out = np.zeros((len(inventory), len(pollutants)), dtype=table.dtype)
    for k, name in enumerate(pollutants):
        if name in inventory.pollutants:
            out[:, k] = table[:, inventory.pollutants.index(name)]
    return out


# ---------------------------------------------------------------- operations of both


def translated(
    op: Operation, rows: np.ndarray, measures: Sequence[int], kinds: Sequence[int], stages: Mapping[int, int]
) -> Operation:
    """An operation in other rows, measures, pollutants and stages: each argument gives the new place of an old one."""
    changes: dict = {"measure": measures[op.measure], "rows": rows[op.rows]}
    if getattr(op, "pollutants", ()):
        changes["pollutants"] = tuple(kinds[p] for p in op.pollutants)
    if getattr(op, "to", None) is not None:
        changes["to"] = rows[op.to]
    if getattr(op, "stage", None) is not None:
        changes["stage"] = stages[op.stage]
    if getattr(op, "control", None) is not None:
        changes["control"] = replace(op.control, stage=stages[op.control.stage])
    return replace(op, **changes)


def partners(first: Sequence[Operation], second: Sequence[Operation]) -> tuple[list[int | None], list[int | None]]:
    """For each operation of either side the one of the other side that is the same clause at work, None where there is none.

    Of one measure, kind, order and pollutants: the one on the same rows; of those left over, the one at the same place.
    """
    out: tuple[list[int | None], list[int | None]] = ([None] * len(first), [None] * len(second))
    for exactly in (True, False):
        waiting: dict[tuple, list[int]] = {}
        for k, op in enumerate(second):
            if out[1][k] is None:
                waiting.setdefault(_clause(op, exactly), []).append(k)
        for j, op in enumerate(first):
            found = waiting.get(_clause(op, exactly)) if out[0][j] is None else None
            if found:
                k = found.pop(0)
                out[0][j], out[1][k] = k, j
    return out


def _clause(op: Operation, exactly: bool) -> tuple:
    """What tells the operations of a measure apart."""
    control = isinstance(op, Scale) and op.control is not None
    rows = tuple(sorted(op.rows.tolist())) if exactly else ()
    return type(op).__name__, op.measure, op.order, getattr(op, "pollutants", ()), control, running(op), seasonal(op), rows


def mixed(op: Operation, other: Operation | None) -> list[Operation]:
    """An operation on its own rows and shares that does what ``other`` does, on the rows where that acts too."""
    if other is None:
        return [op]
    if isinstance(op, Limit) and not op.pollutants:  # one cap on the sum of the rows
        return [replace(op, value=other.value)]
    there = _places(other.rows, op.rows)
    out = []
    for chosen, source, at in ((there >= 0, other, there), (there < 0, op, np.arange(op.rows.size))):
        mine = np.flatnonzero(chosen)
        if mine.size:
            effect = _effect(source, at[mine])
            if running(op):  # how much of the gap is closed says how far a measure goes, as a share of units does
                effect["control"] = replace(effect["control"], gap_closed=rows_of(op.control.gap_closed, mine))
            out.append(replace(op, rows=op.rows[mine], coverage=rows_of(op.coverage, mine), **effect))
    return out


def _effect(op: Operation, at: np.ndarray) -> dict[str, object]:
    """What an operation does on some of its rows, by field."""
    out = {name: getattr(op, name) for name in EFFECTS if hasattr(op, name)}
    for name in BY_OPERATION_ROW & out.keys():
        out[name] = None if out[name] is None else rows_of(out[name], at)
    if out.get("control") is not None:
        control: Control = out["control"]
        parts = {n: getattr(control, n) for n in ("efficiency", "effectiveness", "gap_closed", "ceiling")}
        out["control"] = replace(control, **{n: None if v is None else rows_of(v, at) for n, v in parts.items()})
    return out


def _same_coverage(one: Operation, two: Operation) -> bool:
    there = _places(two.rows, one.rows)
    if one.rows.size != two.rows.size or (there < 0).any():
        return False
    here = np.arange(one.rows.size)
    gaps = not running(one) or _alike(rows_of(one.control.gap_closed, here), rows_of(two.control.gap_closed, there))
    return gaps and _alike(rows_of(one.coverage, here), rows_of(two.coverage, there))


def _same_effect(one: Operation, two: Operation) -> bool:
    if isinstance(one, Limit) and not one.pollutants:
        return _alike(one.value, two.value)
    there = _places(two.rows, one.rows)
    here = np.flatnonzero(there >= 0)
    effects = _effect(one, here), _effect(two, there[here])
    if running(one):
        effects = tuple(e | {"control": replace(e["control"], gap_closed=0.0)} for e in effects)
    return not here.size or _alike(*effects)


def _alike(one: object, two: object) -> bool:
    """Whether two fields of operations hold the same numbers; one number may stand for all rows."""
    if isinstance(one, Mapping):
        return all(_alike(one[name], two[name]) for name in one)
    if isinstance(one, Control) and isinstance(two, Control):
        return _alike(vars(one), vars(two))
    if isinstance(one, np.ndarray) and isinstance(two, np.ndarray):
        shapes = one.shape == two.shape or 1 in (one.size, two.size)
        return shapes and bool(np.array_equal(*np.broadcast_arrays(one, two)))
    return type(one) is type(two) and one == two
