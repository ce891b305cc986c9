"""How the numbers come about and where they come from: half a page of method, then provenance."""

from __future__ import annotations

from emisim import __version__
from emisim.report.page.assets import asset
from emisim.report.page.parts import Safe, code, fold, join, listed, paragraph, text
from emisim.report.screen import balance_line, change_lines, warning_lines
from emisim.report.uncertainty_tables import drawn_lines
from emisim.simulate import Result
from emisim.text import say

FORMULAS = (
    ("emission", ("E = a · f",)),
    ("device", ("E′ = (1 − c) · E + c · U · (1 − r · η)", "E′ = E · (1 − c · r · η)")),
    ("order", ()),
    ("ledger", ("E₀ + Δ − Σ φ = E",)),
    ("targets", ("E₀ − E", "Σ (Eᵇ − Eᵃ)")),
    ("draws", ("P = n⁺ / n",)),
)


def method(result: Result, language: str) -> Safe:
    """The calculation in six steps, each with its formula in plain words."""
    closure = f"{result.balances.ledger:.1g}"
    steps = []
    for name, formulas in FORMULAS:
        shown = paragraph(Safe("".join(f"<code>{text(part)}</code>" for part in formulas)), "formula")
        words = say(f"web.method.{name}", language, closure=closure)
        steps.append(f"<li>{shown}{paragraph(words)}</li>")
    return Safe(f'<ol class="method">{"".join(steps)}</ol>')


def provenance(result: Result, language: str) -> Safe:
    """Version, scenario, plan, base year, draws; where the hashes stand; the notice of the chart library."""
    plan, scenario, found = result.plan_file, result.scenario, result.uncertainty
    known = {
        "emisim": __version__,
        "scenario": scenario.scenario,
        "plan": plan.title.text(language),
        "document": plan.document,
        "issued": plan.issued,
        "region": plan.region,
        "inventory": result.inventory.name,
        "years": f"{scenario.base_year}, {scenario.target_year}",
        "draws": drawn_lines(result, language)[0] if found else "",
        "balances": balance_line(result, language),
        "charts": "Apache ECharts 6.1.0 (Apache License 2.0)",
    }
    rows = "".join(
        f"<div><dt>{text(say(f'web.about.{name}', language))}</dt><dd>{text(value)}</dd></div>"
        for name, value in known.items()
        if value
    )
    notice = Safe(f'<pre lang="en">{text(asset("echarts", "NOTICE").strip())}</pre>')
    return join(
        [
            Safe(f'<dl class="facts">{rows}</dl>'),
            paragraph(code(say("web.about.hashes", language))),
            fold(say("web.about.notice", language), notice),
        ]
    )


def warnings(result: Result, language: str) -> Safe:
    """Readings other than default, delays, and what the run warns of."""
    lines = [*change_lines(result, None, language), *warning_lines(result, language)]
    return listed(lines, "notes") or paragraph(say("web.warnings.none", language))
