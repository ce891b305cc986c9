"""The inventory: sources, emission factors and growth, as frozen columns.

E[i,p] = activity[i] · factor[i,p]        factor: as emitted in the base year, after existing control η0·RE0
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from emisim.distribution import Correlation, Distribution
from emisim.errors import nearest
from emisim.kinds import Coded, Kinds, coded, kinds_of
from emisim.operation import summed
from emisim.units import to_base
from emisim.vocabulary import GRADES

# Columns of sources.csv in their order; the flag says whether a row must fill it.
SOURCE_COLUMNS = {
    "source_id": True, "name_zh": True, "name_en": True, "region": True, "sector": True, "subsector": False, "fuel": False,
    "technology": False, "size": False, "activity": True, "unit": True, "low": False, "high": False, "distribution": False,
    "probabilities": False, "factor_set": True, "growth_driver": True, "correlation_group": False, "inflow_from": False, "memo": False,
    "fleet": False, "lon": False, "lat": False, "nfr": False, "scc": False, "grade": True, "source": True, "note": False,
}  # fmt: skip
FACTOR_COLUMNS = {
    "factor_set": True, "pollutant": True, "factor": True, "unit": True, "low": False, "high": False, "distribution": False,
    "probabilities": False, "existing_efficiency": False, "existing_effectiveness": False, "existing_stage": False,
    "flue_gas": False, "correlation_group": False,
    "grade": True, "source": True, "note": False,
}  # fmt: skip
GROWTH_COLUMNS = {
    "driver": True, "year": True, "index": True, "low": False, "high": False, "distribution": False, "probabilities": False,
    "correlation_group": False, "grade": True, "source": True, "note": False,
}  # fmt: skip
CORRELATION_COLUMNS = {"first": True, "second": True, "rank_correlation": True, "grade": True, "source": True, "note": False}
# Columns that a table need not have.
OPTIONAL_COLUMNS = frozenset(
    {"probabilities", "correlation_group", "inflow_from", "memo", "fleet", "lon", "lat", "nfr", "scc", "existing_stage", "note"}
)
OPTIONAL_GROWTH_COLUMNS = frozenset({"low", "high", "distribution", "probabilities", "correlation_group", "note"})
FULL_CONTROL = 1.0 - 1e-12  # η0·RE0 from here on leaves nothing: what comes before the control cannot be known
WITHOUT_ACTIVITY = "source"  # the unit of a source of which only the emission is known; there is 1 of it
KIND = ("region", "sector", "subsector", "fuel", "technology", "size")  # the words that say what kind of source a row is
SELECTABLE = ("source_id", *KIND, "factor_set", "growth_driver", "nfr", "scc")
SAME = (*KIND, "unit", "memo")  # what tells one kind of source from another when activity is counted elsewhere

Selector = tuple[Mapping[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Record:
    """One figure as its table has it: text, unit, grade, source, line; its range, flue_gas and correlation group as written."""

    text: str
    unit: str
    grade: str
    source: str
    line: int
    flue_gas: str = ""
    low: str = ""
    high: str = ""
    group: str = ""


@dataclass(frozen=True)
class FactorRow:
    """One row of factors.csv. ``factor`` [t per base unit of the activity]; ``flue_gas`` [Nm3 per base unit]."""

    factor: Distribution
    efficiency: float
    effectiveness: float
    stage: str
    flue_gas: float
    record: Record


@dataclass(frozen=True)
class GrowthRow:
    """One row of growth.csv: the index with its range [1]."""

    index: Distribution
    record: Record


@dataclass(frozen=True, eq=False)
class Records:
    """Where the figures of an inventory stand. folder : as shown to the user. line : (row,) in sources.csv. activity : (row, 3) with
    low and high [base unit / yr]; its shape stands among the texts. kind : (row,) place in ``factors``, whose entries are pollutant → row of factors.csv; factor_set :
    (kind,) the set it is taken from. growth : (driver, year) → row of growth.csv. correlations : between figures;
    names : of the variables they may name besides activities, also those of factor sets that are not in use."""

    folder: str
    line: np.ndarray
    activity: np.ndarray
    kind: np.ndarray
    factors: tuple[Mapping[str, FactorRow], ...]
    factor_set: tuple[str, ...]
    growth: Mapping[tuple[str, int], GrowthRow]
    correlations: tuple[Correlation, ...] = ()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class SourceTexts:
    """The words of sources.csv, which is what measures select by.

    name : of the inventory. text : column name → (row,) texts, for every column of the table.
    """

    name: str
    text: Mapping[str, np.ndarray]

    @property
    def ids(self) -> np.ndarray:
        return self.text["source_id"]

    def __len__(self) -> int:
        return self.ids.size

    def select(self, selector: Selector) -> np.ndarray:
        """Rows that match any of the selector's mappings, in the order of the inventory."""
        parts = [self._matching(mapping) for mapping in selector]
        return parts[0] if len(parts) == 1 else np.unique(np.concatenate([np.empty(0, dtype=np.intp), *parts]))

    def _matching(self, mapping: Mapping[str, tuple[str, ...]]) -> np.ndarray:
        rows = self._kinds.rows({column: allowed for column, allowed in mapping.items() if column != "source_id"})
        if "source_id" in mapping:
            named = [self._place[name] for name in mapping["source_id"] if name in self._place]
            rows = np.intersect1d(rows, np.array(named, dtype=np.intp))
        return rows

    def coded(self, column: str) -> Coded:
        """A column of texts with a code for every row."""
        if column not in self._coded:
            self._coded[column] = coded(self.text, column)
        return self._coded[column]

    def present(self, column: str) -> frozenset[str]:
        """The words that stand in a column."""
        return self.coded(column).present

    @cached_property
    def _coded(self) -> dict[str, Coded]:
        return {}

    @cached_property
    def _kinds(self) -> Kinds:
        return kinds_of({c: self.coded(c) for c in SELECTABLE if c != "source_id" and c in self.text}, len(self))

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.ids.tolist())}


