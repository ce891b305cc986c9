"""Sobol' indices against closed forms."""

import numpy as np
import pytest
from scipy.special import ndtr

from emisim.uncertainty import indices


def found(model, inputs, dims, n=4096, seed=7, **options):
    return indices.indices(indices.runs(model, inputs, dims, n, seed, **options), seed)


def each(dims):
    return [[k] for k in range(dims)]


def ishigami(z):
    x = np.pi * (2 * ndtr(z) - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


WEIGHTS = np.array([0.0, 1.0, 4.5, 9.0])


def g_function(z):
    return np.prod((np.abs(4 * ndtr(z) - 2) + WEIGHTS) / (1 + WEIGHTS), axis=1)


def test_ishigami():
    result = found(ishigami, each(3), 3)
    assert result.first == pytest.approx([0.3139, 0.4424, 0], abs=0.01)
    assert result.total == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.01)
    for low, high, true in (
        (result.first_low, result.first_high, [0.3139, 0.4424, 0]),
        (result.total_low, result.total_high, [0.5576, 0.4424, 0.2437]),
    ):
        assert (low < true).all()
        assert (true < high).all()
    assert (result.first_error < 0.03).all()


def test_g_function():
    """V_i = 1/(3(1 + a_i)²), V = Π(1 + V_i) − 1, total_i = V_i·Π_{j≠i}(1 + V_j)/V."""
    part = 1 / (3 * (1 + WEIGHTS) ** 2)
    whole = np.prod(1 + part) - 1
    result = found(g_function, each(4), 4)
    assert result.first == pytest.approx(part / whole, abs=0.01)
    assert result.total == pytest.approx(part * np.prod(1 + part) / (1 + part) / whole, abs=0.01)


def test_a_group_has_at_least_what_its_members_have():
    alone, grouped = found(ishigami, each(3), 3), found(ishigami, [[0, 2], [1]], 3)
    assert grouped.first == pytest.approx([0.3139 + 0.2437, 0.4424], abs=0.01)  # with the interaction of the two
    assert grouped.first[0] > alone.first[0] + alone.first[2]
    assert grouped.total == pytest.approx(grouped.first, abs=0.01)  # nothing is left between the groups


def test_all_inputs_in_one_group():
    result = found(ishigami, [[0, 1, 2]], 3)
    assert (result.first[0], result.total[0]) == pytest.approx((1, 1), abs=0.01)


def test_hundreds_of_dims_and_a_group_of_all_others():
    """The first inputs named get the well-spread coordinates, wherever their dims are."""
    weights = np.full(300, 0.1)
    weights[[250, 17]] = 3.0, 2.0
    others = sorted(set(range(300)) - {250, 17})
    result = found(lambda z: (z * weights).sum(axis=1), [[250], [17], others], 300, n=1024)
    true = np.array([9, 4, 2.98]) / 15.98
    assert result.first == pytest.approx(true, abs=0.04)
    assert result.total == pytest.approx(true, abs=0.04)


def test_dims_that_no_input_names_are_drawn_all_the_same():
    result = found(lambda z: z[:, 0] + z[:, 2], [[2]], 3, n=1024)
    assert (result.first[0], result.total[0]) == pytest.approx((0.5, 0.5), abs=0.03)


def test_blocks_change_nothing():
    whole, parts = (indices.runs(ishigami, each(3), 3, 256, 1, block=block) for block in (256, 64))
    for name in ("f_a", "f_b", "f_ab"):
        assert (getattr(whole, name) == getattr(parts, name)).all()


def test_memory_holds_one_block_at_a_time():
    sizes = []
    indices.runs(lambda z: sizes.append(len(z)) or z[:, 0], each(2), 2, 1024, 1, block=128)
    assert set(sizes) == {128}
    assert len(sizes) == 1024 // 128 * 4


def test_the_design():
    (z_a, z_b), *rest = indices.design(each(3), 3, 512, 1)
    assert not rest
    assert np.isfinite([z_a, z_b]).all()
    assert z_a.mean(axis=0) == pytest.approx(0, abs=0.02)
    assert z_b.std(axis=0) == pytest.approx(1, abs=0.02)
    assert np.corrcoef(np.hstack([z_a, z_b]).T)[np.triu_indices(6, 1)] == pytest.approx(0, abs=0.1)
    mixed = indices.swapped(z_a, z_b, [1])
    assert (mixed[:, [0, 2]] == z_a[:, [0, 2]]).all()
    assert (mixed[:, 1] == z_b[:, 1]).all()
    assert not (mixed[:, 1] == z_a[:, 1]).any()


def test_the_same_seed_gives_the_same_bytes():
    one, again, other = (found(ishigami, each(3), 3, n=128, seed=s) for s in (1, 1, 2))
    for name in vars(one):
        assert getattr(one, name).tobytes() == getattr(again, name).tobytes()
    assert (one.first != other.first).any()


def test_the_error_is_not_less_than_what_repeated_designs_show():
    results = [found(g_function, each(4), 4, n=256, seed=s) for s in range(25)]
    assert (np.array([r.first for r in results]).std(axis=0) < 1.5 * np.mean([r.first_error for r in results], axis=0)).all()
    assert (np.array([r.total for r in results]).std(axis=0) < 1.5 * np.mean([r.total_error for r in results], axis=0)).all()


def test_an_output_that_does_not_vary_has_no_drivers():
    result = found(lambda z: np.full(len(z), 3.0), each(2), 2, n=64)
    assert not any(values.any() for values in vars(result).values())


def test_what_cannot_be_computed():
    with pytest.raises(ValueError, match="power of two"):
        found(ishigami, each(3), 3, n=100)
    with pytest.raises(ValueError, match="two inputs"):
        found(ishigami, [[0, 1], [1, 2]], 3)
    with pytest.raises(ValueError, match="finite"):
        found(lambda z: np.where(z[:, 0] > 1, np.nan, 1), each(2), 2, n=64)
