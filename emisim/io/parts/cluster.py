"""Parts on the workers of a dask cluster, here or on other machines. A worker that dies costs the parts it was at: others run them again."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from emisim import __version__
from emisim.errors import BadInput, Place, fault
from emisim.io.parts.blocks import Part
from emisim.io.parts.running import Done
from emisim.uncertainty.spread import Progress

T = TypeVar("T")
AHEAD = 2  # parts that wait for each worker, so that none is idle and no node holds many
DEATHS = 5  # workers that may die at one part before it is given up
PATIENCE = 30  # for a scheduler to answer [s]


@contextmanager
def local(workers: int) -> Iterator[Cluster]:
    """A cluster of processes on this machine."""
    _needed()
    from dask import config
    from distributed import Client, LocalCluster

    with (
        config.set({"distributed.scheduler.allowed-failures": DEATHS, "distributed.worker.daemon": False}),
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL) as cluster,
        Client(cluster) as client,
    ):
        yield Cluster(client)


@contextmanager
def scheduler(address: str) -> Iterator[Cluster]:
    """A cluster whose scheduler is running already.

    Raises
    ------
    BadInput
        Nothing answers there, or its workers have another emisim.
    """
    _needed()
    from distributed import Client

    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInput([fault("parts.no_scheduler", Place(f"--scheduler {address}"), reason=reason)]) from None
    with client:
        found = client.run(version)
        other = sorted({text for text in found.values() if text != __version__})
        if other or not found:
            key = "parts.other_version" if found else "parts.no_workers"
            raise BadInput([fault(key, Place(f"--scheduler {address}"), here=__version__, there=", ".join(other))])
        yield Cluster(client)


def version() -> str:
    """The emisim of a worker; empty where it has none."""
    try:
        from emisim import __version__ as there
    except ImportError:
        return ""
    return there


@dataclass(frozen=True, eq=False)
class Cluster:
    """The workers of a dask client."""

    client: Any

    def parts(self, work: Callable[[Part], Done], parts: Iterable[Part]) -> Iterator[Done]:
        """What the work makes of each part, in the order of the parts."""
        kit = self.client.scatter(work, broadcast=True, hash=False)
        waiting: deque = deque()
        for part in parts:
            waiting.append(self._asked(kit, part))
            while len(waiting) > AHEAD * max(1, len(self.client.scheduler_info()["workers"])):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def pieces(
        self, work: Callable[[int], T], count: int, workers: int = 1, progress: Progress = lambda done, count: None
    ) -> list[T]:
        """``[work(0), …, work(count − 1)]``, as ``uncertainty.spread`` has it; the workers are those of the cluster."""
        kit = self.client.scatter(work, broadcast=True, hash=False)
        asked, out = [self._asked(kit, k) for k in range(count)], []
        for future in asked:
            out.append(future.result())
            progress(len(out), count)
        return out

    def _asked(self, kit, what):
        return self.client.submit(_run, kit, what, pure=False, retries=DEATHS)


def _run(work: Callable, what):
    return work(what)


def _needed() -> None:
    """
    Raises
    ------
    BadInput
        The extra ``cluster`` is not installed.
    """
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise BadInput([fault("parts.no_dask")]) from None
