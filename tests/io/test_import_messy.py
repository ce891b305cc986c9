"""Files as bureaus keep them: what a person would add up by hand comes in, or the import says where it stops. Nothing is lost, doubled or scaled
without a word."""

import copy
import csv
import io
import math
import unicodedata
from pathlib import Path

import pytest
import xlsxwriter
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from emisim.errors import BadInput
from emisim.importing.entries import Why
from emisim.io.foreign import Wanted, guessed, import_files
from emisim.io.import_folder import unread_sheets, write_import
from emisim.io.inventory_folder import read_inventory
from emisim.report.import_tables import all_tables, cautions
from shuffling import as_written

NOX = {"NOx": {"emission": {"column": "NOx", "unit": "t"}}}
MAPPING = {
    "mapping": "stock", "year": 2020, "grade": "C", "source": "county bureau", "region": {"value": "410329"}, "code": "行业",
    "codes": {"table": "handbook"}, "name_zh": "企业", "pollutants": NOX,
}  # fmt: skip
# What a person writes where a proposed mapping asks.
FILLED = (
    ('region: {value: "?"}', 'region: {value: "410308"}'), ('grade: "?"', "grade: C"), ('source: "?"', "source: bureau"),
    ('code: {value: "?"}', "code: {value: 其他}"), ('镇: "?"', '镇: "410308"'),
)  # fmt: skip


def table(rows, ending="\n", delimiter=",", encoding="utf-8") -> bytes:
    """Rows as a CSV file."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator=ending, delimiter=delimiter).writerows(
        [["" if c is None else c for c in row] for row in rows]
    )
    return stream.getvalue().encode(encoding)


def book(sheets, merges=(), hidden=()) -> bytes:
    """Rows of several sheets as a workbook. A cell (value, format) has a number format; merges : (sheet, range, value)."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False}) as workbook:
        made = {title: workbook.add_worksheet(title) for title in sheets}
        for title, rows in sheets.items():
            for line, row in enumerate(rows):
                for column, cell in enumerate(row):
                    value, form = cell if isinstance(cell, tuple) else (cell, "General")
                    if value is not None:
                        made[title].write(line, column, value, workbook.add_format({"num_format": form}))
        for title, where, value in merges:
            made[title].merge_range(where, value)
        for title in hidden:
            made[title].hide()
    return buffer.getvalue()


def put(folder, data: bytes | str, mapping=None, name=None):
    """A file, and its mapping beside it."""
    raw = data.encode() if isinstance(data, str) else data
    name = name or ("stock.xlsx" if raw.startswith(b"PK") else "stock.csv")
    path = folder / name
    path.write_bytes(raw)
    beside(path).write_text(yaml.safe_dump({**MAPPING, **(mapping or {})}, allow_unicode=True), encoding="utf-8")
    return path


def beside(path):
    """The mapping of a file."""
    return path.with_name(f"{path.stem}.mapping.yaml")


class Brought:
    """What an import brought: tonnes of each pollutant in the inventory that was written and read back, and what it said."""

    def __init__(self, *paths, **wanted):
        made = import_files(paths, [p.name for p in paths], Wanted(**wanted))
        folder = paths[0].parent / "inventory"
        write_import(folder, made, "en", "emisim import")
        self.inventory = as_written(read_inventory(folder, 2020, (2020, 2025)))
        self.account = made.account
        self.notes = cautions(made.account, unread_sheets(made), "en")
        self.shown = "\n".join(" ".join(map(str, row)) for t in all_tables(made.account, "en") for row in t.rows)

    def tonnes(self, pollutant="NOx") -> float:
        return math.fsum(self.inventory.emission()[:, self.inventory.pollutants.index(pollutant)].tolist())

    def told(self, *words) -> bool:
        """Whether one caution has all of these words."""
        return any(all(word in note for word in words) for note in self.notes)


def refused(*paths, **wanted) -> list:
    """The faults of an import that stops."""
    with pytest.raises(BadInput) as bad:
        Brought(*paths, **wanted)
    for found in bad.value.faults:
        assert found.text("en") and found.text("zh")
    return bad.value.faults


def keys(*paths, **wanted) -> set[str]:
    return {found.key for found in refused(*paths, **wanted)}


# ---- files as they come: rows, the tonnes of NOx that a person adds up, the mapping that the person would write


