"""Mistakes in the tables of an inventory that would pass for figures: each is refused, for nothing later could tell them from what was meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from emisim.errors import Fault, fault, nearest
from emisim.inventory import FULL_CONTROL, SELECTABLE
from emisim.io.csv_file import Records, Row
from emisim.spelling import lookalikes

# Columns of sources.csv by which rows are put together.
WORDS = (*SELECTABLE[1:], "fleet", "correlation_group")
_CODE = re.compile(r"[0-9]+")
_SPOILT_CODE = re.compile(r"[\d\s.,+-]+(?:[eE][\d+-]+)?")  # what spreadsheets make of a code: 410399.0, 4.10399E+05


def one_spelling(table: Records, columns: Sequence[str], faults: list[Fault]) -> None:
    """Words of a column that only look the same: a measure that selects one of them would pass the other by."""
    for column in columns:
        for word, other in lookalikes(table[column].used()):
            here, first = (table.row(int(table[column].each(text.__eq__, bool).argmax())) for text in (word, other))
            faults.append(fault("csv.alike", here.place(column), column=column, text=word, other=other, line=first.line))


def spoilt_region(text: str) -> bool:
    """Whether a region is a number that was a code, not a code or a name."""
    return _SPOILT_CODE.fullmatch(text) is not None and _CODE.fullmatch(text) is None


def whole_region(row: Row, faults: list[Fault]) -> None:
    """A region is a code or a name, not a number that was a code."""
    if spoilt_region(row["region"]):
        faults.append(fault("sources.region", row.place("region"), text=row["region"]))


def whole_control(row: Row, left: float, factor: float, faults: list[Fault]) -> None:
    """An existing control is stated in full, and leaves nothing if it removes all. left : 1 − η0·RE0 [1]."""
    if row["existing_effectiveness"] and not row["existing_efficiency"]:
        faults.append(fault("factors.half_control", row.place("existing_efficiency")))
    if left <= 1.0 - FULL_CONTROL and factor > 0:
        faults.append(fault("factors.full_control", row.place("existing_efficiency"), factor=row["factor"]))


def whole_alternatives(factors: Mapping[str, Mapping[str, tuple[Row, str]]], faults: list[Fault]) -> None:
    """An alternative ``x~y`` has a set ``x``, and a factor for all that this has: what it leaves out would be 0."""
    for name, mine in factors.items():
        if not mine or "~" not in name:
            continue
        of, place = name.split("~")[0], next(iter(mine.values()))[0].place("factor_set")
        lacking = [p for p in factors.get(of, ()) if p not in mine]
        if of not in factors:
            faults.append(fault("factors.orphan_alternative", place, name=name, near=nearest(of, factors)))
        elif lacking:
            faults.append(fault("factors.alternative_lacks", place, name=name, set=of, pollutants=", ".join(lacking)))
