"""Parts on the workers of a dask cluster, here or on other machines. A worker that dies costs the parts it was at: others run them again."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from emisim import __version__
from emisim.errors import BadInput, Place, fault
from emisim.io.parts.blocks import Part
from emisim.io.parts.running import Done, Spread

AHEAD = 2  # parts that wait for each worker, so that none is idle and no node holds many
DEATHS = 5  # workers that may die at one part before it is given up
PATIENCE = 30  # for a scheduler to answer [s]


@contextmanager
def local(workers: int) -> Iterator[Spread]:
    """A cluster of processes on this machine."""
    _needed()
    from dask import config
    from distributed import Client, LocalCluster

    with (
        config.set({"distributed.scheduler.allowed-failures": DEATHS, "distributed.worker.daemon": False}),
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL) as cluster,
        Client(cluster) as client,
    ):
        yield on(client)


@contextmanager
def scheduler(address: str) -> Iterator[Spread]:
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
        yield on(client)


def version() -> str:
    """The emisim of a worker; empty where it has none."""
    try:
        from emisim import __version__ as there
    except ImportError:
        return ""
    return there


def on(client) -> Spread:
    """Spread parts over the workers of a dask client."""

    def spread(work: Callable[[Part], Done], parts: Iterable[Part]) -> Iterator[Done]:
        kit = client.scatter(work, broadcast=True, hash=False)
        waiting: deque = deque()
        for part in parts:
            waiting.append(client.submit(_run, kit, part, pure=False, retries=DEATHS))
            while len(waiting) > AHEAD * max(1, len(client.scheduler_info()["workers"])):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    return spread


def _run(work: Callable[[Part], Done], part: Part) -> Done:
    return work(part)


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
