"""Adoption that just meets a target, where it has a closed form: kiln and oven of 100 t each."""

import pytest
from small import LABEL, action, inventory, measure, plan, run

TARGET = {
    "kind": "subset",
    "pollutant": "NOx",
    "title": LABEL,
    "year": 2025,
    "baseline_year": 2020,
    "applies_to": {"sector": "process"},
}


def removal(row, removed, **more):
    return measure(action("source_removal", row, removed=removed), **more)


def solved(reduction, levers=("K", "O"), measures=None, **target):
    """measures, or combinations of them → (planned, needed, factor)."""
    own = {"K": removal("kiln", "20 %"), "O": removal("oven", "10 %"), **(measures or {})}
    asked = {"T": {**TARGET, "reduction": reduction, "levers": list(levers), **target}}
    found = run(plan(own, targets=asked), inventory({"source_id": "kiln"}, {"source_id": "oven"}))
    return {r.measures: (r.planned, r.needed, r.factor) for r in found.adoption}


def near(*numbers):
    return pytest.approx(numbers, rel=1e-8)


def test_one_lever():
    # 40 % of 200 t are 80 t; the oven brings 10 t as planned, so 70 % of the kiln must go.
    assert solved("40 %", ["K"]) == {("K",): (near(0.2), near(0.7), pytest.approx(3.5, rel=1e-8))}


def test_several_levers_together_and_each_alone():
    # 60 t: together at twice the plan, 40 and 20 t. Alone the kiln brings 50 t beside the oven's 10 t; the oven 40 t beside 20 t.
    found = solved("30 %")
    assert found["K", "O"] == (near(0.2, 0.1), near(0.4, 0.2), pytest.approx(2, rel=1e-8))
    assert found["K",] == (near(0.2), near(0.5), pytest.approx(2.5, rel=1e-8))
    assert found["O",] == (near(0.1), near(0.4), pytest.approx(4, rel=1e-8))


def test_less_than_planned_may_be_enough():
    # 15 t are half of 30 t.
    assert solved("15 t/yr")["K", "O"] == (near(0.2, 0.1), near(0.1, 0.05), pytest.approx(0.5, rel=1e-8))


def test_up_to_all_units_and_no_further():
    # Together the kiln is full at five times the plan: 100 + 50 = 150 t. Alone it brings 110 t with the oven, the oven 120 t.
    assert solved("149.99 t/yr")["K", "O"][1] == pytest.approx((1, 0.5), rel=1e-4)
    beyond = solved("151 t/yr")
    assert beyond == {("K", "O"): (near(0.2, 0.1), (), None), ("K",): (near(0.2), (), None), ("O",): (near(0.1), (), None)}
    assert solved("115 t/yr")["K",][2] is None
    assert solved("115 t/yr")["O",][1] == near(0.95)


def test_exactly_all_units_are_still_possible():
    assert solved("150 t/yr")["K", "O"][1] == near(1, 0.5)


def test_what_the_rest_of_the_plan_meets_needs_no_adoption():
    found = solved("5 t/yr", ["K"])
    assert found == {("K",): (near(0.2), (0.0,), 0.0)}


def test_a_lever_that_is_half_in_force_reaches_half():
    # 50 % in force: 10 t of the planned 20; the oven's 10 t: 20 of the 40 t asked for. Three times the plan is 30 % of the kiln.
    half = {"K": removal("kiln", "20 %", schedule={"curve": {"2025-06-30": "50 %"}})}
    assert solved("40 t/yr", ["K"], half) == {("K",): (near(0.1), near(0.3), pytest.approx(3, rel=1e-8))}


def test_devices_that_meet_on_a_row():
    # 80 t left of the kiln by the removal; a device of 50 % on c of them takes 40·c t; 10 t of the oven: 20 + 10 + 40·c = 50, c = 50 %.
    device = {"D": measure(action("end_of_pipe", "kiln", efficiency="50 %", coverage="25 %", pollutant="NOx"))}
    assert solved("50 t/yr", ["D"], device) == {("D",): (near(0.25), near(0.5), pytest.approx(2, rel=1e-8))}


def test_without_a_value_or_a_share_of_units_nothing_is_solved():
    assert solved(None) == {}
    winter = {"K": measure(action("seasonal_control", "kiln", months=[1, 12], cut="50 %"))}
    assert solved("30 %", ["K"], winter) == {}
    assert solved("30 %", []) == {}


def test_a_lever_that_does_not_run_is_left_out():
    own = {"K": removal("kiln", "20 %"), "O": removal("oven", "10 %")}
    asked = {"T": {**TARGET, "reduction": "30 t/yr", "levers": ["K", "O"]}}
    county = inventory({"source_id": "kiln"}, {"source_id": "oven"})
    found = run(plan(own, targets=asked), county, measures={"without": ["O"]})
    assert [(r.measures, r.needed) for r in found.adoption] == [(("K",), near(0.3))]


def test_disjoint_levers_cannot_cover_more_than_all():
    # 40 % and 20 % of the kiln, other units each: 90 t at one and a half times the plan; 120 t are more than the kiln has.
    both = {"K": removal("kiln", "40 %"), "L": removal("kiln", "20 %")}
    apart = [{"measures": ["K", "L"], "relation": "disjoint", "reason": "other units"}]

    def answer(reduction):
        asked = {"T": {**TARGET, "reduction": reduction, "levers": ["K", "L"]}}
        county = inventory({"source_id": "kiln"}, {"source_id": "oven"})
        return {r.measures: r.needed for r in run(plan(both, targets=asked, overlaps=apart), county).adoption}

    assert answer("90 t/yr") == {("K", "L"): near(0.6, 0.3), ("K",): near(0.7), ("L",): near(0.5)}
    assert answer("120 t/yr") == {("K", "L"): (), ("K",): (), ("L",): ()}


def test_a_lever_that_acts_on_nothing_solves_nothing():
    nothing = {"K": measure(action("indicator_only"))}
    assert all(factor is None for _, _, factor in solved("30 %", ["K"], nothing).values())


def test_a_target_on_rows_without_emission_is_not_solved():
    county = inventory({"source_id": "kiln"}, {"source_id": "empty", "activity": 0})
    asked = {"T": {**TARGET, "applies_to": {"source_id": "empty"}, "reduction": "5 %", "levers": ["K"]}}
    found = run(plan({"K": removal("kiln", "20 %")}, targets=asked), county)
    assert found.verdicts[0].verdict == "not assessable"
    assert all(r.factor is None for r in found.adoption)
