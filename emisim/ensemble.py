"""What a scenario file says of an ensemble: which readings of the plan and which factor sets are judged beside its own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from emisim.model import Model, Text

ALL = "all"
LEVELS = ("low", "central", "high")
MOST = 200


def _word(value: Any) -> str:
    """A value as a word; true, false and numbers of YAML are words here."""
    if isinstance(value, (dict, list)) or value is None or value == "":
        raise PydanticCustomError("ensemble.choice", "choice")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> Any:
    """``all``, or the words of a list, each once; a single word is a list of one."""
    if value == ALL:
        return value
    words = value if isinstance(value, list) else [value]
    if not words:
        raise PydanticCustomError("ensemble.choice", "choice")
    return tuple(dict.fromkeys(map(_word, words)))


def _by_name(value: Any) -> Any:
    if value == ALL:
        return value
    if not isinstance(value, dict) or not all(isinstance(name, str) and name for name in value):
        raise PydanticCustomError("ensemble.choice", "choice")
    return {name: _listed(values) for name, values in value.items()}


def _levels(value: Any) -> Any:
    words = list(LEVELS) if value == ALL else value if isinstance(value, list) else [value]
    if not words or any(w not in LEVELS for w in words):
        raise PydanticCustomError("ensemble.wording", "wording", {"text": ", ".join(map(str, words))})
    return tuple(dict.fromkeys(words))


def _most(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 2:
        raise PydanticCustomError("ensemble.most", "most", {"text": str(value)})
    return value


Words = Literal["all"] | tuple[Text, ...]
Choices = Annotated[
    Literal["all"] | dict[Text, Words],
    BeforeValidator(_by_name, json_schema_input_type=Literal["all"] | dict[str, str | bool | int | list[str | bool | int]]),
]


class EnsembleDesign(Model):
    """Which readings are judged: each one alone (``one_at_a_time``), or all of them combined (``full``).

    switches : switch → its values. alternatives : factor set, or the beginning of the names of several that go together → their
    alternatives in factors.csv, ``default`` for the set itself. wording : how strongly the words of the plan are read.
    most : largest number of members of a full design. What the scenario itself takes is always a member too.
    """

    design: Literal["one_at_a_time", "full"] = "one_at_a_time"
    switches: Choices = Field(default_factory=dict)
    alternatives: Choices = Field(default_factory=dict)
    wording: Annotated[tuple[Text, ...], BeforeValidator(_levels, json_schema_input_type=str | list[str])] = ()
    most: Annotated[int, BeforeValidator(_most)] = MOST
