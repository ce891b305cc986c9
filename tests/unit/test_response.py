"""The tables give, for every package, what a run of the scenario with just these measures gives."""

import numpy as np
import pytest
from random_plans import HEAD, random_case
from small import action, inventory, measure, plan, scenario

from emisim.case import prepare
from emisim.io.config_file import load
from emisim.questions.response import respond
from emisim.questions.table import Table, all_packages, gathered
from emisim.scenario import Selection
from emisim.simulate import levels
from emisim.target import Target
from emisim.verdicts import MET, judge

close = pytest.approx


def judged_alone(case, package):
    """Verdicts of the same scenario with only the measures of a package."""
    without = tuple(n for n, on in zip(case.bound.names, package, strict=True) if not on)
    trial = case.scenario.model_copy(update={"measures": Selection(without=without)})
    small = prepare(trial, case.plan, case.inventory)
    return {v.id: v for v in judge(small.reading.targets, levels(small).evidence)}


def agrees(case, response, package):
    found = judged_alone(case, package)
    for g, goal in enumerate(response.goals):
        verdict, value = found[goal.id], float(response.value(g, package))
        if verdict.value is None:
            assert np.isnan(value)
        elif not goal.restated:
            assert value == close(verdict.value, rel=1e-9, abs=1e-9)
            assert goal.required == close(verdict.required)
        assert bool(goal.met(value)) == (verdict.verdict == MET)


EXTRA = {
    "CREDIT": {"kind": "creditable", "pollutant": "NOx", "baseline_year": 2020, "reduction": "6 %", "offset": "3 t/yr"},
    "CREDIT_T": {"kind": "creditable", "pollutant": "VOC", "reduction": "100 t/yr"},
    "LATER": {"kind": "net", "pollutant": "VOC", "baseline_year": 2024, "reduction": "3 %"},
    "LATER_T": {"kind": "net", "pollutant": "VOC", "baseline_year": 2024, "reduction": "100 t/yr"},
    "EARLIER": {"kind": "net", "pollutant": "NH3", "year": 2024, "reduction": "1 %"},
}


@pytest.mark.parametrize("county", ["mengjin", "yichuan"])
def test_random_packages_of_a_county(county):
    found = load(f"scenarios/{county}-2025.yaml").case
    targets = {name: Target.model_validate({**HEAD, **words}) for name, words in EXTRA.items()}
    trial = found.scenario.model_copy(update={"targets": {**found.scenario.targets, **targets}})
    case = prepare(trial, found.plan, found.inventory)
    response = respond(case)
    rng = np.random.default_rng(7)
    for share in (0.0, 0.3, 0.7, 1.0):
        agrees(case, response, rng.random(response.measures) < share)
    assert {e.reason for e in response.excluded} == {"no_requirement", "no_value"}


def all_kinds(rng):
    """Every kind of goal on tonnes, on random numbers."""

    def percent():
        return f"{rng.integers(2, 40)} %"

    base = {**HEAD, "baseline_year": 2020}
    return {
        "NET": {**base, "kind": "net", "pollutant": "NOx", "reduction": percent()},
        "LATER": {**HEAD, "kind": "net", "pollutant": "NOx", "baseline_year": 2024, "reduction": percent()},
        "CREDIT": {**base, "kind": "creditable", "pollutant": "NOx", "reduction": percent()},
        "CREDIT_T": {**HEAD, "kind": "creditable", "pollutant": "VOC", "reduction": "20 t/yr", "offset": "5 t/yr"},
        "CREDIT_LATER": {**HEAD, "kind": "creditable", "pollutant": "NH3", "baseline_year": 2023, "reduction": percent()},
        "SUBSET": {**base, "kind": "subset", "pollutant": "NH3", "reduction": percent(), "applies_to": {"source_id": ["a", "d"]}},
    }


@pytest.mark.parametrize("seed", range(8))
def test_all_packages_of_random_plans(seed):
    case = random_case(np.random.default_rng(seed), all_kinds, 3, 4, growth_driver="up")
    response = respond(case)
    assert [g.restated for g in response.goals] == [g.id.endswith("LATER") for g in response.goals]
    for package in all_packages(response.measures):
        agrees(case, response, package)


# ---------------------------------------------------------------- by hand


def respond_to(measures, targets, *rows, pollutants=("NOx",), growth=None, **more):
    targets = {name: {**HEAD, **words} for name, words in targets.items()}
    rows = rows or ({"source_id": "a", "activity": 100, "factor": 1},)
    county = inventory(*rows, pollutants=pollutants, growth=growth)
    return respond(prepare(scenario(**more), plan(measures, targets=targets), county))


def test_credit_follows_the_fates_that_the_package_itself_plans():
    # The removal closes half of the plant and does not count. With it the device works on 50 t and brings 20, without it 40.
    device = measure(action("end_of_pipe", "a", pollutant="NOx", efficiency="40 %"), accountable=True)
    closure = measure(action("source_removal", "a", removed="50 %"))
    target = {"kind": "creditable", "pollutant": "NOx", "reduction": "30 t/yr"}
    response = respond_to({"D": device, "R": closure}, {"C": target})
    packages = all_packages(2)  # none, D, R, both
    assert response.value(0, packages) == close([0, 40, 0, 20])
    assert response.met(packages)[:, 0].tolist() == [False, True, False, False]


