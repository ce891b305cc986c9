"""Verdicts on an inventory of two farms and a soil, and indicators of a county's traffic, worked out by hand."""

import numpy as np
import pytest
from small import LABEL, inventory

from cases import activity_scale
from emisim.binding import BoundPlan
from emisim.crediting import Project
from emisim.indicator import Activities
from emisim.schedule import Schedule
from emisim.target import Target
from emisim.verdicts import Evidence, judge

YEARS = (2020, 2025)
LATE = Schedule.model_validate({"date": "2025-12-31"}).complete


def farms():
    """Large farm 100 t, small farm 50 t, soil 30 t outside the totals."""
    return inventory(
        {"source_id": "large-farm", "size": "large", "activity": 1, "factor": 100},
        {"source_id": "small-farm", "size": "small", "activity": 1, "factor": 50},
        {"source_id": "soil", "activity": 1, "factor": 30, "memo": "yes"},
        pollutants=("NH3",),
    )


def credit(tonnes, pollutant="NH3", counts=True):
    return Project("M", pollutant, counts, "end_of_pipe", 100.0, 100.0 - tonnes, tonnes if counts else 0.0, LATE)


def verdict(target, plan, projects=()):
    """``plan``: tonnes of each row in 2020 and 2025."""
    county = farms()
    words = {"pollutant": "NH3", "year": 2025, "title": LABEL, **target}
    emission = np.array(plan, float)[:, None, :]
    activities = Activities(county, BoundPlan((), (), (), (), (), {}), YEARS, emission[:, 0], emission[:, 0], np.zeros((0, 2)))
    evidence = Evidence(county, YEARS, county.emission(), emission, dict.fromkeys(YEARS, projects), activities)
    return judge({"T": Target.model_validate(words)}, evidence)[0]


NET = {"kind": "net", "baseline_year": 2020}
PLAN = ((100, 94), (50, 50), (30, 60))


def test_net_counts_the_official_rows_only():
    # 150 t → 144 t: −4 %, whatever the soil does.
    found = verdict({**NET, "reduction": "5 %"}, PLAN)
    assert (found.verdict, found.unit) == ("missed", "%")
    assert found.value == pytest.approx(4.0)
    assert found.required == pytest.approx(5.0)
    assert found.shortfall == pytest.approx(1.0)
    assert found.shortfall_t == pytest.approx(1.5)  # 5 % of 150 t is 7.5 t, 6 t are there


def test_a_subset_counts_its_own_rows_only():
    target = {"kind": "subset", "baseline_year": 2020, "reduction": "5 %", "applies_to": {"size": "large"}}
    found = verdict(target, PLAN)  # 100 t → 94 t
    assert found.verdict == "met"
    assert (found.value, found.shortfall, found.shortfall_t) == (pytest.approx(6.0), 0.0, 0.0)
    assert found.baseline_t == 100


def test_the_baseline_of_the_base_year_is_the_inventory():
    # A measure that is in force in 2020 already lowers the plan of 2020, but not what the target is measured against.
    found = verdict({**NET, "reduction": "5 %"}, ((80, 80), (50, 50), (30, 30)))
    assert found.baseline_t == 150
    assert found.value == pytest.approx(100 * 20 / 150)


def test_another_baseline_year_is_taken_from_the_plan():
    found = verdict({"kind": "net", "baseline_year": 2025, "reduction": "5 %"}, PLAN)
    assert found.baseline_t == 144
    assert found.value == pytest.approx(0.0)


@pytest.mark.parametrize(("comparison", "answer"), [(">=", "met"), (">", "missed")])
def test_exactly_as_written(comparison, answer):
    found = verdict({**NET, "reduction": "10 %", "comparison": comparison}, ((90, 85), (50, 50), (30, 30)))
    assert found.value == pytest.approx(10.0)
    assert found.verdict == answer


def test_a_mass_is_judged_in_tonnes():
    found = verdict({**NET, "reduction": "10 t/yr"}, PLAN)
    assert (found.unit, found.verdict) == ("t/yr", "missed")
    assert (found.value, found.shortfall, found.shortfall_t) == pytest.approx((6, 4, 4))


def test_credits_are_those_of_projects_that_count_less_the_offset():
    target = {"kind": "creditable", "reduction": "30 t/yr", "offset": "10 t/yr"}
    found = verdict(target, PLAN, (credit(37.5), credit(100, counts=False), credit(1000, "NOx")))
    assert found.value == pytest.approx(27.5)
    assert found.baseline_t is None
    assert (found.verdict, found.shortfall_t) == ("missed", pytest.approx(2.5))


