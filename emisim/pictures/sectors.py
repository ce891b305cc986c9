"""Sectors: base year, existing measures and plan as stacked bars, a panel for each pollutant."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from emisim.pictures.frame import (
    category_axis,
    chart,
    frame,
    inches,
    item,
    legend,
    measured,
    panel_title,
    panels,
    quiet,
    value_axis,
)
from emisim.pictures.levels import fold, grounds, numbers, unit
from emisim.pictures.picture import Picture
from emisim.pictures.style import Style, on
from emisim.report.tables import Table, label, tonnes
from emisim.simulate import Result
from emisim.text import say
from emisim.vocabulary import sectors as known_sectors

LEVELS = ("base", "reference", "plan")
A_ROW = 3  # panels beside each other
PANEL, HEAD, KEY = 2.75, 1.0, 0.2  # [inch]
LEAST = 0.055  # of the highest bar, to have its number inside [1]
GAP = 0.2  # between the entries of the key [inch]
SWATCH = 0.3  # [inch]


@dataclass(frozen=True, eq=False)
class Sectors:
    """Emissions by sector.

    values : (pollutant, sector, level) [t/yr], the levels being base, reference and plan. sectors : ids in the order of the
    handbook, those with emissions.
    """

    pollutants: tuple[str, ...]
    sectors: tuple[str, ...]
    values: np.ndarray
    base_year: int
    target_year: int

    @property
    def totals(self) -> np.ndarray:
        """(pollutant, level) [t/yr]."""
        return self.values.sum(axis=1)


def make(result: Result, language: str) -> tuple[Picture, ...]:
    """One picture with all pollutants that are emitted; none if nothing is."""
    data = _data(result)
    if not data.sectors:
        return ()
    chief = [_chief(data, k, language) for k in range(len(data.pollutants)) if data.totals[k, 2] > 0]
    values = {"first": data.base_year, "last": data.target_year, "unit": unit(language)}
    title = say("picture.sectors.title", language, chief=say("picture.comma", language).join(chief), **values)
    note = [say("picture.sectors.note", language, **values), grounds(result, language, data.pollutants)]
    alt = [title + say("picture.stop", language)]
    alt += [_moved(data, k, language) for k in range(len(data.pollutants))]
    rows = -(-len(data.pollutants) // A_ROW)
    size = Style().width, HEAD + rows * PANEL + KEY * len(_lines_of_key(data, Style(), language))
    table = _table(data, title, language)
    return (Picture("sectors", "sectors", title, fold(note, language), fold(alt, language), table, data, size, language),)


def _data(result: Result) -> Sectors:
    column, official = result.inventory.text["sector"], result.official
    levels = (result.base, result.reference[..., -1], result.plan[..., -1])
    values = np.array([[v[(column == s) & official].sum(axis=0) for v in levels] for s in known_sectors()])
    emits, emitted = np.abs(values).sum(axis=(1, 2)) > 0, np.abs(values).sum(axis=(0, 1)) > 0
    names = tuple(s for s, there in zip(known_sectors(), emits, strict=True) if there)
    pollutants = tuple(p for p, there in zip(result.inventory.pollutants, emitted, strict=True) if there)
    found = values[emits][..., emitted].transpose(2, 0, 1)
    return Sectors(pollutants, names, found, result.scenario.base_year, result.scenario.target_year)


def name(sector: str, language: str) -> str:
    """Name of a sector."""
    return label(known_sectors()[sector], language)


def _chief(data: Sectors, k: int, language: str) -> str:
    """The sector that emits most with the plan, with its share."""
    plan = data.values[k, :, 2]
    largest = int(plan.argmax())
    share = f"{100 * plan[largest] / plan.sum():.0f}"
    return say(
        "picture.sectors.chief", language, pollutant=data.pollutants[k], sector=name(data.sectors[largest], language), share=share
    )


def _moved(data: Sectors, k: int, language: str) -> str:
    """The sector whose emission changes most from the base year to the plan."""
    change = data.values[k, :, 2] - data.values[k, :, 0]
    most = int(np.abs(change).argmax())
    return say(
        "picture.sectors.moved", language, pollutant=data.pollutants[k], sector=name(data.sectors[most], language),
        change=numbers(float(change[most])), unit=unit(language),
    )  # fmt: skip


def level_names(data: Sectors, language: str, break_line: str = " ") -> list[str]:
    """Names of the three bars, with their years."""
    years = (data.base_year, data.target_year, data.target_year)
    return [f"{say(f'picture.short.{w}', language)}{break_line}{y}" for w, y in zip(LEVELS, years, strict=True)]


def _table(data: Sectors, title: str, language: str) -> Table:
    header = [say("table.sector", language)]
    header += [f"{p} {n}, {unit(language)}" for p in data.pollutants for n in level_names(data, language)]
    rows = [
        (name(s, language), *(tonnes(v) for k in range(len(data.pollutants)) for v in data.values[k, j]))
        for j, s in enumerate(data.sectors)
    ]
    rows.append((say("table.total", language), *(tonnes(v) for v in data.totals.ravel())))
    return Table(title, tuple(header), tuple(rows), frozenset(range(1, len(header))))


# ---------------------------------------------------------------- on paper


def draw(picture: Picture, figure, style: Style) -> None:
    """Stacked bars in the order of the handbook; colours and hatches are explained once, below."""
    data, language = picture.data, picture.language
    wide, tall = picture.size
    left, bottom, width, height = frame(picture, figure, style, left=0.12, right=0.05)
    key = KEY * len(_lines_of_key(data, style, language)) / tall
    _draw_key(figure, data, bottom, style, picture)
    columns = min(A_ROW, len(data.pollutants))
    rows = -(-len(data.pollutants) // columns)
    each, high = width / columns, (height - key) / rows
    for k in range(len(data.pollutants)):
        row, column = divmod(k, columns)
        foot = bottom + height - (row + 1) * high
        axes = figure.add_axes((left + column * each + 0.45 / wide, foot + 0.42 / tall, each - 0.55 / wide, high - 0.68 / tall))
        panel_title(figure, axes, 0.45, f"{data.pollutants[k]}, {unit(language)}", style)
        _draw_panel(axes, data, k, style, language)


def _draw_panel(axes, data: Sectors, k: int, style: Style, language: str) -> None:
    quiet(axes, style, "y")
    highest = float(data.totals[k].max())
    axes.set_ylim(0, 1.1 * highest or 1.0)
    axes.set_xlim(-0.55, 2.55)
    axes.set_xticks(range(3), level_names(data, language, "\n"), size=style.small_size)
    axes.locator_params(axis="y", nbins=5)
    foot = np.zeros(3)
    for j, sector in enumerate(data.sectors):
        values, colour = data.values[k, j], style.sectors[sector]
        axes.bar(
            range(3), values, 0.74, bottom=foot, color=colour, hatch=style.hatches[sector] or None,
            edgecolor=style.paper, linewidth=0.6, zorder=3,
        )  # fmt: skip
        for n in range(3):
            if values[n] >= LEAST * highest:
                ground = {"facecolor": colour, "edgecolor": "none", "pad": 1.0}
                axes.text(
                    n, foot[n] + values[n] / 2, tonnes(values[n]), ha="center", va="center", size=style.small_size - 0.5,
                    color=on(colour, style), zorder=5, bbox=ground,
                )  # fmt: skip
        foot += values
    for n in range(3):
        axes.text(
            n,
            foot[n] + 0.02 * highest,
            tonnes(foot[n]),
            ha="center",
            va="bottom",
            size=style.text_size,
            weight="bold",
            color=style.ink,
        )


def _lines_of_key(data: Sectors, style: Style, language: str) -> list[list[str]]:
    """Sectors in lines as wide as the picture, in the order of the bars."""
    lines, at = [[]], 0.0
    for sector in data.sectors:
        wide = SWATCH + 0.93 * inches(name(sector, language), style.small_size) + GAP
        if at + wide > style.width and lines[-1]:
            lines.append([])
            at = 0.0
        lines[-1].append(sector)
        at += wide
    return lines


def _draw_key(figure, data: Sectors, bottom: float, style: Style, picture: Picture) -> None:
    """Colour, hatch and name of each sector."""
    wide, tall = picture.size
    lines = _lines_of_key(data, style, picture.language)
    height = KEY * len(lines)
    axes = figure.add_axes((0, bottom, 1, height / tall))
    axes.set_xlim(0, wide)
    axes.set_ylim(height, 0)
    axes.axis("off")
    for row, line in enumerate(lines):
        at, middle, size = 0.15, (row + 0.5) * KEY, style.small_size
        widths = [measured(figure, name(sector, picture.language), size) for sector in line]
        shrunk = min(1.0, (wide - 0.3 - len(line) * (SWATCH + GAP) + GAP) / math.fsum(widths))
        for sector, width in zip(line, widths, strict=True):
            hatch = style.hatches[sector] or None
            axes.bar(
                at + 0.1,
                0.12,
                0.2,
                bottom=middle - 0.06,
                color=style.sectors[sector],
                hatch=hatch,
                edgecolor=style.paper,
                linewidth=0.4,
            )
            axes.text(at + SWATCH, middle, name(sector, picture.language), va="center", size=size * shrunk, color=style.ink)
            at += SWATCH + width * shrunk + GAP


# ---------------------------------------------------------------- on a screen


def option(picture: Picture, style: Style) -> dict:
    """One grid for each pollutant, one series for each sector in it."""
    data, language = picture.data, picture.language
    count, names = len(data.pollutants), level_names(data, language)
    titles, grids = panels([f"{p}, {unit(language)}" for p in data.pollutants], style, right=24)
    return chart(
        style,
        aria={"enabled": True, "label": {"enabled": False}, "decal": {"show": True}},
        legend=legend([name(s, language) for s in data.sectors], style),
        title=titles,
        grid=grids,
        xAxis=[value_axis(style, gridIndex=k, splitNumber=4) for k in range(count)],
        yAxis=[category_axis(style, names, 120, gridIndex=k, inverse=True) for k in range(count)],
        series=[_series(data, k, j, style, language) for k in range(count) for j in range(len(data.sectors))],
    )


def _series(data: Sectors, k: int, j: int, style: Style, language: str) -> dict:
    sector, totals = data.sectors[j], data.totals[k]
    items = []
    for n, level in enumerate(level_names(data, language)):
        value = float(data.values[k, j, n])
        share = f" ({100 * value / totals[n]:.1f} %)" if totals[n] else ""
        tip = f"{name(sector, language)}\n{data.pollutants[k]}, {level}\n{tonnes(value)} {unit(language)}{share}"
        items.append(item(value, tip))
    look = {"color": style.sectors[sector], "borderColor": style.paper, "borderWidth": 0.5}
    place = {"type": "bar", "stack": f"all-{k}", "xAxisIndex": k, "yAxisIndex": k, "barCategoryGap": "30%"}
    return {**place, "name": name(sector, language), "itemStyle": look, "data": items}
