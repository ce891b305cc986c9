"""The creditable ledger, worked out by hand: growth is not netted, and what counts is said by the table of rules."""

import numpy as np
import pytest
from small import LABEL, action, inventory, measure, plan, run

from emisim.crediting import credited, judged, projects, rules
from emisim.ledger import Ledger
from emisim.measure import Measure

KINDS = {r.applies_to: r for r in rules() if r.kind == "mechanism"}


def of(*mechanisms, **more):
    return Measure.model_validate(measure(*({"mechanism": m} for m in mechanisms), accountable=True, **more))


@pytest.mark.parametrize("mechanism", KINDS)
def test_which_kinds_count(mechanism):
    counting = {
        "source_removal", "fuel_switch", "end_of_pipe", "emission_limit", "factor_substitution", "technology_share", "fleet_turnover",
    }  # fmt: skip
    assert judged(of(mechanism)) == (mechanism in counting, KINDS[mechanism].rule)


def test_every_mechanism_has_a_rule():
    from emisim.mechanisms import MECHANISMS

    assert set(KINDS) == set(MECHANISMS)
    assert {r.counts for r in rules()} == {"yes", "no", "with"}
    assert all(r.source for r in rules())


def test_one_action_that_counts_lets_the_measure_count():
    assert judged(of("seasonal_control", "end_of_pipe")) == (True, "end_of_pipe")
    assert judged(of("co_effect", "end_of_pipe")) == (True, "end_of_pipe")
    assert judged(of("co_effect", "cap", "mode_shift")) == (False, "cap")
    assert judged(of("co_effect")) == (False, "co_effect")


def test_only_what_is_marked_counts_unless_all_direct_measures_do():
    plain = Measure.model_validate(measure({"mechanism": "end_of_pipe"}))
    assert judged(plain) == (False, "not_accountable")
    assert judged(plain, everything=True) == (True, "end_of_pipe")
    for standing in ("enabling", "not_quantified"):
        other = Measure.model_validate(measure({"mechanism": "end_of_pipe"}, standing=standing))
        assert judged(other, everything=True) == (False, "not_accountable")


def test_a_mechanism_without_a_rule_does_not_count():
    assert judged(of("a new one")) == (False, "no_rule")
    assert judged(of("end_of_pipe", "a new one")) == (False, "no_rule")


# ---------------------------------------------------------------- tonnes

GROWTH = {"industry": {2020: 1.0, 2025: 1.25}}
KILN = {"source_id": "kiln", "growth_driver": "industry"}
NET = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025, "baseline_year": 2020, "reduction": "10 %"}
CREDIT = {"kind": "creditable", "pollutant": "NOx", "title": LABEL, "year": 2025, "reduction": "30 t/yr"}


def county(*more):
    return inventory(KILN, *more, growth=GROWTH)


def removal(row="kiln", removed="30 %", **more):
    return measure(action("source_removal", row, removed=removed), **{"accountable": True, **more})


def test_growth_is_not_netted():
    # 100 t grow by 25 % to 125 t; 30 % of it, 37.5 t, are credited; 87.5 t are left, 12.5 % less than 100 t.
    targets = {"CREDIT": CREDIT, "LESS": {**CREDIT, "offset": "10 t/yr"}, "NET": NET}
    found = run(plan({"M": removal()}, targets=targets), county())
    (project,) = found.projects
    assert (project.measure, project.pollutant, project.counts, project.reason) == ("M", "NOx", True, "source_removal")
    assert (project.before_t, project.after_t, project.credit_t) == pytest.approx((125, 87.5, 37.5), rel=1e-12)
    verdicts = {v.id: v for v in found.verdicts}
    assert {name: v.value for name, v in verdicts.items()} == pytest.approx(
        {"CREDIT": 37.5, "LESS": 27.5, "NET": 12.5}, rel=1e-12
    )
    assert {name: v.verdict for name, v in verdicts.items()} == {"CREDIT": "met", "LESS": "missed", "NET": "met"}
    assert verdicts["LESS"].shortfall_t == pytest.approx(2.5)


def test_what_is_marked_but_of_no_kind_that_counts_is_shown_with_its_rule_and_no_credit():
    found = run(plan({"M": measure(action("activity_change", "kiln", ratio=0.6), accountable=True)}), county())
    (project,) = found.projects
    assert (project.counts, project.reason, project.credit_t) == (False, "activity_change", 0.0)
    assert (project.before_t, project.after_t) == pytest.approx((125, 75), rel=1e-12)


