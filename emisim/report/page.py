"""The result as a Markdown summary and as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

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
from emisim.report.screen import change_lines, warning_lines
from emisim.report.tables import Table, basis, by_sector, grades, memo, top_measures, totals, verdicts
from emisim.simulate import Result
from emisim.text import say

_STYLE = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif;max-width:88rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}div.t{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;border-bottom:1px solid #8886;text-align:left;vertical-align:top}th{white-space:nowrap}td.n,th.n{text-align:right}td{white-space:nowrap}td.w{white-space:normal;min-width:11rem}
.note{border-left:.3rem solid #d80;padding:.2rem .8rem}@media print{body{max-width:none}h2{break-after:avoid}tr{break-inside:avoid}}
"""


def tables(result: Result, language: str) -> list[Table]:
    """All tables of a report: the answer first."""
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
    """The first line of a report: how probable it is that all targets are met; empty where nothing was drawn."""
    return uncertainty_tables.together_line(result, language) if result.uncertainty is not None else ""


def notes(result: Result, language: str) -> list[str]:
    """What a reader should know beside the tables: solved adoption, changes by options, warnings."""
    return [*adoption_lines(result, language), *change_lines(result, None, language), *warning_lines(result, language)]


def markdown(result: Result, language: str) -> str:
    """The summary as Markdown."""
    lines = [f"# {result.scenario.title.text(language)}", "", f"`{result.scenario.scenario}`, emisim {__version__}", ""]
    lines += [f"**{line}**", ""] if (line := answer(result, language)) else []
    lines += [f"> {basis(result.inventory, language)}", ""]
    for table in tables(result, language):
        lines += [f"## {table.title}", "", *markdown_table(table.header, table.rows, table.right)]
        lines += ["", table.note, ""] if table.note and table.note != basis(result.inventory, language) else [""]
    warnings = notes(result, language)
    if warnings:
        lines += [f"## {say('run.warnings', language)}", "", *(f"- {w}" for w in warnings), ""]
    return "\n".join(lines)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """The lines of a Markdown table; columns in ``right`` hold numbers."""
    return [_row(header), _row(["---:" if k in right else "---" for k in range(len(header))]), *(_row(row) for row in rows)]


def _row(cells) -> str:
    return "| " + " | ".join(str(c).replace("|", "\\|") for c in cells) + " |"


def html(result: Result, language: str) -> str:
    """The report as one HTML page without anything from outside."""
    title = escape(result.scenario.title.text(language))
    parts = [
        f'<!doctype html>\n<html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">',
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title><style>{_STYLE}</style></head><body>',
        f"<h1>{title}</h1><p><code>{escape(result.scenario.scenario)}</code>, emisim {__version__}</p>",
        *([f"<p><strong>{escape(line)}</strong></p>"] if (line := answer(result, language)) else []),
        f'<p class="note">{escape(basis(result.inventory, language))}</p>',
    ]
    shown = basis(result.inventory, language)
    for table in tables(result, language):
        parts.append(
            f'<h2>{escape(table.title)}</h2><div class="t"><table><thead><tr>{_cells("th", table.header, table)}</tr></thead><tbody>'
        )
        parts += [f"<tr>{_cells('td', row, table)}</tr>" for row in table.rows]
        parts.append(f"</tbody></table></div>{f'<p>{escape(table.note)}</p>' if table.note and table.note != shown else ''}")
    warnings = notes(result, language)
    if warnings:
        parts.append(
            f"<h2>{escape(say('run.warnings', language))}</h2><ul>{''.join(f'<li>{escape(w)}</li>' for w in warnings)}</ul>"
        )
    return "\n".join([*parts, "</body></html>", ""])


def _cells(tag: str, cells, table: Table) -> str:
    kinds = {k: " class=n" for k in table.right} | {k: " class=w" for k in table.wide}
    return "".join(f"<{tag}{kinds.get(k, '')}>{escape(str(cell))}</{tag}>" for k, cell in enumerate(cells))
