"""What a column is for, by the words of its header: ``行业代码`` is a code, ``NOx去除效率`` the efficiency of a control.

The words stand in ``data/header_words.csv``; the names of pollutants are those of the vocabulary.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from emisim.importing.headers import Header
from emisim.importing.words import folded, without_unit
from emisim.vocabulary import pollutants

# What other inventories carry and emisim does not; longer names stand before those they begin with.
FOREIGN = ("pm10", "tsp", "可吸入颗粒物", "总悬浮颗粒物", "颗粒物", "烟粉尘", "烟尘", "粉尘", "氨氮", "一氧化碳", "黑碳", "有机碳", "甲烷",
           "氧化亚氮", "ch4", "n2o", "nh4", "cod", "co", "bc", "oc", "hg", "pb", "pm")  # fmt: skip
# Words in which the sign for ammonia means something else.
_NOT_AMMONIA = re.compile(r"合成氨|液氨|氨水|氨逃逸|氨氮|喷氨")
# What a column of one pollutant says of it; the first that fits counts.
_KINDS = (
    (
        "none",
        r"含量|含有率|质量分数|(?<![a-z])content|产生量|产污|浓度|削减量|减排量|去除量|占比|concentration|uncontrolled|mg/n?m3",
    ),
    ("effectiveness", r"收集效?率|投运率|运行率|集气|effectiveness|penetration|reff|rpen|collection"),
    ("efficiency", r"效率|去除率|脱除率|削减率|efficiency|ceff|pctred|reduction"),
    ("factor", r"系数|因子|factor|(?<![a-z])ef(?![a-z])"),
    ("emission", r"排放|emission|emis(?![a-z])|(?<![a-z])em(?![a-z])|discharge"),
)
_SPECIES = MappingProxyType({"NO": r"以no计|asno(?![a-z0-9])", "N": r"以n计|asn(?![a-z0-9])"})
SHORTEST, LONG = 4, 6  # letters of a Latin word that may be part of a header, and of one that leaves no doubt there


@dataclass(frozen=True)
class Meaning:
    """What a header says. field : of the mapping, or empty. pollutant : that the column is of, or empty. sure : whether the word leaves no doubt.
    whole : whether the header is that word, rather than ending in it."""

    field: str
    pollutant: str = ""
    sure: bool = False
    whole: bool = False


@lru_cache(maxsize=1)
def header_words() -> MappingProxyType[str, tuple[str, bool]]:
    """Word of a header, folded → (field, whether it is sure)."""
    with (files("emisim") / "data" / "header_words.csv").open(encoding="utf-8", newline="") as stream:
        return MappingProxyType({_bare(row["word"]): (row["field"], row["sure"] == "yes") for row in csv.DictReader(stream)})


@lru_cache(maxsize=1)
def pollutant_names() -> MappingProxyType[str, str]:
    """Name of a pollutant in small letters → its id; the longest first. Those that emisim does not carry have an empty id."""
    names = {_small(name): one.id for one in pollutants().values() for name in (one.id, one.zh, one.en, *one.aliases)}
    names = {name: "" for name in FOREIGN} | names
    return MappingProxyType(dict(sorted(names.items(), key=lambda pair: (-len(pair[0]), pair[0]))))


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern, str], ...]:
    """What each name of a pollutant looks like inside a text, and its id."""
    out = []
    for name, known in pollutant_names().items():
        pattern = re.escape(name).replace(r"\ ", r"\s*")
        out.append((re.compile(rf"(?<![a-z]){pattern}(?![a-z0-9])" if name.isascii() else pattern), known))
    return tuple(out)


def pollutant_in(text: str) -> str | None:
    """The pollutant that a text names: its id, an empty text for one that emisim does not carry, None if it names none or several.

    Parameters
    ----------
    text : str
    """
    rest, found = _NOT_AMMONIA.sub(lambda m: "氨氮" if m.group() == "氨氮" else "", _small(text)), set()
    for pattern, known in _patterns():
        rest, count = pattern.subn(" ", rest)
        found |= {known} if count else set()
    return found.pop() if len(found) == 1 else None


def pollutant_called(text: str) -> str | None:
    """The pollutant whose name a text is, and nothing else: its id, an empty text for one that emisim does not carry, else None.

    Parameters
    ----------
    text : str
    """
    return _by_folded_name().get(folded(text))


@lru_cache(maxsize=1)
def _by_folded_name() -> MappingProxyType[str, str]:
    return MappingProxyType({folded(name): known for name, known in reversed(pollutant_names().items())})


def _small(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def species_in(text: str) -> str:
    """What the mass of NOx is stated as, where a header says so: ``NOx（以N计）`` → ``N``; empty otherwise.

    Parameters
    ----------
    text : str
    """
    return next((name for name, pattern in _SPECIES.items() if re.search(pattern, folded(text))), "")


def meaning(header: Header) -> Meaning:
    """What a column is for, as far as its header says.

    Parameters
    ----------
    header : Header

    Returns
    -------
    Meaning
        With an empty field where no word is known.
    """
    parts = [without_unit(part, header.unit_as_written) for part in _parts(header)]
    named = [found for part in reversed(parts) if (found := pollutant_in(part)) is not None]
    word = _by_word([_bare(part) for part in parts])
    if named and not (word.whole and word.sure and word.field in ("pollutant", "code", "name", "none")):
        return _of_pollutant(folded(header.text), named[0])
    kind, _, pollutant = word.field.partition(":")
    return word if kind in ("unit", "level") or not pollutant else Meaning(kind, pollutant, word.sure, word.whole)


def _parts(header: Header) -> list[str]:
    """The texts of the header rows; a slash of a unit or of a name is none between rows."""
    upper = header.text[: len(header.text) - len(header.last)].rstrip("/")
    return [*filter(None, upper.split("/")), header.last]


def _of_pollutant(text: str, pollutant: str) -> Meaning:
    """A column whose header names a pollutant: what it says of it."""
    kinds = [field for field, pattern in _KINDS if re.search(pattern, text)]
    if not pollutant or "none" in kinds:
        return Meaning("none", pollutant, True)
    if not kinds:
        return Meaning("", pollutant)
    return Meaning(kinds[0], pollutant, True)


def _by_word(parts: list[str]) -> Meaning:
    """The lowest text that is a known word; else one that ends in a known word, or begins with one."""
    words = header_words()
    known = [words[part] for part in reversed(parts) if part in words]
    if known:
        lowest, above = known[0], [field for field, _ in known[1:] if field in ("activity", "emission", "factor")]
        if lowest[0] == "unit" and above:
            return Meaning(f"unit:{above[0]}", "", True, True)
        if above and not lowest[1]:  # 活动水平 above 数值
            return Meaning(above[0], "", True, True)
        return Meaning(lowest[0], "", lowest[1] and parts[-1] in words, True)
    for part in reversed(parts):
        within = [word for word in words if _holds(part, word)]
        if within:
            # The head of a compound stands at its end: 2020年燃煤消耗量, annual fuel consumption.
            best = max(within, key=lambda word: (part.endswith(word), len(word)))
            field, sure = words[best]
            return Meaning(field, "", sure and part.endswith(best) and (not best.isascii() or len(best) >= LONG))
    return Meaning("")


def _holds(text: str, word: str) -> bool:
    if word.isascii():
        return len(word) >= SHORTEST and (text.endswith(word) or text.startswith(word))
    return len(word) >= 2 and word in text


def _bare(text: str) -> str:
    """A header without remarks in brackets, marks of required fields and numbers in front: ``*3.企业名称（全称）`` → ``企业名称``."""
    plain = folded(text)
    if plain in ("县(市、区)", "县(市,区)", "区(市,县)", "区(市、县)"):
        return "区县"
    plain = re.sub(r"^[*#]*\d{1,2}[.、)]", "", re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", plain) or plain)
    plain = plain.strip("*:_- ") or plain
    return re.sub(r"(?<=[a-z])[-_.](?=[a-z])", "", plain)
