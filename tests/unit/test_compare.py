"""Scenarios side by side and their difference split, where it can be worked out by hand: a kiln of 100 t."""

import json
from dataclasses import replace
from itertools import permutations
from math import factorial

import numpy as np
import pytest
from small import LABEL, action, inventory, measure, plan, scenario, switch

from emisim.case import prepare
from emisim.errors import BadInput
from emisim.questions.compare import compare, difference
from emisim.questions.mixture import PARTS
from emisim.report import compare_tables as tables

GROWTH = {"slow": {2020: 1.0, 2025: 1.0}, "fast": {2020: 1.0, 2025: 1.2}}
KILN = {"source_id": "kiln"}
DEVICE = {"efficiency": "80 %", "coverage": "50 %", "pollutant": "NOx"}


def case(acts=None, rows=(KILN,), more=None, pollutants=("NOx",), change=None, **asked):
    """A bound scenario; ``more`` is of the plan, ``asked`` of the scenario, ``change`` replaces columns of the inventory."""
    found = inventory(*rows, growth=GROWTH, pollutants=pollutants)
    return prepare(scenario(**asked), plan(acts or {}, **(more or {})), replace(found, **(change or {})))


def device(coverage="50 %", **more):
    return {"M": measure(action("end_of_pipe", "kiln", **{**DEVICE, "coverage": coverage, **more}))}


def split(first, second, pollutant="NOx", year=None):
    """The parts that are not nothing; they must sum to the difference."""
    found = difference(first, second, year)
    whole = found.second - found.first
    assert found.parts.sum(axis=0) == pytest.approx(whole, rel=1e-9, abs=1e-9)
    at = found.pollutants.index(pollutant)
    return {name: t for name, t in zip(PARTS, found.totals[:, at].tolist(), strict=True) if t != 0.0}


def only(part, tonnes):
    return {part: pytest.approx(tonnes, rel=1e-12)}


# ---------------------------------------------------------------- one thing differs


def test_only_growth():
    # 60 t at 100 % activity, 72 t at 120 %.
    assert split(case(device()), case(device(), [{**KILN, "growth_driver": "fast"}])) == only("growth", 12)


def test_only_activity():
    assert split(case(device()), case(device(), [{**KILN, "activity": 150.0}])) == only("activity", 30)


def test_a_source_that_one_has_not_is_activity():
    assert split(case(), case(rows=[KILN, {"source_id": "oven", "activity": 40.0}])) == only("activity", 40)
    assert split(case(rows=[KILN, {"source_id": "oven", "activity": 40.0}]), case()) == only("activity", -40)


def test_only_the_factor():
    assert split(case(device()), case(device(), [{**KILN, "factor": 2.0}])) == only("factor", 60)


def test_existing_control_is_factor():
    # A replacement of half: 50 + 50·0.2/(1 − η0); with η0 = 60 % 75 t, with none 60 t.
    replaces = device(kind="replacement")
    old = {"existing_efficiency": np.array([[0.6]])}
    assert split(case(replaces), case(replaces, change=old)) == only("factor", 15)


def test_only_coverage():
    assert split(case(device("50 %")), case(device("75 %"))) == only("coverage", -20)


def test_a_measure_that_one_has_not_is_coverage():
    assert split(case(), case(device())) == only("coverage", -40)
    assert split(case(device()), case(device(), measures={"without": ["M"]})) == only("coverage", 40)


def test_rows_of_a_measure_are_coverage():
    both = [KILN, {"source_id": "oven"}]
    wide = {"M": measure(action("end_of_pipe", ["kiln", "oven"], **DEVICE))}
    assert split(case(device(), both), case(wide, both)) == only("coverage", -40)


def test_how_coverages_overlap_is_coverage():
    # Twice half of the units by 80 %: 36 t if independent, 20 t if disjoint.
    two = {**device(), "N": device()["M"]}
    apart = {"overlaps": [{"measures": ["M", "N"], "relation": "disjoint", "reason": "a trial"}]}
    assert split(case(two), case(two, more=apart)) == only("coverage", -16)


