"""Proofs: the pipeline on numbers that remember how they came about.

inventory and plan as read, every figure an input with its place → bind → compile → kernel → proof trees of emissions

The code is that of a run; only the numbers are others, so a proof cannot tell another story than the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from itertools import combinations
from typing import Any

import numpy as np

from emisim.case import Case, prepare
from emisim.cells import Cell
from emisim.cohort import Cohort
from emisim.distribution import Distribution
from emisim.errors import Location, Place, Reporter
from emisim.inventory import Inventory
from emisim.kernel import State, run, single_ratios
from emisim.ledger import influences
from emisim.mechanism import Parameter
from emisim.model import Value, as_value
from emisim.operation import Move
from emisim.parameter import WORDING
from emisim.periods import Periods, calendar, end_state
from emisim.program import Base, Batch, Program, fed_by, restrict
from emisim.schedule import Schedule
from emisim.traced import CONSTANT, Origin, Traced, array, given, mean, shapley, traced
from emisim.units import to_base
from emisim.vocabulary import wordings

MOST_WRITTEN_OUT = 4  # measures that meet on a row: up to here every package of them is proved from the inputs


class _TracedInventory(Inventory):
    """An inventory whose figures are inputs with a place."""

    def activity_index(self, years: Sequence[float]) -> np.ndarray:
        """Growth of every row relative to the base year: (row, year)."""
        made: dict[tuple[str, float], Traced] = {}
        out = np.empty((len(self), len(years)), dtype=object)
        for i, driver in enumerate(self.text["growth_driver"].tolist()):
            for k, year in enumerate(years):
                if (driver, year) not in made:
                    made[driver, year] = self._growth(driver, int(year))
                out[i, k] = made[driver, year]
        return out

    def _growth(self, driver: str, year: int) -> Traced:
        ratio = self._index(driver, year) / self._index(driver, self.base_year)
        return (
            ratio if year == self.base_year else ratio.named("proof.growth", "1", driver=driver, base=self.base_year, year=year)
        )

    def _index(self, driver: str, year: int) -> Traced:
        """Index of a year, between two that are known on a straight line."""
        known = self.growth[driver]
        if year in known:
            return self._known(driver, year)
        before, after = max(y for y in known if y < year), min(y for y in known if y > year)
        part = (year - before) / (after - before)
        return self._known(driver, before) * (1.0 - part) + self._known(driver, after) * part

    def _known(self, driver: str, year: int) -> Traced:
        row = self.records.growth[driver, year].record if self.records else None
        origin = (
            Origin(row.text, Place(f"{self.records.folder}/growth.csv", row.line), row.grade, row.source) if row else Origin()
        )
        return given(self.growth[driver][year], "proof.index", "1", origin, driver=driver, year=year)


def _traced_inventory(inventory: Inventory) -> Inventory:
    """The same inventory, its figures as inputs."""
    text, records = inventory.text, inventory.records
    names = [{"zh": str(z), "en": str(e)} for z, e in zip(text["name_zh"], text["name_en"], strict=True)]

    def activity(value: float, i: int) -> Traced:
        place = Place(f"{records.folder}/sources.csv", int(records.line[i])) if records else Place()
        origin = Origin(f"{text['activity'][i]} {text['unit'][i]}", place, str(text["grade"][i]), str(text["source"][i]))
        unit = to_base(str(text["unit"][i]))[1]
        return given(value, "proof.activity", unit, origin, name=names[i], id=str(inventory.ids[i]), year=inventory.base_year)

    def factor(name: str):
        def make(value: float, i: int, p: int):
            row = records.factors[records.kind[i]].get(inventory.pollutants[p]) if records else None
            fixed = {"existing_efficiency": 0.0, "existing_effectiveness": 1.0, "factor": 0.0}.get(name, np.nan)
            if value == fixed or value != value:  # nothing is known: a plain number
                return value
            place = Place(f"{records.folder}/factors.csv", row.record.line) if row else Place()
            origin = Origin(_written(name, row), place, row.record.grade, row.record.source) if row else Origin()
            unit = {"factor": "t per unit of activity", "flue_gas": "Nm3 per unit of activity"}.get(name, "1")
            return given(
                value, f"proof.{name}", unit, origin, name=names[i], id=str(inventory.ids[i]), pollutant=inventory.pollutants[p]
            )

        return make

    columns = {f.name: getattr(inventory, f.name) for f in fields(inventory)}
    columns["activity"] = array(inventory.activity, activity)
    for name in ("factor", "existing_efficiency", "existing_effectiveness", "flue_gas"):
        columns[name] = array(getattr(inventory, name), factor(name))
    return _TracedInventory(**columns)


def _written(name: str, row) -> str:
    if name == "factor":
        return f"{row.record.text} {row.record.unit}"
    return row.record.flue_gas if name == "flue_gas" else f"{100 * getattr(row, name.removeprefix('existing_')):g} %"


def _parameter(case: Case):
    """Makes of the number of a parameter an input with its place."""

    def trace(value, parameter: Parameter, measure: str, raw, file: str, location: Location):
        if isinstance(value, Mapping):
            shares = {k: _input(value[k], parameter, measure, raw[k], (file, (*location, k)), "central") for k in value}
            return shares
        if not isinstance(value, Distribution):
            return value
        return _input(value.value, parameter, measure, raw, (file, location), case.reading.level(measure))

    def _input(value: float, parameter: Parameter, measure: str, raw, where, level: str) -> Traced:
        known = Value.model_validate(as_value(raw))
        end = {"low": known.low, "high": known.high}.get(level) if parameter.role == "adoption" else None
        file, location = where
        place = case.place(file, (*location, "value") if isinstance(raw, dict) else location)
        by_wording = known.value == WORDING
        written = f"{100 * value:g} %" if by_wording else str(known.value if end is None else end)
        grade = known.grade or ("E" if by_wording else "")  # the scale of words is a judgement
        origin = Origin(written, place, grade, known.source, measure)
        words: dict[str, Any] = {"measure": measure, "name": parameter.name, "words": {"zh": parameter.zh, "en": parameter.en}}
        if by_wording:
            strength = wordings()[case.plan.measures[measure].wording]
            words["strength"] = {"zh": strength.zh, "en": strength.en}
        unit = "1" if parameter.dimension in ("share", "ratio") else ""
        return given(value, "proof.wording" if by_wording else "proof.parameter", unit, origin, **words)

    return trace


def _phases(case: Case, phase: np.ndarray, year: int, monthly: bool) -> np.ndarray:
    """(measure, period) shares in force, as inputs."""
    label = "proof.phase.month" if monthly else "proof.phase"

    def make(value: float, m: int, t: int) -> Traced:
        name, schedule = case.bound.names[m], case.bound.measures[m].schedule
        own = case.plan.measures[name].schedule if name in case.plan.measures else None
        place = case.place("plan", ("measures", name, "schedule") if own else ("measures", name, Reporter.KEY))
        return given(value, label, "1", Origin(_dates(schedule), place, measure=name), measure=name, year=year, month=t + 1)

    return array(phase, make)


def _dates(schedule: Schedule | None) -> str:
    if schedule is None:
        return ""
    if schedule.curve:
        return ", ".join(f"{day}: {share:g}" for day, share in schedule.curve)
    return f"{schedule.start} → {schedule.end}" if schedule.end and schedule.start else str(schedule.complete)


class _NamedCohort(Cohort):
    """A cohort that names what it computes. names : ids of the measures."""

    def __init__(self, names: Sequence[str], *given):
        super().__init__(*given)
        self.names = names

    def mean(self, group: tuple[int, ...], p: int | None, factor=None):
        """What the measures of a group leave of the units' activity or emission, or the factor they leave."""
        found, words = super().mean(group, p, factor), {"measures": self.named(group)}
        one = len({self.ops[k].measure for k in group}) == 1
        label = "proof.factor_after" if factor is not None else "proof.left.one" if one else "proof.left"
        return each(found, lambda number: number if number.how == CONSTANT else number.named(label, "", **words))

    def cells(self, group: Sequence[int]) -> Iterator[Cell]:
        """Cells whose shares have a name, where several measures meet."""
        several = len({self.ops[k].measure for k in group}) > 1
        for active, weight in super().cells(group):
            words = {"measures": self.named(active) or "–", "others": self.named([k for k in group if k not in active]) or "–"}
            yield active, each(weight, lambda n, w=words: n.named("proof.share", "1", **w)) if several else weight

    def named(self, entries: Sequence[int]) -> str:
        """Ids of the measures of some operations."""
        return ", ".join(sorted({self.names[self.ops[k].measure] for k in entries}))


