"""CSV tables with line and column of every field; nothing is guessed, shifted or dropped. They are read by column, block by block."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice
from pathlib import Path

import numpy as np

from emisim.coder import Coder, Fields, column_of, fields_of
from emisim.column import Column
from emisim.errors import BadInput, Fault, Place, fault, nearest
from emisim.io.csv_block import plain_block
from emisim.io.text_file import Stream, utf8_pieces
from emisim.text import guarded, unguarded

LONGEST_LINE = 1_000_000  # bytes
SOME = 2048  # records that csv reads together


@dataclass(frozen=True)
class Row:
    """One record: texts by column, and where they stand. sheet : of the workbook, if it is from one."""

    file: str
    line: int
    fields: Mapping[str, str]
    columns: Mapping[str, int]
    sheet: str = ""

    def __getitem__(self, column: str) -> str:
        return self.fields.get(column, "")

    def place(self, column: str = "") -> Place:
        return Place(self.file, self.line, self.columns.get(column, 0), self.sheet)


@dataclass(frozen=True, eq=False)
class Records:
    """The records of a table, by column. columns : of all names that the table may have. line : (row,) where each begins. row : its
    number → one of them. rows : all of them."""

    columns: Mapping[str, Column]
    line: np.ndarray
    row: Callable[[int], Row]
    rows: Callable[[], list[Row]]

    def __len__(self) -> int:
        return self.line.size

    def __getitem__(self, column: str) -> Column:
        return self.columns[column]


def records_from(columns: Mapping[str, Column], line: np.ndarray, shown: str, places: Mapping[str, int]) -> Records:
    """Columns as the records of a table. shown : its file as messages call it. places : column → its number there."""
    return _records(columns, line, shown, places)


def records_of(rows: Sequence[Row], names: Iterable[str]) -> Records:
    """Rows, wherever they are from, by column."""
    columns = {name: column_of([row[name] for row in rows]) for name in names}
    return Records(columns, np.array([row.line for row in rows], dtype=np.int64), rows.__getitem__, lambda: list(rows))


def read_csv(path: Path, shown: str, columns: Mapping[str, bool], optional: frozenset[str], faults: list[Fault]) -> Records:
    """The records of a table with a fixed set of columns.

    Parameters
    ----------
    columns : name → must every row fill it. A column not in ``optional`` must be in the header.
    faults : list
        Receives a fault for every record or header that is wrong; such records are left out.
    """
    found = next(read_csv_blocks(path, shown, columns, optional, faults), None)
    return records_of((), columns) if found is None else found


def read_csv_blocks(
    path: Path,
    shown: str,
    columns: Mapping[str, bool],
    optional: frozenset[str],
    faults: list[Fault],
    rows: int | None = None,
) -> Iterator[Records]:
    """The same in blocks, so that a table of any length fits into the memory: of its bytes a piece at a time is held.

    Parameters
    ----------
    columns, optional, faults : as for ``read_csv``. When a block comes, the faults of its records are among them.
    rows : most records of a block; None for all in one. Of a table without any record there may be no block.
    """
    try:
        yield from _read(Stream(utf8_pieces(path, shown, LONGEST_LINE)), shown, columns, optional, faults, rows)
    except BadInput as bad:
        faults += bad.faults


def _read(
    stream: Stream, shown: str, columns: Mapping[str, bool], optional: frozenset[str], faults: list[Fault], rows: int | None
) -> Iterator[Records]:
    try:
        header = [name.strip() for name in next(csv.reader(stream.lines(), strict=True), [])]
    except csv.Error as error:
        faults.append(fault("csv.syntax", Place(shown, 1, 1), problem=str(error)))
        return
    if not _header(header, columns, optional, shown, faults):
        return
    places = {name: k + 1 for k, name in enumerate(header)}
    misfits: list[tuple[int, int]] = []
    fit, table = 0, _Table(places)
    for part in _parts(stream, shown, len(header)):
        fit += part.line.size
        misfits += part.misfits
        faults += part.broken
        for first, end in table.shares(part.line.size, rows):
            table.add([fields.part(first, end) for fields in part.fields], part.line[first:end])
            if len(table) == rows:
                faults += _misfits(shown, len(header), fit, misfits)
                misfits.clear()
                yield table.records(shown, columns, faults)
                table = _Table(places)
        del part  # before the next one is made
    faults += _misfits(shown, len(header), fit, misfits)
    if len(table) or rows is None:
        yield table.records(shown, columns, faults)


class _Table:
    """Records of a table that become one block of it. places : column → its number."""

    def __init__(self, places: Mapping[str, int]):
        self.places = places
        self._coders = [Coder() for _ in places]
        self._lines: list[np.ndarray] = []

    def __len__(self) -> int:
        return sum(map(len, self._lines))

    def shares(self, count: int, rows: int | None) -> Iterator[tuple[int, int]]:
        """(first, end) of the shares of so many records that go into this table and the next, so that each has so many rows."""
        if rows is None or not count:
            return iter([(0, count)] if count else [])
        ends = [*range(rows - len(self), count, rows), count]
        return zip([0, *ends], ends, strict=False)

    def add(self, fields: Sequence[Fields], line: np.ndarray) -> None:
        for coder, some in zip(self._coders, fields, strict=True):
            coder.add(some)
        self._lines.append(line.astype(np.int32))

    def records(self, shown: str, columns: Mapping[str, bool], faults: list[Fault]) -> Records:
        """The records with every field filled that must be; nothing can be added any more."""
        line = np.concatenate([np.zeros(0, np.int32), *self._lines])
        empty = column_of(("",))
        found = dict.fromkeys(columns, Column(np.zeros(line.size, np.uint8), empty.words))
        found |= {name: coder.column() for name, coder in zip(self.places, self._coders, strict=True)}
        kept = _filled(_records(found, line, shown, self.places), columns, faults)
        if kept.size < line.size:
            found, line = {name: column.take(kept) for name, column in found.items()}, line[kept]
        return _records(found, line, shown, self.places)


@dataclass(frozen=True, eq=False)
class _Part:
    """Some records that follow each other. fields : of each column, if there are any. line : (row,) where each begins. misfits : (line, fields)
    of those that have too few or too many. broken : why there are no more."""

    fields: Sequence[Fields]
    line: np.ndarray
    misfits: Sequence[tuple[int, int]] = ()
    broken: Sequence[Fault] = ()


def _parts(stream: Stream, shown: str, width: int) -> Iterator[_Part]:
    while stream.more():
        block = plain_block(stream.held(), width) if width > 1 else None
        if block is None:
            yield from _by_csv(stream, shown, width)
            continue
        misfits = [(stream.line + line, got) for line, got in block.misfits]
        line = stream.line + block.line
        stream.skip(block.size, block.lines)
        fields = block.columns()
        del block  # so that two blocks are never held
        yield _Part(fields, line, misfits)
        del fields


def _by_csv(stream: Stream, shown: str, width: int) -> Iterator[_Part]:
    """The records of the lines that are held, by Python's csv; a record may span lines. What cannot be read ends the table."""
    reader, end = csv.reader(stream.lines(), strict=True), stream.line + len(stream.held().splitlines())
    broken: list[Fault] = []
    while not broken:
        before, records = stream.line, []
        begin: Sequence[int]
        try:
            records.extend(islice(reader, SOME))  # keeps what came before an error
            begin = range(before, stream.line)
            if len(begin) != len(records):
                begin = _begin(before, records)[:-1]
        except csv.Error as error:
            begin = _begin(before, records)
            broken.append(fault("csv.syntax", Place(shown, begin.pop(), 1), problem=str(error)))
            stream.close()
        misfits: list[tuple[int, int]] = []
        kept, begin = _whole(records, begin, width, misfits)
        fields = [fields_of(_unguarded(texts)) for texts in zip(*kept, strict=True)]
        yield _Part(fields, np.fromiter(begin, np.int64, len(kept)), misfits, broken)
        if not records or stream.line >= end:
            return


