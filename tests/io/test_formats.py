"""Files of published formats, written by hand from their public documentation, come in with the totals worked out here."""

import re
from pathlib import Path

import pytest
import xlsxwriter

from emisim.errors import BadInput
from emisim.importing.entries import Done, Why
from emisim.importing.formats import builtin, header, names, recognise, years
from emisim.importing.mapping import Mapping
from emisim.importing.sheet import Block, Sheet
from emisim.io.config_file import read_model
from emisim.io.foreign import Wanted, import_files
from emisim.io.sheets import comments, read_sheets
from tiny import ROOT

FOREIGN = Path(__file__).parent / "foreign"
SHORT_TON = 0.90718474  # t, exactly
NEAR = 1e-9

# File → its format, year, sources, and what its rows add up to; short tons a year.
SMOKE = {
    "ff10_point.csv": (
        "ff10_point", 2017, 5,
        {"NOx": 1500 + 55.25 + 20 + 640, "VOC": 1.1 + 64.4, "NH3": 12, "SO2": 2200.5, "PM25": 88, "CO2": 3e6},
    ),
    "ff10_nonpoint.csv": (
        "ff10_nonpoint", 2017, 6,
        {"NOx": 120 + 8, "VOC": 250.75 + 52.25 + 18, "NH3": 310.5 + 125, "SO2": 30, "PM25": 4.5 + 40},
    ),
    "ff10_nonroad.csv": (
        "ff10_nonroad", 2017, 2, {"NOx": 10.5 + 18, "VOC": 1.25 + 0.25 + 30 + 12 + 3, "PM25": 0.02, "CO2": 1800},
    ),
    "ff10_onroad.csv": ("ff10_onroad", 2017, 4, {"NOx": 40 + 75.5 + 4.5, "VOC": 25 + 15, "NH3": 2.5, "PM25": 1.5}),
    "orl_point.txt": ("orl_point", 2005, 4, {"NOx": 1000 + 10.5 + 20, "VOC": 1.5, "NH3": 5, "SO2": 2000, "PM25": 88}),
    "orl_nonpoint.txt": (
        "orl_nonpoint", 2005, 6, {"NOx": 12.5 + 4, "VOC": 250 + 40 + 14, "NH3": 99.5 + 60, "SO2": 7, "PM25": 32},
    ),
    "orl_nonroad.txt": ("orl_nonroad", 2005, 3, {"NOx": 10 + 81 + 2, "VOC": 1.5 + 0.5 + 4 + 33, "SO2": 0.2, "PM25": 0.75}),
}  # fmt: skip


def imported(path, **wanted):
    return import_files([path], [path.name], Wanted(**wanted))


def totals(made):
    return {one.pollutant: one.inventory for one in made.account.balance if one.inventory}


def told(made, source, pollutant):
    """Emission [t/yr], efficiency and effectiveness [1] of the one source whose texts hold ``source``."""
    sources = made.account.sources
    words = [" ".join(str(sources.text[f][k]) for f in ("region", "code", "name_en")) for k in range(len(sources))]
    (at,) = [k for k, text in enumerate(words) if all(part in text for part in source)]
    p = sources.pollutants.index(pollutant)
    return sources.emission[at, p], sources.efficiency[at, p], sources.effectiveness[at, p]


def sheet(*rows, name="", start=1):
    block = Block(tuple(range(start, start + len(rows))), rows)
    return Sheet("file", name, block, lambda: iter((block,)))


# ---- SMOKE


@pytest.mark.parametrize("file", SMOKE)
def test_smoke_files_are_recognised_and_their_totals_are_those_worked_out_by_hand(file):
    name, year, count, tons = SMOKE[file]
    path = FOREIGN / file
    noted = comments(path, file)
    sheets = read_sheets(path, file, comment="#")
    assert recognise(sheets, noted) == name and years(sheets, noted, name) == (year,)
    made = imported(path)
    assert made.base_year == year and len(made.account.sources) == count
    assert totals(made) == pytest.approx({p: v * SHORT_TON for p, v in tons.items()}, rel=NEAR)


def test_codes_and_regions_stay_text_and_quoted_names_keep_their_commas():
    sources = imported(FOREIGN / "ff10_point.csv").account.sources
    assert set(sources.text["region"]) == {"01001", "01003"}
    assert set(sources.text["scc"]) == {"10100202", "10100601", "10200602", "30500606", "40200101"}
    assert "Example Power, Unit 1 / 0007 / 01 / S1 / 1" in sources.text["name_en"]
    assert 'Works "A" / 812 / B2 / 14 / 1' in sources.text["name_en"]
    assert set(sources.text["lon"]) == {"-86.51"} and set(sources.text["lat"]) == {"32.43"}


