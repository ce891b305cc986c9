"""A scenario: which inventory, which plan, which years, and what is different from the plan as written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from emisim.measure import Measure, Schedule
from emisim.model import Label, Model, Names, Text
from emisim.plan import Plan
from emisim.target import Target
from emisim.vocabulary import wordings

_wordings = BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)


class Selection(Model):
    """Which measures of the plan run; all by default."""

    wording: Annotated[
        tuple[Literal["full", "basic", "dated", "strive", "push", "gradual", "encourage", "binding"], ...], _wordings
    ] = ()
    chapters: Annotated[tuple[Literal["industry", "energy", "transport", "area", "multi", "management"], ...], _wordings] = ()
    only: Names = ()
    without: Names = ()

    def takes(self, name: str, measure: Measure) -> bool:
        words = {w for w in self.wording if w != "binding"}
        if "binding" in self.wording:
            words |= {w.id for w in wordings().values() if w.binding}
        return (
            (not self.wording or measure.wording in words)
            and (not self.chapters or measure.chapter in self.chapters)
            and (not self.only or name in self.only)
            and name not in self.without
        )


class Adjustment(Model):
    """What a scenario changes in a measure: parameters, in every action that has them; its schedule; how strongly its
    wording is read."""

    parameters: dict[str, Any] = Field(default_factory=dict)
    schedule: Schedule | None = None
    wording: Literal["low", "central", "high"] | None = None


class Scenario(Model):
    """A scenario file."""

    scenario: Text
    title: Label
    inventory: Text
    plan: Text
    base_year: int = Field(ge=1900, le=2200)
    target_year: int = Field(ge=1900, le=2200)
    wording: Literal["low", "central", "high"] = "central"
    measures: Selection = Selection()
    adjust: dict[Text, Adjustment] = Field(default_factory=dict)
    alternatives: dict[Text, Text] = Field(default_factory=dict)
    targets: dict[Text, Target] = Field(default_factory=dict)
    allow: dict[Literal["unmatched", "raises"], Names] = Field(default_factory=dict)
    note: str = ""

    @model_validator(mode="after")
    def _years(self) -> Scenario:
        if self.target_year < self.base_year:
            raise PydanticCustomError("scenario.years", "years", {"base": self.base_year, "target": self.target_year})
        return self

    def allowed(self, rule: str) -> tuple[str, ...]:
        return self.allow.get(rule, ())

    def chosen(self, plan: Plan) -> dict[str, Measure]:
        """The measures that run, by id in sorted order, with the scenario's own schedules."""
        out = {}
        for name in sorted(plan.measures):
            measure = plan.measures[name]
            if self.measures.takes(name, measure):
                change = self.adjust.get(name)
                if change and change.schedule:
                    measure = measure.model_copy(update={"schedule": change.schedule})
                out[name] = measure
        return out

    def all_targets(self, plan: Plan) -> dict[str, Target]:
        """Targets of the plan, then those the scenario adds or replaces; by id."""
        return dict(sorted({**plan.targets, **self.targets}.items()))
