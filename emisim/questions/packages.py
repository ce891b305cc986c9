"""One measure at a time, and all packages at once.

A goal is a sum of tables (see ``response``). Each table is a polynomial of the switches without squares,

    table(x) = Σ_S c_S·Π_{m∈S} x_m,    c_S = Σ_{T⊆S} (−1)^{|S∖T|}·table(T),

so the value of all 2^n packages is the sum of these coefficients over subsets: n passes over an array, block by block of 2^16
packages. A table with missing values is looked up instead.

Source: Yates 1937 (the transform over subsets and its inverse).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from emisim.case import Case
from emisim.errors import BadInput, fault
from emisim.questions.response import Goal, Response
from emisim.questions.table import Table
from emisim.simulate import Levels, levels

MOST_FREE = 20
BLOCK_BITS = 16
ROUNDING = 1e-9  # of the most that a goal changes, or of the largest weight: less is no difference
CRITICAL, USEFUL, REDUNDANT, HARMFUL = "critical", "useful", "redundant", "harmful"


# ---------------------------------------------------------------- one measure at a time


@dataclass(frozen=True, eq=False)
class OneByOne:
    """Official reductions in the target year: (measure, pollutant) [t/yr]. alone : with no other measure; last : what is lost
    without it; share : its Shapley value. overlap : Σ alone − Σ share of each pollutant."""

    alone: np.ndarray
    last: np.ndarray
    share: np.ndarray
    overlap: np.ndarray


def one_by_one(case: Case, known: Levels | None = None) -> OneByOne:
    """What each measure brings alone, as the last of all, and as its share of the plan.

    Parameters
    ----------
    known : the case's levels, if they are at hand.
    """
    ledger = (known or levels(case)).ledger
    alone, last, share = (
        ledger.by_measure(len(case.bound.names), ~case.inventory.memo, which)[..., -1]
        for which in ("first_in", "last_in", "reduction")
    )
    return OneByOne(alone, last, share, alone.sum(axis=0) - share.sum(axis=0))


@dataclass(frozen=True)
class Role:
    """What one measure is to one goal in a package. value, without : with and without it [unit of the goal]; alone : of it
    and nothing else; way : share of the way from nothing to what is required that it goes alone [1], None if nothing is
    required of it."""

    goal: str
    measure: str
    role: str
    value: float
    without: float
    met: bool
    met_without: bool
    alone: float
    way: float | None


def roles(response: Response, package: np.ndarray | None = None) -> tuple[Role, ...]:
    """The role of each measure of a package (of all, by default) for each goal.

    ``critical``: met with it, missed without. ``harmful``: better without. ``redundant``: no change beyond rounding.
    ``useful``: worse without, but with the same verdict.
    """
    package = np.ones(response.measures, bool) if package is None else np.asarray(package, bool)
    members = np.flatnonzero(package)
    dropped = np.tile(package, (members.size, 1))
    dropped[np.arange(members.size), members] = False
    single = package & np.eye(response.measures, dtype=bool)[members]
    out = []
    for g, goal in enumerate(response.goals):
        value, nothing = (float(response.value(g, x)) for x in (package, np.zeros_like(package)))
        without, alone = response.value(g, dropped).tolist(), response.value(g, single).tolist()
        for k, m in enumerate(members.tolist()):
            found = _role(goal, value, without[k])
            met = bool(goal.met(value)), bool(goal.met(without[k]))
            way = _way(goal, nothing, alone[k])
            out.append(Role(goal.id, response.names[m], found, value, without[k], *met, alone[k], way))
    return tuple(out)


def _role(goal: Goal, value: float, without: float) -> str:
    if goal.met(value) and not goal.met(without):
        return CRITICAL
    if np.isnan(value) or np.isnan(without):
        return REDUNDANT if np.isnan(value) and np.isnan(without) else HARMFUL if np.isnan(value) else USEFUL
    change = goal.sign * (value - without)
    if abs(change) <= ROUNDING * max(goal.extent, abs(value) * ROUNDING):
        return REDUNDANT
    return USEFUL if change > 0 else HARMFUL


def _way(goal: Goal, nothing: float, alone: float) -> float | None:
    needed = goal.required - nothing
    return (alone - nothing) / needed if np.isfinite(alone) and goal.sign * needed > 0 else None


# ---------------------------------------------------------------- all packages


@dataclass(frozen=True, eq=False)
class Block:
    """Packages ``first`` to ``first + size − 1``; bit j of a package's number is the j-th free measure.

    objective : (package,); values, met : (goal, package).
    """

    first: int
    objective: np.ndarray
    values: np.ndarray
    met: np.ndarray


def subsets(
    response: Response, measures: Sequence[int], weight: np.ndarray, on: Sequence[int] = (), goals: Sequence[int] | None = None
) -> Iterator[Block]:
    """All packages of some measures, in blocks of 65 536.

    Parameters
    ----------
    measures : free measures, at most 20; bit j of a package is measures[j]. on : those switched on in every package; others
    are off. weight : (measure,) of the objective.
    goals : indices; all by default.

    Raises
    ------
    BadInput
        More than 20 free measures.
    """
    if len(measures) > MOST_FREE:
        raise BadInput([fault("question.too_many_free", count=len(measures), most=MOST_FREE)])
    place, fixed = {m: j for j, m in enumerate(measures)}, frozenset(on) - set(measures)
    chosen = range(len(response.goals)) if goals is None else goals
    cost = [Table((m,), np.array([0.0, weight[m]])) for m in (*measures, *sorted(fixed))]
    sums = [_Sum.of(0.0, cost, place, fixed), *(_Sum.of(response.constants[g], response.tables[g], place, fixed) for g in chosen)]
    bits = min(len(measures), BLOCK_BITS)
    for high in range(2 ** (len(measures) - bits)):
        objective, *values = (one.block(high, bits) for one in sums)
        met = [response.goals[g].met(v) for g, v in zip(chosen, values, strict=True)]
        shape = len(values), 2**bits
        yield Block(high << bits, objective, np.array(values).reshape(shape), np.array(met, bool).reshape(shape))


@dataclass(frozen=True, eq=False)
class _Sum:
    """A sum of tables over the free measures: coefficients c_S of the sets S (as bits), and tables to be looked up."""

    sets: np.ndarray
    coefficients: np.ndarray
    looked_up: tuple[tuple[tuple[int, ...], np.ndarray], ...]

    @classmethod
    def of(cls, constant: float, tables: Sequence[Table], place: dict[int, int], fixed: frozenset[int]) -> _Sum:
        sets, coefficients, looked_up = [np.zeros(1, np.intp)], [np.array([constant])], []
        for table in tables:
            free, values = _restricted(table, place, fixed)
            if np.isnan(values).any():
                looked_up.append((free, values))
                continue
            which = np.zeros(1, np.intp)
            for j in free:
                which = np.concatenate([which, which | 1 << j])
            sets.append(which)
            coefficients.append(_moebius(values))
        return cls(np.concatenate(sets), np.concatenate(coefficients), tuple(looked_up))

    def block(self, high: int, bits: int) -> np.ndarray:
        """Values of the packages whose bits from ``bits`` on are those of ``high``."""
        inside = (self.sets >> bits & ~high) == 0
        out = np.bincount(self.sets[inside] & (2**bits - 1), self.coefficients[inside], minlength=2**bits)
        _subset_sums(out)
        package = np.arange(2**bits) | high << bits if self.looked_up else None
        for free, values in self.looked_up:
            code = np.zeros(2**bits, np.intp)
            for k, j in enumerate(free):
                code |= (package >> j & 1) << k
            out = out + values[code]
        return out


def _restricted(table: Table, place: dict[int, int], fixed: frozenset[int]) -> tuple[tuple[int, ...], np.ndarray]:
    """(positions of its free measures, values) of a table with all other measures decided."""
    code = np.zeros(1, np.intp)
    free = []
    for j, m in enumerate(table.measures):
        if m in place:
            free.append(place[m])
            code = np.concatenate([code, code | 1 << j])
        elif m in fixed:
            code = code | 1 << j
    return tuple(free), table.values[code]


def _moebius(values: np.ndarray) -> np.ndarray:
    """c_S = Σ_{T⊆S} (−1)^{|S∖T|}·values[T]."""
    out = values.astype(float)
    for j in range(values.size.bit_length() - 1):
        pairs = out.reshape(-1, 2, 2**j)
        pairs[:, 1] -= pairs[:, 0]
    return out


def _subset_sums(values: np.ndarray) -> None:
    """values[S] ← Σ_{T⊆S} values[T], in place."""
    bits = values.size.bit_length() - 1
    low = bits // 2
    for j in range(low, bits):
        pairs = values.reshape(-1, 2, 2**j)
        pairs[:, 1] += pairs[:, 0]
    square = np.ascontiguousarray(values.reshape(-1, 2**low).T)  # so that numpy's inner loops are long for the low bits too
    for j in range(low):
        pairs = square.reshape(-1, 2, 2**j * square.shape[1])
        pairs[:, 1] += pairs[:, 0]
    values.reshape(-1, 2**low)[:] = square.T


# ---------------------------------------------------------------- what is best among them


@dataclass(frozen=True, eq=False)
class Front:
    """Packages than which none is both lighter and better: (point,) by rising objective. value : of a goal [its unit], or the
    smallest margin of all goals as a share of what each requires [1]; package : its number."""

    objective: np.ndarray = field(default_factory=lambda: np.empty(0))
    value: np.ndarray = field(default_factory=lambda: np.empty(0))
    package: np.ndarray = field(default_factory=lambda: np.empty(0, np.intp))


@dataclass(frozen=True, eq=False)
class Survey:
    """All packages of some free measures. count : packages; meeting : how many meet each goal; meeting_all : all goals together.

    cheapest : (objective, number) of the best that meets all, None if none does. fronts : one a goal; joint : of the smallest
    margin.
    """

    measures: tuple[int, ...]
    on: tuple[int, ...]
    count: int
    meeting: tuple[int, ...]
    meeting_all: int
    cheapest: tuple[float, int] | None
    fronts: tuple[Front, ...]
    joint: Front

    def package(self, number: int, count: int) -> np.ndarray:
        """A package by its number: (measure,) of ``count`` booleans."""
        out = np.zeros(count, bool)
        out[list(self.on)] = True
        out[list(self.measures)] = [number >> j & 1 for j in range(len(self.measures))]
        return out


def survey(
    response: Response,
    measures: Sequence[int],
    weight: np.ndarray,
    on: Sequence[int] = (),
    progress: Callable[[int, int], None] = lambda done, count: None,
) -> Survey:
    """Count, and find the best of, all packages of some measures.

    Of packages alike, the one with the fewest measures stands for all, then the first in the order of ids, as in ``optimise``.

    Parameters
    ----------
    measures, weight, on : as for ``subsets``. progress : told packages done and all of them after each block.
    """
    measures = tuple(sorted(measures))
    on = tuple(sorted(set(on) - set(measures)))
    goals, count = response.goals, 2 ** len(measures)
    ranking = _Ranking(weight, measures)
    fronts, joint = [Front() for _ in goals], Front()
    meeting, meeting_all = np.zeros(len(goals), np.int64), 0
    cheapest: tuple[float, int] | None = None
    order = None
    for block in subsets(response, measures, weight, on):
        number = np.arange(block.first, block.first + block.objective.size)
        if order is None:  # the weights add, so it is the order within every block
            order = ranking.sorted(block.objective, number)
        meeting += block.met.sum(axis=1)
        together = block.met.all(axis=0)
        meeting_all += int(together.sum())
        first = order[np.argmax(together[order])]
        if together[first]:
            best = [cheapest] if cheapest else []
            best.append((float(block.objective[first]), int(number[first])))
            objectives, numbers = np.array([b[0] for b in best]), np.array([b[1] for b in best])
            cheapest = best[int(ranking.sorted(objectives, numbers)[0])]
        smallest = np.full(number.size, np.inf)
        for g, goal in enumerate(goals):
            fronts[g] = _extended(fronts[g], block, order, goal.sign * block.values[g], goal.extent, ranking, goal.sign)
            smallest = np.minimum(smallest, _or_worst(goal.margin(block.values[g]) / goal.scale))
        joint = _extended(joint, block, order, smallest, 1.0, ranking) if goals else joint
        progress(block.first + number.size, count)
    return Survey(measures, on, count, tuple(meeting.tolist()), meeting_all, cheapest, tuple(fronts), joint)


@dataclass(frozen=True, eq=False)
class _Ranking:
    """The order of packages: by weight, then number of measures, then ids."""

    weight: np.ndarray
    measures: tuple[int, ...]

    def sorted(self, objective: np.ndarray, number: np.ndarray, *before: np.ndarray) -> np.ndarray:
        """Positions in that order; ``before`` are keys that come between the weight and the number of measures."""
        bits = number[:, None] >> np.arange(len(self.measures)) & 1
        ids = (bits << np.arange(len(self.measures))[::-1]).sum(axis=1)
        step = ROUNDING * max(float(np.abs(self.weight).max(initial=0.0)), 1e-300)
        return np.lexsort((-ids, bits.sum(axis=1), *before, np.rint(objective / step)))


def _extended(
    front: Front, block: Block, order: np.ndarray, merit: np.ndarray, extent: float, ranking: _Ranking, sign: float = 1.0
) -> Front:
    """A front with the packages of a block; ``merit`` is better the larger it is."""
    step = ROUNDING * (extent or 1.0)
    level = np.rint(merit[order] / step)
    level = _or_worst(level)
    before = np.concatenate([[-np.inf], np.maximum.accumulate(level)[:-1]])
    new = order[level > before]
    objective = np.concatenate([front.objective, block.objective[new]])
    value = np.concatenate([sign * front.value, merit[new]])
    package = np.concatenate([front.package, block.first + new])
    level = np.rint(value / step)
    rank = ranking.sorted(objective, package, -level)
    level = level[rank]
    kept = rank[level > np.concatenate([[-np.inf], np.maximum.accumulate(level)[:-1]])] if level.size else rank
    return Front(objective[kept], sign * value[kept], package[kept])


def _or_worst(values: np.ndarray) -> np.ndarray:
    """What has no value is worse than anything."""
    return np.where(np.isnan(values), -np.inf, values)
