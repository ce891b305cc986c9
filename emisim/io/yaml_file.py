"""YAML with line and column of every value, and without YAML's traps.

A small, safe subset: mappings, lists and scalars. Plain ``true``, ``false``, ``null`` and numbers have their meaning,
everything else stays text (``NO``, ``0706``, ``12:30``). Anchors, aliases, tags, duplicate keys and deep nesting are refused.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from emisim.errors import INVISIBLE, TURNING, BadInput, Fault, Limited, Place, TooMany, and_more, fault
from emisim.io.text_file import LARGEST_YAML, read_text

DEEPEST = 50
MOST = 200_000  # beginnings and ends of keys, values and lists; the plans that ship have up to 20 000
# A key whose colon is a full-width one.
_WIDE_COLON = re.compile(r"\s*(?:- +)*[\w.~\"'-]+\s*(：)")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,15})")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]{0,15})(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")

# What is no text if it stands there plain begins with one of these, and with nothing else.
_NO_TEXT = frozenset("+-.0123456789tfn~")

Location = tuple[str | int, ...]
Spot = Place | tuple[int, int]  # line and column: a plan has thousands of them, and few are ever told


@dataclass(frozen=True)
class Document:
    """Plain data and where each value and each key stands."""

    file: str
    data: object
    values: dict[Location, Spot]
    keys: dict[Location, Spot]

    def place(self, location: Location) -> Place:
        """Place of a value, or of the nearest thing around it."""
        where = tuple(location)
        while where not in self.values and where:
            where = where[:-1]
        return self._told(self.values.get(where, (0, 0)))

    def key_place(self, location: Location) -> Place:
        """Place of a key."""
        spot = self.keys.get(tuple(location))
        return self._told(spot) if spot else self.place(location)

    def _told(self, spot: Spot) -> Place:
        return spot if isinstance(spot, Place) else Place(self.file, *spot)


def read_yaml(path: Path, shown: str | None = None) -> Document:
    """Read a YAML file.

    Raises
    ------
    BadInput
        With every fault found, each with line and column.
    """
    name = shown or str(path)
    return parse_yaml(read_text(path, name, LARGEST_YAML), name)


def parse_yaml(text: str, name: str) -> Document:
    """Build plain data from YAML text; see ``read_yaml``."""
    builder = _Builder(name, bool(INVISIBLE.search(text)) or "\\" in text)
    if sum(map(text.count, ":,[{")) + text.count("- ") > MOST:  # a second before the parser would know
        raise BadInput([fault("yaml.too_many", Place(name), most=MOST)])
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)):
            builder.take(event)
    except TooMany:
        raise BadInput([*builder.faults, and_more(builder.faults[-1].place)]) from None
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or "not YAML"
        raise BadInput([*builder.faults, fault("yaml.syntax", _broken_at(error, text, name), problem=problem)]) from None
    if builder.faults:
        raise BadInput(builder.faults)
    if not isinstance(builder.data, dict):
        raise BadInput([fault("yaml.not_mapping", Place(name, 1, 1))])
    return Document(name, builder.data, builder.values, builder.keys)


def _broken_at(error: yaml.YAMLError, text: str, name: str) -> Place:
    """Where a text stops being YAML. A full-width colon is only noticed behind it, and a bracket or quote that stays open far behind: told is
    where these stand."""
    mark, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if mark is None:
        return Place(name)
    lines = text.splitlines()
    for line in range(min(mark.line, len(lines) - 1), max(mark.line - 3, -1), -1):
        if wide := _WIDE_COLON.match(lines[line]):
            return Place(name, line + 1, wide.start(1) + 1)
    opened = re.search("flow|quoted", getattr(error, "context", None) or "")
    if opened and context and context.line < mark.line:
        mark = context
    return Place(name, mark.line + 1, mark.column + 1)


class _Builder:
    """Turns the event stream into data without recursion. suspect : whether the text may hold letters that cannot be seen."""

    def __init__(self, name: str, suspect: bool):
        self.name = name
        self.suspect = suspect
        self.data: object = None
        self.values: dict[Location, Spot] = {}
        self.keys: dict[Location, Spot] = {}
        self.faults: list[Fault] = Limited()
        self.events = 0
        self.stack: list[tuple[object, Location]] = []
        self.pending: list[str | None] = []
        self.documents = 0

    def take(self, event: yaml.Event) -> None:
        mark, kind = event.start_mark, type(event)
        spot = mark.line + 1, mark.column + 1
        self.events += 1
        if self.events > MOST:
            raise BadInput([*self.faults, fault("yaml.too_many", Place(self.name, *spot), most=MOST)])
        if kind is yaml.ScalarEvent:
            self.check(event, spot)
            self.scalar(event, spot)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self.check(event, spot)
            node: object = {} if kind is yaml.MappingStartEvent else []
            if self.stack and isinstance(self.stack[-1][0], dict) and self.pending[-1] is None:
                self.add_fault("yaml.key", spot)
                self.pending[-1] = ""  # what comes after it is its value
                location = (*self.stack[-1][1], "")
                self.keys.setdefault(location, spot)
            else:
                location = self.add(node, spot)
            self.stack.append((node, location))
            self.pending.append(None)
            if len(self.stack) > DEEPEST:
                raise yaml.MarkedYAMLError(problem=f"nested deeper than {DEEPEST}", problem_mark=mark)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self.stack.pop()
            self.pending.pop()
        elif kind is yaml.AliasEvent:
            self.add_fault("yaml.alias", spot)
            self.add(None, spot)
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents == 2:
                raise BadInput([*self.faults, fault("yaml.documents", Place(self.name, *spot))])

    def add_fault(self, key: str, spot: tuple[int, int], /, **values: object) -> None:
        self.faults.append(fault(key, Place(self.name, *spot), **values))

    def check(self, event, spot: tuple[int, int]) -> None:
        if event.anchor:
            self.add_fault("yaml.alias", spot)
        if event.tag and event.tag != "!":
            self.add_fault("yaml.tag", spot, tag=event.tag)

    def scalar(self, event: yaml.ScalarEvent, spot: tuple[int, int]) -> None:
        value = event.value
        is_key = bool(self.stack) and isinstance(self.stack[-1][0], dict) and self.pending[-1] is None
        if self.suspect and (hidden := (INVISIBLE if is_key else TURNING).search(value)):
            self.add_fault("yaml.invisible", spot, text=value, code=f"U+{ord(hidden[0]):04X}")
        if not is_key:
            self.add(value if event.style else _resolve(value), spot)
            return
        mapping, location = self.stack[-1]
        here = (*location, value)
        if value in mapping:
            first = self.keys.get(here, spot)  # a list or an alias as a key has none
            self.add_fault("yaml.duplicate", spot, key=value, line=first[0])
        self.pending[-1] = value
        self.keys.setdefault(here, spot)

    def add(self, value: object, spot: tuple[int, int]) -> Location:
        if not self.stack:
            if self.documents == 1:
                self.data = value
                self.values[()] = spot
            return ()
        parent, location = self.stack[-1]
        if isinstance(parent, dict):
            key = self.pending[-1] or ""
            here = (*location, key)
            parent[key] = value
            self.pending[-1] = None
        else:
            here = (*location, len(parent))
            parent.append(value)
        self.values[here] = spot
        return here


def _resolve(text: str) -> object:
    if text and text[0] not in _NO_TEXT:
        return text
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "~", "null"):
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text
