"""Cells as texts: names and codes, each distinct one read once, and the marks that Excel leaves on codes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

import numpy as np

from emisim.importing.mapping import Texts
from emisim.importing.sheet import Cell

_EXPONENT = re.compile(r"\d(\.\d+)?[eE]\+\d+")
# What Excel makes of codes such as 1-2 or 3/4, and shows in a CSV file.
_MONTH_DAY = re.compile(
    r"\d{1,2}月\d{1,2}日|\d{1,2}-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{1,2}"
)
JOIN = " / "
NO_TEXT = re.compile(r"[-‐‑‒–—―−ー－/／\\\s]+")  # stands for nothing
# Zero-width spaces and joiners, soft hyphen, byte-order mark: nobody sees them, and no two texts differ by them.
_INVISIBLE = MappingProxyType(dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD)))
_SIGNS = MappingProxyType({**_INVISIBLE, **{c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)}, 0x3000: " ", 0x2212: "-"})
DATE, EXPONENT = "date", "exponent"


@dataclass(frozen=True, eq=False)
class Words:
    """A text of every row: text[code[row]]."""

    code: np.ndarray
    text: tuple[str, ...]

    def __getitem__(self, row: int) -> str:
        return self.text[self.code[row]]

    def all(self) -> list[str]:
        """The text of every row."""
        return list(map(self.text.__getitem__, self.code.tolist()))


def plain_signs(text: str) -> str:
    """Full-width signs as plain ones and the minus sign as a hyphen; invisible characters are taken out. Footnote marks stay what they are."""
    return text if text.isascii() else text.translate(_SIGNS)


def clean(cell: Cell) -> str:
    """A cell as people read it: no spaces around it, one space where there are several or a line break; whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return cell.date().isoformat()
    text = str(cell)
    if not text.isascii():
        text = text.translate(_INVISIBLE)
    return " ".join(text.split())


def folded(cell: Cell) -> str:
    """A cell as a code: full-width signs as plain ones."""
    return unicodedata.normalize("NFKC", clean(cell)).strip()


def as_code(cell: Cell) -> str:
    """A code; what a program has written as a number with decimals (3011.0) without these."""
    text = folded(cell)
    return text.partition(".")[0] if re.fullmatch(r"[0-9]+\.0+", text) else text


def damage(cell: Cell) -> str:
    """What Excel has made of a code: a date, or a power of ten in place of digits; empty if it looks whole."""
    if isinstance(cell, date):
        return DATE
    if isinstance(cell, str):
        text = folded(cell)
        if _EXPONENT.fullmatch(text):
            return EXPONENT
        if _MONTH_DAY.fullmatch(text):
            return DATE
    return ""


class Reader:
    """Reads the cells of one text, block by block; every distinct text is read once.

    spec : what the mapping says of it. code : whether signs are folded and damage by Excel is looked for. passing : whether a text may be
    filled into the cells below it; the word for a total may not.
    """

    def __init__(self, spec: Texts, code: bool, passing: Callable[[str], bool] = bool):
        self.spec, self.code, self.passing = spec, code, passing
        self.texts: list[str] = []
        self.damaged: dict[int, str] = {}  # number of a text → what is wrong with it
        self.padded: set[int] = set()
        self._number: dict[str, int] = {}
        self.filled: list[int] = []  # rows of the last block that have something from above
        self.stopped: set[int] = set()  # numbers of texts that must not pass
        self._known = Known(self._read)
        self._single = Known(lambda cell: self._read((cell,)))
        self._above: list[Cell] = [None] * len(spec.column)
        self._names = {folded(name).casefold(): text for name, text in spec.names.items()}

    def read(self, columns: Sequence[Sequence[Cell]], rows: int) -> np.ndarray:
        """Numbers of the texts of some rows: (row,)."""
        if not columns:
            return np.full(rows, self._known[(self.spec.value,)], dtype=np.int32)
        if self.spec.fill:
            told = list(zip(*columns, strict=True))
            full = list(map(self._filled, told))
            self.filled = [k for k, (row, known) in enumerate(zip(told, full, strict=True)) if row != known]
            columns = list(zip(*full, strict=True))
        # One cell stands for itself: a pair for every row would cost more than all the rest.
        known, keys = (self._single, columns[0]) if len(columns) == 1 else (self._known, zip(*columns, strict=True))
        return np.fromiter(map(known.__getitem__, keys), dtype=np.int32, count=rows)

    def _filled(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """A row with its empty cells taken from above: those left of a text, and all of an empty row. What stands right of the last text of
        a row is empty for good."""
        told = [k for k, cell in enumerate(row) if clean(cell)]
        last = told[-1] if told else len(row)
        out = tuple(self._above[k] if k < last and k not in told else cell for k, cell in enumerate(row))
        if all(self.passing(clean(row[k])) for k in told):
            self._above = list(out)
        return out

    def _read(self, cells: tuple[Cell, ...]) -> int:
        shape = as_code if self.code else clean
        text = JOIN.join(filter(None, map(shape, cells)))
        if self.spec.split:
            parts = text.split(self.spec.split)
            first, _, last = self.spec.parts.partition("-")
            end = (int(last) if last else None) if "-" in self.spec.parts else int(first or 1)
            text = self.spec.split.join(parts[int(first or 1) - 1 : end])
        text = "" if NO_TEXT.fullmatch(text) else text
        text = self._names.get(folded(text).casefold(), text)
        marred = next(filter(None, map(damage, cells)), "") if self.code else ""
        padded = bool(self.spec.pad and text.isdigit() and len(text) < self.spec.pad)
        text = text.zfill(self.spec.pad) if padded else text
        text = text[: self.spec.cut]
        number = self._number.setdefault(text, len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
            if not self.passing(text):
                self.stopped.add(number)
        if marred:
            self.damaged.setdefault(number, marred)
        if padded:
            self.padded.add(number)
        return number


class Known(dict):
    """Cell → what ``read`` makes of it, once for every distinct cell."""

    def __init__(self, read):
        super().__init__()
        self._read = read

    def __missing__(self, cell):
        self[cell] = found = self._read(cell)
        return found
