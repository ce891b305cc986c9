"""A case: a scenario tied to its plan, as the scenario reads it, and to its inventory; checked, compiled, ready to run.

scenario + plan → reading;  inventory → its split under that reading → growth → bind measures to rows
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import numpy as np

from emisim import units
from emisim.binding import BoundPlan, Trace, bind, stage_codes
from emisim.cost import check_costs
from emisim.errors import BadInput, Fault, Place, Reporter, fault
from emisim.inventory import SELECTABLE, Inventory, Split
from emisim.model import Label
from emisim.operation import NO_STAGE
from emisim.parameter import EDGE
from emisim.periods import Periods, end_state
from emisim.plan import Plan
from emisim.program import Base, Program, Tangled, compile_program
from emisim.reading import Reading, read
from emisim.scenario import Scenario
from emisim.verdicts import check_targets
from emisim.vocabulary import pollutants


@dataclass(frozen=True)
class File:
    """One file that a case was read from. role : ``scenario``, ``plan`` or a table of the inventory; shown : its name as the scenario
    has it."""

    role: str
    shown: str
    content: bytes


@dataclass(frozen=True)
class Origin:
    """What a case was read from. changes : (location in the scenario, value, option) of what the command line changed."""

    files: tuple[File, ...]
    changes: tuple[tuple[tuple, object, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Case:
    """A bound scenario, ready to run on any periods. tables : the inventory as its files have it, before any reading of the plan;
    splits : what the reading then counts elsewhere; origin : the files, where there are any. part : see ``prepare``."""

    scenario: Scenario
    plan: Plan
    reading: Reading
    inventory: Inventory
    bound: BoundPlan
    tables: Inventory
    splits: tuple[Split, ...] = ()
    place: Callable[[str, tuple], Place] = lambda file, location: Place()
    origin: Origin | None = None
    part: bool = False

    def arrays(self, periods: Periods, bound: BoundPlan | None = None) -> tuple[Base, Program]:
        """The inventory and the compiled plan on given periods."""
        bound = bound or self.bound
        base = base_arrays(self.inventory, periods, stage_codes(self.plan, self.inventory))
        try:
            program = compile_program(bound.operations, periods.phase(bound.measures), base, bound.overlaps, bound.combinations)
        except Tangled as error:
            raise BadInput([self.measures_fault("plan.tangled", error.measures)]) from None
        return base, program

    def measures_fault(self, key: str, measures: Iterable[int], **values: object) -> Fault:
        """A fault of some measures together, placed at the first of them."""
        names = sorted({self.bound.names[m] for m in measures})
        return fault(key, self.place("plan", ("measures", names[0], Reporter.KEY)), measures=", ".join(names), **values)

    def only(self, measures: Collection[str], name: str = "") -> Case:
        """The same case with just some of its measures, under a name of its own if one is given."""
        chosen, left_out = self.scenario.measures, tuple(n for n in self.bound.names if n not in measures)
        changes: dict = {"measures": chosen.model_copy(update={"without": (*chosen.without, *left_out)})}
        if name:
            changes |= {"scenario": name, "title": Label(zh=name, en=name)}
        return prepare(self.scenario.model_copy(update=changes), self.plan, self.tables, self.place)

    def bind(self, reading: Reading) -> BoundPlan:
        """The same case in another reading."""
        activity = activity_after_growth(self.scenario, self.inventory)
        return bind(self.scenario, self.plan, reading, self.inventory, activity, self.place, part=self.part)


def prepare(
    scenario: Scenario,
    plan: Plan,
    inventory: Inventory,
    place: Callable[[str, tuple], Place] = lambda file, location: Place(),
    reading: Reading | None = None,
    trace: Trace | None = None,
    part: bool = False,
) -> Case:
    """Check a scenario against its plan and inventory and compile it.

    Parameters
    ----------
    part : the inventory is a part of a larger one, in which the plan was checked: that something matches nothing is no fault here.
    reading : what the scenario makes of the plan, if that is known already.
    trace : see ``binding.bind``.

    Raises
    ------
    BadInput
    """
    reporter = Reporter(place)
    reading = reading or read(scenario, plan, reporter)
    tables, splits = inventory, reclassification(inventory, plan, reading, reporter)
    for how in splits:
        inventory = inventory.reclassified(how)
    if part:
        reporter.faults[:] = [problem for problem in reporter.faults if problem.key != "reclassify.nothing"]
    else:
        check_targets(scenario, plan, inventory, reporter)
        check_costs(scenario, plan, reporter)
    try:
        bound = bind(scenario, plan, reading, inventory, activity_after_growth(scenario, inventory), place, trace, part)
    except BadInput as bad:
        raise BadInput([*reporter.faults, *bad.faults]) from None
    if reporter.faults:
        raise BadInput(reporter.faults)
    case = Case(scenario, plan, reading, inventory, bound, tables, splits, place, part=part)
    if not part:
        case.arrays(end_state(scenario.base_year, scenario.target_year))
    return case


def activity_after_growth(scenario: Scenario, inventory: Inventory) -> np.ndarray:
    """(row, year) [base unit / yr]."""
    return inventory.activity[:, None] * inventory.activity_index(list(range(scenario.base_year, scenario.target_year + 1)))


def reclassification(inventory: Inventory, plan: Plan, reading: Reading, reporter: Reporter) -> tuple[Split, ...]:
    """How the readings of the plan split the inventory: shares of some rows counted at their partner rows. Readings that are not taken are
    checked too."""
    out = []
    taken = {location for location, _ in reading.reclassify}
    every = (
        (("switches", name, "options", k, "reclassify", j), change)
        for name, switch in plan.switches.items()
        for k, option in enumerate(switch.options)
        for j, change in enumerate(option.reclassify)
    )
    for location, change in every:
        columns = [("column", change.column), *(("applies_to", c) for mapping in change.applies_to for c in mapping)]
        wrong = [(field, column) for field, column in columns if column not in SELECTABLE]
        for field, column in wrong:
            here = (*location, field) if field == "column" else (*location, field, column, Reporter.KEY)
            reporter.unknown("plan", here, "selector.column", column, SELECTABLE)
        if wrong:
            continue
        chosen = inventory.select(change.applies_to)
        rows = chosen[inventory.text[change.column][chosen] == change.source]
        to = inventory.partners(rows, change.column, change.target)
        try:
            share = units.read(change.share, "share")
        except units.UnitError as error:
            reporter.faults.append(error.fault.at(reporter.place("plan", (*location, "share"))))
            continue
        words = {"column": change.column, "source": change.source, "target": change.target}
        if not rows.size:
            reporter.report("plan", location, "reclassify.nothing", **words)
        elif (to < 0).any():
            reporter.report("plan", location, "reclassify.partner", row=str(inventory.ids[rows[to < 0][0]]), **words)
        elif not -EDGE <= share <= 1.0 + EDGE:
            reporter.report("plan", (*location, "share"), "value.share", name="share", text=change.share, least=0.0, most=1.0)
        elif location in taken:
            out.append(Split(rows, to, share))
    return tuple(out)


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
