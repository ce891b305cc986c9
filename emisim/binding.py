"""Binding: tie the measures of a plan to the rows of an inventory and compile them to operations.

Every selector must find rows, every parameter must have the right dimension and range, every relation between measures must be possible. All
faults are collected; none is repaired.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emisim import units
from emisim.errors import BadInput, Fault, Place, fault, nearest
from emisim.inventory import SELECTABLE, Inventory, Selector, unmatched_part
from emisim.measure import Action, Measure
from emisim.mechanism import Bound, Mechanism, Parameter
from emisim.mechanisms import MECHANISMS
from emisim.model import Value, as_value
from emisim.operation import NO_STAGE, Combination, Move, Operation, Overlap, Scale
from emisim.plan import Plan
from emisim.scenario import Scenario
from emisim.vocabulary import DISTRIBUTIONS, GRADES, pollutants

Location = tuple[str | int, ...]
EDGE = 1e-9
SHARE_SUM_TOLERANCE = 1e-9
KEY = "[key]"  # at the end of a location: the key itself is meant, not its value


@dataclass(frozen=True, eq=False)
class BoundPlan:
    """Measures in the order of their ids, and what they compile to."""

    names: tuple[str, ...]
    measures: tuple[Measure, ...]
    operations: tuple[Operation, ...]
    overlaps: tuple[Overlap, ...]
    combinations: tuple[Combination, ...]
    warnings: tuple[Fault, ...]


def bind(
    scenario: Scenario,
    plan: Plan,
    inventory: Inventory,
    activity: np.ndarray,
    place: Callable[[str, Location], Place] = lambda file, location: Place(),
) -> BoundPlan:
    """Compile the chosen measures of a plan for an inventory.

    Parameters
    ----------
    activity : (row, period) after growth [base unit / yr].
    place : ("plan" or "scenario", location) → where it stands, for messages.

    Raises
    ------
    BadInput
    """
    return _Binder(scenario, plan, inventory, activity, place).run()


def faults_without_inventory(
    scenario: Scenario, plan: Plan, place: Callable[[str, Location], Place] = lambda file, location: Place()
) -> list[Fault]:
    """What can be told of a plan while its inventory cannot be read: names, mechanisms, parameters and their units."""
    binder = _Binder(scenario, plan, None, np.empty((0, 1)), place)
    binder.check_names()
    for m, (name, measure) in enumerate(binder.chosen.items()):
        for a, action in enumerate(measure.actions):
            binder.action(m, name, a, action)
    binder.combinations()
    return binder.faults


class _Binder:
    def __init__(self, scenario: Scenario, plan: Plan, inventory: Inventory | None, activity: np.ndarray, place):
        self.scenario, self.plan, self.inventory, self.activity, self.place = scenario, plan, inventory, activity, place
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.chosen = scenario.chosen(plan)
        self.names = tuple(self.chosen)
        self.stage_codes = {w: k for k, w in enumerate(sorted(self._stage_words()))}

    def run(self) -> BoundPlan:
        self.check_names()
        operations: list[Operation] = []
        for m, (name, measure) in enumerate(self.chosen.items()):
            for a, action in enumerate(measure.actions):
                operations += self.action(m, name, a, action)
        combinations = self.combinations()
        overlaps = self.overlaps(operations)
        self.exclusive(operations)
        self.own_moves(operations)
        if self.faults:
            raise BadInput(self.faults)
        return BoundPlan(
            self.names, tuple(self.chosen.values()), tuple(operations), tuple(overlaps), tuple(combinations), tuple(self.warnings)
        )

    def _stage_words(self) -> set[str]:
        words = {str(s) for s in np.unique(self.inventory.stage)} - {""} if self.inventory else set()
        for measure in self.plan.measures.values():
            for action in measure.actions:
                stage = action.parameters.get("stage")
                if isinstance(stage, str) and stage:
                    words.add(stage)
        return words

    def report(self, file: str, location: Location, key: str, /, **values) -> None:
        self.faults.append(fault(key, self.place(file, location), **values))

    def check_names(self) -> None:
        """Ids that the scenario or the plan's relations mention must exist."""
        known = self.plan.measures
        for field in ("only", "without"):
            for k, name in enumerate(getattr(self.scenario.measures, field)):
                self.known(name, known, "scenario", ("measures", field, k))
        for name in self.scenario.adjust:
            self.known(name, known, "scenario", ("adjust", name, KEY))
        for rule, names in self.scenario.allow.items():
            for k, name in enumerate(names):
                self.known(name, known, "scenario", ("allow", rule, k))
        for field in ("overlaps", "exclusive"):
            for k, rule in enumerate(getattr(self.plan, field)):
                for j, name in enumerate(rule.measures):
                    self.known(name, known, "plan", (field, k, "measures", j))
        for name, change in self.scenario.adjust.items():
            measure = known.get(name)
            for parameter in change.parameters if measure else ():
                owners = [a for a in measure.actions if a.mechanism in MECHANISMS and MECHANISMS[a.mechanism].parameter(parameter)]
                if not owners:
                    names = [p.name for a in measure.actions if a.mechanism in MECHANISMS for p in MECHANISMS[a.mechanism].parameters]
                    self.unknown_word("scenario", ("adjust", name, "parameters", parameter, KEY), "action.parameter", parameter, names)

    def known(self, name: str, known: Mapping, file: str, location: Location) -> None:
        if name not in known:
            self.unknown_word(file, location, "plan.measure", name, known)

    def unknown_word(self, file: str, location: Location, key: str, word: str, known) -> None:
        near = nearest(word, known)
        self.report(file, location, key, word=word, near=near, known=", ".join(map(str, known)) or "-")

    # -- one action

    def action(self, m: int, name: str, a: int, action: Action) -> Sequence[Operation]:
        location: Location = ("measures", name, "actions", a)
        mechanism = MECHANISMS.get(action.mechanism)
        if mechanism is None:
            self.unknown_word("plan", (*location, "mechanism"), "action.mechanism", action.mechanism, MECHANISMS)
            return ()
        before = len(self.faults)
        rows = self.rows(name, action.applies_to, (*location, "applies_to"), needed=mechanism.name != "indicator_only")
        to = self.rows(name, action.to, (*location, "to"), needed=False)
        if action.to is not None and not mechanism.takes_to:
            self.report("plan", (*location, "to"), "action.takes_no_to", mechanism=mechanism.name)
        values = self.values(name, mechanism, action, location, rows, to)
        if len(self.faults) > before or (not rows.size and mechanism.name != "indicator_only"):
            return ()
        if mechanism.takes_to and to.size:
            self.same_work(mechanism, action, location, rows, to)
            if np.intersect1d(rows, to).size:
                self.report("plan", (*location, "to"), "action.to_itself")
        bound = Bound(
            measure=m,
            inventory=self.inventory,
            rows=rows,
            to=to,
            has_to=bool(to.size),
            values=values,
            activity=self.activity,
            reject=lambda key, **v: self.report("plan", location, key, **v),
            stages=lambda word: self.stage_codes.get(word, NO_STAGE),
        )
        if len(self.faults) > before or (mechanism.parameter("pollutant") and not bound.pollutants()):
            return ()
        return mechanism.compile(bound)

    def rows(self, name: str, selector: Selector | None, location: Location, needed: bool) -> np.ndarray:
        if selector is None:
            if needed:
                self.report("plan", location[:-1], "action.no_rows")
            return np.empty(0, dtype=np.intp)
        before = len(self.faults)
        for k, mapping in enumerate(selector):
            for column in mapping:
                if column not in SELECTABLE:
                    self.unknown_word("plan", self.part(location, selector, k, column, KEY), "selector.column", column, SELECTABLE)
        if len(self.faults) > before or self.inventory is None:
            return np.empty(0, dtype=np.intp)
        for k, mapping in enumerate(selector):
            here = self.part(location, selector, k)
            if not self.inventory.select((mapping,)).size and name not in self.scenario.allowed("unmatched"):
                column, value, near = unmatched_part(self.inventory, mapping)
                key = "selector.value" if column else "selector.nothing"
                at = (*here, column) if column else here
                self.report("plan", at, key, measure=name, column=column, value=value, near=near, inventory=self.inventory.name)
            for column, allowed in mapping.items():
                present = set(self.inventory.text[column].tolist())
                for value in allowed:
                    if value not in present and len(allowed) > 1 and name not in self.scenario.allowed("unmatched"):
                        near = nearest(value, present - {""})
                        self.report("plan", (*here, column), "selector.value", measure=name, column=column, value=value, near=near, inventory=self.inventory.name)
        return self.inventory.select(selector)

    @staticmethod
    def part(location: Location, selector: Selector, k: int, *more: str) -> Location:
        """Where one of several mappings of a selector stands; a single one usually stands without a list."""
        return (*location, k, *more) if len(selector) > 1 else (*location, *more)

    def values(self, name: str, mechanism: Mechanism, action: Action, location: Location, rows, to) -> dict[str, object]:
        given = dict(action.parameters)
        origin = dict.fromkeys(given, ("plan", (*location, "parameters")))
        change = self.scenario.adjust.get(name)
        for parameter, value in (change.parameters if change else {}).items():
            if mechanism.parameter(parameter):
                given[parameter] = value
                origin[parameter] = ("scenario", ("adjust", name, "parameters"))
        for word in given:
            if mechanism.parameter(word) is None:
                file, where = origin[word]
                self.unknown_word(file, (*where, word, KEY), "action.parameter", word, [p.name for p in mechanism.parameters])
        out: dict[str, object] = {}
        for parameter in mechanism.parameters:
            if given.get(parameter.name) is None:
                if parameter.required:
                    self.report("plan", location, "action.missing", mechanism=mechanism.name, name=parameter.name)
                out[parameter.name] = parameter.default
            else:
                file, where = origin[parameter.name]
                out[parameter.name] = self.value(name, parameter, given[parameter.name], file, (*where, parameter.name), rows, to)
        return out

    # -- one parameter

    def value(self, name: str, parameter: Parameter, raw, file: str, location: Location, rows, to) -> object:
        special = {
            "word": self.word, "choice": self.choice, "column": self.column,
            "pollutants": self.pollutant_names, "months": self.months, "shares": self.shares,
        }  # fmt: skip
        if parameter.dimension in special:
            return special[parameter.dimension](parameter, raw, file, location)
        try:
            value = Value.model_validate(as_value(raw))
        except ValueError as error:
            for problem in error.errors():
                self.misshapen(parameter, problem, file, location)
            return parameter.default
        numbers = {}
        for field in ("value", "low", "high"):
            text = getattr(value, field)
            if text is not None:
                at = (*location, field) if isinstance(raw, dict) else location
                numbers[field] = self.number(parameter, text, file, at, rows, to)
        if any(n is None for n in numbers.values()):
            return parameter.default
        low, high = numbers.get("low", -math.inf), numbers.get("high", math.inf)
        if not low - EDGE <= numbers["value"] <= high + EDGE:
            shown = {field: "–" if getattr(value, field) is None else getattr(value, field) for field in ("low", "value", "high")}
            self.report(file, location, "value.order", name=parameter.name, **shown)
        level = self.level(name)
        if parameter.role == "adoption" and level in numbers:
            return numbers[level]
        return numbers["value"]

    def misshapen(self, parameter: Parameter, problem, file: str, location: Location) -> None:
        """One fault of a parameter's mapping, as pydantic tells it."""
        here, kind = (*location, *problem["loc"]), problem["type"]
        if kind == "extra_forbidden":
            known = tuple(Value.model_fields)
            word = str(problem["loc"][-1])
            self.report(file, (*here, KEY), "schema.unknown_key", key=word, near=nearest(word, known), known=", ".join(known))
        elif kind == "literal_error":
            known = GRADES if problem["loc"][-1] == "grade" else DISTRIBUTIONS
            self.unknown_word(file, here, "value.choice", str(problem["input"]), known)
        else:
            self.report(file, here, "value.shape", name=parameter.name)

    def level(self, name: str) -> str:
        """How strongly a measure's wording is read: the scenario's reading, unless it is set for this measure."""
        change = self.scenario.adjust.get(name)
        return (change.wording if change else None) or self.scenario.wording

    def number(self, parameter: Parameter, text, file: str, location: Location, rows, to) -> float | None:
        try:
            number = self.canonical(parameter, text, rows, to)
        except units.UnitError as error:
            self.faults.append(error.fault.at(self.place(file, location)))
            return None
        if not parameter.least <= number <= parameter.most or math.isnan(number):
            key = "value.share" if parameter.dimension == "share" else "value.range"
            self.report(file, location, key, name=parameter.name, text=text, least=parameter.least, most=parameter.most)
            return None
        return number

    def canonical(self, parameter: Parameter, text, rows, to) -> float:
        """Canonical float of a parameter whose dimension may hang on the activity of the rows."""
        dimension = parameter.dimension
        if dimension in units.DIMENSIONS:
            return units.read(text, dimension)
        around = to if dimension.endswith("of to") else rows
        if not around.size:
            return 1.0
        activity = self.activity_unit(around)
        if dimension == "activity":
            return units.read(text, activity) * units.to_base(activity)[0]
        per = units.per_year(activity)
        stock = "" if per != activity.strip() else " yr"  # heads and hectares stand all year
        wanted = f"GJ/({per})" if dimension.startswith("energy") else f"kg/({per}{stock})"
        return units.read(text, wanted) * units.to_base(wanted)[0]

    def activity_unit(self, rows: np.ndarray) -> str:
        return str(self.inventory.text["unit"][rows[0]])

    def word(self, parameter: Parameter, raw, file, location) -> str:
        if not isinstance(raw, str):
            self.report(file, location, "value.shape", name=parameter.name)
            return ""
        return raw

    def choice(self, parameter: Parameter, raw, file, location) -> str:
        if raw not in parameter.choices:
            self.unknown_word(file, location, "value.choice", str(raw), parameter.choices)
            return str(parameter.default)
        return raw

    def column(self, parameter: Parameter, raw, file, location) -> str:
        if raw not in SELECTABLE:
            self.unknown_word(file, location, "selector.column", str(raw), SELECTABLE)
        return str(raw)

    def pollutant_names(self, parameter: Parameter, raw, file, location) -> tuple[str, ...]:
        names = raw if isinstance(raw, list) else [raw]
        for k, name in enumerate(names):
            if name not in pollutants():
                self.unknown_word(file, (*location, k) if isinstance(raw, list) else location, "value.choice", str(name), tuple(pollutants()))
        return tuple(str(n) for n in names)

    def months(self, parameter: Parameter, raw, file, location) -> tuple[int, ...]:
        names = raw if isinstance(raw, list) else [raw]
        if not names or any(not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= 12 for k in names):
            self.report(file, location, "value.months")
            return ()
        return tuple(sorted(set(names)))

    def shares(self, parameter: Parameter, raw, file, location) -> dict[str, float]:
        if not isinstance(raw, dict) or not raw:
            self.report(file, location, "value.shape", name=parameter.name)
            return {}
        out = {}
        for key, text in raw.items():
            number = self.number(Parameter(key, "share", "", ""), text, file, (*location, key), None, None)
            if number is not None:
                out[str(key)] = number
        if len(out) == len(raw) and abs(math.fsum(out.values()) - 1.0) > SHARE_SUM_TOLERANCE:
            self.report(file, location, "shares.sum", total=f"{math.fsum(out.values()):.10g}")
        return out

    def same_work(self, mechanism: Mechanism, action: Action, location: Location, rows: np.ndarray, to: np.ndarray) -> None:
        """A move must conserve something: energy, t·km, vehicle-km, product. Checks the units on both sides."""
        if mechanism.name == "fuel_switch":
            for side, around in (("heating_value_from", rows), ("heating_value_to", to)):
                if side not in action.parameters and not all(units.same_kind(str(u), "GJ/yr") for u in self.inventory.text["unit"][around]):
                    self.report("plan", location, "action.heating_value", name=side, unit=self.activity_unit(around))
            sides = (rows,), (to,)
        else:
            sides = ((rows, to),) if "load" not in action.parameters else ((rows,), (to,))
        for side in sides:
            kinds = {units.to_base(str(u))[1]: str(u) for part in side for u in self.inventory.text["unit"][part]}
            if len(kinds) > 1:
                self.report("plan", location, "action.units_differ", units=" | ".join(kinds.values()))
        if "load" in action.parameters and not all(units.same_kind(str(u), "t km/yr") for u in self.inventory.text["unit"][to]):
            self.report("plan", (*location, "to"), "action.not_transport", unit=self.activity_unit(to))

    # -- relations

    def indices(self, names: Sequence[str]) -> frozenset[int]:
        return frozenset(self.names.index(n) for n in names if n in self.chosen)

    def combinations(self) -> list[Combination]:
        out = []
        for k, rule in enumerate(self.plan.combinations):
            where = ("combinations", k)
            efficiency = self.number(Parameter("efficiency", "share", "", ""), rule.efficiency, "plan", (*where, "efficiency"), None, None)
            if rule.pollutant not in pollutants():
                self.unknown_word("plan", (*where, "pollutant"), "value.choice", rule.pollutant, tuple(pollutants()))
            elif efficiency is not None and self.inventory and rule.pollutant in self.inventory.pollutants:
                out.append(Combination(frozenset(rule.devices), self.inventory.pollutants.index(rule.pollutant), efficiency))
        return sorted(out, key=lambda c: (c.pollutant, sorted(c.devices)))

    def overlaps(self, operations: Sequence[Operation]) -> list[Overlap]:
        touched = self.touched(operations)
        season = {op.measure for op in operations if isinstance(op, Scale) and op.months}
        out, seen = [], []
        for k, rule in enumerate(self.plan.overlaps):
            members = self.indices(rule.measures)
            if len(members) < 2:
                continue
            if rule.relation != "independent" and members & season:
                self.report("plan", ("overlaps", k), "overlap.season", measure=", ".join(self.names[m] for m in sorted(members & season)))
            for other in seen if rule.relation != "independent" else ():
                for m in sorted(members & other):
                    if any(touched[m] & touched[n] for n in members - {m}) and any(touched[m] & touched[n] for n in other - {m}):
                        common = set().union(*(touched[m] & touched[n] for n in members - {m})) & set().union(*(touched[m] & touched[n] for n in other - {m}))
                        if common:
                            self.report("plan", ("overlaps", k), "overlap.twice", measure=self.names[m])
            if rule.relation == "disjoint":
                self.fits(operations, members, ("overlaps", k))
            if rule.relation != "independent":
                seen.append(members)
            out.append(Overlap(members, rule.relation))
        return sorted(out, key=lambda o: (sorted(o.measures), o.relation))

    def touched(self, operations: Sequence[Operation]) -> dict[int, set[int]]:
        out: dict[int, set[int]] = {m: set() for m in range(len(self.names))}
        for op in operations:
            out[op.measure] |= set(op.rows.tolist())
        return out

    def cover(self, operations: Sequence[Operation], measure: int) -> np.ndarray:
        """Largest share of each row's units that a measure reaches [1]; its moves take different units."""
        moved = np.zeros(len(self.inventory))
        other = np.zeros(len(self.inventory))
        for op in operations:
            if op.measure == measure:
                share = np.broadcast_to(np.asarray(op.coverage, float).reshape(-1), op.rows.shape) if np.ndim(op.coverage) < 2 else op.coverage[:, 0]
                if isinstance(op, Move):
                    moved[op.rows] += share
                else:
                    other[op.rows] = np.maximum(other[op.rows], share)
        return np.maximum(moved, other)

    def fits(self, operations: Sequence[Operation], members: frozenset[int], location: Location) -> None:
        covers = {m: self.cover(operations, m) for m in members}
        together = sum(covers.values())
        several = sum((c > 0).astype(int) for c in covers.values()) > 1
        worst = int(np.argmax(np.where(several, together, 0.0)))
        if several.any() and together[worst] > 1.0 + EDGE:
            parts = ", ".join(f"{self.names[m]} {covers[m][worst]:.0%}" for m in sorted(members) if covers[m][worst] > 0)
            self.report("plan", location, "overlap.exceeds", row=str(self.inventory.ids[worst]), parts=parts, total=f"{together[worst]:.1%}")

    def exclusive(self, operations: Sequence[Operation]) -> None:
        touched = self.touched(operations)
        for k, rule in enumerate(self.plan.exclusive):
            members = sorted(self.indices(rule.measures))
            for i, m in enumerate(members):
                for n in members[i + 1 :]:
                    common = touched[m] & touched[n]
                    if common:
                        row = str(self.inventory.ids[min(common)])
                        self.report("plan", ("exclusive", k), "exclusive.both", first=self.names[m], second=self.names[n], row=row)

    def own_moves(self, operations: Sequence[Operation]) -> None:
        """The moves of one measure in one stage take different units of a row, so together they cannot take more than all of it."""
        for m, name in enumerate(self.names):
            for order in {op.order for op in operations if op.measure == m and isinstance(op, Move)}:
                moves = [op for op in operations if op.measure == m and isinstance(op, Move) and op.order == order]
                cover = self.cover(moves, m)
                worst = int(np.argmax(cover))
                if len(moves) > 1 and cover[worst] > 1.0 + EDGE:
                    self.report("plan", ("measures", name, KEY), "measure.moves_exceed", row=str(self.inventory.ids[worst]), total=f"{cover[worst]:.1%}")
