"""Sampling: independent normal scores, correlated by a Gaussian copula, turned into figures by their quantile functions.

    z_figure = √r·z_variable + √(1 − r)·ε,   z_variable = L·z,   LLᵀ = R,   r = 2 sin(π ρ / 6)        ρ: rank correlations
    x = F⁻¹(F(least) + Φ(z_figure)·(F(most) − F(least)))

Draws come in blocks, each a randomisation of its own (a scrambled Sobol' net, a Latin hypercube, or plain random numbers) with its own
seed. So blocks can be drawn anywhere and in any order, memory does not grow with the number of draws, and the spread between
blocks tells the standard error of whatever is computed from them.

Source: Iman and Conover 1982 (rank correlation); Owen 1998, L'Ecuyer and Lemieux 2002 (replicates of randomised nets).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emisim.distribution import Correlation, Distribution
from emisim.errors import BadInput, Fault, Place, fault, nearest
from emisim.uncertainty.inputs import Inputs

METHODS = ("sobol", "lhs", "random")
LARGEST_BLOCK = 512
MOST_SOBOL = 21_201  # dimensions for which scipy knows direction numbers
FEWEST_BLOCKS = 16
HALF_STEP = 2.0**-31  # Sobol' numbers are multiples of 2⁻³⁰, so this keeps them off 0 and 1
IMPOSSIBLE = -1e-9
CUT = 1e-6  # share of a distribution outside the valid range from which it is told


@dataclass(frozen=True)
class Input:
    """What is drawn and ranked as one: a variable, or several that are correlated. dims : of the scores."""

    variables: tuple[str, ...]
    figures: tuple[int, ...]
    dims: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Sampler:
    """Draws the uncertain figures of a case.

    inputs : the independent inputs, which share out the dims among them. mixing : (dims, weights) of each figure, whose sum is
    its score. columns : (figures, quantile function) of each shape. cut : figure → share of its distribution outside what it can be.
    """

    inputs: tuple[Input, ...]
    mixing: tuple[tuple[np.ndarray, np.ndarray], ...]
    columns: tuple[tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]], ...]
    cut: Mapping[int, float]
    dims: int
    method: str
    seed: int

    def scores(self, block: int, size: int) -> np.ndarray:
        """Independent standard normal scores of a block: (draw, dim) [1]."""
        from scipy.special import ndtri
        from scipy.stats import qmc

        if not self.dims:
            return np.zeros((size, 0))
        random = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(block,)))
        if self.method == "random":
            uniform = random.random((size, self.dims))
        elif self.method == "lhs":
            uniform = qmc.LatinHypercube(self.dims, seed=random).random(size)
        else:
            whole = 2 ** math.ceil(math.log2(size))  # a last, shorter block is the beginning of a net
            uniform = qmc.Sobol(self.dims, scramble=True, seed=random).random(whole)[:size]
            # Some pairs of coordinates of a short net are strongly correlated; other pairs in every block, so that it evens out.
            uniform = uniform[:, random.permutation(self.dims)]
        return ndtri(np.clip(uniform + (HALF_STEP if self.method == "sobol" else 0.0), HALF_STEP, 1.0 - HALF_STEP))

    def figures(self, scores: np.ndarray) -> np.ndarray:
        """The values of all figures: (draw, figure) [canonical units]."""
        from scipy.special import ndtr

        share = np.empty((len(scores), len(self.mixing)))
        for k, (dims, weights) in enumerate(self.mixing):
            share[:, k] = (scores[:, dims] * weights).sum(axis=1) if dims.size > 1 else scores[:, dims[0]] * weights[0]
        share = ndtr(share)
        out = np.empty_like(share)
        for columns, quantile in self.columns:
            out[:, columns] = quantile(share[:, columns])
        return out

    def quantiles(self, share: float) -> np.ndarray:
        """The quantile of every figure below which a share lies: (figure,) [canonical units]."""
        out = np.empty(len(self.mixing))
        for columns, quantile in self.columns:
            out[columns] = quantile(np.full(columns.size, share))
        return out


def block_size(draws: int) -> int:
    """Draws of a block: a power of two, and at least 16 blocks wherever that can be."""
    return min(LARGEST_BLOCK, 2 ** max(0, int(math.log2(max(1, draws // FEWEST_BLOCKS)))))


def blocks(draws: int) -> list[int]:
    """The sizes of all blocks; the last may be shorter."""
    size = block_size(draws)
    return [min(size, draws - first) for first in range(0, draws, size)]


def sampler(inputs: Inputs, method: str = "sobol", seed: int = 1) -> Sampler:
    """What draws the uncertain figures of a case.

    Raises
    ------
    BadInput
        A correlation names what is not there, or the correlations are impossible together.
    """
    check_correlations(inputs)
    variables = inputs.variables
    within = {c.first: pearson(c.rank) for c in inputs.correlations if c.first == c.second}
    between = _between(inputs)
    found: list[Input] = []
    mixing: list = [None] * len(inputs.figures)
    first = 0
    for names in _connected(tuple(variables), between):
        lower = _factor(names, between)
        own = first + len(names)
        for k, name in enumerate(names):
            alone = {inputs.figures[figure].own: None for figure in variables[name]}
            r = within.get(name, 1.0) if len(alone) > 1 else 1.0
            shared = np.arange(first, first + len(names))[lower[k] != 0.0]
            weights = lower[k][lower[k] != 0.0]
            if r < 1.0:
                alone = {one: own + n for n, one in enumerate(alone)}
                own += len(alone)
            for figure in variables[name]:
                mine = alone[inputs.figures[figure].own]
                dims, weight = (shared, weights) if mine is None else (np.append(shared, mine), np.append(math.sqrt(r) * weights, math.sqrt(1.0 - r)))  # fmt: skip
                mixing[figure] = dims, weight
        figures = tuple(k for name in names for k in variables[name])
        found.append(Input(names, figures, tuple(range(first, own))))
        first = own
    if method == "sobol" and first > MOST_SOBOL:
        raise BadInput([fault("sample.dims", dims=first, most=MOST_SOBOL)])
    distributions = [f.distribution for f in inputs.figures]
    columns, cut = _columns(distributions)
    return Sampler(tuple(found), tuple(mixing), columns, cut, first, method, seed)


def pearson(rank: float) -> float:
    """Correlation of the normal scores that gives a rank correlation: 2 sin(π ρ / 6) [1]."""
    return rank if abs(rank) in (0.0, 1.0) else 2.0 * math.sin(math.pi * rank / 6.0)


def check_correlations(inputs: Inputs) -> None:
    """Refuse correlations that name what is not there, or are impossible together.

    Raises
    ------
    BadInput
    """
    variables = inputs.variables
    faults: list[Fault] = []
    seen: dict[tuple[str, str], Place] = {}
    for c in inputs.correlations:
        for name in dict.fromkeys((c.first, c.second)):
            if name not in variables and name.partition("#")[0] not in inputs.known:
                near = nearest(name, [*variables, *sorted(inputs.known)])
                faults.append(fault("correlation.unknown", c.place, name=name, near=near))
        if (c.first, c.second) in seen:
            faults.append(fault("correlation.twice", c.place, first=c.first, second=c.second, other=str(seen[c.first, c.second])))
        seen[c.first, c.second] = c.place
        if c.first == c.second and c.rank < 0.0:
            faults.append(fault("correlation.within", c.place, name=c.first, rank=c.rank))
    if faults:
        raise BadInput(faults)
    between = _between(inputs)
    for names in _connected(tuple(variables), between):
        _factor(names, between)


def _between(inputs: Inputs) -> list[Correlation]:
    """Correlations between two variables that are both drawn."""
    there = inputs.variables
    return [c for c in inputs.correlations if c.first != c.second and c.rank != 0.0 and {c.first, c.second} <= there.keys()]


def _connected(names: Sequence[str], between: Sequence[Correlation]) -> list[tuple[str, ...]]:
    """Variables that hang together by correlations, alone if by none; in the order of their first names."""
    groups = {name: {name} for name in names}
    for c in between:
        joined = groups[c.first] | groups[c.second]
        groups |= dict.fromkeys(joined, joined)
    return sorted({tuple(sorted(group)) for group in groups.values()})


def _factor(names: tuple[str, ...], between: Sequence[Correlation]) -> np.ndarray:
    """The lower triangular L with LLᵀ = R (Cholesky); a variable that others determine has no column of its own.

    Raises
    ------
    BadInput
        No variables can be so correlated.
    """
    count = len(names)
    wanted = np.eye(count)
    mine = [c for c in between if c.first in names]
    for c in mine:
        i, j = names.index(c.first), names.index(c.second)
        wanted[i, j] = wanted[j, i] = pearson(c.rank)
    lower = np.zeros_like(wanted)
    for j in range(count):
        left = wanted[j, j] - math.fsum(lower[j, :j] ** 2)
        rest = [wanted[i, j] - math.fsum(lower[i, :j] * lower[j, :j]) for i in range(j + 1, count)]
        if left < IMPOSSIBLE or (left < -IMPOSSIBLE and any(abs(r) > math.sqrt(-IMPOSSIBLE) for r in rest)):
            raise BadInput([fault("correlation.impossible", mine[0].place, names=", ".join(names))])
        if left >= -IMPOSSIBLE:
            lower[j, j] = math.sqrt(left)
            lower[j + 1 :, j] = np.array(rest) / lower[j, j]
    return lower


def _columns(distributions: Sequence[Distribution]):
    """Figures of each shape with their quantile function, and what is cut off by what they can be."""
    found, cut = [], {}
    for shape in sorted({d.shape for d in distributions}):
        mine = np.array([k for k, d in enumerate(distributions) if d.shape == shape])
        quantile, outside = quantile_function(shape, [distributions[k] for k in mine])
        found.append((mine, quantile))
        cut |= {int(k): float(share) for k, share in zip(mine, outside, strict=True) if share > CUT}
    return tuple(found), cut


@dataclass(frozen=True, eq=False)
class Quantile:
    """The quantile function of some distributions of one shape, cut to their valid range: shares (..., figure) in (0, 1) →
    values (..., figure).

    law : frozen distribution of scipy.stats. sign : −1 where a figure is minus what the law draws. begin, width : (figure,) the
    shares below the range, and inside it [1].
    """

    law: Any
    sign: np.ndarray
    begin: np.ndarray
    width: np.ndarray

    def __call__(self, share: np.ndarray) -> np.ndarray:
        return self.sign * self.law.ppf(self.begin + np.where(self.sign > 0, share, 1.0 - share) * self.width)


@dataclass(frozen=True, eq=False)
class Alternatives:
    """The same of discrete distributions. values : (figure, 3); steps : (figure, 2) shares below which the first, and the second,
    is taken."""

    values: np.ndarray
    steps: np.ndarray

    def __call__(self, share: np.ndarray) -> np.ndarray:
        first, second, third = self.values.T
        return np.where(share < self.steps[:, 0], first, np.where(share < self.steps[:, 1], second, third))


def quantile_function(shape: str, distributions: Sequence[Distribution]):
    """The quantiles of some distributions of one shape, cut to their valid range.

    Returns
    -------
    (Quantile or Alternatives, (figure,))
        The function, and the share of each distribution that is cut off [1].
    """
    value, low, high, least, most = (
        np.array([getattr(d, name) for d in distributions]) for name in ("value", "low", "high", "least", "most")
    )
    if shape == "discrete":
        steps = np.cumsum([d.probabilities for d in distributions], axis=1)[:, :2]
        return Alternatives(np.stack([low, value, high], axis=1), steps), np.zeros(value.size)
    sign, law = _law(shape, value, low, high)
    ends = np.sort([law.cdf(sign * least), law.cdf(sign * most)], axis=0)
    return Quantile(law, sign, ends[0], ends[1] - ends[0]), 1.0 - (ends[1] - ends[0])


def _law(shape: str, value: np.ndarray, low: np.ndarray, high: np.ndarray):
    """(sign, frozen distribution of scipy.stats): the figures are sign times what it draws."""
    from scipy import stats

    one, end = np.ones_like(value), stats.norm.ppf(0.975)
    if shape == "normal":
        return one, stats.norm(value, (high - low) / (2 * end))
    if shape == "uniform":
        return one, stats.uniform(low, high - low)
    if shape == "triangular":
        return one, stats.triang((value - low) / (high - low), low, high - low)
    if shape == "beta":
        mode = (value - low) / (high - low)
        return one, stats.beta(1 + 4 * mode, 5 - 4 * mode, low, high - low)
    skew = (high - value) / (value - low)
    sign = np.where(skew >= 1.0, 1.0, -1.0)
    ratio = np.maximum(np.maximum(skew, 1.0 / skew), 1.0 + 1e-6)  # at 1 it would be a normal, to which this is equal in 6 digits
    near = np.where(sign > 0, value - low, high - value)  # the shorter half
    scale = near / (1.0 - 1.0 / ratio)
    return sign, stats.lognorm(np.log(ratio) / end, sign * value - scale, scale)
