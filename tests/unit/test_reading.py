"""What a scenario makes of a plan: switches, selections, schedules and delays, on one kiln of 100 t."""

from datetime import date

import pytest
from small import LABEL, action, inventory, measure, plan, reading, run, scenario, switch

from emisim.errors import Place, Reporter
from emisim.reading import read
from emisim.schedule import Schedule

KILN = {"source_id": "kiln"}
REMOVAL = action("source_removal", "kiln", removed="20 %")
NARROW = {"switches": {"scope": "narrow"}}


def one(option=None, other=None, **more):
    """A plan of measures A and B with a switch ``scope``: wide by default, or narrow."""
    measures = {"A": measure(REMOVAL), "B": measure(REMOVAL, wording="strive")}
    return plan(measures, switches={"scope": switch(("wide", other or {}), ("narrow", option or {}))}, **more)


def left(plan_, **more):
    """Tonnes of the kiln at the end of 2025."""
    return float(run(plan_, inventory(KILN), **more).plan[0, 0, -1])


# ---------------------------------------------------------------- switches


def test_a_switch_stands_at_its_default_until_it_is_turned():
    assert reading(one()).values == {"scope": "wide"}
    assert reading(one(), **NARROW).values == {"scope": "narrow"}


@pytest.mark.parametrize(("written", "asked"), [(True, False), (False, True)])
def test_true_and_false_are_values_like_others(written, asked):
    both = plan(switches={"s": switch((True, {}), (False, {}), default=written)})
    assert reading(both).values == {"s": str(written).lower()}
    assert reading(both, switches={"s": asked}).values == {"s": str(asked).lower()}


def test_an_option_that_is_not_taken_changes_nothing():
    narrow = one(
        {"without": ["A"], "issued": "2025-01-01", "wording": "low", "accountable": "all", "alternatives": {"kiln": "new"}}
    )
    found = reading(narrow)
    assert (set(found.measures), found.wording, dict(found.alternatives), found.all_accountable) == (
        {"A", "B"},
        "central",
        {},
        False,
    )
    found = reading(narrow, **NARROW)
    assert (set(found.measures), found.wording, dict(found.alternatives), found.all_accountable) == (
        {"B"},
        "low",
        {"kiln": "new"},
        True,
    )


def test_an_option_may_leave_out_measures_or_words():
    assert set(reading(one({"without": ["A"]}), **NARROW).measures) == {"B"}
    assert set(reading(one({"without_wording": ["strive"]}), **NARROW).measures) == {"A"}


def test_the_scenario_is_stronger_than_an_option():
    narrow = plan(
        {"A": measure(REMOVAL)},
        switches={"scope": switch(("wide", {}), ("narrow", {"adjust": {"A": {"parameters": {"removed": "50 %"}}}}))},
    )
    assert left(narrow) == pytest.approx(80)
    assert left(narrow, **NARROW) == pytest.approx(50)
    assert left(narrow, **NARROW, adjust={"A": {"parameters": {"removed": "30 %"}}}) == pytest.approx(70)


def test_the_scenario_is_stronger_than_an_option_in_schedules_wordings_and_alternatives():
    change = {"A": {"schedule": {"date": "2025-06-30"}, "wording": "low"}}
    narrow = one({"adjust": change, "alternatives": {"kiln": "new", "oven": "new"}, "wording": "high"})
    found = reading(narrow, **NARROW)
    assert found.measures["A"].schedule.complete == date(2025, 6, 30)
    assert (found.level("A"), found.level("B")) == ("low", "high")
    asked = {"adjust": {"A": {"schedule": {"date": "2025-09-30"}, "wording": "central"}}, "alternatives": {"kiln": "old"}}
    found = reading(narrow, **NARROW, **asked)
    assert found.measures["A"].schedule.complete == date(2025, 9, 30)
    assert (found.level("A"), found.level("B")) == ("central", "high")
    assert found.alternatives == {"kiln": "old", "oven": "new"}


