"""The Pareto front of each target: how far the best packages of measures get.

A point is a package than which none is both lighter and better. Where every measure that matters has a cost, packages weigh what they
cost, else the number of their measures. At most 20 measures are free; if more act on the target, those that change it most, alone or as
the last of all; the others are off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from emisim.cost import COST, COUNT, Annual, Bill, NoCost, Objective, annual_costs, bill, removed_alone, weights
from emisim.kernel import State
from emisim.measure import Measure
from emisim.model import Label
from emisim.periods import end_state
from emisim.questions.packages import MOST_FREE, ROUNDING, Survey, survey
from emisim.questions.response import Goal, Response, respond
from emisim.simulate import Levels, Result, evidence_of

MOST_POINTS = 24  # of a front by cost


@dataclass(frozen=True)
class Point:
    """One package. weight : count, or cost a year [unit]; value : of the target [its unit]; measures : of the package, enters, leaves :
    what makes it differ from the point before. bill : what is known of its cost."""

    weight: float
    value: float
    met: bool
    measures: tuple[str, ...]
    enters: tuple[str, ...]
    leaves: tuple[str, ...]
    bill: Bill


@dataclass(frozen=True, eq=False)
class TargetFront:
    """The front of one target.

    goal : what is required. objective : what packages weigh. points : by rising weight. plan : the package of all measures that
    act on the target. free : measures that were looked at in all packages, acting : how many change the target. interval : of the plan's
    value, where there are draws. names : measure → itself.
    """

    goal: Goal
    title: Label
    objective: Objective
    points: tuple[Point, ...]
    plan: Point
    free: int
    acting: int
    interval: tuple[float, float] | None
    names: Mapping[str, Measure]

    @property
    def first_met(self) -> Point | None:
        """The lightest package that meets the target."""
        return next((p for p in self.points if p.met), None)


def fronts(result: Result) -> Iterator[TargetFront]:
    """The fronts of all targets on tonnes that require something and that measures change."""
    case, targets = result.case, result.reading.targets
    wanted = [n for n, t in targets.items() if t.on_tonnes and t.reduction is not None]
    end = levels_of(result)
    response = respond(case, wanted, end)
    costs = annual_costs(case, removed_alone(case, end.ledger))
    measures = dict(zip(case.bound.names, case.bound.measures, strict=True))
    for g, goal in enumerate(response.goals):
        acting = response.acting(g)
        if not acting:
            continue
        alone = response.only([g])
        names = [response.names[m] for m in acting]
        costed = all(isinstance(costs[name], Annual) for name in names)
        objective = weights(case, COST if costed else COUNT, removed_alone(case, end.ledger), acting=names)
        free = heaviest(alone, acting)
        found = survey(alone, free, objective.weight)
        points = _points(alone, found, objective, costs)
        every = np.isin(np.arange(alone.measures), acting)
        plan = _point(alone, objective, costs, every, frozenset())
        interval = _interval(result, goal)
        yield TargetFront(goal, targets[goal.id].title, objective, points, plan, len(free), len(acting), interval, measures)


def levels_of(result: Result) -> Levels:
    """What the verdicts of a result rest on, without running it again."""
    case = result.case
    base, program = case.arrays(end_state(case.scenario.base_year, case.scenario.target_year))
    reference, plan = State(result.activity_reference, result.reference), State(result.activity_plan, result.plan)
    evidence = evidence_of(case, result.years, result.ledger, reference, plan, program.phase)
    return Levels(base, program, result.ledger, reference, plan, evidence)


def heaviest(response: Response, acting: tuple[int, ...], most: int = MOST_FREE) -> list[int]:
    """The measures that change a goal most, alone or as the last of all; all that act, if they are few enough."""
    if len(acting) <= most:
        return list(acting)
    single = np.eye(response.measures, dtype=bool)[list(acting)]
    every = single.any(axis=0)
    nothing, whole = (float(response.value(0, x)) for x in (np.zeros_like(every), every))
    alone, last = response.value(0, single) - nothing, whole - response.value(0, every & ~single)
    weight = np.fmax(np.abs(alone), np.abs(last))
    return sorted(acting[k] for k in np.argsort(-weight, kind="stable")[:most].tolist())


def _interval(result: Result, goal: Goal) -> tuple[float, float] | None:
    """Ends of the plan's value in the draws; None without draws, or where the goal is not asked in the unit of the verdict."""
    if result.uncertainty is None or goal.restated:
        return None
    k = list(result.reading.targets).index(goal.id)
    low, _, high = result.uncertainty.values.quantiles.value[:, k].tolist()
    return (low, high) if np.isfinite([low, high]).all() else None


def _points(response: Response, found: Survey, objective: Objective, costs: Mapping[str, Annual | NoCost]) -> tuple[Point, ...]:
    """The points of a front; of a long one some, the first that meets the goal among them."""
    front, goal = found.fronts[0], response.goals[0]
    met = np.flatnonzero(goal.met(front.value))
    size = front.package.size
    kept = sorted({*met[:1].tolist(), *(round(k) for k in np.linspace(0, size - 1, min(size, MOST_POINTS)).tolist())})
    out: list[Point] = []
    for k in kept:
        package = found.package(int(front.package[k]), response.measures)
        out.append(_point(response, objective, costs, package, frozenset(out[-1].measures if out else ())))
    return tuple(out)


def _point(
    response: Response, objective: Objective, costs: Mapping[str, Annual | NoCost], package: np.ndarray, before: frozenset[str]
) -> Point:
    names = tuple(response.names[m] for m in np.flatnonzero(package).tolist())
    goal, value = response.goals[0], float(response.value(0, package))
    value = 0.0 if abs(value) <= ROUNDING * goal.extent else value
    weight = float(np.where(package, objective.weight, 0.0).sum())
    enters = tuple(n for n in names if n not in before)
    known = bill({n: costs[n] for n in names}, objective.unit)
    return Point(weight, value, bool(goal.met(value)), names, enters, tuple(sorted(before - set(names))), known)
