"""The ledger's numbers worked out by hand. One plant that emits 100 t a year unless said."""

from dataclasses import replace

import numpy as np
import pytest

from cases import activity_scale, add_on, better_running, emission, factor_limit, move, plant, program, replacement
from emisim import kernel
from emisim.drawn_ledger import reductions, shares
from emisim.ledger import TooManyInteracting, attribute, influences
from emisim.operation import Combination, Limit, Scale
from emisim.program import restrict

close = pytest.approx


def split(base, *operations, which="reduction", **relations):
    """Tonnes by measure, all rows together."""
    compiled = program(base, *operations, **relations)
    return attribute(base, compiled).by_measure(compiled.measures, which=which)[:, 0, 0]


SERIES = add_on(0, 0.4), add_on(1, 0.4), add_on(2, 0.5)


def test_series_of_three_is_split_without_an_order():
    # 100 · 0.6 · 0.6 · 0.5 = 18 t are left.
    # A 40 % measure: 40·(1/3 + (0.6 + 0.5)/6 + 0.6·0.5/3) = 24.6667; the 50 % one: 32.6667
    found = split(plant(100), *SERIES)
    assert found == close([74 / 3, 74 / 3, 98 / 3], rel=1e-12)
    assert found.sum() == close(82, rel=1e-12)


def test_naive_sum_overlap_and_range_over_orders():
    first, last = (split(plant(100), *SERIES, which=which) for which in ("first_in", "last_in"))
    assert first.sum() == close(130, rel=1e-12)
    assert first.sum() - 82 == close(48, rel=1e-12)
    assert (last[0], first[0]) == close((12, 40), rel=1e-12)  # 100·0.6·0.5·0.4 and 100·0.4


def test_growth_replacement_and_two_cuts():
    # 125 t after growth; ratio of the replacement 0.5 + 0.5·2.5·0.2 = 0.75; left 125·0.75·0.7·0.8 = 52.5, cuts 72.5
    base = plant(125, efficiency=0.6)
    found = split(base, replacement(0, 0.8, 0.5), add_on(1, 0.3), activity_scale(2, 0.8))
    # the replacement, for one: 125·0.25·(1/3 + (0.7 + 0.8)/6 + 0.56/3) = 24.0625
    assert found == close([24.0625, 29.6875, 18.75], rel=1e-12)
    assert found.sum() == close(72.5, rel=1e-12)


def test_a_factor_of_zero_and_one_above_one_are_exact():
    base = plant(100)
    # ratios 0 and 1.25: first order 100 and 0, second order −25 and 125
    assert split(base, activity_scale(0, 0.0), activity_scale(1, 1.25)) == close([112.5, -12.5], rel=1e-12)


def test_two_equal_limits_share_what_one_of_them_brings():
    base = plant(50)
    limits = factor_limit(0, 30), factor_limit(1, 30)
    assert split(base, *limits) == close([10, 10], rel=1e-12)
    assert split(base, *limits, which="first_in") == close([20, 20], rel=1e-12)
    assert split(base, *limits, which="last_in") == close([0, 0], abs=1e-12)


def test_the_worse_device_at_a_stage_brings_something_only_when_first():
    # 80 % and 40 % at one stage: orders give (80, 0) and (40, 40)
    devices = add_on(0, 0.8, stage=0), add_on(1, 0.4, stage=0)
    assert split(plant(100), *devices) == close([60, 20], rel=1e-12)


def test_a_move_is_credited_at_both_ends():
    base = plant(40, 60)
    ledger = attribute(base, program(base, move(0, 1.0, to=(1,))))
    assert ledger.by_row(2)[:, 0, 0] == close([40, -60], rel=1e-12)


def test_a_device_on_the_new_row_shares_in_what_arrives():
    # alone the move brings 40 − 60 = −20, with the device 40 − 30 = 10; the device alone 30, after the move 60
    base = plant(40, 60)
    assert split(base, move(0, 1.0, to=(1,)), add_on(1, 0.5, rows=(1,))) == close([-5, 45], rel=1e-12)


