"""Excel files from plain data: text stays text, no value stays empty, digits are kept, too much is refused."""

from datetime import date, datetime

import pytest

from books import HOSTILE, assert_plain, opened
from emisim.errors import BadInput
from emisim.io import xlsx
from emisim.io.xlsx import COUNT, DATE, MASS, SHARE, Block, Column, Sheet, table, workbook


def test_nothing_becomes_a_formula_a_link_or_a_number():
    rows = [(t, f"{t} and more") for t in HOSTILE]
    data = workbook([table("s", [Column(HOSTILE[0]), Column(HOSTILE[5])], rows)], HOSTILE[0])
    sheet = opened(data)["s"]
    assert [(a.value, b.value) for a, b in sheet.iter_rows(min_row=2)] == rows
    assert {c.data_type for row in sheet.iter_rows() for c in row} == {"s"}
    assert not [c for row in sheet.iter_rows() for c in row if c.hyperlink]
    assert_plain(data)


def test_a_long_text_of_signs_that_count_twice_is_cut_as_excel_counts():
    text = xlsx.plain("𠀀" * 20_000)
    assert len(text.encode("utf-16-le")) // 2 <= xlsx.LONGEST_TEXT
    assert text.endswith("𠀀…")
    assert xlsx.plain("a" * xlsx.LONGEST_TEXT) == "a" * xlsx.LONGEST_TEXT
    assert xlsx.plain("a\r\nb\rc\x00\ud800") == "a\nb\nc\ufffd\ufffd"


def test_no_value_is_an_empty_cell_and_zero_is_zero():
    columns = [Column("t"), Column("m", MASS), Column("n", COUNT), Column("s", SHARE), Column("d", DATE)]
    data = workbook(
        [table("s", columns, [("", None, 0, float("nan"), None), (None, -0.0, float("inf"), 0.5, date(2025, 9, 30))])],
        "t",
    )
    assert list(opened(data)["s"].iter_rows(min_row=2, values_only=True)) == [
        (None, None, 0, None, None),
        (None, 0, None, 0.5, datetime(2025, 9, 30)),
    ]


def test_floats_keep_their_digits():
    values = [1 / 3, 6641.47122286, 1.2345678901234567e-9, 123456789.123456]
    found = opened(workbook([table("s", [Column("v", MASS)], [(v,) for v in values])], "t"))["s"]
    assert [row[0] for row in found.iter_rows(min_row=2, values_only=True)] == pytest.approx(values, rel=1e-15)


def test_more_rows_than_excel_takes_are_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    fits, long = table("s", [Column("a")], [("1",)] * 2), table("long", [Column("a")], [("1",)] * 3)
    workbook([fits], "t")
    with pytest.raises(BadInput) as caught:
        workbook([fits, long], "t")
    assert [(f.key, f.values["sheet"], f.values["rows"]) for f in caught.value.faults] == [("book.too_long", "long", "4")]
    with pytest.raises(BadInput):
        workbook([Sheet("b", (Block(lines=("x",) * 4),))], "t")


def test_columns_are_wide_enough_for_chinese():
    text = "洛阳市孟津区"
    wide, narrow = (opened(workbook([table("表", [Column("名")], [(t,)])], "试")) ["表"].column_dimensions["A"].width for t in (text, "abcdef"))  # fmt: skip
    assert wide >= 2 * len(text)
    assert wide > narrow
