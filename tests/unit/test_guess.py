"""A mapping is proposed for tables as bureaus and consultants keep them; what is unsure is marked, what is unknown is left open."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emisim.importing.fields import header_words, meaning, pollutant_in
from emisim.importing.guessing.draft import quoted
from emisim.importing.guessing.guess import guess
from emisim.importing.headers import Header
from emisim.importing.mapping import Mapping
from emisim.io.yaml_file import parse_yaml
from emisim.model import Label
from emisim.vocabulary import pollutants
from foreign_tables import amount, proposed, sheet, unsure


@pytest.fixture
def propose(tmp_path):
    """Text and mapping of a proposal."""
    return lambda *sheets, **told: proposed(tmp_path, sheets, **told)


WIDE = [
    ["孟津县2020年工业源大气污染物排放清单", None, None, None, None, None, None, None],
    ["填报单位：生态环境局", None, None, None, None, None, "单位：吨", None],
    ["序号", "企业名称", "行政区划代码", "行业代码", "煤炭消耗量（万吨）", "NOx", "SO2", "备注"],
    [1, "甲厂", "410308", "3011", "1,234.5", 1.5, "—", None],
    [2, "乙厂", "410308", "4411", 12, 3, 4, "停产"],
    [None, "合计", None, None, 1246.5, 4.5, 4, None],
]


def test_one_row_a_plant_one_column_a_pollutant(propose):
    text, mapping = propose(sheet(*WIDE))
    assert mapping.year == 2020
    assert mapping.file.header == (3,)
    assert mapping.region.column == ("行政区划代码",)
    assert mapping.code.column == ("行业代码",)
    assert mapping.name_zh.column == ("企业名称",)
    assert mapping.remark.column == ("备注",)
    assert amount(mapping.activity) == ("煤炭消耗量（万吨）", "万吨/yr")
    assert {name: amount(f.emission) for name, f in mapping.pollutants.items()} == {
        "NOx": ("NOx", "t/yr"),
        "SO2": ("SO2", "t/yr"),
    }
    assert "未读取的列：序号" in text
    assert {"grade", "source", "year"} <= unsure(text)
    assert not {"region", "name_zh", "activity", "emission"} & unsure(text)


def test_the_year_is_sure_when_it_is_given(propose):
    text, mapping = propose(sheet(*WIDE), year=2021)
    assert mapping.year == 2021
    assert "year" not in unsure(text)


def test_grade_and_source_are_always_for_the_person():
    text = guess([sheet(*WIDE)], "表.xlsx", 2020, "zh")
    data = parse_yaml(text, "m.yaml").data
    assert (data["grade"], data["source"]) == ("?", "?")


def test_merged_headers_with_emissions_and_factors(propose):
    table = sheet(
        ["企业", "产品", "产量", "排放量（千克/年）", None, "排放系数", None],
        [None, None, "（吨）", "NOx", "VOCs", "NOx(kg/t)", "VOCs(g/kg)"],
        ["甲", "水泥", 5, 1, 2, 3, 4],
        ["乙", "水泥", 6, 1, 2, 3, 4],
        merged=[(1, 1, 2, 1), (1, 2, 2, 2), (1, 4, 1, 5), (1, 6, 1, 7)],
    )
    text, mapping = propose(table)
    assert mapping.file.header == (1, 2)
    assert amount(mapping.activity) == ("（吨）", "t/yr")
    assert mapping.code.column == ("产品",)
    assert "水泥 = process/cement" in text
    assert amount(mapping.pollutants["NOx"].emission) == ("NOx", "kg/yr")
    assert amount(mapping.pollutants["NOx"].factor) == ("NOx(kg/t)", "kg/t")
    assert amount(mapping.pollutants["VOC"].factor)[1] == "g/kg"


LONG = [
    ["区县", "一级分类", "二级分类", "污染物", "活动水平", "活动水平单位", "排放系数", "系数单位", "去除效率", "排放量（吨）"],
    ["孟津县", "化石燃料固定燃烧源", "工业锅炉", "氮氧化物", 5, "万吨", 4, "kg/t", 50, 100],
    ["孟津县", "化石燃料固定燃烧源", "工业锅炉", "PM10", 5, "万吨", 4, "kg/t", 50, 100],
    ["伊川县", "移动源", "道路移动源", "VOCs", 5, "辆", 4, "kg/辆", 0, 100],
]


def test_one_row_a_pollutant(propose):
    text, mapping = propose(sheet(*LONG))
    assert mapping.region.names == {"孟津县": "?", "伊川县": "?"}
    assert mapping.code.column == ("一级分类", "二级分类")
    assert mapping.long.pollutant.names == {"氮氧化物": "NOx", "VOCs": "VOC"}
    assert "PM10" in text
    assert mapping.activity.unit.column == "活动水平单位"
    assert mapping.activity.unit.names == {"万吨": "万吨/yr"}
    assert mapping.long.factor.unit.column == "系数单位"
    assert amount(mapping.long.emission) == ("排放量（吨）", "t/yr")
    assert amount(mapping.long.efficiency) == ("去除效率", "%")
    assert not mapping.pollutants


ENGLISH = [
    ["Facility ID", "Facility", "County", "Sector", "Fuel", "Throughput [GJ]", "NOx emissions (tons)", "NMVOC [t/a]", "NOx control efficiency", "Longitude", "Latitude"],
    ["F1", "Plant A", "A county", "boiler", "coal", 5, 4, 4, 0.5, 112.5, 34.5],
    ["F2", "Plant B", "A county", "kiln", "gas", 6, 4, 3, 0.9, 112.6, 34.5],
]  # fmt: skip


def test_english_headers(propose):
    text, mapping = propose(sheet(*ENGLISH), language="en")
    assert mapping.name_en.column == ("Facility",)
    assert mapping.name_zh is None
    assert mapping.fuel.column == ("Fuel",)
    assert (mapping.lon.column, mapping.lat.column) == (("Longitude",), ("Latitude",))
    assert mapping.id == ("Facility ID",)
    assert amount(mapping.activity) == ("Throughput [GJ]", "GJ/yr")
    assert amount(mapping.pollutants["VOC"].emission) == ("NMVOC [t/a]", "t/yr")
    # Tons may be metric or short ones: only a person can tell.
    assert amount(mapping.pollutants["NOx"].emission) == ("NOx emissions (tons)", "?")
    # Shares of 0.5 and 0.9 are fractions, and that is said to be unsure.
    assert mapping.pollutants["NOx"].efficiency.unit == "1"
    assert {"efficiency", "emission"} <= unsure(text)
    assert mapping.region.names == {"A county": "?"}


def test_an_id_that_stands_in_several_rows_is_joined_by_the_texts_beside_it(propose):
    table = sheet(["企业编号", "企业名称", "设备名称", "NOx排放量（吨）"], ["A", "甲", "1号炉", 1], ["A", "甲", "2号炉", 2])
    text, mapping = propose(table)
    assert mapping.id == ("企业编号", "企业名称", "设备名称")
    assert "id" in unsure(text)


def test_units_in_a_row_of_the_header(propose):
    table = sheet(["单位名称", "用气量", "氮氧化物", "氨"], [None, "万立方米", "吨", "千克"], ["甲", 5, 1, 2])
    _, mapping = propose(table)
    assert mapping.name_zh.column == ("单位名称",)
    assert amount(mapping.activity)[1] == "万m3/yr"
    assert {name: f.emission.unit for name, f in mapping.pollutants.items()} == {"NOx": "t/yr", "NH3": "kg/yr"}


def test_a_column_of_units_beside_its_amounts(propose):
    table = sheet(
        ["名称", "活动水平", "单位", "NOx排放量（吨）"],
        ["甲", 5, "万斤", 1],
        ["乙", 5, "万立方米", 1],
        ["丙", 7, "t/yr", 1],
        ["丁", 7, "台", 1],
    )
    text, mapping = propose(table)
    assert mapping.activity.unit.column == "单位"
    assert mapping.activity.unit.names == {"万斤": "?", "万立方米": "万m3/yr"}
    assert "activity" in unsure(text)


def test_units_or_offices(propose):
    """单位 may be an organisation."""
    table = sheet(["单位", "NOx排放量（吨）"], ["某水泥厂", 1], ["某电厂", 2])
    text, mapping = propose(table)
    assert mapping.name_zh.column == ("单位",)
    assert "name_zh" in unsure(text)


def test_a_control_of_the_only_pollutant(propose):
    text, mapping = propose(sheet(["企业", "VOCs排放量（吨）", "收集效率（%）", "去除效率（%）"], ["甲", 1, 80, 90]))
    found = mapping.pollutants["VOC"]
    assert (found.efficiency.column, found.effectiveness[0].column) == ("去除效率（%）", "收集效率（%）")
    assert {"efficiency", "effectiveness"} <= unsure(text)


def test_a_control_of_one_of_several_pollutants_is_left_to_the_person(propose):
    text, mapping = propose(sheet(["企业", "VOCs（吨）", "NOx（吨）", "去除效率（%）"], ["甲", 1, 2, 90]))
    assert not any(f.efficiency for f in mapping.pollutants.values())
    assert "去除效率" in text.splitlines()[-1]


def test_sectors_by_their_own_names_are_known(propose):
    _, mapping = propose(sheet(["部门", "NOx（吨）"], ["移动源", 1], ["agriculture", 2], ["天外来物", 2]))
    assert "移动源" not in mapping.codes.map
    assert "agriculture" not in mapping.codes.map
    assert mapping.codes.map["天外来物"] == "?"


def test_what_is_emitted_is_not_what_is_generated(propose):
    table = sheet(
        ["企业", "NOx产生量（吨）", "NOx排放量（吨）", "NOx排放浓度（mg/m3）", "氨氮排放量（吨）", "CO（吨）"],
        ["甲", 9, 3, 50, 1, 1],
        ["乙", 9, 3, 50, 1, 1],
    )
    text, mapping = propose(table)
    assert list(mapping.pollutants) == ["NOx"]
    assert amount(mapping.pollutants["NOx"].emission) == ("NOx排放量（吨）", "t/yr")
    assert "NOx产生量（吨）" in text.splitlines()[-1]


@pytest.mark.parametrize(
    "year, column", [(2019, "2019年NOx排放量（吨）"), (2020, "2020年NOx排放量（吨）"), (None, "2020年NOx排放量（吨）")]
)
def test_columns_of_several_years(propose, year, column):
    table = sheet(
        ["车型", "保有量（辆）", "2019年NOx排放量（吨）", "2020年NOx排放量（吨）"], ["小客车", 5, 4, 3], ["货车", 6, 4, 3]
    )
    text, mapping = propose(table, year=year)
    assert mapping.pollutants["NOx"].emission.column == column
    assert amount(mapping.activity) == ("保有量（辆）", "vehicle")
    assert "emission" in unsure(text)


def test_rows_of_several_years(propose):
    table = sheet(["年份", "企业名称", "NOx排放量（吨）"], [2019, "甲", 1], [2020, "甲", 2])
    _, mapping = propose(table, year=2020)
    assert mapping.select == {"年份": ("{year}",)}
    assert propose(sheet(["年份", "企业名称", "NOx排放量（吨）"], [2019, "甲", 1]))[1].year == 2019


def test_one_column_a_year_with_the_pollutant_in_the_title(propose):
    table = sheet(["各县氮氧化物排放量  单位：万吨", None, None], ["地区", 2019, 2020], ["洛阳", 5.1, 4], ["孟津", 5, 4.2])
    text, mapping = propose(table, year=2019)
    assert amount(mapping.pollutants["NOx"].emission) == ("2019", "万吨/yr")
    assert {"NOx", "emission"} <= unsure(text)


@pytest.mark.parametrize("word, species", [("以N计", "N"), ("以NO计", "NO"), ("以NO2计", "NO2"), ("as N", "N")])
def test_what_the_mass_of_nox_is_stated_as(propose, word, species):
    _, mapping = propose(sheet(["企业", f"NOx排放量（{word}，吨）"], ["甲", 1]))
    assert mapping.pollutants["NOx"].species == species
    assert mapping.pollutants["NOx"].emission.unit == "t/yr"


def test_codes_of_villages_are_cut_to_their_county(propose):
    text, mapping = propose(sheet(["区划代码", "NOx排放量（吨）"], ["410308101201", 1], ["410308102000", 2]))
    assert mapping.region.cut == 6
    assert "region" in unsure(text)


def test_groups_that_are_named_once_are_filled(propose):
    rows = [["水泥", "甲", 1], [None, "乙", 2], [None, "丙", 3], ["电力", "丁", 4], [None, "戊", 5], [None, "己", 5]]
    text, mapping = propose(sheet(["行业", "企业名称", "NOx排放量（吨）"], *rows))
    assert mapping.code.fill
    assert "code" in unsure(text)


def test_words_among_the_figures_are_asked_for(propose):
    rows = [[f"厂{k}", k] for k in range(9)]
    text, mapping = propose(sheet(["企业", "NOx排放量（吨）"], *rows, ["末", "未监测"]))
    assert mapping.missing == {"未监测": Label(zh="?", en="?")}
    assert "missing" in unsure(text)


def test_a_rate_is_no_amount_of_a_year(propose):
    text, mapping = propose(sheet(["企业", "NOx排放量（kg/h）"], ["甲", 1]))
    assert mapping.pollutants["NOx"].emission.unit == "?"
    assert "kg/h" in text


def test_codes_that_no_table_knows_are_listed(propose):
    rows = [[f"ZZZ{k}", k] for k in range(60)]
    text, mapping = propose(sheet(["行业代码", "NOx排放量（吨）"], *rows))
    assert len(mapping.codes.map) == 50
    assert set(mapping.codes.map.values()) == {"?"}
    assert "10" in text.partition("ZZZ49")[2]


def test_codes_keep_their_zeros(propose):
    text, mapping = propose(sheet(["SNAP", "NOx [t]"], ["0101", 1], ["0706", 2], ["0801", 2]), language="en")
    assert mapping.code.column == ("SNAP",)
    assert mapping.codes.table == ("snap",)


def test_the_sheet_that_says_most_is_read(propose):
    notes = sheet(["说明"], ["本表由某某编制"], name="说明")
    text, mapping = propose(notes, sheet(*WIDE, name="工业源"), sheet(*WIDE, name="工业源2"))
    assert mapping.file.sheets == ("工业源", "工业源2")
    assert "说明" in text
    assert "sheets" in unsure(text)


def test_without_a_header_columns_go_by_their_number(propose):
    text, mapping = propose(sheet(["410308", "NOx", 12.5], ["410308", "SO2", 3.5]))
    assert mapping.file.header == ()
    assert mapping.region.column == ("#1",)
    assert mapping.long.pollutant.column == ("#2",)
    assert mapping.long.emission.column == "?"
    assert {"region", "column", "emission", "header"} <= unsure(text)


@pytest.mark.parametrize("rows", [[["x", "y"], ["a", "b"]], [["只有一行字"]], [[None, None]]])
def test_a_table_with_nothing_to_read_gives_questions_rather_than_nonsense(propose, rows):
    text, mapping = propose(sheet(*rows))
    assert mapping.source.en == "?"
    assert not any(f.emission and f.emission.column != "?" for f in mapping.pollutants.values())
    assert mapping.activity is None


def test_columns_of_one_name_go_by_their_number(propose):
    _, mapping = propose(sheet(["名称", "NOx排放量（吨）", "名称"], ["甲", 1, "乙"]))
    assert mapping.name_zh.column == ("#1",)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_comments_are_in_the_language_of_the_reader(language):
    text = guess([sheet(*LONG)], "t.xlsx", None, language)
    comments = " ".join(re.findall(r"# \? ([^\n]*)", text))
    assert bool(re.search(r"[一-鿿]", comments)) == (language == "zh")


CELLS = st.none() | st.integers(-5, 3000) | st.floats(width=16) | st.booleans() | st.text(max_size=8) | st.sampled_from(
    ["NOx排放量（吨）", "污染物", "NOx", "单位", "吨", "kg/t", "排放系数", "410308", "合计", "活动水平", "2020", "行业代码", "经度", "去除效率", "?", "- x: {", "#", "SO2产生量"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=6), max_size=7), st.text(max_size=12), st.sampled_from(["zh", "en"]))
def test_any_table_gives_a_mapping_that_can_be_read(rows, file, language):
    text = guess([sheet(*rows)], file, None, language)
    data = parse_yaml(text, "m.yaml").data
    Mapping.model_validate(data | {"grade": "E"})
    assert data["source"] == "?"


@given(st.text(max_size=30))
def test_any_text_survives_as_yaml(text):
    assert parse_yaml(f"a: {quoted(text)}\n", "m").data == {"a": text}
    assert parse_yaml(f"a: {{b: {quoted(text)}, c: 1}}\n", "m").data["a"]["b"] == text


def test_the_text_ends_with_a_line_break():
    assert guess([sheet(*WIDE)], "t.xlsx", None, "zh").endswith("\n")
    assert guess([sheet()], "t.xlsx", None, "zh").endswith("\n")


# ---- words of headers

FIELDS = frozenset(Mapping.model_fields) | {
    "name", "town", "year", "unit", "unit:activity", "unit:emission", "unit:factor", "pollutant", "emission", "factor", "efficiency", "effectiveness",
    "level:1", "level:2", "level:3", "level:4", "total", "none",
}  # fmt: skip


def test_every_word_of_a_header_serves_a_field():
    for word, (field, _) in header_words().items():
        kind, _, pollutant = field.partition(":")
        assert field in FIELDS or (kind in FIELDS and pollutant in pollutants()), word


@pytest.mark.parametrize(
    "text, field, pollutant",
    [
        ("*3.企业名称（全称）", "name", ""),
        ("2020年燃煤消耗量", "activity", ""),
        ("合成氨产量", "activity", ""),
        ("annual fuel consumption", "activity", ""),
        ("Emission factor NOx", "factor", "NOx"),
        ("Ammonia emissions", "emission", "NH3"),
        ("NOx去除效率", "efficiency", "NOx"),
        ("VOCs收集效率", "effectiveness", "VOC"),
        ("脱硝效率", "efficiency", "NOx"),
        ("颗粒物排放量", "none", ""),
        ("plantation", "name", ""),
        ("颜色", "", ""),
    ],
)
def test_what_a_header_says(text, field, pollutant):
    found = meaning(Header(1, text, text))
    assert (found.field, found.pollutant) == (field, pollutant)


@pytest.mark.parametrize(
    "text, pollutant",
    [("CO2", "CO2"), ("CO", ""), ("PM2.5", "PM25"), ("PM10", ""), ("NOx和SO2", None), ("液氨用量", None), ("氨", "NH3"), ("SO2/吨", "SO2"), ("cone", None)],
)  # fmt: skip
def test_pollutants_in_a_text(text, pollutant):
    assert pollutant_in(text) == pollutant
