"""Tables as they are found: a block of rows after the other, beside the libraries that read them."""

import csv

import openpyxl

from benchmarks import tables
from benchmarks.contender import LIMIT, OURS, PEER, Contender, Entry, Row
from benchmarks.timing import here
from emisim.io.sheets import read_sheets


def ours(path, **options):
    """What is timed."""
    return sum(len(block.rows) for sheet in read_sheets(path, path.name, **options) for block in sheet.blocks())


def plain_csv(path, encoding):
    """Records of a CSV file by the library alone."""
    with path.open(encoding=encoding, newline="") as stream:
        return sum(1 for _ in csv.reader(stream))


def plain_xlsx(path):
    """Rows of a workbook by the library alone."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    found = sum(1 for sheet in book.worksheets for _ in sheet.iter_rows(values_only=True))
    book.close()
    return found


def enter_csv(size, rig):
    plain = tables.sheet_csv(rig.folder / "a.csv", size["rows"])
    ff10 = tables.sheet_csv(rig.folder / "ff10.csv", size["rows"], comment=True)
    chinese = tables.sheet_csv(rig.folder / "gb.csv", size["rows"], encoding="gb18030")
    return Entry((
        Contender("emisim", OURS, here(lambda: ours(plain)), repeat=3),
        Contender("emisim, comments", OURS, here(lambda: ours(ff10, comment="#")), repeat=3),
        Contender("emisim, GB18030", OURS, here(lambda: ours(chinese)), repeat=3),
        Contender("csv.reader", LIMIT, here(lambda: plain_csv(plain, "utf-8")), repeat=3),
        Contender("csv.reader, GB18030", LIMIT, here(lambda: plain_csv(chinese, "gb18030")), repeat=3),
    ), {"mb": lambda: round(plain.stat().st_size / 1e6, 1)})  # fmt: skip


def enter_xlsx(size, rig):
    book = tables.sheet_xlsx(rig.folder / "a.xlsx", size["rows"])
    return Entry((
        Contender("emisim", OURS, here(lambda: ours(book)), repeat=3),
        Contender("openpyxl", PEER, here(lambda: plain_xlsx(book)), repeat=3),
    ), {"mb": lambda: round(book.stat().st_size / 1e6, 1)})  # fmt: skip


CSV = Row(
    "sheets_csv",
    {"en": "read a CSV of {rows} × 12 as found", "zh": "原样读入 {rows} × 12 的 CSV"},
    (),
    {"full": {"rows": 500_000}, "quick": {"rows": 50_000}, "tiny": {"rows": 200}},
    enter_csv,
)
XLSX = Row(
    "sheets_xlsx",
    {"en": "read an XLSX of {rows} × 15 as found", "zh": "原样读入 {rows} × 15 的 XLSX"},
    (),
    {"full": {"rows": 50_000}, "quick": {"rows": 5_000}, "tiny": {"rows": 200}},
    enter_xlsx,
)
