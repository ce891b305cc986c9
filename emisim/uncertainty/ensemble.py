"""Structural uncertainty: the verdicts of a scenario under other readings of its plan and with other factor sets.

members = the scenario as it is, and the scenario with the choices of a design changed
one_at_a_time: 1 + Σ_d n_d members        full: Π_d (1 + n_d) members        n_d : other choices on axis d

Kept apart from the spread of draws: a reading has no probability, so members are counted, never averaged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from emisim.case import Case, prepare
from emisim.ensemble import ALL, EnsembleDesign
from emisim.errors import BadInput, Fault, Reporter, nearest
from emisim.inventory import Inventory
from emisim.model import Label
from emisim.plan import Plan
from emisim.reading import Reading, read
from emisim.scenario import Scenario
from emisim.simulate import levels
from emisim.target import Target
from emisim.verdicts import MET, MISSED, Verdict, judge

SWITCHES, ALTERNATIVES, WORDING = "switches", "alternatives", "wording"
DEFAULT = "default"  # a factor set itself, none of its alternatives
MIXED = "mixed"  # several factor sets that do not all use the same
DIGITS = 12  # values that agree so far are one value
KEY = Reporter.KEY


@dataclass(frozen=True)
class Choice:
    """One place taken otherwise than the scenario takes it. kind : ``switches``, ``alternatives`` or ``wording``, the key of the
    scenario file; name : of the switch or factor set; value : what is taken."""

    kind: str
    name: str
    value: str


@dataclass(frozen=True)
class Axis:
    """A place that can be read in several ways: what the scenario takes, and the other choices."""

    taken: Choice
    others: tuple[Choice, ...]


@dataclass(frozen=True, eq=False)
class Member:
    """One reading and what it gives; numbers only.

    choices : what differs from the scenario, nothing in the first member. base, plan : pollutant → official total of the base
    year, and of the target year with the plan [t/yr]. verdicts : target on tonnes → its verdict. met, missed, unassessed : number
    of indicators and concentrations. fault : why this reading cannot be run; then all else is empty.
    """

    choices: tuple[Choice, ...]
    base: Mapping[str, float] = field(default_factory=dict)
    plan: Mapping[str, float] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    met: int = 0
    missed: int = 0
    unassessed: int = 0
    fault: Fault | None = None


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The members of a design, the scenario as it is first. targets : on tonnes, of any member. titles : choice → its meaning."""

    design: str
    base_year: int
    year: int
    axes: tuple[Axis, ...]
    targets: Mapping[str, Target]
    members: tuple[Member, ...]
    titles: Mapping[Choice, Label]

    @property
    def run(self) -> tuple[Member, ...]:
        """The members that could be run."""
        return tuple(m for m in self.members if m.fault is None)

    @property
    def pollutants(self) -> tuple[str, ...]:
        return tuple(self.members[0].base)


@dataclass(frozen=True, eq=False)
class Tally:
    """One target across the members that have it.

    readings, met, missed : number of members. lowest, highest : members that give the least and the largest value, None where
    there is no value. turned : the smallest sets of choices that turn the verdict of the scenario: those that miss the target
    where the scenario meets it or cannot say, those that meet it where the scenario misses it. turns_to : ``met`` or ``missed``.
    """

    id: str
    readings: int
    met: int
    missed: int
    lowest: Member | None
    highest: Member | None
    turned: tuple[Member, ...]
    turns_to: str


# ---------------------------------------------------------------- the design


def axes(design: EnsembleDesign, plan: Plan, reading: Reading, alternatives: Mapping[str, Sequence[str]]) -> tuple[Axis, ...]:
    """The axes that a design varies, in the order of the plan and of factors.csv; those without another choice are left out.

    Parameters
    ----------
    reading : what the scenario takes. alternatives : factor set → its alternatives.
    """
    switches = {name: switch.values for name, switch in plan.switches.items()}
    sets = {name: (DEFAULT, *known) for name, known in alternatives.items()}
    found = [_axis(SWITCHES, n, v, reading.values[n]) for n, v in _asked(design.switches, switches).items()]
    if design.alternatives != ALL:
        sets |= {key: _values(key, alternatives) for key in design.alternatives}
    found += [_axis(ALTERNATIVES, n, v, _in_use(n, reading, alternatives)) for n, v in _asked(design.alternatives, sets).items()]
    found.append(_axis(WORDING, WORDING, design.wording, reading.wording))
    return tuple(p for p in found if p.others)


