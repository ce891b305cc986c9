"""Everything emisim says to a person, in English and Chinese: one table, ``data/messages.csv``; what files may be called, and what
a spreadsheet may be shown."""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

LANGUAGES = ("en", "zh")
LONGEST_NAME = 80  # letters; a name may have 255 bytes, a Chinese letter takes three


@lru_cache(maxsize=1)
def messages() -> MappingProxyType[str, dict[str, str]]:
    """Message key → language → template."""
    with (files("emisim") / "data" / "messages.csv").open(encoding="utf-8", newline="") as stream:
        return MappingProxyType({row["key"]: {"en": row["en"], "zh": row["zh"]} for row in csv.DictReader(stream)})


def say(key: str, language: str = "en", /, **values: object) -> str:
    """The message ``key`` with its values filled in; with a non-empty ``near``, the hint that it may be meant.

    Raises
    ------
    KeyError
        The key is not in the table, or a value is missing.
    """
    text = messages()[key][language].format(**values)
    near = values.get("near")
    return text + messages()["hint.near"][language].format(near=near) if near else text


def file_name(text: str) -> str:
    """A text of a user's as the name of a file or folder, which leads nowhere else."""
    return re.sub(r"[^\w=.+@-]+", "-", text).strip(".-")[:LONGEST_NAME] or "result"


# What makes a spreadsheet take a text for a formula, also behind blanks, and in the full width of a Chinese keyboard.
_FORMULA = re.compile(r"[\s\ufeff]*[=+\-@＝＋－＠−]|[\t\r\n]")
_FIGURE = re.compile(r"[-+]?[0-9]+([.,][0-9]+)*([eE][-+]?[0-9]+)?\s*[%‰]?|[-+]")
_GUARDED = re.compile(rf"'+(?:{_FORMULA.pattern})")
_SUSPECT = frozenset("=+-@＝＋－＠−' \t\r\n\v\f\xa0\u3000\ufeff")


def guarded(text: str) -> str:
    """A text as a CSV may hold it: with an apostrophe before what a spreadsheet would run as a formula. Numbers, −5.2 % too, stay as they are."""
    if text[:1] not in _SUSPECT:
        return text
    is_formula = _FORMULA.match(text) and not _FIGURE.fullmatch(text)
    return f"'{text}" if is_formula or _GUARDED.match(text) else text


def unguarded(text: str) -> str:
    """The text that ``guarded`` was given."""
    return text[1:] if text[:1] == "'" and _GUARDED.match(text) else text
