"""The tornado: what each uncertain input alone does to one result, the widest swings first.

Bars go from the run with all inputs at their medians to the runs with one of them at either end of its 95 % interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from emisim import units
from emisim.pictures.fit import firm, fitted, minus, scale, tick
from emisim.pictures.frame import category_axis, chart, frame, inches, item, quiet, value_axis
from emisim.pictures.levels import grounds
from emisim.pictures.picture import Picture
from emisim.pictures.style import Style, on, wrap
from emisim.report.tables import SIGNS, Table, core_pollutants, tonnes
from emisim.sample import CHANGE
from emisim.simulate import Result
from emisim.target import Target
from emisim.text import file_name, say
from emisim.uncertainty.findings import input_grade, input_id, input_name, listed, widest
from emisim.uncertainty.one_at_a_time import OneAtATime, one_at_a_time
from emisim.verdicts import Reached, Verdict, holds

MOST = 12
LABELS = 2.9  # room for the names of inputs [inch]
LINES = 2  # of a name
ROW = 0.34  # [inch]
BAR = 0.62  # of a row [1]
APART = 0.4  # of the width: lines that are nearer are labelled on either side [1]
SCREEN_LETTERS = 28  # of a line of a name on a screen


@dataclass(frozen=True)
class Bar:
    """One input. name : in words; id : its variables; grade : of its figures; figure : the widest of them with its range as written;
    low, high : the result with the input at its 2.5 % and 97.5 % quantile [unit of the result]."""

    name: str
    id: str
    grade: str
    figure: str
    low: float
    high: float


@dataclass(frozen=True)
class Tornado:
    """What the inputs do to one result, in its ``unit``.

    output : target, or ``NOx-change``. label : the result in words. median : all inputs at their medians; central : the run without
    draws, which met, central_met tell whether they meet the target. required, comparison : of the target, if it is one. interval : (share of the draws inside [1], lower end, upper end), if
    there are draws. bars : the widest first. inputs : how many were moved; changing : how many alone change the verdict of the median.
    """

    output: str
    label: str
    unit: str
    median: float
    central: float | None
    required: float | None
    comparison: str
    interval: tuple[float, float, float] | None
    bars: tuple[Bar, ...]
    inputs: int
    changing: int
    met: bool | None
    central_met: bool | None


def make(result: Result, language: str) -> tuple[Picture, ...]:
    """One picture a target on tonnes that requires something, and one of the change of each first-class pollutant that no
    such target asks for.

    Parameters
    ----------
    result : with or without draws.
    """
    drawn = result.uncertainty
    found = one_at_a_time(result.case, drawn.frame if drawn else None, drawn.sampler if drawn else None)
    return tuple(_picture(t, result, language) for t in tornadoes(result, found, language) if t.bars)


def tornadoes(result: Result, found: OneAtATime, language: str) -> Iterator[Tornado]:
    """The data of all pictures."""
    asked = set()
    scenario, pollutants = result.scenario, result.inventory.pollutants
    for k, verdict in enumerate(result.verdicts):
        target = result.reading.targets[verdict.id]
        if verdict.id in found.outputs:
            if verdict.unit == "%" and _whole_period(target, result):
                asked.add(verdict.pollutant)
            band = None if result.uncertainty is None else result.uncertainty.values.quantiles.value[:, k]
            yield _tornado(found, verdict.id, target.title.text(language), verdict, target, result, band, language)
    change = (result.totals(result.plan[..., -1]), result.totals(result.base))
    for k in core_pollutants(result.inventory):
        name = pollutants[k]
        if name not in asked and change[1][k] > 0:
            band = None if result.uncertainty is None else result.uncertainty.change.quantiles.value[:, k, -1]
            label = say("tornado.change", language, pollutant=name, base=scenario.base_year, target=scenario.target_year)
            central = float(100.0 * (change[0][k] / change[1][k] - 1.0))
            yield _tornado(found, f"{name}{CHANGE}", label, central, None, result, band, language)


def _whole_period(target: Target, result: Result) -> bool:
    """Whether a target asks for just the change that a pollutant's own picture would show."""
    scenario = result.scenario
    baseline = target.baseline_year in (None, scenario.base_year)
    return target.kind == "net" and baseline and target.year == scenario.target_year