@dataclass(frozen=True, eq=False)
class Inventory(SourceTexts):
    """A base-year inventory: the words of its sources, and

    activity : (row,) [base unit / yr].
    factor : (row, pollutant) [t / base unit].
    existing_efficiency, existing_effectiveness : (row, pollutant) [1].
    flue_gas : (row, pollutant) [Nm3 / base unit], nan where unknown.
    stage, factor_grade : (row, pollutant) text.
    upstream : (row,) the row whose leftover feeds this one, or -1.
    memo : (row,) outside the official totals.
    growth : driver → {year: index}.
    records : where all this stands, if it was read from files.
    """

    base_year: int
    pollutants: tuple[str, ...]
    activity: np.ndarray
    factor: np.ndarray
    existing_efficiency: np.ndarray
    existing_effectiveness: np.ndarray
    flue_gas: np.ndarray
    stage: np.ndarray
    factor_grade: np.ndarray
    upstream: np.ndarray
    memo: np.ndarray
    growth: Mapping[str, Mapping[int, float]]
    alternatives: Mapping[str, tuple[str, ...]]
    records: Records | None = None

    def __len__(self) -> int:
        return self.activity.size

    def emission(self) -> np.ndarray:
        """Base-year emission (row, pollutant) [t/yr]."""
        return self.activity[:, None] * self.factor

    def has_factor(self, rows: np.ndarray, names: Sequence[str]) -> np.ndarray:
        """Whether there is a factor, be it 0, of some pollutants on some rows: (row, pollutant). Without records, whether it is above 0."""
        if self.records is None:
            held = [
                self.factor[rows, self.pollutants.index(p)] > 0 if p in self.pollutants else np.zeros(rows.size, bool)
                for p in names
            ]
            return np.stack(held, axis=1)
        there = np.array([[p in mine for p in names] for mine in self.records.factors], dtype=bool)
        return there[self.records.kind[rows]]

    def base_units(self) -> np.ndarray:
        """Canonical unit of each activity: (row,) text."""
        written = self.coded("unit")
        return np.array([to_base(unit)[1] if unit in written.present else "" for unit in written.words])[written.code]

    def depth(self, rows: np.ndarray) -> np.ndarray:
        """How many manure stages lie before each row: (n,)."""
        count, at = np.zeros(rows.size, dtype=int), self.upstream[rows]
        while (at >= 0).any():
            count += at >= 0
            at = np.where(at >= 0, self.upstream[at], -1)
        return count

    def grade(self) -> np.ndarray:
        """Grade of each emission (row, pollutant): the worse of activity and factor."""
        activity = np.broadcast_to(self.text["grade"][:, None], self.factor_grade.shape)
        return np.where(activity > self.factor_grade, activity, self.factor_grade)

    def grade_shares(self) -> np.ndarray:
        """Share of each official base-year total by grade: (pollutant, grade A to E) [1]."""
        mass = np.where(self.memo[:, None], 0.0, self.emission())
        grade = self.grade()
        by_grade = np.stack([np.where(grade == g, mass, 0.0).sum(axis=0) for g in GRADES], axis=1)
        total = by_grade.sum(axis=1, keepdims=True)
        return np.divide(by_grade, total, out=np.zeros_like(by_grade), where=total > 0)

    def illustrative(self) -> bool:
        """Whether derived and judged figures (grades D and E) make up the larger part of any pollutant's total."""
        return bool((self.grade_shares()[:, GRADES.index("D") :].sum(axis=1) > 0.5).any())

    def activity_index(self, years: Sequence[float]) -> np.ndarray:
        """Growth of every row relative to the base year, linear between the years given: (row, year) [1]."""
        drivers = self.coded("growth_driver")
        table = np.ones((len(drivers.words), len(years)))
        for k, driver in enumerate(drivers.words):
            if driver not in drivers.present:
                continue
            known = sorted(self.growth[driver].items())
            at, index = np.array([y for y, _ in known], float), np.array([v for _, v in known], float)
            table[k] = np.interp(years, at, index) / np.interp(self.base_year, at, index)
        return table[drivers.code]

    def frozen_index(self, index: np.ndarray, each: str | None = None) -> np.ndarray:
        """The growth that leaves each fleet as it was: Σ_fleet a·g / Σ_fleet a for all its rows: (row, year) [1]. ``each``: a column whose
        words tell fleets of one name apart.

        Without existing measures a fleet is not renewed: its sum grows as in the reference, its mix stays that of the base year.
        """
        out = index.copy()
        fleets = self.text["fleet"]
        rows = np.flatnonzero(fleets != "")
        if not rows.size:
            return out
        code = self.coded("fleet").code[rows].astype(np.intp)
        if each:
            code = code * len(self.coded(each).words) + self.coded(each).code[rows]
        fleet = np.unique(code, return_inverse=True)[1]
        count, activity = 1 + int(fleet.max()), self.activity[rows, None]
        total = summed(activity, fleet, count)[fleet]
        grown = summed(activity * index[rows], fleet, count)[fleet]
        out[rows] = np.where(total > 0, grown / np.where(total > 0, total, 1.0), index[rows])
        return out

    def partners(self, rows: np.ndarray, column: str, target: str) -> np.ndarray:
        """For each row the one that is equal in all words but has ``target`` in ``column``; -1 where there is not just one."""
        words = {c: self.text[c].tolist() for c in SAME if c != column}
        if "unit" in words:
            words["unit"] = [to_base(u)[1] for u in words["unit"]]  # t/yr and kg/yr are one
        keys = list(zip(*words.values(), strict=True))
        place: dict[tuple, int] = {}
        for i in np.flatnonzero(self.text[column] == target).tolist():
            place[keys[i]] = -1 if keys[i] in place else i
        return np.array([place.get(keys[i], -1) for i in rows.tolist()], dtype=np.intp)

    def reclassified(self, how: Split) -> Inventory:
        """A share of the base-year activity of some rows is counted at others instead."""
        return replace(self, activity=split(self.activity, how))


