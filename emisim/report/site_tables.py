"""What a search source by source found, as tables and as plain data."""

from __future__ import annotations

import math
from typing import Any

from emisim.questions.optimise import OPTIMAL
from emisim.questions.sites import MOST_FREE, SiteAnswer
from emisim.report.cost_tables import money
from emisim.report.solve_tables import cost_lines, value_text
from emisim.report.tables import Table, tonnes
from emisim.summary import clean
from emisim.text import say

CSV_COLUMNS = ("measure", "sources", "name_zh", "name_en", "pollutant", "t_per_year", "cost", "unit")


def headline(answer: SiteAnswer, language: str) -> list[str]:
    """The answer in a few lines."""
    goal = answer.goal
    words = {
        "target": goal.id,
        "value": value_text(goal, answer.value),
        "required": f"{goal.comparison} {value_text(goal, goal.required)}",
        "most": value_text(goal, answer.most),
    }
    if answer.cost is None:
        return [say("sites.infeasible", language, **words)]
    unit, pairs = answer.objective.unit, sum(len(s.measures) for s in answer.sites)
    amount = f"{money(answer.cost)} {unit}"
    if answer.objective.taken:
        amount += say("solve.besides", language, count=len(answer.objective.taken))
    first = say("sites.found", language, target=goal.id, amount=amount, taken=len(answer.pairs), of=pairs)
    proof = "sites.proven" if answer.status == OPTIMAL else "sites.time_limit"
    gap = f"{100 * answer.gap:.2g} %"
    return [first, say("sites.reached", language, **words), say(proof, language, bound=money(answer.bound), gap=gap)]


def measures(answer: SiteAnswer, language: str) -> Table:
    """For each measure that may be chosen: at how many of its sources, what it brings there and what it costs."""
    names, bound = answer.case.bound.names, answer.case.bound.measures
    possible: dict[int, int] = {}
    for site in answer.sites:
        for m in site.measures:
            possible[m] = possible.get(m, 0) + 1
    rows = []
    for m in sorted(possible, key=lambda m: names[m]):
        mine = [p for p in answer.pairs if p.measure == m]
        rows.append((names[m], bound[m].title.text(language), *_figures(mine, possible[m], language)))
    if len(rows) > 1:
        rows.append((say("table.sites.all", language), "", *_figures(answer.pairs, sum(possible.values()), language)))
    columns = {
        "sources": {},
        "brings": {"pollutant": answer.goal.pollutant},
        "cost": {"unit": answer.objective.unit},
        "per_tonne": {},
    }
    header = (
        say("table.measure", language),
        say("table.title", language),
        *(say(f"table.sites.{c}", language, **words) for c, words in columns.items()),
    )
    title = say("table.sites", language, year=answer.goal.year)
    return Table(title, header, tuple(rows), frozenset({2, 3, 4, 5}), frozenset({1}), say("table.sites.note", language))


def _figures(pairs, possible: int, language: str) -> tuple[str, ...]:
    """Sources, tonnes, cost and cost per tonne of some pairs."""
    brings, cost = math.fsum(p.tonnes for p in pairs), math.fsum(p.cost for p in pairs)
    count = say("table.sites.of", language, count=len(pairs), of=possible)
    return count, tonnes(brings), money(cost), money(cost / brings) if brings > 0 else "–"


def lines(answer: SiteAnswer, language: str) -> list[str]:
    """What stands below the table: the last tonne, the same without a choice of sources, what was decided together."""
    out = []
    if answer.cost is not None:
        if answer.price > 0:
            words = {
                "price": money(answer.price),
                "unit": answer.objective.unit.removesuffix("/yr"),
                "pollutant": answer.goal.pollutant,
            }
            out.append(say("sites.price", language, **words))
        if answer.whole is None:
            out.append(say("sites.whole_none", language))
        elif answer.whole > answer.cost + 1e-9 * abs(answer.cost):
            more = f"{100 * (answer.whole / answer.cost - 1):.3g} %" if answer.cost > 0 else "–"
            out.append(say("sites.whole", language, amount=money(answer.whole), more=more))
    linked = sum(s.rows.size > 1 for s in answer.sites)
    if linked:
        out.append(say("sites.linked", language, count=linked, of=len(answer.sites)))
    names = answer.case.bound.names
    if answer.kept:
        kept = sorted({names[m] for mine, _ in answer.kept for m in mine})
        out.append(say("sites.kept", language, most=MOST_FREE, count=len(answer.kept), measures=", ".join(kept)))
    chosen = {*(names[p.measure] for p in answer.pairs), *answer.forced} if answer.cost is not None else set()
    return out + cost_lines(answer.objective, answer.costs, chosen, language)


# ---------------------------------------------------------------- plain data


def pairs_csv(answer: SiteAnswer) -> list[tuple[object, ...]]:
    """The chosen pairs, one a row, in the order of ``CSV_COLUMNS``; linked sources stand together, their ids parted by a semicolon."""
    text = answer.case.inventory.text
    out = []
    for pair in _sorted(answer):
        rows = answer.sites[pair.site].rows
        names = ("; ".join(map(str, text[column][rows])) for column in ("name_zh", "name_en"))
        out.append(
            (
                answer.case.bound.names[pair.measure], ";".join(_ids(answer, pair.site)), *names, answer.goal.pollutant,
                clean(pair.tonnes), clean(pair.cost), answer.objective.unit,
            )
        )  # fmt: skip
    return out


def answer_data(answer: SiteAnswer) -> dict[str, Any]:
    """The answer as plain data; see docs/reference/result.md."""
    goal, names = answer.goal, answer.case.bound.names
    return {
        "scenario": answer.case.scenario.scenario,
        "status": answer.status,
        "unit": answer.objective.unit,
        "target": goal.id,
        "goal": {"unit": goal.unit, "comparison": goal.comparison, "required": clean(goal.required), "restated": goal.restated},
        "value": clean(answer.value),
        "most": clean(answer.most),
        "cost": clean(answer.cost),
        "bound": clean(answer.bound),
        "gap": clean(answer.gap),
        "marginal_per_t": clean(answer.price),
        "whole_measures": clean(answer.whole),
        "forced": list(answer.forced),
        "forbidden": list(answer.forbidden),
        "left_out": list(answer.objective.left_out),
        "taken": list(answer.objective.taken),
        "kept": [
            {"measures": [names[m] for m in mine], "sources": answer.case.inventory.ids[rows].tolist()}
            for mine, rows in answer.kept
        ],
        "possible": sum(len(s.measures) for s in answer.sites),
        "pairs": [
            {
                "measure": names[p.measure],
                "sources": _ids(answer, p.site),
                "t": clean(p.tonnes),
                "cost": clean(p.cost),
            }
            for p in _sorted(answer)
        ],
    }


def _sorted(answer: SiteAnswer):
    return sorted(answer.pairs, key=lambda p: (answer.case.bound.names[p.measure], p.site))


def _ids(answer: SiteAnswer, site: int) -> list[str]:
    return [str(name) for name in answer.case.inventory.ids[answer.sites[site].rows]]
