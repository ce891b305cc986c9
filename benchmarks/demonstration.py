"""A country made up for demonstration: every kind of source of Mengjin district in 2,850 units of the size of a county, and its plan in each of them.

    python -m benchmarks.demonstration [--units 2850] [--workers 2] [--block 20000] [--page]

Nothing in it is measured anywhere: units have a size drawn from a seed, sources differ from that, and some units lack some kinds of source. Prints how
long the run takes and how much memory its processes hold; --page writes that into the page of the documentation.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from benchmarks.machine import machine as this_machine
from benchmarks.memory import held
from emisim.io.config_file import load
from emisim.operation import Move

ROOT = Path(__file__).resolve().parents[1]
COUNTY = ROOT / "inputs" / "mengjin"
SEED, PROVINCES, ABSENT = 1, 31, 0.3  # share of units that lack a kind which nothing needs
SIZES, SOURCES = (0.0, 0.7), (0.0, 0.4)  # of the logarithm: mean and spread of units, and of their sources
PAGES = {"en": ROOT / "docs" / "how-to" / "run-a-nation.md", "zh": ROOT / "docs" / "how-to" / "run-a-nation.zh-CN.md"}
FIRST, LAST = "<!-- nation -->", "<!-- end of nation -->"


def needed() -> set[str]:
    """Sources that others need: what moves bring something to, stages of manure chains, fleets, and farms."""
    case = load(ROOT / "scenarios" / "mengjin-2025.yaml").case
    inventory = case.inventory
    rows = {int(row) for op in case.bound.operations if isinstance(op, Move) for part in (op.rows, op.to) for row in part}
    rows |= {row for row, up in enumerate(inventory.upstream.tolist()) if up >= 0} | set(inventory.upstream.tolist()) - {-1}
    rows |= {row for row, fleet in enumerate(inventory.text["fleet"].tolist()) if fleet}
    rows |= set(inventory.select(({"sector": ("agriculture",)},)).tolist())  # which readings of the plan count by size
    return {str(inventory.ids[row]) for row in rows}


def make(folder: Path, units: int) -> Path:
    """The project of such a country; its scenario file."""
    inventory, draw, kept = folder / "inventory", random.Random(SEED), needed()
    inventory.mkdir(parents=True, exist_ok=True)
    for name in ("factors.csv", "growth.csv"):
        (inventory / name).write_bytes((COUNTY / name).read_bytes())
    (folder / "plan.yaml").write_bytes((ROOT / "inputs" / "plans" / "mengjin.yaml").read_bytes())
    with (COUNTY / "sources.csv").open(encoding="utf-8", newline="") as stream:
        county = list(csv.DictReader(stream))
    for row in county:
        row |= {"note": "", "grade": "E", "source": "made up for demonstration", "correlation_group": ""}
    used = set()
    with (inventory / "sources.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(county[0])
        for unit in range(units):
            region = f"{11 + unit * PROVINCES // units:02d}{unit:04d}"
            size = draw.lognormvariate(*SIZES)
            for row in county:
                if row["source_id"] not in kept and draw.random() < ABSENT and (unit or row["source_id"] in used):
                    continue
                used.add(row["source_id"])
                here = size * draw.lognormvariate(*SOURCES) if row["source_id"] not in kept else size
                writer.writerow(_there(row, region, here).values())
    scenario = folder / "scenario.yaml"
    scenario.write_text(
        "scenario: nation\n"
        'title: {zh: 孟津方案用于全国（示意）, en: "Made up for demonstration: a country with the plan of Mengjin in every county"}\n'
        "inventory: inventory\nplan: plan.yaml\nbase_year: 2020\ntarget_year: 2025\neach: region\n",
        encoding="utf-8",
    )
    return scenario


def _there(row: dict[str, str], region: str, size: float) -> dict[str, str]:
    figures = {name: f"{float(row[name]) * size:.12g}" for name in ("activity", "low", "high") if row[name]}
    upstream = f"{region}-{row['inflow_from']}" if row["inflow_from"] else ""
    return row | figures | {"region": region, "source_id": f"{region}-{row['source_id']}", "inflow_from": upstream}


def run(scenario: Path, out: Path, block: int, workers: int) -> dict[str, object]:
    """How long the run of a scenario takes, and what it holds and leaves."""
    words = ["run", str(scenario), "--block", str(block), "--out", str(out), "--json"]
    words += ["--workers", str(workers)] * (workers > 1)
    start, most = time.perf_counter(), 0.0
    with (out.parent / "summary.json").open("wb") as stream:
        process = subprocess.Popen([sys.executable, "-m", "emisim", *words], cwd=ROOT, stdout=stream)
        while process.poll() is None:
            most = max(most, held(process.pid))
            time.sleep(0.2)
    if process.returncode:
        raise SystemExit(process.returncode)
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "memory_mb": round(most),
        "table_mb": round((scenario.parent / "inventory" / "sources.csv").stat().st_size / 1e6),
        "store_mb": round(sum(f.stat().st_size for f in (out / "sources.zarr").rglob("*") if f.is_file()) / 1e6),
    }


def counted(scenario: Path) -> tuple[int, int]:
    """(sources, regions) of the table."""
    with (scenario.parent / "inventory" / "sources.csv").open(encoding="utf-8", newline="") as stream:
        regions = [row["region"] for row in csv.DictReader(stream)]
    return len(regions), len(set(regions))


def described() -> str:
    """The machine in one line."""
    made = this_machine()
    return f"{made['processor']}, {made['cores']} cores, {made['memory_gb']} GB, {made['system']}, Python {made['python']}"


def lines(found: dict[str, object], language: str) -> str:
    """What was measured, as a table of the page."""
    words = {
        "en": ("what", "measured", "sources, regions", "block, workers", "time, cold process to closed files [s]", "most memory of all processes [MB]", "sources.csv, sources.zarr [MB]", "Measured by `make nation`, {day}: {machine}."),
        "zh": ("项目", "实测", "源、区域", "每块源数、进程数", "用时，新进程至写完全部文件 [s]", "所有进程合计最大内存 [MB]", "sources.csv、sources.zarr [MB]", "由 `make nation` 实测，{day}：{machine}。"),
    }[language]  # fmt: skip
    figures = (
        f"{found['sources']:,}, {found['regions']:,}", f"{found['block']:,}, {found['workers']}", f"{found['seconds']}",
        f"{found['memory_mb']:,}", f"{found['table_mb']}, {found['store_mb']}",
    )  # fmt: skip
    table = [f"| {words[0]} | {words[1]} |", "|---|---|", *(f"| {w} | {v} |" for w, v in zip(words[2:7], figures, strict=True))]
    return "\n".join([*table, "", words[7].format(**found)])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--units", type=int, default=2850)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--block", type=int, default=20_000)
    options.add_argument("--folder", type=Path, default=ROOT / "outputs" / "nation")
    options.add_argument("--page", action="store_true")
    asked = options.parse_args()
    scenario = make(asked.folder, asked.units)
    sources, regions = counted(scenario)
    print(f"{sources:,} sources in {regions:,} regions, in {scenario}", file=sys.stderr)
    found = run(scenario, asked.folder / "run", asked.block, asked.workers)
    found |= {"sources": sources, "regions": regions, "block": asked.block, "workers": asked.workers}
    found |= {"day": date.today().isoformat(), "machine": described()}
    print(json.dumps(found, indent=1))
    for language, page in PAGES.items() if asked.page else ():
        text = page.read_text(encoding="utf-8")
        before, _, rest = text.partition(FIRST)
        _, _, after = rest.partition(LAST)
        page.write_text(f"{before}{FIRST}\n{lines(found, language)}\n{LAST}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
