"""What measures cost: money of any form, currency and year made one figure a year; or effort, or their number, in place of money.

    annual = investment · CRF(r, n) + yearly + per_tonne · t        t: tonnes of ``of`` that the measure removes alone
    CRF(r, n) = r (1+r)^n / ((1+r)^n − 1);   CRF(0, n) = 1/n

Everything is expressed in the currency, at the price level and with the rate that the plan names under ``costs``. A measure may
have no figure; nothing is put in its place.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from emisim import units
from emisim.errors import BadInput, Location, Reporter, fault
from emisim.measure import Cost, CostLevel, Estimate
from emisim.model import Label
from emisim.plan import Plan
from emisim.price import conversion, price_years
from emisim.reading import measures_named
from emisim.scenario import Scenario
from emisim.text import LANGUAGES, say
from emisim.vocabulary import GRADES, pollutants

if TYPE_CHECKING:
    from emisim.case import Case
    from emisim.ledger import Ledger

MONEY = MappingProxyType({"CNY": "yuan", "USD": "USD", "EUR": "EUR"})
FORMS = ("investment", "yearly", "per_tonne")
ROUNDING_T = 1e-9
COUNT, EFFORT, COST = "count", "effort", "cost"
Alone = Mapping[str, Mapping[str, float]]


class Range(NamedTuple):
    """A figure with its range; low and high are the figure itself where there is none."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Annual:
    """The annual cost of a measure, in the currency and at the prices of the plan.

    value, low, high : [currency/yr]; low and high are None if no part has a range. grade : the worst of its parts, empty if one
    has none. basis : the forms it is made of. of : the pollutant whose tonnes it is counted by, if any. source, note : of all
    parts. own : it is the scenario's, not the plan's.
    """

    value: float
    low: float | None
    high: float | None
    grade: str
    basis: tuple[str, ...]
    of: str
    source: str
    note: str
    own: bool = False


@dataclass(frozen=True)
class NoCost:
    """A measure without a cost. reason : why; None if the plan says nothing."""

    reason: Label | None = None
    own: bool = False


@dataclass(frozen=True)
class Bill:
    """What some measures cost together as far as it is known. value, low, high : sums of those that have a cost [unit]. known,
    unknown : how many have one, and have none."""

    value: float
    low: float
    high: float
    unit: str
    known: int
    unknown: int


@dataclass(frozen=True, eq=False)
class Objective:
    """What a package of measures is to make small: Σ weight · on.

    by : ``cost``, ``count`` or ``effort``. weight : (measure,) [unit]. unit : empty for ``count`` and ``effort``. left_out :
    measures that may not be taken. taken : measures that are taken in any case, at weight 0.
    """

    by: str
    weight: np.ndarray
    unit: str
    left_out: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


def recovery(rate: float, life: float) -> float:
    """The capital recovery factor: the share of an investment that pays it back in equal parts, one a year.

    r (1+r)^n / ((1+r)^n − 1), written r / (1 − (1+r)^−n);   1/n at r = 0

    Parameters
    ----------
    rate : r [1/yr]. life : n [yr].

    Returns
    -------
    float [1/yr]; 0.094393 at 7 % and 20 years.
    """
    return rate / -math.expm1(-life * math.log1p(rate)) if rate else 1.0 / life


def removed_alone(case: Case, ledger: Ledger) -> dict[str, dict[str, float]]:
    """What every measure removes if it is the only one: measure → pollutant → official tonnes in the last year [t/yr]."""
    first = ledger.by_measure(len(case.bound.names), ~case.inventory.memo, "first_in")[:, :, -1]
    return {
        name: {p: float(first[m, k]) for k, p in enumerate(case.inventory.pollutants)} for m, name in enumerate(case.bound.names)
    }


def cost_of(scenario: Scenario, plan: Plan, name: str) -> Cost | None:
    """The cost entry of a measure: the scenario's own, else the plan's; None if neither says anything."""
    return scenario.costs.get(name, plan.measures[name].cost)


def annual_costs(case: Case, alone: Alone) -> dict[str, Annual | NoCost]:
    """The annual cost of every measure that runs.

    investment · CRF(rate, life) + yearly + per_tonne · tonnes removed alone

    Ranges are interval arithmetic: the low end of the sum takes the low end of every part (of the life the high end), the high
    end the other way round; parts without a range stay as they are. It is the widest range, as if all were off in one direction.

    A cost per tonne does not hold for a measure that raises its pollutant: no cost then.

    Parameters
    ----------
    alone : measure → pollutant → tonnes that it removes alone [t/yr], see ``removed_alone``.

    Returns
    -------
    dict
        measure → ``Annual`` [currency of the plan / yr] or ``NoCost``, in the order of the case.
    """
    return {name: _annual(case.scenario, case.plan, name, alone[name]) for name in case.bound.names}


