"""How far a measure must go, where it has a closed form: kiln and oven of 100 t each."""

import json
from datetime import date

import pytest
from small import LABEL, action, inventory, measure, plan, scenario

from emisim.case import prepare
from emisim.errors import BadInput
from emisim.questions.backcast import backcast, can_vary
from emisim.report import compare_tables as tables

ROWS = ({"source_id": "kiln"}, {"source_id": "oven"})
NET = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025}


def device(row="kiln", coverage="50 %", efficiency="80 %", **more):
    return measure(action("end_of_pipe", row, efficiency=efficiency, coverage=coverage, pollutant="NOx"), **more)


def case(acts, target=None, rows=ROWS, more=None, **asked):
    targets = {"T": {**NET, "reduction": "30 %", **target}} if target is not None else {}
    found = inventory(*rows, growth={"fast": {2020: 1.0, 2025: 1.2}})
    return prepare(scenario(**asked), plan(acts, targets=targets, **(more or {})), found)


def solved(acts, target=None, vary="coverage", name="M", **more):
    return backcast(case(acts, target or {}, **more), name, vary, "T")


def told(found):
    return found.outcome, found.direction, found.needed


# ---------------------------------------------------------------- a parameter


def test_coverage_that_just_meets_a_target():
    # 60 of 200 t: 100·c·0.8 = 60, c = 75 %; now 40 t, at full coverage 80 t.
    found = solved({"M": device()})
    assert told(found) == ("reached", "at_least", pytest.approx(75, rel=1e-8))
    assert (found.measures, found.unit, found.present, found.least, found.most) == (("M",), "%", (50.0,), 0, 100)
    assert (found.now.value, found.at_needed, found.at_least, found.at_most) == pytest.approx((20, 30, 0, 40))


def test_the_value_found_meets_the_target():
    found = solved({"M": device()}, {"reduction": "33.3333333333 %"})
    again = case({"M": device(coverage=f"{found.needed!r} %")}, {"reduction": "33.3333333333 %"})
    assert backcast(again, "M", "coverage", "T").now.verdict == "met"


def test_efficiency_that_just_meets_a_target():
    assert told(solved({"M": device(coverage="100 %", efficiency="0.5")}, vary="efficiency")) == (
        "reached", "at_least", pytest.approx(60, rel=1e-8),
    )  # fmt: skip


def test_a_target_that_is_met_says_how_far_the_measure_could_be_weakened():
    # 20 t of 200 t: c = 25 %.
    found = solved({"M": device()}, {"reduction": "10 %"})
    assert told(found) == ("spare", "at_least", pytest.approx(25, rel=1e-8))
    assert found.now.verdict == "met"


def test_a_target_that_no_value_meets():
    found = solved({"M": device()}, {"reduction": "50 %"})
    assert told(found) == ("never", "", None)
    assert (found.at_needed, found.at_least, found.at_most) == (None, pytest.approx(0), pytest.approx(40))


def test_a_target_that_every_value_meets():
    assert told(solved({"M": device(), "N": device("oven", "100 %")}))[0] == "always"


def test_a_measure_that_does_not_touch_the_target():
    on_oven = {"kind": "subset", "applies_to": {"source_id": "oven"}, "reduction": "10 %"}
    assert told(solved({"M": device()}, on_oven)) == ("no_effect", "", None)


def test_a_limit_is_solved_in_the_unit_of_the_plan():
    # 1 t/t now; 140 of 200 t are left with 400 kg/t at the kiln.
    limit = {"M": measure(action("emission_limit", "kiln", factor_limit="600 kg/t", pollutant="NOx"))}
    found = solved(limit, vary="factor_limit")
    assert told(found) == ("reached", "at_most", pytest.approx(400, rel=1e-8))
    assert (found.unit, found.present, found.least, found.most) == ("kg/t", (pytest.approx(600),), 0, pytest.approx(6000))


def test_a_number_that_the_scenario_sets_keeps_the_unit_it_has_there():
    limit = {"M": measure(action("emission_limit", "kiln", factor_limit="600 kg/t", pollutant="NOx"))}
    found = solved(limit, vary="factor_limit", adjust={"M": {"parameters": {"factor_limit": "0.5 t/t"}}})
    assert (found.unit, found.present, found.needed) == ("t/t", (0.5,), pytest.approx(0.4, rel=1e-8))


