"""An ensemble: its targets, totals and members as tables in Chinese or English."""

from __future__ import annotations

from collections.abc import Sequence

from emisim.report.tables import Table, percent, tonnes, verdict_word
from emisim.text import say
from emisim.uncertainty.ensemble import (
    ALTERNATIVES,
    WORDING,
    Choice,
    Ensemble,
    Member,
    Tally,
    all_met,
    by_choice,
    extremes,
    tally,
)
from emisim.verdicts import MET, NOT_ASSESSABLE, Verdict

MOST_NAMED = 6


def choice_text(choice: Choice, language: str) -> str:
    """A choice as it is written elsewhere: ``switch=value``, ``factor-set~alternative``."""
    if choice.kind == ALTERNATIVES:
        return f"{choice.name}~{choice.value}"
    if choice.kind == WORDING:
        return say("table.ensemble.wording", language, level=say(f"table.ensemble.{choice.value}", language))
    return f"{choice.name}={choice.value}"


def member_text(member: Member, language: str) -> str:
    """What differs in a member."""
    return " + ".join(choice_text(c, language) for c in member.choices) or say("table.ensemble.as_is", language)


def targets(found: Ensemble, language: str) -> Table:
    """One line a target on tonnes: what the scenario says, in how many readings it is met, its lowest and highest value."""
    rows = []
    for name, target in found.targets.items():
        counted = tally(found, name)
        first = found.members[0].verdicts.get(name)
        said = "–" if first is None else f"{_value(first)} {verdict_word(first, language)}"
        required = dict.fromkeys(_required(m.verdicts[name]) for m in found.run if name in m.verdicts)
        ends = (_end(counted.lowest, name, language), _end(counted.highest, name, language))
        texts = (_counted(counted, language), *ends, _turned(counted, language), target.title.text(language))
        rows.append((name, " | ".join(required), said, *texts))
    words = ("target", "required", "as_is", "met", "lowest", "highest", "turned", "title")
    title = say("table.ensemble.targets", language, count=len(found.run), year=found.year)
    wide = frozenset({4, 5, 6, 7})
    return Table(title, _header(words, language), tuple(rows), frozenset({1, 3}), wide, _together(found, language))


def totals(found: Ensemble, language: str) -> Table:
    """One line a pollutant: the plan's total in the target year as the scenario is, and the lowest and highest of all."""
    rows = []
    for pollutant in found.pollutants:

        def cell(member: Member, pollutant: str = pollutant) -> str:
            return f"{_total(member, pollutant)} ({_change(member, pollutant)})"

        ends = extremes(found.run, lambda m, p=pollutant: m.plan[p])
        shown = [f"{cell(m)}: {member_text(m, language)}" for m in ends if m is not None]
        rows.append((pollutant, cell(found.members[0]), *shown))
    title = say("table.ensemble.totals", language, base=found.base_year, year=found.year)
    header = _header(("pollutant", "as_is", "lowest", "highest"), language)
    return Table(title, header, tuple(rows), frozenset({1}), frozenset({2, 3}))


