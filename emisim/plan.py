"""A plan: every clause of its text, what the measures among them do, how they overlap, how it can be read, and its targets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from emisim.clause import UNREAD, Clause, IdleClause
from emisim.measure import CostLevel, Measure
from emisim.model import Date, Figure, Label, Model, Names, Number, SelectorModel, Text
from emisim.switch import Switch
from emisim.target import Target

_listed = BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)


class OverlapRule(Model):
    """How the covered shares of some measures lie in one another wherever they meet."""

    measures: Names
    relation: Literal["independent", "disjoint", "nested"]
    reason: Text


class CombinationRule(Model):
    """The observed efficiency of several devices together."""

    devices: Annotated[Names, Field(min_length=2)]
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


class CorrelationRule(Model):
    """Rank correlation of two variables of measures, or within a correlation group if both are the same."""

    first: Text
    second: Text
    rank_correlation: Annotated[float, Field(ge=-1.0, le=1.0)]
    grade: Literal["A", "B", "C", "D", "E"]
    source: Text
    note: str = ""


class State(Model):
    """A class of sources with one rule-effectiveness state, which enabling clauses move together; see
    ``mechanisms.rule_effectiveness``."""

    title: Label
    applies_to: SelectorModel
    pollutant: Text
    ceiling: Figure
    note: str = ""


class Plan(Model):
    """A plan file. ``issued`` and ``horizon`` are the default start and end of all schedules."""

    plan: Text
    title: Label
    document: str = ""
    region: Text
    issued: Date
    horizon: Date | None = None
    note: str = ""
    states: dict[Text, State] = Field(default_factory=dict)
    clauses: dict[Text, IdleClause] = Field(default_factory=dict)
    measures: dict[Text, Measure] = Field(default_factory=dict)
    overlaps: Annotated[tuple[OverlapRule, ...], _listed] = ()
    combinations: Annotated[tuple[CombinationRule, ...], _listed] = ()
    exclusive: Annotated[tuple[ExclusiveRule, ...], _listed] = ()
    correlations: Annotated[tuple[CorrelationRule, ...], _listed] = ()
    targets: dict[Text, Target] = Field(default_factory=dict)
    costs: CostLevel = CostLevel()
    switches: dict[Text, Switch] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _dates(self) -> Plan:
        if self.horizon and self.horizon < self.issued:
            raise PydanticCustomError("plan.horizon", "horizon", {"issued": str(self.issued), "horizon": str(self.horizon)})
        return self

    def catalogue(self) -> dict[str, Clause]:
        """Every clause by id, measures among them, in the order of the text."""
        both: dict[str, Clause] = {**self.clauses, **self.measures}
        return dict(sorted(both.items(), key=lambda item: (item[1].in_text, item[0])))

    def unread(self) -> tuple[str, ...]:
        """Ids of the clauses that nobody has encoded yet, in the order of the text."""
        return tuple(name for name, clause in self.catalogue().items() if clause.standing == UNREAD)
