"""Work spread over processes: the results in their order, whatever happens in a process told where the work was asked for."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from emisim.errors import BadInput, Broken, Place, fault
from emisim.pieces import processors
from emisim.uncertainty.spread import spread

ROOT = Path(__file__).parents[2]
FORKS = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes cannot be forked here")


def square(k):
    return k * k


def late(k):
    """The first pieces are ready last."""
    time.sleep(0.01 * (5 - k))
    return k


def big(k):
    return np.full(300_000, float(k))  # far more than a pipe holds


def bad(k):
    if k == 3:
        raise BadInput([fault("unit.no_number", Place("plan.yaml", 3, 5), text="x"), fault("unit.no_number", text="y")])
    return k


def unready(k):
    raise ZeroDivisionError(f"piece {k}")


def dying(k):
    if k == 2:
        os._exit(9)
    return k


def which(k):
    return os.getpid()


@pytest.mark.parametrize("workers", [1, 2, 3, 9])
def test_results_stand_in_the_order_of_the_pieces(workers):
    assert spread(square, 7, workers) == [k * k for k in range(7)]
    assert spread(late, 5, workers) == list(range(5))
    assert spread(square, 0, workers) == []


def test_one_worker_is_this_process_and_several_are_not():
    assert set(spread(which, 4, 1)) == {os.getpid()}
    assert set(spread(which, 1, 4)) == {os.getpid()}
    others = set(spread(which, 4, 2))
    assert len(others) == 2
    assert os.getpid() not in others


def test_large_results_arrive_whole():
    for k, found in enumerate(spread(big, 5, 2)):
        assert found.shape == (300_000,)
        assert (found == k).all()


@pytest.mark.parametrize("workers", [1, 3])
def test_progress_is_told_piece_by_piece(workers):
    told = []
    spread(square, 6, workers, lambda done, count: told.append((done, count)))
    assert told == [(k, 6) for k in range(1, 7)]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_wrong_in_the_input_is_told_with_all_its_faults(workers):
    with pytest.raises(BadInput) as caught:
        spread(bad, 6, workers)
    assert [(f.key, str(f.place), f.values) for f in caught.value.faults] == [
        ("unit.no_number", "", {"text": "y"}),
        ("unit.no_number", "plan.yaml:3:5", {"text": "x"}),
    ]
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("workers", [1, 2])
def test_any_other_error_arrives_as_it_is(workers):
    with pytest.raises(ZeroDivisionError, match="piece"):
        spread(unready, 4, workers)
    assert not multiprocessing.active_children()


def test_an_error_that_cannot_be_sent_is_an_error_still():
    with pytest.raises((Broken, Odd), match="odd 1 2"):  # dask, once imported, lets any error be sent
        spread(odd, 4, 2)
    assert not multiprocessing.active_children()


class Odd(Exception):
    """Has words of its own when made, so that it cannot be made again from its text."""

    def __init__(self, first, second):
        super().__init__(f"odd {first} {second}")


def odd(k):
    raise Odd(1, 2)


def test_a_process_that_dies_is_told():
    with pytest.raises(Broken, match="died before its work was done"):
        spread(dying, 6, 2)
    assert not multiprocessing.active_children()


def test_an_error_of_the_progress_leaves_no_process_behind():
    def stop(done, count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        spread(late, 6, 2, stop)
    assert not multiprocessing.active_children()


@FORKS
def test_work_need_not_be_sent_where_it_can_be_inherited():
    here = {"k": 5}
    work = lambda k: k + here["k"]  # noqa: E731
    with pytest.raises(Exception, match="pickle|local|lambda"):
        pickle.dumps(work)
    assert spread(work, 3, 2) == [5, 6, 7]


def test_there_is_at_least_one_processor():
    assert processors() >= 1


WAITING = """
import os, sys, time
from emisim.uncertainty.spread import spread

def work(k):
    os.write(1, f"{{os.getpid()}}\\n".encode())
    time.sleep(60 if {long} else 0.3)
    return bytes(1_000_000)

if __name__ == "__main__":
    try:
        spread(work, 8, 2)
    except KeyboardInterrupt:
        sys.exit(7)
"""


def gone(pid):
    """Whether a process is no more, within some seconds."""
    for _ in range(150):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc which processes there are")
@pytest.mark.parametrize(("how", "long"), [(signal.SIGINT, True), (signal.SIGKILL, False)])
def test_when_the_work_is_broken_off_no_process_is_left(how, long, tmp_path):
    """Ctrl-C ends the helpers at once; if their parent is killed they stop at the next piece that nobody takes."""
    script = tmp_path / "waiting.py"
    script.write_text(WAITING.format(long=long), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
        text=True,
    ) as process:
        helpers = [int(process.stdout.readline()) for _ in range(2)]
        try:
            if how == signal.SIGINT:
                os.killpg(process.pid, how)  # as a terminal does: to all of them
            else:
                process.send_signal(how)
            assert process.wait(20) == (7 if how == signal.SIGINT else -signal.SIGKILL)
            assert all(gone(pid) for pid in helpers)
        finally:
            for pid in helpers:
                if not gone(pid):
                    os.kill(pid, signal.SIGKILL)


def test_a_piece_knows_its_number_alone():
    assert spread(partial(pow, 2), 5, 2) == [1, 2, 4, 8, 16]