def test_credit_is_the_shapley_value_where_measures_share():
    # 100·(1 − 0.6·0.5) = 70 t together; A alone counts: half of 40 first and half of 50·0.4 = 20 last, 30 t.
    devices = {
        name: measure(action("end_of_pipe", "a", pollutant="NOx", efficiency=e), accountable=name == "A")
        for name, e in (("A", "40 %"), ("B", "50 %"))
    }
    response = respond_to(devices, {"C": {"kind": "creditable", "pollutant": "NOx", "reduction": "30 t/yr", "offset": "1 t/yr"}})
    assert response.value(0, all_packages(2)) == close([-1, 39, -1, 29])


def test_a_measure_that_reaches_no_goal_is_in_no_table():
    devices = {n: measure(action("end_of_pipe", r, pollutant="NOx", efficiency="40 %")) for n, r in (("A", "a"), ("B", "b"))}
    rows = {"source_id": "a"}, {"source_id": "b", "memo": "yes"}
    response = respond_to(devices, {"T": {"kind": "net", "pollutant": "NOx", "reduction": "10 %"}}, *rows)
    assert response.acting(0) == (0,)
    assert [t.measures for t in response.tables[0]] == [(0,)]


def test_a_share_of_a_year_that_measures_change_is_asked_in_tonnes():
    # Growth to 110 in 2024 and 120 in 2025; −10 % against 2024 asks 0.9·110 − 120 = −21 t more; D halves both, in force by 2023.
    device = measure(action("end_of_pipe", "a", pollutant="NOx", efficiency="50 %"), schedule={"date": "2023-12-31"})
    growth = {"up": {2020: 1.0, 2024: 1.1, 2025: 1.2}}
    row = {"source_id": "a", "activity": 100, "growth_driver": "up"}
    target = {"kind": "net", "pollutant": "NOx", "baseline_year": 2024, "reduction": "10 %"}
    response = respond_to({"D": device}, {"T": target}, row, growth=growth)
    goal = response.goals[0]
    assert (goal.restated, goal.required, goal.unit) == (True, 0.0, "t/yr")
    assert response.value(0, all_packages(1)) == close([99 - 120, 49.5 - 60])


TRAFFIC = (
    {"source_id": "old", "sector": "mobile", "fuel": "diesel", "activity": 80, "unit": "vehicle km/yr"},
    {"source_id": "new", "sector": "mobile", "fuel": "electric", "activity": 20, "unit": "vehicle km/yr", "factor": 0},
)


def traffic(**indicator):
    scrap = measure(action("fleet_turnover", "old", to={"source_id": "new"}, scrapped="50 %"))
    device = measure(action("end_of_pipe", "old", pollutant="NOx", efficiency="40 %"))
    target = {"kind": "indicator", "required": "50 %", "indicator": indicator}
    return respond_to({"D": device, "S": scrap}, {"I": target}, *TRAFFIC)


def test_an_indicator_is_one_table_of_the_measures_that_change_it():
    response = traffic(formula="share", of={"source_id": "new"}, among={"sector": "mobile"})
    assert response.acting(0) == (1,)
    assert response.value(0, all_packages(2)) == close([20, 20, 60, 60])


def test_an_indicator_about_a_measure_that_is_off_has_no_value():
    response = traffic(formula="parameter", measure="S", parameter="scrapped")
    values = response.value(0, all_packages(2))
    assert np.isnan(values[:2]).all()
    assert values[2:] == close([50, 50])
    assert response.met(all_packages(2))[:, 0].tolist() == [False, False, True, True]


def test_what_cannot_be_a_goal_is_named_with_its_reason():
    many = {f"M{k:02d}": measure(action("activity_change", "a", ratio="90 %")) for k in range(13)}
    targets = {
        "OPEN": {"kind": "net", "pollutant": "NOx", "reduction": None},
        "UNSEEN": {"kind": "indicator", "required": "5 %", "indicator": {"formula": "reported", "value": None}},
        "WIDE": {"kind": "indicator", "required": "5 %", "indicator": {"formula": "removed", "of": {"source_id": "a"}}},
    }
    response = respond_to(many, targets)
    assert not response.goals
    assert [(e.target, e.reason) for e in response.excluded] == [
        ("OPEN", "no_requirement"),
        ("UNSEEN", "no_value"),
        ("WIDE", "too_many"),
    ]
    assert response.excluded[2].measures == tuple(many)


def test_some_targets_only():
    devices = {"A": measure(action("end_of_pipe", "a", pollutant="NOx", efficiency="40 %"))}
    net = {"kind": "net", "pollutant": "NOx", "reduction": "10 %"}
    case = prepare(scenario(), plan(devices, targets={n: {**HEAD, **net} for n in "PQ"}), inventory({"source_id": "a"}))
    assert [g.id for g in respond(case, ["Q"]).goals] == ["Q"]


# ---------------------------------------------------------------- sums of tables


def test_tables_are_gathered_without_changing_the_sum():
    rng = np.random.default_rng(11)
    every = all_packages(5)
    given = []
    for measures in ((0, 1, 2), (0, 1, 2), (1, 2), (3,), (), (2, 4)):
        given.append(Table(measures, rng.normal(size=2 ** len(measures))))
    given.append(Table((0, 3), np.array([1.0, 2.0, 1.0, 2.0])))  # measure 3 changes nothing in it
    constant, tables = gathered(given)
    assert [t.measures for t in tables] == [(0, 1, 2), (2, 4), (3,)]
    assert all(t.values[0] == 0.0 for t in tables)

    def total(parts):
        return sum(t.values[(every[:, list(t.measures)] << np.arange(len(t.measures))).sum(axis=1)] for t in parts)

    assert constant + total(tables) == close(total(given), abs=1e-12)
