"""The tables of a run, in Chinese or English; plain data that every renderer shows in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from emisim.case import Case
from emisim.inventory import Inventory
from emisim.mechanisms import MECHANISMS
from emisim.simulate import Result
from emisim.summary import grade_shares, memo_totals, sector_totals
from emisim.text import say
from emisim.units import unit_names
from emisim.verdicts import MISSED, Verdict
from emisim.vocabulary import GRADES, pollutants, sectors, wordings

TOP = 10
SIGNS = MappingProxyType({"<=": "≤", ">=": "≥"})  # of comparisons, on paper and in a browser; not every terminal has them


@dataclass(frozen=True)
class Table:
    """A table of texts. ``right``: columns that hold numbers. ``wide``: columns that may be cut when the screen is narrow."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    wide: frozenset[int] = frozenset()
    note: str = ""


def basis(inventory: Inventory, language: str) -> str:
    """One line that says what the base year rests on: the share of each total by grade, and that it is illustrative where it
    is."""
    parts = []
    for pollutant, shares in grade_shares(inventory).items():
        if pollutants()[pollutant].core:
            parts.append(f"{pollutant} " + " ".join(f"{g} {100 * share:.0f} %" for g, share in shares.items() if share >= 0.005))
    key = "run.illustrative" if inventory.illustrative() else "run.base_year"
    return say(key, language, year=inventory.base_year, grades="; ".join(parts))


def tonnes(value: float | None) -> str:
    """A mass in t: whole from 100 up, else one decimal; 0 is exactly nothing, a dash is no value."""
    if value is None or np.isnan(value):
        return "–"
    size = abs(value)
    text = f"{value:,.0f}" if size >= 100 else f"{value:,.1f}" if size > 1e-9 else "0"
    return "0.0" if text == "-0.0" else text


def percent(value: float | None, digits: int = 1) -> str:
    """A change in percent with its sign; a dash where there is none."""
    return "–" if value is None or not np.isfinite(value) else f"{value:+.{digits}f} %"


def totals(result: Result, language: str) -> Table:
    """Base, reference and plan by pollutant, with the change against the base year."""
    base, frozen, reference, plan = (
        result.totals(v) for v in (result.base, *(x[..., -1] for x in (result.frozen, result.reference, result.plan)))
    )
    calendar = result.totals(result.calendar_plan[..., -1])
    rows = []
    for k, name in enumerate(result.inventory.pollutants):
        change = 100 * (plan[k] / base[k] - 1) if base[k] else float("nan")
        effect = 100 * (plan[k] / reference[k] - 1) if reference[k] else float("nan")
        rows.append(
            (
                name, tonnes(base[k]), tonnes(frozen[k]), tonnes(reference[k]), tonnes(plan[k]),
                percent(change), percent(effect), tonnes(calendar[k]),
            )
        )  # fmt: skip
    first, last = result.scenario.base_year, result.scenario.target_year
    header = tuple(
        say(f"table.totals.{c}", language, base=first, target=last)
        for c in ("pollutant", "base", "frozen", "reference", "plan", "change", "effect", "calendar")
    )
    return Table(say("table.totals", language, target=last), header, tuple(rows), frozenset(range(1, 8)))


def top_measures(result: Result, language: str, count: int | None = TOP) -> Table:
    """The measures that bring most: ranked by their largest share in what the whole plan brings for a first-class pollutant."""
    core = core_pollutants(result.inventory)
    reduction = result.reductions()[:, core, -1]
    scale = np.abs(reduction.sum(axis=0))
    rank = np.where(scale > 0, reduction / np.where(scale > 0, scale, 1.0), 0.0).max(axis=1, initial=0.0)
    order = np.lexsort((np.arange(rank.size), -rank))[: count if count else None]
    names = [result.inventory.pollutants[k] for k in core]
    rows = tuple(
        (
            result.bound.names[m],
            result.bound.measures[m].title.text(language),
            *(tonnes(reduction[m, k]) for k in range(len(core))),
        )
        for m in order
        if rank[m] > 0 or not count
    )
    header = (say("table.measure", language), say("table.title", language), *names)
    title = say("table.top" if count else "table.ledger", language, count=len(rows), target=result.scenario.target_year)
    return Table(title, header, rows, frozenset(range(2, 2 + len(core))), frozenset({1}))