def test_a_cut_in_housing_is_paid_back_in_storage():
    # 1 t of activity, half of what is kept in housing is lost in storage: 0.2 → 0.1 saves 0.1 and costs 0.05
    base = plant(0.2, 0.5, upstream=[-1, 0], passed=1.0, loss=1.0)
    assert split(base, add_on(0, 0.5)) == close([0.05], rel=1e-12)


def test_a_measure_without_effect_is_not_in_the_ledger():
    base = plant(100)
    assert attribute(base, program(base, add_on(0, 0.0), add_on(1, 0.5))).measure.tolist() == [1]
    assert attribute(base, program(base)).row.size == 0


def test_sixty_measures_in_series_close():
    base = plant(100)
    many = [add_on(m, 0.01 + m / 100) for m in range(60)]
    assert split(base, *many).sum() == close(100 - emission(base, *many), rel=1e-12)


def test_too_many_interacting_measures_are_named():
    base = plant(100)
    with pytest.raises(TooManyInteracting) as raised:
        attribute(base, program(base, *(factor_limit(m, 90 - m) for m in range(21))))
    assert (raised.value.row, raised.value.measures) == (0, list(range(21)))


def test_two_rows_are_summed_by_a_mask():
    base = plant(100, 50)
    compiled = program(base, add_on(0, [[0.5], [0.4]], rows=(0, 1)))
    ledger = attribute(base, compiled)
    assert ledger.by_measure(1, np.array([False, True]))[0, 0, 0] == close(20, rel=1e-12)
    assert ledger.by_row(2)[:, 0, 0] == close(kernel.run(base, compiled, np.zeros(1)).emission[:, 0, 0] * [0.5, 0.4], rel=1e-12)


# ---------------------------------------------------------------- one unit, one fate


def test_what_is_closed_earns_later_measures_nothing():
    closure, device = move(0, 1.0, order=20), add_on(1, 0.5)
    assert split(plant(100), closure, device) == close([100, 0], abs=1e-12)
    assert split(plant(100), closure, device, which="first_in") == close([100, 50], rel=1e-12)  # what each would bring alone
    assert split(plant(100), closure, device, which="last_in") == close([50, 0], abs=1e-12)  # what is lost if it is dropped


def test_a_later_measure_is_credited_on_the_units_that_are_left():
    # 30 of 100 units close; the device stands on half of the other 70: 70 · 0.5 · 0.8 = 28
    assert split(plant(100), move(0, 0.3, order=20), add_on(1, 0.8, 0.5)) == close([30, 28], rel=1e-12)


def test_closure_comes_before_a_switch_and_closures_share_alike():
    # Both closures claim 0.4·0.5 = 20 units and share them: 40 − 10, 50 − 10. The switch takes half of the 30 that are left, for a fuel of factor 20: 15·80.
    closures = move(0, 0.4, order=20), move(1, 0.5, order=20)
    found = split(plant(100, 20), *closures, move(2, 0.5, to=[1], order=40))
    # Row 1 starts with activity 1 and factor 20 beside row 0's; only changes are attributed.
    assert found == close([30, 40, 15 * 0.8], rel=1e-12)


# ---------------------------------------------------------------- what is split by itself, and what together


def test_devices_of_a_combination_share_it():
    # Alone 40 % and 30 %, together 52 %: 40 and 12, or 30 and 22.
    table = [Combination(frozenset({"LNB", "SNCR"}), 0, 0.52)]
    devices = add_on(0, 0.4, device="LNB", stage=0), add_on(1, 0.3, device="SNCR", stage=1)
    assert split(plant(100), *devices, combinations=table) == close([31, 21], rel=1e-12)


def test_a_pollutant_that_nothing_acts_on_stands_beside_one():
    base = plant(100)
    both = two_pollutants(base)
    second = replace(add_on(0, 0.5), pollutants=(1,))
    assert attribute(both, program(both, second)).reduction[0, :, 0].tolist() == [0, 50]


