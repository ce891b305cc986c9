"""The tiny valid project that the tests copy, and the command line, in this process or as one of its own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

VALID = Path(__file__).parent / "bad_inputs" / "valid"
ROOT = Path(__file__).parents[1]


def copy(folder: Path) -> Path:
    """A fresh copy of the tiny project; returns the folder."""
    shutil.copytree(VALID, folder, dirs_exist_ok=True)
    return folder


def replace(path: Path, old: str, new: str) -> None:
    """Put ``new`` for ``old``, which must stand in the file once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


@dataclass(frozen=True)
class Outcome:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


def call(monkeypatch, capsys, *words: str) -> Outcome:
    """Run the command line in this process, through the guard that sets the exit code."""
    from emisim.cli import _guarded

    monkeypatch.setattr(sys, "argv", ["emisim", *words])
    for name in ("EMISIM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    code = _guarded()
    captured = capsys.readouterr()
    return Outcome(code, captured.out, captured.err)


def command(folder: Path, *words: str, env: dict[str, str] | None = None) -> Outcome:
    """Run ``python -m emisim`` in a folder."""
    clean = {k: v for k, v in os.environ.items() if k not in ("EMISIM_LANG", "LC_ALL", "LC_MESSAGES", "LANG")}
    found = subprocess.run(
        [sys.executable, "-m", "emisim", *words],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **(env or {})},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    return Outcome(found.returncode, found.stdout, found.stderr)
