"""Heat map: the ledger of the target year, measure by sector, one picture for each pollutant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emisim.pictures.fit import fitted
from emisim.pictures.frame import LINE, POINT, chart, frame, inches, item, letters, measured
from emisim.pictures.levels import fold, grounds, numbers, unit
from emisim.pictures.picture import Picture
from emisim.pictures.sectors import name as sector_name
from emisim.pictures.style import DOWN_RAMP, Style, on, ramp, wrap
from emisim.report.tables import Table, tonnes
from emisim.simulate import Result
from emisim.text import say
from emisim.vocabulary import sectors as known_sectors

MOST = 30
OTHERS = "others"
VISIBLE = 0.05  # what a table shows as 0.0 is not visible [t/yr]
NOTHING = 1e-9  # rounding [t/yr]
ROW, HEAD = 0.25, 1.5  # [inch]
ROOM = 2.75  # for the names of the measures [inch]
HEADING = 7.0  # [pt]
COLUMN = 0.95  # widest column [inch]


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Change of the official total by measure and sector in the target year.

    measures : ids, those that weigh most first; the last is OTHERS if some were put together. labels : their names. change :
    (measure, sector) [t/yr], less than nothing for a cut: the ledger with its sign turned.
    """

    pollutant: str
    target_year: int
    measures: tuple[str, ...]
    labels: tuple[str, ...]
    sectors: tuple[str, ...]
    change: np.ndarray

    @property
    def by_measure(self) -> np.ndarray:
        """(measure,) [t/yr]."""
        return self.change.sum(axis=1)

    @property
    def by_sector(self) -> np.ndarray:
        """(sector,) [t/yr]."""
        return self.change.sum(axis=0)

    @property
    def total(self) -> float:
        """What the plan changes [t/yr]."""
        return float(self.change.sum())


def make(result: Result, language: str) -> tuple[Picture, ...]:
    """One picture for each pollutant that measures change."""
    change = -by_sector(result)
    found = (_data(result, change[..., k], k, language) for k in range(len(result.inventory.pollutants)))
    return tuple(_picture(data, result, language) for data in found if data.measures)


def by_sector(result: Result) -> np.ndarray:
    """What measures take away in the target year, official rows: (sector of the handbook, measure, pollutant) [t/yr]."""
    column, count = result.inventory.text["sector"], len(result.bound.names)
    return np.array([result.ledger.by_measure(count, (column == s) & result.official)[..., -1] for s in known_sectors()])


def _data(result: Result, change: np.ndarray, k: int, language: str) -> Heatmap:
    """change : (sector, measure)."""
    change = np.where(np.abs(change.T) > NOTHING, change.T, 0.0)
    size = np.abs(change).sum(axis=1)
    order = [m for m in np.argsort(-size, kind="stable").tolist() if size[m] > 0]
    visible = [m for m in order if size[m] >= VISIBLE]
    shown = visible if len(visible) <= MOST else visible[: MOST - 1]
    rest = [m for m in order if m not in shown]
    names = [result.bound.names[m] for m in shown]
    labels = [f"{result.bound.measures[m].number} {result.bound.measures[m].title.text(language)}" for m in shown]
    values = change[shown]
    if shown and rest:
        names, labels = [*names, OTHERS], [*labels, say("picture.rest", language, count=len(rest))]
        values = np.vstack([values, change[rest].sum(axis=0)])
    there = np.flatnonzero(np.abs(values).max(axis=0, initial=0.0) > 0).tolist()
    sectors = tuple(s for n, s in enumerate(known_sectors()) if n in there)
    pollutant = result.inventory.pollutants[k]
    return Heatmap(pollutant, result.scenario.target_year, tuple(names), tuple(labels), sectors, values[:, there])


def _picture(data: Heatmap, result: Result, language: str) -> Picture:
    falls = data.total <= 0
    sums = -data.by_sector if falls else data.by_sector
    most = int(sums.argmax())
    share = f"{100 * sums[most] / abs(data.total):.0f}" if data.total else "–"
    values = {
        "pollutant": data.pollutant, "year": data.target_year, "total": tonnes(abs(data.total)), "unit": unit(language),
        "sector": sector_name(data.sectors[most], language), "part": tonnes(float(sums[most])), "share": share,
    }  # fmt: skip
    title = say("picture.heatmap.cuts" if falls else "picture.heatmap.adds", language, **values)
    shown = len(data.measures) - (data.measures[-1] == OTHERS)
    note = say("picture.heatmap.note", language, count=shown, unit=unit(language))
    note = fold([note, grounds(result, language, (data.pollutant,))], language)
    rows = [f"{name} {numbers(float(v))}" for name, v in zip(data.labels[:3], data.by_measure, strict=False)]
    largest = say("picture.waterfall.largest", language, largest=say("picture.and", language).join(rows), unit=unit(language))
    size = Style().width, HEAD + ROW * (len(data.measures) + 1)
    alt = fold([title + say("picture.stop", language), largest], language)
    return Picture(f"heatmap-{data.pollutant}", "heatmap", title, note, alt, _table(data, title, language), data, size, language)


def _table(data: Heatmap, title: str, language: str) -> Table:
    total = say("table.total", language)
    header = (say("table.measure", language), *(sector_name(s, language) for s in data.sectors), total)
    rows = [
        (label, *(numbers(float(v)) for v in (*line, line.sum())))
        for label, line in zip(data.labels, data.change, strict=True)
    ]  # fmt: skip
    rows.append((total, *(numbers(float(v)) for v in (*data.by_sector, data.total))))
    return Table(title, header, tuple(rows), frozenset(range(1, len(header))), note=unit(language))


