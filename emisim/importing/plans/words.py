"""Words in which Chinese plans say who, when, how strongly and how much: rules that read them off an item, without understanding it."""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from emisim.vocabulary import wordings

# Words of headings, and the chapter each speaks of; the one that stands first in the heading decides.
CHAPTER_WORDS = (
    ("industry", ("产业",)),
    ("energy", ("能源", "燃煤", "煤炭", "散煤")),
    ("transport", ("交通", "运输", "移动源", "机动车", "柴油货车", "油品")),
    ("area", ("面源", "扬尘", "秸秆")),
    ("multi", ("多污染物", "VOCs", "挥发性有机物", "氨排放", "深度治理", "排放强度", "协同减排")),
    (
        "management",
        ("机制", "制度", "能力", "法规", "标准", "保障", "责任", "组织", "监管", "执法", "监测", "宣传", "应急", "重污染天气"),
    ),
)
# Words that the scale does not have, and the class that the shipped plans read them as; only where no word of the scale stands.
BEYOND_SCALE = (
    ("full", ("严格", "坚决", "禁止", "不得", "确保", "动态清零", "全覆盖")),
    ("basic", ("原则上",)),
    ("push", ("推动", "推广", "加强", "强化", "加大", "提升", "深入", "积极", "健全", "持续")),
    ("encourage", ("探索",)),
)
UNKNOWN_CHAPTER = "management"
LONGEST_HEADING = 40  # characters of a line that is a heading, if it ends without a stop
HEATING_BEGINS = (11, 15)  # "采暖季前": the season begins on 15 November in the north
FIVE_YEARS = MappingProxyType({"十四五": 2025, "十五五": 2030})
_DIGITS = MappingProxyType(str.maketrans("０１２３４５６７８９％", "0123456789%"))
_NUMERAL = MappingProxyType({c: k for k, c in enumerate("一二三四五六七八九", start=1)})
_DATES = re.compile(
    r"(?:到|至|于)?(?:(?P<full>20\d\d)年(?P<fm>\d{1,2})月(?P<fd>\d{1,2})日(?:之前|以前|前|止)"
    r"|(?P<month>20\d\d)年(?P<mm>\d{1,2})月(?P<mend>底|末)?(?:之前|以前|前)"
    r"|(?P<half>20\d\d)年上半年"
    r"|(?P<end>20\d\d)年年?(?:底|末)(?:之前|以前|前)?"
    r"|(?P<heat>20\d\d)年(?:采暖|供暖)季前)"
    r"|(?:到|至)(?P<to>20\d\d)年(?![度本\d])"
    r"|(?<![较比])(?P<bare>20\d\d)年(?=[，,])"
    r"|“?(?P<plan>十[四五]五)”?(?:期)?末"
)
_UNITS = (
    r"%|个百分点|微克/立方米|毫克/立方米|蒸吨/小时|蒸吨|万标砖/年|万吨|万千瓦时|万千瓦|万平方米|万户|万辆|万亩|万头|千瓦|平方米|公里|公顷|"
    r"批次|个批次|小时|吨|台|辆|家|户|头|亩|座|天|条"
)
_FIGURES = re.compile(rf"(?<!\d)\d++(?:\.\d++)?\s*+(?:{_UNITS})(?:及以上|及以下|以上|以下|以内)?")
_SENTENCES = re.compile("[^。；;]+")
_LABELLED = re.compile(r"(?P<role>牵头|责任|配合|协同|负责)(?:单位|部门)\s*[：:]")
_WHO = re.compile("牵头|负责|配合|落实|责任单位|责任部门")
_DOES = re.compile(r"(?:(?:按照|按)职责(?:分工)?|分工|分别|共同|密切)*(?:牵头|配合|协助|负责|责|落实|实施|参与)+$")
_LED_BY = re.compile(r"由([^，。；,;]{2,40}?)牵头")
_LOCAL = re.compile(r"^([区县市旗])[一-鿿]{1,12}(?:局|委|办|中心|院)$")
_NEEDS_PREFIX = re.compile(r"^(?![区县旗省国各相镇乡街]|市(?!场|政))[一-鿿]{1,14}(?:局|委|办|中心|社)$")
_OPEN, _CLOSE = "（(", "）)"


@dataclass(frozen=True)
class Deadline:
    """A date up to which something shall be done; words : those of the text; sure : whether they name it without doubt."""

    day: date
    words: str
    sure: bool


