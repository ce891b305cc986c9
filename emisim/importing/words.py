"""Words in foreign cells: what a cell says, the number in it, and the unit in a text such as ``NOx排放量（吨/年）``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, time
from functools import lru_cache
from types import MappingProxyType

from emisim.importing.numbers import How, number
from emisim.importing.sheet import Cell
from emisim.importing.texts import clean
from emisim.units import UnitError, to_base, unit_exponents, unit_names

_POWERS = MappingProxyType({"3": "千", "4": "万", "6": "百万", "8": "亿"})
_POWER = re.compile(r"[×xX*]?\s*10(?:\^|\*\*)?\s*([³⁴⁶⁸]|(?<=[\^*])[3468])\s*")
_BRACKET = re.compile(r"[(\[{【〔（]([^()\[\]{}【】〔〕（）]*(?:\([^()]*\)[^()\[\]{}]*)?)[)\]}】〕）]")
_NAMED = re.compile(r"(?:单位|units?)\s*[::=]\s*([^\s;,,。)\]]+)", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:^|[\s_,:]|(?<=[一-鿿]))([A-Za-zμ%‰][A-Za-z0-9μ*·⋅•−/()^.-]*|[百千万亿]*[一-鿿]{1,4}(?:/[A-Za-z0-9一-鿿()*]+)?)$"
)
_SPACED = re.compile(r"[\s_]((?:[A-Za-z]{1,4}\s)(?:[A-Za-z]{1,7}-\d))$")
# Units that a word without brackets may end in: others are too often plain words (a, h, 人, 户, 度).
_BARE = frozenset(
    "t kt Mt kg g mg 吨 万吨 千吨 亿吨 千克 公斤 立方米 万立方米 亿立方米 蒸吨 千瓦时 万千瓦时 亿千瓦时 % km".split()
)
# Spellings that mean something else where no number stands before them.
_NOT_ALONE = frozenset("度 年 a yr year 日 天 d L".split())
_TEXTS = MappingProxyType({"m ** 3": "m3", "normal_cubic_meter": "Nm3", "steam_tonne": "蒸吨", "percent": "%", "permille": "‰"})
_COUNTED = MappingProxyType(
    {"t": "吨", "head": "头", "vehicle": "辆", "person": "人", "household": "户", "machine": "台", "yuan": "元"}
)
_PER_BOTH = re.compile(r"([^/()]+)/([^/()·⋅*•]+[·⋅*•][^/()]*[^/()\d⁻−-])")
_COUNTING = frozenset("头 只 羽 匹 辆 台 套 艘 架 口".split())
_OPENING, _CLOSING = tuple("([{【〔"), tuple(")]}】〕")
_MULTIPLES = MappingProxyType({1e3: "千", 1e4: "万", 1e6: "百万", 1e8: "亿"})


# ---- cells


def said(cell: Cell) -> str:
    """A cell as one line of text, without characters that nobody sees; a whole number without its decimals."""
    if cell is None or isinstance(cell, bool):
        return "" if cell is None else str(cell).upper()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    words = clean(cell).split()
    text = words[0] if words else ""
    for word in words[1:]:
        text += ("" if _cjk(text[-1]) or _cjk(word[0]) else " ") + word
    return text


def folded(text: str) -> str:
    """A text for comparing: full-width forms are plain ones, no spaces, nothing invisible, small letters."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", clean(text))).casefold()


def is_blank(cell: Cell) -> bool:
    """Whether a cell says nothing: empty, a dash, a slash, 无."""
    return cell is None or (isinstance(cell, str) and (not clean(cell) or number(cell).how == How.MISSING))


def number_in(cell: Cell) -> float | None:
    """The number of a cell, also of a text such as ``"１,234.5"``, ``"12 %"`` or ``"3 吨"``; None if it is no number."""
    found = number(cell)
    if found.how == How.UNIT:
        return found.value if read_unit(found.unit)[1] else None
    return None if found.how in (How.MISSING, How.BAD, How.DATE, How.FORMULA) else found.value


def _cjk(character: str) -> bool:
    return "⺀" <= character <= "鿿" or "＀" <= character <= "￯" or character in "（）【】"


# ---- units


@lru_cache(maxsize=4096)
def unit_in(text: str) -> tuple[str, str]:
    """The unit written in a header, a title or a cell: ``"NOx排放量（万吨/年）"`` → ``("万吨/年", "万t/yr")``.

    Parameters
    ----------
    text : str

    Returns
    -------
    (str, str)
        As written, with full-width forms made plain, and as emisim reads it; two empty texts where there is none that emisim knows, or where
        several are named.
    """
    plain = " ".join(_plain(text[:400]).split())
    whole = read_unit(plain)
    if whole[1]:
        return whole
    named = {unit: written for written, unit in map(read_unit, _NAMED.findall(plain)) if unit}
    if named:
        return next(((written, unit) for unit, written in named.items()), ("", "")) if len(named) == 1 else ("", "")
    for inside in reversed(_BRACKET.findall(plain)):
        for part in reversed(re.split(r"[,;:、。或]|折纯", inside)):  # 吨折纯: tonnes of the nutrient
            found = read_unit(re.sub(r"^(?:单位|in |unit)\s*", "", part.strip(), flags=re.IGNORECASE))
            if found[1]:
                return found
    return _after_slash(plain) or _at_the_end(plain) or ("", "")


