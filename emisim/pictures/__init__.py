"""Pictures of a result: one module a kind, which holds its data, its drawing on paper and its ECharts option.

A new kind is a new module, named in the list below.
"""

from __future__ import annotations

from collections.abc import Collection

from emisim.pictures import front, heatmap, sectors, timeline, tornado, trajectory, waterfall
from emisim.pictures.picture import Kind, Picture
from emisim.simulate import Result

KINDS: tuple[Kind, ...] = (
    Kind("waterfall", waterfall.make, waterfall.draw, waterfall.option),
    Kind("trajectory", trajectory.make, trajectory.draw, trajectory.option),
    Kind("sectors", sectors.make, sectors.draw, sectors.option),
    Kind("heatmap", heatmap.make, heatmap.draw, heatmap.option),
    Kind("front", front.make, front.draw, front.option),
    Kind("tornado", tornado.make, tornado.draw, tornado.option),
    Kind("timeline", timeline.make, timeline.draw, timeline.option),
)


def kind_of(picture: Picture) -> Kind:
    """The kind of a picture."""
    return next(kind for kind in KINDS if kind.name == picture.kind)


def all_pictures(result: Result, language: str, kinds: Collection[str] | None = None) -> tuple[Picture, ...]:
    """Every picture of a result, or those of some kinds, in the order of the kinds.

    Parameters
    ----------
    kinds : names of kinds; all of them by default.
    """
    return tuple(p for kind in KINDS if kinds is None or kind.name in kinds for p in kind.make(result, language))
