"""Terminals that can show little, and pipes that nobody reads: tables stay readable, nothing is told that is nobody's fault."""

import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

import every_command
import tiny
from emisim.plain_text import HANDLER, fits_chinese, is_chinese, plain, register
from emisim.report.screen import console, show
from emisim.report.tables import Table
from emisim.text import messages
from every_command import PRINTING, call

POOR = {"ascii": "us-ascii", "latin-1": "latin-1", "cp437": "cp437", "cp1252": "cp1252", "gbk": "gbk"}
C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "EMISIM_LANG": "en"}
SIGNS = "NOₓ − 4–6 % ≥ 3 ≤ 5 ± 1 µg/m³ ²⁰ é ½ … “x” → y · z ÷ 2 Σ η ‰ √2 °C ∈ A ─│┌"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return every_command.project(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module", autouse=True)
def registered():
    register()


class Screen(io.TextIOWrapper):
    """What a terminal of an encoding and a width receives."""

    def __init__(self, encoding: str, terminal: bool):
        super().__init__(io.BytesIO(), encoding, HANDLER, newline="\n")
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def shown(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)


def test_every_sign_has_a_plain_one():
    assert SIGNS.encode("ascii", HANDLER) == plain(SIGNS, "ascii").encode("ascii")
    assert plain(SIGNS, "ascii") == (
        'NOx - 4-6 % >= 3 <= 5 +/- 1 ug/m3 20 e 1/2 ... "x" -> y * z / 2 sum eta %o V2 degC in A -|-'
    )
    assert plain(SIGNS, "utf-8") == SIGNS


@pytest.mark.parametrize("encoding", POOR)
def test_every_english_message_is_readable(encoding):
    """No sign of any English message becomes a question mark, unless it is Chinese."""
    bad = {
        key: sign
        for key, texts in messages().items()
        for sign in plain(texts["en"], encoding)
        if not is_chinese(sign) and sign.encode(encoding, "replace") == b"?" != sign.encode()
    }
    assert not bad


def test_what_has_no_plain_sign_keeps_its_width():
    lost = []
    register(lost.append)
    assert "孟津 ☃ a\udc80".encode("ascii", HANDLER) == b"???? ? a?"
    assert lost == ["孟", "津"]
    register()
    assert fits_chinese("gb18030")
    assert not fits_chinese("cp437")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "gbk", "utf-8"])
@pytest.mark.parametrize("term", ["dumb", "xterm"])
@pytest.mark.parametrize("columns", [40, 80, None])
def test_a_table_keeps_its_columns_and_its_numbers(encoding, term, columns, monkeypatch):
    """On a narrow terminal texts are shortened, with a mark; numbers are never cut, and every line is as wide as the others."""
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("NO_COLOR", "1")
    if columns:
        monkeypatch.setenv("COLUMNS", str(columns))
    rows = tuple((f"M{k}", "≥ 2 … a title – with signs" * 4, f"{k * 12345.6:,.1f}", "+/- ½") for k in range(1, 4))
    table = Table("NOₓ", ("id", "title …", "t/yr ≥", "±"), rows, right=frozenset({2}), wide=frozenset({1}))
    screen = Screen(encoding, terminal=columns is not None)
    show(table, console(screen))
    lines = re.sub(r"\x1b\[\d*m", "", screen.shown()).split("\n")[1:-1]
    assert "?" not in screen.shown()
    assert all(row[2] in screen.shown() and row[0] in screen.shown() for row in rows)
    assert len({cell_len(line) for line in lines if line.strip()}) == 1
    cut = plain(rows[0][1], encoding) not in screen.shown()
    assert cut == (columns is not None)


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_a_table_of_numbers_is_wider_than_the_terminal_rather_than_cut(term, monkeypatch):
    monkeypatch.setenv("TERM", term)
    numbers = tuple(f"{10**6 + k:,}" for k in range(12))
    screen = Screen("utf-8", terminal=True)
    show(Table("", numbers, (numbers,), right=frozenset(range(12)), wide=frozenset()), console(screen))
    assert all(screen.shown().count(number) == 2 for number in numbers)


# ---- as a process


def test_a_locale_that_knows_ascii_only(tmp_path):
    found = call(tiny.copy(tmp_path), ["check", "scenario.yaml"], env=C)
    assert (found.returncode, found.stderr) == (1, b"")
    assert b"?" not in found.stdout
    assert b">= 30 t/yr" in found.stdout.decode("ascii").encode()


