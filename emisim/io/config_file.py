"""Read plans and scenarios: YAML to frozen models, with every fault at its line and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import ValidationError

from emisim.binding import KEY, faults_without_inventory
from emisim.case import Case, File, Origin, prepare
from emisim.cost import check_costs
from emisim.errors import MOST_FAULTS, BadInput, Fault, Place, Reporter, Term, and_more, fault, nearest
from emisim.inventory import Inventory, SourceTexts
from emisim.io.inventory_folder import BadInventory, Reader, check_tables, read_inventory
from emisim.io.paths import check, named, roots_of
from emisim.io.safe_write import whole
from emisim.io.yaml_file import Document, Location, read_yaml
from emisim.model import Model
from emisim.plan import Plan
from emisim.reading import Reading, read
from emisim.scenario import Scenario
from emisim.uncertainty.ensemble import Ensemble, check_ensemble, evaluate
from emisim.verdicts import check_targets

M = TypeVar("M", bound=Model)
Changes = Sequence[tuple[Location, object, str]]
_TYPES = MappingProxyType(
    {
        "string_type": "text",
        "int_type": "whole",
        "int_from_float": "whole",
        "dict_type": "mapping",
        "model_type": "mapping",
        "bool_type": "switch",
        "tuple_type": "list",
    }  # fmt: skip
)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A scenario with all that belongs to it, checked and compiled, and the files it came from."""

    case: Case
    files: tuple[Path, ...]
    shown: tuple[str, ...]


def read_model(model: type[M], path: Path, shown: str, changes: Changes = ()) -> tuple[M, Document]:
    """Read one YAML file into a model; ``changes`` of the command line stand in it as if they had been written there.

    Raises
    ------
    BadInput
    """
    document = read_yaml(path, shown)
    for location, value, option in changes:
        _put(document, location, value, option)
    return validated(model, document), document


def validated(model: type[M], document: Document) -> M:
    """The data of a YAML file as a model.

    Raises
    ------
    BadInput
    """
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        faults = [_fault(document, model, problem) for problem in problems[:MOST_FAULTS]]
        raise BadInput([*faults, and_more(faults[-1].place)] if len(problems) > MOST_FAULTS else faults) from None


def _put(document: Document, location: Location, value: object, option: str) -> None:
    """Set one value of a document, placed at the option that asks for it."""
    node, place = document.data, Place(option)
    for depth, key in enumerate(location[:-1], start=1):
        if not isinstance(node.get(key), dict):
            node[key] = {}
            document.values[location[:depth]] = place
        node = node[key]
    node[location[-1]] = value
    for known in [k for k in document.values if k[: len(location)] == location]:
        del document.values[known]
    document.values[location] = document.keys[location] = place


