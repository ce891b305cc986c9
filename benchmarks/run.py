"""Run rows: everybody's median, whether they did the same work, what was found beside, and which goals are met."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.contender import Row, met, reached
from benchmarks.rig import Rig
from benchmarks.timing import ENOUGH, medians

Result = dict[str, object]


def run(row: Row, scale: str, peers: bool = True, turns: int = ENOUGH, tell: Callable[[str], None] = lambda text: None) -> Result:
    """One row.

    Parameters
    ----------
    scale : which of its sizes. peers : whether others take part too. turns : how often at most. tell : told what goes on.

    Raises
    ------
    Differs
        A peer did other work than emisim.
    """
    size = row.sizes[scale]
    with tempfile.TemporaryDirectory() as name:
        rig = Rig(Path(name), peers=peers)
        try:
            tell(f"{row.name}: making ready")
            entry = row.enter(size, rig)
            tell(f"{row.name}: {len(entry.contenders)} take turns")
            times = medians(entry.contenders, turns)
            apart = {c.name: c.check() for c in entry.contenders if c.check and times[c.name][0] is not None}
            tell(f"{row.name}: what else there is to see")
            facts = {name: find() for name, find in entry.facts.items()}
        finally:
            rig.close()
    seconds = {name: found for name, (found, _) in times.items()}
    goals = []
    for goal in row.goals:
        figure = reached(goal, seconds, facts)
        goals.append({**vars(goal), "reached": figure, "met": met(goal, figure)})
    return {
        "row": row.name,
        "size": dict(size),
        "times": [
            {
                "name": c.name, "kind": c.kind, "seconds": seconds[c.name], "runs": times[c.name][1], "scaled": c.scale,
                "apart": apart.get(c.name),
            }
            for c in entry.contenders
        ],
        "missing": rig.missing,
        "facts": facts,
        "goals": goals,
    }  # fmt: skip
