"""Frozen objects as plain JSON data and arrays, and back: exactly, and without running anything that a file says.

A tuple is a JSON list; numbers, texts, true, false and null are themselves; everything else is ``{"is": kind, "of": content}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import numpy as np

from emisim.model import Model

KIND, CONTENT = "is", "of"


class NoRecord(ValueError):
    """A content that is no record, or names a kind that is not known."""


def pack(value: Any) -> tuple[Any, list[np.ndarray]]:
    """A value as plain JSON data, and the arrays that these refer to by number.

    Raises
    ------
    TypeError
        It holds something that has no plain form.
    """
    arrays: list[np.ndarray] = []
    return _plain(value, arrays), arrays


def _plain(value: Any, arrays: list[np.ndarray]) -> Any:
    if value is None or isinstance(value, (bool, str, int, float)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return [_plain(v, arrays) for v in value]
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {KIND: "array", CONTENT: len(arrays) - 1}
    if isinstance(value, Mapping):
        return {KIND: "mapping", CONTENT: [[_plain(k, arrays), _plain(v, arrays)] for k, v in value.items()]}
    if isinstance(value, date):
        return {KIND: "date", CONTENT: value.isoformat()}
    name = type(value).__name__
    if isinstance(value, Model):
        return {KIND: name, CONTENT: value.model_dump(mode="json", by_alias=True, exclude_unset=True)}
    if is_dataclass(value):
        return {KIND: name, CONTENT: {f.name: _plain(getattr(value, f.name), arrays) for f in fields(value)}}
    raise TypeError(f"a {name} has no plain form")


def unpack(data: Any, arrays: Iterable[np.ndarray], known: Iterable[type]) -> Any:
    """What ``pack`` was given.

    Parameters
    ----------
    known : the only dataclasses and models that are made.

    Raises
    ------
    NoRecord
    """
    try:
        return _value(data, list(arrays), {kind.__name__: kind for kind in known})
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise NoRecord(f"{type(error).__name__}: {error}".splitlines()[0]) from None


def _value(data: Any, arrays: list[np.ndarray], known: Mapping[str, type]) -> Any:
    if isinstance(data, list):
        return tuple(_value(v, arrays, known) for v in data)
    if not isinstance(data, dict):
        return data
    kind, content = data[KIND], data[CONTENT]
    if kind == "array":
        return arrays[content]
    if kind == "mapping":
        return {_value(k, arrays, known): _value(v, arrays, known) for k, v in content}
    if kind == "date":
        return date.fromisoformat(content)
    if issubclass(known[kind], Model):
        return known[kind].model_validate_json(json.dumps(content))
    return known[kind](**{name: _value(v, arrays, known) for name, v in content.items()})