def test_a_gap_that_is_closed_further_is_coverage_and_its_ceiling_efficiency():
    # U = 100/(1 − 0.5·0.6); RE' = 0.6 + (RE_max − 0.6)·g.
    def running(gap, ceiling):
        own = {"M": measure(action("rule_effectiveness", "kiln", gap_closed=gap, ceiling=ceiling))}
        return case(own, change={"existing_efficiency": np.array([[0.5]]), "existing_effectiveness": np.array([[0.6]])})

    def left(gap, ceiling):
        return 100 / 0.7 * (1 - 0.5 * (0.6 + (ceiling - 0.6) * gap))

    assert split(running("50 %", "90 %"), running("100 %", "90 %")) == only("coverage", left(1, 0.9) - left(0.5, 0.9))
    assert split(running("50 %", "90 %"), running("50 %", "80 %")) == only("efficiency", left(0.5, 0.8) - left(0.5, 0.9))


def test_only_efficiency():
    assert split(case(device()), case(device(efficiency="60 %"))) == only("efficiency", 10)


def test_a_combination_of_devices_is_efficiency():
    both = {name: measure(action("end_of_pipe", "kiln", efficiency="40 %", device=name, pollutant="NOx")) for name in "AB"}
    table = {"combinations": [{"devices": ["A", "B"], "pollutant": "NOx", "efficiency": "70 %"}]}
    assert split(case(both), case(both, more=table)) == only("efficiency", 30 - 36)


def test_where_units_go_is_efficiency():
    rows = [KILN, {"source_id": "gas", "factor": 0.5}, {"source_id": "coal", "factor": 1.5}]

    def to(name):
        return case({"M": measure(action("fleet_turnover", "kiln", to={"source_id": name}, scrapped="40 %"))}, rows)

    assert split(to("gas"), to("coal")) == only("efficiency", 40)


def test_a_cap_is_efficiency_also_where_its_rows_differ():
    rows = [KILN, {"source_id": "oven"}]

    def capped(limit, names):
        return case({"M": measure(action("cap", names, limit=limit))}, rows)

    assert split(capped("150 t/yr", ["kiln", "oven"]), capped("100 t/yr", ["kiln", "oven"])) == only("efficiency", -50)
    # The kiln alone under 60 t, both under 60 t: what is reached, not what is done there.
    assert split(capped("60 t/yr", ["kiln"]), capped("60 t/yr", ["kiln", "oven"])) == only("coverage", 60 - 160)


def test_only_timing():
    late = {"M": measure(*device()["M"]["actions"], schedule={"date": "2026-06-30"})}
    assert split(case(device()), case(late)) == only("timing", 40)


def test_the_same_scenario_has_no_difference():
    assert split(case(device()), case(device())) == {}


# ---------------------------------------------------------------- several things differ


def test_what_growth_and_coverage_bring_together_is_shared_half_and_half():
    # 100 t·0.84 = 84 t and 120 t·0.6 = 72 t: growth 20·(0.84 + 0.6)/2, coverage −0.24·(100 + 120)/2.
    found = split(case(device("20 %")), case(device("50 %"), [{**KILN, "growth_driver": "fast"}]))
    assert found == {"growth": pytest.approx(14.4), "coverage": pytest.approx(-26.4)}


