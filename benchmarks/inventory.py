"""Reading an inventory: ``read_inventory`` beside csv alone, and pandas where there is one, on sources.csv of 1,000,000 records: of all columns, and
of those that it must have.

    python benchmarks/inventory.py [--rows 1000000] [--repeat 3]

Prints the median processor time of some runs on this machine, and the ratios; only the ratios carry over to another. pandas reads the table as it
does by itself, as texts, and its numbers alone. The file is made from a seed.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from emisim.inventory import OPTIONAL_COLUMNS, SOURCE_COLUMNS
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
NUMBERS = ("activity", "low", "high", "lon", "lat")
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


def make(folder: Path, rows: int, columns: Sequence[str] = tuple(SOURCE_COLUMNS)) -> Path:
    """An inventory folder with the factors and the growth of a county that ships, and so many sources."""
    shutil.copytree(INPUTS, folder)
    taken = [list(SOURCE_COLUMNS).index(name) for name in columns]
    with (folder / "sources.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([record[k] for k in taken] for record in records(rows))
    return folder


def by_csv(folder: Path) -> int:
    """Records of the table by the library alone."""
    with (folder / "sources.csv").open(encoding="utf-8", newline="") as stream:
        return sum(1 for _ in csv.reader(stream))


def by_pandas(folder: Path, **how: object) -> int:
    """The same as a table of pandas."""
    import pandas

    with warnings.catch_warnings(action="ignore"):  # of columns in which texts and numbers are mixed
        return len(pandas.read_csv(folder / "sources.csv", **how))


def by_emisim(folder: Path) -> int:
    """The inventory with all its checks."""
    return len(read_inventory(folder, 2020, (2020, 2025)))


def median(repeat: int, call: Callable[[Path], int], folder: Path) -> float:
    """Processor time of some calls [s]."""
    taken = []
    for _ in range(repeat):
        gc.collect()
        start = time.process_time()
        call(folder)
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def peak(folder: Path) -> int:
    """Most memory of a process of its own that reads the inventory [MB]."""
    code = f"from pathlib import Path; from emisim.io.inventory_folder import read_inventory; read_inventory(Path({str(folder)!r}), 2020, (2020, 2025)); {PEAK}"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return round(int(found.stdout) / 1024)


def measured(folder: Path, repeat: int) -> dict[str, object]:
    """Seconds, ratios and megabytes."""
    calls: dict[str, Callable[[Path], int]] = {"csv": by_csv}
    if find_spec("pandas"):
        with (folder / "sources.csv").open(encoding="utf-8") as stream:
            numbers = [name for name in stream.readline().strip().split(",") if name in NUMBERS]
        calls |= {
            "pandas": by_pandas,
            "pandas_texts": partial(by_pandas, dtype=str, keep_default_na=False),
            "pandas_numbers": partial(by_pandas, usecols=numbers),
        }
        by_pandas(folder, nrows=1)  # it is loaded before the clock runs
    own = median(repeat, by_emisim, folder)
    found = {
        "mb": round((folder / "sources.csv").stat().st_size / 1e6, 1),
        "read_inventory_s": round(own, 2),
        "peak_mb": peak(folder),
    }
    for name, call in calls.items():
        taken = median(repeat, call, folder)
        found |= {f"{name}_s": round(taken, 2), f"ratio_to_{name}": round(own / taken, 2)}
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--repeat", type=int, default=3)
    asked = options.parse_args()
    required = [name for name in SOURCE_COLUMNS if name not in OPTIONAL_COLUMNS]
    with tempfile.TemporaryDirectory() as name:
        full, lean = make(Path(name) / "full", asked.rows), make(Path(name) / "lean", asked.rows, required)
        found = {
            "rows": asked.rows,
            "all_columns": measured(full, asked.repeat),
            "required_columns": measured(lean, asked.repeat),
        }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
