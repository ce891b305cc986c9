"""10,000 draws of three counties: all of it beside the random numbers alone, and beside one kernel run a draw.

    python benchmarks/draws.py [--draws 10000] [--workers 2]

Prints times of one run on this machine, and their ratios; only the ratios carry over to another. One run a draw is timed once and scaled up.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from county import county

from emisim.case import Case
from emisim.io.config_file import load
from emisim.sample import SampleDesign
from emisim.simulate import levels
from emisim.uncertainty.batches import batches, run_batch
from emisim.uncertainty.draws import frame
from emisim.uncertainty.inputs import uncertain_inputs
from emisim.uncertainty.montecarlo import draw
from emisim.uncertainty.sampling import METHODS, blocks, sampler
from emisim.uncertainty.spread import processors, spread

ROOT = Path(__file__).resolve().parents[1]


def timed(call) -> tuple[float, object]:
    """(time of one call [s], what it gives)."""
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


def peak_mb() -> float:
    """Largest memory this process and its helpers have held [MB]."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


def numbers_alone(figures: int, sizes: list[int], threads: int) -> float:
    """Time of as many normal numbers as there are figures, by the fastest generator, on so many threads [s]."""
    seeds = np.random.SeedSequence(1).spawn(len(sizes))

    def one(k: int) -> None:
        np.random.Generator(np.random.SFC64(seeds[k])).standard_normal((sizes[k], figures))

    with ThreadPoolExecutor(threads) as pool:
        return min(timed(lambda: list(pool.map(one, range(len(sizes)))))[0] for _ in range(3))


def measured(name: str, case: Case, asked: argparse.Namespace) -> dict:
    """One county beside its random numbers."""
    inputs, sizes = uncertain_inputs(case), blocks(asked.draws)
    shared = frame(case, inputs)
    grouped = batches(sizes, math.prod(shared.base.shape))
    alone = numbers_alone(len(inputs.figures), sizes, asked.workers)
    single, _ = timed(lambda: levels(case))
    found = {
        "county": name,
        "figures": len(inputs.figures),
        "rows": len(case.inventory),
        "rows_when_like_are_one": shared.base.shape[0],
        "normal_numbers_alone_s": round(alone, 3),
        "one_run_a_draw_s": round(single * asked.draws),
    }
    for method in METHODS:
        drawn = sampler(inputs, method)
        work = partial(run_batch, shared, drawn, tuple(sizes), grouped)
        runs = min(timed(partial(spread, work, len(grouped), asked.workers))[0] for _ in range(2))
        whole, _ = timed(partial(draw, case, SampleDesign(draws=asked.draws, method=method), asked.workers))
        found[method] = {
            "all_draws_s": round(runs, 2),
            "with_intervals_and_ranking_s": round(whole, 2),
            "ratio_to_numbers_alone": round(runs / alone, 1),
            "ratio_to_one_run_a_draw": round(single * asked.draws / runs),
        }
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--draws", type=int, default=10_000)
    options.add_argument("--workers", type=int, default=processors())
    asked = options.parse_args()
    counties = {
        "1000 sources, factors of their own": county(1000, 1000),
        "1000 sources, 100 factor sets": county(1000, 100),
        "mengjin": load(ROOT / "scenarios" / "mengjin-2025.yaml").case,
    }
    found = [measured(name, case, asked) for name, case in counties.items()]
    print(json.dumps({"draws": asked.draws, "workers": asked.workers, "counties": found, "peak_mb": round(peak_mb())}, indent=1))


if __name__ == "__main__":
    main()
