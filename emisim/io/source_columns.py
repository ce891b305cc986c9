"""The checks of sources.csv, by column: what a column says is looked at once a word, and only a row that looks wrong is checked as a row.

The columns need not know what is wrong, so they may doubt a row that is right; its own check clears it.
"""

from __future__ import annotations

import re
from types import MappingProxyType

import numpy as np

from emisim import units
from emisim.column import spelled
from emisim.distribution import FIXED, SHAPES, SYMMETRIC
from emisim.errors import Fault, fault
from emisim.io.csv_file import Records, Row
from emisim.io.csv_number import check_grade, numbers, read_number, read_span, read_unit, twice, unknown_word
from emisim.io.inventory_traps import spoilt_region, whole_region
from emisim.vocabulary import GRADES, sectors

REACH = MappingProxyType({"lon": 180.0, "lat": 90.0})  # degrees from zero
_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
_OF_IDS = b"\0-abcdefghijklmnopqrstuvwxyz0123456789"
_DISCRETE, _NORMAL, _LOGNORMAL = (SHAPES.index(shape) for shape in ("discrete", "normal", "lognormal"))


def check_sources(table: Records, faults: list[Fault]) -> np.ndarray:
    """Check every field of the sources that stands alone.

    Returns
    -------
    (row, 3)
        Activity, low and high [base unit / yr]; nan where there is a fault.
    """
    for row, first in table["source_id"].repeated():
        faults.append(twice(table.row(row), "source_id", table["source_id"][row], table.row(first)))
    wrong = table["source_id"].blocks(_no_ids) > 0
    for column, known in (("sector", sectors()), ("memo", ("", "yes")), ("grade", GRADES)):
        wrong |= ~table[column].each(known.__contains__, bool)
    wrong |= table["region"].each(spoilt_region, bool)
    for column, most in REACH.items():
        wrong |= ~(np.abs(table[column].blocks(lambda words: numbers(words, 0.0))) <= most)  # also where one is no number
    scale = table["unit"].each(_scale, float)
    span, doubtful = _spans(table)
    for row in np.flatnonzero(wrong | np.isnan(scale) | doubtful).tolist():
        _check(table.row(row), faults)
    return span * scale[:, None]


def _no_ids(words: list[str] | np.ndarray) -> np.ndarray:
    """1 for each word that is no id."""
    if isinstance(words, np.ndarray):
        heads = words.view("S1").reshape(words.size, -1)[:, 0]
        if not words.tobytes().translate(None, _OF_IDS) and (heads != b"").all() and (heads != b"-").all():
            return np.zeros(words.size)
        words = spelled(words)
    return np.array([0.0 if _ID.fullmatch(word) else 1.0 for word in words])


def _scale(unit: str) -> float:
    try:
        return units.to_base(unit)[0]
    except units.UnitError:
        return np.nan


def _spans(table: Records) -> tuple[np.ndarray, np.ndarray]:
    """(activity, low and high as written, a row each; whether there may be something wrong with them)."""
    value = table["activity"].blocks(lambda words: numbers(words, np.nan))
    given, ends = [], []
    for column in ("low", "high"):
        there = ~table[column].empty()
        given.append(there)
        ends.append(np.where(there, table[column].blocks(lambda words: numbers(words, np.nan)), value))
    low, high = ends
    shape = table["distribution"].each(lambda word: SHAPES.index(word or FIXED) if (word or FIXED) in SHAPES else -1, np.int8)
    wrong = ~((low >= 0) & (low <= value) & (value <= high))  # also where one is no number
    wrong |= (shape < 0) | (shape == _DISCRETE) | ~table["probabilities"].empty()
    wrong |= (shape > 0) & ~(given[0] & given[1])
    wrong |= (shape == _NORMAL) & (np.abs(high + low - 2 * value) > SYMMETRIC * (high - low))
    wrong |= (shape == _LOGNORMAL) & (low < high) & ~((low < value) & (value < high))
    return np.stack([value, low, high], axis=1), wrong


def _check(row: Row, faults: list[Fault]) -> None:
    """The fields of one source, each at its place."""
    if not _ID.fullmatch(row["source_id"]):
        faults.append(fault("sources.id", row.place("source_id"), text=row["source_id"]))
    if row["sector"] not in sectors():
        faults.append(unknown_word("csv.choice", row, "sector", tuple(sectors())))
    whole_region(row, faults)
    if row["memo"] not in ("", "yes"):
        faults.append(unknown_word("csv.choice", row, "memo", ("yes",)))
    check_grade(row, faults)
    for column, most in REACH.items():
        if row[column] and abs(read_number(row, column, faults)) > most:
            faults.append(fault("csv.beyond", row.place(column), column=column, text=row[column], least=-most, most=most))
    unit = read_unit(row, "unit", faults)
    read_span(row, "activity", unit[0] if unit else 1.0, faults)


def check_fleets(table: Records, faults: list[Fault]) -> None:
    """All sources of a fleet are counted in one unit."""
    rows = np.flatnonzero(~table["fleet"].empty())
    if not rows.size:
        return
    base = {unit: units.to_base(unit)[1] for unit in table["unit"].take(rows).used()}
    first: dict[str, str] = {}
    for row, fleet, unit in zip(rows.tolist(), table["fleet"].take(rows).texts(), table["unit"].take(rows).texts(), strict=True):
        other = first.setdefault(fleet, unit)
        if base[unit] != base[other]:
            faults.append(fault("fleet.units", table.row(row).place("fleet"), fleet=fleet, units=f"{other} | {unit}"))


def in_order(table: Records) -> np.ndarray:
    """The places of sources that are fine, by sector, as the vocabulary has these, then by id."""
    place = {name: k for k, name in enumerate(sectors())}
    sector = table["sector"].each(lambda word: place.get(word, -1), np.int16)  # a word that no row has may be any
    by_id = table["source_id"].order()
    return by_id[np.argsort(sector[by_id], kind="stable")]
