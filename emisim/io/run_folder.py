"""The run folder: every file of a result."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path, PurePath
from typing import Any

import yaml

from emisim import __version__
from emisim.case import Case
from emisim.errors import BadInput, Place, fault, nearest
from emisim.io.config_file import Loaded, ensemble_of, load
from emisim.io.csv_file import csv_bytes
from emisim.io.result_file import result_bytes, without_draws
from emisim.io.safe_write import write_files
from emisim.mechanisms import MECHANISMS
from emisim.sample import SampleDesign
from emisim.simulate import Result, simulate
from emisim.summary import clause_entries, clean, nitrogen_sums, project_entry, summarise, target_entry

FILES = (
    "result.nc", "ledger.csv", "targets.csv", "clauses.csv", "projects.csv", "summary.json", "summary.md", "report.html", "scenario.resolved.yaml", "run.json",
)  # fmt: skip
FORMAT = 1  # of run.json
_LIBRARIES = ("numpy", "scipy", "xarray", "pint", "h5netcdf", "h5py", "PyYAML", "pydantic")


def run(
    scenario: str | Path | Loaded,
    draws: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    allowed: Iterable[str | Path] = (),
) -> Result:
    """Read, check and simulate a scenario file, or simulate one that is loaded already.

    Parameters
    ----------
    draws, seed : draw all uncertain figures so many times; by default as the scenario says, if it does.
    workers : processes that share the draws. More than one needs a script that guards its beginning with
        ``if __name__ == "__main__":`` where processes cannot be forked (Windows, macOS).
    allowed : folders outside of its project that a scenario file may name its plan and inventory in.

    Raises
    ------
    BadInput
        Faults in the scenario, its plan or its inventory.
    """
    asked = {"draws": draws, "seed": seed}
    changes = [(("uncertainty", k), v, f"{k}={v}") for k, v in asked.items() if v is not None]
    loaded = scenario if isinstance(scenario, Loaded) else load(Path(scenario), changes=changes, allowed=allowed)
    case, result = loaded.case, simulate(loaded.case)
    design = case.scenario.uncertainty
    if isinstance(scenario, Loaded) and changes:
        given = design.model_dump() if design else {}
        design = SampleDesign(**given | {k: v for k, v in asked.items() if v is not None})
    if design is not None:
        from emisim.uncertainty.montecarlo import draw, with_uncertainty

        result = with_uncertainty(result, draw(case, design, workers, central=result))
    return replace(result, ensemble=ensemble_of(loaded))


def write_run(
    folder: Path,
    loaded: Loaded,
    result: Result,
    language: str,
    command: str,
    keep_draws: bool = False,
    files: Collection[str] = FILES,
) -> list[Path]:
    """Write the run folder; with ``keep_draws`` every draw is kept in its NetCDF file.

    A run that is killed meanwhile leaves all of the old result or all of this one (``emisim.io.safe_write``). Other files in the
    folder stay.

    Parameters
    ----------
    files : those of ``FILES`` to make, run.json with them in any case; what an earlier run left of the others goes, since it would be
        taken for this run's.

    Raises
    ------
    BadInput
        The folder cannot be made or written.
    """
    made = run_files(loaded, result, language, command, keep_draws, files)
    return write_files(folder, {**made, **{name: None for name in FILES if name not in made}})


def run_files(
    loaded: Loaded, result: Result, language: str, command: str, keep_draws: bool = False, files: Collection[str] = FILES
) -> dict[str, bytes]:
    """The files of the run folder that are asked for, ``run.json`` last."""
    result = result if keep_draws else without_draws(result)
    makers: dict[str, Callable[[], bytes]] = {
        "result.nc": lambda: result_bytes(result),
        "ledger.csv": lambda: ledger_csv(result),
        "targets.csv": lambda: targets_csv(result),
        "clauses.csv": lambda: clauses_csv(result),
        "projects.csv": lambda: projects_csv(result),
        "summary.json": lambda: dump(summarise(result)),
        "summary.md": lambda: _markdown(result, language),
        "report.html": lambda: _html(result, language),
        "scenario.resolved.yaml": lambda: resolved_yaml(loaded.case).encode(),
    }
    contents = {name: make() for name, make in makers.items() if name in files}
    options = {"language": language, "keep_draws": keep_draws}
    contents["run.json"] = dump(provenance(loaded, result, contents, command, options))
    return contents


def files_named(words: Iterable[str]) -> tuple[str, ...]:
    """The files of the run folder that words name, each one or several with commas between; all of them without a word.

    Raises
    ------
    BadInput
        A word that names none.
    """
    asked = [name.strip() for word in words for name in word.split(",")]
    wrong = [name for name in asked if name not in FILES]
    if wrong:
        known = ", ".join(FILES)
        raise BadInput(fault("option.file", Place(f"--files {n}"), word=n, near=nearest(n, FILES), known=known) for n in wrong)
    return tuple(name for name in FILES if name in asked) or FILES


def _markdown(result: Result, language: str) -> bytes:
    from emisim.report.markdown import markdown

    return markdown(result, language).encode()


def _html(result: Result, language: str) -> bytes:
    from emisim.report.page import html

    return html(result, language).encode()


def dump(data: Any) -> bytes:
    """JSON as bytes: one form for one content."""
    return (json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def ledger_csv(result: Result) -> bytes:
    """Every contribution: source, measure, pollutant, year, reduction [t/yr]."""
    inventory, ledger = result.inventory, result.ledger

    def rows() -> Iterable[tuple]:
        for i, m, values in zip(ledger.row, ledger.measure, ledger.reduction, strict=True):
            for k, pollutant in enumerate(inventory.pollutants):
                for t, year in enumerate(result.years):
                    if values[k, t]:
                        yield inventory.ids[i], result.bound.names[m], pollutant, year, clean(values[k, t])

    return csv_bytes(("source_id", "measure", "pollutant", "year", "reduction_t_per_yr"), rows())


def targets_csv(result: Result) -> bytes:
    """One row a target; subset targets that hold whole manure chains with the nitrogen balance of these."""
    entries = [target_entry(v) | nitrogen_sums(result, v.id) for v in result.verdicts]
    header = tuple(entries[0]) if entries else ("id", "kind", "verdict")
    return csv_bytes(header, (tuple("" if e[h] is None else e[h] for h in header) for e in entries))


def clauses_csv(result: Result) -> bytes:
    """One row a clause: what it is, who, when, and what it brings by pollutant [t/yr] with its share of the plan's reduction."""
    pollutants = result.inventory.pollutants
    plain = (
        "id",
        "clause",
        "chapter",
        "title_zh",
        "title_en",
        "standing",
        "wording",
        "words",
        "deadline",
        "due",
        "reason_zh",
        "reason_en",
    )
    lists = ("measures", "lead", "cooperating", "sectors", "pollutants")
    nested = {"reduction_t": "reduction_{}_t_per_yr", "share": "share_{}", "further_t": "further_{}_t_per_yr"}
    header = (*plain, *lists, *(text.format(p) for text in nested.values() for p in pollutants))

    def rows() -> Iterable[tuple]:
        for entry in clause_entries(result):
            values = [("" if entry[k] is None else entry[k]) for k in plain] + [";".join(entry[k]) for k in lists]
            yield (*values, *("" if entry[k] is None else entry[k][p] for k in nested for p in pollutants))

    return csv_bytes(header, rows())


