"""What may be read as a table at all: ordinary files of some size, no other kind of document, no archive that unpacks without end."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from emisim.errors import BadInput, Fault, Place, Term, fault
from emisim.io.text_file import near_file

MB = 1_000_000
# What deflate makes of one byte over and over is 1 : 1032; sheets of formatted empty cells stay below 1 : 100.
STEEPEST, STEEP_FROM = 300, 30 * MB
MOST_PARTS = 20_000
_OLE, _ZIP, _EMPTY_ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"PK\x05\x06"
_ENCRYPTED = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"  # as UTF-16
# How files of other kinds begin.
_MAGIC = (
    (_OLE, "grid.kind.xls"),
    (b"%PDF", "grid.kind.pdf"),
    (b"{\\rtf", "grid.kind.document"),
    (b"\x1f\x8b", "grid.kind.archive"),
    (b"7z\xbc\xaf\x27\x1c", "grid.kind.archive"),
    (b"Rar!", "grid.kind.archive"),
    (b"\x89PNG", "grid.kind.picture"),
    (b"\xff\xd8\xff", "grid.kind.picture"),
    (b"\x89HDF", "grid.kind.netcdf"),
    (b"CDF\x01", "grid.kind.netcdf"),
    (b"CDF\x02", "grid.kind.netcdf"),
    (b"SQLite format 3", "grid.kind.database"),
)
_PAGE = re.compile(rb"\s*(<(!doctype|html|head|meta|body|table|div|style|\?xml|!--)|mime-version:)", re.IGNORECASE)
# Parts of a zip file that tell what it is, in this order.
_PARTS = (
    (re.compile(r"xl/workbook\.bin"), "grid.kind.xlsb"),
    (re.compile(r"word/"), "grid.kind.document"),
    (re.compile(r"ppt/"), "grid.kind.document"),
    (re.compile(r"Index(\.zip|/)"), "grid.kind.numbers"),
    (re.compile(r"(?!\[Content_Types\]\.xml)"), "grid.kind.archive"),
)
_ODF = b"application/vnd.oasis.opendocument"


@dataclass(frozen=True)
class Limits:
    """The most that is read. file : size [byte]. unpacked : all parts of a workbook [byte]. held : its parts that are held in memory, such as the
    table of texts [byte]. columns, sheets : numbers of them. merged : cells in merged ranges of a sheet."""

    file: int = 500 * MB
    unpacked: int = 3_000 * MB
    held: int = 300 * MB
    columns: int = 2_000
    sheets: int = 200
    merged: int = 500_000


def refused(key: str, shown: str, line: int = 0, column: int = 0, sheet: str = "", **values: object) -> BadInput:
    """One fault of a file as an error to be raised."""
    return BadInput([fault(key, Place(shown, line, column, sheet), **values)])


def damaged(shown: str, reason: object) -> BadInput:
    """A workbook that cannot be read, with what the library or a word of emisim's own says of it."""
    return refused("grid.broken", shown, reason=reason if isinstance(reason, Term) else short(reason))


def short(reason: object) -> str:
    """The first line of what a library says, or the name of its error."""
    lines = str(reason).strip().splitlines()
    return lines[0][:200] if lines else type(reason).__name__


def content(path: Path, shown: str, limits: Limits) -> bytes:
    """The bytes of a file that may be a table.

    Raises
    ------
    BadInput
        There is no such file, it is a folder or device, empty, too large, or a document of another kind.
    """
    try:
        if not path.exists():
            raise refused("grid.missing", shown, near=near_file(path))
        if not path.is_file():
            raise refused("grid.folder" if path.is_dir() else "grid.device", shown)
        size = path.stat().st_size
        if size > limits.file:
            raise refused("grid.too_large", shown, size=-(-size // MB), largest=limits.file // MB)
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        raise refused("file.unreadable", shown, reason=getattr(error, "strerror", None) or str(error)) from None
    found = not_a_table(raw, path, shown)
    if found:
        raise BadInput([found])
    return raw


def not_a_table(raw: bytes, path: Path, shown: str) -> Fault | None:
    """Why some bytes are neither a workbook nor a text with separators; None if they may be."""
    place = Place(shown)
    start = raw[:400].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")
    if not start.strip() and not raw.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        return fault("grid.empty", place)
    if raw.startswith(_OLE) and _ENCRYPTED in raw:
        return fault("grid.locked", place)
    kind = next((kind for start, kind in _MAGIC if raw.startswith(start)), "")
    if not kind and not is_workbook(raw):
        if _PAGE.match(start):
            kind = "grid.kind.page"
        elif path.suffix.lower() in (".xlsx", ".xlsm"):
            kind = "grid.kind.other"
    return fault("grid.kind", place, kind=Term(kind)) if kind else None


def is_workbook(raw: bytes) -> bool:
    """Whether a file begins as a zip archive does."""
    return raw.startswith((_ZIP, _EMPTY_ZIP))


def archive(raw: bytes, shown: str, limits: Limits) -> zipfile.ZipFile:
    """A workbook's bytes as an archive whose parts may be unpacked.

    Raises
    ------
    BadInput
        It is no workbook, is protected, cut off, or unpacks to more than ``limits`` allow.
    """
    try:
        parts = zipfile.ZipFile(BytesIO(raw))
        names = set(parts.namelist())
        odf = "mimetype" in names and parts.open("mimetype").read(len(_ODF)) == _ODF
    except Exception as error:  # the library raises many kinds for archives that were cut off or made up
        raise damaged(shown, error) from None
    kind = "grid.kind.ods" if odf else _kind(names)
    if kind:
        raise refused("grid.kind", shown, kind=Term(kind))
    listed = parts.infolist()
    if any(part.flag_bits & 1 for part in listed):
        raise refused("grid.locked", shown)
    # More than is declared is never unpacked: the library stops there, and the checksum fails.
    size = sum(part.file_size for part in listed)
    steep = any(part.file_size > STEEP_FROM and part.file_size > STEEPEST * part.compress_size for part in listed)
    if steep or size > limits.unpacked or len(listed) > MOST_PARTS:
        raise refused("grid.bomb", shown, size=-(-size // MB), packed=-(-len(raw) // MB), largest=limits.unpacked // MB)
    return parts


def _kind(names: set[str]) -> str:
    """What an archive is, if it is no workbook."""
    for pattern, kind in _PARTS[:-1]:
        if any(map(pattern.match, names)):
            return kind
    return "" if "[Content_Types].xml" in names else "grid.kind.archive"