def test_what_is_reduced_already_becomes_existing_control():
    point = imported(FOREIGN / "ff10_point.csv")
    assert told(point, ["Unit 1", "10100202"], "SO2") == pytest.approx((2200.5 * SHORT_TON, 0.95, 1.0))
    assert told(point, ["10100601"], "NOx")[1] == 0.0 and told(point, ["10100202"], "NH3")[1] == 0.0
    orl = imported(FOREIGN / "orl_point.txt")
    assert told(orl, ["10100202"], "NOx") == pytest.approx((1000 * SHORT_TON, 0.5, 0.8))
    assert told(orl, ["10100601"], "NOx")[1] == 0.0  # -9, -9
    nonpoint = imported(FOREIGN / "orl_nonpoint.txt")
    assert told(nonpoint, ["2401001000"], "VOC") == pytest.approx((250 * SHORT_TON, 0.6, 0.5 * 0.4))
    assert told(nonpoint, ["2102004001"], "NOx")[1:] == pytest.approx((0.2, 1.0))


def test_minus_nine_is_no_figure_and_months_stand_in_for_the_year():
    made = imported(FOREIGN / "ff10_nonpoint.csv")
    (why,), (done,) = made.account.why, made.account.done
    assert why == {Why.HEADING: 1, Why.POLLUTANT: 3, Why.NO_FIGURE: 1}
    assert done[Done.MONTHS] == 1 and done[Done.UNIT] == 10
    assert told(made, ["2501060051"], "VOC")[:2] == pytest.approx((18 * SHORT_TON, 0.5))


def test_modes_of_one_source_are_summed_and_processes_of_one_code_are_sources_of_their_own():
    nonroad = imported(FOREIGN / "ff10_nonroad.csv")
    assert told(nonroad, ["2265004010"], "VOC")[0] == pytest.approx(45 * SHORT_TON, rel=NEAR)
    assert nonroad.account.count[0] == {"used": 0, "converted": 2, "merged": 7, "refused": 1}
    onroad = imported(FOREIGN / "ff10_onroad.csv").account.sources
    assert sorted(onroad.text["scc"]) == ["2201210080", "2201210080", "2202620080", "2202620080"]


def test_a_file_saved_by_a_spreadsheet_is_recognised_all_the_same(tmp_path):
    text = (FOREIGN / "ff10_nonpoint.csv").read_text()
    lines = [line + "," * 44 if line.startswith("#") else line for line in text.splitlines()]
    path = tmp_path / "saved.csv"
    path.write_bytes(("\ufeff" + "\r\n".join(lines) + "\r\n").encode())
    made = imported(path)
    assert made.base_year == 2017 and totals(made)["NH3"] == pytest.approx(435.5 * SHORT_TON, rel=NEAR)


# ---- NFR

