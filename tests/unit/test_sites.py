"""Measures chosen source by source: against every choice there is, each source run for itself."""

from itertools import product
from math import fsum

import pytest
from small import LABEL, action, inventory, measure, plan, scenario

from emisim.case import prepare
from emisim.cost import annual_costs, removed_alone
from emisim.errors import BadInput
from emisim.questions import sites
from emisim.questions.shared_costs import costs_by_row
from emisim.questions.sites import linked, solve_by_source
from emisim.questions.solving import solve
from emisim.simulate import levels

KILNS = [{"source_id": f"kiln{k}", "activity": a} for k, a in enumerate((100.0, 60.0, 35.0, 5.0))]
PLACES = {"M1": ["kiln0", "kiln1", "kiln2"], "M2": ["kiln0", "kiln2", "kiln3"], "M3": ["kiln1", "kiln2"]}
DEVICES = {"M1": "40 %", "M2": "30 %", "M3": "20 %"}


def target(reduction="25 %", **more):
    return {"kind": "net", "pollutant": "NOx", "year": 2025, "title": LABEL, "reduction": reduction, **more}


def money(**figures):
    return {**figures, "currency": "CNY", "price_year": 2020}


SWITCH = {
    "switched": "100 %",
    "heating_value_from": "20 GJ/t",
    "heating_value_to": "20 GJ/t",
    "efficiency_from": 0.8,
    "efficiency_to": 0.8,
}
COSTS = {"M1": money(yearly="90 yuan/yr"), "M2": money(per_tonne="0.7 yuan/t", of="NOx"), "M3": money(yearly="7 yuan/yr")}


def case(costs=COSTS, aim=None, sources=KILNS, **more):
    made = {
        m: measure(action("end_of_pipe", PLACES[m], efficiency=DEVICES[m], pollutant="NOx"), cost=costs.get(m), accountable=True)
        for m in DEVICES
    }
    return prepare(scenario(**more), plan(made, targets={"T": aim or target()}), inventory(*sources))


def pairs(answer):
    ids, names = answer.case.inventory.ids, answer.case.bound.names
    return sorted((names[p.measure], *ids[answer.sites[p.site].rows].tolist()) for p in answer.pairs)


def every_choice(made, required_t, always=()):
    """Least cost of all choices, each source run with just its measures."""
    end, names = levels(made), made.bound.names
    alone = removed_alone(made, end.ledger)
    shares = {
        (names[m], int(row)): cost
        for m, (rows, costs) in costs_by_row(made, end, annual_costs(made, alone)).items()
        for row, cost in zip(rows, costs, strict=True)
    }
    packages = list(product([False, True], repeat=len(names)))
    plans = {on: levels(made.only([n for n, x in zip(names, on, strict=True) if x])).plan.emission[:, 0, -1] for on in packages}
    before, best = fsum(made.inventory.emission()[:, 0]), None
    options = [
        [on for on in packages if all(not x or k in PLACES[n] for n, x in zip(names, on, strict=True))]
        for k in made.inventory.ids
    ]
    for choice in product(*options):
        there = [(k, n, x) for k, on in zip(made.inventory.ids, choice, strict=True) for n, x in zip(names, on, strict=True)]
        if any(n in always and k in PLACES[n] and not x for k, n, x in there):
            continue
        cut = before - fsum(plans[on][row] for row, on in enumerate(choice))
        if cut >= required_t - 1e-9:
            cost = fsum(shares.get((n, row), 0.0) for row, on in enumerate(choice) for n, x in zip(names, on, strict=True) if x)
            best = cost if best is None else min(best, cost)
    return best


@pytest.mark.parametrize("share", [5, 18, 25, 33, 45, 47])
def test_no_choice_of_sources_is_cheaper(share):
    made = case(aim=target(f"{share} %"))
    found, best = solve_by_source(made, "T", gap=0.0), every_choice(made, 2.0 * share)
    if best is None:
        assert found.status == "infeasible" and found.cost is None and found.pairs == () and found.most < share
        return
    assert found.status == "optimal" and found.gap == 0.0
    assert found.cost == pytest.approx(best, abs=1e-9) and found.value >= share - 1e-9
    assert found.whole is None or found.whole >= found.cost - 1e-9
    assert fsum(p.cost for p in found.pairs) == pytest.approx(found.cost)
    assert fsum(p.tonnes for p in found.pairs) == pytest.approx(2.0 * found.value)


def test_by_hand():
    """M3 takes 20 % of 60 and 35 t for 7, shared by activity: 4.42 and 2.58; M2 takes 30 % at 0.7 a tonne; 12 t are cheapest with M3 at kiln1."""
    found = solve_by_source(case(aim=target("12 t/yr")), "T")
    assert pairs(found) == [("M3", "kiln1")]
    assert found.cost == pytest.approx(7 * 60 / 95) and found.value == pytest.approx(12.0)
    assert solve(case(aim=target("12 t/yr"))).solution.objective == found.whole == 7.0


