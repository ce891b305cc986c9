"""What counts as uncertain in a case, and which figures are one random number."""

import numpy as np
import pytest
from small import LABEL, action, measure, plan, switch
from vague import case, county, ranged

from emisim.uncertainty.inputs import uncertain_inputs

TRIANGLE = {"low": 70, "high": 130, "distribution": "triangular"}
KILN = {"source_id": "kiln", **TRIANGLE}


def found(plan_=None, county_=None, **more):
    return uncertain_inputs(case(plan_ or plan(), county_ or county({"source_id": "kiln"}), **more))


def ids(inputs):
    return [f.id for f in inputs.figures]


def test_only_figures_with_a_range_are_drawn():
    rows = (KILN, {"source_id": "oven"}, {"source_id": "mill", "low": 70, "high": 130})
    made = found(county_=county(*rows, factors={"kiln": (0.5, 2.0, "lognormal")}))
    assert ids(made) == ["activity:kiln", "factor:kiln:NOx"]
    assert made.certain == {"activity": 2, "factor": 2, "growth": 0, "parameter": 0}
    assert [f.distribution.least for f in made.figures] == [0.0, 0.0]


def test_sources_with_one_factor_set_share_its_factor():
    rows = ({"source_id": "a", "factor_set": "kiln"}, {"source_id": "b", "factor_set": "kiln"}, {"source_id": "c"})
    made = found(county_=county(*rows, pollutants=("NOx", "NH3"), factors={"kiln": (0.5, 2.0, "lognormal")}))
    assert ids(made) == ["factor:kiln:NH3", "factor:kiln:NOx"]


def test_the_years_of_a_driver_are_one_variable_and_the_base_year_is_known():
    growth = {"heat": {2020: (1.0, 0.9, 1.1, "uniform"), 2023: (1.1, 1.0, 1.2, "uniform"), 2025: (1.2, 1.0, 1.4, "uniform")}}
    made = found(county_=county({"source_id": "kiln", "growth_driver": "heat"}, growth=growth))
    assert ids(made) == ["growth:heat:2023", "growth:heat:2025"]
    assert made.variables == {"growth:heat": (0, 1)}


def test_figures_of_a_group_are_one_variable():
    rows = ({**KILN, "correlation_group": "survey"}, {**KILN, "source_id": "oven", "correlation_group": "survey"})
    made = found(county_=county(*rows, factors={"kiln": (0.5, 2.0, "lognormal", "survey"), "oven": (0.5, 2.0, "lognormal")}))
    assert made.variables == {"factor:oven:NOx": (3,), "survey": (0, 1, 2)}


def test_the_same_number_in_several_actions_of_a_measure_is_one_variable_and_another_is_not():
    removed = ranged("20 %")
    rows = ({"source_id": "kiln"}, {"source_id": "oven"}, {"source_id": "mill"})
    acts = [action("source_removal", r, removed=removed) for r in ("kiln", "oven")]
    same = found(plan({"A": measure(*acts)}), county(*rows))
    assert [(f.id, len(f.at)) for f in same.figures] == [("A.removed", 2)]
    other = found(plan({"A": measure(*acts, action("source_removal", "mill", removed=ranged("30 %")))}), county(*rows))
    assert [(f.id, len(f.at)) for f in other.figures] == [("A.removed#1", 2), ("A.removed#2", 1)]
    two = found(plan({"A": measure(acts[0]), "B": measure(acts[1])}), county(*rows))
    assert ids(two) == ["A.removed", "B.removed"]


def test_measures_may_share_a_group():
    removed = {**ranged("20 %"), "correlation_group": "inspections"}
    acts = [measure(action("source_removal", r, removed=removed)) for r in ("kiln", "oven")]
    made = found(plan(dict(zip("AB", acts, strict=True))), county({"source_id": "kiln"}, {"source_id": "oven"}))
    assert made.variables == {"inspections": (0, 1)}


def test_a_wording_has_the_range_of_its_scale_triangular():
    made = found(plan({"A": measure(action("source_removal", "kiln", removed="wording"), wording="push")}))
    one = made.figures[0].distribution
    assert (one.low, one.value, one.high, one.shape) == (0.3, 0.5, 0.75, "triangular")
    assert (made.figures[0].grade, made.figures[0].label) == ("E", "uncertain.wording")


