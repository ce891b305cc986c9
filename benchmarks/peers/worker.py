"""A peer at work: reads its data once, then works when it is told.

    python -m benchmarks.peers.worker MODULE:FUNCTION DATA ANSWER

Says ``ready``, or ``absent LIBRARY``. Reads ``work`` and says how long FUNCTION took [s]; reads ``result``, writes to ANSWER what it gave, and says ``done``.
MODULE has ``prepare(data)``, whose answer FUNCTION is given: what a modeler would have in hand before the work begins.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import time
from importlib import import_module

import numpy as np

SHORT, MOST_CALLS = 0.02, 50  # as benchmarks.timing has it, which is not imported here: peers stand alone


def timed(work, data) -> tuple[float, object]:
    """(time of one call [s], what it gives)."""
    start = time.perf_counter()
    found = work(data)
    return time.perf_counter() - start, found


def main() -> None:
    function, path, answer = sys.argv[1:]
    tell = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not meant for us

    def say(text: str) -> None:
        print(text, file=tell, flush=True)

    module, _, name = function.partition(":")
    try:
        peer = import_module(f"benchmarks.peers.{module}")
    except ModuleNotFoundError as error:
        return say(f"absent {error.name}")
    with np.load(path) as file:
        data = peer.prepare({key: file[key] for key in file.files})
    say("ready")
    found, work = None, getattr(peer, name)
    for line in sys.stdin:
        if line.strip() == "work":
            gc.collect()
            took, found = timed(work, data)
            times = [timed(work, data)[0] for _ in range(min(MOST_CALLS, int(SHORT / took)))]
            say(repr(statistics.median(times or [took])))
        else:
            np.save(answer, np.asarray(found, float))
            say("done")


if __name__ == "__main__":
    main()
