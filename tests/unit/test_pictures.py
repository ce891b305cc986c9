"""The numbers of waterfall, trajectory, sectors and heat map: they are those of the summary, and they add up."""

import json
from functools import cache
from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import LABEL, action, inventory, measure, plan, run
from sure import drawn

from emisim.io.config_file import load
from emisim.pictures import KINDS, all_pictures, kind_of
from emisim.pictures.style import DOWN_RAMP, UP_RAMP, Style, luminance, on, ramp, shorten, span, wrap
from emisim.pictures.trajectory import spread
from emisim.report.tables import core_pollutants
from emisim.simulate import simulate
from emisim.summary import ledger_entries, sector_totals, summarise

KINDS_HERE = ("waterfall", "trajectory", "sectors", "heatmap")
COUNTIES = ("mengjin", "yichuan")
NET = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025, "baseline_year": 2020}


@cache
def result(county):
    if county == "drawn":
        return drawn()
    return simulate(load(f"scenarios/{county}-2025.yaml").case)


@cache
def summary(county):
    return summarise(result(county))


@cache
def made(county, language="en"):
    return {p.name: p for p in all_pictures(result(county), language, KINDS_HERE)}


def near(value, scale=1.0):
    return pytest.approx(value, rel=1e-9, abs=1e-9 * scale)


def kiln_and_oven(**more):
    rows = (
        {"source_id": "kiln", "activity": 100.0},
        {"source_id": "oven", "activity": 80.0, "sector": "mobile", "growth_driver": "output"},
    )
    return inventory(*rows, growth={"output": {2020: 1.0, 2025: 1.5}}, **more)


# ---------------------------------------------------------------- waterfall


@pytest.mark.parametrize("county", [*COUNTIES, "drawn"])
def test_bars_of_a_waterfall_add_up_and_are_those_of_the_summary(county):
    for k in core_pollutants(result(county).inventory):
        pollutant = result(county).inventory.pollutants[k]
        if f"waterfall-{pollutant}" not in made(county):
            assert summary(county)["totals"][pollutant]["2020"]["base"] == 0
            continue
        steps = made(county)[f"waterfall-{pollutant}"].data.steps
        totals = summary(county)["totals"][pollutant]["2025"]
        assert steps[0].end == near(totals["base"])
        assert steps[-1].end == near(totals["plan"])
        assert steps[0].end + fsum(s.change for s in steps[1:-1]) == near(steps[-1].end)
        assert [a.end for a in steps[:-2]] == near([b.start for b in steps[1:-1]])
        ledger = {e["measure"]: e["reduction_t"] for e in summary(county)["ledger"] if e["pollutant"] == pollutant}
        own = {s.id: s.change for s in steps if s.role == "measure"}
        assert {name: -change for name, change in own.items()} == near({name: ledger[name] for name in own}, totals["base"])
        assert fsum(s.change for s in steps if s.role in ("activity", "renewal", "growth")) == near(
            -ledger["growth"], totals["base"]
        )


@pytest.mark.parametrize("county", COUNTIES)
def test_a_waterfall_shows_the_measures_that_weigh_most(county):
    for name, picture in made(county).items():
        if picture.kind == "waterfall":
            shown = {s.id: abs(s.change) for s in picture.data.steps if s.role == "measure"}
            entries = [
                e for e in ledger_entries(result(county)) if e["pollutant"] == picture.data.pollutant and e["measure"] != "growth"
            ]
            others = [abs(e["reduction_t"]) for e in entries if e["measure"] not in shown]
            assert len(shown) == 10, name
            assert min(shown.values()) >= max(others)
            assert list(shown.values()) == sorted(shown.values(), reverse=True)


def test_an_increase_is_an_increase():
    """A measure that adds, and growth, are bars to the right in the colour of increases, on paper and on a screen."""
    more = measure(action("activity_change", "oven", change="10 %"))
    found = run(plan({"M": more}), kiln_and_oven())
    picture = all_pictures(found, "en", ["waterfall"])[0]
    steps = {s.id: s for s in picture.data.steps}
    assert steps["growth" if "growth" in steps else "activity"].change == near(40.0)
    assert steps["M"].change == near(12.0)
    assert steps["plan"].end == near(232.0)
    assert "rises by 28.9 %" in picture.title
    option = kind_of(picture).option(picture, Style())
    bars = {s.id: bar for s, bar in zip(picture.data.steps, option["series"][1]["data"], strict=True)}
    assert bars["M"]["itemStyle"]["color"] == Style().rise
    assert bars["M"]["value"] == near(12.0)


def test_what_a_target_requires_is_the_baseline_less_its_share():
    targets = {
        "SHARE": {**NET, "reduction": "10 %"},
        "MASS": {**NET, "reduction": "30 t/yr", "comparison": ">"},
        "OPEN": {**NET, "reduction": None},
    }
    found = run(plan({"M": measure(action("source_removal", "kiln", removed="50 %"))}, targets=targets), kiln_and_oven())
    required = {r.target: r for r in all_pictures(found, "en", ["waterfall"])[0].data.required}
    assert {name: r.level for name, r in required.items()} == near({"SHARE": 162.0, "MASS": 150.0})
    assert {name: r.verdict for name, r in required.items()} == {"SHARE": "missed", "MASS": "missed"}
    assert "≤ 162" in required["SHARE"].text
    assert "< 150" in required["MASS"].text
    assert all("missed" in r.text for r in required.values())


