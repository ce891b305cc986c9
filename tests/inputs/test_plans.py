"""The two plan files: every clause of the text once, read by the plan's own words and dates, with graded numbers."""

import re
from collections import Counter
from datetime import date
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml

import emisim
from emisim.case import prepare
from emisim.catalogue import lines
from emisim.errors import BadInput
from emisim.plan import Plan
from emisim.schedule import Schedule
from emisim.units import read
from emisim.vocabulary import wordings

ROOT = Path(__file__).parents[2]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, faster where it is there
PLANS = {"mengjin": "M", "yichuan": "Y"}


def ids(letter: str, text: str) -> list[str]:
    """Ids from items with their parts: ``M`` and ``00ab 112`` → M00a M00b M112."""
    found = []
    for item, parts in re.findall(r"(S?\d+)([a-z]*)", text):
        found += [f"{letter}{item}{part}" for part in parts or ("",)]
    return found


# All items of the two texts with their parts, in their order: 0 are the targets at the head, S1 to S3 the safeguards at the end.
# (The texts: 孟政办〔2024〕21号; 伊川县空气质量持续改善实施方案.) A part of a numbered paragraph has its number first: 111a is 11, 1, a.
ITEMS = {
    "mengjin": """
        00abcd 01abc 02ab 03abc 04ab 05ab 06abc 07abcde 08abcd 09ab 10abcd 111abcd 112 113abcde 12abcde 13abc 141abcde 142 143 15abc 16ab
        17a 181abc 182 183 19abcdefghi 20abcdefg 21abcde 22abcdef 231ab 232 24a 25a 26a 27a 28a 29ab 30a 31a 32a 33a 34a S1a S2a S3a
    """,
    "yichuan": """
        00abcd 01abc 02abcd 03abc 04ab 05ab 06abc 07abcde 08abcd 09abcd 10abcdefg 111abcd 112 113abcde 12abcdef 131 132a 14a 151abcde 152
        153 16abc 17ab 18a 191abc 192 193 20abcd 21abcdefg 22abcde 23abcdef 241ab 242 25a 26a 27a 28a 29a 30ab 31a 32a 33a 34a 35a 36a
        37a 38a
    """,
}
NUMBERS = {"mengjin": [*map(str, range(35)), "S1", "S2", "S3"], "yichuan": [*map(str, range(39))]}
# What each of them is in the model.
ACTING, IDLE = ("direct", "enabling", "not_quantified"), ("indicator", "target", "no_source")
STANDINGS = {
    "mengjin": {
        "direct": "02b 03c 06c 07abce 08acd 09b 10ac 111bcd 112 12bcde 16ab 181ac 182 183 19abcdefhi 20cdef 21bcd 22abcf 231a 26a",
        "enabling": "113cd 13abc 19g 20g 21e 231b 29a 30a S2a S3a",
        "not_quantified": "09a 113e 232 29b 33a",
        "indicator": "01a 05ab 06ab 07d 08b 10d 111a 113b 12a 181b 21a 25a 27a 28a",
        "target": "00abcd 22d",
        "no_source": "01bc 02a 03ab 04ab 10b 113a 141abcde 142 143 15abc 17a 20ab 22e 24a 31a 32a 34a S1a",
    },
    "yichuan": {
        "direct": "02bcd 03c 06c 07abce 08abcd 09bc 10ef 111bd 112 12bcef 17ab 191ac 192 193 20ac 21bcdef 22bcd 23abcf 241a 27a",
        "enabling": "113cd 131 132a 14a 21g 22e 241b 30a 31a 37a 38a",
        "not_quantified": "09ad 113e 242 30b 34a",
        "indicator": "01a 05ab 06ab 07d 10acdg 111ac 113b 12a 191b 22a 26a 28a 29a",
        "target": "00abcd 23d",
        "no_source": "01bc 02a 03ab 04ab 10b 113a 12d 151abcde 152 153 16abc 18a 20bd 21a 23e 25a 32a 33a 35a 36a",
    },
}  # fmt: skip
# The clauses that aim at NOx, VOC or NH3 themselves: the word of the text that decides their strength, and the clauses read so.
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
READ = {name: (strength, word) for strength, words in WORDS.items() for word, text in words.items() for name in text.split()}
# The dates of the texts. A clause without one has none.
DEADLINES = {
    date(2024, 6, 30): "M21a Y22a",
    date(2024, 10, 31): "M08b M20b M21b Y08b Y22b",
    date(2024, 12, 31): "M19g",
    date(2025, 9, 30): "M20c",
    date(2025, 11, 15): "Y09b",
    date(2025, 12, 31): """
        M00a M00b M00c M00d M05b M06a M07e M08c M08d M10d M111d M12e M141e M142 M16a M19h M19i M20e M22d M25a
        Y00a Y00b Y00c Y00d Y05b Y06a Y07e Y08c Y08d Y10d Y10e Y10f Y111d Y12f Y151e Y152 Y17a Y21e Y23d
    """,
}
DEADLINE = {name: day for day, text in DEADLINES.items() for name in text.split()}
# Schedules that are not the plain one, from the date of the plan to the deadline or the end of 2025: when they end, and as a step?
SCHEDULES = {
    "M19g": (date(2024, 12, 31), True), "M20c": (date(2025, 9, 30), True), "M21b": (date(2024, 10, 31), False),
    "M21c": (date(2024, 11, 1), True), "Y08b": (date(2024, 10, 31), True), "Y22c": (date(2024, 11, 1), True),
}  # fmt: skip
# The same clause in both plans. Item numbers shift by one from 15 on (14 of Yichuan is the end of 13 in Mengjin).
PAIRS = """
    M00a=Y00a M00b=Y00b M00c=Y00c M00d=Y00d M01a=Y01a M01b=Y01b M01c=Y01c M02a=Y02a M02b=Y02b M03a=Y03a M03b=Y03b M03c=Y03c M04a=Y04a
    M04b=Y04b M05a=Y05a M05b=Y05b M06a=Y06a M06b=Y06b M06c=Y06c M07a=Y07a M07b=Y07b M07c=Y07c M07d=Y07d M07e=Y07e M08a=Y08a M08c=Y08c
    M08d=Y08d M09a=Y09a M10b=Y10b M111a=Y111a M111b=Y111b M111d=Y111d M112=Y112 M113a=Y113a M113b=Y113b M113c=Y113c M113d=Y113d
    M113e=Y113e M12a=Y12a M12b=Y12b M12c=Y12c M12e=Y12f M13a=Y131 M13b=Y132a M13c=Y14a M141a=Y151a M141b=Y151b M141c=Y151c
    M141d=Y151d M141e=Y151e M142=Y152 M143=Y153 M15a=Y16a M15b=Y16b M15c=Y16c M16a=Y17a M16b=Y17b M17a=Y18a M181a=Y191a M181b=Y191b
    M181c=Y191c M182=Y192 M183=Y193 M19a=Y20a M19c=Y20c M20a=Y21a M20d=Y21c M20e=Y21e M20f=Y21f M20g=Y21g M21a=Y22a M21b=Y22b M21c=Y22c
    M21d=Y22d M21e=Y22e M22a=Y23a M22b=Y23b M22c=Y23c M22d=Y23d M22e=Y23e M22f=Y23f M231a=Y241a M231b=Y241b M232=Y242 M25a=Y26a M26a=Y27a
    M27a=Y28a M28a=Y29a M29a=Y30a M29b=Y30b M30a=Y31a M31a=Y32a M32a=Y33a M33a=Y34a M34a=Y35a MS1a=Y36a MS2a=Y37a MS3a=Y38a
"""
TWINS = dict(pair.split("=") for pair in PAIRS.split())
DIFFER = {
    "M111b": "the Yichuan plan runs nine months longer, so more cars are renewed under it",
    "M12b": "as above; rail yards in Yichuan, construction sites in Mengjin",
    "M16a": "straw use 95 % in Mengjin, 93 % in Yichuan",
    "M20d": "glass and ceramics in Mengjin; carbon and lime in Yichuan (slip added per tonne differs by kiln)",
    "M21b": "glass and ceramics in Mengjin",
    "M08c": "recycled-aluminium furnaces on heavy oil in Yichuan",
}
AMBIGUITIES = {f"A{n}" for n in range(1, 29)}


