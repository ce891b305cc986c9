"""The HTML report: the answer first, everything in it, nothing from outside, whatever a title may hold."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from small import LABEL, action, inventory, measure, plan, run, scenario, switch
from sure import drawn

from emisim.case import prepare
from emisim.io.config_file import load
from emisim.pictures import KINDS, all_pictures
from emisim.report import page
from emisim.report.page.parts import Look, table
from emisim.report.tables import Table, tonnes
from emisim.simulate import simulate
from emisim.summary import summarise
from emisim.text import LANGUAGES, messages, say
from emisim.uncertainty.ensemble import evaluate

ROOT = Path(__file__).parents[2]
LIBRARY = (ROOT / "emisim" / "data" / "echarts" / "echarts.min.js").read_text(encoding="utf-8")
QUICK = ("waterfall", "sectors")
COUNTIES = ("mengjin", "yichuan")
ECHARTS = "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"  # echarts.min.js of version 6.1.0
LARGEST = 2_000_000  # [B]
SECTIONS = [
    "answer", "totals", "pictures", "ledger", "clauses", "indicators", "sectors", "projects", "costs", "uncertainty", "readings", "inputs", "method",
    "provenance", "warnings",
]  # fmt: skip
VOID = {"meta", "input", "use", "rect", "path", "circle", "br"}
HOSTILE = "</script><img src=x onerror=alert(1)>\"' & </style><!--"
NET = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025, "baseline_year": 2020}


class Page(HTMLParser):
    """What a browser makes of a page: its elements, the text of its scripts and style sheets, its tables as rows of texts."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.raw, self.words, self.tables, self.open = [], {"script": [], "style": []}, [], [], []
        self.sections, self.cards, self.in_card = {}, [], False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.elements.append((tag, given))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.here = self.sections.setdefault(given["id"], [])
        elif given.get("class", "").startswith("card "):
            self.cards.append("")
            self.in_card = True
        elif tag == "table":
            self.tables.append({"id": given.get("id"), "rows": [], "given": []})
        elif tag == "tr":
            self.tables[-1]["rows"].append([])
            self.tables[-1]["given"].append(given)
        elif tag in ("th", "td"):
            self.tables[-1]["rows"][-1].append("")
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        self.in_card &= tag != "li"
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        inside = self.open[-1] if self.open else ""
        if inside in self.raw:
            self.raw[inside][-1] += data
            return
        self.words.append(data)
        if "section" in self.open:
            self.here.append(data)
        if self.in_card:
            self.cards[-1] += data
        if "table" in self.open and self.tables[-1]["rows"] and self.tables[-1]["rows"][-1]:
            self.tables[-1]["rows"][-1][-1] += data

    @property
    def text(self):
        return "".join(self.words)

    def section(self, name):
        return "".join(self.sections[name])

    def table(self, name):
        return next(t for t in self.tables if t["id"] == name)


@cache
def county(name):
    return simulate(load(ROOT / "scenarios" / f"{name}-2025.yaml").case)


@cache
def shown(name, language="en"):
    """With the pictures that are quick to make."""
    return page.html(county(name), language, all_pictures(county(name), language, QUICK))


@cache
def parsed(name, language="en"):
    """Without the chart library, which takes long to read."""
    return Page(shown(name, language).replace(LIBRARY, ""))


def judged(targets, removed="30 %", **more):
    found = plan({"A": measure(action("source_removal", "kiln", removed=removed))}, targets=targets)
    return run(found, inventory({"source_id": "kiln"}, {"source_id": "oven"}), **more)


# ---- one file, alone in the world


@pytest.mark.parametrize("name", COUNTIES)
def test_a_county_with_all_its_pictures_is_one_file_below_two_megabytes(name):
    whole = page.html(county(name), "en", all_pictures(county(name), "en"))
    assert len(whole.encode()) < LARGEST
    pictures = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', whole).group(1))["charts"]
    assert {kind.name for kind in KINDS} <= {name.split("-")[0] for name in pictures}


@pytest.mark.parametrize("language", LANGUAGES)
def test_equal_results_give_equal_bytes(language):
    again = simulate(load(ROOT / "scenarios" / "mengjin-2025.yaml").case)
    assert page.html(again, language, all_pictures(again, language, QUICK)) == shown("mengjin", language)


def test_nothing_comes_from_outside():
    for tag, given in parsed("mengjin").elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
        assert "src" not in given
        assert given.get("href", "#").startswith("#")


