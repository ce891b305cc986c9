"""Frozen objects as plain data and back."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emisim.errors import Place, fault
from emisim.io.record import NoRecord, pack, unpack
from emisim.model import Label


@dataclass(frozen=True)
class Pair:
    first: object
    second: object


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates()
things = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.tuples(st.text(max_size=2)), inner, max_size=3)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=12,
)


def there_and_back(value, known=(Pair,)):
    data, arrays = pack(value)
    return unpack(json.loads(json.dumps(data)), arrays, known)


def same(a, b):
    if isinstance(a, float) and a != a:
        return b != b
    if isinstance(a, tuple):
        return type(b) is tuple and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, Pair):
        return same(a.first, b.first) and same(a.second, b.second)
    return type(a) is type(b) and a == b


@given(things)
def test_every_value_comes_back_as_it_was(value):
    assert same(value, there_and_back(value))


@pytest.mark.parametrize(
    "values", [np.array([[1.5, np.nan], [-0.0, np.inf]]), np.array([True, False]), np.zeros((0, 3)), np.arange(3)]
)
def test_arrays_keep_type_shape_and_bits(values):
    back = there_and_back({"x": (values, 1)})["x"][0]
    assert back.dtype == values.dtype and back.shape == values.shape and back.tobytes() == values.tobytes()


def test_numbers_of_numpy_become_plain_ones():
    assert there_and_back((np.float64(0.1), np.bool_(True), np.int32(3))) == (0.1, True, 3)


def test_models_and_faults_come_back():
    kept = Label(zh="锅炉", en="boilers"), fault("plan.negative", Place("a.yaml", 3, 1), row="x", count=2)
    assert there_and_back(kept, (Label, Place, type(kept[1]))) == kept


def test_a_dictionary_with_the_marks_as_keys_is_no_object():
    assert there_and_back({"is": "date", "of": "2020-01-01"}) == {"is": "date", "of": "2020-01-01"}


@pytest.mark.parametrize(
    "data",
    [
        {"is": "Popen", "of": {}}, {"is": "Pair", "of": {"first": 1}}, {"is": "Pair", "of": {"first": 1, "second": 2, "third": 3}},
        {"is": "array", "of": 7}, {"is": "date", "of": "soon"}, {"of": 1}, {"is": "mapping", "of": [[1]]}, {"is": "Label", "of": {"zh": 3}},
    ],
)  # fmt: skip
def test_what_is_no_record_is_refused(data):
    with pytest.raises(NoRecord):
        unpack(data, [], (Pair, Label))


def test_what_has_no_plain_form_is_refused():
    with pytest.raises(TypeError, match="object has no plain form"):
        pack((1, object()))