@cache
def plan(county: str) -> dict:
    return yaml.load((ROOT / "inputs" / "plans" / f"{county}.yaml").read_text(encoding="utf-8"), LOADER)


@cache
def loaded(county: str):
    return emisim.load(ROOT / "scenarios" / f"{county}-2025.yaml")


def case(county: str):
    return loaded(county).case


@cache
def result(county: str):
    return emisim.run(loaded(county))


def measures(county: str) -> dict[str, dict]:
    return plan(county)["measures"]


def catalogue(county: str) -> list[str]:
    return ids(PLANS[county], ITEMS[county])


def standing(county: str) -> dict[str, str]:
    return {name: word for word, text in STANDINGS[county].items() for name in ids(PLANS[county], text)}


def entry(county: str, name: str) -> dict:
    return (plan(county)["measures"] | plan(county)["clauses"])[name]


def every(*words: str) -> list[tuple[str, str]]:
    """(county, id) of all clauses of some standings."""
    return [(county, name) for county in PLANS for name, word in standing(county).items() if word in words]


MEASURES, ALL = every(*ACTING), every(*ACTING, *IDLE)


def parameters(node, path=""):
    """All parameters with a value, wherever they stand; those that take the scale of wording among them."""
    for key, value in node.items():
        if value == "wording":
            yield f"{path}/{key}", {"value": "wording"}
        elif isinstance(value, dict) and "value" in value:
            yield f"{path}/{key}", value
        elif isinstance(value, dict):
            yield from parameters(value, f"{path}/{key}")


