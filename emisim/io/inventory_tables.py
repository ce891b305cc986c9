"""The checks of an inventory: rows of its tables, wherever they stand, in; a frozen inventory out, or every fault at its place.

The inventory has one order, whatever the tables have: sources by sector, as the vocabulary has these, then by id; pollutants as the
vocabulary has them; all else by name. So sums run alike, and a table may be sorted anew without a digit changing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from emisim import units
from emisim.column import TextColumns
from emisim.distribution import Correlation
from emisim.errors import BadInput, Fault, fault, nearest
from emisim.inventory import FactorRow, GrowthRow, Inventory, SourceTexts, alternatives_of
from emisim.inventory import Records as Origins
from emisim.io.csv_file import Records, Row
from emisim.io.csv_number import check_grade, read_number, read_span, read_unit, twice, unknown_word
from emisim.io.factor_rows import Known, factors_of, families, record
from emisim.io.inventory_traps import WORDS, one_spelling, whole_alternatives
from emisim.io.source_columns import check_fleets, check_sources, in_order
from emisim.vocabulary import pollutants

_YEAR = re.compile(r"[12][0-9]{3}")
SHOWN_COLUMNS = frozenset(
    {"name_zh", "name_en", "source", "note", "lon", "lat", "activity", "low", "high", "distribution", "probabilities"}
)


class BadInventory(BadInput):
    """Faults in an inventory. ``sources``: the words of its sources all the same, if that table could be read to its end."""

    def __init__(self, faults: list[Fault], sources: SourceTexts | None):
        super().__init__(faults)
        self.sources = sources


@dataclass(frozen=True, eq=False)
class Table:
    """One table. name : as messages call it. whole : whether these are all its records, so that what is not here is missing."""

    name: str
    records: Records
    whole: bool = True


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables of an inventory. name : of the inventory. shown : file or folder they stand in, as it is called in messages."""

    name: str
    shown: str
    sources: Table
    factors: Table
    growth: Table
    correlations: Table


def checked(
    tables: Tables,
    base_year: int,
    years: tuple[int, ...],
    faults: list[Fault],
    alternatives: Mapping[str, str] | None = None,
    where: Callable[[str], object] | None = None,
) -> Inventory:
    """The inventory that some tables make up.

    Parameters
    ----------
    base_year : int
    years : years that growth must cover.
    faults : those found on the way here; the others are added.
    alternatives : factor set → name of the alternative to use instead.
    where : place of an entry of ``alternatives`` in the scenario, for messages.

    Raises
    ------
    BadInventory
        With all faults.
    """
    factors = _factors(tables.factors.records.rows(), faults)
    one_spelling(tables.factors.records, ("existing_stage",), faults)
    growth = _growth(tables.growth, years, faults)
    correlations = _correlations(tables.correlations.records.rows(), faults)
    # What a table refers to can only be missed in another table that was read to its end; else one mistake would be told many
    # times.
    _references(tables, factors, growth, faults)
    chosen = _choose(factors, alternatives or {}, where, faults) if tables.factors.whole else {}
    inventory = _assemble(tables, base_year, factors, chosen, growth, faults)
    if inventory is not None:
        if correlations:
            records = replace(inventory.records, correlations=correlations, names=_variables(tables))
            inventory = replace(inventory, records=records)
        check_fleets(tables.sources.records, faults)
    if faults or inventory is None:
        raise BadInventory(faults, _usable(tables, faults))
    return inventory


def _usable(tables: Tables, faults: list[Fault]) -> SourceTexts | None:
    """The words of the sources. A mistake in these words would be told again by every measure that selects by them: then None."""
    sources = tables.sources.records
    if not len(sources) or not tables.sources.whole:
        return None
    first = sources.row(0)
    spoilt = {first.columns.get(c) for c in ("source_id", "sector")}
    if any(f.place.file == first.file and f.place.column in spoilt for f in faults):
        return None
    return SourceTexts(tables.name, TextColumns(sources.columns, SHOWN_COLUMNS))


