"""What makes a result file live again: a ZIP archive inside it, with the files of the run and what was made of them.

inputs/      scenario, plan and tables of the inventory, byte by byte as they were read: anybody can take them out and run them anew
record.json  everything that neither stands in the variables of the result file nor follows at once from the inputs
arrays/      the arrays that the record refers to

Nothing is computed anew but the binding of measures to sources, so the numbers that come back are the ones that were written.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from emisim import __version__
from emisim.adoption import Required
from emisim.balances import Balances
from emisim.case import Case
from emisim.crediting import Project
from emisim.errors import Fault, Place, Term
from emisim.io.config_file import Changes, Loaded, load
from emisim.io.record import NoRecord, pack, unpack
from emisim.ledger import Ledger
from emisim.model import Label
from emisim.nitrogen import Chain
from emisim.sample import SampleDesign
from emisim.simulate import Result
from emisim.target import Target
from emisim.uncertainty.ensemble import Axis, Choice, Ensemble, Member
from emisim.verdicts import Verdict

if TYPE_CHECKING:
    from emisim.uncertainty.montecarlo import Uncertainty

FORMAT = 2
INPUTS, RECORD, ARRAYS = "inputs/", "record.json", "arrays/"
# Kept in the variables of the result file: field of the result → variable.
VARIABLES = (
    ("base", "emission_base"), ("frozen", "emission_frozen"), ("reference", "emission_reference"), ("plan", "emission_plan"),
    ("calendar_reference", "calendar_reference"), ("calendar_plan", "calendar_plan"), ("monthly_plan", "monthly_plan"),
)  # fmt: skip
_REBUILT = ("frame", "sampler")  # of an uncertainty: follow from the inputs and the design


class NotLive(ValueError):
    """An archive that gives no result back."""


def archive(result: Result) -> bytes | None:
    """The archive of a result; None where its case was not read from files. Equal results give equal bytes."""
    origin = result.case.origin
    if origin is None:
        return None
    kept = {n: getattr(result, n) for n in _names(result) if n not in (*dict(VARIABLES), "case", "uncertainty")}
    found = result.uncertainty
    if found is not None:
        found = {n: getattr(found, n) for n in _names(found) if n not in _REBUILT}
    ids = tuple(result.inventory.ids.tolist()), result.bound.names
    plain, arrays = pack({"result": kept, "uncertainty": found, "rows": ids[0], "measures": ids[1]})
    record = {
        "format": FORMAT,
        "emisim": __version__,
        "inventory": result.case.tables.name,
        "shown": {file.role: file.shown for file in origin.files},
        "changes": [[list(where), value, option] for where, value, option in origin.changes],
        "record": plain,
    }
    members = {INPUTS + file.role: file.content for file in origin.files}
    members[RECORD] = json.dumps(record, ensure_ascii=False).encode()
    members |= {f"{ARRAYS}{k}.npy": _array_bytes(a) for k, a in enumerate(arrays)}
    return _zipped(members)


def _names(thing: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(thing))


def _array_bytes(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()


def _zipped(members: Mapping[str, bytes]) -> bytes:
    """Stored, not compressed: the result file does that, alike on every machine."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, data)
    return stream.getvalue()


