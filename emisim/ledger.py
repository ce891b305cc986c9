"""The ledger: which measure brought what, at every source, for every pollutant and period.

    base + growth + Σ measures = result        exactly, in every cell

Attribution is the Shapley value, so it does not depend on an order of the measures. One unit has one fate: a unit that the plan
closes, moves or switches is not there for later measures, so these get no credit for it; units without such a fate are shared
by all that act on them. Where the result is a product of factors, each measure in one of them, it is the integral of the
partial derivative along the diagonal of the switches, a polynomial of degree n − 1: ⌈n/2⌉ Gauss–Legendre nodes give it exactly.
Rows with limits, best-of, moves or inflow are few; there all packages of the row's own measures are run. Beside it stand the
reductions a measure brings alone (first in) and what is lost if it alone is dropped (last in).

Source: Shapley 1953; Owen 1972 (multilinear extension).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from emisim.kernel import run, single_ratios
from emisim.operation import Move
from emisim.program import Base, Batch, Program, fed_by, restrict
from emisim.shapley import expanded, others, shapley, signature_shares

MOST_ENUMERATED = 12
CHUNK_FLOATS = 4_000_000
ROUNDING = 1e-14  # of the largest emission of the row: less is no reduction


@dataclass(frozen=True, eq=False)
class Ledger:
    """Sparse table of reductions; positive means less emission.

    row, measure : (entry,) indices.
    reduction, first_in, last_in : (entry, pollutant, period) [t/yr].
    """

    row: np.ndarray
    measure: np.ndarray
    reduction: np.ndarray
    first_in: np.ndarray
    last_in: np.ndarray

    def by_measure(self, measures: int, rows: np.ndarray | None = None, which: str = "reduction") -> np.ndarray:
        """Sum over rows (a boolean mask, or all): (measure, pollutant, period) [t/yr]."""
        values = getattr(self, which)
        keep = slice(None) if rows is None else rows[self.row]
        out = np.zeros((measures, *values.shape[1:]))
        np.add.at(out, self.measure[keep], values[keep])
        return out

    def by_row(self, rows: int) -> np.ndarray:
        """Sum over measures: (row, pollutant, period) [t/yr]."""
        out = np.zeros((rows, *self.reduction.shape[1:]))
        np.add.at(out, self.row, self.reduction)
        return out


class TooManyInteracting(ValueError):
    """More measures interact on a row than can be enumerated."""

    def __init__(self, row: int, measures: list[int]):
        super().__init__(f"{len(measures)} measures interact on row {row}")
        self.row, self.measures = row, measures


def attribute(base: Base, program: Program) -> Ledger:
    """Split the effect of a program exactly among its measures.

    Parameters
    ----------
    base : Base
        Without draws.
    program : Program

    Returns
    -------
    Ledger

    Raises
    ------
    TooManyInteracting
        More than 12 measures interact on one row.
    """
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    tangled: list[int] = []
    products = program.products
    if products:
        alone = ~reached(program, base.shape[0])[products.rows]
        parts.append(expanded(products, signature_shares(products, program.phase), base, alone))
        tangled += products.rows[~alone].tolist()
    first = products.rest if products else program.levels[0]
    for batch, plain in plain_rows(program, base.shape[0], first):
        done = _product_form(base, program, batch, plain)
        if done is None:
            tangled += batch.rows.tolist()
        else:
            tangled += batch.rows[~plain].tolist()
            parts += done
    parts += _enumerated(base, program, tangled)
    return _assemble(parts, base)


def reached(program: Program, rows: int) -> np.ndarray:
    """(row,) whether a move brings something."""
    out = np.zeros(rows, dtype=bool)
    for op in program.operations:
        if isinstance(op, Move):
            out[op.to] = True
    return out


def plain_rows(program: Program, rows: int, first: Sequence[Batch] | None = None) -> Iterator[tuple[Batch, np.ndarray]]:
    """(batch, mask of its rows that no move and no other row feeds); ``first``: some of the batches of rows without a row upstream, or all."""
    fed = reached(program, rows)
    for level, batches in enumerate([program.levels[0] if first is None else first, *program.levels[1:]]):
        for batch in batches:
            yield batch, ~fed[batch.rows] & (level == 0)


def _assemble(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], base: Base) -> Ledger:
    _, pollutants, periods = base.shape
    if not parts:
        none = np.empty(0, dtype=np.intp)
        return Ledger(none, none, *(np.empty((0, pollutants, periods)),) * 3)
    row, measure, values = (np.concatenate(p) for p in zip(*parts, strict=True))
    scale = np.abs(base.activity[:, None] * base.factor[..., None]).max(axis=(-2, -1))
    values[np.abs(values) <= ROUNDING * scale[row, None, None, None]] = 0.0
    used = np.abs(values).max(axis=(1, 2, 3)) > 0
    row, measure, values = row[used], measure[used], values[used]
    order = np.lexsort((measure, row))
    return Ledger(row[order], measure[order], *(np.ascontiguousarray(values[order, k]) for k in range(3)))


def _product_form(base: Base, program: Program, batch, plain: np.ndarray):
    """Rows whose emission is a plain product; None if any pollutant is not."""
    _, pollutants, periods = base.shape
    by_pollutant = [single_ratios(base, program, batch, p) for p in range(pollutants)]
    if any(ratios is None for ratios in by_pollutant):
        return None
    measures = sorted({m for ratios in by_pollutant for m, _ in ratios})
    n = batch.rows.size
    values = np.zeros((len(measures), n, 3, pollutants, periods))
    for p, ratios in enumerate(by_pollutant):
        if not ratios:
            continue
        start = base.activity[batch.rows] * base.factor[batch.rows, p, None]
        cuts = np.stack([np.broadcast_to(ratio - 1.0, (n, periods)) for _, ratio in ratios])
        for k, values_of in enumerate((shapley(cuts), cuts, cuts * others(1.0 + cuts))):
            for (m, _), value in zip(ratios, values_of, strict=True):
                values[measures.index(m), :, k, p] = -(start * value)
    rows = batch.rows[plain]
    return [(rows, np.full(rows.size, m), values[k][plain]) for k, m in enumerate(measures)]


def _enumerated(base: Base, program: Program, tangled: list[int]):
    """Rows where measures interact: run every package of the measures that can reach the row, on the rows that feed it."""
    for mine, rows, needed in interacting(base, program, tangled):
        small, part = restrict(base, program, needed)
        values = _packages(small, part, mine, np.searchsorted(needed, rows))
        for k, m in enumerate(mine):
            yield rows, np.full(rows.size, m), values[k]


def interacting(base: Base, program: Program, tangled: list[int]) -> list[tuple[tuple[int, ...], np.ndarray, np.ndarray]]:
    """(measures, the rows on which exactly these interact, all rows that feed these)."""
    if not tangled:
        return []
    rows = np.array(sorted(tangled))
    which = acting(base, program, rows)
    known, group = np.unique(which, axis=0, return_inverse=True)
    together = [(tuple(np.flatnonzero(mine).tolist()), rows[group == g]) for g, mine in enumerate(known)]
    together = sorted(((mine, some) for mine, some in together if mine), key=lambda found: int(found[1][0]))
    most, some = max(together, key=lambda found: len(found[0]), default=((), rows))
    if len(most) > MOST_ENUMERATED:
        raise TooManyInteracting(int(some[0]), list(most))
    return [(mine, some, np.flatnonzero(fed_by(base, program, some))) for mine, some in together]


def acting(base: Base, program: Program, rows: np.ndarray) -> np.ndarray:
    """Which measures can change the emission of some rows, there or at what feeds them: (row, measure)."""
    needed = fed_by(base, program, rows)
    on_activity = np.zeros((base.shape[0], program.measures), dtype=bool)
    on_factor = np.zeros_like(on_activity)
    moves = []
    for op in program.operations:
        mine = op.rows[needed[op.rows]]
        (on_factor if getattr(op, "pollutants", ()) else on_activity)[mine, op.measure] = True
        if isinstance(op, Move) and op.to.size:
            moves.append(op)
    fed = np.flatnonzero(base.upstream >= 0)
    count = -1
    while count < (now := int(on_activity.sum())):
        count = now
        for move in moves:
            on_activity[move.to] |= _brought(move, on_activity[move.rows])
        source = base.upstream[fed]
        on_activity[fed] |= on_activity[source] | on_factor[source]
    return (on_activity | on_factor)[rows]


def _brought(move: Move, measures: np.ndarray) -> np.ndarray:
    """Which measures change what a move brings, by those that change what it takes from (row, measure): (destination or 1, measure)."""
    if move.group is None:
        return measures.any(axis=0, keepdims=True)
    out = np.zeros((1 + int(max(move.group.max(initial=0), move.to_group.max())), measures.shape[1]), dtype=bool)
    np.logical_or.at(out, move.group, measures)
    return out[move.to_group]


def _packages(base: Base, program: Program, mine: tuple[int, ...], rows: np.ndarray) -> np.ndarray:
    """(measure, row, 3, pollutant, period): Shapley, first-in and last-in reduction [t/yr] from the packages of some measures."""
    k = len(mine)
    packages, shapley = shapley_weights(k)
    one, none, all_of_them = np.eye(k), np.zeros((1, k)), np.ones((1, k))
    alone = np.concatenate([none, one, all_of_them, 1 - one])  # these have their own fates
    weights = np.zeros((len(packages) + len(alone), k, 3))
    weights[: len(packages), :, 0] = shapley
    weights[len(packages) :, :, 1] = np.concatenate([-np.ones((1, k)), one, np.zeros((1 + k, k))])
    weights[len(packages) :, :, 2] = np.concatenate([np.zeros((1 + k, k)), np.ones((1, k)), -one])
    on = np.zeros((len(weights), program.measures))
    on[:, list(mine)] = np.concatenate([packages, alone])
    planned = np.concatenate([np.ones((len(packages), program.measures)), on[len(packages) :]])
    return -np.moveaxis(_weighted(base, program, rows, on, planned, weights), 2, 1)


def shapley_weights(k: int) -> tuple[np.ndarray, np.ndarray]:
    """All packages of k measures (package, measure), and the weight of each package in the Shapley value of each measure."""
    packages = (np.arange(2**k)[:, None] >> np.arange(k)) & 1
    size = packages.sum(axis=1)
    weight_in = np.array([1.0 / (k * comb(k - 1, s - 1)) if s else 0.0 for s in range(k + 1)])
    weight_out = np.array([1.0 / (k * comb(k - 1, s)) if s < k else 0.0 for s in range(k + 1)])
    return packages, np.where(packages == 1, weight_in[size][:, None], -weight_out[size][:, None])


def _weighted(
    base: Base, program: Program, rows: np.ndarray, on: np.ndarray, planned: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Σ over packages of weight (package, measure, 3) · emission: (measure, 3, row, pollutant, period) [t/yr]."""
    step = max(1, CHUNK_FLOATS // int(np.prod(base.shape)))
    total = np.zeros((*weights.shape[1:], rows.size, *base.shape[1:]))
    for start in range(0, len(on), step):
        emission = run(base, program, on[start : start + step], planned[start : start + step]).emission[:, rows]
        for k, which in np.ndindex(
            weights.shape[1:]
        ):  # package by package and not by BLAS, whose last digit hangs on the processor
            weight = weights[start : start + step, k, which]
            there = np.flatnonzero(weight)
            if there.size:
                total[k, which] += sum_over_packages(weight[there], emission[there])
    return total


def sum_over_packages(weight: np.ndarray, emission: np.ndarray) -> np.ndarray:
    """Σ_s weight[s]·emission[s, …]."""
    return (weight.reshape(-1, *[1] * (emission.ndim - 1)) * emission).sum(axis=0)


def influences(base: Base, program: Program, rows: Sequence[int]) -> tuple[dict[int, set[int]], ...]:
    """What can change some rows and all that feed them.

    Returns
    -------
    on_activity, on_factor, feeders : dict
        Row → measures that can change its activity; measures that act on its factors; rows its activity comes from.
    """
    needed = fed_by(base, program, rows)
    on_activity: dict[int, set[int]] = {int(r): set() for r in np.flatnonzero(needed)}
    on_factor: dict[int, set[int]] = {r: set() for r in on_activity}
    feeders: dict[int, set[int]] = {r: {r} for r in on_activity}
    edges: set[tuple[int, int]] = set()
    for op in program.operations:
        target = on_factor if getattr(op, "pollutants", ()) else on_activity
        for r in op.rows[needed[op.rows]].tolist():
            target[r].add(op.measure)
        if isinstance(op, Move):
            edges |= {(o, d) for d in op.to[needed[op.to]].tolist() for o in op.rows.tolist() if o != d}
    inflow = {(int(base.upstream[r]), r) for r in on_activity if base.upstream[r] >= 0}
    changed = True
    while changed:
        changed = False
        for origin, row in edges | inflow:
            new = on_activity[origin] | (on_factor[origin] if (origin, row) in inflow else set())
            if not new <= on_activity[row] or not feeders[origin] <= feeders[row]:
                on_activity[row] |= new
                feeders[row] |= feeders[origin]
                changed = True
    return on_activity, on_factor, feeders
