"""A plan and a scenario to begin with, as YAML: every item of a text as a clause that is not encoded yet, or one example of a kind.

The files validate and run as they are made. Examples act on sources of the inventory by 0 %, so that they bring nothing before
somebody writes a figure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from emisim.importing.plans.text import Item
from emisim.inventory import Inventory
from emisim.io.plan_examples import Example, examples, kinds
from emisim.io.yaml_text import flow, one_line, quoted, scalar
from emisim.text import say

LONGEST_LABEL = 12
LOCATOR = 14  # characters of the text that a comment gives
COLUMN = 42  # where comments behind a value begin
UNSURE = "# ?"
NO_DAY = (2025, 1, 1)  # stands where nothing at all says when the plan was issued, and is marked
SECTIONS = ("states", "clauses", "measures", "targets")
_VERBS = re.compile(
    "^(?:坚决|加快|持续|严格|合理|大力|全面|积极|有效|稳步|有序|稳妥|深入|进一步|切实|扎实|着力|开展|推动|推进|实施|加强|强化|提升|健全|完善|落实|发挥|做好)"
)
_CHINESE = re.compile("[一-鿿]")


@dataclass(frozen=True)
class _Head:
    name: str
    title: str
    region: str
    document: str
    issued: date
    sure: bool
    horizon: date


def horizon(items: Sequence[Item], issued: date) -> date:
    """The last deadline of the items, else the end of the year in which the plan is issued."""
    return max((d.day for i in items for d in i.deadlines if d.day >= issued), default=date(issued.year, 12, 31))


def issued_of(items: Sequence[Item], inventory: Inventory | None = None) -> date:
    """A day to begin with where no date of the plan is known: 1 January of the year of the first deadline, else of that after the base year."""
    if any(i.deadlines for i in items):
        return date(min(d.day for i in items for d in i.deadlines).year, 1, 1)
    return date(inventory.base_year + 1, 1, 1) if inventory else date(*NO_DAY)


def plan_yaml(
    name: str,
    title: str,
    region: str,
    items: Sequence[Item] = (),
    inventory: Inventory | None = None,
    issued: date | None = None,
    document: str = "",
    language: str = "en",
) -> str:
    """A plan file.

    Parameters
    ----------
    name : id of the plan. title : as the text has it. region : its code.
    items : those of a text, which become clauses that are not encoded yet; without any the file holds one example of a kind.
    inventory : the sources that examples select; they are listed at the end.
    issued : date of the plan; by default ``issued_of``, which is marked.
    language : of the comments.

    Returns
    -------
    str
        YAML; the same for the same arguments.
    """
    day = issued or issued_of(items, inventory)
    found = examples(inventory, horizon(items, day).year, _first_id(name, items) if items else "")
    head = _Head(name, title, region, document, day, issued is not None, horizon(items, day))
    lines = [
        *_comment(say("skeleton.from_text" if items else "skeleton.examples", language, count=len(items))),
        *_head(head, language),
        "",
    ]
    if items:
        ids = _ids(name, items)
        lines += ["clauses:"]
        for key, item in zip(ids, items, strict=True):
            lines += [*_clause(key, item, language), ""]
        lines += ["measures: {}", "targets: {}", "", *_comment(say("skeleton.templates", language))]
    lines += _sections(found, language, live=not items, known=inventory is not None)
    if inventory is not None:
        lines += ["", *_comment(say("skeleton.kinds", language, inventory=inventory.name, year=inventory.base_year))]
        lines += [f"#   {line}" for line in kinds(inventory)]
    return "\n".join(lines).rstrip() + "\n"


def scenario_yaml(name: str, title: str, inventory: str, plan: str, base_year: int, target_year: int) -> str:
    """A scenario file that runs a plan as it is written.

    Parameters
    ----------
    name : id of the scenario. title : of the plan. inventory, plan : paths from the folder of the scenario.
    """
    titles = {k: say("skeleton.scenario", k, title=v, year=target_year) for k, v in _both(title, name).items()}
    return "\n".join(
        (
            f"scenario: {scalar(name)}", f"title: {flow(titles)}", f"inventory: {scalar(inventory)}", f"plan: {scalar(plan)}",
            f"base_year: {base_year}", f"target_year: {target_year}", "",
        )
    )  # fmt: skip


def _head(head: _Head, language: str) -> list[str]:
    lines = [f"plan: {scalar(head.name)}", _marked(f"title: {flow(_both(head.title, head.name))}", True)]
    lines += [f"document: {scalar(head.document)}"] if head.document else []
    lines.append(f"region: {quoted(head.region)}")
    unsure = f"{UNSURE} {say('skeleton.issued', language)}"
    lines.append(f"issued: {head.issued}" if head.sure else _noted(f"issued: {head.issued}", unsure))
    return [*lines, _noted(f"horizon: {head.horizon}", f"{UNSURE} {say('skeleton.horizon', language)}")]


def _both(title: str, name: str) -> dict[str, str]:
    """A title in both languages, which somebody has to translate."""
    return dict.fromkeys(("zh", "en"), title.strip() or name)


def _ids(name: str, items: Sequence[Item]) -> list[str]:
    """One id a clause: a letter, the number of the item, and after _ that of its part."""
    letter = _letter(name)
    numbers = [f"{int(i.clause):02d}" if i.clause.isdecimal() else i.clause for i in items]
    return [f"{letter}{n}{'_' if i.part else ''}{i.part}" for n, i in zip(numbers, items, strict=True)]


def _letter(name: str) -> str:
    found = re.search("[A-Za-z]", name)
    return found[0].upper() if found else "P"


def _first_id(name: str, items: Sequence[Item]) -> str:
    return next((key for key, i in zip(_ids(name, items), items, strict=True) if i.clause != "0"), _ids(name, items)[0])


def _clause(key: str, item: Item, language: str) -> list[str]:
    """The lines of one clause; what a rule was unsure of is marked."""
    number = f"{item.clause}({item.part})" if item.part else item.clause
    own = label(item.heading)
    titles = (
        {"zh": own, "en": say("skeleton.title", "en", number=number, label=own)}
        if _CHINESE.search(own)
        else {"zh": own, "en": own}
    )
    begins = one_line(item.text[:LOCATOR])
    lines = [_noted(f"  {scalar(key)}:", say("skeleton.locator", language, line=item.line, words=f"{begins}…"), mark="#")]
    lines.append(f"    clause: {quoted(item.clause)}")
    lines += [f"    part: {quoted(item.part)}"] if item.part else []
    lines.append(_marked(f"    chapter: {item.chapter}", not item.chapter_sure))
    lines.append(_marked(f"    title: {flow(titles)}", True))
    lines.append(_marked(f"    lead: {flow(item.lead)}", not item.lead))
    lines.append(f"    cooperating: {flow(item.cooperating)}")
    lines += [*_deadline(item), *_wording(item), "    standing: unread"]
    if item.figures:
        lines.append(f"    # {say('skeleton.figures', language, figures=', '.join(item.figures))}")
    return lines


def _deadline(item: Item) -> list[str]:
    """The last date of the item; the others beside it."""
    if not item.deadlines:
        return []
    last = max(item.deadlines, key=lambda d: d.day)
    others = [f"{d.day} ({d.words})" for d in item.deadlines if d is not last]
    note = "; ".join([f"? {last.words}" if others or not last.sure else last.words, *others])
    return [_noted(f"    deadline: {last.day}", f"# {note}")]


def _wording(item: Item) -> list[str]:
    found = item.wording
    if found is None:
        return []
    strength = f"    wording: {found.strength}"
    others = f"{UNSURE} {'、'.join(found.others)}".rstrip()
    return [_noted(strength, others) if found.others or not found.on_scale else strength, f"    words: {scalar(found.words)}"]


def label(heading: str) -> str:
    """A short label from the first words of an item: without the verbs it begins with, up to the first stop, cut where it is long."""
    words = re.split("[，,、：:。；;]", one_line(heading).strip(), maxsplit=1)[0].strip()
    while len(short := _VERBS.sub("", words)) < len(words) and len(short) >= 4:
        words = short
    return f"{words[:LONGEST_LABEL]}…" if len(words) > LONGEST_LABEL else words or "…"


def _sections(found: Sequence[Example], language: str, live: bool, known: bool) -> list[str]:
    """The examples under the keys of the file; as comments unless they are live and fit the inventory."""
    lines: list[str] = []
    for section in SECTIONS:
        mine = [e for e in found if e.section == section]
        fits = live and any(e.fits for e in mine)
        lines.append(f"{section}:" if fits else f"{section}: {{}}" if live else f"# {section}:")
        for example in mine:
            shown = live and example.fits
            lines += [f"  # {line}" for line in say(f"skeleton.example.{example.what}", language).splitlines()] if shown else []
            lines += (
                [] if shown or not live else [f"  # {say('skeleton.no_fit' if known else 'skeleton.no_inventory', language)}"]
            )
            before = "  " if shown else "  # " if live else "#   "
            lines += [f"{before}{line}" for line in example.lines()]
        lines.append("" if live else "#")
    return lines


def _comment(text: str) -> list[str]:
    return [f"# {line}".rstrip() for line in text.splitlines()]


def _marked(line: str, unsure: bool) -> str:
    return _noted(line, UNSURE) if unsure else line


def _noted(line: str, note: str, mark: str = "") -> str:
    return f"{line.ljust(COLUMN)} {f'{mark} ' if mark else ''}{note}".rstrip()
