"""Moving bars: on a terminal while something takes its time, nowhere else."""

import os
import pty
import subprocess
import sys

import pytest

import tiny

COMMANDS = (
    (("run", "scenario.yaml", "--draws", "64", "--workers", "1"), "blocks of draws"),
    (("solve", "scenario.yaml"), "searching"),
    (("list", "switches", "scenario.yaml"), "readings"),
    (("report", "outputs/tiny-2025"), "writing the report"),
)


def on_terminal(folder, *words):
    """What a command says on an error stream that is a terminal."""
    near, far = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("EMISIM_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "TTY_INTERACTIVE")}
    environment = clean | {"PYTHONPATH": str(tiny.ROOT), "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-m", "emisim", *words]
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=far)
    os.close(far)
    said = b""
    while True:
        try:
            more = os.read(near, 65536)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        said += more
    out = process.communicate()[0]
    os.close(near)
    return process.returncode, out.decode(), said.decode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tiny.copy(tmp_path_factory.mktemp("tiny"))
    assert tiny.command(folder, "run", "scenario.yaml").code == 0
    return folder


@pytest.mark.parametrize(("words", "what"), COMMANDS, ids=lambda x: " ".join(x[:2]) if isinstance(x, tuple) else None)
def test_a_bar_moves_on_a_terminal_and_nowhere_else(folder, words, what):
    code, out, said = on_terminal(folder, *words)
    assert code in (0, 1)
    assert what in said
    assert what not in out and "\x1b[?25l" in said and said.rstrip().endswith(("\x1b[?25h", "\x1b[2K"))
    piped = tiny.command(folder, *words)
    assert (piped.code, piped.err) == (code, "")
    assert piped.out == out
