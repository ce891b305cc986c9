"""Error propagation as IPCC Approach 1 does it, to stand beside the sampled intervals.

    product   U = √(U_activity² + U_factor²)                       (eq. 3.1)
    sum       U = √(Σ (U_i·E_i)²)/|Σ E_i|                          (eq. 3.2)
    trend     table 3.2, with Type A and Type B sensitivities

U is half of the 95 % interval, by the central value [1]. Rows that share a figure (one factor for many sources) rise and fall
together: their effects are added before squares are summed. Only the inventory is uncertain here; growth and measures are as
planned.

Source: IPCC 2006 Guidelines for National Greenhouse Gas Inventories, vol. 1, ch. 3, sections 3.2.3.1 and 3.7.1, table 3.2; the
same scheme in EMEP/EEA air pollutant emission inventory guidebook 2019, part A, ch. 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NONE = -1  # the figure of a row is exact, or belongs to no group
WIDE = 0.60  # U: the guidelines name a coefficient of variation of 0.3
# Judgement: halves that differ by more than this share of the larger one are no longer a symmetric interval.
SKEWED = 0.30
SMALL = 0.01  # the rise of 1 % by which table 3.2 finds the Type A sensitivity


@dataclass(frozen=True)
class Rows:
    """What is uncertain in the emissions of some rows.

    activity : (row,) number of the variable that the activity belongs to; equal numbers rise and fall together; NONE is exact.
    factor : (row, pollutant) the same of the emission factor. The numbers are of one list: an activity and a factor may share
    one. activity_half : (row,) U of the activity [1]. factor_half : (row, pollutant) U of the factor [1].
    """

    activity: np.ndarray
    factor: np.ndarray
    activity_half: np.ndarray
    factor_half: np.ndarray


@dataclass(frozen=True)
class Level:
    """Uncertainty of a total, (pollutant,).

    half : half of the 95 % interval [t/yr]. relative : the same by the total [1], nan where the total is 0.
    """

    half: np.ndarray
    relative: np.ndarray


@dataclass(frozen=True)
class Trend:
    """Uncertainty of a relative change, (pollutant,).

    change : end over start less 1 [%]. half : half of the 95 % interval by table 3.2 [percentage points], factors the same in
    both years, activities independent. correlated : the same where activities are as wrong in both years, which is how base-year
    figures are sampled. All nan where the start is 0.
    """

    change: np.ndarray
    half: np.ndarray
    correlated: np.ndarray


@dataclass(frozen=True)
class Doubts:
    """Positions of figures for which Approach 1 does not hold, the largest offender first.

    wide : U above WIDE. skewed : halves that differ by more than SKEWED of the larger. correlated : figures that share a group,
    those of the largest group first.
    """

    wide: tuple[int, ...]
    skewed: tuple[int, ...]
    correlated: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.wide or self.skewed or self.correlated)


def half_width(value: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """U: half of the 95 % interval by the central value, the larger half where it is asymmetric.

    U = max(high − value, value − low)/|value|

    Parameters
    ----------
    value, low, high : (...) central value and ends of the 95 % interval, in one unit

    Returns
    -------
    (...) [1]; 0 without a range, infinite where the value is 0 and the range is not
    """
    value = np.asarray(value, dtype=float)
    half = np.maximum(np.maximum(high - value, value - low), 0.0)
    beyond = np.where(half > 0, np.inf, 0.0)
    return np.divide(half, np.abs(value), out=beyond, where=value != 0)


def level(emission: np.ndarray, rows: Rows) -> Level:
    """Uncertainty of the total emission.

    half = √(Σ_variables (Σ_rows E·U)²)

    Parameters
    ----------
    emission : (row, pollutant) [t/yr]. rows : variables and U of the rows.

    Returns
    -------
    Level
    """
    emission = np.asarray(emission, dtype=float)
    effect = _by_variable(_times(emission, rows.activity_half[:, None]), rows.activity, rows)
    effect = effect + _by_variable(_times(emission, rows.factor_half), rows.factor, rows)
    half, total = np.sqrt((effect**2).sum(axis=0)), np.abs(emission.sum(axis=0))
    return Level(half, np.divide(half, total, out=np.full_like(half, np.nan), where=total > 0))


def trend(start: np.ndarray, end: np.ndarray, rows: Rows) -> Trend:
    """Uncertainty of the relative change of the total emission between two years, by table 3.2.

        R = Σ E_t/Σ E_0
        Type A = (ΣE_t + 0.01·E_t)/(ΣE_0 + 0.01·E_0) − R, by 0.01: what a variable does that is as wrong in both years
        Type B = E_t/Σ E_0: what it does that is wrong in the second year
        half² = Σ_factors (Type A·U)² + Σ_activities (Type B·U·√2)²

    √2 stands for an independent error of equal size in the first year, which is the guidelines' approximation: for an emission
    that falls far it is too little. A variable of many rows counts with the emissions of all of them together.

    Parameters
    ----------
    start, end : (row, pollutant) emissions E_0 and E_t [t/yr]. rows : variables and U of the rows.

    Returns
    -------
    Trend
    """
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        base = np.where(start.sum(axis=0) > 0, start.sum(axis=0), np.nan)
        ratio = end.sum(axis=0) / base
        by_activity = _alike(start, end, rows.activity_half[:, None], rows.activity, rows, base, ratio)
        by_factor = _alike(start, end, rows.factor_half, rows.factor, rows, base, ratio)
        later = _by_variable(_times(end, rows.activity_half[:, None]), rows.activity, rows) / base
    half = np.sqrt((by_factor**2).sum(axis=0) + 2.0 * (later**2).sum(axis=0))
    correlated = np.sqrt(((by_factor + by_activity) ** 2).sum(axis=0))
    return Trend(100.0 * (ratio - 1.0), 100.0 * half, 100.0 * correlated)


def doubts(value: np.ndarray, low: np.ndarray, high: np.ndarray, group: np.ndarray | None = None) -> Doubts:
    """Where the conditions of Approach 1 do not hold: small, symmetric, independent uncertainties.

    Parameters
    ----------
    value, low, high : (figure,) central value and ends of the 95 % interval, in the unit of the figure. group : (figure,) number
    of the correlation group; NONE is none.

    Returns
    -------
    Doubts

    Source: IPCC 2006 Guidelines, vol. 1, ch. 3, section 3.2.3.1, key assumptions and requirements of Approach 1.
    """
    value, low, high = (np.asarray(x, dtype=float) for x in (value, low, high))
    half = half_width(value, low, high)
    above, below = high - value, value - low
    larger = np.maximum(above, below)
    skew = np.divide(np.abs(above - below), larger, out=np.zeros_like(larger), where=larger > 0)
    group = np.full(len(value), NONE) if group is None else np.asarray(group)
    names, place, count = np.unique(group, return_inverse=True, return_counts=True)
    together = np.where((group != NONE) & (larger > 0), count[place] if len(names) else 0, 0)
    return Doubts(_largest(half, WIDE), _largest(skew, SKEWED), _largest(together, 1))


def _largest(values: np.ndarray, above: float) -> tuple[int, ...]:
    """Positions of the values above a bound, the largest first, the first first among equals."""
    order = np.argsort(-values, kind="stable")
    return tuple(int(k) for k in order if values[k] > above)


def _times(emission: np.ndarray, half: np.ndarray) -> np.ndarray:
    """E·U, 0 where there is no emission, however uncertain."""
    return np.where(emission != 0, emission * np.where(emission != 0, half, 0.0), 0.0)


def _by_variable(values: np.ndarray, variable: np.ndarray, rows: Rows) -> np.ndarray:
    """Sums over the rows of each variable, (row, pollutant) → (variable, pollutant); exact figures are left out."""
    count = 1 + max(int(rows.activity.max(initial=NONE)), int(rows.factor.max(initial=NONE)))
    variable = np.broadcast_to(variable if variable.ndim == 2 else variable[:, None], values.shape)
    sums = np.zeros((count, values.shape[1]))
    for p in range(values.shape[1]):
        used = variable[:, p] != NONE
        sums[:, p] = np.bincount(variable[used, p], values[used, p], minlength=count)
    return sums


def _alike(
    start: np.ndarray, end: np.ndarray, half: np.ndarray, variable: np.ndarray, rows: Rows, base: np.ndarray, ratio: np.ndarray
) -> np.ndarray:
    """Type A sensitivity times U of each variable (variable, pollutant) [1].

    ((ΣE_t + 0.01·E_t)/(ΣE_0 + 0.01·E_0) − R)/0.01 = (E_t − R·E_0)/(ΣE_0 + 0.01·E_0)
    """
    first, last = (_by_variable(_times(e, half), variable, rows) for e in (start, end))
    return (last - ratio * first) / (base + SMALL * _by_variable(start, variable, rows))
