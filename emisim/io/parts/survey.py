"""The survey of a table of any size: which kinds of source there are, before anything is run. One source of each kind stands for all of them, so
that a plan is checked, and a result told, as for a county."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from emisim.column import TextColumns
from emisim.errors import Fault, Limited, Place, TooMany, and_more, fault
from emisim.inventory import CORRELATION_COLUMNS, SOURCE_COLUMNS, Inventory, SourceTexts
from emisim.io.csv_file import Row, csv_bytes, records_of
from emisim.io.csv_number import numbers
from emisim.io.inventory_folder import CORRELATIONS, SOURCES, other_tables
from emisim.io.inventory_tables import BadInventory, Table, Tables, checked
from emisim.io.parts.blocks import parts
from emisim.sums import COLUMNS, Kind, source_kinds

WORDS = ("source_id", "region", "sector")  # that the store keeps of every source


@dataclass(eq=False)
class Survey:
    """Reads an inventory in the place of ``read_inventory``: of its sources one of each kind.

    rows : of a part. After reading: parts, sources, regions : how many there are. widths : column → letters of its longest text. tables : those of
    the inventory, with the ``stand_ins`` as their sources; kinds : in the order of these. totals : kind → activity, as its unit is written.
    """

    rows: int
    parts: int = 0
    sources: int = 0
    regions: int = 0
    widths: dict[str, int] = field(default_factory=dict)
    tables: Tables | None = None
    kinds: tuple[Kind, ...] = ()
    stand_ins: tuple[dict[str, str], ...] = ()
    totals: dict[Kind, float] = field(default_factory=dict)

    def inventory(self, folder: Path, base_year: int, years: tuple[int, int], alternatives, shown: str, where) -> Inventory:
        """One source of each kind, with the activity of them all.

        Raises
        ------
        BadInventory
        """
        faults: list[Fault] = Limited()
        try:
            tables = other_tables(folder, shown, base_year, faults)
            codes = self._read(folder / SOURCES, f"{shown}/{SOURCES}", faults)
        except TooMany:
            raise BadInventory([*faults, and_more(faults[-1].place)], None) from None
        if faults:
            raise BadInventory(faults, None)
        self.kinds = tuple(sorted(self.totals))
        names = {kind: f"kind-{k + 1:0{len(str(len(self.kinds)))}d}" for k, kind in enumerate(self.kinds)}
        self.stand_ins = tuple(self._stand_in(kind, names, _common(codes)) for kind in self.kinds)
        places = {name: k + 1 for k, name in enumerate(SOURCE_COLUMNS)}
        rows = [Row(f"{shown}/{SOURCES}", k + 2, fields, places) for k, fields in enumerate(self.stand_ins)]
        sources = Table(SOURCES, records_of(rows, SOURCE_COLUMNS))
        none = Table(CORRELATIONS, records_of((), CORRELATION_COLUMNS))  # they are between figures of single sources
        self.tables = replace(tables, sources=sources, correlations=none)
        return checked(self.tables, base_year, years, faults, alternatives, where)

    def content(self, path: Path) -> bytes:
        """What stands in the place of a file of the scenario: of sources.csv, the stand-ins."""
        if path.name != SOURCES:
            return path.read_bytes()
        return csv_bytes(SOURCE_COLUMNS, ([row[name] for name in SOURCE_COLUMNS] for row in self.stand_ins))

    def _read(self, path: Path, shown: str, faults: list[Fault]) -> set[str]:
        """Read the whole table once; the codes of its regions."""
        codes: set[str] = set()
        ids: list[np.ndarray] = []
        for part in parts(path, shown, self.rows, faults):
            texts = SourceTexts(shown, TextColumns(part.columns, frozenset()))
            names = texts.text["source_id"]
            kind, kinds = source_kinds(texts, _upstream(texts))
            activity = part.columns["activity"].blocks(lambda words: numbers(words, np.nan))
            total = np.bincount(kind, np.nan_to_num(activity), len(kinds))
            for one, tonnes in zip(kinds, total.tolist(), strict=True):
                self.totals[one] = self.totals.get(one, 0.0) + tonnes
            ids.append(np.fromiter(map(hash, names.tolist()), np.int64, len(part)))
            codes |= texts.present("region")
            for column in WORDS:
                here = max(map(len, texts.present(column) if column != "source_id" else names.tolist()))
                self.widths[column] = max(self.widths.get(column, 1), here)
            self.parts, self.sources = self.parts + 1, self.sources + len(part)
        self.regions = len(codes)
        if not self.sources and not faults:
            faults.append(fault("inventory.empty", Place(shown)))
        if not faults:
            self._told_twice(path, shown, np.concatenate(ids), faults)
        return codes

    def _told_twice(self, path: Path, shown: str, ids: np.ndarray, faults: list[Fault]) -> None:
        """Ids that stand in more than one part; within a part they are told when it is run."""
        ids.sort()
        again = set(ids[1:][ids[1:] == ids[:-1]].tolist())
        if not again:
            return
        first: dict[str, int] = {}
        for part in parts(path, shown, self.rows, []):
            for name, line in zip(part.columns["source_id"].texts(), part.line.tolist(), strict=True):
                if hash(name) not in again:
                    continue
                if name in first:
                    place = Place(shown, line, part.places["source_id"])
                    faults.append(fault("csv.duplicate", place, key=name, line=first[name]))
                first.setdefault(name, line)

    def _stand_in(self, kind: Kind, names: dict[Kind, str], region: str) -> dict[str, str]:
        """The row of sources.csv that stands for all sources of a kind."""
        words, fed_by = kind
        called = ", ".join(word for word in words[:5] if word)
        row = dict.fromkeys(SOURCE_COLUMNS, "") | dict(zip(COLUMNS, words, strict=True))
        return row | {
            "source_id": names[kind],
            "name_zh": called,
            "name_en": called,
            "region": region,
            "activity": repr(self.totals[kind]),
            "distribution": "fixed",
            "inflow_from": names[fed_by] if fed_by else "",
            "source": "sum of all sources of this kind",
        }


def _upstream(texts: SourceTexts) -> np.ndarray:
    """(row,) the row whose leftover feeds this one, or -1."""
    out = np.full(len(texts), -1)
    fed = np.flatnonzero(texts.text["inflow_from"] != "")
    if fed.size:
        place = {name: row for row, name in enumerate(texts.ids.tolist())}
        out[fed] = [place.get(name, -1) for name in texts.text["inflow_from"][fed].tolist()]
    return out


def _common(codes: set[str]) -> str:
    """The code of the region that all regions lie in: what their codes begin with, filled up with zeros."""
    first, last = min(codes, default=""), max(codes, default="")
    same = next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first if first == last else first[: same - same % 2] + "0" * (len(first) - (same - same % 2))
