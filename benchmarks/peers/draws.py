"""Draws of a county one by one with numpy: random numbers, emissions, measures, sums by pollutant and year."""

import numpy as np


def prepare(data):
    return data


def drawn(data, random):
    """Figures of one draw."""
    activity = data["activity"] * np.exp(data["spread_activity"] * random.standard_normal(data["activity"].shape))
    factor = data["factor"] * np.exp(data["spread_factor"] * random.standard_normal(data["factor"].shape))
    efficiency = random.triangular(data["low"], data["efficiency"], data["high"])
    return activity, factor, efficiency


def given(data):
    """Figures that were drawn before, draw by draw."""
    return zip(data["activities"], data["factors"], data["efficiencies"], strict=True)


def total(data, activity, factor, efficiency):
    emission = activity[:, None, None] * data["growth"][:, None, :] * factor[:, :, None]
    for m, sources in enumerate(np.split(data["acts"], data["starts"][1:-1])):
        cut = efficiency[m] * data["coverage"][m] * data["acting"][m][:, None] * data["phase"][m]
        emission[sources] *= 1.0 - cut
    return emission.sum(axis=0)


def all_draws(data):
    random = np.random.default_rng(1)
    return np.stack([total(data, *drawn(data, random)) for _ in range(int(data["draws"]))])


def given_draws(data):
    return np.stack([total(data, *one) for one in given(data)])
