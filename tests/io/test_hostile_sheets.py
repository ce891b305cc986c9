"""Files that cannot be read as a table are refused in one line, with a remedy; nothing is left open and nothing is printed."""

import io
import os
import struct
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from emisim.errors import BadInput
from emisim.io.sheets import comments, read_sheets
from emisim.io.sheets.guard import Limits
from emisim.text import messages
from handmade import MAIN, by_hand, saved

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)
ROW = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'


def refusal(path, **options):
    """(key, place, values) of the only fault of a file, also of its blocks."""
    with pytest.raises(BadInput) as caught:
        for sheet in read_sheets(path, path.name, **options):
            for _ in sheet.blocks():
                pass
    (found,) = caught.value.faults
    for language in ("en", "zh"):
        assert "\n" not in found.text(language)
    return found.key, str(found.place), found.values


def kind(found):
    key, place, values = found
    assert (key, place.rpartition(".")[0]) == ("grid.kind", "a")
    return values["kind"].key.removeprefix("grid.kind.")


def book(path, cells=(("A1", 1),), **options):
    with xlsxwriter.Workbook(str(path), options) as made:
        sheet = made.add_worksheet()
        for place, value in cells:
            sheet.write(place, value)
    return path


def zipped(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in parts.items():
            made.writestr(name, text)
    return path


# ---- what is no file to be read


def test_a_missing_file_is_told_with_its_nearest_neighbour(tmp_path):
    saved(tmp_path / "inventory.csv", "a\n")
    key, place, values = refusal(tmp_path / "inventry.csv")
    assert (key, place, values["near"]) == ("grid.missing", "inventry.csv", "inventory.csv")
    assert refusal(tmp_path / "none" / "b.csv")[2]["near"] == ""


def test_folders_and_pipes_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    assert refusal(tmp_path / "pipe.csv")[:2] == ("grid.device", "pipe.csv")
    assert refusal(Path("/dev/zero"))[:2] == ("grid.device", "zero")
    assert refusal(tmp_path / "folder.csv")[:2] == ("grid.folder", "folder.csv")
    assert refusal(tmp_path / ("x" * 5000))[0] == "file.unreadable"
    assert refusal(tmp_path / "a\0.csv")[0] in ("file.unreadable", "grid.missing")


def test_a_file_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.csv", "a\n")

    def fails(self):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", fails)
    assert refusal(path)[::2] == ("file.unreadable", {"reason": "Input/output error"})


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
@pytest.mark.parametrize("raw", [b"", b" \n\r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_holds_no_table(name, raw, tmp_path):
    assert refusal(saved(tmp_path / name, raw))[:2] == ("grid.empty", name)


def test_a_workbook_without_a_filled_cell_holds_no_table(tmp_path):
    assert refusal(book(tmp_path / "a.xlsx", ()))[:2] == ("grid.empty", "a.xlsx")


def test_comments_alone_are_no_table(tmp_path):
    assert refusal(saved(tmp_path / "a.csv", "#a\n#b\n"), comment="#")[0] == "grid.empty"


def test_a_file_may_have_some_size(tmp_path):
    path = saved(tmp_path / "a.csv", "a,b\n" * 1000)
    key, _, values = refusal(path, largest=Limits(file=3999))
    assert (key, values) == ("grid.too_large", {"size": 1, "largest": 0})


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (OLE, "xls"),
        (b"%PDF-1.7\n", "pdf"),
        (b"{\\rtf1", "document"),
        (b"\x1f\x8b\x08", "archive"),
        (b"7z\xbc\xaf\x27\x1c", "archive"),
        (b"Rar!\x1a", "archive"),
        (b"\x89PNG\r\n", "picture"),
        (b"\x89HDF\r\n", "netcdf"),
        (b"CDF\x01", "netcdf"),
        (b"SQLite format 3\0", "database"),
        (b"\r\n <html><table><tr><td>1", "page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "page"),
        ("\ufeff<table>".encode("utf-16-le"), "page"),
        (b"<!DOCTYPE html>", "page"),
        (b"MIME-Version: 1.0\n", "page"),
        (b"a,b\n1,2\n", "other"),
    ],
)
def test_files_of_other_kinds_are_named(raw, word, tmp_path):
    assert kind(refusal(saved(tmp_path / "a.xlsx", raw))) == word


def test_a_protected_workbook_is_told(tmp_path):
    assert refusal(saved(tmp_path / "a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le")))[0] == "grid.locked"
    raw = bytearray(book(tmp_path / "b.xlsx").read_bytes())
    at = raw.find(b"PK\x01\x02")
    raw[at + 8] |= 1
    assert refusal(saved(tmp_path / "b.xlsx", bytes(raw)))[0] == "grid.locked"


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"}, "ods"),
        ({"[Content_Types].xml": "<Types/>", "word/document.xml": "<a/>"}, "document"),
        ({"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<a/>"}, "document"),
        ({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": "x"}, "xlsb"),
        ({"Index/Document.iwa": "x"}, "numbers"),
        ({"a.csv": "a,b\n"}, "archive"),
        ({}, "archive"),
    ],
)
def test_archives_of_other_kinds_are_named(parts, word, tmp_path):
    assert kind(refusal(zipped(tmp_path / "a.xlsx", parts))) == word


def test_a_strict_workbook_is_named(tmp_path):
    path = by_hand(tmp_path / "a.xlsx", {"s": ROW})
    with zipfile.ZipFile(path) as parts:
        texts = {
            name: parts.read(name).replace(MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main")
            for name in parts.namelist()
        }
    assert kind(refusal(zipped(path, texts))) == "strict"


# ---- texts


def test_binary_and_control_characters_are_no_text(tmp_path):
    assert refusal(saved(tmp_path / "a.csv", b"a,b\n1,\x00\n"))[:2] == ("file.control", "a.csv:2:3")
    assert refusal(saved(tmp_path / "a.csv", "城市,b\n1,\x9c\n"))[:2] == ("file.control", "a.csv:2:3")
    assert refusal(saved(tmp_path / "a.csv", "城市,b\n1,\x9c\n".encode("gb18030")))[:2] == ("file.control", "a.csv:2:3")
    assert refusal(saved(tmp_path / "a.csv", "城市,b\n1,\x07\n".encode("utf-16")))[:2] == ("file.control", "a.csv:2:3")
    assert refusal(saved(tmp_path / "a.csv", bytes(range(256)) * 9))[0] == "file.encoding"
    assert refusal(saved(tmp_path / "a.csv", "城市,b\n".encode("utf-16-le")))[0] in ("file.encoding", "file.control")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("first", "then"), [("utf-8", "gbk"), ("gbk", "utf-8")])
@pytest.mark.parametrize("word", ["城市", "孟津区", "浓度"])
def test_two_encodings_in_one_file_are_told_where_they_meet(first, then, word, end, tmp_path):
    above = f"{word},NOx{end}a,1{end}{word},2{end}b,3{end}"
    raw = above.encode(first) + f"c,4{end}{word},5{end}".encode(then)
    key, place, values = refusal(saved(tmp_path / "a.csv", raw))
    names = {"utf-8": "UTF-8", "gbk": "GB18030"}
    assert (key, place) == ("grid.mixed", "a.csv:6")
    assert values == {"before": names[first], "after": names[then]}


def test_a_line_in_no_encoding_is_told(tmp_path):
    raw = "城市,b\n".encode("gbk") + b"1,2\n\xff\xff,3\n"
    assert refusal(saved(tmp_path / "a.csv", raw))[:2] == ("grid.no_encoding", "a.csv:3")


def test_a_stated_encoding_must_be_known_and_fit(tmp_path):
    path = saved(tmp_path / "a.csv", "城市\n农业\n".encode("gbk"))
    key, _, values = refusal(path, encoding="gb1803")
    assert (key, values["near"]) == ("grid.unknown_encoding", "gb18030")
    assert refusal(path, encoding="rot13")[0] == refusal(path, encoding="unicode_escape")[0] == "grid.unknown_encoding"
    assert refusal(path, encoding="utf-8")[:2] == ("grid.wrong_encoding", "a.csv:1")
    with pytest.raises(BadInput):
        comments(path, "a.csv", "#", "utf-8")


def test_an_endless_line_is_refused(tmp_path):
    path = saved(tmp_path / "a.csv", b"a,b\n" + b"1," * 600_000)
    assert refusal(path)[:2] == ("grid.long_line", "a.csv:2")


def test_a_hundred_thousand_columns_are_refused(tmp_path):
    path = saved(tmp_path / "a.csv", "title\n" + ",".join(map(str, range(100_000))) + "\n")
    key, place, values = refusal(path)
    assert (key, place, values) == ("grid.columns", "a.csv:2", {"columns": 100_000, "most": 2000})


@pytest.mark.parametrize("comment", [None, "#"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('a,b\n1,"x\n2,y\n', "a.csv:2:3"),
        ('a,b\n1,"x\n2,"y"\n', "a.csv:2:3"),
        ('# t\na,b\n"1\n2","3\n4",5\n6,"7\n', "a.csv:6:3"),
        ('a,b\n"1","x"y"\n', "a.csv:2:5"),
        ('a,b\n"1\n\n2","x""\n3,4\n', "a.csv:4:4"),
    ],
)
def test_a_quote_that_is_not_closed_is_told_where_it_opens(text, place, comment, tmp_path):
    assert refusal(saved(tmp_path / "a.csv", text), comment=comment)[:2] == ("grid.quote", place)


def test_a_quote_that_is_never_closed_in_a_long_file_is_told_where_it_opens(tmp_path):
    text = "a,b\n" * 3000 + '1,"x\n' + "1,2\n" * 50_000
    assert refusal(saved(tmp_path / "a.csv", text))[:2] == ("grid.quote", "a.csv:3001:3")


def test_a_field_may_have_some_length(tmp_path):
    assert refusal(saved(tmp_path / "a.csv", "a,b\n1," + "x" * 140_000))[:2] == ("grid.long_field", "a.csv:2")


@pytest.mark.parametrize("delimiter", ["ab", '"', "\n"])
def test_a_delimiter_is_one_sign(delimiter, tmp_path):
    assert refusal(saved(tmp_path / "a.csv", "a,b\n"), delimiter=delimiter)[::2] == ("grid.delimiter", {"text": delimiter})


@pytest.mark.parametrize("number", ["1,5", "-12,25", "0,125", "1234,5678", "1,5 "])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_decimal_commas_are_refused(number, delimiter, tmp_path):
    path = saved(tmp_path / "a.csv", f"名称{delimiter}b\nx, y{delimiter}1,234\nz{delimiter}{number}\n")
    key, place, values = refusal(path)
    assert (key, place, values) == ("grid.decimal_comma", "a.csv:3:3", {"text": number.strip()})


def test_a_comma_that_may_be_of_decimals_or_thousands_is_refused(tmp_path):
    """A file with semicolons often has them because its numbers have decimal commas."""
    key, place, values = refusal(saved(tmp_path / "a.csv", "名称;b\nz;1,512\nz;2,345\n"))
    assert (key, place, values) == ("grid.unclear_comma", "a.csv:2:3", {"text": "1,512"})
    for clear in ("1.5", "1,234.5", "1,234,567", "-0.2"):
        (sheet,) = read_sheets(saved(tmp_path / "a.csv", f"名称;b\nz;1,512\nz;{clear}\n"), "a.csv")
        assert sheet.head.rows[1] == ["z", "1,512"]
    (sheet,) = read_sheets(saved(tmp_path / "a.csv", "名称\tb\nz\t1,512\n"), "a.csv")
    assert sheet.head.rows[1] == ["z", "1,512"]


# ---- workbooks


def test_an_archive_that_unpacks_without_end_is_refused(tmp_path):
    path = by_hand(tmp_path / "a.xlsx", {"s": ROW}, extra={"xl/worksheets/sheet2.xml": " " * 40_000_000})
    assert path.stat().st_size < 100_000
    key, _, values = refusal(path)
    assert (key, values["size"]) == ("grid.bomb", 41)


def test_the_parts_of_a_workbook_may_have_some_size_together(tmp_path):
    path = by_hand(tmp_path / "a.xlsx", {"s": ROW}, ["<t>x</t>"] * 1000)
    assert refusal(path, largest=Limits(unpacked=10_000))[0] == "grid.bomb"
    assert refusal(path, largest=Limits(held=10_000))[0] == "grid.bomb"


def test_an_archive_that_lies_about_its_size_is_damaged(tmp_path):
    raw = bytearray(
        by_hand(tmp_path / "a.xlsx", {"s": ROW}, extra={"xl/worksheets/sheet2.xml": "<a>" + " " * 9_000_000}).read_bytes()
    )
    size = struct.pack("<I", 9_000_003)
    assert raw.count(size) == 2
    assert refusal(saved(tmp_path / "a.xlsx", bytes(raw.replace(size, struct.pack("<I", 9)))))[0] == "grid.broken"


def test_parts_with_too_many_entries_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("emisim.io.sheets.worksheet_scan.FEW_TAGS", 1000)
    path = by_hand(tmp_path / "a.xlsx", {"s": ROW}, book="<bookViews>" + "<workbookView/>" * 1000 + "</bookViews>")
    key, _, values = refusal(path)
    assert (key, values) == ("grid.parts", {"part": "xl/workbook.xml"})


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "docProps/core.xml", "x.bin"]
)
def test_entities_are_refused_in_every_part(part, tmp_path):
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'
    path = by_hand(tmp_path / "a.xlsx", {"s": ROW})
    with zipfile.ZipFile(path) as parts:
        texts = {name: parts.read(name) for name in parts.namelist()}
    texts[part] = f'<?xml version="1.0"?>{bomb}<a>&c;</a>'
    key, _, values = refusal(zipped(path, texts))
    assert (key, values) == ("grid.entities", {"part": part})


