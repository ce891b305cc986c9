"""Where files may lead: what a scenario names lies in its own project, unless the user allows another folder by name.

The project of a scenario is its folder or, where a folder ``scenarios`` is around it, the folder that holds that one. A file sent by
somebody else must not have emisim read, and quote in its messages, what lies elsewhere on the disk: neither by ``..`` nor by an absolute
path nor behind a symbolic link. Nothing is opened before this is known, and of what is no plain file nothing is opened at all.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from emisim.errors import BadInput, Fault, Place, fault

ALLOW = "EMISIM_ALLOW_PATHS"
SCENARIOS = "scenarios"
LONGEST = 1000
# Drives, streams, addresses and shares of Windows (asking for a share already tells a stranger who asks); names that Windows would change.
_FOREIGN = re.compile(r"[\\:]|[. ](?:/|$)|[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_STEPS = re.compile(r"(?:^|/)\.{1,2}(?=/|$)")


@dataclass(frozen=True)
class Roots:
    """Folders that a file may name files in, with links followed: its project first, then those that the user allows."""

    folders: tuple[str, ...]

    def problem(self, path: Path, place: Place) -> Fault | None:
        """Why a path must not be opened; None if it may, or if there is nothing. Nothing is opened; of what lies elsewhere nothing is
        told, not even whether it is there."""
        try:
            target = os.path.realpath(path)
            if not any(_within(target, root) for root in self.folders):
                return fault("path.outside", place, target=target, known=", ".join(self.folders))
            mode = os.stat(target).st_mode
        except (OSError, ValueError):
            return None
        return None if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else fault("path.kind", place)


def _within(target: str, root: str) -> bool:
    return target == root or target.startswith(root.rstrip(os.sep) + os.sep)


def roots_of(path: Path, allowed: Iterable[str | Path] = ()) -> Roots:
    """The roots of a file that the user has named. allowed : further folders, beside those of ``EMISIM_ALLOW_PATHS``."""
    folder = Path(os.path.realpath(path.parent))
    around = (folder, *folder.parents)
    project = next((f.parent for f in around if f.name == SCENARIOS), folder)
    given = [*map(str, allowed), *os.environ.get(ALLOW, "").split(os.pathsep)]
    return Roots(tuple(dict.fromkeys(os.path.realpath(f) for f in (str(project), *given) if f.strip())))


def foreign(text: str) -> bool:
    """Whether a text is no path that means the same on every system."""
    return len(text) > LONGEST or text.startswith("//") or _FOREIGN.search(_STEPS.sub("", text)) is not None


def named(text: str, base: Path, roots: Roots, place: Place) -> Path:
    """The path that a file names, counted from ``base``.

    Raises
    ------
    BadInput
        It is written in the form of another system, leads out of the roots, or to a device.
    """
    if foreign(text):
        raise BadInput([fault("path.form", place, text=text)])
    check(base / text, roots, place)
    return base / text


def check(path: Path, roots: Roots, place: Place) -> None:
    """Refuse a path that must not be opened.

    Raises
    ------
    BadInput
    """
    found = roots.problem(path, place)
    if found:
        raise BadInput([found])
