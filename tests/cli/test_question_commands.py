"""The commands that ask further: explain, compare, solve, list costs."""

import csv
import json
import re
from pathlib import Path

import pytest

import tiny

ROOT = Path(__file__).parents[2]
MENGJIN, YICHUAN, STRICT = (f"scenarios/{name}.yaml" for name in ("mengjin-2025", "yichuan-2025", "mengjin-2025-strict"))


def said(outcome, code=0):
    assert (outcome.code, outcome.err) == (code, ""), outcome.err
    return outcome.out


def data(outcome, code=0):
    return json.loads(said(outcome, code))


# ---------------------------------------------------------------- explain


def test_explain_names_file_line_grade_and_source_of_every_input(emisim):
    text = said(emisim("explain", "scenario.yaml", "--source", "kiln", "--pollutant", "NOx"))
    assert text.startswith("NOx of ")
    places = re.findall(r"\[.*?((?:inventory|plan)\S*:\d+(?::\d+)?)", text)
    assert {"inventory/sources.csv", "inventory/factors.csv", "inventory/growth.csv", "plan.yaml"} == {
        p.split(":")[0] for p in places
    }
    for place in places:
        file, line, *_ = place.split(":")
        assert 0 < int(line) <= len(Path(file).read_text(encoding="utf-8").splitlines())
    assert (
        re.search(r"Recomputed from its \d+ inputs \(grades: .*\); differs from the run by \d\.\de-\d+", text)
        or "0.0e+00" in text
    )


def test_a_place_is_where_the_figure_stands(emisim):
    (found,) = data(emisim("explain", "scenario.yaml", "--source", "kiln", "--pollutant", "NOx", "--json"))
    inputs = [node for node in nodes(found["proof"]) if node.get("written") and node.get("line")]
    assert len(inputs) > 4
    for node in inputs:
        line = Path(node["file"]).read_text(encoding="utf-8").splitlines()[node["line"] - 1]
        figure = node["written"].split()[0]
        assert figure in line or node["label_en"].endswith("2025") or "existing" in node["label_en"], (figure, line)


def nodes(node):
    yield node
    for part in node.get("parts", ()):
        yield from nodes(part)


def test_explain_as_data_recomputes(emisim):
    def again(node):
        parts = [again(part) for part in node.get("parts", ())]
        if not parts:
            return node["value"]
        if node["how"] == "product":
            out = 1.0
            for part in parts:
                out *= part
            return out
        return {
            "sum": sum(parts),
            "difference": parts[0] - sum(parts[1:]),
            "quotient": parts[0] / (parts[1:] or [1])[0],
            "mean": sum(parts) / len(parts),
        }[node["how"]]

    for found in data(emisim("explain", "scenario.yaml", "--json")):
        assert again(found["proof"]) == pytest.approx(found["value"], rel=1e-9) and found["closure"] < 1e-9
    (one,) = data(emisim("explain", "scenario.yaml", "--target", "NOX_NET", "--json"))
    assert again(one["proof"]) == pytest.approx(one["value"], rel=1e-9) and one["verdict"] in ("met", "missed")


@pytest.mark.parametrize("level", ["base", "reference", "plan", "calendar"])
def test_what_is_explained_is_what_the_run_says(level, emisim):
    run = data(emisim("run", "scenario.yaml", "--json"))
    totals = run["totals"] | (
        {p: {"2025": {level: y["2025"]["plan"]}} for p, y in run["calendar"].items()} if level == "calendar" else {}
    )
    for found in data(emisim("explain", "scenario.yaml", "--level", level, "--json")):
        pollutant = found["title_en"].split()[0]
        assert found["value"] == pytest.approx(totals[pollutant]["2025"][level], rel=1e-11)


def test_what_a_measure_brings_is_its_line_of_the_ledger(emisim):
    ledger = data(emisim("run", "scenario.yaml", "--json"))["ledger"]
    wanted = {x["pollutant"]: x["reduction_t"] for x in ledger if x["measure"] == "B01"}
    for found in data(emisim("explain", "scenario.yaml", "--measure", "B01", "--json")):
        assert found["value"] == pytest.approx(wanted[found["title_en"].split("brings, ")[1].split()[0]], abs=1e-9)


