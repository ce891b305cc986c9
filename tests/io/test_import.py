"""Other people's inventories: what comes in, what is left out and why, and that tonnes reconcile. Workbooks are written by XlsxWriter,
which the reader does not use."""

import csv
import io
import json
import math

import openpyxl
import pytest
import xlsxwriter
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from emisim.cli import cli
from emisim.errors import BadInput
from emisim.importing.account import FATES
from emisim.importing.entries import Why
from emisim.io.foreign import Wanted, import_files
from emisim.io.import_folder import write_import
from emisim.io.inventory_folder import read_inventory
from shuffling import as_written

MAPPING = {
    "mapping": "stock", "year": 2020, "grade": "C", "source": "county bureau", "region": {"value": "410329"}, "code": "行业",
    "codes": {"table": "handbook"}, "name_zh": "企业", "pollutants": {"NOx": {"emission": {"column": "NOx", "unit": "t"}}},
}  # fmt: skip
TABLE = "企业,行业,NOx\n甲厂,水泥,12\n乙厂,砖瓦,3.5\n"


def put(folder, text: str | bytes, mapping=None, name="stock.csv"):
    """A file and the mapping beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / f"{path.stem}.mapping.yaml").write_text(
        yaml.safe_dump({**MAPPING, **(mapping or {})}, allow_unicode=True), encoding="utf-8"
    )
    return path


def book(folder, sheets: dict, mapping=None, merges=(), name="stock.xlsx"):
    """A workbook by XlsxWriter: sheet → rows; merges : (sheet, range, value)."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False}) as workbook:
        made = {}
        for title, rows in sheets.items():
            made[title] = workbook.add_worksheet(title)
            for k, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if cell is not None:
                        made[title].write(k, c, cell)
        for title, where, value in merges:
            made[title].merge_range(where, value)
    return put(folder, buffer.getvalue(), mapping, name)


def imported(*paths, **wanted):
    return import_files(paths, [p.name for p in paths], Wanted(**wanted))


def inventory(folder, *paths, **wanted):
    """Import, write, read back as any inventory is read; its sources as they were written."""
    write_import(folder / "inv", imported(*paths, **wanted), "en", "emisim import")
    return as_written(read_inventory(folder / "inv", 2020, (2020, 2025)))


def total(inventory, pollutant="NOx") -> float:
    return math.fsum(inventory.emission()[:, inventory.pollutants.index(pollutant)].tolist())


def faults(*paths, **wanted) -> list[str]:
    with pytest.raises(BadInput) as bad:
        imported(*paths, **wanted)
    return [f.text() for f in bad.value.faults]


def keys(*paths, **wanted) -> list[str]:
    with pytest.raises(BadInput) as bad:
        imported(*paths, **wanted)
    return [f.key for f in bad.value.faults]


def whys(one) -> dict[Why, int]:
    return {why: count for found in one.account.why for why, count in found.items() if why != Why.HEADING}


# ---- what comes in


def test_a_plain_table(tmp_path):
    found = inventory(tmp_path, put(tmp_path, TABLE))
    assert found.text["name_zh"].tolist() == ["甲厂", "乙厂"]
    assert found.text["sector"].tolist() == ["process", "process"]
    assert found.text["subsector"].tolist() == ["cement", "brick"]
    assert found.text["unit"].tolist() == ["source", "source"]
    assert found.activity.tolist() == [1.0, 1.0]
    assert found.emission()[:, 0].tolist() == [12.0, 3.5]
    assert found.text["source"].tolist() == ["county bureau; row 2", "county bureau; row 3"]


@pytest.mark.parametrize(
    ("unit", "tonnes"),
    [("t", 1), ("吨", 1), ("吨/年", 1), ("万吨", 1e4), ("千克", 1e-3), ("公斤", 1e-3), ("kg/a", 1e-3), ("kt/yr", 1e3), ("短吨", 0.90718474)],
)  # fmt: skip
def test_units_of_emissions(tmp_path, unit, tonnes):
    path = put(tmp_path, TABLE, {"pollutants": {"NOx": {"emission": {"column": "NOx", "unit": unit}}}})
    assert total(inventory(tmp_path, path)) == pytest.approx(15.5 * tonnes, rel=1e-12)


@pytest.mark.parametrize(
    ("unit", "written", "factor"),
    [
        ("万吨", "万吨/yr", "kg/万吨"), ("亿立方米", "亿立方米/yr", "kg/亿立方米"), ("万立方米/年", "万立方米/年", "kg/万立方米"), ("蒸吨", "蒸吨", "kg/蒸吨/yr"),
        ("辆", "辆", "kg/辆/yr"), ("头", "头", "kg/头/yr"), ("万头", "万头", "kg/万头/yr"), ("亩", "亩", "kg/亩/yr"), ("公顷", "公顷", "kg/公顷/yr"),
        ("万元", "万元/yr", "kg/万元"), ("GJ", "GJ/yr", "kg/GJ"), ("vehicle km/yr", "vehicle km/yr", "kg/(vehicle km)"), ("万km", "万km/yr", "kg/万km"),
    ],
)  # fmt: skip
def test_units_of_activities(tmp_path, unit, written, factor):
    """The number stays as the bureau knows it; a stock stays a stock, a flow is one of a year."""
    path = put(tmp_path, '企业,行业,量,NOx\n甲,水泥,"1,250",12\n', {"activity": {"column": "量", "unit": unit}})
    found = inventory(tmp_path, path)
    rows = list(csv.DictReader((tmp_path / "inv" / "sources.csv").open(encoding="utf-8")))
    assert (rows[0]["activity"], rows[0]["unit"]) == ("1250", written)
    assert list(csv.DictReader((tmp_path / "inv" / "factors.csv").open(encoding="utf-8")))[0]["unit"] == factor
    assert total(found) == pytest.approx(12, rel=1e-12)


def test_units_in_a_column(tmp_path):
    text = "企业,行业,NOx,单位,用量,用量单位\n甲,水泥,12,吨,3,万吨\n乙,砖瓦,500,千克,20000,吨\n"
    mapping = {
        "pollutants": {"NOx": {"emission": {"column": "NOx", "unit": {"column": "单位"}}}},
        "activity": {"column": "用量", "unit": {"column": "用量单位"}},
    }
    found = inventory(tmp_path, put(tmp_path, text, mapping))
    assert found.emission()[:, 0] == pytest.approx([12, 0.5], rel=1e-12)
    assert found.activity == pytest.approx([30000, 20000])