def projects_csv(result: Result) -> bytes:
    """One row a project line of the creditable ledger."""
    entries = [project_entry(line) for line in result.projects]
    header = ("measure", "pollutant", "counts", "rule", "before_t", "after_t", "credit_t", "complete")
    return csv_bytes(header, (tuple("yes" if e[h] is True else "no" if e[h] is False else e[h] for h in header) for e in entries))


def resolved(case: Case) -> dict[str, Any]:
    """The scenario with everything filled in: measures that run, their parameters after adjustment, the rows they touch."""
    scenario, ids = case.scenario, case.inventory.ids
    measures = {}
    for m, (name, measure) in enumerate(zip(case.bound.names, case.bound.measures, strict=True)):
        actions = []
        for action in (a for a in measure.actions if case.reading.holds(a.when)):
            mechanism = MECHANISMS[action.mechanism]
            parameters = dict(action.parameters)
            for change in case.reading.changes.get(name, ()):
                parameters |= {k: v for k, v in change.adjustment.parameters.items() if mechanism.parameter(k)}
            actions.append({"mechanism": action.mechanism, "parameters": parameters})
        rows = sorted({int(r) for op in case.bound.operations if op.measure == m for r in op.rows})
        schedule = measure.schedule.model_dump(mode="json", by_alias=True, exclude_none=True) if measure.schedule else None
        measures[name] = {
            "clause": measure.clause,
            "part": measure.part,
            "wording": measure.wording,
            "standing": measure.standing,
            "schedule": schedule,
            "actions": actions,
            "sources": [str(ids[r]) for r in rows],
        }
    head = scenario.model_dump(mode="json", exclude={"adjust", "targets", "measures", "switches"}, exclude_defaults=True)
    targets = {
        n: t.model_dump(mode="json", exclude_defaults=True, by_alias=True) for n, t in case.reading.targets.items()
    }  # fmt: skip
    return {**head, "switches": dict(case.reading.values), "measures": measures, "targets": targets}


def resolved_yaml(case: Case) -> str:
    """``resolved`` as YAML."""
    return yaml.dump(
        resolved(case), Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), allow_unicode=True, sort_keys=False, width=140
    )


def provenance(
    loaded: Loaded, result: Result, contents: Mapping[str, bytes], command: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """What is needed to repeat a run, which ``rerun`` does: versions, hashes of inputs and outputs, options, command. No time and
    no place on a machine, so that equal runs are equal."""
    origin, design = loaded.case.origin, result.uncertainty.design if result.uncertainty else None
    changes = [{"at": list(at), "value": value, "option": option} for at, value, option in origin.changes]
    drawn = {
        "uncertainty": design.model_dump(mode="json", exclude_unset=True) if design else None,
        "ensemble": result.ensemble is not None,
    }
    return {
        "format": FORMAT,
        "emisim": __version__,
        "scenario": result.scenario.scenario,
        "command": command,
        "seed": result.uncertainty.design.seed if result.uncertainty else None,
        "python": platform.python_version(),
        "libraries": libraries(),
        "options": {"changes": changes, **drawn, **options},
        "inputs": {name: digest(f.content) for f, name in zip(origin.files, input_names(loaded), strict=True)},
        "outputs": {name: digest(data) for name, data in contents.items()},
        "balances": asdict(result.balances),
    }


def input_names(loaded: Loaded) -> tuple[str, ...]:
    """The files of a run as they are called from where it is started, scenario and plan first. Where that would be a place on one
    machine, as they are called from the folder of the scenario."""
    if any(PurePath(shown).is_absolute() for shown in loaded.shown):
        return tuple(file.shown for file in loaded.case.origin.files)
    return loaded.shown


def libraries(names: Iterable[str] = _LIBRARIES) -> dict[str, str]:
    """Library → its version here; empty where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except (PackageNotFoundError, ValueError):
            found[name] = ""
    return found


def digest(data: bytes) -> str:
    """The sha256 of a file."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
