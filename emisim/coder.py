"""Columns made of fields that stand in bytes: many fields are looked at together, eight bytes at a time, and none becomes a Python text that
stood before.

    bytes, start, length  →  (row, eight) whole numbers  →  code by a table of their hashes, checked against the word itself
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np

from emisim.column import WORD, Block, Column, Words, packed

BLOCK = 256  # words that are packed together
FEW, OWN_SHARE = 2048, 1 / 8  # with more words than that, and than that share of the rows, every row gets a word of its own
LONGEST = 64  # bytes of a field that is looked at together with others; a longer one is a bytes object of its own
ROOM = 2  # fixed words may take so many times the bytes that are in them
SLACK = b"\0" * (LONGEST + WORD)  # what must stand behind the bytes in which fields stand
_SPACE, _BEYOND = 0x20, 0x80  # bytes up to which there are spaces, and from which letters are not of ASCII
_SPACES = tuple(b"\t\n\v\f\r\x1c\x1d\x1e\x1f ")
_SPACE_HEADS = (0xC2, 0xE1, 0xE2, 0xE3)  # what other spaces begin with
FEWEST_BITS, MOST_BITS = 8, 18  # of the numbers of the places in a table
_NOTHING = 2**64 - 1  # stands for what is too long; in UTF-8 no byte is 255
_ODD = 0x9E3779B97F4A7C15  # the golden ratio; a multiple of it spreads over the upper bits what stands in any


@dataclass(frozen=True, eq=False)
class Fields:
    """Fields of some rows. data : bytes, with SLACK behind them. start, length : (row,) of each field among them."""

    data: np.ndarray
    start: np.ndarray
    length: np.ndarray

    def __len__(self) -> int:
        return self.start.size

    def __getitem__(self, row: int) -> bytes:
        first = int(self.start[row])
        return self.data[first : first + int(self.length[row])].tobytes()

    def part(self, first: int, end: int) -> Fields:
        """The fields of some rows that follow each other."""
        return Fields(self.data, self.start[first:end], self.length[first:end])

    def eights(self, wide: int) -> np.ndarray:
        """The fields as whole numbers, with zero bytes behind them: (row, wide). Fields longer than that are nothing."""
        size = wide * WORD
        at = np.ndarray((self.data.size - size + 1,), f"V{size}", self.data, strides=(1,))
        found = at[self.start].view(np.uint64).reshape(-1, wide)
        length = self.length if self.length.max(initial=0) <= size else np.where(self.length > size, 0, self.length)
        found &= _masks(wide).take(length, axis=0)
        return found

    def bytes(self) -> list[bytes]:
        """Every field."""
        raw = self.data.tobytes()
        return [raw[first:end] for first, end in zip(self.start.tolist(), (self.start + self.length).tolist(), strict=True)]

    def stripped(self) -> Fields:
        """The fields without the spaces around them."""
        start, length = self.start, self.length
        while (spaces := _are_spaces(head := self.data.take(start)) & (length > 0)).any():
            start, length = start + spaces, length - spaces
        while (spaces := _are_spaces(tail := self.data.take(start + length - 1, mode="clip")) & (length > 0)).any():
            length = length - spaces
        doubtful = np.flatnonzero((np.maximum(head, tail) >= _BEYOND) & (length > 1))
        if doubtful.size:
            start, length = start.copy(), length.copy()
            for row in doubtful[_has_wide_space(self.data, start[doubtful], length[doubtful])].tolist():
                text = self.data[start[row] : start[row] + length[row]].tobytes().decode("utf-8", "surrogatepass")
                start[row] += len(text[: len(text) - len(text.lstrip())].encode())
                length[row] = len(text.strip().encode("utf-8", "surrogatepass"))
        return Fields(self.data, start, length)


def fields_of(texts: Sequence[str]) -> Fields:
    """Texts that are Python's, as fields; spaces around a text do not belong to it."""
    if not texts:
        return Fields(np.frombuffer(SLACK, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64))
    raw = packed(list(map(str.strip, texts)))
    data = np.frombuffer(raw + b"\0" + SLACK, np.uint8)
    end = np.flatnonzero(data[: len(raw) + 1] == 0)
    start = np.concatenate([[0], end[:-1] + 1])
    return Fields(data, start, end - start)


