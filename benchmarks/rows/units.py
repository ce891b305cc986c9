"""The units of a table, as many hands wrote them, to the unit that emisim computes in."""

import numpy as np

from benchmarks import generate
from benchmarks.contender import LIMIT, OURS, Contender, Entry, Goal, Row
from benchmarks.timing import here
from emisim import units


def ours(values, texts):
    """What is timed: every unit is read anew, as in a process that has read none."""
    return values * np.array([units.to_base(text)[0] for text in texts])


def forget():
    """Make emisim read every text anew; its registry of units stays."""
    for cached in vars(units).values():
        if hasattr(cached, "cache_clear") and cached is not getattr(units, "registry", None):
            cached.cache_clear()


def enter(size, rig):
    texts = generate.unit_texts(size["rows"])
    values = np.random.default_rng(generate.SEED).lognormal(0.0, 2.0, len(texts))
    wanted = [units.to_base(text)[1] for text in texts]
    factors = {text: units.to_base(text)[0] for text in set(texts)}
    data = rig.save("units", values=values, texts=np.array(texts), wanted=np.array(wanted))

    def result():
        return ours(values, texts)

    return Entry((
        Contender("emisim", OURS, here(result, forget)),
        Contender("a look into a table of factors", LIMIT, here(lambda: values * np.array([factors[text] for text in texts]))),
        *rig.peer("pint, once a text", "unit_texts:once_a_text", data, result),
        *rig.peer("pint, row by row", "unit_texts:row_by_row", data, result, repeat=3),
    ))  # fmt: skip


ROW = Row(
    "units",
    {"en": "unit texts of {rows} rows of mixed units", "zh": "{rows} 行混杂单位的文本"},
    (Goal(most=0.01),),
    {"full": {"rows": 10_000}, "quick": {"rows": 10_000}, "tiny": {"rows": 100}},
    enter,
)
