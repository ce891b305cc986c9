"""Words that a person takes for one and a program for two: China III, china iii and China\u00a0III."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable


def look(word: str) -> str:
    """A word without what hardly shows: width and case of letters, spaces, invisible signs, zeros before and a .0 behind a code."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", word) if unicodedata.category(c) != "Cf")
    plain = re.sub(r"\s+", "", plain).casefold()
    return re.sub(r"^0+(?=\d+$)", "", re.sub(r"^(\d+)\.0+$", r"\1", plain))


def lookalikes(words: Iterable[str]) -> list[tuple[str, str]]:
    """(word, one before it that looks the same), in the order of the alphabet."""
    first: dict[str, str] = {}
    pairs = [(word, first.setdefault(look(word), word)) for word in sorted(set(words))]
    return [(word, other) for word, other in pairs if word != other]
