"""The template that a bureau fills in: two languages in one file, read back through the checks of every inventory, each fault at its cell."""

import csv
import io
import re
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from books import HEADER, filled, opened, places
from emisim.errors import BadInput
from emisim.importing.sheet import Block, Sheet
from emisim.inventory import FACTOR_COLUMNS, GROWTH_COLUMNS, SOURCE_COLUMNS
from emisim.io.inventory_folder import read_inventory
from emisim.io.sheets import read_sheets
from emisim.io.template import (
    base_year_of,
    caution,
    emission_only,
    is_template,
    read_template,
    template_bytes,
    template_folder,
    template_rows,
)
from emisim.io.template.identity import made_id
from emisim.io.template.words import TABLES, column_of, columns, list_titles, meant, sheet_names, words
from emisim.units import to_base
from emisim.vocabulary import pollutants, sectors
from tiny import ROOT

YEARS = (2020, 2025)
ARRAYS = ("activity", "factor", "existing_efficiency", "existing_effectiveness", "flue_gas", "upstream", "memo")
SOURCE = {
    "name_zh": "燃煤锅炉", "region": "410308", "sector": "combustion", "subsector": "boiler", "fuel": "coal", "activity": 1000, "unit": "t/yr",
    "factor_set": "boiler", "growth_driver": "industry", "grade": "B", "source": "survey",
}  # fmt: skip
FACTOR = {"factor_set": "boiler", "pollutant": "NOx", "factor": 2.5, "unit": "kg/t", "grade": "B", "source": "handbook"}
EMISSION = {
    "name_zh": "涂料厂", "region": "410308", "sector": "solvent", "unit": "t/yr", "VOC": 12.5, "growth_driver": "constant", "grade": "C", "source": "permit",
}  # fmt: skip
GROWTH = [
    {"driver": "industry", "year": year, "index": index, "grade": "B", "source": "yearbook"}
    for year, index in ((2020, 100), (2025, 110))
]
VALID = {"sources": [SOURCE], "factors": [FACTOR], "emissions": [EMISSION], "growth": GROWTH}


def changed(table, line, **cells):
    """The valid rows with some cells of one row set to something else."""
    rows = [dict(row) for row in VALID[table]]
    rows[line] |= cells
    return {**VALID, table: rows}


def faults_of(path):
    with pytest.raises(BadInput) as caught:
        read_template(path, "stock.xlsx", 2020, YEARS)
    return [(f.key, f.place.sheet, f"{re.split('[:!]', str(f.place))[-1]}") for f in caught.value.faults], caught.value


def cell(table, column, line=HEADER + 1):
    return f"{openpyxl.utils.get_column_letter(places(table)[column])}{line}"


# ---------------------------------------------------------------- the empty template


def test_equal_calls_give_equal_bytes_and_both_languages_stand_everywhere():
    data = template_bytes("410308", 2021)
    assert data == template_bytes("410308", 2021) != template_bytes("410329", 2021)
    book = opened(data)
    assert book.sheetnames == list(sheet_names().values())
    for table in TABLES:
        sheet = book[sheet_names()[table]]
        assert sheet.freeze_panes == "C4"
        for k, column in enumerate(columns(table), start=1):
            assert sheet.cell(1, k).value == column.zh
            assert sheet.cell(2, k).value.endswith(f"[{column.name}]")
            for text in (sheet.cell(3, k).value, sheet.cell(1, k).comment.text):
                assert column.note_zh in text
                assert column.note_en in text


@pytest.mark.parametrize("table", TABLES)
def test_every_column_has_a_message_in_both_languages_that_excel_can_hold(table):
    sheet = opened(template_bytes())[sheet_names()[table]]
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    for k, column in enumerate(columns(table), start=1):
        rule = rules[f"{openpyxl.utils.get_column_letter(k)}4"]
        assert rule.prompt == f"{column.note_zh}\n{column.note_en}"
        assert len(rule.prompt) <= 255
        assert (rule.type == "list") == bool(column.list)
        assert not column.list or rule.formula1 == f"list_{column.list}"


def test_the_drop_downs_have_their_lists():
    book = opened(template_bytes("410308"))
    assert {c.list for t in TABLES for c in columns(t)} - {""} == set(list_titles())
    for name in set(list_titles()) - {"factor_set", "driver", "region"}:
        sheet, cells = book.defined_names[f"list_{name}"].attr_text.split("!")
        shown = [
            row[0].value
            for row in book[sheet.strip("'")][cells.replace("$", "") if ":" in cells else f"{cells}:{cells}".replace("$", "")]
        ]
        assert shown == [word.shown for word in words(name)]
    for name in ("activity_unit", "factor_unit", "emission_unit"):
        assert all(to_base(word.id) for word in words(name))