def test_the_policy_lets_pass_what_stands_in_the_page_and_nothing_else():
    found = Page(shown("mengjin"))
    policy = next(g["content"] for _, g in found.elements if g.get("http-equiv") == "Content-Security-Policy")
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    kinds = [given.get("type") for tag, given in found.elements if tag == "script"]
    run_by_the_browser = [s for s, kind in zip(found.raw["script"], kinds, strict=True) if kind is None]
    hashes = {
        key: [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts]
        for key, texts in {"script-src": run_by_the_browser, "style-src": found.raw["style"]}.items()
    }
    assert rules == {"default-src": ["'none'"], **hashes, "base-uri": ["'none'"], "form-action": ["'none'"]}
    assert not [g for _, g in found.elements if "style" in g or any(a.startswith("on") for a in g)]


def test_the_chart_library_is_the_released_one_with_its_licence():
    folder = ROOT / "emisim" / "data" / "echarts"
    assert hashlib.sha256((folder / "echarts.min.js").read_bytes()).hexdigest() == ECHARTS
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert (folder / "NOTICE").read_text(encoding="utf-8").strip() in parsed("mengjin").section("provenance")


def test_a_hostile_text_stays_text():
    label = {"zh": HOSTILE, "en": HOSTILE}
    targets = {"T": {**NET, "title": label, "reduction": "10 %"}}
    measures = {
        "A": measure(action("source_removal", "kiln", removed="30 %"), title=label, lead=[HOSTILE], cooperating=[HOSTILE])
    }
    rows = {"source_id": "kiln", "name_en": HOSTILE, "name_zh": HOSTILE, "source": HOSTILE}
    found = run(plan(measures, targets=targets, title=label), inventory(rows), title=label)
    for language in LANGUAGES:
        seen = Page(page.html(found, language))
        tags = [tag for tag, _ in seen.elements]
        assert "img" not in tags
        assert tags.count("script") == 3
        assert tags.count("style") == 1
        assert not [g for _, g in seen.elements if any(a.startswith("on") for a in g)]
        assert seen.text.count(HOSTILE) >= 7  # title and heading, card, sentence, ledger, clause, source
        assert "</script" not in seen.raw["style"][0]
        json.loads(seen.raw["script"][0])


# ---- what it says


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COUNTIES)
def test_the_sections_stand_in_order_and_every_link_leads_somewhere(name, language):
    found = parsed(name, language)
    assert list(found.sections) == SECTIONS
    ids = [given["id"] for _, given in found.elements if "id" in given]
    assert len(ids) == len(set(ids))
    assert {given["href"][1:] for _, given in found.elements if "href" in given} <= set(ids)
    links = [given["href"][1:] for tag, given in found.elements if tag == "a"]
    assert [link for link in links if link in SECTIONS and link != "answer"][: len(SECTIONS) - 1] == SECTIONS[1:]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COUNTIES)
def test_every_table_is_whole(name, language):
    found = parsed(name, language)
    assert len(found.tables) > 15
    for one in found.tables:
        assert len({len(row) for row in one["rows"]}) == 1
    assert not re.search(r"\{\w*\}|\bnan\b|\bNone\b|\binf\b", found.text)


def test_the_answer_says_verdict_value_requirement_and_what_is_missing():
    targets = {"SMALL": {**NET, "reduction": "10 %"}, "LARGE": {**NET, "reduction": "40 %"}, "OPEN": {**NET, "reduction": None}}
    seen = Page(page.html(judged(targets), "en"))
    text = " ".join(seen.section("answer").split())
    assert text.startswith("The answer Targets on tonnes, 3 in all: 1 missed, 1 met, 1 not assessable.")
    assert "“trial” reaches 15.00 % where ≥ 40 % is required; 50.0 t/yr are missing." in text
    cards = [given["class"] for tag, given in seen.elements if tag == "li" and given.get("class", "").startswith("card")]
    assert cards == ["card missed", "card met", "card open"]
    missed, met, open_ = seen.cards
    assert "LARGE" in missed and "15.00 %" in missed and "≥ 40 %" in missed and "missing50.0 t/yr" in missed
    assert "SMALL" in met and "≥ 10 %" in met and "missing" not in met
    assert "OPEN" in open_ and "no value in the plan" in open_


