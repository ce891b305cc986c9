"""What it would take: the cheapest, smallest or easiest package of a case's measures that meets its targets together.

targets → goals as sums of tables (response) → exact optimum (optimise) → what decides it (tradeoffs) → checked by a run
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from emisim.case import Case
from emisim.cost import COST, COUNT, EFFORT, Annual, NoCost, Objective, annual_costs, removed_alone, weights
from emisim.errors import BadInput, Broken, Place, fault, nearest
from emisim.questions.enumeration import Emissions
from emisim.questions.optimise import INFEASIBLE, Solution, greedy, pose
from emisim.questions.optimise import solve as cheapest
from emisim.questions.packages import OneByOne, Survey, one_by_one, survey
from emisim.questions.response import Response, respond
from emisim.questions.tradeoffs import Eased, Point, binding, curve, ease, maximum
from emisim.reading import measures_named
from emisim.simulate import Levels, levels, verdicts

BY = (COST, COUNT, EFFORT)
TIME_LIMIT_S = 60.0
AGREES = 1e-9


@dataclass(frozen=True, eq=False)
class Answer:
    """What a search found.

    response : the goals. objective : what was made small. costs : of measures that have one. brings : each measure alone and as the
    last. asked : what was asked to be made small, empty for the default. solution : the package. most : (goal,) the best value any allowed package reaches. binding : goals without which it
    would weigh less. greedy : what the usual rule finds. eased : if nothing meets all goals, what would help. curve : least
    objective for rising requirements of ``curve_of``.
    """

    case: Case
    response: Response
    objective: Objective
    costs: Mapping[str, Annual | NoCost]
    brings: OneByOne
    asked: str
    forced: tuple[str, ...]
    forbidden: tuple[str, ...]
    solution: Solution
    most: tuple[float | None, ...]
    binding: tuple[int, ...]
    greedy: Solution
    eased: Eased | None
    curve_of: str
    curve: tuple[Point, ...]


def solve(
    case: Case,
    targets: Sequence[str] = (),
    minimise: str = "",
    uncosted: str = "refuse",
    force: Sequence[str] = (),
    forbid: Sequence[str] = (),
    time_limit: float = TIME_LIMIT_S,
    gap: float = 0.0,
    curve_of: str = "",
    steps: int = 10,
) -> Answer:
    """Find the package of measures that meets some targets together at least cost, number or effort.

    Parameters
    ----------
    targets : ids; by default all on tonnes that have a value.
    minimise : ``cost``, ``count`` or ``effort``; by default cost if every measure that matters has one, else the count.
    uncosted : measures that matter and have no cost: ``refuse``, ``leave_out`` or ``take``; see ``cost.weights``.
    force, forbid : measures, or items with all their parts, that must be in, or may not be.
    time_limit : of each search [s]. gap : relative gap that is good enough [1]; 0 for the exact optimum.
    curve_of : target whose requirement is raised from nothing to the most that can be reached, in ``steps``.

    Returns
    -------
    Answer

    Raises
    ------
    BadInput
        A target or measure that is not there, a target without a value, measures without a cost.
    Broken
        A run of the package does not agree with the search.
    """
    end = levels(case)
    response = goals_of(case, end, targets, curve_of)
    acting = {response.names[m] for g in range(len(response.goals)) for m in response.acting(g)}
    objective, costs = _objective(case, end, minimise, uncosted, acting)
    objective, force, forbid = decided(case, objective, force, forbid)
    forced, forbidden = (*force, *objective.taken), (*forbid, *objective.left_out)
    problem = pose(response, objective.weight, forced, forbidden, time_limit=time_limit, gap=gap)
    solution = cheapest(problem)
    if solution.package is not None:
        _check(case, response, solution)
    goals = range(len(response.goals))
    tops = [maximum(problem, g) for g in goals]
    at = [goal.id for goal in response.goals].index(curve_of) if curve_of else None
    return Answer(
        case=case,
        response=response,
        objective=objective,
        costs=costs,
        brings=one_by_one(case, end),
        asked=minimise,
        forced=force,
        forbidden=forbid,
        solution=solution,
        most=tuple(None if top is None else top[0] for top in tops),
        binding=binding(problem, solution),
        greedy=greedy(problem),
        eased=ease(problem) if solution.status == INFEASIBLE else None,
        curve_of=curve_of,
        curve=() if at is None else curve(problem, at, steps),
    )


def decided(
    case: Case, objective: Objective, force: Sequence[str], forbid: Sequence[str]
) -> tuple[Objective, tuple[str, ...], tuple[str, ...]]:
    """(objective, forced, forbidden): what is said of a measure by name goes before what its cost would make of it.

    Raises
    ------
    BadInput
        A measure that is not there.
    """
    force, forbid = (expanded(case, option, keys) for option, keys in (("--force", force), ("--forbid", forbid)))
    taken, left_out = (tuple(m for m in names if m not in (*force, *forbid)) for names in (objective.taken, objective.left_out))
    return replace(objective, taken=taken, left_out=left_out), force, forbid


def _objective(case: Case, end: Levels, minimise: str, uncosted: str, acting: Collection[str]):
    """What packages weigh, and the costs of all measures. acting : ids of the measures that matter."""
    alone = removed_alone(case, end.ledger)
    costs = annual_costs(case, alone)
    by = minimise or (COST if all(isinstance(costs[name], Annual) for name in acting) else COUNT)
    return weights(case, by, alone, uncosted, acting), costs


def all_packages(
    case: Case,
    free: Sequence[str],
    others: bool = True,
    targets: Sequence[str] = (),
    minimise: str = "",
    uncosted: str = "refuse",
    progress: Callable[[int, int], None] = lambda done, count: None,
) -> tuple[Response, Objective, Survey]:
    """Look at every package of some measures.

    Parameters
    ----------
    free : at most 20 measures, or items with all their parts. others : whether the other measures are in all packages, or in none.
    targets, minimise, uncosted : as for ``solve``. progress : told packages done and all of them.

    Raises
    ------
    BadInput
        More than 20 measures, and as for ``solve``.
    """
    end = levels(case)
    response = goals_of(case, end, targets)
    names = expanded(case, "--all-subsets", free)
    objective, _ = _objective(case, end, minimise, uncosted, names)
    left_out, taken = set(objective.left_out), set(objective.taken)
    chosen = [response.names.index(n) for n in names if n not in left_out | taken]
    if not chosen:
        raise BadInput([fault("question.nothing_free")])
    weight = np.zeros(response.measures)
    weight[chosen] = objective.weight[chosen]
    objective = replace(objective, weight=weight)  # what is in all of them, or in none, makes no difference
    on = [m for m, n in enumerate(response.names) if n in taken or (others and n not in names)]
    return response, objective, survey(response, chosen, objective.weight, on, progress)


def goals_of(
    case: Case, end: Levels, targets: Sequence[str] = (), curve_of: str = "", emissions: Emissions | None = None
) -> Response:
    """The chosen targets as goals. emissions : of all packages, if they are at hand.

    Raises
    ------
    BadInput
        One is not there, or cannot be a goal.
    """
    known = case.reading.targets
    wanted = tuple(dict.fromkeys((*targets, *((curve_of,) if curve_of else ()))))
    default = tuple(name for name, target in known.items() if target.on_tonnes)
    faults = [
        fault("question.target", Place(f"--target {name}"), word=name, near=nearest(name, known), known=", ".join(known))
        for name in wanted
        if name not in known
    ]
    if faults:
        raise BadInput(faults)
    response = respond(case, (*(targets or default), *wanted), end, emissions)
    for left in (e for e in response.excluded if e.target in wanted):
        place = Place(f"--target {left.target}")
        faults.append(fault(f"question.{left.reason}", place, target=left.target, measures=", ".join(left.measures)))
    if faults:
        raise BadInput(faults)
    if not response.goals:
        raise BadInput([fault("question.no_goals")])
    return response


def expanded(case: Case, option: str, keys: Sequence[str]) -> tuple[str, ...]:
    """Ids of measures, for items all their parts.

    Raises
    ------
    BadInput
    """
    found = {key: tuple(m for m in measures_named(key, case.plan) if m in case.bound.names) for key in keys}
    faults = [
        fault("question.measure", Place(f"{option} {key}"), word=key, near=nearest(key, case.bound.names))
        for key, measures in found.items()
        if not measures
    ]
    if faults:
        raise BadInput(faults)
    return tuple(dict.fromkeys(m for measures in found.values() for m in measures))


def _check(case: Case, response: Response, solution: Solution) -> None:
    """A run of the scenario with just the package's measures must say what the search says.

    Raises
    ------
    Broken
    """
    names = [name for name, on in zip(response.names, solution.package, strict=True) if on]
    found = {v.id: v for v in verdicts(case.only(names))}
    for goal, value in zip(response.goals, solution.values, strict=True):
        verdict = found[goal.id]
        if goal.restated or verdict.value is None:
            continue
        if not abs(verdict.value - value) <= AGREES * max(abs(value), goal.scale) or (verdict.verdict == "met") != bool(
            goal.met(value)
        ):
            raise Broken(f"a run gives {goal.id} {verdict.value:.12g}, the search {value:.12g}")
