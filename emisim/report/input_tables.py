"""Tables of what is uncertain: every figure with a range, what it is drawn with, and how figures hang together."""

from __future__ import annotations

from typing import Any

from emisim.distribution import Correlation
from emisim.report.tables import Table
from emisim.text import say
from emisim.uncertainty.findings import figure_name
from emisim.uncertainty.inputs import Inputs, Uncertain

COLUMNS = ("id", "name", "figure", "distribution", "drawn_with", "grade", "place")


def figures(inputs: Inputs, language: str) -> Table:
    """Every figure with a range."""
    header = tuple(say(f"table.inputs.{c}", language) for c in COLUMNS)
    rows = tuple(
        (f.id, figure_name(f, language), f.shown, say(f"shape.{f.distribution.shape}", language), _with(f), f.grade, str(f.place))
        for f in inputs.figures
    )
    certain = ", ".join(f"{say(f'kind.{kind}', language)} {count}" for kind, count in inputs.certain.items())
    title = say("table.inputs", language, figures=len(inputs.figures), variables=len(inputs.variables))
    return Table(title, header, rows, wide=frozenset({1, 6}), note=say("table.inputs.note", language, certain=certain))


def _with(figure: Uncertain) -> str:
    return figure.variable if figure.variable != figure.own else "–"


def correlations(inputs: Inputs, language: str) -> Table:
    """Rank correlations: within groups and between variables; those of a group that are not here are 1."""
    header = tuple(say(f"table.correlations.{c}", language) for c in ("first", "second", "rank", "grade", "source"))
    within = say("table.correlations.within", language)
    rows = tuple(
        (c.first, within if c.first == c.second else c.second, f"{c.rank:g}", c.grade, c.source) for c in inputs.correlations
    )
    return Table(say("table.correlations", language), header, rows, right=frozenset({2}), wide=frozenset({4}))


def as_data(inputs: Inputs) -> dict[str, Any]:
    """The same as plain data; numbers in canonical units."""
    return {
        "figures": [_figure(f) for f in inputs.figures],
        "correlations": [_correlation(c) for c in inputs.correlations],
        "without_range": dict(inputs.certain),
    }


def _figure(figure: Uncertain) -> dict[str, Any]:
    d = figure.distribution
    return {
        "id": figure.id,
        "kind": figure.kind,
        "name_en": figure_name(figure, "en"),
        "name_zh": figure_name(figure, "zh"),
        "written": figure.shown,
        "distribution": d.shape,
        "value": d.value,
        "low": d.low,
        "high": d.high,
        "drawn_with": figure.variable,
        "grade": figure.grade,
        "source": figure.source,
        "place": str(figure.place),
    }


def _correlation(c: Correlation) -> dict[str, Any]:
    return {"first": c.first, "second": c.second, "rank_correlation": c.rank, "grade": c.grade, "source": c.source}