def test_all_six_at_once():
    # E = a·g·f·(1 − φ·c·η), each part the mean over all 720 orders.
    first = {"growth": 1.0, "activity": 100.0, "factor": 1.0, "coverage": 0.5, "efficiency": 0.8, "timing": 1.0}
    second = {"growth": 1.2, "activity": 150.0, "factor": 0.6, "coverage": 0.7, "efficiency": 0.9, "timing": 0.5}

    def tonnes(taken):
        v = {**first, **{g: second[g] for g in taken}}
        return v["activity"] * v["growth"] * v["factor"] * (1 - v["timing"] * v["coverage"] * v["efficiency"])

    wanted = dict.fromkeys(PARTS, 0.0)
    for order in permutations(PARTS):
        for k, part in enumerate(order):
            wanted[part] += (tonnes(order[: k + 1]) - tonnes(order[:k])) / factorial(6)
    half_way = {"curve": {"2025-01-01": 0.5, "2026-12-31": 0.5}}
    other = {"M": measure(action("end_of_pipe", "kiln", coverage="70 %", efficiency="90 %", pollutant="NOx"), schedule=half_way)}
    row = {**KILN, "growth_driver": "fast", "activity": 150.0, "factor": 0.6}
    found = split(case(device()), case(other, [row]))
    assert found == pytest.approx(wanted, rel=1e-12)


def test_what_a_source_of_one_side_saves_is_shared_with_the_coverage():
    # The oven of 40 t, and a measure that takes half of it, are in the second only: 20 t. Activity 40 or 20, coverage 0 or −20.
    half = {"M": measure(action("source_removal", "oven", removed="50 %"))}
    found = split(case(), case(half, [KILN, {"source_id": "oven", "activity": 40.0}]))
    assert found == {"activity": pytest.approx(30), "coverage": pytest.approx(-10)}


def test_what_is_done_is_told_apart_row_by_row():
    # Limits 5·V and 10·V: kiln 50 t, oven 20 or 40 t, mill 60 t, each 100 t without. The oven alone is in both.
    gas = {"flue_gas": np.array([[1e5], [4e4], [6e4]])}

    def limit(names, concentration):
        own = {"M": measure(action("emission_limit", names, concentration=concentration, pollutant="NOx"))}
        return case(own, [{"source_id": name} for name in ("kiln", "oven", "mill")], change=gas)

    found = split(limit(["kiln", "oven"], "5000 mg/Nm3"), limit(["oven", "mill"], "10000 mg/Nm3"))
    assert found == {"coverage": pytest.approx(10), "efficiency": pytest.approx(20)}


def test_actions_are_matched_by_their_rows_before_their_place():
    # Kiln and oven at 60 t each; then the oven alone at 70 t.
    rows = [KILN, {"source_id": "oven"}]
    oven = {**DEVICE, "efficiency": "60 %"}
    both = {"M": measure(action("end_of_pipe", "kiln", **DEVICE), action("end_of_pipe", "oven", **DEVICE))}
    found = split(case(both, rows), case({"M": measure(action("end_of_pipe", "oven", **oven))}, rows))
    assert found == {"coverage": pytest.approx(40), "efficiency": pytest.approx(10)}


def test_swapped_is_negated():
    one, two = case(device("20 %")), case(device(efficiency="60 %"), [{**KILN, "growth_driver": "fast"}])
    there, back = split(one, two), split(two, one)
    assert back == pytest.approx({part: -t for part, t in there.items()}, rel=1e-12)


def test_stages_are_the_same_by_name_whatever_else_a_plan_names():
    # One stage: the better counts, 20 t. The second plan also names stages that sort before it.
    def plan_of(*more):
        own = {n: measure(action("end_of_pipe", "kiln", efficiency=e, stage="post", pollutant="NOx")) for n, e in (("M", "80 %"), ("N", "50 %"))}  # fmt: skip
        return own | {n: measure(action("end_of_pipe", "oven", efficiency="10 %", stage=n, pollutant="NOx")) for n in more}

    rows = [KILN, {"source_id": "oven"}]
    assert split(case(plan_of(), rows), case(plan_of("a", "b"), rows)) == only("coverage", -19)


def test_the_stage_of_a_device_that_stands_is_found_again():
    # 80 % at the stage of the existing 60 %: the better of the two leaves 100/0.4·0.2 = 50 t.
    stands = {"existing_efficiency": np.array([[0.6], [0.0]]), "stage": np.array([["post"], [""]])}
    rows = [KILN, {"source_id": "oven"}]
    own = {"M": measure(action("end_of_pipe", "kiln", efficiency="80 %", stage="post", pollutant="NOx"))}
    more = {"N": measure(action("end_of_pipe", "oven", efficiency="10 %", stage="a", pollutant="NOx"))}
    assert split(case(own, rows, change=stands), case(own | more, rows, change=stands)) == only("coverage", -10)


