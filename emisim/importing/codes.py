"""Sector codes of other inventories, and which kind of source each of them means here.

The tables are ``data/codes/*.csv``. A code is read as its levels (``1A3biii`` → 1, A, 3, b, iii), and the entry with the most levels of it
is the one that holds; characters alone never match.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from emisim.vocabulary import sectors

TABLES = ("handbook", "gbt4754", "nfr", "gnfr", "snap", "scc", "iamc")
# Tables whose codes have leading zeros to lose.
ZEROS = frozenset({"snap", "gbt4754"})
# As many different codes are looked at to tell their table.
LOOK = 2000
_ROMAN = r"(?:ix|iv|v?i{1,3}|v|x)"
_DOT = r"[\s.]*"
# A number, then a letter, a number, ... as the template's codes have them: 1A3biii, 3Da2a, 2B10a, 1A3ai(ii), 1A3bi(fu).
_NFR = re.compile(
    rf"(?:[xz]_)?(1[01]|\d)(?:{_DOT}([a-l])(?:{_DOT}(\d\d?))?(?:{_DOT}([a-l])(?:{_DOT}(\d\d?)(?:{_DOT}([a-l]))?)?"
    rf"(?:{_DOT}({_ROMAN}))?{_DOT}(?:\(({_ROMAN})\))?)?)?{_DOT}(?:\((fu)\))?(?=$|[\s:;,/(–—-])"
)
_GNFR = re.compile(r"(?:gnfr[\s_]*)?([a-p]|z)([1-4])?(?:_.*)?")
_SNAP = re.compile(r"(\d\d)(?:[\s.]?(\d\d)(?:[\s.]?(\d\d))?)?")
_SNAP_TEXT = re.compile(r"(\d\d[\s.]?\d\d(?:[\s.]?\d\d)?)[\s:_-]+\D.*")
_SNAP_LOOSE = re.compile(r"(\d\d?)\.(\d\d?)\.(\d\d?)")
_SNAP_GROUP = re.compile(r"s(?:nap)?[\s_-]*(\d\d?)")
_SCC_SPLIT = re.compile(r"\d-\d\d(?:-\d{3}(?:-\d\d)?)?|\d\d-\d\d(?:-\d{3}(?:-\d{3})?)?")
_SCC_AREA = re.compile(r"\d{7}[\da-z]{3}")
_GBT = re.compile(r"[a-t]?(\d\d)(\d)?(\d)?(?:[\s:]*[^\d\s.:%/-][^\d]*)?")
_BRACKETS = re.compile(r"\([^()]*\)")
_NUMBERING = re.compile(r"^(?:\d+|[一二三四五六七八九十]+)[、.]")
_WHOLE = re.compile(r"(\d+)(?:\.0+)?")

Levels = tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """What a code means. code: the entry that matched. sector: one of emisim's ten; subsector, fuel, technology: empty where the code
    does not say. role: empty, ``total`` (a sum of others) or ``memo`` (outside the national total)."""

    code: str
    sector: str
    subsector: str
    fuel: str
    technology: str
    role: str
    zh: str
    en: str


@dataclass(frozen=True)
class Qualifier:
    """What a word beside the kind of source adds to it. column: ``fuel`` or ``technology``. of: subsectors it holds for, a sector as
    ``@mobile``; empty for all."""

    word: str
    column: str
    value: str
    of: frozenset[str]


def _rows(name: str) -> list[dict[str, str]]:
    with (files("emisim") / "data" / "codes" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@lru_cache(maxsize=1)
def tables() -> MappingProxyType[str, MappingProxyType[str, Kind]]:
    """All code tables: name of the table → code as the table writes it → kind of source, in the table's order."""
    names = Kind.__dataclass_fields__
    return MappingProxyType(
        {t: MappingProxyType({r["code"]: Kind(**{n: r[n] for n in names}) for r in _rows(t)}) for t in TABLES}
    )


# ---- levels of a code


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _name(text: str) -> str:
    """A Chinese name as it is compared: without spaces, numbering, list commas and the last 源."""
    short = _NUMBERING.sub("", text.replace(" ", "")).replace("、", "").replace(",", "")
    return short.removesuffix("源") if len(short) > 2 else short


