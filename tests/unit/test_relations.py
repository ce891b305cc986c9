"""Declared relations against what measures really reach."""

from types import SimpleNamespace

import numpy as np
import pytest

import emisim
import tiny
from cases import add_on, move
from emisim.errors import Place, Reporter
from emisim.plan import OverlapRule
from emisim.relations import Relations


class Rows:
    """The two sources of these tests."""

    ids = np.array(["kiln", "boiler"])

    def __len__(self):
        return 2


def relations(*operations, overlaps=(), names=("A", "B")):
    rules = tuple(OverlapRule(measures=m, relation=r, reason="tried") for m, r in overlaps)
    reporter = Reporter(lambda file, location: Place("plan.yaml", 1, 1))
    return Relations(SimpleNamespace(overlaps=rules, exclusive=()), names, Rows(), operations, reporter)


def test_what_a_measure_reaches_counts_its_devices_on_what_its_moves_leave():
    # 30 % move away; the device stands on half of the other 70 %: 30 + 35 = 65 %.
    found = relations(move(0, 0.3), add_on(0, 0.8, 0.5))
    assert found.reach(0).tolist() == pytest.approx([0.65, 0])


def test_moves_of_two_stages_follow_each_other():
    # 40 % close, half of the other 60 % switches: 70 %.
    assert relations(move(0, 0.4, order=20), move(0, 0.5, order=40)).reach(0)[0] == pytest.approx(0.7)


@pytest.mark.parametrize(("other", "told"), [(0.35, []), (0.36, ["overlap.exceeds"])])
def test_disjoint_measures_fit_into_one_row(other, told):
    found = relations(move(0, 0.3), add_on(0, 0.8, 0.5), add_on(1, 0.8, other), overlaps=[(("A", "B"), "disjoint")])
    found.overlaps()
    assert [f.key for f in found.reporter.faults] == told


def test_only_those_that_meet_are_added_up():
    found = relations(add_on(0, 0.8, 0.7), add_on(1, 0.8, 0.7, rows=(1,)), overlaps=[(("A", "B"), "disjoint")])
    found.overlaps()
    assert found.reporter.faults == []


@pytest.mark.parametrize(("shares", "told"), [((0.6, 0.4), []), ((0.6, 0.41), ["measure.moves_exceed"])])
def test_moves_of_one_stage_take_at_most_all_of_a_row(shares, told):
    found = relations(*(move(0, share) for share in shares), names=("A",))
    found.own_moves()
    assert [f.key for f in found.reporter.faults] == told


def test_two_overlaps_may_share_a_measure_if_they_meet_on_different_rows():
    measures = add_on(0, 0.5, 0.5, rows=(0, 1)), add_on(1, 0.5, 0.5, rows=(0,)), add_on(2, 0.5, 0.5, rows=(1,))
    pairs = [(("A", "B"), "nested"), (("A", "C"), "nested")]
    apart = relations(*measures, overlaps=pairs, names=("A", "B", "C"))
    apart.overlaps()
    assert apart.reporter.faults == []
    together = relations(*measures[:2], add_on(2, 0.5, 0.5, rows=(0, 1)), overlaps=pairs, names=("A", "B", "C"))
    together.overlaps()
    assert [f.key for f in together.reporter.faults] == ["overlap.twice"]


def test_combinations_of_a_plan_reach_the_kernel(tmp_path):
    found = emisim.load(tiny.copy(tmp_path) / "scenario.yaml").case
    combination = found.bound.combinations[0]
    assert combination.devices == {"LNB", "SNCR"}
    assert found.inventory.pollutants[combination.pollutant] == "NOx"
    assert combination.efficiency == pytest.approx(0.65)
