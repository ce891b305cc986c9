"""Verdicts: what the result says about each target.

net, subset:  value = E_base − E_plan          required: a share of E_base, or a mass
creditable:   value = Σ credits − offset       required: a mass, or a share of E_base; growth is not netted
indicator:    value of its formula             required: a share, or a figure in the indicator's unit
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from emisim import units
from emisim.crediting import Project, credited
from emisim.errors import Fault, Reporter
from emisim.indicator import COMPUTED, Activities, check, check_rows, figure, value
from emisim.inventory import Inventory, SourceTexts
from emisim.plan import Plan
from emisim.scenario import Scenario
from emisim.target import Target

MET, MISSED, NOT_ASSESSABLE, AT_RISK = "met", "missed", "not assessable", "at risk"


@dataclass(frozen=True)
class Verdict:
    """One answer. ``value``, ``required`` and ``shortfall`` in ``unit`` (% of the baseline, t/yr, or that of an indicator);
    ``shortfall_t`` [t/yr]; None where there is none. net_t, credit_t : the two ledgers for its pollutant and rows [t/yr]; calendar :
    ``value`` in what the calendar year emits. basis : ``computed``, ``assumed`` (the scenario's own assumption) or
    ``reported``."""

    id: str
    kind: str
    pollutant: str
    year: int
    verdict: str
    value: float | None
    required: float | None
    unit: str
    comparison: str
    shortfall: float | None
    shortfall_t: float | None
    baseline_t: float | None
    reduction_t: float | None
    reference: bool
    basis: str = COMPUTED
    net_t: float | None = None
    credit_t: float | None = None
    calendar: float | None = None


def check_targets(scenario: Scenario, plan: Plan, inventory: SourceTexts, reporter: Reporter) -> None:
    """Report every target that cannot be judged on this inventory and in these years."""
    for name, target in scenario.all_targets(plan).items():
        file, here = "scenario" if name in scenario.targets else "plan", ("targets", name)
        if target.indicator is not None:
            check(name, target, plan, inventory, range(scenario.base_year, scenario.target_year + 1), file, reporter)
        elif isinstance(inventory, Inventory) and target.pollutant not in inventory.pollutants:
            reporter.unknown(file, (*here, "pollutant"), "value.choice", target.pollutant, inventory.pollutants)
        for word in ("year", "baseline_year"):
            year = getattr(target, word)
            if year is not None and not scenario.base_year <= year <= scenario.target_year:
                first, last = scenario.base_year, scenario.target_year
                reporter.report(file, (*here, word), "target.year", year=year, first=first, last=last)
        if target.on_tonnes:
            _check_rows(name, target, inventory, reporter, file)
        for word, dimensions in (("reduction", ("share", "mass rate")), ("offset", ("mass rate",)), ("tolerance", ("share",))):
            problem = _unreadable(getattr(target, word), dimensions)
            if problem:
                reporter.faults.append(problem.at(reporter.place(file, (*here, word))))
        share = isinstance(target.reduction, str) and not _unreadable(target.reduction, ("share",))
        if target.kind == "creditable" and share and target.baseline_year is None:
            reporter.report(file, (*here, "reduction"), "target.creditable_share", text=target.reduction)


def _check_rows(name: str, target: Target, inventory: SourceTexts, reporter: Reporter, file: str) -> None:
    """A subset target, and only that, selects rows, and finds some."""
    here = ("targets", name)
    if (target.kind == "subset") != (target.applies_to is not None):
        reporter.report(file, here, "target.subset", kind=target.kind)
    else:
        before, at = len(reporter.faults), (*here, "applies_to")
        check_rows(target.applies_to, inventory, file, at, reporter)
        if target.applies_to is None or len(reporter.faults) > before:
            return
        rows = inventory.select(target.applies_to)
        counted = rows[inventory.text["memo"][rows] != "yes"]
        if not counted.size:
            reporter.report(file, at, "target.memo", name=name)
        elif _carries(inventory, target) and not inventory.has_factor(counted, (target.pollutant,)).any():
            reporter.report(file, at, "target.no_factor", name=name, pollutant=target.pollutant)


def _carries(inventory: SourceTexts, target: Target) -> bool:
    return isinstance(inventory, Inventory) and target.pollutant in inventory.pollutants


def _unreadable(value, dimensions: tuple[str, ...]) -> Fault | None:
    """Why a value is of none of some dimensions; None if it is of one, or missing."""
    problem = None
    for dimension in dimensions if value is not None else ():
        try:
            units.read(value, dimension)
        except units.UnitError as error:
            problem = problem or error.fault
        else:
            return None
    return problem


@dataclass(frozen=True, eq=False)
class Evidence:
    """What verdicts rest on, leading axes being draws. base : (..., row, pollutant) of the base year; plan, calendar : (..., row,
    pollutant, year) at its end and in the year [t/yr]; projects : year → lines of the creditable ledger; activities : for
    indicators. credits : year → (..., pollutant) tonnes in place of the lines; drawn : target → draws of its own figures."""

    inventory: Inventory
    years: Sequence[int]
    base: np.ndarray
    plan: np.ndarray
    projects: Mapping[int, Sequence[Project]]
    activities: Activities
    calendar: np.ndarray | None = None
    credits: Mapping[int, np.ndarray] | None = None
    drawn: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, eq=False)
class Reached:
    """How far a target is reached: a number, or one a draw (...). None where there is none; units as in ``Verdict``.

    slack : by which a float on the edge counts as equal. scale : ``unit`` per t/yr.
    """

    value: float | np.ndarray | None
    required: float | None
    unit: str
    slack: float = 0.0
    basis: str = COMPUTED
    baseline_t: float | np.ndarray | None = None
    reduction_t: float | np.ndarray | None = None
    net_t: float | np.ndarray | None = None
    credit_t: float | np.ndarray | None = None
    calendar: float | np.ndarray | None = None
    scale: float | np.ndarray = 0.0

    @property
    def assessable(self) -> bool:
        """Whether there is a number and something it can be compared with."""
        return self.value is not None and self.required is not None


def judge(targets: Mapping[str, Target], evidence: Evidence) -> tuple[Verdict, ...]:
    """Compare a result with its targets; the verdicts stand in the order of the targets."""
    return tuple(_verdict(name, target, reached(name, target, evidence)) for name, target in targets.items())


def reached(name: str, target: Target, evidence: Evidence) -> Reached:
    """How far one target is reached."""
    return _figure(name, target, evidence) if target.indicator else _reduction(target, evidence)


def holds(found: Reached, comparison: str) -> bool | np.ndarray:
    """Whether what is reached is what is required, as written: a float on the edge counts as equal, a nan does not hold."""
    value, required, slack = found.value, found.required, found.slack
    if comparison in (">", "<"):
        return value > required + slack if comparison == ">" else value < required - slack
    return value >= required - slack if comparison == ">=" else value <= required + slack


def _verdict(name: str, target: Target, found: Reached) -> Verdict:
    def number(value) -> float | None:
        return None if value is None else float(value)

    common = {
        "id": name, "kind": target.kind, "pollutant": target.pollutant, "year": target.year,
        "value": number(found.value), "unit": found.unit, "comparison": target.comparison, "baseline_t": number(found.baseline_t),
        "reduction_t": number(found.reduction_t), "reference": target.reference, "basis": found.basis, "net_t": number(found.net_t),
        "credit_t": number(found.credit_t), "calendar": number(found.calendar), "required": found.required,
    }  # fmt: skip
    if not found.assessable:
        return Verdict(**common, verdict=NOT_ASSESSABLE, shortfall=None, shortfall_t=None)
    met = bool(holds(found, target.comparison))
    if not target.on_tonnes:
        short = 0.0 if met else abs(found.required - float(found.value))
        return Verdict(**common, verdict=MET if met else MISSED, shortfall=short, shortfall_t=None)
    short = 0.0 if met else max(found.required - float(found.value), 0.0)
    return Verdict(**common, verdict=MET if met else MISSED, shortfall=short, shortfall_t=short / float(found.scale))


def _figure(name: str, target: Target, evidence: Evidence) -> Reached:
    """An indicator: its value against what is required, as written."""
    found, unit, basis = value(target.indicator, target.year, evidence.activities, evidence.drawn.get(name, {}))
    required = None if target.required is None else figure(target.required, None if unit == "pp" else unit)
    slack = units.read(target.tolerance, "share") * max(abs(required or 0.0), 1.0)
    return Reached(found, required, unit, slack, basis)


def _reduction(target: Target, evidence: Evidence) -> Reached:
    inventory, years, base, plan = evidence.inventory, list(evidence.years), evidence.base, evidence.plan
    p = inventory.pollutants.index(target.pollutant)
    rows = ~inventory.memo
    if target.applies_to is not None:
        chosen = np.zeros(len(inventory), dtype=bool)
        chosen[inventory.select(target.applies_to)] = True
        rows = rows & chosen
    first, at = (years.index(y) if y is not None else 0 for y in (target.baseline_year, target.year))
    baseline = (plan[..., rows, p, first] if first else base[..., rows, p]).sum(axis=-1)
    in_percent = not _is_mass(target.reduction)
    net, credit = baseline - plan[..., rows, p, at].sum(axis=-1), _credit(target, evidence)
    emitted = None if evidence.calendar is None else baseline - evidence.calendar[..., rows, p, at].sum(axis=-1)
    tonnes, known = net, baseline
    if target.kind == "creditable":
        in_percent = in_percent and target.reduction is not None
        tonnes, emitted, known = credit, None, baseline if in_percent else None
    there = np.asarray(baseline) > 0
    scale = np.where(there, 100.0 / np.where(there, baseline, 1.0), 0.0) if in_percent else 1.0
    required, slack = None, 0.0
    if target.reduction is not None and not (in_percent and not there.any()):
        required = units.read(target.reduction, "share" if in_percent else "mass rate") * (100.0 if in_percent else 1.0)
        slack = units.read(target.tolerance, "share") * (100.0 if in_percent else max(abs(required), 1.0))
    return Reached(
        value=tonnes * scale,
        required=required,
        unit="%" if in_percent else "t/yr",
        slack=slack,
        baseline_t=known,
        reduction_t=tonnes,
        net_t=net,
        credit_t=credit if target.kind != "subset" else None,
        calendar=None if emitted is None else emitted * scale,
        scale=scale,
    )


def _credit(target: Target, evidence: Evidence) -> float | np.ndarray:
    """Tonnes of the creditable ledger less the offset [t/yr]."""
    offset = units.read(target.offset, "mass rate") if target.offset is not None else 0.0
    if evidence.credits is None:
        return credited(evidence.projects[target.year], target.pollutant) - offset
    return evidence.credits[target.year][..., evidence.inventory.pollutants.index(target.pollutant)] - offset


def _is_mass(reduction) -> bool:
    if not isinstance(reduction, str):
        return False
    return units.to_base(units.split(reduction)[1])[1] == units.to_base("t/yr")[1]
