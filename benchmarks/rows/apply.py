"""The measures of a county on its sources."""

from benchmarks import generate
from benchmarks.contender import LIMIT, OURS, Contender, Entry, Goal, Row
from benchmarks.timing import here
from emisim.kernel import run


def ours(base, program):
    """What is timed."""
    return run(base, program).emission


def enter(size, rig):
    made = generate.stock(generate.sized(generate.COUNTY, size))
    base = generate.base(made)
    program = generate.program(made, base)
    before, data = made.before(), rig.save("county", **made.arrays())

    def wanted():
        return ours(base, program)

    return Entry((
        Contender("emisim", OURS, here(lambda: ours(base, program))),
        Contender("one product of that size", LIMIT, here(lambda: before * 0.5)),
        *rig.peer("xarray, vectorised", "labelled:vectorised", data, wanted),
        *rig.peer("pint-xarray, vectorised", "labelled_units:vectorised", data, wanted),
        *rig.peer("primap2", "primap:loop", data, wanted, repeat=5, where="primap2"),
        *rig.peer("xarray, loop", "labelled:loop", data, wanted),
        *rig.peer("pint-xarray, loop", "labelled_units:loop", data, wanted, repeat=5),
    ))  # fmt: skip


ROW = Row(
    "apply",
    {"en": "apply {measures} measures, {sources} sources × 3 × 6", "zh": "{measures} 项措施作用于 {sources} 个源 × 3 × 6"},
    (Goal("xarray, loop", least=500), Goal("xarray, vectorised", least=100)),
    {
        "full": {"sources": 1_000, "measures": 40},
        "quick": {"sources": 1_000, "measures": 40},
        "tiny": {"sources": 60, "measures": 5},
    },
    enter,
)
