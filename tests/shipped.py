"""The two counties that ship with the project, run once a process."""

from functools import cache

import emisim
from tiny import ROOT

COUNTIES = ("mengjin", "yichuan")


@cache
def county(name):
    return emisim.run(ROOT / "scenarios" / f"{name}-2025.yaml")
