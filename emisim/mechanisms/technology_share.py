"""Technology share: redistribute an activity over technologies.

    a'_i = (1 − x)·a_i + x · s_k(i) · w_i · Σa,      Σ s_k = 1

x: ``adoption`` [1]; s: ``shares`` of the values of the column ``by`` [1]; w: shares of the rows within one value.
"""

import numpy as np

from emisim.mechanism import Bound, Mechanism, Parameter, share
from emisim.operation import Move

ROUNDING = 1e-9


def compile_action(action: Bound) -> list[Move]:
    column, shares = action["by"], action["shares"]
    values = action.inventory.text[column][action.rows]
    unknown = sorted(set(shares) - set(values.tolist()))
    missing = sorted(set(values.tolist()) - set(shares))
    if unknown or missing:
        action.reject("shares.rows", column=column, unknown=", ".join(unknown) or "-", missing=", ".join(missing) or "-")
        return []
    action.one_kind(action.rows)
    weight = np.zeros((*action.activity.shape[:-2], action.rows.size), dtype=action.inventory.activity.dtype)
    for value, part in shares.items():
        mine = values == value
        weight[..., mine] = part * action.shares_of(action.rows[mine])
    if action.within is not None and (np.abs(action.in_group(weight, action.rows) - 1.0) > ROUNDING).any():
        action.reject("shares.region", column=column)
        return []
    return [action.move(action["adoption"], weight=weight, to=action.rows)]


MECHANISM = Mechanism(
    "technology_share",
    42,
    "redistribute an activity over technologies",
    "技术结构调整",
    "a' = (1 − x)·a + x·s·Σa,  Σs = 1",
    (
        Parameter("by", "column", "column that tells the technologies apart", "区分技术的列", required=True),
        Parameter(
            "shares", "shares", "share of each value of that column; they sum to 1", "各取值的份额，合计为 1", required=True
        ),
        share("adoption", "share of the way from the old shares to these", "实现程度", default=1.0, adoption=True),
    ),
    compile_action,
)