def test_twelve_that_interact_are_split():
    base = plant(100)
    found = split(base, *(factor_limit(m, 90 - m) for m in range(12)))
    assert found.sum() == close(21, rel=1e-12)
    assert (np.diff(found) > 0).all()  # the stricter the limit, the more


def test_the_row_where_most_interact_is_named_and_how_many():
    def limit(measure, row):
        return Limit(measure, 70, np.array([row]), np.asarray(1.0), value=np.asarray(90.0 - measure), pollutants=(0,))

    base = plant(100, 100)
    with pytest.raises(TooManyInteracting, match="13 measures interact on row 0") as raised:
        attribute(base, program(base, *(limit(m, 0) for m in range(13)), limit(20, 1), limit(21, 1)))
    assert (raised.value.row, raised.value.measures) == (0, list(range(13)))


def test_without_measures_the_ledger_is_empty_also_along_a_chain():
    base = plant(1, 1, upstream=[-1, 0], passed=1.0)
    found = attribute(base, program(base))
    assert (found.row.size, found.measure.size) == (0, 0)
    assert found.reduction.shape == found.first_in.shape == found.last_in.shape == (0, 1, 1)


@pytest.mark.parametrize("name", ["ledger.CHUNK_FLOATS", "drawn_ledger.CACHED_FLOATS"])
@pytest.mark.parametrize("at_once", [1, 3])
def test_packages_are_summed_however_many_run_at_once(name, at_once, monkeypatch):
    monkeypatch.setattr(f"emisim.{name}", at_once)
    limits = factor_limit(0, 30), factor_limit(1, 30), add_on(2, 0.5)
    base = plant(50)
    whole = split(base, *limits)
    assert whole.sum() == close(50 - emission(base, *limits), rel=1e-12)
    compiled = program(base, *limits)
    assert reductions(base, compiled, shares(base, compiled, np.array([True])))[:, 0, 0] == close(whole, rel=1e-12)


def test_devices_on_a_row_fed_by_a_move_are_cut_out_with_their_rows():
    # Row 2 gets half of row 0; its own device of 60 % at stage 0 is replaced by one of 80 %: U = 250, 50 left.
    column = np.array([[0.0], [0.2], [0.6]])
    base = plant(100, 100, 100, efficiency=column, effectiveness=np.array([[1.0], [0.5], [1.0]]))
    base = replace(base, stage=np.array([[-1], [1], [0]]))
    better = add_on(1, [[0.5], [0.8]], rows=(1, 2), stage=0, effectiveness=[[1.0], [1.0]], coverage=[[0.5], [1.0]])
    operations = move(0, 0.5, to=(2,)), better
    compiled = program(base, *operations)
    found = attribute(base, compiled)
    whole = kernel.run(base, compiled, np.zeros(2)).emission - kernel.run(base, compiled).emission
    assert found.by_row(3)[:, 0, 0] == close(whole[:, 0, 0], rel=1e-12)
    assert found.by_row(3)[2, 0, 0] == close(100 - 1.5 * 50, rel=1e-12)


def test_every_array_of_an_operation_is_cut_to_its_rows():
    base = plant(10, 20, 30, 40, 50, efficiency=0.5)
    ratios = Scale(3, 50, np.array([1, 3]), np.array([[0.5], [1.0]]), ratio=np.array([[0.9], [0.2]]), pollutants=(0,))
    running = replace(
        add_on(2, 0.0), rows=np.array([1, 3]),
        control=replace(add_on(2, 0.0).control, efficiency=None, effectiveness=1.0, gap_closed=np.array([[0.1], [0.6]]), ceiling=np.array([[0.6], [0.9]])),
    )  # fmt: skip
    base = replace(base, effectiveness=np.full((5, 1), 0.5))
    device = add_on(1, [[0.3], [0.7]], rows=(1, 3), effectiveness=[[0.5], [0.9]], coverage=[[0.2], [0.6]])
    leaving = move(0, [[0.5], [0.25]], rows=(1, 3), to=(4,), conversion=[[2.0], [4.0]])
    compiled = program(base, leaving, device, running, ratios)
    whole = kernel.run(base, compiled)
    for rows in ([1, 3, 4], [1], [3]):
        cut = kernel.run(*restrict(base, compiled, np.array(rows)))
        assert cut.emission[:, 0, 0].tolist() == whole.emission[rows, 0, 0].tolist()
        assert cut.activity[:, 0].tolist() == whole.activity[rows, 0].tolist()


