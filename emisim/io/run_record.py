"""The record of a run, ``run.json``, read again: what it was made from, with which options, and what came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from emisim.errors import BadInput, Place, fault
from emisim.io.config_file import validated
from emisim.io.run_folder import FORMAT
from emisim.io.text_file import LARGEST_YAML, read_text
from emisim.io.yaml_file import Document, parse_yaml
from emisim.model import Model
from emisim.sample import SampleDesign

NAME = "run.json"
LONGEST = 1000
TABLES = ("sources.csv", "factors.csv", "growth.csv", "correlations.csv")


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _word(value: str) -> str:
    """A text that can be shown as it is."""
    if not value.isprintable() or len(value) > LONGEST:
        raise PydanticCustomError("rerun.word", "word", {"text": value[:LONGEST]})
    return value


def _file(value: str) -> str:
    """The name of a file of the run folder, which leads nowhere else."""
    if value in ("", ".", "..") or "/" in value or "\\" in value:
        raise PydanticCustomError("rerun.file", "file", {"text": value})
    return value


def _hash(value: str) -> str:
    digits = value.removeprefix("sha256:")
    if len(digits) != 64 or digits == value or set(digits) - set("0123456789abcdef"):
        raise PydanticCustomError("rerun.hash", "hash", {"text": value})
    return value


def _inputs(value: dict[str, str]) -> dict[str, str]:
    """Scenario, plan and the tables of one inventory, each once."""
    tables = [Path(name).name for name in list(value)[2:]]
    if tables not in (list(TABLES[:3]), list(TABLES)) or Path(next(iter(value))).name in ("", ".."):
        raise PydanticCustomError("rerun.inputs", "inputs", {"wanted": ", ".join(TABLES)})
    return value


Word = Annotated[str, AfterValidator(_word)]
Hash = Annotated[str, AfterValidator(_hash)]


class _Part(Model):
    """A part of the record; keys that say nothing about how to repeat the run are passed over."""

    model_config = ConfigDict(extra="ignore")


class Change(_Part):
    """What an option changes in the scenario. at : location; option : as typed."""

    at: Annotated[tuple[Word, ...], BeforeValidator(_listed), Field(min_length=1)]
    value: Any
    option: Word


class Options(_Part):
    """Everything that a run was asked for beside its files. uncertainty : its draws, null for none. block : of a run in parts."""

    changes: Annotated[tuple[Change, ...], BeforeValidator(_listed)]
    uncertainty: SampleDesign | None
    ensemble: bool
    language: Literal["en", "zh"]
    keep_draws: bool
    block: int | None = None


class RunRecord(_Part):
    """What ``run.json`` holds. inputs, outputs : name → sha256."""

    emisim: Word
    scenario: Word
    command: Word
    python: Word
    libraries: dict[Word, Word]
    options: Options
    inputs: Annotated[dict[Word, Hash], AfterValidator(_inputs)]
    outputs: Annotated[dict[Annotated[Word, AfterValidator(_file)], Hash], Field(min_length=1)]


def read_record(path: Path, shown: str) -> RunRecord:
    """Read the record of a run.

    Parameters
    ----------
    path : ``run.json``. shown : its name in messages.

    Raises
    ------
    BadInput
        Not such a file, a damaged one, or one from a version that wrote it otherwise.
    """
    text = read_text(path, shown, LARGEST_YAML)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput([fault("rerun.json", Place(shown, error.lineno, error.colno), problem=error.msg)]) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or deeper than Python goes
        data = None
    document = _placed(text, shown)
    if data is None:
        raise BadInput([fault("rerun.json", Place(shown), problem="a number of thousands of digits")])
    version = str(data.get("emisim", "?"))
    if "format" not in data and "inputs" in data:
        raise BadInput([fault("rerun.old", Place(shown), version=version, command=str(data.get("command", "emisim run")))])
    if data.get("format") != FORMAT or isinstance(data["format"], bool):
        place = document.place(("format",))
        raise BadInput([fault("rerun.format", place, given=str(data.get("format", "-")), known=FORMAT, version=version)])
    return validated(RunRecord, Document(shown, data, document.values, document.keys))


def _placed(text: str, shown: str) -> Document:
    """JSON with the place of everything: it is YAML too."""
    try:
        return parse_yaml(text, shown)
    except BadInput as bad:
        faults = bad.faults
    raise BadInput([fault("rerun.json", f.place, **f.values) if f.key == "yaml.syntax" else f for f in faults])
