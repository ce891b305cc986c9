"""A run in parts, from the scenario to the run folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from emisim import __version__
from emisim.errors import BadInput, Fault, Place, fault
from emisim.io.config_file import Changes, Loaded, load
from emisim.io.csv_file import csv_bytes
from emisim.io.parts.blocks import parts
from emisim.io.parts.running import Kit, Spread, added_up
from emisim.io.parts.store import NAME, Store
from emisim.io.parts.survey import Survey
from emisim.io.run_folder import FILES, digest, dump, input_names, run_files
from emisim.io.safe_write import write_files
from emisim.periods import end_state
from emisim.simulate import Result, evidence_of, judged, years_of
from emisim.summary import clean
from emisim.sums import Sums, emitted_by_kind, with_sources

BLOCK = 20_000  # sources of a part, unless somebody says otherwise


@dataclass(frozen=True, eq=False)
class Whole:
    """What a run in parts has found. result : with one source of each kind in the place of all sources."""

    loaded: Loaded
    survey: Survey
    sums: Sums
    result: Result


def surveyed(
    scenario: Path, near: Callable[[Path], str], changes: Changes, allowed: Iterable[Path], rows: int
) -> tuple[Loaded, Survey]:
    """A scenario checked on one source of each kind.

    Raises
    ------
    BadInput
        With all faults; or the scenario does not say that each region carries out the plan by itself.
    """
    survey = Survey(rows)
    try:
        loaded = load(scenario, near, changes, allowed=allowed, reader=survey)
    except BadInput as bad:
        raise BadInput(map(_of_parts, bad.faults)) from None
    case = loaded.case
    faults = [
        fault("parts.no_draws", case.place("scenario", (word,))) for word in ("uncertainty", "ensemble") if getattr(case.scenario, word)
    ]  # fmt: skip
    if case.scenario.each != "region":
        faults.append(fault("parts.each", case.place("scenario", ("scenario",))))
    if faults:
        raise BadInput(faults)
    return loaded, survey


def _of_parts(problem: Fault) -> Fault:
    """A fault as it is, unless it is that one of a kind has no region and no id of its own."""
    column = problem.values.get("column") if problem.key == "selector.value" else None
    return fault("parts.selector", problem.place, column=column) if column in ("region", "source_id") else problem


def run_in_parts(loaded: Loaded, survey: Survey, spread: Spread, folder: Path, progress: Callable[[int], None]) -> Whole:
    """Run every part, and judge the sums.

    Raises
    ------
    BadInput
    """
    case, tables = loaded.case, survey.tables
    kit = Kit(case.scenario, case.plan, case.reading, tables)
    names = case.inventory.pollutants
    attributes = {"title": case.scenario.title.en, "source": f"emisim {__version__}", "scenario": case.scenario.scenario}
    store = Store(folder, survey.sources, survey.widths, names, years_of(case), attributes)
    sources, shown = loaded.files[2], loaded.shown[2]
    try:
        sums = added_up(spread(kit, parts(sources, shown, survey.rows, [])), store.add, progress)
        result = _judged(loaded, survey, sums)
        store.close()
    finally:
        store.drop()
    return Whole(loaded, survey, sums, result)


def _judged(loaded: Loaded, survey: Survey, sums: Sums) -> Result:
    """What the sums mean for the plan."""
    case, scenario = loaded.case, loaded.case.scenario
    if sums.kinds != survey.kinds:
        raise BadInput([fault("parts.changed", Place(loaded.shown[2]))])
    base, program = case.arrays(end_state(scenario.base_year, scenario.target_year))
    place = {name: row for row, name in enumerate(case.inventory.ids.tolist())}
    row = np.array([place[fields["source_id"]] for fields in survey.stand_ins])
    found = emitted_by_kind(sums, case, base, program, row)
    years, names, pollutants = years_of(case), case.bound.names, case.inventory.pollutants
    evidence = evidence_of(case, years, found.ledger, found.reference, found.plan, program.phase)
    lines = {
        year: with_sources(sums, names, pollutants, years.index(year), some) for year, some in evidence.projects.items()
    }  # fmt: skip
    result = judged(case, found, replace(evidence, projects=lines))
    note = fault("parts.kinds", sources=survey.sources, kinds=len(survey.kinds), regions=survey.regions)
    base = sums.by_kind["base"][np.argsort(row)]
    return replace(result, base=base, sources=survey.sources, warnings=(note, *result.warnings))


def write_parts(folder: Path, whole: Whole, language: str, command: str, files: Sequence[str]) -> list[Path]:
    """Write the run folder: that of any run, with kinds of source in the place of sources, and what each region emits.

    Raises
    ------
    BadInput
        It cannot be written.
    """
    loaded, result = whole.loaded, whole.result
    contents = run_files(loaded, result, language, command, files=files)
    record = json.loads(contents.pop("run.json"))
    contents |= {"regions.csv": regions_csv(whole), "region_measures.csv": region_measures_csv(whole)}
    record["options"]["block"] = whole.survey.rows
    record["inputs"] = digests(loaded.files, input_names(loaded))
    record["outputs"] = {name: digest(data) for name, data in contents.items()}
    contents["run.json"] = dump(record)
    made = write_files(folder, {**contents, **{name: None for name in FILES if name not in contents}})
    return [folder / NAME, *made]


def regions_csv(whole: Whole) -> bytes:
    """One row a region: its sources, and by pollutant what it emits in the base year and in the target year; official totals [t/yr]."""
    sums, pollutants = whole.sums, whole.result.inventory.pollutants
    found = sums.by_region
    header = ("region", "sources", *(f"{p}_{what}_t_per_yr" for p in pollutants for what in ("base", "reference", "plan")))

    def rows():
        for r, region in enumerate(sums.regions):
            values = (
                clean(value)
                for k in range(len(pollutants))
                for value in (found["base"][r, k], found["reference"][r, k, -1], found["plan"][r, k, -1])
            )
            yield (region, int(found["count"][r]), *values)

    return csv_bytes(header, rows())


def region_measures_csv(whole: Whole) -> bytes:
    """What each measure brings in each region in the target year; official totals [t/yr]."""
    sums, names = whole.sums, whole.result.bound.names
    values = sums.by_region["measures"]

    def rows():
        for r, m, k in np.argwhere(values).tolist():
            yield sums.regions[r], names[m], whole.result.inventory.pollutants[k], clean(values[r, m, k])

    return csv_bytes(("region", "measure", "pollutant", "reduction_t_per_yr"), rows())


def digests(files: Sequence[Path], shown: Sequence[str]) -> Mapping[str, str]:
    """The sha256 of files of any size."""
    out = {}
    for path, name in zip(files, shown, strict=True):
        with path.open("rb") as stream:
            out[name] = f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
    return out
