"""Files as people, other programs and mischief leave them: read alike, or refused in one quick line."""

import time

import pytest
import yaml

import tiny
from emisim.errors import BadInput
from emisim.io.config_file import load
from emisim.io.text_file import decode
from emisim.io.yaml_file import parse_yaml
from emisim.simulate import simulate
from emisim.summary import summarise

TABLES = ("sources.csv", "factors.csv", "growth.csv")
QUICK = 1.0  # seconds


def files(folder):
    return [folder / "scenario.yaml", folder / "plan.yaml", *(folder / "inventory" / t for t in TABLES)]


def answer(folder):
    return summarise(simulate(load(folder / "scenario.yaml").case))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return answer(tiny.copy(tmp_path_factory.mktemp("plain")))


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-16", "utf-16-be", "utf-8-sig"])
def test_every_encoding_gives_the_same_answer(encoding, tmp_path, plain):
    tiny.copy(tmp_path)
    for path in files(tmp_path):
        mark = "\ufeff" if encoding == "utf-16-be" else ""
        path.write_bytes((mark + path.read_text(encoding="utf-8")).encode(encoding))
    assert answer(tmp_path) == plain


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_every_line_ending_gives_the_same_answer(ending, tmp_path, plain):
    tiny.copy(tmp_path)
    for path in files(tmp_path):
        path.write_bytes(path.read_bytes().replace(b"\n", ending.encode()))
    assert answer(tmp_path) == plain


@pytest.mark.parametrize("text", ["农业", "m³/t, kg·m⁻²·s⁻¹", "NOₓ ± 5 µg – 10 ≤ x", "农业 m³", "café", "plain"])
def test_utf_8_is_not_taken_for_gbk(text):
    assert decode(text.encode()) == text


@pytest.mark.parametrize("text", ["农业", "砖窑脱硝", "source_id,名称\nkiln,砖窑"])
def test_gbk_is_not_taken_for_utf_8(text):
    assert decode(text.encode("gbk")) == text


def test_rows_and_columns_of_a_table_may_come_in_any_order(tmp_path, plain):
    """The summary adds rows up, so equal up to the last bits of a sum."""
    tiny.copy(tmp_path)
    growth = tmp_path / "inventory" / "growth.csv"
    head, *rows = growth.read_text(encoding="utf-8").splitlines()
    growth.write_text("\n".join([head, *reversed(rows)]) + "\n\n , \n".replace(" , ", ",,,,,"), encoding="utf-8")
    factors = tmp_path / "inventory" / "factors.csv"
    turned = [",".join(reversed(line.split(","))) for line in factors.read_text(encoding="utf-8").splitlines()]
    factors.write_text("\n".join(turned) + "\n", encoding="utf-8")
    assert answer(tmp_path) == plain


BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
HOSTILE = {
    "NUL bytes": b"scenario: a\x00b\n",
    "binary": bytes(range(256)) * 40,
    "empty": b"",
    "only a mark": b"\xef\xbb\xbf",
    "half a UTF-16 letter": b"\xff\xfea",
    "alias bomb": BOMB.encode(),
    "circle": b"a: &x {b: *x}\n",
    "deep lists": b"a: " + b"[" * 3000,
    "deep mappings": "".join(" " * k + "a:\n" for k in range(300)).encode(),
    "tag": b"!!python/object/apply:os.system ['true']\n",
    "huge integer": b"base_year: " + b"9" * 100_000 + b"\n",
    "huge exponent": b"base_year: 1e999999999\n",
    "long key": b"k" * 100_000 + b": 1\n",
    "line breaks in a key": b'"a\\nb\\e[31m\\r": 1\n',
    "list": b"- a\n- b\n",
    "tab": b"a:\n\tb: 1\n",
    "merge key": b"<<: {scenario: a}\n",
    "many keys": "".join(f"k{k}: {k}\n" for k in range(2000)).encode(),
    "unprintable": "a: \u2028b\x85c\n".encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("file", ["scenario.yaml", "plan.yaml", "inventory/sources.csv", "inventory/growth.csv"])
def test_a_hostile_file_is_refused_quickly(name, file, tmp_path, monkeypatch, capsys):
    tiny.copy(tmp_path)
    (tmp_path / file).write_bytes(HOSTILE[name])
    monkeypatch.chdir(tmp_path)
    start = time.process_time()
    outcome = tiny.call(monkeypatch, capsys, "run", "scenario.yaml")
    assert time.process_time() - start < QUICK
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.lines
    for line in outcome.lines:
        assert line.startswith((file, "scenario.yaml"))
        assert len(line) < 1200
        assert line.isprintable()
    assert not (tmp_path / "outputs").exists()


UNITS = [
    "9**9**9",
    "9**9**9 t",
    "1 9**9**9",
    "1 " + "k" * 100_000,
    "1" * 100_000,
    "1 t # c",
    "1 t**9999999999",
    "１０ ％",
    "__import__('os')",
]


@pytest.mark.parametrize("text", UNITS, ids=range(len(UNITS)))
def test_a_hostile_number_is_refused_quickly(text, tmp_path, monkeypatch, capsys):
    tiny.copy(tmp_path)
    quoted = "'" + text.replace("'", "''") + "'"
    tiny.replace(tmp_path / "plan.yaml", "{removed: 10 %}", f"{{removed: {quoted}}}")
    monkeypatch.chdir(tmp_path)
    start = time.process_time()
    outcome = tiny.call(monkeypatch, capsys, "validate", "scenario.yaml")
    assert time.process_time() - start < QUICK
    if text == "１０ ％":
        assert outcome.code == 0
    else:
        assert (outcome.code, len(outcome.lines)) == (2, 1)
        assert outcome.err.startswith("plan.yaml:127:31: ")


def test_a_folder_in_place_of_a_file(tmp_path, monkeypatch, capsys):
    tiny.copy(tmp_path)
    (tmp_path / "plan.yaml").unlink()
    (tmp_path / "plan.yaml").mkdir()
    (tmp_path / "inventory" / "growth.csv").unlink()
    (tmp_path / "inventory" / "growth.csv").mkdir()
    monkeypatch.chdir(tmp_path)
    outcome = tiny.call(monkeypatch, capsys, "run", "scenario.yaml")
    assert (outcome.code, len(outcome.lines)) == (2, 2)
    outcome = tiny.call(monkeypatch, capsys, "run", "inventory")
    assert (outcome.code, len(outcome.lines)) == (2, 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("0706", "0706"), ("12:30", "12:30"), ("E01", "E01"), ("1e3", 1000.0), (".5", 0.5), ("5.", 5.0), ("-3", -3), ("yes", "yes"),
        ("true", True), ("True", "True"), ("~", None), ("", None), ("1_000", "1_000"), (".inf", ".inf"), ("nan", "nan"), ("1e999", "1e999"),
        ("9" * 20, "9" * 20), ("0x10", "0x10"), ("2024-01-01", "2024-01-01"), (".", "."), ("e5", "e5"), ("+", "+"), ("'5'", "5"),
    ],
)  # fmt: skip
def test_plain_words_of_yaml(text, value):
    found = parse_yaml(f"a: {text}\n", "x.yaml").data["a"]
    assert (found, type(found)) == (value, type(value))


def test_every_mutation_of_the_plan_is_read_or_refused(tmp_path):
    """Each line of the three YAML and CSV kinds dropped, doubled or cut: never another exception than BadInput."""
    tiny.copy(tmp_path)
    for path in (tmp_path / "plan.yaml", tmp_path / "scenario.yaml", tmp_path / "inventory" / "factors.csv"):
        honest = path.read_text(encoding="utf-8")
        lines = honest.splitlines(keepends=True)
        for k, line in enumerate(lines):
            for changed in ("", line * 2, line[: len(line) // 2] + "\n", line.replace(":", "：")):
                path.write_text("".join([*lines[:k], changed, *lines[k + 1 :]]), encoding="utf-8")
                try:
                    load(tmp_path / "scenario.yaml")
                except BadInput as bad:
                    assert all("\n" not in f.text("zh") for f in bad.faults)
        path.write_text(honest, encoding="utf-8")


def test_the_valid_project_is_valid_for_other_readers_too(tmp_path):
    assert yaml.safe_load((tiny.VALID / "plan.yaml").read_text(encoding="utf-8"))["plan"] == "tiny"
