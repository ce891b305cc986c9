"""What a search found, as tables and as plain data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from emisim.cost import COST, COUNT, Annual, NoCost, Objective, bill
from emisim.questions.optimise import INFEASIBLE, OPTIMAL
from emisim.questions.response import Goal
from emisim.questions.solving import Answer
from emisim.report.cost_tables import money
from emisim.report.tables import Table, core_pollutants, tonnes
from emisim.summary import clean
from emisim.text import say

MOST_DIGITS = 6


def headline(answer: Answer, language: str) -> list[str]:
    """The answer in a line or two."""
    found, count = answer.solution, len(answer.response.goals)
    by = say(f"solve.by.{answer.objective.by}", language)
    if found.package is None:
        key = "solve.infeasible" if found.status == INFEASIBLE else "solve.out_of_time"
        return [say(key, language, count=count)]
    amount = f"{amount_text(answer.objective, found.objective)} {answer.objective.unit}".strip()
    if answer.objective.by == COST:
        amount += _range(answer, language)
    if answer.objective.taken:
        amount += say("solve.besides", language, count=len(answer.objective.taken))
    taken = int(found.package.sum())
    if not taken:
        return [say("solve.none_needed", language, count=count)]
    key = "solve.found.count" if answer.objective.by == COUNT else "solve.found"
    lines = [say(key, language, by=by, count=count, amount=amount, taken=taken, of=answer.response.measures)]
    if found.status == OPTIMAL and not found.gap:
        lines.append(say("solve.proven", language))
    else:
        bound = "–" if found.bound is None else amount_text(answer.objective, found.bound)
        gap = "–" if found.gap is None else f"{100 * found.gap:.2g} %"
        lines.append(say("solve.gap" if found.status == OPTIMAL else "solve.time_limit", language, bound=bound, gap=gap))
    return lines


def _range(answer: Answer, language: str) -> str:
    """The range of the costs in the package; empty if none of them has one."""
    found = bill({n: c for n, c in answer.costs.items() if n in _chosen(answer)}, "")
    return say("solve.range", language, low=money(found.low), high=money(found.high)) if found.low < found.high else ""


def package(answer: Answer, language: str) -> Table:
    """The measures of the package: what each brings alone, and its share in the objective."""
    case, core = answer.case, core_pollutants(answer.case.inventory)
    names = [case.inventory.pollutants[k] for k in core]
    rows = []
    for m in np.flatnonzero(answer.solution.package).tolist():
        name = answer.response.names[m]
        rows.append(
            (
                name,
                case.bound.measures[m].title.text(language),
                *(tonnes(answer.brings.alone[m, k]) for k in core),
                _weight(answer, m),
                _why(answer, name, language),
            )
        )
    header = (
        say("table.measure", language),
        say("table.title", language),
        *names,
        objective_title(answer.objective, language),
        "",
    )
    title = say("table.package", language, year=case.scenario.target_year)
    return Table(title, header, tuple(rows), frozenset(range(2, 3 + len(core))), frozenset({1}))


def _why(answer: Answer, name: str, language: str) -> str:
    """Why a measure is in the package, if the search did not choose it."""
    if name in answer.forced:
        return say("solve.forced", language)
    return say("solve.uncosted", language) if name in answer.objective.taken else ""


def goals(answer: Answer, language: str) -> Table:
    """Each goal: what the package reaches, what is required, how far the best allowed package goes, and whether it decides."""
    rows = []
    values = answer.solution.values or (None,) * len(answer.response.goals)
    for g, (goal, value) in enumerate(zip(answer.response.goals, values, strict=True)):
        met = value is not None and bool(goal.met(value))
        binds = say("solve.binds", language) if g in answer.binding else ""
        title = answer.case.reading.targets[goal.id].title.text(language)
        required = f"{goal.comparison} {value_text(goal, goal.required)}"
        verdict = "–" if value is None else say("verdict.met" if met else "verdict.missed", language)
        rows.append((goal.id, verdict, value_text(goal, value), required, value_text(goal, answer.most[g]), binds, title))
    columns = ("id", "verdict", "reached", "required", "most", "binds", "target")
    header = tuple(say(f"table.goals.{c}", language) for c in columns)
    return Table(say("table.goals", language), header, tuple(rows), frozenset({2, 3, 4}), frozenset({6}))


def lines(answer: Answer, language: str) -> list[str]:
    """What stands below the tables: the usual rule, what was left out, what easing would help, targets that cannot be asked."""
    out = []
    solution, usual = answer.solution, answer.greedy
    if solution.package is not None and usual.package is not None:
        met = answer.response.met(usual.package).all()
        if not met:
            out.append(say("solve.greedy_stuck", language))
        elif usual.objective > solution.objective + 1e-9 * max(1.0, abs(solution.objective)):
            more = 100 * (usual.objective / solution.objective - 1) if solution.objective > 0 else float("nan")
            amount = amount_text(answer.objective, usual.objective)
            out.append(say("solve.greedy", language, amount=amount, more=f"{more:.3g} %" if more == more else "–"))
    if answer.eased is not None:
        eased, names = answer.eased, answer.response.names
        parts = "; ".join(f"{g.id} {value_text(g, required)} → {value_text(g, left)}" for g, required, left in eased.goals)
        taken = ", ".join(n for n, on in zip(names, eased.package, strict=True) if on) or "–"
        out.append(say("solve.eased", language, share=f"{100 * eased.share:.3g} %", parts=parts, taken=taken))
    acting = {answer.response.names[m] for g in range(len(answer.response.goals)) for m in answer.response.acting(g)}
    without = [name for name in acting if not isinstance(answer.costs[name], Annual)]
    if not answer.asked and answer.objective.by == COUNT and len(without) < len(acting):
        out.append(say("solve.why_count", language, count=len(without), of=len(acting)))
    out += cost_lines(answer.objective, answer.costs, _chosen(answer), language)
    if answer.response.excluded:
        out.append(say("solve.excluded", language, targets=", ".join(e.target for e in answer.response.excluded)))
    return out


def cost_lines(objective: Objective, costs: Mapping[str, Annual | NoCost], chosen: Collection[str], language: str) -> list[str]:
    """What became of measures without a cost, and how weak the costs of those chosen are."""
    out = []
    if objective.left_out:
        out.append(say("solve.left_out", language, measures=", ".join(objective.left_out)))
    if objective.taken:
        out.append(say("solve.taken", language, measures=", ".join(objective.taken)))
    used = {c.grade for n, c in costs.items() if isinstance(c, Annual) and n in chosen}
    weak = [g or say("costs.ungraded", language) for g in sorted(used & {"D", "E", ""}, key=lambda g: g or "Z")]
    if objective.by == COST and weak:
        out.append(say("solve.weak", language, grades=", ".join(weak)))
    return out


def cost_curve(answer: Answer, language: str) -> Table:
    """Least objective for rising requirements of one target, with what enters and leaves at each step."""
    goal = next(g for g in answer.response.goals if g.id == answer.curve_of)
    names = answer.response.names
    rows = tuple(
        (
            value_text(goal, p.required),
            value_text(goal, p.value),
            amount_text(answer.objective, p.objective),
            ", ".join(names[m] for m in p.enters) or "–",
            ", ".join(names[m] for m in p.leaves) or "–",
        )
        for p in answer.curve
    )
    header = (
        *(say(f"table.curve.{c}", language) for c in ("required", "reached")),
        objective_title(answer.objective, language),
        *(say(f"table.curve.{c}", language) for c in ("enters", "leaves")),
    )
    return Table(say("table.curve", language, target=goal.id), header, rows, frozenset({0, 1, 2}), frozenset({3, 4}))


def _chosen(answer: Answer) -> tuple[str, ...]:
    package = answer.solution.package
    return () if package is None else tuple(n for n, on in zip(answer.response.names, package, strict=True) if on)


def objective_title(objective: Objective, language: str) -> str:
    """What is made small, with its unit."""
    return f"{say(f'solve.by.{objective.by}', language)} {objective.unit}".strip()


def amount_text(objective: Objective, value: float) -> str:
    """An amount of what is made small."""
    return money(value) if objective.by == COST else f"{value:g}"


def _weight(answer: Answer, m: int) -> str:
    taken = answer.response.names[m] in answer.objective.taken
    return "–" if taken else amount_text(answer.objective, float(answer.objective.weight[m]))


def value_text(goal: Goal, value: float | None) -> str:
    """A value of a goal with its unit."""
    if value is None or value != value:
        return "–"
    if goal.unit not in ("%", "pp"):
        return f"{value:,.6g} {goal.unit}"
    digits = 2  # more where a value would look like what is required without being it
    while (
        f"{value:.{digits}f}" == f"{goal.required:.{digits}f}"
        and abs(value - goal.required) > goal.slack
        and digits < MOST_DIGITS
    ):
        digits += 1
    return f"{value:,.{digits}f} {goal.unit}"


# ---------------------------------------------------------------- plain data


def answer_data(answer: Answer) -> dict[str, Any]:
    """The answer as plain data; see docs/reference/result.md."""
    solution, names = answer.solution, answer.response.names
    return {
        "scenario": answer.case.scenario.scenario,
        "status": solution.status,
        "minimised": answer.objective.by,
        "unit": answer.objective.unit,
        "package": None if solution.package is None else [_measure(answer, n) for n in _chosen(answer)],
        "objective": clean(solution.objective),
        "bound": clean(solution.bound),
        "gap": clean(solution.gap),
        "forced": list(answer.forced),
        "forbidden": list(answer.forbidden),
        "left_out": list(answer.objective.left_out),
        "taken": list(answer.objective.taken),
        "goals": [_goal(answer, g) for g in range(len(answer.response.goals))],
        "excluded": [{"target": e.target, "reason": e.reason} for e in answer.response.excluded],
        "greedy": {
            "status": answer.greedy.status,
            "objective": clean(answer.greedy.objective),
            "package": None if answer.greedy.package is None else _names(names, answer.greedy.package),
        },
        "eased": None if answer.eased is None else _eased(answer),
        "curve": [
            {
                "target": answer.curve_of,
                "required": clean(p.required),
                "value": clean(p.value),
                "objective": clean(p.objective),
                "package": _names(names, p.package),
            }
            for p in answer.curve
        ],
    }


def _names(names, package) -> list[str]:
    return [n for n, on in zip(names, package, strict=True) if on]


def _measure(answer: Answer, name: str) -> dict[str, Any]:
    m = answer.response.names.index(name)
    pollutants = answer.case.inventory.pollutants
    return {
        "measure": name,
        "weight": None if name in answer.objective.taken else clean(float(answer.objective.weight[m])),
        "alone_t": {p: clean(answer.brings.alone[m, k]) for k, p in enumerate(pollutants)},
    }


def _goal(answer: Answer, g: int) -> dict[str, Any]:
    goal, solution = answer.response.goals[g], answer.solution
    value = solution.values[g] if solution.values else None
    return {
        "target": goal.id,
        "unit": goal.unit,
        "comparison": goal.comparison,
        "required": clean(goal.required),
        "value": clean(value),
        "margin": clean(solution.margins[g]) if solution.margins else None,
        "most": clean(answer.most[g]),
        "met": None if value is None else bool(goal.met(value)),
        "binding": g in answer.binding,
        "restated": goal.restated,
    }


def _eased(answer: Answer) -> dict[str, Any]:
    eased = answer.eased
    return {
        "share": clean(eased.share),
        "goals": [{"target": g.id, "required": clean(required), "left": clean(left)} for g, required, left in eased.goals],
        "package": _names(answer.response.names, eased.package),
    }
