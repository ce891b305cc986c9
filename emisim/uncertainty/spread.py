"""Spread independent pieces of work over processes: the results stand in the order of the pieces, whoever made them."""

from __future__ import annotations

import pickle
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import connection, get_all_start_methods, get_context
from typing import TypeVar

from emisim.errors import Broken

T = TypeVar("T")
Progress = Callable[[int, int], None]
Spread = Callable[..., list]  # as ``spread``


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
    forked = "fork" in get_all_start_methods()
    context = get_context("fork" if forked else "spawn")
    helpers, pipes = [], []
    try:
        with _undisturbed():
            for w in range(min(workers, count)):
                here, there = context.Pipe(duplex=False)
                inherited = (*pipes, here) if forked else ()
                pieces = range(w, count, min(workers, count))
                helper = context.Process(target=_help, args=(work, pieces, there, inherited), daemon=True)
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


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals to stop wait until every helper is known, lest one is left behind."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _stops())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


def _help(work: Callable[[int], T], pieces: range, pipe, inherited: tuple) -> None:
    """A helper's life: its pieces one after the other, until there is nobody left to take them."""
    for number in _stops():  # whoever asked for the work is told, and ends the helpers: at once, whatever they are at
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _stops())
    for end in inherited:  # as long as a helper holds the other end of a pipe itself, nobody seems to have left
        end.close()
    for k in pieces:
        try:
            answer = (k, work(k), None)
        except Exception as error:  # noqa: BLE001  it is raised where the work was asked for
            answer = (k, None, _portable(error))
        try:
            pipe.send(answer)
        except OSError:
            return
    pipe.close()


def _stops() -> set[int]:
    """The signals that end a program."""
    return {getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)}


def _portable(error: Exception) -> Exception:
    """An error as it is if it can be handed from one process to another, else one with its words."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    except Exception:  # noqa: BLE001  whatever is wrong with it
        return Broken(f"{type(error).__name__}: {error}")
    return error
