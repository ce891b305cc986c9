"""The four operations a plan is compiled to: scale, move, limit, add.

A mechanism says in a plan's words what happens (scrap trucks, fit a burner); an operation says it in the kernel's. Arrays are
float64 in canonical units (tonne, calendar year, base unit of the activity) and broadcast to (..., row, period): a leading axis
may hold draws.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

NO_STAGE = -1
CAP_ORDER = 10  # caps hold growth, before anything else


@dataclass(frozen=True, eq=False)
class Operation:
    """What every operation has.

    measure : index of the measure, in the order of sorted ids.
    order : place in the fixed order (design 2.3); it belongs to the mechanism, never to the file.
    rows : (n,) the sources touched.
    coverage : broadcast to (..., n, period); share of a row's units that the measure reaches when it is fully phased in [1].
    """

    measure: int
    order: int
    rows: np.ndarray
    coverage: np.ndarray


@dataclass(frozen=True, eq=False)
class Control:
    """A device, or a change in how well devices are run.

    efficiency η and effectiveness RE [1] of a new device; ``replaces``: the existing device goes. ``stage``: of several devices
    at one stage only the best counts. A rule-effectiveness measure has ``efficiency`` None and closes the share ``gap_closed``
    of the distance to ``ceiling``; its coverage and phase scale that share for all units alike, for it is one state of them all.
    """

    efficiency: np.ndarray | None = None
    effectiveness: np.ndarray | float = 1.0
    replaces: bool = False
    stage: int = NO_STAGE
    device: str = ""
    gap_closed: np.ndarray | float = 0.0
    ceiling: np.ndarray | float = 1.0


@dataclass(frozen=True, eq=False)
class Scale(Operation):
    """Multiply on the covered units: the activity, or the factor of some pollutants, by ``ratio`` [1] or by what ``control``
    leaves.

    ``months`` (1..12), if given, limits it to these months: a seasonal control.
    """

    ratio: np.ndarray | None = None
    pollutants: tuple[int, ...] = ()  # empty: the activity is scaled, not the factor
    control: Control | None = None
    months: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Move(Operation):
    """Move the activity of the covered units to other rows, or out of the area.

    One unit of activity at row i becomes ``conversion[i] · weight[k]`` units at row ``to[k]``. Without ``to`` it is gone. Where ``group``
    (n,) and ``to_group`` (k,) are given, it stays within its group, whose weights sum to 1.
    """

    to: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    weight: np.ndarray = field(default_factory=lambda: np.empty(0))  # (..., k)
    conversion: np.ndarray = field(default_factory=lambda: np.ones((1, 1)))  # broadcast to (..., n, period)
    group: np.ndarray | None = None
    to_group: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Limit(Operation):
    """f' = min(f, value) for some pollutants [t per unit of activity]; or, without pollutants, hold the sum of the rows'
    activity, or of those of each ``group`` (n,), at ``value``."""

    value: np.ndarray = field(default_factory=lambda: np.empty(0))
    pollutants: tuple[int, ...] = ()
    group: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Add(Operation):
    """f' = f + value for some pollutants [t per unit of activity treated]; the sign is free. Of several at one ``stage`` on a unit
    the largest counts, for there is one device."""

    value: np.ndarray = field(default_factory=lambda: np.empty(0))
    pollutants: tuple[int, ...] = ()
    stage: int = NO_STAGE


@dataclass(frozen=True)
class Combination:
    """An observed efficiency of several devices working together; it beats the product of the single ones."""

    devices: frozenset[str]
    pollutant: int
    efficiency: float


@dataclass(frozen=True)
class Overlap:
    """How the covered shares of some measures lie in one another: ``independent``, ``disjoint``, ``nested`` or ``spread``
    (as disjoint as possible)."""

    measures: frozenset[int]
    relation: str


def numbers(values) -> np.ndarray:
    """An array of floats; of numbers that remember how they came about (see ``traced``), if it holds such."""
    values = np.asarray(values)
    return values if values.dtype == object else values.astype(float, copy=False)


def rows_of(values: np.ndarray | float, position: np.ndarray) -> np.ndarray:
    """Rows ``position`` of something that broadcasts to (..., row, period)."""
    values = numbers(values)
    if values.ndim < 2:
        values = values.reshape(-1, 1)
    return values if values.shape[-2] == 1 else values[..., position, :]


def summed(values: np.ndarray, group: np.ndarray | None, groups: int = 1) -> np.ndarray:
    """Sum over rows, or over those of each group (row,): (..., row, period) → (..., 1 or group, period)."""
    if group is None:
        return values.sum(axis=-2, keepdims=True)
    out = np.zeros((groups, *values.shape[:-2], values.shape[-1]), values.dtype)
    np.add.at(out, group, np.moveaxis(values, -2, 0))
    return np.moveaxis(out, 0, -2)


def covered(op: Operation) -> np.ndarray:
    """Share of the units of each of its rows that an operation reaches when fully phased in, in the last period: (..., n) [1]."""
    share = rows_of(op.coverage, np.arange(op.rows.size))[..., -1]
    return np.broadcast_to(share, (*share.shape[:-1], op.rows.size))


def on_activity(op: Operation) -> bool:
    """Whether the operation scales the activity."""
    return isinstance(op, Scale) and not op.pollutants


def on_factor(op: Operation) -> bool:
    """Whether the operation changes emission factors."""
    return isinstance(op, (Scale, Limit, Add)) and bool(op.pollutants)


def running(op: Operation) -> bool:
    """Whether the operation changes how well devices are run."""
    return isinstance(op, Scale) and op.control is not None and op.control.efficiency is None


def seasonal(op: Operation) -> bool:
    """Whether the operation acts in some months only."""
    return isinstance(op, Scale) and bool(op.months)
