"""Scrambled Sobol' nets, many short ones: the direction numbers are found once, and only as many as a block has points.

    x_i = shift ⊕ ⊕_k g_k(i)·(L·v_k)     g: Gray code of i; L: random lower triangular matrix over {0, 1}; 30 bits

The same numbers as scipy.stats.qmc.Sobol(scramble=True) draws from the same generator.

Source: Joe & Kuo 2008 (direction numbers); Matoušek 1998 (scrambling); Antonov & Saleev 1979 (Gray code).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BITS = 30


@dataclass(frozen=True, eq=False)
class Nets:
    """directions : (bit of the number of a point, dim) direction numbers."""

    directions: np.ndarray

    def points(self, size: int, random: np.random.Generator) -> np.ndarray:
        """The first points of a net with a random scrambling, as multiples of 2⁻³⁰: (point, dim) whole numbers, the dims in an order of their
        own. Some pairs of coordinates of a short net are strongly correlated; other pairs in every net, so that it evens out."""
        dims = self.directions.shape[1]
        scrambling = random.spawn(1)[0]
        shift = _packed(scrambling.integers(0, 2, size=(dims, BITS), dtype=np.uint32)[:, ::-1])
        lower = _packed(scrambling.integers(0, 2, size=(dims, BITS, BITS), dtype=np.uint32))
        diagonal = np.uint32(1 << (BITS - 1)) >> np.arange(BITS, dtype=np.uint32)
        lower = (lower & ~(diagonal - np.uint32(1))) | diagonal
        order = random.permutation(dims)
        shift, lower = shift[order], lower[order]
        out = np.empty((size, dims), dtype=np.uint32)
        out[0], known = shift, 1
        for direction in self.directions:
            if known < size:
                more = min(known, size - known)
                odd = np.bitwise_count(lower & direction[order, None]) & np.uint8(1)
                np.bitwise_xor(out[known - more : known][::-1], _packed(odd), out=out[known : known + more])
                known += more
        return out


def nets(dims: int, size: int) -> Nets:
    """Nets of at most ``size`` points in ``dims`` dimensions."""
    from scipy.stats import qmc

    engine, found = qmc.Sobol(dims, scramble=False), []
    for k in range(max(size - 1, 0).bit_length()):
        engine.reset()
        if k:
            engine.fast_forward(2**k - 1)
            before, after = engine.random(2)
        else:
            before, after = engine.random(2)
        found.append((before * 2**BITS).astype(np.uint32) ^ (after * 2**BITS).astype(np.uint32))
    return Nets(np.array(found, dtype=np.uint32).reshape(len(found), dims))


def _packed(bits: np.ndarray) -> np.ndarray:
    """Zeros and ones (..., bit), the highest first → whole numbers (...)."""
    found = np.packbits(bits.astype(np.uint8, copy=False), axis=-1)
    return found.view(">u4")[..., 0].astype(np.uint32) >> np.uint32(32 - BITS)
