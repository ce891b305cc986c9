"""The split of a difference closes, whatever two scenarios differ in, and does not hang on which comes first."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emisim.case import prepare
from emisim.io.config_file import load
from emisim.questions.compare import difference
from emisim.questions.mixture import PARTS
from unit.small import action, inventory, measure, plan, scenario

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))
ROWS = ("kiln", "oven", "mill", "gas")
percent = st.integers(0, 100).map(lambda n: f"{n} %")
half = st.integers(0, 50).map(lambda n: f"{n} %")  # two of these fit beside one another
some_rows = st.lists(st.sampled_from(ROWS[:3]), min_size=1, max_size=3, unique=True)


@st.composite
def actions(draw):
    """One action of one of the kinds, on some of the rows."""
    rows, kind = (
        draw(some_rows),
        draw(st.sampled_from(("close", "move", "less", "other", "device", "run", "limit", "slip", "season", "cap"))),
    )
    if kind == "close":
        return action("source_removal", rows, removed=draw(half))
    if kind == "move":
        return action(
            "fleet_turnover",
            rows,
            to={"source_id": "gas"},
            scrapped=draw(half),
            replacement=draw(st.sampled_from(("0.5", "1.0"))),
        )
    if kind == "less":
        return action("activity_change", rows, ratio=draw(st.sampled_from(("0.5", "0.9", "1.2"))), coverage=draw(percent))
    if kind == "other":
        return action(
            "factor_substitution", rows, substituted=draw(percent), ratio=draw(st.sampled_from(("0.3", "1.5"))), pollutant="NOx"
        )
    if kind == "device":
        return action(
            "end_of_pipe", rows, efficiency=draw(percent), coverage=draw(half), kind=draw(st.sampled_from(("add_on", "replacement"))),
            stage=draw(st.sampled_from(("", "post"))), pollutant=draw(st.sampled_from(("NOx", ["NOx", "NH3"]))),
        )  # fmt: skip
    if kind == "run":
        return action("rule_effectiveness", rows, gap_closed=draw(percent))
    if kind == "limit":
        return action(
            "emission_limit", rows, factor_limit=f"{draw(st.integers(1, 20))} kg/t", coverage=draw(percent), pollutant="NOx"
        )
    if kind == "slip":
        return action("co_effect", rows, addition=f"{draw(st.integers(0, 5))} kg/t", coverage=draw(percent), pollutant="NH3")
    if kind == "season":
        return action("seasonal_control", rows, months=draw(st.sampled_from(([1], [11, 12, 1]))), cut=draw(percent))
    return action("cap", rows, limit=f"{draw(st.integers(50, 300))} t/yr")


schedules = st.sampled_from(
    (
        {"date": "2023-12-31"},
        {"date": "2026-12-31"},
        {"start": "2021-01-01", "end": "2030-12-31"},
        {"start": "2024-01-01", "end": "2025-06-30"},
    )
)


@st.composite
def scenarios(draw):
    """A bound scenario of one to four rows, with up to four measures A to D."""
    names = draw(st.sampled_from((ROWS, ROWS, ROWS[1:], (*ROWS, "stove"))))
    rows = [
        {
            "source_id": name,
            "activity": float(draw(st.integers(0, 200))),
            "factor": (draw(st.integers(0, 30)) / 1000, draw(st.integers(0, 5)) / 1000),
            "growth_driver": draw(st.sampled_from(("constant", "fast"))),
            "memo": draw(st.sampled_from(("", "", "yes"))),
        }
        for name in names
    ]
    found = inventory(*rows, pollutants=("NOx", "NH3"), growth={"fast": {2020: 1.0, 2030: 2.0}})
    eta0 = np.array([[draw(st.sampled_from((0.0, 0.6)))] * 2 for _ in names])
    found = replace(
        found, existing_efficiency=eta0, existing_effectiveness=np.full(eta0.shape, 0.9), stage=np.where(eta0 > 0, "post", "")
    )
    chosen = draw(st.lists(st.sampled_from("ABCD"), unique=True))
    measures = {
        m: measure(*draw(st.lists(actions(), min_size=2, max_size=2, unique_by=str)), schedule=draw(schedules)) for m in chosen
    }
    asked = {"allow": {"unmatched": chosen}, "target_year": draw(st.sampled_from((2025, 2030)))}
    whole = plan(measures)
    return prepare(scenario(**asked), whole, replace(found, growth={**found.growth, "constant": {2020: 1.0, 2030: 1.0}}))


@given(scenarios(), scenarios())
def test_the_parts_sum_to_the_difference_and_change_sign_when_swapped(first, second):
    there, back = difference(first, second), difference(second, first)
    scale = np.abs(there.first).sum() + np.abs(there.second).sum()
    assert there.parts.sum(axis=0) == pytest.approx(there.second - there.first, rel=1e-9, abs=1e-12 * scale)
    order = [back.pollutants.index(p) for p in there.pollutants]
    assert back.totals[:, order] == pytest.approx(-there.totals, rel=1e-9, abs=1e-12 * scale)


@given(scenarios())
def test_a_scenario_does_not_differ_from_itself(case):
    assert not difference(case, case).parts.any()


@pytest.fixture(scope="module")
def shipped():
    return {path.stem: load(path).case for path in SCENARIOS}


@pytest.mark.parametrize("names", [*combinations([path.stem for path in SCENARIOS], 2)], ids="+".join)
def test_the_shipped_scenarios_close(shipped, names):
    found = difference(*(shipped[name] for name in names))
    assert found.parts.sum(axis=0) == pytest.approx(found.second - found.first, rel=1e-9)
    assert np.abs(found.second - found.first).sum() > 1
    if names[0].split("-")[0] == names[1].split("-")[0]:  # one inventory and one plan: only how far the measures go
        assert {p for p, t in zip(PARTS, found.totals, strict=True) if t.any()} == {"coverage"}
