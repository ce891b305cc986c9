"""The Excel workbook, read back by another library than the one that writes it: numbers, types, words, and nothing that bites."""

import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime

import pytest
from small import LABEL, action, inventory, measure, plan, scenario, switch
from small import run as simulated
from sure import TARGETS, drawn, made
from sure import result as drawn_result

import tiny
from books import HOSTILE, assert_plain, opened
from emisim.case import prepare
from emisim.io import xlsx
from emisim.io.run_folder import ledger_csv
from emisim.io.workbook import sheets, workbook_bytes
from emisim.simulate import simulate
from emisim.summary import summarise
from emisim.uncertainty.ensemble import evaluate
from shipped import COUNTIES, county

NEAR = 1e-9
SHEETS = [
    "Summary", "Totals by year", "Ledger by measure", "Ledger by source", "Clauses", "Targets and indicators", "Creditable projects", "Sectors",
    "Sources", "Readings taken", "Notes and warnings", "Provenance",
]  # fmt: skip


def lines(book, name):
    """Rows of a sheet as mappings header → value, once for each row."""
    header, *rows = book[name].iter_rows(values_only=True)
    assert len(set(header)) == len(header)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture(scope="module", params=COUNTIES)
def both(request):
    """(result, its summary, its English workbook)."""
    result = county(request.param)
    return result, summarise(result), opened(workbook_bytes(result, "en"))


def small(**more):
    """One kiln, one measure."""
    return simulated(
        plan({"A": measure(action("source_removal", "kiln", removed="40 %"))}, **more), inventory({"source_id": "kiln"})
    )


# ---------------------------------------------------------------- the numbers are those of the summary


def test_totals(both):
    result, said, book = both
    found = {(row["pollutant"], str(row["year"])): row for row in lines(book, "Totals by year")}
    columns = {"base": "base year", "frozen": "no measures", "reference": "existing measures", "plan": "plan"}
    for pollutant, years in said["totals"].items():
        for year, wanted in years.items():
            row, emitted = found[pollutant, year], said["calendar"][pollutant][year]
            for key, title in columns.items():
                assert row[f"{title} [t/yr]"] == pytest.approx(wanted[key], rel=NEAR)
            assert row["emitted in the year, plan [t/yr]"] == pytest.approx(emitted["plan"], rel=NEAR)
            assert row["change on base year [%]"] == pytest.approx(wanted["plan"] / wanted["base"] - 1, rel=1e-7, abs=1e-12)
            assert row["plan if overlaps are least [t/yr]"] == pytest.approx(
                said["overlap_bounds"][pollutant][year]["high"], rel=NEAR
            )
    assert len(found) == 3 * len(result.years)


def test_the_ledger_by_measure_adds_up(both):
    result, said, book = both
    found = {row["measure"]: row for row in lines(book, "Ledger by measure")}
    for entry in said["ledger"]:
        row, p = found[entry["measure"]], entry["pollutant"]
        for key, title in (
            ("reduction_t", "reduction"),
            ("first_in_t", "alone (first in)"),
            ("last_in_t", "lost if dropped (last in)"),
        ):
            assert row[f"{p} {title} [t/yr]"] == pytest.approx(entry[key], rel=NEAR, abs=1e-9)
    for p, years in said["totals"].items():
        last = years[str(result.years[-1])]
        total = sum(row[f"{p} reduction [t/yr]"] for row in found.values())
        assert total == pytest.approx(last["base"] - last["plan"], rel=NEAR)
        assert sum(row[f"{p} share of the plan [%]"] or 0.0 for row in found.values()) == pytest.approx(1.0)


def test_the_ledger_by_source_has_every_line_of_the_file(both):
    result, _, book = both
    rows = book["Ledger by source"].iter_rows(min_row=2, values_only=True)
    found = {(r[0], r[4], r[6], str(r[7])): r[8] for r in rows}
    written = [line.split(",") for line in ledger_csv(result).decode().splitlines()[1:]]
    assert len(found) == len(written)
    for *key, value in written:
        assert found[tuple(key)] == pytest.approx(float(value), rel=NEAR)


