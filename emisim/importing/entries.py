"""What the rows of a foreign table say: texts, activities and emissions, and what became of each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag

import numpy as np

from emisim.errors import Fault
from emisim.importing.sheet import Sheet
from emisim.importing.texts import Words
from emisim.model import Label

# Texts of a source, in the order in which they tell one from another.
TEXTS = (
    "region", "code", "subsector", "fuel", "technology", "size", "nfr", "scc", "name_zh", "name_en", "lon", "lat", "remark", "growth_driver",
)  # fmt: skip
# Rows that agree in the first are one source; where a mapping names no ``id``, they must agree in the names, too.
APART = ("id", "region", "code", "subsector", "fuel", "technology", "size", "nfr", "scc", "growth_driver")
NAMED = ("name_zh", "name_en", "lon", "lat")
CODES = frozenset({"region", "code", "nfr", "scc", "id", "pollutant"})


class Why(IntEnum):
    """Why a row is not in the inventory."""

    TAKEN = 0  # it is
    HEADING = 1
    TOTAL = 2
    NOT_SELECTED = 3
    LEFT_OUT = 4
    CODE = 5  # its code is left out by name
    POLLUTANT = 6  # one that emisim does not carry
    NO_FIGURE = 7
    MEMO = 8  # outside the total of its own inventory
    BROKEN_DOWN = 9  # the sum of other rows
    OUTSIDE = 10  # above the first or below the last row that the mapping names
    NO_ACTIVITY = 11  # a factor, but nothing that it is multiplied by


class Done(IntFlag):
    """What was done to a row to read it."""

    UNIT = 1
    CLEANED = 4
    ROUNDED = 8
    CELL_UNIT = 16
    PADDED = 32
    FILLED = 64  # from a merged cell, or the row above
    SPECIES = 128
    FACTOR = 256  # activity times emission factor
    MONTHS = 1024
    REST = 2048  # what its parts leave over


@dataclass(frozen=True)
class Conversion:
    """A unit of a column that is not the one the inventory counts in. factor : 1 in ``written`` is so many in ``unit``."""

    column: str
    written: str
    unit: str
    factor: float


@dataclass(frozen=True, eq=False)
class Amounts:
    """Emissions as the file states them: (amount,) each.

    row : of the entries. pollutant : place among the pollutants. emission [t/yr]. efficiency, effectiveness [1].
    """

    row: np.ndarray
    pollutant: np.ndarray
    emission: np.ndarray
    efficiency: np.ndarray
    effectiveness: np.ndarray


@dataclass(frozen=True, eq=False)
class Entries:
    """The rows of one sheet, as the mapping reads them.

    line : (row,) number of each row in the sheet. words : field → text of every row. activity : (row,) in the unit of that row, nan where there
    is none; activity_unit : its unit. why, done : (row,) of ``Why`` and ``Done``. reason : row → words of the user for a row left out. pollutants : their names.
    heading, outside : rows above the data, below it. blank : number of empty rows. conversions : of units. absent : (pollutant, word) → rows that have that in
    place of a figure. unread : columns that were not read. columns : pollutant (empty in a long table) or ``activity`` → number of the column of its
    figures. foreign : word for a pollutant that emisim does not carry → rows. spoilt : codes that Excel has damaged, which are told already. notes : what a person
    should look at.
    """

    sheet: Sheet
    line: np.ndarray
    words: Mapping[str, Words]
    activity: np.ndarray
    activity_unit: Words
    amounts: Amounts
    pollutants: tuple[str, ...]
    why: np.ndarray
    done: np.ndarray
    reason: Mapping[int, Label]
    heading: tuple[int, ...]
    outside: tuple[int, ...]
    blank: int
    conversions: tuple[Conversion, ...]
    absent: Mapping[tuple[str, str], int]
    unread: tuple[str, ...]
    columns: Mapping[str, int]
    foreign: Mapping[str, int]
    spoilt: frozenset[str] = frozenset()
    notes: tuple[Fault, ...] = ()

    def __len__(self) -> int:
        return self.line.size
