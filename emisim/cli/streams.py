"""The streams a person reads: a pipe that is closed is silent, a full disk is told, and a sign that cannot be shown has a plain one."""

from __future__ import annotations

import io
import os
import sys


class _Raw(io.FileIO):
    """A stream whose reader may leave: from then on it goes nowhere, and the command does its work to the end."""

    def write(self, data) -> int | None:
        try:
            return super().write(data)
        except BrokenPipeError:
            nowhere(self.fileno())
            return len(data)
        except OSError as error:
            if self.fileno() == 2:  # nowhere to tell it
                nowhere(2)
                return len(data)
            raise OSError(error.errno, error.strerror, "<stdout>") from None


def ready() -> list[str]:
    """Bring both streams into shape.

    Returns
    -------
    Fills with the Chinese signs that could not be shown.
    """
    from emisim.plain_text import HANDLER, register

    lost: list[str] = []
    register(lost.append)
    if os.name != "posix":
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors=HANDLER)
        return lost
    _fill()
    sys.stdout, sys.stderr = _stream(sys.stdout, 1), _stream(sys.stderr, 2)
    return lost


def nowhere(number: int) -> None:
    """Let a stream go nowhere."""
    handle = os.open(os.devnull, os.O_WRONLY)
    os.dup2(handle, number)
    os.close(handle)


def _fill() -> None:
    """Open what whoever started us has closed, lest a file of ours become the standard output."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(handle)


def _stream(old, number: int) -> io.TextIOWrapper:
    from emisim.plain_text import HANDLER

    encoding = getattr(old, "encoding", None) or "utf-8"
    lines = number == 2 or getattr(old, "line_buffering", False) or getattr(old, "write_through", False)
    if old is not None:
        old.flush()
    return io.TextIOWrapper(io.BufferedWriter(_Raw(number, "w", closefd=False)), encoding, HANDLER, line_buffering=lines)
