"""Binding: tie the measures of a plan to the rows of an inventory and compile them to operations. Every selector must find rows, every
parameter have its dimension and range, every relation of measures be possible. All faults are collected; none is repaired."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from emisim.distribution import Distribution
from emisim.errors import BadInput, Fault, Location, Place, Reporter, nearest
from emisim.inventory import SELECTABLE, Inventory, Selector, SourceTexts, unmatched_part
from emisim.measure import Action, Measure
from emisim.mechanism import Bound, Mechanism, Parameter
from emisim.mechanisms import MECHANISMS
from emisim.operation import NO_STAGE, Combination, Operation, Overlap, running
from emisim.parameter import ParameterReader
from emisim.plan import Plan
from emisim.plan_traps import check_repeated, check_stages
from emisim.reading import Change, Reading
from emisim.relations import Relations, read_combinations
from emisim.scenario import Scenario
from emisim.vocabulary import pollutants

KEY = Reporter.KEY
# (what was read: a number with its range or words; parameter; measure; as written; file; location) → what stands in its place
Trace = Callable[[object, Parameter, str, object, str, Location], object]


@dataclass(frozen=True, eq=False)
class BoundPlan:
    """Measures in the order of their ids, and what they compile to. values : (measure, parameter) → number of its first action."""

    names: tuple[str, ...]
    measures: tuple[Measure, ...]
    operations: tuple[Operation, ...]
    overlaps: tuple[Overlap, ...]
    combinations: tuple[Combination, ...]
    values: Mapping[tuple[str, str], float]


def bind(
    scenario: Scenario,
    plan: Plan,
    reading: Reading,
    inventory: Inventory,
    activity: np.ndarray,
    place: Callable[[str, Location], Place] = lambda file, location: Place(),
    trace: Trace | None = None,
    part: bool = False,
) -> BoundPlan:
    """Compile the measures of a reading for an inventory.

    Parameters
    ----------
    activity : (row, period) after growth [base unit / yr].
    place : ("plan" or "scenario", location) → where it stands, for messages.
    trace : puts something else in the place of a parameter: a number that remembers where it stands (see ``traced``), or draws.
    part : the inventory is a part of a larger one: that nothing is selected here is no fault.

    Raises
    ------
    BadInput
    """
    return _Binder(scenario, plan, reading, inventory, activity, place, trace, part).run()


def bind_again(
    bound: BoundPlan, scenario: Scenario, plan: Plan, reading: Reading, inventory: Inventory, activity: np.ndarray, trace: Trace
) -> BoundPlan:
    """The same measures with other numbers in the place of parameters; what the files say was checked when they were bound.

    Parameters
    ----------
    bound : from ``bind`` with the same scenario, plan, reading and inventory.
    activity : (..., row, period) after growth [base unit / yr].
    trace : see ``bind``; its numbers may be arrays that broadcast to (..., row, period).
    """
    binder = _Binder(scenario, plan, reading, inventory, activity, lambda file, location: Place(), trace)
    operations = binder.compiled()
    if binder.reporter.faults:
        raise BadInput(binder.reporter.faults)
    return replace(bound, operations=tuple(operations), values=binder.numbers)


def faults_without_inventory(
    scenario: Scenario,
    plan: Plan,
    reading: Reading,
    sources: SourceTexts | None,
    place: Callable[[str, Location], Place] = lambda file, location: Place(),
) -> list[Fault]:
    """What can be told of a plan while the numbers of its inventory are wrong: mechanisms, parameters and, if the words of the
    sources are there, selectors."""
    binder = _Binder(scenario, plan, reading, sources, np.empty((0, 1)), place)
    binder.actions()
    read_combinations(plan, None, binder.reporter)
    return binder.reporter.faults


class _Binder:
    def __init__(self, scenario, plan, reading: Reading, inventory: SourceTexts | None, activity, place, trace=None, part=False):
        self.scenario, self.plan, self.reading, self.inventory, self.activity = scenario, plan, reading, inventory, activity
        self.reporter, self.trace, self.partial = Reporter(place), trace, part
        self.names = tuple(reading.measures)
        self.complete = isinstance(inventory, Inventory)
        self.numbers: dict[tuple[str, str], float] = {}
        self.within = inventory.coded("region").code if self.complete and scenario.each else None
        self.stage_codes = stage_codes(plan, inventory) if self.complete else {}
        self.kinds = inventory.base_units() if self.complete else np.empty(0, dtype=np.str_)

    def run(self) -> BoundPlan:
        operations = self.actions()
        combinations = read_combinations(self.plan, self.inventory, self.reporter)
        relations = Relations(self.plan, self.names, self.inventory, operations, self.reporter)
        overlaps = relations.overlaps()
        relations.exclusive()
        relations.own_moves()
        if self.reporter.faults:
            raise BadInput(self.reporter.faults)
        return BoundPlan(
            self.names, tuple(self.reading.measures.values()), tuple(operations), overlaps, combinations, self.numbers
        )

    def actions(self) -> list[Operation]:
        """Check what stands in the plan for its measures, and compile those that run."""
        self.check_adjustments()
        self.check_unused()
        self.check_states()
        check_stages(self.plan, self.inventory if self.complete else None, self.reporter)
        check_repeated(self.plan, self.reporter)
        return self.compiled(self.check_quantified)

    def compiled(self, check: Callable[[str, int, Sequence[Operation]], None] = lambda *_: None) -> list[Operation]:
        """Every action of the measures that run; those of other readings are compiled and left out."""
        operations: list[Operation] = []
        for m, (name, measure) in enumerate(self.reading.measures.items()):
            for a, action in enumerate(measure.actions):
                found = self.action(m, name, a, action)
                check(name, a, found)
                operations += found if self.reading.holds(action.when) else ()
        return operations

    def check_quantified(self, name: str, a: int, compiled: Sequence[Operation]) -> None:
        """A clause without a figure has no effect in the centre of its range."""
        as_written = name not in self.reading.changes and self.reading.level(name) == "central"
        if self.reading.measures[name].standing == "not_quantified" and as_written and any(map(_acts, compiled)):
            self.reporter.report("plan", ("measures", name, "actions", a), "measure.quantified")

    def check_adjustments(self) -> None:
        """A changed parameter must belong to an action of its measure, and have a value; also in a reading that is not taken."""
        asked = [(name, change, True) for name, changes in self.reading.changes.items() for change in changes]
        for name, switch in self.plan.switches.items():
            for k, option in enumerate(switch.options):
                here = ("switches", name, "options", k, "adjust")
                asked += [(m, Change("plan", (*here, m), adjustment), False) for m, adjustment in option.adjust.items()]
        for name, change, taken in asked:
            measure = self.plan.measures.get(name)
            actions = [a for a in measure.actions if a.mechanism in MECHANISMS] if measure else []
            known = [p.name for a in actions for p in MECHANISMS[a.mechanism].parameters]
            for parameter, value in change.adjustment.parameters.items() if measure else ():
                here = (*change.location, "parameters", parameter)
                if parameter not in known:
                    self.reporter.unknown(change.file, (*here, KEY), "action.parameter", parameter, known)
                elif value is None:
                    self.reporter.report(change.file, here, "value.shape", name=parameter)
                elif not taken:
                    self.check_value(name, actions, parameter, value, change.file, here)

    def check_unused(self) -> None:
        """Mechanisms and parameters of measures that do not run, and parameters in whose place a reading puts others. Selectors of what does
        not run may fit another inventory only."""
        for name, measure in self.plan.measures.items():
            runs = name in self.reading.measures
            replaced = {word for change in self.reading.changes.get(name, ()) for word in change.adjustment.parameters}
            for a, action in enumerate(measure.actions if replaced or not runs else ()):
                here: Location = ("measures", name, "actions", a)
                mechanism = MECHANISMS.get(action.mechanism)
                if mechanism is None:
                    if not runs:
                        self.reporter.unknown("plan", (*here, "mechanism"), "action.mechanism", action.mechanism, MECHANISMS)
                    continue
                known = [p.name for p in mechanism.parameters]
                for word, value in action.parameters.items():
                    at = (*here, "parameters", word)
                    if runs and word not in replaced:
                        continue
                    if word not in known:
                        self.reporter.unknown("plan", (*at, KEY), "action.parameter", word, known)
                    elif value is not None:
                        self.check_value(name, [action], word, value, "plan", at)

    def check_value(self, name: str, actions: Sequence[Action], parameter: str, value, file: str, location: Location) -> None:
        """A value that no action takes in this reading; what is wrong with it is told as if one did."""
        wording = self.plan.measures[name].wording
        for action in actions:
            wanted = MECHANISMS[action.mechanism].parameter(parameter)
            if wanted is not None:
                units_of = (self.unit(self.known_rows(selector)) for selector in (action.applies_to, action.to))
                ParameterReader(self.reporter, *units_of, self.reading.level(name), wording).read(wanted, value, file, location)

    def known_rows(self, selector: Selector | None) -> np.ndarray:
        """Rows of a selector, if its columns exist: what is wrong with it is told where it stands."""
        known = selector is not None and self.inventory is not None and all(c in SELECTABLE for m in selector for c in m)
        return self.inventory.select(selector) if known else np.empty(0, dtype=np.intp)

    def check_states(self) -> None:
        """A row has one rule-effectiveness state at most."""
        owner: dict[tuple[int, str], str] = {}
        for name, state in self.plan.states.items():
            here = ("states", name)
            if state.pollutant not in pollutants():
                self.reporter.unknown("plan", (*here, "pollutant"), "value.choice", state.pollutant, pollutants())
            ceiling = MECHANISMS["rule_effectiveness"].parameter("ceiling")
            given = state.ceiling.model_dump(exclude_none=True)
            ParameterReader(self.reporter).read(ceiling, given, "plan", (*here, "ceiling"))
            rows = self.rows(name, state.applies_to, (*here, "applies_to"), needed=True)
            for row in rows.tolist():
                other = owner.setdefault((row, state.pollutant), name)
                if other != name:
                    self.reporter.report("plan", here, "state.twice", row=str(self.inventory.ids[row]), other=other, name=name)
                    break

    # -- one action

    def action(self, m: int, name: str, a: int, action: Action) -> Sequence[Operation]:
        location: Location = ("measures", name, "actions", a)
        mechanism = MECHANISMS.get(action.mechanism)
        if mechanism is None:
            self.reporter.unknown("plan", (*location, "mechanism"), "action.mechanism", action.mechanism, MECHANISMS)
            return ()
        before = len(self.reporter.faults)
        if action.state and (action.state not in self.plan.states or not self.takes_state(action, mechanism, location)):
            return ()
        written, action = action, self.with_state(action)
        rows = self.rows(name, action.applies_to, (*location, "applies_to"), needed=mechanism.name != "indicator_only")
        to = self.rows(name, action.to, (*location, "to"), needed=False)
        if action.to is not None and not mechanism.takes_to:
            self.reporter.report("plan", (*location, "to"), "action.takes_no_to", mechanism=mechanism.name)
        values = self.values(name, mechanism, action, location, rows, to, set(written.parameters))
        if self.reading.holds(action.when):
            for word, number in values.items():
                if hasattr(number, "__float__"):
                    self.numbers.setdefault((name, word), number)
        if len(self.reporter.faults) > before or (not rows.size and mechanism.name != "indicator_only"):
            return ()
        if not self.complete:
            return ()
        if to.size and self.within is not None:
            rows = self.with_destination(name, rows, to, location)
        if mechanism.takes_to and np.intersect1d(rows, to).size:
            self.reporter.report("plan", (*location, "to"), "action.to_itself")
        if mechanism.takes_to and to.size and self.inventory.depth(to).min() < self.inventory.depth(rows).max():
            self.reporter.report("plan", (*location, "to"), "action.upstream")
        bound = Bound(
            measure=m,
            order=mechanism.order,
            inventory=self.inventory,
            rows=rows,
            to=to,
            has_to=bool(to.size),
            values=values,
            activity=self.activity,
            kinds=self.kinds,
            reject=lambda key, at="", **v: self.reporter.report("plan", (*location, at) if at else location, key, **v),
            stages=lambda word: self.stage_codes.get(word, NO_STAGE),
            within=self.within,
        )
        self.check_emitted(name, mechanism, bound, location)
        if len(self.reporter.faults) > before or (mechanism.parameter("pollutant") and not bound.pollutants()):
            return ()
        return mechanism.compile(bound)

    def check_emitted(self, name: str, mechanism: Mechanism, bound: Bound, location: Location) -> None:
        """An action on pollutants that none of its sources has a factor of matches nothing, though it selects rows; what is added needs no factor."""
        named = bound.values.get("pollutant") or ()
        if mechanism.name == "co_effect" or not self.must_match(name):
            return
        if named and not self.inventory.has_factor(bound.rows, named).any():
            words = {"measure": name, "pollutants": ", ".join(named), "inventory": self.inventory.name}
            self.reporter.report("plan", (*location, "parameters", "pollutant"), "action.no_factor", **words)

    def with_destination(self, name: str, rows: np.ndarray, to: np.ndarray, location: Location) -> np.ndarray:
        """Rows in whose own region there is a row of ``to``. Where there is none the action cannot be carried out."""
        there = np.isin(self.within[rows], self.within[to])
        if not there.all() and name not in self.scenario.allowed("unmatched"):
            lost = sorted(set(self.inventory.text["region"][rows[~there]].tolist()))
            words = {"measure": name, "count": len(lost), "regions": ", ".join(lost[:5])}
            self.reporter.report("plan", (*location, "to"), "action.no_destination", **words)
        return rows[there]

    def takes_state(self, action: Action, mechanism: Mechanism, location: Location) -> bool:
        """A state belongs to rule effectiveness and stands in place of the rows."""
        here = (*location, "state")
        if mechanism.name != "rule_effectiveness":
            self.reporter.report("plan", here, "action.takes_no_state", mechanism=mechanism.name)
        elif action.applies_to is not None:
            self.reporter.report("plan", here, "action.state_and_rows")
        return mechanism.name == "rule_effectiveness" and action.applies_to is None

    def with_state(self, action: Action) -> Action:
        """An action on a state takes rows, pollutant and ceiling from it."""
        if not action.state:
            return action
        state = self.plan.states[action.state]
        own = {"pollutant": state.pollutant, "ceiling": state.ceiling.model_dump(exclude_none=True)}
        return action.model_copy(update={"applies_to": state.applies_to, "parameters": {**own, **action.parameters}})

    def must_match(self, name: str) -> bool:
        """Whether what a measure or state selects must be there."""
        return not self.partial and name not in self.scenario.allowed("unmatched")

    def rows(self, name: str, selector: Selector | None, location: Location, needed: bool) -> np.ndarray:
        if selector is None:
            if needed:
                self.reporter.report("plan", location[:-1], "action.no_rows")
            return np.empty(0, dtype=np.intp)
        before = len(self.reporter.faults)
        for k, mapping in enumerate(selector):
            for column in mapping:
                if column not in SELECTABLE:
                    self.reporter.unknown(
                        "plan", self.part(location, selector, k, column, KEY), "selector.column", column, SELECTABLE
                    )
        if len(self.reporter.faults) > before or self.inventory is None:
            return np.empty(0, dtype=np.intp)
        for k, mapping in enumerate(selector):
            here = self.part(location, selector, k)
            if not self.inventory.select((mapping,)).size and self.must_match(name):
                column, value, near = unmatched_part(self.inventory, mapping)
                key = "selector.value" if column else "selector.nothing"
                at = (*here, column) if column else here
                self.reporter.report(
                    "plan", at, key, measure=name, column=column, value=value, near=near, inventory=self.inventory.name
                )
            for column, allowed in mapping.items():
                present = self.inventory.present(column)
                for value in allowed:
                    if value not in present and len(allowed) > 1 and self.must_match(name):
                        words = {"measure": name, "column": column, "value": value, "near": nearest(value, present - {""})}
                        self.reporter.report("plan", (*here, column), "selector.value", **words, inventory=self.inventory.name)
        return self.inventory.select(selector)

    @staticmethod
    def part(location: Location, selector: Selector, k: int, *more: str) -> Location:
        """Where one of several mappings of a selector stands; a single one usually stands without a list."""
        return (*location, k, *more) if len(selector) > 1 else (*location, *more)

    def values(
        self, name: str, mechanism: Mechanism, action: Action, location: Location, rows, to, written: set[str]
    ) -> dict[str, object]:
        """The parameters of an action; those it has not ``written`` itself come from its state."""
        given = dict(action.parameters)
        origin = {
            word: ("plan", (*location, "parameters") if word in written else ("states", action.state)) for word in given
        }  # fmt: skip
        for change in self.reading.changes.get(name, ()):
            for parameter, value in change.adjustment.parameters.items():
                if mechanism.parameter(parameter) and value is not None:
                    given[parameter] = value
                    origin[parameter] = (change.file, (*change.location, "parameters"))
        for word in given:
            if mechanism.parameter(word) is None:
                file, where = origin[word]
                self.reporter.unknown(file, (*where, word, KEY), "action.parameter", word, [p.name for p in mechanism.parameters])
        wording = self.plan.measures[name].wording if name in self.plan.measures else ""
        reader = ParameterReader(self.reporter, self.unit(rows), self.unit(to), self.reading.level(name), wording)
        out: dict[str, object] = {}
        for parameter in mechanism.parameters:
            if given.get(parameter.name) is None:
                if parameter.required:
                    self.reporter.report("plan", location, "action.missing", mechanism=mechanism.name, name=parameter.name)
                out[parameter.name] = parameter.default
            else:
                file, where = origin[parameter.name]
                here = (*where, parameter.name)
                found = reader.read(parameter, given[parameter.name], file, here)
                if self.trace:
                    found = self.trace(found, parameter, name, given[parameter.name], file, here)
                out[parameter.name] = found.value if isinstance(found, Distribution) else found
        return out

    def unit(self, rows: np.ndarray) -> str:
        return str(self.inventory.text["unit"][rows[0]]) if rows.size and self.complete else ""


def _acts(op: Operation) -> bool:
    """Whether an operation reaches any unit."""
    share = np.asarray(op.control.gap_closed) if running(op) else 1.0
    return bool(np.any(np.asarray(op.coverage) * share > 0))


def stage_codes(plan: Plan, inventory: Inventory) -> dict[str, int]:
    """A number for every control stage that the inventory or the plan names."""
    words = {str(s) for s in np.unique(inventory.stage)}
    words |= {
        a.parameters["stage"] for m in plan.measures.values() for a in m.actions if isinstance(a.parameters.get("stage"), str)
    }
    return {word: code for code, word in enumerate(sorted(words - {""}))}
