"""Approach 1 against hand calculation, and against draws where uncertainties are small."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emisim.uncertainty import propagation
from emisim.uncertainty.propagation import NONE, Rows


def rows(activity, factor, activity_half, factor_half):
    return Rows(*(np.array(x) for x in (activity, factor, activity_half, factor_half)))


def column(*values):
    return np.array(values, dtype=float)[:, None]


APART = rows([0, 1], [[2], [3]], [0.05, 0.02], [[0.12], [0.0]])


def test_product():
    found = propagation.level(column(200), rows([0], [[1]], [0.05], [[0.12]]))
    assert (found.half[0], found.relative[0]) == pytest.approx((26, 0.13))


def test_sum():
    # √((0.13·200)² + (0.02·300)²)
    found = propagation.level(column(200, 300), APART)
    assert found.half[0] == pytest.approx(np.hypot(26, 6))
    assert found.relative[0] == pytest.approx(np.hypot(26, 6) / 500)


def test_a_shared_factor_adds_up_before_squares_are_summed():
    shared = rows([0, 1], [[2], [2]], [0.0, 0.0], [[0.1], [0.1]])
    apart = rows([0, 1], [[2], [3]], [0.0, 0.0], [[0.1], [0.1]])
    assert propagation.level(column(200, 300), shared).half[0] == pytest.approx(50)
    assert propagation.level(column(200, 300), apart).half[0] == pytest.approx(np.hypot(20, 30))


def test_an_activity_and_a_factor_in_one_group():
    together = rows([0], [[0]], [0.1], [[0.2]])
    assert propagation.level(column(100), together).half[0] == pytest.approx(30)


def test_exact_figures_and_rows_without_emission():
    exact = rows([NONE, 0], [[NONE], [1]], [0.5, np.inf], [[0.5], [np.inf]])
    found = propagation.level(column(100, 0), exact)
    assert (found.half[0], found.relative[0]) == (0, 0)
    nothing = rows([NONE], [[NONE]], [0.0], [[0.0]])
    assert np.isnan(propagation.level(column(0), nothing).relative[0])


def test_pollutants_have_their_own_factors():
    two = rows([0], [[1, NONE]], [0.03], [[0.04, 0.9]])
    found = propagation.level(np.array([[100.0, 10.0]]), two)
    assert found.half == pytest.approx([5, 0.3])


def test_a_trend_by_hand():
    """Two categories, 200 → 100 t and 300 → 330 t: Σ 500 → 430 t, −14 %.

    Type A by the table: (430 + 1 − 502)/502·100 + 14 = −0.143426, (430 + 3.3 − 503)/503·100 + 14 = 0.143141. B: 0.2, 0.66.
    """
    found = propagation.trend(column(200, 300), column(100, 330), APART)
    first, second = (431 - 502) / 502 * 100 + 14, (433.3 - 503) / 503 * 100 + 14
    assert (first, second) == pytest.approx((-0.143426, 0.143141), abs=1e-6)
    factors = [first * 12, second * 0]
    activities = [0.2 * 5 * np.sqrt(2), 0.66 * 2 * np.sqrt(2)]
    assert found.change[0] == pytest.approx(-14)
    assert found.half[0] == pytest.approx(np.sqrt(np.sum(np.square([*factors, *activities]))))
    assert found.correlated[0] == pytest.approx(np.sqrt((first * 12) ** 2 + (first * 5) ** 2 + (second * 2) ** 2))


def test_the_trend_of_a_variable_is_that_of_its_rows_merged():
    merged = rows([0, 1], [[2], [3]], [0.05, 0.02], [[0.12], [0.3]])
    split = rows([0, 0, 1], [[2], [2], [3]], [0.05, 0.05, 0.02], [[0.12], [0.12], [0.3]])
    one = propagation.trend(column(200, 300), column(100, 330), merged)
    two = propagation.trend(column(150, 50, 300), column(20, 80, 330), split)
    for name in ("change", "half", "correlated"):
        assert getattr(one, name) == pytest.approx(getattr(two, name))


def test_what_is_equally_wrong_in_both_years_cancels():
    alone = rows([0, 0], [[1], [1]], [0.3, 0.3], [[0.5], [0.5]])
    found = propagation.trend(column(200, 300), column(100, 330), alone)
    assert found.correlated[0] == pytest.approx(0, abs=1e-12)
    assert found.half[0] == pytest.approx(100 * 0.86 * 0.3 * np.sqrt(2))


def test_no_trend_without_a_start():
    found = propagation.trend(column(0, 0), column(1, 2), APART)
    assert np.isnan([found.change[0], found.half[0], found.correlated[0]]).all()


@pytest.mark.parametrize("seed", range(3))
def test_draws_agree_where_uncertainties_are_small(seed):
    """Normals of 2 to 8 %, some shared: 1.96 standard deviations of the level and of the trend."""
    rng = np.random.default_rng(seed)
    start, end = rng.uniform(50, 400, (6, 2)), rng.uniform(50, 400, (6, 2))
    activity, factor = rng.integers(0, 4, 6), rng.integers(4, 9, (6, 2))
    half = rng.uniform(0.02, 0.08, 9)
    given = Rows(activity, factor, half[activity], half[factor])
    x = 1 + half / 1.959964 * rng.standard_normal((100_000, 9))
    scale = x[:, activity, None] * x[:, factor]
    first, last = ((e * scale).sum(axis=1) for e in (start, end))
    assert propagation.level(end, given).half == pytest.approx(1.959964 * last.std(axis=0), rel=0.02)
    found = propagation.trend(start, end, given)
    assert found.correlated == pytest.approx(196 * (last / first).std(axis=0), rel=0.03)
    # Activities that err independently: an equal error in the first year is an approximation, so the years are alike.
    other = 1 + half / 1.959964 * rng.standard_normal((100_000, 9))
    late = (start * other[:, activity, None] * x[:, factor]).sum(axis=1)
    steady = propagation.trend(start, start, given)
    assert steady.half == pytest.approx(196 * (late / first).std(axis=0), rel=0.03)


def test_half_width():
    found = propagation.half_width(
        np.array([100, 100, 50, 0, 0, -20]), np.array([90, 60, 50, 0, 0, -30]), np.array([130, 110, 50, 1, 0, -15])
    )
    assert found == pytest.approx([0.3, 0.4, 0, np.inf, 0, 0.5])


def test_doubts():
    value, low, high = np.array([10.0, 10, 10, 10, 0]), np.array([5.0, 8, 10, 1, -1]), np.array([20.0, 12, 10, 19, 1])
    found = propagation.doubts(value, low, high, np.array([7, 7, NONE, 7, 8]))
    assert found.wide == (4, 0, 3)
    assert found.skewed == (0,)
    assert found.correlated == (0, 1, 3)
    assert found


def test_no_doubts():
    value = np.full(3, 10.0)
    assert not propagation.doubts(value, value - 6, value + 6)
    assert not propagation.doubts(value, value - 4, value + 5.6, np.array([0, 1, NONE]))
    assert not propagation.doubts(*np.zeros((3, 0)))


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 0.6), st.integers(NONE, 3)), min_size=1, max_size=8))
def test_sharing_never_makes_a_total_more_certain(members):
    emission, half, variable = (np.array(x) for x in zip(*members, strict=True))
    none = np.full((len(half), 1), NONE)
    shared = propagation.level(emission[:, None], Rows(variable, none, half, 0.0 * none))
    own = np.where(variable == NONE, NONE, np.arange(len(half)))
    apart = propagation.level(emission[:, None], Rows(own, none, half, 0.0 * none))
    assert apart.half[0] <= shared.half[0] * (1 + 1e-9) + 1e-9
    assert shared.half[0] <= (emission * half).sum() * (1 + 1e-9) + 1e-9