HEAD = ["序号", "企业", "行业", "NOx"]
BUREAU = {
    "title, unit and footers": (
        [["附表1 排放清单"], ["单位：吨"], HEAD, [1, "甲", "水泥", 10], [2, "乙", "砖瓦", 20.5], ["注：数据来自环统。"], ["填表人：张三"]],
        30.5, {},
    ),
    "total on top, subtotals between": (
        [HEAD, [None, "合计", None, 60], [1, "甲", "水泥", 10], [2, "乙", "砖瓦", 20], [None, "小 计", None, 30], [3, "丙", "水泥", 30],
         [None, "小　计：", None, 30]],
        60, {},
    ),
    "totals with a code": (
        [HEAD, [1, "甲", "水泥", 10], [2, "乙", "水泥", 25], [None, "合计（吨）", "水泥", 35]], 35, {},
    ),
    "words for totals inside names": (
        [HEAD, [1, "总计划工程公司", "水泥", 10], [2, "平均岭砖厂", "砖瓦", 20], [3, "合计桥水泥厂", "水泥", 5], [4, "全区供热中心", "水泥", 2],
         [5, "汇总科技有限公司", "水泥", 4]],
        41, {},
    ),
    "pages with their own headers": (
        [["表1"], HEAD, [1, "甲", "水泥", 10], [None, "本页小计", None, 10], ["表1（续）"], HEAD, [2, "乙", "砖瓦", 20], [None, "本页小计", None, 20],
         [None, "总计", None, 30]],
        30, {},
    ),
    "a row of units": ([["企业", "行业", "NOx", "SO2"], [None, None, "（千克）", "（吨）"], ["甲", "水泥", 1000, 1], ["乙", "砖瓦", 500, 1]], 1.5,
                       {"pollutants": {"NOx": {"emission": {"column": "NOx", "unit": "kg"}}}}),
    "units in a column": (
        [["企业", "行业", "NOx", "单位"], ["甲", "水泥", 1000, "千克"], ["乙", "砖瓦", 3, "吨"], ["丙", "砖瓦", 0.0002, "万吨"], ["丁", "砖瓦", None, None]], 6,
        {"pollutants": {"NOx": {"emission": {"column": "NOx", "unit": {"column": "单位"}}}}},
    ),
    "numbers as texts": (
        [HEAD, [1, "甲", "水泥", "1,234.5"], [2, "乙", "水泥", "１２．５"], [3, "丙", "水泥", " 3 "], [4, "丁", "水泥", "2吨"], [5, "戊", "水泥", "5\u200b"],
         [6, "己", "水泥", "—"], [7, "庚", "水泥", "/"]],
        1257, {},
    ),
    "names merged over boilers": (
        [["企业", "设备", "行业", "NOx"], ["甲", "1#", "水泥", 10], [None, "2#", None, 20], ["乙", "1#", "砖瓦", 5]], 35,
        {"name_zh": {"column": ["企业"], "fill": True}, "code": {"column": "行业", "fill": True}, "technology": "设备"},
    ),
    "blank rows and columns": ([[], [None, "企业", None, "行业", None, "NOx", None], [], [None, "甲", None, "水泥", None, 10, None], [],
                                [None, "乙", None, "砖瓦", None, 20, None]], 30, {}),
    "codes that Excel made numbers": ([["企业", "行业", "区县", "NOx"], ["甲", 3011.0, 410308.0, 10], ["乙", "3031", "410329", 20]], 30,
                                      {"codes": {"table": "gbt4754"}, "region": "区县"}),
    "activity only in some rows": (
        [["企业", "行业", "煤", "系数", "NOx"], ["甲", "水泥", 1000, 5, None], ["乙", "水泥", None, None, 7], ["丙", "水泥", 0, 5, None], ["丁", "水泥", 2000, None, 3]],
        15, {"activity": {"column": "煤", "unit": "t"}, "pollutants": {"NOx": {**NOX["NOx"], "factor": {"column": "系数", "unit": "kg/t"}}}},
    ),
    "a long table": (
        [["企业", "行业", "污染物", "排放量"], ["甲", "水泥", "NOx", 10], ["甲", "水泥", "PM10", 99], ["甲", "水泥", "氮氧化物 ", 5], ["乙", "砖瓦", "nox", 20]], None,
        {"pollutants": {}, "long": {"pollutant": "污染物", "emission": {"column": "排放量", "unit": "t"}}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("name", [name for name, case in BUREAU.items() if case[1] is not None])
def test_what_a_person_adds_up_comes_in(tmp_path, name, form):
    rows, truth, mapping = BUREAU[name]
    path = put(tmp_path, table(rows) if form == "csv" else book({"清单": rows}), mapping)
    assert Brought(path).tonnes() == pytest.approx(truth, rel=1e-9)


def _filled(text: str) -> str:
    for question, answer in FILLED:
        text = text.replace(question, answer)
    return text


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("name", list(BUREAU))
def test_a_proposed_mapping_brings_the_right_sum_or_stops(tmp_path, name, form):
    """Whatever --guess makes of such a file, no wrong total follows in silence."""
    rows, truth, _ = BUREAU[name]
    named = [
        ["氮氧化物排放量（吨）" if cell == "NOx" and not name.startswith(("a row of", "units in")) else cell for cell in row]
        for row in rows
    ]
    path = put(tmp_path, table(named) if form == "csv" else book({"清单": named}))
    beside(path).write_text(_filled(guessed(path, path.name, 2020, "en")), encoding="utf-8")
    try:
        brought = Brought(path)
    except BadInput as bad:
        assert not {found.key for found in bad.faults} & {"schema.type", "schema.unknown"}
    else:
        assert truth is None or brought.tonnes() == pytest.approx(truth, rel=1e-9)


def test_a_header_of_three_merged_lines(tmp_path):
    rows = [
        ["孟津区2020年工业锅炉大气污染物排放清单"], ["序号", "企业名称", "行业类别", "燃料消耗量", "污染物排放量"],
        [None, None, None, None, "氮氧化物", None, "二氧化硫"], [None, None, None, "(万吨)", "排放量(吨)", "去除效率(%)", "排放量(千克)", "去除效率(%)"],
        [1, "甲厂", "燃煤锅炉", 1.2, 35.5, 60, 1200, 80], [2, "乙厂", "燃煤锅炉", 0.8, 20, 0, 900, 50], [None, "合计", None, 2, 55.5, None, 2100],
        ["填表人：张三"],
    ]  # fmt: skip
    merges = [("S", where, value) for where, value in (
        ("A1:H1", rows[0][0]), ("A2:A4", "序号"), ("B2:B4", "企业名称"), ("C2:C4", "行业类别"), ("D2:D3", "燃料消耗量"), ("E2:H2", "污染物排放量"),
        ("E3:F3", "氮氧化物"), ("G3:H3", "二氧化硫"),
    )]  # fmt: skip
    path = put(tmp_path, book({"S": rows}, merges))
    beside(path).write_text(_filled(guessed(path, path.name, 2020, "en")), encoding="utf-8")
    brought = Brought(path)
    assert brought.tonnes() == pytest.approx(55.5)
    assert brought.tonnes("SO2") == pytest.approx(2.1)
    assert brought.inventory.activity.tolist() == pytest.approx([12000, 8000])
    assert brought.inventory.existing_efficiency[0].tolist() == pytest.approx([0.6, 0.8])


# ---- numbers


@pytest.mark.parametrize(
    "cell",
    ["12①", "12²", "②", "½", "1,23,456", "0,123", "00,123", "1.2.3", "12-15", "12*", "约12", ">5", "12（估）", "1_000", "nan", "inf", "0x10", "TRUE", "12万",
     "12 t/d", "12吨/月", "5 %", "1e400", "1e400 t", "1e308", "1e308 kt", "9" * 400, "一百", "12mg/m3", "1.5D+02"],
)  # fmt: skip
def test_what_is_no_plain_number_is_not_guessed_at(tmp_path, cell):
    assert keys(put(tmp_path, table([HEAD, [1, "甲", "水泥", cell], [2, "乙", "砖瓦", 1]]))) == {"import.number"}


def test_numbers_with_decimal_commas_in_a_file_with_semicolons(tmp_path):
    rows = [HEAD, [1, "甲", "水泥", "1,512"], [2, "乙", "砖瓦", "2,345"]]
    refused(put(tmp_path, table(rows, delimiter=";")))


def test_a_huge_number_in_a_workbook(tmp_path):
    assert keys(put(tmp_path, book({"S": [HEAD, [1, "甲", "水泥", 1e300]]}))) == {"import.number"}


@given(
    values=st.lists(
        st.tuples(st.floats(0, 1e9, allow_nan=False), st.sampled_from(["", ",", "宽", "吨", "kg", " "])), min_size=1, max_size=12
    )
)
@settings(max_examples=40, deadline=None)
def test_however_a_number_is_spelled_it_is_the_same_number(tmp_path_factory, values):
    rows, truth = [HEAD], []
    for k, (value, spelling) in enumerate(values):
        text = f"{value:,.3f}" if spelling == "," else f"{value:.3f}"
        number = float(f"{value:.3f}")
        wide = "".join(chr(ord(c) + 0xFEE0) if c.isascii() else c for c in text)
        rows.append(
            [k, f"厂{k}", "水泥", {"宽": wide, "吨": f"{text}吨", "kg": f"{text} kg", " ": f" {text}\u00a0"}.get(spelling, text)]
        )
        truth.append(number / 1000 if spelling == "kg" else number)
    path = put(tmp_path_factory.mktemp("spelled"), table(rows))
    assert Brought(path).tonnes() == pytest.approx(math.fsum(truth), rel=1e-9, abs=1e-12)


# ---- merged cells of a workbook


FIGURES = {"activity": {"column": "煤", "unit": "t"}, "pollutants": {"NOx": {**NOX["NOx"], "efficiency": "效率"}}}
BOILERS = [["企业", "行业", "煤", "NOx", "效率"], ["甲", "水泥", 10, 5, 80], ["乙", "水泥", 10, 5, 80], ["丙", "水泥", 10, 5, 80]]


def without(rows, *places):
    """Rows without the cells at (row, column)."""
    return [[None if (line, column) in places else cell for column, cell in enumerate(row)] for line, row in enumerate(rows)]


def test_a_merged_efficiency_holds_for_all_its_rows(tmp_path):
    found = Brought(put(tmp_path, book({"S": without(BOILERS, (2, 4), (3, 4))}, [("S", "E2:E4", 80)]), FIGURES)).inventory
    assert found.existing_efficiency[:, 0].tolist() == [0.8, 0.8, 0.8]


def test_a_merged_emission_counts_once_and_is_told(tmp_path):
    brought = Brought(put(tmp_path, book({"S": without(BOILERS, (2, 3))}, [("S", "D2:D3", 5)]), FIGURES))
    assert brought.tonnes() == pytest.approx(10)
    assert brought.told("merged", "D3")


def test_a_merged_activity_is_not_split(tmp_path):
    refused(put(tmp_path, book({"S": without(BOILERS, (2, 2))}, [("S", "C2:C3", 10)]), FIGURES))


@pytest.mark.parametrize("where", ["D2:D3", "C2:C3"])
def test_a_number_that_a_merged_cell_covers_is_told(tmp_path, where):
    """The sheet shows one figure, but the cell beneath still holds its own: programs and the format brush leave it there."""
    path = put(tmp_path, book({"S": BOILERS}, [("S", where, 5 if where[0] == "D" else 10)]), FIGURES)
    try:
        assert Brought(path).told("merged", f"{where[0]}3")
    except BadInput as bad:
        assert bad.faults[0].place.line in (2, 3)


@pytest.mark.parametrize("what", ["factor", "unit"])
def test_merged_factors_and_units_hold_for_all_their_rows(tmp_path, what):
    rows = [
        ["企业", "行业", "煤", "系数", "单位"],
        ["甲", "水泥", 1000, 5, "吨"],
        ["乙", "水泥", 1000, 5, "吨"],
        ["丙", "水泥", 1000, 2, "吨"],
    ]
    mapping = {
        "activity": {"column": "煤", "unit": {"column": "单位"}},
        "pollutants": {"NOx": {"factor": {"column": "系数", "unit": "kg/t"}}},
    }
    merge = ("S", "D2:D3", 5) if what == "factor" else ("S", "E2:E4", "吨")
    rows = without(rows, *([(2, 3)] if what == "factor" else [(2, 4), (3, 4)]))
    assert Brought(put(tmp_path, book({"S": rows}, [merge]), mapping)).tonnes() == pytest.approx(12)


@pytest.mark.parametrize(
    ("mapping", "truth"), [({"select": {"镇": ["A"]}}, 3), ({"leave_out": [{"column": "镇", "is": "A", "why": "elsewhere"}]}, 4)]
)
def test_rows_are_chosen_by_merged_cells(tmp_path, mapping, truth):
    rows = [["镇", *HEAD[1:]], ["A", "甲", "水泥", 1], [None, "乙", "水泥", 2], ["B", "丙", "水泥", 4]]
    assert Brought(put(tmp_path, book({"S": rows}, [("S", "A2:A3", "A")]), mapping)).tonnes() == pytest.approx(truth)


# ---- totals


TOTALS = (
    "合计", "合 计", "合计（吨）", "合计(t)", "共计", "总数", "合计数", "汇总", "全市合计（2020年）", "小计1", "合计\u200b", "*合计", "—合计—", "【合计】", "“合计”",
    "本页小计：", "以上合计", "Total (t)", "TOTAL NOx", "Subtotal A", "Grand total", "其中：水泥",
)  # fmt: skip


@pytest.mark.parametrize("word", TOTALS)
def test_a_total_is_left_out_or_told(tmp_path, word):
    """A row that carries a code, so that nothing but its word and its figures say what it is."""
    brought = Brought(put(tmp_path, f"企业,行业,NOx\n甲,水泥,12\n乙,水泥,3\n{word},水泥,15\n"))
    if brought.tonnes() != pytest.approx(15):
        assert brought.told("4", "sum")


@pytest.mark.parametrize(
    "name", ["总计划局", "合计桥水泥厂", "平均岭砖厂", "全市供热公司", "汇总科技有限公司", "共计算中心", "总数据中心", "Total Petroleum (China) Co.", "TotalEnergies",
             "Summit Cement", "Sum Ltd", "Average Joe's Kiln", "Total Gas Station"],
)  # fmt: skip
def test_a_works_whose_name_holds_a_word_for_totals_is_kept_or_told(tmp_path, name):
    brought = Brought(put(tmp_path, f"企业,行业,NOx\n甲,水泥,12\n乙,水泥,3\n{name},水泥,7\n"))
    assert brought.tonnes() == pytest.approx(22) or brought.told("7", "totals:")


def test_sources_called_after_sums_are_told_where_most_rows_are(tmp_path):
    brought = Brought(put(tmp_path, "企业,行业,NOx\n甲,水泥,12\n民用燃烧合计,水泥,7\n加油站合计,水泥,3\n"))
    assert brought.tonnes() == pytest.approx(22) or brought.told("totals:")


def test_a_source_called_after_a_sum_can_be_kept(tmp_path):
    text = "企业,行业,NOx\n民用燃烧合计,水泥,12\n加油站合计,水泥,3\n"
    assert Brought(put(tmp_path, text, {"totals": []})).tonnes() == pytest.approx(15)


@given(towns=st.lists(st.lists(st.integers(1, 10**6), min_size=1, max_size=5), min_size=1, max_size=6), top=st.booleans())
@settings(max_examples=40, deadline=None)
def test_subtotals_of_any_number_of_towns(tmp_path_factory, towns, top):
    rows, total = [], ["", "", "全县合计", "", sum(map(sum, towns)) / 10]
    for k, town in enumerate(towns):
        rows += [[f"镇{k}" if not j else "", k, f"厂{k}-{j}", "水泥", value / 10] for j, value in enumerate(town)]
        rows += [["", "", "小计", "", sum(town) / 10]]
    rows = [["乡镇", *HEAD], *([total, *rows] if top else [*rows, total])]
    brought = Brought(put(tmp_path_factory.mktemp("towns"), table(rows)))
    assert brought.tonnes() == pytest.approx(sum(map(sum, towns)) / 10, rel=1e-9)
    assert len(brought.inventory.text["name_zh"]) == sum(map(len, towns))


def test_a_group_beside_its_parts_is_told(tmp_path):
    path = put(tmp_path, "企业,行业,NOx\n,1A2,10\n,1A2a,4\n,1A2b,6\n", {"codes": {"table": "nfr"}, "name_zh": None})
    try:
        assert Brought(path).told("2", "sum")
    except BadInput as bad:
        assert bad.faults[0].place.line == 2


def test_numbered_groups_above_their_parts_are_told(tmp_path):
    """一、 is the sum of the 1. and 2. below it; more groups follow."""
    rows = [["行业", "NOx"], ["一、工业锅炉", 100], ["1.燃煤锅炉", 60], ["2.燃气锅炉", 40], ["二、水泥", 5], ["三、砖瓦", 7]]
    path = put(tmp_path, table(rows), {"name_zh": None})
    try:
        brought = Brought(path)
    except BadInput as bad:
        assert bad.faults[0].place.line == 2
    else:
        assert brought.tonnes() == pytest.approx(112) or brought.told("2", "sum")


# ---- the same things twice


ROWS = [HEAD, [1, "甲", "水泥", 1], [2, "乙", "砖瓦", 2]]


@pytest.mark.parametrize("names", [("2019", "2020"), ("清单", "备份"), ("S", "S ")])
@pytest.mark.parametrize("hide", [False, True])
def test_sheets_that_both_fit_are_not_added_up(tmp_path, names, hide):
    assert keys(put(tmp_path, book({n: ROWS for n in names}, hidden=names[1:] if hide else ()))) == {"import.many_sheets"}


def test_sheets_that_are_named_are_added_up(tmp_path):
    other = [HEAD, [1, "丙", "水泥", 4]]
    assert Brought(
        put(tmp_path, book({"一": ROWS, "二": other, "三": other}), {"file": {"sheets": ["一", "二"]}})
    ).tonnes() == pytest.approx(7)


def test_a_sheet_of_the_exact_name_goes_before_one_with_a_space(tmp_path):
    path = put(tmp_path, book({"S": ROWS, "S ": [HEAD, [1, "丙", "水泥", 4]]}), {"file": {"sheets": ["S"]}})
    assert Brought(path).tonnes() == pytest.approx(3)


def test_a_file_given_twice(tmp_path):
    one = put(tmp_path, table(ROWS))
    copied = put(tmp_path, table(ROWS), name="copy.csv")
    assert keys(one, one) == keys(one, copied) == {"import.same_file"}


def test_several_years_in_one_table(tmp_path):
    text = "年份,企业,行业,NOx\n2019,甲,水泥,12\n2020,甲,水泥,10\n"
    refused(put(tmp_path, text))
    assert Brought(put(tmp_path, text, {"select": {"年份": "2020"}})).tonnes() == pytest.approx(10)


def test_a_row_that_is_repeated_word_for_word_is_told(tmp_path):
    brought = Brought(put(tmp_path, "企业,行业,NOx\n甲,水泥,12\n乙,水泥,3\n甲,水泥,12\n"))
    assert brought.tonnes() == pytest.approx(27)
    assert brought.told("4", "2")


def test_rows_that_differ_in_their_control_are_no_repetition(tmp_path):
    mapping = {"pollutants": {"NOx": {**NOX["NOx"], "efficiency": "效率"}}}
    assert not Brought(put(tmp_path, "企业,行业,NOx,效率\n甲,水泥,0,80\n甲,水泥,0,50\n乙,水泥,5,50\n", mapping)).told("repeats")


def test_one_column_for_two_pollutants(tmp_path):
    for other in ("NOx", "#3"):
        pollutants = {**NOX, "VOC": {"emission": {"column": other, "unit": "t"}}}
        assert keys(put(tmp_path, "企业,行业,NOx\n甲,水泥,12\n", {"pollutants": pollutants})) == {"import.one_column"}


def test_one_pollutant_under_two_names_in_one_source(tmp_path):
    text = "企业,行业,污染物,排放量\n甲,水泥,PM2.5,10\n甲,水泥,细颗粒物,10\n"
    mapping = {"pollutants": {}, "long": {"pollutant": "污染物", "emission": {"column": "排放量", "unit": "t"}}}
    path = put(tmp_path, text, mapping)
    try:
        brought = Brought(path)
    except BadInput as bad:
        assert bad.faults[0].place.line == 3
    else:
        assert brought.tonnes("PM25") == pytest.approx(10) or brought.told("细颗粒物")


# ---- what contradicts itself


@pytest.mark.parametrize("header", ["NOx(kg)", "NOx（万吨）", "NOx/千克"])
def test_a_unit_in_the_header_that_the_mapping_contradicts_is_told(tmp_path, header):
    assert Brought(put(tmp_path, f"企业,行业,{header}\n甲,水泥,12\n")).told(header)


def test_a_column_of_units_beside_a_unit_in_the_header(tmp_path):
    """The proposal may take the one or the other, but says that there are two."""
    rows = [["企业", "行业", "NOx排放量（吨）", "单位"], ["甲", "水泥", 1000, "千克"], ["乙", "砖瓦", 3, "吨"]]
    path = put(tmp_path, table(rows))
    text = guessed(path, path.name, 2020, "en")
    beside(path).write_text(_filled(text), encoding="utf-8")
    doubts = [line for line in text.splitlines() if "# ?" in line]
    assert Brought(path).tonnes() == pytest.approx(4) or any("单位" in line for line in doubts) or Brought(path).told("单位")


def test_a_unit_that_changes_in_the_middle_of_a_table(tmp_path):
    path = put(tmp_path, "企业,行业,NOx\n甲,水泥,5\n单位：千克,,\n乙,水泥,700\n")
    try:
        assert Brought(path).told("3", "千克")
    except BadInput as bad:
        assert bad.faults[0].place.line == 3


def test_a_header_repeated_with_another_unit(tmp_path):
    path = put(tmp_path, "企业,行业,NOx(t)\n甲,水泥,5\n企业,行业,NOx(kg)\n乙,水泥,700\n")
    assert any(found.place.line == 3 for found in refused(path))


def test_an_emission_that_is_not_activity_times_factor_is_told(tmp_path):
    figures = {"NOx": {**NOX["NOx"], "factor": {"column": "系数", "unit": "kg/t"}}}
    text = "企业,行业,煤,系数,NOx\n甲,水泥,1000,5,5000\n乙,水泥,1000,5,5\n"
    brought = Brought(put(tmp_path, text, {"activity": {"column": "煤", "unit": "t"}, "pollutants": figures}))
    assert brought.told("2", "5000", "5")
    assert not brought.told("csv:3")


def test_a_factor_without_an_activity_is_told(tmp_path):
    text = "企业,行业,煤,系数\n甲,水泥,1000,5\n乙,水泥,,5\n"
    mapping = {"activity": {"column": "煤", "unit": "t"}, "pollutants": {"NOx": {"factor": {"column": "系数", "unit": "kg/t"}}}}
    assert Brought(put(tmp_path, text, mapping)).told("activity", "3")


def test_an_activity_of_zero_that_emits(tmp_path):
    path = put(tmp_path, "企业,行业,煤,NOx\n甲,水泥,0,5\n", {"activity": {"column": "煤", "unit": "t"}})
    assert keys(path) == {"import.activity_zero"}


def test_shares_that_may_be_fractions_are_told(tmp_path):
    rows = [["企业", "行业", "NOx", "效率"], ["甲", "水泥", 5, (0.6, "0%")], ["乙", "水泥", 5, (0.85, "0.0%")]]
    brought = Brought(put(tmp_path, book({"S": rows}), {"pollutants": {"NOx": {**NOX["NOx"], "efficiency": "效率"}}}))
    assert brought.told("效率", "unit")


def test_kilometres_of_one_vehicle_are_no_activity(tmp_path):
    """0.33 t for 1200 lorries: the mileage is that of one."""
    rows = [
        ["车型", "保有量(辆)", "NOx排放因子(g/km)", "年均行驶里程(km)"],
        ["重型货车", 1200, 5.5, 60000],
        ["轻型货车", 300, 2.5, 30000],
    ]
    path = put(tmp_path, table(rows))
    beside(path).write_text(_filled(guessed(path, path.name, 2020, "en")), encoding="utf-8")
    refused(path)


MONTHS = {"NOx": {"emission": {"column": "NOx", "unit": "t", "otherwise_sum": ["一月", "二月"]}}}


@pytest.mark.parametrize("cell", ["x", "-1", "#N/A", "12①", "1e400 t"])
def test_months_are_read_as_carefully_as_years(tmp_path, cell):
    text = f"企业,行业,NOx,一月,二月\n甲,水泥,,{cell},2\n乙,水泥,5,,\n"
    assert any(found.place.line == 2 for found in refused(put(tmp_path, text, {"pollutants": MONTHS})))


def test_months_with_units_in_the_cells(tmp_path):
    path = put(tmp_path, "企业,行业,NOx,一月,二月\n甲,水泥,,1千克,2\n乙,水泥,5,,\n", {"pollutants": MONTHS})
    try:
        assert Brought(path).tonnes() == pytest.approx(7.001)
    except BadInput as bad:
        assert bad.faults[0].place.line == 2


# ---- a path that is no file


@pytest.mark.parametrize("path", [".", "..", "/"])
def test_a_folder_in_place_of_a_file(path):
    with pytest.raises(BadInput) as bad:
        import_files([Path(path)], [path], Wanted())
    assert [found.key for found in bad.value.faults] == ["grid.folder"]


# ---- a mapping that does not fit


def test_a_misspelled_sector(tmp_path):
    path = put(
        tmp_path,
        "企业,行业,NOx\n甲,水泥,5\n乙,XX,5\n",
        {"codes": {"table": "handbook", "map": {"水泥": "combustn", "XX": "proces"}}},
    )
    assert keys(path) == {"mapping.sector"}


def test_codes_that_no_row_has_are_told(tmp_path):
    mapping = {"codes": {"table": "handbook", "map": {"水坭": "combustion"}, "leave_out": ["火电"]}}
    assert Brought(put(tmp_path, "企业,行业,NOx\n甲,水泥,5\n", mapping)).told("水坭", "火电")


def test_rows_to_be_left_out_that_are_not_there(tmp_path):
    path = put(tmp_path, "企业,行业,NOx\n甲,水泥,5\n乙,水泥,6\n", {"leave_out": [{"rows": ["3-2"], "why": "turned round"}]})
    try:
        assert Brought(path).told("3-2")
    except BadInput as bad:
        assert [found.key for found in bad.faults] == ["mapping.rows"]


def test_rows_beyond_the_last_one_are_counted(tmp_path):
    brought = Brought(put(tmp_path, "企业,行业,NOx\n甲,水泥,5\n乙,水泥,6\n丙,水泥,7\n", {"file": {"last": 3}}))
    assert brought.tonnes() == pytest.approx(11)
    assert sum(brought.account.count[0].values()) == 4
    assert brought.account.why[0] == {Why.HEADING: 1, Why.OUTSIDE: 1}


def test_an_empty_id(tmp_path):
    assert keys(put(tmp_path, "编号,企业,行业,NOx\n1,甲,水泥,12\n,乙,水泥,3\n", {"id": "编号"})) == {"import.empty_text"}


@pytest.mark.parametrize("place", ["112°30′", "999"])
def test_a_place_that_is_none(tmp_path, place):
    found = refused(put(tmp_path, f"企业,行业,NOx,经度\n甲,水泥,5,{place}\n", {"lon": "经度"}))
    assert [(f.key, f.place.file, f.place.line) for f in found] == [("import.degrees", "stock.csv", 2)]


@pytest.mark.parametrize(
    "name", ["甲\u200b", "\ufeff甲", "\u00a0甲 ", "𠮷野家㐂䶮", "=cmd|' /C calc'!A0", "-甲", "a\nb", '"甲"', "甲" * 300]
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_names_of_any_kind_survive(tmp_path, name, encoding):
    brought = Brought(put(tmp_path, table([HEAD, [1, name, "水泥", 5], [2, "乙", "砖瓦", 2]], encoding=encoding)))
    assert brought.tonnes() == pytest.approx(7)
    shown = unicodedata.normalize("NFC", " ".join(name.replace("\u200b", "").replace("\ufeff", "").split()))
    assert brought.inventory.text["name_zh"][0].replace("\u200b", "").replace("\ufeff", "") == shown


@pytest.mark.parametrize("where", ["header", "code", "select"])
def test_invisible_signs_change_nothing(tmp_path, where):
    header, code, town = ("\u200b" if where == w else "" for w in ("header", "code", "select"))
    text = f"镇,企业,行业,NOx{header}\nA{town},甲,水泥{code},1\nA,乙,水泥,2\nB,丙,水泥,4\n"
    assert Brought(put(tmp_path, text, {"select": {"镇": ["A"]}})).tonnes() == pytest.approx(3)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_ends_of_lines_and_separators(tmp_path, ending, delimiter):
    assert Brought(put(tmp_path, table(ROWS, ending, delimiter))).tonnes() == pytest.approx(3)


WHOLE = {
    **MAPPING, "title": {"zh": "甲", "en": "A"}, "file": {"header": [1], "first": 2, "last": 9, "encoding": "utf-8", "delimiter": ",", "comment": "#"},
    "code": {"column": "行业", "split": "-", "parts": "1-", "names": {"x": "y"}, "fill": True}, "codes": {"table": "handbook", "map": {"水泥": "process/cement"}},
    "id": "企业", "lon": "经度", "activity": {"column": "煤", "unit": "t"}, "missing": {"无": "none"}, "totals": ["合计"], "select": {"企业": ["甲", "乙"]},
    "single": ["行业"], "leave_out": [{"rows": ["3"], "why": "x"}, {"column": "企业", "is": ["丁"], "why": "y"}],
    "pollutants": {"NOx": {"emission": {"column": "NOx", "unit": "t"}, "factor": {"column": "系数", "unit": "kg/t"}, "efficiency": "效率"}},
}  # fmt: skip
JUNK = (None, 0, -1, True, "", "?", "#0", "3-1", "[", [None], {1: 2}, {"column": "NOx"}, {"value": "x"}, 10**30, "a" * 300)


def _places(data, above=()):
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield (*above, key)
        yield from _places(value, (*above, key))


@pytest.mark.parametrize("place", [pytest.param(p, id=".".join(map(str, p))) for p in _places(WHOLE)])
def test_whatever_stands_in_a_mapping_the_answer_is_an_import_or_a_fault(tmp_path, place):
    path = put(tmp_path, "企业,行业,煤,NOx,系数,效率,经度\n甲,水泥,10,5,1,50,112\n乙,水泥,10,,1,,112\n丙,砖瓦,10,5,1,50,112\n")
    for junk in JUNK:
        mapping = copy.deepcopy(WHOLE)
        at = mapping
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] = junk
        beside(path).write_text(yaml.safe_dump(mapping, allow_unicode=True), encoding="utf-8")
        try:
            made = import_files([path], [path.name], Wanted())
        except BadInput as bad:
            assert all(found.text("zh") for found in bad.faults)
        else:
            assert len(made.account.sources)


def test_a_column_of_units_that_holds_none(tmp_path):
    text = "企业,行业,煤,NOx,系数\n甲,水泥,10,5,1\n乙,水泥,10,,1\n"
    figures = {"NOx": {**NOX["NOx"], "factor": {"column": "系数", "unit": {"column": "NOx"}}}}
    refused(put(tmp_path, text, {"activity": {"column": "煤", "unit": "t"}, "pollutants": figures}))


# ---- published formats


FF10 = "#FORMAT=FF10_POINT\n#COUNTRY=US\n#YEAR=2020\n"
SHORT = 0.90718474


def record(poll="NOX", value="100", control="", name="Plant", facility="1", fields=77) -> str:
    """One line of an FF10 point file."""
    given = ["US", "37001", "", facility, "1", "1", "1", "", "", "", "", "10200602", poll, value, control, name]
    return ",".join((given + [""] * 77)[:fields]) + "\n"


def ff10(folder, *lines) -> object:
    path = folder / "points.csv"
    path.write_text(FF10 + "".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "line",
    [
        record(poll="nox"),
        record(fields=14),
        record(name='"A, B"'),
        record(name="TOTAL"),
        record(value="1E2"),
        record(value="100."),
    ],
)
def test_ff10_as_others_write_it(tmp_path, line):
    assert Brought(ff10(tmp_path, line)).tonnes() == pytest.approx(100 * SHORT)


def test_ff10_record_that_was_cut_off(tmp_path):
    assert any(found.place.line == 5 for found in refused(ff10(tmp_path, record(), record(fields=13, facility="2"))))


def test_ff10_name_with_a_comma_without_quotes(tmp_path):
    assert any(found.place.line == 4 for found in refused(ff10(tmp_path, record(name="A, B Inc"), record(facility="2"))))


def test_ff10_one_quantity_under_several_names(tmp_path):
    path = ff10(tmp_path, record("PM25-PRI"), record("PM2_5"), record("PM25"), record("NH3"), record("7664417"))
    try:
        brought = Brought(path)
    except BadInput as bad:
        assert {found.place.line for found in bad.faults} & {5, 6, 8}
    else:
        assert brought.told("PM2_5") and brought.told("7664417")


def test_ff10_pollutants_that_are_not_carried_are_named(tmp_path):
    brought = Brought(ff10(tmp_path, record("VOC"), record("NO", "60"), record("NO2", "40"), record("NOXX", "3")))
    assert "NOx" not in brought.inventory.pollutants or brought.tonnes() == 0
    assert brought.told("NOXX", "NO2")


def test_ff10_names_of_columns_in_another_order(tmp_path):
    names = "country_cd,region_cd,facility_id,tribal_code,unit_id,rel_point_id,process_id,a,b,c,d,scc,poll,ann_value,ann_pct_red,facility_name\n"
    refused(ff10(tmp_path, names, record()))


def iamc(folder, *rows, unit="Mt NO2/yr"):
    path = folder / "scenario.csv"
    lines = [f"M,S,R,{variable},{unit if 'NOx' in variable else 'Mt CO2/yr'},1,{value}" for variable, value in rows]
    path.write_text("\n".join(["Model,Scenario,Region,Variable,Unit,2015,2020", *lines, ""]), encoding="utf-8")
    return path


CHANGES = {"region": {"value": "410329"}, "grade": "C", "source": "x"}


def test_iamc_parts_without_their_wholes(tmp_path):
    path = iamc(
        tmp_path,
        ("Emissions|NOx|Energy|Demand|Transportation", 4),
        ("Emissions|NOx|Energy|Demand|Industry", 3),
        ("Emissions|NOx|AFOLU", 3),
    )
    assert Brought(path, year=2020, changes=CHANGES).tonnes() == pytest.approx(10e6)


def test_iamc_parts_that_overlap(tmp_path):
    path = iamc(
        tmp_path,
        ("Emissions|NOx", 10),
        ("Emissions|NOx|Energy", 7),
        ("Emissions|NOx|AFOLU", 3),
        ("Emissions|NOx|Transportation", 4),
    )
    assert "import.parts" in keys(path, year=2020, changes=CHANGES)


def test_iamc_a_sink_can_be_left_out_by_its_code(tmp_path):
    path = iamc(tmp_path, ("Emissions|CO2|Energy", 15), ("Emissions|CO2|AFOLU", -5), ("Emissions|NOx|Energy", 1))
    assert keys(path, year=2020, changes=CHANGES) == {"import.negative"}
    assert Brought(path, year=2020, changes=CHANGES, leave_out=("AFOLU",)).tonnes() == pytest.approx(1e6)


def test_iamc_what_parts_leave_over_is_named(tmp_path):
    path = iamc(tmp_path, ("Emissions|NOx", 10), ("Emissions|NOx|Energy", 7))
    assert any("Emissions|NOx" in found.text("en") for found in refused(path, year=2020, changes=CHANGES))
