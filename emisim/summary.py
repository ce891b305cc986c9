"""The summary of a run as plain data: what ``summary.json`` holds, stable for other programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from emisim import catalogue
from emisim.adoption import Required
from emisim.case import Case
from emisim.catalogue import Line
from emisim.cost import Alone, Annual, NoCost, annual_costs, removed_alone, unit
from emisim.crediting import Project, credited
from emisim.inventory import Inventory
from emisim.model import Label
from emisim.simulate import Result
from emisim.text import say
from emisim.uncertainty.ensemble import ALTERNATIVES, SWITCHES, WORDING, Ensemble, Member, all_met, tally
from emisim.vocabulary import GRADES
from emisim.vocabulary import pollutants as pollutant_words

SMALLEST_T = 1e-6
DIGITS = 12  # significant digits: far finer than any input, coarser than the last bits of a float
ROUNDING = 1e-13
GROWTH = "growth"


def clean(value: float | None, scale: float = 0.0) -> float | None:
    """A float with 12 significant digits; minus zero, and what is rounding beside ``scale``, becomes zero."""
    if value is None:
        return None
    return 0.0 if abs(value) <= ROUNDING * scale else float(f"{float(value):.{DIGITS}g}") + 0.0


def summarise(result: Result) -> dict[str, Any]:
    """The result as nested plain data; masses in t/yr.

    The keys are described in docs/reference/result.md.
    """
    years = [str(y) for y in result.years]
    frozen, reference, plan = (result.totals(v) for v in (result.frozen, result.reference, result.plan))
    base = result.totals(result.base)
    calendar = result.totals(result.calendar_reference), result.totals(result.calendar_plan)
    pollutants, alone = result.inventory.pollutants, removed_alone(result.case, result.ledger)
    return {
        "scenario": result.scenario.scenario,
        "base_year": result.scenario.base_year,
        "target_year": result.scenario.target_year,
        "basis": "illustrative base year" if result.inventory.illustrative() else "base year",
        "totals": {
            p: {
                y: {
                    "base": clean(base[k]),
                    "frozen": clean(frozen[k, t]),
                    "reference": clean(reference[k, t]),
                    "plan": clean(plan[k, t]),
                }
                for t, y in enumerate(years)
            }
            for k, p in enumerate(pollutants)
        },
        "calendar": {
            p: {y: {"reference": clean(calendar[0][k, t]), "plan": clean(calendar[1][k, t])} for t, y in enumerate(years)}
            for k, p in enumerate(pollutants)
        },
        "monthly": {p: [clean(v) for v in result.monthly_plan[k]] for k, p in enumerate(pollutants)},
        "ledger": ledger_entries(result),
        "targets": [target_entry(v) for v in result.verdicts],
        "switches": switch_entries(result),
        "delays": dict(result.scenario.delay),
        "clauses": clause_entries(result),
        "unquantified": {n: {p: clean(v[k]) for k, p in enumerate(pollutants)} for n, v in result.unquantified.items()},
        "creditable": credit_totals(result),
        "projects": [project_entry(line) for line in result.projects],
        "costs": cost_entries(result.case, annual_costs(result.case, alone), alone),
        "adoption": [adoption_entry(found) for found in result.adoption],
        "nitrogen": {which: nitrogen_entries(result, which) for which in result.nitrogen},
        "overlap_bounds": {
            p: {y: {"low": clean(result.bounds[0, k, t]), "high": clean(result.bounds[1, k, t])} for t, y in enumerate(years)}
            for k, p in enumerate(pollutants)
        },
        "sectors": sector_totals(result),
        "grades": grade_shares(result.inventory),
        "memo": memo_totals(result),
        "warnings": [w.text("en") for w in result.warnings],
        **drawn_entry(result),
        **({} if result.ensemble is None else {"ensemble": ensemble_entry(result.ensemble)}),
    }


def drawn_entry(result: Result) -> dict[str, Any]:
    """What the draws say, if any were made."""
    if result.uncertainty is None:
        return {}
    from emisim.uncertainty.entry import uncertainty_entry

    return {"uncertainty": uncertainty_entry(result.uncertainty, result.verdicts)}


def ledger_entries(result: Result, year: int | None = None) -> list[dict[str, Any]]:
    """One entry a measure and pollutant in a year (the target year by default), growth first; official totals [t/yr]."""
    at = -1 if year is None else result.years.index(year)
    columns = [result.reductions(which)[:, :, at] for which in ("reduction", "first_in", "last_in")]
    total = result.totals(result.base)
    growth = total - result.totals(result.reference)[:, at]
    out = []
    for k, pollutant in enumerate(result.inventory.pollutants):
        g = clean(growth[k])
        out.append({"measure": GROWTH, "pollutant": pollutant, "reduction_t": g, "first_in_t": g, "last_in_t": g})
        for m, name in enumerate(result.bound.names):
            shapley, first, last = (clean(c[m, k], total[k]) for c in columns)
            out.append({"measure": name, "pollutant": pollutant, "reduction_t": shapley, "first_in_t": first, "last_in_t": last})
    return out


def target_entry(v) -> dict[str, Any]:
    """One verdict as plain data."""
    return {
        "id": v.id,
        "kind": v.kind,
        "pollutant": v.pollutant,
        "year": v.year,
        "verdict": v.verdict,
        "value": clean(v.value),
        "required": clean(v.required),
        "comparison": v.comparison,
        "unit": v.unit,
        "shortfall": clean(v.shortfall),
        "shortfall_t": clean(v.shortfall_t),
        "reference": v.reference,
        "basis": v.basis,
        "net_t": clean(v.net_t),
        "credit_t": clean(v.credit_t),
        "calendar": clean(v.calendar),
    }


def switch_entries(result: Result) -> dict[str, dict[str, Any]]:
    """switch → the value taken, the default, and whether they differ."""
    switches = result.plan_file.switches
    return {
        name: {"value": value, "default": switches[name].default, "changed": value != switches[name].default}
        for name, value in result.reading.values.items()
    }


def clause_entries(result: Result) -> list[dict[str, Any]]:
    """Every clause as plain data, in the order of the text; tonnes are null where a clause has no measure in this run."""
    share = catalogue.shares(result)
    return [_clause_entry(line, result, share) for line in catalogue.lines(result)]


def _clause_entry(line: Line, result: Result, share: np.ndarray) -> dict[str, Any]:
    clause, pollutants = line.clause, result.inventory.pollutants
    at = [result.bound.names.index(m) for m in line.measures]

    def tonnes(values) -> dict[str, float] | None:
        return None if values is None else {p: clean(values[k]) for k, p in enumerate(pollutants)}

    return {
        "id": line.id,
        "clause": clause.number,
        "chapter": clause.chapter,
        "title_zh": clause.title.zh,
        "title_en": clause.title.en,
        "standing": line.standing,
        "measures": list(line.measures),
        "reduction_t": tonnes(line.reduction),
        "share": tonnes(share[at].sum(axis=0)) if line.measures else None,
        "further_t": tonnes(line.further),
        "reason_zh": _reason(line, "zh"),
        "reason_en": _reason(line, "en"),
        "deadline": line.deadline or None,
        "due": line.due or None,
        "wording": clause.wording,
        "words": clause.words,
        "lead": list(clause.lead),
        "cooperating": list(clause.cooperating),
        "sectors": list(clause.sectors),
        "pollutants": list(clause.pollutants),
    }


def _reason(line: Line, language: str) -> str:
    """Why a clause brings 0 t; empty where it brings tonnes."""
    if isinstance(line.reason, Label):
        return line.reason.text(language)
    return say(f"clause.{line.reason}", language) if line.reason else ""


def credit_totals(result: Result) -> dict[str, dict[str, float]]:
    """pollutant → credit of all projects that count, and of those complete two months before the end of the target year [t/yr]."""
    year = result.scenario.target_year
    return {
        p: {
            "credit_t": clean(credited(result.projects, p)),
            "with_start_rule_t": clean(credited(result.projects, p, year, lag=True)),
        }
        for p in result.inventory.pollutants
    }


def project_entry(line: Project) -> dict[str, Any]:
    """One line of the creditable ledger as plain data."""
    return {
        "measure": line.measure,
        "pollutant": line.pollutant,
        "counts": line.counts,
        "rule": line.reason,
        "before_t": clean(line.before_t),
        "after_t": clean(line.after_t, line.before_t),
        "credit_t": clean(line.credit_t, line.before_t),
        "complete": str(line.complete),
    }


def adoption_entry(found: Required) -> dict[str, Any]:
    """Solved adoption as plain data; null where none up to 100 % meets the target."""
    return {
        "target": found.target,
        "measures": list(found.measures),
        "planned": {m: clean(v) for m, v in zip(found.measures, found.planned, strict=True)},
        "needed": {m: clean(v) for m, v in zip(found.measures, found.needed, strict=True)} if found.needed else None,
        "factor": clean(found.factor),
    }


def cost_entries(case: Case, found: Mapping[str, Annual | NoCost], alone: Alone) -> dict[str, Any]:
    """What every measure costs a year, as plain data: ``{"unit": …, "measures": [{"measure": id, "annual": x, "low": …, …}]}``; without a
    cost, ``annual`` is null and ``reason`` says why."""
    return {"unit": unit(case.plan.costs), "measures": [_cost_entry(name, cost, alone[name]) for name, cost in found.items()]}


def _cost_entry(name: str, cost: Annual | NoCost, alone: Mapping[str, float]) -> dict[str, Any]:
    if isinstance(cost, NoCost):
        reason = {"en": cost.reason.en, "zh": cost.reason.zh} if cost.reason else None
        return {"measure": name, "annual": None, "reason": reason}
    main = main_pollutant(cost, alone)
    return {
        "measure": name,
        "annual": clean(cost.value),
        "low": clean(cost.low),
        "high": clean(cost.high),
        "basis": list(cost.basis),
        "pollutant": main or None,
        "alone_t": clean(alone[main]) if main else None,
        "per_tonne": clean(cost.value / alone[main]) if main else None,
        "grade": cost.grade or None,
        "source": cost.source,
        "note": cost.note,
        "own": cost.own,
    }


def main_pollutant(cost: Annual, alone: Mapping[str, float]) -> str:
    """The pollutant a cost is set against: the one it is counted by, else the first-class one that the measure removes most of
    alone; empty if it removes none."""
    if cost.of:
        return cost.of if alone.get(cost.of, 0.0) > SMALLEST_T else ""
    core = [p for p in alone if pollutant_words()[p].core]
    best = max(core, key=lambda p: alone[p], default="")
    return best if best and alone[best] > SMALLEST_T else ""


def nitrogen_entries(result: Result, which: str) -> list[dict[str, Any]]:
    """The nitrogen balance of every manure chain in the target year [t N/yr]."""
    ids = result.inventory.ids
    return [
        {
            "stages": [str(ids[r]) for r in chain.rows],
            "entering_t": clean(chain.entering),
            "emitted_t": [clean(v) for v in chain.emitted],
            "between_t": [clean(v, chain.entering) for v in chain.between],
            "left_t": clean(chain.left),
            "gap_t": clean(chain.gap, chain.entering),
        }
        for chain in result.nitrogen[which]
    ]


def nitrogen_sums(result: Result, target: str) -> dict[str, float | None]:
    """The nitrogen balance of the manure chains that lie wholly within a subset target, with the plan [t N/yr]."""
    applies_to = result.reading.targets[target].applies_to
    rows = set() if applies_to is None else set(result.inventory.select(applies_to).tolist())
    mine = [c for c in result.nitrogen["plan"] if rows and set(c.rows) <= rows]
    sums = {
        "nitrogen_entering_t": math.fsum(c.entering for c in mine),
        "nitrogen_emitted_t": math.fsum(v for c in mine for v in c.emitted),
        "nitrogen_between_t": math.fsum(v for c in mine for v in c.between),
        "nitrogen_left_t": math.fsum(c.left for c in mine),
    }
    return {name: clean(value) if mine else None for name, value in sums.items()}


def sector_totals(result: Result) -> dict[str, dict[str, dict[str, float]]]:
    """sector → pollutant → base, reference and plan in the target year; official rows [t/yr]."""
    sectors = result.inventory.text["sector"]
    out: dict[str, dict[str, dict[str, float]]] = {}
    for sector in sorted(set(sectors.tolist())):
        rows = (sectors == sector) & result.official
        out[sector] = {
            p: {
                "base": clean(result.base[rows, k].sum()),
                "reference": clean(result.reference[rows, k, -1].sum()),
                "plan": clean(result.plan[rows, k, -1].sum()),
            }
            for k, p in enumerate(result.inventory.pollutants)
        }
    return out


def grade_shares(inventory: Inventory) -> dict[str, dict[str, float]]:
    """pollutant → grade → share of the base year's official total [1]; an emission has the worse grade of activity and factor."""
    shares = inventory.grade_shares()
    return {p: {g: clean(shares[k, j]) for j, g in enumerate(GRADES)} for k, p in enumerate(inventory.pollutants)}