def test_depth_and_top_shorten_the_screen(emisim):
    whole = said(emisim("explain", "scenario.yaml", "--pollutant", "NOx", "--depth", "9", "--top", "99"))
    short = said(emisim("explain", "scenario.yaml", "--pollutant", "NOx", "--depth", "1", "--top", "2"))
    assert len(short.splitlines()) < len(whole.splitlines()) / 3 and "more together" in short


# ---------------------------------------------------------------- compare


def test_the_parts_of_a_difference_sum_to_it(at_home):
    found = data(at_home("compare", MENGJIN, YICHUAN, STRICT, "--json"))
    assert found["scenarios"] == ["mengjin-2025", "yichuan-2025", "mengjin-2025-strict"]
    assert [d["second"] for d in found["differences"]] == ["yichuan-2025", "mengjin-2025-strict"]
    for part in found["differences"]:
        for pollutant, entry in part["totals"].items():
            assert list(entry["parts"]) == ["growth", "activity", "factor", "coverage", "efficiency", "timing"]
            assert sum(entry["parts"].values()) == pytest.approx(entry["difference"], abs=1e-8)
            plans = found["totals"][pollutant]
            assert entry["difference"] == pytest.approx(plans[part["second"]]["plan"] - plans["mengjin-2025"]["plan"], abs=1e-8)


def test_packages_stand_beside_the_scenario(emisim):
    found = data(emisim("compare", "scenario.yaml", "--package", "kiln=B01,B02", "--package", "rail=C02", "--json"))
    assert found["scenarios"] == ["tiny-2025", "kiln", "rail"]
    alone = data(emisim("run", "scenario.yaml", "--only", "B01", "--only", "B02", "--json"))["totals"]["NOx"]["2025"]["plan"]
    assert found["totals"]["NOx"]["kiln"]["plan"] == pytest.approx(alone, rel=1e-12)
    text = said(emisim("compare", "scenario.yaml", "--package", "kiln=B01,B02"))
    assert "kiln" in text and "coverage of the measures" in text


def test_one_scenario_is_taken_apart_measure_by_measure(emisim):
    found = data(emisim("compare", "scenario.yaml", "--json"))
    run = data(emisim("run", "scenario.yaml", "--json"))
    ledger = {(x["measure"], x["pollutant"]): x for x in run["ledger"]}
    for line in found["measures"]:
        known = ledger[line["measure"], line["pollutant"]]
        assert all(line[k] == pytest.approx(known[k], abs=1e-9) for k in ("reduction_t", "first_in_t", "last_in_t"))
    roles = {r["measure"]: r for r in next(g for g in found["goals"] if g["target"] == "NOX_NET")["roles"]}
    for measure in ("A01", "B01"):
        left_out = data(emisim("check", "scenario.yaml", "--without", measure, "--json"), code=1)
        value = next(t for t in left_out["targets"] if t["id"] == "NOX_NET")
        assert roles[measure]["without"] == pytest.approx(value["value"], rel=1e-10)
        assert roles[measure]["met_without"] == (value["verdict"] == "met")
    assert {r["role"] for r in roles.values()} <= {"critical", "useful", "redundant", "harmful"}
    assert roles["F02"]["role"] == "redundant"


def test_all_subsets_hold_the_package_that_solve_finds(emisim):
    free = "A01,A02,B01,B02,C01,C02,C03,D02,E01,F01"
    words = ("--target", "NOX_NET")
    found = data(emisim("compare", "scenario.yaml", "--all-subsets", free, "--others", "off", *words, "--json"))
    best = data(emisim("solve", "scenario.yaml", *words, "--json"))
    assert found["count"] == 1024 and found["meeting_all"] == found["meeting"]["NOX_NET"] > 0
    assert found["cheapest"]["package"] == [m["measure"] for m in best["package"]]
    front = found["fronts"]["NOX_NET"]
    assert [p["objective"] for p in front] == sorted(p["objective"] for p in front)
    assert [p["value"] for p in front] == sorted(p["value"] for p in front)
    text = said(emisim("compare", "scenario.yaml", "--all-subsets", free, *words))
    assert "1,024 packages of 10 measures" in text and "Pareto front" in text


