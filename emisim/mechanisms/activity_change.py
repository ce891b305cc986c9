"""Activity change: multiply the activity of a share of the units.

    a' = a · (1 + c·(m − 1)),   m = ratio, or 1 + change, or (1 − used_after)/(1 − used_before)

c: ``coverage`` [1]. The third form is for what is left over after use, e.g. straw that is not utilised and may burn.
"""

from emisim.mechanism import COVERAGE, Bound, Mechanism, Parameter
from emisim.operation import Scale


def compile_action(action: Bound) -> list[Scale]:
    ways = [
        action["ratio"] is not None,
        action["change"] is not None,
        action["used_after"] is not None,
    ]
    if sum(ways) != 1 or (action["used_after"] is None) != (action["used_before"] is None):
        action.reject("action.one_of", names="ratio | change | used_before + used_after")
        return []
    if ways[0]:
        ratio = action["ratio"]
    elif ways[1]:
        ratio = 1.0 + action["change"]
    else:
        ratio = (1.0 - action["used_after"]) / (1.0 - action["used_before"])
    return [action.scale(action["coverage"], ratio, on_factor=False)]


MECHANISM = Mechanism(
    "activity_change",
    30,
    "multiply the activity",
    "活动水平变化",
    "a' = a·(1 + c·(m − 1))",
    (
        Parameter("ratio", "ratio", "new activity over old", "新旧活动水平之比", 0.0, 100.0, role="effect"),
        Parameter("change", "ratio", "relative change, negative for a cut", "相对变化，减少为负", -1.0, 100.0, role="effect"),
        Parameter("used_before", "share", "share utilised in the base year", "基准年利用率", 0.0, 0.9999),
        Parameter("used_after", "share", "share utilised afterwards", "之后的利用率"),
        COVERAGE,
    ),
    compile_action,
)
