"""The ledger of many draws: what each measure brings, summed over the rows that count, and how it is split is found once for all draws.

Better running is the one state of all units: of several measures at it what acts is the gap they leave, G = Π (1 − share closed). As long as no
better of two devices is chosen, the emission is a polynomial in G, with a coefficient for each package of the other measures:

    E(S, R) = Σ_j c_j(S)·Π_{r in R} y_r^j,   y_r = 1 − share that r closes

so that not every package of the measures at running need be run, but d + 1 gaps. The Shapley value of a sum of products is again an
integral along the diagonal of the switches, exact with ⌈n/2⌉ Gauss–Legendre nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from emisim.kernel import run, single_ratios
from emisim.ledger import interacting, plain_rows, reached, shapley_weights, sum_over_packages
from emisim.operation import NO_STAGE, Add, Limit, Operation, Scale, on_factor, running
from emisim.program import Base, Batch, Part, Program, cut_out, matters, part_of, with_only
from emisim.shapley import product_reductions, shapley, signature_shares

CACHED_FLOATS = 2**18  # draws make arrays large, and those that fit in a processor's cache are several times faster


@dataclass(frozen=True, eq=False)
class Group:
    """Rows whose emission of one pollutant hangs on the same measures. rows : in ``part``, the rows that feed them, with the
    operations that can change that pollutant. improving : of the measures, those that do nothing but change how devices of the same rows are
    run; degree : of the emission in the gap they leave, 0 where it is no polynomial."""

    pollutant: int
    measures: tuple[int, ...]
    rows: np.ndarray
    part: Part
    improving: tuple[int, ...] = ()
    degree: int = 0


@dataclass(frozen=True, eq=False)
class Shares:
    """How a program is split among its measures, found once for all draws: the batches whose emission is a plain product with the
    rows that count, and the groups of rows whose packages are run. A measure that cannot change a pollutant has no part in it,
    so that every pollutant has its own, smaller groups."""

    products: tuple[tuple[Batch, np.ndarray], ...]
    groups: tuple[Group, ...]
    plain: np.ndarray | None = None


def brought(base: Base, program: Program, counted: np.ndarray) -> np.ndarray:
    """What each measure brings in one run, summed over the rows that count: the sums of the ledger of ``attribute``, without that of every
    row, which has many times the size of the result.

    Returns
    -------
    (measure, pollutant, period) [t/yr]

    Raises
    ------
    TooManyInteracting
        More than 12 measures interact on one row.
    """
    return reductions(base, program, shares(base, program, counted, at_once=program.products is not None))


def shares(base: Base, program: Program, counted: np.ndarray, at_once: bool = False) -> Shares:
    """What ``reductions`` needs to know of a program, whose numbers it does not look at.

    Parameters
    ----------
    base, program : without draws. counted : (row,) whether a row is summed. at_once : the products of the program are taken at once; the
        rows that count of these are ``plain``. Not for draws.

    Raises
    ------
    TooManyInteracting
        More than 12 measures interact on one row.
    """
    products, tangled, first, at_once_rows = [], [], None, None
    if at_once:
        mine, first = program.products.rows, program.products.rest
        alone = ~reached(program, base.shape[0])[mine]
        at_once_rows = np.zeros(base.shape[0], dtype=bool)
        at_once_rows[mine[alone]] = counted[mine[alone]]
        tangled += mine[~alone & counted[mine]].tolist()
    for batch, plain in plain_rows(program, base.shape[0], first):
        whole = all(single_ratios(base, program, batch, p) is not None for p in range(base.shape[1]))
        rest = batch.rows[~plain] if whole else batch.rows
        if whole and (plain & counted[batch.rows]).any():
            products.append((batch, plain & counted[batch.rows]))
        tangled += rest[counted[rest]].tolist()
    groups = []
    for p in range(base.shape[1]) if tangled else ():
        kept = [j for j, op in enumerate(program.operations) if matters(base, op, p)]
        some = with_only(base, program, [program.operations[j] for j in kept])
        for mine, rows, needed in interacting(base, some, tangled):
            group = Group(p, mine, np.searchsorted(needed, rows), part_of(base, program, needed, frozenset(kept)))
            groups.append(_with_improving(base, program, group))
    return Shares(tuple(products), tuple(groups), at_once_rows)


def _with_improving(base: Base, program: Program, group: Group) -> Group:
    """The group with the measures of which only the gap they leave counts, if there are several."""
    small, some, p = _of_one_pollutant(*cut_out(base, program, group.part), group.pollutant)
    better = [op for op in some.operations if running(op) and p in op.pollutants and op.measure in group.measures]
    mine = tuple(sorted({op.measure for op in better}))
    alone = all(running(op) and p in op.pollutants for op in some.operations if op.measure in mine)
    if len(mine) < 2 or not alone or (small.upstream >= 0).any() or not _on_the_same_rows(better):
        return group
    devices = [op for op in some.operations if isinstance(op, Scale) and op.control is not None and not running(op)]
    chosen = len(devices) > 1 or any(_beside_existing(small, op, p) for op in devices)  # one device makes no combination
    limited = any(isinstance(op, (Limit, Add)) and on_factor(op) for op in some.operations)
    return group if chosen or limited else replace(group, improving=mine, degree=1 + len(devices))


def _on_the_same_rows(operations: Sequence[Operation]) -> bool:
    """Whether operations act on the same rows, and on all of them alike."""
    first = operations[0]
    return all(np.array_equal(op.rows, first.rows) and all(_one_number(x) for x in _of_running(op)) for op in operations)


def _of_running(op: Operation) -> tuple:
    return op.coverage, op.control.gap_closed, op.control.ceiling


def _one_number(values) -> bool:
    return np.ndim(values) < 2 or np.shape(values)[-2] == 1


def _beside_existing(base: Base, op: Scale, p: int) -> bool:
    """Whether on some row a new device has to be compared with one that stays."""
    control, stage = op.control, base.stage[op.rows, p]
    there = base.efficiency[op.rows, p] * base.effectiveness[op.rows, p] > 0
    return not control.replaces and control.stage != NO_STAGE and bool((there & (stage == control.stage)).any())


def reductions(base: Base, program: Program, how: Shares) -> np.ndarray:
    """What each measure brings, summed over the rows that count: the ledger's Shapley values, also with draws.

    Returns
    -------
    (..., measure, pollutant, period) [t/yr]
    """
    _, pollutants, periods = base.shape
    lead = base.activity.shape[:-2]
    out = np.zeros((*lead, program.measures, pollutants, periods))
    if how.plain is not None:
        some = program.products
        out += product_reductions(some, signature_shares(some, program.phase), base, program.measures, how.plain)
    for batch, keep in how.products:
        for p in range(pollutants):
            ratios = single_ratios(base, program, batch, p)
            if ratios:
                start = base.activity[..., batch.rows, :] * base.factor[..., batch.rows, p, None]
                cuts = np.stack([np.broadcast_to(ratio - 1.0, start.shape) for _, ratio in ratios])
                for (m, _), value in zip(ratios, shapley(cuts), strict=True):
                    out[..., m, p, :] -= (start * value)[..., keep, :].sum(axis=-2)
    for group in how.groups:
        small, some, p = _of_one_pollutant(*cut_out(base, program, group.part), group.pollutant)
        gaps = _gaps_left(some, group) if group.improving else None
        for m, value in _packages(small, some, p, group) if gaps is None else _few_packages(small, some, p, group, gaps):
            out[..., m, group.pollutant, :] -= value
    return out


def _packages(base: Base, program: Program, p: int, group: Group):
    """(measure, what it brings (..., period)) from the packages of a group."""
    packages, weights = shapley_weights(len(group.measures))
    total = [0.0] * len(group.measures)
    for first, emission in _emissions(base, program, p, group, group.measures, packages):
        for k in range(len(total)):
            total[k] = total[k] + sum_over_packages(weights[first : first + len(emission), k], emission)
    return zip(group.measures, total, strict=True)


def _emissions(base: Base, program: Program, p: int, group: Group, measures: Sequence[int], packages: np.ndarray):
    """(first, emission (package, ..., period)) of some packages at a time; all other measures are on."""
    lead, planned = base.activity.shape[:-2], np.ones(program.measures)
    step = max(1, CACHED_FLOATS // int(np.prod((*lead, *base.shape))))
    for first in range(0, len(packages), step):
        chunk = packages[first : first + step]
        on = np.zeros((len(chunk), *[1] * len(lead), program.measures))
        on[..., list(measures)] = chunk.reshape(-1, *[1] * len(lead), len(measures))
        yield first, run(base, program, on, planned).emission[..., group.rows, p, :].sum(axis=-2)


def _gaps_left(program: Program, group: Group) -> list[np.ndarray] | None:
    """What each improving measure leaves of the gap (..., period) [1]; None if they do not close the same gap."""
    left: dict[int, np.ndarray] = {}
    ceilings = []
    for op in program.operations:
        if op.measure in group.improving:
            closed = np.asarray(op.control.gap_closed) * (np.asarray(op.coverage) * program.phase[op.measure])
            left[op.measure] = left.get(op.measure, 1.0) * (1.0 - closed)
            ceilings.append(np.asarray(op.control.ceiling))
    if not all(np.array_equal(c, ceilings[0]) for c in ceilings[1:]):
        return None
    return [left[m][..., 0, :] if np.ndim(left[m]) > 1 else left[m] for m in group.improving]


def _few_packages(base: Base, program: Program, p: int, group: Group, gaps: Sequence[np.ndarray]):
    """(measure, what it brings (..., period)) from the packages of all measures but the improving, each at some gaps."""
    others, degree = [m for m in group.measures if m not in group.improving], group.degree
    nodes = np.arange(degree + 1) / degree
    packages = np.array(
        [[*picks, 1.0] for picks in ((np.arange(2 ** len(others))[:, None] >> np.arange(len(others))) & 1).tolist()]
    )
    emission: list[list[np.ndarray]] = [[] for _ in packages]
    for gap in nodes.tolist():
        for first, found in _emissions(
            base, _at_gap(program, group.improving, gap), p, group, (*others, group.improving[0]), packages
        ):
            for k, one in enumerate(found):
                emission[first + k].append(one)
    inverse = np.linalg.inv(np.vander(nodes, increasing=True))
    coefficients = [[_total(w * e for w, e in zip(row, one, strict=True)) for one in emission] for row in inverse.tolist()]
    size = packages[:, :-1].sum(axis=1).astype(int).tolist()
    x, weights = np.polynomial.legendre.leggauss((len(group.measures) + 1) // 2)
    total: dict[int, np.ndarray] = {m: np.zeros(1) for m in group.measures}
    for t, weight in zip(((x + 1) / 2).tolist(), (weights / 2).tolist(), strict=True):
        for j, of_package in enumerate(coefficients):
            steps = [gap**j - 1.0 for gap in gaps]
            chance = [t**s * (1.0 - t) ** (len(others) - s) for s in size]
            left = _product(1.0 + t * step for step in steps)
            for n, m in enumerate(others):
                with_it = (
                    (c * (1.0 if k >> n & 1 else -1.0), chance[k] / (t if k >> n & 1 else 1.0 - t))
                    for k, c in enumerate(of_package)
                )
                total[m] = total[m] + weight * left * _total(w * c for c, w in with_it)
            if j:
                whole = weight * _total(w * c for c, w in zip(of_package, chance, strict=True))
                for n, m in enumerate(group.improving):
                    total[m] = total[m] + whole * steps[n] * _product(1.0 + t * s for k, s in enumerate(steps) if k != n)
    return total.items()


def _at_gap(program: Program, improving: Sequence[int], gap: float) -> Program:
    """The program with one operation in place of all that improve how devices are run, which leaves this gap; the others leave it as it is."""
    first, operations, phase = improving[0], [], program.phase.copy()
    phase[first] = 1.0
    kept = next(j for j, op in enumerate(program.operations) if op.measure == first)
    for j, op in enumerate(program.operations):
        if op.measure in improving:
            closed = np.array(1.0 - gap if j == kept else 0.0)
            op = replace(op, coverage=np.array(1.0), control=replace(op.control, gap_closed=closed))
        operations.append(op)
    return replace(program, operations=tuple(operations), phase=phase)


def _total(values):
    out = 0.0
    for value in values:
        out = out + value
    return out


def _product(values):
    out = 1.0
    for value in values:
        out = out * value
    return out


def _of_one_pollutant(base: Base, program: Program, p: int) -> tuple[Base, Program, int]:
    """The same for one pollutant alone, and its place; all pollutants where what one stage emits is missing at the next."""
    if (base.upstream >= 0).any():
        return base, program, p
    arrays = {n: getattr(base, n)[..., [p]] for n in ("factor", "efficiency", "effectiveness", "stage", "loss")}
    operations = tuple(replace(op, pollutants=(0,)) if getattr(op, "pollutants", ()) else op for op in program.operations)
    together = tuple(replace(c, pollutant=0) for c in program.combinations if c.pollutant == p)
    return replace(base, **arrays), replace(program, operations=operations, combinations=together), 0