# ---------------------------------------------------------------- solve


def test_solve_finds_a_package_that_check_calls_met(at_home):
    found = data(at_home("solve", MENGJIN, "--target", "NH3_LARGE", "--target", "VOC_NATIONAL", "--json"))
    assert found["status"] == "optimal" and found["gap"] == 0 and found["minimised"] == "count"
    only = [word for m in found["package"] for word in ("--only", m["measure"])]
    run = at_home("check", MENGJIN, *only, "--json")
    verdicts = {t["id"]: t for t in json.loads(run.out)["targets"]}
    for goal in found["goals"]:
        assert verdicts[goal["target"]]["verdict"] == "met"
        assert verdicts[goal["target"]]["value"] == pytest.approx(goal["value"], rel=1e-9)


def test_what_cannot_be_met_ends_with_1_and_says_what_would_help(at_home):
    text = said(at_home("solve", YICHUAN), code=1)
    assert "No package of these measures meets the 3 target(s) together." in text
    assert re.search(r"ask less: NH3_LARGE 5\.00 % → 3\.59 % \(at most 28\.\d % of what is required", text)


def test_the_solver_says_nothing_itself(tmp_path):
    tiny.copy(tmp_path)
    outcome = tiny.command(tmp_path, "solve", "scenario.yaml", "--target", "NOX_NET", "--json", "--time-limit", "5")
    assert outcome.err == "" and json.loads(outcome.out)["status"] == "optimal"


def test_forced_forbidden_effort_and_curve(emisim):
    words = ("solve", "scenario.yaml", "--target", "NOX_NET", "--json")
    free = data(emisim(*words))
    first = free["package"][0]["measure"]
    without = data(emisim(*words, "--forbid", first), code=1)
    assert first == "C01" and without["status"] == "infeasible" and without["package"] is None and without["forbidden"] == ["C01"]
    assert without["goals"][0]["most"] < without["goals"][0]["required"] and without["eased"]["goals"][0]["target"] == "NOX_NET"
    with_f01 = data(emisim(*words, "--force", "F01"))
    assert "F01" in [m["measure"] for m in with_f01["package"]] and with_f01["forced"] == ["F01"]
    dear = data(emisim(*words, "--minimise", "effort", "--effort", f"{first}=50"))
    assert (dear["objective"], dear["minimised"], free["objective"], free["minimised"]) == (50, "effort", 1, "count")
    curve = data(emisim(*words, "--curve", "NOX_NET", "--steps", "4"))["curve"]
    assert len(curve) == 5 and curve[0]["objective"] == 0
    assert [p["objective"] for p in curve] == sorted(p["objective"] for p in curve)


def test_back_casting_that_never_meets_ends_with_1(emisim):
    words = ("solve", "scenario.yaml", "--measure", "F01", "--vary", "gap_closed", "--target", "CARS_ELECTRIC", "--json")
    found = emisim(*words)
    assert json.loads(found.out)["outcome"] == "no_effect" and found.code == int(
        json.loads(found.out)["now"]["verdict"] == "missed"
    )


def test_back_casting_of_an_item(at_home):
    found = data(at_home("solve", YICHUAN, "--measure", "Y23", "--vary", "factor", "--target", "NH3_LARGE", "--json"))
    assert found["outcome"] == "reached" and found["needed"] == pytest.approx(1.157, abs=1e-3)
    assert found["measures"] == ["Y23a", "Y23b", "Y23c", "Y23f"]


# ---------------------------------------------------------------- solve, source by source

BY_SOURCE = ("solve", "scenario.yaml", "--by", "source", "--target", "NOX_NET")


