"""emisim: emission-inventory simulation for action plans.

    >>> import emisim
    >>> result = emisim.run("scenarios/mengjin-2025.yaml")
    >>> result.totals(result.plan)

Public: ``load`` (read and check a scenario), ``run`` (load and simulate), ``summarise`` (what summary.json holds),
``rerun`` (repeat a run folder and compare), ``open_result`` (the live result of a run folder), ``open_dataset`` and ``to_dataset`` (a run folder, or a result, as an xarray
Dataset); and on a result's ``case``, or ``load(path).case``: ``explain``
(where a number comes from), ``compare`` and ``difference`` (scenarios side by side, and what makes two differ), ``one_by_one``
(each measure alone and as the last), ``all_packages``, ``solve`` (the cheapest package that meets the targets), ``solve_by_source``
(at which sources each measure is carried out), ``backcast`` (what one measure must be).
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"
__all__ = [
    "__version__", "all_packages", "backcast", "compare", "difference", "explain", "load", "one_by_one", "open_dataset", "open_result",
    "rerun", "run",
    "solve", "solve_by_source", "summarise", "to_dataset",
]  # fmt: skip

_HOMES = {
    "all_packages": "emisim.questions.solving",
    "backcast": "emisim.questions.backcast",
    "compare": "emisim.questions.compare",
    "difference": "emisim.questions.compare",
    "explain": "emisim.questions.explanation",
    "load": "emisim.io.config_file",
    "one_by_one": "emisim.questions.packages",
    "open_dataset": "emisim.io.result_file",
    "open_result": "emisim.io.result_file",
    "rerun": "emisim.io.rerun",
    "run": "emisim.io.run_folder",
    "solve": "emisim.questions.solving",
    "solve_by_source": "emisim.questions.sites",
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