def held(county: str, when: dict) -> bool:
    """Whether an action stands in the reading that the plan takes if nothing is said."""
    switches = plan(county)["switches"]
    return all(switches[name]["default"] in (value if isinstance(value, list) else [value]) for name, value in when.items())


def selected(county: str, selector) -> set[str]:
    inventory = case(county).inventory
    wanted = [
        {k: tuple(map(str, v if isinstance(v, list) else [v])) for k, v in mapping.items()}
        for mapping in (selector if isinstance(selector, list) else [selector])
    ]
    return set(inventory.ids[inventory.select(wanted)].tolist())


def rows(county: str, name: str, mechanisms: str = "", device: str = "") -> set[str]:
    """Ids of the rows a measure acts on."""
    found = set()
    for action in measures(county)[name]["actions"]:
        if mechanisms and action["mechanism"] not in mechanisms.split():
            continue
        if device and action["parameters"].get("device") not in device.split():
            continue
        if held(county, action.get("when", {})):
            found |= selected(county, action.get("applies_to") or plan(county)["states"][action["state"]]["applies_to"])
    return found


# ── the catalogue ─────────────────────────────────────────────────────────────────────────────────────────────────────


def chinese(text) -> bool:
    return bool(re.search("[一-鿿]", str(text)))


def gaps(document: dict, county: str) -> list[str]:
    """What is wrong with the list of clauses of a plan, in words."""
    clauses, acting = document["clauses"], document["measures"]
    both, expected = {**clauses, **acting}, standing(county)
    count = Counter([*clauses, *acting])
    out = [f"{name} is missing" for name in catalogue(county) if name not in count]
    out += [f"{name} stands twice" for name, times in count.items() if times > 1]
    out += [f"{name} is not in the text" for name in count if name not in expected]
    found = {item["clause"] for item in both.values()}
    out += [f"item {number} is missing" for number in NUMBERS[county] if number not in found]
    parts = Counter(item["clause"] for item in both.values())
    for name, item in both.items():
        where, letter = name[1:], "" if item["part"] or parts[item["clause"]] > 1 else "a"
        if where != item["clause"].zfill(2) + item["part"] + letter:
            out.append(f"{name} is not {item['clause']}, {item['part']}")
        if item.get("standing") != expected.get(name):
            out.append(f"{name} stands as {item.get('standing')}")
        if (item.get("standing") in ACTING) != (name in acting):
            out.append(f"{name} is on the wrong list")
        if ("actions" in item) != (name in acting) or ("reason" in item) == (name in acting):
            out.append(f"{name} needs actions or else a reason")
        reason = item.get("reason")
        if reason is not None and not (isinstance(reason, dict) and chinese(reason["zh"]) and len(reason["en"]) >= 15):
            out.append(f"{name} needs a better reason")
        title = item.get("title", {})
        if not chinese(title.get("zh", "")) or chinese(title.get("en", "")) or not re.search("[A-Za-z]{4}", title.get("en", "")):
            out.append(f"{name} needs a title in both languages")
        if item.get("chapter") not in ("industry", "energy", "transport", "area", "multi", "management"):
            out.append(f"{name} has no chapter")
        if not item.get("lead") or not all(chinese(who) for who in [*item["lead"], *item.get("cooperating", ())]):
            out.append(f"{name} has no lead")
    return out


