"""Emission limit: the factor falls to what the limit allows, or stays if it is lower already.

    f' = (1 − c)·f + c·min(f, u·C·V)

C: ``concentration`` [mg/Nm3, dry, the standard's oxygen], V: flue gas of the row [Nm3 per unit of activity], u: ``margin`` [1];
or ``factor_limit`` in place of C·V. Idempotent: applied twice it changes nothing more.
"""

import numpy as np

from emisim.mechanism import COVERAGE, ONE_OR_MORE_POLLUTANTS, Bound, Mechanism, Parameter
from emisim.operation import Limit


def compile_action(action: Bound) -> list[Limit]:
    if (action["concentration"] is None) == (action["factor_limit"] is None):
        action.reject("action.one_of", names="concentration | factor_limit")
        return []
    out = []
    for p in action.pollutants():
        if action["factor_limit"] is not None:
            value = np.asarray(action["factor_limit"] * action["margin"])
        else:
            gas = action.inventory.flue_gas[action.rows, p]
            unknown = gas != gas  # nan
            if unknown.any():
                rows = action.inventory.ids[action.rows[unknown]]
                action.reject("limit.flue_gas", rows=", ".join(rows[:5]), pollutant=action.inventory.pollutants[p])
                continue
            value = action["concentration"] * action["margin"] * gas[:, None]
        out.append(Limit(action.measure, action.order, action.rows, np.asarray(action["coverage"]), value=value, pollutants=(p,)))
    return out


MECHANISM = Mechanism(
    "emission_limit",
    70,
    "hold the factor at a limit",
    "排放限值",
    "f' = (1 − c)·f + c·min(f, u·C·V)",
    (
        Parameter("concentration", "concentration", "concentration limit", "浓度限值", 0.0, np.inf),
        Parameter("factor_limit", "emission per activity", "factor limit", "排放强度限值", 0.0, np.inf),
        Parameter("margin", "ratio", "operating level over limit", "运行水平与限值之比", 0.01, 2.0, default=1.0),
        COVERAGE,
        ONE_OR_MORE_POLLUTANTS,
    ),
    compile_action,
)
