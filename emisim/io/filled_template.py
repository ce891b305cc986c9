"""A filled template as an inventory folder, with the account of its rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from emisim import __version__
from emisim.errors import BadInput, Broken, Place, fault
from emisim.inventory import Inventory
from emisim.io.csv_file import csv_bytes
from emisim.io.foreign import file_digest, mapping_beside
from emisim.io.import_folder import ACCOUNT, RECORD, check_free
from emisim.io.inventory_folder import read_inventory
from emisim.io.run_folder import digest, dump
from emisim.io.safe_write import write_files
from emisim.io.sheets import read_sheets
from emisim.io.template import base_year_of, caution, is_template, read_template, template_folder, template_rows
from emisim.text import say

CLOSES = 1e-9


def is_filled(path: Path, shown: str) -> bool:
    """Whether a file is a template to be read as such."""
    if path.suffix.lower() != ".xlsx" or mapping_beside(path).is_file():
        return False
    return is_template(read_sheets(path, shown))


def read_filled(path: Path, shown: str, year: int | None = None) -> Inventory:
    """The inventory in a template. year : its base year, in place of the one that its guide names.

    Raises
    ------
    BadInput
        With all faults, each at its cell.
    """
    year = year or base_year_of(read_sheets(path, shown))
    if year is None:
        raise BadInput([fault("template.no_year", Place(shown))])
    return read_template(path, shown, year, (year, year))


def write_filled(
    folder: Path, path: Path, shown: str, language: str, command: str, year: int | None = None
) -> tuple[list[str], dict[str, Any]]:
    """Write a template as an inventory folder.

    Returns
    -------
    Lines that tell what was done, and the account as plain data.

    Raises
    ------
    BadInput
        The template has faults, or the folder is not free.
    Broken
        The tables hold another emission than the template.
    """
    check_free(folder)
    inventory = read_filled(path, shown, year)
    tables = template_folder(path, shown)
    rows = template_rows(path, shown)
    mark = file_digest(path)
    tables["SOURCES.md"] = f"# {folder.name}\n\n{say('import.md.origin', language)}\n\n- `{shown}` (sha256 `{mark}`)\n".encode()
    before, after = _totals(inventory), _totals(_read_again(tables, inventory.base_year))
    for name, mass in before.items():
        if not abs(after[name] - mass) <= CLOSES * max(mass, 1e-12):
            raise Broken(f"the import does not close: {name}: {after[name]!r} t/yr of {mass!r}")
    used = [row for row in rows if not row.example]
    record = {
        "emisim": __version__,
        "command": command,
        "base_year": inventory.base_year,
        "files": [{"file": shown, "sha256": mark, "mapping": "template"}],
        "written": {name: digest(data) for name, data in tables.items()},
        "rows": [{"file": shown, "rows": len(rows), "used": len(used), "refused": len(rows) - len(used)}],
        "totals": {name: {"file_t": before[name], "inventory_t": after[name]} for name in before},
        "sources": len(inventory),
    }
    header = ["file", "sheet", "row", "fate", "what", "id"]
    lines = (
        [
            shown,
            r.sheet,
            r.line,
            say(f"import.fate.{'refused' if r.example else 'used'}", language),
            _what(r.example, language),
            r.id,
        ]
        for r in rows
    )
    account = {f"{ACCOUNT}/account.csv": csv_bytes(header, lines), f"{ACCOUNT}/{RECORD}": dump(record)}
    write_files(folder, tables | account)
    told = [say("import.template_rows", language, used=len(used), examples=len(rows) - len(used))]
    told += [say("import.template_total", language, pollutant=name, mass=f"{mass:,.6g}") for name, mass in after.items()]
    told += filter(None, [caution(inventory, language)])
    return told, record


def _read_again(tables: Mapping[str, bytes], year: int) -> Inventory:
    """The inventory that the tables hold, before anything of them stands in the folder of the user."""
    with TemporaryDirectory() as name:
        for file, data in tables.items():
            Path(name, file).write_bytes(data)
        return read_inventory(Path(name), year, (year, year))


def _what(example: bool, language: str) -> str:
    return say("import.why.example", language) if example else ""


def _totals(inventory: Inventory) -> dict[str, float]:
    """Emission of each pollutant [t/yr]."""
    emission = inventory.emission()
    return {name: math.fsum(emission[:, p].tolist()) for p, name in enumerate(inventory.pollutants)}
