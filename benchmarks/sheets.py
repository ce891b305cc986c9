"""Reading sheets: ``read_sheets`` beside the libraries alone, on an XLSX of 100,000 x 15 cells and a CSV of 1,000,000 x 12 fields.

    python benchmarks/sheets.py [--rows-xlsx 100000] [--rows-csv 1000000] [--repeat 3]

Prints the best processor time of some runs on this machine, and the ratios; only the ratios carry over to another. The files are made from a seed.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import openpyxl
import xlsxwriter

from emisim.io.sheets import read_sheets

SEED = 1
CITIES = ("洛阳市", "郑州市", "开封市", "新乡市")
FUELS = ("coal", "natural_gas", "diesel", "biomass", "none")


def records(rows: int, columns: int) -> Iterator[list[object]]:
    """Rows of an inventory: texts, a code with a leading zero, then numbers."""
    draw = random.Random(SEED)
    for k in range(rows):
        texts = [
            f"S{k:07d}",
            draw.choice(CITIES),
            f"工厂 {draw.randrange(20_000)}",
            f"0{draw.randrange(1000):03d}",
            draw.choice(FUELS),
        ]
        yield texts + [round(draw.lognormvariate(3, 2), 4) for _ in range(columns - len(texts))]


def make_xlsx(path: Path, rows: int, columns: int = 15) -> Path:
    """A workbook with a merged title, a header, and a date in its last column."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("清单")
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.merge_range(0, 0, 0, columns - 1, "排放清单")
        sheet.write_row(1, 0, [f"列{k}" for k in range(columns)])
        for line, record in enumerate(records(rows, columns), start=2):
            sheet.write_row(line, 0, record[:-1])
            sheet.write_datetime(line, columns - 1, datetime(2020, 1 + line % 12, 1 + line % 28), date)
    return path


def make_csv(path: Path, rows: int, columns: int = 12, *, comment: bool = False, encoding: str = "utf-8") -> Path:
    """A table in CSV; with lines of comment as FF10 has them if asked."""
    with path.open("w", encoding=encoding, newline="") as stream:
        stream.write("#FORMAT=FF10_POINT\n#YEAR=2020\n" if comment else "")
        writer = csv.writer(stream)
        writer.writerow([f"column {k}" for k in range(columns)])
        writer.writerows(records(rows, columns))
    return path


def plain_xlsx(path: Path) -> int:
    """Rows of a workbook by the library alone."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    found = sum(1 for sheet in book.worksheets for _ in sheet.iter_rows(values_only=True))
    book.close()
    return found


def plain_csv(path: Path, encoding: str = "utf-8") -> int:
    """Records of a CSV file by the library alone."""
    with path.open(encoding=encoding, newline="") as stream:
        return sum(1 for _ in csv.reader(stream))


def walked(path: Path, **options) -> int:
    """Rows of all blocks of all sheets."""
    return sum(len(block.rows) for sheet in read_sheets(path, path.name, **options) for block in sheet.blocks())


def best(repeat: int, *calls: Callable[[], int]) -> list[float]:
    """Least processor time of each call [s]; they take turns, so that a busy moment hits all of them."""
    times: list[list[float]] = [[] for _ in calls]
    gc.disable()  # as the import does while it reads
    for _ in range(repeat):
        for taken, call in zip(times, calls, strict=True):
            start = time.process_time()
            call()
            taken.append(time.process_time() - start)
    gc.enable()
    return [min(taken) for taken in times]


def compared(repeat: int, path: Path, plain: Callable[[], int], ours: Callable[[], int]) -> dict[str, object]:
    """Times of both ways of reading a file, and their ratio."""
    alone, own = best(repeat, plain, ours)
    return {
        "mb": round(path.stat().st_size / 1e6, 1),
        "plain_s": round(alone, 2),
        "read_sheets_s": round(own, 2),
        "ratio": round(own / alone, 2),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows-xlsx", type=int, default=100_000)
    options.add_argument("--rows-csv", type=int, default=1_000_000)
    options.add_argument("--repeat", type=int, default=3)
    asked = options.parse_args()
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = make_csv(folder / "a.csv", asked.rows_csv)
        found["csv"] = compared(asked.repeat, table, lambda: plain_csv(table), lambda: walked(table))
        ff10 = make_csv(folder / "ff10.csv", asked.rows_csv, comment=True)
        found["csv_comments"] = compared(asked.repeat, ff10, lambda: plain_csv(ff10), lambda: walked(ff10, comment="#"))
        chinese = make_csv(folder / "gb.csv", asked.rows_csv, encoding="gb18030")
        found["csv_gb18030"] = compared(asked.repeat, chinese, lambda: plain_csv(chinese, "gb18030"), lambda: walked(chinese))
        found["peak_mb_csv"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        book = make_xlsx(folder / "a.xlsx", asked.rows_xlsx)
        found["xlsx"] = compared(asked.repeat, book, lambda: plain_xlsx(book), lambda: walked(book))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
