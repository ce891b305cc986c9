"""A folder for oneself alone while it is written: a lock on the folder itself, and signals that wait."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Whether nobody else writes or reads there meanwhile; the lock is not waited for."""
    handle = opened(folder)
    try:
        yield handle is None or (locked(handle) and _is_at(handle, folder))
    finally:
        closed(handle)


def opened(folder: Path) -> int | None:
    """A handle of the folder, if it can be locked by one."""
    if fcntl is None:
        return None
    try:
        return os.open(folder, os.O_RDONLY)
    except OSError:
        return None


def locked(handle: int, shared: bool = False) -> bool:
    """Take the lock; where the disk has none, go on without."""
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _is_at(handle: int, folder: Path) -> bool:
    """Whether it is still this folder; whoever had made it may have taken it away again before we got the lock."""
    try:
        return os.path.samestat(os.fstat(handle), folder.stat())
    except OSError:
        return False


def closed(handle: int | None) -> None:
    """Give the handle back, and the lock with it, also of a process forked meanwhile."""
    if handle is not None:
        try:
            fcntl.flock(handle, fcntl.LOCK_UN)
        except OSError:
            pass
        os.close(handle)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Signals that end a program wait until we are done. Only the main thread hears them."""
    came: list[int] = []
    before = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)):
                if (handler := signal.getsignal(number)) not in (None, signal.SIG_IGN):
                    before[number] = handler
                    signal.signal(number, lambda n, _: came.append(n))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in dict.fromkeys(came):
            signal.raise_signal(number)
