"""Errors, written for the person who made the mistake.

EmisimError
├── BadInput          faults in the user's files or options; exit code 2, one line a fault
└── Broken            emisim itself is wrong (a ledger that does not close); exit code 3
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from emisim.text import say

LONGEST_WORD = 400


Location = tuple[str | int, ...]


class EmisimError(Exception):
    """Any error that emisim raises on purpose."""


@dataclass(frozen=True, order=True)
class Place:
    """Where in the input something stands. Line and column count from 1; 0 means the file as a whole.

    In a workbook ``sheet`` is the sheet, and the cell is written as there: ``stock.xlsx:Sources!C12``.
    """

    file: str = ""
    line: int = 0
    column: int = 0
    sheet: str = ""

    def __str__(self) -> str:
        if self.sheet:
            cell = f"{column_letters(self.column)}{self.line or ''}"
            return f"{self.file}:{self.sheet}{'!' if cell else ''}{cell}"
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


def column_letters(column: int) -> str:
    """A column of a workbook as it is called there: 1 → A, 27 → AA, 0 → nothing."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@dataclass(frozen=True)
class Term:
    """A word of emisim's own inside a fault, by its message key: it is said in the reader's language."""

    key: str


@dataclass(frozen=True)
class Fault:
    """One mistake: where, what is wrong, what would be right (the message key holds both, in every language)."""

    key: str
    values: dict[str, object] = field(default_factory=dict)
    place: Place = Place()

    def text(self, language: str = "en") -> str:
        where = str(self.place)
        what = say(self.key, language, **{name: _shown(value, language) for name, value in self.values.items()})
        return f"{where}: {what}" if where else what

    def at(self, place: Place) -> Fault:
        """The same fault, with its place unless it already has one."""
        return self if self.place.file else Fault(self.key, self.values, place)


def _shown(value: object, language: str) -> object:
    """What a user wrote may hold line breaks, terminal codes or a megabyte; a fault stays one line that can be read."""
    if isinstance(value, Term):
        return say(value.key, language)
    if not isinstance(value, str):
        return value
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", value)
    return plain if len(plain) <= LONGEST_WORD else f"{plain[:LONGEST_WORD]}…"


class BadInput(EmisimError):
    """One or more faults in what the user gave."""

    def __init__(self, faults: Iterable[Fault]):
        unique = {f.text(): f for f in faults}
        self.faults = tuple(sorted(unique.values(), key=lambda f: (f.place.file, f.place.sheet, f.place, f.key, f.text())))
        super().__init__("\n".join(f.text() for f in self.faults))

    def __reduce__(self):
        """So that it can be handed from one process to another."""
        return BadInput, (self.faults,)


class Broken(EmisimError):
    """A promise of emisim's own does not hold."""


def fault(key: str, place: Place = Place(), /, **values: object) -> Fault:
    """Short for ``Fault(key, values, place)``."""
    return Fault(key, values, place)


class Reporter:
    """Collects faults. ``place`` turns (file role, location) into a place; a location ending in ``KEY`` means the key
    itself, not its value."""

    KEY = "[key]"

    def __init__(self, place: Callable[[str, Location], Place]):
        self.place = place
        self.faults: list[Fault] = []

    def report(self, file: str, location: Location, key: str, /, **values: object) -> None:
        self.faults.append(fault(key, self.place(file, location), **values))

    def unknown(self, file: str, location: Location, key: str, word: str, known: Iterable[str]) -> None:
        """A word that is not among the known ones, with the nearest of them."""
        words = list(dict.fromkeys(map(str, known)))
        self.report(file, location, key, word=word, near=nearest(word, words), known=", ".join(words) or "-")


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word closest to ``word``, one that differs in capitals only before all others; or an empty string."""
    words = [str(k) for k in known]
    same = [w for w in words if w.casefold() == str(word).casefold()]
    found = same or difflib.get_close_matches(str(word), words, n=1, cutoff=0.55)
    return found[0] if found else ""
