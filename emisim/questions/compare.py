"""Scenarios side by side, and the difference between two of them split exactly.

    second − first = growth + activity + factor + coverage + efficiency + timing

Each part is the Shapley value of one group of inputs: the mean, over all orders in which the groups can be taken from the second
scenario instead of the first, of what taking that group changes:

growth       the indices by which activities grow
activity     activities of the base year; a source that only one scenario has is activity 0 in the other
factor       emission factors with the existing control: η0, RE0, stage
coverage     which units a measure reaches: the measures that run, their rows and shares, and how the shares overlap
efficiency   what a measure does where it acts: ratios, control, conversion, destinations, limits, additions, combinations
timing       shares phased in

Source: Shapley 1953, A value for n-person games.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from emisim.case import Case
from emisim.cost import Bill, annual_costs, bill, removed_alone, unit
from emisim.errors import BadInput, fault
from emisim.measure import Measure
from emisim.model import Label
from emisim.questions.mixture import PARTS, Mixture
from emisim.simulate import levels
from emisim.target import Target
from emisim.verdicts import Verdict, judge
from emisim.vocabulary import pollutants as known_pollutants
from emisim.vocabulary import sectors as known_sectors


@dataclass(frozen=True)
class Total:
    """Official emission of the base year, with existing measures and with the plan [t/yr]."""

    base: float
    reference: float
    plan: float


@dataclass(frozen=True, eq=False)
class Column:
    """One scenario of a comparison, in the year of the comparison; its verdicts are those of each target's own year.

    cost : of the measures that run. totals : pollutant → Total. sectors : sector → pollutant → Total. measures : those that run. switches : switch → value taken.
    """

    name: str
    title: Label
    totals: Mapping[str, Total]
    sectors: Mapping[str, Mapping[str, Total]]
    targets: Mapping[str, Target]
    verdicts: Mapping[str, Verdict]
    measures: Mapping[str, Measure]
    switches: Mapping[str, str]
    cost: Bill


@dataclass(frozen=True, eq=False)
class Comparison:
    """Scenarios side by side.

    measures : those that run in some of them only → whether in each. switches : those read differently → value in each, None
    where a plan has no such switch.
    """

    year: int
    columns: tuple[Column, ...]
    pollutants: tuple[str, ...]
    sectors: tuple[str, ...]
    targets: tuple[str, ...]
    measures: Mapping[str, tuple[bool, ...]]
    switches: Mapping[str, tuple[str | None, ...]]


@dataclass(frozen=True, eq=False)
class Difference:
    """What makes the plan emission of one scenario differ from that of another.

    first, second : (sector, pollutant) official emission with the plan [t/yr]. parts : (part, sector, pollutant) [t/yr]; they sum
    to second − first.
    """

    names: tuple[str, str]
    year: int
    pollutants: tuple[str, ...]
    sectors: tuple[str, ...]
    first: np.ndarray
    second: np.ndarray
    parts: np.ndarray

    @property
    def totals(self) -> np.ndarray:
        """Parts of the official totals: (part, pollutant) [t/yr]."""
        return self.parts.sum(axis=1)


def compare(cases: Sequence[Case], year: int | None = None) -> Comparison:
    """Put scenarios side by side.

    Parameters
    ----------
    cases : two or more.
    year : the last that all of them have by default.

    Raises
    ------
    BadInput
        Fewer than two scenarios, or a year that not all of them have.
    """
    if len(cases) < 2:
        raise BadInput([fault("question.few")])
    year = _common_year(cases, year)
    columns = tuple(_column(case, name, year) for case, name in zip(cases, scenario_names(cases), strict=True))
    measures = {m: tuple(m in c.measures for c in columns) for m in sorted({m for c in columns for m in c.measures})}
    switches = {s: tuple(c.switches.get(s) for c in columns) for s in sorted({s for c in columns for s in c.switches})}
    return Comparison(
        year=year,
        columns=columns,
        pollutants=tuple(p for p in known_pollutants() if any(p in c.totals for c in columns)),
        sectors=tuple(s for s in known_sectors() if any(s in c.sectors for c in columns)),
        targets=tuple(sorted({t for c in columns for t in c.verdicts})),
        measures={m: runs for m, runs in measures.items() if not all(runs)},
        switches={s: values for s, values in switches.items() if len(set(values)) > 1},
    )


def scenario_names(cases: Sequence[Case]) -> tuple[str, ...]:
    """The scenarios' own names; of one name used twice the second is numbered."""
    seen: Counter[str] = Counter()
    out = []
    for case in cases:
        name = case.scenario.scenario
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(out)


