"""What is uncertain in a case: every figure with a range, and what it shares its random number with.

A figure stands alone, or is drawn together with all of its correlation group. One variable are also the years of a growth driver, a
number that a measure writes down in several of its actions, all numbers that say how far one measure is carried out, and the share
that a wording stands for, in all measures with that wording.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from emisim.binding import bind_again
from emisim.case import Case, activity_after_growth
from emisim.distribution import FIXED, Correlation, Distribution, parsed
from emisim.errors import Location, Place, Reporter
from emisim.inventory import Inventory, Records
from emisim.mechanism import Parameter
from emisim.model import Value, as_value
from emisim.parameter import WORDING, ParameterReader
from emisim.units import read
from emisim.vocabulary import pollutants, wordings

ACTIVITY, FACTOR, GROWTH, PARAMETER, COMBINATION, INDICATOR = (
    "activity", "factor", "growth", "parameter", "combination", "indicator",
)  # fmt: skip
ADOPTION = "adoption"
Words = Mapping[str, object]


@dataclass(frozen=True)
class Uncertain:
    """One figure that is not known exactly.

    id : ``activity:<source>``, ``factor:<set>:<pollutant>``, ``growth:<driver>:<year>``, ``<measure>.<parameter>``,
        ``state:<state>.ceiling``, ``combination:<number>``, ``<target>.load`` and ``.base``. variable : what is drawn for it: its
        correlation group, or its own.
    at : where its value goes: (row,); (kind, …, pollutant); (driver, year); (file, location), …; (number of the combination,); (target,
        figure).
    shown : the figure with its range as written. label, words : its name, as a message key and what stands in it.
    """

    id: str
    kind: str
    at: tuple
    distribution: Distribution
    variable: str
    shown: str
    label: str
    words: Words = field(default_factory=dict)
    place: Place = Place()
    grade: str = ""
    source: str = ""

    @property
    def own(self) -> str:
        """What it is drawn with at least: the years of a driver are one."""
        return f"growth:{self.at[0]}" if self.kind == GROWTH else self.id


@dataclass(frozen=True)
class Inputs:
    """The uncertain figures of a case in the order of their ids, and the correlations between their variables. certain : kind →
    how many figures have no range. known : names of variables that the files have, also where this case does not draw them."""

    figures: tuple[Uncertain, ...]
    correlations: tuple[Correlation, ...]
    certain: Mapping[str, int]
    known: frozenset[str] = frozenset()

    @property
    def variables(self) -> Mapping[str, tuple[int, ...]]:
        """Variable → positions of the figures drawn with it, in the order of the names."""
        found: dict[str, list[int]] = {}
        for k, figure in enumerate(self.figures):
            found.setdefault(figure.variable, []).append(k)
        return {name: tuple(found[name]) for name in sorted(found)}


def uncertain_inputs(case: Case) -> Inputs:
    """Every figure of a case that has a range."""
    inventory = case.tables
    every = [*_parameters(case), *_combinations(case), *_indicators(case)]
    records = inventory.records
    if records is not None:
        every += [*_activities(inventory, records), *_factors(inventory, records), *_growth(inventory, records)]
    figures = tuple(sorted((f for f in every if not f.distribution.fixed), key=lambda f: f.id))
    certain = {
        kind: sum(f.kind == kind and f.distribution.fixed for f in every) for kind in (ACTIVITY, FACTOR, GROWTH, PARAMETER)
    }
    correlations = (*(records.correlations if records else ()), *plan_correlations(case))
    known = _plan_variables(case)
    if records is not None and records.correlations:
        known |= records.names | {f"activity:{name}" for name in inventory.ids.tolist()}
    return Inputs(figures, tuple(sorted(correlations, key=lambda c: (c.first, c.second))), certain, known)


def plan_correlations(case: Case) -> tuple[Correlation, ...]:
    """The rank correlations that the plan declares."""
    return tuple(
        Correlation(
            *sorted((c.first, c.second)), float(c.rank_correlation), case.place("plan", ("correlations", k)), c.grade, c.source
        )
        for k, c in enumerate(case.plan.correlations)
    )


def _plan_variables(case: Case) -> frozenset[str]:
    """Names of the variables that the plan, and the scenario's changes of it, can have in any reading."""
    names = {f"{WORDING}:{word}" for word in wordings()} | {f"state:{name}.ceiling" for name in case.plan.states}
    figures = [state.ceiling.correlation_group for state in case.plan.states.values()]
    for name, measure in case.plan.measures.items():
        for action in measure.actions:
            names |= {f"{name}.{word}" for word in (*action.parameters, ADOPTION)}
            figures += [raw.get("correlation_group", "") for raw in action.parameters.values() if isinstance(raw, dict)]
    for name, target in case.scenario.all_targets(case.plan).items():
        given = [getattr(target.indicator, word, None) for word in ("load", "base")]
        names |= {f"{name}.load", f"{name}.base"} if any(given) else set()
        figures += [value.correlation_group for value in given if value is not None]
    return frozenset(names | set(figures) - {""})


