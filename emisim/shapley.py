"""Shapley values of plain products, in closed form.

    φ_k = cut_k · ∫₀¹ Π_{j≠k} (1 + t·cut_j) dt        for a product Π_j (1 + cut_j)

The integrand is a polynomial of degree n − 1, so ⌈n/2⌉ Gauss–Legendre nodes give the integral exactly, also where a factor is 0 or above 1.

Source: Shapley 1953; Owen 1972 (multilinear extension).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emisim.product import Products
from emisim.program import Base


def shapley(cuts: np.ndarray) -> np.ndarray:
    """Shapley value of each factor of a product Π(1 + cut): (measure, ...) [1]."""
    count = cuts.shape[0]
    nodes, weights = np.polynomial.legendre.leggauss((count + 1) // 2)
    return cuts * sum(w / 2 * others(1.0 + (x + 1) / 2 * cuts) for x, w in zip(nodes, weights, strict=True))


def others(factors: np.ndarray) -> np.ndarray:
    """Product of all factors but each one's own, without division (a factor may be 0)."""
    before = np.ones_like(factors)
    after = np.ones_like(factors)
    for k in range(1, factors.shape[0]):
        before[k] = before[k - 1] * factors[k - 1]
        after[-k - 1] = after[-k] * factors[-k]
    return before * after


@dataclass(frozen=True, eq=False)
class SignatureShares:
    """How the effect on rows that are plain products is split among measures, once a signature.

    signature, measure : (entry,) in this order. starts : (signature + 1,) first entry of each signature.
    share : (entry, 3, pollutant, period) change by the measure over the emission without measures [1]: Shapley value, first in, last in.
    """

    signature: np.ndarray
    measure: np.ndarray
    starts: np.ndarray
    share: np.ndarray


def signature_shares(plain: Products, phase: np.ndarray) -> SignatureShares:
    """Split the effect on products among the measures. phase : (measure, period) share phased in [1]."""
    ratios = plain.ratios(phase, np.ones(phase.shape[0]))
    sizes = (plain.table < plain.measure.size).sum(axis=1)
    signature = np.repeat(np.arange(sizes.size), sizes)
    slot = np.arange(signature.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    measure = plain.measure[plain.table[signature, slot]]
    found = np.empty((signature.size, 3, ratios.shape[-2] - 1, ratios.shape[-1]))
    for size in np.unique(sizes[sizes > 0]):
        some = np.flatnonzero(sizes == size)
        cuts = np.moveaxis(ratios[plain.table[some, :size], :-1] - 1.0, 1, 0)
        here = np.flatnonzero(sizes[signature] == size)
        for k, values in enumerate((shapley(cuts), cuts, cuts * others(1.0 + cuts))):
            found[here, k] = np.moveaxis(values, 0, 1).reshape(-1, *values.shape[-2:])
    # The actions of a measure that act on different pollutants are one entry.
    key, first = np.unique(signature * phase.shape[0] + measure, return_index=True)
    place = np.searchsorted(key, signature * phase.shape[0] + measure)
    share = np.zeros((key.size, *found.shape[1:]))
    np.add.at(share, place, found)
    starts = np.searchsorted(signature[first], np.arange(sizes.size + 1))
    return SignatureShares(signature[first], measure[first], starts, share)


def product_reductions(plain: Products, shares: SignatureShares, base: Base, measures: int, counted: np.ndarray) -> np.ndarray:
    """What each measure brings on products, summed over the rows that count: (measure, pollutant, period) [t/yr]."""
    each = plain.sums(base.activity, base.factor, counted)[shares.signature] * shares.share[:, 0]
    out = np.zeros((measures, *each.shape[1:]))
    np.subtract.at(out, shares.measure, each)
    return out


def expanded(plain: Products, shares: SignatureShares, base: Base, keep: np.ndarray):
    """(row, measure, reduction (entry, 3, pollutant, period) [t/yr]) of some product rows."""
    rows, signature = plain.rows[keep], plain.signature[keep]
    count = np.diff(shares.starts)[signature]
    row = np.repeat(np.arange(rows.size), count)
    entry = np.arange(row.size) - np.repeat(np.cumsum(count) - count - shares.starts[signature], count)
    start = base.factor[rows, :, None] * base.activity[rows, None, :]
    return rows[row], shares.measure[entry], -(start[row, None] * shares.share[entry])
