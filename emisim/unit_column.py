"""Columns of numbers of which every row has a unit text of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emisim.errors import fault
from emisim.units import UnitError, times, to_base


def in_unit(values: np.ndarray, units: Sequence[str], wanted: str) -> np.ndarray:
    """A column of numbers, each with a unit text of its own, in one unit: (row,) [wanted]. Each text is read once, however many rows have it.

    Parameters
    ----------
    values : (row,) numbers as written.
    units : (row,) unit texts.
    wanted : unit text of the same dimension as all of them.

    Raises
    ------
    UnitError
        A text that is no unit, or is of another dimension.
    """
    goal = to_base(wanted)
    number = {unit: k for k, unit in enumerate(dict.fromkeys(units))}
    code = np.fromiter(map(number.__getitem__, units), np.int64, len(units))
    out = np.array(values, dtype=float)
    for unit, k in number.items():
        factor, base = to_base(unit)
        if base != goal[1]:
            raise UnitError(fault("unit.dimension", text=unit, wanted=wanted, example=wanted))
        rows = np.flatnonzero(code == k)
        out[rows] = times(out[rows], factor / goal[0])
    return out
