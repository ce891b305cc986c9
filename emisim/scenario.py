"""A scenario: which inventory, which plan, which years, and what is different from the plan as written."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from emisim.clause import Chapter, Strength
from emisim.ensemble import EnsembleDesign
from emisim.measure import Adjustment, Cost, Measure
from emisim.model import Choice, Label, Model, Names, Text
from emisim.plan import Plan
from emisim.sample import SampleDesign
from emisim.schedule import is_delay
from emisim.target import Target
from emisim.vocabulary import wordings

_listed = BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)


def _delay(value):
    if not isinstance(value, str) or not is_delay(value):
        raise PydanticCustomError("scenario.delay", "delay", {"text": str(value)})
    return value


Delay = Annotated[str, BeforeValidator(_delay)]


def _effort(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise PydanticCustomError("cost.effort", "effort", {"text": str(value)})
    return float(value)


Effort = Annotated[float, BeforeValidator(_effort)]


class Selection(Model):
    """Which measures of the plan run; all by default. ``only`` and ``without`` name measures, or items with all their parts."""

    wording: Annotated[tuple[Strength | Literal["binding"], ...], _listed] = ()
    chapters: Annotated[tuple[Chapter, ...], _listed] = ()
    standing: Annotated[tuple[Literal["direct", "enabling", "not_quantified"], ...], _listed] = ()
    only: Names = ()
    without: Names = ()

    def takes(self, measure: Measure) -> bool:
        """Whether a measure is of the kinds asked for."""
        words = {w for w in self.wording if w != "binding"}
        if "binding" in self.wording:
            words |= {w.id for w in wordings().values() if w.binding}
        return (
            (not self.wording or measure.wording in words)
            and (not self.chapters or measure.chapter in self.chapters)
            and (not self.standing or measure.standing in self.standing)
        )


def _in_order(value):
    """Plain data with the keys of every mapping in one order."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value, key=str)}
    return [_in_order(part) for part in value] if isinstance(value, list) else value


class Scenario(Model):
    """A scenario file. In what order its keys stand makes no difference. each : ``region`` if every region carries out the plan by itself: what a
    measure moves then stays in its region, and a cap holds in each."""

    scenario: Text
    title: Label
    inventory: Text
    plan: Text
    base_year: int = Field(ge=1900, le=2200)
    target_year: int = Field(ge=1900, le=2200)
    each: Literal["region"] | None = None
    wording: Literal["low", "central", "high"] = "central"
    switches: dict[Text, Choice] = Field(default_factory=dict)
    measures: Selection = Selection()
    delay: dict[Text, Delay] = Field(default_factory=dict)
    adjust: dict[Text, Adjustment] = Field(default_factory=dict)
    alternatives: dict[Text, Text] = Field(default_factory=dict)
    targets: dict[Text, Target] = Field(default_factory=dict)
    costs: dict[Text, Cost] = Field(default_factory=dict)
    effort: dict[Text, Effort] = Field(default_factory=dict)
    allow: dict[Literal["unmatched", "raises"], Names] = Field(default_factory=dict)
    uncertainty: SampleDesign | None = None
    ensemble: EnsembleDesign | None = None
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _keys(cls, data):
        return _in_order(data)

    @model_validator(mode="after")
    def _years(self) -> Scenario:
        if self.target_year < self.base_year:
            raise PydanticCustomError("scenario.years", "years", {"base": self.base_year, "target": self.target_year})
        return self

    def allowed(self, rule: str) -> tuple[str, ...]:
        return self.allow.get(rule, ())

    def all_targets(self, plan: Plan) -> dict[str, Target]:
        """Targets of the plan, then those the scenario adds or replaces; by id."""
        return dict(sorted({**plan.targets, **self.targets}.items()))
