"""Read a sheet by a mapping: every row becomes an entry that is taken, or one that says why it is not."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emisim.importing.entries import CODES, TEXTS, Amounts, Done, Entries, Why
from emisim.importing.figures import FigureReader
from emisim.importing.layout import Layout
from emisim.importing.mapping import Mapping, Texts
from emisim.importing.problems import Problems
from emisim.importing.refusals import Refusals
from emisim.importing.rows import Rows
from emisim.importing.sheet import Cell
from emisim.importing.texts import DATE, Reader, Words, clean, folded
from emisim.importing.totals import is_total
from emisim.importing.words import read_unit
from emisim.vocabulary import pollutants


def read_sheet(layout: Layout, mapping: Mapping, problems: Problems) -> Entries:
    """Read all rows of a sheet.

    Parameters
    ----------
    layout : where its columns stand.
    problems : receives what cannot be read in rows that are taken.
    """
    return _SheetReader(layout, mapping, problems).read()


@dataclass(frozen=True, eq=False)
class _Block:
    """Some rows as they were read; (row,) arrays as in ``Entries``."""

    line: np.ndarray
    words: Dict[str, np.ndarray]
    why: np.ndarray
    done: np.ndarray
    activity: np.ndarray
    unit: np.ndarray
    amounts: list[np.ndarray]


class _SheetReader:
    """One pass over a sheet; keeps what the blocks bring until the end."""

    def __init__(self, layout: Layout, mapping: Mapping, problems: Problems):
        self.layout, self.mapping, self.problems = layout, mapping, problems
        fields = {field: getattr(mapping, field) for field in TEXTS if getattr(mapping, field) is not None}
        if mapping.id:
            fields["id"] = Texts(column=mapping.id)
        if mapping.long:
            # Which word it was matters: see ``checks``.
            fields["pollutant"] = mapping.long.pollutant.model_copy(update={"names": {}})
        own = None if mapping.totals is None else {folded(word).casefold() for word in mapping.totals}
        self.texts = {f: Reader(spec, f in CODES, lambda text: not is_total(text, own)) for f, spec in fields.items()}
        self.pollutants = tuple(p for p in pollutants() if p in mapping.pollutants or mapping.long)
        self.refusals = Refusals(layout, mapping, self.texts, lambda text: is_total(text, own))
        self.notes = Problems()
        self.figures = FigureReader(mapping, self.pollutants, layout, problems, self.notes)
        self._unit_columns()
        if layout.numbering:
            self.notes.add("import.note.numbering", layout.sheet.place(layout.numbering))
        wanted = {k - 1 for k in layout.place.values()} | set(self.refusals.left)
        self.rows = Rows(layout, sorted(wanted), self.figures.counting(), lambda n: bool(self.refusals.by_number(n)), problems)

    def _unit_columns(self) -> None:
        """A column of units that nobody reads, beside figures whose unit the mapping states."""
        head, layout = self.layout.sheet.head, self.layout
        for column in layout.columns if layout.header else ():
            if column.text and column.number not in layout.place.values():
                at = column.number - 1
                rows = [row for line, row in zip(head.lines, head.rows, strict=True) if line >= layout.first and len(row) > at]
                texts = list(filter(None, (clean(row[at]) for row in rows)))
                if texts and all(read_unit(text)[1] for text in texts):
                    place = layout.sheet.place(max(layout.header), column.number)
                    self.notes.add("import.note.unit_column", place, column=column.text, units=", ".join(dict.fromkeys(texts)))

    def read(self) -> Entries:
        parts, start = [], 0
        for lines, cells, filled in self.rows.blocks():
            parts.append(self._block(lines, cells, filled, start))
            start += len(lines)
        self.refusals.one_text_each(self.problems)
        return self._entries(parts)

    def _block(self, lines: Sequence[int], cells: Dict[int, Sequence[Cell]], filled: list[int], start: int) -> _Block:
        done = np.zeros(len(lines), dtype=np.int32)
        done[filled] |= Done.FILLED
        words = {field: self._words(reader, cells, lines, done) for field, reader in self.texts.items()}
        why = self.refusals.why(cells, lines, words)
        self.refusals.asides(cells, lines, why, self.problems)
        taken = why == Why.TAKEN
        self._damage(words, lines, taken)
        activity, unit = self.figures.activities(cells, lines, taken, done)
        pollutant = self.refusals.pollutant(words)
        amounts = self.figures.amounts(cells, lines, taken, pollutant, activity, unit, done, start)
        return _Block(np.array(lines), words, why, done, activity, unit, amounts)

    def _words(self, reader: Reader, cells: Dict[int, Sequence[Cell]], lines: Sequence[int], done: np.ndarray) -> np.ndarray:
        """Numbers of the texts of one field."""
        given = [cells[self.layout.at(name)] for name in reader.spec.column]
        words = reader.read(given, len(lines))
        if reader.filled:
            done[reader.filled] |= Done.FILLED
        if reader.padded:
            done[np.isin(words, list(reader.padded))] |= Done.PADDED
        return words

    def _damage(self, words, lines, taken) -> None:
        """Codes that Excel has made dates or powers of ten of."""
        for field, code in words.items():
            for number, kind in self.texts[field].damaged.items():
                spec = self.texts[field].spec
                for row in np.flatnonzero((code == number) & taken).tolist():
                    place = self.layout.sheet.place(lines[row], self.layout.place[spec.column[0]])
                    key = "import.date_code" if kind == DATE else "import.exponent_code"
                    self.problems.add(key, place, column=spec.column[0], text=self.texts[field].texts[number])

    def _entries(self, parts: Sequence[_Block]) -> Entries:
        def joined(arrays: list[np.ndarray], kind: str = "i") -> np.ndarray:
            return np.concatenate(arrays) if arrays else np.empty(0, dtype=kind)

        words = {f: Words(joined([p.words[f] for p in parts]), tuple(reader.texts)) for f, reader in self.texts.items()}
        columns = list(zip(*(p.amounts for p in parts if p.amounts), strict=True)) or [()] * 5
        amounts = Amounts(*(joined(list(c), kind) for c, kind in zip(columns, "iifff", strict=True)))
        why = joined([p.why for p in parts])
        told = np.zeros(why.size, dtype=bool)
        told[amounts.row] = True
        line = joined([p.line for p in parts])
        last = max(line[(told & (why == Why.TAKEN)) | (why == Why.TOTAL)].tolist(), default=0)
        self.figures.low_shares()
        for idle in self.figures.idle:
            self.notes.add("import.note.idle", self.layout.sheet.place(idle))
        self.figures.tell({n for n in self.refusals.footers if n > last})
        why[~told & (why == Why.TAKEN)] = Why.NO_FIGURE
        why[np.isin(line, self.figures.idle) & (why == Why.NO_FIGURE)] = Why.NO_ACTIVITY
        activity, code = self.figures.activity, self.texts.get("code")
        conversions = {(c.column, c.written): c for r in self.figures.all() for c in r.conversions.values()}
        return Entries(
            sheet=self.layout.sheet,
            line=line,
            words=words,
            activity=joined([p.activity for p in parts], "f"),
            activity_unit=Words(joined([p.unit for p in parts]), tuple(activity.units) if activity else ()),
            amounts=amounts,
            pollutants=self.pollutants,
            why=why,
            done=joined([p.done for p in parts]),
            reason=self.refusals.reason,
            heading=tuple(self.rows.heading),
            outside=tuple(self.rows.outside),
            blank=self.rows.blank,
            conversions=tuple(conversions.values()),
            absent=self.figures.absent(),
            unread=tuple(c.text for c in self.layout.columns if c.text and c.number not in self.layout.place.values()),
            columns=self.figures.columns(),
            foreign=self.refusals.foreign,
            notes=tuple(self.notes.faults),
            spoilt=frozenset(code.texts[k] for k in code.damaged) if code else frozenset(),
        )
