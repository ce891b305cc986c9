"""The rows of data of a sheet, block by block, and the columns of them that are read."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence

from emisim.importing.layout import Layout
from emisim.importing.problems import Problems
from emisim.importing.sheet import Block, Cell
from emisim.importing.texts import clean

MANY = 3  # so many times the columns that are wanted: each is picked alone


class Rows:
    """Walks a sheet.

    wanted : indices of the columns that are read, from 0. amounts : those of them that count: a figure in a merged range counts once, all else holds
    for every row of the range. left_out : rows that are left out by name, whatever their length. heading, outside : numbers of the rows
    above the data and below it. blank : empty rows.
    """

    def __init__(
        self, layout: Layout, wanted: Sequence[int], amounts: Container[int], left_out: Callable[[int], bool], problems: Problems
    ):  # fmt: skip
        self.layout, self.wanted, self.problems = layout, list(wanted), problems
        self.amounts = amounts
        self.left_out = left_out
        # Of a format without header the second name: the first is written in several ways (country, country_cd).
        named = [c for c in layout.columns if c.last and c.number - 1 in self.wanted]
        lead = (named[:1] if layout.header else named[1:2]) or [None]
        self.lead = (lead[0].number - 1, lead[0].last) if lead[0] else (0, "")
        self.heading: list[int] = []
        self.outside: list[int] = []
        self.blank = 0

    def blocks(self) -> Iterator[tuple[Sequence[int], dict[int, Sequence[Cell]], list[int]]]:
        """Numbers of the rows of data, their cells (index of the column → cells), and the rows that have something from a merged range."""
        for block in self.layout.sheet.blocks():
            block = self._data(block)
            if len(block.lines):
                cells = self._cells(block)
                yield block.lines, cells, self._merged(block.lines, cells)

    def _merged(self, lines: Sequence[int], cells: dict[int, Sequence[Cell]]) -> list[int]:
        """Fill the cells inside merged ranges, and empty those of amounts; the rows that got something. What a file holds below a merged range
        nobody sees."""
        merged = self.layout.sheet.merged
        if not merged:
            return []
        filled = set()
        for c in self.wanted:
            inside = [(k, line) for k, line in enumerate(lines) if (line, c + 1) in merged]
            if inside:
                column = list(cells[c])
                for k, line in inside:
                    column[k] = None if c in self.amounts else merged[line, c + 1]
                cells[c] = column
                filled |= set() if c in self.amounts else {k for k, _ in inside}
        return sorted(filled)

    def _data(self, block: Block) -> Block:
        """The rows of data of a block: not the heading, not empty ones."""
        lines, first, last = block.lines, self.layout.first, self.layout.last
        if lines[0] >= first and not last and all(map(any, block.rows)) and not self._headings(block):
            return block
        keep = []
        for k, line in enumerate(lines):
            row = block.rows[k]
            if not any(row) and not any(cell is not None and clean(cell) for cell in row):
                self.blank += 1
            elif line < first or self._is_heading(row, line):
                self.heading.append(line)
            elif last and line > last:
                self.outside.append(line)
            else:
                keep.append(k)
        return Block([lines[k] for k in keep], [block.rows[k] for k in keep])

    def _headings(self, block: Block) -> bool:
        """Whether a row may be the header once more: its first named column holds its own name."""
        at, name = self.lead
        return bool(name) and any(len(row) > at and row[at] == name for row in block.rows)

    def _is_heading(self, row: Sequence[Cell], line: int) -> bool:
        """Whether a row of data is the header of another page, or the line of names of a published format."""
        at, name = self.lead
        if not name or len(row) <= at or not isinstance(row[at], str) or clean(row[at]).casefold() != name.casefold():
            return False
        known = {c.number - 1: c.last for c in self.layout.columns if c.text}
        told = {k: clean(cell).casefold() for k, cell in enumerate(row) if isinstance(cell, str) and clean(cell)}
        names = {text.casefold() for text in known.values()}
        moved = [k for k, text in told.items() if text in names and known.get(k, "").casefold() != text]
        strange = [k for k, text in told.items() if text not in names and k in known] if self.layout.header else []
        if len(told) < 2:
            return False
        if moved or strange:
            k = (moved or strange)[0]
            place = self.layout.sheet.place(line, k + 1)
            self.problems.add("import.other_header", place, text=clean(row[k]), column=known.get(k, "-"))
        return True

    def _cells(self, block: Block) -> dict[int, Sequence[Cell]]:
        if not self.wanted:
            return {}
        width = max(self.wanted) + 1
        rows = block.rows
        lengths = list(map(len, rows))
        least, most = min(lengths), max(lengths)
        if least < width:
            self._short(block, lengths, width)
            empty: Cell = None if self.layout.sheet.name else ""
            rows = [row if len(row) >= width else [*row, *[empty] * (width - len(row))] for row in rows]
        if (self.layout.header or self.layout.whole) and not self.layout.sheet.name and most > self.layout.width:
            self._long(block, lengths)
        if least == most and most <= MANY * len(self.wanted):
            columns = list(zip(*rows, strict=True))
            return {k: columns[k] for k in self.wanted}
        return {k: [row[k] for row in rows] for k in self.wanted}

    def _short(self, block: Block, lengths: list[int], width: int) -> None:
        """A CSV record that ends before the last column that is read was cut or has lost a separator; a format without header may leave
        out the last fields, but not its figures."""
        if self.layout.sheet.name:
            return
        if not self.layout.header:
            width = min(self.amounts, default=0) + 1
        for k, length in enumerate(lengths):
            # A footnote below the table has one cell.
            if length < width and sum(map(bool, block.rows[k])) > 1 and not self.left_out(block.lines[k]):
                self.problems.add(
                    "import.short_row", self.layout.sheet.place(block.lines[k]), got=length, wanted=self.layout.width
                )

    def _long(self, block: Block, lengths: list[int]) -> None:
        """A CSV record with more fields than the header has a separator inside a text; in a workbook people write notes at the side."""
        width = self.layout.width
        for k, length in enumerate(lengths):
            # Of a published format all records have one length, unless a separator stands in a text.
            odd = self.layout.whole and min(lengths) <= width
            over = length > width and (odd or any(cell is not None and clean(cell) for cell in block.rows[k][width:]))
            if over and not self.left_out(block.lines[k]):
                place = self.layout.sheet.place(block.lines[k], width + 1)
                self.problems.add("import.long_row", place, got=length, wanted=width)