NFR_HEAD = (
    ("ANNEX I: National sector emissions",), ("COUNTRY:", "XX"), ("DATE:", "15.02.2022"), ("YEAR:", None), ("Version:", "1.0"), (), (), (), (),
    ("", "", "", "", "Main Pollutants\n(from 1990)", "", "", "", "Particulate Matter\n(from 2000)"),
    ("NFR sectors to be reported",),
    ("NFR Aggregation for Gridding and LPS (GNFR)", "NFR Code", "Longname", "Notes", "NOx\n(as NO2)", "NMVOC", "SOx\n(as SO2)", "NH3", "PM2.5", "PM10"),
    ("", "", "", "", "kt", "kt", "kt", "kt", "kt", "kt"),
)  # fmt: skip
NFR_ROWS = (
    ("A_PublicPower", "1A1a", "Public electricity and heat production", "", 12.5, 0.4, 8, "NE", 0.9, 1.1),
    ("B_Industry", "1A2f", "Stationary combustion: Non-metallic minerals", "", 6.5, "IE", 3.25, 0.1, 0.7, 0.9),
    ("F_RoadTransport", "1A3bi", "Road transport: Passenger cars", "", 10, 4, 0.02, 0.5, 0.3, 0.3),
    ("F_RoadTransport", "1A3biii", "Road transport: Heavy duty vehicles and buses", "", 20, 0.6, 0.03, 0.05, 0.25, 0.25),
    ("F_RoadTransport", "1A3bv", "Road transport: Gasoline evaporation", "", "NA", 1.75, "NA", "NA", "NA", "NA"),
    ("C_OtherStationaryComb", "1A4bi", "Residential: Stationary", "", 4, 9, 1, 0.3, 12, 12.5),
    ("E_Solvents", "2D3d", "Coating applications", "", "NA", 15.5, "NA", "NA", "NA", "NA"),
    ("B_Industry", "2C1", "Iron and steel production", "", "C", "C", "C", "NO", "C", "C"),
    ("K_AgriLivestock", "3B1a", "Manure management - Dairy cattle", "", 0.05, 2, "NA", 11, 0.02, 0.05),
    ("L_AgriOther", "3Da1", "Inorganic N-fertilizers", "", 1.5, "NR", "NA", 20.25, "NA", "NA"),
    ("J_Waste", "5C2", "Open burning of waste", "", "NO", "NO", "NO", "NO", "NO", "NO"),
    ("", "NATIONAL TOTAL", "National total (based on fuel sold)", "", 54.55, 33.25, 12.3, 32.2, 14.17, 15.1),
    ("", "ADJUSTMENTS", "Sum of adjustments", "", -2, 0, 0, 0, 0, 0),
    ("", "NATIONAL TOTAL FOR COMPLIANCE", "National total for compliance", "", 52.55, 33.25, 12.3, 32.2, 14.17, 15.1),
    ("F_RoadTransport", "1A3bi(fu)", "Road transport: Passenger cars (fuel used)", "", 9, 3.5, 0.02, 0.4, 0.3, 0.3),
    ("F_RoadTransport", "1A3biii(fu)", "Road transport: Heavy duty vehicles (fuel used)", "", 17, 0.5, 0.02, 0.05, 0.2, 0.2),
    ("O_AviCruise", "1A3ai(ii)", "International aviation cruise (civil)", "", 7, 0.1, 0.5, "NA", 0.1, 0.1),
    ("P_IntShipping", "1A3di(i)", "International maritime navigation", "", 30, 1, 5, "NA", 2, 2),
    ("N_Natural", "11B", "Forest fires", "", 0.2, 0.9, 0.1, 0.1, 0.5, 0.6),
    (),
    ("Notes: (1) totals are reported by fuel sold",),
)  # fmt: skip
KT = {"NOx": 54.55, "VOC": 33.25, "SO2": 12.3, "NH3": 32.2, "PM25": 14.17}
HERE = {"region": {"value": "419999"}}


def nfr_workbook(path, sheets=("2019", "2020"), rows=NFR_ROWS):
    """A workbook in the layout of the template: an earlier year first, with figures of a tenth."""
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Info").write(0, 0, "Annex I")
        for k, name in enumerate(sheets):
            page = book.add_worksheet(name)
            for r, row in enumerate((*NFR_HEAD, *rows)):
                for c, cell in enumerate(row):
                    earlier = isinstance(cell, (int, float)) and k < len(sheets) - 1
                    page.write(r, c, cell / 10 if earlier else cell)
    return path


@pytest.mark.parametrize("sheets", [("2019", "2020"), ("NFR-19 2019", "NFR-19 2020")])
def test_a_year_of_an_nfr_workbook_is_its_national_total_and_nothing_counts_twice(tmp_path, sheets):
    path = nfr_workbook(tmp_path / "annex.xlsx", sheets)
    found = read_sheets(path, path.name)
    assert recognise(found, ()) == "nfr_annex1" and years(found, (), "nfr_annex1") == (2019, 2020)
    made = imported(path, year=2020, changes=HERE)
    assert totals(made) == pytest.approx({p: v * 1000 for p, v in KT.items()}, rel=NEAR)
    assert made.base_year == 2020 and len(made.account.sources) == 9
    assert set(made.account.sources.text["nfr"]) >= {"1A1a", "1A3biii", "3Da1"}
    earlier = imported(path, year=2019, changes=HERE)
    assert totals(earlier)["NOx"] == pytest.approx(5455, rel=NEAR)


