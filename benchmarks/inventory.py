"""Reading an inventory: ``read_inventory`` beside csv alone, and pandas where there is one, on sources.csv of 1,000,000 x 28 fields.

    python benchmarks/inventory.py [--rows 1000000] [--repeat 2]

Prints the best processor time of some runs on this machine, and the ratios; only the ratios carry over to another. The file is made from a seed.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from emisim.inventory import SOURCE_COLUMNS
from emisim.io.inventory_folder import read_inventory

SEED = 1
INPUTS = Path(__file__).parents[1] / "inputs" / "mengjin"
TOWNS, OWNERS = (
    ("城关", "会盟", "平乐", "送庄", "白鹤", "朝阳", "小浪底", "麻屯"),
    ("建材", "机械", "化工", "耐火", "纺织", "食品"),
)
KEPT = (
    "sector",
    "subsector",
    "fuel",
    "technology",
    "size",
    "unit",
    "factor_set",
    "growth_driver",
    "nfr",
)  # of a source of the county
# Most memory that a process had; getrusage would count what its parent had when it was started.
PEAK = "import re; print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])"


def records(rows: int) -> Iterator[list[str]]:
    """The sources of the county, then others as a province has them: of the same kinds, each with an id, a name, an activity, a place and a
    note of its own."""
    draw = random.Random(SEED)
    with (INPUTS / "sources.csv").open(encoding="utf-8", newline="") as stream:
        county = list(csv.DictReader(stream))
    yield from ([row.get(name, "") for name in SOURCE_COLUMNS] for row in county[:rows])
    kinds = [[row.get(name, "") for name in KEPT] for row in county if not row.get("fleet") and not row.get("inflow_from")]
    for k in range(len(county), rows):
        activity, ranged = 1.0 + draw.lognormvariate(3, 2), k % 4
        row = dict(zip(KEPT, draw.choice(kinds), strict=True)) | {
            "source_id": f"{draw.randrange(16**4):04x}-{k}", "name_zh": f"{draw.choice(TOWNS)}{draw.choice(OWNERS)}{k}", "name_en": f"plant {k}",
            "region": f"4103{draw.randrange(100):02d}", "activity": f"{activity:.2f}", "low": f"{0.9 * activity:.2f}" if ranged else "",
            "high": f"{1.1 * activity:.2f}" if ranged else "", "distribution": "normal" if ranged else "fixed",
            "lon": f"{draw.uniform(112, 113):.4f}", "lat": f"{draw.uniform(34, 35):.4f}", "grade": draw.choice("BCDE"),
            "source": f"survey {draw.randrange(2000, 2021)}", "note": f"row {k}",
        }  # fmt: skip
        yield [row.get(name, "") for name in SOURCE_COLUMNS]


def make(folder: Path, rows: int) -> Path:
    """An inventory folder with the factors and the growth of a county that ships, and so many sources."""
    shutil.copytree(INPUTS, folder)
    with (folder / "sources.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(SOURCE_COLUMNS)
        writer.writerows(records(rows))
    return folder


def by_csv(folder: Path) -> int:
    """Records of the table by the library alone."""
    with (folder / "sources.csv").open(encoding="utf-8", newline="") as stream:
        return sum(1 for _ in csv.reader(stream))


def by_pandas(folder: Path) -> int:
    """The same as a table of texts by pandas."""
    import pandas

    return len(pandas.read_csv(folder / "sources.csv", dtype=str, keep_default_na=False))


def by_emisim(folder: Path) -> int:
    """The inventory with all its checks."""
    return len(read_inventory(folder, 2020, (2020, 2025)))


def best(repeat: int, call: Callable[[Path], int], folder: Path) -> float:
    """Least processor time of some calls [s]."""
    taken = []
    for _ in range(repeat):
        gc.collect()
        start = time.process_time()
        call(folder)
        taken.append(time.process_time() - start)
    return min(taken)


def peak(folder: Path) -> int:
    """Most memory of a process of its own that reads the inventory [MB]."""
    code = f"from pathlib import Path; from emisim.io.inventory_folder import read_inventory; read_inventory(Path({str(folder)!r}), 2020, (2020, 2025)); {PEAK}"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return round(int(found.stdout) / 1024)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--repeat", type=int, default=2)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = make(Path(name) / "inventory", asked.rows)
        plain, own = (best(asked.repeat, call, folder) for call in (by_csv, by_emisim))
        found: dict[str, object] = {
            "rows": asked.rows,
            "mb": round((folder / "sources.csv").stat().st_size / 1e6, 1),
            "csv_s": round(plain, 2),
            "read_inventory_s": round(own, 2),
            "ratio_to_csv": round(own / plain, 2),
            "peak_mb": peak(folder),
        }
        if find_spec("pandas"):
            table = best(asked.repeat, by_pandas, folder)
            found |= {"pandas_s": round(table, 2), "ratio_to_pandas": round(own / table, 2)}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