def test_clauses(both):
    _, said, book = both
    found = {row["clause"]: row for row in lines(book, "Clauses")}
    assert list(found) == [entry["id"] for entry in said["clauses"]]
    for entry in said["clauses"]:
        row = found[entry["id"]]
        for p in said["totals"]:
            for key, title in (
                ("reduction_t", "reduction [t/yr]"),
                ("share", "share of the plan [%]"),
                ("further_t", "more at the strong end [t/yr]"),
            ):
                wanted = None if entry[key] is None else pytest.approx(entry[key][p], rel=NEAR, abs=1e-9)
                assert row[f"{p} {title}"] == wanted
        assert (row["title"], row["why"] or "") == (entry["title_en"], entry["reason_en"] or "counted")
        assert row["deadline in the text"] == (datetime.fromisoformat(entry["deadline"]) if entry["deadline"] else None)


def test_targets(both):
    _, said, book = both
    found = {row["target"]: row for row in lines(book, "Targets and indicators")}
    for entry in said["targets"]:
        row = found[entry["id"]]
        assert row["verdict"] == entry["verdict"]
        for key, title in (
            ("value", "reached"),
            ("required", "required"),
            ("shortfall_t", "missing [t/yr]"),
            ("net_t", "net change [t/yr]"),
        ):
            assert row[title] == (None if entry[key] is None else pytest.approx(entry[key], rel=NEAR))
    assert len(found) == len(said["targets"])


def test_projects_and_sectors(both):
    _, said, book = both
    for row, entry in zip(lines(book, "Creditable projects"), said["projects"], strict=True):
        assert (row["measure"], row["pollutant"], row["counts"]) == (
            entry["measure"],
            entry["pollutant"],
            "yes" if entry["counts"] else "no",
        )
        assert row["credited [t/yr]"] == pytest.approx(entry["credit_t"], rel=NEAR, abs=1e-9)
        assert row["complete"] == datetime.fromisoformat(entry["complete"])
    for key, title in (("base", "base year [t/yr]"), ("plan", "plan [t/yr]")):
        for p in said["totals"]:
            total = sum(row[title] for row in lines(book, "Sectors") if row["pollutant"] == p)
            assert total == pytest.approx(sum(v[p][key] for v in said["sectors"].values()), rel=NEAR)


def test_sources_are_activity_times_factor_and_add_up(both):
    result, said, book = both
    rows = lines(book, "Sources")
    assert [row["source"] for row in rows] == result.inventory.ids.tolist()
    for p, years in said["totals"].items():
        official = [row for row in rows if row["counts in official totals"] == "yes"]
        last = years[str(result.years[-1])]
        for title, wanted in (("base year", last["base"]), ("plan, target year", last["plan"])):
            assert sum(row[f"{p} {title} [t/yr]"] or 0.0 for row in official) == pytest.approx(wanted, rel=NEAR)
        for row in rows:
            product = row["activity, base year"] * (row[f"{p} factor [kg per unit of activity]"] or 0.0) / 1000
            assert product == pytest.approx(row[f"{p} base year [t/yr]"] or 0.0, rel=NEAR)


# ---------------------------------------------------------------- it can be read without emisim


def test_the_summary_says_the_answer_first(both):
    result, said, book = both
    assert book.sheetnames == SHEETS
    cells = [c for row in book["Summary"].iter_rows(values_only=True) for c in row if c is not None]
    assert cells[0] == result.scenario.title.en
    assert "Illustrative base year 2020" in cells[2]
    at = {c: k for k, c in enumerate(cells) if isinstance(c, str)}
    for entry in said["targets"]:
        if result.reading.targets[entry["id"]].on_tonnes:
            assert cells[at[entry["id"]] + 1] == entry["verdict"]
    assert "The plan gives no value, so these cannot be assessed: NOX_TONNES, VOC_TONNES" in cells
    plans = [years[str(result.years[-1])]["plan"] for years in said["totals"].values()]
    assert all(any(isinstance(c, float) and c == pytest.approx(p, rel=NEAR) for c in cells) for p in plans)


def test_every_table_has_a_frozen_header_filters_and_a_page(both):
    *_, book = both
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.freeze_panes
        if sheet.title != "Summary":
            assert sheet.auto_filter.ref.startswith("A1:")
            assert sheet.auto_filter.ref.endswith(str(max(sheet.max_row, 2)))
            assert sheet.print_title_rows == "$1:$1"


