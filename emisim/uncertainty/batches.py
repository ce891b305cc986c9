"""Batches of draws: blocks that are bound and run together, their figures drawn in pieces that stay in a processor's cache."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from emisim.uncertainty.draws import Frame, Outcome, joined, outcome
from emisim.uncertainty.sampling import Sampler
from emisim.uncertainty.sources import drawn as drawn_of
from emisim.uncertainty.sources import together

BATCHES = 8
CACHED = 2**18  # floats that fit in a processor's cache
CELLS = 2**22  # (draw, row, pollutant, year) that one piece holds at most
KEPT = 2**25 - 2**16  # bytes; glibc looks at nothing larger
TOGETHER = 2**20  # … and up to which blocks are put together


def batches(sizes: Sequence[int], cells: int) -> tuple[range, ...]:
    """Blocks that go through the kernel together, for every batch is bound anew: as many as its arrays bear, but some batches for every
    processor."""
    most = max(1, TOGETHER // (cells * max(sizes)))
    count = max(math.ceil(len(sizes) / most), min(BATCHES, len(sizes)))
    ends = [len(sizes) * k // count for k in range(count + 1)]
    return tuple(range(first, end) for first, end in pairwise(ends))


def run_batch(shared: Frame, drawn: Sampler, sizes: Sequence[int], grouped: Sequence[range], n: int) -> Outcome:
    """One batch of blocks, whose ``sizes`` are given."""
    _keep_memory()
    return run_scores(shared, drawn, (scores for k in grouped[n] for scores in drawn.pieces(k, sizes[k], at_once(drawn.dims))))


def _keep_memory() -> None:
    """Once a large array was freed, glibc keeps what is freed later for the next array; to fetch it anew costs more than to fill it."""
    np.empty(KEPT, np.uint8)


def at_once(dims: int) -> int:
    """Draws at a time whose figures fit in a processor's cache."""
    return max(1, CACHED // max(dims, 1))


def run_scores(shared: Frame, drawn: Sampler, scores: Iterable[np.ndarray], ledger: bool = True) -> Outcome:
    """Draws (draw, dim) through the kernel, so many at a time as its arrays bear: fewer where there are many sources."""
    arranged = drawn.arranged(shared.places.order)
    values = together([drawn_of(shared, arranged.figures(some)) for some in scores])
    pieces = math.ceil(len(values) * math.prod(shared.base.shape) / CELLS)
    step = max(1, math.ceil(len(values) / max(pieces, 1)))
    return joined([outcome(shared, values.some(slice(k, k + step)), ledger) for k in range(0, len(values), step)])
