"""Plans and scenarios to begin with: they validate and run as they are made, and nothing that is not encoded passes as 0 t."""

from dataclasses import replace
from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import inventory as small_inventory
from small import run as run_small

import emisim
from emisim.errors import BadInput
from emisim.importing.plans.text import items
from emisim.io.config_file import validated
from emisim.io.inventory_folder import read_inventory
from emisim.io.plan_skeleton import horizon, label, plan_yaml, scenario_yaml
from emisim.io.yaml_file import parse_yaml
from emisim.io.yaml_text import block, flow, one_line
from emisim.plan import Plan
from emisim.report import plan_tables
from emisim.report.plan_page import plan_page
from emisim.report.screen import console, show_check
from emisim.scenario import Scenario
from emisim.summary import summarise
from tiny import ROOT

DAY = date(2024, 5, 6)
KINDS = ("sector", "subsector", "fuel", "technology", "size")
TEXT = """\
一、工作目标
到2025年，完成市下达的减排任务。
二、优化能源结构
（一）淘汰燃煤锅炉。2024年10月底前，全面淘汰10蒸吨/小时及以下锅炉20台；2025年底前，改用清洁能源。（县发展改革委牵头，县城市管理局配合）
（二）管好"散煤": {查}# 严格监管。
三、优化交通结构
（三）提升机动车水平。
1.鼓励更新公交车。（县交通运输局负责）
2.开展检查。
四、保障措施
（一）加强组织领导。
"""


@cache
def inventory(county="mengjin"):
    return read_inventory(ROOT / "inputs" / county, 2020, (2020, 2020))


def plan(*arguments, **more):
    """The plan that a skeleton's YAML holds."""
    return validated(Plan, parse_yaml(plan_yaml(*arguments, **more), "plan.yaml"))


def from_text(text=TEXT, **more):
    return plan("example", "某县方案", "419999", items(text), issued=DAY, **more)


@pytest.mark.parametrize("county", ["mengjin", "yichuan"])
@pytest.mark.parametrize("text", ["", TEXT])
def test_plan_and_scenario_validate_and_run_as_they_are_made(tmp_path, county, text):
    found = items(text) if text else ()
    (tmp_path / "plan.yaml").write_text(
        plan_yaml("example", "某县方案", "419999", found, inventory(county), DAY), encoding="utf-8"
    )
    where = str(ROOT / "inputs" / county)
    year = horizon(found, DAY).year
    (tmp_path / "s.yaml").write_text(scenario_yaml("example", "某县方案", where, "plan.yaml", 2020, year), encoding="utf-8")
    result = emisim.run(tmp_path / "s.yaml", allowed=[where])
    assert result.scenario.target_year == year == (2025 if text else 2024)
    assert not result.reductions().any(), "a skeleton brings nothing"
    assert {v.verdict for v in result.verdicts} <= {"not assessable"}
    assert len(result.bound.names) == (0 if text else 5)
    assert len(result.plan_file.targets) == (0 if text else 2)


def test_the_examples_are_one_of_each_kind():
    found = plan("example", "某县方案", "419999", (), inventory(), DAY)
    assert {m.standing for m in found.measures.values()} == {"direct", "enabling", "not_quantified"}
    mechanisms = {a.mechanism for m in found.measures.values() for a in m.actions}
    assert mechanisms == {"end_of_pipe", "fleet_turnover", "fuel_switch", "rule_effectiveness"}
    assert [c.standing for c in found.clauses.values()] == ["no_source"]
    assert {(t.kind, t.reduction) for t in found.targets.values()} == {("subset", None), ("net", None)}


def test_every_item_becomes_a_clause_that_is_not_encoded():
    found = from_text()
    assert list(found.catalogue()) == ["E00", "E01", "E02", "E03_1", "E03_2", "ES1"]
    assert set(found.unread()) == set(found.clauses) and not found.measures
    boilers = found.clauses["E01"]
    assert (boilers.clause, boilers.chapter, boilers.title.zh) == ("1", "energy", "淘汰燃煤锅炉")
    assert (boilers.lead, boilers.cooperating) == (("县发展改革委",), ("县城市管理局",))
    assert (boilers.deadline, boilers.wording, boilers.words) == (date(2025, 12, 31), "full", "全面")
    assert found.clauses["E03_1"].number == "3(1)"
    assert (found.issued, found.horizon, found.region) == (DAY, date(2025, 12, 31), "419999")


