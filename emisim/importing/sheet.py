"""A sheet of a foreign file: rows of cells, and where each of them stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time

from emisim.errors import Place

HEAD = 60  # rows that are looked at for title and header

# What a cell may hold. A CSV file has texts only; a workbook has typed cells, and None where there is nothing.
Cell = str | int | float | bool | date | time | None


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows in a sequence. lines : (row,) number of each row in the sheet, or the line of the file where a CSV record begins.
    rows : (row,) cells of each row, from the first column; rows may be of different lengths."""

    lines: Sequence[int]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, eq=False)
class Sheet:
    """One table of a foreign file.

    file : its name in messages. name : of the sheet; empty in a CSV file. head : the first ``HEAD`` rows. blocks : all rows from the first, anew each
    time it is called. merged : (line, column) of every cell of a merged range but its first → the value of that first one; both count
    from 1. blank_formulas : cells with a formula but no stored value, such as ``B12``, the first few. encoding : of a CSV file, as it was read.
    """

    file: str
    name: str
    head: Block
    blocks: Callable[[], Iterator[Block]]
    merged: Mapping[tuple[int, int], Cell] = field(default_factory=dict)
    blank_formulas: tuple[str, ...] = ()
    encoding: str = ""

    def place(self, line: int = 0, column: int = 0) -> Place:
        """Where a cell stands; both count from 1."""
        return Place(self.file, line, column, self.name)
