"""Structural uncertainty, worked out by hand: a kiln and an oven of 100 t each under several readings of a plan."""

import json
from dataclasses import replace
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import LABEL, action, inventory, measure, plan, run, scenario, switch

import tiny
from emisim.case import prepare
from emisim.errors import BadInput, Place, Reporter
from emisim.io import config_file
from emisim.report import ensemble_tables as tables
from emisim.summary import ensemble_entry
from emisim.uncertainty.ensemble import (
    Axis,
    Choice,
    all_met,
    axes,
    by_choice,
    check_ensemble,
    count,
    designed,
    evaluate,
    extremes,
    read_as,
    tally,
)
from emisim.verdicts import MET, MISSED, NOT_ASSESSABLE

ROWS = ({"source_id": "kiln", "factor_set": "kiln-new"}, {"source_id": "oven", "factor_set": "kiln-old"})
NET = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025}
REMOVAL = action("source_removal", "kiln", removed="40 %")
PUSH = action("source_removal", "oven", removed="wording")  # 30 to 75 %, in the centre 50 %
SCOPE = switch(("wide", {}), ("narrow", {"without": ["A"]}))
ALTERNATIVES = {"kiln-new": ("wet", "dry"), "kiln-old": ("dry",)}


def case(ensemble, switches=None, targets=None, measures=None, turned=None, **asked):
    """As it is, 60 + 50 = 110 t of 200 t are left: 45 % less. ``turned``: switches of the scenario."""
    acts = measures or {"A": measure(REMOVAL), "B": measure(PUSH, wording="push")}
    found = plan(acts, switches={"scope": SCOPE} if switches is None else switches, targets=targets or {})
    county = replace(inventory(*ROWS), alternatives=ALTERNATIVES)
    return prepare(scenario(ensemble=ensemble, switches=turned or {}, **asked), found, county)


def judged(ensemble, **more):
    made = case(ensemble, **more)
    return evaluate(made, lambda reading: made.tables)


def left(found):
    """Tonnes with the plan, member by member."""
    return [m.plan["NOx"] for m in found.members]


def texts(member):
    return tables.member_text(member, "en")


# ---------------------------------------------------------------- the design


@given(st.lists(st.integers(1, 3), max_size=4))
def test_a_design_has_as_many_members_as_it_says_all_different_and_the_scenario_first(others):
    found = [
        Axis(Choice("switches", f"s{d}", "0"), tuple(Choice("switches", f"s{d}", str(k)) for k in range(1, n + 1)))
        for d, n in enumerate(others)
    ]
    for design, size in (("one_at_a_time", 1 + sum(others)), ("full", prod(1 + n for n in others))):
        members = list(designed(design, found))
        assert len(members) == len(set(members)) == count(design, found) == size
        assert members[0] == ()
        assert all(len({c.name for c in m}) == len(m) for m in members)
    assert set(designed("one_at_a_time", found)) <= set(designed("full", found))


def test_each_reading_alone():
    found = judged({"switches": "all", "wording": "all"})
    assert [texts(m) for m in found.members] == ["as the scenario is", "scope=narrow", "wording low", "wording high"]
    # Without A the kiln stays at 100 t; at the weak end the oven keeps 70 t, at the strong end 25 t.
    assert left(found) == pytest.approx([110, 150, 130, 85])
    assert [m.base["NOx"] for m in found.members] == pytest.approx([200] * 4)


def test_all_readings_combined():
    found = judged({"design": "full", "switches": {"scope": ["narrow"]}, "wording": ["low", "high"]})
    assert left(found) == pytest.approx([110, 130, 85, 150, 170, 125])
    assert [len(m.choices) for m in found.members] == [0, 1, 1, 1, 2, 2]


def test_what_the_scenario_takes_is_a_member_whether_it_is_listed_or_not():
    for listed in (["wide", "narrow"], ["narrow"], "narrow", "all"):
        assert left(judged({"switches": {"scope": listed}})) == pytest.approx([110, 150])
    found = judged({"switches": "all", "wording": ["central"]}, turned={"scope": "narrow"}, wording="low")
    assert [texts(m) for m in found.members] == ["as the scenario is", "scope=wide", "wording central"]
    assert left(found) == pytest.approx([170, 130, 150])


