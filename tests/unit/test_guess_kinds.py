"""What a proposed mapping says of kinds of source, of parts of the year, of units, and of rows that hold no data."""

import pytest

from foreign_tables import amount, proposed, sheet, unsure


@pytest.fixture
def propose(tmp_path):
    """Text and mapping of a proposal."""
    return lambda *sheets, **told: proposed(tmp_path, sheets, **told)


# ---- what kind of source a row is

VEHICLES = [
    ["车辆类型", "燃料", "排放阶段", "保有量（辆）", "NOx（吨）"],
    ["重型货车", "柴油", "国三", 5, 3],
    ["重型货车", "天然气", "国六", 5, 3],
    ["挖掘机", "柴油", "国三", 5, 3],
    ["微型、小型客车", "汽油", "国四", 5, 3],
]


def test_types_of_vehicles_are_codes_of_the_handbook_with_fuel_and_stage(propose):
    text, mapping = propose(sheet(*VEHICLES))
    assert mapping.code.column == ("车辆类型", "燃料", "排放阶段")
    assert mapping.codes.table == ("handbook",)
    assert (mapping.subsector, mapping.fuel, mapping.technology) == (None, None, None)
    assert mapping.codes.map == {"微型、小型客车 / 汽油 / 国四": "mobile/passenger_car/gasoline/China IV"}
    assert {"code", "map", '"微型、小型客车 / 汽油 / 国四"'} <= unsure(text)


def test_a_stage_that_the_handbook_does_not_know_stays_in_its_own_column(propose):
    text, mapping = propose(sheet(*VEHICLES[:3], ["公交车", "柴油", "无标准车", 5, 3]))
    assert mapping.code.column == ("车辆类型", "燃料")
    assert mapping.technology.names == {"国三": "China III", "国六": "China VI"}
    assert "无标准车" in next(line for line in text.splitlines() if line.startswith("technology:"))


def test_a_product_beside_the_industry(propose):
    rows = [["化工", "尿素", 1], ["化工", "硫酸", 2], ["化工", "硝酸", 3]]
    assert propose(sheet(["行业", "产品名称", "NOx（吨）"], *rows))[1].code.column == ("行业",)  # all of them chemical already
    rows = [["建材", "水泥", 1], ["建材", "石灰", 2], ["建材", "砖瓦", 3]]
    assert propose(sheet(["行业", "产品名称", "NOx（吨）"], *rows))[1].code.column == ("行业", "产品名称")


def test_products_do_not_stand_in_the_way_of_what_the_code_says(propose):
    _, mapping = propose(
        sheet(["企业名称", "行业代码", "产品名称", "NOx（吨）"], ["甲", "3011", "32.5水泥", 1], ["乙", "3011", "熟料粉", 1])
    )
    assert mapping.subsector is None
    _, mapping = propose(sheet(["行业代码", "产品名称", "NOx（吨）"], ["3011", "32.5水泥", 1], ["3011", "熟料粉", 1]))
    assert mapping.name_zh.column == ("产品名称",)  # else the two rows would be one source


def test_words_for_fuels(propose):
    rows = [["3011", "煤", 1], ["3011", "兰炭", 2], ["4411", "天然气", 2], ["4411", "无", 2]]
    text, mapping = propose(sheet(["行业代码", "燃料种类", "NOx（吨）"], *rows))
    assert mapping.fuel.names == {"煤": "coal", "天然气": "gas"}
    line = next(line for line in text.splitlines() if line.startswith("fuel:"))
    assert "兰炭" in line.partition("# ? ")[2]


def test_a_fuel_means_what_it_does_beside_its_kind_of_source(propose):
    rows = [["3110", "柴油", 1], ["5431", "煤", 2]]
    mapping = propose(sheet(["行业代码", "燃料", "NOx（吨）"], *rows))[1]
    assert mapping.fuel.names["柴油"] == "oil"
    text, mapping = propose(sheet(["甲列", "燃料", "NOx（吨）"], ["某", "柴油", 2], ["某", "煤", 2]))
    assert mapping.fuel.names == {"煤": "coal"}  # diesel of vehicles, oil of boilers: nobody knows which
    assert "柴油" in next(line for line in text.splitlines() if line.startswith("fuel:"))


