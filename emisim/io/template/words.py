"""The words of the template: sheets, columns, notes, drop-downs. They live in ``data/template.csv``."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from emisim.distribution import SHAPES
from emisim.text import say
from emisim.vocabulary import GRADES, pollutants, sectors

TABLES = ("sources", "factors", "emissions", "growth")
CONSTANT = "constant"  # the growth driver that needs no rows
MARK = "mark"
_BETWEEN = " ¦ "  # examples of a column
_NAME = re.compile(r"\[([^\[\]]+)\]$")


@dataclass(frozen=True)
class Column:
    """A column of a table.

    kind : of its cells: text, code, word, unit, prose, number, degree, share or year. use : needed, usual or rare.
    list : drop-down, or empty. examples : one for each example row.
    """

    name: str
    kind: str
    use: str
    list: str
    zh: str
    en: str
    note_zh: str
    note_en: str
    examples: tuple[str, ...]

    @property
    def heading(self) -> str:
        """Second heading: in English, with the name that the column has in the tables of an inventory."""
        return f"{self.en}\n[{self.name}]"


@dataclass(frozen=True)
class Word:
    """A word of a drop-down. shown : as it stands there."""

    id: str
    zh: str
    en: str
    shown: str


@lru_cache(maxsize=1)
def _rows() -> tuple[Mapping[str, str], ...]:
    with (files("emisim") / "data" / "template.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(MappingProxyType(row) for row in csv.DictReader(stream))


@lru_cache(maxsize=8)
def columns(table: str) -> tuple[Column, ...]:
    """The columns of a table in their order: those most used first."""
    return tuple(
        Column(
            r["column"],
            *(r[key] for key in ("kind", "use", "list", "zh", "en", "note_zh", "note_en")),
            tuple(r["example"].split(_BETWEEN)) if r["example"] else (),
        )
        for r in _rows()
        if r["table"] == table
    )


def examples(table: str, region: str) -> tuple[tuple[str, ...], ...]:
    """The example rows of a table: a text for each of its columns."""
    found = columns(table)
    count = max(len(column.examples) for column in found)
    texts = [(*column.examples, *[""] * count)[:count] for column in found]
    return tuple(tuple(text.replace("{region}", region) for text in row) for row in zip(*texts, strict=True))


@lru_cache(maxsize=1)
def sheet_names() -> Mapping[str, str]:
    """guide, the tables and lists → the name of their sheet, in both languages."""
    return MappingProxyType({r["column"]: f"{r['zh']} {r['en']}" for r in _rows() if r["table"] == "sheet"})


def sheet_notes() -> tuple[tuple[str, str, str], ...]:
    """(sheet, what it is for in Chinese, in English)."""
    return tuple(
        (sheet_names()[r["column"]], r["note_zh"], r["note_en"]) for r in _rows() if r["table"] == "sheet" and r["note_zh"]
    )


def guide() -> tuple[tuple[str, str, str], ...]:
    """(kind of line, Chinese, English) of the sheet that explains."""
    return tuple((r["column"], r["zh"], r["en"]) for r in _rows() if r["table"] == "guide")


@lru_cache(maxsize=1)
def list_titles() -> Mapping[str, tuple[str, str]]:
    """Drop-down → its title in Chinese and English."""
    return MappingProxyType({r["column"]: (r["zh"], r["en"]) for r in _rows() if r["table"] == "list"})


@lru_cache(maxsize=16)
def words(name: str) -> tuple[Word, ...]:
    """The words of a drop-down; none of those that the tables themselves make up."""
    if name == "sector":
        return tuple(Word(w.id, w.zh, w.en, f"{w.id} {w.zh}") for w in sectors().values())
    if name == "pollutant":
        return tuple(Word(p.id, p.zh, p.en, f"{p.id} {p.zh}") for p in pollutants().values())
    if name == "grade":
        said = [(g, say(f"grade.{g}", "zh"), say(f"grade.{g}", "en")) for g in GRADES]
        return tuple(Word(g, zh, en, f"{g} {zh} {en}") for g, zh, en in said)
    if name == "distribution":
        said = [(s, say(f"shape.{s}", "zh"), say(f"shape.{s}", "en")) for s in SHAPES]
        return tuple(Word(s, zh, en, f"{s} {zh}") for s, zh, en in said)
    found = [r for r in _rows() if r["table"] == "word" and r["list"] == name]
    if name == "mark":
        return tuple(Word(r["column"], r["column"], r["en"], f"{r['column']} {r['en']}") for r in found)
    if name == "memo":
        return tuple(Word(r["column"], r["zh"], r["en"], f"{r['column']} {r['zh']}") for r in found)
    return tuple(Word(r["column"], r["zh"], r["en"], r["column"]) for r in found)


def folded(text: str) -> str:
    """A text without what does not tell words apart: width of letters, case, blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@lru_cache(maxsize=16)
def _spellings(name: str) -> Mapping[str, str]:
    found = {}
    for word in words(name):
        for text in (word.id, word.zh, word.en, word.shown, f"{word.id} {word.zh}", f"{word.zh} {word.id}"):
            found.setdefault(folded(text), word.id)
    return MappingProxyType({text: word for text, word in found.items() if text})


@lru_cache(maxsize=4096)
def meant(name: str, text: str) -> str:
    """The word of a drop-down that a text means: its id, a label, or both; the text itself if it means none."""
    return _spellings(name).get(folded(text), text)


@lru_cache(maxsize=8)
def _headings(table: str) -> Mapping[str, str]:
    found = {}
    for column in columns(table):
        for text in (column.heading, column.name, column.en, column.zh):
            found.setdefault(folded(text), column.name)
    return MappingProxyType(found)


def column_of(table: str, heading: str) -> str:
    """The column that a heading names: by the name in brackets, or by one of its labels; empty if it names none."""
    text = folded(heading)
    inside = _NAME.search(text)
    return _headings(table).get(text, "") or (_headings(table).get(inside[1], "") if inside else "")
