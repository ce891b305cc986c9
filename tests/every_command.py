"""Every command that writes, and every command that prints, on a tiny project."""

import os
import subprocess
import sys
from pathlib import Path

import tiny

POINT = tiny.ROOT / "tests" / "io" / "foreign" / "ff10_point.csv"
# Every command that writes files: into the folder that the last word names.
WRITING = {
    "run": ["run", "scenario.yaml", "--out"],
    "run with draws": ["run", "scenario.yaml", "--draws", "64", "--workers", "2", "--keep-draws", "--out"],
    "export netcdf": ["export", "ready", "--format", "netcdf", "--out"],
    "export xlsx": ["export", "ready", "--format", "xlsx", "--out"],
    "export iamc": ["export", "ready", "--format", "iamc", "--out"],
    "export ff10": ["export", "ready", "--format", "ff10", "--allow", "all", "--out"],
    "report": ["report", "ready", "--out"],
    "plot png": ["plot", "ready", "--picture", "waterfall", "--format", "png", "--out"],
    "plot svg": ["plot", "ready", "--picture", "waterfall", "--format", "svg", "--out"],
    "import": ["import", str(POINT), "--grade", "B", "--source", "NEI", "--to"],
    "new": ["new", "--example", "mengjin"],
    "new plan": ["new", "--plan=", "--inventory", "inventory"],
    "template": ["new", "--inventory-xlsx"],
}
PRINTING = {
    "run": ["run", "scenario.yaml", "--out", "printed"],
    "run json": ["run", "scenario.yaml", "--out", "printed", "--json"],
    "check": ["check", "scenario.yaml"],
    "check json": ["check", "scenario.yaml", "--json"],
    "validate": ["validate", "scenario.yaml"],
    "schema": ["validate", "--schema", "plan"],
    "explain": ["explain", "scenario.yaml", "--target", "NOX_NET"],
    "compare": ["compare", "scenario.yaml"],
    "solve": ["solve", "scenario.yaml", "--target", "NOX_NET"],
    "list": ["list", "units"],
    "list json": ["list", "mechanisms", "--json"],
    "show": ["show", "scenario.yaml"],
    "show plan": ["show", "scenario.yaml", "plan"],
    "help": ["--help"],
    "help of run": ["run", "--help"],
    "version": ["--version"],
    "export": ["export", "ready", "--format", "iamc", "--out", "printed"],
    "report": ["report", "ready", "--out", "printed"],
    "import": ["import", str(POINT), "--grade", "B", "--source", "NEI", "--to", "printed-import"],
    "guess": ["import", "stock.csv", "--guess"],
}


def project(folder: Path) -> Path:
    """A tiny project, with a run of it in ``ready``."""
    root = tiny.copy(folder)
    (root / "stock.csv").write_text("name,sector,NOx (t)\nkiln,cement,12\n", encoding="utf-8")
    assert tiny.command(root, "run", "scenario.yaml", "--out", "ready").code == 0
    return root


def words_of(name: str, folder: Path) -> list[str]:
    """The words of a command that writes into a folder."""
    words = WRITING[name]
    if words[0] == "new":
        return ["new", str(folder / "stock.xlsx" if name == "template" else folder), *words[1:]]
    return [*words, str(folder)]


def call(root: Path, words: list[str], **more) -> subprocess.CompletedProcess:
    """The command as a process of its own; what is not named otherwise is caught, in bytes."""
    clean = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "LANG", "PYTHONIOENCODING")}
    env = {**clean, "PYTHONPATH": str(tiny.ROOT), "EMISIM_LANG": "en", **more.pop("env", {})}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.run([sys.executable, "-m", "emisim", *words], cwd=root, env=env, timeout=120, **streams)


def held(folder: Path) -> dict[str, bytes]:
    """File below a folder → content."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
