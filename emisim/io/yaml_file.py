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

Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """Plain data and where each value and each key stands."""

    file: str
    data: object
    values: dict[Location, Place]
    keys: dict[Location, Place]

    def place(self, location: Location) -> Place:
        """Place of a value, or of the nearest thing around it."""
        where = tuple(location)
        while where not in self.values and where:
            where = where[:-1]
        return self.values.get(where, Place(self.file))

    def key_place(self, location: Location) -> Place:
        """Place of a key."""
        return self.keys.get(tuple(location)) or self.place(location)


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
    builder = _Builder(name)
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
    """Turns the event stream into data without recursion."""

    def __init__(self, name: str):
        self.name = name
        self.data: object = None
        self.values: dict[Location, Place] = {}
        self.keys: dict[Location, Place] = {}
        self.faults: list[Fault] = Limited()
        self.events = 0
        self.stack: list[tuple[object, Location]] = []
        self.pending: list[str | None] = []
        self.documents = 0

    def take(self, event: yaml.Event) -> None:
        place = Place(self.name, event.start_mark.line + 1, event.start_mark.column + 1)
        self.events += 1
        if self.events > MOST:
            raise BadInput([*self.faults, fault("yaml.too_many", place, most=MOST)])
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents == 2:
                raise BadInput([*self.faults, fault("yaml.documents", place)])
        elif isinstance(event, yaml.AliasEvent):
            self.faults.append(fault("yaml.alias", place))
            self.add(None, place)
        elif isinstance(event, yaml.ScalarEvent):
            self.check(event, place)
            self.scalar(event, place)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self.check(event, place)
            node: object = {} if isinstance(event, yaml.MappingStartEvent) else []
            if self.stack and isinstance(self.stack[-1][0], dict) and self.pending[-1] is None:
                self.faults.append(fault("yaml.key", place))
                self.pending[-1] = ""  # what comes after it is its value
                location = (*self.stack[-1][1], "")
                self.keys.setdefault(location, place)
            else:
                location = self.add(node, place)
            self.stack.append((node, location))
            self.pending.append(None)
            if len(self.stack) > DEEPEST:
                raise yaml.MarkedYAMLError(problem=f"nested deeper than {DEEPEST}", problem_mark=event.start_mark)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self.stack.pop()
            self.pending.pop()

    def check(self, event, place: Place) -> None:
        if event.anchor:
            self.faults.append(fault("yaml.alias", place))
        if event.tag and event.tag != "!":
            self.faults.append(fault("yaml.tag", place, tag=event.tag))

    def scalar(self, event: yaml.ScalarEvent, place: Place) -> None:
        is_key = bool(self.stack) and isinstance(self.stack[-1][0], dict) and self.pending[-1] is None
        if hidden := (INVISIBLE if is_key else TURNING).search(event.value):
            self.faults.append(fault("yaml.invisible", place, text=event.value, code=f"U+{ord(hidden[0]):04X}"))
        if is_key:
            mapping, location = self.stack[-1]
            if event.value in mapping:
                first = self.keys.get((*location, event.value), place)  # a list or an alias as a key has none
                self.faults.append(fault("yaml.duplicate", place, key=event.value, line=first.line))
            self.pending[-1] = event.value
            self.keys.setdefault((*location, event.value), place)
            return
        self.add(event.value if event.style else _resolve(event.value), place)

    def add(self, value: object, place: Place) -> Location:
        if not self.stack:
            if self.documents == 1:
                self.data = value
                self.values[()] = place
            return ()
        parent, location = self.stack[-1]
        if isinstance(parent, dict):
            here = (*location, self.pending[-1] or "")
            parent[self.pending[-1] or ""] = value
            self.pending[-1] = None
        else:
            here = (*location, len(parent))
            parent.append(value)
        self.values[here] = place
        return here


def _resolve(text: str) -> object:
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
