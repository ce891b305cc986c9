"""Like sources as one row, ratios that rows share, and the numbers that are drawn: the same as without any of it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from small import LABEL, action, measure, plan
from vague import assert_draw_is_a_run, case, county, drawn, ranged

from emisim.distribution import Distribution
from emisim.ledger import attribute
from emisim.uncertainty import draws, groups
from emisim.uncertainty.inputs import uncertain_inputs
from emisim.uncertainty.nets import nets
from emisim.uncertainty.quantile import END, quantile_function
from emisim.uncertainty.sampling import sampler

SPAN = {"low": 60.0, "high": 150.0, "distribution": "lognormal"}
POLLUTANTS = ("NOx", "SO2")


def sources(kinds=3, each=4, **more):
    """Sources of some kinds, those of a kind alike; every second one of a kind has factors of its own."""
    rows = [
        {
            "source_id": f"{'abc'[k]}{n}",
            "technology": "abc"[k],
            "activity": 80.0 + 10 * n,
            "factor": (1.0 + n % 2, 0.5),
            **SPAN,
            **more,
        }
        | {"factor_set": f"{'abc'[k]}{n if n % 2 else 'all'}"}
        for k in range(kinds)
        for n in range(each)
    ]
    spans = {row["factor_set"]: (0.3, 4.0, "triangular") for row in rows}
    return county(*rows, pollutants=POLLUTANTS, factors=spans)


def kind(*names):
    return {"technology": list(names)}


MEASURES = {
    "A": measure(action("end_of_pipe", kind("a", "b"), efficiency=ranged("50 %"), coverage=ranged("60 %"), pollutant="NOx")),
    "B": measure(action("end_of_pipe", kind("a", "c"), efficiency=ranged("70 %"), pollutant=["NOx", "SO2"])),
    "C": measure(action("activity_change", kind("a", "b"), ratio=ranged("0.8"), coverage=ranged("50 %"))),
    "D": measure(action("end_of_pipe", kind("b"), efficiency=ranged("30 %"), pollutant="SO2")),
}
NET = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025, "baseline_year": 2020, "reduction": "30 %"}
PART = {"kind": "subset", "applies_to": {"source_id": "a1"}, **{k: v for k, v in NET.items() if k != "kind"}}


def test_sources_that_nothing_tells_apart_are_one_row():
    made = case(plan(MEASURES, targets={"N": NET}), sources())
    inputs, values, found = drawn(made, 64)
    frame = draws.frame(made, inputs)
    assert frame.base.shape[0] == 3
    assert frame.products.rows.all()
    for k in (0, 40):
        assert_draw_is_a_run(made, inputs, values, found, k)


@pytest.mark.parametrize(
    ("changes", "targets", "rows"),
    [
        (
            {"L": measure(action("emission_limit", kind("b"), factor_limit=ranged("900 kg/t"), pollutant="NOx"))},
            {"N": NET},
            1 + 3 + 1,
        ),
        ({"M": measure(action("fleet_turnover", kind("a"), to=kind("c"), scrapped=ranged("50 %")))}, {"N": NET}, 1 + 1 + 4),
        ({"X": measure(action("source_removal", {"source_id": ["b2"]}, removed=ranged("50 %")))}, {"N": NET}, 1 + 2 + 1),
        ({}, {"N": NET, "P": PART}, 2 + 1 + 1),
    ],
)
def test_sources_that_are_looked_at_apart_stay_apart(changes, targets, rows):
    made = case(plan(MEASURES | changes, targets=targets), sources())
    inputs, values, found = drawn(made, 32)
    assert draws.frame(made, inputs).base.shape[0] == rows
    for k in (0, 20):
        assert_draw_is_a_run(made, inputs, values, found, k)


def test_merged_or_not_is_the_same(monkeypatch):
    made = case(plan(MEASURES, targets={"N": NET}), sources())
    _, values, found = drawn(made, 32)
    monkeypatch.setattr(groups, "_codes", lambda case, kind: np.arange(len(case.inventory)))
    apart = draws.frame(made, uncertain_inputs(made))
    assert apart.base.shape[0] == 12
    other = draws.outcome(apart, values)
    for name in ("totals", "sectors", "measures", "values"):
        np.testing.assert_allclose(getattr(found, name), getattr(other, name), rtol=1e-12, atol=1e-12)


def test_growth_memo_and_existing_control_tell_sources_apart():
    rows = sources(kinds=1)
    text = rows.text | {"growth_driver": np.array(["constant", "heat", "constant", "constant"])}
    grown = replace(rows, text=text, growth={**rows.growth, "heat": {2020: 1.0, 2025: 1.2}})
    for changed in (
        grown,
        replace(rows, memo=np.array([False, True, False, False])),
        replace(rows, existing_efficiency=np.array([[0, 0], [0.5, 0], [0, 0], [0, 0]])),
        replace(rows, activity=np.array([80.0, 0.0, 100.0, 110.0])),
    ):
        made = case(plan(), changed)
        assert groups.grouping(made).groups.size == 2


def test_a_product_is_split_as_in_the_ledger_of_one_run():
    """Eight measures on each source: the closed form over patterns beside the ledger row by row."""
    eight = {f"M{k}": measure(action("end_of_pipe", kind("a", "b") if k % 2 else kind("a"), efficiency=ranged(f"{20 + 7 * k} %"), pollutant="NOx")) for k in range(8)}  # fmt: skip
    made = case(plan(eight, targets={"N": NET}), sources())
    frame = draws.frame(made, uncertain_inputs(made))
    centre = np.array([[f.distribution.value for f in frame.inputs.figures]])
    base, program = made.arrays(frame.ledger_periods)
    whole = attribute(base, program).by_measure(8)
    np.testing.assert_allclose(draws.outcome(frame, centre).measures[0], whole[..., -1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("dims", "size"), [(1, 1), (1, 2), (3, 200), (700, 512)])
def test_nets_are_those_of_scipy(dims, size):
    random = np.random.default_rng(5)
    whole = 2 ** int(np.ceil(np.log2(size)))
    wanted = stats.qmc.Sobol(dims, scramble=True, seed=random).random(whole)[:size][:, random.permutation(dims)]
    np.testing.assert_array_equal(nets(dims, size).points(size, np.random.default_rng(5)) * 2.0**-30, wanted)


LAWS = {
    "normal": (Distribution(10.0, 6.0, 14.0, "normal"), stats.norm(10.0, 4.0 / END)),
    "lognormal": (Distribution(4.0, 2.0, 8.0, "lognormal"), stats.lognorm(np.log(2.0) / END, 0.0, 4.0)),
    "uniform": (Distribution(3.0, 2.0, 8.0, "uniform"), stats.uniform(2.0, 6.0)),
    "triangular": (Distribution(3.0, 2.0, 8.0, "triangular"), stats.triang(1 / 6, 2.0, 6.0)),
    "beta": (Distribution(3.0, 2.0, 8.0, "beta"), stats.beta(1 + 4 / 6, 5 - 4 / 6, 2.0, 6.0)),
}


@pytest.mark.parametrize("shape", LAWS)
@pytest.mark.parametrize("ends", [(-np.inf, np.inf), (2.5, np.inf), (2.5, 7.0)])
def test_quantiles_are_those_of_scipy(shape, ends):
    distribution, law = LAWS[shape]
    least, most = ends
    made, cut = quantile_function(shape, [replace(distribution, least=least, most=most)])
    share = np.linspace(0.001, 0.999, 301)[:, None]
    low, high = law.cdf(least), law.cdf(most)
    wanted = law.ppf(low + share * (high - low))
    np.testing.assert_allclose(made(share), wanted, rtol=1e-11)
    np.testing.assert_allclose(made.of_scores(stats.norm.ppf(share)), wanted, rtol=1e-11)
    np.testing.assert_allclose(cut, 1.0 - (high - low), atol=1e-15)


def test_figures_in_another_order_are_the_same():
    made = case(plan(MEASURES), sources())
    drawing = sampler(uncertain_inputs(made))
    scores = drawing.scores(0, 64)
    order = np.random.default_rng(1).permutation(len(drawing.mixing))
    np.testing.assert_array_equal(drawing.arranged(order).figures(scores), drawing.figures(scores)[:, order])
