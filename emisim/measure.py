"""A measure of a plan: clause, department, wording, schedule, and the actions it consists of."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from emisim.model import Date, Label, Model, Names, SelectorModel, Text


class Schedule(Model):
    """Share of a measure that is in force over time: 0 before ``start``, 1 from ``end`` on; ``date`` is short for a step."""

    start: Date | None = None
    end: Date | None = None
    at: Date | None = Field(default=None, alias="date")
    shape: Literal["linear", "step"] = "linear"

    @model_validator(mode="after")
    def _complete(self) -> Schedule:
        if (self.at is None) == (self.end is None) or (self.end and self.shape == "linear" and self.start is None):
            raise PydanticCustomError("schedule.incomplete", "schedule", {})
        if self.start and self.end and self.start > self.end:
            raise PydanticCustomError("schedule.backwards", "schedule", {"start": str(self.start), "end": str(self.end)})
        return self

    def share_at(self, day: date) -> float:
        """Share in force at the end of a day [1]."""
        return float(day >= (self.at or self.end)) if self._steps() else self._ramp(day.toordinal() + 1)

    def mean_share(self, first: date, after: date) -> float:
        """Mean share in force from ``first`` up to, not including, ``after`` [1]: ∫φ dt / Δt."""
        start, end = first.toordinal(), after.toordinal()
        return float(self._integral(end) - self._integral(start)) / (end - start)

    def _steps(self) -> bool:
        return self.at is not None or self.shape == "step" or self.start == self.end

    def _ramp(self, day: float) -> float:
        """Share at the beginning of a day for a linear schedule; in full force on the day after ``end``."""
        start, end = self.start.toordinal(), self.end.toordinal() + 1
        return float(np.clip((day - start) / (end - start), 0.0, 1.0))

    def _integral(self, day: int) -> float:
        """∫φ from the beginning of time to the beginning of ``day``, in days."""
        if self._steps():
            return max(0, day - ((self.at or self.end).toordinal() + 1))
        start, end = self.start.toordinal(), self.end.toordinal() + 1
        return self._ramp(day) ** 2 * (end - start) / 2 + max(0, day - end)


class Action(Model):
    """One mechanism on some rows."""

    mechanism: Text
    applies_to: SelectorModel | None = None
    to: SelectorModel | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)


class Measure(Model):
    """One measure. Either ``actions`` say what it does, or ``no_source`` says why it does nothing here."""

    clause: Text
    part: str = ""
    chapter: Literal["industry", "energy", "transport", "area", "multi", "management"]
    title: Label
    lead: Names = ()
    wording: Literal["full", "basic", "dated", "strive", "push", "gradual", "encourage"]
    accountable: bool = False
    schedule: Schedule | None = None
    actions: Annotated[tuple[Action, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)] = ()
    no_source: str = ""
    note: str = ""

    @property
    def number(self) -> str:
        """Number of the clause, with its part in brackets: 11(2)."""
        return f"{self.clause}({self.part})" if self.part else self.clause

    @model_validator(mode="after")
    def _does_something(self) -> Measure:
        if bool(self.actions) == bool(self.no_source):
            raise PydanticCustomError("measure.actions", "actions or no_source", {})
        if self.actions and self.schedule is None and any(a.mechanism != "indicator_only" for a in self.actions):
            raise PydanticCustomError("measure.schedule", "schedule", {})
        return self
