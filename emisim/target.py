"""A target: a question about the result, with a year, a baseline and a required reduction (or none, if the plan does not say)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from emisim.model import Label, Model, Number, SelectorModel, Text


class Target(Model):
    """A target.

    ``net``: change of the official total against the baseline year, growth included. ``subset``: the same for the rows of
    ``applies_to``. ``creditable``: tonnes brought by accountable measures, growth not netted, less ``offset``. ``reduction`` is
    a share of the baseline or a mass; null where the plan gives no value: then the verdict is "not assessable", never "met".
    ``reference``: a yardstick from elsewhere, marked as such and judged like any other.
    """

    kind: Literal["net", "creditable", "subset"]
    pollutant: Text
    title: Label
    year: int = Field(ge=1900, le=2200)
    baseline_year: int | None = Field(default=None, ge=1900, le=2200)
    reduction: Number | None
    comparison: Literal[">", ">="] = ">="
    tolerance: Number = 1e-9
    applies_to: SelectorModel | None = None
    offset: Number | None = None
    reference: bool = False
    clause: str = ""
    source: str = ""
    note: str = ""
