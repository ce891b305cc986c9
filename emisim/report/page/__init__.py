"""The result as one self-contained HTML page: nothing comes from outside, and everything can be read without its script.

Equal results give equal bytes. A Content-Security-Policy lets the page's own scripts and style sheet pass, by their hashes, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from emisim import __version__
from emisim.pictures.picture import Picture
from emisim.report.page import about, sections
from emisim.report.page.answer import answer
from emisim.report.page.assets import asset, fingerprint
from emisim.report.page.charts import drawings, figures, pictured
from emisim.report.page.clauses import clauses
from emisim.report.page.inputs import inputs
from emisim.report.page.parts import Safe, Section, column_style, join, section, text
from emisim.simulate import Result
from emisim.text import say

SPOKEN = ("hits", "sort", "open_all", "close_all", "print")  # what the script says
TONGUES = (("zh", "zh-CN"), ("en", "en"))


def html(result: Result, language: str, pictures: Sequence[Picture] | None = None) -> str:
    """The report as one HTML page.

    Parameters
    ----------
    language : ``zh`` or ``en``.
    pictures : to be shown; by default all that the result has, the tornado only where figures were drawn.
    """
    shown = pictured(result, language) if pictures is None else pictures
    parts = _sections(result, language, shown)
    title = result.scenario.title.text(language)
    style = asset("report", "report.css") + column_style() + _print_header(title)
    scripts = [asset("echarts", "echarts.min.js"), asset("report", "report.js")]
    data = {"charts": drawings(shown), "words": {name: say(f"web.{name}", language, **_slots(name)) for name in SPOKEN}}
    return "\n".join(
        [
            f'<!doctype html>\n<html lang="{dict(TONGUES)[language]}">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts, style)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">',
            f'<meta name="generator" content="emisim {__version__}">\n<title>{text(title)}</title>\n<style>{style}</style>\n</head>',
            f'<body>\n<a class="skip" href="#answer">{text(say("web.skip", language))}</a>\n{sections.signs()}',
            _header(result, title, language),
            f'<div class="columns">\n{_contents(parts, language)}\n<main id="main">',
            join(section(part) for part in parts),
            f'</main>\n</div>\n<script type="application/json" id="data">{_json(data)}</script>',
            *(f"<script>{script}</script>" for script in scripts),
            "</body>\n</html>\n",
        ]
    )


def _sections(result: Result, language: str, pictures: Sequence[Picture]) -> list[Section]:
    """The sections in their order, the answer first; empty ones are left out."""
    bodies = {
        "answer": join([answer(result, language), sections.targets(result, language)]),
        "totals": sections.totals(result, language),
        "pictures": figures(pictures, language) if pictures else Safe(),
        "ledger": sections.ledger(result, language),
        "clauses": clauses(result, language),
        "indicators": sections.indicators(result, language),
        "sectors": sections.sectors(result, language),
        "projects": sections.projects(result, language),
        "costs": sections.costs(result, language),
        "uncertainty": sections.uncertainty(result, language),
        "readings": sections.readings(result, language),
        "inputs": inputs(result, language),
        "method": about.method(result, language),
        "provenance": about.provenance(result, language),
        "warnings": about.warnings(result, language),
    }
    return [Section(name, say(f"web.{name}", language), body) for name, body in bodies.items() if body]


def _header(result: Result, title: str, language: str) -> str:
    scenario = result.scenario
    words = {"base": scenario.base_year, "target": scenario.target_year, "scenario": scenario.scenario, "version": __version__}
    line = say("web.subtitle", language, **words)
    return f'<header class="top"><h1>{text(title)}</h1><p>{text(line)}</p></header>'


def _contents(parts: Sequence[Section], language: str) -> str:
    """The table of contents: beside the text on wide screens, a fold above it on narrow ones."""
    title = text(say("web.contents", language))
    links = "".join(f'<li><a href="#{part.id}">{text(part.title)}</a></li>' for part in parts)
    return f'<nav class="contents" aria-label="{title}"><details open><summary>{title}</summary><ol>{links}</ol></details></nav>'


def _policy(scripts: Sequence[str], style: str) -> str:
    """What the browser may load and run: what stands in this page, known by its hash."""
    allowed = " ".join(fingerprint(script) for script in scripts)
    return f"default-src 'none'; script-src {allowed}; style-src {fingerprint(style)}; base-uri 'none'; form-action 'none'"


def _print_header(title: str) -> str:
    """The title at the head of every printed page, as a text of the style sheet."""
    safe = "".join(c if c.isalnum() and c.isascii() else f"\\{ord(c):06x}" for c in title)
    return f'@page{{@top-left{{content:"{safe}"}}}}\n'


def _slots(name: str) -> dict[str, str]:
    """Places in the messages of the script, which it fills itself."""
    return {"hits": {"hits": "{hits}", "count": "{count}"}, "sort": {"column": "{column}"}}.get(name, {})


def _json(data: dict[str, Any]) -> str:
    """JSON that cannot end the element it stands in."""
    plain = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return plain.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
