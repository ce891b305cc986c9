"""Units: every number that enters emisim passes through here, and only here pint is used.

Texts such as ``"0.40 kg/t"``, ``"12 万吨/yr"`` or ``"35 %"`` are read by a small grammar of our own (pint's reader evaluates ``9**9**9``) and then
turned into canonical floats: tonne, calendar year, and the base unit of whatever is counted.

    text  →  number, {unit name: exponent}  →  float × canonical unit

Definitions stand in ``data/units.txt``. What one unit is worth in canonical ones follows from them by multiplication alone, as pint does it;
pint, which takes longer to import than a run, is there for whoever asks for a Quantity.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from emisim.errors import EmisimError, Fault, Term, fault, nearest

if TYPE_CHECKING:
    import numpy as np
    import pint

LONGEST = 64
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_TOKEN = re.compile(r"\s*([A-Za-zμ%‰_]+|[一-鿿]+|[*/()])((?:\*\*|\^)?[+-]?[0-9]+)?")
# Full-width forms and minus signs as a Chinese keyboard writes them. No other digits: ² behind a number is a power, ٣ is not read by all.
_WIDTHS = MappingProxyType({**{0xFF01 + k: 0x21 + k for k in range(94)}, 0x3000: 0x20, ord("−"): ord("-"), ord("–"): ord("-")})

# Every name a unit may be written with, and pint's name for it. Prefixed forms are listed, so that nothing is guessed.
_NAMES = MappingProxyType({
    **{n: n for n in "t kt Mt kg g mg ug Gg Tg m km m2 h d s min yr L J kJ MJ GJ TJ PJ Wh kWh MWh GWh TWh W kW MW GW ha mu Nm3 head vehicle household person machine source short_ton tce yuan USD EUR".split()},
    "tonne": "t", "year": "yr", "a": "yr", "hour": "h", "day": "d", "μg": "ug", "l": "L",
    "vehicles": "vehicle", "households": "household", "persons": "person", "machines": "machine", "heads": "head", "sources": "source",
    "CNY": "yuan", "RMB": "yuan", "%": "percent", "‰": "permille",
    "吨": "t", "千克": "kg", "公斤": "kg", "克": "g", "毫克": "mg", "微克": "ug", "年": "yr", "小时": "h", "天": "d", "日": "d",
    "米": "m", "公里": "km", "千米": "km", "升": "L", "标立方米": "Nm3", "立方米": "m3", "标方": "Nm3", "公顷": "ha", "亩": "mu",
    "千瓦时": "kWh", "度": "kWh", "千瓦": "kW", "兆瓦": "MW", "吉焦": "GJ", "兆焦": "MJ", "千焦": "kJ", "蒸吨": "steam_tonne",
    "头": "head", "只": "head", "羽": "head", "辆": "vehicle", "户": "household", "人": "person", "台": "machine", "源": "source", "短吨": "short_ton", "吨标准煤": "tce", "吨标煤": "tce", "元": "yuan", "美元": "USD", "欧元": "EUR",
})  # fmt: skip
_MULTIPLES = MappingProxyType({"万": 1e4, "亿": 1e8, "百万": 1e6, "千": 1e3})
_TRAPS = MappingProxyType({
    "ton": "t", "tons": "t", "MT": "Mt", "mt": "t", "KG": "kg", "Kg": "kg", "T": "t", "year": "yr", "y": "yr", "Y": "yr",
    "hr": "h", "pcs": "head", "veh": "vehicle", "vkm": "vehicle km", "tkm": "t km", "pp": "%", "m³": "m3",
})  # fmt: skip
OTHER_DIGITS = ("Nd", "No", "Nl")  # categories of Unicode; 万 is a letter
_OPERATORS = ("", "*", "/", "(")
# The right side of a definition: a number, perhaps over another, then units.
_MEANING = re.compile(r"([0-9.e+-]+)?(?: / ([0-9]+))?\s*(.*)")
_FACTOR = re.compile(r"(/ )?([A-Za-z_]+)(?: \*\* ([0-9]))?")

# What a field may hold, and its canonical unit.
DIMENSIONS = MappingProxyType(
    {
        "share": "1",
        "ratio": "1",
        "mass": "t",
        "mass rate": "t/yr",
        "concentration": "t/Nm3",
        "load": "t/vehicle",
        "energy": "GJ",
    }
)


class UnitError(EmisimError):
    """A text that is not a number with a unit we know, or not of the expected dimension. Carries the fault, without a place."""

    def __init__(self, problem: Fault):
        super().__init__(problem.text())
        self.fault = problem


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry:
    """The one registry, made from our own definitions file."""
    import pint

    path = files("emisim") / "data" / "units.txt"
    return pint.UnitRegistry(str(path), cache_folder=None, on_redefinition="raise")


def unit_names() -> dict[str, str]:
    """Every accepted spelling of a unit and its canonical name."""
    return dict(_NAMES)


def _fold(text: str) -> str:
    """Full-width and typographic forms to plain ones: ％ → %, ／ → /, m³ → m3, kg·m⁻² → kg*m-2."""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace("–", "-")
    for dot in "·⋅•×∙":
        plain = plain.replace(dot, "*")
    return plain.strip()


def narrow(text: str) -> str:
    """Full-width digits and signs of a number as plain ones: １２．５ → 12.5."""
    return text.translate(_WIDTHS).strip()


def split(text: str) -> tuple[float, str]:
    """Number and unit text of ``"0.40 kg/t"``.

    Raises
    ------
    UnitError
    """
    if not isinstance(text, str):
        raise UnitError(fault("unit.no_number", text=str(text)))
    if len(text) > LONGEST:
        raise UnitError(fault("unit.too_long", text=str(text)[:20], longest=LONGEST))
    plain = narrow(text)
    match = _NUMBER.match(plain)
    if not match or unicodedata.category(plain[match.end() : match.end() + 1] or " ") in OTHER_DIGITS:
        raise UnitError(fault("unit.no_number", text=text))
    rest = plain[match.end() :]
    if rest[:1] in {",", "'"} or re.match(r"\s+\d", rest) or re.match(r"[\d.]", rest):
        raise UnitError(fault("unit.spaced_number", text=text, remedy=re.sub(r"(?<=\d)[\s,']+(?=\d)", "", plain)))
    number = float(match.group())
    if not math.isfinite(number):
        raise UnitError(fault("unit.not_finite", text=text))
    return number, _fold(rest)


@lru_cache(maxsize=4096)
def unit_exponents(text: str) -> tuple[float, tuple[tuple[str, int], ...]]:
    """Read a unit text: a multiplier and (pint name, exponent) pairs. ``a/b/c`` is a·b⁻¹·c⁻¹; a space or · multiplies; brackets may group after /.

    Raises
    ------
    UnitError
    """
    if len(text) > LONGEST:
        raise UnitError(fault("unit.too_long", text=text[:20], longest=LONGEST))
    plain = _fold(text)
    powers: dict[str, int] = {}
    factor, position, sign, depth, group_sign, after_slash = 1.0, 0, 1, 0, 1, False
    before = ""  # the token before this one: two operators, or one at the end, have no unit between or after them
    while position < len(plain):
        match = _TOKEN.match(plain, position)
        if not match or not match.group(1):
            raise UnitError(fault("unit.unreadable", text=text, at=position + 1))
        word, exponent = match.group(1), match.group(2)
        if word in "*/()":
            if exponent or (before in _OPERATORS) != (word == "(") and (before, word) != ("", "/"):
                raise UnitError(fault("unit.unreadable", text=text, at=position + 1))
            if word == "/":
                if depth:
                    raise UnitError(fault("unit.unreadable", text=text, at=position + 1))
                sign, after_slash = -1, False
            elif word == "*":
                if after_slash and not depth:
                    raise UnitError(fault("unit.ambiguous", text=text))
            elif word == "(":
                depth, group_sign = depth + 1, sign
            else:
                depth, sign, after_slash = depth - 1, 1, True
            if depth not in (0, 1):
                raise UnitError(fault("unit.unreadable", text=text, at=position + 1))
        else:
            if after_slash and not depth:
                raise UnitError(fault("unit.ambiguous", text=text))
            before_latin = not exponent and re.match(r"[A-Za-z]", plain[match.end() :])
            if word in _MULTIPLES and before_latin:  # 万t, 亿kWh
                factor *= _MULTIPLES[word] ** (group_sign if depth else sign)
                position = match.end()
                continue
            multiple, name = _name(word, exponent, text)
            digits = re.sub(r"^(\*\*|\^)", "", exponent or "1")
            if name[1]:
                digits = digits.replace("3", "1")
            power = int(digits) * (group_sign if depth else sign)
            if not 0 < abs(power) <= 3:
                raise UnitError(fault("unit.exponent", text=text))
            factor *= multiple ** (1 if power > 0 else -1)
            powers[name[0]] = powers.get(name[0], 0) + power
            if not depth and sign < 0:
                after_slash, sign = True, 1
        before, position = word, match.end()
    if depth or (before and before in _OPERATORS):
        raise UnitError(fault("unit.unreadable", text=text, at=len(plain)))
    return factor, tuple(sorted((n, p) for n, p in powers.items() if p))


def _name(word: str, exponent: str | None, text: str) -> tuple[float, tuple[str, str]]:
    """Multiplier and (pint name, digits that belong to the name) of one word. ``Nm3`` is a name of its own; ``m3`` is m to the third."""
    if word == "Nm" and re.sub(r"^(\*\*|\^)", "", exponent or "") in ("3", "-3"):
        return 1.0, ("normal_cubic_meter", exponent.lstrip("*^"))
    if word in ("标立方米", "标方"):
        return 1.0, ("normal_cubic_meter", "")
    if word == "立方米":
        return 1.0, ("m ** 3", "")
    if word in _NAMES and word != "Nm3":
        return 1.0, (_NAMES[word], "")
    for prefix in sorted(_MULTIPLES, key=len, reverse=True):
        rest = word[len(prefix) :]
        if word.startswith(prefix) and rest in _NAMES:
            multiple, name = _name(rest, exponent, text)
            return multiple * _MULTIPLES[prefix], name
    known = _TRAPS.get(word) or nearest(word, _NAMES)
    raise UnitError(fault("unit.unknown", text=text, word=word, near=known))


@dataclass(frozen=True)
class _Definition:
    """A unit as ``scale`` times others with their exponents; a base unit has no scale."""

    name: str
    scale: float | None
    others: tuple[tuple[str, int], ...]


@lru_cache(maxsize=1)
def _definitions() -> tuple[dict[str, _Definition], dict[str, tuple[str, float]]]:
    """Of ``data/units.txt``: every name and symbol of a unit and what it means, every symbol of a prefix with its name and number."""
    units, prefixes = {}, {}
    with (files("emisim") / "data" / "units.txt").open(encoding="utf-8") as stream:
        lines = [line.partition("#")[0].strip() for line in stream]
    for name, meaning, *symbols in (line.split(" = ") for line in lines if line):
        if name.endswith("-"):
            prefixes[symbols[0][:-1]] = name[:-1], float(meaning)
            continue
        number, divisor, rest = _MEANING.fullmatch(meaning).groups()
        others = tuple((n, (-1 if over else 1) * int(power or 1)) for over, n, power in _FACTOR.findall(rest))
        scale = float(number or 1.0) / float(divisor or 1.0)
        found = _Definition(name, None, ()) if rest.startswith("[") else _Definition(name, scale, others)
        units |= dict.fromkeys((name, *symbols), found)
    return units, prefixes


def _definition(name: str) -> _Definition:
    """What a name of a unit means: its own definition, or that of a prefix and a unit."""
    units, prefixes = _definitions()
    if name in units:
        return units[name]
    word, number = prefixes[name[0]]
    return _Definition(word + units[name[1:]].name, number, ((name[1:], 1),))


@lru_cache(maxsize=4096)
def _base(unit: str) -> tuple[float, tuple[tuple[str, int], ...]]:
    """Factor from a unit to canonical units, and these with their exponents.

    Raises
    ------
    UnitError
    """
    multiple, powers = unit_exponents(unit)
    exponents: dict[str, int] = {}
    over: dict[float, int] = {}
    under: dict[float, int] = {}

    def take(name: str, power: int) -> None:
        meant = _definition(name)
        if meant.scale is None:
            exponents[meant.name] = exponents.get(meant.name, 0) + power
            return
        side = over if power > 0 else under
        side[meant.scale] = side.get(meant.scale, 0) + abs(power)
        for other, exponent in meant.others:
            take(other, power * exponent)

    for name, power in powers:
        take(*(("m", 3 * power) if name == "m ** 3" else (name, power)))
    factor = 1.0  # equal scales cancel before anything is rounded: g/kg is one over a thousand
    for scale, power in over.items():
        factor *= scale ** max(power - under.get(scale, 0), 0)
    for scale, power in under.items():
        factor *= scale ** -max(power - over.get(scale, 0), 0)
    return multiple * factor, tuple(sorted((n, p) for n, p in exponents.items() if p))


@lru_cache(maxsize=4096)
def to_base(unit: str) -> tuple[float, str]:
    """Factor from a unit to canonical units, and the canonical unit's name; ``"g/(vehicle km)"`` → (1e-9, "tonne / meter / vehicle").

    Raises
    ------
    UnitError
    """
    factor, powers = _base(unit)
    words = [(f"{n} ** {abs(p)}" if abs(p) > 1 else n, p) for n, p in powers]
    above = " * ".join(word for word, p in words if p > 0) or ("1" if powers else "dimensionless")
    return factor, " / ".join([above, *(word for word, p in words if p < 0)])


@lru_cache(maxsize=4096)
def mass_a_year(factor: str, activity: str) -> float | None:
    """What one unit of a factor times one of an activity is worth [t/yr]; None if it is no mass a year.

    Raises
    ------
    UnitError
    """
    (a, first), (b, second) = _base(factor), _base(activity)
    product = Counter(dict(first))
    product.update(dict(second))
    return a * b if {n: p for n, p in product.items() if p} == {"tonne": 1, "year": -1} else None


def quantity(text: str) -> pint.Quantity:
    """Read a text as a pint Quantity.

    Raises
    ------
    UnitError
    """
    number, unit = split(text)
    factor, base = to_base(unit)
    return registry().Quantity(times(number, factor), base)


def times(number: float | np.ndarray, factor: float) -> float | np.ndarray:
    """number · factor, without the rounding of 35 · 0.01 where the factor is one over a whole number."""
    inverse = round(1.0 / factor) if 0 < factor < 1 else 0
    return number / inverse if inverse and math.isclose(inverse * factor, 1.0, rel_tol=1e-12) else number * factor


def same_kind(unit: str, other: str) -> bool:
    """Whether two unit texts have one dimension."""
    return to_base(unit)[1] == to_base(other)[1]


def read(text: str | float | int, dimension: str) -> float:
    """Canonical float of a number with unit of an expected dimension.

    Parameters
    ----------
    text : str, or a bare number where the dimension is ``share`` or ``ratio`` and it lies in [0, 1]
    dimension : str
        A key of ``DIMENSIONS``, or a unit text of the wanted dimension.

    Raises
    ------
    UnitError
        With a fault that names what was wanted, what was given and what to write.
    """
    wanted = DIMENSIONS.get(dimension, dimension)
    if isinstance(text, bool):
        raise UnitError(fault("unit.no_number", text=str(text)))
    if isinstance(text, (int, float)):
        if wanted == "1" and 0 <= text <= 1:
            return float(text)
        example = str(text) if dimension == "ratio" else f"{text} %" if wanted == "1" else f"{text} {wanted}"
        raise UnitError(fault("unit.bare", text=text, example=example))
    number, unit = split(text)
    if not unit and (wanted != "1" or (dimension == "share" and not 0 <= number <= 1)):
        raise UnitError(fault("unit.bare", text=text, example=_example(number, wanted)))
    factor, base = to_base(unit)
    if dimension == "concentration":
        base = base.replace("meter ** 3", "normal_cubic_meter")  # limits are stated for dry gas at standard state
    goal = (1.0, "dimensionless") if wanted == "1" else to_base(wanted)
    # Units that cancel (kg/t) make a factor, not a share.
    if base != goal[1] or (dimension == "share" and not {n for n, _ in unit_exponents(unit)[1]} <= {"percent", "permille"}):
        raise UnitError(fault("unit.dimension", text=text, wanted=_said(dimension), example=_example(number, wanted)))
    return times(number, factor / goal[0])


def _said(dimension: str) -> Term | str:
    """The name of a dimension in the reader's language; a unit text stays as it is."""
    return Term(f"dimension.{dimension.replace(' ', '_')}") if dimension in DIMENSIONS or dimension == "flue gas" else dimension


