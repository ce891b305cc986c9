"""The measures of a country on its sources; also the stock that other rows work on."""

from functools import lru_cache

import numpy as np

from benchmarks import generate
from benchmarks.contender import LIMIT, OURS, Contender, Entry, Goal, Row
from benchmarks.timing import here
from emisim.kernel import run

PART = 10  # polars is given every tenth source, for it takes long


@lru_cache(maxsize=1)
def prepared(sources, measures):
    """(stock, base, program); kept, for the next row takes the same."""
    made = generate.stock(generate.sized(generate.NATION, {"sources": sources, "measures": measures}))
    base = generate.base(made)
    return made, base, generate.program(made, base)


def ours(base, program):
    """What is timed."""
    return run(base, program).emission


def written(shape):
    """A fresh array of the size of the result, every number written once."""
    out = np.empty(shape)
    out.fill(1.0)
    return out


def enter(size, rig):
    made, base, program = prepared(size["sources"], size["measures"])
    some = made.part(max(1, size["sources"] // PART))
    whole, part = (rig.save(name, **of.arrays()) for name, of in (("whole", made), ("part", some)))
    once = lru_cache(maxsize=1)(lambda: ours(base, program))
    return Entry((
        Contender("emisim", OURS, here(lambda: ours(base, program))),
        Contender("writing the result", LIMIT, here(lambda: written(base.shape))),
        *rig.peer("pandas", "wide_table:apply", whole, once, repeat=2),
        *rig.peer("pandas, all columns at once", "wide_table:apply_at_once", whole, once, repeat=2),
        *rig.peer("polars", "long_table:apply", part, lambda: once()[: some.size.sources], size["sources"] / some.size.sources, 2),
    ), {"compile_s": here(lambda: generate.program(made, base))})  # fmt: skip


ROW = Row(
    "nation",
    {"en": "{sources} sources × 5 × 6 × {measures} measures, sparse", "zh": "{sources} 个源 × 5 × 6 × {measures} 项措施，稀疏"},
    (Goal("writing the result", most=1.5), Goal("pandas", least=60)),
    {
        "full": {"sources": 1_000_000, "measures": 1_000},
        "quick": {"sources": 100_000, "measures": 1_000},
        "tiny": {"sources": 300, "measures": 20},
    },
    enter,
)
