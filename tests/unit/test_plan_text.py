"""The text of a plan: every item found with its number, departments, dates and chapter, in the forms in which counties write them."""

import re
from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emisim.errors import BadInput
from emisim.importing.plans.text import heading, items
from emisim.importing.plans.words import deadlines, departments, figures, number_of, wording
from shipped import county as run_of

NUMERALS = "零一二三四五六七八九十"
# Chapters of one number, items that run through, departments on lines of their own. Invented.
LINES = """\
关于印发某县空气质量改善方案的通知
某政办〔2024〕7号
2024年5月6日

一、指导思想
统筹各项工作，持续改善空气质量。
二、工作目标
到2025年，全县细颗粒物浓度不高于40微克/立方米。
三、重点任务
（一）优化能源结构
1．淘汰燃煤锅炉。2024年10月底前，全面淘汰10蒸吨/小时及以下锅炉20台。
牵头单位：县发展改革委、市场监管局
责任单位：县城市管理局、烟草公司，各镇（街道、开发区）政府（办事处、管委会）
2．加强散煤管理。2025年采暖季前，平原散煤基本清零。
牵头单位：县市场监管局
（二）优化交通结构
3．提升车辆水平。到2025年，公交车基本实现新能源化。
牵头单位：县交通运输局
责任单位：县财政局
淘汰国三以下柴油货车。（县公安局、市生态环境局某县分局按职责分工负责，各镇政府、街道办事处配合落实）
（三）强化面源治理
4．城市道路扬尘治理。机械化清扫率达到95%以上。
牵头单位：县城市管理局
四、保障措施
（一）加强组织领导。各镇政府负总责。
（二）严格考核。定期通报。
"""
# Items that run through under chapters, some with parts, departments in brackets. Invented.
BRACKETS = """\
某县空气质量改善方案
一、总体要求
（一）基本思路。协同减污降碳。
（二）主要目标。到2025年，优良天数比率达到市定要求。
二、优化产业结构
（一）淘汰落后产能。2025年年底前，有序退出砖瓦生产线。（县科工局牵头，县发展改革委、生态环境局配合，各乡镇政府、街道办事处负责落实）
三、优化交通结构
（二）提升机动车水平。
1.新增公交车全部为新能源车。（县科工局牵头，县财政局配合）
2.全面淘汰燃气货车。(县交通运输局、公安局按职责分工负责）
（三）管好油品。每年抽检车用汽柴油不低于60个批次。（县市场监管局负责）
四、压实责任
（四）强化宣传。
"""


def numbers(found):
    return [(i.clause, i.part) for i in found]


def test_a_plan_with_departments_on_lines():
    found = items(LINES)
    assert numbers(found) == [("0", ""), ("1", ""), ("2", ""), ("3", "1"), ("3", "2"), ("4", ""), ("S1", ""), ("S2", "")]
    assert [i.chapter for i in found] == [
        "management", "energy", "energy", "transport", "transport", "area", "management", "management",
    ]  # fmt: skip
    boilers, coal, buses, lorries = found[1:5]
    assert boilers.lead == ("县发展改革委", "县市场监管局")
    assert boilers.cooperating == ("县城市管理局", "烟草公司", "各镇（街道、开发区）政府（办事处、管委会）")
    assert boilers.figures == ("10蒸吨/小时及以下", "20台")
    assert (boilers.wording.strength, boilers.wording.words) == ("full", "全面")
    assert [(d.day, d.sure) for d in coal.deadlines] == [(date(2025, 11, 15), False)]
    assert (buses.lead, buses.cooperating) == (("县交通运输局",), ("县财政局",))
    assert lorries.lead == ("县公安局", "市生态环境局某县分局")
    assert lorries.cooperating == ("各镇政府", "各街道办事处")
    assert "牵头" not in "".join(i.text for i in found)
    assert found[0].deadlines[0].day == date(2025, 12, 31)


def test_a_plan_with_departments_in_brackets():
    found = items(BRACKETS)
    assert numbers(found) == [("0", ""), ("1", ""), ("2", "1"), ("2", "2"), ("3", ""), ("4", "")]
    assert [i.lead for i in found] == [
        (), ("县科工局",), ("县科工局",), ("县交通运输局", "县公安局"), ("县市场监管局",), (),
    ]  # fmt: skip
    assert found[1].cooperating == ("县发展改革委", "县生态环境局", "各乡镇政府", "各街道办事处")
    assert [i.chapter for i in found] == ["management", "industry", "transport", "transport", "transport", "management"]
    assert all(i.chapter_sure for i in found)


def test_marks_of_markdown_and_full_width_digits_change_nothing():
    marked = re.sub(r"(?m)^([一二三四五]、)", r"## \1", LINES).replace("1．", "**１．**").replace("3．", "- 3.")
    assert numbers(items(marked)) == numbers(items(LINES))
    assert [i.lead for i in items(marked)] == [i.lead for i in items(LINES)]


def test_numbers_that_begin_anew_in_every_chapter_belong_to_it():
    text = "一、能源\n1.关停锅炉。\n2.管好散煤。\n二、交通\n1.淘汰货车。\n2.推广新能源车。\n"
    assert numbers(items(text)) == [("1", "1"), ("1", "2"), ("2", "1"), ("2", "2")]


def test_a_number_that_occurs_again_is_told_apart():
    assert numbers(items("1.甲。\n2.乙。\n2.丙。\n3.丁。\n")) == [("1", ""), ("2", ""), ("2", "x2"), ("3", "")]


def test_what_stands_above_the_items():
    found = heading(LINES)
    assert (found.title, found.document, found.issued) == ("某县空气质量改善方案", "某政办〔2024〕7号", date(2024, 5, 6))
    assert heading("某县方案\n1.甲。\n") == heading("# 某县方案\n")
    assert heading("").title == ""


