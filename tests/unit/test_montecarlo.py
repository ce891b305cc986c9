"""All draws of a case: probabilities that are known, results that do not hang on who computed them, what drives them."""

import csv
import math
import random
import re
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from small import LABEL, action, measure, plan
from vague import case, county, ranged, widened

import tiny
from emisim.errors import BadInput
from emisim.io.config_file import load
from emisim.sample import SampleDesign
from emisim.simulate import simulate
from emisim.uncertainty import batches, montecarlo
from emisim.uncertainty.montecarlo import draw, with_uncertainty
from emisim.verdicts import AT_RISK, MET, MISSED, NOT_ASSESSABLE

Z = 1.959963984540054
FLAT = {"value": "10.5 %", "low": "5 %", "high": "15 %", "distribution": "uniform"}


def target(reduction, pollutant="NOx", **more):
    return {
        "kind": "net",
        "pollutant": pollutant,
        "title": LABEL,
        "year": 2025,
        "baseline_year": 2020,
        "reduction": reduction,
        **more,
    }


def removal(row="kiln", removed=None, **more):
    return measure(action("source_removal", row, removed=removed or FLAT), **more)


def kiln(targets=None, measures=None, county_=None):
    """A kiln of 100 t, of which 5 to 15 % are closed."""
    return case(
        plan({"A": removal(accountable=True)} if measures is None else measures, targets=targets or {}),
        county_ or county({"source_id": "kiln"}),
    )


def drawn(case_, draws=1024, workers=1, **design):
    return draw(case_, SampleDesign(draws=draws, **design), workers)


def normal(name, mean=100.0, sd=10.0, **more):
    return {"source_id": name, "activity": mean, "low": mean - Z * sd, "high": mean + Z * sd, "distribution": "normal", **more}


def near(estimate, value, at=()):
    """Within five standard errors, as the draws tell them themselves."""
    assert estimate.value[at] == pytest.approx(value, abs=5 * float(estimate.error[at]) + 1e-12)


def numbers(found, path=""):
    """Every array and number of a result, by its name."""
    if is_dataclass(found):
        return {k: v for f in fields(found) for k, v in numbers(getattr(found, f.name), f"{path}.{f.name}").items()}
    if isinstance(found, tuple):
        return {k: v for n, one in enumerate(found) for k, v in numbers(one, f"{path}.{n}").items()}
    return (
        {path: np.asarray(found).tobytes() if isinstance(found, np.ndarray) else found}
        if isinstance(found, (np.ndarray, float, int, str))
        else {}
    )


def results(found):
    named = (
        "outcome",
        "totals",
        "change",
        "effect",
        "sectors",
        "measures",
        "values",
        "met",
        "together",
        "ranking",
        "sobol",
        "approach1",
        "precision",
    )
    return {k: v for name in named for k, v in numbers(getattr(found, name), name).items()}


# -------------------------------------------------------------------- who computes, and in which order


@pytest.fixture(scope="module")
def everything():
    """The tiny project, with a range on every number."""
    return widened(load(tiny.VALID / "scenario.yaml").case)


@pytest.mark.parametrize("method", ["sobol", "lhs", "random"])
def test_any_number_of_processes_gives_the_same_bytes(everything, method):
    one, two, three = (
        results(drawn(everything, 200, w, method=method, variance_of=("NOX_NET",) if method == "sobol" else ()))
        for w in (1, 2, 3)
    )
    assert len(one) > 40
    assert one == two == three


def shuffled(folder, table=""):
    """Draws of the tiny project with the rows of a table, or the measures of its plan, in another order."""
    tiny.copy(folder)
    if table == "plan":
        turn(folder / "plan.yaml")
    elif table:
        shuffle(folder / "inventory" / f"{table}.csv")
    return drawn(load(folder / "scenario.yaml").case, 128)


@pytest.mark.parametrize("table", ["factors", "growth", "plan"])
def test_the_order_of_a_file_does_not_matter(table, tmp_path):
    assert results(shuffled(tmp_path / "one")) == results(shuffled(tmp_path / "other", table))


def test_the_order_of_the_sources_changes_the_last_digits_of_sums_alone(tmp_path):
    one, other = shuffled(tmp_path / "one"), shuffled(tmp_path / "other", "sources")
    assert [f.id for f in one.inputs.figures] == [f.id for f in other.inputs.figures]
    for name in ("totals", "sectors", "measures", "values"):
        np.testing.assert_allclose(getattr(one.outcome, name), getattr(other.outcome, name), rtol=1e-11, atol=1e-11)
    np.testing.assert_array_equal(one.outcome.met, other.outcome.met)


