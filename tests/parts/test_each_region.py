"""`each: region`: every region carries out the plan by itself, as if it were alone."""

import csv

import numpy as np
import pytest

import tiny
from emisim.errors import BadInput
from emisim.io.config_file import load
from emisim.simulate import simulate
from nation import nation

REGIONS = 3


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    return simulate(load(nation(tmp_path_factory.mktemp("together"), REGIONS)).case)


def alone(folder, region):
    """The run of one region whose sources are the only ones."""
    scenario = nation(folder, REGIONS)
    path = folder / "inventory" / "sources.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for k, line in enumerate(lines) if not k or f",{region}," in line), encoding="utf-8")
    tiny.replace(scenario, "each: region\n", "")
    return simulate(load(scenario).case)


@pytest.mark.parametrize("k", range(REGIONS))
def test_a_region_among_others_is_as_it_is_alone(together, k, tmp_path):
    region = f"4103{k:02d}"
    mine = alone(tmp_path, region)
    rows = np.flatnonzero(together.inventory.text["region"] == region)
    assert together.inventory.ids[rows].tolist() == mine.inventory.ids.tolist()
    for name in ("base", "frozen", "reference", "plan", "calendar_plan", "activity_plan"):
        np.testing.assert_allclose(getattr(together, name)[rows], getattr(mine, name), rtol=1e-12, atol=1e-12)
    here = np.isin(together.ledger.row, rows)
    every = np.ones(len(mine.inventory), bool)
    for which in ("reduction", "first_in", "last_in"):
        found = np.zeros((len(mine.bound.names), *mine.plan.shape[1:]))
        np.add.at(found, together.ledger.measure[here], getattr(together.ledger, which)[here])
        wanted = mine.ledger.by_measure(len(mine.bound.names), every, which)
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9 * np.abs(wanted).max())


def test_without_it_activity_goes_to_all_regions(tmp_path, together):
    scenario = nation(tmp_path, REGIONS)
    tiny.replace(scenario, "each: region\n", "")
    mixed = simulate(load(scenario).case)
    assert not np.allclose(mixed.plan, together.plan, rtol=1e-6)
    coal = mixed.inventory.select(({"fuel": ("coal",)},))  # the cap holds for all regions together, or for each
    most = 1.05e4 * np.array([1, REGIONS])
    assert mixed.activity_plan[coal, -1].sum() <= most[0] < together.activity_plan[coal, -1].sum() <= most[1]


def without(scenario, name):
    """Take some sources out of the table."""
    path = scenario.parent / "inventory" / "sources.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(row for row in rows if row["source_id"] != name)


def test_a_region_without_a_destination_is_told_or_left_alone(tmp_path):
    scenario = nation(tmp_path, REGIONS)
    without(scenario, "410301-boiler-gas")
    with pytest.raises(BadInput) as bad:
        load(scenario)
    assert [(f.key, f.values["measure"], f.values["regions"]) for f in bad.value.faults] == [
        ("action.no_destination", "A01", "410301")
    ]
    tiny.replace(scenario, "  raises: [A01]", "  raises: [A01]\n  unmatched: [A01]")
    result = simulate(load(scenario).case)
    coal = result.inventory.select(({"fuel": ("coal",), "region": ("410301",)},))
    bound, m = result.bound, result.bound.names.index("A01")
    assert not any(np.isin(coal, op.rows).any() for op in bound.operations if op.measure == m)


def test_shares_need_every_technology_in_every_region(tmp_path):
    scenario = nation(tmp_path, REGIONS)
    without(scenario, "410302-car-electric")
    with pytest.raises(BadInput) as bad:
        load(scenario)
    assert "shares.region" in [f.key for f in bad.value.faults]
