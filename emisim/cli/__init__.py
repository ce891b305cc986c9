"""The command line: parse, call, print, set the exit code. Heavy imports happen inside the command that needs them.

Exit codes: 0 fine · 1 a target is missed (``check``), a file differs (``rerun``) · 2 bad input, or the system refuses (a full disk, no memory) · 3 a fault of
emisim's own · 129, 130, 143 ended by SIGHUP, Ctrl-C or SIGTERM. A pipe that is closed (``| head``) changes no exit code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from emisim.cli.group import cli
from emisim.cli.streams import nowhere, ready

NO_ROOM = "failed to map segment"  # what the loader of libraries says where memory is limited


def main(came: Sequence[int] = ()) -> None:
    """Turn every error into its exit code and its lines.

    Parameters
    ----------
    came : the signals that have come meanwhile, see ``emisim.__main__``.
    """
    lost = ready()
    try:
        code = _guarded(came)
    except (MemoryError, ImportError) as error:  # not even the line that says so could be made
        if isinstance(error, ImportError) and NO_ROOM not in str(error):
            raise
        os.write(2, b"memory has run out\n")
        sys.exit(2)
    try:
        sys.stdout.flush()
    except OSError:  # told already; Python would tell it again at its exit
        nowhere(1)
    if lost:
        from emisim.cli.common import echo
        from emisim.text import say

        echo(say("stream.chinese", encoding=sys.stdout.encoding), err=True)
    sys.exit(code)


def _guarded(came: Sequence[int] = ()) -> int:
    try:
        cli.main(prog_name="emisim", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001  whatever it is, it ends in lines and an exit code
        if came:
            return 128 + came[0]
        if isinstance(error, SystemExit):
            return error.code if isinstance(error.code, int) else 0
        from emisim.cli.common import echo, language_of
        from emisim.errors import BadInput, gathered

        language = language_of(_asked_language())
        if isinstance(error, BadInput):
            for problem in gathered(error.faults):
                echo(problem.text(language), err=True)
            return 2
        if isinstance(error, (click.Abort, KeyboardInterrupt)):
            return 130
        code, line = _line(error, language)
        echo(line, err=True)
        if os.environ.get("EMISIM_TRACEBACK") and not isinstance(error, click.ClickException):
            raise
        return code
    return 128 + came[0] if came else 0


def _line(error: BaseException, language: str) -> tuple[int, str]:
    """(exit code, line) of an error that is no fault in the input."""
    from emisim.errors import visible
    from emisim.text import say

    if isinstance(error, click.ClickException):
        command = error.ctx.command_path if getattr(error, "ctx", None) else "emisim"
        return 2, say("usage", language, text=visible(error.format_message()), command=command)
    if isinstance(error, MemoryError) or (isinstance(error, ImportError) and NO_ROOM in str(error)):
        return 2, say("system.memory", language)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return 2, say("system.refused", language, reason=where + (error.strerror or str(error)))
    return 3, say("broken", language, kind=type(error).__name__, reason=" ".join(str(error).split()) or "-")


def _asked_language() -> str | None:
    """``--lang`` as typed, for messages of errors that happen before it is parsed."""
    words = sys.argv[1:]
    for k, word in enumerate(words):
        if word in ("--lang=zh", "--lang=en"):
            return word[-2:]
        if word == "--lang" and words[k + 1 : k + 2] in (["zh"], ["en"]):
            return words[k + 1]
    return None
