"""Explanations, worked out by hand: the tree of a number has the steps a modeler would write down."""

import pytest
from small import action, inventory, measure, plan, scenario

from emisim.case import prepare
from emisim.errors import BadInput
from emisim.questions.explanation import explain
from emisim.traced import recompute


def case(measures, rows=({"source_id": "kiln", "activity": 200.0, "factor": 0.5},), growth=None, targets=None, **more):
    made = plan(measures, **more) if targets is None else plan(measures, targets=targets, **more)
    return prepare(scenario(), made, inventory(*rows, growth=growth))


def leaves(number):
    return [leaf.label for leaf in number.leaves()]


def test_a_source_is_activity_times_growth_times_factor_times_what_is_left():
    c = case(
        {
            "M1": measure(
                action("end_of_pipe", "kiln", efficiency="80 %", rule_effectiveness="90 %", coverage="50 %", pollutant="NOx")
            )
        },
        rows=({"source_id": "kiln", "activity": 200.0, "factor": 0.5, "growth_driver": "output"},),
        growth={"output": {2020: 2.0, 2025: 3.0}},
    )
    (found,) = explain(c, source="kiln", pollutant="NOx")
    assert found.value == pytest.approx(200 * 1.5 * 0.5 * (1 - 0.5 * 0.8 * 0.9), rel=1e-12)
    assert found.closure < 1e-14 and found.unit == "t/yr" and found.source == "kiln"
    activity, growth, factor, left = found.number.parts
    assert (activity.value, growth.value, factor.value) == (200.0, 1.5, 0.5)
    assert left.value == pytest.approx(0.64) and left.measures() == ("M1",)
    assert leaves(left) == [
        "proof.parameter",
        "proof.phase",
        "proof.parameter",
        "proof.parameter",
        "proof.parameter",
        "proof.phase",
    ]
    assert recompute(left) == pytest.approx(0.64, rel=1e-14)


def test_growth_between_two_known_years_names_both():
    c = case({}, rows=({"source_id": "kiln", "growth_driver": "output"},), growth={"output": {2020: 100.0, 2025: 110.0}})
    (found,) = explain(c, source="kiln", pollutant="NOx", year=2022)
    assert found.value == pytest.approx(104.0)
    assert [leaf.words["year"] for leaf in found.number.leaves() if leaf.label == "proof.index"] == [2020, 2025, 2020]


def test_a_replaced_device_names_the_old_one():
    """Design 2.4: η0 = 60 %, replaced on half of the sources by 80 %: 75 t of 100 t."""
    from dataclasses import replace

    import numpy as np

    rows = inventory({"source_id": "kiln"})
    rows = replace(rows, existing_efficiency=np.array([[0.6]]))
    device = action("end_of_pipe", "kiln", efficiency="80 %", coverage="50 %", kind="replacement", pollutant="NOx")
    c = prepare(scenario(), plan({"M1": measure(device)}), rows)
    (found,) = explain(c, source="kiln", pollutant="NOx")
    assert found.value == pytest.approx(75.0)
    assert "proof.existing_efficiency" in leaves(found.number)


def test_what_moves_in_names_where_it_comes_from():
    rows = ({"source_id": "road", "activity": 100.0}, {"source_id": "rail", "activity": 10.0, "factor": 0.1})
    c = case(
        {"M1": measure(action("source_removal", "road", to={"source_id": "rail"}, removed="30 %", displaced="50 %"))}, rows=rows
    )
    (found,) = explain(c, source="rail", pollutant="NOx")
    assert found.value == pytest.approx((10 + 100 * 0.3 * 0.5) * 0.1)
    assert {leaf.words["id"] for leaf in found.number.leaves() if leaf.label == "proof.activity"} == {"road", "rail"}


