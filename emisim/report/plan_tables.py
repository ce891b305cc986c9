"""The tables of a plan: its clauses, departments and chapters, its switches, its indicators, its creditable projects, its nitrogen."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from emisim import catalogue
from emisim.catalogue import Line
from emisim.cautions import unread
from emisim.clause import UNREAD
from emisim.crediting import credited, rules
from emisim.model import Label
from emisim.report.tables import Table, core_pollutants, label, tonnes, verdict_word
from emisim.simulate import Result
from emisim.switch import Switch
from emisim.text import say
from emisim.verdicts import AT_RISK, MISSED, NOT_ASSESSABLE, Verdict
from emisim.vocabulary import wordings

SMALLEST_SHOWN_T = 0.05
UNKNOWN = "?"  # tonnes of what nobody has encoded yet
VISIBLE_T, VISIBLE_PERCENT = 0.05, 0.005


def clauses(result: Result, language: str) -> Table:
    """Every clause with its standing, measures, tonnes and share of the plan's reduction, deadline, departments and reason."""
    core = core_pollutants(result.inventory)
    share = catalogue.shares(result)
    rows = tuple(_clause(line, result, share, core, language) for line in catalogue.lines(result))
    names = [result.inventory.pollutants[k] for k in core]
    words = ("id", "title", "standing", "measures", *names, "deadline", "wording", "lead", "reason")
    header = tuple(w if w in names else say(f"table.clauses.{w}", language) for w in words)
    right = frozenset(range(4, 4 + len(core)))
    title = say("table.clauses", language, count=len(rows), target=result.scenario.target_year)
    note = f"{say('table.clauses.note', language)}{_and_unread(result, language)}"
    return Table(title, header, rows, right, frozenset({1, len(words) - 2, len(words) - 1}), note)


def unread_line(result: Result, language: str) -> str:
    """How many clauses are not encoded yet; empty if none is."""
    return "".join(line.text(language) for line in unread(result.plan_file))


def _and_unread(result: Result, language: str) -> str:
    line = unread_line(result, language)
    return say("table.clauses.unread", language, line=line) if line else ""


def _clause(line: Line, result: Result, share: np.ndarray, core: Sequence[int], language: str) -> tuple[str, ...]:
    clause = line.clause
    wording = label(wordings()[clause.wording], language) if clause.wording else "–"
    return (
        line.id,
        clause.title.text(language),
        say(f"standing.{line.standing}", language),
        ", ".join(line.measures) or "–",
        *(_tonnes(line, result, share, k) for k in core),
        line.deadline or f"({line.due or '–'})",
        clause.words or wording,
        "、".join(clause.lead) or "–",
        _reason(line, language),
    )


def _tonnes(line: Line, result: Result, share: np.ndarray, k: int) -> str:
    """Tonnes with their share of what the plan brings; a range where no figure is to be had."""
    if line.standing == UNREAD:
        return UNKNOWN
    if line.reduction is None:
        return "0"
    if line.further is not None:
        return f"0–{tonnes(float(line.further[k]))}" if abs(line.further[k]) > SMALLEST_SHOWN_T else "0"
    value = float(line.reduction[k])
    if abs(value) <= SMALLEST_SHOWN_T:
        return tonnes(value) if value else "0"
    part = share[[result.bound.names.index(m) for m in line.measures], k].sum()
    return f"{tonnes(value)} ({part_of(part, 1)})"


def part_of(share: float, digits: int = 0) -> str:
    """A share in percent, without a minus before what rounds to nothing."""
    return f"{round(100 * share, digits) + 0.0:.{digits}f} %"


def _reason(line: Line, language: str) -> str:
    if isinstance(line.reason, Label):
        return line.reason.text(language)
    return say(f"clause.{line.reason or 'counted'}", language)


