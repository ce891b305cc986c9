"""How sure a result is, in Chinese or English: intervals, probabilities of targets, what drives them, what to measure next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from emisim.report import tables
from emisim.report.tables import Table, core_pollutants, label, percent, tonnes, verdict_word
from emisim.simulate import Result
from emisim.text import say
from emisim.uncertainty.approach1 import TAILS
from emisim.uncertainty.findings import (
    SAFE,
    chance,
    expected,
    figure_name,
    halves,
    input_grade,
    input_name,
    input_place,
    listed,
    on_tonnes,
    output_name,
    widest,
    worst_figures,
    worth_knowing,
)
from emisim.uncertainty.findings import (
    drivers as chief,
)
from emisim.verdicts import AT_RISK, MISSED, Verdict
from emisim.vocabulary import sectors as known_sectors

if TYPE_CHECKING:
    from emisim.uncertainty.montecarlo import Band, Uncertainty

TOP_DRIVERS, TOP_NEXT, TOP_MEASURES, TOP_DOUBTS = 5, 10, 15, 3
EVEN = 0.5  # met in more draws than missed [1]
APART = 0.01  # a median this far from the central run, beside it, asks for a word [1]


# -------------------------------------------------------------------- figures


def interval(found: Uncertainty) -> str:
    """The reported interval, as ``95 %``."""
    return f"{100 * found.design.interval:g} %"


def spread(band: Band, at: tuple[int, ...], show: Callable[[float], str]) -> str:
    """Median and interval of one result: ``5,405 (4,209–6,906)``."""
    low, middle, high = (float(v) for v in band.quantiles.value[(slice(None), *at)])
    if not np.isfinite(middle):
        return "–"
    if show(low) == show(middle) == show(high):
        return show(middle)
    return f"{show(middle)} ({show(low)}{'–' if show is tonnes and not show(low).startswith('-') else ' … '}{show(high)})"


def _points(value: float) -> str:
    return f"{value:+.1f} %"


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _header(words: Sequence[str], language: str, **values: object) -> tuple[str, ...]:
    return tuple(say(f"table.sure.{w}", language, **values) for w in words)


def _note(lines: Sequence[str], language: str) -> str:
    return ("" if language == "zh" else " ").join(line for line in lines if line)


# -------------------------------------------------------------------- totals


def totals(result: Result, language: str) -> Table:
    """Base year and plan of every pollutant: the central run, and the median of the draws with its interval; changes likewise."""
    found = result.uncertainty
    base, reference, plan = _central(result)
    rows = []
    for p, name in enumerate(result.inventory.pollutants):
        change, effect = (100 * (plan[p] / x[p] - 1) if x[p] else np.nan for x in (base, reference))
        rows.append((
            name,
            tonnes(base[p]), spread(found.totals, (0, p, 0), tonnes), tonnes(plan[p]), spread(found.totals, (2, p, -1), tonnes),
            percent(change), spread(found.change, (p, -1), _points), percent(effect), spread(found.effect, (p, -1), _points),
        ))  # fmt: skip
    first, last = result.scenario.base_year, result.scenario.target_year
    words = ("pollutant", "base", "median", "plan", "median", "change", "median", "effect", "median")
    header = _header(words, language, base=first, target=last, interval=interval(found))
    title = say("table.sure.totals", language, draws=f"{found.design.draws:,}", interval=interval(found))
    note = _note((_better_known(found, language), _lopsided(result, language)), language)
    return Table(title, header, tuple(rows), frozenset(range(1, len(header))), note=note)


def _central(result: Result) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Base, reference and plan of the central run in the target year, (pollutant,) [t/yr]."""
    return result.totals(result.base), result.totals(result.reference)[:, -1], result.totals(result.plan)[:, -1]


