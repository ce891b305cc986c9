"""Names of imported sources: readable where the words allow it, and the same whatever the order of the rows."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

LONGEST = 60


@lru_cache(maxsize=100_000)
def slug(text: str) -> str:
    """The Latin letters and digits of a text, small, with hyphens between: ``1.A.3.b.iii Road`` → ``1-a-3-b-iii-road``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def source_ids(names: Sequence[Sequence[str]], words: Sequence[Sequence[str]]) -> list[str]:
    """A name for every source.

    Parameters
    ----------
    names : (source,) words that its name is made of, the most telling first. What is not Latin cannot stand in a name.
    words : (source,) all words that tell it from others.

    Returns
    -------
    (source,) : unique, of ``a-z 0-9 -``. Where the name does not suffice, some digits are added that follow from all words.
    """
    short = ["-".join(dict.fromkeys(filter(None, map(slug, one))))[:LONGEST].strip("-") for one in names]
    count = Counter(short)
    return [
        name if name and count[name] == 1 and "".join(one).isascii() else f"{name or 'source'}-{_digits(all_)}"
        for name, one, all_ in zip(short, names, words, strict=True)
    ]


def _digits(words: Sequence[str]) -> str:
    return hashlib.blake2b("\x1f".join(words).encode(), digest_size=6).hexdigest()