def test_a_number_without_unit_and_a_negative_one():
    less = {"M": measure(action("activity_change", "kiln", ratio="0.9"))}
    assert told(solved(less, vary="ratio")) == ("reached", "at_most", pytest.approx(0.4, rel=1e-8))
    change = {"M": measure(action("activity_change", "kiln", change="-10 %"))}
    found = solved(change, vary="change")
    assert told(found) == ("reached", "at_most", pytest.approx(-60, rel=1e-8))
    assert (found.least, found.most) == (-100, 100)


def test_a_number_that_is_nothing_now_has_its_unit_all_the_same():
    # 2 t more than 200 t are 20 kg/t on the kiln; nothing is known of how far it may go, so ten of its unit.
    slip = {"M": measure(action("co_effect", "kiln", addition="0 kg/t", pollutant="NOx"))}
    found = solved(slip, {"reduction": "-0.1 %"}, vary="addition")
    assert told(found) == ("spare", "at_most", pytest.approx(2, rel=1e-8))
    assert (found.unit, found.present, found.least, found.most) == ("kg/t", (0,), -10, 10)


def test_an_assumption_of_the_scenario_is_its_starting_point():
    own = {"M": device(coverage={"value": "50 %", "low": "40 %", "high": "60 %"})}
    assert solved(own, wording="high").present == (60.0,)
    assert solved(own, adjust={"M": {"parameters": {"coverage": "65 %"}}}).present == (65.0,)
    assert solved(own, adjust={"M": {"parameters": {"coverage": "65 %"}}}).needed == pytest.approx(75, rel=1e-8)


def test_a_range_ends_where_the_plan_cannot_be():
    # Beside another 45 % of the same units no more than 55 % are left: 36 + 44 = 80 t; 75 t need 39/0.8 = 48.75 %.
    apart = {"overlaps": [{"measures": ["M", "N"], "relation": "disjoint", "reason": "a trial"}]}
    both = {"M": device(coverage="20 %"), "N": device(coverage="45 %")}
    found = solved(both, {"reduction": "75 t/yr"}, more=apart)
    assert told(found) == ("reached", "at_least", pytest.approx(48.75, rel=1e-8))
    assert found.most == pytest.approx(55, rel=1e-6)
    assert solved(both, {"reduction": "81 t/yr"}, more=apart).outcome == "never"
    assert solved(both, {"reduction": "79 t/yr"}, more=apart).needed == pytest.approx(53.75, rel=1e-8)


@pytest.mark.parametrize(("now", "direction", "needed"), [("20 %", "at_most", 0.1381966011), ("30 %", "at_least", 0.3618033989)])
def test_of_a_curve_that_turns_the_nearer_place_is_given(now, direction, needed):
    # 100·(1 + 2·c)·(1 − c) rises first and falls later; it is 110 t at c = (1 ± √0.2)/4.
    own = {
        "M1a": measure(action("activity_change", "kiln", ratio="3", coverage=now), part="a"),
        "M1b": device(efficiency="100 %", coverage=now, part="b"),
    }
    found = solved(own, {"reduction": "-10 %"}, name="M1", rows=ROWS[:1])
    assert told(found) == ("reached", direction, pytest.approx(100 * needed, rel=1e-8))


@pytest.mark.parametrize(
    ("comparison", "required", "direction", "needed"), [(">=", "80 %", "at_least", 60), ("<=", "55 %", "at_most", 10)]
)
def test_an_indicator_is_solved_as_it_is_written(comparison, required, direction, needed):
    # (100 + 100·x)/200 of the fuel is gas.
    share = {"formula": "share", "of": {"source_id": "gas"}, "among": {"source_id": ["gas", "kiln"]}}
    target = {
        "kind": "indicator",
        "title": LABEL,
        "year": 2025,
        "required": required,
        "comparison": comparison,
        "indicator": share,
    }
    own = {"M": measure(action("fleet_turnover", "kiln", to={"source_id": "gas"}, scrapped="20 %"))}
    found = backcast(
        prepare(scenario(), plan(own, targets={"T": target}), inventory({"source_id": "gas"}, ROWS[0])), "M", "scrapped", "T"
    )
    assert told(found) == ("reached", direction, pytest.approx(needed, rel=1e-8))
    assert (found.at_least, found.at_most) == pytest.approx((50, 100))