def test_a_measure_is_the_sum_over_its_sources_and_shares_with_the_others():
    """Design 2.6: −40 %, −40 %, −50 % of 100 t in series."""
    each = {"M1": "60 %", "M2": "60 %", "M3": "50 %"}
    c = case(
        {
            m: measure(action("factor_substitution", "kiln", substituted="100 %", ratio=r, pollutant="NOx"))
            for m, r in each.items()
        }
    )
    brought = {m: explain(c, measure=m, pollutant="NOx")[0].value for m in each}
    assert brought == pytest.approx({"M1": 24 + 2 / 3, "M2": 24 + 2 / 3, "M3": 32 + 2 / 3})
    assert explain(c, measure="M3", source="kiln", pollutant="NOx")[0].number.how == "shapley"


def test_an_item_is_the_sum_of_its_parts():
    parts = {
        m: measure(action("end_of_pipe", "kiln", efficiency=e, pollutant="NOx"))
        for m, e in {"M1a": "40 %", "M1b": "30 %"}.items()
    }
    (found,) = explain(case(parts), measure="M1", pollutant="NOx")
    assert found.value == pytest.approx(100 * (1 - 0.6 * 0.7))
    assert {part.words["measure"] for part in found.number.parts} == {"M1a", "M1b"}


def test_where_measures_interact_every_package_is_named():
    limit = measure(action("emission_limit", "kiln", factor_limit="300 kg/t", pollutant="NOx"))
    device = measure(action("end_of_pipe", "kiln", efficiency="30 %", pollutant="NOx"))
    (found,) = explain(case({"M1": limit, "M2": device}), measure="M1", source="kiln", pollutant="NOx")
    # alone 100 − 60 t; after the device 70 − 60 t
    assert found.value == pytest.approx((40.0 + 10.0) / 2)
    assert [step.value for step in found.number.parts] == pytest.approx([40.0, 10.0])
    packages = {step.words["measures"] for step in found.number.parts[0].parts}
    assert packages == {"", "M1"}


def test_a_target_is_explained_from_both_years():
    target = {"kind": "net", "pollutant": "NOx", "year": 2025, "title": {"zh": "试", "en": "trial"}, "reduction": "20 %"}
    c = case({"M1": measure(action("end_of_pipe", "kiln", efficiency="30 %", pollutant="NOx"))}, targets={"T": target})
    (found,) = explain(c, target="T")
    assert found.value == pytest.approx(30.0) and found.unit == "%" and found.verdict.verdict == "met"
    assert {"proof.baseline", "proof.with_plan"} <= {part.label for part in steps(found.number)}


def steps(number):
    yield number
    for part in number.parts:
        yield from steps(part)


def test_what_the_months_emit():
    """A measure in force from 1 July on leaves half a year's emission, by days: 181 of 365."""
    step = measure(action("source_removal", "kiln", removed="100 %"), schedule={"date": "2025-06-30"})
    (found,) = explain(case({"M1": step}), source="kiln", pollutant="NOx", level="calendar")
    assert found.value == pytest.approx(100 * 181 / 365) and len(found.number.parts) == 12


def test_nothing_is_explained_by_nothing():
    (found,) = explain(case({"M1": measure(action("source_removal", "kiln", removed="0 %"))}), measure="M1", pollutant="NOx")
    assert found.value == 0 and not list(found.number.leaves())


def test_all_names_that_are_not_there_are_told_at_once():
    with pytest.raises(BadInput) as bad:
        explain(case({}), source="klin", pollutant="NOX", year=1999)
    text = str(bad.value)
    assert (
        len(bad.value.faults) == 3 and "did you mean 'kiln'" in text and "did you mean 'NOx'" in text and "2020 to 2025" in text
    )


def test_a_target_without_a_value_cannot_be_explained():
    target = {
        "kind": "indicator", "year": 2025, "title": {"zh": "试", "en": "trial"}, "required": None, "indicator": {"formula": "reported"}
    }  # fmt: skip
    with pytest.raises(BadInput, match="nothing to explain"):
        explain(case({}, targets={"T": target}), target="T")
