"""Every command: what it prints, in two languages and as JSON, its exit code, and that nothing is cut, coloured or left behind."""

import json
import os
import re
import subprocess
import sys

import pytest
from rich.cells import cell_len

import tiny
from emisim.cli.group import COMMANDS, cli

SHOWN = {
    "list measures": ["list", "measures", "scenario.yaml"],
    "list sources": ["list", "sources", "scenario.yaml"],
    "list targets": ["list", "targets", "scenario.yaml"],
    "list clauses": ["list", "clauses", "scenario.yaml"],
    "list departments": ["list", "departments", "scenario.yaml"],
    "list switches": ["list", "switches", "scenario.yaml"],
    "list projects": ["list", "projects", "scenario.yaml"],
    "list nitrogen": ["list", "nitrogen", "scenario.yaml"],
    "list rules": ["list", "rules"],
    "list mechanisms": ["list", "mechanisms"],
    "list units": ["list", "units"],
    "show scenario": ["show", "scenario.yaml"],
    "show inventory": ["show", "scenario.yaml", "inventory"],
    "check": ["check", "scenario.yaml"],
    "run": ["run", "scenario.yaml", "--out", "result"],
}


@pytest.fixture
def emisim(tmp_path, monkeypatch, capsys):
    """The command line in a copy of the tiny project."""
    tiny.copy(tmp_path)
    monkeypatch.chdir(tmp_path)
    return lambda *words: tiny.call(monkeypatch, capsys, *words)


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_prints_and_nothing_is_cut(name, language, emisim):
    outcome = emisim(*SHOWN[name], "--lang", language)
    assert outcome.code == (1 if name == "check" else 0), outcome.err
    assert outcome.err == ""
    assert outcome.out
    assert "\x1b" not in outcome.out
    assert not re.search(r"\d…|…\d", outcome.out)
    if name != "show scenario":
        assert bool(re.search(r"[一-鿿]{2}", outcome.out.split("\n")[0])) == (language == "zh")


@pytest.mark.parametrize("name", SHOWN)
def test_json_can_be_read(name, emisim):
    outcome = emisim(*SHOWN[name], "--json")
    data = json.loads(outcome.out)
    assert data
    assert outcome.err == ""


