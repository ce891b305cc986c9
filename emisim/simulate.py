"""The pipeline: scenario, plan and inventory in; emissions, ledger and verdicts out.

inventory → growth → bind measures to rows → kernel (end_state and calendar) → ledger → verdicts
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from emisim.binding import BoundPlan, bind, stage_codes
from emisim.errors import BadInput, Broken, Fault, Place, fault, nearest
from emisim.inventory import SELECTABLE, Inventory
from emisim.kernel import run
from emisim.ledger import Ledger, TooManyInteracting, attribute
from emisim.operation import NO_STAGE
from emisim.periods import Periods, calendar, end_state
from emisim.plan import Plan
from emisim.program import Base, Program, Tangled, compile_program
from emisim.scenario import Scenario
from emisim.units import UnitError, read
from emisim.verdicts import Verdict, judge
from emisim.vocabulary import pollutants

CLOSURE = 1e-9


@dataclass(frozen=True, eq=False)
class Result:
    """Everything one run says. Arrays are (row, pollutant, year) [t/yr] unless said otherwise.

    base : (row, pollutant). reference : growth without measures. plan : with the measures. calendar_* : what was emitted in the
        year.
    activity_* : (row, year) [base unit / yr]. ledger : who brought what, end_state. bounds : (2, pollutant, year) official
        totals if undeclared partial measures overlap as little, or as much, as they can. closure : largest relative error of
        the ledger.
    """

    scenario: Scenario
    plan_file: Plan
    inventory: Inventory
    bound: BoundPlan
    years: tuple[int, ...]
    base: np.ndarray
    reference: np.ndarray
    plan: np.ndarray
    calendar_reference: np.ndarray
    calendar_plan: np.ndarray
    activity_reference: np.ndarray
    activity_plan: np.ndarray
    ledger: Ledger
    bounds: np.ndarray
    verdicts: tuple[Verdict, ...]
    warnings: tuple[Fault, ...]
    closure: float

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
class Case:
    """A bound scenario, ready to run on any periods."""

    scenario: Scenario
    plan: Plan
    inventory: Inventory
    bound: BoundPlan
    place: Callable[[str, tuple], Place] = lambda file, location: Place()

    def arrays(self, periods: Periods) -> tuple[Base, Program]:
        base = base_arrays(self.inventory, periods, stage_codes(self.plan, self.inventory))
        try:
            program = compile_program(
                self.bound.operations, periods.phase(self.bound.measures), base, self.bound.overlaps, self.bound.combinations
            )
        except Tangled as error:
            names = sorted({self.bound.names[m] for m in error.measures})
            raise BadInput(
                [fault("plan.tangled", self.place("plan", ("measures", names[0], "[key]")), measures=", ".join(names))]
            ) from None
        return base, program


def prepare(
    scenario: Scenario,
    plan: Plan,
    inventory: Inventory,
    place: Callable[[str, tuple], Place] = lambda file, location: Place(),
) -> Case:
    """Check a scenario against its plan and inventory and compile it.

    Raises
    ------
    BadInput
    """
    periods = end_state(scenario.base_year, scenario.target_year)
    faults = _target_faults(scenario, plan, inventory, place)
    activity = inventory.activity[:, None] * inventory.activity_index(periods.years.tolist())
    try:
        bound = bind(scenario, plan, inventory, activity, place)
    except BadInput as bad:
        raise BadInput([*faults, *bad.faults]) from None
    if faults:
        raise BadInput(faults)
    case = Case(scenario, plan, inventory, bound, place)
    case.arrays(periods)
    return case


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
        The ledger does not close to 1e-9.
    """
    scenario, inventory, bound = case.scenario, case.inventory, case.bound
    periods = end_state(scenario.base_year, scenario.target_year)
    base, program = case.arrays(periods)
    nothing = np.zeros(program.measures)
    try:
        ledger = attribute(base, program)  # first: it refuses what would take for ever
    except TooManyInteracting as error:
        names = [bound.names[m] for m in error.measures]
        row, where = str(inventory.ids[error.row]), case.place("plan", ("measures", names[0], "[key]"))
        raise BadInput([fault("plan.too_many", where, row=row, measures=", ".join(names))]) from None
    reference, plan = run(base, program, nothing), run(base, program)
    _refuse_negative(case, plan.emission)
    closure = _closure(reference.emission, plan.emission, ledger)
    months = calendar(scenario.base_year, scenario.target_year)
    base_m, program_m = case.arrays(months)
    years = tuple(int(y) for y in periods.years)
    partial = _undeclared(case, base, program)
    warnings = [*_rises(case, reference.emission, plan.emission, ledger), *_undeclared_warning(case, partial)]
    targets = scenario.all_targets(case.plan)
    reductions = ledger.by_measure(len(bound.names), ~inventory.memo)
    return Result(
        scenario=scenario,
        plan_file=case.plan,
        inventory=inventory,
        bound=bound,
        years=years,
        base=inventory.emission(),
        reference=reference.emission,
        plan=plan.emission,
        calendar_reference=months.by_year(run(base_m, program_m, nothing).emission),
        calendar_plan=months.by_year(run(base_m, program_m).emission),
        activity_reference=reference.activity,
        activity_plan=plan.activity,
        ledger=ledger,
        bounds=_bounds(case, base, program, plan.emission, partial),
        verdicts=judge(targets, inventory, years, inventory.emission(), plan.emission, reductions, bound.measures),
        warnings=tuple(warnings),
        closure=closure,
    )


