"""A plan on wide tables of pandas, measure by measure: a row a source, a column a year, a table a pollutant; or one table of all."""

import numpy as np
import pandas as pd


def prepare(data):
    sources, pollutants, years = data["before"].shape
    names = range(2020, 2020 + years)
    acts = [data["acts"][data["starts"][m] : data["starts"][m + 1]] for m in range(len(data["cost"]))]
    tables = {p: pd.DataFrame(data["before"][:, p].copy(), columns=names) for p in range(pollutants)}
    left = [{p: one[p] for p in range(pollutants) if (one[p] != 1.0).any()} for one in data["keep"]]
    every = pd.MultiIndex.from_product([range(pollutants), names])
    return tables, acts, left, pd.DataFrame(data["before"].reshape(sources, -1), columns=every), data["keep"]


def apply(prepared):
    tables, acts, left, _, _ = prepared
    emission = {p: table.copy() for p, table in tables.items()}
    for sources, keep in zip(acts, left, strict=True):
        for p, of_years in keep.items():
            emission[p].loc[sources] *= of_years
    return np.stack([table.to_numpy() for table in emission.values()], axis=1)


def apply_at_once(prepared):
    """The quickest that was found: all pollutants and years in one table, rows by their places."""
    tables, acts, _, before, keep = prepared
    emission = before.copy()
    for sources, left in zip(acts, keep, strict=True):
        emission.iloc[sources] *= left.ravel()
    return emission.to_numpy().reshape(len(emission), len(tables), -1)


def ledger(prepared):
    """What each measure takes away, one after the other; the sum of all by pollutant and year."""
    tables, acts, left, _, _ = prepared
    emission, entries = {p: table.copy() for p, table in tables.items()}, {p: [] for p in tables}
    for m, (sources, keep) in enumerate(zip(acts, left, strict=True)):
        for p, of_years in keep.items():
            old = emission[p].loc[sources]
            new = old * of_years
            emission[p].loc[sources] = new
            entries[p].append((old - new).assign(measure=m))
    whole = {p: pd.concat(parts) for p, parts in entries.items()}
    return np.stack([table.drop(columns="measure").sum().to_numpy() for table in whole.values()])
