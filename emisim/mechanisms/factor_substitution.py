"""Factor substitution: another material or feed, another factor.

    f' = f · ((1 − x) + x·r)

x: ``substituted`` share of the use [1]; r: new over old factor [1]. Independent streams multiply; measures on one stream need a
declared overlap.
"""

from emisim.mechanism import ONE_OR_MORE_POLLUTANTS, Bound, Mechanism, Parameter, share
from emisim.operation import Scale


def compile_action(action: Bound) -> list[Scale]:
    return [action.scale(action["substituted"], action["ratio"])]


MECHANISM = Mechanism(
    "factor_substitution",
    50,
    "another material, another factor",
    "原料或因子替代",
    "f' = f·((1 − x) + x·r)",
    (
        share("substituted", "share of the use that is substituted", "替代比例", adoption=True),
        Parameter("ratio", "ratio", "new factor over old", "新旧因子之比", 0.0, 100.0, required=True),
        ONE_OR_MORE_POLLUTANTS,
    ),
    compile_action,
)
