"""What a run warns of, on the tiny project: increases, undeclared overlaps with their bounds, measures older than the base year."""

import pytest

import emisim
import tiny
from emisim.cautions import cut_off


def result(folder):
    return emisim.run(folder / "scenario.yaml")


def warnings(found, key):
    return [w for w in found.warnings if w.key == key]


def test_partial_measures_that_meet_undeclared_are_named_with_bounds(tmp_path):
    folder = tiny.copy(tmp_path)
    found = result(folder)
    named = warnings(found, "warning.undeclared")
    assert named
    first, second = named[0].values["pairs"].split(", ")[0].split("+")
    assert {first, second} <= set(found.bound.names)
    plan = found.totals(found.plan)
    assert (found.bounds[0] <= plan * (1 + 1e-12)).all()
    assert (found.bounds[1] >= plan * (1 - 1e-12)).all()
    assert (found.bounds[1] > found.bounds[0]).any()


def test_declaring_them_takes_the_warning_and_the_bounds_away(tmp_path):
    folder = tiny.copy(tmp_path)
    pairs = warnings(result(folder), "warning.undeclared")[0].values["pairs"].split(", ")
    lines = [f"  - {{measures: [{pair.replace('+', ', ')}], relation: independent, reason: tried}}\n" for pair in pairs]
    tiny.replace(folder / "plan.yaml", "\noverlaps:\n", "\noverlaps:\n" + "".join(lines))
    found = result(folder)
    assert not warnings(found, "warning.undeclared")
    assert (found.bounds[0] == found.bounds[1]).all()


def test_a_measure_that_raises_a_pollutant_is_named_with_tonnes_until_it_is_allowed(tmp_path):
    folder = tiny.copy(tmp_path)
    found = result(folder)
    raised = {(w.values["measure"], w.values["pollutant"]): float(w.values["tonnes"]) for w in warnings(found, "warning.raises")}
    slip = found.inventory.pollutants.index("NH3")
    brought = found.reductions()[found.bound.names.index("B01"), slip, -1]
    assert raised["B01", "NH3"] == pytest.approx(-brought, rel=1e-3)
    tiny.replace(folder / "scenario.yaml", "raises: [A01]", "raises: [A01, B01]")
    assert ("B01", "NH3") not in {
        (w.values["measure"], w.values["pollutant"]) for w in warnings(result(folder), "warning.raises")
    }


def test_a_measure_in_force_in_the_base_year_is_named(tmp_path):
    folder = tiny.copy(tmp_path)
    assert not warnings(result(folder), "warning.early")
    tiny.replace(folder / "plan.yaml", "schedule: {date: 2024-12-31}", "schedule: {date: 2019-12-31}")
    assert [w.values["measures"] for w in warnings(result(folder), "warning.early")] == ["A02"]


def test_a_measure_on_the_activity_of_a_source_known_by_its_emission_only_is_named(tmp_path):
    folder = tiny.copy(tmp_path)
    assert not warnings(result(folder), "warning.alone")
    sources, factors = folder / "inventory" / "sources.csv", folder / "inventory" / "factors.csv"
    lines = sources.read_text(encoding="utf-8").splitlines()
    (at,) = [k for k, line in enumerate(lines) if line.startswith("straw,")]
    fields = lines[at].split(",")
    header = lines[0].split(",")
    fields[header.index("activity")], fields[header.index("unit")] = "1", "source"
    fields[header.index("low")] = fields[header.index("high")] = ""
    lines[at] = ",".join(fields)
    sources.write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = factors.read_text(encoding="utf-8")
    text = text.replace("straw,NOx,2.8,kg/t", "straw,NOx,2.8,t/source/yr").replace(
        "straw,NH3,0.5,kg/t", "straw,NH3,0.5,t/source/yr"
    )
    factors.write_text(text, encoding="utf-8")
    (told,) = warnings(result(folder), "warning.alone")
    assert told.values == {"count": 1, "measures": "D02"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize(
    ("text", "whole"), [("a,b\n", True), ("a,b\r\n", True), ("a,b\r", True), ("a,b", False), ("a: 上", False), ("a:\n  ", False)]
)
def test_a_file_without_a_line_break_at_its_end_may_be_cut_off(encoding, text, whole):
    data = ("\ufeff" * encoding.startswith("utf-16") + text).encode(encoding)
    for content in (data, data[:2] + data[-2:]):
        assert [f.key for f in cut_off([("x.csv", content)])] == ([] if whole else ["warning.cut"])


def test_a_run_names_the_files_that_may_be_cut_off(tmp_path):
    folder = tiny.copy(tmp_path)
    assert not warnings(result(folder), "warning.cut")
    for name in ("plan.yaml", "inventory/growth.csv"):
        (folder / name).write_text((folder / name).read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    (named,) = warnings(result(folder), "warning.cut")
    assert named.values["files"] == "plan.yaml, inventory/growth.csv"
