"""The costs of the two plans: every measure says something, and no figure stands without its grade and source."""

from functools import cache
from pathlib import Path

import pytest

from emisim.cost import FORMS, Annual, annual_costs, recovery, removed_alone
from emisim.io.config_file import load
from emisim.measure import Estimate
from emisim.price import conversion
from emisim.simulate import levels
from emisim.units import read

ROOT = Path(__file__).parents[2]
PLANS = ("mengjin", "yichuan")
COSTED = {
    "mengjin": "M112 M12c M16a M181a M181c M182 M183 M19c M19f M19h M20e M21d M22b M22c",
    "yichuan": "Y09b Y09c Y112 Y12c Y17a Y191a Y191c Y192 Y193 Y20c Y21d Y21e Y22d Y23b Y23c",
}
SHORT_TON = 0.90718474


@cache
def case(name):
    return load(ROOT / "scenarios" / f"{name}-2025.yaml").case


@cache
def found(name):
    return annual_costs(case(name), removed_alone(case(name), levels(case(name)).ledger))


def estimates(cost):
    return [getattr(cost, f) for f in type(cost).model_fields if isinstance(getattr(cost, f), Estimate)]


@pytest.mark.parametrize("name", PLANS)
def test_every_measure_says_something(name):
    assert [m for m, measure in case(name).plan.measures.items() if measure.cost is None] == []


@pytest.mark.parametrize("name", PLANS)
def test_every_reason_is_given_in_both_languages(name):
    reasons = [m.cost.none for m in case(name).plan.measures.values() if m.cost.none]
    assert all(r.zh != r.en and any("\u4e00" <= c <= "\u9fff" for c in r.zh) for r in reasons)


@pytest.mark.parametrize("name", PLANS)
def test_every_figure_has_grade_source_currency_year_and_note(name):
    plan = case(name).plan
    costs = [m.cost for m in plan.measures.values() if not m.cost.none]
    for cost in costs:
        assert any(getattr(cost, form) for form in FORMS)
        assert cost.currency
        assert cost.price_year
        assert cost.note
        assert all(e.grade and e.source for e in estimates(cost))
        assert cost.currency == "CNY" or "not Chinese" in cost.note  # a foreign cost level says so
        assert all(e.grade != "E" or "judgement" in e.source or "recalled" in e.source for e in estimates(cost))
    assert all(e.grade and e.source for e in estimates(plan.costs))


@pytest.mark.parametrize("name", PLANS)
def test_no_range_is_out_of_order(name):
    for cost in (m.cost for m in case(name).plan.measures.values()):
        for estimate in estimates(cost):
            assert (estimate.low is None) == (estimate.high is None)


@pytest.mark.parametrize("name", PLANS)
def test_which_measures_have_a_cost(name):
    assert " ".join(m for m, cost in found(name).items() if isinstance(cost, Annual)) == COSTED[name]


@pytest.mark.parametrize("name", PLANS)
def test_no_subsidy_is_entered_as_a_cost(name):
    """The one figure that rests on subsidies is what they were a part of, and is called derived."""
    for measure in case(name).plan.measures.values():
        for estimate in estimates(measure.cost):
            assert "subsid" not in estimate.source.lower() or estimate.grade == "D"


def test_the_same_measure_costs_the_same_a_tonne_in_both_plans():
    def quotients(name):
        costs = [m.cost for m in case(name).plan.measures.values() if m.cost.per_tonne]
        return {(c.of, c.per_tonne.value, c.per_tonne.source) for c in costs}

    ours, theirs = quotients("mengjin"), quotients("yichuan")
    assert {q[1] for q in ours - theirs} == {"886 USD/t", "1190 USD/t"}  # leaks and tank valves: no refinery in Yichuan
    assert {q[1] for q in theirs - ours} == {"1246 USD/t"}  # waste incineration: none in Mengjin


def per_tonne(name, measure):
    return case(name).plan.measures[measure].cost.per_tonne


@pytest.mark.parametrize(
    ("measure", "year", "dollars", "yuan"),
    [("M183", 1990, 4017, 54668), ("M19c", 1990, 4776, 64997), ("M19f", 1990, 804, 10942), ("M181c", 1990, 2027, 27586)],
)
def test_dollars_a_short_ton_are_dollars_a_tonne(measure, year, dollars, yuan):
    """By hand: USD per short ton / 0.90718474, then to yuan of 2020."""
    entered = read(per_tonne("mengjin", measure).value, "USD/t")
    assert entered == pytest.approx(dollars / SHORT_TON, abs=0.5)
    assert entered * conversion("USD", year) == pytest.approx(yuan, rel=1e-3)


def test_heat_pumps_of_the_plain():
    """By hand: 792841 / 2.85 x 0.14 x 0.5 households, 95 % switched; 10000 yuan over 15 years at 8 %, and 1000 yuan a year."""
    households = 792841 / 2.85 * 0.14 * 0.5 * 0.95
    by_hand = households * (10000 * recovery(0.08, 15) + 1000)
    annual = found("yichuan")["Y09b"]
    assert annual.value == pytest.approx(by_hand, rel=2e-3)
    assert annual.grade == "E"  # the life is judged
    assert annual.low < annual.value < annual.high
