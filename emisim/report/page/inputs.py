"""The inputs as their files have them: every activity, factor and growth index with unit, range, grade and source."""

from __future__ import annotations

from emisim.inventory import Inventory, Record
from emisim.report.page.parts import Look, Safe, join, paragraph, table, text
from emisim.report.plan_tables import part_of
from emisim.report.tables import Table, core_pollutants, grades, label, tonnes
from emisim.simulate import Result
from emisim.text import say
from emisim.vocabulary import GRADES, sectors


def inputs(result: Result, language: str) -> Safe:
    """Shares of the totals by grade, then the tables of the inventory, folded and searchable."""
    inventory = result.inventory
    meaning = ("；" if language == "zh" else "; ").join(f"{g} {say(f'grade.{g}', language)}" for g in GRADES)
    found = {
        "source-table": sources(inventory, language),
        "factor-table": factors(inventory, language),
        "growth-table": growth(inventory, language),
    }
    return join(
        [
            paragraph(say("web.inputs.intro", language, grades=meaning)),
            table(grades(result, language), language, Look(sortable=False)),
            *(
                table(t, language, Look(name, folded=True, search=True, screen=say("web.paper", language)))
                for name, t in found.items()
            ),
        ]
    )


def sources(inventory: Inventory, language: str) -> Table:
    """Every source: activity with unit, range, grade and source, its factor set, and the emission that comes of it [t/yr]."""
    words, core = inventory.text, core_pollutants(inventory)
    emission = inventory.emission()
    rows = []
    for i in range(len(inventory)):
        name = str(words[f"name_{language}"][i])
        shown = Safe(f"{text(name)}<small>{text(words['source_id'][i])}</small>")
        group = str(words["factor_set"][i])
        rows.append((
            shown, label(sectors()[str(words["sector"][i])], language),
            _number(str(words["activity"][i])) or f"{inventory.activity[i]:,g}", str(words["unit"][i]),
            _range(str(words["low"][i]), str(words["high"][i])), str(words["grade"][i]),
            *(tonnes(emission[i, k]) for k in core), Safe(f'<a href="#{_anchor(group)}">{text(group)}</a>') if inventory.records else group,
            str(words["growth_driver"][i]), str(words["source"][i]),
        ))  # fmt: skip
    emitted = (say("web.emission", language, pollutant=inventory.pollutants[k], year=inventory.base_year) for k in core)
    header = (
        say("table.source", language), say("table.sector", language), *(say(f"web.column.{w}", language) for w in ("activity", "unit", "range")), say("table.grade", language),
        *emitted, *(say(f"web.column.{w}", language) for w in ("set", "driver", "source")),
    )  # fmt: skip
    title = say("web.inputs.sources", language, year=inventory.base_year)
    return Table(title, header, tuple(rows), frozenset({2, 4, *range(6, 6 + len(core))}), frozenset({0, len(header) - 1}))


def factors(inventory: Inventory, language: str) -> Table:
    """Every emission factor in use, with its range, what control it already contains, grade and source; empty without files."""
    rows = []
    if inventory.records is not None:
        known = dict(zip(inventory.records.factor_set, inventory.records.factors, strict=True))
        for group, by_pollutant in known.items():
            for k, (pollutant, factor) in enumerate(by_pollutant.items()):
                record, control = factor.record, factor.efficiency * factor.effectiveness
                name = Safe(f'<span id="{_anchor(group)}">{text(group)}</span>') if not k else group
                held = part_of(control, 1) if control else "–"
                rows.append((name, pollutant, record.text, record.unit, _given(record), held, record.grade, record.source))
    columns = ("set", "pollutant", "factor", "unit", "range", "control")
    header = (
        *(say(f"web.column.{w}", language) for w in columns),
        say("table.grade", language),
        say("web.column.source", language),
    )
    return Table(say("web.inputs.factors", language), header, tuple(rows), frozenset({2, 4, 5}), frozenset({7}))


def growth(inventory: Inventory, language: str) -> Table:
    """Every growth index with its range, grade and source; empty without files."""
    rows = []
    if inventory.records is not None:
        for (driver, year), row in inventory.records.growth.items():
            rows.append((driver, str(year), row.record.text, _given(row.record), row.record.grade, row.record.source))
    columns = ("driver", "year", "index", "range")
    header = (
        *(say(f"web.column.{w}", language) for w in columns),
        say("table.grade", language),
        say("web.column.source", language),
    )
    return Table(say("web.inputs.growth", language), header, tuple(rows), frozenset({1, 2, 3}), frozenset({5}))


def _given(record: Record) -> str:
    return _range(record.low, record.high)


def _range(low: str, high: str) -> str:
    return f"{_number(low)} – {_number(high)}" if low and high else "–"


def _number(written: str) -> str:
    """A number as its table has it, with thousands marked where it is a long whole one."""
    return f"{int(written):,}" if written.isdecimal() and len(written) > 4 else written


def _anchor(group: str) -> str:
    """Anchor of the first factor of a set."""
    return f"factor-{text(group)}".replace(" ", "-")
