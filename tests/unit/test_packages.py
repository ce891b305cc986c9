"""One measure at a time and all packages at once, against the tables, against solving, and by hand."""

from dataclasses import replace

import numpy as np
import pytest
from random_plans import by_kernel, random_case
from small import LABEL, action, inventory, measure, plan, scenario

from emisim.case import prepare
from emisim.errors import BadInput
from emisim.questions import optimise, packages
from emisim.questions.response import Goal, Response, respond
from emisim.questions.table import Table, all_packages

close = pytest.approx


def case_of(reduction, rows=("a",), **actions):
    """Plants of 100 t and measures of one action each, with a net goal."""
    target = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025, "baseline_year": 2020, "reduction": reduction}
    measures = {name: measure(own) for name, own in actions.items()}
    county = inventory(*({"source_id": r, "activity": 100, "factor": 1} for r in rows))
    return prepare(scenario(allow={"raises": list(measures)}), plan(measures, targets={"T": target}), county)


def device(efficiency, row="a"):
    return action("end_of_pipe", row, pollutant="NOx", efficiency=efficiency)


# ---------------------------------------------------------------- one measure at a time


def test_alone_last_and_share_of_a_series():
    # 100·0.6·0.6·0.5 = 18 t are left: 82 t together, 130 t one by one, so 48 t overlap (design 2.6).
    found = packages.one_by_one(case_of("10 %", A=device("40 %"), B=device("40 %"), C=device("50 %")))
    assert found.alone[:, 0] == close([40, 40, 50])
    assert found.last[:, 0] == close([12, 12, 18])
    assert found.share[:, 0] == close([74 / 3, 74 / 3, 98 / 3])
    assert found.overlap == close([48])


def test_roles_in_a_package():
    # A 50 % on a, B 20 % on a after it, S adds 10 t, Z changes nothing: of 100 t, 0.5·0.8·100 + 10 = 50 t are left.
    slip = action("co_effect", "a", pollutant="NOx", addition="100 kg/t")
    idle = action("activity_change", "a", ratio="1")
    response = respond(case_of("35 %", A=device("50 %"), B=device("20 %"), S=slip, Z=idle))
    found = {r.measure: r for r in packages.roles(response)}
    assert {m: r.role for m, r in found.items()} == {"A": "critical", "B": "useful", "S": "harmful", "Z": "redundant"}
    assert found["A"].value == close(50)
    assert found["A"].without == close(10)  # 0.8·100 + 10 t are left
    assert found["S"].without == close(60)
    assert (found["A"].met, found["A"].met_without) == (True, False)
    assert found["B"].alone == close(20)
    assert found["B"].way == close(20 / 35)
    assert found["S"].way == close(-10 / 35)


def test_no_measure_is_critical_to_a_goal_that_is_missed_anyhow():
    response = respond(case_of("95 %", A=device("50 %"), B=device("20 %")))
    assert {r.role for r in packages.roles(response)} == {"useful"}


def test_a_package_is_judged_by_its_own_members():
    response = respond(case_of("20 %", A=device("50 %"), B=device("20 %")))
    assert [r.role for r in packages.roles(response)] == ["useful", "useful"]
    (alone,) = packages.roles(response, np.array([False, True]))
    assert (alone.measure, alone.role) == ("B", "critical")


# ---------------------------------------------------------------- all packages


def random_response(rng, count=18, goals=3):
    """Sums of random tables over many measures, the last goal with missing values."""
    tables = []
    for _ in range(goals):
        own = []
        for _ in range(12):
            measures = tuple(sorted(rng.choice(count, rng.integers(1, 6), replace=False).tolist()))
            own.append(Table(measures, rng.normal(size=2 ** len(measures))))
        tables.append(tuple(own))
    values = np.where(rng.random(8) < 0.4, np.nan, rng.normal(size=8))
    tables.append((Table((1, 4, count - 1), values),))
    head = [Goal(f"G{g}", "net", "NOx", 2025, "%", 0.5, ">=" if g != 1 else "<=", 1e-9, extent=10.0) for g in range(goals + 1)]
    names = tuple(f"M{k:02d}" for k in range(count))
    return Response(names, tuple(head), (0.25,) * (goals + 1), tuple(tables))


def test_blocks_hold_what_the_tables_say():
    rng = np.random.default_rng(1)
    response = random_response(rng)
    weight = rng.normal(size=response.measures)
    free, on = [m for m in range(18) if m != 4], [4]
    seen = 0
    for block in packages.subsets(response, free, weight, on):
        assert block.first == seen
        seen += block.objective.size
        for k in rng.integers(0, block.objective.size, 40).tolist():
            package = np.zeros(18, bool)
            package[free] = [block.first + k >> j & 1 for j in range(len(free))]
            package[on] = True
            assert block.objective[k] == close(weight[package].sum(), abs=1e-12)
            np.testing.assert_allclose(block.values[:, k], response.values(package), rtol=1e-12, atol=1e-12)
            assert block.met[:, k].tolist() == response.met(package).tolist()
    assert seen == 2**17