@pytest.mark.parametrize(("reduction", "answer", "short"), [("18 %", "met", 0.0), ("20 %", "missed", 2.5)])
def test_credits_as_a_share_are_those_of_the_baseline(reduction, answer, short):
    # 37.5 t credited, 10 t of offset: 27.5 t of 150 t are 18.33 %; 20 % are 30 t. What the plan leaves in 2025 plays no part.
    target = {"kind": "creditable", "baseline_year": 2020, "reduction": reduction, "offset": "10 t/yr"}
    found = verdict(target, PLAN, (credit(37.5),))
    assert (found.unit, found.baseline_t, found.reduction_t) == ("%", 150, pytest.approx(27.5))
    assert found.value == pytest.approx(100 * 27.5 / 150, rel=1e-12)
    assert (found.verdict, found.shortfall_t) == (answer, pytest.approx(short))


@pytest.mark.parametrize("target", [{"kind": "creditable", "reduction": None}, {**NET, "reduction": None}])
def test_without_a_value_nothing_is_met(target):
    found = verdict(target, PLAN, (credit(1000),))
    assert (found.verdict, found.required, found.shortfall) == ("not assessable", None, None)


# ---------------------------------------------------------------- indicators

KINDS = (
    {"source_id": "road", "fuel": "diesel", "technology": "III", "unit": "vehicle km/yr"},
    {"source_id": "electric", "fuel": "electric", "technology": "VI", "unit": "vehicle km/yr"},
    {"source_id": "rail", "fuel": "none", "unit": "t km/yr"},
)
ROAD, ELECTRIC, RAIL = ({"source_id": row["source_id"]} for row in KINDS)
BOTH = {"source_id": ["road", "electric"]}


def indicator(formula, plan, required="50 %", reference=None, operations=(), values=None, phase=1.0, **target):
    """``plan``, ``reference``: activity of road, electric and rail in 2020 and 2025; one measure M, in force by ``phase``."""
    county = inventory(*KINDS)
    bound = BoundPlan(("M",), (), operations, (), (), values or {})
    arrays = np.array(plan if reference is None else reference, float), np.array(plan, float)
    activities = Activities(county, bound, YEARS, *arrays, np.array([[0.0, phase]]))
    words = {"kind": "indicator", "year": 2025, "title": LABEL, "required": required, "indicator": formula, **target}
    evidence = Evidence(county, YEARS, county.emission(), np.zeros((3, 1, 2)), {}, activities)
    return judge({"T": Target.model_validate(words)}, evidence)[0]


def test_a_share_of_the_year_with_the_plan():
    # 30 of 120 vehicle km are electric.
    found = indicator({"formula": "share", "of": ELECTRIC, "among": BOTH}, ((100, 90), (0, 30), (5, 5)))
    assert (found.value, found.unit, found.basis) == (pytest.approx(25.0), "%", "computed")
    assert (found.verdict, found.shortfall, found.shortfall_t) == ("missed", pytest.approx(25.0), None)


def test_a_share_with_a_load_adds_vehicles_to_tonnes():
    # 500 vehicle km of 18 t are 9000 t km, beside 9000 t km of rail.
    formula = {"formula": "share", "of": ROAD, "among": {"source_id": ["road", "rail"]}, "load": "18 t/vehicle"}
    assert indicator(formula, ((1000, 500), (0, 0), (2000, 9000))).value == pytest.approx(50.0, rel=1e-12)


@pytest.mark.parametrize(("required", "answer", "short"), [("-40 %", "met", 0.0), ("-45 %", "missed", 5.0)])
def test_a_share_against_an_earlier_year_is_a_change_in_points(required, answer, short):
    # 2020: 18000 of 20000 t km on the road, 90 %; 2025: 9000 of 18000, 50 %: 40 points less.
    formula = {"formula": "share", "of": ROAD, "among": {"source_id": ["road", "rail"]}, "load": "18 t/vehicle", "against": 2020}
    found = indicator(formula, ((1000, 500), (0, 0), (2000, 9000)), required, comparison="<=")
    assert (found.value, found.unit) == (pytest.approx(-40.0, rel=1e-12), "pp")
    assert (found.verdict, found.shortfall) == (answer, pytest.approx(short))


