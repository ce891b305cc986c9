"""What pictures have in common on paper and on a screen: title and note around a plot, quiet axes, pieces of ECharts options."""

from __future__ import annotations

from typing import Any

from emisim.pictures.levels import FIRM
from emisim.pictures.picture import Picture
from emisim.pictures.style import Style, span, wrap

MARGIN = 0.12  # [inch]
POINT = 1.0 / 72.0  # [inch]
LINE = 1.35  # line height by letter size [1]
NARROW = 0.54  # width of a narrow letter by letter size, on the safe side [1]
LEGEND = 36  # room for the legend [px]
SCREEN = 190  # height of one of several panels on a screen [px]
THIN = 0.42  # on the other side [1]


def frame(picture: Picture, figure, style: Style, left: float = 0.6, right: float = 0.15) -> tuple[float, float, float, float]:
    """Write title and note on a figure.

    Parameters
    ----------
    left, right : room beside the plot, for labels of its axes [inch].

    Returns
    -------
    (left, bottom, width, height) of the room for the plot, as parts of the figure [1]; room for labels below the plot is its own
    """
    width, height = picture.size
    figure.set_facecolor(style.paper)
    room = width - 2 * MARGIN
    title = written(
        figure, picture.title, room, style.title_size, weight="bold", color=style.ink, va="top", y=1 - MARGIN / height
    )
    note = written(figure, picture.note, room, style.small_size, color=style.muted, va="bottom", y=MARGIN / height)
    top = 2 * MARGIN + title * LINE * style.title_size * POINT
    bottom = 2 * MARGIN + note * LINE * style.small_size * POINT
    return left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height


def written(figure, text: str, width: float, size: float, **look: Any) -> int:
    """Write a text on the left of a figure, in lines as long as fit in a width [inch].

    Returns
    -------
    How many lines it took
    """
    if not text:
        return 0
    shown = figure.text(x=MARGIN / figure.get_figwidth(), s="", size=size, ha="left", linespacing=1.25, **look)
    for count in range(int(width / (THIN * size * POINT)), 8, -1):
        shown.set_text(wrap(text.replace(" %", f"{FIRM}%"), count))
        if shown.get_window_extent().width <= width * figure.dpi:
            break
    return shown.get_text().count("\n") + 1


def letters(width: float, size: float) -> int:
    """Narrow letters of a size [pt] that fit in a width [inch]."""
    return int(width / (NARROW * size * POINT))


def inches(text: str, size: float) -> float:
    """Room that the widest line of a text needs [inch]; on the safe side."""
    return max(span(line) for line in text.split("\n")) * NARROW * size * POINT


def measured(figure, text: str, size: float) -> float:
    """Room that a text takes on a figure [inch]."""
    shown = figure.text(0, 0, text, size=size)
    width = shown.get_window_extent().width / figure.dpi
    shown.remove()
    return width


def quiet(axes, style: Style, grid: str = "y") -> None:
    """Axes without box and ticks, light grid lines behind the data (``x``, ``y``, ``both`` or ``""``), thousands separators."""
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, labelsize=style.text_size, labelcolor=style.ink, color=style.grid)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color=style.grid, linewidth=0.8)
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        if grid in (name, "both"):
            axis.set_major_formatter("{x:,.10g}")


def panel_title(figure, axes, left: float, text: str, style: Style) -> None:
    """Name of one of several panels, above it; it begins where the labels of the axis may begin.

    Parameters
    ----------
    left : room for these labels [inch].
    """
    box = axes.get_position()
    look = {"size": style.text_size + 0.5, "weight": "bold", "color": style.ink, "ha": "left", "va": "bottom"}
    figure.text(box.x0 - left / figure.get_figwidth(), box.y1 + 0.09 / figure.get_figheight(), text, **look)


def item(value: Any, tip: str, **more: Any) -> dict[str, Any]:
    """One datum of an ECharts series with its hover text."""
    return {"value": value, "tip": tip, **more}


def chart(style: Style, **parts: Any) -> dict[str, Any]:
    """An ECharts option: what all have in common, and the given parts."""
    return {
        "animation": False,
        "textStyle": {"fontFamily": "inherit", "color": style.ink},
        "tooltip": {"trigger": "item", "confine": True},
        **parts,
    }


def value_axis(style: Style, name: str = "", **more: Any) -> dict[str, Any]:
    """An ECharts axis of numbers; the page writes their thousands separators."""
    return {
        "type": "value",
        "name": name,
        "nameTextStyle": {"color": style.muted, "align": "left"},
        "axisLabel": {"color": style.ink, "hideOverlap": True},
        "splitLine": {"lineStyle": {"color": style.grid}},
        **more,
    }


def category_axis(style: Style, names: list[str], width: int = 150, **more: Any) -> dict[str, Any]:
    """An ECharts axis of labels, cut at a width [px]."""
    return {
        "type": "category",
        "data": names,
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": style.grid}},
        "axisLabel": {"color": style.ink, "interval": 0, "width": width, "overflow": "truncate"},
        **more,
    }


def panels(names: list[str], style: Style, right: int = 16) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Titles and grids of panels one below the other, under a legend; in parts of the height, SCREEN px a panel."""
    count = len(names)
    whole = SCREEN * count
    each = (whole - LEGEND) / count

    def part(pixels: float) -> str:
        return f"{100 * pixels / whole:.4g}%"

    titles = [
        {"text": name, "left": 4, "top": part(LEGEND + n * each), "padding": 0, "textStyle": {"fontSize": 13, "color": style.ink}}
        for n, name in enumerate(names)
    ]
    grids = [
        {"left": 16, "right": right, "top": part(LEGEND + n * each + 24), "height": part(each - 34), "containLabel": True}
        for n in range(count)
    ]
    return titles, grids


def legend(names: list[str], style: Style) -> dict[str, Any]:
    """An ECharts legend in one line; what does not fit is paged."""
    return {"type": "scroll", "top": 0, "left": 0, "data": names, "textStyle": {"color": style.ink}}