def test_the_tables_have_the_columns_of_an_inventory():
    for table, wanted in (("sources", SOURCE_COLUMNS), ("factors", FACTOR_COLUMNS), ("growth", GROWTH_COLUMNS)):
        found = {c.name: c.use == "needed" for c in columns(table) if c.name != "mark"}
        made = {"source_id": True, "name_en": True, "region": True} if table == "sources" else {}
        assert found | made == dict(wanted)


def test_examples_are_not_read_and_are_themselves_valid(tmp_path):
    path = tmp_path / "empty.xlsx"
    path.write_bytes(template_bytes())
    assert faults_of(path)[0] == [("inventory.empty", "排放源 Sources", "排放源 Sources")]
    assert all(row.example for row in template_rows(path, "t.xlsx"))

    book = openpyxl.load_workbook(path)
    for table in TABLES:
        for row in book[sheet_names()[table]].iter_rows(min_row=HEADER + 1, max_col=1):
            row[0].value = None
    book.save(path)
    found = read_template(path, "t.xlsx", 2020, YEARS)
    assert len(found) == 3
    assert emission_only(found) == 1
    np.testing.assert_allclose(found.emission()[0, 0], 132300 * 151.2e-6)


# ---------------------------------------------------------------- reading back


@pytest.mark.parametrize("county", ["mengjin", "yichuan"])
def test_a_shipped_county_written_into_the_template_comes_back(tmp_path, county):
    folder = ROOT / "inputs" / county
    tables = {}
    for table in ("sources", "factors", "growth"):
        kinds = {c.name: c for c in columns(table)}
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        tables[table] = [{c: as_typed(kinds[c], text) for c, text in row.items() if text} for row in rows]
    path = filled(tmp_path / f"{county}.xlsx", {**tables, "emissions": []})
    wanted, found = read_inventory(folder, 2020, YEARS), read_template(path, "t.xlsx", 2020, YEARS)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    assert found.growth == wanted.growth
    for column, texts in wanted.text.items():
        if column not in ("low", "high", "activity", "lon", "lat"):
            assert found.text[column].tolist() == texts.tolist()
    np.testing.assert_array_equal(found.records.activity, wanted.records.activity)

    for name, data in template_folder(path, "t.xlsx").items():
        (tmp_path / county).mkdir(exist_ok=True)
        (tmp_path / county / name).write_bytes(data)
    again = read_inventory(tmp_path / county, 2020, YEARS)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(again, name), getattr(wanted, name))


def as_typed(column, text):
    """What a person would have in the cell: a number, a word of the drop-down, or the text."""
    if column.kind in ("number", "year", "degree"):
        return float(text)
    if column.kind == "share":
        return float(text.removesuffix("%")) / 100 if column.name == "existing_effectiveness" else text
    if column.kind == "word":
        return next((word.shown for word in words(column.list) if word.id == text), text)
    return text


def test_a_book_of_another_library_with_other_columns_in_another_order_is_read(tmp_path):
    path = tmp_path / "other.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for table in reversed(TABLES):
            page = book.add_worksheet(sheet_names()[table])
            kept = [c for c in reversed(columns(table)) if c.use != "rare"]
            for k, column in enumerate(kept):
                for r, text in enumerate((column.zh, column.heading, column.note_zh)):
                    page.write_string(r, k, text)
                for r, row in enumerate(VALID[table], start=HEADER):
                    page.write(r, k, row.get(column.name, ""))
    assert is_template(read_sheets(path, "t.xlsx"))
    found = read_template(path, "t.xlsx", 2020, YEARS)
    assert found.emission().tolist() == [[2.5, 0.0], [0.0, 12.5]]
    assert found.text["region"].tolist() == ["410308"] * 2