def _begin(line: int, records: list[list[str]]) -> list[int]:
    """The lines that some records begin in, and the one after them."""
    return list(accumulate(map(_height, records), initial=line))


def _height(record: list[str]) -> int:
    """Lines that a record stands in."""
    return 1 + sum(text.count("\n") + text.count("\r") - text.count("\r\n") for text in record)


def _unguarded(texts: Sequence[str]) -> Sequence[str]:
    """Texts of a column without the apostrophes that keep formulas from being run; few columns have any apostrophe."""
    return [unguarded(text.strip()) for text in texts] if "'" in "".join(texts) else texts


def _whole(records: list[list[str]], begin: Sequence[int], width: int, misfits: list[tuple[int, int]]):
    """The records with as many fields as the header, and their lines; those without any text are no records. misfits : receives
    (line, fields) of the others."""
    if set(map(len, records)) == {width}:
        return records, begin
    kept = []
    for record, line in zip(records, begin, strict=True):
        if len(record) == width:
            kept.append((record, line))
        elif any(text.strip() for text in record):
            misfits.append((line, len(record)))
    return [record for record, _ in kept], [line for _, line in kept]


def _records(columns: Mapping[str, Column], line: np.ndarray, shown: str, places: Mapping[str, int]) -> Records:
    def row(number: int) -> Row:
        return Row(shown, int(line[number]), {name: columns[name][number] for name in places}, places)

    def rows() -> list[Row]:
        records = zip(*(columns[name].texts() for name in places), strict=True)
        return [
            Row(shown, at, dict(zip(places, texts, strict=True)), places)
            for at, texts in zip(line.tolist(), records, strict=True)
        ]

    return Records(columns, line, row, rows)


