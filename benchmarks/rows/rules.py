"""Which sources the selectors of all measures mean."""

import numpy as np

from benchmarks import generate
from benchmarks.contender import LIMIT, OURS, Contender, Entry, Goal, Row
from benchmarks.timing import affordable, here


def ours(inventory, selectors):
    """What is timed."""
    return [inventory.select(selector) for selector in selectors]


def enter(size, rig):
    made = generate.stock(generate.sized(generate.NATION, size))
    inventory, selectors = generate.inventory(made), generate.selectors(made)
    words = {name: inventory.text[name] for name in ("sector", "region")}
    meant = {f"{name}s{m}": np.array(of[0][name]) for m, of in enumerate(selectors) for name in words}
    data = rig.save("words", measures=size["measures"], **words, **meant)
    total = sum(rows.size for rows in made.rows)
    part = max(1, size["measures"] // 50)
    mine = affordable(lambda n: ours(inventory, selectors[:n]), size["measures"])
    few = rig.save("few", measures=part, **words, **meant)

    def digest(count=None):
        return np.array([(rows.size, rows.sum() % 2**52) for rows in ours(inventory, selectors[:count])], float)

    return Entry((
        Contender("emisim", OURS, here(lambda: ours(inventory, selectors[:mine])), size["measures"] / mine, repeat=5),
        Contender("writing the rows", LIMIT, here(lambda: np.arange(total))),
        *rig.peer("pandas, groups", "rules:groups", data, lambda: digest(mine), repeat=5, part=mine),
        *rig.peer("pandas, masks", "rules:masks", few, lambda: digest(min(part, mine)), size["measures"] / part, 3, part=mine),
    ))  # fmt: skip


ROW = Row(
    "rules",
    {"en": "rule matching, {sources} sources × {measures} selectors", "zh": "规则匹配，{sources} 个源 × {measures} 条选择规则"},
    (Goal(most=0.3),),
    {
        "full": {"sources": 1_000_000, "measures": 1_000},
        "quick": {"sources": 100_000, "measures": 1_000},
        "tiny": {"sources": 300, "measures": 20},
    },
    enter,
)
