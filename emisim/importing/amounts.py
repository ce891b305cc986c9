"""Amounts of a foreign table in canonical units: emissions in t/yr, shares in 1, activities in the unit that stands there."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from emisim import units
from emisim.importing.entries import Conversion, Done
from emisim.importing.layout import Layout
from emisim.importing.mapping import Amount, UnitColumn
from emisim.importing.numbers import How, numbers
from emisim.importing.problems import Problems
from emisim.importing.sheet import Cell
from emisim.importing.texts import clean

SPECIES = MappingProxyType({"NO2": 1.0, "NO": 46.0055 / 30.0061, "N": 46.0055 / 14.0067})  # g NOx as NO2 per g
_BAD = MappingProxyType({How.BAD: "import.number", How.DATE: "import.date_number", How.FORMULA: "import.formula_error"})
NO_UNITS = ("1", "%", "‰")  # of an activity or a factor
MASS, SHARE, ANY = "tonne / year", "dimensionless", ""


@dataclass(frozen=True)
class Scale:
    """A unit text: factor to the canonical unit of its kind, that unit, the text with its time, whether the time was added, and the number
    in front of the unit."""

    factor: float
    base: str
    text: str
    annual: bool
    number: float = 1.0


@lru_cache(maxsize=4096)
def scale(unit: str) -> Scale:
    """What a unit is worth. An amount of mass, volume, energy, distance or money without time is one of a year: ``万吨`` is ``万吨/yr``.

    Raises
    ------
    units.UnitError
    """
    if unit.strip() == "1":
        return Scale(1.0, SHARE, unit, False)
    if unit.strip()[:1].isdigit():  # 50 kg, of a crate of glass
        number, name = units.split(unit)
        one = scale(name)
        return Scale(one.factor * number, one.base, one.text, one.annual, number)
    factor, base = units.to_base(unit)
    flows = any(name in base for name in ("tonne", "joule", "yuan", "currency", "USD", "EUR")) or "meter" in base
    if "year" in base or base in ("meter ** 2", "steam_tonne", SHARE) or not flows or " / " in base:
        return Scale(factor, base, unit, False)
    return Scale(factor, f"{base} / year", f"({unit})/yr" if "/" in unit else f"{unit}/yr", True)


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a block: value (row,) in canonical units, nan where there is no figure; done (row,); bad (row,) of cells that are no
    number; unit (row,): number of the unit of each row, or None."""

    value: np.ndarray
    done: np.ndarray
    bad: np.ndarray
    unit: np.ndarray | None


