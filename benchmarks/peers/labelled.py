"""A plan on labelled arrays of xarray: measure by measure, or all measures in one expression."""

import numpy as np
import xarray as xr


def prepare(data):
    measures, sources = len(data["cost"]), len(data["activity"])
    mask = np.zeros((measures, sources))
    for m in range(measures):
        mask[m, data["acts"][data["starts"][m] : data["starts"][m + 1]]] = 1.0
    pollutants, years = data["before"].shape[1:]
    coords = {"source": np.arange(sources), "pollutant": np.arange(pollutants), "year": np.arange(years)}
    return {
        "emission": xr.DataArray(data["before"], coords, ["source", "pollutant", "year"]),
        "mask": xr.DataArray(mask, {"measure": np.arange(measures), "source": coords["source"]}, ["measure", "source"]),
        "efficiency": xr.DataArray(1.0 - data["ratio"], {"pollutant": coords["pollutant"]}, ["measure", "pollutant"]),
        "reach": xr.DataArray(data["coverage"][:, None] * data["phase"], {"year": coords["year"]}, ["measure", "year"]),
    }


def loop(data):
    emission = data["emission"]
    for m in range(data["mask"].sizes["measure"]):
        cut = data["mask"].isel(measure=m) * data["efficiency"].isel(measure=m) * data["reach"].isel(measure=m)
        emission = emission * (1.0 - cut)
    return emission.transpose("source", "pollutant", "year")


def vectorised(data):
    left = (1.0 - data["mask"] * data["efficiency"] * data["reach"]).prod("measure")
    return (data["emission"] * left).transpose("source", "pollutant", "year")