def _better_known(found: Uncertainty, language: str) -> str:
    """That changes are better known than levels, by how much, if that is so for every pollutant."""
    level, change = found.totals.quantiles.value[:, 2, :, -1], 1.0 + found.change.quantiles.value[:, :, -1] / 100.0
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = ((level[2] - level[0]) / level[1]) / ((change[2] - change[0]) / change[1])
    ratio = ratio[np.isfinite(ratio)]
    if not ratio.size or ratio.min() <= 1.2:
        return ""
    least, most = f"{ratio.min():.1f}", f"{ratio.max():.1f}"
    if least == most:
        return say("sure.better_known_once", language, times=least)
    return say("sure.better_known", language, least=least, most=most)


def _lopsided(result: Result, language: str) -> str:
    """Why median and central run differ, where they do."""
    base, _, plan = _central(result)
    middle = result.uncertainty.totals.quantiles.value[1]
    pairs = [*zip(base, middle[0, :, 0], strict=True), *zip(plan, middle[2, :, -1], strict=True)]
    return say("sure.lopsided", language) if any(abs(m - c) > APART * abs(c) for c, m in pairs) else ""


# -------------------------------------------------------------------- targets


def verdicts(result: Result, language: str) -> Table:
    """The targets on tonnes as without draws, with the median and interval of their values and the probability to be met."""
    found, plain = result.uncertainty, tables.verdicts(result, language)
    at = [k for k, v in enumerate(result.verdicts) if result.reading.targets[v.id].on_tonnes]
    rows = []
    for k, row in zip(at, plain.rows, strict=True):
        more = (_value_spread(found, result.verdicts[k], k), _met(found, k)) if found.assessable[k] else ("–", "–")
        rows.append((*row[:3], *more, *row[3:]))
    header = (*plain.header[:3], *_header(("median", "met"), language, interval=interval(found)), *plain.header[3:])
    right, wide = frozenset({2, 3, 4, 5, 6}), frozenset({k + 2 for k in plain.wide})
    note = _note(answer_lines(result, language), language)
    return replace(plain, header=header, rows=tuple(rows), right=right, wide=wide, note=note)


def _value_spread(found: Uncertainty, v: Verdict, k: int) -> str:
    digits = 2 if v.unit == "%" else 0
    return spread(found.values, (k,), lambda x: f"{x + 0.0:,.{digits}f}") + f" {v.unit}"


def _met(found: Uncertainty, k: int) -> str:
    return chance(float(found.met.value[k]), float(found.met.error[k]))


def answer_lines(result: Result, language: str) -> list[str]:
    """The answer: the probability that all targets are met together, and verdicts that the draws put in another light."""
    lines = [together_line(result, language), *risk_lines(result, language)]
    return [line for line in lines if line]


def together_line(result: Result, language: str) -> str:
    """The probability that the targets on tonnes are met, together if there are several; empty without any."""
    found = result.uncertainty
    mine = on_tonnes(found)
    if not mine:
        return ""
    together = chance(float(found.together.value[0]), float(found.together.error[0]))
    if len(mine) == 1:
        return say("sure.single", language, target=found.frame.targets[mine[0]], chance=together)
    names = listed([found.frame.targets[k] for k in mine], language)
    return say("sure.together", language, count=len(mine), chance=together, product=_share(expected(found)), names=names)


def risk_lines(result: Result, language: str) -> list[str]:
    """Targets at risk, and those that the central run misses yet most draws meet."""
    found = result.uncertainty
    risk = [v.id for v in result.verdicts if v.verdict == AT_RISK]
    better = [v.id for k, v in enumerate(result.verdicts) if v.verdict == MISSED and found.met.value[k] > EVEN]
    share = f"{100 * found.design.at_risk:g} %"
    lines = [say("sure.at_risk", language, names=_counted(result, risk, language), share=share)] if risk else []
    return lines + ([say("sure.better", language, names=_counted(result, better, language))] if better else [])


def _counted(result: Result, ids: Sequence[str], language: str) -> str:
    """Targets on tonnes by name, indicators by their number: there may be many."""
    names = [name for name in ids if result.reading.targets[name].on_tonnes]
    count = len(ids) - len(names)
    return listed([*names, *([say("sure.indicators", language, count=count)] if count else [])], language)


