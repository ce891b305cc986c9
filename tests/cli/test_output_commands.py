"""export, plot, report: every form of a run folder, written, opened again, and reconciled with summary.json."""

import csv
import io
import json
import math
import re

import numpy as np
import openpyxl
import pytest

import tiny
from emisim.cli.outputs import KINDS
from emisim.pictures import KINDS as PICTURES
from emisim.summary import summarise

COUNTIES = ("mengjin", "yichuan")


@pytest.fixture(scope="module", params=COUNTIES)
def folder(request, tmp_path_factory):
    """The run folder of a county, drawn, made by the command line."""
    path = tmp_path_factory.mktemp("outputs") / "run"
    scenario = f"scenarios/{request.param}-2025.yaml"
    outcome = tiny.command(tiny.ROOT, "run", scenario, "--draws", "64", "--out", str(path), "--lang", "en")
    assert outcome.code == 0, outcome.err
    return path


@pytest.fixture(scope="module")
def told(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def plan_totals(told, scale=1.0):
    year = str(told["target_year"])
    return {p: by_year[year]["plan"] / scale for p, by_year in told["totals"].items()}


def test_every_form_is_written_and_agrees_with_the_summary(folder, told, tmp_path, at_home):
    name = told["scenario"]
    for form in ("netcdf", "xlsx", "iamc"):
        outcome = at_home("export", str(folder), "--format", form, "--out", str(tmp_path), "--lang", "zh")
        assert outcome.code == 0 and outcome.err == "" and outcome.out.startswith("已写入")
    assert at_home("report", str(folder), "--out", str(tmp_path), "--lang", "en").code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        [f"{name}.nc", f"{name}-zh.xlsx", f"{name}-report-en.html"]
        + [f"{name}-iamc-{shape}.{end}" for shape in ("long", "wide") for end in ("csv", "xlsx")]
    )
    _netcdf(folder, tmp_path / f"{name}.nc", told)
    _iamc(tmp_path / f"{name}-iamc-long.csv", told)
    _workbook(tmp_path / f"{name}-zh.xlsx", told)
    _page(tmp_path / f"{name}-report-en.html", folder, told)


def _netcdf(folder, path, told):
    import emisim

    assert path.read_bytes() == (folder / "result.nc").read_bytes()
    dataset = emisim.open_dataset(path)
    total = dataset.emission_plan.where(dataset.in_official_total == 1).sum("source").isel(time=-1)
    for pollutant, tonnes in plan_totals(told).items():
        assert float(total.sel(pollutant=pollutant)) == pytest.approx(tonnes, rel=1e-9)
    assert json.loads(json.dumps(summarise(emisim.open_result(path)))) == told


def _iamc(path, told):
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if r["Scenario"] == told["scenario"] and r["Year"] == str(told["target_year"])]
    found = {r["Variable"]: float(r["Value"]) for r in rows}
    for pollutant, megatonnes in plan_totals(told, 1e6).items():
        assert found[f"Emissions|{pollutant}"] == pytest.approx(megatonnes, rel=1e-9)


def _workbook(path, told):
    book = openpyxl.load_workbook(path, read_only=True)
    numbers = [c for sheet in book for row in sheet.iter_rows(values_only=True) for c in row if isinstance(c, float)]
    known = np.sort(np.array(numbers))
    for tonnes in plan_totals(told).values():
        nearest = known[np.clip(np.searchsorted(known, tonnes) + np.array([-1, 0]), 0, known.size - 1)]
        assert min(abs(nearest - tonnes)) <= 1e-9 * tonnes


def _page(path, folder, told):
    text = path.read_text(encoding="utf-8")
    assert text == (folder / "report.html").read_text(encoding="utf-8")
    words = re.sub(r"<[^>]*>", " ", text)
    for tonnes in plan_totals(told).values():
        assert f"{tonnes:,.0f}" in words


def test_a_run_folder_is_not_changed(emisim, tmp_path):
    assert emisim("run", "scenario.yaml", "--draws", "64").code == 0
    folder = tmp_path / "outputs" / "tiny-2025"
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert emisim("export", "outputs/tiny-2025", "--format", "netcdf").code == 0
    assert emisim("report", "outputs/tiny-2025/result.nc", "--lang", "zh").code == 0
    after = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert {n: after[n] for n in before} == before
    assert set(after) - set(before) == {"tiny-2025.nc", "tiny-2025-report-zh.html"}


def test_pictures_are_drawn_into_a_folder_of_their_language(emisim, tmp_path):
    pytest.importorskip("matplotlib")
    assert emisim("run", "scenario.yaml").code == 0
    outcome = emisim("plot", "outputs/tiny-2025", "--picture", "sectors", "--picture", "waterfall", "--lang", "zh")
    assert outcome.code == 0 and outcome.err == ""
    drawn = sorted(p.name for p in (tmp_path / "outputs" / "tiny-2025" / "pictures-zh").iterdir())
    assert {"sectors.png", "sectors.svg"} <= set(drawn)
    assert {n.split("-")[0].split(".")[0] for n in drawn} == {"sectors", "waterfall"}
    again = emisim("plot", "outputs/tiny-2025/result.nc", "--picture", "sectors", "--format", "svg", "--out", "other")
    assert again.code == 0 and [p.name for p in (tmp_path / "other").iterdir()] == ["sectors.svg"]


def test_the_command_knows_every_kind_of_picture():
    assert tuple(kind.name for kind in PICTURES) == KINDS


def test_units_of_iamc_tables(emisim, tmp_path):
    assert emisim("run", "scenario.yaml").code == 0
    assert emisim("export", "outputs/tiny-2025", "--format", "iamc", "--unit", "kt", "--out", "k").code == 0
    assert emisim("export", "outputs/tiny-2025", "--format", "iamc", "--out", "m").code == 0
    wide = [list(csv.DictReader(io.StringIO(next((tmp_path / d).glob("*wide.csv")).read_text(encoding="utf-8")))) for d in "km"]
    for kilo, mega in zip(*wide, strict=True):
        assert (kilo["Unit"][:3], mega["Unit"][:3]) == ("kt ", "Mt ")
        assert math.isclose(float(kilo["2025"]), 1000 * float(mega["2025"]), rel_tol=1e-9, abs_tol=1e-15)


def test_a_scenario_is_no_run_folder(emisim):
    outcome = emisim("export", "scenario.yaml", "--format", "xlsx")
    assert outcome.code == 2 and outcome.lines[0].startswith("scenario.yaml: a scenario, not a run folder; run it first")


def test_a_scenario_name_makes_a_file_name(emisim, tmp_path):
    text = (tmp_path / "scenario.yaml").read_text(encoding="utf-8")
    (tmp_path / "scenario.yaml").write_text(text.replace("scenario: tiny-2025", "scenario: ../孟津 a/b"), encoding="utf-8")
    assert emisim("run", "scenario.yaml", "--out", "run").code == 0
    assert emisim("report", "run", "--lang", "zh").code == 0
    assert (tmp_path / "run" / "孟津-a-b-report-zh.html").exists()
