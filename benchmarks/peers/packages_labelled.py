"""What packages of measures bring, one package after the other, with xarray."""

import numpy as np
import xarray as xr

from benchmarks.peers import packages


def prepare(data):
    data = packages.prepare(data)
    emission = xr.DataArray(data["emission"], dims=["source", "pollutant"])
    return data | {"emission": emission, "cut": xr.DataArray(data["cut"], dims=["measure", "source", "pollutant"])}


def one_by_one(data):
    found = []
    for package in data["packages"]:
        left = (1.0 - data["cut"].isel(measure=package)).prod("measure")
        found.append(packages.reduction(data, (data["emission"] * left).sum("source").values))
    return np.stack(found)