def test_factors_times_activity_and_the_control_in_place(tmp_path):
    text = "企业,行业,用量(t),系数(kg/t),效率(%),投运率(%)\n甲,水泥,1000,2.5,80,90\n乙,砖瓦,200,1,,\n"
    figures = {"factor": {"column": "系数", "unit": "kg/t"}, "efficiency": "效率", "effectiveness": [{"column": "投运率"}]}
    mapping = {"activity": {"column": "用量", "unit": "t"}}
    assert keys(put(tmp_path, text, {**mapping, "pollutants": {"NOx": figures}})) == ["mapping.factor_is"]
    before = {**mapping, "pollutants": {"NOx": {**figures, "factor_is": "uncontrolled"}}}
    assert imported(put(tmp_path, text, before)).account.balance[0].inventory == pytest.approx(2.5 * (1 - 0.8 * 0.9) + 0.2)
    after = {**mapping, "pollutants": {"NOx": {**figures, "factor_is": "controlled"}}}
    found = inventory(tmp_path, put(tmp_path, text, after))
    assert found.emission()[:, 0] == pytest.approx([2.5, 0.2], rel=1e-12)
    assert found.existing_efficiency[:, 0].tolist() == [0.8, 0.0]
    assert found.existing_effectiveness[:, 0].tolist() == [0.9, 1.0]


@pytest.mark.parametrize(("species", "ratio"), [("NO2", 1), ("NO", 46.0055 / 30.0061), ("N", 46.0055 / 14.0067)])
def test_nox_is_stated_as_no2(tmp_path, species, ratio):
    path = put(tmp_path, TABLE, {"pollutants": {"NOx": {"emission": {"column": "NOx", "unit": "t"}, "species": species}}})
    assert total(inventory(tmp_path, path)) == pytest.approx(15.5 * ratio, rel=1e-11)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path, encoding):
    assert inventory(tmp_path, put(tmp_path, TABLE.encode(encoding))).emission()[:, 0].tolist() == [12.0, 3.5]


@pytest.mark.parametrize(
    ("cell", "value"), [("1，234．5", 1234.5), ('"1,234.5"', 1234.5), ("１２", 12.0), ("1 234", 1234.0), ("12吨", 12.0), ("500kg", 0.5), (" 7 ", 7.0)]
)  # fmt: skip
def test_numbers_as_people_write_them(tmp_path, cell, value):
    found = inventory(tmp_path, put(tmp_path, f"企业,行业,NOx\n甲,水泥,{cell}\n乙,砖瓦,1\n"))
    assert found.emission()[0, 0] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("cell", ["", "-", "—", "——", "/", "／", "\\", "无", "N/A", "－"])
def test_cells_without_a_figure(tmp_path, cell):
    one = imported(put(tmp_path, f"企业,行业,NOx\n甲,水泥,{cell}\n乙,砖瓦,1\n"))
    assert whys(one) == {Why.NO_FIGURE: 1}
    assert len(one.account.sources) == 1


def test_a_workbook_as_a_bureau_keeps_it(tmp_path):
    """Title rows, a header of two rows with merged cells, sectors merged downwards, thousands as text, subtotals and a total."""
    rows = [
        ["某县2020年大气污染物排放清单"],
        ["单位：吨"],
        ["行业", "企业", "排放量", None, "备注"],
        [None, None, "NOx", "VOCs", None],
        ["水泥", "甲厂", "1,200.5", 3.25, "在线监测"],
        [None, "乙厂", 799.5, "—", None],
        [None, "小计", 2000, 3.25, None],
        ["砖瓦", "丙厂", 35, 1, None],
        ["合计", None, 2035, 4.25, None],
    ]
    merges = [("清单", "C3:D3", "排放量"), ("清单", "A3:A4", "行业"), ("清单", "B3:B4", "企业"), ("清单", "A5:A7", "水泥")]
    both = {"NOx": {"emission": {"column": "排放量/NOx", "unit": "t"}}, "VOC": {"emission": {"column": "VOCs", "unit": "t"}}}
    path = book(tmp_path, {"说明": [["本表由某局填报"]], "清单": rows}, {"pollutants": both, "remark": "备注"}, merges)
    one = imported(path)
    assert whys(one) == {Why.TOTAL: 2}
    assert all(stated.agrees for stated in one.account.stated)
    assert len(one.account.stated) == 4
    assert one.files[0].unread == ("说明",)
    found = inventory(tmp_path, path)
    assert found.text["subsector"].tolist() == ["cement", "cement", "brick"]
    assert found.emission()[:, 0] == pytest.approx([1200.5, 799.5, 35])
    assert found.emission()[:, 1] == pytest.approx([3.25, 0, 1])
    assert found.text["note"].tolist()[0] == "在线监测"
    assert found.text["source"].tolist()[1] == "county bureau; 清单!6"


def test_a_total_that_does_not_agree_is_told(tmp_path):
    one = imported(put(tmp_path, TABLE + "合计,,99\n"))
    assert [(s.line, s.says, s.sum, s.agrees) for s in one.account.stated] == [(4, 99.0, 15.5, False)]


def test_rows_of_one_source_are_merged(tmp_path):
    """Emissions and activities add; the control in place goes with them: U = 10/(1−0.5) + 30/(1−0) = 50, η = 1 − 40/50."""
    text = "企业,行业,用量(t),NOx,效率(%)\n甲,水泥,100,10,50\n甲,水泥,300,30,0\n乙,砖瓦,5,1,60\n"
    figures = {"emission": {"column": "NOx", "unit": "t"}, "efficiency": "效率"}
    path = put(tmp_path, text, {"activity": {"column": "用量", "unit": "t"}, "pollutants": {"NOx": figures}})
    one = imported(path)
    assert one.account.count[0] == {"used": 2, "converted": 0, "merged": 1, "refused": 1}
    found = inventory(tmp_path, path)
    assert found.activity.tolist() == [400.0, 5.0]
    assert found.emission()[:, 0] == pytest.approx([40, 1])
    assert found.existing_efficiency[:, 0] == pytest.approx([0.2, 0.6])


def test_one_row_a_pollutant(tmp_path):
    text = "企业,行业,污染物,排放量(kg),用量(t)\n甲,水泥,氮氧化物,2000,50\n甲,水泥,VOCs,500,50\n甲,水泥,一氧化碳,9,50\n乙,砖瓦,NOx,100,7\n"
    long = {"pollutant": "污染物", "emission": {"column": "排放量", "unit": "kg"}}
    path = put(tmp_path, text, {"pollutants": {}, "long": long, "activity": {"column": "用量", "unit": "t"}})
    assert whys(imported(path)) == {Why.POLLUTANT: 1}
    found = inventory(tmp_path, path)
    assert found.activity.tolist() == [50.0, 7.0]
    assert found.pollutants == ("NOx", "VOC")
    assert found.emission().ravel() == pytest.approx([2, 0.5, 0.1, 0])