def test_numbers_are_numbers_codes_are_text_and_units_stand_in_the_header(both):
    *_, book = both
    for sheet in book.worksheets[1:]:
        for column in sheet.iter_cols():
            kinds = {type(c.value) for c in column[1:]} - {type(None)}
            assert kinds <= {int, float} or kinds in ({str}, {datetime}), (sheet.title, column[0].value)
            if kinds and kinds <= {int, float}:
                looks = {c.number_format for c in column[1:] if c.value is not None}
                assert len(looks) == 1
                assert ("%" in next(iter(looks))) == ("[%]" in column[0].value)
                assert ("[t/yr]" not in column[0].value) or next(iter(looks)).startswith("#,##0.0")
    sources = lines(book, "Sources")
    assert {row["region"] for row in sources} <= {"410308", "410329"}
    assert not {0} & {row["VOC factor [kg per unit of activity]"] for row in sources}


LATIN = re.compile(r"[A-Za-z]{2,}")
KNOWN = {"NOx", "VOC", "VOCs", "NH3", "NH", "emisim", "NFR", "Shapley", "NO"}


@pytest.mark.parametrize("result", [pytest.param(lambda: county("mengjin"), id="county"), pytest.param(drawn, id="drawn")])
def test_a_chinese_reader_gets_chinese(result):
    book = opened(workbook_bytes(result(), "zh"))
    for sheet in book.worksheets:
        assert not LATIN.findall(sheet.title)
        headers = [c.value for c in sheet[1]] if sheet.title != "摘要" else []
        assert len(set(headers)) == len(headers)
        assert not {w for h in headers if h for w in LATIN.findall(h)} - KNOWN, sheet.title
    notes = [row[1].value for row in book["说明与提示"].iter_rows(min_row=2)]
    assert not {w for note in notes[1:6] for w in LATIN.findall(note)} - KNOWN
    verdict = {row["结论"] for row in lines(book, "目标与指标")}
    assert verdict <= {"完成", "未完成", "有风险", "无法评估"}


def test_english_says_no_chinese_of_its_own():
    book = opened(workbook_bytes(drawn(), "en"))
    for sheet in book.worksheets:
        for row in sheet.iter_rows(values_only=True):
            assert not [c for c in row if isinstance(c, str) and re.search("[\u4e00-\u9fff]", c)], sheet.title


# ---------------------------------------------------------------- how sure, and other readings


def test_uncertainty_has_the_figures_of_the_summary():
    said, book = summarise(drawn())["uncertainty"], opened(workbook_bytes(drawn(), "en"))
    found = {(r["result"], r["of"], r["case"], r["year"]): r for r in lines(book, "Uncertainty")}
    for level, case in (("base", "base year"), ("reference", "existing measures"), ("plan", "plan")):
        row, wanted = found["official total", "NOx", case, 2025], said["totals"]["NOx"]["2025"][level]
        for key, title in (("mean", "mean"), ("sd", "standard deviation"), ("p2.5", "p2.5"), ("p50", "p50"), ("p97.5", "p97.5")):
            assert row[title] == pytest.approx(wanted[key], rel=1e-8)
            assert row[f"{title} ± standard error"] == pytest.approx(wanted["error"][key], rel=1e-8, abs=1e-9)
    hard = found["target", "HARD", "plan", 2025]
    assert hard["probability to be met [%]"] == pytest.approx(said["probability"]["HARD"])
    assert hard["p50"] == pytest.approx(said["targets"]["HARD"]["p50"], rel=1e-8)
    together = found["all targets together", "targets on tonnes", None, None]
    assert together["probability to be met [%]"] == pytest.approx(said["joint_probability"])
    assert ("change on base year", "VOC", "plan", 2025) in found
    assert found["change on base year", "VOC", "plan", 2025]["p50"] is None  # nothing emits it: no value, not 0


def test_draws_that_all_agree_prove_no_certainty():
    targets = {name: {**TARGETS["EASY"], "reduction": f"{n} %"} for name, n in (("SURE", -500), ("NEVER", 99))}
    cells = {
        c
        for row in opened(workbook_bytes(drawn_result(made(targets), draws=64), "en"))["Summary"].iter_rows(values_only=True)
        for c in row
    }
    assert {"> 95.3 %", "< 4.7 %"} <= cells and not {0.0, 1.0} & {c for c in cells if isinstance(c, float)}


