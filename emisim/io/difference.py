"""How far two versions of one output file are apart: in the last digit, or another result."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import numpy as np

from emisim.io.netcdf import ARCHIVE
from emisim.io.result_file import variables_of
from emisim.repeat import RESULT, ROUNDING, TEXT, Difference

CLOSE = 1e-9  # relative difference up to which two numbers are the same but for rounding [1]
SMALLEST = 1e-6  # smaller numbers are compared as if they were this large: what is left of a difference of two is rounding


def difference(name: str, one: bytes, other: bytes) -> Difference:
    """How two files of a name, which are not the same bytes, differ."""
    try:
        if name.endswith(".nc"):
            return _of_variables(one, other)
        if name.endswith(".json"):
            return _of_leaves(dict(_leaves(json.loads(one))), dict(_leaves(json.loads(other))))
        if name.endswith(".csv"):
            return _of_leaves(dict(_cells(one)), dict(_cells(other)))
        return Difference(TEXT, None, _line(one, other))
    except (ValueError, OverflowError, csv.Error, RecursionError):
        return Difference(RESULT, None, "")


def _of_leaves(one: dict[str, Any], other: dict[str, Any]) -> Difference:
    """Plain values by their place."""
    alone = next((where for where in (*one, *other) if where not in one or where not in other), None)
    largest, at, words = 0.0, "", None
    for where in (w for w in one if w in other):
        a, b = one[where], other[where]
        if _is_number(a) and _is_number(b):
            apart = float(_relative(np.float64(a), np.float64(b)))
            if apart > largest:
                largest, at = apart, where
        elif type(a) is not type(b) or a != b:
            words = words or where
            alone = alone or (where if _is_number(a) or _is_number(b) else None)
    return _told(largest, at, alone, words)


def _of_variables(one: bytes, other: bytes) -> Difference:
    """Result files, variable by variable."""
    mine, yours = variables_of(one), variables_of(other)
    alone = next((n for n in (*mine, *yours) if n not in mine or n not in yours), None)
    largest, at, words = 0.0, "", None
    for name in (n for n in mine if n in yours):
        (a, said), (b, told) = mine[name], yours[name]
        words = words or (name if said != told else None)
        if name == ARCHIVE:
            words = words or (None if np.array_equal(a, b) else name)
        elif a.shape != b.shape or a.dtype.kind != b.dtype.kind:
            alone = alone or name
        elif a.dtype.kind == "f" and a.size:
            apart = _relative(a, b)
            if apart.max() > largest:
                largest = float(apart.max())
                at = name + str([int(k) for k in np.unravel_index(apart.argmax(), apart.shape)])
        elif not np.array_equal(a, b):
            words = words or name
    return _told(largest, at, alone, words)


def _told(largest: float, at: str, alone: str | None, words: str | None) -> Difference:
    """alone : a place that only one of the files has; words : one where something else than numbers differs."""
    finite = largest if math.isfinite(largest) else None
    if alone is not None or largest > CLOSE:
        return Difference(RESULT, finite, at if largest > CLOSE else alone or "")
    return Difference(ROUNDING, finite, at) if largest else Difference(TEXT, finite, words or "")


def _relative(a: Any, b: Any) -> Any:
    """Difference over the larger of two numbers [1]; 0 where both are missing, infinite where one is."""
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), SMALLEST)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _leaves(node: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """(place, value) of everything in JSON that holds nothing further."""
    if not (isinstance(node, (dict, list)) and node):
        yield where, node
        return
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield from _leaves(value, f"{where}.{key}" if where else str(key))


def _cells(data: bytes) -> Iterator[tuple[str, Any]]:
    """(line and column, number or text) of a table."""
    header: list[str] = []
    for line, row in enumerate(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")), start=1):
        header = header or row
        for k, text in enumerate(row):
            try:
                value: Any = float(text)
            except ValueError:
                value = text
            yield f"{line} {header[k] if k < len(header) else k + 1}", value


def _line(one: bytes, other: bytes) -> str:
    """The first line that differs."""
    pairs = zip_longest(one.splitlines(), other.splitlines())
    return next((str(k) for k, (a, b) in enumerate(pairs, start=1) if a != b), "")
