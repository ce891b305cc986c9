"""The records of a table as bytes, found many at once: every comma, every end of a line and every quote of a block is looked for together.

Only what is plain is read so: each record has as many fields as the header, quotes stand around whole fields, and lines end alike. The rest
is left to Python's csv, which tells what is wrong and where.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emisim.coder import SLACK, Fields
from emisim.text import unguarded

COMMA, QUOTE, LINE_END, RETURN, APOSTROPHE = b",\"\n\r'"
LONGEST_RECORD = 1 << 17  # bytes; csv reads no field that has more letters


@dataclass(frozen=True, eq=False)
class Block:
    """Records of one width. data : bytes without the quotes around fields, and SLACK. mark : (row, field) where in them each field ends.
    line : (row + 1,) lines before each record, and in all. size : bytes that were read."""

    data: np.ndarray
    mark: np.ndarray
    line: np.ndarray
    size: int

    def __len__(self) -> int:
        return len(self.mark)

    def fields(self, column: int) -> Fields:
        """The fields of one column."""
        end = self.mark[:, column]
        start = self.mark[:, column - 1] + 1 if column else np.concatenate([[0], self.mark[:-1, -1] + 1])
        return Fields(self.data, start, end - start)

    def columns(self) -> list[Fields]:
        """The fields of every column, without the apostrophes that keep formulas from being run; few columns have any apostrophe."""
        at = np.flatnonzero(self.data == APOSTROPHE)
        width = self.mark.shape[1]
        guarded = set((np.searchsorted(self.mark.ravel(), at) % width).tolist()) if at.size else ()
        return [_unguarded(self.fields(k)) if k in guarded else self.fields(k) for k in range(width)]


def plain_block(raw: bytes, width: int) -> Block | None:
    """The records of some bytes; None if they are not plain.

    Parameters
    ----------
    raw : whole lines of UTF-8, of which the first begins a record. The last may not end one.
    width : fields that a record has; at least two, for an empty line has none.
    """
    if b"\r" in raw and raw.count(b"\r") != raw.count(b"\r\n"):
        return None
    data = np.frombuffer(raw + SLACK, np.uint8)
    ends = data == LINE_END
    marks = (data == COMMA) | ends
    if b'"' not in raw:
        return _checked(data, np.flatnonzero(marks), np.arange(np.count_nonzero(ends) + 1), width, len(raw))
    quotes = data == QUOTE
    around = _around(data, np.flatnonzero(quotes))
    outside = (np.cumsum(quotes, dtype=np.uint8) & 1) == 0
    of_record = outside[np.flatnonzero(ends)]  # which ends of lines are those of records
    if around is None or not of_record.any():
        return None
    line = np.concatenate([[0], np.flatnonzero(of_record) + 1])
    size = int(np.flatnonzero(ends)[line[-1] - 1]) + 1
    kept = np.ones(size, dtype=bool)
    kept[around[around < size]] = False
    mark = np.flatnonzero((marks & outside)[:size][kept])
    return _checked(np.concatenate([data[:size][kept], data[len(raw) :]]), mark, line, width, size)


def _around(data: np.ndarray, at: np.ndarray) -> np.ndarray | None:
    """Where the quotes are that stand around fields, and the first of each two that stand for one; None if a field is quoted in part. The last
    may have no other."""
    opening, closing = at[0 : at.size // 2 * 2 : 2], at[1::2]
    before, after = data.take(opening - 1), data.take(closing + 1)
    again = before == QUOTE
    if opening.size and opening[0] == 0:
        before[0], again[0] = COMMA, False
    begins = again | (before == COMMA) | (before == LINE_END)
    ends = (after == QUOTE) | (after == COMMA) | (after == LINE_END) | (after == RETURN)
    return np.concatenate([opening[~again], closing]) if begins.all() and ends.all() else None


def _checked(data: np.ndarray, mark: np.ndarray, line: np.ndarray, width: int, size: int) -> Block | None:
    """The block, if each record has so many fields."""
    rows = line.size - 1
    if mark.size != rows * width:
        return None
    mark = mark.reshape(rows, width)
    end = mark[:, -1]
    if not (data.take(end) == LINE_END).all() or np.diff(end, prepend=-1).max(initial=0) > LONGEST_RECORD:
        return None
    return Block(data, mark, line, size)


def _unguarded(fields: Fields) -> Fields:
    fields = fields.stripped()
    start, length = fields.start.copy(), fields.length.copy()
    for row in np.flatnonzero((fields.data.take(start) == APOSTROPHE) & (length > 0)).tolist():
        text = fields[row].decode()
        cut = len(text) - len(unguarded(text))  # the apostrophe, one byte
        start[row] += cut
        length[row] -= cut
    return Fields(fields.data, start, length)
