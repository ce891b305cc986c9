"""What may be written in another way gives the same answer: other units of the same kind, other encodings, other line ends."""

import csv
import itertools
import shutil
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest

import tiny
from emisim import units
from emisim.io.config_file import load
from emisim.io.run_folder import dump
from emisim.io.text_file import decode
from emisim.simulate import Result, simulate
from emisim.summary import summarise
from equivalents import equivalents, swapped
from mutations import FIGURE, taken_apart
from shipped import COUNTIES, county

EXACT = 1e-12
GRAM = 1e-6  # t
SCENARIOS = sorted(p.name for p in (tiny.ROOT / "scenarios").glob("*.yaml"))
# Encoding → the mark that it begins with; the mark is what tells UTF-16 from anything else.
ENCODINGS = {"utf-8": "", "utf-8-sig": "", "gb18030": "", "gbk": "", "utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}
ENDINGS = ("\n", "\r\n", "\r")


def project(folder: Path) -> Path:
    """The shipped scenarios with all that they read."""
    for name in ("scenarios", "inputs"):
        shutil.copytree(tiny.ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.md"))
    return folder


def inputs(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix in (".yaml", ".csv"))


def result(scenario: Path) -> Result:
    return simulate(load(scenario).case)


@cache
def shipped(scenario: str) -> Result:
    """The result of a shipped scenario as it stands."""
    name = scenario.removesuffix("-2025.yaml")
    return county(name) if name in COUNTIES else result(tiny.ROOT / "scenarios" / scenario)


def apart(one: Result, other: Result) -> float:
    """Largest relative difference of two results; their words must be equal. Tonnes of a measure or row are relative to the emission that they
    change."""
    gaps = []
    for name in (
        "base",
        "frozen",
        "reference",
        "plan",
        "calendar_reference",
        "calendar_plan",
        "activity_reference",
        "activity_plan",
    ):
        a, b = getattr(one, name), getattr(other, name)
        gaps.append(np.abs(a - b) / np.maximum(np.abs(a), GRAM))
        if not name.startswith("activity"):
            a, b = one.totals(a), other.totals(b)
            gaps.append(np.abs(a - b) / np.abs(a))
    for which in ("reduction", "first_in", "last_in"):
        emitted = one.totals(one.reference)[None]
        gaps.append(np.abs(one.reductions(which) - other.reductions(which)) / emitted)
    for a, b in zip(one.verdicts, other.verdicts, strict=True):
        assert (a.id, a.verdict, a.unit, a.comparison) == (b.id, b.verdict, b.unit, b.comparison)
        pairs = [(x, y) for x, y in ((a.value, b.value), (a.required, b.required)) if x is not None]
        gaps += [np.array([abs(x - y) / max(abs(x), 1e-3) for x, y in pairs])]
    assert [w.key for w in one.warnings] == [w.key for w in other.warnings]
    return max(float(gap.max(initial=0.0)) for gap in gaps)


def shipped_units() -> set[str]:
    """Every unit that stands in a shipped file."""
    found = set()
    for path in inputs(tiny.ROOT / "inputs") + inputs(tiny.ROOT / "scenarios"):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".yaml":
            found |= {
                m["unit"] for s in taken_apart(text).spots if s.text and s.name != "required" and (m := FIGURE.fullmatch(s.text))
            }
        else:
            for row in csv.DictReader(text.splitlines(keepends=True)):
                found |= {row["unit"]} if row.get("unit") else set()
                found |= {row[c].split(" ", 1)[1] for c in ("flue_gas", "existing_efficiency") if row.get(c)}
    return {unit for unit in found if _known(unit)}


def _known(unit: str) -> bool:
    """Whether a text is a unit and not the second word of a remark."""
    try:
        return bool(units.to_base(unit))
    except units.UnitError:
        return False


def test_every_unit_of_a_shipped_file_has_others_that_mean_the_same():
    known = shipped_units()
    assert len(known) > 25
    for unit in known:
        factor, base = units.to_base(unit)
        others = equivalents(unit)
        assert len({other for other, _ in others}) >= (2 if unit in ("%", "yr") else 3), unit
        for other, n in others:
            mine, kind = units.to_base(other)
            assert kind == base, (unit, other)
            assert mine * float(n) == pytest.approx(factor, rel=1e-14), (unit, other)


def test_other_units_give_the_same_result(tmp_path, count, measured):
    folder, swaps, largest = project(tmp_path), 0, 0.0
    honest = {path: path.read_text(encoding="utf-8") for path in inputs(folder)}
    for scenario in SCENARIOS[-count(1, len(SCENARIOS)) :]:
        plain = shipped(scenario)
        county = scenario.split("-")[0]
        for round_ in range(count(1, 6)):
            for path, text in honest.items():
                if county in path.as_posix():
                    new, done = swapped(path.name, text, Random(f"{round_} {path.name}"))
                    path.write_text(new, encoding="utf-8")
                    swaps += done
            largest = max(largest, apart(plain, result(folder / "scenarios" / scenario)))
            assert largest <= EXACT, scenario
        for path, text in honest.items():
            path.write_text(text, encoding="utf-8")
    assert swaps > 1000
    measured("equivalent", swaps=swaps, largest_relative=largest, units=len(shipped_units()))


def test_other_encodings_and_line_ends_give_the_same_bytes(tmp_path, count, measured):
    folder, tried = project(tmp_path), 0
    honest = {path: path.read_text(encoding="utf-8") for path in inputs(folder)}
    ways = list(itertools.product(ENCODINGS, ENDINGS))[1:]
    for scenario in SCENARIOS[-count(1, len(SCENARIOS)) :]:
        plain = dump(summarise(shipped(scenario)))
        for encoding, ending in Random(scenario).sample(ways, count(1, len(ways))):
            for path, text in honest.items():
                written = text.replace("\n", ending)
                try:
                    path.write_bytes((ENCODINGS[encoding] + written).encode(encoding))
                except UnicodeEncodeError:  # a sign that GBK does not have
                    path.write_bytes(written.encode("gb18030"))
            assert dump(summarise(result(folder / "scenarios" / scenario))) == plain, (scenario, encoding, ending)
            tried += 1
        for path, text in honest.items():
            path.write_text(text, encoding="utf-8")
    measured("equivalent_bytes", tried=tried, encodings=len(ENCODINGS), line_ends=len(ENDINGS))


@cache
def _pairs() -> list[str]:
    """Every two signs of GB 2312 whose bytes are also UTF-8: a first byte from C2 to DF, a second up to BF."""
    signs = [bytes((a, b)) for a in range(0xC2, 0xE0) for b in range(0xA1, 0xC0)]
    found = []
    for one, two in itertools.product(signs, signs):
        raw = one + two
        try:
            found.append(raw.decode("gb2312"))
        except UnicodeDecodeError:
            continue
    return found


SIGNS = set("掳卤虏鲁碌路脳陆录戮")  # in UTF-8 ° ± ² ³ µ · × ½ ¼ ¾


@pytest.mark.parametrize("around", ["id,n\nkiln,{},2\n", "title: {{zh: {}, en: x}}\n", "{}"])
def test_gbk_that_is_utf_8_too_is_read_as_chinese(around, count, measured):
    pairs = [word for word in _pairs() if not set(word) <= SIGNS]
    tried = Random(7).sample(pairs, count(2000, len(pairs)))
    misread = [word for word in tried if decode(around.format(word).encode("gbk")) != around.format(word)]
    measured("equivalent_gbk", words=len(tried), misread=len(misread))
    assert len(pairs) > 100_000
    assert not misread


@pytest.mark.parametrize("text", ["±½", "2 ×× 3", "10 °C · m²·s", "créée, naïve", "µg·m⁻³ ± 5", "Straße 3, Müller"])
def test_signs_and_latin_letters_are_not_taken_for_chinese(text):
    assert decode(text.encode()) == text


def test_a_name_of_chinese_that_is_utf_8_too_comes_through(tmp_path):
    """隆茂 in GBK is ¡ï in UTF-8."""
    folder = tiny.copy(tmp_path)
    growth = folder / "inventory" / "growth.csv"
    growth.write_bytes(growth.read_text(encoding="utf-8").replace("yearbook", "隆茂").encode("gbk"))
    assert load(folder / "scenario.yaml").case.tables.records.growth["industry", 2020].record.source == "隆茂"
