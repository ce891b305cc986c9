"""Read an inventory folder: sources.csv, factors.csv, growth.csv, and correlations.csv if it is there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from emisim.errors import BadInput, Fault, Limited, Place, TooMany, and_more, fault
from emisim.inventory import (
    CORRELATION_COLUMNS,
    FACTOR_COLUMNS,
    GROWTH_COLUMNS,
    OPTIONAL_COLUMNS,
    OPTIONAL_GROWTH_COLUMNS,
    SOURCE_COLUMNS,
    Inventory,
)
from emisim.io.csv_file import read_csv, records_of
from emisim.io.inventory_tables import BadInventory, Table, Tables, checked
from emisim.io.paths import Roots
from emisim.io.safe_write import whole

IMPORT_RECORD = "import/account.json"
SOURCES, FACTORS, GROWTH, CORRELATIONS = "sources.csv", "factors.csv", "growth.csv", "correlations.csv"


class Reader(Protocol):
    """Reads an inventory of which not every source is held."""

    def inventory(self, folder: Path, base_year: int, years: tuple[int, int], alternatives, shown: str, where) -> Inventory:
        """As ``read_inventory``."""

    def content(self, path: Path) -> bytes:
        """What stands in the place of a file."""


def check_tables(folder: Path, shown: str, roots: Roots) -> None:
    """Refuse tables that lead out of the roots, or are no files.

    Raises
    ------
    BadInput
    """
    found = (roots.problem(folder / name, Place(f"{shown}/{name}")) for name in (SOURCES, FACTORS, GROWTH, CORRELATIONS))
    faults = [problem for problem in found if problem]
    if faults:
        raise BadInput(faults)


def read_inventory(
    folder: Path,
    base_year: int,
    years: tuple[int, int],
    alternatives: Mapping[str, str] | None = None,
    shown: str | None = None,
    where: Callable[[str], object] | None = None,
) -> Inventory:
    """Read and check an inventory.

    Parameters
    ----------
    folder : Path
    base_year : int
    years : first and last year that growth must cover.
    alternatives : factor set → name of the alternative to use instead.
    where : place of an entry of ``alternatives`` in the scenario, for messages.

    Raises
    ------
    BadInventory
        With all faults of the three files.
    """
    shown = shown or folder.as_posix()
    if not folder.is_dir():
        raise BadInventory([fault("inventory.no_folder", file=shown)], None)
    faults: list[Fault] = Limited()
    try:
        return _read(folder, base_year, years, alternatives, shown, where, faults)
    except TooMany:
        raise BadInventory([*faults, and_more(faults[-1].place)], None) from None


def _read(
    folder: Path, base_year: int, years: tuple[int, int], alternatives, shown: str, where, faults: list[Fault]
) -> Inventory:
    """``read_inventory``, as long as there are not too many faults."""

    with whole(folder):
        sources = _table(folder, shown, SOURCES, SOURCE_COLUMNS, OPTIONAL_COLUMNS, faults)
        tables = replace(other_tables(folder, shown, base_year, faults), sources=sources)
    if sources.whole and not len(sources.records):
        faults.append(fault("inventory.empty", Place(f"{shown}/{SOURCES}")))
    return checked(tables, base_year, years, faults, alternatives, where)


def other_tables(folder: Path, shown: str, base_year: int, faults: list[Fault]) -> Tables:
    """The tables of an inventory, of whose sources none is read."""
    imported = _imported_year(folder)
    if imported not in (None, base_year):
        faults.append(fault("inventory.base_year", Place(f"{shown}/{IMPORT_RECORD}"), year=imported, base=base_year))
    factors = _table(folder, shown, FACTORS, FACTOR_COLUMNS, OPTIONAL_COLUMNS, faults)
    growth = _table(folder, shown, GROWTH, GROWTH_COLUMNS, OPTIONAL_GROWTH_COLUMNS, faults)
    sources, pairs = Table(SOURCES, records_of((), SOURCE_COLUMNS)), Table(CORRELATIONS, records_of((), CORRELATION_COLUMNS))
    if (folder / CORRELATIONS).exists():
        pairs = _table(folder, shown, CORRELATIONS, CORRELATION_COLUMNS, OPTIONAL_COLUMNS, faults)
    name = Path(os.path.abspath(folder)).name  # of "." and ".." too
    return Tables(name, shown, sources, factors, growth, pairs)


def _table(
    folder: Path, shown: str, name: str, columns: Mapping[str, bool], optional: frozenset[str], faults: list[Fault]
) -> Table:
    before = len(faults)
    records = read_csv(folder / name, f"{shown}/{name}", columns, optional, faults)
    return Table(name, records, len(faults) == before)


def _imported_year(folder: Path) -> int | None:
    """The year of the figures, where an import has left its record; None if nothing tells it."""
    record = folder / IMPORT_RECORD
    try:
        year = json.loads(record.read_bytes()).get("base_year") if record.is_file() else None
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return year if isinstance(year, int) else None
