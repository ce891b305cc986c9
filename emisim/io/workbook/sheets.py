"""The sheets of an Excel workbook that hold the result: totals, ledgers, clauses, targets, projects, sectors."""

from __future__ import annotations

import numpy as np

from emisim import catalogue
from emisim.catalogue import Line
from emisim.crediting import rules
from emisim.io.workbook.words import Words, change, day
from emisim.io.xlsx import COUNT, DATE, NUMBER, SHARE, YEAR, Column, Sheet, table
from emisim.model import Label
from emisim.report.tables import core_pollutants, label
from emisim.simulate import Result
from emisim.summary import GROWTH
from emisim.text import say
from emisim.vocabulary import sectors, wordings


def totals(result: Result, words: Words) -> Sheet:
    """Official totals by pollutant and year: levels at 31 December, what the calendar years emit, bounds of undeclared overlap."""
    columns = [
        words.column("pollutant"), words.column("year", YEAR), *words.masses("base", "frozen", "reference", "plan"),
        *words.shares("change", "effect"), *words.masses("calendar_reference", "calendar_plan", "overlap_low", "overlap_high"),
    ]  # fmt: skip
    base = result.totals(result.base)
    frozen, reference, plan, emitted, left = (
        result.totals(v) for v in (result.frozen, result.reference, result.plan, result.calendar_reference, result.calendar_plan)
    )
    rows = [
        (
            p, year, base[k], frozen[k, t], reference[k, t], plan[k, t], change(plan[k, t], base[k]),
            change(plan[k, t], reference[k, t]), emitted[k, t], left[k, t], result.bounds[0, k, t], result.bounds[1, k, t],
        )
        for k, p in enumerate(result.inventory.pollutants)
        for t, year in enumerate(result.years)
    ]  # fmt: skip
    return table(words.say("sheet.totals"), columns, rows, keep=2)


def ledger(result: Result, words: Words) -> Sheet:
    """Every measure in the target year, growth first, then those that bring most: reduction, share of the plan, first in, last
    in."""
    which = ("reduction", "first_in", "last_in")
    mass = {name: result.reductions(name)[:, :, -1] for name in which}
    share, pollutants = catalogue.shares(result), result.inventory.pollutants
    each = [
        c
        for p in pollutants
        for c in (
            *words.masses("reduction", of=p),
            *words.shares("share", of=p),
            *words.masses("first_in", "last_in", of=p),
        )
    ]
    columns = [*_about_columns("measure", words), *each]
    growth = result.totals(result.base) - result.totals(result.reference)[:, -1]
    empty = (None,) * (len(columns) - len(each) - 3)
    rows = [(GROWTH, None, words.say("growth"), *empty, *(c for g in growth for c in (g, None, g, g)))]
    due = {line.id: line for line in catalogue.lines(result)}
    for m in _by_size(result, share):
        numbers = (
            c
            for k in range(len(pollutants))
            for c in (mass["reduction"][m, k], share[m, k], mass["first_in"][m, k], mass["last_in"][m, k])
        )
        rows.append((*_about(due[result.bound.names[m]], words), *numbers))
    return table(words.say("sheet.ledger"), columns, rows, keep=1)


def _by_size(result: Result, share: np.ndarray) -> list[int]:
    """Measures by their largest share in what the plan brings for a first-class pollutant; equal ones as in the plan."""
    largest = share[:, core_pollutants(result.inventory)].max(axis=1, initial=0.0)
    return np.lexsort((np.arange(largest.size), -largest)).tolist()


def _about_columns(first: str, words: Words) -> list[Column]:
    """The columns that say what a clause is."""
    texts = [*words.texts(first, "clause_number"), words.column("title", widest=40), *words.texts("chapter", "standing")]
    return [*texts, words.column("department", widest=34), words.column("deadline", DATE), words.column("due", DATE)]


def _about(line: Line, words: Words) -> tuple:
    clause, language = line.clause, words.language
    return (
        line.id, clause.number, clause.title.text(language), say(f"chapter.{clause.chapter}", language),
        say(f"standing.{line.standing}", language), words.listed(clause.lead), day(line.deadline), day(line.due),
    )  # fmt: skip


def sources_ledger(result: Result, words: Words) -> Sheet:
    """Every contribution, as in ledger.csv: source, measure, pollutant, year, reduction; with their names."""
    inventory, found = result.inventory, result.ledger
    names, titles = inventory.text[f"name_{words.language}"], [m.title.text(words.language) for m in result.bound.measures]
    places = [_sector(str(s), words) for s in inventory.text["sector"]]
    short = {"wrap": False, "widest": 34}
    columns = [
        words.column("source_id", **short), words.column("source_name", **short), words.column("sector"), words.column("counted"),
        words.column("measure"), words.column("title", **short), words.column("pollutant"), words.column("year", YEAR),
        *words.masses("reduction", fine=True),
    ]  # fmt: skip
    rows = [
        (
            str(inventory.ids[i]), str(names[i]), places[i], words.yes(not inventory.memo[i]), result.bound.names[m], titles[m], p, year,
            values[k, t],
        )
        for i, m, values in zip(found.row.tolist(), found.measure.tolist(), found.reduction, strict=True)
        for k, p in enumerate(inventory.pollutants)
        for t, year in enumerate(result.years)
        if values[k, t]
    ]  # fmt: skip
    return table(words.say("sheet.sources_ledger"), columns, rows)