def test_an_indicator_of_a_parameter_follows_it():
    own = {"M": device(coverage="40 %")}
    formula = {"formula": "parameter", "measure": "M", "parameter": "coverage"}
    target = {"kind": "indicator", "title": LABEL, "year": 2025, "required": "70 %", "indicator": formula}
    found = backcast(prepare(scenario(), plan(own, targets={"T": target}), inventory(*ROWS)), "M", "coverage", "T")
    assert told(found) == ("reached", "at_least", pytest.approx(70, rel=1e-8))


def test_a_strict_target_is_met_beyond_the_edge():
    found = solved({"M": device()}, {"comparison": ">"})
    assert found.needed == pytest.approx(75, rel=1e-6)
    assert found.at_needed > 30


def test_creditable_tonnes_are_solved_too():
    # Growth is not netted: the device on the grown kiln of 120 t must bring 72 t.
    rows = ({**ROWS[0], "growth_driver": "fast"},)
    own = {"M": device(accountable=True)}
    found = solved(own, {"kind": "creditable", "reduction": "72 t/yr"}, rows=rows)
    assert told(found) == ("reached", "at_least", pytest.approx(75, rel=1e-8))


# ---------------------------------------------------------------- parts


def test_all_parts_of_an_item_take_one_value():
    # 100·c·0.8 + 100·c·0.4 = 60, c = 50 %.
    own = {"M1a": device(coverage="40 %", part="a"), "M1b": device("oven", "30 %", "40 %", part="b")}
    found = solved(own, name="M1")
    assert told(found) == ("reached", "at_least", pytest.approx(50, rel=1e-8))
    assert (found.measures, found.present) == (("M1a", "M1b"), (40.0, 30.0))


def test_only_parts_that_have_the_parameter_are_varied():
    own = {"M1a": device(part="a"), "M1b": measure(action("source_removal", "oven", removed="10 %"), part="b")}
    found = solved(own, name="M1")
    assert (found.measures, found.needed) == (("M1a",), pytest.approx(62.5, rel=1e-8))


# ---------------------------------------------------------------- a factor


def test_one_factor_on_the_adoption_of_all_parts():
    # 50 t now; 60 t at 1.2 times. The device can go to twice its coverage.
    own = {"M1a": device(part="a"), "M1b": measure(action("source_removal", "oven", removed="10 %"), part="b")}
    found = solved(own, vary="factor", name="M1")
    assert told(found) == ("reached", "at_least", pytest.approx(1.2, rel=1e-8))
    assert (found.least, found.most, found.present) == (0, pytest.approx(2), (1.0,))
    assert found.adoption.planned == pytest.approx((0.5, 0.1))
    assert found.adoption.needed == pytest.approx((0.6, 0.12))
    assert solved(own, {"reduction": "60 %"}, vary="factor", name="M1").adoption.needed == ()


def test_better_running_has_no_factor():
    own = case({"M": measure(action("rule_effectiveness", "kiln", gap_closed="50 %"))})
    assert can_vary(own, ["M"]) == ("ceiling", "coverage", "gap_closed", "date")


# ---------------------------------------------------------------- a date


def test_the_last_day_of_a_step():
    found = solved({"M": device(schedule={"date": "2026-06-30"})}, {"reduction": "20 %"}, vary="date")
    assert told(found) == ("reached", "at_most", date(2025, 12, 31))
    assert (found.present, found.least, found.most) == ((date(2026, 6, 30),), date(2021, 1, 1), date(2035, 12, 31))


def test_the_last_day_of_a_ramp():
    # From 2025-01-01: half of 40 t at the end of 2025 if the ramp has 730 days, to 2026-12-31; a day later is less.
    ramp = {"start": "2025-01-01", "end": "2025-12-31"}
    found = solved({"M": device(schedule=ramp)}, {"reduction": "20 t/yr"}, vary="date")
    assert told(found) == ("spare", "at_most", date(2026, 12, 31))
    assert found.at_needed == pytest.approx(20, rel=1e-12)


