"""The files of the page that come with the package: its style sheet, its script, and the chart library with its notice."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=4)
def asset(folder: str, name: str) -> str:
    """The text of a file in ``emisim/data``."""
    return (files("emisim") / "data" / folder / name).read_text(encoding="utf-8")


def fingerprint(text: str) -> str:
    """The hash by which a Content-Security-Policy lets one script or style sheet pass."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
