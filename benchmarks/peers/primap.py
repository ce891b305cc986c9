"""A plan on a data set of primap2: a variable with units a pollutant, measure by measure on the sources that it names."""

import numpy as np
import primap2  # noqa: F401  gives data sets .pr and the registry of units
import xarray as xr

NAMES = ("NOx", "VOC", "NH3", "SO2", "PM25")


def prepare(data):
    sources, pollutants, years = data["before"].shape
    time = np.array([f"{2020 + y}-01-01" for y in range(years)], dtype="datetime64[ns]")
    coords = {"time": time, "area (ISO3)": ["CHN"], "category (SRC)": [f"s{i}" for i in range(sources)], "source": ["made"]}
    dims = ["time", "area (ISO3)", "category (SRC)", "source"]
    variables = {
        NAMES[p]: xr.DataArray(
            data["before"][:, p].T[:, None, :, None], coords, dims, attrs={"units": "t / year", "entity": NAMES[p]}
        )
        for p in range(pollutants)
    }
    attrs = {"area": "area (ISO3)", "cat": "category (SRC)"}
    acts = [data["acts"][data["starts"][m] : data["starts"][m + 1]] for m in range(len(data["cost"]))]
    dataset = xr.Dataset(variables, attrs=attrs).pr.quantify()
    return dataset, acts, xr.DataArray(data["keep"], {"time": time}, ["measure", "entity", "time"])


def loop(prepared):
    dataset, acts, keep = prepared
    out = {name: dataset[name].copy() for name in dataset.data_vars}
    for m, sources in enumerate(acts):
        for p, emission in enumerate(out.values()):
            if (keep[m, p] != 1.0).any():
                emission[{"category (SRC)": sources}] = emission[{"category (SRC)": sources}] * keep[m, p]
    plain = [emission.pint.dequantify().transpose("category (SRC)", "time", ...).values[..., 0, 0] for emission in out.values()]
    return np.stack(plain, axis=1)