def test_an_activity_repeated_in_several_rows_must_be_the_same(tmp_path):
    text = "企业,行业,污染物,排放量(kg),用量(t)\n甲,水泥,NOx,2000,50\n甲,水泥,VOCs,500,51\n"
    long = {"pollutant": "污染物", "emission": {"column": "排放量", "unit": "kg"}}
    path = put(tmp_path, text, {"pollutants": {}, "long": long, "activity": {"column": "用量", "unit": "t"}})
    assert keys(path) == ["import.activity_differs"]


def test_several_files_at_once(tmp_path):
    one = put(tmp_path, TABLE, name="a.csv")
    two = put(tmp_path, "企业,行业,NOx\n丙厂,玻璃,8\n甲厂,水泥,2\n", name="b.csv")
    found = inventory(tmp_path, one, two)
    assert found.emission()[:, 0].tolist() == [14.0, 3.5, 8.0]


# ---- what is left out


def test_rows_left_out_by_name(tmp_path):
    text = "企业,行业,NOx,状态\n甲,水泥,12,在产\n乙,砖瓦,3,关停\n丙,玻璃,5,在产\n丁,水泥,1,在产\n"
    path = put(
        tmp_path, text, {"leave_out": [{"column": "状态", "is": "关停", "why": "closed"}, {"rows": ["4-5"], "why": "twice"}]}
    )
    one = imported(path)
    assert whys(one) == {Why.LEFT_OUT: 3}
    assert one.account.balance[0].left_out == {Why.LEFT_OUT: 9.0}
    write_import(tmp_path / "inv", one, "en", "")
    rows = list(csv.DictReader((tmp_path / "inv" / "import" / "account.csv").open(encoding="utf-8")))
    assert [row["what"] for row in rows[2:]] == ["left out by name: closed", "left out by name: twice", "left out by name: twice"]


def test_a_chosen_part(tmp_path):
    text = "企业,行业,NOx,年份\n甲,水泥,12,2020\n甲,水泥,11,2021\n"
    path = put(tmp_path, text, {"single": ["年份"]})
    assert keys(path) == ["import.several"]
    assert total(inventory(tmp_path, path, select={"年份": ("2020",)})) == 12


def test_unmapped_codes_stop_the_import_unless_allowed_by_name(tmp_path):
    path = put(tmp_path, TABLE + "丙厂,啥也不是,7\n")
    assert "啥也不是" in faults(path)[0]
    one = imported(path, leave_out=("啥也不是",))
    assert whys(one) == {Why.CODE: 1}
    assert one.account.balance[0].left_out == {Why.CODE: 7.0}
    mapped = put(tmp_path, TABLE + "丙厂,啥也不是,7\n", {"codes": {"table": "handbook", "map": {"啥也不是": "other/rest//new"}}})
    found = inventory(tmp_path, mapped)
    assert [found.text[c][2] for c in ("sector", "subsector", "fuel", "technology")] == ["other", "rest", "", "new"]


def test_totals_of_all_levels_count_once(tmp_path):
    """Of 10 t of Energy 6 are broken down, 4 are left over; the whole, 15 t, is Energy and Waste."""
    text = "代码,NOx\nEnergy,10\nEnergy|Supply,6\nWaste,5\n,15\n"
    codes = {"map": {"Energy": "combustion", "Energy|Supply": "combustion/power", "Waste": "waste"}, "tree": "|"}
    path = put(tmp_path, text, {"code": "代码", "codes": codes, "name_zh": None})
    one = imported(path)
    assert whys(one) == {Why.BROKEN_DOWN: 1}
    found = inventory(tmp_path, path)
    assert sorted(found.emission()[:, 0].tolist()) == [4.0, 5.0, 6.0]


def test_parts_above_their_whole(tmp_path):
    codes = {"map": {"Energy": "combustion", "Energy|Supply": "combustion/power"}, "tree": "|"}
    path = put(tmp_path, "代码,NOx\nEnergy,10\nEnergy|Supply,12\n", {"code": "代码", "codes": codes, "name_zh": None})
    assert keys(path) == ["import.parts"]


# ---- the account


def test_every_row_stands_in_the_account(tmp_path):
    text = "清单,,\n" + TABLE + "小计,,15.5\n\n丙厂,水泥,—\n甲厂,水泥,1\n"
    write_import(tmp_path / "inv", imported(put(tmp_path, text)), "en", "")
    rows = list(csv.DictReader((tmp_path / "inv" / "import" / "account.csv").open(encoding="utf-8")))
    assert [(row["row"], row["fate"]) for row in rows] == [
        ("1", "left out"), ("2", "left out"), ("3", "used"), ("4", "used"), ("5", "left out"), ("7", "left out"), ("8", "merged"),
    ]  # fmt: skip
    assert rows[-1]["with_row"] == "3"
    record = json.loads((tmp_path / "inv" / "import" / "account.json").read_text(encoding="utf-8"))
    assert record["totals"]["NOx"] == {"file_t": 16.5, "left_out_t": {}, "inventory_t": 16.5, "sums_t": 15.5}


NUMBERS = st.floats(0, 1e6).map(lambda x: float(f"{x:.6g}"))
ROWS = st.lists(
    st.tuples(st.sampled_from(["水泥", "砖瓦", "玻璃", "加油站"]), st.sampled_from("甲乙丙"), NUMBERS, st.none() | NUMBERS),
    min_size=1,
    max_size=20,
)


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, seed=st.randoms(use_true_random=False))
def test_tonnes_reconcile_and_the_order_of_rows_does_not_matter(tmp_path_factory, rows, seed):
    folder = tmp_path_factory.mktemp("order")
    both = {"NOx": {"emission": {"column": "NOx", "unit": "kg"}}, "VOC": {"emission": {"column": "VOCs", "unit": "t"}}}

    def text(lines):
        return "行业,企业,NOx,VOCs\n" + "".join(f"{a},{b},{c!r},{'' if d is None else repr(d)}\n" for a, b, c, d in lines)

    found = inventory(folder / "a", put(folder / "a", text(rows), {"pollutants": both}))
    assert total(found) == pytest.approx(math.fsum(r[2] for r in rows) / 1000, rel=1e-9)
    if "VOC" in found.pollutants:
        assert total(found, "VOC") == pytest.approx(math.fsum(r[3] or 0 for r in rows), rel=1e-9)
    shuffled = list(rows)
    seed.shuffle(shuffled)
    other = inventory(folder / "b", put(folder / "b", text(shuffled), {"pollutants": both}))
    assert sorted(other.ids.tolist()) == sorted(found.ids.tolist())
    place = {name: k for k, name in enumerate(other.ids.tolist())}
    assert other.emission()[[place[n] for n in found.ids.tolist()]] == pytest.approx(found.emission(), rel=1e-9)


