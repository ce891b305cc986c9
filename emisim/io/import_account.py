"""The account that an import has left in its inventory folder, read again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

from emisim.errors import BadInput, Place, fault, nearest
from emisim.io.paths import Roots, foreign, roots_of
from emisim.io.safe_write import settle
from emisim.io.text_file import read_text
from emisim.text import unguarded
from emisim.vocabulary import pollutants

Rows = Mapping[int, tuple[str, str]]


def account_of(run: Path, inventory: Path | None = None) -> Path:
    """The account of the import that a run's inventory comes from.

    Parameters
    ----------
    run : folder of the run, whose ``run.json`` knows where the inventory was. inventory : its folder, if it stands elsewhere now.

    Raises
    ------
    BadInput
        There is none.
    """
    folder = inventory
    if folder is None:
        try:
            inputs = json.loads((run / "run.json").read_bytes())["inputs"]
            name = next((name for name in inputs if name.endswith("/sources.csv")), None)
            folder = _found(name, run) if name else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            folder = None
    if folder:
        settle(folder)
    account = folder / "import" / "account.csv" if folder else None
    if account is None or not account.is_file():
        raise BadInput([fault("ff10.where", Place(run.as_posix()), folder=folder.as_posix() if folder else "-")])
    return account


def _found(name: str, run: Path) -> Path | None:
    """The folder of a table that a run names, which may come from anybody: below here, beside the run, or where the user allows."""
    path = Path(name)
    roots = Roots((*roots_of(Path.cwd() / "x").folders, *roots_of(run.absolute()).folders))
    return None if foreign(name) or roots.problem(path.parent / "import" / "account.csv", Place()) else path.parent


def imported_rows(account: Path, original: Path) -> Rows:
    """Which source and pollutant every line of a file went into, by the account of its import.

    Parameters
    ----------
    account : ``import/account.csv`` of the inventory folder.
    original : the file, known there by its name.

    Raises
    ------
    BadInput
        The account cannot be read, or knows no such file, or several.
    """
    shown = account.as_posix()
    lines = list(csv.DictReader(io.StringIO(read_text(account, shown), newline="")))
    lines = [line | {"file": unguarded(line.get("file") or "")} for line in lines]
    files = list(dict.fromkeys(line.get("file") or "" for line in lines))
    mine = [f for f in files if Path(f).name == original.name]
    mine = [f for f in mine if f == original.as_posix()] if len(mine) > 1 else mine
    if not mine:
        raise BadInput(
            [fault("ff10.account", Place(shown), file=original.name, known=", ".join(files), near=nearest(original.name, files))]
        )
    out = {}
    for line in lines:
        if line["file"] == mine[0] and line.get("source_id") and (line.get("row") or "").isdecimal():
            stated = [p for p in pollutants() if line.get(f"{p}_t")]
            out.update({int(line["row"]): (line["source_id"], p) for p in stated})
    return out
