"""The first sheet of the template: what it is for and how it is filled in, Chinese at the left, English at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emisim.io.template.look import INK, NEEDED, PALE, RULE, USUAL, print_setup
from emisim.io.template.words import guide, sheet_notes
from emisim.io.xlsx import LINE_HEIGHT, Formats, width

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

MARGIN, SIDE = 3, 62


def draw_guide(page: Worksheet, formats: Formats, region: str, base_year: int) -> None:
    """Write the guide. region, base_year : stand in it as fields that may be changed."""
    page.hide_gridlines(2)
    page.set_column(0, 0, MARGIN)
    page.set_column(1, 2, SIDE)
    values = {"region": region, "base_year": base_year}
    at = 0
    for kind, zh, en in guide():
        at += kind == "heading"
        if kind in values:
            _field(page, at, f"{zh} {en}", values[kind], formats)
        elif kind == "text":
            _line(page, at, zh, en, formats)
        else:
            look = {"bold": True, "font_size": 18, "font_color": NEEDED} if kind == "title" else {"bold": True, "font_size": 12}
            _pair(
                page,
                at,
                zh,
                en,
                formats.get(**look, valign="vcenter", **({} if kind == "title" else {"bottom": 2, "bottom_color": NEEDED})),
            )
            page.set_row(at, 36 if kind == "title" else 22)
        at += 1
    for name, zh, en in sheet_notes():
        page.write_url(at, 1, f"internal:'{name}'!A1", formats.get(font_color=NEEDED, underline=1), name)
        page.write_string(at, 2, f"{zh}\n{en}", formats.get(text_wrap=True, font_color=INK))
        page.set_row(at, 2 * LINE_HEIGHT)
        at += 1
    page.activate()
    print_setup(page, 0)


def _field(page: Worksheet, at: int, label: str, value: str | int, formats: Formats) -> None:
    box = {"border": 1, "border_color": RULE, "valign": "vcenter", "align": "left"}
    page.write_string(at, 1, label, formats.get(bold=True, bg_color=USUAL, font_color=INK, **box))
    look = formats.get(bg_color=PALE, num_format="0" if isinstance(value, int) else "@", **box)
    (page.write_number if isinstance(value, int) else page.write_string)(at, 2, value, look)
    page.set_row(at, 22)


def _line(page: Worksheet, at: int, zh: str, en: str, formats: Formats) -> None:
    _pair(page, at, zh, en, formats.get(text_wrap=True, font_color=INK))
    lines = max(-(-(width(text) + 2) // (SIDE - 2)) for text in (zh, en))
    page.set_row(at, LINE_HEIGHT * lines + 4)


def _pair(page: Worksheet, at: int, zh: str, en: str, look) -> None:
    page.write_string(at, 1, zh, look)
    page.write_string(at, 2, en, look)
