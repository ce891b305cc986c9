"""The promise: an inventory of 10⁶ sources is read within 10 s of a processor and 1 GB of memory, and every fault stands at its row and column."""

import csv
import gc
import json
import random
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import tiny
from benchmarks.generate import inventory_folder
from emisim.errors import BadInput
from emisim.inventory import SOURCE_COLUMNS
from emisim.io.inventory_folder import read_inventory

ROWS, SECONDS, MEGABYTES = 1_000_000, 10.0, 1024
YEARS = (2020, 2025)
# What stands wrongly in a cell, and the fault that is told of it.
WRONG = (
    ("activity", "12,5", "csv.number"), ("activity", "-3", "csv.negative"), ("unit", "tons/yr", "unit.unknown"), ("sector", "procces", "csv.choice"),
    ("grade", "F", "csv.choice"), ("lon", "112.1E", "csv.number"), ("source_id", "A b", "sources.id"), ("name_zh", " ", "csv.empty"),
    ("factor_set", "cemment", "sources.factor_set"), ("growth_driver", "gdpp", "sources.driver"), ("lat", "34;8", "csv.number"),
    ("low", "99999999", "csv.range"), ("memo", "no", "csv.choice"),
)  # fmt: skip
READ = r"""
import json, re, sys, time
from pathlib import Path
from emisim.errors import BadInput
from emisim.io.inventory_folder import read_inventory
told, rows, start = [], 0, time.process_time()
try:
    rows = len(read_inventory(Path(sys.argv[1]), 2020, (2020, 2025)))
except BadInput as bad:
    told = [(f.key, f.place.line, f.place.column) for f in bad.faults]
seconds = time.process_time() - start
# Its own peak: getrusage would count what the parent had when it started this process.
peak = int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"rows": rows, "seconds": seconds, "peak_mb": peak, "told": told}))
"""


def spoil(folder, rows: int) -> list[tuple[str, int, int]]:
    """Write something wrong into cells all over the table; what is to be told of them: (fault, line, column)."""
    path, columns, draw = folder / "sources.csv", list(SOURCE_COLUMNS), random.Random(7)
    where = sorted(draw.sample(range(rows // 10, rows), len(WRONG)))
    told, wrong = [], dict(zip(where, WRONG, strict=True))
    with path.open(encoding="utf-8", newline="") as old, (folder / "spoilt").open("w", encoding="utf-8", newline="") as new:
        writer = csv.writer(new, lineterminator="\n")
        for line, fields in enumerate(csv.reader(old)):
            if line in wrong:
                column, text, key = wrong[line]
                fields[columns.index(column)] = text
                told.append((key, line + 1, columns.index(column) + 1))
            writer.writerow(fields)
    (folder / "spoilt").replace(path)
    return told


def child(folder) -> dict:
    """What a process of its own tells of reading an inventory."""
    found = subprocess.run([sys.executable, "-c", READ, str(folder)], cwd=tiny.ROOT, capture_output=True, text=True, check=True)
    return json.loads(found.stdout)


def test_a_large_inventory_is_what_its_rows_say(tmp_path):
    rows = 10_000
    folder = inventory_folder(tmp_path / "inventory", rows)
    read_inventory(tiny.ROOT / "inputs" / "mengjin", 2020, YEARS)  # what is the same for any inventory
    gc.collect()
    tracemalloc.start()
    found = read_inventory(folder, 2020, YEARS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak / rows <= MEGABYTES * 1e6 / ROWS
    with (folder / "sources.csv").open(encoding="utf-8", newline="") as stream:
        written = {row["source_id"]: (line, row) for line, row in enumerate(csv.DictReader(stream), start=2)}
    assert len(found) == len(written) == rows
    for column in SOURCE_COLUMNS:
        assert found.text[column].tolist() == [written[name][1][column] for name in found.ids.tolist()], column
    np.testing.assert_array_equal(found.records.line, [written[name][0] for name in found.ids.tolist()])
    assert found.records.activity.shape == (rows, 3)
    tonnes = found.text["unit"] == "t/yr"
    assert found.activity[tonnes].tolist() == [float(text) for text in found.text["activity"][tonnes]]
    of_set = {name: k for k, name in enumerate(found.records.factor_set)}
    assert {(name, k) for name, k in zip(found.text["factor_set"].tolist(), found.records.kind.tolist(), strict=True)} >= set(
        of_set.items()
    )


def test_every_fault_of_a_large_inventory_is_told_at_its_place(tmp_path):
    folder = inventory_folder(tmp_path / "inventory", 5_000)
    wanted = spoil(folder, 5_000)
    with pytest.raises(BadInput) as bad:
        read_inventory(folder, 2020, YEARS)
    assert [(f.key, f.place.line, f.place.column) for f in bad.value.faults] == wanted


def test_a_million_sources(full, measured, tmp_path):
    if not full:
        pytest.skip("a million rows take half a minute to make")
    folder = inventory_folder(tmp_path / "inventory", ROWS)
    megabytes = (folder / "sources.csv").stat().st_size / 1e6
    found = child(folder)
    assert found["rows"] == ROWS
    assert found["told"] == []
    wanted = spoil(folder, ROWS)
    faulty = child(folder)
    assert [tuple(one) for one in faulty["told"]] == wanted
    measured(
        "size", rows=ROWS, file_mb=round(megabytes), seconds=round(found["seconds"], 2), peak_mb=round(found["peak_mb"]), faults=len(wanted),
        faulty_seconds=round(faulty["seconds"], 2), faulty_peak_mb=round(faulty["peak_mb"]),
    )  # fmt: skip
    for one in (found, faulty):
        assert one["seconds"] <= SECONDS
        assert one["peak_mb"] <= MEGABYTES