@pytest.mark.parametrize("turned", [False, True])
def test_what_can_change_a_row_comes_along_all_the_way(turned):
    """A device and a change of activity at the first of four stages, which lie in the table in either order; two moves into the chain."""
    order = [3, 2, 1, 0] if turned else [0, 1, 2, 3]  # place of each stage
    upstream = np.full(6, -1)
    for before, after in zip(order[:-1], order[1:], strict=True):
        upstream[after] = before
    base = plant(*[1] * 6, upstream=upstream, passed=1.0, loss=0.1)
    first, second, third, last = order
    compiled = program(
        base, add_on(0, 0.5, rows=(first,)), activity_scale(1, 0.5, rows=(first,)), move(2, 0.5, (4,), (second,)),
        add_on(3, 0.5, rows=(last,)), move(4, 0.5, (5,), (third,)), add_on(5, 0.5, rows=(4,)),
    )  # fmt: skip
    on_activity, on_factor, feeders = influences(base, compiled, [last])
    assert on_activity == {first: {1}, second: {0, 1, 2}, third: {0, 1, 2, 4}, last: {0, 1, 2, 4}, 4: {2}, 5: {4}}
    assert on_factor == {first: {0}, second: set(), third: set(), last: {3}, 4: {5}, 5: set()}
    whole = {first, second, third, 4, 5}
    assert feeders == {first: {first}, second: {first, second, 4}, third: whole, last: whole | {last}, 4: {4}, 5: {5}}
    some = influences(base, compiled, [second])
    assert [set(found) for found in some] == [{first, second, 4}] * 3


def two_pollutants(base):
    """The same rows with a second pollutant that is emitted alike."""
    names = ("factor", "efficiency", "effectiveness", "stage", "loss")
    return replace(base, **{name: np.repeat(getattr(base, name), 2, axis=-1) for name in names})


def summed(base, *operations, counted, **relations):
    """What each measure brings of each pollutant, on the rows that count; checked against the ledger of every row."""
    compiled, counted = program(base, *operations, **relations), np.array(counted)
    found = reductions(base, compiled, shares(base, compiled, counted))
    assert found == close(attribute(base, compiled).by_measure(compiled.measures, counted), rel=1e-12, abs=1e-12)
    return found[..., 0].tolist()


def test_only_rows_that_count_are_summed():
    device = add_on(0, [[0.5], [0.5], [0.5]], rows=(0, 1, 2))
    assert summed(plant(100, 10, 1), device, counted=[True, False, False]) == [[50]]
    # Row 1 is fed by a move, so that its packages are run; rows 0 and 2 are plain.
    base = plant(100, 10, 1, 8)
    device = add_on(0, [[0.5], [0.5], [0.5]], rows=(0, 1, 2))
    assert summed(base, device, move(1, 1.0, rows=(3,), to=(1,)), counted=[False, True, True, False])[0] == close(
        [5.5 + 2.5], rel=1e-12
    )


@pytest.mark.parametrize("limited", [0, 1])
def test_a_pollutant_that_is_no_product_is_split_beside_one_that_is(limited):
    base = two_pollutants(plant(100, 50))
    both = replace(add_on(0, [[0.5], [0.5]], rows=(0, 1)), pollutants=(0, 1))
    limit = replace(factor_limit(1, 30), pollutants=(limited,))
    # The device alone 50, after the limit 0; the limit alone 70, after the device 20.
    found = summed(base, both, limit, counted=[True, False])
    assert found[1][1 - limited] == 0
    assert (found[0][1 - limited], found[0][limited], found[1][limited]) == close((50, 25, 45), rel=1e-12)


