"""Workbooks (.xlsx): numbers, texts, dates and error values as they are stored, row by row; nothing is computed, no link is followed."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from io import BytesIO
from itertools import chain, islice
from xml.etree import ElementTree
from zipfile import ZipFile

from emisim.errors import BadInput, Term
from emisim.importing.sheet import HEAD, Block, Cell, Sheet
from emisim.io.sheets.guard import Limits, archive, damaged, refused
from emisim.io.sheets.worksheet_scan import Facts, scan

_CALC = re.compile(rb"<(?:[\w.-]+:)?calcPr\s[^<>]*fullCalcOnLoad\s*=\s*[\"'](?:1|true)[\"']")
BLOCK = 2_000  # rows that are held at once; more do not fit into the processor's cache
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRINGS, _STYLES = (
    f"application/vnd.openxmlformats-officedocument.spreadsheetml.{part}+xml" for part in ("sharedStrings", "styles")
)
# Formats that are dates and times in Chinese Excel, without a code in the file. Source: ECMA-376-1, 18.8.30, languages zh-cn.
_CHINESE_DATES = frozenset((*range(27, 37), *range(50, 59)))


@dataclass(frozen=True, eq=False)
class Book:
    """What the sheets of a workbook share. raw : bytes of the file; sheets : (name, part) in their order; strings : shared texts; epoch : day 0 of its
    dates; dates, spans : numbers of the styles that show a date or time, and those among them that show a length of time; computed :
    whether its formulas have been, by a program that can."""

    raw: bytes
    sheets: tuple[tuple[str, str], ...]
    strings: Sequence[str]
    epoch: datetime
    dates: frozenset[int]
    spans: frozenset[int]
    computed: bool


@dataclass(frozen=True, eq=False)
class Source:
    """A sheet of a workbook. part : where it stands in the archive; facts : what its bytes say."""

    shown: str
    name: str
    part: str
    book: Book
    facts: Facts
    limits: Limits

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """All rows from the first to the last that holds something, ``size`` at a time."""
        rows, done = self._rows(), 0
        while True:
            with _told(self.shown):
                found = _plain(list(islice(rows, size)))
            if not found:
                return
            widest = max(map(len, found))
            if widest > self.limits.columns:
                line = done + 1 + next(k for k, row in enumerate(found) if len(row) == widest)
                raise refused("grid.columns", self.shown, line, sheet=self.name, columns=widest, most=self.limits.columns)
            yield Block(range(done + 1, done + len(found) + 1), found)
            done += len(found)

    def _rows(self) -> Iterator[list[Cell]]:
        """Every row, also those the file leaves out; of equal length unless cells do not say in which column they stand."""
        from openpyxl.worksheet._reader import WorkSheetParser

        book, last, line = self.book, self.facts.last, 0
        with ZipFile(BytesIO(book.raw)) as parts, parts.open(self.part) as stream:
            # Its ReadOnlyWorksheet would parse a sheet twice that does not state its size, and drop cells beyond a stated one.
            found = WorkSheetParser(
                stream, book.strings, data_only=True, epoch=book.epoch, date_formats=book.dates, timedelta_formats=book.spans
            )
            for number, cells in found.parse() if last else ():
                yield from ([None] * self.facts.widest for _ in range(line + 1, number))
                yield _row(cells, self.facts.widest)
                line = number
                if line >= last:
                    return  # what follows the rows is of no use, and fails with many a file


@dataclass(frozen=True, eq=False)
class Merged(Mapping):
    """Cell of a merged range → value of the first one. Values of the sheet's head are at hand; the others are read when first asked for.

    firsts : (line, column) of each cell but the first of its range → that of the first.
    """

    firsts: Mapping[tuple[int, int], tuple[int, int]]
    head: Block
    source: Source

    def __getitem__(self, cell: tuple[int, int]) -> Cell:
        line, column = self.firsts[cell]
        row = self.head.rows[line - 1] if line <= len(self.head.rows) else self.rows.get(line, ())
        return row[column - 1] if column <= len(row) else None

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self.firsts)

    def __len__(self) -> int:
        return len(self.firsts)

    @cached_property
    def rows(self) -> dict[int, list[Cell]]:
        """Line → row, of those below the head in which a merged range begins."""
        wanted = {line for line, _ in self.firsts.values() if line > len(self.head.rows)}
        return {
            line: row
            for block in self.source.blocks()
            for line, row in zip(block.lines, block.rows, strict=True)
            if line in wanted
        }


def sheets(raw: bytes, shown: str, limits: Limits) -> tuple[Sheet, ...]:
    """The filled sheets of a workbook in their order, hidden ones too.

    Parameters
    ----------
    raw : bytes of the file, which need not be open any more. shown : its name in messages.

    Raises
    ------
    BadInput
        It is no workbook, damaged or beyond the limits; also while its blocks are walked.
    """
    with archive(raw, shown, limits) as parts:
        facts = scan(parts, shown, limits)
    with _told(shown):
        book = _book(raw)
    if len(book.sheets) > limits.sheets:
        raise refused("grid.sheets", shown, sheets=len(book.sheets), most=limits.sheets)
    if any(part not in facts for _, part in book.sheets):
        raise damaged(shown, Term("grid.why.part"))
    sources = (Source(shown, name, part, book, facts[part], limits) for name, part in book.sheets)
    filled = tuple(_sheet(source) for source in sources if source.facts.last or source.facts.blank)
    if not filled:
        raise refused("grid.empty", shown)
    return filled


def _book(raw: bytes) -> Book:
    from openpyxl.reader.excel import ExcelReader

    reader = ExcelReader(BytesIO(raw), read_only=True, data_only=True, keep_links=False)
    with reader.archive as parts:
        reader.read_manifest()
        reader.read_strings()
        reader.read_workbook()
        styles = reader.package.find(_STYLES)
        dates, spans = _date_styles(parts.read(styles.PartName[1:])) if styles else ((), ())
        listed = tuple((sheet.name, at.target) for sheet, at in reader.parser.find_sheets() if at.Type.endswith("/worksheet"))
        # The library takes a missing attribute for true.
        computed = not _asks(parts)
    return Book(raw, listed, reader.shared_strings, reader.wb.epoch, frozenset(dates), frozenset(spans), computed)


def _asks(parts: ZipFile) -> bool:
    """Whether a workbook asks the program that opens it to compute all formulas: then nobody has yet."""
    names = [name for name in parts.namelist() if name.lower().endswith("xl/workbook.xml")]
    return any(_CALC.search(parts.read(name)) for name in names)


def _date_styles(raw: bytes) -> tuple[list[int], list[int]]:
    """(numbers of the cell styles that show a date or a time, of those that show a length of time). Nothing else of a style is looked at: colours
    and borders that others write are what the library fails with most often."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

    tree = ElementTree.fromstring(raw)
    codes = {
        int(each.get("numFmtId", "0")): each.get("formatCode", "") for each in tree.iterfind(f"{_MAIN}numFmts/{_MAIN}numFmt")
    }
    dates, spans = [], []
    for style, each in enumerate(tree.iterfind(f"{_MAIN}cellXfs/{_MAIN}xf")):
        number = int(each.get("numFmtId", "0"))
        code = codes.get(number) or BUILTIN_FORMATS.get(number, "General")
        if is_date_format(code) or (number in _CHINESE_DATES and number not in codes):
            dates.append(style)
        if is_timedelta_format(code):
            spans.append(style)
    return dates, spans


