"""The two plan files: every clause with a direct effect once, read by the plan's own words, with graded numbers and no double counting."""

import re
from datetime import date
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import pytest
import yaml

from emisim.io.config_file import load
from emisim.simulate import simulate
from emisim.units import read

ROOT = Path(__file__).parents[2]
PLANS = {"mengjin": "M", "yichuan": "Y"}

# Every clause with a direct effect on NOx, VOC or NH3: the word of the plan text that decides its strength, and the clauses read so.
# (The plan texts: 孟政办〔2024〕21号; 伊川县空气质量持续改善实施方案.) The number is the item and sub-item.
WORDS = {
    "full": {
        "严禁": "M01b M16b Y01b Y17b", "动态清零": "M03b Y03b", "确保": "M06a Y06a", "严格": "M06c M182 Y06c Y192", "全面": "M07b M112 M20b Y07b Y112",
        "不再新增": "M08a Y08a", "全部": "M111a M20f M231a Y111a Y21f Y241a", "禁止": "M12c Y12c", "依法关闭": "M15b Y16b", "不得": "M19e",
        "要达到": "M20a Y21a", "完成": "M20e Y21e",
    },
    "basic": {
        "原则上": "M01c M07a M10b M113a M15a Y01c Y07a Y10b Y113a Y16a",
        "基本": "M07c M111b M111d M12e M183 M19h M19i Y07c Y09b Y111b Y111d Y12f Y193",
    },
    "dated": {
        "2025年底前": "M07e M08c M08d Y07e Y08c Y08d", "2024年10月底前": "M21b Y08b Y22b", "达到": "M16a Y17a", "15%以上": "Y10d", "巩固": "M09b",
        "依法依规实施": "M12a Y12a", "按要求规范开展": "M19f", "实施": "M21c Y22c", "淘汰": "M21d Y02c Y22d",
    },
    "strive": {"力争": "M20c Y10e Y10f"},
    "push": {
        "进一步排查": "M03a Y03a", "推广": "M04b M111c M22b M22c Y04b Y111c Y23b Y23c", "加快": "M05a M07d M12b Y05a Y07d Y12b Y21b", "重点压减": "M06b Y06b",
        "推进": "M08b", "优先": "M10a Y10a", "推动": "M10c M181c M19b Y10c Y12e Y191c Y20b", "持续深化": "M19a Y20a", "加强": "M19c M19d M22e Y20c Y20d Y23e",
        "持续推进": "M20d Y21c", "强化": "M22f Y23f", "积极": "M26a Y27a", "提标改造": "Y21d",
    },
    "gradual": {"逐步": "M02a Y02a", "有序": "M02b Y02b", "提高": "M12d Y12d", "稳妥": "Y09c"},
    "encourage": {"鼓励": "M03c M181a M22a Y02d Y03c Y191a Y23a", "支持": "M27a Y28a"},
}  # fmt: skip
CLAUSES = {clause: strength for strength, words in WORDS.items() for ids in words.values() for clause in ids.split()}
# Dates other than the horizon of the plans, 31 December 2025.
DUE = {
    "M08b": date(2024, 10, 31), "M20b": date(2024, 10, 31), "M21b": date(2024, 10, 31), "M21c": date(2024, 11, 1), "M20c": date(2025, 9, 30),
    "Y08b": date(2024, 10, 31), "Y22b": date(2024, 10, 31), "Y22c": date(2024, 11, 1), "Y09b": date(2025, 11, 15),
}  # fmt: skip
# The same clause in both plans. Item numbers shift by one from 15 on (14 of Yichuan is the end of 13 in Mengjin).
PAIRS = """
    M01b=Y01b M01c=Y01c M02a=Y02a M02b=Y02b M03a=Y03a M03b=Y03b M03c=Y03c M04b=Y04b M05a=Y05a M06a=Y06a M06b=Y06b M06c=Y06c M07a=Y07a M07b=Y07b
    M07c=Y07c M07d=Y07d M07e=Y07e M08a=Y08a M08c=Y08c M08d=Y08d M10b=Y10b M111a=Y111a M111b=Y111b M111d=Y111d M112=Y112 M113a=Y113a M12a=Y12a
    M12b=Y12b M12c=Y12c M12d=Y12d M12e=Y12f M15a=Y16a M15b=Y16b M16a=Y17a M16b=Y17b M181a=Y191a M181c=Y191c M182=Y192 M183=Y193 M19a=Y20a
    M19c=Y20c M20a=Y21a M20d=Y21c M20e=Y21e M20f=Y21f M21b=Y22b M21c=Y22c M21d=Y22d M22a=Y23a M22b=Y23b M22c=Y23c M22e=Y23e M22f=Y23f
    M231a=Y241a M26a=Y27a M27a=Y28a
"""
TWINS = dict(pair.split("=") for pair in PAIRS.split())
DIFFER = {
    "M111b": "the Yichuan plan runs nine months longer, so more cars are renewed under it",
    "M12b": "as above; rail yards in Yichuan, construction sites in Mengjin",
    "M12d": "tourist boats are known in Mengjin only",
    "M16a": "straw use 95 % in Mengjin, 93 % in Yichuan",
    "M20d": "glass and ceramics in Mengjin; carbon and lime in Yichuan (slip added per tonne differs by kiln)",
    "M21b": "glass and ceramics in Mengjin",
    "M08c": "recycled-aluminium furnaces on heavy oil in Yichuan",
}


