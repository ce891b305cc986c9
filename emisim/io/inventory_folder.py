"""Read an inventory folder: sources.csv, factors.csv, growth.csv, and correlations.csv if it is there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

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

    def table(name: str, columns: Mapping[str, bool], optional: frozenset[str] = OPTIONAL_COLUMNS) -> Table:
        before = len(faults)
        records = read_csv(folder / name, f"{shown}/{name}", columns, optional, faults)
        return Table(name, records, len(faults) == before)

    imported = _imported_year(folder)
    if imported not in (None, base_year):
        faults.append(fault("inventory.base_year", Place(f"{shown}/{IMPORT_RECORD}"), year=imported, base=base_year))
    with whole(folder):
        sources = table(SOURCES, SOURCE_COLUMNS)
        factors = table(FACTORS, FACTOR_COLUMNS)
        growth = table(GROWTH, GROWTH_COLUMNS, OPTIONAL_GROWTH_COLUMNS)
        there = (folder / CORRELATIONS).exists()
        pairs = table(CORRELATIONS, CORRELATION_COLUMNS) if there else Table(CORRELATIONS, records_of((), CORRELATION_COLUMNS))
    if sources.whole and not len(sources.records):
        faults.append(fault("inventory.empty", Place(f"{shown}/{SOURCES}")))
    name = Path(os.path.abspath(folder)).name  # of "." and ".." too
    return checked(Tables(name, shown, sources, factors, growth, pairs), base_year, years, faults, alternatives, where)


def _imported_year(folder: Path) -> int | None:
    """The year of the figures, where an import has left its record; None if nothing tells it."""
    record = folder / IMPORT_RECORD
    try:
        year = json.loads(record.read_bytes()).get("base_year") if record.is_file() else None
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return year if isinstance(year, int) else None