def by_chapter(result: Result, language: str) -> Table:
    """Clauses and tonnes of every chapter, with its share of the plan's reduction."""
    found = catalogue.by_chapter(catalogue.lines(result), len(result.inventory.pollutants))
    named = {say(f"chapter.{name}", language): values for name, values in found.items()}
    unknown = {say(f"chapter.{line.clause.chapter}", language) for line in _unread_lines(result)}
    return _sums(result, named, "chapter", language, unknown)


def by_standing(result: Result, language: str) -> Table:
    """Clauses and tonnes by standing."""
    found = catalogue.by_standing(catalogue.lines(result), len(result.inventory.pollutants))
    named = {say(f"standing.{name}", language): values for name, values in found.items()}
    return _sums(result, named, "standing", language, {say(f"standing.{UNREAD}", language)})


def by_department(result: Result, language: str) -> Table:
    """Clauses and tonnes of every leading department; a clause led by several is divided in equal parts."""
    found = catalogue.by_department(catalogue.lines(result), len(result.inventory.pollutants))
    unknown = {lead for line in _unread_lines(result) for lead in line.clause.lead or (catalogue.UNKNOWN_LEAD,)}
    return _sums(result, found, "department", language, unknown)


def _unread_lines(result: Result) -> list[Line]:
    return [line for line in catalogue.lines(result) if line.standing == UNREAD]


def _sums(result: Result, found: dict, what: str, language: str, unknown: Collection[str]) -> Table:
    """Sums of clauses; those named ``unknown`` hold clauses that are not encoded yet, so that their tonnes are not all of it."""
    core = core_pollutants(result.inventory)
    total = result.reductions()[:, :, -1].sum(axis=0)

    def cell(name: str, acting: int, value: float, k: int) -> str:
        known = _sum(value, k)
        return known if name not in unknown else f"{known} + {UNKNOWN}" if acting else UNKNOWN

    def _sum(value: float, k: int) -> str:
        return f"{tonnes(value)} ({part_of(value / total[k])})" if abs(value) > SMALLEST_SHOWN_T and total[k] else tonnes(value)

    rows = tuple(
        (name, str(count), str(acting), *(cell(name, acting, float(mass[k]), k) for k in core))
        for name, (count, acting, mass) in found.items()
    )
    names = [result.inventory.pollutants[k] for k in core]
    header = (*(say(f"table.sums.{w}", language) for w in (what, "clauses", "acting")), *names)
    title = say(f"table.sums.by_{what}", language, target=result.scenario.target_year)
    return Table(title, header, rows, frozenset(range(1, len(header))), note=unread_line(result, language))


def indicators(result: Result, language: str) -> Table:
    """Indicators and concentrations: the value reached, what is required, and where the value comes from."""
    rows = []
    for v in result.verdicts:
        target = result.reading.targets[v.id]
        if target.on_tonnes:
            continue
        verdict = verdict_word(v, language)
        found = "–" if v.value is None else f"{v.value:,.4g} {v.unit}"
        required = "–" if v.required is None else f"{v.comparison} {v.required:g} {v.unit}"
        basis = say(f"indicator.{v.basis}", language) if v.value is not None else say("indicator.missing_value", language)
        rows.append((v.id, verdict, found, required, basis, target.clause or "–", target.title.text(language)))
    header = tuple(
        say(f"table.indicators.{c}", language) for c in ("id", "verdict", "value", "required", "basis", "clause", "title")
    )
    return Table(say("table.indicators", language), header, tuple(rows), frozenset({2, 3}), frozenset({6}))


def indicator_line(found: Sequence[Verdict], language: str) -> str:
    """How many indicators are met, at risk, missed and open, with the names of those missed; empty without indicators."""
    mine = [v for v in found if v.kind in ("indicator", "concentration")]
    if not mine:
        return ""
    missed = [v.id for v in mine if v.verdict == MISSED]
    open_ = sum(v.verdict == NOT_ASSESSABLE for v in mine)
    names = f" ({', '.join(missed)})" if missed else ""
    risk = sum(v.verdict == AT_RISK for v in mine)
    counts = {"count": len(mine), "met": len(mine) - len(missed) - open_ - risk, "missed": len(missed), "open": open_}
    return say("run.indicators.risk" if risk else "run.indicators", language, names=names, risk=risk, **counts)


