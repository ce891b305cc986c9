"""Figures of a foreign table: activities, emissions stated or by factor, and the control in place, block by block."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from collections.abc import Mapping as Dict

import numpy as np

from emisim.errors import Place
from emisim.importing.amounts import MASS, SHARE, SPECIES, AmountReader, scale
from emisim.importing.entries import Done
from emisim.importing.layout import Layout
from emisim.importing.mapping import Figures, Mapping
from emisim.importing.problems import Problems
from emisim.importing.sheet import Cell
from emisim.importing.texts import clean
from emisim.units import mass_a_year

SMALL = 0.01  # an efficiency, rarely meant
APART = 0.05  # by so much may an emission differ from activity times factor before it is told


class _Figure:
    """The readers of one pollutant's columns."""

    def __init__(self, figures: Figures, missing: Dict[str, str], layout: Layout, problems: Problems, notes: Problems):
        def reader(amount, kind):
            return AmountReader(amount, kind, missing, layout, problems, notes) if amount else None

        self.emission = reader(figures.emission, MASS)
        self.factor = reader(figures.factor, "")
        self.efficiency = reader(figures.efficiency, SHARE)
        self.effectiveness = [reader(share, SHARE) for share in figures.effectiveness]
        self.species = SPECIES[figures.species]
        self.uncontrolled = figures.factor_is == "uncontrolled"

    def all(self) -> list[AmountReader]:
        return [r for r in (self.emission, self.factor, self.efficiency, *self.effectiveness) if r]


