"""What all configuration models share: strict, frozen, nothing extra; and the small types they are made of."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


class Model(BaseModel):
    """Base of every configuration model."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("schema.date", "a date", {"text": str(value)})


def _number(value: Any) -> Any:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return value
    raise PydanticCustomError("schema.number", "a number with unit", {})


def _selector(value: Any) -> Any:
    parts = value if isinstance(value, list) and value else [value]
    out = []
    for part in parts:
        if not isinstance(part, dict) or not part:
            raise PydanticCustomError("schema.selector", "a selector", {})
        mapping = {}
        for column, allowed in part.items():
            values = allowed if isinstance(allowed, list) else [allowed]
            if not values or any(isinstance(v, (dict, list)) for v in values):
                raise PydanticCustomError("schema.selector", "a selector", {})
            mapping[column] = tuple("" if v is None else str(v) for v in values)
        out.append(mapping)
    return tuple(out)


Date = Annotated[date, BeforeValidator(_date, json_schema_input_type=str)]
Text = Annotated[str, Field(min_length=1)]
Number = Annotated[str | int | float, BeforeValidator(_number, json_schema_input_type=str | int | float)]
SelectorModel = Annotated[
    tuple[dict[str, tuple[str, ...]], ...],
    BeforeValidator(_selector, json_schema_input_type=dict[str, Any] | list[dict[str, Any]]),
]
Names = Annotated[
    tuple[Text, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v, json_schema_input_type=list[str])
]


def _choice(value: Any) -> Any:
    """true and false of YAML as words, so that a switch has words only."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return value


def _when(value: Any) -> Any:
    if not isinstance(value, dict) or any(isinstance(v, dict) for v in value.values()):
        raise PydanticCustomError("schema.when", "when", {})
    return {name: tuple(_choice(v) for v in (given if isinstance(given, list) else [given])) for name, given in value.items()}


Choice = Annotated[Text, BeforeValidator(_choice, json_schema_input_type=str | bool | int)]
When = Annotated[dict[str, tuple[Text, ...]], BeforeValidator(_when, json_schema_input_type=dict[str, Any])]


class Label(Model):
    """A label in both languages."""

    zh: Text
    en: Text

    def text(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


# A text that people read: in both languages, or one text for both.
Both = Annotated[
    Label,
    BeforeValidator(lambda v: {"zh": v, "en": v} if isinstance(v, str) else v, json_schema_input_type=str | Label),
]


class Value(Model):
    """A number with unit, and what is known about it. In YAML a bare text or share may stand for the whole."""

    value: Number
    low: Number | None = None
    high: Number | None = None
    distribution: Literal["fixed", "normal", "lognormal", "triangular", "uniform", "beta", "discrete"] = "fixed"
    probabilities: Annotated[tuple[float, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)] = ()
    correlation_group: str = ""
    grade: Literal["A", "B", "C", "D", "E"] | None = None
    source: str = ""
    note: str = ""


def as_value(raw: Any) -> Any:
    """A mapping stays; anything else becomes the ``value`` of a Value."""
    return raw if isinstance(raw, (dict, Value)) else {"value": raw}


Figure = Annotated[Value, BeforeValidator(as_value, json_schema_input_type=dict[str, Any] | str | int | float)]
