"""An inventory in another reading: activity counted at partner rows, and fleets that are not renewed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import inventory, plan, run, switch

from emisim.errors import BadInput
from emisim.inventory import Split

FARM = {"sector": "agriculture", "subsector": "livestock"}
FARMS = (
    {**FARM, "source_id": "pig-large", "technology": "pig", "size": "large", "activity": 60, "factor": 0.5},
    {**FARM, "source_id": "pig-small", "technology": "pig", "size": "small", "activity": 40, "factor": 0.8},
    {**FARM, "source_id": "cow-small", "technology": "cow", "size": "small", "activity": 10, "factor": 1.0},
    {**FARM, "source_id": "cow-large", "technology": "cow", "size": "large", "activity": 20, "factor": 0.9},
)


def farms():
    return inventory(*FARMS, pollutants=("NH3",))


def read_as(rows, **change):
    """The inventory of a plan one switch of which counts 10 % of the large farms as small ones."""
    given_ = {
        "applies_to": {"sector": "agriculture"},
        "column": "size",
        "from": "large",
        "to": "small",
        "share": "10 %",
        **change,
    }
    return run(plan(switches={"size": switch(("whole", {"reclassify": [given_]}))}), inventory(*rows, pollutants=("NH3",)))


def test_a_share_goes_to_the_row_that_differs_only_in_one_word():
    found = read_as(FARMS).inventory
    assert found.activity == pytest.approx([54, 46, 12, 18], rel=1e-12)


def test_the_emission_follows_the_factor_of_the_partner():
    # 6 t at 0.8 in place of 0.5, and 2 t at 1.0 in place of 0.9: 2 t more than 30 + 32 + 10 + 18 t.
    assert read_as(FARMS).base.sum() == pytest.approx(92, rel=1e-12)


def test_the_selector_says_which_rows_give():
    found = read_as(FARMS, applies_to={"technology": "cow"}, share="50 %").inventory
    assert found.activity == pytest.approx([60, 40, 20, 10], rel=1e-12)


def test_an_option_that_is_not_taken_counts_nothing_elsewhere():
    change = {"applies_to": {"sector": "agriculture"}, "column": "size", "from": "large", "to": "small", "share": "10 %"}
    both = plan(switches={"size": switch(("whole", {}), ("part", {"reclassify": [change]}))})
    assert run(both, farms()).inventory.activity.tolist() == [60, 40, 10, 20]
    assert run(both, farms(), switches={"size": "part"}).inventory.activity == pytest.approx([54, 46, 12, 18])


def test_one_share_after_another():
    # 10 % of the large, then 50 % of what are now the small: 60 − 6 + 23.
    there = {"applies_to": {"technology": "pig"}, "column": "size", "from": "large", "to": "small", "share": "10 %"}
    back = {**there, "from": "small", "to": "large", "share": "50 %"}
    both = plan(switches={"size": switch(("whole", {"reclassify": [there, back]}))})
    assert run(both, farms()).inventory.activity == pytest.approx([77, 23, 10, 20], rel=1e-12)


@pytest.mark.parametrize("rows", [FARMS[:1], (*FARMS[:3], {**FARMS[3], "region": "410308"})])
def test_without_a_partner_it_is_a_fault(rows):
    with pytest.raises(BadInput, match="has no partner that differs only in size \\(large → small\\)") as caught:
        read_as(rows)
    assert [f.key for f in caught.value.faults] == ["reclassify.partner"]


def test_without_a_row_it_is_a_fault():
    with pytest.raises(BadInput, match="no source has large in size here") as caught:
        read_as(FARMS[1:3])
    assert [f.key for f in caught.value.faults] == ["reclassify.nothing"]


@pytest.mark.parametrize("share", ["110 %", "-1 %"])
def test_a_share_is_one(share):
    with pytest.raises(BadInput, match=f"'share' is {share}"):
        read_as(FARMS, share=share)


@given(st.floats(0, 1))
def test_nothing_is_lost_or_made(share):
    found = farms().reclassified(Split(np.array([0, 3]), farms().partners(np.array([0, 3]), "size", "small"), share))
    assert found.activity.sum() == pytest.approx(farms().activity.sum(), rel=1e-12)
    assert (found.activity >= 0).all()
    assert farms().activity.tolist() == [60, 40, 10, 20]


def test_partners():
    rows = np.array([0, 1, 2, 3])
    assert farms().partners(rows, "size", "small").tolist() == [1, 1, 2, 2]
    assert farms().partners(rows, "technology", "pig").tolist() == [0, 1, 1, 0]
    assert farms().partners(rows, "size", "huge").tolist() == [-1, -1, -1, -1]


# ---------------------------------------------------------------- fleets

GROWTH = {"old": {2020: 1.0, 2025: 0.5}, "new": {2020: 1.0, 2025: 4.0}, "other": {2020: 1.0, 2025: 1.5}}
CARS = (
    {"source_id": "old-car", "fleet": "cars", "growth_driver": "old", "activity": 100, "factor": 2.0},
    {"source_id": "kiln", "growth_driver": "other", "activity": 70},
    {"source_id": "new-car", "fleet": "cars", "growth_driver": "new", "activity": 50, "factor": 0.1},
    {"source_id": "bus", "fleet": "buses", "growth_driver": "old", "activity": 10},
)


def traffic():
    return inventory(*CARS, growth=GROWTH)


def test_a_fleet_grows_as_a_whole_and_keeps_its_mix():
    # Cars: 100·0.5 + 50·4 = 250 of 150, in 2022.5 with 0.75 and 2.5: 200. The kiln has no fleet; a fleet of one row grows as that row.
    index = traffic().activity_index([2020, 2022.5, 2025])
    found = traffic().frozen_index(index)
    assert found[0] == pytest.approx([1, 200 / 150, 250 / 150], rel=1e-12)
    assert found[2].tolist() == found[0].tolist()
    assert found[1] == pytest.approx([1, 1.25, 1.5], rel=1e-12)
    assert found[3] == pytest.approx([1, 0.75, 0.5], rel=1e-12)
    assert index[0] == pytest.approx([1, 0.75, 0.5], rel=1e-12)  # what was given is not changed


def test_without_measures_the_fleet_is_not_renewed():
    # 250 of 150 cars as old as ever: 205·250/150; the reference has 50·2 + 200·0.1 = 120 t of cars.
    found = run(plan(), traffic())
    cars = [0, 2]
    assert found.frozen[cars, 0, -1].sum() == pytest.approx(205 * 250 / 150, rel=1e-12)
    assert found.reference[cars, 0, -1].sum() == pytest.approx(120, rel=1e-12)
    assert found.frozen[1, 0, -1] == found.reference[1, 0, -1] == pytest.approx(105, rel=1e-12)
    assert found.frozen[..., 0] == pytest.approx(found.base, rel=1e-12)


def test_a_fleet_of_nothing_grows_row_by_row():
    none = inventory(*({**row, "activity": 0} for row in CARS), growth=GROWTH)
    index = none.activity_index([2020, 2025])
    assert none.frozen_index(index).tolist() == index.tolist()


@given(st.lists(st.floats(0, 100), min_size=4, max_size=4), st.lists(st.floats(0.1, 5), min_size=4, max_size=4))
def test_the_sum_of_a_fleet_is_that_of_the_reference(activity, growth):
    county = inventory(*({**row, "activity": a} for row, a in zip(CARS, activity, strict=True)), growth=GROWTH)
    index = np.array(growth)[:, None]
    frozen = county.activity[:, None] * county.frozen_index(index)
    for rows in ([0, 2], [1], [3]):
        assert frozen[rows].sum() == pytest.approx((county.activity[:, None] * index)[rows].sum(), rel=1e-9, abs=1e-9)
