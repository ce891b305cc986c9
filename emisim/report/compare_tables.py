"""Scenarios side by side, their difference split, and back-casting: tables in Chinese or English, and plain data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from emisim.cost import Bill
from emisim.questions.backcast import FACTOR, Backcast
from emisim.questions.compare import Column, Comparison, Difference, Total
from emisim.questions.mixture import PARTS
from emisim.report.cost_tables import money
from emisim.report.tables import Table, label, tonnes, verdict_word
from emisim.summary import adoption_entry, clean, target_entry
from emisim.text import say
from emisim.verdicts import Verdict
from emisim.vocabulary import sectors as known_sectors

LEVELS = ("base", "reference", "plan")


def totals(found: Comparison, language: str) -> Table:
    """Official totals by pollutant: base year, existing measures, plan; a column a scenario, of two also the difference."""
    rows = []
    for pollutant in found.pollutants:
        for level in LEVELS:
            values = [_level(c.totals.get(pollutant), level) for c in found.columns]
            rows.append((pollutant, say(f"table.short.{level}", language), *_numbers(values)))
    header = (say("table.totals.pollutant", language), say("compare.level", language), *_names(found, language))
    return Table(say("compare.totals", language, year=found.year), header, tuple(rows), _right(2, header))


def costs(found: Comparison, language: str) -> Table:
    """What the measures of each scenario cost a year as far as it is known, with the range, and how many have no cost."""
    bills = [c.cost for c in found.columns]
    units = dict.fromkeys(b.unit for b in bills)
    rows = [
        (say("compare.cost.known", language), *(money(b.value) for b in bills)),
        (say("compare.cost.range", language), *(f"{money(b.low)} – {money(b.high)}" for b in bills)),
        (say("compare.cost.with", language), *(str(b.known) for b in bills)),
        (say("compare.cost.without", language), *(str(b.unknown) for b in bills)),
    ]
    title = say("compare.costs", language, unit=" | ".join(units))
    header = ("", *(c.name for c in found.columns))
    return Table(title, header, tuple(rows) if any(b.known for b in bills) else (), frozenset(range(1, len(header))))


def by_sector(found: Comparison, language: str) -> Table:
    """Plan emission by sector and pollutant; a column a scenario, of two also the difference."""
    rows = []
    for sector in found.sectors:
        for pollutant in found.pollutants:
            values = [_level(c.sectors.get(sector, {}).get(pollutant), "plan") for c in found.columns]
            if not any(values):
                continue
            rows.append((label(known_sectors()[sector], language), pollutant, *_numbers(values)))
    header = (say("table.sector", language), say("table.totals.pollutant", language), *_names(found, language))
    return Table(say("compare.sectors", language, year=found.year), header, tuple(rows), _right(2, header))


def targets(found: Comparison, language: str) -> Table:
    """Verdict and value in each scenario of the targets on tonnes, and of others where they differ; a dash where one has it not."""
    rows, alike = [], []
    for name in found.targets:
        of = [c.targets[name] for c in found.columns if name in c.targets]
        said = [_verdict(c, name, language) for c in found.columns]
        if not of[0].on_tonnes and len(set(said)) == 1:
            alike.append(name)
            continue
        required = dict.fromkeys(_required(c.verdicts[name]) for c in found.columns if name in c.verdicts)
        rows.append((name, " | ".join(required), *said, of[0].title.text(language)))
    header = (
        say("table.targets.id", language), say("table.targets.required", language), *(c.name for c in found.columns),
        say("table.targets.target", language),
    )  # fmt: skip
    note = say("compare.alike", language, count=len(alike)) if alike else ""
    return Table(say("table.targets", language), header, tuple(rows), frozenset({1}), frozenset({len(header) - 1}), note)


def measures(found: Comparison, language: str) -> Table:
    """Measures that run in some scenarios only."""
    word = say("compare.runs", language)
    rows = []
    for name, runs in found.measures.items():
        title = next(c.measures[name].title.text(language) for c in found.columns if name in c.measures)
        rows.append((name, *(word if here else "–" for here in runs), title))
    header = (say("table.measure", language), *(c.name for c in found.columns), say("table.title", language))
    return Table(say("compare.measures", language), header, tuple(rows), wide=frozenset({len(header) - 1}))


def switches(found: Comparison, language: str) -> Table:
    """Switches that are read differently."""
    rows = tuple((name, *(v or "–" for v in values)) for name, values in found.switches.items())
    header = (say("compare.switch", language), *(c.name for c in found.columns))
    return Table(say("compare.switches", language), header, rows)


def split(found: Difference, language: str, sector: str = "") -> Table:
    """What makes the plan emission of the second scenario differ from that of the first, of one sector or of all."""
    chosen = [k for k, s in enumerate(found.sectors) if s == sector or not sector]
    first, second, parts = (v[..., chosen, :].sum(axis=-2) for v in (found.first, found.second, found.parts))
    rows = [(found.names[0], *map(tonnes, first))]
    rows += [(say(f"compare.part.{part}", language), *map(_signed, parts[k])) for k, part in enumerate(PARTS)]
    rows += [(say("compare.sum", language), *map(_signed, second - first)), (found.names[1], *map(tonnes, second))]
    title = say("compare.split", language, first=found.names[0], second=found.names[1], year=found.year)
    if sector:
        title += f" – {label(known_sectors()[sector], language)}"
    header = (say("compare.part", language), *found.pollutants)
    return Table(title, header, tuple(rows), _right(1, header), note=say("compare.note", language))


def as_data(found: Comparison, parts: Sequence[Difference] = ()) -> dict[str, Any]:
    """A comparison, and differences split, as plain data; masses in t/yr. See docs/reference/result.md."""
    names = [c.name for c in found.columns]
    return {
        "year": found.year,
        "scenarios": names,
        "totals": {p: {c.name: _total(c.totals.get(p)) for c in found.columns} for p in found.pollutants},
        "sectors": {
            s: {p: {c.name: _total(c.sectors.get(s, {}).get(p)) for c in found.columns} for p in found.pollutants}
            for s in found.sectors
        },
        "targets": {
            t: {c.name: target_entry(c.verdicts[t]) if t in c.verdicts else None for c in found.columns} for t in found.targets
        },
        "measures": {m: dict(zip(names, runs, strict=True)) for m, runs in found.measures.items()},
        "switches": {s: dict(zip(names, values, strict=True)) for s, values in found.switches.items()},
        "costs": {c.name: _bill(c.cost) for c in found.columns},
        "differences": [_difference(part) for part in parts],
    }


def _bill(cost: Bill) -> dict[str, Any]:
    ends = {end: clean(getattr(cost, end)) if cost.known else None for end in ("value", "low", "high")}
    return {"annual": ends.pop("value")} | ends | {"unit": cost.unit, "known": cost.known, "unknown": cost.unknown}


def _difference(found: Difference) -> dict[str, Any]:
    """second − first and its parts, of the official total and of every sector [t/yr]."""

    def entry(first: float, second: float, parts: Sequence[float]) -> dict[str, Any]:
        scale = abs(first) + abs(second)
        split = {part: clean(v, scale) for part, v in zip(PARTS, parts, strict=True)}
        return {"first": clean(first), "second": clean(second), "difference": clean(second - first, scale), "parts": split}

    first, second = found.first.sum(axis=0), found.second.sum(axis=0)
    return {
        "first": found.names[0],
        "second": found.names[1],
        "year": found.year,
        "totals": {p: entry(first[k], second[k], found.totals[:, k]) for k, p in enumerate(found.pollutants)},
        "sectors": {
            s: {p: entry(found.first[j, k], found.second[j, k], found.parts[:, j, k]) for k, p in enumerate(found.pollutants)}
            for j, s in enumerate(found.sectors)
        },
    }


# ---------------------------------------------------------------- back-casting


def backcast(found: Backcast, language: str) -> Table:
    """What a measure must be for a target to be just met: one line that says it, and what the target reaches where."""
    now, words = found.now, say(f"backcast.said.{found.outcome}", language, **_words(found, language))
    rows = [
        (", ".join(_amount(found, v) for v in found.present), _reached(now.value, now.unit), say("backcast.present", language))
    ]
    if found.needed is not None:
        rows.append((_amount(found, found.needed), _reached(found.at_needed, now.unit), say("backcast.needed", language)))
    rows.append((_amount(found, found.least), _reached(found.at_least, now.unit), say("backcast.least", language)))
    rows.append((_amount(found, found.most), _reached(found.at_most, now.unit), say("backcast.most", language)))
    notes = [words]
    if len(found.present) > 1:
        notes.append(say("backcast.differ", language))
    if found.adoption is not None and found.adoption.needed:
        pairs = zip(found.adoption.measures, found.adoption.planned, found.adoption.needed, strict=True)
        shares = ", ".join(f"{m} {100 * planned:.4g} % → {100 * needed:.4g} %" for m, planned, needed in pairs)
        notes.append(say("backcast.adoption", language, shares=shares))
    header = (found.vary, f"{found.target} ({_required(now)})", say("backcast.reading", language))
    title = say("backcast.title", language, vary=found.vary, measures=", ".join(found.measures), target=found.target)
    return Table(title, header, tuple(rows), frozenset({0, 1}), note=("" if language == "zh" else " ").join(notes))


def backcast_data(found: Backcast) -> dict[str, Any]:
    """A solved measure as plain data; dates as text."""

    def plain(value: float | date | None) -> float | str | None:
        return str(value) if isinstance(value, date) else clean(value)

    return {
        "measures": list(found.measures),
        "vary": found.vary,
        "target": found.target,
        "unit": found.unit,
        "present": [plain(v) for v in found.present],
        "needed": plain(found.needed),
        "direction": found.direction or None,
        "outcome": found.outcome,
        "least": plain(found.least),
        "most": plain(found.most),
        "now": target_entry(found.now),
        "target_at_needed": clean(found.at_needed),
        "target_at_least": clean(found.at_least),
        "target_at_most": clean(found.at_most),
        "adoption": None if found.adoption is None else adoption_entry(found.adoption),
    }


def _words(found: Backcast, language: str) -> dict[str, str]:
    """What the sentence on a solved measure may name."""
    limit = ""
    if found.needed is not None:
        dated = isinstance(found.needed, date)
        key = f"backcast.{'day' if dated else 'number'}.{found.direction}"
        limit = say(key, language, value=_amount(found, found.needed))
    ends = {end: _amount(found, getattr(found, end)) for end in ("least", "most")}
    values = {f"value_{end}": _reached(getattr(found, f"at_{end}"), found.now.unit) for end in ("least", "most")}
    return {
        "target": found.target, "vary": found.vary, "measures": ", ".join(found.measures), "limit": limit,
        "value": _reached(found.now.value, found.now.unit), "required": _required(found.now), **ends, **values,
    }  # fmt: skip


def _amount(found: Backcast, value: float | date) -> str:
    """A number in the unit of the plan, a factor, or a day."""
    if isinstance(value, date):
        return str(value)
    return f"× {value:.6g}" if found.vary == FACTOR else f"{value:.6g} {found.unit}".strip()


# ---------------------------------------------------------------- cells


def _names(found: Comparison, language: str) -> tuple[str, ...]:
    names = tuple(c.name for c in found.columns)
    return (*names, say("compare.difference", language)) if len(names) == 2 else names


def _numbers(values: Sequence[float | None]) -> tuple[str, ...]:
    """One cell a scenario; of two also second − first."""
    cells = tuple(tonnes(v) for v in values)
    if len(values) != 2:
        return cells
    return (*cells, "–" if None in values else _signed(values[1] - values[0]))


def _signed(value: float) -> str:
    text = tonnes(value)
    return f"+{text}" if value > 0 and text not in ("0", "0.0") else text


def _level(total: Total | None, level: str) -> float | None:
    return None if total is None else getattr(total, level)


def _total(total: Total | None) -> dict[str, float | None] | None:
    return None if total is None else {level: clean(getattr(total, level)) for level in LEVELS}


def _right(first: int, header: Sequence[str]) -> frozenset[int]:
    return frozenset(range(first, len(header)))


def _verdict(column: Column, name: str, language: str) -> str:
    if name not in column.verdicts:
        return "–"
    v = column.verdicts[name]
    word = verdict_word(v, language)
    return word if v.value is None else f"{word} {_reached(v.value, v.unit)}"


def _required(v: Verdict) -> str:
    return "–" if v.required is None else f"{v.comparison} {v.required:g} {v.unit}"


def _reached(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return f"{value:,.2f} {unit}" if unit in ("%", "pp") else f"{value:,.6g} {unit}"
