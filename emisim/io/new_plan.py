"""Begin a plan of one's own: the plan file with every item of its text, and a scenario that runs it on an inventory."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from emisim.errors import BadInput, Place, fault
from emisim.importing.plans.text import heading, items
from emisim.inventory import Inventory
from emisim.io.inventory_folder import check_tables, read_inventory
from emisim.io.paths import Roots
from emisim.io.plan_skeleton import horizon, issued_of, plan_yaml, scenario_yaml
from emisim.io.safe_write import settle, write_files
from emisim.io.text_file import LARGEST_YAML, read_text

NO_TEXTS = (".doc", ".docx", ".wps", ".pdf", ".odt", ".ofd", ".rtf")


@dataclass(frozen=True)
class NewPlan:
    """The files of a new plan, and how many clauses stand in it. copied : the inventory in the folder, if it was elsewhere before."""

    plan: Path
    scenario: Path
    clauses: int
    copied: Path | None = None


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
    check_tables(inventory, inventory.as_posix(), Roots((os.path.realpath(inventory),)))
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
    own = _own(folder, inventory)
    there = [path for path in (plan, scenario, *([own] if own != inventory else [])) if path.exists()]
    if there:
        raise BadInput([fault("new.exists", Place(path.as_posix())) for path in there])
    document = head.document if head else ""
    written = plan_yaml(name, title, region, found, known, issued, document, language)
    at = scenario.parent
    paths = [Path(os.path.relpath(p, at)).as_posix() for p in (own, plan)]
    runs = scenario_yaml(scenario.stem, title, *paths, base_year, target_year)
    contents = {p.relative_to(folder).as_posix(): text.encode() for p, text in ((plan, written), (scenario, runs))}
    copies = _copies(inventory, own.relative_to(folder)) if own != inventory else {}
    write_files(folder, copies | contents)
    return NewPlan(plan, scenario, len(found), own if own != inventory else None)


def _own(folder: Path, inventory: Path) -> Path:
    """Where the inventory stands in the project: a scenario reads nothing from elsewhere."""
    inside = Path(os.path.realpath(inventory)).is_relative_to(os.path.realpath(folder))
    return inventory if inside else folder / "inputs" / inventory.resolve().name


def _copies(inventory: Path, own: Path) -> dict[str, bytes]:
    """The files of an inventory and the account of its import, under ``own``; no links, which may lead anywhere."""
    files = [
        p for part in (inventory, inventory / "import") for p in sorted(part.glob("*")) if p.is_file() and not p.is_symlink()
    ]
    return {(own / path.relative_to(inventory)).as_posix(): path.read_bytes() for path in files}


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
