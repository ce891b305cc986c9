"""A proof as an indented text, and as plain data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from emisim.questions.explanation import Explanation
from emisim.report.tables import verdict_word
from emisim.summary import clean
from emisim.text import messages, say
from emisim.traced import CONSTANT, DIFFERENCE, GIVEN, MEAN, PRODUCT, QUOTIENT, SHAPLEY, SUM, Traced

LONGEST_FORMULA = 12  # inputs and constants; a longer expression is shown part by part
OF_MEASURES = (
    "proof.parameter",
    "proof.wording",
    "proof.phase",
    "proof.phase.month",
    "proof.existing_efficiency",
    "proof.existing_effectiveness",
)


def proof_lines(explanation: Explanation, language: str, depth: int, top: int) -> list[str]:
    """The proof as lines: a number a line, its parts indented below it.

    Parameters
    ----------
    depth : how many levels of parts are shown. top : how many parts of a sum are shown; the others are added up.
    """
    number = explanation.number
    lines = [f"{title(explanation, language)}: {_figure(explanation.value)} {explanation.unit}"]
    if explanation.verdict is not None and explanation.verdict.required is not None:
        v = explanation.verdict
        required = f"{v.comparison} {_figure(v.required)} {v.unit}"
        lines.append(say("explain.verdict", language, verdict=verdict_word(v, language), required=required))
    lines += _Page(language, top, explanation.source).below(number, depth, "")
    inputs = {(leaf.label, str(leaf.origin.place), leaf.origin.written): leaf for leaf in number.leaves()}
    if not inputs:
        return [*lines, say("explain.nothing", language)]
    grades = [leaf.origin.grade or say("proof.ungraded", language) for leaf in inputs.values()]
    shown = ", ".join(f"{g} {grades.count(g)}" for g in sorted(set(grades)))
    key = "explain.closes" if explanation.closure else "explain.exact"
    return [*lines, say(key, language, count=len(inputs), grades=shown, closure=f"{explanation.closure:.1e}")]


def title(explanation: Explanation, language: str) -> str:
    """What is explained, in a language."""
    words = {k: v[language] if isinstance(v, dict) else v for k, v in explanation.words.items()}
    return say(explanation.what, language, **words)


class _Page:
    """Writes proof trees. own : id of the source that is explained, whose inputs need not name it. Steps of a name that were
    written out above are not written out again."""

    def __init__(self, language: str, top: int, own: str):
        self.language, self.top, self.own = language, top, own
        self.written: set[int] = set()

    def say(self, key: str, **words: object) -> str:
        return say(key, self.language, **words)

    def below(self, number: Traced, depth: int, indent: str) -> list[str]:
        """The parts of a number."""
        if number.how in (GIVEN, CONSTANT):
            return [f"{indent}  {self.input(number)}"] if number.how == GIVEN else []
        formula = _formula(number)
        if formula:
            inputs = _unique(number) if depth > 0 else []
            return [f"{indent}= {formula}", *(f"{indent}  {self.input(leaf)}" for leaf in inputs)]
        how = self.say(f"proof.how.{number.how}")
        if depth <= 0:
            return [f"{indent}= {how} {self.say('proof.parts', count=len(number.parts))}"]
        lines = [f"{indent}= {how}"]
        parts = number.parts[: self.top] if number.how == SUM else number.parts
        for part in parts:
            lines += self.part(part, depth - 1, indent + "  ")
        rest = number.parts[len(parts) :]
        if rest:
            lines.append(f"{indent}  {_figure(math.fsum(p.value for p in rest))}  {self.say('proof.rest', count=len(rest))}")
        return lines

    def part(self, part: Traced, depth: int, indent: str) -> list[str]:
        """One part, with its own parts below it."""
        if part.how == GIVEN:
            return [f"{indent}{self.input(part)}"]
        line = "  ".join(filter(None, (f"{_figure(part.value)} {_unit(part)}".strip(), self.name(part))))
        if id(part) in self.written:
            return [f"{indent}{line}{self.say('proof.above')}"]
        if part.label:
            self.written.add(id(part))
        return [f"{indent}{line}", *self.below(part, depth, indent + "  ")]

    def name(self, number: Traced) -> str:
        """Its name; shorter where it is the explained source's own."""
        own = f"{number.label}.own"
        if self.own and number.words.get("id") == self.own and own in messages():
            return number.title(self.language, own)
        return number.title(self.language)

    def input(self, leaf: Traced) -> str:
        """One input: as written, what it is, where it stands, grade and source."""
        origin, dates = leaf.origin, leaf.label.startswith("proof.phase")
        number = origin.written if origin.written and not dates else f"{_figure(leaf.value)} {_unit(leaf)}".strip()
        grade = self.say("proof.grade", grade=origin.grade) if origin.grade else ""
        known = "; ".join(filter(None, (origin.written if dates else "", str(origin.place), grade, origin.source)))
        return f"{number}  {self.name(leaf)}" + (f"  [{known}]" if known else "")