def test_the_lists_of_this_file_name_each_clause_once():
    named = [clause for words in WORDS.values() for text in words.values() for clause in text.split()]
    assert len(named) == len(set(named)) == 69 + 72
    assert {county: len(set(catalogue(county))) for county in PLANS} == {"mengjin": 115, "yichuan": 118}
    assert len(DEADLINE) == sum(len(text.split()) for text in DEADLINES.values())
    for county in PLANS:
        assert sorted(standing(county)) == sorted(catalogue(county))
        assert sum(len(ids("", text)) for text in STANDINGS[county].values()) == len(catalogue(county))
        assert {c for c in READ if c[0] == PLANS[county]} <= set(catalogue(county))
        both = set(TWINS) if county == "mengjin" else set(TWINS.values())
        assert both <= set(catalogue(county)) and len(both) == len(TWINS)


@pytest.mark.parametrize("county", PLANS)
def test_every_clause_of_the_text_is_there_once_and_no_other(county):
    assert gaps(plan(county), county) == []
    text = (ROOT / "inputs" / "plans" / f"{county}.yaml").read_text(encoding="utf-8")
    assert all(len(re.findall(rf"(?m)^  {name}:$", text)) == 1 for name in catalogue(county))


@pytest.mark.parametrize("county", PLANS)
def test_the_catalogue_keeps_the_order_of_the_text(county):
    order = catalogue(county)
    assert list(case(county).plan.catalogue()) == order
    for part in ("clauses", "measures"):
        assert list(plan(county)[part]) == [name for name in order if name in plan(county)[part]], part
    assert [line.id for line in lines(result(county))] == order


@pytest.mark.parametrize("name", "M00d M01a M07b M113e M141c M22d M28a MS1a MS2a Y00a Y08b Y112 Y14a Y242 Y30b Y36a Y38a".split())
def test_a_clause_that_is_left_out_is_noticed(name):
    county = next(county for county, letter in PLANS.items() if letter == name[0])
    parts = {part: {k: v for k, v in plan(county)[part].items() if k != name} for part in ("clauses", "measures")}
    assert f"{name} is missing" in gaps({**plan(county), **parts}, county)


