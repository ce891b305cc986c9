"""A repeated run beside the first one: which versions are others, which files are the same, and how far others are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AS_RECORDED, CHANGED, MISSING = "as_recorded", "changed", "missing"
ROUNDING, RESULT, TEXT = "rounding", "result", "text"


@dataclass(frozen=True)
class Version:
    """What a run was made with, then and now; empty where there is none."""

    name: str
    then: str
    now: str

    @property
    def same(self) -> bool:
        return self.then == self.now


@dataclass(frozen=True)
class Difference:
    """Two files that are not the same.

    kind : ``rounding`` (the numbers agree to 1e-9), ``result`` (they don't, or there are other rows, keys or shapes), ``text`` (the
    numbers agree, other content does not; or a file that is no table of numbers).
    largest : relative difference of the numbers that are furthest apart [1]; None where none can be compared.
    where : the place of it, or of the first other content.
    """

    kind: str
    largest: float | None
    where: str


@dataclass(frozen=True)
class Output:
    """One file of the run. on_disk : ``as_recorded``, ``changed`` or ``missing``; repeated : whether the repeat gives the bytes that
    were recorded; difference : of the file on disk from the repeat, None where they agree or there is no file."""

    name: str
    on_disk: str
    repeated: bool
    difference: Difference | None


@dataclass(frozen=True)
class Repeat:
    """A run repeated. stored : from the copies that result.nc keeps, else from the files on disk; inputs : names of these files;
    contents : the files of the repeat."""

    scenario: str
    command: str
    stored: bool
    inputs: tuple[str, ...]
    versions: tuple[Version, ...]
    outputs: tuple[Output, ...]
    contents: Mapping[str, bytes] = field(repr=False)

    @property
    def equal(self) -> bool:
        """Every file comes out as recorded, and none on disk says otherwise."""
        return all(o.repeated and o.on_disk != CHANGED for o in self.outputs)

    def data(self) -> dict[str, Any]:
        """Plain data for programs."""
        outputs = {}
        for o in self.outputs:
            apart = o.difference
            apart = None if apart is None else {"kind": apart.kind, "largest": apart.largest, "where": apart.where}
            outputs[o.name] = {"on_disk": o.on_disk, "repeated": o.repeated, "difference": apart}
        return {
            "scenario": self.scenario,
            "command": self.command,
            "equal": self.equal,
            "inputs": {"from": "result.nc" if self.stored else "disk", "files": list(self.inputs)},
            "versions": {v.name: {"then": v.then or None, "now": v.now or None, "same": v.same} for v in self.versions},
            "outputs": outputs,
        }
