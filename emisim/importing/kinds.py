"""What the codes of a foreign inventory mean: its own codes → kinds of source, and no total counted beside its parts."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping as Dict
from dataclasses import replace

import numpy as np

from emisim.errors import nearest
from emisim.importing.codes import Kind, classify, restored, tables
from emisim.importing.entries import Amounts, Done, Entries, Why
from emisim.importing.mapping import Mapping
from emisim.importing.problems import Problems
from emisim.importing.texts import JOIN, folded
from emisim.vocabulary import sectors

SHOWN = 8
MOST = 0.5  # of the codes of a column have one number of digits: a shorter one has lost a zero
NOTHING = 1e-6  # of a whole: what its parts leave over is nothing
ROUNDING = 5e-3  # of a whole: by so much may its parts add to more


def kinds(entries: Entries, mapping: Mapping, problems: Problems, own: bool = True) -> tuple[Entries, Dict[str, Kind]]:
    """Settle what each code means. ``own``: the mapping is of this file, so that all it says of codes should be needed.

    Returns
    -------
    The entries, with the rows left out whose code is a total, a memo item or left out by name; and the kind of every other code.
    """
    if "code" not in entries.words:
        problems.add("import.no_code", entries.sheet.place())
        return entries, {}
    words = entries.words["code"]
    given = {folded(code).casefold(): _own(text) for code, text in mapping.codes.map.items()}
    gone = {folded(code).casefold() for code in mapping.codes.leave_out}
    found: dict[str, Kind] = {}
    notes = Problems()
    why = entries.why.copy()
    taken = np.flatnonzero(why == Why.TAKEN)
    order = taken[np.argsort(words.code[taken], kind="stable")]
    used, start = np.unique(words.code[order], return_index=True)
    groups = dict(zip(used.tolist(), np.split(order, start[1:]), strict=True)) if used.size else {}
    met = {folded(text).casefold() for text in words.text}
    digits = _digits([words.text[number] for number in groups])
    for number, rows in groups.items():
        text = words.text[number]
        if folded(text).casefold() in gone:
            why[rows] = Why.CODE
            continue
        kind = given.get(folded(text).casefold())
        short = kind is None and text.isdigit() and len(text) == digits - 1
        kind = kind or _of_tables(mapping.codes.table, text)
        if short and _of_tables(mapping.codes.table, f"0{text}"):
            # A code of another level may be meant, where the table knows it as it stands.
            told, key = (notes, "import.note.lost_zero") if kind else (problems, "import.lost_zero")
            _lost(entries, mapping, text, f"0{text}", rows, told, key)
        elif kind is None and text not in entries.spoilt:
            _unknown(entries, mapping, text, rows, problems)
        if kind and kind.role in ("total", "memo"):
            why[rows] = Why.TOTAL if kind.role == "total" else Why.MEMO
        elif kind:
            found[text] = kind
    if own:
        unused = [code for code in (*mapping.codes.map, *mapping.codes.leave_out) if folded(code).casefold() not in met]
        if unused:
            notes.add("import.note.unused_codes", entries.sheet.place(), codes=", ".join(unused))
    wide = [f"{text} → {kind.code}" for text, kind in found.items() if _upper(text, kind, mapping.codes.table)]
    if wide:
        more = f" … (+{len(wide) - SHOWN})" if len(wide) > SHOWN else ""
        notes.add("import.note.upper", entries.sheet.place(), codes="; ".join(wide[:SHOWN]) + more)
    return replace(entries, why=why, notes=(*entries.notes, *notes.faults)), found


def _upper(text: str, kind: Kind, names: tuple[str, ...]) -> bool:
    """Whether the last level of a text says nothing to the tables."""
    levels = re.split(r"\s*[/／|]\s*", text)
    return len(levels) > 1 and bool(kind.code) and _of_tables(names, JOIN.join(levels[:-1])) == kind


def _own(text: str) -> Kind | None:
    """``sector/subsector/fuel/technology`` as a kind; None if there is no such sector."""
    sector, *rest = (part.strip() for part in text.split("/"))
    if sector not in sectors():
        return None
    subsector, fuel, technology = (*rest, "", "", "")[:3]
    word = sectors()[sector]
    return Kind("", sector, subsector, fuel, technology, "", word.zh, word.en)


def _of_tables(names: tuple[str, ...], text: str) -> Kind | None:
    """The kind of a code by the tables in turn; last by the names of emisim's own sectors."""
    for name in names:
        kind = classify(name, text)
        if kind:
            return kind
    plain = folded(text).casefold()
    for word in sectors().values():
        if plain in (word.id, word.zh, word.en, word.zh.removesuffix("源")):
            return Kind(word.id, word.id, "", "", "", "", word.zh, word.en)
    return None


