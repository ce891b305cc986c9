"""The pipeline: scenario, plan and inventory in; emissions, ledger and verdicts out.

inventory → growth → bind measures to rows → kernel (end_state and calendar) → ledger → verdicts
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from emisim.binding import BoundPlan, bind, stage_codes
from emisim.cautions import early, overlap_bounds, rises, undeclared, undeclared_pairs
from emisim.errors import BadInput, Broken, Fault, Place, Reporter, fault
from emisim.inventory import Inventory
from emisim.kernel import run
from emisim.ledger import Ledger, TooManyInteracting, attribute
from emisim.operation import NO_STAGE
from emisim.periods import Periods, calendar, end_state
from emisim.plan import Plan
from emisim.program import Base, Program, Tangled, compile_program
from emisim.scenario import Scenario
from emisim.verdicts import Verdict, check_targets, judge
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
            raise BadInput([self.measures_fault("plan.tangled", error.measures)]) from None
        return base, program

    def measures_fault(self, key: str, measures: Iterable[int], **values: object) -> Fault:
        """A fault of some measures together, placed at the first of them."""
        names = sorted({self.bound.names[m] for m in measures})
        return fault(key, self.place("plan", ("measures", names[0], Reporter.KEY)), measures=", ".join(names), **values)


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
    activity = inventory.activity[:, None] * inventory.activity_index(periods.years.tolist())
    reporter = Reporter(place)
    check_targets(scenario, plan, inventory, reporter)
    try:
        bound = bind(scenario, plan, inventory, activity, place)
    except BadInput as bad:
        raise BadInput([*reporter.faults, *bad.faults]) from None
    if reporter.faults:
        raise BadInput(reporter.faults)
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
    periods, months = (make(scenario.base_year, scenario.target_year) for make in (end_state, calendar))
    base, program = case.arrays(periods)
    try:
        ledger = attribute(base, program)  # first: it refuses what would take for ever
    except TooManyInteracting as error:
        raise BadInput([case.measures_fault("plan.too_many", error.measures, row=str(inventory.ids[error.row]))]) from None
    none = np.zeros(program.measures)
    reference, plan = run(base, program, none), run(base, program)
    _refuse_negative(case, plan.emission)
    monthly = case.arrays(months)
    calendar_reference, calendar_plan = (months.by_year(run(*monthly, on).emission) for on in (none, None))
    years = tuple(periods.years.tolist())
    pairs = undeclared_pairs(program)
    reductions = ledger.by_measure(len(bound.names), ~inventory.memo)
    targets = scenario.all_targets(case.plan)
    return Result(
        scenario=scenario,
        plan_file=case.plan,
        inventory=inventory,
        bound=bound,
        years=years,
        base=inventory.emission(),
        reference=reference.emission,
        plan=plan.emission,
        calendar_reference=calendar_reference,
        calendar_plan=calendar_plan,
        activity_reference=reference.activity,
        activity_plan=plan.activity,
        ledger=ledger,
        bounds=overlap_bounds(base, program, pairs, ~inventory.memo, plan.emission),
        verdicts=judge(targets, inventory, years, inventory.emission(), plan.emission, reductions, bound.measures),
        warnings=(*rises(scenario, inventory, bound, reductions), *early(bound, program), *undeclared(bound, pairs)),
        closure=_closure(reference.emission, plan.emission, ledger),
    )


def base_arrays(inventory: Inventory, periods: Periods, stages: dict[str, int]) -> Base:
    """The inventory as the kernel wants it, on given periods."""
    index = inventory.activity_index(sorted(set(periods.years.tolist())))
    _, year = np.unique(periods.years, return_inverse=True)
    upstream = inventory.upstream
    loss = np.array([pollutants()[p].nitrogen_share for p in inventory.pollutants])
    fed = upstream >= 0
    left = inventory.activity[upstream] * (1.0 - (inventory.factor[upstream] * loss).sum(axis=1))
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


def _refuse_negative(case: Case, plan: np.ndarray) -> None:
    """An emission below zero means that more was taken away than is there, by an ``addition`` that is negative."""
    faults = []
    for i, p in np.argwhere((plan < -CLOSURE).any(axis=2)).tolist():
        touching = [op.measure for op in case.bound.operations if i in op.rows]
        row, pollutant = str(case.inventory.ids[i]), case.inventory.pollutants[p]
        faults.append(case.measures_fault("plan.negative", touching, row=row, pollutant=pollutant))
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
