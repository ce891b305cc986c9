"""10,000 draws of a county: the whole of it beside the random numbers alone, beside one kernel run a draw, and its memory.

    python benchmarks/draws.py [--draws 10000] [--workers 2]

Prints times of one run on this machine, and their ratios; only the ratios carry over to another. The kernel runs are timed on a sample
of draws and scaled up.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np

from emisim.io.config_file import load
from emisim.sample import SampleDesign
from emisim.simulate import levels
from emisim.uncertainty.draws import frame, outcome
from emisim.uncertainty.inputs import uncertain_inputs
from emisim.uncertainty.montecarlo import draw
from emisim.uncertainty.sampling import blocks, sampler
from emisim.uncertainty.spread import processors

ROOT = Path(__file__).resolve().parents[1]


def timed(call) -> tuple[float, object]:
    """(time of one call [s], what it gives)."""
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


def peak_mb() -> float:
    """Largest memory this process and its helpers have held [MB]."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--draws", type=int, default=10_000)
    options.add_argument("--workers", type=int, default=processors())
    asked = options.parse_args()
    case = load(ROOT / "scenarios" / "mengjin-2025.yaml").case
    inputs = uncertain_inputs(case)
    drawn, sizes = sampler(inputs), blocks(asked.draws)
    random = np.random.Generator(np.random.SFC64(1))
    numbers, _ = timed(lambda: [random.standard_normal((n, drawn.dims)).shape for n in sizes])
    nets, _ = timed(lambda: [drawn.figures(drawn.scores(k, n)).shape for k, n in enumerate(sizes)])
    single, _ = timed(lambda: levels(case))
    some = drawn.figures(drawn.scores(0, sizes[0]))
    shared = frame(case, inputs)
    before = peak_mb()
    runs, _ = timed(lambda: outcome(shared, some, ledger=False))
    whole, found = timed(lambda: draw(case, SampleDesign(draws=asked.draws), asked.workers))
    print(json.dumps({
        "draws": asked.draws,
        "workers": asked.workers,
        "figures": len(inputs.figures),
        "dims": drawn.dims,
        "whole_s": round(whole, 2),
        "normal_numbers_alone_s": round(numbers, 3),
        "figures_of_all_draws_s": round(nets, 2),
        "kernel_without_ledger_one_process_s": round(runs / sizes[0] * asked.draws, 2),
        "one_run_a_draw_s": round(single * asked.draws),
        "ratio_to_numbers_alone": round(whole / numbers, 1),
        "ratio_to_figures_alone": round(whole / nets, 1),
        "ratio_to_one_run_a_draw": round(single * asked.draws / whole),
        "results_kept_mb": round(sum(getattr(found.outcome, n).nbytes for n in ("totals", "sectors", "measures", "values", "met")) / 2**20, 1),
        "peak_mb": round(peak_mb()),
        "peak_before_mb": round(before),
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