def _nfr(text: str) -> Levels:
    found = _NFR.match(text)
    if not found:  # National total ..., but not National fishing
        words = text.split(" ")
        return (" ".join(words[:2]), *words[2:])
    levels = tuple(part for part in found.groups() if part)
    if len(levels) == 1 and len(text) > len(levels[0]):  # a text that begins with a number
        return ()
    return (*levels, "fu") if "fuel used" in text and levels[-1] != "fu" else levels


def _gnfr(text: str) -> Levels:
    found = _GNFR.fullmatch(text)
    return tuple(part for part in found.groups() if part) if found else (text,)


def _snap(text: str) -> Levels:
    if group := _SNAP_GROUP.fullmatch(text):
        parts = [group[1]]
    elif loose := _SNAP_LOOSE.fullmatch(text):
        parts = list(loose.groups())
    else:
        labelled = _SNAP_TEXT.fullmatch(text)
        found = _SNAP.fullmatch(labelled[1] if labelled else text)
        parts = [part for part in found.groups() if part] if found else []
    digits = "".join(part.zfill(2) for part in parts)
    return tuple(digits[: k + 2] for k in range(0, len(digits), 2))


def _scc(text: str) -> Levels:
    """Point codes have 8 digits, the others 10; the table's entries are the first 1, 3, 6 and the first 2, 4, 7 of them."""
    code = text.replace("-", "") if _SCC_SPLIT.fullmatch(text) else text
    if len(code) == 11:
        code = code.removeprefix("a")
    if len(code) == 10:
        code = code.removeprefix("00")
    ends = {1: (1,), 3: (1, 3), 6: (1, 3, 6), 8: (1, 3, 6, 8), 2: (2,), 4: (2, 4), 7: (2, 4, 7), 10: (2, 4, 7, 10)}.get(
        len(code), ()
    )
    right = code.isascii() and (code.isdigit() or (len(code) == 10 and _SCC_AREA.fullmatch(code)))
    return tuple(code[:end] for end in ends) if right else ()


def _gbt4754(text: str) -> Levels:
    found = _GBT.fullmatch(text)
    if not found:
        return (_name(text),)
    digits = "".join(part for part in found.groups() if part)
    return tuple(digits[:end] for end in range(2, len(digits) + 1))


def _iamc(text: str) -> Levels:
    levels = tuple(part.strip() for part in text.split("|"))
    return (levels[2:] or levels[:1]) if levels[0] == "emissions" else levels


def _handbook(text: str) -> Levels:
    plain = _BRACKETS.sub("", text)
    return tuple(name for part in re.split(r"[/>|]", plain) if (name := _name(part.strip())))


_LEVELS = MappingProxyType(
    {"handbook": _handbook, "gbt4754": _gbt4754, "nfr": _nfr, "gnfr": _gnfr, "snap": _snap, "scc": _scc, "iamc": _iamc}
)


def _levels(table: str, code: str) -> Levels:
    return _LEVELS[table](_folded(code))


# ---- matching


@lru_cache(maxsize=len(TABLES))
def _index(table: str) -> MappingProxyType[Levels, Kind]:
    found = {_levels(table, code): kind for code, kind in tables()[table].items()}
    if table == "gbt4754":  # industries are written by name as often as by code
        found = {(_name(_folded(kind.zh)),): kind for kind in reversed(found.values())} | found
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def _leaves() -> MappingProxyType[str, tuple[tuple[Levels, Kind], ...]]:
    """Entries of the handbook by their last level, those with most levels first."""
    leaves: dict[str, list[tuple[Levels, Kind]]] = {}
    for levels, kind in _index("handbook").items():
        leaves.setdefault(levels[-1], []).append((levels, kind))
    return MappingProxyType({leaf: tuple(sorted(found, key=lambda e: -len(e[0]))) for leaf, found in leaves.items()})


@lru_cache(maxsize=1)
def _qualifiers() -> MappingProxyType[str, tuple[Qualifier, ...]]:
    """By word; those that hold for some subsectors before those for a sector, and these before those for all."""
    words: dict[str, list[Qualifier]] = {}
    for r in _rows("qualifiers"):
        of = frozenset(r["of"].split("|")) - {""}
        words.setdefault(_name(_folded(r["word"])), []).append(Qualifier(r["word"], r["column"], r["value"], of))
    rank = {w: tuple(sorted(found, key=lambda q: (not q.of, any(o.startswith("@") for o in q.of)))) for w, found in words.items()}
    return MappingProxyType(rank)


