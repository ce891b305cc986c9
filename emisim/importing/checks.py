"""What a look at the rows as a whole shows: sums among them, rows that stand twice, texts that cannot be right."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from emisim.errors import Fault, Place, fault
from emisim.importing.alike import first_alike
from emisim.importing.entries import APART, NAMED, Entries, Why
from emisim.importing.mapping import Mapping
from emisim.importing.problems import Problems
from emisim.importing.texts import folded

CLOSE = 1e-9  # figures of a sum and of its parts agree to this share
ROUNDED = 1e-4  # or to this, where all pollutants do
FULL = 1e-12  # so near to 1 the control in place is all of it
CODE = (5, 6, 9, 12)  # digits of codes of counties: FIPS, GB/T 2260, of towns and villages
FEW = 3  # sums of small numbers that are told one by one
NEXT = 200  # rows that are looked at for the parts of a row above them
MOST = 100_000  # rows; of more only sums of all rows before are looked for
LAT, LON = 90.0, 180.0
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")


def check_rows(entries: Entries, mapping: Mapping, problems: Problems) -> tuple[Fault, ...]:
    """Look at the rows that are taken.

    Returns
    -------
    What a person should look at. What must be wrong goes to ``problems``.
    """
    notes = Problems()
    _figures(entries, problems)
    _words(entries, problems)
    _hierarchy(entries, mapping, problems, notes)
    _texts(entries, mapping, problems, notes)
    _sums(entries, mapping, problems, notes)
    _repeated(entries, notes)
    return tuple(notes.faults)


def _figures(entries: Entries, problems: Problems) -> None:
    """What cannot be: below zero, or emitted behind a control that lets nothing through."""
    amounts, taken = entries.amounts, entries.why == Why.TAKEN
    here = taken[amounts.row]
    for k in np.flatnonzero((amounts.emission < 0) & here).tolist():
        problems.add("import.negative", _figure_place(entries, k), value=f"{amounts.emission[k]:.6g} t/yr")
    for row in np.flatnonzero((entries.activity < 0) & taken).tolist():
        place = entries.sheet.place(int(entries.line[row]), entries.columns.get("activity", 0))
        problems.add("import.negative", place, value=f"{entries.activity[row]:.6g} {entries.activity_unit[row]}")
    control = amounts.efficiency * amounts.effectiveness
    for k in np.flatnonzero((np.abs(control - 1) <= FULL) & (amounts.emission > 0) & here).tolist():
        problems.add("import.full_control", _figure_place(entries, k), emission=f"{amounts.emission[k]:.6g}")


def _figure_place(entries: Entries, k: int) -> Place:
    """Where an amount stands."""
    name = entries.pollutants[entries.amounts.pollutant[k]]
    return entries.sheet.place(int(entries.line[entries.amounts.row[k]]), entries.columns.get(name, entries.columns.get("", 0)))


def _words(entries: Entries, problems: Problems) -> None:
    """One quantity under several names: PM25-PRI and PM2_5 of one source are no two amounts. Modes (EXH__VOC, EVP__VOC) are."""
    if "pollutant" not in entries.words:
        return
    words = entries.words["pollutant"]
    mode = np.array(["__" in text for text in words.text], dtype=bool)
    amounts = entries.amounts
    here = np.flatnonzero((entries.why[amounts.row] == Why.TAKEN) & ~mode[words.code[amounts.row]])
    keys = APART if "id" in entries.words else (*APART, *NAMED)
    rows = amounts.row[here]
    columns = [amounts.pollutant[here], *(entries.words[field].code[rows] for field in keys if field in entries.words)]
    other = first_alike(columns)
    for k in np.flatnonzero(words.code[rows] != words.code[rows[other]]).tolist():
        values = {"word": words[rows[k]], "other": words[rows[other[k]]], "line": int(entries.line[rows[other[k]]])}
        problems.add("import.two_words", entries.sheet.place(int(entries.line[rows[k]])), **values)


def _hierarchy(entries: Entries, mapping: Mapping, problems: Problems, notes: Problems) -> None:
    """A code beside codes that are parts of it: 1A2 beside 1A2a and 1A2b, 工业锅炉 beside 工业锅炉 / 燃煤."""
    words = entries.words.get("code")
    if words is None or mapping.codes.tree:
        return
    rows, value = taken_figures(entries)
    codes = words.code[rows]
    used = np.unique(codes).tolist()
    plain = {number: _levels(words.text[number]) for number in used}
    known: dict[str, list[int]] = {}
    for number in used:
        for n in range(1, len(plain[number])):
            known.setdefault("\x1f".join(plain[number][:n]), []).append(number)
    for number in used:
        parts = known.get("\x1f".join(plain[number]), [])
        if not parts:
            continue
        whole, sum_of = value[codes == number].sum(axis=0), value[np.isin(codes, parts)].sum(axis=0)
        row = int(rows[np.flatnonzero(codes == number)[0]])
        values = {"code": words.text[number], "parts": ", ".join(words.text[k] for k in parts[:5])}
        if _equal(whole[None], sum_of[None])[0] and mapping.totals is None:
            problems.add("import.group", entries.sheet.place(int(entries.line[row])), **values)
        else:
            notes.add("import.note.group", entries.sheet.place(int(entries.line[row])), **values)


def _levels(code: str) -> list[str]:
    """A code level by level: NFR 1A2gvii → 1, a, 2, g, vii; SNAP 030203 → 03, 02, 03; a path by its signs."""
    plain = folded(code).casefold()
    path = [part for part in re.split(r"\s*[/|]\s*", plain) if part]
    if len(path) > 1 or not re.match(r"[0-9]", plain):
        return path
    short = re.sub(r"[\s.]", "", plain)
    if short.isdecimal():
        return re.findall("..", short) if len(short) in (4, 6) else [short]
    head = re.match(r"([0-9]+)([a-z]?)([0-9]*)([a-z]?)(.*)", short)
    return [part for part in head.groups() if part] if head else [short]


def _places(entries: Entries, mapping: Mapping, field: str, chosen) -> Iterator[tuple[Place, str]]:
    """Places of the taken rows whose text of a field is among ``chosen`` (a test of texts)."""
    words = entries.words.get(field)
    if words is None:
        return
    bad = np.array([chosen(text) for text in words.text], dtype=bool)
    for row in np.flatnonzero(bad[words.code] & (entries.why == Why.TAKEN)).tolist():
        yield entries.sheet.place(int(entries.line[row])), words[row]


def _texts(entries: Entries, mapping: Mapping, problems: Problems, notes: Problems) -> None:
    for field in ("region", "growth_driver", "id"):
        for place, _ in _places(entries, mapping, field, lambda text: not text):
            problems.add("import.empty_text", place, field=field)
    for field, most in (("lon", LON), ("lat", LAT)):

        def wrong(text: str, most: float = most) -> bool:
            return bool(text) and not (_NUMBER.fullmatch(text) and abs(float(text)) <= most)

        for place, text in _places(entries, mapping, field, wrong):
            problems.add("import.degrees", place, field=field, text=text)
    for place, text in _places(
        entries, mapping, "region", lambda text: not text.isascii() or (text.isdigit() and len(text) not in CODE)
    ):
        notes.add("import.note.region", place, text=text)


def taken_figures(entries: Entries, *fields: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows that are taken, and what they say of each pollutant: (row, pollutant) of emissions [t/yr], and of further fields beside them."""
    rows = np.flatnonzero(entries.why == Why.TAKEN)
    place = np.full(len(entries), -1)
    place[rows] = np.arange(rows.size)
    amounts, many = entries.amounts, len(entries.pollutants)
    here = place[amounts.row] >= 0
    cell = place[amounts.row[here]] * many + amounts.pollutant[here]
    found = [
        np.bincount(cell, weights=getattr(amounts, field)[here], minlength=rows.size * many).reshape(rows.size, many)
        for field in ("emission", *fields)
    ]
    return rows, np.column_stack(found)


