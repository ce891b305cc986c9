"""IAMC files: names of the common definitions, a hierarchy that adds up, numbers of the summary; read by pyam where it is there."""

import csv
import io

import openpyxl
import pytest
from small import inventory, plan
from small import run as simulated

from emisim.errors import BadInput
from emisim.io.iamc import CASES, HEADER, MODEL, iamc_files, is_within, own_names, region_name, series, variables, with_parents
from emisim.summary import summarise
from emisim.vocabulary import sectors
from shipped import COUNTIES, county
from tiny import ROOT

NEAR = 1e-9
SPECIES = {"NOx": ("Emissions|NOx", "NO2"), "VOC": ("Emissions|VOC", "VOC"), "NH3": ("Emissions|NH3", "NH3")}
# Of IAMconsortium/common-definitions, definitions/variable/emissions/emissions.yaml with its tag lists: what NOx, VOC, NH3 may have.
MINERALS = (
    "Iron and Steel",
    "Non-Ferrous Metals",
    "Non-Metallic Minerals",
    "Chemicals",
    "Plastics",
    "Other Sector",
    "Pulp and Paper",
)
COMMON = {
    *("AFOLU", "Energy", "Industrial Processes", "Product Use", "Waste", "Other"),
    *(f"AFOLU|{x}" for x in ("Agriculture", "Agricultural Waste Burning")),
    *(f"AFOLU|Agriculture|{x}" for x in ("Livestock", "Livestock|Manure Management", "Managed Soils")),
    *(f"Energy|{x}" for x in ("Supply", "Demand")),
    *(f"Energy|Supply|{x}" for x in ("Electricity", "Heat", "Liquids", "Solids", "Gases", "Other")),
    *(f"Energy|Supply|{x}|{y}" for x in ("Liquids", "Solids", "Gases") for y in ("Combustion", "Fugitive")),
    *(f"Energy|Demand|{x}" for x in ("Industry", "Residential", "Commercial", "AFOFI", "Transportation", "Other Sector")),
    *(f"Energy|Demand|Transportation|{x}" for x in ("Bus", "Light-Duty Vehicles", "Truck", "Rail", "Domestic Aviation", "Domestic Shipping")),
    *(f"Industrial Processes|{x}" for x in MINERALS),
    *(f"Product Use|{x}" for x in ("Solvents", "Other")),
}  # fmt: skip
# Where the name of a subsector is not what its NFR code alone would give: the code does not tell spreading from housing, buses
# from trucks, heat from power, or fumes of frying from solvents.
FINER = {
    "beef", "broiler", "dairy", "layer", "pig", "bus", "coach", "chp_heat", "cooking",
}  # fmt: skip


