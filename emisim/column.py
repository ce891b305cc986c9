"""Columns of texts: a code for every row, and the words that the codes stand for.

    text[row] = words[code[row]]

Most columns of a large table have few words, so they are checked once a word and not once a row. Where nearly every row has a text of its
own (ids, names, figures), that text is the row's word. Words are kept as bytes: a Python string of ten letters takes sixty of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, compress

import numpy as np

WORD = 8  # bytes that are looked at together; fixed words are one such or a multiple of it wide
_BETWEEN = "\0"  # stands in no text that people write

# Words of one block: packed, with a zero byte between them; or fixed, (word,) of numpy's S, with zero bytes behind them.
Block = bytes | np.ndarray


def packed(words: Sequence[str]) -> bytes:
    """Words as a packed block."""
    text = _BETWEEN.join(words)
    if text.count(_BETWEEN) >= len(words):
        text = _BETWEEN.join(word.replace(_BETWEEN, " ") for word in words)
    return text.encode("utf-8", "surrogatepass")


def spelled(block: Block) -> list[str]:
    """The words of a block as Python texts."""
    if not len(block) and not isinstance(block, bytes):
        return []
    text = block if isinstance(block, bytes) else b"\0".join(block.tolist())
    return text.decode("utf-8", "surrogatepass").split(_BETWEEN)


def eights(block: np.ndarray) -> np.ndarray:
    """Fixed words as whole numbers of eight bytes, the first letter in the lowest: (word, eight)."""
    return block.view("<u8").reshape(block.size, -1)


def _has_empty(block: Block) -> bool:
    if isinstance(block, bytes):
        return not block or block.startswith(b"\0") or block.endswith(b"\0") or b"\0\0" in block
    return not eights(block)[:, 0].all()


@lru_cache(maxsize=32)
def _unpacked(block: bytes) -> list[str]:
    """A block of which one word was asked for; the next is probably beside it."""
    return spelled(block)


@dataclass(frozen=True, eq=False)
class Words:
    """Words in blocks. starts : number of the first word of each block, and of all words."""

    blocks: tuple[Block, ...]
    starts: tuple[int, ...]

    def __len__(self) -> int:
        return self.starts[-1]

    def __getitem__(self, number: int) -> str:
        k = bisect_right(self.starts, number) - 1
        block = self.blocks[k]
        if isinstance(block, bytes):
            return _unpacked(block)[number - self.starts[k]]
        return block[number - self.starts[k]].decode("utf-8", "surrogatepass")

    def lists(self) -> Iterator[list[str]]:
        """The words, block by block."""
        return map(spelled, self.blocks)

    def all(self) -> list[str]:
        """Every word."""
        return list(chain.from_iterable(self.lists()))

    def eights(self) -> np.ndarray:
        """Every word as whole numbers of eight bytes, the first letter in the highest: (eight, word). They are in the order of the words."""
        parts = [eights(_fixed(block)) for block in self.blocks]
        out = np.zeros((max((part.shape[1] for part in parts), default=1), len(self)), ">u8")
        for part, first in zip(parts, self.starts, strict=False):
            out[: part.shape[1], first : first + len(part)] = part.view(">u8").T
        return out


def _fixed(block: Block) -> np.ndarray:
    """A block as fixed words."""
    if not isinstance(block, bytes):
        return block
    words = np.array([word.encode("utf-8", "surrogatepass") for word in spelled(block)])
    return words.astype(f"S{-(-words.itemsize // WORD) * WORD}")


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
        return Column(self.code.take(rows), self.words)

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
        return self.blocks(_empties) > 0

    def used(self) -> set[str]:
        """The words that stand in a row."""
        there = np.zeros(len(self.words), dtype=bool)
        there[self.code] = True
        return set(compress(self.words.all(), there.tolist()))

    def each(self, read: Callable[[str], object], dtype: type) -> np.ndarray:
        """What is made of the text of every row, once a word: (row,)."""
        found = map(read, chain.from_iterable(self.words.lists()))
        return np.fromiter(found, dtype, len(self.words)).take(self.code)

    def blocks(self, read: Callable[[list[str] | np.ndarray], np.ndarray]) -> np.ndarray:
        """The same with a function that makes numbers of many words at once: (row,). It is given a list of words, or fixed ones."""
        found = (read(spelled(block) if isinstance(block, bytes) else block) for block in self.words.blocks)
        return self._of_words(np.concatenate([np.zeros(0), *found]))

    def _of_words(self, values: np.ndarray) -> np.ndarray:
        return values.take(self.code) if len(self) else values[:0]

    def among(self, texts: Collection[str]) -> np.ndarray:
        """Whether the text of a row is one of some: (row,)."""
        known = set(texts)
        heads = np.unique(_heads(known))

        def found(words: list[str] | np.ndarray) -> np.ndarray:
            if isinstance(words, list):
                return np.array([word in known for word in words], dtype=float)
            head = eights(words)[:, 0]
            out = (heads.take(np.searchsorted(heads, head), mode="clip") == head).astype(float)
            alike = np.flatnonzero(out)
            out[alike] = [word in known for word in spelled(words[alike])]
            return out

        return self.blocks(found) > 0 if known else np.zeros(len(self), dtype=bool)

    def order(self) -> np.ndarray:
        """The rows by their texts, equal ones as they stand: (row,)."""
        return self._sorted[0]

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray]:
        """(rows by their texts; whether each of these has the text of the one before)."""
        if not len(self):
            return np.arange(0), np.zeros(0, dtype=bool)
        keys = [key.astype(np.uint64).take(self.code) for key in self.words.eights() if (key != key[0]).any()]
        if not keys:
            return np.arange(len(self)), np.arange(len(self)) > 0
        order = np.argsort(keys[0])
        same = _same(keys[0], order)
        tied = np.flatnonzero(same | np.append(same[1:], False))  # among these the other letters decide, and then the row
        some = order[tied]
        order[tied] = some[np.lexsort((some, *(key[some] for key in reversed(keys))))]
        for key in keys[1:]:
            same &= _same(key, order)
        return order, same

    def repeated(self) -> list[tuple[int, int]]:
        """(row, first row with the same text) of every text that stood before."""
        order, same = self._sorted
        again = np.flatnonzero(same)
        if not again.size:
            return []
        first = np.maximum.accumulate(np.where(same, 0, np.arange(same.size)))
        return sorted(zip(order[again].tolist(), order[first[again]].tolist(), strict=True))


def joined(columns: Sequence[Column]) -> Column:
    """The texts of several columns, one after the other."""
    if len(columns) == 1:
        return columns[0]
    ends = np.cumsum([len(column.words) for column in columns])
    code = np.concatenate(
        [column.code.astype(np.int64) + end - len(column.words) for column, end in zip(columns, ends, strict=True)]
    )
    starts = [first + end - len(c.words) for c, end in zip(columns, ends.tolist(), strict=True) for first in c.words.starts[:-1]]
    words = Words(tuple(block for column in columns for block in column.words.blocks), (*starts, int(ends[-1])))
    return Column(code.astype(np.min_scalar_type(max(int(ends[-1]) - 1, 0))), words)


def _empties(words: list[str] | np.ndarray) -> np.ndarray:
    return np.array([not word for word in words], float) if isinstance(words, list) else (eights(words)[:, 0] == 0).astype(float)


def _heads(texts: Collection[str]) -> np.ndarray:
    """The first eight bytes of some texts: (text,)."""
    return np.array([text.encode("utf-8", "surrogatepass")[:WORD] for text in texts], f"S{WORD}").view("<u8")


def _same(key: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Whether the number of a row is that of the row before it in an order: (row,)."""
    ordered = key.take(order)
    return np.concatenate([[False], ordered[1:] == ordered[:-1]])


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