def _largest(data: Heatmap) -> float:
    return float(np.abs(data.change).max(initial=0.0))


# ---------------------------------------------------------------- on paper


def draw(picture: Picture, figure, style: Style) -> None:
    """Coloured cells with their numbers; sums on the right and below."""
    data, language = picture.data, picture.language
    wide, tall = picture.size
    names = [fitted(figure, label, ROOM, style.small_size, 2) for label in data.labels]
    room = max(measured(figure, name, style.small_size) for name in names) + 0.2
    columns = len(data.sectors)
    column = min(COLUMN, (wide - room - 0.15) / (columns + 1))
    left, bottom, _, height = frame(picture, figure, style, left=room)
    heads = [_head(sector_name(s, language), column) for s in data.sectors]
    top = (max(h.count("\n") for h in heads) + 1) * LINE * HEADING * POINT + 0.05
    count = len(data.measures)
    axes = figure.add_axes((left, bottom, column * (columns + 1) / wide, height - top / tall))
    axes.set_xlim(0, columns + 1)
    axes.set_ylim(count + 1, 0)
    axes.tick_params(length=0, labelsize=style.small_size, labelcolor=style.ink)
    axes.xaxis.tick_top()
    axes.set_xticks(np.arange(columns + 1) + 0.5, [*heads, say("table.total", language)], size=HEADING, linespacing=1.1)
    axes.set_yticks(np.arange(count + 1) + 0.5, [*names, say("table.total", language)], linespacing=1.0)
    for side in axes.spines.values():
        side.set_visible(False)
    _cells(axes, data, style, column)
    axes.plot([0, columns + 1], [count, count], color=style.muted, linewidth=0.8)
    axes.plot([columns, columns], [0, count + 1], color=style.muted, linewidth=0.8)


def _head(text: str, column: float) -> str:
    return wrap(text, max(letters(column, HEADING), 6), 5)


def _cells(axes, data: Heatmap, style: Style, column: float) -> None:
    """Cells, then sums in the outer row and column, on no ground."""
    from_above = np.arange(len(data.measures))
    largest = _largest(data)
    for i in from_above:
        for j, value in enumerate(data.change[i].tolist()):
            ground = ramp(-value, largest)
            axes.bar(j + 0.5, 0.94, 0.97, bottom=i + 0.03, color=ground if value else style.paper, linewidth=0)
            if value:
                _number(axes, j + 0.5, i + 0.5, value, on(ground, style), style, column, "normal")
    columns, count = len(data.sectors), len(data.measures)
    sums = [(columns + 0.5, i + 0.5, float(v)) for i, v in enumerate(data.by_measure)]
    sums += [(j + 0.5, count + 0.5, float(v)) for j, v in enumerate(data.by_sector)]
    for x, y, value in [*sums, (columns + 0.5, count + 0.5, data.total)]:
        _number(axes, x, y, value, style.ink, style, column, "bold")


def _number(axes, x: float, y: float, value: float, colour: str, style: Style, column: float, weight: str) -> None:
    text = numbers(value)
    size = min(style.small_size, style.small_size * 0.95 * column / inches(text, style.small_size))
    axes.text(x, y, text, ha="center", va="center", size=size, color=colour, weight=weight)


# ---------------------------------------------------------------- on a screen


def option(picture: Picture, style: Style) -> dict:
    """Cells as one heat-map series whose colours are given; the sums are its last row and column."""
    data, language = picture.data, picture.language
    total = say("table.total", language)
    across = [*(sector_name(s, language) for s in data.sectors), total]
    down = [*data.labels, total]
    largest = _largest(data)
    cells = [
        _cell(j, i, float(v), largest, across, down, language, style)
        for i, line in enumerate(data.change)
        for j, v in enumerate(line)
        if v
    ]
    sums = [(len(across) - 1, i, v) for i, v in enumerate(data.by_measure)]
    sums += [(j, len(down) - 1, v) for j, v in enumerate(data.by_sector)]
    sums.append((len(across) - 1, len(down) - 1, data.total))
    cells += [_cell(j, i, float(v), 0.0, across, down, language, style) for j, i, v in sums]
    labels = {"color": style.ink, "interval": 0, "overflow": "truncate"}
    common = {"type": "category", "axisTick": {"show": False}, "axisLine": {"show": False}, "splitArea": {"show": False}}
    return chart(
        style,
        grid={"left": 4, "right": 8, "top": 4, "bottom": 4, "containLabel": True},
        xAxis={**common, "position": "top", "data": across, "axisLabel": {**labels, "rotate": 60, "width": 120}},
        yAxis={**common, "inverse": True, "data": down, "axisLabel": {**labels, "width": 150}},
        series=[
            {
                "type": "heatmap",
                "data": cells,
                "itemStyle": {"borderColor": style.paper, "borderWidth": 1},
                "label": {"show": True, "fontSize": 10},
                "labelLayout": {"hideOverlap": True},
                "emphasis": {"itemStyle": {"borderColor": style.ink}},
            }
        ],
    )


def _cell(j: int, i: int, value: float, largest: float, across: list[str], down: list[str], language: str, style: Style) -> dict:
    ground = ramp(-value, largest) if largest else DOWN_RAMP[0]
    tip = f"{down[i]}\n{across[j]}\n{numbers(value)} {unit(language)}"
    label = {"formatter": numbers(value), "color": on(ground, style)}
    return item([j, i, value], tip, itemStyle={"color": ground}, label=label)
