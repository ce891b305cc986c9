"""Files written into a folder so that it holds all of the old ones or all of the new, whatever happens meanwhile.

    lock the folder → finish or remove what a killed run left → new files under waiting names, synced → the commit record, synced
    → rename them all → remove the record

The record is what decides: killed before it stands, a run leaves the old files and some waiting ones, which the next start removes;
killed after it, the next start renames what still waits. A start is any command that reads from the folder or writes into it. The lock
is held on the folder itself and vanishes with its process.

Not promised: without emisim in between, a program may meet new files beside old ones for the moment of the renames, or until the next
start after a kill in that moment; every single file is whole at any time. Where folders cannot be locked (Windows, some network disks)
two runs that write into one folder at the same time are not kept apart. Where the disk is read-only nothing is finished or removed. A
kill before the record may leave folders that were made for the files, empty or with waiting ones.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath

from emisim.errors import BadInput, Broken, Place, fault
from emisim.io.folder_lock import closed, held, locked, opened, undisturbed

RECORD, WAITING, KEPT = ".emisim-commit", ".emisim-new-", ".emisim-old-"
PATIENCE = 60.0  # how long another run may take to write [s]
_POLL = 0.02  # [s]
_TRIES = 3


@dataclass(frozen=True)
class Step:
    """One file of a commit: its name below the folder, the name it waits under and its sha256; both empty if it is to go."""

    name: str
    waiting: str
    sha256: str


def write_files(folder: Path, contents: Mapping[str, bytes | None], patience: float = PATIENCE) -> list[Path]:
    """Write files into a folder: all of them or none. Other files in it stay.

    Parameters
    ----------
    contents : name below the folder, with ``/`` for folders in it → content; None for a file that is to go.
    patience : how long to wait for another run that writes there [s].

    Returns
    -------
    The files written.

    Raises
    ------
    BadInput
        The folder cannot be made or written, or another run has been writing for too long. What was there is untouched.
    """
    if odd := [name for name in contents if not _below(name)]:
        raise Broken(f"no file is written to {odd[0]!r}")
    end = time.monotonic() + patience
    try:
        while not _tried(folder, contents):
            _wait(folder, end, patience)
    except OSError as error:
        raise BadInput([fault("file.unwritable", Place(folder.as_posix()), reason=error.strerror or str(error))]) from None
    return [folder / name for name, data in contents.items() if data is not None]


def settle(folder: Path, patience: float = PATIENCE) -> None:
    """Finish or remove what a killed run has left in a folder, if it left anything and the disk lets us.

    Raises
    ------
    BadInput
        Another run has been writing there for too long.
    """
    end = time.monotonic() + patience
    try:
        while _ours(folder):
            with undisturbed(), held(folder) as ours:
                if ours:
                    _recover(folder)
                    return
            if not (folder / RECORD).exists():  # somebody is about to write; what is there is whole
                return
            _wait(folder, end, patience)
    except OSError:
        return


@contextmanager
def whole(folder: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Keep a folder as it is while several files of it are read, whole before and after.

    Raises
    ------
    BadInput
        Another run has been writing there for too long.
    """
    end, tries, handle = time.monotonic() + patience, 0, None
    try:
        while True:
            settle(folder, patience)
            handle = opened(folder)
            if handle is None:
                break
            if locked(handle, shared=True):
                tries += 1
                if tries == _TRIES or not (folder / RECORD).exists():
                    break
            else:
                _wait(folder, end, patience)
            closed(handle)
        yield
    finally:
        closed(handle)


def _tried(folder: Path, contents: Mapping[str, bytes | None]) -> bool:
    """Write if nobody else does. From here to the end signals wait, so that neither half a commit nor an empty folder stays."""
    with undisturbed():
        made = [p for p in (folder, *folder.parents) if not p.exists()]
        try:
            _make(folder)
            with held(folder) as ours:
                if ours:
                    try:
                        _recover(folder)
                        _commit(folder, contents)
                    except BaseException:
                        _unmade(made[:1])  # while it is ours, so that nobody else is about to write into it
                        raise
                return ours
        except BaseException:
            _unmade(made[1:] if folder.exists() else made)
            raise


def _make(folder: Path) -> None:
    """Make a folder and those above it, also if somebody takes one away at this moment that they had made and not filled."""
    for _ in range(_TRIES - 1):
        try:
            return folder.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError:
            continue
    folder.mkdir(parents=True, exist_ok=True)


def _commit(folder: Path, contents: Mapping[str, bytes | None]) -> None:
    """Write the waiting files and the record, then carry it out."""
    steps = []
    try:
        for k, (name, data) in enumerate(contents.items()):
            _check_place(folder / name)
            if data is None:
                steps.append(Step(name, "", ""))
            else:
                steps.append(Step(name, f"{WAITING}{k}", hashlib.sha256(data).hexdigest()))
                _write(folder / steps[-1].waiting, data)
        _write(folder / f"{WAITING}commit", _record(steps))
        os.replace(folder / f"{WAITING}commit", folder / RECORD)
        _sync(folder)
    except BaseException:
        _sweep(folder)
        raise
    _roll_forward(folder, steps)


