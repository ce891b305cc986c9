"""Seasonal control: a cut in some months, on the annual residual.

    E' = E · (1 − Σ_h w_h · c · (1 − e))

c: ``cut`` [1] in the ``months`` given, in the share ``hours`` of their time; e: ``exempt`` share of the units [1]; w: share of
the period. In the same hours the strongest cut counts. On monthly periods other months are untouched.
"""

from emisim.mechanism import POLLUTANTS, Bound, Mechanism, Parameter, share
from emisim.operation import Scale


def compile_action(action: Bound) -> list[Scale]:
    return [action.scale((1.0 - action["exempt"]) * action["hours"], 1.0 - action["cut"], months=action["months"])]


MECHANISM = Mechanism(
    "seasonal_control",
    100,
    "a cut in some months",
    "季节性管控",
    "E' = E·(1 − Σ w·c·(1 − e))",
    (
        Parameter("months", "months", "calendar months 1 to 12", "月份 1–12", required=True),
        share("cut", "cut in these hours", "削减比例"),
        share("exempt", "share of the units that is exempt", "豁免比例", default=0.0),
        share("hours", "share of the months' time", "占所列月份时间的比例", default=1.0),
        POLLUTANTS,
    ),
    compile_action,
)
