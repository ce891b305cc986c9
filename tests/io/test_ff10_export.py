"""FF10 files of a result: new ones add up to the plan, an original comes back with nothing changed but what the plan changes."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import action, inventory, measure, plan
from small import run as simulated

from emisim.errors import BadInput
from emisim.importing.tables import factors_table, growth_table, sources_table
from emisim.io.csv_file import csv_bytes
from emisim.io.ff10 import CODES, COLUMNS, NO_SCC, SHORT_TON, ff10_files, fields_of
from emisim.io.foreign import Wanted, import_files
from emisim.io.import_account import account_of, imported_rows
from emisim.io.inventory_folder import read_inventory
from emisim.report.import_tables import account_text
from emisim.vocabulary import pollutants

NEAR = 1e-9
FIELDS = ",".join(COLUMNS)
HEAD = "#FORMAT=FF10_NONPOINT\n#COUNTRY=US\n#YEAR=2017\n# by hand: µ\n"


def result(*rows, measures=None, species=("NOx", "VOC"), **controls):
    made = inventory(*rows, pollutants=species)
    for name, value in controls.items():
        getattr(made, name)[:] = value
    return simulated(plan(measures), made)


def source(name, **more):
    return {"source_id": name, "scc": "2102004001", "activity": 90.0, "factor": 1.0, **more}


def record(poll, value="", red="", months=(), scc="2102004001", comment=""):
    """A line as EPA writes them: texts in quotes, numbers not."""
    fields = ['"US"', '"01001"', "", "", "", f'"{scc}"', "", f'"{poll}"', str(value), str(red), *[""] * 10]
    return ",".join([*fields, *(map(str, months or [""] * 12)), *[""] * 12, comment])


def read(data):
    lines = [line for line in data.decode("latin-1").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(io.StringIO("\n".join(lines))))


def keys(error):
    return {f.key for f in error.value.faults}


CUT = measure(action("end_of_pipe", "a", efficiency="50 %", pollutant="NOx"))


# ---- a new file


def test_a_new_file_holds_the_plan_in_short_tons_a_line_for_each_region_code_and_pollutant():
    made = result(source("a"), source("b", activity=10.0), source("c", scc="2401001000", factor=(0.0, 3.0)), measures={"M1": CUT})
    files = ff10_files(made)
    assert list(files) == ["ff10-nonpoint.csv"]
    lines = {(r["region_cd"], r["scc"], r["poll"]): r for r in read(files["ff10-nonpoint.csv"])}
    assert set(lines) == {
        ("410399", "2102004001", "NOX"), ("410399", "2102004001", "VOC"), ("410399", "2401001000", "VOC"),
    }  # fmt: skip
    nox = lines["410399", "2102004001", "NOX"]
    assert float(nox["ann_value"]) * SHORT_TON == pytest.approx(90 * 0.5 + 10, rel=NEAR)
    assert float(nox["ann_pct_red"]) == pytest.approx(45.0)  # of 100 t without control 55 are left
    assert nox["comment"] == "a b" and nox["country_cd"] == "CN" and nox["calc_year"] == "2025"
    voc = lines["410399", "2401001000", "VOC"]
    assert float(voc["ann_value"]) == pytest.approx(270 / 0.90718474, rel=NEAR) and voc["ann_pct_red"] == ""


def test_the_header_says_format_country_year_scenario_and_that_the_level_is_that_of_the_plan():
    text = ff10_files(result(source("a", region="01001")), 2020)["ff10-nonpoint.csv"].decode()
    assert text.startswith("#FORMAT=FF10_NONPOINT\n#COUNTRY=US\n#YEAR=2020\n#DESC=emisim ")
    line = text.splitlines()[3]
    assert "scenario trial" in line and "with the plan" in line and "31 December 2020" in line
    assert text.splitlines()[4] == FIELDS


def test_the_reduction_holds_the_control_that_is_there_already_and_is_left_empty_where_there_is_none():
    made = result(source("a"), existing_efficiency=0.8, existing_effectiveness=0.5)
    assert [float(r["ann_pct_red"]) for r in read(ff10_files(made)["ff10-nonpoint.csv"])] == pytest.approx([40.0, 40.0])
    more = result(source("a"), measures={"M1": measure(action("activity_change", "a", change="10 %"))})
    assert {r["ann_pct_red"] for r in read(ff10_files(more)["ff10-nonpoint.csv"])} == {""}


def test_memo_rows_and_sources_without_emission_are_left_out():
    made = result(source("a"), source("soil", memo="yes"), source("zero", activity=0.0, scc=""))
    assert {r["comment"] for r in read(ff10_files(made)["ff10-nonpoint.csv"])} == {"a"}


def test_every_pollutant_has_a_code():
    assert set(CODES) == set(pollutants()) and len(set(CODES.values())) == len(CODES) and len(COLUMNS) == 45


def test_sources_without_scc_are_named_and_may_be_allowed_by_name_or_all():
    made = result(source("a"), source("b", scc=""), source("c", scc=""))
    with pytest.raises(BadInput, match="2 sources have no SCC.*: b, c;"):
        ff10_files(made)
    with pytest.raises(BadInput, match="1 sources have no SCC.*: c;"):
        ff10_files(made, allow=["b"])
    for allow in (["b", "c"], ["all"]):
        assert {r["scc"] for r in read(ff10_files(made, allow=allow)["ff10-nonpoint.csv"])} == {"2102004001", NO_SCC}
    with pytest.raises(BadInput, match='no source is called "bb".*b') as error:
        ff10_files(made, allow=["bb", "c"])
    assert keys(error) == {"ff10.allow", "ff10.scc"}


def test_a_region_that_is_no_code_and_a_year_that_is_not_there_are_told():
    with pytest.raises(BadInput, match="not Examplia") as error:
        ff10_files(result(source("a", region="Examplia")))
    assert keys(error) == {"ff10.region"}
    with pytest.raises(BadInput, match="no year 2031; take one from 2020 to 2025") as error:
        ff10_files(result(source("a")), 2031)
    assert keys(error) == {"ff10.year"}


def test_the_account_is_where_the_inventory_of_the_run_was(tmp_path):
    with pytest.raises(BadInput) as error:
        account_of(tmp_path)
    assert keys(error) == {"ff10.where"}
    (tmp_path / "inv" / "import").mkdir(parents=True)
    account = tmp_path / "inv" / "import" / "account.csv"
    account.write_text("", encoding="utf-8")
    assert account_of(tmp_path, tmp_path / "inv") == account
    inputs = {(tmp_path / "inv" / "sources.csv").as_posix(): ""}
    (tmp_path / "run.json").write_text(json.dumps({"inputs": inputs}), encoding="utf-8")
    assert account_of(tmp_path) == account


# ---- the original


def original(tmp_path, *lines, head=HEAD, end="\n", name="stock.csv"):
    path = tmp_path / name
    path.write_bytes((head + "\n".join(lines) + "\n").replace("\n", end).encode())
    return path


def tons(value):
    return {"activity": 1.0, "factor": tuple(v * SHORT_TON for v in value)}


def back(made, path, rows, **more):
    (found,) = ff10_files(made, original=path, rows=rows, **more).values()
    return found


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_without_measures_the_original_comes_back_byte_for_byte_but_for_one_line_of_its_header(tmp_path, end):
    lines = [
        FIELDS,
        record("NOX", "120.50", 25),
        record("CO", 3),
        record("VOC", "1.2E+01", comment='"a ""b"", 北京; c"'),
        "",
        "#x",
    ]
    path = original(tmp_path, *lines, end=end)
    made = result(source("a", **tons((120.5, 12.0))))
    found = back(made, path, {6: ("a", "NOx"), 8: ("a", "VOC")}).split(b"\n")
    (added,) = [line for line in found if line.startswith(b"#DESC emisim")]
    assert found.index(added) == 4
    found.remove(added)
    assert b"\n".join(found) == path.read_bytes()


def test_a_measure_scales_its_lines_and_their_months_and_leaves_the_others(tmp_path):
    months = [10, "", *[11] * 10]
    lines = [record("NOX", 120, 25, months), record("NOX", 60), record("VOC", 8), record("PM10-PRI", 4)]
    made = result(source("a", **tons((180.0, 8.0))), measures={"M1": CUT})
    found = back(made, original(tmp_path, *lines), {5: ("a", "NOx"), 6: ("a", "NOx"), 7: ("a", "VOC")}).decode().splitlines()
    after = [fields_of(line, ",") for line in found if not line.startswith("#")]
    first, second = after[0], after[1]
    assert [float(v) for v in (first[8], second[8])] == pytest.approx([60.0, 30.0], rel=NEAR)
    # 75 % were let through and half of that is now: 37.5 %
    assert [float(v) for v in (first[9], second[9])] == pytest.approx([62.5, 50.0])
    assert [float(v) if v else "" for v in first[20:32]] == pytest.approx([5.0, "", *[5.5] * 10])
    assert found[-2:] == lines[2:] and first[:8] == fields_of(lines[0], ",")[:8] and first[32:] == [""] * 13


def test_a_change_of_activity_leaves_the_reduction_as_it_was(tmp_path):
    less = {"M1": measure(action("activity_change", "a", change="-20 %"))}
    made = result(source("a", **tons((100.0, 0.0))), measures=less)
    (line,) = read(FIELDS.encode() + b"\n" + back(made, original(tmp_path, record("NOX", 100, 30)), {5: ("a", "NOx")}))
    assert float(line["ann_value"]) == pytest.approx(80.0, rel=NEAR) and line["ann_pct_red"] == "30"


def test_months_count_where_the_year_is_missing_and_point_files_have_their_own_columns(tmp_path):
    months = ",".join(["2"] * 12)
    line = f"US,01001,,f,u,r,p,,,,,10100202,NOX,-9,,{',' * 37}{months}{',' * 13}"
    path = original(tmp_path, line, head="#FORMAT FF10_POINT\n#COUNTRY US\n#YEAR 2017\n", name="point.csv")
    made = result(source("a", **tons((24.0, 0.0))), measures={"M1": CUT})
    files = ff10_files(made, original=path, rows={4: ("a", "NOx")})
    assert list(files) == ["point-trial.csv"]
    assert list(ff10_files(made, 2023, original=path, rows={4: ("a", "NOx")})) == ["point-trial-2023.csv"]
    after = fields_of(files["point-trial.csv"].decode().splitlines()[-1], ",")
    assert after[13] == "-9" and after[14] == "50" and [float(v) for v in after[52:64]] == [1.0] * 12 and len(after) == 77


def test_short_lines_and_semicolons_are_kept(tmp_path):
    line = "US;01001;;;;2102004001;;NOX;10"
    made = result(source("a", **tons((10.0, 0.0))), measures={"M1": CUT})
    assert back(made, original(tmp_path, line), {5: ("a", "NOx")}).decode().splitlines()[-1] == "US;01001;;;;2102004001;;NOX;5;50"


BAD = {
    "ff10.other": ({5: ("a", "NOx"), 6: ("a", "VOC")}, [record("NOX", 100.001), record("VOC", 8)], HEAD),
    "ff10.no_line": ({5: ("a", "NOx"), 60: ("a", "VOC")}, [record("NOX", 100), record("VOC", 8)], HEAD),
    "ff10.no_source": ({5: ("aa", "NOx")}, [record("NOX", 100)], HEAD),
    "ff10.number": ({5: ("a", "NOx"), 6: ("a", "VOC")}, [record("NOX", "x"), record("VOC", 8)], HEAD),
    "ff10.format": ({5: ("a", "NOx")}, [record("NOX", 100)], "#FORMAT=FF10_DAILY_POINT\n"),
}


@pytest.mark.parametrize("key", BAD)
def test_another_file_is_refused(tmp_path, key):
    rows, lines, head = BAD[key]
    with pytest.raises(BadInput) as error:
        back(result(source("a", **tons((100.0, 8.0)))), original(tmp_path, *lines, head=head), rows)
    assert keys(error) == {key} and all(f.place.file.endswith("stock.csv") for f in error.value.faults)


def test_sources_of_other_files_do_not_matter(tmp_path):
    made = result(source("a", **tons((100.0, 0.0))), source("b", **tons((5.0, 0.0))), measures={"M1": CUT})
    lines = back(made, original(tmp_path, record("NOX", 100), record("NOX", 5)), {5: ("a", "NOx")}).decode().splitlines()
    assert fields_of(lines[-2], ",")[8] == "50" and lines[-1] == record("NOX", 5)


def test_a_line_of_nothing_cannot_be_given_emission(tmp_path):
    rows = source("a", unit="GJ/yr", **tons((100.0, 5.0))), source("b", unit="GJ/yr", activity=0.0, factor=SHORT_TON)
    made = result(*rows, measures={"M1": measure(action("fuel_switch", "a", to={"source_id": "b"}, switched="50 %"))})
    path = original(tmp_path, record("NOX", 100), record("VOC", 5), record("NOX", 0), record("VOC", 0))
    with pytest.raises(BadInput, match="lines of 0 cannot be scaled") as error:
        back(made, path, {5: ("a", "NOx"), 6: ("a", "VOC"), 7: ("b", "NOx"), 8: ("b", "VOC")})
    assert keys(error) == {"ff10.nothing"} and {f.place.line for f in error.value.faults} == {7, 8}


def test_a_missing_original_is_told(tmp_path):
    with pytest.raises(BadInput) as error:
        back(result(source("a")), tmp_path / "none.csv", {5: ("a", "NOx")})
    assert keys(error) == {"file.unreadable"}


@given(st.text(alphabet='a1",; .é', max_size=30), st.sampled_from(",;"))
def test_the_fields_of_any_line_joined_again_are_that_line(line, between):
    assert between.join(fields_of(line, between)) == line


@given(st.lists(st.text(alphabet='a1",; é', max_size=6), min_size=1, max_size=8), st.booleans())
def test_fields_are_those_that_a_csv_reader_finds(values, quoted):
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="").writerow(values)
    found = [next(csv.reader([f]), [""]) for f in fields_of(stream.getvalue(), ",")]
    assert [f[0] if f else "" for f in found] == values


# ---- there and back


def brought_in(path, folder):
    """A foreign file as the inventory read from its folder, and line → (source_id, pollutant)."""
    made = import_files([path], [path.name], Wanted())
    (part,), sources = made.account.parts, made.account.sources
    tables = sources_table(sources, [part]), factors_table(sources, [part]), growth_table(sources, made.base_year)
    for table in tables:
        (folder / table.name).write_bytes(csv_bytes(table.columns, table.rows))
    (folder / "account.csv").write_text(account_text(made.account, "zh"), encoding="utf-8")
    rows = imported_rows(folder / "account.csv", path)
    return read_inventory(folder, made.base_year, (made.base_year, 2025)), rows


@pytest.mark.parametrize("kind", ["point", "nonpoint", "nonroad", "onroad"])
def test_a_file_that_is_imported_and_run_without_measures_comes_back_unchanged(kind, tmp_path):
    path = Path(__file__).parent / "foreign" / f"ff10_{kind}.csv"
    stock, rows = brought_in(path, tmp_path)
    made = simulated(plan(), stock, base_year=2017)
    again = [line for line in back(made, path, rows).splitlines() if not line.startswith(b"#DESC emisim")]
    assert again == path.read_bytes().splitlines() and len(rows) >= 7


@pytest.mark.parametrize("kind", ["point", "nonpoint", "nonroad", "onroad"])
def test_a_new_file_can_be_imported_again_and_holds_the_same(kind, tmp_path):
    stock, _ = brought_in(Path(__file__).parent / "foreign" / f"ff10_{kind}.csv", tmp_path)
    made = simulated(
        plan({"M1": measure(action("end_of_pipe", {"region": "01001"}, efficiency="30 %", pollutant="NOx"))}),
        stock,
        base_year=2017,
    )
    (written,) = ff10_files(made).values()
    path, folder = tmp_path / "again.csv", tmp_path / "again"
    path.write_bytes(written)
    folder.mkdir()
    again, _ = brought_in(path, folder)
    assert again.base_year == 2025 and again.pollutants == stock.pollutants
    assert again.emission().sum(axis=0) == pytest.approx(made.totals(made.plan)[:, -1], rel=NEAR)


def test_an_account_knows_its_files_by_name(tmp_path):
    account = tmp_path / "account.csv"
    rows = [
        "file,sheet,row,fate,what,source_id,with_row,NOx_t,VOC_t",
        "us/a.csv,,7,used,,s,,1.5,",
        "us/a.csv,,8,merged,,s,7,,0",
        "us/a.csv,,9,refused,,,,2,",
    ]
    account.write_text("\n".join([*rows, "us/b.csv,,7,used,,t,,3,", "ca/b.csv,,7,used,,u,,4,"]) + "\n")
    assert imported_rows(account, tmp_path / "a.csv") == {7: ("s", "NOx"), 8: ("s", "VOC")}
    assert imported_rows(account, Path("ca/b.csv")) == {7: ("u", "NOx")}
    for name in ("b.csv", "c.csv"):
        with pytest.raises(BadInput, match=f"knows no one file {name}.*us/a.csv, us/b.csv, ca/b.csv") as error:
            imported_rows(account, Path(name))
        assert keys(error) == {"ff10.account"}
