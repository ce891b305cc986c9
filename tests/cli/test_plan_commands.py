"""The commands that ask a plan: its clauses, its readings, measures that are late or left out."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

import tiny

ROOT = Path(__file__).parents[2]
COUNTIES = {"mengjin": 115, "yichuan": 118}
POLLUTANTS = ("NOx", "VOC", "NH3")


def totals(outcome):
    """Plan total of NOx in the target year."""
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)["totals"]["NOx"]["2025"]["plan"]


@pytest.mark.parametrize("county", COUNTIES)
def test_every_clause_has_its_line_and_no_cell_is_empty(county, at_home):
    outcome = at_home("list", "clauses", "--plan", county)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.split("\n")
    first = next(k for k, line in enumerate(lines) if "──" in line)
    rows = lines[first + 1 : first + 1 + COUNTIES[county]]
    assert [re.match(r" ([MY]\w+) ", row)[1] for row in rows]
    assert not lines[first + 1 + COUNTIES[county]].strip()
    assert {len(re.split(r" {2,}", row.strip())) for row in rows} == {11}


@pytest.mark.parametrize("county", COUNTIES)
def test_clauses_as_data_say_who_when_and_how_much_or_why_nothing(county, at_home):
    found = json.loads(at_home("list", "clauses", "--plan", county, "--json").out)
    assert len(found) == COUNTIES[county] == len({c["id"] for c in found})
    for clause in found:
        assert clause["standing"] in ("direct", "enabling", "not_quantified", "indicator", "target", "no_source")
        assert clause["lead"] and clause["due"] and clause["title_zh"] and clause["title_en"]
        acts = bool(clause["measures"])
        assert (clause["reduction_t"] is not None) == acts
        assert clause["reason_zh"] and clause["reason_en"] or any(clause["reduction_t"].values())
        assert (clause["further_t"] is not None) == (clause["standing"] == "not_quantified")
    for pollutant in POLLUTANTS:
        assert sum(c["share"][pollutant] for c in found if c["share"]) == pytest.approx(1, abs=1e-9)


def test_departments_and_chapters_add_up_to_the_plan(at_home):
    out = at_home("list", "departments", "--plan", "mengjin").out
    by_department, by_chapter = out.split("By chapter")

    def tonnes(text):
        return sum(float(m.replace(",", "")) for m in re.findall(r"^ \S.*? +\d+ +\d+ +(-?[\d,.]+)", text, re.MULTILINE))

    assert tonnes(by_department) == pytest.approx(tonnes(by_chapter), rel=2e-3)
    assert [w for w in re.findall(r"^ ([a-z][a-z -]*?)  ", by_chapter, re.MULTILINE) if w != "chapter"] == [
        "industry", "energy", "transport", "area sources", "multi-pollutant", "management",
    ]  # fmt: skip


def test_a_plan_is_found_by_its_name_in_the_scenarios_here(tmp_path, monkeypatch, capsys):
    for folder in ("scenarios", "inputs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios" / "a.yaml").write_text("plan: [", encoding="utf-8")  # an unreadable neighbour is passed over
    outcome = tiny.call(monkeypatch, capsys, "list", "targets", "--plan", "yichuan")
    assert outcome.code == 0 and "NH3_LARGE" in outcome.out


def test_a_switch_on_the_command_line_is_that_of_the_scenario(emisim, tmp_path):
    by_option = totals(emisim("run", "scenario.yaml", "--set", "scope=false", "--json"))
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(scenario.read_text(encoding="utf-8") + "switches: {scope: false}\n", encoding="utf-8")
    assert totals(emisim("run", "scenario.yaml", "--json")) == by_option
    assert totals(emisim("run", "scenario.yaml", "--set", "scope=true", "--json")) != by_option


def test_what_differs_from_the_scenario_as_written_is_said(emisim):
    out = emisim("run", "scenario.yaml", "--set", "scope=false", "--delay", "C01=1yr").out
    assert "Readings other than default: scope=false" in out
    assert "Delayed: C01 1yr" in out
    assert re.search(r"Against the scenario as written, 2025: NOx [+-][\d,.]+ t/yr at the end of the year", out)
    assert "Against" not in emisim("run", "scenario.yaml").out


def test_options_reach_the_run_folder(emisim, tmp_path):
    emisim("run", "scenario.yaml", "--set", "scope=false", "--delay", "C01=6mo", "--out", "r")
    run = json.loads((tmp_path / "r" / "run.json").read_text(encoding="utf-8"))
    assert run["command"] == "emisim run scenario.yaml --set scope=false --delay C01=6mo"
    summary = json.loads((tmp_path / "r" / "summary.json").read_text(encoding="utf-8"))
    assert summary["switches"]["scope"] == {"value": "false", "default": "true", "changed": True}
    assert summary["delays"] == {"C01": "6mo"}


def test_a_late_measure_brings_less(at_home, tmp_path):
    def run(*more):
        return json.loads(at_home("run", "scenarios/mengjin-2025.yaml", "--out", str(tmp_path), "--json", *more).out)

    written, late = run(), run("--delay", "M08=6mo")
    for reading in ("totals", "calendar"):
        assert late[reading]["NOx"]["2025"]["plan"] > written[reading]["NOx"]["2025"]["plan"]
    brought = {(e["measure"], e["pollutant"]): e["reduction_t"] for e in late["ledger"]}
    before = {(e["measure"], e["pollutant"]): e["reduction_t"] for e in written["ledger"]}
    assert brought["M08c", "NOx"] < before["M08c", "NOx"] and brought["M20e", "NOx"] == pytest.approx(
        before["M20e", "NOx"], rel=0.05
    )


def test_chapters_only_and_without_choose_the_measures(at_home, tmp_path):
    def measures(*more):
        out = at_home("run", "scenarios/mengjin-2025.yaml", "--out", str(tmp_path), "--json", *more).out
        return {e["measure"] for e in json.loads(out)["ledger"]} - {"growth"}

    energy = measures("--chapter", "energy")
    assert {"M07b", "M08c"} <= energy and not {m for m in energy if m[1:3] not in ("05", "06", "07", "08", "09")}
    assert measures("--chapter", "energy", "--chapter", "industry") == energy | measures("--chapter", "industry")
    assert measures("--only", "M07b") == {"M07b"}
    assert measures("--only", "M07") == {"M07a", "M07b", "M07c", "M07e"}
    assert measures("--only", "M11") == {"M111b", "M111c", "M111d", "M112", "M113c", "M113d", "M113e"}
    assert measures("--only", "M111", "--only", "MS2") == {"M111b", "M111c", "M111d", "MS2a"}
    for nothing in ("M", "M1", "M1110"):
        assert at_home("run", "scenarios/mengjin-2025.yaml", "--only", nothing).code == 2
    assert measures("--chapter", "energy", "--without", "M07b") == energy - {"M07b"}


def test_both_ledgers_both_times_indicators_and_nitrogen_are_in_all_results(at_home, tmp_path):
    import emisim

    at_home("run", "scenarios/yichuan-2025.yaml", "--out", str(tmp_path))
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    targets = {r["id"]: r for r in csv.DictReader((tmp_path / "targets.csv").open(encoding="utf-8"))}
    dataset = emisim.open_dataset(tmp_path)
    told = {t["id"]: t for t in summary["targets"]}
    # the net change and the creditable tonnes
    net, credit = (summary["totals"]["NOx"]["2025"], summary["creditable"]["NOx"]["credit_t"])
    assert float(targets["NOX_NATIONAL"]["net_t"]) == pytest.approx(net["base"] - net["plan"], rel=1e-9)
    assert float(targets["NOX_NATIONAL"]["credit_t"]) == pytest.approx(credit, rel=1e-9)
    assert float(dataset.credit.sel(pollutant="NOx").sum()) == pytest.approx(credit, rel=1e-9)
    assert sum(p["credit_t"] for p in summary["projects"] if p["pollutant"] == "NOx") == pytest.approx(credit, rel=1e-9)
    # the level at the end of the year and what the year emits
    calendar = summary["calendar"]["NOx"]["2025"]["plan"]
    reached = 100 * (1 - calendar / net["base"])
    assert float(targets["NOX_NATIONAL"]["calendar"]) == pytest.approx(reached, rel=1e-9)
    at = dataset.target_calendar.sel(target="NOX_NATIONAL")
    assert float(at) == pytest.approx(reached, rel=1e-9)
    assert sum(summary["monthly"]["NOx"]) / 12 == pytest.approx(calendar, rel=0.01)
    # indicators
    assert (
        told["CLEAN_TRANSPORT"]["verdict"]
        == targets["CLEAN_TRANSPORT"]["verdict"]
        == str(dataset.verdict.sel(target="CLEAN_TRANSPORT").item())
    )
    # nitrogen: what enters leaves, chain by chain
    for chain in summary["nitrogen"]["plan"]:
        leaves = sum(chain["emitted_t"]) + chain["left_t"] - sum(chain["between_t"])
        assert leaves == pytest.approx(chain["entering_t"], rel=1e-9)
        assert abs(chain["gap_t"]) <= 1e-9 * chain["entering_t"]
    large = [c for c in summary["nitrogen"]["plan"] if c["stages"][0].endswith("large")]
    assert float(targets["NH3_LARGE"]["nitrogen_entering_t"]) == pytest.approx(sum(c["entering_t"] for c in large), rel=1e-9)
    assert float(dataset.nitrogen_emitted.sum()) == pytest.approx(
        sum(sum(c["emitted_t"]) for c in summary["nitrogen"]["plan"]), rel=1e-9
    )


def test_solved_adoption_meets_the_target_exactly():
    import emisim
    from emisim.io.config_file import load
    from emisim.simulate import verdicts

    path = ROOT / "scenarios" / "yichuan-2025.yaml"
    joint = next(a for a in emisim.run(path).adoption if len(a.measures) > 1)
    changes = []
    for measure, needed in zip(joint.measures, joint.needed, strict=True):
        parameters = {"coverage": f"{100 * needed:.12g} %"}
        changes.append((("adjust", measure), {"parameters": parameters}, "test"))
    verdict = next(v for v in verdicts(load(path, changes=changes).case) if v.id == "NH3_LARGE")
    assert verdict.value == pytest.approx(5.0, abs=1e-6)
