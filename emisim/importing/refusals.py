"""Which rows of a foreign table are not taken, and why: totals, what is not selected, what is left out by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Dict

import numpy as np

from emisim.importing.asides import is_note, is_unit_line
from emisim.importing.entries import Why
from emisim.importing.layout import Layout
from emisim.importing.mapping import Mapping, Texts
from emisim.importing.problems import Problems
from emisim.importing.sheet import Cell
from emisim.importing.texts import Known, Reader, as_code, clean, folded
from emisim.model import Label
from emisim.vocabulary import pollutants

SHOWN = 8
LOOKED_AT = 4  # columns at the left in which the word for a total may stand


class Refusals:
    """Decides on rows, block by block.

    texts : readers of the texts of a sheet, by field. reason : row → words of the user for a row left out.
    total : whether a text is the word for a total.
    """

    def __init__(self, layout: Layout, mapping: Mapping, texts: Dict[str, Reader], total: Callable[[str], bool]):
        self.layout, self.mapping, self.texts = layout, mapping, texts
        self.one = (*mapping.single, *layout.years)
        self.watched = {name: Reader(Texts(column=(name,)), True) for name in self.one}
        self.chosen = {name: _among(texts) for name, texts in mapping.select.items()}
        self.left = range(min(LOOKED_AT, layout.width))
        aside = [k for k in self.left if k + 1 not in layout.place.values()]
        self.marks = {k: Known(lambda cell: type(cell) is str and total(cell)) for k in aside}
        looked_at = self.left if layout.header else ()
        self.notes = {k: Known(lambda cell: type(cell) is str and (is_note(cell) or is_unit_line(cell))) for k in looked_at}
        self.singles: dict[str, dict[str, int]] = {name: {} for name in self.one}
        self.omissions = [o for o in mapping.leave_out if o.sheet in ("", layout.sheet.name)]
        self.gone = [(o.column, _among(o.is_), o.why) for o in self.omissions if o.column]
        self.spans = [([_span(text) for text in o.rows], o.why) for o in self.omissions if o.rows]
        self.reason: dict[int, Label] = {}
        self.footers: set[int] = set()
        self.foreign: dict[str, int] = {}  # word for a pollutant that emisim does not carry → rows
        self.carried = _aliases(mapping)
        self.rows = 0

    def pollutant(self, words: Dict[str, np.ndarray]) -> np.ndarray | None:
        """Place of the pollutant of every row, -1 where it is none that emisim carries; None for tables with a column a pollutant."""
        if "pollutant" not in words:
            return None
        places = [self.carried.get(folded(text).casefold(), -1) for text in self.texts["pollutant"].texts]
        return np.array(places, dtype=np.int64)[words["pollutant"]]

    def why(self, cells: Dict[int, Sequence[Cell]], lines: Sequence[int], words: Dict[str, np.ndarray]) -> np.ndarray:
        """Why each row is not taken, or that it is: (row,) of ``Why``."""
        why = np.zeros(len(lines), dtype=np.int8)
        for rows, reason in self._left_out(cells, lines):
            new = rows[why[rows] == Why.TAKEN]
            why[new] = Why.LEFT_OUT
            self.reason.update({self.rows + int(row): reason for row in new.tolist()})
        for name, chosen in self.chosen.items():
            fits = np.fromiter(map(chosen.__getitem__, cells[self.layout.at(name)]), dtype=bool, count=len(lines))
            why[~fits & (why == Why.TAKEN)] = Why.NOT_SELECTED
        why[self._totals(cells, len(lines), words) & (why == Why.TAKEN)] = Why.TOTAL
        pollutant = self.pollutant(words)
        if pollutant is not None:
            foreign = (pollutant < 0) & (why == Why.TAKEN)
            why[foreign] = Why.POLLUTANT
            for number, count in zip(*np.unique(words["pollutant"][foreign], return_counts=True), strict=True):
                text = self.texts["pollutant"].texts[number]
                self.foreign[text] = self.foreign.get(text, 0) + int(count)
        for name, seen in self.singles.items():
            reader = self.watched[name]
            code = reader.read([cells[self.layout.at(name)]], len(lines))
            for number in np.unique(code[why == Why.TAKEN]).tolist():
                seen.setdefault(reader.texts[number], lines[int(np.flatnonzero((code == number) & (why == Why.TAKEN))[0])])
        self.rows += len(lines)
        return why

    def by_number(self, line: int) -> Label | None:
        """Why a row is left out by its number; None if it is not."""
        for spans, why in self.spans:
            if any(first <= line <= last for first, last in spans):
                return why
        return None

    def _left_out(self, cells, lines) -> Iterator[tuple[np.ndarray, Label]]:
        """(rows, reason) of the omissions that the mapping names."""
        if self.spans:
            told = [(k, why) for k, line in enumerate(lines) if (why := self.by_number(line))]
            for reason in dict.fromkeys(why for _, why in told):
                yield np.array([k for k, why in told if why == reason]), reason
        for column, gone, why in self.gone:
            yield (
                np.flatnonzero(np.fromiter(map(gone.__getitem__, cells[self.layout.at(column)]), dtype=bool, count=len(lines))),
                why,
            )

    def _totals(self, cells, rows: int, words) -> np.ndarray:
        """Rows with a word for a total in a text that is read or in one of the columns at the left."""
        found = np.zeros(rows, dtype=bool)
        if self.mapping.totals is None and self.mapping.file.names:
            return found  # records of a published format: a works may be called Total
        for field, code in words.items():
            stopped = self.texts[field].stopped
            if stopped and field not in ("pollutant", "remark", "growth_driver"):
                found |= np.isin(code, list(stopped))
        for k, known in self.marks.items():
            found |= np.fromiter(map(known.__getitem__, cells[k]), dtype=bool, count=rows)
        return found

    def asides(self, cells, lines: Sequence[int], why: np.ndarray, problems: Problems) -> None:
        """Lines among the rows that are no rows: a signature or footnote; ``单位：千克``, after which all is in another unit."""
        for k, known in self.notes.items():
            for row in np.flatnonzero(np.fromiter(map(known.__getitem__, cells[k]), dtype=bool, count=len(lines))).tolist():
                if why[row] != Why.TAKEN:
                    continue
                if is_unit_line(cells[k][row]):
                    problems.add("import.unit_line", self.layout.sheet.place(lines[row], k + 1), text=clean(cells[k][row]))
                else:
                    self.footers.add(lines[row])

    def one_text_each(self, problems: Problems) -> None:
        """Columns that may hold one text only, and hold several."""
        for name, seen in self.singles.items():
            if len(seen) > 1:
                text, line = list(seen.items())[1]
                place = self.layout.sheet.place(line, self.layout.place[name])
                more = f" … (+{len(seen) - SHOWN})" if len(seen) > SHOWN else ""
                texts = ", ".join(list(seen)[:SHOWN]) + more
                problems.add("import.several", place, column=name, texts=texts, first=next(iter(seen)))


def _among(texts: Sequence[str]) -> Known:
    """Cell → whether it is one of some texts, whatever the capitals; a whole number is the same with and without decimals."""
    wanted = {folded(text).casefold() for text in texts}
    return Known(lambda cell: as_code(cell).casefold() in wanted)


def _span(text: str) -> tuple[int, int]:
    """``12`` or ``15-20`` as first and last row."""
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def _aliases(mapping: Mapping) -> dict[str, int]:
    """Every name of a pollutant that emisim carries, in small letters → its place."""
    names = {}
    for place, one in enumerate(pollutants().values()):
        for name in (one.id, one.zh, one.en, *one.aliases):
            names[folded(name).casefold()] = place
    given = mapping.long.pollutant.names if mapping.long else {}
    ids = list(pollutants())
    return names | {folded(name).casefold(): ids.index(known) for name, known in given.items() if known in ids}
