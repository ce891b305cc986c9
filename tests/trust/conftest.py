"""The promises of docs/explanation/trust.md: `make test` tries each at a small count, `make trust` (`--full`) at the count promised.

A test takes its count from ``count`` and hands what it measured to ``measured``; with ``--full`` the figures are kept, and
``python -m tests.trust.figures`` makes them the table of that page.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

FIGURES = Path(__file__).parents[2] / "outputs" / "trust"


@pytest.fixture(scope="session")
def full(request) -> bool:
    """Whether the promises are tried in full."""
    return request.config.getoption("--full")


@pytest.fixture(scope="session")
def count(full) -> Callable[[int, int], int]:
    """(count in the default suite, count that is promised) → how often to try."""
    return lambda quick, promised: promised if full else quick


@pytest.fixture(scope="session")
def measured(full) -> Callable[..., None]:
    """Keep what was measured for a row of the table: ``measured("kill", kills=200, damaged=0)``. Only with ``--full``."""

    def keep(row: str, **figures: object) -> None:
        if full:
            FIGURES.mkdir(parents=True, exist_ok=True)
            (FIGURES / f"{row}.json").write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    return keep