# ---- faults


@pytest.mark.parametrize(
    ("text", "mapping", "key", "where"),
    [
        ("企业,行业,NOx\n甲,水泥,约12\n", {}, "import.number", "stock.csv:2:3"),
        ("企业,行业,NOx\n甲,水泥,nan\n", {}, "import.number", "stock.csv:2:3"),
        ("企业,行业,NOx\n甲,水泥,#DIV/0!\n", {}, "import.formula_error", "stock.csv:2:3"),
        ("企业,行业,NOx\n甲,水泥,-1\n", {}, "import.negative", "stock.csv:2:3"),
        ("企业,行业,NOx\n甲,水泥\n", {}, "import.short_row", "stock.csv:2"),
        ("企业,行业,NOx\n甲,水泥,1,234\n", {}, "import.long_row", "stock.csv:2:4"),
        ("企业,行业\n甲,水泥\n", {}, "import.no_column", "stock.csv:1"),
        ("企业,行业,NOx,NOx\n甲,水泥,1,2\n", {}, "import.two_columns", "stock.csv:1"),
        ("企业,行业,NOx\n甲,水泥,5吨/人\n", {}, "import.number", "stock.csv:2:3"),
        ("企业,行业,NOx\n甲,1E+05,5\n", {}, "import.exponent_code", "stock.csv:2:2"),
        ("企业,行业,NOx\n甲,3月4日,5\n", {}, "import.date_code", "stock.csv:2:2"),
        ("企业,行业,NOx\n甲,706,5\n", {"codes": {"table": "snap"}}, "import.lost_zero", "stock.csv:2"),
        ("企业,行业,NOx\n甲,,5\n", {}, "import.empty_code", "stock.csv:2"),
        ("企业,行业,NOx\n甲,12①,5\n乙,水泥,12①\n", {"codes": {"table": "handbook", "map": {"12①": "other"}}}, "import.number", "stock.csv:3:3"),
        ('企业,行业,NOx\n甲,水泥,"0,123"\n', {}, "import.number", "stock.csv:2:3"),
        ("企业,行业,NOx\n甲,水泥,1e400\n", {}, "import.number", "stock.csv:2:3"),
        ("企业,行业,NOx\n甲,水泥,1e308 t\n", {}, "import.number", "stock.csv:2:3"),
        ("企业,行业,NOx,区\n甲,水泥,1,\n", {"region": "区"}, "import.empty_text", "stock.csv:2"),
        ("企业,行业,NOx,经度\n甲,水泥,1,112°30′\n", {"lon": "经度"}, "import.degrees", "stock.csv:2"),
        (TABLE, {"pollutants": {p: {"emission": {"column": "NOx", "unit": "t"}} for p in ("NOx", "VOC")}}, "import.one_column", "stock.csv:1"),
        ("企业,行业,NOx\n甲,0610,5\n乙,3110,2\n丙,3120,2\n丁,610,1\n", {"codes": {"table": "gbt4754"}}, "import.lost_zero", "stock.csv:5"),
        (TABLE, {"pollutants": {"NOx": {"emission": {"column": "NOx", "unit": "m3"}}}}, "import.unit_kind", "stock.csv"),
        (TABLE, {"pollutants": {"NOx": {"emission": {"column": "NOx", "unit": "吨每月"}}}}, "unit.unknown", "stock.mapping.yaml:11:13"),
        (TABLE, {"file": {"sheets": ["2021"]}}, "import.no_sheet", "stock.csv"),
        (TABLE, {"code": None}, "import.no_code", "stock.csv"),
        ("企业,行业,NOx,单位\n甲,水泥,1,\n", {"pollutants": {"NOx": {"emission": {"column": "NOx", "unit": {"column": "单位"}}}}}, "import.no_unit", "stock.csv:2:4"),
        ("企业,行业,NOx,效率\n甲,水泥,1,120\n", {"pollutants": {"NOx": {"emission": {"column": "NOx", "unit": "t"}, "efficiency": "效率"}}}, "import.share", "stock.csv:2:4"),
        ("企业,行业,NOx,效率\n甲,水泥,1,100\n", {"pollutants": {"NOx": {"emission": {"column": "NOx", "unit": "t"}, "efficiency": "效率"}}}, "import.full_control", "stock.csv:2:3"),
        ("企业,行业,NOx,量\n甲,水泥,1,0\n", {"activity": {"column": "量", "unit": "t"}}, "import.activity_zero", "stock.csv:2"),
        ("合计,,NOx\n企业,行业,NOx\n合计,,5\n", {}, "import.nothing", "stock.csv"),
        ("代码,NOx\nA,1\nA,2\n", {"code": "代码", "name_zh": None, "codes": {"map": {"A": "waste"}, "tree": "|"}}, "import.twice", "stock.csv:3"),
        ("企业,行业,NOx,量,单位\n甲,水泥,1,5,t\n甲,水泥,1,5,GJ\n", {"activity": {"column": "量", "unit": {"column": "单位"}}}, "import.activity_kind", "stock.csv:3"),
        ("企业,行业,系数,量\n甲,水泥,1,5\n", {"activity": {"column": "量", "unit": "t"}, "pollutants": {"NOx": {"factor": {"column": "系数", "unit": "kg/GJ"}}}}, "import.factor_unit", "stock.csv:2:3"),
    ],
)  # fmt: skip
def test_faults_stand_at_their_place(tmp_path, text, mapping, key, where):
    path = put(tmp_path, text, mapping)
    with pytest.raises(BadInput) as bad:
        imported(path)
    assert [f.key for f in bad.value.faults] == [key]
    assert str(bad.value.faults[0].place) == where
    assert bad.value.faults[0].text("zh") != bad.value.faults[0].text("en")


