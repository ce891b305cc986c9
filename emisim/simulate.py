"""The pipeline: a case in; emissions, ledger and verdicts out.

case (scenario, plan as read, inventory, measures bound to rows) → kernel (end_state and calendar) → ledger → credits → verdicts
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from emisim.adoption import Required, can_be_solved, solve
from emisim.balances import CLOSURE, Balances, balances
from emisim.binding import BoundPlan
from emisim.case import Case
from emisim.cautions import (
    as_a_whole,
    cut_off,
    early,
    elsewhere,
    late,
    overlap_bounds,
    rises,
    slip,
    undeclared,
    undeclared_pairs,
    unread,
)
from emisim.crediting import Project, projects
from emisim.errors import BadInput, Fault
from emisim.indicator import Activities
from emisim.inventory import Inventory
from emisim.kernel import State, run
from emisim.ledger import Ledger, TooManyInteracting, attribute
from emisim.measure import Adjustment
from emisim.nitrogen import Chain, balance
from emisim.periods import calendar, end_state
from emisim.plan import Plan
from emisim.program import Base, Program, compile_program, fed_by, restrict
from emisim.reading import Change, Reading
from emisim.scenario import Scenario
from emisim.verdicts import Evidence, Verdict, judge

if TYPE_CHECKING:
    from emisim.uncertainty.ensemble import Ensemble
    from emisim.uncertainty.montecarlo import Uncertainty


@dataclass(frozen=True, eq=False)
class Result:
    """Everything one run says. Arrays are (row, pollutant, year) [t/yr] unless said otherwise.

    case : what was run, with its scenario, plan_file, reading, inventory and bound plan, which stand here under their own names.
    base : (row, pollutant). frozen : without measures, the fleets of the base year grown. reference : with existing measures, that is
        growth and renewal. plan : with the plan. calendar_* : what was emitted in the year; monthly_plan : (pollutant, month of the
        target year) official totals at a yearly rate.
    activity_* : (row, year) [base unit / yr]. ledger : who brought what, end_state. bounds : (2, pollutant, year) official
        totals if undeclared partial measures overlap as little, or as much, as they can. balances : of the ledger, of moves and of nitrogen, with their largest relative errors.
    projects : lines of the creditable ledger. nitrogen : "reference" and "plan" → balance of every manure chain in the target year.
    unquantified : measure → (pollutant,) further reduction if a clause without a figure were carried out at its strong end [t/yr].
    sources : how many there are, where the run was made in parts and every row stands for all sources of a kind; else None.
    adoption : what would just meet the targets that name levers. uncertainty : what the draws say, if any were made; ensemble : the
    verdicts in other readings, if any were asked for.
    """

    case: Case
    years: tuple[int, ...]
    base: np.ndarray
    frozen: np.ndarray
    reference: np.ndarray
    plan: np.ndarray
    calendar_reference: np.ndarray
    calendar_plan: np.ndarray
    monthly_plan: np.ndarray
    activity_reference: np.ndarray
    activity_plan: np.ndarray
    ledger: Ledger
    bounds: np.ndarray
    projects: tuple[Project, ...]
    nitrogen: dict[str, tuple[Chain, ...]]
    unquantified: dict[str, np.ndarray]
    adoption: tuple[Required, ...]
    verdicts: tuple[Verdict, ...]
    warnings: tuple[Fault, ...]
    balances: Balances
    uncertainty: Uncertainty | None = None
    ensemble: Ensemble | None = None
    sources: int | None = None

    @property
    def scenario(self) -> Scenario:
        """The scenario that was run."""
        return self.case.scenario

    @property
    def plan_file(self) -> Plan:
        """Its plan as the file has it."""
        return self.case.plan

    @property
    def reading(self) -> Reading:
        """What the scenario makes of the plan."""
        return self.case.reading

    @property
    def inventory(self) -> Inventory:
        """The base year, in that reading."""
        return self.case.inventory

    @property
    def bound(self) -> BoundPlan:
        """The measures on their rows."""
        return self.case.bound

    @property
    def official(self) -> np.ndarray:
        """Rows that count in the official totals."""
        return ~self.inventory.memo

    def totals(self, values: np.ndarray) -> np.ndarray:
        """Official totals: (pollutant, …) [t/yr]."""
        return values[self.official].sum(axis=0)

    def reductions(self, which: str = "reduction") -> np.ndarray:
        """Official tonnes by measure: (measure, pollutant, year) [t/yr]."""
        return self.ledger.by_measure(len(self.bound.names), self.official, which)


@dataclass(frozen=True, eq=False)
class Levels:
    """The end_state of a case: what the verdicts rest on."""

    base: Base
    program: Program
    ledger: Ledger
    reference: State
    plan: State
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Emitted:
    """What every source emits; arrays as in ``Result``. States : at 31 December of every year."""

    base: Base
    program: Program
    ledger: Ledger
    reference: State
    plan: State
    frozen: np.ndarray
    calendar_reference: np.ndarray
    calendar_plan: np.ndarray
    monthly_plan: np.ndarray
    pairs: Sequence[tuple[int, int]]
    bounds: np.ndarray
    nitrogen: dict[str, tuple[Chain, ...]]
    unquantified: dict[str, np.ndarray]
    balances: Balances


def levels(case: Case) -> Levels:
    """The level at 31 December of every year, with its ledger.

    Raises
    ------
    BadInput
        Too many measures interact on one row, or an emission would fall below zero.
    """
    base, program, ledger, reference, plan = _levels(case)
    evidence = evidence_of(case, years_of(case), ledger, reference, plan, program.phase)
    return Levels(base, program, ledger, reference, plan, evidence)


def years_of(case: Case) -> tuple[int, ...]:
    """The years of a run."""
    return tuple(range(case.scenario.base_year, case.scenario.target_year + 1))


def _levels(case: Case) -> tuple[Base, Program, Ledger, State, State]:
    base, program = case.arrays(end_state(case.scenario.base_year, case.scenario.target_year))
    try:
        ledger = attribute(base, program)  # first: it refuses what would take for ever
    except TooManyInteracting as error:
        row = str(case.inventory.ids[error.row])
        raise BadInput([case.measures_fault("plan.too_many", error.measures, row=row)]) from None
    reference, plan = run(base, program, np.zeros(program.measures)), run(base, program)
    _refuse_negative(case, plan.emission)
    return base, program, ledger, reference, plan


def emitted(case: Case) -> Emitted:
    """Run a case: what every source emits, without asking what that means for the plan.

    Raises
    ------
    BadInput, Broken
        As ``simulate``.
    """
    scenario, inventory = case.scenario, case.inventory
    base, program, ledger, reference, plan = _levels(case)
    months = calendar(scenario.base_year, scenario.target_year)
    monthly = case.arrays(months)
    by_month = [run(*monthly, on).emission for on in (np.zeros(program.measures), None)]
    pairs, official = undeclared_pairs(program), ~inventory.memo
    nitrogen = {
        name: balance(inventory, state.activity[:, -1], state.emission[..., -1], base.loss)
        for name, state in (("reference", reference), ("plan", plan))
    }
    return Emitted(
        base, program, ledger, reference, plan,
        frozen=_frozen(inventory, base, years_of(case), scenario.each),
        calendar_reference=months.by_year(by_month[0]),
        calendar_plan=months.by_year(by_month[1]),
        monthly_plan=by_month[1][official][..., -12:].sum(axis=0),
        pairs=pairs,
        bounds=overlap_bounds(base, program, pairs, official, plan.emission),
        nitrogen=nitrogen,
        unquantified=_unquantified(case, plan.emission, official),
        balances=balances(base, program, reference, plan, ledger, (nitrogen["reference"], nitrogen["plan"])).checked(),
    )  # fmt: skip


def evidence_of(case: Case, years: tuple[int, ...], ledger: Ledger, reference: State, plan: State, phase: np.ndarray) -> Evidence:
    """What the verdicts of a case rest on, once its levels are known. phase : (measure, year) share in force [1]."""
    inventory, bound = case.inventory, case.bound
    lines = {
        year: projects(
            bound.names, bound.measures, inventory.pollutants, ledger, reference.emission, ~inventory.memo,
            case.reading.all_accountable, years.index(year),
        )
        for year in sorted({years[-1], *(t.year for t in case.reading.targets.values())})
    }  # fmt: skip
    activities = Activities(inventory, bound, years, reference.activity, plan.activity, phase)
    return Evidence(inventory, years, inventory.emission(), plan.emission, lines, activities)


def verdicts(case: Case) -> tuple[Verdict, ...]:
    """The verdicts of a case alone, for looking at many readings of a plan."""
    return judge(case.reading.targets, levels(case).evidence)


def simulate(case: Case) -> Result:
    """Run a case.

    Returns
    -------
    Result

    Raises
    ------
    BadInput
        Too many measures interact on one row, or an emission would fall below zero.
    Broken
        A balance of the run does not close to 1e-9.
    """
    found = emitted(case)
    evidence = evidence_of(case, years_of(case), found.ledger, found.reference, found.plan, found.program.phase)
    return replace(judged(case, found, evidence), adoption=_adoption(case, found.base, found.program, evidence))


def judged(case: Case, found: Emitted, evidence: Evidence) -> Result:
    """What the emissions of a case mean for its plan: verdicts and cautions."""
    scenario, inventory, bound, years = case.scenario, case.inventory, case.bound, tuple(evidence.years)
    ledger, program = found.ledger, found.program
    reductions = ledger.by_measure(len(bound.names), ~inventory.memo)
    return Result(
        case=case,
        years=years,
        base=inventory.emission(),
        frozen=found.frozen,
        reference=found.reference.emission,
        plan=found.plan.emission,
        calendar_reference=found.calendar_reference,
        calendar_plan=found.calendar_plan,
        monthly_plan=found.monthly_plan,
        activity_reference=found.reference.activity,
        activity_plan=found.plan.activity,
        ledger=ledger,
        bounds=found.bounds,
        projects=evidence.projects[years[-1]],
        nitrogen=found.nitrogen,
        unquantified=found.unquantified,
        adoption=(),
        verdicts=judge(case.reading.targets, replace(evidence, calendar=found.calendar_plan)),
        warnings=(
            *(cut_off((file.shown, file.content) for file in case.origin.files) if case.origin else ()),
            *unread(case.plan),
            *rises(scenario, inventory, bound, reductions),
            *elsewhere(case.plan, inventory),
            *early(bound, program),
            *late(bound, program, years[-1]),
            *undeclared(bound, found.pairs),
            *slip(inventory, ledger),
            *as_a_whole(inventory, bound, program),
        ),
        balances=found.balances,
    )


def _frozen(inventory: Inventory, base: Base, years: tuple[int, ...], each: str | None) -> np.ndarray:
    """Emission without measures, existing ones included: the fleets of the base year grow and are not renewed."""
    index = inventory.frozen_index(inventory.activity_index(years), each)
    nothing = compile_program((), np.zeros((0, len(years))), base)
    return run(replace(base, activity=inventory.activity[:, None] * index), nothing).emission


def _unquantified(case: Case, plan: np.ndarray, official: np.ndarray) -> dict[str, np.ndarray]:
    """What each clause without a figure would add at its strong end, all else as in the plan: measure → (pollutant,) [t/yr]."""
    names = [n for n, m in zip(case.bound.names, case.bound.measures, strict=True) if m.standing == "not_quantified"]
    if not names:
        return {}
    strong = Change("scenario", ("adjust",), Adjustment(wording="high"))
    changes = {**case.reading.changes, **{n: (*case.reading.changes.get(n, ()), strong) for n in names}}
    periods = end_state(case.scenario.base_year, case.scenario.target_year)
    base, program = case.arrays(periods, case.bind(replace(case.reading, changes=changes)))
    on = np.ones((len(names), program.measures))
    positions = [case.bound.names.index(n) for n in names]
    on[:, positions] = np.eye(len(names))
    total = plan[..., -1][official].sum(axis=0)
    emission = run(base, program, on).emission[..., -1][:, official].sum(axis=1)
    return {name: total - emission[k] for k, name in enumerate(names)}


def _adoption(case: Case, base: Base, program: Program, evidence: Evidence) -> tuple[Required, ...]:
    """The adoption that just meets each target with levers: all of them together, then each alone."""
    out = []
    for name, target in case.reading.targets.items():
        acting = {op.measure for op in program.operations}
        levers = [m for m, n in enumerate(case.bound.names) if n in target.levers and m in acting]
        known = judge({name: target}, evidence)[0] if levers else None
        if known is None or known.required is None or not can_be_solved(program, levers):
            continue

        touched = np.unique(np.concatenate([op.rows for op in program.operations if op.measure in levers]))
        rows = case.inventory.select(target.applies_to) if target.applies_to is not None else touched
        needed = np.flatnonzero(fed_by(base, program, np.union1d(rows, touched)))
        small, part = restrict(base, program, needed)

        def distance(on: np.ndarray, name: str = name, target=target, needed=needed, small=small, part=part) -> float:
            plan = evidence.plan.copy()
            plan[needed] = run(small, part, on).emission
            verdict = judge({name: target}, replace(evidence, plan=plan))[0]
            return verdict.value - verdict.required

        for together in [levers] if len(levers) == 1 else [levers, *([m] for m in levers)]:
            at = list(evidence.years).index(target.year)
            out.append(solve(name, case.bound.names, together, program, at, distance))
    return tuple(out)


def _refuse_negative(case: Case, plan: np.ndarray) -> None:
    """An emission below zero means that more was taken away than is there, by an ``addition`` that is negative."""
    faults = []
    for i, p in np.argwhere((plan < -CLOSURE).any(axis=2)).tolist():
        touching = [op.measure for op in case.bound.operations if i in op.rows]
        row, pollutant = str(case.inventory.ids[i]), case.inventory.pollutants[p]
        faults.append(case.measures_fault("plan.negative", touching, row=row, pollutant=pollutant))
    if faults:
        raise BadInput(faults)
