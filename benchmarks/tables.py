"""Tables as others send them, made from seeds: workbooks and CSV files to be read as they are, or to be imported."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import xlsxwriter

SEED = 1
CITIES = ("洛阳市", "郑州市", "开封市", "新乡市")
FUELS = ("coal", "natural_gas", "diesel", "biomass", "none")
STOCK_HEADER = "行政区划,企业,行业,燃料,工艺,燃料消耗量(t),NOx(t),VOCs(t),NH3(t),脱硝效率(%),经度,纬度".split(",")
STOCK_MAPPING = """\
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


def sheet_records(rows: int, columns: int) -> Iterator[list[object]]:
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


def stock_records(rows: int) -> Iterator[list[object]]:
    """Rows of boilers and kilns; many of them are one source."""
    draw = random.Random(SEED)
    regions = [f"41{a:02d}{b:02d}" for a in range(1, 19) for b in range(1, 16)]
    for k in range(rows):
        figures = [round(draw.random() * scale, 4) for scale in (1e4, 10, 10, 1)]
        kind = draw.choice(("水泥", "砖瓦")), draw.choice(("煤", "油", "气", "生物质")), f"工艺{k % 7}"
        yield [draw.choice(regions), f"企业{k % 200_000}", *kind, *figures, draw.choice((60, "", 80)), 112.4, 34.6]


def as_csv(path: Path, records: Iterable[list[object]], encoding: str = "utf-8", comment: str = "") -> Path:
    """A table in CSV."""
    with path.open("w", encoding=encoding, newline="") as stream:
        stream.write(comment)
        csv.writer(stream).writerows(records)
    return path


def as_xlsx(path: Path, records: Iterable[list[object]]) -> Path:
    """A workbook of one sheet."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("清单")
        for line, record in enumerate(records):
            sheet.write_row(line, 0, record)
    return path


def sheet_csv(path: Path, rows: int, columns: int = 12, *, comment: bool = False, encoding: str = "utf-8") -> Path:
    """A plain table; with lines of comment as FF10 has them if asked."""
    head = [f"column {k}" for k in range(columns)]
    return as_csv(path, (head, *sheet_records(rows, columns)), encoding, "#FORMAT=FF10_POINT\n#YEAR=2020\n" if comment else "")


def sheet_xlsx(path: Path, rows: int, columns: int = 15) -> Path:
    """A workbook with a merged title, a header, and a date in its last column."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("清单")
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.merge_range(0, 0, 0, columns - 1, "排放清单")
        sheet.write_row(1, 0, [f"列{k}" for k in range(columns)])
        for line, record in enumerate(sheet_records(rows, columns), start=2):
            sheet.write_row(line, 0, record[:-1])
            sheet.write_datetime(line, columns - 1, datetime(2020, 1 + line % 12, 1 + line % 28), date)
    return path
