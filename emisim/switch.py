"""A switch: a place where the plan can be read in more than one way, with the reading taken and the reason."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from emisim.clause import Strength
from emisim.measure import Adjustment
from emisim.model import Both, Choice, Date, Label, Model, Names, Number, SelectorModel, Text

_listed = BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)


class Reclassification(Model):
    """A share of the base-year activity of rows with ``from`` in a column goes to the rows equal in all else but ``to`` there."""

    applies_to: SelectorModel
    column: Text
    source: Text = Field(alias="from")
    target: Text = Field(alias="to")
    share: Number


class Option(Model):
    """One reading and what it changes; nothing here if actions or targets name it under ``when``."""

    value: Choice
    title: Label
    adjust: dict[Text, Adjustment] = Field(default_factory=dict)
    without: Names = ()
    without_wording: Annotated[tuple[Strength, ...], _listed] = ()
    alternatives: dict[Text, Text] = Field(default_factory=dict)
    reclassify: Annotated[tuple[Reclassification, ...], _listed] = ()
    issued: Date | None = None
    wording: Literal["low", "central", "high"] | None = None
    accountable: Literal["all"] | None = None


class Switch(Model):
    """One ambiguous place. With a single option there is no choice; it is listed so that it is seen."""

    ambiguity: str = ""
    title: Label
    clauses: Names = ()
    default: Choice
    reason: Both
    options: Annotated[tuple[Option, ...], _listed]
    note: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Switch:
        values = [o.value for o in self.options]
        if len(set(values)) < len(values) or self.default not in values:
            raise PydanticCustomError("switch.options", "options", {"default": self.default, "known": ", ".join(values)})
        return self

    def option(self, value: str) -> Option:
        """The option of a value."""
        return next(o for o in self.options if o.value == value)

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(o.value for o in self.options)
