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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from emisim.distribution import Correlation, Distribution
from emisim.errors import BadInput, Fault, Place, fault, nearest
from emisim.uncertainty.inputs import Inputs
from emisim.uncertainty.nets import BITS, Nets, nets
from emisim.uncertainty.quantile import Quantile, as_slice, quantile_function

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
class Mix:
    """Figures whose scores are sums of as many terms. dims, weights : (term, figure)."""

    figures: np.ndarray
    dims: np.ndarray
    weights: np.ndarray

    def of(self, scores: np.ndarray) -> np.ndarray:
        """(draw, figure) scores of the figures."""
        total = None
        for dims, weights in zip(self.dims, self.weights, strict=True):
            term = np.take(scores, dims, axis=1)
            if (weights != 1.0).any():
                term *= weights
            total = term if total is None else np.add(total, term, out=total)
        return total


@dataclass(frozen=True, eq=False)
class Sampler:
    """Draws the uncertain figures of a case.

    inputs : the independent inputs, which share out the dims among them. mixing : (dims, weights) of each figure, whose sum is
    its score; mixes : the same, ready for all figures at once. columns : (figures, quantile function) of each shape. cut : figure → share
    of its distribution outside what it can be. nets : of the Sobol' method.
    """

    inputs: tuple[Input, ...]
    mixing: tuple[tuple[np.ndarray, np.ndarray], ...]
    mixes: tuple[Mix, ...]
    columns: tuple[tuple[np.ndarray, Quantile], ...]
    cut: Mapping[int, float]
    dims: int
    method: str
    seed: int
    nets: Nets | None = None

    def scores(self, block: int, size: int) -> np.ndarray:
        """Independent standard normal scores of a block: (draw, dim) [1]."""
        return next(self.pieces(block, size, max(size, 1)))

    def pieces(self, block: int, size: int, most: int) -> Iterator[np.ndarray]:
        """The scores of a block, so many draws at a time; the next may be written over the last."""
        seeds = np.random.SeedSequence(self.seed, spawn_key=(block,))
        starts = range(0, size, most)
        if self.method == "random" or not self.dims:
            normal, held = np.random.Generator(np.random.SFC64(seeds)), np.empty((min(most, size), self.dims))
            yield from (normal.standard_normal(out=held[: size - first]) for first in starts)
            return
        uniform = self._stratified(np.random.default_rng(seeds), size)
        yield from (_scores(uniform[first : first + most]) for first in starts)

    def _stratified(self, random: np.random.Generator, size: int) -> np.ndarray:
        """(draw, dim) even numbers between 0 and 1, or Sobol' numbers as multiples of 2⁻³⁰."""
        if self.nets is not None:
            return self.nets.points(size, random)  # a last, shorter block is the beginning of a net
        from scipy.stats import qmc

        return qmc.LatinHypercube(self.dims, seed=random).random(size)

    def figures(self, scores: np.ndarray) -> np.ndarray:
        """The values of all figures: (draw, figure) [canonical units]."""
        if len(self.mixes) == 1:
            out = self.mixes[0].of(scores)
        else:
            out = np.empty((len(scores), len(self.mixing)))
            for mix in self.mixes:
                out[:, as_slice(mix.figures)] = mix.of(scores)
        for columns, quantile in self.columns:
            at = as_slice(columns)
            mine = out[:, at]
            found = quantile.of_scores(mine)
            if found is not mine or not isinstance(at, slice):
                out[:, at] = found
        return out

    def arranged(self, order: np.ndarray) -> Sampler:
        """The same with the figures in another order; what is said of them by number stays as it was."""
        place = np.argsort(order)
        mixes = []
        for mix in self.mixes:
            sort = np.argsort(place[mix.figures])
            mixes.append(Mix(place[mix.figures][sort], mix.dims[:, sort], mix.weights[:, sort]))
        columns = []
        for mine, quantile in self.columns:
            sort = np.argsort(place[mine])
            columns.append((place[mine][sort], quantile.some(sort)))
        return replace(self, mixes=tuple(mixes), columns=tuple(columns))

    def quantiles(self, share: float) -> np.ndarray:
        """The quantile of every figure below which a share lies: (figure,) [canonical units]."""
        out = np.empty(len(self.mixing))
        for columns, quantile in self.columns:
            out[columns] = quantile(np.full(columns.size, share))
        return out


def _scores(uniform: np.ndarray) -> np.ndarray:
    """Normal scores of numbers between 0 and 1, or of multiples of 2⁻³⁰."""
    from scipy.special import ndtri

    if uniform.dtype.kind == "u":
        share = uniform * 2.0**-BITS
        share += HALF_STEP
    else:
        share = np.clip(uniform, HALF_STEP, 1.0 - HALF_STEP)
    return ndtri(share, out=share)


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
    known = nets(first, LARGEST_BLOCK) if method == "sobol" and first else None
    return Sampler(tuple(found), tuple(mixing), _mixes(mixing), columns, cut, first, method, seed, known)


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


def _mixes(mixing: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[Mix, ...]:
    """Figures by the number of scores that they are made of."""
    found = []
    for count in sorted({dims.size for dims, _ in mixing}):
        mine = np.array([k for k, (dims, _) in enumerate(mixing) if dims.size == count])
        dims, weights = (np.stack([mixing[k][n] for k in mine.tolist()], axis=1) for n in (0, 1))
        found.append(Mix(mine, dims, weights))
    return tuple(found)
