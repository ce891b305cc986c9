"""A target: a question about the result, with a year, a baseline and what is required (or nothing, if the plan does not say)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from emisim.model import Figure, Label, Model, Names, Number, SelectorModel, When

ON_TONNES = ("net", "creditable", "subset")


class Formula(Model):
    """How an indicator is computed from the activities of the run, or that it is reported; see ``indicators``."""

    formula: Literal["share", "removed", "reached", "parameter", "reported"]
    of: SelectorModel | None = None
    among: SelectorModel | None = None
    there: SelectorModel | None = None
    by: str = ""
    load: Figure | None = None
    against: int | None = Field(default=None, ge=1900, le=2200)
    base: Figure | None = None
    measure: str = ""
    parameter: str = ""
    start: str = Field(default="", alias="from")
    value: Number | None = None
    unit: str = "%"
    source: str = ""
    grade: Literal["A", "B", "C", "D", "E"] | None = None


class Target(Model):
    """A target.

    ``net``: change of the official total against the baseline year, growth included. ``subset``: the same for the rows of
    ``applies_to``; ``levers`` are the measures whose adoption is solved for. ``creditable``: tonnes brought by accountable
    measures under the crediting rules, growth not netted, less ``offset``. ``indicator`` and ``concentration``: a figure compared
    with ``required``. ``reduction`` is a share of the baseline or a mass; null where the plan gives no value: then the verdict is
    "not assessable", never "met". ``reference``: a yardstick from elsewhere, marked as such and judged like any other.
    """

    kind: Literal["net", "creditable", "subset", "indicator", "concentration"]
    pollutant: str = ""
    title: Label
    year: int = Field(ge=1900, le=2200)
    baseline_year: int | None = Field(default=None, ge=1900, le=2200)
    reduction: Number | None = None
    required: Number | None = None
    comparison: Literal[">", ">=", "<", "<="] = ">="
    tolerance: Number = 1e-9
    applies_to: SelectorModel | None = None
    indicator: Formula | None = None
    levers: Names = ()
    offset: Number | None = None
    reference: bool = False
    when: When = Field(default_factory=dict)
    clause: str = ""
    source: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Target:
        needed = ("pollutant", "reduction") if self.on_tonnes else ("required", "indicator")
        other = ("required", "indicator") if self.on_tonnes else ("pollutant", "reduction", "applies_to", "levers", "offset")
        other += ("levers",) if self.kind == "creditable" else ()
        extra = [f for f in other if f in self.model_fields_set]
        if extra or any(f not in self.model_fields_set for f in needed):
            words = {"kind": self.kind, "needed": ", ".join(needed), "extra": ", ".join(extra or other)}
            raise PydanticCustomError("target.fields", "fields", words)
        if self.on_tonnes and self.comparison not in (">", ">="):
            raise PydanticCustomError("target.comparison", "comparison", {"comparison": self.comparison})
        return self

    @property
    def on_tonnes(self) -> bool:
        """Whether it asks for a reduction of emissions."""
        return self.kind in ON_TONNES