def clauses(result: Result, words: Words) -> Sheet:
    """Every clause with its standing, tonnes or the reason why it brings none, deadline, departments."""
    pollutants, share = result.inventory.pollutants, catalogue.shares(result)
    each = [
        c
        for p in pollutants
        for c in (*words.masses("reduction", of=p), *words.shares("share", of=p), *words.masses("further", of=p))
    ]
    columns = [
        *_about_columns("clause", words), *each, words.column("reason", widest=70), *words.texts("wording", "words"),
        *words.texts("cooperating", "aims_sectors", widest=34), words.column("aims_pollutants"),
    ]  # fmt: skip
    rows = []
    for line in catalogue.lines(result):
        at = [result.bound.names.index(m) for m in line.measures]
        numbers = (
            c
            for k in range(len(pollutants))
            for c in (
                None if line.reduction is None else line.reduction[k],
                share[at, k].sum() if at else None,
                None if line.further is None else line.further[k],
            )
        )
        rows.append((*_about(line, words), *numbers, *_aims(line, words)))
    return table(words.say("sheet.clauses"), columns, rows, keep=1)


def _aims(line: Line, words: Words) -> tuple[str, ...]:
    clause, language = line.clause, words.language
    reason = line.reason.text(language) if isinstance(line.reason, Label) else say(f"clause.{line.reason or 'counted'}", language)
    wording = label(wordings()[clause.wording], language) if clause.wording else ""
    aims = words.listed(_sector(s, words) for s in clause.sectors)
    return reason, wording, clause.words, words.listed(clause.cooperating), aims, words.listed(clause.pollutants)


def targets(result: Result, words: Words) -> Sheet:
    """Every target and indicator: verdict, value, what is required, what is missing, and how probable it is met."""
    found = result.uncertainty
    chance = words.shares("probability", "probability_error") if found else []
    columns = [
        *words.texts("target", "kind", "title", "clause_number", "pollutant"), words.column("year", YEAR), words.verdict(),
        words.column("value", NUMBER), words.column("comparison"), words.column("required", NUMBER), words.column("unit"),
        words.column("shortfall", NUMBER), *words.masses("shortfall_t"), *chance, *words.masses("net", "credit"),
        words.column("calendar_value", NUMBER), *words.texts("basis", "yardstick", "source"),
    ]  # fmt: skip
    rows = []
    for k, v in enumerate(result.verdicts):
        target = result.reading.targets[v.id]
        kind = say(f"target.kind.{v.kind}", words.language)
        basis = say(f"indicator.{v.basis}", words.language) if v.value is not None else ""
        known = found is not None and found.assessable[k]
        met = ((found.met.value[k], found.met.error[k]) if known else (None, None)) if found else ()
        rows.append((
            v.id, kind, target.title.text(words.language), target.clause, v.pollutant, v.year, words.verdict_word(v.verdict),
            v.value, v.comparison if v.required is not None else "", v.required, v.unit, v.shortfall, v.shortfall_t, *met,
            v.net_t, v.credit_t, v.calendar, basis, words.yes(v.reference), target.source,
        ))  # fmt: skip
    return table(words.say("sheet.targets"), columns, rows, keep=1)


def projects(result: Result, words: Words) -> Sheet:
    """The creditable ledger: before and after of every project, whether it counts, by which rule."""
    columns = [
        *words.texts("measure", "title", "pollutant", "counts"), *words.masses("before", "after", "credit_line"),
        words.column("complete", DATE), words.column("rule"),
    ]  # fmt: skip
    titles = {n: m.title.text(words.language) for n, m in zip(result.bound.names, result.bound.measures, strict=True)}
    rows = [
        (
            p.measure, titles[p.measure], p.pollutant, words.yes(p.counts), p.before_t, p.after_t, p.credit_t, p.complete,
            _rule(p.reason, words.language),
        )
        for p in result.projects
    ]  # fmt: skip
    return table(words.say("sheet.projects"), columns, rows, keep=2)


def _rule(name: str, language: str) -> str:
    rule = next((r for r in rules() if r.rule == name), None)
    return say(f"credit.{name}", language) if rule is None else rule.zh if language == "zh" else rule.en


def by_sector(result: Result, words: Words) -> Sheet:
    """Official totals of every sector and pollutant in the target year."""
    columns = [
        *words.texts("sector", "pollutant"), words.column("sources", COUNT), *words.masses("base", "reference", "plan"),
        words.column("change", SHARE), words.column("effect", SHARE),
    ]  # fmt: skip
    mine = result.inventory.text["sector"]
    rows = []
    for sector in (s for s in sectors() if (mine == s).any()):
        inside = (mine == sector) & result.official
        base, reference, plan = (v[inside].sum(axis=0) for v in (result.base, result.reference[..., -1], result.plan[..., -1]))
        for k, p in enumerate(result.inventory.pollutants):
            rows.append((
                _sector(sector, words), p, int(inside.sum()), base[k], reference[k], plan[k], change(plan[k], base[k]),
                change(plan[k], reference[k]),
            ))  # fmt: skip
    return table(words.say("sheet.sectors"), columns, rows, keep=2)


def _sector(name: str, words: Words) -> str:
    return label(sectors()[name], words.language)
