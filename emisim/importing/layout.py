"""Where the columns that a mapping names stand in a sheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from emisim.errors import Fault, Place, fault, nearest
from emisim.importing.checks import one_column_each
from emisim.importing.fields import meaning
from emisim.importing.headers import Header, columns_named, find_header, first_row, headers
from emisim.importing.mapping import Amount, Mapping, UnitColumn
from emisim.importing.sheet import Sheet

ALL = "*"  # all sheets that have the columns


@dataclass(frozen=True, eq=False)
class Layout:
    """How a sheet is laid out. header : its header rows. first, last : rows of data; last 0: to the end. columns : all of them. place :
    name in the mapping → number of the column, from 1. years : names of columns of years that the mapping does not
    speak of. numbering : a row that numbers the columns and is no
    data. whole : no row may be longer than that."""

    sheet: Sheet
    header: tuple[int, ...]
    first: int
    last: int
    columns: tuple[Header, ...]
    place: dict[str, int]
    years: tuple[str, ...] = ()
    numbering: int = 0
    whole: bool = False

    def at(self, name: str) -> int:
        """Index of a column, from 0."""
        return self.place[name] - 1

    @property
    def width(self) -> int:
        """Number of the last column that has a name."""
        return max((c.number for c in self.columns if c.text), default=0)


def named_columns(mapping: Mapping) -> Iterator[str]:
    """The names of all columns that a mapping reads."""
    texts = [getattr(mapping, field) for field in type(mapping).model_fields if hasattr(getattr(mapping, field), "parts")]
    figures = [*mapping.pollutants.values(), *([mapping.long] if mapping.long else [])]
    texts += [mapping.long.pollutant] if mapping.long else []
    for text in texts:
        yield from text.column
    amounts = [mapping.activity] + [a for f in figures for a in (f.emission, f.factor, f.efficiency, *f.effectiveness)]
    for amount in filter(None, amounts):
        yield from _columns_of(amount)
    yield from mapping.id
    yield from mapping.select
    yield from mapping.single
    yield from (o.column for o in mapping.leave_out if o.column)


def _columns_of(amount: Amount) -> Iterable[str]:
    yield from [amount.column] if amount.column else []
    yield from amount.otherwise_sum
    if isinstance(amount.unit, UnitColumn):
        yield amount.unit.column


def lay_out(sheet: Sheet, mapping: Mapping) -> tuple[Layout, list[Fault]]:
    """Find the columns of a mapping in a sheet.

    Returns
    -------
    Layout and the faults: a column that is not there, or a name that several have.
    """
    given = mapping.file
    if given.names:
        header: tuple[int, ...] = given.header or ()
        columns = tuple(Header(k + 1, name, name) for k, name in enumerate(given.names))
    else:
        header = given.header if given.header is not None else find_header(sheet)
        columns = headers(sheet, header)
    below = max(header) + 1 if header else 1
    first = given.first or (first_row(sheet, header) if header else 1)
    place, faults = {}, []
    where = sheet.place(max(header)) if header else sheet.place()
    for name in dict.fromkeys(named_columns(mapping)):
        found = columns_named(columns, name)
        if len(found) == 1:
            place[name] = found[0].number
        elif found:
            faults.append(
                fault("import.two_columns", where, column=name, columns=", ".join(f"{c.text} (#{c.number})" for c in found))
            )
        else:
            known = [c.text for c in columns if c.text]
            faults.append(fault("import.no_column", where, column=name, near=_near(name, columns), known=", ".join(known) or "-"))
    faults += one_column_each(mapping, place, where)
    told = set(place.values())
    dated = [c for c in columns if header and c.text and c.number not in told and meaning(c).field == "year"]
    years = {c.text if len(columns_named(columns, c.text)) == 1 else f"#{c.number}": c.number for c in dated}
    return Layout(
        sheet,
        tuple(header),
        first,
        given.last or 0,
        columns,
        place | years,
        tuple(years),
        below if first > below and not given.first else 0,
        given.whole,
    ), faults


def _near(name: str, columns: tuple[Header, ...]) -> str:
    return nearest(name, [c.text for c in columns]) or nearest(name, [c.last for c in columns])


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def choose_sheets(sheets: Iterable[Sheet], mapping: Mapping, file: str) -> tuple[list[Layout], list[Sheet], list[Fault]]:
    """The sheets that a mapping reads, those that it does not, and what is wrong."""
    sheets = list(sheets)
    known = [sheet.name for sheet in sheets]
    names, faults = set(), []
    for pattern in mapping.file.sheets:
        plain = pattern.strip().strip("*")
        exact = [name for name in known if name in (pattern, plain)] or [name for name in known if name.strip() == plain]
        found = exact or [name for name in known if fnmatchcase(name.strip(), pattern.strip())]
        names |= set(found)
        if not found:
            near = nearest(pattern, known)
            faults.append(fault("import.no_sheet", Place(file), sheet=pattern, near=near, known=", ".join(known)))
        elif len(found) > 1 and pattern.strip() != ALL:
            faults.append(fault("import.several_sheets", Place(file), sheet=pattern, found=_quoted(found)))
    laid = {sheet.name: lay_out(sheet, mapping) for sheet in sheets if not mapping.file.sheets or sheet.name in names}
    fitting = [layout for layout, problems in laid.values() if not problems]
    if len(fitting) > 1 and not mapping.file.sheets:
        faults.append(fault("import.many_sheets", Place(file), found=_quoted([layout.sheet.name for layout in fitting])))
    if ALL in mapping.file.sheets and fitting:
        return fitting, [sheet for sheet in sheets if sheet.name not in {layout.sheet.name for layout in fitting}], faults
    if mapping.file.sheets or not fitting:
        # Without names, the sheet that comes nearest is the one that is meant.
        told = sorted(laid.values(), key=lambda pair: len(pair[1]))
        for _, problems in told if mapping.file.sheets else told[:1]:
            faults += problems
    if not laid and not faults:
        faults.append(fault("import.empty", Place(file)))
    read = {layout.sheet.name for layout in fitting}
    return fitting, [sheet for sheet in sheets if sheet.name not in read], faults
