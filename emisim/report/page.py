"""The result as a Markdown summary and as one self-contained HTML page."""

from __future__ import annotations

from html import escape

from emisim import __version__
from emisim.report.screen import warning_lines
from emisim.report.tables import Table, basis, by_sector, grades, memo, top_measures, totals, verdicts
from emisim.simulate import Result
from emisim.text import say

_STYLE = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif;max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}div.t{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;border-bottom:1px solid #8886;text-align:left;vertical-align:top}th{white-space:nowrap}td.n,th.n{text-align:right}td{white-space:nowrap}td.w{white-space:normal;min-width:13rem}
.note{border-left:.3rem solid #d80;padding:.2rem .8rem}@media print{body{max-width:none}h2{break-after:avoid}tr{break-inside:avoid}}
"""


def tables(result: Result, language: str) -> list[Table]:
    """All tables of a report: the answer first."""
    every = [verdicts, totals, top_measures, by_sector, grades, memo]
    found = [table(result, language) for table in every]
    found.append(top_measures(result, language, count=None))
    return [t for t in found if t.rows]


def markdown(result: Result, language: str) -> str:
    """The summary as Markdown."""
    lines = [f"# {result.scenario.title.text(language)}", "", f"`{result.scenario.scenario}`, emisim {__version__}", ""]
    lines += [f"> {basis(result.inventory, language)}", ""]
    for table in tables(result, language):
        lines += [
            f"## {table.title}",
            "",
            _row(table.header),
            _row(["---:" if k in table.right else "---" for k in range(len(table.header))]),
        ]
        lines += [_row(row) for row in table.rows]
        lines.append("")
    warnings = warning_lines(result, language)
    if warnings:
        lines += [f"## {say('run.warnings', language)}", "", *(f"- {w}" for w in warnings), ""]
    return "\n".join(lines)


def _row(cells) -> str:
    return "| " + " | ".join(str(c).replace("|", "\\|") for c in cells) + " |"


def html(result: Result, language: str) -> str:
    """The report as one HTML page without anything from outside."""
    title = escape(result.scenario.title.text(language))
    parts = [
        f'<!doctype html>\n<html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">',
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title><style>{_STYLE}</style></head><body>',
        f"<h1>{title}</h1><p><code>{escape(result.scenario.scenario)}</code>, emisim {__version__}</p>",
        f'<p class="note">{escape(basis(result.inventory, language))}</p>',
    ]
    for table in tables(result, language):
        parts.append(
            f'<h2>{escape(table.title)}</h2><div class="t"><table><thead><tr>{_cells("th", table.header, table)}</tr></thead><tbody>'
        )
        parts += [f"<tr>{_cells('td', row, table)}</tr>" for row in table.rows]
        parts.append("</tbody></table></div>")
    warnings = warning_lines(result, language)
    if warnings:
        parts.append(
            f"<h2>{escape(say('run.warnings', language))}</h2><ul>{''.join(f'<li>{escape(w)}</li>' for w in warnings)}</ul>"
        )
    return "\n".join([*parts, "</body></html>", ""])


def _cells(tag: str, cells, table: Table) -> str:
    kinds = {k: " class=n" for k in table.right} | {k: " class=w" for k in table.wide}
    return "".join(f"<{tag}{kinds.get(k, '')}>{escape(str(cell))}</{tag}>" for k, cell in enumerate(cells))
