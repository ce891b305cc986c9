"""Explain a number: where it comes from, input by input, down to file and line.

number = operations on inputs; recomputed from these inputs alone it must close to 1e-9
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emisim import units
from emisim.case import Case
from emisim.crediting import judged
from emisim.errors import BadInput, Broken, Fault, Place, fault, nearest
from emisim.indicator import Activities, value
from emisim.kernel import run
from emisim.questions.proof import Proof, prove
from emisim.reading import measures_named
from emisim.simulate import CLOSURE, Levels, levels
from emisim.target import Target
from emisim.text import LANGUAGES, say
from emisim.traced import Origin, Traced, given, recompute, traced
from emisim.verdicts import Verdict, judge
from emisim.vocabulary import pollutants, sectors

LEVELS = ("plan", "reference", "base", "calendar")
SMALLEST_T = 1e-6  # 1 g: below it closure is not relative


@dataclass(frozen=True, eq=False)
class Explanation:
    """A number of a run and its proof.

    what : message key of its title, with ``words``. number : the proof tree. value : the same number as the run has it [unit].
    closure : relative difference of the two. verdict : of a target. source : id of the one source it is about.
    """

    what: str
    words: Mapping[str, object]
    number: Traced
    value: float
    unit: str
    closure: float
    verdict: Verdict | None = None
    source: str = ""


def explain(
    case: Case,
    source: str = "",
    sector: str = "",
    measure: str = "",
    target: str = "",
    pollutant: str = "",
    year: int | None = None,
    level: str = "plan",
) -> tuple[Explanation, ...]:
    """Prove a cell, a total, what a measure brings, or the value of a target.

    Parameters
    ----------
    source : id of a source, memo rows too; ``sector``: its code; neither: the official total.
    measure : what this measure, or this item with all its parts, brings there, in place of the emission.
    target : id of a target, in place of all this.
    pollutant : one, or by default each first-class pollutant that is there.
    year : the target year by default. level : ``plan``, ``reference`` (without measures), ``base`` (the base year), or ``calendar``
        (what the months of the year emit with the plan).

    Returns
    -------
    tuple of Explanation
        One a pollutant [t/yr]; of a target one, in the unit of its verdict.

    Raises
    ------
    BadInput
        A name that is not there.
    Broken
        A proof does not close to 1e-9.
    """
    return Explainer(case).explain(source, sector, measure, target, pollutant, year, level)


class Explainer:
    """Explains many numbers of one case, which is run once."""

    def __init__(self, case: Case):
        self.case = case
        self.proofs: dict[tuple[int, bool], Proof] = {}

    @cached_property
    def end(self) -> Levels:
        """The run whose numbers are explained."""
        return levels(self.case)

    def proof(self, year: int, monthly: bool = False) -> Proof:
        """The case on traced numbers in a year."""
        if (year, monthly) not in self.proofs:
            self.proofs[year, monthly] = prove(self.case, year, monthly)
        return self.proofs[year, monthly]

    def explain(
        self,
        source: str = "",
        sector: str = "",
        measure: str = "",
        target: str = "",
        pollutant: str = "",
        year: int | None = None,
        level: str = "plan",
    ) -> tuple[Explanation, ...]:
        """See ``explain``."""
        case = self.case
        _check(case, source, sector, measure, target, pollutant, year, level)
        if target:
            return (_Target(self, target).explanation(),)
        year = case.scenario.base_year if level == "base" else year or case.scenario.target_year
        chosen = case.inventory.ids == source if source else ~case.inventory.memo
        if sector:
            chosen = chosen & (case.inventory.text["sector"] == sector)
        proof = self.proof(year, level == "calendar")
        make = _Tonnes(proof, self.end, np.flatnonzero(chosen), source, sector, year, level, measure)
        return tuple(make.explanation(p) for p in _pollutants(case, pollutant))


def _check(case: Case, source: str, sector: str, measure: str, target: str, pollutant: str, year: int | None, level: str) -> None:
    """Report every name that is not there, with the nearest that is."""
    inventory, scenario = case.inventory, case.scenario
    known = {
        "source": (source, inventory.ids.tolist()),
        "sector": (sector, sorted(set(inventory.text["sector"].tolist()))),
        "target": (target, tuple(case.reading.targets)),
        "pollutant": (pollutant, inventory.pollutants),
    }
    faults: list[Fault] = []
    for option, (word, words) in known.items():
        if word and word not in words:
            shown = ", ".join(words[:20]) + (" …" if len(words) > 20 else "")
            faults.append(
                fault(
                    f"question.{option}",
                    Place(f"--{option} {word}"),
                    word=word,
                    near=nearest(word, words),
                    known=shown,
                )
            )
    if measure and not _running(case, measure):
        place = Place(f"--measure {measure}")
        faults.append(fault("question.measure", place, word=measure, near=nearest(measure, case.bound.names)))
    if year is not None and not scenario.base_year <= year <= scenario.target_year:
        first, last = scenario.base_year, scenario.target_year
        faults.append(fault("question.year_outside", Place(f"--year {year}"), year=year, first=first, last=last))
    alone = target and (source or sector or measure or pollutant or year is not None or level != "plan")
    if (source and sector) or alone or (measure and level != "plan") or (level == "base" and year is not None):
        faults.append(fault("question.together"))
    if faults:
        raise BadInput(faults)


def _running(case: Case, measure: str) -> list[int]:
    """The measures that run under an id, of an item all its parts."""
    return [case.bound.names.index(n) for n in measures_named(measure, case.plan) if n in case.bound.names]


def _pollutants(case: Case, pollutant: str) -> list[int]:
    names = case.inventory.pollutants
    return [k for k, p in enumerate(names) if (p == pollutant if pollutant else pollutants()[p].core)]


class _Tonnes:
    """Explanations of emissions and reductions of some rows in one year."""

    def __init__(
        self, proof: Proof, end: Levels, rows: np.ndarray, source: str, sector: str, year: int, level: str, measure: str
    ):
        self.proof, self.end, self.rows, self.single, self.sector = proof, end, rows, bool(source), sector
        self.year, self.level, self.measure = year, level, measure
        self.at = list(end.evidence.years).index(year)

    def explanation(self, p: int) -> Explanation:
        inventory = self.proof.plain.inventory
        number, known, scale = self.reduction(p) if self.measure else self.emission(p)
        where = "cell" if self.single else "total"
        words = {"pollutant": inventory.pollutants[p], "year": self.year, "measure": self.measure, "where": self.where()}
        key = f"explain.{where}.measure" if self.measure else f"explain.{where}.{self.level}"
        source = str(inventory.ids[self.rows[0]]) if self.single else ""
        return Explanation(key, words, number, known, "t/yr", _closure(number, known, scale), source=source)

    def where(self) -> dict[str, str]:
        """What the rows are, in both languages."""
        inventory = self.proof.plain.inventory
        if self.single:
            (i,) = self.rows
            return {k: f"{inventory.text[f'name_{k}'][i]} ({inventory.ids[i]})" for k in ("zh", "en")}
        if not self.sector:
            return {language: say("explain.all", language) for language in LANGUAGES}
        word = sectors()[self.sector]
        return {"zh": word.zh, "en": word.en}

    def known(self) -> np.ndarray:
        """The emission as the run has it: (row, pollutant) [t/yr]."""
        if self.level == "base":
            return self.end.evidence.base
        if self.level == "calendar":
            return self.proof.periods.by_year(run(*self.proof.floats).emission)[..., 0]
        return {"plan": self.end.plan, "reference": self.end.reference}[self.level].emission[..., self.at]

    def emission(self, p: int) -> tuple[Traced, float, float]:
        known = self.known()
        if self.single:
            (i,) = self.rows
            cell = self.proof.at_base(i, p) if self.level == "base" else self.proof.row(i, self.level != "reference")[p]
            return cell, float(known[i, p]), abs(float(known[i, p]))
        total = _total(self.proof, self.rows, p, self.level)
        return total, float(known[self.rows, p].sum()), float(np.abs(known[self.rows, p]).sum())

    def reduction(self, p: int) -> tuple[Traced, float, float]:
        """What a measure brings, or the sum of the parts of an item."""
        ledger, mine = self.end.ledger, _running(self.proof.plain, self.measure)
        there = np.isin(ledger.row, self.rows) & (ledger.reduction[:, p, self.at] != 0)
        parts, known, scale = [], 0.0, 0.0
        for m in mine:
            entries = np.flatnonzero(there & (ledger.measure == m))
            found = ledger.row[entries].tolist()
            known += float(ledger.reduction[entries, p, self.at].sum())
            scale += float(np.abs(self.end.reference.emission[found, p, self.at]).sum())
            part = (
                self.proof.reductions(found[0], p).get(m, traced(0.0))
                if self.single and found
                else _reductions(self.proof, found, p, m)
            )
            name = self.proof.plain.bound.names[m]
            parts.append(part if len(mine) == 1 else part.named("proof.measure", "t/yr", measure=name))
        return _sum(parts), known, scale


def _closure(number: Traced, known: float, scale: float) -> float:
    """Relative difference between a proof recomputed from its inputs and the number of the run.

    Raises
    ------
    Broken
    """
    gap = abs(recompute(number) - known) / max(abs(known), scale, SMALLEST_T)
    if not gap <= CLOSURE:
        raise Broken(f"a proof does not close: relative error {gap:.3g}")
    return gap


def _sum(parts: Iterable[Traced]) -> Traced:
    """A sum whose largest parts come first."""
    return sum(sorted(parts, key=lambda part: -abs(part.value)), traced(0.0))


def _cell(proof: Proof, number: Traced, i: int, p: int) -> Traced:
    """A number under the name of its source."""
    inventory = proof.plain.inventory
    name = {k: str(inventory.text[f"name_{k}"][i]) for k in ("zh", "en")}
    return traced(number).named("proof.cell", "t/yr", name=name, id=str(inventory.ids[i]), pollutant=inventory.pollutants[p])


def _total(proof: Proof, rows: Iterable[int], p: int, level: str) -> Traced:
    if level == "base":
        cells = {i: proof.at_base(i, p) for i in rows}
    else:
        emission = (proof.reference if level == "reference" else proof.plan).emission
        cells = {i: proof.in_year(emission[i, p]) for i in rows}
    return _sum(_cell(proof, cell, i, p) for i, cell in cells.items() if cell.value)


def _reductions(proof: Proof, rows: Iterable[int], p: int, m: int) -> Traced:
    return _sum(_cell(proof, proof.reductions(i, p).get(m, traced(0.0)), i, p) for i in rows)


# ---------------------------------------------------------------- targets


class _Target:
    """The explanation of the value of a target."""

    def __init__(self, explainer: Explainer, name: str):
        self.explainer, self.case, self.name = explainer, explainer.case, name
        self.target: Target = self.case.reading.targets[name]

    def explanation(self) -> Explanation:
        name, target = self.name, self.target
        (verdict,) = judge({name: target}, self.explainer.end.evidence)
        if verdict.value is None:
            raise BadInput([fault("question.nothing_to_explain", Place(f"--target {name}"), target=name)])
        number = traced(self.figure() if target.indicator else self.tonnes(verdict))
        words = {"target": name, "year": target.year, "title": {"zh": target.title.zh, "en": target.title.en}}
        closure = _closure(number, verdict.value, 0.0 if verdict.unit == "t/yr" else 100.0)
        return Explanation("explain.target", words, number, verdict.value, verdict.unit, closure, verdict)

    def tonnes(self, verdict: Verdict) -> Traced:
        """Reduction against the baseline year, or credits, as a share or in t/yr."""
        inventory, target, start = self.case.inventory, self.target, self.case.scenario.base_year
        p = inventory.pollutants.index(target.pollutant)
        rows = ~inventory.memo
        if target.applies_to is not None:
            rows = rows & np.isin(np.arange(len(inventory)), inventory.select(target.applies_to))
        chosen, first = np.flatnonzero(rows), target.baseline_year or start
        proof = self.explainer.proof(target.year)
        baseline = _total(
            proof if first == start else self.explainer.proof(first), chosen, p, "base" if first == start else "plan"
        )
        baseline = baseline.named("proof.baseline", "t/yr", year=first, pollutant=target.pollutant)
        if target.kind == "creditable":
            reached = self.credits(proof, p)
        else:
            then = _total(proof, chosen, p, "plan")
            reached = baseline - then.named("proof.with_plan", "t/yr", year=target.year, pollutant=target.pollutant)
        return reached if verdict.unit == "t/yr" else reached / baseline * 100.0

    def credits(self, proof: Proof, p: int) -> Traced:
        """Σ credits of the projects that count, less the offset."""
        case, target, end = self.case, self.target, self.explainer.end
        ledger, at = end.ledger, list(end.evidence.years).index(target.year)
        parts = []
        for m, (measure, clause) in enumerate(zip(case.bound.names, case.bound.measures, strict=True)):
            counts, _ = judged(clause, case.reading.all_accountable)
            mine = (ledger.measure == m) & ~case.inventory.memo[ledger.row] & (ledger.reduction[:, p, at] != 0)
            if counts and mine.any():
                part = _reductions(proof, ledger.row[mine].tolist(), p, m)
                parts.append(part.named("proof.project", "t/yr", measure=measure, pollutant=target.pollutant))
        total = _sum(parts)
        if target.offset is None:
            return total
        file = "scenario" if self.name in case.scenario.targets else "plan"
        origin = Origin(str(target.offset), case.place(file, ("targets", self.name, "offset")))
        return total - given(units.read(target.offset, "mass rate"), "proof.offset", "t/yr", origin)

    def figure(self) -> Traced | float:
        """An indicator from the activities of the run."""
        years = sorted({self.target.year, self.target.indicator.against or self.target.year})
        proofs = [self.explainer.proof(year) for year in years]
        known = Activities(
            proofs[0].case.inventory,
            proofs[0].case.bound,
            years,
            np.concatenate([_activity(proof, "reference") for proof in proofs], axis=1),
            np.concatenate([_activity(proof, "plan") for proof in proofs], axis=1),
            np.concatenate([proof.arrays[1].phase for proof in proofs], axis=1),
        )
        return value(self.target.indicator, self.target.year, known)[0]


def _activity(proof: Proof, level: str) -> np.ndarray:
    """Activity of every source under its name: (row, 1) [base unit / yr]."""
    inventory, found = proof.plain.inventory, getattr(proof, level).activity
    out = np.empty(found.shape, dtype=object)
    for i in range(len(inventory)):
        name = {k: str(inventory.text[f"name_{k}"][i]) for k in ("zh", "en")}
        out[i, 0] = traced(found[i, 0]).named(f"proof.activity_{level}", name=name, year=proof.year)
    return out
