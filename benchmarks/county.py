"""A county of any size in memory: sources of some kinds with an uncertain activity each, uncertain factors, measures on whole kinds."""

from __future__ import annotations

import numpy as np

from emisim.case import Case, prepare
from emisim.distribution import Distribution
from emisim.inventory import SOURCE_COLUMNS, FactorRow, GrowthRow, Inventory, Record, Records
from emisim.plan import Plan
from emisim.scenario import Scenario

POLLUTANTS = ("NOx", "SO2", "PM25")
YEARS = tuple(range(2020, 2026))
SECTORS = ("power", "industry", "residential", "transport", "agriculture")
TITLE = {"zh": "合成的县", "en": "a made-up county"}
RECORD = Record("", "", "E", "made up", 2)


def county(sources: int, factor_sets: int, measures: int = 40, kinds: int = 40, each: int = 8, seed: int = 1) -> Case:
    """A bound case.

    Parameters
    ----------
    factor_sets : as many as there are sources, or fewer, which sources of a kind then share. kinds : of sources; on each act ``each`` of
    the measures: one in four changes its activity, the others are devices with a pollutant or two.
    """
    random = np.random.default_rng(seed)
    inventory = _inventory(sources, factor_sets, kinds, random)
    plan = {
        "plan": "made-up",
        "title": TITLE,
        "region": "410399",
        "issued": "2020-01-01",
        "measures": _measures(measures, kinds, each, random),
    }
    plan["targets"] = {f"{p}_NET": _target(p) for p in POLLUTANTS}
    scenario = {
        "scenario": "made-up",
        "title": TITLE,
        "inventory": "made-up",
        "plan": "made-up",
        "base_year": YEARS[0],
        "target_year": YEARS[-1],
    }
    return prepare(Scenario.model_validate(scenario), Plan.model_validate(plan), inventory)


def _inventory(sources: int, factor_sets: int, kinds: int, random: np.random.Generator) -> Inventory:
    kind = np.arange(sources) % kinds
    factor_set = np.arange(sources) % max(factor_sets, kinds)  # sets of one kind of source each
    values = random.lognormal(-5.0, 1.0, (max(factor_sets, kinds), len(POLLUTANTS)))
    activity = random.lognormal(6.0, 1.0, sources)
    text = {c: np.full(sources, "", dtype="<U24") for c in SOURCE_COLUMNS}
    text |= {
        "source_id": np.array([f"s{i:07d}" for i in range(sources)]),
        "sector": np.array(SECTORS)[kind % len(SECTORS)],
        "technology": np.array([f"kind {k}" for k in range(kinds)])[kind],
        "factor_set": np.array([f"set {k:06d}" for k in range(len(values))])[factor_set],
        "growth_driver": np.array(SECTORS)[kind % len(SECTORS)],
        "region": np.full(sources, "410399"),
        "unit": np.full(sources, "t/yr"),
        "grade": np.full(sources, "C"),
        "distribution": np.full(sources, "lognormal"),
    }
    shape = sources, len(POLLUTANTS)
    growth = {d: dict(zip(YEARS, (1.0 + 0.02 * k) ** np.arange(len(YEARS)), strict=True)) for k, d in enumerate(SECTORS)}
    return Inventory(
        name="made-up", text=text, base_year=YEARS[0], pollutants=POLLUTANTS, activity=activity, factor=values[factor_set],
        existing_efficiency=np.zeros(shape), existing_effectiveness=np.ones(shape), flue_gas=np.full(shape, np.nan),
        stage=np.full(shape, ""), factor_grade=np.full(shape, "C"), upstream=np.full(sources, -1), memo=np.zeros(sources, dtype=bool),
        growth=growth, alternatives={},
        records=Records(
            folder="made-up", line=np.arange(sources) + 2, activity=np.stack([activity, activity / 1.2, activity * 1.2], axis=1), kind=factor_set,
            factors=tuple({p: FactorRow(_wide(float(v), 2.0), 0.0, 1.0, "", np.nan, RECORD) for p, v in zip(POLLUTANTS, row, strict=True)} for row in values),
            factor_set=tuple(f"set {k:06d}" for k in range(len(values))),
            growth={(d, y): GrowthRow(_wide(v, 1.05) if y > YEARS[0] else Distribution(v, v, v), RECORD) for d, at in growth.items() for y, v in at.items()},
        ),
    )  # fmt: skip


def _wide(value: float, times: float) -> Distribution:
    return Distribution(value, value / times, value * times, "lognormal", least=0.0)


def _measures(count: int, kinds: int, each: int, random: np.random.Generator) -> dict:
    """Every kind has ``each`` measures, every measure about as many kinds; phased in over the years."""
    on = [[] for _ in range(count)]
    for kind in range(kinds):
        for m in random.permutation(count)[:each].tolist():
            on[m].append(f"kind {kind}")
    found = {}
    for m, chosen in enumerate(on):
        low, value, high = (f"{100 * s:.1f} %" for s in np.sort(random.uniform(0.2, 0.8, 3)).tolist())
        share = {"value": value, "low": low, "high": high, "distribution": "triangular"}
        coverage = {"value": "60 %", "low": "40 %", "high": "80 %", "distribution": "uniform"}
        parameters: dict = {
            "efficiency": share,
            "coverage": coverage,
            "pollutant": list(random.permutation(POLLUTANTS)[: 1 + m % 2]),
        }
        if m % 4 == 0:
            parameters = {"ratio": {"value": 0.9, "low": 0.8, "high": 1.0, "distribution": "uniform"}, "coverage": coverage}
        found[f"M{m:02d}"] = {
            "clause": str(m + 1), "chapter": "area", "title": TITLE, "wording": "full",
            "schedule": {"start": f"{2020 + m % 4}-07-01", "end": "2025-12-31"},
            "actions": [{"mechanism": "end_of_pipe" if m % 4 else "activity_change", "applies_to": {"technology": chosen}, "parameters": parameters}] if chosen else [],
        }  # fmt: skip
    return found


def _target(pollutant: str) -> dict:
    return {
        "kind": "net",
        "pollutant": pollutant,
        "title": TITLE,
        "year": YEARS[-1],
        "baseline_year": YEARS[0],
        "reduction": "30 %",
    }
