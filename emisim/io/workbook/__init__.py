"""The result as an Excel workbook that can be read without emisim: the answer first, then every table behind it.

Columns of numbers say their unit; codes and ids are text; no value is an empty cell.
"""

from __future__ import annotations

from collections.abc import Iterator

from emisim import __version__
from emisim.io.workbook.inputs import notes, provenance, readings, sources
from emisim.io.workbook.sheets import by_sector, clauses, ledger, projects, sources_ledger, targets, totals
from emisim.io.workbook.uncertainty import driving, other_readings, sure, uncertainty
from emisim.io.workbook.words import Words, change
from emisim.io.xlsx import COUNT, NUMBER, SHARE, Block, Column, Sheet, workbook
from emisim.report import uncertainty_tables
from emisim.report.plan_tables import adoption_lines
from emisim.report.screen import change_lines
from emisim.report.tables import basis
from emisim.simulate import Result
from emisim.text import say
from emisim.uncertainty.findings import chance
from emisim.verdicts import AT_RISK, MET, MISSED, NOT_ASSESSABLE, Verdict

VERDICTS = (MET, AT_RISK, MISSED, NOT_ASSESSABLE)


def workbook_bytes(result: Result, language: str) -> bytes:
    """The bytes of an xlsx file.

    Parameters
    ----------
    language : ``zh`` or ``en``, of sheet names, headers and texts.

    Raises
    ------
    BadInput
        A sheet has more rows than Excel takes.
    """
    return workbook(sheets(result, language), result.scenario.title.text(language))


def sheets(result: Result, language: str) -> tuple[Sheet, ...]:
    """The sheets in their order, the summary first."""
    words = Words(language)
    makers = [totals, ledger, sources_ledger, clauses, targets, projects, by_sector, sources]
    makers += [uncertainty, driving] if result.uncertainty is not None else []
    found = [make(result, words) for make in makers]
    found += [other_readings(result.ensemble, words)] if result.ensemble is not None else []
    found += [make(result, words) for make in (readings, notes, provenance)]
    return (summary(result, words, [s.name for s in found]), *found)


def summary(result: Result, words: Words, others: list[str]) -> Sheet:
    """The answer on one page: verdicts and what is missing, totals, how sure, what the base year rests on, what the sheets hold."""
    scenario, plan = result.scenario, result.plan_file
    head = words.say(
        "head", scenario=scenario.scenario, document=plan.document or plan.plan, region=plan.region, base=scenario.base_year,
        target=scenario.target_year, version=__version__,
    )  # fmt: skip
    rests = basis(result.inventory, words.language)
    said, warned = ((), rests) if result.inventory.illustrative() else ((rests,), "")
    blocks = [
        Block(
            heading=scenario.title.text(words.language),
            lines=(head, *change_lines(result, None, words.language), *said),
            warning=warned,
        ),
        _verdicts(result, words),
        _counts(result, words),
        _totals(result, words),
        *([_sure(result, words)] if result.uncertainty is not None else []),
        Block(heading=words.say("contents"), lines=(words.listed(others),)),
    ]
    return Sheet(words.say("sheet.summary"), tuple(blocks))


def _verdicts(result: Result, words: Words) -> Block:
    """Targets on tonnes, with what they miss and what would meet them."""
    found, language = result.uncertainty, words.language
    columns = [
        words.column("target"), words.verdict(), words.column("value", NUMBER), words.column("comparison"),
        words.column("required", NUMBER), words.column("unit"), *words.masses("shortfall_t"),
        *([words.column("probability", SHARE)] if found else []), *words.texts("yardstick", "title"),
    ]  # fmt: skip
    rows, unset = [], []
    for k, v in enumerate(result.verdicts):
        target = result.reading.targets[v.id]
        if not target.on_tonnes:
            continue
        unset += [v.id] if v.required is None else []
        met = [_chance(found.met.value[k], found.met.error[k]) if found.assessable[k] else None] if found else []
        sign = v.comparison if v.required is not None else ""
        about = words.yes(v.reference), target.title.text(language)
        rows.append((v.id, words.verdict_word(v.verdict), v.value, sign, v.required, v.unit, _missing(v), *met, *about))
    lines = [words.say("unset", names=words.listed(unset))] if unset else []
    if found:
        lines += [line for line in (uncertainty_tables.together_line(result, language),) if line]
        lines += uncertainty_tables.risk_lines(result, language)
    lines += adoption_lines(result, language)
    return Block(tuple(columns), tuple(rows), say("table.targets", language), tuple(lines))


def _missing(v: Verdict) -> float | None:
    """What is missing, of a target that is missed."""
    return v.shortfall_t if v.verdict == MISSED else None


def _chance(value: float, error: float) -> float | str:
    """A probability; where all draws agree, what it is beyond: they do not prove certainty."""
    return chance(value, error) if value in (0.0, 1.0) else float(value)


def _counts(result: Result, words: Words) -> Block:
    """How many targets and indicators have which verdict."""
    columns = (words.column("kind"), *(Column(words.verdict_word(v), COUNT) for v in VERDICTS))
    rows = []
    for key, on_tonnes in (("on_tonnes", True), ("indicators", False)):
        mine = [v.verdict for v in result.verdicts if result.reading.targets[v.id].on_tonnes == on_tonnes]
        if mine:
            rows.append((words.say(key), *(mine.count(v) for v in VERDICTS)))
    return Block(columns, tuple(rows), words.say("counts"))


def _totals(result: Result, words: Words) -> Block:
    columns = (
        words.column("pollutant"), *words.masses("base", "frozen", "reference", "plan"), *words.shares("change", "effect"),
        *words.masses("calendar_plan"),
    )  # fmt: skip
    base = result.totals(result.base)
    frozen, reference, plan, emitted = (
        result.totals(v)[:, -1] for v in (result.frozen, result.reference, result.plan, result.calendar_plan)
    )
    rows = tuple(
        (p, base[k], frozen[k], reference[k], plan[k], change(plan[k], base[k]), change(plan[k], reference[k]), emitted[k])
        for k, p in enumerate(result.inventory.pollutants)
    )
    return Block(columns, rows, say("table.totals", words.language, target=result.scenario.target_year))


def _sure(result: Result, words: Words) -> Block:
    """Median and interval of the plan's totals and of their change, beside each other."""
    found = result.uncertainty
    names = ("low", "median", "high")
    plan = [c for name in names for c in words.masses(name, of=words.say("level.plan"))]
    changes = [words.column(name, SHARE, words.say("result.change")) for name in names]
    level, moved = found.totals.quantiles.value[:, 2, :, -1], found.change.quantiles.value[:, :, -1] / 100.0
    rows = tuple((p, *level[:, k], *moved[:, k]) for k, p in enumerate(result.inventory.pollutants))
    lines = tuple(_drawn_lines(result, words))
    return Block((words.column("pollutant"), *plan, *changes), rows, sure(found, words.language), lines)


def _drawn_lines(result: Result, words: Words) -> Iterator[str]:
    yield from uncertainty_tables.drawn_lines(result, words.language)
