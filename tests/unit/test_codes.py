"""Sector codes of other inventories: each finds its most specific entry, and the tables agree with the shipped inventories."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emisim.importing.codes import LOOK, TABLES, classify, recognise, restored, tables
from emisim.vocabulary import sectors

ROOT = Path(__file__).parents[2]
DATA = ROOT / "emisim" / "data"
ENTRIES = [(table, code) for table in TABLES for code in tables()[table]]


def meaning(table, code):
    """sector/subsector/fuel/technology, without the empty ones at the end."""
    kind = classify(table, code)
    return kind and "/".join((kind.sector, kind.subsector, kind.fuel, kind.technology)).rstrip("/")


def rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# ---- the tables


def test_the_tables():
    assert tuple(tables()) == TABLES
    assert {len(t) > 20 for t in tables().values()} == {True}


@pytest.mark.parametrize("table", TABLES)
def test_every_entry_is_found_by_its_own_code(table):
    """So no two entries are one after normalising, in the order of the table or against it."""
    assert [code for code, kind in tables()[table].items() if classify(table, code) != kind] == []


@pytest.mark.parametrize("table", TABLES)
def test_no_code_stands_twice_in_a_file(table):
    codes = [r["code"] for r in rows(DATA / "codes" / f"{table}.csv")]
    assert len(codes) == len(set(codes)) == len(tables()[table])


@pytest.mark.parametrize("table", TABLES)
def test_entries_use_known_words_and_say_where_they_are_from(table):
    for row in rows(DATA / "codes" / f"{table}.csv"):
        assert row["sector"] in sectors(), row
        assert row["role"] in {"", "total", "memo"}, row
        assert row["zh"] and row["en"] and row["source"], row
        assert re.fullmatch(r"[a-z_]*", row["subsector"]), row
        assert re.fullmatch(r"[a-z_]*", row["fuel"]), row


def test_words_beside_a_kind_of_source_have_their_source():
    for row in rows(DATA / "codes" / "qualifiers.csv"):
        assert row["column"] in {"fuel", "technology"}
        assert row["word"] and row["value"] and row["source"]


# ---- against the shipped inventories

SHIPPED = [r for county in ("mengjin", "yichuan") for r in rows(ROOT / "inputs" / county / "sources.csv") if r["nfr"]]


@pytest.mark.parametrize("code", sorted({r["nfr"] for r in SHIPPED}))
def test_nfr_codes_of_the_inventories_mean_what_they_say(code):
    """Some codes hold several sectors there: 1.A.2.g.viii boilers, kilns and biomass boilers; 1.A.4.b.i coal and straw stoves; 1.B.2.a.iv leaks
    and tanks; 2.D.3.i glue and cooking fumes; 3.D.a.1 fertiliser and soil NO; 5.D.1 plants and latrines. The table has one of them."""
    kind = classify("nfr", code)
    mine = [r for r in SHIPPED if r["nfr"] == code]
    assert kind.code == code.replace(".", "") and not kind.role
    assert kind.sector in {r["sector"] for r in mine}
    assert not kind.subsector or kind.subsector in {r["subsector"] for r in mine if r["sector"] == kind.sector}


def test_nfr_codes_of_the_iamc_table_are_entries():
    for row in rows(DATA / "iamc.csv"):
        if row["nfr"]:
            assert classify("nfr", row["nfr"]).code == row["nfr"].replace(".", "")


def test_where_the_iamc_table_gives_a_sector_a_code_below_has_it():
    """Tanks of chemical works are storage; their code 2.B.10.b stands under 2.B, which as a whole is process."""
    both = [(r["sector"], r["nfr"]) for r in rows(DATA / "iamc.csv") if r["nfr"] and r["sector"]]
    assert both == [("storage", "2.B")]
    assert classify("nfr", "2.B").sector == "process"
    assert classify("nfr", "2.B.10.b").sector == "storage"


def test_iamc_variables_that_emisim_writes_are_known():
    unknown = {r["iamc"] for r in rows(DATA / "iamc.csv") if r["iamc"] and not classify("iamc", r["iamc"])}
    assert not unknown


# ---- how a code is written


@pytest.mark.parametrize(
    "code",
    [
        "1A3biii",
        "1.A.3.b.iii",
        "1 A 3 b iii",
        "1a3b.iii",
        "１Ａ３ｂｉｉｉ",
        "1.A.3.b.iii Road transport: HDV",
        " 1A3biii ",
        "1A3b iii",
    ],
)
def test_one_nfr_code_in_many_hands(code):
    assert classify("nfr", code).code == "1A3biii"


@pytest.mark.parametrize(
    ("code", "entry"),
    [
        ("1A3b", "1A3b"), ("1A30", "1A"), ("1A3bviii", "1A3b"), ("2B10a", "2B10a"), ("2B1", "2B1"), ("3Da2a", "3Da2a"), ("3.D.a.1", "3Da1"),
        ("11B Forest fires", "11B"), ("z_11B", "11B"), ("1A3c Railways", "1A3c"), ("3B Manure management", "3B"), ("2G Other", "2G"),
        ("1A2 food", "1A2"), ("5C1b vi", "5C1bvi"),
    ],
)  # fmt: skip
def test_nfr_levels(code, entry):
    assert classify("nfr", code).code == entry


@pytest.mark.parametrize(
    ("code", "role"),
    [
        ("1A3ai(i)", ""), ("1A3ai(ii)", "memo"), ("1A3aii(ii)", "memo"), ("1A3di(i)", "memo"), ("1A3di(ii)", ""), ("1A5b", ""), ("1A5c", "memo"), ("6A", ""),
        ("6B", "memo"), ("11A", "memo"), ("11C", "memo"), ("1A3bi(fu)", "memo"), ("1A3bi", ""), ("1A3 Transport (fuel used)", "memo"), ("1A3", ""),
        ("NATIONAL TOTAL", "total"), ("National total for the entire territory", "total"), ("NATIONAL TOTAL FOR COMPLIANCE ", "total"),
    ],
)  # fmt: skip
def test_what_the_nfr_template_lists_outside_its_total(code, role):
    assert classify("nfr", code).role == role


@pytest.mark.parametrize(
    "code", ["12", "2020", "3 phases", "5 t/h", "", "Total emission x", "National navigation (shipping)", "7B", "1E+05", "A"]
)
def test_what_is_no_nfr_code(code):
    assert classify("nfr", code) is None


@pytest.mark.parametrize(
    ("code", "entry"),
    [
        ("0706", "0706"), ("07 06", "0706"), ("07.06.01", "0706"), ("7.6.1", "0706"), ("070601", "0706"), ("07", "07"), ("SNAP 7", "07"), ("S10", "10"),
        ("0706 Gasoline evaporation", "0706"), ("030311", "030311"), ("030399", "0303"), ("０７０６", "0706"),
    ],
)  # fmt: skip
def test_snap_levels(code, entry):
    assert classify("snap", code).code == entry


@pytest.mark.parametrize(
    "code", ["706", "7", "7.06", "7.6", "1E+05", "2001-07-06", "07-06", "70601", "0706012", "12", "0706.5.1"]
)
def test_damaged_snap_codes_are_not_guessed(code):
    assert classify("snap", code) is None


@pytest.mark.parametrize(
    ("code", "entry"),
    [
        ("30500606", "305006"), ("3-05-006-06", "305006"), ("0030500606", "305006"), ("305", "305"), ("30599999", "305"), ("2270002036", "2270002"),
        ("A2104008000", "2104008"), ("223000131X", "2230001"), ("22", "22"), ("2202999999", "2202"), ("20200102", "202001"), ("2020010200", None),
    ],
)  # fmt: skip
def test_scc_levels_go_by_the_length_of_the_code(code, entry):
    """Points have 8 digits and break after 1, 3, 6; the others 10, after 2, 4, 7: both may begin with 2."""
    kind = classify("scc", code)
    assert (kind and kind.code) == entry


@pytest.mark.parametrize("code", ["3050060", "305006", "-9", "", "2.27E+09", "30500606.0", "３０５"])
def test_scc_codes_that_are_cut(code):
    kind = classify("scc", code)
    assert (kind and kind.code) == {"305006": "305006", "３０５": "305"}.get(code)


def test_gnfr_goes_by_its_letter():
    assert meaning("gnfr", "F_RoadTransport") == meaning("gnfr", "f") == "mobile"
    assert classify("gnfr", "C_OtherStatComb").code == "C_OtherStationaryComb"
    assert meaning("gnfr", "F1") == "mobile//gasoline"
    assert classify("gnfr", "O_AviCruise").role == "memo"
    assert classify("gnfr", "SumAllSectors").role == "total"
    assert classify("gnfr", "Q_Moon") is None
    assert classify("gnfr", "fuel") is None


def test_iamc_goes_from_the_left():
    assert classify("iamc", "Emissions|NOx|Energy|Supply|Electricity|Coal").code == "Energy|Supply|Electricity"
    assert classify("iamc", "Energy|Supply|Electricity").code == "Energy|Supply|Electricity"
    assert classify("iamc", "emissions | nox | energy | demand").code == "Energy|Demand"
    assert classify("iamc", "Emissions|NOx").role == "total"
    assert classify("iamc", "Energy Service|Transportation") is None


def test_industries_by_code_and_by_name():
    assert (
        meaning("gbt4754", "3011")
        == meaning("gbt4754", "C3011")
        == meaning("gbt4754", "水泥制造")
        == meaning("gbt4754", "3011 水泥制造")
        == "process/cement"
    )
    assert classify("gbt4754", "3099").code == "309"
    assert classify("gbt4754", "0111").code == "01"
    assert classify("gbt4754", "非金属矿物制品业").code == "30"
    for code in ("706", "5", "12.5", "2019-05-01", "某公司"):
        assert classify("gbt4754", code) is None


# ---- names of the Chinese handbook


@pytest.mark.parametrize(
    ("path", "means"),
    [
        ("化石燃料固定燃烧源 / 电力 / 煤炭 / 煤粉炉", "combustion/power/coal"),
        ("化石燃料固定燃烧源 / 工业锅炉 / 天然气", "combustion/boiler/gas"),
        ("工业锅炉", "combustion/boiler"),
        ("一、工 业 锅炉", "combustion/boiler"),
        ("工业锅炉 / 生物质成型燃料", "biomass/boiler/biomass"),
        ("化石燃料固定燃烧源 / 工业锅炉 / 生物质成型燃料", "combustion/boiler/biomass"),
        ("工业锅炉 / 型煤", "combustion/boiler/coal"),
        ("工业锅炉 / 水泥", "combustion/boiler"),
        ("民用燃烧 / 散煤", "combustion/residential/coal/bulk"),
        ("散煤", "combustion/residential/coal/bulk"),
        ("生物质燃烧源 / 锅炉", "biomass/boiler"),
        ("水泥制造", "process/cement"),
        ("工艺过程源 / 非金属矿物制品业 / 熟料 / 新型干法", "process/cement"),
        ("工艺过程源／非金属矿物制品业／砖瓦", "process/brick"),
        ("工业炉窑 / 天然气", "process/furnace/natural_gas"),
        ("工艺过程源 / 化学原料和化学制品制造业 / 尿素", "process/ammonia"),
        ("尿素", "agriculture/fertiliser/urea"),
        ("工艺过程源 / 橡胶和塑料制品业 / 轮胎(kg/条)", "process/rubber_plastics"),
        ("橡胶和塑料制品业", "solvent/rubber_plastics"),
        ("工艺过程源 / 印刷", "process/printing"),
        ("工艺过程源 / 从未见过", "process"),
        ("移动源 / 道路移动源 / 载货汽车 / 重型载货汽车 / 柴油 / 国Ⅲ", "mobile/heavy_truck/diesel/China III"),
        ("重型柴油货车", "mobile/heavy_truck/diesel"),
        ("重型柴油货车 / 国6", "mobile/heavy_truck/diesel/China VI"),
        ("非道路移动源 / 工程机械 / 柴油 / 国三", "mobile/construction_machine/diesel/Stage III"),
        ("溶剂使用源 / 工业涂装 / 汽车制造", "solvent/industrial_coating"),
        ("加油站", "storage/petrol_station"),
        ("储存运输 / 加油站 / 汽油", "storage/petrol_station/gasoline"),
        ("规模化养猪", "agriculture/pig"),
        ("农业源 / 畜禽养殖 / 规模化养殖 / 蛋鸡", "agriculture/layer"),
        ("秸秆露天焚烧 / 小麦", "biomass/straw_burning/wheat"),
        ("废弃物处理", "waste"),
        ("其他排放源 / 餐饮油烟", "other/cooking"),
    ],
)
def test_handbook_names(path, means):
    assert meaning("handbook", path) == means


@pytest.mark.parametrize("path", ["煤炭", "", " / ", "某某公司", "柴油 / 国三"])
def test_a_fuel_alone_is_no_kind_of_source(path):
    assert classify("handbook", path) is None


def test_totals_in_chinese():
    assert {classify("handbook", word).role for word in ("合计", "总 计", "小计")} == {"total"}


# ---- lost zeros, and whose codes they are


@pytest.mark.parametrize(
    ("table", "code", "whole"),
    [
        ("snap", "706", "0706"), ("snap", "70601", "070601"), ("snap", "7", "07"), ("snap", "101", "0101"), ("snap", "706.0", "0706"), ("gbt4754", "1", "01"),
        ("snap", "0706", ""), ("snap", "10", ""), ("snap", "999", ""), ("snap", "1E+05", ""), ("gbt4754", "111", ""), ("scc", "706", ""), ("nfr", "1", ""),
    ],
)  # fmt: skip
def test_lost_zeros(table, code, whole):
    assert restored(table, code) == whole


@given(st.sampled_from([c for c in tables()["snap"] if c.startswith("0")]))
def test_every_zero_that_a_spreadsheet_drops_is_found_again(code):
    damaged = str(int(code))
    assert classify("snap", damaged) is None
    assert restored("snap", damaged) == code


@pytest.mark.parametrize(
    ("codes", "table"),
    [
        (["0706", "0101", "1005"], "snap"), (["1A3b", "2A1", "5C1a"], "nfr"), (["30500606", "2270002000"], "scc"), (["3011", "2511", "4411"], "gbt4754"),
        (["A_PublicPower", "F_RoadTransport"], "gnfr"), (["Emissions|NOx|Energy|Supply", "Emissions|NOx|Waste"], "iamc"),
        (["电力", "加油站", "某某"], "handbook"),
    ],
)  # fmt: skip
def test_tables_are_recognised(codes, table):
    assert recognise(codes)[0][0] == table


def test_shares_are_of_the_distinct_codes():
    assert recognise(["加油站"] * 9 + ["某某"]) == [("handbook", 0.5)]
    assert recognise([f"某{k}" for k in range(LOOK)] + ["加油站"] * LOOK) in ([], [("handbook", pytest.approx(0, abs=2 / LOOK))])


def test_row_numbers_are_no_codes():
    assert recognise(map(str, range(1, 40))) == []
    assert recognise([]) == recognise([" ", ""]) == []


# ---- properties

CHILD = {
    "handbook": lambda code, text: f"{code} / {text}",
    "gbt4754": lambda code, text: code + "9" if len(code) < 4 else code,
    "nfr": lambda code, text: (
        f"{code}{'9' if code[-1].isalpha() else 'l'}" if re.fullmatch(r"\d+[A-L]\d*", code) else f"{code} {text}"
    ),
    "gnfr": lambda code, text: f"{code[0]}_{text}" if re.match("[A-P]_", code) else code,
    "snap": lambda code, text: code + "99" if len(code) < 6 else code,
    "scc": lambda code, text: code + "9" * ({1: 8, 3: 8, 6: 8}.get(len(code), 10) - len(code)),
    "iamc": lambda code, text: f"{code}|{text}",
}


@given(st.sampled_from(ENTRIES), st.text("xyzw", min_size=3, max_size=8))
def test_a_child_of_a_code_means_at_least_what_its_parent_means(entry, text):
    table, code = entry
    if len(tables()[table][code].code) == 1 and table == "nfr":
        text = ""
    parent, child = classify(table, code), classify(table, CHILD[table](code, text).strip())
    for part in ("sector", "subsector", "fuel", "technology", "role"):
        assert getattr(parent, part) in ("", getattr(child, part)) or child.code.startswith(parent.code)


@given(st.sampled_from(TABLES), st.text(max_size=40) | st.from_regex(r"[0-9A-Za-z.()/| -]{0,20}", fullmatch=True))
def test_any_text_is_a_kind_of_source_or_none(table, text):
    kind = classify(table, text)
    assert kind is None or kind.sector in sectors()
    assert restored(table, text) == "" or classify(table, restored(table, text))
    assert all(0 < share <= 1 for _, share in recognise([text]))
