"""A measure of a plan: a clause that acts, by one mechanism or several, from some date on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from emisim.clause import Clause, Strength
from emisim.model import Both, Model, Number, SelectorModel, Text, When
from emisim.schedule import Schedule

Currency = Literal["CNY", "USD", "EUR"]


class Estimate(Model):
    """A figure of a cost with its range, grade and source. In YAML a bare text may stand for the whole."""

    value: Number
    low: Number | None = None
    high: Number | None = None
    grade: Literal["A", "B", "C", "D", "E"] | None = None
    source: str = ""
    note: str = ""


Estimated = Annotated[
    Estimate,
    BeforeValidator(
        lambda v: v if isinstance(v, (dict, Estimate)) else {"value": v},
        json_schema_input_type=Estimate | str | int | float,
    ),
]


class Cost(Model):
    """What a measure costs, in one currency at the prices of one year; or ``none``: why there is no figure. See ``emisim.cost``.

    investment, life, rate : capital, once, and how it is spread over the years. yearly : running cost, negative for a saving.
    per_tonne : for every tonne of the pollutant ``of`` that the measure removes alone.
    """

    none: Both | None = None
    investment: Estimated | None = None
    life: Estimated | None = None
    rate: Estimated | None = None
    yearly: Estimated | None = None
    per_tonne: Estimated | None = None
    of: str = ""
    currency: Currency | None = None
    price_year: int | None = None
    note: str = ""


class CostLevel(Model):
    """What all costs of a plan are expressed in: a currency at the prices of one year, and the rate of capital."""

    currency: Currency = "CNY"
    price_year: int = 2020
    rate: Estimated | None = None
    note: str = ""


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
    cost: Cost | None = None
    actions: Annotated[tuple[Action, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v), Field(min_length=1)]


class Adjustment(Model):
    """What a scenario, or a reading of the plan, changes in a measure: parameters, in every action that has them; its schedule;
    how strongly its wording is read."""

    parameters: dict[str, Any] = Field(default_factory=dict)
    schedule: Schedule | None = None
    wording: Literal["low", "central", "high"] | None = None
