"""The run folder: one set of numbers in every file, the same bytes for the same input, and a NetCDF file that others can read."""

import csv
import errno
import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import conventions
import tiny
from emisim.errors import BadInput
from emisim.io.config_file import load
from emisim.io.run_folder import FILES, dump, write_run
from emisim.io.safe_write import write_files
from emisim.simulate import simulate
from emisim.summary import summarise
from shuffling import shuffled_plan

SCENARIOS = sorted((tiny.ROOT / "scenarios").glob("*.yaml"))
DESIGN = {"scenario", "base_year", "target_year", "totals", "calendar", "ledger", "targets", "warnings"}


def write(scenario: Path, folder: Path, language: str = "en") -> Path:
    loaded = load(scenario, lambda p: p.name)
    write_run(folder, loaded, simulate(loaded.case), language, "emisim run")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write(tiny.VALID / "scenario.yaml", tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def told(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def dataset(folder):
    return xr.load_dataset(folder / "result.nc", engine="h5netcdf")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_it_holds_exactly_its_files(folder):
    assert sorted(p.name for p in folder.iterdir()) == sorted(FILES)


def test_the_summary_has_the_keys_other_programs_rely_on(told):
    assert told.keys() >= DESIGN
    assert told["totals"].keys() == told["calendar"].keys() == {"NOx", "VOC", "NH3"}
    for by_year in told["totals"].values():
        assert list(by_year) == [str(y) for y in range(2020, 2026)]
        assert all(cell.keys() >= {"base", "reference", "plan"} for cell in by_year.values())
    assert all(cell.keys() >= {"reference", "plan"} for by_year in told["calendar"].values() for cell in by_year.values())
    assert all(e.keys() >= {"measure", "pollutant", "reduction_t", "first_in_t", "last_in_t"} for e in told["ledger"])
    assert all(t.keys() >= {"id", "kind", "verdict", "value", "required", "unit", "shortfall"} for t in told["targets"])


def test_the_summary_adds_up(told):
    for pollutant, by_year in told["totals"].items():
        mine = [e["reduction_t"] for e in told["ledger"] if e["pollutant"] == pollutant]
        last = by_year["2025"]
        assert last["base"] - sum(mine) == pytest.approx(last["plan"], rel=1e-9)
        sectors = [s[pollutant] for s in told["sectors"].values()]
        for which in ("base", "reference", "plan"):
            assert sum(s[which] for s in sectors) == pytest.approx(last[which], rel=1e-9)


def test_the_netcdf_file_says_what_the_summary_says(told, dataset):
    official = dataset["in_official_total"] == 1
    names = dataset["pollutant_id"].astype(str).values.tolist()
    years = dataset["time"].dt.year.values.tolist()
    for pollutant, by_year in told["totals"].items():
        for year, cell in by_year.items():
            at = {"pollutant": names.index(pollutant), "time": years.index(int(year))}
            for which in ("reference", "plan"):
                found = dataset[f"emission_{which}"].isel(at).where(official).sum()
                assert float(found) == pytest.approx(cell[which], rel=1e-9)
                found = dataset[f"calendar_{which}"].isel(at).where(official).sum()
                assert float(found) == pytest.approx(told["calendar"][pollutant][year][which], rel=1e-9)


def test_contributions_add_up_to_the_change(dataset):
    change = dataset["emission_plan"] - dataset["emission_base"]
    total = dataset["contribution"].sum("measure")
    np.testing.assert_allclose(total.transpose(*change.dims).values, change.values, rtol=1e-9, atol=1e-9)


def test_every_variable_says_its_unit(dataset):
    for name, variable in dataset.variables.items():
        if variable.dtype.kind == "f" and name not in ("time", "time_bnds"):
            assert variable.attrs["units"] in ("t yr-1", "1"), name


def test_the_tables_say_what_the_summary_says(folder, told):
    for row, target in zip(table(folder / "targets.csv"), told["targets"], strict=True):
        for key in ("id", "kind", "verdict", "unit"):
            assert row[key] == target[key]
        for key in ("value", "required", "shortfall"):
            assert (float(row[key]) if row[key] else None) == target[key]
    rows = table(folder / "ledger.csv")
    memo = set(told["memo"])
    for entry in told["ledger"]:
        if entry["measure"] != "growth":
            mine = [float(r["reduction_t_per_yr"]) for r in rows
                    if (r["measure"], r["pollutant"], r["year"]) == (entry["measure"], entry["pollutant"], "2025") and r["source_id"] not in memo]  # fmt: skip
            assert sum(mine) == pytest.approx(entry["reduction_t"], rel=1e-9, abs=1e-9)


def test_the_run_says_what_it_was_made_from(folder):
    import hashlib

    told = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert list(told["inputs"]) == ["scenario.yaml", "plan.yaml", "sources.csv", "factors.csv", "growth.csv"]
    for name, digest in told["outputs"].items():
        assert digest == f"sha256:{hashlib.sha256((folder / name).read_bytes()).hexdigest()}"


def test_running_again_replaces_the_files_and_leaves_others(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "summary.json").write_text("old", encoding="utf-8")
    write(tiny.VALID / "scenario.yaml", tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*FILES, "notes.txt"])
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["scenario"] == "tiny-2025"


def test_only_the_files_that_are_asked_for_are_made(emisim, tmp_path):
    """With run.json, each as in a whole run; what an earlier run left of the others is gone, what is not emisim's stays."""
    emisim("run", "scenario.yaml", "--out", "r")
    whole = {p.name: p.read_bytes() for p in (tmp_path / "r").iterdir()}
    (tmp_path / "r" / "notes.txt").write_text("mine", encoding="utf-8")
    outcome = emisim("run", "scenario.yaml", "--out", "r", "--files", "summary.json, targets.csv", "--files", "result.nc")
    assert outcome.code == 0 and outcome.out.endswith("Written to r: result.nc, targets.csv, summary.json, run.json\n")
    made = {p.name: p.read_bytes() for p in (tmp_path / "r").iterdir()}
    assert set(made) == {"result.nc", "targets.csv", "summary.json", "run.json", "notes.txt"}
    assert all(made[name] == whole[name] for name in ("result.nc", "targets.csv", "summary.json"))
    said = json.loads(made["run.json"])
    assert list(said["outputs"]) == ["result.nc", "targets.csv", "summary.json"]
    assert said["command"] == "emisim run scenario.yaml --files result.nc,targets.csv,summary.json"
    repeated = emisim("rerun", "r", "--json", "--out", "again")
    assert repeated.code == 0, repeated.out + repeated.err
    assert {p.name: p.read_bytes() for p in (tmp_path / "again").iterdir()} == {n: made[n] for n in made if n != "notes.txt"}


def test_a_folder_without_its_result_says_so(emisim, tmp_path):
    assert emisim("run", "scenario.yaml", "--out", "r", "--files", "ledger.csv").code == 0
    assert emisim("rerun", "r").code == 0
    for asked in (("report", "r"), ("rerun", "r", "--stored"), ("export", "r", "--format", "iamc")):
        outcome = emisim(*asked)
        assert (outcome.code, outcome.out) == (2, "")
        assert "no result.nc in this run folder" in outcome.err


def shuffled_summaries(scenario: Path, inventory: Path, plan: Path, folder: Path) -> set[bytes]:
    found = set()
    for seed in (None, 1, 2):
        text = plan.read_text(encoding="utf-8")
        (folder / "plan.yaml").write_text(text if seed is None else shuffled_plan(text, seed), encoding="utf-8")
        changed = re.sub(r"(?m)^inventory: .*$", f"inventory: {inventory.as_posix()}", scenario.read_text(encoding="utf-8"))
        (folder / "scenario.yaml").write_text(re.sub(r"(?m)^plan: .*$", "plan: plan.yaml", changed), encoding="utf-8")
        found.add(dump(summarise(simulate(load(folder / "scenario.yaml", allowed=(inventory,)).case))))
    return found


def test_the_order_of_the_measures_changes_no_digit(tmp_path):
    found = shuffled_summaries(tiny.VALID / "scenario.yaml", tiny.VALID / "inventory", tiny.VALID / "plan.yaml", tmp_path)
    assert len(found) == 1


@pytest.mark.parametrize("county", ["mengjin", "yichuan"])
def test_the_order_of_a_real_plan_changes_no_digit(county, tmp_path):
    inputs = tiny.ROOT / "inputs"
    found = shuffled_summaries(
        tiny.ROOT / "scenarios" / f"{county}-2025.yaml", inputs / county, inputs / "plans" / f"{county}.yaml", tmp_path
    )
    assert len(found) == 1


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[p.stem for p in SCENARIOS])
def test_every_shipped_scenario_can_be_read(scenario):
    load(scenario)


def test_the_netcdf_files_follow_the_conventions(folder, tmp_path):
    county = write(tiny.ROOT / "scenarios" / "mengjin-2025.yaml", tmp_path)
    assert conventions.faults(folder / "result.nc", county / "result.nc") == ""


def test_a_read_only_file_system_is_told_as_such(tmp_path, monkeypatch):
    """It refuses to remove even a file that is not there."""

    def refused(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "open", refused)
    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(BadInput) as caught:
        write_files(tmp_path, {"a.csv": b"1"})
    assert [f.key for f in caught.value.faults] == ["file.unwritable"]
    assert not list(tmp_path.iterdir())
