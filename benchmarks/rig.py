"""What a row needs around it: a folder of its own, and peers at work in other environments.

A peer is a process that gets its data once and then does its work whenever it is told, so that it can take turns with emisim; it
tells the time of each piece itself, and can be asked for its result.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.contender import PEER, Contender
from benchmarks.timing import ROOT, environment

ENVIRONMENTS = {"peers": ".venv-peers", "primap2": ".venv-primap2"}
CLOSE = 1e-9


class Absent(Exception):
    """A library that a peer needs is not installed."""


class Differs(Exception):
    """A peer did other work than emisim."""


@dataclass(eq=False)
class Rig:
    """Opened for one row, closed after it. folder : empty, for its files. patience : how long something may take [s]."""

    folder: Path
    patience: float = 120.0
    peers: bool = True
    missing: list[str] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)

    def save(self, name: str, **arrays: np.ndarray) -> Path:
        """Arrays in a file that peers can read."""
        path = self.folder / f"{name}.npz"
        np.savez(path, **arrays)
        return path

    def peer(
        self,
        name: str,
        function: str,
        data: Path,
        expected: Callable[[], np.ndarray] | None = None,
        scale: float = 1.0,
        repeat: int = 99,
        where: str = "peers",
        part: int | None = None,
    ) -> list[Contender]:
        """A peer as a contender; none if its libraries are not there.

        Parameters
        ----------
        function : ``module:name`` in benchmarks.peers. data : file that it reads first. expected : what it must find, to 1e-9.
        scale : how much larger the whole work is. where : its environment. part : only so many entries of its result are compared.
        """
        if not self.peers:
            return []
        worker = Worker(where, function, data, self.folder / f"{name.replace(' ', '_')}.npy")
        self.workers.append(worker)
        try:
            worker.ready()
        except Absent:
            self.missing.append(name)
            return []
        check = None if expected is None else lambda: difference(name, worker.result()[:part], expected())
        return [Contender(name, PEER, worker.once, scale, repeat, check)]

    def close(self) -> None:
        """End all peers."""
        for worker in self.workers:
            worker.close()
        self.workers.clear()


def difference(name: str, found: np.ndarray, wanted: np.ndarray) -> float:
    """Largest relative difference of two arrays [1].

    Raises
    ------
    Differs
        It is more than 1e-9.
    """
    found, wanted = np.asarray(found, float), np.asarray(wanted, float)
    if found.shape != wanted.shape:
        raise Differs(f"{name}: {found.shape} where emisim has {wanted.shape}")
    size = np.maximum(np.abs(wanted), 1e-300)
    worst = float((np.abs(found - wanted) / size).max(initial=0.0))
    if not worst <= CLOSE:
        raise Differs(f"{name}: {worst:.1e} away from emisim")
    return worst


def interpreter(where: str) -> str:
    """The Python of an environment; this one if that environment was not made."""
    path = ROOT / ENVIRONMENTS[where] / "bin" / "python"
    return str(path) if path.exists() else sys.executable


class Worker:
    """A peer's process; see ``benchmarks.peers.worker`` for what is said through its pipes."""

    def __init__(self, where: str, function: str, data: Path, answer: Path):
        self.answer = answer
        command = [interpreter(where), "-m", "benchmarks.peers.worker", function, str(data), str(answer)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=_plain(environment()), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def _asked(self, word: str) -> str:
        print(word, file=self.process.stdin, flush=True)
        return self._heard()

    def _heard(self) -> str:
        answer = self.process.stdout.readline().strip()
        if answer.startswith("absent "):
            raise Absent(answer.removeprefix("absent "))
        if not answer:
            raise RuntimeError(f"{' '.join(self.process.args)} died")
        return answer

    def ready(self) -> None:
        """Wait until it has read its data."""
        self._heard()

    def once(self) -> float:
        """Do the work once: time [s]."""
        return float(self._asked("work"))

    def result(self) -> np.ndarray:
        """What the last work gave."""
        self._asked("result")
        return np.load(self.answer)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def _plain(variables: Mapping[str, str]) -> dict[str, str]:
    """As many threads as processors for everybody."""
    return {k: v for k, v in variables.items() if not k.endswith("_NUM_THREADS")} | {"POLARS_MAX_THREADS": str(_processors())}


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