class FigureReader:
    """Reads the figures of a sheet.

    pollutants : names of those that columns, or rows, may be of.
    """

    def __init__(self, mapping: Mapping, pollutants: tuple[str, ...], layout: Layout, problems: Problems, notes: Problems):
        self.layout, self.problems, self.notes, self.pollutants = layout, problems, notes, pollutants
        given = mapping.missing, layout, problems, notes
        self.figures = {p: _Figure(f, *given) for p, f in mapping.pollutants.items()}
        self.long = _Figure(mapping.long, *given) if mapping.long else None
        self.activity = AmountReader(mapping.activity, "", *given) if mapping.activity else None
        self.small: list[tuple[int, AmountReader]] = []  # efficiencies up to 1 %, in columns of per cent
        self.large: set[AmountReader] = set()  # columns with larger ones
        self.idle: list[int] = []  # rows with a factor but no activity

    def counting(self) -> set[int]:
        """Indices of the columns whose figures count, each once: emissions and activities."""
        readers = [self.activity, *(f.emission for f in [*self.figures.values(), *([self.long] if self.long else [])])]
        return {self.layout.at(c) for r in readers if r for c in (r.spec.column, *r.spec.otherwise_sum) if c}

    def all(self) -> list[AmountReader]:
        """The readers of all columns."""
        found = [r for f in [*self.figures.values(), *([self.long] if self.long else [])] for r in f.all()]
        return found + ([self.activity] if self.activity else [])

    def absent(self) -> dict[tuple[str, str], int]:
        """(pollutant, word) → cells that have that word in place of a figure."""
        out: dict[tuple[str, str], int] = {}
        for name, figure in self.figures.items():
            for word, count in (figure.emission or figure.factor).words.items():
                out[name, word] = count
        if self.long is not None:
            reader = self.long.emission or self.long.factor
            out |= {(reader.label, word): count for word, count in reader.words.items()}
        return out

    def low_shares(self) -> None:
        """Tell the efficiencies up to 1 %: most likely they are fractions, a whole column of them or some among larger ones."""
        for line, reader in self.small:
            if reader in self.large:
                self.notes.add("import.note.mixed_share", self.layout.sheet.place(line, reader.column + 1), column=reader.label)
        for reader in dict.fromkeys(reader for _, reader in self.small if reader not in self.large):
            place = self.layout.sheet.place(max(self.layout.header, default=0), reader.column + 1)
            self.notes.add("import.note.low_shares", place, column=reader.label)

    def columns(self) -> dict[str, int]:
        """Where figures stand: pollutant, or an empty text for all of a long table, or ``activity`` → number of the column."""
        found = {name: f.emission or f.factor for name, f in self.figures.items()}
        found |= {"": self.long.emission or self.long.factor} if self.long else {}
        found |= {"activity": self.activity} if self.activity else {}
        return {name: reader.column + 1 for name, reader in found.items()}

    def tell(self, notes: Container[int]) -> None:
        """Tell the cells that are no numbers. notes : rows that are no data."""
        for reader in self.all():
            reader.tell(notes)

    def activities(self, cells: Dict[int, Sequence[Cell]], lines: Sequence[int], taken: np.ndarray, done: np.ndarray):
        """Activity of every row, nan where there is none, and the number of its unit."""
        rows = len(lines)
        if self.activity is None:
            return np.full(rows, np.nan), np.full(rows, -1, dtype=np.int32)
        column = self.activity.read(cells, lines, taken)
        done |= column.done
        for place in self._inside(self.activity, cells, lines, taken):
            self.problems.add("import.merged_activity", place, column=self.activity.label)
        return column.value, np.full(rows, -1, dtype=np.int32) if column.unit is None else column.unit

    def _inside(self, reader: AmountReader, cells, lines, taken) -> Iterator[Place]:
        """Places of the cells of a column inside a merged range that has a figure in its first cell."""
        merged, sheet = self.layout.sheet.merged, self.layout.sheet
        for row, line in enumerate(lines) if merged else ():
            here = (line, reader.column + 1)
            if taken[row] and reader.spec.column and cells[reader.column][row] is None and merged.get(here) is not None:
                yield sheet.place(*here)

    def amounts(self, cells, lines, taken, pollutant, activity, unit, done, start: int) -> list[np.ndarray]:
        """Emissions of all pollutants: rows (from ``start``), pollutants, emissions, efficiencies, effectiveness. pollutant : (row,) of a table with one
        row a pollutant, -1 where it is none of ours."""
        found = []
        if self.long is not None:
            found.append(self._figure(self.long, pollutant, cells, lines, taken, activity, unit, done))
        for name, figure in self.figures.items():
            place = np.full(len(lines), self.pollutants.index(name))
            found.append(self._figure(figure, place, cells, lines, taken, activity, unit, done))
        columns = [np.concatenate(column) for column in zip(*found, strict=True)]
        return [columns[0] + start, *columns[1:]] if columns else []

    def _figure(self, figure: _Figure, pollutant, cells, lines, taken, activity, unit, done) -> tuple[np.ndarray, ...]:
        rows = len(lines)
        emission = np.full(rows, np.nan)
        if figure.emission:
            column = figure.emission.read(cells, lines, taken)
            emission, done[:] = column.value, done | column.done
            for place in self._inside(figure.emission, cells, lines, taken):
                self.notes.add("import.note.merged_figure", place, column=figure.emission.label)
        efficiency = self._share(figure.efficiency, 0.0, cells, lines, taken, done)
        effectiveness = np.ones(rows)
        for reader in figure.effectiveness:
            effectiveness = effectiveness * self._share(reader, 1.0, cells, lines, taken, done)
        if figure.factor:
            let_through = 1.0 - efficiency * effectiveness if figure.uncontrolled else np.ones(rows)
            emission = self._by_factor(figure.factor, emission, let_through, cells, lines, taken, activity, unit, done)
        if figure.species != 1.0:
            emission = emission * figure.species
            done[~np.isnan(emission)] |= Done.SPECIES
        here = np.flatnonzero(~np.isnan(emission) & (pollutant >= 0))
        return here, pollutant[here], emission[here], efficiency[here], effectiveness[here]

    def _by_factor(self, reader: AmountReader, emission, let_through, cells, lines, taken, activity, unit, done) -> np.ndarray:
        """Activity times factor, where the emission itself is not given; of a factor before control only what is let through."""
        column = reader.read(cells, lines, taken & np.isnan(emission))
        both = ~np.isnan(column.value) & ~np.isnan(activity)
        wanted = np.isnan(emission) & both
        self.idle += [
            lines[k] for k in np.flatnonzero(np.isnan(emission) & ~np.isnan(column.value) & np.isnan(activity) & taken).tolist()
        ]
        product = np.full(len(lines), np.nan)
        if not both.any() or column.unit is None:
            return emission
        pairs = np.stack([column.unit, unit])
        for first, second in np.unique(pairs[:, both], axis=1).T.tolist():
            rows = both & (column.unit == first) & (unit == second)
            worth = mass_a_year(reader.units[first], self.activity.units[second])
            if worth is None:
                place = self.layout.sheet.place(lines[int(np.flatnonzero(rows)[0])], reader.column + 1)
                self.problems.add("import.factor_unit", place, unit=reader.units[first], activity=self.activity.units[second])
                continue
            product[rows] = column.value[rows] * activity[rows] * let_through[rows] * worth
        done[wanted] |= Done.FACTOR
        apart = taken & both & ~wanted & (np.abs(product - emission) > APART * np.maximum(np.abs(product), np.abs(emission)))
        for row in np.flatnonzero(apart).tolist():
            place = self.layout.sheet.place(lines[row], reader.column + 1)
            self.notes.add("import.note.apart", place, emission=f"{emission[row]:.6g}", product=f"{product[row]:.6g}")
        return np.where(np.isnan(emission), product, emission)

    def _share(self, reader: AmountReader | None, empty: float, cells, lines, taken, done) -> np.ndarray:
        if reader is None:
            return np.full(len(lines), empty)
        column = reader.read(cells, lines, taken)
        done |= column.done
        value = np.where(np.isnan(column.value), empty, column.value)
        if isinstance(reader.spec.unit, str) and scale(reader.spec.unit).factor < 1:
            small = (value > 0) & (value <= SMALL) & taken & ~np.isnan(column.value)
            self.small += [(lines[row], reader) for row in np.flatnonzero(small).tolist()]
            self.large |= {reader} if (taken & (value > SMALL) & ~np.isnan(column.value)).any() else set()
        for row in np.flatnonzero(((value < 0) | (value > 1)) & taken).tolist():
            place = self.layout.sheet.place(lines[row], reader.column + 1)
            self.problems.add("import.share", place, column=reader.label, text=clean(cells[reader.column][row]))
        return value