def read_unit(text: str) -> tuple[str, str]:
    """A text that is a unit and nothing else: as written and as emisim reads it, or two empty texts.

    Parameters
    ----------
    text : str

    Returns
    -------
    (str, str)
    """
    plain = _plain(text).strip(" .。:")
    if plain[:1] in _OPENING and plain[-1:] in _CLOSING:
        plain = plain[1:-1].strip()
    read = _as_meant(plain)
    if plain in _NOT_ALONE or not plain or len(plain) > 40:
        return "", ""
    try:
        to_base(read)
        factor, powers = unit_exponents(read)
    except UnitError:
        return "", ""
    return plain, _spelled(factor, powers) or read


def unit_differs(written: str, unit: str) -> bool:
    """Whether a unit as it stands, read alone, is another one than it was taken for: ``头/只`` are animals, not a share.

    Parameters
    ----------
    written, unit : str
    """
    try:
        return to_base(_plain(written).strip()) != to_base(unit)
    except UnitError:
        return True


def _as_meant(text: str) -> str:
    """``头/只`` count animals one by one: the first of the words stands for all. ``kg/头·年`` is per animal and year."""
    if both := _PER_BOTH.fullmatch(text):
        return f"{both[1]}/({both[2]})"
    words = text.split("/")
    return words[0] if len(words) > 1 and all(word in _COUNTING for word in words) else text


def _plain(text: str) -> str:
    """Plain forms of full-width signs; 10⁴ as 万."""
    powers = _POWER.sub(lambda m: _POWERS[unicodedata.normalize("NFKC", m.group(1))], text)
    return unicodedata.normalize("NFKC", powers).replace("每", "/" if "/" not in powers else "每")


def _after_slash(text: str) -> tuple[str, str] | None:
    """``NOx排放量/吨``, ``产量/(t/a)``: all that follows a slash, the first one that makes it a unit."""
    for at in (k for k, c in enumerate(text) if c == "/" and k):
        found = read_unit(text[at + 1 :].strip().removeprefix("(").removesuffix(")") or "")
        before = _TAIL.search(text[:at].strip())
        if found[1] and not (before and read_unit(before.group(1))[1]):
            return found
    return None


def _at_the_end(text: str) -> tuple[str, str] | None:
    """``NOx t/yr``, ``nox_kg``, ``燃料消耗量万吨``, ``排放系数kg/t``, ``NOx t yr-1``."""
    spaced = _SPACED.search(text)
    if spaced and (found := read_unit(spaced.group(1)))[1]:
        return found
    tail = _TAIL.search(text)
    words = [tail.group(1)[k:] for k in range(min(6, len(tail.group(1))))] if tail else []
    for k, word in enumerate(words):
        if k and not _cjk(words[k - 1][0]):
            break  # a Latin word is a unit as a whole, or not at all
        found = read_unit(word)
        if found[1] and (word in _BARE or "/" in word or re.search(r"-\d$", word)):
            return found
    return None


def _spelled(factor: float, powers: Iterable[tuple[str, int]]) -> str:
    """A unit in plain words of emisim, ``t/yr``; empty if its multiplier has no word."""
    known = unit_names()
    above, below = [], []
    for name, power in powers:
        text = _TEXTS.get(name, name)
        if name not in _TEXTS and name not in known:
            return ""
        if name == "m ** 3" and abs(power) > 1:
            return ""
        (above if power > 0 else below).append(text + (str(abs(power)) if abs(power) > 1 else ""))
    if not above or factor not in (1.0, *_MULTIPLES) or (factor != 1.0 and above[0] in ("%", "‰")):
        return ""
    divided = f"/({' '.join(below)})" if len(below) > 1 else f"/{below[0]}" if below else ""
    if factor != 1.0:  # 万吨, as people write it
        above[0] = _MULTIPLES[factor] + _COUNTED.get(above[0], above[0])
    return " ".join(above) + divided


def without_unit(text: str, written: str) -> str:
    """A header without the unit in it: ``NOx排放量（吨）`` → ``NOx排放量``.

    Parameters
    ----------
    text : str
    written : str
        The unit as ``unit_in`` found it; nothing is taken away where it is empty.

    Returns
    -------
    str
    """
    plain = _plain(text)
    if not written or written not in plain:
        return text
    before, _, after = plain.rpartition(written)
    before = re.sub(r"(?:单位|unit)\s*:?\s*$", "", before, flags=re.IGNORECASE).rstrip(" _/,:;、*")
    after = after.lstrip(" ,;、")
    if before[-1:] in _OPENING and after[:1] in _CLOSING:
        before, after = before[:-1], after[1:]
    return (before.rstrip(" _/,:;、*") + after).strip()