def _sums(entries: Entries, mapping: Mapping, problems: Problems, notes: Problems) -> None:
    """Rows that are the sum of others, whatever they are called: counted beside their parts they would double the inventory."""
    rows, value = taken_figures(entries)
    if rows.size < 3 or mapping.long is not None or mapping.codes.tree:
        return
    settled = mapping.totals is not None  # somebody has said which rows are totals
    chance = []
    for at, first, count in _summed(value):
        figures = int((value[at] > 0).sum())
        place = entries.sheet.place(int(entries.line[rows[at]]))
        others = f"{entries.line[rows[first]]}–{entries.line[rows[first + count - 1]]}"
        telling = figures > 1 or max(map(_digits, value[at].tolist())) > 2
        if count >= 3 and (figures > 1 or (count > 4 and telling)) and not settled:
            problems.add("import.sum_row", place, rows=others)
        elif telling:
            notes.add("import.note.sum_row", place, rows=others)
        else:
            chance.append((place, others))
    for place, others in chance if len(chance) <= FEW else ():
        notes.add("import.note.sum_row", place, rows=others)
    if len(chance) > FEW:  # small whole numbers often are the sum of some others
        notes.add("import.note.sum_rows", chance[0][0], count=len(chance))


def _digits(value: float) -> int:
    """Significant digits of a figure."""
    return len(f"{value:.9g}".partition("e")[0].replace(".", "").strip("0"))


