"""The figures of a table in the draft of a mapping: activities, emissions, factors and controls, and the unit of each."""

from __future__ import annotations

import re
from collections.abc import Sequence

from emisim.importing.amounts import scale
from emisim.importing.fields import pollutant_called, pollutant_in, species_in
from emisim.importing.guessing.contents import units_of
from emisim.importing.guessing.draft import LISTED, OPEN, WIDTH, Draft, comment, flow, quoted
from emisim.importing.guessing.roles import AMOUNTS, Role, kind_of_unit, year_in
from emisim.importing.words import unit_differs
from emisim.vocabulary import pollutants

_TONS = re.compile(r"(?<![a-z])(short\s*)?tons?(?![a-z])|(?<![a-z])tpy(?![a-z])", re.IGNORECASE)
_MONTHLY = re.compile(r"/\s*(月|季|mon)", re.IGNORECASE)
_BRACKETS = re.compile(r"[(（\[]([^()（）\[\]]{1,20})[)）\]]\s*$")
STOCKS = frozenset(
    {"head", "vehicle", "person", "household", "machine", "source", "meter ** 2", "steam_tonne"}
)  # counted once a year


def activity(draft: Draft, used: set[int]) -> list[str]:
    """The line ``activity``; none where no column is one.

    Parameters
    ----------
    draft : Draft
    used : set of int
        Numbers of the columns that are read; those of figures are added.
    """
    factors = [one.header.unit for one in draft.table.all("factor") if one.header.unit]
    found = [one for one in draft.table.all("activity") if not one.months or one.number not in one.months] or draft.table.all(
        "activity"
    )
    found = sorted(found, key=lambda r: (not _fits_factor(r, factors), not r.sure, not r.contents.numeric))
    if not found:
        return []
    role = found[0]
    unit, reasons = _unit(draft, role, "activity", used)
    if len(found) > 1:
        others = ", ".join(draft.table.name(one) for one in found[1:LISTED])
        reasons.append(draft.say("guess.several", columns=others))
    used.add(role.number)
    return [draft.line(f"activity: {_amount(draft, role, unit)}", draft.doubts(role, *reasons))]


def _fits_factor(role: Role, factors: Sequence[str]) -> bool:
    """Whether an activity is what the emission factors are per; true where there are none."""
    if not factors or not role.header.unit:
        return not factors
    base = scale(role.header.unit).base.removesuffix(" / year")
    per = {scale(factor).base.partition(" / ")[2].strip("()") or "tonne" for factor in factors}
    return any(base in one.split(" * ") for one in per)


def _amount(draft: Draft, role: Role, unit: str) -> str:
    """A column of figures with its unit; of months, their sum."""
    months = [one for one in draft.table.roles if one.number in role.months]
    pairs = [] if role.number in role.months else [("column", draft.name(role))]
    pairs.append(("unit", unit))
    return flow(pairs + ([("otherwise_sum", "[" + ", ".join(map(draft.name, months)) + "]")] if months else []))


def _unit(draft: Draft, role: Role, kind: str, used: set[int]) -> tuple[str, list[str]]:
    """The unit of a column of amounts as YAML, and the reasons for doubt."""
    if kind in ("efficiency", "effectiveness"):
        return _share_unit(draft, role)
    if role.months and _MONTHLY.search(role.header.unit_as_written):  # the sum is of a year, each part is a rate
        return OPEN, [draft.say("guess.unit_clock", unit=role.header.unit_as_written)]
    if role.header.unit:
        return _fitting(draft, role.header.unit, role.header.unit_as_written, kind)
    if _TONS.search(role.header.text):
        return OPEN, [draft.say("guess.tons")]
    column = _unit_column(draft, role, kind)
    if column is not None:
        used.add(column.number)
        return _units(draft, column, kind)
    written, unit = draft.table.unit
    if unit and kind in ("emission", "activity") and (kind != "emission" or kind_of_unit(unit) == "emission"):
        text, reasons = _fitting(draft, unit, written, kind)
        return text, reasons + ([draft.say("guess.unit_title", unit=written)] if kind == "activity" else [])
    strange = _BRACKETS.search(role.header.text)
    return OPEN, [draft.say("guess.units", units=strange[1]) if strange else draft.say("guess.no_unit")]