def test_notation_keys_are_no_figures_and_totals_memo_items_and_fuel_used_are_left_out_by_name(tmp_path):
    made = imported(nfr_workbook(tmp_path / "annex.xlsx"), year=2020, changes=HERE)
    (why,) = made.account.why
    assert why == {Why.HEADING: 9, Why.TOTAL: 3, Why.MEMO: 5, Why.NO_FIGURE: 3}
    (part,) = made.account.parts
    absent = {(p, word): rows for (p, word), rows in part.entries.absent.items() if word}
    assert absent["VOC", "IE"] == 1 and absent["NH3", "NE"] == 1 and absent["NOx", "NO"] == 1 and absent["NOx", "C"] == 1
    says = {s.pollutant: s for s in made.account.stated if s.says > 0 and s.pollutant == "NH3"}
    assert says["NH3"].agrees


def test_a_workbook_of_several_years_needs_one(tmp_path):
    path = nfr_workbook(tmp_path / "annex.xlsx")
    with pytest.raises(BadInput, match="2019, 2020") as error:
        imported(path, changes=HERE)
    assert {f.key for f in error.value.faults} == {"import.which_year"}


# ---- IAMC


@pytest.mark.parametrize("form", ["wide", "long"])
def test_variables_that_hold_others_count_by_their_parts_and_what_is_left_over(form):
    path = FOREIGN / f"iamc_{form}.csv"
    sheets = read_sheets(path, path.name)
    assert recognise(sheets, ()) == f"iamc_{form}" and years(sheets, (), f"iamc_{form}") == (2015, 2020)
    made = imported(path, year=2020)
    assert totals(made) == pytest.approx({"NOx": 1000, "NH3": 650, "VOC": 150, "SO2": 100}, rel=NEAR)
    sources = made.account.sources
    nox = {str(c): sources.emission[k, sources.pollutants.index("NOx")] for k, c in enumerate(sources.text["code"])}
    assert nox["Energy"] == pytest.approx(100) and nox["Energy|Demand|Transportation"] == pytest.approx(400)
    assert set(sources.text["region"]) == {"Examplia"}


def test_two_scenarios_in_one_file_are_told_and_one_can_be_chosen(tmp_path):
    lines = (FOREIGN / "iamc_wide.csv").read_text().splitlines()
    path = tmp_path / "two.csv"
    path.write_text("\n".join([*lines, *(line.replace(",Base,", ",High,") for line in lines[1:])]) + "\n")
    with pytest.raises(BadInput) as error:
        imported(path, year=2020)
    assert "import.several" in {f.key for f in error.value.faults}
    assert totals(imported(path, year=2020, select={"Scenario": ("High",)}))["NOx"] == pytest.approx(1000, rel=NEAR)


# ---- the mappings themselves


def test_every_format_has_its_file_and_every_file_is_a_format():
    folder = ROOT / "emisim" / "data" / "formats"
    assert sorted(p.stem for p in folder.iterdir()) == sorted(names()) and len(set(names())) == 10


@pytest.mark.parametrize("name", names())
def test_a_mapping_says_where_its_layout_is_from_and_that_the_origin_of_the_figures_is_not_known(name, tmp_path):
    path = tmp_path / f"{name}.yaml"
    path.write_bytes(builtin(name))
    mapping, _ = read_model(Mapping, path, path.name)
    assert mapping.mapping == name and mapping.grade == "E" and "not told" in mapping.source.en
    assert re.search(r"SMOKE v4\.8\.1 User’s Manual, section 8\.2|ECE/EB\.AIR/128|common-definitions", mapping.note)
    if name[:4] in ("ff10", "orl_"):
        assert mapping.long.emission.unit == "short_ton/yr" and mapping.long.species == "NO2"


def test_ff10_columns_stand_where_smokes_reader_takes_them():
    """Numbers of the fields in rddataff10pt.f, rddataff10ar.f, rddatantipt.f, rddatantinp.f and rddatantiar.f, from 1."""
    wanted = {
        "ff10_point": {"scc": 12, "poll": 13, "ann_value": 14, "ann_pct_red": 15, "facility_name": 16, "longitude": 24, "latitude": 25, "jan_value": 53},
        "ff10_nonpoint": {"region_cd": 2, "shape_id": 5, "scc": 6, "poll": 8, "ann_value": 9, "jan_value": 21, "dec_value": 32},
        "orl_point": {"PLANT": 6, "SIC": 15, "POLL": 22, "ANN_EMIS": 23, "AVD_EMIS": 24, "CEFF": 25, "REFF": 26},
        "orl_nonpoint": {"SIC": 3, "NAICS": 6, "POLL": 7, "ANN_EMIS": 8, "CEFF": 10, "REFF": 11, "RPEN": 12},
        "orl_nonroad": {"POLL": 3, "ANN_EMIS": 4, "AVD_EMIS": 5, "CEFF": 6, "REFF": 7, "RPEN": 8, "SRCTYPE": 9},
    }  # fmt: skip
    for name, places in wanted.items():
        listed = re.search(r"names: \[(.*?)\]", builtin(name).decode(), re.DOTALL).group(1)
        columns = [c.strip() for c in listed.split(",") if c.strip()]
        assert {c: columns.index(c) + 1 for c in places} == places
    assert {len(re.findall(r"\w+_pctred", builtin(n).decode())) for n in names() if n.startswith("ff10")} == {12}