def test_a_curve_is_shifted_as_a_whole():
    # Half at the first point, all two years later: half is enough, so the first point may be the last day of 2025.
    curve = {"2023-01-01": 0.5, "2025-01-01": 1.0}
    found = solved({"M": device(schedule={"curve": curve})}, {"reduction": "10 %"}, vary="date")
    assert told(found)[:2] == ("spare", "at_most")
    assert abs((found.needed - date(2027, 12, 31)).days) <= 1


def test_a_date_before_the_start_takes_the_start_along():
    ramp = {"start": "2027-01-01", "end": "2028-12-31"}
    assert told(solved({"M": device(schedule=ramp)}, {"reduction": "20 %"}, vary="date")) == (
        "reached", "at_most", date(2025, 12, 31),
    )  # fmt: skip


# ---------------------------------------------------------------- faults


def asked(found, *words):
    with pytest.raises(BadInput) as bad:
        backcast(found, *words)
    return str(bad.value).splitlines()


def test_names_that_are_not_known_are_told_at_once():
    assert asked(case({"M12": device()}, {}), "M13", "coverage", "Q") == [
        "--measure: there is no measure 'M13' in the plan; did you mean 'M12'?",
        '--target: there is no target "Q" in this scenario; there are: T',
    ]


def test_what_cannot_be_varied_is_told_with_what_can():
    (line,) = asked(case({"M": device()}, {}), "M", "coverag", "T")
    assert "coverage, efficiency, rule_effectiveness, date, factor" in line
    assert "did you mean 'coverage'" in line


def test_a_measure_that_does_not_run_and_a_target_without_value():
    assert "does not run" in asked(case({"M": device()}, {}, measures={"without": ["M"]}), "M", "coverage", "T")[0]
    assert "cannot be assessed" in asked(case({"M": device()}, {"reduction": None}), "M", "coverage", "T")[0]


# ---------------------------------------------------------------- what is told


@pytest.mark.parametrize(
    ("target", "vary", "said"),
    [
        ({}, "coverage", "T is missed now (20.00 %, required >= 30 %); it is met with coverage of M at least 75 %."),
        ({"reduction": "10 %"}, "coverage", "T is met now (20.00 %, required >= 10 %); it stays met with coverage of M at least 25 %."),
        ({"reduction": "10 %"}, "date", "T is met now (20.00 %, required >= 10 %); it stays met with date of M no later than 2025-12-31."),
        ({}, "factor", "T is missed now (20.00 %, required >= 30 %); it is met with factor of M at least × 1.5. Share of units reached: M 50 % → 75 %."),
        ({"reduction": "50 %"}, "coverage", "No coverage of M from 0 % to 100 % meets T: it gives 0.00 % and 40.00 %, required is >= 50 %."),
        ({"reduction": "-1 %"}, "coverage", "Every coverage of M from 0 % to 100 % meets T: it gives 0.00 % and 40.00 %, required is >= -1 %."),
    ],
)  # fmt: skip
def test_one_sentence_says_the_result(target, vary, said):
    assert tables.backcast(solved({"M": device()}, target, vary=vary), "en").note == said


def test_the_table_has_a_line_for_each_place_of_the_range():
    found = tables.backcast(solved({"M1a": device(part="a"), "M1b": device("oven", "10 %", part="b")}, name="M1"), "zh")
    assert found.rows == (
        ("50 %, 10 %", "24.00 %", "现状"),
        ("37.5 %", "30.00 %", "恰好达标"),
        ("0 %", "0.00 %", "范围下限"),
        ("100 %", "80.00 %", "范围上限"),
    )
    assert "同一数值" in found.note


def test_plain_data_holds_numbers_and_days():
    data = json.loads(json.dumps(tables.backcast_data(solved({"M": device()}))))
    assert (data["needed"], data["unit"], data["direction"], data["now"]["verdict"]) == (75, "%", "at_least", "missed")
    data = json.loads(json.dumps(tables.backcast_data(solved({"M": device()}, {"reduction": "10 %"}, vary="date"))))
    assert (data["needed"], data["present"]) == ("2025-12-31", ["2025-12-31"])
