"""Trajectory: emissions from the base year to the target year without measures, with existing ones and with the plan; a panel for
each first-class pollutant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emisim.pictures.frame import chart, frame, item, legend, measured, panel_title, panels, quiet, value_axis
from emisim.pictures.levels import Requirement, fold, grounds, requirements, unit
from emisim.pictures.picture import Picture
from emisim.pictures.style import Style
from emisim.report.tables import Table, core_pollutants, tonnes
from emisim.simulate import Result
from emisim.text import say

PATHS = ("frozen", "reference", "plan")
DASHES = (0, (4, 1.6))
A_ROW = 3  # panels beside each other
PANEL, HEAD = 2.4, 1.05  # [inch]
AXIS, LABELS = 0.42, 0.7  # room on the left and on the right of a panel [inch]
APART = 0.145  # of a panel's height: least distance of two labels [1]
HEAD_ROOM = 0.08  # of the range of values [1]


@dataclass(frozen=True, eq=False)
class Panel:
    """One pollutant.

    paths : (frozen, reference, plan; year) [t/yr]. bands : (lower, upper end; reference, plan; year) of the draws [t/yr], None
    without draws. required : what net targets allow.
    """

    pollutant: str
    paths: np.ndarray
    bands: np.ndarray | None
    required: tuple[Requirement, ...]

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest value that is shown, with some room [t/yr]."""
        values = [*self.paths.ravel().tolist(), *(r.level for r in self.required)]
        values += [] if self.bands is None else self.bands.ravel().tolist()
        low, high = min(values), max(values)
        room = HEAD_ROOM * ((high - low) or abs(high) or 1.0)
        return max(low - room, 0.0) if low >= 0 else low - room, high + room


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Panels over the same years. interval : of the bands [%], None without draws."""

    years: tuple[int, ...]
    panels: tuple[Panel, ...]
    interval: float | None


def make(result: Result, language: str) -> tuple[Picture, ...]:
    """One picture with all first-class pollutants that are emitted at all; none if nothing is."""
    every = (_panel(result, k, language) for k in core_pollutants(result.inventory))
    panels = tuple(panel for panel in every if panel.paths.any())
    if not panels:
        return ()
    interval = None if result.uncertainty is None else 100 * result.uncertainty.design.interval
    data = Trajectory(result.years, panels, interval)
    first, last = result.years[0], result.years[-1]
    changes = say("picture.comma", language).join(_change(p) for p in panels)
    title = say("picture.trajectory.title", language, changes=changes, first=first, last=last)
    note = [say("picture.trajectory.note", language, unit=unit(language))]
    if interval is not None:
        note.append(say("picture.trajectory.bands", language, interval=f"{interval:g}"))
    note.append(grounds(result, language, [p.pollutant for p in panels]))
    alt = [title + say("picture.stop", language)]
    alt += [say("picture.trajectory.alt", language, **_ends(p, language), first=first, last=last) for p in panels]
    rows = -(-len(panels) // A_ROW)
    size, table = (Style().width, HEAD + rows * PANEL), _table(data, title, language)
    return (Picture("trajectory", "trajectory", title, fold(note, language), fold(alt, language), table, data, size, language),)


def _panel(result: Result, k: int, language: str) -> Panel:
    paths = np.array([result.totals(getattr(result, name))[k] for name in PATHS])
    bands = None
    if result.uncertainty is not None:
        bands = result.uncertainty.totals.quantiles.value[np.ix_([0, 2], [1, 2], [k])][:, :, 0]
    return Panel(result.inventory.pollutants[k], paths, bands, requirements(result, k, language))


def _change(panel: Panel) -> str:
    base, plan = panel.paths[2, 0], panel.paths[2, -1]
    return f"{panel.pollutant} {100 * (plan / base - 1):+.1f} %".replace("-", "−") if base else f"{panel.pollutant} –"


def _ends(panel: Panel, language: str) -> dict[str, str]:
    frozen, reference, plan = (tonnes(v) for v in panel.paths[:, -1])
    return {
        "pollutant": panel.pollutant, "base": tonnes(panel.paths[2, 0]), "frozen": frozen, "reference": reference, "plan": plan,
        "unit": unit(language),
    }  # fmt: skip


def _name(path: str, language: str) -> str:
    return say(f"picture.path.{path}", language)


def _table(data: Trajectory, title: str, language: str) -> Table:
    rows = []
    for panel in data.panels:
        for t, year in enumerate(data.years):
            row = [panel.pollutant, str(year), *(tonnes(v) for v in panel.paths[:, t])]
            if panel.bands is not None:
                row += [f"{tonnes(panel.bands[0, b, t])} … {tonnes(panel.bands[1, b, t])}" for b in (0, 1)]
            elif data.interval is not None:
                row += ["–", "–"]
            allowed = [f"{tonnes(r.level)} ({r.target})" for r in panel.required if r.year == year]
            rows.append((*row, "; ".join(allowed) or "–"))
    header = [say("table.totals.pollutant", language), say("picture.column.year", language)]
    header += [f"{_name(p, language)}, {unit(language)}" for p in PATHS]
    if data.interval is not None:
        header += [
            say("picture.column.band", language, path=_name(p, language), interval=f"{data.interval:g}") for p in PATHS[1:]
        ]
    header.append(say("picture.column.required", language, unit=unit(language)))
    return Table(title, tuple(header), tuple(rows), frozenset(range(1, len(header))))


def spread(places: list[float], apart: float) -> list[float]:
    """Places moved as little as it takes to be so far apart, in their order.

    Places that would overlap form a block around their mean; blocks that then overlap are joined.
    """
    order = np.argsort(places, kind="stable").tolist()
    blocks: list[list[int]] = []
    for k in order:
        blocks.append([k])
        while len(blocks) > 1 and _foot(places, blocks[-1], apart) < _foot(places, blocks[-2], apart) + apart * len(blocks[-2]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    out = list(places)
    for block in blocks:
        foot = _foot(places, block, apart)
        for n, k in enumerate(block):
            out[k] = foot + n * apart
    return out


def _foot(places: list[float], block: list[int], apart: float) -> float:
    """Place of the lowest of a block."""
    return float(np.mean([places[k] for k in block])) - apart * (len(block) - 1) / 2


# ---------------------------------------------------------------- on paper


def draw(picture: Picture, figure, style: Style) -> None:
    """Small multiples; each line is named, with its value, where it ends."""
    data = picture.data
    left, bottom, width, height = frame(picture, figure, style, left=0.12, right=0.05)
    wide, tall = picture.size
    columns = min(A_ROW, len(data.panels))
    rows = -(-len(data.panels) // columns)
    each, high = width / columns, height / rows
    for n, panel in enumerate(data.panels):
        row, column = divmod(n, columns)
        foot = bottom + height - (row + 1) * high
        box = (left + column * each + AXIS / wide, foot + 0.22 / tall, each - (AXIS + LABELS + 0.1) / wide, high - 0.47 / tall)
        axes = figure.add_axes(box)
        panel_title(figure, axes, AXIS, f"{panel.pollutant}, {unit(picture.language)}", style)
        _draw_panel(axes, panel, data, style, picture.language)


def _draw_panel(axes, panel: Panel, data: Trajectory, style: Style, language: str) -> None:
    quiet(axes, style, "y")
    axes.set_ylim(*panel.limits)
    axes.set_xlim(data.years[0] - 0.15, data.years[-1] + 0.1)
    axes.set_xticks([data.years[0], data.years[-1]], [str(data.years[0]), str(data.years[-1])])
    axes.locator_params(axis="y", nbins=5)
    if panel.bands is not None:
        for b, path in enumerate(PATHS[1:]):
            axes.fill_between(
                data.years, panel.bands[0, b], panel.bands[1, b], color=_colour(path, style), alpha=0.16, linewidth=0, zorder=1
            )
    for path, line, marker in zip(PATHS, panel.paths, ("s", "^", "o"), strict=True):
        axes.plot(
            data.years, line, color=_colour(path, style), linewidth=style.line, linestyle=DASHES if path == "frozen" else "-",
            marker=marker, markersize=3.6, zorder=4, clip_on=False,
        )  # fmt: skip
    for line in panel.required:
        axes.plot(
            [line.year - 0.45, line.year + 0.1], [line.level] * 2, color=style.required, linewidth=2.2, zorder=5, clip_on=False
        )
    _name_ends(axes, panel, data, style, language)


def _name_ends(axes, panel: Panel, data: Trajectory, style: Style, language: str) -> None:
    """Names and values of the lines in the target year, moved apart where they would overlap."""
    low, high = panel.limits
    shown = [(f"{_name(p, language)}\n{tonnes(v[-1])}", v[-1], _ink(p, style)) for p, v in zip(PATHS, panel.paths, strict=True)]
    shown += [
        (f"{say('picture.goal', language)}\n{tonnes(r.level)}", r.level, style.required)
        for r in panel.required if r.year == data.years[-1]
    ]  # fmt: skip
    places = spread([(v - low) / (high - low) for _, v, _ in shown], APART)
    widest = max(measured(axes.figure, text, style.small_size) for text, _, _ in shown)
    size = style.small_size * min(1.0, (LABELS - 0.02) / widest)
    look = {"transform": axes.transAxes, "va": "center", "ha": "left", "size": size, "linespacing": 1.15}
    beside = 1.0 + 0.07 / (axes.get_position().width * axes.figure.get_figwidth())
    for (text, _, colour), place in zip(shown, places, strict=True):
        axes.text(beside, place, text, color=colour, **look)


def _colour(path: str, style: Style) -> str:
    return getattr(style, path)


def _ink(path: str, style: Style) -> str:
    """Colour of the letters that name a line: dark enough to be read on paper."""
    return {"frozen": style.muted, "reference": style.reference_ink, "plan": style.plan}[path]


# ---------------------------------------------------------------- on a screen


def option(picture: Picture, style: Style) -> dict:
    """One grid for each panel; bands are two stacked lines, of which the lower is not seen."""
    data, language = picture.data, picture.language
    names = [_name(path, language) for path in PATHS]
    if any(panel.required for panel in data.panels):
        names.append(say("picture.goal", language))
    titles, grids = panels([f"{panel.pollutant}, {unit(language)}" for panel in data.panels], style)
    years = {
        "type": "category",
        "data": [str(y) for y in data.years],
        "axisLabel": {"color": style.ink},
        "axisTick": {"show": False},
    }
    return chart(
        style,
        legend=legend(names, style),
        title=titles,
        grid=grids,
        xAxis=[{**years, "gridIndex": n} for n in range(len(data.panels))],
        yAxis=[value_axis(style, gridIndex=n, scale=True, splitNumber=4) for n in range(len(data.panels))],
        series=[s for n, panel in enumerate(data.panels) for s in _series(n, panel, data, style, language)],
    )


def _series(n: int, panel: Panel, data: Trajectory, style: Style, language: str) -> list[dict]:
    place = {"xAxisIndex": n, "yAxisIndex": n, "type": "line"}
    out = []
    for b, path in enumerate(PATHS[1:]):
        if panel.bands is not None:
            low, high = panel.bands[0, b], panel.bands[1, b]
            unseen = {
                "lineStyle": {"opacity": 0},
                "symbol": "none",
                "silent": True,
                "stack": f"{path}-{n}",
                "stackStrategy": "all",
            }
            out.append({**place, **unseen, "data": low.tolist(), "tooltip": {"show": False}})
            ground = {"color": _colour(path, style), "opacity": 0.16}
            out.append({**place, **unseen, "data": (high - low).tolist(), "areaStyle": ground, "tooltip": {"show": False}})
    for path, line, symbol in zip(PATHS, panel.paths, ("rect", "triangle", "circle"), strict=True):
        name = _name(path, language)
        points = [item(float(v), _tip(panel, data, name, path, t, language)) for t, v in enumerate(line)]
        stroke = {"width": 2, "type": "dashed" if path == "frozen" else "solid"}
        mark = {"symbol": symbol, "symbolSize": 7, "itemStyle": {"color": _colour(path, style)}}
        out.append({**place, "name": name, "data": points, "lineStyle": stroke, **mark})
    for line in panel.required:
        points = [item(line.level, line.text) if y == line.year else None for y in data.years]
        mark = {"symbol": "rect", "symbolSize": [30, 4], "itemStyle": {"color": style.required}, "z": 5}
        out.append({**place, "type": "scatter", "name": say("picture.goal", language), "data": points, **mark})
    return out


def _tip(panel: Panel, data: Trajectory, name: str, path: str, t: int, language: str) -> str:
    """Hover text of one point."""
    text = f"{panel.pollutant} {data.years[t]}, {name}\n{tonnes(panel.paths[PATHS.index(path), t])} {unit(language)}"
    if panel.bands is not None and path != "frozen":
        low, high = panel.bands[:, PATHS.index(path) - 1, t]
        text += f"\n{data.interval:g} %: {tonnes(low)} … {tonnes(high)}"
    return text
