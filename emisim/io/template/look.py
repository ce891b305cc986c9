"""Colours of the template, and how its sheets print."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

NEEDED, USUAL, PALE, RULE, INK, GREY = "#1F4E6B", "#DCE7EE", "#F7FAFC", "#B8C7D1", "#1B2A33", "#7A7A7A"
A4, A3 = 9, 8


def print_setup(page: Worksheet, heading_rows: int) -> None:
    """Landscape, one page wide, with the heading on every page; a sheet without one on one page."""
    page.set_landscape()
    page.set_paper(A3 if heading_rows else A4)
    page.fit_to_pages(1, 0 if heading_rows else 1)
    if heading_rows:
        page.repeat_rows(0, heading_rows - 1)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&L&A&R&P / &N")
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
