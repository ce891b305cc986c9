"""The promise: rows, columns and measures in another order change no byte of a result.

All files of the run folder are equal but for what repeats the input: the input files kept in result.nc, and their hashes there and in run.json.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import tiny
from emisim.io.config_file import load
from emisim.io.ff10 import ff10_files
from emisim.io.iamc import iamc_files
from emisim.io.run_folder import run, write_run
from emisim.io.workbook import workbook_bytes
from shuffling import shuffled_project

INPUTS, SCENARIOS = tiny.ROOT / "inputs", sorted((tiny.ROOT / "scenarios").glob("*.yaml"))
OF_INPUT = ("result.nc", "run.json")  # which hold, or hash, the input as it is written
# Keys of every kind that a scenario can have in any order, and draws.
MORE = """delay: {B01: 6mo, C01: 3mo, A01: 2mo}
effort: {A02: 2, B01: 3, A01: 0.5}
ensemble: {design: full, alternatives: all, wording: [low, central]}
uncertainty: {draws: 32, seed: 7}
"""


def files(scenario: Path, folder: Path) -> dict[str, bytes]:
    """The run folder of a scenario, and what is made of it for others."""
    loaded = load(scenario, lambda path: path.name)
    found = run(loaded)
    written = {path.name: path.read_bytes() for path in write_run(folder, loaded, found, "zh", "emisim run")}
    exported = iamc_files(found) | ff10_files(found, allow=("all",))
    unhashed = replace(found, case=replace(found.case, origin=None))  # the workbook has the hashes of the input too
    return written | exported | {"result.xlsx": workbook_bytes(unhashed, "en")}


def same_dataset(first: Path, second: Path) -> None:
    """Every variable, coordinate and attribute, but the stored input and its hashes."""
    with xr.open_dataset(first, engine="h5netcdf") as one, xr.open_dataset(second, engine="h5netcdf") as other:
        assert list(one.variables) == list(other.variables)
        assert {**one.attrs, "input_hashes": ""} == {**other.attrs, "input_hashes": ""}
        for name in set(one.variables) - {"archive"}:
            np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=name)


@pytest.fixture(scope="module")
def tried(measured):
    """Scenario → how often it was shuffled; what is not equal fails."""
    runs: dict[str, int] = {}
    yield runs
    measured("shuffled", scenarios=len(runs), runs=sum(runs.values()), different=0)


def check(scenario: Path, plan: Path, inventory: Path, folder: Path, seeds: range) -> int:
    as_written = files(shuffled_project(scenario, plan, inventory, folder / "input", None), folder / "result")
    for seed in seeds:
        found = files(shuffled_project(scenario, plan, inventory, folder / f"input-{seed}", seed), folder / f"result-{seed}")
        assert found.keys() == as_written.keys()
        assert [name for name in found if name not in OF_INPUT and found[name] != as_written[name]] == [], f"seed {seed}"
        same_dataset(folder / "result" / "result.nc", folder / f"result-{seed}" / "result.nc")
    return len(seeds)


def test_the_tiny_project_with_draws(count, tried, tmp_path):
    project = tiny.copy(tmp_path / "tiny")
    scenario = project / "scenario.yaml"
    scenario.write_text(scenario.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    tried["tiny"] = check(scenario, project / "plan.yaml", project / "inventory", tmp_path, range(count(2, 30)))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_the_counties(scenario, full, count, tried, tmp_path):
    county = scenario.stem.split("-")[0]
    if not full and scenario.stem != "mengjin-2025":
        pytest.skip("one county in the default suite")
    seeds = range(1, count(1, 6) + 1)
    tried[scenario.stem] = check(scenario, INPUTS / "plans" / f"{county}.yaml", INPUTS / county, tmp_path, seeds)
