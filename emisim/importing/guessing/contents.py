"""What the columns of a foreign table hold, by a look at its first rows: numbers or texts, how many, in which range."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from emisim.importing.asides import is_note
from emisim.importing.sheet import Block, Cell, Sheet
from emisim.importing.texts import folded
from emisim.importing.totals import is_total
from emisim.importing.words import is_blank, number_in, read_unit, said

SAMPLE = 20_000  # rows that are looked at
WIDEST = 400  # columns that are looked at
# What stands below a table: notes, and who filled it in.
MOSTLY = 0.8  # share of the cells that makes a column one of numbers, codes, units


@dataclass(frozen=True, eq=False)
class Contents:
    """What one column holds. rows : looked at. texts : distinct text → how often. numbers : cells that are numbers. low, high : of these.
    words : distinct texts that are no numbers. runs : whether empty cells stand below filled ones, as in lists that name a group once."""

    rows: int
    texts: Mapping[str, int]
    numbers: int
    low: float
    high: float
    words: tuple[str, ...]
    runs: bool

    @property
    def filled(self) -> int:
        """Cells that say something."""
        return sum(self.texts.values())

    @property
    def numeric(self) -> bool:
        """Whether nearly all cells that say something are numbers."""
        return bool(self.filled) and self.numbers >= MOSTLY * self.filled

    def share(self, texts: Sequence[str]) -> float:
        """Share of the distinct texts that are among ``texts``."""
        return len(set(texts)) / len(self.texts) if self.texts else 0.0


@dataclass(frozen=True, eq=False)
class Besides:
    """Rows below the header that hold no data. again : column → texts of the header that come back there. notes : numbers of the rows of
    footnotes."""

    again: Mapping[int, tuple[str, ...]]
    notes: tuple[int, ...]


def besides(sheet: Sheet, header: Sequence[int], first: int, width: int) -> Besides:
    """Headers that are repeated amid the data, and notes below it.

    Parameters
    ----------
    sheet : Sheet
    header : sequence of int
        Rows of the header.
    first : int
        First row of data.
    width : int
        Number of columns.

    Returns
    -------
    Besides
    """
    names, again, notes = _names(sheet, header, width), {}, []
    for line, row in _lines(sheet, sheet.blocks(), first, width):
        if _is_note(row):
            notes.append(line)
        elif _is_again(row, names):
            column = next(k for k, cell in enumerate(row) if not is_blank(cell))
            again.setdefault(column + 1, {})[said(row[column])] = True
    return Besides({column: tuple(texts) for column, texts in again.items()}, tuple(notes))


def contents(sheet: Sheet, header: Sequence[int], first: int, width: int) -> tuple[Contents, ...]:
    """What each column holds below the header; rows of totals and notes are passed over, and the header where it comes again.

    Parameters
    ----------
    sheet : Sheet
    header : sequence of int
        Rows of the header.
    first : int
        First row of data.
    width : int
        Number of columns.

    Returns
    -------
    tuple of Contents
        One a column, up to ``WIDEST``.
    """
    width = min(width, WIDEST)
    rows = list(_rows(sheet, header, first, width))
    return tuple(_column([row[k] for row in rows]) for k in range(width))


def _rows(sheet: Sheet, header: Sequence[int], first: int, width: int) -> Iterator[list[Cell]]:
    """The first rows of data, all of one length."""
    names = _names(sheet, header, width)
    for _, row in _lines(sheet, sheet.blocks(), first, width):
        filled = sum(cell is not None and cell != "" for cell in row)
        total = any(_marks_total(cell) for cell in row if type(cell) is str and len(cell) < 20)
        if filled >= min(2, width) and not total and not _is_note(row) and not _is_again(row, names):
            yield row


def _names(sheet: Sheet, header: Sequence[int], width: int) -> list[dict[int, str]]:
    """What each row of the header says: index of the column → text."""
    rows = [row for line, row in _lines(sheet, [sheet.head], 1, width) if line in header] if header else []
    return [{k: said(cell) for k, cell in enumerate(row) if not is_blank(cell)} for row in rows]


def _is_again(row: Sequence[Cell], names: Sequence[Mapping[int, str]]) -> bool:
    """Whether a row says what one of the header says, and nothing else."""
    first = next(((k, cell) for k, cell in enumerate(row) if cell is not None and cell != ""), None)
    if first is None or type(first[1]) is not str or is_blank(first[1]):
        return False
    if not any(said(first[1]) == level.get(first[0]) for level in names):  # most rows are told at their first cell
        return False
    told = {k: cell for k, cell in enumerate(row) if not is_blank(cell)}
    return len(told) > 1 and any(
        2 * len(told) >= len(level) and all(said(cell) == level.get(k) for k, cell in told.items()) for level in names
    )


def _is_note(row: Sequence[Cell]) -> bool:
    first = next((cell for cell in row if cell is not None and cell != ""), None)
    return type(first) is str and is_note(said(first))


def _lines(sheet: Sheet, blocks: Iterable[Block], first: int, width: int) -> Iterator[tuple[int, list[Cell]]]:
    """Number and cells of the first rows, all of one length, merged cells filled."""
    count = 0
    for block in blocks:
        for line, cells in zip(block.lines, block.rows, strict=False):
            if line < first:
                continue
            row = [cells[k] if k < len(cells) else None for k in range(width)]
            row = [sheet.merged.get((line, k + 1)) if cell is None else cell for k, cell in enumerate(row)]
            yield line, row
            count += 1
            if count >= SAMPLE:
                return


@lru_cache(maxsize=65536)
def _marks_total(text: str) -> bool:
    return is_total(said(text))


def _column(cells: Sequence[Cell]) -> Contents:
    distinct = Counter(cells)
    texts: Counter[str] = Counter()
    words, numbers, low, high = [], 0, float("inf"), float("-inf")
    for cell, count in distinct.items():
        if is_blank(cell):
            continue
        text = said(cell)
        texts[text] += count
        number = number_in(cell)
        if number is None:
            words.append(text)
        else:
            numbers, low, high = numbers + count, min(low, number), max(high, number)
    return Contents(len(cells), texts, numbers, low, high, tuple(dict.fromkeys(words)), _has_runs(cells))


def _has_runs(cells: Sequence[Cell]) -> bool:
    """Whether at least a third of the cells are empty, below one that is filled, and no text comes back."""
    filled = [cell for cell in cells if not is_blank(cell)]
    return bool(filled) and not is_blank(cells[0]) and len(filled) <= len(cells) * 2 / 3 and len(set(filled)) == len(filled)


def units_of(column: Contents) -> dict[str, str]:
    """The units that a column names: as written → as emisim reads it, empty where it does not.

    Parameters
    ----------
    column : Contents

    Returns
    -------
    dict
    """
    return {text: read_unit(text)[1] for text in column.texts}


def texts_of(sheet: Sheet, header: Sequence[int], first: int, columns: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    """The distinct texts of one column, or of several side by side; an empty text where a cell says nothing.

    Parameters
    ----------
    sheet : Sheet
    header : sequence of int
        Rows of the header.
    first : int
        First row of data.
    columns : sequence of int
        Numbers of the columns, from 1.

    Returns
    -------
    tuple of tuple of str
        Rows in which all of them are empty are left out.
    """
    width = max([*map(len, sheet.head.rows), *columns])
    rows = _rows(sheet, header, first, min(width, WIDEST))
    told = (tuple(folded(row[k - 1]) for k in columns) for row in rows)
    return tuple(dict.fromkeys(texts for texts in told if any(texts)))