@pytest.mark.parametrize(
    ("mapping", "key"),
    [
        ({"grade": "?"}, "mapping.open"),
        ({"year": None}, "mapping.no_year"),
        ({"year": None, "file": {"sheets": ["{year}"]}}, "mapping.year"),
        ({"region": None}, "mapping.no_region"),
        ({"pollutants": {}}, "mapping.no_pollutant"),
        ({"pollutants": {"CO": {"emission": {"column": "NOx", "unit": "t"}}}}, "mapping.pollutant"),
        ({"pollutants": {"NOx": {}}}, "mapping.no_figure"),
        ({"pollutants": {"NOx": {"factor": {"column": "NOx", "unit": "kg/t"}}}}, "mapping.factor"),
        ({"leave_out": [{"why": "x"}]}, "mapping.omission"),
        ({"pollutants": {"NOx": {"emission": {"unit": "t"}}}}, "mapping.no_column"),
        ({"leave_out": [{"rows": ["a-b"], "why": "x"}]}, "mapping.rows"),
        ({"leave_out": [{"rows": ["3-2"], "why": "x"}]}, "mapping.rows"),
        ({"colour": "red"}, "schema.unknown_key"),
        (
            {"long": {"pollutant": {"column": "行业", "names": {"烟气氮": "NOX"}}, "emission": {"column": "NOx", "unit": "t"}}},
            "mapping.pollutant",
        ),
        ({"codes": {"map": {"水泥": "proces"}}}, "mapping.sector"),
        ({"pollutants": {"NOx": {"emission": {"column": "NOx", "unit": "ton"}}}}, "mapping.tons"),
        (
            {"pollutants": {"NOx": {"emission": {"column": "NOx", "unit": {"column": "单位", "names": {"斤": "jin"}}}}}},
            "unit.unknown",
        ),
    ],
)
def test_mappings_that_say_too_little(tmp_path, mapping, key):
    assert keys(put(tmp_path, TABLE, mapping)) == [key]


def test_sheets_that_all_fit_must_be_named(tmp_path):
    rows = [["企业", "行业", "NOx"], ["甲", "水泥", 5]]
    sheets = {"2020": rows, "备份": rows, "S": rows}
    assert keys(book(tmp_path, sheets)) == ["import.many_sheets"]
    assert keys(book(tmp_path, sheets, {"file": {"sheets": ["*0*", "S*", "[2S]*"]}})) == ["import.several_sheets"]
    one = imported(book(tmp_path, sheets, {"file": {"sheets": ["2020"]}}))
    assert one.account.balance[0].inventory == 5
    every = imported(book(tmp_path, sheets, {"file": {"sheets": "*"}}))
    assert every.account.balance[0].inventory == 15


def test_files_of_several_years_are_not_mixed(tmp_path):
    one, two = put(tmp_path, TABLE, name="a.csv"), put(tmp_path, TABLE + "丙,玻璃,1\n", {"year": 2021}, "b.csv")
    assert keys(one, two) == ["import.years"]


def test_one_file_counts_once(tmp_path):
    one, two = put(tmp_path, TABLE, name="a.csv"), put(tmp_path, TABLE, name="b.csv")
    assert keys(one, one) == ["import.same_file"]
    assert keys(one, two) == ["import.same_file"]


def test_years_of_one_table_are_not_mixed(tmp_path):
    path = put(tmp_path, "企业,行业,NOx,年份\n甲,水泥,12,2019\n甲,水泥,10,2020\n")
    assert keys(path) == ["import.several"]
    assert total(inventory(tmp_path, path, select={"年份": ("2020",)})) == 10


@pytest.mark.parametrize(
    "word",
    [
        "合计（吨）",
        "共计",
        "总数",
        "合 计",
        "小计1",
        "全县合计",
        "全市合计（2020年）",
        "其中：甲",
        "平均",
        "【合计】",
        "合计\u200b",
        "Total (t)",
        "Subtotal A",
        "TOTAL",
    ],
)
def test_words_for_totals(tmp_path, word):
    one = imported(put(tmp_path, TABLE + f"{word},水泥,15.5\n"))
    assert whys(one) == {Why.TOTAL: 1}


@pytest.mark.parametrize("word", ["Total Petroleum", "小计算器厂", "合计划公司", "统计局锅炉房", "全县域供热公司", "全县"])
def test_names_that_only_look_like_totals(tmp_path, word):
    one = imported(put(tmp_path, TABLE + f"{word},水泥,8\n"))
    assert whys(one) == {}


def test_a_sum_under_another_word_stops_the_import(tmp_path):
    text = "企业,行业,NOx,VOCs\n甲,水泥,12,1\n乙,砖瓦,3.5,2\n丙,玻璃,1,4\n本县,其他排放源,16.5,7\n"
    both = {"NOx": {"emission": {"column": "NOx", "unit": "t"}}, "VOC": {"emission": {"column": "VOCs", "unit": "t"}}}
    assert keys(put(tmp_path, text, {"pollutants": both})) == ["import.sum_row"]
    assert len(imported(put(tmp_path, text, {"pollutants": both, "totals": []})).account.sources) == 4
    one = imported(put(tmp_path, text, {"pollutants": both, "totals": ["本县"]}))
    assert whys(one) == {Why.TOTAL: 1}


def test_what_may_be_wrong_is_told(tmp_path):
    def told(text, mapping):
        one = imported(put(tmp_path, text, mapping))
        return {note.key for part in one.account.parts for note in part.entries.notes}

    figures = {"emission": {"column": "NOx", "unit": "t"}, "factor": {"column": "系数", "unit": "kg/t"}}
    mapping = {"activity": {"column": "量", "unit": "t"}, "pollutants": {"NOx": figures}}
    assert told("企业,行业,NOx,系数,量\n甲,水泥,5000,5,1000\n", mapping) == {"import.note.apart"}
    assert told("企业,行业,NOx(kg)\n甲,水泥,5\n", {}) == {"import.note.unit"}
    assert told(TABLE + "甲厂,水泥,12\n", {}) == {"import.note.repeated"}
    assert told("企业,行业,NOx,区\n甲,水泥,5,孟津区\n", {"region": "区"}) == {"import.note.region"}
    assert told(TABLE, {"codes": {"table": "handbook", "map": {"别的": "other"}}}) == {"import.note.unused_codes"}
    assert told("企业,行业,NOx\n甲,工艺过程源 / 竹编,5\n", {}) == {"import.note.upper"}
    assert told("企业,行业,NOx\n甲,水泥,1\n乙,砖瓦,2\n丙,玻璃,3\n", {}) == {"import.note.sum_row"}
    assert told("企业,行业,NOx\n" + "甲,水泥,1\n乙,砖瓦,2\n丙,玻璃,3\n" * 9, {}) >= {"import.note.sum_rows"}
    assert told("企业,行业,NOx(t),单位\n甲,水泥,1,千克\n乙,砖瓦,7,吨\n", {}) == {"import.note.unit_column"}
    factor = {"activity": {"column": "量", "unit": "t"}, "pollutants": {"NOx": {"factor": {"column": "系数", "unit": "kg/t"}}}}
    assert told("企业,行业,系数,量\n甲,水泥,5,\n乙,砖瓦,5,7\n", factor) == {"import.note.idle"}
    assert told(TABLE, {}) == set()


