"""Numbers that remember how they came about: they compute like floats, and their trees say how."""

import numpy as np
import pytest
from hypothesis import given as cases
from hypothesis import strategies as st

from emisim.traced import DIFFERENCE, PRODUCT, QUOTIENT, SUM, Origin, array, given, mean, recompute, shapley, traced


def leaf(value):
    return given(value, "proof.offset", "1", Origin())


def combined(parts):
    (a, x), (b, y), sign = parts
    if sign == "/" and abs(y) < 1e-6:
        sign = "+"
    if sign == "%":
        return a % 1.0, x % 1.0
    return {"+": lambda: (a + b, x + y), "-": lambda: (a - b, x - y), "*": lambda: (a * b, x * y), "/": lambda: (a / b, x / y)}[
        sign
    ]()


numbers = st.floats(0.01, 10.0)
expressions = st.recursive(
    numbers.map(lambda v: (leaf(v), v)) | numbers.map(lambda v: (traced(v), v)),
    lambda inner: st.tuples(inner, inner, st.sampled_from("+-*/%")).map(combined),
    max_leaves=12,
)


@cases(expressions)
def test_it_computes_like_floats_and_the_tree_recomputes(expression):
    number, value = expression
    scale = max([1.0, *(abs(p.value) for p in steps(number))])
    assert number.value == pytest.approx(value, rel=1e-9, abs=1e-9 * scale)
    assert recompute(number) == pytest.approx(number.value, rel=1e-9, abs=1e-9 * scale)


def steps(number):
    yield number
    for part in number.parts:
        yield from steps(part)


def test_what_does_nothing_leaves_no_step():
    x = leaf(3.0)
    assert x * 1.0 is x and x + 0.0 is x and x - 0.0 is x and x / 1.0 is x and 0.0 + x is x
    assert (x * 0.0).value == 0.0 and not list((x * 0.0).leaves())
    assert 1.0 - (1.0 - x) is x
    assert (x * leaf(2.0)) / x is not x and (leaf(2.0) * x / x).value == 2.0


def test_what_stands_above_and_below_the_line_cancels():
    a, b = leaf(2.0), leaf(0.9)
    was = 1.0 - b
    assert (a * (1.0 - b)) / was is a


def test_sums_and_products_are_flat_until_a_step_has_a_name():
    a, b, c = leaf(1.0), leaf(2.0), leaf(3.0)
    assert (a + b + c).how == SUM and len((a + b + c).parts) == 3
    assert (a * b * c).how == PRODUCT and len((a * b * c).parts) == 3
    named = (a * b).named("proof.left.one", measures="M1")
    assert len((named * c).parts) == 2
    assert (a - b - c).how == DIFFERENCE and len((a - b - c).parts) == 3
    assert (a / b).how == QUOTIENT


def test_a_second_name_is_a_step_of_its_own():
    once = leaf(1.0).named("proof.left.one", measures="M1")
    assert once.parts[0].label == "proof.offset"


def test_measures_of_a_number_are_those_of_its_inputs():
    a = given(0.5, "proof.parameter", "1", Origin(measure="M2"))
    b = given(0.5, "proof.parameter", "1", Origin(measure="M1"))
    assert (a * b + a).measures() == ("M1", "M2")


def test_arrays_of_them_take_part_in_numpy():
    x = array([[1.0, 2.0], [3.0, 4.0]], lambda value, i, k: leaf(value))
    y = np.array([[10.0, 20.0], [30.0, 40.0]])
    total = (x * y + leaf(1.0)).sum(axis=0)
    assert [float(v) for v in total] == [102.0, 202.0]
    assert (leaf(2.0) * y)[0, 1].value == 40.0 and (y * leaf(2.0))[1, 0].value == 60.0
    assert float(np.minimum(x, 2.5)[1, 1]) == 2.5 and (x > 2).tolist() == [[False, False], [True, True]]
    assert [float(v) for v in np.sort(np.array([leaf(3.0), leaf(1.0)], dtype=object))] == [1.0, 3.0]


@pytest.mark.parametrize(("own", "others", "part"), [(0.6, (0.6, 0.5), 24.0 + 2 / 3), (0.5, (0.6, 0.6), 32.0 + 2 / 3)])
def test_shapley_of_three_in_series(own, others, part):
    """Design 2.6: −40 %, −40 %, −50 % of 100 t bring 24.6667, 24.6667 and 32.6667 t."""
    number = shapley(leaf(100.0), leaf(own), tuple(map(leaf, others)))
    assert number.value == pytest.approx(part, rel=1e-12) and recompute(number) == number.value


def test_the_mean_of_some_numbers():
    assert mean([leaf(1.0), leaf(4.0)]).value == 2.5 == recompute(mean([leaf(1.0), leaf(4.0)]))


def test_a_wrong_tree_does_not_recompute():
    """``recompute`` looks at the leaves, not at what a step says of itself."""
    from dataclasses import replace

    right = leaf(2.0) * leaf(3.0)
    assert recompute(replace(right, value=7.0)) == 6.0
