"""Everything emisim says to a person, in English and Chinese: one table, ``data/messages.csv``; and what files may be called."""

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
