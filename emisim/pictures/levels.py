"""What pictures of emission levels share: what targets require, numbers and units in words, notes in one paragraph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from emisim.report.tables import tonnes, verdict_word
from emisim.simulate import Result
from emisim.summary import grade_shares
from emisim.text import say
from emisim.verdicts import NOT_ASSESSABLE, Verdict

MINUS = "−"
FIRM = "\u00a0"  # a space at which no line breaks
LEAST = 0.005  # of a total, to be named [1]


@dataclass(frozen=True)
class Requirement:
    """What a net target allows: ``level`` in ``year`` [t/yr], its verdict, and both in words."""

    target: str
    year: int
    level: float
    verdict: str
    text: str


def requirements(result: Result, k: int, language: str) -> tuple[Requirement, ...]:
    """What the net targets with a value allow of a pollutant.

    level = E_baseline − required, a required share being one of E_baseline

    Returns
    -------
    tuple of Requirement, in the order of the targets
    """
    name = result.inventory.pollutants[k]
    mine = (v for v in result.verdicts if v.kind == "net" and v.pollutant == name)
    return tuple(
        _requirement(v, result.reading.targets[v.id].title.text(language), language)
        for v in mine
        if v.required is not None and v.baseline_t and v.verdict != NOT_ASSESSABLE
    )


def allowed(v: Verdict) -> float:
    """The level that a target on tonnes allows [t/yr]."""
    return v.baseline_t - (v.required / 100.0 * v.baseline_t if v.unit == "%" else v.required)


def _requirement(v: Verdict, title: str, language: str) -> Requirement:
    level, mark = allowed(v), say("picture.reference", language)
    if v.reference and mark not in title:
        title = f"{title} ({mark})"
    sign = {">": "<", ">=": "≤", "<": ">", "<=": "≥"}[v.comparison]
    text = say(
        "picture.required", language, target=title, sign=sign, level=tonnes(level), year=v.year, verdict=verdict_word(v, language)
    )
    return Requirement(v.id, v.year, level, v.verdict, text)


def numbers(change: float) -> str:
    """A change of a mass with its sign; a true minus."""
    text = tonnes(abs(change))
    return text if text in ("0", "0.0") else f"{'+' if change > 0 else MINUS}{text}"


def unit(language: str) -> str:
    """t/yr in words of a language."""
    return say("picture.unit", language)


def fold(sentences: Iterable[str], language: str) -> str:
    """Sentences as one paragraph; Chinese has no spaces between them."""
    return ("" if language == "zh" else " ").join(s for s in sentences if s)


def grounds(result: Result, language: str, pollutants: Iterable[str]) -> str:
    """What the base year rests on: grades of some pollutants, and that it is illustrative where it is."""
    shares = grade_shares(result.inventory)
    parts = (" ".join([p, *(f"{g} {100 * v:.0f} %" for g, v in shares[p].items() if v >= LEAST)]) for p in pollutants)
    parts = (part.replace(" ", FIRM) for part in parts)
    key = "picture.illustrative" if result.inventory.illustrative() else "picture.grades"
    return say(key, language, grades=say("picture.and", language).join(parts))
