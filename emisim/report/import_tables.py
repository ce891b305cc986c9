"""The account of an import as tables: rows by what became of them, units converted, tonnes that reconcile, what to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from emisim.cautions import cut_off
from emisim.importing.account import FATES, MERGED, Account, fate_of
from emisim.importing.entries import Done, Entries, Why
from emisim.importing.sources import Part
from emisim.inventory import WITHOUT_ACTIVITY
from emisim.report.tables import Table
from emisim.text import guarded, say

SEEN = 1e-11  # of a total: what is missing by rounding to twelve digits only is nothing
TOTALS = 30  # rows of totals that are shown
SHOWN = 12  # sources or columns that a line names


def rows_table(account: Account, language: str) -> Table:
    """Rows of every sheet by what became of them."""
    heads = ("file", "sheet", "rows", *FATES)
    body = []
    for part, count in zip(account.parts, account.count, strict=True):
        sheet = part.entries.sheet
        body.append((sheet.file, sheet.name or "–", f"{sum(count.values()):,}", *(f"{count[f]:,}" for f in FATES)))
    header = tuple(say(f"import.column.{h}", language) for h in heads)
    return Table(say("import.rows", language), header, tuple(body), frozenset(range(2, 7)), frozenset({0, 1}))


def reasons_table(account: Account, language: str) -> Table | None:
    """What was left out, and what was done to rows that were taken; with the tonnes of the first."""
    body = []
    for why in sorted({w for found in account.why for w in found}):
        count = sum(found.get(why, 0) for found in account.why)
        tonnes = "; ".join(f"{b.pollutant} {b.left_out[why]:,.6g} t/yr" for b in account.balance if b.left_out.get(why))
        body.append((say("import.fate.refused", language), why_text(why, language), f"{count:,}", tonnes or "–"))
    for done in Done:
        count = sum(found.get(done, 0) for found in account.done)
        if count:
            body.append((say("import.fate.converted", language), done_text(done, language), f"{count:,}", ""))
    if not body:
        return None
    header = tuple(say(f"import.column.{h}", language) for h in ("fate", "what", "rows", "tonnes"))
    return Table(say("import.reasons", language), header, tuple(body), frozenset({2}), frozenset({1, 3}))


def units_table(account: Account, language: str) -> Table | None:
    """Units that were converted."""
    found = {(c.column, c.written): c for part in account.parts for c in part.entries.conversions}
    body = [(c.column, c.written, c.unit, f"{c.factor:.9g}") for c in found.values()]
    if not body:
        return None
    header = tuple(say(f"import.column.{h}", language) for h in ("column", "written", "unit", "factor"))
    return Table(say("import.units", language), header, tuple(body), frozenset({3}), frozenset({0}))


def balance_table(account: Account, language: str) -> Table:
    """Tonnes in the file, left out, in the inventory, and what is missing."""
    body = []
    for b in account.balance:
        left = sum(b.left_out.values())
        missing = f"{b.missing:.1e}" if abs(b.missing) > SEEN * abs(b.file) else "0"
        body.append((b.pollutant, f"{b.file:,.6f}", f"{left:,.6f}", f"{b.inventory:,.6f}", missing))
    header = tuple(say(f"import.column.{h}", language) for h in ("pollutant", "in_file", "left_out", "in_inventory", "open"))
    note = say("import.balance_note", language)
    return Table(say("import.balance", language), header, tuple(body), frozenset(range(1, 5)), note=note)


def totals_table(account: Account, language: str) -> Table | None:
    """What rows of totals say, beside the rows that they may be the total of."""
    body = []
    shown = sorted(account.stated, key=lambda s: (s.agrees, s.part, s.line))[:TOTALS]
    for s in sorted(shown, key=lambda s: (s.part, s.line)):
        sheet = account.parts[s.part].entries.sheet
        verdict = say("import.agrees" if s.agrees else "import.differs", language)
        body.append((str(sheet.place(s.line)), s.pollutant, f"{s.says:,.6g}", f"{s.sum:,.6g}", verdict))
    if not body:
        return None
    header = tuple(say(f"import.column.{h}", language) for h in ("row", "pollutant", "says", "sum", "verdict"))
    rest = len(account.stated) - len(shown)
    note = say("import.totals_more", language, count=rest) if rest else ""
    return Table(say("import.totals", language), header, tuple(body), frozenset({2, 3}), frozenset({0}), note)


def all_tables(account: Account, language: str) -> list[Table]:
    """The whole account."""
    found = [
        rows_table(account, language),
        reasons_table(account, language),
        units_table(account, language),
        totals_table(account, language),
        balance_table(account, language),
    ]
    return [table for table in found if table is not None]


def why_text(why: Why, language: str) -> str:
    """Why a row was left out."""
    return say(f"import.why.{why.name.lower()}", language)


def done_text(done: Done, language: str) -> str:
    """What was done to a row."""
    return say(f"import.done.{done.name.lower()}", language)


def cautions(
    account: Account, unread: dict[str, tuple[str, ...]], language: str, ends: Iterable[tuple[str, bytes]] = ()
) -> list[str]:
    """What to look at before the inventory is used, one line each. ends : see ``emisim.cautions.cut_off``."""
    return [*(f.text(language) for f in cut_off(ends)), *_cautions(account, unread, language)]


def _cautions(account: Account, unread: dict[str, tuple[str, ...]], language: str) -> Iterator[str]:
    sources = account.sources
    if account.without_activity == len(sources):
        yield say("import.caution.all_alone", language, unit=WITHOUT_ACTIVITY)
    elif account.without_activity:
        yield say("import.caution.alone", language, count=f"{account.without_activity:,}", unit=WITHOUT_ACTIVITY)
    for stated in [s for s in account.stated if not s.agrees][:TOTALS]:
        place = account.parts[stated.part].entries.sheet.place(stated.line)
        values = {"pollutant": stated.pollutant, "says": f"{stated.says:,.6g}", "sum": f"{stated.sum:,.6g}"}
        yield say("import.caution.total", language, place=str(place), **values)
    for part, done in zip(account.parts, account.done, strict=True):
        if done.get(Done.ROUNDED):
            yield say("import.caution.rounded", language, file=part.entries.sheet.file, count=done[Done.ROUNDED])
        yield from _absent(part, language)
        if part.entries.foreign:
            words = ", ".join(f"{word}: {count:,}" for word, count in sorted(part.entries.foreign.items())[:SHOWN])
            yield say("import.caution.pollutants", language, file=_name(part), words=words, count=len(part.entries.foreign))
        yield from (note.text(language) for note in part.entries.notes)
        if part.entries.unread:
            names = part.entries.unread
            columns = ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
            yield say("import.caution.columns", language, file=_name(part), columns=columns, count=len(names))
    for file, sheets in unread.items():
        if sheets:
            yield say("import.caution.sheets", language, file=file, sheets=", ".join(sheets))
    drivers = ", ".join(sorted(set(sources.text["growth_driver"])))
    yield say("import.caution.growth", language, drivers=drivers)


def _name(part: Part) -> str:
    sheet = part.entries.sheet
    return f"{sheet.file}:{sheet.name}" if sheet.name else sheet.file


def _absent(part: Part, language: str) -> Iterator[str]:
    """Cells without a figure, by the word that stands there."""
    by_pollutant: dict[str, list[str]] = {}
    for (pollutant, word), count in sorted(part.entries.absent.items()):
        meaning = part.mapping.missing[word].text(language) if word in part.mapping.missing else ""
        label = f"{word} ({meaning})" if meaning else word or say("import.blank", language)
        by_pollutant.setdefault(pollutant, []).append(f"{label}: {count:,}")
    if by_pollutant:
        words = "; ".join(f"{p}: {', '.join(found)}" for p, found in by_pollutant.items())
        yield say("import.caution.absent", language, file=_name(part), words=words)


def account_text(account: Account, language: str) -> str:
    """Every row of every sheet, as the text of ``account.csv``. Put together line by line: for a million rows a writer of CSV takes longer than
    all the rest."""
    names = account.sources.pollutants
    header = ("file", "sheet", "row", "fate", "what", "source_id", "with_row", *(f"{n}_t" for n in names))
    lines = [",".join(header)]
    for part in range(len(account.parts)):
        lines += _account_of(part, account, language)
    return "\n".join(lines) + "\n"


def _account_of(part: int, account: Account, language: str) -> list[str]:
    entries, sources = account.parts[part].entries, account.sources
    begin = f"{_quoted(entries.sheet.file)},{_quoted(entries.sheet.name)}"
    empty = "," * len(sources.pollutants)
    refused = _quoted(say("import.fate.refused", language))
    outside = [(line, Why.HEADING) for line in entries.heading] + [(line, Why.OUTSIDE) for line in entries.outside]
    out = [f"{begin},{line},{refused},{_quoted(why_text(why, language))},,{empty}" for line, why in outside]
    fate = fate_of(part, account.parts, sources)
    labels = [_quoted(say(f"import.fate.{f}", language)) for f in FATES]
    of = sources.of[part]
    names = [*sources.id, ""]  # the last for rows without a source, whose number is -1
    first, leads = _first_rows(account, of, fate == FATES.index(MERGED))
    what = _what(entries, language)
    columns = [_tonnes(entries, name) for name in sources.pollutants]
    told = zip(entries.line.tolist(), fate.tolist(), what, of.tolist(), leads, *columns, strict=True)
    if len(columns) == 1:
        return out + [f"{begin},{n},{labels[f]},{w},{names[s]},{first[k]},{a}" for n, f, w, s, k, a in told]
    return out + [f"{begin},{n},{labels[f]},{w},{names[s]},{first[k]},{','.join(rest)}" for n, f, w, s, k, *rest in told]


def _first_rows(account: Account, of: np.ndarray, merged: np.ndarray) -> tuple[list[str], list[int]]:
    """Row that each source was first told of, an empty text at the end; and for every row its place there: that of its source if it was
    merged into it, else the last."""
    sources = account.sources
    first = [str(account.parts[p].entries.line[r]) for p, r in zip(sources.part.tolist(), sources.row.tolist(), strict=True)]
    return [*first, ""], np.where(merged, of, -1).tolist()


def _what(entries: Entries, language: str) -> list[str]:
    """What was done to each row, or why it was left out."""
    pairs = entries.why.astype(np.int64) << 32 | entries.done
    known, number = np.unique(pairs, return_inverse=True)
    texts = []
    for pair in known.tolist():
        why, done = Why(pair >> 32), pair & 0xFFFFFFFF
        texts.append("; ".join([why_text(why, language)] if why else [done_text(d, language) for d in Done if done & d]))
    what = list(map(list(map(_quoted, texts)).__getitem__, number.tolist()))
    for row, reason in entries.reason.items():
        what[row] = _quoted(f"{why_text(Why(entries.why[row]), language)}: {reason.text(language)}")
    return what


def _quoted(text: str) -> str:
    """A text as a field of CSV, guarded like all others."""
    text = guarded(text)
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n\r') else text


def _tonnes(entries: Entries, name: str) -> list[str]:
    """What each row states of one pollutant [t/yr]."""
    if name not in entries.pollutants:
        return [""] * len(entries)
    mine = entries.amounts.pollutant == entries.pollutants.index(name)
    texts = [f"{value:.12g}" for value in entries.amounts.emission[mine].tolist()]
    rows = entries.amounts.row[mine]
    if rows.size == len(entries) and (rows[1:] > rows[:-1]).all():
        return texts
    out = [""] * len(entries)
    for row, text in zip(rows.tolist(), texts, strict=True):
        out[row] = text
    return out


def as_data(account: Account) -> dict[str, Any]:
    """The account as plain data, for other programs."""
    return {
        "rows": [
            {
                "file": p.entries.sheet.file,
                "sheet": p.entries.sheet.name,
                "rows": sum(count.values()),
                **count,
                "refused_for": {w.name.lower(): n for w, n in why.items()},
                "conversions": {d.name.lower(): n for d, n in done.items()},
            }
            for p, count, why, done in zip(account.parts, account.count, account.why, account.done, strict=True)
        ],
        "units": [
            {"column": c.column, "written": c.written, "unit": c.unit, "factor": c.factor}
            for p in account.parts
            for c in p.entries.conversions
        ],
        "totals": {
            b.pollutant: {
                "file_t": b.file,
                "left_out_t": {w.name.lower(): t for w, t in b.left_out.items()},
                "inventory_t": b.inventory,
                "sums_t": b.sums,
            }
            for b in account.balance
        },
        "stated": [
            {
                "place": str(account.parts[s.part].entries.sheet.place(s.line)),
                "pollutant": s.pollutant,
                "says_t": s.says,
                "sum_t": s.sum,
            }
            for s in account.stated
        ],
        "sources": len(account.sources),
        "sources_without_activity": account.without_activity,
    }