def test_a_sum_goes_by_activity_where_there_is_one_unit_else_by_tonnes():
    def shares(*sources, factor=(1.0, 3.0), efficiency="50 %"):
        rows = [{"source_id": s, "factor": f, **more} for (s, more), f in zip(sources, factor, strict=True)]
        one = measure(
            action("end_of_pipe", [s for s, _ in sources], efficiency=efficiency, pollutant="NOx"), cost=money(yearly="8 yuan/yr")
        )
        made = prepare(scenario(), plan({"M": one}, targets={"T": target()}), inventory(*rows))
        end = levels(made)
        (found,) = costs_by_row(made, end, annual_costs(made, removed_alone(made, end.ledger))).values()
        return found[1].tolist()

    assert shares(("a", {}), ("b", {})) == pytest.approx([4.0, 4.0])
    assert shares(("a", {}), ("b", {"unit": "GJ/yr"})) == pytest.approx([2.0, 6.0])
    assert shares(("a", {}), ("b", {"unit": "GJ/yr"}), efficiency="0 %") == pytest.approx([4.0, 4.0])


def test_shares_are_the_whole_cost():
    both = money(yearly="90 yuan/yr", per_tonne="2 yuan/t", of="NOx")
    made = case({"M1": both, "M2": both})
    end = levels(made)
    costs = annual_costs(made, removed_alone(made, end.ledger))
    found = costs_by_row(made, end, costs)
    assert sorted(found) == [0, 1]
    for m, (_, own) in found.items():
        assert own.sum() == pytest.approx(costs[made.bound.names[m]].value, rel=1e-12)
    rows, own = found[0]
    assert own.tolist() == pytest.approx([(90 / 195 + 2 * 0.4) * a for a in (100, 60, 35)]) and rows.tolist() == [0, 1, 2]


def test_measures_that_must_or_may_not_be_and_those_without_a_cost():
    forced = solve_by_source(case(aim=target("10 %")), "T", force=["M1"])
    assert forced.cost == 90.0 and forced.pairs == () and forced.forced == ("M1",)
    assert {m for s in solve_by_source(case(), "T", forbid=["M1"]).sites for m in s.measures} == {1, 2}
    some = case({k: COSTS[k] for k in ("M1", "M2")}, target("30 %"))
    with pytest.raises(BadInput, match="have no cost: M3"):
        solve_by_source(some, "T")
    taken, left = (solve_by_source(some, "T", uncosted=word) for word in ("take", "leave_out"))
    assert taken.objective.taken == ("M3",) and left.objective.left_out == ("M3",)
    assert taken.cost < left.cost and taken.cost == pytest.approx(every_choice(some, 60.0, always=["M3"]))


def test_a_creditable_target_counts_what_was_brought():
    growth = {"boom": {2020: 1.0, 2025: 2.0}}
    rows = [{**k, "growth_driver": "boom"} for k in KILNS]
    devices = {
        m: measure(action("end_of_pipe", PLACES[m], efficiency=e, pollutant="NOx"), cost=COSTS[m], accountable=m != "M2")
        for m, e in DEVICES.items()
    }
    aim = {**target("60 t/yr"), "kind": "creditable"}
    made = prepare(scenario(), plan(devices, targets={"T": aim}), inventory(*rows, growth=growth))
    found = solve_by_source(made, "T", gap=0.0)
    assert found.status == "optimal" and found.value >= 60.0 - 1e-9 and found.cost <= found.whole
    assert {made.bound.names[p.measure] for p in found.pairs} <= {"M1", "M3"}


def test_where_too_many_measures_meet_they_stay_as_in_the_plan(monkeypatch):
    monkeypatch.setattr(sites, "MOST_FREE", 2)
    made = case(aim=target("33 %"))
    found = solve_by_source(made, "T", gap=0.0)
    ((measures, rows),) = found.kept
    assert measures == (0, 1, 2) and made.inventory.ids[rows].tolist() == ["kiln2"]
    assert found.value >= 33.0 and found.cost >= every_choice(made, 66.0) and all(p.site < 3 for p in found.pairs)


def test_what_moves_or_a_flow_of_nitrogen_link_is_one_site():
    """A fuel switch takes kiln1 to gas; storage gets what housing leaves. Of both, all or nothing is decided."""
    rows = [*KILNS, {"source_id": "gas", "activity": 0.0, "factor": 0.25}]
    rows += [{"source_id": "housing", "factor": 0.1}, {"source_id": "storage", "activity": 80.0, "inflow_from": "housing"}]
    moved = measure(action("fuel_switch", "kiln1", {"source_id": "gas"}, **SWITCH), cost=money(yearly="10 yuan/yr"))
    tank = measure(
        action("end_of_pipe", ["housing", "storage"], efficiency="50 %", pollutant="NOx"), cost=money(yearly="80 yuan/yr")
    )
    made = prepare(scenario(), plan({"G": moved, "T": tank}, targets={"T": target("30 t/yr")}), inventory(*rows))
    end = levels(made)
    assert linked(end.base, end.program).tolist() == [0, 1, 2, 3, 1, 5, 5]
    found = solve_by_source(made, "T")
    assert pairs(found) == [("G", "kiln1", "gas")] and found.value == pytest.approx(45.0) and found.cost == 10.0
    assert [s.rows.tolist() for s in found.sites] == [[1, 4], [5, 6]]


def test_an_indicator_is_no_target_for_it():
    share = {"formula": "share", "of": {"source_id": "kiln0"}, "among": {"source_id": ["kiln0", "kiln1"]}}
    aim = {"kind": "indicator", "year": 2025, "title": LABEL, "required": "50 %", "indicator": share}
    with pytest.raises(BadInput, match="on tonnes"):
        solve_by_source(case(aim=aim), "T")
