"""The kernel's rules with numbers worked out by hand. One plant that emits 100 t a year unless said."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from cases import (
    activity_cap,
    activity_scale,
    add_on,
    addition,
    better_running,
    emission,
    factor_limit,
    move,
    plant,
    program,
    replacement,
)
from emisim import kernel
from emisim.operation import Combination, Scale, covered, numbers, rows_of
from emisim.program import Tangled, fed_by, matters

close = pytest.approx


# ---------------------------------------------------------------- devices


def test_efficiency_effectiveness_and_coverage_multiply():
    # 0.8 · 0.9 · 0.8 = 0.576
    assert emission(plant(100), add_on(0, 0.8, 0.8, 0.9)) == close(100 * (1 - 0.576), rel=1e-12)


def test_partial_replacement_is_a_mixture():
    # U = 100 / (1 − 0.6) = 250; half stays at 100, half falls to 250 · 0.2 = 50
    assert emission(plant(100, efficiency=0.6), replacement(0, 0.8, 0.5)) == close(75, rel=1e-12)


def test_full_replacement_starts_from_the_uncontrolled_emission():
    # U = 100 / (1 − 0.6 · 0.9) = 217.3913; a device of efficiency 0 shows it
    assert emission(plant(100, efficiency=0.6, effectiveness=0.9), replacement(0, 0.0)) == close(217.391304347826, rel=1e-12)
    # back-out: 217.3913 · (1 − 0.576) = 92.1739
    assert emission(plant(100, efficiency=0.54), replacement(0, 0.576)) == close(92.1739130434783, rel=1e-12)


def test_add_on_multiplies_whatever_stood_there():
    assert emission(plant(100, efficiency=0.6, effectiveness=0.9), add_on(0, 0.8, 0.8, 0.9)) == close(42.4, rel=1e-12)


@pytest.mark.parametrize(
    ("relation", "stage", "cut"),
    [("independent", -1, 64), ("disjoint", -1, 80), ("nested", -1, 48), ("nested", 0, 40)],
)
def test_overlap_of_two_half_covered_measures(relation, stage, cut):
    devices = [add_on(m, 0.8, 0.5, stage=stage) for m in (0, 1)]
    assert 100 - emission(plant(100), *devices, overlaps=[({0, 1}, relation)]) == close(cut, rel=1e-12)


def test_undeclared_overlap_is_independent():
    assert 100 - emission(plant(100), add_on(0, 0.8, 0.5), add_on(1, 0.8, 0.5)) == close(64, rel=1e-12)


@pytest.mark.parametrize(("second", "eta", "together"), [("SNCR", 0.3, 52), ("SCR", 0.8, 64)])
def test_tabulated_combination_beats_the_product(second, eta, together):
    table = [Combination(frozenset({"LNB", "SNCR"}), 0, 0.52), Combination(frozenset({"LNB", "SCR"}), 0, 0.64)]
    devices = add_on(0, 0.4, device="LNB", stage=0), add_on(1, eta, device=second, stage=1)
    assert 100 - emission(plant(100), *devices, combinations=table) == close(together, rel=1e-12)


def test_the_better_of_two_combinations_counts_whatever_their_names():
    table = [Combination(frozenset({"A", "LNB"}), 0, 0.2), Combination(frozenset({"LNB", "Z"}), 0, 0.64)]
    devices = add_on(0, 0.4, device="LNB", stage=0), add_on(1, 0.1, device="A", stage=1), add_on(2, 0.6, device="Z", stage=1)
    assert emission(plant(100), *devices, combinations=table) == close(36, rel=1e-12)


def test_an_existing_device_becomes_part_of_the_combination_at_its_stage():
    # U = 100 / 0.6; LNB again plus SNCR: 52 % of U, not 52 % on top of the old 40 %: 166.67 · 0.48 = 80
    table = [Combination(frozenset({"LNB", "SNCR"}), 0, 0.52)]
    devices = add_on(0, 0.4, device="LNB", stage=0), add_on(1, 0.3, device="SNCR", stage=1)
    assert emission(plant(100, efficiency=0.4, stage=0), *devices, combinations=table) == close(80, rel=1e-12)


def test_serial_stages_multiply_and_one_stage_takes_the_better():
    series = add_on(0, 0.5, stage=0), add_on(1, 0.4, stage=1)
    assert emission(plant(100), *series) == close(30, rel=1e-12)
    same = add_on(0, 0.5, stage=0), add_on(1, 0.4, stage=0)
    assert emission(plant(100), *same) == close(50, rel=1e-12)


def test_a_new_device_at_the_stage_of_the_existing_one_counts_only_if_better():
    assert emission(plant(100, efficiency=0.6, stage=0), add_on(0, 0.5, stage=0)) == close(100, rel=1e-12)
    assert emission(plant(100, efficiency=0.6, stage=0), add_on(0, 0.8, stage=0)) == close(50, rel=1e-12)  # 250 · 0.2
    assert emission(plant(100, efficiency=0.6, stage=0), add_on(0, 0.8, stage=1)) == close(20, rel=1e-12)


def test_a_worse_replacement_raises_the_emission():
    assert emission(plant(100, efficiency=0.8), replacement(0, 0.6)) == close(200, rel=1e-12)


# ---------------------------------------------------------------- rule effectiveness


def test_rule_effectiveness_is_counted_once_and_saturates():
    # U = 100 / (1 − 0.8·0.5) = 166.67; RE' = 0.5 + 0.48·(1 − 0.5²) = 0.86; E = U·(1 − 0.688) = 52
    twice = better_running(0, 0.5), better_running(1, 0.5)
    assert emission(plant(100, efficiency=0.8, effectiveness=0.5), *twice) == close(52, rel=1e-12)


def test_rule_effectiveness_reaches_new_devices_too():
    # RE of the new device 0.5 → 0.5 + 0.48·0.5 = 0.74: 100·(1 − 0.8·0.74)
    assert emission(plant(100), add_on(0, 0.8, effectiveness=0.5), better_running(1, 0.5)) == close(40.8, rel=1e-12)


def test_rule_effectiveness_changes_nothing_without_a_device():
    assert emission(plant(100), better_running(0, 1.0)) == 100


def test_an_effectiveness_above_the_ceiling_is_not_lowered():
    assert emission(plant(100, efficiency=0.6), better_running(0, 1.0, ceiling=0.9)) == close(100, rel=1e-12)


# ---------------------------------------------------------------- limits, additions, activity


@pytest.mark.parametrize(("limit", "left"), [(30, 30), (60, 50)])
def test_a_limit_acts_only_above_it_and_only_once(limit, left):
    assert emission(plant(50), factor_limit(0, limit)) == left
    assert emission(plant(50), factor_limit(0, limit), factor_limit(1, limit)) == left


def test_a_partial_limit_is_a_mixture():
    assert emission(plant(50), factor_limit(0, 30, 0.25)) == close(45, rel=1e-12)


@pytest.mark.parametrize(("cap", "left"), [(30, 30), (60, 50)])
def test_a_cap_holds_the_sum_of_activities(cap, left):
    base = plant(20, 30)
    state = kernel.run(base, program(base, activity_cap(0, cap / 25, rows=(0, 1))))
    assert state.activity.sum() == close(min(cap / 25, 2), rel=1e-12)
    assert emission(plant(50), activity_cap(0, cap / 50)) == close(left, rel=1e-12)


def test_of_two_caps_the_strictest_counts_also_for_what_moves_on():
    # activity 1 held at 0.8 and at 0.9: 0.8 remain, half of that moves
    base = plant(10, 1)
    held = activity_cap(0, 0.8), activity_cap(1, 0.9), move(2, 0.5, to=(1,))
    for overlaps in ([], [({0, 1, 2}, "nested")]):
        state = kernel.run(base, program(base, *held, overlaps=overlaps))
        assert state.activity[:, 0] == close([0.4, 1.4], rel=1e-12)


def test_slip_is_added_and_then_limited():
    assert emission(plant(5), addition(0, 3.0, 0.5)) == close(6.5, rel=1e-12)
    assert emission(plant(5), addition(0, 3.0), factor_limit(1, 6.0)) == close(6, rel=1e-12)


def test_activity_and_device_multiply():
    # activity −20 %, then a device of 50 %: 100 · 0.8 · 0.5
    assert emission(plant(100), activity_scale(0, 0.8), add_on(1, 0.5)) == close(40, rel=1e-12)


# ---------------------------------------------------------------- moves


def test_one_unit_has_one_fate():
    # closed 0.5; of the other half 0.5 switches: what is closed is not switched as well
    base = plant(100, 10)
    state = kernel.run(base, program(base, move(0, 0.5, order=20), move(1, 0.5, to=(1,))))
    assert state.activity[:, 0] == close([0.25, 1.25], rel=1e-12)


def test_two_switches_of_one_stage_share_the_units_both_claim():
    base = plant(100, 10, 20)
    state = kernel.run(base, program(base, move(0, 0.5, to=(1,)), move(1, 0.5, to=(2,))))
    # 0.25 only the first, 0.25 only the second, 0.25 both: half each
    assert state.activity[:, 0] == close([0.25, 1.375, 1.375], rel=1e-12)


def test_what_arrives_meets_the_later_measures_of_its_new_row_only():
    base = plant(100, 10)
    later = move(0, 0.5, to=(1,)), add_on(1, 0.5, rows=(1,)), activity_scale(2, 0.5, rows=(1,))
    # the activity change comes before the switch, so it does not reach what arrives; the device does
    assert kernel.run(base, program(base, *later)).emission[:, 0, 0] == close([50, 10 * (0.5 + 0.5) * 0.5], rel=1e-12)


def test_moves_pass_through_several_rows():
    base = plant(100, 10, 1)
    chain = move(0, 1.0, (0,), (1,), order=41), move(1, 0.5, (1,), (2,), order=41)
    assert kernel.run(base, program(base, *chain)).activity[:, 0] == close([0, 1, 2], rel=1e-12)


def test_moves_in_a_circle_are_refused():
    base = plant(100, 10)
    with pytest.raises(Tangled):
        program(base, move(0, 0.5, (0,), (1,)), move(1, 0.5, (1,), (0,)))


def test_signs_may_go_the_wrong_way():
    # producer gas → natural gas, equal energy, higher NOx factor
    base = plant(40, 60)
    assert kernel.run(base, program(base, move(0, 1.0, to=(1,)))).emission.sum() == close(120, rel=1e-12)


def test_an_action_without_effect_changes_nothing_beside_a_nested_measure():
    # the first measure moves 0.3 and fits a device of efficiency 0 on the rest; the moved units lie inside the second measure's
    base = plant(100, 10)
    first, second = move(0, 0.3, to=(1,)), move(1, 0.6, order=20)
    nested = {"overlaps": [({0, 1}, "nested")]}
    assert emission(base, first, second, **nested) == close(40, rel=1e-12)
    assert emission(base, first, add_on(0, 0.0, 0.5), second, **nested) == close(40, rel=1e-12)


# ---------------------------------------------------------------- livestock and seasons


def test_nitrogen_kept_in_housing_arrives_in_storage_and_balances():
    # 1 t N: housing emits 0.2, storage 0.25 of what arrives, spreading 0.5 of the rest; N content as the loss
    share = 0.822447
    base = plant(0.2 / share, 0.25 / share, 0.5 / share, upstream=[-1, 0, 1], passed=1.0, loss=share)
    for coverage in (0.0, 0.5, 1.0):
        state = kernel.run(base, program(base, add_on(0, 0.5, coverage)))
        lost = share * state.emission[:, 0, 0]
        housing = 0.2 * (1 - 0.5 * coverage)
        assert lost == close([housing, 0.25 * (1 - housing), 0.5 * 0.75 * (1 - housing)], rel=1e-12)
        left = state.activity[2, 0] - lost[2]
        assert lost.sum() + left == close(1.0, rel=1e-9)


def test_a_seasonal_cut_leaves_july_alone_and_months_sum_to_the_year():
    winter = Scale(0, 100, np.array([0]), np.asarray(0.8), ratio=np.asarray(0.7), pollutants=(0,), months=(11, 12, 1))
    one_month = [plant(100, months=np.eye(12)[k].tolist()) for k in range(12)]
    by_month = [emission(base, winter) for base in one_month]
    # 1 − 0.8 · 0.3 = 0.76 in the months named
    assert by_month == close([76] + [100] * 9 + [76] * 2, rel=1e-12)
    assert emission(plant(100), winter) == close(np.mean(by_month), rel=1e-12)


def test_in_the_same_hours_the_strongest_seasonal_cut_counts():
    def cut(measure, hours, ratio):
        return Scale(measure, 100, np.array([0]), np.asarray(hours), ratio=np.asarray(ratio), pollutants=(0,), months=(1,))

    # half the hours at 0.6, half at 0.8
    assert emission(plant(100, months=[1.0] + [0.0] * 11), cut(0, 0.5, 0.6), cut(1, 1.0, 0.8)) == close(70, rel=1e-12)


def test_two_replacements_of_one_device_do_not_act_in_series():
    # U = 100/(1 − 0.6) = 250 t; the better of two new devices leaves 250·(1 − 0.9) = 25 t.
    base = plant(100, efficiency=0.6)
    assert emission(base, replacement(0, 0.8), replacement(1, 0.9)) == pytest.approx(25, rel=1e-12)


def test_a_limit_acts_before_and_after_what_is_added():
    # 10 t, limit 5, −2 t beside it: min(10, 5) − 2 = 3; with +2 t: min(min(10, 5) + 2, 5) = 5.
    assert emission(plant(10), factor_limit(0, 5), addition(1, -2)) == pytest.approx(3, rel=1e-12)
    assert emission(plant(10), factor_limit(0, 5), addition(1, 2)) == pytest.approx(5, rel=1e-12)


@pytest.mark.parametrize(("between", "left"), [("spread", 20), ("independent", 36), ("nested", 52)])
def test_undeclared_overlap_has_bounds(between, left):
    # Two measures of 50 % coverage and 80 % efficiency: disjoint 20 t, independent 36 t, nested 52 t of 100 t are left.
    base = plant(100)
    compiled = replace(program(base, add_on(0, 0.8, 0.5), add_on(1, 0.8, 0.5)), loose=frozenset({0, 1}), between=between)
    assert kernel.run(base, compiled).emission.item() == pytest.approx(left, rel=1e-12)


def test_spread_coverages_meet_only_where_they_must():
    # 0.7 + 0.6 = 1.3: 30 % of the units have both, 70 % one: 0.3·0.04 + 0.7·0.2 = 0.152
    base = plant(100)
    compiled = replace(program(base, add_on(0, 0.8, 0.7), add_on(1, 0.8, 0.6)), loose=frozenset({0, 1}), between="spread")
    assert kernel.run(base, compiled).emission.item() == pytest.approx(15.2, rel=1e-12)


# ---------------------------------------------------------------- devices that meet


@pytest.mark.parametrize(
    ("stage", "existing", "left"),
    [(0, -1, 125), (0, 0, 125), (0, 1, 50), (-1, 1, 125), (-1, -1, 125)],
)
def test_a_replacement_takes_away_the_device_at_its_stage(stage, existing, left):
    # U = 100/(1 − 0.6) = 250; a new device of 50 % alone leaves 125, beside the old one at another stage 250·0.4·0.5 = 50.
    assert emission(plant(100, efficiency=0.6, stage=existing), replacement(0, 0.5, stage=stage)) == close(left, rel=1e-12)


def test_the_largest_combination_that_is_complete_comes_first():
    table = [Combination(frozenset("AB"), 0, 0.5), Combination(frozenset("ABC"), 0, 0.3)]
    devices = [add_on(m, 0.1, device=name, stage=m) for m, name in enumerate("ABC")]
    assert emission(plant(100), *devices, combinations=table) == close(70, rel=1e-12)
    assert emission(plant(100), *devices[:2], combinations=table) == close(50, rel=1e-12)


def test_two_combinations_and_a_device_beside_them_multiply():
    table = [Combination(frozenset("AB"), 0, 0.5), Combination(frozenset("CD"), 0, 0.6)]
    devices = [add_on(m, 0.1, device=name, stage=m) for m, name in enumerate("ABCDX")]
    assert emission(plant(100), *devices, combinations=table) == close(50 * 0.4 * 0.9, rel=1e-12)


def test_a_device_stands_in_one_combination_only():
    table = [Combination(frozenset("AB"), 0, 0.5), Combination(frozenset("BC"), 0, 0.4)]
    devices = [add_on(m, 0.1, device=name, stage=m) for m, name in enumerate("ABC")]
    assert emission(plant(100), *devices, combinations=table) == close(50 * 0.9, rel=1e-12)


def test_a_combination_for_another_pollutant_is_none():
    table = [Combination(frozenset("AB"), 1, 0.9)]
    devices = [add_on(m, 0.5, device=name, stage=m) for m, name in enumerate("AB")]
    assert emission(plant(100), *devices, combinations=table) == close(25, rel=1e-12)


def test_better_running_that_reaches_no_unit_lifts_no_ceiling():
    # RE' = 0.5 + (0.7 − 0.5)·0.5 = 0.6: U = 100/(1 − 0.4) and 1 − 0.8·0.6 of it
    running = better_running(0, 0.5, ceiling=0.7), better_running(1, 1.0, ceiling=0.98, coverage=0.0)
    assert emission(plant(100, efficiency=0.8, effectiveness=0.5), *running) == close(100 / 0.6 * 0.52, rel=1e-12)


def test_full_control_has_nothing_left_to_cut():
    with np.errstate(all="raise"):
        assert emission(plant(0, efficiency=1.0), add_on(0, 0.5)) == 0.0


# ---------------------------------------------------------------- order of activity and moves


def test_a_later_change_of_activity_does_not_reach_what_has_left():
    base = plant(100, 10)
    state = kernel.run(base, program(base, move(0, 0.5, to=(1,), order=20), activity_scale(1, 0.5)))
    assert state.activity[:, 0] == close([0.25, 1.5], rel=1e-12)


def test_a_change_of_activity_of_the_same_stage_does():
    base = plant(100, 10)
    state = kernel.run(base, program(base, move(0, 0.5, to=(1,), order=30), activity_scale(1, 0.5)))
    assert state.activity[:, 0] == close([0.25, 1.25], rel=1e-12)


def test_destinations_may_be_named_in_any_order():
    base = plant(100, 10, 20)
    state = kernel.run(base, program(base, move(0, 1.0, to=(2, 1), weight=(0.7, 0.3))))
    assert state.activity[:, 0] == close([0, 1.3, 1.7], rel=1e-12)


def test_a_conversion_belongs_to_the_row_that_is_left():
    base = plant(10, 20, 30)
    state = kernel.run(base, program(base, move(0, 1.0, rows=(0, 1), to=(2,), conversion=[[2.0], [5.0]])))
    assert state.activity[:, 0] == close([0, 0, 8], rel=1e-12)


# ---------------------------------------------------------------- fates as the plan decides them


def planned(base, operations, on, **relations):
    """Activity and emission of the first row where the fates are those of the whole plan."""
    compiled = program(base, *operations, **relations)
    state = kernel.run(base, compiled, np.array(on, float), np.ones(compiled.measures))
    return state.activity[0, 0], state.emission[0, 0, 0]


def test_units_that_the_plan_closes_wait_for_it():
    base, closure = plant(100), move(0, 0.5, order=20)
    assert planned(base, [closure], [0]) == close((1, 100), rel=1e-12)
    assert planned(base, [closure], [1]) == close((0.5, 50), rel=1e-12)
    assert planned(base, [closure, add_on(1, 0.5)], [0, 1]) == close((1, 75), rel=1e-12)  # the device on the half that stays


@pytest.mark.parametrize("relation", ["independent", "nested"])
@pytest.mark.parametrize(("order", "left"), [(40, 50), (30, 50), (20, 100)])
def test_on_units_that_wait_only_what_comes_before_their_fate_acts(relation, order, left):
    # Activity is halved at stage 30; the move takes all units at ``order`` but is not carried out.
    operations = activity_scale(0, 0.5), move(1, 1.0, order=order)
    found = planned(plant(100), operations, [1, 0], overlaps=[({0, 1}, relation)])
    assert found == close((left / 100, left), rel=1e-12)


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize("field", ["activity", "factor"])
def test_draws_of_either_figure_run_along_a_leading_axis(field):
    base = plant(100, 10)
    drawn = replace(base, **{field: getattr(base, field) * np.array([1.0, 2.0, 3.0])[:, None, None]})
    state = kernel.run(drawn, program(base, add_on(0, 0.5)))
    assert state.emission.shape == (3, 2, 1, 1)
    assert state.emission[:, 0, 0, 0] == close([50, 100, 150], rel=1e-12)


def test_packages_and_plans_run_along_a_leading_axis():
    base = plant(100)
    compiled = program(base, move(0, 0.5, order=20), add_on(1, 0.5))
    state = kernel.run(base, compiled, [[1, 0], [0, 1], [True, True]])
    assert state.emission[:, 0, 0, 0] == close([50, 50, 25], rel=1e-12)
    state = kernel.run(base, compiled, [0, 1], [[1, 1], [0, 1]])
    assert state.emission[:, 0, 0, 0] == close([75, 50], rel=1e-12)


@pytest.mark.parametrize("fields", [("activity",), ("factor",), ("activity", "factor")])
def test_numbers_of_another_kind_stay_of_that_kind(fields):
    """As those that remember how they came about: here fractions, of which 1/3 is no float."""
    base = plant(100, 10)
    exact = replace(base, **{field: np.array([[Fraction(1, 3)], [Fraction(2, 3)]]) for field in fields})
    state = kernel.run(exact, program(exact, activity_scale(0, 0.5), move(1, 0.25, to=(1,))))
    assert state.emission.dtype == state.activity.dtype == object
    floats = replace(base, **{field: getattr(exact, field).astype(float) for field in fields})
    same = kernel.run(floats, program(floats, activity_scale(0, 0.5), move(1, 0.25, to=(1,))))
    assert state.emission.astype(float).ravel() == close(same.emission.ravel(), rel=1e-12)
    assert state.activity.astype(float).ravel() == close(same.activity.ravel(), rel=1e-12)


def test_numbers_are_floats_unless_they_are_of_another_kind():
    assert numbers([1, 2]).dtype == float
    assert numbers(np.array([1.5], np.float32)).dtype == float
    assert numbers([Fraction(1, 3)]).dtype == object
    assert rows_of([0.1, 0.2], np.array([1])).tolist() == [[0.2]]
    assert rows_of(0.1, np.array([1])).tolist() == [[0.1]]


def test_what_an_operation_covers_in_the_last_period():
    def of(coverage):
        return covered(Scale(0, 30, np.array([4, 7]), np.asarray(coverage), ratio=np.asarray(0.5)))

    assert of(0.3).tolist() == [0.3, 0.3]
    assert of([[0.1, 0.2], [0.3, 0.4]]).tolist() == [0.2, 0.4]
    assert of([[[0.1], [0.2]], [[0.3], [0.4]], [[0.5], [0.6]]]).tolist() == [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]
    assert of([[[0.1]], [[0.3]]]).tolist() == [[0.1, 0.1], [0.3, 0.3]]


def test_what_feeds_a_row_is_found_through_moves_and_stages():
    base = plant(1, 1, 1, 1, upstream=[-1, 0, -1, -1], passed=1.0)
    compiled = program(base, move(0, 1.0, rows=(3,), to=(2,), order=20), move(1, 1.0, rows=(2,), to=(0,)))
    assert fed_by(base, compiled, [1]).tolist() == [True, True, True, True]
    assert fed_by(base, compiled, [2]).tolist() == [False, False, True, True]


def test_moves_in_a_circle_name_their_measures():
    base = plant(100, 10)
    with pytest.raises(Tangled, match=r"moves of the measures \[0, 1\] feed each other") as raised:
        program(base, move(0, 0.5, (0,), (1,)), move(1, 0.5, (1,), (0,)))
    assert raised.value.measures == (0, 1)


def test_what_can_change_a_pollutant():
    """The first stage hands its rest on to the second; of two pollutants only the first takes nitrogen along."""
    base = plant(1, 1, upstream=[-1, 0], passed=1.0)
    names = ("factor", "efficiency", "effectiveness", "stage")
    base = replace(base, loss=np.array([0.8, 0.0]), **{name: np.repeat(getattr(base, name), 2, axis=-1) for name in names})

    def answers(op):
        return [matters(base, op, p) for p in (0, 1)]

    assert answers(activity_scale(0, 0.5)) == answers(move(0, 0.5)) == [True, True]
    assert answers(add_on(0, 0.5, rows=(0,))) == [True, True]  # what the first stage keeps, the second has more of
    assert answers(add_on(0, 0.5, rows=(1,))) == [True, False]
    assert answers(replace(add_on(0, 0.5, rows=(0,)), pollutants=(1,))) == [False, True]


# ---------------------------------------------------------------- order and stages


def test_a_cap_on_nothing_changes_nothing():
    base = plant(100, 10)
    base = replace(base, activity=np.array([[0.0], [1.0]]))
    with np.errstate(all="raise"):
        compiled = program(base, activity_cap(0, 0.5), activity_cap(1, 0.5, rows=(1,)))
    assert [op.ratio.item() for op in compiled.operations] == [1.0, 0.5]


def test_a_cap_of_fractions_is_exact():
    base = plant(100, 10)
    base = replace(base, activity=np.array([[Fraction(1, 3)], [Fraction(2, 3)]]))
    cap = activity_cap(0, np.array([[Fraction(1, 7)]]), rows=(0, 1))
    assert program(base, cap).operations[0].ratio.item() == Fraction(1, 7)


def test_moves_of_different_stages_may_go_there_and_back():
    # Half of row 0 closes and goes to row 1; of the 1.5 there a third switches back.
    base = plant(100, 10)
    state = kernel.run(base, program(base, move(0, 0.5, (0,), (1,), order=20), move(1, 1 / 3, (1,), (0,), order=40)))
    assert state.activity[:, 0] == close([1.0, 1.0], rel=1e-12)


def test_stages_of_a_chain_may_stand_in_any_order_in_the_table():
    # 1 hands on to 0, 0 to 2; each emits 0.1 of what reaches it.
    base = plant(0.1, 0.1, 0.1, upstream=[1, -1, 0], passed=1.0, loss=1.0)
    assert kernel.run(base, program(base)).activity[:, 0] == close([0.9, 1.0, 0.81], rel=1e-12)
