"""Times side by side: everybody takes turns, so that a busy moment hits all of them, and the median of each counts."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.contender import Contender

ROOT = Path(__file__).resolve().parents[1]
ENOUGH = 7  # runs of each, if there is time
SHORT, MOST_CALLS = 0.02, 50  # a call that takes less time is repeated for so long [s], so many times
PATIENCE = 20.0  # after so long with one row nobody starts again who has run already [s]


def here(call: Callable[[], object], before: Callable[[], object] | None = None) -> Callable[[], float]:
    """Times one call in this process [s], without collecting garbage meanwhile; short ones are called again and again, and the median
    counts. before : what makes ready for it, not timed."""

    def timed() -> float:
        if before:
            before()
        start = time.perf_counter()
        kept = call()
        took = time.perf_counter() - start
        del kept  # only now: to give memory back takes time too
        return took

    def once() -> float:
        gc.collect()
        gc.disable()
        try:
            first = timed()
            times = [timed() for _ in range(min(MOST_CALLS, int(SHORT / first)))]
        finally:
            gc.enable()
        return statistics.median(times or [first])

    return once


def affordable(call: Callable[[int], object], whole: int, seconds: float = 10.0) -> int:
    """How many of so many equal pieces of work are done in some seconds, at least a fiftieth: what is slow is timed on a part."""
    piece = max(1, whole // 50)
    call(piece)
    start = time.perf_counter()
    call(piece)
    took = time.perf_counter() - start
    return whole if took * whole / piece <= 2 * seconds else max(piece, min(whole, int(seconds / took * piece)))


def process(command: Sequence[str], folder: Path = ROOT, limit: float | None = None) -> Callable[[], float | None]:
    """Times a process from its start to its end [s]; None if it had to be stopped after ``limit`` seconds.

    Raises
    ------
    RuntimeError
        It failed.
    """

    def once() -> float | None:
        start = time.perf_counter()
        try:
            found = subprocess.run(
                command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=limit
            )
        except subprocess.TimeoutExpired:
            return None
        took = time.perf_counter() - start
        if found.returncode:
            raise RuntimeError(f"{' '.join(command)}: {found.stderr.decode(errors='replace')[-2000:]}")
        return took

    return once


def environment() -> dict[str, str]:
    """What child processes get: this one's variables, and the checkout to import from."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def medians(
    contenders: Sequence[Contender], turns: int = ENOUGH, patience: float = PATIENCE
) -> dict[str, tuple[float | None, int]]:
    """Name → (median time of the whole work [s], runs); None where it did not finish.

    They run in turns, as many as asked for, each at most as often as it wants; the first turn of all is run in any case.
    """
    found: dict[str, list[float]] = {c.name: [] for c in contenders}
    gave_up: set[str] = set()
    start = time.perf_counter()
    for turn in range(turns):
        for one in contenders:
            late = time.perf_counter() - start > patience
            if turn >= one.repeat or one.name in gave_up or (turn and late):
                continue
            took = one.once()
            if took is None:
                gave_up.add(one.name)
            else:
                found[one.name].append(took * one.scale)
    return {name: (statistics.median(t) if t else None, len(t)) for name, t in found.items()}


def python(module: str, *words: str) -> list[str]:
    """The command that runs a module with this Python."""
    return [sys.executable, "-m", module, *words]
