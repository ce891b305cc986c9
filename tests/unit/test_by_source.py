"""Least cost source by source: against every choice there is, against the solver, and honest when there is no time."""

import os
import time
from itertools import product
from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emisim.questions import by_source
from emisim.questions.by_source import least_cost
from emisim.questions.milp import cover, in_child

NUMBER = st.one_of(st.integers(-3, 6), st.floats(-2.0, 5.0, allow_subnormal=False)).map(float)
OPTIONS = st.lists(st.tuples(NUMBER, NUMBER, st.integers(0, 4)), max_size=9)


def every_choice(options, required):
    """Least cost of all choices that reduce enough; None if there is none."""
    groups = [[None, *(k for k, o in enumerate(options) if o[2] == s)] for s in sorted({o[2] for o in options})]
    most = sum(max(0.0, *(options[k][0] for k in group[1:])) for group in groups)
    costs = []
    for choice in product(*groups):
        chosen = [options[k] for k in choice if k is not None]
        if fsum(o[0] for o in chosen) >= required - 1e-12 * max(abs(required), most):
            costs.append(fsum(o[1] for o in chosen))
    return min(costs, default=None)


def random_pairs(count, seed):
    random = np.random.default_rng(seed)
    source = np.repeat(np.arange(count // 4), 4)
    reduction = np.repeat(random.lognormal(0.0, 1.0, count // 4), 4) * random.uniform(0.05, 0.95, count)
    cost = reduction * random.lognormal(0.0, 1.0, count)
    return reduction, cost, source, 0.5 * reduction.reshape(-1, 4).max(axis=1).sum()


def nearly_alike(count, seed):
    """Every option costs what it reduces and a fixed sum: the bound of the price is far from what can be had."""
    random = np.random.default_rng(seed)
    reduction = random.uniform(1.0, 1000.0, count)
    return reduction, reduction + 100.0, np.arange(count) // 4, 0.5 * reduction.reshape(-1, 4).max(axis=1).sum()


@given(OPTIONS, st.one_of(NUMBER, st.floats(0.0, 1.0).map(lambda share: ("of all", share))), st.sampled_from([0.0, 1e-6, 0.1]))
def test_no_choice_is_cheaper(options, required, gap):
    reduction, cost, source = (np.array(x) for x in zip(*options, strict=True)) if options else (np.empty(0),) * 3
    if isinstance(required, tuple):
        required = required[1] * sum(max([0.0, *(o[0] for o in options if o[2] == s)]) for s in {o[2] for o in options})
    best, found = every_choice(options, required), least_cost(reduction, cost, source, required, gap)
    if best is None:
        assert found.status == "infeasible" and found.taken is None
        return
    assert found.status == "optimal" and found.gap <= gap
    assert all(np.bincount(source[found.taken].astype(int), minlength=1) <= 1)
    assert found.reduction == fsum(reduction[found.taken].tolist()) >= required - 1e-9
    assert found.cost == fsum(cost[found.taken].tolist())
    assert found.bound - 1e-9 <= best <= found.cost + 1e-9
    assert found.cost - best <= gap * abs(found.cost) + 1e-9


def test_by_hand():
    """Kiln: 6 t for 6 or 10 t for 20; boiler: 5 t for 10; furnace: 4 t for 2. Of 10 t: 6 + 4 cost 8. Of 11 t: 6 + 5 cost 16, 10 + 4 22, 6 + 5 + 4 18."""
    numbers = np.array([6.0, 10.0, 5.0, 4.0]), np.array([6.0, 20.0, 10.0, 2.0]), np.array(["kiln", "kiln", "boiler", "furnace"])
    for required, taken, cost in (
        (10.0, [0, 3], 8.0),
        (11.0, [0, 2], 16.0),
        (12.0, [0, 2, 3], 18.0),
        (19.0, [1, 2, 3], 32.0),
        (0.0, [], 0.0),
    ):
        found = least_cost(*numbers, required)
        assert (found.status, found.cost, np.flatnonzero(found.taken).tolist()) == ("optimal", cost, taken)
        assert found.bound == pytest.approx(cost, rel=1e-6)
    assert least_cost(*numbers, 19.1).status == "infeasible"


def test_what_saves_money_is_taken_though_nothing_is_required():
    found = least_cost([1.0, -1.0, 2.0], [-3.0, -5.0, 1.0], [0, 0, 1], -10.0)
    assert found.taken.tolist() == [False, True, False] and found.cost == found.bound == -5.0 and found.reduction == -1.0


def test_sources_all_alike():
    """How many of each kind take part is all that matters: of 1 t for 1 and 2.5 t for 2.4."""
    reduction, cost = np.repeat([1.0, 2.5], [300, 200]), np.repeat([1.0, 2.4], [300, 200])
    found = least_cost(reduction, cost, np.arange(500), 600.5, gap=0.0)
    best = min(small + 2.4 * large for small in range(301) for large in range(201) if small + 2.5 * large >= 600.5)
    assert found.status == "optimal" and found.gap == 0.0 and found.cost == pytest.approx(best, rel=1e-12)
    many = least_cost(np.ones(30_000), np.ones(30_000), np.arange(30_000), 20_000.5)
    assert many.status == "optimal" and many.cost == 20_001.0 and many.gap <= 1e-6


def test_the_same_numbers_give_the_same_choice():
    numbers = random_pairs(2000, 3)
    assert least_cost(*numbers).taken.tobytes() == least_cost(*numbers).taken.tobytes()


def test_beside_the_solver_on_the_whole():
    from scipy.optimize import Bounds, LinearConstraint, milp

    reduction, cost, source, required = random_pairs(2000, 7)
    one = (source[:, None] == np.arange(500)).T.astype(float)
    conditions = [LinearConstraint(reduction / required, 1.0, np.inf), LinearConstraint(one, -np.inf, 1.0)]
    whole = milp(cost, integrality=np.ones(2000), bounds=Bounds(0, 1), constraints=conditions, options={"mip_rel_gap": 1e-6})
    found = least_cost(reduction, cost, source, required)
    assert found.gap <= 1e-6 and found.cost == pytest.approx(whole.fun, rel=3e-6)
    assert found.bound <= whole.fun * (1 + 1e-6) and whole.mip_dual_bound <= found.cost * (1 + 1e-6)


def test_a_hundred_thousand_pairs():
    reduction, cost, source, required = random_pairs(100_000, 5)
    found = least_cost(reduction, cost, source, required)
    assert found.status == "optimal" and found.gap <= 1e-6 and found.reduction >= required
    assert np.bincount(source[found.taken]).max() == 1


def test_without_time_the_gap_is_told_as_it_is():
    numbers = nearly_alike(400, 1)
    hurried, found = least_cost(*numbers, time_limit=0.0), least_cost(*numbers)
    assert hurried.status == "time limit" and found.status == "optimal"
    assert hurried.reduction >= numbers[3]
    assert hurried.bound <= found.cost <= hurried.cost
    assert hurried.gap == (hurried.cost - hurried.bound) / hurried.cost > 1e-6 >= found.gap


def test_partial_choices_that_are_too_many_are_no_proof(monkeypatch):
    """What is dropped for want of room counts in the bound, and the solver goes on."""
    numbers = nearly_alike(80, 2)
    best = least_cost(*numbers, gap=0.0)
    monkeypatch.setattr(by_source, "MOST_KEPT", 20)
    assert least_cost(*numbers, gap=0.0).cost == pytest.approx(best.cost, rel=1e-9)
    monkeypatch.setattr(by_source, "in_child", lambda *given: None)
    found = least_cost(*numbers, gap=0.0)
    assert found.status == "time limit" and found.bound <= best.cost <= found.cost


@pytest.mark.parametrize("numbers", [([1.0], [np.nan], [0]), ([np.inf], [1.0], [0]), ([1.0], [1.0, 2.0], [0])])
def test_what_is_no_number_is_refused(numbers):
    with pytest.raises(ValueError, match="must be"):
        least_cost(*numbers, 1.0)


def test_the_solver_alone():
    taken, bound = cover(np.array([0.6, 1.0, 0.5, 0.4]), np.array([6.0, 20.0, 10.0, 2.0]), np.array([0, 0, 1, 2]), 1.1, 0.0, 5.0)
    assert taken.tolist() == [True, False, True, False] and bound == pytest.approx(16.0)
    assert cover(np.array([0.5]), np.array([1.0]), np.array([0]), 1.0, 0.0, 0.0) == (None, np.inf)


def test_a_child_is_ended_when_time_is_up():
    start = time.monotonic()
    assert in_child(0.1, time.sleep, 60.0) is None
    assert time.monotonic() - start < 30.0
    assert in_child(30.0, os._exit, 1) is None
    assert in_child(30.0, len, "four") == 4
