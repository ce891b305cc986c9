"""The tables of a repeated run."""

from __future__ import annotations

from emisim.repeat import CHANGED, RESULT, ROUNDING, Difference, Repeat
from emisim.report.tables import Table
from emisim.text import say


def repeated(repeat: Repeat, language: str) -> str:
    """What was repeated, from which files."""
    key = "repeat.from_stored" if repeat.stored else "repeat.disk"
    return say(key, language, command=repeat.command, count=len(repeat.inputs))


def versions(repeat: Repeat, language: str) -> Table:
    """The versions that are others than when the run was made."""
    none = say("repeat.none", language)
    rows = tuple((v.name, v.then or none, v.now or none) for v in repeat.versions if not v.same)
    return Table(say("repeat.versions", language), _header(("version", "then", "now"), language), rows)


def same_versions(repeat: Repeat, language: str) -> str:
    """One line where all versions are the same."""
    _emisim, _python, *libraries = repeat.versions
    return say("repeat.versions_same", language, count=len(libraries))


def outputs(repeat: Repeat, language: str) -> Table:
    """Every file of the run: on disk, repeated, how far apart."""
    rows = []
    for o in repeat.outputs:
        came = say("repeat.equal" if o.repeated else "repeat.differs", language)
        rows.append((o.name, say(f"repeat.{o.on_disk}", language), came, *_apart(o.difference, language)))
    header = _header(("file", "disk", "repeated", "difference", "where"), language)
    return Table(say("repeat.outputs", language), header, tuple(rows), wide=frozenset({4}))


def verdict(repeat: Repeat, language: str) -> list[str]:
    """What it comes to: which files come out otherwise, which are no longer what the run wrote."""
    other = [o.name for o in repeat.outputs if not o.repeated]
    changed = [o.name for o in repeat.outputs if o.on_disk == CHANGED]
    count = len(repeat.outputs)
    lines = [
        say("repeat.some", language, count=len(other), all=count, files=", ".join(other))
        if other
        else say("repeat.all", language, count=count)
    ]
    return lines + ([say("repeat.changed_lines", language, files=", ".join(changed))] if changed else [])


def _apart(difference: Difference | None, language: str) -> tuple[str, str]:
    """How far and where."""
    if difference is None:
        return "–", ""
    if difference.kind == ROUNDING:
        return say("repeat.rounding", language, largest=f"{difference.largest:.1e}"), difference.where
    if difference.kind != RESULT:
        return say("repeat.text", language), difference.where
    if difference.largest:
        return f"{difference.largest:.1e}, {say('repeat.result', language)}", difference.where
    return say("repeat.result" if difference.where else "repeat.unknown", language), difference.where


def _header(columns: tuple[str, ...], language: str) -> tuple[str, ...]:
    return tuple(say(f"repeat.column.{c}", language) for c in columns)