def indicators(result: Result, language: str) -> Table:
    """Indicators that can be assessed: the value of the central run and of the draws, what is required, the probability."""
    found, rows = result.uncertainty, []
    for k, v in enumerate(result.verdicts):
        target = result.reading.targets[v.id]
        if not target.on_tonnes and found.assessable[k]:
            value = f"{v.value:,.4g} {v.unit}"
            drawn = spread(found.values, (k,), lambda x: f"{x:,.4g}") + f" {v.unit}"
            required = f"{v.comparison} {v.required:g} {v.unit}"
            rows.append((v.id, verdict_word(v, language), value, drawn, required, _met(found, k), target.title.text(language)))
    words = ("id", "verdict", "central", "median", "required", "met", "target")
    together = chance(float(found.together.value[1]), float(found.together.error[1]))
    tight = any(row[1] == say("verdict.at_risk", language) for row in rows)
    lines = say("sure.with_indicators", language, chance=together), say("sure.tight", language) if tight else ""
    note = _note(lines, language)
    return Table(
        say("table.sure.indicators", language), _header(words, language, interval=interval(found)), tuple(rows),
        frozenset({2, 3, 4, 5}), frozenset({6}), note,
    )  # fmt: skip


# -------------------------------------------------------------------- sectors and measures


def by_sector(result: Result, language: str) -> Table:
    """Base year and plan of every sector for the first-class pollutants, median with interval."""
    found, core = result.uncertainty, core_pollutants(result.inventory)
    order = [s for s in known_sectors() if s in found.frame.sectors]
    rows = []
    for sector in order:
        s = found.frame.sectors.index(sector)
        cells = (spread(found.sectors, (level, s, p), tonnes) for p in core for level in (0, 2))
        rows.append((label(known_sectors()[sector], language), *cells))
    first, last = result.scenario.base_year, result.scenario.target_year
    names = [f"{result.inventory.pollutants[p]} {year}" for p in core for year in (first, last)]
    title = say("table.sure.sectors", language, target=last, interval=interval(found))
    return Table(title, (say("table.sector", language), *names), tuple(rows), frozenset(range(1, 1 + len(names))))


def measures(result: Result, language: str) -> Table:
    """The measures that bring most, median with interval; ranked as without draws, by the medians. Growth stands first."""
    found, core = result.uncertainty, core_pollutants(result.inventory)
    middle = found.measures.quantiles.value[1][:, core]
    scale = np.abs(middle.sum(axis=0))
    rank = np.where(scale > 0, middle / np.where(scale > 0, scale, 1.0), 0.0).max(axis=1, initial=0.0)
    order = [m for m in np.lexsort((np.arange(rank.size), -rank))[:TOP_MEASURES] if rank[m] > 0]
    growth = found.growth
    first = (say("table.sure.growth", language), "–", *(spread(growth, (p,), tonnes) for p in core))
    titles = [measure.title.text(language) for measure in result.bound.measures]
    rows = [(result.bound.names[m], titles[m], *(spread(found.measures, (m, p), tonnes) for p in core)) for m in order]
    header = (say("table.measure", language), say("table.title", language), *(result.inventory.pollutants[p] for p in core))
    title = say("table.sure.measures", language, count=len(rows), target=result.scenario.target_year, interval=interval(found))
    return Table(title, header, (first, *rows) if rows else (), frozenset(range(2, len(header))), frozenset({1}))


# -------------------------------------------------------------------- what drives it, what to measure


