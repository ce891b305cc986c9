"""What a mechanism is: a name, a place in the fixed order, parameters with dimension and range, and a compiler to operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from emisim.inventory import Inventory
from emisim.operation import Control, Move, Operation, Scale, summed
from emisim.units import to_base


@dataclass(frozen=True)
class Parameter:
    """One parameter of a mechanism.

    dimension : ``share``, ``ratio``, ``concentration``, ``load``, ``energy per activity``, ``activity``, ``emission per
        activity``, or a
        kind of word: ``word``, ``choice``, ``column``, ``pollutants``, ``months``, ``shares``.
    least, most : allowed range of the canonical value.
    default : used when the plan is silent; ``None`` means none, and with ``required`` that the plan must speak.
    role : ``adoption`` (how far a measure is carried out; a wording's strength moves it) or ``effect``.
    """

    name: str
    dimension: str
    en: str
    zh: str
    least: float = 0.0
    most: float = 1.0
    default: object = None
    required: bool = False
    role: str = "effect"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Bound:
    """An action tied to the rows of an inventory, its parameters as canonical floats, or as arrays of draws that
    broadcast to (..., row, period).

    measure : index of the measure. order : the mechanism's place in the fixed order. rows, to : row indices. values : parameter
        name → float, text, tuple or mapping.
    activity : (..., row, period) of the whole inventory after growth, from the base year on [base unit / yr]. kinds : (row,) canonical unit of each activity.
    within : (row,) number of the region, where what is moved stays in its region; None: it may go to any row of ``to``.
    reject : call it with a message key and values to report a fault of this action, ``at`` one of its fields if given.
    """

    measure: int
    order: int
    inventory: Inventory
    rows: np.ndarray
    to: np.ndarray
    has_to: bool
    values: Mapping[str, object]
    activity: np.ndarray
    kinds: np.ndarray
    reject: Callable[..., None]
    stages: Callable[[str], int] = field(default=lambda word: -1)
    within: np.ndarray | None = None

    def __getitem__(self, name: str):
        return self.values[name]

    def pollutants(self) -> tuple[int, ...]:
        """Indices of the pollutants the action names; all of the inventory where it names none."""
        names = self.values.get("pollutant") or self.inventory.pollutants
        return tuple(self.inventory.pollutants.index(p) for p in names if p in self.inventory.pollutants)

    def move(self, share: float, conversion: float = 1.0, weight: np.ndarray | None = None, to: np.ndarray | None = None) -> Move:
        """Move a share of the rows' activity to the rows of ``to``, or to others, by their base activity or by ``weight``."""
        to = self.to if to is None else to
        return Move(
            self.measure,
            self.order,
            self.rows,
            np.asarray(share),
            to=to,
            weight=self.shares_of(to) if weight is None else weight,
            conversion=np.asarray(conversion),
            **self.groups(to),
        )

    def groups(self, to: np.ndarray) -> dict[str, np.ndarray]:
        """The groups of a move to some rows."""
        return {"group": self.within[self.rows], "to_group": self.within[to]} if self.within is not None and to.size else {}

    def scale(
        self, coverage: float, ratio: float | None = None, control: Control | None = None, on_factor: bool = True, **more
    ) -> Scale:
        """Multiply the factor of the named pollutants (or the activity) on the covered units by a ratio, or by what a
        control leaves."""
        return Scale(
            self.measure,
            self.order,
            self.rows,
            np.asarray(coverage),
            ratio=None if ratio is None else np.asarray(ratio),
            control=control,
            pollutants=self.pollutants() if on_factor else (),
            **more,
        )

    def one_kind(self, *parts: np.ndarray) -> None:
        """Reject the action if the rows of ``parts`` have activities of different units: then a move would conserve nothing."""
        written = {self.kinds[r]: str(self.inventory.text["unit"][r]) for rows in parts for r in rows.tolist()}
        if len(written) > 1:
            self.reject("action.units_differ", units=" | ".join(written.values()))

    def all_of_kind(self, rows: np.ndarray, unit: str) -> bool:
        """Whether the activities of some rows have the dimension of ``unit``."""
        return bool((self.kinds[rows] == to_base(unit)[1]).all())

    def unit(self, rows: np.ndarray) -> str:
        """The unit in which the first of some rows is written."""
        return str(self.inventory.text["unit"][rows[0]])

    def weights(self) -> np.ndarray:
        """Shares in which the rows of ``to`` take what arrives: by their base activity, equal if that is zero."""
        return self.shares_of(self.to)

    def shares_of(self, rows: np.ndarray) -> np.ndarray:
        """Shares of some rows in the sum of their base-year activities, or in that of their region, equal if that is zero: (..., row)
        [1]."""
        activity = self.inventory.activity[rows] if self.activity.ndim == 2 else self.activity[..., rows, 0]
        sums, count = self.in_group(activity, rows), self.in_group(np.ones(rows.size, activity.dtype), rows)
        return np.where(sums > 0, activity / np.where(sums > 0, sums, 1.0), 1.0 / np.where(count > 0, count, 1.0))

    def in_group(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The sum over some rows, or over those of each row's own region: (..., row) → (..., 1 or row)."""
        if self.within is None:
            return values.sum(axis=-1, keepdims=True)
        group = self.within[rows]
        return summed(values[..., None], group, 1 + int(group.max(initial=0)))[..., group, 0]


@dataclass(frozen=True)
class Mechanism:
    """A class of measures, as a plan would put it."""

    name: str
    order: int
    en: str
    zh: str
    equation: str
    parameters: tuple[Parameter, ...]
    compile: Callable[[Bound], Sequence[Operation]]
    takes_to: bool = False

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)


def share(name: str, en: str, zh: str, *, default: float | None = None, adoption: bool = False) -> Parameter:
    """A share in [0, 1]; required unless it has a default."""
    return Parameter(name, "share", en, zh, 0.0, 1.0, default, default is None, "adoption" if adoption else "effect")


POLLUTANTS = Parameter("pollutant", "pollutants", "one pollutant or a list; all if left out", "一种或多种污染物；缺省为全部")
ONE_OR_MORE_POLLUTANTS = Parameter("pollutant", "pollutants", "one pollutant or a list", "一种或多种污染物", required=True)
COVERAGE = share("coverage", "share of the units reached", "覆盖比例", default=1.0, adoption=True)
