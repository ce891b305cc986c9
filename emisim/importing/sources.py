"""Rows that tell of one source become one source: emissions add up, activities too, and the control in place goes with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emisim.importing.amounts import scale
from emisim.importing.codes import Kind
from emisim.importing.entries import APART, NAMED, TEXTS, Entries, Why
from emisim.importing.ids import source_ids
from emisim.importing.mapping import Mapping
from emisim.importing.problems import Problems
from emisim.inventory import WITHOUT_ACTIVITY
from emisim.vocabulary import pollutants

SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Part:
    """One sheet that was read: its entries, the mapping and the kind of every code."""

    entries: Entries
    mapping: Mapping
    kinds: Dict[str, Kind]


@dataclass(frozen=True, eq=False)
class Sources:
    """Imported sources.

    id : (source,). text : field → (source,) texts. kind : (source,). activity : (source,) in ``unit``, 1 where none is known. emission : (source,
    pollutant) [t/yr], nan where the file has no figure. efficiency, effectiveness : (source, pollutant) [1]. alone : (source,) whether only its
    emission is known. part, row : (source,) the first row that tells of it. of : part → (row,) number of the source, -1 for rows that are left out.
    """

    id: Sequence[str]
    text: Dict[str, Sequence[str]]
    kind: Sequence[Kind]
    activity: np.ndarray
    unit: Sequence[str]
    pollutants: tuple[str, ...]
    emission: np.ndarray
    efficiency: np.ndarray
    effectiveness: np.ndarray
    alone: np.ndarray
    part: np.ndarray
    row: np.ndarray
    of: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return self.part.size


def gather(parts: Sequence[Part], problems: Problems) -> Sources:
    """Make one source of all rows that tell of it.

    Rows tell of one source if they agree in the columns ``id`` of the mapping and in the kind of source, or without ``id`` in all texts.
    """
    taken = [np.flatnonzero(p.entries.why == Why.TAKEN) for p in parts]
    part = np.concatenate([np.full(rows.size, k) for k, rows in enumerate(taken)]) if taken else np.empty(0, int)
    row = np.concatenate(taken) if taken else np.empty(0, int)
    words = {field: _numbered(parts, taken, field) for field in (*TEXTS, "id")}
    activity = _joined(parts, taken, lambda e: e.activity)
    keys = [words[f] for f in APART]
    # Names tell sources apart only where nothing else is said to.
    named = np.array([bool(p.mapping.id) for p in parts])[part] if parts else np.empty(0, bool)
    keys += [(np.where(named, 0, words[f][0] + 1), [*words[f][1], ""]) for f in NAMED]
    long = np.array([p.mapping.long is not None for p in parts])[part] if parts else np.empty(0, bool)
    keys.append((np.where(long, 0, 1 + np.isnan(activity)), ["", "", ""]))
    first, source = _together(keys, part.size)
    text = {f: [words[f][1][k] for k in words[f][0][first].tolist()] for f in TEXTS}
    kind = [parts[p].kinds[code] for p, code in zip(part[first].tolist(), text["code"], strict=True)] if part.size else []
    amount, unit, alone = _activities(parts, taken, part, row, source, first, activity, long, problems)
    emission, efficiency, effectiveness, names = _emissions(parts, taken, source, first.size)
    _idle(parts, part[first], row[first], amount, emission, names, problems)
    ids = [words["id"][1][k] for k in words["id"][0][first].tolist()]
    of, start = [], 0
    for k, rows in enumerate(taken):
        mine = np.full(len(parts[k].entries), -1)
        mine[rows] = source[start : start + rows.size]
        of.append(mine)
        start += rows.size
    return Sources(
        _names(ids, text, kind, alone & ~long[first]), text, kind, amount, unit, names, emission, efficiency, effectiveness,
        alone, part[first], row[first], tuple(of),
    )  # fmt: skip


def _joined(parts, taken, of) -> np.ndarray:
    arrays = [of(p.entries)[rows] for p, rows in zip(parts, taken, strict=True)]
    return np.concatenate(arrays) if arrays else np.empty(0)


def _numbered(parts: Sequence[Part], taken: Sequence[np.ndarray], field: str) -> tuple[np.ndarray, list[str]]:
    """Numbers of the texts of one field over all sheets, and the texts; an empty text where a sheet does not have it."""
    known: dict[str, int] = {}
    out = []
    for part, rows in zip(parts, taken, strict=True):
        words = part.entries.words.get(field)
        if words is None:
            out.append(np.full(rows.size, known.setdefault("", len(known))))
        else:
            number = np.array([known.setdefault(text, len(known)) for text in words.text], dtype=np.int64)
            out.append(number[words.code[rows]] if rows.size else np.empty(0, dtype=np.int64))
    return (np.concatenate(out) if out else np.empty(0, dtype=np.int64)), list(known)


def _together(keys: Sequence[tuple[np.ndarray, Sequence[str]]], rows: int) -> tuple[np.ndarray, np.ndarray]:
    """First row of each group of rows that agree in all keys, in the order of the rows; and the group of every row."""
    joint, size = np.zeros(rows, dtype=np.int64), 1
    for code, texts in keys:
        many = len(texts) + 1
        if size > 2**62 // many:
            joint = np.unique(joint, return_inverse=True)[1]
            size = int(joint.max(initial=0)) + 1
        joint, size = joint * many + code, size * many
    _, first, group = np.unique(joint, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    return first[order], place[group]


def _activities(parts, taken, part, row, source, first, activity, long, problems):
    """Activity of each source, its unit, and whether it has none: that of its first row with a figure; those of further rows add up, unless each row brings
    another pollutant and repeats it."""
    count = first.size
    units, number = _units(parts, taken)
    known = np.flatnonzero(~np.isnan(activity))
    lead = np.full(count, -1)
    lead[source[known[::-1]]] = known[::-1]  # the first one stays
    scales = [scale(u) for u in units]
    factor, base = np.array([s.factor for s in scales] or [1.0]), np.array([s.base for s in scales] or [""])
    mine, of = lead[source[known]], known
    for k in np.flatnonzero(base[number[of]] != base[number[mine]]).tolist():
        _differ("import.activity_kind", parts, part, row, of[k], mine[k], problems, units[number[of[k]]], units[number[mine[k]]])
    same_unit = number[of] == number[mine]
    value = np.where(same_unit, activity[of], activity[of] * factor[number[of]] / factor[number[mine]])
    repeated = long[of]
    apart = repeated & (np.abs(value - activity[mine]) > SAME * np.abs(activity[mine]))
    for k in np.flatnonzero(apart).tolist():
        said, first_said = f"{activity[of[k]]:.12g}", f"{activity[mine[k]]:.12g}"
        _differ("import.activity_differs", parts, part, row, of[k], mine[k], problems, said, first_said)
    adds = ~repeated | (of == mine)
    total = np.bincount(source[of[adds]], weights=value[adds], minlength=count)
    has = lead >= 0
    return np.where(has, total, 1.0), [units[number[k]] if k >= 0 else WITHOUT_ACTIVITY for k in lead.tolist()], ~has


def _units(parts, taken) -> tuple[list[str], np.ndarray]:
    known: dict[str, int] = {}
    out = []
    for part, rows in zip(parts, taken, strict=True):
        words = part.entries.activity_unit
        number = np.array([known.setdefault(text, len(known)) for text in words.text] or [0], dtype=np.int64)
        out.append(number[np.maximum(words.code[rows], 0)])
    return list(known), np.concatenate(out) if out else np.empty(0, dtype=np.int64)


def _differ(key, parts, part, row, here, there, problems, found, first) -> None:
    entries, other = parts[part[here]].entries, parts[part[there]].entries
    place = entries.sheet.place(int(entries.line[row[here]]))
    problems.add(key, place, found=found, first=first, line=int(other.line[row[there]]))


def _emissions(parts, taken, source, count):
    """Emission, efficiency and effectiveness of the control in place: (source, pollutant) each, and the names of the pollutants.

    Where several rows are one source, E = Σ E_k and U = Σ E_k/(1 − η_k·RE_k), so that η = 1 − E/U; one that all share stays as it is.
    """
    told = {part.entries.pollutants[p] for part in parts for p in np.unique(part.entries.amounts.pollutant).tolist()}
    names = tuple(p for p in pollutants() if p in told)
    shape = (count, len(names))
    cells, values, start = [], [], 0
    for part, rows in zip(parts, taken, strict=True):
        amounts = part.entries.amounts
        mine = np.full(len(part.entries), -1)
        mine[rows] = source[start : start + rows.size]
        start += rows.size
        here = mine[amounts.row] >= 0
        column = np.array([names.index(p) if p in told else 0 for p in part.entries.pollutants] or [0])
        cells.append(mine[amounts.row[here]] * len(names) + column[amounts.pollutant[here]])
        values.append(np.stack([amounts.emission[here], amounts.efficiency[here], amounts.effectiveness[here]]))
    cell = np.concatenate(cells) if cells else np.empty(0, int)
    if not cell.size:
        return np.full(shape, np.nan), np.zeros(shape), np.ones(shape), names
    emission, efficiency, effectiveness = np.concatenate(values, axis=1)
    size = count * len(names)
    total = np.bincount(cell, weights=emission, minlength=size)
    told = np.bincount(cell, minlength=size)
    free = np.bincount(cell, weights=emission / np.maximum(1 - efficiency * effectiveness, 1e-300), minlength=size)
    first = np.full(size, -1)
    first[cell[::-1]] = np.arange(cell.size)[::-1]
    like = (efficiency == efficiency[first[cell]]) & (effectiveness == effectiveness[first[cell]])
    shared = np.bincount(cell, weights=~like, minlength=size) == 0
    safe = np.maximum(first, 0)
    joint = 1 - np.divide(total, free, out=np.ones(size), where=free > 0)
    eta = np.where(told > 0, np.where(shared, efficiency[safe], joint), 0.0)
    effect = np.where((told > 0) & shared, effectiveness[safe], 1.0)
    return np.where(told > 0, total, np.nan).reshape(shape), eta.reshape(shape), effect.reshape(shape), names


def _idle(parts, part, row, activity, emission, names, problems) -> None:
    """What emits without any activity has no factor."""
    for source, p in np.argwhere((activity[:, None] == 0) & (emission > 0)).tolist():
        entries = parts[part[source]].entries
        place = entries.sheet.place(int(entries.line[row[source]]))
        problems.add("import.activity_zero", place, pollutant=names[p], emission=f"{emission[source, p]:.6g}")


def _names(ids, text, kind, alone) -> list[str]:
    """Ids of sources by the words that tell them apart; the columns ``id`` of the mapping are the name where there are any. Whether an activity is
    known counts only where nothing else tells two sources apart."""
    kinds = ("region", "code", "subsector", "fuel", "technology", "size", "nfr", "scc")
    named = ("name_en", "name_zh", "lon", "lat")
    words = list(zip(ids, *(text[f] for f in kinds), strict=True))
    rest = zip(*(text[f] for f in named), text["growth_driver"], strict=True)
    words = [(*w, driver) if w[0] else (*w, driver, *names) for w, (*names, driver) in zip(words, rest, strict=True)]
    count = Counter(words)
    words = [(*w, str(without)) if count[w] > 1 else w for w, without in zip(words, alone.tolist(), strict=True)]
    names = [(w[0],) if w[0] else (k.subsector or k.sector, *w[1:7]) for w, k in zip(words, kind, strict=True)]
    return source_ids(names, words)