def _tornado(
    found: OneAtATime, output: str, label: str, known: Verdict | float, target: Target | None, result: Result, band, language: str
) -> Tornado:
    """The data of one picture. known : its verdict, or the change in the run without draws [%]."""
    k = found.outputs.index(output)
    median = float(found.median[k])
    verdict = known if isinstance(known, Verdict) else None
    met = central_met = None
    changing = 0
    if verdict is not None and target is not None:
        scale = 100.0 if verdict.unit == "%" else max(abs(verdict.required), 1.0)
        slack = units.read(target.tolerance, "share") * scale
        values = np.concatenate([[median, verdict.value], found.ends[:, :, k].ravel()])
        good = np.asarray(holds(Reached(values, verdict.required, verdict.unit, slack), verdict.comparison))
        met, central_met = good[:2].tolist()
        changing = int((good[2:].reshape(-1, 2) != met).any(axis=1).sum())
    bars = []
    for m in found.widest(output, MOST):
        one = found.moved[m]
        low, high = (float(v) for v in found.ends[m, :, k])
        figure = widest(found, one).shown
        bars.append(Bar(input_name(found, one, language), input_id(one), input_grade(found, one), figure, low, high))
    interval = None
    if band is not None and np.isfinite(band).all():
        interval = (result.uncertainty.design.interval, float(band[0]), float(band[2]))
    return Tornado(
        output=output,
        label=label,
        unit=verdict.unit if verdict else "%",
        median=median,
        central=verdict.value if verdict else known,
        required=verdict.required if verdict else None,
        comparison=verdict.comparison if verdict else "",
        interval=interval,
        bars=tuple(bars),
        inputs=len(found.moved),
        changing=changing,
        met=met,
        central_met=central_met,
    )


# -------------------------------------------------------------------- words


def _picture(data: Tornado, result: Result, language: str) -> Picture:
    required = "" if data.required is None else f"{SIGNS.get(data.comparison, data.comparison)} {data.required:g} {data.unit}"
    first = data.bars[0]
    words = {
        "label": data.label, "first": first.name, "low": _words(first.low, data), "high": _words(first.high, data),
        "median": _words(data.median, data), "count": data.changing, "inputs": data.inputs, "required": required,
        "met": "" if data.met is None else say("verdict.met" if data.met else "verdict.missed", language),
    }  # fmt: skip
    if data.met is not None:
        words["central"] = "–" if data.central is None else _words(data.central, data)
        words["verdict"] = say("verdict.met" if data.central_met else "verdict.missed", language)
    key = "change" if data.met is None else "split" if data.met != data.central_met else "firm" if not data.changing else "open"
    note = [say("tornado.note", language, shown=len(data.bars), inputs=data.inputs)]
    if data.central is not None:
        note.append(say("tornado.note.central", language, central=_words(data.central, data)))
    if data.interval is not None:
        share, low, high = data.interval
        spread = {"share": f"{100 * share:g} %", "low": _words(low, data), "high": _words(high, data)}
        note.append(say("tornado.note.draws", language, **spread))
    target = result.reading.targets.get(data.output)
    note.append(grounds(result, language, (target.pollutant if target else data.output.removesuffix(CHANGE),)))
    joint = " " if language == "en" else ""
    alt = [say("tornado.alt", language, **words)]
    if required:
        alt.append(say("tornado.alt.target", language, **words))
    return Picture(
        name=file_name(f"tornado-{data.output}"),
        kind="tornado",
        title=firm(say(f"tornado.title.{key}", language, **words)),
        note=firm(joint.join(note)),
        alt=joint.join(alt),
        table=_table(data, language),
        data=data,
        size=(Style().width, 1.75 + ROW * len(data.bars)),
        language=language,
    )


def _number(value: float, data: Tornado) -> str:
    """A result with its unit."""
    return f"{value:.1f} %" if data.unit == "%" else f"{tonnes(value)} {data.unit}"


def _words(value: float, data: Tornado) -> str:
    """The same within a sentence."""
    return firm(minus(_number(value, data)))


def _table(data: Tornado, language: str) -> Table:
    rows = [
        (bar.name, bar.id, bar.grade or "–", bar.figure or "–", *(_number(v, data) for v in (bar.low, bar.high)), _number(abs(bar.high - bar.low), data))
        for bar in data.bars
    ]  # fmt: skip
    lines = [("tornado.median", data.median), ("tornado.central", data.central), ("tornado.required", data.required)]
    rows += [
        (say(key, language), "", "", "", _number(value, data), _number(value, data), "")
        for key, value in lines
        if value is not None
    ]
    if data.interval is not None:
        share, low, high = data.interval
        name = say("tornado.draws", language, share=f"{100 * share:g} %")
        rows.append((name, "", "", "", _number(low, data), _number(high, data), _number(high - low, data)))
    columns = ("input", "id", "grade", "figure", "low", "high", "swing")
    header = tuple(say(f"table.tornado.{c}", language) for c in columns)
    return Table(data.label, header, tuple(rows), frozenset({4, 5, 6}), frozenset({0, 3}))