def _fitting(draft: Draft, unit: str, written: str, kind: str) -> tuple[str, list[str]]:
    """A unit with its time, if it is one of the kind."""
    fits = kind == "activity" or kind_of_unit(unit) == kind
    if not fits:
        return OPEN, [draft.say("guess.unit_kind", unit=written)]
    per_clock = "second" in scale(unit).base and kind == "activity"
    if kind == "factor" and _per_stock(unit):
        return quoted(f"{unit}/yr"), [draft.say("guess.factor_year", unit=written)]
    text = unit if kind == "factor" else scale(unit).text
    return quoted(text), [draft.say("guess.unit_clock", unit=written)] if per_clock else []


def _per_stock(unit: str) -> bool:
    """Whether a factor is per something that is there all year, such as an animal or a vehicle, and does not say for how long."""
    return scale(unit).base.partition(" / ")[2] in STOCKS


def _share_unit(draft: Draft, role: Role) -> tuple[str, list[str]]:
    """Percent, or fractions where no value is above 1."""
    if role.header.unit:
        return _share_text(draft, role.header.unit, role.header.unit_as_written)
    if role.contents.high > 1 or any("%" in text for text in role.contents.texts):
        return quoted("%"), []
    if role.contents.high > 0:
        return quoted("1"), [draft.say("guess.fraction")]
    return quoted("%"), [draft.say("guess.no_unit")]


def _share_text(draft: Draft, unit: str, written: str) -> tuple[str, list[str]]:
    if scale(unit).base != "dimensionless":
        return OPEN, [draft.say("guess.unit_kind", unit=written)]
    return quoted(unit), []


def _unit_column(draft: Draft, role: Role, kind: str) -> Role | None:
    """The column with the units of another one: named for it, or the next unit column at its right, or at its left."""
    named = draft.table.all(f"unit:{kind}")
    if named:
        return named[0]
    bare = [r for r in draft.table.roles if r.field in ("activity", "emission", "factor") and not r.header.unit]
    for unit in sorted(draft.table.all("unit"), key=lambda r: (r.number < role.number, abs(r.number - role.number))):
        left = [r for r in bare if r.number < unit.number] or bare
        if max(left, key=lambda r: r.number) is role or kind == "emission":
            return unit
    return None


def _units(draft: Draft, column: Role, kind: str) -> tuple[str, list[str]]:
    """A column of units; those that emisim does not know, or that are amounts without time, are listed."""
    names = []
    for written, unit in list(units_of(column.contents).items())[:LISTED]:
        if not unit or (kind != "activity" and kind_of_unit(unit) != kind):
            names.append((quoted(written), OPEN))
        elif kind == "factor" and _per_stock(unit):
            names.append((quoted(written), quoted(f"{unit}/yr")))
        elif (kind != "factor" and scale(unit).annual) or unit_differs(written, unit):
            names.append((quoted(written), quoted(unit if kind == "factor" else scale(unit).text)))
    pairs = [("column", draft.name(column))] + ([("names", flow(names))] if names else [])
    open_units = [key for key, value in names if value == OPEN]
    reasons = [draft.say("guess.units", units=", ".join(open_units[:5]))] if open_units else []
    return flow(pairs), [*draft.doubts(column), *reasons]


def _figures(
    draft: Draft, pollutant: str, used: set[int], indent: str, kinds: Sequence[str] = AMOUNTS, why: Sequence[str] = ()
) -> list[str]:
    """The lines of one pollutant's figures, or of those whose header names none (pollutant empty), as in a long table."""
    lines = []
    for kind in kinds:
        found = [role for role in draft.table.all(kind, pollutant) if role.number not in used]
        if not found:
            continue
        role = max(found, key=lambda r: _fitness(draft, r, kind))
        used.add(role.number)
        unit, reasons = _unit(draft, role, kind, used)
        reasons = draft.doubts(role, *reasons, *why)
        if len(found) > 1:
            others = ", ".join(draft.table.name(one) for one in found if one is not role)
            reasons.append(draft.say("guess.several", columns=others[: 4 * WIDTH]))
        lines.append(draft.line(f"{indent}{kind}: {_amount(draft, role, unit)}", reasons))
        species = species_in(role.header.text) if pollutant in ("", "NOx") and kind == "emission" else ""
        lines += [f"{indent}species: {species}"] if species else []
    lines += _factor_is(draft, lines, used, indent)
    if any("factor:" in line for line in lines) and not draft.table.all("activity"):
        lines += comment("? " + draft.say("guess.no_activity"), indent)
    return lines


