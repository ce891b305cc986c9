"""All 2^20 packages of a county: counts, Pareto fronts and the cheapest, beside one kernel run a package.

    python benchmarks/packages.py [--repeat 5]

Prints the medians of one run on this machine, and their ratios; only the ratios carry over to another. The kernel runs are timed on
a sample of packages and scaled up.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np

from emisim.io.config_file import load
from emisim.kernel import run
from emisim.periods import end_state
from emisim.questions.packages import subsets, survey
from emisim.questions.response import respond
from emisim.simulate import levels

ROOT = Path(__file__).resolve().parents[1]
FREE, SAMPLE, SEED = 20, 64, 20
GOALS = ("NH3_LARGE", "NOX_NATIONAL", "VOC_NATIONAL")


def timed(call, repeat: int) -> float:
    """Median of some runs [s]."""
    found = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeat", type=int, default=5)
    repeat = options.parse_args().repeat
    case = load(ROOT / "scenarios" / "mengjin-2025.yaml").case
    end = levels(case)
    response = respond(case, GOALS, end)
    random = np.random.default_rng(SEED)
    brings = [max(np.ptp(t.values) for g in range(3) for t in response.tables[g] if m in t.measures) if any(
        m in response.acting(g) for g in range(3)) else 0.0 for m in range(response.measures)]  # fmt: skip
    free = sorted(np.argsort(brings)[-FREE:].tolist())
    others = [m for m in range(response.measures) if m not in free]
    weight = random.lognormal(0.0, 1.0, response.measures)
    values = timed(lambda: list(subsets(response, free, weight, others)), repeat)
    fronts = timed(lambda: survey(response, free, weight, others), repeat)
    limit = timed(lambda: [np.zeros(2**FREE) + 1.0 for _ in range(4)], repeat)
    base, program = case.arrays(end_state(case.scenario.target_year, case.scenario.target_year))
    on = np.ones((SAMPLE, program.measures))
    on[:, free] = random.integers(0, 2, (SAMPLE, FREE))
    single = timed(lambda: [run(base, program, package) for package in on], 1) / SAMPLE * 2**FREE
    table = timed(lambda: respond(case, GOALS, end), repeat)
    print(json.dumps({
        "packages": 2**FREE,
        "goals": len(GOALS),
        "tables_s": round(table, 4),
        "values_and_objective_s": round(values, 4),
        "with_counts_and_fronts_s": round(fronts, 4),
        "one_kernel_run_a_package_s": round(single),
        "ratio_to_kernel_runs": round(single / fronts),
        "ratio_to_filling_the_arrays": round(fronts / limit, 1),
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