def test_a_reference_target_says_so_once():
    texts = [r.text for c in COUNTIES for p in made(c).values() if p.kind == "waterfall" for r in p.data.required]
    assert texts
    assert all(t.count("for reference") == 1 for t in texts)
    targets = {"OWN": {**NET, "reduction": "10 %", "reference": True}}
    own = all_pictures(run(plan(targets=targets), kiln_and_oven()), "zh", ["waterfall"])[0].data.required[0]
    assert own.text.count("参照") == 1


def test_an_axis_that_does_not_begin_at_zero_says_where():
    picture = made("mengjin")["waterfall-NOx"]
    assert 0 < picture.data.begin < min(s.end for s in picture.data.steps)
    assert f"{picture.data.begin:,.0f}" in picture.note
    assert kind_of(picture).option(picture, Style())["xAxis"]["min"] == picture.data.begin
    gone = run(plan({"M": measure(action("source_removal", ["kiln", "oven"], removed="100 %"))}), kiln_and_oven())
    assert all_pictures(gone, "en", ["waterfall"])[0].data.begin == 0


# ---------------------------------------------------------------- trajectory and sectors


@pytest.mark.parametrize("county", [*COUNTIES, "drawn"])
def test_paths_are_those_of_the_summary(county):
    data = made(county)["trajectory"].data
    for panel in data.panels:
        for t, year in enumerate(data.years):
            totals = summary(county)["totals"][panel.pollutant][str(year)]
            assert panel.paths[:, t].tolist() == near([totals[p] for p in ("frozen", "reference", "plan")])


def test_bands_are_the_quantiles_of_the_draws():
    found = summary("drawn")["uncertainty"]["totals"]
    data = made("drawn")["trajectory"].data
    for panel in data.panels:
        for t, year in enumerate(data.years):
            for b, which in enumerate(("reference", "plan")):
                ends = [found[panel.pollutant][str(year)][which][q] for q in ("p2.5", "p97.5")]
                assert panel.bands[:, b, t].tolist() == pytest.approx(ends, rel=1e-8, abs=1e-9)
    interval = made("drawn")["waterfall-NOx"].data.interval
    assert interval == pytest.approx([found["NOx"]["2025"]["plan"][q] for q in ("p2.5", "p97.5")], rel=1e-8)
    assert made("mengjin")["trajectory"].data.panels[0].bands is None


@pytest.mark.parametrize("county", COUNTIES)
def test_sectors_are_those_of_the_summary_and_add_up(county):
    data, totals = made(county)["sectors"].data, sector_totals(result(county))
    assert set(data.sectors) == {s for s, v in totals.items() if any(x for p in v.values() for x in p.values())}
    for k, pollutant in enumerate(data.pollutants):
        for j, sector in enumerate(data.sectors):
            assert data.values[k, j].tolist() == near([totals[sector][pollutant][w] for w in ("base", "reference", "plan")])
        whole = summary(county)["totals"][pollutant]["2025"]
        assert data.totals[k].tolist() == near([whole[w] for w in ("base", "reference", "plan")])


# ---------------------------------------------------------------- heat map


@pytest.mark.parametrize("county", [*COUNTIES, "drawn"])
def test_the_heat_map_adds_up_to_the_ledger(county):
    for picture in (p for p in made(county).values() if p.kind == "heatmap"):
        data = picture.data
        entries = {e["measure"]: e["reduction_t"] for e in summary(county)["ledger"] if e["pollutant"] == data.pollutant}
        totals = summary(county)["totals"][data.pollutant]["2025"]
        own = {m: -v for m, v in zip(data.measures, data.by_measure.tolist(), strict=True) if m != "others"}
        assert own == near({m: entries[m] for m in own}, totals["base"])
        assert data.total == near(totals["plan"] - totals["reference"], totals["base"])
        sectors = sector_totals(result(county))
        for sector, value in zip(data.sectors, data.by_sector.tolist(), strict=True):
            found = sectors[sector][data.pollutant]
            assert value == near(found["plan"] - found["reference"], totals["base"])
        assert len(data.measures) <= 30


def test_what_measures_do_to_rows_outside_the_official_totals_is_left_out():
    rows = {"source_id": "kiln", "activity": 100.0}, {"source_id": "aside", "activity": 70.0, "memo": "yes"}
    found = run(plan({"M": measure(action("source_removal", ["kiln", "aside"], removed="50 %"))}), inventory(*rows))
    pictures = {p.name: p.data for p in all_pictures(found, "en", KINDS_HERE)}
    assert pictures["heatmap-NOx"].total == near(-50.0)
    assert pictures["waterfall-NOx"].steps[-1].end == near(50.0)
    assert pictures["sectors"].totals[0].tolist() == near([100.0, 100.0, 50.0])
    assert pictures["trajectory"].panels[0].paths[:, -1].tolist() == near([100.0, 100.0, 50.0])


