"""The tables of "how sure": they say what the draws say, in both languages, and speak up where it matters."""

import re

import numpy as np
import pytest
from small import inventory, plan
from small import run as simulated
from sure import NET, ROWS, drawn, made, result
from vague import case, county

from emisim.report import page, tables
from emisim.report import uncertainty_tables as sure
from emisim.report.markdown import markdown as markdown_page
from emisim.report.screen import console, show_run
from emisim.text import LANGUAGES
from emisim.uncertainty.entry import uncertainty_entry


def words(found, language):
    every = [sure.verdicts(found, language), *sure.all_tables(found, language)]
    return "\n".join(x for t in every for x in (t.title, t.note, *t.header, *(c for row in t.rows for c in row)))


def screen(found, language, tmp_path):
    with (tmp_path / "screen.txt").open("w+", encoding="utf-8") as stream:
        show_run(found, language, out=console(stream))
        stream.seek(0)
        return stream.read()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("which", ["drawn", "sobol", "no targets", "no measures", "nothing uncertain"])
def test_every_table_is_whole(language, which):
    found = {
        "drawn": drawn,
        "sobol": lambda: drawn(sobol=True),
        "no targets": lambda: result(made(targets={})),
        "no measures": lambda: result(made(measures={})),
        "nothing uncertain": lambda: result(case(plan(), county({"source_id": "kiln"}))),
    }[which]()
    text = words(found, language)
    assert not re.search(r"[{}]|\bnan\b|\binf\b|None", text)
    for table in sure.all_tables(found, language):
        assert table.rows
        assert all(len(row) == len(table.header) for row in table.rows)
        assert max(table.right | table.wide, default=0) < len(table.header)


def test_chinese_tables_are_chinese():
    for table in sure.all_tables(drawn(sobol=True), "zh"):
        assert re.search("[一-鿿]", table.title)
        assert all(re.search("[一-鿿]", h) for h in table.header if not re.fullmatch("(NOx|VOC)( 20..)?", h))


def test_totals_show_the_central_run_beside_the_draws():
    found = drawn()
    row = dict(zip(range(9), sure.totals(found, "en").rows[0], strict=True))
    low, middle, high = np.quantile(found.uncertainty.outcome.totals[:, 1, 0, -1], [0.025, 0.5, 0.975])
    assert row[1] == tables.tonnes(found.totals(found.base)[0])
    assert row[3] == tables.tonnes(found.totals(found.plan)[0, -1])
    assert row[4] == f"{middle:,.0f} ({low:,.0f}–{high:,.0f})"
    drawn_change = found.uncertainty.outcome.totals[:, 1, 0, -1] / found.uncertainty.outcome.totals[:, 0, 0, 0] - 1
    low, middle, high = 100 * np.quantile(drawn_change, [0.025, 0.5, 0.975])
    assert row[6] == f"{middle:+.1f} % ({low:+.1f} % … {high:+.1f} %)"
    assert sure.totals(found, "en").rows[1][2:] == ("0", "0", "0", "–", "–", "–", "–")  # nothing emits VOC


def test_the_interval_is_the_one_asked_for():
    text = words(drawn(interval=0.9), "en")
    assert "median (90 %)" in text
    assert "median (95 %)" not in text
    assert "half of the 95 % interval" in text  # error propagation, by definition


def test_a_change_better_known_than_the_level_is_said_so_only_where_it_is():
    assert "times better than the level" in sure.totals(drawn(), "en").note
    rows = [{**row, "low": row["activity"] - 1, "high": row["activity"] + 1, "distribution": "triangular"} for row in ROWS]
    growth = {"output": {2020: 1.0, 2025: (1.2, 0.5, 1.9, "triangular")}}
    known = result(case(plan(), county(*rows, growth=growth)))
    assert "better than the level" not in sure.totals(known, "en").note


def test_the_verdicts_gain_a_probability_and_lose_nothing():
    found = drawn()
    plain, table = tables.verdicts(found, "en"), sure.verdicts(found, "en")
    assert [(*row[:3], *row[5:]) for row in table.rows] == list(plain.rows)
    said = uncertainty_entry(found.uncertainty)
    chance = {row[0]: row[4] for row in table.rows}
    assert chance["HARD"].startswith(f"{100 * said['probability']['HARD']:.1f} % ± ")
    assert chance["NO_VALUE"] == "–"
    assert f"{100 * said['joint_probability']:.1f} % ± " in table.note
    assert f"the product of the single ones is {100 * said['joint_if_independent']:.1f} %" in table.note


