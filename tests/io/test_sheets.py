"""Foreign tables are read cell by cell as they stand: CSV in any encoding and delimiter, workbooks of other libraries and by hand."""

import csv
import io
from datetime import date, datetime, time

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from emisim.importing.sheet import HEAD
from emisim.io.sheets import comments, csv_sheet, read_sheets, xlsx_sheet
from emisim.io.text_file import decode, encoding_of
from handmade import MAIN, by_hand, saved

TABLE = "城市,NOx(吨)\n孟津,1.5\n新安,\n"


def rows(sheet):
    return [list(row) for block in sheet.blocks() for row in block.rows]


def lines(sheet):
    return [line for block in sheet.blocks() for line in block.lines]


def read(path, **options):
    return read_sheets(path, path.name, **options)


def only(path, **options):
    (sheet,) = read(path, **options)
    return sheet


# ---- CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_a_table_reads_the_same_in_every_encoding(encoding, tmp_path):
    raw = TABLE.encode(encoding)
    stated = "utf-16-le" if encoding == "utf-16-le" else None
    sheet = only(saved(tmp_path / "a.csv", raw), encoding=stated)
    assert rows(sheet) == [["城市", "NOx(吨)"], ["孟津", "1.5"], ["新安", ""]]
    assert (sheet.file, sheet.name, sheet.encoding, lines(sheet)) == ("a.csv", "", encoding, [1, 2, 3])


@pytest.mark.parametrize("name", ["gbk", "GB2312", "cp936", "UTF8", "utf-8-sig", "latin-1", "cp1252"])
def test_an_encoding_can_be_stated_by_its_usual_names(name, tmp_path):
    text = "naïve,é\n" if name in ("latin-1", "cp1252") else TABLE
    assert rows(only(saved(tmp_path / "a.csv", text.encode(name)), encoding=name)) == [
        line.split(",") for line in text.splitlines()
    ]