@pytest.mark.parametrize("name", [n for n in SHOWN if n != "show scenario"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_numbers_stand_under_one_another(name, language, emisim):
    """Chinese characters take two columns of a terminal; a column of numbers ends at one place all the same."""
    out = emisim(*SHOWN[name], "--lang", language).out
    tables = re.findall(r"^ ?[^\n]*\n ?─+ *\n(?: [^\n]*\S[^\n]*\n)+", out, re.MULTILINE)
    assert tables
    for table in tables:
        lines = [line for line in table.splitlines() if "──" not in line]
        assert len({cell_len(line) for line in lines}) == 1, table


def test_check_says_by_its_exit_code_whether_all_is_met(emisim, tmp_path):
    missed = emisim("check", "scenario.yaml")
    assert missed.code == 1
    assert "not assessable" in missed.out
    plan = tmp_path / "plan.yaml"
    tiny.replace(plan, "reduction: 30 t/yr, offset: 1 t/yr", "reduction: null")
    tiny.replace(plan, "reduction: 5 %, applies_to", "reduction: null, applies_to")
    assert emisim("check", "scenario.yaml").code == 0
    tiny.replace(plan, "reduction: 10 %", "reduction: ten")
    assert emisim("check", "scenario.yaml").code == 2


def test_check_and_validate_write_nothing(emisim, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    emisim("check", "scenario.yaml")
    emisim("validate", "scenario.yaml")
    assert sorted(tmp_path.rglob("*")) == before


def test_validate_says_fine(emisim):
    outcome = emisim("validate", "scenario.yaml")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "scenario.yaml: fine (13 sources, 13 measures, 14 operations)\n"


@pytest.mark.parametrize("example", ["mengjin", "yichuan"])
def test_a_new_copy_runs(example, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    outcome = tiny.call(monkeypatch, capsys, "new", "我的 县", "--example", example)
    assert (outcome.code, outcome.err) == (0, "")
    first = re.search(r"emisim run (.*)\n", outcome.out)[1]
    assert first == f"我的 县/scenarios/{example}-2025.yaml"
    outcome = tiny.call(monkeypatch, capsys, "validate", first)
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.parametrize(("variable", "value", "chinese"), [
    ("LANG", "zh_CN.UTF-8", True), ("LC_ALL", "zh_TW.Big5", True), ("LANG", "C", False), ("LANG", "de_DE.UTF-8", False), ("EMISIM_LANG", "zh", True),
])  # fmt: skip
def test_the_language_is_that_of_the_locale(variable, value, chinese, tmp_path):
    outcome = tiny.command(tiny.copy(tmp_path), "validate", "scenario.yaml", env={variable: value})
    assert outcome.out.startswith("scenario.yaml：通过" if chinese else "scenario.yaml: fine")


def test_a_terminal_of_gbk_gets_what_it_can_show(tmp_path):
    outcome = subprocess.run(
        [sys.executable, "-m", "emisim", "check", "scenario.yaml", "--lang", "zh"],
        cwd=tiny.copy(tmp_path),
        env={**os.environ, "PYTHONPATH": str(tiny.ROOT), "PYTHONIOENCODING": "gbk"},
        capture_output=True,
        timeout=60,
    )
    assert (outcome.returncode, outcome.stderr) == (1, b"")
    assert "未完成" in outcome.stdout.decode("gbk")


@pytest.mark.parametrize("words", [["list", "units"], ["list", "mechanisms", "--json"], ["run", "scenario.yaml"]])
def test_a_broken_pipe_is_silent(words, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "emisim", *words],
        cwd=tiny.copy(tmp_path),
        env={**os.environ, "PYTHONPATH": str(tiny.ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) in (0, 1)


def test_a_typo_in_a_selector_is_named_with_its_line(emisim, tmp_path):
    tiny.replace(
        tmp_path / "plan.yaml",
        "applies_to: {sector: solvent}\n        parameters: {substituted",
        "applies_to: {sector: solvnt}\n        parameters: {substituted",
    )
    outcome = emisim("run", "scenario.yaml")
    assert outcome.code == 2
    assert outcome.lines == [
        "plan.yaml:100:30: D01 selects sector 'solvnt', which no source in inventory has; did you mean 'solvent'?"
    ]


@pytest.mark.parametrize(
    "words", [["run"], ["run", "--no-such"], ["bogus"], ["list", "bogus"], ["run", "scenario.yaml", "--lang", "fr"]]
)
def test_wrong_usage_is_exit_code_2(words, emisim):
    outcome = emisim(*words)
    assert (outcome.code, outcome.out) == (2, "")
    assert len(outcome.lines) == 1
    assert re.search(r" See: emisim( \w+)? --help$", outcome.lines[0])


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["list", "-h"]])
def test_help_loads_nothing_heavy(words, tmp_path):
    code = (
        "import sys; from emisim.cli import cli\n"
        f"try: cli({words!r}, prog_name='emisim')\nexcept SystemExit as stop: code = stop.code\n"
        "heavy = {'numpy', 'scipy', 'xarray', 'pint', 'pydantic', 'yaml', 'rich', 'h5py'} & set(sys.modules)\n"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=tiny.ROOT, capture_output=True, encoding="utf-8", timeout=60)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout


def test_a_fault_of_our_own_is_one_line_and_exit_code_3(emisim, monkeypatch):
    monkeypatch.setattr("emisim.simulate.CLOSURE", -1.0)
    outcome = emisim("run", "scenario.yaml")
    assert outcome.code == 3
    assert len(outcome.lines) == 1
    assert "please report it" in outcome.err


def test_the_group_says_of_every_command_what_the_command_says():
    for name, (_, text) in COMMANDS.items():
        assert cli.get_command(None, name).get_short_help_str(200) == text