def verdicts(result: Result, language: str) -> Table:
    """What each target asks, what is reached, and the shortfall."""
    targets = result.reading.targets
    rows = []
    for v in (v for v in result.verdicts if targets[v.id].on_tonnes):
        verdict = verdict_word(v, language)
        digits = 2 if v.unit == "%" else 0
        value = "–" if v.value is None else f"{v.value:,.{digits}f} {v.unit}"
        required = "–" if v.required is None else f"{v.comparison} {v.required:g} {v.unit}"
        shortfall = tonnes(v.shortfall_t) if v.verdict == MISSED else "–"
        kind = say(f"target.kind.{v.kind}", language) + (f", {say('target.reference', language)}" if v.reference else "")
        rows.append((v.id, verdict, value, required, shortfall, targets[v.id].title.text(language), kind))
    columns = ("id", "verdict", "value", "required", "shortfall", "target", "kind")
    header = tuple(say(f"table.targets.{c}", language) for c in columns)
    note = basis(result.inventory, language)
    return Table(say("table.targets", language), header, tuple(rows), frozenset({2, 3, 4}), frozenset({5}), note)


def verdict_word(v: Verdict, language: str) -> str:
    """The verdict in a language."""
    return say(f"verdict.{v.verdict.replace(' ', '_')}", language)


def grades(result: Result, language: str) -> Table:
    """Share of each base-year total by the grade of its figures."""
    shares = grade_shares(result.inventory)
    rows = tuple((p, *(f"{100 * shares[p][g]:.0f} %" for g in GRADES)) for p in result.inventory.pollutants)
    header = (say("table.totals.pollutant", language), *(f"{g} {say(f'grade.{g}', language)}" for g in GRADES))
    return Table(say("table.grades", language), header, rows, frozenset(range(1, 6)))


def by_sector(result: Result, language: str) -> Table:
    """Base, reference and plan of every sector for the first-class pollutants."""
    data = sector_totals(result)
    core = [result.inventory.pollutants[k] for k in core_pollutants(result.inventory)]
    order = [s for s in sectors() if s in data]
    rows = tuple(
        (label(sectors()[s], language), *(tonnes(data[s][p][c]) for p in core for c in ("base", "reference", "plan")))
        for s in order
    )
    names = {c: say(f"table.short.{c}", language) for c in ("base", "reference", "plan")}
    header = (say("table.sector", language), *(f"{p} {names[c]}" for p in core for c in names))
    return Table(
        say("table.sectors", language, target=result.scenario.target_year), header, rows, frozenset(range(1, len(header)))
    )


def memo(result: Result, language: str) -> Table:
    """Rows outside the official totals."""
    data = memo_totals(result)
    names = dict(zip(result.inventory.ids.tolist(), result.inventory.text[f"name_{language}"].tolist(), strict=True))
    rows = tuple(
        (names[i], p, tonnes(v["base"]), tonnes(v["reference"]), tonnes(v["plan"])) for i, d in data.items() for p, v in d.items()
    )
    header = tuple(
        say(k, language)
        for k in ("table.source", "table.totals.pollutant", "table.short.base", "table.short.reference", "table.short.plan")
    )
    return Table(say("table.memo", language), header, rows, frozenset({2, 3, 4}))


# ---------------------------------------------------------------- list and show


def list_measures(case: Case, language: str) -> Table:
    """Measures of a plan with clause, department, wording, schedule and what they act on."""
    rows = []
    chosen = dict(zip(case.bound.names, case.bound.measures, strict=True))
    for name in sorted(case.plan.measures):
        measure = chosen.get(name, case.plan.measures[name])
        schedule = measure.schedule
        end = "–" if schedule is None else str(schedule.complete)
        touched = {
            int(r)
            for op in case.bound.operations
            if name in chosen and op.measure == case.bound.names.index(name)
            for r in op.rows
        }
        does = ", ".join(dict.fromkeys(a.mechanism for a in measure.actions))
        state = "" if name in chosen else say("list.not_chosen", language)
        rows.append(
            (
                name,
                measure.number,
                measure.title.text(language),
                "、".join(measure.lead),
                label(wordings()[measure.wording], language),
                end,
                does,
                str(len(touched)) if touched else "–",
                state,
            )
        )
    header = tuple(
        say(f"table.measures.{c}", language)
        for c in ("id", "clause", "title", "lead", "wording", "end", "mechanism", "rows", "state")
    )
    return Table(say("table.measures", language), header, tuple(rows), frozenset({7}), frozenset({2, 3}))


def list_sources(inventory: Inventory, language: str) -> Table:
    """Sources with their base-year emission of the first-class pollutants."""
    core = core_pollutants(inventory)
    emission = inventory.emission()
    text = inventory.text
    rows = tuple(
        (
            str(text["source_id"][i]), str(text[f"name_{language}"][i]), label(sectors()[str(text["sector"][i])], language),
            *(str(text[c][i]) for c in ("subsector", "fuel", "technology", "size")), _factor_set(inventory, i), *(tonnes(emission[i, k]) for k in core), str(text["grade"][i]),
        )
        for i in range(len(inventory))
    )  # fmt: skip
    words = ("id", "name", "sector", "subsector", "fuel", "technology", "size", "factor_set")
    header = (
        *(say(f"table.sources.{w}", language) for w in words),
        *(inventory.pollutants[k] for k in core),
        say("table.grade", language),
    )
    return Table(
        say("table.sources", language, year=inventory.base_year),
        header,
        rows,
        frozenset(range(8, 8 + len(core))),
        frozenset({1}),
        basis(inventory, language),
    )


