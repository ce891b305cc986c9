"""Published formats of inventories: SMOKE FF10 and ORL, NFR Annex I, IAMC. Each is a mapping in ``data/formats``; here files are recognised.

#FORMAT=FF10_POINT → ff10_point        NOx (as NO2) above kt in a sheet of a year → nfr_annex1        Model, Scenario, … → iamc_wide
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

from emisim.errors import BadInput, Place, fault, nearest
from emisim.importing.sheet import Cell, Sheet

NAMES = (
    "ff10_point", "ff10_nonpoint", "ff10_nonroad", "ff10_onroad", "orl_point", "orl_nonpoint", "orl_nonroad",
    "nfr_annex1", "iamc_wide", "iamc_long",
)  # fmt: skip
_HEADER = re.compile(r"#\s*([A-Za-z][A-Za-z0-9_-]*)\s*(?:=|\s)?\s*(.*?)\s*")
_YEAR = re.compile(r"(?<!\d)(19|20)\d\d(?!\d)")
_WHOLE_YEAR = re.compile(r"(19|20)\d\d(\.0)?")
IAMC = frozenset({"model", "scenario", "region", "variable", "unit"})
# ORL records of known length: point with its extended columns, nonpoint, nonroad (SMOKE manual, 8.2.4 and 8.2.8).
_ORL_FIELDS = ((70, "orl_point"), (37, "orl_nonpoint"), (30, "orl_nonroad"))
_ORL_WORDS = (
    ("FIRE", None), ("FIREEMIS", None), ("NONPOINT", "orl_nonpoint"), ("NONROAD", "orl_nonroad"), ("POINT", "orl_point"),
)  # fmt: skip
# Columns E to I of the NFR template, whose places its mapping takes for granted.
_NFR_POLLUTANTS = ("nox", "nmvoc", "sox", "nh3", "pm2.5")
_SHORT_TONS = frozenset({"TON", "TONS", "SHORT TON", "SHORT TONS"})
_AREA_NAMES = ("region_cd", "tribal_code", "census_tract_cd")
_POINT_NAMES = ("region_cd", "tribal_code", "facility_id")


def names() -> tuple[str, ...]:
    """Names of all built-in formats, in their order of display."""
    return NAMES


def builtin(name: str) -> bytes:
    """The mapping of a built-in format, as its YAML file.

    Raises
    ------
    BadInput
        There is no such format.
    """
    if name not in NAMES:
        raise BadInput([fault("format.unknown", name=name, known=", ".join(NAMES), near=nearest(name, NAMES))])
    return (files("emisim") / "data" / "formats" / f"{name}.yaml").read_bytes()


def header(comments: Sequence[str]) -> dict[str, str]:
    """What the ``#`` lines of a SMOKE file say: ``#COUNTRY US`` and ``#COUNTRY=US`` → ``{"COUNTRY": "US"}``; the first line of a name counts.

    Commas that a spreadsheet has put behind are left out.
    """
    out: dict[str, str] = {}
    for line in comments:
        found = _HEADER.fullmatch(line.strip())
        if found:
            out.setdefault(found.group(1).upper(), found.group(2).strip("\"', "))
    return out


def years(sheets: Sequence[Sheet], comments: Sequence[str], name: str) -> tuple[int, ...]:
    """The years that a file of a built-in format holds, as far as its header, its sheets or its columns say; ascending.

    Parameters
    ----------
    name : of the format. In the long IAMC format years stand in rows, of which only the head is looked at.
    """
    if name.startswith(("ff10_", "orl_")):
        found = {text for text in (header(comments).get("YEAR", ""),) if _WHOLE_YEAR.fullmatch(text)}
    elif name == "nfr_annex1":
        found = {m.group() for sheet in sheets if _is_nfr(sheet) for m in [_YEAR.search(sheet.name)] if m}
    else:
        found = {text for sheet in sheets for text in _iamc_years(sheet)}
    return tuple(sorted({int(float(text)) for text in found}))


def recognise(sheets: Sequence[Sheet], comments: Sequence[str]) -> str | None:
    """The built-in format that a file is in, or None.

    Parameters
    ----------
    sheets : of the file; only their heads are read.
    comments : the ``#`` lines above the first record of a CSV file.

    Raises
    ------
    BadInput
        A SMOKE file says of itself that it is not in short tons.
    """
    said = header(comments)
    smoke = _ff10(said.get("FORMAT", "")) or _orl(said, sheets)
    if smoke or not sheets:
        stated = said.get("VALUE_UNITS", "TON")
        if smoke and stated.upper() not in _SHORT_TONS:
            raise BadInput([fault("format.units", Place(sheets[0].file if sheets else ""), text=stated)])
        return smoke
    if "FORMAT" in said:  # a form of FF10 that is none of ours: of days, of hours, of activities
        return None
    if any(map(_is_nfr, sheets)):
        return "nfr_annex1"
    kinds = [kind for kind in (*map(_iamc, sheets), *map(_ff10_names, sheets)) if kind]
    return kinds[0] if kinds else None


def _ff10(text: str) -> str | None:
    name = text.strip().lower()
    return name if name in NAMES and name.startswith("ff10_") else None


def _orl(said: Mapping[str, str], sheets: Sequence[Sheet]) -> str | None:
    """``#ORL``, ``#ORL NONPOINT``, ``#FORMAT ORL``; which of them, by the words of ``#ORL`` or ``#TYPE``, else by the length of a record."""
    if "ORL" not in said and not said.get("FORMAT", "").upper().startswith("ORL"):
        return None
    words = f"{said.get('ORL', '')} {said.get('FORMAT', '')} {said.get('TYPE', '')}".upper().replace("-", "").split()
    for word, name in _ORL_WORDS:
        if word in words:
            return name
    length = max((len(row) for sheet in sheets for row in sheet.head.rows), default=0)
    return next((name for fields, name in _ORL_FIELDS if length == fields), None)


