"""Cells of a filled template as texts of a table.

Numbers keep their digits: 0.35 is ``0.35``, 12.0 is ``12``. Commas between thousands and full-width digits are read; dashes mean
empty. A date, an error value, a unit beside a number and a number in a merged range are faults.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time

from emisim.errors import Fault, fault
from emisim.importing.numbers import How, number
from emisim.importing.sheet import Cell
from emisim.io.template.words import Column, meant

_DASHES = re.compile(r"[-‐‑‒–—―−/\\\s]*")
FIGURES = frozenset({"number", "degree", "share", "year"})


def text_of(cell: Cell, column: Column, faults: list[Fault]) -> str | None:
    """What a cell says; empty where there is nothing, None after a fault.

    Parameters
    ----------
    cell : as the sheet has it.
    faults : receives what is wrong with it, without a place.
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _of_text(cell, column, faults)
    if isinstance(cell, date | time):
        if column.name in ("source", "note"):
            return str(cell)
        faults.append(fault("template.date", column=column.name, text=str(cell)))
        return None
    return str(cell).upper() if isinstance(cell, bool) else plain(cell)


def _of_text(cell: str, column: Column, faults: list[Fault]) -> str | None:
    text = cell.strip()
    if not text or (not text[0].isalnum() and _DASHES.fullmatch(unicodedata.normalize("NFKC", text))):
        return ""
    if text[0] in "#＃" and number(text).how == How.FORMULA:
        faults.append(fault("template.error", column=column.name, text=text))
        return None
    if column.kind in ("number", "degree", "year"):
        return _figure(text, column, faults)
    return meant(column.list, text) if column.kind == "word" else text


def _figure(text: str, column: Column, faults: list[Fault]) -> str | None:
    """A number that was typed as text."""
    found = number(text)
    if found.how == How.CLEANED or (found.how == How.UNIT and column.kind == "year" and found.unit == "年"):
        return plain(found.value)
    if found.how == How.UNIT:
        faults.append(fault("template.unit", column=column.name, text=text, number=plain(found.value)))
        return None
    return "" if found.how == How.MISSING else text  # what is no number is told by the checks of the table


def plain(value: float) -> str:
    """A number in the fewest digits that give it back."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