def test_merged_cells_hold_for_all_their_rows_but_amounts_count_once(tmp_path):
    rows = [
        ["企业", "行业", "NOx", "效率(%)", "镇"],
        ["甲", "水泥", 5, 80, "东"],
        ["乙", "砖瓦", None, None, None],
        ["丙", "玻璃", 3, None, "西"],
    ]
    figures = {"emission": {"column": "NOx", "unit": "t"}, "efficiency": "效率"}
    merges = [("表", "C2:C3", 5), ("表", "D2:D4", 80), ("表", "E2:E3", "东")]
    path = book(tmp_path, {"表": rows}, {"pollutants": {"NOx": figures}}, merges)
    one = imported(path)
    assert {note.key for note in one.account.parts[0].entries.notes} == {"import.note.merged_figure"}
    found = inventory(tmp_path, path)
    assert found.emission()[:, 0].tolist() == [5.0, 3.0]
    assert found.existing_efficiency[:, 0].tolist() == [0.8, 0.8]
    assert whys(imported(path, select={"镇": ("东",)})) == {Why.NOT_SELECTED: 1, Why.NO_FIGURE: 1}
    used = book(
        tmp_path,
        {"表": rows},
        {"activity": {"column": "NOx", "unit": "t"}, "pollutants": {"NOx": {"emission": {"column": "效率", "unit": "t"}}}},
        merges,
    )
    assert "import.merged_activity" in keys(used)


def test_a_year_of_quarters(tmp_path):
    text = '企业,行业,Q1,Q2,Q3,Q4\n甲,水泥,1,2,3,4\n乙,砖瓦,1,,3,4\n丙,玻璃,"1,000",2kg,0,1\n'
    mapping = {"pollutants": {"NOx": {"emission": {"otherwise_sum": ["Q1", "Q2", "Q3", "Q4"], "unit": "t"}}}}
    one = imported(put(tmp_path, text, mapping))
    assert whys(one) == {Why.NO_FIGURE: 1}
    assert inventory(tmp_path, put(tmp_path, text, mapping)).emission()[:, 0] == pytest.approx([10, 1001.002])


def test_amounts_of_pieces(tmp_path):
    mapping = {"activity": {"column": "量", "unit": {"column": "单位", "names": {"重量箱": "50 kg"}}}}
    found = inventory(tmp_path, put(tmp_path, "企业,行业,NOx,量,单位\n甲,玻璃,5,2000,重量箱\n", mapping))
    assert found.activity.tolist() == [100.0]


@pytest.mark.parametrize("line", ["注：数据来自统计局", "填表人：张三,,审核人：李四", "备注：,,见附件"])
def test_a_footnote_is_no_row(tmp_path, line):
    one = imported(put(tmp_path, TABLE + line + "\n"))
    assert whys(one) == {Why.NO_FIGURE: 1}


def test_a_line_of_units_among_the_rows(tmp_path):
    assert keys(put(tmp_path, TABLE + "单位：千克,,\n丙厂,水泥,900\n")) == ["import.unit_line"]


def test_a_group_beside_its_parts(tmp_path):
    codes = {"codes": {"table": "nfr"}}
    assert keys(put(tmp_path, "企业,行业,NOx\n甲,1A2,10\n乙,1A2a,4\n丙,1A2b,6\n丁,5A,1\n", {**codes, "totals": None})) == [
        "import.group"
    ]
    one = imported(put(tmp_path, "企业,行业,NOx\n甲,1A2,10\n乙,1A2a,4\n", codes))
    assert {note.key for note in one.account.parts[0].entries.notes} == {"import.note.group"}
    text = "企业,行业,NOx,VOCs\n一、锅炉,工业锅炉,100.5,7\n1.甲,工业锅炉,60.5,3\n2.乙,工业锅炉,30,3\n3.丙,工业锅炉,10,1\n二、水泥,水泥,5,1\n"
    both = {"NOx": {"emission": {"column": "NOx", "unit": "t"}}, "VOC": {"emission": {"column": "VOCs", "unit": "t"}}}
    assert keys(put(tmp_path, text, {"pollutants": both})) == ["import.sum_row"]


def test_one_pollutant_under_two_names(tmp_path):
    long = {"pollutant": "污染物", "emission": {"column": "排放量", "unit": "kg"}}
    text = "企业,行业,污染物,排放量\n甲,水泥,PM2.5,2000\n甲,水泥,细颗粒物,2000\n"
    assert keys(put(tmp_path, text, {"pollutants": {}, "long": long})) == ["import.two_words"]


def test_what_a_whole_leaves_over_needs_a_kind(tmp_path):
    codes = {"map": {"Energy": "combustion"}, "tree": "|"}
    text = "代码,NOx\n,10\nEnergy,7\n"
    assert "import.rest" in keys(put(tmp_path, text, {"code": "代码", "codes": codes, "name_zh": None}))
    one = imported(put(tmp_path, text, {"code": "代码", "codes": codes, "name_zh": None}), leave_out=("",))
    assert one.account.balance[0].inventory == 7


def test_headers_of_further_pages(tmp_path):
    one = imported(put(tmp_path, TABLE + "企业,行业,NOx\n丙厂,玻璃,1\n"))
    assert one.account.balance[0].inventory == 16.5
    assert one.account.why[0] == {Why.HEADING: 2}
    assert keys(put(tmp_path, TABLE + "企业,行业,NOx(kg)\n丙厂,玻璃,1\n")) == ["import.other_header"]


def test_sheets_that_hold_the_same_rows(tmp_path):
    one = put(tmp_path, TABLE, name="a.csv")
    two = put(tmp_path, TABLE + "丙厂,玻璃,9\n", name="b.csv")
    assert keys(one, two) == ["import.sheet_twice"]
    three = put(tmp_path, "企业,行业,NOx\n甲厂,水泥,12\n丙厂,玻璃,9\n丁厂,玻璃,2\n", name="c.csv")
    made = imported(one, three)
    assert {note.key for note in made.account.parts[1].entries.notes} == {"import.note.sheet_twice"}


