"""Cautions: what a reader should know before trusting a result, though nothing is wrong with the input."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from emisim.binding import BoundPlan
from emisim.errors import Fault, fault
from emisim.inventory import WITHOUT_ACTIVITY, Inventory
from emisim.kernel import run
from emisim.ledger import Ledger
from emisim.operation import on_factor, rows_of, running, seasonal
from emisim.plan import Plan
from emisim.program import Base, Batch, Program
from emisim.scenario import Scenario

SMALLEST_RISE_T = 1e-6
SLIP, LIVESTOCK = "NH3", "agriculture"
WORTH_SAYING = 0.1  # share of the livestock gain that slip takes back before it is said

Pairs = Sequence[tuple[int, int]]


def rises(scenario: Scenario, inventory: Inventory, bound: BoundPlan, reductions: np.ndarray) -> list[Fault]:
    """Measures that raise a pollutant's official total in the target year, in tonnes: shown, not clipped.

    reductions : (measure, pollutant, year) [t/yr].
    """
    found = np.argwhere(reductions[:, :, -1] < -SMALLEST_RISE_T).tolist()
    return [
        fault("warning.raises", measure=bound.names[m], pollutant=inventory.pollutants[p], tonnes=f"{-reductions[m, p, -1]:.4g}")
        for m, p in found
        if bound.names[m] not in scenario.allowed("raises")
    ]


def early(bound: BoundPlan, program: Program) -> list[Fault]:
    """Measures that are in force in the base year already, which the inventory may contain."""
    begun = [name for name, share in zip(bound.names, program.phase[:, 0], strict=True) if share > 0]
    return [fault("warning.early", measures=", ".join(begun))] if begun else []


def late(bound: BoundPlan, program: Program, year: int) -> list[Fault]:
    """Measures whose date lies beyond the target year: they change nothing in this run."""
    acting = {op.measure for op in program.operations}
    waiting = [name for m, name in enumerate(bound.names) if m in acting and program.phase[m, -1] == 0]
    return [fault("warning.late", year=year, measures=", ".join(waiting))] if waiting else []


def elsewhere(plan: Plan, inventory: Inventory) -> list[Fault]:
    """Sources whose region code does not lie in that of the plan: the plan acts on them all the same."""
    stem = re.sub(r"(00)+$", "", plan.region)
    codes = sorted(set(inventory.text["region"].tolist())) if stem.isdecimal() else []
    other = [code for code in codes if code.isdecimal() and not code.startswith(stem)]
    return [fault("warning.region", plan=plan.region, regions=", ".join(other[:5]))] if other else []


def unread(plan: Plan) -> list[Fault]:
    """Clauses that nobody has encoded yet: what they bring is missing from everything."""
    count = len(plan.unread())
    return [fault("warning.unread", count=count)] if count else []


def cut_off(files: Iterable[tuple[str, bytes]]) -> list[Fault]:
    """Text files that do not end in a line break. Where one was cut off, it may still be read, its last number shorter than it was.

    files : (name as shown, content, or its first and last two bytes).
    """
    named = [shown for shown, content in files if not _ends_a_line(content)]
    return [fault("warning.cut", files=", ".join(named))] if named else []


def _ends_a_line(content: bytes) -> bool:
    wide = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(content[:2])
    return (content[-2:].decode(wide, "replace") if wide else content[-1:].decode("latin-1")) in ("\n", "\r")


def as_a_whole(inventory: Inventory, bound: BoundPlan, program: Program) -> list[Fault]:
    """Measures on the activity of sources of which only the emission is known: these have 1 ``source`` as their activity, so that it is the whole
    emission that is changed."""
    alone = inventory.text["unit"] == WITHOUT_ACTIVITY
    if not alone.any():
        return []
    met = {
        op.measure
        for op in program.operations
        if not on_factor(op) and not seasonal(op) and not running(op) and alone[op.rows].any()
    }
    names = ", ".join(bound.names[m] for m in sorted(met))
    return [fault("warning.alone", count=int(alone.sum()), measures=names)] if met else []


def undeclared_pairs(program: Program) -> list[tuple[int, int]]:
    """Pairs of measures that partly cover the same rows, for one pollutant or the activity, without a declared overlap."""
    declared = {frozenset(pair) for overlap in program.overlaps for pair in combinations(overlap.measures, 2)}
    found: set[tuple[int, int]] = set()
    for batch in (batch for level in program.levels for batch in level):
        partial = _partly(program, batch)
        for m, n in combinations(sorted(partial), 2):
            on_activity = None in partial[m] | partial[n]
            if frozenset((m, n)) not in declared and (on_activity or partial[m] & partial[n]):
                found.add((m, n))
    return sorted(found)


def _partly(program: Program, batch: Batch) -> dict[int, set[int | None]]:
    """What each measure acts on (pollutants, or None for the activity) where it covers a part of a batch's units in the last period.

    A seasonal cut is left out: it acts on its hours' residual, whatever else is done; so is better running, which is a state of all
    units.
    """
    partial: dict[int, set[int | None]] = {}
    for j, position in zip(batch.entries, batch.positions, strict=True):
        op = program.operations[j]
        share = rows_of(op.coverage, position) * program.phase[op.measure, -1]
        if not seasonal(op) and not running(op) and ((share > 0) & (share < 1)).any():
            partial.setdefault(op.measure, set()).update(getattr(op, "pollutants", ()) or (None,))
    return partial


def undeclared(bound: BoundPlan, pairs: Pairs) -> list[Fault]:
    """One warning that names all such pairs."""
    named = ", ".join(f"{bound.names[m]}+{bound.names[n]}" for m, n in pairs)
    return [fault("warning.undeclared", count=len(pairs), pairs=named)] if pairs else []


def overlap_bounds(base: Base, program: Program, pairs: Pairs, rows: np.ndarray, plan: np.ndarray) -> np.ndarray:
    """Totals of some rows if the measures of ``pairs`` meet as little, and as much, as they can: (2, pollutant, year) [t/yr].

    For two measures on a row these are the Fréchet bounds; for more, what laying coverages end to end, and inside one another,
    reaches. ``plan``: (row, pollutant, year) with the overlaps as they are taken.
    """
    central = plan[rows].sum(axis=0)
    if not pairs:
        return np.stack([central, central])
    loose = frozenset(m for pair in pairs for m in pair)
    both = [run(base, replace(program, loose=loose, between=b)).emission[rows].sum(axis=0) for b in ("spread", "nested")]
    return np.stack([np.minimum(np.minimum(*both), central), np.maximum(np.maximum(*both), central)])


def slip(inventory: Inventory, ledger: Ledger) -> list[Fault]:
    """Ammonia that measures add outside agriculture (slip of NOx control), where it takes back a good part of what they save there."""
    if SLIP not in inventory.pollutants:
        return []
    p = inventory.pollutants.index(SLIP)
    farm = (inventory.text["sector"] == LIVESTOCK)[ledger.row]
    counts = ~inventory.memo[ledger.row]
    cut = ledger.reduction[:, p, -1]
    outside = counts & ~farm
    # What a measure moves from one row to another is no addition: each counts with its sum.
    by_measure = np.bincount(ledger.measure[outside], weights=cut[outside]) if outside.any() else np.zeros(1)
    added = -float(by_measure[by_measure < 0].sum())
    saved = float(cut[counts & farm].sum())
    if saved <= SMALLEST_RISE_T or added < WORTH_SAYING * saved:
        return []
    return [fault("warning.slip", added=f"{added:.3g}", saved=f"{saved:.3g}", share=f"{100 * added / saved:.0f} %")]