def test_a_few_letters_that_could_be_either_encoding_are_read_as_chinese(tmp_path):
    raw = "农业,1\n".encode("gbk")  # valid UTF-8, too
    assert rows(only(saved(tmp_path / "a.csv", raw))) == [["农业", "1"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("title", ["", "2020年排放清单\n", "a title, with a comma; and more\n\n"])
def test_the_delimiter_is_the_one_that_splits_the_rows_alike(delimiter, title, tmp_path):
    table = [["名称", "量", "说明"], ["a", "1.5", "x y"], ["b", "1200", "a.b"], ["c", "", "3"]]
    text = title + "\n".join(delimiter.join(row) for row in table)
    assert rows(only(saved(tmp_path / "a.csv", text)))[-4:] == table


def test_a_stated_delimiter_is_taken_as_it_is(tmp_path):
    path = saved(tmp_path / "a.csv", "a,b\tc\n")
    assert rows(only(path, delimiter="tab")) == rows(only(path, delimiter="\t")) == [["a,b", "c"]]
    assert rows(only(path, delimiter=",")) == [["a", "b\tc"]]


def test_the_delimiter_that_excel_was_told_is_used(tmp_path):
    assert rows(only(saved(tmp_path / "a.csv", "sep=;\na,b,c;d\n1,2,3;4 \n")))[1:] == [["a,b,c", "d"], ["1,2,3", "4 "]]


def test_one_column_needs_no_delimiter(tmp_path):
    assert rows(only(saved(tmp_path / "a.csv", "a\nb\n"))) == [["a"], ["b"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_record_stands_where_it_begins(end, tmp_path):
    text = end.join(["a,b", '"one', 'two, ""three""",2', "", '"x', "", 'y",z', "last,1", ""])
    sheet = only(saved(tmp_path / "a.csv", text.encode()))
    assert rows(sheet) == [["a", "b"], [f'one{end}two, "three"', "2"], [], [f"x{end}{end}y", "z"], ["last", "1"]]
    assert lines(sheet) == [1, 2, 4, 5, 8]


@given(st.lists(st.lists(st.text(st.sampled_from('a,"\n\r;#浓'), max_size=4), min_size=2, max_size=3), min_size=1, max_size=12))
def test_what_a_library_writes_is_read_back_with_its_lines(tmp_path_factory, table):
    table = [["第一列", "第二列", "第三列"], *table]
    stream, starts = io.StringIO(newline=""), []
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in table:
        starts.append(len(stream.getvalue().replace("\r\n", "\n").replace("\r", "\n").splitlines()) + 1)
        writer.writerow(row)
    sheet = only(saved(tmp_path_factory.mktemp("csv") / "a.csv", stream.getvalue()), delimiter=",")
    assert rows(sheet) == table
    assert lines(sheet) == starts


def test_lines_of_comment_are_no_rows_but_count_as_lines(tmp_path):
    text = '#FORMAT=FF10_POINT\n#COUNTRY=US\nfips,scc\n37001,"10100\n#601"\n# note\n37003,x\n'
    path = saved(tmp_path / "a.csv", text)
    sheet = only(path, comment="#")
    assert rows(sheet) == [["fips", "scc"], ["37001", "10100\n#601"], ["37003", "x"]]
    assert lines(sheet) == [3, 4, 7]
    assert comments(path, "a.csv") == ("#FORMAT=FF10_POINT", "#COUNTRY=US")
    assert lines(only(path)) == [1, 2, 3, 4, 6, 7]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_comments_at_the_top_are_told_apart_in_every_encoding(encoding, tmp_path):
    path = saved(tmp_path / "a.csv", "#国家=中国\r\n#YEAR=2020\r\n城市,值\r\n洛阳,2\r\n".encode(encoding))
    sheet = only(path, comment="#")
    assert (rows(sheet), lines(sheet)) == ([["城市", "值"], ["洛阳", "2"]], [3, 4])
    assert comments(path, "a.csv", "#") == ("#国家=中国", "#YEAR=2020")


@pytest.mark.parametrize("comment", [None, "#"])
def test_a_long_file_comes_in_blocks_that_can_be_walked_again(comment, tmp_path, monkeypatch):
    monkeypatch.setattr(csv_sheet, "BLOCK", 100)
    text = "k,v\n" + "".join(f'{k},"a\nb"\n' if k == 150 else f"{k},\n" if k != 170 else "# 170,\n" for k in range(1000))
    sheet = only(saved(tmp_path / "a.csv", text), comment=comment)
    sizes = [len(block.rows) for block in sheet.blocks()]
    assert max(sizes) == 100
    assert sum(sizes) == 1001 - (comment == "#")
    assert rows(sheet) == rows(sheet)
    assert list(sheet.head.rows) == rows(sheet)[:HEAD]
    kept = {row[0]: line for row, line in zip(rows(sheet), lines(sheet), strict=True)}
    assert (kept["149"], kept["150"], kept["151"], kept["999"]) == (151, 152, 154, 1002)


def test_texts_in_quotes_may_look_like_decimal_commas(tmp_path):
    path = saved(tmp_path / "a.csv", 'a;b\n"1,5";高炉1,2号\n1,234,567;1,234\n')
    assert rows(only(path))[1:] == [["1,5", "高炉1,2号"], ["1,234,567", "1,234"]]


@given(st.text(st.sampled_from("ab1,;é² 农业厂\n"), max_size=30), st.sampled_from(["utf-8", "gb18030", "utf-16", "utf-8-sig"]))
def test_the_encoding_of_a_large_file_is_the_one_a_small_one_is_read_in(text, encoding):
    raw = text.encode(encoding)
    found = encoding_of(raw)
    assert decode(raw) == (None if found is None else raw.decode(found))


# ---- workbooks


@pytest.fixture
def book(tmp_path):
    """A workbook as XlsxWriter makes it."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        sheet = made.add_worksheet("排放清单")
        sheet.merge_range("A1:D1", "2020年排放清单")
        sheet.merge_range("C2:D2", "NOx")
        sheet.merge_range("A2:A3", "企业")
        sheet.write_row("C3", ["吨", "千克"])
        sheet.write_row("A5", ["0706", 12, 1.5, True])
        sheet.write_string("A6", "1,234")
        sheet.write_datetime("B6", datetime(2020, 3, 1), made.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_datetime("C6", datetime(2020, 3, 1, 12, 30), made.add_format({"num_format": "yyyy/m/d h:mm"}))
        sheet.write_number("D6", 0.5, made.add_format({"num_format": "h:mm"}))
        sheet.write_formula("A7", "=1/0", None, "#DIV/0!")
        sheet.write_formula("B7", "=1+1", None, 2)
        sheet.write_formula("C7", '=IF(1,"")', None, "")
        sheet.write_number("D7", 26.5 / 24, made.add_format({"num_format": "[h]:mm"}))
        made.add_worksheet("空表")
        made.add_chartsheet("图")
        made.add_worksheet("隐藏").write("B2", "x")
        made.worksheets_objs[-1].hide()
    return path


def test_cells_of_a_workbook_stay_what_they_are(book):
    sheet, hidden = read(book)
    assert (sheet.name, hidden.name, sheet.encoding) == ("排放清单", "隐藏", "")
    found = rows(sheet)
    assert found[:4] == [
        ["2020年排放清单", None, None, None],
        ["企业", None, "NOx", None],
        [None, None, "吨", "千克"],
        [None] * 4,
    ]
    assert found[4] == ["0706", 12, 1.5, True]
    assert [type(cell) for cell in found[4]] == [str, int, float, bool]
    assert found[5] == ["1,234", datetime(2020, 3, 1), datetime(2020, 3, 1, 12, 30), time(12)]
    assert isinstance(found[5][1], date)
    assert found[6] == ["#DIV/0!", 2, None, "26:30:00"]
    assert lines(sheet) == [1, 2, 3, 4, 5, 6, 7]
    assert rows(hidden) == [[None, None], [None, "x"]]


def test_a_formula_that_gives_an_empty_text_has_a_value(tmp_path):
    inside = '<sheetData><row r="1"><c r="A1" t="str"><f>IF(1,"")</f><v></v></c><c r="B1"><v>1</v></c></row></sheetData>'
    assert only(by_hand(tmp_path / "a.xlsx", {"s": inside})).blank_formulas == ()


def test_merged_cells_have_the_value_of_the_first(book):
    merged = read(book)[0].merged
    assert dict(merged) == {
        **{(1, column): "2020年排放清单" for column in (2, 3, 4)},
        (2, 4): "NOx",
        (3, 1): "企业",
    }
    assert (1, 1) not in merged


def test_merged_cells_below_the_head_are_found_too(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        sheet = made.add_worksheet()
        for k in range(0, 3 * HEAD, 3):
            sheet.merge_range(k, 0, k + 2, 0, f"county {k}")
            sheet.write_column(k, 1, [k, k + 1, k + 2])
        sheet.merge_range(10_000, 0, 10_000, 5, "")  # nothing stands there
    found = only(path)
    assert len(rows(found)) == 3 * HEAD
    assert {cell: found.merged[cell] for cell in found.merged} == {
        (k + more, 1): f"county {k}" for k in range(0, 3 * HEAD, 3) for more in (2, 3)
    }


def test_dates_counted_from_1904_are_right(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path), {"date_1904": True}) as made:
        made.add_worksheet().write_datetime("A1", datetime(2020, 3, 1), made.add_format({"num_format": "yyyy-mm-dd"}))
    assert rows(only(path)) == [[datetime(2020, 3, 1)]]


def test_tags_in_comments_and_literal_texts_are_none(tmp_path):
    inside = (
        '<!-- <row r="9"> --><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t><![CDATA[<row r="1"><f/></c>]]></t></is></c>'
        '<c r="B1"><f><![CDATA[A1<2]]></f></c><c r="C1"><f>1</f><v><![CDATA[1]]></v></c></row></sheetData>'
    )
    sheet = only(by_hand(tmp_path / "a.xlsx", {"s": inside}))
    assert rows(sheet) == [['<row r="1"><f/></c>', None, 1]]
    assert sheet.blank_formulas == ("B1",)


def test_dates_of_chinese_excel_are_dates_without_a_code_in_the_file(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        sheet = made.add_worksheet()
        for column, number in enumerate((31, 57, 14, 4)):
            sheet.write_number(0, column, 43891, made.add_format({"num_format": number}))
    assert rows(only(path)) == [[datetime(2020, 3, 1)] * 3 + [43891]]


def test_styles_that_others_write_do_no_harm(tmp_path):
    styles = (
        f'<styleSheet xmlns="{MAIN}"><fills><fill/></fills><cellXfs><xf fillId="9"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    )
    inside = '<sheetData><row r="1"><c r="A1" s="1"><v>43891</v></c></row></sheetData>'
    path = by_hand(tmp_path / "a.xlsx", {"s": inside}, extra={"xl/styles.xml": styles})
    assert rows(only(path)) == [[datetime(2020, 3, 1)]]


HAND = (
    '<{p}dimension ref="A1"/><{p}sheetData>'
    '<{p}row r="2"><{p}c r="A2" t="s"><{p}v>0</{p}v></{p}c><{p}c r="C2" t="inlineStr"><{p}is><{p}t>行内 &amp; 文字</{p}t></{p}is></{p}c></{p}row>'
    '<{p}row r="5"><{p}c r="B5" t="e"><{p}v>#N/A</{p}v></{p}c><{p}c r="C5" t="b"><{p}v>0</{p}v></{p}c><{p}c r="D5" s="1"><{p}v>43891</{p}v></{p}c></{p}row>'
    '<{p}row r="6"><{p}c r="A6"><{p}f>SUM(B1:B5)</{p}f></{p}c><{p}c r="B6"><{p}f t="shared" si="0"/><{p}v/></{p}c>'
    '<{p}c r="C6"><{p}f>1+1</{p}f><{p}v>2</{p}v></{p}c><{p}c r="E6" t="str"><{p}f>A1</{p}f></{p}c></{p}row>'
    '<{p}row r="7"/></{p}sheetData><{p}mergeCells><{p}mergeCell ref="A2:B3"/></{p}mergeCells>'
)


@pytest.mark.parametrize("prefix", ["", "x"])
def test_a_workbook_written_by_hand(prefix, tmp_path):
    inside = HAND.format(p=f"{prefix}:" if prefix else "")
    strings = ["<t>标</t>", "<r><t>a</t></r><r><t>b</t></r>"]
    sheet = only(by_hand(tmp_path / "a.xlsx", {"清单": inside}, strings, prefix, formats=["yyyy-mm-dd"]))
    assert rows(sheet) == [
        [None] * 5,
        ["标", None, "行内 & 文字", None, None],
        [None] * 5,
        [None] * 5,
        [None, "#N/A", False, datetime(2020, 3, 1), None],
        [None, None, 2, None, None],
    ]
    assert lines(sheet) == [1, 2, 3, 4, 5, 6]
    assert dict(sheet.merged) == {(2, 2): "标", (3, 1): "标", (3, 2): "标"}
    assert sheet.blank_formulas == ("A6", "B6", "E6")
    assert str(sheet.place(2, 3)) == "a.xlsx:清单!C2"


def test_cells_without_a_place_stand_one_after_another(tmp_path):
    inside = "<sheetData><row><c><v>1</v></c><c><v>2.0</v></c></row><row/><row><c t='inlineStr'><is><t>x</t></is></c><c/></row></sheetData>"
    sheet = only(by_hand(tmp_path / "a.xlsx", {"s": inside}))
    assert rows(sheet) == [[1, 2.0], [], ["x"]]
    inside = inside.replace("<row>", "<row r='2'>", 1)
    assert lines(only(by_hand(tmp_path / "a.xlsx", {"s": inside}))) == [1, 2, 3, 4]


def test_cells_out_of_order_are_not_lost(tmp_path):
    inside = '<sheetData><row r="1"><c r="C1"><v>3</v></c><c r="A1"><v>1</v></c></row></sheetData>'
    assert rows(only(by_hand(tmp_path / "a.xlsx", {"s": inside}))) == [[1, None, 3]]


def test_formatted_cells_without_a_value_do_not_widen_or_lengthen_a_sheet(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        sheet, bold = made.add_worksheet(), made.add_format({"bold": True})
        sheet.write("A1", 1)
        sheet.merge_range("A2:XFD2", "title")
        sheet.write_blank("XFD1", None, bold)
        for line in (100, 1_048_575):
            sheet.write_blank(line, 3, None, bold)
    found = only(path)
    assert rows(found) == [[1], ["title"]]
    assert len(found.merged) == 0


def test_what_follows_the_rows_does_no_harm(tmp_path, recwarn, capfd):
    inside = (
        '<sheetData><row r="1"><c r="A1" s="1"><v>1e9</v></c></row></sheetData><dataValidations><dataValidation nonsense="1"/></dataValidations>'
        '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst>'
    )
    assert rows(only(by_hand(tmp_path / "a.xlsx", {"s": inside}, formats=["yyyy-mm-dd"]))) == [["#VALUE!"]]
    assert not recwarn
    assert capfd.readouterr() == ("", "")


def test_a_workbook_comes_in_blocks_and_needs_its_file_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx_sheet.Source.blocks, "__defaults__", (100,))
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        sheet = made.add_worksheet()
        sheet.write_column("B2", list(range(250)))
    found = only(path)
    path.unlink()
    assert [len(block.rows) for block in found.blocks()] == [100, 100, 51]
    assert rows(found)[1:] == [[None, k] for k in range(250)]
    assert lines(found) == list(range(1, 252))
    one, other = found.blocks(), found.blocks()
    assert [next(one).lines, next(other).lines, next(one).lines] == [range(1, 101), range(1, 101), range(101, 201)]


def test_a_workbook_is_known_by_its_content_whatever_its_name(book, tmp_path):
    assert read(saved(tmp_path / "a.csv", book.read_bytes()))[0].name == "排放清单"
    assert comments(tmp_path / "a.csv", "a.csv") == ()


CELLS = st.one_of(
    st.none(), st.integers(-(10**12), 10**12), st.booleans(), st.text(st.sampled_from("a中 <&\"'0,"), min_size=1, max_size=5)
)


@given(st.lists(st.lists(CELLS, max_size=5), min_size=1, max_size=8))
def test_what_another_library_writes_is_read_back(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("xlsx") / "a.xlsx"
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_numbers": False}) as made:
        sheet = made.add_worksheet()
        sheet.write("A1", "first")
        for line, row in enumerate(table, start=1):
            sheet.write_row(line, 0, row)
    found = [tuple(row) for row in rows(only(path))]
    width = len(found[0])
    expected = [("first",), *map(tuple, table)]
    while expected[-1] == (None,) * len(expected[-1]):
        expected.pop()
    assert found == [row[:width] + (None,) * (width - len(row)) for row in expected]
