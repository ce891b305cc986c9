"""Inventories, plans and scenarios in a few words, for tests worked out by hand: no files."""

import numpy as np

from emisim.case import prepare
from emisim.errors import Place, Reporter
from emisim.inventory import SOURCE_COLUMNS, Inventory
from emisim.plan import Plan
from emisim.reading import read
from emisim.scenario import Scenario
from emisim.simulate import simulate

LABEL = {"zh": "试", "en": "trial"}
WORDS = {"region": "410399", "sector": "process", "unit": "t/yr", "growth_driver": "constant", "grade": "B"}


def inventory(*rows, pollutants=("NOx",), growth=None):
    """Rows of ``{"source_id": …, "activity": 100, "factor": (1.0,), …}``; the factor is 1 t/t of every pollutant unless given."""
    ids = [row["source_id"] for row in rows]
    shape = len(rows), len(pollutants)
    activity = np.array([row.get("activity", 100.0) for row in rows], float)
    factor = np.array([np.broadcast_to(row.get("factor", 1.0), len(pollutants)) for row in rows], float)
    upstream = [ids.index(row["inflow_from"]) if row.get("inflow_from") else -1 for row in rows]
    return Inventory(
        name="county",
        text={c: np.array([str({**WORDS, **row}.get(c, "")) for row in rows]) for c in SOURCE_COLUMNS},
        base_year=2020,
        pollutants=pollutants,
        activity=activity,
        factor=factor,
        existing_efficiency=np.zeros(shape),
        existing_effectiveness=np.ones(shape),
        flue_gas=np.full(shape, np.nan),
        stage=np.full(shape, ""),
        factor_grade=np.full(shape, "B"),
        upstream=np.array(upstream),
        memo=np.array([row.get("memo") == "yes" for row in rows]),
        growth={"constant": {2020: 1.0, 2025: 1.0}, **(growth or {})},
        alternatives={},
    )


def action(mechanism, applies_to=None, /, to=None, when=None, **parameters):
    """One action; ``applies_to`` as one or several source_id or as a selector."""
    selector = {"source_id": applies_to} if isinstance(applies_to, (str, list)) else applies_to
    given = {"mechanism": mechanism, "applies_to": selector, "to": to, "when": when, "parameters": parameters}
    return {key: value for key, value in given.items() if value}


def measure(*actions, **more):
    """A measure that is in force by the end of 2025."""
    head = {"clause": "1", "chapter": "area", "title": LABEL, "wording": "full", "schedule": {"date": "2025-12-31"}}
    return {k: v for k, v in {**head, "actions": list(actions), **more}.items() if v is not None}


def switch(*options, default=None, **more):
    """A switch of options ``(value, changes)``."""
    written = [{"value": value, "title": LABEL, **changes} for value, changes in options]
    return {
        "title": LABEL,
        "default": options[0][0] if default is None else default,
        "reason": "a trial",
        "options": written,
        **more,
    }


def plan(measures=None, **more):
    head = {"plan": "trial", "title": LABEL, "region": "410399", "issued": "2024-01-01", "measures": measures or {}}
    return Plan.model_validate({**head, **more})


def scenario(**more):
    head = {"scenario": "trial", "title": LABEL, "inventory": "county", "plan": "plan", "base_year": 2020, "target_year": 2025}
    return Scenario.model_validate({**head, **more})


def reading(plan_, **more):
    """The plan as a scenario reads it; a fault stops the test."""
    reporter = Reporter(lambda file, location: Place())
    found = read(scenario(**more), plan_, reporter)
    assert not reporter.faults
    return found


def run(plan_, inventory_, **more):
    return simulate(prepare(scenario(**more), plan_, inventory_))
