"""Rows that agree in several columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SEED = 7


def first_alike(columns: Sequence[np.ndarray]) -> np.ndarray:
    """For every row the first one that agrees with it in all columns.

    Rows are sorted by one number that follows from all their columns, with weights at random; what seems to agree is compared. A row whose number
    coincides with that of another by chance stands for itself.

    Parameters
    ----------
    columns : (row,) numbers each, none of them nan.

    Returns
    -------
    (row,)
    """
    rows = columns[0].size
    weight = np.random.default_rng(SEED).random(len(columns)) + 0.5
    mark = np.zeros(rows)
    for w, column in zip(weight, columns, strict=True):
        mark = mark + w * column
    _, first, group = np.unique(mark, return_index=True, return_inverse=True)
    other = first[group.reshape(-1)]
    same = np.ones(rows, dtype=bool)
    for column in columns:
        same &= column == column[other]
    return np.where(same, other, np.arange(rows))
