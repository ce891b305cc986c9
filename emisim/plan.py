"""A plan: its measures, how they overlap, and its targets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from emisim.measure import Measure
from emisim.model import Date, Label, Model, Names, Number, Text
from emisim.target import Target

_listed = BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)


class OverlapRule(Model):
    """How the covered shares of some measures lie in one another wherever they meet."""

    measures: Names
    relation: Literal["independent", "disjoint", "nested"]
    reason: Text


class CombinationRule(Model):
    """The observed efficiency of several devices together."""

    devices: Names
    pollutant: Text
    efficiency: Number
    low: Number | None = None
    high: Number | None = None
    grade: Literal["A", "B", "C", "D", "E"] | None = None
    source: str = ""
    note: str = ""


class ExclusiveRule(Model):
    """At most one of these measures may touch a row."""

    measures: Names
    reason: Text


class Plan(Model):
    """A plan file."""

    plan: Text
    title: Label
    document: str = ""
    region: Text
    issued: Date
    note: str = ""
    measures: dict[Text, Measure] = Field(default_factory=dict)
    overlaps: Annotated[tuple[OverlapRule, ...], _listed] = ()
    combinations: Annotated[tuple[CombinationRule, ...], _listed] = ()
    exclusive: Annotated[tuple[ExclusiveRule, ...], _listed] = ()
    targets: dict[Text, Target] = Field(default_factory=dict)
