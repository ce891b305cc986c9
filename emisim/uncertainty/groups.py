"""Like sources as one row: what a draw needs of sources that differ in nothing but activity and factor is their sum.

    Σ_i a_i·f_i·R = A·f·R,   A = Σ_i a_i,   f = Σ_i a_i·f_i / A          R: what growth and measures leave

Sources are alike if no selector of the plan or of a target can tell them apart, they grow alike, and have the same existing control. Where an operation looks at the factor itself, a limit or an addition, they must also have the same factors. Sources
to which activity moves or flows stand alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from emisim.binding import bind_again
from emisim.case import Case, activity_after_growth
from emisim.inventory import Inventory, Selector
from emisim.operation import Add, Limit, Move

WORDS = ("sector", "unit", "growth_driver")


@dataclass(frozen=True, eq=False)
class Grouping:
    """Which sources are one row.

    order : sources, those of a group together and in it those with the same factors. parts : where each run of sources of one group with
    the same factors begins in ``order``; groups : where each group begins among these parts.
    """

    order: np.ndarray
    parts: np.ndarray
    groups: np.ndarray

    @property
    def first(self) -> np.ndarray:
        """The first source of each part."""
        return self.order[self.parts]

    def activity(self, activity: np.ndarray) -> np.ndarray:
        """Activity (..., source), the sources in their ``order`` → that of each part (..., part)."""
        return activity if self.parts.size == self.order.size else np.add.reduceat(activity, self.parts, axis=-1)

    def merged(self, activity: np.ndarray, factor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Activity (..., part) and factor (..., pollutant, part) → activity (..., group), and the mean factor
        (..., group, pollutant), weighted by activity."""
        if self.groups.size == self.parts.size:
            return activity, np.moveaxis(factor, -2, -1)
        whole = np.add.reduceat(activity, self.groups, axis=-1)
        mass = np.add.reduceat(activity[..., None, :] * factor, self.groups, axis=-1)
        alone = (np.diff(self.groups, append=self.parts.size) == 1) | (whole[..., None, :] <= 0.0)
        some = factor[..., self.groups]
        return whole, np.moveaxis(np.where(alone, some, mass / np.where(alone, 1.0, whole[..., None, :])), -2, -1)


def grouping(case: Case) -> Grouping:
    """Which sources of a case are alike. The groups stand in the order of their first sources."""
    rows = len(case.inventory)
    kind = case.tables.records.kind if case.tables.records is not None else np.arange(rows)
    code = _first_seen(_codes(case, kind))
    order = np.lexsort((np.arange(rows), kind, code))
    new_group = np.diff(code[order], prepend=-1) != 0
    new_part = new_group | (np.diff(kind[order], prepend=-1) != 0)
    parts = np.flatnonzero(new_part)
    return Grouping(order, parts, np.flatnonzero(new_group[parts]))


def merged(case: Case, how: Grouping) -> Case:
    """The same case with one row a group, which has the words of its first source; its tables stay."""
    inventory = case.inventory
    activity, factor = how.merged(how.activity(inventory.activity[how.order]), inventory.factor[how.first].T)
    small = _picked(inventory, how.first[how.groups], activity, factor)
    grown = activity_after_growth(case.scenario, small)
    bound = bind_again(case.bound, case.scenario, case.plan, case.reading, small, grown, lambda found, *_: found)
    return replace(case, inventory=small, bound=bound)


def _picked(inventory: Inventory, rows: np.ndarray, activity: np.ndarray, factor: np.ndarray) -> Inventory:
    place = np.full(len(inventory), -1)
    place[rows] = np.arange(rows.size)
    names = ("existing_efficiency", "existing_effectiveness", "flue_gas", "stage", "factor_grade", "memo")
    up = inventory.upstream[rows]
    records = inventory.records
    if records is not None:
        kind = records.kind[rows].tolist()
        sets = {name: tuple(getattr(records, name)[k] for k in kind) for name in ("factors", "factor_set")}
        records = replace(records, kind=np.arange(rows.size), line=records.line[rows], activity=records.activity[rows], **sets)
    return replace(
        inventory,
        text={name: words[rows] for name, words in inventory.text.items()},
        activity=activity,
        factor=factor,
        upstream=np.where(up >= 0, place[up], -1),
        records=records,
        **{name: getattr(inventory, name)[rows] for name in names},
    )


def _codes(case: Case, kind: np.ndarray) -> np.ndarray:
    """(row,) a number that rows share if they are alike."""
    inventory, rows = case.inventory, len(case.inventory)
    alone, absolute = _alone(case), np.zeros(rows, dtype=bool)
    for op in case.bound.operations:
        if isinstance(op, (Limit, Add)) and op.pollutants:
            absolute[op.rows] = True
    columns = [np.where(alone, np.arange(rows), -1), np.where(absolute, kind, -1)]
    columns += [inventory.text[name] for name in WORDS]
    for name in ("existing_efficiency", "existing_effectiveness", "flue_gas", "stage"):
        columns += list(getattr(inventory, name).T)
    columns += list(inventory.has_factor(np.arange(rows), inventory.pollutants).T)
    columns.append(inventory.memo)
    for name, named in _named(case).items():
        words = inventory.text[name]
        columns.append(np.where(np.isin(words, sorted(named)), words, ""))
    code = np.zeros(rows, dtype=np.int64)
    for column in columns:
        _, new = np.unique(column, return_inverse=True)
        _, code = np.unique(code * (int(new.max(initial=0)) + 1) + new, return_inverse=True)
    return code


def _alone(case: Case) -> np.ndarray:
    """(row,) whether a row is fed by others, feeds them, or has no activity that could weigh its factor."""
    inventory = case.inventory
    alone = (inventory.upstream >= 0) | (inventory.activity <= 0.0)
    alone[inventory.upstream[inventory.upstream >= 0]] = True
    for op in case.bound.operations:
        if isinstance(op, Move):
            alone[op.to] = True
    return alone


def _selectors(case: Case) -> Iterator[Selector | None]:
    """Every selector that is looked at when measures are bound and targets judged."""
    for measure in case.reading.measures.values():
        for action in measure.actions:
            yield from (action.applies_to, action.to)
    yield from (state.applies_to for state in case.plan.states.values())
    for target in case.reading.targets.values():
        yield target.applies_to
        if target.indicator is not None:
            yield from (target.indicator.of, target.indicator.among, target.indicator.there)


def _named(case: Case) -> dict[str, set[str]]:
    """Column → every word by which a selector takes sources; others need not be told apart."""
    found: dict[str, set[str]] = {}
    for selector in _selectors(case):
        for mapping in selector or ():
            for column, words in mapping.items():
                found.setdefault(column, set()).update(words)
    return found


def _first_seen(code: np.ndarray) -> np.ndarray:
    """The same groups, numbered in the order in which they are met."""
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]