def test_additions_at_one_stage_stay_at_one_stage_in_between():
    # 20 and 30 t at one stage are 30 t; in the second M alone brings 10 t. Between: 30 t, or M's 20 t.
    def slip(name, addition):
        return {name: measure(action("co_effect", "kiln", addition=addition, stage="post", pollutant="NOx"))}

    rows = [KILN, {"source_id": "oven", "activity": 0.0}]
    more = {"O": measure(action("co_effect", "oven", addition="0 kg/t", stage="a", pollutant="NOx"))}
    found = split(case(slip("M", "200 kg/t") | slip("N", "300 kg/t"), rows), case(slip("M", "100 kg/t") | more, rows))
    assert found == {"coverage": pytest.approx(-15), "efficiency": pytest.approx(-5)}


def test_manure_chains_are_followed():
    # NH3 of the house is lost to the store: what the store gets hangs on the house, whichever side it is from.
    rows = [
        {"source_id": "house", "factor": 0.2},
        {"source_id": "store", "activity": 80.0, "factor": 0.1, "inflow_from": "house"},
    ]
    less = {"M": measure(action("factor_substitution", "house", substituted="50 %", ratio=0.0, pollutant="NH3"))}
    more = [{**rows[0], "factor": 0.3}, {**rows[1], "activity": 70.0}]
    found = difference(case({}, rows, pollutants=("NH3",)), case(less, more, pollutants=("NH3",)))
    assert found.parts.sum(axis=0) == pytest.approx(found.second - found.first, rel=1e-12)
    assert found.first.sum() == pytest.approx(28)
    assert (found.totals[:, 0] != 0).tolist() == [False, True, True, True, False, False]


def test_whether_a_row_counts_is_activity():
    assert split(case(rows=[{**KILN, "memo": "yes"}]), case()) == only("activity", 100)


def test_memo_rows_do_not_count_and_sectors_sum_to_the_total():
    rows = [KILN, {"source_id": "ship", "memo": "yes"}, {"source_id": "field", "sector": "agriculture"}]
    found = difference(case(device(), rows), case(device("75 %"), [{**r, "factor": 2.0} for r in rows]))
    assert found.sectors == ("process", "agriculture")
    assert found.first[:, 0].tolist() == pytest.approx([60, 100])
    assert found.second[:, 0].tolist() == pytest.approx([80, 200])
    assert found.parts.sum(axis=1) == pytest.approx(found.totals)


def test_only_pollutants_of_both_are_compared():
    one, two = case(pollutants=("VOC", "NOx"), rows=[{**KILN, "factor": (5.0, 1.0)}]), case(rows=[{**KILN, "factor": 2.0}])
    assert difference(one, two).pollutants == ("NOx",)
    assert split(one, two) == only("factor", 100)
    assert split(two, one) == only("factor", -100)


# ---------------------------------------------------------------- years


def test_the_last_common_year_is_taken():
    fast = [{**KILN, "growth_driver": "fast"}]
    one, two = case(), case(rows=fast, target_year=2024)
    assert difference(one, two).year == 2024
    assert split(one, two) == only("growth", 16)
    assert split(one, two, year=2022) == only("growth", 8)
    assert compare([one, two]).year == 2024


@pytest.mark.parametrize("year", [2019, 2025])
def test_a_year_that_not_all_have_is_refused(year):
    with pytest.raises(BadInput, match="2020 to 2024"):
        difference(case(), case(target_year=2024), year)


def test_one_scenario_is_nothing_to_compare():
    with pytest.raises(BadInput, match="at least two"):
        compare([case()])


# ---------------------------------------------------------------- side by side

NET = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025, "reduction": "35 %"}


