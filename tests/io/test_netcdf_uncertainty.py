"""Draws in the result file: quantiles, probabilities and, where asked for, every draw."""

import numpy as np
import pytest
from small import inventory, plan
from small import run as simulated
from sure import drawn, made, result

import conventions
from emisim.io.netcdf import MAY_BE_EMPTY, contents, contents_bytes, to_dataset
from emisim.io.netcdf.uncertainty import with_draws
from emisim.io.result_file import open_dataset
from emisim.summary import summarise


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The file of a drawn result with every draw, opened again."""
    path = tmp_path_factory.mktemp("run") / "result.nc"
    path.write_bytes(contents_bytes(with_draws(contents(drawn()), drawn().uncertainty)))
    return open_dataset(path)


def test_without_draws_the_file_is_as_ever():
    names = set(to_dataset(simulated(plan(), inventory({"source_id": "kiln"}))).variables)
    assert not {n for n in names if any(w in n for w in ("quantile", "draw", "probability", "variance_share", "input"))}


def test_the_file_and_the_summary_agree(file):
    said = summarise(drawn())["uncertainty"]
    assert file["quantile"].values.tolist() == pytest.approx([0.025, 0.5, 0.975])
    for level in ("base", "reference", "plan"):
        values = file[f"{level}_total_quantile"].sel(pollutant="NOx")
        last = values if level == "base" else values.isel(time=-1)
        figures = said["totals"]["NOx"]["2025"][level]
        assert last.values == pytest.approx([figures[p] for p in ("p2.5", "p50", "p97.5")], rel=1e-8)
    last, names = said["totals"]["NOx"]["2025"], ("p2.5", "p50", "p97.5")
    errors = file["plan_total_quantile_standard_error"].sel(pollutant="NOx").isel(time=-1)
    assert errors.values == pytest.approx([last["plan"]["error"][p] for p in names], rel=1e-8)
    change = file["change_quantile"].isel(time=-1).sel(pollutant="NOx")
    assert change.values == pytest.approx([last["change_percent"][p] for p in names], rel=1e-8)
    assert file["change_quantile"].attrs["units"] == "percent"
    assert file["target_probability"].sel(target="HARD").item() == pytest.approx(said["probability"]["HARD"], rel=1e-8)
    assert np.isnan(file["target_probability"].sel(target="NO_VALUE").item())
    assert file["joint_probability"].item() == pytest.approx(said["joint_probability"], rel=1e-8)
    share = file["variance_share"].sel(output="NOx", input="kilns").item()
    assert share == pytest.approx(said["drivers"]["NOx"]["inputs"][0]["share"], rel=1e-8)


def test_every_draw_is_there(file):
    outcome = drawn().uncertainty.outcome
    assert file.sizes["draw"] == 512
    assert (file["plan_total_draw"].values == outcome.totals[:, 1]).all()
    assert (file["base_total_draw"].values == outcome.totals[:, 0, :, 0]).all()
    assert (file["measure_reduction_draw"].sel(measure=["A", "B"]).values == outcome.measures).all()
    assert (file["target_met_draw"].values == outcome.met).all()
    assert file["target_value_draw"].sel(target="HARD").values.tolist() == outcome.values[:, 1].tolist()


def test_growth_and_measures_are_the_whole_change_of_every_draw(file):
    brought = file["measure_reduction_draw"].sum("measure").sel(pollutant="NOx")
    fallen = (file["base_total_draw"] - file["plan_total_draw"].isel(time=-1)).sel(pollutant="NOx")
    assert brought.values == pytest.approx(fallen.values, rel=1e-9)


def test_quantiles_are_those_of_the_draws(file):
    levels = file["quantile"].values
    for name in ("plan_total", "measure_reduction", "target_value"):
        drawn_values, said = file[f"{name}_draw"].values, file[f"{name}_quantile"].values
        there = np.isfinite(said)
        assert said[there] == pytest.approx(np.quantile(drawn_values, levels, axis=0)[there], rel=1e-9, abs=1e-9)


def test_only_what_may_be_empty_is(file):
    empty = {n for n, v in file.data_vars.items() if v.dtype.kind == "f" and np.isnan(v.values).any()}
    assert empty <= {*MAY_BE_EMPTY}
    assert "change_quantile" in empty


@pytest.mark.parametrize("which", ["targets", "measures"])
def test_what_is_not_there_is_no_variable(which, tmp_path):
    found = result(made(**{which: {}}))
    path = tmp_path / "result.nc"
    path.write_bytes(contents_bytes(with_draws(contents(found), found.uncertainty)))
    names = set(open_dataset(path).variables)
    assert ("target_probability" in names) == (which != "targets")
    assert "measure_reduction_draw" in names  # growth is always there


def test_the_interval_sets_the_quantiles():
    assert to_dataset(drawn(interval=0.9))["quantile"].values.tolist() == pytest.approx([0.05, 0.5, 0.95])


def test_equal_draws_give_equal_bytes():
    first, second = (contents_bytes(contents(result(made(), draws=64))) for _ in range(2))
    assert first == second


def test_the_file_follows_the_conventions(tmp_path):
    path = tmp_path / "result.nc"
    path.write_bytes(contents_bytes(with_draws(contents(drawn(sobol=True)), drawn(sobol=True).uncertainty)))
    assert conventions.faults(path) == ""
