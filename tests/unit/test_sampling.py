"""Draws: blocks that stand alone, methods that agree, correlations that come out as declared."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, norm, qmc, spearmanr

from emisim.distribution import Correlation, Distribution
from emisim.errors import BadInput
from emisim.uncertainty import sampling
from emisim.uncertainty.inputs import Inputs, Uncertain
from emisim.uncertainty.sampling import METHODS, block_size, blocks, pearson, sampler

DRAWS = 4096


STANDARD = Distribution(0.0, -1.959963984540054, 1.959963984540054, "normal")


def inputs(names, correlations=(), distribution=STANDARD):
    """Figures as ``id`` or ``(id, group)`` of one distribution; correlations as (first, second, rank)."""
    pairs = [(n, n) if isinstance(n, str) else n for n in names]
    figures = tuple(Uncertain(i, "parameter", (k,), distribution, v, "", "") for k, (i, v) in enumerate(sorted(pairs)))
    return Inputs(figures, tuple(Correlation(*sorted(c[:2]), c[2]) for c in correlations), {})


def values(made, draws=DRAWS):
    return np.concatenate([made.figures(made.scores(k, size)) for k, size in enumerate(blocks(draws))])


@given(st.integers(16, 10_000_000))
def test_blocks_are_powers_of_two_and_at_least_sixteen(draws):
    size = block_size(draws)
    assert size & (size - 1) == 0
    assert size <= 512
    assert draws // size >= 16
    if draws < 100_000:
        sizes = blocks(draws)
        assert sum(sizes) == draws
        assert set(sizes[:-1]) <= {size}
        assert 0 < sizes[-1] <= size


@pytest.mark.parametrize("method", METHODS)
def test_a_block_hangs_on_the_seed_and_its_number_alone(method):
    made = sampler(inputs("abc"), method, seed=7)
    third = made.scores(3, 64)
    np.testing.assert_array_equal(third, sampler(inputs("abc"), method, seed=7).scores(3, 64))
    assert not np.isclose(third, made.scores(4, 64)).any()
    assert not np.isclose(third, sampler(inputs("abc"), method, seed=8).scores(3, 64)).any()


@pytest.mark.parametrize("method", METHODS)
def test_scores_are_standard_normal_and_independent(method):
    made = sampler(inputs("abcde"), method, seed=3)
    z = np.concatenate([made.scores(k, size) for k, size in enumerate(blocks(DRAWS))])
    assert z.shape == (DRAWS, 5)
    for column in z.T:
        assert kstest(column, norm.cdf).pvalue > 1e-4
    off = np.corrcoef(z, rowvar=False) - np.eye(5)
    assert np.abs(off).max() < 4.5 / math.sqrt(DRAWS)


@pytest.mark.parametrize("method", ["sobol", "lhs"])
@pytest.mark.parametrize("size", [1, 2, 64, 512])
def test_every_stratum_of_a_whole_block_has_one_draw(method, size):
    z = sampler(inputs("abc"), method, seed=5).scores(2, size)
    strata = np.sort(np.floor(norm.cdf(z) * size).astype(int), axis=0)
    np.testing.assert_array_equal(strata, np.repeat(np.arange(size)[:, None], 3, axis=1))


def test_a_shorter_block_is_the_beginning_of_a_net():
    made = sampler(inputs("abc"))
    np.testing.assert_array_equal(made.scores(1, 200), made.scores(1, 256)[:200])


@pytest.mark.parametrize("method", METHODS)
def test_scores_are_finite_in_many_dims(method):
    made = sampler(inputs([f"f{k:03}" for k in range(600)]), method)
    z = made.scores(0, 128)
    assert np.isfinite(z).all()
    assert np.abs(z).max() < 7


def test_without_figures_there_is_nothing_to_draw():
    made = sampler(inputs(()))
    assert (made.dims, made.inputs, made.cut) == (0, (), {})
    assert made.figures(made.scores(0, 16)).shape == (16, 0)
    assert made.quantiles(0.5).shape == (0,)


def test_the_figures_of_a_group_rise_and_fall_together():
    made = sampler(inputs([("a", "g"), ("b", "g"), "c"]))
    x = values(made)
    np.testing.assert_array_equal(x[:, 0], x[:, 1])
    assert [(one.variables, one.figures) for one in made.inputs] == [(("c",), (2,)), (("g",), (0, 1))]
    assert made.dims == 2


ERROR = 4.5 / math.sqrt(DRAWS)  # of a rank correlation near 0, an upper bound elsewhere


@pytest.mark.parametrize("rank", [-0.9, -0.4, 0.3, 0.5, 0.95])
@pytest.mark.parametrize("method", METHODS)
def test_a_rank_correlation_comes_out_as_declared(rank, method):
    x = values(sampler(inputs("abc", [("a", "b", rank)]), method, seed=11))
    assert spearmanr(x[:, 0], x[:, 1]).statistic == pytest.approx(rank, abs=ERROR)
    assert spearmanr(x[:, 0], x[:, 2]).statistic == pytest.approx(0.0, abs=ERROR)
    for column in x.T:
        assert kstest(column, norm.cdf).pvalue > 1e-4


@pytest.mark.parametrize("rank", [1.0, -1.0])
def test_a_perfect_rank_correlation_is_one_number(rank):
    x = values(sampler(inputs("ab", [("a", "b", rank)])))
    np.testing.assert_allclose(x[:, 1], rank * x[:, 0], rtol=1e-9)


@pytest.mark.parametrize("rank", [0.0, 0.3, 0.8])
def test_a_weaker_rank_correlation_within_a_group(rank):
    names = [(n, "g") for n in "abcd"]
    made = sampler(inputs(names, [("g", "g", rank)]), seed=4)
    found = spearmanr(values(made)).statistic
    np.testing.assert_allclose(found[np.triu_indices(4, 1)], rank, atol=ERROR)
    assert len(made.inputs) == 1
    assert made.inputs[0].dims == tuple(range(5))


def test_a_group_that_is_correlated_within_and_with_another_variable():
    """Between figures of the two the normal scores have √r_within · r_between."""
    made = sampler(inputs([("a", "g"), ("b", "g"), "c"], [("g", "g", 0.5), ("c", "g", 0.6)]), seed=9)
    x = values(made)
    assert spearmanr(x[:, 0], x[:, 1]).statistic == pytest.approx(0.5, abs=ERROR)
    r = math.sqrt(pearson(0.5)) * pearson(0.6)
    assert np.corrcoef(x[:, 0], x[:, 2])[0, 1] == pytest.approx(r, abs=ERROR)
    assert [one.variables for one in made.inputs] == [("c", "g")]


def test_variables_that_hang_together_are_one_input():
    made = sampler(inputs("abcdef", [("a", "b", 0.5), ("b", "d", 0.2), ("e", "f", 0.0)]))
    assert [one.variables for one in made.inputs] == [("a", "b", "d"), ("c",), ("e",), ("f",)]
    assert sorted(d for one in made.inputs for d in one.dims) == list(range(made.dims))
    assert sorted(k for one in made.inputs for k in one.figures) == list(range(6))


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "b", 0.9), ("b", "c", 0.9), ("a", "c", -0.9)],
        [("a", "b", 1.0), ("b", "c", 1.0), ("a", "c", 0.5)],
        [("a", "b", 1.0), ("a", "c", 0.5), ("b", "c", 0.4)],
    ],
)
def test_correlations_that_cannot_be_are_refused(pairs):
    with pytest.raises(BadInput, match="a, b, c are impossible together"):
        sampler(inputs("abc", pairs))


def test_three_variables_that_are_one():
    x = values(sampler(inputs("abc", [("a", "b", 1.0), ("b", "c", -1.0), ("a", "c", -1.0)])))
    np.testing.assert_allclose(x, x[:, :1] * np.array([1.0, 1.0, -1.0]), rtol=1e-9)


def test_all_names_that_are_not_there_are_told_at_once():
    with pytest.raises(BadInput) as caught:
        sampler(inputs(["alpha", ("beta", "g")], [("alpho", "g", 0.5), ("beta", "g", 0.2), ("g", "g", -0.2)]))
    assert [f.key for f in caught.value.faults] == ["correlation.unknown", "correlation.unknown", "correlation.within"]
    assert {f.values.get("near") for f in caught.value.faults} >= {"alpha"}


@given(st.floats(-1, 1))
def test_the_normal_scores_of_a_rank_correlation(rank):
    r = pearson(rank)
    assert abs(r) <= 1
    assert 6 / math.pi * math.asin(r / 2) == pytest.approx(rank, abs=1e-12)


def test_what_is_cut_off_is_told():
    cut = Distribution(1.0, -1.0, 3.0, "normal", least=0.0)
    made = sampler(inputs("ab", distribution=cut))
    assert set(made.cut) == {0, 1}
    assert made.cut[0] == pytest.approx(norm.cdf(-1.959963984540054 / 2), rel=1e-9)
    assert values(made, 64).min() >= 0
    assert sampler(inputs("ab", distribution=Distribution(1.0, 0.9, 1.1, "normal", least=0.0))).cut == {}


@pytest.mark.parametrize("method", METHODS)
def test_discrete_figures_come_as_often_as_they_should(method):
    x = values(sampler(inputs("ab", distribution=Distribution(2.0, 1.0, 5.0, "discrete", (0.2, 0.7, 0.1))), method))
    for column in x.T:
        shares = np.array([(column == v).mean() for v in (1.0, 2.0, 5.0)])
        np.testing.assert_allclose(shares, [0.2, 0.7, 0.1], atol=4.5 * math.sqrt(0.25 / DRAWS))


def test_quantiles_of_all_figures_stand_in_their_order():
    one, two = Distribution(4.0, 2.0, 8.0, "lognormal"), Distribution(3.0, 0.0, 10.0, "uniform")
    figures = [Uncertain(n, "parameter", (), d, n, "", "") for n, d in zip("abc", (one, two, one), strict=True)]
    made = sampler(Inputs(tuple(figures), (), {}))
    np.testing.assert_allclose(made.quantiles(0.975), [8.0, 9.75, 8.0], rtol=1e-9)


def test_more_variables_than_sobol_numbers_are_known_for(monkeypatch):
    with pytest.raises(ValueError, match=str(sampling.MOST_SOBOL)):
        qmc.Sobol(sampling.MOST_SOBOL + 1)
    monkeypatch.setattr(sampling, "MOST_SOBOL", 2)
    with pytest.raises(BadInput, match=r"3 random variables are more than .* \(2\); take --sampling lhs"):
        sampler(inputs("abc"))
    assert sampler(inputs("abc"), "lhs").dims == 3


def test_correlations_may_name_what_this_case_does_not_draw():
    """A group whose factor sets are not in use, a measure that does not run."""
    rule = [("elsewhere", "elsewhere", 0.3), ("a", "elsewhere", 0.9)]
    with pytest.raises(BadInput, match="called 'elsewhere'"):
        sampler(inputs("ab", rule))
    some = inputs("ab", rule)
    made = sampler(Inputs(some.figures, some.correlations, {}, frozenset({"elsewhere"})))
    assert abs(spearmanr(values(made)).statistic) < 0.05
