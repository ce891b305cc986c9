"""Several processes write into one folder and read from it: a reader meets one whole result, and one run's is left."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import tiny
from emisim.errors import BadInput
from emisim.io import folder_lock, safe_write
from emisim.io.run_folder import digest
from emisim.io.safe_write import settle, whole, write_files

pytestmark = pytest.mark.skipif(folder_lock.fcntl is None, reason="folders cannot be locked here")
NAMES = ("a.csv", "b/c.csv", "d.csv")


def content(writer: int, turn: int) -> dict[str, bytes]:
    """Files that belong together: each says who wrote it and when."""
    return {name: f"{writer} {turn} ".encode() * (500 * (k + 1)) for k, name in enumerate(NAMES)}


def marks(folder: Path) -> set[str]:
    """Whose files lie there; of half a file nobody's."""
    found = set()
    for k, name in enumerate(NAMES):
        words = (folder / name).read_text().split()
        assert len(words) == 1000 * (k + 1)
        found |= {f"{a} {b}" for a, b in zip(words[::2], words[1::2], strict=True)}
    return found


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_writers_and_readers_in_one_process(tmp_path, monkeypatch):
    """Threads keep each other out, too."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    monkeypatch.setattr(safe_write, "_POLL", 0.0005)
    write_files(tmp_path, content(9, 9))
    met, wrong, done = set(), [], threading.Event()

    def write(writer: int) -> None:
        for turn in range(400):
            write_files(tmp_path, content(writer, turn))
            time.sleep(0.002)  # locks are polled, so a reader needs a moment in which nobody writes
            if turn >= 8 and len(met) > 4:
                return

    def read() -> None:
        while not done.is_set():
            with whole(tmp_path):
                found = marks(tmp_path)
            wrong.extend([found] * (len(found) != 1))
            met.update(found)
            time.sleep(0.001)

    writers = [threading.Thread(target=write, args=(k,)) for k in range(3)]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert not wrong
    assert len(met) > 2
    assert len(marks(tmp_path)) == 1
    assert not safe_write._ours(tmp_path)


def test_one_that_takes_too_long_is_told(tmp_path):
    with folder_lock.held(tmp_path) as ours:
        assert ours
        with pytest.raises(BadInput) as caught:
            write_files(tmp_path, {"a": b"1"}, patience=0.05)
        assert [f.key for f in caught.value.faults] == ["file.busy"]
        with pytest.raises(BadInput) as caught, whole(tmp_path, patience=0.05):
            pass
        assert [f.key for f in caught.value.faults] == ["file.busy"]
    assert not list(tmp_path.iterdir())


def test_readers_do_not_wait_for_each_other(tmp_path):
    with whole(tmp_path, 0.05), whole(tmp_path, 0.05):
        pass


def test_a_reader_does_not_wait_for_files_that_are_being_prepared(tmp_path):
    """Until the record stands the old result is whole."""
    (tmp_path / ".emisim-new-0").write_bytes(b"half")
    with folder_lock.held(tmp_path):
        settle(tmp_path, patience=0)
        assert (tmp_path / ".emisim-new-0").exists()
    settle(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_taken_away_meanwhile_is_made_again(tmp_path, monkeypatch):
    """Whoever had made it and could not fill it takes it away again; the one who waited for it must not write into nothing."""
    folder, locked = tmp_path / "out", folder_lock.locked
    taken = []

    def slow(handle: int, shared: bool = False) -> bool:
        if not taken:
            taken.append(folder.rmdir())
        return locked(handle, shared)

    monkeypatch.setattr(folder_lock, "locked", slow)
    write_files(folder, {"a": b"1"})
    assert taken
    assert (folder / "a").read_bytes() == b"1"


def test_where_there_are_no_locks_it_goes_on(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError(95, "not supported")

    monkeypatch.setattr(folder_lock.fcntl, "flock", refused)
    write_files(tmp_path, content(1, 1))
    monkeypatch.setattr(folder_lock, "fcntl", None)
    write_files(tmp_path, content(1, 2))
    with whole(tmp_path):
        assert marks(tmp_path) == {"1 2"}


# ---- real processes

WRITER = """
import sys
from emisim.io.config_file import load
from emisim.io.run_folder import run, write_run
from pathlib import Path
number, rounds = map(int, sys.argv[1:])
change = () if number == 0 else ((("measures", "without"), [f"C0{number}"], f"--without C0{number}"),)
loaded = load(Path("scenario.yaml"), lambda p: p.name, change)
result = run(loaded)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(rounds):
    write_run(Path("out"), loaded, result, "en", f"emisim run scenario.yaml, writer {number}")
"""
READER = """
import json, sys
from emisim.errors import BadInput
from emisim.io.result_file import open_result
from emisim.io.safe_write import whole
from emisim.io.run_folder import digest
from pathlib import Path
out, reads, wrong, met = Path("out"), 0, [], set()
print("ready", flush=True)
sys.stdin.readline()
while not Path("done").exists():
    try:
        result = open_result(out)
        met.add(len(result.bound.names))
        with whole(out):
            told = json.loads((out / "run.json").read_bytes())
            bad = [name for name, mark in told["outputs"].items() if digest((out / name).read_bytes()) != mark]
        wrong += bad
    except (BadInput, OSError, ValueError) as error:
        wrong.append(str(error))
    reads += 1
print(json.dumps({"reads": reads, "wrong": wrong, "met": len(met)}))
"""


def test_three_processes_write_and_one_reads(tmp_path, full, count, measured):
    """Every read is of one whole result, through ``open_result`` and file by file; what is left is one run's."""
    if not full:
        pytest.skip("real processes in full only: the same with threads above")
    root, rounds = tiny.copy(tmp_path), count(5, 50)
    env = {**os.environ, "PYTHONPATH": str(tiny.ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": root, "env": env}
    tiny.command(root, "run", "scenario.yaml", "--out", "out")
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(k), str(rounds)], **pipes) for k in range(3)]
    reader = subprocess.Popen([sys.executable, "-c", READER], **pipes)
    for process in (*writers, reader):
        assert process.stdout.readline() == "ready\n"
    for process in (*writers, reader):
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.wait(600) for process in writers] == [0, 0, 0]
    (root / "done").touch()
    told = json.loads(reader.communicate(timeout=60)[0])
    assert told["wrong"] == []
    assert told["reads"] > rounds // 2
    left = json.loads((root / "out" / "run.json").read_bytes())
    mixed = [name for name, mark in left["outputs"].items() if digest((root / "out" / name).read_bytes()) != mark]
    assert mixed == []
    assert set(p.name for p in (root / "out").iterdir()) == {*left["outputs"], "run.json"}
    measured("concurrent", writers=3, rounds=3 * rounds, reads=told["reads"], wrong_reads=0, mixed=0)
    shutil.rmtree(root / "out")
