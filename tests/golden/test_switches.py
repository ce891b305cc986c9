"""Turning a switch changes what it should and nothing else: one golden row for every reading that is not the default.

A row says by how much the plan's totals of the target year move, in which sectors and subsectors anything moves at all, whether the calendar
years move, and which targets. After a change of the plans or inventories, look at the difference and write the file anew:

    python -m tests.golden.test_switches
"""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from emisim.io.config_file import load, with_switch
from emisim.kernel import run
from emisim.periods import calendar
from emisim.simulate import levels
from emisim.verdicts import judge

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("switches.csv")
COUNTIES = ("mengjin", "yichuan")
SPECIES = ("NOx", "VOC", "NH3")
COLUMNS = ("plan", "switch", "value", *(f"{p}_t" for p in SPECIES), "calendar_t", "moved", "targets")
SMALLEST_T = 1e-9


@cache
def loaded(county):
    return load(ROOT / "scenarios" / f"{county}-2025.yaml")


def readings(county):
    """(switch, value) of every reading that is not the default."""
    switches = loaded(county).case.plan.switches
    return [(name, value) for name, switch in switches.items() for value in switch.values if value != switch.default]


@cache
def emitted(county, key=None):
    """Level of the target year and total of all calendar years (row, pollutant), and the verdicts, of one reading."""
    case = loaded(county).case if key is None else with_switch(loaded(county), *key)
    end = levels(case)
    months = calendar(case.scenario.base_year, case.scenario.target_year)
    years = months.by_year(run(*case.arrays(months)).emission).sum(axis=-1)
    return case, end.plan.emission[..., -1], years, judge(case.reading.targets, end.evidence)


def answer(v):
    return v.verdict, v.required, None if v.value is None else round(v.value, 9)


def row(county, key):
    """What one reading changes, as texts."""
    (default, before, years, verdicts), (case, after, other_years, other_verdicts) = emitted(county), emitted(county, key)
    official = ~default.inventory.memo
    text = default.inventory.text
    moved = (np.abs(after - before) > SMALLEST_T).any(axis=1) | (
        np.abs(case.inventory.emission() - default.inventory.emission()) > SMALLEST_T
    ).any(axis=1)
    places = sorted({f"{text['sector'][i]}/{text['subsector'][i]}" for i in np.flatnonzero(moved)})
    old, new = ({v.id: answer(v) for v in found} for found in (verdicts, other_verdicts))
    targets = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    tonnes = (after - before)[official].sum(axis=0)
    by_year = (other_years - years)[official].sum()
    numbers = [f"{tonnes[default.inventory.pollutants.index(p)]:.3f}" for p in SPECIES] + [f"{by_year:.3f}"]
    values = (county, *key, *(n if float(n) else "0" for n in numbers), " ".join(places), " ".join(targets))
    return dict(zip(COLUMNS, values, strict=True))


def golden():
    with GOLDEN.open(encoding="utf-8", newline="") as stream:
        return {(r["plan"], r["switch"], r["value"]): r for r in csv.DictReader(stream)}


def test_every_reading_of_both_plans_has_its_row():
    assert set(golden()) == {(county, *key) for county in COUNTIES for key in readings(county)}


@pytest.mark.parametrize("key", golden() if GOLDEN.exists() else (), ids="-".join)
def test_a_reading_changes_what_its_row_says(key):
    assert row(key[0], key[1:]) == golden()[key]


@pytest.mark.parametrize("county", COUNTIES)
def test_a_switch_that_is_set_to_its_default_changes_nothing(county):
    defaults = {name: switch.default for name, switch in loaded(county).case.plan.switches.items()}
    changes = [(("switches", name), value, f"--set {name}={value}") for name, value in defaults.items()]
    same = levels(load(ROOT / "scenarios" / f"{county}-2025.yaml", changes=changes).case)
    assert np.array_equal(same.plan.emission, levels(loaded(county).case).plan.emission)


def write():
    """Write the golden file anew."""
    rows = [row(county, key) for county in COUNTIES for key in readings(county)]
    with GOLDEN.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    write()
