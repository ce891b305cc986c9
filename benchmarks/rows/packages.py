"""All packages of some measures of a county: how many meet each target, what is cheapest, and the Pareto fronts."""

import numpy as np

from benchmarks import generate
from benchmarks.contender import LIMIT, OURS, Contender, Entry, Goal, Row
from benchmarks.timing import here
from emisim.io.config_file import load
from emisim.questions.packages import survey
from emisim.questions.response import respond

SAMPLE = 32


def ours(response, free, cost):
    """What is timed: counts, the cheapest package and all fronts."""
    return survey(response, free, cost)


def enter(size, rig):
    made = generate.stock(generate.sized(generate.COUNTY, size))
    case = load(generate.project(made, rig.folder / "project")).case
    response = respond(case)
    brings = np.zeros(made.size.measures)
    for tables in response.tables:
        for table in tables:
            brings[list(table.measures)] += np.ptp(table.values)
    free = sorted(np.argsort(brings)[-size["free"] :].tolist())
    on = np.zeros((SAMPLE, made.size.measures), bool)
    on[:, free] = np.random.default_rng(generate.SEED).integers(0, 2, (SAMPLE, len(free)))
    eta, acting = generate.efficiencies(made), generate.acting(made)
    grown = made.before()
    plain = {
        **made.arrays(), "packages": on.astype(float), "emission": grown[:, :, -1], "base": grown[:, :, 0].sum(axis=0),
        "keep": 1.0 - (eta * made.coverage * generate.in_force(made)[:, -1])[:, None] * acting,
    }  # fmt: skip
    data, scale = rig.save("packages", **plain), 2 ** len(free) / SAMPLE

    def wanted():
        return response.values(on)[:, [response.goals.index(g) for g in sorted(response.goals, key=place)]]

    def place(goal):
        return generate.POLLUTANTS.index(goal.pollutant)

    return Entry((
        Contender("emisim", OURS, here(lambda: ours(response, free, made.cost))),
        Contender("filling as many values", LIMIT, here(lambda: [np.zeros(2 ** len(free)) + 1.0 for _ in range(4)])),
        *rig.peer("numpy, package by package", "packages:one_by_one", data, wanted, scale, 3),
        *rig.peer("xarray, package by package", "packages_labelled:one_by_one", data, wanted, scale, 3),
    ), {"tables_s": here(lambda: respond(case))})  # fmt: skip


ROW = Row(
    "packages",
    {"en": "2^{free} packages, 3 targets, cost, Pareto fronts", "zh": "2^{free} 个组合，3 个目标，费用，帕累托前沿"},
    (Goal(most=0.5),),
    {
        "full": {"sources": 1_000, "measures": 40, "free": 20},
        "quick": {"sources": 1_000, "measures": 40, "free": 20},
        "tiny": {"sources": 40, "measures": 4, "branches": 2, "sectors": 4, "regions": 2, "free": 3},
    },
    enter,
)