def _summed(value: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """(row, first of the rows that it is the sum of, how many these are): of all before it, of those since the last sum, or of those that
    follow it."""
    before = np.cumsum(value, axis=0) - value
    alike = set(np.flatnonzero(_equal(value, before)).tolist())
    start, running, parts = 0, np.zeros(value.shape[1]), 0
    small = len(value) <= MOST
    for k in range(len(value)) if small else sorted(alike):
        since = parts > 1 and bool(_equal(value[k : k + 1], running[None])[0])
        following = 0 if since or not small else _following(value, k)
        if since or (k in alike and k > 1):
            yield k, start if since else 0, parts if since else k
        elif following:
            yield k, k + 1, following
        if since or k in alike or following:
            start, running, parts = k + 1, np.zeros(value.shape[1]), 0
        else:
            running, parts = running + value[k], parts + 1


def _following(value: np.ndarray, k: int) -> int:
    """How many of the next rows, two or more, add up to this one; 0 if none do."""
    largest = int(value[k].argmax())
    goal, total = value[k], np.zeros(value.shape[1])
    for n in range(1, min(NEXT, len(value) - k)):
        total = total + value[k + n]
        if total[largest] >= goal[largest] * (1 - ROUNDED):
            return n if n > 1 and _equal(goal[None], total[None])[0] else 0
    return 0


def _equal(value: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Rows that agree in all pollutants."""
    several = (value > 0).sum(axis=1) > 1
    near = np.where(several, ROUNDED, CLOSE)[:, None]
    return (np.abs(value - other) <= near * np.maximum(np.abs(value), np.abs(other))).all(axis=1) & (value > 0).any(axis=1)


def _repeated(entries: Entries, notes: Problems) -> None:
    """Rows that repeat another one word for word and figure for figure: copied once too often, most likely."""
    rows, value = taken_figures(entries, "efficiency", "effectiveness")
    if not rows.size or value.shape[1] == 0:
        return
    columns = [np.nan_to_num(entries.activity[rows], nan=-1.0), *value.T, *(entries.words[f].code[rows] for f in entries.words)]
    other = first_alike(columns)
    for k in np.flatnonzero(other != np.arange(rows.size)).tolist():
        notes.add("import.note.repeated", entries.sheet.place(int(entries.line[rows[k]])), line=int(entries.line[rows[other[k]]]))


def one_column_each(mapping: Mapping, place: dict[str, int], where: Place) -> list[Fault]:
    """A column that is read for two pollutants."""
    seen: dict[int, str] = {}
    faults = []
    for name, figures in mapping.pollutants.items():
        for amount in filter(None, (figures.emission, figures.factor)):
            number = place.get(amount.column or "", 0)
            if number and seen.setdefault(number, name) != name:
                faults.append(fault("import.one_column", where, column=amount.column, first=seen[number], second=name))
    return faults