def test_entities_are_found_where_two_pieces_meet(tmp_path, monkeypatch):
    monkeypatch.setattr("emisim.io.sheets.worksheet_scan.PIECE", 7)
    assert refusal(by_hand(tmp_path / "a.xlsx", {"s": "<!DOCTYPE a>" + ROW}))[0] == "grid.entities"


def test_a_part_in_utf_16_hides_nothing(tmp_path):
    sheet = f'<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><worksheet xmlns="{MAIN}">{ROW}</worksheet>'
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        path = by_hand(tmp_path / "a.xlsx", {"s": ROW}, extra={"xl/worksheets/sheet1.xml": sheet.encode(encoding)})
        key, _, values = refusal(path)
        assert (key, values["reason"].key) == ("grid.broken", "grid.why.encoding")


def why(inside, tmp_path, **options):
    found = refusal(by_hand(tmp_path / "a.xlsx", {"s": inside}, **options))
    return found[0], getattr(found[2]["reason"], "key", found[2]["reason"])


def test_damaged_sheets_are_told(tmp_path):
    cell = '<c r="A1"><v>1</v></c>'
    rows = "grid.broken", "grid.why.rows"
    assert why(f'<sheetData><row r="2">{cell}</row><row r="1">{cell}</row></sheetData>', tmp_path) == rows
    assert why(f'<sheetData><row r="2">{cell}</row><row r="2">{cell}</row></sheetData>', tmp_path) == rows
    assert why(f'<sheetData><row r="9999999999">{cell}</row></sheetData>', tmp_path) == rows
    assert why(f'<sheetData><row r="1e3">{cell}</row></sheetData>', tmp_path) == rows
    assert why(f'{ROW}<mergeCells><mergeCell ref="A1:ZZZZ9"/></mergeCells>', tmp_path) == ("grid.broken", "grid.why.merged")
    assert why("<sheetData><row><c><v>1</v></sheetData>", tmp_path)[1].startswith("mismatched tag")
    assert why('<sheetData><row r="1"><c r="A1" t="s"><v>7</v></c></row></sheetData>', tmp_path)[0] == "grid.broken"
    assert why('<sheetData><row r="1"><c r="A1"><v>x</v></c></row></sheetData>', tmp_path)[0] == "grid.broken"
    odd = f'<y:sheetData xmlns:y="{MAIN}"><y:row r="1"><y:c r="A1"><y:v>1</y:v></y:c></y:row></y:sheetData>'
    assert why(odd, tmp_path) == ("grid.broken", "grid.why.tags")
    assert why("&undefined;" + ROW, tmp_path)[0] == "grid.broken"


