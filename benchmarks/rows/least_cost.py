"""The cheapest options of all sources, at most one each, that together reduce enough."""

import numpy as np

from benchmarks import generate
from benchmarks.contender import LIMIT, OURS, PEER, Contender, Entry, Goal, Row
from benchmarks.rig import Differs, interpreter
from benchmarks.timing import here, process
from emisim.questions.by_source import least_cost

GAP = 1e-6
NAME = "plain MILP (HiGHS)"


def ours(of):
    """What is timed."""
    return least_cost(of.reduction, of.cost, of.source, of.required, GAP)


def enter(size, rig):
    made = generate.options(size["pairs"])
    data, answer = rig.save("options", **vars(made)), rig.folder / "milp.npy"
    contenders = [
        Contender("emisim", OURS, here(lambda: ours(made))),
        Contender("sorting the options", LIMIT, here(lambda: np.argsort(made.cost / made.reduction))),
    ]
    if rig.peers:
        plain = [interpreter("peers"), "-m", "benchmarks.peers.plain_milp", str(data), str(answer), str(GAP)]
        once = process(plain, limit=min(size["limit_s"], rig.patience))
        contenders.append(Contender(NAME, PEER, once, repeat=1, check=lambda: checked(made, answer)))
    return Entry(tuple(contenders), {"gap_left": lambda: ours(made).gap})


def checked(made, answer):
    """How far the two costs are apart; both may be a gap above the least, so they must not differ by more.

    Raises
    ------
    Differs
    """
    if not answer.exists():  # it was stopped
        return 0.0
    theirs, mine = float(np.load(answer)[0]), ours(made).cost
    apart = abs(theirs - mine) / abs(theirs)
    if apart > 2 * GAP:
        raise Differs(f"{NAME}: costs {theirs!r}, emisim {mine!r}")
    return apart


ROW = Row(
    "least_cost",
    {
        "en": "least cost, {pairs} source–measure pairs, one target, gap 1e-6",
        "zh": "最省，{pairs} 个源—措施对，一个目标，差距 1e-6",
    },
    (Goal(most=3.0), Goal(fact="gap_left", most=GAP)),
    {
        "full": {"pairs": 100_000, "limit_s": 120},
        "quick": {"pairs": 100_000, "limit_s": 10},
        "tiny": {"pairs": 200, "limit_s": 10},
    },
    enter,
)