def test_drivers_and_the_summary_of_a_drawn_run():
    said, book = summarise(drawn())["uncertainty"], opened(workbook_bytes(drawn(), "en"))
    first = [r for r in lines(book, "What drives it") if r["rank"] == 1]
    shares = [v["inputs"][0]["share"] for v in said["drivers"].values() if v["inputs"]]
    assert [r["share of variance [%]"] for r in first] == pytest.approx(shares)
    cells = [c for row in book["Summary"].iter_rows(values_only=True) for c in row]
    assert any(isinstance(c, float) and c == pytest.approx(said["totals"]["NOx"]["2025"]["plan"]["p50"], rel=1e-8) for c in cells)


def test_other_readings_have_a_sheet_of_their_own():
    net = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025, "reduction": "30 %"}
    found = plan(
        {"A": measure(action("source_removal", "kiln", removed="40 %"))},
        targets={"NET": net},
        switches={"scope": switch(("wide", {}), ("narrow", {"without": ["A"]}))},
    )
    case = prepare(scenario(ensemble={"switches": {"scope": "all"}}), found, inventory({"source_id": "kiln"}))
    result = replace(simulate(case), ensemble=evaluate(case, lambda reading: case.tables))
    rows = lines(opened(workbook_bytes(result, "en")), "Other readings")
    assert [(r["what differs"], r["NOx plan [t/yr]"], r["NET verdict"]) for r in rows] == [
        ("as the scenario is", 60.0, "met"),
        ("scope=narrow", 100.0, "missed"),
    ]


def test_without_draws_there_is_no_sheet_for_them():
    assert [s.name for s in sheets(small(), "en")] == SHEETS


# ---------------------------------------------------------------- text stays text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_names_in_a_result(language):
    bad = {"zh": '=HYPERLINK("http://x")\x07\ufffe', "en": "@cmd\x00\x1b[31m" + "长" * 40_000}
    rows = [{"source_id": f"{t}{k}", "name_zh": t, "name_en": t, "note": t, "source": t} for k, t in enumerate(HOSTILE)]
    targets = {"=T": {"kind": "net", "pollutant": "NOx", "title": bad, "year": 2025, "reduction": None, "source": "+1"}}
    measures = {
        "=M": measure(action("source_removal", rows[0]["source_id"], removed="40 %"), title=bad, lead=["-1+1"], words="=2")
    }
    result = simulated(plan(measures, title=bad, document="=3", targets=targets), inventory(*rows), scenario="-trial", title=bad)
    data = workbook_bytes(result, language)
    assert_plain(data)
    book = opened(data)
    texts = [c.value for s in book.worksheets for row in s.iter_rows() for c in row if c.data_type == "s"]
    assert max(map(len, texts)) <= xlsx.LONGEST_TEXT
    assert any(t.endswith("…") and len(t) == xlsx.LONGEST_TEXT for t in texts) == (language == "en")
    assert {"=T", "=M", "-1+1", "=2", "+1", "-12"} <= set(texts)
    assert not [t for t in texts if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", t)]


# ---------------------------------------------------------------- equal results are equal files

SCRIPT = """
import hashlib, emisim
from emisim.io.iamc import iamc_files
from emisim.io.workbook import workbook_bytes
result = emisim.run({path!r}, draws=64, seed=1)
files = workbook_bytes(result, "zh"), workbook_bytes(result, "en"), *iamc_files(result).values()
hashes = [hashlib.sha256(d).hexdigest() for d in files]
print(*hashes)
"""


def test_the_same_bytes_in_another_process_and_folder(tmp_path, capsys):
    here, there = (tiny.copy(tmp_path / name) for name in ("here", "there"))
    env = {"PYTHONPATH": str(tiny.ROOT), "PATH": "", "PYTHONHASHSEED": "1"}
    script = SCRIPT.format(path="scenario.yaml")
    other = subprocess.run([sys.executable, "-c", script], cwd=there, env=env, capture_output=True, text=True, check=True).stdout
    exec(SCRIPT.format(path=str(here / "scenario.yaml")), {})
    assert capsys.readouterr().out == other
    assert len(set(other.split())) == 6


def test_another_result_is_another_file():
    assert workbook_bytes(small(), "en") == workbook_bytes(small(), "en")
    assert workbook_bytes(small(), "en") != workbook_bytes(small(document="2"), "en")
