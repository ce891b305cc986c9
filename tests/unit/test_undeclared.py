"""Which measures meet undeclared, what that can make of the totals, and what is called an increase. One plant of 100 t a year."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cases import activity_scale, add_on, move, plant, program
from emisim import kernel
from emisim.cautions import overlap_bounds, rises, undeclared_pairs
from emisim.operation import Scale

HALF = 0.5


def pairs(*operations, rows=1, phase=None, **relations):
    compiled = program(plant(*[100] * rows), *operations, **relations)
    return undeclared_pairs(compiled if phase is None else replace(compiled, phase=np.array(phase, float)))


def other_pollutant(measure, share):
    return replace(add_on(measure, 0.8, share), pollutants=(1,))


# ---------------------------------------------------------------- which pairs


def test_two_partial_measures_on_one_pollutant_meet():
    assert pairs(add_on(0, 0.8, HALF), add_on(1, 0.8, HALF)) == [(0, 1)]


def test_measures_on_different_pollutants_do_not():
    assert pairs(add_on(0, 0.8, HALF), other_pollutant(1, HALF)) == []


def test_a_change_of_the_activity_meets_every_pollutant():
    # The change of activity is calculated first and has the higher number: the pair is named in the order of the measures all the same.
    assert pairs(other_pollutant(0, HALF), activity_scale(1, 0.8, HALF)) == [(0, 1)]
    assert pairs(move(0, HALF), other_pollutant(1, HALF)) == [(0, 1)]


def test_what_covers_all_or_nothing_meets_nothing():
    assert pairs(add_on(0, 0.8, 1.0), add_on(1, 0.8, HALF)) == []
    assert pairs(add_on(0, 0.8, 0.0), add_on(1, 0.8, HALF)) == []


def test_what_counts_is_the_share_in_force_at_the_end():
    full, half = add_on(0, 0.8, 1.0), add_on(1, 0.8, HALF)
    assert pairs(full, half, phase=[[0.5], [1.0]]) == [(0, 1)]
    assert pairs(half, replace(half, measure=0), phase=[[0.0], [1.0]]) == []


def test_one_partly_covered_row_is_enough():
    both = (0, 1)
    assert pairs(add_on(0, 0.8, [[HALF], [1.0]], rows=both), add_on(1, 0.8, HALF, rows=both), rows=2) == [(0, 1)]


def test_a_seasonal_cut_meets_nothing():
    winter = Scale(0, 100, np.array([0]), np.asarray(HALF), ratio=np.asarray(0.7), pollutants=(0,), months=(1,))
    assert pairs(winter, add_on(1, 0.8, HALF)) == []


def test_a_declared_pair_is_left_out_and_the_others_come_in_order():
    measures = [add_on(m, 0.8, HALF) for m in range(10)]
    assert pairs(*measures[:3], overlaps=[({0, 2}, "independent")]) == [(0, 1), (1, 2)]
    assert pairs(*measures) == [(m, n) for m in range(10) for n in range(m + 1, 10)]


# ---------------------------------------------------------------- what they can make of the totals


def bounds(*operations, rows=(True,), **relations):
    base = plant(*[100] * len(rows))
    compiled = program(base, *operations, **relations)
    plan = kernel.run(base, compiled).emission
    return overlap_bounds(base, compiled, undeclared_pairs(compiled), np.array(rows), plan)[:, 0, 0].tolist()


def test_two_devices_apart_and_inside_one_another():
    # Apart all units have one: 20 t. Inside one another half have both: 50·0.04 + 50 = 52 t.
    assert bounds(add_on(0, 0.8, HALF), add_on(1, 0.8, HALF)) == pytest.approx([20, 52], rel=1e-12)


def test_the_bounds_hold_what_is_taken_when_it_lies_outside_both():
    # Each stops or doubles half of the units. End to end the first and the third meet, the second has the other half.
    def halves(*ratios):
        return [activity_scale(m, ratio, HALF) for m, ratio in enumerate(ratios)]

    # Inside one another 50·0 + 50 = 50 t; end to end 50·0·2 + 50·2 = 100 t; independent 100·0.5·1.5·1.5 = 112.5 t.
    assert bounds(*halves(0, 2, 2)) == pytest.approx([50, 112.5], rel=1e-12)
    # Inside one another 50 t; end to end 50·0·0 + 50·2 = 100 t; independent 100·0.5·1.5·0.5 = 37.5 t.
    assert bounds(*halves(0, 2, 0)) == pytest.approx([37.5, 100], rel=1e-12)


def test_only_the_official_rows_are_summed():
    both = (0, 1)
    devices = add_on(0, 0.8, HALF, rows=both), add_on(1, 0.8, HALF, rows=both)
    assert bounds(*devices, rows=(True, False)) == pytest.approx([20, 52], rel=1e-12)


def test_without_pairs_the_bounds_are_the_total():
    assert bounds(add_on(0, 0.8, HALF)) == pytest.approx([60, 60], rel=1e-12)


# ---------------------------------------------------------------- increases


def test_an_increase_is_more_than_a_gram_in_the_target_year():
    scenario = SimpleNamespace(allowed=lambda what: {"C"})
    bound = SimpleNamespace(names=("A", "B", "C"))
    inventory = SimpleNamespace(pollutants=("NOx",))
    # (measure, pollutant, year): in the last year A takes 1.1 g more than before, B 0.9 g, C, which may, a tonne; the year before B a tonne.
    reductions = np.array([[[0.0, -1.1e-6]], [[-1.0, -0.9e-6]], [[0.0, -1.0]]])
    found = rises(scenario, inventory, bound, reductions)
    assert [f.values for f in found] == [{"measure": "A", "pollutant": "NOx", "tonnes": "1.1e-06"}]
