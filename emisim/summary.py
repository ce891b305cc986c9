"""The summary of a run as plain data: what ``summary.json`` holds, stable for other programs."""

from __future__ import annotations

from typing import Any

import numpy as np

from emisim.inventory import Inventory
from emisim.simulate import Result
from emisim.vocabulary import GRADES

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

    Keys are those of design §5, and ``overlap_bounds``, ``grades``, ``sectors``, ``memo`` and ``closure`` besides.
    """
    years = [str(y) for y in result.years]
    reference, plan = result.totals(result.reference), result.totals(result.plan)
    base = result.totals(result.base)
    calendar = result.totals(result.calendar_reference), result.totals(result.calendar_plan)
    pollutants = result.inventory.pollutants
    return {
        "scenario": result.scenario.scenario,
        "base_year": result.scenario.base_year,
        "target_year": result.scenario.target_year,
        "basis": "illustrative base year" if result.inventory.illustrative() else "base year",
        "totals": {
            p: {
                y: {"base": clean(base[k]), "reference": clean(reference[k, t]), "plan": clean(plan[k, t])}
                for t, y in enumerate(years)
            }
            for k, p in enumerate(pollutants)
        },
        "calendar": {
            p: {y: {"reference": clean(calendar[0][k, t]), "plan": clean(calendar[1][k, t])} for t, y in enumerate(years)}
            for k, p in enumerate(pollutants)
        },
        "ledger": ledger_entries(result),
        "targets": [target_entry(v) for v in result.verdicts],
        "overlap_bounds": {
            p: {y: {"low": clean(result.bounds[0, k, t]), "high": clean(result.bounds[1, k, t])} for t, y in enumerate(years)}
            for k, p in enumerate(pollutants)
        },
        "sectors": sector_totals(result),
        "grades": grade_shares(result.inventory),
        "memo": memo_totals(result),
        "warnings": [w.text("en") for w in result.warnings],
    }


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
    }


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
