"""Which sources a thousand selectors mean: with words as categories in pandas, and with codes in numpy."""

import numpy as np
import pandas as pd


def prepare(data):
    words = {name: pd.Series(data[name]).astype("category") for name in ("sector", "region")}
    table = pd.DataFrame(words)
    chosen = [(data[f"sectors{m}"], data[f"regions{m}"]) for m in range(int(data["measures"]))]
    return table, [(s.tolist(), r.tolist()) for s, r in chosen]


def masks(prepared):
    """A mask a selector, as one writes it first."""
    table, chosen = prepared
    found = [np.flatnonzero((table.sector.isin(s) & table.region.isin(r)).to_numpy()) for s, r in chosen]
    return _digest(found)


def groups(prepared):
    """The rows of every kind once, then those of the kinds that are meant."""
    table, chosen = prepared
    rows = table.groupby(["sector", "region"], observed=True).indices
    found = [np.sort(np.concatenate([rows[kind] for s in ss for r in rr if (kind := (s, r)) in rows])) for ss, rr in chosen]
    return _digest(found)


def _digest(found):
    return np.array([(len(rows), rows.sum() % 2**52) for rows in found], float)
