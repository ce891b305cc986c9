"""The timeline: from when to when each measure comes into force, by chapter of the plan, beside what it brings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from emisim.catalogue import ACTING, shares
from emisim.pictures.fit import fitted, minus
from emisim.pictures.frame import MARGIN, category_axis, chart, frame, item, legend, quiet
from emisim.pictures.levels import grounds, unit
from emisim.pictures.picture import Picture
from emisim.pictures.style import Style, shorten
from emisim.report.tables import Table, core_pollutants, tonnes
from emisim.schedule import Schedule
from emisim.simulate import Result
from emisim.text import say
from emisim.uncertainty.findings import listed
from emisim.vocabulary import CHAPTERS

MOST = 40
LABELS = 3.0  # room for the measures [inch]
COLUMN = 0.45  # of tonnes [inch]
ROW = 0.19  # [inch]
BAR = 0.72  # of a row, at full force [1]
THIN = 0.1  # of a row, before a measure begins to act [1]
LATE = 31  # days before the end of the target year within which a measure comes in at the last moment
MARGIN_DAYS = 45  # after the last date
SCREEN_LETTERS = 60  # of a label on a screen, which cuts it further where it is narrow


@dataclass(frozen=True)
class Bar:
    """One measure. points : (date, share in force then [1]) between which it is linear. complete : from when on nothing changes.
    deadline : of the text, None if it gives none. tonnes : (pollutant,) reduction in the target year [t/yr]."""

    id: str
    label: str
    chapter: str
    standing: str
    points: tuple[tuple[date, float], ...]
    complete: date
    deadline: date | None
    tonnes: tuple[float, ...]


@dataclass(frozen=True)
class Timeline:
    """The measures shown, by chapter and in the order of the text. issued : date of the plan. end : of the target year. pollutants :
    of the tonnes. measures : how many the run has; early, late : in full force more than a month before the end, and only after it."""

    bars: tuple[Bar, ...]
    issued: date
    end: date
    pollutants: tuple[str, ...]
    measures: int
    early: int
    late: int

    @property
    def span(self) -> tuple[date, date]:
        """First and last day of the axis."""
        days = [day for bar in self.bars for day in (bar.points[0][0], bar.complete, bar.deadline) if day is not None]
        return min([self.issued, *days]), max([self.end, *days]) + timedelta(days=MARGIN_DAYS)

    @property
    def lines(self) -> tuple[Bar | str, ...]:
        """Measures with the chapter before the first of each."""
        out: list[Bar | str] = []
        for bar in self.bars:
            if not out or out[-1].chapter != bar.chapter:
                out.append(bar.chapter)
            out.append(bar)
        return tuple(out)


def make(result: Result, language: str) -> tuple[Picture, ...]:
    """One picture, if the run has measures with a schedule."""
    data = timeline(result, language)
    return (_picture(data, result, language),) if data.bars else ()


def timeline(result: Result, language: str) -> Timeline:
    """The data of the picture: the measures that bring most, ranked by their largest share in the plan's effect on any first-class
    pollutant."""
    core = core_pollutants(result.inventory)
    weight = np.abs(shares(result)[:, core]).max(axis=1, initial=0.0)
    brought = result.reductions()[:, core, -1]
    there = [m for m, measure in enumerate(result.bound.measures) if measure.schedule is not None]
    kept = sorted(there, key=lambda m: (-weight[m], m))[:MOST]
    bars = [_bar(result, m, brought[m], language) for m in kept]
    order = {m: result.bound.measures[m].in_text for m in kept}
    placed = sorted(zip(kept, bars, strict=True), key=lambda p: (CHAPTERS.index(p[1].chapter), order[p[0]]))
    end = date(result.scenario.target_year, 12, 31)
    complete = [result.bound.measures[m].schedule.complete for m in there]
    return Timeline(
        bars=tuple(bar for _, bar in placed),
        issued=result.plan_file.issued,
        end=end,
        pollutants=tuple(result.inventory.pollutants[k] for k in core),
        measures=len(there),
        early=sum(day <= end - timedelta(days=LATE) for day in complete),
        late=sum(day > end for day in complete),
    )


def _bar(result: Result, m: int, brought: np.ndarray, language: str) -> Bar:
    measure = result.bound.measures[m]
    return Bar(
        id=result.bound.names[m],
        label=f"{measure.number} {measure.title.text(language)}",
        chapter=measure.chapter,
        standing=measure.standing,
        points=knots(measure.schedule),
        complete=measure.schedule.complete,
        deadline=measure.deadline,
        tonnes=tuple(brought.tolist()),
    )


def knots(schedule: Schedule) -> tuple[tuple[date, float], ...]:
    """Dates between which the share in force changes linearly; two at one date are a step."""
    if schedule.curve:
        return ((schedule.curve[0][0], 0.0), *schedule.curve)
    if schedule.start is None or schedule.shape == "step":
        return (schedule.complete, 0.0), (schedule.complete, 1.0)
    return (schedule.start, 0.0), (schedule.complete, 1.0)


# -------------------------------------------------------------------- words


def _picture(data: Timeline, result: Result, language: str) -> Picture:
    middle = data.measures - data.early - data.late
    words = {
        "count": data.measures,
        "early": data.early,
        "middle": middle,
        "late": data.late,
        "end": str(data.end),
        "year": data.end.year,
    }
    joint = " " if language == "en" else ""
    notes = [say("timeline.note", language, pollutants=listed(data.pollutants, language), year=data.end.year)]
    if len(data.bars) < data.measures:
        notes.append(say("timeline.note.rest", language, shown=len(data.bars), rest=data.measures - len(data.bars)))
    notes.append(grounds(result, language, data.pollutants))
    open_ = sum(bar.deadline is None for bar in data.bars)
    alt = [say("timeline.title.late" if data.late else "timeline.title", language, **words) + say("picture.stop", language)]
    alt.append(say("timeline.alt", language, shown=len(data.bars), open=open_, issued=str(data.issued)))
    return Picture(
        name="timeline",
        kind="timeline",
        title=say("timeline.title.late" if data.late else "timeline.title", language, **words),
        note=joint.join(notes),
        alt=joint.join(alt),
        table=_table(data, language),
        data=data,
        size=(Style().width, 1.75 + ROW * len(data.lines)),
        language=language,
    )


def _table(data: Timeline, language: str) -> Table:
    rows = [
        (
            bar.id, bar.label, say(f"chapter.{bar.chapter}", language), say(f"standing.{bar.standing}", language),
            _course(bar), str(bar.complete), str(bar.deadline or "–"), *(tonnes(t) for t in bar.tonnes),
        )
        for bar in data.bars
    ]  # fmt: skip
    columns = ("chapter", "standing", "course", "complete", "deadline")
    header = (
        say("table.measure", language), say("table.title", language), *(say(f"table.timeline.{c}", language) for c in columns),
        *(f"{p}, {unit(language)}" for p in data.pollutants),
    )  # fmt: skip
    title = say("timeline.table", language, year=data.end.year)
    return Table(title, header, tuple(rows), frozenset(range(7, len(header))), frozenset({1, 4}))


def _course(bar: Bar) -> str:
    """Dates and shares in force: ``2024-12-09 0 % → 2025-12-31 100 %``."""
    points = bar.points if bar.points[0][0] < bar.points[-1][0] else bar.points[-1:]
    return " → ".join(f"{day} {100 * share:g} %" for day, share in points)


# -------------------------------------------------------------------- on paper


def draw(picture: Picture, figure, style: Style) -> None:
    """Draw it with matplotlib."""
    data: Timeline = picture.data
    width = 0.1 + COLUMN * len(data.pollutants)
    left, bottom, across, height = frame(picture, figure, style, left=LABELS, right=width + 0.1)
    foot, head = 0.42 / picture.size[1], 0.32 / picture.size[1]
    axes = figure.add_axes((left, bottom + foot, across, height - foot - head))
    quiet(axes, style, "x")
    axes.spines["bottom"].set_visible(False)
    first, last = data.span
    axes.set_xlim(first.toordinal() - 5, last.toordinal())
    axes.set_ylim(len(data.lines) - 0.4, -0.6)
    axes.set_yticks([])
    days = list(ticks(first, last))
    axes.set_xticks([day.toordinal() for day in days], [f"{day:%Y-%m}" for day in days], size=style.small_size)
    for y, line in enumerate(data.lines):
        if isinstance(line, Bar):
            _force(axes, line, y, data, style)
        _row(axes, line, y, picture, style)
    _end(axes, data, style, picture.language)
    for k, name in enumerate(data.pollutants):
        x = picture.size[0] - 0.12 - COLUMN * (len(data.pollutants) - 1 - k)
        y = axes.get_position().y1 + 0.05 / picture.size[1]
        figure.text(
            x / picture.size[0], y, name, ha="right", va="bottom", size=style.small_size, weight="bold", color=style.muted
        )
    _legend(figure, axes, picture, style)


def ticks(first: date, last: date) -> Iterator[date]:
    """First days of quarters, of half-years, or of years, so that there are at most eight or so."""
    months = (last.year - first.year) * 12 + last.month - first.month
    step = 3 if months <= 15 else 6 if months <= 42 else 12
    for month in range(first.year * 12, last.year * 12 + 12, step):
        day = date(month // 12, month % 12 + 1, 1)
        if first <= day <= last:
            yield day


def _force(axes, bar: Bar, y: int, data: Timeline, style: Style) -> None:
    """The share in force over time as the thickness of a bar; a thin line before it begins to act."""
    colour = style.standings[bar.standing]
    begin, last = min(data.issued, bar.points[0][0]), data.span[1]
    if bar.points[0][0] > begin:
        axes.plot([begin.toordinal(), bar.points[0][0].toordinal()], [y, y], color=colour, linewidth=0.8, alpha=0.7)
    days = np.array([day.toordinal() for day, _ in bar.points] + [last.toordinal()], float)
    force = np.array([share for _, share in bar.points] + [bar.points[-1][1]])
    half = 0.5 * np.maximum(BAR * force, THIN)
    axes.fill_between(days, y - half, y + half, color=colour, linewidth=0, alpha=0.9)
    if bar.deadline is not None:
        axes.plot([bar.deadline.toordinal()], [y], marker="|", markersize=8, markeredgewidth=1.6, color=style.ink, zorder=4)


def _row(axes, line: Bar | str, y: int, picture: Picture, style: Style) -> None:
    """What stands left and right of a bar."""
    data: Timeline = picture.data
    box = axes.get_position()
    height = axes.transData.transform((0.0, y))[1] / axes.figure.bbox.height
    common = {"va": "center", "size": style.small_size, "color": style.ink}
    if isinstance(line, str):
        head = {**common, "weight": "bold"}
        axes.figure.text(MARGIN / picture.size[0], height, say(f"chapter.{line}", picture.language), ha="left", **head)
        return
    x = (MARGIN + 0.1) / picture.size[0]
    room = box.x0 * picture.size[0] - MARGIN - 0.15
    axes.figure.text(x, height, fitted(axes.figure, line.label, room, style.small_size), ha="left", **common)
    for k, value in enumerate(line.tonnes):
        x = (picture.size[0] - 0.12 - COLUMN * (len(data.pollutants) - 1 - k)) / picture.size[0]
        colour = style.rise if tonnes(value).startswith("-") else style.ink
        axes.figure.text(x, height, minus(tonnes(value)), ha="right", **{**common, "color": colour})


def _end(axes, data: Timeline, style: Style, language: str) -> None:
    """The line of the day for which targets are judged."""
    axes.axvline(data.end.toordinal(), color=style.required, linewidth=style.line, linestyle=(0, (5, 2)), zorder=3)
    label = say("timeline.end", language, day=str(data.end))
    axes.annotate(
        label, (data.end.toordinal(), 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
        ha="right", va="bottom", size=style.small_size, weight="bold", color=style.required,
    )  # fmt: skip


def _legend(figure, axes, picture: Picture, style: Style) -> None:
    """What the colours and marks are."""
    data: Timeline = picture.data
    handles = [
        axes.fill_between([], [], [], color=style.standings[s], alpha=0.9, label=say(f"standing.{s}", picture.language))
        for s in standings(data.bars)
    ]
    words = {"marker": "|", "markersize": 8, "markeredgewidth": 1.6, "color": style.ink, "linestyle": "none"}
    if any(bar.deadline for bar in data.bars):
        handles += axes.plot([], [], label=say("timeline.deadline", picture.language), **words)
    figure.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, axes.get_position().y0 - 0.44 / picture.size[1]), ncols=4,
        fontsize=style.small_size, frameon=False, handlelength=1.4, columnspacing=1.6, borderaxespad=0.0,
    )  # fmt: skip


def standings(bars: Iterable[Bar]) -> list[str]:
    """The standings that measures have, in their order."""
    there = {bar.standing for bar in bars}
    return [s for s in ACTING if s in there]


# -------------------------------------------------------------------- on a screen


def option(picture: Picture, style: Style) -> dict:
    """An ECharts option: thin lines while a measure comes in, thick ones in full force."""
    data: Timeline = picture.data
    language = picture.language
    first, last = data.span
    label = say("timeline.end", language, day=str(data.end))
    line = {"color": style.required, "type": "dashed", "width": 1.5}
    mark = {
        "xAxis": str(data.end),
        "lineStyle": line,
        "label": {"formatter": label, "color": style.required, "position": "start", "align": "right"},
    }
    series = []
    for standing in standings(data.bars):
        name = say(f"standing.{standing}", language)
        colour = {"color": style.standings[standing]}
        mine = [(y, bar) for y, bar in enumerate(data.lines) if isinstance(bar, Bar) and bar.standing == standing]
        coming = [datum for y, bar in mine for datum in _coming(bar, y, data, language)]
        force = [datum for y, bar in mine for datum in _in_force(bar, y, last, data, language)]
        common = {"type": "line", "name": name, "itemStyle": colour, "symbol": "circle"}
        series.append({**common, "data": coming, "symbolSize": 5, "lineStyle": {**colour, "width": 2.5, "opacity": 0.6}})
        series.append({**common, "data": force, "symbolSize": 8, "lineStyle": {**colour, "width": 8}})
    series[0]["markLine"] = {"symbol": "none", "silent": True, "data": [mark]}
    given = [
        item([str(bar.deadline), y], f"{say('timeline.deadline', language)}: {bar.deadline}")
        for y, bar in enumerate(data.lines)
        if isinstance(bar, Bar) and bar.deadline is not None
    ]
    if given:
        ink = {"color": style.ink}
        name = say("timeline.deadline", language)
        series.append(
            {"type": "scatter", "name": name, "data": given, "symbol": "rect", "symbolSize": [3, 14], "itemStyle": ink, "z": 4}
        )
    names: list = [
        shorten(bar.label, SCREEN_LETTERS) if isinstance(bar, Bar)
        else {"value": say(f"chapter.{bar}", language), "textStyle": {"fontWeight": "bold"}}
        for bar in data.lines
    ]  # fmt: skip
    return chart(
        style,
        grid={"left": 12, "right": 28, "top": 64, "bottom": 24, "containLabel": True},
        legend=legend(list(dict.fromkeys(s["name"] for s in series)), style),
        xAxis={
            "type": "time",
            "min": str(first),
            "max": str(last),
            "axisLabel": {
                "formatter": "{yyyy}-{MM}",
                "hideOverlap": True,
                "color": style.ink,
                "fontSize": 12,
                "fontFamily": "sans-serif",
            },
            "splitLine": {"show": True, "lineStyle": {"color": style.grid}},
        },
        yAxis=category_axis(style, names, width=190, inverse=True),
        series=series,
    )


def _coming(bar: Bar, y: int, data: Timeline, language: str) -> list:
    """The line of a measure that is coming in, and the gap behind it."""
    begin = min(data.issued, bar.points[0][0])
    return [item([str(begin), y], _tip(bar, data, language)), {"value": [str(bar.complete), y], "symbol": "none"}, ["-", y]]


def _in_force(bar: Bar, y: int, last: date, data: Timeline, language: str) -> list:
    """The line of a measure in full force, and the gap behind it."""
    return [item([str(bar.complete), y], _tip(bar, data, language)), {"value": [str(last), y], "symbol": "none"}, ["-", y]]


def _tip(bar: Bar, data: Timeline, language: str) -> str:
    lines = [bar.label, _course(bar)]
    if bar.deadline is not None:
        lines.append(f"{say('timeline.deadline', language)}: {bar.deadline}")
    brought = listed([f"{p} {minus(tonnes(t))}" for p, t in zip(data.pollutants, bar.tonnes, strict=True)], language)
    return "\n".join([*lines, f"{brought} {unit(language)}"])
