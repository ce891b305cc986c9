"""Rows that two sheets or files have alike: last year's version of a table, a copy of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from emisim.errors import fault
from emisim.importing.checks import taken_figures
from emisim.importing.problems import Problems
from emisim.importing.sources import Part, Sources


def told_twice(parts: Sequence[Part], sources: Sources, problems: Problems) -> list[Part]:
    """Look for rows that two sheets have alike.

    Returns
    -------
    The parts, with what a person should look at. Where most of a sheet is in another one, too, it goes to ``problems``.
    """
    out = list(parts)
    if len(parts) < 2:
        return out
    seen: dict[bytes, int] = {}
    for k, part in enumerate(parts):
        rows, value = taken_figures(part.entries)
        names = [sources.pollutants.index(p) if p in sources.pollutants else -1 for p in part.entries.pollutants]
        table = np.zeros((rows.size, len(sources.pollutants) + 1))
        for column, place in enumerate(names):
            if place >= 0:
                table[:, place] = value[:, column]
        table[:, -1] = sources.of[k][rows]
        marks = [row.tobytes() for row in table]
        again = [n for n, mark in enumerate(marks) if mark in seen and table[n, :-1].any()]
        if again:
            place, other = (
                part.entries.sheet.place(int(part.entries.line[rows[again[0]]])),
                parts[seen[marks[again[0]]]].entries.sheet,
            )
            values = {"count": len(again), "rows": rows.size, "other": str(other.place())}
            if len(again) > rows.size / 2 and len(again) > 1:
                problems.add("import.sheet_twice", place, **values)
            note = fault("import.note.sheet_twice", place, **values)
            out[k] = replace(part, entries=replace(part.entries, notes=(*part.entries.notes, note)))
        for mark in marks:
            seen.setdefault(mark, k)
    return out