def test_a_source_of_which_only_the_emission_is_known_counts_as_one_source(tmp_path):
    rows = {"NOx": 2000, "VOC": 40, "unit": "kg/yr", "efficiency_VOC": 0.6, "region": None}
    path = filled(tmp_path / "f.xlsx", changed("emissions", 0, **rows))
    found = read_template(path, "t.xlsx", 2020, YEARS)
    assert found.text["unit"].tolist() == ["t/yr", "source"]
    assert found.activity.tolist() == [1000.0, 1.0]
    np.testing.assert_allclose(found.emission()[1], [2.0, 0.04])
    assert found.existing_efficiency[1].tolist() == [0.0, 0.6]
    assert found.text["region"].tolist() == ["410308"] * 2  # that of the guide
    assert found.activity_index((2020, 2025))[1].tolist() == [1.0, 1.0]
    assert emission_only(found) == 1
    assert "1 source" in caution(found)
    assert "1 个" in caution(found, "zh")
    table = list(csv.DictReader(io.StringIO(template_folder(path, "t.xlsx")["factors.csv"].decode())))
    assert [(r["factor"], r["unit"], r["source"]) for r in table] == [
        ("2.5", "kg/t", "handbook"), ("2000", "kg/(source yr)", "permit"), ("40", "kg/(source yr)", "permit"),
    ]  # fmt: skip


def test_the_account_names_every_row(tmp_path):
    marked = {"sources": [SOURCE, {**SOURCE, "mark": "示例"}, {**SOURCE, "mark": "EXAMPLE"}, {}, {**SOURCE, "source_id": "own"}]}
    path = filled(tmp_path / "f.xlsx", {**VALID, **marked})
    found = template_rows(path, "t.xlsx")
    assert [(row.sheet, row.line, row.example) for row in found] == [
        *(("排放源 Sources", line, line in (5, 6)) for line in (4, 5, 6, 8)), ("排放因子 Factors", 4, False),
        ("排放量 Emissions", 4, False), ("增长 Growth", 4, False), ("增长 Growth", 5, False),
    ]  # fmt: skip
    inventory = read_template(path, "t.xlsx", 2020, YEARS)
    used = [row.id for row in found if row.sheet in ("排放源 Sources", "排放量 Emissions") and not row.example]
    assert used == inventory.ids.tolist()
    assert used[1] == "own"
    assert [row.id for row in found][-3:] == [used[2], "industry, 2020", "industry, 2025"]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1,234.5", 1234.5),
        ("１２３４．５", 1234.5),
        (" 1234.5 ", 1234.5),
        ("1 234.5", 1234.5),
        (1234.5, 1234.5),
        ("1.2345e3", 1234.5),
    ],
)
def test_figures_as_people_type_them(tmp_path, typed, value):
    path = filled(tmp_path / "f.xlsx", changed("sources", 0, activity=typed, low="—", high="／", size="－"))
    found = read_template(path, "t.xlsx", 2020, YEARS)
    assert found.activity[0] == value
    assert found.text["size"][0] == ""
    assert "1234.5" in template_folder(path, "t.xlsx")["sources.csv"].decode() or typed == "1.2345e3"


@pytest.mark.parametrize("share", [0.35, "35 %", "35%", "３５％", "0.35"])
def test_a_share_is_read_as_percentage_or_as_fraction(tmp_path, share):
    path = filled(tmp_path / "f.xlsx", changed("factors", 0, existing_efficiency=share))
    assert read_template(path, "t.xlsx", 2020, YEARS).existing_efficiency[0, 0] == 0.35


@pytest.mark.parametrize("year", [2020, 2020.0, "2020", "２０２０", "2020年"])
def test_a_year_is_read_in_each_spelling(tmp_path, year):
    path = filled(tmp_path / "f.xlsx", changed("growth", 0, year=year))
    assert set(read_template(path, "t.xlsx", 2020, YEARS).growth["industry"]) == {2020, 2025}


@pytest.mark.parametrize("name", ["sector", "pollutant", "grade", "distribution", "memo", "mark"])
def test_a_word_may_be_the_code_either_label_or_what_the_drop_down_shows(name):
    for word in words(name):
        for text in filter(None, (word.id, word.zh, word.en, word.shown, f"  {word.shown.upper()} ", f"{word.zh} {word.id}")):
            assert meant(name, text) == word.id
    assert meant(name, "neither") == "neither"


def test_texts_may_be_merged_over_rows(tmp_path):
    path = filled(
        tmp_path / "f.xlsx",
        {**VALID, "sources": [SOURCE, {**SOURCE, "name_zh": "燃气锅炉", "subsector": None}]},
        lambda book: book["排放源 Sources"].merge_cells(f"{cell('sources', 'subsector')}:{cell('sources', 'subsector', 5)}"),
    )
    assert read_template(path, "t.xlsx", 2020, YEARS).text["subsector"].tolist() == ["boiler", "boiler", ""]


