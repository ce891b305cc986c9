"""Headers of foreign tables: the rows they stand in, the names of the columns, the units in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emisim.importing.headers import columns_named, find_header, first_row, headers, title_unit, titles
from emisim.importing.words import number_in, read_unit, said, unit_in, without_unit
from emisim.units import to_base
from foreign_tables import sheet


def texts(table):
    return [h.text for h in headers(table, find_header(table))]


@pytest.mark.parametrize(
    "text, written, unit",
    [
        ("NOx排放量（吨/年）", "吨/年", "t/yr"),
        ("产量（万t）", "万t", "万吨"),
        ("NOx排放量/吨", "吨", "t"),
        ("NH3 kg·a-1", "kg·a-1", "kg/yr"),
        ("NOx排放量（t·a⁻¹）", "t·a−1", "t/yr"),
        ("NMVOC [t/a]", "t/a", "t/yr"),
        ("单位：吨", "吨", "t"),
        ("填报单位：洛阳市环保局   单位：吨/年", "吨/年", "t/yr"),
        ("锅炉规模（蒸吨/小时）", "蒸吨/小时", "蒸吨/h"),
        ("机动车保有量（万辆）", "万辆", "万辆"),
        ("出栏量（万头）", "万头", "万头"),
        ("天然气（亿立方米）", "亿立方米", "亿m3"),
        ("用电量（万千瓦时）", "万千瓦时", "万kWh"),
        ("行驶里程（万公里）", "万公里", "万km"),
        ("播种面积（公顷）", "公顷", "ha"),
        ("产值（万元）", "万元", "万元"),
        ("燃料消耗量万吨", "万吨", "万吨"),
        ("产量（10⁴t）", "万t", "万吨"),
        ("产量(10^4t)", "万t", "万吨"),
        ("排放系数kg/t", "kg/t", "kg/t"),
        ("排放因子（g/(辆·km)）", "g/(辆·km)", "g/(km vehicle)"),
        ("氮氧化物（以NO2计，吨）", "吨", "t"),
        ("排放量（万吨，2020年）", "万吨", "万吨"),
        ("NOx t yr-1", "t yr-1", "t/yr"),
        ("nox_kg", "kg", "kg"),
        ("去除效率%", "%", "%"),
        ("NOx/(t/a)", "t/a", "t/yr"),
        ("设计产能/万吨·年-1", "万吨·年-1", "万吨/yr"),
        ("（吨）", "吨", "t"),
        ("煤炭消费量（万吨标煤）", "万吨标煤", "万tce"),
        ("存栏量（头/只）", "头/只", "head"),
        ("饲养量（头、只）", "只", "head"),
        ("施肥量（吨折纯）", "吨", "t"),
        ("排放系数（千克/头·年）", "千克/头·年", "kg/(head yr)"),
    ],
)
def test_units_are_found_as_they_are_written(text, written, unit):
    assert unit_in(text) == (written, unit)


@pytest.mark.parametrize(
    "text",
    ["经度（度）", "年份", "数据年份（年）", "2020", "2020年", "PM2.5", "Region/Sector", "企业名称（全称）", "备注（1）", "填报单位：户部", "tons",
     "NOx (short tons)", "万斤", "单位：万辆、吨", "单位：万辆  单位：吨", "", "有/无"],
)  # fmt: skip
def test_what_is_no_unit_is_none(text):
    assert unit_in(text) == ("", "")


@given(st.text(max_size=30))
def test_a_unit_that_is_found_is_one_that_emisim_reads(text):
    written, unit = unit_in(text)
    assert bool(written) == bool(unit)
    if unit and "/" not in written:
        assert to_base(unit) == to_base(written)


@given(
    st.sampled_from("t kg g Mt m3 kWh km head 辆 万吨 亿立方米 ha yuan".split()), st.sampled_from(["", "/yr", "/年", "/a", "/h"])
)
def test_units_in_all_kinds_of_brackets_are_one(word, per):
    spellings = {unit_in(f"总量{left}{word}{per}{right}") for left, right in ("()", "（）", "[]", "【】")}
    assert spellings == {(word + per, read_unit(word + per)[1])}


@pytest.mark.parametrize(
    "text, rest",
    [("NOx排放量（吨）", "NOx排放量"), ("氮氧化物（以NO2计，吨）", "氮氧化物(以NO2计)"), ("排放量（万吨，2020年）", "排放量(2020年)"),
     ("nox_kg", "nox"), ("NOx排放量/吨", "NOx排放量"), ("企业名称", "企业名称")],
)  # fmt: skip
def test_a_header_without_its_unit(text, rest):
    assert without_unit(text, unit_in(text)[0]) == rest


@pytest.mark.parametrize(
    "cell, number",
    [("１，２３４．５", 1234.5), ("1,234", 1234.0), ("12 %", 12.0), ("3 吨", 3.0), ("2020年", None), ("—", None), ("甲", None), (None, None), (True, None), (7, 7.0)],
)  # fmt: skip
def test_numbers_of_cells(cell, number):
    assert number_in(cell) == number


def test_line_breaks_in_a_cell():
    assert [said(cell) for cell in ("排放量\n（吨）", "NOx\nemissions", 2020.0, None)] == [
        "排放量（吨）",
        "NOx emissions",
        "2020",
        "",
    ]


# ---- where the header stands

TITLE = "孟津县2020年排放清单"


def test_a_plain_table():
    table = sheet(["a", "b"], ["x", 1])
    assert find_header(table) == (1,)
    assert texts(table) == ["a", "b"]


def test_titles_and_blank_rows_are_passed_over():
    table = sheet(
        [TITLE, None, None, None],
        ["填报单位：生态环境局", None, None, "单位：吨"],
        [],
        ["企业", "代码", "NOx", "SO2"],
        ["甲", "3011", "1,234.5", "—"],
    )
    assert find_header(table) == (4,)
    assert titles(table, (4,)) == (TITLE, "填报单位：生态环境局", "单位：吨")
    assert title_unit(table, (4,)) == ("吨", "t")


def test_a_title_merged_over_all_columns():
    table = sheet([TITLE, None, None], ["企业", "NOx", "SO2"], ["甲", 1, 2], merged=[(1, 1, 1, 3)])
    assert find_header(table) == (2,)


MERGED = [
    ["企业", "排放量（吨/年）", None, "系数（kg/t）", None],
    [None, "NOx", "SO2", "NOx", "SO2"],
    ["甲", 1, 2, 3, 4],
]
NAMES = ["企业", "排放量（吨/年）/NOx", "排放量（吨/年）/SO2", "系数（kg/t）/NOx", "系数（kg/t）/SO2"]


def test_two_rows_with_merged_cells():
    table = sheet(*MERGED, merged=[(1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 1, 5)])
    assert find_header(table) == (1, 2)
    assert texts(table) == NAMES
    assert [h.unit for h in headers(table, (1, 2))] == ["", "t/yr", "t/yr", "kg/t", "kg/t"]


def test_the_same_without_merged_cells_as_in_a_csv_file():
    table = sheet(*MERGED)
    assert find_header(table) == (1, 2)
    assert texts(table) == NAMES


def test_merged_cells_are_believed_before_the_layout():
    """An empty cell beside a merged one stays empty."""
    table = sheet(
        ["企业", "排放量", None, None], [None, "NOx", "SO2", "备注"], ["甲", 1, 2, "x"], merged=[(1, 1, 2, 1), (1, 2, 1, 3)]
    )
    assert texts(table) == ["企业", "排放量/NOx", "排放量/SO2", "备注"]


def test_three_rows():
    table = sheet(
        [None, "NOx", None, "SO2", None],
        ["企业", "产生", "排放", "产生", "排放"],
        [None, "吨", "吨", "吨", "千克"],
        ["甲", 1, 2, 3, 4],
    )
    assert find_header(table) == (1, 2, 3)
    assert texts(table)[1:] == ["NOx/产生/吨", "NOx/排放/吨", "SO2/产生/吨", "SO2/排放/千克"]
    assert headers(table, (1, 2, 3))[4].unit == "kg"


def test_groups_above_all_columns():
    table = sheet(["NOx", None, "SO2", None], ["排放量", "系数", "排放量", "系数"], [1, 2, 3, 4])
    assert texts(table) == ["NOx/排放量", "NOx/系数", "SO2/排放量", "SO2/系数"]


def test_a_row_of_units_belongs_to_the_header():
    table = sheet(["name", "activity", "NOx"], [None, "t", "kg/yr"], ["x", 1, 2])
    assert find_header(table) == (1, 2)
    assert [(h.last, h.unit) for h in headers(table, (1, 2))] == [("name", ""), ("t", "t"), ("kg/yr", "kg/yr")]


def test_a_row_that_numbers_the_columns_is_neither_header_nor_data():
    table = sheet(["企业", "行业", "NOx", "SO2"], ["甲", "乙", 1, 2], ["某厂", "水泥", 5, 6])
    assert find_header(table) == (1,)
    assert first_row(table, (1,)) == 3


def test_years_are_names_of_columns():
    table = sheet(["Region", "Unit", 2018, 2019.0], ["x", "t", 1.5, 2.5])
    assert texts(table) == ["Region", "Unit", "2018", "2019"]


def test_a_row_of_texts_without_a_figure_is_data():
    table = sheet(["企业", "代码", "NOx"], ["甲", "A1", "—"], ["乙", "A2", 3])
    assert find_header(table) == (1,)


def test_no_header():
    table = sheet(["410308", "NOx", 2020, 12.5], ["410308", "SO2", 2020, 3])
    assert find_header(table) == ()
    assert [(h.number, h.text) for h in headers(table, ())] == [(1, ""), (2, ""), (3, ""), (4, "")]
    assert find_header(sheet()) == ()


@given(
    st.lists(
        st.lists(st.none() | st.text(max_size=5) | st.integers(-9, 3000) | st.floats(allow_nan=True), max_size=6), max_size=8
    )
)
def test_header_rows_stand_above_the_data(rows):
    table = sheet(*rows)
    found = find_header(table)
    assert list(found) == sorted(set(found))
    assert not found or first_row(table, found) > max(found)
    assert [h.number for h in headers(table, found)] == list(range(1, len(headers(table, found)) + 1))


# ---- columns by their names

COLUMNS = headers(sheet(*MERGED), (1, 2))


@pytest.mark.parametrize(
    "name, numbers",
    [
        ("企业", (1,)),
        ("排放量（吨/年）/NOx", (2,)),
        ("排放量(吨/年) / NOx", (2,)),  # full-width signs and spaces are no difference
        ("系数/nox", (4,)),  # without the unit
        ("NOx", (2, 4)),
        ("#3", (3,)),
        ("＃3", (3,)),
        ("#9", ()),
        ("", ()),
        ("NH3", ()),
    ],
)
def test_what_a_name_means(name, numbers):
    assert tuple(h.number for h in columns_named(COLUMNS, name)) == numbers


def test_a_name_without_its_unit():
    columns = headers(sheet(["企业", "NOx排放量（吨）", "NOX排放量"], ["甲", 1, 2]), (1,))
    assert [h.number for h in columns_named(columns, "NOx排放量（吨）")] == [2]
    assert [h.number for h in columns_named(columns, "NOX排放量")] == [3]


def test_an_exact_name_comes_before_the_end_of_another():
    columns = headers(sheet(["NOx", "系数", None], [None, "NOx", "SO2"], [1, 2, 3]), (1, 2))
    assert [h.number for h in columns_named(columns, "NOx")] == [1]


def test_what_nobody_sees_is_no_part_of_a_header():
    table = sheet(["\u200b企业名称\ufeff", "行业\u00ad代码", "NO\u2060x排放量（吨）"], ["甲", "3011", 5], ["\u200b", "4411", 6])
    found = headers(table, find_header(table))
    assert [h.text for h in found] == ["企业名称", "行业代码", "NOx排放量（吨）"]
    assert columns_named(found, "企业\u200b名称") == found[:1]
    assert said("\ufeff") == ""


def test_names_below_a_name_that_two_columns_share():
    """A CSV file with 源类别 twice, told apart by the row below, and units there."""
    table = sheet(["地区", "源类别", "源类别", "NOx"], [None, "一级", "二级", "t/a"], ["伊川县", "移动源", "道路移动源", 5])
    assert find_header(table) == (1, 2)
    assert texts(table) == ["地区", "源类别/一级", "源类别/二级", "NOx/t/a"]