def test_a_sheet_that_is_cut_off_or_missing_is_told(tmp_path):
    path = by_hand(tmp_path / "a.xlsx", {"s": ROW})
    with zipfile.ZipFile(path) as parts:
        texts = {name: parts.read(name) for name in parts.namelist()}
    cut = {**texts, "xl/worksheets/sheet1.xml": texts["xl/worksheets/sheet1.xml"][:-3]}
    assert refusal(zipped(path, cut))[2]["reason"].key == "grid.why.cut"
    other = {**texts, "xl/worksheets/sheet1.xml": f'<table xmlns="{MAIN}"/>'}
    assert refusal(zipped(path, other))[2]["reason"].key == "grid.why.part"
    hidden = {**texts, "xl/_rels/workbook.xml.rels": texts["xl/_rels/workbook.xml.rels"].replace(b"worksheets/", b"media/")}
    hidden["xl/media/sheet1.xml"] = texts["xl/worksheets/sheet1.xml"]
    assert refusal(zipped(path, hidden))[2]["reason"].key == "grid.why.part"


def test_a_row_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("emisim.io.sheets.worksheet_scan.LONGEST_ROW", 1000)
    monkeypatch.setattr("emisim.io.sheets.worksheet_scan.PIECE", 100)
    row = "<sheetData><row>" + "<c><v>1</v></c>" * 1000 + "</row></sheetData>"
    assert why(row, tmp_path) == ("grid.broken", "grid.why.row")


