"""A measure of a plan: a clause that acts, by one mechanism or several, from some date on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from emisim.clause import Clause, Strength
from emisim.model import Model, SelectorModel, Text, When
from emisim.schedule import Schedule


class Action(Model):
    """One mechanism on some rows, or on the rows of a ``state``; under ``when``, only where a switch is so read."""

    mechanism: Text
    applies_to: SelectorModel | None = None
    to: SelectorModel | None = None
    state: str = ""
    when: When = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)


class Measure(Clause):
    """One measure.

    ``direct``: it has an effect of its own; ``enabling``: it lets devices be run better; ``not_quantified``: an effect without a
    figure, 0 in the centre of its range. Without ``schedule`` it ramps from the date of the plan to its deadline.
    """

    wording: Strength
    standing: Literal["direct", "enabling", "not_quantified"] = "direct"
    accountable: bool = False
    schedule: Schedule | None = None
    actions: Annotated[tuple[Action, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v), Field(min_length=1)]


class Adjustment(Model):
    """What a scenario, or a reading of the plan, changes in a measure: parameters, in every action that has them; its schedule;
    how strongly its wording is read."""

    parameters: dict[str, Any] = Field(default_factory=dict)
    schedule: Schedule | None = None
    wording: Literal["low", "central", "high"] | None = None