@pytest.mark.parametrize("level", ["low", "high"])
def test_an_adoption_that_is_read_at_one_end_is_known(level):
    made = found(plan({"A": measure(action("source_removal", "kiln", removed="wording"), wording="push")}), wording=level)
    assert made.figures == ()


def test_what_the_reading_leaves_out_is_not_drawn():
    acts = (
        action("source_removal", "kiln", when={"scope": "wide"}, removed=ranged("20 %")),
        action("source_removal", "kiln", when={"scope": "narrow"}, removed=ranged("10 %")),
    )
    text = plan({"A": measure(*acts)}, switches={"scope": switch(("wide", {}), ("narrow", {}))})
    assert [f.distribution.value for f in found(text).figures] == [0.2]
    assert [f.distribution.value for f in found(text, switches={"scope": "narrow"}).figures] == [0.1]
    assert found(text, measures={"without": ["A"]}).figures == ()


def test_a_changed_parameter_is_drawn_from_its_new_range():
    text = plan({"A": measure(action("source_removal", "kiln", removed=ranged("20 %")))})
    made = found(text, adjust={"A": {"parameters": {"removed": ranged("40 %")}}})
    assert [(f.id, f.distribution.value, f.at[0][0]) for f in made.figures] == [("A.removed", 0.4, "scenario")]


def test_the_ceiling_of_a_state_is_one_figure_for_all_its_measures():
    state = {"title": LABEL, "applies_to": {"source_id": "kiln"}, "pollutant": "NOx", "ceiling": ranged("90 %", 0.05)}
    acts = [
        measure({"mechanism": "rule_effectiveness", "state": "kilns", "parameters": {"gap_closed": g}}) for g in ("20 %", "40 %")
    ]
    made = found(plan(dict(zip("AB", acts, strict=True)), states={"kilns": state}))
    assert [(f.id, len(f.at)) for f in made.figures] == [("state:kilns.ceiling", 1)]


def test_tabulated_combinations_are_drawn_between_their_ends():
    devices = [measure(action("end_of_pipe", "kiln", efficiency="50 %", device=d, pollutant="NOx")) for d in ("LNB", "SNCR")]
    rule = {"devices": ["LNB", "SNCR"], "pollutant": "NOx", "efficiency": "70 %", "low": "60 %", "high": "75 %"}
    made = found(plan(dict(zip("AB", devices, strict=True)), combinations=[rule]))
    one = made.figures[0].distribution
    assert ids(made) == ["combination:0"]
    assert (one.shape, one.most) == ("triangular", 1.0)
    np.testing.assert_allclose([one.low, one.value, one.high], [0.6, 0.7, 0.75])


def test_the_figures_of_indicators_are_drawn():
    formula = {"formula": "removed", "of": {"source_id": "kiln"}, "base": ranged("20 %")}
    target = {"kind": "indicator", "year": 2025, "title": LABEL, "required": "50 %", "indicator": formula}
    made = found(plan(targets={"LEFT": target}))
    assert [(f.id, f.at) for f in made.figures] == [("LEFT.base", ("LEFT", "base"))]


def test_no_more_nitrogen_is_lost_than_is_there():
    rows = (
        {"source_id": "house", "factor": 0.5},
        {"source_id": "spread", "activity": 60, "inflow_from": "house"},
        {"source_id": "soil"},
    )
    spans = {name: (0.3, 2.0, "uniform") for name in ("house", "spread", "soil")}
    made = found(county_=county(*rows, pollutants=("NH3",), factors=spans))
    most = {f.id: f.distribution.most for f in made.figures}
    assert most["factor:house:NH3"] == most["factor:spread:NH3"] == pytest.approx(17.03 / 14.007, rel=1e-3)
    assert most["factor:soil:NH3"] == np.inf


def test_a_case_without_tables_has_the_figures_of_its_plan_alone():
    from small import inventory

    made = uncertain_inputs(
        case(plan({"A": measure(action("source_removal", "kiln", removed=ranged("20 %")))}), inventory({"source_id": "kiln"}))
    )
    assert ids(made) == ["A.removed"]


def test_correlations_of_tables_and_plan_stand_together():
    rule = {"first": "b", "second": "a", "rank_correlation": 0.5, "grade": "E", "source": "judged"}
    made = found(plan(correlations=[rule]), county({"source_id": "kiln"}, correlations=[("y", "x", -0.5)]))
    assert [(c.first, c.second, c.rank) for c in made.correlations] == [("a", "b", 0.5), ("x", "y", -0.5)]