def _example(number: float, wanted: str) -> str:
    wanted = "mg/Nm3" if wanted == DIMENSIONS["concentration"] else wanted  # what people write
    if wanted == "1":
        return f"{number:g} %" if abs(number) <= 100 else "35 %"  # a count is no share
    return f"{number:g} {wanted}"


def per_year(activity_unit: str) -> str:
    """The unit of what is counted: ``t`` of ``t/yr``, ``head`` of ``head``."""
    return re.sub(r"\s*/\s*(yr|a|year|年)$", "", _fold(activity_unit))


def flue_gas(text: str, activity_unit: str) -> float:
    """Flue gas per unit of activity [Nm3 / base unit of the activity], from a text such as ``"2300 Nm3/t"``; ``m3`` is taken as standard dry gas.

    Raises
    ------
    UnitError
    """
    number, unit = split(text)
    head, slash, rest = unit.partition("/")
    if slash and head.strip() == "m3":
        unit = f"Nm3/{rest}"
    factor, base = to_base(unit)
    per = per_year(activity_unit)
    goal = to_base(f"Nm3/({per})")
    if base != goal[1]:
        raise UnitError(fault("unit.dimension", text=text, wanted=_said("flue gas"), example=f"{number:g} Nm3/{per}"))
    return times(number, factor)
