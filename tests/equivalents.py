"""Other ways to write one amount: units of the same kind with the number that goes with them, exact to the last digit."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from random import Random

from mutations import FIGURE, Spot, Yaml, table, taken_apart

# Word of a unit → (another word, how many of these make one).
WORDS: Mapping[str, tuple[tuple[str, Fraction], ...]] = {
    word: tuple((other, Fraction(n)) for other, n in others)
    for word, others in {
        "t": (("kg", 1000), ("吨", 1), ("万吨", Fraction(1, 10**4)), ("Mt", Fraction(1, 10**6)), ("公斤", 1000)),
        "kg": (("g", 1000), ("千克", 1), ("t", Fraction(1, 1000)), ("公斤", 1), ("mg", 10**6)),
        "g": (("mg", 1000), ("克", 1), ("kg", Fraction(1, 1000)), ("t", Fraction(1, 10**6))),
        "mg": (("g", Fraction(1, 1000)), ("毫克", 1), ("μg", 1000), ("ug", 1000)),
        "GJ": (("MJ", 1000), ("吉焦", 1), ("TJ", Fraction(1, 1000)), ("kWh", Fraction(2500, 9)), ("兆焦", 1000)),
        "MWh": (("kWh", 1000), ("千瓦时", 1000), ("GJ", Fraction(18, 5)), ("万度", Fraction(1, 10)), ("GWh", Fraction(1, 1000))),
        "km": (("m", 1000), ("公里", 1), ("千米", 1)),
        "vehicle": (("辆", 1), ("vehicles", 1), ("万辆", Fraction(1, 10**4))),
        "head": (("头", 1), ("heads", 1), ("万头", Fraction(1, 10**4)), ("羽", 1)),
        "person": (("人", 1), ("persons", 1), ("万人", Fraction(1, 10**4))),
        "yr": (("a", 1), ("年", 1)),
        "Nm3": (("Nm³", 1), ("标立方米", 1), ("标方", 1), ("万标方", Fraction(1, 10**4))),
        "m3": (("m³", 1), ("立方米", 1), ("L", 1000), ("m^3", 1)),
        "yuan": (("元", 1), ("CNY", 1), ("RMB", 1), ("万元", Fraction(1, 10**4))),
        "USD": (("美元", 1),),
        "EUR": (("欧元", 1),),
        "%": (("‰", 10), ("％", 1)),
    }.items()
}
_WORD = re.compile(r"Nm3|m3|[A-Za-z]+|%")
_SIGNS = str.maketrans({"/": "／", "%": "％", "(": "（", ")": "）"})
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def equivalents(unit: str) -> list[tuple[str, Fraction]]:
    """(unit, how many of it make one of the unit given): one word changed, or the signs."""
    out = []
    slash = unit.find("/") if "/" in unit else len(unit)
    for word in _WORD.finditer(unit):
        for other, n in WORDS.get(word.group(), ()):
            out.append((unit[: word.start()] + other + unit[word.end() :], n if word.start() < slash else 1 / n))
    dotted = re.sub(r"(?<=[a-z]) (?=[a-z])", "·", unit)
    out += [(text, Fraction(1)) for text in {unit.translate(_SIGNS), dotted, unit.replace("m3", "m³")} - {unit}]
    return out


def times(number: str, n: Fraction) -> str:
    """A written number times a fraction, exactly, or to 30 digits where it has no end."""
    exact = Fraction(Decimal(number)) * n
    rest = exact.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1:
        places = 0
        while exact.denominator != 1 and (exact * 10**places).denominator != 1:
            places += 1
        digits = str(abs(exact.numerator * 10**places // exact.denominator)).rjust(places + 1, "0")
        whole = f"{digits[:-places]}.{digits[-places:]}" if places else digits
        return f"-{whole}" if exact < 0 else whole
    return f"{Decimal(exact.numerator) / Decimal(exact.denominator):f}"


def swapped(name: str, text: str, rng: Random) -> tuple[str, int]:
    """A file with every figure in another unit, and how many these are. name : of the file."""
    return _yaml(taken_apart(text), rng) if name.endswith(".yaml") else _csv(name, text, rng)


def _yaml(file: Yaml, rng: Random) -> tuple[str, int]:
    text, count = file.text, 0
    for spot in sorted(_convertible(file), key=lambda s: -s.value[0]):
        found = FIGURE.fullmatch(spot.text)
        others = equivalents(found["unit"])
        if found["unit"] == "%" and "cost" not in spot.where and float(found["number"]) <= 100 and "targets" not in spot.where:
            others.append(("", Fraction(1, 100)))
        if others:
            unit, n = rng.choice(others)
            new = f"{times(found['number'], n)}{' ' * bool(unit)}{unit}"
            text = text[: spot.value[0]] + f'"{new}"' + text[spot.value[1] :]
            count += 1
    return text, count


def _convertible(file: Yaml) -> Iterator[Spot]:
    """Figures with a unit, but for indicators that are counted in a unit of their own, which is a word."""
    for spot in file.spots:
        found = FIGURE.fullmatch(spot.text or "")
        remark = {"note", "source", "zh", "en", "reason"} & set(map(str, spot.where))
        if found and not remark and (spot.name != "required" or found["unit"] == "%"):
            yield spot


def _csv(name: str, text: str, rng: Random) -> tuple[str, int]:
    file, count, out = table(name, text), 0, []
    figure = {"sources.csv": "activity", "factors.csv": "factor"}.get(name)
    for record in file.records[1:]:
        row = dict(zip(file.header, record, strict=True))
        if figure and (others := equivalents(row["unit"])):
            row["unit"], n = rng.choice(others)
            row |= {c: times(row[c], n) for c in (figure, "low", "high") if row[c]}
            count += 1
        if name == "growth.csv":
            n = Fraction(1, 100) if len(row["driver"]) % 2 else Fraction(8)
            row |= {c: times(row[c], n) for c in ("index", "low", "high") if row[c]}
            count += 1
        for column in ("flue_gas", "existing_efficiency", "existing_effectiveness"):
            if row.get(column) and (found := FIGURE.fullmatch(row[column])):
                unit, n = rng.choice(equivalents(found["unit"]))
                row[column] = f"{times(found['number'], n)} {unit}"
                count += 1
        out.append(tuple(row.values()))
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows([file.header, *out])
    return stream.getvalue(), count
