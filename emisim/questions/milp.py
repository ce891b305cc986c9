"""A mixed-integer program over measures and the states of their tables, and the call of the solver.

Variables: y_m ∈ {0, 1} for every measure; λ_s ≥ 0 for the states of every block of measures, which sum to 1 and to y_m over
the states with m; and, if asked for, one more at the end. The solver's own words never reach the terminal.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from math import fsum
from multiprocessing import get_all_start_methods, get_context
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from emisim.errors import Broken
from emisim.questions.table import all_packages

T = TypeVar("T")
STATUS = MappingProxyType({0: "optimal", 1: "time limit", 2: "infeasible"})
LOUD = 1e3  # the objective is scaled up, for the solver stops at an absolute gap of 1e-6
LEAST_TIME = 1e-3


@dataclass(frozen=True, eq=False)
class Row:
    """low ≤ vector · variables ≤ high."""

    vector: np.ndarray
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Found:
    """package : (measure,) booleans or None. bound : proven least objective. vector : all variables."""

    status: str
    package: np.ndarray | None
    bound: float
    vector: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """low, high : bounds of all variables; whole : which are integers. blocks : measures of each table; starts : first
    variable of its states."""

    measures: int
    low: np.ndarray
    high: np.ndarray
    blocks: tuple[tuple[int, ...], ...]
    starts: tuple[int, ...]
    whole: np.ndarray
    rows: tuple[Row, ...] = ()

    @classmethod
    def of(cls, low: np.ndarray, high: np.ndarray, blocks: Sequence[tuple[int, ...]], extra: int = 0) -> Model:
        """A model of measures with bounds and of blocks, without conditions; ``extra`` variables from 0 on at its end."""
        starts, at = [], low.size
        for block in blocks:
            starts.append(at)
            at += 2 ** len(block)
        everything = np.concatenate([low, np.zeros(at - low.size + extra)])
        ends = np.concatenate([high, np.ones(at - low.size), np.full(extra, np.inf)])
        integer = np.concatenate([np.ones(low.size), np.zeros(at - low.size + extra)])
        return cls(low.size, everything, ends, tuple(blocks), tuple(starts), integer)

    @property
    def size(self) -> int:
        return self.low.size

    def states(self, block: int) -> slice:
        """The variables of a block's states."""
        return slice(self.starts[block], self.starts[block] + 2 ** len(self.blocks[block]))

    def block_of(self, measures: Sequence[int]) -> int:
        """The first block that holds some measures."""
        return next(k for k, block in enumerate(self.blocks) if set(measures) <= set(block))

    def on_measures(self, values: np.ndarray) -> np.ndarray:
        """A vector over all variables with values on the measures."""
        return np.concatenate([values, np.zeros(self.size - self.measures)])

    def with_row(self, row: Row) -> Model:
        """The same with one more condition."""
        return replace(self, rows=(*self.rows, row))

    def at_most(self, count: int, value: float) -> Model:
        """The last variables may not be larger."""
        high = self.high.copy()
        high[-count:] = value
        return replace(self, high=high)

    def without_states(self, block: int, states: np.ndarray) -> Model:
        """States of a block that may not be."""
        high = self.high.copy()
        high[self.states(block)][states] = 0.0
        return replace(self, high=high)

    def fixed(self, measures: np.ndarray, on: np.ndarray) -> Model:
        """Measures that are decided."""
        low, high = self.low.copy(), self.high.copy()
        low[measures] = high[measures] = on
        return replace(self, low=low, high=high)

    def matrix(self):
        """All conditions as a sparse matrix with their lower and upper ends."""
        from scipy.sparse import coo_array

        data, row, column, low, high = [], [], [], [], []

        def add(columns: np.ndarray, values: np.ndarray, least: float, most: float) -> None:
            data.append(values)
            column.append(columns)
            row.append(np.full(columns.size, len(low)))
            low.append(least)
            high.append(most)

        for k, block in enumerate(self.blocks):
            states = np.arange(self.size)[self.states(k)]
            add(states, np.ones(states.size), 1.0, 1.0)
            for j, on in enumerate(all_packages(len(block)).T):
                add(np.append(states[on], block[j]), np.append(np.ones(int(on.sum())), -1.0), 0.0, 0.0)
        for one in self.rows:
            used = np.flatnonzero(one.vector)
            add(used, one.vector[used], one.low, one.high)
        values, rows, columns = (np.concatenate(x) for x in (data, row, column))
        return coo_array((values, (rows, columns)), shape=(len(low), self.size)).tocsr(), np.array(low), np.array(high)