@dataclass(frozen=True)
class Wording:
    """A class of the scale of wordings with the deciding word; others : words of other classes in the same item; on_scale : whether the
    word stands on the scale, or is a date."""

    strength: str
    words: str
    others: tuple[str, ...]
    on_scale: bool = True


def plain(text: str) -> str:
    """The same with digits of half width; as long as before."""
    return text.translate(_DIGITS)


def number_of(numeral: str) -> int:
    """A number in Chinese numerals up to 999, or in digits."""
    if numeral.isdecimal():
        return int(numeral)
    total = 0
    for sign, value in (("百", 100), ("十", 10)):
        before, found, rest = numeral.partition(sign)
        if found:
            total, numeral = total + value * _NUMERAL.get(before[-1:], 1), rest
    return total + _NUMERAL.get(numeral[-1:], 0)


def chapter_of(above: Sequence[str], own: str) -> tuple[str, bool]:
    """The chapter that the highest heading above names, else the item's own first words; and whether it was one above."""
    for text, sure in (*((a, True) for a in above), (own, False)):
        found = [(text.index(word), chapter) for chapter, words in CHAPTER_WORDS for word in words if word in text]
        if found:
            return min(found)[1], sure
    return UNKNOWN_CHAPTER, False


def deadlines(text: str) -> tuple[Deadline, ...]:
    """Dates up to which something shall be done, each once, in the order of the text."""
    found: dict[date, Deadline] = {}
    for match in _DATES.finditer(plain(text)):
        day, sure = _day(match)
        if day is not None:
            found.setdefault(day, Deadline(day, text[match.start() : match.end()], sure))
    return tuple(found.values())


def _day(match: re.Match) -> tuple[date | None, bool]:
    kind = match.lastgroup if match.lastgroup not in ("fm", "fd", "mm", "mend") else "full" if match["full"] else "month"
    if kind == "plan":
        year = FIVE_YEARS.get(match["plan"])
        return (date(year, 12, 31) if year else None), False
    year = int(match[kind])
    if kind in ("full", "month"):
        month = int(match["fm"] or match["mm"])
        if not 1 <= month <= 12:
            return None, False
        last = calendar.monthrange(year, month)[1]
        day = int(match["fd"] or last)
        return (date(year, month, day) if day <= last else None), kind == "full" or bool(match["mend"])
    month, day = {"half": (6, 30), "heat": HEATING_BEGINS}.get(kind, (12, 31))
    return date(year, month, day), kind in ("half", "end", "to")


def figures(text: str) -> tuple[str, ...]:
    """Numbers with units, each once."""
    return tuple(dict.fromkeys(found[0] for found in _FIGURES.finditer(plain(text))))


def wording(text: str, dates: Sequence[Deadline]) -> Wording | None:
    """The class of an item: that of the first word of the scale in a sentence with a date, else with a figure, else in any.

    A sentence with a date and no such word is a dated duty.
    """
    sentences = _SENTENCES.findall(text)
    dated = [s for s in sentences if any(d.words in s for d in dates)]
    measured = [s for s in sentences if figures(s)]
    everywhere = [word for s in sentences for word in _scale_words(s)]
    for sentence in (*dated, *measured, *sentences):
        found = _scale_words(sentence)
        if found:
            others = dict.fromkeys(word for strength, word in everywhere if strength != found[0][0])
            return Wording(*found[0], tuple(others))
        if sentence in dated:
            words = next(d.words for d in dates if d.words in sentence)
            return Wording("dated", words, tuple(dict.fromkeys(word for _, word in everywhere)))
    beyond = [pair for s in sentences for pair in _in_order(s, BEYOND_SCALE)]
    return Wording(*beyond[0], tuple(dict.fromkeys(w for c, w in beyond if c != beyond[0][0])), False) if beyond else None


def _scale_words(sentence: str) -> list[tuple[str, str]]:
    """(class, word) of every word of the scale in a sentence, in their order there."""
    return _in_order(sentence, [(w.id, w.zh.split("/")) for w in wordings().values()])


def _in_order(sentence: str, words: Iterable[tuple[str, Sequence[str]]]) -> list[tuple[str, str]]:
    every = [(strength, word) for strength, mine in words for word in mine]
    found = [(sentence.index(word), strength, word) for strength, word in every if word in sentence]
    return [(strength, word) for _, strength, word in sorted(found)]