def test_a_changed_scenario_says_so_under_its_answer():
    late = judged({"SMALL": {**NET, "reduction": "10 %"}}, delay={"A": "6mo"})
    text = " ".join(Page(page.html(late, "en")).section("answer").split())
    assert re.search(r"in all: 1 \w+\. Delayed: A 6mo", text)
    plain = Page(page.html(judged({"SMALL": {**NET, "reduction": "10 %"}}), "en")).section("answer")
    assert "Delayed" not in plain


def test_the_narrowest_margin_decides_where_all_is_met():
    targets = {
        "FAR": {**NET, "reduction": "1 %"},
        "NEAR": {**NET, "title": {"zh": "近", "en": "the near one"}, "reduction": "14 %"},
    }
    text = " ".join(Page(page.html(judged(targets), "en")).section("answer").split())
    assert "“the near one” has the narrowest margin, 15.00 % where ≥ 14 % is required." in text
    assert "The measure that brings most NOx is A, trial (30.0 t/yr)." in text


def test_no_value_is_never_a_verdict():
    text = Page(page.html(judged({"OPEN": {**NET, "reduction": None}}), "en")).section("answer")
    assert "the plan gives no value" in text
    assert "met" not in re.findall(r"\w+", text.split("indicators")[0].replace("not assessable", ""))


def test_a_plan_without_targets_has_a_page():
    seen = Page(page.html(judged({}), "en"))
    assert "no target on tonnes" in seen.section("answer")
    assert list(seen.sections) == [s for s in SECTIONS if s not in ("indicators", "costs")]


@pytest.mark.parametrize("name", COUNTIES)
def test_the_illustrative_base_year_is_in_the_answer(name):
    assert "Illustrative base year 2020" in parsed(name).section("answer")
    assert "示意性基准年" in parsed(name, "zh").section("answer")


@pytest.mark.parametrize("name", COUNTIES)
def test_verdicts_and_totals_are_those_of_the_summary(name):
    told = summarise(county(name))
    cards, totals = parsed(name).cards, parsed(name).section("totals")
    answer = parsed(name).section("answer")
    for target in (t for t in told["targets"] if t["kind"] in ("net", "subset", "creditable")):
        digits = 2 if target["unit"] == "%" else 0
        card = next(text for text in cards if target["id"] in text)
        assert target["verdict"] in card
        assert f"{target['value']:,.{digits}f}" in card
    for years in told["totals"].values():
        assert tonnes(years["2025"]["base"]) in totals
        assert tonnes(years["2025"]["plan"]) in totals
    counts = [t["verdict"] for t in told["targets"] if t["kind"] in ("indicator", "concentration")]
    assert f"Indicators and concentrations: {len(counts)}" in answer
    for verdict in set(counts):
        assert re.search(rf"{verdict}\s*{counts.count(verdict)}(?!\d)", answer)