def _references(tables: Tables, factors, growth, faults: list[Fault]) -> None:
    """Every factor set and driver that is named must exist, and every one that exists must be named."""
    sources = tables.sources.records
    for column, table, rows, key in (
        ("factor_set", tables.factors, factors, "sources.factor_set"),
        ("growth_driver", tables.growth, growth, "sources.driver"),
    ):
        if not table.whole:
            continue
        missing = np.flatnonzero(~sources[column].each(rows.__contains__, bool)).tolist()
        near = {name: nearest(name, rows) for name in sources[column].take(missing).used()} if missing else {}
        for row in map(sources.row, missing):
            faults.append(fault(key, row.place(column), name=row[column], table=table.name, near=near[row[column]]))
        if missing or not (tables.sources.whole and len(sources)):
            continue
        used = sources[column].used()
        if column == "factor_set":
            first = {name: next(iter(mine.values()))[0] for name, mine in rows.items() if mine}
        else:
            first = {row["driver"]: row for row in reversed(table.records.rows())}
        for name in sorted(set(first) - used):
            if column == "factor_set" and "~" in name:
                continue  # its set is used, or is told itself, or the alternative has none
            unused, where = ("factors.unused", "factor_set") if column == "factor_set" else ("growth.unused", "driver")
            near = nearest(name, used)
            faults.append(fault(unused, first[name].place(where), name=name, table=tables.sources.name, near=near))


def _factors(rows: list[Row], faults: list[Fault]) -> dict[str, dict[str, tuple[Row, str]]]:
    """factor set → pollutant → (row, base unit); duplicates and unknown pollutants are faults."""
    out: dict[str, dict[str, tuple[Row, str]]] = {}
    for row in rows:
        mine = out.setdefault(row["factor_set"], {})
        if row["pollutant"] not in pollutants():
            faults.append(unknown_word("csv.choice", row, "pollutant", tuple(pollutants())))
            continue
        check_grade(row, faults)
        unit = read_unit(row, "unit", faults)
        if row["pollutant"] in mine:
            faults.append(twice(row, "factor_set", f"{row['factor_set']}, {row['pollutant']}", mine[row["pollutant"]][0]))
            continue
        mine[row["pollutant"]] = (row, unit[1] if unit else "")
    whole_alternatives(out, faults)
    return out


def _growth(table: Table, years: tuple[int, ...], faults: list[Fault]) -> dict[str, dict[int, GrowthRow]]:
    """driver → year → index."""
    whole = table.whole
    out: dict[str, dict[int, GrowthRow]] = {}
    seen: dict[tuple[str, int], Row] = {}
    for row in table.records.rows():
        check_grade(row, faults)
        mine = out.setdefault(row["driver"], {})
        index = read_span(row, "index", 1.0, faults)
        if index.low <= 0:
            field = "index" if index.value <= 0 else "low"
            faults.append(fault("growth.index", row.place(field), text=row[field]))
        if not _YEAR.fullmatch(row["year"]):
            faults.append(fault("csv.year", row.place("year"), text=row["year"]))
            whole = False
            continue
        key = (row["driver"], int(row["year"]))
        if key in seen:
            faults.append(twice(row, "driver", f"{key[0]}, {key[1]}", seen[key]))
        seen.setdefault(key, row)
        mine[key[1]] = GrowthRow(index, record(row, "index", "1"))
    last = {driver: row for (driver, _), row in seen.items()}
    for driver, mine in out.items() if whole else ():
        for year in years:
            if not min(mine) <= year <= max(mine):
                faults.append(
                    fault("growth.year", last[driver].place("driver"), driver=driver, year=year, first=min(mine), last=max(mine))
                )
    return out


def _correlations(rows: list[Row], faults: list[Fault]) -> tuple[Correlation, ...]:
    """Rank correlations between variables; whether these exist is told when something is drawn."""
    out, seen = [], {}
    for row in rows:
        check_grade(row, faults)
        rank = read_number(row, "rank_correlation", faults)
        if not -1 <= rank <= 1:
            faults.append(fault("correlation.range", row.place("rank_correlation"), text=row["rank_correlation"]))
        pair = tuple(sorted((row["first"], row["second"])))
        if pair in seen:
            faults.append(twice(row, "first", ", ".join(pair), seen[pair]))
        seen.setdefault(pair, row)
        out.append(Correlation(*pair, rank, row.place("first"), row["grade"], row["source"]))
    return tuple(sorted(out, key=lambda c: (c.first, c.second)))


