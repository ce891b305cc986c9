"""Kinds of sources: rows that agree in every word that measures select by. A selector looks at the kinds, of which there are few, and not at
the rows, however many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emisim.column import TextColumns

MANY = 8  # where more than one row in so many is chosen, looking at every row is faster than gathering them


@dataclass(frozen=True, eq=False)
class Coded:
    """One column of texts: text[row] = words[code[row]], all words different."""

    code: np.ndarray
    words: tuple[str, ...]

    @cached_property
    def present(self) -> frozenset[str]:
        """The words that stand in some row."""
        there = np.bincount(self.code, minlength=len(self.words))
        return frozenset(word for word, count in zip(self.words, there.tolist(), strict=True) if count)

    @cached_property
    def number(self) -> Mapping[str, int]:
        """Word → its code."""
        return {word: k for k, word in enumerate(self.words)}


def coded(text: Mapping[str, np.ndarray], column: str) -> Coded:
    """A column of texts with a code for every row."""
    if not isinstance(text, TextColumns):
        words, code = np.unique(text[column], return_inverse=True)
        return Coded(code, tuple(words.tolist()))
    found = text.coded[column]
    known: dict[str, int] = {}
    number = np.array(
        [known.setdefault(word, len(known)) for word in found.words.all()], dtype=np.min_scalar_type(len(found.words))
    )
    return Coded(number[found.code], tuple(known))


@dataclass(frozen=True, eq=False)
class Kinds:
    """The rows by the words of some columns.

    kind : (row,) number of its kind. columns : column → its words by kind. order : rows kind by kind, ascending within each; starts : (kind + 1,)
    where each kind begins there.
    """

    kind: np.ndarray
    columns: Mapping[str, Coded]
    order: np.ndarray
    starts: np.ndarray

    def rows(self, mapping: Mapping[str, Collection[str]]) -> np.ndarray:
        """Rows that have one of the allowed words in every column, ascending: (n,)."""
        chosen = np.ones(self.starts.size - 1, dtype=bool)
        for column, allowed in mapping.items():
            words = self.columns[column]
            wanted = np.zeros(len(words.words), dtype=bool)
            wanted[[words.number[word] for word in allowed if word in words.number]] = True
            chosen &= wanted[words.code]
        kinds = np.flatnonzero(chosen)
        sizes = self.starts[kinds + 1] - self.starts[kinds]
        total = int(sizes.sum())
        if total * MANY > self.kind.size:
            return np.flatnonzero(chosen[self.kind])
        ends = np.cumsum(sizes)
        return np.sort(self.order[np.arange(total) + np.repeat(self.starts[kinds] - ends + sizes, sizes)])


def kinds_of(columns: Mapping[str, Coded], rows: int) -> Kinds:
    """Put rows of equal words together."""
    kind, count = np.zeros(rows, dtype=np.int64), 1
    for words in columns.values():
        kind, count = _closed_up(kind * len(words.words) + words.code, count * len(words.words))
    kind = kind.astype(np.min_scalar_type(count))
    order = np.argsort(kind, kind="stable")
    starts = np.searchsorted(kind[order], np.arange(count + 1))
    first = order[starts[:-1]]
    return Kinds(kind, {name: Coded(words.code[first], words.words) for name, words in columns.items()}, order, starts)


def _closed_up(kind: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    """The same numbers, which are below ``most``, without gaps, and how many there are."""
    if most == 1:
        return kind, 1
    if most > MANY * max(kind.size, 1):
        found, closed = np.unique(kind, return_inverse=True)
        return closed, found.size
    there = np.zeros(most, dtype=bool)
    there[kind] = True
    number = np.cumsum(there) - 1
    return number[kind], int(number[-1]) + 1