def memo_totals(result: Result) -> dict[str, dict[str, dict[str, float]]]:
    """Rows outside the official totals: source → pollutant → base, reference, plan in the target year [t/yr]."""
    out = {}
    for i in np.flatnonzero(result.inventory.memo):
        out[str(result.inventory.ids[i])] = {
            p: {
                "base": clean(result.base[i, k]),
                "reference": clean(result.reference[i, k, -1]),
                "plan": clean(result.plan[i, k, -1]),
            }
            for k, p in enumerate(result.inventory.pollutants)
            if result.base[i, k] or result.plan[i, k, -1]
        }
    return out


def ensemble_entry(found: Ensemble) -> dict[str, Any]:
    """An ensemble as plain data; masses in t/yr. A member is named by its place under ``readings``; the first is the scenario."""
    number = {id(m): k for k, m in enumerate(found.members)}

    def end(member: Member | None, name: str) -> dict[str, Any] | None:
        return None if member is None else {"value": clean(member.verdicts[name].value), "reading": number[id(member)]}

    said = {}
    for name in found.targets:
        t = tally(found, name)
        said[name] = {
            "readings": t.readings,
            "met": t.met,
            "missed": t.missed,
            "not_assessable": t.readings - t.met - t.missed,
            "unit": next(m.verdicts[name].unit for m in found.run if name in m.verdicts),
            "lowest": end(t.lowest, name),
            "highest": end(t.highest, name),
            "turns_to": t.turns_to,
            "turned": [number[id(m)] for m in t.turned],
        }
    return {
        "design": found.design,
        "year": found.year,
        "members": len(found.members),
        "run": len(found.run),
        "all_met": sum(map(all_met, found.run)),
        "targets": said,
        "readings": [_member_entry(m) for m in found.members],
    }


def _member_entry(member: Member) -> dict[str, Any]:
    by_kind = {kind: {c.name: c.value for c in member.choices if c.kind == kind} for kind in (SWITCHES, ALTERNATIVES)}
    wording = next((c.value for c in member.choices if c.kind == WORDING), None)
    return {
        **by_kind,
        "wording": wording,
        "totals": {p: {"base": clean(member.base[p]), "plan": clean(member.plan[p])} for p in member.base},
        "targets": {n: {"verdict": v.verdict, "value": clean(v.value)} for n, v in member.verdicts.items()},
        "indicators": {"met": member.met, "missed": member.missed, "not_assessable": member.unassessed},
        "fault": member.fault.text("en") if member.fault else None,
    }