def test_the_kind_of_all_rows_by_a_header_or_the_title(propose):
    text, mapping = propose(sheet(["加油站名称", "VOCs（kg）"], ["中石化一站", 1], ["中石油二站", 2]))
    assert (mapping.code.value, mapping.codes.table) == ("加油站", ("handbook",))
    assert "code" in unsure(text)
    table = sheet(["某县畜禽养殖氨排放表", None], ["乡镇", "NH3（吨）"], ["城关镇", 1], ["鸦岭镇", 2])
    text, mapping = propose(table)
    assert mapping.code.value == "畜禽养殖"
    assert mapping.name_zh.column == ("乡镇",)
    assert mapping.region.value == "?"
    assert {"name_zh", "region", "code"} <= unsure(text)


def test_wheat_that_is_fertilised_is_no_straw(propose):
    assert propose(sheet(["作物", "NH3（吨）"], ["小麦", 1], ["玉米", 2]))[1].code.value == "?"
    assert propose(sheet(["作物", "秸秆焚烧量（吨）", "NOx（吨）"], ["小麦", 1, 1], ["玉米", 2, 2]))[1].code.value != "秸秆"
    assert propose(sheet(["作物秸秆", "NOx（吨）"], ["小麦", 1], ["玉米", 2]))[1].code.column == ("作物秸秆",)


def test_kinds_of_source_side_by_side_are_told(propose):
    table = sheet(["乡镇", "生猪存栏（头）", "奶牛存栏（头）", "NH3（吨）"], ["城关镇", 5, 6, 1], ["鸦岭镇", 6, 7, 2])
    text, mapping = propose(table)
    assert mapping.activity is None
    assert "生猪, 奶牛" in text


def test_english_names_of_kinds_of_source_are_proposed(propose):
    text, mapping = propose(sheet(["Industry", "NOx (t)"], ["Cement", 1], ["zzz", 2]), language="en")
    assert mapping.codes.map == {"Cement": "process/cement", "zzz": "?"}
    assert {"Cement", "map"} <= unsure(text)


# ---- years, months, and rows that are no data


def test_several_years_are_told(propose):
    text, mapping = propose(sheet(["2020年、2021年排放清单", None], ["企业", "NOx（吨）"], ["甲", 1]))
    assert mapping.year is None
    assert "2020, 2021" in text


def test_the_date_of_a_form_is_not_the_year_of_its_figures(propose):
    table = sheet(["2020年排放清单", "填报日期：2021年6月15日"], ["企业", "NOx（吨）"], ["甲", 1])
    assert propose(table)[1].year == 2020


MONTHS = [f"{k}月" for k in range(1, 13)]


def test_months_are_summed(propose):
    rows = ["企业", *MONTHS, "全年合计"], ["甲", *range(1, 13), 78], ["乙", *range(1, 13), None]
    text, mapping = propose(sheet(["重点企业氮氧化物月排放量（吨）", *[None] * 13], *rows))
    found = mapping.pollutants["NOx"].emission
    assert (found.column, found.otherwise_sum) == ("全年合计", tuple(MONTHS))
    assert "emission" in unsure(text)