def test_others_are_off_unless_they_are_on():
    response = respond(case_of("20 %", A=device("50 %"), B=device("20 %")))
    (block,) = packages.subsets(response, [0], np.ones(2))
    assert block.values[0] == close([0, 50])
    (block,) = packages.subsets(response, [0], np.ones(2), on=[1])
    assert block.values[0] == close([20, 60])
    assert block.objective.tolist() == [1, 2]


def test_more_than_twenty_are_refused():
    with pytest.raises(BadInput) as error:
        next(packages.subsets(random_response(np.random.default_rng(2), 21), range(21), np.ones(21)))
    assert [f.key for f in error.value.faults] == ["question.too_many_free"]


# ---------------------------------------------------------------- fronts


def dominated(objective, merit, k):
    return bool(((objective <= objective[k]) & (merit >= merit[k]) & ((objective < objective[k]) | (merit > merit[k]))).any())


@pytest.mark.parametrize("seed", range(4))
def test_survey_of_random_plans_equals_brute_force(seed):
    rng = np.random.default_rng(40 + seed)
    case = random_case(rng, least=6, most=7)
    response = respond(case)
    every, values = by_kernel(case)
    weight = rng.integers(1, 9, response.measures).astype(float)
    cost = every @ weight
    met = np.stack([goal.met(values[:, g]) for g, goal in enumerate(response.goals)], axis=1)
    told = []
    found = packages.survey(response, range(response.measures), weight, progress=lambda *p: told.append(p))
    assert told == [(len(every), len(every))]
    assert found.count == len(every)
    assert found.meeting == tuple(met.sum(axis=0).tolist())
    assert found.meeting_all == met.all(axis=1).sum()
    solved = optimise.solve(optimise.Problem(response, weight))
    if found.cheapest is None:
        assert solved.package is None
    else:
        assert found.cheapest[0] == close(solved.objective)
        assert found.package(found.cheapest[1], response.measures).tolist() == solved.package.tolist()
    merits = [*values.T, np.min([g.margin(values[:, k]) / g.scale for k, g in enumerate(response.goals)], axis=0)]
    for front, merit in zip((*found.fronts, found.joint), np.round(merits, 8), strict=True):
        pairs = {(cost[k], merit[k]) for k in range(len(every)) if not dominated(cost, merit, k)}
        assert set(zip(front.objective, np.round(front.value, 8), strict=True)) == pairs
        assert (np.diff(front.objective) > 0).all()
        at = front.package
        np.testing.assert_allclose(merit[at], front.value, atol=1e-7)
        np.testing.assert_allclose(cost[at], front.objective, atol=1e-9)


def test_a_front_does_not_hang_on_the_blocks():
    """The fronts of 2^17 packages are those of the two halves together, and rising in both."""
    rng = np.random.default_rng(9)
    response = random_response(rng, 17)
    weight = rng.integers(1, 20, 17).astype(float)
    whole = packages.survey(response, range(17), weight)
    halves = [packages.survey(response, range(16), weight, on) for on in ([], [16])]
    assert whole.meeting_all == sum(h.meeting_all for h in halves)
    best = [h.cheapest[0] for h in halves if h.cheapest]
    assert (whole.cheapest[0] if whole.cheapest else None) == (min(best) if best else None)
    for g, goal in enumerate(response.goals):
        front, parts = whole.fronts[g], [h.fronts[g] for h in halves]
        assert (np.diff(front.objective) > 0).all()
        assert (np.diff(goal.sign * front.value) > 0).all()
        for part in parts:  # nothing in a half is better than the whole's best for the same weight
            at = np.searchsorted(front.objective, part.objective + 1e-9) - 1
            assert (goal.sign * (front.value[at] - part.value) >= -1e-7).all()
        points = np.stack([whole.package(int(p), 17) for p in front.package])
        np.testing.assert_allclose(response.value(g, points), front.value, atol=1e-10)


def test_of_packages_alike_the_fewest_measures_then_the_first_ids():
    # A, B and C bring the same; A + B costs what C costs on plants of their own, but needs two measures.
    rows = ("a", "b", "c")
    case = case_of("10 %", rows, A=device("40 %", "a"), B=device("40 %", "b"), C=device("40 %", "c"))
    response = respond(case)
    found = packages.survey(response, range(3), np.array([2.0, 2.0, 2.0]))
    assert found.package(found.cheapest[1], 3).tolist() == [True, False, False]
    assert found.fronts[0].package.tolist() == [0, 1, 3, 7]
    free = replace(response, goals=(replace(response.goals[0], required=20.0),))
    found = packages.survey(free, range(3), np.array([1.0, 1.0, 2.0]))
    assert found.package(found.cheapest[1], 3).tolist() == [True, True, False]


def test_without_goals_the_empty_package_is_cheapest():
    response = random_response(np.random.default_rng(3)).only([])
    found = packages.survey(response, [0, 1, 2], np.ones(18))
    assert (found.cheapest, found.meeting_all) == ((0.0, 0), 8)


def test_the_tables_of_random_packages_are_all_packages():
    assert all_packages(3).tolist() == [[bool(k & 1), bool(k & 2), bool(k & 4)] for k in range(8)]
