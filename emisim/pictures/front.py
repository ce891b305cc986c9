"""The Pareto front of a target: how far the best packages of measures get, what is required, and where the plan is.

A point is a package than which none is both lighter and better; see ``questions.fronts``.
"""

from __future__ import annotations

from emisim.cost import COUNT, unit
from emisim.pictures.fit import firm, fitted, minus, scale, tick
from emisim.pictures.frame import MARGIN, category_axis, chart, frame, item, legend, quiet, value_axis
from emisim.pictures.levels import MINUS, grounds
from emisim.pictures.picture import Picture
from emisim.pictures.style import Style, wrap
from emisim.questions.fronts import Point, TargetFront, fronts
from emisim.questions.response import Goal
from emisim.report.cost_tables import money
from emisim.report.solve_tables import objective_title, value_text
from emisim.report.tables import SIGNS, Table
from emisim.simulate import Result
from emisim.text import file_name, say
from emisim.uncertainty.findings import listed

LABELS = 3.35  # room for the measures that come in [inch]
ABOVE = 0.45  # room for the number above the bar of the draws, in rows [1]
ROW = 0.235  # [inch]
COST_HEIGHT = 4.2  # of the plot of a front by cost [inch]
SCREEN_LETTERS = 60  # of a label on a screen, which cuts it further where it is narrow


def make(result: Result, language: str) -> tuple[Picture, ...]:
    """One picture a target on tonnes that requires something and that measures change."""
    if result.sources is not None:  # packages are run anew, which sums cannot be
        return ()
    return tuple(_picture(data, result, language) for data in fronts(result))


# -------------------------------------------------------------------- words


def _picture(data: TargetFront, result: Result, language: str) -> Picture:
    goal, best, first = data.goal, data.points[-1], data.first_met
    by_count = data.objective.by == COUNT
    words = {
        "title": data.title.text(language), "target": goal.id, "required": _asked(goal), "best": _words(goal, best.value),
        "plan": _words(goal, data.plan.value), "acting": data.acting, "free": data.free,
        "none": _words(goal, data.points[0].value), "most": len(best.measures),
        "least": "–" if first is None else _amount(first.weight, data, language),
        "reached": "–" if first is None else _words(goal, first.value),
        "names": "–" if first is None else listed([_short(n, data, language) for n in first.measures], language) or "–",
    }  # fmt: skip
    kind = "missed" if first is None else "nothing" if not first.measures else "met"
    notes = [say("front.note.count" if by_count else "front.note.cost", language, **words)]
    if goal.restated:
        notes.append(say("front.note.restated", language))
    if data.free < data.acting:
        notes.append(say("front.note.free", language, **words))
    if data.interval is not None:
        share = f"{100 * result.uncertainty.design.interval:g} %"
        notes.append(say("front.note.draws", language, share=share, low=_words(goal, data.interval[0]), high=_words(goal, data.interval[1])))  # fmt: skip
    if by_count and any(p.bill.known for p in data.points):
        notes.append(say("front.note.bill", language))
    notes.append(grounds(result, language, (goal.pollutant,)))
    joint = " " if language == "en" else ""
    alt = joint.join(
        [say(f"front.title.{kind}", language, **words) + say("picture.stop", language), say("front.alt", language, **words)]
    )
    if first is not None and first.measures:
        alt += joint + say("front.alt.least", language, **words)
    height = ROW * (len(data.points) + 1.5) if by_count else COST_HEIGHT
    return Picture(
        name=file_name(f"front-{goal.id}"),
        kind="front",
        title=firm(say(f"front.title.{kind}", language, **words)),
        note=firm(joint.join(notes)),
        alt=alt,
        table=_table(data, unit(result.plan_file.costs), language),
        data=data,
        size=(Style().width, 1.95 + height),
        language=language,
    )


def _words(goal: Goal, value: float) -> str:
    """A value of the goal within a sentence."""
    return firm(minus(value_text(goal, value)))


def _asked(goal: Goal) -> str:
    return f"{SIGNS.get(goal.comparison, goal.comparison)} {goal.required:,.6g} {goal.unit}"


