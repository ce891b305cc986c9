"""Pieces of HTML: tables, sections, folds, icons. Whatever is not marked as ``Safe`` is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from types import MappingProxyType

from emisim.report.tables import SIGNS, Table
from emisim.text import say

SHORT, LONG = 22, 90  # columns with longer texts, in narrow letters, may wrap; with still longer ones they are wide
TALL = 30  # tables with more rows scroll in their own box, under a header that stays
MOST_COLUMNS = 40  # a table with more has its further columns plain
TAG = re.compile(r"<[^>]*>")
ICONS = MappingProxyType({"met": "met", "missed": "missed", "at risk": "risk", "not assessable": "open"})


class Safe(str):
    """A text that is HTML already."""

    __slots__ = ()


@dataclass(frozen=True)
class Section:
    """A section of the page. ``id``: its anchor; ``title``: also stands in the table of contents; ``body``: HTML."""

    id: str
    title: str
    body: Safe


@dataclass(frozen=True)
class Look:
    """How a table stands on the page.

    id : its anchor. sortable : its header sorts; not where the order of the rows says something, or rows belong together. folded : behind its title. search : it has a box that filters its rows. rows : attributes of
    each row, HTML. heading : whether its title stands above it. screen : a fold that stays as the reader has it on paper.
    """

    id: str = ""
    sortable: bool = True
    folded: bool = False
    search: bool = False
    rows: Sequence[str] = ()
    heading: bool = True
    screen: str = ""


def text(value: object) -> Safe:
    """A value as HTML."""
    return value if isinstance(value, Safe) else Safe(escape(str(value)))


def join(parts: Iterable[str]) -> Safe:
    """Pieces of HTML one after another."""
    return Safe("\n".join(part for part in parts if part))


def paragraph(line: str, kind: str = "") -> Safe:
    """A paragraph; nothing for an empty line."""
    return Safe(f"<p{_class(kind)}>{text(line)}</p>") if line else Safe()


def code(line: str) -> Safe:
    """A message whose `words` in back-quotes are shown as code."""
    pieces = text(line).split("`")
    return Safe("".join(f"<code>{piece}</code>" if k % 2 else piece for k, piece in enumerate(pieces)))


def listed(lines: Sequence[str], kind: str = "") -> Safe:
    """A list; nothing without lines."""
    return Safe(f"<ul{_class(kind)}>{''.join(f'<li>{text(line)}</li>' for line in lines)}</ul>") if lines else Safe()


def icon(verdict: str) -> Safe:
    """The sign of a verdict; the word stands beside it."""
    name = ICONS[verdict]
    return Safe(f'<svg class="icon {name}" aria-hidden="true" focusable="false"><use href="#icon-{name}"/></svg>')


def verdict(kind: str, word: str) -> Safe:
    """A verdict: its sign and its word."""
    return Safe(f'<span class="verdict {ICONS[kind]}">{icon(kind)}{text(word)}</span>')


def section(part: Section) -> Safe:
    """A section with its heading."""
    head = f'<section id="{part.id}" aria-labelledby="{part.id}-title"><h2 id="{part.id}-title">{text(part.title)}</h2>'
    return Safe(f"{head}\n{part.body}\n</section>")


def fold(title: str, body: str, count: str = "", heading: str = "h3", screen: str = "") -> Safe:
    """Something behind its title. It stands open where there is no script. With a text ``screen`` it is printed only if the reader has
    opened it; else that text is."""
    kind = f'class="fold screen" data-paper="{text(screen)}"' if screen else 'class="fold"'
    number = f' <span class="count">{text(count)}</span>' if count else ""
    named = f"<{heading}>{text(title)}</{heading}>" if heading else text(title)
    return Safe(f"<details {kind} open><summary>{named}{number}</summary>\n{body}\n</details>")


def table(found: Table, language: str, look: Look | None = None) -> Safe:
    """A table with its title and note; nothing where it has no row.

    The first column heads the rows and stays in sight when the box is scrolled.
    """
    look = look or Look()
    if not found.rows:
        return Safe()
    body = join([_filter(look, language), _box(found, look), _no_hit(look, language), paragraph(found.note, "note")])
    rows = say("web.rows", language, count=len(found.rows))
    if look.folded:
        return fold(found.title, body, rows, screen=look.screen)
    heading = f"<h3>{text(found.title)}</h3>" if look.heading else ""
    return Safe(f'<div class="table">{heading}{body}</div>')


def _box(found: Table, look: Look) -> Safe:
    """The table in a box of its own, which scrolls where the screen is narrow.

    The kinds of columns are classes of the table, and cells and rows have no end tags (HTML needs none): a third of the bytes.
    """
    kinds = " ".join(f"{_kind(found, k)}{k + 1}" for k in range(len(found.header)))
    head = "".join(f'<th scope="col">{text(cell)}' for cell in found.header)
    tall = " tall" if len(found.rows) > TALL else ""
    name = f' id="{look.id}"' if look.id else ""
    lines = []
    for k, row in enumerate(found.rows):
        more = f" {look.rows[k]}" if look.rows else ""
        cells = "".join(f"<td>{_cell(cell)}" for cell in row[1:])
        lines.append(f'<tr{more}><th scope="row">{text(row[0])}{cells}')
    return Safe(
        f'<div class="scroll{tall}" role="region" tabindex="0" aria-label="{text(found.title)}">'
        f'<table{name} class="{kinds}"{" data-sort" if look.sortable and len(found.rows) > 1 else ""}>'
        f"<thead><tr>{head}<tbody>\n{chr(10).join(lines)}\n</table></div>"
    )


def column_style() -> str:
    """The style rules by which the classes of a table say what its columns hold; the style sheet sets the values."""
    rules = {
        "n": "text-align:right;white-space:var(--n-wrap)",
        "s": "white-space:var(--s-wrap);min-width:var(--s-least)",
        "w": "min-width:var(--w-least);max-width:var(--w-most)",
        "x": "min-width:var(--x-least);max-width:var(--x-most)",
    }
    lines = []
    for kind, rule in rules.items():
        chosen = ",".join(f".{kind}{k}>*>tr>:nth-child({k})" for k in range(1, MOST_COLUMNS + 1))
        lines.append(f"{chosen}{{{rule}}}\n")
    return "".join(lines)


def _cell(value: str) -> Safe:
    """A cell; comparisons are shown with their sign."""
    first, space, rest = value.partition(" ")
    return text(f"{SIGNS[first]}{space}{rest}") if first in SIGNS else text(value)


def _filter(look: Look, language: str) -> str:
    if not look.search:
        return ""
    label = text(say("web.search_table", language))
    return (
        f'<div class="filter" role="search" data-for="{look.id}"><label>{label} <input type="search" autocomplete="off" spellcheck="false"></label>'
        f'<output aria-live="polite"></output></div>'
    )


def _no_hit(look: Look, language: str) -> str:
    return f'<p class="nohit" data-for="{look.id}" hidden>{text(say("web.no_hit", language))}</p>' if look.search else ""


def _kind(found: Table, k: int) -> str:
    """Class of a column: numbers, short texts, texts that wrap, long texts."""
    if k in found.right:
        return "n"
    longest = max(_span(line) for row in found.rows for line in _lines(row[k]))
    return "s" if longest <= SHORT and k not in found.wide else "w" if longest <= LONG else "x"


def _lines(cell: str) -> list[str]:
    """The lines of a cell without its tags."""
    return [TAG.sub("", line) for line in cell.split("<small>")] if isinstance(cell, Safe) else [cell]


def _span(words: str) -> int:
    """Width in narrow letters; a Chinese character takes two."""
    return len(words) if words.isascii() else len(words) + sum(letter > "\u2e7f" for letter in words)


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