def _fault(document: Document, model: type[Model], problem) -> Fault:
    """One line of ours for one error of pydantic."""
    location = _location(document, problem["loc"])
    kind, last = problem["type"], location[-1] if location else ""
    place = document.place(location) if location == problem["loc"] else document.key_place(location)
    if kind == "extra_forbidden":
        known = _fields(model, problem["loc"][:-1])
        near = nearest(str(last), known)
        key = "schema.unknown_key"
        return fault(key, document.key_place(location), key=last, near=near, known=", ".join(known))
    if kind == "missing":
        return fault("schema.missing", document.key_place(location), key=last)
    if kind == "literal_error":
        known = problem["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        near = nearest(str(problem["input"]), known)
        return fault("value.choice", place, word=problem["input"], near=near, known=", ".join(known))
    if kind == "too_short":
        return fault("schema.too_few", place, key=last, least=problem["ctx"]["min_length"])
    if kind == "string_too_short":
        return fault("schema.empty", place, key=last)
    if kind in ("greater_than_equal", "less_than_equal"):
        return fault("schema.year", place, key=last, given=problem["input"])
    if "." in kind:
        return fault(kind, place, key=last, **problem.get("ctx", {}))
    if kind in _TYPES:
        return fault("schema.type", place, key=last, wanted=Term(f"type.{_TYPES[kind]}"), given=_short(problem["input"]))
    return fault("schema.value", place, key=last, given=_short(problem["input"]), problem=problem["msg"])


def _location(document: Document, location: tuple) -> Location:
    """Pydantic's location without what is no part of the file: the mark ``[key]`` after a key that is wrong itself."""
    return location[:-1] if location and location[-1] == KEY and location not in document.values else location


def _short(value) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."


@lru_cache(maxsize=8)
def _schema(model: type[Model]) -> dict:
    """The JSON Schema of a model; making it takes milliseconds, and a file may have thousands of wrong keys."""
    return model.model_json_schema()


def _fields(model: type[Model], location: tuple) -> list[str]:
    """Names that would be right at a location of a model."""
    schema = _schema(model)
    node = schema
    for part in location:
        while "$ref" in node:
            node = schema["$defs"][node["$ref"].split("/")[-1]]
        options = [node, *node.get("anyOf", [])]
        for option in options:
            while "$ref" in option:
                option = schema["$defs"][option["$ref"].split("/")[-1]]
            found = option.get("properties", {}).get(part) or (option.get("items") if isinstance(part, int) else None)
            found = found or (option["additionalProperties"] if isinstance(option.get("additionalProperties"), dict) else None)
            if found:
                node = found
                break
        else:
            return []
    for option in [node, *node.get("anyOf", [])]:
        while "$ref" in option:
            option = schema["$defs"][option["$ref"].split("/")[-1]]
        if option.get("properties"):
            return list(option["properties"])
    return []


def load(
    path: str | Path,
    near: Callable[[Path], str] = lambda p: p.as_posix(),
    changes: Changes = (),
    stored: Mapping[str, Path] | None = None,
    allowed: Iterable[str | Path] = (),
    reader: Reader | None = None,
) -> Loaded:
    """Read a scenario, its plan and its inventory, check all of it and compile it.

    Parameters
    ----------
    path : the scenario file. Paths inside it are relative to its folder, and lead nowhere out of its project (``emisim.io.paths``).
    near : how a path is shown in messages.
    changes : (location, value, option) of what the command line changes in the scenario.
    stored : where ``plan`` and ``inventory`` lie, if not where the scenario says.
    allowed : further folders that they may lie in.
    reader : reads the inventory in place of ``read_inventory``, and says what stands in the place of its files.

    Raises
    ------
    BadInput
        With all faults of all files.
    """
    path = Path(path)
    roots = roots_of(path, allowed)
    check(path, roots, Place(near(path)))
    scenario, document = read_model(Scenario, path, near(path), changes)
    stored = stored or {}
    paths, faults = {"scenario": path}, []
    for what, text in (("plan", scenario.plan), ("inventory", scenario.inventory)):
        try:
            found = stored.get(what) or named(text, path.parent, roots, document.place((what,)))
            if what == "inventory" and what not in stored:
                check_tables(found, near(found), roots)
            paths[what] = found
        except BadInput as bad:
            faults += bad.faults
    with whole(paths["inventory"]) if "inventory" in paths else nullcontext():
        return _load(scenario, document, paths, faults, near, changes, reader)


def _load(
    scenario: Scenario,
    document: Document,
    paths: Mapping[str, Path],
    known: Sequence[Fault],
    near: Callable[[Path], str],
    changes: Changes,
    reader: Reader | None,
) -> Loaded:
    """The same with the scenario read. paths : of the scenario, and of plan and inventory if these may be read; known : faults, if not."""
    faults = list(known)
    documents = {"scenario": document}
    plan = inventory = sources = None
    try:
        if "plan" in paths:
            if not _is(paths["plan"].is_file):
                raise BadInput([fault("scenario.no_plan", document.place(("plan",)), file=near(paths["plan"]))])
            plan, documents["plan"] = read_model(Plan, paths["plan"], near(paths["plan"]))
    except BadInput as bad:
        faults += bad.faults

    def place(file: str, location: Location) -> Place:
        return _place(documents[file], location)

    reporter = Reporter(place)
    reading = read(scenario, plan, reporter) if plan is not None else None
    faults += reporter.faults
    alternatives = reading.alternatives if reading else scenario.alternatives
    years = (scenario.base_year, scenario.target_year)
    try:
        if "inventory" in paths:
            folder = paths["inventory"]
            if not _is(folder.is_dir):
                raise BadInput([fault("scenario.no_inventory", document.place(("inventory",)), file=near(folder))])
            asked = reading.asked if reading else {name: ("scenario", ("alternatives", name)) for name in alternatives}
            read_tables = reader.inventory if reader else read_inventory
            inventory = read_tables(
                folder, scenario.base_year, years, alternatives, near(folder), lambda name: place(*asked[name])
            )
    except BadInventory as bad:
        faults, sources = [*faults, *bad.faults], bad.sources
    except BadInput as bad:
        faults += bad.faults
    case = None

    if reading is not None:
        ensemble = Reporter(place)
        check_ensemble(scenario, plan, reading, inventory.alternatives if inventory else None, ensemble)
        faults += ensemble.faults
    if plan is not None and inventory is None:
        faults += _without_inventory(scenario, plan, reading, sources, place)
    elif plan is not None:
        try:
            case = prepare(scenario, plan, inventory, place, reading)
        except BadInput as bad:
            faults += bad.faults
    if faults or case is None:
        raise BadInput(faults)
    files = (paths["scenario"], paths["plan"], *_tables_in(paths["inventory"]))
    origin = _origin(scenario, files, changes, reader.content if reader else Path.read_bytes)
    return Loaded(replace(case, origin=origin), files, tuple(near(f) for f in files))


def _without_inventory(
    scenario: Scenario, plan: Plan, reading: Reading, sources: SourceTexts | None, place: Callable[[str, Location], Place]
) -> list[Fault]:
    """Faults of a plan whose inventory cannot be read; more of them where at least the words of its sources are known."""
    faults = list(faults_without_inventory(scenario, plan, reading, sources, place))
    if sources is None:
        return faults
    reporter = Reporter(place)
    check_targets(scenario, plan, sources, reporter)
    check_costs(scenario, plan, reporter)
    return [*faults, *reporter.faults]


def _origin(scenario: Scenario, files: Sequence[Path], changes: Changes, content: Callable[[Path], bytes]) -> Origin:
    """The files of a case, byte by byte, named as the scenario names them: wherever a run is started, they are called alike."""
    named = [("scenario", files[0].name), ("plan", scenario.plan)]
    named += [(path.name, f"{scenario.inventory}/{path.name}") for path in files[2:]]
    found = (File(role, name, content(path)) for (role, name), path in zip(named, files, strict=True))
    return Origin(tuple(found), tuple(changes))


def _tables_in(folder: Path) -> tuple[Path, ...]:
    """The tables of an inventory folder, sources first."""
    needed = tuple(folder / name for name in ("sources.csv", "factors.csv", "growth.csv"))
    correlations = folder / "correlations.csv"
    return (*needed, correlations) if correlations.exists() else needed


def with_switch(loaded: Loaded, name: str, value: str) -> Case:
    """The same case with one switch turned.

    Raises
    ------
    BadInput
    """
    case = loaded.case
    scenario = case.scenario.model_copy(update={"switches": {**case.scenario.switches, name: value}})
    reading = read(scenario, case.plan, Reporter(case.place))
    inventory = case.tables
    if reading.alternatives != case.reading.alternatives:
        folder, years = loaded.files[2].parent, (scenario.base_year, scenario.target_year)
        inventory = read_inventory(folder, scenario.base_year, years, reading.alternatives)
    return prepare(scenario, case.plan, inventory, case.place, reading)


def turned(loaded: Loaded) -> dict[tuple[str, str], Case]:
    """(switch, value) → the case with that switch turned, for every value that is not taken."""
    values = loaded.case.reading.values
    others = [(n, v) for n, switch in loaded.case.plan.switches.items() for v in switch.values if v != values[n]]
    return {(name, value): with_switch(loaded, name, value) for name, value in others}


def ensemble_of(loaded: Loaded, progress: Callable[[int, int], None] = lambda done, count: None) -> Ensemble | None:
    """The verdicts of a scenario in all readings of its ``ensemble``; None if it asks for none.

    Parameters
    ----------
    progress : told members done and all of them.

    Raises
    ------
    BadInput
    """
    case = loaded.case
    if case.scenario.ensemble is None:
        return None
    known = {frozenset(case.reading.alternatives.items()): case.tables}

    def tables(reading: Reading) -> Inventory:
        key = frozenset(reading.alternatives.items())
        if key not in known:
            # The words of the sources do not depend on the factors: one copy serves all.
            known[key] = replace(_tables(loaded, reading), text=case.tables.text)
        return known[key]

    return evaluate(case, tables, progress)


def _tables(loaded: Loaded, reading: Reading) -> Inventory:
    """The inventory as its files have it with the alternatives of a reading."""
    scenario, records = loaded.case.scenario, loaded.case.tables.records
    years = (scenario.base_year, scenario.target_year)
    unasked = ("scenario", ("ensemble", "alternatives"))
    return read_inventory(
        loaded.files[2].parent,
        scenario.base_year,
        years,
        reading.alternatives,
        records.folder if records else None,
        lambda name: loaded.case.place(*reading.asked.get(name, unasked)),
    )


def scenario_of_plan(name: str, folder: Path) -> Path | None:
    """The scenario of a folder that runs the plan of a name; of several the one with the shortest name."""
    found = sorted(folder.glob("*.yaml"), key=lambda p: (len(p.name), p.name)) if _is(folder.is_dir) else []
    for path in found:
        try:
            check(path, roots_of(path), Place(path.as_posix()))
            plan = read_yaml(path).data.get("plan")
        except BadInput:
            continue
        if isinstance(plan, str) and Path(plan).stem == name:
            return path
    return None


def _is(kind: Callable[[], bool]) -> bool:
    """A name that no file can have, being too long for instance, is no file."""
    try:
        return kind()
    except (OSError, ValueError):
        return False


def _place(document: Document, location: Location) -> Place:
    if location[-1:] == (KEY,):
        return document.key_place(location[:-1])
    return (
        document.key_place(location)
        if location in document.keys and location not in document.values
        else document.place(location)
    )