def drivers(result: Result, language: str) -> Table:
    """Of every result the inputs that explain most of its variance. Results that differ by sign or unit alone stand together."""
    found, shares, rows = result.uncertainty, result.uncertainty.ranking.shares, []
    for j, name in _distinct(found, language):
        chosen = chief(found, j, TOP_DRIVERS)
        for n, k in enumerate(chosen):
            one = found.sampler.inputs[k]
            share = f"{100 * shares.value[k, j]:.1f} % ± {100 * shares.error[k, j]:.1f}"
            written = (widest(found, one).shown, input_grade(found, one), input_place(found, one))
            rows.append(("" if n else name, share, input_name(found, one, language), *written))
        if chosen:
            rest = max(1.0 - shares.value[chosen, j].sum(), 0.0)
            rows.append(("", _share(rest), say("table.sure.rest", language), "", "", ""))
    header = _header(("output", "share", "input", "range", "grade", "place"), language)
    title, note = say("table.sure.drivers", language), say("sure.drivers", language)
    return Table(title, header, tuple(rows), frozenset({1}), frozenset({2, 3}), note)


def _distinct(found: Uncertainty, language: str) -> list[tuple[int, str]]:
    """Positions of results with different shares, under the names of all that have the same."""
    value, groups = found.ranking.shares.value, {}
    for j, name in enumerate(found.ranking.outputs):
        same = next((k for k in groups if np.allclose(value[:, k], value[:, j], rtol=0.0, atol=1e-9)), j)
        groups.setdefault(same, []).append(output_name(found, name, language))
    return [(j, " = ".join(names)) for j, names in groups.items()]


def measure_next(result: Result, language: str, count: int = TOP_NEXT) -> Table:
    """What to measure next: by how much the chance of a right verdict rises once an input is known, the largest rise first."""
    found, rows = result.uncertainty, []
    for w in worth_knowing(found):
        now, then = _share(w.right_now), _share(w.right_now + w.gain)
        if now == then:
            continue
        one = found.sampler.inputs[w.input]
        name = input_name(found, one, language)
        target = w.target or say("sure.all_targets", language)
        words = {"input": name, "target": target, "now": now, "then": then}
        written = (widest(found, one).shown, input_grade(found, one), input_place(found, one))
        rows.append((str(len(rows) + 1), say("sure.next", language, **words), f"{100 * w.shift:.1f}", *written))
    title = say("table.sure.measure_next", language)
    if not rows:
        header = _header(("finding",), language)
        return Table(title, header, ((_nothing(found, language),),))
    header = _header(("rank", "sentence", "shift", "range", "grade", "place"), language)
    note = _note((_safe(found, language), say("sure.next_note", language)), language)
    return Table(title, header, tuple(rows[:count]), frozenset({0, 2}), frozenset({1, 3}), note)


def _nothing(found: Uncertainty, language: str) -> str:
    """Why no single input stands out."""
    information = found.ranking.information
    doubt = [name for k, name in enumerate(found.ranking.targets) if name and information.perfect[k] > SAFE]
    if doubt:
        return say("sure.next_many", language, names=listed(doubt, language))
    return say("sure.next_safe" if on_tonnes(found) else "sure.next_none", language)


def _safe(found: Uncertainty, language: str) -> str:
    """The verdicts that no figure is going to turn."""
    information = found.ranking.information
    safe = [name for k, name in enumerate(found.ranking.targets) if name and information.perfect[k] <= SAFE]
    return say("sure.safe", language, names=listed(safe, language)) if safe else ""


def sobol(result: Result, language: str) -> Table:
    """First-order and total Sobol' indices, where they were asked for."""
    found, rows = result.uncertainty, []
    for one in found.sobol:
        names = [input_name(found, found.sampler.inputs[k], language) for k in one.inputs]
        names += [say("table.sure.others", language)] * (len(one.indices.first) - len(names))
        shown = [n for n in range(len(names)) if one.indices.first[n] or one.indices.total[n]]
        for n in shown:
            first, total = (
                f"{100 * value[n]:.1f} % ± {100 * error[n]:.1f}"
                for value, error in ((one.indices.first, one.indices.first_error), (one.indices.total, one.indices.total_error))
            )
            rows.append((output_name(found, one.output, language) if n == shown[0] else "", names[n], first, total))
    header = _header(("output", "input", "first", "total"), language)
    runs = sum(one.runs for one in found.sobol)
    note = say("sure.sobol", language, runs=f"{runs:,}")
    return Table(say("table.sure.sobol", language), header, tuple(rows), frozenset({2, 3}), frozenset({1}), note)