def test_before_is_that_of_the_sources_a_measure_changes():
    # The oven is untouched, the kiln outside the totals counts nowhere.
    rows = {"source_id": "oven", "activity": 40}, {"source_id": "field", "activity": 7, "memo": "yes"}
    found = run(plan({"M": removal(), "N": removal(["oven", "field"], "50 %", accountable=False)}), county(*rows))
    lines = {p.measure: (p.counts, p.reason, p.before_t, p.after_t, p.credit_t) for p in found.projects}
    assert lines["M"] == (True, "source_removal", pytest.approx(125), pytest.approx(87.5), pytest.approx(37.5))
    assert lines["N"] == (False, "not_accountable", pytest.approx(40), pytest.approx(20), 0.0)


def test_what_changes_nothing_has_no_line():
    # A clause without a figure meets two others on the oven; rounding is no tonne.
    nothing = measure(action("source_removal", "oven", removed="0 %"), standing="not_quantified")
    measures = {"M": removal("oven", "10 %"), "N": removal("oven", "30 %"), "Q": nothing}
    found = run(plan(measures), county({"source_id": "oven"}))
    assert [p.measure for p in found.projects] == ["M", "N"]


def test_two_projects_share_what_they_bring_together():
    # 30 % and 20 % of the same 125 t, as taken independently 44 % or 55 t; each has its part, and both the same before.
    found = run(plan({"M": removal(), "N": removal(removed="20 %")}), county())
    assert [p.before_t for p in found.projects] == pytest.approx([125, 125])
    assert credited(found.projects, "NOx") == pytest.approx(55, rel=1e-12)


def test_a_measure_that_raises_a_pollutant_has_a_line_of_its_own_for_it():
    # 50 % of 100 t NOx; 0.02 kg of NH3 a kg of activity: 0.02·100 = 2 t more than the 100 t there are.
    slip = action("co_effect", "kiln", pollutant="NH3", addition="20 kg/t")
    device = action("end_of_pipe", "kiln", efficiency="50 %", pollutant="NOx")
    found = run(plan({"M": measure(device, slip, accountable=True)}), inventory({"source_id": "kiln"}, pollutants=("NOx", "NH3")))
    assert {p.pollutant: p.credit_t for p in found.projects} == pytest.approx({"NOx": 50, "NH3": -2}, rel=1e-12)


def test_the_rule_of_the_second_month_takes_projects_complete_by_the_end_of_october():
    measures = {
        "EARLY": removal(removed="10 %", schedule={"date": "2025-10-31"}),
        "LATE": removal("oven", "10 %", schedule={"date": "2025-11-01"}),
        "RAMP": removal("stove", "10 %", schedule={"start": "2024-01-01", "end": "2025-12-31"}),
    }
    found = run(plan(measures), county({"source_id": "oven"}, {"source_id": "stove"}))
    assert credited(found.projects, "NOx") == pytest.approx(12.5 + 10 + 10, rel=1e-12)
    assert credited(found.projects, "NOx", 2025, lag=True) == pytest.approx(12.5, rel=1e-12)
    assert credited(found.projects, "VOC") == 0.0


def test_a_project_half_in_force_is_credited_by_half():
    found = run(plan({"M": removal(schedule={"curve": {"2025-06-30": "50 %"}})}), county())
    assert found.projects[0].credit_t == pytest.approx(18.75, rel=1e-12)


def lines(cuts, **more):
    """Lines of one accountable and one other measure; ``cuts`` (entry, pollutant) at rows 0, 1, 2 of the first and row 1 of the second."""
    values = np.array(cuts, float)[..., None]
    ledger = Ledger(np.array([0, 1, 2, 1]), np.array([0, 0, 0, 1]), values, values, values)
    reference = np.array([[10, 100], [20, 200], [40, 400]], float)[..., None]
    some = of("end_of_pipe"), Measure.model_validate(measure({"mechanism": "end_of_pipe"}))
    found = projects(("M", "N"), some, ("NOx", "VOC"), ledger, reference, np.array([True, True, False]), **more)
    return [(p.measure, p.pollutant, p.counts, p.before_t, p.after_t, p.credit_t) for p in found]


def test_a_project_starts_from_the_official_rows_it_changes():
    # Row 2 is no official one; at row 1 the first measure does nothing for NOx, and 1 t for VOC.
    assert lines([[4, 0], [0, 1], [8, 8], [5, 0]]) == [
        ("M", "NOx", True, 10, 6, 4), ("M", "VOC", True, 200, 199, 1), ("N", "NOx", False, 20, 15, 0),
    ]  # fmt: skip


def test_all_direct_measures_are_projects_if_asked():
    assert [line[2:] for line in lines([[4, 0], [0, 0], [0, 0], [5, 0]], everything=True)] == [
        (True, 10, 6, 4),
        (True, 20, 15, 5),
    ]
