"""The sources of a draw: activities, factors and growth drawn, like sources merged (see ``groups``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from emisim.case import Case
from emisim.inventory import split
from emisim.program import Base
from emisim.uncertainty.groups import Grouping
from emisim.uncertainty.inputs import ACTIVITY, FACTOR, GROWTH, Inputs
from emisim.uncertainty.quantile import as_slice

if TYPE_CHECKING:
    from emisim.uncertainty.draws import Frame


@dataclass(frozen=True, eq=False)
class Drawn:
    """Some draws, the sources merged. activity : (draw, group) in the base year [base unit / yr]. factor : (draw, group, pollutant)
    [t / base unit]. rest : (draw, figure) the ``Places.others``."""

    activity: np.ndarray
    factor: np.ndarray
    rest: np.ndarray

    def __len__(self) -> int:
        return len(self.rest)

    def some(self, which: slice) -> Drawn:
        """Some of the draws."""
        return Drawn(self.activity[which], self.factor[which], self.rest[which])


def together(parts: Sequence[Drawn]) -> Drawn:
    """The draws of several pieces, one after the other."""
    return Drawn(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("activity", "factor", "rest")))


@dataclass(frozen=True, eq=False)
class Places:
    """Where drawn figures go. order : the figures as they are needed: of activities, of factors, all others; so that nothing is gathered that
    can be drawn in its place. activity : (place, position of its figure in that order), the sources as they are grouped; factor : the
    same by pollutant and part of a group. rest : position of the first of the others; growth : driver → (place among these, year).
    """

    order: np.ndarray
    activity: tuple[np.ndarray, np.ndarray]
    factor: tuple[np.ndarray, np.ndarray]
    rest: int
    growth: Mapping[str, tuple[tuple[int, int], ...]]

    @property
    def others(self) -> list[int]:
        """The figures that are neither activities nor factors."""
        return self.order[self.rest :].tolist()


def places(case: Case, inputs: Inputs, how: Grouping) -> Places:
    """Find out once where the figures of a case go."""
    figures, pollutants, records = inputs.figures, case.inventory.pollutants, case.tables.records
    activity = np.full(how.order.size, -1)
    factor = np.full((len(pollutants), len(records.factors) if records else 0), -1)
    for k, figure in enumerate(figures):
        if figure.kind == ACTIVITY:
            activity[figure.at[0]] = k
        elif figure.kind == FACTOR:
            factor[pollutants.index(figure.at[-1]), list(figure.at[:-1])] = k
    activity = activity[how.order]
    factor = factor[:, records.kind[how.first]].ravel() if records else np.full(len(pollutants) * how.parts.size, -1)
    first = list(dict.fromkeys(k for k in (*activity.tolist(), *factor.tolist()) if k >= 0))
    others = sorted(set(range(len(figures))) - set(first), key=lambda k: (figures[k].distribution.shape != "lognormal", k))
    order = np.array([*first, *others], dtype=np.intp)
    place = np.argsort(order)
    growth: dict[str, list[tuple[int, int]]] = {}
    for n, k in enumerate(others):
        if figures[k].kind == GROWTH:
            growth.setdefault(figures[k].at[0], []).append((n, figures[k].at[1]))
    return Places(
        order,
        *((np.flatnonzero(at >= 0), place[at[at >= 0]]) for at in (activity, factor)),
        len(first),
        {driver: tuple(years) for driver, years in growth.items()},
    )


def drawn(frame: Frame, values: np.ndarray) -> Drawn:
    """What some draws make of the sources. values : (draw, figure) in the order of ``frame.places``."""
    how, tables, draws = frame.grouping, frame.case.tables, len(values)
    activity = _put(tables.activity[how.order], frame.places.activity, values)
    place = np.argsort(how.order)
    for one in frame.case.splits:
        activity = split(activity, replace(one, rows=place[one.rows], to=place[one.to]))
    known = frame.case.inventory.factor[how.first].T
    factor = _put(known.ravel(), frame.places.factor, values).reshape(draws, *known.shape)
    return Drawn(*how.merged(how.activity(activity), factor), values[:, frame.places.rest :].copy())


def _put(known: np.ndarray, places: tuple[np.ndarray, np.ndarray], values: np.ndarray) -> np.ndarray:
    """Known numbers (place,), some of which are drawn: (draw, place)."""
    at, figures = places
    if figures.size == known.size:
        return values[:, as_slice(figures)]
    out = np.empty((len(values), known.size))
    out[:] = known
    out[:, at] = values[:, as_slice(figures)]
    return out


def drawn_base(frame: Frame, values: Drawn) -> Base:
    """The inventory after growth with drawn activities, factors and growth, one row a group: leading axis draw."""
    inventory, draws = frame.merged.inventory, len(values)
    activity, factor = values.activity, values.factor
    index = np.repeat(frame.index[None], draws, axis=0)
    for driver, figures in frame.places.growth.items():
        rows = np.flatnonzero(inventory.text["growth_driver"] == driver)
        years = {year: values.rest[:, k] for k, year in figures}
        index[:, rows] = _index(inventory.growth[driver], years, frame.periods.years, inventory.base_year)[:, None]
    passed = frame.base.passed
    fed = inventory.upstream >= 0
    if fed.any():
        passed = np.repeat(passed[None], draws, axis=0)
        there = inventory.activity > 0
        passed[:, fed & there] *= activity[:, fed & there] / inventory.activity[fed & there]
        activity = _fed(activity, factor, passed, frame.base)
    return replace(frame.base, activity=activity[..., None] * index, factor=factor, passed=passed)


def _fed(activity: np.ndarray, factor: np.ndarray, passed: np.ndarray, base: Base) -> np.ndarray:
    """Base-year activity (draw, row) in which every fed row has what the stage before it leaves, as a cap on it must know."""
    out, done = activity.copy(), base.upstream < 0
    while not done.all():
        rows = np.flatnonzero(~done & done[base.upstream])
        before = base.upstream[rows]
        out[:, rows] = passed[:, rows] * out[:, before] * (1.0 - (factor[:, before] * base.loss).sum(axis=-1))
        done[rows] = True
    return out


def _index(known: Mapping[int, float], drawn: Mapping[int, np.ndarray], years: np.ndarray, base_year: int) -> np.ndarray:
    """Growth of a driver relative to the base year, linear between the years given: (draw, year) [1]."""
    at = sorted(known)
    values = np.stack([np.broadcast_to(drawn.get(y, known[y]), next(iter(drawn.values())).shape) for y in at], axis=-1)

    def between(year: float) -> np.ndarray:
        weight = np.array([np.interp(year, at, np.eye(len(at))[k]) for k in range(len(at))])
        return (values * weight).sum(axis=-1)

    return np.stack([between(y) for y in years.tolist()], axis=-1) / between(base_year)[:, None]
