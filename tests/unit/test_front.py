"""Fronts of targets, against every package run by itself; and the pictures of them."""

import json
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from small import LABEL, action, inventory, measure, plan, run
from vague import case, county

from emisim.pictures import front
from emisim.pictures.style import Style
from emisim.questions.fronts import fronts, levels_of
from emisim.sample import SampleDesign
from emisim.simulate import levels, simulate, verdicts
from emisim.text import LANGUAGES
from emisim.uncertainty.montecarlo import draw

# Three devices on one kiln of 100 t, in series: 0.6 · 0.7 · 0.8 = 33.6 t are left.
DEVICES = {"M1": "40 %", "M2": "30 %", "M3": "20 %"}
COSTS = {"M1": 9, "M2": 4, "M3": 2}
close = pytest.approx


def target(reduction="50 %", **more):
    return {"kind": "net", "pollutant": "NOx", "year": 2025, "title": LABEL, "reduction": reduction, **more}


def device(efficiency, row="kiln", **more):
    return measure(action("end_of_pipe", row, efficiency=efficiency, pollutant="NOx"), **more)


def result(reduction="50 %", costs=None, extra=None):
    def cost(name):
        amount = {"yearly": f"{costs[name]} yuan/yr", "currency": "CNY", "price_year": 2020} if name in (costs or {}) else None
        return {"cost": amount} if amount else {}

    measures = {m: device(e, **cost(m)) for m, e in DEVICES.items()} | (extra or {})
    return run(
        plan(measures, targets={"T": target(reduction)}), inventory({"source_id": "kiln"}), allow={"raises": list(extra or {})}
    )


def by_running(made, weight):
    """(weight, value) of every package than which none is both lighter and better, each of them a run of its own."""
    names = made.bound.names
    found = []
    for size in range(len(names) + 1):
        for chosen in combinations(names, size):
            value = verdicts(made.case.only(chosen))[0].value
            found.append((sum(weight[n] for n in chosen), value))
    kept, best = [], -np.inf
    for w, v in sorted(found, key=lambda p: (p[0], -p[1])):
        if v > best + 1e-9:
            kept.append((w, v))
            best = v
    return kept


def test_the_best_of_so_many_measures():
    """40, then 58, then 66.4 % with the strongest devices first; the third is more than is asked for."""
    (found,) = fronts(result())
    assert found.objective.by == "count"
    assert [(p.weight, p.met) for p in found.points] == [(0, False), (1, False), (2, True), (3, True)]
    assert [p.value for p in found.points] == close([0, 40, 58, 66.4])
    assert [p.enters for p in found.points] == [(), ("M1",), ("M2",), ("M3",)]
    assert found.first_met is found.points[2] and found.plan.value == close(66.4)
    assert (found.free, found.acting) == (3, 3)


def test_where_all_have_a_cost_the_cheapest_packages():
    """9 for M1 alone (40 %) is dominated by 6 for the other two (44 %)."""
    made = result(costs=COSTS)
    (found,) = fronts(made)
    assert found.objective.by == "cost" and found.objective.unit == "CNY(2020)/yr"
    assert [(p.weight, p.value) for p in found.points] == [close(p) for p in by_running(made, COSTS)]
    assert [p.measures for p in found.points][3] == ("M2", "M3")
    assert found.points[-1].bill.value == close(15.0)


def test_known_costs_stand_beside_a_count():
    made = result(costs={"M2": 4})
    (found,) = fronts(made)
    assert found.objective.by == "count"
    assert [(p.bill.value, p.bill.known, p.bill.unknown) for p in found.points] == [(0, 0, 0), (0, 0, 1), (4, 1, 1), (4, 1, 2)]


def test_a_measure_that_does_harm_is_in_the_plan_and_in_no_best_package():
    made = result(extra={"S": measure(action("co_effect", "kiln", pollutant="NOx", addition="100 kg/t"))})
    (found,) = fronts(made)
    assert [(p.weight, p.value) for p in found.points] == [close(p) for p in by_running(made, dict.fromkeys(made.bound.names, 1))]
    assert found.plan.value < found.points[-1].value
    assert "S" in found.plan.measures and not any("S" in p.measures for p in found.points)


def test_of_many_measures_the_twenty_that_weigh_most_are_free():
    """22 kilns of 100 t and one device each, of 1 % to 22 %: the two weakest stay off, except in the plan."""
    rows = [{"source_id": f"k{n:02}"} for n in range(1, 23)]
    measures = {f"M{n:02}": device(f"{n} %", f"k{n:02}") for n in range(1, 23)}
    (found,) = fronts(run(plan(measures, targets={"T": target("1 %")}), inventory(*rows)))
    assert (found.free, found.acting, len(found.points)) == (20, 22, 21)
    assert [p.value for p in found.points] == close([sum(range(22, 22 - n, -1)) / 22 for n in range(21)])
    assert found.plan.value == close(sum(range(1, 23)) / 22)
    assert not {"M01", "M02"} & set(found.points[-1].measures)


def test_the_levels_of_a_result_are_those_of_its_case():
    made = result(extra={"A": {**device("10 %"), "accountable": True}})
    mine, fresh = levels_of(made), levels(made.case)
    assert (mine.plan.emission == fresh.plan.emission).all() and (mine.reference.activity == fresh.reference.activity).all()
    assert mine.evidence.projects == fresh.evidence.projects


# -------------------------------------------------------------------- the pictures


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("costs", [None, COSTS])
def test_all_that_is_shown_stands_in_the_table(costs, language):
    picture = front.make(result(costs=costs), language)[0]
    data, option = picture.data, front.option(picture, Style())
    assert json.loads(json.dumps(option)) == option
    cells = [cell for row in picture.table.rows for cell in row]
    for point in (*data.points, data.plan):
        assert f"{point.value:.2f} %" in cells
    shown = [d["value"][0] for series in option["series"] for d in series["data"]]
    assert shown == close([*(p.value for p in data.points), data.plan.value])
    assert option["series"][0]["markLine"]["data"][0]["xAxis"] == 50.0
    assert option["xAxis"]["min"] <= 0 and option["xAxis"]["max"] >= 66.4


@pytest.mark.parametrize(("reduction", "key"), [("50 %", "2 measures"), ("90 %", "no package"), ("-1 %", "without any")])
def test_the_title_gives_the_answer(reduction, key):
    assert key in front.make(result(reduction), "en")[0].title


def test_a_target_that_no_measure_changes_has_no_front():
    made = plan({"M": device("10 %")}, targets={"T": target(kind="subset", applies_to={"source_id": "b"}), "N": target(None)})
    made = run(made, inventory({"source_id": "kiln"}, {"source_id": "b"}))
    assert front.make(made, "en") == ()


def test_draws_give_the_plan_an_interval():
    rows = ({"source_id": "kiln", "activity": 100.0, "low": 50.0, "high": 150.0, "distribution": "uniform"},)
    made = simulate(case(plan({"M1": device("40 %")}, targets={"T": target("30 t/yr")}), county(*rows)))
    picture = front.make(replace(made, uncertainty=draw(made.case, SampleDesign(draws=256))), "en")[0]
    low, high = picture.data.interval
    assert (low, high) == close((21.0, 59.0), abs=1.0)  # 40 % of 52.5 and of 147.5 t
    assert any(f"{low:,.6g} t/yr" in cell for row in picture.table.rows for cell in row)
    assert [value for value, _ in front.option(picture, Style())["series"][-1]["data"]] == close([low, high])
