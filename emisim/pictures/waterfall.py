"""Waterfall: from the base year through growth and the measures that weigh most to the plan, one for each first-class pollutant.

E_plan = E_base + (E_frozen − E_base) + (E_reference − E_frozen) − Σ reductions of the ledger     [t/yr, target year]
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from emisim.pictures.fit import fitted
from emisim.pictures.frame import category_axis, chart, frame, item, measured, quiet, value_axis
from emisim.pictures.levels import Requirement, fold, grounds, numbers, requirements, unit
from emisim.pictures.picture import Picture
from emisim.pictures.style import Style, on
from emisim.report.tables import Table, core_pollutants, tonnes
from emisim.simulate import Result
from emisim.text import say

SHOWN = 10
ROOM = 2.75  # for the names of the bars [inch]
SLIGHT = 5e-4  # of the total: less renewal than that has no bar of its own [1]
ROW, HEAD = 0.285, 1.35  # [inch]
INSIDE = 0.18  # a bar this long has its number inside [1]
CUT_OFF = 0.4  # the axis begins above 0 if no level is below this share of the highest [1]


@dataclass(frozen=True)
class Step:
    """One bar: ``role`` base, activity, renewal, growth, measure, rest or plan; it runs from ``start`` to ``end`` [t/yr].

    For base and plan start is 0.
    """

    id: str
    label: str
    role: str
    start: float
    end: float

    @property
    def change(self) -> float:
        """What the bar adds, less than nothing for a cut [t/yr]."""
        return self.end - self.start

    @property
    def whole(self) -> bool:
        """Whether the bar is a level, not a change."""
        return self.role in ("base", "plan")


@dataclass(frozen=True)
class Waterfall:
    """Steps from the base year to the plan, and what targets require of the pollutant. interval : of the plan over the draws
    [t/yr], None without draws; percent : of the draws that lie in it [%]."""

    pollutant: str
    base_year: int
    target_year: int
    steps: tuple[Step, ...]
    required: tuple[Requirement, ...]
    interval: tuple[float, float] | None
    percent: float = 95.0

    @property
    def reach(self) -> tuple[float, float]:
        """Lowest and highest level that is shown [t/yr]."""
        ends = [s.end for s in self.steps] + [r.level for r in self.required] + list(self.interval or ())
        return min(ends), max(ends)

    @property
    def begin(self) -> float:
        """Where the axis begins [t/yr]: at 0, or at a round number if all levels lie far above it."""
        low, high = self.reach
        if low < CUT_OFF * high:
            return min(0.0, low)
        step = 10.0 ** math.floor(math.log10(max((high - low) / 2, 1e-9)))
        return max(math.floor((low - 0.25 * (high - low)) / step) * step, 0.0)


def make(result: Result, language: str) -> tuple[Picture, ...]:
    """One waterfall for each first-class pollutant that is emitted in the base year or with the plan."""
    found = (_data(result, k, language) for k in core_pollutants(result.inventory))
    return tuple(_picture(result, data, language) for data in found if data.steps[0].end > 0 or data.steps[-1].end > 0)


def _data(result: Result, k: int, language: str) -> Waterfall:
    levels = (result.base, *(x[..., -1] for x in (result.frozen, result.reference, result.plan)))
    base, frozen, reference, plan = (float(result.totals(v)[k]) for v in levels)
    reduction = result.reductions()[:, k, -1]
    order = np.argsort(-np.abs(reduction), kind="stable")
    first = [m for m in order[:SHOWN].tolist() if reduction[m]]
    rest = [m for m in order[SHOWN:].tolist() if reduction[m]]
    steps = [Step("base", say("picture.base", language, year=result.scenario.base_year), "base", 0.0, base)]
    if abs(reference - frozen) > SLIGHT * max(base, reference):
        steps.append(Step("activity", say("picture.activity", language), "activity", base, frozen))
        steps.append(Step("renewal", say("picture.renewal", language), "renewal", frozen, reference))
    else:
        steps.append(Step("growth", say("picture.growth", language), "growth", base, reference))
    at = reference
    for m in first:
        measure = result.bound.measures[m]
        name = f"{measure.number} {measure.title.text(language)}"
        steps.append(Step(result.bound.names[m], name, "measure", at, at - float(reduction[m])))
        at = steps[-1].end
    if rest:
        label = say("picture.rest", language, count=len(rest))
        steps.append(Step("rest", label, "rest", at, at - math.fsum(reduction[rest].tolist())))
    steps.append(Step("plan", say("picture.plan", language, year=result.scenario.target_year), "plan", 0.0, plan))
    percent = 95.0 if result.uncertainty is None else 100 * result.uncertainty.design.interval
    years = result.scenario.base_year, result.scenario.target_year
    return Waterfall(
        result.inventory.pollutants[k], *years, tuple(steps), requirements(result, k, language), _interval(result, k), percent
    )


def _interval(result: Result, k: int) -> tuple[float, float] | None:
    if result.uncertainty is None:
        return None
    low, _, high = result.uncertainty.totals.quantiles.value[:, 2, k, -1].tolist()
    return low, high


def _picture(result: Result, data: Waterfall, language: str) -> Picture:
    base, plan = data.steps[0].end, data.steps[-1].end
    reference = next(s.end for s in reversed(data.steps) if s.role in ("renewal", "growth"))
    values = {
        "pollutant": data.pollutant, "unit": unit(language), "first": data.base_year, "last": data.target_year,
        "base": tonnes(base), "plan": tonnes(plan), "effect": tonnes(reference - plan),
        "change": f"{100 * abs(plan / base - 1):.1f}" if base else "–",
    }  # fmt: skip
    title = say("picture.waterfall.falls" if plan <= base else "picture.waterfall.rises", language, **values)
    changes = [s for s in data.steps if s.role == "measure"]
    sentences = [title + say("picture.stop", language)]
    if changes:
        largest = say("picture.and", language).join(f"{s.label} {numbers(s.change)}" for s in changes[:3])
        sentences.append(say("picture.waterfall.largest", language, largest=largest, unit=unit(language)))
    sentences += [r.text + say("picture.stop", language) for r in data.required]
    note = [say("picture.waterfall.note", language, unit=unit(language).strip())]
    if data.begin:
        note.append(say("picture.begins", language, begin=f"{data.begin:,.0f}", unit=unit(language)))
    if data.interval:
        low, high = map(tonnes, data.interval)
        note.append(say("picture.interval.plan", language, interval=f"{data.percent:g}", low=low, high=high))
    note.append(grounds(result, language, (data.pollutant,)))
    size = Style().width, HEAD + ROW * len(data.steps) + 0.12 * len(data.required)
    table = _table(data, title, language)
    return Picture(
        f"waterfall-{data.pollutant}",
        "waterfall",
        title,
        fold(note, language),
        fold(sentences, language),
        table,
        data,
        size,
        language,
    )


def _table(data: Waterfall, title: str, language: str) -> Table:
    header = tuple(say(f"picture.column.{c}", language, unit=unit(language)) for c in ("step", "change", "level"))
    rows = [(s.label, "" if s.whole else numbers(s.change), tonnes(s.end)) for s in data.steps]
    if data.interval:
        rows += [
            (say(f"picture.interval.{w}", language), "", tonnes(v)) for w, v in zip(("low", "high"), data.interval, strict=True)
        ]
    rows += [(r.text, "", tonnes(r.level)) for r in data.required]
    return Table(title, header, tuple(rows), frozenset({1, 2}))


def _colour(step: Step, style: Style) -> str:
    """Colour of a bar: levels in their own, cuts and rises in theirs."""
    if step.whole:
        return style.base if step.role == "base" else style.plan
    if step.change > 0:
        return style.rise
    return style.cut if step.role == "measure" else style.lesser if step.role == "rest" else style.rest


def _amount(step: Step) -> str:
    return tonnes(step.end) if step.whole else numbers(step.change)


# ---------------------------------------------------------------- on paper


def draw(picture: Picture, figure, style: Style) -> None:
    """Bars from left to right, one below the other; dashed lines are what targets require."""
    data = picture.data
    names = [fitted(figure, step.label, ROOM, style.small_size, 2) for step in data.steps]
    room = max(measured(figure, name, style.small_size) for name in names) + 0.2
    left, bottom, width, height = frame(picture, figure, style, left=room, right=0.55)
    tall = picture.size[1]
    axes = figure.add_axes((left, bottom + 0.22 / tall, width, height - (0.22 + 0.17 * len(data.required)) / tall))
    quiet(axes, style, "x")
    places = np.arange(len(data.steps))
    high = data.reach[1]
    axes.set_xlim(data.begin, high + 0.02 * (high - data.begin))
    axes.set_ylim(len(data.steps) - 0.4, -0.6)
    axes.set_yticks(places, names, size=style.small_size, linespacing=1.0)
    for place, step in zip(places, data.steps, strict=True):
        _bar(axes, place, step, data, style)
    for step, place in zip(data.steps[:-1], places[:-1], strict=True):
        axes.plot([step.end, step.end], [place + 0.36, place + 0.64], color=style.muted, linewidth=0.8, zorder=2)
    if data.interval:
        axes.plot(data.interval, [places[-1]] * 2, color=style.ink, linewidth=1.2, marker="|", markersize=6, zorder=5)
    _lines(axes, data, style)


def _bar(axes, place: int, step: Step, data: Waterfall, style: Style) -> None:
    """One bar with its number; a bar of a level that is cut off at the beginning of the axis shows that."""
    low = max(data.begin, min(step.start, step.end))
    high = max(step.start, step.end)
    axes.barh(place, high - low, left=low, height=0.72, color=_colour(step, style), zorder=3)
    span = axes.get_xlim()[1] - data.begin
    right = max(high, data.interval[1]) if data.interval and step.role == "plan" else high
    if step.whole and data.begin:
        where = data.begin + 0.02 * span
        for shift in (0.0, 0.009 * span):
            axes.plot(
                [where + shift, where + shift + 0.012 * span],
                [place + 0.46, place - 0.46],
                color=style.paper,
                linewidth=1.6,
                zorder=4,
            )
    inside = step.whole and high - low > INSIDE * span
    colour = style.paper if inside else style.ink
    ground = None if inside else {"facecolor": style.paper, "edgecolor": "none", "pad": 0.6}
    look = {"va": "center", "ha": "left", "size": style.text_size, "color": colour, "weight": "bold" if step.whole else "normal"}
    axes.text(low + 0.06 * span if inside else right + 0.008 * span, place, _amount(step), zorder=6, bbox=ground, **look)


def _lines(axes, data: Waterfall, style: Style) -> None:
    """What targets require, named above the plot."""
    for k, line in enumerate(data.required):
        axes.axvline(line.level, color=style.required, linewidth=1.2, linestyle=(0, (4, 2)), zorder=4)
        near = (line.level - data.begin) / (axes.get_xlim()[1] - data.begin)
        axes.annotate(
            line.text, (line.level, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3 + 11 * k), textcoords="offset points",
            ha="right" if near > 0.5 else "left", va="bottom", size=style.small_size, color=style.required, annotation_clip=False,
        )  # fmt: skip


# ---------------------------------------------------------------- on a screen


def option(picture: Picture, style: Style) -> dict:
    """Two stacked series: what carries a bar, unseen, and the bar; lines are what targets require."""
    data, words = picture.data, unit(picture.language)
    lows = [0.0 if s.whole else min(s.start, s.end) for s in data.steps]
    shared = {"type": "bar", "stack": "all", "barCategoryGap": "26%"}
    lines = [
        {"xAxis": r.level, "tip": r.text, "label": {"formatter": tonnes(r.level), "color": style.required}} for r in data.required
    ]
    if data.interval:
        across = {
            "symbol": "rect",
            "symbolSize": [2, 10],
            "label": {"show": False},
            "lineStyle": {"color": style.ink, "type": "solid"},
        }
        low, high = data.interval
        last = len(data.steps) - 1
        lines.append([{"coord": [low, last], "tip": _interval_tip(data, words), **across}, {"coord": [high, last], **across}])
    mark = {
        "symbol": "none",
        "label": {"position": "start"},
        "lineStyle": {"color": style.required, "type": "dashed", "width": 1.5},
        "data": lines,
    }
    return chart(
        style,
        grid={"left": 8, "right": 56, "top": 28, "bottom": 8, "containLabel": True},
        xAxis=value_axis(style, min=data.begin, max=_round_up(data.reach[1]), splitNumber=4),
        yAxis=category_axis(style, [s.label for s in data.steps], inverse=True),
        series=[
            {**shared, "data": lows, "itemStyle": {"color": "transparent"}, "silent": True, "tooltip": {"show": False}},
            {**shared, "name": data.pollutant, "data": [_item(s, data, style, words) for s in data.steps], "markLine": mark},
        ],
    )


def _item(step: Step, data: Waterfall, style: Style, words: str) -> dict:
    """One bar with its number: inside at its foot for a level, beside it for a change."""
    tip = f"{step.label}\n{_amount(step)} {words}"
    if step.role == "plan" and data.interval:
        tip += f"\n{_interval_tip(data, words)}"
    colour = _colour(step, style)
    label = {"show": True, "formatter": _amount(step), "position": "right", "color": style.ink}
    if step.whole:
        label |= {"position": "insideLeft", "color": on(colour, style), "fontWeight": "bold"}
    return item(abs(step.change), tip, itemStyle={"color": colour}, label=label)


def _interval_tip(data: Waterfall, words: str) -> str:
    low, high = map(tonnes, data.interval)
    return f"{data.percent:g} %: {low} … {high} {words}"


def _round_up(value: float) -> float:
    """The next number of two digits."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1) if value > 0 else 1.0
    return math.ceil(value / step) * step
