"""Columns of months or quarters, whose sum is the figure of the year."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from emisim.importing.fields import pollutant_in
from emisim.importing.guessing.roles import Role, Table
from emisim.importing.words import folded, without_unit

_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CHINESE = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
# What a header says of its part of the year, and how many such parts a year has.
_PARTS = (
    (12, re.compile(r"(?<!\d)(?:(?:19|20)\d\d[-/.年]?)?(?P<n>0?[1-9]|1[0-2])月份?")),
    (12, re.compile(r"(?P<n>十[一二]|[一二三四五六七八九十])月份?")),
    (12, re.compile(r"(?<![a-z])(?P<n>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?(?![a-z])")),
    (4, re.compile(r"第?(?P<n>[1-4一二三四])季度?")),
    (4, re.compile(r"(?<![a-z])q(?P<n>[1-4])(?!\d)")),
)
_YEARLY = re.compile(r"全年|年度|年合计|年总|年排放|合计|总计|annual|year|total|sum", re.IGNORECASE)


def with_months(table: Table) -> Table:
    """A table whose columns of all months of a year are told as one figure.

    Parameters
    ----------
    table : Table

    Returns
    -------
    Table
        The column of the year, or else the first month, has the numbers of the months in ``months``; the other months have the field ``months``.
    """
    roles = {role.number: role for role in table.roles}
    groups = _groups(table.roles)
    for group in groups:
        numbers = tuple(role.number for role in group)
        lead = group[0]
        field = lead.field if lead.field in ("emission", "activity", "factor") else "emission"
        year = _of_the_year([r for r in roles.values() if r.number not in numbers], lead, len(groups) == 1)
        told = replace(year or lead, field=field, pollutant=lead.pollutant, months=numbers, sure=False, why=())
        roles |= {role.number: replace(role, field="months", why=()) for role in group}
        roles[told.number] = told.doubted("guess.months_year" if year else "guess.months")
    return replace(table, roles=tuple(roles.values()))


def _groups(roles: Sequence[Role]) -> list[list[Role]]:
    """Columns that are alike but for the month, where all months of a year are there."""
    found: dict[tuple[int, str], dict[int, Role]] = {}
    for role in roles:
        told = _part(_name(role)) if role.contents.numbers else None
        if told:
            span, number, rest = told
            found.setdefault((span, rest), {}).setdefault(number, role)
    return [[group[k] for k in sorted(group)] for (span, _), group in found.items() if len(group) == span]


def _name(role: Role) -> str:
    return folded(without_unit(role.header.text, role.header.unit_as_written))


def _part(text: str) -> tuple[int, int, str] | None:
    """Parts of a year, which of them a header names, and what else it says."""
    for span, pattern in _PARTS:
        if named := pattern.search(text):
            word = named["n"]
            number = next((words.index(word) + 1 for words in (_ENGLISH, _CHINESE) if word in words), 0) or int(word)
            return span, number, (text[: named.start()] + text[named.end() :]).strip("/ _-")
    return None


def _of_the_year(others: Sequence[Role], lead: Role, alone: bool) -> Role | None:
    """The column with the figure of the year, which may be empty: of the same pollutant, or, where no others have months, the one that is called so."""
    _, _, rest = _part(_name(lead))
    called = [r for r in others if (r.contents.numeric or not r.contents.filled) and _YEARLY.search(_name(r))]
    same = [r for r in called if _YEARLY.sub("", _name(r)).strip("/ _-") == rest]
    alike = [r for r in called if (pollutant_in(r.header.text) or "") == lead.pollutant]
    plain = [r for r in called if alone and pollutant_in(r.header.text) is None]
    return next(iter([*same, *alike, *plain]), None)
