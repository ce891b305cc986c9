"""Solving against brute force: every package of a small plan is run by the kernel, and the cheapest that meets all goals is what
``solve`` must find."""

import os

import numpy as np
import pytest
from random_plans import by_kernel, random_case
from small import LABEL, action, inventory, measure, plan, scenario

from emisim.case import prepare
from emisim.errors import BadInput
from emisim.questions import optimise, tradeoffs
from emisim.questions.milp import silence
from emisim.questions.response import respond

BLOCKS, EACH = 20, 25


def meets(values, response):
    required = np.array([g.required for g in response.goals])
    return (values[:, 0] >= required[0] - 1e-7) & (values[:, 1] > required[1] + 1e-7) & (values[:, 2] >= required[2] - 1e-7)


def weights(rng, count):
    """Whole numbers, so that ties happen; some measures save money."""
    return rng.integers(-2, 12, count).astype(float) if rng.random() < 0.5 else rng.uniform(0.5, 10.0, count)


def in_order(every, weight):
    """Packages by weight, then number of measures, then ids."""
    total = [round(float(weight[x].sum()), 9) for x in every]
    return sorted(range(len(every)), key=lambda k: (total[k], int(every[k].sum()), np.flatnonzero(every[k]).tolist()))


@pytest.mark.parametrize("block", range(BLOCKS))
def test_solve_equals_brute_force(block):
    """500 plans with overlaps: status, least weight and the package itself."""
    rng = np.random.default_rng(1000 + block)
    for _ in range(EACH):
        case = random_case(rng)
        response = respond(case)
        every, values = by_kernel(case)
        np.testing.assert_allclose(response.values(every), values, rtol=1e-9, atol=1e-9)
        good = meets(values, response)
        weight = weights(rng, response.measures)
        found = optimise.solve(optimise.Problem(response, weight))
        if not good.any():
            assert found.status == optimise.INFEASIBLE
            assert found.package is None
            continue
        best = next(k for k in in_order(every, weight) if good[k])
        assert found.status == optimise.OPTIMAL
        assert found.objective == pytest.approx(float(weight[every[best]].sum()), abs=1e-9)
        assert found.gap == 0.0
        assert found.package.tolist() == every[best].tolist()


@pytest.mark.parametrize("block", range(4))
def test_what_decides_equals_brute_force(block):
    """Binding goals, the most of each goal, the smallest easing, forced and forbidden measures, the curve and the greedy rule."""
    rng = np.random.default_rng(5000 + block)
    for _ in range(10):
        case = random_case(rng)
        response = respond(case)
        every, values = by_kernel(case)
        weight = np.abs(weights(rng, response.measures))
        total = np.array([weight[x].sum() for x in every])
        problem = optimise.Problem(response, weight, frozenset({0}), frozenset({1}))
        allowed = every[:, 0] & ~every[:, 1]
        single = np.stack([goal.met(values[:, g]) for g, goal in enumerate(response.goals)], axis=1)
        for g in range(3):
            assert tradeoffs.maximum(problem, g)[0] == pytest.approx(values[allowed, g].max(), abs=1e-6)
        good = single.all(axis=1) & allowed
        found = optimise.solve(problem)
        eased = tradeoffs.ease(problem)
        required = np.array([g.required for g in response.goals])
        short = np.maximum((required - values[allowed]) / required, 0.0).max(axis=1)
        assert eased.share == pytest.approx(short.min(), abs=1e-6)
        assert (response.values(eased.package) >= required * (1 - eased.share) - 1e-5).all()
        assert bool(eased.goals) == (eased.share > 0)
        if not good.any():
            assert found.package is None
            continue
        assert found.objective == pytest.approx(total[good].min(), abs=1e-9)
        without = [total[allowed & np.delete(single, g, axis=1).all(axis=1)].min() for g in range(3)]
        assert tradeoffs.binding(problem, found) == tuple(g for g in range(3) if without[g] < found.objective - 1e-9)
        points = tradeoffs.curve(problem, 0, 4)
        assert all(a.objective <= b.objective + 1e-9 for a, b in zip(points, points[1:], strict=False))
        assert points[-1].value == pytest.approx(values[good | (allowed & single[:, 1:].all(axis=1)), 0].max(), abs=1e-6)
        quick = optimise.greedy(problem)
        assert quick.status == optimise.STUCK or quick.objective >= found.objective - 1e-9


# ---------------------------------------------------------------- by hand

PLANT = {"source_id": "a", "activity": 100, "factor": 1}


def plant(goal, **efficiencies):
    """One plant of 100 t with add-on devices, and a goal in percent."""
    devices = {m: measure(action("end_of_pipe", "a", pollutant="NOx", efficiency=f"{e} %")) for m, e in efficiencies.items()}
    target = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025, "baseline_year": 2020, "reduction": f"{goal} %"}
    return respond(prepare(scenario(), plan(devices, targets={"T": target}), inventory(PLANT)))


def names(response, package):
    return [name for name, on in zip(response.names, package, strict=True) if on]


def test_greedy_is_dearer_than_the_optimum():
    # A takes 45 t off for 4, 11.25 t each; B 50 t for 6, 8.33 t each. Greedy begins with A and has 55 t left, 5 t too many;
    # it has to add B after all (55 → 27.5 t): 10 in all. B alone is enough: 6.
    problem = optimise.pose(plant(50, A=45, B=50), [4.0, 6.0])
    quick, best = optimise.greedy(problem), optimise.solve(problem)
    assert (quick.objective, names(problem.response, quick.package)) == (10.0, ["A", "B"])
    assert (best.objective, names(problem.response, best.package)) == (6.0, ["B"])