def test_a_slip_is_shown_as_an_increase():
    """The catalysts of kilns and boilers raise ammonia: the cell and the word say so."""
    data = made("mengjin")["heatmap-NH3"].data
    assert (data.change > 0).any()
    picture = made("mengjin")["heatmap-NH3"]
    cells = kind_of(picture).option(picture, Style())["series"][0]["data"]
    rising = [c for c in cells if c["value"][2] > 0 and c["value"][0] < len(data.sectors) and c["value"][1] < len(data.measures)]
    assert rising
    for cell in rising:
        red, blue = int(cell["itemStyle"]["color"][1:3], 16), int(cell["itemStyle"]["color"][5:7], 16)
        assert red > blue


# ---------------------------------------------------------------- all of them


def test_nothing_to_show_is_no_picture():
    nothing = run(plan(), inventory({"source_id": "kiln", "activity": 0.0}))
    assert all_pictures(nothing, "en", KINDS_HERE) == ()
    idle = run(plan(), kiln_and_oven())
    assert {p.kind for p in all_pictures(idle, "zh", KINDS_HERE)} == {"waterfall", "trajectory", "sectors"}
    assert not [p for p in all_pictures(result("mengjin"), "en", [])]


@pytest.mark.parametrize("county", ["mengjin", "drawn"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_picture_says_in_words_and_in_its_table_what_it_shows(county, language):
    names = [p.name for p in made(county, language).values()]
    assert len(set(names)) == len(names)
    for picture in made(county, language).values():
        assert picture.language == language
        assert picture.title
        assert any(c.isdigit() for c in picture.alt)
        assert picture.table.rows
        assert all(len(row) == len(picture.table.header) for row in picture.table.rows)
        chinese = any("\u4e00" <= c <= "\u9fff" for c in picture.title + picture.note)
        assert chinese == (language == "zh")


@pytest.mark.parametrize("county", ["yichuan", "drawn"])
def test_options_are_small_plain_data_without_motion(county):
    for picture in made(county, "zh").values():
        option = kind_of(picture).option(picture, Style())
        written = json.dumps(option, allow_nan=False, ensure_ascii=False)
        assert json.loads(written) == option
        assert option["animation"] is False
        assert len(written.encode()) < 30_000
        for series in option["series"]:
            for item in series["data"]:
                seen = not series.get("silent") and item is not None
                assert not seen or item["tip"], picture.name


def test_kinds_have_one_name_each():
    assert set(KINDS_HERE) <= {k.name for k in KINDS}
    assert len({k.name for k in KINDS}) == len(KINDS)


# ---------------------------------------------------------------- texts, colours and places


@given(st.text(st.sampled_from("ab 中文（），。1%"), max_size=60), st.integers(6, 30))
def test_wrapping_loses_nothing(text, width):
    assert wrap(text, width).replace("\n", "").replace(" ", "") == text.replace(" ", "")


@given(st.text(st.sampled_from("中文（），。1"), min_size=1, max_size=60), st.integers(8, 30))
def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one(text, width):
    lines = wrap("甲" + text + "乙", width).split("\n")
    assert not [line for line in lines if line[0] in "），。"]
    assert not [line for line in lines[:-1] if line[-1] == "（"]


@given(st.lists(st.sampled_from(["coal", "a", "boilers", "锅炉", "35"]), min_size=1, max_size=20), st.integers(8, 30))
def test_lines_fit(words, width):
    lines = wrap(" ".join(words), width).split("\n")
    assert max(map(span, lines)) <= width
    assert wrap(" ".join(words), width, 1) == shorten(" ".join(words), width)


@given(st.text(max_size=40), st.integers(2, 30))
def test_a_shortened_text_fits(text, width):
    assert span(shorten(text, width)) <= width
    assert shorten(text, max(span(text), 1)) == text


def test_colours_deepen_with_what_they_stand_for():
    assert ramp(0.0, 10.0) == DOWN_RAMP[0] == UP_RAMP[0]
    assert ramp(10.0, 10.0) == DOWN_RAMP[-1]
    assert ramp(-10.0, 10.0) == UP_RAMP[-1]
    for sign in (1, -1):
        light = [luminance(ramp(sign * v, 10.0)) for v in np.linspace(0, 10, 30)]
        assert light == sorted(light, reverse=True)
    assert on("#000000", Style()) == Style().paper
    assert on("#FFFFFF", Style()) == Style().ink


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.01, 0.3))
def test_labels_keep_their_distance_and_their_order(places, apart):
    moved = spread(places, apart)
    order = np.argsort(places, kind="stable")
    assert np.all(np.diff(np.array(moved)[order]) >= apart - 1e-9)
    assert np.mean(moved) == pytest.approx(np.mean(places))


def test_labels_that_are_apart_stay():
    assert spread([0.9, 0.1, 0.5], 0.2) == [0.9, 0.1, 0.5]
