"""One sheet of a filled template: its heading, and its rows as those of a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from emisim.errors import Fault, Place, column_letters, fault, nearest
from emisim.importing.sheet import Cell, Sheet
from emisim.io.csv_file import Row
from emisim.io.template.cells import FIGURES, text_of
from emisim.io.template.emissions import emission_rows
from emisim.io.template.identity import made_id
from emisim.io.template.words import MARK, Column, column_of, columns, folded, meant, words

HEADING, NOTES, FIRST = 2, 3, 4  # row with the names of the columns, row of notes, first row of data
ENOUGH = 3  # columns that make a sheet one of a template
REGION = "region"
OF_SOURCES = ("sources", "emissions")


@dataclass(frozen=True, eq=False)
class Grid:
    """A sheet whose heading is right.

    places : column → its number. made : the same for rows whose id is made from their name. columns : those that are there, with their
    place in a row. needed : names of those that must be filled in. region : that of rows which name none.
    """

    sheet: Sheet
    table: str
    places: Mapping[str, int]
    made: Mapping[str, int]
    columns: tuple[tuple[int, Column], ...]
    needed: tuple[str, ...]
    region: str


def _places(sheet: Sheet, table: str, faults: list[Fault]) -> Mapping[str, int] | None:
    """column → its number; None if the heading is not where it was."""
    texts, notes = _head_row(sheet, HEADING), _head_row(sheet, NOTES)
    said = {folded(text.partition("\n")[0]) for text in notes} - {""}
    if sum(bool(column_of(table, text)) for text in texts) < ENOUGH:
        faults.append(fault("template.heading", sheet.place(HEADING, 1), row=HEADING))
        return None
    if said and said.isdisjoint(folded(column.note_zh) for column in columns(table)):
        faults.append(fault("template.heading", sheet.place(NOTES, 1), row=NOTES))
        return None
    before, places = len(faults), {}
    known = {column.name: column for column in columns(table)}
    for number, text in enumerate(texts, start=1):
        name = column_of(table, text)
        if text and not name:
            near = nearest(text, set(known))
            faults.append(fault("csv.unknown_column", sheet.place(HEADING, number), column=text, near=near))
        elif name in places:
            faults.append(fault("csv.duplicate_column", sheet.place(HEADING, number), column=name))
        elif name:
            places[name] = number
    missing = [c.heading for c in known.values() if c.name not in places and (c.use == "needed" or c.name == MARK)]
    if missing:
        faults.append(fault("csv.missing_column", sheet.place(HEADING, 1), column=", ".join(missing)))
    return places if len(faults) == before else None


def _head_row(sheet: Sheet, wanted: int) -> list[str]:
    """The texts of one of the first rows."""
    cells = next((row for line, row in zip(sheet.head.lines, sheet.head.rows, strict=True) if line == wanted), ())
    return [str(cell).strip() if cell is not None else "" for cell in cells]


def grid_of(sheet: Sheet, table: str, region: str, faults: list[Fault]) -> Grid | None:
    """The sheet with its heading; None if that is not as it was."""
    places = _places(sheet, table, faults)
    if places is None:
        return None
    known = {column.name: column for column in columns(table)}
    there = tuple((number - 1, known[name]) for name, number in places.items())
    needed = tuple(column.name for _, column in there if column.use == "needed")
    made = {**places, "source_id": places["name_zh"]} if table in OF_SOURCES else places
    return Grid(sheet, table, places, made, there, (*needed, REGION) if table in OF_SOURCES else needed, region)


def data(sheet: Sheet) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The rows below the heading that hold something, with their numbers."""
    for block in sheet.blocks():
        for line, cells in zip(block.lines, block.rows, strict=True):
            if line >= FIRST and any(_filled(cell) for cell in cells):
                yield line, cells


def _filled(cell: Cell) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def sheet_cell(sheet: Sheet) -> Callable[[str], Place]:
    """A cell such as ``B12`` → its place."""

    def place(cell: str) -> Place:
        column = 0
        for letter in re.sub(r"\d", "", cell):
            column = 26 * column + ord(letter) - ord("A") + 1
        return sheet.place(int(re.sub(r"\D", "", cell)), column)

    return place


def is_example(grid: Grid, cells: Sequence[Cell]) -> bool:
    """Whether a row is marked as an example, which is not read."""
    at = grid.places[MARK] - 1
    return at < len(cells) and cells[at] is not None and meant(MARK, str(cells[at])) in {word.id for word in words(MARK)}


def read_row(grid: Grid, line: int, cells: Sequence[Cell], faults: list[Fault]) -> Row | None:
    """One row; None if it says nothing or something in it is wrong."""
    before, sheet = len(faults), grid.sheet
    fields = _fields(grid, line, cells, faults)
    if len(faults) == before and not any(fields.values()):
        return None
    if grid.table in OF_SOURCES and not fields.get(REGION):
        fields[REGION] = grid.region
    empty = [name for name in grid.needed if fields[name] == ""]
    faults += [fault("csv.empty", sheet.place(line, grid.places.get(name, 1)), column=name) for name in empty]
    if fields[MARK]:
        faults.append(fault("template.mark", sheet.place(line, grid.places[MARK]), text=fields[MARK]))
    inside = set(grid.places.values())
    astray = [k for k, cell in enumerate(cells, start=1) if k not in inside and _filled(cell)]
    faults += [fault("template.astray", sheet.place(line, k), column=column_letters(k)) for k in astray[:1]]
    if len(faults) > before:
        return None
    row = _row(grid, line, fields)
    if grid.table == "emissions":
        emission_rows(row, faults)
    return row if len(faults) == before else None


def _fields(grid: Grid, line: int, cells: Sequence[Cell], faults: list[Fault]) -> dict[str, str | None]:
    """column → what its cell says, or the merged range that it belongs to; None after a fault."""
    fields: dict[str, str | None] = {}
    merged = grid.sheet.merged
    for k, column in grid.columns:
        cell = cells[k] if k < len(cells) else None
        if merged and (line, k + 1) in merged:
            if column.kind in FIGURES:
                faults.append(fault("template.merged", grid.sheet.place(line, k + 1), column=column.name))
                fields[column.name] = None
                continue
            cell = merged[line, k + 1]
        problems: list[Fault] = []
        fields[column.name] = "" if cell is None else text_of(cell, column, problems)
        faults += [problem.at(grid.sheet.place(line, k + 1)) for problem in problems]
    return fields


def _row(grid: Grid, line: int, fields: dict[str, str | None]) -> Row:
    """The row with what may be left empty: a name in English, an id."""
    if grid.table not in OF_SOURCES:
        return Row(grid.sheet.file, line, fields, grid.places, grid.sheet.name)
    said = {**fields, "name_en": fields.get("name_en") or fields["name_zh"]}
    if said.get("source_id"):
        return Row(grid.sheet.file, line, said, grid.places, grid.sheet.name)
    return Row(grid.sheet.file, line, {**said, "source_id": made_id(said)}, grid.made, grid.sheet.name)
