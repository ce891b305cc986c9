"""What packages of measures bring, one package after the other, with numpy."""

import numpy as np


def prepare(data):
    cut = np.zeros((len(data["keep"]), *data["emission"].shape))  # (measure, source, pollutant) in the target year
    for m, sources in enumerate(np.split(data["acts"], data["starts"][1:-1])):
        cut[m, sources] = 1.0 - data["keep"][m]
    return data | {"cut": cut, "packages": data["packages"].astype(bool)}


def reduction(data, total):
    """Change on the base year [%]."""
    return 100.0 * (data["base"] - total) / data["base"]


def one_by_one(data):
    return np.stack([
        reduction(data, (data["emission"] * np.prod(1.0 - data["cut"][package], axis=0)).sum(axis=0))
        for package in data["packages"]
    ])  # fmt: skip