@pytest.mark.parametrize(
    "change, found",
    [
        ({"M28a": {"reason": ""}}, "M28a needs a better reason"),
        ({"M01a": {"title": {"zh": "", "en": "List"}}}, "M01a needs a title in both languages"),
        ({"M07d": {"lead": []}}, "M07d has no lead"),
        ({"M06a": {"standing": "no_source"}}, "M06a stands as no_source"),
        ({"M05b": {"part": "c"}}, "M05b is not 5, c"),
        ({"M35a": {"clause": "35"}}, "M35a is not in the text"),
    ],
)
def test_a_clause_that_is_spoilt_is_noticed(change, found):
    clauses = plan("mengjin")["clauses"]
    spoilt = {**clauses, **{name: {**clauses.get(name, clauses["M28a"]), **values} for name, values in change.items()}}
    assert found in gaps({**plan("mengjin"), "clauses": spoilt}, "mengjin")


@pytest.mark.parametrize("name", ["M01a", "M112", "M26a"])
def test_a_clause_on_both_lists_is_noticed(name):
    both = {**plan("mengjin")["clauses"], name: entry("mengjin", name)}
    measured = {**measures("mengjin"), name: entry("mengjin", name)}
    assert f"{name} stands twice" in gaps({**plan("mengjin"), "clauses": both, "measures": measured}, "mengjin")


@pytest.mark.parametrize("county, name", MEASURES)
def test_a_measure_says_what_it_does_and_whether_it_can_be_accounted_for(county, name):
    measure = measures(county)[name]
    assert isinstance(measure["accountable"], bool)
    assert measure["actions"] and all(action["mechanism"] != "indicator_only" for action in measure["actions"])
    assert measure["accountable"] is False or measure["standing"] == "direct"


@pytest.mark.parametrize("county, name", ALL)
def test_strength_deciding_words_and_date_are_those_of_the_text(county, name):
    item = entry(county, name)
    if name in READ:
        assert (item["wording"], item["words"]) == READ[name]
    if name in measures(county):
        assert item["wording"] in wordings() and item["words"]
    assert item.get("deadline") == DEADLINE.get(name)


@pytest.mark.parametrize("county", PLANS)
def test_every_measure_runs_from_the_plan_to_its_date(county):
    issued, horizon = plan(county)["issued"], plan(county)["horizon"]
    assert horizon == date(2025, 12, 31)
    for name, measure in zip(case(county).bound.names, case(county).bound.measures, strict=True):
        schedule, end = measure.schedule, DEADLINE.get(name, horizon)
        if name in SCHEDULES:
            assert (schedule.complete, schedule.at is not None or schedule.shape == "step") == SCHEDULES[name], name
            assert "schedule" in measures(county)[name]
        else:
            assert schedule == Schedule(start=issued, end=end), name


@pytest.mark.parametrize("county", PLANS)
def test_a_step_in_autumn_brings_a_quarter_of_its_effect_in_its_year(county):
    """Both readings of time are in the result: the level at the end of the year, and what was emitted in it."""
    name, gone = {"mengjin": ("M20c", "scrapped"), "yichuan": ("Y09b", "switched")}[county]
    run = emisim.run(emisim.load(ROOT / "scenarios" / f"{county}-2025.yaml", changes=[(("measures", "only"), [name], "--only")]))
    assert run.bound.names == (name,)
    level, emitted = (run.totals(a - b)[0] for a, b in ((run.reference, run.plan), (run.calendar_reference, run.calendar_plan)))
    assert run.years == (2020, 2021, 2022, 2023, 2024, 2025) and level[-1] > 1
    assert run.calendar_reference == pytest.approx(run.reference)
    share = emitted[-1] / level[-1]
    if county == "mengjin":  # 1 October to 31 December
        assert share == pytest.approx(0.25, abs=0.01)
        assert not level[:-1].any() and not emitted[:-1].any(), "a step: nothing before"
    else:  # a ramp over 20 months to 15 November
        assert 0.6 < share < 0.8
        assert level[-2] > emitted[-2] > 0, "a ramp: on the way in 2024"


