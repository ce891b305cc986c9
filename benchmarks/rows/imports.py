"""An inventory of others, from its file to the written inventory folder, beside only reading it: every cell in memory."""

import csv
import shutil

import numpy as np
import openpyxl

from benchmarks import tables
from benchmarks.contender import OURS, PEER, Contender, Entry, Row
from benchmarks.timing import here
from emisim.io.foreign import Wanted, import_files
from emisim.io.import_folder import write_import


def ours(path):
    """What is timed."""
    folder = path.parent / "inventory"
    write_import(folder, import_files([path], [path.name], Wanted()), "en", "")
    shutil.rmtree(folder)


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def read_xlsx(path):
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    found = list(book["清单"].iter_rows(values_only=True))
    book.close()
    return found


def _enter(rig, path, *others):
    (rig.folder / "stock.mapping.yaml").write_text(tables.STOCK_MAPPING, encoding="utf-8")
    return Entry((Contender("emisim", OURS, here(lambda: ours(path)), repeat=2), *others))


def enter_csv(size, rig):
    path = tables.as_csv(rig.folder / "stock.csv", (tables.STOCK_HEADER, *tables.stock_records(size["rows"])))
    data = rig.save("table", path=np.array(str(path)))
    only = Contender("csv.reader", PEER, here(lambda: read_csv(path)), repeat=2)
    return _enter(rig, path, only, *rig.peer("pandas, texts", "bare_numbers:texts", data, repeat=2))


def enter_xlsx(size, rig):
    path = tables.as_xlsx(rig.folder / "stock.xlsx", (tables.STOCK_HEADER, *tables.stock_records(size["rows"])))
    return _enter(rig, path, Contender("openpyxl", PEER, here(lambda: read_xlsx(path)), repeat=2))


CSV = Row(
    "import_csv",
    {"en": "import a CSV of {rows} rows into an inventory folder", "zh": "把 {rows} 行的 CSV 导入清单文件夹"},
    (),
    {"full": {"rows": 300_000}, "quick": {"rows": 20_000}, "tiny": {"rows": 50}},
    enter_csv,
)
XLSX = Row(
    "import_xlsx",
    {"en": "import an XLSX of {rows} rows into an inventory folder", "zh": "把 {rows} 行的 XLSX 导入清单文件夹"},
    (),
    {"full": {"rows": 50_000}, "quick": {"rows": 3_000}, "tiny": {"rows": 50}},
    enter_xlsx,
)
