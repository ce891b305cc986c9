"""A schedule: the share of a measure that is in force over time, and how it shifts when the measure is late."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from emisim.model import Date, Model

_DELAY = re.compile(r"([0-9]{1,4})\s*(d|mo|yr|天|日|个月|月|年)")
LONGEST_MONTHS = 1200
_MONTHS = MappingProxyType({"mo": 1, "个月": 1, "月": 1, "yr": 12, "年": 12})


def _curve(value: Any) -> Any:
    """{date: share} with rising dates and shares as numbers with unit."""
    from emisim.units import UnitError, read

    if not isinstance(value, dict) or not value:
        raise PydanticCustomError("schedule.curve", "curve", {})
    points = []
    for day, share in value.items():
        try:
            points.append((date.fromisoformat(str(day)), read(share, "share")))
        except (ValueError, TypeError, UnitError):
            raise PydanticCustomError("schedule.curve", "curve", {}) from None
    if not all(a[0] < b[0] for a, b in pairwise(points)) or not all(0.0 <= s <= 1.0 for _, s in points):
        raise PydanticCustomError("schedule.curve", "curve", {})
    return tuple(points)


Curve = Annotated[tuple[tuple[date, float], ...], BeforeValidator(_curve, json_schema_input_type=dict[str, Any])]


class Schedule(Model):
    """Share of a measure in force: 0 before ``start``, 1 from ``end`` on; ``date`` is short for a step; ``curve`` gives shares
    at dates, linear between them, 0 before the first and constant after the last."""

    start: Date | None = None
    end: Date | None = None
    at: Date | None = Field(default=None, alias="date")
    shape: Literal["linear", "step"] = "linear"
    curve: Curve | None = None

    @model_validator(mode="after")
    def _complete(self) -> Schedule:
        if [self.at, self.end, self.curve].count(None) != 2 or (self.end and self.shape == "linear" and self.start is None):
            raise PydanticCustomError("schedule.incomplete", "schedule", {})
        if self.start and self.end and self.start > self.end:
            raise PydanticCustomError("schedule.backwards", "schedule", {"start": str(self.start), "end": str(self.end)})
        return self

    @property
    def complete(self) -> date:
        """The day from which on nothing changes any more."""
        return self.curve[-1][0] if self.curve else self.at or self.end

    def share_at(self, day: date) -> float:
        """Share in force at the end of a day [1]."""
        return float(day >= self.complete) if self._steps() else self._ramp(day.toordinal() + 1)

    def mean_share(self, first: date, after: date) -> float:
        """Mean share in force from ``first`` up to, not including, ``after`` [1]: ∫φ dt / Δt."""
        start, end = first.toordinal(), after.toordinal()
        return float(self._integral(end) - self._integral(start)) / (end - start)

    def later(self, delay: str) -> Schedule:
        """The same schedule, all of it later by ``delay``: 90d, 6mo, 1yr (天, 个月, 年)."""
        change: dict[str, Any] = {f: _shift(getattr(self, f), delay) for f in ("start", "end", "at") if getattr(self, f)}
        if self.curve:
            change["curve"] = tuple((_shift(day, delay), share) for day, share in self.curve)
        return self.model_copy(update=change)

    def _steps(self) -> bool:
        return not self.curve and (self.at is not None or self.shape == "step" or self.start == self.end)

    def _knots(self) -> tuple[np.ndarray, np.ndarray]:
        """(day, share at its beginning); in full force on the day after the end."""
        points = self.curve or ((self.start - timedelta(days=1), 0.0), (self.end, 1.0))
        return np.array([day.toordinal() + 1 for day, _ in points], float), np.array([share for _, share in points])

    def _ramp(self, day: float) -> float:
        """Share at the beginning of a day."""
        at, share = self._knots()
        return float(np.interp(day, at, share, left=0.0))

    def _integral(self, day: int) -> float:
        """∫φ from the beginning of time to the beginning of ``day``, in days."""
        if self._steps():
            return max(0, day - (self.complete.toordinal() + 1))
        at, share = self._knots()
        inside = np.clip(np.append(at, day), at[0], day) if day > at[0] else at[:1]
        inside = np.unique(inside)
        return float(np.trapezoid(np.interp(inside, at, share), inside))


def is_delay(text: str) -> bool:
    """Whether a text is a delay such as 6mo, of a century at most."""
    match = _DELAY.fullmatch(str(text).strip())
    return match is not None and int(match[1]) * _MONTHS.get(match[2], 0) <= LONGEST_MONTHS


def _shift(day: date, delay: str) -> date:
    """A day later; months keep the day of the month, or take the last there is; the end of a month stays the end of one."""
    count, unit = _DELAY.fullmatch(delay.strip()).groups()
    if unit not in _MONTHS:
        return day + timedelta(days=int(count))
    months = day.year * 12 + day.month - 1 + int(count) * _MONTHS[unit]
    year, month = divmod(months, 12)
    last = monthrange(year, month + 1)[1]
    at_end = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if at_end else min(day.day, last))
