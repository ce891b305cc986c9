"""How the cost of a run grows with sources and with the measures that act on a source, and that of draws with their number.

The time of the smallest work is taken off as fixed, and a straight line laid through the logarithms of what is left, where that is more
than a fifth of what was taken off."""

from dataclasses import replace

import numpy as np

from benchmarks import generate
from benchmarks.contender import Entry, Goal, Row
from benchmarks.timing import here
from emisim.kernel import run

TIMES = 5
SHARE = 0.01  # of all sources that a measure acts on
PIECE = 10  # draws at once: few enough to stay in the cache of a processor
STANDS_OUT = 0.2  # of the fixed time
DRAWN = generate.sized(generate.COUNTY, {"sources": 300})
ALONE = generate.Size(sources=2_000, pollutants=3, years=6, measures=1_000, branches=50, sectors=50, regions=40, reach=1.0)


def of_sources(count):
    """A run of a county's plan on so many sources."""
    made = generate.stock(generate.sized(generate.COUNTY, {"sources": count}))
    base = generate.base(made)
    program = generate.program(made, base)
    return lambda: run(base, program)


def of_draws(count):
    """Runs of so many draws of some sources, in pieces, as the uncertainty of a result is computed."""
    made = generate.stock(DRAWN)
    one = generate.base(made)
    spread = np.random.default_rng(generate.SEED).lognormal(0.0, 0.1, (count, 1, 1))
    pieces = [
        replace(one, activity=one.activity * some, factor=one.factor * some, passed=np.zeros((len(some), made.size.sources)))
        for some in np.split(spread, range(PIECE, count, PIECE))
    ]
    program = generate.program(made, one)
    return lambda: [run(base, program).emission.sum(axis=1) for base in pieces]


def of_reach(count):
    """A run in which so many measures act on every source, on no two kinds of sources the same."""
    made = generate.stock(generate.sized(ALONE, {"measures": round(count / SHARE), "reach": count}))
    base = generate.base(made)
    program = generate.program(made, base)
    return lambda: run(base, program)


AXES = {"sources": of_sources, "draws": of_draws, "measures_per_source": of_reach}


def times(make, counts):
    """(count, seconds) of each count, the least of some runs that take turns, for a line is laid through it; the first is the smallest work."""
    calls = [here(make(count)) for count in counts]
    found = [[call() for call in calls] for _ in range(TIMES)]
    return [[count, float(t)] for count, t in zip(counts, np.min(found, axis=0), strict=True)]


def line(points):
    """(counts, seconds without the fixed part, slope, height) of what stands out of the fixed part; None where too little does."""
    counts, seconds = np.array(points, float).T
    counts, seconds, fixed = counts - counts[0], seconds - seconds[0], seconds[0]
    out = seconds > STANDS_OUT * fixed
    if out.sum() < 2:
        return None
    slope, height = np.polyfit(np.log(counts[out]), np.log(seconds[out]), 1)
    return counts[out], seconds[out], float(slope), float(height)


def exponent(points):
    """How the time grows with the count: seconds ~ count^exponent; None where too little stands out of the fixed part."""
    found = line(points)
    return None if found is None else round(found[2], 3)


def enter(size, rig):
    points = {name: times(AXES[name], counts) for name, counts in size.items()}
    facts = {f"exponent_{name}": (lambda name=name: exponent(points[name])) for name in points}
    return Entry((), facts | {"points": lambda: points})


ROW = Row(
    "growth",
    {
        "en": "growth of cost with sources, draws, measures of a source (exponents)",
        "zh": "耗时随源数、抽样次数、每源措施数的增长（指数）",
    },
    tuple(Goal(fact=f"exponent_{name}", least=0.9, most=1.1) for name in AXES),
    {
        "full": {
            "sources": (100, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000),
            "draws": (1, 10, 30, 100, 300, 1_000, 3_000, 10_000),
            "measures_per_source": (0.1, 1, 3, 10, 30),
        },
        "quick": {
            "sources": (100, 1_000, 10_000, 100_000),
            "draws": (1, 10, 100, 1_000),
            "measures_per_source": (0.1, 1, 10),
        },
        "tiny": {"sources": (1, 100), "draws": (1, 10), "measures_per_source": (0.1, 1)},
    },
    enter,
)
