"""Rows that are plain products, taken at once, give what the cohorts of their batches give."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from cases import activity_scale, arrays, plant, program, random_cases
from emisim import kernel
from emisim.drawn_ledger import brought
from emisim.ledger import attribute
from emisim.operation import Move, Scale
from emisim.program import Tangled, compile_program
from emisim.shapley import product_reductions, signature_shares


def close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12 * np.abs(wanted).max(initial=1.0))


def alike(op):
    """The operation with the numbers of its first row for all of them."""
    changes = {name: getattr(op, name)[:1] for name in ("coverage", "ratio", "value") if getattr(op, name, None) is not None}
    if isinstance(op, Scale) and op.control:
        words = {n: np.atleast_2d(getattr(op.control, n))[:1] for n in ("effectiveness", "gap_closed", "ceiling")}
        if op.control.efficiency is not None:
            words["efficiency"] = np.atleast_2d(op.control.efficiency)[:1]
        changes["control"] = replace(op.control, **words)
    return op if isinstance(op, Move) else replace(op, **changes)


def both(case, like=alike):
    """(base, program with products, the same without)."""
    base, operations, phase, overlaps, combinations = arrays(case)
    try:
        found = compile_program([like(op) for op in operations], phase, base, overlaps, combinations)
    except Tangled:
        assume(False)
    return base, found, replace(found, products=None)


@given(random_cases(), st.floats(0, 1))
def test_products_are_what_cohorts_give(case, degree):
    base, fast, slow = both(case)
    for on in (None, np.full(fast.measures, degree), np.stack([np.zeros(fast.measures), np.full(fast.measures, degree)])):
        found, wanted = kernel.run(base, fast, on), kernel.run(base, slow, on)
        close(found.emission, wanted.emission)
        close(found.activity, wanted.activity)


@given(random_cases(most_measures=4))
def test_products_are_split_as_cohorts_are(case):
    base, fast, slow = both(case)
    found, wanted = attribute(base, fast), attribute(base, slow)
    every = np.ones(base.shape[0], dtype=bool)
    for which in ("reduction", "first_in", "last_in"):
        close(found.by_measure(fast.measures, every, which), wanted.by_measure(fast.measures, every, which))
    close(found.by_row(base.shape[0]), wanted.by_row(base.shape[0]))
    assert len(set(zip(found.row.tolist(), found.measure.tolist(), strict=True))) == found.row.size


@given(random_cases(chains=False), st.integers(0, 3))
def test_sums_over_signatures_are_sums_over_rows(case, left_out):
    plain = [op for op in case.operations if op.kind != "move"]
    base, fast, _ = both(replace(case, operations=plain))
    assume(fast.products is not None)
    counted = np.ones(base.shape[0], dtype=bool)
    counted[left_out % base.shape[0]] = False
    mine = counted.copy()
    mine[np.setdiff1d(np.arange(base.shape[0]), fast.products.rows)] = False
    shares = signature_shares(fast.products, fast.phase)
    found = product_reductions(fast.products, shares, base, fast.measures, counted)
    close(found, attribute(base, fast).by_measure(fast.measures, mine))


def test_a_plain_plan_leaves_nothing_to_the_cohorts():
    base = plant(1.0, 2.0, 3.0)
    compiled = program(base, activity_scale(0, 0.5, rows=(0, 1)), activity_scale(1, 0.8, rows=(1, 2)))
    assert compiled.products.rest == ()
    assert compiled.products.rows.tolist() == [0, 1, 2]
    assert len(set(compiled.products.signature.tolist())) == 3


def test_many_rows_are_the_same_on_many_threads(monkeypatch):
    """Pieces are computed alike on any thread."""
    rows, rng = 3 * 4096 + 5, np.random.default_rng(1)
    base = replace(plant(*rng.random(rows)), activity=rng.random((rows, 1)))
    compiled = program(base, *(activity_scale(m, rng.random(), rows=np.flatnonzero(rng.random(rows) < 0.5)) for m in range(5)))
    counted = np.ones(rows, dtype=bool)
    seen = set()
    for worth in (10**9, 1):
        monkeypatch.setattr("emisim.pieces.WORTH_A_THREAD", worth)
        sums = product_reductions(compiled.products, signature_shares(compiled.products, compiled.phase), base, 5, counted)
        seen.add((kernel.run(base, compiled).emission.tobytes(), sums.tobytes()))
    assert len(seen) == 1
    np.testing.assert_allclose(sums, attribute(base, compiled).by_measure(5), rtol=1e-12)


@given(random_cases(most_measures=4), st.integers(0, 3))
def test_what_measures_bring_in_all_is_the_sum_of_the_ledger(case, left_out):
    base, fast, _ = both(case)
    counted = np.ones(base.shape[0], dtype=bool)
    counted[left_out % base.shape[0]] = False
    close(brought(base, fast, counted), attribute(base, fast).by_measure(fast.measures, counted))