@pytest.mark.parametrize("county", PLANS)
def test_the_whole_plan_has_brought_less_in_the_year_than_it_brings_at_its_end(county):
    run = result(county)
    level, emitted = run.totals(run.reference - run.plan)[:, -1], run.totals(run.calendar_reference - run.calendar_plan)[:, -1]
    assert (emitted > 0).all() and (emitted < level).all()


# ── standings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("county", PLANS)
def test_tonnes_stand_with_the_measures_and_a_reason_with_all_others(county):
    for line in lines(result(county)):
        assert line.standing == standing(county)[line.id]
        assert (line.reduction is not None) == (line.standing in ACTING), line.id
        assert line.measures == ((line.id,) if line.standing in ACTING else ())
        assert line.reason or np.abs(line.reduction).max() > 0, line.id
        if line.standing in ("direct", "enabling"):
            nothing = {"M09b": "household coal does not grow, so nothing is left to hold"}
            assert np.abs(line.reduction).max() > 1e-3 or line.id in nothing, line.id


@pytest.mark.parametrize("county", PLANS)
def test_a_clause_without_a_figure_brings_nothing_in_the_centre_and_something_at_its_strong_end(county):
    run, open_ended = result(county), [name for name, word in standing(county).items() if word == "not_quantified"]
    assert set(run.unquantified) == set(open_ended)
    for name in open_ended:
        assert np.abs(run.reductions()[run.bound.names.index(name)]).max() < 1e-9, name
        assert run.unquantified[name].max() > 1 and run.unquantified[name].min() > -1e-9, name
        for action in measures(county)[name]["actions"]:
            bounds = [read(action["parameters"]["coverage"][k], "share") for k in ("low", "value", "high")]
            assert bounds[:2] == [0, 0] and 0 < bounds[2] <= 1, name


@pytest.mark.parametrize("county", PLANS)
def test_an_enabling_clause_moves_a_declared_state_and_nothing_else(county):
    used = set()
    for name in [name for name, word in standing(county).items() if word == "enabling"]:
        for action in measures(county)[name]["actions"]:
            assert action["mechanism"] == "rule_effectiveness" and action["state"] in plan(county)["states"], name
            assert not {"applies_to", "to", "when"} & set(action) and set(action["parameters"]) == {"gap_closed"}, name
            used.add(action["state"])
    assert used == set(plan(county)["states"])
    others = [a for name, m in measures(county).items() if m["standing"] != "enabling" for a in m["actions"]]
    assert not any(action["mechanism"] == "rule_effectiveness" for action in others)


@pytest.mark.parametrize("county", PLANS)
def test_no_row_is_in_two_states_and_every_state_has_a_gap_to_close(county):
    states, inventory = plan(county)["states"], case(county).inventory
    assert apart(*(selected(county, state["applies_to"]) for state in states.values()))
    fitted = {
        row
        for name, measure in measures(county).items()
        if any(action["mechanism"] == "end_of_pipe" for action in measure["actions"])
        for row in rows(county, name, "end_of_pipe")
    }
    for name, state in states.items():
        at = np.isin(inventory.ids, list(selected(county, state["applies_to"])))
        p, ceiling = inventory.pollutants.index(state["pollutant"]), read(state["ceiling"]["value"], "share")
        has = at & (inventory.existing_efficiency[:, p] > 0)
        assert has.any() and (inventory.existing_effectiveness[has, p] < ceiling).all(), f"{name}: an observed average has no gap"
        assert set(inventory.ids[at & ~has].tolist()) <= fitted, f"{name}: a row without a device that gets none"


def test_a_row_in_two_states_is_refused():
    document = plan("mengjin")
    states = {**document["states"], "again": document["states"]["cooking"]}
    with pytest.raises(BadInput) as refused:
        prepare(case("mengjin").scenario, Plan.model_validate({**document, "states": states}), loaded("mengjin").case.tables)
    assert [fault.key for fault in refused.value.faults] == ["state.twice"]


# ── numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_number(where: str, item: dict) -> list[float]:
    """Grade, source, one unit, and a range that holds the value."""
    assert item["grade"] in set("ABCDE"), where
    assert len(item["source"]) > 5, where
    if item["grade"] == "E":
        assert re.search("expert|plan item", item["source"]), (where, item["source"])
    texts = [str(item[k]) for k in ("low", "value", "high") if k in item]
    assert len({t.split(maxsplit=1)[1] if " " in t else "" for t in texts}) == 1, f"{where}: one unit in {texts}"
    numbers = [float(t.split()[0]) for t in texts]
    assert all(a <= b for a, b in pairwise(numbers)), where
    assert ("low" in item) == ("high" in item) == ("distribution" in item), where
    return numbers


@pytest.mark.parametrize("county, name", MEASURES)
def test_every_parameter_has_a_grade_a_source_and_a_range_that_holds_its_value(county, name):
    for action in measures(county)[name]["actions"]:
        for where, item in parameters(action["parameters"]):
            if item["value"] == "wording":
                assert set(item) <= {"value", "note"}, f"{where}: the scale has its own range, grade and source"
                continue
            check_number(where, item)
            bare = action["mechanism"] in "cap fleet_turnover mode_shift technology_share"
            assert " " in str(item["value"]) or bare, f"{where}: {item['value']} wants a unit"


@pytest.mark.parametrize("county, name", MEASURES)
def test_the_scale_of_wording_is_referred_to_and_not_copied(county, name):
    """A parameter that has the value and the range of the scale says so, and nothing else has the scale as its source."""
    scale = wordings()[measures(county)[name]["wording"]]
    for action in measures(county)[name]["actions"]:
        for where, item in parameters(action["parameters"]):
            texts = [str(item.get(k, "")) for k in ("low", "value", "high")]
            if item["value"] != "wording" and all(re.fullmatch(r"[\d.]+ %", t) for t in texts):
                numbers = [read(t, "share") for t in texts]
                assert numbers != pytest.approx([scale.low, scale.central, scale.high]), where


@pytest.mark.parametrize("county", PLANS)
def test_the_numbers_of_states_targets_switches_and_combinations_are_graded_too(county):
    document = plan(county)
    for part in ("states", "targets"):
        for where, item in parameters({name: node for name, node in document[part].items()}):
            if item["value"] is not None:
                check_number(f"{part}{where}", item)
    for rule in document["combinations"]:
        assert rule["grade"] in set("ABCDE") and rule["source"]
    for name, switch in document["switches"].items():
        for option in switch["options"]:
            for measure, change in option.get("adjust", {}).items():
                for parameter, item in change.get("parameters", {}).items():
                    assert isinstance(item, dict) and check_number(f"{name}/{measure}/{parameter}", item)


@pytest.mark.parametrize("one, two", TWINS.items())
def test_the_same_clause_is_read_alike_in_both_plans(one, two):
    """Same standing, same mechanisms with the same numbers, unless the texts or the counties differ."""
    left, right = entry("mengjin", one), entry("yichuan", two)
    assert left["standing"] == right["standing"] and left["chapter"] == right["chapter"]
    assert left.get("wording") == right.get("wording") and left.get("accountable") == right.get("accountable")

    def numbers(item):
        found = set()
        for action in item.get("actions", []):
            for key, value in parameters(action.get("parameters", {})):
                shown = (str(value.get(k)) for k in ("value", "low", "high", "distribution", "grade"))
                found.add((action["mechanism"], action.get("state", ""), key, *shown))
        return found

    if one in DIFFER:
        assert numbers(left) != numbers(right), "no longer different: take it off the list"
    else:
        assert numbers(left) == numbers(right)


