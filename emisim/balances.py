"""The balances of a run: what must come out even, whatever the input is; checked in every run.

ledger    base + growth + Σ measures = plan, in every cell of source, pollutant and year
moves     Σ taken · conversion = Σ brought, for every move: useful energy, t·km, animals;
          what stood at a row + what moves brought = what stands there + what moves took, for every row
nitrogen  N entering a manure chain + Σ N between = Σ N emitted + N left; a stage receives its share of what the one before leaves over
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from emisim.errors import Broken
from emisim.kernel import State, run
from emisim.ledger import Ledger
from emisim.nitrogen import Chain
from emisim.operation import Move, on_activity, rows_of
from emisim.program import Base, Program, with_only

CLOSURE = 1e-9
LEAST_T = 1e-6  # cells below a gram are compared with a gram


@dataclass(frozen=True)
class Balances:
    """Largest relative error of each balance [1]."""

    ledger: float
    moves: float
    nitrogen: float

    @property
    def worst(self) -> float:
        return max(asdict(self).values())

    def checked(self) -> Balances:
        """These balances.

        Raises
        ------
        Broken
            One of them does not close to 1e-9, or is no number.
        """
        open_ = [f"{name} {error:.3g}" for name, error in asdict(self).items() if not error <= CLOSURE]
        if open_:
            raise Broken(f"balances do not close to {CLOSURE:g}, relative errors: {', '.join(open_)}")
        return self


def balances(
    base: Base, program: Program, reference: State, plan: State, ledger: Ledger, chains: Sequence[tuple[Chain, ...]]
) -> Balances:
    """The balances of one run.

    Parameters
    ----------
    reference, plan : without measures, and with them.
    chains : the nitrogen balances of the run, those of the plan last.
    """
    return Balances(
        ledger=ledger_error(reference.emission, plan.emission, ledger),
        moves=moves_error(base, program),
        nitrogen=nitrogen_error(program, [chain for some in chains for chain in some]),
    )


def ledger_error(reference: np.ndarray, plan: np.ndarray, ledger: Ledger) -> float:
    """Largest |reference − Σ reductions − plan| over the larger of cell and 1 g [1]; arrays are (row, pollutant, period) [t/yr]."""
    gap = np.abs(reference - ledger.by_row(reference.shape[0]) - plan)
    scale = np.maximum(np.maximum(np.abs(reference), np.abs(plan)), LEAST_T)
    return float((gap / scale).max(initial=0.0))


def moves_error(base: Base, program: Program) -> float:
    """Largest relative error of what moves take and bring [1].

    The balance of every move is that of the plan. The balance of every row is that of its moves alone: other measures make activity
    less, which is no move.
    """
    moves = [op for op in program.operations if isinstance(op, Move)]
    if not moves:
        return 0.0
    whole, alone = _flows(base, program), _flows(base, with_only(base, program, moves))
    first = base.upstream < 0  # what reaches a later stage of a manure chain depends on the one before
    stood = np.broadcast_to(base.activity, alone.stands.shape) + alone.arrived
    return max(_error(whole.taken, whole.brought), _error(stood[first], (alone.stands + alone.left)[first]))


@dataclass(frozen=True, eq=False)
class _Flows:
    """What moves do in a run. taken, brought : (operation, period) what each takes, converted, and what it brings [base unit there / yr].
    left, arrived, stands : (row, period) what moves take from a row, bring to it, and what stands there in the end [base unit / yr]."""

    taken: np.ndarray
    brought: np.ndarray
    left: np.ndarray
    arrived: np.ndarray
    stands: np.ndarray


def _flows(base: Base, program: Program) -> _Flows:
    rows, _, periods = base.shape
    taken, brought = np.zeros((2, len(program.operations), periods))
    left, arrived = np.zeros((2, rows, periods))

    def watch(j: int, rows: np.ndarray, amount: np.ndarray, leaving: bool) -> None:
        move = program.operations[j]
        if not leaving:
            arrived[rows] += amount
            brought[j] += amount.sum(axis=0)
            return
        left[rows] += amount
        if move.to.size:
            order = np.argsort(move.rows)
            taken[j] += (amount * rows_of(move.conversion, order[np.searchsorted(move.rows, rows, sorter=order)])).sum(axis=0)

    return _Flows(taken, brought, left, arrived, run(base, program, watch=watch).activity)


def nitrogen_error(program: Program, chains: Sequence[Chain]) -> float:
    """Largest relative error of some chains [1]: of their sums, and, unless a measure acts on the activity of a later stage, of what each
    stage hands on."""
    changing = [op for op in program.operations if on_activity(op) or isinstance(op, Move)]
    changed = (
        {row for op in changing for part in (op.rows, getattr(op, "to", op.rows)) for row in part.tolist()} if chains else set()
    )
    worst = 0.0
    for chain in chains:
        gap = abs(chain.entering + math.fsum(chain.between) - math.fsum(chain.emitted) - chain.left)
        acted = not changed.isdisjoint(chain.rows[1:])
        worst = max(worst, max(gap, 0.0 if acted else chain.gap) / max(abs(chain.entering), LEAST_T))
    return worst


def _error(one: np.ndarray, other: np.ndarray) -> float:
    """Largest |one − other| over the larger of the two [1]; nothing against nothing is even."""
    scale = np.maximum(np.abs(one), np.abs(other))
    return float(np.divide(np.abs(one - other), scale, out=np.zeros_like(scale), where=scale > 0).max(initial=0.0))