def projects(result: Result, language: str) -> Table:
    """The creditable ledger: each project with its before and after, and the rule that lets it count or not."""
    rows = []
    for line in result.projects:
        if abs(line.before_t - line.after_t) <= SMALLEST_SHOWN_T:
            continue
        rule = _rule(line.reason, language)
        measure = result.bound.measures[result.bound.names.index(line.measure)]
        counts = say("credit.yes" if line.counts else "credit.no", language)
        values = (tonnes(line.before_t), tonnes(line.after_t), tonnes(line.credit_t), counts, rule)
        rows.append((line.pollutant, line.measure, measure.title.text(language), *values))
    order = {p: k for k, p in enumerate(result.inventory.pollutants)}
    rows.sort(key=lambda r: (order[r[0]], r[1]))
    columns = ("pollutant", "measure", "title", "before", "after", "credit", "counts", "rule")
    header = tuple(say(f"table.projects.{c}", language) for c in columns)
    title = say("table.projects", language, target=result.scenario.target_year)
    return Table(title, header, tuple(rows), frozenset({3, 4, 5}), frozenset({2, 7}))


def _rule(name: str, language: str) -> str:
    if name in ("not_accountable", "no_rule"):
        return say(f"credit.{name}", language)
    rule = next(r for r in rules() if r.rule == name)
    return rule.zh if language == "zh" else rule.en


def ledgers(result: Result, language: str) -> Table:
    """The two ledgers beside each other: the net change, and what the rules of total-emission accounting would credit."""
    year = result.scenario.target_year
    base, plan = result.totals(result.base), result.totals(result.plan)[:, -1]
    rows = []
    for k in core_pollutants(result.inventory):
        p = result.inventory.pollutants[k]
        late = credited(result.projects, p, year, lag=True)
        rows.append((p, tonnes(base[k] - plan[k]), tonnes(credited(result.projects, p)), tonnes(late)))
    header = tuple(say(f"table.ledgers.{c}", language) for c in ("pollutant", "net", "credit", "start"))
    return Table(say("table.ledgers", language, target=year), header, tuple(rows), frozenset({1, 2, 3}))


def crediting_rules(language: str) -> Table:
    """The rules of the creditable ledger, and which of them have a source."""
    rows = tuple(
        (
            r.rule,
            say(f"credit.{r.counts}", language),
            r.zh if language == "zh" else r.en,
            _sourced(r.sourced, language),
            r.grade,
            r.source,
        )
        for r in rules()
    )
    header = tuple(say(f"table.rules.{c}", language) for c in ("rule", "counts", "meaning", "sourced", "grade", "source"))
    return Table(say("table.rules", language), header, rows, wide=frozenset({2, 5}))


def _sourced(yes: bool, language: str) -> str:
    return say("credit.sourced" if yes else "credit.unsourced", language)


def nitrogen(result: Result, language: str) -> Table:
    """The nitrogen balance of every manure chain with the plan."""
    names = result.inventory.text[f"name_{language}"]
    rows = []
    for chain in result.nitrogen["plan"]:
        lost = " + ".join(tonnes(v) for v in chain.emitted)
        rows.append(
            (str(names[chain.rows[0]]), tonnes(chain.entering), lost, tonnes(math.fsum(chain.between)), tonnes(chain.left))
        )
    header = tuple(say(f"table.nitrogen.{c}", language) for c in ("chain", "entering", "emitted", "between", "left"))
    title = say("table.nitrogen", language, target=result.scenario.target_year)
    return Table(title, header, tuple(rows), frozenset({1, 2, 3, 4}))


