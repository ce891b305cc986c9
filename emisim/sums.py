"""What a run sums to, kind by kind of source and region by region: all that the report of a nation needs, however many sources it has.

Sources of one kind agree in every word but their region, their names and their id; stages of a manure chain also in the kinds they are fed by.
Sums of parts add up to the sums of the whole, part after part in their order, so that it does not matter who made them, or when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from emisim.balances import Balances
from emisim.case import Case
from emisim.crediting import Project
from emisim.inventory import SourceTexts
from emisim.kernel import State
from emisim.kinds import kinds_of
from emisim.ledger import Ledger
from emisim.nitrogen import Chain
from emisim.program import Base
from emisim.simulate import Emitted

COLUMNS = (
    "sector", "subsector", "fuel", "technology", "size", "unit", "factor_set", "growth_driver", "memo", "fleet", "nfr", "scc", "grade",
)  # fmt: skip
# The words of a kind, in the order of COLUMNS, and the kind that feeds it, or nothing.
Kind = tuple[tuple[str, ...], "Kind | tuple[()]"]
Chains = Mapping[tuple[int, ...], tuple[np.ndarray, float]]


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over some sources.

    kinds : that there are, sorted. regions : part after part, each in the order of their codes; a region is in one part only.
    by_kind : name → (kind, …), as the fields of ``Emitted`` are by source, and ``count`` of sources, ``activity`` and ``base`` of the base year.
    by_region : ``count``, ``base`` (region, pollutant), ``reference``, ``plan`` (region, pollutant, year) and ``measures`` (region, measure, pollutant)
        in the last year; official [t/yr].
    kind, measure, split : (entry,), (entry,), (entry, 4, pollutant, year) of the ledger: reduction, first in, last in, and the reference emission of
        the official sources that the measure changes [t/yr].
    monthly_plan, bounds, unquantified : as in ``Result``. pairs : measures whose overlap is not declared.
    chains : "reference" and "plan" → manure chains by the kinds of their stages: entering, left and what is emitted and between stage by stage, and
        the largest gap of one [t N/yr].
    """

    kinds: tuple[Kind, ...]
    regions: tuple[str, ...]
    by_kind: Mapping[str, np.ndarray]
    by_region: Mapping[str, np.ndarray]
    kind: np.ndarray
    measure: np.ndarray
    split: np.ndarray
    monthly_plan: np.ndarray
    bounds: np.ndarray
    unquantified: Mapping[str, np.ndarray]
    pairs: tuple[tuple[int, int], ...]
    chains: Mapping[str, Chains]
    balances: Balances

    def __add__(self, other: Sums) -> Sums:
        kinds = self.kinds if self.kinds == other.kinds else tuple(sorted({*self.kinds, *other.kinds}))
        mine, theirs = self._on(kinds), other._on(kinds)
        keys = [s.kind * _MANY + s.measure for s in (mine, theirs)]
        both = np.union1d(*keys)
        split = np.zeros((both.size, *mine.split.shape[1:]))
        for some, key in zip((mine, theirs), keys, strict=True):
            split[np.searchsorted(both, key)] += some.split
        return Sums(
            kinds,
            (*self.regions, *other.regions),
            {name: mine.by_kind[name] + theirs.by_kind[name] for name in mine.by_kind},
            {name: np.concatenate([mine.by_region[name], theirs.by_region[name]]) for name in mine.by_region},
            both // _MANY,
            both % _MANY,
            split,
            mine.monthly_plan + theirs.monthly_plan,
            mine.bounds + theirs.bounds,
            {name: mine.unquantified[name] + theirs.unquantified[name] for name in mine.unquantified},
            tuple(sorted({*mine.pairs, *theirs.pairs})),
            {which: _together(mine.chains[which], theirs.chains[which]) for which in mine.chains},
            Balances(*(max(getattr(s.balances, f.name) for s in (mine, theirs)) for f in fields(Balances))),
        )

    def _on(self, kinds: tuple[Kind, ...]) -> Sums:
        """The same sums among more kinds."""
        if kinds == self.kinds:
            return self
        number = {kind: k for k, kind in enumerate(kinds)}
        to_kind = np.array([number[kind] for kind in self.kinds], dtype=np.intp)
        return replace(
            self,
            kinds=kinds,
            by_kind={name: _spread(values, to_kind, len(kinds)) for name, values in self.by_kind.items()},
            kind=to_kind[self.kind],
            chains={
                which: {tuple(to_kind[list(stages)].tolist()): flows for stages, flows in some.items()}
                for which, some in self.chains.items()
            },
        )


