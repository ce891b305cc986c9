"""Least cost where every measure may be carried out at some of its sources and not at others, for one target on tonnes.

A site is what can be decided for itself: a source, or sources that moves or a flow of nitrogen link. Its options are all packages of
the measures there that may be chosen, each with what it changes of the target, exactly, and with what it costs there:

    value = constant + Σ_sites table_s[package of s]    →    ``by_source.least_cost``
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emisim.case import Case
from emisim.cost import COST, Annual, NoCost, Objective, annual_costs, removed_alone, weights
from emisim.errors import BadInput, Broken, Place, fault
from emisim.kernel import run
from emisim.ledger import MOST_ENUMERATED
from emisim.operation import Move
from emisim.program import Base, Program
from emisim.questions.by_source import GAP, TIME_LIMIT_S, Choice, least_cost
from emisim.questions.enumeration import Emissions, switches
from emisim.questions.optimise import pose
from emisim.questions.optimise import solve as cheapest
from emisim.questions.response import Goal, Terms, terms
from emisim.questions.shared_costs import costs_by_row
from emisim.questions.solving import AGREES, decided, goals_of
from emisim.questions.table import Table, all_packages
from emisim.simulate import levels
from emisim.verdicts import judge

MOST_FREE = MOST_ENUMERATED  # measures at one site; where more meet at linked sources, they stay as in the plan


@dataclass(frozen=True, eq=False)
class Site:
    """rows : of one source, or of several that are linked. measures : that may be chosen there. value : of every package of these
    [unit of the goal], 0 for none. cost : (measure,) [unit of the objective]."""

    rows: np.ndarray
    measures: tuple[int, ...]
    value: np.ndarray
    cost: np.ndarray


@dataclass(frozen=True)
class Pair:
    """A measure at a site. site : its number. tonnes : its Shapley value among what is chosen there [t/yr]; cost : [unit of the
    objective]."""

    measure: int
    site: int
    tonnes: float
    cost: float


@dataclass(frozen=True, eq=False)
class SiteAnswer:
    """What a search source by source found.

    objective, costs, forced, forbidden : as in ``solving.Answer``. sites : where there is a choice; kept : (measures, rows) where too
    many meet. pairs : chosen. status, cost, bound, gap : as in ``by_source.Choice``, with what is spent in any case. value : reached;
    most : the best that is [unit of the goal]. price : of the last tonne [unit of the objective · yr / t]. whole : least cost with
    every measure at all its sources or at none; None where that is not enough or was not found in time.
    """

    case: Case
    goal: Goal
    objective: Objective
    costs: Mapping[str, Annual | NoCost]
    forced: tuple[str, ...]
    forbidden: tuple[str, ...]
    sites: tuple[Site, ...]
    kept: tuple[tuple[tuple[int, ...], np.ndarray], ...]
    pairs: tuple[Pair, ...]
    status: str
    cost: float | None
    bound: float | None
    gap: float | None
    value: float | None
    most: float
    price: float
    whole: float | None


def solve_by_source(
    case: Case,
    target: str,
    uncosted: str = "refuse",
    force: Sequence[str] = (),
    forbid: Sequence[str] = (),
    time_limit: float = TIME_LIMIT_S,
    gap: float = GAP,
) -> SiteAnswer:
    """Find the measures and sources that meet a target on tonnes at least cost.

    Parameters
    ----------
    target : id. uncosted : measures that matter and have no cost: ``refuse``, ``leave_out`` or ``take`` (at all their sources); see
        ``cost.weights``.
    force, forbid : measures, or items with all their parts, that are carried out at all their sources, or at none.
    time_limit : of each search [s]. gap : relative gap that is good enough [1].

    Raises
    ------
    BadInput
        A target or measure that is not there, a target that is not on tonnes or has no value, measures without a cost.
    Broken
        A run of what was chosen does not agree with the search.
    """
    end, emissions = levels(case), Emissions(case)
    response = goals_of(case, end, (target,), emissions=emissions)
    aim = case.reading.targets[target]
    if not aim.on_tonnes:
        raise BadInput([fault("question.by_source", Place(f"--target {target}"))])
    alone = removed_alone(case, end.ledger)
    costs = annual_costs(case, alone)
    names, acting = case.bound.names, response.acting(0)
    objective = weights(case, COST, alone, uncosted, {names[m] for m in acting})
    objective, force, forbid = decided(case, objective, force, forbid)
    forced, forbidden = (*force, *objective.taken), (*forbid, *objective.left_out)
    problem = pose(response, objective.weight, forced, forbidden, time_limit=time_limit, gap=gap)
    free = {m for m in range(len(names)) if m in acting or objective.weight[m] < 0} - problem.forced - problem.forbidden
    found = terms(case, emissions, aim, judge({target: aim}, end.evidence)[0])
    place = linked(end.base, end.program)
    shares = {m: _by_site(place[rows], own) for m, (rows, own) in costs_by_row(case, end, costs).items() if m in free}
    constant, sites, kept = _sites(emissions, found, aim.year, place, shares, problem.forced)
    spent = [objective.weight[m] for m in problem.forced]
    spent += [shares[m].get(int(place[rows[0]]), 0.0) for measures, rows in kept for m in measures]
    goal = response.goals[0]
    choice, taken = _chosen(sites, goal.required + _edge(goal) - constant, gap, time_limit)
    value = None if choice.taken is None else constant + choice.reduction
    if value is not None:
        _check(emissions, found, goal, value, _states(sites, kept, taken), problem.forced)
    cost, bound = (None if x is None else x + math.fsum(spent) for x in (choice.cost, choice.bound))
    return SiteAnswer(
        case=case,
        goal=goal,
        objective=objective,
        costs=costs,
        forced=force,
        forbidden=forbid,
        sites=sites,
        kept=kept,
        pairs=tuple(p for s, package in taken.items() for p in _pairs(s, sites[s], package, found.tonnes)),
        status=choice.status,
        cost=cost,
        bound=bound,
        gap=None if cost is None else 0.0 if bound == cost else (cost - bound) / (abs(cost) or abs(bound)),
        value=value,
        most=constant + math.fsum(float(s.value.max()) for s in sites),
        price=choice.price / found.tonnes,
        whole=cheapest(problem).objective,
    )


def _edge(goal: Goal) -> float:
    """What is asked beyond what is required, so that the goal is met whatever the last digits are [unit of the goal]."""
    return 1.5 * goal.slack if goal.comparison == ">" else -0.5 * goal.slack


def _chosen(sites: Sequence[Site], required: float, gap: float, time_limit: float) -> tuple[Choice, dict[int, int]]:
    """The choice, and the package of every site that has one."""
    count = [s.value.size - 1 for s in sites]
    site, package = np.repeat(np.arange(len(sites)), count), np.concatenate([np.arange(n) + 1 for n in (*count, 0)])
    value = np.concatenate([*(s.value[1:] for s in sites), np.empty(0)])
    cost = np.concatenate([*((all_packages(len(s.measures))[1:] * s.cost).sum(axis=1) for s in sites), np.empty(0)])
    choice = least_cost(value, cost, site, required, gap, time_limit)
    at = np.empty(0, np.intp) if choice.taken is None else np.flatnonzero(choice.taken)
    return choice, dict(zip(site[at].tolist(), package[at].tolist(), strict=True))


def linked(base: Base, program: Program) -> np.ndarray:
    """(row,) the first row of the site that each is in: what moves or flows of nitrogen link is one."""
    place = np.arange(base.shape[0])
    fed = np.flatnonzero(base.upstream >= 0)
    ends = [(fed, base.upstream[fed])]
    for op in program.operations:
        if isinstance(op, Move) and op.to.size and op.rows.size:
            together = np.concatenate([op.rows, op.to])
            ends.append((together, np.full(together.size, together[0])))
    a, b = (np.concatenate(x) for x in zip(*ends, strict=True))
    while True:
        before = place.copy()
        np.minimum.at(place, a, before[b])
        np.minimum.at(place, b, before[a])
        place = place[place]
        if (place == before).all():
            return place


def _by_site(place: np.ndarray, amounts: np.ndarray) -> dict[int, float]:
    """Amounts by the first row of their site."""
    first, which = np.unique(place, return_inverse=True)
    return dict(zip(first.tolist(), np.bincount(which, amounts).tolist(), strict=True))


def _sites(
    emissions: Emissions,
    found: Terms,
    year: int,
    place: np.ndarray,
    shares: Mapping[int, Mapping[int, float]],
    on: Collection[int],
) -> tuple[float, tuple[Site, ...], tuple[tuple[tuple[int, ...], np.ndarray], ...]]:
    """(value with none of what may be chosen, the sites, what is kept where too many measures meet)."""
    constant = found.constant + sum(factor * emissions.untouched(year, found.rows, found.p) for factor, year in found.years)
    tables: dict[int, list[Table]] = {}
    for factor, when in found.years:
        for row, table in emissions.by_row(when, found.rows, found.p):
            tables.setdefault(int(place[row]), []).append(Table(table.measures, factor * table.values))
    for row, table in emissions.credits_by_row(year, found.rows, found.p) if found.credit else ():
        tables.setdefault(int(place[row]), []).append(Table(table.measures, found.credit * table.values))
    saving = {first for m, share in shares.items() for first, cost in share.items() if cost < 0}
    sites, kept = [], []
    together = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[together], prepend=-1))
    rows_of = dict(zip(place[together[starts]].tolist(), np.split(together, starts[1:]), strict=True))
    for first in sorted({*tables, *saving}):
        here = tables.get(first, [])
        there = {m for t in here for m in t.measures}
        mine = tuple(sorted(m for m, share in shares.items() if m in there or share.get(first, 0.0) < 0))
        rows = rows_of[first]
        if len(mine) > MOST_FREE:
            kept.append((mine, rows))
            constant += float(_values(here, (), {*on, *mine})[0])
            continue
        value = _values(here, mine, on)
        constant += float(value[0])
        if mine:
            sites.append(Site(rows, mine, value - value[0], np.array([shares[m].get(first, 0.0) for m in mine])))
    return constant, tuple(sites), tuple(kept)


def _values(tables: Sequence[Table], mine: tuple[int, ...], on: Collection[int]) -> np.ndarray:
    """Σ of some tables for every package of the measures of a site, with those that are on in any case."""
    every, out = all_packages(len(mine)), np.zeros(2 ** len(mine))
    for table in tables:
        code = np.zeros(out.size, np.intp)
        for j, m in enumerate(table.measures):
            if m in mine:
                code |= every[:, mine.index(m)].astype(np.intp) << j
            elif m in on:
                code |= 1 << j
        out += table.values[code]
    return out


def _pairs(number: int, site: Site, package: int, tonnes: float) -> list[Pair]:
    """The measures of a package, with what each brings."""
    chosen = [j for j in range(len(site.measures)) if package >> j & 1]
    code = np.zeros(1, np.intp)
    for j in chosen:
        code = np.concatenate([code, code | 1 << j])
    value, n = site.value[code], len(chosen)
    size = all_packages(n).sum(axis=1)
    out = []
    for k, j in enumerate(chosen):
        without = np.flatnonzero((np.arange(2**n) >> k & 1) == 0)
        weight = [1.0 / (n * math.comb(n - 1, int(s))) for s in size[without]]
        share = math.fsum(w * float(value[x | 1 << k] - value[x]) for w, x in zip(weight, without.tolist(), strict=True))
        out.append(Pair(site.measures[j], number, share * tonnes, float(site.cost[j])))
    return out


def _states(sites: Sequence[Site], kept, taken: Mapping[int, int]) -> list[tuple[tuple[int, ...], np.ndarray]]:
    """(measures that are on there, rows) of every site."""
    on = [tuple(m for j, m in enumerate(site.measures) if taken.get(k, 0) >> j & 1) for k, site in enumerate(sites)]
    return [*zip(on, (site.rows for site in sites), strict=True), *kept]


def _check(emissions: Emissions, found: Terms, goal: Goal, value: float, states, on: Collection[int]) -> None:
    """Runs of the whole program, one for every package that some site has, must give what the search says. Credits are not run.

    Raises
    ------
    Broken
    """
    if not goal.met(value):
        raise Broken(f"the search gives {goal.id} {value:.12g}, which is not enough")
    if found.credit:
        return
    total = found.constant
    for factor, year in found.years:
        base, program, _ = emissions.years[year]
        there = np.zeros(base.shape[0], bool)
        by_package: dict[tuple[int, ...], list[np.ndarray]] = {}
        for measures, rows in states:
            by_package.setdefault(measures, []).append(rows)
            there[rows] = True
        by_package.setdefault((), []).append(np.flatnonzero(~there))
        for measures, parts in by_package.items():
            package = switches(program.measures, sorted({*on, *measures}), np.ones((1, len({*on, *measures}))))[0]
            rows = np.concatenate(parts)
            rows = rows[found.rows[rows]]
            total += factor * float(run(base, program, package).emission[rows, found.p, 0].sum())
    if not abs(total - value) <= AGREES * max(abs(value), goal.scale):
        raise Broken(f"a run gives {goal.id} {total:.12g}, the search {value:.12g}")