def test_the_file_says_where_a_clause_stands_and_what_is_unsure():
    lines = plan_yaml("example", "某县方案", "419999", items(TEXT)).splitlines()
    (head,) = (line for line in lines if line.startswith("  E01:"))
    assert "line 4" in head and "淘汰燃煤锅炉" in head
    (deadline,) = (line for line in lines if "2025-12-31" in line and "2024-10-31" in line)
    assert "# ?" in deadline
    assert any("figures: 10蒸吨/小时及以下, 20台" in line for line in lines)
    assert "# ?" in next(line for line in lines if line.startswith("issued:"))
    assert (
        "# ?"
        not in plan_yaml("x", "甲", "1", items("一、能源\n1.甲。（乙局负责）\n"), issued=DAY)
        .split("clauses:")[1]
        .split("title")[0]
    )


def test_the_comments_are_in_the_language_asked_for():
    for found in ((), items(TEXT)):
        chinese = plan_yaml("example", "某县方案", "419999", found, inventory(), DAY, language="zh")
        english = plan_yaml("example", "某县方案", "419999", found, inventory(), DAY)
        assert parse_yaml(chinese, "p").data == parse_yaml(english, "p").data
        assert "尚未录入" in chinese or "每类条款" in chinese
        assert "none of them encoded yet" in english or "One example" in english


def test_the_kinds_of_sources_are_listed_as_selectors():
    known = inventory()
    lines = plan_yaml("example", "某县方案", "419999", (), known, DAY).splitlines()
    kinds = [line.removeprefix("#   ") for line in lines if line.startswith("#   {")]
    selectors = [parse_yaml(f"a: {line[: line.index('}') + 1]}", "p").data["a"] for line in kinds]
    rows = [known.select(({k: (v,) for k, v in s.items()} | {k: ("",) for k in KINDS if k not in s},)) for s in selectors]
    assert sorted(i for found in rows for i in found.tolist()) == list(range(len(known)))


def test_the_text_itself_is_not_copied():
    long = "全面淘汰" + "某种很长的设备名称" * 9 + "。"
    assert "某种很长的设备名称" * 2 not in plan_yaml("x", "甲", "1", items(f"1.{long}\n"), issued=DAY)


def test_an_unread_clause_is_never_nothing():
    result = run_small(from_text(), small_inventory({"source_id": "kiln"}))
    summary = summarise(result)
    for clause in summary["clauses"]:
        assert (clause["standing"], clause["reduction_t"], clause["share"]) == ("unread", None, None)
        assert "not encoded yet" in clause["reason_en"] and "尚未录入" in clause["reason_zh"]
    assert any("not encoded yet: 6" in w for w in summary["warnings"])
    for language, words in (("en", "not encoded yet"), ("zh", "尚未录入")):
        table = plan_tables.clauses(result, language)
        assert all(row[2] == words and set(row[4:5]) == {"?"} for row in table.rows)
        assert words in table.note
        for make in (plan_tables.by_standing, plan_tables.by_chapter, plan_tables.by_department):
            sums = make(result, language)
            assert all(set(row[3:]) == {"?"} for row in sums.rows) and words in sums.note
        assert words in plan_page(result.plan_file, language)


def test_a_check_says_how_many_clauses_are_missing(capsys):
    result = run_small(from_text(), small_inventory({"source_id": "kiln"}))
    show_check(result, "en", console())
    assert "clauses not encoded yet: 6" in capsys.readouterr().out


def test_sums_with_some_unread_clauses_say_so():
    text = plan_yaml("example", "某县方案", "419999", items(TEXT), issued=DAY).replace(
        "measures: {}",
        """measures:
  X:
    clause: "9"
    chapter: energy
    title: {zh: 甲, en: A}
    lead: [县发展改革委]
    wording: full
    actions: [{mechanism: source_removal, applies_to: {source_id: kiln}, parameters: {removed: 20 %}}]
""",
    )
    result = run_small(validated(Plan, parse_yaml(text, "p")), small_inventory({"source_id": "kiln"}))
    chapters = {row[0]: row[3] for row in plan_tables.by_chapter(result, "en").rows}
    assert chapters == {"energy": "20.0 (100 %) + ?", "transport": "?", "management": "?"}
    departments = {row[0]: row[3] for row in plan_tables.by_department(result, "en").rows}
    assert departments["县发展改革委"].endswith("+ ?")


