"""Cells as numbers: thousands commas, full-width digits, dashes for missing figures; what is no number is told, never guessed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import IntEnum

import numpy as np

from emisim.importing.sheet import Cell
from emisim.importing.texts import plain_signs

_PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
# Groups of three digits with a comma, a thin or a plain space between them: 1,234.5 and 1 234.5, but not 1,5; 0,123 has a decimal comma.
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}([,'\u2009\u202f\u00a0 ][0-9]{3})+(\.[0-9]+)?")
_ROUNDED = re.compile(r"[+-]?[0-9](\.[0-9]{1,2})?E\+[0-9]+")
_DASHES = re.compile(r"[-‐‑‒–—―−ー_/\\.…\s]*")
_NOTHING = frozenset({"无", "无数据", "缺", "缺失", "n/a", "na"})
_QUICK = re.compile(r"-?[0-9]{0,15}\.?[0-9]{1,15}")
LARGEST = 1e30  # beyond any amount, in whatever unit
_FORMULA = re.compile(r"#(N/A|DIV/0!|REF!|NAME\?|NUM!|VALUE!|NULL!|SPILL!|CALC!)")


class How(IntEnum):
    """What was done to read one cell."""

    PLAIN = 0
    MISSING = 1
    CLEANED = 2  # commas, spaces, full-width digits
    ROUNDED = 3  # 1.2E+05 in a text file: as Excel showed it, with one to three digits
    UNIT = 4  # a unit stands in the cell
    BAD = 5
    DATE = 6
    FORMULA = 7


@dataclass(frozen=True)
class Reading:
    """One cell as a number. unit : that stands in the cell, if one does."""

    value: float
    how: How
    unit: str = ""


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column as numbers. value : (row,), nan where there is no figure. how : (row,) of ``How``. unit : row → unit in the cell."""

    value: np.ndarray
    how: np.ndarray
    unit: dict[int, str]


def numbers(cells: Sequence[Cell], missing: Collection[str] = ()) -> Numbers:
    """Read a column.

    Parameters
    ----------
    cells : (row,)
    missing : texts that mean "no figure", beyond blanks and dashes; a number among them also in other spellings (-9 for -9.0).
    """
    values = _plain(cells)
    how = np.zeros(len(cells), dtype=np.int8)
    found: dict[int, str] = {}
    if values is None:
        values = np.empty(len(cells))
        odd = [i for i, cell in enumerate(cells) if type(cell) is not str or not _QUICK.fullmatch(cell)]
        usual = np.ones(len(cells), dtype=bool)
        usual[odd] = False
        values[usual] = [float(cells[i]) for i in np.flatnonzero(usual).tolist()]
        for i in odd:
            one = number(cells[i], missing)
            values[i], how[i] = one.value, one.how
            if one.unit:
                found[i] = one.unit
    how[np.isnan(values) & (how == How.PLAIN)] = How.MISSING
    absent = [float(word) for word in missing if _PLAIN.fullmatch(word)]
    if absent:
        gone = np.isin(values, absent)
        values, how = np.where(gone, math.nan, values), np.where(gone, np.int8(How.MISSING), how)
    return Numbers(values, how, found)


def _plain(cells: Sequence[Cell]) -> np.ndarray | None:
    """The usual column, at once: nothing but plain numbers and empty cells; None if it holds anything else."""
    kinds = set(map(type, cells))
    if kinds <= {float, int, type(None)}:
        try:
            values = np.array([math.nan if cell is None else cell for cell in cells], dtype=float)
        except OverflowError:  # a whole number of hundreds of digits
            return None
        return values if not (np.abs(values) > LARGEST).any() else None
    if kinds != {str}:
        return None
    joined = "".join(cells).encode()
    # float() also reads 1_000, nan, infinity and full-width digits.
    if joined.translate(None, b"0123456789.-+ "):
        return None
    texts = [cell or "nan" for cell in cells] if "" in cells else cells
    try:
        values = np.fromiter(map(float, texts), dtype=float, count=len(cells))
    except ValueError:
        return None
    return values if not (np.abs(values) > LARGEST).any() else None


def number(cell: Cell, missing: Collection[str] = ()) -> Reading:
    """Read one cell."""
    if cell is None:
        return Reading(math.nan, How.MISSING)
    if isinstance(cell, bool | time):
        return Reading(math.nan, How.BAD)
    if isinstance(cell, date):
        return Reading(math.nan, How.DATE)
    if isinstance(cell, int | float):
        return Reading(float(cell), How.PLAIN) if abs(cell) <= LARGEST else Reading(math.nan, How.BAD)
    return _text(cell, missing)


def _all_missing(text: str, missing: Collection[str]) -> bool:
    """Whether a text is a word for "no figure", or several of them: NE; IE, NO; NA/NO; IE*."""
    if not missing or not text[:1].isalpha():
        return text in missing
    known = {word.casefold() for word in missing}
    parts = [part.strip(" *.").replace(".", "") for part in re.split(r"[,/;&+]", text.casefold())]
    return text.casefold() in known or all(part in known for part in parts)


def _text(cell: str, missing: Collection[str]) -> Reading:
    text = plain_signs(cell).strip()
    if _DASHES.fullmatch(text) or text.casefold() in _NOTHING or cell in missing or _all_missing(text, missing):
        return Reading(math.nan, How.MISSING)
    if _FORMULA.fullmatch(text):
        return Reading(math.nan, How.FORMULA)
    found = _PLAIN.fullmatch(text) or _GROUPED.match(text) or _PLAIN.match(text)
    value = float(re.sub(r"[,'\s]", "", found.group())) if found else math.nan
    if not abs(value) <= LARGEST:
        return Reading(math.nan, How.BAD)
    rest = text[found.end() :].strip()
    if rest:
        # What goes on with a sign of a number is no unit; nor is the mark of a footnote, such as ① or ³.
        bad = rest[0] in ",'.0123456789" or unicodedata.normalize("NFKC", rest[0]).strip("()").isdigit()
        return Reading(math.nan, How.BAD) if bad else Reading(value, How.UNIT, rest)
    if _ROUNDED.fullmatch(text):
        return Reading(value, How.ROUNDED)
    return Reading(value, How.PLAIN if text == cell.strip() and _PLAIN.fullmatch(text) else How.CLEANED)