def base_arrays(inventory: Inventory, periods: Periods, stages: dict[str, int]) -> Base:
    """The inventory as the kernel wants it, on given periods."""
    index = inventory.activity_index(sorted(set(periods.years.tolist())))
    _, year = np.unique(periods.years, return_inverse=True)
    upstream = inventory.upstream
    loss = np.array([pollutants()[p].nitrogen_share for p in inventory.pollutants])
    fed = upstream >= 0
    left = inventory.activity[upstream] * (1.0 - inventory.factor[upstream] @ loss)
    passed = np.where(fed & (left > 0), inventory.activity / np.where(left > 0, left, 1.0), 0.0)
    codes = np.full(inventory.stage.shape, NO_STAGE)
    for word, code in stages.items():
        codes[inventory.stage == word] = code
    return Base(
        activity=inventory.activity[:, None] * index[:, year],
        factor=inventory.factor,
        efficiency=inventory.existing_efficiency,
        effectiveness=inventory.existing_effectiveness,
        stage=codes,
        upstream=upstream,
        passed=passed,
        loss=loss,
        months=periods.months,
    )


def _target_faults(scenario: Scenario, plan: Plan, inventory: Inventory, place) -> list[Fault]:
    faults: list[Fault] = []

    def add(at: tuple, key: str, file: str, **values) -> None:
        faults.append(fault(key, place(file, at), **values))

    for name, target in scenario.all_targets(plan).items():
        file = "scenario" if name in scenario.targets else "plan"
        here = ("targets", name)
        if target.pollutant not in inventory.pollutants:
            near = nearest(target.pollutant, inventory.pollutants)
            add(
                (*here, "pollutant"),
                "value.choice",
                file,
                word=target.pollutant,
                near=near,
                known=", ".join(inventory.pollutants),
            )
        for field in ("year", "baseline_year"):
            year = getattr(target, field)
            if year is not None and not scenario.base_year <= year <= scenario.target_year:
                add((*here, field), "target.year", file, year=year, first=scenario.base_year, last=scenario.target_year)
        if (target.kind == "subset") != (target.applies_to is not None):
            add(here, "target.subset", file, kind=target.kind)
        elif target.applies_to is not None:
            bad = [c for mapping in target.applies_to for c in mapping if c not in SELECTABLE]
            for column in bad:
                near = nearest(column, SELECTABLE)
                add(
                    (*here, "applies_to", column, "[key]"),
                    "selector.column",
                    file,
                    word=column,
                    near=near,
                    known=", ".join(SELECTABLE),
                )
            if not bad and not inventory.select(target.applies_to).size:
                add((*here, "applies_to"), "target.nothing", file, name=name, inventory=inventory.name)
        for field, dimensions in (("reduction", ("share", "mass rate")), ("offset", ("mass rate",)), ("tolerance", ("share",))):
            value = getattr(target, field)
            if value is not None:
                problem = _readable(value, dimensions)
                if problem:
                    faults.append(problem.at(place(file, (*here, field))))
        if target.kind == "creditable" and isinstance(target.reduction, str) and not _readable(target.reduction, ("share",)):
            add((*here, "reduction"), "target.creditable_share", file, text=target.reduction)
    return faults


def _readable(value, dimensions: tuple[str, ...]) -> Fault | None:
    problem = None
    for dimension in dimensions:
        try:
            read(value, dimension)
            return None
        except UnitError as error:
            problem = problem or error.fault
    return problem


