"""Fuel switch: useful energy is conserved.

    Q_k = w_k · Σ_i x · a_i · (H_i·e_i)/(H_k·e_k)

x: ``switched`` [1]; H: heating values [energy per unit of activity], not needed where the activity is energy; e: efficiencies
[1] (a heat pump's may exceed 1). What is switched brings the emission of its new row; NOx may rise. Without ``to`` the energy
comes from outside the area.
"""

import numpy as np

from emisim.mechanism import Bound, Mechanism, Parameter, share
from emisim.operation import Move


def compile_action(action: Bound) -> list[Move]:
    action.one_kind(action.rows)
    action.one_kind(action.to)
    ratio = useful(action, "from", action.rows) / useful(action, "to", action.to) if action.has_to else 1.0
    return [action.move(action["switched"], ratio)]


def useful(action: Bound, side: str, rows: np.ndarray) -> float:
    """Useful energy per unit of activity on one side: heating value times efficiency; the heating value of energy is 1."""
    heating_value = action[f"heating_value_{side}"]
    if heating_value is None:
        heating_value = 1.0
        if not action.all_of_kind(rows, "GJ/yr"):
            action.reject("action.heating_value", name=f"heating_value_{side}", unit=action.unit(rows))
    return heating_value * action[f"efficiency_{side}"]


MECHANISM = Mechanism(
    "fuel_switch",
    40,
    "move useful energy to another fuel",
    "燃料替代",
    "a'_to += x·a·(H·e)_from/(H·e)_to",
    (
        share("switched", "share of the old fuel's use that switches", "替代比例", adoption=True),
        Parameter("heating_value_from", "energy per activity", "heating value of the old fuel", "原燃料热值", 1e-12, np.inf),
        Parameter("heating_value_to", "energy per activity of to", "heating value of the new fuel", "新燃料热值", 1e-12, np.inf),
        Parameter("efficiency_from", "ratio", "efficiency of the old device", "原设备效率", 1e-6, 10.0, default=1.0),
        Parameter("efficiency_to", "ratio", "efficiency of the new device", "新设备效率", 1e-6, 10.0, default=1.0),
    ),
    compile_action,
    takes_to=True,
)