def _check_place(path: Path) -> None:
    """Ask the disk whether a file may be called so, before anything depends on it."""
    try:
        kind = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


def _write(path: Path, data: bytes) -> None:
    """A new file with this content, on the disk when we return."""
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _roll_forward(folder: Path, steps: list[Step]) -> None:
    """Bring every file of a record to its place, and remove the record. If the disk refuses one of them, all go back; those that a
    killed run had moved cannot, and the record stays for a better moment."""
    whole_yet = all((folder / step.waiting).exists() for step in steps if step.waiting)
    made: list[Path] = []
    kept: list[tuple[Path, Path | None]] = []
    try:
        for parent in dict.fromkeys((folder / step.name).parent for step in steps if step.waiting):
            made += [p for p in (parent, *parent.parents) if not p.exists()]
            _make(parent)
        for k, step in enumerate(steps):
            place, old = folder / step.name, folder / f"{KEPT}{k}"
            if whole_yet:
                kept.append((place, _kept(place, old)))
            if not step.waiting:
                place.unlink(missing_ok=True)
            elif (folder / step.waiting).exists():
                os.replace(folder / step.waiting, place)
    except OSError:
        if whole_yet and _back(kept):
            _sweep(folder)
            _unmade(made)
        raise
    for parent in dict.fromkeys((folder / step.name).parent for step in steps):
        _sync(parent)
    (folder / RECORD).unlink()
    _sync(folder)
    _sweep(folder)


def _kept(place: Path, old: Path) -> Path | None:
    """A second name for a file that is about to be replaced; None if there is no such file. Where a disk gives no second names, one
    that was not made."""
    try:
        os.link(place, old)
    except FileNotFoundError:
        return None
    except OSError:
        pass
    return old


def _back(kept: list[tuple[Path, Path | None]]) -> bool:
    """Bring the old files back to their places; False if that cannot be done."""
    if not all(old is None or old.exists() for _, old in kept):
        return False
    try:
        for place, old in kept:
            if old is None:
                place.unlink(missing_ok=True)
            else:
                os.replace(old, place)
    except OSError:
        return False
    return True


def _recover(folder: Path) -> None:
    """Finish a commit whose record stands; then nothing of ours is left."""
    if (folder / RECORD).is_file():
        steps = _steps((folder / RECORD).read_bytes())
        if steps is not None and all(_inside(folder, step.name) and _at_hand(folder, step) for step in steps):
            _roll_forward(folder, steps)
    _sweep(folder)


def _record(steps: list[Step]) -> bytes:
    """The record: a line of JSON, and its sha256."""
    text = json.dumps([[s.name, s.waiting, s.sha256] for s in steps], ensure_ascii=True)
    return f"{text}\n{hashlib.sha256(text.encode()).hexdigest()}\n".encode()


def _steps(data: bytes) -> list[Step] | None:
    """What a record says; None if it is damaged, or not one of ours."""
    text, _, mark = data.partition(b"\n")
    if mark.strip() != hashlib.sha256(text).hexdigest().encode():
        return None
    try:
        steps = [Step(*map(str, entry)) for entry in json.loads(text)]
    except (ValueError, TypeError):
        return None
    fine = all(_below(s.name) and (not s.waiting or s.waiting.startswith(WAITING)) and "/" not in s.waiting for s in steps)
    return steps if fine else None


def _at_hand(folder: Path, step: Step) -> bool:
    """Whether the content of a step lies there undamaged: waiting, or in its place already."""
    if not step.waiting:
        return True
    path = folder / step.waiting
    path = path if path.exists() else folder / step.name
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == step.sha256


def _inside(folder: Path, name: str) -> bool:
    """Whether no link leads out of a folder on the way to a file: a record may come from a stranger."""
    return Path(os.path.realpath((folder / name).parent)).is_relative_to(os.path.realpath(folder))


def _below(name: str) -> bool:
    """Whether a name stays in its folder, and is none of ours."""
    path = PurePath(name)
    plain = not path.drive and not path.is_absolute() and "\0" not in name
    return plain and bool(path.parts) and ".." not in path.parts and not _is_ours(path.parts[0])


def _is_ours(name: str) -> bool:
    return name == RECORD or name.startswith((WAITING, KEPT))


def _ours(folder: Path) -> list[Path]:
    """What lies there of us, the record first: without it the rest says nothing."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if _is_ours(entry.name)]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]


def _sweep(folder: Path) -> None:
    """Remove what is ours."""
    for path in _ours(folder):
        try:
            path.unlink()
        except OSError:
            pass


def _unmade(folders: list[Path]) -> None:
    """Remove folders, deepest first, as far as they are empty."""
    for folder in sorted(set(folders), key=lambda p: -len(p.parts)):
        try:
            folder.rmdir()
        except OSError:
            pass


def _sync(folder: Path) -> None:
    """Make the renames last, where the system can sync a folder."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def _wait(folder: Path, end: float, patience: float) -> None:
    if time.monotonic() > end:
        raise BadInput([fault("file.busy", Place(folder.as_posix()), seconds=f"{patience:g}")])
    time.sleep(_POLL)