def _filled(found: Records, columns: Mapping[str, bool], faults: list[Fault]) -> np.ndarray:
    """The places of the records in which every field is filled that must be; those without any text are no records."""
    empty = {name: found[name].empty() for name, needed in columns.items() if needed}
    bad = np.logical_or.reduce([*empty.values()], axis=0)
    for number in np.flatnonzero(bad).tolist():
        row = found.row(number)
        if any(row.fields.values()):
            faults += [fault("csv.empty", row.place(name), column=name) for name, rows in empty.items() if rows[number]]
    return np.flatnonzero(~bad)


def _misfits(shown: str, wanted: int, fit: int, misfits: list[tuple[int, int]]) -> list[Fault]:
    """Records with too few or too many fields; if all have the same number, it is the header that is wrong."""
    counts = {got for _, got in misfits}
    if not fit and len(misfits) > 1 and len(counts) == 1:
        return [fault("csv.header_fields", Place(shown, 1, wanted), wanted=wanted, got=counts.pop(), count=len(misfits))]
    return [fault("csv.fields", Place(shown, line, got), got=got, wanted=wanted) for line, got in misfits]


def _header(header: list[str], columns: Mapping[str, bool], optional: frozenset[str], shown: str, faults: list[Fault]) -> bool:
    before = len(faults)
    for k, name in enumerate(header):
        if name not in columns:
            near = nearest(name, set(columns) - set(header))
            key = "csv.unknown_column"
            faults.append(fault(key, Place(shown, 1, k + 1), column=name, near=near))
        elif name in header[:k]:
            faults.append(fault("csv.duplicate_column", Place(shown, 1, k + 1), column=name))
    missing = [name for name in columns if name not in header and name not in optional]
    if missing:
        faults.append(fault("csv.missing_column", Place(shown, 1, 1), column=", ".join(missing)))
    return len(faults) == before


def csv_bytes(header: Iterable[object], rows: Iterable[Iterable[object]]) -> bytes:
    """A table as the bytes of a CSV file; equal tables give equal bytes.

    Every CSV that emisim writes may be opened in a spreadsheet, and its texts may come from anybody: what would be run as a formula there has
    an apostrophe before it. ``read_csv`` takes it off again, so an inventory comes back as it was.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    for row in chain((header,), rows):
        writer.writerow([_text(cell) if isinstance(cell, str) else cell for cell in row])
    return stream.getvalue().encode()


def _text(cell: str) -> str:
    """A text as a field; a lone carriage return would be no reason for quotes to Python, but the end of a row to others."""
    return guarded(cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell)