def _label(goal: Goal, language: str) -> str:
    """What stands at the line of what is required."""
    comparison, _, value = _asked(goal).partition(" ")
    return say("tornado.line.required", language, comparison=comparison, value=value)


def _amount(weight: float, data: TargetFront, language: str) -> str:
    """A weight with its unit."""
    if data.objective.by == COUNT:
        return say("front.one" if round(weight) == 1 else "front.many", language, count=round(weight))
    return f"{money(weight)} {data.objective.unit}"


def _short(name: str, data: TargetFront, language: str) -> str:
    """Number and title of a measure."""
    measure = data.names[name]
    return f"{measure.number} {measure.title.text(language)}"


def _change(point: Point, data: TargetFront, language: str) -> str:
    """What comes in and goes out at a point."""
    parts = [f"+ {_short(n, data, language)}" for n in point.enters] + [
        f"{MINUS} {_short(n, data, language)}" for n in point.leaves
    ]
    return listed(parts, language) if parts else say("front.nothing", language)


def _cost(point: Point) -> str:
    """What is known of the cost of a package: its sum, and of how many of its measures."""
    return f"{money(point.bill.value)} ({point.bill.known}/{point.bill.known + point.bill.unknown})" if point.bill.known else "–"


def _table(data: TargetFront, currency: str, language: str) -> Table:
    goal = data.goal
    word = [say("verdict.missed", language), say("verdict.met", language)]
    rows = [
        (
            _amount(p.weight, data, language),
            value_text(goal, p.value),
            word[p.met],
            _cost(p),
            listed([f"{n} {_short(n, data, language)}" for n in p.enters], language) or "–",
            listed([f"{n} {_short(n, data, language)}" for n in p.leaves], language) or "–",
        )
        for p in data.points
    ]
    plan = data.plan
    name = say("front.plan", language, amount=_amount(plan.weight, data, language))
    rows.append((name, value_text(goal, plan.value), word[plan.met], _cost(plan), "–", "–"))
    if data.interval is not None:
        text = f"{value_text(goal, data.interval[0])} – {value_text(goal, data.interval[1])}"
        rows.append((say("front.interval", language), text, "", "", "", ""))
    rows.append((say("tornado.required", language), _asked(goal), "", "", "", ""))
    header = (
        objective_title(data.objective, language), say("table.front.value", language), say("table.front.verdict", language),
        say("table.front.cost", language, unit=currency), say("table.curve.enters", language), say("table.curve.leaves", language),
    )  # fmt: skip
    return Table(data.title.text(language), header, tuple(rows), frozenset({0, 1, 3}), frozenset({4, 5}))


def _labels(data: TargetFront, language: str) -> list[str]:
    """A label a point: its number of measures, and what comes in; and one of the plan."""
    labels = [f"{round(p.weight)}  {_change(p, data, language)}" for p in data.points]
    return [*labels, say("front.plan", language, amount=_amount(data.plan.weight, data, language))]


def _limits(data: TargetFront) -> tuple[float, float]:
    """Ends of the axis of values, with room for numbers beside the points."""
    values = [p.value for p in (*data.points, data.plan)] + [data.goal.required, *(data.interval or ())]
    low, high = min(values), max(values)
    return low - 0.06 * (high - low or 1.0), high + 0.16 * (high - low or 1.0)


# -------------------------------------------------------------------- on paper


