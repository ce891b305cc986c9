"""The draft of a mapping: lines of YAML, the reasons for doubt behind them, and texts quoted where YAML needs it."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from emisim.importing.guessing.roles import Role, Table
from emisim.text import say

OPEN = '"?"'  # a value that only a person can give
LISTED = 50  # codes, names or columns that are written out
WIDTH = 118
FILLED = frozenset({"region", "name_zh", "name_en", "subsector", "code"})  # texts that lists name once for several rows
_PLAIN = re.compile(r"[A-Za-z一-鿿][A-Za-z0-9一-鿿._/()（）%-]*( [A-Za-z0-9一-鿿._/()（）%-]+)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True, eq=False)
class Draft:
    """What the lines of a mapping are written from. table : that is read. language : of the comments. year : if one is known. years : all that are
    named."""

    table: Table
    language: str
    year: int | None
    years: tuple[int, ...] = ()

    def fills(self, field: str, roles: Sequence[Role]) -> bool:
        """Whether the empty cells of a column mean the one above them."""
        return field in FILLED and any(role.contents.runs for role in roles)

    def line(self, text: str, why: Sequence[str] = ()) -> str:
        """A line, with the reasons for doubt behind it."""
        return f"{text}  # ? {plain('; '.join(why))}" if why else text

    def doubts(self, role: Role, *also: str) -> list[str]:
        """What is to be said of a column, in the reader's language."""
        return [*(say(key, self.language, **dict(values)) for key, values in role.why), *also]

    def say(self, key: str, /, **values: object) -> str:
        """A message in the reader's language."""
        return say(key, self.language, **values)

    def asked(self, texts: Sequence[str], indent: str) -> list[str]:
        """``text: "?"`` of each text, the first few."""
        lines = [f"{indent}{quoted(text)}: {OPEN}" for text in dict.fromkeys(texts[:LISTED])]
        return lines + (comment(self.say("guess.more", count=len(texts) - LISTED), indent) if len(texts) > LISTED else [])

    def name(self, role: Role) -> str:
        """A column's name as YAML."""
        return quoted(self.table.name(role))


def quoted(text: str) -> str:
    """A text as a scalar of YAML: plain where that is safe, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS and len(text) < 200:
        return text
    escaped = json.dumps(text, ensure_ascii=False)
    return "".join(
        c if c.isprintable() and c != "\ufeff" else f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"
        for c in escaped
    )


def plain(text: str) -> str:
    """A text for a comment: one line that can be printed."""
    return " ".join("".join(c if c.isprintable() and c != "\ufeff" else " " for c in text).split())


def flow(pairs: Iterable[tuple[str, str]]) -> str:
    """``{column: 排放量, unit: t/yr}``; values are YAML already."""
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"


def comment(text: str, indent: str = "") -> list[str]:
    """A comment of as many lines as it takes."""
    return [f"{indent}# {line}" for line in textwrap.wrap(plain(text), WIDTH - len(indent), break_long_words=True)]
