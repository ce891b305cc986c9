"""What it would take: packages sought for the targets of a case, and checked by a run."""

import pytest
from small import LABEL, action, inventory, measure, plan, scenario

from emisim.case import prepare
from emisim.errors import BadInput
from emisim.questions.packages import survey
from emisim.questions.solving import all_packages, solve

# Three devices on one kiln of 100 t, in series: 0.6 · 0.7 · 0.8 = 33.6 t are left.
DEVICES = {"M1": "40 %", "M2": "30 %", "M3": "20 %"}
COSTS = {"M1": 9, "M2": 4, "M3": 2}


def target(reduction="40 %", **more):
    return {"kind": "net", "pollutant": "NOx", "year": 2025, "title": LABEL, "reduction": reduction, **more}


def device(efficiency, **more):
    return measure(action("end_of_pipe", "kiln", efficiency=efficiency, pollutant="NOx"), **more)


def yearly(amount):
    return {"yearly": f"{amount} yuan/yr", "currency": "CNY", "price_year": 2020}


def case(measures=None, targets=None, costs=COSTS, sources=({"source_id": "kiln"},), **more):
    if measures is None:
        measures = {m: device(e, **({"cost": yearly(costs[m])} if m in costs else {})) for m, e in DEVICES.items()}
    made = plan(measures, targets={"T": target()} if targets is None else targets)
    return prepare(scenario(**more), made, inventory(*sources))


def taken(answer):
    return [n for n, on in zip(answer.response.names, answer.solution.package, strict=True) if on]


def test_the_cheapest_package_counts_what_meets_on_a_row():
    """40 % are reached by M1 alone (9), by M2 and M3 together 44 % (6), though alone these bring 30 and 20 %."""
    answer = solve(case())
    assert answer.objective.by == "cost" and answer.objective.unit == "CNY(2020)/yr"
    assert taken(answer) == ["M2", "M3"] and answer.solution.objective == 6.0
    assert answer.solution.values == pytest.approx((44.0,)) and answer.binding == (0,)
    assert answer.most == pytest.approx((66.4,))


def test_without_costs_the_fewest_measures_are_sought():
    answer = solve(case(costs={}))
    assert answer.objective.by == "count" and taken(answer) == ["M1"]


def test_effort_is_the_scenarios_own():
    assert taken(solve(case(effort={"M1": 3.0}), minimise="effort")) == ["M2", "M3"]
    assert taken(solve(case(effort={"M1": 1.5}), minimise="effort")) == ["M1"]


def test_measures_without_a_cost_are_refused_left_out_or_taken():
    some = case(costs={"M1": 9, "M2": 4})
    with pytest.raises(BadInput, match="1 measure.s. that matter have no cost: M3"):
        solve(some, minimise="cost")
    assert taken(solve(some, minimise="cost", uncosted="leave_out")) == ["M1"]
    free = solve(some, minimise="cost", uncosted="take")
    assert taken(free) == ["M2", "M3"] and free.solution.objective == 4.0 and free.objective.taken == ("M3",)


def test_a_measure_that_reaches_no_target_needs_no_cost():
    measures = {
        "M1": device("50 %", cost=yearly(1)),
        "M2": measure(action("end_of_pipe", "oven", efficiency="50 %", pollutant="NOx")),
    }
    subset = target("20 %", kind="subset", applies_to={"source_id": "kiln"})
    made = case(measures, {"T": subset}, sources=({"source_id": "kiln"}, {"source_id": "oven"}))
    assert taken(solve(made)) == ["M1"]


def test_forced_and_forbidden_measures():
    assert taken(solve(case(), force=["M1"])) == ["M1"]
    assert taken(solve(case(), forbid=["M3"])) == ["M1"]
    assert taken(solve(case(), force=["M3"], forbid=["M2"])) == ["M1", "M3"]


def test_what_cannot_be_met_is_explained():
    answer = solve(case(targets={"T": target("70 %"), "U": target("10 %")}))
    assert answer.solution.status == "infeasible" and answer.solution.package is None
    assert answer.most == pytest.approx((66.4, 66.4))
    assert answer.eased.share == pytest.approx((70 - 66.4) / 70)
    assert [(g.id, required) for g, required, _ in answer.eased.goals] == [("T", 70.0)]
    assert answer.eased.package.all()


