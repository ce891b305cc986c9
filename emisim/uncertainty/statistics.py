"""Figures of a sample, each with its standard error.

Draws come in blocks that are randomised independently of each other (a scrambled net, a Latin hypercube, plain draws). So the
spread between the blocks says how far a figure is from what infinitely many draws would give, whatever happens within a block:

    error = sd(figure of each full block) / √blocks

With fewer than LEAST_BLOCKS full blocks the formulas for independent draws stand in; stratified draws are better than that, so
these err on the side of caution. A draw in which an output has no value (not finite) is left out of mean, deviation and
quantiles, and counts as not met in a probability.

Source: Owen 2013, Monte Carlo theory, methods and examples, ch. 17 (randomised quasi-Monte Carlo: independent replicates).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

LEAST_BLOCKS = 8
# Draws that a batch needs beyond a quantile: with fewer, its own quantile is little more than its largest draw.
TAIL = 5
# None in n: up to 3/n with 95 % confidence, which is 1.96 errors.
RULE_OF_THREE = 3.0 / 1.96
# What is near enough: an interval's end by its half width, a probability by itself [1].
END_NEAR = 0.05
CHANCE_NEAR = 0.01


@dataclass(frozen=True)
class Estimate:
    """A figure and its standard error.

    value, error : (...) in the unit of the output; nan where no draw has a value.
    """

    value: np.ndarray
    error: np.ndarray


@dataclass(frozen=True)
class Precision:
    """Whether the draws are enough.

    draws : what was drawn. needed : what would do, in full blocks. interval : the largest error of an end by the half width of
    its interval [1]. probability : the largest error of a probability [1].
    """

    draws: int
    needed: int
    interval: float
    probability: float

    @property
    def enough(self) -> bool:
        """Whether what was drawn will do."""
        return self.needed <= self.draws


def mean(draws: np.ndarray, size: int) -> Estimate:
    """Mean over the draws.

    error = sd of block means / √blocks; with few blocks sd / √n

    Parameters
    ----------
    draws : (draw, ...). size : draws of a full block.

    Returns
    -------
    Estimate of (...)
    """
    draws = np.asarray(draws, dtype=float)
    return Estimate(_mean(draws), _error(draws, size, _mean, lambda: _deviation(draws) / np.sqrt(_count(draws))))


def deviation(draws: np.ndarray, size: int) -> Estimate:
    """Standard deviation over the draws, with n − 1.

    error = sd of block deviations / √blocks; with few blocks sd·√((kurtosis − 1)/(4n)), by the delta method

    Parameters
    ----------
    draws : (draw, ...). size : draws of a full block.

    Returns
    -------
    Estimate of (...); 0 where only one draw has a value
    """
    draws = np.asarray(draws, dtype=float)

    def formula() -> np.ndarray:
        apart = draws - _mean(draws)
        square, fourth = _mean(apart**2), _mean(apart**4)
        kurtosis = np.divide(fourth, square**2, out=np.ones_like(square), where=square**2 > 0)
        return _deviation(draws) * np.sqrt(np.maximum(kurtosis - 1.0, 0.0) / (4.0 * _count(draws)))

    return Estimate(_deviation(draws), _error(draws, size, _deviation, formula))


def quantiles(draws: np.ndarray, levels: Sequence[float], size: int) -> Estimate:
    """Quantiles over the draws that have a value, by linear interpolation.

    error = sd of batch quantiles / √batches, around the mean of the batches, so that the bias of a small batch does not count; a
    batch is as many blocks as it takes to have TAIL draws beyond the quantile. With few batches half of the distance between the
    quantiles at level ± √(level·(1 − level)/n).

    Parameters
    ----------
    draws : (draw, ...). levels : [1]. size : draws of a full block.

    Returns
    -------
    Estimate of (level, ...)

    Source: Woodruff 1952, J. Am. Stat. Assoc. 47, 635 (interval of a quantile from the order statistics).
    """
    draws = np.asarray(draws, dtype=float)
    value = _quantile(draws, list(levels))
    errors = []
    for level in levels:
        batch = size * max(1, math.ceil(TAIL / (size * max(min(level, 1.0 - level), 1.0 / max(len(draws), 1)))))
        errors.append(_error(draws, batch, lambda x, p=level: _quantile(x, [p])[0], lambda p=level: _between(draws, p)))
    return Estimate(value, np.array(errors))


def probability(hits: np.ndarray, size: int) -> Estimate:
    """Share of the draws that hit.

    error = sd of block shares / √blocks, with few blocks √(p·(1 − p)/n); at least 1.53/n: with no hit in n draws up to 3/n is
    possible at 95 % confidence. Blocks that agree to the digit are no certainty either: one draw in n is all they resolve.

    Parameters
    ----------
    hits : (draw, ...) met or not; a draw without a value is not met. size : draws of a full block.

    Returns
    -------
    Estimate of (...) [1]

    Source: Hanley & Lippman-Hand 1983, JAMA 249, 1743 (rule of three).
    """
    hits = np.asarray(hits, dtype=float)
    value = _mean(hits)
    error = _error(hits, size, _mean, lambda: np.sqrt(value * (1.0 - value) / len(hits)))
    return Estimate(value, np.maximum(error, min(RULE_OF_THREE / len(hits), 1.0)))


def enough(draws: int, size: int, ends: Estimate | None = None, chances: Estimate | None = None) -> Precision:
    """Whether there are enough draws, and how many would do: an error falls as 1/√draws.

    needed = draws · max(error of an end / (END_NEAR·half width), error of a probability / CHANCE_NEAR)²

    Parameters
    ----------
    draws, size : draws in all, and of a full block. ends : (2, ...) lower and upper ends of intervals; those without width or
    without a value do not count. chances : (...) probabilities.

    Returns
    -------
    Precision
    """
    interval = 0.0
    if ends is not None:
        half = np.broadcast_to((ends.value[1] - ends.value[0]) / 2.0, ends.error.shape)
        wide = np.isfinite(half) & (half > 0) & np.isfinite(ends.error)
        interval = float((ends.error[wide] / half[wide]).max(initial=0.0))
    chance = 0.0 if chances is None else float(np.asarray(chances.error).max(initial=0.0))
    short = max(interval / END_NEAR, chance / CHANCE_NEAR)
    needed = draws if short <= 1.0 else math.ceil(draws * short**2 / size) * size
    return Precision(draws, needed, interval, chance)


def _error(
    draws: np.ndarray, size: int, figure: Callable[[np.ndarray], np.ndarray], formula: Callable[[], np.ndarray]
) -> np.ndarray:
    """Standard error of a figure: spread between full blocks where at least LEAST_BLOCKS have a value, else the formula."""
    full = len(draws) // size
    if full < LEAST_BLOCKS:
        return formula()
    blocks = np.array([figure(draws[k * size : (k + 1) * size]) for k in range(full)])
    few = np.isfinite(blocks).sum(axis=0) < LEAST_BLOCKS
    spread = _deviation(blocks) / np.sqrt(np.maximum(_count(blocks), 1))
    return np.where(few, formula(), spread) if few.any() else spread


def _count(draws: np.ndarray) -> np.ndarray:
    """Draws that have a value (...); 1 where none has."""
    return np.maximum(np.isfinite(draws).sum(axis=0), 1)


def _mean(draws: np.ndarray) -> np.ndarray:
    """Mean of the draws that have a value (...), nan where none has."""
    finite = np.isfinite(draws)
    total = np.where(finite, draws, 0.0).sum(axis=0)
    return np.where(finite.any(axis=0), total / _count(draws), np.nan)


def _deviation(draws: np.ndarray) -> np.ndarray:
    """Standard deviation of the draws that have a value (...), nan where none has."""
    finite = np.isfinite(draws)
    apart = np.where(finite, draws - np.where(finite.any(axis=0), _mean(draws), 0.0), 0.0)
    least = np.maximum(finite.sum(axis=0) - 1, 1)
    return np.where(finite.any(axis=0), np.sqrt((apart**2).sum(axis=0) / least), np.nan)


def _quantile(draws: np.ndarray, levels: list[float]) -> np.ndarray:
    """Quantiles (level, ...) of the draws that have a value, nan where none has."""
    finite = np.isfinite(draws)
    if finite.all():
        return np.quantile(draws, levels, axis=0)
    found = np.full((len(levels), *draws.shape[1:]), np.nan)
    for at in zip(*np.nonzero(finite.any(axis=0)), strict=True):
        column = draws[(slice(None), *at)]
        found[(slice(None), *at)] = np.quantile(column[np.isfinite(column)], levels)
    return found


def _between(draws: np.ndarray, level: float) -> np.ndarray:
    """Standard error of a quantile of independent draws: half of the distance between those one binomial error off."""
    count = int(np.max(_count(draws), initial=1))
    step = math.sqrt(level * (1.0 - level) / count)
    low, high = _quantile(draws, [max(level - step, 0.0), min(level + step, 1.0)])
    return (high - low) / 2.0
