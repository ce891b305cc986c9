"""What a picture is, and what a kind of picture has to offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from emisim.report.tables import Table


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture, as data: whoever shows it draws it with the functions of its kind.

    name : file name without ending. kind : name of the kind. title : says the answer, in the language. note : units, and how to
    read it. alt : what it says, in one or two sentences with its numbers, for those who cannot see it. table : every number it
    shows. data : the frozen dataclass of its kind, in t/yr, %, dates. size : (width, height) [inch].
    """

    name: str
    kind: str
    title: str
    note: str
    alt: str
    table: Table
    data: object
    size: tuple[float, float]
    language: str


@dataclass(frozen=True)
class Kind:
    """A kind of picture.

    make : (result, language) → tuple of pictures, empty where there is nothing to show. draw : (picture, figure, style) draws on
    the matplotlib figure it is given. option : (picture, style) → an ECharts option of plain JSON data.
    """

    name: str
    make: Callable[..., tuple[Picture, ...]]
    draw: Callable[..., None]
    option: Callable[..., dict]