def test_the_cost_curve_rises_and_ends_at_the_most():
    curve = solve(case(), curve_of="T", steps=8).curve
    costs = [p.objective for p in curve]
    assert costs == sorted(costs) and costs[0] == 0 and costs[-1] == 15
    assert curve[-1].value == pytest.approx(66.4) and all(p.value >= p.required - 1e-9 for p in curve)


def test_targets_without_a_value_are_left_out_unless_they_are_asked_for():
    both = case(targets={"T": target(), "U": target(None)})
    answer = solve(both)
    assert [g.id for g in answer.response.goals] == ["T"] and [e.target for e in answer.response.excluded] == ["U"]
    with pytest.raises(BadInput, match="U has no value in the plan"):
        solve(both, targets=["U"])
    with pytest.raises(BadInput, match="no target of this scenario can be asked for"):
        solve(case(targets={"U": target(None)}))


def test_an_indicator_that_hangs_on_too_many_measures_is_refused():
    many = {f"M{k:02}": measure(action("source_removal", "kiln", removed="1 %")) for k in range(13)}
    share = {"formula": "removed", "of": {"source_id": "kiln"}}
    asked = {"T": {"kind": "indicator", "year": 2025, "title": LABEL, "required": "5 %", "indicator": share}}
    sources = [{"source_id": "kiln"}]
    some = dict(list(many.items())[:12])
    assert solve(case(some, asked, sources=sources), targets=["T"]).solution.package.sum() == 6
    with pytest.raises(BadInput) as bad:
        solve(case(many, asked, sources=sources), targets=["T"])
    assert bad.value.faults[0].key in ("question.too_many", "plan.too_many")


def test_all_packages_hold_the_one_that_is_sought():
    made = case()
    response, objective, found = all_packages(made, ["M1", "M2", "M3"])
    answer = solve(made)
    assert found.count == 8 and found.cheapest == (6.0, 0b110)
    assert found.package(found.cheapest[1], 3).tolist() == answer.solution.package.tolist()
    assert found.meeting == (5,)  # M1 alone or with any other, and M2 with M3
    assert [tuple(p) for p in zip(found.fronts[0].objective.tolist(), found.fronts[0].package.tolist(), strict=True)] == [
        (0.0, 0b000), (2.0, 0b100), (4.0, 0b010), (6.0, 0b110), (11.0, 0b101), (13.0, 0b011), (15.0, 0b111)
    ]  # fmt: skip
    assert survey(response, [0, 1, 2], objective.weight).cheapest == found.cheapest


def test_the_other_measures_are_in_all_packages_or_in_none():
    *_, with_others = all_packages(case(), ["M2"])
    *_, without = all_packages(case(), ["M2"], others=False)
    assert with_others.meeting_all == 2 and without.meeting_all == 0


def test_more_than_twenty_free_measures_are_refused():
    many = {f"M{k:02}": measure(action("source_removal", f"s{k}", removed="1 %")) for k in range(21)}
    sources = [{"source_id": f"s{k}"} for k in range(21)]
    with pytest.raises(BadInput, match="21 free measures"):
        all_packages(case(many, sources=sources), list(many))


def test_a_package_of_a_case_is_the_case_with_just_these_measures():
    only = case().only(["M2"], "mine")
    assert only.bound.names == ("M2",) and only.scenario.scenario == "mine" and only.scenario.title.zh == "mine"


def test_a_measure_named_by_the_user_is_not_said_to_be_left_out():
    some = case(costs={"M1": 9, "M2": 4})
    answer = solve(some, minimise="cost", uncosted="leave_out", force=["M3"])
    assert taken(answer) == ["M2", "M3"] and answer.objective.left_out == ()
    answer = solve(some, minimise="cost", uncosted="take", forbid=["M3"])
    assert taken(answer) == ["M1"] and answer.objective.taken == ()