def test_rows_with_other_growth_stay_apart(tmp_path):
    path = put(tmp_path, "企业,行业,NOx,增长\n甲,水泥,1,gdp\n甲,水泥,2,population\n", {"growth_driver": "增长"})
    found = inventory(tmp_path, path)
    assert found.text["growth_driver"].tolist() == ["gdp", "population"]


def test_words_that_meet_by_chance_are_no_fault(tmp_path):
    long = {"pollutant": "污染物", "emission": {"column": "排放量", "unit": "t"}}
    rows = [(f"厂{k}", f"1A2{'abcdefg'[k % 7]}", p, k + 1.5) for k in range(60) for p in ("NOx", "氨", "VOCs", "SO2")]
    text = "企业,行业,污染物,排放量\n" + "".join(f"{a},{b},{c},{d}\n" for a, b, c, d in rows)
    made = imported(put(tmp_path, text, {"pollutants": {}, "long": long, "codes": {"table": "nfr"}, "nfr": "行业"}))
    assert len(made.account.sources) == 60


def test_a_record_that_stands_twice_is_told(tmp_path):
    long = {"pollutant": "污染物", "emission": {"column": "排放量", "unit": "t"}}
    made = imported(put(tmp_path, "企业,行业,污染物,排放量\n" + "甲,水泥,NOx,5\n" * 2, {"pollutants": {}, "long": long}))
    assert {note.key for note in made.account.parts[0].entries.notes} == {"import.note.repeated"}


def test_shares_of_two_kinds_in_one_column_are_told(tmp_path):
    figures = {"emission": {"column": "NOx", "unit": "t"}, "efficiency": "效率"}
    made = imported(put(tmp_path, "企业,行业,NOx,效率\n甲,水泥,5,95\n乙,砖瓦,6,0.8\n", {"pollutants": {"NOx": figures}}))
    assert {note.key for note in made.account.parts[0].entries.notes} == {"import.note.mixed_share"}


def test_a_column_of_efficiencies_that_are_all_at_most_one_per_cent_is_told_once_at_its_header(tmp_path):
    figures = {"emission": {"column": "NOx", "unit": "t"}, "efficiency": "效率"}
    made = imported(put(tmp_path, "企业,行业,NOx,效率\n甲,水泥,5,0.95\n乙,砖瓦,6,0.8\n", {"pollutants": {"NOx": figures}}))
    (note,) = made.account.parts[0].entries.notes
    assert note.key == "import.note.low_shares"
    assert str(note.place).endswith(":1:4") and "效率" in note.text("zh")
    said = {"pollutants": {"NOx": figures | {"efficiency": {"column": "效率", "unit": "1"}}}}
    shares = imported(put(tmp_path, "企业,行业,NOx,效率\n甲,水泥,5,0.95\n乙,砖瓦,6,0.8\n", said))
    assert not [*shares.account.parts[0].entries.notes]


def test_a_row_that_numbers_the_columns_is_told(tmp_path):
    made = imported(put(tmp_path, "企业,行业,NOx\n甲,乙,1\n丙厂,水泥,9\n"))
    assert made.account.balance[0].inventory == 9
    assert {note.key for note in made.account.parts[0].entries.notes} == {"import.note.numbering"}


def test_ids_follow_from_the_rows_and_not_from_what_else_is_known(tmp_path):
    """A bureau that fills in its activities a year later keeps the ids of its sources."""
    with_activity = put(
        tmp_path, "企业,行业,NOx,量\n甲,水泥,1,\n乙,砖瓦,2,5\n", {"activity": {"column": "量", "unit": "t"}}, "a.csv"
    )
    without = put(tmp_path, "企业,行业,NOx,量\n乙,砖瓦,2,\n甲,水泥,1,7\n", {"activity": {"column": "量", "unit": "t"}}, "b.csv")
    assert sorted(imported(with_activity).account.sources.id) == sorted(imported(without).account.sources.id)


def test_a_whole_number_of_hundreds_of_digits(tmp_path):
    assert keys(put(tmp_path, "企业,行业,NOx\n甲,水泥,5\n乙,砖瓦," + "9" * 400 + "\n")) == ["import.number"]


def test_a_mapping_of_a_former_import_does_not_stay(tmp_path):
    one, two = put(tmp_path, TABLE, name="a.csv"), put(tmp_path, "企业,行业,NOx\n丙厂,玻璃,8\n", name="b.csv")
    write_import(tmp_path / "inv", imported(one, two), "en", "")
    write_import(tmp_path / "inv", imported(one), "en", "")
    assert sorted(p.name for p in (tmp_path / "inv" / "import").iterdir()) == ["account.csv", "account.json", "mapping-1.json"]


def test_the_names_of_formats_on_the_command_line():
    from emisim.cli.imports import FORMATS
    from emisim.importing.formats import names

    assert names() == FORMATS


def test_many_rows_with_one_fault_are_counted(tmp_path):
    path = put(tmp_path, "企业,行业,NOx\n" + "甲,水泥,很多\n" * 50)
    assert keys(path).count("import.number") == 10
    assert keys(path)[-1] == "fault.more"
    assert "40" in faults(path)[-1]


def test_a_date_in_place_of_a_number(tmp_path):
    import datetime

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("表")
        for k, row in enumerate([["企业", "行业", "NOx"], ["甲", "水泥", None], ["乙", None, 5]]):
            for c, cell in enumerate(row):
                sheet.write(k, c, cell)
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(1, 2, datetime.datetime(2020, 3, 4), day)
        sheet.write_datetime(2, 1, datetime.datetime(2020, 3, 4), day)
    told = faults(put(tmp_path, buffer.getvalue(), name="stock.xlsx"))
    assert [line.split(": ")[0] for line in told] == ["stock.xlsx:表!C2", "stock.xlsx:表!B3"]


def test_formulas_without_a_stored_result(tmp_path):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("表")
        for k, row in enumerate([["企业", "行业", "NOx"], ["甲", "水泥", 5]]):
            for c, cell in enumerate(row):
                sheet.write(k, c, cell)
        sheet.write_formula(1, 2, "=1+1", None, "")
    assert keys(put(tmp_path, buffer.getvalue(), name="stock.xlsx")) == ["import.blank_formulas"]


# ---- the command


def run(*words) -> tuple[int, str]:
    done = CliRunner().invoke(cli, list(map(str, words)), standalone_mode=False)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@pytest.mark.parametrize(("language", "word"), [("en", "left out"), ("zh", "未导入")])
