"""The package of measures that meets all goals together at least cost (or effort, or number), exactly.

    min Σ_m weight_m·y_m    with    constant_g + Σ_k Σ_s table_gk[s]·λ_ks ≥ required_g    for every goal g
    Σ_s λ_ks = 1,    Σ_{s∋m} λ_ks = y_m    for every table k and measure m in it,    y_m ∈ {0, 1}, λ ≥ 0

Effects multiply where measures meet on a row, so a table holds the value of every package of the few measures on it (see
``response``) and λ picks one of these values: with y whole λ is whole too, and the formulation is exact for every overlap. The
solver's answer is checked against the tables themselves; one that is wrong by the solver's tolerance is cut off and it goes on.

Among packages of the same weight the one with the fewest measures is taken, then the first in the order of ids, each by a
solve of its own, so that the answer does not hang on the solver's path.

Source: Huangfu and Hall 2018 (HiGHS), as scipy.optimize.milp.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np

from emisim.errors import BadInput, Place, Reporter
from emisim.questions.milp import Found, Model, Row, minimise
from emisim.questions.response import Response
from emisim.questions.table import Table, widened

OPTIMAL, TIME_LIMIT, INFEASIBLE = "optimal", "time limit", "infeasible"
ENOUGH, STUCK = "enough", "stuck"  # greedy: all goals are met, or no measure brings one nearer
TIE = 1e-9  # of the largest weight: packages that differ by less cost the same
CHUNK = 10  # measures whose order of ids is settled in one solve


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be solved. weight : (measure,) objective, of any sign; forced, forbidden : measures. time_limit [s]; gap :
    relative gap that is good enough [1]."""

    response: Response
    weight: np.ndarray
    forced: frozenset[int] = frozenset()
    forbidden: frozenset[int] = frozenset()
    time_limit: float = np.inf
    gap: float = 0.0

    def objective(self, package: np.ndarray) -> float:
        """Σ of the weights of a package, to the last digit."""
        return fsum(self.weight[np.flatnonzero(package)].tolist())

    @property
    def size(self) -> float:
        """The largest weight, for scaling."""
        return float(np.abs(self.weight).max(initial=0.0)) or 1.0

    @property
    def tie(self) -> float:
        """What two packages may differ by and still weigh the same."""
        return TIE * self.size


@dataclass(frozen=True, eq=False)
class Solution:
    """package : (measure,) booleans, None where none was found. objective : Σ weight; bound : proven least; gap : relative
    distance of the two [1]. values, margins : one a goal, margins positive on the good side [unit of the goal]."""

    status: str
    package: np.ndarray | None = None
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    values: tuple[float, ...] = ()
    margins: tuple[float, ...] = ()


def pose(
    response: Response, weight: Sequence[float], forced: Sequence[str] = (), forbidden: Sequence[str] = (), **limits: float
) -> Problem:
    """A problem by the ids of measures.

    Raises
    ------
    BadInput
        A measure that is not there, or one both forced and forbidden.
    """
    reporter = Reporter(lambda file, location: Place(file))
    for option, names in (("--force", forced), ("--forbid", forbidden)):
        for name in names:
            if name not in response.names:
                reporter.unknown(option, (), "plan.measure", name, response.names)
    both = sorted(set(forced) & set(forbidden))
    if both:
        reporter.report(f"--force {both[0]}", (), "question.both", measures=", ".join(both))
    if reporter.faults:
        raise BadInput(reporter.faults)
    decided = (frozenset(response.names.index(n) for n in names) for names in (forced, forbidden))
    return Problem(response, np.asarray(weight, float), *decided, **limits)


