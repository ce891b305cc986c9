"""Parts of sources.csv: whole regions, as many as make up a block, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emisim.column import Column, joined
from emisim.errors import Fault, Place, fault
from emisim.inventory import OPTIONAL_COLUMNS, SOURCE_COLUMNS
from emisim.io.csv_file import Records, read_csv_blocks, records_from


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows of sources.csv. columns : name → their texts. line : (row,) where each stands. shown : the file as messages call it. places :
    column → its number there."""

    columns: Mapping[str, Column]
    line: np.ndarray
    shown: str
    places: Mapping[str, int]

    def __len__(self) -> int:
        return self.line.size

    def records(self) -> Records:
        """The rows as records of a table."""
        return records_from(self.columns, self.line, self.shown, self.places)

    def rows(self, first: int, end: int | None) -> Part:
        """Some of the rows that follow each other."""
        some = np.arange(first, len(self) if end is None else end)
        return Part({name: column.take(some) for name, column in self.columns.items()}, self.line[some], self.shown, self.places)


def parts(path: Path, shown: str, rows: int, faults: list[Fault]) -> Iterator[Part]:
    """The table in parts of about ``rows`` rows, or of one region if that has more.

    Parameters
    ----------
    faults : receives those of the table; the rows of one region must stand together in it.
    """
    held: list[Part] = []
    last: dict[str, int] = {}
    for records in read_csv_blocks(path, shown, SOURCE_COLUMNS, OPTIONAL_COLUMNS, faults, rows):
        if not len(records):
            continue
        block = Part(records.columns, records.line, shown, records.row(0).columns)
        begins = _begins(records["region"])
        before = held[-1].columns["region"][len(held[-1]) - 1] if held else ""
        for start in begins:
            region = records["region"][start]
            if region in last and not (start == 0 and region == before):
                place = Place(shown, int(records.line[start]), block.places.get("region", 0))
                faults.append(fault("parts.apart", place, region=region, line=last[region]))
        for start, end in zip(begins, [*begins[1:], len(block)], strict=True):
            last[records["region"][start]] = int(records.line[end - 1])
        cut = begins[-1]
        if cut or records["region"][0] != before:
            whole = [*held, block.rows(0, cut)] if cut else held
            if whole:
                yield _one(whole)
            held = [block.rows(cut, None)]
        else:
            held.append(block)
    if held:
        yield _one(held)


def _begins(region: Column) -> list[int]:
    """The rows in which a region begins."""
    known: dict[str, int] = {}
    code = region.each(lambda word: known.setdefault(word, len(known)), np.int64)
    return [0, *(np.flatnonzero(np.diff(code)) + 1).tolist()]


def _one(some: list[Part]) -> Part:
    columns = {name: joined([part.columns[name] for part in some]) for name in some[0].columns}
    return Part(columns, np.concatenate([part.line for part in some]), some[0].shown, some[0].places)
