"""Who brought what of it: the exact Shapley value of every measure, summed over all sources."""

import numpy as np

from benchmarks.contender import LIMIT, OURS, Contender, Entry, Goal, Row
from benchmarks.rows import nation
from benchmarks.timing import here
from emisim.drawn_ledger import brought


def ours(base, program):
    """What is timed."""
    return brought(base, program, np.ones(base.shape[0], dtype=bool))


def enter(size, rig):
    made, base, program = nation.prepared(size["sources"], size["measures"])

    def total():
        return ours(base, program).sum(axis=0)

    data = rig.save("whole", **made.arrays())
    return Entry((
        Contender("emisim", OURS, here(lambda: ours(base, program)), repeat=3),
        Contender("the run itself", LIMIT, here(lambda: nation.ours(base, program))),
        *rig.peer("pandas, one after the other", "wide_table:ledger", data, total, repeat=2),
    ))  # fmt: skip


ROW = Row(
    "ledger",
    {"en": "exact Shapley ledger of {sources} × 5 × 6 × {measures}", "zh": "{sources} × 5 × 6 × {measures} 的精确 Shapley 台账"},
    (Goal("the run itself", most=4.0),),
    {
        "full": {"sources": 1_000_000, "measures": 1_000},
        "quick": {"sources": 100_000, "measures": 1_000},
        "tiny": {"sources": 300, "measures": 20},
    },
    enter,
)