@pytest.fixture
def priced(emisim):
    """The tiny project with a price for its measures and a target that they can meet."""
    costs = "costs:\n" + "".join(
        f"  {m}: {{yearly: {k} yuan/yr, currency: CNY, price_year: 2020}}\n" for k, m in enumerate(("A01", "B01", "C01"), start=5)
    )
    path = Path("scenario.yaml")
    path.write_text(path.read_text(encoding="utf-8") + costs, encoding="utf-8")
    return emisim


def test_source_by_source_in_words_as_data_and_as_csv(priced):
    words = (*BY_SOURCE, "--uncosted", "leave-out")
    found, text, table = data(priced(*words, "--json")), said(priced(*words)), said(priced(*words, "--csv"))
    assert found["status"] == "optimal" and found["gap"] <= 1e-6 and found["value"] >= found["goal"]["required"]
    assert sum(p["cost"] for p in found["pairs"]) == pytest.approx(found["cost"])
    assert found["cost"] <= found["whole_measures"] and found["bound"] <= found["cost"]
    rows = list(csv.DictReader(table.splitlines()))
    assert [(r["measure"], r["sources"].split(";")) for r in rows] == [(p["measure"], p["sources"]) for p in found["pairs"]]
    assert [float(r["t_per_year"]) for r in rows] == pytest.approx([p["t"] for p in found["pairs"]])
    assert f"{len(rows)} of {found['possible']} pairs of a measure and a source" in text
    assert data(priced(*words, "--forbid", "C01", "--json"), code=1)["status"] == "infeasible"


def test_source_by_source_refuses_what_would_say_nothing(emisim):
    for words, option in (((*BY_SOURCE, "--effort", "A01=2"), "--effort"), (("solve", "scenario.yaml", "--csv"), "--csv")):
        outcome = emisim(*words)
        assert outcome.code == 2 and f"here {option} would say nothing" in outcome.err


# ---------------------------------------------------------------- costs, and both languages


def test_every_measure_has_a_cost_or_a_reason(at_home):
    for scenario in (MENGJIN, YICHUAN):
        found = data(at_home("list", "costs", scenario, "--json"))
        assert found["unit"] == "CNY(2020)/yr"
        assert all(m["annual"] is not None or m["reason"]["zh"] for m in found["measures"])
        assert sum(m["annual"] is not None for m in found["measures"]) >= 14


@pytest.mark.parametrize(
    "words",
    [
        ("explain", "scenario.yaml", "--source", "kiln"),
        ("explain", "scenario.yaml", "--measure", "B01"),
        ("explain", "scenario.yaml", "--target", "CARS_ELECTRIC"),
        ("compare", "scenario.yaml"),
        ("compare", "scenario.yaml", "scenario.yaml"),
        ("compare", "scenario.yaml", "--all-subsets", "A01,B01"),
        ("solve", "scenario.yaml", "--target", "NOX_NET", "--curve", "NOX_NET"),
        ("solve", "scenario.yaml", "--by", "source", "--target", "NOX_NET", "--uncosted", "take"),
        ("solve", "scenario.yaml", "--measure", "B01", "--vary", "coverage", "--target", "NOX_NET"),
        ("list", "costs", "scenario.yaml"),
    ],
    ids=" ".join,
)
def test_every_answer_exists_in_chinese(words, emisim):
    english, chinese = (emisim(*words, "--lang", language) for language in ("en", "zh"))
    assert english.code == chinese.code and not chinese.err
    assert len(english.out.splitlines()) == len(chinese.out.splitlines())
    # What is English in Chinese output is names of files, ids, codes and sources, never a sentence of emisim's own.
    table = ROOT / "emisim" / "data" / "messages.csv"
    with table.open(encoding="utf-8", newline="") as stream:
        sentences = [row["en"] for row in csv.DictReader(stream) if len(row["en"].split()) > 5 and "{" not in row["en"]]
    assert not [s for s in sentences if s in chinese.out]