@pytest.mark.parametrize("standing", ["no_source", "indicator", "target"])
def test_only_an_unread_clause_goes_without_a_reason(standing):
    text = plan_yaml("example", "某县方案", "419999", items("1.甲。\n"), issued=DAY)
    with pytest.raises(BadInput) as refused:
        validated(Plan, parse_yaml(text.replace("standing: unread", f"standing: {standing}"), "plan.yaml"))
    assert "'reason' is missing" in str(refused.value)
    reasoned = text.replace("standing: unread", "standing: unread\n    reason: mine")
    assert validated(Plan, parse_yaml(reasoned, "p")).clauses["E01"].reason.en == "mine"
    schema = Plan.model_json_schema()["$defs"]["IdleClause"]
    assert "standing" in schema["required"] and "reason" not in schema["required"]


WORD = st.text(max_size=12)
ROW = st.fixed_dictionaries(
    {
        "sector": st.sampled_from(["combustion", "process", "mobile", "solvent", "agriculture", "other"]),
        "subsector": st.sampled_from(["", "boiler", "heavy truck"]),
        "fuel": st.sampled_from(["", "coal", "gas", "NO"]),
        "technology": st.sampled_from(["", "国三", "0706", "a: b", "null"]),
        "unit": st.sampled_from(["t/yr", "GJ/yr", "vehicle km/yr"]),
        "activity": st.sampled_from([0.0, 1.0, 100.0]),
        "factor": st.sampled_from([(0.0, 0.0), (1.0, 0.5), (0.2, 3.0)]),
        "memo": st.sampled_from(["", "yes"]),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=8), st.booleans(), st.data())
def test_the_examples_fit_any_inventory(rows, controlled, data):
    known = small_inventory(*({"source_id": f"s{k}", **row} for k, row in enumerate(rows)), pollutants=("NOx", "VOC"))
    if controlled:
        shape = known.factor.shape
        some = data.draw(st.lists(st.sampled_from([0.0, 0.5]), min_size=known.factor.size, max_size=known.factor.size))
        known = replace(
            known, existing_efficiency=known.factor * 0 + [[*some[2 * i : 2 * i + 2]] for i in range(shape[0])],
            existing_effectiveness=known.existing_effectiveness * 0.8,
        )  # fmt: skip
    result = run_small(plan("example", "A plan", "1", (), known, DAY), known, target_year=2024)
    assert not result.reductions().any()


@given(WORD, WORD, st.lists(WORD, max_size=3))
def test_any_words_survive(name, title, words):
    text = "\n".join(["一、能源", *(f"{k}.{w}" for k, w in enumerate(["甲", *words], start=1))])
    written = plan_yaml(name or "x", title, "0419", items(text), issued=DAY)
    found = validated(Plan, parse_yaml(written, "p"))
    assert found.region == "0419" and len(found.clauses) == len(items(text))
    assert written == plan_yaml(name or "x", title, "0419", items(text), issued=DAY)
    scenario = scenario_yaml("s", title or "t", "a b/ c", "p.yaml", 2020, 2025)
    assert validated(Scenario, parse_yaml(scenario, "s")).inventory == "a b/ c"


KEY = st.text(alphabet="ab甲0:#-{ '\"", min_size=1, max_size=4)
PLAIN = st.recursive(st.text(max_size=8), lambda inner: st.dictionaries(KEY, inner, min_size=1, max_size=3), max_leaves=6)


@given(st.dictionaries(KEY, PLAIN, min_size=1, max_size=3))
def test_what_is_written_as_yaml_reads_back(data):
    wanted = on_one_line(data)
    assert parse_yaml("\n".join(block(data)) + "\n", "p").data == wanted
    assert parse_yaml(f"a: {flow(data)}\n", "p").data == {"a": wanted}


def on_one_line(data):
    return {k: on_one_line(v) for k, v in data.items()} if isinstance(data, dict) else one_line(data)


@pytest.mark.parametrize(
    ("heading", "short"),
    [
        ("坚决遏制“两高”项目盲目发展", "遏制“两高”项目盲目发展"),
        ("加快推进矿山生态环境综合治理", "矿山生态环境综合治理"),
        ("强化城市道路扬尘综合整治，持续开展清洁行动", "城市道路扬尘综合整治"),
        ("县城区新增或更新的巡游出租车、网约车", "县城区新增或更新的巡游出…"),
        ("加强宣传", "加强宣传"),
        ("", "…"),
    ],
)
def test_labels_are_short(heading, short):
    assert label(heading) == short