def _variables(tables: Tables) -> frozenset[str]:
    """What correlations may name besides activities: figures of the tables by their ids, and correlation groups."""
    factors, growth = tables.factors.records, tables.growth.records
    names = set().union(*(table["correlation_group"].used() for table in (tables.sources.records, factors, growth))) - {""}
    names |= {f"growth:{driver}" for driver in growth["driver"].used()}
    return frozenset(names | {f"factor:{row['factor_set']}:{row['pollutant']}" for row in factors.rows()})


def _choose(factors, alternatives: Mapping[str, str], where, faults: list[Fault]) -> dict[str, str]:
    """factor set → set to use."""
    chosen = {}
    for name, alternative in alternatives.items():
        place = where(name) if where else None
        if f"{name}~{alternative}" in factors:
            chosen[name] = f"{name}~{alternative}"
            continue
        known = [s.split("~")[1] for s in factors if s.split("~")[0] == name and "~" in s]
        problem = fault(
            "scenario.alternative",
            name=name,
            alternative=alternative,
            known=", ".join(known) or "-",
            near=nearest(alternative, known) if known else nearest(name, {s.split("~")[0] for s in factors if "~" in s}),
        )
        faults.append(problem.at(place) if place else problem)
    return chosen


def _assemble(tables: Tables, base_year: int, factors, chosen, growth, faults) -> Inventory | None:
    names = tuple(p for p in pollutants() if any(p in mine for mine in factors.values()))
    sources = tables.sources.records
    activity = check_sources(sources, faults)
    kinds, kind = _kinds(sources, chosen)
    related = families(factors)
    found = [_shared(name, factors, related, sources.row(first), faults) for name, first in kinds]
    if not faults:
        one_spelling(sources, WORDS, faults)
    if faults:
        return None
    arrays = _arrays(names, found)
    upstream = _upstream(sources, activity[:, 0], arrays["factor"], kind, names, faults)
    order = in_order(sources)
    text = TextColumns({name: column.take(order) for name, column in sources.columns.items()}, SHOWN_COLUMNS)
    sorted_kinds = sorted(range(len(kinds)), key=lambda k: (kinds[k][0], sources["unit"][kinds[k][1]]))
    kind, activity = np.argsort(sorted_kinds)[kind.take(order)], activity.take(order, axis=0)
    return Inventory(
        name=tables.name,
        base_year=base_year,
        pollutants=names,
        text=text,
        activity=activity[:, 0],
        **{name: values[sorted_kinds].take(kind, axis=0) for name, values in arrays.items()},
        upstream=_moved(upstream, order),
        memo=text.coded["memo"].each("yes".__eq__, bool),
        growth={d: {y: row.index.value for y, row in sorted(growth[d].items())} for d in sorted(sources["growth_driver"].used())},
        alternatives=alternatives_of(sorted(factors)),
        records=Origins(
            tables.shown,
            sources.line.take(order),
            activity,
            kind,
            tuple(found[k] for k in sorted_kinds),
            tuple(kinds[k][0] for k in sorted_kinds),
            {(d, y): growth[d][y] for d in sorted(growth) for y in sorted(growth[d])},
        ),
    )


