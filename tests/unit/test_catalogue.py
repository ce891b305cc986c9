"""The catalogue of a plan: nothing lost, in the order of the text, and the tonnes of chapters and departments add up."""

import numpy as np
import pytest
from small import LABEL, action, inventory, measure, plan, run

from emisim.catalogue import ACTING, NOT_CHOSEN, NOT_QUANTIFIED, by_chapter, by_department, by_standing, lines, shares


def clause(number, part="", **more):
    head = {
        "clause": number,
        "part": part,
        "chapter": "management",
        "title": LABEL,
        "standing": "no_source",
        "reason": "nothing here",
    }
    return {**head, **more}


def removal(row, removed, number, **more):
    return measure(action("source_removal", row, removed=removed), clause=number, **more)


def county():
    return inventory({"source_id": "kiln"}, {"source_id": "oven"}, pollutants=("NOx", "VOC"))


def whole():
    """Kiln −20 % led by three departments, oven −10 % by one of them and −30 % by nobody named; four clauses that do not act."""
    measures = {
        "Z": removal("kiln", "20 %", "2", lead=["甲局", "乙局", "丙局"], chapter="industry", deadline="2025-10-31"),
        "A": removal("oven", "10 %", "10", lead=["甲局"]),
        "N": removal("oven", "30 %", "1", part="b"),
        "Q": measure(
            action("source_removal", "oven", removed={"value": "0 %", "low": "0 %", "high": "10 %"}),
            clause="9",
            standing="not_quantified",
            lead=["乙局"],
        ),
    }
    clauses = {
        "S": clause("S1", lead=["丁局"]),
        "Y": clause("38", standing="indicator"),
        "X": clause("1", "a"),
        "W": clause("0", standing="target"),
        "V": clause("S10"),
        "U": clause("S2"),
    }
    return plan(measures, clauses=clauses, horizon="2025-12-31")


def test_the_order_is_that_of_the_text():
    numbers = [str(k) for k in range(1, 39)]
    mixed = {f"X{k}": clause(k) for k in sorted(["0", *numbers, "S1", "S2", "S3"], reverse=True)}
    assert [c.clause for c in plan(clauses=mixed).catalogue().values()] == ["0", *numbers, "S1", "S2", "S3"]


def test_measures_and_other_clauses_stand_together_and_parts_follow_one_another():
    assert [c.number for c in whole().catalogue().values()] == ["0", "1(a)", "1(b)", "2", "9", "10", "38", "S1", "S2", "S10"]
    assert list(whole().catalogue()) == ["W", "X", "N", "Z", "Q", "A", "Y", "S", "U", "V"]


def test_every_clause_has_tonnes_or_a_reason():
    found = {line.id: line for line in lines(run(whole(), county()))}
    assert list(found) == list(whole().catalogue())
    for line in found.values():
        assert (line.reduction is not None and bool(np.any(line.reduction != 0))) != bool(line.reason)
        assert bool(line.measures) == (line.standing in ACTING)
    assert found["Z"].reduction == pytest.approx([20, 20])
    assert found["Y"].reason.en == "nothing here"
    assert found["Q"].reason == NOT_QUANTIFIED
    assert found["Q"].further == pytest.approx([6.3, 6.3])  # a tenth more of 63 t, after the oven's −30 % and −10 %


def test_a_measure_that_is_not_chosen_says_so():
    found = {line.id: line for line in lines(run(whole(), county(), measures={"only": ["Z"]}))}
    assert (found["A"].reason, found["A"].measures, found["A"].reduction) == (NOT_CHOSEN, (), None)
    assert found["Z"].reason == ""


def test_the_date_of_the_text_and_the_date_of_the_run():
    found = {line.id: line for line in lines(run(whole(), county(), delay={"Z": "1mo"}))}
    assert (found["Z"].deadline, found["Z"].due) == (
        "2025-10-31",
        "2026-01-31",
    )  # its own schedule, to the end of 2025, a month later
    assert (found["A"].deadline, found["A"].due) == ("", "2025-12-31")
    assert (found["Y"].deadline, found["Y"].due) == ("", "2025-12-31")


def test_departments_share_a_clause_equally_and_add_up_to_the_plan():
    result = run(whole(), county())
    found = by_department(lines(result), 2)
    # Oven: 30 % and 10 %, independent, are 37 t; the split is 28.5 to 8.5 t. Kiln: 20 t, a third each.
    tonnes = {name: total[0] for name, (_, _, total) in found.items()}
    assert tonnes == pytest.approx({"–": 28.5, "甲局": 8.5 + 20 / 3, "乙局": 20 / 3, "丙局": 20 / 3, "丁局": 0.0})
    assert sum(tonnes.values()) == pytest.approx(57, rel=1e-12)
    assert np.sum([total for *_, total in found.values()], axis=0) == pytest.approx(
        (result.totals(result.reference) - result.totals(result.plan))[:, -1], rel=1e-12
    )
    assert {name: (clauses, acting) for name, (clauses, acting, _) in found.items()} == {
        "–": (6, 1), "甲局": (2, 2), "乙局": (2, 2), "丙局": (1, 1), "丁局": (1, 0),
    }  # fmt: skip
    sizes = [float(np.abs(total).sum()) for *_, total in found.values()]
    assert sizes == sorted(sizes, reverse=True)


def test_chapters_add_up_too():
    found = by_chapter(lines(run(whole(), county())), 2)
    assert {name: (clauses, acting) for name, (clauses, acting, _) in found.items()} == {
        "management": (6, 0), "area": (3, 3), "industry": (1, 1),
    }  # fmt: skip
    assert sum(total[0] for *_, total in found.values()) == pytest.approx(57, rel=1e-12)


def test_parts_of_the_whole():
    result = run(whole(), county())
    parts = dict(zip(result.bound.names, shares(result).tolist(), strict=True))
    assert parts["Z"] == pytest.approx([20 / 57, 20 / 57], rel=1e-12)
    assert parts["Q"] == pytest.approx([0, 0], abs=1e-12)
    assert shares(result).sum(axis=0) == pytest.approx([1, 1], rel=1e-12)
    assert not shares(run(plan(), county())).any()


def test_standings_divide_the_plan():
    result = run(whole(), county())
    found = by_standing(lines(result), 2)
    assert sum(count for count, _, _ in found.values()) == len(whole().catalogue())
    assert sum(mass for _, _, mass in found.values()) == pytest.approx(result.reductions()[:, :, -1].sum(axis=0))
    assert not found["not_quantified"][2].any()
