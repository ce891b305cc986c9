"""Ctrl-C, SIGTERM and SIGHUP at any moment: a quiet end with its exit code, nothing left behind, no process that lingers."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import tiny
from emisim.io import folder_lock, safe_write
from emisim.io.run_folder import FILES
from emisim.io.safe_write import write_files

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks /proc when a process listens")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DRAWN = ["run", "scenario.yaml", "--out", "out", "--draws", "4000", "--workers", "2"]
COMMANDS = (
    ["run", "scenario.yaml", "--out", "out"], DRAWN, DRAWN, ["check", "scenario.yaml"], ["compare", "scenario.yaml"],
    ["new", "out", "--example", "mengjin"],
)  # fmt: skip
LONGEST = 4.0  # [s]


@pytest.fixture(autouse=True)
def heard():
    """Signals as a terminal's shell leaves them; one in the background, or nohup, has some ignored, and children inherit that."""
    before = {n: signal.getsignal(n) for n in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def listens(pid: int) -> bool:
    """Whether a process has begun to catch SIGTERM, which Python itself does not."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return True
    caught = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def group(leader: int) -> list[int]:
    """The living processes of a group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, number = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(number) == leader and state != "Z":
            found.append(int(stat.parent.name))
    return found


def interrupted(
    root: Path, words: list[str], number: signal.Signals, delay: float, alone: bool = False
) -> tuple[int, str, list[int]]:
    """(exit code, what stood on the error stream, processes that are left) of a command that is stopped so long after it listens."""
    with subprocess.Popen(
        [sys.executable, "-m", "emisim", *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(tiny.ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as process:
        while not listens(process.pid):
            time.sleep(0.001)
        time.sleep(delay)
        try:
            os.kill(process.pid, number) if alone else os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        said = process.communicate(timeout=30)[1]
    left = group(process.pid)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return process.returncode, said, left


def test_a_signal_at_any_moment(tmp_path, count, full, measured):
    """Sent to the whole group, as a terminal does, or to the process alone."""
    chance, tried = random.Random(8), count(4, 100)
    wrong, behind, tracebacks, codes = [], [], [], {}
    for k in range(tried):
        root = tiny.copy(tmp_path / str(k))
        before = sorted(p.name for p in root.iterdir())
        number, words = (SIGNALS[k % 3], COMMANDS[k % len(COMMANDS)]) if full else (SIGNALS[k % 2], COMMANDS[k // 2])
        code, said, left = interrupted(root, words, number, chance.uniform(0, LONGEST if full else 1.0), alone=k % 5 == 4)
        codes[code] = codes.get(code, 0) + 1
        usual = {1} if words[0] == "check" else {0}
        wrong += [(words, code)] * (code not in {128 + number, *usual})
        tracebacks += [said] * bool(said)
        there = sorted(p.name for p in root.iterdir())
        whole = (
            not (root / "out").exists() or words[0] == "new" or sorted(p.name for p in (root / "out").iterdir()) == sorted(FILES)
        )
        clean = set(there) - set(before) <= {"out"} and whole and not safe_write._ours(root / "out")
        behind += [(words, there, left)] * (bool(left) or not clean)
    assert wrong == []
    assert tracebacks == []
    assert behind == []
    measured(
        "interrupt",
        tried=tried,
        wrong_exit=0,
        left_behind=0,
        tracebacks=0,
        exit_codes={str(c): n for c, n in sorted(codes.items())},
    )


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_during_the_writing_waits_for_its_end(number, tmp_path, monkeypatch):
    """At any call: all of the files or none, and the signal is heard afterwards."""
    heard = []
    before = signal.signal(number, lambda n, _: heard.append(n))
    try:
        for k in range(0, 40, 5):
            left = [k]

            def loud(call, left=left):
                def counted(*args, **kwargs):
                    left[0] -= 1
                    if left[0] == -1:
                        signal.raise_signal(number)
                        assert not heard
                    return call(*args, **kwargs)

                return counted

            heard.clear()
            with monkeypatch.context() as patch:
                for name in ("fsync", "replace", "link", "unlink", "mkdir"):
                    patch.setattr(os, name, loud(getattr(os, name) if name != "fsync" else lambda handle: None))
                write_files(tmp_path / "out", {"a": b"%d" % k, "b/c": b"%d" % k})
            assert heard == [number] * (left[0] < 0)
            assert {p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()} == {b"%d" % k}
    finally:
        signal.signal(number, before)


def test_whoever_waits_for_a_folder_can_be_stopped(tmp_path):
    """Ctrl-C is heard while another run writes."""
    with folder_lock.held(tmp_path):
        timer = threading.Timer(0.1, signal.raise_signal, [signal.SIGINT])
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            write_files(tmp_path, {"a": b"1"})
    assert not list(tmp_path.iterdir())


def test_what_is_ignored_stays_ignored(tmp_path):
    """nohup: SIGHUP does not end it."""
    script = "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN)\nfrom emisim.__main__ import _listen\n"
    script += "came = _listen(); signal.raise_signal(signal.SIGHUP); print(came)\nsignal.raise_signal(signal.SIGTERM)"
    env = {**os.environ, "PYTHONPATH": str(tiny.ROOT)}
    found = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=30)
    assert (found.returncode, found.stdout, found.stderr) == (143, "[]\n", "")


def test_a_signal_that_python_cannot_raise_is_asked_for_again():
    """In a finaliser what a signal raises is lost: a moment later it is raised where it counts."""
    script = (
        "from emisim.__main__ import _listen\nimport signal, time\nclass Last:\n def __del__(self):\n  signal.raise_signal(15)\n"
    )
    script += "_listen()\nLast()\ntime.sleep(20)"
    env = {**os.environ, "PYTHONPATH": str(tiny.ROOT)}
    found = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=15)
    assert (found.returncode, found.stderr) == (143, "")
