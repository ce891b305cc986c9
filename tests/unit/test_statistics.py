"""Figures of a sample and their standard errors, against what repeated samples show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emisim.uncertainty import statistics
from emisim.uncertainty.statistics import Estimate

FIGURES = {
    "mean": (statistics.mean, 0.0),
    "deviation": (statistics.deviation, 1.0),
    "median": (lambda x, size: statistics.quantiles(x, [0.5], size), 0.0),
    "end": (lambda x, size: statistics.quantiles(x, [0.975], size), 1.959964),
    "probability": (lambda x, size: statistics.probability(x > 1, size), 0.158655),
}


def normal(draws, repeats, seed=1):
    return np.random.default_rng(seed).standard_normal((draws, repeats))


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("size", [64, 512], ids=["blocks", "formula"])
def test_the_error_is_how_far_repeated_samples_are_apart(name, size):
    figure, truth = FIGURES[name]
    found = figure(normal(1024, 2000), size)
    apart = found.value.ravel() - truth
    assert np.sqrt((found.error**2).mean()) == pytest.approx(apart.std(), rel=0.12)
    assert apart.mean() == pytest.approx(0.0, abs=0.2 * apart.std())


def test_mean_and_deviation_by_hand():
    draws = np.array([1.0, 2.0, 3.0, 6.0])
    assert statistics.mean(draws, 4).value == pytest.approx(3.0)
    assert statistics.mean(draws, 4).error == pytest.approx(np.sqrt(14 / 3) / 2)
    assert statistics.deviation(draws, 4).value == pytest.approx(np.sqrt(14 / 3))


def test_blocks_that_agree_give_a_small_error_blocks_that_do_not_a_large_one():
    """What stratification gains, and what draws that are no independent ones hide, is seen between blocks alone."""
    strata = (np.arange(64) + 0.5) / 64
    alike = np.tile(strata, 8)
    assert statistics.mean(alike, 64).error == pytest.approx(0.0, abs=1e-12)
    assert statistics.mean(alike[:448], 64).error > 0.01  # seven blocks: as if independent
    apart = np.repeat([0.0, 1.0], 256)
    # Four blocks of 0 and four of 1.
    assert statistics.mean(apart, 64).error == pytest.approx(np.sqrt(8 * 0.25 / 7) / np.sqrt(8))


def test_a_short_last_block_counts_in_the_figure_and_not_in_the_error():
    draws = normal(8 * 64, 1)[:, 0]
    longer = np.append(draws, [100.0])
    assert statistics.mean(longer, 64).value == pytest.approx(longer.mean())
    assert statistics.mean(longer, 64).error == pytest.approx(statistics.mean(draws, 64).error)


def test_a_small_batch_does_not_make_a_far_quantile_look_sure():
    # 32 draws a block: 0.8 beyond the quantile. Seven blocks make a batch, and five batches are too few.
    draws = normal(1024, 500)
    found = statistics.quantiles(draws, [0.975], 32)
    assert np.median(found.error) == pytest.approx(found.value.std(), rel=0.25)


def test_levels_stand_first():
    found = statistics.quantiles(normal(200, 6).reshape(200, 2, 3), [0.025, 0.5, 0.975], 100)
    assert found.value.shape == found.error.shape == (3, 2, 3)
    assert (np.diff(found.value, axis=0) > 0).all()


@pytest.mark.parametrize("hits", [np.zeros(1024, bool), np.ones(1024, bool)])
@pytest.mark.parametrize("size", [64, 512])
def test_no_miss_is_no_certainty(hits, size):
    found = statistics.probability(hits, size)
    assert found.value in (0.0, 1.0)
    assert 1.96 * found.error == pytest.approx(3 / 1024)


def test_blocks_that_agree_on_a_probability_are_no_certainty():
    found = statistics.probability(np.tile([True, False], 256), 64)
    assert found.value == 0.5
    assert found.error == pytest.approx(3 / 1.96 / 512)


def test_draws_without_a_value():
    draws = np.array([[1.0, np.nan, 5.0], [3.0, np.nan, np.nan], [5.0, np.nan, 7.0], [7.0, np.nan, np.inf]])
    assert statistics.mean(draws, 2).value == pytest.approx([4, np.nan, 6], nan_ok=True)
    assert statistics.deviation(draws, 2).value == pytest.approx([np.sqrt(20 / 3), np.nan, np.sqrt(2)], nan_ok=True)
    found = statistics.quantiles(draws, [0.5], 2)
    assert found.value[0] == pytest.approx([4, np.nan, 6], nan_ok=True)
    assert np.isfinite(found.error[0]).tolist() == [True, False, True]
    # A comparison with nan is false: not met.
    assert statistics.probability(draws < 6, 2).value == pytest.approx([0.75, 0, 0.25])


def test_blocks_without_a_value_leave_the_error_to_the_formula():
    draws = normal(512, 1)
    draws[: 3 * 64] = np.nan
    assert statistics.mean(draws, 64).error == pytest.approx(draws[192:].std(ddof=1) / np.sqrt(320))


def test_an_output_without_spread_is_certain():
    draws = np.full((600, 2), 7.0)
    for found in (statistics.mean(draws, 64), statistics.quantiles(draws, [0.025, 0.975], 64), statistics.deviation(draws, 300)):
        assert not found.error.any()


def test_enough_draws():
    ends = Estimate(np.array([[0.0, 5.0], [2.0, 5.0]]), np.array([[0.1, 0.0], [0.04, 0.0]]))
    sure = Estimate(np.array([0.5]), np.array([0.004]))
    # The lower end is off by a tenth of the half width: twice what is allowed, so four times the draws.
    found = statistics.enough(1000, 64, ends, sure)
    assert not found.enough
    assert (found.interval, found.probability) == pytest.approx((0.1, 0.004))
    assert found.needed == 4032  # full blocks
    assert statistics.enough(4032, 64, Estimate(ends.value, ends.error / 2), sure).enough
    assert statistics.enough(1000, 64, None, Estimate(sure.value, np.array([0.03]))).needed == 9024
    assert statistics.enough(10, 64).enough


def test_the_draws_that_are_said_to_be_needed_do():
    few = statistics.quantiles(normal(256, 400), [0.025, 0.975], 256)
    needed = np.median([statistics.enough(256, 64, Estimate(few.value[:, k], few.error[:, k])).needed for k in range(400)])
    more = statistics.quantiles(normal(int(needed), 400), [0.025, 0.975], int(needed))
    half = (more.value[1] - more.value[0]) / 2
    assert (more.value.std(axis=1) / half.mean()).max() <= 0.05 * 1.1


@given(arrays(float, (96, 2), elements=st.floats(-1e6, 1e6)), st.floats(-5, 5), st.floats(0.1, 9))
def test_figures_move_with_their_unit(draws, offset, scale):
    for size in (8, 96):
        for figure, shift in ((statistics.mean, offset), (statistics.deviation, 0.0)):
            one, other = figure(draws, size), figure(offset + scale * draws, size)
            assert other.value == pytest.approx(shift + scale * one.value, rel=1e-6, abs=1e-5)
            # Fourth powers lose digits where all draws but one are alike.
            assert other.error == pytest.approx(scale * one.error, rel=1e-3, abs=1e-2)