def each(numbers, change: Callable[[Traced], Traced]):
    """The same array with every traced number changed."""
    if not isinstance(numbers, np.ndarray):
        return change(traced(numbers))
    out = np.empty(numbers.shape, dtype=object)
    for index in np.ndindex(numbers.shape):
        out[index] = change(traced(numbers[index]))
    return out


@dataclass(frozen=True)
class Proof:
    """A case in one year, ready to prove its numbers. case : on traced numbers. plain : the same on floats.

    Emissions and reductions are proof trees of t/yr at 31 December of the year; ``monthly``: of what its twelve months emit.
    """

    case: Case
    plain: Case
    year: int
    monthly: bool = False
    _known: dict[tuple[int, int], dict[int, Traced]] = field(default_factory=dict, repr=False)

    @property
    def periods(self) -> Periods:
        return (calendar if self.monthly else end_state)(self.year, self.year)

    @cached_property
    def arrays(self) -> tuple[Base, Program]:
        base, program = self.case.arrays(self.periods)
        return base, replace(program, phase=_phases(self.case, program.phase, self.year, self.monthly))

    @property
    def evaluate(self) -> Callable[..., Cohort]:
        return partial(_NamedCohort, self.case.bound.names)

    @cached_property
    def floats(self) -> tuple[Base, Program]:
        return self.plain.arrays(self.periods)

    @cached_property
    def plan(self) -> State:
        """Every cell with the plan: activity (row, period), emission (row, pollutant, period)."""
        return run(*self.arrays, evaluate=self.evaluate)

    @cached_property
    def reference(self) -> State:
        """Every cell without measures."""
        base, program = self.arrays
        return run(base, program, np.zeros(program.measures), evaluate=self.evaluate)

    def row(self, i: int, with_plan: bool = True) -> tuple[Traced, ...]:
        """Emission of one source by pollutant, calculated with what feeds it alone."""
        base, program = self.arrays
        needed = np.flatnonzero(fed_by(base, program, [i]))
        on = None if with_plan else np.zeros(program.measures)
        state = run(*restrict(base, program, needed), on, evaluate=self.evaluate)
        return tuple(self.in_year(e) for e in state.emission[np.searchsorted(needed, i)])

    def in_year(self, emission: np.ndarray) -> Traced:
        """(period,) emission of one source and pollutant, of the year [t/yr]."""
        if not self.monthly:
            return traced(emission[0])
        months = (
            (traced(e) * w).named("proof.month", "t", year=self.year, month=k + 1)
            for k, (e, w) in enumerate(zip(emission, self.periods.weight.tolist(), strict=True))
        )
        return sum(months, traced(0.0)) if any(float(e) for e in emission) else traced(0.0)

    def at_base(self, i: int, p: int) -> Traced:
        """Emission of one source in the base year."""
        return traced(self.case.inventory.activity[i] * self.case.inventory.factor[i, p])

    def reductions(self, i: int, p: int) -> dict[int, Traced]:
        """What each measure brings at a source, its part in what all measures there bring together: measure → t/yr."""
        if (i, p) not in self._known:
            self._known[i, p] = self._reductions(i, p)
        return self._known[i, p]

    def _reductions(self, i: int, p: int) -> dict[int, Traced]:
        ratios = self._ratios(i, p)
        if ratios is None:
            return self._packages(i, p)
        base, _ = self.arrays
        start = traced(base.activity[i, 0] * base.factor[i, p])
        return {m: shapley(start, own, tuple(r for k, r in ratios if k != m)) for m, own in ratios}

    @cached_property
    def _batches(self) -> dict[int, Batch]:
        """The batch of every row that no move and no other row feeds."""
        base, program = self.arrays
        fed = {int(r) for op in program.operations if isinstance(op, Move) for r in op.to}
        return {int(r): batch for batch in program.levels[0] for r in batch.rows if int(r) not in fed}

    def _ratios(self, i: int, p: int) -> list[tuple[int, Traced]] | None:
        """What each measure alone leaves of a source's emission, if the whole is the product of these."""
        batch = self._batches.get(i)
        if batch is None:
            return None
        k = int(np.flatnonzero(batch.rows == i)[0])
        alone = replace(batch, rows=batch.rows[[k]], positions=tuple(at[[k]] for at in batch.positions))
        found = single_ratios(*self.arrays, alone, p, self.evaluate)
        return None if found is None else [(m, traced(ratio.reshape(-1)[0])) for m, ratio in found]

    def _packages(self, i: int, p: int) -> dict[int, Traced]:
        """For each measure the mean, over how many of the others are in force, of the mean of what it then brings."""
        on_activity, _, feeders = influences(*self.floats, [i])
        acting = [op for op in self.floats[1].operations if p in getattr(op, "pollutants", ()) and i in op.rows]
        mine = sorted(on_activity[i] | {op.measure for op in acting})
        needed = np.array(sorted(feeders[i]))
        packages = [frozenset(s) for size in range(len(mine) + 1) for s in combinations(mine, size)]
        on = np.zeros((len(packages), self.floats[1].measures))
        for n, package in enumerate(packages):
            on[n, list(package)] = 1.0
        written_out = len(mine) <= MOST_WRITTEN_OUT
        arrays, naming = (self.arrays, {"evaluate": self.evaluate}) if written_out else (self.floats, {})
        state = run(*restrict(*arrays, needed), on, np.ones(on.shape[1]), **naming)
        emission = state.emission[:, np.searchsorted(needed, i), p, 0]
        left = {package: self._package(emission[n], package, p) for n, package in enumerate(packages)}
        return {m: self._mean(left, mine, m) for m in mine}

    def _mean(self, left: Mapping[frozenset[int], Traced], mine: Sequence[int], m: int) -> Traced:
        others, rounds = [k for k in mine if k != m], []
        for size in range(len(mine)):
            cuts = [left[frozenset(s)] - left[frozenset({*s, m})] for s in combinations(others, size)]
            words = {"count": size, "others": len(others), "measure": self.case.bound.names[m]}
            rounds.append(mean(cuts).named("proof.round" if others else "proof.measure", "t/yr", **words))
        return mean(rounds)

    def _package(self, value, package: frozenset[int], p: int) -> Traced:
        """The emission of a source in a package, by name."""
        names = ", ".join(self.case.bound.names[k] for k in sorted(package))
        label, words = (
            "proof.package" if names else "proof.package.none",
            {"measures": names, "pollutant": self.case.inventory.pollutants[p]},
        )
        if isinstance(value, Traced):
            return value.named(label, "t/yr", **words)
        return given(value, label, "t/yr", Origin(), **words)


def prove(case: Case, year: int, monthly: bool = False) -> Proof:
    """A case on numbers that remember how they came about.

    Parameters
    ----------
    year : of the proof, 31 December; ``monthly``: all its months.
    """
    traced_case = prepare(case.scenario, case.plan, _traced_inventory(case.tables), case.place, case.reading, _parameter(case))
    return Proof(traced_case, case, year, monthly)
