"""A killed process leaves the old files or the new ones, never half of them, and the next start leaves nothing else."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tiny
from emisim.io import safe_write
from emisim.io.config_file import load
from emisim.io.run_folder import FILES, run, write_run
from emisim.io.safe_write import settle, write_files

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked and killed")
# What changes a disk, or makes sure of it.
CALLS = ("fsync", "replace", "link", "unlink", "mkdir", "rmdir")
OLD = {"a.csv": b"old a", "result.nc": b"old" * 50_000, "account/b.csv": b"old b", "gone.json": b"old only"}
NEW = {"a.csv": b"new a", "result.nc": b"new" * 70_000, "account/b.csv": b"new b", "c.csv": b"new only", "deep/er/d.csv": b"d"}
NONE: dict[str, bytes] = {}


@pytest.fixture(autouse=True)
def unsynced(monkeypatch):
    """What is killed here is a process, not the machine: its writes need not reach the disk."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def held(folder: Path) -> dict[str, str]:
    """File below a folder → sha256 of its content."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


def hashes(contents) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in contents.items() if data is not None}


def killed_at(k: int, work) -> bool:
    """Whether a fork of this process, doing the work, was killed just before its k-th call that changes a disk (counting also writes
    of which only half arrives)."""
    pid = os.fork()
    if pid:
        return os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    try:
        left = [k]

        def dying(call):
            def counted(*args, **kwargs):
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(*args, **kwargs)

            return counted

        plain_open = Path.open

        def half(path, mode="r", *args, **kwargs):
            stream = plain_open(path, mode, *args, **kwargs)
            if "x" not in mode and "w" not in mode:
                return stream
            whole = stream.write

            class Half:
                def __enter__(self):
                    return self

                def __exit__(self, *_):
                    stream.close()

                def __getattr__(self, name):
                    return getattr(stream, name)

                def write(self, data):
                    left[0] -= 1
                    if left[0] < 0:
                        whole(data[: len(data) // 2])
                        stream.flush()
                        os.kill(os.getpid(), signal.SIGKILL)
                    return whole(data)

            return Half()

        for name in CALLS:
            setattr(os, name, dying(getattr(os, name) if name != "fsync" else lambda handle: None))
        Path.open = half
        work()
    except BaseException:  # noqa: BLE001  a fork must never go on with the tests
        os._exit(1)
    os._exit(0)


def every_kill(folder: Path, old: dict[str, str], new: dict[str, str], work, step: int = 1) -> tuple[int, int]:
    """Kill the work before every call, once each: (kills, kills after which the new files stood)."""
    k = kills = came = 0
    while True:
        restore(folder, old)
        if not killed_at(k, work):
            break
        for name, mark in held(folder).items():
            assert mark in (old.get(name), new.get(name)) or safe_write._is_ours(Path(name).name), (k, name)
        settle(folder)
        after = held(folder)
        assert after in (old, new), (k, sorted(after))
        assert not [p for p in folder.rglob("*") if safe_write._is_ours(p.name)]
        came += after == new
        k, kills = k + step, kills + 1
    assert held(folder) == new
    return kills, came


def restore(folder: Path, old: dict[str, str]) -> None:
    """The folder as it was before the kill."""
    shutil.rmtree(folder, ignore_errors=True)
    if old:
        shutil.copytree(folder.with_name("before"), folder)


@pytest.mark.parametrize("before", [OLD, NONE], ids=["old files", "no folder"])
def test_a_kill_at_any_call_of_the_writing(before, tmp_path):
    """Every file whole at the moment of the kill; the folder wholly old or wholly new at the next start."""
    if before:
        write_files(tmp_path / "before", before)
    new = NEW | ({"gone.json": None} if before else {})
    folder = tmp_path / "out"
    kept = hashes(new)
    kills, came = every_kill(folder, hashes(before), kept, lambda: write_files(folder, new))
    assert kills > 3 * len(NEW)
    assert 0 < came < kills


def test_a_kill_at_any_call_of_the_recovery(tmp_path, count):
    """The start that finishes a killed run may be killed in its turn."""
    old, new = {"a": b"1", "b": b"2", "c": b"3"}, {"a": b"4", "d/b": b"5", "c": None}
    write_files(tmp_path / "start", old)
    folder, k, tried = tmp_path / "out", 0, 0
    while True:
        shutil.copytree(tmp_path / "start", folder)
        if not killed_at(k, lambda: write_files(folder, new)):
            break
        if (folder / safe_write.RECORD).exists():
            shutil.copytree(folder, tmp_path / "before")
            left, j = held(folder), 0
            while True:
                restore(folder, left)
                if not killed_at(j, lambda: settle(folder)):
                    break
                settle(folder)
                assert held(folder) in (hashes(old), {**hashes(new), "b": hashes(old)["b"]}), (k, j)
                j, tried = j + count(3, 1), tried + 1
            shutil.rmtree(tmp_path / "before")
        shutil.rmtree(folder)
        k += count(3, 1)
    assert tried > count(8, 25)


def test_a_damaged_record_is_never_carried_out(tmp_path):
    """Whatever a record says that is not whole, or whose files are not: the old files stay."""
    write_files(tmp_path, OLD)
    step = safe_write.Step("a.csv", ".emisim-new-0", hashlib.sha256(b"new a").hexdigest())
    fine = safe_write._record([step])
    out = safe_write._record([safe_write.Step("../escaped", ".emisim-new-0", step.sha256)])
    for record, waiting in ((fine[:-9], b"new a"), (fine.replace(b"a.csv", b"b.csv"), b"new a"), (fine, b"new"), (out, b"new a")):
        (tmp_path / ".emisim-commit").write_bytes(record)
        (tmp_path / ".emisim-new-0").write_bytes(waiting)
        settle(tmp_path)
        assert held(tmp_path) == hashes(OLD)
    assert not (tmp_path.parent / "escaped").exists()
    (tmp_path / ".emisim-commit").write_bytes(fine)
    (tmp_path / ".emisim-new-0").write_bytes(b"new a")
    settle(tmp_path)
    assert held(tmp_path) == hashes(OLD | {"a.csv": b"new a"})


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "", ".", ".emisim-commit", "a\0"])
def test_a_name_does_not_leave_the_folder(name, tmp_path):
    with pytest.raises(safe_write.Broken):
        write_files(tmp_path / "here", {name: b"1"})
    assert not list(tmp_path.iterdir())


# ---- the commands


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A tiny project with a run of it, and what the two runs that are killed write."""
    root = tiny.copy(tmp_path_factory.mktemp("tiny"))
    kept = {}
    for name, change in (("old", ()), ("new", [(("measures", "without"), ["C01"], "--without C01")])):
        loaded = load(root / "scenario.yaml", lambda p: os.path.relpath(p, root), change)
        write_run(root / name, loaded, run(loaded), "en", "emisim run scenario.yaml" + " --without C01" * bool(change))
        kept[name] = held(root / name)
    assert all(kept["old"][name] != kept["new"][name] for name in ("result.nc", "summary.json", "run.json"))
    return root, kept