def test_the_command_prints_the_account(tmp_path, language, word):
    path = put(tmp_path, TABLE + "合计,,15.5\n")
    _, shown = run("import", path, "--to", tmp_path / "inv", "--lang", language)
    assert word in shown
    assert "15.500000" in shown
    assert (tmp_path / "inv" / "SOURCES.md").read_text(encoding="utf-8").count(word)


def test_an_import_replaces_an_import_that_nobody_has_changed(tmp_path):
    path = put(tmp_path, TABLE)
    run("import", path, "--to", tmp_path / "inv")
    run("import", path, "--to", tmp_path / "inv")
    (tmp_path / "inv" / "growth.csv").write_text("mine", encoding="utf-8")
    assert told("import", path, "--to", tmp_path / "inv") == {"import.changed"}
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x").write_text("x", encoding="utf-8")
    assert told("import", path, "--to", tmp_path / "other") == {"import.not_empty"}


def test_equal_files_give_equal_bytes(tmp_path):
    path = put(tmp_path, TABLE)
    for name in ("one", "two"):
        write_import(tmp_path / name / "inv", imported(path), "en", "")
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert [(tmp_path / "one" / f).read_bytes() for f in files] == [(tmp_path / "two" / f).read_bytes() for f in files]
    assert len(files) == 7


def test_guess_then_import(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text("企业名称,行业类别,NOx排放量(吨)\n甲厂,水泥,12\n乙厂,砖瓦,3.5\n", encoding="utf-8")
    run("import", path, "--guess", "--year", "2020")
    mapping = tmp_path / "stock.mapping.yaml"
    with pytest.raises(BadInput) as bad:
        run("import", path, "--to", tmp_path / "inv")
    assert {f.key for f in bad.value.faults} == {"mapping.open"}
    run("import", path, "--to", tmp_path / "inv", "--region", "410329", "--grade", "C", "--source", "bureau")
    assert total(read_inventory(tmp_path / "inv", 2020, (2020, 2025))) == 15.5
    assert told("import", path, "--guess") == {"import.guess_exists"}
    mapping.unlink()
    assert told("import", path, "--to", tmp_path / "other") == {"import.no_mapping"}
    published = tmp_path / "iamc.csv"
    published.write_text("Model,Scenario,Region,Variable,Unit,2020\nm,s,r,Emissions|NOx,Mt NO2/yr,1\n", encoding="utf-8")
    assert told("import", published, "--guess") == {"import.known_format"}


def test_fates_are_four():
    assert FATES == ("used", "converted", "merged", "refused")


# ---- new


def told(*words) -> set[str]:
    with pytest.raises(BadInput) as bad:
        run(*words)
    return {f.key for f in bad.value.faults}


def test_a_plan_of_ones_own_on_an_imported_inventory(tmp_path):
    folder = tmp_path / "county"
    run("import", put(tmp_path, TABLE), "--to", folder / "inputs" / "mine")
    text = tmp_path / "plan.txt"
    text.write_text(
        "某县方案\n2024年3月1日\n一、优化产业结构\n（一）淘汰落后产能。2025年底前完成。（县发改委负责）\n", encoding="gb18030"
    )
    _, shown = run("new", folder, "--plan", text)
    assert "1 clauses" in shown
    scenario = folder / "scenarios" / "county-2025.yaml"
    _, shown = run("validate", scenario)
    assert "not encoded yet: 1" in shown
    assert told("new", folder, "--plan", text) == {"new.exists"}
    write_import(folder / "inputs" / "more", imported(put(tmp_path, TABLE, {"region": {"value": "410308"}}, "b.csv")), "en", "")
    assert told("new", folder, "--plan") == {"new.inventory"}
    assert told("new", tmp_path / "none", "--plan") == {"new.inventory"}


def test_a_plan_needs_one_region(tmp_path):
    path = put(tmp_path, "企业,行业,NOx,区\n甲,水泥,1,410308\n乙,砖瓦,2,410329\n", {"region": "区"})
    run("import", path, "--to", tmp_path / "inputs" / "mine")
    assert told("new", tmp_path, "--plan") == {"new.region"}
    run("new", tmp_path, "--plan", "--region", "410300")


def test_a_template_is_written_validated_and_brought_in(tmp_path):
    path = tmp_path / "stock.xlsx"
    assert told("new", tmp_path / "stock.xls", "--inventory-xlsx") == {"new.xlsx"}
    run("new", path, "--inventory-xlsx", "--region", "410329")
    assert told("new", path, "--inventory-xlsx") == {"new.exists"}
    plan = tmp_path / "plan.docx"
    plan.write_bytes(b"PK")
    run("import", put(tmp_path, TABLE, name="other.csv"), "--to", tmp_path / "inputs" / "mine")
    assert told("new", tmp_path, "--plan", plan) == {"new.text"}
    assert told("validate", path) == {"inventory.empty"}
    assert told("import", path, "--to", tmp_path / "inv") == {"inventory.empty"}
    bare = tmp_path / "bare.xlsx"
    filled = openpyxl.load_workbook(path)
    del filled["说明 Guide"]
    filled.save(bare)
    assert told("validate", bare) == {"template.no_year"}
    assert told("import", bare, "--to", tmp_path / "inv", "--year", "2021") == {"inventory.empty"}
    assert not (tmp_path / "inv").exists()


def test_options_that_say_nothing_are_refused(tmp_path):
    assert told("new", tmp_path / "x", "--region", "1") == {"question.unused"}
    assert told("import", put(tmp_path, TABLE), "--guess", "--to", "x") == {"question.unused"}
    assert told("import", put(tmp_path, TABLE)) == {"import.needs_to"}
    assert told("import", put(tmp_path, TABLE), "--to", tmp_path / "inv", "--select", "x") == {"import.pair"}


def test_formulas_that_nobody_has_computed(tmp_path):
    """XlsxWriter stores 0 for a formula unless it is told the value."""
    for value, refused in ((None, True), (5, False)):
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
            sheet = workbook.add_worksheet("表")
            for k, row in enumerate([["企业", "行业", "NOx"], ["甲", "水泥", 5]]):
                sheet.write_row(k, 0, row)
            sheet.write_formula(1, 2, "=2+3", None, *([] if value is None else [value]))
        path = put(tmp_path, buffer.getvalue(), name="stock.xlsx")
        assert keys(path) == ["import.blank_formulas"] if refused else imported(path).account.balance[0].inventory == 5
