"""``emisim`` and ``python -m emisim``: from the first line on, a signal to stop ends the program quietly."""

from __future__ import annotations

import signal
import sys

STOPS = ("SIGINT", "SIGTERM", "SIGHUP")
_AGAIN = 0.01  # [s]


def main() -> None:
    """Entry point of the command."""
    came = _listen()
    try:
        from emisim.cli import main as call

        call(came)
    finally:  # the exit code is known; on its way out Python would die of a signal, or tell of it
        for number in _stops():
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_IGN)


def _listen() -> list[int]:
    """Let Ctrl-C, SIGTERM and SIGHUP leave by ``SystemExit``, so that everything on the way out cleans up and nothing prints a
    traceback; the exit code is 128 + the number, as a shell has it. A signal that whoever started us ignores stays ignored (nohup).

    Returns
    -------
    The signals that have come, for ``emisim.cli.main``: libraries turn what interrupts them into errors of their own.
    """
    came: list[int] = []

    def stop(number: int, frame) -> None:
        if number != getattr(signal, "SIGALRM", None):
            came.append(number)
        raise SystemExit(128 + came[0])

    def unraisable(lost) -> None:
        """Where Python cannot raise (a callback, a finaliser) the signal is asked for again a moment later."""
        if not came:
            sys.__unraisablehook__(lost)
        elif isinstance(lost.exc_value, SystemExit) and hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, stop)
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)

    sys.unraisablehook = unraisable
    for number in _stops():
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, stop)
    return came


def _stops() -> list[int]:
    return [getattr(signal, name) for name in STOPS if hasattr(signal, name)]


if __name__ == "__main__":
    main()
