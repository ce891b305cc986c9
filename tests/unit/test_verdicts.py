"""Verdicts on an inventory of two farms and a soil, and indicators of a county's traffic, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from small import LABEL, inventory, plan, scenario

from cases import activity_scale
from emisim.binding import BoundPlan
from emisim.crediting import Project
from emisim.errors import Place, Reporter
from emisim.indicator import Activities
from emisim.schedule import Schedule
from emisim.target import Target
from emisim.verdicts import Evidence, Reached, check_targets, holds, judge, reached

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


# ---------------------------------------------------------------- on the edge


@pytest.mark.parametrize(
    ("comparison", "edge", "inside"), [(">", 1.5, 1.75), (">=", 0.5, 0.25), ("<", 0.5, 0.25), ("<=", 1.5, 1.75)]
)
def test_the_edge_is_the_required_value_and_its_slack(comparison, edge, inside):
    """With a slack of 0.5 around 1, in numbers that a float holds exactly; ``inside`` is a quarter beyond the edge."""

    def answer(value):
        return holds(Reached(value, 1.0, "%", 0.5), comparison)

    strict = comparison in (">", "<")
    assert answer(edge) is not strict
    assert answer(inside) is strict
    assert not holds(Reached(np.nan, 1.0, "%", 0.5), comparison)


def test_what_is_met_by_a_hair_has_no_shortfall():
    found = verdict({**NET, "reduction": "10 %", "tolerance": "1 %"}, ((90, 86), (50, 50), (30, 30)))  # 14 of 150 t, 9.33 %
    assert (found.verdict, found.shortfall, found.shortfall_t) == ("met", 0.0, 0.0)
    found = verdict({**NET, "reduction": "10 %"}, ((90, 86), (50, 50), (30, 30)))
    assert (found.shortfall, found.shortfall_t) == (pytest.approx(10 - 100 * 14 / 150), pytest.approx(1.0))
    found = indicator({"formula": "share", "of": ELECTRIC, "among": BOTH}, ((0, 51), (0, 49), (0, 0)), tolerance="10 %")
    assert (found.verdict, found.shortfall) == ("met", 0.0)


def facts(target, base, plan_, projects=(), **more):
    """How far a target of the farms is reached; ``base`` (..., row) in 2020, ``plan_`` (..., row, year) [t/yr]."""
    county = farms()
    activities = Activities(county, BoundPlan((), (), (), (), (), {}), YEARS, np.ones((3, 2)), np.ones((3, 2)), np.zeros((0, 2)))
    base, plan_ = np.asarray(base, float)[..., None], np.asarray(plan_, float)[..., None, :]
    evidence = Evidence(county, YEARS, base, plan_, dict.fromkeys(YEARS, projects), activities, **more)
    return reached("T", Target.model_validate({"pollutant": "NH3", "year": 2025, "title": LABEL, **target}), evidence)


LARGE = {"kind": "subset", "applies_to": {"size": "large"}, "baseline_year": 2020}


@pytest.mark.parametrize(("reduction", "slack"), [("5 %", 1.0), ("50 t/yr", 0.5), ("0.25 t/yr", 0.01), (None, 0.0)])
def test_the_slack_is_a_share_of_what_is_required(reduction, slack):
    """Points of a share; of a mass its share, of a small mass that of 1 t."""
    assert facts({**NET, "reduction": reduction, "tolerance": "1 %"}, (100, 50, 30), PLAN).slack == pytest.approx(slack)


@pytest.mark.parametrize(("required", "slack"), [("200 d", 2.0), ("0.25 d", 0.01), ("-200 d", 2.0), (None, 0.01)])
def test_the_slack_of_a_figure_is_a_share_of_it_too(required, slack):
    target = {"kind": "concentration", "required": required, "tolerance": "1 %"}
    formula = {"formula": "reported", "value": None, "unit": "d"}
    found = reached("T", Target.model_validate({"year": 2025, "title": LABEL, **target, "indicator": formula}), of_traffic())
    assert found.slack == pytest.approx(slack)
    assert found.required == (None if required is None else float(required.split()[0]))


def of_traffic():
    """Evidence on road, electric and rail, one unit each."""
    county = inventory(*KINDS)
    activities = Activities(county, BoundPlan((), (), (), (), (), {}), YEARS, np.ones((3, 2)), np.ones((3, 2)), np.zeros((0, 2)))
    return Evidence(county, YEARS, county.emission(), np.zeros((3, 1, 2)), {}, activities)


# ---------------------------------------------------------------- figures beside the answer


def test_the_two_ledgers_and_the_calendar_year_stand_beside_the_answer():
    calendar = np.array(((100, 98), (50, 50), (30, 30)), float)[:, None, :]
    found = facts({**NET, "reduction": "5 %"}, (100, 50, 30), PLAN, (credit(37.5),), calendar=calendar)
    assert (found.net_t, found.credit_t, found.reduction_t) == (6, 37.5, 6)
    assert found.calendar == pytest.approx(100 * 2 / 150)
    found = facts({**LARGE, "reduction": "5 %"}, (100, 50, 30), PLAN, (credit(37.5),), calendar=calendar)
    assert (found.net_t, found.credit_t, found.calendar) == (6, None, pytest.approx(2.0))
    found = facts({"kind": "creditable", "reduction": "5 t/yr"}, (100, 50, 30), PLAN, (credit(37.5),), calendar=calendar)
    assert (found.net_t, found.credit_t, found.calendar, found.baseline_t) == (6, 37.5, None, None)


def test_they_stand_in_the_verdict():
    county = farms()
    activities = Activities(county, BoundPlan((), (), (), (), (), {}), YEARS, np.ones((3, 2)), np.ones((3, 2)), np.zeros((0, 2)))
    plan_ = np.array(PLAN, float)[:, None, :]
    evidence = Evidence(
        county, YEARS, county.emission(), plan_, dict.fromkeys(YEARS, (credit(37.5),)), activities, calendar=plan_ + 1
    )
    words = {**NET, "pollutant": "NH3", "year": 2025, "title": LABEL, "reduction": "5 %"}
    (found,) = judge({"T": Target.model_validate(words)}, evidence)
    assert (found.id, found.pollutant, found.net_t, found.credit_t) == ("T", "NH3", 6, 37.5)
    assert found.calendar == pytest.approx(100 * 4 / 150)
    assert indicator({"formula": "share", "of": ELECTRIC, "among": BOTH}, ((1, 1), (9, 9), (0, 0))).pollutant == ""


def test_without_a_year_the_baseline_is_the_base_year():
    found = facts({"kind": "net", "reduction": "5 %", "baseline_year": None}, (100, 50, 30), ((1, 94), (1, 50), (1, 1)))
    assert (found.baseline_t, found.net_t) == (150, 6)


@pytest.mark.parametrize(("kind", "unit"), [("net", "%"), ("creditable", "t/yr")])
def test_without_a_value_the_unit_is_that_of_the_kind(kind, unit):
    assert facts({"kind": kind, "reduction": None}, (100, 50, 30), PLAN).unit == unit


def test_a_baseline_of_nothing_cannot_be_cut_by_a_share():
    found = facts({**LARGE, "reduction": "5 %"}, (0, 50, 30), ((0, 0), (50, 50), (30, 30)))
    assert (found.value, found.required, found.assessable) == (0.0, None, False)
    found = facts({**LARGE, "reduction": "5 %"}, (0.5, 50, 30), ((0.5, 0.25), (50, 50), (30, 30)))
    assert (found.value, found.required) == (50.0, 5.0)


def test_draws_are_judged_each_with_its_own_baseline():
    """Three draws of the large farm: 100 t → 94 t, 50 t → 25 t, and one in which there is none."""
    plan_ = [((1, 94), (50, 50), (30, 30)), ((1, 25), (50, 50), (30, 30)), ((0, 0), (50, 50), (30, 30))]
    base = [(100, 50, 30), (50, 50, 30), (0, 50, 30)]
    found = facts({**LARGE, "reduction": "10 %"}, base, plan_, calendar=np.array(plan_, float)[..., None, :])
    assert found.value.tolist() == pytest.approx([6, 50, 0])
    assert found.calendar.tolist() == found.value.tolist()
    assert found.value.dtype == np.asarray(found.scale).dtype == float
    assert np.asarray(found.scale).tolist() == pytest.approx([1.0, 2.0, 0.0])
    assert holds(found, ">=").tolist() == [False, True, False]
    found = facts({"kind": "net", "baseline_year": 2025, "reduction": "10 %"}, base, plan_)
    assert found.baseline_t.tolist() == [144, 75, 50]


def test_credits_may_be_draws_too():
    credits = {2025: np.array([[10.0], [40.0]])}
    target = {"kind": "creditable", "reduction": "30 t/yr", "offset": "5 t/yr"}
    found = facts(target, (100, 50, 30), PLAN, credits=credits)
    assert found.value.tolist() == [5, 35]
    assert holds(found, ">=").tolist() == [False, True]


def test_an_indicator_takes_the_draws_of_its_own_target():
    formula = {"formula": "share", "of": ROAD, "among": {"source_id": ["road", "rail"]}, "load": "18 t/vehicle"}
    target = Target.model_validate({"kind": "indicator", "year": 2025, "title": LABEL, "required": "50 %", "indicator": formula})
    drawn = {"T": {"load": np.array([1.0, 3.0])}, "U": {"load": np.array([9.0, 9.0])}}
    found = reached("T", target, replace(of_traffic(), drawn=drawn))
    assert found.value.tolist() == pytest.approx([50.0, 75.0])
    (answer,) = judge({"T": target}, replace(of_traffic(), drawn={"T": {"load": np.array(3.0)}}))
    assert answer.value == pytest.approx(75.0)


# ---------------------------------------------------------------- targets that cannot be judged


def told(target, in_scenario=False, inventory_=None, **more):
    """(where, key, values) of every fault of one target T of the farms."""
    reporter = Reporter(lambda file, at: Place("/".join(map(str, (file, *at)))))
    words = {"T": {"pollutant": "NH3", "year": 2025, "title": LABEL, **target}}
    ours, theirs = ({"targets": words}, {}) if in_scenario else ({}, {"targets": words})
    check_targets(scenario(**ours), plan(**theirs, **more), inventory_ or farms(), reporter)
    return [(fault.place.file, fault.key, fault.values) for fault in reporter.faults]


FIGURE = {"formula": "share", "of": {"size": "large"}, "among": {"size": ["large", "small"]}}


def test_a_sound_target_has_no_faults():
    assert told({**NET, "reduction": "5 %"}) == []
    assert told({**NET, "year": 2020, "reduction": "5 t/yr", "tolerance": "1 %"}) == []
    assert told({**LARGE, "reduction": None}, in_scenario=True) == []
    assert told({"kind": "creditable", "reduction": "5 t/yr", "offset": "1 t/yr"}) == []
    assert told({"kind": "creditable", "reduction": "5 %", "baseline_year": 2020}) == []
    assert told({"kind": "net", "reduction": "5 %"}) == []


@pytest.mark.parametrize(("in_scenario", "file"), [(False, "plan"), (True, "scenario")])
def test_a_fault_stands_in_the_file_of_its_target(in_scenario, file):
    assert told({**NET, "year": 2030, "reduction": "5 %"}, in_scenario) == [
        (f"{file}/targets/T/year", "target.year", {"year": 2030, "first": 2020, "last": 2025})
    ]
    assert told({"kind": "net", "baseline_year": 2019, "reduction": "5 %"}, in_scenario) == [
        (f"{file}/targets/T/baseline_year", "target.year", {"year": 2019, "first": 2020, "last": 2025})
    ]


def test_a_pollutant_that_is_not_there():
    assert told({**NET, "pollutant": "NH4", "reduction": "5 %"}) == [
        ("plan/targets/T/pollutant", "value.choice", {"word": "NH4", "near": "NH3", "known": "NH3"})
    ]


def test_a_subset_and_only_a_subset_has_rows_and_finds_some():
    for target in ({"kind": "subset", "baseline_year": 2020}, {**NET, "applies_to": {"size": "large"}}):
        assert told({**target, "reduction": "5 %"}) == [("plan/targets/T", "target.subset", {"kind": target["kind"]})]
    ((where, key, values),) = told({**LARGE, "applies_to": {"size": "huge"}, "reduction": "5 %"})
    assert (where, key, values["value"]) == ("plan/targets/T/applies_to/size", "selector.value", "huge")
    ((where, key, values),) = told({**LARGE, "applies_to": {"size": "large", "source_id": "small-farm"}, "reduction": "5 %"})
    assert (where, key, values) == ("plan/targets/T/applies_to", "target.nothing", {"name": "T", "inventory": "county"})


@pytest.mark.parametrize(
    ("field", "text", "key"),
    [("reduction", "5 km", "unit.dimension"), ("offset", "5 %", "unit.dimension"), ("tolerance", "1 t/yr", "unit.dimension"),
     ("reduction", "5", "unit.bare"), ("offset", "x", "unit.no_number")],
)  # fmt: skip
def test_what_cannot_be_read_is_told_at_its_field(field, text, key):
    target = {"kind": "creditable", "reduction": "5 t/yr", "baseline_year": 2020, field: text}
    ((where, found, values),) = told(target)
    assert (where, found, values["text"]) == (f"plan/targets/T/{field}", key, text)


def test_credits_as_a_share_need_the_year_they_are_a_share_of():
    assert told({"kind": "creditable", "reduction": "5 %"}) == [
        ("plan/targets/T/reduction", "target.creditable_share", {"text": "5 %"})
    ]


def test_an_indicator_is_checked_in_the_years_of_the_scenario():
    def faults(in_scenario=False, **formula):
        target = {"kind": "indicator", "year": 2025, "title": LABEL, "required": "5 %", "indicator": {**FIGURE, **formula}}
        reporter = Reporter(lambda file, at: Place("/".join(map(str, (file, *at)))))
        ours, theirs = ({"targets": {"T": target}}, {}) if in_scenario else ({}, {"targets": {"T": target}})
        check_targets(scenario(**ours), plan(**theirs), farms(), reporter)
        return [(fault.place.file, fault.key) for fault in reporter.faults]

    assert faults() == faults(against=2020) == faults(against=2025) == []
    for year in (2019, 2026):
        assert faults(True, against=year) == [("scenario/targets/T/indicator/against", "target.year")]
    assert faults(of={"size": "huge"}) == [("plan/targets/T/indicator/of/size", "selector.value")]
    assert faults(by="M") == [
        ("plan/targets/T/indicator/by/[key]", "indicator.extra"),
        ("plan/targets/T/indicator/by", "plan.measure"),
    ]
