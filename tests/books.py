"""What the tests of Excel files share: reading them with another library than the one that writes them, and texts that bite."""

import io
import re
import zipfile
from functools import cache
from pathlib import Path

import openpyxl

from emisim.io.template import template_bytes
from emisim.io.template.words import columns, sheet_names

HEADER = 3  # rows of a sheet of the template
FORMULA = "=1+1"
HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "http://example.org",
    "mailto:a@b",
    "internal:A1",
    "007",
    "1e5",
    "TRUE",
    "{=1}",
    "'x",
    "x" * 5,
)


def opened(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def assert_plain(data):
    """No formula, no link, no relation to anything outside."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for name in parts.namelist():
            text = parts.read(name).decode()
            assert not re.search("<f[ >/]|<hyperlink|TargetMode", text), name


def places(table):
    return {column.name: k for k, column in enumerate(columns(table), start=1)}


@cache
def empty_template():
    return template_bytes("410308")


def filled(path: Path, tables, change=lambda book: None) -> Path:
    """The template with rows in place of its examples."""
    book = opened(empty_template())
    for table, rows in tables.items():
        sheet, at = book[sheet_names()[table]], places(table)
        sheet.delete_rows(HEADER + 1, 20)
        for line, row in enumerate(rows, start=HEADER + 1):
            for name, value in row.items():
                written = sheet.cell(line, at[name], value)
                if written.data_type == "f" and value != FORMULA:
                    written.data_type = "s"  # notes of the shipped counties that begin with a sign of equality
    change(book)
    book.save(path)
    return path