def _activities(inventory: Inventory, records: Records) -> Iterator[Uncertain]:
    text = inventory.text
    for i, name in enumerate(inventory.ids.tolist()):
        value, low, high = records.activity[i].tolist()
        shape = text["distribution"][i] or FIXED
        yield Uncertain(
            id=f"activity:{name}",
            kind=ACTIVITY,
            at=(i,),
            distribution=Distribution(value, low, high, shape, parsed(text["probabilities"][i]), least=0.0),
            variable=str(text["correlation_group"][i]) or f"activity:{name}",
            shown=_shown(text["activity"][i], text["low"][i], text["high"][i], text["unit"][i]),
            label="uncertain.activity",
            words={"name": {"zh": text["name_zh"][i], "en": text["name_en"][i]}},
            place=Place(f"{records.folder}/sources.csv", int(records.line[i])),
            grade=str(text["grade"][i]),
            source=str(text["source"][i]),
        )


def _factors(inventory: Inventory, records: Records) -> Iterator[Uncertain]:
    """One a factor set and pollutant, for all sources that use the set. Where the activity is nitrogen in the manure chain, no
    more can be lost than is there."""
    chained = {int(records.kind[i]) for i in range(len(inventory)) if inventory.upstream[i] >= 0}
    chained |= {int(records.kind[i]) for i in inventory.upstream[inventory.upstream >= 0]}
    kinds: dict[str, list[int]] = {}
    for kind, name in enumerate(records.factor_set):
        kinds.setdefault(name, []).append(kind)
    for name, mine in kinds.items():
        for pollutant, row in records.factors[mine[0]].items():
            figure, record = row.factor, row.record
            share = pollutants()[pollutant].nitrogen_share
            if share > 0 and chained & set(mine):
                figure = replace(figure, most=1.0 / share)
            yield Uncertain(
                id=f"factor:{name}:{pollutant}",
                kind=FACTOR,
                at=(*mine, pollutant),
                distribution=figure,
                variable=record.group or f"factor:{name}:{pollutant}",
                shown=_shown(record.text, record.low, record.high, record.unit),
                label="uncertain.factor",
                words={"pollutant": pollutant, "set": name},
                place=Place(f"{records.folder}/factors.csv", record.line),
                grade=record.grade,
                source=record.source,
            )


def _growth(inventory: Inventory, records: Records) -> Iterator[Uncertain]:
    """The index of every year but the base year, which is 1 by definition."""
    for (driver, year), row in records.growth.items():
        if driver in inventory.growth and year != inventory.base_year:
            record = row.record
            yield Uncertain(
                id=f"growth:{driver}:{year}",
                kind=GROWTH,
                at=(driver, year),
                distribution=row.index,
                variable=record.group or f"growth:{driver}",
                shown=_shown(record.text, record.low, record.high, ""),
                label="uncertain.growth",
                words={"driver": driver, "year": year},
                place=Place(f"{records.folder}/growth.csv", record.line),
                grade=record.grade,
                source=record.source,
            )


def _shown(value: str, low: str, high: str, unit: str) -> str:
    """A figure with its range in the words of its file."""
    span = f" ({low}–{high})" if low and high else ""
    return f"{value}{span} {unit}".strip()


def _combinations(case: Case) -> Iterator[Uncertain]:
    """Tabulated efficiencies of devices together, triangular between their ends."""
    for k, rule in enumerate(case.plan.combinations):
        if rule.low is not None and rule.high is not None:
            numbers = [read(end, "share") for end in (rule.efficiency, rule.low, rule.high)]
            yield Uncertain(
                id=f"combination:{k}",
                kind=COMBINATION,
                at=(k,),
                distribution=Distribution(*numbers, "triangular", (), 0.0, 1.0),
                variable=f"combination:{k}",
                shown=_shown(str(rule.efficiency), str(rule.low), str(rule.high), ""),
                label="uncertain.combination",
                words={"devices": ", ".join(rule.devices)},
                place=case.place("plan", ("combinations", k, "efficiency")),
                grade=rule.grade or "",
                source=rule.source,
            )


def _indicators(case: Case) -> Iterator[Uncertain]:
    """Figures that indicators bring themselves: a load, a share of the base year."""
    for name, target in case.reading.targets.items():
        for field_, dimension, most in (("load", "load", math.inf), ("base", "share", 1.0)):
            given = getattr(target.indicator, field_, None)
            if given is not None:
                file = "scenario" if name in case.scenario.targets else "plan"
                place = ("targets", name, "indicator", field_)
                parameter = Parameter(field_, dimension, "", "", 0.0, most)
                figure = ParameterReader(Reporter(case.place)).figure(parameter, given, file, place)
                yield Uncertain(
                    id=f"{name}.{field_}",
                    kind=INDICATOR,
                    at=(name, field_),
                    distribution=figure,
                    variable=given.correlation_group or f"{name}.{field_}",
                    shown=_shown(*(str(v or "") for v in (given.value, given.low, given.high)), ""),
                    label="uncertain.indicator.load" if field_ == "load" else "uncertain.indicator.base",
                    words={"title": {"zh": target.title.zh, "en": target.title.en}},
                    place=case.place(file, place),
                    grade=given.grade or "",
                    source=given.source,
                )