def _annual(scenario: Scenario, plan: Plan, name: str, alone: Mapping[str, float]) -> Annual | NoCost:
    cost, own = cost_of(scenario, plan, name), name in scenario.costs
    if cost is None or cost.none is not None:
        return NoCost(cost.none if cost else None, own)
    tonnes = alone.get(cost.of, -math.inf) if cost.per_tonne else 0.0
    if tonnes < -ROUNDING_T:
        return NoCost(_reason("costs.raises", pollutant=cost.of), own)
    money = MONEY[cost.currency]
    rate = cost.rate or plan.costs.rate
    parts, used = [], []
    if cost.investment:
        capital, life, r = _range(cost.investment, money), _range(cost.life, "yr"), _range(rate, "share")
        shares = (recovery(r.value, life.value), recovery(r.low, life.high), recovery(r.high, life.low))
        parts.append(Range(*(c * s for c, s in zip(capital, shares, strict=True))))
        used += [cost.investment, cost.life, rate]
    if cost.yearly:
        parts.append(_range(cost.yearly, f"{money}/yr"))
        used.append(cost.yearly)
    if cost.per_tonne:
        parts.append(Range(*(c * max(tonnes, 0.0) for c in _range(cost.per_tonne, f"{money}/t"))))
        used.append(cost.per_tonne)
    worth = conversion(cost.currency, cost.price_year, plan.costs.currency, plan.costs.price_year)
    value, low, high = (worth * math.fsum(ends) for ends in zip(*parts, strict=True))
    ranged = any(e.low is not None or e.high is not None for e in used)
    return Annual(
        value=value,
        low=low if ranged else None,
        high=high if ranged else None,
        grade=max((e.grade or "" for e in used), key=GRADES.index) if all(e.grade for e in used) else "",
        basis=tuple(form for form in FORMS if getattr(cost, form)),
        of=cost.of,
        source=_joined([e.source for e in used if e is not plan.costs.rate]),
        note=_joined([cost.note, *(e.note for e in used if e is not plan.costs.rate)]),
        own=own,
    )


def _reason(key: str, **values: object) -> Label:
    """A reason of emisim's own, in both languages."""
    return Label(**{language: say(key, language, **values) for language in LANGUAGES})


def _joined(texts: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(t for t in texts if t))


def _range(estimate: Estimate, dimension: str) -> Range:
    """A figure and its range as canonical floats."""
    value = units.read(estimate.value, dimension)
    low, high = (value if end is None else units.read(end, dimension) for end in (estimate.low, estimate.high))
    return Range(value, low, high)


def bill(costs: Mapping[str, Annual | NoCost], unit: str) -> Bill:
    """The sum of some annual costs; the ends of the range are the sums of the ends, where there is none of the value."""
    known = [c for c in costs.values() if isinstance(c, Annual)]
    low, high = (math.fsum(c.value if getattr(c, end) is None else getattr(c, end) for c in known) for end in ("low", "high"))
    return Bill(math.fsum(c.value for c in known), low, high, unit, len(known), len(costs) - len(known))


def weights(
    case: Case,
    by: Literal["cost", "count", "effort"],
    alone: Alone | None = None,
    uncosted: Literal["refuse", "leave_out", "take"] = "refuse",
    acting: Collection[str] | None = None,
) -> Objective:
    """What each measure adds to the objective of the smallest package.

    ``cost``: its annual cost; costs below zero are kept, so that such a measure is always worth taking. ``count``: 1.
    ``effort``: the scenario's own weight, 1 where it names none.

    Parameters
    ----------
    alone : tonnes that each measure removes alone, see ``annual_costs``; needed for ``cost``.
    uncosted : what becomes of measures without a cost: ``leave_out`` (they may not be taken), ``take`` (they are always taken and
        cost nothing), or ``refuse``.
    acting : measures that matter; of others no cost is asked. By default all.

    Returns
    -------
    Objective

    Raises
    ------
    BadInput
        Measures without a cost, and ``refuse``.
    """
    names = case.bound.names
    if by == COUNT:
        return Objective(by, np.ones(len(names)), "")
    if by == EFFORT:
        given = {m: w for key, w in case.scenario.effort.items() for m in measures_named(key, case.plan)}
        given |= {m: w for m, w in case.scenario.effort.items() if m in names}  # the more exact name counts
        return Objective(by, np.array([given.get(name, 1.0) for name in names], float), "")
    found = annual_costs(case, alone)
    without = tuple(n for n in names if isinstance(found[n], NoCost) and (acting is None or n in acting))
    if without and uncosted == "refuse":
        raise BadInput([fault("question.uncosted", count=len(without), measures=", ".join(without))])
    weight = np.array([getattr(found[name], "value", 0.0) for name in names], float)
    left_out, taken = (without, ()) if uncosted == "leave_out" else ((), without)
    return Objective(by, weight, unit(case.plan.costs), left_out, taken)


