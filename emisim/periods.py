"""Periods: the two readings of time. The kernel knows only periods with a weight; here they get their dates.

end_state   one period a year, the level at 31 December, annualised
calendar    twelve periods a year, what was emitted in the year: Σ_month w·E,  w = days of the month / days of the year
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from emisim.measure import Measure, Schedule


@dataclass(frozen=True, eq=False)
class Periods:
    """years : (period,) the year each period lies in. weight : (period,) its share of that year [1]. months : (period, 12)
    its share in each month [1]."""

    years: np.ndarray
    weight: np.ndarray
    months: np.ndarray
    monthly: bool

    def phase(self, measures: Sequence[Measure]) -> np.ndarray:
        """Share of each measure in force: (measure, period) [1]."""
        out = np.zeros((len(measures), self.years.size))
        known: dict[Schedule, np.ndarray] = {}
        for m, measure in enumerate(measures):
            schedule = measure.schedule
            if schedule is not None:
                if schedule not in known:
                    known[schedule] = np.array([self._share(schedule, year, t) for t, year in enumerate(self.years.tolist())])
                out[m] = known[schedule]
        return out

    def _share(self, schedule: Schedule, year: int, t: int) -> float:
        if not self.monthly:
            return schedule.share_at(date(year, 12, 31))
        month = int(np.argmax(self.months[t])) + 1
        after = date(year + month // 12, month % 12 + 1, 1)
        return schedule.mean_share(date(year, month, 1), after)

    def by_year(self, values: np.ndarray) -> np.ndarray:
        """Sum a last axis of periods to years with their weights: (..., year)."""
        each = 12 if self.monthly else 1
        return (values * self.weight).reshape(*values.shape[:-1], -1, each).sum(axis=-1)


def _month_shares(year: int) -> np.ndarray:
    days = np.array([monthrange(year, month)[1] for month in range(1, 13)], float)
    return days / days.sum()


def end_state(first: int, last: int) -> Periods:
    """One period a year from ``first`` to ``last``."""
    years = np.arange(first, last + 1)
    return Periods(years, np.ones(years.size), np.stack([_month_shares(y) for y in years.tolist()]), monthly=False)


def calendar(first: int, last: int) -> Periods:
    """Twelve periods a year from ``first`` to ``last``."""
    years = np.arange(first, last + 1)
    weight = np.concatenate([_month_shares(y) for y in years.tolist()])
    return Periods(np.repeat(years, 12), weight, np.tile(np.eye(12), (years.size, 1)), monthly=True)