def test_the_guide_names_the_base_year(tmp_path):
    path = tmp_path / "t.xlsx"
    path.write_bytes(template_bytes(base_year=2023))
    sheets = read_sheets(path, "t.xlsx")
    assert base_year_of(sheets) == 2023
    assert base_year_of([s for s in sheets if s.name != "说明 Guide"]) is None


# ---------------------------------------------------------------- ids


@given(
    st.fixed_dictionaries(
        {name: st.text(max_size=12) for name in ("name_zh", "name_en", "sector", "fuel", "technology", "size")}
    ),
    st.text(max_size=5),
)
def test_a_made_id_can_be_an_id_and_follows_from_the_words_alone(row, figure):
    name = made_id(row)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", name)
    assert name == made_id({**row, "activity": figure, "note": figure})
    assert name != made_id({**row, "region": "410308"})


def test_ids_stay_when_rows_are_moved_and_added(tmp_path):
    others = [{**SOURCE, "name_zh": f"锅炉{k}"} for k in range(3)]
    first = read_template(filled(tmp_path / "a.xlsx", {**VALID, "sources": others}), "t.xlsx", 2020, YEARS)
    second = read_template(filled(tmp_path / "b.xlsx", {**VALID, "sources": [SOURCE, *others[::-1]]}), "t.xlsx", 2020, YEARS)
    assert (
        dict(zip(first.text["name_zh"], first.ids, strict=True)).items()
        <= dict(zip(second.text["name_zh"], second.ids, strict=True)).items()
    )


# ---------------------------------------------------------------- faults, each at its cell


