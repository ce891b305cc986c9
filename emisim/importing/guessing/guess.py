"""A mapping for a table that nobody has described yet: what its headers and contents say, with a mark at all that is unsure.

sheets  →  tables (roles)  →  lines of YAML, ``# ?`` behind each that a person has to look at, ``"?"`` where only a person can tell
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from emisim.importing.guessing.draft import LISTED, OPEN, Draft, comment, flow, plain, quoted
from emisim.importing.guessing.figures import activity, long, wide
from emisim.importing.guessing.months import with_months
from emisim.importing.guessing.roles import AMOUNTS, Role, Table, is_chinese, understand, year_of, years_of
from emisim.importing.guessing.sectors import Sector, code_lines, kinds_across, names, sector, tells_subsector
from emisim.importing.sheet import Sheet
from emisim.text import say

TEXTS = ("name_zh", "name_en", "subsector", "fuel", "technology", "size", "lon", "lat", "nfr", "scc", "remark", "growth_driver")
FEW_TEXTS = 6  # texts that a comment shows


def guess(sheets: Sequence[Sheet], file_name: str, year: int | None, language: str) -> str:
    """Propose a mapping for a foreign table.

    Parameters
    ----------
    sheets : sequence of Sheet
        Of one file, which is in none of the built-in formats.
    file_name : str
        Its name, without folders.
    year : int or None
        Of the inventory, if it is known.
    language : str
        Of the comments: ``en`` or ``zh``.

    Returns
    -------
    str
        YAML of ``mapping.Mapping``; it holds ``"?"`` where a person has to fill in a value, at least the grade and the source.
    """
    tables = [with_months(understand(sheet)) for sheet in sheets]
    tables = [table for table in tables if table.roles]
    if not tables:
        return "\n".join(_head(file_name, language)) + "\n"
    best = max(tables, key=lambda table: table.promise)
    alike = [table for table in tables if [h.text for h in table.headers] == [h.text for h in best.headers]]
    draft = Draft(best, language, year or year_of(best, file_name), years_of(best, file_name))
    used: set[int] = set()
    found, across = sector(draft), _across(draft)
    body = [
        *_year(draft, year, used),
        *_file(draft, alike, tables),
        *_region(draft, used),
        *code_lines(draft, found, used, draft.fills("code", found.columns[:1])),
        *_texts(draft, found, used),
        *_id(draft, used),
        *across,
        *([] if across else activity(draft, used)),
        *(long(draft, used) if best.long else wide(draft, used, file_name)),
        *_missing(draft, used),
        *_leave_out(draft, alike),
        *_unread(draft, used),
    ]
    return "\n".join(_head(file_name, language) + body) + "\n"


# ---- head


def _head(file_name: str, language: str) -> list[str]:
    stem = PurePath(file_name).stem or "table"
    return [
        *comment(say("guess.intro", language, file=file_name)),
        *comment(say("guess.marks", language)),
        f"mapping: {quoted(stem)}",
        f"grade: {OPEN}  # ? {say('guess.grade', language)}",
        f"source: {OPEN}  # ? {plain(say('guess.source', language, file=file_name))}",
    ]


def _year(draft: Draft, given: int | None, used: set[int]) -> list[str]:
    column = draft.table.all("year")[:1]
    lines = []
    for role in column:
        used.add(role.number)
        if len(role.contents.texts) > 1:
            lines = ["select:", draft.line(f'  {draft.name(role)}: ["{{year}}"]', draft.doubts(role))]
    inside = [text for role in column for text in role.contents.texts]
    if draft.year is None:
        years = ", ".join(map(str, draft.years))
        why = draft.say("guess.several_years", years=years) if draft.years else draft.say("guess.no_year")
        return [f"# year: {OPEN}  # ? {why}", *lines]
    sure = given is not None or inside == [str(draft.year)]
    return [draft.line(f"year: {draft.year}", [] if sure else [draft.say("guess.year")]), *lines]


def _file(draft: Draft, alike: list[Table], tables: list[Table]) -> list[str]:
    table, lines = draft.table, []
    others = [one.sheet.name for one in tables if one not in alike]
    if len(tables) > 1:
        names = ", ".join(quoted(one.sheet.name) for one in alike)
        lines.append(
            draft.line(f"  sheets: [{names}]", [draft.say("guess.sheets", sheets=", ".join(others[:LISTED]))] if others else [])
        )
    if not table.rows:
        return ["file:", *lines, draft.line("  header: []", [draft.say("guess.no_header")]), f"  first: {table.first}"]
    lines.append(f"  header: [{', '.join(map(str, table.rows))}]")
    if table.first != max(table.rows) + 1:
        lines.append(f"  first: {table.first}")
    return ["file:", *lines]


# ---- texts


def _text(draft: Draft, field: str, role: Role, used: set[int], *more: tuple[str, str], why: Sequence[str] = ()) -> str:
    """The line of a field that a column of texts serves."""
    used.add(role.number)
    others = [one for one in draft.table.all(field) if one is not role and one.number not in used]
    reasons = draft.doubts(role, *why)
    if others and field not in ("remark", "id"):
        reasons.append(draft.say("guess.several", columns=", ".join(draft.table.name(one) for one in others[:LISTED])))
    extra = list(more)
    if draft.fills(field, [role]):
        extra.append(("fill", "true"))
        reasons.append(draft.say("guess.fill"))
    name = draft.name(role)
    return draft.line(f"{field}: " + (flow([("column", name), *extra]) if extra else name), reasons)


def _region(draft: Draft, used: set[int]) -> list[str]:
    found = sorted(draft.table.all("region"), key=lambda r: (not r.sure, any(key == "guess.region_names" for key, _ in r.why)))
    if not found:
        towns = [draft.table.name(role) for role in draft.table.all("town")]
        why = draft.say("guess.towns", columns=", ".join(towns)) if towns else draft.say("guess.no_region")
        return [f"region: {{value: {OPEN}}}  # ? {plain(why)}"]
    role = found[0]
    keys = [key for key, _ in role.why]
    if "guess.region_cut" in keys:
        return [_text(draft, "region", role, used, ("cut", "6"))]
    line = _text(draft, "region", role, used)
    if "guess.region_names" not in keys:
        return [line]
    why = line.partition("  # ? ")[2]
    lines = ["region:", f"  column: {draft.name(role)}  # ? {why}"] + (["  fill: true"] if "fill: true" in line else [])
    return lines + ["  names:", *draft.asked(list(role.contents.texts), "    ")]


def _texts(draft: Draft, sector: Sector, used: set[int]) -> list[str]:
    lines = []
    for field in TEXTS:
        found = [role for role in draft.table.all(field) if role.number not in used or field in ("nfr", "scc")]
        if field == "subsector" and tells_subsector(draft, sector):
            continue
        for role in found[:1]:
            if field not in ("subsector", "fuel", "technology") or role.contents.numeric:
                lines.append(_text(draft, field, role, used))
                continue
            pairs, rest = names(draft, sector, role, field)
            more = [("names", flow(pairs))] if pairs else []
            lines.append(_text(draft, field, role, used, *more, why=_as_written(draft, rest, bool(pairs))))
    if not any(draft.table.all(field) for field in ("name_zh", "name_en")):
        apart = [role for role in (*draft.table.all("town"), *draft.table.all("subsector")) if role.number not in used]
        lines += [_apart(draft, role, used) for role in apart[:1]]
    return lines


def _as_written(draft: Draft, texts: Sequence[str], some: bool) -> list[str]:
    """That emisim knows no word for some texts."""
    if not texts:
        return []
    told = ", ".join(text[:20] for text in texts[:FEW_TEXTS]) + (", …" if len(texts) > FEW_TEXTS else "")
    return [draft.say("guess.as_written", texts=told)]


def _apart(draft: Draft, role: Role, used: set[int]) -> str:
    """A column of towns, or of crops, as the name of a source: it tells rows apart that are alike else."""
    field = "name_zh" if any(map(is_chinese, role.contents.texts)) else "name_en"
    return _text(draft, field, role, used, why=[draft.say("guess.apart")])


def _id(draft: Draft, used: set[int]) -> list[str]:
    """Columns of identifiers, with the texts beside them where one stands in several rows."""
    found = draft.table.all("id")
    if not found:
        return []
    each = max((len(role.contents.texts) for role in draft.table.all("pollutant")), default=1) if draft.table.long else 1
    alone = [role for role in found if role.sure and max(role.contents.texts.values(), default=1) <= each]
    if alone:
        used.add(alone[0].number)
        return [draft.line(f"id: [{draft.name(alone[0])}]", draft.doubts(alone[0]))]
    fields = ("name_zh", "name_en", "code", "level:1", "level:2", "level:3", "level:4", "subsector", "fuel", "technology", "size")
    beside = [role for field in fields for role in draft.table.all(field) if role.number in used]
    used |= {role.number for role in found}
    names = ", ".join(map(draft.name, [*found, *beside]))
    return [draft.line(f"id: [{names}]", [draft.say("guess.id")])]


# ---- the rest


def _across(draft: Draft) -> list[str]:
    """What cannot be read: several kinds of source in one row."""
    columns = kinds_across(draft)
    kinds = ", ".join(dict.fromkeys(columns.values()))
    return comment(draft.say("guess.kinds_across", kinds=kinds, columns=", ".join(list(columns)[:LISTED]))) if columns else []


def _missing(draft: Draft, used: set[int]) -> list[str]:
    """Words among the figures: what each of them means is for a person to say."""
    read = [r for r in draft.table.roles if r.number in used and r.field in ("activity", *AMOUNTS) and r.contents.numeric]
    words = list(dict.fromkeys(word for role in read for word in role.contents.words if not any(map(str.isdigit, word))))
    return [f"missing:  # ? {draft.say('guess.missing')}", *draft.asked(words, "  ")] if words else []


def _leave_out(draft: Draft, alike: list[Table]) -> list[str]:
    """Headers that come again amid the data, and notes below it."""
    again, notes = draft.table.besides.again, draft.table.besides.notes
    lines = []
    for role in (role for role in draft.table.roles if role.number in again):
        texts = "[" + ", ".join(map(quoted, again[role.number])) + "]"
        pairs = [("column", draft.name(role)), ("is", texts), ("why", quoted(draft.say("guess.header_again")))]
        lines.append(f"  - {flow(pairs)}")
    if notes:
        pairs = [("rows", "[" + ", ".join(f'"{row}"' for row in notes[:LISTED]) + "]")]
        pairs += [("sheet", quoted(draft.table.sheet.name))] if len(alike) > 1 else []
        lines.append(f"  - {flow([*pairs, ('why', quoted(draft.say('guess.notes')))])}")
    return ["leave_out:", *lines] if lines else []


def _unread(draft: Draft, used: set[int]) -> list[str]:
    used = used | {number for role in draft.table.roles for number in role.months if role.number in used}
    names = [_shown(draft, role) for role in draft.table.roles if role.number not in used]
    more = [draft.say("guess.more", count=len(names) - LISTED)] if len(names) > LISTED else []
    return comment(draft.say("guess.unread", columns=", ".join([*names[:LISTED], *more]))) if names else []


def _shown(draft: Draft, role: Role) -> str:
    name = draft.table.name(role)
    return name if role.contents.filled else draft.say("guess.empty", column=name)
