"""The account of an import: what became of every row, and that no tonne was lost or made.

in the file, sums aside  =  in the inventory  +  left out, and why
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emisim.errors import Broken
from emisim.importing.entries import Done, Entries, Why
from emisim.importing.sources import Part, Sources
from emisim.importing.tables import KG, factors, figure

CLOSES = 1e-9
SUMS = (Why.TOTAL, Why.BROKEN_DOWN)  # rows that say again what other rows say
USED, CONVERTED, MERGED, REFUSED = "used", "converted", "merged", "refused"
FATES = (USED, CONVERTED, MERGED, REFUSED)
ROUNDED = 5e-3  # what a total says may differ by so much before it is told


@dataclass(frozen=True)
class Balance:
    """Tonnes a year of one pollutant: stated in the rows of the file, sums of other rows aside; of that left out, by reason; in the inventory.
    sums : stated by rows that are sums of others."""

    pollutant: str
    file: float
    left_out: Mapping[Why, float]
    inventory: float
    sums: float

    @property
    def missing(self) -> float:
        """What is missing or too much in the inventory [t/yr]."""
        return self.file - math.fsum(self.left_out.values()) - self.inventory


@dataclass(frozen=True)
class Stated:
    """A row of totals in the file: what it says [t/yr], and the sum of the rows taken that comes nearest."""

    part: int
    line: int
    pollutant: str
    says: float
    sum: float

    @property
    def agrees(self) -> bool:
        return abs(self.says - self.sum) <= ROUNDED * max(abs(self.says), abs(self.sum))


@dataclass(frozen=True, eq=False)
class Account:
    """What became of everything.

    count : part → fate → rows. why : part → reason → rows. done : part → what was done → rows. balance : by pollutant. stated : rows of totals.
    """

    parts: Sequence[Part]
    sources: Sources
    count: Sequence[Mapping[str, int]]
    why: Sequence[Mapping[Why, int]]
    done: Sequence[Mapping[Done, int]]
    balance: Sequence[Balance]
    stated: Sequence[Stated]

    @property
    def without_activity(self) -> int:
        """Sources of which only the emission is known."""
        return int(self.sources.alone.sum())


def account(parts: Sequence[Part], sources: Sources) -> Account:
    """Make the account.

    Raises
    ------
    Broken
        The inventory holds another amount than the rows that were taken.
    """
    balance = _balance(parts, sources)
    for one in balance:
        if not abs(one.missing) <= CLOSES * max(abs(one.file), 1e-12):
            raise Broken(f"the import does not close: {one.pollutant}: {one.missing!r} t/yr of {one.file!r}")
    fates = [fate_of(k, parts, sources) for k in range(len(parts))]
    count = [{f: int((fate == n).sum()) for n, f in enumerate(FATES)} for fate in fates]
    why = [_reasons(p.entries) for p in parts]
    for mine, p in zip(count, parts, strict=True):
        mine[REFUSED] += len(p.entries.heading) + len(p.entries.outside)
    done = []
    for p in parts:
        taken = p.entries.why == Why.TAKEN
        done.append({d: n for d in Done if (n := int(((p.entries.done & d) > 0)[taken].sum()))})
    return Account(parts, sources, count, why, done, balance, tuple(_stated(parts)))


def _reasons(entries: Entries) -> dict[Why, int]:
    """Why rows were left out → how many."""
    found = {w: int((entries.why == w).sum()) for w in Why if w}
    found |= {Why.HEADING: len(entries.heading), Why.OUTSIDE: len(entries.outside)}
    return {w: n for w, n in found.items() if n}


def fate_of(part: int, parts: Sequence[Part], sources: Sources) -> np.ndarray:
    """Place in ``FATES`` for every row of a sheet: (row,). Of several rows that make one source the first is used or converted, the
    others are merged into it."""
    entries = parts[part].entries
    of = sources.of[part]
    plain = np.where(entries.done > 0, FATES.index(CONVERTED), FATES.index(USED))
    lead = (of >= 0) & (sources.part[np.maximum(of, 0)] == part) & (sources.row[np.maximum(of, 0)] == np.arange(of.size))
    return np.where(of < 0, FATES.index(REFUSED), np.where(lead, plain, FATES.index(MERGED))) if of.size else of


def _balance(parts: Sequence[Part], sources: Sources) -> list[Balance]:
    """Stated in the rows, left out of these, and in the tables as they are written: activity × factor."""
    written = np.array(list(map(float, map(figure, sources.activity.tolist()))))
    factor = factors(sources)
    out = []
    for p, name in enumerate(sources.pollutants):
        column = factor[:, p]
        told = ~np.isnan(column)
        texts = np.array(list(map(float, map(figure, column[told].tolist()))))
        inventory = math.fsum((written[told] * texts / KG).tolist())
        file, left = [], {}
        for part in parts:
            entries = part.entries
            if name not in entries.pollutants:
                continue
            amounts = entries.amounts
            mine = amounts.pollutant == entries.pollutants.index(name)
            why = entries.why[amounts.row[mine]]
            emission = amounts.emission[mine]
            file.append(math.fsum(emission.tolist()))
            for reason in np.unique(why[why != Why.TAKEN]).tolist():
                left.setdefault(Why(reason), []).append(math.fsum(emission[why == reason].tolist()))
        sums = math.fsum(x for w in SUMS for x in left.pop(w, ()))
        out.append(Balance(name, math.fsum(file) - sums, {w: math.fsum(v) for w, v in left.items()}, inventory, sums))
    return out


def _stated(parts: Sequence[Part]) -> Iterator[Stated]:
    """What rows of totals say, beside the nearest of these sums: of all rows before them, of those since the last total, of all of the sheet;
    each of the rows taken, and with those left out by name."""
    for k, part in enumerate(parts):
        entries = part.entries
        rows = np.flatnonzero(entries.why == Why.TOTAL)
        if not rows.size:
            continue
        for p, name in enumerate(entries.pollutants):
            yield from _stated_of(k, entries, rows, p, name)


def _stated_of(part: int, entries: Entries, totals: np.ndarray, p: int, name: str) -> Iterator[Stated]:
    amounts = entries.amounts
    mine = amounts.pollutant == p
    value = np.zeros(len(entries))
    np.add.at(value, amounts.row[mine], amounts.emission[mine])
    said = np.zeros(len(entries), dtype=bool)
    said[amounts.row[mine]] = True
    taken = entries.why == Why.TAKEN
    # A bureau's total also counts what its reader leaves out by name.
    named = taken | np.isin(entries.why, (Why.LEFT_OUT, Why.CODE))
    sums = [np.concatenate([[0.0], np.cumsum(np.where(which, value, 0.0))]) for which in (taken, named)]
    for at in totals[said[totals]].tolist():
        k = int(np.searchsorted(totals, at))
        before = totals[k - 1 : k].tolist() if k else []
        candidates = [x for s in sums for x in (s[at], s[-1], *(s[at] - s[t] for t in before))]
        nearest = min(candidates, key=lambda s: abs(s - value[at]))
        yield Stated(part, int(entries.line[at]), name, float(value[at]), float(nearest))
