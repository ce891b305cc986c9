"""Every shape of a distribution has the quantiles, mean and frequencies that its range says."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emisim.distribution import FIXED, Distribution, parsed
from emisim.uncertainty.sampling import quantile_function

TAILS = np.array([0.025, 0.5, 0.975])
SHARES = (np.arange(20_000) + 0.5) / 20_000


def quantile(distribution, shares):
    function, _ = quantile_function(distribution.shape, [distribution])
    return function(np.asarray(shares, float)[:, None])[:, 0]


def cut(distribution):
    return float(quantile_function(distribution.shape, [distribution])[1][0])


spans = st.tuples(st.floats(0.01, 100), st.floats(0.01, 100), st.floats(-50, 200)).map(lambda t: (t[2] - t[0], t[2], t[2] + t[1]))


@given(spans)
def test_a_lognormal_goes_through_its_three_points(span):
    low, value, high = span
    found = quantile(Distribution(value, low, high, "lognormal"), TAILS)
    np.testing.assert_allclose(found, [low, value, high], atol=3e-6 * (high - low))


@pytest.mark.parametrize(
    ("low", "value", "high"),
    [(2.0, 4.0, 8.0), (1.0, 2.0, 9.0), (1.0, 8.0, 9.0), (9.0, 10.0, 11.0), (9.0, 10.0, 11.0 + 1e-9), (-9.0, -3.0, 40.0)],
)
def test_a_lognormal_plain_shifted_mirrored_and_nearly_normal(low, value, high):
    found = quantile(Distribution(value, low, high, "lognormal"), [0.025, 0.1, 0.5, 0.9, 0.975])
    assert np.all(np.diff(found) > 0)
    np.testing.assert_allclose(found[[0, 2, 4]], [low, value, high], rtol=1e-6)


def test_a_lognormal_around_its_geometric_mean_is_the_plain_one():
    z = math.log(2.0) / 1.959963984540054 * np.array([-1.2815515655446004, 1.2815515655446004])
    np.testing.assert_allclose(quantile(Distribution(4.0, 2.0, 8.0, "lognormal"), [0.1, 0.9]), 4.0 * np.exp(z), rtol=1e-12)


def test_a_mirrored_lognormal_is_the_mirror_image():
    right = quantile(Distribution(12.0, 11.0, 18.0, "lognormal"), SHARES)
    left = quantile(Distribution(8.0, 2.0, 9.0, "lognormal"), SHARES)
    np.testing.assert_allclose(left, 20.0 - right[::-1], rtol=1e-9)


def test_a_lognormal_of_equal_halves_is_a_normal():
    normal = quantile(Distribution(10.0, 8.0, 12.0, "normal"), SHARES)
    np.testing.assert_allclose(quantile(Distribution(10.0, 8.0, 12.0, "lognormal"), SHARES), normal, atol=1e-5)


@given(st.floats(-100, 100), st.floats(0.01, 50))
def test_a_normal_has_its_mean_and_its_tails(mean, half):
    found = quantile(Distribution(mean, mean - half, mean + half, "normal"), TAILS)
    np.testing.assert_allclose(found, [mean - half, mean, mean + half], rtol=1e-12, atol=1e-12)


@given(spans, st.sampled_from(["triangular", "uniform", "beta"]))
def test_shapes_with_ends_stay_between_them(span, shape):
    low, value, high = span
    found = quantile(Distribution(value, low, high, shape), [1e-12, *TAILS, 1 - 1e-12])
    assert np.all(np.diff(found) >= 0)
    wide = high - low
    assert low - 1e-9 * wide <= found[0] <= found[-1] <= high + 1e-9 * wide


@given(spans)
def test_triangular_and_uniform_are_those_of_the_textbook(span):
    low, value, high = span
    share = (value - low) / (high - low)
    found = quantile(Distribution(value, low, high, "triangular"), [share, 0.5 * share])
    np.testing.assert_allclose(found, [value, low + math.sqrt(0.5) * (value - low)], atol=1e-9 * (high - low))
    flat = quantile(Distribution(value, low, high, "uniform"), TAILS)
    np.testing.assert_allclose(flat, low + TAILS * (high - low), atol=1e-12 * (abs(low) + abs(high)))


@pytest.mark.parametrize("mode", [2.0, 3.0, 5.0, 10.0])
def test_a_pert_has_the_mean_that_weighs_its_mode_four_times(mode):
    found = quantile(Distribution(mode, 2.0, 10.0, "beta"), SHARES)
    assert found.mean() == pytest.approx((2.0 + 4 * mode + 10.0) / 6, rel=1e-5)
    a = 1 + 4 * (mode - 2.0) / 8.0
    assert found.var() == pytest.approx(64.0 * a * (6 - a) / (36 * 7), rel=1e-4)


@pytest.mark.parametrize("mode", [0.0, 10.0])
def test_the_most_likely_value_may_be_an_end(mode):
    for shape in ("triangular", "beta"):
        found = quantile(Distribution(mode, 0.0, 10.0, shape), SHARES)
        assert np.isfinite(found).all()
        assert (found.mean() > 5) == (mode == 10.0)


@pytest.mark.parametrize("probabilities", [(0.25, 0.5, 0.25), (0.0, 0.3, 0.7), (1.0, 0.0, 0.0), (0.1, 0.2, 0.7)])
def test_a_discrete_one_takes_its_three_values_as_often_as_it_says(probabilities):
    found = quantile(Distribution(2.0, 1.0, 4.0, "discrete", probabilities), SHARES)
    assert set(found.tolist()) <= {1.0, 2.0, 4.0}
    np.testing.assert_allclose([(found == v).mean() for v in (1.0, 2.0, 4.0)], probabilities, atol=1e-4)


def test_a_normal_that_reaches_below_zero_is_cut_there_and_scaled_up():
    one = Distribution(1.0, -1.0, 3.0, "normal", least=0.0)
    below = 0.5 * math.erfc(1.0 / (2.0 / 1.959963984540054) / math.sqrt(2))
    assert cut(one) == pytest.approx(below, rel=1e-9)
    found = quantile(one, SHARES)
    assert found.min() >= 0
    whole = quantile(replace(one, least=-math.inf), below + SHARES * (1 - below))
    np.testing.assert_allclose(found, whole, rtol=1e-9, atol=1e-12)


@given(spans, st.sampled_from(["normal", "lognormal", "triangular", "uniform", "beta"]), st.floats(0, 1), st.floats(0, 1))
def test_what_is_cut_off_is_never_drawn(span, shape, left, right):
    low, value, high = span
    value = (low + high) / 2 if shape == "normal" else value
    least, most = low + left * (value - low), value + right * (high - value)
    if most - least < 1e-3 * (high - low):
        return
    one = Distribution(value, low, high, shape, least=least, most=most)
    found = quantile(one, [1e-9, *TAILS, 1 - 1e-9])
    assert np.all(np.diff(found) >= 0)
    assert found[0] >= least - 1e-6 * (high - low)
    assert found[-1] <= most + 1e-6 * (high - low)
    assert 0 <= cut(one) < 1


def test_nothing_is_cut_where_all_can_be():
    assert cut(Distribution(0.5, 0.2, 0.9, "triangular", least=0.0, most=1.0)) == pytest.approx(0.0, abs=1e-15)


def test_several_of_one_shape_do_not_mix():
    several = [
        Distribution(4.0, 2.0, 8.0, "lognormal"),
        Distribution(8.0, 2.0, 9.0, "lognormal"),
        Distribution(5.0, 4.0, 6.0, "lognormal"),
    ]
    function, _ = quantile_function("lognormal", several)
    found = function(np.repeat(TAILS[:, None], 3, axis=1))
    np.testing.assert_allclose(found.T, [[d.low, d.value, d.high] for d in several], rtol=1e-6)


def test_another_unit_scales_all_of_it():
    one = Distribution(0.5, 0.2, 0.9, "triangular", least=0.0, most=1.0)
    assert one.times(1000.0) == Distribution(500.0, 200.0, 900.0, "triangular", least=0.0, most=1000.0)
    np.testing.assert_allclose(quantile(one.times(1000.0), TAILS), 1000.0 * quantile(one, TAILS), rtol=1e-12)


@pytest.mark.parametrize(
    ("one", "fixed", "problem"),
    [
        (Distribution(1.0, 0.5, 2.0), True, ""),
        (Distribution(1.0, 1.0, 1.0, "normal"), True, ""),
        (Distribution(1.0, 0.5, 1.5, "normal"), False, ""),
        (Distribution(1.0, 0.5, 1.54, "normal"), False, ""),
        (Distribution(1.0, 0.5, 2.0, "normal"), False, "normal"),
        (Distribution(1.0, 1.0, 2.0, "lognormal"), False, "lognormal"),
        (Distribution(1.0, 0.5, 1.0, "lognormal"), False, "lognormal"),
        (Distribution(1.0, 0.5, 1.0, "triangular"), False, ""),
        (Distribution(1.0, 0.5, 2.0, "discrete"), False, "discrete"),
        (Distribution(1.0, 0.5, 2.0, "discrete", (0.5, 0.5)), False, "discrete"),
        (Distribution(1.0, 0.5, 2.0, "discrete", (0.5, 0.6, -0.1)), False, "discrete"),
        (Distribution(1.0, 0.5, 2.0, "discrete", (0.1, 0.2, 0.6)), False, "discrete"),
        (Distribution(1.0, 0.5, 2.0, "discrete", (0.1, 0.2, 0.7)), False, ""),
        (Distribution(1.0, 0.5, 2.0, "uniform", (0.1, 0.2, 0.7)), False, "probabilities"),
    ],
)
def test_what_can_be_drawn(one, fixed, problem):
    assert (one.fixed, one.problem()) == (fixed, problem)
    assert one.fixed == (one.shape == FIXED or one.low == one.high)


def test_probabilities_of_a_table():
    assert parsed(" 0.25 | 0.5|0.25") == (0.25, 0.5, 0.25)
    assert parsed(" ") == ()
    with pytest.raises(ValueError, match="half"):
        parsed("0.5 | half")
