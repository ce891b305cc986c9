"""An inventory from its files, with all its checks."""

import csv

import numpy as np

from benchmarks.contender import LIMIT, OURS, PEER, Contender, Entry, Goal, Row
from benchmarks.generate import inventory_folder
from benchmarks.timing import here
from emisim.io.inventory_folder import read_inventory

YEARS = (2020, 2025)
NUMBERS = "pandas, bare numbers"


def ours(folder):
    """What is timed."""
    return read_inventory(folder, YEARS[0], YEARS)


def records(path):
    """The table by the library alone."""
    with path.open(encoding="utf-8", newline="") as stream:
        return sum(1 for _ in csv.reader(stream))


def enter(size, rig):
    folder = inventory_folder(rig.folder / "inventory", size["rows"])
    table = folder / "sources.csv"
    data = rig.save("table", path=np.array(str(table)))
    return Entry((
        Contender("emisim", OURS, here(lambda: ours(folder)), repeat=3),
        Contender("reading the bytes", LIMIT, here(table.read_bytes)),
        Contender("csv.reader", PEER, here(lambda: records(table)), repeat=3),
        *rig.peer(NUMBERS, "bare_numbers:numbers", data, repeat=3),
        *rig.peer("pandas, all columns", "bare_numbers:all_columns", data, repeat=3),
        *rig.peer("pandas, texts", "bare_numbers:texts", data, repeat=3),
    ), {"mb": lambda: round(table.stat().st_size / 1e6, 1)})  # fmt: skip


ROW = Row(
    "load",
    {"en": "load an inventory of {rows} rows × 28 columns with units", "zh": "读入 {rows} 行 × 28 列带单位的清单"},
    (Goal(NUMBERS, most=2.0),),
    {"full": {"rows": 1_000_000}, "quick": {"rows": 100_000}, "tiny": {"rows": 300}},
    enter,
)
