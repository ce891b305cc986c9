"""Excel workbooks from plain data: sheets of typed columns in, the bytes of an xlsx file out.

Text stays text: nothing becomes a formula, a link or a number, whatever it begins with. No value is an empty cell, never 0.
The same sheets give the same bytes: no clock, no random ids.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from emisim import __version__
from emisim.errors import BadInput, fault

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767  # UTF-16 units in a cell
CREATED = 2000, 1, 1  # of every file, so that equal results are equal files
TEXT, MASS, FINE, NUMBER, FACTOR, SHARE, COUNT, YEAR, DATE = (
    "text",
    "mass",
    "fine",
    "number",
    "factor",
    "share",
    "count",
    "year",
    "date",
)
NUMBER_FORMATS = MappingProxyType(
    {
        TEXT: "@", MASS: "#,##0.0", FINE: "#,##0.000", NUMBER: "#,##0.00", FACTOR: "General", SHARE: "0.0%", COUNT: "#,##0",
        YEAR: "0", DATE: "yyyy-mm-dd",
    }
)  # fmt: skip
SHOWN_DIGITS = MappingProxyType({MASS: 1, FINE: 3, NUMBER: 2})
MARKS = MappingProxyType({"met": "#006B4F", "missed": "#A3320B", "at risk": "#8A5A00", "not assessable": "#5F5F5F"})
NARROWEST, WIDEST, HEADER_WIDTH, PADDING = 9, 46, 8, 3
A4, A3 = 9, 8
WIDE_SHEET, WIDEST_PAGE = 150, 260  # characters that can be read on A4, on A3
LINE_HEIGHT, HIGHEST = 17, 400  # [point]; Excel takes rows of at most 409
LINE_WIDTH = 110  # of a line of text where there is no table
ILLEGAL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Cell = str | int | float | date | None


@dataclass(frozen=True)
class Column:
    """title : with its unit. kind : of its cells, a key of ``NUMBER_FORMATS``. marks : (text of a cell, its meaning), for its colour.
    wrap : whether long text goes on in a second line. widest : at most so many characters wide."""

    title: str
    kind: str = TEXT
    marks: tuple[tuple[str, str], ...] = ()
    wrap: bool = True
    widest: int = WIDEST


@dataclass(frozen=True)
class Block:
    """A table, with lines of text above it; either may be missing. warning : a line that must not be overlooked."""

    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    heading: str = ""
    lines: tuple[str, ...] = ()
    warning: str = ""


@dataclass(frozen=True)
class Sheet:
    """One sheet. A single block without text is a plain table from A1 on, with a frozen header and filters; ``keep``: columns
    that stay when it is scrolled. Otherwise the blocks stand below each other."""

    name: str
    blocks: tuple[Block, ...]
    keep: int = 1

    @property
    def is_table(self) -> bool:
        return len(self.blocks) == 1 and bool(self.blocks[0].columns) and _height(self.blocks[0]) == 1 + len(self.blocks[0].rows)


def table(name: str, columns: Iterable[Column], rows: Iterable[Sequence[Cell]], keep: int = 1) -> Sheet:
    """A sheet that is one plain table."""
    return Sheet(name, (Block(tuple(columns), tuple(tuple(r) for r in rows)),), keep)


def workbook(sheets: Sequence[Sheet], title: str) -> bytes:
    """The bytes of an xlsx file.

    Raises
    ------
    BadInput
        A sheet has more rows than Excel takes.
    """
    long = [(s.name, sum(_height(b) for b in s.blocks)) for s in sheets]
    faults = [fault("book.too_long", sheet=name, rows=f"{n:,}", most=f"{MOST_ROWS:,}") for name, n in long if n > MOST_ROWS]
    if faults:
        raise BadInput(faults)

    def draw(book: Workbook, formats: Formats) -> None:
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            page.set_default_row(LINE_HEIGHT)
            (_write_table if sheet.is_table else _write_blocks)(page, sheet, formats)
            _set_up_print(page, sheet)

    return drawn(draw, title)


def drawn(draw: Callable[[Workbook, Formats], None], title: str) -> bytes:
    """The bytes of an xlsx file whose sheets ``draw`` adds."""
    from xlsxwriter import Workbook

    stream = io.BytesIO()
    strict = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = Workbook(stream, strict)
    book.set_properties({"title": plain(title)[:255], "author": f"emisim {__version__}", "created": datetime(*CREATED)})
    draw(book, Formats(book))
    book.close()
    return stream.getvalue()


def plain(text: str) -> str:
    """A text as a cell can hold it: no character that XML forbids, no more than Excel takes."""
    text = ILLEGAL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) * 2 <= LONGEST_TEXT:
        return text
    units = text.encode("utf-16-le")
    return text if len(units) <= 2 * LONGEST_TEXT else units[: 2 * (LONGEST_TEXT - 1)].decode("utf-16-le", "ignore") + "…"


def width(text: str) -> int:
    """Columns a text takes on its longest line: a Chinese character takes two."""
    return max(len(line) if line.isascii() else sum(1 + (east_asian_width(c) in "WF") for c in line) for line in text.split("\n"))


class Formats:
    """The cell formats of a workbook, each made once."""

    def __init__(self, book: Workbook):
        self._book = book
        self._made: dict[tuple, object] = {}

    def get(self, **look: object):
        key = tuple(sorted(look.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"valign": "top", **look})
        return self._made[key]

    def header(self, kind: str):
        return self.get(bold=True, text_wrap=True, bg_color="#E3EBF1", bottom=1, **_aligned(kind))

    def cell(self, kind: str, wrap: bool = False):
        return self.get(num_format=NUMBER_FORMATS[kind], **_aligned(kind), **({"text_wrap": True} if wrap else {}))

    def marked(self, mark: str):
        return self.get(num_format="@", bold=True, font_color=MARKS[mark], **_aligned(TEXT))


def _aligned(kind: str) -> dict[str, object]:
    """Numbers stand at the right; text at the left, a little away from the number before it."""
    return {"align": "left", "indent": 1} if kind in (TEXT, DATE) else {"align": "right"}


def _height(block: Block) -> int:
    return bool(block.heading) + len(block.lines) + bool(block.warning) + bool(block.columns) + len(block.rows)


def _write_table(page: Worksheet, sheet: Sheet, formats: Formats) -> None:
    block = sheet.blocks[0]
    widths = _widths(sheet)
    for k, size in enumerate(widths):
        page.set_column(k, k, size)
    _write_block(page, block, 0, formats, widths)
    page.freeze_panes(1, sheet.keep)
    page.autofilter(0, 0, max(len(block.rows), 1), len(block.columns) - 1)
    page.repeat_rows(0)


def _write_blocks(page: Worksheet, sheet: Sheet, formats: Formats) -> None:
    widths = _widths(sheet)
    for k, size in enumerate(widths):
        page.set_column(k, k, size)
    at = 0
    for block in sheet.blocks:
        if block.heading:
            look = {"font_size": 16} if at == 0 else {"font_size": 12}
            page.write_string(at, 0, plain(block.heading), formats.get(bold=True, **look))
            page.set_row(at, 24 if at == 0 else 20)
            at += 1
        for line in (*block.lines, *([block.warning] if block.warning else [])):
            _write_line(page, at, line, widths, formats, striking=line == block.warning)
            at += 1
        if block.columns:
            _write_block(page, block, at, formats, widths)
            at += 1 + len(block.rows)
        at += 1
    page.freeze_panes(1, 0)
    page.hide_gridlines(2)


def _write_line(page: Worksheet, at: int, line: str, widths: Sequence[float], formats: Formats, striking: bool) -> None:
    """A line of text over all columns, in a row that is high enough."""
    text, more = plain(line), {"bold": True, "font_color": MARKS["at risk"]} if striking else {}
    look = formats.get(text_wrap=True, num_format="@", **more)
    if len(widths) > 1:
        page.merge_range(at, 0, at, len(widths) - 1, "", look)
    page.write_string(at, 0, text, look)
    page.set_row(at, LINE_HEIGHT * _lines(text, math.fsum(widths)))


def _write_block(page: Worksheet, block: Block, at: int, formats: Formats, widths: Sequence[float]) -> None:
    for k, column in enumerate(block.columns):
        page.write_string(at, k, plain(column.title), formats.header(column.kind))
    lines = max(_lines(c.title, size) for c, size in zip(block.columns, widths, strict=False))
    page.set_row(at, LINE_HEIGHT * lines + 3)
    looks = [formats.cell(c.kind, wrap=c.wrap and c.kind == TEXT) for c in block.columns]
    marks = [dict(c.marks) for c in block.columns]
    for r, row in enumerate(block.rows, at + 1):
        lines = max((_lines(row[k], widths[k]) for k, c in enumerate(block.columns) if c.wrap and c.kind == TEXT), default=1)
        if lines > 1:
            page.set_row(r, min(LINE_HEIGHT * lines, HIGHEST))
        for k, value in enumerate(row):
            mark = marks[k].get(value) if isinstance(value, str) else None
            _write_cell(page, r, k, value, formats.marked(mark) if mark else looks[k])


def _lines(value: Cell, size: float) -> int:
    """Lines that a text takes in a cell of a width."""
    if not isinstance(value, str):
        return 1
    text = plain(value)
    return 1 if len(text) * 2 + 2 <= size and "\n" not in text else sum(_broken(part, size) for part in text.split("\n"))


def _broken(text: str, size: float) -> int:
    wide = width(text)
    return 1 if wide + PADDING <= size else math.ceil(1.05 * wide / (size - 2))


def _write_cell(page: Worksheet, row: int, column: int, value: Cell, look) -> None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, str):
        if value:
            page.write_string(row, column, plain(value), look)
    elif isinstance(value, date):
        page.write_datetime(row, column, datetime(value.year, value.month, value.day), look)
    else:
        page.write_number(row, column, float(value) + 0.0, look)  # never −0


def _widths(sheet: Sheet) -> list[float]:
    """Width of every column: what its widest block needs."""
    most = max((len(b.columns) for b in sheet.blocks), default=0)
    found = [max(_column_width(b, k) for b in sheet.blocks if k < len(b.columns)) for k in range(most)]
    return found or [LINE_WIDTH]


def _column_width(block: Block, k: int) -> float:
    column = block.columns[k]
    half = math.ceil(width(column.title) / 2) + 1  # two lines, about equally long
    header = max(min(width(column.title), max(half, HEADER_WIDTH)), *(width(w) for w in _words(column.title))) + PADDING
    shown = {_shown(row[k], column.kind) for row in block.rows if row[k] is not None}
    return min(max([NARROWEST, header, *(width(t) + PADDING for t in shown)]), column.widest)


def _shown(value: Cell, kind: str) -> str:
    """A cell as Excel shows it, near enough to know how wide it is."""
    if isinstance(value, (str, date)):
        return str(value)
    digits = SHOWN_DIGITS.get(kind, 0)
    return f"{value:,.{digits}f}" if kind != FACTOR else f"{value:.9g}"


def _words(text: str) -> Iterator[str]:
    """The parts of a header that cannot be broken; Chinese can be broken anywhere."""
    for word in text.split():
        yield word if word.isascii() else ""


def _set_up_print(page: Worksheet, sheet: Sheet) -> None:
    widths = _widths(sheet)
    page.set_landscape()
    page.set_paper(A3 if math.fsum(widths) > WIDE_SHEET else A4)
    page.fit_to_pages(max(1, round(math.fsum(widths) / WIDEST_PAGE)), 0)
    page.print_area(0, 0, max(sum(_height(b) + 1 for b in sheet.blocks) - 2, 0), len(widths) - 1)
    if sheet.is_table and math.fsum(widths) > WIDEST_PAGE:
        page.repeat_columns(0, max(sheet.keep - 1, 0))
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&L&A&R&P / &N")
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
