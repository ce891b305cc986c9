"""Least cost source by source: every source takes at most one of its options, and together they reduce enough.

    min Σ_j cost_j·x_j    with    Σ_j reduction_j·x_j ≥ required,    Σ_{j of source s} x_j ≤ 1 for every source s,    x ∈ {0, 1}

For a price λ of a tonne each source chooses for itself, and what that comes to is a bound that holds for every choice:

    L(λ) = λ·required + Σ_s min(0, min_j (cost_j − λ·reduction_j))

The best λ is the slope at which the lower convex hulls of all sources, merged, reach what is required. There an option costs

    loss_j = (cost_j − λ·reduction_j) − the least of its source

more than the bound. Where that is no less than what the best known choice costs more, no better choice has this option. What is
left, the core, is searched source by source, those nearest to the price first. All that matters of a partial choice is what it
reduces and what it costs: one that another beats in both, or whose own bound is not below the best known choice, is dropped.
What that leaves open is the solver's.

Source: Everett 1963 (the price); Nemhauser and Ullmann 1969 (the partial choices); Pisinger 1995 (the core).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from math import fsum, inf, isfinite

import numpy as np

from emisim.questions.milp import cover, in_child
from emisim.questions.optimise import INFEASIBLE, OPTIMAL, TIME_LIMIT

GAP = 1e-6
TIME_LIMIT_S = 60.0
ROUNDING = 1e-12  # of all reductions or costs: less is no difference
MOST_KEPT = 50_000  # partial choices; of more, those with the least bounds
MOST_WIDE = 5_000_000  # the same times the options of the next source, for memory
SOLVER = 2e-9  # of the largest cost in the core: the solver's own rounding
MOST_WORK = 20_000_000  # partial choices looked at before the solver takes over


@dataclass(frozen=True, eq=False)
class Choice:
    """taken : (option,) booleans, None where nothing is enough. cost, reduction : Σ over those taken. bound : proven least cost;
    gap : relative distance of the two [1]. price : λ [cost / reduction]; core : sources not settled by the price."""

    status: str
    taken: np.ndarray | None = None
    cost: float | None = None
    reduction: float | None = None
    bound: float | None = None
    gap: float | None = None
    price: float = 0.0
    core: int = 0


def least_cost(
    reduction: np.ndarray,
    cost: np.ndarray,
    source: np.ndarray,
    required: float,
    gap: float = GAP,
    time_limit: float = TIME_LIMIT_S,
) -> Choice:
    """Choose at most one option of every source so that together they reduce enough at least cost.

    Parameters
    ----------
    reduction, cost : (option,) of any sign, each in one unit. source : (option,) what it is an option of.
    required : least sum of the reductions taken [unit of ``reduction``].
    gap : relative gap that is good enough [1]; 0 for the exact optimum. time_limit : of the search [s].

    Returns
    -------
    Choice
        Status ``optimal`` (within ``gap``), ``time limit`` (the best found, with the gap that is proven) or ``infeasible``. The
        same numbers give the same choice.

    Raises
    ------
    ValueError
        Arrays of different lengths, or something that is no finite number.
    """
    deadline = time.monotonic() + time_limit
    reduction, cost, source = np.asarray(reduction, float), np.asarray(cost, float), np.asarray(source)
    if not reduction.shape == cost.shape == source.shape == (reduction.size,):
        raise ValueError("reduction, cost and source must be one-dimensional and of one length")
    if not (np.isfinite(reduction).all() and np.isfinite(cost).all() and isfinite(required)):
        raise ValueError("reduction, cost and required must be finite numbers")
    options = _Options.of(reduction, cost, source)
    most = options.first
    slack = ROUNDING * max(abs(required), float(np.abs(options.reduction[most]).sum()))
    needed = required - slack
    if fsum(options.reduction[most].tolist()) < needed:
        return Choice(INFEASIBLE)
    price, chosen, other, bound = _best_price(options, needed)
    core = 0
    if fsum(options.reduction[chosen].tolist()) < needed:
        start = _Start.of(options, chosen, other, price, needed, bound)
        chosen, bound, core = _search(options, start, gap, deadline)
    return _choice(options, chosen, bound, reduction, cost, Choice(OPTIMAL, price=price, core=core), gap)


def _choice(options: _Options, found, bound: float, reduction, cost, known: Choice, gap: float) -> Choice:
    """What was found, in the order of the options asked for."""
    own = options.own[found]
    taken = np.zeros(reduction.size, bool)
    taken[own[own >= 0]] = True
    total = fsum(cost[taken].tolist())
    costs = np.abs(options.cost[found]).sum() + np.abs(options.cost[options.first]).sum()
    if total - bound <= ROUNDING * float(costs + known.price * np.abs(options.reduction[options.first]).sum()):
        bound = total  # what is between them is the bound's own rounding
    apart = 0.0 if bound == total else float((total - bound) / (abs(total) or abs(bound)))
    status = OPTIMAL if apart <= gap else TIME_LIMIT
    return replace(
        known, status=status, taken=taken, cost=total, reduction=fsum(reduction[taken].tolist()), bound=float(bound), gap=apart
    )


@dataclass(frozen=True, eq=False)
class _Options:
    """All options and, for every source, that of doing nothing; by source, the largest reduction first, then the cheapest.

    own : position among those given, -1 for nothing. place : (option,) number of its source. first : (source,) its first option.
    """

    reduction: np.ndarray
    cost: np.ndarray
    own: np.ndarray
    place: np.ndarray
    first: np.ndarray

    @classmethod
    def of(cls, reduction: np.ndarray, cost: np.ndarray, source: np.ndarray) -> _Options:
        names, place = np.unique(source, return_inverse=True)
        nothing = np.zeros(names.size)
        reduction, cost = np.concatenate([reduction, nothing]), np.concatenate([cost, nothing])
        own = np.concatenate([np.arange(source.size), np.full(names.size, -1)])
        place = np.concatenate([place, np.arange(names.size)])
        order = np.lexsort((own, cost, -reduction, place))
        place = place[order]
        return cls(reduction[order], cost[order], own[order], place, np.flatnonzero(np.diff(place, prepend=-1)))

    def cheapest(self, price: float) -> tuple[np.ndarray, np.ndarray]:
        """(source,) the option of least cost − price · reduction, of several that with the largest reduction; and that least."""
        value = self.cost - price * self.reduction
        least = np.minimum.reduceat(value, self.first) if self.first.size else value
        hits = np.flatnonzero(value == least[self.place])
        return hits[np.flatnonzero(np.diff(self.place[hits], prepend=-1))], least


def _best_price(options: _Options, needed: float) -> tuple[float, np.ndarray, np.ndarray, float]:
    """The price with the highest bound, two choices of least cost at that price, and the bound. The first choice does not reduce
    enough, but at price 0; the second does.

    The bound is concave in the price. A choice that reduces too little and one that reduces enough are two lines above it; at
    the price where they cross, either a third choice lies below and takes the place of one, or the bound is highest there.
    """
    low, least = options.cheapest(0.0)
    high, price = options.first, 0.0
    less, cheap = options.reduction[low].sum(), options.cost[low].sum()
    if less >= needed:
        return price, low, low, float(least.sum())
    more, dear = options.reduction[high].sum(), options.cost[high].sum()
    while more > less:
        price = max((dear - cheap) / (more - less), 0.0)
        chosen, least = options.cheapest(price)
        reached, spent = options.reduction[chosen].sum(), options.cost[chosen].sum()
        if (spent - price * reached) >= (cheap - price * less) - ROUNDING * (abs(cheap) + price * abs(less)):
            break
        if reached >= needed:
            if reached >= more:
                break
            high, more, dear = chosen, reached, spent
        else:
            if reached <= less:
                break
            low, less, cheap = chosen, reached, spent
    return float(price), low, high, float(price * needed + least.sum())


@dataclass(frozen=True, eq=False)
class _Start:
    """A choice that just does not reduce enough, and what every option would change of it.

    chosen : (source,) option. rest : options with which it is enough. missing : what it lacks. bound : of every choice. price : of
    the bound. more : (option,) reduction beyond that of the chosen option; loss : cost beyond the bound, at the price.
    """

    chosen: np.ndarray
    rest: np.ndarray
    missing: float
    bound: float
    price: float
    more: np.ndarray
    loss: np.ndarray

    @classmethod
    def of(cls, options: _Options, chosen: np.ndarray, other: np.ndarray, price: float, needed: float, bound: float) -> _Start:
        """From two choices alike at the price, one too small, one enough: as much of the second as is not, large steps first."""
        step = options.reduction[other] - options.reduction[chosen]
        order = np.argsort(-step, kind="stable")
        order = order[step[order] > 0]
        missing = needed - fsum(options.reduction[chosen].tolist())
        short = np.cumsum(step[order]) < missing
        chosen = chosen.copy()
        chosen[order[short]] = other[order[short]]
        value = options.cost - price * options.reduction
        more = options.reduction - options.reduction[chosen][options.place]
        loss = np.maximum(value - value[chosen][options.place], 0.0)
        missing = needed - fsum(options.reduction[chosen].tolist())
        return cls(chosen, other[order[~short]], missing, bound, price, more, loss)

    def beyond(self, moves: np.ndarray) -> float:
        """What a choice that differs in some options costs beyond the bound."""
        return fsum(self.loss[moves].tolist()) + self.price * max(fsum(self.more[moves].tolist()) - self.missing, 0.0)


@dataclass(frozen=True, eq=False)
class _Core:
    """What is left to decide, the source nearest to the price first. more, loss : (move,) as in ``_Start``; members : (move,) its
    options, several where sources alike are moved together. steps : moves of which one is taken at most. up, down : (step,) the
    least loss for a unit more, or less, of reduction in any later step."""

    more: np.ndarray
    loss: np.ndarray
    members: tuple[tuple[int, ...], ...]
    steps: tuple[np.ndarray, ...]
    up: np.ndarray
    down: np.ndarray

    @classmethod
    def of(cls, options: _Options, start: _Start, room: float) -> _Core:
        """room : what the best known choice is above the bound."""
        left = np.flatnonzero((start.loss < room) & (start.more != 0.0))
        left = left[_first_of_each(options.place[left], start.more[left], start.loss[left])]
        members, step = _bundles(left, options.place[left], start.more[left], start.loss[left])
        count = np.array([len(m) for m in members], float)
        first = np.array([m[0] for m in members], np.intp)
        more, loss = count * start.more[first], count * start.loss[first]
        rate = loss / np.abs(more)
        nearest = np.full(int(step.max(initial=-1)) + 1, inf)
        np.minimum.at(nearest, step, rate)
        order = np.lexsort((first, step, nearest[step]))
        begin = np.flatnonzero(np.diff(step[order], prepend=-1))
        ends = []
        for wanted in (more > 0, more < 0):
            least = np.where(wanted, rate, inf)[order]
            least = np.minimum.reduceat(least, begin) if begin.size else least
            ends.append(np.append(np.minimum.accumulate(least[::-1])[::-1][1:], inf))
        steps = tuple(np.split(order, begin[1:])) if begin.size else ()
        return cls(more, loss, members, steps, *ends)


def _first_of_each(*columns: np.ndarray) -> np.ndarray:
    """Positions of the first of those alike in all columns, rising."""
    order = np.lexsort(columns)
    new = np.zeros(order.size, bool)
    new[:1] = True
    for column in columns:
        new[1:] |= np.diff(column[order]) != 0
    return np.sort(order[new])


def _bundles(
    left: np.ndarray, place: np.ndarray, more: np.ndarray, loss: np.ndarray
) -> tuple[tuple[tuple[int, ...], ...], np.ndarray]:
    """(options that are taken together, the step of each). Of sources alike with one option each it only matters how many take
    it: they are put together by 1, 2, 4, …, which makes up every number."""
    _, at, size = np.unique(place, return_inverse=True, return_counts=True)
    single = np.flatnonzero(size[at] == 1)
    single = single[np.lexsort((loss[single], more[single]))]
    new = np.flatnonzero(np.append(True, (np.diff(more[single]) != 0) | (np.diff(loss[single]) != 0))[: single.size])
    several = np.flatnonzero(size[at] > 1)
    members = [(int(j),) for j in left[several]]
    step = list(at[several])
    for alike in np.split(left[single], new[1:]) if single.size else ():
        whole, taken, width = alike.tolist(), 0, 1
        while taken < len(whole):
            members.append(tuple(whole[taken : taken + width]))
            step.append(at[np.searchsorted(left, members[-1][0])])
            taken, width = taken + width, 2 * width
    return tuple(members), np.array(step, np.intp)


def _search(options: _Options, start: _Start, gap: float, deadline: float) -> tuple[np.ndarray, float, int]:
    """(choice, proven bound, sources in the core): partial choices first, the solver for what these leave open."""
    found = _Found(start.beyond(start.rest), tuple(start.rest.tolist()), gap, start.bound)
    single = np.where(start.more >= start.missing, start.loss + start.price * (start.more - start.missing), inf)
    at = int(np.argmin(single))
    if single[at] < found.value:
        found = replace(found, value=float(single[at]), moves=(at,))
    core = _Core.of(options, start, found.room)
    found, proven = _enumerated(core, start, found, deadline)
    if proven < found.room and time.monotonic() < deadline:
        found, proven = _solved(options, start, found, proven, deadline)
    chosen = start.chosen.copy()
    moves = np.array(found.moves, np.intp)
    chosen[options.place[moves]] = moves
    return chosen, start.bound + proven, len(core.steps)


@dataclass(frozen=True, eq=False)
class _Found:
    """The best known choice: what it costs beyond the bound, and the options in which it differs from the start."""

    value: float
    moves: tuple[int, ...]
    gap: float
    bound: float

    @property
    def room(self) -> float:
        """What a choice may cost beyond the bound to be better by more than the gap."""
        return max(self.value - (1.0 - 1e-6) * self.gap * abs(self.bound + self.value), 0.0)


def _enumerated(core: _Core, start: _Start, found: _Found, deadline: float) -> tuple[_Found, float]:
    """The best choice in the core, and what any choice costs at least beyond the bound."""
    spare, loss, bound = np.array([-start.missing]), np.zeros(1), np.zeros(1)
    history: list[tuple[np.ndarray, np.ndarray]] = []
    dropped, work = inf, 0
    size = float(np.abs(core.more).max(initial=0.0))
    tick = ROUNDING * size, ROUNDING * max(size * start.price, found.value)
    for k, mine in enumerate(core.steps):
        mine = mine[core.loss[mine] < found.room]
        if not spare.size or found.room <= 0.0 or work > MOST_WORK or time.monotonic() > deadline:
            break
        if not mine.size:
            continue
        move, parent = np.repeat(np.append(-1, mine), spare.size), np.tile(np.arange(spare.size), mine.size + 1)
        spare = np.concatenate([spare, *(spare + core.more[j] for j in mine)])
        loss = np.concatenate([loss, *(loss + core.loss[j] for j in mine)])
        work += spare.size
        value = np.where(spare >= 0.0, loss + start.price * spare, inf)
        at = int(np.argmin(value))
        if value[at] < found.value:
            moves = _moves(history, int(parent[at]), int(move[at]))
            found = replace(found, value=float(value[at]), moves=tuple(j for m in moves for j in core.members[m]))
        less, more = np.minimum(spare, 0.0), np.maximum(spare, 0.0)
        bound = loss + np.where(
            less < 0.0, -less * core.up[k] if core.up[k] < inf else inf, more * min(start.price, core.down[k])
        )
        kept = np.flatnonzero(bound < found.room)
        kept = kept[_unbeaten(spare[kept], loss[kept] + start.price * spare[kept], tick)]
        most = min(MOST_KEPT, MOST_WIDE // (1 + max(o.size for o in core.steps[k : k + 2])))
        if kept.size > most:
            by_bound = np.argsort(bound[kept], kind="stable")
            dropped = min(dropped, float(bound[kept[by_bound[most]]]))
            kept = kept[np.sort(by_bound[:most])]
        spare, loss, bound = spare[kept], loss[kept], bound[kept]
        history.append((parent[kept], move[kept]))
    else:  # nothing is left to decide
        bound = np.empty(0)
    return found, min(found.room, dropped, float(bound.min(initial=inf)))


def _solved(options: _Options, start: _Start, found: _Found, proven: float, deadline: float) -> tuple[_Found, float]:
    """The same by the solver, which can do more where many choices are nearly alike; ended when time is up."""
    core = np.flatnonzero((start.loss < found.room) & (start.more != 0.0))
    size = float(np.abs(start.more[core]).max())
    problem = (
        start.more[core] / size,
        start.loss[core] + start.price * start.more[core],
        options.place[core],
        start.missing / size,
    )
    answer = in_child(deadline - time.monotonic(), cover, *problem, found.gap, start.bound - start.price * start.missing)
    if answer is None:
        return found, proven
    taken, bound = answer
    proven = min(max(proven, bound - start.price * start.missing), found.room)
    if taken is not None:
        moves = core[taken]
        if start.beyond(moves) < found.value:
            found = replace(found, value=start.beyond(moves), moves=tuple(moves.tolist()))
    exact = proven >= found.value - SOLVER * float(np.abs(problem[1]).max())
    return found, found.value if exact else min(proven, found.value)


def _unbeaten(spare: np.ndarray, cost: np.ndarray, tick: tuple[float, float]) -> np.ndarray:
    """Positions of what nothing beats in both: more spare reduction first, then less cost."""
    steps = np.rint(spare / (tick[0] or 1.0))
    order = np.lexsort((cost, -steps))
    cost = cost[order]
    before = np.concatenate([[inf], np.minimum.accumulate(cost)[:-1]])
    return order[cost < before - tick[1]]


def _moves(history: list[tuple[np.ndarray, np.ndarray]], at: int, last: int) -> tuple[int, ...]:
    """The moves by which a partial choice came about."""
    out = [last]
    for parent, move in reversed(history):
        out.append(int(move[at]))
        at = int(parent[at])
    return tuple(j for j in out if j >= 0)
