"""What measures cost, as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from emisim.case import Case
from emisim.cost import Alone, Annual, NoCost, unit
from emisim.report.tables import Table
from emisim.summary import main_pollutant
from emisim.text import say
from emisim.vocabulary import GRADES

DIGITS = 3


def costs(case: Case, found: Mapping[str, Annual | NoCost], alone: Alone, language: str) -> Table:
    """Every measure with the form of its cost, the cost a year with its range, the cost per tonne of its main pollutant, grade
    and source; or why there is none.

    Parameters
    ----------
    found : from ``cost.annual_costs``. alone : measure → pollutant → tonnes removed alone [t/yr].
    """
    columns = ("id", "title", "basis", "annual", "range", "per_tonne", "grade", "source")
    header = tuple(say(f"table.costs.{c}", language) for c in columns)
    order = sorted(found.items(), key=lambda item: isinstance(item[1], NoCost))  # those with a cost first
    rows = tuple(_row(case, name, cost, alone[name], language) for name, cost in order)
    grades = Counter(c.grade for c in found.values() if isinstance(c, Annual))
    shown = [f"{g or say('costs.ungraded', language)} {grades[g]}" for g in (*GRADES, "") if grades[g]]
    note = say(
        "table.costs.note",
        language,
        costed=grades.total(),
        count=len(found),
        grades=", ".join(shown) or "–",
        year=case.scenario.target_year,
    )
    title = say("table.costs", language, unit=unit(case.plan.costs))
    return Table(title, header, rows, frozenset({3, 4, 5}), frozenset({1, 7}), note)


def _row(case: Case, name: str, cost: Annual | NoCost, alone: Mapping[str, float], language: str) -> tuple[str, ...]:
    title = case.plan.measures[name].title.text(language)
    if isinstance(cost, NoCost):
        reason = cost.reason.text(language) if cost.reason else say("costs.unsaid", language)
        return (name, title, "–", "–", "–", "–", "–", reason)
    main = main_pollutant(cost, alone)
    per_tonne = f"{money(cost.value / alone[main])} ({main})" if main else "–"
    basis = " + ".join(say(f"costs.basis.{form}", language, pollutant=cost.of) for form in cost.basis)
    own = say("costs.own", language) if cost.own else ""
    ends = "–" if cost.low is None else f"{money(cost.low)} – {money(cost.high)}"
    return (name, title, basis, money(cost.value), ends, per_tonne, cost.grade or "–", f"{own}{cost.source or '–'}")


def money(value: float) -> str:
    """An amount with three significant digits and thousands marked."""
    rounded = float(f"{value:.{DIGITS}g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 or rounded == 0 else f"{rounded:,g}"
