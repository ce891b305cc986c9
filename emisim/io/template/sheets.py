"""The empty template: a guide, the tables with their headings, notes, drop-downs and examples, and the words of the drop-downs.

Everything stands there in Chinese and English. Equal calls give equal bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emisim.errors import column_letters
from emisim.io.template.guide import draw_guide
from emisim.io.template.lists import draw_lists, list_name
from emisim.io.template.look import GREY, INK, NEEDED, PALE, RULE, USUAL, print_setup
from emisim.io.template.words import MARK, TABLES, Column, columns, examples, guide, sheet_names, words
from emisim.io.xlsx import Formats, drawn, width

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

TITLES, NAMES, NOTES, FIRST, LAST = 0, 1, 2, 3, 2002  # rows; drop-downs and marks reach as far as the last
WIDTHS = (("prose", 26), ("code", 14), ("number", 13), ("degree", 11), ("share", 18), ("year", 9), ("unit", 16), ("word", 20))
OTHER_WIDTH, RARE_WIDTH = 20, 24
NOTE_LINE, TITLE_LINE = 12.5, 16  # [point]
NOTE_SIZE = 0.95  # of the letters of notes, to those that widths are counted in; some room for words that do not fill a line
NUMBER_FORMATS = (("number", "General"), ("degree", "General"), ("year", "0"), ("share", "0.0##%"))
EXAMPLE_REGION = "410308"
FREE = frozenset({"activity_unit", "factor_unit", "emission_unit", "factor_set", "driver", "region"})  # other words are fine, too


def template_bytes(region: str = "", base_year: int = 2020) -> bytes:
    """The bytes of a workbook that a bureau fills in.

    Parameters
    ----------
    region : GB/T 2260 code of the county, for the guide, the examples and the drop-down.
    base_year : year of the inventory, for the guide.
    """
    title = next(f"{zh} {en}" for kind, zh, en in guide() if kind == "title")

    def draw(book: Workbook, formats: Formats) -> None:
        names = sheet_names()
        draw_guide(book.add_worksheet(names["guide"]), formats, region, base_year)
        for table in TABLES:
            _draw_table(book.add_worksheet(names[table]), table, region, formats)
        draw_lists(book, book.add_worksheet(names["lists"]), formats, region, (FIRST, LAST))

    return drawn(draw, title)


def _draw_table(page: Worksheet, table: str, region: str, formats: Formats) -> None:
    found = columns(table)
    for k, column in enumerate(found):
        _draw_column(page, k, column, formats, before_fold=column.use != "rare" and found[k + 1].use == "rare")
        _draw_heading(page, k, column, formats)
        _validate(page, k, column)
        _mark_missing(page, k, column, len(found), formats)
    lines = max(sum(-(-round(NOTE_SIZE * width(note)) // _width(c)) for note in (c.note_zh, c.note_en)) for c in found)
    page.set_row(TITLES, TITLE_LINE * 2)
    page.set_row(NAMES, TITLE_LINE * 2.2)
    page.set_row(NOTES, NOTE_LINE * lines + 4)
    for r, row in enumerate(examples(table, region or EXAMPLE_REGION), start=FIRST):
        page.set_row(r, TITLE_LINE * 2)
        for k, (column, text) in enumerate(zip(found, row, strict=True)):
            _write_example(page, r, k, column, text, formats)
    page.freeze_panes(FIRST, 2)
    page.outline_settings(True, False, False, False)  # the sign that unfolds stands at the left of the columns
    print_setup(page, FIRST)


def _draw_column(page: Worksheet, k: int, column: Column, formats: Formats, before_fold: bool) -> None:
    shown = dict(NUMBER_FORMATS).get(column.kind, "@")
    look = formats.get(num_format=shown, **({"text_wrap": True} if column.kind == "prose" else {}))
    options = {"level": 1, "hidden": True} if column.use == "rare" else {"collapsed": before_fold}
    page.set_column(k, k, _width(column), look, options)


def _width(column: Column) -> int:
    usual = {MARK: 14, "sector": 30}.get(column.name) or dict(WIDTHS).get(column.kind, OTHER_WIDTH)
    return max(usual, RARE_WIDTH) if column.use == "rare" else usual


def _draw_heading(page: Worksheet, k: int, column: Column, formats: Formats) -> None:
    colour = {"bg_color": NEEDED, "font_color": "#FFFFFF"} if column.use == "needed" else {"bg_color": USUAL, "font_color": INK}
    box = {"text_wrap": True, "border": 1, "border_color": RULE, "align": "center", "valign": "vcenter"}
    page.write_string(TITLES, k, column.zh, formats.get(bold=True, font_size=12, **colour, **box))
    page.write_string(NAMES, k, column.heading, formats.get(**colour, **box))
    note = formats.get(**{**box, "align": "left", "valign": "top"}, font_size=9, font_color=INK, bg_color=PALE)
    page.write_string(NOTES, k, f"{column.note_zh}\n{column.note_en}", note)
    size = {"x_scale": 1.9, "y_scale": 1.3, "author": "emisim", "font_size": 9}
    page.write_comment(TITLES, k, f"{column.zh} {column.en}\n{column.note_zh}。\n{column.note_en}.", size)


def _validate(page: Worksheet, k: int, column: Column) -> None:
    """Drop-down or kind of number, and the message that shows when a cell is chosen."""
    said = {"input_title": f"{column.zh} {column.en}"[:32], "input_message": f"{column.note_zh}\n{column.note_en}"[:255]}
    wrong = {
        "error_title": "请检查 Please check",
        "error_type": "warning",
        "error_message": f"{column.note_zh}\n{column.note_en}"[:255],
    }
    rule: dict[str, object] = {"validate": "any"}
    if column.list:
        rule = {"validate": "list", "source": f"={list_name(column.list)}", **wrong, "show_error": column.list not in FREE}
    elif column.kind == "number":
        rule = {"validate": "decimal", "criteria": ">=", "value": 0, **wrong}
    elif column.kind == "share":
        rule = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1, **wrong}
    elif column.kind == "year":
        rule = {"validate": "integer", "criteria": "between", "minimum": 1900, "maximum": 2200, **wrong}
    page.data_validation(FIRST, k, LAST, k, {**rule, **said})


def _mark_missing(page: Worksheet, k: int, column: Column, count: int, formats: Formats) -> None:
    """A cell that must be filled in turns red where its row has something else."""
    if column.use == "needed":
        own, last, row = column_letters(k + 1), column_letters(count), FIRST + 1
        rule = f'=AND(COUNTA($B{row}:${last}{row})>0,{own}{row}="")'
        page.conditional_format(
            FIRST, k, LAST, k, {"type": "formula", "criteria": rule, "format": formats.get(bg_color="#F8D7CD")}
        )


def _write_example(page: Worksheet, r: int, k: int, column: Column, text: str, formats: Formats) -> None:
    shown = dict(NUMBER_FORMATS).get(column.kind, "@")
    wrap = {"text_wrap": True} if column.kind == "prose" else {}
    look = formats.get(num_format=shown, italic=True, font_color=GREY, bg_color="#F5F5F5", **wrap)
    if not text:
        page.write_blank(r, k, None, look)
    elif column.kind == "share":
        page.write_number(r, k, float(text.removesuffix("%")) / 100, look)
    elif column.kind in ("number", "degree", "year"):
        page.write_number(r, k, float(text), look)
    else:
        page.write_string(r, k, _shown(column, text), look)


def _shown(column: Column, text: str) -> str:
    return next((word.shown for word in words(column.list) if word.id == text), text) if column.kind == "word" else text
