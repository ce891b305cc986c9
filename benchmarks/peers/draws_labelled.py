"""Draws of a county one by one with xarray."""

import numpy as np
import xarray as xr

from benchmarks.peers.draws import drawn, given


def prepare(data):
    mask = np.zeros((len(data["coverage"]), len(data["growth"])))
    for m, sources in enumerate(np.split(data["acts"], data["starts"][1:-1])):
        mask[m, sources] = 1.0
    reach = xr.DataArray(data["acting"], dims=["measure", "pollutant"]) * xr.DataArray(data["phase"], dims=["measure", "year"])
    return data | {"mask": xr.DataArray(mask, dims=["measure", "source"]), "reach": reach}


def total(data, activity, factor, efficiency):
    emission = (
        xr.DataArray(activity, dims="source")
        * xr.DataArray(data["growth"], dims=["source", "year"])
        * xr.DataArray(factor, dims=["source", "pollutant"])
    )
    cut = data["mask"] * data["reach"] * xr.DataArray(efficiency * data["coverage"], dims="measure")
    return (emission * (1.0 - cut).prod("measure")).sum("source").transpose("pollutant", "year").values


def all_draws(data):
    random = np.random.default_rng(1)
    return np.stack([total(data, *drawn(data, random)) for _ in range(int(data["draws"]))])


def given_draws(data):
    return np.stack([total(data, *one) for one in given(data)])
