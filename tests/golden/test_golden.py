"""One small file an equation: an inventory of a few rows, a plan, and the numbers worked out by hand.

Every file goes the whole way of a user's files: CSV and YAML on disk, reader, binding, kernel, ledger, verdicts.
"""

import csv
from pathlib import Path

import pytest
import yaml

from emisim.inventory import FACTOR_COLUMNS, GROWTH_COLUMNS, SOURCE_COLUMNS
from emisim.io.config_file import load
from emisim.mechanisms import MECHANISMS
from emisim.simulate import simulate

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*.yaml"))

SOURCE = {"region": "410308", "sector": "other", "unit": "t/yr", "growth_driver": "constant", "grade": "A", "source": "made up"}
FACTOR = {"pollutant": "NOx", "unit": "kg/t", "grade": "A", "source": "made up"}
MEASURE = {
    "clause": "1", "chapter": "industry", "title": {"zh": "例", "en": "example"}, "wording": "full", "schedule": {"date": "2021-12-31"},
}  # fmt: skip
TARGET = {"title": {"zh": "例", "en": "example"}, "year": 2025}


def write_table(path, columns, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(columns))
        writer.writeheader()
        writer.writerows(rows)


def write_case(golden, folder):
    """Write a golden file's case as the files a user would write; return the scenario's path."""
    sources = [
        {**SOURCE, "name_zh": name, "name_en": name, "factor_set": name, "source_id": name, **row}
        for name, row in golden["sources"].items()
    ]
    write_table(folder / "sources.csv", SOURCE_COLUMNS, sources)
    write_table(folder / "factors.csv", FACTOR_COLUMNS, [{**FACTOR, **row} for row in golden["factors"]])
    used = {row["growth_driver"] for row in sources}
    growth = {"constant": {2020: 100, 2025: 100}, **golden.get("growth", {})}
    growth = {driver: series for driver, series in growth.items() if driver in used}  # a driver that nothing uses is a fault
    rows = [
        {"driver": d, "year": y, "index": v, "grade": "A", "source": "made up"}
        for d, series in growth.items()
        for y, v in series.items()
    ]
    write_table(folder / "growth.csv", GROWTH_COLUMNS, rows)
    plan = {
        "plan": "golden", "title": {"zh": "例", "en": "example"}, "region": "410308", "issued": "2020-01-01",
        "measures": {name: {**MEASURE, **measure} for name, measure in golden.get("measures", {}).items()},
        "targets": {name: {**TARGET, **target} for name, target in golden.get("targets", {}).items()},
        **{k: golden[k] for k in ("overlaps", "combinations") if k in golden},
    }  # fmt: skip
    scenario = {
        "scenario": "golden", "title": plan["title"], "inventory": ".", "plan": "plan.yaml", "base_year": 2020, "target_year": 2025,
    }  # fmt: skip
    for name, data in (("plan.yaml", plan), ("scenario.yaml", scenario)):
        text = yaml.dump(data, Dumper=PlainDumper, allow_unicode=True, sort_keys=False)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "scenario.yaml"


class PlainDumper(yaml.SafeDumper):
    """Without anchors, which emisim's reader refuses."""

    def ignore_aliases(self, data):
        return True


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_golden(path, tmp_path):
    golden = yaml.safe_load(path.read_text(encoding="utf-8"))
    result = simulate(load(write_case(golden, tmp_path)).case)
    expect = golden["expect"]
    rows, pollutants = result.inventory.ids.tolist(), result.inventory.pollutants

    def check(key, values):
        for source, row in expect.get(key, {}).items():
            for pollutant, tonnes in row.items():
                found = values[rows.index(source), pollutants.index(pollutant), -1]
                assert found == pytest.approx(tonnes, rel=1e-9, abs=1e-12), (key, source, pollutant)

    check("reference", result.reference)
    check("emission", result.plan)
    check("calendar", result.calendar_plan)
    for source, activity in expect.get("activity", {}).items():
        assert result.activity_plan[rows.index(source), -1] == pytest.approx(activity, rel=1e-9, abs=1e-12), source
    for name, row in expect.get("ledger", {}).items():
        for pollutant, tonnes in row.items():
            found = result.reductions()[result.bound.names.index(name), pollutants.index(pollutant), -1]
            assert found == pytest.approx(tonnes, rel=1e-9, abs=1e-12), (name, pollutant)
    verdicts = {v.id: v for v in result.verdicts}
    for name, wanted in expect.get("targets", {}).items():
        for field, value in wanted.items():
            found = getattr(verdicts[name], field)
            assert found == (pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value), (name, field)


def test_every_mechanism_has_a_golden_file():
    used = {
        action["mechanism"]
        for path in FILES
        for measure in yaml.safe_load(path.read_text(encoding="utf-8")).get("measures", {}).values()
        for action in measure.get("actions", [])
    }
    assert {path.stem for path in FILES} >= set(MECHANISMS)
    assert used == set(MECHANISMS)
