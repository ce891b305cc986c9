"""A small nation: the sources of the tiny county in several regions, each of another size, and its plan for all of them."""

import csv
import random
from pathlib import Path

import tiny

KINDS = {
    "{source_id: boiler-coal}": "{subsector: boiler, fuel: coal}",
    "{source_id: kiln}": "{subsector: brick}",
    "{source_id: truck-c6}": "{subsector: truck, technology: China VI}",
    "{source_id: rail}": "{subsector: rail}",
}


def nation(folder: Path, regions: int = 6, seed: int = 1) -> Path:
    """The scenario file of a nation in a folder."""
    tiny.copy(folder)
    plan, scenario, sources = folder / "plan.yaml", folder / "scenario.yaml", folder / "inventory" / "sources.csv"
    text = plan.read_text(encoding="utf-8")
    for one, kind in KINDS.items():
        text = text.replace(one, kind)
    plan.write_text(text, encoding="utf-8")
    scenario.write_text(scenario.read_text(encoding="utf-8") + "each: region\n", encoding="utf-8")
    draw = random.Random(seed)
    with sources.open(encoding="utf-8", newline="") as stream:
        county = list(csv.DictReader(stream))
    with sources.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(county[0]), lineterminator="\n")
        writer.writeheader()
        for k in range(regions):
            writer.writerows(in_region(county, f"4103{k:02d}", draw.uniform(0.7, 1.3)))
    return scenario


def in_region(county: list[dict[str, str]], region: str, size: float) -> list[dict[str, str]]:
    """The sources of the county in another region, larger or smaller."""
    return [
        row
        | {"region": region, "source_id": f"{region}-{row['source_id']}"}
        | {name: repr(float(row[name]) * size) for name in ("activity", "low", "high") if row[name]}
        | {"inflow_from": f"{region}-{row['inflow_from']}" if row["inflow_from"] else ""}
        for row in county
    ]