def test_a_share_of_nothing_is_no_share():
    found = indicator({"formula": "share", "of": ELECTRIC, "among": BOTH}, ((0, 0), (0, 0), (5, 5)))
    assert (found.value, found.verdict) == (None, "not assessable")


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ({}, 50.0),  # 300 of the 600 that there would be are left
        ({"base": "40 %"}, 70.0),  # 40 % had gone before: 1 − 0.6·0.5
        ({"among": BOTH}, 70.0),  # 300 of 1000 are left
        ({"among": BOTH, "base": {"value": "40 %", "low": "30 %", "high": "50 %", "grade": "E", "source": "judged"}}, 82.0),
    ],
)
def test_what_has_been_removed_is_counted_against_the_reference_of_the_year(more, value):
    found = indicator(
        {"formula": "removed", "of": ROAD, **more}, ((800, 300), (0, 0), (0, 0)), reference=((800, 600), (0, 400), (0, 0))
    )
    assert found.value == pytest.approx(value, rel=1e-12)


def test_what_a_measure_reaches_with_what_is_there():
    # 800 and 200 vehicle km; the measure covers half of the first, half of it in force; 100 are there: (100 + 200) / 1100.
    half = activity_scale(0, 1.0, np.array([[0.5]]))
    plan = ((800, 800), (200, 200), (100, 100))
    found = indicator({"formula": "reached", "of": BOTH, "by": "M", "there": RAIL}, plan, operations=(half,), phase=0.5)
    assert found.value == pytest.approx(100 * 300 / 1100, rel=1e-12)
    found = indicator({"formula": "reached", "of": BOTH, "by": "M"}, plan, operations=(half,), phase=0.5)
    assert found.value == pytest.approx(20.0, rel=1e-12)
    found = indicator({"formula": "reached", "of": BOTH, "by": "N"}, plan, operations=(half,))
    assert found.value == 0.0


def test_two_actions_on_a_row_reach_it_once():
    twice = activity_scale(0, 1.0, np.array([[0.5]])), activity_scale(0, 1.0, np.array([[0.75]]))
    found = indicator({"formula": "reached", "of": ROAD, "by": "M"}, ((8, 8), (2, 2), (1, 1)), operations=twice)
    assert found.value == pytest.approx(75.0, rel=1e-12)


PARAMETER = {"formula": "parameter", "measure": "M", "parameter": "used_after", "from": "used_before"}


def test_a_parameter_is_what_the_scenario_assumes():
    # 90 % → 95 %, half in force.
    numbers = {("M", "used_before"): 0.9, ("M", "used_after"): 0.95}
    found = indicator(PARAMETER, ((1, 1),) * 3, "92 %", values=numbers, phase=0.5)
    assert (found.value, found.basis, found.verdict) == (pytest.approx(92.5, rel=1e-12), "assumed", "met")
    without_start = {k: v for k, v in PARAMETER.items() if k != "from"}
    assert indicator(without_start, ((1, 1),) * 3, values=numbers, phase=0.5).value == pytest.approx(47.5, rel=1e-12)


def test_a_parameter_of_a_measure_that_does_not_run_is_no_value():
    found = indicator({**PARAMETER, "measure": "N"}, ((1, 1),) * 3)
    assert (found.value, found.verdict) == (None, "not assessable")


@pytest.mark.parametrize(
    ("value", "answer", "short"), [(None, "not assessable", None), ("75 batch/yr", "missed", 5.0), ("80 batch/yr", "met", 0.0)]
)
@pytest.mark.parametrize("kind", ["indicator", "concentration"])
def test_a_reported_figure_is_judged_only_once_it_is_reported(kind, value, answer, short):
    formula = {"formula": "reported", "value": value, "unit": "batch/yr"}
    found = indicator(formula, ((1, 1),) * 3, "80 batch/yr", kind=kind)
    assert (found.verdict, found.shortfall, found.unit, found.basis) == (answer, short, "batch/yr", "reported")


def test_an_indicator_without_a_required_value_is_not_assessable():
    found = indicator({"formula": "share", "of": ELECTRIC, "among": BOTH}, ((1, 1), (9, 9), (0, 0)), None)
    assert (found.value, found.verdict) == (pytest.approx(90.0), "not assessable")


@pytest.mark.parametrize(("comparison", "below", "edge", "above"), [
    (">=", "missed", "met", "met"), (">", "missed", "missed", "met"), ("<=", "met", "met", "missed"), ("<", "met", "missed", "missed"),
])  # fmt: skip
def test_comparisons_below_on_and_above_the_edge(comparison, below, edge, above):
    # 3 of 10, 30 %, is no round number of floats; a hair less or more is on the edge too, a thousandth is not.
    def answer(electric):
        formula = {"formula": "share", "of": ELECTRIC, "among": BOTH}
        return indicator(formula, ((0, 10 - electric), (0, electric), (0, 0)), "30 %", comparison=comparison).verdict

    assert [answer(x) for x in (2.99, 3, 3 - 1e-13, 3 + 1e-13, 3.01)] == [below, edge, edge, edge, above]
