"""What must hold for any inventory and any plan."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cases import arrays, better_running, compiled, emission, plant, random_cases, ratio, share
from emisim import kernel
from emisim.ledger import attribute
from emisim.program import compile_program, restrict
from reference_model import Device, Op

FACTOR_KINDS = ("substitution", "add_on", "replacement", "running", "limit", "season")


def close(found, wanted, scale=1.0):
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9 * max(scale, 1.0))


def tonnes(case, on=None):
    base, program = compiled(case)
    return kernel.run(base, program, on).emission


# ---------------------------------------------------------------- the file's order


@given(random_cases(), st.randoms(use_true_random=False))
def test_shuffling_the_measures_changes_no_digit(case, random):
    """The order of measures in a file is that of their ids; operations of different measures may stand anywhere."""
    base, operations, phase, overlaps, combinations = arrays(case)
    _, program = compiled(case)
    # A measure's own actions are a list and keep their order; the measures are dealt anew.
    turns = [op.measure for op in operations]
    random.shuffle(turns)
    own = {m: iter([op for op in operations if op.measure == m]) for m in set(turns)}
    random.shuffle(combinations)
    other = compile_program([next(own[m]) for m in turns], phase, base, overlaps, combinations)
    first, second = kernel.run(base, program), kernel.run(base, other)
    assert first.emission.tobytes() == second.emission.tobytes()
    assert first.activity.tobytes() == second.activity.tobytes()


@given(random_cases(most_measures=3), st.randoms(use_true_random=False))
def test_shuffling_the_measures_changes_no_digit_of_the_ledger(case, random):
    base, operations, phase, overlaps, combinations = arrays(case)
    _, program = compiled(case)
    blocks = [[op for op in operations if op.measure == m] for m in range(len(phase))]
    random.shuffle(blocks)
    other = compile_program([op for block in blocks for op in block], phase, base, overlaps, combinations)
    first, second = attribute(base, program), attribute(base, other)
    for name in ("row", "measure", "reduction", "first_in", "last_in"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


@given(random_cases(most_actions=3), st.randoms(use_true_random=False))
def test_shuffling_the_actions_of_a_measure_changes_nothing(case, random):
    shuffled = list(case.operations)
    random.shuffle(shuffled)
    wanted = tonnes(case)
    close(tonnes(replace(case, operations=shuffled)), wanted, np.abs(wanted).max())


# ---------------------------------------------------------------- nothing, everything


@given(random_cases(chains=False))
def test_no_measures_leave_growth_only(case):
    base, program = compiled(case)
    growth = base.activity[:, None, :] * base.factor[:, :, None]
    assert (kernel.run(base, program, np.zeros(len(case.phase))).emission == growth).all()
    assert (kernel.run(base, compile_program([], np.zeros((0, base.shape[2])), base)).emission == growth).all()


@given(random_cases(most_measures=4))
def test_a_measure_without_effect_changes_nothing(case):
    """The weights of all cells sum to 1: a device of efficiency 0 cuts a row into more cells and must change nothing."""
    case = replace(case, phase=[*case.phase, [1.0] * len(case.phase[0])])
    rows = list(range(len(case.activity)))
    pollutants = tuple(range(len(case.factor[0])))
    covers = [(0.1 + 0.13 * i) % 1 for i in rows]
    idle = Op(
        "scale", len(case.phase) - 1, 60, rows, covers, pollutants=pollutants, device=Device([0.0] * len(rows), [1.0] * len(rows))
    )
    wanted = tonnes(case)
    close(tonnes(replace(case, operations=[*case.operations, idle])), wanted, np.abs(wanted).max())


@given(random_cases(most_measures=4, chains=False), st.integers(0, 5))
def test_what_is_closed_leaves_nothing_to_later_measures(case, row):
    """A row that is closed for good emits nothing, and no other measure brings anything there once it is closed."""
    row %= len(case.activity)
    assume(not any(row in op.to for op in case.operations))
    closing = len(case.phase)
    case = replace(case, phase=[*case.phase, [1.0] * len(case.phase[0])])
    closed = replace(case, operations=[*case.operations, Op("move", closing, 20, [row], [1.0], [0.0])])
    assert (tonnes(closed)[row] == 0).all()
    ledger = attribute(*compiled(closed))
    later = (ledger.row == row) & (ledger.measure != closing)
    scale = 1.0 + np.abs(tonnes(case)).max() + np.abs(tonnes(case, np.zeros(closing + 1))).max()
    assert (np.abs(ledger.last_in[later]) <= 1e-9 * scale).all()


# ---------------------------------------------------------------- more of a measure


@given(random_cases(kinds=("add_on",), most_measures=3), st.data())
def test_more_coverage_or_efficiency_of_an_add_on_never_raises_emission(case, data):
    assume(all(u < 0 for u in case.upstream))  # what a barn keeps, the store emits
    case = replace(case, overlaps=[], combinations=[])
    chosen = data.draw(st.sampled_from(case.operations))
    more = [data.draw(st.floats(c, 1.0)) for c in chosen.coverage]
    better = [data.draw(st.floats(e, 1.0)) for e in chosen.device.efficiency]
    after = replace(chosen, coverage=more, device=replace(chosen.device, efficiency=better))
    before = tonnes(case)
    assert (
        tonnes(replace(case, operations=[after if op is chosen else op for op in case.operations]))
        <= before + 1e-9 * (1 + before)
    ).all()


@given(random_cases(kinds=FACTOR_KINDS, most_measures=4, most_actions=1), st.data())
def test_a_limit_applied_twice_changes_nothing_more(case, data):
    """The same full limit, as a further measure, after everything that can raise the factor again is in."""
    case = replace(case, overlaps=[])
    rows = list(range(len(case.activity)))
    values = [data.draw(ratio) for _ in rows]

    def limited(times):
        count = len(case.phase)
        again = [Op("limit", count + k, 70, rows, [1.0] * len(rows), values, (0,)) for k in range(times)]
        return tonnes(
            replace(case, operations=[*case.operations, *again], phase=[*case.phase, *[[1.0] * len(case.phase[0])] * times])
        )

    assert (limited(1) == limited(2)).all()


@given(st.sampled_from([0.6, 0.9]), st.lists(share, min_size=1, max_size=5), st.sampled_from([0.98, 0.7]))
def test_rule_effectiveness_saturates_at_its_ceiling(efficiency, gaps, ceiling):
    base = plant(100, efficiency=efficiency, effectiveness=0.5)
    steps = [emission(base, *(better_running(m, g, ceiling) for m, g in enumerate(gaps[:n]))) for n in range(len(gaps) + 1)]
    floor = 100 / (1 - efficiency * 0.5) * (1 - efficiency * ceiling)
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(steps))
    assert steps[-1] >= floor - 1e-9
    if 1.0 in gaps:
        assert steps[-1] == pytest.approx(floor, rel=1e-12)


# ---------------------------------------------------------------- conservation


@given(random_cases(kinds=("mode", "fuel", "fleet", "technology"), chains=False))
def test_moves_with_an_exchange_rate_conserve_the_work(case):
    """Useful energy, t km or animals: Σ activity · worth is the same before and after if every move exchanges at worth."""
    worth = [1.0 + i for i in range(len(case.activity))]
    case = replace(case, operations=[op for op in case.operations if op.to])
    for op in case.operations:
        mean = 1.0 / sum(w * worth[i] for w, i in zip(op.weight, op.to, strict=True))
        op.amount = [worth[i] * mean for i in op.rows]
    base, program = compiled(case)
    after = kernel.run(base, program).activity
    close(np.array(worth) @ after, np.array(worth) @ base.activity)
    assert (after >= -1e-9).all()


@given(random_cases(most_measures=5))
def test_the_ledger_closes(case):
    base, program = compiled(case)
    reference = kernel.run(base, program, np.zeros(len(case.phase))).emission
    plan = kernel.run(base, program).emission
    ledger = attribute(base, program)
    close(reference - ledger.by_row(base.shape[0]), plan, np.abs(plan).max() + np.abs(reference).max())


# ---------------------------------------------------------------- ways to run


@given(random_cases(), st.data())
def test_a_leading_axis_of_switches_equals_single_runs(case, data):
    base, program = compiled(case)
    switches = np.array([[data.draw(st.sampled_from([0.0, 0.5, 1.0])) for _ in case.phase] for _ in range(3)])
    together = kernel.run(base, program, switches)
    for k, on in enumerate(switches):
        alone = kernel.run(base, program, on)
        close(together.emission[k], alone.emission, np.abs(alone.emission).max())
        close(together.activity[k], alone.activity, np.abs(alone.activity).max())


@given(random_cases(kinds=("activity", "fuel", "add_on", "replacement", "limit", "season"), most_measures=4))
def test_a_leading_axis_of_draws_equals_single_runs(case):
    base, program = compiled(case)
    stretch = np.array([1.0, 0.5, 1.7])
    drawn = replace(base, activity=base.activity * stretch[:, None, None], factor=base.factor * stretch[::-1, None, None])
    together = kernel.run(drawn, program)
    for k in range(3):
        alone = kernel.run(replace(base, activity=drawn.activity[k], factor=drawn.factor[k]), program)
        close(together.emission[k], alone.emission, np.abs(alone.emission).max())


@given(random_cases(), st.integers(0, 5))
def test_restricting_to_the_rows_that_feed_a_row_changes_nothing_there(case, row):
    base, program = compiled(case)
    row %= len(case.activity)
    needed = {row}
    while True:
        more = {i for op in case.operations if needed & set(op.to) for i in op.rows} | {case.upstream[i] for i in needed} - {-1}
        if more <= needed:
            break
        needed |= more
    rows = np.array(sorted(needed))
    whole, part = kernel.run(base, program), kernel.run(*restrict(base, program, rows))
    at = rows.tolist().index(row)
    close(part.emission[at], whole.emission[row], np.abs(whole.emission).max())
    close(part.activity[at], whole.activity[row], np.abs(whole.activity).max())