def minimise(model: Model, objective: np.ndarray, seconds: float, gap: float = 0.0) -> Found:
    """Minimise a linear objective.

    Parameters
    ----------
    objective : (variable,), of order 1.
    seconds : time left. gap : relative gap that is good enough [1].

    Returns
    -------
    Found
        Status ``optimal``, ``time limit`` or ``infeasible``.

    Raises
    ------
    Broken
        The solver cannot tell.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    if (model.low > model.high).any() or any(not row.vector.any() and not row.low <= 0.0 <= row.high for row in model.rows):
        return Found("infeasible", None, np.inf)
    options = {"mip_rel_gap": gap, "disp": False, "presolve": True}
    if np.isfinite(seconds):
        options["time_limit"] = max(seconds, LEAST_TIME)
    conditions = [LinearConstraint(*model.matrix())] if model.blocks or model.rows else []
    problem = {"integrality": model.whole, "bounds": Bounds(model.low, model.high), "constraints": conditions}
    with silence():
        found = milp(LOUD * objective, **problem, options=options)
        if found.status not in STATUS:  # infeasible or unbounded: presolve cannot tell, the solver can
            found = milp(LOUD * objective, **problem, options={**options, "presolve": False})
    if found.status not in STATUS:
        raise Broken(f"the solver gave up: {found.message}")
    status = STATUS[found.status]
    bound = -np.inf if found.mip_dual_bound is None else float(found.mip_dual_bound) / LOUD
    if found.x is None:
        return Found(status, None, bound)
    return Found(status, found.x[: model.measures] > 0.5, bound, found.x)


def cover(
    reduction: np.ndarray, cost: np.ndarray, group: np.ndarray, needed: float, gap: float, fixed: float
) -> tuple[np.ndarray | None, float]:
    """At most one of each group, so that what they reduce comes to ``needed`` at least cost.

    Parameters
    ----------
    reduction : (option,), of order 1. cost, group : (option,). gap : relative gap that is good enough [1], of the cost with
        what is ``fixed``.

    Returns
    -------
    (option,) booleans, or None if there is none; and the proven least cost, without what is fixed
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    count, place = group.size, np.unique(group, return_inverse=True)[1]
    scale = LOUD / (float(np.abs(cost).max()) or 1.0)
    objective = scale * np.append(cost, fixed)  # the last variable is 1
    whole, bounds = np.append(np.ones(count), 0.0), Bounds(np.append(np.zeros(count), 1.0), np.ones(count + 1))
    one = coo_array((np.ones(count), (place, np.arange(count))), shape=(int(place.max()) + 1, count + 1))
    conditions = [LinearConstraint(one.tocsr(), -np.inf, 1.0), LinearConstraint(np.append(reduction, 0.0), needed, np.inf)]
    while True:
        with silence():
            found = milp(objective, integrality=whole, bounds=bounds, constraints=conditions, options={"mip_rel_gap": gap})
        if found.status not in STATUS:
            return None, -np.inf
        if found.x is None:
            return None, np.inf
        taken = found.x[:count] > 0.5
        bound = float(found.mip_dual_bound) / scale - fixed
        if fsum(reduction[taken].tolist()) >= needed:
            return taken, bound
        again = np.append(np.where(taken, -1.0, 1.0), 0.0)  # short of it by the solver's tolerance: that one not again
        conditions.append(LinearConstraint(again, 1.0 - int(taken.sum()), np.inf))


def in_child(seconds: float, work: Callable[..., T], *given: object) -> T | None:
    """What ``work(*given)`` returns, in a process that is ended after some seconds; None if that is too early, or if it dies.

    The solver does not keep its time limit on large problems.
    """
    forked = "fork" in get_all_start_methods()
    context = get_context("fork" if forked else "spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(work, given, there), daemon=True)
    with warnings.catch_warnings():  # a fork is safe here: the other threads are those of idle libraries
        warnings.simplefilter("ignore", DeprecationWarning)
        child.start()
    there.close()
    try:
        return here.recv() if here.poll(max(seconds, 0.0)) else None
    except EOFError:
        return None
    finally:
        child.kill()
        child.join()
        here.close()


def _answer(work: Callable[..., T], given: tuple, pipe) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked is told, and ends the child
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    pipe.send(work(*given))


@contextmanager
def silence() -> Iterator[None]:
    """Whatever is printed meanwhile goes nowhere, also what C code prints; both streams come back in any case."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.flush()
    kept: list[tuple[int, int]] = []
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in (1, 2):
            with suppress(OSError):  # a stream that is closed has nothing to redirect
                kept.append((number, os.dup(number)))
                os.dup2(nowhere, number)
        yield
    finally:
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)
        os.close(nowhere)