def table():
    with (ROOT / "emisim" / "data" / "iamc.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def read(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def small(*rows, pollutants=("NOx",), **more):
    return simulated(plan(**more), inventory(*rows, pollutants=pollutants))


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize("name", COUNTIES)
@pytest.mark.parametrize("unit, tonnes", [("Mt", 1e6), ("kt", 1e3)])
def test_totals_are_those_of_the_summary(name, unit, tonnes):
    result = county(name)
    said, found = summarise(result), {(s.scenario, s.variable): s for s in series(result, unit)}
    for pollutant, (variable, basis) in SPECIES.items():
        for suffix, which, _, _ in CASES:
            one = found[result.scenario.scenario + suffix, variable]
            assert one.unit == f"{unit} {basis}/yr"
            part, key = ("calendar", which.removeprefix("calendar_")) if "calendar" in which else ("totals", which)
            wanted = [said[part][pollutant][str(y)][key] / tonnes for y in result.years]
            assert one.values == pytest.approx(wanted, rel=NEAR)


@pytest.mark.parametrize("name", COUNTIES)
def test_every_parent_is_the_sum_of_its_children(name):
    found = {(s.scenario, s.region, s.variable): s.values for s in series(county(name))}
    parents = 0
    for (scenario, region, variable), values in found.items():
        below = [
            v for (s, r, n), v in found.items()
            if (s, r) == (scenario, region) and n.startswith(variable + "|") and "|" not in n.removeprefix(variable + "|")
        ]  # fmt: skip
        if below:
            parents += 1
            assert [sum(year) for year in zip(*below, strict=True)] == pytest.approx(list(values), rel=NEAR, abs=1e-15)
    assert parents > 100


def test_the_four_files_say_the_same():
    result = small({"source_id": "kiln"}, {"source_id": "bus", "sector": "mobile", "subsector": "bus"})
    files = iamc_files(result)
    wide, long = read(files["iamc-wide.csv"]), read(files["iamc-long.csv"])
    melted = {(*(r[h] for h in HEADER), y): float(r[y]) for r in wide for y in map(str, result.years)}
    assert {(*(r[h] for h in HEADER), r["Year"]): float(r["Value"]) for r in long} == melted
    for name, lines in (("iamc-wide.xlsx", wide), ("iamc-long.xlsx", long)):
        header, *rows = openpyxl.load_workbook(io.BytesIO(files[name]))["data"].iter_rows(values_only=True)
        assert [str(h) for h in header] == list(lines[0])
        assert [[str(v) if k < 5 else float(v) for k, v in enumerate(row)] for row in rows] == [
            [v if k < 5 else float(v) for k, v in enumerate(line.values())] for line in lines
        ]
    assert {r["Model"] for r in wide} == {MODEL}


def test_another_unit_is_refused_in_one_line():
    with pytest.raises(BadInput) as caught:
        iamc_files(small({"source_id": "kiln"}), unit="t")
    assert [(f.key, f.values["known"]) for f in caught.value.faults] == [("iamc.unit", "Mt, kt")]


def test_rows_outside_the_official_totals_are_left_out():
    found = series(small({"source_id": "kiln"}, {"source_id": "soil", "sector": "agriculture", "memo": "yes"}))
    assert not [s for s in found if "AFOLU" in s.variable]
    assert {s.values[0] for s in found} == {100e-6}


# ---------------------------------------------------------------- names


def test_all_names_are_of_the_common_definitions():
    used = {row["iamc"] for row in table()} | {w.iamc for w in sectors().values()}
    assert set(with_parents(used)) <= COMMON
    assert {tuple(s.variable.split("|")[:2]) for s in series(county("mengjin"))} == {("Emissions", p) for p in SPECIES}


@pytest.mark.parametrize("name", COUNTIES)
def test_every_subsector_that_ships_has_an_entry_of_its_own(name):
    listed = {(row["sector"], row["subsector"]) for row in table()}
    text = county(name).inventory.text
    assert {(str(s), str(b)) for s, b in zip(text["sector"], text["subsector"], strict=True)} <= listed


@pytest.mark.parametrize("name", COUNTIES)
def test_the_names_agree_with_the_nfr_codes(name):
    """A code alone, without the words of the handbook, gives the same, but for what it cannot tell apart."""
    source = county(name).inventory
    named = variables(source)
    codes = sorted({str(c) for c in source.text["nfr"]})
    alone = variables(inventory(*({"source_id": c, "sector": "dust", "nfr": c} for c in codes)))
    by_code = dict(zip(codes, alone, strict=True))
    other = {str(source.text["subsector"][i]) for i, n in enumerate(named) if n != by_code[str(source.text["nfr"][i])]}
    assert other <= FINER
    assert not {"power", "brick", "refinery", "farm_machine", "construction_machine"} & other


@pytest.mark.parametrize(
    "row, wanted",
    [
        ({"sector": "process", "subsector": "refinery"}, "Energy|Supply|Liquids|Fugitive"),
        ({"sector": "process", "subsector": "refinery", "fuel": "gas"}, "Energy|Supply|Liquids|Combustion"),
        ({"sector": "agriculture", "subsector": "pig"}, "AFOLU|Agriculture|Livestock|Manure Management"),
        ({"sector": "agriculture", "subsector": "pig", "technology": "spreading"}, "AFOLU|Agriculture|Managed Soils"),
        ({"sector": "storage", "subsector": "storage_tank", "nfr": "2.B.10.b"}, "Industrial Processes|Chemicals"),
        ({"sector": "process", "subsector": "steel", "nfr": "2.C.1"}, "Industrial Processes|Iron and Steel"),
        (
            {"sector": "process", "subsector": "steel", "nfr": "2.C.11"},
            "Industrial Processes|Non-Ferrous Metals",
        ),  # not below 2.C.1
        ({"sector": "process", "subsector": "steel"}, "Industrial Processes|Other Sector"),
        ({"sector": "dust", "subsector": "road"}, "Other"),
    ],
)
def test_the_most_specific_entry_counts_then_the_code_then_the_sector(row, wanted):
    assert variables(inventory({"source_id": "one", **row})) == [wanted]


def test_what_is_both_a_name_and_a_parent_gets_a_name_below():
    rows = (
        {"source_id": "tram", "sector": "mobile", "subsector": "tram"},
        {"source_id": "bus", "sector": "mobile", "subsector": "bus"},
    )
    found = {s.variable.removeprefix("Emissions|NOx|"): s.values[0] for s in series(small(*rows)) if not s.scenario.endswith("r")}
    assert found["Energy|Demand|Transportation"] == pytest.approx(200e-6)
    assert found["Energy|Demand|Transportation|Other"] == found["Energy|Demand|Transportation|Bus"] == pytest.approx(100e-6)
    assert own_names(["A|B", "A", "A|BC", "A|B|C"]) == ["A|B|Other", "A|Other", "A|BC", "A|B|C"]
    assert not is_within("A|BC", "A|B")


def test_names_of_other_species():
    found = {s.variable: s.unit for s in series(small({"source_id": "kiln"}, pollutants=("SO2", "PM25", "CO2")))}
    assert found["Emissions|Sulfur"] == "Mt SO2/yr"
    assert found["Emissions|PM2.5"] == "Mt PM2.5/yr"
    assert found["Emissions|CO2"] == "Mt CO2/yr"


# ---------------------------------------------------------------- regions


@pytest.mark.parametrize(
    "code, name",
    [
        ("410308", "China|Henan|Luoyang|Mengjin"),
        ("410329", "China|Henan|Luoyang|Yichuan"),
        ("410300", "China|Henan|Luoyang"),
        ("410399", "China|Henan|Luoyang|410399"),
        ("130102", "China|Hebei|130102"),
        ("990101", "China|990101"),
    ],
)
def test_a_region_is_named_as_far_as_it_is_known(code, name):
    assert region_name(code) == name


def test_several_regions_add_up_to_that_of_the_plan():
    rows = [{"source_id": code, "region": code} for code in ("410308", "410329", "410300")]
    result = simulated(plan(region="410300"), inventory(*rows))
    found = {s.region: s.values[0] for s in series(result) if s.variable == "Emissions|NOx" and s.scenario == "trial"}
    whole = found.pop("China|Henan|Luoyang")
    assert set(found) == {f"China|Henan|Luoyang|{x}" for x in ("Mengjin", "Yichuan", "Other")}
    assert whole == pytest.approx(sum(found.values()))


# ---------------------------------------------------------------- pyam


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """What pyam reads from each file of a county."""
    pyam = pytest.importorskip("pyam", exc_type=ImportError)
    folder = tmp_path_factory.mktemp("iamc")
    found = {}
    for name, data in iamc_files(county("mengjin")).items():
        (folder / name).write_bytes(data)
        found[name] = pyam.IamDataFrame(folder / name)
    return found


def test_pyam_reads_every_file_alike(frames):
    first, *others = (f.timeseries() for f in frames.values())
    assert len(first) > 300
    for other in others:
        assert other.index.equals(first.index)
        assert abs(other - first).max().max() < 1e-15


def test_pyam_finds_that_everything_adds_up(frames):
    frame = frames["iamc-wide.csv"]
    parents = [v for v in frame.variable if any(o.startswith(v + "|") for o in frame.variable)]
    assert len(parents) > 20
    for variable in parents:
        assert frame.check_aggregate(variable, rtol=NEAR, atol=1e-15) is None, variable


def test_pyam_knows_what_each_scenario_is(frames):
    meta = frames["iamc-wide.xlsx"].meta
    assert set(meta["basis"]) == {"illustrative base year, not official data"}
    assert meta.loc[(MODEL, "mengjin-2025"), "meaning of a year"] == "level at 31 December"
    assert frames["iamc-wide.csv"].scenario == sorted("mengjin-2025" + suffix for suffix, _, _, _ in CASES)
