"""Coverage cells: which measures meet on one unit, and how often.

Each measure covers a share of a row's units. How these shares lie in one another decides how many units are covered by both, by
one, by none:

    independent  P(A and B) = a·b          disjoint  P(A and B) = 0          nested  P(A and B) = min(a, b)
    spread       as disjoint as possible: P(A and B) = max(0, a + b − 1), for two measures the lower Fréchet bound

Shares are arrays that broadcast to (..., row, period) [1]. A cell is (the names that hold in it, its weight); the weights sum
to 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np

Cell = tuple[tuple, np.ndarray | float]


def subsets(members: Sequence) -> Iterator[tuple]:
    """All subsets, in a fixed order."""
    for picks in product((False, True), repeat=len(members)):
        yield tuple(k for k, pick in zip(members, picks, strict=True) if pick)


def nested(cover: Mapping) -> Iterator[Cell]:
    """The smaller coverage lies inside the larger: weight max(0, min_in − max_out)."""
    for active in subsets(tuple(cover)):
        inside = [cover[k] for k in active]
        outside = [c for k, c in cover.items() if k not in active]
        yield active, np.maximum((minimum(inside) if inside else 1.0) - (maximum(outside) if outside else 0.0), 0.0)


def along_line(spans: Mapping) -> Iterator[Cell]:
    """Cells that intervals (from, to) cut out of the line from 0 to 1; an interval may run past 1 and then goes on at 0."""
    if _from_zero(spans):
        yield from _nested_alike({name: high for name, (_, high) in spans.items()})
        return
    names = list(spans)
    ends = np.broadcast_arrays(*(low for low, _ in spans.values()), *(high for _, high in spans.values()), np.zeros((1, 1)))
    low, high = np.stack(ends[: len(names)], axis=-1), np.stack(ends[len(names) : -1], axis=-1)
    cuts = np.sort(np.concatenate([np.zeros_like(low[..., :1]), _wrapped(low), _wrapped(high)], axis=-1), axis=-1)
    width = np.diff(cuts, axis=-1, append=1.0)
    middle = (cuts + width / 2)[..., None]
    inside = (middle - low[..., None, :]) % 1.0 < (high - low)[..., None, :]
    code = (inside * 2 ** np.arange(len(names))).sum(axis=-1)
    for value in np.unique(code):
        yield (
            tuple(name for bit, name in enumerate(names) if int(value) >> bit & 1),
            np.where(code == value, width, 0.0).sum(axis=-1),
        )


def _from_zero(spans: Mapping) -> bool:
    """Whether plain intervals all begin at 0 and end within the line, so that they lie in one another."""
    begin = all(np.ndim(low) == 0 and isinstance(low, float) and low == 0.0 for low, _ in spans.values())
    return begin and all(np.asarray(high).dtype != object and np.max(high) <= 1.0 for _, high in spans.values())


def _nested_alike(cover: Mapping) -> Iterator[Cell]:
    """``nested``, where equal coverages are one: the actions of a measure mostly cover the same units."""
    alike: list[tuple[list, np.ndarray]] = []
    for name, share in cover.items():
        same = next((names for names, other in alike if np.array_equal(other, share)), None)
        if same is None:
            alike.append(([name], share))
        else:
            same.append(name)
    for active, weight in nested({k: share for k, (_, share) in enumerate(alike)}):
        yield tuple(name for name in cover if any(name in alike[k][0] for k in active)), weight


def _wrapped(point: np.ndarray) -> np.ndarray:
    return np.where(point > 1.0, point % 1.0, point)


def combine(choices: Sequence[Sequence[Cell]], between: str = "independent") -> Iterator[Cell]:
    """Cells of several blocks, each given by its own cells, that lie to each other as ``between`` says: independent, nested or
    spread.

    Nested blocks all begin at 0 of the line of units, their covered cells first; spread blocks are laid end to end.
    """
    if between == "independent" or len(choices) < 2:
        for picks in product(*choices):
            yield tuple(k for active, _ in picks for k in active), times(weight for _, weight in picks)
        return
    spans: dict[tuple[int, int], tuple] = {}
    start: np.ndarray | float = 0.0
    for b, cells in enumerate(choices):
        low = start if between == "spread" else 0.0
        for c, (active, weight) in enumerate(cells):
            if active:
                spans[b, c] = low % 1.0, low % 1.0 + weight
                low = low + weight
        start = low
    for found, weight in along_line(spans) if spans else [((), 1.0)]:
        yield tuple(k for b, c in found for k in choices[b][c][0]), weight


def times(values) -> np.ndarray | float:
    """Product; 1 of nothing."""
    out: np.ndarray | float = 1.0
    for value in values:
        out = out * value
    return out


def plus(values) -> np.ndarray | float:
    """Sum; 0 of nothing. One term after another: from Python 3.12 on the builtin rounds sums of floats otherwise."""
    out: np.ndarray | float = 0.0
    for value in values:
        out = out + value
    return out


def minimum(values: Sequence[np.ndarray]) -> np.ndarray:
    """Elementwise minimum of at least one array."""
    out = values[0]
    for value in values[1:]:
        out = np.minimum(out, value)
    return out


def maximum(values: Sequence[np.ndarray]) -> np.ndarray:
    """Elementwise maximum of at least one array."""
    out = values[0]
    for value in values[1:]:
        out = np.maximum(out, value)
    return out