def draw(picture: Picture, figure, style: Style) -> None:
    """Draw it with matplotlib: values to the right, packages downwards from none to the plan."""
    data: TargetFront = picture.data
    by_count = data.objective.by == COUNT
    left, bottom, width, height = frame(picture, figure, style, left=LABELS if by_count else 0.95, right=0.25)
    foot, head = 0.52 / picture.size[1], 0.2 / picture.size[1]
    axes = figure.add_axes((left, bottom + foot, width, height - foot - head))
    quiet(axes, style, "x")
    places = _places(data)
    values = [p.value for p in data.points]
    axes.step(values, places[:-1], where="pre", color=style.plan, linewidth=1.1, zorder=2)
    for point, y in zip((*data.points, data.plan), places, strict=True):
        _mark(axes, point, y, data, style)
    if data.interval is not None:
        axes.plot(data.interval, [places[-1]] * 2, color=style.ink, linewidth=style.line, marker="|", markersize=8, zorder=2)
    axes.set_xlim(*_limits(data))
    if by_count:
        axes.set_ylim(places[-1] + 0.6, -0.6)
        begin = (MARGIN - LABELS) / (axes.get_position().width * picture.size[0])
        axes.axhline(len(places) - 1.5, color=style.grid, linewidth=0.8, xmin=begin, clip_on=False)
        axes.set_yticks([])
        _names(axes, figure, picture, style)
    else:
        axes.margins(y=0.08)
        axes.yaxis.set_major_formatter(lambda y, _: money(y))
        axes.set_ylabel(objective_title(data.objective, picture.language), size=style.small_size, color=style.muted)
    axes.xaxis.set_major_formatter(lambda x, _: tick(x, data.goal.unit))
    axes.set_xlabel(say("front.axis", picture.language, unit=data.goal.unit), size=style.small_size, color=style.muted)
    _required(axes, data, style, picture.language)
    _legend(figure, axes, picture, style)


def _names(axes, figure, picture: Picture, style: Style) -> None:
    """How many measures a package has, and what comes in."""
    data: TargetFront = picture.data
    numbers = MARGIN + 0.16
    room = LABELS - numbers - 0.2
    labels = [(str(round(p.weight)), _change(p, data, picture.language)) for p in data.points]
    labels.append(("", say("front.plan", picture.language, amount=_amount(data.plan.weight, data, picture.language))))
    common = {"va": "center", "size": style.small_size, "color": style.ink}
    for y, (number, text) in zip(_places(data), labels, strict=True):
        height = axes.transData.transform((0.0, y))[1] / figure.bbox.height
        bold = "bold" if not number or data.points[int(y)] is data.first_met else "normal"
        figure.text(numbers / picture.size[0], height, number, ha="right", weight=bold, **common)
        text = fitted(figure, text, room, style.small_size, weight=bold)
        figure.text((numbers + 0.1) / picture.size[0], height, text, ha="left", weight=bold, **common)


def _places(data: TargetFront) -> list[float]:
    """Where the points and the plan stand on the axis of packages."""
    if data.objective.by == COUNT:
        below = 0.0 if data.interval is None else ABOVE
        return [*(float(k) for k in range(len(data.points))), len(data.points) + below]
    return [p.weight for p in (*data.points, data.plan)]


def _mark(axes, point: Point, y: float, data: TargetFront, style: Style) -> None:
    """A point with its value: filled where the target is met; the plan as a diamond."""
    plan = point is data.plan
    colour = style.ink if plan else style.plan
    look = {"marker": "D" if plan else "o", "s": 34 if plan else 26, "zorder": 3}
    axes.scatter([point.value], [y], facecolor=colour if point.met else style.paper, edgecolor=colour, linewidth=1.3, **look)
    if data.objective.by == COUNT or plan or point is data.first_met:
        text = minus(f"{point.value:.1f}" if data.goal.unit == "%" else f"{point.value:,.0f}")
        above = plan and data.interval is not None
        place = {"xytext": (0, 5) if above else (8, 0), "textcoords": "offset points", "size": style.small_size}
        weight = "bold" if plan or point is data.first_met else "normal"
        ground = {"boxstyle": "square,pad=0.1", "facecolor": style.paper, "edgecolor": "none", "alpha": 0.92}
        align = {"ha": "center", "va": "bottom"} if above else {"ha": "left", "va": "center"}
        axes.annotate(text, (point.value, y), color=style.ink, weight=weight, bbox=ground, **align, **place)


