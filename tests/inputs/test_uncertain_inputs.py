"""The ranges and correlations of the two county inventories: none is missing, none is hidden, and together they are possible."""

import csv
import math
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2] / "inputs"
COUNTIES = ("mengjin", "yichuan")
BASE_YEAR = "2020"
JUDGED_WORK = {"heavy-truck-diesel": 0.10, "medium-light-truck": 0.10, "passenger-car": 0.10, "construction-machine": 0.15}
SAYS_RANGE = re.compile(r"\brange\b|\bplausible\b")
NEWEST = ("truck-heavy-china-vi", "truck-light-china-vi", "car-china-vi", "construction-stage-iv", "farm-machine-stage-iv")
ROUNDING = 1e-3  # of two printed ends

pytestmark = pytest.mark.parametrize("county", COUNTIES)


@cache
def table(county, name):
    with (ROOT / county / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def grown(county):
    return [row for row in table(county, "growth") if row["year"] != BASE_YEAR]


def drawn(county):
    """Variable → how many figures are drawn with it: a correlation group, or the id of a figure that stands alone."""
    found = {}
    for name, identity in (
        ("sources", lambda r: f"activity:{r['source_id']}"),
        ("factors", lambda r: f"factor:{r['factor_set']}:{r['pollutant']}"),
        ("growth", lambda r: f"growth:{r['driver']}"),
    ):
        for row in table(county, name):
            if row["low"]:
                variable = row["correlation_group"] or identity(row)
                found[variable] = found.get(variable, 0) + 1
    return found


def pearson(row):
    return 2 * math.sin(math.pi * float(row["rank_correlation"]) / 6)


def test_every_index_after_the_base_year_has_a_range(county):
    for row in grown(county):
        if not row["low"] and row["grade"] in "AB":
            continue  # published
        low, index, high = (float(row[column]) for column in ("low", "index", "high"))
        assert low < index < high, row
        assert row["distribution"] in ("triangular", "lognormal")


def test_the_base_year_is_one_by_definition(county):
    base = [row for row in table(county, "growth") if row["year"] == BASE_YEAR]
    assert base
    assert all(not (row["low"] or row["high"] or row["distribution"]) for row in base)


def test_what_is_judged_says_so(county):
    """A range is a judgement unless the figure's own note gives it; the judgement behind a fleet stands with its base year."""
    notes = {(row["driver"], row["year"]): row["note"] for row in table(county, "growth")}
    for row in grown(county):
        if row["low"]:
            assert SAYS_RANGE.search(row["note"]), row
        elsewhere = re.search(r"see (\S+) (\d{4})$", row["note"])
        if elsewhere:
            assert "range: expert judgement" in notes[elsewhere.groups()]
    judged = table(county, "correlations")
    assert all(row["grade"] == "E" and row["source"] == "expert judgement" and row["note"] for row in judged)


def test_no_range_closes_towards_the_last_year(county):
    """But for what is published, and for the newest stage, which is the small rest of the others while it is new."""
    last = {}
    for row in grown(county):
        if row["low"] and row["grade"] not in "AB" and not row["driver"].endswith(NEWEST):
            width = math.log(float(row["high"]) / float(row["low"]))
            assert width >= last.get(row["driver"], 0.0) - ROUNDING, row
            last[row["driver"]] = width


def test_a_driver_has_one_group(county):
    """All its years are one variable, so they cannot belong to different ones."""
    groups = {}
    for row in table(county, "growth"):
        groups.setdefault(row["driver"], set()).add(row["correlation_group"])
    assert all(len(names) == 1 for names in groups.values())


def test_every_name_in_the_correlations_is_drawn(county):
    names = {row[end] for row in table(county, "correlations") for end in ("first", "second")}
    assert sorted(names - set(drawn(county))) == []


def test_every_pair_is_declared_once(county):
    pairs = [tuple(sorted((row["first"], row["second"]))) for row in table(county, "correlations")]
    assert len(pairs) == len(set(pairs))


def test_rank_correlations_are_possible(county):
    """Each alone; and all together: the matrix of the scores is positive semidefinite. Within a group none is negative."""
    rows = table(county, "correlations")
    assert all(-1 <= float(row["rank_correlation"]) <= 1 for row in rows)
    assert all(float(row["rank_correlation"]) >= 0 for row in rows if row["first"] == row["second"])
    names = sorted(drawn(county))
    matrix = np.eye(len(names))
    for row in rows:
        if row["first"] != row["second"]:
            i, j = names.index(row["first"]), names.index(row["second"])
            matrix[i, j] = matrix[j, i] = pearson(row)
    assert np.linalg.eigvalsh(matrix).min() > 1e-3


def test_no_group_has_members_of_two_kinds(county):
    """Activity, factor and growth are drawn apart, so a name must not mean two groups."""
    kinds = {}
    for name in ("sources", "factors", "growth"):
        for row in table(county, name):
            if row["correlation_group"]:
                kinds.setdefault(row["correlation_group"], set()).add(name)
    assert {group: found for group, found in kinds.items() if len(found) > 1} == {}


def test_factors_of_a_group_are_of_one_pollutant(county):
    found = {}
    for row in table(county, "factors"):
        if row["correlation_group"]:
            found.setdefault(row["correlation_group"], set()).add(row["pollutant"])
    assert all(len(pollutants) == 1 for pollutants in found.values())


def test_total_work_of_a_fleet_hardly_depends_on_its_mix(county):
    """Fast renewal means fewer old vehicles and more new ones: the total varies by what was judged for it alone."""
    scores = _growth_scores(county, 20_000)
    rows = {row["driver"]: row for row in table(county, "growth") if row["year"] == "2025"}
    for prefix, judged in JUDGED_WORK.items():
        total, centre = 0.0, 0.0
        for source in table(county, "sources"):
            if source["source_id"].startswith(prefix):
                row = rows[source["growth_driver"]]
                low, index, high = (float(row[column]) for column in ("low", "index", "high"))
                ratio = np.where(scores[row["driver"]] < 0, index / low, high / index) ** (scores[row["driver"]] / 1.96)
                total = total + float(source["activity"]) * index * ratio
                centre += float(source["activity"]) * index
        low, high = np.quantile(total / centre, (0.025, 0.975))
        assert 0.5 * judged < 1 - low < 1.3 * judged, prefix
        assert 0.5 * judged < high - 1 < 1.3 * judged, prefix


def _growth_scores(county, count):
    """Standard normal scores of the drivers, (draw,) each: one for all of a group, correlated between groups as declared."""
    variable = {row["driver"]: row["correlation_group"] or f"growth:{row['driver']}" for row in grown(county)}
    names = sorted(set(variable.values()))
    matrix = np.eye(len(names))
    for row in table(county, "correlations"):
        if row["first"] != row["second"] and {row["first"], row["second"]} <= set(names):
            i, j = names.index(row["first"]), names.index(row["second"])
            matrix[i, j] = matrix[j, i] = pearson(row)
    drawn_scores = np.random.default_rng(1).standard_normal((count, len(names))) @ np.linalg.cholesky(matrix).T
    return {driver: drawn_scores[:, names.index(name)] for driver, name in variable.items()}
