"""What hostile texts cost until they are refused: little time, little memory, few lines, nothing that deceives."""

import io
import json
import os
import shutil
import subprocess
import sys
import time
import tracemalloc
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import tiny
from emisim import units
from emisim.errors import INVISIBLE, MOST_FAULTS, BadInput, nearest, visible
from emisim.io.csv_file import Row
from emisim.io.csv_number import read_number
from emisim.io.yaml_file import parse_yaml

sys.path.insert(0, str(Path(__file__).parent))

import hostile

MS, MB = 200, 100  # promised
LONGEST = 2500  # letters of a line: where, what, and the words that are known
QUICK = [name for k, name in enumerate(hostile.TEXTS) if k % 4 == 0 and "100 MB" not in name]
# Fifty times what is promised and more: what grows with the square, or without end, takes far longer.
PATIENT = 10_000


def told(name: str, folder: Path) -> tuple[int, list[str]]:
    """What the user reads of a hostile text in a project of its own."""
    here = tiny.copy(folder / "tried")
    hostile.TEXTS[name].make(here)
    os.chdir(here)
    with redirect_stdout(io.StringIO()):
        answer = hostile.tell(hostile.TEXTS[name].words)
    shutil.rmtree(here)
    return answer


@pytest.mark.parametrize("name", QUICK)
def test_a_hostile_text_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start = time.process_time()
    code, lines = told(name, tmp_path)
    assert 1000 * (time.process_time() - start) < PATIENT
    assert code == 2
    assert 0 < len(lines) <= 4 * MOST_FAULTS
    assert all(line.isprintable() and not INVISIBLE.search(line) and len(line) < LONGEST for line in lines)


@pytest.mark.parametrize("name", ["yaml: bomb", "yaml: deep flow", "number: 10^5 fractions that grow in NFKC", "yaml: 10^6 keys"])
def test_a_bomb_takes_no_memory(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told(name, tmp_path)
    tracemalloc.start()
    try:
        assert told(name, tmp_path)[0] == 2
        assert tracemalloc.get_traced_memory()[1] < MB * 1e6
    finally:
        tracemalloc.stop()


def test_every_text_in_a_process_of_its_own(full, measured, tmp_path):
    """As promised: from when the libraries are at hand to the refusal."""
    if not full:
        pytest.skip("with --full")
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("needs the memory counters of Linux")
    asked = [sys.executable, hostile.__file__, str(tmp_path), ""]
    answer = subprocess.run(asked, capture_output=True, text=True, timeout=1800, check=True)
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [one["name"] for one in found] == list(hostile.TEXTS)
    assert [one for one in found if one["code"] != 2 or not one["lines"] or one["unprintable"] or one["longest"] >= LONGEST] == []
    slowest, largest = (max(found, key=lambda one: one[key]) for key in ("ms", "mb"))
    measured(
        "hostile", texts=len(found), slowest_ms=round(slowest["ms"]), slowest=slowest["name"],
        largest_mb=round(largest["mb"]), largest=largest["name"], lines=max(one["lines"] for one in found),
    )  # fmt: skip
    assert slowest["ms"] < MS, slowest
    assert largest["mb"] < MB, largest


def test_the_list_is_as_long_as_promised():
    assert len(hostile.TEXTS) >= 60


# ---- digits that look like others


@pytest.mark.parametrize(
    ("text", "value"), [("１０ ％", 0.1), ("１２．５％", 0.125), ("－５ %", -0.05), ("−5 %", -0.05), ("　35　%", 0.35)]
)
def test_what_a_chinese_keyboard_writes_is_read(text, value):
    assert units.read(text, "share") == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    "text", ["١٠ t", "1٠ t", "5² t", "5³ t", "1¹ t", "①5 t", "5① t", "½ t", "1½ t", "Ⅻ t", "𝟏𝟎 t", "1e² t", "੧ t"]
)
def test_other_digits_are_no_number(text):
    with pytest.raises(units.UnitError):
        units.read(text, "mass")


@pytest.mark.parametrize(
    ("text", "value"), [("１２", 12.0), ("－1.5", -1.5), ("1²", None), ("١٢", None), ("1e٢", None), ("１²", None)]
)
def test_numbers_of_tables(text, value):
    faults = []
    number = read_number(Row("a.csv", 2, {"index": text}, {"index": 1}), "index", faults)
    assert (faults == [] and number == value) if value is not None else [f.key for f in faults] == ["csv.number"]


# ---- letters that deceive


@pytest.mark.parametrize("letter", ["\u202e", "\u2066", "\u200b", "\u200f", "\ufeff", "\u00ad", "\u3164", "\U000e0041", "\ue000"])
def test_an_invisible_letter_in_a_key_is_told_by_its_code(letter):
    with pytest.raises(BadInput) as told_:
        parse_yaml(f'"M{letter}01": 1\n', "x.yaml")
    (line,) = str(told_.value).splitlines()
    assert f"U+{ord(letter):04X}" in line and f"\\u{ord(letter):04x}" in line
    assert letter not in line


def test_text_that_turns_about_is_refused_in_values_too():
    with pytest.raises(BadInput, match=r"U\+202E"):
        parse_yaml("title: a\u202eb\n", "x.yaml")
    assert parse_yaml("title: a\u200bb\n", "x.yaml").data == {"title": "a\u200bb"}  # copied from a web page, and harmless


def test_places_are_shown_as_they_are():
    assert visible("a\u202eb\x1b[31m\nc") == "a\\u202eb [31m c"
    assert len(visible("x" * 10**6)) < 500


# ---- very many mistakes


@pytest.mark.parametrize("name", ["yaml: 10^4 wrong keys", "yaml: 10^4 equal keys", "table: 10^4 wrong rows"])
def test_of_very_many_mistakes_a_hundred_are_told(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = told(name, tmp_path)[1]
    assert len(lines) == MOST_FAULTS + 1
    assert sum("more mistakes than these 100" in line for line in lines) == 1


# ---- did you mean


def test_the_search_for_the_word_that_was_meant_is_bounded():
    known = [f"boiler-{k}-{'x' * 50}" for k in range(20_000)]
    start = time.process_time()
    assert nearest("x" * 100_000, known) == ""
    for _ in range(5):
        nearest("boiler-7-" + "y" * 50, known)
    assert time.process_time() - start < 5
    assert nearest("Boiler-7-" + "x" * 50, known) == known[7]
    assert nearest("sector", ["subsector", "sectors"]) == "sectors"
