"""What ``emisim list`` prints: tables for people, plain data for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emisim.case import Case
from emisim.cost import annual_costs, removed_alone
from emisim.report import cost_tables, plan_tables, tables
from emisim.report.tables import Table
from emisim.simulate import Result, levels, verdicts
from emisim.summary import cost_entries, summarise


@dataclass(frozen=True)
class Listing:
    """Tables, and the same as plain data."""

    tables: tuple[Table, ...]
    data: Any


def _listing(*found: Table) -> Listing:
    """A listing whose data are the rows of its first table."""
    return Listing(found, [dict(zip(found[0].header, row, strict=True)) for row in found[0].rows])


def of_emisim(what: str, language: str) -> Listing:
    """What emisim knows: mechanisms, units, the crediting rules."""
    makers = {"mechanisms": tables.list_mechanisms, "units": tables.list_units, "rules": plan_tables.crediting_rules}
    return _listing(makers[what](language))


def of_case(what: str, case: Case, language: str) -> Listing:
    """What a scenario holds before it is run: measures, targets, sources."""
    if what == "sources":
        return _listing(tables.list_sources(case.inventory, language))
    return _listing({"measures": tables.list_measures, "targets": tables.list_targets}[what](case, language))


def of_inputs(case: Case, language: str) -> Listing:
    """Every figure with a range, and the correlations between them."""
    from emisim.report import input_tables
    from emisim.uncertainty.inputs import uncertain_inputs

    inputs = uncertain_inputs(case)
    found = [input_tables.figures(inputs, language)]
    if inputs.correlations:
        found.append(input_tables.correlations(inputs, language))
    return Listing(tuple(found), input_tables.as_data(inputs))


def of_costs(case: Case, language: str) -> Listing:
    """What every measure costs a year, or why there is no figure; needs the tonnes that each removes alone."""
    alone = removed_alone(case, levels(case).ledger)
    found = annual_costs(case, alone)
    return Listing((cost_tables.costs(case, found, alone, language),), cost_entries(case, found, alone))


def of_result(what: str, result: Result, language: str) -> Listing:
    """What a run says of the plan: clauses, departments, indicators, projects, nitrogen."""
    makers = {
        "clauses": (plan_tables.clauses, plan_tables.by_standing, plan_tables.by_chapter, plan_tables.by_department),
        "departments": (plan_tables.by_department, plan_tables.by_chapter),
        "indicators": (plan_tables.indicators,),
        "projects": (plan_tables.ledgers, plan_tables.projects),
        "nitrogen": (plan_tables.nitrogen,),
    }
    listing = _listing(*(make(result, language) for make in makers[what]))
    return Listing(listing.tables, summarise(result)[what] if what in ("clauses", "projects", "nitrogen") else listing.data)


def of_switches(
    case: Case, turned: Mapping[tuple[str, str], Case], language: str, tell: Callable[[int, int], None] = lambda done, count: None
) -> Listing:
    """Every reading of the plan with what it moves: one run a reading. tell : told how many are done, and of how many."""
    here, effects = verdicts(case), {}
    for k, (key, other) in enumerate(turned.items(), start=1):
        effects[key] = plan_tables.moves(here, verdicts(other), language)
        tell(k, len(turned))
    return _listing(plan_tables.switches(case.plan.switches, case.reading.values, effects, language))