def test_one_target_needs_no_product():
    note = sure.verdicts(result(made({"ONE": {**NET, "reduction": "20 %"}})), "en").note
    assert "product" not in note
    assert note.startswith("Probability that the target ONE is met: ")


def test_at_risk_is_explained():
    lines = sure.risk_lines(drawn(), "en")
    assert lines == ["At risk (met in the central run, missed in more than 10 % of the draws): 1 of the indicators."]
    assert sure.risk_lines(result(made({"SURE": {**NET, "reduction": "1 %"}})), "en") == []


def test_a_target_that_only_the_central_run_misses_is_explained():
    found = drawn()
    middle = float(found.uncertainty.values.quantiles.value[1, 0])
    central = next(v.value for v in found.verdicts if v.id == "HARD")
    assert central < middle
    between = result(made({"BETWEEN": {**NET, "reduction": f"{central + 0.05:.4f} %"}}))
    assert [v.verdict for v in between.verdicts] == ["missed"]
    assert "BETWEEN" in sure.risk_lines(between, "en")[0]
    assert "BETWEEN" in sure.verdicts(between, "zh").note


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.798, 0.0046, "79.8 % ± 0.5"),
        (0.798, 0.00046, "79.80 % ± 0.05"),
        (1.0, 0.0007, "> 99.9 %"),
        (0.0, 0.00015, "< 0.03 %"),
        (0.5, 1e-9, "50.0000 % ± 0.0000"),
    ],
)
def test_a_probability_has_as_many_digits_as_are_known(value, error, text):
    assert sure.chance(value, error) == text


def test_indicators_have_a_table_of_their_own():
    (row,) = sure.indicators(drawn(), "en").rows
    assert (row[0], row[1], row[2], row[4]) == ("KILN", "at risk", "50 %", ">= 45 %")
    said = uncertainty_entry(drawn().uncertainty)
    assert row[5] == f"{100 * said['probability']['KILN']:.1f} % ± {100 * said['probability_error']['KILN']:.1f}"


def test_what_to_measure_next_is_said_in_words():
    table = sure.measure_next(drawn(), "en")
    best = uncertainty_entry(drawn().uncertainty)["measure_next"][0]
    now, then = 100 * best["right_now"], 100 * (best["right_now"] + best["gain"])
    known = f"if {best['label_en']} were known exactly, the chance that the verdict on HARD is right"
    assert table.rows[0][1] == f"{known} would rise from {now:.1f} % to {then:.1f} %"
    assert len(sure.measure_next(drawn(), "en", 2).rows) == 2
    assert "EASY" in table.note  # safe whatever comes out


def test_where_nothing_is_worth_measuring_it_says_why():
    safe = sure.measure_next(result(made({"SURE": {**NET, "reduction": "1 %"}})), "en")
    assert "all of them are safe" in safe.rows[0][0]
    none = sure.measure_next(result(made(targets={})), "en")
    assert "no target on tonnes" in none.rows[0][0]


def test_drivers_of_results_with_the_same_shares_stand_once():
    table = sure.drivers(drawn(), "en")
    names = [row[0] for row in table.rows if row[0]]
    assert names == ["NOx: total 2025 with the plan", "NOx: change on 2020 = target EASY = target HARD = target NO_VALUE"]
    assert [row[2] for row in table.rows].count("all others and interactions") == 2
    assert table.rows[0][3] == "100.0 (40.0–200.0) t/yr"  # of the group, the figure whose range is widest


def test_where_error_propagation_does_not_hold_is_said_by_name():
    note = sure.approach1(drawn(), "en").note
    assert "Of 3 activities and factors" in note
    assert "2 share a group" in note
    assert "100.0 (40.0–200.0) t/yr" in note


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_and_the_screen_show_it(language, tmp_path):
    found = drawn()
    together = sure.together_line(found, language)
    markdown, html = markdown_page(found, language), page.html(found, language)
    assert markdown.splitlines()[4] == f"**{together}**"
    assert html.index(together) < html.index('<section id="totals"')
    for table in sure.all_tables(found, language):
        assert f"## {table.title}" in markdown
    text = screen(found, language, tmp_path)
    assert together in text
    assert sure.totals(found, language).title in text
    assert sure.measure_next(found, language).rows[0][1] in text
    assert sure.drawn_lines(found, language)[-1] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_draws_nothing_is_said(language, tmp_path):
    found = simulated(plan(), inventory({"source_id": "kiln"}))
    how_sure = sure.totals(drawn(), language).title[:7]
    for text in (markdown_page(found, language), page.html(found, language), screen(found, language, tmp_path)):
        assert how_sure not in text
        assert "±" not in text