def turn(path):
    """The measures of a plan in the opposite order."""
    head, _, rest = path.read_text(encoding="utf-8").partition("measures:\n")
    measures, _, tail = rest.partition("\noverlaps:")
    parts = re.split(r"(?m)^(?=  \w+:$)", measures + "\n")
    assert len(parts) > 10
    path.write_text(f"{head}measures:\n{''.join(reversed(parts))}\noverlaps:{tail}", encoding="utf-8")


def shuffle(path):
    with path.open(encoding="utf-8", newline="") as stream:
        head, *rows = list(csv.reader(stream))
    random.Random(3).shuffle(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([head, *rows])


def test_another_seed_is_other_numbers_and_the_same_seed_the_same():
    made = kiln({"N": target("10 %")})
    first, again, other = (results(drawn(made, 64, seed=s)) for s in (1, 1, 2))
    assert first == again
    assert first["outcome.totals"] != other["outcome.totals"]


def test_the_methods_agree():
    row = {"source_id": "kiln", "activity": 100.0, "low": 50.0, "high": 200.0, "distribution": "lognormal"}
    made = kiln({"N": target("10 %"), "T": target("10 t/yr")}, county_=county(row))
    found = [drawn(made, 1024, method=m) for m in ("sobol", "lhs", "random")]
    for name in ("totals", "measures"):
        for figure in ("mean", "deviation", "quantiles"):
            one, *others = (getattr(getattr(f, name), figure) for f in found)
            for other in others:
                np.testing.assert_array_less(np.abs(one.value - other.value), 5 * np.hypot(one.error, other.error) + 1e-9)
    for other in found[1:]:
        np.testing.assert_array_less(
            np.abs(found[0].met.value - other.met.value), 5 * np.hypot(found[0].met.error, other.met.error)
        )


def test_nets_and_hypercubes_are_better_than_plain_draws():
    made = kiln({"N": target("10 %")})
    errors = {m: float(drawn(made, 1024, method=m).totals.mean.error[2, 0, -1]) for m in ("sobol", "lhs", "random")}
    assert errors["sobol"] < 0.3 * errors["random"]
    assert errors["lhs"] < 0.3 * errors["random"]


def test_progress_is_told_step_by_step():
    told = []
    draw(kiln({"N": target("10 %")}), SampleDesign(draws=2048), 1, lambda done, count: told.append((done, count)))
    assert len(told) > 1
    assert told == [(k, len(told)) for k in range(1, len(told) + 1)]


# -------------------------------------------------------------------- probabilities


def test_a_probability_that_is_known():
    found = drawn(
        kiln(
            {
                "A": target("10 %"),
                "B": target("12 t/yr"),
                "C": target("12 t/yr", kind="creditable"),
                "D": target("4 %"),
                "E": target("16 %"),
            }
        )
    )
    for k, p in enumerate((0.5, 0.3, 0.3)):
        near(found.met, p, (k,))
    assert found.met.value[3:].tolist() == [1.0, 0.0]
    assert (found.met.error > 0).all()  # so many draws are no certainty
    assert found.together.value.tolist() == [0.0, 0.0]


def test_targets_that_hang_on_one_number_and_on_several():
    rows = ({"source_id": "kiln", "factor": (1.0, 0.0)}, {"source_id": "farm", "factor": (0.0, 1.0)})
    acts = {"A": removal("kiln"), "B": removal("farm", {**FLAT})}
    made = case(
        plan(acts, targets={"N1": target("10 %"), "N2": target("12 %"), "AMMONIA": target("8 %", "NH3")}),
        county(*rows, pollutants=("NOx", "NH3")),
    )
    found = drawn(made, 2048)
    names = list(made.reading.targets)
    for name, p in (("N1", 0.5), ("N2", 0.3), ("AMMONIA", 0.7)):
        near(found.met, p, (names.index(name),))
    near(found.together, 0.3 * 0.7, (0,))


def test_the_joint_probability_of_all_counts_indicators_too():
    formula = {"formula": "parameter", "measure": "A", "parameter": "removed"}
    indicator = {"kind": "indicator", "year": 2025, "title": LABEL, "comparison": ">=", "required": "13 %", "indicator": formula}
    made = kiln({"N": target("10 %"), "I": indicator})
    found = drawn(made)
    near(found.together, 0.5, (0,))
    near(found.together, 0.2, (1,))


def test_what_is_met_in_the_centre_and_missed_in_many_draws_is_at_risk():
    made = kiln({"EVEN": target("10 %"), "SAFE": target("5.5 %"), "LOST": target("14 %"), "OPEN": target(None)})
    found = with_uncertainty(simulate(made), drawn(made))
    assert {v.id: v.verdict for v in found.verdicts} == {"EVEN": AT_RISK, "SAFE": MET, "LOST": MISSED, "OPEN": NOT_ASSESSABLE}
    assert {v.id: v.verdict for v in with_uncertainty(simulate(made), drawn(made, at_risk="60 %")).verdicts}["EVEN"] == MET
    assert {v.id: v.verdict for v in with_uncertainty(simulate(made), drawn(made, at_risk="1 %")).verdicts}["SAFE"] == AT_RISK


def test_exactly_at_the_limit_is_met_in_every_draw():
    """10 % are closed whatever the kiln emits: rounding does not make it a miss."""
    made = kiln(
        {"N": target("10 %"), "ABOVE": target("10 %", comparison=">")},
        {"A": removal(removed="10 %")},
        county(normal("kiln", factor=0.3)),
    )
    found = drawn(made)
    assert dict(zip(made.reading.targets, found.met.value, strict=True)) == {"N": 1.0, "ABOVE": 0.0}


def test_what_cannot_be_judged_is_not_counted():
    made = kiln({"N": target("10 %"), "OPEN": target(None)})
    found = drawn(made, 64)
    assert dict(zip(made.reading.targets, found.assessable.tolist(), strict=True)) == {"N": True, "OPEN": False}
    near(found.together, 0.5, (0,))


# -------------------------------------------------------------------- statistics


def test_bands_of_a_known_distribution():
    found = drawn(kiln({"N": target("10 %")}), 2048, interval="90 %")
    assert found.cuts == pytest.approx((0.05, 0.5, 0.95))
    at = (2, 0, 5)
    near(found.totals.mean, 90.0, at)
    assert found.totals.deviation.value[at] == pytest.approx(10 / math.sqrt(12), rel=1e-3)
    for k, value in enumerate((85.5, 90.0, 94.5)):
        near(found.totals.quantiles, value, (k, *at))
        near(found.change.quantiles, value - 100.0, (k, 0, 5))
        near(found.effect.quantiles, value - 100.0, (k, 0, 5))
    np.testing.assert_allclose(found.totals.mean.value[0], 100.0)
    assert not found.totals.deviation.value[:2].any()
    near(found.measures.mean, 10.0, (0, 0))


@pytest.mark.parametrize("draws", [16, 17, 100, 1000])
def test_any_number_of_draws_will_do(draws):
    found = drawn(kiln({"N": target("10 %")}), draws, variance_of=("N", "NOx", "NOx-change"))
    assert len(found.outcome.met) == draws
    near(found.met, 0.5, (0,))
    assert np.isfinite(found.totals.quantiles.error).all()
    assert [s.output for s in found.sobol] == ["N", "NOx", "NOx-change"]


EDGES = {
    "no targets": (kiln, ()),
    "no measures": (lambda: kiln({"N": target("10 %")}, {}, county(normal("kiln"))), ()),
    "nothing uncertain": (lambda: kiln({"N": target("10 %")}, {"A": removal(removed="20 %")}), ("NOx",)),
    "nothing at all": (lambda: kiln(measures={}), ()),
    "no emission": (
        lambda: kiln({"N": target("10 %")}, county_=county({"source_id": "kiln", "activity": 0.0})),
        ("N", "NOx-change"),
    ),
}


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("draws", [16, 200])
def test_a_case_with_little_in_it_is_drawn_all_the_same(name, draws):
    make, variance_of = EDGES[name]
    made = make()
    found = drawn(made, draws, variance_of=variance_of)
    assert found.met.value.shape == (len(made.reading.targets),)
    assert np.isfinite(found.totals.quantiles.value).all()
    assert with_uncertainty(simulate(made), found).uncertainty is found


def test_a_result_that_does_not_exist_is_told_with_the_nearest():
    with pytest.raises(BadInput, match="no result called 'NOx-chang'.*NOx-change"):
        drawn(kiln({"N": target("10 %")}), variance_of=("N", "NOx-chang"))


# -------------------------------------------------------------------- what drives it


def test_sobol_indices_of_a_product():
    """V = v_a + v_f + v_a·v_f of the product of two numbers with relative variances v."""
    row = {"source_id": "kiln", "activity": 100.0, "low": 20.0, "high": 180.0, "distribution": "uniform"}
    made = kiln(
        measures={"A": removal(removed="10 %")},
        targets={"N": target("5 %")},
        county_=county(row, factors={"kiln": (0.5, 1.5, "uniform")}),
    )
    found = drawn(made, 8192, variance_of=("NOx",))
    a, f = 0.8**2 / 3, 0.5**2 / 3
    whole = a + f + a * f
    (one,) = found.sobol
    names = [found.sampler.inputs[k].variables[0] for k in one.inputs]
    assert names == ["activity:kiln", "factor:kiln:NOx"]
    np.testing.assert_allclose(one.indices.first, np.array([a, f]) / whole, atol=0.02)
    np.testing.assert_allclose(one.indices.total, np.array([a + a * f, f + a * f]) / whole, atol=0.02)
    assert one.runs == 4 * 1024


def test_what_drives_a_result_comes_first_and_the_shares_are_no_more_than_all():
    rows = [normal(n, sd=s) for n, s in (("a", 2.0), ("b", 10.0), ("c", 5.0))]
    found = drawn(kiln({"N": target("5 t/yr")}, {"A": removal("a", removed="10 %")}, county(*rows)), 2048)
    share = found.ranking.shares.value[:, found.ranking.outputs.index("NOx")]
    names = [found.sampler.inputs[k].variables[0] for k in np.argsort(-share)]
    assert names == ["activity:b", "activity:c", "activity:a"]
    whole = 1.8**2 + 10**2 + 5**2
    np.testing.assert_allclose(np.sort(share), np.array([1.8**2, 25.0, 100.0]) / whole, atol=0.03)
    assert (found.ranking.shares.value.sum(axis=0) <= 1 + 1e-12).all()
    # The reduction is 10 % of a: nothing else drives it.
    own = found.ranking.shares.value[:, found.ranking.outputs.index("N")]
    assert own[0] > 0.97
    assert own[1:].tolist() == [0.0, 0.0]


def test_what_knowing_an_input_is_worth_with_a_normal_margin():
    """Σ of two normals against its mean: knowing one of them is right in ½ + arctan(s1/s2)/π of all cases."""
    rows = [normal("a", sd=10.0), normal("b", sd=10.0 / math.sqrt(3))]
    acts = {n: removal(r, "100 %") for n, r in (("A", "a"), ("B", "b"))}
    found = drawn(kiln({"N": target("200 t/yr")}, acts, county(*rows)), 4096)
    known = found.ranking.information
    assert known.perfect[0] == pytest.approx(0.5, abs=0.02)
    np.testing.assert_allclose(known.gain[:, 0], [1 / 3, 1 / 6], atol=0.03)
    assert found.ranking.targets == ("N", "")


def test_knowing_the_only_input_decides():
    found = drawn(kiln({"N": target("10 %")}), 2048)
    assert found.ranking.information.gain[0, 0] == pytest.approx(found.ranking.information.perfect[0], abs=0.04)


def test_figures_of_a_group_are_ranked_as_one():
    rows = [normal(n, correlation_group="survey") for n in "ab"]
    found = drawn(kiln({"N": target("5 t/yr")}, {"A": removal("a", removed=ranged("10 %"))}, county(*rows, normal("c"))), 1024)
    assert [one.variables for one in found.sampler.inputs] == [("A.removed",), ("activity:c",), ("survey",)]
    share = found.ranking.shares.value[:, found.ranking.outputs.index("NOx")]
    variance = np.array([300 / 2 * 0.09 * 4, 100.0, (190 / 200 * 20) ** 2])
    assert share.argmax() == 2
    assert share[2] == pytest.approx(variance[2] / (variance[1] + variance[2]), abs=0.06)


def test_approach_1_of_independent_normals():
    """Half of the 95 % interval: √Σ half²."""
    found = drawn(
        kiln({"N": target("5 t/yr")}, {"A": removal("a", removed="10 %")}, county(normal("a", sd=10.0), normal("b", sd=5.0))), 256
    )
    np.testing.assert_allclose(found.approach1.base.half, [Z * math.hypot(10.0, 5.0)], rtol=1e-9)
    np.testing.assert_allclose(found.approach1.base.relative, [Z * math.hypot(10.0, 5.0) / 200.0], rtol=1e-9)
    assert found.approach1.names == ("activity:a", "activity:b")


def test_how_many_draws_go_through_the_kernel_at_once_does_not_matter(monkeypatch):
    made = kiln({"T": target("10 %")})
    whole = numbers(drawn(made, 200))
    monkeypatch.setattr(batches, "CELLS", 1)
    assert numbers(drawn(made, 200)) == whole


def test_too_many_variables_for_indices_are_told(monkeypatch):
    monkeypatch.setattr(montecarlo, "MOST_SOBOL", 1)
    with pytest.raises(BadInput, match="1 random variables are too many for Sobol' indices"):
        drawn(kiln(), 16, variance_of=("NOx",))
