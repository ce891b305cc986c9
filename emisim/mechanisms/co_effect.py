"""Co-effect: what a measure adds to another pollutant, per unit of activity treated.

    f'_p = f_p + c·σ

σ: ``addition`` [mass per unit of activity], of either sign (SCR slip, support fuel of an oxidiser); c: ``coverage`` [1]. Limits
on p act afterwards.
"""

import numpy as np

from emisim.mechanism import COVERAGE, ONE_OR_MORE_POLLUTANTS, Bound, Mechanism, Parameter
from emisim.operation import Add


def compile_action(action: Bound) -> list[Add]:
    return [
        Add(
            action.measure,
            action.order,
            action.rows,
            np.asarray(action["coverage"]),
            value=np.asarray(action["addition"]),
            pollutants=action.pollutants(),
        )
    ]


MECHANISM = Mechanism(
    "co_effect",
    90,
    "side effect on another pollutant",
    "协同效应",
    "f' = f + c·σ",
    (
        ONE_OR_MORE_POLLUTANTS,
        Parameter(
            "addition",
            "emission per activity",
            "emission added per unit of activity treated",
            "单位活动水平新增排放",
            -np.inf,
            np.inf,
            required=True,
        ),
        COVERAGE,
    ),
    compile_action,
)
