"""The text of a plan: its numbered items, and what can be read off them by rule.

text → lines with numbers (一、 （一） 1. （1）) → tree → one item for each leaf, or for each paragraph with departments of its own

Nothing here understands the text. What a rule is unsure of is marked as such, and a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest

from emisim.errors import BadInput, Place, fault
from emisim.importing.plans.words import (
    Deadline,
    Wording,
    chapter_of,
    deadlines,
    departments,
    figures,
    local_prefix,
    number_of,
    plain,
    wording,
)

HEAD = 40  # lines in which title, number and date of the document are looked for
DEEPEST = 4
_NUMERALS = "一二三四五六七八九十百"
_LEVELS = (
    re.compile(rf"([{_NUMERALS}]+)\s*[、.．]\s*"),
    re.compile(rf"[（(]\s*([{_NUMERALS}]+)\s*[）)]\s*[、.．]?\s*"),
    re.compile(r"(\d{1,3})\s*[、.．](?!\d)\s*"),
    re.compile(r"[（(]\s*(\d{1,2})\s*[）)]\s*[、.．]?\s*"),
)
_MARKUP = re.compile(r"^\s*(?:#+\s+|>\s+|[-*]\s+)?|\*\*|__|\[bookmark:[^\]]*\]")
_PREAMBLE = re.compile("总体要求|指导思想|基本原则|总体思路|目标")
_GOALS = re.compile("目标")
_SAFEGUARDS = re.compile("保障|组织实施|组织领导|工作要求")
_ANNEX = re.compile(r"\s*附[件表][一二三四五六七八九十\d]{0,2}\s*[:：]")
_TITLE = re.compile(r"关于印发《?(?P<title>[^》\s]+?)》?的通知")
_DOCUMENT = re.compile(r"[一-鿿]{1,10}〔20\d\d〕\s*\d+\s*号")
_DAY = re.compile(r"(20\d\d)年(\d{1,2})月(\d{1,2})日")
_SENTENCE_END = re.compile("[。；;]")


@dataclass(frozen=True)
class Item:
    """One item of a plan, or one part of it.

    line : where it begins, from 1. clause, part : its number in the text; ``0`` for goals, ``S1`` for safeguards that are numbered anew. heading :
    its first sentence. text : all of it but its departments. chapter : one of the six, ``chapter_sure`` if a heading above it says so.
    """

    line: int
    clause: str
    part: str
    heading: str
    text: str
    chapter: str
    chapter_sure: bool
    lead: tuple[str, ...]
    cooperating: tuple[str, ...]
    deadlines: tuple[Deadline, ...]
    wording: Wording | None
    figures: tuple[str, ...]


@dataclass(frozen=True)
class Heading:
    """What stands above the items; empty or None where it is not found."""

    title: str
    document: str
    issued: date | None


@dataclass(frozen=True)
class _Node:
    """One numbered line with what follows it. path : (level, number) of it and of those above; headings : first sentences of those above."""

    line: int
    path: tuple[tuple[int, int], ...]
    headings: tuple[str, ...]
    lines: tuple[tuple[int, str], ...]

    @property
    def level(self) -> int:
        return self.path[-1][0]

    def number(self, level: int) -> int | None:
        return dict(self.path).get(level)


def heading(text: str) -> Heading:
    """Title, number and date of the document."""
    lines = [line for line in map(_cleaned, text.splitlines()) if line]
    top, ends = "\n".join(lines[:HEAD]), [*lines[:HEAD], *lines[-HEAD:]]
    named = _TITLE.search(top)
    title = named["title"] if named else next((line for line in lines if not _numbered(line)), "")
    number = _DOCUMENT.search(top)
    days = (_DAY.match(plain(line)) for line in ends)
    issued = next((found for found in (_day(*map(int, d.groups())) for d in days if d) if found), None)
    return Heading(title, "".join(number[0].split()) if number else "", issued)


def items(text: str, file: str = "") -> tuple[Item, ...]:
    """The items of a plan in the order of the text. Guiding ideas and principles, and what stands above the first number, are no items.

    Parameters
    ----------
    file : name of the text in messages.

    Raises
    ------
    BadInput
        There is no numbered item.
    """
    nodes = _tree(_body(text))
    leaves = _leaves(nodes)
    goals = [n for n in leaves if _in_preamble(n) and _GOALS.search("".join((*n.headings, _first(n))))]
    main = [n for n in leaves if not _in_preamble(n)]
    if not main:
        raise BadInput([fault("plan_text.nothing", Place(file))])
    level = _item_level([n for n in main if not _safeguard(n)] or main)
    prefix = local_prefix(line for node in leaves for _, line in node.lines)
    found = [item for k, n in enumerate(goals) for item in _items(n, ("0", str(k + 1) if len(goals) > 1 else ""), prefix)]
    used: set[int] = set()
    for node in main:
        found += _items(node, _numbers(node, level, used), prefix)
    return _told_apart(found)


def _body(text: str) -> str:
    """The text without its annexes: up to a line ``附件：…`` that stands below the first number."""
    lines, begun = text.splitlines(), False
    for k, line in enumerate(lines):
        if begun and _ANNEX.match(line):
            return "\n".join(lines[:k])
        begun = begun or bool(_numbered(_cleaned(line)))
    return text


def _tree(text: str) -> list[_Node]:
    """The numbered lines with the lines that belong to them."""
    out: list[_Node] = []
    path: list[tuple[int, int]] = []
    above: list[str] = []
    for at, raw in enumerate(text.splitlines(), start=1):
        line = _cleaned(raw)
        numbered = _numbered(line)
        if numbered:
            level, number, rest = numbered
            kept = next((k for k, (one, _) in enumerate(path) if one >= level), len(path))
            path, above = [*path[:kept], (level, number)], [*above[:kept], _sentence(rest)]
            out.append(_Node(at, tuple(path), tuple(above[:-1]), ((at, rest),)))
        elif line and out:
            out[-1] = replace(out[-1], lines=(*out[-1].lines, (at, line)))
    return out


def _cleaned(line: str) -> str:
    return _MARKUP.sub("", line).strip().strip("\ufeff\u3000 ")


def _numbered(line: str) -> tuple[int, int, str] | None:
    """Level, number and rest of a line that begins with a number."""
    for level, pattern in enumerate(_LEVELS, start=1):
        found = pattern.match(plain(line))
        if found and found.end() < len(line):
            return level, number_of(found[1]), line[found.end() :]
    return None


def _leaves(nodes: Sequence[_Node]) -> list[_Node]:
    """Nodes without nodes below them, and those that say more than a heading."""
    out = []
    for node, after in zip_longest(nodes, nodes[1:]):
        inner = after is not None and len(after.path) > len(node.path)
        if not inner or (len(node.path) > 1 and len(_joined(node)) > len(_first(node)) + 1):
            out.append(node)
    return out


def _joined(node: _Node) -> str:
    return "".join(line for _, line in node.lines)


def _first(node: _Node) -> str:
    return _sentence(node.lines[0][1])


def _sentence(text: str) -> str:
    return _SENTENCE_END.split(text, maxsplit=1)[0]


def _in_preamble(node: _Node) -> bool:
    """Whether a node belongs to the ideas and goals before the tasks."""
    return bool(_PREAMBLE.search(node.headings[0] if node.headings else _first(node)))


def _safeguard(node: _Node) -> bool:
    return bool(_SAFEGUARDS.search(node.headings[0] if node.headings else _first(node)))


def _item_level(leaves: Sequence[_Node]) -> int:
    """The deepest level that all leaves have and whose numbers run through, beginning once; else the highest there is."""
    for level in range(DEEPEST, 0, -1):
        numbers = [n.number(level) for n in leaves]
        begins = sum(now == 1 and before != 1 for before, now in zip([None, *numbers], numbers, strict=False))
        if None not in numbers and begins <= 1:
            return level
    return min(n.path[0][0] for n in leaves)


def _numbers(node: _Node, level: int, used: set[int]) -> tuple[str, str]:
    """Clause and part of a leaf; safeguards whose numbers begin anew get an S."""
    number = node.number(level)
    if _safeguard(node) and (number is None or (number in used and node.path[-1] == (level, number))):
        return f"S{node.path[-1][1]}", ""
    if number is None:
        number = node.path[0][1]
    used.add(number)
    below = [n for one, n in node.path if one > level]
    return str(number), "-".join(f"{n:02d}" if n > 9 else str(n) for n in below)


def _items(node: _Node, number: tuple[str, str], prefix: str) -> list[Item]:
    """The items of one leaf: one for each run of lines that ends with departments."""
    blocks = _blocks(node)
    chapter, sure = chapter_of(node.headings, _first(node))
    if number[0] == "0" or number[0].startswith("S"):
        chapter, sure = "management", True
    out = []
    for k, lines in enumerate(blocks, start=1):
        text, lead, cooperating = departments([line for _, line in lines], prefix)
        part = number[1] if len(blocks) == 1 else f"{number[1]}-{k}".lstrip("-")
        dates, said = deadlines(text), figures(text)
        out.append(
            Item(
                lines[0][0], number[0], part, _sentence(text), text, chapter, sure, lead, cooperating,
                dates, wording(text, dates), said,
            )
        )  # fmt: skip
    return out


def _blocks(node: _Node) -> list[list[tuple[int, str]]]:
    """The lines of a leaf, cut behind each naming of departments."""
    blocks: list[list[tuple[int, str]]] = [[]]
    closed = False
    for at, line in node.lines:
        rest, lead, cooperating = departments([line], "")
        if closed and rest:
            blocks.append([])
        closed = bool(lead or cooperating)
        blocks[-1].append((at, line))
    return blocks


def _told_apart(found: Iterable[Item]) -> tuple[Item, ...]:
    """The same items, with a letter behind a number that occurs again."""
    seen: dict[tuple[str, str], int] = {}
    out = []
    for item in found:
        key = item.clause, item.part
        seen[key] = seen.get(key, 0) + 1
        again = "" if seen[key] == 1 else f"x{seen[key]}"
        out.append(replace(item, part=item.part + again))
    return tuple(out)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