def test_effects_multiply_and_do_not_add():
    # A and B: 30 + 30 = 60 % if they added, but 1 − 0.7² = 51 % is less than 55 %. With C, 1 − 0.49·0.9 = 55.9 %, for 6; D
    # alone costs 7.
    problem = optimise.pose(plant(55, A=30, B=30, C=10, D=55), [2.0, 2.0, 2.0, 7.0])
    found = optimise.solve(problem)
    assert names(problem.response, found.package) == ["A", "B", "C"]
    assert found.values[0] == pytest.approx(55.9)
    assert found.margins[0] == pytest.approx(0.9)


def test_an_infeasible_goal_is_explained():
    # All together leave 100·0.7·0.5 = 35 t: 65 % at most, where 80 % is asked: eased by 15/80 of it.
    problem = optimise.pose(plant(80, A=30, B=50), [1.0, 1.0])
    assert optimise.solve(problem).status == optimise.INFEASIBLE
    most, package = tradeoffs.maximum(problem, 0)
    assert most == pytest.approx(65.0)
    assert package.all()
    eased = tradeoffs.ease(problem)
    assert eased.share == pytest.approx(15 / 80)
    ((goal, required, left),) = eased.goals
    assert (goal.id, required) == ("T", 80.0)
    assert left == pytest.approx(65.0)


def test_of_equal_packages_the_fewest_measures_then_the_first_ids():
    # 30 % is reached by A+B (1 − 0.8² = 36 %), C or D, all for 2: the single ones have fewer measures, and C comes first.
    response = plant(30, A=20, B=20, C=30, D=30)
    assert names(response, optimise.solve(optimise.pose(response, [1.0, 1.0, 2.0, 2.0])).package) == ["C"]
    assert names(response, optimise.solve(optimise.pose(response, [1.0, 1.0, 2.0, 2.0], forbidden=["C"])).package) == ["D"]


def test_a_requirement_on_the_edge_counts_as_met():
    # 1 − 0.7·0.7 = 51 % exactly as asked, though not in floats.
    problem = optimise.pose(plant(51, A=30, B=30, C=60), [1.0, 1.0, 3.0])
    assert names(problem.response, optimise.solve(problem).package) == ["A", "B"]


def test_what_saves_money_is_taken_though_no_goal_needs_it():
    problem = optimise.pose(plant(30, A=30, B=10), [2.0, -1.0])
    found = optimise.solve(problem)
    assert found.package.all()
    assert found.objective == 1.0


def test_forced_and_forbidden_measures():
    response = plant(30, A=30, B=40)
    assert names(response, optimise.solve(optimise.pose(response, [1.0, 2.0], forced=["B"])).package) == ["B"]
    assert names(response, optimise.solve(optimise.pose(response, [1.0, 2.0], forbidden=["A"])).package) == ["B"]


def test_names_that_do_not_exist_and_contradictions_are_refused():
    with pytest.raises(BadInput) as error:
        optimise.pose(plant(30, A10=30, B10=40), [1.0, 2.0], forced=["A1"], forbidden=["A10", "X"])
    assert [f.key for f in error.value.faults] == ["plan.measure", "plan.measure"]
    with pytest.raises(BadInput) as error:
        optimise.pose(plant(30, A=30, B=40), [1.0, 2.0], forced=["A"], forbidden=["A"])
    assert [f.key for f in error.value.faults] == ["question.both"]


def test_the_curve_names_what_comes_in_and_goes_out():
    # Up to 30 % A for 1, up to 40 % B for 2, up to 58 % both for 3.
    problem = optimise.pose(plant(30, A=30, B=40), [1.0, 2.0])
    points = tradeoffs.curve(problem, 0, 4)
    assert [p.required for p in points] == pytest.approx([0, 14.5, 29, 43.5, 58])
    assert [p.objective for p in points] == [0, 1, 1, 3, 3]
    assert [(p.enters, p.leaves) for p in points] == [((), ()), ((0,), ()), ((), ()), ((1,), ()), ((), ())]


def test_a_time_limit_that_strikes_is_said_and_leaves_a_package():
    rng = np.random.default_rng(3)
    response = plant(70, **{f"M{k:02d}": int(rng.integers(5, 25)) for k in range(12)})
    found = optimise.solve(optimise.pose(response, rng.uniform(1, 10, 12), time_limit=-1.0))
    assert found.status == optimise.TIME_LIMIT
    assert response.met(found.package).all()
    assert (found.bound, found.gap) == (None, None)  # nothing was proven


def test_the_solver_says_nothing(capfd):
    optimise.solve(optimise.pose(plant(55, A=30, B=30, C=10, D=55), [2.0, 2.0, 2.0, 7.0]))
    assert capfd.readouterr() == ("", "")
    with silence():
        os.write(1, b"noise")
        os.write(2, b"noise")
    os.write(1, b"heard")
    assert capfd.readouterr() == ("heard", "")


def test_output_comes_back_after_an_error(capfd):
    with pytest.raises(ValueError, match="inside"), silence():
        raise ValueError("inside")
    os.write(2, b"heard")
    assert capfd.readouterr() == ("", "heard")
