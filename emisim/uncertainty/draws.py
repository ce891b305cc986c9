"""One block of draws through the same kernel: figures in, what the results are made of out, the draws being one leading axis.

activity_d, factor_d, index_d, parameters_d → bind → kernel → totals, sectors, measures, targets of every draw
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from emisim.binding import BoundPlan, bind_again
from emisim.case import Case
from emisim.crediting import judged
from emisim.distribution import Distribution
from emisim.drawn_ledger import Shares, reductions, shares
from emisim.errors import BadInput
from emisim.indicator import Activities
from emisim.kernel import State, run
from emisim.ledger import TooManyInteracting
from emisim.operation import Move, Operation, covered, rows_of
from emisim.parameter import EDGE
from emisim.periods import Periods, end_state
from emisim.program import Base, Program, compile_program
from emisim.uncertainty.groups import Grouping, grouping, merged
from emisim.uncertainty.inputs import COMBINATION, INDICATOR, PARAMETER, Inputs
from emisim.uncertainty.products import Products, brought, in_periods, left, products, state
from emisim.uncertainty.sources import Drawn, Places, drawn, drawn_base, places
from emisim.verdicts import Evidence, holds, reached

LEVELS = ("base", "reference", "plan")


@dataclass(frozen=True, eq=False)
class Outcome:
    """What some draws bring, official totals [t/yr].

    totals : (draw, reference and plan, pollutant, year). sectors : (draw, base, reference and plan, sector, pollutant) in the
    target year. measures : (draw, measure, pollutant) in the target year. values : (draw, target) in the unit of its verdict, nan
    where there is none. met : (draw, target). scaled : draws in which shares that exclude one another came to more than all units, and
    were scaled down; negative : draws with an emission below zero.
    """

    totals: np.ndarray
    sectors: np.ndarray
    measures: np.ndarray
    values: np.ndarray
    met: np.ndarray
    scaled: int = 0
    negative: int = 0

    @property
    def growth(self) -> np.ndarray:
        """What growth without measures takes away by the target year (draw, pollutant) [t/yr]; below 0 where emissions grow."""
        return self.totals[:, 0, :, 0] - self.totals[:, 0, :, -1]


def joined(parts: Sequence[Outcome]) -> Outcome:
    """The outcomes of several blocks, one after the other."""
    arrays = {n: np.concatenate([getattr(p, n) for p in parts]) for n in ("totals", "sectors", "measures", "values", "met")}
    return Outcome(**arrays, scaled=sum(p.scaled for p in parts), negative=sum(p.negative for p in parts))


@dataclass(frozen=True, eq=False)
class Frame:
    """What all blocks of a case share.

    grouping, merged : like sources as one row, and the case of these rows. places : where the figures go.
    base, program, index, ledger_program : of the central run of the merged case, whose structure is that of every draw. products : its
    plain rows; shares : how the ledger splits the others.
    ledger_periods : the years in which measures are told apart, the target year last. credited : (measure,) whether it counts in the
    creditable ledger.
    """

    case: Case
    inputs: Inputs
    grouping: Grouping
    merged: Case
    places: Places
    periods: Periods
    base: Base
    program: Program
    index: np.ndarray
    ledger_periods: Periods
    ledger_program: Program
    products: Products
    shares: Shares
    credited: np.ndarray
    sectors: tuple[str, ...]
    targets: tuple[str, ...]


def frame(case: Case, inputs: Inputs) -> Frame:
    """Prepare a case for blocks of draws.

    Raises
    ------
    BadInput
        Too many measures interact on one row.
    """
    scenario, targets, like = case.scenario, case.reading.targets, grouping(case)
    whole, case = case, merged(case, like)
    inventory = case.inventory
    periods = end_state(scenario.base_year, scenario.target_year)
    years = sorted({t.year for t in targets.values() if t.kind == "creditable"} | {scenario.target_year})
    ledger_periods = _some(periods, [y - scenario.base_year for y in years])
    base, program = case.arrays(periods)
    ledger_base, ledger_program = case.arrays(ledger_periods)
    try:
        plain = products(base, program)
        how = shares(ledger_base, ledger_program, ~inventory.memo & ~plain.rows)
    except TooManyInteracting as error:
        raise BadInput([case.measures_fault("plan.too_many", error.measures, row=str(inventory.ids[error.row]))]) from None
    return Frame(
        case=whole,
        inputs=inputs,
        grouping=like,
        merged=case,
        places=places(whole, inputs, like),
        periods=periods,
        base=base,
        program=program,
        index=inventory.activity_index(periods.years.tolist()),
        ledger_periods=ledger_periods,
        ledger_program=ledger_program,
        products=plain,
        shares=how,
        credited=np.array([judged(m, case.reading.all_accountable)[0] for m in case.bound.measures], dtype=bool),
        sectors=tuple(sorted(set(inventory.text["sector"].tolist()))),
        targets=tuple(targets),
    )


def _some(periods: Periods, at: Sequence[int]) -> Periods:
    at = list(at)
    return Periods(periods.years[at], periods.weight[at], periods.months[at], periods.monthly)


def outcome(frame: Frame, values: np.ndarray | Drawn, ledger: bool = True) -> Outcome:
    """Run some draws.

    Parameters
    ----------
    values : (draw, figure) in the order of ``frame.inputs`` [canonical units], or what ``drawn`` made of them.
    ledger : also what each measure brings, which creditable targets need; without it ``measures`` is 0.
    """
    values = values if isinstance(values, Drawn) else drawn(frame, values[:, frame.places.order])
    case, periods = frame.merged, frame.periods
    base = drawn_base(frame, values)
    bound, scaled = drawn_plan(frame, values, base.activity)
    program = _compiled(frame.program, bound, base)
    ratios = left(frame.products, base, program)
    reference, plan = _without_measures(base), state(frame.products, base, program, ratios)
    official, names = ~case.inventory.memo, case.inventory.text["sector"]
    counted = slice(None) if official.all() else official
    measures = np.zeros((len(values), len(bound.names), base.shape[1], frame.ledger_periods.years.size))
    if ledger:
        measures = _measures(frame, base, bound, reference.emission, ratios)
    start = reference.emission[..., 0]
    last = [start, *(np.ascontiguousarray(end.emission[..., -1]) for end in (reference, plan))]
    evidence = Evidence(
        inventory=case.inventory,
        years=tuple(periods.years.tolist()),
        base=start,
        plan=plan.emission,
        projects={},
        activities=Activities(
            case.inventory, bound, tuple(periods.years.tolist()), reference.activity, plan.activity, program.phase
        ),
        credits={
            int(y): measures[..., k][:, frame.credited].sum(axis=1) for k, y in enumerate(frame.ledger_periods.years.tolist())
        },
        drawn=_of_indicators(frame, values),
    )
    found = [reached(n, t, evidence) for n, t in case.reading.targets.items()]
    whole = [np.broadcast_to(np.nan if f.value is None else f.value, len(values)) for f in found]
    met = [
        np.broadcast_to(holds(f, t.comparison), len(values)) if f.assessable else np.zeros(len(values), dtype=bool)
        for f, t in zip(found, case.reading.targets.values(), strict=True)
    ]
    return Outcome(
        totals=np.stack([end.emission[:, counted].sum(axis=1) for end in (reference, plan)], axis=1),
        sectors=np.stack(
            [np.stack([e[:, official & (names == s)].sum(axis=1) for s in frame.sectors], axis=1) for e in last], axis=1
        ),
        measures=measures[..., -1],
        values=np.stack(whole, axis=1) if whole else np.zeros((len(values), 0)),
        met=np.stack(met, axis=1) if met else np.zeros((len(values), 0), dtype=bool),
        scaled=scaled,
        negative=int((plan.emission < -1e-9).any(axis=(1, 2, 3)).sum()),
    )


def _without_measures(base: Base) -> State:
    if (base.upstream >= 0).any():
        return run(base, compile_program((), np.zeros((0, base.shape[2])), base))
    return State(base.activity, base.activity[..., None, :] * base.factor[..., None])


def _measures(frame: Frame, base: Base, bound: BoundPlan, start: np.ndarray, ratios: Sequence[np.ndarray]) -> np.ndarray:
    """What each measure brings in the years of the ledger: (draw, measure, pollutant, year) [t/yr]."""
    periods = frame.ledger_periods
    at = np.searchsorted(frame.periods.years, periods.years)
    some = replace(base, activity=base.activity[..., at], months=periods.months)
    official = ~frame.merged.inventory.memo
    plain = brought(frame.products, start[..., at], in_periods(ratios, at), len(bound.names), official)
    if not (frame.shares.products or frame.shares.groups):
        return plain
    return plain + reductions(some, _compiled(frame.ledger_program, bound, some), frame.shares)


def _compiled(like: Program, bound: BoundPlan, base: Base) -> Program:
    return compile_program(bound.operations, like.phase, base, bound.overlaps, bound.combinations, like)


# -------------------------------------------------------------------- the plan of a draw


def drawn_plan(frame: Frame, values: Drawn, activity: np.ndarray) -> tuple[BoundPlan, int]:
    """The measures with drawn parameters, and in how many draws shares had to be scaled to fit."""
    case = frame.merged
    figures = [(values.rest[:, n, None, None], frame.inputs.figures[k]) for n, k in enumerate(frame.places.others)]
    numbers = {place: number for number, figure in figures if figure.kind == PARAMETER for place in figure.at}

    def put(found, parameter, measure, raw, file, location):
        return numbers.get((file, location), found) if isinstance(found, Distribution) else found

    bound = bind_again(case.bound, case.scenario, case.plan, case.reading, case.inventory, activity, put)
    operations, scaled = fitted(bound.operations, bound.overlaps, len(case.inventory), len(values))
    together = list(bound.combinations)
    for number, figure in figures:
        if figure.kind == COMBINATION:
            rule = case.plan.combinations[figure.at[0]]
            for n, one in enumerate(together):
                if one.devices == frozenset(rule.devices) and case.inventory.pollutants[one.pollutant] == rule.pollutant:
                    together[n] = replace(one, efficiency=number)
    return replace(bound, operations=operations, combinations=tuple(together)), scaled


def fitted(operations: Sequence[Operation], overlaps, rows: int, draws: int) -> tuple[tuple[Operation, ...], int]:
    """Operations whose drawn shares can be: none above 1, disjoint measures and the moves of one measure together no more than
    all units of a row; where they come to more they are scaled down alike. And the number of draws in which that was so."""
    found = [replace(op, coverage=np.clip(op.coverage, 0.0, 1.0)) if np.ndim(op.coverage) else op for op in operations]
    touched = np.zeros(draws, dtype=bool)
    for op in operations:
        if np.ndim(op.coverage):
            touched |= np.broadcast_to((op.coverage > 1.0 + EDGE).any(axis=(-1, -2)), draws)
    sets = [[k for k, op in enumerate(found) if op.measure in o.measures] for o in overlaps if o.relation == "disjoint"]
    stages = {(op.measure, op.order) for op in found if isinstance(op, Move)}
    sets += [[k for k, op in enumerate(found) if isinstance(op, Move) and (op.measure, op.order) == s] for s in sorted(stages)]
    for members in sets:
        if len(members) < 2:
            continue
        worst = _most_covered([found[k] for k in members], rows)
        if (worst > 1.0 + EDGE).any():
            touched |= np.broadcast_to(worst > 1.0 + EDGE, draws)
            scale = (1.0 / np.maximum(worst, 1.0))[..., None, None]
            for k in members:
                found[k] = replace(found[k], coverage=rows_of(found[k].coverage, np.arange(found[k].rows.size)) * scale)
    return tuple(found), int(touched.sum())


def _most_covered(operations: Sequence[Operation], rows: int) -> np.ndarray:
    """The largest share of a row that some operations cover together, if their measures exclude one another: (...) [1].

    The moves of a measure take different units; its other actions work on the same ones.
    """
    total: np.ndarray | float = 0.0
    for m in sorted({op.measure for op in operations}):
        mine = [op for op in operations if op.measure == m]
        lead = np.broadcast_shapes(*(covered(op).shape[:-1] for op in mine))
        moved, other = np.zeros((*lead, rows)), np.zeros((*lead, rows))
        for op in mine:
            if isinstance(op, Move):
                moved[..., op.rows] += covered(op)
            else:
                other[..., op.rows] = np.maximum(other[..., op.rows], covered(op))
        total = total + moved + (1.0 - np.minimum(moved, 1.0)) * other
    return np.asarray(total).max(axis=-1)


def _of_indicators(frame: Frame, values: Drawn) -> dict[str, dict[str, np.ndarray]]:
    """Draws of the figures that belong to indicators themselves: target → figure → (draw,)."""
    out: dict[str, dict[str, np.ndarray]] = {}
    for n, k in enumerate(frame.places.others):
        figure = frame.inputs.figures[k]
        if figure.kind == INDICATOR:
            out.setdefault(figure.at[0], {})[figure.at[1]] = values.rest[:, n]
    return out
