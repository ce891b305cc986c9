"""The catalogue: every clause of the plan with its measures, its tonnes and its standing; nothing lost, nothing credited silently.

Tonnes are those of the ledger in the target year, official totals. A clause without tonnes has a reason. What a clause that is not
encoded yet (``unread``) brings is unknown: it has no tonnes, not 0 t, and no sum contains it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from emisim.clause import UNREAD, Clause
from emisim.measure import Measure
from emisim.model import Label
from emisim.simulate import Result
from emisim.vocabulary import CHAPTERS

ACTING = ("direct", "enabling", "not_quantified")
STANDINGS = (*ACTING, "indicator", "target", "no_source", UNREAD)
NOT_CHOSEN, NO_CHANGE, NOT_QUANTIFIED = "not_chosen", "no_change", "not_quantified"
UNKNOWN_LEAD = "–"


@dataclass(frozen=True, eq=False)
class Line:
    """One clause.

    measures : ids of the measures that carry it out in this run. reduction : (pollutant,) tonnes they bring; None where it has none.
    further : (pollutant,) tonnes more at the strong end of a clause without a figure, else None. reason : why it brings 0 t: the text of
    the plan, or NOT_CHOSEN or NO_CHANGE; empty where it brings tonnes. deadline : of the text; due : the date the run takes.
    """

    id: str
    clause: Clause
    standing: str
    measures: tuple[str, ...]
    reduction: np.ndarray | None
    further: np.ndarray | None
    reason: Label | str
    deadline: str
    due: str


def lines(result: Result) -> tuple[Line, ...]:
    """Every clause of the plan in the order of the text."""
    reduction = result.reductions()[:, :, -1]
    position = {name: m for m, name in enumerate(result.bound.names)}
    return tuple(_line(name, clause, result, position, reduction) for name, clause in result.plan_file.catalogue().items())


def _line(name: str, clause: Clause, result: Result, position: dict[str, int], reduction: np.ndarray) -> Line:
    written = "" if clause.deadline is None else str(clause.deadline)
    horizon = "" if result.plan_file.horizon is None else str(result.plan_file.horizon)
    if not isinstance(clause, Measure):
        due = written or horizon
        return Line(name, clause, clause.standing, (), None, None, clause.reason, written, due)
    if name not in position:
        return Line(name, clause, clause.standing, (), None, None, NOT_CHOSEN, written, written or horizon)
    mine = reduction[position[name]]
    schedule = result.bound.measures[position[name]].schedule
    further = result.unquantified.get(name)
    reason = NOT_QUANTIFIED if further is not None else "" if np.any(mine != 0) else NO_CHANGE
    return Line(
        name, clause, clause.standing, (name,), mine, further, reason, written, str(schedule.complete) if schedule else ""
    )


def shares(result: Result) -> np.ndarray:
    """(measure, pollutant) part of each measure in what the whole plan brings in the target year [1]; 0 where it brings nothing."""
    reduction = result.reductions()[:, :, -1]
    total = reduction.sum(axis=0)
    return np.divide(reduction, total, out=np.zeros_like(reduction), where=np.abs(total) > 0)


def by_chapter(found: Iterable[Line], pollutants: int) -> dict[str, tuple[int, int, np.ndarray]]:
    """chapter → (clauses, of these acting, (pollutant,) tonnes), in the order of the chapters."""
    out: dict[str, tuple[int, int, np.ndarray]] = {}
    for line in found:
        _add(out, line.clause.chapter, line, 1.0, pollutants)
    return {name: out[name] for name in CHAPTERS if name in out}


def by_standing(found: Iterable[Line], pollutants: int) -> dict[str, tuple[int, int, np.ndarray]]:
    """standing → (clauses, of these acting, (pollutant,) tonnes): how much of a plan rests on what it does, and on better running."""
    out: dict[str, tuple[int, int, np.ndarray]] = {}
    for line in found:
        _add(out, line.standing, line, 1.0, pollutants)
    return {name: out[name] for name in STANDINGS if name in out}


def by_department(found: Iterable[Line], pollutants: int) -> dict[str, tuple[int, int, np.ndarray]]:
    """Leading department → (clauses, of these acting, (pollutant,) tonnes), the largest reduction first.

    A clause that several departments lead is divided among them in equal parts, so that the tonnes add up to those of the plan.
    """
    out: dict[str, tuple[int, int, np.ndarray]] = {}
    for line in found:
        leads = line.clause.lead or (UNKNOWN_LEAD,)
        for lead in leads:
            _add(out, lead, line, 1.0 / len(leads), pollutants)
    return dict(sorted(out.items(), key=lambda item: (-float(np.abs(item[1][2]).sum()), item[0])))


def _add(out: dict, key: str, line: Line, part: float, pollutants: int) -> None:
    clauses, acting, tonnes = out.get(key, (0, 0, np.zeros(pollutants)))
    mine = np.zeros(pollutants) if line.reduction is None else part * line.reduction
    out[key] = clauses + 1, acting + bool(line.measures), tonnes + mine
