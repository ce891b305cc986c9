"""A filled template: recognised, read into the tables of an inventory, and written as the files of an inventory folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from emisim.errors import BadInput, Fault, Place, fault
from emisim.importing.sheet import Sheet
from emisim.inventory import CORRELATION_COLUMNS, FACTOR_COLUMNS, GROWTH_COLUMNS, SOURCE_COLUMNS, WITHOUT_ACTIVITY, Inventory
from emisim.io.csv_file import Row, csv_bytes, records_of
from emisim.io.inventory_tables import BadInventory, Table, Tables, checked
from emisim.io.template.cells import plain
from emisim.io.template.emissions import emission_rows
from emisim.io.template.grid import ENOUGH, FIRST, REGION, data, grid_of, is_example, read_row, sheet_cell
from emisim.io.template.words import CONSTANT, TABLES, column_of, folded, guide, sheet_names
from emisim.text import say

CONSTANT_YEARS = (1900, 2200)
FILES = ("sources.csv", "factors.csv", "growth.csv")


@dataclass(frozen=True)
class TemplateRow:
    """A row that stands in a template. id : the source, the factor set with its pollutant, or the driver with its year.
    example : marked as such, and not read."""

    sheet: str
    line: int
    id: str
    example: bool = False


@dataclass
class _Filled:
    """What was read so far. region : of the guide, for rows that name none."""

    region: str
    rows: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in TABLES})
    whole: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(TABLES, True))
    account: list[TemplateRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def is_template(sheets: Sequence[Sheet]) -> bool:
    """Whether a workbook is a template: one of its tables is there by name, with headings of its columns in the first rows."""
    return any(_looks_like(sheet, table) for sheet in sheets for table in [_table(sheet)] if table)


def _table(sheet: Sheet) -> str:
    """The table that a sheet is called by; empty if it is none of the template's."""
    return next((table for table in TABLES if folded(sheet.name) == folded(sheet_names()[table])), "")


def _looks_like(sheet: Sheet, table: str, end: str = "") -> bool:
    """Whether headings of a table stand in the first rows. end : of those that count; only names in brackets are the template's own."""
    cells = (cell for row in sheet.head.rows[: FIRST + 2] for cell in row if isinstance(cell, str) and cell.endswith(end))
    return len({column_of(table, cell) for cell in cells} - {""}) >= ENOUGH


def base_year_of(sheets: Sequence[Sheet]) -> int | None:
    """The base year that the guide of a template names; None if it names none."""
    text = _of_guide(sheets, "base_year")
    return int(text) if re.fullmatch(r"[12][0-9]{3}", text) else None


def _of_guide(sheets: Sequence[Sheet], kind: str) -> str:
    """What stands beside a label of the guide; empty if the guide or the label is gone."""
    label = next(folded(f"{zh} {en}") for line, zh, en in guide() if line == kind)
    for sheet in sheets:
        for row in sheet.head.rows if folded(sheet.name) == folded(sheet_names()["guide"]) else ():
            cells = [cell for cell in row if cell is not None]
            for cell, after in pairwise(cells):
                if folded(str(cell)) == label:
                    return plain(after) if isinstance(after, int | float) else str(after).strip()
    return ""


def read_template(path: Path, shown: str, base_year: int, years: tuple[int, ...]) -> Inventory:
    """Read and check a filled template.

    Parameters
    ----------
    path : Path
    shown : its name in messages.
    base_year : int
    years : that growth must cover.

    Raises
    ------
    BadInventory
        With all faults, each at its cell.
    """
    filled = _read(path, shown)
    return checked(_tables(filled, shown, years), base_year, years, filled.faults)


def template_folder(path: Path, shown: str) -> dict[str, bytes]:
    """The files of an inventory folder from a filled template: name → bytes.

    Raises
    ------
    BadInventory
    """
    filled = _read(path, shown)
    tables = _tables(filled, shown, CONSTANT_YEARS)
    checked(tables, 0, (), filled.faults)
    found = zip(
        FILES, (tables.sources, tables.factors, tables.growth), (SOURCE_COLUMNS, FACTOR_COLUMNS, GROWTH_COLUMNS), strict=True
    )
    return {name: csv_bytes(names, ([row[c] for c in names] for row in table.records.rows())) for name, table, names in found}


def template_rows(path: Path, shown: str) -> tuple[TemplateRow, ...]:
    """Every row of a filled template that is not empty, in the order of its sheets.

    Raises
    ------
    BadInput
    """
    filled = _read(path, shown)
    if filled.faults:
        raise BadInput(filled.faults)
    return tuple(filled.account)