@cache
def plan(county: str) -> dict:
    return yaml.safe_load((ROOT / "inputs" / "plans" / f"{county}.yaml").read_text(encoding="utf-8"))


@cache
def case(county: str):
    return load(ROOT / "scenarios" / f"{county}-2025.yaml").case


@cache
def result(county: str):
    return simulate(case(county))


def measures(county: str) -> dict[str, dict]:
    return plan(county)["measures"]


ALL = [(county, name) for county in PLANS for name in sorted(c for c in CLAUSES if c[0] == PLANS[county])]


def parameters(node, path=""):
    """All parameters with their own grade, wherever they stand."""
    for key, value in node.items():
        if isinstance(value, dict) and "value" in value:
            yield f"{path}/{key}", value
        elif isinstance(value, dict):
            yield from parameters(value, f"{path}/{key}")


def rows(county: str, name: str, mechanisms: str = "", device: str = "") -> set[str]:
    """Ids of the rows a measure acts on."""
    inventory, found = case(county).inventory, set()
    for action in measures(county)[name].get("actions", []):
        if mechanisms and action["mechanism"] not in mechanisms.split():
            continue
        if device and action["parameters"].get("device") not in device.split():
            continue
        selector = action["applies_to"] if isinstance(action["applies_to"], list) else [action["applies_to"]]
        selector = [{k: tuple(map(str, v if isinstance(v, list) else [v])) for k, v in mapping.items()} for mapping in selector]
        found |= set(inventory.ids[inventory.select(selector)].tolist())
    return found


def test_the_lists_of_this_file_name_each_clause_once():
    ids = [clause for words in WORDS.values() for text in words.values() for clause in text.split()]
    assert len(ids) == len(set(ids)) == 69 + 72


@pytest.mark.parametrize("county", PLANS)
def test_every_clause_with_a_direct_effect_is_there_once_and_no_other(county):
    assert set(measures(county)) == {c for c in CLAUSES if c[0] == PLANS[county]}
    text = (ROOT / "inputs" / "plans" / f"{county}.yaml").read_text(encoding="utf-8")
    assert all(len(re.findall(rf"(?m)^  {name}:$", text)) == 1 for name in measures(county))


@pytest.mark.parametrize("county, name", ALL)
def test_a_measure_says_what_who_how_strong_when_and_on_what(county, name):
    measure = measures(county)[name]
    assert (
        re.search("[一-鿿]", measure["title"]["zh"])
        and re.search("[A-Za-z]{4}", measure["title"]["en"])
        and not re.search("[一-鿿]", measure["title"]["en"])
    )
    assert measure["lead"] and all(re.search("[一-鿿]", who) for who in measure["lead"])
    assert name[1:].startswith(measure["clause"].zfill(2)) and name.endswith(measure["part"])
    assert isinstance(measure["accountable"], bool)
    assert ("actions" in measure) != ("no_source" in measure)
    if "no_source" in measure:
        assert len(measure["no_source"]) > 20, "a reason, please"
    else:
        assert measure["actions"]


