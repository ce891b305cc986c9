"""Spread independent pieces of work over processes: the results stand in the order of the pieces, whoever made them."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable
from multiprocessing import connection, get_all_start_methods, get_context
from typing import TypeVar

from emisim.errors import Broken

T = TypeVar("T")
Progress = Callable[[int, int], None]


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(work: Callable[[int], T], count: int, workers: int = 1, progress: Progress = lambda done, count: None) -> list[T]:
    """``[work(0), …, work(count − 1)]``.

    Parameters
    ----------
    work : must be one that can be pickled where processes cannot be forked.
    workers : processes; one is this process itself.
    progress : told how many pieces are done, and how many there are.

    Raises
    ------
    Broken
        A process died. Whatever else ``work`` raises.
    """
    out: list = [None] * count
    if min(workers, count) <= 1:
        for k in range(count):
            out[k] = work(k)
            progress(k + 1, count)
        return out
    context = get_context("fork" if "fork" in get_all_start_methods() else "spawn")
    helpers, pipes = [], []
    try:
        for w in range(min(workers, count)):
            here, there = context.Pipe(duplex=False)
            helper = context.Process(target=_help, args=(work, range(w, count, min(workers, count)), there), daemon=True)
            with warnings.catch_warnings():  # a fork is safe here: the other threads are those of idle libraries
                warnings.simplefilter("ignore", DeprecationWarning)
                helper.start()
            there.close()
            helpers.append(helper)
            pipes.append(here)
        _collect(out, pipes, progress)
    finally:
        for helper in helpers:
            helper.terminate()
        for helper in helpers:
            helper.join()
    return out


def _collect(out: list, pipes: list, progress: Progress) -> None:
    done, waiting = 0, list(pipes)
    while waiting:
        for pipe in connection.wait(waiting):
            try:
                k, result, error = pipe.recv()
            except EOFError:
                waiting.remove(pipe)
                continue
            if error is not None:
                raise error
            out[k] = result
            done += 1
            progress(done, len(out))
    if done < len(out):
        raise Broken("a process died before its work was done; memory may have run out")


def _help(work: Callable[[int], T], pieces: range, pipe) -> None:
    """A helper's life: its pieces one after the other, until there is nobody left to take them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked for the work is told, and ends the helpers
    for k in pieces:
        try:
            answer = (k, work(k), None)
        except Exception as error:  # noqa: BLE001  it is raised where the work was asked for
            answer = (k, None, error)
        try:
            pipe.send(answer)
        except OSError:
            return
    pipe.close()
