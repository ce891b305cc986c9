"""emisim: emission-inventory simulation for action plans.

    >>> import emisim
    >>> result = emisim.run("scenarios/mengjin-2025.yaml")
    >>> result.totals(result.plan)

Public: ``load`` (read and check a scenario), ``run`` (load and simulate), ``summarise`` (what summary.json holds),
``to_dataset`` (xarray), ``open_result`` (a result file or run folder as an xarray Dataset).
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"
__all__ = ["__version__", "load", "open_result", "run", "summarise", "to_dataset"]

_HOMES = {
    "load": "emisim.io.config_file",
    "open_result": "emisim.io.netcdf",
    "run": "emisim.io.run_folder",
    "summarise": "emisim.summary",
    "to_dataset": "emisim.io.netcdf",
}


def __getattr__(name: str):
    """Import a public function when it is first asked for, so that ``import emisim`` stays light."""
    if name in _HOMES:
        module = import_module(_HOMES[name])
        value = getattr(module, name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'emisim' has no attribute {name!r}")