_MANY = 10**6  # more measures than any plan has


def _spread(values: np.ndarray, to: np.ndarray, count: int) -> np.ndarray:
    out = np.zeros((count, *values.shape[1:]), values.dtype)
    out[to] = values
    return out


def _together(first: Chains, second: Chains) -> Chains:
    out = dict(first)
    for stages, (flows, gap) in second.items():
        known = out.get(stages, (0.0, 0.0))
        out[stages] = (known[0] + flows, max(known[1], gap))
    return out


def source_kinds(sources: SourceTexts, upstream: np.ndarray) -> tuple[np.ndarray, tuple[Kind, ...]]:
    """The kind of every source: (row,) numbers, and the kinds, sorted. upstream : (row,) the row that feeds it, or -1."""
    columns = {c: sources.coded(c) for c in COLUMNS}
    code = kinds_of(columns, len(sources)).kind.astype(np.int64)
    own, before = code, 0
    while before < (now := int(code.max(initial=0)) + 1):  # stage after stage, until no kind falls apart any more
        fed = np.where(upstream >= 0, code[upstream] + 1, 0)
        before, code = now, np.unique(own * (now + 1) + fed, return_inverse=True)[1]
    _, first, code = np.unique(code, return_index=True, return_inverse=True)

    def kind_of(row: int) -> Kind:
        words = tuple(columns[c].words[columns[c].code[row]] for c in COLUMNS)
        return words, kind_of(int(upstream[row])) if upstream[row] >= 0 else ()

    found = [kind_of(row) for row in first.tolist()]
    order = sorted(range(len(found)), key=found.__getitem__)
    place = np.empty(len(found), dtype=np.intp)
    place[order] = np.arange(len(found))
    return place[code], tuple(found[k] for k in order)


def sums_of(case: Case, found: Emitted) -> Sums:
    """The sums of a case."""
    inventory, ledger, measures = case.inventory, found.ledger, len(case.bound.names)
    number, kinds = source_kinds(inventory, inventory.upstream)
    region = inventory.coded("region")
    base, official = inventory.emission(), ~inventory.memo
    every = {
        "count": np.ones(len(inventory)),
        "activity": inventory.activity,
        "base": base,
        "frozen": found.frozen,
        "reference": found.reference.emission,
        "plan": found.plan.emission,
        "calendar_reference": found.calendar_reference,
        "calendar_plan": found.calendar_plan,
        "activity_reference": found.reference.activity,
        "activity_plan": found.plan.activity,
    }
    counted = {name: every[name][official] for name in ("count", "base", "reference", "plan")}
    used = [region.number[word] for word in sorted(region.present)]
    place = np.empty(len(region.words), dtype=np.intp)
    place[used] = np.arange(len(used))
    where = place[region.code]
    mine = official[ledger.row]
    by_measure = np.zeros((len(used) * measures, inventory.factor.shape[1]))
    key = where[ledger.row[mine]] * measures + ledger.measure[mine]
    _add(by_measure, key, ledger.reduction[mine, :, -1])
    by_region = {name: _summed(values, where[official], len(used)) for name, values in counted.items()}
    key, entry = np.unique(number[ledger.row] * _MANY + ledger.measure, return_inverse=True)
    changed = np.where((ledger.reduction != 0) & mine[:, None, None], found.reference.emission[ledger.row], 0.0)
    parts = (ledger.reduction, ledger.first_in, ledger.last_in, changed)
    split = np.stack([_summed(part, entry, key.size) for part in parts], axis=1)
    return Sums(
        kinds,
        tuple(region.words[k] for k in used),
        {name: _summed(values, number, len(kinds)) for name, values in every.items()},
        by_region | {"measures": by_measure.reshape(len(used), measures, -1)},
        key // _MANY,
        key % _MANY,
        split,
        found.monthly_plan,
        found.bounds,
        found.unquantified,
        tuple(found.pairs),
        {which: _chains(some, number) for which, some in found.nitrogen.items()},
        found.balances,
    )


