"""The CF checker on NetCDF files, in a process of its own.

It asks the same questions of a file hundreds of times over, each time of all variables; here they are asked once. A file that is being
checked does not change, so the answers are the same.
"""

import subprocess
import sys
from copy import copy
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

import pytest

REMEMBERED = ("get_auxiliary_coordinate_variables", "get_axis_variables", "get_geophysical_variables", "guess_feature_type")


def faults(*files: Path) -> str:
    """What the checker finds in the files; an empty text if they follow the conventions."""
    if not find_spec("compliance_checker"):
        pytest.skip("compliance-checker is not installed")
    words = [sys.executable, __file__, *map(str, files)]
    found = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=120)
    fine = found.returncode == 0 and found.stdout.count("All tests passed") == len(files)
    return "" if fine else found.stdout + found.stderr


def remembered(function):
    """The function, asked once per arguments; each caller has an answer of its own."""
    known = cache(function)
    return lambda *arguments: copy(known(*arguments))


def main(files: list[str]) -> int:
    from compliance_checker.cf import util
    from compliance_checker.runner import CheckSuite, ComplianceChecker

    for name in filter(partial(hasattr, util), REMEMBERED):
        setattr(util, name, remembered(getattr(util, name)))
    CheckSuite.load_all_available_checkers()
    passed, errors = ComplianceChecker.run_checker(files, ["cf:1.8"], 0, "strict")
    return 0 if passed and not errors else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
