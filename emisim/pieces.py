"""Work on many rows in pieces that fit a cache, on several threads where that is worth it: numpy lets other threads run meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

BLOCK = 4096  # rows that are computed together: few enough to stay in the cache of a processor
WORTH_A_THREAD = 100_000  # rows


def over_pieces(cuts: Sequence[int], block: Callable[[int, int], None], rows: int) -> None:
    """Call ``block(from, to)`` between each two cuts, on several threads where there are many rows. A piece is computed alike on any
    thread, so their number changes no digit."""
    pieces = list(pairwise(cuts))

    def several(some: Sequence[tuple[int, int]]) -> None:
        for piece in some:
            block(*piece)

    threads = processors() if rows >= WORTH_A_THREAD else 1
    if threads == 1:
        several(pieces)
        return
    share = -(-len(pieces) // threads)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(several, [pieces[k : k + share] for k in range(0, len(pieces), share)]))


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
