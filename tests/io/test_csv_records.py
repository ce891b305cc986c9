"""Tables read by column: every text comes back, and every record stands at its line, across blocks and whatever the texts are."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emisim.coder import BLOCK, FEW, column_of
from emisim.column import TextColumns
from emisim.io.csv_file import read_csv
from emisim.io.csv_number import numbers, plain_number

COLUMNS = {"id": True, "name": False, "note": False}
# Letters that a file in UTF-8 shows to be one, and what makes records span lines or stand in quotes.
FIELD = st.lists(st.sampled_from(["\n", "\r", "\r\n", '"', ",", " ", "a", "é", "钢厂", "𠮷"]), max_size=6).map("".join)


def read(folder, data: str | bytes, optional=frozenset()):
    path = folder / "t.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    faults = []
    return read_csv(path, "t.csv", COLUMNS, optional, faults), faults


def told(faults) -> list[tuple[str, int, int]]:
    return [(f.key, f.place.line, f.place.column) for f in faults]


@given(st.lists(st.tuples(FIELD, FIELD), max_size=40), st.sampled_from(["\n", "\r\n"]))
def test_a_table_comes_back_with_the_lines_of_its_records(tmp_path_factory, rows, end):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    lines, records = [], []
    for k, fields in enumerate([("钢厂", ""), *rows]):
        text = stream.getvalue()
        lines.append(len(io.StringIO(text, newline="").readlines()) + 1)
        records.append([f"r{k}", *(field.strip() for field in fields)])
        writer.writerow([f"r{k}", *fields])
    found, faults = read(tmp_path_factory.mktemp("t"), stream.getvalue())
    assert faults == []
    assert [[row[name] for name in COLUMNS] for row in found.rows()] == records
    assert [found.row(k).fields for k in range(len(found))] == [row.fields for row in found.rows()]
    assert found.line.tolist() == lines


def test_lines_stay_right_across_blocks(tmp_path):
    count = 3 * BLOCK
    lines = ["id,name,note", *(f"r{k},x," for k in range(count))]
    lines[BLOCK] = f'r{BLOCK - 1},"two\nlines",'
    lines[2 * BLOCK + 5] = "short,x"
    lines[2 * BLOCK + 6] = ""
    lines[2 * BLOCK + 7] = " , , "
    lines[2 * BLOCK + 8] = " ,x,"
    found, faults = read(tmp_path, "\n".join(lines))
    # One record has two lines, and the list of lines begins with number 0.
    assert told(faults) == [("csv.fields", 2 * BLOCK + 7, 2), ("csv.empty", 2 * BLOCK + 10, 1)]
    assert len(found) == count - 4
    assert found.line.tolist() == [int(name[1:]) + (2 if int(name[1:]) < BLOCK else 3) for name in found["id"].texts()]


def test_what_stands_before_a_broken_record_is_read(tmp_path):
    lines = ["id,name,note", *(f"r{k},x," for k in range(BLOCK + 20))]
    found, faults = read(tmp_path, "\n".join([*lines, 'r,"x"y,', "s,x,"]))
    assert len(found) == BLOCK + 20
    assert told(faults) == [("csv.syntax", BLOCK + 22, 1)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings(tmp_path, encoding):
    found, faults = read(tmp_path, "id,name,note\na,孟津水泥厂,é\n".encode(encoding))
    assert faults == []
    assert found.row(0).fields == {"id": "a", "name": "孟津水泥厂", "note": "é"}


def test_a_column_that_is_not_there_is_empty(tmp_path):
    found, faults = read(tmp_path, "name,id\nx,a\ny,b\n", frozenset({"note"}))
    assert faults == []
    assert found["note"].texts() == ["", ""]
    assert (found.row(1)["note"], found.row(1).place("note").column, found.row(1).place("id").column) == ("", 0, 2)


@given(
    st.lists(
        st.sampled_from(["", "a", " a ", "b", "é", "钢"]) | st.text(max_size=3).filter(lambda t: "\0" not in t), max_size=60
    ),
    st.integers(1, 200),
)
def test_a_column_says_of_its_texts_what_the_texts_say(texts, times):
    """Also where nearly every row has a text of its own, from some row on."""
    rows = [*texts * times, *(f"own {k}" for k in range(FEW + BLOCK)), *texts]
    column, plain = column_of(rows), [text.strip() for text in rows]
    assert column.texts() == plain
    assert column.array(object).tolist() == plain
    assert column.used() == set(plain)
    assert column.empty().tolist() == [not text for text in plain]
    assert column.each(len, int).tolist() == [len(text) for text in plain]
    first = {text: k for k, text in reversed(list(enumerate(plain)))}
    assert column.repeated() == [(k, first[text]) for k, text in enumerate(plain) if first[text] != k]
    some = np.arange(len(rows))[::-3]
    assert [column.take(some)[k] for k in range(0, some.size, 97)] == [plain[k] for k in some[::97]]


def test_texts_are_spelled_out_when_they_are_asked_for():
    columns = TextColumns({"id": column_of(["b", "a", "b"]), "note": column_of(["x", "", "y" * 99])}, frozenset({"note"}))
    assert (columns["id"] == "b").tolist() == [True, False, True]
    assert columns["id"] is columns["id"]
    assert (columns["id"].dtype.kind, columns["note"].dtype.kind, list(columns), len(columns)) == ("U", "O", ["id", "note"], 2)


NUMBER = st.sampled_from(
    [
        "1",
        "-2.5",
        "+.5",
        "1e3",
        "1e0004",
        "1e400",
        "1_0",
        "inf",
        "nan",
        "１２",
        "٣",
        "",
        " 1",
        "1,5",
        "0x1",
        "1.",
        ".",
        "e5",
        "--1",
    ]
)


@given(st.lists(NUMBER | st.floats(allow_nan=False, allow_infinity=False).map(repr), max_size=9))
def test_many_numbers_are_read_as_one_is(texts):
    wanted = [7.0 if not text else plain_number(text) for text in texts]
    np.testing.assert_array_equal(numbers(texts, 7.0), wanted)
