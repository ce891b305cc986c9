"""The creditable ledger: what the projects of a plan bring under the rules of total-emission accounting, which is not the net change.

    credit = Σ_projects (before − after) − offset        growth is not netted

The rules are the table ``data/crediting.csv``: which kinds of project count, from when, what is deducted, and which of the rules have a
source. A project is a measure that the plan marks ``accountable``; it counts if a mechanism of its own is of a kind that counts.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

import numpy as np

from emisim.ledger import Ledger
from emisim.measure import Measure


@dataclass(frozen=True)
class Rule:
    """One rule. kind: ``rule`` or ``mechanism``; counts: ``yes``, ``no`` or ``with`` (goes with what it belongs to)."""

    rule: str
    kind: str
    applies_to: str
    counts: str
    en: str
    zh: str
    sourced: bool
    grade: str
    source: str
    note: str


@dataclass(frozen=True)
class Project:
    """One line of the creditable ledger, tonnes of the official rows in a year.

    before : reference emission of the sources the measure changes. after = before − its part of the whole. reason : rule that lets
    it count or not, ``not_accountable``, or ``no_rule`` for a mechanism the table does not know. complete : day from which it is whole.
    """

    measure: str
    pollutant: str
    counts: bool
    reason: str
    before_t: float
    after_t: float
    credit_t: float
    complete: date


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """The crediting rules, in the order of the table."""
    with (files("emisim") / "data" / "crediting.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(Rule(**{**row, "sourced": row["sourced"] == "yes"}) for row in csv.DictReader(stream))


def judged(measure: Measure, everything: bool = False) -> tuple[bool, str]:
    """Whether a measure counts, and the rule that says so. ``everything``: all direct measures are taken as accountable."""
    if not (measure.accountable or (everything and measure.standing == "direct")):
        return False, "not_accountable"
    kinds = {r.applies_to: r for r in rules() if r.kind == "mechanism"}
    if any(a.mechanism not in kinds for a in measure.actions):
        return False, "no_rule"
    own = list(dict.fromkeys(a.mechanism for a in measure.actions if kinds[a.mechanism].counts != "with"))
    counting = next((m for m in own if kinds[m].counts == "yes"), None)
    return counting is not None, kinds[counting or own[0]].rule if own else "co_effect"


def projects(
    names: Sequence[str],
    measures: Sequence[Measure],
    pollutants: Sequence[str],
    ledger: Ledger,
    reference: np.ndarray,
    official: np.ndarray,
    everything: bool = False,
    at: int = -1,
) -> tuple[Project, ...]:
    """The project lines of one year: one a measure and pollutant that it changes.

    Parameters
    ----------
    reference : (row, pollutant, year) emission without measures [t/yr].
    official : (row,) whether a row counts.
    everything : every direct measure is taken as accountable. at : position of the year, the last by default.
    """
    out = []
    for m, (name, measure) in enumerate(zip(names, measures, strict=True)):
        mine = (ledger.measure == m) & official[ledger.row]
        counts, reason = judged(measure, everything)
        for p, pollutant in enumerate(pollutants):
            cut = ledger.reduction[mine, p, at]
            touched = ledger.row[mine][cut != 0]
            if touched.size:
                before, credit = float(reference[touched, p, at].sum()), float(cut.sum())
                done = measure.schedule.complete
                out.append(Project(name, pollutant, counts, reason, before, before - credit, credit if counts else 0.0, done))
    return tuple(out)


def credited(lines: Sequence[Project], pollutant: str, year: int | None = None, lag: bool = False) -> float:
    """Σ of the credits of a pollutant [t/yr]; with ``lag``, of the projects complete two months before the end of the year."""
    last = date(year, 10, 31) if lag else date.max
    return math.fsum(p.credit_t for p in lines if p.pollutant == pollutant and p.complete <= last)
