"""The kernel and the ledger against the slow second calculation, on random inventories and plans."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import arrays, compiled, random_cases
from emisim import kernel
from emisim.drawn_ledger import reductions, shares
from emisim.ledger import attribute
from emisim.program import compile_program
from reference_model import run, shapley


def close(found, wanted, scale):
    """Equal to 1e-9 of the largest number at hand: a cell that cancels to nothing has no scale of its own."""
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9 * max(scale, 1.0))


@given(random_cases(), st.data())
@settings(max_examples=2 * settings().max_examples)
def test_kernel_equals_the_reference(case, data):
    base, program = compiled(case)
    on = [data.draw(st.sampled_from([1.0, 1.0, 1.0, 0.5, 0.0])) for _ in case.phase]
    activity, emission = run(case, on)
    state = kernel.run(base, program, np.array(on))
    close(state.activity, activity, np.abs(activity).max())
    close(state.emission, emission, np.abs(emission).max())


@given(random_cases(most_measures=4))
def test_ledger_equals_shapley_over_all_orders(case):
    base, program = compiled(case)
    rows, pollutants, periods = base.shape
    found = np.zeros((len(case.phase), rows, pollutants, periods))
    ledger = attribute(base, program)
    found[ledger.measure, ledger.row] = ledger.reduction
    wanted = np.array(shapley(case))
    close(found, wanted, np.abs(kernel.run(base, program, np.zeros(len(case.phase))).emission).max() + np.abs(wanted).max())


@given(random_cases(most_measures=4), st.data())
@settings(max_examples=settings().max_examples // 2)
def test_reductions_of_draws_equal_the_ledger_of_each(case, data):
    base, program = compiled(case)
    counted = np.array(data.draw(st.lists(st.booleans(), min_size=base.shape[0], max_size=base.shape[0])))
    scale = np.array(data.draw(st.lists(st.sampled_from([1.0, 0.5, 2.0]), min_size=3, max_size=3)))[:, None, None]
    drawn = replace(base, activity=base.activity * scale, factor=base.factor * (3.0 - scale))
    _, operations, phase, overlaps, combinations = arrays(case)

    def made(some):
        return compile_program(operations, phase, some, overlaps, combinations, like=program)

    found = reductions(drawn, made(drawn), shares(base, program, counted))
    for k in range(3):
        one = replace(base, activity=drawn.activity[k], factor=drawn.factor[k])
        wanted = attribute(one, made(one)).by_measure(len(phase), counted)
        close(found[k], wanted, np.abs(kernel.run(one, made(one), np.zeros(len(phase))).emission).max() + np.abs(wanted).max())
