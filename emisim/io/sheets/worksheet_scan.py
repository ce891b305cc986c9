"""What a workbook's sheets hold, from their bytes, before a library parses them: merged ranges, formulas without values, the last row.

The library that reads the cells tells none of these while it streams. The bytes are looked through once, a few rows at a time.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from emisim.errors import BadInput, Term
from emisim.io.sheets.guard import MB, Limits, damaged, refused

PIECE = 4 * MB
LONGEST_ROW = 64 * MB
WIDE_ROW = 250_000  # bytes from which the cells of a row are counted
LAST_ROW = 1_048_576  # of a sheet in Excel
SHOWN_FORMULAS = 5
# Tags that a part may have which is held in memory, by the last word of its root; a text takes four.
MOST_TAGS = MappingProxyType({b"sst": 30_000_000})
FEW_TAGS = 3_000_000
# Pictures and what is embedded are never read.
_UNREAD = ("xl/media/", "xl/embeddings/", "xl/printersettings/", "customxml/", "xl/drawings/", "xl/charts/", "xl/vbaproject.bin")
_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml"
_ROOT = re.compile(rb"<(?:([A-Za-z_][\w.-]*):)?([A-Za-z_]\w*)[\s>/]")
_RANGE = re.compile(rb"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})")
_VALUE = re.compile(rb"</(?:[\w.-]+:)?(?:v|is)\s*>")
_TEXT = re.compile(rb'\st\s*=\s*["\']str["\']')
_NAME = re.compile(rb'\sr\s*=\s*["\']([^"\']*)["\']')


@dataclass(frozen=True)
class Facts:
    """What is known of a sheet. last : its last row with a value; 0 if it is empty. widest : its last column with a value; 0 if cells do not
    say where they stand. merged : (first row, first column, last row, last column) of each range. blank : cells with a formula but
    no value, the first few. zero : the same of formulas whose stored value is 0, which programs write that do not compute."""

    last: int
    widest: int
    merged: tuple[tuple[int, int, int, int], ...]
    blank: tuple[str, ...]
    zero: tuple[str, ...]


class Scan:
    """Facts as they are gathered, region after region of whole rows."""

    def __init__(self, shown: str, part: str, prefix: bytes, limits: Limits):
        self.shown, self.part, self.limits = shown, part, limits
        self.tags = tags(prefix)
        self.row = self.last = 0
        self.bare = False
        self.columns: set[bytes] = set()
        self.merged: list[tuple[int, int, int, int]] = []
        self.blank: list[str] = []
        self.zero: list[str] = []

    def region(self, text: bytes) -> None:
        """Look through some bytes that begin and end between rows."""
        text = _without(_without(text, b"<!--", b"-->", b""), b"<![CDATA[", b"]]>", b"text")
        self._rows(text, max(self._formulas(text), *map(text.rfind, self.tags.ends)))
        if not self.last and _VALUE.search(text):  # nothing of it would be read
            raise damaged(self.shown, Term("grid.why.tags"))
        placed = text.count(self.tags.placed)
        if text.count(self.tags.open) != placed:  # other tags may begin so, or cells do not say where they stand
            self.bare |= sum(1 for _ in self.tags.cell.finditer(text)) != placed
        self.columns.update(self.tags.filled.findall(text))
        for found in self.tags.merge.finditer(text):
            self._merge(found[1])

    def facts(self) -> Facts:
        """What was found."""
        widest = 0 if self.bare else max(map(number, self.columns), default=0)
        if widest > self.limits.columns:
            raise refused("grid.columns", self.shown, columns=widest, most=self.limits.columns)
        return Facts(self.last, widest, tuple(self.merged), tuple(self.blank), tuple(self.zero))

    def _rows(self, text: bytes, filled: int) -> None:
        """Numbers of the rows, and the last of them that begins before ``filled``, where something stands for the last time."""
        before = -1
        for found in self.tags.row.finditer(text):
            said = _NAME.search(found[1]) if found[1] else None
            line = self.row + 1
            if said:
                line = int(said[1]) if said[1].isdigit() and len(said[1]) < 9 else 0
            if not self.row < line <= LAST_ROW:
                raise damaged(self.shown, Term("grid.why.rows"))
            self.row, start = line, found.start()
            if start < filled:
                self.last = line
            if start - before > WIDE_ROW and before >= 0:
                self._cells(text, before, start)
            before = start
        if before >= 0 and len(text) - before > WIDE_ROW:
            self._cells(text, before, len(text))

    def _cells(self, text: bytes, start: int, end: int) -> None:
        cells = sum(1 for _ in self.tags.cell.finditer(text, start, end))
        if cells > max(10 * self.limits.columns, 1 << 14):
            raise refused("grid.columns", self.shown, columns=cells, most=self.limits.columns)

    def _formulas(self, text: bytes) -> int:
        """Where the last formula without a value stands; -1 if there is none."""
        last = -1
        for found in self.tags.unsolved.finditer(text):
            cell = self._cell(text, found.start())
            if found[1] and _TEXT.search(cell):
                continue  # an empty text is a value
            last = found.start()
            _name(cell, self.blank)
        if len(self.zero) < SHOWN_FORMULAS:
            for found in self.tags.nought.finditer(text):
                _name(self._cell(text, found.start()), self.zero)
        return last

    def _cell(self, text: bytes, before: int) -> bytes:
        """The tag of the cell that a formula stands in."""
        start = max(text.rfind(self.tags.open + end, 0, before) for end in (b" ", b">", b"\n", b"\t", b"\r"))
        return text[start:before]

    def _merge(self, ref: bytes) -> None:
        found = _RANGE.fullmatch(ref)
        if not found:
            raise damaged(self.shown, Term("grid.why.merged"))
        first, top, last, bottom = number(found[1]), int(found[2]), number(found[3]), int(found[4])
        self.merged.append((min(top, bottom), min(first, last), max(top, bottom), max(first, last)))


def _name(cell: bytes, names: list[str]) -> None:
    """Put the name of a cell among the first few."""
    if len(names) < SHOWN_FORMULAS:
        said = _NAME.search(cell)
        names.append(said[1].decode("ascii", "replace") if said else "?")


@dataclass(frozen=True)
class Tags:
    """How the tags of a sheet are found. row : with its attributes; cell : any; placed : a cell that says where it stands; filled : its column if it
    is not empty; ends : of what a cell holds; unsolved : formula up to the end of its cell without a value; nought : with 0; merge : range of merged cells."""

    start: bytes
    row: re.Pattern[bytes]
    open: bytes
    cell: re.Pattern[bytes]
    placed: bytes
    filled: re.Pattern[bytes]
    ends: tuple[bytes, ...]
    unsolved: re.Pattern[bytes]
    nought: re.Pattern[bytes]
    merge: re.Pattern[bytes]


@lru_cache(maxsize=16)
def tags(prefix: bytes) -> Tags:
    """Tags whose names begin with a prefix such as ``x:``, mostly none."""

    def pattern(text: bytes) -> re.Pattern[bytes]:
        return re.compile(text.replace(b"~", re.escape(prefix)))

    return Tags(
        start=b"<%brow" % prefix,
        row=pattern(rb"<~row(\s[^<>]*)?/?>"),
        open=b"<%bc" % prefix,
        cell=pattern(rb"<~c[\s>/]"),
        placed=b'<%bc r="' % prefix,
        filled=pattern(rb'<~c r="([A-Z]{1,3})\d+"[^<>]*+(?<!/)>(?!</~c>)'),
        ends=(b"</%bv>" % prefix, b"</%bv " % prefix, b"</%bis>" % prefix),
        unsolved=pattern(rb"<~f(?:\s[^<>]*)?(?:/>|>[^<]*+</~f\s*>)\s*(<~v\s*/>|<~v>\s*</~v\s*>)?\s*</~c\s*>"),
        nought=pattern(rb"<~f(?:\s[^<>]*)?(?:/>|>[^<]*+</~f\s*>)\s*<~v>0</~v\s*>\s*</~c\s*>"),
        merge=pattern(rb'<~mergeCell\s[^<>]*?ref\s*=\s*["\']([^"\']*)["\']'),
    )


def _without(text: bytes, start: bytes, end: bytes, instead: bytes) -> bytes:
    """The text with something else for what may hold signs that are no tags."""
    if start not in text:
        return text
    first, *others = text.split(start)
    return first + b"".join(instead + part.partition(end)[2] for part in others)


def number(letters: bytes) -> int:
    """A column of a workbook by its letters: A → 1, AA → 27."""
    found = 0
    for letter in letters:
        found = 26 * found + letter - 64
    return found


def scan(parts: zipfile.ZipFile, shown: str, limits: Limits) -> dict[str, Facts]:
    """Part of an archive → what is known of it, for those that are sheets. All parts that a reader may look into are checked.

    Raises
    ------
    BadInput
        A part is damaged, declares entities, is too large to be held in memory, or a sheet is beyond the limits.
    """
    found, held = {}, 0
    for part in parts.infolist():
        if part.is_dir() or part.filename.lower().startswith(_UNREAD):
            continue
        pieces = _pieces(parts, part.filename, shown)
        first = next(pieces, b"")
        root = _root(first, shown)
        if root and root[2] == b"worksheet":
            found[part.filename] = _sheet(first, pieces, part.filename, root, shown, limits)
            continue
        held += part.file_size
        if held > limits.held:
            raise refused("grid.bomb", shown, size=-(-held // MB), packed=-(-part.compress_size // MB), largest=limits.held // MB)
        count = first.count(b"<") + sum(piece.count(b"<") for piece in pieces)
        if root and count > MOST_TAGS.get(root[2], FEW_TAGS):
            raise refused("grid.parts", shown, part=part.filename)
    return found


def _root(first: bytes, shown: str) -> re.Match[bytes] | None:
    """The first tag of a part that is XML."""
    if first[:2] in (b"\xff\xfe", b"\xfe\xff") or (b"\x00" in first[:8] and b"<" in first[:8]):
        raise damaged(shown, Term("grid.why.encoding"))
    root = _ROOT.search(first)
    if root and root[2] in (b"worksheet", b"workbook") and _STRICT in first[root.start() : root.start() + 2000]:
        raise refused("grid.kind", shown, kind=Term("grid.kind.strict"))
    return root


def _pieces(parts: zipfile.ZipFile, name: str, shown: str) -> Iterator[bytes]:
    """The bytes of a part, piece by piece."""
    end = b""
    try:
        with parts.open(name) as stream:
            while piece := stream.read(PIECE):
                text = end + piece
                if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                    raise refused("grid.entities", shown, part=name)
                end = piece[-10:]
                yield piece
    except BadInput:
        raise
    except Exception as error:  # each method of compression raises its own
        raise damaged(shown, error) from None


def _sheet(first: bytes, pieces: Iterator[bytes], part: str, root: re.Match[bytes], shown: str, limits: Limits) -> Facts:
    prefix = root[1] + b":" if root[1] else b""
    found = Scan(shown, part, prefix, limits)
    rest = first
    for piece in pieces:
        cut = piece.rfind(found.tags.start)
        if cut > 0:
            found.region(rest + piece[:cut])
            rest = piece[cut:]
        else:
            rest += piece
        if len(rest) > LONGEST_ROW:
            raise damaged(shown, Term("grid.why.row"))
    if not rest.rstrip().endswith(b"</" + prefix + b"worksheet>"):
        raise damaged(shown, Term("grid.why.cut"))
    found.region(rest)
    return found.facts()
