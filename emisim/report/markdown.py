"""The result as a Markdown summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from emisim import __version__
from emisim.report import ensemble_tables, uncertainty_tables
from emisim.report.plan_tables import (
    adoption_lines,
    by_chapter,
    by_department,
    by_standing,
    clauses,
    crediting_rules,
    indicators,
    ledgers,
    nitrogen,
    projects,
    readings,
)
from emisim.report.screen import balance_line, change_lines, warning_lines
from emisim.report.tables import Table, basis, by_sector, grades, memo, top_measures, totals, verdicts
from emisim.simulate import Result
from emisim.text import say

_PIPE = re.compile(r"(?<=\\)\|")  # behind a backslash, which another one before it would make a letter
TICK = "`"
_TAG = re.compile(r"<(?=[A-Za-z/!?])(?!br>)")  # a line break within a cell is emisim's own


def tables(result: Result, language: str) -> list[Table]:
    """All tables of the summary: the answer first."""
    sure = result.uncertainty is not None
    every = [
        ledgers, totals, top_measures, by_standing,
        by_chapter, by_department, indicators, by_sector, clauses, projects, readings,
        nitrogen, grades, memo,
    ]  # fmt: skip
    found = [(uncertainty_tables.verdicts if sure else verdicts)(result, language)]
    found += uncertainty_tables.all_tables(result, language) if sure else []
    found += ensemble_tables.all_tables(result.ensemble, language) if result.ensemble is not None else ()
    found += [table(result, language) for table in every]
    found += [top_measures(result, language, count=None), crediting_rules(language)]
    return [t for t in found if t.rows]


def answer(result: Result, language: str) -> str:
    """How probable it is that all targets are met, in one line; empty where nothing was drawn."""
    return uncertainty_tables.together_line(result, language) if result.uncertainty is not None else ""


def notes(result: Result, language: str) -> list[str]:
    """What a reader should know beside the tables: solved adoption, changes by options, warnings."""
    return [*adoption_lines(result, language), *change_lines(result, None, language), *warning_lines(result, language)]


def markdown(result: Result, language: str) -> str:
    """The summary as Markdown."""
    lines = [
        f"# {inline(result.scenario.title.text(language))}",
        "",
        f"`{inline(result.scenario.scenario.replace(TICK, ''))}`, emisim {__version__}",
        "",
    ]
    lines += [f"**{line}**", ""] if (line := answer(result, language)) else []
    lines += [f"> {basis(result.inventory, language)}", ""]
    for table in tables(result, language):
        lines += [f"## {inline(table.title)}", "", *markdown_table(table.header, table.rows, table.right)]
        lines += ["", inline(table.note), ""] if table.note and table.note != basis(result.inventory, language) else [""]
    warnings = notes(result, language)
    if warnings:
        lines += [f"## {say('run.warnings', language)}", "", *(f"- {inline(w)}" for w in warnings), ""]
    lines += [balance_line(result, language), ""]
    return "\n".join(lines)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """The lines of a Markdown table; columns in ``right`` hold numbers."""
    return [_row(header), _row(["---:" if k in right else "---" for k in range(len(header))]), *(_row(row) for row in rows)]


def _row(cells) -> str:
    return "| " + " | ".join(_PIPE.sub("&#124;", inline(str(c))).replace("|", "\\|") for c in cells) + " |"


def inline(text: str) -> str:
    """A text on one line of Markdown that stays text: no tag, no link, no picture, whatever somebody has written into a title."""
    return _TAG.sub("&lt;", " ".join(text.split("\n"))).replace("](", "]\\(").replace("![", "!\\[")
