"""The same input in another order: rows and columns of tables, measures of a plan, keys of a scenario; sources as their file has them."""

import csv
import io
import random
import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import yaml


def shuffled_table(data: bytes, seed: int) -> bytes:
    """A CSV table with its rows and its columns in another order."""
    draw = random.Random(seed)
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
    columns = draw.sample(range(len(header)), len(header))
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([[row[k] for k in columns] for row in (header, *draw.sample(rows, len(rows)))])
    return stream.getvalue().encode()


def shuffled_plan(text: str, seed: int) -> str:
    """The plan with its measures, and the rules of each relation, in another order."""
    head, rest = text.split("\nmeasures:\n", 1)
    body, *after = re.split(r"(?m)^(?=\S)", rest, maxsplit=1)
    blocks = re.split(r"(?m)^(?=  \S[^\n]*:[ \t]*$)", body)
    first, measures = blocks[0], blocks[1:]
    assert len(measures) > 10
    measures = [m if m.endswith("\n") else f"{m}\n" for m in measures]
    random.Random(seed).shuffle(measures)
    return f"{head}\nmeasures:\n{first}{''.join(measures)}{''.join(after)}"


def shuffled_keys(thing, draw: random.Random):
    """Plain data of YAML with the keys of every mapping in another order; lists stay."""
    if isinstance(thing, list):
        return [shuffled_keys(part, draw) for part in thing]
    if isinstance(thing, dict):
        return {key: shuffled_keys(thing[key], draw) for key in draw.sample(list(thing), len(thing))}
    return thing


def shuffled_scenario(text: str, seed: int) -> str:
    """A scenario with its keys in another order."""
    return yaml.safe_dump(shuffled_keys(yaml.safe_load(text), random.Random(seed)), allow_unicode=True, sort_keys=False)


def shuffled_project(scenario: Path, plan: Path, inventory: Path, folder: Path, seed: int | None) -> Path:
    """A scenario with its plan and its tables in a folder, all in another order (None: as they are); returns the scenario."""
    text = re.sub(r"(?m)^inventory: .*$", f"inventory: {inventory.name}", scenario.read_text(encoding="utf-8"))
    text = re.sub(r"(?m)^plan: .*$", f"plan: {plan.name}", text)
    measures = plan.read_text(encoding="utf-8")
    (folder / inventory.name).mkdir(parents=True)
    for table in sorted(inventory.glob("*.csv")):
        data = table.read_bytes()
        (folder / inventory.name / table.name).write_bytes(data if seed is None else shuffled_table(data, seed))
    (folder / plan.name).write_text(measures if seed is None else shuffled_plan(measures, seed), encoding="utf-8")
    (folder / scenario.name).write_text(text if seed is None else shuffled_scenario(text, seed), encoding="utf-8")
    return folder / scenario.name


def as_written(inventory):
    """An inventory with its sources in the order of its file."""
    order = np.argsort(inventory.records.line, kind="stable")
    place = np.append(np.argsort(order), -1)
    arrays = {f.name: getattr(inventory, f.name) for f in fields(inventory)}
    rows = {name: values[order] for name, values in arrays.items() if isinstance(values, np.ndarray)}
    rows["upstream"] = place[inventory.upstream][order]
    text = {column: values[order] for column, values in inventory.text.items()}
    found = inventory.records
    records = replace(found, line=found.line[order], activity=found.activity[order], kind=found.kind[order])
    return replace(inventory, **rows, text=text, records=records)
