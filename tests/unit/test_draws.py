"""Draws through the kernel: closed forms, numbers that are shared, shares that come to more than all."""

import math

import numpy as np
import pytest
from small import LABEL, action, inventory, measure, plan
from vague import assert_draw_is_a_run, case, controlled, county, drawn, ranged

from emisim.operation import Move, Overlap, Scale
from emisim.uncertainty.draws import fitted, frame, outcome
from emisim.uncertainty.inputs import Inputs

Z = 1.959963984540054
DRAWS = 2048
NET = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025, "baseline_year": 2020, "reduction": "10 %"}


def normal(name, mean=100.0, sd=10.0, **more):
    return {"source_id": name, "activity": mean, "low": mean - Z * sd, "high": mean + Z * sd, "distribution": "normal", **more}


def flat(name, low=50.0, high=150.0, **more):
    return {"source_id": name, "activity": (low + high) / 2, "low": low, "high": high, "distribution": "uniform", **more}


def total(*rows, draws=DRAWS, **more):
    """Emission of the target year without measures, draw by draw [t/yr]."""
    return drawn(case(plan(), county(*rows, **more)), draws)[2].totals[:, 0, 0, -1]


def close(values, mean, sd):
    """Mean and standard deviation of draws within 4.5 errors of independent ones."""
    n = len(values)
    assert values.mean() == pytest.approx(mean, abs=4.5 * sd / math.sqrt(n))
    assert values.std(ddof=1) == pytest.approx(sd, rel=4.5 / math.sqrt(2 * n))


# -------------------------------------------------------------------- closed forms


def test_independent_normals_add_their_variances():
    close(total(normal("a", sd=10, factor=2.0), normal("b", sd=5), normal("c", mean=50, sd=8)), 350.0, math.sqrt(400 + 25 + 64))


def test_rectangles_add_their_variances_and_three_are_irwin_hall():
    widths = (100.0, 40.0, 20.0)
    close(
        total(*(flat(n, 50, 50 + w) for n, w in zip("abc", widths, strict=True))),
        150 + sum(widths) / 2,
        math.sqrt(sum(w**2 for w in widths) / 12),
    )
    three = total(*(flat(n, 0, 1) for n in "abc"))
    for x, share in ((0.5, 0.5**3 / 6), (1.0, 1 / 6), (1.5, 0.5), (2.5, 1 - 0.5**3 / 6)):
        assert (three < x).mean() == pytest.approx(share, abs=4.5 * math.sqrt(share * (1 - share) / DRAWS))


def test_a_product_of_lognormals_is_one():
    row = {"source_id": "a", "activity": 100.0, "low": 50.0, "high": 200.0, "distribution": "lognormal", "factor": 3.0}
    logs = np.log(total(row, factors={"a": (1.0, 9.0, "lognormal")}))
    close(logs, math.log(300.0), math.hypot(math.log(2.0), math.log(3.0)) / Z)
    low, high = np.quantile(logs, [0.025, 0.975])
    half = math.hypot(math.log(2.0), math.log(3.0))
    assert (low, high) == (pytest.approx(math.log(300) - half, abs=0.1), pytest.approx(math.log(300) + half, abs=0.1))


def test_a_shared_factor_does_not_average_out():
    span = (1 - Z * 0.1, 1 + Z * 0.1, "normal")
    own = total({"source_id": "a"}, {"source_id": "b"}, factors={"a": span, "b": span})
    shared = total({"source_id": "a", "factor_set": "kiln"}, {"source_id": "b", "factor_set": "kiln"}, factors={"kiln": span})
    close(own, 200.0, math.sqrt(2) * 10)
    close(shared, 200.0, 2 * 10)


def test_a_correlation_group_of_activities_does_not_average_out_either():
    close(total(normal("a", correlation_group="g"), normal("b", correlation_group="g")), 200.0, 20.0)


@pytest.mark.parametrize("rank", [-1.0, -0.5, 0.5, 1.0])
def test_declared_rank_correlations_change_the_variance(rank):
    found = total(normal("a"), normal("b"), correlations=[("activity:a", "activity:b", rank)])
    sd = 10 * math.sqrt(2 + 2 * 2 * math.sin(math.pi * rank / 6))
    if rank == -1.0:
        np.testing.assert_allclose(found, 200.0, rtol=1e-12)
    else:
        close(found, 200.0, sd)