def _ff10_names(sheet: Sheet) -> str | None:
    """A file without ``#FORMAT``, but with the line of names; nonpoint, nonroad and onroad have the same one."""
    for _, row in _rows(sheet):
        if row[0] in ("country", "country_cd") and tuple(row[1:4]) in (_POINT_NAMES, _AREA_NAMES):
            return "ff10_point" if tuple(row[1:4]) == _POINT_NAMES else "ff10_nonpoint"
    return None


def _is_nfr(sheet: Sheet) -> bool:
    """A sheet of the template: the main pollutants in columns E to I of row 12, kt below them."""
    cells = {line: row for line, row in _rows(sheet) if line in (12, 13)}
    heads, units = (cells.get(line, [])[4:9] for line in (12, 13))
    named = len(heads) == len(_NFR_POLLUTANTS) and all(map(str.startswith, heads, _NFR_POLLUTANTS))
    return named and set(units) <= {"kt", "gg"}


def _iamc(sheet: Sheet) -> str | None:
    rows = [row for _, row in _rows(sheet)][:1]
    if not rows or not set(rows[0]) >= IAMC:
        return None
    if {"year", "value"} <= set(rows[0]):
        return "iamc_long"
    return "iamc_wide" if any(map(_WHOLE_YEAR.fullmatch, rows[0])) else None


def _iamc_years(sheet: Sheet) -> Iterator[str]:
    kind, rows = _iamc(sheet), [row for _, row in _rows(sheet)]
    if kind == "iamc_wide":
        yield from filter(_WHOLE_YEAR.fullmatch, rows[0])
    elif kind == "iamc_long":
        at = rows[0].index("year")
        yield from (row[at] for row in rows[1:] if at < len(row) and _WHOLE_YEAR.fullmatch(row[at]))


def _rows(sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """(line, cells as folded texts) of the head; rows without any text are left out."""
    for line, row in zip(sheet.head.lines, sheet.head.rows, strict=True):
        texts = [_text(cell) for cell in row]
        if any(texts):
            yield line, texts


def _text(cell: Cell) -> str:
    return "" if cell is None else " ".join(str(cell).split()).casefold()
