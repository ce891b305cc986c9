"""Import files of other people's inventories: read, mapped, accounted for, and written as an inventory folder."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emisim.errors import BadInput, Place, fault
from emisim.importing.account import Account, account
from emisim.importing.checks import check_rows
from emisim.importing.formats import names, recognise, years
from emisim.importing.kinds import broken_down, kinds
from emisim.importing.layout import Layout, choose_sheets
from emisim.importing.mapping import Mapping
from emisim.importing.problems import Problems
from emisim.importing.reader import read_sheet
from emisim.importing.sheet import Sheet
from emisim.importing.sources import Part, gather
from emisim.importing.twice import told_twice
from emisim.io.mapping_file import builtin_mapping, read_mapping
from emisim.io.paths import check, roots_of
from emisim.io.sheets import comments, read_sheets

BESIDE = ".mapping.yaml"


@dataclass(frozen=True)
class Wanted:
    """What the user asks for. mapping : file, or None. format : name of a published one, or empty. year : base year. changes : entries of
    the mapping that the command line sets. leave_out : codes. select : column → texts."""

    mapping: Path | None = None
    format: str = ""
    year: int | None = None
    changes: Dict[str, Any] | None = None
    leave_out: tuple[str, ...] = ()
    select: Dict[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, eq=False)
class Source:
    """A file that was read: its name as shown, its hash, the mapping, and the sheets that were not read. ends : names and first and last bytes
    of the text files among it and its mapping."""

    shown: str
    sha256: str
    mapping: Mapping
    unread: tuple[str, ...]
    encoding: str
    ends: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, eq=False)
class Imported:
    """An import that was made: the account, the files it came from, and the base year."""

    account: Account
    files: tuple[Source, ...]
    base_year: int


def import_files(paths: Sequence[Path], shown: Sequence[str], wanted: Wanted) -> Imported:
    """Read foreign files and account for every row.

    Raises
    ------
    BadInput
        With everything that cannot be read, in all files.
    """
    with uncollected():
        return _import_files(paths, shown, wanted)


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles of objects meanwhile: of a million rows none is in one, and each search looks at them all."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _import_files(paths: Sequence[Path], shown: Sequence[str], wanted: Wanted) -> Imported:
    problems, faults = Problems(), []
    parts: list[Part] = []
    files = []
    for path, name in zip(paths, shown, strict=True):
        try:
            source, layouts = _opened(path, name, wanted)
            files.append(source)
            parts += [_part(layout, source.mapping, problems) for layout in layouts]
        except BadInput as bad:
            faults += bad.faults
    for k, one in enumerate(files):
        twin = next((f for f in files[:k] if f.sha256 == one.sha256), None)
        if twin:
            faults.append(fault("import.same_file", Place(one.shown), other=twin.shown))
    found = sorted({f.mapping.year for f in files if f.mapping.year})
    if len(found) > 1:
        faults.append(fault("import.years", Place(shown[0]), years=", ".join(map(str, found))))
    if faults or problems:
        raise BadInput([*faults, *problems.faults])
    sources = gather(parts, problems)
    if problems:
        raise BadInput(problems.faults)
    parts = told_twice(parts, sources, problems)
    if problems:
        raise BadInput(problems.faults)
    if not len(sources):
        raise BadInput([fault("import.nothing", Place(shown[0]))])
    return Imported(account(parts, sources), tuple(files), found[0])


def _part(layout: Layout, mapping: Mapping, problems: Problems) -> Part:
    """One sheet as entries whose codes are settled."""
    entries = read_sheet(layout, mapping, problems)
    if not problems:  # else what is wrong would be told again as parts that do not fit
        entries = broken_down(entries, mapping, problems)
    entries, found = kinds(entries, mapping, problems, mapping.mapping not in names())
    notes = check_rows(entries, mapping, problems)
    return Part(replace(entries, notes=(*entries.notes, *notes)), mapping, found)


def _opened(path: Path, shown: str, wanted: Wanted) -> tuple[Source, list[Layout]]:
    """The sheets of a file that its mapping reads."""
    mapping, sheets = _mapped(path, shown, wanted)
    layouts, rest, faults = choose_sheets(sheets, mapping, shown)
    for layout in layouts:
        if layout.sheet.blank_formulas:
            cells = ", ".join(layout.sheet.blank_formulas)
            faults.append(fault("import.blank_formulas", layout.sheet.place(), cells=cells))
    if faults:
        raise BadInput(faults)
    unread = tuple(sheet.name for sheet in rest)
    encoding = next((layout.sheet.encoding for layout in layouts), "")
    given = _mapping_file(path, wanted)
    texts = [(path, shown)] if encoding else []
    texts += [(given, _shown_mapping(given, shown, wanted))] if given else []
    ends = tuple((name, _ends(file)) for file, name in texts)
    return Source(shown, file_digest(path), mapping, unread, encoding, ends), layouts


def _ends(path: Path) -> bytes:
    """The first and the last two bytes of a file."""
    with path.open("rb") as stream:
        first = stream.read(2)
        stream.seek(-min(2, path.stat().st_size), 2)
        return first + stream.read()


def _mapping_file(path: Path, wanted: Wanted) -> Path | None:
    """The mapping that is named, or the one beside a file."""
    beside = mapping_beside(path)
    return wanted.mapping or (beside if not wanted.format and beside.is_file() else None)


def _shown_mapping(given: Path, shown: str, wanted: Wanted) -> str:
    """How a mapping is called in messages."""
    return (given if wanted.mapping else Path(shown).parent / given.name).as_posix()


def _mapped(path: Path, shown: str, wanted: Wanted) -> tuple[Mapping, tuple[Sheet, ...]]:
    """The mapping of a file: the one given, that of the format named, the one beside it, or that of the published format it is in."""
    given = _mapping_file(path, wanted)
    changes = dict(wanted.changes or {})
    if given is not None:
        told = _shown_mapping(given, shown, wanted)
        if not wanted.mapping:  # nobody has named it
            check(given, roots_of(given), Place(told))
        mapping = _changed(read_mapping(given, told, wanted.year, changes), wanted)
        return mapping, _sheets(path, shown, mapping)
    noted = comments(path, shown)
    sheets = read_sheets(path, shown, comment="#" if noted else None)
    name = wanted.format or recognise(sheets, noted)
    if name is None:
        raise BadInput([fault("import.no_mapping", Place(shown), beside=mapping_beside(path).name)])
    known = years(sheets, noted, name)
    year = wanted.year or (known[0] if len(known) == 1 else None)
    if year is None:
        key = "import.which_year" if known else "import.no_year"
        raise BadInput([fault(key, Place(shown), years=", ".join(map(str, known)))])
    mapping = _changed(builtin_mapping(name, year, changes), wanted)
    return mapping, _sheets(path, shown, mapping)


def mapping_beside(path: Path) -> Path:
    """Where the mapping of a file stands if none is named: ``stock.xlsx``, ``stock.mapping.yaml``."""
    return path.parent / f"{path.stem}{BESIDE}"


def _changed(mapping: Mapping, wanted: Wanted) -> Mapping:
    """With the codes left out and the rows selected on the command line."""
    codes = mapping.codes.model_copy(update={"leave_out": (*mapping.codes.leave_out, *wanted.leave_out)})
    return mapping.model_copy(update={"codes": codes, "select": {**mapping.select, **(wanted.select or {})}})


def _sheets(path: Path, shown: str, mapping: Mapping) -> tuple[Sheet, ...]:
    given = mapping.file
    return read_sheets(path, shown, encoding=given.encoding, delimiter=given.delimiter, comment=given.comment)


def file_digest(path: Path) -> str:
    """The sha256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def guessed(path: Path, shown: str, year: int | None, language: str) -> str:
    """The text of a mapping that a person can finish, proposed from what the file looks like.

    Raises
    ------
    BadInput
        The file cannot be read, or is in a published format, which needs no mapping.
    """
    from emisim.importing.guessing.guess import guess

    noted = comments(path, shown)
    sheets = read_sheets(path, shown, comment="#" if noted else None)
    name = recognise(sheets, noted)
    if name is not None:
        raise BadInput([fault("import.known_format", Place(shown), format=name)])
    return guess(sheets, path.name, year, language)