def _common_year(cases: Sequence[Case], year: int | None) -> int:
    first, last = max(c.scenario.base_year for c in cases), min(c.scenario.target_year for c in cases)
    if first > last:
        raise BadInput([fault("question.no_year", first=first, last=last)])
    if year is not None and not first <= year <= last:
        raise BadInput([fault("question.year_not_shared", year=year, first=first, last=last)])
    return last if year is None else year


def _column(case: Case, name: str, year: int) -> Column:
    end, inventory = levels(case), case.inventory
    at = list(end.evidence.years).index(year)
    values = inventory.emission(), end.reference.emission[..., at], end.plan.emission[..., at]
    sector = inventory.text["sector"]

    def totals(rows: np.ndarray) -> dict[str, Total]:
        return {p: Total(*(float(v[rows, k].sum()) for v in values)) for k, p in enumerate(inventory.pollutants)}

    return Column(
        name=name,
        title=case.scenario.title,
        totals=totals(~inventory.memo),
        sectors={s: totals(~inventory.memo & (sector == s)) for s in dict.fromkeys(sector.tolist())},
        targets=case.reading.targets,
        verdicts={v.id: v for v in judge(case.reading.targets, end.evidence)},
        measures=dict(zip(case.bound.names, case.bound.measures, strict=True)),
        switches=case.reading.values,
        cost=bill(annual_costs(case, removed_alone(case, end.ledger)), unit(case.plan.costs)),
    )


# ---------------------------------------------------------------- the difference, split


def difference(first: Case, second: Case, year: int | None = None) -> Difference:
    """Split the difference between two scenarios, second − first, into its six parts.

    part_g = Σ_S |S|!·(n − |S| − 1)!/n! · (E(S ∪ g) − E(S)),   E(S): the groups S of inputs from the second scenario

    Parameters
    ----------
    year : the last that both have by default; the level at its end.

    Raises
    ------
    BadInput
        A year that not both have, or moves that feed each other in a mixture of the two.
    Broken
        The two ends of the split are not what the kernel gives for the scenarios themselves.
    """
    year = _common_year((first, second), year)
    mixture = Mixture(first, second, year)
    changing = [g for g in PARTS if mixture.differs(g)]
    emission = {
        taken: mixture.emission(frozenset(taken)) for n in range(len(changing) + 1) for taken in combinations(changing, n)
    }
    ends = emission[()], emission[tuple(changing)]
    for case, side, found in zip((first, second), mixture.sides, ends, strict=True):
        mixture.check(case, side, found)
    parts = np.zeros((len(PARTS), *ends[0].shape))
    for k, group in enumerate(PARTS):
        for taken in (t for t in emission if group in changing and group not in t):
            weight = 1.0 / (len(changing) * math.comb(len(changing) - 1, len(taken)))
            parts[k] += weight * (emission[tuple(g for g in changing if g in {*taken, group})] - emission[taken])
    both = [p for p in mixture.pollutants if p in first.inventory.pollutants and p in second.inventory.pollutants]
    keep = [mixture.pollutants.index(p) for p in both]
    return Difference(
        scenario_names((first, second)), year, tuple(both), mixture.sectors,
        ends[0][:, keep], ends[1][:, keep], parts[:, :, keep],
    )  # fmt: skip
