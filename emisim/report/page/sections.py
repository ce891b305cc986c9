"""The sections between the answer and the appendix: each is the tables of one question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from emisim.cost import Annual, annual_costs, removed_alone
from emisim.report import cost_tables, ensemble_tables, plan_tables, tables, uncertainty_tables
from emisim.report.page.parts import ICONS, Look, Safe, code, join, paragraph, table, text, verdict
from emisim.report.tables import Table
from emisim.simulate import Result
from emisim.text import say


def totals(result: Result, language: str) -> Safe:
    """Base year and plan in large figures, then the totals, the ledgers beside each other, what lies outside the totals."""
    sure = [uncertainty_tables.totals(result, language)] if result.uncertainty is not None else []
    found = [tables.totals(result, language), *sure, plan_tables.ledgers(result, language), tables.memo(result, language)]
    return join([_figures(found[0], result, language), *(table(t, language, Look(sortable=False)) for t in found)])


def _figures(found: Table, result: Result, language: str) -> Safe:
    """The first-class pollutants in large figures; the cells are those of the table of totals."""
    core = {result.inventory.pollutants[k] for k in tables.core_pollutants(result.inventory)}
    base, unit = result.scenario.base_year, text(say("web.tonnes_a_year", language))
    items = [
        f'<li><p class="label">{text(row[0])}</p><p class="big"><span class="was">{text(row[1])}</span> <span class="to">→</span> <b>{text(row[4])}</b> '
        f'<span class="unit">{unit}</span></p><p class="label">{text(say("web.change", language, base=base, change=row[5]))}</p></li>'
        for row in found.rows
        if row[0] in core
    ]
    return Safe(f'<ul class="figures">{"".join(items)}</ul>')


def ledger(result: Result, language: str) -> Safe:
    """Every measure with clause, department and tonnes; then sums by standing, chapter and department."""
    more = (plan_tables.by_standing, plan_tables.by_chapter, plan_tables.by_department)
    main = _measures(result, language)
    return join(
        [
            table(main, language, Look("measures", search=True)),
            *(table(make(result, language), language, Look(folded=True)) for make in more),
        ]
    )


def _measures(result: Result, language: str) -> Table:
    """The table of all measures, with the clause and the leading departments of each."""
    found = tables.top_measures(result, language, count=None)
    measures = dict(zip(result.bound.names, result.bound.measures, strict=True))
    rows = tuple(
        (row[0], row[1], measures[row[0]].number, "、".join(measures[row[0]].lead) or "–", *row[2:]) for row in found.rows
    )
    header = (*found.header[:2], say("web.column.clause", language), say("web.column.lead", language), *found.header[2:])
    title = say("web.ledger.title", language, target=result.scenario.target_year)
    right = frozenset(range(4, len(header)))
    return Table(title, header, rows, right, frozenset({1, 3}), say("web.ledger.note", language))


def indicators(result: Result, language: str) -> Safe:
    """Indicators and concentrations, with their verdicts."""
    mine = [v for v in result.verdicts if not result.reading.targets[v.id].on_tonnes]
    found = plan_tables.indicators(result, language)
    rows = tuple(
        (row[0], verdict(v.verdict, row[1]), *row[2:]) for v, row in zip(mine, found.rows, strict=True)
    )  # fmt: skip
    drawn = uncertainty_tables.indicators(result, language) if result.uncertainty is not None else None
    return join(
        [
            table(replace(found, rows=rows), language, Look("indicator-table", search=True, heading=False)),
            table(drawn, language, Look(folded=True)) if drawn else "",
        ]
    )


def targets(result: Result, language: str) -> Safe:
    """The targets on tonnes as a table, for those who want all columns; under the cards, folded."""
    mine = [v for v in result.verdicts if result.reading.targets[v.id].on_tonnes]
    make = uncertainty_tables.verdicts if result.uncertainty is not None else tables.verdicts
    found = make(result, language)
    rows = tuple((row[0], verdict(v.verdict, row[1]), *row[2:]) for v, row in zip(mine, found.rows, strict=True))
    return table(replace(found, rows=rows, note=""), language, Look(folded=True))


def sectors(result: Result, language: str) -> Safe:
    """Sectors, with their intervals where anything was drawn."""
    sure = [uncertainty_tables.by_sector(result, language)] if result.uncertainty is not None else []
    found = tables.by_sector(result, language)
    return join([table(found, language), *(table(t, language, Look(folded=True)) for t in sure)])


def projects(result: Result, language: str) -> Safe:
    """The creditable ledger, its rules, and the nitrogen of the manure chains."""
    found = plan_tables.projects(result, language), plan_tables.crediting_rules(language), plan_tables.nitrogen(result, language)
    return join(
        [
            table(found[0], language, Look("project-table")),
            *(table(t, language, Look(sortable=False, folded=True)) for t in found[1:]),
        ]
    )


def costs(result: Result, language: str) -> Safe:
    """What measures cost a year; nothing where no measure has a cost."""
    alone = removed_alone(result.case, result.ledger)
    found = annual_costs(result.case, alone)
    if not any(isinstance(cost, Annual) for cost in found.values()):
        return Safe()
    return table(cost_tables.costs(result.case, found, alone, language), language, Look("cost-table"))


def uncertainty(result: Result, language: str) -> Safe:
    """How sure the result is: what drives it, what to measure next, measures with their intervals; or that nothing was drawn."""
    if result.uncertainty is None:
        return paragraph(code(say("web.uncertainty.none", language)))
    open_ = (uncertainty_tables.measure_next, uncertainty_tables.drivers, uncertainty_tables.measures)
    folded = (uncertainty_tables.sobol, uncertainty_tables.approach1, uncertainty_tables.drawn)
    return join(
        [
            *(table(make(result, language), language, Look(sortable=False)) for make in open_),
            *(table(make(result, language), language, Look(sortable=False, folded=True)) for make in folded),
        ]
    )


def readings(result: Result, language: str) -> Safe:
    """The verdicts in other readings, and what every ambiguous place was taken to mean."""
    found: Sequence[Table] = ()
    if result.ensemble is not None:
        found = ensemble_tables.all_tables(result.ensemble, language)
    taken = plan_tables.readings(result, language)
    return join(
        [
            *(table(t, language, Look(folded=k == len(found) - 1)) for k, t in enumerate(found)),
            "" if found else paragraph(code(say("web.readings.none", language))),
            table(taken, language, Look(folded=bool(found))),
        ]
    )


def signs() -> Safe:
    """The four signs of verdicts, each drawn once and used by name."""
    shapes = {
        "met": '<circle cx="8" cy="8" r="8"/><path d="M4.2 8.4 7 11.1l5-5.9"/>',
        "missed": '<rect width="16" height="16" rx="2.5"/><path d="m4.8 4.8 6.4 6.4m0-6.4-6.4 6.4"/>',
        "risk": '<path d="M8 .6 16 15H0Z" stroke-linejoin="round"/><path d="M8 5.6v4.5m0 1.6v1.4"/>',
        "open": '<circle class="ring" cx="8" cy="8" r="7"/><path class="ink" d="M6 6.3c0-2.7 4.2-2.5 4.2.1 0 1.6-2.1 1.7-2.1 3.2m0 1.3v1.3"/>',
    }
    drawn = "".join(f'<symbol id="icon-{name}" viewBox="0 0 16 16">{shapes[name]}</symbol>' for name in ICONS.values())
    return Safe(f'<svg class="signs" aria-hidden="true" focusable="false">{drawn}</svg>')