@pytest.mark.parametrize("county, name", ALL)
def test_strength_and_date_are_those_of_the_text(county, name):
    measure = measures(county)[name]
    assert measure["wording"] == CLAUSES[name]
    schedule = measure["schedule"]
    assert schedule.get("end", schedule.get("date")) == DUE.get(name, date(2025, 12, 31))
    assert schedule["start"] < schedule["end"]


@pytest.mark.parametrize("county, name", ALL)
def test_every_parameter_has_a_grade_a_source_and_a_range_that_holds_its_value(county, name):
    for action in measures(county)[name].get("actions", []):
        for where, item in parameters(action.get("parameters", {})):
            assert item["grade"] in set("ABCDE"), where
            assert len(item["source"]) > 5, where
            if item["grade"] == "E":
                assert re.search("expert|plan item", item["source"]), (where, item["source"])
            texts = [str(item[k]) for k in ("low", "value", "high") if k in item]
            units = {t.split(maxsplit=1)[1] if " " in t else "" for t in texts}
            assert len(units) == 1, f"{where}: one unit in {texts}"
            assert units != {""} or action["mechanism"] in "cap fleet_turnover mode_shift technology_share", (
                f"{where}: {texts} wants a unit"
            )
            numbers = [float(t.split()[0]) for t in texts]
            assert all(a <= b for a, b in pairwise(numbers)), where
            assert ("low" in item) == ("high" in item) == ("distribution" in item), where


@pytest.mark.parametrize("one, two", TWINS.items())
def test_the_same_clause_is_read_alike_in_both_plans(one, two):
    """Same mechanisms with the same numbers, unless the texts or the counties differ."""
    left, right = measures("mengjin")[one], measures("yichuan")[two]
    assert (
        left["wording"] == right["wording"]
        and left["accountable"] == right["accountable"]
        and left["chapter"] == right["chapter"]
    )

    def numbers(measure):
        found = set()
        for action in measure.get("actions", []):
            for key, item in parameters(action.get("parameters", {})):
                found.add(
                    (action["mechanism"], key, *(str(item.get(k)) for k in ("value", "low", "high", "distribution", "grade")))
                )
        return found

    if one in DIFFER:
        assert numbers(left) != numbers(right), "no longer different: take it off the list"
    else:
        assert numbers(left) == numbers(right)


# ── no double counting ────────────────────────────────────────────────────────────────────────────────────────────────


def apart(county: str, *groups: set[str]) -> bool:
    return all(a.isdisjoint(b) for a, b in combinations(groups, 2))


@pytest.mark.parametrize("county", PLANS)
def test_a_coal_boiler_has_one_fate(county):
    k = PLANS[county]
    assert apart(county, *(rows(county, f"{k}{c}", "fuel_switch") for c in ("07b", "07e", "08d")))


@pytest.mark.parametrize("county, limit", [("mengjin", "M20e"), ("yichuan", "Y21e")])
def test_boilers_that_left_coal_get_no_second_low_nox_credit(county, limit):
    assert rows(county, limit) == {"boiler-gas-conventional"}
    for action in measures(county)[f"{PLANS[county]}07b"]["actions"]:
        assert action["to"].get("technology") in ("low_nox", None) and action["to"]["fuel"] == "gas"


@pytest.mark.parametrize("county, deep, refit", [("mengjin", "M20d", "M21b"), ("yichuan", "Y21c", "Y22b")])
def test_a_kiln_is_refitted_once(county, deep, refit):
    """Where deep treatment and refit meet, they stand at one stage and the pair is declared nested: the better counts."""
    assert rows(county, deep) & rows(county, refit)
    declared = {frozenset(o["measures"]): o["relation"] for o in plan(county)["overlaps"]}
    assert declared[frozenset((deep, refit))] == "nested"
    stages = {
        a["parameters"]["stage"] for m in (deep, refit) for a in measures(county)[m]["actions"] if a["mechanism"] == "end_of_pipe"
    }
    assert stages == {"denox"}
    assert not any("cement" in row for row in rows(county, refit) | rows(county, deep)), "cement has its own clause"


