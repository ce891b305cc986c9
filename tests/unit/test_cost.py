"""What measures cost, worked out by hand: capital recovery, money made comparable, ranges, own figures, objectives."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import LABEL, action, inventory, measure, plan, scenario

from emisim.case import prepare
from emisim.cost import (
    Annual,
    NoCost,
    annual_costs,
    check_costs,
    recovery,
    removed_alone,
    weights,
)
from emisim.errors import BadInput, Place, Reporter
from emisim.price import conversion, price_years, prices
from emisim.report.cost_tables import costs, money
from emisim.simulate import levels
from emisim.summary import cost_entries, main_pollutant

SOURCED = {"grade": "C", "source": "a book"}
MONEY = {"currency": "CNY", "price_year": 2020}
BURNER = {"per_tonne": {"value": "1000 yuan/t", **SOURCED}, "of": "NOx", **MONEY}


def case(*given_costs, own=None, effort=None, level=None, **more):
    """A county of 100 t NOx and as many measures as costs, each removing a tenth of it alone."""
    measures = {
        f"A{k}": measure(action("source_removal", "kiln", removed="10 %"), cost=cost)
        for k, cost in enumerate(given_costs, start=1)
    }
    read = scenario(costs=own or {}, effort=effort or {})
    return prepare(read, plan(measures, **({"costs": level} if level else {})), inventory({"source_id": "kiln"}), **more)


def annual(cost, alone=10.0, **more):
    return annual_costs(case(cost, **more), {"A1": {"NOx": alone}})["A1"]


def faults(cost=None, own=None, level=None, effort=None):
    """Keys of the faults of one cost entry."""
    reporter = Reporter(lambda file, location: Place(file, 1, 1))
    measures = {"A1": measure(action("source_removal", "kiln", removed="10 %"), cost=cost)}
    given_plan = plan(measures, **({"costs": level} if level else {}))
    check_costs(scenario(costs=own or {}, effort=effort or {}), given_plan, reporter)
    return [f.key for f in reporter.faults]


# ---- capital recovery


def test_the_check_value():
    assert recovery(0.07, 20) == pytest.approx(0.094393, abs=5e-7)


@pytest.mark.parametrize(("rate", "life", "factor"), [(0.08, 15, 0.1168), (0.04, 5, 0.2246), (0.1, 25, 0.1102), (0.0, 8, 0.125)])
def test_a_table_of_recovery_factors(rate, life, factor):
    assert recovery(rate, life) == pytest.approx(factor, abs=5e-5)


@given(st.floats(1e-9, 1.0), st.floats(0.5, 60.0))
def test_the_payments_of_all_years_are_worth_the_investment(rate, life):
    """(1 − (1+r)^−n)/r payments of CRF make 1; never less than the plain share of a year, which no interest gives."""
    worth = (1.0 - (1.0 + rate) ** -life) / rate
    assert recovery(rate, life) * worth == pytest.approx(1.0, rel=1e-6)
    assert recovery(rate, life) >= (1.0 / life) * (1 - 1e-12)


# ---- money


def test_yuan_by_consumer_prices():
    assert conversion("CNY", 2013) == pytest.approx(1.152)
    assert conversion("CNY", 2020, "CNY", 2013) == pytest.approx(1 / 1.152)


def test_dollars_by_their_deflator_then_the_rate_of_2020():
    burner = 440 / 0.90718474  # of a cement kiln in the US, dollars of 1997 per short ton
    assert burner * conversion("USD", 1997) == pytest.approx(5121, rel=1e-3)
    assert conversion("USD", 1990) == pytest.approx(6.9042 * 113.8 / 63.6)


def test_dollars_of_a_year_without_a_deflator_are_exchanged_first():
    assert conversion("USD", 2022) == pytest.approx(6.729 * 0.971)


def test_euros_are_exchanged_first():
    assert conversion("EUR", 2010) == pytest.approx(8.977 * 1.281)
    assert conversion("EUR", 2010, "EUR", 2010) == 1.0


@given(st.sampled_from(["CNY", "USD", "EUR"]), st.sampled_from(["CNY", "USD", "EUR"]), st.data())
def test_there_and_back_is_the_same_money(one, other, data):
    years = [data.draw(st.sampled_from(price_years(c))) for c in (one, other)]
    assert conversion(one, years[0], other, years[1]) * conversion(other, years[1], one, years[0]) == pytest.approx(1.0)


def test_every_price_has_a_source():
    assert all(p.grade and p.source and p.value > 0 for p in prices())
    assert len({(p.series, p.year) for p in prices()}) == len(prices())


# ---- annual cost


def test_an_investment_with_a_running_cost():
    cost = {
        "investment": {"value": "100 万元", **SOURCED},
        "life": {"value": "20 yr", "grade": "D", "source": "a book"},
        "rate": {"value": "7 %", "grade": "A", "source": "a rule"},
        "yearly": {"value": "-4393 yuan/yr", "grade": "B", "source": "another book"},
        **MONEY,
    }
    found = annual(cost)
    assert found.value == pytest.approx(90_000, abs=1)
    assert (found.low, found.high, found.grade, found.basis) == (None, None, "D", ("investment", "yearly"))
    assert found.source == "a book; a rule; another book"


def test_the_rate_of_the_plan_where_a_measure_has_none():
    cost = {"investment": "1000 yuan", "life": "8 yr", **MONEY}
    assert annual(cost, level={"rate": "0 %"}).value == pytest.approx(125.0)
    assert annual({**cost, "rate": "8 %"}, level={"rate": "0 %"}).value == pytest.approx(174.0, abs=0.05)


def test_per_tonne_of_what_it_removes_alone():
    found = annual(BURNER, alone=10.0)
    assert (found.value, found.of, found.grade) == (10_000, "NOx", "C")
    assert annual(BURNER, alone=0.0).value == 0.0


def test_a_cost_per_tonne_does_not_hold_where_the_pollutant_rises():
    found = annual(BURNER, alone=-1.0)
    assert isinstance(found, NoCost)
    assert "NOx" in found.reason.en
    assert "NOx" in found.reason.zh


def test_ranges_are_those_of_all_parts_off_together():
    cost = {
        "investment": {"value": "1000 yuan", "low": "800 yuan", "high": "1200 yuan"},
        "life": {"value": "10 yr", "low": "8 yr", "high": "12.5 yr"},
        "rate": {"value": "0 %", "low": "0 %", "high": "10 %"},
        "yearly": "5 yuan/yr",
        **MONEY,
    }
    found = annual(cost)
    assert (found.value, found.low) == (pytest.approx(105.0), pytest.approx(800 / 12.5 + 5))
    assert found.high == pytest.approx(1200 * recovery(0.1, 8) + 5)


@given(*(st.floats(0.1, 1.0) for _ in range(3)), *(st.floats(1.0, 5.0) for _ in range(3)))
def test_the_cost_lies_in_its_range(i0, n0, p0, i1, n1, p1):
    def ends(value, low, high, unit):
        return {"value": f"{value:.6f} {unit}", "low": f"{value * low:.6f} {unit}", "high": f"{value * high:.6f} {unit}"}

    cost = {
        "investment": ends(1000, i0, i1, "yuan"),
        "life": ends(10, n0, n1, "yr"),
        "rate": {"value": "8 %", "low": "6 %", "high": "10 %"},
        "per_tonne": ends(7, p0, p1, "yuan/t"),
        "of": "NOx",
        **MONEY,
    }
    found = annual(cost)
    assert found.low <= found.value <= found.high


def test_a_plan_in_another_currency_and_year():
    found = annual({**BURNER, "price_year": 2013}, level={"currency": "USD", "price_year": 1990})
    assert found.value == pytest.approx(10_000 * 1.152 / (6.9042 * 113.8 / 63.6))


def test_one_part_without_a_grade_leaves_the_whole_without():
    assert annual({**BURNER, "yearly": "5 yuan/yr"}).grade == ""


def test_without_a_cost_everything_works_and_nothing_is_put_in_its_place():
    assert annual(None) == NoCost()
    assert annual({"none": LABEL}).reason.en == "trial"


def test_the_scenarios_own_figure_stands_for_the_plans():
    found = annual(BURNER, own={"A1": {"yearly": "7 yuan/yr", **MONEY}})
    assert (found.value, found.own, found.basis) == (7.0, True, ("yearly",))
    assert annual(BURNER, own={"A1": {"none": "no offer"}}).reason.zh == "no offer"


# ---- tonnes removed alone


def test_tonnes_alone_are_those_of_the_first_measure():
    made = case(BURNER, BURNER)
    alone = removed_alone(made, levels(made).ledger)
    assert alone == {"A1": {"NOx": pytest.approx(10.0)}, "A2": {"NOx": pytest.approx(10.0)}}
    assert [c.value for c in annual_costs(made, alone).values()] == pytest.approx([10_000, 10_000])


# ---- objectives

ALONE = {"A1": {"NOx": 10.0}, "A2": {"NOx": 10.0}, "A3": {"NOx": 10.0}}


def test_the_number_of_measures_and_effort():
    made = case(None, None, None, effort={"A2": 3})
    assert weights(made, "count").weight.tolist() == [1, 1, 1]
    assert weights(made, "effort").weight.tolist() == [1, 3, 1]


def test_costs_as_objective():
    found = weights(case(BURNER, BURNER, {"yearly": "-9 yuan/yr", **MONEY}), "cost", ALONE)
    assert np.allclose(found.weight, [10_000, 10_000, -9])
    assert (found.unit, found.left_out, found.taken) == ("CNY(2020)/yr", (), ())


def test_measures_without_a_cost_are_refused_left_out_or_taken():
    made = case(BURNER, None, {"none": LABEL})
    with pytest.raises(
        BadInput, match=r"2 measure.s. that matter have no cost: A2, A3; .*--uncosted leave-out or take, or --minimise count"
    ):
        weights(made, "cost", ALONE)
    left, taken = weights(made, "cost", ALONE, "leave_out"), weights(made, "cost", ALONE, "take")
    assert (left.left_out, left.taken) == (("A2", "A3"), ())
    assert (taken.left_out, taken.taken) == ((), ("A2", "A3"))
    assert left.weight.tolist() == taken.weight.tolist() == [10_000, 0, 0]


# ---- what is refused

INVESTMENT = {"investment": "5 yuan", "life": "5 yr", "rate": "5 %", **MONEY}


@pytest.mark.parametrize(
    ("cost", "keys"),
    [
        (BURNER, []),
        (INVESTMENT, []),
        ({"none": LABEL, "note": "asked in vain"}, []),
        ({"none": LABEL, **MONEY}, ["cost.none_and"]),
        (MONEY, ["cost.empty"]),
        ({"yearly": "5 yuan/yr"}, ["cost.needs", "cost.needs"]),
        ({"yearly": "5 yuan/yr", "of": "NOx", **MONEY}, ["cost.needs"]),
        ({"yearly": "5 yuan/yr", "life": "5 yr", **MONEY}, ["cost.needs"]),
        ({"yearly": "5 yuan/yr", "rate": "5 %", **MONEY}, ["cost.needs"]),
        ({"per_tonne": "5 yuan/t", **MONEY}, ["cost.needs"]),
        ({"investment": "5 yuan", "rate": "5 %", **MONEY}, ["cost.needs"]),
        ({"investment": "5 yuan", "life": "5 yr", **MONEY}, ["cost.rate"]),
        ({**INVESTMENT, "investment": "0 yuan"}, ["cost.positive"]),
        ({**INVESTMENT, "life": "0 yr"}, ["cost.positive"]),
        ({**INVESTMENT, "rate": "120 %"}, ["value.share"]),
        ({**INVESTMENT, "rate": {"value": "5 %", "low": "-5 %"}}, ["value.share"]),
        ({**BURNER, "of": "NOX"}, ["value.choice"]),
        ({**BURNER, "per_tonne": "5 USD/t"}, ["unit.dimension"]),
        ({**BURNER, "per_tonne": "5 yuan/yr"}, ["unit.dimension"]),
        ({**BURNER, "per_tonne": {"value": "5 yuan/t", "low": "6 yuan/t"}}, ["value.order"]),
        ({**BURNER, "price_year": 2012}, ["cost.price_year"]),
        ({**BURNER, "currency": "EUR", "per_tonne": "5 EUR/t", "price_year": 1999}, ["cost.price_year"]),
    ],
)
def test_what_is_wrong_with_a_cost(cost, keys):
    assert faults(cost) == keys
    assert faults(own={"A1": cost}) == keys


def test_what_is_wrong_with_the_level_of_a_plan():
    assert faults(level={"price_year": 2012}) == ["cost.price_year"]
    assert faults(level={"rate": "-1 %"}) == ["value.share"]
    assert faults(INVESTMENT, level={"rate": "8 %"}) == []


def test_a_scenario_names_measures_that_exist():
    assert faults(own={"A2": BURNER}) == ["plan.measure"]
    assert faults(effort={"A2": 2}) == ["plan.measure"]


@pytest.mark.parametrize("effort", [0, -1, "3", True, float("inf")])
def test_an_effort_is_a_positive_number(effort):
    with pytest.raises(ValueError, match="effort"):
        scenario(effort={"A1": effort})


# ---- the table


def test_the_table_says_what_there_is_and_why_there_is_nothing():
    made = case(BURNER, {"none": {"zh": "没有来源", "en": "no figure"}}, None, own={"A1": {**BURNER, "note": "an offer"}})
    found = annual_costs(made, ALONE)
    table = costs(made, found, ALONE, "en")
    assert table.rows[0][2:] == ("per t NOx", "10,000", "–", "1,000 (NOx)", "C", "of the scenario: a book")
    assert [row[-1] for row in table.rows[1:]] == ["no figure", "the plan says nothing"]
    assert table.note.startswith("1 of 3 measures have a cost (C 1)")
    assert costs(made, found, ALONE, "zh").rows[1][-1] == "没有来源"


def test_the_same_for_programs():
    made = case({"yearly": {"value": "7 yuan/yr", "low": "5 yuan/yr"}, **MONEY}, {"none": "no figure"})
    entries = cost_entries(made, annual_costs(made, ALONE), ALONE)
    assert entries["unit"] == "CNY(2020)/yr"
    first, second = entries["measures"]
    assert {k: first[k] for k in ("annual", "low", "high", "per_tonne", "alone_t", "grade")} == {
        "annual": 7.0, "low": 5.0, "high": 7.0, "per_tonne": 0.7, "alone_t": 10.0, "grade": None,
    }  # fmt: skip
    assert second == {"measure": "A2", "annual": None, "reason": {"en": "no figure", "zh": "no figure"}}


def test_the_pollutant_that_a_cost_is_set_against():
    cost = Annual(1.0, None, None, "C", ("yearly",), "", "a book", "")
    assert main_pollutant(cost, {"NOx": 2.0, "VOC": 5.0, "CO2": 900.0}) == "VOC"
    assert main_pollutant(cost, {"NOx": -2.0, "VOC": 0.0}) == ""
    assert main_pollutant(replace(cost, of="NOx"), {"NOx": 2.0, "VOC": 5.0}) == "NOx"
    assert main_pollutant(replace(cost, of="NOx"), {"NOx": 0.0, "VOC": 5.0}) == ""


@pytest.mark.parametrize(
    ("value", "text"), [(1_234_567.0, "1,230,000"), (99.96, "100"), (-0.5, "-0.5"), (0.0, "0"), (12.34, "12.3")]
)
def test_three_digits(value, text):
    assert money(value) == text
