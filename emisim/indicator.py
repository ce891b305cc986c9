"""Indicators: figures of a plan that are computed from the run's own activities, or reported by the user; never met by default.

share       Σ a(of) / Σ a(among), or its change since an earlier year        removed    1 − (1 − b)·Σ a(of) / Σ a_reference(among)
reached     [Σ a(there) + Σ a(of)·c·φ] / [Σ a(there) + Σ a(of)]              parameter  from + φ·(to − from)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from emisim import units
from emisim.binding import BoundPlan
from emisim.errors import Location, Reporter, fault, nearest
from emisim.inventory import SELECTABLE, Inventory, Selector, SourceTexts
from emisim.mechanism import Parameter
from emisim.mechanisms import MECHANISMS
from emisim.model import Value
from emisim.operation import covered
from emisim.parameter import ParameterReader
from emisim.plan import Plan
from emisim.target import Formula, Target

NEEDED = MappingProxyType(
    {"share": ("of", "among"), "removed": ("of",), "reached": ("of", "by"), "parameter": ("measure", "parameter"), "reported": ()}
)
EXTRA = MappingProxyType(
    {
        "share": ("load", "against"),
        "removed": ("among", "base"),
        "reached": ("there",),
        "parameter": ("start",),
        "reported": ("value", "unit", "source", "grade"),
    }
)
COMPUTED, ASSUMED, REPORTED = "computed", "assumed", "reported"


@dataclass(frozen=True, eq=False)
class Activities:
    """What indicators are computed from. reference, plan : (row, year) activity [base unit / yr]; phase : (measure, year) [1]."""

    inventory: Inventory
    bound: BoundPlan
    years: Sequence[int]
    reference: np.ndarray
    plan: np.ndarray
    phase: np.ndarray


def check(name: str, target: Target, plan: Plan, inventory: SourceTexts, years: range, file: str, reporter: Reporter) -> None:
    """Report what is wrong with an indicator."""
    formula, here = target.indicator, ("targets", name, "indicator")
    for field in NEEDED[formula.formula]:
        if not getattr(formula, field):
            alias = Formula.model_fields[field].alias or field
            reporter.report(file, here, "indicator.missing", formula=formula.formula, field=alias)
    for field in formula.model_fields_set - {"formula", *NEEDED[formula.formula], *EXTRA[formula.formula]}:
        alias = Formula.model_fields[field].alias or field
        reporter.report(file, (*here, alias, Reporter.KEY), "indicator.extra", formula=formula.formula, field=alias)
    before = len(reporter.faults)
    for field in ("of", "among", "there"):
        check_rows(getattr(formula, field), inventory, file, (*here, field), reporter)
    sound = len(reporter.faults) == before and isinstance(inventory, Inventory)
    if sound and formula.of is not None and formula.formula == "share":
        rows = np.union1d(inventory.select(formula.of), inventory.select(formula.among or ()))
        kinds = {units.to_base(str(inventory.text["unit"][r]))[1] for r in rows.tolist()}
        loaded = {k.replace("vehicle", "tonne") for k in kinds} if formula.load is not None else kinds
        if len(loaded) > 1:
            reporter.report(
                file, here, "indicator.units", units=" | ".join(sorted({str(inventory.text["unit"][r]) for r in rows}))
            )
    for field, measure in (("by", formula.by), ("measure", formula.measure)):
        if measure and measure not in plan.measures:
            reporter.unknown(file, (*here, field), "plan.measure", measure, plan.measures)
    if formula.measure in plan.measures:
        actions = plan.measures[formula.measure].actions
        shares = [
            p.name for a in actions if a.mechanism in MECHANISMS for p in MECHANISMS[a.mechanism].parameters if p.dimension == "share"
        ]  # fmt: skip
        for field, word in (("parameter", formula.parameter), ("from", formula.start)):
            if word and word not in shares:
                reporter.unknown(file, (*here, field), "action.parameter", word, shares)
    if formula.against is not None and formula.against not in years:
        reporter.report(file, (*here, "against"), "target.year", year=formula.against, first=years[0], last=years[-1])
    for field, dimension in (("load", "load"), ("base", "share")):
        _check_value(getattr(formula, field), dimension, file, (*here, field), reporter)
    reported = formula.formula == "reported"
    for field, where in ((target.required, ("targets", name, "required")), (formula.value, (*here, "value"))):
        problem = _unreadable(field, formula.unit if reported else None)
        if problem:
            reporter.faults.append(problem.at(reporter.place(file, where)))


def check_rows(selector: Selector | None, inventory: SourceTexts, file: str, here: Location, reporter: Reporter) -> None:
    """Report a selector of a target by unknown columns, or one that finds nothing; ``here`` begins with ("targets", name)."""
    if selector is None:
        return
    unknown = [column for mapping in selector for column in mapping if column not in SELECTABLE]
    for column in unknown:
        reporter.unknown(file, (*here, column, Reporter.KEY), "selector.column", column, SELECTABLE)
    if unknown:
        return
    absent = [
        (k, column, value)
        for k, mapping in enumerate(selector)
        for column, allowed in mapping.items()
        for value in sorted(set(allowed) - inventory.present(column))
    ]
    for k, column, value in absent:
        at = (*here, k, column) if len(selector) > 1 else (*here, column)
        near = nearest(value, inventory.present(column) - {""})
        reporter.report(
            file, at, "selector.value", measure=here[1], column=column, value=value, near=near, inventory=inventory.name
        )
    if not absent and not inventory.select(selector).size:
        reporter.report(file, here, "target.nothing", name=here[1], inventory=inventory.name)


def _check_value(value: Value | None, dimension: str, file: str, here: Location, reporter: Reporter) -> None:
    """A number with its range, read as a parameter is."""
    if value is not None:
        raw = value.model_dump(exclude_none=True)
        most = 1.0 if dimension == "share" else math.inf
        ParameterReader(reporter).read(Parameter(here[-1], dimension, "", "", 0.0, most), raw, file, here)


def _unreadable(text, unit: str | None):
    """Why a required or reported figure cannot be read in its unit; None if it can, or is missing."""
    try:
        if text is not None:
            figure(text, unit)
    except units.UnitError as error:
        return error.fault
    return None


def figure(text, unit: str | None) -> float:
    """A required or reported number: in percent where ``unit`` is None, else as written, its unit being that very text.

    Raises
    ------
    UnitError
    """
    if unit in (None, "%"):
        return 100.0 * units.read(text, "share")
    number, written = units.split(text) if isinstance(text, str) else (float(text), "")
    if written != units.split(f"0 {unit}")[1]:
        raise units.UnitError(fault("indicator.unit", text=str(text), unit=unit))
    return number


def value(formula: Formula, year: int, known: Activities, drawn: Mapping[str, np.ndarray] = MappingProxyType({})):
    """Value, unit and basis of an indicator in a year; None where there is none.

    With traced activities the value is a proof tree; see ``traced``. With draws it is an array, nan where there is none.

    Parameters
    ----------
    drawn : draws (...) in place of its own figures ``load`` and ``base``.

    Returns
    -------
    (float, array (...) or None, str, str)
        In % (percentage points of a change) or the unit of a reported figure; ``computed``, ``assumed`` or ``reported``.
    """
    if formula.formula == "reported":
        return (None if formula.value is None else figure(formula.value, formula.unit)), formula.unit, REPORTED
    at = list(known.years).index(year)
    if formula.formula == "parameter":
        return _parameter(formula, at, known), "%", ASSUMED
    if formula.formula == "share":
        now = _share(formula, known.plan[..., at], known.inventory, drawn)
        if formula.against is None or now is None:
            return now, "%", COMPUTED
        then = _share(formula, known.plan[..., list(known.years).index(formula.against)], known.inventory, drawn)
        return (None if then is None else now - then), "pp", COMPUTED
    if formula.formula == "removed":
        return _removed(formula, at, known, drawn), "%", COMPUTED
    return _reached(formula, at, known), "%", COMPUTED


def _percent(part, whole):
    return _over(whole, lambda w: 100.0 * part / w)


def _over(whole, make: Callable):
    """What ``make`` computes by dividing by ``whole``; None, or nan among draws, where there is nothing to divide by."""
    if np.ndim(whole):
        return np.where(whole > 0, make(np.where(whole > 0, whole, 1.0)), np.nan)
    return make(whole) if whole > 0 else None


def _own(formula: Formula, field: str, dimension: str, drawn: Mapping[str, np.ndarray], missing: float):
    """A figure of an indicator itself, or its draws."""
    given = getattr(formula, field)
    return missing if given is None else drawn[field] if field in drawn else units.read(given.value, dimension)


def _share(formula: Formula, activity: np.ndarray, inventory: Inventory, drawn: Mapping[str, np.ndarray]):
    factor = np.ones(len(inventory))
    if formula.load is not None:
        by_vehicle = np.array([units.same_kind(str(u), "vehicle km/yr") for u in inventory.text["unit"]])
        factor = np.where(by_vehicle, np.asarray(_own(formula, "load", "load", drawn, 1.0))[..., None], 1.0)
    weighed = activity * factor
    return _percent(
        weighed[..., inventory.select(formula.of)].sum(axis=-1), weighed[..., inventory.select(formula.among)].sum(axis=-1)
    )


def _removed(formula: Formula, at: int, known: Activities, drawn: Mapping[str, np.ndarray]):
    inventory = known.inventory
    left = known.plan[..., inventory.select(formula.of), at].sum(axis=-1)
    whole = known.reference[..., inventory.select(formula.among or formula.of), at].sum(axis=-1)
    there = _own(formula, "base", "share", drawn, 0.0)
    return _over(whole, lambda w: 100.0 * (1.0 - (1.0 - there) * left / w))


def _reached(formula: Formula, at: int, known: Activities):
    """Share of the activity that a measure's own actions cover, with what was there already."""
    inventory, activity = known.inventory, known.plan[..., at]
    share = np.zeros(len(inventory), activity.dtype)
    if formula.by in known.bound.names:
        m = known.bound.names.index(formula.by)
        for op in (op for op in known.bound.operations if op.measure == m):
            mine = covered(op) * known.phase[m, at]
            share = np.broadcast_to(share, np.broadcast_shapes(share.shape, (*mine.shape[:-1], 1))).copy()
            share[..., op.rows] = np.maximum(share[..., op.rows], mine)
    rows = inventory.select(formula.of)
    there = activity[..., inventory.select(formula.there)].sum(axis=-1) if formula.there is not None else 0.0
    return _percent(there + (activity * share)[..., rows].sum(axis=-1), there + activity[..., rows].sum(axis=-1))


def _parameter(formula: Formula, at: int, known: Activities):
    if formula.measure not in known.bound.names:
        return None
    values: Mapping[tuple[str, str], float] = known.bound.values
    phase = known.phase[known.bound.names.index(formula.measure), at]
    start = _number(values.get((formula.measure, formula.start), 0.0)) if formula.start else 0.0
    end = values.get((formula.measure, formula.parameter))
    return None if end is None else 100.0 * (start + phase * (_number(end) - start))


def _number(value):
    """A parameter as the kernel has it, without its axes of rows and periods."""
    return value[..., 0, 0] if np.ndim(value) else value
