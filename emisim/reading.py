"""A reading of a plan: which measures run, on which schedules, and what every ambiguous place is taken to mean.

plan + switches, selection, delays and adjustments of a scenario → the measures that run and what is changed in them
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from emisim.errors import Location, Reporter
from emisim.measure import Adjustment, Measure
from emisim.mechanisms import MECHANISMS
from emisim.plan import Plan
from emisim.scenario import Scenario
from emisim.schedule import Schedule
from emisim.switch import Reclassification
from emisim.target import Target

KEY = Reporter.KEY


@dataclass(frozen=True)
class Change:
    """One adjustment of a measure and where it was asked for."""

    file: str
    location: Location
    adjustment: Adjustment


@dataclass(frozen=True, eq=False)
class Reading:
    """A plan as a scenario reads it.

    values : switch → the value taken. measures : those that run, by id in sorted order, each with its schedule. changes : measure →
    changes of parameters, later ones stronger. alternatives, reclassify : changes of the inventory; asked : where each alternative is
    asked for. all_accountable : every direct measure counts in the creditable ledger.
    """

    values: Mapping[str, str]
    measures: Mapping[str, Measure]
    targets: Mapping[str, Target]
    changes: Mapping[str, Sequence[Change]]
    wording: str
    alternatives: Mapping[str, str]
    reclassify: Sequence[tuple[Location, Reclassification]] = field(default=())
    all_accountable: bool = False
    asked: Mapping[str, tuple[str, Location]] = field(default_factory=dict)

    def holds(self, when: Mapping[str, Sequence[str]]) -> bool:
        """Whether a condition on switches is fulfilled."""
        return all(self.values.get(name) in allowed for name, allowed in when.items())

    def level(self, name: str) -> str:
        """How strongly a measure's wording is read: the scenario's reading, unless it is set for this measure."""
        own = [c.adjustment.wording for c in self.changes.get(name, ()) if c.adjustment.wording]
        return own[-1] if own else self.wording


def read(scenario: Scenario, plan: Plan, reporter: Reporter) -> Reading:
    """Settle what a scenario makes of a plan; names that do not exist are reported."""
    values = _values(scenario, plan, reporter)
    _check_names(scenario, plan, reporter)
    taken = {name: plan.switches[name].option(value) for name, value in values.items()}
    where = {name: ("switches", name, "options", plan.switches[name].values.index(value)) for name, value in values.items()}
    changes: dict[str, list[Change]] = {}
    for name, option in taken.items():
        for measure, adjustment in option.adjust.items():
            changes.setdefault(measure, []).append(Change("plan", (*where[name], "adjust", measure), adjustment))
    for measure, adjustment in scenario.adjust.items():
        changes.setdefault(measure, []).append(Change("scenario", ("adjust", measure), adjustment))
    issued = next((o.issued for o in taken.values() if o.issued), plan.issued)
    wording = next((o.wording for o in taken.values() if o.wording), scenario.wording)
    dropped = {m for o in taken.values() for m in o.without}
    dropped_words = {w for o in taken.values() for w in o.without_wording}
    measures = {}
    for name in sorted(plan.measures):
        measure = plan.measures[name]
        if _chosen(scenario, name, plan) and name not in dropped and measure.wording not in dropped_words:
            schedule = _schedule(measure, changes.get(name, ()), issued, plan.horizon)
            if schedule is None and any(a.mechanism in MECHANISMS and a.mechanism != "indicator_only" for a in measure.actions):
                reporter.report("plan", ("measures", name), "measure.schedule")
                continue
            delays = [(len(key), d) for key, d in scenario.delay.items() if schedule and _named(key, name, plan)]
            if delays:  # the more exact name counts: M08a before M08
                schedule = schedule.later(max(delays)[1])
            measures[name] = measure.model_copy(update={"schedule": schedule})
    selection = scenario.measures
    asked_for = selection.only or selection.wording or selection.chapters or selection.standing
    if asked_for and not reporter.faults and not any(_chosen(scenario, name, plan) for name in plan.measures):
        reporter.report("scenario", ("measures",), "scenario.no_measure")
    held = Reading(values, measures, {}, changes, wording, {})
    targets = {n: t for n, t in scenario.all_targets(plan).items() if held.holds(t.when)}
    alternatives = {k: v for o in taken.values() for k, v in o.alternatives.items()} | dict(scenario.alternatives)
    asked = {k: ("plan", (*where[n], "alternatives", k)) for n, o in taken.items() for k in o.alternatives}
    asked |= {k: ("scenario", ("alternatives", k)) for k in scenario.alternatives}
    reclassify = tuple(((*where[n], "reclassify", k), r) for n, o in taken.items() for k, r in enumerate(o.reclassify))
    all_accountable = any(o.accountable == "all" for o in taken.values())
    return Reading(values, measures, targets, changes, wording, alternatives, reclassify, all_accountable, asked)


def _schedule(measure: Measure, changes: Sequence[Change], issued: date, horizon: date | None) -> Schedule | None:
    """The scenario's schedule, else the plan's, else from the date of the plan to the deadline, or the horizon; a deadline that lies
    before the plan is a step."""
    own = [c.adjustment.schedule for c in changes if c.adjustment.schedule] or [measure.schedule]
    end = measure.deadline or horizon
    if own[-1] is not None or end is None:
        return own[-1]
    return Schedule(start=issued, end=end) if issued < end else Schedule(date=end)


def _chosen(scenario: Scenario, name: str, plan: Plan) -> bool:
    """Whether the scenario lets a measure run."""
    selection = scenario.measures
    only = not selection.only or any(_named(key, name, plan) for key in selection.only)
    return selection.takes(plan.measures[name]) and only and not any(_named(key, name, plan) for key in selection.without)


def _named(key: str, name: str, plan: Plan) -> bool:
    """Whether a key is the id of a measure, or that of the item it is a part of: M08 of M08b, M11 and M111 of M111d."""
    if name == key or key in plan.measures or not name.startswith(key):
        return name == key
    part = plan.measures[name].part or re.search(r"(?<=\d)[a-z]*$|$", name)[0]
    item = name.removesuffix(part)
    return key == item or (key.startswith(item) and name.startswith(key) and not name[len(key)].isdigit())


def measures_named(key: str, plan: Plan) -> tuple[str, ...]:
    """The measures of a plan that a key names: one by its id, or all parts of an item."""
    return tuple(name for name in sorted(plan.measures) if _named(key, name, plan))


def _values(scenario: Scenario, plan: Plan, reporter: Reporter) -> dict[str, str]:
    values = {name: switch.default for name, switch in plan.switches.items()}
    for name, value in scenario.switches.items():
        if name not in values:
            reporter.unknown("scenario", ("switches", name, KEY), "switch.unknown", name, values)
        elif value not in plan.switches[name].values:
            reporter.unknown("scenario", ("switches", name), "switch.value", value, plan.switches[name].values)
        else:
            values[name] = value
    return values


def _check_names(scenario: Scenario, plan: Plan, reporter: Reporter) -> None:
    """Ids that the scenario, the relations, the switches and the targets mention must exist."""
    known = plan.measures

    def check(name: str, file: str, location: Location, among=known, key: str = "plan.measure") -> None:
        if name not in among:
            reporter.unknown(file, location, key, name, among)

    for field_ in ("only", "without"):
        for k, key in enumerate(getattr(scenario.measures, field_)):
            if not any(_named(key, name, plan) for name in known):
                reporter.unknown("scenario", ("measures", field_, k), "plan.measure", key, known)
    for name in scenario.adjust:
        check(name, "scenario", ("adjust", name, KEY))
    for key in scenario.delay:
        if not any(_named(key, name, plan) for name in known):
            reporter.unknown("scenario", ("delay", key, KEY), "plan.measure", key, known)
    for rule, names in scenario.allow.items():
        for k, name in enumerate(names):
            check(name, "scenario", ("allow", rule, k))
    for field_ in ("overlaps", "exclusive"):
        for k, rule in enumerate(getattr(plan, field_)):
            for j, name in enumerate(rule.measures):
                check(name, "plan", (field_, k, "measures", j))
    both = {**plan.clauses, **plan.measures}
    for name, measure in plan.measures.items():
        if name in plan.clauses:
            reporter.report("plan", ("measures", name, KEY), "plan.twice", name=name)
        for a, action in enumerate(measure.actions):
            here = ("measures", name, "actions", a)
            _check_when(action.when, plan, "plan", (*here, "when"), reporter)
            if action.state:
                check(action.state, "plan", (*here, "state"), plan.states, "action.state")
    for name, switch in plan.switches.items():
        for j, clause in enumerate(switch.clauses):
            check(clause, "plan", ("switches", name, "clauses", j), both, "plan.clause")
        for k, option in enumerate(switch.options):
            here = ("switches", name, "options", k)
            for measure in option.adjust:
                check(measure, "plan", (*here, "adjust", measure, KEY))
            for j, measure in enumerate(option.without):
                check(measure, "plan", (*here, "without", j))
    for name, target in scenario.all_targets(plan).items():
        file = "scenario" if name in scenario.targets else "plan"
        _check_when(target.when, plan, file, ("targets", name, "when"), reporter)
        if target.clause:
            check(target.clause, file, ("targets", name, "clause"), both, "plan.clause")
        for j, lever in enumerate(target.levers):
            check(lever, file, ("targets", name, "levers", j))


def _check_when(when: Mapping[str, Sequence[str]], plan: Plan, file: str, location: Location, reporter: Reporter) -> None:
    for name, values in when.items():
        if name not in plan.switches:
            reporter.unknown(file, (*location, name, KEY), "switch.unknown", name, plan.switches)
            continue
        for value in values:
            if value not in plan.switches[name].values:
                reporter.unknown(file, (*location, name), "switch.value", value, plan.switches[name].values)