def test_an_unknown_format_is_told_with_the_nearest():
    with pytest.raises(BadInput, match="ff10_points.*built-in format.*ff10_point") as error:
        builtin("ff10_points")
    assert error.value.faults[0].key == "format.unknown"


# ---- recognising


@pytest.mark.parametrize(
    ("noted", "name"),
    [
        (("#FORMAT=FF10_POINT",), "ff10_point"),
        (("#FORMAT   FF10_NONPOINT", "#COUNTRY  US"), "ff10_nonpoint"),
        (("#DESC x", '#format="FF10_ONROAD",,,'), "ff10_onroad"),
        (("#FORMAT=FF10_DAILY_POINT",), None),
        (("#FORMAT=FF10_ACTIVITY",), None),
        (("#ORL NONPOINT", "#YEAR 2005"), "orl_nonpoint"),
        (("#ORL", "#TYPE Non-road sources"), "orl_nonroad"),
        (("#FORMAT ORL POINT",), "orl_point"),
        (("#ORL FIRE",), None),
        (("#ORL",), None),
        (("# a table of ours",), None),
        ((), None),
    ],
)
def test_the_header_says_the_format(noted, name):
    assert recognise((sheet(("a", "b"), ("1", "2")),), noted) == name


@pytest.mark.parametrize(("fields", "name"), [(70, "orl_point"), (37, "orl_nonpoint"), (30, "orl_nonroad"), (31, None)])
def test_orl_without_its_kind_is_known_by_the_length_of_its_records(fields, name):
    assert recognise((sheet(("x",) * fields),), ("#ORL",)) == name


def test_what_has_no_header_is_known_by_its_columns():
    point = ("country_cd", "region_cd", "tribal_code", "facility_id", "unit_id")
    area = ("country", "region_cd", "tribal_code", "census_tract_cd", "shape_id")
    assert recognise((sheet(point),), ()) == "ff10_point" and recognise((sheet(area),), ()) == "ff10_nonpoint"
    iamc = ("model", "SCENARIO", "Region", "Variable ", "Unit")
    assert recognise((sheet((*iamc, 2015, 2020.0)),), ()) == "iamc_wide"
    assert recognise((sheet(("meta",), name="meta"), sheet((*iamc, "year", "value"), name="data")), ()) == "iamc_long"
    assert recognise((sheet(iamc),), ()) is None and recognise((), ()) is None
    assert recognise((sheet(*NFR_HEAD[:11]),), ()) is None


def test_a_table_with_the_columns_of_the_nfr_template_in_another_order_is_not_taken_for_it():
    head = list(NFR_HEAD)
    assert recognise((sheet(*head),), ()) == "nfr_annex1"
    head[11] = (*head[11][:4], "NMVOC", "NOx (as NO2)", *head[11][6:])
    assert recognise((sheet(*head),), ()) is None
    head = [*NFR_HEAD[:12], ("", "", "", "", "t", "t", "t", "t", "t")]
    assert recognise((sheet(*head),), ()) is None


def test_a_smoke_file_that_is_not_in_short_tons_is_refused():
    table = sheet(("US", "01001"))
    assert recognise((table,), ("#FORMAT=FF10_POINT", "#VALUE_UNITS=TON")) == "ff10_point"
    with pytest.raises(BadInput, match="file: .*VALUE_UNITS is MEGAGRAM") as error:
        recognise((table,), ("#FORMAT=FF10_POINT", "#VALUE_UNITS=MEGAGRAM"))
    assert {f.key for f in error.value.faults} == {"format.units"}


def test_years_of_a_header_are_numbers_or_none():
    assert header(("#YEAR=2017,,,", "#YEAR 2018", "# no header")) == {"YEAR": "2017", "NO": "header"}
    assert years((), ("#YEAR=2017",), "ff10_point") == (2017,)
    assert years((), ("#YEAR=next",), "ff10_point") == () and years((), (), "orl_point") == ()
