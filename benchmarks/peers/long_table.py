"""A plan on long tables of polars: sources joined with the measures that act on them, the product of what these leave."""

import numpy as np
import polars as pl


def prepare(data):
    sources, pollutants, years = data["before"].shape
    names = [f"y{y}" for y in range(years)]
    emission = pl.DataFrame({
        "source": np.repeat(np.arange(sources), pollutants),
        "pollutant": np.tile(np.arange(pollutants), sources),
        **{n: data["before"][:, :, y].ravel() for y, n in enumerate(names)},
    })  # fmt: skip
    measure = np.repeat(np.arange(len(data["cost"])), np.diff(data["starts"]))
    pairs = pl.DataFrame({"source": data["acts"], "measure": measure})
    m, p = np.nonzero((data["keep"] != 1.0).any(axis=2))
    keep = pl.DataFrame({"measure": m, "pollutant": p, **{f"k{n}": data["keep"][m, p, y] for y, n in enumerate(names)}})
    return emission, pairs, keep, names, data["before"].shape


def apply(prepared):
    emission, pairs, keep, names, shape = prepared
    left = (
        pairs.lazy().join(keep.lazy(), on="measure").group_by("source", "pollutant").agg(pl.col(f"k{n}").product() for n in names)
    )
    found = (
        emission.lazy()
        .join(left, on=["source", "pollutant"], how="left")
        .with_columns(pl.col(n) * pl.col(f"k{n}").fill_null(1.0) for n in names)
        .sort("source", "pollutant")
        .select(names)
        .collect()
    )
    return found.to_numpy().reshape(shape)
