"""The command line as the tests of this folder call it."""

from pathlib import Path

import pytest

import tiny

ROOT = Path(__file__).parents[2]


@pytest.fixture
def emisim(tmp_path, monkeypatch, capsys):
    """The command line in a copy of the tiny project."""
    tiny.copy(tmp_path)
    monkeypatch.chdir(tmp_path)
    return lambda *words: tiny.call(monkeypatch, capsys, *words)


@pytest.fixture
def at_home(monkeypatch, capsys):
    """The command line where scenarios and inputs are."""
    monkeypatch.chdir(ROOT)
    return lambda *words: tiny.call(monkeypatch, capsys, *words)
