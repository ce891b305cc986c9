"""Whether the tests take every branch of the kernel, the mechanisms, the ledger and the verdicts; pyproject.toml names the modules.

python -m tests.trust.branches
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "outputs" / "trust"
TESTS = (
    "tests/unit",
    "tests/golden",
    "tests/property",
    "tests/bad_inputs/test_bad_inputs.py",
)  # test_hostile.py looks at the clock


def main() -> int:
    coverage = [sys.executable, "-m", "coverage"]
    if subprocess.run([*coverage, "run", "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS], cwd=ROOT).returncode:
        return 1
    FIGURES.mkdir(parents=True, exist_ok=True)
    told = FIGURES / "branches-by-module.json"
    subprocess.run([*coverage, "json", "-q", "--fail-under=0", "-o", told], cwd=ROOT, check=True)
    totals = json.loads(told.read_text(encoding="utf-8"))["totals"]
    figures = {
        "statements": totals["num_statements"],
        "statements_run": totals["covered_lines"],
        "branches": totals["num_branches"],
        "branches_taken": totals["covered_branches"],
    }
    (FIGURES / "branches.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return subprocess.run([*coverage, "report"], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
