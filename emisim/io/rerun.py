"""Repeat a run from its ``run.json``: are its files as they were, do they give the same result, and if not, how far off is it?"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from emisim import __version__
from emisim.errors import BadInput, Fault, Place, fault
from emisim.io.archive import unpacked
from emisim.io.config_file import Loaded, ensemble_of
from emisim.io.difference import difference
from emisim.io.result_file import NAME as RESULT_FILE
from emisim.io.result_file import stored_inputs
from emisim.io.run_folder import digest, libraries, run_files
from emisim.io.run_record import NAME, RunRecord, read_record
from emisim.repeat import AS_RECORDED, CHANGED, MISSING, Output, Repeat, Version
from emisim.simulate import Result, simulate

Step = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


@contextmanager
def _quiet(key: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda done, count: None


def rerun(path: str | Path, stored: bool = False, workers: int = 1, step: Step = _quiet) -> Repeat:
    """Repeat a run and compare every file of it. Writes nothing.

    Parameters
    ----------
    path : run folder, or its ``run.json``.
    stored : repeat it from the copies of its files that ``result.nc`` keeps, not from the files on disk.
    workers : processes that share the draws.
    step : told what is being done by its message key, a context that yields a function of what is done and how much there is.

    Raises
    ------
    BadInput
        No record of a run, or a damaged one; files that are not those of the run.
    """
    path = _record_path(Path(path))
    folder, record = path.parent, read_record(path, path.as_posix())
    if record.options.block:
        raise BadInput([fault("rerun.parts", Place(path.as_posix()), command=record.command)])
    on_disk = {name: _state(folder / name, wanted) for name, wanted in record.outputs.items()}
    inputs, inventory = _stored(folder, record) if stored else _on_disk(folder, record)
    shown = dict(zip(inputs, record.inputs, strict=True))
    changes = [(change.at, change.value, change.option) for change in record.options.changes]
    with ExitStack() as files:
        with step("run.running"):
            loaded = files.enter_context(unpacked(inputs, shown, inventory, changes))
            result = simulate(loaded.case)
        result = _as_asked(loaded, result, record, workers, step)
        with step("run.writing"):
            contents = run_files(
                loaded, result, record.options.language, record.command, record.options.keep_draws, record.outputs
            )
    outputs = [_compared(folder / name, wanted, on_disk[name], contents.get(name)) for name, wanted in record.outputs.items()]
    return Repeat(record.scenario, record.command, stored, tuple(record.inputs), _versions(record), tuple(outputs), contents)


def _record_path(path: Path) -> Path:
    """The record of a run folder, or that file itself."""
    try:
        found = path / NAME if path.is_dir() else path
        if found.is_file() and found.suffix == ".json":
            return found
    except (OSError, ValueError):
        pass
    raise BadInput([fault("rerun.missing", Place(path.as_posix()))])


def _as_asked(loaded: Loaded, result: Result, record: RunRecord, workers: int, step: Step) -> Result:
    """The result with the draws and the other readings that the run was asked for."""
    options = record.options
    if options.uncertainty is not None:
        from emisim.uncertainty.montecarlo import draw, with_uncertainty

        with step("run.drawing") as tell:
            result = with_uncertainty(result, draw(loaded.case, options.uncertainty, workers, tell, result))
    if not options.ensemble:
        return result
    with step("run.readings") as tell:
        return replace(result, ensemble=ensemble_of(loaded, tell))


# ---- the files that the run was made from


def _roles(record: RunRecord) -> tuple[str, ...]:
    return ("scenario", "plan", *(Path(name).name for name in list(record.inputs)[2:]))


def _on_disk(folder: Path, record: RunRecord) -> tuple[dict[str, bytes], str]:
    """(role → bytes, name of the inventory folder) of the files of a run as they lie here.

    Their names count from where the run was started: that is the current folder or one above the run folder, the first of those
    where most of them are as they were.
    """
    folders = [Path(), *folder.resolve().parents]
    found = [{name: _state(base / name, wanted) for name, wanted in record.inputs.items()} for base in folders]
    states = [list(states.values()) for states in found]
    best = max(range(len(folders)), key=lambda k: (states[k].count(AS_RECORDED), states[k].count(CHANGED), -k))
    faults = [_not_as_it_was(name, state) for name, state in found[best].items() if state != AS_RECORDED]
    if faults:
        raise BadInput(faults)
    inputs = {role: (folders[best] / name).read_bytes() for role, name in zip(_roles(record), record.inputs, strict=True)}
    return inputs, Path(os.path.abspath(folders[best] / list(record.inputs)[2])).parent.name or "inventory"


def _not_as_it_was(name: str, state: str) -> Fault:
    return fault("rerun.input_changed" if state == CHANGED else "rerun.input_missing", Place(name))


def _stored(folder: Path, record: RunRecord) -> tuple[dict[str, bytes], str]:
    """(role → bytes, name of the inventory folder) of the files of a run as its result file keeps them."""
    kept, inventory = stored_inputs(folder)
    roles = dict(zip(_roles(record), record.inputs.items(), strict=True))
    place = Place((folder / RESULT_FILE).as_posix())
    wrong = [name for role, (name, wanted) in roles.items() if role not in kept or digest(kept[role]) != wanted]
    if wrong:
        raise BadInput([fault("rerun.stored", place, file=name) for name in wrong])
    return {role: kept[role] for role in roles}, inventory


def _state(path: Path, wanted: str) -> str:
    """Whether a file is there, and is the one whose sha256 was recorded."""
    try:
        if not path.is_file():
            return MISSING
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError):
        return MISSING
    return AS_RECORDED if f"sha256:{found}" == wanted else CHANGED


# ---- what comes out


def _compared(path: Path, wanted: str, on_disk: str, new: bytes | None) -> Output:
    """One file of the run, on disk and as the repeat has it; ``new`` is None where this version writes no such file."""
    repeated = new is not None and digest(new) == wanted
    apart = None
    if new is not None and on_disk != MISSING and not (repeated and on_disk == AS_RECORDED):
        old = path.read_bytes()
        apart = difference(path.name, old, new) if old != new else None
    return Output(path.name, on_disk, repeated, apart)


def _versions(record: RunRecord) -> tuple[Version, ...]:
    """emisim, Python and the libraries, then and now."""
    now: Mapping[str, str] = {**libraries(), **libraries(record.libraries)}
    out = [Version("emisim", record.emisim, __version__), Version("Python", record.python, platform.python_version())]
    return (*out, *(Version(name, record.libraries.get(name, ""), now[name]) for name in {**record.libraries, **now}))