def emission_only(inventory: Inventory) -> int:
    """How many sources have an emission but no activity: measures that change activity act on each of them as a whole."""
    return sum(unit == WITHOUT_ACTIVITY for unit in inventory.text["unit"].tolist())


def caution(inventory: Inventory, language: str = "en") -> str:
    """What whoever uses an inventory with such sources must know; empty if it has none."""
    count = emission_only(inventory)
    return say("template.caution", language, count=count) if count else ""


def _tables(filled: _Filled, shown: str, years: tuple[int, ...]) -> Tables:
    """The tables of an inventory; the driver ``constant`` has rows where a source names it and the sheet has none."""
    rows, names = filled.rows, sheet_names()
    found = [emission_rows(row) for row in rows["emissions"]]
    sources = [*rows["sources"], *(source for source, _ in found)]
    # An id that stands twice is told of the sources; its factors would be told again.
    once = {source["source_id"]: mine for source, mine in reversed(found)}
    factors = [*rows["factors"], *(factor for mine in reversed(once.values()) for factor in mine)]
    growth = list(rows["growth"])
    first = next((row for row in sources if row["growth_driver"] == CONSTANT), None)
    if first and all(row["driver"] != CONSTANT for row in growth):
        said = {"driver": CONSTANT, "index": "100", "grade": "A", "source": "by definition"}
        at = {"driver": first.columns.get("growth_driver", 0)}
        growth += [replace(first, fields={**said, "year": str(year)}, columns=at) for year in sorted({*years})]
    if not sources and filled.whole["sources"] and filled.whole["emissions"]:
        filled.faults.append(fault("inventory.empty", Place(shown, 0, 0, names["sources"])))
    return Tables(
        Path(shown).stem,
        shown,
        Table(names["sources"], records_of(sources, SOURCE_COLUMNS), filled.whole["sources"] and filled.whole["emissions"]),
        Table(names["factors"], records_of(factors, FACTOR_COLUMNS), filled.whole["factors"]),
        Table(names["growth"], records_of(growth, GROWTH_COLUMNS), filled.whole["growth"]),
        Table("correlations.csv", records_of((), CORRELATION_COLUMNS)),
    )


def _read(path: Path, shown: str) -> _Filled:
    from emisim.io.sheets import read_sheets

    sheets = read_sheets(path, shown)
    if not is_template(sheets):
        raise BadInventory([fault("template.other", Place(shown), sheets=", ".join(sheet_names()[t] for t in TABLES))], None)
    filled = _Filled(_of_guide(sheets, REGION))
    for sheet in sheets:
        before, table = len(filled.faults), _table(sheet)
        if table:
            _read_sheet(sheet, table, filled)
            filled.whole[table] = len(filled.faults) == before
        elif any(_looks_like(sheet, other, "]") for other in TABLES):  # rows that nobody would read
            known = ", ".join(sheet_names()[t] for t in TABLES)
            filled.faults.append(fault("template.sheet", sheet.place(), name=sheet.name, known=known))
    _same_words(filled)
    return filled


def _read_sheet(sheet: Sheet, table: str, filled: _Filled) -> None:
    grid = grid_of(sheet, table, filled.region, filled.faults)
    if grid is None:
        return
    found: list[Fault] = []
    for line, cells in data(sheet):
        if is_example(grid, cells):
            filled.account.append(TemplateRow(sheet.name, line, "", True))
            continue
        row = read_row(grid, line, cells, found)
        if row:
            filled.account.append(TemplateRow(sheet.name, line, _id(table, row)))
            filled.rows[table].append(row)
    # A formula without a value leaves its cell empty, which is no mistake of its own.
    blank = {place for place in map(sheet_cell(sheet), sheet.blank_formulas) if place.line >= FIRST}
    filled.faults += [f for f in found if f.place not in blank] + [fault("template.formula", place) for place in blank]


def _id(table: str, row: Row) -> str:
    keys = {"factors": ("factor_set", "pollutant"), "growth": ("driver", "year")}.get(table, ("source_id",))
    return ", ".join(row[key] for key in keys)


def _same_words(filled: _Filled) -> None:
    """Two rows without an id of their own need words of their own."""
    first: dict[str, Row] = {}
    for table in ("sources", "emissions"):
        kept = []
        for row in filled.rows[table]:
            made = row.columns["source_id"] == row.columns["name_zh"]
            other = first.setdefault(row["source_id"], row)
            if made and other is not row:
                at = f"{other.sheet}, {other.line}"
                filled.faults.append(fault("template.same_words", row.place("name_zh"), first=at))
                filled.whole[table] = False
            else:
                kept.append(row)
        filled.rows[table] = kept