def members(found: Ensemble, language: str) -> Table:
    """One line a member: what differs, totals with their change on the base year, targets, indicators; or why it cannot run."""
    pollutants, names = found.pollutants, tuple(found.targets)
    rows = []
    for number, member in enumerate(found.members):
        what = member_text(member, language)
        if member.fault is not None:
            empty = ["–"] * (len(pollutants) + len(names) + 1)
            rows.append((str(number), what, *empty, say("table.ensemble.fault", language, fault=member.fault.text(language))))
            continue
        cells = [f"{_total(member, p)} ({_change(member, p)})" for p in pollutants]
        said = [f"{_value(v)} {verdict_word(v, language)}" if (v := member.verdicts.get(n)) else "–" for n in names]
        indicators = say("table.ensemble.indicators", language, met=member.met, missed=member.missed, open=member.unassessed)
        rows.append((str(number), what, *cells, *said, indicators, _meaning(member.choices, found, language)))
    head = _header(("number", "differs"), language)
    header = (*head, *(f"{p} t/yr" for p in pollutants), *names, *_header(("indicator", "title"), language))
    if not any(row[-1] for row in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    title = say("table.ensemble.members", language, count=len(found.members), year=found.year)
    right = frozenset({0, *range(2, 2 + len(pollutants) + len(names))})
    return Table(title, header, tuple(rows), right, frozenset({1, len(header) - 1}))


def choices(found: Ensemble, language: str) -> Table:
    """In how many members that take a choice each target is met: what decides, in a full design."""
    names, rows = tuple(found.targets), []
    own = {axis.taken for axis in found.axes}
    for choice, mine in by_choice(found).items():
        said = [[m.verdicts[n].verdict for m in mine if n in m.verdicts] for n in names]
        mark = say("table.ensemble.own", language) if choice in own else ""
        met = [_met(s, language) for s in said]
        together = say("table.ensemble.of", language, met=sum(map(all_met, mine)), count=len(mine))
        rows.append((f"{choice_text(choice, language)}{mark}", *met, together, _meaning((choice,), found, language)))
    header = (*_header(("choice",), language), *names, *_header(("all", "title"), language))
    last = len(header) - 1
    return Table(say("table.ensemble.choices", language), header, tuple(rows), frozenset(range(1, last)), frozenset({last}))


def all_tables(found: Ensemble, language: str) -> tuple[Table, ...]:
    """The tables in the order they are shown; that of choices for a full design alone. The last has one line a member."""
    more = (choices(found, language),) if found.design == "full" else ()
    return (targets(found, language), totals(found, language), *more, members(found, language))


def _met(said: Sequence[str], language: str) -> str:
    """In how many of some members a target is met; a dash where none of them can say."""
    known = [s for s in said if s != NOT_ASSESSABLE]
    return say("table.ensemble.of", language, met=known.count(MET), count=len(said)) if known else "–"


def _meaning(chosen: Sequence[Choice], found: Ensemble, language: str) -> str:
    """What a single choice means, as the plan says it; several would not fit on a line."""
    title = found.titles.get(chosen[0]) if len(chosen) == 1 else None
    return title.text(language) if title else ""


def _header(words: Sequence[str], language: str) -> tuple[str, ...]:
    return tuple(say(f"table.ensemble.{w}", language) for w in words)


def _value(v: Verdict) -> str:
    """A value as the table of targets has it; a dash where there is none."""
    return "–" if v.value is None else f"{v.value:,.{2 if v.unit == '%' else 0}f} {v.unit}"


def _required(v: Verdict) -> str:
    return "–" if v.required is None else f"{v.comparison} {v.required:g} {v.unit}"


def _total(member: Member, pollutant: str) -> str:
    return tonnes(member.plan[pollutant])


def _change(member: Member, pollutant: str) -> str:
    base = member.base[pollutant]
    return percent(100 * (member.plan[pollutant] / base - 1) if base else None)


def _end(member: Member | None, name: str, language: str) -> str:
    return "–" if member is None else f"{_value(member.verdicts[name])}: {member_text(member, language)}"


def _counted(counted: Tally, language: str) -> str:
    """Met in how many of how many readings, and how many of them cannot say."""
    unknown = counted.readings - counted.met - counted.missed
    if unknown == counted.readings:
        return say(f"verdict.{NOT_ASSESSABLE.replace(' ', '_')}", language)
    text = say("table.ensemble.of", language, met=counted.met, count=counted.readings)
    return text + (say("table.ensemble.unknown", language, count=unknown) if unknown else "")


def _turned(counted: Tally, language: str) -> str:
    """What turns the verdict of the scenario: the first few of the smallest changes."""
    if not counted.turned or not counted.turned[0].choices:
        return "–"
    texts = [member_text(m, language) for m in counted.turned[:MOST_NAMED]]
    more = len(counted.turned) - len(texts)
    tail = say("table.ensemble.more", language, count=more) if more else ""
    named = ("；" if language == "zh" else "; ").join(texts)
    return say(f"table.ensemble.{counted.turns_to}_with", language, readings=named) + tail


def _together(found: Ensemble, language: str) -> str:
    """All targets together, and the members that could not be run."""
    run = found.run
    lines = [say("table.ensemble.together", language, met=sum(map(all_met, run)), count=len(run))]
    failed = len(found.members) - len(run)
    if failed:
        lines.append(say("table.ensemble.failed", language, count=failed))
    return ("" if language == "zh" else " ").join(lines)