@pytest.mark.parametrize("observed", [0, 1])
def test_a_combination_of_either_pollutant_is_shared(observed):
    devices = [replace(add_on(m, 0.5, device=name, stage=m), pollutants=(0, 1)) for m, name in enumerate("AB")]
    table = [Combination(frozenset("AB"), observed, 0.6)]
    found = summed(two_pollutants(plant(100)), *devices, counted=[True], combinations=table)
    assert (found[0][observed], found[0][1 - observed]) == close((30, 37.5), rel=1e-12)


def test_every_period_is_split_by_itself():
    base = plant(100, 50)
    twice = replace(base, activity=np.array([[1.0, 0.5], [1.0, 2.0]]), months=np.repeat(base.months, 2, axis=0))
    compiled = program(twice, factor_limit(0, 30), factor_limit(1, 30))
    found = reductions(twice, compiled, shares(twice, compiled, np.array([True, True])))
    np.testing.assert_allclose(found[:, 0], [[35, 17.5], [35, 17.5]], rtol=1e-12)


def test_nitrogen_that_is_kept_for_the_next_stage_brings_its_other_pollutant_too():
    """The device keeps nitrogen in housing, so that more of it reaches storage, where a second pollutant is limited."""
    base = two_pollutants(plant(0.2, 0.5, upstream=[-1, 0], passed=1.0))
    base = replace(base, loss=np.array([1.0, 0.0]))
    limit = Limit(1, 70, np.array([1]), np.asarray(1.0), value=np.asarray(0.4), pollutants=(1,))
    # 1 t: housing emits 0.2, with the device 0.1; of the second pollutant storage emits half of what arrives, 0.4 of it under the limit.
    found = summed(base, add_on(0, 0.5), limit, counted=[False, True])
    alone, both = 0.5 * (0.8 - 0.9), 0.4 * (0.8 - 0.9)
    assert found[0][1] == close((alone + both) / 2, rel=1e-12)
    assert found[1][1] == close((0.1 * 0.8 + 0.1 * 0.9) / 2, rel=1e-12)


OLD = {"efficiency": 0.8, "effectiveness": 0.6, "stage": 3}
BETTER = better_running(0, 0.5), better_running(1, 0.3, coverage=0.9), better_running(2, 1.0, coverage=0.2)


@pytest.mark.parametrize(
    ("others", "degree"),
    [
        ((), 1),
        ((activity_scale(3, 0.7), move(4, 0.2)), 1),
        ((move(3, 0.4, to=(1,)), add_on(4, 0.5, rows=(1,))), 1),
        ((replacement(3, 0.9, 0.5, effectiveness=0.5), activity_scale(4, 1.2)), 2),
        ((add_on(3, 0.5, 0.5, effectiveness=0.5, stage=4),), 2),
        ((add_on(3, 0.9, 0.5, effectiveness=0.5, stage=3),), 0),  # the better of two devices: no polynomial
        ((add_on(3, 0.5, stage=4), add_on(4, 0.5, stage=4)), 0),
        ((factor_limit(3, 60),), 0),
        ((better_running(3, 0.2, ceiling=0.8),), 1),  # another ceiling: told when it is computed, for ceilings are drawn
    ],
)
def test_measures_at_running_are_one_gap(others, degree):
    base, counted = plant(100, 20, **OLD), [True, False]
    how = shares(base, program(base, *BETTER, *others), np.array(counted))
    assert {(group.degree, bool(group.improving)) for group in how.groups} == {(degree, degree > 0)}
    summed(base, *BETTER, *others, counted=counted)


def test_measures_at_running_that_do_more_are_no_gap():
    base = plant(100, 20, **OLD)
    found = shares(base, program(base, *BETTER, activity_scale(1, 0.5)), np.array([True, True]))
    assert not any(group.improving for group in found.groups)
    summed(base, *BETTER, activity_scale(1, 0.5), counted=[True, True])
