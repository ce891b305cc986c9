"""Source removal: close a share of the capacity.

    a'_i = a_i · (1 − x)          what is closed, for good
    a'_k = a_k + w_k · δ · x · Σa_i     a share δ of its output moves to the rows k of ``to``

x: ``removed`` [1], δ: ``displaced`` [1], w: shares of the rows of ``to`` in their base activity. Several removals on one row
join as their overlap says.
"""

import numpy as np

from emisim.mechanism import Bound, Mechanism, share
from emisim.operation import Move


def compile_action(action: Bound) -> list[Move]:
    if np.any(np.asarray(action["displaced"]) > 0) and not action.has_to:
        action.reject("action.needs_to", name="displaced")
    action.one_kind(action.rows, action.to)
    return [action.move(action["removed"], action["displaced"])]


MECHANISM = Mechanism(
    "source_removal",
    20,
    "close a share of the capacity",
    "淘汰关停",
    "a' = a·(1 − x);  a'_to += δ·x·a",
    (
        share("removed", "share closed", "关停比例", adoption=True),
        share(
            "displaced", "share of the closed output that moves to the rows of `to`", "转移到 `to` 各行的产量比例", default=0.0
        ),
    ),
    compile_action,
    takes_to=True,
)
