"""Small random plans on four sources and three pollutants, and what the kernel says of all their packages."""

import numpy as np
from small import LABEL, action, inventory, measure, plan, scenario

from emisim import kernel
from emisim.case import prepare
from emisim.periods import end_state
from emisim.questions.table import all_packages

POLLUTANTS = ("NOx", "VOC", "NH3")
ROWS = ("a", "b", "c", "d")
HEAD = {"title": LABEL, "year": 2025}


def random_action(rng):
    """A removal, a fleet that moves to other rows, less activity, a device of several kinds, a limit, or slip."""
    rows = sorted(rng.choice(ROWS, rng.integers(1, 4), replace=False).tolist())
    share, cover = (f"{rng.integers(5, 95)} %" for _ in range(2))
    on = {"pollutant": str(rng.choice(POLLUTANTS)), "coverage": cover}
    kind = rng.integers(8)
    if kind == 0:
        return action("source_removal", rows, removed=f"{rng.integers(5, 60)} %")
    if kind == 1:
        return action("fleet_turnover", ["a", "b"], to={"source_id": ["d"]}, scrapped=f"{rng.integers(5, 60)} %")
    if kind == 2:
        return action("activity_change", rows, ratio=f"{rng.uniform(0.4, 1.2):.3f}", coverage=cover)
    if kind == 3:
        return action("co_effect", rows, addition=f"{rng.integers(1, 200)} kg/t", **on)
    if kind == 4:
        return action("emission_limit", rows, factor_limit=f"{rng.integers(100, 1500)} kg/t", **on)
    stage = {"stage": "denox"} if kind == 5 else {}
    return action("end_of_pipe", rows, efficiency=share, **stage, **on)


def random_measure(rng):
    """Actions of one to three kinds."""
    own = {a["mechanism"]: a for a in (random_action(rng) for _ in range(rng.integers(1, 4)))}
    if {"source_removal", "fleet_turnover"} <= own.keys():  # they would have to fit beside one another
        del own["fleet_turnover"]
    return measure(*own.values(), accountable=bool(rng.random() < 0.5))


def three_goals(rng):
    """Two net goals and one on a subset, somewhere on the way to what a plan may bring."""
    base = {**HEAD, "baseline_year": 2020}
    farms = {"kind": "subset", "pollutant": "NH3", "applies_to": {"source_id": ["a", "b"]}}
    return {
        "NET": {**base, "kind": "net", "pollutant": "NOx", "reduction": f"{rng.integers(2, 45)} %"},
        "STRICT": {**base, "kind": "net", "pollutant": "VOC", "reduction": f"{rng.integers(2, 45)} %", "comparison": ">"},
        "SUBSET": {**base, **farms, "reduction": f"{rng.integers(2, 30)} t/yr"},
    }


def random_case(rng, targets=three_goals, least=4, most=7, **growth):
    """A plan of some measures, ready to run."""
    rows = [{"source_id": r, "activity": float(rng.uniform(10, 100)), "factor": rng.uniform(0, 2, 3)} for r in ROWS]
    measures = {f"M{k}": random_measure(rng) for k in range(rng.integers(least, most + 1))}
    allow = {"raises": list(measures)}
    county = inventory(*({**row, **growth} for row in rows), pollutants=POLLUTANTS, growth={"up": {2020: 1.0, 2025: 1.3}})
    return prepare(scenario(allow=allow), plan(measures, targets=targets(rng)), county)


def by_kernel(case):
    """(package, measure) all packages; (package, goal) their values for the three goals, from runs of the kernel alone."""
    every = all_packages(len(case.bound.names))
    base, program = case.arrays(end_state(2025, 2025))
    emission = kernel.run(base, program, every.astype(float)).emission[..., 0]
    first = case.inventory.emission()
    net = 100.0 * (1.0 - emission.sum(axis=1) / first.sum(axis=0))
    return every, np.stack([net[:, 0], net[:, 1], first[:2, 2].sum() - emission[:, :2, 2].sum(axis=1)], axis=1)
