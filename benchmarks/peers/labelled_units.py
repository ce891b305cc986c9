"""A plan on labelled arrays with units (pint-xarray), measure by measure."""

import pint_xarray  # noqa: F401  gives arrays their units

from benchmarks.peers import labelled


def prepare(data):
    plain = labelled.prepare(data)
    units = {"emission": "t/year", "mask": "dimensionless", "efficiency": "dimensionless", "reach": "dimensionless"}
    return {name: array.pint.quantify(units[name]) for name, array in plain.items()}


def loop(data):
    emission = data["emission"]
    for m in range(data["mask"].sizes["measure"]):
        cut = data["mask"].isel(measure=m) * data["efficiency"].isel(measure=m) * data["reach"].isel(measure=m)
        emission = emission * (1.0 - cut)
    return emission.pint.to("t/year").pint.dequantify().transpose("source", "pollutant", "year")


def vectorised(data):
    left = (1.0 - data["mask"] * data["efficiency"] * data["reach"]).prod("measure")
    return (data["emission"] * left).pint.to("t/year").pint.dequantify().transpose("source", "pollutant", "year")
