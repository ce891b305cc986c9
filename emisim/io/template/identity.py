"""Ids of sources that have none: made from the words of a row, so that they stay when rows are moved, added or removed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache

from emisim.io.template.words import folded

WORDS = ("name_zh", "name_en", "region", "sector", "subsector", "fuel", "technology", "size")
LONGEST, DIGITS = 40, 10


def made_id(fields: Mapping[str, str]) -> str:
    """An id from the words of a row: what is Latin in them, to be recognised by, and a check sum of all, to be told apart by.

    Parameters
    ----------
    fields : column → text; only those that say what the source is count, no figure and no place in the table.
    """
    words = [folded(fields.get(name, "")) for name in WORDS]
    digest = hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:DIGITS]
    english = _latin(fields.get("name_en", ""))
    kind = "-".join(
        filter(None, (_latin(fields.get(name, "")) for name in ("sector", "subsector", "fuel", "technology", "size")))
    )
    return f"{_cut(english if len(english) > 2 else kind) or 'source'}-{digest}"


@lru_cache(maxsize=4096)
def _latin(text: str) -> str:
    """Letters and digits of a text with hyphens between them; empty if it has other letters."""
    plain = folded(text)
    return "" if re.search(r"[^\x00-\x7f]", plain) else re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition("-")[0] or text[:LONGEST]
