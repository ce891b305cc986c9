"""The first thing that anybody types."""

import sys

from benchmarks.contender import LIMIT, OURS, PEER, Contender, Entry, Goal, Row
from benchmarks.timing import process, python


def enter(size, rig):
    eager = process(python("benchmarks.peers.eager", "--help"))
    return Entry((
        Contender("emisim", OURS, process(python("emisim", "--help")), repeat=size["runs"]),
        Contender("bare lazy click program", LIMIT, process(python("benchmarks.peers.lazy", "--help")), repeat=size["runs"]),
        Contender("Python alone", LIMIT, process([sys.executable, "-c", "pass"]), repeat=size["runs"]),
        *([Contender("eager imports", PEER, eager, repeat=3)] if rig.peers else []),
    ))  # fmt: skip


ROW = Row(
    "help",
    {"en": "`emisim --help`", "zh": "`emisim --help`"},
    (Goal("bare lazy click program", most=1.3),),
    {"full": {"runs": 25}, "quick": {"runs": 5}, "tiny": {"runs": 1}},
    enter,
)