@pytest.mark.parametrize(
    "names",
    [MONTHS, ["Jan", "Feb", "March", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"], ["一季度", "二季度", "三季度", "四季度"], ["Q1", "Q2", "Q3", "Q4"]],
)  # fmt: skip
def test_months_without_a_year_are_summed(propose, names):
    text, mapping = propose(sheet(["企业", *(f"{name} NOx (t)" for name in names)], ["甲", *range(len(names))]))
    found = mapping.pollutants["NOx"].emission
    assert found.column is None
    assert len(found.otherwise_sum) == len(names)
    assert found.unit == "t/yr"
    assert "emission" in unsure(text)


def test_an_empty_column_of_the_year_is_enough(propose):
    _, mapping = propose(sheet(["企业", *(f"{name} NOx (t)" for name in MONTHS), "全年"], ["甲", *range(12), None]))
    assert mapping.pollutants["NOx"].emission.column == "全年"


def test_a_monthly_rate_is_no_part_of_a_sum(propose):
    _, mapping = propose(sheet(["企业", *(f"{name} NOx (t/月)" for name in MONTHS)], ["甲", *range(12)]))
    assert mapping.pollutants["NOx"].emission.unit == "?"


def test_the_rest_of_a_year_is_no_year(propose):
    text, mapping = propose(sheet(["企业", *(f"{name} NOx (t)" for name in MONTHS[:11])], ["甲", *range(11)]))
    assert not mapping.pollutants["NOx"].emission.otherwise_sum


def test_a_header_that_comes_again_and_notes_are_left_out(propose):
    text, mapping = propose(
        sheet(
            ["源类别", "活动水平", "单位", "NH3（吨）"],
            ["生猪", 12000, "头", 33],
            ["源类别", "活动水平", "单位", "NH3（吨）"],
            ["尿素", 3000, "吨", 120],
            ["复合肥", 3000, "吨", 120],
            ["注：数据来源于统计年鉴", None, None, None],
            ["填表人：张三", None, None, "联系电话：123"],
        )
    )
    again, notes = mapping.leave_out
    assert (again.column, again.is_) == ("源类别", ("源类别",))
    assert notes.rows == ("6", "7")
    assert not mapping.codes.map
    assert not mapping.missing
    assert mapping.activity.unit.names == {"吨": "t/yr"}


# ---- units of figures


def test_a_factor_of_what_is_counted_once_is_one_of_a_year(propose):
    text, mapping = propose(sheet(["畜种", "存栏量（头/只）", "NH3系数（kg/头）"], ["生猪", 5, 3], ["奶牛", 5, 20]))
    assert amount(mapping.activity) == ("存栏量（头/只）", "head")
    assert mapping.pollutants["NH3"].factor.unit == "kg/head/yr"
    assert "factor" in unsure(text)


def test_the_activity_is_the_one_that_the_factor_is_per(propose):
    table = sheet(
        ["肥料种类", "播种面积（亩）", "施肥量（吨）", "NH3排放系数（kg/kg）"], ["尿素", 5, 3, 0.1], ["碳铵", 5, 2, 0.2]
    )
    assert propose(table)[1].activity.column == "施肥量（吨）"


def test_the_share_of_solvent_in_a_paint_is_no_control(propose):
    table = sheet(["企业", "VOCs含量（%）", "去除效率（%）", "VOCs排放量（吨）"], ["甲", 50, 60, 3])
    assert propose(table)[1].pollutants["VOC"].efficiency.column == "去除效率（%）"


def test_a_unit_that_emisim_does_not_know_is_named(propose):
    text, mapping = propose(sheet(["企业", "年产量（万斤）", "NOx（吨）"], ["甲", 50, 3]))
    assert mapping.activity.unit == "?"
    assert "万斤" in next(line for line in text.splitlines() if line.startswith("activity:")).partition("# ? ")[2]


def test_empty_columns_are_not_read(propose):
    text, mapping = propose(sheet(["企业", "燃料", "NOx（吨）"], ["甲", "无", 3], ["乙", None, 3]))
    assert mapping.fuel is None
    assert "燃料（空列）" in text


def test_codes_of_digits_go_before_the_names_beside_them(propose):
    rows = [
        ["企业名称", "行业名称", "行业代码", "NOx排放量(吨)"],
        ["甲", "水泥制造", 3011, 5],
        ["乙", "玻璃瓶罐制造", 3055, 6],
        ["丙", "热力", 4430, 7],
    ]
    _, mapping = propose(sheet(*rows))
    assert mapping.code.column == ("行业代码",)
    assert mapping.codes.table == ("gbt4754",)
