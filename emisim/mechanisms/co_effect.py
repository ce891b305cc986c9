"""Co-effect: what a measure adds to another pollutant, per unit of activity treated.

    f'_p = f_p + c·σ

σ: ``addition`` [mass per unit of activity], of either sign (SCR slip, support fuel of an oxidiser); c: ``coverage`` [1]. Of several
additions at one ``stage`` on a unit the largest counts: a unit has one device there, however many measures ask for it. Limits on p
act afterwards.
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
            stage=action.stages(action["stage"]),
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
        Parameter("stage", "word", "additions of devices at one stage do not add up", "治理环节，同一环节取大", default=""),
    ),
    compile_action,
)