def test_how_strongly_the_words_are_read():
    # Push: 30 to 75 %, in the centre 50 %.
    push = plan({"A": measure(action("source_removal", "kiln", removed="wording"), wording="push")})
    assert left(push) == pytest.approx(50)
    assert left(push, wording="low") == pytest.approx(70)
    assert left(push, wording="high") == pytest.approx(25)
    assert left(push, wording="high", adjust={"A": {"wording": "low"}}) == pytest.approx(70)


# ---------------------------------------------------------------- when


def test_an_action_acts_only_under_its_reading():
    both = plan(
        {
            "A": measure(
                action("source_removal", "kiln", when={"scope": "wide"}, removed="40 %"),
                action("source_removal", "kiln", when={"scope": ["narrow", "least"]}, removed="10 %"),
            )
        },
        switches={"scope": switch(("wide", {}), ("narrow", {}), ("least", {}))},
    )
    for value, tonnes in {"wide": 60, "narrow": 90, "least": 90}.items():
        assert left(both, switches={"scope": value}) == pytest.approx(tonnes)


def test_a_target_stands_only_under_its_reading():
    target = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025, "reduction": "5 %"}
    asked = one(targets={"T": {**target, "when": {"scope": "narrow"}}, "U": target})
    assert set(reading(asked).targets) == {"U"}
    assert set(reading(asked, **NARROW).targets) == {"T", "U"}


def test_all_conditions_must_hold():
    both = plan(switches={"s": switch((True, {}), (False, {})), "t": switch(("x", {}), ("y", {}))})
    found = reading(both, switches={"t": "y"})
    assert found.holds({})
    assert found.holds({"s": ("true",), "t": ("x", "y")})
    assert not found.holds({"s": ("true",), "t": ("x",)})


# ---------------------------------------------------------------- schedules


def schedule_of(measure_words, **plan_words):
    switches = {"scope": switch(("wide", {}), ("narrow", {"issued": "2024-07-01"}))}
    return plan({"A": measure(REMOVAL, **measure_words)}, switches=switches, **plan_words)


def ramp(start, end):
    return Schedule.model_validate({"start": start, "end": end})


def step(day):
    return Schedule.model_validate({"date": day})


@pytest.mark.parametrize(
    ("words", "plan_words", "wide", "narrow"),
    [
        ({"deadline": "2025-10-31"}, {}, ramp("2024-01-01", "2025-10-31"), ramp("2024-07-01", "2025-10-31")),
        ({}, {"horizon": "2025-12-31"}, ramp("2024-01-01", "2025-12-31"), ramp("2024-07-01", "2025-12-31")),
        (
            {"deadline": "2025-10-31"},
            {"horizon": "2025-12-31"},
            ramp("2024-01-01", "2025-10-31"),
            ramp("2024-07-01", "2025-10-31"),
        ),
        ({"deadline": "2024-03-31"}, {}, ramp("2024-01-01", "2024-03-31"), step("2024-03-31")),
        ({"deadline": "2023-12-31"}, {}, step("2023-12-31"), step("2023-12-31")),
        ({"deadline": "2024-01-01"}, {}, step("2024-01-01"), step("2024-01-01")),
    ],
)
def test_without_a_schedule_a_measure_ramps_from_the_plan_to_its_deadline(words, plan_words, wide, narrow):
    written = schedule_of({"schedule": None, **words}, **plan_words)
    assert reading(written).measures["A"].schedule == wide
    assert reading(written, **NARROW).measures["A"].schedule == narrow


def test_a_schedule_of_its_own_does_not_move_with_the_plan():
    own = schedule_of({"schedule": {"start": "2024-03-01", "end": "2025-06-30"}, "deadline": "2025-12-31"})
    for more in ({}, NARROW):
        assert reading(own, **more).measures["A"].schedule == ramp("2024-03-01", "2025-06-30")


