"""Back-casting: how far a measure must go for a target to be just met.

find x with  value(the measure at x, all else as in the scenario) = required

x is a parameter of the measure, the day from which it is whole, or one factor on the adoption of all its parts. The range of x
is sampled first, so that a curve that turns is seen; then the place next to the present value where the target turns from
missed to met is found by Brent's method, a day by halving.
Source: Brent 1973, see ``emisim.root``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from emisim import units
from emisim.adoption import Required, can_be_solved, largest_factor, reach
from emisim.binding import BoundPlan
from emisim.case import Case
from emisim.crediting import projects
from emisim.errors import BadInput, Fault, Place, fault, nearest
from emisim.indicator import Activities
from emisim.kernel import run
from emisim.ledger import attribute
from emisim.measure import Adjustment
from emisim.mechanism import Parameter
from emisim.mechanisms import MECHANISMS
from emisim.parameter import WORDING
from emisim.periods import end_state
from emisim.program import Base, Program
from emisim.reading import Change, Reading, measures_named
from emisim.root import root
from emisim.schedule import Schedule
from emisim.simulate import CLOSURE, levels
from emisim.verdicts import MET, NOT_ASSESSABLE, Evidence, Verdict, judge

DATE, FACTOR = "date", "factor"
REACHED, SPARE, NEVER, ALWAYS, NO_EFFECT = "reached", "spare", "never", "always", "no_effect"
AT_LEAST, AT_MOST = "at_least", "at_most"
SAMPLES = 11
OPEN = 10.0  # how far a parameter that is no share is followed: this many times its present value
LAST_YEARS = 10  # years after the target up to which a date is looked for
PRECISE = 1e-12
DIGITS = 9  # significant digits that a search finds alike on every machine
HALVINGS = 30


@dataclass(frozen=True)
class Backcast:
    """How far a measure must go.

    measures : the measure, or the parts of the item, that are varied together. unit : of ``present``, ``needed``, ``least`` and
    ``most``, as the plan writes it; empty for a date and a factor. present : the different values its actions have now. needed :
    what just meets the target if all have it, None where nothing in the range does or everything. direction : ``at_least`` or
    ``at_most``. outcome : ``reached`` (missed now, met from ``needed`` on), ``spare`` (met now, and up to ``needed``), ``never``
    or ``always`` met in the range, ``no_effect``. least, most : the range that was searched. now : the verdict as it is.
    at_needed, at_least, at_most : value of the target there, in its own unit. adoption : for a factor, the share of units that
    each part reaches.
    """

    measures: tuple[str, ...]
    vary: str
    target: str
    unit: str
    present: tuple[float | date, ...]
    needed: float | date | None
    direction: str
    outcome: str
    least: float | date
    most: float | date
    now: Verdict
    at_needed: float | None
    at_least: float
    at_most: float
    adoption: Required | None = None


@dataclass(frozen=True, eq=False)
class _Line:
    """One number that is varied in some measures. verdict : number → what the target says, None where the plan cannot be so."""

    measures: tuple[str, ...]
    unit: str
    present: tuple[float, ...]
    least: float
    most: float
    verdict: Callable[[float], Verdict | None]
    days: bool = False

    @property
    def centre(self) -> float:
        """The present value, or the mean of several."""
        mean = math.fsum(self.present) / len(self.present)
        return round(mean) if self.days else mean


def backcast(
    case: Case, measure: str, vary: str, target: str, place: Callable[[str], Place] = lambda option: Place(f"--{option}")
) -> Backcast:
    """Find what a measure must be for a target to be just met.

    Parameters
    ----------
    measure : id of a measure, or of an item with all its parts.
    vary : a parameter of its actions that is a number, or ``date`` or ``factor``; see ``can_vary``.
    target : id of a target that can be assessed.
    place : ``measure``, ``vary`` or ``target`` → where it was asked for, for messages.

    Raises
    ------
    BadInput
        A name that is not known, a measure that does not run, or a target that cannot be assessed.
    """
    names, faults = _parts(case, measure, place)
    known = can_vary(case, names)
    if names and vary not in known:
        faults.append(_unknown("question.vary", place("vary"), vary, known, measure=measure))
    if target not in case.reading.targets:
        faults.append(_unknown("question.target", place("target"), target, tuple(case.reading.targets)))
    if faults:
        raise BadInput(faults)
    levels(case)  # says what is wrong with the scenario itself
    now = _verdict(case, target, case.reading, case.bound, *_arrays(case, case.bound))
    if now is None or now.verdict == NOT_ASSESSABLE:
        raise BadInput([fault("question.not_assessable", place("target"), target=target)])
    line = {DATE: _days, FACTOR: _factors}.get(vary, _numbers)(case, names, vary, target)
    found = _search(line, now)
    if found is None:
        raise BadInput([fault("question.nowhere", place("vary"), measure=measure, vary=vary)])
    return replace(_told(found, line), vary=vary, adoption=_adoption(case, found) if vary == FACTOR else None)


def can_vary(case: Case, names: Sequence[str]) -> tuple[str, ...]:
    """What can be varied: parameters of the actions that are numbers; ``date``; ``factor``, where adoption is a share of units."""
    levers = [case.bound.names.index(n) for n in names]
    dated = bool(levers) and all(case.bound.measures[m].schedule is not None for m in levers)
    operations = [op for op in case.bound.operations if op.measure in levers]
    scaled = bool(operations) and can_be_solved(_arrays(case, case.bound)[1], levers)
    words = sorted({word for name, word in case.bound.values if name in names})
    return (*words, *((DATE,) if dated else ()), *((FACTOR,) if scaled else ()))


def _parts(case: Case, measure: str, place: Callable[[str], Place]) -> tuple[tuple[str, ...], list[Fault]]:
    """The measures that run under an id, and what is wrong with it."""
    named = measures_named(measure, case.plan)
    if not named:
        return (), [fault("plan.measure", place("measure"), word=measure, near=nearest(measure, case.plan.measures))]
    running = tuple(n for n in named if n in case.bound.names)
    return running, [] if running else [fault("question.idle", place("measure"), measure=measure)]


def _unknown(key: str, place: Place, word: str, known: Sequence[str], **values) -> Fault:
    return fault(key, place, word=word, near=nearest(word, known), known=", ".join(known) or "-", **values)


def _arrays(case: Case, bound: BoundPlan) -> tuple[Base, Program]:
    return case.arrays(end_state(case.scenario.base_year, case.scenario.target_year), bound)


# ---------------------------------------------------------------- what the target says


def _verdict(case: Case, target: str, reading: Reading, bound: BoundPlan, base: Base, program: Program) -> Verdict | None:
    """The verdict on one target, without more of a run than it needs; None if it has no value, or an emission were below zero."""
    asked, inventory = case.reading.targets[target], case.inventory
    years = tuple(range(case.scenario.base_year, case.scenario.target_year + 1))
    plan = run(base, program)
    if (plan.emission < -CLOSURE).any():
        return None
    reference = run(base, program, np.zeros(program.measures)) if asked.kind in ("creditable", "indicator") else plan
    lines = ()
    if asked.kind == "creditable":
        lines = projects(
            bound.names, bound.measures, inventory.pollutants, attribute(base, program), reference.emission, ~inventory.memo,
            reading.all_accountable, years.index(asked.year),
        )  # fmt: skip
    activities = Activities(inventory, bound, years, reference.activity, plan.activity, program.phase)
    evidence = Evidence(inventory, years, inventory.emission(), plan.emission, {asked.year: lines}, activities)
    found = judge({target: asked}, evidence)[0]
    return None if found.value is None else found


def _in_reading(case: Case, target: str, reading: Reading) -> Verdict | None:
    """The verdict in another reading of the plan; None where that cannot be."""
    try:
        bound = case.bind(reading)
        return _verdict(case, target, reading, bound, *_arrays(case, bound))
    except BadInput:
        return None


def _slack(found: Verdict) -> float:
    """Value less what is required: on one side of 0 a target is met, on the other it is missed."""
    return found.value - found.required


# ---------------------------------------------------------------- what is varied


def _numbers(case: Case, names: Sequence[str], vary: str, target: str) -> _Line:
    """A parameter, in the unit in which the plan writes it."""
    written = [(n, *w) for n in names for w in _written(case, n, vary)]
    mine = tuple(dict.fromkeys(n for n, *_ in written))
    _, parameter, unit, per_unit, _ = written[0]
    present = tuple(dict.fromkeys(_digits(value / per_unit) for *_, value in written))
    far = math.inf if parameter.dimension == "share" else OPEN * (max(map(abs, present)) or 1.0)
    least, most = max(parameter.least / per_unit, -far), min(parameter.most / per_unit, far)

    def verdict(number: float) -> Verdict | None:
        return _in_reading(case, target, _with_parameter(case.reading, mine, vary, f"{number!r} {unit}".strip()))

    return _Line(mine, unit, present, least, most, verdict)


def _written(case: Case, name: str, vary: str) -> list[tuple[Parameter, str, float, float]]:
    """(parameter, unit as written, canonical value of one such unit, canonical value) of each action of a measure that has it."""
    out = []
    measure = case.reading.measures[name]
    changes = [c.adjustment.parameters for c in case.reading.changes.get(name, ())]
    for action in (a for a in measure.actions if case.reading.holds(a.when)):
        parameter = MECHANISMS[action.mechanism].parameter(vary)
        alone = replace(case.reading, measures={name: measure.model_copy(update={"actions": (action,)})})
        value = case.bind(alone).values.get((name, vary)) if parameter else None
        if value is None:
            continue
        raw = next((c[vary] for c in [*reversed(changes), action.parameters] if vary in c), None)
        text = raw.get("value") if isinstance(raw, dict) else getattr(raw, "value", raw)
        if parameter.dimension == "share" or text == WORDING:
            out.append((parameter, "%", 0.01, value))
        elif not isinstance(text, str):
            out.append((parameter, "", 1.0, value))
        else:
            number, unit = units.split(text)
            one = _with_parameter(alone, (name,), vary, f"1 {unit}".strip())
            out.append((parameter, unit, value / number if number else case.bind(one).values[name, vary], value))
    return out


def _with_parameter(reading: Reading, names: Sequence[str], vary: str, text: str) -> Reading:
    """The reading with a parameter of some measures changed."""
    change = Change("scenario", ("adjust",), Adjustment(parameters={vary: text}))
    return replace(reading, changes={**reading.changes, **{n: (*reading.changes.get(n, ()), change) for n in names}})


def _days(case: Case, names: Sequence[str], vary: str, target: str) -> _Line:
    """The day from which a measure is whole; it begins when it did, or on that day if that is earlier."""
    running = case.reading.measures
    schedules = {n: running[n].schedule for n in names}
    present = tuple(dict.fromkeys(s.complete.toordinal() for s in schedules.values()))
    first = date(case.scenario.base_year + 1, 1, 1).toordinal()
    last = date(case.reading.targets[target].year + LAST_YEARS, 12, 31).toordinal()

    base, program = _arrays(case, case.bound)
    periods = end_state(case.scenario.base_year, case.scenario.target_year)

    def verdict(day: float) -> Verdict | None:  # what a measure does stays; only its phase is another
        moved = {n: running[n].model_copy(update={"schedule": _whole_on(s, int(day))}) for n, s in schedules.items()}
        reading = replace(case.reading, measures={**running, **moved})
        bound = replace(case.bound, measures=tuple(reading.measures[n] for n in case.bound.names))
        return _verdict(case, target, reading, bound, base, replace(program, phase=periods.phase(bound.measures)))

    return _Line(tuple(names), "", present, min(first, *present), max(last, *present), verdict, days=True)


def _whole_on(schedule: Schedule, day: int) -> Schedule:
    """A schedule that is complete on another day; a curve keeps its form."""
    end = date.fromordinal(day)
    if schedule.curve:
        later = timedelta(days=day - schedule.complete.toordinal())
        return schedule.model_copy(update={"curve": tuple((at + later, share) for at, share in schedule.curve)})
    if schedule.at:
        return schedule.model_copy(update={"at": end})
    return schedule.model_copy(update={"end": end, "start": schedule.start and min(schedule.start, end)})


def _factors(case: Case, names: Sequence[str], vary: str, target: str) -> _Line:
    """One factor on the adoption of all parts, up to where one of them reaches all units of a row."""
    levers, at = [case.bound.names.index(n) for n in names], case.reading.targets[target].year - case.scenario.base_year
    base, program = _arrays(case, case.bound)
    most = largest_factor(program, levers, at)

    def verdict(factor: float) -> Verdict | None:
        on = np.ones(len(case.bound.names))
        on[levers] = factor
        return _verdict(case, target, case.reading, case.bound, base, replace(program, phase=program.phase * on[:, None]))

    return _Line(tuple(names), "", (1.0,), 0.0, max(most, 1.0), verdict)


def _adoption(case: Case, found: Backcast) -> Required:
    """The share of units that each part reaches now and at the factor that was found [1]."""
    program, at = _arrays(case, case.bound)[1], found.now.year - case.scenario.base_year
    planned = tuple(float(reach(program, case.bound.names.index(n), len(case.inventory), at).max()) for n in found.measures)
    needed = () if found.needed is None else tuple(found.needed * p for p in planned)
    return Required(found.target, found.measures, planned, needed, found.needed)


# ---------------------------------------------------------------- the search


def _search(line: _Line, now: Verdict) -> Backcast | None:
    """Where the target turns from missed to met next to the present value; None if the plan can be so nowhere."""
    if not (points := _sampled(line)):
        return None
    (least, low), *_, (most, high) = points if len(points) > 1 else points * 2
    found = Backcast(
        line.measures, "", now.id, line.unit, line.present, None, "", NO_EFFECT, least, most, now, None, low.value, high.value
    )
    values = [v.value for _, v in points]
    if max(values) - min(values) <= PRECISE * max(1.0, abs(max(values, key=abs))):
        return found
    turns = [pair for pair in zip(points, points[1:], strict=False) if len({v.verdict for _, v in pair}) > 1]
    if not turns:
        return replace(found, outcome=ALWAYS if low.verdict == MET else NEVER)
    near = min(turns, key=lambda pair: max(pair[0][0] - line.centre, line.centre - pair[1][0], 0.0))
    missed, met = sorted(near, key=lambda point: point[1].verdict == MET)
    needed, at = _turn(line, missed, met)
    return replace(
        found,
        needed=needed,
        at_needed=at.value,
        direction=AT_LEAST if met[0] > missed[0] else AT_MOST,
        outcome=SPARE if now.verdict == MET else REACHED,
    )


def _sampled(line: _Line) -> list[tuple[float, Verdict]]:
    """(number, verdict) over the part of the range, around the present value, in which the plan can be so."""
    grid = np.linspace(line.least, line.most, SAMPLES).tolist()
    grid = sorted({*(map(round, grid) if line.days else grid), line.centre})
    found = {x: line.verdict(x) for x in grid}
    possible = [k for k, x in enumerate(grid) if found[x] is not None]
    if not possible:
        return []
    low = high = min(possible, key=lambda k: abs(grid[k] - line.centre))
    while low - 1 in possible:
        low -= 1
    while high + 1 in possible:
        high += 1
    points = [(x, found[x]) for x in grid[low : high + 1]]
    if low:
        points = [_edge(line, points[0], grid[low - 1]), *points]
    if high < len(grid) - 1:
        points = [*points, _edge(line, points[-1], grid[high + 1])]
    return points


def _edge(line: _Line, inside: tuple[float, Verdict], outside: float) -> tuple[float, Verdict]:
    """The last number towards ``outside`` with which the plan can be so."""
    for _ in range(HALVINGS):
        middle = _between(line, inside[0], outside)
        if middle in (inside[0], outside):
            break
        found = line.verdict(middle)
        inside, outside = ((middle, found), outside) if found is not None else (inside, middle)
    return inside


def _between(line: _Line, one: float, other: float) -> float:
    return (one + other) // 2 if line.days else (one + other) / 2


def _turn(line: _Line, missed: tuple[float, Verdict], met: tuple[float, Verdict]) -> tuple[float, Verdict]:
    """The number between two at which a target is just met, and the verdict there."""
    if not line.days and _slack(missed[1]) * _slack(met[1]) < 0:
        slack = (_slack(missed[1]), _slack(met[1]))
        turn = root(lambda x: _slack(line.verdict(x) or missed[1]), missed[0], met[0], *slack, PRECISE)
        step = (met[0] - missed[0]) * 10.0**-DIGITS
        for x in (_digits(turn), *(_digits(turn + step * 10.0**k) for k in range(DIGITS))):
            found = line.verdict(x)
            if found is not None and found.verdict == MET:
                return x, found
    for _ in range(HALVINGS):
        middle = _between(line, missed[0], met[0])
        if middle in (missed[0], met[0]):
            break
        found = line.verdict(middle)
        if found is not None and found.verdict == MET:
            met = middle, found
        else:
            missed = middle, found
    return met


def _digits(number: float) -> float:
    """A number with the digits that a search finds alike on every machine."""
    return float(f"{number:.{DIGITS}g}") + 0.0


def _told(found: Backcast, line: _Line) -> Backcast:
    """Days as dates."""
    if not line.days:
        return found
    told = {n: date.fromordinal(v) for n in ("least", "most", "needed") if (v := getattr(found, n)) is not None}
    return replace(found, **told, present=tuple(map(date.fromordinal, found.present)))