SAYS = [{}, {"wording": "high"}, {"switches": {"scope": "narrow"}}, {"switches": {"scope": "narrow"}, "wording": "high"}]


@pytest.mark.parametrize(("number", "asked"), list(enumerate(SAYS)))
def test_a_member_is_the_scenario_that_says_the_same(number, asked):
    design = {"design": "full", "switches": "all", "wording": ["high"]}
    made = case(design, targets={"T": {**NET, "reduction": "50 %"}, "C": {**NET, "kind": "creditable", "reduction": "1 t/yr"}})
    member = evaluate(made, lambda reading: made.tables).members[number]
    alone = run(made.plan, made.tables, **asked)
    assert member.plan["NOx"] == alone.totals(alone.plan)[0, -1]
    assert list(member.verdicts.values()) == [replace(v, calendar=None) for v in alone.verdicts]


def test_a_wording_that_a_switch_sets_gives_way_to_that_of_the_member():
    strong = {"scale": switch(("high", {"wording": "high"}), ("plain", {}))}
    assert left(judged({"wording": ["low", "central"]}, switches=strong)) == pytest.approx([85, 130, 110])


# ---------------------------------------------------------------- factor sets


def with_factors(ensemble, **asked):
    """Members with other factors: ``wet`` doubles, ``dry`` halves what the sets emit; and the alternatives asked for."""
    made, asked_for = case(ensemble, switches={}, measures={"A": measure(REMOVAL)}, **asked), []

    def read(reading):
        asked_for.append(dict(reading.alternatives))
        times = {"wet": 2.0, "dry": 0.5}
        factor = [times.get(reading.alternatives.get(str(s)), 1.0) for s in made.tables.text["factor_set"]]
        return replace(made.tables, factor=made.tables.factor * np.array(factor)[:, None])

    return evaluate(made, read), asked_for


def test_alternatives_of_each_factor_set():
    found, asked_for = with_factors({"alternatives": "all"})
    assert [texts(m) for m in found.members[1:]] == ["kiln-new~wet", "kiln-new~dry", "kiln-old~dry"]
    assert asked_for == [{"kiln-new": "wet"}, {"kiln-new": "dry"}, {"kiln-old": "dry"}]
    assert left(found) == pytest.approx([160, 220, 130, 110])
    assert [m.base["NOx"] for m in found.members] == pytest.approx([200, 300, 150, 150])


def test_factor_sets_that_go_together_are_named_by_the_beginning_of_their_names():
    found, asked_for = with_factors({"alternatives": {"kiln": "all"}})
    assert [texts(m) for m in found.members[1:]] == ["kiln~wet", "kiln~dry"]
    # The old kiln has no wet alternative and stays as it is.
    assert asked_for == [{"kiln-new": "wet"}, {"kiln-new": "dry", "kiln-old": "dry"}]
    assert left(found) == pytest.approx([160, 220, 80])


def test_the_more_exact_name_counts():
    _, asked_for = with_factors({"design": "full", "alternatives": {"kiln-new": ["wet"], "kiln": ["dry"]}})
    assert {"kiln-new": "wet", "kiln-old": "dry"} in asked_for


def test_a_set_itself_is_the_default():
    found, asked_for = with_factors({"alternatives": "all"}, alternatives={"kiln-new": "wet"})
    assert [texts(m) for m in found.members[1:]] == ["kiln-new~default", "kiln-new~dry", "kiln-old~dry"]
    assert asked_for == [{}, {"kiln-new": "dry"}, {"kiln-new": "wet", "kiln-old": "dry"}]


def test_factor_sets_that_differ_are_mixed():
    made = case({"alternatives": {"kiln": "all"}}, alternatives={"kiln-new": "wet"})
    (axis,) = axes(made.scenario.ensemble, made.plan, made.reading, made.tables.alternatives)
    assert axis.taken.value == "mixed"
    assert [c.value for c in axis.others] == ["default", "wet", "dry"]