def _refuse_negative(case: Case, plan: np.ndarray) -> None:
    """An emission below zero means that more was taken away than is there, by an ``addition`` that is negative."""
    faults = []
    for i, p in np.argwhere((plan < -CLOSURE).any(axis=2)).tolist():
        names = sorted({case.bound.names[op.measure] for op in case.bound.operations if i in op.rows})
        row, pollutant = str(case.inventory.ids[i]), case.inventory.pollutants[p]
        faults.append(
            fault(
                "plan.negative",
                case.place("plan", ("measures", names[0], "[key]")),
                row=row,
                pollutant=pollutant,
                measures=", ".join(names),
            )
        )
    if faults:
        raise BadInput(faults)


def _closure(reference: np.ndarray, plan: np.ndarray, ledger: Ledger) -> float:
    """Largest |reference − Σ reductions − plan| over the larger of cell and 1 g; above 1e-9 emisim is wrong."""
    gap = np.abs(reference - ledger.by_row(reference.shape[0]) - plan)
    scale = np.maximum(np.maximum(np.abs(reference), np.abs(plan)), 1e-6)
    worst = float((gap / scale).max(initial=0.0))
    if not worst <= CLOSURE:
        raise Broken(f"the ledger does not close: relative error {worst:.3g}")
    return worst


def _rises(case: Case, reference: np.ndarray, plan: np.ndarray, ledger: Ledger) -> list[Fault]:
    """Measures that raise a pollutant's official total in the target year, in tonnes: shown, not clipped."""
    total = ledger.by_measure(len(case.bound.names), ~case.inventory.memo)[:, :, -1]
    scale = reference[~case.inventory.memo, :, -1].sum(axis=0)
    out = []
    for m, name in enumerate(case.bound.names):
        for p, pollutant in enumerate(case.inventory.pollutants):
            if total[m, p] < -max(CLOSURE * scale[p], 1e-6) and name not in case.scenario.allowed("raises"):
                out.append(fault("warning.raises", measure=name, pollutant=pollutant, tonnes=f"{-total[m, p]:.4g}"))
    return out


def _undeclared(case: Case, base: Base, program: Program) -> list[tuple[int, int]]:
    """Pairs of measures that partly cover the same rows, on one pollutant, without a declared overlap."""
    declared = {frozenset(pair) for o in program.overlaps for pair in ((a, b) for a in o.measures for b in o.measures if a != b)}
    found = set()
    for batches in program.levels:
        for batch in batches:
            partial = {}
            for j, position in zip(batch.entries, batch.positions, strict=True):
                op = program.operations[j]
                if getattr(op, "months", ()):
                    continue  # a seasonal cut acts on its hours' residual, whatever else is done
                share = (
                    np.broadcast_to(np.asarray(op.coverage, float).reshape(-1), op.rows.shape)[position]
                    * program.phase[op.measure, -1]
                )
                if ((share > 0) & (share < 1)).any():
                    kind = set(getattr(op, "pollutants", ())) or {None}
                    partial.setdefault(op.measure, set()).update(kind)
            names = sorted(partial)
            for i, m in enumerate(names):
                for n in names[i + 1 :]:
                    meet = partial[m] & partial[n] or None in partial[m] | partial[n]
                    if meet and frozenset((m, n)) not in declared:
                        found.add((m, n))
    return sorted(found)


def _undeclared_warning(case: Case, pairs: list[tuple[int, int]]) -> list[Fault]:
    if not pairs:
        return []
    names = case.bound.names
    return [fault("warning.undeclared", count=len(pairs), pairs=", ".join(f"{names[m]}+{names[n]}" for m, n in pairs))]


def _bounds(case: Case, base: Base, program: Program, plan: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """Official totals if the measures that meet undeclared do so as little (first) or as much (second) as they can: (2,
    pollutant, year) [t/yr].

    For two measures on a row these are the Fréchet bounds; for more, what laying coverages end to end, and inside one another,
    reaches.
    """
    official = ~case.inventory.memo
    central = plan[official].sum(axis=0)
    loose = frozenset(m for pair in pairs for m in pair)
    if not loose:
        return np.stack([central, central])
    both = [run(base, replace(program, loose=loose, between=b)).emission[official].sum(axis=0) for b in ("spread", "nested")]
    return np.stack([np.minimum(np.minimum(*both), central), np.maximum(np.maximum(*both), central)])
