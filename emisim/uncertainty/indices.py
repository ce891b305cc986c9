"""First-order and total Sobol' indices of one output, by runs made for the purpose.

Two independent samples A and B are drawn; AB_i is A with the dims of input i taken from B. Then

    first_i = mean(f(B)·(f(AB_i) − f(A)))/V        the share of the variance that goes when input i becomes known
    total_i = mean((f(A) − f(AB_i))²)/(2V)         the share that stays when all but input i are known

total − first are the interactions of the input with others. An input may have many dims (a group): its index is that of the
group. Runs needed: n·(inputs + 2).

Source: Saltelli et al. 2010, Comput. Phys. Commun. 181, 259, table 2 (b) and (f), as in scipy.stats.sobol_indices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

BLOCK = 512
HALF_STEP = 2.0**-31  # Sobol' numbers are multiples of 2⁻³⁰: half a step keeps the score of 0 finite
RESAMPLES = 200
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Runs:
    """Results of a design: f_a, f_b (draw,), f_ab (input, draw) in the unit of the output."""

    f_a: np.ndarray
    f_b: np.ndarray
    f_ab: np.ndarray


@dataclass(frozen=True)
class Indices:
    """Sobol' indices of each input, all (input,) [1].

    first, total : indices. first_error, total_error : standard errors from the bootstrap. first_low … total_high : interval at
    CONFIDENCE. A first index may come out a little below 0, and a total one above 1: that is the error of sampling.
    """

    first: np.ndarray
    first_error: np.ndarray
    first_low: np.ndarray
    first_high: np.ndarray
    total: np.ndarray
    total_error: np.ndarray
    total_low: np.ndarray
    total_high: np.ndarray


def design(
    inputs: Sequence[Sequence[int]], dims: int, n: int, seed: int, block: int = BLOCK
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Draw A and B from one scrambled Sobol' sequence of 2·dims coordinates, a block at a time.

    The first inputs get the first coordinates, which are the best spread (in A and in B): name the most important ones first. Far
    coordinates may be correlated in pairs as long as n is small.

    Parameters
    ----------
    inputs : dims of each input; dims that no input names come last. dims : of the model. n : draws, a power of two. seed : of the
    scrambling. block : draws at a time.

    Yields
    ------
    z_a, z_b : (draw, dim) independent standard normal scores
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    if n < 2 or n & (n - 1):
        raise ValueError(f"n must be a power of two, not {n}")
    named = [d for dims_of in inputs for d in dims_of]
    order = np.array([*named, *sorted(set(range(dims)) - set(named))], dtype=int)
    if sorted(order.tolist()) != list(range(dims)):
        raise ValueError("a dim belongs to two inputs, or is none of the model's")
    # A generator as ``seed`` is taken alike by every scipy; a plain number changes its keyword in 1.15.
    sequence = qmc.Sobol(2 * dims, scramble=True, seed=np.random.default_rng(seed))
    for start in range(0, n, block):
        u = sequence.random(min(block, n - start)) + HALF_STEP
        z_a, z_b = np.empty((len(u), dims)), np.empty((len(u), dims))
        z_a[:, order], z_b[:, order] = ndtri(u[:, 0::2]), ndtri(u[:, 1::2])
        yield z_a, z_b


def swapped(z_a: np.ndarray, z_b: np.ndarray, dims: Sequence[int]) -> np.ndarray:
    """A with the dims of one input taken from B, (draw, dim)."""
    z = z_a.copy()
    z[:, list(dims)] = z_b[:, list(dims)]
    return z


def runs(
    evaluate: Callable[[np.ndarray], np.ndarray],
    inputs: Sequence[Sequence[int]],
    dims: int,
    n: int,
    seed: int,
    block: int = BLOCK,
) -> Runs:
    """Run a model on A, B and every AB_i; memory holds one block at a time.

    Parameters
    ----------
    evaluate : z (draw, dim) → output (draw,), finite. inputs, dims, n, seed, block : see ``design``.

    Returns
    -------
    Runs
    """
    f_a, f_b, f_ab = [], [], []
    for z_a, z_b in design(inputs, dims, n, seed, block):
        f_a.append(evaluate(z_a))
        f_b.append(evaluate(z_b))
        f_ab.append(np.array([evaluate(swapped(z_a, z_b, own)) for own in inputs]))
    return Runs(np.concatenate(f_a), np.concatenate(f_b), np.concatenate(f_ab, axis=1))


def indices(found: Runs, seed: int, resamples: int = RESAMPLES, confidence: float = CONFIDENCE) -> Indices:
    """First-order and total Sobol' indices, with bootstrap errors and intervals.

    The draws are resampled as if independent, which overstates the error of a Sobol' sequence. scipy's own ``bootstrap`` is not
    used: it takes its random numbers from a generator that cannot be seeded, and holds all resamples at once.

    Parameters
    ----------
    found : results of the runs. seed, resamples : of the bootstrap. confidence : of the intervals [1].

    Returns
    -------
    Indices; all 0 where the output does not vary

    Raises
    ------
    ValueError where an output is not finite

    Source: Archer, Saltelli & Sobol' 1997, J. Stat. Comput. Simul. 58, 99 (bootstrap of the indices).
    """
    if not all(np.isfinite(f).all() for f in (found.f_a, found.f_b, found.f_ab)):
        raise ValueError("an output that is not finite has no indices")
    value = _sobol(found)
    rng, count = np.random.default_rng(seed), len(found.f_a)
    again = []
    for _ in range(resamples):
        k = rng.integers(count, size=count)
        again.append(_sobol(Runs(found.f_a[k], found.f_b[k], found.f_ab[:, k])))
    spread = np.array(again)
    error = spread.std(axis=0, ddof=1)
    low, high = np.quantile(spread, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0], axis=0)
    return Indices(value[0], error[0], low[0], high[0], value[1], error[1], low[1], high[1])


def _sobol(found: Runs) -> np.ndarray:
    """First and total indices (2, input)."""
    from scipy.stats import sobol_indices

    # scipy cannot do a single input: it is computed twice, and one is dropped.
    pages = found.f_ab if len(found.f_ab) > 1 else np.repeat(found.f_ab, 2, axis=0)
    func = {"f_A": found.f_a[None], "f_B": found.f_b[None], "f_AB": pages[:, None]}
    result = sobol_indices(func=func, n=len(found.f_a))
    return np.array([result.first_order, result.total_order])[:, : len(found.f_ab)]