def _factor_set(inventory: Inventory, i: int) -> str:
    """Factor set of a source, with the alternatives a scenario may choose."""
    name = str(inventory.text["factor_set"][i])
    others = inventory.alternatives.get(name, ())
    return f"{name} ({' '.join(f'~{a}' for a in others)})" if others else name


def list_targets(case: Case, language: str) -> Table:
    """Targets with what they require."""
    rows = []
    for name, t in case.reading.targets.items():
        wanted = t.reduction if t.on_tonnes else t.required
        required = say("verdict.no_value", language) if wanted is None else f"{t.comparison} {wanted}"
        kind = say(f"target.kind.{t.kind}", language) + (f" ({say('target.reference', language)})" if t.reference else "")
        rows.append((name, t.title.text(language), kind, t.pollutant or "–", str(t.year), required, t.source))
    header = tuple(
        say(f"table.list_targets.{c}", language) for c in ("id", "target", "kind", "pollutant", "year", "required", "source")
    )
    return Table(say("table.targets", language), header, tuple(rows), frozenset({4}), frozenset({1}))


def list_mechanisms(language: str) -> Table:
    """Mechanisms in the order they act, each with its equation, then its parameters with dimension and default."""
    rows = []
    for m in sorted(MECHANISMS.values(), key=lambda m: (m.order or 999, m.name)):
        rows.append((m.name, "", "", f"{m.zh if language == 'zh' else m.en}: {m.equation}"))
        for p in m.parameters:
            default = say("list.required", language) if p.required else "–" if p.default in (None, "") else str(p.default)
            rows.append((f"  {p.name}", p.dimension, default, p.zh if language == "zh" else p.en))
    header = tuple(say(f"table.mechanisms.{c}", language) for c in ("name", "unit", "default", "meaning"))
    return Table(say("table.mechanisms", language), header, tuple(rows))


def list_units(language: str) -> Table:
    """Unit names that are understood, those of one meaning together."""
    same: dict[str, list[str]] = {}
    for name, canonical in unit_names().items():
        same.setdefault(canonical, []).append(name)
    rows = tuple((", ".join(names),) for names in same.values())
    return Table(say("table.units", language), (say("table.unit", language),), rows, note=say("table.units.note", language))


def inventory_by_sector(inventory: Inventory, language: str) -> Table:
    """Base-year emission by sector and subsector, with the share of grades D and E."""
    core = core_pollutants(inventory)
    emission = np.where(inventory.memo[:, None], 0.0, inventory.emission())
    weak = inventory.grade() >= "D"
    rows = []
    for sector in sectors():
        mine = inventory.text["sector"] == sector
        if mine.any():
            rows.append(_sector_row(label(sectors()[sector], language), mine, emission, weak, core))
            for sub in dict.fromkeys(inventory.text["subsector"][mine].tolist()):
                rows.append(_sector_row(f"  {sub or '–'}", mine & (inventory.text["subsector"] == sub), emission, weak, core))
    rows.append(_sector_row(say("table.total", language), ~inventory.memo, emission, weak, core))
    names = [inventory.pollutants[k] for k in core]
    header = (
        say("table.sector", language),
        say("table.sources.count", language),
        *(x for p in names for x in (f"{p} t/yr", say("table.weak", language))),
    )
    title = say("table.inventory", language, year=inventory.base_year)
    return Table(title, header, tuple(rows), frozenset(range(1, len(header))), note=basis(inventory, language))


def _sector_row(label: str, mine: np.ndarray, emission: np.ndarray, weak: np.ndarray, core: Sequence[int]) -> tuple[str, ...]:
    cells = []
    for k in core:
        total = emission[mine, k].sum()
        cells += [tonnes(total), f"{100 * emission[mine & weak[:, k], k].sum() / total:.0f} %" if total else "–"]
    return (label, str(int(mine.sum())), *cells)


def core_pollutants(inventory: Inventory) -> list[int]:
    """Positions of the first-class pollutants; of all, if the inventory has none of them."""
    core = [k for k, p in enumerate(inventory.pollutants) if pollutants()[p].core]
    return core or list(range(len(inventory.pollutants)))


def label(word, language: str) -> str:
    """A word of the vocabulary in a language."""
    return word.zh if language == "zh" else word.en


def any_missed(result: Result) -> bool:
    """Whether a target is missed; one that cannot be assessed is neither met nor missed."""
    return any(v.verdict == MISSED for v in result.verdicts)
