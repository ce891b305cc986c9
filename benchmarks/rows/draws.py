"""Draws of a county whose activities, factors and efficiencies all are uncertain: totals, sectors, measures and targets of every draw."""

import math
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from benchmarks import generate
from benchmarks.contender import LIMIT, OURS, PEER, Contender, Entry, Goal, Row
from benchmarks.memory import peak_above_start
from benchmarks.timing import affordable, here
from emisim.io.config_file import load
from emisim.pieces import processors
from emisim.sample import FEWEST, SampleDesign
from emisim.uncertainty.batches import batches, run_batch
from emisim.uncertainty.draws import frame, joined, outcome
from emisim.uncertainty.inputs import PARAMETER, uncertain_inputs
from emisim.uncertainty.montecarlo import draw
from emisim.uncertainty.sampling import blocks, sampler
from emisim.uncertainty.spread import spread

COMPARED = 16  # draws on which peers must agree with emisim
BLOCK = 500
ALIKE = 256  # draws whose bits are compared
Z = 1.959963984540054
METHOD = "random"  # as the limit has it


def ours(case, draws, workers=None):
    """What is timed: every draw with its figures, totals, sectors, targets, and the exact ledger."""
    inputs = uncertain_inputs(case)
    shared, sizes = frame(case, inputs), tuple(blocks(max(FEWEST, draws)))
    grouped = batches(sizes, math.prod(shared.base.shape))
    work = partial(run_batch, shared, sampler(inputs, METHOD), sizes, grouped)
    return joined(spread(work, len(grouped), workers or processors()))


def whole(case, draws):
    """The same with intervals, probabilities and the ranking of the inputs."""
    return draw(case, SampleDesign(draws=max(FEWEST, draws), method=METHOD), processors())


def numbers(draws, dims):
    """As many normal numbers, on as many threads, kept nowhere."""

    def block(k, buffer):
        random = np.random.Generator(np.random.SFC64(np.random.SeedSequence(1, spawn_key=(k,))))
        random.standard_normal(out=buffer)

    def share(worker):
        buffer = np.empty((min(BLOCK, draws), dims))
        for k in range(worker, -(-draws // BLOCK), processors()):
            block(k, buffer)

    with ThreadPoolExecutor(processors()) as pool:
        list(pool.map(share, range(processors())))


def enter(size, rig):
    draws, some = size["draws"], size["peer_draws"]
    made = generate.stock(generate.sized(generate.COUNTY, size))
    scenario = generate.project(made, rig.folder / "project")
    case = load(scenario).case
    drawn = sampler(uncertain_inputs(case))
    mine = affordable(lambda n: ours(case, n), draws, 30.0)
    plain = made.arrays() | {
        "spread_activity": math.log(generate.ACTIVITY_RANGE) / Z, "spread_factor": math.log(generate.FACTOR_RANGE) / Z,
        "efficiency": generate.efficiencies(made), "acting": generate.acting(made).astype(float), "phase": generate.in_force(made),
    }  # fmt: skip
    plain |= {"low": 0.8 * plain["efficiency"], "high": np.minimum(0.99, 1.1 * plain["efficiency"])}
    given, totals = figures_of(case, drawn, made)
    few, fewer, same = (
        rig.save(name, **(plain | given), draws=n)
        for name, n in (("few", some), ("fewer", max(1, some // 10)), ("same", COMPARED))
    )
    memory = [sys.executable, "-c", REMEMBER, str(scenario), str(mine)]
    return Entry(
        (
            Contender("emisim", OURS, here(lambda: ours(case, mine)), draws / mine, repeat=3),
            Contender("emisim, with intervals and ranking", PEER, here(lambda: whole(case, mine)), draws / mine, repeat=3),
            Contender("the random numbers alone", LIMIT, here(lambda: numbers(draws, drawn.dims)), repeat=5),
            *rig.peer("numpy, draw by draw", "draws:all_draws", few, None, draws / some, 5),
            *rig.peer("xarray, draw by draw", "draws_labelled:all_draws", fewer, None, draws / max(1, some // 10), 3),
        ),
        {
            "figures": lambda: len(drawn.mixing),
            "memory_mb": lambda: peak_above_start(memory),
            "same_bits": lambda: alike(case),
            "peers_agree": lambda: agree(rig, same, totals),
        },
    )


def figures_of(case, drawn, made):
    """Some draws of emisim: their figures in the order of the stock, and the totals of the plan (draw, pollutant, year)."""
    inputs, inventory = uncertain_inputs(case), case.inventory
    shared, values = frame(case, inputs), drawn.figures(drawn.scores(0, COMPARED))
    column = {figure.id: k for k, figure in enumerate(inputs.figures)}
    place = np.argsort([int(name[1:]) for name in inventory.ids.tolist()])
    sets, ids = inventory.text["factor_set"][place].tolist(), inventory.ids[place].tolist()
    factors = [[column[f"factor:{name}:{p}"] for p in inventory.pollutants] for name in sets]
    columns = sorted(
        (k for k, figure in enumerate(inputs.figures) if figure.kind == PARAMETER), key=lambda k: inputs.figures[k].id
    )
    given = {
        "activities": values[:, [column[f"activity:{name}"] for name in ids]],
        "factors": values[:, factors],
        "efficiencies": values[:, columns],
    }
    assert len(columns) == made.size.measures
    return given, outcome(shared, values, ledger=False).totals[:, 1]


def agree(rig, data, totals):
    """How far peers are from emisim on the same figures."""
    worst = 0.0
    for module in ("draws", "draws_labelled"):
        for one in rig.peer(module, f"{module}:given_draws", data, lambda: totals):
            one.once()
            worst = max(worst, one.check())
    return worst


def alike(case):
    """Whether one process and several find the same bits."""
    one, many = (ours(case, ALIKE, workers) for workers in (1, max(2, processors())))
    return all(
        getattr(one, n).tobytes() == getattr(many, n).tobytes() for n in ("totals", "sectors", "measures", "values", "met")
    )


REMEMBER = """
import sys
from emisim.io.config_file import load
from benchmarks.rows.draws import ours
case = load(sys.argv[1]).case
ours(case, 16, 1)
print("loaded", flush=True)
sys.stdin.readline()
ours(case, int(sys.argv[2]))
"""

ROW = Row(
    "draws",
    {
        "en": "{draws} draws, {sources} sources × 3 × 6 × {measures} measures, ledger of each draw included",
        "zh": "抽样 {draws} 次，{sources} 个源 × 3 × 6 × {measures} 项措施，含每次抽样的台账",
    },
    (
        Goal("the random numbers alone", most=2.0),
        Goal(fact="memory_mb", most=100.0),
        Goal(fact="same_bits", least=1.0),
    ),
    {
        "full": {"draws": 10_000, "sources": 1_000, "measures": 40, "peer_draws": 200},
        "quick": {"draws": 1_000, "sources": 1_000, "measures": 40, "peer_draws": 50},
        "tiny": {"draws": 16, "sources": 40, "measures": 4, "branches": 2, "sectors": 4, "regions": 2, "peer_draws": 4},
    },
    enter,
)
