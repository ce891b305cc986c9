"""What the draws say of a result, as plain data: ``uncertainty`` in summary.json."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from emisim.uncertainty.draws import LEVELS
from emisim.uncertainty.findings import (
    drivers,
    expected,
    halves,
    input_grade,
    input_id,
    input_name,
    input_place,
    on_tonnes,
    quantile_names,
    widest,
    worst_figures,
    worth_knowing,
)
from emisim.uncertainty.montecarlo import Band, Sobol, Uncertainty
from emisim.verdicts import Verdict

DIGITS = 9  # significant digits: other machines differ in the last bits of a normal quantile
NOTHING = 1e-9  # in any unit of the summary: what is smaller is rounding
MOST_DRIVERS = 15
MOST_DOUBTS = 3


def number(value: float) -> float | None:
    """A float with 9 significant digits, exactly 0 where it is rounding; None where there is no value."""
    value = float(value)
    if not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}") if abs(value) > NOTHING else 0.0


def uncertainty_entry(found: Uncertainty, verdicts: Sequence[Verdict] = ()) -> dict[str, Any]:
    """What the draws say, as nested plain data; masses in t/yr, probabilities and shares from 0 to 1.

    Parameters
    ----------
    verdicts : of the central run, for the units of the targets.
    """
    names, design = found.frame.targets, found.design
    assessable, joint = np.flatnonzero(found.assessable).tolist(), on_tonnes(found)
    precision = found.precision

    def together(value: float) -> float | None:
        return number(value) if joint else None

    return {
        "draws": design.draws,
        "seed": design.seed,
        "method": design.method,
        "interval": design.interval,
        "joint_probability": together(found.together.value[0]),
        "joint_error": together(found.together.error[0]),
        "joint_with_indicators": number(found.together.value[1]) if assessable else None,
        "joint_with_indicators_error": number(found.together.error[1]) if assessable else None,
        "joint_if_independent": together(expected(found)),
        "joint_targets": [names[k] for k in joint],
        "probability": {names[k]: number(found.met.value[k]) for k in assessable},
        "probability_error": {names[k]: number(found.met.error[k]) for k in assessable},
        "totals": _totals(found),
        "sectors": _sectors(found),
        "measures": _measures(found),
        "targets": _targets(found, {v.id: v.unit for v in verdicts}),
        "drivers": {name: _drivers(found, j) for j, name in enumerate(found.ranking.outputs)},
        "sobol": {one.output: _sobol(found, one) for one in found.sobol},
        "measure_next": _measure_next(found),
        "approach1": _approach1(found),
        "inputs": _inputs(found),
        "scaled_draws": found.scaled,
        "negative_draws": found.negative,
        "enough": precision.enough,
        "draws_needed": precision.needed,
        "largest_interval_error": number(precision.interval),
        "largest_probability_error": number(precision.probability),
    }


def band_entry(found: Uncertainty, band: Band, *at: int) -> dict[str, Any]:
    """Mean, standard deviation and quantiles of one result, each with its standard error."""

    def figures(which: str) -> dict[str, float | None]:
        ends = zip(quantile_names(found), getattr(band.quantiles, which), strict=True)
        first = {"mean": number(getattr(band.mean, which)[at]), "sd": number(getattr(band.deviation, which)[at])}
        return first | {name: number(values[at]) for name, values in ends}

    return {**figures("value"), "error": figures("error")}


def _totals(found: Uncertainty) -> dict[str, dict[str, Any]]:
    years = found.frame.periods.years.tolist()

    def year(p: int, t: int) -> dict[str, Any]:
        levels = {name: band_entry(found, found.totals, k, p, t) for k, name in enumerate(LEVELS)}
        return levels | {
            "change_percent": band_entry(found, found.change, p, t),
            "effect_percent": band_entry(found, found.effect, p, t),
        }

    return {
        name: {str(y): year(p, t) for t, y in enumerate(years)} for p, name in enumerate(found.frame.case.inventory.pollutants)
    }


def _sectors(found: Uncertainty) -> dict[str, dict[str, Any]]:
    pollutants = found.frame.case.inventory.pollutants
    return {
        sector: {
            name: {which: band_entry(found, found.sectors, k, s, p) for k, which in enumerate(LEVELS)}
            for p, name in enumerate(pollutants)
        }
        for s, sector in enumerate(found.frame.sectors)
    }


def _measures(found: Uncertainty) -> dict[str, dict[str, Any]]:
    """Measures that bring anything in any draw."""
    case, acts = found.frame.case, found.acting
    return {
        measure: {name: band_entry(found, found.measures, m, p) for p, name in enumerate(case.inventory.pollutants) if acts[m, p]}
        for m, measure in enumerate(case.bound.names)
        if acts[m].any()
    }


def _targets(found: Uncertainty, units: dict[str, str]) -> dict[str, Any]:
    return {
        name: {"unit": units.get(name), **band_entry(found, found.values, k)}
        for k, name in enumerate(found.frame.targets)
        if found.assessable[k]
    }


def input_entry(found: Uncertainty, k: int) -> dict[str, Any]:
    """One input as plain data: its variables, its name, the widest of its ranges as written, its grade and its place."""
    one = found.sampler.inputs[k]
    return {
        "input": input_id(one),
        "label_en": input_name(found, one, "en"),
        "label_zh": input_name(found, one, "zh"),
        "figures": len(one.figures),
        "written": widest(found, one).shown,
        "grade": input_grade(found, one),
        "place": input_place(found, one),
    }


def _drivers(found: Uncertainty, output: int) -> dict[str, Any]:
    """The inputs that explain most of the variance, and what is left to all others and to interactions."""
    shares = found.ranking.shares
    chosen = drivers(found, output, MOST_DRIVERS)
    entries = [
        input_entry(found, k) | {"share": number(shares.value[k, output]), "error": number(shares.error[k, output])}
        for k in chosen
    ]
    shown = math.fsum(shares.value[k, output] for k in chosen)
    return {"inputs": entries, "rest": number(max(1.0 - shown, 0.0)) if chosen else None}


def _sobol(found: Uncertainty, one: Sobol) -> dict[str, Any]:
    """First-order and total indices; the input without a name is all others together."""
    names = [input_id(found.sampler.inputs[k]) for k in one.inputs]
    fields = ("first", "first_error", "total", "total_error")
    figures = [{f: number(getattr(one.indices, f)[k]) for f in fields} for k in range(len(one.indices.first))]
    named = [*names, *[None] * (len(figures) - len(names))]
    return {"runs": one.runs, "inputs": [{"input": name} | mine for name, mine in zip(named, figures, strict=True)]}


def _measure_next(found: Uncertainty) -> list[dict[str, Any]]:
    """The target that has no name is all of them together."""
    fields = ("right_now", "gain", "gain_noise", "shift", "shift_noise")
    return [
        {"target": w.target or None, **input_entry(found, w.input), **{f: number(getattr(w, f)) for f in fields}}
        for w in worth_knowing(found)
    ]


def _approach1(found: Uncertainty) -> dict[str, Any]:
    half, doubts = halves(found), found.approach1.doubts
    return {
        name: {
            "base_half_percent": number(half.base[p]),
            "draws_half_percent": number(half.base_drawn[p]),
            "change_half_points": number(half.change[p]),
            "correlated_half_points": number(half.change_correlated[p]),
            "draws_change_half_points": number(half.change_drawn[p]),
        }
        for p, name in enumerate(found.frame.case.inventory.pollutants)
    } | {
        "doubts": {
            "figures": len(found.approach1.names),
            "wide": len(doubts.wide),
            "skewed": len(doubts.skewed),
            "correlated": len(doubts.correlated),
            "worst": [figure.id for figure in worst_figures(found, MOST_DOUBTS)],
        }
    }


def _inputs(found: Uncertainty) -> dict[str, Any]:
    figures = found.inputs.figures
    return {
        "drawn": {kind: sum(f.kind == kind for f in figures) for kind in sorted({f.kind for f in figures})},
        "without_range": dict(found.inputs.certain),
        "variables": len(found.inputs.variables),
        "independent": len(found.sampler.inputs),
        "cut": [{"id": figures[k].id, "share": number(share)} for k, share in sorted(found.sampler.cut.items())],
    }
