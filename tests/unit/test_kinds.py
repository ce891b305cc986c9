"""Kinds of sources: a selector finds the same rows as looking at every row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emisim.coder import column_of
from emisim.column import Column, TextColumns, Words
from emisim.inventory import SourceTexts
from emisim.kinds import Coded, kinds_of

WORDS = ("", "a", "b", "c", "d")
COLUMNS = ("source_id", "sector", "fuel", "technology")


@st.composite
def sources(draw):
    """Texts of some rows, as arrays or as coded columns, and some selectors."""
    rows = draw(st.integers(0, 40))
    text = {c: draw(st.lists(st.sampled_from(WORDS), min_size=rows, max_size=rows)) for c in COLUMNS[1:]}
    text["source_id"] = [f"s{k}" for k in range(rows)]
    mapping = st.dictionaries(
        st.sampled_from(COLUMNS),
        st.lists(st.sampled_from((*WORDS, "s0", "s7", "x")), min_size=1, max_size=3).map(tuple),
        max_size=3,
    )
    return text, draw(st.lists(mapping, max_size=3)), draw(st.booleans())


def looked_at(text, selector):
    """The rows one by one."""
    rows = range(len(text["source_id"]))
    return [i for i in rows if any(all(text[c][i] in allowed for c, allowed in mapping.items()) for mapping in selector)]


@given(sources())
def test_a_selector_finds_what_looking_finds(case):
    text, selector, packed = case
    columns = {c: np.array(v, dtype=np.str_) for c, v in text.items()}
    if packed:
        columns = TextColumns({c: column_of(v) for c, v in text.items()}, frozenset())
    found = SourceTexts("test", columns).select(tuple(selector))
    assert found.tolist() == looked_at(text, selector)
    assert found.dtype == np.intp


def test_words_that_stand_twice_or_nowhere():
    """A column may carry words that no row has, and one word under two numbers."""
    words = column_of(["a", "b", "gone"]).words
    twice = Words((b"a\0b\0gone", b"a"), (0, 3, 4))
    columns = TextColumns(
        {"source_id": column_of(["1", "2"]), "sector": Column(np.array([0, 3]), twice), "fuel": Column(np.array([1, 1]), words)},
        frozenset(),
    )
    inventory = SourceTexts("test", columns)
    assert inventory.select(({"sector": ("a",)},)).tolist() == [0, 1]
    assert inventory.present("sector") == {"a"}
    assert inventory.present("fuel") == {"b"}


@pytest.mark.parametrize("wide", [2, 70_000])
def test_kinds_are_numbered_without_gaps(wide):
    """However many words the columns could have together."""
    words = tuple(map(str, range(wide)))
    first, second = (Coded(np.array(code), words) for code in ([0, 1, 0, 1, 0], [1, 1, 1, 0, 1]))
    found = kinds_of({"first": first, "second": second}, 5)
    assert sorted(set(found.kind.tolist())) == [0, 1, 2]
    assert found.kind[0] == found.kind[2] == found.kind[4]
    assert found.rows({"first": ("0",)}).tolist() == [0, 2, 4]
    assert found.rows({"first": ("1",), "second": ("0",)}).tolist() == [3]