@pytest.mark.parametrize("name", COUNTIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_clause_stands_there_with_what_it_is_filtered_by(name, language):
    told = summarise(county(name))["clauses"]
    found = parsed(name, language).table("clause-table")
    assert [row[0] for row in found["rows"][1:]] == [c["id"] for c in told]
    for given, clause in zip(found["given"][1:], told, strict=True):
        assert given["data-chapter"] == clause["chapter"]
        assert given["data-standing"] == clause["standing"]
        assert given["data-department"].split("|") == ([*dict.fromkeys([*clause["lead"], *clause["cooperating"]])] or [""])
        assert given["data-pollutant"].split("|") == (clause["pollutants"] or [""])


@pytest.mark.parametrize("name", COUNTIES)
def test_the_ledger_holds_every_measure_with_clause_and_department(name):
    result = county(name)
    rows = {row[0]: row for row in parsed(name).table("measures")["rows"][1:]}
    told = {(e["measure"], e["pollutant"]): e["reduction_t"] for e in summarise(result)["ledger"]}
    assert set(rows) == set(result.bound.names)
    for m in result.bound.measures:
        row = next(r for r in rows.values() if r[2] == m.number and r[1] == m.title.en)
        assert row[3] == ("、".join(m.lead) or "–")
        assert row[4].strip() == tonnes(told[row[0], "NOx"])


@pytest.mark.parametrize("name", COUNTIES)
def test_every_input_stands_there_with_grade_and_source(name):
    result, found = county(name), parsed(name)
    sources, factors, growth = (found.table(f"{n}-table")["rows"][1:] for n in ("source", "factor", "growth"))
    words, records = result.inventory.text, result.inventory.records
    assert len(sources) == len(result.inventory)
    assert [row[-1].strip() for row in sources] == [s.strip() for s in words["source"].tolist()]
    assert [row[5] for row in sources] == words["grade"].tolist()
    assert len(factors) == sum(len(f) for f in records.factors)
    assert {row[2] for row in factors} == {r.record.text for f in records.factors for r in f.values()}
    assert len(growth) == len(records.growth)


def test_pictures_stand_with_description_and_numbers():
    found, pictures = parsed("mengjin"), all_pictures(county("mengjin"), "en", QUICK)
    boxes = [given for _, given in found.elements if "data-chart" in given]
    data = json.loads(found.raw["script"][0])
    there = {c.strip() for t in found.tables for row in t["rows"] for c in row}
    assert [b["data-chart"] for b in boxes] == [p.name for p in pictures] == list(data["charts"])
    for box, picture in zip(boxes, pictures, strict=True):
        assert (box["role"], box["aria-label"]) == ("img", picture.alt)
        cells = {c.strip().replace(">=", "≥").replace("<=", "≤") for row in picture.table.rows for c in row}
        assert cells <= there


def test_without_pictures_the_section_is_left_out():
    assert "pictures" not in Page(page.html(county("mengjin"), "en", pictures=())).sections


@pytest.mark.parametrize("language", LANGUAGES)
def test_draws_are_in_the_answer_and_in_their_section(language):
    found = drawn()
    seen = Page(page.html(found, language))
    for v, card in ((v, card) for v in found.verdicts for card in seen.cards if v.id in card):
        assert (say("web.probability", language) in card) == (v.required is not None)
    assert say("table.sure.drivers", language) in seen.section("uncertainty")
    assert "--draws" not in seen.section("uncertainty")
    assert "--draws" in parsed("mengjin", language).section("uncertainty")


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_readings_are_shown_where_they_were_judged(language):
    scope = switch(("wide", {}), ("narrow", {"without": ["A"]}))
    acts = {"A": measure(action("source_removal", "kiln", removed="40 %"))}
    found = plan(acts, switches={"scope": scope}, targets={"T": {**NET, "reduction": "10 %"}})
    case = prepare(scenario(ensemble={"switches": "all"}), found, inventory({"source_id": "kiln"}, {"source_id": "oven"}))
    judged_in_all = replace(simulate(case), ensemble=evaluate(case, lambda reading: case.tables))
    shown_readings = Page(page.html(judged_in_all, language)).section("readings")
    assert "scope=narrow" in shown_readings
    assert "`" not in shown_readings
    assert say("web.readings.none", language).replace("`", "") not in shown_readings
    assert say("web.readings.none", language).replace("`", "") in parsed("mengjin", language).section("readings")


def test_a_chinese_page_speaks_chinese():
    """Of the page's own words; names, ids, units and commands stay as they are."""
    own = {key: row["zh"] for key, row in messages().items() if key.startswith("web.")}
    known = r"emisim|JavaScript|Apache ECharts|`[^`]*`|\{\w+\}|NOx|VOC|\b[A-Za-z]\b"
    assert not {key: text for key, text in own.items() if re.search("[A-Za-z]{2,}", re.sub(known, "", text))}
    assert 'lang="zh-CN"' in shown("mengjin", "zh")[:80]


# ---- pieces


def test_a_table_marks_numbers_and_wide_columns():
    rows = (("a", "1,200", "x" * 200), ("b", "–", "y"))
    html = table(Table("T", ("name", "t/yr", "why"), rows, frozenset({1})), "en", Look("t"))
    assert '<table id="t" class="s1 n2 x3" data-sort>' in html
    assert 'aria-label="T"' in html


def test_comparisons_have_their_sign():
    html = table(Table("T", ("name", "required"), (("a", ">= 5 %"), ("b", "<= 3 d"), ("c", "> 10 %"))), "en")
    assert "<td>≥ 5 %" in html and "<td>≤ 3 d" in html and "<td>&gt; 10 %" in html


def test_an_empty_table_is_nothing():
    assert table(Table("T", ("name",), ()), "en") == ""


def test_a_title_is_safe_in_the_header_of_printed_pages():
    found = replace(county("mengjin"))
    style = Page(page.html(found, "zh", pictures=())).raw["style"][0]
    head = re.search(r'@page\{@top-left\{content:"([^"]*)"\}\}', style).group(1)
    title = re.sub(r"\\([0-9a-f]{6})", lambda m: chr(int(m.group(1), 16)), head)
    assert title == found.scenario.title.zh
