"""All clauses of the plan, with live search and filters; the script finds in each row what it filters by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from emisim import catalogue
from emisim.catalogue import STANDINGS, Line
from emisim.report.page.parts import Look, Safe, join, paragraph, table, text
from emisim.report.plan_tables import clauses as clause_table
from emisim.simulate import Result
from emisim.text import say
from emisim.vocabulary import CHAPTERS

BETWEEN = "|"  # between several values of one attribute
ID, TITLE, LEAD = 0, 1, -2  # columns of the table of clauses


def clauses(result: Result, language: str) -> Safe:
    """Filters, how many rows are left, and the table."""
    lines = catalogue.lines(result)
    found = clause_table(result, language)
    rows = tuple(_row(row, line, language) for row, line in zip(found.rows, lines, strict=True))
    shown = table(
        replace(found, rows=rows), language, Look("clause-table", rows=[_attributes(line) for line in lines], heading=False)
    )
    no_hit = Safe(f'<p class="nohit" data-for="clause-table" hidden>{text(say("web.no_hit", language))}</p>')
    return join([paragraph(say("web.clauses.intro", language)), _filters(lines, result, language), no_hit, shown])


def _row(row: tuple[str, ...], line: Line, language: str) -> tuple[str, ...]:
    """A row of the table with the chapter under the title, and under the lead those who cooperate."""
    cells = [*row]
    cells[TITLE] = _with(row[TITLE], say(f"chapter.{line.clause.chapter}", language))
    if line.clause.cooperating:
        cells[LEAD] = _with(row[LEAD], say("web.cooperating", language, names="、".join(line.clause.cooperating)))
    return tuple(cells)


def _with(main: str, lesser: str) -> Safe:
    return Safe(f"{text(main)}<small>{text(lesser)}</small>")


def _attributes(line: Line) -> str:
    """What the filters look at."""
    departments = dict.fromkeys((*line.clause.lead, *line.clause.cooperating))
    values = {
        "chapter": line.clause.chapter,
        "standing": line.standing,
        "department": BETWEEN.join(departments),
        "pollutant": BETWEEN.join(line.clause.pollutants),
    }
    return f'id="clause-{text(line.id)}" ' + " ".join(f'data-{name}="{text(value)}"' for name, value in values.items())


def _filters(lines: Iterable[Line], result: Result, language: str) -> Safe:
    """The box for words and one list a filter. They are shown where there is a script."""
    lines = list(lines)
    chapters, standings = {line.clause.chapter for line in lines}, {line.standing for line in lines}
    aimed = {p for line in lines for p in line.clause.pollutants}
    departments = dict.fromkeys(d for line in lines for d in (*line.clause.lead, *line.clause.cooperating))
    choices = {
        "chapter": {c: say(f"chapter.{c}", language) for c in CHAPTERS if c in chapters},
        "standing": {s: say(f"standing.{s}", language) for s in STANDINGS if s in standings},
        "department": {d: d for d in departments},
        "pollutant": {p: p for p in dict.fromkeys((*result.inventory.pollutants, *sorted(aimed))) if p in aimed},
    }
    search = f'<label>{text(say("web.filter.search", language))} <input type="search" name="q" autocomplete="off" spellcheck="false"></label>'
    lists = "".join(_choice(name, values, language) for name, values in choices.items() if values)
    clear = f'<button type="button" data-clear>{text(say("web.filter.clear", language))}</button>'
    output = '<output aria-live="polite"></output>'
    return Safe(
        f'<div class="filter" role="search" data-for="clause-table" data-hash="clauses">{search}{lists}{clear}{output}</div>'
    )


def _choice(name: str, values: dict[str, str], language: str) -> str:
    options = "".join(f'<option value="{text(value)}">{text(shown)}</option>' for value, shown in values.items())
    nothing = f'<option value="">{text(say("web.filter.all", language))}</option>'
    return f'<label>{text(say(f"web.filter.{name}", language))} <select name="{name}">{nothing}{options}</select></label>'
