"""An import as an inventory folder: the tables, SOURCES.md for people, and the account of every row in ``import/``."""

from __future__ import annotations

import json
from pathlib import Path

from emisim import __version__
from emisim.errors import BadInput, Place, fault
from emisim.importing.tables import factors_table, growth_table, sources_table
from emisim.io.csv_file import csv_bytes
from emisim.io.foreign import Imported, uncollected
from emisim.io.run_folder import digest, dump
from emisim.io.safe_write import settle, write_files
from emisim.report.import_tables import account_text, all_tables, as_data, cautions
from emisim.report.markdown import markdown_table
from emisim.text import say

ACCOUNT = "import"
RECORD = "account.json"


def write_import(folder: Path, imported: Imported, language: str, command: str) -> list[Path]:
    """Write an inventory folder with the account of its import.

    Raises
    ------
    BadInput
        The folder holds something that is no import, or an import that somebody has changed since.
    """
    check_free(folder)
    with uncollected():
        return _write(folder, imported, language, command)


def _write(folder: Path, imported: Imported, language: str, command: str) -> list[Path]:
    account = imported.account
    tables = {}
    for table in (
        sources_table(account.sources, account.parts, language),
        factors_table(account.sources, account.parts, language),
        growth_table(account.sources, imported.base_year, language),
    ):
        tables[table.name] = csv_bytes(table.columns, table.rows)
    tables["SOURCES.md"] = sources_md(imported, folder.name, language).encode()
    record = {
        "emisim": __version__,
        "command": command,
        "base_year": imported.base_year,
        "files": [
            {"file": f.shown, "sha256": f.sha256, "mapping": f.mapping.mapping, "encoding": f.encoding} for f in imported.files
        ],
        "written": {name: digest(data) for name, data in tables.items()},
        **as_data(account),
    }
    mappings = {
        f"mapping-{k + 1}.json": dump(f.mapping.model_dump(mode="json", by_alias=True, exclude_defaults=True))
        for k, f in enumerate(imported.files)
    }
    told = {"account.csv": account_text(account, language).encode(), **mappings, RECORD: dump(record)}
    before = {path.name: None for path in sorted((folder / ACCOUNT).glob("mapping-*.json"))}
    return write_files(folder, tables | {f"{ACCOUNT}/{name}": data for name, data in (before | told).items()})


def check_free(folder: Path) -> None:
    """Refuse a folder whose contents would be lost."""
    settle(folder)
    try:
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return
        record = folder / ACCOUNT / RECORD
        if not record.is_file():
            raise BadInput([fault("import.not_empty", Place(folder.as_posix()))])
        written = json.loads(record.read_bytes()).get("written", {})
        own = [(folder / n, was) for n, was in written.items() if Path(n).name == n]
        changed = [path.name for path, was in own if path.is_file() and digest(path.read_bytes()) != was]
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise BadInput([fault("file.unreadable", Place(folder.as_posix()), reason=str(error))]) from None
    if changed:
        raise BadInput([fault("import.changed", Place(folder.as_posix()), files=", ".join(changed))])


def unread_sheets(imported: Imported) -> dict[str, tuple[str, ...]]:
    """File → sheets that were not read."""
    return {f.shown: f.unread for f in imported.files}


def ends(imported: Imported) -> tuple[tuple[str, bytes], ...]:
    """Names of the text files, with their first and last bytes."""
    return tuple(end for f in imported.files for end in f.ends)


def sources_md(imported: Imported, name: str, language: str) -> str:
    """SOURCES.md: where the figures come from and how they came in."""
    account = imported.account
    lines = [f"# {name}", "", say("import.md.origin", language), ""]
    for f in imported.files:
        title = f.mapping.title.text(language) if f.mapping.title else f.mapping.mapping
        lines += [
            f"- `{f.shown}` (sha256 `{f.sha256}`): {title}. {f.mapping.source.text(language)} ({say('import.md.grade', language, grade=f.mapping.grade)})"
        ]
        if f.mapping.note:
            lines += [f"  {f.mapping.note.strip()}"]
    lines += ["", f"## {say('import.md.account', language)}", ""]
    for table in all_tables(account, language):
        lines += [f"**{table.title}**", "", *markdown_table(table.header, table.rows, table.right), ""]
    lines += [f"## {say('import.md.look', language)}", ""]
    lines += [f"- {text}" for text in cautions(account, unread_sheets(imported), language, ends(imported))]
    return "\n".join(lines).rstrip() + "\n"