def _required(axes, data: TargetFront, style: Style, language: str) -> None:
    """The line of what is required."""
    goal = data.goal
    axes.axvline(goal.required, color=style.required, linewidth=style.line, linestyle=(0, (5, 2)), zorder=1)
    label = _label(goal, language)
    low, high = axes.get_xlim()
    part = (goal.required - low) / (high - low)
    axes.annotate(
        label, (goal.required, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
        ha="left" if part < 0.2 else "right" if part > 0.8 else "center", va="bottom", size=style.small_size, color=style.required,
        weight="bold",
    )  # fmt: skip


def _legend(figure, axes, picture: Picture, style: Style) -> None:
    """What the marks are."""
    data: TargetFront = picture.data
    looks = [("front.missed", "o", style.paper, style.plan), ("front.met", "o", style.plan, style.plan)]
    looks.append(("front.whole", "D", style.ink if data.plan.met else style.paper, style.ink))
    handles = [
        axes.scatter([], [], marker=marker, s=26, facecolor=face, edgecolor=edge, label=say(key, picture.language))
        for key, marker, face, edge in looks
    ]
    figure.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, axes.get_position().y0 - 0.56 / picture.size[1]), ncols=3,
        fontsize=style.small_size, frameon=False, handletextpad=0.3, columnspacing=1.6, borderaxespad=0.0,
    )  # fmt: skip


# -------------------------------------------------------------------- on a screen


def option(picture: Picture, style: Style) -> dict:
    """An ECharts option."""
    data: TargetFront = picture.data
    language, goal = picture.language, data.goal
    by_count = data.objective.by == COUNT
    places = [int(p) for p in _places(data)] if by_count else _places(data)
    items = []
    for point, y in zip((*data.points, data.plan), places, strict=True):
        colour = style.ink if point is data.plan else style.plan
        look = {"color": colour if point.met else style.paper, "borderColor": colour, "borderWidth": 1.5}
        items.append(item([round(point.value, 6), y], _tip(point, data, language), itemStyle=look))
    label = _label(goal, language)
    line = {"color": style.required, "type": "dashed", "width": 1.5}
    mark = {
        "xAxis": goal.required,
        "lineStyle": line,
        "label": {"formatter": label, "color": style.required, "position": "start" if by_count else "end"},
    }
    series = [
        {"type": "line", "name": say("front.name", language), "data": items[:-1], "step": "end" if by_count else "start", "symbol": "circle", "symbolSize": 9,
         "lineStyle": {"color": style.plan, "width": 1.2}, "itemStyle": {"color": style.plan},
         "markLine": {"symbol": "none", "silent": True, "data": [mark]}},
        {"type": "scatter", "name": say("front.whole", language), "data": items[-1:], "symbol": "diamond", "symbolSize": 14,
         "itemStyle": {"color": style.ink}},
    ]  # fmt: skip
    if data.interval is not None:
        ends = [[round(v, 6), places[-1]] for v in data.interval]
        whisker = {"type": "line", "name": say("front.interval", language), "data": ends, "symbol": "none", "silent": True}
        series.append({**whisker, "lineStyle": {"color": style.ink, "width": 2}, "itemStyle": {"color": style.ink}})
    if by_count:
        packages = category_axis(style, [wrap(text, SCREEN_LETTERS, 1) for text in _labels(data, language)], 190, inverse=True)
    else:
        packages = value_axis(style, objective_title(data.objective, language), axisLine={"onZero": False})
    return chart(
        style,
        grid={"left": 8, "right": 24, "top": 56, "bottom": 32, "containLabel": True},
        legend=legend([s["name"] for s in series], style),
        xAxis=value_axis(style, goal.unit, **scale(*_limits(data)), nameLocation="end", nameGap=4),
        yAxis=packages,
        series=series,
    )


def _tip(point: Point, data: TargetFront, language: str) -> str:
    head = say("front.whole", language) if point is data.plan else _change(point, data, language)
    verdict = say("verdict.met" if point.met else "verdict.missed", language)
    amount = _amount(point.weight, data, language)
    lines = [wrap(head, 60), f"{amount}: {_words(data.goal, point.value)} ({verdict})"]
    if point.bill.known:
        words = {"known": point.bill.known, "of": point.bill.known + point.bill.unknown, "cost": money(point.bill.value)}
        lines.append(say("front.tip.cost", language, **words))
    return "\n".join(lines)