# ---------------------------------------------------------------- verdicts


def test_in_how_many_readings_a_target_is_met_and_what_turns_it():
    found = judged({"switches": "all", "wording": "all"}, targets={"T": {**NET, "reduction": "30 %"}})
    # 45, 25, 35 and 57.5 %.
    t = tally(found, "T")
    assert (t.readings, t.met, t.missed, t.turns_to) == (4, 3, 1, MISSED)
    assert [texts(m) for m in t.turned] == ["scope=narrow"]
    assert (texts(t.lowest), texts(t.highest)) == ("scope=narrow", "wording high")
    assert t.highest.verdicts["T"].value == pytest.approx(57.5)
    assert [all_met(m) for m in found.members] == [True, False, True, True]


def test_of_a_missed_target_those_count_that_meet_it():
    t = tally(judged({"switches": "all", "wording": "all"}, targets={"T": {**NET, "reduction": "50 %"}}), "T")
    assert (t.met, t.missed, t.turns_to, [texts(m) for m in t.turned]) == (1, 3, MET, ["wording high"])


def test_of_combined_readings_only_the_smallest_changes_are_named():
    found = judged({"design": "full", "switches": "all", "wording": "all"}, targets={"T": {**NET, "reduction": "30 %"}})
    t = tally(found, "T")
    # 45, 35, 57.5 | 25, 15, 37.5 %: the narrow scope misses it alone or with the weak wording.
    assert (t.met, t.missed) == (4, 2)
    assert [texts(m) for m in t.turned] == ["scope=narrow"]
    taken = {c.value: [m.verdicts["T"].verdict for m in mine].count(MET) for c, mine in by_choice(found).items()}
    assert taken == {"wide": 3, "narrow": 1, "central": 1, "low": 1, "high": 2}


def test_what_cannot_be_assessed_is_not_met():
    found = judged({"switches": "all"}, targets={"T": {**NET, "reduction": None}})
    t = tally(found, "T")
    assert [m.verdicts["T"].verdict for m in found.members] == [NOT_ASSESSABLE] * 2
    assert (t.readings, t.met, t.missed, t.turned) == (2, 0, 0, ())
    assert not any(all_met(m) for m in found.members)


def test_a_target_of_some_readings_is_counted_in_those():
    targets = {"T": {**NET, "reduction": "30 %", "when": {"scope": "narrow"}}, "U": {**NET, "reduction": "10 %"}}
    found = judged({"switches": "all"}, targets=targets)
    t = tally(found, "T")
    assert (t.readings, t.met, t.missed, [texts(m) for m in t.turned]) == (1, 0, 1, ["scope=narrow"])
    assert tally(found, "U").readings == 2
    assert tables.targets(found, "en").rows[0][2] == "–"


def test_indicators_are_counted():
    formula = {"formula": "reported", "value": "80 %"}
    aim = {"kind": "indicator", "title": LABEL, "year": 2025, "required": "75 %", "indicator": formula}
    targets = {"I": aim, "J": {**aim, "required": "90 %", "when": {"scope": "narrow"}}, "K": {**aim, "required": None}}
    found = judged({"switches": "all"}, targets=targets)
    assert [(m.met, m.missed, m.unassessed) for m in found.members] == [(1, 0, 1), (1, 1, 1)]
    assert not found.targets


def test_values_that_differ_in_rounding_only_are_one():
    found = judged({"switches": "all"})
    values = {id(found.members[0]): 0.3, id(found.members[1]): 0.1 + 0.2}
    assert extremes(found.members, lambda m: values[id(m)]) == (found.members[0],) * 2
    assert extremes(found.members, lambda m: None) == (None, None)


# ---------------------------------------------------------------- readings that cannot be