def _factor_is(draft: Draft, lines: list[str], used: set[int], indent: str) -> list[str]:
    """Whether a factor beside an efficiency is one before control, as 产生系数 says, or after it."""
    kinds = {line.strip().partition(":")[0] for line in lines}
    if not {"factor", "efficiency"} <= kinds:
        return []
    texts = [role.header.text for role in draft.table.roles if role.number in used and role.field == "factor"]
    before = texts and all(re.search("产生|产污|uncontrolled", text) for text in texts)
    if before:
        return [draft.line(f"{indent}factor_is: uncontrolled", [draft.say("guess.factor_is")])]
    return comment("? factor_is: " + draft.say("guess.factor_is"), indent)


def _fitness(draft: Draft, role: Role, kind: str) -> tuple[bool, bool, bool, int, int]:
    """Which of several columns of one kind is meant: that of the year, in a unit that fits, a sure one, the latest, the first."""
    year = year_in([role.header.text]) or 0
    fits = not role.header.unit or kind_of_unit(role.header.unit) in (kind, "share")
    return bool(draft.year) and year == draft.year, fits, role.sure, year, -role.number


def wide(draft: Draft, used: set[int], file_name: str) -> list[str]:
    """The lines ``pollutants`` of a table with columns for each of them.

    Parameters
    ----------
    draft : Draft
    used : set of int
        Numbers of the columns that are read; those of figures are added.
    file_name : str
        It may name the pollutant of all figures.
    """
    lines = []
    told = [p for p in pollutants() if draft.table.all("emission", p) or draft.table.all("factor", p)]
    for pollutant in told:
        lines += [f"  {pollutant}:", *_figures(draft, pollutant, used, "    ")]
    if len(told) == 1:
        kinds = [kind for kind in AMOUNTS if not draft.table.all(kind, told[0])]
        lines += _figures(draft, "", used, "    ", kinds, [draft.say("guess.whose", pollutant=told[0])])
    loose = [role for role in draft.table.roles if not role.pollutant and role.field in ("emission", "factor")]
    if not lines:
        lines = _unnamed(draft, used, file_name) if loose or _of_years(draft) else []
    if not lines:
        figure = flow([("column", OPEN), ("unit", OPEN)])
        lines = [f"  {OPEN}: {{emission: {figure}}}  # ? {draft.say('guess.nothing')}"]
    return ["pollutants:", *lines]


def _of_years(draft: Draft) -> list[Role]:
    """The columns of years: 2018, 2019, 2020年."""
    return [r for r in draft.table.roles if re.fullmatch(r"(19|20)\d\d年?", r.header.last) and r.contents.numbers]


def _unnamed(draft: Draft, used: set[int], file_name: str) -> list[str]:
    """Figures of one pollutant, which the title, the sheet or the file names."""
    told = (*draft.table.titles, draft.table.sheet.name, file_name)
    pollutant = next((found for text in told if (found := pollutant_in(text))), "")
    lines = _figures(draft, "", used, "    ")
    years = _of_years(draft)
    if years and not any("emission:" in line for line in lines):
        role = next((r for r in years if draft.year and str(draft.year) in r.header.last), years[-1])
        used.add(role.number)
        unit, reasons = _unit(draft, role, "emission", used)
        lines.insert(
            0,
            draft.line(
                f"    emission: {flow([('column', draft.name(role)), ('unit', unit)])}",
                [draft.say("guess.column_year"), *reasons],
            ),
        )
    return [f"  {pollutant or OPEN}:  # ? {draft.say('guess.which')}", *lines]


def long(draft: Draft, used: set[int]) -> list[str]:
    """The lines ``long`` of a table with one row a pollutant.

    Parameters
    ----------
    draft : Draft
    used : set of int
        Numbers of the columns that are read; those of figures are added.
    """
    role = draft.table.all("pollutant")[0]
    used.add(role.number)
    known = {text: pollutant_called(text) or pollutant_in(text) for text in role.contents.texts}
    names = [(quoted(text), found) for text, found in known.items() if found]
    others = [text for text, found in known.items() if not found]
    lines = ["long:", "  pollutant:", draft.line(f"    column: {draft.name(role)}", draft.doubts(role))]
    lines += [f"    names: {flow(names)}"] if names else []
    lines += comment(draft.say("guess.not_carried", pollutants=", ".join(others[:LISTED])), "    ") if others else []
    figures = _figures(draft, "", used, "  ")
    nothing = [f"  emission: {flow([('column', OPEN), ('unit', OPEN)])}  # ? {draft.say('guess.nothing')}"]
    return [*lines, *(figures or nothing)]
