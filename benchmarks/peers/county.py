"""A county by pandas, pint and xarray: read the tables, emission = activity × growth × factor, what the plan leaves of it, a NetCDF file.

    python -m benchmarks.peers.county FOLDER LEFT OUT

It does only the arithmetic: what the plan leaves of each source comes from a table. Nothing is checked, explained or attributed.
"""

import sys
from pathlib import Path

try:
    import pandas as pd
    import pint
    import pint_xarray  # noqa: F401  gives arrays their units
    import xarray as xr
except ModuleNotFoundError as error:
    sys.exit(f"absent {error.name}")

YEARS = range(2020, 2026)
UNITS = pint.get_application_registry()
for name in ("head", "vehicle", "household", "person", "machine"):
    UNITS.define(f"{name} = [{name}]")


def read(path):
    """A table whose products of units have their sign."""
    table = pd.read_csv(path)
    table["unit"] = table.unit.str.replace("vehicle km", "vehicle*km").str.replace("t km", "t*km").str.replace("m3", "m^3")
    return table


def main(folder, left, out):
    sources, factors = read(folder / "sources.csv"), read(folder / "factors.csv")
    table = sources.merge(factors, on="factor_set", suffixes=("", "_factor"))
    table["emission"] = [
        float((UNITS.Quantity(row.activity, row.unit) * UNITS.Quantity(row.factor, row.unit_factor)).m_as("t/year"))
        for row in table.itertuples()
    ]
    base = table.pivot(index="source_id", columns="pollutant", values="emission").reindex(sources.source_id).fillna(0.0)
    growth = pd.read_csv(folder / "growth.csv").pivot(index="year", columns="driver", values="index")
    growth = growth.reindex(YEARS).interpolate("index")
    labels = {"source": base.index.to_numpy(str), "pollutant": base.columns.to_numpy(str), "year": list(YEARS)}
    emission = xr.DataArray(base.to_numpy(), {k: labels[k] for k in ("source", "pollutant")}, ["source", "pollutant"])
    index = (growth / growth.loc[2020])[sources.growth_driver].to_numpy()
    grown = emission.pint.quantify("t/year") * xr.DataArray(index, {k: labels[k] for k in ("year", "source")}, ["year", "source"])
    kept = pd.read_csv(left).set_index(["source", "pollutant", "year"]).left.to_xarray()
    result = xr.Dataset({"base": emission.pint.quantify("t/year"), "plan": grown * kept})
    result.pint.dequantify().transpose("source", "pollutant", "year").to_netcdf(out, engine="h5netcdf")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