def test_a_workbook_with_many_columns_is_refused(tmp_path):
    path = book(tmp_path / "a.xlsx", [("A1", 1), ("XFD7", 1)])
    assert refusal(path)[::2] == ("grid.columns", {"columns": 16_384, "most": 2000})
    assert len(read_sheets(path, "a.xlsx", largest=Limits(columns=16_384))[0].head.rows) == 7


@pytest.mark.parametrize("cells", [2001, 100_000])
def test_many_cells_without_a_place_are_refused(cells, tmp_path):
    path = by_hand(tmp_path / "a.xlsx", {"s": "<sheetData><row/><row>" + "<c><v>1</v></c>" * cells + "</row></sheetData>"})
    key, _, values = refusal(path)
    assert (key, values["most"]) == ("grid.columns", 2000)


def test_a_workbook_may_have_some_sheets_and_merged_cells(tmp_path):
    assert refusal(by_hand(tmp_path / "a.xlsx", {f"s{k}": ROW for k in range(201)}))[::2] == (
        "grid.sheets",
        {"sheets": 201, "most": 200},
    )
    merged = '<sheetData><row r="9000"><c r="CV9000"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:CV9000"/></mergeCells>'
    assert refusal(by_hand(tmp_path / "a.xlsx", {"s": merged}))[:2] == ("grid.merged", "a.xlsx:s")


