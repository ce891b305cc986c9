"""Mistakes in real files: every one is told at its place, in one line, with exit code 2; nothing is printed or written beside it."""

import csv
import itertools
import re
import shutil
from collections import Counter
from pathlib import Path
from random import Random

import openpyxl
import pytest

import tiny
from books import HEADER, filled, places
from emisim.errors import FIRST
from emisim.io.template.words import sheet_names
from mutations import Mutation, mutations

SCENARIOS = {"mengjin": "scenarios/mengjin-2025.yaml", "yichuan": "scenarios/yichuan-2025.yaml"}
TABLES = ("sources.csv", "factors.csv", "growth.csv", "correlations.csv")
# The files that a person edits, and the scenario that reads each of them.
REAL = [
    ("inputs/plans/mengjin.yaml", SCENARIOS["mengjin"]),
    *((f"inputs/mengjin/{name}", SCENARIOS["mengjin"]) for name in TABLES),
    ("scenarios/mengjin-2025-strict.yaml", "scenarios/mengjin-2025-strict.yaml"),
    ("inputs/plans/yichuan.yaml", SCENARIOS["yichuan"]),
    *((f"inputs/yichuan/{name}", SCENARIOS["yichuan"]) for name in TABLES),
    ("scenarios/yichuan-2025-ambitious.yaml", "scenarios/yichuan-2025-ambitious.yaml"),
]
TINY = [(name, "scenario.yaml") for name in ("plan.yaml", "scenario.yaml", *(f"inventory/{n}" for n in TABLES[:3]))]
TOLD = re.compile(r"(?P<file>[^:]+\.(?:yaml|csv)):(?P<line>\d+):(?P<column>\d+): (?P<what>\S.*)")
CELL = re.compile(r"(?P<file>[^:]+\.xlsx):(?P<sheet>[^!:]+)!(?P<cell>[A-Z]+\d+): \S.*")
LONGEST = 600  # letters of a line
MOST = 4 * (FIRST + 1)  # lines of one mistake: two columns exchanged spoil four at most, and each is counted after ten


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Path:
    """The shipped scenarios with all that they read."""
    folder = tmp_path_factory.mktemp("real")
    for name in ("scenarios", "inputs"):
        shutil.copytree(tiny.ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.md"))
    return folder


def spoilt(files, folder: Path, seed: int):
    """(file, scenario, mistake) without end, file after file."""
    made = {
        name: mutations(Path(name).name, (folder / name).read_text(encoding="utf-8"), Random(f"{seed} {name}"))
        for name, _ in files
    }
    for name, scenario in itertools.cycle(files):
        yield name, scenario, next(made[name])


def assert_told(outcome: tiny.Outcome, name: str, mistake: Mutation) -> None:
    """One line a fault, each at a place, one of them where the mistake is."""
    said = f"{mistake.kind}, {name}:{mistake.lines[0]}-{mistake.lines[1]}\n{outcome.out}{outcome.err}"
    assert outcome.code == 2, said
    assert outcome.out == "", said
    found = [TOLD.fullmatch(line) for line in outcome.lines]
    assert all(found), said
    assert len(set(outcome.lines)) == len(outcome.lines) <= MOST, said
    assert max(map(len, outcome.lines)) <= LONGEST, said
    assert any(told["file"] == name and _within(int(told["line"]), mistake) for told in found) or _named(found, mistake), said


def _within(line: int, mistake: Mutation) -> bool:
    return mistake.lines[0] <= line <= mistake.lines[1]


def _named(found, mistake: Mutation) -> bool:
    """Of two units that do not fit one another either may be wrong: told is one, which names the line of the other."""
    lines = [int(n) for told in found for n in re.findall(r"(?:line |第 )(\d+)", told["what"])]
    return mistake.kind == "unit of another kind" and any(_within(n, mistake) for n in lines)


def tried(folder: Path, files, count: int, seed: int, tell, commands=("validate", "run", "check")) -> Counter:
    """Bring in so many mistakes one after another; returns how many of each kind. tell : (words of a command) → its outcome."""
    kinds: Counter = Counter()
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    for k, (name, scenario, mistake) in enumerate(itertools.islice(spoilt(files, folder, seed), count)):
        path, honest = folder / name, (folder / name).read_bytes()
        path.write_text(mistake.text, encoding="utf-8")
        outcome = tell(commands[k % len(commands)], scenario, "--lang", ("en", "zh")[k % 2])
        path.write_bytes(honest)
        assert_told(outcome, name, mistake)
        kinds[mistake.kind] += 1
    assert {p for p in folder.rglob("*")} == set(before)
    return kinds


def test_a_mistake_in_a_real_file_is_told_at_its_place(real, count, measured, monkeypatch, capsys):
    monkeypatch.chdir(real)
    kinds = tried(real, REAL, count(6, 640), 1, lambda *words: tiny.call(monkeypatch, capsys, *words))
    measured("malformed", mutations=sum(kinds.values()), kinds=len(kinds), slipped=0)


def test_a_mistake_in_the_tiny_project_is_told_at_its_place(tmp_path, count, monkeypatch, capsys):
    folder = tiny.copy(tmp_path)
    # What a scenario leaves out may select what another inventory has: here all of the plan runs.
    tiny.replace(folder / "scenario.yaml", "without: [Z01]", "without: []")
    monkeypatch.chdir(folder)
    tried(folder, TINY, count(24, 600), 2, lambda *words: tiny.call(monkeypatch, capsys, *words))


def test_both_languages_tell_the_same_places(tmp_path, count, monkeypatch, capsys):
    folder = tiny.copy(tmp_path)
    monkeypatch.chdir(folder)
    for name, scenario, mistake in itertools.islice(spoilt(TINY, folder, 3), count(8, 120)):
        honest = (folder / name).read_bytes()
        (folder / name).write_text(mistake.text, encoding="utf-8")
        en, zh = (tiny.call(monkeypatch, capsys, "validate", scenario, "--lang", lang) for lang in ("en", "zh"))
        (folder / name).write_bytes(honest)
        assert [TOLD.fullmatch(line).group("file", "line", "column") for line in en.lines] == [
            TOLD.fullmatch(line).group("file", "line", "column") for line in zh.lines
        ]
        assert not any(re.search("[一-鿿]", line) is None for line in zh.lines), zh.err


def test_as_a_process_of_its_own(real, full, count):
    if not full:
        pytest.skip("a process takes a second: only with --full")
    tried(real, REAL, count(0, 60), 4, lambda *words: tiny.command(real, *words), ("run",))


# ---------------------------------------------------------------- cut files


def test_a_file_that_is_cut_off_is_refused_or_cautioned(real, count, measured, monkeypatch, capsys):
    """Only a cut right behind a line break leaves no trace, where nothing refers to what is gone."""
    monkeypatch.chdir(real)
    met: dict[str, Counter] = {}
    for name, scenario in REAL[: count(2, len(REAL))]:
        rng, honest, found = Random(f"cut {name}"), (real / name).read_bytes(), Counter()
        # Without the last line break alone everything can be read still.
        for at in (len(honest) - 1, *(rng.randrange(1, len(honest)) for _ in range(count(1, 99)))):
            (real / name).write_bytes(honest[:at])
            outcome = tiny.call(monkeypatch, capsys, "validate", scenario)
            if outcome.code == 2:
                told = [re.match(r"[^:]+\.(yaml|csv)(:\d+:\d+)?: ", line) for line in outcome.lines]
                assert all(told), outcome.err
                assert outcome.out == ""
                found["refused"] += 1
            else:
                assert outcome.code == 0, (name, at, outcome)
                cautioned = f"{name} does not end in a line break".removeprefix("scenarios/") in _shown(outcome.out)
                assert cautioned or honest[at - 1 : at] == b"\n", (name, at, outcome.out)
                found["cautioned" if cautioned else "unseen"] += 1
        (real / name).write_bytes(honest)
        met[name] = found
    whole = sum(met.values(), Counter())
    measured("cut", **whole, cuts=whole.total(), files={name: dict(found) for name, found in met.items()})


def _shown(out: str) -> str:
    """Names of files as they are told, from the folder of the project."""
    return out.replace("../", "")


# ---------------------------------------------------------------- the Excel template

CELLS = {  # column → what stands there by mistake
    "sources": {"activity": ("abc", "NaN", "12 t", -5, None), "unit": ("tonns/yr", None), "sector": ("combustoin", None), "grade": ("F", None), "low": (1e12,)},
    "factors": {"factor": ("abc", -1, None), "unit": ("kgg/t", None), "pollutant": ("NOxx",), "grade": ("Z",)},
    "growth": {"year": ("20x0", 20200), "index": ("abc", 0, None), "grade": ("Q",)},
}  # fmt: skip


def _rows(name: str) -> list[dict[str, object]]:
    with (tiny.VALID / "inventory" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    known = places(name)
    return [{c: _typed(v) for c, v in row.items() if v and c in known} for row in rows]


def _typed(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def test_a_mistake_in_the_filled_template_is_told_at_its_cell(tmp_path, count, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rng = Random(5)
    tables = {name: _rows(name) for name in CELLS}
    choices = [(table, column, value) for table, found in CELLS.items() for column, values in found.items() for value in values]
    for k, (table, column, value) in enumerate(rng.sample(choices * 5, count(1, 5 * len(choices)))):
        rows = [dict(row) for row in tables[table]]
        at = rng.randrange(len(rows))
        rows[at][column] = value
        filled(Path("stock.xlsx"), {**tables, table: rows})
        words = [("validate", "stock.xlsx"), ("import", "stock.xlsx", "--to", "new", "--year", "2020")][k % 2]
        outcome = tiny.call(monkeypatch, capsys, *words, "--lang", ("en", "zh")[k % 2])
        said = f"{table} {column} {at} {value!r}\n{outcome.out}{outcome.err}"
        assert (outcome.code, outcome.out) == (2, ""), said
        found = [CELL.fullmatch(line) for line in outcome.lines]
        assert found and all(found), said
        cell = f"{openpyxl.utils.get_column_letter(places(table)[column])}{HEADER + 1 + at}"
        assert any(told["sheet"] == sheet_names()[table] and told["cell"] == cell for told in found), (cell, said)
        assert [p.name for p in tmp_path.iterdir()] == ["stock.xlsx"]


# ---------------------------------------------------------------- other people's tables

STOCK = "企业,行业,氮氧化物（吨）,VOCs（吨）\n一厂,水泥制造,12.5,1.5\n二厂,水泥制造,3.25,0.5\n三厂,其他,2,8\n"
MAPPING = """mapping: stock
year: 2020
file: {header: 1}
grade: C
source: county bureau
region: {value: "410329"}
code: 行业
codes:
  table: handbook
  map:
    水泥制造: process/cement
    其他: other/other
name_zh: 企业
pollutants:
  NOx:
    emission: {column: 氮氧化物（吨）, unit: t}
  VOC:
    emission: {column: VOCs（吨）, unit: t}
"""
# What an import refuses; a row given twice is taken and told, a unit behind a column's name is read.
REFUSED = ("field dropped", "field inserted", "header dropped", "quote opened")
ROW = re.compile(r"(?P<file>[^:]+\.(?:yaml|csv)):(?P<line>\d+)(:\d+)?: (?P<what>\S.*)")


def _imported(monkeypatch, capsys, k: int) -> tiny.Outcome:
    return tiny.call(monkeypatch, capsys, "import", "stock.csv", "--to", "new", "--lang", ("en", "zh")[k % 2])


def test_a_mistake_in_a_foreign_table_or_its_mapping_is_told_at_its_line(tmp_path, count, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    files = {"stock.csv": STOCK, "stock.mapping.yaml": MAPPING}
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")
    every = mutations("stock.csv", STOCK, Random(6)), mutations("stock.mapping.yaml", MAPPING, Random(6))
    tables = (m for m in every[0] if m.kind in REFUSED)
    for k, mistake in enumerate(
        itertools.islice(itertools.chain.from_iterable(zip(tables, every[1], strict=False)), count(8, 200))
    ):
        name = list(files)[k % 2]
        Path(name).write_text(mistake.text, encoding="utf-8")
        outcome = _imported(monkeypatch, capsys, k // 2)
        Path(name).write_text(files[name], encoding="utf-8")
        said = f"{mistake.kind} {mistake.lines}\n{mistake.text}\n{outcome.err}"
        assert (outcome.code, outcome.out) == (2, ""), said
        found = [ROW.fullmatch(line) for line in outcome.lines]
        assert found and all(found), said
        assert any(told["file"] == name and _within(int(told["line"]), mistake) for told in found), said
        assert sorted(p.name for p in tmp_path.iterdir()) == sorted(files)


@pytest.mark.parametrize("name", ["stock.csv", "stock.mapping.yaml"])
def test_an_import_says_that_a_file_may_be_cut_off(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for file, text in (("stock.csv", STOCK), ("stock.mapping.yaml", MAPPING)):
        Path(file).write_text(text[:-1] if file == name else text, encoding="utf-8")
    outcome = _imported(monkeypatch, capsys, 0)
    assert outcome.code == 0
    assert f"{name} does not end in a line break" in outcome.out
    assert f"{name} does not end in a line break" in Path("new/SOURCES.md").read_text(encoding="utf-8")
