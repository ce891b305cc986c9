"""Read an inventory folder: sources.csv, factors.csv, growth.csv, and correlations.csv if it is there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from emisim.errors import Fault, Place, fault
from emisim.inventory import (
    CORRELATION_COLUMNS,
    FACTOR_COLUMNS,
    GROWTH_COLUMNS,
    OPTIONAL_COLUMNS,
    OPTIONAL_GROWTH_COLUMNS,
    SOURCE_COLUMNS,
    Inventory,
)
from emisim.io.csv_file import read_csv
from emisim.io.inventory_tables import BadInventory, Table, Tables, checked
from emisim.io.safe_write import whole

SOURCES, FACTORS, GROWTH, CORRELATIONS = "sources.csv", "factors.csv", "growth.csv", "correlations.csv"


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
    faults: list[Fault] = []
    if not folder.is_dir():
        raise BadInventory([fault("inventory.no_folder", file=shown)], None)

    def table(name: str, columns: Mapping[str, bool], optional: frozenset[str] = OPTIONAL_COLUMNS) -> Table:
        before = len(faults)
        rows = list(read_csv(folder / name, f"{shown}/{name}", columns, optional, faults))
        return Table(name, rows, len(faults) == before)

    with whole(folder):
        sources = table(SOURCES, SOURCE_COLUMNS)
        factors = table(FACTORS, FACTOR_COLUMNS)
        growth = table(GROWTH, GROWTH_COLUMNS, OPTIONAL_GROWTH_COLUMNS)
        pairs = table(CORRELATIONS, CORRELATION_COLUMNS) if (folder / CORRELATIONS).exists() else Table(CORRELATIONS)
    if sources.whole and not sources.rows:
        faults.append(fault("inventory.empty", Place(f"{shown}/{SOURCES}")))
    name = Path(os.path.abspath(folder)).name  # of "." and ".." too
    return checked(Tables(name, shown, sources, factors, growth, pairs), base_year, years, faults, alternatives, where)