def test_chinese_that_cannot_be_shown_is_told_once(tmp_path):
    found = call(tiny.copy(tmp_path), ["check", "scenario.yaml", "--lang", "zh"], env=C)
    assert found.returncode == 1
    assert found.stderr.decode("ascii").splitlines() == [messages()["stream.chinese"]["en"].format(encoding="ascii")]
    assert b"NOX_EXTRA" in found.stdout


def test_help_is_english_alone_where_chinese_cannot_be_shown(tmp_path):
    for words in (["--help"], ["run", "--help"]):
        found = call(tmp_path, words, env=C)
        assert (found.returncode, found.stderr) == (0, b"")
        assert b"?" not in found.stdout.replace(b"which measure brings what?", b"").replace(b"brings what?", b"")
        found.stdout.decode("ascii")


@pytest.mark.parametrize("encoding", ["latin-1", "cp437", "gbk"])
@pytest.mark.parametrize("name", ["run", "check", "list", "explain", "compare", "help", "show plan"])
def test_other_encodings(encoding, name, project, full, measured):
    """No question mark where a plain sign is known; what names the plan has in Chinese alone, stay question marks."""
    if not full:
        pytest.skip("each command in full only")
    found = call(project, PRINTING[name], env={"PYTHONIOENCODING": encoding, "EMISIM_LANG": "en"})
    assert found.returncode in (0, 1)
    better = call(project, PRINTING[name], env={"PYTHONIOENCODING": "utf-8", "EMISIM_LANG": "en"}).stdout.decode()
    if encoding == "gbk" or not any(is_chinese(sign) for sign in better):
        assert found.stdout.decode(encoding).count("?") == better.count("?")


# ---- pipes that nobody reads


def closed(kind: str, root: Path, words: list[str]) -> tuple[int, bytes]:
    """(exit code, error stream) of a command whose output goes nowhere in some way."""
    line = {
        "true": "{} | true",
        "head": "{} | head -c 10",
        "shut": "{} >&-",
        "no errors": "{} 2>&-",
        "nothing": "{} <&- >&- 2>&-",
    }[kind]
    text = "set -o pipefail; " + line.format(f"{shlex.quote(sys.executable)} -m emisim " + " ".join(f"'{w}'" for w in words))
    env = {**os.environ, "PYTHONPATH": str(tiny.ROOT), "EMISIM_LANG": "en"}
    found = subprocess.run(["bash", "-c", text], cwd=root, env=env, capture_output=True, timeout=120)
    (root / "stock.mapping.yaml").unlink(missing_ok=True)
    return found.returncode, found.stderr


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="needs bash")
@pytest.mark.parametrize("kind", ["true", "head", "shut", "no errors", "nothing"])
@pytest.mark.parametrize("name", PRINTING)
def test_an_output_that_nobody_reads_is_silent(kind, name, project, full, tried):
    """And the exit code is that of the work: 1 of a check whose targets are missed."""
    if not full and (name, kind) not in {("list", "true"), ("schema", "head"), ("run", "nothing"), ("help", "shut")}:
        pytest.skip("each command in full only")
    words = [f"{word}-{kind.replace(' ', '-')}" if word == "printed-import" else word for word in PRINTING[name]]
    code, said = closed(kind, project, words)
    told = [line for line in said.decode().splitlines() if name != "guess"]
    assert told == []
    assert code == (1 if name in ("check", "check json") else 0)
    tried.append(kind)


@pytest.fixture(scope="module")
def tried() -> list[str]:
    """What has been tried and went well."""
    return []


def test_memory_that_runs_out_is_one_line(tmp_path, monkeypatch, capsys):
    def runs_out(*_):
        raise MemoryError

    monkeypatch.chdir(tiny.copy(tmp_path))
    monkeypatch.setattr("emisim.simulate.simulate", runs_out)
    outcome = tiny.call(monkeypatch, capsys, "check", "scenario.yaml")
    assert (outcome.code, outcome.lines) == (2, [messages()["system.memory"]["en"]])


def test_measured(tried, measured):
    measured("terminal", encodings=len(POOR) + 1, commands=len(PRINTING), closed_pipes=len(tried), told=0)
