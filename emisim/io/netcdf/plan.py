"""The plan in the result file: clauses, creditable projects, months, nitrogen."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from emisim.catalogue import lines
from emisim.simulate import Result

_MASS = {"units": "t yr-1"}


def plan_coordinates(result: Result, text: Callable[..., tuple]) -> dict[str, tuple]:
    """Texts of the clauses and of the manure chains, and the months of the target year."""
    found, ids = lines(result), result.inventory.ids
    clauses = {
        "clause_id": ([line.id for line in found], "clause"),
        "clause_number": ([line.clause.number for line in found], "number of the clause in the plan"),
        "clause_name_en": ([line.clause.title.en for line in found], "clause, English"),
        "clause_name_zh": ([line.clause.title.zh for line in found], "clause, Chinese"),
        "clause_chapter": ([line.clause.chapter for line in found], "chapter"),
        "clause_standing": ([line.standing for line in found], "what the clause is in the model"),
        "clause_deadline": ([line.deadline for line in found], "deadline the text gives"),
        "clause_lead": (["; ".join(line.clause.lead) for line in found], "departments that lead"),
    }
    coords = {name: text("clause", values, name_) for name, (values, name_) in clauses.items() if found}
    chains = result.nitrogen["plan"]
    if chains:
        coords["chain_id"] = text("chain", [ids[c.rows[0]] for c in chains], "first stage of the manure chain")
    coords["month"] = (("month",), np.arange(1, 13, dtype=np.int32), {"long_name": "month of the target year", "units": "1"})
    return coords


def plan_variables(result: Result, variables: dict[str, tuple]) -> None:
    """Add what the plan brings by clause, by project and by month, and the nitrogen balance."""
    count = len(result.inventory.pollutants)
    named = {"coordinates": "pollutant_id reporting_basis"}
    monthly = _MASS | {"long_name": "official total with the plan by month, at a yearly rate"} | named
    variables["monthly_plan"] = (("pollutant", "month"), result.monthly_plan, monthly)
    _clauses(result, variables, count)
    _projects(result, variables, count)
    _nitrogen(result, variables)


def _clauses(result: Result, variables: dict[str, tuple], count: int) -> None:
    found = lines(result)
    if not found:
        return
    none = np.full(count, np.nan)
    labels = {"coordinates": "clause_id clause_standing pollutant_id reporting_basis"}
    for name, long_name in (
        ("reduction", "reduction of the official total that the clause brings in the target year"),
        ("further", "further reduction at the strong end of a clause without a figure"),
    ):
        values = np.stack([none if getattr(line, name) is None else getattr(line, name) for line in found])
        variables[f"clause_{name}"] = (("clause", "pollutant"), values, _MASS | {"long_name": long_name} | labels)


def _projects(result: Result, variables: dict[str, tuple], count: int) -> None:
    position = {name: m + 1 for m, name in enumerate(result.bound.names)}
    pollutant = {name: k for k, name in enumerate(result.inventory.pollutants)}
    shape = (len(position) + 1, count)
    credit, before = np.zeros(shape), np.zeros(shape)
    for line in result.projects:
        at = position[line.measure], pollutant[line.pollutant]
        credit[at], before[at] = line.credit_t, line.before_t
    labels = {"coordinates": "measure_id pollutant_id reporting_basis"}
    for name, values, long_name in (
        ("credit", credit, "reduction credited to the measure in the target year"),
        ("credit_before", before, "emission of the sources of the measure before it, in the target year"),
    ):
        variables[name] = (("measure", "pollutant"), values, _MASS | {"long_name": long_name} | labels)


def _nitrogen(result: Result, variables: dict[str, tuple]) -> None:
    chains = result.nitrogen["plan"]
    if not chains:
        return
    longest = max(len(c.rows) for c in chains)
    emitted = np.zeros((len(chains), longest))
    for k, chain in enumerate(chains):
        emitted[k, : len(chain.emitted)] = chain.emitted
    labels = {"coordinates": "chain_id"}
    for name, dims, values, long_name in (
        ("nitrogen_entering", ("chain",), [c.entering for c in chains], "nitrogen at the first stage, with the plan"),
        ("nitrogen_emitted", ("chain", "stage"), emitted, "nitrogen emitted as ammonia at each stage, with the plan"),
        (
            "nitrogen_between",
            ("chain",),
            [math.fsum(c.between) for c in chains],
            "other gains and losses of nitrogen between the stages",
        ),
        ("nitrogen_left", ("chain",), [c.left for c in chains], "nitrogen left after the last stage, with the plan"),
    ):
        variables[name] = (dims, np.asarray(values, float), _MASS | {"long_name": f"{long_name} (mass of N)"} | labels)