SLIP = measure(action("co_effect", "kiln", addition="0 t/t", pollutant="NOx"))
TOO_MUCH = {"adjust": {"N": {"parameters": {"addition": "-2 t/t"}}}}
SLIPPING = {"A": measure(REMOVAL), "B": measure(PUSH, wording="push"), "N": SLIP}
CLASH = {"scope": switch(("wide", {}), ("odd", TOO_MUCH), ("narrow", {"without": ["A"]}))}


def test_a_reading_that_cannot_be_run_is_listed_with_its_fault():
    found = judged({"switches": "all"}, switches=CLASH, measures=SLIPPING, targets={"T": {**NET, "reduction": "30 %"}})
    assert [m.fault.key if m.fault else None for m in found.members] == [None, "plan.negative", None]
    assert [texts(m) for m in found.run] == ["as the scenario is", "scope=narrow"]
    assert tally(found, "T").readings == 2
    row = tables.members(found, "en").rows[1]
    assert row[:2] == ("1", "scope=odd")
    assert "below zero" in row[-1]
    assert "1 more cannot be run" in tables.targets(found, "en").note
    assert "另有 1 种" in tables.targets(found, "zh").note


def test_a_scenario_that_cannot_be_run_is_a_fault():
    made = case({"switches": "all"}, measures={"A": measure(action("co_effect", "kiln", addition="-2 t/t", pollutant="NOx"))})
    with pytest.raises(BadInput):
        evaluate(made, lambda reading: made.tables)


# ---------------------------------------------------------------- faults


def faults(ensemble, alternatives=ALTERNATIVES, **asked):
    reporter = Reporter(lambda file, location: Place())
    made = case(ensemble, **asked)
    check_ensemble(made.scenario, made.plan, made.reading, alternatives, reporter)
    return [f.text() for f in reporter.faults]


def test_what_it_names_must_exist():
    told = faults({"switches": {"scop": "all", "scope": ["narow"]}, "alternatives": {"klin": "all", "kiln-old": ["wet"]}})
    assert len(told) == 4
    assert "did you mean 'scope'?" in told[0]
    assert "did you mean 'narrow'?" in told[1]
    assert any("no alternatives for a factor set 'klin'" in text for text in told)
    assert any("factor set 'kiln-old' has no alternative 'wet'; it has: default, dry" in text for text in told)


def test_an_empty_ensemble_is_a_fault():
    for nothing in ({}, {"switches": {"scope": ["wide"]}}, {"wording": ["central"]}):
        assert "varies nothing" in faults(nothing)[0]
    assert not faults({"wording": ["low"]})


def test_a_full_design_has_its_bound():
    large = {"design": "full", "switches": "all", "alternatives": "all", "wording": "all"}
    # 2 · 3 · 2 · 3
    assert "has 36 members, more than 35" in faults({**large, "most": 35})[0]
    assert not faults({**large, "most": 36})
    assert not faults({**large, "design": "one_at_a_time", "most": 2})


def test_without_an_inventory_the_plan_is_checked_all_the_same():
    assert len(faults({"switches": {"scop": "all"}, "alternatives": {"klin": "all"}}, alternatives=None)) == 1
    assert not faults({"alternatives": {"klin": "all"}}, alternatives=None)


def test_all_as_a_value_is_written_in_a_list():
    who = {"who": switch(("some", {}), ("all", {"accountable": "all"}), ("none", {}))}
    assert len(judged({"switches": {"who": "all"}}, switches=who).members) == 3
    assert [texts(m) for m in judged({"switches": {"who": ["all"]}}, switches=who).members[1:]] == ["who=all"]


def test_true_and_false_are_values_like_others():
    both = {"scope": switch((True, {}), (False, {"without": ["A"]}))}
    assert left(judged({"switches": {"scope": [True, False]}}, switches=both)) == pytest.approx([110, 150])


# ---------------------------------------------------------------- tables


