"""Begin a plan of one's own: the plan file with every item of its text, and a scenario that runs it on an inventory."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from emisim.errors import BadInput, Place, fault
from emisim.importing.plans.text import heading, items
from emisim.inventory import Inventory
from emisim.io.inventory_folder import read_inventory
from emisim.io.plan_skeleton import horizon, issued_of, plan_yaml, scenario_yaml
from emisim.io.safe_write import settle, write_files
from emisim.io.text_file import LARGEST_YAML, read_text

NO_TEXTS = (".doc", ".docx", ".wps", ".pdf", ".odt", ".ofd", ".rtf")


@dataclass(frozen=True)
class NewPlan:
    """The files of a new plan, and how many clauses stand in it."""

    plan: Path
    scenario: Path
    clauses: int


def write_plan(
    folder: Path, text: tuple[Path, str] | None, inventory: Path | None, region: str | None, base_year: int, language: str
) -> NewPlan:
    """Write the plan file and a scenario into a folder.

    Parameters
    ----------
    text : file with the text of the plan, and its name in messages; None for a plan of examples.
    inventory : folder of the inventory; by default the only one under ``inputs`` of the folder.
    region : code of the region; by default that of the inventory, if it has one only.

    Raises
    ------
    BadInput
        The text has no numbered items, the inventory cannot be read, or a file is there already.
    """
    inventory = inventory or _only_inventory(folder)
    known = read_inventory(inventory, base_year, (base_year, base_year), shown=inventory.as_posix())
    region = region or _only_region(known, inventory)
    if text and text[0].suffix.lower() in NO_TEXTS:
        raise BadInput([fault("new.text", Place(text[1]))])
    words = read_text(*text, LARGEST_YAML) if text else ""
    found = items(words, text[1]) if text else ()
    head = heading(words) if text else None
    name = re.sub(r"[^\w-]+", "-", folder.resolve().name).strip("-") or "plan"
    issued = head.issued if head and head.issued else None
    target_year = horizon(found, issued or issued_of(found, known)).year
    title = head.title if head and head.title else name
    plan = folder / "inputs" / "plans" / f"{name}.yaml"
    scenario = folder / "scenarios" / f"{name}-{target_year}.yaml"
    settle(folder)
    there = [path for path in (plan, scenario) if path.exists()]
    if there:
        raise BadInput([fault("new.exists", Place(path.as_posix())) for path in there])
    document = head.document if head else ""
    written = plan_yaml(name, title, region, found, known, issued, document, language)
    at = scenario.parent
    paths = [Path(os.path.relpath(p, at)).as_posix() for p in (inventory, plan)]
    runs = scenario_yaml(scenario.stem, title, *paths, base_year, target_year)
    write_files(folder, {p.relative_to(folder).as_posix(): text.encode() for p, text in ((plan, written), (scenario, runs))})
    return NewPlan(plan, scenario, len(found))


def _only_inventory(folder: Path) -> Path:
    """The inventory of a folder, if it has one only."""
    found = sorted(p.parent for p in (folder / "inputs").glob("*/sources.csv"))
    if len(found) != 1:
        known = ", ".join(p.as_posix() for p in found)
        raise BadInput([fault("new.inventory", Place(folder.as_posix()), known=known or "-")])
    return found[0]


def _only_region(inventory: Inventory, folder: Path) -> str:
    regions = sorted(set(inventory.text["region"].tolist()))
    if len(regions) != 1:
        raise BadInput([fault("new.region", Place(folder.as_posix()), known=", ".join(regions[:8]))])
    return regions[0]