def _sheet(source: Source) -> Sheet:
    head = next(source.blocks(HEAD), Block((), ()))
    merged = Merged(_firsts(source), head, source)
    # XlsxWriter and its like store 0 for every formula and ask the next program to compute.
    blank = source.facts.blank or (() if source.book.computed else source.facts.zero)
    return Sheet(source.shown, source.name, head, source.blocks, merged, blank)


def _firsts(source: Source) -> dict[tuple[int, int], tuple[int, int]]:
    """Cell of a merged range but its first → the first one; cells beyond the last row and column that hold something are left out."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    widest = source.facts.widest or source.limits.columns
    for top, left, bottom, right in source.facts.merged:
        bottom, right = min(bottom, source.facts.last), min(right, widest)
        if len(found) + max(0, bottom - top + 1) * max(0, right - left + 1) > source.limits.merged:
            raise refused("grid.merged", source.shown, sheet=source.name, most=source.limits.merged)
        cells = ((line, column) for line in range(top, bottom + 1) for column in range(left, right + 1))
        found.update((cell, (top, left)) for cell in cells if cell != (top, left))
    return found


@contextmanager
def _told(shown: str):
    """What the library says to the terminal is not shown; whatever it raises becomes a fault of the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (BadInput, MemoryError, StopIteration):
            raise
        except Exception as error:  # the library raises many kinds for workbooks that others wrote
            raise damaged(shown, error) from None


def _row(cells: list[dict], width: int) -> list[Cell]:
    """The values of some cells, each in its column; the row is longer than ``width`` only if something stands there."""
    row: list[Cell] = [None] * width
    for cell in cells:
        value = cell["value"]
        if value is not None:
            column = cell["column"]
            if column > len(row):
                row += [None] * (column - len(row))
            row[column - 1] = value
    return row


def _plain(rows: list[list[Cell]]) -> list[list[Cell]]:
    """The rows with lengths of time as texts."""
    if timedelta not in set(map(type, chain.from_iterable(rows))):
        return rows
    return [[_duration(cell) if isinstance(cell, timedelta) else cell for cell in row] for row in rows]


def _duration(span: timedelta) -> str:
    """A length of time as Excel shows it, hours first: a text, for as a number it would count days."""
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
