"""Drivers of an output and the value of information, against closed forms."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtri
from scipy.stats import norm, qmc

from emisim.uncertainty import ranking


def plain(rng, n, dims):
    return rng.standard_normal((n, dims))


def hypercube(rng, n, dims):
    return ndtri((np.argsort(rng.random((n, dims)), axis=0) + rng.random((n, dims))) / n)


def net(rng, n, dims):
    return ndtri(np.clip(qmc.Sobol(dims, scramble=True, seed=rng).random(n), 1e-12, 1 - 1e-12))


SCHEMES = [plain, hypercube, net]


def sample(model, dims, scheme=plain, blocks=20, n=512, seed=3):
    """model : z → list of outputs."""
    pairs = []
    for own in np.random.SeedSequence(seed).spawn(blocks):
        z = scheme(np.random.default_rng(own), n, dims)
        pairs.append((z, np.stack(model(z), axis=1)))
    return pairs


def drivers(pairs, members, steps=None):
    return ranking.shares(ranking.fit(iter(pairs), steps=steps), members)


def knowing(pairs, members, steps=None):
    chance = np.concatenate([b for _, b in pairs]).mean(axis=0)
    return ranking.information(ranking.fit(iter(pairs), [True] * len(chance), steps), members, chance)


def each(dims):
    return [[k] for k in range(dims)]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_sum_of_normals(scheme):
    weights = np.array([1, 0.5, 0.2, 0.1, 0, 0])
    found = drivers(sample(lambda z: [10 + 3 * (z * weights).sum(axis=1)], 6, scheme), each(6))
    true = weights**2 / (weights**2).sum()
    assert (np.abs(found.value[:, 0] - true) < 4 * found.error[:, 0] + 1e-4).all()
    assert found.value[:, 0] == pytest.approx(true, abs=0.03)
    assert (found.value[4:, 0] < 0.002).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_product_of_lognormals(scheme):
    sigma = np.array([0.8, 0.4, 0.2])
    found = drivers(sample(lambda z: [np.exp((z * sigma).sum(axis=1))], 3, scheme), each(3))
    true = np.expm1(sigma**2) / np.expm1((sigma**2).sum())
    assert found.value[:, 0] == pytest.approx(true, abs=0.06)
    assert 1 - found.value.sum() > 0  # interactions


def test_a_wide_lognormal_alone_is_followed():
    found = drivers(sample(lambda z: [np.exp(z[:, 0])], 1, hypercube), each(1))
    assert found.value[0, 0] == pytest.approx(1, abs=0.01)


def test_an_input_without_effect_stays_below_the_noise():
    pairs = sample(lambda z: [z[:, 0] + z[:, 1] ** 2], 300)
    found = drivers(pairs, each(300))
    inert = found.value[2:, 0]
    assert (inert > found.noise[2:, 0]).mean() < 0.1
    assert inert.mean() < 3e-4
    # Freed from bias: a group of them does not add up to something.
    group = drivers(pairs, [range(2, 300)])
    assert group.value[0, 0] < 4 * group.error[0, 0]


def test_pairs_that_are_correlated_within_a_block_do_not_pass_for_drivers():
    """As in a net of many dimensions: an inert input follows the driver in one block, and opposes it in the next."""
    rng = np.random.default_rng(5)
    pairs = []
    for k in range(16):
        z = rng.standard_normal((256, 2))
        z[:, 1] = (-1) ** k * 0.6 * z[:, 0] + 0.8 * z[:, 1]
        pairs.append((z, z[:, :1] + 0.0))
    found = drivers(pairs, each(2))
    assert found.value[1, 0] < found.noise[1, 0]
    assert knowing([(z, y > 0) for z, y in pairs], each(2)).gain[1, 0] == 0


def test_the_error_is_how_far_repeated_samples_are_apart():
    found = [drivers(sample(lambda z: [z[:, 0] + 0.5 * z[:, 1]], 2, n=64, seed=s), each(2)) for s in range(60)]
    apart = np.array([f.value[:, 0] for f in found]).std(axis=0)
    assert np.mean([f.error[:, 0] for f in found], axis=0) == pytest.approx(apart, rel=0.35)


@pytest.mark.parametrize("blocks", [1, 20])
def test_a_discrete_input(blocks):
    """Alternatives 0, 1, 5 with probabilities 0.2, 0.5, 0.3, beside a normal."""
    cuts = ndtri([0.2, 0.7])

    def model(z):
        return [np.array([0.0, 1, 5])[np.searchsorted(cuts, z[:, 0])] + z[:, 1]]

    pairs = sample(model, 2, hypercube, blocks, 512)
    variance = 0.5 + 0.3 * 25 - (0.5 + 1.5) ** 2
    true = np.array([variance, 1]) / (variance + 1)
    assert drivers(pairs, each(2), {0: cuts}).value[:, 0] == pytest.approx(true, abs=0.04)
    assert drivers(pairs, each(2)).value[0, 0] < true[0] - 0.05  # what polynomials of the score do not follow


def test_an_input_of_several_dims_is_their_sum():
    pairs = sample(lambda z: [z[:, 0] + 2 * z[:, 1] + z[:, 2]], 3)
    found = drivers(pairs, [[0, 1], [2], []])
    assert found.value[:, 0] == pytest.approx([5 / 6, 1 / 6, 0], abs=0.03)
    assert found.value[0, 0] == pytest.approx(drivers(pairs, each(3)).value[:2, 0].sum())


def test_outputs_without_spread_or_without_a_value():
    pairs = sample(lambda z: [z[:, 0], 7 + 1e-15 * z[:, 0], np.where(z[:, 1] > 3, np.nan, z[:, 0])], 2)
    found = drivers(pairs, each(2))
    assert found.value[0] == pytest.approx([1, 0, 1], abs=0.01)
    assert not found.value[1, 1]


def test_a_shorter_last_block_is_left_out():
    pairs = sample(lambda z: [z[:, 0] + z[:, 1]], 2)
    z, y = pairs[0]
    whole = ranking.fit(pairs)
    more = ranking.fit([*pairs, (z[:10], 1e9 * y[:10])])
    assert more.draws == whole.draws
    assert (more.coefficients == whole.coefficients).all()


def test_blocks_of_a_few_draws_are_put_together():
    whole = sample(lambda z: [z[:, 0] + z[:, 1] > 0], 2)
    small = [(z[k : k + 4], y[k : k + 4]) for z, y in whole for k in range(0, 512, 4)]
    assert drivers(small, each(2)).value[:, 0] == pytest.approx(drivers(whole, each(2)).value[:, 0], abs=0.02)
    assert knowing(small, each(2)).gain[:, 0] == pytest.approx(knowing(whole, each(2)).gain[:, 0], abs=0.02)


@pytest.mark.parametrize("n", [1, 40, 100])
def test_few_draws_give_finite_numbers(n):
    pairs = sample(lambda z: [z[:, 0] > 0, z[:, 1] > 9], 2, blocks=1, n=n)
    for numbers in (*vars(knowing(pairs, each(2))).values(), *vars(drivers(pairs, each(2))).values()):
        assert np.isfinite(numbers).all()


# ---- value of information


def truth(weight, rest, limit):
    """Gain and shift of knowing x where x·weight + rest·N(0, 1) > limit is asked, by integration."""
    spread = np.hypot(weight, rest)
    p = norm.sf(limit / spread)

    def mean(f):
        return quad(lambda x: f(norm.cdf((weight * x - limit) / rest)) * norm.pdf(x), -9, 9, limit=200, points=[limit / weight])[
            0
        ]

    return mean(lambda q: max(q, 1 - q)) - max(p, 1 - p), mean(lambda q: abs(q - p))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("limit", [0.0, 0.5])
def test_knowing_one_of_several_normals(scheme, limit):
    weights = np.array([1.0, 0.5, 0.2, 0.0])
    found = knowing(sample(lambda z: [(z * weights).sum(axis=1) > limit], 4, scheme), each(4))
    p = norm.sf(limit / np.sqrt(1.29))
    assert found.right_now[0] == pytest.approx(max(p, 1 - p), abs=0.02)
    assert found.perfect[0] == pytest.approx(1 - found.right_now[0])
    for k in range(3):
        gain, shift = truth(weights[k], np.sqrt(1.29 - weights[k] ** 2), limit)
        assert (found.gain[k, 0], found.shift[k, 0]) == pytest.approx((gain, shift), abs=0.02)
    assert found.gain[3, 0] == found.shift[3, 0] == 0
    assert (found.shift_noise < 0.03).all()


@pytest.mark.parametrize("rest", [0.3, 0.03])
def test_an_input_that_all_but_decides_the_verdict(rest):
    found = knowing(sample(lambda z: [z[:, 0] + rest * z[:, 1] > 0], 2), each(2))
    assert found.gain[0, 0] == pytest.approx(truth(1, rest, 0)[0], abs=0.035)
    assert found.gain[0, 0] <= found.perfect[0] + 0.02


def test_a_discrete_input_that_decides():
    """Met with probability 0.9 if the first alternative (0.3) holds, else with 0.2."""
    cut = ndtri([0.3])
    pairs = sample(lambda z: [np.where(z[:, 0] < cut[0], z[:, 1] < ndtri(0.9), z[:, 1] < ndtri(0.2))], 2)
    found = knowing(pairs, each(2), {0: cut})
    p = 0.27 + 0.14
    assert found.gain[0, 0] == pytest.approx(0.3 * 0.9 + 0.7 * 0.8 - (1 - p), abs=0.015)
    assert found.shift[0, 0] == pytest.approx(0.3 * (0.9 - p) + 0.7 * (p - 0.2), abs=0.015)


def test_an_input_of_several_dims_informs_together():
    weights = np.array([0.6, 0.8, 1.0])
    pairs = sample(lambda z: [(z * weights).sum(axis=1) > 0.3], 3)
    found = knowing(pairs, [[0, 1], [2]])
    assert found.gain[0, 0] == pytest.approx(truth(1, 1, 0.3)[0], abs=0.02)
    assert found.gain[0, 0] == pytest.approx(found.gain[1, 0], abs=0.025)


def test_noise_is_what_may_hide():
    """Of inputs whose effect is half of the limit, the shift is within what is said to hide."""
    pairs = sample(lambda z: [z[:, 0] + 0.03 * z[:, 1] > 0], 2, blocks=8, n=256)
    found = knowing(pairs, each(2))
    gain, shift = truth(0.03, 1, 0)
    assert shift < found.shift_noise[1, 0]
    assert gain < found.gain_noise[1, 0]


def test_the_same_bytes_again():
    def once():
        pairs = sample(lambda z: [z[:, 0] + z[:, 1] > 0], 30)
        found = knowing(pairs, [[0, 1], *each(30)])
        return found.gain.tobytes() + found.shift.tobytes()

    assert once() == once()


def test_some_of_the_outputs():
    pairs = sample(lambda z: [z[:, 0], z[:, 1], z[:, 0] + z[:, 1]], 2)
    whole = ranking.fit(pairs)
    assert (ranking.shares(whole.only([2, 0]), each(2)).value == ranking.shares(whole, each(2)).value[:, [2, 0]]).all()
