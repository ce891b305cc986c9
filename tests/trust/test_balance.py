"""Mass balance: ledger, moves and nitrogen close to 1e-9 in every run, are reported, and a run that does not close exits 3."""

import json
from dataclasses import replace

import pytest

import tiny
from emisim.io.config_file import load
from emisim.ledger import attribute
from emisim.simulate import simulate

SCENARIOS = sorted((tiny.ROOT / "scenarios").glob("*.yaml"))


def test_every_run_closes(count, measured):
    scenarios = [tiny.VALID / "scenario.yaml", *SCENARIOS]
    tried = scenarios[: count(2, len(scenarios))]
    found = [simulate(load(path).case).balances for path in tried]
    assert max(b.worst for b in found) <= 1e-9
    measured(
        "balance", runs=len(found), ledger=max(b.ledger for b in found), moves=max(b.moves for b in found),
        nitrogen=max(b.nitrogen for b in found),
    )  # fmt: skip


def test_a_run_reports_its_balances(tmp_path, monkeypatch, capsys):
    tiny.copy(tmp_path)
    monkeypatch.chdir(tmp_path)
    told = tiny.call(monkeypatch, capsys, "run", "scenario.yaml")
    assert told.code == 0 and "Ledger, moves and nitrogen balance to 1e-9 or better" in told.out
    found = json.loads((tmp_path / "outputs" / "tiny-2025" / "run.json").read_text(encoding="utf-8"))["balances"]
    assert found.keys() == {"ledger", "moves", "nitrogen"} and all(0 <= error <= 1e-9 for error in found.values())
    assert "Ledger, moves and nitrogen" in (tmp_path / "outputs" / "tiny-2025" / "summary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [("run",), ("check",), ("run", "--json")])
def test_a_run_that_does_not_close_is_our_fault(command, tmp_path, monkeypatch, capsys):
    """A thousandth that gets lost on the way ends the run with exit code 3 and one line; nothing is written."""

    def lossy(base, program):
        ledger = attribute(base, program)
        return replace(ledger, reduction=ledger.reduction * 0.999)

    tiny.copy(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("emisim.simulate.attribute", lossy)
    told = tiny.call(monkeypatch, capsys, command[0], "scenario.yaml", *command[1:])
    assert (told.code, told.out, len(told.lines)) == (3, "", 1)
    assert "ledger" in told.err and "Traceback" not in told.err
    assert not (tmp_path / "outputs").exists()