def test_every_known_ambiguity_has_a_switch_with_a_reason_in_a_plan_that_has_it():
    switches = {county: plan(county)["switches"] for county in PLANS}
    assert {switch["ambiguity"] for county in PLANS for switch in switches[county].values()} == AMBIGUITIES
    for county in PLANS:
        for name, switch in switches[county].items():
            assert (
                len(switch["reason"]["en"]) > 15
                and chinese(switch["reason"]["zh"])
                and chinese(switch["title"]["zh"])
                and switch["title"]["en"]
            ), name
            assert switch["default"] in [option["value"] for option in switch["options"]], name
            assert set(switch["clauses"]) <= set(catalogue(county)), name


# ── no double counting (line by line of the overlap register in test_overlaps.py) ─────────────────────────────────────


def apart(*groups: set[str]) -> bool:
    return all(a.isdisjoint(b) for a, b in combinations(groups, 2))


@pytest.mark.parametrize("county", PLANS)
def test_a_coal_boiler_has_one_fate(county):
    k = PLANS[county]
    assert apart(*(rows(county, f"{k}{c}", "fuel_switch") for c in ("07b", "07e", "08d")))


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
    assert apart(*(rows(county, name, "mode_shift") for name in measures(county) if name.startswith(f"{k}10")))
    assert apart(rows(county, f"{k}111d"), rows(county, f"{k}112"))
    old = rows(county, f"{k}112")
    assert not any("-vi-" in f"{row}-" or "-v-" in f"{row}-" for row in old), "only up to China III, and lean-burn gas"
    assert {"heavy-truck-diesel-china-iii", "heavy-truck-gas-lean-burn"} <= old, "国三以下 with China III"


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
        assert k + name in plan(county)["clauses"]


@pytest.mark.parametrize("county", PLANS)
def test_the_five_per_cent_of_large_farms_is_a_target_and_no_measure(county):
    goal, name = plan(county)["targets"]["NH3_LARGE"], {"mengjin": "M22d", "yichuan": "Y23d"}[county]
    assert goal["kind"] == "subset" and read(goal["reduction"], "1") == pytest.approx(0.05) and goal["clause"] == name
    assert name not in measures(county) and set(goal["levers"]) <= set(measures(county))


@pytest.mark.parametrize("county", PLANS)
def test_tonnage_targets_have_no_number_and_the_national_ones_are_labelled(county):
    targets = plan(county)["targets"]
    for name in ("NOX_TONNES", "VOC_TONNES"):
        assert targets[name]["kind"] == "creditable" and targets[name]["reduction"] is None
    for name in ("NOX_NATIONAL", "VOC_NATIONAL"):
        assert targets[name]["reference"] is True


@pytest.mark.parametrize("county", PLANS)
def test_no_pair_meets_undeclared_and_only_known_clauses_raise_anything(county):
    """What rises (by more than 0.2 t): slip of nitrogen control, ammonia of stoichiometric gas engines, gas instead of producer
    gas, output moved to kilns with control."""
    run = result(county)
    known = {"M02b", "M112", "M20d", "M21b", "Y02b", "Y02c", "Y02d", "Y08b", "Y112", "Y21b", "Y21c", "Y21d", "Y22b"}
    assert [warning.values for warning in run.warnings if warning.key == "warning.undeclared"] == []
    totals = run.reductions()[..., -1]
    assert {name for name, cut in zip(run.bound.names, totals, strict=True) if (cut < -0.2).any()} <= known


@pytest.mark.parametrize("county", PLANS)
def test_no_single_clause_brings_an_implausible_share(county):
    """No clause takes more than a twelfth of a pollutant's total: a larger one would be a mistake in coverage or base."""
    run = result(county)
    share = run.reductions()[..., -1] / run.totals(run.reference)[:, -1]
    for pollutant in ("NOx", "VOC", "NH3"):
        column = share[:, run.inventory.pollutants.index(pollutant)]
        assert column.max() < 1 / 12, (pollutant, run.bound.names[int(column.argmax())])
