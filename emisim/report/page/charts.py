"""The pictures of the page: a drawing by ECharts with its description, and all its numbers in a table under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emisim.pictures import KINDS, all_pictures, kind_of
from emisim.pictures.picture import Picture
from emisim.pictures.style import Style
from emisim.report.page.parts import Look, Safe, fold, join, paragraph, table, text
from emisim.simulate import Result
from emisim.text import say

PIXELS = 96  # of an inch of paper
PANEL = 190  # least height of each of several panels [px]


def figures(pictures: Sequence[Picture], language: str) -> Safe:
    """Every picture: title, drawing, note, numbers."""
    return join(
        [
            paragraph(say("web.pictures.intro", language), "script-only"),
            Safe(f'<p class="caution no-script">{text(say("web.noscript", language))}</p>'),
            *(_figure(picture, language) for picture in pictures),
        ]
    )


def _figure(picture: Picture, language: str) -> Safe:
    name = f"picture-{text(picture.name)}"
    numbers = fold(
        say("web.table", language),
        table(picture.table, language, Look(heading=False)),
        say("web.rows", language, count=len(picture.table.rows)),
        heading="",
        screen=say("web.paper", language),
    )
    return Safe(
        f'<figure id="{name}" aria-labelledby="{name}-title"><h3 id="{name}-title">{text(picture.title)}</h3>'
        f'<div class="chart" role="img" aria-label="{text(picture.alt)}" data-chart="{text(picture.name)}"></div>'
        f"<figcaption>{text(picture.note)}</figcaption>\n{numbers}</figure>"
    )


def pictured(result: Result, language: str) -> tuple[Picture, ...]:
    """The pictures of a report: all, but the tornado only where figures were drawn."""
    kinds = [kind.name for kind in KINDS if kind.name != "tornado" or result.uncertainty is not None]
    return all_pictures(result, language, kinds)


def drawings(pictures: Sequence[Picture]) -> dict[str, Any]:
    """Name of a picture → its ECharts option and its height [px]; its width is that of the page."""
    style, found = Style(), {}
    for picture in pictures:
        option = kind_of(picture).option(picture, style)
        grids = option.get("grid")
        panels = len(grids) if isinstance(grids, list) else 1
        found[picture.name] = {"height": max(round(picture.size[1] * PIXELS), panels * PANEL), "option": option}
    return found