def _moved(upstream: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Rows, or -1, that rows refer to, after all have got a new order."""
    out = np.full(order.size, -1)
    if (upstream >= 0).any():
        place = np.empty(order.size, np.int64)
        place[order] = np.arange(order.size)
        out = np.where(upstream >= 0, place[upstream], -1)[order]
    return out


def _kinds(sources: Records, chosen: Mapping[str, str]) -> tuple[list[tuple[str, int]], np.ndarray]:
    """Sources with one factor set and one unit share their factors: (set, first source) of each such kind in the order of the table,
    and the kind of every source."""
    numbers: tuple[dict[str, int], dict[str, int]] = {}, {}
    name = sources["factor_set"].each(lambda word: numbers[0].setdefault(chosen.get(word, word), len(numbers[0])), np.int64)
    unit = sources["unit"].each(lambda word: numbers[1].setdefault(word, len(numbers[1])), np.int64)
    pair, known = name * len(numbers[1]) + unit, list(numbers[0])
    first = np.full(len(numbers[0]) * len(numbers[1]), pair.size)
    first[pair[::-1]] = np.arange(pair.size)[::-1]
    there = np.flatnonzero(first < pair.size)
    place = np.zeros(first.size, np.int64)
    place[there] = np.arange(there.size)
    return [(known[name[row]], int(row)) for row in first[there].tolist()], place[pair]


def _shared(name: str, known: Known, related: Mapping[str, list[str]], source: Row, faults: list[Fault]) -> dict[str, FactorRow]:
    """pollutant → factor, for all sources with the factor set and the unit of one of them; nothing where either is not known. Alternatives
    that another run may take are checked as well."""
    try:
        units.to_base(source["unit"])
    except units.UnitError:
        return {}
    if name not in known:
        return {}
    found = factors_of(name, known, source, faults)
    for other in related[name.split("~")[0]]:
        if other != name:
            factors_of(other, known, source, faults)
    return found


def _arrays(names: tuple[str, ...], rows: list[dict[str, FactorRow]]) -> dict[str, np.ndarray]:
    """Factors and what belongs to them as (kind, pollutant) arrays."""
    shape = (len(rows), len(names))
    out = {k: np.zeros(shape) for k in ("factor", "existing_efficiency")}
    out["existing_effectiveness"] = np.ones(shape)
    out["flue_gas"] = np.full(shape, np.nan)
    stage, grade = [[""] * len(names) for _ in rows], [["A"] * len(names) for _ in rows]
    for i, mine in enumerate(rows):
        for name, row in mine.items():
            p = names.index(name)
            out["factor"][i, p] = row.factor.value
            out["existing_efficiency"][i, p], out["existing_effectiveness"][i, p] = row.efficiency, row.effectiveness
            out["flue_gas"][i, p], stage[i][p], grade[i][p] = row.flue_gas, row.stage, row.record.grade
    return {
        **out,
        "stage": np.array(stage, dtype=object).reshape(shape),
        "factor_grade": np.array(grade, dtype=np.str_).reshape(shape),
    }


def _upstream(
    sources: Records, activity: np.ndarray, factor: np.ndarray, kind: np.ndarray, names: tuple[str, ...], faults: list[Fault]
) -> np.ndarray:
    """Index of the stage before each row; checks that it exists, is not a circle and leaves over what this row takes in."""
    upstream = np.full(len(sources), -1)
    fed = np.flatnonzero(~sources["inflow_from"].empty()).tolist()
    if not fed:
        return upstream
    ids, origins = sources["source_id"], dict(zip(fed, sources["inflow_from"].take(fed).texts(), strict=True))
    named = set(origins.values())
    index = {ids[i]: i for i in np.flatnonzero(ids.among(named)).tolist()}
    for i, origin in origins.items():
        if origin not in index:
            place = sources.row(i).place("inflow_from")
            faults.append(fault("sources.inflow", place, name=origin, near=nearest(origin, ids.texts())))
            continue
        upstream[i] = index[origin]
    for i in fed:
        seen, at = {i}, upstream[i]
        while at >= 0 and at not in seen:
            seen.add(int(at))
            at = upstream[at]
        if at >= 0:
            faults.append(fault("sources.inflow_circle", sources.row(i).place("inflow_from"), name=ids[i]))
            return upstream
    loss = np.array([pollutants()[p].nitrogen_share for p in names])
    drivers = sources["growth_driver"]
    for i in np.flatnonzero(upstream >= 0).tolist():
        at = int(upstream[i])
        said = {"source": ids[i], "origin": ids[at]}
        left = activity[at] * (1.0 - (factor[kind[at]] * loss).sum())
        if activity[i] > left * (1 + 1e-9):
            place = sources.row(i).place("activity")
            faults.append(fault("sources.inflow_exceeds", place, takes=activity[i], leaves=left, **said))
        if drivers[i] != drivers[at]:
            faults.append(fault("sources.inflow_driver", sources.row(i).place("growth_driver"), **said))
    return upstream
