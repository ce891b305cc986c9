"""Verdicts on an inventory of two farms and a kiln, worked out by hand."""

import numpy as np
import pytest

from emisim.inventory import Inventory
from emisim.target import Target
from emisim.verdicts import judge

YEARS = (2020, 2025)


def inventory():
    """Large farm 100 t, small farm 50 t, soil 30 t outside the totals."""
    rows, text = 3, ("large", "small", "")
    column = np.ones((rows, 1))
    return Inventory(
        name="county",
        text={
            "source_id": np.array(["large-farm", "small-farm", "soil"]),
            "size": np.array(text),
            "sector": np.array(["agriculture", "agriculture", "other"]),
            "grade": np.array(["A", "B", "E"]),
        },
        base_year=2020,
        pollutants=("NH3",),
        activity=np.ones(rows),
        activity_low=np.ones(rows),
        activity_high=np.ones(rows),
        factor=np.array([[100.0], [50.0], [30.0]]),
        factor_low=column,
        factor_high=column,
        existing_efficiency=0 * column,
        existing_effectiveness=column,
        flue_gas=np.full((rows, 1), np.nan),
        stage=np.full((rows, 1), ""),
        factor_grade=np.array([["A"], ["A"], ["A"]]),
        upstream=np.full(rows, -1),
        memo=np.array([False, False, True]),
        growth={},
        alternatives={},
    )


def verdict(target, plan, reductions=((0.0, 0.0),), accountable=(True,)):
    """``plan``: tonnes of each row in 2020 and 2025."""

    class Project:
        def __init__(self, counts):
            self.accountable = counts

    words = {"pollutant": "NH3", "year": 2025, "title": {"zh": "试", "en": "trial"}, **target}
    found = judge(
        {"T": Target.model_validate(words)},
        inventory(),
        YEARS,
        inventory().emission(),
        np.array(plan, float)[:, None, :],
        np.array(reductions, float)[:, None, :],
        [Project(counts) for counts in accountable],
    )
    return found[0]


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


def test_credits_are_those_of_accountable_measures_less_the_offset():
    target = {"kind": "creditable", "reduction": "30 t/yr", "offset": "10 t/yr"}
    found = verdict(target, PLAN, reductions=((0, 37.5), (0, 100)), accountable=(True, False))
    assert found.value == pytest.approx(27.5)
    assert (found.verdict, found.shortfall_t) == ("missed", pytest.approx(2.5))


@pytest.mark.parametrize("target", [{"kind": "creditable", "reduction": None}, {**NET, "reduction": None}])
def test_without_a_value_nothing_is_met(target):
    found = verdict(target, PLAN, reductions=((0, 1000),))
    assert (found.verdict, found.required, found.shortfall) == ("not assessable", None, None)