def test_no_link_is_followed(tmp_path):
    """External links and a sheet outside the archive are not opened."""
    outside = saved(tmp_path / "outside.xml", f'<worksheet xmlns="{MAIN}">{ROW}</worksheet>')
    path = by_hand(tmp_path / "a.xlsx", {"s": ROW}, book='<externalReferences><externalReference r:id="r9"/></externalReferences>')  # fmt: skip
    with zipfile.ZipFile(path) as parts:
        texts = {name: parts.read(name).decode() for name in parts.namelist()}
    relation = f'<Relationship Id="r9" Type="x/externalLink" TargetMode="External" Target="file://{outside}"/></Relationships>'
    name = "xl/_rels/workbook.xml.rels"
    texts[name] = texts[name].replace("</Relationships>", relation)
    (sheet,) = read_sheets(zipped(path, texts), "a.xlsx")
    assert [tuple(row) for row in sheet.head.rows] == [(1,)]


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_a_workbook_that_is_cut_off_is_damaged(share, tmp_path):
    raw = book(tmp_path / "a.xlsx", [(f"A{k}", f"text {k}") for k in range(1, 500)]).read_bytes()
    assert refusal(saved(tmp_path / "a.xlsx", raw[: int(share * len(raw))]))[0] == "grid.broken"


