"""The kernel: apply a compiled plan to an inventory, exactly and in one fixed order.

    E[i,p,t] = a[i,t] · f[i,p,t]

Numpy only, floats in canonical units: activity in its own base unit a year, factors in tonnes per that unit, emissions in t/yr.

The activity of a row is followed in *cohorts*: what stood there in the beginning, and what each move brought later. An
operation acts on a cohort only if it comes later in the order than the cohort's arrival. What happens to one cohort is told in
``cohort``.

Every measure has a switch ``on`` in [0, 1] that scales its coverage, so that many packages of measures run at once along a
leading axis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emisim.cohort import Cohort
from emisim.operation import Add, Limit, Move, rows_of, summed
from emisim.program import Base, Batch, Program

Watch = Callable[[int, np.ndarray, np.ndarray, bool], None]


@dataclass(frozen=True, eq=False)
class State:
    """What comes out of a run: activity (..., row, period) [base unit/yr] and emission (..., row, pollutant, period) [t/yr]."""

    activity: np.ndarray
    emission: np.ndarray


def run(
    base: Base,
    program: Program,
    on: np.ndarray | None = None,
    planned: np.ndarray | None = None,
    evaluate: Callable[..., Cohort] = Cohort,
    watch: Watch | None = None,
) -> State:
    """Apply the program.

    Parameters
    ----------
    base : Base
    program : Program
    on : (..., measure), optional
        Degree to which each measure is switched on [1]; all 1 by default. Leading axes run many packages at once.
    planned : (..., measure), optional
        For attribution: degree of each measure in the plan whose fates count [1]. One unit has one fate: a unit that this plan
        closes, moves or switches is closed to later measures in every package, also in those without the measure that brings
        its fate. ``on`` is then 0 or 1, and only measures of the plan are on. By default every package has its own fates.
    evaluate : Cohort or a class made from it
        Evaluates a batch; a proof gives one that names the steps.
    watch : (operation, rows, activity, leaving), optional
        Told of each move what it takes from rows, and what it brings to rows: (..., n, period) [base unit there / yr].

    Returns
    -------
    State
        Activity (..., row, period) [base unit / yr] and emission (..., row, pollutant, period) [t / yr].
    """
    rows, pollutants, periods = base.shape
    degree = (np.ones(program.measures) if on is None else np.asarray(on, float))[..., :, None]
    fate = None if planned is None else np.asarray(planned, float)[..., :, None]
    lead = np.broadcast_shapes(
        base.activity.shape[:-2], base.factor.shape[:-2], degree.shape[:-2], () if fate is None else fate.shape[:-2]
    )
    kind = np.result_type(base.activity, base.factor)
    activity = np.zeros((*lead, rows, periods), kind)
    emission = np.zeros((*lead, rows, pollutants, periods), kind)
    incoming = np.broadcast_to(base.activity, (*lead, rows, periods))
    plain = program.products if evaluate is Cohort and program.between == "independent" and kind.kind == "f" else None
    if plain:
        plain.apply(plain.left(plain.ratios(program.phase, degree[..., 0])), base.activity, base.factor, activity, emission)
    for number, batches in enumerate(program.levels):
        if number:
            incoming = _pass_on(base, activity, emission, incoming)
        waiting: dict[int, np.ndarray] = {}
        original = plain.rest if plain and not number else batches
        arrived = [(batch, incoming[..., batch.rows, :]) for batch in original]
        for j in range(-1, len(program.operations)):
            if j in waiting:
                arrived = list(_arriving(program, j, waiting.pop(j)))
            elif j >= 0:
                continue
            for batch, amount in arrived:
                if watch and j >= 0:
                    watch(j, batch.rows, amount, False)
                cohort = evaluate(base, program, batch, degree, fate)
                activity[..., batch.rows, :] += amount * cohort.staying()
                for p in range(pollutants):
                    emission[..., batch.rows, p, :] += amount * cohort.emitted(p)
                for k, share in cohort.leaving(gone=watch is not None):
                    if watch:
                        watch(k, batch.rows, amount * share, True)
                    sent = _sent(program.operations[k], batch, batch.entries.index(k), amount * share)
                    waiting[k] = waiting[k] + sent if k in waiting else sent
    return State(activity, emission)


def _sent(move: Move, batch: Batch, entry: int, amount: np.ndarray) -> np.ndarray:
    """What a move brings to each of its destinations: (..., destination, period) [base unit there / yr]."""
    position = batch.positions[entry]
    sent = amount * rows_of(move.conversion, position)
    if move.group is None:
        return summed(sent, None) * move.weight[..., :, None]
    groups = 1 + int(max(move.group.max(), move.to_group.max()))
    return summed(sent, move.group[position], groups)[..., move.to_group, :] * move.weight[..., :, None]


def _arriving(program: Program, move: int, amount: np.ndarray):
    """(batch, amount) of what a move brought."""
    to = program.operations[move].to
    order = np.argsort(to)
    for batch in program.arrivals[move]:
        yield batch, amount[..., order[np.searchsorted(to, batch.rows, sorter=order)], :]


def _pass_on(base: Base, activity: np.ndarray, emission: np.ndarray, incoming: np.ndarray) -> np.ndarray:
    """What a stage leaves over feeds the next: a_next = passed · (a − Σ_p loss_p · E_p)."""
    fed = np.flatnonzero(base.upstream >= 0)
    source = base.upstream[fed]
    lost = (base.loss[:, None] * emission[..., source, :, :]).sum(axis=-2)
    out = incoming.copy()
    out[..., fed, :] = base.passed[..., fed, None] * (activity[..., source, :] - lost)
    return out


def single_ratios(
    base: Base, program: Program, batch: Batch, pollutant: int, evaluate: Callable[..., Cohort] = Cohort
) -> list[tuple[int, np.ndarray]] | None:
    """What each measure alone leaves of the emission of a batch, if the whole is the product of these; None if measures
    interact or units move.

    Returns
    -------
    list of (measure, ratio (..., n, period) [1]), or None
    """
    cohort = evaluate(base, program, batch, np.ones((program.measures, 1)))
    entries = [k for k, op in enumerate(cohort.ops) if isinstance(op, Move) or not op.pollutants or pollutant in op.pollutants]
    groups = cohort.groups(entries, pollutant, join_moves=False)
    operations = [cohort.ops[g[0]] for g in groups]
    measures = [op.measure for op in operations]
    interact = any(len(g) > 1 for g in groups) or len(set(measures)) < len(measures)
    if interact or any(isinstance(op, (Move, Limit, Add)) for op in operations):
        return None
    return [(m, np.asarray(cohort.mean(g, pollutant))) for m, g in zip(measures, groups, strict=True)]