def test_a_text_without_items_is_refused():
    with pytest.raises(BadInput) as refused:
        items("一段没有编号的话。\n又一段。\n", "plan.txt")
    (only,) = refused.value.faults
    assert (only.key, only.place.file) == ("plan_text.nothing", "plan.txt")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("到2024年10月底前完成", ["2024-10-31"]),
        ("2024年2月底前和2025年底前", ["2024-02-29", "2025-12-31"]),
        ("2025年年底前", ["2025-12-31"]),
        ("2025年6月15日前", ["2025-06-15"]),
        ("2024年上半年", ["2024-06-30"]),
        ("比2020年下降5%", []),
        ("较2022年，下降2.5个百分点", []),
        ("《目录（2024年本）》", []),
        ("2025年2月30日前", []),
        ("2025年13月底前", []),
    ],
)
def test_dates_by_which_something_shall_be_done(text, days):
    assert [str(d.day) for d in deadlines(text)] == days


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("鼓励试点。2025年底前，基本淘汰国一机械。", ("basic", "基本", ("鼓励", "试点"), True)),
        ("2025年底前，改用清洁能源。", ("dated", "2025年底前", (), True)),
        ("推进改造，逐步退出。", ("push", "推进", ("逐步",), True)),
        ("严格执行标准。", ("full", "严格", (), False)),
        ("开展监测。", None),
    ],
)
def test_the_word_that_says_how_strongly(text, found):
    said = wording(text, deadlines(text))
    assert (said and (said.strength, said.words, said.others, said.on_scale)) == found


def test_departments_of_many_forms():
    def who(line):
        return departments([line], "县")[1:]

    assert who("由市生态环境局牵头组织实施。") == (("市生态环境局",), ())
    assert who("治理扬尘。（牵头单位：住建局；责任单位：城市管理局、各镇（街道）政府（办事处））") == (
        ("县住建局",), ("县城市管理局", "各镇（街道）政府（办事处）"),
    )  # fmt: skip
    assert who("责任单位：县水利局") == ((), ("县水利局",))
    assert who("新（改、扩）建项目（含搬迁）") == ((), ())
    assert departments(["甲（乙局牵头）。"], "")[0] == "甲"


def test_figures_and_numerals():
    assert figures("不足８０%的150万吨以上，抽检80个批次，5 %") == ("80%", "150万吨以上", "80个批次", "5 %")
    assert [number_of(n) for n in ("十", "十二", "二十", "三十八", "一百零五", "７")] == [10, 12, 20, 38, 105, 7]


# ── the shipped plans, written out again as texts ─────────────────────────────────────────────────────────────────────


def shipped(county):
    """(clause, number of the part) → clauses of a shipped plan, in the order of the text; goals and safeguards are left out."""
    out = defaultdict(list)
    for clause in run_of(county).plan_file.catalogue().values():
        if clause.clause.isdigit() and clause.clause != "0":
            out[clause.clause, re.match(r"\d*", clause.part)[0]].append(clause)
    return dict(out)


def numeral(n):
    tens, ones = divmod(n, 10)
    return (NUMERALS[tens] if tens > 1 else "") + ("十" if tens else "") + (NUMERALS[ones] if ones or not tens else "")


def written(county, in_brackets):
    """The shipped plan as a text in one of the two forms."""
    found, out, last = shipped(county), ["某地方案", "一、重点任务"], None
    for (number, part), clauses in found.items():
        sentences = "".join(f"{c.title.zh}。" for c in clauses)
        days = sorted({c.deadline for c in clauses if c.deadline})
        sentences += "".join(f"{d.year}年{d.month}月{d.day}日前，完成。" for d in days)
        lead, helpers = "、".join(clauses[0].lead), "、".join(clauses[0].cooperating)
        begin = number != last
        last = number
        if in_brackets:
            out += [f"（{numeral(int(number))}）第{number}条。"] if begin and part else []
            label = f"{part}." if part else f"（{numeral(int(number))}）"
            out.append(f"{label}{sentences}（{lead}牵头，{helpers}配合）" if helpers else f"{label}{sentences}（{lead}牵头）")
        else:
            out.append(f"{number}．{sentences}" if begin else sentences)
            out += [f"牵头单位：{lead}", *([f"责任单位：{helpers}"] if helpers else [])]
    return "\n".join(out)


@pytest.mark.parametrize("in_brackets", [True, False])
@pytest.mark.parametrize("county", ["mengjin", "yichuan"])
def test_the_shipped_plans_are_found_again(county, in_brackets):
    wanted = shipped(county)
    found = {(i.clause, i.part): i for i in items(written(county, in_brackets))}
    assert list(found) == list(wanted)
    exact = 0
    for key, item in found.items():
        assert item.lead == wanted[key][0].lead, key
        days = {c.deadline for c in wanted[key] if c.deadline}
        assert days <= {d.day for d in item.deadlines}, key
        exact += days == {d.day for d in item.deadlines}
    assert exact >= 0.95 * len(wanted)


@given(st.text(alphabet="一二三十、．.（）()12 3牵头单位：负责县局委年月底前20245，。；\n#-*“”", max_size=300))
def test_any_text_is_read_or_refused(text):
    try:
        found = items(text)
    except BadInput:
        return
    assert len(set(numbers(found))) == len(found) > 0
    assert [i.line for i in found if i.clause != "0"] == sorted(i.line for i in found if i.clause != "0")
    assert found == items(text)


def test_annexes_are_no_clauses():
    text = (
        "某县方案\n一、优化结构\n（一）淘汰落后产能。2025年底前完成。\n（二）推广清洁能源。\n附件：1.任务分解表\n2.联系人名单\n"
    )
    assert [item.clause for item in items(text)] == ["1", "2"]
