"""Mutants of the kernel, the mechanisms, the ledger and the verdicts: small faults put into them on purpose, which a test should notice.

    python -m tests.trust.mutants            makes them and runs the quick tests on each; pyproject.toml says of what, and which tests
    python -m tests.trust.mutants --told     compares what the last run left in mutants/

Those that no test notices stand in ``survivors.csv``, each with the reason why it does no harm; any other is printed, and the exit code is 1.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "outputs" / "trust"
SURVIVORS = Path(__file__).with_name("survivors.csv")
AROUND = 30  # letters of a line that are shown on both sides of what a mutant changes in it
SHOWN = 200


@dataclass(frozen=True, order=True)
class Mutant:
    """What a mutant changes: ``…there is [this → that] here…``."""

    module: str
    function: str
    mutation: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trust.mutants", description="Run the tests on mutants.")
    parser.add_argument("--told", action="store_true", help="compare what the last run left")
    if not parser.parse_args().told:
        shutil.rmtree(ROOT / "mutants", ignore_errors=True)
        FIGURES.mkdir(parents=True, exist_ok=True)
        print(f"Running the tests on mutants; mutmut writes to {(FIGURES / 'mutants.log').relative_to(ROOT)}", flush=True)
        with (FIGURES / "mutants.log").open("wb") as log:
            command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(min(os.cpu_count() or 1, 8))]
            subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, check=True)
    return compare()


def compare() -> int:
    """Print what survived without a reason, and keep the figures."""
    counts, survived = outcome()
    with SURVIVORS.open(encoding="utf-8", newline="") as stream:
        known = {Mutant(row["module"], row["function"], row["mutation"]): row["reason"] for row in csv.DictReader(stream)}
    unknown = sorted(set(survived) - set(known))
    for one in unknown:
        print(f"survived without a reason: {one.module} {one.function}: {one.mutation}")
    for one in sorted(set(known) - set(survived)):
        print(f"no longer survives, take it from {SURVIVORS.name}: {one.module} {one.function}: {one.mutation}")
    figures = {**counts, "survived_with_a_reason": len(survived) - sum(one in unknown for one in survived)}
    FIGURES.mkdir(parents=True, exist_ok=True)
    (FIGURES / "mutants.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(", ".join(f"{name.replace('_', ' ')}: {number}" for name, number in figures.items()))
    return 1 if unknown or counts["not_checked"] or not counts["mutants"] else 0


def outcome() -> tuple[dict[str, int], list[Mutant]]:
    """How many mutants fared how in the last run, and those that no test noticed."""
    os.chdir(ROOT)  # mutmut reads its folder and pyproject.toml from where it is
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code

    counts = dict.fromkeys(("mutants", "killed", "too_slow", "survived", "not_checked"), 0)
    survived = []
    for meta in sorted((ROOT / "mutants" / "emisim").rglob("*.meta")):
        path = meta.relative_to(ROOT / "mutants").with_suffix("")
        for name, code in json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            status = status_by_exit_code[code]
            kind = {"killed": "killed", "timeout": "too_slow", "survived": "survived", "no tests": "survived"}.get(
                status, "not_checked"
            )
            counts["mutants"] += 1
            counts[kind] += 1
            if kind == "survived":
                survived.append(_mutant(name, get_diff_for_mutant(name, path=path)))
    return counts, survived


def _mutant(name: str, diff: str) -> Mutant:
    """A mutant by what it changes, so that it is known again when other mutants have come before it."""
    module, _, function = name.partition(".x")
    lines = diff.splitlines()[3:]
    old, new = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    start = len(os.path.commonprefix((old, new)))
    end = min(len(os.path.commonprefix((old[::-1], new[::-1]))), len(old) - start, len(new) - start)
    this, that = old[start : len(old) - end], new[start : len(new) - end]
    mutation = f"{old[:start][-AROUND:]}[{this} → {that}]{old[len(old) - end :][:AROUND]}"
    return Mutant(
        module.removeprefix("emisim."),
        function.partition("__mutmut_")[0].removeprefix("_").strip("ǁ").replace("ǁ", "."),
        mutation[:SHOWN],
    )


if __name__ == "__main__":
    sys.exit(main())