def _runs_through(levels: Levels, path: Levels) -> bool:
    rest = iter(path)
    return all(level in rest for level in levels)


def _is_head(kind: Kind) -> bool:
    """Whether it is one of the ten kinds as a whole."""
    return not (kind.role or kind.subsector) and kind.zh == sectors()[kind.sector].zh


def _in_handbook(path: Levels) -> tuple[Kind | None, int]:
    """The entry that reaches furthest down a path, with most levels, and how many levels of the path that is.

    A name alone counts only inside the sector of the path's first known level: 水泥 under 工业锅炉 are boilers, and 型煤 there is their fuel.
    """
    named = _index("handbook")
    first = next((named[level,] for level in path if (level,) in named), None)
    elsewhere = None
    for end in range(len(path), 0, -1):
        for levels, kind in _leaves().get(path[end - 1], ()):
            if not _runs_through(levels, path[:end]):
                continue
            if len(levels) > 1 or kind is first or (kind.sector == first.sector and path[end - 1] not in _qualifiers()):
                if kind is first and elsewhere and _is_head(kind):
                    kind, end = elsewhere
                return _qualified(_under(first, kind), path), end
            elsewhere = elsewhere or (kind, end)
    return None, 0


def _under(first: Kind | None, kind: Kind) -> Kind:
    """Where a path begins with one of the ten kinds, that is the sector: the totals of the file's own sectors stay what they are."""
    return replace(kind, sector=first.sector) if first and _is_head(first) and kind.sector != first.sector else kind


def _qualified(kind: Kind, path: Levels) -> Kind:
    """With the fuel and the technology that other levels of the path name."""
    for word in path:
        for q in _qualifiers().get(word, ()):
            holds = not q.of or kind.subsector in q.of or f"@{kind.sector}" in q.of
            if holds and not getattr(kind, q.column):
                kind = replace(kind, **{q.column: q.value})
    return kind


def _matched(table: str, code: str) -> tuple[Kind | None, int, int]:
    """The entry, how many levels of the code it covers, and how many the code has."""
    levels = _levels(table, code)
    if table == "handbook":
        kind, depth = _in_handbook(levels)
        return kind, depth, len(levels)
    index = _index(table)
    for depth in range(len(levels), 0, -1):
        if kind := index.get(levels[:depth]):
            return kind, depth, len(levels)
    return None, 0, len(levels)


def classify(table: str, code: str) -> Kind | None:
    """The most specific entry of a table that matches a code.

    Parameters
    ----------
    table : one of ``TABLES``.
    code : as the file writes it. A path of the handbook has `` / `` between its levels, some of which may be missing.

    Returns
    -------
    The kind of source, or None for what is no code of the table, one that has lost its leading zeros among them.
    """
    return _matched(table, code)[0]


def restored(table: str, code: str) -> str:
    """The code that a number would be with its lost leading zero back: ``706`` → ``0706``; empty where there is no such code, or none missing."""
    whole = _WHOLE.fullmatch(_folded(code))
    if table not in ZEROS or not whole or classify(table, whole[1]):
        return ""
    padded = f"0{whole[1]}"
    kind, depth, _ = _matched(table, padded)
    return padded if kind and depth >= min(2, len(padded) // 2) else ""


def _telling(code: str) -> bool:
    """Whether a code says anything of its table: row numbers (1, 2, 3, ...) are codes of several."""
    return not re.fullmatch(r"[1-9]\d?", code.strip())


def recognise(codes: Iterable[str]) -> list[tuple[str, float]]:
    """Tables that may be the one some codes are from.

    Parameters
    ----------
    codes : texts of a column; each counts once. Of more than ``LOOK`` every so many is looked at.

    Returns
    -------
    (table, share of the codes that it knows [1]), best first; of equal ones that which knows them in more detail. Tables that know none are left out.
    """
    distinct = list(dict.fromkeys(c for c in codes if c.strip()))
    distinct = distinct[:: -(-len(distinct) // LOOK) or 1]
    found = []
    for table in TABLES:
        depths = [d / n for c in distinct if _telling(c) for kind, d, n in [_matched(table, c)] if kind]
        if depths:
            found.append((len(depths) / len(distinct), sum(depths) / len(depths), table))
    return [(table, share) for share, _, table in sorted(found, key=lambda f: (-f[0], -f[1], TABLES.index(f[2])))]
