"""The records of a table as bytes, found many at once: every comma, every end of a line and every quote of a block is looked for together.

Only what is plain is read so: quotes stand around whole fields, and lines end alike. The rest is left to Python's csv, which tells what is
wrong and where.
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
    """Records of one width. data : bytes, and SLACK. begin : (row,) where in them each record begins; mark : (row, field) where each field ends.
    line : (row,) lines before the record. misfits : (lines before, fields) of records of another width. size, lines : bytes and lines
    that were read. quoted : whether fields may stand in quotes. guarded : whether there may be apostrophes that keep formulas from being run."""

    data: np.ndarray
    begin: np.ndarray
    mark: np.ndarray
    line: np.ndarray
    misfits: list[tuple[int, int]]
    size: int
    lines: int
    quoted: bool
    guarded: bool

    def fields(self, column: int) -> Fields:
        """The fields of one column."""
        end = self.mark[:, column]
        start = self.mark[:, column - 1] + 1 if column else self.begin
        if self.quoted:
            end = end - (self.data.take(end - 1) == RETURN)
            quoted = self.data.take(start) == QUOTE
            start, end = start + quoted, end - quoted
        return Fields(self.data, start, end - start)

    def columns(self) -> list[Fields]:
        """The fields of every column, without apostrophes before formulas; few columns have any apostrophe."""
        width = self.mark.shape[1]
        at = np.flatnonzero(self.data == APOSTROPHE) if self.guarded else np.zeros(0, np.int64)
        some = set((np.searchsorted(self.mark.ravel(), at) % width).tolist())
        return [_unguarded(self.fields(k)) if k in some else self.fields(k) for k in range(width)]


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
    line_ends = data == LINE_END
    mark = np.flatnonzero((data == COMMA) | line_ends)
    quoted = b'"' in raw
    if quoted:
        quotes = data == QUOTE
        double = _doubled(data, np.flatnonzero(quotes))
        mark = mark[np.cumsum(quotes, dtype=np.uint8).take(mark) & 1 == 0]
        last = np.flatnonzero(data.take(mark) == LINE_END)[-1:]
        if double is None or not last.size:
            return None
        mark = mark[: last[0] + 1]
    size = int(mark[-1]) + 1
    lines = np.count_nonzero(line_ends[:size])
    if mark.size == lines * width and (data.take(mark[width - 1 :: width]) == LINE_END).all():
        end, count = mark[width - 1 :: width], None
    else:
        last = np.flatnonzero(data.take(mark) == LINE_END)
        end, count = mark[last], np.diff(last, prepend=-1)
    line = np.arange(end.size) if end.size == lines else _lines_before(line_ends, end)
    if quoted and double.size:
        kept = np.ones(data.size, dtype=bool)
        kept[double] = False
        data, mark, end = data[kept], mark - np.searchsorted(double, mark), end - np.searchsorted(double, end)
    begin = np.concatenate([[0], end[:-1] + 1])
    if (end - begin).max() > LONGEST_RECORD:
        return None
    misfits = []
    if count is not None:
        fit = count == width
        misfits = _misfits(data, begin, mark, line, count, width)
        begin, mark, line = begin[fit], mark[np.repeat(fit, count)], line[fit]
    return Block(data, begin, mark.reshape(-1, width), line, misfits, size, lines, quoted, b"'" in raw)


def _doubled(data: np.ndarray, at: np.ndarray) -> np.ndarray | None:
    """Where the first is of each two quotes that stand for one; None if a field is quoted in part. The last quote may have no other."""
    opening, closing = at[0 : at.size // 2 * 2 : 2], at[1::2]
    before, after = data.take(opening - 1), data.take(closing + 1)
    if opening.size and not opening[0]:
        before[0] = LINE_END
    begins = (before == QUOTE) | (before == COMMA) | (before == LINE_END)
    again = after == QUOTE
    ends = again | (after == COMMA) | (after == LINE_END) | (after == RETURN)
    return closing[again] if begins.all() and ends.all() else None


def _lines_before(line_ends: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The lines before each record, of which some have ends of lines in their fields: (row,)."""
    behind = np.searchsorted(np.flatnonzero(line_ends), end) + 1
    return np.concatenate([[0], behind[:-1]])


def _misfits(
    data: np.ndarray, begin: np.ndarray, mark: np.ndarray, line: np.ndarray, count: np.ndarray, width: int
) -> list[tuple[int, int]]:
    """(lines before, fields) of records of another width; those without any text are no records."""
    found, last = [], np.cumsum(count)
    for row in np.flatnonzero(count != width).tolist():
        ends = mark[last[row] - count[row] : last[row]].tolist()
        starts = [int(begin[row]), *(end + 1 for end in ends[:-1])]
        if any(map(_has_text, (data[start:end].tobytes() for start, end in zip(starts, ends, strict=True)))):
            found.append((int(line[row]), len(ends)))
    return found


def _has_text(field: bytes) -> bool:
    field = field.removesuffix(b"\r")
    return bool((field[1:-1] if field.startswith(b'"') else field).decode().strip())


def _unguarded(fields: Fields) -> Fields:
    fields = fields.stripped()
    start, length = fields.start.copy(), fields.length.copy()
    for row in np.flatnonzero((fields.data.take(start) == APOSTROPHE) & (length > 0)).tolist():
        text = fields[row].decode()
        cut = len(text) - len(unguarded(text))  # the apostrophe, one byte
        start[row] += cut
        length[row] -= cut
    return Fields(fields.data, start, length)
