"""Distributions: a figure with its range and shape, and how figures hang together.

normal       mean = value, low and high = 2.5 % and 97.5 %; symmetric
lognormal    median = value, low and high = 2.5 % and 97.5 %:  x = v + s·(e^{σz} − 1),  q = (high − v)/(v − low),
             σ = ln q / 1.96,  s = (v − low)/(1 − 1/q);  where v = √(low·high) this is the plain lognormal, at q < 1 its mirror
triangular   low, most likely value, high         uniform    low to high
beta         PERT: low, most likely value, high, λ = 4
discrete     low, value and high are the only ones there are, with their probabilities
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from emisim.errors import Place

FIXED = "fixed"
SHAPES = (FIXED, "normal", "lognormal", "triangular", "uniform", "beta", "discrete")
SYMMETRIC = 0.05  # a normal's halves may differ by this share of its width: rounding of printed ranges
SUM_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Distribution:
    """A number with its range and shape, all in one unit; ``low`` and ``high`` equal the value where there is no range.

    least, most : what the number can be at all; the distribution is cut there and scaled up again. probabilities : of low, value and
    high where these are the only ones.
    """

    value: float
    low: float
    high: float
    shape: str = FIXED
    probabilities: tuple[float, ...] = ()
    least: float = -math.inf
    most: float = math.inf

    @property
    def fixed(self) -> bool:
        """Whether it is one number: no shape, or no width."""
        return self.shape == FIXED or not self.low < self.high

    def times(self, scale: float) -> Distribution:
        """The same number in another unit (scale > 0)."""
        ends = (self.value * scale, self.low * scale, self.high * scale)
        return Distribution(*ends, self.shape, self.probabilities, self.least * scale, self.most * scale)

    def problem(self) -> str:
        """Why nothing can be drawn from it, as the last part of a message key; empty if all is well."""
        if self.fixed:
            return ""
        if self.shape == "normal" and abs(self.high + self.low - 2 * self.value) > SYMMETRIC * (self.high - self.low):
            return "normal"
        if self.shape == "lognormal" and not self.low < self.value < self.high:
            return "lognormal"
        if self.shape == "discrete" and not _adds_up(self.probabilities):
            return "discrete"
        return "probabilities" if self.probabilities and self.shape != "discrete" else ""


def parsed(text: str) -> tuple[float, ...]:
    """Probabilities as a table has them, ``0.25 | 0.5 | 0.25``; empty if there are none.

    Raises
    ------
    ValueError
    """
    return tuple(float(part) for part in text.split("|")) if text.strip() else ()


def _adds_up(probabilities: tuple[float, ...]) -> bool:
    sound = len(probabilities) == 3 and all(0.0 <= p <= 1.0 for p in probabilities)
    return sound and abs(math.fsum(probabilities) - 1.0) <= SUM_TOLERANCE


@dataclass(frozen=True)
class Correlation:
    """Rank correlation (Spearman) between two variables, or within a group if both are the same [1]. A variable is a correlation
    group, or the id of an uncertain figure that is in none."""

    first: str
    second: str
    rank: float
    place: Place = Place()
    grade: str = ""
    source: str = ""