def unit(level: CostLevel) -> str:
    """The unit of annual costs, with the year of the prices: ``CNY(2020)/yr``."""
    return f"{level.currency}({level.price_year})/yr"


def check_costs(scenario: Scenario, plan: Plan, reporter: Reporter) -> None:
    """Report what is wrong with the costs of a plan and a scenario, and names of measures that do not exist."""
    level = plan.costs
    if level.rate:
        _check_rate(level.rate, "plan", ("costs", "rate"), reporter)
    _check_year(level.currency, level.price_year, "plan", ("costs", "price_year"), reporter)
    for name, measure in plan.measures.items():
        if measure.cost is not None:
            _check(measure.cost, level, "plan", ("measures", name, "cost"), reporter)
    for field, known in (("costs", lambda name: name in plan.measures), ("effort", lambda name: measures_named(name, plan))):
        for name in getattr(scenario, field):
            if not known(name):
                reporter.unknown("scenario", (field, name, Reporter.KEY), "plan.measure", name, plan.measures)
    for name, cost in scenario.costs.items():
        _check(cost, level, "scenario", ("costs", name), reporter)


def _check(cost: Cost, level: CostLevel, file: str, here: Location, reporter: Reporter) -> None:
    """One cost entry: what belongs together, and its numbers."""
    figures = [form for form in FORMS if getattr(cost, form)]
    if cost.none is not None:
        more = [f for f in Cost.model_fields if f not in ("none", "note") and getattr(cost, f) not in (None, "")]
        if more:
            reporter.report(file, here, "cost.none_and", given=", ".join(more))
        return
    if not figures:
        reporter.report(file, here, "cost.empty")
        return
    needed = [("investment", "life"), ("life", "investment"), ("rate", "investment"), ("per_tonne", "of"), ("of", "per_tonne")]
    needed += [(figures[0], "currency"), (figures[0], "price_year")]
    for given, other in needed:
        if getattr(cost, given) and not getattr(cost, other):
            reporter.report(file, here, "cost.needs", given=given, needs=other)
    if cost.investment and not (cost.rate or level.rate):
        reporter.report(file, here, "cost.rate")
    if cost.of and cost.of not in pollutants():
        reporter.unknown(file, (*here, "of"), "value.choice", cost.of, pollutants())
    if cost.currency and cost.price_year:
        _check_year(cost.currency, cost.price_year, file, (*here, "price_year"), reporter)
    if cost.life:
        _check_numbers("life", cost.life, "yr", file, (*here, "life"), reporter, least_open=0.0)
    if cost.rate:
        _check_rate(cost.rate, file, (*here, "rate"), reporter)
    money = MONEY.get(cost.currency)
    for form, dimension in (("investment", money), ("yearly", f"{money}/yr"), ("per_tonne", f"{money}/t")):
        if getattr(cost, form) and money:
            least = 0.0 if form == "investment" else None
            _check_numbers(form, getattr(cost, form), dimension, file, (*here, form), reporter, least)


def _check_year(currency: str, year: int, file: str, location: Location, reporter: Reporter) -> None:
    known = price_years(currency)
    if year not in known:
        reporter.report(file, location, "cost.price_year", year=year, currency=currency, known=", ".join(map(str, known)))


def _check_rate(rate: Estimate, file: str, location: Location, reporter: Reporter) -> None:
    numbers = _check_numbers("rate", rate, "share", file, location, reporter)
    if not all(0.0 <= n <= 1.0 for n in numbers.values()):
        reporter.report(file, location, "value.share", name="rate", text=rate.value)


def _check_numbers(
    name: str,
    estimate: Estimate,
    dimension: str,
    file: str,
    location: Location,
    reporter: Reporter,
    least_open: float | None = None,
) -> dict[str, float]:
    """Report figures of another unit, below what can be, or out of order; the readable ones."""
    numbers = {}
    for field in ("low", "value", "high"):
        text = getattr(estimate, field)
        if text is None:
            continue
        place = reporter.place(file, (*location, field))
        try:
            numbers[field] = units.read(text, dimension)
        except units.UnitError as error:
            reporter.faults.append(error.fault.at(place))
            continue
        if least_open is not None and numbers[field] <= least_open:
            reporter.faults.append(fault("cost.positive", place, name=name, text=str(text)))
    if list(numbers.values()) != sorted(numbers.values()):
        shown = {f: "–" if getattr(estimate, f) is None else getattr(estimate, f) for f in ("low", "value", "high")}
        reporter.report(file, location, "value.order", name=name, **shown)
    return numbers
