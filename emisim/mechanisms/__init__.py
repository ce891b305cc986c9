"""The fourteen classes of measures, each a module with its equation, parameters and compiler. A new one is a new module,
named in the list below."""

from __future__ import annotations

from types import MappingProxyType

from emisim.mechanism import Mechanism
from emisim.mechanisms import (
    activity_change,
    cap,
    co_effect,
    emission_limit,
    end_of_pipe,
    factor_substitution,
    fleet_turnover,
    fuel_switch,
    indicator_only,
    mode_shift,
    rule_effectiveness,
    seasonal_control,
    source_removal,
    technology_share,
)

_MODULES = (
    cap,
    source_removal,
    activity_change,
    mode_shift,
    fuel_switch,
    fleet_turnover,
    technology_share,
    factor_substitution,
    end_of_pipe,
    rule_effectiveness,
    emission_limit,
    co_effect,
    seasonal_control,
    indicator_only,
)
MECHANISMS: MappingProxyType[str, Mechanism] = MappingProxyType({m.MECHANISM.name: m.MECHANISM for m in _MODULES})
