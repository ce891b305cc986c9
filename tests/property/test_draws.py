"""Any figures of any measures, drawn in any way: each draw is the run of the case with these numbers written into it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from vague import assert_draw_is_a_run, drawn, widened

import tiny
from emisim.case import prepare
from emisim.io.config_file import load
from emisim.uncertainty.draws import frame, outcome
from emisim.uncertainty.inputs import uncertain_inputs

WHOLE = load(tiny.VALID / "scenario.yaml").case
MEASURES = ("A01", "A02", "B01", "B02", "C01", "C02", "C03", "D01", "D02", "E01", "F01", "Z01")


@st.composite
def cases(draw):
    """Some measures of the tiny project, every number of theirs with a range of some width."""
    chosen = draw(st.sets(st.sampled_from(MEASURES)))
    if "C01" in chosen:
        chosen = chosen - {"C02"}  # they exclude one another on a row
    left_out = tuple(m for m in MEASURES if m not in chosen)
    question = WHOLE.scenario.model_copy(
        update={"measures": WHOLE.scenario.measures.model_copy(update={"without": left_out}), "adjust": {}}
    )
    return widened(prepare(question, WHOLE.plan, WHOLE.tables), draw(st.sampled_from([0.05, 0.3])))


@settings(max_examples=20, deadline=None)
@given(cases(), st.integers(0, 2**32 - 1), st.sampled_from(["sobol", "lhs", "random"]))
def test_a_draw_is_a_run(made, seed, method):
    inputs, values, found = drawn(made, 16, method, seed)
    if not found.scaled and not found.negative:  # such a draw cannot be written down: its files would be refused
        assert_draw_is_a_run(made, inputs, values, found, seed % 16)


@settings(max_examples=20, deadline=None)
@given(cases(), st.lists(st.floats(0.0, 1.0), min_size=1, max_size=3), st.data())
def test_any_values_between_the_ends_give_a_result_that_adds_up(made, shares, data):
    """Also the very ends: nothing negative comes out, nothing is no number, and the measures add up to the whole."""
    inputs = uncertain_inputs(made)
    low, high = (np.array([getattr(f.distribution, end) for f in inputs.figures]) for end in ("low", "high"))
    values = low + np.array(shares)[:, None] * (high - low)
    side = data.draw(st.integers(0, 2**16 - 1))
    values = np.where(np.random.default_rng(side).random(values.shape) < 0.5, values, low + high - values)
    found = outcome(frame(made, inputs), values)
    assert np.isfinite(found.totals).all()
    assert found.totals.min() >= -1e-9
    assert found.negative == 0
    gap = found.totals[:, 0, :, -1] - found.totals[:, 1, :, -1] - found.measures.sum(axis=1)
    np.testing.assert_allclose(gap, 0.0, atol=1e-9 * max(1.0, found.totals.max()))