def solve(problem: Problem) -> Solution:
    """The package of least weight that meets every goal.

    Returns
    -------
    Solution
        Status ``optimal``, ``time limit`` (with the best package found until then, be it by the greedy rule) or ``infeasible``.
    """
    deadline = time.monotonic() + problem.time_limit
    model = formulate(problem)
    found, model = exact(problem, model, model.on_measures(problem.weight / problem.size), deadline)
    package = found.package
    if found.status == TIME_LIMIT:
        package = _or_greedy(problem, package)
    elif found.status == OPTIMAL and not problem.gap:
        package = _first(problem, model, package, deadline)
    if package is None:
        return Solution(found.status)
    objective = problem.objective(package)
    bound = min(found.bound * problem.size, objective)
    if objective - bound <= problem.tie * max(1.0, abs(objective) / problem.size):  # the solver's own rounding
        bound = objective
    known = np.isfinite(bound)
    gap = (objective - bound) / (abs(objective) or problem.size) if known else None
    bound = bound if known else None
    return Solution(found.status, package, objective, bound, gap, *figures(problem.response, package))


def figures(response: Response, package: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Values and margins of all goals for a package [unit of each goal]."""
    values = tuple(float(response.value(g, package)) for g in range(len(response.goals)))
    return values, tuple(goal.margin(v) for goal, v in zip(response.goals, values, strict=True))


def greedy(problem: Problem) -> Solution:
    """The usual rule, to show what it misses: what saves money first, then step by step the measure that takes most off the
    shortfalls per weight, until all goals are met or none helps."""
    response = problem.response
    package = np.zeros(response.measures, bool)
    package[list(problem.forced)] = True
    for m in np.flatnonzero(problem.weight < 0).tolist():
        package[m] |= m not in problem.forbidden
    while not response.met(package).all():
        best, step = 0.0, -1
        now = _shortfall(response, package)
        for m in range(response.measures):
            if not package[m] and m not in problem.forbidden:
                package[m] = True
                gain = now - _shortfall(response, package)
                package[m] = False
                ratio = gain / problem.weight[m] if problem.weight[m] > 0 else np.inf
                if gain > TIE and ratio > best:
                    best, step = ratio, m
        if step < 0:
            return Solution(STUCK, package, problem.objective(package), None, None, *figures(response, package))
        package[step] = True
    return Solution(ENOUGH, package, problem.objective(package), None, None, *figures(response, package))


def _shortfall(response: Response, package: np.ndarray) -> float:
    """Σ over goals of what is missing, as a share of what is required [1]; a goal without a value misses all."""
    total = 0.0
    for g, goal in enumerate(response.goals):
        missing = -goal.margin(float(response.value(g, package)))
        total += 1.0 if np.isnan(missing) else max(missing, 0.0) / goal.scale
    return total


def _or_greedy(problem: Problem, package: np.ndarray | None) -> np.ndarray | None:
    """The lighter of a package and that of the greedy rule, where there are such."""
    quick = greedy(problem)
    if quick.status == STUCK or (package is not None and problem.objective(package) <= quick.objective):
        return package
    return quick.package


# ---------------------------------------------------------------- the model


def formulate(problem: Problem, extra: int = 0, eased: Sequence[tuple[int, float]] = ()) -> Model:
    """Measures, tables and goals as a mixed-integer program. ``extra`` variables stand at its end; eased : (which of them, by what
    share it lets go of what a goal requires) for each goal."""
    response = problem.response
    acting = {m for g in range(len(response.goals)) for m in response.acting(g)}
    low, high = np.zeros(response.measures), np.zeros(response.measures)
    for m in range(response.measures):  # what reaches no goal and saves nothing is never taken
        high[m] = float(m in problem.forced or (m not in problem.forbidden and (m in acting or problem.weight[m] < 0)))
        low[m] = float(m in problem.forced)
    sets = sorted({t.measures for tables in response.tables for t in tables}, key=lambda m: (-len(m), m))
    blocks: list[tuple[int, ...]] = []
    for measures in sets:
        if measures and not any(set(measures) <= set(block) for block in blocks):
            blocks.append(measures)
    model = Model.of(low, high, blocks, extra)
    for g in range(len(response.goals)):
        model = _with_goal(model, problem.response, g, eased[g] if eased else None)
    return model


def _with_goal(model: Model, response: Response, g: int, eased: tuple[int, float] | None) -> Model:
    """The condition of a goal. One that rests on a single table allows some of its states; else it is a sum that must be
    enough."""
    goal, tables = response.goals[g], response.tables[g]
    if len(tables) == 1 and eased is None and tables[0].measures:
        block = model.block_of(tables[0].measures)
        allowed = goal.met(response.constants[g] + tables[0].values)
        return model.without_states(block, ~widened(allowed, tables[0].measures, model.blocks[block]))
    for table in tables:
        if np.isnan(table.values).any():
            block = model.block_of(table.measures)
            model = model.without_states(block, np.isnan(widened(table.values, table.measures, model.blocks[block])))
    vector = goal.sign * coefficients(model, tables)
    edge = goal.slack if goal.comparison in (">", "<") else -goal.slack
    needed = goal.sign * (goal.required - response.constants[g]) + edge
    if eased is not None:
        vector[eased[0]] = eased[1] * goal.scale
    if needed == -np.inf:  # any value will do
        return model
    scale = max(float(np.abs(vector).max(initial=0.0)), abs(needed), 1e-300)
    return model.with_row(Row(vector / scale, needed / scale, np.inf))


def coefficients(model: Model, tables: Sequence[Table]) -> np.ndarray:
    """Coefficients of the value of a goal."""
    vector = np.zeros(model.size)
    for table in tables:
        if table.measures:
            block = model.block_of(table.measures)
            vector[model.states(block)] += np.nan_to_num(widened(table.values, table.measures, model.blocks[block]))
    return vector


# ---------------------------------------------------------------- exact, and the same on every run


def exact(problem: Problem, model: Model, objective: np.ndarray, deadline: float, ceiling: float = np.inf) -> tuple[Found, Model]:
    """Minimise; a package that misses a goal, or weighs more than ``ceiling``, by the solver's tolerance is cut off."""
    response = problem.response
    everything = range(response.measures)
    while True:
        found = minimise(model, objective, deadline - time.monotonic(), problem.gap)
        if found.package is None:
            return found, model
        cuts = [response.acting(int(g)) for g in np.flatnonzero(~response.met(found.package))]
        if problem.objective(found.package) > ceiling:
            cuts.append(tuple(everything))
        if not cuts:
            return found, model
        if time.monotonic() > deadline:
            return Found(TIME_LIMIT, None, found.bound), model
        for measures in cuts:
            model = model.with_row(not_again(model, found.package, measures))


def not_again(model: Model, package: np.ndarray, measures: Sequence[int]) -> Row:
    """At least one of some measures must be switched the other way: Σ_{on} (1 − y) + Σ_{off} y ≥ 1."""
    vector = np.zeros(model.size)
    on = [m for m in measures if package[m]]
    vector[list(measures)] = 1.0
    vector[on] = -1.0
    return Row(vector, 1.0 - len(on), np.inf)


def _first(problem: Problem, model: Model, package: np.ndarray, deadline: float) -> np.ndarray:
    """Of the packages with the least weight the one with the fewest measures, of these the first in the order of ids."""
    ceiling = problem.objective(package) + problem.tie
    measures = problem.response.measures
    model = model.with_row(Row(model.on_measures(problem.weight / problem.size), -np.inf, ceiling / problem.size))
    count = model.on_measures(np.ones(measures))
    other, _ = exact(problem, model.with_row(not_again(model, package, range(measures))), count, deadline, ceiling)
    if other.package is None:
        return package
    package = min(package, other.package, key=np.sum)
    model = model.with_row(Row(count, -np.inf, float(package.sum())))
    free = np.flatnonzero(model.low[:measures] < model.high[:measures])
    for start in range(0, free.size, CHUNK):
        chunk = free[start : start + CHUNK]
        order = np.zeros(measures)
        order[chunk] = -(2.0 ** np.arange(chunk.size)[::-1])
        found, model = exact(problem, model, model.on_measures(order), deadline, ceiling)
        if found.package is None:
            return package
        package = found.package
        model = model.fixed(chunk, package[chunk])
    return package
