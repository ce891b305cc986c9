"""Headers of a foreign table: where they stand, what each column is called, and the unit that is written there.

head of a sheet  →  rows of the header  →  one Header a column  →  the column that a name means
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from emisim.importing.sheet import HEAD, Cell, Sheet
from emisim.importing.words import folded, is_blank, number_in, read_unit, said, unit_in, without_unit

FULL = 0.5  # a header fills at least this share of the widest row's cells
NEARLY = 0.8  # … and this share of the fullest row of texts above the data
LEVELS = 4  # rows that a header may have
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True)
class Header:
    """What stands above one column.

    number : of the column, from 1. text : the texts of all header rows, joined by ``/``. last : the lowest of them. unit : as emisim
    reads it, or empty. unit_as_written : the same as it stands there.
    """

    number: int
    text: str
    last: str
    unit: str = ""
    unit_as_written: str = ""


# ---- rows of the header


def find_header(sheet: Sheet) -> tuple[int, ...]:
    """The rows of the header, by their numbers in the sheet.

    Titles above it are skipped; a row of units, or of names below merged ones, belongs to it.

    Parameters
    ----------
    sheet : Sheet

    Returns
    -------
    tuple of int
        Empty if there seems to be none: the first row is data already, or there are no texts.
    """
    rows = _filled_rows(sheet)
    width = max((len(cells) for cells in rows.values()), default=0)
    lines = list(rows)
    data = next((line for line in lines if _is_data(rows[line], width)), None)
    above = lines[: lines.index(data)] if data is not None else lines
    texts = [line for line in above if _is_names(rows[line], width)]
    fullest = max((len(rows[line]) for line in texts), default=0)
    base = next((line for line in texts if len(rows[line]) >= NEARLY * fullest), None)
    if base is None:
        return ()
    first = last = above.index(base)
    blank = _breaks(sheet)
    while first and not blank(above[first - 1], above[first]) and _is_group(rows[above[first - 1]], rows[above[first]]):
        first -= 1
    while (
        last + 1 < len(above) and not blank(above[last], above[last + 1]) and _goes_on(sheet, rows, above[last], above[last + 1])
    ):
        last += 1
    return tuple(above[max(first, last - LEVELS + 1) : last + 1])


def first_row(sheet: Sheet, rows: Sequence[int]) -> int:
    """The first row of data below the header: a row that numbers the columns (甲 乙 1 2 3) is none.

    Parameters
    ----------
    sheet : Sheet
    rows : sequence of int
        Rows of the header; may be empty.

    Returns
    -------
    int
    """
    filled = _filled_rows(sheet)
    first = max(rows, default=0) + 1
    named = sum(bool(header.text) for header in headers(sheet, rows))
    return next(
        (line for line in filled if line >= first and not (_is_numbering(filled[line]) and len(filled[line]) == named)), first
    )


def title_unit(sheet: Sheet, rows: Sequence[int]) -> tuple[str, str]:
    """The unit that a title above the header names for the whole table, as in ``单位：吨``.

    Parameters
    ----------
    sheet : Sheet
    rows : sequence of int
        Rows of the header.

    Returns
    -------
    (str, str)
        As written and as emisim reads it; empty where there is none, or more than one.
    """
    found = {}
    for text in titles(sheet, rows):
        written, unit = unit_in(text)
        found.setdefault(unit, written)
    found.pop("", None)
    return next(((written, unit) for unit, written in found.items()), ("", "")) if len(found) == 1 else ("", "")


def titles(sheet: Sheet, rows: Sequence[int]) -> tuple[str, ...]:
    """The texts above the header, each once.

    Parameters
    ----------
    sheet : Sheet
    rows : sequence of int
        Rows of the header.

    Returns
    -------
    tuple of str
    """
    first = min(rows, default=0)
    filled = _filled_rows(sheet)
    return tuple(dict.fromkeys(said(cell) for line, cells in filled.items() if line < first for cell in cells.values()))


def _filled_rows(sheet: Sheet) -> dict[int, dict[int, Cell]]:
    """Row → column → cell of the head, cells that say nothing left out, merged cells filled."""
    rows = {
        line: {k: cell for k, cell in enumerate(cells, start=1) if not is_blank(cell)}
        for line, cells in zip(sheet.head.lines[:HEAD], sheet.head.rows[:HEAD], strict=False)
    }
    for (line, column), cell in sheet.merged.items():
        if line in rows and not is_blank(cell):
            rows[line].setdefault(column, cell)
    return {line: dict(sorted(cells.items())) for line, cells in rows.items() if cells}


def _is_year(cell: Cell) -> bool:
    number = number_in(cell)
    return number is not None and number.is_integer() and FIRST_YEAR <= number <= LAST_YEAR


def _is_data(cells: Mapping[int, Cell], width: int) -> bool:
    """A row with a number that is no year, neither a title nor a row that numbers the columns."""
    numbers = [c for c in cells.values() if number_in(c) is not None and not _is_year(c)]
    return bool(numbers) and len(cells) >= FULL * width and not _is_numbering(cells)


def _is_numbering(cells: Mapping[int, Cell]) -> bool:
    """``甲 乙 1 2 3``, ``(1) (2) (3)``, ``A B 1 2=3-4``: the columns' numbers, from 1 up by one."""
    texts = [folded(said(c)).strip("()") for c in cells.values()]
    counts = [int(t) for t in texts if t.isdecimal() and len(t) < 4]
    others = [t for t in texts if not (t.isdecimal() and len(t) < 4)]
    rising = counts[:1] == [1] and counts == list(range(1, len(counts) + 1)) and len(texts) >= 3
    return rising and all(re.fullmatch(r"[a-z甲乙丙丁戊己]|栏次|\d+=[\d+*/()-]+", t) for t in others)


