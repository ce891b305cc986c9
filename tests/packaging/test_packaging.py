"""The set-up files agree with one another. Nothing is installed and no network is asked."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-trust.lock"]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def read_lock(name):
    """Return [(Requirement, number of sha256 hashes)] of a lock file."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return [
        (Requirement(line.split(" --hash=")[0].strip()), len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", line))) for line in lines
    ]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host_no_path_and_no_option(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|\bwww\.|\bfile:|^\s*(-i|-f|--(?!hash=))", text, re.MULTILINE)
    assert not re.search(r"\s/\w", text)


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_exact_and_hashed(name):
    for requirement, hashes in read_lock(name):
        assert [specifier.operator for specifier in requirement.specifier] == ["=="], requirement
        assert hashes, f"{requirement} has no hash"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("requirements.lock", PROJECT["dependencies"] + PYPROJECT["dependency-groups"]["build"]),
        ("requirements-dev.lock", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]),
        ("requirements-trust.lock", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["trust"]),
    ],
)
def test_a_lock_holds_every_declared_dependency_within_its_caps(name, wanted):
    locked = {}
    for requirement, _ in read_lock(name):
        locked.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    for requirement in map(Requirement, wanted):
        found = locked.get(canonicalize_name(requirement.name))
        assert found, f"{requirement.name} is not in {name}: run `make lock`"
        for pinned in found:
            version = next(iter(pinned.specifier)).version
            assert version in requirement.specifier, f"{name} has {pinned}, pyproject.toml wants {requirement}"


@pytest.mark.parametrize(("less", "more"), list(pairwise(LOCKS)))
def test_a_larger_lock_adds_to_the_smaller_and_changes_nothing_in_it(less, more):
    assert {str(requirement) for requirement, _ in read_lock(less)} <= {str(requirement) for requirement, _ in read_lock(more)}


def test_makefile_and_metadata_agree_on_the_pythons():
    allowed = SpecifierSet(PROJECT["requires-python"])
    oldest, newest = (int(re.search(rf"^{word} := (\d+)$", MAKEFILE, re.MULTILINE)[1]) for word in ("OLDEST", "NEWEST"))
    fits = [minor for minor in range(30) if f"3.{minor}" in allowed]
    assert fits == list(range(oldest, newest + 1))
    classified = re.findall(r"Python :: 3\.(\d+)", " ".join(PROJECT["classifiers"]))
    assert [int(minor) for minor in classified] == fits


def test_the_version_stands_in_one_place():
    assert "version" in PROJECT["dynamic"]
    source = (ROOT / PYPROJECT["tool"]["hatch"]["version"]["path"]).read_text(encoding="utf-8")
    version = re.search(r'^__version__ = "(.+)"$', source, re.MULTILINE)[1]
    assert __import__("emisim").__version__ == version


def test_the_examples_that_the_wheel_takes_along_exist():
    for folder in PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]:
        assert any((ROOT / folder).iterdir()), folder


def make(*words, **environment):
    return subprocess.run(
        ["make", "--no-print-directory", "-C", str(ROOT), *words],
        capture_output=True, text=True, encoding="utf-8", timeout=60,
        env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")} | environment,
    )  # fmt: skip


needs_make = pytest.mark.skipif(os.name == "nt", reason="the Makefile is for POSIX systems")


@needs_make
def test_make_help_names_every_target_for_people():
    shown = make("help").stdout
    targets = set(re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[0].split()) - {"anew"}
    assert {"run", "test", "trust", "setup", "lock", "clean"} <= targets
    for target in targets:
        assert re.search(rf"^  {target}  +\S", shown, re.MULTILINE), target
    assert make().stdout == shown


@needs_make
@pytest.mark.parametrize(("version", "said"), [("3.10.13", "is 3.10.13"), ("3.15.0", "is 3.15.0"), ("", "was not found")])
def test_a_python_that_does_not_fit_is_refused_in_one_line(tmp_path, version, said):
    """A stand-in takes the place of the unfit Python and only ever says its version."""
    python = tmp_path / "python3"
    if version:
        numbers = tuple(int(part) for part in version.split("."))
        script = f"import sys; sys.version, sys.version_info = '{version} (x)', {numbers}; exec(sys.argv[2])"
        python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(script)} "$@"\n', encoding="utf-8")
        python.chmod(0o755)
    for file in ("Makefile", "pyproject.toml", *LOCKS):
        (tmp_path / file).write_bytes((ROOT / file).read_bytes())
    done = make("-C", str(tmp_path), "run", f"PYTHON={python}")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert f"needs Python 3.11 to 3.14, but {python} {said}" in done.stderr
    assert not (tmp_path / ".venv").exists()


@needs_make
def test_ci_runs_make_test_and_nothing_else():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    commands = [
        line for line in script.read_text(encoding="utf-8").splitlines() if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert commands == ["exec make test"]
