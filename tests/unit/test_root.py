"""Brent's method beside scipy's: the same steps, so the same number to the last digit."""

import math

import pytest
from scipy.optimize import brentq

from emisim.root import root


@pytest.mark.parametrize(
    ("function", "low", "high"),
    [
        (lambda x: x**3 - 2 * x - 5, 2.0, 3.0),
        (lambda x: math.exp(-x) - x, 0.0, 1.0),
        (lambda x: min(x, 0.3) + x**2 - 0.37, 0.0, 4.0),  # a bend, as a limit makes it
        (lambda x: -1.0 if x < 0.7123 else 1.0, 0.0, 1.0),  # a step
        (lambda x: (x - 1.25) ** 5, -3.0, 2.0),  # flat: nothing but halving helps
        (lambda x: 1.0 - 1.0 / (0.1 + x), 20.0, 0.0),  # the ends the other way about
        (lambda x: x, 0.0, 1.0),
        (lambda x: x - 1.0, 0.0, 1.0),
    ],
)
@pytest.mark.parametrize("precise", [1e-11, 1e-4])
def test_a_root_is_that_of_scipy(function, low, high, precise):
    asked = []

    def counted(x):
        asked.append(x)
        return function(x)

    found = root(counted, low, high, function(low), function(high), precise)
    mine, asked[:] = list(asked), []
    assert found == brentq(counted, low, high, xtol=precise, rtol=precise)
    assert mine == asked[2:]  # scipy looks at the ends itself


def test_two_ends_of_one_sign_are_refused():
    with pytest.raises(ValueError, match="one sign"):
        root(lambda x: x + 1.0, 0.0, 1.0, 1.0, 2.0, 1e-9)
