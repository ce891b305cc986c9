"""Columns of texts: a code for every row, and the words that the codes stand for.

    text[row] = words[code[row]]

Most columns of a large table have few words, so they are checked once a word and not once a row. Where nearly every row has a text of its
own (ids, names, figures), that text is the row's word. Words are kept packed: a Python string of ten letters takes sixty bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, compress

import numpy as np

BLOCK = 256  # rows that are coded, and words that are packed, together: few enough to stay in the cache of a processor
FEW, OWN_SHARE = 2048, 1 / 8  # with more words than that, and than that share of the rows, every row gets a word of its own
_BETWEEN = "\0"  # stands in no text that people write


@dataclass(frozen=True, eq=False)
class Words:
    """Words in packed blocks. starts : number of the first word of each block, and of all words."""

    blocks: tuple[bytes, ...]
    starts: tuple[int, ...]

    def __len__(self) -> int:
        return self.starts[-1]

    def __getitem__(self, number: int) -> str:
        k = bisect_right(self.starts, number) - 1
        return _unpacked(self.blocks[k])[number - self.starts[k]]

    def lists(self) -> Iterator[list[str]]:
        """The words, block by block."""
        return (_split(block) for block in self.blocks)

    def all(self) -> list[str]:
        """Every word."""
        return list(chain.from_iterable(self.lists()))


def _joined(words: Sequence[str]) -> bytes:
    text = _BETWEEN.join(words)
    if text.count(_BETWEEN) >= len(words):
        text = _BETWEEN.join(word.replace(_BETWEEN, " ") for word in words)
    return text.encode("utf-8", "surrogatepass")


def _split(block: bytes) -> list[str]:
    return block.decode("utf-8", "surrogatepass").split(_BETWEEN)


def _has_empty(block: bytes) -> bool:
    between = _BETWEEN.encode()
    return not block or block.startswith(between) or block.endswith(between) or 2 * between in block


@lru_cache(maxsize=32)
def _unpacked(block: bytes) -> list[str]:
    """A block of which one word was asked for; the next is probably beside it."""
    return _split(block)


@dataclass(frozen=True, eq=False)
class Column:
    """The texts of some rows. code : (row,) number of the text among the words, of which some may be unused, or equal."""

    code: np.ndarray
    words: Words

    def __len__(self) -> int:
        return self.code.size

    def __getitem__(self, row: int) -> str:
        return self.words[int(self.code[row])]

    def take(self, rows: np.ndarray) -> Column:
        """The texts of some rows, which share the words."""
        return Column(self.code[rows], self.words)

    def texts(self) -> list[str]:
        """The text of every row."""
        return list(map(self.words.all().__getitem__, self.code.tolist()))

    def array(self, dtype: type) -> np.ndarray:
        """The text of every row as an array: (row,)."""
        return np.array(self.words.all(), dtype=dtype)[self.code]

    def empty(self) -> np.ndarray:
        """Whether the text of a row is empty: (row,)."""
        if not any(map(_has_empty, self.words.blocks)):
            return np.zeros(len(self), dtype=bool)
        return ~self.each(bool, bool)

    def used(self) -> set[str]:
        """The words that stand in a row."""
        there = np.zeros(len(self.words), dtype=bool)
        there[self.code] = True
        return set(compress(self.words.all(), there.tolist()))

    def each(self, read: Callable[[str], object], dtype: type) -> np.ndarray:
        """What is made of the text of every row, once a word: (row,)."""
        found = map(read, chain.from_iterable(self.words.lists()))
        return np.fromiter(found, dtype, len(self.words))[self.code]

    def blocks(self, read: Callable[[list[str]], np.ndarray]) -> np.ndarray:
        """The same with a function that makes numbers of many words at once: (row,)."""
        return np.concatenate([np.zeros(0), *map(read, self.words.lists())])[self.code]

    def repeated(self) -> list[tuple[int, int]]:
        """(row, first row with the same text) of every text that stood before."""
        words = self.words.all()
        if len(set(words)) == len(words) and np.bincount(self.code, minlength=1).max() <= 1:
            return []
        first: dict[str, int] = {}
        texts = map(words.__getitem__, self.code.tolist())
        return [(row, first[text]) for row, text in enumerate(texts) if first.setdefault(text, row) != row]


class Coder:
    """Makes a column of texts that come block by block; spaces around a text do not belong to it."""

    def __init__(self) -> None:
        self._known = _Known()
        self._own = False
        self._codes: list[np.ndarray] = []
        self._lists: list[bytes] = []
        self._starts = [0]
        self._rows = 0

    def add(self, texts: Sequence[str]) -> None:
        self._rows += len(texts)
        if self._own:
            first = self._starts[-1]
            self._keep(list(map(str.strip, texts)))
            self._codes.append(np.arange(first, first + len(texts), dtype=np.int32))
            return
        if texts.count(texts[0]) == len(texts):  # half of the columns of a usual table are empty
            self._codes.append(np.full(len(texts), self._known[texts[0]], np.int32))
            return
        self._codes.append(np.fromiter(map(self._known.__getitem__, texts), np.int32, len(texts)))
        if len(self._known.words) > max(FEW, OWN_SHARE * self._rows):
            self._close()
            self._own = True

    def _keep(self, words: Sequence[str]) -> None:
        self._lists.append(_joined(words))
        self._starts.append(self._starts[-1] + len(words))

    def _close(self) -> None:
        words = self._known.words
        for first in range(0, len(words), BLOCK):
            self._keep(words[first : first + BLOCK])
        self._known = _Known()

    def column(self) -> Column:
        """The column of all texts; nothing can be added any more."""
        self._close()
        smallest = np.min_scalar_type(max(self._starts[-1] - 1, 0))
        code = np.concatenate([np.zeros(0, np.int32), *self._codes], dtype=smallest, casting="unsafe")
        self._codes = []
        return Column(code, Words(tuple(self._lists), tuple(self._starts)))


class _Known(dict):
    """Text, with spaces or without → its number."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def __missing__(self, text: str) -> int:
        word = text.strip()
        number = self.setdefault(word, len(self.words))
        if number == len(self.words):
            self.words.append(word)
        self[text] = number
        return number


def column_of(texts: Sequence[str]) -> Column:
    """A column of texts that are all there."""
    coder = Coder()
    for first in range(0, len(texts), BLOCK):
        coder.add(texts[first : first + BLOCK])
    return coder.column()


@dataclass(frozen=True, eq=False)
class TextColumns(Mapping[str, np.ndarray]):
    """Column name → (row,) texts, which are spelled out when they are first asked for. coded : the columns. shown : those that stay Python
    texts, for as arrays of fixed width long notes would fill the memory."""

    coded: Mapping[str, Column]
    shown: frozenset[str]

    @cached_property
    def _spelled(self) -> dict[str, np.ndarray]:
        return {}

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._spelled:
            self._spelled[name] = self.coded[name].array(object if name in self.shown else np.str_)
        return self._spelled[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.coded)

    def __len__(self) -> int:
        return len(self.coded)