@pytest.mark.parametrize(("mechanism", "faults"), [("source_removal", ["measure.schedule"]), ("indicator_only", [])])
def test_a_measure_that_acts_needs_some_end(mechanism, faults):
    reporter = Reporter(lambda file, location: Place())
    read(scenario(), plan({"A": measure(action(mechanism, KILN, removed="1 %"), schedule=None)}), reporter)
    assert [f.key for f in reporter.faults] == faults


# ---------------------------------------------------------------- delays

ITEMS = ("M08a", "M08b", "M080", "M09")


def delayed(**delays):
    """Measures that come later, with the months of delay."""
    items = plan({name: measure(REMOVAL, schedule={"date": "2025-01-15"}) for name in ITEMS})
    found = reading(items, delay=delays).measures
    days = {name: found[name].schedule.complete for name in ITEMS}
    return {name: (day.year - 2025) * 12 + day.month - 1 for name, day in days.items() if day != date(2025, 1, 15)}


def test_a_measure_comes_later_by_its_id():
    assert delayed(M08a="6mo") == {"M08a": 6}
    assert delayed(M080="1yr", M09="2个月") == {"M080": 12, "M09": 2}


def test_an_item_comes_later_with_all_its_parts_but_no_other_number():
    assert delayed(M08="6mo") == {"M08a": 6, "M08b": 6}


def test_an_id_that_is_there_is_that_measure_alone():
    items = plan({name: measure(REMOVAL, schedule={"date": "2025-01-15"}) for name in ("M08", "M08a")})
    found = reading(items, delay={"M08": "6mo"}).measures
    assert [found[n].schedule.complete.month for n in ("M08", "M08a")] == [7, 1]


def test_a_delay_moves_the_default_schedule_and_that_of_the_scenario():
    items = plan({"A": measure(REMOVAL, schedule=None, deadline="2025-06-30")})
    assert reading(items, delay={"A": "6mo"}).measures["A"].schedule == ramp("2024-07-01", "2025-12-31")
    own = {"A": {"schedule": {"date": "2025-03-31"}}}
    assert reading(items, delay={"A": "6mo"}, adjust=own).measures["A"].schedule == step("2025-09-30")


# ---------------------------------------------------------------- who runs, who counts


def test_a_selection_takes_by_words_chapters_standing_and_ids():
    items = plan(
        {
            "A": measure(REMOVAL, chapter="energy"),
            "B": measure(REMOVAL, wording="strive"),
            "C": measure(REMOVAL, standing="not_quantified", wording="push"),
        }
    )

    def chosen(**selection):
        return set(reading(items, measures=selection).measures)

    assert chosen() == {"A", "B", "C"}
    assert chosen(wording=["binding"]) == {"A"}
    assert chosen(wording=["binding", "push"]) == {"A", "C"}
    assert chosen(chapters=["area"]) == {"B", "C"}
    assert chosen(standing=["direct"]) == {"A", "B"}
    assert chosen(only=["A", "C"], without=["C"]) == {"A"}


def test_all_direct_measures_may_be_taken_as_accountable():
    target = {"kind": "creditable", "pollutant": "NOx", "title": LABEL, "year": 2025, "reduction": "30 t/yr"}
    measures = {
        "A": measure(REMOVAL),
        "B": measure(action("source_removal", "oven", removed="10 %"), accountable=True),
        "C": measure(action("source_removal", "oven", removed="5 %"), standing="enabling"),
    }
    both = plan(measures, switches={"scope": switch(("wide", {}), ("narrow", {"accountable": "all"}))}, targets={"T": target})
    county = inventory(KILN, {"source_id": "oven"})
    wide, narrow = run(both, county), run(both, county, **NARROW)
    assert [p.counts for p in wide.projects] == [False, True, False]
    assert [p.counts for p in narrow.projects] == [True, True, False]
    assert narrow.verdicts[0].value - wide.verdicts[0].value == pytest.approx(20)
