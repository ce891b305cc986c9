"""What decides a least-cost package: which goals bind, how far each can go, what easing would help, what each further step costs.

Each answer is a solve of a problem with one goal left out, moved or eased (see ``optimise``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from emisim.questions.milp import Model, Row, minimise
from emisim.questions.optimise import TIE, Problem, Solution, coefficients, exact, formulate, solve
from emisim.questions.response import Goal, Response

SLIGHT = 1e-9  # what rounding may take from a share


@dataclass(frozen=True, eq=False)
class Eased:
    """The least easing that lets all goals be met together.

    share : the largest part of what it requires that a goal gives up [1] (where that is 0, of the most that any package changes
    it). goals : (goal, required, what is left of it) of those that give up something. package : the cheapest that does it.
    """

    share: float
    goals: tuple[tuple[Goal, float, float], ...]
    package: np.ndarray


@dataclass(frozen=True, eq=False)
class Point:
    """One step of a cost curve: what is required, the least objective, its package, and what came in and went out since the step
    before."""

    required: float
    objective: float
    value: float
    package: np.ndarray
    enters: tuple[int, ...]
    leaves: tuple[int, ...]


def binding(problem: Problem, solution: Solution) -> tuple[int, ...]:
    """The goals without which the least weight would be lower."""
    out = []
    count = len(problem.response.goals)
    for g in range(count) if solution.package is not None else ():
        without = replace(problem, response=problem.response.only([k for k in range(count) if k != g]))
        model = formulate(without)
        deadline = time.monotonic() + problem.time_limit
        found, _ = exact(without, model, model.on_measures(problem.weight / problem.size), deadline)
        if found.package is not None and problem.objective(found.package) < solution.objective - problem.tie:
            out.append(g)
    return tuple(out)


def maximum(problem: Problem, goal: int, others: bool = False) -> tuple[float, np.ndarray] | None:
    """The best value of a goal that any package reaches, and the package of fewest measures that does; ``others``: with all other
    goals met. None if there is none."""
    target = problem.response.goals[goal]
    response = _replaced(problem.response, goal, _any_value(target))
    response, goal = (response, goal) if others else (response.only([goal]), 0)
    problem = replace(problem, response=response)
    deadline = time.monotonic() + problem.time_limit
    model = formulate(problem)
    vector = -target.sign * coefficients(model, response.tables[goal])
    vector = vector / max(float(np.abs(vector).max(initial=0.0)), 1e-300)
    found, model = exact(problem, model, vector, deadline)
    if found.package is None:
        return None
    best = float(response.value(goal, found.package))
    asked = replace(problem, response=_replaced(response, goal, _at_least(target, best)))
    reached = float((vector * found.vector).sum())
    model = model.with_row(Row(vector, -np.inf, reached + TIE * max(1.0, abs(reached))))
    fewest, _ = exact(asked, model, model.on_measures(np.ones(response.measures)), deadline)
    if fewest.package is not None:
        found, best = fewest, float(response.value(goal, fewest.package))
    return best, found.package


def _replaced(response: Response, goal: int, new: Goal) -> Response:
    goals = list(response.goals)
    goals[goal] = new
    return replace(response, goals=tuple(goals))


def _any_value(goal: Goal) -> Goal:
    """A goal that every value meets."""
    return replace(goal, required=-goal.sign * np.inf, slack=0.0)


def _at_least(goal: Goal, value: float) -> Goal:
    """The same goal with another requirement, and the rounding of the tables as its slack."""
    comparison = ">=" if goal.sign > 0 else "<="
    return replace(goal, required=value, comparison=comparison, slack=TIE * max(goal.extent, abs(value)))


def ease(problem: Problem) -> Eased | None:
    """How little of what they require the goals must give up to be met together: first the largest share any of them gives up,
    then the sum of the shares, then the weight of the package. None if a goal has no value under any allowed package."""
    response = problem.response
    count = len(response.goals)
    deadline = time.monotonic() + problem.time_limit
    model = formulate(problem, 1, [(-1, 1.0)] * count)
    found = minimise(model, _last(model, 1), deadline - time.monotonic(), problem.gap)
    if found.package is None:
        return None
    share = _easing(response, found.package)
    model = formulate(problem, count, [(k - count, 1.0) for k in range(count)])
    model = model.at_most(count, share * (1.0 + SLIGHT))
    least = minimise(model, _last(model, count), deadline - time.monotonic(), problem.gap)
    package = found.package if least.package is None else least.package
    values = [float(response.value(g, package)) for g in range(count)]
    eased = [g for g in range(count) if not response.goals[g].met(values[g])]
    asked = response
    for g in eased:
        asked = _replaced(asked, g, _at_least(response.goals[g], values[g]))
    cheapest = solve(replace(problem, response=asked)).package
    goals = tuple((response.goals[g], response.goals[g].required, values[g]) for g in eased)
    return Eased(share, goals, package if cheapest is None else cheapest)


def _last(model: Model, count: int) -> np.ndarray:
    """The objective that is the sum of the last variables."""
    objective = np.zeros(model.size)
    objective[-count:] = 1.0
    return objective


def _easing(response: Response, package: np.ndarray) -> float:
    """The share that a package needs."""
    missing = [-goal.margin(float(response.value(g, package))) for g, goal in enumerate(response.goals)]
    return max([0.0, *(m / goal.scale for m, goal in zip(missing, response.goals, strict=True))])


def curve(problem: Problem, goal: int, steps: int = 20, others: bool = True) -> tuple[Point, ...]:
    """Least weight for rising requirements of one goal, in equal steps from what the other goals bring anyway to the most
    that can be reached; ``others`` False: without the other goals."""
    response = problem.response if others else problem.response.only([goal])
    goal = goal if others else 0
    target = response.goals[goal]
    problem = replace(problem, response=response)
    top = maximum(problem, goal, others=True)
    found = solve(replace(problem, response=_replaced(response, goal, _any_value(target))))
    if top is None or found.package is None:
        return ()
    points: list[Point] = []
    before = np.zeros(response.measures, bool)
    for required in np.linspace(found.values[goal], top[0], steps + 1).tolist():
        step = _at_least(target, required)
        if not step.met(found.values[goal]):  # else the package before is still the lightest
            found = solve(replace(problem, response=_replaced(response, goal, step)))
        if found.package is None:
            break
        enters, leaves = (tuple(np.flatnonzero(a & ~b).tolist()) for a, b in ((found.package, before), (before, found.package)))
        points.append(Point(required, found.objective, found.values[goal], found.package, enters, leaves))
        before = found.package
    return tuple(points)
