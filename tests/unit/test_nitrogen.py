"""The nitrogen balance of manure chains, worked out by hand. Half a tonne of N is lost with each tonne emitted."""

import numpy as np
import pytest
from small import action, inventory, measure, plan, run

from emisim.nitrogen import balance, chains

HALF = np.array([0.5])
STAGES = (
    {"source_id": "spreading", "activity": 680, "factor": 0.5, "inflow_from": "storage"},
    {"source_id": "housing", "activity": 1000, "factor": 0.2},
    {"source_id": "fertiliser", "activity": 70, "factor": 0.1},
    {"source_id": "storage", "activity": 810, "factor": 0.4, "inflow_from": "housing"},
)
SPREADING, HOUSING, FERTILISER, STORAGE = range(4)


def farm(**changes):
    """Three stages, the last written first, and a source in no chain."""
    return inventory(*({**row, "sector": "agriculture", **changes} for row in STAGES), pollutants=("NH3",))


def only(chain_list):
    assert len(chain_list) == 1
    return chain_list[0]


def test_a_chain_goes_from_the_first_stage_to_the_last_whatever_the_order_of_the_table():
    assert chains(farm()) == [(HOUSING, STORAGE, SPREADING)]
    assert chains(inventory({"source_id": "a"})) == []


def test_two_chains():
    county = inventory(
        {"source_id": "pigs"}, {"source_id": "cows"}, {"source_id": "slurry", "inflow_from": "cows"},
        {"source_id": "manure", "inflow_from": "pigs"},
    )  # fmt: skip
    assert chains(county) == [(0, 3), (1, 2)]


def test_the_base_year():
    # 1000 t N enter; 200 t with 100 t N are emitted, 900 t left; 810 t reach storage (90 go); 324 t with 162 t N, 648 t left;
    # 680 t reach the field (32 come); 340 t with 170 t N, 510 t left.
    found = only(balance(farm(), farm().activity, farm().emission(), HALF))
    assert found.rows == (HOUSING, STORAGE, SPREADING)
    assert found.entering == 1000
    assert found.emitted == pytest.approx((100, 162, 170), rel=1e-12)
    assert found.between == pytest.approx((-90, 32), rel=1e-12)
    assert found.left == pytest.approx(510, rel=1e-12)
    assert found.gap == pytest.approx(0.0, abs=1e-9)
    assert found.entering + sum(found.between) == pytest.approx(sum(found.emitted) + found.left, rel=1e-12)


def test_less_lost_in_the_first_stage_goes_on_to_the_next():
    # Housing at half: 50 t N lost, 950 left, nine tenths of it reach storage: 855, of which 171 are lost; 684·680/648 = 717.8 reach the field.
    reach = np.array([684 * 680 / 648, 1000, 70, 855])
    emission = reach[:, None] * farm().factor * np.array([[1], [0.5], [1], [1]])
    found = only(balance(farm(), reach, emission, HALF))
    assert found.emitted[:2] == pytest.approx((50, 171), rel=1e-12)
    assert found.gap == pytest.approx(0.0, abs=1e-9)


def test_what_does_not_reach_the_next_stage_shows_in_the_gap():
    # 700 t N reach storage though 810 should; of what it leaves, 560 t, all that should reaches the field.
    reach = np.array([560 * 680 / 648, 1000, 70, 700])
    found = only(balance(farm(), reach, reach[:, None] * farm().factor, HALF))
    assert found.gap == pytest.approx(110, rel=1e-12)


def test_a_measure_on_the_first_stage_leaves_no_gap_and_one_on_the_activity_between_does():
    def result(*actions):
        return run(plan({"M": measure(*actions)}), farm())

    first = result(action("end_of_pipe", "housing", efficiency="50 %", pollutant="NH3"))
    assert only(first.nitrogen["plan"]).gap == pytest.approx(0.0, abs=1e-9)
    assert only(first.nitrogen["plan"]).emitted[1] > only(first.nitrogen["reference"]).emitted[1]
    between = result(action("activity_change", "storage", ratio=0.9))
    assert only(between.nitrogen["reference"]).gap == pytest.approx(0.0, abs=1e-9)
    assert only(between.nitrogen["plan"]).gap == pytest.approx(81, rel=1e-9)  # a tenth of 810 t N is taken out


def test_nothing_left_to_hand_on():
    county = inventory(
        {"source_id": "a", "activity": 0}, {"source_id": "b", "activity": 0, "inflow_from": "a"}, pollutants=("NH3",)
    )
    found = only(balance(county, county.activity, county.emission(), HALF))
    assert (found.entering, found.left, found.gap) == (0, 0, 0)
