"""One input at a time, against closed forms and against runs with the figures written out; and the pictures of it."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from small import LABEL, action, inventory, measure, plan, scenario
from vague import case, county, ranged, widened, written

from emisim.case import prepare
from emisim.pictures import tornado
from emisim.pictures.style import Style
from emisim.sample import SampleDesign
from emisim.simulate import levels, simulate
from emisim.text import LANGUAGES
from emisim.uncertainty.inputs import uncertain_inputs
from emisim.uncertainty.montecarlo import draw
from emisim.uncertainty.one_at_a_time import ENDS, one_at_a_time
from emisim.uncertainty.sampling import pearson, sampler
from emisim.verdicts import judge

Z = 1.959963984540054
close = pytest.approx


def target(reduction="30 t/yr", **more):
    return {
        "kind": "net",
        "pollutant": "NOx",
        "title": LABEL,
        "year": 2025,
        "baseline_year": 2020,
        "reduction": reduction,
        **more,
    }


def normal(name, mean=100.0, sd=10.0, **more):
    return {"source_id": name, "activity": mean, "low": mean - Z * sd, "high": mean + Z * sd, "distribution": "normal", **more}


def device(rows, efficiency="40 %"):
    return measure(action("end_of_pipe", rows, pollutant="NOx", efficiency=efficiency))


def ends(found, output="T"):
    """Swing of every input [unit of the output], the widest first: variables → (low, high)."""
    k = found.outputs.index(output)
    return {" + ".join(found.moved[m].variables): tuple(found.ends[m, :, k]) for m in found.widest(output, 99)}


# -------------------------------------------------------------------- what one input does


def test_a_linear_result_swings_by_the_difference_of_the_quantiles():
    """40 % of a and of b is removed: the target moves by 0.4 of what the activities move."""
    flat = {"source_id": "b", "activity": 100.0, "low": 50.0, "high": 150.0, "distribution": "uniform"}
    made = case(plan({"M": device(["a", "b"])}, targets={"T": target()}), county(normal("a"), flat))
    found = one_at_a_time(made)
    assert found.runs == 5
    assert found.median[0] == close(80.0)
    swings = ends(found)
    assert list(swings) == ["activity:b", "activity:a"]
    assert swings["activity:a"] == close((80 - 0.4 * Z * 10, 80 + 0.4 * Z * 10))
    assert swings["activity:b"] == close((80 - 0.4 * 47.5, 80 + 0.4 * 47.5))
    assert found.median[1] == close(-40.0) and not found.widest("NOx-change", 9)  # a share that is removed everywhere


def test_what_does_nothing_is_not_ranked():
    made = case(plan({"M": device("a")}, targets={"T": target()}), county(normal("a"), normal("b")))
    assert list(ends(one_at_a_time(made))) == ["activity:a"]


@pytest.mark.parametrize("rank", [0.0, 0.5, 1.0])
def test_a_group_moves_as_its_sum_would(rank):
    """The sum of two normals of sd 10 with correlation r has sd √(200 + 200 r): each goes to √((1 + r)/2) of its quantile."""
    rows = [normal(name, correlation_group="g") for name in "ab"]
    made = case(plan({"M": device(["a", "b"])}, targets={"T": target()}), county(*rows, correlations=[("g", "g", rank)]))
    half = 0.4 * Z * math.sqrt(200 + 200 * pearson(rank))
    assert ends(one_at_a_time(made)) == {"g": (close(80 - half), close(80 + half))}


def test_figures_correlated_negatively_go_opposite_ways():
    """The first in the order of ids sets the direction. The swing on a alone is √((1 + |r|)/2) of its quantile; a and b together
    do not move."""
    rows = [normal(name, correlation_group=name) for name in "ab"]
    targets = {"A": target(kind="subset", applies_to={"source_id": "a"}), "T": target()}
    made = case(plan({"M": device(["a", "b"])}, targets=targets), county(*rows, correlations=[("a", "b", -0.6)]))
    found = one_at_a_time(made)
    part = 0.4 * Z * 10 * math.sqrt((1 - pearson(-0.6)) / 2)
    assert ends(found, "A") == {"a + b": (close(40 - part), close(40 + part))}
    assert ends(found) == {}


def test_each_run_is_a_run_of_the_case_with_its_figures():
    """Activities, factors, growth and parameters of a plan with a fleet: four inputs at both ends, written into the case."""
    measures = {"M": device("a", ranged("40 %")), "N": measure(action("activity_change", "b", ratio=ranged("0.8")))}
    rows = [{"source_id": n, "activity": 100.0, "growth_driver": "up"} for n in "ab"]
    made = widened(case(plan(measures, targets={"T": target("10 %")}), county(*rows, growth={"up": {2020: 1.0, 2025: 1.1}})))
    inputs = uncertain_inputs(made)
    found = one_at_a_time(made)
    drawn = sampler(inputs)
    assert {f.kind for f in inputs.figures} == {"activity", "factor", "growth", "parameter"}
    for m in [0, len(found.moved) // 2, len(found.moved) - 1]:
        for e, share in enumerate(ENDS):
            values = drawn.quantiles(0.5)
            figures = list(found.moved[m].figures)
            values[figures] = drawn.quantiles(share)[figures]
            other = written(made, inputs, values)
            end = levels(other)
            assert found.ends[m, e, 0] == close(judge(other.reading.targets, end.evidence)[0].value, rel=1e-9)
            plan_, base = (end.plan.emission[..., t].sum() if t else other.inventory.emission().sum() for t in (-1, 0))
            assert found.ends[m, e, 1] == close(100 * (plan_ / base - 1), rel=1e-9)


def test_credits_of_measures_are_counted_too():
    """A creditable target: 40 % of a at a growth that is not netted."""
    marked = {"M": {**device("a"), "accountable": True}}
    made = case(plan(marked, targets={"T": target(kind="creditable", baseline_year=None)}), county(normal("a")))
    assert ends(one_at_a_time(made)) == {"activity:a": (close(40 - 4 * Z), close(40 + 4 * Z))}


# -------------------------------------------------------------------- the pictures


def vague():
    rows = [normal("a", sd=20), normal("b")]
    return simulate(case(plan({"M": device("a")}, targets={"T": target("15 t/yr")}), county(*rows)))


def test_it_says_what_alone_would_change_the_verdict():
    """0.4·(100 − 1.96·20) = 24.3 t are more than 15 t; more than 30 t they are not."""
    for required, changing, met in (("15 t/yr", 0, True), ("30 t/yr", 1, True), ("50 t/yr", 1, False), ("60 t/yr", 0, False)):
        rows = [normal("a", sd=20), normal("b")]
        result = simulate(case(plan({"M": device("a")}, targets={"T": target(required)}), county(*rows)))
        data = tornado.make(result, "en")[0].data
        assert (data.changing, data.met, data.inputs) == (changing, met, 2)
        assert data.central == close(40.0) and data.median == close(40.0)


def test_a_change_that_a_target_asks_for_is_shown_once():
    rows, measures = [normal("a", sd=20), normal("b")], {"M": device("a")}
    for reduction, names in (("15 %", ["tornado-T"]), ("15 t/yr", ["tornado-T", "tornado-NOx-change"])):
        result = simulate(case(plan(measures, targets={"T": target(reduction)}), county(*rows)))
        assert [p.name for p in tornado.make(result, "en")] == names


def test_a_case_without_ranges_has_no_tornado():
    result = simulate(prepare(scenario(), plan({"M": device("a")}, targets={"T": target()}), inventory({"source_id": "a"})))
    assert tornado.make(result, "en") == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_is_shown_stands_in_the_table(language):
    picture = tornado.make(vague(), language)[0]
    found = {cell for row in picture.table.rows for cell in row}
    assert {"24.3 t/yr", "55.7 t/yr", "31.4 t/yr", "40.0 t/yr", "15.0 t/yr", "activity:a"} <= found
    assert "24.3" in picture.alt and "55.7" in picture.alt and "15" in picture.alt
    option = tornado.option(picture, Style())
    assert json.loads(json.dumps(option)) == option
    shown = [series["data"] for series in option["series"]]
    assert [[d["value"] for d in data] for data in shown] == [[close(24.3203, abs=1e-3)], [close(55.6797, abs=1e-3)]]
    assert all("24.3" in d["tip"] and "55.7" in d["tip"] for data in shown for d in data)
    axis = option["xAxis"]
    assert axis["min"] < 15 and axis["max"] > 55.7 and axis["startValue"] == close(40.0)


def test_draws_add_their_interval():
    result = vague()
    result = replace(result, uncertainty=draw(result.case, SampleDesign(draws=64)))
    data = tornado.make(result, "en")[0].data
    share, low, high = data.interval
    assert share == close(0.95) and low < data.median < high
    assert np.isfinite([low, high]).all()