def _unknown(entries: Entries, mapping: Mapping, text: str, rows: np.ndarray, problems: Problems) -> None:
    place = entries.sheet.place(int(entries.line[rows[0]]))
    table = ", ".join(mapping.codes.table) or "-"
    whole = next(filter(None, (restored(name, text) for name in mapping.codes.table)), "")
    if whole:
        _lost(entries, mapping, text, whole, rows, problems, "import.lost_zero")
        return
    known = [code for name in mapping.codes.table for code in tables().get(name, ())] if len(text) < 40 else []
    key = "import.empty_code" if not text else "import.unknown_code"
    if problems.enough(key, place):
        problems.add(key, place)
        return
    problems.add(key, place, code=text, table=table, near=nearest(text, known) if len(known) < 3000 else "", count=int(rows.size))


def _lost(entries: Entries, mapping: Mapping, text: str, whole: str, rows: np.ndarray, problems: Problems, key: str) -> None:
    """A code whose leading zero is gone."""
    column = ", ".join(mapping.code.column if mapping.code else ())
    place = entries.sheet.place(int(entries.line[rows[0]]))
    problems.add(key, place, code=text, whole=whole, digits=len(whole), column=column)


def _digits(codes: list[str]) -> int:
    """The number of digits that most of some codes have; 0 where there is no such number."""
    count = Counter(len(code) for code in codes if code.isdigit())
    length, most = count.most_common(1)[0] if count else (0, 0)
    return length if most > MOST * count.total() and most > 1 else 0


def broken_down(entries: Entries, mapping: Mapping, problems: Problems) -> Entries:
    """Leave out what is the sum of other rows, where a file lists totals of all levels.

    Of a row whose code is broken down by others (``Energy`` by ``Energy|Demand``) only what these leave over counts.
    """
    sign = mapping.codes.tree
    if not sign or "code" not in entries.words:
        return entries
    codes = entries.words["code"].all()
    others = [entries.words[f].code for f in entries.words if f not in ("code", "pollutant", "name_zh", "name_en", "remark")]
    amounts = entries.amounts
    emission, keep = amounts.emission.copy(), np.ones(amounts.row.size, dtype=bool)
    groups: dict[tuple, dict[tuple[str, ...], int]] = {}
    done = entries.done.copy()
    for k, row in enumerate(amounts.row.tolist()):
        if entries.why[row] == Why.TAKEN:
            group = groups.setdefault((int(amounts.pollutant[k]), *(int(c[row]) for c in others)), {})
            path = tuple(part.strip() for part in codes[row].split(sign) if part.strip())
            if path in group:
                place = entries.sheet.place(int(entries.line[row]))
                problems.add(
                    "import.twice", place, code=_whole(entries, row, sign), line=int(entries.line[amounts.row[group[path]]])
                )
            group[path] = k
    for group in groups.values():
        for path, parts in _parts(group).items():
            k = group[path]
            whole, sum_of_parts = emission[k], math.fsum(amounts.emission[part] for part in parts)
            row = int(amounts.row[k])
            rest = whole - sum_of_parts
            gone = codes[row] in mapping.codes.leave_out
            if rest < -ROUNDING * abs(whole) and not gone:
                values = {"code": _whole(entries, row, sign), "whole": f"{whole:,.6g}", "parts": f"{sum_of_parts:,.6g}"}
                problems.add("import.parts", entries.sheet.place(int(entries.line[row])), **values)
            if rest > NOTHING * abs(whole) and not path and "" not in mapping.codes.map and "" not in mapping.codes.leave_out:
                values = {"code": _whole(entries, row, sign), "whole": f"{whole:,.6g}", "rest": f"{rest:,.6g}"}
                problems.add("import.rest", entries.sheet.place(int(entries.line[row])), **values)
            if rest > NOTHING * abs(whole):
                emission[k] = rest
                done[row] |= Done.REST
            else:
                keep[k] = False
    left = Amounts(
        amounts.row[keep], amounts.pollutant[keep], emission[keep], amounts.efficiency[keep], amounts.effectiveness[keep]
    )
    why = entries.why.copy()
    told = np.zeros(why.size, dtype=bool)
    told[left.row] = True
    gone = np.zeros(why.size, dtype=bool)
    gone[amounts.row[~keep]] = True
    why[gone & ~told & (why == Why.TAKEN)] = Why.BROKEN_DOWN
    # What a row broken down states stays with it, for the account.
    back = ~keep & (why[amounts.row] == Why.BROKEN_DOWN)
    joined = [np.concatenate([getattr(left, f), getattr(amounts, f)[back]]) for f in left.__dataclass_fields__]
    return replace(entries, amounts=Amounts(*joined), why=why, done=done)


def _whole(entries: Entries, row: int, sign: str) -> str:
    """The code of a row in words of the file: with what stands before it, where the pollutant is a part of it."""
    pollutant = entries.words.get("pollutant")
    return sign.join(filter(None, (pollutant[row] if pollutant else "", entries.words["code"][row])))


def _parts(group: dict[tuple[str, ...], int]) -> dict[tuple[str, ...], list[int]]:
    """Path → its parts: those whose nearest ancestor it is."""
    parts: dict[tuple[str, ...], list[int]] = {}
    for path, k in group.items():
        above = next((path[:n] for n in range(len(path) - 1, -1, -1) if path[:n] in group), None)
        if above is not None:
            parts.setdefault(above, []).append(k)
    return parts