@pytest.mark.parametrize(
    ("table", "line", "cells", "key", "column"),
    [
        ("sources", 0, {"activity": date(2020, 3, 5)}, "template.date", "activity"),
        ("sources", 0, {"size": date(2020, 3, 5)}, "template.date", "size"),
        ("sources", 0, {"activity": "#N/A"}, "template.error", "activity"),
        ("sources", 0, {"fuel": "#REF!"}, "template.error", "fuel"),
        ("sources", 0, {"activity": "1000 吨"}, "template.unit", "activity"),
        ("sources", 0, {"activity": "about 5"}, "csv.number", "activity"),
        ("sources", 0, {"activity": True}, "csv.number", "activity"),
        ("sources", 0, {"activity": -1}, "csv.negative", "activity"),
        ("sources", 0, {"activity": "—"}, "csv.empty", "activity"),
        ("sources", 0, {"low": 2000, "high": 3000}, "csv.range", "low"),
        ("sources", 0, {"distribution": "normal 正态"}, "csv.no_range", "low"),
        ("sources", 0, {"source": None}, "csv.empty", "source"),
        ("sources", 0, {"sector": "industri"}, "csv.choice", "sector"),
        ("sources", 0, {"grade": "F"}, "csv.choice", "grade"),
        ("sources", 0, {"unit": "ton/yr"}, "unit.unknown", "unit"),
        ("sources", 0, {"source_id": "Boiler 1"}, "sources.id", "source_id"),
        ("sources", 0, {"growth_driver": "industrie"}, "sources.driver", "growth_driver"),
        ("sources", 0, {"factor_set": "boilers"}, "sources.factor_set", "factor_set"),
        ("sources", 0, {"mark": "x"}, "template.mark", "mark"),
        ("sources", 0, {"inflow_from": "nowhere"}, "sources.inflow", "inflow_from"),
        ("factors", 0, {"pollutant": "NOy"}, "csv.choice", "pollutant"),
        ("factors", 0, {"unit": "kg/GJ"}, "factors.dimension", "unit"),
        ("factors", 0, {"existing_efficiency": 35}, "unit.bare", "existing_efficiency"),
        ("factors", 0, {"existing_efficiency": "-20 %"}, "value.share", "existing_efficiency"),
        ("factors", 0, {"flue_gas": 2300}, "unit.dimension", "flue_gas"),
        ("growth", 0, {"year": "last"}, "csv.year", "year"),
        ("growth", 0, {"index": 0}, "growth.index", "index"),
        ("growth", 0, {"year": date(2020, 1, 1)}, "template.date", "year"),
        ("emissions", 0, {"VOC": None}, "template.no_emission", "name_zh"),
        ("emissions", 0, {"VOC": -1}, "csv.negative", "VOC"),
        ("emissions", 0, {"VOC": "some"}, "csv.number", "VOC"),
        ("emissions", 0, {"unit": "t"}, "unit.dimension", "unit"),
        ("emissions", 0, {"efficiency_VOC": "110 %"}, "value.share", "efficiency_VOC"),
        ("emissions", 0, {"efficiency_VOC": 1}, "factors.full_control", "efficiency_VOC"),
        ("emissions", 0, {"growth_driver": "x"}, "sources.driver", "growth_driver"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_once_at_its_cell(tmp_path, table, line, cells, key, column):
    found, _ = faults_of(filled(tmp_path / "f.xlsx", changed(table, line, **cells)))
    known = [f for f in found if f[0] not in ("factors.unused", "growth.unused")]
    assert known == [(key, sheet_names()[table], cell(table, column, HEADER + 1 + line))]


def test_faults_are_written_for_the_person_who_fills_in_the_cell(tmp_path):
    _, bad = faults_of(
        filled(tmp_path / "f.xlsx", changed("sources", 0, sector="combustoin", activity="5 吨", growth_driver="industri"))
    )
    assert [f.text() for f in bad.faults] == [
        "stock.xlsx:排放源 Sources!J4: '5 吨' in 'activity' holds a unit; write 5 here and the unit in its own column"
    ]
    _, bad = faults_of(filled(tmp_path / "f.xlsx", changed("sources", 0, sector="combustoin", growth_driver="industri")))
    texts = [f.text() for f in bad.faults]
    assert any(t.startswith("stock.xlsx:排放源 Sources!E4: ") and "did you mean 'combustion'?" in t for t in texts)
    assert any("growth driver 'industri' is not in 增长 Growth; add its years there" in t for t in texts)


def test_all_faults_of_all_sheets_come_at_once(tmp_path):
    tables = {**changed("sources", 0, activity="x", grade="Z"), "growth": [{**GROWTH[0], "index": "#DIV/0!"}, GROWTH[1]]}
    found, _ = faults_of(filled(tmp_path / "f.xlsx", tables))
    assert {f[0] for f in found} == {"csv.number", "csv.choice", "template.error"}


def test_rows_with_the_same_words_need_ids_of_their_own(tmp_path):
    found, bad = faults_of(filled(tmp_path / "f.xlsx", {**VALID, "sources": [SOURCE, {**SOURCE, "activity": 5}]}))
    assert found == [("template.same_words", "排放源 Sources", "B5")]
    assert "排放源 Sources, 4" in str(bad)
    own = [{**SOURCE, "source_id": "a"}, {**SOURCE, "source_id": "b"}]
    assert len(read_template(filled(tmp_path / "g.xlsx", {**VALID, "sources": own}), "t.xlsx", 2020, YEARS)) == 3


def test_an_id_that_stands_on_two_sheets_is_told_with_both_places(tmp_path):
    tables = {**VALID, "sources": [{**SOURCE, "source_id": "a"}], "emissions": [{**EMISSION, "source_id": "a"}]}
    found, bad = faults_of(filled(tmp_path / "f.xlsx", tables))
    assert found == [("template.duplicate", "排放量 Emissions", cell("emissions", "source_id"))]
    assert "排放源 Sources, 4" in str(bad)
    found, _ = faults_of(filled(tmp_path / "g.xlsx", {**VALID, "emissions": [{**EMISSION, "source_id": "a"}] * 2}))
    assert found == [("csv.duplicate", "排放量 Emissions", cell("emissions", "source_id", 5))]


def test_figures_do_not_stand_in_merged_cells(tmp_path):
    path = filled(
        tmp_path / "f.xlsx",
        {**VALID, "sources": [SOURCE, {**SOURCE, "name_zh": "燃气锅炉", "activity": None}]},
        lambda book: book["排放源 Sources"].merge_cells(f"{cell('sources', 'activity')}:{cell('sources', 'activity', 5)}"),
    )
    assert faults_of(path)[0] == [("template.merged", "排放源 Sources", cell("sources", "activity", 5))]


def test_a_formula_without_a_result_is_told_at_its_cell(tmp_path):
    path = filled(tmp_path / "f.xlsx", changed("sources", 0, activity="=1+1"))
    assert faults_of(path)[0] == [("template.formula", "排放源 Sources", cell("sources", "activity"))]


def test_a_value_beside_the_table_is_told(tmp_path):
    column = len(columns("growth")) + 2
    path = filled(tmp_path / "f.xlsx", VALID, lambda book: book["增长 Growth"].cell(5, column, "see also"))
    assert faults_of(path)[0] == [("template.astray", "增长 Growth", f"{openpyxl.utils.get_column_letter(column)}5")]


@pytest.mark.parametrize(
    ("change", "key", "at"),
    [
        (lambda page: page.delete_rows(1), "template.heading", "A2"),
        (lambda page: page.delete_rows(3), "template.heading", "A3"),  # else the first row of data would be taken for the notes
        (lambda page: page.insert_rows(1), "template.heading", "A3"),
        (lambda page: page.cell(2, 4, "Indxe"), "csv.unknown_column", "D2"),
        (lambda page: page.cell(2, 8, "Index [index]"), "csv.duplicate_column", "H2"),
        (lambda page: page.delete_cols(4), "csv.missing_column", "A2"),
        (lambda page: page.delete_cols(1), "csv.missing_column", "A2"),
    ],
)
def test_a_heading_that_was_changed_is_told(tmp_path, change, key, at):
    found, _ = faults_of(filled(tmp_path / "f.xlsx", VALID, lambda book: change(book["增长 Growth"])))
    assert (key, "增长 Growth", at) in found
    assert not [f for f in found if f[0] == "sources.driver"]  # nobody is told that a driver is missing whose sheet was not read


def test_notes_may_be_cleared_but_not_be_written_over(tmp_path):
    def clear(book):
        for cell in book["增长 Growth"][3]:
            cell.value = None

    read_template(filled(tmp_path / "f.xlsx", VALID, clear), "t.xlsx", 2020, YEARS)


def test_no_sheet_with_rows_is_passed_over(tmp_path):
    def copied(book):
        book.copy_worksheet(book["排放源 Sources"]).title = "排放源 Sources (2)"

    def emptied(book):
        book["增长 Growth"].delete_rows(1, 3)

    assert faults_of(filled(tmp_path / "f.xlsx", VALID, copied))[0] == [
        ("template.sheet", "排放源 Sources (2)", "排放源 Sources (2)")
    ]
    assert ("template.heading", "增长 Growth", "A2") in faults_of(filled(tmp_path / "g.xlsx", VALID, emptied))[0]


def test_sheets_of_the_bureau_and_missing_ones_do_no_harm(tmp_path):
    def other(book):
        book.create_sheet("会议纪要").append(["名称", "单位", "数据来源"])
        del book["词表 Lists"], book["排放量 Emissions"]

    found = read_template(filled(tmp_path / "f.xlsx", VALID, other), "t.xlsx", 2020, YEARS)
    assert len(found) == 1
    assert caution(found) == ""


def test_what_is_no_template_is_said_to_be_none(tmp_path):
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Sheet1").write(0, 0, "名称")
        book.add_worksheet("排放源 Sources").write(0, 0, "名称")
    assert not is_template(read_sheets(path, "f.xlsx"))
    assert faults_of(path)[0] == [("template.other", "", "stock.xlsx")]


cells_ = st.one_of(st.none(), st.text(max_size=8), st.integers(), st.floats(), st.booleans(), st.dates(), st.sampled_from(["#N/A", "—", "1,000", "constant", "NOx", "t/yr"]))  # fmt: skip


@given(st.lists(st.lists(cells_, max_size=30), max_size=6), st.sampled_from(TABLES))
def test_whatever_stands_in_the_cells_is_read_or_told(rows, table):
    heading = [[c.zh for c in columns(table)], [c.heading for c in columns(table)], []]
    block = Block(range(1, 4 + len(rows)), [*heading, *rows])
    sheet = Sheet("f.xlsx", sheet_names()[table], block, lambda: iter([block]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("emisim.io.sheets.read_sheets", lambda path, shown: (sheet,))
        try:
            read_template(Path("f.xlsx"), "f.xlsx", 2020, YEARS)
        except BadInput as bad:
            assert all(f.text("zh") and f.text("en") for f in bad.faults)


def test_every_column_is_found_by_its_heading_name_or_label():
    for table in TABLES:
        for column in columns(table):
            assert column_of(table, column.heading) == column_of(table, column.name) == column.name
            assert column_of(table, column.heading.upper().replace("\n", "  ")) == column.name
    assert column_of("sources", "remark") == ""
    assert set(sectors()) == {w.id for w in words("sector")}
    assert set(pollutants()) == {w.id for w in words("pollutant")}