@dataclass(frozen=True)
class _Written:
    """A number of a parameter and where it stands."""

    figure: Distribution
    parameter: Parameter
    measure: str
    raw: object
    file: str
    location: Location


def _by_wording(one: _Written) -> bool:
    """Whether a number is that of the scale of wordings."""
    return Value.model_validate(as_value(one.raw)).value == WORDING


def _parameters(case: Case) -> Iterator[Uncertain]:
    """Numbers of the measures that run, and the ceilings of their states."""
    found: dict[tuple[str, Location], _Written] = {}

    def collect(number, parameter: Parameter, measure: str, raw, file: str, location: Location):
        if isinstance(number, Distribution) and _in_force(case, location):
            found.setdefault((file, location), _Written(number, parameter, measure, raw, file, location))
        return number

    scenario, inventory = case.scenario, case.inventory
    activity = activity_after_growth(scenario, inventory)
    bind_again(case.bound, scenario, case.plan, case.reading, inventory, activity, collect)
    names: dict[str, dict[tuple, list[_Written]]] = {}
    for key in sorted(found, key=str):
        one = found[key]
        name = (
            f"state:{one.location[1]}.{one.parameter.name}"
            if one.location[0] == "states"
            else f"{one.measure}.{one.parameter.name}"
        )
        given = Value.model_validate(as_value(one.raw))
        names.setdefault(name, {}).setdefault((one.figure, given.correlation_group), []).append(one)
    firsts = [places[0] for different in names.values() for places in different.values()]
    adopted = Counter(one.measure for one in firsts if one.parameter.role == ADOPTION and not _by_wording(one))
    for name, different in sorted(names.items()):
        for number, ((figure, group), places) in enumerate(different.items(), start=1):
            own = name if len(different) == 1 else f"{name}#{number}"
            one = places[0]
            if _by_wording(one):  # what a word means is one figure, of the scale, wherever it stands
                group = group or f"{WORDING}:{case.plan.measures[one.measure].wording}"
            elif one.parameter.role == ADOPTION and adopted[one.measure] > 1:  # carried out well, or badly, as a whole
                group = group or f"{one.measure}.{ADOPTION}"
            yield _parameter(case, own, figure, group or own, places, len(different) > 1)


def _in_force(case: Case, location: Location) -> bool:
    """Whether the action that a number of the plan stands in belongs to the reading taken."""
    if location[0] != "measures":
        return True
    return case.reading.holds(case.plan.measures[location[1]].actions[location[3]].when)


def _rows(case: Case, location: Location) -> str:
    """The words by which an action selects its rows."""
    if location[0] != "measures":
        return ""
    selector = case.plan.measures[location[1]].actions[location[3]].applies_to or ()
    return ", ".join(dict.fromkeys(value for mapping in selector for allowed in mapping.values() for value in allowed))


def _parameter(case: Case, name: str, figure: Distribution, variable: str, places: list[_Written], several: bool) -> Uncertain:
    """A number of a measure; where ``several`` of its actions have their own, with the rows it is for."""
    one = places[0]
    given = Value.model_validate(as_value(one.raw))
    measure = case.plan.measures[one.measure]
    title = {"zh": measure.title.zh, "en": measure.title.en}
    words: dict[str, object] = {"measure": one.measure, "title": title, "words": {"zh": one.parameter.zh, "en": one.parameter.en}}
    label, shown = "uncertain.parameter", _shown(*(str(v or "") for v in (given.value, given.low, given.high)), "")
    rows = _rows(case, one.location) if several else ""
    if rows:
        label, words = "uncertain.parameter.rows", words | {"rows": rows}
    if given.value == WORDING:
        scale = wordings()[measure.wording]
        label, words = "uncertain.wording", words | {"strength": {"zh": scale.zh, "en": scale.en}}
        shown = _shown(*(f"{100 * v:g} %" for v in (scale.central, scale.low, scale.high)), "")
    if one.location[0] == "states":
        state = case.plan.states[str(one.location[1])].title
        label, words = "uncertain.state", {"state": {"zh": state.zh, "en": state.en}}
    return Uncertain(
        id=name,
        kind=PARAMETER,
        at=tuple((w.file, w.location) for w in places),
        distribution=figure,
        variable=variable,
        shown=shown,
        label=label,
        words=words,
        place=case.place(one.file, (*one.location, "value") if isinstance(one.raw, dict) else one.location),
        grade=given.grade or ("E" if given.value == WORDING else ""),
        source=given.source,
    )