POINT = tiny.ROOT / "tests" / "io" / "foreign" / "ff10_point.csv"
COMMANDS = {
    "export xlsx": ["export", "old", "--format", "xlsx", "--out", "out"],
    "export netcdf": ["export", "old", "--format", "netcdf", "--out", "out"],
    "export iamc": ["export", "old", "--format", "iamc", "--out", "out"],
    "report": ["report", "old", "--out", "out"],
    "import": ["import", str(POINT), "--to", "out", "--grade", "B", "--source", "NEI"],
    "new": ["new", "out", "--example", "mengjin"],
    "new plan": ["new", "out", "--plan", "--inventory", "inventory"],
    "template": ["new", "out/stock.xlsx", "--inventory-xlsx"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_kill_at_any_call_of_a_command(name, project, full, monkeypatch, capsys):
    """Of the commands that make a folder: all of its files, or nothing. Each works once, up to where it begins to write; from there on
    forks of it are killed."""
    root, _ = project
    folder, kills = root / "out", []
    write = safe_write._tried

    def killed(into: Path, contents) -> bool:
        kills.append(every_kill(folder, {}, hashes(contents), lambda: write(into, contents), 1 if full else 5))
        return True

    monkeypatch.chdir(root)
    monkeypatch.setattr(safe_write, "_tried", killed)
    restore(folder, {})
    assert tiny.call(monkeypatch, capsys, *COMMANDS[name]).code == 0
    assert len(kills) == 1  # one commit, however many folders
    assert held(folder)


# ---- real processes

# Runs the two scenarios in turn, into one folder, without end; says when it begins to write.
CHILD = """
import os, sys
from emisim.io import safe_write
from emisim.io.config_file import load
from emisim.io.run_folder import run, write_run
from pathlib import Path
made = []
for change in ((), ((("measures", "without"), ["C01"], "--without C01"),)):
    loaded = load(Path("scenario.yaml"), lambda p: p.as_posix(), change)
    made.append((loaded, run(loaded), "emisim run scenario.yaml" + " --without C01" * bool(change)))
tried = safe_write._tried
def telling(*args):
    os.write(1, b".")
    return tried(*args)
safe_write._tried = telling
while True:
    for loaded, result, command in made:
        write_run(Path("out"), loaded, result, "en", command)
"""


def start(words: list[str], root: Path) -> subprocess.Popen:
    env = {**os.environ, "PYTHONPATH": str(tiny.ROOT)}
    return subprocess.Popen([sys.executable, *words], cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def check_kill(root: Path, kept) -> tuple[int, str]:
    """(files that are neither old nor new, what the folder is at the next start: nothing, old, new or mixed)."""
    folder, damaged = root / "out", 0
    for name, mark in held(folder).items():
        damaged += mark not in (kept["old"].get(name), kept["new"].get(name)) and not safe_write._is_ours(name)
    settle(folder)
    after = held(folder)
    return damaged, {(): "nothing"}.get(tuple(after), next((k for k in kept if kept[k] == after), "mixed"))


def test_kill_9_at_random_moments_of_a_run(project, count, measured):
    """Half of the kills at any moment of ``emisim run``, half within some milliseconds of its writing."""
    root, kept = project
    shutil.rmtree(root / "out", ignore_errors=True)
    random_of = random.Random(20)
    wanted = count(2, 200)
    damaged, found, in_writing = 0, [], 0
    for k in range(wanted):
        if k % 2:
            with start(["-c", CHILD], root) as process:
                for _ in range(random_of.randint(1, 3)):
                    process.stdout.read(1)
                time.sleep(random_of.uniform(0, 0.04))
                process.kill()
        else:
            words = ["-m", "emisim", "run", "scenario.yaml", "--out", "out", *(["--without", "C01"] if k % 4 else [])]
            with start(words, root) as process:
                time.sleep(random_of.uniform(0, 2.2))
                process.kill()
        in_writing += bool(safe_write._ours(root / "out"))
        bad, state = check_kill(root, kept)
        damaged += bad
        found.append(state)
    assert damaged == 0, found
    assert "mixed" not in found
    if wanted > 100:
        assert in_writing > wanted // 10
    measured(
        "kill", kills=wanted, during_writing=in_writing, damaged=damaged, mixed=found.count("mixed"),
        old_or_new=found.count("old") + found.count("new"), before_the_first=found.count("nothing"),
    )  # fmt: skip


def test_a_run_leaves_nothing_of_ours(project):
    root, kept = project
    assert set(kept["old"]) == set(FILES)
