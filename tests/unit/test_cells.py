"""How covered shares lie in one another: cells and their weights, worked out by hand on a line of units from 0 to 1."""

import numpy as np
import pytest

from emisim.cells import along_line, combine, nested


def weights(cells):
    """Names that hold together → share of the units; cells that never occur are left out."""
    found = [(tuple(sorted(names)), np.asarray(weight).item()) for names, weight in cells]
    assert len({names for names, _ in found}) == len(found)
    return {names: weight for names, weight in found if weight > 1e-12}


def block(name, share):
    return [((name,), share), ((), 1.0 - share)]


def test_an_interval_inside_the_line_leaves_both_sides():
    assert weights(along_line({"a": (0.2, 0.5)})) == pytest.approx({(): 0.7, ("a",): 0.3})


def test_an_interval_past_the_end_goes_on_at_the_beginning():
    # b lies on 0.8–1 and on 0–0.2, a on 0–0.3
    assert weights(along_line({"a": (0.0, 0.3), "b": (0.8, 1.2)})) == pytest.approx(
        {("a", "b"): 0.2, ("a",): 0.1, ("b",): 0.2, (): 0.5}
    )


def test_the_smaller_coverage_lies_inside_the_larger():
    assert weights(nested({"a": 0.3, "b": 0.5})) == pytest.approx({("a", "b"): 0.3, ("b",): 0.2, (): 0.5})


def test_spread_coverages_are_laid_end_to_end_more_than_once_around():
    # a on 0–0.7, b on 0.7–1 and 0–0.3, c from 0.3 on to 0.8
    found = weights(combine([block("a", 0.7), block("b", 0.6), block("c", 0.5)], "spread"))
    assert found == pytest.approx({("a", "b"): 0.3, ("a", "c"): 0.4, ("b", "c"): 0.1, ("b",): 0.2})


def test_nested_blocks_begin_at_the_same_unit():
    found = weights(combine([block("a", 0.7), block("b", 0.6), block("c", 0.5)], "nested"))
    assert found == pytest.approx({("a", "b", "c"): 0.5, ("a", "b"): 0.1, ("a",): 0.1, (): 0.3})
