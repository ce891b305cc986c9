"""When and where times were taken."""

from __future__ import annotations

import os
import platform
import re
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.rig import ENVIRONMENTS, interpreter

LIBRARIES = ("numpy", "scipy", "xarray", "pint", "click", "h5netcdf", "h5py")
PEERS = ("numpy", "pandas", "xarray", "pint", "pint-xarray", "polars", "scipy", "primap2")
TELL = "import importlib.metadata as m, json, sys\nprint(json.dumps({d.metadata['Name'].lower(): d.version for d in m.distributions()}))"


def machine() -> dict[str, object]:
    """Date, processor, memory, Python, versions."""
    return {
        "date": date.today().isoformat(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "peers": {where: _peers(where) for where in ENVIRONMENTS},
    }


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def _memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError, AttributeError):
        return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _peers(where: str) -> dict[str, str]:
    """What is installed in an environment of peers, of what they use."""
    import json
    import subprocess

    found = json.loads(subprocess.run([interpreter(where), "-c", TELL], capture_output=True, text=True, check=True).stdout)
    return {name: found[name] for name in PEERS if name in found}
