"""The balances that every run is held to: they close where all is right, and say so where something is lost."""

from dataclasses import replace

import numpy as np
import pytest
import small

from cases import activity_scale, add_on, move, plant, program
from emisim.balances import Balances, balances, ledger_error, moves_error, nitrogen_error
from emisim.errors import Broken
from emisim.kernel import run
from emisim.ledger import attribute
from emisim.nitrogen import Chain

CHAIN = Chain(rows=(0, 1), entering=100.0, emitted=(20.0, 30.0), between=(-10.0,), left=40.0, gap=0.0)


def checked(base, plan, *chains):
    return balances(base, plan, run(base, plan, np.zeros(plan.measures)), run(base, plan), attribute(base, plan), chains)


def test_what_moves_take_is_what_they_bring():
    base = plant(100, 10, 20)
    plan = program(base, move(0, 0.5, to=(1, 2), weight=(0.25, 0.75), conversion=0.8), add_on(1, 0.5, rows=(1,)))
    found = checked(base, plan)
    assert found.checked() is found
    assert found.worst <= 1e-15


def test_units_that_leave_the_area_are_counted_too():
    base = plant(100, 10)
    plan = program(base, move(0, 0.4), move(1, 0.5, to=(1,)), activity_scale(2, 0.7))
    assert moves_error(base, plan) <= 1e-15


def test_a_plan_without_moves_has_nothing_to_balance():
    base = plant(100)
    assert moves_error(base, program(base, add_on(0, 0.5))) == 0.0


def test_shares_that_do_not_sum_to_one_are_found():
    base = plant(100, 10, 20)
    assert moves_error(base, program(base, move(0, 0.5, to=(1, 2), weight=(0.25, 0.74)))) == pytest.approx(0.01)


def test_a_destination_that_is_forgotten_is_found():
    """The batches of what arrives are the kernel's own bookkeeping: a lost one is lost activity."""
    base = plant(100, 10, 20)
    plan = program(base, move(0, 0.5, to=(1, 2), weight=(0.25, 0.75)), add_on(1, 0.5, rows=(2,)))
    spoilt = replace(plan, arrivals=tuple(tuple(b for b in some if 2 not in b.rows) for some in plan.arrivals))
    assert moves_error(base, plan) == 0.0
    assert moves_error(base, spoilt) == pytest.approx(0.75)


def test_a_unit_with_two_fates_is_found(monkeypatch):
    """Activity that moves and stays all the same."""
    from emisim.cohort import Cohort

    base = plant(100, 10)
    plan = program(base, move(0, 0.5, to=(1,)))
    monkeypatch.setattr(Cohort, "staying", lambda self: 1.0)
    assert moves_error(base, plan) == pytest.approx(1 / 3)


def test_a_ledger_that_lacks_a_tonne_is_found():
    base = plant(100)
    plan = program(base, add_on(0, 0.5), add_on(1, 0.2))
    ledger = attribute(base, plan)
    levels = run(base, plan, np.zeros(2)).emission, run(base, plan).emission
    assert ledger_error(*levels, ledger) <= 1e-15
    assert ledger_error(*levels, replace(ledger, reduction=ledger.reduction - 0.5)) == pytest.approx(1 / 100)


def test_nitrogen_that_is_lost_on_the_way_is_found():
    base = plant(100, 10)
    nothing = program(base)
    assert nitrogen_error(nothing, [CHAIN]) == 0.0
    assert nitrogen_error(nothing, [replace(CHAIN, left=39.0)]) == pytest.approx(0.01)
    assert nitrogen_error(nothing, [replace(CHAIN, gap=2.0)]) == pytest.approx(0.02)


@pytest.mark.parametrize("operation", [activity_scale(0, 0.9, rows=(1,)), move(0, 0.1, rows=(1,)), move(0, 0.1, to=(1,))])
def test_a_measure_may_act_on_the_activity_of_a_later_stage(operation):
    base = plant(100, 10)
    assert nitrogen_error(program(base, operation), [replace(CHAIN, gap=2.0)]) == 0.0
    assert nitrogen_error(program(base, add_on(0, 0.5, rows=(1,))), [replace(CHAIN, gap=2.0)]) > 0.0


@pytest.mark.parametrize("name", ["ledger", "moves", "nitrogen"])
@pytest.mark.parametrize("error", [2e-9, float("nan"), float("inf")])
def test_a_balance_that_does_not_close_ends_the_run(name, error):
    even = {"ledger": 0.0, "moves": 1e-9, "nitrogen": 1e-12}
    assert Balances(**even).checked().worst == 1e-9
    with pytest.raises(Broken, match=name):
        Balances(**even | {name: error}).checked()


def test_every_run_is_checked(monkeypatch):
    """A kernel that loses a thousandth on one of the ways makes the run end, not the total wrong."""

    def lossy(base, program):
        ledger = attribute(base, program)
        return replace(ledger, reduction=ledger.reduction * 0.999)

    kiln = small.inventory({"source_id": "kiln"})
    plan = small.plan(
        {"m": small.measure(small.action("end_of_pipe", "kiln", pollutant="NOx", efficiency="50 %", coverage="100 %"))}
    )
    assert small.run(plan, kiln).balances.worst <= 1e-12
    monkeypatch.setattr("emisim.simulate.attribute", lossy)
    with pytest.raises(Broken, match="balances do not close"):
        small.run(plan, kiln)