def _is_names(cells: Mapping[int, Cell], width: int) -> bool:
    """A row of texts that is wide enough for a header; years may stand among them."""
    texts = {said(c) for c in cells.values() if number_in(c) is None}
    figures = [c for c in cells.values() if number_in(c) is not None and not _is_year(c)]
    enough = len(cells) >= max(FULL * width, min(2, width))
    years = {said(c) for c in cells.values() if _is_year(c)}
    several = len(texts) >= min(2, width) or (texts and len(years) > 1)
    return bool(enough and several and not figures) and not _is_numbering(cells)


def _is_group(upper: Mapping[int, Cell], lower: Mapping[int, Cell]) -> bool:
    """Whether a sparse row names groups of the columns below it, rather than being a title."""
    texts = [said(c) for c in upper.values()]
    if any(re.search(r"[:：]", t) or t.endswith("表") for t in texts) or any(number_in(c) is not None for c in upper.values()):
        return False
    # A title begins at the left; what begins further right, above names, is a group.
    return len(set(texts)) > 1 or min(upper) > min(lower)


def _goes_on(sheet: Sheet, rows: Mapping[int, Mapping[int, Cell]], line: int, below: int) -> bool:
    """Whether the row below belongs to the header too: units, or names below a name that spans several columns."""
    upper, lower = rows[line], rows[below]
    if any(number_in(c) is not None and not _is_year(c) for c in lower.values()) or _is_numbering(lower):
        return False
    units = [read_unit(said(c).strip("()（）"))[1] or unit_in(said(c))[1] for k, c in lower.items() if upper.get(k) != c]
    if units and sum(map(bool, units)) >= NEARLY * len(units):
        return True
    if any((below, k) in sheet.merged and lower[k] == upper.get(k) for k in lower):
        return True
    if all(_names_or_unit(upper, k, said(lower[k])) for k in lower) and any(_repeats(upper, k) for k in lower):
        return True
    if any((line, k) in sheet.merged and lower.get(k) not in (None, upper[k]) for k in upper):
        return True
    names = [said(c) for c in lower.values()]
    below_nothing = [k for k in lower if k not in upper and k > min(upper)]
    return bool(below_nothing) and (
        any(k not in lower for k in upper) or len(set(names)) < len(names) or len(upper) <= FULL * len(lower)
    )


