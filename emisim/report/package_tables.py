"""Measures one by one, and packages of them, as tables and as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from emisim.case import Case
from emisim.cost import COUNT, Objective
from emisim.questions.packages import REDUNDANT, Front, OneByOne, Role, Survey
from emisim.questions.response import Goal, Response
from emisim.report.solve_tables import amount_text, objective_title, value_text
from emisim.report.tables import Table, core_pollutants, tonnes
from emisim.summary import clean
from emisim.text import say

WHICH = ("alone", "share", "last")
SMALLEST_T = 1e-9
MOST_POINTS = 15  # of a front on the screen; JSON holds all


def one_by_one(case: Case, found: OneByOne, language: str) -> Table:
    """What each measure brings alone, its share of the plan, what is lost without it; below, the sums and the overlap."""
    core = core_pollutants(case.inventory)
    pollutants = [case.inventory.pollutants[k] for k in core]
    values = {w: getattr(found, w)[:, core] for w in WHICH}
    rank = np.abs(values["share"]) / np.maximum(np.abs(values["share"]).sum(axis=0), SMALLEST_T)
    order = np.lexsort((np.arange(len(rank)), -rank.max(axis=1, initial=0.0)))
    rows = [
        (
            case.bound.names[m],
            case.bound.measures[m].title.text(language),
            *(tonnes(values[w][m, k]) for k in range(len(core)) for w in WHICH),
        )
        for m in order.tolist()
        if any(np.abs(values[w][m]).max() > SMALLEST_T for w in WHICH)
    ]
    rows.append(("", say("packages.sum", language), *(tonnes(values[w][:, k].sum()) for k in range(len(core)) for w in WHICH)))
    short = [say(f"packages.{w}", language) for w in WHICH]
    header = (say("table.measure", language), say("table.title", language), *(f"{p} {w}" for p in pollutants for w in short))
    overlap = "; ".join(f"{p} {tonnes(found.overlap[k])} t/yr" for p, k in zip(pollutants, core, strict=True))
    note = say("packages.overlap", language, overlap=overlap)
    title = say("packages.one_by_one", language, year=case.scenario.target_year)
    return Table(title, header, tuple(rows), frozenset(range(2, len(header))), frozenset({1}), note)


def roles(case: Case, goal: Goal, found: Sequence[Role], language: str) -> Table:
    """What each measure is to one goal; the redundant ones are named below."""
    mine = [r for r in found if r.goal == goal.id]
    shown = [r for r in mine if r.role != REDUNDANT]
    order = sorted(shown, key=lambda r: (not r.met or r.met_without, -goal.sign * (r.value - r.without), r.measure))
    titles = dict(zip(case.bound.names, case.bound.measures, strict=True))
    rows = tuple(
        (
            r.measure,
            titles[r.measure].title.text(language),
            say(f"role.{r.role}", language),
            value_text(goal, r.without),
            say("verdict.met" if r.met_without else "verdict.missed", language),
            value_text(goal, r.alone),
            "–" if r.way is None else f"{100 * r.way:.1f} %",
        )
        for r in order
    )
    columns = ("role", "without", "verdict", "alone", "way")
    header = (say("table.measure", language), say("table.title", language), *(say(f"roles.{c}", language) for c in columns))
    value = value_text(goal, mine[0].value) if mine else "–"
    verdict = say("verdict.met" if mine and mine[0].met else "verdict.missed", language)
    title = say(
        "roles.title", language, target=goal.id, value=value, verdict=verdict,
        required=f"{goal.comparison} {value_text(goal, goal.required)}",
    )  # fmt: skip
    idle = ", ".join(r.measure for r in mine if r.role == REDUNDANT)
    note = say("roles.redundant", language, measures=idle) if idle else ""
    return Table(title, header, rows, frozenset({3, 5, 6}), frozenset({1}), note)


def survey_lines(response: Response, objective: Objective, found: Survey, language: str) -> list[str]:
    """How many packages meet what, and the best that meets all."""
    lines = [say("survey.count", language, count=f"{found.count:,}", free=len(found.measures), on=len(found.on))]
    for goal, meeting in zip(response.goals, found.meeting, strict=True):
        share = f"{100 * meeting / found.count:.3g} %"
        lines.append(say("survey.meeting", language, target=goal.id, meeting=f"{meeting:,}", share=share))
    share = f"{100 * found.meeting_all / found.count:.3g} %"
    if len(response.goals) > 1:
        lines.append(say("survey.all", language, meeting=f"{found.meeting_all:,}", share=share))
    if found.cheapest is not None:
        weight, number = found.cheapest
        chosen = _free(response, found, number)
        amount = f"{amount_text(objective, weight)} {objective.unit}".strip()
        by = say(f"solve.by.{objective.by}", language)
        key = "survey.cheapest.count" if objective.by == COUNT else "survey.cheapest"
        lines.append(say(key, language, by=by, amount=amount, measures=", ".join(chosen) or "–"))
    return lines


def front(response: Response, objective: Objective, found: Survey, goal: Goal | None, language: str) -> Table:
    """A Pareto front of the objective against the value of a goal, or (None) against the smallest margin of all."""
    points = found.joint if goal is None else found.fronts[response.goals.index(goal)]
    enough = np.flatnonzero(points.value >= -1e-9 if goal is None else goal.met(points.value))
    at = _thinned(points.objective.size, enough[:1].tolist())
    text = (lambda v: f"{100 * v:+.2f} %") if goal is None else (lambda v: value_text(goal, v))
    rows, before = [], frozenset()
    for k in at:
        names = _free(response, found, int(points.package[k]))
        now = frozenset(names)
        enters, leaves = ", ".join(n for n in names if n not in before), ", ".join(sorted(before - now))
        rows.append(
            (amount_text(objective, float(points.objective[k])), text(float(points.value[k])), enters or "–", leaves or "–")
        )
        before = now
    reached = say("survey.margin", language) if goal is None else goal.id
    header = (objective_title(objective, language), reached, *(say(f"table.curve.{c}", language) for c in ("enters", "leaves")))
    title = say("survey.joint", language) if goal is None else say("survey.front", language, target=goal.id)
    size = points.objective.size
    note = say("survey.thinned", language, shown=len(at), count=size) if len(at) < size else ""
    return Table(title, header, tuple(rows), frozenset({0, 1}), frozenset({2, 3}), note)


def _thinned(size: int, kept: Sequence[int]) -> list[int]:
    """Positions of some 15 points, the first, the last and the ``kept`` ones among them."""
    return sorted({*kept, *(round(k) for k in np.linspace(0, size - 1, min(size, MOST_POINTS)).tolist())}) if size else []


def _free(response: Response, found: Survey, number: int) -> list[str]:
    return [response.names[m] for j, m in enumerate(found.measures) if number >> j & 1]


# ---------------------------------------------------------------- plain data


def measures_data(case: Case, found: OneByOne, response: Response, judged: Sequence[Role]) -> dict[str, Any]:
    """Measures one by one and their roles, as plain data; see docs/reference/result.md."""
    pollutants = case.inventory.pollutants
    columns = {"first_in_t": found.alone, "reduction_t": found.share, "last_in_t": found.last}
    return {
        "scenario": case.scenario.scenario,
        "measures": [
            {"measure": name, "pollutant": p} | {key: clean(v[m, k]) for key, v in columns.items()}
            for m, name in enumerate(case.bound.names)
            for k, p in enumerate(pollutants)
        ],
        "overlap_t": {p: clean(found.overlap[k]) for k, p in enumerate(pollutants)},
        "goals": [_goal(goal, [r for r in judged if r.goal == goal.id]) for goal in response.goals],
    }


def _goal(goal: Goal, mine: Sequence[Role]) -> dict[str, Any]:
    return {
        "target": goal.id,
        "unit": goal.unit,
        "comparison": goal.comparison,
        "required": clean(goal.required),
        "value": clean(_number(mine[0].value)) if mine else None,
        "met": mine[0].met if mine else None,
        "roles": [
            {
                "measure": r.measure,
                "role": r.role,
                "without": clean(_number(r.without)),
                "met_without": r.met_without,
                "alone": clean(_number(r.alone)),
                "way": clean(r.way),
            }
            for r in mine
        ],
    }


def _number(value: float) -> float | None:
    return None if value != value else value


def survey_data(response: Response, objective: Objective, found: Survey) -> dict[str, Any]:
    """All packages, as plain data; see docs/reference/result.md."""
    best = None
    if found.cheapest is not None:
        best = {"objective": clean(found.cheapest[0]), "package": _free(response, found, found.cheapest[1])}
    return {
        "minimised": objective.by,
        "unit": objective.unit,
        "free": [response.names[m] for m in found.measures],
        "on": [response.names[m] for m in found.on],
        "count": found.count,
        "meeting": {goal.id: n for goal, n in zip(response.goals, found.meeting, strict=True)},
        "meeting_all": found.meeting_all,
        "cheapest": best,
        "fronts": {goal.id: _points(response, found, f) for goal, f in zip(response.goals, found.fronts, strict=True)},
        "joint": _points(response, found, found.joint),
    }


def _points(response: Response, found: Survey, points: Front) -> list[dict[str, Any]]:
    return [
        {"objective": clean(float(o)), "value": clean(float(v)), "package": _free(response, found, int(p))}
        for o, v, p in zip(points.objective, points.value, points.package, strict=True)
    ]