def _ends(language: str) -> tuple[str, str]:
    return say("tornado.low", language), say("tornado.high", language)


def _lines(data: Tornado, style: Style, language: str) -> list[tuple[float, str, str]]:
    """(value, label, colour) of the lines across the bars, from left to right."""
    found = [(data.median, say("tornado.line.median", language, value=_words(data.median, data)), style.ink)]
    if data.required is not None:
        words = {"comparison": SIGNS.get(data.comparison, data.comparison), "value": f"{data.required:g} {data.unit}"}
        found.append((data.required, say("tornado.line.required", language, **words), style.required))
    return sorted(found)


# -------------------------------------------------------------------- on paper


def draw(picture: Picture, figure, style: Style) -> None:
    """Draw it with matplotlib."""
    data: Tornado = picture.data
    grades = max(inches(bar.grade or "–", style.small_size) for bar in data.bars) + 0.12
    left, bottom, width, height = frame(picture, figure, style, left=LABELS + grades + 0.25, right=0.3)
    foot, head = 0.42 / picture.size[1], 0.2 / picture.size[1]
    axes = figure.add_axes((left, bottom + foot, width, height - foot - head))
    quiet(axes, style, "x")
    names = _ends(picture.language)
    for k, bar in enumerate(data.bars):
        ends = [(bar.low, style.reference, "///"), (bar.high, style.plan, "")]
        for value, colour, hatch in sorted(ends, key=lambda e: -abs(e[0] - data.median)):  # the shorter in front of the longer
            axes.barh(k, value - data.median, BAR, data.median, color=colour, hatch=hatch, edgecolor=style.paper, linewidth=0.5)
    axes.set_xlim(*_limits(data))
    _numbers(axes, data, style)
    if data.interval is not None:
        axes.axvspan(*data.interval[1:], color=style.grid, alpha=0.65, zorder=0, linewidth=0)
    axes.set_ylim(len(data.bars) - 0.45, -0.55)
    axes.set_yticks([])
    axes.xaxis.set_major_formatter(lambda x, _: tick(x, data.unit))
    _names(axes, figure, picture, style, grades)
    _across(axes, data, style, picture.language)
    _legend(figure, axes, names, data, picture, style)


def _limits(data: Tornado) -> tuple[float, float]:
    """Ends of the axis: all bars, the lines, and room for numbers beside the bars [unit]."""
    values = [data.median, *(v for bar in data.bars for v in (bar.low, bar.high)), *(data.interval or ())[1:]]
    values += [data.required] if data.required is not None else []
    low, high = min(values), max(values)
    room = 0.13 * (high - low or 1.0)
    return low - room, high + room


def _numbers(axes, data: Tornado, style: Style) -> None:
    """The value at the end of each bar."""
    for k, bar in enumerate(data.bars):
        for value, other in ((bar.low, bar.high), (bar.high, bar.low)):
            inside = (value - data.median) * (other - data.median) > 0 and abs(value - data.median) < abs(other - data.median)
            if inside or value == data.median:
                continue
            right = value > data.median
            text = minus(f"{value:.1f}" if data.unit == "%" else tonnes(value))
            ground = {"boxstyle": "square,pad=0.05", "facecolor": style.paper, "edgecolor": "none", "alpha": 0.92}
            place = {"xytext": (3 if right else -3, 0), "textcoords": "offset points"}
            axes.annotate(
                text,
                (value, k),
                ha="left" if right else "right",
                va="center",
                size=style.small_size,
                color=style.ink,
                bbox=ground,
                **place,
            )


def _names(axes, figure, picture: Picture, style: Style, grades: float) -> None:
    """Names of the inputs with their grades on a coloured ground, left of the bars."""
    data: Tornado = picture.data
    box = axes.get_position()
    for k, bar in enumerate(data.bars):
        y = axes.transData.transform((0.0, k))[1] / figure.bbox.height
        text = fitted(figure, bar.name, LABELS, style.small_size, LINES)
        x = box.x0 - (grades + 0.12) / picture.size[0]
        figure.text(x, y, text, ha="right", va="center", size=style.small_size, color=style.ink, linespacing=1.1)
        colour = style.grades.get(bar.grade[-1:], style.grid)
        ground = {"boxstyle": "round,pad=0.22", "facecolor": colour, "edgecolor": "none"}
        where = box.x0 - (grades / 2 + 0.06) / picture.size[0]
        words = {"ha": "center", "va": "center", "size": style.small_size - 0.5, "color": on(colour, style)}
        figure.text(where, y, bar.grade or "–", bbox=ground, **words)


