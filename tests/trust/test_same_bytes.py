"""The same bytes: over repeated runs, hash seeds, numbers of processes and versions of Python."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tiny
from emisim.io.run_folder import FILES

SCENARIOS = sorted((tiny.ROOT / "scenarios").glob("*.yaml"))
SETTINGS = (("0", "1"), ("77", "2"), ("random", "3"), ("1", "1"))  # hash seed, processes
PYTHONS = tuple(f"python3.{minor}" for minor in range(11, 15))


def run(
    scenario: Path, folder: Path, seed: str = "0", workers: str = "1", python: str = sys.executable, draws: str = "64"
) -> Path:
    """A run in a process of its own; returns its folder. It starts where the scenario stands, so that names are alike."""
    words = ["run", scenario.name, "--out", str(folder), "--draws", draws, "--workers", workers]
    env = {k: v for k, v in os.environ.items() if k not in ("EMISIM_LANG", "LC_ALL", "LC_MESSAGES", "LANG")}
    env |= {"PYTHONHASHSEED": seed, "PYTHONPATH": str(tiny.ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([python, "-m", "emisim", *words], cwd=scenario.parent, env=env, capture_output=True, timeout=600)
    assert done.returncode == 0, done.stderr.decode()
    return folder


def different(one: Path, other: Path) -> list[str]:
    return [name for name in FILES if (one / name).read_bytes() != (other / name).read_bytes()]


def test_equal_runs_give_equal_bytes(count, measured, tmp_path):
    scenarios = [tiny.VALID / "scenario.yaml", *SCENARIOS][: count(1, 1 + len(SCENARIOS))]
    tried = 0
    for scenario in scenarios:
        first, *others = SETTINGS[: count(2, len(SETTINGS))]
        told = run(scenario, tmp_path / scenario.stem, *first)
        for k, setting in enumerate(others):
            assert different(told, run(scenario, tmp_path / f"{scenario.stem}-{k}", *setting)) == [], (scenario, setting)
        tried += 1 + len(others)
    measured("same_bytes", scenarios=len(scenarios), runs=tried, files=len(FILES), different=0)


def test_other_pythons_give_the_same_answer(full, measured, tmp_path):
    """In environments of their own with the libraries of the lock. Everything but run.json, which names the version, is compared."""
    if not full:
        pytest.skip("needs environments of other Pythons: make trust")
    found: dict[str, Path] = {}
    for name in PYTHONS:
        if shutil.which(name) and subprocess.run([name, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0:
            home = tmp_path / name
            subprocess.run([name, "-m", "venv", home], check=True, capture_output=True)
            python = home / "bin" / "python"
            lock = tiny.ROOT / "requirements.lock"
            subprocess.run([python, "-m", "pip", "install", "-qq", "--require-hashes", "-r", lock], check=True)
            found[name] = python
    versions = [subprocess.run([p, "-V"], capture_output=True, text=True).stdout.split()[-1] for p in found.values()]
    scenarios = [tiny.VALID / "scenario.yaml", *SCENARIOS]
    for scenario in scenarios:
        folders = [run(scenario, tmp_path / f"{scenario.stem}-{n}", python=str(p), draws="256") for n, p in found.items()]
        assert {name for other in folders for name in different(folders[0], other)} <= {"run.json"}, scenario
    measured("pythons", versions=versions, scenarios=len(scenarios), different=0)
    assert len(found) > 1, f"only {versions} on the PATH: nothing to compare with"
