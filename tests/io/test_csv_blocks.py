"""Tables read as bytes are those that Python's csv reads, record by record and line by line, whatever the bytes are and however they come."""

import csv
import io
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emisim.column import eights, spelled
from emisim.io import text_file
from emisim.io.csv_file import read_csv, read_csv_blocks
from emisim.io.csv_number import numbers, plain_number
from emisim.io.figures import figures
from emisim.text import unguarded

HEADER = ("id", "name", "note")
COLUMNS = dict.fromkeys(HEADER, False) | {"id": True}
# A Chinese letter in the header, so that the encoding is not in doubt; what csv reads oddly; spaces of all kinds; and formulas.
BITS = st.sampled_from(["a", "b", ",", ",", ",", "\n", "\n", "\r\n", "\r", '"', '""', '","', '"\n', " ", "\t", "\u3000", "\xa0", "钢", "é", "𠮷"]
                       + ["'", "'=", ",'=1", "x" * 9, "long" * 17])  # fmt: skip
LINES = st.lists(
    st.tuples(*[st.sampled_from(["", "a", " b ", "钢厂", "\u3000c", "'=1", '"q,""r"""', '"two\nlines"', "y" * 70])] * 3),
    max_size=9,
)
FREE = st.lists(BITS, max_size=30).map("".join)
LAID = st.tuples(LINES, st.sampled_from(["\n", "\r\n", "\r"]), FREE).map(lambda t: t[1].join([*map(",".join, t[0]), t[2]]))


def by_csv(text: str) -> tuple[list[list[str]], list[int], list[tuple[str, int, int]]]:
    """(records, lines, faults) by the library alone."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    next(reader)
    records, heights, broken = [], [reader.line_num], []
    try:
        for record in reader:
            records.append(record)
            heights.append(1 + sum(f.count("\n") + f.count("\r") - f.count("\r\n") for f in record))
    except csv.Error:
        broken = [("csv.syntax", sum(heights) + 1, 1)]
    begin = [line + 1 for line in accumulate(heights)][: len(records)]
    filled = [(r, line) for r, line in zip(records, begin, strict=True) if any(f.strip() for f in r)]
    wrong = [(line, len(r)) for r, line in filled if len(r) != 3]
    fit = [(r, line) for r, line in zip(records, begin, strict=True) if len(r) == 3]
    misfits = [("csv.fields", line, got) for line, got in wrong]
    if not fit and len(wrong) > 1 and len({got for _, got in wrong}) == 1:
        misfits = [("csv.header_fields", 1, 3)]
    fit = [([unguarded(f.strip()).strip() for f in r], line) for r, line in fit]
    empty = [("csv.empty", line, 1) for r, line in fit if not r[0] and any(r)]
    return [r for r, _ in fit if r[0]], [line for r, line in fit if r[0]], broken + misfits + empty


def of(found) -> list[list[str]]:
    return [list(texts) for texts in zip(*(found[name].texts() for name in HEADER), strict=True)]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("t") / "t.csv"


@given(FREE | LAID, st.sampled_from([4, 7, 64, 1 << 20]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_a_table_read_as_bytes_is_that_of_csv(path, text, piece, encoding):
    text = "id,name,note\n钢铁,,\n" + text
    path.write_bytes(text.encode(encoding))
    records, lines, told = by_csv(text)
    faults, parts = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_file, "PIECE", piece)
        found = read_csv(path, "t.csv", COLUMNS, frozenset(), faults)
        blocks = list(read_csv_blocks(path, "t.csv", COLUMNS, frozenset(), parts, rows=2))
    assert of(found) == records
    assert [found.row(k).fields for k in range(len(found))] == [dict(zip(HEADER, r, strict=True)) for r in records]
    assert found.line.tolist() == lines
    assert [(f.key, f.place.line, f.place.column) for f in faults] == told
    assert [r for block in blocks for r in of(block)] == records
    assert [line for block in blocks for line in block.line.tolist()] == lines
    assert all(len(block) <= 2 for block in blocks)
    assert sorted((f.key, f.place.line, f.place.column) for f in parts) == sorted(told)


FIGURE = st.from_regex(r"-?[0-9]{0,12}(\.[0-9]{0,12})?", fullmatch=True) | st.floats(allow_nan=False, allow_infinity=False).map(
    repr
)


@given(st.lists(FIGURE | st.text("0123456789.-+eE٣１½", max_size=10), min_size=1, max_size=12))
def test_figures_are_those_of_python_to_the_last_bit(texts):
    words = np.array([text.encode() for text in texts])
    words = words.astype(f"S{-(-max(words.itemsize, 1) // 8) * 8}")
    wanted = np.array([7.0 if not text else plain_number(text) for text in texts])
    assert numbers(words, 7.0).tobytes() == wanted.tobytes()
    _, sure = figures(words, 7.0)
    plain = [text.count(".") <= 1 and text.replace(".", "").isdecimal() and text.isascii() and len(text) <= 15 for text in texts]
    assert sure[plain].all()


def test_fixed_words_and_their_numbers():
    words = np.array([b"steel", b"", "钢铁厂炉".encode()]).astype("S16")
    assert spelled(words) == ["steel", "", "钢铁厂炉"]
    assert eights(words).shape == (3, 2)
    assert int(eights(words)[0, 0]).to_bytes(8, "little") == b"steel\0\0\0"
