"""Silent wrongness: faults that other tools, and scripts, pass over without a word are loud here, and no warning changes a number.

Each fault of ``LOUD`` is brought into the tiny project and must be refused at its place. Where the files say something lawful, the test beside
it works the right number out by hand. ``known`` says where the fault is known from: a thread or page that was read, or "in general".
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

import tiny
from emisim import catalogue, cautions
from emisim.errors import BadInput
from emisim.io.config_file import load
from emisim.io.foreign import Wanted, import_files
from emisim.simulate import simulate
from emisim.spelling import lookalikes
from emisim.text import messages

S, F, G, P, C = "inventory/sources.csv", "inventory/factors.csv", "inventory/growth.csv", "plan.yaml", "scenario.yaml"
STRAW, KILN = "3000,t/yr,,,fixed,straw,", "kiln,NOx,0.8,kg/t,0.6,1.2,lognormal,20 %"
COMBINATION = "combinations:\n  - {devices: [LNB, SNCR], pollutant: NOx, efficiency: 65 %, grade: A, source: a handbook}\n"
SNCR = "efficiency: 60 %, rule_effectiveness: 90 %, coverage: 50 %, device: SNCR, stage: flue, pollutant: NOx"
TWIN = "kiln,砖窑,Brick kiln,410399,process,brick,coal gas,,large,7,t/yr,,,fixed,kiln,industry,,,,,,2A6,,B,survey,\n"
COST_GUIDE = "EPA CoST: the uncontrolled emission is set to 0 (its code, by our notes on peers)"
GENERAL = "in general"


@dataclass(frozen=True)
class Silent:
    """A fault that peers pass over. edits : (file, old, new); an empty old appends. key : of the message that must tell it at ``at``."""

    known: str
    key: str
    at: str
    edits: tuple[tuple[str, str, str], ...]


def loud(known: str, key: str, at: str, *edits: tuple[str, str, str]) -> Silent:
    return Silent(known, key, at, edits)


def activity(text: str) -> tuple[str, str, str]:
    return S, STRAW, f'"{text}",t/yr,,,fixed,straw,'


def unit(text: str) -> tuple[str, str, str]:
    return S, STRAW, f"3000,{text},,,fixed,straw,"


def factor_unit(text: str) -> tuple[str, str, str]:
    return F, "straw,NOx,2.8,kg/t", f"straw,NOx,2.8,{text}"


DROPS = "SMOKE Cntlmat warns and goes on; csvkit issue 191, gcamdata issue 41: a join drops what does not match"
NAMES = "emep-ctm issue 77: reductions not applied, for the country codes do not match"
ZEROED = "pandas issue 20824, primap2 issue 132: a sum of nothing but NaN is 0; geos-chem PR 1255: missing values become 0"
LAST = "HEMCO issue 143, geos-chem issue 1238: duplicate ids of scale factors run without a word"
CODES = "dataretrieval-python PR 311, COVID-19 issue 2530: codes lose their zeros when they are read as numbers"
UNITS = (
    "OPGEE issue 104: short and metric tons mixed; bluesky issue 103: lb/ton taken for g/kg; opennem issue 244: a factor of 12"
)
GROUPS = "pandas issue 3729: groupby drops the rows whose key is empty"

LOUD = {
    # ---- names that match nothing
    "selector misspelt": loud(DROPS, "selector.value", P, (P, "applies_to: {sector: biomass}", "applies_to: {sector: biomas}")),
    "selector in another case": loud(NAMES, "selector.value", P, (P, "{sector: biomass}", "{sector: Biomass}")),
    "selector with a space behind it": loud(NAMES, "selector.value", P, (P, "{sector: biomass}", '{sector: "biomass "}')),
    "one of several words misspelt": loud(DROPS, "selector.value", P, (P, "technology: [China III]", "technology: [China III, China 3]")),
    "each word there, not together": loud(DROPS, "selector.nothing", P, (P, "{sector: biomass}", "{sector: biomass, fuel: coal}")),
    "pollutant that no row emits": loud(DROPS, "action.no_factor", P, (P, "ratio: 0.2, pollutant: VOC", "ratio: 0.2, pollutant: NH3")),
    "pollutant not in the inventory": loud(DROPS, "action.no_factor", P, (P, "ratio: 0.2, pollutant: VOC", "ratio: 0.2, pollutant: SO2")),
    "pollutant in full-width letters": loud(NAMES, "value.choice", P, (P, "ratio: 0.2, pollutant: VOC", "ratio: 0.2, pollutant: ＶＯＣ")),
    "factor of a full-width pollutant": loud(NAMES, "csv.choice", F, (F, "straw,NOx,", "straw,ＮＯx,")),
    "factor set misspelt": loud(DROPS, "sources.factor_set", S, (S, "fixed,straw,constant", "fixed,Straw,constant")),
    "factor set that no row uses": loud(DROPS, "factors.unused", F, (F, "", "oven,NOx,1,kg/t,,,fixed,,,,,C,handbook,\n")),
    "growth driver that no row uses": loud(DROPS, "growth.unused", G, (G, "", "Industry,2020,1,C,x,\nIndustry,2025,2,C,x,\n")),
    "alternative misspelt": loud(DROPS, "scenario.alternative", C, (C, "{pig-spreading: injected}", "{pig-spreading: Injected}")),
    "alternative that leaves a pollutant out": loud(
        ZEROED, "factors.alternative_lacks", F, (F, "", "pig-spreading,VOC,1,kg/t,,,fixed,,,,,C,guide,\n")
    ),
    "target that matches nothing": loud(DROPS, "selector.value", P, (P, "{sector: agriculture, size: large}}", "{size: huge}}")),
    "target on memo rows": loud(GENERAL, "target.memo", P, (P, "{sector: agriculture, size: large}}", "{subsector: soil}}")),
    "target on what no row emits": loud(DROPS, "target.no_factor", P, (P, "{sector: agriculture, size: large}}", "{sector: solvent}}")),
    "selection that takes no measure": loud(DROPS, "scenario.no_measure", C, (C, "  without: [Z01]", "  wording: [dated]\n  without: [B01]")),
    "measure left out by a wrong name": loud(DROPS, "plan.measure", C, (C, "without: [Z01]", "without: [z01]")),
    "device of a combination misspelt": loud(DROPS, "combination.device", P, (P, "devices: [LNB, SNCR]", "devices: [LNB, Sncr]")),
    # ---- words that only look alike
    "word in another case": loud(NAMES, "csv.alike", S, (S, "Trucks China VI,410399,mobile,truck", "Trucks China VI,410399,mobile,Truck")),
    "word with a zero-width space": loud(NAMES, "csv.alike", S, (S, "Trucks China VI,410399,mobile,truck", "Trucks China VI,410399,mobile,tru\u200bck")),
    "word in full-width letters": loud(NAMES, "csv.alike", S, (S, "Trucks China VI,410399,mobile,truck", "Trucks China VI,410399,mobile,ｔruck")),
    "id in full-width letters": loud(NAMES, "sources.id", S, (S, "rail,铁路", "ｒail,铁路")),
    "id in capitals": loud(LAST, "sources.id", S, (S, "", TWIN.replace("kiln,砖窑", "Kiln,砖窑"))),
    "control stage in another case": loud(GENERAL, "action.alike", P, (P, "stage: flue", "stage: Flue")),
    "region that became a number": loud(CODES, "sources.region", S, (S, "Straw burning,410399", "Straw burning,410399.0")),
    "region in powers of ten": loud(CODES, "sources.region", S, (S, "Straw burning,410399", "Straw burning,4.10E+05")),
    "region in full-width digits": loud(CODES, "sources.region", S, (S, "Straw burning,410399", "Straw burning,４１０３９９")),
    "code that lost its zero": loud(CODES, "csv.alike", S, (S, "constant,,,,,,3F,0706,E", "constant,,,,,,3F,0706,E"), (S, "industry,,,,,,2D3,,C", "industry,,,,,,2D3,706,C")),
    # ---- the same thing twice
    "source twice": loud(LAST, "csv.duplicate", S, (S, "", TWIN)),
    "factor twice": loud(LAST, "csv.duplicate", F, (F, "", "kiln,NOx,9,kg/t,,,fixed,,,,,B,handbook,\n")),
    "year of a driver twice": loud(LAST, "csv.duplicate", G, (G, "", "industry,2025,300,E,judged,\n")),
    "column twice": loud(LAST, "csv.duplicate_column", S, (S, "lon,lat", "activity,lat")),
    "key twice": loud(LAST, "yaml.duplicate", C, (C, "base_year: 2020\n", "base_year: 2020\nbase_year: 2021\n")),
    "combination of devices twice": loud(LAST, "combination.twice", P, (P, "source: a handbook}", "source: a handbook}\n  - {devices: [SNCR, LNB], pollutant: NOx, efficiency: 5 %, grade: A, source: other}")),
    "overlap declared in two ways": loud(LAST, "overlap.contradicts", P, (P, "reason: one kiln one retrofit}", "reason: one kiln one retrofit}\n  - {measures: [B02, B01], relation: independent, reason: other}")),
    "action twice in one measure": loud("HEMCO: a mask given twice scales twice (in general)", "measure.repeated", P, (P, "{used_before: 90 %, used_after: 95 %}", "{used_before: 90 %, used_after: 95 %}\n      - {mechanism: activity_change, applies_to: {sector: biomass}, parameters: {used_before: 90 %, used_after: 95 %}}")),
    "month twice": loud(GENERAL, "value.months", P, (P, "months: [5, 6, 7, 8]", "months: [5, 5, 7, 8]")),
    "row in two states": loud(GENERAL, "state.twice", P, (P, "  kiln: {title", "  brick: {title: {zh: 砖, en: b}, applies_to: {subsector: brick}, pollutant: NOx, ceiling: 97 %}\n  kiln: {title")),
    # ---- control in place
    "all removed, emission left": loud(COST_GUIDE, "factors.full_control", F, (F, KILN, "kiln,NOx,0.8,kg/t,,,fixed,100 %")),
    "all removed at full effectiveness": loud(COST_GUIDE, "factors.full_control", F, (F, KILN + ",,", "kiln,NOx,0.8,kg/t,,,fixed,1,100 %,")),
    "all removed, and replaced": loud(COST_GUIDE, "action.full_control", P, (F, KILN, "kiln,NOx,0,kg/t,,,fixed,100 %"), (P, COMBINATION, ""), (P, SNCR, "efficiency: 80 %, kind: replacement, pollutant: NOx")),
    "effectiveness of no control": loud(GENERAL, "factors.half_control", F, (F, "boiler-gas,NOx,60,g/GJ,,,fixed,,", "boiler-gas,NOx,60,g/GJ,,,fixed,,50 %")),
    "efficiency of 60, not 60 %": loud("percent for share (in general)", "unit.bare", P, (P, "efficiency: 60 %", "efficiency: 60")),
    "existing efficiency of 50, not 50 %": loud("percent for share (in general)", "unit.bare", F, (F, "lognormal,20 %", "lognormal,20")),
    "coverage above 100 %": loud("RIAT+, GAINS refuse it; scripts clip (in general)", "value.share", P, (P, "coverage: 40 %", "coverage: 140 %")),
    "disjoint coverage above 100 %": loud(GENERAL, "overlap.exceeds", P, (P, "coverage: 40 %", "coverage: 60 %")),
    "shares that do not sum to 1": loud("LEAP, SMOKE normalise or go on (in general)", "shares.sum", P, (P, "petrol: 70 %", "petrol: 60 %")),
    "emission below zero": loud("CityCatalyst PR 3045, opennem issue 54: negative rows dropped or clipped", "plan.negative", P, (P, "addition: 0.01 kg/t", "addition: -0.01 kg/t")),
    # ---- figures that are none
    **{
        f"activity {text!r}": loud(ZEROED, "csv.empty" if not text else "csv.number", S, activity(text))
        for text in ("", "NaN", "nan", "inf", "-", "—", "N/A", "#N/A", "#VALUE!", "NULL", "3,000", "3 000", "3000t", "3000 %", "1e999")
    },
    "factor NaN": loud(ZEROED, "csv.number", F, (F, "straw,NOx,2.8", "straw,NOx,NaN")),
    "index #REF!": loud(ZEROED, "csv.number", G, (G, "transport,2025,1.3", "transport,2025,#REF!")),
    "parameter NaN": loud("InMAP: Inf becomes 0 (our notes on peers)", "unit.no_number", P, (P, "coverage: 40 %", "coverage: nan %")),
    "parameter too large": loud("InMAP: Inf becomes 0 (our notes on peers)", "unit.not_finite", P, (P, "coverage: 40 %", "coverage: 1e999 %")),
    "activity below zero": loud("opennem issue 54 (negative activity)", "csv.negative", S, activity("-3000")),
    "factor below zero": loud(GENERAL, "csv.negative", F, (F, "straw,NOx,2.8", "straw,NOx,-2.8")),
    "key column empty": loud(GROUPS, "csv.empty", S, (S, "Straw burning,410399,biomass", "Straw burning,410399,")),
    "driver empty": loud(GROUPS, "csv.empty", S, (S, "fixed,straw,constant", "fixed,straw,")),
    "a field too many": loud("pandas shifts the columns into its index (tried)", "csv.fields", S, (S, STRAW, "3,000,t/yr,,,fixed,straw,")),
    # ---- units
    "tons of which kind": loud(UNITS, "unit.unknown", S, unit("ton/yr")),
    "activity of a day": loud(UNITS, "sources.dimension", S, unit("t/d")),
    "activity of a month": loud(UNITS, "unit.unknown", S, unit("t/month")),
    "activity without its year": loud(UNITS, "sources.dimension", S, unit("t")),
    "activity in energy, factor by mass": loud(UNITS, "sources.dimension", S, unit("GJ/yr")),
    "factor that is already a mass": loud(UNITS, "factors.dimension", F, factor_unit("kg")),
    "factor of a year, activity of a year": loud(UNITS, "factors.dimension", F, factor_unit("kg/t/yr")),
    "factor without a unit": loud("WRFotron issue 48: missing units lose PM (our notes on peers)", "csv.empty", F, factor_unit("")),
    "one factor set, two kinds of activity": loud(UNITS, "sources.dimension", S, (S, "200000,GJ/yr,,,fixed,boiler-gas", "200000,GJ/yr,,,fixed,straw"), (F, "boiler-gas,NOx,60,g/GJ,,,fixed,,,,,B,handbook,\n", "")),
    "cap a day, not a year": loud(UNITS, "unit.dimension", P, (P, "1.05 万吨/yr", "1.05 万吨/d")),
    "limit without a unit": loud(UNITS, "unit.bare", P, (P, "150 mg/Nm3", "150")),
    "flue gas of another activity": loud(UNITS, "unit.dimension", F, (F, "9000 Nm3/t", "9000 Nm3/GJ")),
    "limit where the flue gas is unknown": loud("a limit that is passed over (in general)", "limit.flue_gas", P, (F, "9000 Nm3/t", "")),
    # ---- years
    "target year beyond the driver": loud("HEMCO issue 35: the nearest year is taken", "growth.year", G, (C, "target_year: 2025", "target_year: 2026")),
    "base year before the driver": loud("HEMCO issue 35: the nearest year is taken", "growth.year", G, (G, "livestock,2020,40", "livestock,2021,40")),
    "baseline of another year": loud(GENERAL, "target.year", P, (C, "base_year: 2020", "base_year: 2021")),
    "figures imported for another year": loud(GENERAL, "inventory.base_year", "inventory/import/account.json", ("inventory/import/account.json", "", '{"base_year": 2018}')),
    "year in full-width digits": loud(GENERAL, "csv.year", G, (G, "industry,2025,120", "industry,２０２５,120")),
}  # fmt: skip


def put(folder: Path, edits) -> Path:
    for file, old, new in edits:
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        if old:
            tiny.replace(path, old, new)
        else:
            with path.open("a", encoding="utf-8") as stream:
                stream.write(new)
    return folder


def checked(folder: Path):
    """The tiny project as a case."""
    return load(folder / C, lambda p: p.relative_to(folder).as_posix()).case


def result(folder: Path, *edits: tuple[str, str, str]):
    return simulate(checked(put(tiny.copy(folder), edits)))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The tiny project as it is."""
    return result(tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("name", LOUD)
def test_what_others_pass_over_is_refused_at_its_place(name, tmp_path):
    case = LOUD[name]
    with pytest.raises(BadInput) as caught:
        result(tmp_path, *case.edits)
    told = [(f.key, f.place.file) for f in caught.value.faults]
    assert (case.key, case.at) in told
    lined = [f for f in caught.value.faults if f.key == case.key]
    assert all(f.place.line or f.place.file.endswith(".json") for f in lined)


@pytest.mark.parametrize("name", ["selector misspelt", "all removed, and replaced", "activity 'NaN'", "word in another case"])
def test_the_command_refuses_them_with_exit_code_2_and_writes_nothing(name, tmp_path, monkeypatch, capsys):
    put(tiny.copy(tmp_path), LOUD[name].edits)
    monkeypatch.chdir(tmp_path)
    outcome = tiny.call(monkeypatch, capsys, "run", C)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.lines and all(line.startswith((S, F, G, P, C)) for line in outcome.lines)
    assert not (tmp_path / "outputs").exists()


def test_words_that_look_alike():
    assert lookalikes(["China III", "china iii", "China IV", "China\u00a0III", "Ｃhina III", "Chi\u200bna III"]) != []
    assert lookalikes(["0706", "706", "7060", "706.0"]) == [("706", "0706"), ("706.0", "0706")]
    assert lookalikes(["a-b", "ab", "stage I", "stage II", "10", "1", "1.5", "15", ""]) == []


# ---- what is lawful: the right number, worked out by hand, and shown

ALONE = (C, "without: [Z01]", "only: [B01]")
GROWN_KILN = 50_000 * 0.8 / 1000 * 1.2  # t NOx: 40 t in the base year, the driver grows by a fifth


def replacement(efficiency: str, coverage: str = "50 %") -> tuple[str, str, str]:
    return P, SNCR, f"efficiency: {efficiency}, coverage: {coverage}, kind: replacement, stage: flue, pollutant: NOx"


def brought(found, measure: str, pollutant: str = "NOx") -> float:
    return found.reductions()[found.bound.names.index(measure), found.inventory.pollutants.index(pollutant), -1]


def total(found, values, pollutant: str = "NOx") -> float:
    return found.totals(values)[found.inventory.pollutants.index(pollutant), -1]


def raised(found) -> dict[tuple[str, str], float]:
    """What the warnings say that measures raise [t/yr]."""
    return {
        (w.values["measure"], w.values["pollutant"]): float(w.values["tonnes"])
        for w in found.warnings
        if w.key == "warning.raises"
    }


def test_a_replacement_of_half_the_units_is_a_mixture(tmp_path):
    """CoST and SMOKE weaken the device in place of mixing (in general). Here 60 % is replaced by 80 % on half of the units: 75 of 100 t are left."""
    found = result(tmp_path, ALONE, (P, COMBINATION, ""), replacement("80 %"), (F, "lognormal,20 %", "lognormal,60 %"))
    assert brought(found, "B01") == pytest.approx(0.25 * GROWN_KILN, rel=1e-12)


def test_a_replacement_weaker_than_what_is_there_raises_the_emission_and_is_shown(tmp_path):
    """SMOKE drops it with a warning (our notes on peers). U = 48/(1 − 0.2) = 60 t; 0.5·48 + 0.5·60·0.9 = 51 t."""
    found = result(tmp_path, ALONE, (P, COMBINATION, ""), replacement("10 %"))
    assert brought(found, "B01") == pytest.approx(-3.0, rel=1e-12)
    assert total(found, found.plan) == pytest.approx(total(found, found.reference) + 3.0, rel=1e-12)
    assert raised(found)["B01", "NOx"] == pytest.approx(3.0)


def test_a_device_that_is_no_better_than_what_is_there_brings_nothing_and_that_is_said(tmp_path):
    """Of two devices at one stage the better counts; the table of clauses says 0 t and why."""
    weaker = (P, SNCR, "efficiency: 10 %, coverage: 50 %, stage: flue, pollutant: NOx")
    slip = (
        P,
        "      - mechanism: co_effect\n        applies_to: {source_id: kiln}\n        parameters: {pollutant: NH3, addition: 0.01 kg/t, coverage: 50 %}\n",
        "",
    )
    found = result(tmp_path, ALONE, (P, COMBINATION, ""), weaker, slip)
    assert brought(found, "B01") == 0
    assert {line.id: line.reason for line in catalogue.lines(found)}["B01"] == catalogue.NO_CHANGE


def test_rows_scaled_by_two_measures_are_scaled_by_both_and_each_has_its_line(tmp_path):
    """HEMCO issue 153 asks which scale factor acts. Here half and half of the straw leave a quarter; each is credited with the same."""
    half = "{used_before: 80 %, used_after: 90 %}"
    other = (
        '  D03:\n    clause: "99"\n    chapter: area\n    title: {zh: 禁烧, en: Ban}\n    wording: full\n    schedule: {date: 2025-12-31}\n    actions:\n      - {mechanism: activity_change, applies_to: {sector: biomass}, parameters: '
        + half
        + "}\n"
    )
    found = result(
        tmp_path,
        (P, "{used_before: 90 %, used_after: 95 %}", half),
        (P, "  E01:\n", other + "  E01:\n"),
        (C, "without: [Z01]", "only: [D02, D03]"),
    )
    assert brought(found, "D02") == pytest.approx(brought(found, "D03"), rel=1e-12)
    assert brought(found, "D02") + brought(found, "D03") == pytest.approx(0.75 * 3000 * 2.8 / 1000, rel=1e-12)
    assert total(found, found.reference) - total(found, found.plan) == pytest.approx(0.75 * 8.4, rel=1e-12)


def test_growth_and_a_measure_on_activity_stay_apart(tmp_path):
    """Growth counted in the driver and again in a measure: both have their own line, so that it can be seen."""
    found = result(
        tmp_path,
        (P, "applies_to: {sector: biomass}", "applies_to: {source_id: boiler-gas}"),
        (C, "without: [Z01]", "only: [D02]"),
    )
    row = found.inventory.ids.tolist().index("boiler-gas")
    base, reference, plan = (values[row, 0] for values in (found.base, found.reference, found.plan))
    assert (base, reference[-1], plan[-1]) == (pytest.approx(12.0), pytest.approx(14.4), pytest.approx(7.2))


def test_years_between_those_of_a_driver_lie_on_a_line(plain):
    row = plain.inventory.ids.tolist().index("boiler-gas")
    index = plain.activity_reference[row] / plain.activity_reference[row, 0]
    assert index == pytest.approx([1.0, 1.04, 1.08, 1.12, 1.16, 1.2], rel=1e-12)


@pytest.mark.parametrize("text", ["0.6", "'0.6'", "60%", "６０％", "600 ‰"])
def test_a_share_as_number_and_as_per_cent_are_one(text, tmp_path):
    case = checked(put(tiny.copy(tmp_path), [(P, "efficiency: 60 %", f"efficiency: {text}")]))
    assert case.bound.values["B01", "efficiency"] == 0.6


@pytest.mark.parametrize(
    "edit",
    [unit("t/a"), (S, STRAW, "3,kt/yr,,,fixed,straw,"), (S, STRAW, "0.3,万吨/年,,,fixed,straw,"), (S, STRAW, "3000000,kg/yr,,,fixed,straw,"),
     (S, STRAW, "3306.9339327732,short_ton/yr,,,fixed,straw,"), factor_unit("g/kg"), factor_unit("kg/吨"), (F, "straw,NOx,2.8,kg/t", "straw,NOx,0.28,%"),
     activity("３０００"), activity("3e3"), activity(" 3000. ")],
)  # fmt: skip
def test_equal_figures_in_other_units_give_equal_totals(edit, tmp_path, plain):
    inventory = checked(put(tiny.copy(tmp_path), [edit])).inventory
    assert inventory.emission().sum(axis=0) == pytest.approx(plain.base.sum(axis=0), rel=1e-12)


def test_a_kilogram_beside_ten_million_tonnes_is_not_lost(tmp_path):
    """In single precision it would be (numba issue 2855, bottleneck issue 193)."""
    straw = (S, STRAW, "3571428571.42857,t/yr,,,fixed,straw,")
    huge = result(tmp_path / "a", straw)
    more = checked(put(tiny.copy(tmp_path / "b"), [straw, (S, "50000000,t km/yr", "50005000,t km/yr")])).inventory
    assert more.emission()[~more.memo, 0].sum() - total(huge, huge.base[..., None]) == pytest.approx(1e-3, rel=1e-4)
    assert total(huge, huge.base[..., None]) == pytest.approx(math.fsum(huge.base[huge.official, 0]), rel=1e-15)
    arrays = [v for v in vars(huge).values() if isinstance(v, np.ndarray)]
    assert len(arrays) > 8 and all(v.dtype == np.float64 for v in arrays)


def test_zero_written_is_zero_and_nothing_written_is_asked_for(tmp_path, plain):
    """A factor of 0 is known; the same measure on a pollutant without any factor is refused (see LOUD)."""
    found = result(
        tmp_path,
        (F, "", "paint,NH3,0,kg/t,,,fixed,,,,,A,none,\n"),
        (P, "ratio: 0.2, pollutant: VOC", "ratio: 0.2, pollutant: NH3"),
    )
    assert total(found, found.plan, "NH3") == pytest.approx(total(plain, plain.plan, "NH3"), rel=1e-12)


def test_an_indicator_without_a_denominator_is_not_met(tmp_path):
    nobody = (S, "10000000,vehicle km/yr,,,fixed,car-electric", "0,vehicle km/yr,,,fixed,car-electric")
    none = (P, "shares: {petrol: 70 %, electric: 30 %}", "shares: {petrol: 100 %, electric: 0 %}")
    among = (P, "among: {subsector: car}", "among: {source_id: car-electric}")
    (verdict,) = [v for v in result(tmp_path, nobody, none, among).verdicts if v.id == "CARS_ELECTRIC"]
    assert (verdict.value, verdict.verdict) == (None, "not assessable")


def test_a_memo_source_counts_in_no_total(tmp_path, plain):
    counted = result(tmp_path, (S, "constant,,,yes,", "constant,,,,"))
    soil = 30_000 * 1.5 / 1000
    assert total(counted, counted.base[..., None]) == pytest.approx(total(plain, plain.base[..., None]) + soil, rel=1e-12)


LAWFUL = (
    test_a_replacement_of_half_the_units_is_a_mixture,
    test_a_replacement_weaker_than_what_is_there_raises_the_emission_and_is_shown,
    test_a_device_that_is_no_better_than_what_is_there_brings_nothing_and_that_is_said,
    test_rows_scaled_by_two_measures_are_scaled_by_both_and_each_has_its_line,
    test_growth_and_a_measure_on_activity_stay_apart,
    test_years_between_those_of_a_driver_lie_on_a_line,
    test_a_share_as_number_and_as_per_cent_are_one,
    test_equal_figures_in_other_units_give_equal_totals,
    test_a_kilogram_beside_ten_million_tonnes_is_not_lost,
    test_zero_written_is_zero_and_nothing_written_is_asked_for,
    test_an_indicator_without_a_denominator_is_not_met,
    test_a_memo_source_counts_in_no_total,
)


# ---- no warning changes a number

QUIET = (
    "cut_off",
    "unread",
    "rises",
    "elsewhere",
    "early",
    "late",
    "undeclared",
    "slip",
    "as_a_whole",
)  # what simulate asks for warnings
A02_DATE, DECLARED = "    schedule: {date: 2024-12-31}\n", "overlaps:\n"
PAIRS = "".join(f"  - {{measures: [{m}, E01], relation: independent, reason: tried}}\n" for m in ("B01", "B02"))
UNREAD_CLAUSE = '  G02: {clause: "16", chapter: management, title: {zh: 待录, en: Later}, standing: unread}\nswitches:\n'
FEED = '  D03:\n    clause: "99"\n    chapter: area\n    title: {zh: 饲料, en: Feed}\n    wording: full\n    schedule: {date: 2025-12-31}\n    actions:\n      - {mechanism: end_of_pipe, applies_to: {source_id: pig-spreading}, parameters: {efficiency: 1 %, pollutant: NH3}}\n  E01:\n'
WHOLE = (
    (S, STRAW, "1,source,,,fixed,straw,"),
    (F, "straw,NOx,2.8,kg/t", "straw,NOx,8.4,t/source/yr"),
    (F, "straw,NH3,0.5,kg/t", "straw,NH3,1.5,t/source/yr"),
)
# warning → (what brings it, the same thing said so that nothing is left to warn of); both must give the same tonnes.
WARNED = {
    "warning.undeclared": ((), ((P, DECLARED, DECLARED + PAIRS),)),
    "warning.raises": ((), ((C, "raises: [A01]", "raises: [A01, B01, C02]"),)),
    "warning.late": (((P, A02_DATE, A02_DATE.replace("2024", "2026")),), ((C, "without: [Z01]", "without: [Z01, A02]"),)),
    "warning.early": (((P, A02_DATE, A02_DATE.replace("2024", "2019")),), ()),
    "warning.unread": (((P, "switches:\n", UNREAD_CLAUSE),), ()),
    "warning.region": (((P, 'region: "410399"', 'region: "410308"'),), ()),
    "warning.alone": (WHOLE, ()),
    "warning.cut": (((P, "en: some}, without: [A01]}\n", "en: some}, without: [A01]}"),), ()),
    "warning.slip": (((P, "  E01:\n", FEED), (P, "addition: 0.01 kg/t", "addition: 0.1 kg/t")), None),
}


def warned(found) -> set[str]:
    return {w.key for w in found.warnings}


def numbers(found) -> dict[str, np.ndarray]:
    fields = ("base", "frozen", "reference", "plan", "calendar_reference", "calendar_plan", "monthly_plan")
    return {name: found.totals(getattr(found, name)) if name != "monthly_plan" else found.monthly_plan for name in fields}


def test_every_warning_of_a_run_is_tried():
    assert set(WARNED) == {key for key in messages() if key.startswith("warning.")}
    code = Path(cautions.__file__).read_text(encoding="utf-8")
    assert all(f'"{key}"' in code for key in WARNED)


@pytest.mark.parametrize("key", WARNED)
def test_a_warning_leaves_the_numbers_as_the_files_say(key, tmp_path, monkeypatch, plain):
    brings, settles = WARNED[key]
    found = result(tmp_path / "warned", *brings) if brings else plain
    assert key in warned(found)
    for name in QUIET:
        monkeypatch.setattr(f"emisim.simulate.{name}", lambda *_: [])
    unwarned = simulate(found.case)
    assert not unwarned.warnings
    for name, values in numbers(found).items():
        assert np.array_equal(values, numbers(unwarned)[name]), name
    assert np.array_equal(found.ledger.reduction, unwarned.ledger.reduction)
    monkeypatch.undo()
    if settles is None:
        return
    settled = result(tmp_path / "settled", *settles) if settles else plain
    assert key not in warned(settled)
    # A measure of before the base year differs on the way: what it leaves in the end is the same.
    last = (lambda values: values[..., -1]) if key == "warning.early" else (lambda values: values)
    for name in ("base", "reference", "plan"):
        ours, theirs = numbers(found)[name], numbers(settled)[name]
        assert last(ours) == pytest.approx(last(theirs), rel=1e-12), name


def test_slip_is_added_in_full(tmp_path):
    """0.1 kg/t on half of 60 000 t, 90 % of them left by E01: what the warning tells is what the total has."""
    brings, _ = WARNED["warning.slip"]
    found, without = (
        result(tmp_path / "a", *brings),
        result(tmp_path / "b", *brings, (C, "without: [Z01]", "without: [Z01, B01]")),
    )
    (told,) = [w for w in found.warnings if w.key == "warning.slip"]
    assert total(found, found.plan, "NH3") - total(without, without.plan, "NH3") == pytest.approx(2.7, rel=1e-12)
    assert float(told.values["added"]) == pytest.approx(-brought(found, "B01", "NH3"), rel=1e-2)


# ---- what comes in from elsewhere


MAPPING = {
    "mapping": "stock", "year": 2020, "grade": "C", "source": "county bureau", "region": {"value": "410399"}, "code": "行业",
    "codes": {"table": "handbook"}, "name_zh": "企业", "pollutants": {"NOx": {"emission": {"column": "NOx", "unit": "t"}}},
}  # fmt: skip
ROWS = "企业,行业,NOx\n甲厂,水泥,12\n乙厂,砖瓦,3.5\n"


def imported(folder: Path, text: str, **mapping):
    path = folder / "stock.csv"
    path.write_text(text, encoding="utf-8")
    (folder / "stock.mapping.yaml").write_text(yaml.safe_dump({**MAPPING, **mapping}, allow_unicode=True), encoding="utf-8")
    return import_files([path], [path.name], Wanted())


NOT_UNDERSTOOD = {
    "丙厂,啥也不是,7\n": "import.unknown_code",
    "丙厂,,7\n": "import.empty_code",
    "丙厂,水泥,约7\n": "import.number",
    "丙厂,水泥,-7\n": "import.negative",
    "丙厂,水泥,#N/A\n": "import.formula_error",
    "丙厂,水泥,7,8\n": "import.long_row",
}
# row → (tonnes that the inventory then has, what became of the row)
ACCOUNTED = {
    "合计,,15.5\n": (15.5, "refused"),  # a total is no source
    "丙厂,水泥,\n": (15.5, "refused"),  # a blank is no 0: the row has no figure
    "丙厂,水泥,—\n": (15.5, "refused"),
    "甲厂,水泥,12\n": (27.5, "merged"),  # word for word the same: it counts, and is told
}


@pytest.mark.parametrize(("more", "key"), NOT_UNDERSTOOD.items())
def test_a_row_that_cannot_be_understood_stops_an_import(more, key, tmp_path):
    with pytest.raises(BadInput) as caught:
        imported(tmp_path, ROWS + more)
    assert [f.key for f in caught.value.faults] == [key]
    assert caught.value.faults[0].place.line == 4


@pytest.mark.parametrize("more", ACCOUNTED)
def test_every_row_of_an_import_is_accounted_for_and_the_tonnes_close(more, tmp_path):
    counted, fate = ACCOUNTED[more]
    account = imported(tmp_path, ROWS + more).account
    assert account.count[0][fate] == (2 if fate == "refused" else 1)  # the header is one
    assert account.balance[0].inventory == counted
    assert sum(account.count[0].values()) == 4
    told = {note.key for note in account.parts[0].entries.notes}
    assert ("import.note.repeated" in told) == (fate == "merged")


def test_a_code_that_may_have_lost_its_zero_counts_as_it_stands_and_is_told(tmp_path):
    """311 is iron making, 0311 cattle: beside codes of four digits nobody can know, and the tonnes are the same."""
    account = imported(tmp_path, "企业,行业,NOx\n甲,3110,5\n乙,3120,2\n丙,3130,2\n丁,311,1\n", codes={"table": "gbt4754"}).account
    assert "import.note.lost_zero" in {note.key for note in account.parts[0].entries.notes}
    assert account.balance[0].inventory == 10


def test_every_caution_of_an_import_stands_in_a_test():
    """What an import only tells has its test beside the readers, where the tonnes are checked too."""
    tests = "".join(p.read_text(encoding="utf-8") for p in sorted(Path(__file__).parents[1].rglob("test_*.py")))
    assert TOLD_BY_IMPORTS and not [key for key in TOLD_BY_IMPORTS if key not in tests]


TOLD_BY_IMPORTS = [key for key in messages() if key.startswith("import.note.")]


def test_figures(measured):
    refused, counted = len(LOUD) + len(NOT_UNDERSTOOD), len(LAWFUL) + len(ACCOUNTED)
    measured(
        "silent", faults=refused + counted, loud=refused, right_and_shown=counted, warnings=len(WARNED) + len(TOLD_BY_IMPORTS)
    )
