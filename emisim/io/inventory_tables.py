"""The checks of an inventory: rows of its tables, wherever they stand, in; a frozen inventory out, or every fault at its place.

The inventory has one order, whatever the tables have: sources by sector, as the vocabulary has these, then by id; pollutants as the
vocabulary has them; all else by name. So sums run alike, and a table may be sorted anew without a digit changing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from emisim import units
from emisim.distribution import Correlation, Distribution
from emisim.errors import BadInput, Fault, fault, nearest
from emisim.inventory import SOURCE_COLUMNS, FactorRow, GrowthRow, Inventory, Records, SourceTexts, alternatives_of
from emisim.io.csv_file import Row
from emisim.io.csv_number import read_number, read_span, read_unit, unknown_word
from emisim.io.factor_rows import factors_of, families, record
from emisim.io.inventory_traps import WORDS, one_spelling, whole_alternatives, whole_region
from emisim.vocabulary import GRADES, pollutants, sectors

_YEAR = re.compile(r"[12][0-9]{3}")
_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
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
    """Rows of one table. name : as messages call it. whole : whether these are all, so that what is not here is missing."""

    name: str
    rows: list[Row] = field(default_factory=list)
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
    sources = tables.sources.rows
    factors = _factors(tables.factors.rows, faults)
    growth = _growth(tables.growth, years, faults)
    correlations = _correlations(tables.correlations.rows, faults)
    # What a table refers to can only be missed in another table that was read to its end; else one mistake would be told many
    # times.
    _references(tables, factors, growth, faults)
    chosen = _choose(factors, alternatives or {}, where, faults) if tables.factors.whole else {}
    inventory = _assemble(tables, base_year, factors, chosen, growth, faults)
    if inventory and inventory.records and correlations:
        records = replace(inventory.records, correlations=correlations, names=_variables(tables))
        inventory = replace(inventory, records=records)
    if inventory:
        _fleets(sources, faults)
    if faults or inventory is None:
        raise BadInventory(faults, _usable(tables, faults))
    return inventory


def _usable(tables: Tables, faults: list[Fault]) -> SourceTexts | None:
    """The words of the sources. A mistake in these words would be told again by every measure that selects by them: then None."""
    rows = tables.sources.rows
    spoilt = {rows[0].columns.get(c) for c in ("source_id", "sector")} if rows else set()
    if not rows or not tables.sources.whole or any(f.place.file == rows[0].file and f.place.column in spoilt for f in faults):
        return None
    return SourceTexts(tables.name, _texts(rows))


def _texts(rows: list[Row]) -> dict[str, np.ndarray]:
    """Columns of texts. What is only shown stays as Python texts: as fixed-width arrays, long notes would fill the memory."""
    return {c: np.array([row[c] for row in rows], dtype=object if c in SHOWN_COLUMNS else np.str_) for c in SOURCE_COLUMNS}


def _references(tables: Tables, factors, growth, faults: list[Fault]) -> None:
    """Every factor set and driver that is named must exist, and every one that exists must be named."""
    sources = tables.sources.rows
    for column, table, rows, key in (
        ("factor_set", tables.factors, factors, "sources.factor_set"),
        ("growth_driver", tables.growth, growth, "sources.driver"),
    ):
        if not table.whole:
            continue
        missing = [row for row in sources if row[column] not in rows]
        for row in missing:
            faults.append(fault(key, row.place(column), name=row[column], table=table.name, near=nearest(row[column], rows)))
        if missing or not (tables.sources.whole and sources):
            continue
        used = {row[column] for row in sources}
        if column == "factor_set":
            first = {name: next(iter(mine.values()))[0] for name, mine in rows.items() if mine}
        else:
            first = {row["driver"]: row for row in reversed(table.rows)}
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
        _grade(row, faults)
        unit = read_unit(row, "unit", faults)
        if row["pollutant"] in mine:
            faults.append(_twice(row, "factor_set", f"{row['factor_set']}, {row['pollutant']}", mine[row["pollutant"]][0]))
            continue
        mine[row["pollutant"]] = (row, unit[1] if unit else "")
    one_spelling(rows, ("existing_stage",), faults)
    whole_alternatives(out, faults)
    return out


def _twice(row: Row, column: str, key: str, first: Row) -> Fault:
    """A row whose key stands in another row already."""
    if first.sheet and first.sheet != row.sheet:
        return fault("template.duplicate", row.place(column), key=key, first=f"{first.sheet}, {first.line}")
    return fault("csv.duplicate", row.place(column), key=key, line=first.line)


def _grade(row: Row, faults: list[Fault]) -> None:
    if row["grade"] not in GRADES:
        faults.append(unknown_word("csv.choice", row, "grade", GRADES))


def _growth(table: Table, years: tuple[int, ...], faults: list[Fault]) -> dict[str, dict[int, GrowthRow]]:
    """driver → year → index."""
    whole = table.whole
    out: dict[str, dict[int, GrowthRow]] = {}
    seen: dict[tuple[str, int], Row] = {}
    for row in table.rows:
        _grade(row, faults)
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
            faults.append(_twice(row, "driver", f"{key[0]}, {key[1]}", seen[key]))
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
        _grade(row, faults)
        rank = read_number(row, "rank_correlation", faults)
        if not -1 <= rank <= 1:
            faults.append(fault("correlation.range", row.place("rank_correlation"), text=row["rank_correlation"]))
        pair = tuple(sorted((row["first"], row["second"])))
        if pair in seen:
            faults.append(_twice(row, "first", ", ".join(pair), seen[pair]))
        seen.setdefault(pair, row)
        out.append(Correlation(*pair, rank, row.place("first"), row["grade"], row["source"]))
    return tuple(sorted(out, key=lambda c: (c.first, c.second)))


def _variables(tables: Tables) -> frozenset[str]:
    """What correlations may name: figures of the tables by their ids, and correlation groups."""
    sources, factors, growth = tables.sources.rows, tables.factors.rows, tables.growth.rows
    names = {row["correlation_group"] for row in (*sources, *factors, *growth)} - {""}
    names |= {f"activity:{row['source_id']}" for row in sources} | {f"growth:{row['driver']}" for row in growth}
    return frozenset(names | {f"factor:{row['factor_set']}:{row['pollutant']}" for row in factors})


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
    ids: dict[str, Row] = {}
    # Sources with one factor set and unit share their factors, which are read once; ``kinds`` numbers these pairs.
    kinds: dict[tuple[str, str], int] = {}
    found: list[dict[str, FactorRow]] = []
    kin = families(factors)
    spans, kind, kept = [], [], []
    for row in tables.sources.rows:
        span, unit = _source(row, ids, faults)
        pair = chosen.get(row["factor_set"], row["factor_set"]), row["unit"]
        if span is None or unit is None or pair[0] not in factors:
            continue
        if pair not in kinds:
            kinds[pair] = len(found)
            found.append(factors_of(pair[0], factors, row, unit, faults))
            for other in kin[pair[0].split("~")[0]]:  # those that another run may take
                if other != pair[0]:
                    factors_of(other, factors, row, unit, faults)
        kept.append(row)
        spans.append(span)
        kind.append(kinds[pair])
    if not faults:
        one_spelling(kept, WORDS, faults)
    if faults:
        return None
    arrays = _arrays(names, found)
    activity, kind = np.array([(s.value, s.low, s.high) for s in spans]), np.array(kind)
    upstream = _upstream(kept, activity[:, 0], arrays["factor"][kind], names, faults)
    order = _order(kept)
    rank = np.argsort(order)
    upstream, named = np.where(upstream >= 0, rank[upstream], -1)[order], sorted(kinds)
    numbers = np.array([kinds[pair] for pair in named])
    arrays = {field: values[kind[order]] for field, values in arrays.items()}
    activity, columns = activity[order], _texts([kept[i] for i in order])
    drivers = set(columns["growth_driver"].tolist())
    return Inventory(
        name=tables.name,
        base_year=base_year,
        pollutants=names,
        text=columns,
        activity=activity[:, 0],
        **arrays,
        upstream=upstream,
        memo=columns["memo"] == "yes",
        growth={d: {y: row.index.value for y, row in sorted(growth[d].items())} for d in sorted(drivers)},
        alternatives=alternatives_of(sorted(factors)),
        records=Records(
            tables.shown,
            np.array([kept[i].line for i in order]),
            activity,
            np.argsort(numbers)[kind[order]],
            tuple(found[k] for k in numbers),
            tuple(name for name, _ in named),
            {(d, y): growth[d][y] for d in sorted(growth) for y in sorted(growth[d])},
        ),
    )


def _fleets(rows: list[Row], faults: list[Fault]) -> None:
    """All rows of a fleet are counted in one unit."""
    first: dict[str, Row] = {}
    for row in rows:
        other = first.setdefault(row["fleet"], row)
        if row["fleet"] and units.to_base(row["unit"])[1] != units.to_base(other["unit"])[1]:
            pair = f"{other['unit']} | {row['unit']}"
            faults.append(fault("fleet.units", row.place("fleet"), fleet=row["fleet"], units=pair))


def _order(rows: list[Row]) -> np.ndarray:
    """The places of rows that are fine, by sector and id."""
    place = {name: k for k, name in enumerate(sectors())}
    return np.array(sorted(range(len(rows)), key=lambda i: (place[rows[i]["sector"]], rows[i]["source_id"])), dtype=np.intp)


def _source(row: Row, ids: dict[str, Row], faults: list[Fault]) -> tuple[Distribution | None, str | None]:
    """Activity of one source and the canonical name of its unit; None after a fault that makes it unusable."""
    name = row["source_id"]
    if name in ids:
        faults.append(_twice(row, "source_id", name, ids[name]))
    ids.setdefault(name, row)
    if not _ID.fullmatch(name):
        faults.append(fault("sources.id", row.place("source_id"), text=name))
    if row["sector"] not in sectors():
        faults.append(unknown_word("csv.choice", row, "sector", tuple(sectors())))
    whole_region(row, faults)
    if row["memo"] not in ("", "yes"):
        faults.append(unknown_word("csv.choice", row, "memo", ("yes",)))
    _grade(row, faults)
    for column, most in (("lon", 180.0), ("lat", 90.0)):
        if row[column] and abs(read_number(row, column, faults)) > most:
            faults.append(fault("csv.beyond", row.place(column), column=column, text=row[column], least=-most, most=most))
    unit = read_unit(row, "unit", faults)
    span = read_span(row, "activity", unit[0] if unit else 1.0, faults)
    return span, unit[1] if unit else None


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
        "stage": np.array(stage, dtype=np.str_).reshape(shape),
        "factor_grade": np.array(grade, dtype=np.str_).reshape(shape),
    }


def _upstream(
    rows: list[Row], activity: np.ndarray, factor: np.ndarray, names: tuple[str, ...], faults: list[Fault]
) -> np.ndarray:
    """Index of the stage before each row; checks that it exists, is not a circle and leaves over what this row takes in."""
    index = {row["source_id"]: i for i, row in enumerate(rows)}
    upstream = np.full(len(rows), -1)
    loss = np.array([pollutants()[p].nitrogen_share for p in names])
    fed = [(i, row) for i, row in enumerate(rows) if row["inflow_from"]]
    for i, row in fed:
        origin = row["inflow_from"]
        if origin not in index:
            faults.append(fault("sources.inflow", row.place("inflow_from"), name=origin, near=nearest(origin, index)))
            continue
        upstream[i] = index[origin]
    for i, row in fed:
        seen, at = {i}, upstream[i]
        while at >= 0 and at not in seen:
            seen.add(int(at))
            at = upstream[at]
        if at >= 0:
            faults.append(fault("sources.inflow_circle", row.place("inflow_from"), name=row["source_id"]))
            return upstream
    for i in np.flatnonzero(upstream >= 0).tolist():
        row, origin = rows[i], rows[upstream[i]]
        names = {"source": row["source_id"], "origin": origin["source_id"]}
        left = activity[upstream[i]] * (1.0 - (factor[upstream[i]] * loss).sum())
        if activity[i] > left * (1 + 1e-9):
            faults.append(fault("sources.inflow_exceeds", row.place("activity"), takes=activity[i], leaves=left, **names))
        if row["growth_driver"] != origin["growth_driver"]:
            faults.append(fault("sources.inflow_driver", row.place("growth_driver"), **names))
    return upstream
