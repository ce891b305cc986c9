"""Indicator only: a clause without an emission of its own; it changes nothing.

E' = E
"""

from emisim.mechanism import Bound, Mechanism


def compile_action(action: Bound) -> list:
    return []


MECHANISM = Mechanism("indicator_only", 0, "changes nothing", "仅作指标", "E' = E", (), compile_action)