def test_side_by_side():
    fast = [{**KILN, "growth_driver": "fast"}, {"source_id": "field", "sector": "agriculture"}]
    own = {"targets": {"T": NET}, "switches": {"s": switch(("one", {}), ("two", {}))}}
    other = {"targets": {"U": NET}, "switches": {"s": switch(("one", {}), ("two", {}), default="two")}}
    found = compare([case(device(), more=own), case({**device(), "N": device()["M"]}, fast, more=other), case()])
    first, second, third = found.columns
    assert [c.name for c in found.columns] == ["trial", "trial (2)", "trial (3)"]
    assert (second.totals["NOx"].base, second.totals["NOx"].reference) == pytest.approx((200, 220))
    assert second.totals["NOx"].plan == pytest.approx(100 + 120 * 0.36)
    assert second.sectors["process"]["NOx"].plan == pytest.approx(120 * 0.36)
    assert found.sectors == ("process", "agriculture")
    assert found.pollutants == ("NOx",)
    assert found.targets == ("T", "U")
    assert (first.verdicts["T"].verdict, second.verdicts["U"].verdict, dict(third.verdicts)) == ("met", "missed", {})
    assert found.measures == {"M": (True, True, False), "N": (False, True, False)}
    assert found.switches == {"s": ("one", "two", None)}


# ---------------------------------------------------------------- tables


def two():
    """The device on a slow kiln, and on twice as many units of a fast one that has another target."""
    net = {"targets": {"T": NET}}
    return case(device("20 %"), more=net), case(
        {**device(), "N": measure(action("indicator_only"))}, [{**KILN, "growth_driver": "fast"}]
    )


def texts(table):
    assert all(len(row) == len(table.header) for row in table.rows)
    return [list(row) for row in table.rows]


def test_tables_of_two_scenarios_show_their_difference():
    found = compare(two())
    assert tables.totals(found, "en").header == ("pollutant", "level", "trial", "trial (2)", "difference")
    assert texts(tables.totals(found, "en")) == [
        ["NOx", "base", "100", "100", "0"],
        ["NOx", "existing", "100", "120", "+20.0"],
        ["NOx", "plan", "84.0", "72.0", "-12.0"],
    ]
    assert texts(tables.by_sector(found, "en")) == [["industrial processes", "NOx", "84.0", "72.0", "-12.0"]]
    assert texts(tables.targets(found, "en")) == [["T", ">= 35 %", "missed 16.00 %", "–", "trial"]]
    assert texts(tables.measures(found, "en")) == [["N", "–", "runs", "trial"]]
    assert texts(tables.switches(found, "en")) == []


def test_tables_of_three_scenarios_have_a_column_each():
    found = compare([*two(), case()])
    assert tables.totals(found, "zh").header[2:] == ("trial", "trial (2)", "trial (3)")
    assert texts(tables.measures(found, "zh")) == [["M", "实施", "实施", "–", "试"], ["N", "–", "实施", "–", "试"]]


def test_the_table_of_parts_begins_with_the_first_and_ends_with_the_second():
    found = texts(tables.split(difference(*two()), "en"))
    assert [row[1] for row in found] == ["84.0", "+14.4", "0", "0", "-26.4", "0", "0", "-12.0", "72.0"]
    assert texts(tables.split(difference(*two()), "zh", "process")) != []


def test_plain_data_can_be_written_and_sums():
    data = json.loads(json.dumps(tables.as_data(compare(two()), [difference(*two())])))
    assert data["totals"]["NOx"]["trial (2)"] == {"base": 100, "reference": 120, "plan": 72}
    assert data["targets"]["T"]["trial (2)"] is None
    assert data["measures"] == {"N": {"trial": False, "trial (2)": True}}
    for entry in (data["differences"][0]["totals"]["NOx"], data["differences"][0]["sectors"]["process"]["NOx"]):
        assert sum(entry["parts"].values()) == pytest.approx(entry["difference"]) == pytest.approx(-12)