@pytest.mark.parametrize("county, names", [("mengjin", ("M20d", "M21b")), ("yichuan", ("Y21c", "Y22b"))])
def test_ammonia_injection_brings_slip_and_the_slip_clause_caps_it(county, names):
    for name in names:
        injected, slip = rows(county, name, "end_of_pipe", "sncr lnb_sncr"), rows(county, name, "co_effect")
        coal = {"furnace-coal-no-denox", "furnace-heavy-oil-no-denox"}  # these leave under 08c
        assert injected - coal == slip
    cap = rows(county, {"mengjin": "M22f", "yichuan": "Y23f"}[county])
    inventory = case(county).inventory
    ammonia = inventory.pollutants.index("NH3")
    assert all(inventory.flue_gas[inventory.ids.tolist().index(row), ammonia] > 0 for row in cap)
    assert any("brick" in row for row in cap) and any("power" in row for row in cap)


@pytest.mark.parametrize("county", PLANS)
def test_truck_kilometres_are_moved_by_one_clause_each(county):
    k = PLANS[county]
    shifts = [rows(county, name, "mode_shift") for name in measures(county) if name.startswith(f"{k}10")]
    assert apart(county, *shifts)
    assert apart(county, rows(county, f"{k}111d"), rows(county, f"{k}112"))
    assert not any("-vi-" in f"{row}-" or "-v-" in f"{row}-" for row in rows(county, f"{k}112")), (
        "only up to China III, and lean-burn gas"
    )
    assert {"heavy-truck-diesel-china-iii", "heavy-truck-gas-lean-burn"} <= rows(county, f"{k}112"), "国三以下 with China III"


@pytest.mark.parametrize("county, zone, out", [("mengjin", "M12c", "M12e"), ("yichuan", "Y12c", "Y12f")])
def test_the_ban_zone_reads_stage_ii_as_allowed_and_acts_on_what_the_exit_leaves(county, zone, out):
    assert rows(county, zone) < rows(county, out)
    assert all("stage-i-" in row or row.endswith("stage-i") for row in rows(county, zone))


@pytest.mark.parametrize("county", PLANS)
def test_rules_for_new_plants_act_on_growth_only(county):
    k = PLANS[county]
    for name in ("06c", "07a", "08a"):
        assert {a["mechanism"] for a in measures(county)[k + name]["actions"]} == {"cap"}
    for name in ("05a", "06a", "06b", "07d", "111a", "12a"):
        assert {a["mechanism"] for a in measures(county)[k + name]["actions"]} == {"indicator_only"}


@pytest.mark.parametrize("county", PLANS)
def test_the_five_per_cent_of_large_farms_is_a_target_and_no_measure(county):
    goal = plan(county)["targets"]["NH3_LARGE"]
    assert goal["kind"] == "subset" and read(goal["reduction"], "1") == pytest.approx(0.05)
    assert {"mengjin": "M22d", "yichuan": "Y23d"}[county] not in measures(county)


@pytest.mark.parametrize("county", PLANS)
def test_tonnage_targets_have_no_number_and_the_national_ones_are_labelled(county):
    targets = plan(county)["targets"]
    for name in ("NOX_TONNES", "VOC_TONNES"):
        assert targets[name]["kind"] == "creditable" and targets[name]["reduction"] is None
    for name in ("NOX_NATIONAL", "VOC_NATIONAL"):
        assert targets[name]["reference"] is True


@pytest.mark.parametrize("county", PLANS)
def test_no_pair_meets_undeclared_and_only_known_clauses_raise_anything(county):
    """What rises (by more than 0.2 t): slip of nitrogen control, ammonia of stoichiometric gas engines, gas instead of producer gas, output moved to kilns with control."""
    run = result(county)
    known = {"M02b", "M112", "M20d", "M21b", "Y02b", "Y02c", "Y02d", "Y08b", "Y112", "Y21b", "Y21c", "Y21d", "Y22b"}
    assert [warning.values for warning in run.warnings if warning.key == "warning.undeclared"] == []
    totals = run.reductions()[..., -1]
    assert {name for name, cut in zip(run.bound.names, totals, strict=True) if (cut < -0.2).any()} <= known


@pytest.mark.parametrize("county", PLANS)
def test_no_single_clause_brings_an_implausible_share(county):
    """No clause takes more than a twelfth of a pollutant's total: a larger one would be a mistake in coverage or base, not a policy."""
    run = result(county)
    share = run.reductions()[..., -1] / run.totals(run.reference)[:, -1]
    for pollutant in ("NOx", "VOC", "NH3"):
        column = share[:, run.inventory.pollutants.index(pollutant)]
        assert column.max() < 1 / 12, (pollutant, run.bound.names[int(column.argmax())])