def test_a_weak_correlation_within_a_group():
    rows = [normal(n, correlation_group="g") for n in "abcd"]
    close(total(*rows, correlations=[("g", "g", 0.3)]), 400.0, 10 * math.sqrt(4 + 12 * 2 * math.sin(math.pi * 0.3 / 6)))


def test_a_wording_is_drawn_triangular():
    found = drawn(
        case(
            plan({"A": measure(action("source_removal", "kiln", removed="wording"), wording="push")}),
            county({"source_id": "kiln"}),
        )
    )[2]
    low, mode, high = 30.0, 50.0, 75.0
    variance = (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18
    close(found.measures[:, 0, 0], (low + mode + high) / 3, math.sqrt(variance))
    np.testing.assert_allclose(found.totals[:, 0, 0, -1] - found.totals[:, 1, 0, -1], found.measures[:, 0, 0], rtol=1e-12)


def test_a_growth_index_is_drawn_for_all_its_years():
    growth = {"heat": {2020: 1.0, 2022: (1.2, 1.1, 1.3, "uniform"), 2025: (1.5, 1.0, 2.0, "uniform")}}
    _, values, found = drawn(case(plan(), county({"source_id": "a", "growth_driver": "heat"}, growth=growth)))
    np.testing.assert_allclose((values[:, 0] - 1.1) / 0.2, values[:, 1] - 1.0, rtol=1e-9, atol=1e-12)
    years = found.totals[:, 0, 0, :]
    np.testing.assert_allclose(years[:, 0], 100.0, rtol=1e-12)
    np.testing.assert_allclose(years[:, 2], 100 * values[:, 0], rtol=1e-12)
    np.testing.assert_allclose(years[:, 3], 100 * (2 * values[:, 0] + values[:, 1]) / 3, rtol=1e-12)
    close(years[:, -1], 150.0, 100 / math.sqrt(12))


def test_years_before_the_base_year_move_what_lies_between():
    """Known are 2019 and 2021; the index of 2020 is half-way, and all are relative to it."""
    growth = {"heat": {2019: (1.0, 0.9, 1.1, "uniform"), 2021: (2.0, 1.5, 2.5, "uniform"), 2025: 3.0}}
    _, values, found = drawn(case(plan(), county({"source_id": "a", "growth_driver": "heat"}, growth=growth)), 64)
    np.testing.assert_allclose(found.totals[:, 0, 0, -1], 100 * 3.0 / values.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.totals[:, 0, 0, 0], 100.0, rtol=1e-12)


# -------------------------------------------------------------------- numbers that are shared


def test_one_factor_set_moves_all_its_sources_alike():
    rows = (
        {"source_id": "a", "factor_set": "kiln", "sector": "process"},
        {"source_id": "b", "factor_set": "kiln", "sector": "mobile", "activity": 40.0},
    )
    found = drawn(case(plan(), county(*rows, factors={"kiln": (0.5, 2.0, "lognormal")})), 64)[2]
    np.testing.assert_allclose(found.sectors[:, 0, 0], 0.4 * found.sectors[:, 0, 1], rtol=1e-12)
    assert found.sectors[:, 0, 0].std() > 1


def test_the_same_number_in_two_actions_is_drawn_once():
    acts = [action("source_removal", r, removed=ranged("40 %")) for r in ("a", "b")]
    rows = ({"source_id": "a", "sector": "process"}, {"source_id": "b", "sector": "mobile"})
    found = drawn(case(plan({"A": measure(*acts)}), county(*rows)), 64)[2]
    np.testing.assert_allclose(found.sectors[:, 2, 0], found.sectors[:, 2, 1], rtol=1e-12)
    apart = {n: measure(a) for n, a in zip("AB", acts, strict=True)}
    found = drawn(case(plan(apart), county(*rows)), 64)[2]
    assert not np.isclose(found.sectors[:, 2, 0], found.sectors[:, 2, 1]).any()


def test_the_ceiling_of_a_state_is_the_same_for_all_its_measures():
    county_ = controlled({"source_id": "a"}, efficiency=0.8, effectiveness=0.5)
    state = {"title": LABEL, "applies_to": {"source_id": "a"}, "pollutant": "NOx", "ceiling": ranged("90 %", 0.05)}
    acts = {n: measure({"mechanism": "rule_effectiveness", "state": "all", "parameters": {"gap_closed": "50 %"}}) for n in "AB"}
    made = case(plan(acts, states={"all": state}), county_)
    inputs, values, found = drawn(made, 64)
    closed = 0.5 + (values[:, 0] - 0.5) * 0.75
    np.testing.assert_allclose(found.totals[:, 1, 0, -1], 100 * (1 - 0.8 * closed) / (1 - 0.8 * 0.5), rtol=1e-12)
    assert_draw_is_a_run(made, inputs, values, found, 5)


# -------------------------------------------------------------------- shares that come to more than all


def test_disjoint_shares_above_all_units_are_scaled_and_counted():
    acts = {
        n: measure(
            action("source_removal", "k1", removed={"value": "45 %", "low": "20 %", "high": "80 %", "distribution": "uniform"})
        )
        for n in "AB"
    }
    text = plan(acts, overlaps=[{"measures": ["A", "B"], "relation": "disjoint", "reason": "a trial"}])
    inputs, values, found = drawn(case(text, county({"source_id": "k1"})), 512)
    together = values.sum(axis=1)
    assert found.scaled == (together > 1 + 1e-9).sum() > 100
    np.testing.assert_allclose(found.totals[:, 1, 0, -1], 100 * np.maximum(1 - together, 0.0), atol=1e-10)
    np.testing.assert_allclose(found.measures[:, :, 0], 100 * values / np.maximum(together, 1.0)[:, None], rtol=1e-9)
    assert found.negative == 0


def test_moves_of_one_measure_above_all_units_are_scaled():
    span = {"value": "45 %", "low": "20 %", "high": "80 %", "distribution": "uniform"}
    acts = measure(
        action("fuel_switch", "k1", to={"source_id": "k2"}, switched=span),
        action("fuel_switch", "k1", to={"source_id": "k3"}, switched={**span, "value": "40 %"}),
    )
    rows = [{"source_id": n, "unit": "GJ/yr"} for n in ("k1", "k2", "k3")]
    inputs, values, found = drawn(case(plan({"A": acts}), county(*rows)), 512)
    assert found.scaled == (values.sum(axis=1) > 1 + 1e-9).sum() > 50
    np.testing.assert_allclose(found.totals[:, 1, 0, -1], 300.0, rtol=1e-12)


def test_shares_that_fit_are_left_alone():
    one = Scale(0, 60, np.array([0]), np.asarray(0.5), ratio=np.asarray(0.5))
    two = Move(1, 20, np.array([0]), np.full((4, 1, 1), 0.5))
    kept, count = fitted((one, two), (Overlap(frozenset({0, 1}), "disjoint"),), 1, 4)
    assert count == 0
    assert kept[0].coverage == 0.5
    np.testing.assert_array_equal(kept[1].coverage, two.coverage)


def test_only_the_draws_that_do_not_fit_are_scaled():
    ops = [Move(m, 20, np.array([0, 1]), np.array([0.4, 0.9]).reshape(2, 1, 1)) for m in (0, 1)]
    kept, count = fitted(ops, (Overlap(frozenset({0, 1}), "disjoint"),), 3, 2)
    assert count == 1
    for op in kept:
        np.testing.assert_allclose(op.coverage[0], 0.4)
        np.testing.assert_allclose(op.coverage[1], 0.5)


def test_an_emission_below_zero_is_counted():
    act = action(
        "co_effect",
        "k1",
        addition={"value": "-500 kg/t", "low": "-1500 kg/t", "high": "100 kg/t", "distribution": "triangular"},
        pollutant="NOx",
    )
    inputs, values, found = drawn(case(plan({"A": measure(act)}), county({"source_id": "k1"})), 256)
    assert found.negative == (values[:, 0] < -1.0).sum() > 10


def test_a_case_in_which_nothing_is_uncertain():
    made = case(
        plan({"A": measure(action("source_removal", "k1", removed="50 %"))}, targets={"NET": NET}), inventory({"source_id": "k1"})
    )
    found = outcome(frame(made, Inputs((), (), {})), np.zeros((5, 0)))
    assert found.totals.shape == (5, 2, 1, 6)
    np.testing.assert_allclose(found.totals[:, 1, 0, -1], 50.0)
    assert found.met.all()
