"""CSV tables with line and column of every field; nothing is guessed, shifted or dropped."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from emisim.errors import BadInput, Fault, Place, fault, nearest
from emisim.io.text_file import read_text
from emisim.text import guarded, unguarded

LONGEST_LINE = 1_000_000  # letters


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


def read_csv(path: Path, shown: str, columns: Mapping[str, bool], optional: frozenset[str], faults: list[Fault]) -> Iterator[Row]:
    """Yield the records of a table with a fixed set of columns.

    Parameters
    ----------
    columns : name → must every row fill it. A column not in ``optional`` must be in the header.
    faults : list
        Receives a fault for every record or header that is wrong; such records are left out.
    """
    try:
        text = read_text(path, shown, longest_line=LONGEST_LINE)
    except BadInput as bad:
        faults += bad.faults
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header, after, fit, misfits = [], 0, 0, []
    try:
        header = [name.strip() for name in next(reader, [])]
        if not _header(header, columns, optional, shown, faults):
            return
        places = {name: k + 1 for k, name in enumerate(header)}
        after = reader.line_num
        for record in reader:
            line, after = after + 1, reader.line_num  # a record may span lines; it stands where it begins
            if not any(field.strip() for field in record):
                continue
            if len(record) != len(header):
                misfits.append((line, len(record)))
                continue
            fit += 1
            row = Row(shown, line, dict(zip(header, (unguarded(f.strip()) for f in record), strict=True)), places)
            empty = [name for name, needed in columns.items() if needed and not row[name]]
            faults += [fault("csv.empty", row.place(name), column=name) for name in empty]
            if not empty:
                yield row
    except csv.Error as error:
        faults.append(fault("csv.syntax", Place(shown, after + 1, 1), problem=str(error)))
    faults += _misfits(shown, len(header), fit, misfits)


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
