"""Quantile functions: normal scores, or the shares below a value, turned into values, for many figures of one shape at once.

x = F⁻¹(F(least) + Φ(z)·(F(most) − F(least)))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emisim.distribution import Distribution

SAME = 1e-6  # a lognormal whose halves are as equal as that would be a normal, to which it is then equal in 6 digits
END = 1.959963984540054  # 97.5 % of a standard normal lie below
NOTHING = 1e-30  # a share that no draw ever comes near


@dataclass(frozen=True, eq=False)
class OfScores:
    """Normals and lognormals: x = shift + scale·z, or shift + scale·e^{spread·z}.

    spread, scale : (figure,) below 0 where a figure is minus what its law draws; spread 0: a normal. begin, width : (figure,) the shares
    below the valid range, and inside it [1]; cut : the figures of which any lies outside.
    """

    shift: np.ndarray
    scale: np.ndarray
    spread: np.ndarray
    begin: np.ndarray
    width: np.ndarray
    cut: np.ndarray

    def of_scores(self, z: np.ndarray) -> np.ndarray:
        """Values of scores (..., figure), which are overwritten."""
        if self.cut.size:
            self._cut(z)
        if self.spread.size and self.spread[0] != 0.0:
            np.exp(np.multiply(z, self.spread, out=z), out=z)
        return np.add(np.multiply(z, self.scale, out=z), self.shift, out=z)

    def _cut(self, z: np.ndarray) -> None:
        """Scores of the whole distribution → those of its valid part."""
        from scipy.special import ndtr, ndtri

        cut = self.cut
        sign = np.where(self.scale[cut] < 0.0, -1.0, 1.0)
        z[..., cut] = sign * ndtri(self.begin[cut] + ndtr(sign * z[..., cut]) * self.width[cut])

    def some(self, which: np.ndarray) -> OfScores:
        """Those of some of the figures."""
        shift, scale, spread, begin, width = (x[which] for x in (self.shift, self.scale, self.spread, self.begin, self.width))
        return OfScores(shift, scale, spread, begin, width, np.flatnonzero(np.isin(which, self.cut)))

    def __call__(self, share: np.ndarray) -> np.ndarray:
        """Values of shares (..., figure) in (0, 1)."""
        from scipy.special import ndtri

        return self.of_scores(ndtri(share))


@dataclass(frozen=True, eq=False)
class OfShares:
    """Shapes with two ends: uniform, triangular, beta. low, span : (figure,) lower end and width; mode : where the peak lies between the
    ends [1]; begin, width : as in ``OfScores``."""

    shape: str
    low: np.ndarray
    span: np.ndarray
    mode: np.ndarray
    begin: np.ndarray
    width: np.ndarray

    def of_scores(self, z: np.ndarray) -> np.ndarray:
        """Values of scores (..., figure), which are overwritten."""
        from scipy.special import ndtr

        return self(ndtr(z, out=z))

    def some(self, which: np.ndarray) -> OfShares:
        """Those of some of the figures."""
        return OfShares(self.shape, *(x[which] for x in (self.low, self.span, self.mode, self.begin, self.width)))

    def __call__(self, share: np.ndarray) -> np.ndarray:
        """Values of shares (..., figure) in (0, 1)."""
        at = self.begin + share * self.width
        if self.shape == "triangular":
            left = at < self.mode
            root = np.sqrt(np.where(left, self.mode * at, (1.0 - self.mode) * (1.0 - at)))
            at = np.where(left, root, 1.0 - root)
        elif self.shape == "beta":
            from scipy.special import betaincinv

            at = betaincinv(1.0 + 4.0 * self.mode, 5.0 - 4.0 * self.mode, at)
        return self.low + self.span * at

    def below(self, value: np.ndarray) -> np.ndarray:
        """The share below a value (figure,), before anything is cut [1]."""
        at = np.clip((value - self.low) / self.span, 0.0, 1.0)
        if self.shape == "triangular":
            left, right = (np.where(m > 0, m, 1.0) for m in (self.mode, 1.0 - self.mode))
            return np.where(at < self.mode, at**2 / left, 1.0 - (1.0 - at) ** 2 / right)
        if self.shape == "beta":
            from scipy.special import betainc

            return betainc(1.0 + 4.0 * self.mode, 5.0 - 4.0 * self.mode, at)
        return at


@dataclass(frozen=True, eq=False)
class Alternatives:
    """Discrete distributions. values : (figure, 3); steps : (figure, 2) shares below which the first, and the second, is taken."""

    values: np.ndarray
    steps: np.ndarray

    def of_scores(self, z: np.ndarray) -> np.ndarray:
        """Values of scores (..., figure), which are overwritten."""
        from scipy.special import ndtr

        return self(ndtr(z, out=z))

    def some(self, which: np.ndarray) -> Alternatives:
        """Those of some of the figures."""
        return Alternatives(self.values[which], self.steps[which])

    def __call__(self, share: np.ndarray) -> np.ndarray:
        """Values of shares (..., figure) in (0, 1)."""
        first, second, third = self.values.T
        return np.where(share < self.steps[:, 0], first, np.where(share < self.steps[:, 1], second, third))


Quantile = OfScores | OfShares | Alternatives


def quantile_function(shape: str, distributions: Sequence[Distribution]) -> tuple[Quantile, np.ndarray]:
    """The quantiles of some distributions of one shape, cut to their valid range.

    Returns
    -------
    (Quantile, (figure,))
        The function, and the share of each distribution that is cut off [1].
    """
    value, low, high, least, most = (
        np.array([getattr(d, name) for d in distributions]) for name in ("value", "low", "high", "least", "most")
    )
    if shape == "discrete":
        steps = np.cumsum([d.probabilities for d in distributions], axis=1)[:, :2]
        return Alternatives(np.stack([low, value, high], axis=1), steps), np.zeros(value.size)
    none, all_of_it = np.zeros(value.size), np.ones(value.size)
    if shape in ("uniform", "triangular", "beta"):
        span = high - low
        law = OfShares(shape, low, span, (value - low) / span, none, all_of_it)
        begin, end = law.below(least), law.below(most)
        return OfShares(shape, low, span, law.mode, begin, end - begin), 1.0 - (end - begin)
    shift, scale, spread = _normal(value, low, high) if shape == "normal" else _lognormal(value, low, high)
    ends = np.sort([_below(shift, scale, spread, edge) for edge in (least, most)], axis=0)
    begin, width = ends[0], ends[1] - ends[0]
    cut = np.flatnonzero((begin > NOTHING) | (width < 1.0))
    return OfScores(shift, scale, spread, begin, width, cut), 1.0 - width


def _normal(value: np.ndarray, low: np.ndarray, high: np.ndarray):
    return value, (high - low) / (2 * END), np.zeros(value.size)


def _lognormal(value: np.ndarray, low: np.ndarray, high: np.ndarray):
    """(shift, scale, spread) of the lognormal that goes through three points; mirrored where the lower half is the longer."""
    skew = (high - value) / (value - low)
    sign = np.where(skew >= 1.0, 1.0, -1.0)
    ratio = np.maximum(np.maximum(skew, 1.0 / skew), 1.0 + SAME)
    near = np.where(sign > 0, value - low, high - value)  # the shorter half
    scale = sign * (near / (1.0 - 1.0 / ratio))
    return value - scale, scale, sign * (np.log(ratio) / END)


def _below(shift: np.ndarray, scale: np.ndarray, spread: np.ndarray, value: np.ndarray) -> np.ndarray:
    """The share below a value of what the laws draw, of a mirrored one above it (figure,) [1]."""
    from scipy.special import ndtr

    with np.errstate(
        divide="ignore", invalid="ignore"
    ):  # beyond the end of a lognormal there is nothing, which is the logarithm of 0
        at = (value - shift) / scale
        return ndtr(np.where(spread == 0.0, at, np.log(np.maximum(at, 0.0)) / np.abs(spread)))


def as_slice(at: np.ndarray) -> np.ndarray | slice:
    """Positions; as a slice if they follow one another, so that nothing need be copied."""
    return slice(int(at[0]), int(at[-1]) + 1) if at.size and (np.diff(at) == 1).all() else at
