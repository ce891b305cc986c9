"""Runs in parts: what they find is what one run finds, whatever the parts are and whoever runs them."""

import csv
import json

import numpy as np
import pytest
import xarray as xr

import tiny
from emisim.errors import BadInput
from emisim.io.config_file import load
from emisim.io.parts.folder import run_in_parts, surveyed
from emisim.io.parts.running import here
from emisim.simulate import simulate
from emisim.summary import summarise
from nation import nation

REGIONS = 6
ALONE = ("adoption", "memo", "nitrogen", "warnings")  # by source, or not made in parts


def in_parts(scenario, folder, block):
    loaded, survey = surveyed(scenario, lambda p: p.as_posix(), (), (), block)
    return run_in_parts(loaded, survey, here, folder, lambda rows: None)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return nation(tmp_path_factory.mktemp("nation"), REGIONS)


@pytest.fixture(scope="module")
def whole(project):
    return simulate(load(project).case)


@pytest.fixture(scope="module", params=[1, 30, 1000])
def parted(project, request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return in_parts(project, folder, request.param), xr.open_zarr(folder / "sources.zarr").load()


def test_every_source_is_as_in_one_run(whole, parted):
    store = parted[1]
    by_id = np.argsort(store.source_id.values)
    wanted = np.argsort(whole.inventory.ids)
    assert store.source_id.values[by_id].tolist() == whole.inventory.ids[wanted].tolist()
    for name, values in (
        ("emission_base", whole.base),
        ("emission_reference", whole.reference),
        ("emission_plan", whole.plan),
        ("calendar_plan", whole.calendar_plan),
        ("in_official_total", whole.official.astype(np.int8)),
        ("region", whole.inventory.text["region"]),
    ):
        assert store[name].values[by_id].tobytes() == np.ascontiguousarray(values[wanted]).tobytes(), name
    assert store.pollutant.values.tolist() == list(whole.inventory.pollutants)
    assert store.time.values.tolist() == list(whole.years)


def test_regions_stand_as_in_the_table(parted):
    assert parted[1].region.values.tolist() == sorted(parted[1].region.values.tolist())


def same(found, wanted, where=""):
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys(), where
        for key in wanted:
            same(found[key], wanted[key], f"{where}/{key}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), where
        for k, (one, other) in enumerate(zip(found, wanted, strict=True)):
            same(one, other, f"{where}/{k}")
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9), where
    else:
        assert found == wanted, where


def test_the_summary_is_that_of_one_run(whole, parted):
    found, wanted = (summarise(result) for result in (parted[0].result, whole))
    for name in ALONE:
        found.pop(name), wanted.pop(name)
    same(found, wanted)


def test_chains_of_one_kind_are_one(whole, parted):
    for which in ("reference", "plan"):
        one, many = parted[0].result.nitrogen[which], whole.nitrogen[which]
        assert len(one) == 1 and len(many) == REGIONS
        assert one[0].entering == pytest.approx(sum(c.entering for c in many))
        assert one[0].left == pytest.approx(sum(c.left for c in many))
        assert one[0].emitted == pytest.approx(np.sum([c.emitted for c in many], axis=0))
        assert one[0].between == pytest.approx(np.sum([c.between for c in many], axis=0))


def test_regions_add_up(whole, parted):
    found = parted[0].sums.by_region
    assert parted[0].sums.regions == tuple(f"4103{k:02d}" for k in range(REGIONS))
    np.testing.assert_allclose(found["plan"].sum(axis=0), whole.totals(whole.plan), rtol=1e-12)
    np.testing.assert_allclose(found["measures"].sum(axis=0), whole.reductions()[..., -1], rtol=1e-9, atol=1e-9)
    assert found["count"].sum() == whole.official.sum()


def test_the_run_folder(project, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(project.parent)
    done = tiny.call(monkeypatch, capsys, "run", "scenario.yaml", "--block", "30", "--out", str(tmp_path / "run"))
    assert done.code == 0, done.err
    assert "78 sources of 13 kinds in 6 regions, run in " in " ".join(done.out.split())
    folder = tmp_path / "run"
    assert {p.name for p in folder.iterdir()} >= {"sources.zarr", "result.nc", "report.html", "regions.csv", "run.json"}
    with (folder / "regions.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with (folder / "region_measures.csv").open(encoding="utf-8", newline="") as stream:
        brought = sum(float(r["reduction_t_per_yr"]) for r in csv.DictReader(stream) if r["pollutant"] == "NOx")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    last = summary["totals"]["NOx"]["2025"]
    assert sum(float(r["NOx_plan_t_per_yr"]) for r in rows) == pytest.approx(last["plan"])
    assert brought == pytest.approx(last["reference"] - last["plan"])
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["options"]["block"] == 30 and record["command"].endswith("--block 30")
    again = tiny.call(monkeypatch, capsys, "rerun", str(folder))
    assert again.code == 2 and "made in parts" in again.err
    shown = tiny.call(monkeypatch, capsys, "report", str(folder), "--lang", "zh")
    assert shown.code == 0, shown.err


def test_a_run_that_fails_leaves_nothing(project, tmp_path):
    def broken(work, parts):
        yield work(next(iter(parts)))
        raise KeyboardInterrupt

    loaded, survey = surveyed(project, lambda p: p.as_posix(), (), (), 30)
    with pytest.raises(KeyboardInterrupt):
        run_in_parts(loaded, survey, broken, tmp_path, lambda rows: None)
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- mistakes


def table(scenario):
    return scenario.parent / "inventory" / "sources.csv"


def told(scenario, folder, block=30):
    with pytest.raises(BadInput) as bad:
        in_parts(scenario, folder, block)
    return [(f.key, f.place.line, f.place.column) for f in bad.value.faults]


def lines_of(scenario):
    return table(scenario).read_text(encoding="utf-8").splitlines(keepends=True)


def test_regions_must_stand_together(tmp_path):
    scenario = nation(tmp_path, REGIONS)
    lines = lines_of(scenario)
    table(scenario).write_text("".join([*lines[:10], *lines[11:], lines[10]]), encoding="utf-8")
    assert told(scenario, tmp_path / "run") == [("parts.apart", 79, 4)]


@pytest.mark.parametrize("other", ["410300-kiln", "410305-kiln"])
def test_an_id_is_told_twice_within_a_part_and_beyond(tmp_path, other):
    scenario = nation(tmp_path, REGIONS)
    tiny.replace(table(scenario), f"{other},", "410304-kiln,")
    assert [key for key, *_ in told(scenario, tmp_path / "run")] == ["csv.duplicate"]


def test_mistakes_of_all_parts_are_told(tmp_path):
    scenario = nation(tmp_path, REGIONS)
    lines = lines_of(scenario)
    for line in (3, 60):
        lines[line] = lines[line].replace(",fixed,", ",bent,").replace(",triangular,", ",bent,")
    table(scenario).write_text("".join(lines), encoding="utf-8")
    assert {(key, line) for key, line, _ in told(scenario, tmp_path / "run")} >= {("csv.choice", 4), ("csv.choice", 61)}


def test_what_matches_nothing_is_told_before_anything_is_run(tmp_path):
    scenario = nation(tmp_path, REGIONS)
    tiny.replace(tmp_path / "plan.yaml", "applies_to: {sector: biomass}", "applies_to: {sector: biomass, fuel: wood}")
    with pytest.raises(BadInput) as bad:
        surveyed(scenario, lambda p: p.as_posix(), (), (), 30)
    assert [f.key for f in bad.value.faults] == ["selector.value"]


def test_parts_need_regions_that_stand_alone(tmp_path):
    scenario = nation(tmp_path, REGIONS)
    tiny.replace(scenario, "each: region\n", "")
    assert [key for key, *_ in told(scenario, tmp_path / "run")] == ["parts.each"]


@pytest.mark.parametrize("selector", ['{region: "410301"}', "{source_id: 410301-kiln}"])
def test_one_region_alone_cannot_be_selected(tmp_path, selector):
    scenario = nation(tmp_path, REGIONS)
    tiny.replace(tmp_path / "plan.yaml", "applies_to: {sector: biomass}", f"applies_to: {selector}")
    assert [key for key, *_ in told(scenario, tmp_path / "run")] == ["parts.selector"]


def test_a_scenario_with_draws_makes_no_parts(tmp_path):
    scenario = nation(tmp_path, REGIONS)
    scenario.write_text(scenario.read_text(encoding="utf-8") + "uncertainty: {draws: 64}\n", encoding="utf-8")
    assert [key for key, *_ in told(scenario, tmp_path / "run")] == ["parts.no_draws"]


@pytest.mark.parametrize(
    "words",
    [
        ("--block", "30", "--keep-draws"),
        ("--block", "30", "--draws", "8"),
        ("--scheduler", "tcp://127.0.0.1:1", "--workers", "2"),
    ],
)
def test_options_that_do_not_fit_together(project, words, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(project.parent)
    done = tiny.call(monkeypatch, capsys, "run", "scenario.yaml", *words, "--out", str(tmp_path))
    assert done.code == 2 and len(done.lines) == 1, done.err


@pytest.mark.parametrize("module, words", [("zarr", ("--block", "30")), ("distributed", ("--block", "30", "--workers", "2"))])
def test_what_is_not_installed_is_named(project, module, words, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(project.parent)
    monkeypatch.setitem(__import__("sys").modules, module, None)
    done = tiny.call(monkeypatch, capsys, "run", "scenario.yaml", *words, "--out", str(tmp_path))
    assert done.code == 2 and "emisim[cluster]" in done.err, done.err


def test_a_table_that_changes_meanwhile(project, tmp_path):
    loaded, survey = surveyed(project, lambda p: p.as_posix(), (), (), 30)
    survey.kinds = survey.kinds[1:]
    with pytest.raises(BadInput) as bad:
        run_in_parts(loaded, survey, here, tmp_path, lambda rows: None)
    assert [f.key for f in bad.value.faults] == ["parts.changed"]
