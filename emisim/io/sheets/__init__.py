"""Foreign tables, from CSV files and workbooks: what stands in each cell and where; nothing is guessed, shifted or dropped."""

from __future__ import annotations

from pathlib import Path

from emisim.importing.sheet import Sheet
from emisim.io.sheets import csv_sheet, guard
from emisim.io.sheets.guard import Limits


def read_sheets(
    path: Path,
    shown: str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    comment: str | None = None,
    largest: Limits = Limits(),  # noqa: B008
) -> tuple[Sheet, ...]:
    """The sheets of a file: the only one of a CSV file, the filled ones of a workbook, hidden ones too. What a file is, its content says.

    Parameters
    ----------
    shown : name of the file in messages.
    encoding, delimiter, comment : of a CSV file: its encoding and delimiter, found from the file by default; lines that begin with ``comment``
        are no rows.

    Raises
    ------
    BadInput
        The file is none that can be read, damaged or beyond ``largest``; also while its blocks are walked.
    """
    raw = guard.content(path, shown, largest)
    if guard.is_workbook(raw):
        from emisim.io.sheets import xlsx_sheet

        return xlsx_sheet.sheets(raw, shown, largest)
    return (csv_sheet.sheet(raw, shown, encoding, delimiter, comment, largest.columns),)


def comments(path: Path, shown: str, comment: str = "#", encoding: str | None = None) -> tuple[str, ...]:
    """The lines of comment that a CSV file begins with, such as ``#FORMAT=FF10_POINT``; none if it is a workbook.

    Raises
    ------
    BadInput
        The file is none that can be read.
    """
    raw = guard.content(path, shown, Limits())
    return () if guard.is_workbook(raw) else csv_sheet.comments(raw, shown, comment, encoding)
