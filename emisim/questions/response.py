"""The response of the targets to every package of measures, as a sum of small tables.

A package x is a set of measures that are switched on. A row feels only the few measures that reach it, so what is asked of a
plan is

    value(x) = constant + Σ_k table_k[x restricted to measures_k]

exactly, with all overlaps; a table holds one value for each of the 2^k packages of its k measures. Beside the sum of some hundred
numbers no run is needed for a package, and the tables are what ``optimise`` and ``packages`` work on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from emisim import indicator, units
from emisim.case import Case
from emisim.errors import Broken
from emisim.kernel import run
from emisim.ledger import MOST_ENUMERATED, influences
from emisim.program import fed_by, restrict
from emisim.questions.enumeration import Emissions, switches
from emisim.questions.table import Table, all_packages, codes, gathered
from emisim.simulate import Levels, levels
from emisim.target import Target
from emisim.verdicts import Verdict, judge

CLOSURE = 1e-9


@dataclass(frozen=True)
class Goal:
    """A target as a condition on a package: ``value`` compared with ``required``, both in ``unit``.

    slack : what counts as equal. restated : a share of a year that the measures change already; it is then asked in tonnes,
    as the reduction beyond that share, and ``required`` is 0. extent : largest change of the value by any package, for scaling.
    """

    id: str
    kind: str
    pollutant: str
    year: int
    unit: str
    required: float
    comparison: str
    slack: float
    restated: bool = False
    extent: float = 0.0

    @property
    def sign(self) -> float:
        """1 where more is better, −1 where less is."""
        return 1.0 if self.comparison in (">", ">=") else -1.0

    @property
    def scale(self) -> float:
        """What margins are shares of: what is required, or where that is 0 the most that any package changes [unit]."""
        return abs(self.required) or self.extent or 1.0

    def margin(self, value):
        """Distance to what is required, positive on the good side [unit]; not a number where there is no value."""
        return self.sign * (value - self.required)

    def met(self, value):
        """Whether values fulfil the goal; one that does not exist never does."""
        return self.margin(value) > self.slack if self.comparison in (">", "<") else self.margin(value) >= -self.slack


@dataclass(frozen=True)
class Excluded:
    """A target that cannot be a goal. reason : ``no_requirement`` (the plan states no value), ``no_value`` (it cannot be
    computed or is not reported), ``too_many`` (more than 12 measures change an indicator: ``measures``)."""

    target: str
    reason: str
    measures: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Response:
    """What every package brings. names : ids of all measures; constants, tables : one a goal."""

    names: tuple[str, ...]
    goals: tuple[Goal, ...]
    constants: tuple[float, ...]
    tables: tuple[tuple[Table, ...], ...]
    excluded: tuple[Excluded, ...] = ()

    @property
    def measures(self) -> int:
        return len(self.names)

    def value(self, goal: int, package: np.ndarray) -> np.ndarray:
        """Value of a goal for packages (..., measure) of booleans: (...) [unit of the goal]."""
        package = np.asarray(package, bool)
        total = np.full(package.shape[:-1], self.constants[goal])
        for table in self.tables[goal]:
            total = total + table.values[codes(package, table.measures)]
        return total

    def values(self, package: np.ndarray) -> np.ndarray:
        """Values of all goals: (..., goal)."""
        out = np.empty((*np.shape(package)[:-1], len(self.goals)))
        for g in range(len(self.goals)):
            out[..., g] = self.value(g, package)
        return out

    def met(self, package: np.ndarray) -> np.ndarray:
        """Which goals packages meet: (..., goal) of booleans."""
        values = self.values(package)
        out = np.empty(values.shape, bool)
        for g, goal in enumerate(self.goals):
            out[..., g] = goal.met(values[..., g])
        return out

    def acting(self, goal: int) -> tuple[int, ...]:
        """The measures that can change a goal."""
        return tuple(sorted({m for table in self.tables[goal] for m in table.measures}))

    def only(self, goals: Sequence[int]) -> Response:
        """The same of some goals."""
        kept = (tuple(values[g] for g in goals) for values in (self.goals, self.constants, self.tables))
        return Response(self.names, *kept, self.excluded)


def respond(
    case: Case, targets: Sequence[str] | None = None, known: Levels | None = None, emissions: Emissions | None = None
) -> Response:
    """Tabulate what every package of the case's measures does to its targets.

    Net and subset goals count the emissions of a run with just the package's measures; a creditable goal the Shapley values among
    these, with the fates that the package itself plans; an indicator its own formula.

    Parameters
    ----------
    case : Case
    targets : ids of targets of the case; by default all of them.
    known, emissions : the case's levels, and the emissions of all packages, if they are at hand.

    Returns
    -------
    Response

    Raises
    ------
    BadInput
        More than 12 measures act on one row.
    Broken
        The tables do not give the value of the whole plan to 1e-9.
    """
    known = known or levels(case)
    emissions = emissions or Emissions(case)
    goals, constants, tables, excluded = [], [], [], []
    for name, target in case.reading.targets.items():
        if targets is not None and name not in targets:
            continue
        verdict = judge({name: target}, known.evidence)[0]
        if verdict.required is None:
            excluded.append(Excluded(name, "no_requirement"))
        elif target.indicator is not None:
            found = _indicator(case, known, name, target)
            if isinstance(found, Excluded):
                excluded.append(found)
            else:
                goals.append(_goal(target, verdict))
                constants.append(found[0])
                tables.append(found[1])
        else:
            goal, constant, parts = _on_tonnes(case, emissions, target, verdict)
            goals.append(goal)
            constants.append(constant)
            tables.append(parts)
            _check(goal, verdict, constant + math.fsum(float(t.values[-1]) for t in parts))
    goals = [replace(g, extent=math.fsum(_span(t.values) for t in parts)) for g, parts in zip(goals, tables, strict=True)]
    return Response(case.bound.names, tuple(goals), tuple(constants), tuple(tables), tuple(excluded))


def _span(values: np.ndarray) -> float:
    there = values[~np.isnan(values)]
    return float(there.max() - there.min()) if there.size else 0.0


def _check(goal: Goal, verdict: Verdict, whole: float) -> None:
    """The package of all measures is the plan."""
    wanted = whole if goal.restated else verdict.value
    if not abs(whole - wanted) <= CLOSURE * max(abs(wanted), abs(goal.required), 1.0):
        raise Broken(f"the tables of {goal.id} give {whole!r} for the whole plan and the run {wanted!r}")


def _goal(target: Target, verdict: Verdict, restated_slack: float | None = None) -> Goal:
    share = units.read(target.tolerance, "share")
    head = verdict.id, verdict.kind, verdict.pollutant, verdict.year
    if restated_slack is not None:
        return Goal(*head, "t/yr", 0.0, verdict.comparison, share * restated_slack, restated=True)
    percent = target.on_tonnes and verdict.unit == "%"
    slack = share * (100.0 if percent else max(abs(verdict.required), 1.0))
    return Goal(*head, verdict.unit, verdict.required, verdict.comparison, slack)


# ---------------------------------------------------------------- goals on tonnes


@dataclass(frozen=True, eq=False)
class Terms:
    """A goal on tonnes as constant + Σ factor · emission of a year + credit · credits, of some rows and a pollutant.

    goal : without its extent. rows : (row,) which count. years : (factor, year). credit : unit of the goal per t/yr of credits, 0 where it
    has none. tonnes : t/yr per unit of the goal.
    """

    goal: Goal
    rows: np.ndarray
    p: int
    constant: float
    years: tuple[tuple[float, int], ...]
    credit: float
    tonnes: float


def terms(case: Case, emissions: Emissions, target: Target, verdict: Verdict) -> Terms:
    """What the value of a net, subset or creditable goal is made of."""
    rows = ~case.inventory.memo
    if target.applies_to is not None:
        rows = rows & np.isin(np.arange(rows.size), case.inventory.select(target.applies_to))
    p = case.inventory.pollutants.index(target.pollutant)
    share = verdict.unit == "%"
    moving = target.baseline_year not in (None, case.scenario.base_year)
    scale, constant, restated = 1.0, 0.0, None
    years = [(1.0, target.baseline_year)] if moving and target.kind != "creditable" else []
    if share and moving:
        part = verdict.required / 100.0
        years = [((1.0 if target.kind != "creditable" else 0.0) - part, target.baseline_year)]
        restated = float(emissions.of(target.baseline_year, p)[0][rows].sum())
    elif share:
        scale = 100.0 / verdict.baseline_t
    credit = 0.0
    if target.kind == "creditable":
        constant -= units.read(target.offset, "mass rate") * scale if target.offset is not None else 0.0
        credit = scale
    else:
        constant += 0.0 if moving else scale * float(case.inventory.emission()[rows, p].sum())
        years.append((-scale, target.year))
    return Terms(_goal(target, verdict, restated), rows, p, constant, tuple(years), credit, 1.0 / scale)


def _on_tonnes(case: Case, emissions: Emissions, target: Target, verdict: Verdict) -> tuple[Goal, float, tuple[Table, ...]]:
    """A net, subset or creditable goal: Σ of coefficient · emission of a year, or of credits."""
    found = terms(case, emissions, target, verdict)
    constant, rows, p = found.constant, found.rows, found.p
    tables = []
    if found.credit:
        tables = [Table(t.measures, found.credit * t.values) for t in emissions.credits(target.year, rows, p)]
    for factor, year in found.years:
        constant += factor * emissions.untouched(year, rows, p)
        tables += [Table(t.measures, factor * t.values) for t in emissions.tables(year, rows, p)]
    rest, tables = gathered(tables)
    return found.goal, constant + rest, tables


# ---------------------------------------------------------------- indicators


def _indicator(case: Case, known: Levels, name: str, target: Target) -> Excluded | tuple[float, tuple[Table, ...]]:
    """(constant, tables) of an indicator, or why there are none."""
    formula, inventory, names = target.indicator, case.inventory, case.bound.names
    rows = [inventory.select(s) for s in (formula.of, formula.among, formula.there) if s is not None]
    mine: set[int] = set()
    needed = np.empty(0, dtype=np.intp)
    if rows and formula.formula != "reported":
        rows = np.unique(np.concatenate(rows)).tolist()
        on_activity, _, _ = influences(known.base, known.program, rows)
        mine = set().union(*(on_activity[r] for r in rows))
        needed = np.flatnonzero(fed_by(known.base, known.program, rows))
    named = {names.index(n) for n in (formula.by, formula.measure) if n in names}
    measures = tuple(sorted(mine | named))
    if len(measures) > MOST_ENUMERATED:
        return Excluded(name, "too_many", tuple(names[m] for m in measures))
    values = _indicator_values(known, target, measures, named, needed)
    if np.isnan(values).all():
        return Excluded(name, "no_value")
    return gathered([Table(measures, values)])


def _indicator_values(
    known: Levels, target: Target, measures: tuple[int, ...], named: set[int], needed: np.ndarray
) -> np.ndarray:
    """Value of an indicator for every package; not a number where it has none. A measure that is off is not in the scenario."""
    activities = known.evidence.activities
    every = all_packages(len(measures))
    on = switches(known.program.measures, measures, every)
    part = restrict(known.base, known.program, needed) if needed.size else None
    found_there = run(*part, on).activity if part else None
    values = np.full(len(every), np.nan)
    for k in range(len(every)):
        plan = activities.plan
        if part:
            plan = plan.copy()
            plan[needed] = found_there[k]
        there = tuple("" if m in named and not on[k, m] else n for m, n in enumerate(activities.bound.names))
        bound = replace(activities.bound, names=there)
        found, _, _ = indicator.value(target.indicator, target.year, replace(activities, plan=plan, bound=bound))
        values[k] = np.nan if found is None else found
    return values
