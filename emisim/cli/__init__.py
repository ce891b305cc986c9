"""The command line: parse, call, print, set the exit code. Heavy imports happen inside the command that needs them.

Exit codes: 0 fine · 1 a target is missed (``check``) · 2 bad input · 3 a fault of emisim's own · 130 interrupted.
"""

from __future__ import annotations

import os
import sys

import click

from emisim.cli import imports, listings, outputs, questions, runs  # noqa: F401  their commands join the group
from emisim.cli.common import cli, language_of


def main() -> None:
    """Entry point: turns every error into its exit code and its lines."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(_guarded())


def _guarded() -> int:
    from emisim.errors import BadInput, Broken
    from emisim.text import say

    language = language_of(_asked_language())
    try:
        cli.main(prog_name="emisim", standalone_mode=False)
        sys.stdout.flush()
    except BadInput as bad:
        for problem in bad.faults:
            click.echo(problem.text(language), err=True)
        return 2
    except click.ClickException as error:
        command = error.ctx.command_path if getattr(error, "ctx", None) else "emisim"
        click.echo(say("usage", language, text=error.format_message(), command=command), err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except (Broken, MemoryError, Exception) as error:  # noqa: BLE001  whatever is left is our own fault, told in one line
        click.echo(say("broken", language, kind=type(error).__name__, reason=str(error) or "-"), err=True)
        if os.environ.get("EMISIM_TRACEBACK"):
            raise
        return 3
    return 0


def _asked_language() -> str | None:
    """``--lang`` as typed, for messages of errors that happen before it is parsed."""
    words = sys.argv[1:]
    for k, word in enumerate(words):
        if word in ("--lang=zh", "--lang=en"):
            return word[-2:]
        if word == "--lang" and words[k + 1 : k + 2] in (["zh"], ["en"]):
            return words[k + 1]
    return None