def _unit(number: Traced) -> str:
    return "" if number.unit in ("", "1") else number.unit


def _figure(value: float) -> str:
    size = abs(value)
    return "0" if not size else f"{value:,.6g}" if 1e-4 <= size < 1e9 else f"{value:.4g}"


def _unique(number: Traced) -> list[Traced]:
    return list({id(leaf): leaf for leaf in number.leaves()}.values())


def _formula(number: Traced) -> str:
    """A short expression in one line; empty where it is long or has steps of a name."""
    parts = list(_steps(number))
    short = sum(not p.parts for p in parts) <= LONGEST_FORMULA
    named = any(p.label and (p.parts or p.label not in OF_MEASURES) for p in parts[1:])
    return (
        _written(number, 0)
        if short and (not named or _ratio(number)) and not any(p.how in (SHAPLEY, MEAN) for p in parts)
        else ""
    )


def _ratio(number: Traced) -> bool:
    """An index over an index."""
    return number.how == QUOTIENT and all(p.label == "proof.index" for p in number.parts)


def _steps(number: Traced) -> Iterator[Traced]:
    yield number
    for part in number.parts:
        yield from _steps(part)


def _written(number: Traced, binding: int) -> str:
    """An expression with brackets where it stands beside a stronger operator."""
    if not number.parts:
        return number.origin.written if number.how == GIVEN and _plain(number) else _figure(number.value)
    sign, strength = {SUM: (" + ", 1), DIFFERENCE: (" − ", 1), PRODUCT: (" × ", 2), QUOTIENT: (" / ", 2)}[number.how]
    first, *others = number.parts
    inner = strength + 1 if number.how in (DIFFERENCE, QUOTIENT) else strength
    text = sign.join([_written(first, strength), *(_written(p, inner) for p in others)]).replace("+ -", "− ")
    return f"({text})" if strength < binding else text


def _plain(leaf: Traced) -> bool:
    """Whether an input can stand in an expression as it is written."""
    return leaf.origin.written.endswith("%")


def proof_data(explanation: Explanation) -> dict[str, Any]:
    """The proof as nested plain data; see docs/reference/result.md."""
    return {
        "title_en": title(explanation, "en"),
        "title_zh": title(explanation, "zh"),
        "value": clean(explanation.value),
        "unit": explanation.unit,
        "closure": float(f"{explanation.closure:.3g}"),
        "verdict": explanation.verdict.verdict if explanation.verdict else None,
        "proof": _node(explanation.number),
    }


def _node(number: Traced) -> dict[str, Any]:
    out: dict[str, Any] = {"value": clean(number.value), "how": number.how}
    if number.label:
        out |= {"label_en": number.title("en"), "label_zh": number.title("zh")}
    if number.unit:
        out["unit"] = number.unit
    if number.origin:
        o = number.origin
        place = {"file": o.place.file, "line": o.place.line} if o.place.file else {}
        known = {"written": o.written, **place, "grade": o.grade, "source": o.source, "measure": o.measure}
        out |= {k: v for k, v in known.items() if v}
    if number.parts:
        out["parts"] = [_node(p) for p in number.parts]
    return out