# -------------------------------------------------------------------- beside it, and how it was drawn


def approach1(result: Result, language: str) -> Table:
    """Error propagation (IPCC Approach 1) beside the draws, and where it does not hold."""
    found = result.uncertainty
    half = halves(found)

    def cell(value: float) -> str:
        return f"± {value:.1f}" if np.isfinite(value) else "–"

    columns = (half.base, half.base_drawn, half.change, half.change_correlated, half.change_drawn)
    rows = tuple((name, *(cell(c[p]) for c in columns)) for p, name in enumerate(result.inventory.pollutants))
    words = ("pollutant", "propagated", "drawn", "trend", "trend_correlated", "trend_drawn")
    header = _header(words, language, base=result.scenario.base_year)
    title = say("table.sure.approach1", language, interval=f"{100 * (TAILS[1] - TAILS[0]):g} %")
    note = _note((_doubts(found, language), say("sure.approach1", language)), language)
    return Table(title, header, rows, frozenset(range(1, 6)), note=note)


def _doubts(found: Uncertainty, language: str) -> str:
    doubts = found.approach1.doubts
    if not doubts:
        return ""
    worst = listed([f"{figure_name(f, language)} [{f.shown}]" for f in worst_figures(found, TOP_DOUBTS)], language)
    counts = {"wide": len(doubts.wide), "skewed": len(doubts.skewed), "correlated": len(doubts.correlated)}
    return say("sure.doubts", language, count=len(found.approach1.names), worst=worst or "–", **counts)


def drawn(result: Result, language: str) -> Table:
    """What was drawn: how many figures of each kind have a range and how many have none."""
    found = result.uncertainty
    figures, certain = found.inputs.figures, found.inputs.certain
    kinds = list(dict.fromkeys([*certain, *(f.kind for f in figures)]))
    rows = tuple(
        (say(f"kind.{kind}", language), str(sum(f.kind == kind for f in figures)), str(certain.get(kind, 0))) for kind in kinds
    )
    header = _header(("kind", "with_range", "without_range"), language)
    title = say("table.sure.figures", language, figures=len(figures), inputs=len(found.sampler.inputs))
    return Table(title, header, rows, frozenset({1, 2}), note=_note(drawn_lines(result, language), language))


def drawn_lines(result: Result, language: str) -> list[str]:
    """How it was drawn, what had to be cut, scaled or is beyond reason, and whether the draws are enough."""
    found = result.uncertainty
    design, precision = found.design, found.precision
    method = say(f"sampling.{design.method}", language)
    lines = [say("sure.method", language, draws=f"{design.draws:,}", method=method, seed=design.seed)]
    if found.sampler.cut:
        worst = max(found.sampler.cut, key=lambda k: found.sampler.cut[k])
        name, share = figure_name(found.inputs.figures[worst], language), f"{100 * found.sampler.cut[worst]:.2g} %"
        lines.append(say("sure.cut", language, count=len(found.sampler.cut), name=name, share=share))
    if found.scaled:
        lines.append(say("sure.scaled", language, count=found.scaled, draws=f"{design.draws:,}"))
    if found.negative:
        lines.append(say("sure.negative", language, count=found.negative, draws=f"{design.draws:,}"))
    words = {"interval": f"{100 * precision.interval:.1f} %", "points": f"{100 * precision.probability:.1f}"}
    lines.append(say("sure.precise" if precision.enough else "sure.imprecise", language, needed=f"{precision.needed:,}", **words))
    return lines


def all_tables(result: Result, language: str) -> list[Table]:
    """Every table of the section "How sure" that has a row, what matters most first."""
    every = (totals, measure_next, drivers, sobol, by_sector, measures, indicators, approach1, drawn)
    return [found for table in every if (found := table(result, language)).rows]
