"""Which column of a foreign table serves which field of a mapping: the words of its header, confirmed by a look at its contents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

from emisim.importing.amounts import MASS, SHARE, scale
from emisim.importing.fields import meaning, pollutant_called
from emisim.importing.guessing.contents import MOSTLY, WIDEST, Besides, Contents, besides, contents, units_of
from emisim.importing.headers import Header, columns_named, find_header, first_row, headers, title_unit, titles
from emisim.importing.sheet import Sheet
from emisim.importing.words import read_unit

AMOUNTS = ("emission", "factor", "efficiency", "effectiveness")  # of a pollutant
NUMBERS = frozenset({"activity", "lon", "lat", "total", *AMOUNTS})
RANGES = MappingProxyType({"lon": (-180.0, 180.0), "lat": (-90.0, 90.0)})
_COUNTY = re.compile(
    r"(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])\d{4}(\d{3}|\d{6})?"
)  # GB/T 2260, or a place within one
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_DATE = re.compile(r"(?:年\d{1,2}月|[-/.]\d{1,2}(?!\d))")  # what makes a date of a year
_CJK = re.compile(r"[一-鿿]")


@dataclass(frozen=True, eq=False)
class Role:
    """A column and what it is for. field, pollutant : as of ``fields.Meaning``. sure : whether header and contents leave no doubt. why : keys of
    what is to be said of it, with their values. months : numbers of the columns whose sum it is."""

    header: Header
    contents: Contents
    field: str
    pollutant: str = ""
    sure: bool = False
    why: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    months: tuple[int, ...] = ()

    @property
    def number(self) -> int:
        """Of the column, from 1."""
        return self.header.number

    def doubted(self, key: str, /, **values: str) -> Role:
        """The same role, with a reason for doubt."""
        return replace(self, sure=False, why=(*self.why, (key, tuple(values.items()))))


@dataclass(frozen=True, eq=False)
class Table:
    """A sheet as it was understood. rows : of the header. first : row of data. unit : of the title, as written and as read. besides : rows that
    hold no data."""

    sheet: Sheet
    rows: tuple[int, ...]
    first: int
    headers: tuple[Header, ...]
    roles: tuple[Role, ...]
    unit: tuple[str, str]
    titles: tuple[str, ...]
    besides: Besides

    def all(self, field: str, pollutant: str | None = None) -> tuple[Role, ...]:
        """The columns of a field, the surest first."""
        found = [r for r in self.roles if r.field == field and pollutant in (None, r.pollutant)]
        return tuple(sorted(found, key=lambda r: not r.sure))

    def name(self, role: Role) -> str:
        """What to call a column so that it is found again: its last text, the whole one, or its number."""
        for name in (role.header.last, role.header.text):
            if columns_named(self.headers, name) == (role.header,):
                return name
        return f"#{role.number}"

    @property
    def long(self) -> bool:
        """Whether it has one row a pollutant, rather than a column."""
        wide = any(role.pollutant and role.field in ("emission", "factor") for role in self.roles)
        return bool(self.all("pollutant")) and (not wide or any(self.all(kind, "") for kind in ("emission", "factor")))

    @property
    def promise(self) -> tuple[int, int]:
        """How much of a mapping it could fill: columns of figures of pollutants, then other fields."""
        told = [r for r in self.roles if r.field in ("emission", "factor") and (r.pollutant or self.long)]
        return len(told), len({r.field for r in self.roles if r.field not in ("", "none", "total")})


def understand(sheet: Sheet) -> Table:
    """Find the header of a sheet, and what each of its columns is for.

    Parameters
    ----------
    sheet : Sheet

    Returns
    -------
    Table
    """
    rows = find_header(sheet)
    first = first_row(sheet, rows) if rows else next(iter(sheet.head.lines), 1)
    columns = headers(sheet, rows)
    held = contents(sheet, rows, first, len(columns))
    pairs = [(h, c) for h, c in zip(columns, held, strict=False) if h.text or c.filled]
    unit = title_unit(sheet, rows)
    roles = _by_contents([_confirmed(_said(h, c, unit[1]), c) for h, c in pairs])
    extra = besides(sheet, rows, first, min(len(columns), WIDEST))
    return Table(sheet, rows, first, columns, tuple(roles), unit, titles(sheet, rows), extra)


def year_in(texts: Iterable[str]) -> int | None:
    """The one year that texts name; None if there is none, or several.

    Parameters
    ----------
    texts : iterable of str
    """
    found = years_in(texts)
    return found[0] if len(found) == 1 else None


def years_in(texts: Iterable[str]) -> tuple[int, ...]:
    """The years that texts name, in order; those of dates (2021年6月, 2021-06-15) only where there are no others.

    Parameters
    ----------
    texts : iterable of str
    """
    named = [(int(year[1]), bool(_DATE.match(text, year.end()))) for text in texts for year in _YEAR.finditer(text)]
    return tuple(sorted({year for year, dated in named if not dated} or {year for year, _ in named}))


def year_of(table: Table, file_name: str) -> int | None:
    """The year that the rows, the titles, the headers of figures, the sheet or the file name, in that order; None if none does.

    Parameters
    ----------
    table : Table
    file_name : str
    """
    return next((years[0] for texts in _places(table, file_name) if len(years := years_in(texts)) == 1), None)


def years_of(table: Table, file_name: str) -> tuple[int, ...]:
    """All years that are named where ``year_of`` looks.

    Parameters
    ----------
    table : Table
    file_name : str
    """
    return tuple(sorted({year for texts in _places(table, file_name) for year in years_in(texts)}))


def _places(table: Table, file_name: str) -> Iterator[list[str]]:
    """Texts that may name the year, place by place."""
    yield [text for role in table.all("year")[:1] for text in role.contents.texts]
    yield list(table.titles)
    yield [role.header.text for role in table.roles if role.field in AMOUNTS or year_in([role.header.last])]
    yield [table.sheet.name]
    yield [file_name]


def kind_of_unit(unit: str) -> str:
    """What a number in a unit can be: emission (mass a year), factor (mass per something), share, or something else (empty).

    Parameters
    ----------
    unit : str
        As emisim reads it.
    """
    if not unit:
        return ""
    base = scale(unit).base
    if base == MASS:
        return "emission"
    if base == SHARE:
        return "share" if "%" in unit or "‰" in unit else "factor"
    return "factor" if base.startswith("tonne /") and "second" not in base else ""


def is_chinese(text: str) -> bool:
    """Whether a text has Chinese characters."""
    return bool(_CJK.search(text))


def _said(header: Header, column: Contents, title: str) -> Role:
    """What the header says, with its unit, or that of the title, as a witness."""
    found = meaning(header)
    field, sure, unit = found.field, found.sure, kind_of_unit(header.unit or title)
    if found.pollutant and not field:
        field = {"share": "efficiency"}.get(unit, unit or "emission")
        sure = unit == "emission"
    if found.pollutant and field == "emission" and unit == "factor":
        field, sure = "factor", True
    role = Role(header, column, field, found.pollutant, sure)
    if found.pollutant and not found.sure and not sure:
        return role.doubted("guess.kind")
    return role if sure or not field else role.doubted("guess.word")


def _confirmed(role: Role, column: Contents) -> Role:
    """The role, as far as the contents bear it out; without a field where they speak against it."""
    field = role.field.partition(":")[0]
    if not column.filled:
        return replace(role, field="", pollutant="", why=())
    if field in NUMBERS:
        if not column.numbers:
            return replace(role, field="", pollutant="", why=())
        if not column.numeric:
            role = role.doubted("guess.not_numbers", words=_few(column.words))
    if field in RANGES and not RANGES[field][0] <= column.low <= column.high <= RANGES[field][1]:
        return replace(role, field="", why=())
    if field == "region" or (field == "town" and _coded(column)):
        return _region(replace(role, field="region"), column)
    if field == "unit":
        return _unit(role, column)
    if field == "pollutant":
        return _pollutant(role, column)
    if field in ("fuel", "technology", "subsector", "size") and column.numeric:
        return role.doubted("guess.numbers")
    if field == "name":
        return replace(role, field="name_zh" if any(map(is_chinese, column.texts)) else "name_en")
    return role


def _coded(column: Contents) -> bool:
    """Whether a column holds codes of counties, or of places within them."""
    return column.share([text for text in column.texts if _COUNTY.fullmatch(text)]) >= MOSTLY


def _region(role: Role, column: Contents) -> Role:
    if _coded(column):
        codes = [text for text in column.texts if _COUNTY.fullmatch(text)]
        role = replace(role, sure=True, why=())
        return role.doubted("guess.region_cut") if any(len(text) > 6 for text in codes) else role
    if column.numeric:  # codes of another kind: those of the United States have five digits
        return role
    return role.doubted("guess.region_names")


def _unit(role: Role, column: Contents) -> Role:
    """单位 is a unit, or an organisation."""
    units = units_of(column)
    known = sum(bool(unit) for unit in units.values())
    if 2 * known >= len(units):
        return role
    if role.field == "unit":
        return replace(role, field="name_zh", sure=False).doubted("guess.unit_or_office")
    return role.doubted("guess.word")


def _pollutant(role: Role, column: Contents) -> Role:
    known = [text for text in column.texts if pollutant_called(text) is not None]
    if column.share(known) >= MOSTLY:
        return replace(role, sure=True, why=())
    return role.doubted("guess.pollutants") if known else replace(role, field="", why=())


def _by_contents(roles: list[Role]) -> list[Role]:
    """Columns without a field whose contents tell what they are."""
    have = {role.field for role in roles}
    out = []
    for role in roles:
        texts = list(role.contents.texts)
        field = ""
        if not role.field and texts:
            if (
                "pollutant" not in have
                and len(texts) > 1
                and role.contents.share(list(filter(pollutant_called, texts))) >= MOSTLY
            ):
                field = "pollutant"
            elif "region" not in have and role.contents.share([t for t in texts if _COUNTY.fullmatch(t)]) == 1.0:
                field = "region"
            elif (
                not role.contents.numbers and len(texts) > 1 and role.contents.share([t for t in texts if read_unit(t)[1]]) == 1.0
            ):
                field = "unit"
        have |= {field} - {""}
        out.append(replace(role, field=field).doubted("guess.contents") if field else role)
    return out


def _few(words: tuple[str, ...], count: int = 5) -> str:
    """The first few of some words."""
    return ", ".join(word[:20] for word in words[:count]) + (", …" if len(words) > count else "")