def live(data: bytes, variable: Callable[[str], np.ndarray]) -> Result:
    """The result that an archive was made of.

    Parameters
    ----------
    variable : name → values of a variable of the result file.

    Raises
    ------
    NotLive
        It is damaged, or was written by a version that bound the measures otherwise.
    BadInput
        This version refuses the files of the run.
    """
    try:
        members = _members(data)
        head = json.loads(members[RECORD])
        if head["format"] != FORMAT:
            raise NoRecord(f"format {head['format']}")
        arrays = [np.load(io.BytesIO(members[f"{ARRAYS}{k}.npy"])) for k in range(sum(n.startswith(ARRAYS) for n in members))]
        record = unpack(head["record"], arrays, _known())
        case = _case(members, head)
        if (tuple(case.inventory.ids.tolist()), case.bound.names) != (record["rows"], record["measures"]):
            raise NoRecord("other sources or measures")
        values = {field: variable(name) for field, name in VARIABLES}
        return Result(case=case, **values, **record["result"], uncertainty=_uncertainty(case, record["uncertainty"]))
    except (NoRecord, zipfile.BadZipFile, OSError, KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
        raise NotLive(str(error).partition("\n")[0]) from None


def _known() -> tuple[type, ...]:
    """What a record may be made of. Draws are imported here, since most runs that are written have none."""
    from emisim.uncertainty.approach1 import Approach1
    from emisim.uncertainty.draws import Outcome
    from emisim.uncertainty.indices import Indices
    from emisim.uncertainty.montecarlo import Band, Ranking, Sobol
    from emisim.uncertainty.propagation import Doubts, Level, Trend
    from emisim.uncertainty.ranking import Information, Shares
    from emisim.uncertainty.statistics import Estimate, Precision

    return (
        Approach1, Axis, Balances, Band, Chain, Choice, Doubts, Ensemble, Estimate, Fault, Indices, Information, Label, Ledger, Level, Member,
        Outcome, Place, Precision, Project, Ranking, Required, SampleDesign, Shares, Sobol, Target, Term, Trend, Verdict,
    )  # fmt: skip


def inputs_of(data: bytes) -> tuple[dict[str, bytes], str]:
    """(role → bytes of the files of the run, name of the inventory folder) in an archive.

    Raises
    ------
    NotLive
        It is damaged.
    """
    try:
        members = _members(data)
        head = json.loads(members[RECORD])
        return {role: members[INPUTS + role] for role in head["shown"]}, _last(str(head["inventory"]))
    except (NoRecord, zipfile.BadZipFile, OSError, KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise NotLive(str(error).partition("\n")[0]) from None


def written_by(data: bytes) -> str:
    """The version of emisim that made an archive; empty if it does not say."""
    try:
        return str(json.loads(_members(data)[RECORD])["emisim"])
    except (NoRecord, zipfile.BadZipFile, KeyError, TypeError, ValueError, RecursionError):
        return ""


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        if len({info.filename for info in infos}) < len(infos):
            raise NoRecord("two files of one name")
        if sum(info.file_size for info in infos) > len(data) or any(info.compress_type != zipfile.ZIP_STORED for info in infos):
            raise NoRecord("not as emisim stores it")  # nothing unpacks to more than there is
        return {info.filename: archive.read(info) for info in infos}


def _case(members: Mapping[str, bytes], head: Mapping[str, Any]) -> Case:
    """The case of the files."""
    inputs = {role: members[INPUTS + role] for role in head["shown"]}
    changes = [(tuple(where), value, option) for where, value, option in head["changes"]]
    with unpacked(inputs, head["shown"], head["inventory"], changes) as loaded:
        return loaded.case


@contextmanager
def unpacked(inputs: Mapping[str, bytes], shown: Mapping[str, str], inventory: str, changes: Changes) -> Iterator[Loaded]:
    """The files of a run, read like any others: with all checks, and under the names they had. They stand in a folder of their own
    until the context ends.

    Parameters
    ----------
    inputs : role → bytes; see ``File``.
    shown : role → name in messages.
    inventory : name of the inventory folder.

    Raises
    ------
    NoRecord
        A name that leads elsewhere.
    BadInput
    """
    with TemporaryDirectory() as name:
        scenario, plan = Path(name, "scenario", _last(shown["scenario"])), Path(name, "plan", "plan.yaml")
        folder = Path(name, "inventory", _last(inventory))
        if any(_last(role) != role for role in shown):
            raise NoRecord("a table in a folder")
        places = {role: folder / role for role in shown} | {"scenario": scenario, "plan": plan}
        for role, path in places.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(inputs[role])
        called = {places[role]: text for role, text in shown.items()} | {folder: shown["sources.csv"].rpartition("/")[0]}
        yield load(scenario, called.__getitem__, changes, {"plan": plan, "inventory": folder})


def _last(path: str) -> str:
    """The last part of a path, which leads nowhere else."""
    last = Path(path).name
    if last in ("", ".."):
        raise NoRecord(f"a file called {path!r}")
    return last


def _uncertainty(case: Case, kept: Mapping[str, Any] | None) -> Uncertainty | None:
    if kept is None:
        return None
    from emisim.uncertainty.montecarlo import Uncertainty, prepared

    frame, sampler = prepared(case, kept["design"])
    return Uncertainty(**kept, frame=replace(frame, case=case), sampler=sampler)
