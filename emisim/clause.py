"""A clause of a plan: one numbered item or part of an item, with who, when, how strongly, and what it is in the model."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from emisim import vocabulary
from emisim.model import Both, Date, Label, Model, Names, Text
from emisim.text import LANGUAGES, say

UNREAD = "unread"  # standing of a clause that nobody has encoded yet: what it brings is unknown, not 0 t
Chapter = Literal["industry", "energy", "transport", "area", "multi", "management"]
Strength = Literal["full", "basic", "dated", "strive", "push", "gradual", "encourage"]


def _codes(known):
    """A list of codes of one vocabulary."""

    def check(value):
        for word in value if isinstance(value, (list, tuple)) else ():
            if word not in known():
                raise PydanticCustomError("clause.code", "a code", {"word": str(word), "known": ", ".join(known())})
        return value

    return BeforeValidator(check)


class Clause(Model):
    """What every clause has.

    deadline : the date the text gives; none if it gives none. wording : its strength on the scale, for the deciding ``words`` of
    the text. sectors, pollutants : what it aims at, whether or not the inventory has it.
    """

    clause: Text
    part: str = ""
    chapter: Chapter
    title: Label
    lead: Names = ()
    cooperating: Names = ()
    deadline: Date | None = None
    wording: Strength | None = None
    words: str = ""
    sectors: Annotated[Names, _codes(vocabulary.sectors)] = ()
    pollutants: Annotated[Names, _codes(vocabulary.pollutants)] = ()
    note: str = ""

    @property
    def number(self) -> str:
        """Number of the item, with its part in brackets: 11(1d)."""
        return f"{self.clause}({self.part})" if self.part else self.clause

    @property
    def in_text(self) -> tuple:
        """Sorts clauses as the text has them: by number, lettered items (safeguards) last, then by part."""
        letters, digits = re.match(r"(\D*)(\d*)", self.clause).groups()
        return bool(letters), letters, int(digits or 0), self.part


def _reason_for_unread(schema: dict[str, Any]) -> None:
    """In the JSON Schema ``reason`` is not required: that of an unread clause is always the same."""
    schema["required"] = [name for name in schema["required"] if name != "reason"]


class IdleClause(Clause):
    """A clause without an operation of its own; ``reason`` says why it brings 0 t.

    One that is ``unread`` is not encoded yet: what it brings is not known, and its ``reason`` says so by itself.
    """

    model_config = ConfigDict(json_schema_extra=_reason_for_unread)

    standing: Literal["indicator", "target", "no_source", "unread"]
    reason: Both

    @model_validator(mode="before")
    @classmethod
    def _unread(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("standing") == UNREAD and "reason" not in given:
            return {**given, "reason": {language: say("clause.unread", language) for language in LANGUAGES}}
        return given