def _summed(values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Sum over the rows of each group: (row, …) → (group, …)."""
    out = np.zeros((groups, *values.shape[1:]))
    _add(out, group, values)
    return out


def _add(out: np.ndarray, group: np.ndarray, values: np.ndarray) -> None:
    """Add the rows of each group to its place, in their order."""
    if not group.size:
        return
    order = np.argsort(group, kind="stable")
    sorted_ = group[order]
    starts = np.flatnonzero(np.r_[True, sorted_[1:] != sorted_[:-1]])
    out[sorted_[starts]] += np.add.reduceat(values[order], starts, axis=0)


def _chains(chains: Sequence[Chain], kind: np.ndarray) -> Chains:
    out: dict[tuple[int, ...], tuple[np.ndarray, float]] = {}
    for chain in chains:
        stages = tuple(kind[list(chain.rows)].tolist())
        flows = np.array([chain.entering, chain.left, *chain.emitted, *chain.between])
        known = out.get(stages, (0.0, 0.0))
        out[stages] = (known[0] + flows, max(known[1], chain.gap))
    return out


def emitted_by_kind(sums: Sums, case: Case, base: Base, program, row: np.ndarray) -> Emitted:
    """The sums as the emissions of a case that has one source of each kind.

    Parameters
    ----------
    base, program : of that case. row : (kind,) the row of each kind in it.
    """
    order = np.argsort(row)
    by_kind = {name: values[order] for name, values in sums.by_kind.items()}
    place = row[sums.kind]
    sort = np.lexsort((sums.measure, place))
    ledger = Ledger(place[sort], sums.measure[sort], *(sums.split[sort, k] for k in range(3)))
    return Emitted(
        base,
        program,
        ledger,
        State(by_kind["activity_reference"], by_kind["reference"]),
        State(by_kind["activity_plan"], by_kind["plan"]),
        by_kind["frozen"],
        by_kind["calendar_reference"],
        by_kind["calendar_plan"],
        sums.monthly_plan,
        sums.pairs,
        sums.bounds,
        {which: _as_chains(some, row) for which, some in sums.chains.items()},
        dict(sums.unquantified),
        sums.balances,
    )


def _as_chains(chains: Chains, row: np.ndarray) -> tuple[Chain, ...]:
    out = []
    for stages, (flows, gap) in sorted(chains.items()):
        n = len(stages)
        entering, left, emitted, between = flows[0], flows[1], flows[2 : 2 + n], flows[2 + n :]
        rows = tuple(int(row[k]) for k in stages)
        out.append(Chain(rows, float(entering), tuple(emitted.tolist()), tuple(between.tolist()), float(left), float(gap)))
    return tuple(out)


def with_sources(
    sums: Sums, names: Sequence[str], pollutants: Sequence[str], at: int, lines: Sequence[Project]
) -> tuple[Project, ...]:
    """Lines of the creditable ledger as they are over all sources: before it, those have emitted that the measure changes, not all of their
    kind.

    Parameters
    ----------
    names, pollutants : of the run. at : position of the year. lines : made of the kinds.
    """
    before = np.zeros((len(names), len(pollutants)))
    np.add.at(before, sums.measure, sums.split[:, 3, :, at])
    known = {(m, p): float(before[k, j]) for k, m in enumerate(names) for j, p in enumerate(pollutants)}
    out = []
    for line in lines:
        there = known[line.measure, line.pollutant]
        out.append(replace(line, before_t=there, after_t=there - (line.before_t - line.after_t)))
    return tuple(out)