@dataclass(frozen=True, eq=False)
class Split:
    """A share [1] of the activity of some rows, which a reading of the plan counts at the rows ``to``."""

    rows: np.ndarray
    to: np.ndarray
    share: float


def split(activity: np.ndarray, how: Split) -> np.ndarray:
    """Activity (..., row) with a share of some rows counted elsewhere."""
    out = activity.copy()
    moved = how.share * activity[..., how.rows]
    out[..., how.rows] -= moved
    out[..., how.to] += moved
    return out


def alternatives_of(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Factor set → its alternatives, by the names of all factor sets: ``x~emep`` is the alternative ``emep`` of ``x``."""
    known = dict.fromkeys(names)
    found: dict[str, list[str]] = {}
    for name in known:
        head, sign, alternative = name.partition("~")
        if sign and head in known:
            found.setdefault(head, []).append(alternative)
    return {name: tuple(found[name]) for name in known if name in found}


def unmatched_part(inventory: SourceTexts, mapping: Mapping[str, tuple[str, ...]]) -> tuple[str, str, str]:
    """Why a selector matches nothing: (column, value that never occurs, nearest known value); empty texts if only the
    combination is missing."""
    for column, allowed in mapping.items():
        known = inventory.present(column) - {""}
        missing = [value for value in allowed if value not in known]
        if len(missing) == len(allowed):
            return column, missing[0], nearest(missing[0], known)
    return "", "", ""