WHOLE = by_hand(
    io.BytesIO(), {"s": ROW, "t": "<sheetData><row r='2'><c t='s'><v>0</v></c></row></sheetData>"}, ["<t>标</t>"]
).getvalue()


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_bytes_never_end_in_anything_but_a_fault(tmp_path_factory, changes):
    raw = bytearray(WHOLE)
    for at, byte in changes:
        raw[at] = byte
    path = saved(tmp_path_factory.mktemp("x") / "a.xlsx", bytes(raw))
    try:
        for sheet in read_sheets(path, "a.xlsx"):
            for block in sheet.blocks():
                assert len(block.lines) == len(block.rows)
    except BadInput as bad:
        assert len(bad.faults) == 1


PIECES = [
    '<row r="1">',
    "<row>",
    "</row>",
    '<c r="A1">',
    "<c>",
    "</c>",
    "<v>",
    "1",
    "</v>",
    "<f>",
    "</f>",
    "<f/>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    't="s"',
    '<c r="B7" t="d">',
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_any_sheet_is_read_or_refused(tmp_path_factory, pieces):
    path = by_hand(tmp_path_factory.mktemp("x") / "a.xlsx", {"s": f"<sheetData>{''.join(pieces)}</sheetData>", "t": ROW})
    try:
        for sheet in read_sheets(path, "a.xlsx"):
            assert sum(len(block.rows) for block in sheet.blocks())
    except BadInput as bad:
        assert len(bad.faults) == 1


@settings(max_examples=300)
@given(
    st.binary(max_size=60) | st.text(st.sampled_from('a,"\n\r;城#'), max_size=30).map(str.encode), st.sampled_from([None, "#"])
)
def test_any_bytes_are_read_or_refused(tmp_path_factory, raw, comment):
    path = saved(tmp_path_factory.mktemp("x") / "a.csv", raw)
    try:
        for sheet in read_sheets(path, "a.csv", comment=comment):
            for block in sheet.blocks():
                assert list(block.lines) == sorted(set(block.lines))
    except BadInput as bad:
        assert len(bad.faults) == 1


@pytest.mark.filterwarnings("error")
def test_nothing_is_left_open(tmp_path):
    import gc

    before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
    for path in (book(tmp_path / "a.xlsx"), saved(tmp_path / "a.csv", "a,b\n1,2\n"), saved(tmp_path / "b.xlsx", b"PK\x03\x04")):
        try:
            next(read_sheets(path, path.name)[0].blocks())
        except BadInput:
            pass
    gc.collect()
    assert len(os.listdir("/proc/self/fd") if before else []) == len(before)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "a.xlsx", "b.xlsx"]


def test_every_fault_of_sheets_has_a_case():
    here = Path(__file__).read_text(encoding="utf-8")
    faults = {key for key in messages() if key.startswith("grid.")}
    assert {key for key in faults if key.count(".") == 1 and f'"{key}"' not in here} == set()
    assert {key for key in faults if key.startswith("grid.why.") and f'"{key}"' not in here} == set()
    assert {key for key in faults if key.startswith("grid.kind.") and f'"{key.rpartition(".")[2]}"' not in here} == set()
