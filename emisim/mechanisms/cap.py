"""Cap: hold the sum of some activities. It acts on growth, before any other measure.

    a'_i = a_i · min(1, cap / Σ a)

``limit`` [activity a year] or ``limit_ratio`` times the base year's sum. Of several caps on a row the strictest counts.
"""

import numpy as np

from emisim.mechanism import COVERAGE, Bound, Mechanism, Parameter
from emisim.operation import Limit


def compile_action(action: Bound) -> list[Limit]:
    if (action["limit"] is None) == (action["limit_ratio"] is None):
        action.reject("action.one_of", names="limit | limit_ratio")
        return []
    value = action["limit"]
    if value is None:
        value = action["limit_ratio"] * action.in_group(action.activity[..., action.rows, 0], action.rows)[..., None]
    group = None if action.within is None else action.within[action.rows]
    return [
        Limit(action.measure, action.order, action.rows, np.asarray(action["coverage"]), value=np.asarray(value), group=group)
    ]


MECHANISM = Mechanism(
    "cap",
    10,
    "hold the sum of some activities",
    "总量上限",
    "a' = a·min(1, cap/Σa)",
    (
        Parameter("limit", "activity", "largest sum of the activities", "活动水平合计上限", 0.0, np.inf),
        Parameter("limit_ratio", "ratio", "largest sum, relative to the base year", "相对基准年的上限", 0.0, 100.0),
        COVERAGE,
    ),
    compile_action,
)
