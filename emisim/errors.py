"""Errors, written for the person who made the mistake.

EmisimError
├── BadInput          faults in the user's files or options; exit code 2, one line a fault
├── TooMany           stops the reading of a file that has very many of them; never leaves emisim
└── Broken            emisim itself is wrong (a ledger that does not close); exit code 3
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from emisim.text import say

LONGEST_WORD = 400
MOST_FAULTS = 100  # of one file: more than anybody mends at once
LONGEST_GUESS, MOST_GUESSES = 60, 300  # letters of a word, and words, that are compared to find the one that was meant
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Shows nothing, or turns what stands around it about: what is read would not be what is there.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\ue000-\uf8ff\U000e0000-\U0010ffff]"
)
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # of these, what changes the direction of the text
FIRST = 10  # of the faults of one kind in one column so many are told


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
        where = visible(str(self.place))
        what = say(self.key, language, **{name: _shown(value, language) for name, value in self.values.items()})
        return f"{where}: {what}" if where else what

    def at(self, place: Place) -> Fault:
        """The same fault, with its place unless it already has one."""
        return self if self.place.file else Fault(self.key, self.values, place)


def _shown(value: object, language: str) -> object:
    """What a user wrote may hold line breaks, terminal codes, letters that cannot be seen or that turn the line around, or a megabyte; a
    fault stays one line that can be read, and shows what cannot be seen as ``\\u200b``."""
    if isinstance(value, Term):
        return say(value.key, language)
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, int) and abs(value) >= 10**LONGEST_WORD:
        return f"10^{LONGEST_WORD}…"  # longer than Python writes out
    return value


def visible(text: str) -> str:
    """A text on one line of bearable length, with what nobody can see written as its code."""
    text = text if len(text) <= LONGEST_WORD else f"{text[:LONGEST_WORD]}…"
    shown = _BREAKS.sub(" ", text)
    if shown.isprintable() and not INVISIBLE.search(shown):
        return shown
    return "".join(c if c.isprintable() and not INVISIBLE.match(c) else f"\\u{ord(c):04x}" for c in shown)


class BadInput(EmisimError):
    """One or more faults in what the user gave."""

    def __init__(self, faults: Iterable[Fault]):
        unique = {(text := f.text()): (f.place.file, f.place.sheet, f.place, f.key, text, f) for f in faults}
        told = sorted(unique.values(), key=lambda f: f[:-1])
        self.faults = tuple(f[-1] for f in told)
        super().__init__("\n".join(f[-2] for f in told))

    def __reduce__(self):
        """So that it can be handed from one process to another."""
        return BadInput, (self.faults,)


class Broken(EmisimError):
    """A promise of emisim's own does not hold."""


def fault(key: str, place: Place = Place(), /, **values: object) -> Fault:
    """Short for ``Fault(key, values, place)``."""
    return Fault(key, values, place)


def gathered(faults: Iterable[Fault]) -> list[Fault]:
    """Faults as they are told: a column that is wrong in every row is one mistake, so of one kind in one column the first few stand with
    their places and the rest are counted."""
    faults = list(faults)
    kinds = [(f.place.file, f.place.sheet, f.place.column, f.key) for f in faults]
    count, told = Counter(kinds), Counter[tuple]()
    out, rest = [], Counter[Place]()
    for found, kind in zip(faults, kinds, strict=True):
        told[kind] += 1
        if told[kind] <= FIRST or not found.place.line:
            out.append(found)
        elif told[kind] == FIRST + 1:
            rest[found.place] += count[kind] - FIRST
    more = (fault("fault.more", place, count=n) for place, n in rest.items())
    return sorted([*out, *more], key=lambda f: (f.place.file, f.place.sheet, f.place))


class Reporter:
    """Collects faults. ``place`` turns (file role, location) into a place; a location ending in ``KEY`` means the key
    itself, not its value."""

    KEY = "[key]"

    def __init__(self, place: Callable[[str, Location], Place]):
        self.place = place
        self.faults: list[Fault] = []

    def report(self, file: str, location: Location, key: str, /, **values: object) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault(key, self.place(file, location), **values))
        elif len(self.faults) == MOST_FAULTS:
            self.faults.append(and_more(self.place(file, location)))

    def unknown(self, file: str, location: Location, key: str, word: str, known: Iterable[str]) -> None:
        """A word that is not among the known ones, with the nearest of them."""
        words = list(dict.fromkeys(map(str, known))) if len(self.faults) < MOST_FAULTS else []
        self.report(file, location, key, word=word, near=nearest(word, words), known=", ".join(words) or "-")


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word closest to ``word``, one that differs in capitals only before all others; or an empty string. Of very many words only
    those that begin alike are compared, and of these some."""
    word, words = str(word), [str(k) for k in known]
    if len(word) > LONGEST_GUESS:
        return ""
    same = [w for w in words if w.casefold() == word.casefold()]
    if len(words) > MOST_GUESSES:
        words = [w for w in words if w[:1].casefold() == word[:1].casefold()][:MOST_GUESSES]
    short = [w for w in words if len(w) <= 2 * LONGEST_GUESS]
    found = same or difflib.get_close_matches(word, short, n=1, cutoff=0.55)
    return found[0] if found else ""


class Limited(list):
    """The faults of one file. When there are as many as anybody mends at once, the reading of it ends with them.

    Raises
    ------
    TooMany
        By adding one more.
    """

    def append(self, problem: Fault) -> None:
        if len(self) >= MOST_FAULTS:
            raise TooMany
        super().append(problem)

    def extend(self, problems: Iterable[Fault]) -> None:
        for problem in problems:
            self.append(problem)

    def __iadd__(self, problems: Iterable[Fault]) -> Limited:
        self.extend(problems)
        return self


class TooMany(EmisimError):
    """More faults than are told."""


def and_more(last: Place) -> Fault:
    """The line after the last of very many faults. last : where that one stands."""
    return fault("file.more", last, most=MOST_FAULTS)