TARGETS = {"T": {**NET, "reduction": "30 %"}, "V": {**NET, "reduction": None}}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("design", ["one_at_a_time", "full"])
def test_tables_are_whole_in_both_languages(language, design):
    found = judged({"design": design, "switches": "all", "wording": "all"}, targets=TARGETS)
    shown = tables.all_tables(found, language)
    assert len(shown) == (4 if design == "full" else 3)
    for table in shown:
        assert table.rows
        assert all(len(row) == len(table.header) for row in table.rows)
        assert max(table.right | table.wide) < len(table.header)
    assert len(shown[-1].rows) == len(found.members)


def test_the_line_of_a_target():
    found = judged({"switches": "all", "wording": "all"}, targets=TARGETS)
    table = tables.targets(found, "en")
    first, second = table.rows
    assert first[1:7] == (
        ">= 30 %", "45.00 % met", "3 of 4", "25.00 %: scope=narrow", "57.50 %: wording high", "missed with scope=narrow",
    )  # fmt: skip
    assert second[1:4] == ("–", "45.00 % not assessable", "not assessable")
    assert "met in 3 of 4 readings" in table.note
    assert tables.targets(found, "zh").rows[0][6] == "换用后未完成：scope=narrow"


def test_totals_name_the_reading_that_gives_them():
    (row,) = tables.totals(judged({"switches": "all", "wording": "all"}), "en").rows
    assert row == ("NOx", "110 (-45.0 %)", "85.0 (-57.5 %): wording high", "150 (-25.0 %): scope=narrow")


def test_plain_data_can_be_written():
    found = judged({"switches": "all", "wording": "all"}, switches=CLASH, measures=SLIPPING, targets=TARGETS)
    data = json.loads(json.dumps(ensemble_entry(found), allow_nan=False))
    assert (data["members"], data["run"], data["all_met"]) == (5, 4, 3)
    assert data["targets"]["T"] | {"unit": ""} == {
        "readings": 4, "met": 3, "missed": 1, "not_assessable": 0, "unit": "", "turns_to": "missed", "turned": [2],
        "lowest": {"value": 25.0, "reading": 2}, "highest": {"value": 57.5, "reading": 4},
    }  # fmt: skip
    assert data["readings"][0]["switches"] == {}
    assert data["readings"][1]["switches"] == {"scope": "odd"}
    assert "below zero" in data["readings"][1]["fault"]
    assert data["readings"][3]["wording"] == "low"
    assert data["readings"][4]["totals"] == {"NOx": {"base": 200.0, "plan": 85.0}}


# ---------------------------------------------------------------- from files


def folder(tmp_path, ensemble):
    tiny.copy(tmp_path)
    with (tmp_path / "scenario.yaml").open("a", encoding="utf-8") as stream:
        stream.write(ensemble)
    return config_file.load(tmp_path / "scenario.yaml", lambda p: p.name)


def test_a_scenario_without_one_has_none(tmp_path):
    assert config_file.ensemble_of(folder(tmp_path, "")) is None


def test_each_set_of_alternatives_is_read_once(tmp_path, monkeypatch):
    loaded = folder(tmp_path, "ensemble: {design: full, switches: all, alternatives: all, wording: all}\n")
    honest, reads, told = config_file.read_inventory, [], []

    def counted(*asked):
        reads.append(asked[3])
        return honest(*asked)

    monkeypatch.setattr(config_file, "read_inventory", counted)
    found = config_file.ensemble_of(loaded, lambda done, size: told.append((done, size)))
    assert len(found.members) == 2 * 2 * 3
    assert reads == [{}]  # the scenario takes the injected slurry, whose inventory is there already
    assert told == [(k, 12) for k in range(1, 13)]
    spread = [m.base["NH3"] for m in found.members]
    assert max(spread) > min(spread)


def test_a_member_is_what_turning_the_switch_gives(tmp_path):
    loaded = folder(tmp_path, "ensemble: {switches: all}\n")
    turned = config_file.with_switch(loaded, "scope", "false")
    mine = read_as(loaded.case, (Choice("switches", "scope", "false"),), lambda reading: loaded.case.tables)
    assert mine.bound.names == turned.bound.names
    assert [op.measure for op in mine.bound.operations] == [op.measure for op in turned.bound.operations]