def _are_spaces(letters: np.ndarray) -> np.ndarray:
    """Whether bytes are spaces of ASCII: (letter,)."""
    low = letters <= _SPACE
    return np.isin(letters, _SPACES) if low.any() else low


def _has_wide_space(data: np.ndarray, start: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Whether a field may begin or end with a space beyond ASCII: (row,)."""
    end = start + length
    return np.logical_or.reduce(
        [
            letters == head
            for letters in (data.take(start), data.take(end - 2), data.take(end - 3, mode="clip"))
            for head in _SPACE_HEADS
        ]
    )


@lru_cache(maxsize=16)
def _masks(wide: int) -> np.ndarray:
    """What leaves so many of the first bytes as they are: (bytes, wide)."""
    size = wide * WORD
    masks = np.where(np.arange(size) < np.arange(size + 1)[:, None], 0xFF, 0).astype(np.uint8).view(np.uint64)
    masks.flags.writeable = False
    return masks


class Coder:
    """Makes a column of fields that come block by block; spaces around a text do not belong to it."""

    def __init__(self) -> None:
        self._known = _Known()
        self._own = False
        self._codes: list[np.ndarray] = []
        self._blocks: list[Block] = []
        self._starts = [0]
        self._rows = 0

    def add(self, fields: Fields) -> None:
        self._rows += len(fields)
        if not self._own:
            codes = self._known.codes(fields, int(max(FEW, OWN_SHARE * self._rows)))
            if codes is not None:
                self._codes.append(codes)
                return
            self._close()
            self._own = True
        self._add_own(fields.stripped())

    def _add_own(self, fields: Fields) -> None:
        if not len(fields):
            return
        longest = int(fields.length.max())
        wide = max(1, -(-longest // WORD))
        if longest > LONGEST:
            block: Block = b"\0".join(fields.bytes())
        elif wide * WORD * len(fields) > ROOM * (int(fields.length.sum()) + WORD * len(fields)):
            there = np.arange(wide * WORD + WORD) <= fields.length[:, None]  # each field and a zero byte
            block = fields.eights(wide + 1).view(np.uint8)[there].tobytes()[:-1]
        else:
            block = fields.eights(wide).reshape(-1).view(f"S{wide * WORD}")
        self._keep(block, len(fields))
        self._codes.append(np.arange(self._starts[-2], self._starts[-1], dtype=np.int32))

    def _keep(self, block: Block, count: int) -> None:
        self._blocks.append(block)
        self._starts.append(self._starts[-1] + count)

    def _close(self) -> None:
        words = self._known.words
        for first in range(0, len(words), BLOCK):
            some = words[first : first + BLOCK]
            self._keep(packed(some), len(some))
        self._known = _Known()

    def column(self) -> Column:
        """The column of all texts; nothing can be added any more."""
        self._close()
        smallest = np.min_scalar_type(max(self._starts[-1] - 1, 0))
        code = np.empty(self._rows, smallest)
        first = 0
        for codes in self._codes:
            code[first : first + codes.size] = codes
            first += codes.size
        self._codes = []
        return Column(code, Words(tuple(self._blocks), tuple(self._starts)))


class _Known:
    """Few words, found again by a table: upper bits of a hash → number of a field as it is written → number of its word. A field is written with
    spaces or without."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._word: dict[str, int] = {}
        self._written: dict[bytes, int] = {}
        self._of: list[int] = []  # word of what is written
        self._spaced = False  # whether some of it has spaces around
        self._bits = FEWEST_BITS
        self._table = np.zeros(1 << self._bits, np.int32)
        self._eights = np.full((1, 1), _NOTHING, np.uint64)  # of what is written
        self._laid_out = 0  # how much of what is written is in the table

    def codes(self, fields: Fields, most: int) -> np.ndarray | None:
        """The number of each field's word; None if there would be more words than so many."""
        longest = int(fields.length.max()) if len(fields) else 0
        if not longest:  # half of the columns of a usual table are empty
            return self._codes(np.full(len(fields), self._number(b"") if len(fields) else 0))
        self._widen(min(-(-longest // WORD), LONGEST // WORD))
        eights = fields.eights(self._eights.shape[1])
        hashes = _hashes(eights)
        found = self._table.take((hashes >> np.uint64(64 - self._bits)).view(np.int64))
        known = self._eights.take(found, axis=0)
        if longest <= LONGEST and np.array_equal(known, eights):
            return self._codes(found)
        long = fields.length > LONGEST
        missed = np.flatnonzero((known != eights).any(axis=1) & ~long)
        return self._codes(found) if self._learn(fields, eights, hashes, found, missed, np.flatnonzero(long), most) else None

    def _codes(self, found: np.ndarray) -> np.ndarray:
        small = np.min_scalar_type(max(len(self._of) - 1, 0))
        return np.array(self._of, small).take(found) if self._spaced else found.astype(small)

    def _widen(self, wide: int) -> None:
        lacking = wide - self._eights.shape[1]
        if lacking > 0:
            nothing = self._eights[:, :1] == _NOTHING
            self._eights = np.hstack([self._eights, np.where(nothing, np.uint64(_NOTHING), np.zeros((1, lacking), np.uint64))])

    def _learn(self, fields: Fields, eights, hashes, found: np.ndarray, missed: np.ndarray, long: np.ndarray, most: int) -> bool:
        """Set the numbers of fields that the table did not find; whether there are not too many words."""
        _, first, group = np.unique(hashes[missed], return_index=True, return_inverse=True)
        if first.size > most:
            return False
        found[missed] = np.array([self._number(fields[row]) for row in missed[first].tolist()], np.int32)[group]
        for row in long.tolist():
            found[row] = self._number(fields[row])
            if len(self.words) > most:
                return False
        self._lay_out()
        for row in missed[(self._eights.take(found[missed], axis=0) != eights[missed]).any(axis=1)].tolist():
            found[row] = self._number(fields[row])  # two texts have one hash
        self._lay_out()
        return len(self.words) <= most

    def _number(self, written: bytes) -> int:
        number = self._written.get(written)
        if number is None:
            word = written.decode("utf-8", "surrogatepass").strip()
            number = self._written[written] = len(self._of)
            self._of.append(self._word.setdefault(word, len(self.words)))
            if self._of[-1] == len(self.words):
                self.words.append(word)
            self._spaced |= self._of[-1] != number
        return number

    def _lay_out(self) -> None:
        """Put what is newly written into the table; so little that no two share a place gets a table in which none do."""
        raw = list(islice(self._written, self._laid_out, None))
        if not raw:
            return
        length = np.fromiter(map(len, raw), np.int64, len(raw))
        new = Fields(np.frombuffer(b"".join(raw) + SLACK, np.uint8), np.cumsum(length) - length, length).eights(
            self._eights.shape[1]
        )
        new[length > LONGEST] = _NOTHING
        self._eights = np.concatenate([self._eights[: self._laid_out], new])
        self._laid_out = len(self._written)
        inside = np.flatnonzero(self._eights[:, 0] != _NOTHING)
        hashes = _hashes(self._eights[inside])
        for bits in range(max(FEWEST_BITS, min((4 * inside.size).bit_length(), MOST_BITS)), MOST_BITS + 1):
            place = (hashes >> np.uint64(64 - bits)).view(np.int64)
            if inside.size > FEW or np.bincount(place).max(initial=0) <= 1:
                break
        self._bits, self._table = bits, np.zeros(1 << bits, np.int32)
        self._table[place] = inside


def _hashes(eights: np.ndarray) -> np.ndarray:
    """A number for each row of some whole numbers: (row,); zeros behind do not change it."""
    factors = np.array([_ODD * (2 * k + 1) % 2**64 for k in range(eights.shape[1])], np.uint64)
    return eights[:, 0] * factors[0] if factors.size == 1 else eights @ factors


def column_of(texts: Sequence[str]) -> Column:
    """A column of texts that are all there."""
    coder = Coder()
    if texts:
        coder.add(fields_of(texts))
    return coder.column()
