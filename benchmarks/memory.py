"""How much memory a process and its helpers take beyond what it had at the start: what each has for itself, and its part of what they share."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.timing import ROOT, environment

PAUSE = 0.02  # [s]


def peak_above_start(command: Sequence[str]) -> float | None:
    """The most that a command takes above what it has when it prints its first line [MB]; it then waits for one. None where the system
    does not tell."""
    child = subprocess.Popen(command, cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    child.stdout.readline()
    start = held(child.pid)
    most = start
    print("go", file=child.stdin, flush=True)
    while child.poll() is None:
        most = max(most, held(child.pid))
        time.sleep(PAUSE)
    child.stdin.close()
    child.stdout.close()
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} failed")
    return round(most - start, 1) if start else None


def held(process: int) -> float:
    """Memory of a process and all its descendants [MB]; 0 where it cannot be known."""
    total = 0.0
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s*(\d+)", rollup, re.MULTILINE)[1]) / 1024
        for thread in Path(f"/proc/{process}/task").iterdir():
            total += sum(held(int(child)) for child in (thread / "children").read_text().split())
    except (OSError, TypeError):
        pass
    return total
