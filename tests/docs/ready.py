"""Commands in processes of their own, without the seconds in which each imports the libraries: one Python imports them and forks.

Only the libraries are at hand. emisim itself is imported anew by each command, from the folder it is typed in, as ``python -m`` does.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

LIBRARIES = (
    "click", "numpy", "pint", "pydantic", "rich.console", "rich.progress", "rich.table", "scipy.optimize", "scipy.sparse", "scipy.stats.qmc",
    "xarray", "h5netcdf", "yaml",
)  # fmt: skip
MOST_BYTES = 65536


def start(words: list[str], folder: Path, environment: Mapping[str, str], stdout: int, stderr: int) -> Callable[[], int]:
    """Start ``python -m emisim`` with these words in a folder; what is returned waits for its exit code, which is negative where a
    signal ended it, as that of ``Popen``."""
    server = _server(tuple(sorted(environment.items())))
    socket.send_fds(server, [json.dumps([words, str(folder)]).encode()], [stdout, stderr])

    def wait() -> int:
        answer = server.recv(MOST_BYTES)
        if not answer:
            raise RuntimeError("the Python that runs the commands has died")
        return json.loads(answer)

    return wait


@cache
def _server(environment: tuple[tuple[str, str], ...]) -> socket.socket:
    """The near end of a Python that waits for commands; it ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, __file__, str(theirs.fileno())],
        env={**dict(environment), "OPENBLAS_NUM_THREADS": "1"},  # a process that forks has one thread
        pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
    )  # fmt: skip
    theirs.close()
    atexit.register(lambda: (ours.close(), process.wait()))
    return ours


def _serve(channel: socket.socket) -> None:
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.collect()
    gc.freeze()
    while True:
        request, files, *_ = socket.recv_fds(channel, MOST_BYTES, 2)
        if not request:
            return
        child = os.fork()
        if not child:
            channel.close()
            _command(*json.loads(request), *files)
        for file in files:
            os.close(file)
        channel.send(json.dumps(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def _text(file: int, errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedWriter(io.FileIO(file, "w", closefd=False)), "utf-8", errors, line_buffering=True)


def _command(words: list[str], folder: str, stdout: int, stderr: int) -> None:
    """Become ``python -m emisim``; does not return."""
    code = 1
    try:
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        os.closerange(3, max(stdout, stderr) + 1)
        sys.stdout = sys.__stdout__ = _text(1, "strict")
        sys.stderr = sys.__stderr__ = _text(2, "backslashreplace")
        os.chdir(folder)
        sys.path[0] = folder
        sys.argv = ["emisim", *words]
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            runpy.run_module("emisim", run_name="__main__", alter_sys=True)
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
            if isinstance(stop.code, str):
                print(stop.code, file=sys.stderr)
        except BaseException:
            traceback.print_exc()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
