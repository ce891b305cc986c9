"""The sheets of an Excel workbook that say how sure a result is: draws, what drives them, other readings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emisim.io.workbook.words import Words, change
from emisim.io.xlsx import COUNT, NUMBER, SHARE, YEAR, Column, Sheet, table
from emisim.report.ensemble_tables import member_text
from emisim.report.tables import label
from emisim.simulate import Result
from emisim.text import say
from emisim.uncertainty.draws import LEVELS
from emisim.uncertainty.ensemble import Ensemble, Member
from emisim.uncertainty.findings import drivers, input_grade, input_name, input_place, output_name, quantile_names, widest
from emisim.uncertainty.montecarlo import Band, Uncertainty
from emisim.vocabulary import sectors

MOST_DRIVERS = 15
MASS_UNIT, PERCENT = "t/yr", "%"


def uncertainty(result: Result, words: Words) -> Sheet:
    """Mean, standard deviation and quantiles of every result, each with its standard error; probabilities of the targets."""
    found = result.uncertainty
    ends = quantile_names(found)
    statistics = [words.column(name, NUMBER) for name in ("mean", "sd")] + [Column(name, NUMBER) for name in ends]
    errors = [words.column("error", NUMBER, name) for name in (*(c.title for c in statistics),)]
    columns = [
        *words.texts("result", "of", "level", widest=30), words.column("year", YEAR), words.column("unit"), words.column("central", NUMBER),
        *(c for pair in zip(statistics, errors, strict=True) for c in pair), *words.shares("probability", "probability_error"),
    ]  # fmt: skip
    rows = [*_totals(result, words), *_by_sector(result, words), *_measures(result, words), *_targets(result, words)]
    return table(words.say("sheet.uncertainty"), columns, rows, keep=3)


def _figures(band: Band, *at: int) -> Iterator[float]:
    """Every statistic of one result, each followed by its error."""
    for part in (band.mean, band.deviation):
        yield from (part.value[at], part.error[at])
    for k in range(3):
        yield from (band.quantiles.value[(k, *at)], band.quantiles.error[(k, *at)])


def _totals(result: Result, words: Words) -> Iterator[tuple]:
    found = result.uncertainty
    base = result.totals(result.base)
    central = [np.repeat(base[:, None], len(result.years), 1), result.totals(result.reference), result.totals(result.plan)]
    for p, name in enumerate(result.inventory.pollutants):
        for t, year in enumerate(result.years):
            for k, which in enumerate(LEVELS):
                head = (words.say("result.total"), name, words.say(f"level.{which}"), year, MASS_UNIT, central[k][p, t])
                yield (*head, *_figures(found.totals, k, p, t), None, None)
            for key, band, k in (("change", found.change, 0), ("effect", found.effect, 1)):
                part = change(central[2][p, t], central[k][p, t])
                head = (
                    words.say(f"result.{key}"),
                    name,
                    words.say("level.plan"),
                    year,
                    PERCENT,
                    None if part is None else 100 * part,
                )
                yield (*head, *_figures(band, p, t), None, None)


def _by_sector(result: Result, words: Words) -> Iterator[tuple]:
    found, mine = result.uncertainty, result.inventory.text["sector"]
    values = result.base, result.reference[..., -1], result.plan[..., -1]
    for s, sector in enumerate(found.frame.sectors):
        rows = (mine == sector) & result.official
        for p, name in enumerate(result.inventory.pollutants):
            for k, which in enumerate(LEVELS):
                of = f"{label(sectors()[sector], words.language)} {name}"
                head = (words.say("result.sector"), of, words.say(f"level.{which}"), result.years[-1], MASS_UNIT)
                yield (*head, values[k][rows, p].sum(), *_figures(found.sectors, k, s, p), None, None)


def _measures(result: Result, words: Words) -> Iterator[tuple]:
    """Growth, then every measure that brings anything in any draw."""
    found, central = result.uncertainty, result.reductions()[:, :, -1]
    growth = result.totals(result.base) - result.totals(result.reference)[:, -1]
    for p, name in enumerate(result.inventory.pollutants):
        head = (words.say("result.growth"), name, words.say("level.reference"), result.years[-1], MASS_UNIT, growth[p])
        yield (*head, *_figures(found.growth, p), None, None)
    for m, p in np.argwhere(found.acting).tolist():
        of = f"{result.bound.names[m]} {result.inventory.pollutants[p]}"
        head = (words.say("result.measure"), of, words.say("level.plan"), result.years[-1], MASS_UNIT, central[m, p])
        yield (*head, *_figures(found.measures, m, p), None, None)


def _targets(result: Result, words: Words) -> Iterator[tuple]:
    """Every target that can be assessed, then all of them together."""
    found = result.uncertainty
    for k, v in enumerate(result.verdicts):
        if found.assessable[k]:
            head = (words.say("result.target"), v.id, words.say("level.plan"), v.year, v.unit, v.value)
            yield (*head, *_figures(found.values, k), found.met.value[k], found.met.error[k])
    for k, key in enumerate(("together", "together_all")):
        nothing = (None,) * 14
        yield (words.say("result.together"), words.say(key), *nothing, found.together.value[k], found.together.error[k])


def driving(result: Result, words: Words) -> Sheet:
    """Of every result the inputs that explain most of its variance."""
    found = result.uncertainty
    columns = [
        words.column("result"), words.column("rank", COUNT), *words.shares("variance", "variance_error"), words.column("input"),
        *words.texts("written", "grade", "place"),
    ]  # fmt: skip
    rows = [row for j in range(len(found.ranking.outputs)) for row in _drivers_of(found, j, words)]
    return table(words.say("sheet.drivers"), columns, rows)


def _drivers_of(found: Uncertainty, output: int, words: Words) -> Iterator[tuple]:
    shares, name = found.ranking.shares, output_name(found, found.ranking.outputs[output], words.language)
    for n, k in enumerate(drivers(found, output, MOST_DRIVERS), 1):
        one = found.sampler.inputs[k]
        about = (
            input_name(found, one, words.language),
            widest(found, one).shown,
            input_grade(found, one),
            input_place(found, one),
        )
        yield (name, n, shares.value[k, output], shares.error[k, output], *about)


def other_readings(found: Ensemble, words: Words) -> Sheet:
    """One line a reading of the ensemble: totals with the plan, targets, indicators; or why it cannot be run."""
    names = tuple(found.targets)
    columns = [
        words.column("number", YEAR), words.column("differs", widest=80),
        *(c for p in found.pollutants for c in (*words.masses("plan", of=p), words.column("change", SHARE, p))),
        *(c for n in names for c in (words.column("verdict", of=n), words.column("value", NUMBER, n), words.column("unit", of=n))),
        *(words.column(key, COUNT) for key in ("indicators_met", "indicators_missed", "indicators_open")), words.column("fault"),
    ]  # fmt: skip
    rows = []
    for k, member in enumerate(found.members):
        what = member_text(member, words.language)
        if member.fault is None:
            rows.append((k, what, *_member(member, found.pollutants, names, words), None))
        else:
            rows.append((k, what, *(None,) * (len(columns) - 3), member.fault.text(words.language)))
    return table(words.say("sheet.ensemble"), columns, rows, keep=2)


def _member(member: Member, pollutants: tuple[str, ...], names: tuple[str, ...], words: Words) -> Iterator:
    for p in pollutants:
        yield from (member.plan[p], change(member.plan[p], member.base[p]))
    for name in names:
        v = member.verdicts.get(name)
        yield from (None, None, None) if v is None else (words.verdict_word(v.verdict), v.value, v.unit)
    yield from (member.met, member.missed, member.unassessed)


def sure(found: Uncertainty, language: str) -> str:
    """The reported interval, as ``95 %``."""
    return say("book.interval", language, interval=f"{100 * found.design.interval:g} %")
