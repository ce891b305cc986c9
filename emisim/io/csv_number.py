"""Fields of a CSV record as numbers: plain numbers, shares, units, numbers with their range; every fault at its column."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from emisim import units
from emisim.column import spelled
from emisim.distribution import FIXED, SHAPES, Distribution, parsed
from emisim.errors import Fault, fault, nearest
from emisim.io.csv_file import Row
from emisim.io.figures import figures
from emisim.vocabulary import GRADES

_PLAIN_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
# Of such texts ``float`` takes the same ones as the grammar above, but for longer exponents.
_FIGURES, _LONG_EXPONENT = re.compile(r"[0-9.eE+\-\n]*"), re.compile(r"[eE][+-]?[0-9]{4}")


def plain_number(text: str) -> float:
    """A plain number as Excel writes it; nan if a text is none."""
    plain = text if text.isascii() else units.narrow(text)
    number = float(plain) if _PLAIN_NUMBER.fullmatch(plain) else math.nan
    return number if math.isfinite(number) else math.nan


def numbers(texts: Sequence[str] | np.ndarray, empty: float) -> np.ndarray:
    """The same of many texts, or of fixed words: (text,); ``empty`` where there is none."""
    if isinstance(texts, np.ndarray):
        found, sure = figures(texts, empty)
        rest = np.flatnonzero(~sure)
        if rest.size:
            found[rest] = numbers(spelled(texts[rest]), empty)
        return found
    blank = [k for k, text in enumerate(texts) if not text] if "" in texts else []
    filled = [text or "0" for text in texts] if blank else texts
    found = _floats(filled)
    if found is None:
        found = np.array(list(map(plain_number, filled)))
    found[blank] = empty
    return found


def _floats(texts: Sequence[str]) -> np.ndarray | None:
    """Texts that are numbers at first sight; None if one is not."""
    together = "\n".join(texts)
    if not _FIGURES.fullmatch(together) or _LONG_EXPONENT.search(together):
        return None
    try:
        found = np.fromiter(map(float, texts), float, len(texts))
    except ValueError:
        return None
    return found if np.isfinite(found).all() else None


def read_number(row: Row, column: str, faults: list[Fault]) -> float:
    """A field as a plain number; nan after a fault."""
    number = plain_number(row[column])
    if math.isnan(number):
        faults.append(fault("csv.number", row.place(column), column=column, text=row[column]))
    return number


def read_span(row: Row, column: str, factor: float, faults: list[Fault]) -> Distribution:
    """Value, low and high of a row in canonical units, with the shape of the distribution. None of them is below zero."""
    before = len(faults)
    value = read_number(row, column, faults)
    shape = row["distribution"] or FIXED
    if shape not in SHAPES:
        faults.append(unknown_word("csv.choice", row, "distribution", SHAPES))
    low, high = (read_number(row, c, faults) if row[c] else value for c in ("low", "high"))
    if value < 0:
        faults.append(fault("csv.negative", row.place(column), column=column, text=row[column]))
    elif not (math.isnan(value) or math.isnan(low) or math.isnan(high)) and not (0 <= low <= value <= high):
        faults.append(fault("csv.range", row.place("low"), low=row["low"], value=row[column], high=row["high"]))
    if shape != FIXED and not (row["low"] and row["high"]):
        faults.append(fault("csv.no_range", row.place("low"), distribution=shape))
    found = Distribution(value, low, high, shape, read_probabilities(row, faults), least=0.0)
    problem = found.problem() if len(faults) == before else ""
    if problem:
        faults.append(fault(f"range.{problem}", row.place("distribution"), low=row["low"], value=row[column], high=row["high"]))
    return found.times(factor)


def read_probabilities(row: Row, faults: list[Fault]) -> tuple[float, ...]:
    """Probabilities of low, value and high; empty where the field is."""
    try:
        return parsed(row["probabilities"])
    except ValueError:
        faults.append(fault("range.discrete", row.place("probabilities"), low=row["low"], value="", high=row["high"]))
        return ()


def unknown_word(key: str, row: Row, column: str, known) -> Fault:
    """A word that is not among the known ones, with the nearest of them."""
    near = nearest(row[column], known)
    return fault(key, row.place(column), column=column, text=row[column], near=near, known=", ".join(known))


def check_grade(row: Row, faults: list[Fault]) -> None:
    """The grade of a row is one of the five."""
    if row["grade"] not in GRADES:
        faults.append(unknown_word("csv.choice", row, "grade", GRADES))


def twice(row: Row, column: str, key: str, first: Row) -> Fault:
    """A row whose key stands in another row already."""
    if first.sheet and first.sheet != row.sheet:
        return fault("template.duplicate", row.place(column), key=key, first=f"{first.sheet}, {first.line}")
    return fault("csv.duplicate", row.place(column), key=key, line=first.line)


def read_unit(row: Row, column: str, faults: list[Fault]) -> tuple[float, str] | None:
    """(factor to base units, name of the base unit); None after a fault."""
    try:
        return units.to_base(row[column])
    except units.UnitError as error:
        faults.append(error.fault.at(row.place(column)))
        return None


def read_share(row: Row, column: str, empty: float, faults: list[Fault]) -> float:
    """A share as 0.35 or 35 %; ``empty`` where the field is empty."""
    if not row[column]:
        return empty
    try:
        value = units.read(row[column] if not _PLAIN_NUMBER.fullmatch(row[column]) else float(row[column]), "share")
    except units.UnitError as error:
        faults.append(error.fault.at(row.place(column)))
        return empty
    if not 0 <= value <= 1:
        faults.append(fault("value.share", row.place(column), name=column, text=row[column]))
    return value