def adoption_lines(result: Result, language: str) -> list[str]:
    """One line a solved adoption."""
    out = []
    for found in result.adoption:
        planned = ", ".join(f"{m} {100 * v:.1f} %" for m, v in zip(found.measures, found.planned, strict=True))
        if found.factor is None:
            out.append(say("adoption.none", language, target=found.target, planned=planned))
        else:
            needed = ", ".join(f"{m} {100 * v:.1f} %" for m, v in zip(found.measures, found.needed, strict=True))
            several = len(result.reading.targets[found.target].levers) > 1
            key = "adoption.alone" if several and len(found.measures) == 1 else "adoption.needed"
            out.append(say(key, language, target=found.target, needed=needed, planned=planned))
    return out


def switches(
    found: dict[str, Switch], values: dict[str, str], effects: dict[tuple[str, str], dict[str, str]], language: str
) -> Table:
    """Every switch with its readings, the one taken, and how far each other one moves each target.

    effects : (switch, value) → target → text of the move.
    """
    rows = []
    for name, switch in found.items():
        for option in switch.options:
            taken = option.value == values[name]
            mark = say("switch.taken" if taken else "switch.other", language)
            if len(switch.options) == 1:
                mark, moves = say("switch.fixed", language), "–"
            else:
                moved = effects.get((name, option.value), {})
                moves = "–" if taken else "; ".join(f"{t} {m}" for t, m in moved.items()) or say("switch.no_move", language)
            default = say("switch.default", language) if option.value == switch.default else ""
            meaning = option.title.text(language)
            rows.append((switch.ambiguity or "–", name, option.value, f"{mark}{default}", meaning, moves))
    header = tuple(say(f"table.switches.{c}", language) for c in ("ambiguity", "switch", "value", "state", "meaning", "moves"))
    return Table(say("table.switches", language), header, tuple(rows), wide=frozenset({4, 5}))


def readings(result: Result, language: str) -> Table:
    """What every ambiguous place was taken to mean in this run."""
    rows = []
    for name, value in result.reading.values.items():
        switch = result.plan_file.switches[name]
        taken = value if value == switch.default else f"{value} (≠ {switch.default})"
        meaning = switch.option(value).title.text(language)
        rows.append((switch.ambiguity or "–", name, taken, switch.title.text(language), meaning, switch.reason.text(language)))
    words = ("switches.ambiguity", "switches.switch", "switches.value", "title", "switches.meaning", "readings.reason")
    header = tuple(say(f"table.{w}", language) for w in words)
    return Table(say("table.readings", language), header, tuple(rows), wide=frozenset({3, 4, 5}))


def moves(before: Sequence[Verdict], after: Sequence[Verdict], language: str) -> dict[str, str]:
    """How far each target moves between two runs: its value, and its verdict where it turns; targets that stay are left out."""
    old = {v.id: v for v in before}
    out = {}
    for v in after:
        was = old.get(v.id)
        if was is None:
            out[v.id] = f"+ {_value(v, language)}"
        elif _moved(was, v):
            turned = f" {verdict_word(was, language)} → {verdict_word(v, language)}" if was.verdict != v.verdict else ""
            required = f" {was.required:g} → {v.required:g}" if was.required != v.required and v.required and was.required else ""
            both = v.value is not None and was.value is not None
            difference = f"{v.value - was.value:+.3g} {v.unit}" if both else _value(v, language)
            out[v.id] = f"{difference}{required}{turned}"
    return out | {name: "− " + _value(old[name], language) for name in old if name not in {v.id for v in after}}


def _moved(was: Verdict, v: Verdict) -> bool:
    """Whether a change is large enough to show."""
    if (was.verdict, was.required, was.value is None) != (v.verdict, v.required, v.value is None):
        return True
    return v.value is not None and abs(v.value - was.value) >= (VISIBLE_T if v.unit == "t/yr" else VISIBLE_PERCENT)


def _value(v: Verdict, language: str) -> str:
    verdict = f"({verdict_word(v, language)})"
    return verdict if v.value is None else f"{v.value:.4g} {v.unit} {verdict}"