def _asked(asked, known: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Name → values, each in the order it is known; what does not exist is left out."""
    names = {name: ALL for name in known} if asked == ALL else asked
    return {n: [v for v in values if names[n] == ALL or v in names[n]] for n, values in known.items() if n in names}


def sets_named(key: str, known: Iterable[str]) -> tuple[str, ...]:
    """The factor sets that a key names: one by its name, or all whose names begin with it: ``pig`` of ``pig-storage``."""
    names = tuple(known)
    return (key,) if key in names else tuple(n for n in names if n.startswith(f"{key}-"))


def _values(key: str, known: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What the factor sets of a key may use: themselves, and every alternative that one of them has."""
    return tuple(dict.fromkeys((DEFAULT, *(a for name in sets_named(key, known) for a in known[name]))))


def _in_use(key: str, reading: Reading, known: Iterable[str]) -> str:
    """What the factor sets of a key use; ``mixed`` where they differ."""
    used = {reading.alternatives.get(name, DEFAULT) for name in sets_named(key, known)}
    return used.pop() if len(used) == 1 else MIXED


def _axis(kind: str, name: str, values: Sequence[str], taken: str) -> Axis:
    return Axis(Choice(kind, name, taken), tuple(Choice(kind, name, v) for v in values if v != taken))


def count(design: str, found: Sequence[Axis]) -> int:
    """Number of members of a design."""
    if design == "full":
        return math.prod(1 + len(p.others) for p in found)
    return 1 + sum(len(p.others) for p in found)


def designed(design: str, found: Sequence[Axis]) -> Iterator[tuple[Choice, ...]]:
    """What differs in each member; nothing in the first."""
    if design == "full":
        for chosen in product(*((None, *p.others) for p in found)):
            yield tuple(c for c in chosen if c is not None)
    else:
        yield ()
        yield from ((c,) for p in found for c in p.others)


def check_ensemble(
    scenario: Scenario, plan: Plan, reading: Reading, alternatives: Mapping[str, Sequence[str]] | None, reporter: Reporter
) -> None:
    """Report what the ensemble of a scenario names and does not exist, and a design that is empty or too large.

    Parameters
    ----------
    alternatives : factor set → its alternatives; None if the inventory could not be read.
    """
    design = scenario.ensemble
    if design is None:
        return
    before = len(reporter.faults)
    for name, values in design.switches.items() if design.switches != ALL else ():
        here = ("ensemble", SWITCHES, name)
        if name not in plan.switches:
            reporter.unknown("scenario", (*here, KEY), "switch.unknown", name, plan.switches)
            continue
        for k, value in enumerate(values if values != ALL else ()):
            if value not in plan.switches[name].values:
                reporter.unknown("scenario", (*here, k), "switch.value", value, plan.switches[name].values)
    if alternatives is None:
        return
    _check_alternatives(design, alternatives, reporter)
    if len(reporter.faults) > before:
        return
    found = axes(design, plan, reading, alternatives)
    size = count(design.design, found)
    if not found:
        reporter.report("scenario", ("ensemble", KEY), "ensemble.empty")
    elif design.design == "full" and size > design.most:
        reporter.report("scenario", ("ensemble", KEY), "ensemble.too_many", count=size, most=design.most)


def _check_alternatives(design: EnsembleDesign, known: Mapping[str, Sequence[str]], reporter: Reporter) -> None:
    for name, values in design.alternatives.items() if design.alternatives != ALL else ():
        here = ("ensemble", ALTERNATIVES, name)
        if not sets_named(name, known):
            reporter.report("scenario", (*here, KEY), "ensemble.factor_set", name=name, near=nearest(name, known))
            continue
        words = _values(name, known)
        for k, value in enumerate(values if values != ALL else ()):
            if value not in words:
                said = {"alternative": value, "known": ", ".join(words), "near": nearest(value, words)}
                reporter.report("scenario", (*here, k), "scenario.alternative", name=name, **said)


# ---------------------------------------------------------------- the members


def read_as(case: Case, choices: Sequence[Choice], tables: Callable[[Reading], Inventory]) -> Case:
    """The same case with some places taken otherwise; all else stays as the scenario has it.

    Parameters
    ----------
    tables : the inventory with the alternatives of a reading, as its files have it.

    Raises
    ------
    BadInput
        The choices do not go together.
    """
    if not choices:
        return case
    turned = {c.name: c.value for c in choices if c.kind == SWITCHES}
    scenario = case.scenario.model_copy(update={"switches": {**case.scenario.switches, **turned}})
    reporter = Reporter(case.place)
    reading = read(scenario, case.plan, reporter)
    if reporter.faults:
        raise BadInput(reporter.faults)
    wording = next((c.value for c in choices if c.kind == WORDING), reading.wording)
    reading = replace(reading, wording=wording, alternatives=_alternatives(choices, reading, case.tables.alternatives))
    return prepare(scenario, case.plan, tables(reading), case.place, reading)


def _alternatives(choices: Sequence[Choice], reading: Reading, known: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Factor set → its alternative; the more exact name counts, and a set without the alternative stays as it is."""
    out = dict(reading.alternatives)
    for choice in sorted((c for c in choices if c.kind == ALTERNATIVES), key=lambda c: len(c.name)):
        for name in sets_named(choice.name, known):
            if choice.value == DEFAULT:
                out.pop(name, None)
            elif choice.value in known[name]:
                out[name] = choice.value
    return out


def evaluate(
    case: Case, tables: Callable[[Reading], Inventory], progress: Callable[[int, int], None] = lambda done, count: None
) -> Ensemble:
    """Judge every member of the ensemble of a scenario, one after the other.

    Parameters
    ----------
    tables : see ``read_as``. progress : told members done and all of them.

    Raises
    ------
    BadInput
        The scenario as it is cannot be run. Another member that cannot is kept with its fault.
    """
    design = case.scenario.ensemble or EnsembleDesign()
    found = axes(design, case.plan, case.reading, case.tables.alternatives)
    size, members = count(design.design, found), []
    for done, choices in enumerate(designed(design.design, found), start=1):
        members.append(_member(case, choices, tables))
        progress(done, size)
    mine = {n: t for n, t in case.scenario.all_targets(case.plan).items() if any(n in m.verdicts for m in members)}
    turned = [c for axis in found for c in (axis.taken, *axis.others) if c.kind == SWITCHES]
    titles = {c: case.plan.switches[c.name].option(c.value).title for c in turned}
    return Ensemble(design.design, case.scenario.base_year, case.scenario.target_year, found, mine, tuple(members), titles)


def _member(case: Case, choices: tuple[Choice, ...], tables: Callable[[Reading], Inventory]) -> Member:
    try:
        case = read_as(case, choices, tables)
        end = levels(case)
    except BadInput as bad:
        if not choices:
            raise
        return Member(choices, fault=bad.faults[0])
    official, names = ~case.inventory.memo, case.inventory.pollutants
    base, plan = (v[official].sum(axis=0).tolist() for v in (end.evidence.base, end.plan.emission[..., -1]))
    verdicts = judge(case.reading.targets, end.evidence)
    others = [v.verdict for v in verdicts if not case.reading.targets[v.id].on_tonnes]
    met, missed = others.count(MET), others.count(MISSED)
    return Member(
        choices=choices,
        base=dict(zip(names, base, strict=True)),
        plan=dict(zip(names, plan, strict=True)),
        verdicts={v.id: v for v in verdicts if case.reading.targets[v.id].on_tonnes},
        met=met,
        missed=missed,
        unassessed=len(others) - met - missed,
    )


# ---------------------------------------------------------------- what they say together


def all_met(member: Member) -> bool:
    """Whether a member misses no target on tonnes and meets one; what cannot be assessed is neither met nor missed."""
    said = [v.verdict for v in member.verdicts.values()]
    return MISSED not in said and MET in said


def tally(found: Ensemble, target: str) -> Tally:
    """One target across the members."""
    mine = [m for m in found.run if target in m.verdicts]
    said = [m.verdicts[target].verdict for m in mine]
    first = found.members[0].verdicts.get(target)
    turns_to = MET if first is not None and first.verdict == MISSED else MISSED
    turned = [m for m in mine if m.verdicts[target].verdict == turns_to]
    lowest, highest = extremes(mine, lambda m: m.verdicts[target].value)
    return Tally(target, len(mine), said.count(MET), said.count(MISSED), lowest, highest, _smallest(turned), turns_to)


def extremes(members: Sequence[Member], value: Callable[[Member], float | None]) -> tuple[Member | None, Member | None]:
    """The first member of the least value and the first of the largest; None where none has a value."""
    known = [(float(f"{v:.{DIGITS}g}"), m) for m in members if (v := value(m)) is not None]
    if not known:
        return None, None
    return min(known, key=lambda pair: pair[0])[1], max(known, key=lambda pair: pair[0])[1]


def _smallest(members: Sequence[Member]) -> tuple[Member, ...]:
    """Members without those whose choices hold all of another's."""
    sets = [frozenset(m.choices) for m in members]
    return tuple(m for m, mine in zip(members, sets, strict=True) if not any(other < mine for other in sets))


def by_choice(found: Ensemble) -> dict[Choice, tuple[Member, ...]]:
    """Every choice on every axis, the scenario's own first → the members that take it: in a full design, what decides."""
    out = {}
    for axis in found.axes:
        others = set(axis.others)
        out[axis.taken] = tuple(m for m in found.run if not others & set(m.choices))
        out |= {c: tuple(m for m in found.run if c in m.choices) for c in axis.others}
    return out