def _across(axes, data: Tornado, style: Style, language: str) -> None:
    """Lines of the median and of what is required, labelled above the bars."""
    lines = _lines(data, style, language)
    low, high = axes.get_xlim()
    for k, (value, label, colour) in enumerate(lines):
        median = value == data.median and colour == style.ink
        axes.axvline(value, color=colour, linewidth=1.0 if median else style.line, linestyle="-" if median else (0, (5, 2)))
        part = (value - low) / (high - low)
        align = "left" if part < 0.25 else "right" if part > 0.75 else "center"
        if len(lines) == 2 and abs(lines[0][0] - lines[1][0]) < APART * (high - low):
            align = ("right", "left")[k]
        axes.annotate(
            label, (value, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points", ha=align,
            va="bottom", size=style.small_size, color=colour, weight="normal" if median else "bold",
        )  # fmt: skip


def _legend(figure, axes, names: tuple[str, str], data: Tornado, picture: Picture, style: Style) -> None:
    """What the colours of the bars, and the ground behind them, are."""
    look = (("///", style.reference), ("", style.plan))
    handles = [
        axes.barh([-9], [0], left=data.median, color=colour, hatch=hatch, edgecolor=style.paper, label=name)
        for name, (hatch, colour) in zip(names, look, strict=True)
    ]
    if data.central is not None:
        look = {"marker": "^", "s": 26, "color": style.ink, "zorder": 5, "clip_on": False}
        handles.append(axes.scatter([data.central], [axes.get_ylim()[0]], label=say("tornado.central", picture.language), **look))
    if data.interval is not None:
        label = say("tornado.draws", picture.language, share=f"{100 * data.interval[0]:g} %")
        handles.append(axes.axvspan(data.median, data.median, color=style.grid, label=label))
    figure.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, axes.get_position().y0 - 0.44 / picture.size[1]), ncols=4,
        fontsize=style.small_size, frameon=False, handlelength=1.4, columnspacing=1.6, borderaxespad=0.0,
    )  # fmt: skip


# -------------------------------------------------------------------- on a screen


def option(picture: Picture, style: Style) -> dict:
    """An ECharts option."""
    data: Tornado = picture.data
    low, high = _ends(picture.language)
    series = []
    for name, field, colour in ((low, "low", style.reference), (high, "high", style.plan)):
        items = [item(round(getattr(bar, field), 6), _tip(bar, data, picture.language)) for bar in data.bars]
        series.append(
            {"type": "bar", "name": name, "data": items, "barGap": "-100%", "barWidth": "60%", "itemStyle": {"color": colour}}
        )
    marks = [
        {"xAxis": value, "lineStyle": {"color": colour, "type": "solid" if colour == style.ink else "dashed", "width": 1.5},
         "label": {"formatter": label, "color": colour, "position": "start", "offset": [0, 0 if colour == style.ink else -15]}}
        for value, label, colour in _lines(data, style, picture.language)
    ]  # fmt: skip
    if data.central is not None:
        dotted = {"color": style.muted, "type": "dotted", "width": 1.5}
        marks.append({"xAxis": data.central, "lineStyle": dotted, "label": {"show": False}})
    series[0]["markLine"] = {"symbol": "none", "silent": True, "data": marks}
    if data.interval is not None:
        ends = [[{"xAxis": data.interval[1]}, {"xAxis": data.interval[2]}]]
        series[1]["markArea"] = {"silent": True, "itemStyle": {"color": style.grid, "opacity": 0.5}, "data": ends}
    names = [wrap(f"{bar.grade or '–'}  {bar.name}", SCREEN_LETTERS, LINES) for bar in data.bars]
    return chart(
        style,
        grid={"left": 8, "right": 24, "top": 72, "bottom": 24, "containLabel": True},
        legend={"top": 0, "left": 0, "data": [low, high], "textStyle": {"color": style.ink}},
        xAxis=value_axis(style, **scale(*_limits(data)), startValue=round(data.median, 6)),
        yAxis=category_axis(style, names, width=190, inverse=True),
        series=series,
    )


def _tip(bar: Bar, data: Tornado, language: str) -> str:
    low, high = _ends(language)
    lines = [bar.name, f"{low}: {_words(bar.low, data)}", f"{high}: {_words(bar.high, data)}"]
    grade = listed([bar.grade or "–", bar.figure], language) if bar.figure else bar.grade or "–"
    return "\n".join([*lines, f"{say('table.tornado.grade', language)}: {grade}"])