def departments(lines: Sequence[str], prefix: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The text without its naming of departments; those that lead, and those that cooperate.

    prefix : 区, 县, … that a name without one is given, where the plan leaves it out in a list.
    """
    text, lead, cooperating = [], [], []
    for line in lines:
        rest, leading, helping = _labelled(line)
        if not leading and not helping:
            rest, leading, helping = _in_brackets(line)
        text.append(rest)
        lead += leading
        cooperating += helping
    joined = _joined(text)
    if not lead and not cooperating:
        lead = [name for match in _LED_BY.finditer(joined) for name in _names(match[1])]
    lead = list(dict.fromkeys(_full(name, prefix) for name in lead))
    helpers = dict.fromkeys(_full(name, prefix) for name in cooperating)
    return joined, tuple(lead), tuple(name for name in helpers if name not in lead)


def _joined(lines: Sequence[str]) -> str:
    """Lines as one text, with a stop behind a first line that is a heading."""
    first, rest = lines[0], "".join(lines[1:])
    stop = "。" if rest and len(first) <= LONGEST_HEADING and not first.endswith(tuple("。；;：:，,、")) else ""
    return f"{first}{stop}{rest}"


def local_prefix(lines: Iterable[str]) -> str:
    """区, 县, 市 or 旗, whichever most of the departments in a text bear."""
    count: Counter[str] = Counter()
    for line in lines:
        _, lead, cooperating = departments([line], "")
        count.update(match[1] for match in map(_LOCAL.match, (*lead, *cooperating)) if match and "分局" not in match[0])
    return count.most_common(1)[0][0] if count else ""


def _labelled(line: str) -> tuple[str, list[str], list[str]]:
    """``牵头单位：…`` and ``责任单位：…``, on a line of their own or in brackets at its end."""
    found = list(_LABELLED.finditer(line))
    if not found:
        return line, [], []
    begins = found[0].start()
    lead: list[str] = []
    helping: list[str] = []
    has_lead = any(match["role"] == "牵头" for match in found)
    for match, after in zip(found, [*found[1:], None], strict=True):
        said = line[match.end() : after.start() if after else len(line)]
        leads = match["role"] == "牵头" or (match["role"] in ("责任", "负责") and not has_lead)
        own_line = begins == 0 and len(found) == 1
        target = lead if match["role"] == "牵头" or (leads and not own_line) else helping
        target += _names(_unbracketed(said))
    return line[:begins].rstrip(_OPEN), lead, helping


def _unbracketed(text: str) -> str:
    """Without a closing bracket that opens elsewhere, and without stops at the end."""
    text = text.strip(" 。；;，,")
    return text[:-1] if text[-1:] in _CLOSE and text.count("（") + text.count("(") < text.count("）") + text.count(")") else text


def _in_brackets(line: str) -> tuple[str, list[str], list[str]]:
    """``（甲局牵头，乙局配合，…负责落实）`` at the end of a line."""
    begins = _last_bracket(line)
    inside = line[begins + 1 :].rstrip("。；; ")[:-1] if begins >= 0 else ""
    if not _WHO.search(inside):
        return line, [], []
    parts = _split(inside, "，,；;")
    lead: list[str] = []
    helping: list[str] = []
    has_lead = any("牵头" in part for part in parts)
    for k, part in enumerate(parts):
        names = _names(_DOES.sub("", part))
        leads = "牵头" in part if has_lead else k == 0
        (lead if leads else helping).extend(names)
    return line[:begins], lead, helping


def _last_bracket(line: str) -> int:
    """Where the bracket opens that closes at the end of a line; -1 if none does."""
    depth, end = 0, line.rstrip("。；; ")
    if not end or end[-1] not in _CLOSE:
        return -1
    for k in range(len(end) - 1, -1, -1):
        depth += (end[k] in _CLOSE) - (end[k] in _OPEN)
        if depth == 0:
            return k
    return -1


def _split(text: str, signs: str) -> list[str]:
    """Parts between some signs, outside brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in _OPEN) - (sign in _CLOSE)
        if sign in signs and depth <= 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def _names(text: str) -> list[str]:
    """Departments of a list; ``各`` before the first holds for those behind it."""
    out: list[str] = []
    for name in _split(text, "、，,；;"):
        every = out and out[-1].startswith("各") and name.endswith(("政府", "办事处")) and not name.startswith("各")
        out.append(f"各{name}" if every else name)
    return out


def _full(name: str, prefix: str) -> str:
    return f"{prefix}{name}" if _NEEDS_PREFIX.match(name) else name