def _repeats(upper: Mapping[int, Cell], column: int) -> bool:
    """Whether a name of a header stands above the column beside it, too."""
    return column in upper and upper[column] in (upper.get(column - 1), upper.get(column + 1))


def _names_or_unit(upper: Mapping[int, Cell], column: int, text: str) -> bool:
    """Whether a text below a name is its unit, or tells two columns of that name apart."""
    return _repeats(upper, column) or bool(read_unit(text.strip("()（）"))[1] or unit_in(text)[1])


def _breaks(sheet: Sheet) -> Callable[[int, int], bool]:
    """Whether a blank row stands between two rows; a record of a CSV file may take several lines."""
    order = {line: k for k, line in enumerate(sheet.head.lines)}
    return lambda upper, lower: order[lower] - order[upper] != 1


# ---- columns


def headers(sheet: Sheet, rows: Sequence[int]) -> tuple[Header, ...]:
    """What stands above each column.

    Parameters
    ----------
    sheet : Sheet
    rows : sequence of int
        Rows of the header, from above. In an upper row an empty cell belongs to the text on its left, unless the sheet has merged cells there.

    Returns
    -------
    tuple of Header
        One a column, up to the last of the head that has anything; those without a header have an empty ``text``.
    """
    filled = _filled_rows(sheet)
    levels = [{k: said(c) for k, c in filled.get(line, {}).items()} for line in rows]
    if not any(line in rows for line, _ in sheet.merged):
        levels = _spread(levels)
    columns = range(1, max((max(cells) for cells in filled.values()), default=0) + 1)
    return tuple(_header(k, [level[k] for level in levels if k in level]) for k in columns)


def _spread(levels: list[dict[int, str]]) -> list[dict[int, str]]:
    """Upper rows with the empty cells filled from the left, as far as the rows below have texts and the row above stays the same."""
    full: list[dict[int, str]] = []
    for at, level in enumerate(levels[:-1]):
        row, above = dict(level), full[-1] if full else {}
        for k in sorted({k for lower in levels[at + 1 :] for k in lower}):
            if k not in row and k - 1 in row and above.get(k) == above.get(k - 1):
                row[k] = row[k - 1]
        full.append(row)
    return full + levels[-1:]


def _header(number: int, texts: Sequence[str]) -> Header:
    """One column's header of the texts above it; one that is merged downwards counts once."""
    parts = [text for k, text in enumerate(texts) if not k or text != texts[k - 1]]
    found = next((pair for pair in map(unit_in, reversed(parts)) if pair[1]), ("", ""))
    return Header(number, "/".join(parts), parts[-1] if parts else "", found[1], found[0])


def columns_named(headers: Iterable[Header], name: str) -> tuple[Header, ...]:
    """The columns that a name in a mapping may mean: none, one, or several where the name is ambiguous.

    Parameters
    ----------
    headers : iterable of Header
    name : str
        The exact text; else the same but for full-width forms, spaces and capitals; else its last parts; else these without their unit. ``#3`` is
        the third column.

    Returns
    -------
    tuple of Header
    """
    every = tuple(headers)
    if number := re.fullmatch(r"\s*[#＃]\s*(\d{1,5})\s*", name):
        return tuple(h for h in every if h.number == int(number.group(1)))
    wanted = folded(name)
    if not wanted:
        return ()
    exact = tuple(h for h in every if h.text == name)
    return exact or next((found for k in range(4) if (found := tuple(h for h in every if wanted in _spellings(h)[k]))), ())


@lru_cache(maxsize=8192)
def _spellings(header: Header) -> tuple[frozenset[str], ...]:
    """How a column may be called, the strictest first: as a whole, by its last parts, and both without the unit."""
    whole = folded(header.text)
    cuts = [k for k, c in enumerate(whole) if c == "/"]
    ends = frozenset({folded(header.last), *(whole[k + 1 :] for k in cuts)}) - {""}
    bare = frozenset({folded(without_unit(header.text, header.unit_as_written))}) - {""}
    bare_ends = frozenset({folded(without_unit(header.last, header.unit_as_written))}) - {""}
    return frozenset({whole}), ends, bare, bare_ends