class AmountReader:
    """Reads one column of numbers, block by block.

    kind : canonical unit that is wanted, or ``ANY``. missing : words for "no figure". notes : receives what a person should look at. words :
    (word →) rows with such a word.
    """

    def __init__(self, spec: Amount, kind: str, missing: Mapping[str, str], layout: Layout, problems: Problems, notes: Problems):
        self.spec, self.kind, self.missing, self.layout, self.problems = spec, kind, missing, layout, problems
        self.notes = notes
        named = spec.column or spec.otherwise_sum[0]
        self.column = layout.at(named)
        header = next((h.text for h in layout.columns if h.number == self.column + 1 and h.text), "")
        self.label = header if named.startswith("#") and header else named
        self.pending: list[tuple[str, int, str]] = []  # cells that are no numbers: key, line, text
        self.words: dict[str, int] = {}
        self.conversions: dict[str, Conversion] = {}
        self.units: list[str] = []
        self._number: dict[str, int] = {}
        parts = [spec.model_copy(update={"column": c, "otherwise_sum": ()}) for c in spec.otherwise_sum]
        self.months = [AmountReader(part, kind, missing, layout, problems, notes) for part in parts]
        self._fixed = None if isinstance(spec.unit, UnitColumn) else self._scale(spec.unit, layout.sheet.place())
        if spec.column:
            self._against_header()

    def _scale(self, unit: str, place) -> Scale | None:
        """The unit, noted if it is not the canonical one; None, and a fault, if it is of another kind."""
        wanted = {MASS: "t/yr", SHARE: "%"}.get(self.kind, "t/yr, kg/t")
        try:
            found = scale(unit)
        except units.UnitError as error:
            self.problems.add(error.fault.key, place, **error.fault.values)
            return None
        if (self.kind and found.base != self.kind) or (not self.kind and unit.strip() in NO_UNITS):
            self.problems.add("import.unit_kind", place, unit=unit, column=self.label, wanted=wanted)
            return None
        if self.kind == MASS and found.factor != 1.0:
            self.conversions[unit] = Conversion(self.label, unit, "t/yr", found.factor)
        elif not self.kind and (found.annual or found.number != 1.0):
            self.conversions[unit] = Conversion(self.label, unit, found.text, found.number)
        return found

    def _against_header(self) -> None:
        """A unit in the header that is another one than the mapping says."""
        header = next((h for h in self.layout.columns if h.number == self.column + 1), None)
        if self._fixed is None or header is None or not header.unit:
            return
        try:
            told = scale(header.unit)
        except units.UnitError:
            return
        if told.base != self._fixed.base or not math.isclose(told.factor, self._fixed.factor, rel_tol=1e-9):
            place = self.layout.sheet.place(max(self.layout.header, default=0), self.column + 1)
            self.notes.add("import.note.unit", place, column=header.text, header=header.unit_as_written, mapping=self.spec.unit)

    def numbered(self, unit: str) -> int:
        """Number of a unit among ``units``."""
        if unit not in self._number:
            self._number[unit] = len(self.units)
            self.units.append(unit)
        return self._number[unit]

    def read(self, cells: Mapping[int, Sequence[Cell]], lines: Sequence[int], taken: np.ndarray) -> Column:
        """Read some rows. taken : (row,) whether a cell that cannot be read is a fault; where it is not, its row is left out anyway."""
        own = cells[self.column] if self.spec.column else [None] * len(lines)
        found = numbers(own, self.missing)
        value, done = found.value.copy(), np.zeros(len(lines), dtype=np.int32)
        done[found.how == How.CLEANED] |= Done.CLEANED
        if self.layout.header:  # programs write 1.2E+05, too, but they write no header
            done[found.how == How.ROUNDED] |= Done.ROUNDED
        bad = found.how >= How.BAD
        for row in np.flatnonzero(bad & taken).tolist():
            self._wrong(_BAD[How(found.how[row])], cells[self.column][row], lines[row])
        if self._fixed is None and not isinstance(self.spec.unit, UnitColumn):
            return Column(np.full_like(value, np.nan), done, np.ones(len(lines), dtype=bool), None)
        scales, unit = self._units(cells, lines, taken & ~np.isnan(value), bad, done)
        for row, text in found.unit.items():
            scales[row] = self._in_cell(text, scales[row], cells, row, lines, taken, bad, done)
        value = value * scales if self.kind else value * np.where(np.isnan(scales), 1.0, scales)
        column = Column(np.where(bad, np.nan, value), done, bad, unit)
        column = self._months(cells, lines, taken, column) if self.months else column
        if self.spec.column:
            self._count(cells, np.isnan(column.value) & ~column.bad & taken)
        return column

    def _wrong(self, key: str, cell: Cell, line: int) -> None:
        self.pending.append((key, line, clean(cell)))

    def tell(self, notes: Container[int]) -> None:
        """Tell the cells that are no numbers. notes : rows below the data that are signatures and footnotes."""
        for month in self.months:
            month.tell(notes)
        for key, line, text in self.pending:
            if line not in notes:
                self.problems.add(key, self.layout.sheet.place(line, self.column + 1), column=self.label, text=text)

    def _units(self, cells, lines, taken, bad, done) -> tuple[np.ndarray, np.ndarray | None]:
        """Factor of each row to the canonical unit (1 where the unit is kept), and the number of its unit."""
        rows = len(lines)
        if self._fixed is not None:
            done |= Done.UNIT * (self.kind == MASS and self._fixed.factor != 1.0)
            number = np.full(rows, self.numbered(self._fixed.text), dtype=np.int32) if not self.kind else None
            return np.full(rows, self._fixed.factor if self.kind else self._fixed.number), number
        column = cells[self.layout.at(self.spec.unit.column)]
        factor, number = np.ones(rows), np.zeros(rows, dtype=np.int32)
        distinct = {text: k for k, text in enumerate(dict.fromkeys(column))}
        which = np.fromiter(map(distinct.__getitem__, column), dtype=np.int32, count=rows)
        for text, k in distinct.items():
            same = which == k
            wanted = np.flatnonzero(same & taken)
            if not wanted.size:
                bad |= same  # nobody needs its figures, and nobody looks at its unit
                continue
            written = clean(text)
            place = self.layout.sheet.place(lines[int(wanted[0])], self.layout.place[self.spec.unit.column])
            if not written:
                self.problems.add("import.no_unit", place, column=self.spec.unit.column)
                found = None
            else:
                found = self._scale(self.spec.unit.names.get(written, written), place)
            if found is None:
                bad |= same
                continue
            factor[same] = found.factor if self.kind else found.number
            number[same] = self.numbered(found.text)
            done[same] |= Done.UNIT * (self.kind == MASS and found.factor != 1.0)
        return factor, None if self.kind else number

    def _in_cell(self, text: str, usual: float, cells, row: int, lines, taken, bad, done) -> float:
        """Factor of a cell that brings its own unit, such as ``3 吨``; it must be of the kind of the column."""
        try:
            found = scale(text)
            column = self._fixed or scale(clean(cells[self.layout.at(self.spec.unit.column)][row]))
        except units.UnitError:
            found = column = None
        if found is None or found.base != column.base:
            bad[row] = True
            if taken[row]:
                self._wrong("import.number", cells[self.column][row], lines[row])
            return usual
        done[row] |= Done.CELL_UNIT
        return found.factor if self.kind else found.factor / column.factor

    def _months(self, cells, lines, taken: np.ndarray, column: Column) -> Column:
        """Where the year has no figure, the sum of the months if all have one."""
        empty = np.isnan(column.value) & ~column.bad
        if not empty.any():
            return column
        months = [reader.read(cells, lines, taken & empty) for reader in self.months]
        total = np.sum([month.value for month in months], axis=0)
        told = empty & ~np.isnan(total)
        done = column.done | np.where(told, int(Done.MONTHS), 0)
        for month in months:
            done = done | np.where(told, month.done, 0)
            for row in np.flatnonzero(taken & empty & (month.value < 0)).tolist():
                self.pending.append(("import.number", lines[row], f"{month.value[row]:.6g}"))
        return Column(np.where(told, total, column.value), done, column.bad, column.unit)

    def _count(self, cells, absent: np.ndarray) -> None:
        column = cells[self.column]
        for cell, count in Counter(column[row] for row in np.flatnonzero(absent).tolist()).items():
            self.words[clean(cell)] = self.words.get(clean(cell), 0) + count
