"""The last sheet of the template: the words of the drop-downs with what they mean, each list under a name that the drop-downs refer to.

Factor sets and growth drivers are those that the user has named in the tables: formulas gather them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emisim.errors import column_letters
from emisim.io.template.look import INK, PALE, RULE, USUAL, print_setup
from emisim.io.template.words import CONSTANT, MARK, columns, list_titles, sheet_names, words
from emisim.io.xlsx import Formats, width

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

GATHERED = ("factor_set", "driver")  # lists that the tables make up
HOMES = (("factor_set", "factors", "factor_set"), ("driver", "growth", "driver"))  # list, table, column
MOST_GATHERED = 200
FIRST = 3  # row of the first word
GAP = 3


def list_name(name: str) -> str:
    """What a list is called in the workbook."""
    return f"list_{name}"


def draw_lists(book: Workbook, page: Worksheet, formats: Formats, region: str, rows: tuple[int, int]) -> None:
    """Write all lists. rows : first and last row of data in the tables."""
    at = 0
    for name, (zh, en) in list_titles().items():
        gathered = name in GATHERED
        wide = 1 if gathered or name in ("region", "mark") else 3
        _title(page, at, wide, zh, en, formats)
        if gathered:
            _gather(book, page, at, name, rows, formats)
        else:
            _write(book, page, at, name, [(region, "", "")] if name == "region" else _texts(name), wide, formats)
        page.set_column(at + wide, at + wide, GAP)
        at += wide + 1
    page.freeze_panes(FIRST, 0)
    page.hide_gridlines(2)
    print_setup(page, FIRST)


def _texts(name: str) -> list[tuple[str, str, str]]:
    return [(word.shown, word.zh, word.en) for word in words(name)]


def _title(page: Worksheet, at: int, wide: int, zh: str, en: str, formats: Formats) -> None:
    box = {"bg_color": USUAL, "font_color": INK, "border": 1, "border_color": RULE}
    for row, text, look in ((0, zh, {"bold": True, "font_size": 12}), (1, en, {})):
        look = formats.get(**look, **box)
        for k in range(wide):
            page.write(row, at + k, "" if k else text, look)


def _write(book, page: Worksheet, at: int, name: str, texts: list[tuple[str, str, str]], wide: int, formats: Formats) -> None:
    look = formats.get(num_format="@", bg_color=PALE, font_color=INK)
    for k in range(wide):
        for r, row in enumerate(texts, start=FIRST):
            page.write_string(r, at + k, row[k], look)
        page.set_column(at + k, at + k, max([12, *(width(row[k]) + 3 for row in texts)]))
    _name(book, name, _range(FIRST, FIRST + len(texts) - 1, at))


def _gather(book, page: Worksheet, at: int, name: str, rows: tuple[int, int], formats: Formats) -> None:
    """Each word that a column of a table holds, once, in the order of the table."""
    table, column = next((table, column) for key, table, column in HOMES if key == name)
    names = [c.name for c in columns(table)]
    home, marks = (f"'{sheet_names()[table]}'!{_at(rows[0], c)}:{_at(rows[1], c)}" for c in map(names.index, (column, MARK)))
    look = formats.get(num_format="@", bg_color=PALE, font_color=INK)
    page.set_column(at, at, 34)
    first = FIRST
    if name == "driver":
        page.write_string(FIRST, at, CONSTANT, look)
        first += 1
    for r in range(first, FIRST + MOST_GATHERED):
        above = f"{_at(FIRST - 1, at)}:{_at(r - 1, at)}"
        formula = f'=IFERROR(INDEX({home},MATCH(0,COUNTIF({above},{home})+({home}="")+({marks}<>""),0)),"")'
        page.write_array_formula(r, at, r, at, f"{{{formula}}}", look, "")
    start, all_ = _range(FIRST, FIRST, at), _range(FIRST, FIRST + MOST_GATHERED - 1, at)
    _name(book, name, f'OFFSET({start},0,0,MAX(1,COUNTIF({all_},"?*")),1)')


def _at(row: int, column: int) -> str:
    """A cell as formulas call it: $B$4."""
    return f"${column_letters(column + 1)}${row + 1}"


def _range(first: int, last: int, column: int) -> str:
    cells = _at(first, column) if first == last else f"{_at(first, column)}:{_at(last, column)}"
    return f"'{sheet_names()['lists']}'!{cells}"


def _name(book, name: str, where: str) -> None:
    book.define_name(list_name(name), f"={where}")
