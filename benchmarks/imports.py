"""Importing beside only reading: an XLSX of 100,000 rows and a CSV of 1,000,000 rows, from the file to the written inventory folder.

    python benchmarks/imports.py [--rows-xlsx 100000] [--rows-csv 1000000] [--repeat 3]

"Reading" holds every cell in memory: ``list(csv.reader(file))``, openpyxl's rows; pandas with ``dtype=str`` stands beside it. Prints the best processor
time of some runs on this machine, and the ratios; only the ratios carry over to another. The files are made from a seed.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pandas
import xlsxwriter

from emisim.io.foreign import Wanted, import_files
from emisim.io.import_folder import write_import

SEED = 1
HEADER = "行政区划,企业,行业,燃料,工艺,燃料消耗量(t),NOx(t),VOCs(t),NH3(t),脱硝效率(%),经度,纬度".split(",")
MAPPING = """\
mapping: bench
year: 2020
grade: E
source: made up for this benchmark
region: 行政区划
code: 行业
codes: {table: handbook}
fuel: 燃料
technology: 工艺
activity: {column: 燃料消耗量, unit: t}
pollutants:
  NOx: {emission: {column: NOx, unit: t}, efficiency: 脱硝效率}
  VOC: {emission: {column: VOCs, unit: t}}
  NH3: {emission: {column: NH3, unit: t}}
"""


def records(rows: int) -> Iterator[list[object]]:
    """Rows of boilers and kilns; many of them are one source."""
    draw = random.Random(SEED)
    regions = [f"41{a:02d}{b:02d}" for a in range(1, 19) for b in range(1, 16)]
    for k in range(rows):
        figures = [round(draw.random() * scale, 4) for scale in (1e4, 10, 10, 1)]
        kind = draw.choice(("水泥", "砖瓦")), draw.choice(("煤", "油", "气", "生物质")), f"工艺{k % 7}"
        yield [draw.choice(regions), f"企业{k % 200_000}", *kind, *figures, draw.choice((60, "", 80)), 112.4, 34.6]


def make_csv(path: Path, rows: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        writer.writerows(records(rows))
    return path


def make_xlsx(path: Path, rows: int) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("清单")
        for line, record in enumerate([HEADER, *records(rows)]):
            sheet.write_row(line, 0, record)
    return path


def best(of: Callable[[], object], repeat: int) -> float:
    """Best processor time of some runs [s]."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        of()
        times.append(time.process_time() - start)
    return min(times)


def imported(path: Path) -> None:
    folder = path.parent / "inventory"
    write_import(folder, import_files([path], [path.name], Wanted()), "en", "")
    shutil.rmtree(folder)


def read_csv(path: Path) -> list:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def read_xlsx(path: Path) -> list:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    found = list(book["清单"].iter_rows(values_only=True))
    book.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows-xlsx", type=int, default=100_000)
    parser.add_argument("--rows-csv", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "stock.mapping.yaml").write_text(MAPPING, encoding="utf-8")
        for path, read, rows in (
            (make_xlsx(folder / "stock.xlsx", asked.rows_xlsx), read_xlsx, asked.rows_xlsx),
            (make_csv(folder / "stock.csv", asked.rows_csv), read_csv, asked.rows_csv),
        ):
            ours, alone = best(lambda: imported(path), asked.repeat), best(lambda: read(path), asked.repeat)  # noqa: B023
            print(
                f"{path.suffix[1:]:5} {rows:>9,} rows: reading {alone:6.2f} s, importing {ours:6.2f} s, ratio {ours / alone:.2f}"
            )
            if path.suffix == ".csv":
                texts = best(lambda: pandas.read_csv(path, dtype=str), asked.repeat)  # noqa: B023
                print(f"      pandas, texts {texts:6.2f} s, ratio {ours / texts:.2f}")


if __name__ == "__main__":
    main()
