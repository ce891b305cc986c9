"""Adoption that just meets a target: solved, not assumed.

find k with  value(every lever at k times its adoption in the plan, all else as in the plan) = required

The effect of a measure rises with its adoption, so the root is bracketed and found by Brent's method.
Source: Brent 1973, see ``emisim.root``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from emisim.operation import Move, covered, running, seasonal
from emisim.program import Program
from emisim.root import root

PRECISE = 1e-11
DIGITS = 9  # what Brent's method finds alike on every machine


@dataclass(frozen=True)
class Required:
    """The adoption of some measures together that just meets a target.

    planned, needed : (measure,) largest share of units that a measure reaches in the plan, and would have to reach [1]; ``needed`` is
    empty where no adoption up to 100 % meets the target. factor : needed over planned [1].
    """

    target: str
    measures: tuple[str, ...]
    planned: tuple[float, ...]
    needed: tuple[float, ...]
    factor: float | None


def reach(program: Program, measure: int, rows: int, at: int) -> np.ndarray:
    """Share of each row's units that a measure reaches in a period [1]: its moves together, or its largest other action."""
    moved, other = np.zeros(rows), np.zeros(rows)
    for op in (op for op in program.operations if op.measure == measure):
        share = covered(op) * program.phase[measure, at]
        if isinstance(op, Move):
            moved[op.rows] += share
        else:
            other[op.rows] = np.maximum(other[op.rows], share)
    return np.maximum(moved, other)


def largest_factor(program: Program, levers: Sequence[int], at: int) -> float:
    """How far the adoption of some measures can rise together until one reaches all units of a row, or disjoint measures do [1];
    0 where none reaches any."""
    rows = 1 + max(int(op.rows.max()) for op in program.operations)
    reached = {m: reach(program, m, rows, at) for m in range(program.measures)}
    most = min((1.0 / reached[m].max() for m in levers if reached[m].max() > 0), default=0.0)
    for overlap in (o for o in program.overlaps if o.relation == "disjoint"):
        mine = sum((reached[m] for m in sorted(overlap.measures & set(levers))), np.zeros(rows))
        others = sum((reached[m] for m in sorted(overlap.measures - set(levers))), np.zeros(rows))
        most = min([most, *((1.0 - others[mine > 0]) / mine[mine > 0]).tolist()])
    return max(most, 0.0)


def solve(
    target: str, names: Sequence[str], levers: Sequence[int], program: Program, at: int, distance: Callable[[np.ndarray], float]
) -> Required:
    """Solve for the common factor on the adoption of some measures.

    Parameters
    ----------
    names : ids of all measures. levers : indices of those that are solved for. at : period of the target.
    distance : (measure,) degrees of the switches → value reached less value required; rises with the degrees of the levers.

    Returns
    -------
    Required
    """
    rows = 1 + max(int(op.rows.max()) for op in program.operations)
    planned = [float(reach(program, m, rows, at).max()) for m in levers]
    most = largest_factor(program, levers, at)

    def beyond(factor: float) -> float:
        on = np.ones(program.measures)
        on[list(levers)] = factor
        return distance(on)

    measures = tuple(names[m] for m in levers)
    if (without := beyond(0.0)) >= 0.0:
        factor: float | None = 0.0
    elif not most or (full := beyond(most)) < 0.0:
        factor = None
    else:
        factor = round(float(root(beyond, 0.0, most, without, full, PRECISE)), DIGITS)
    needed = () if factor is None else tuple(factor * p for p in planned)
    return Required(target, measures, tuple(planned), needed, factor)


def can_be_solved(program: Program, levers: Sequence[int]) -> bool:
    """Whether the adoption of these measures is a share of units, which temporary cuts and better running are not."""
    return bool(levers) and not any(seasonal(op) or running(op) for op in program.operations if op.measure in set(levers))
