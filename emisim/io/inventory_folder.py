"""Read an inventory folder: sources.csv, factors.csv, growth.csv, and correlations.csv if it is there."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from emisim import units
from emisim.distribution import Correlation, Distribution
from emisim.errors import BadInput, Fault, Place, fault, nearest
from emisim.inventory import (
    CORRELATION_COLUMNS,
    FACTOR_COLUMNS,
    GROWTH_COLUMNS,
    OPTIONAL_COLUMNS,
    OPTIONAL_GROWTH_COLUMNS,
    SOURCE_COLUMNS,
    FactorRow,
    GrowthRow,
    Inventory,
    Record,
    Records,
    SourceTexts,
)
from emisim.io.csv_file import Row, read_csv
from emisim.io.csv_number import read_number, read_share, read_span, read_unit, unknown_word
from emisim.vocabulary import GRADES, pollutants, sectors

_YEAR = re.compile(r"[12][0-9]{3}")
_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
CORRELATIONS = "correlations.csv"
FULL_CONTROL = 1.0 - 1e-12
SHOWN_COLUMNS = frozenset(
    {"name_zh", "name_en", "source", "note", "lon", "lat", "activity", "low", "high", "distribution", "probabilities"}
)


class BadInventory(BadInput):
    """Faults in an inventory. ``sources``: the words of its sources all the same, if that table could be read to its end."""

    def __init__(self, faults: list[Fault], sources: SourceTexts | None):
        super().__init__(faults)
        self.sources = sources


def read_inventory(
    folder: Path,
    base_year: int,
    years: tuple[int, int],
    alternatives: Mapping[str, str] | None = None,
    shown: str | None = None,
    where: Callable[[str], object] | None = None,
) -> Inventory:
    """Read and check an inventory.

    Parameters
    ----------
    folder : Path
    base_year : int
    years : first and last year that growth must cover.
    alternatives : factor set → name of the alternative to use instead.
    where : place of an entry of ``alternatives`` in the scenario, for messages.

    Raises
    ------
    BadInventory
        With all faults of the three files.
    """
    shown = shown or folder.as_posix()
    faults: list[Fault] = []
    if not folder.is_dir():
        raise BadInventory([fault("inventory.no_folder", file=shown)], None)

    def table(name: str, columns: Mapping[str, bool], optional: frozenset[str] = OPTIONAL_COLUMNS) -> tuple[list[Row], bool]:
        """Records that could be read, and whether these are all."""
        before = len(faults)
        rows = list(read_csv(folder / name, f"{shown}/{name}", columns, optional, faults))
        return rows, len(faults) == before

    sources, all_sources = table("sources.csv", SOURCE_COLUMNS)
    factor_rows, all_factors = table("factors.csv", FACTOR_COLUMNS)
    growth_rows, all_growth = table("growth.csv", GROWTH_COLUMNS, OPTIONAL_GROWTH_COLUMNS)
    pairs = table(CORRELATIONS, CORRELATION_COLUMNS)[0] if (folder / CORRELATIONS).exists() else []
    if all_sources and not sources:
        faults.append(fault("inventory.empty", Place(f"{shown}/sources.csv")))
    factors = _factors(factor_rows, faults)
    growth = _growth(growth_rows, years, faults, all_growth)
    correlations = _correlations(pairs, faults)
    # What a table refers to can only be missed in another table that was read to its end; else one mistake would be told many
    # times.
    _references(sources, factors if all_factors else None, growth if all_growth else None, all_sources, growth_rows, faults)
    chosen = _choose(factors, alternatives or {}, where, faults) if all_factors else {}
    inventory = _assemble(folder.name, shown, base_year, sources, factors, chosen, growth, faults)
    if inventory and inventory.records and pairs:
        names = _variables(sources, factor_rows, growth_rows)
        inventory = replace(inventory, records=replace(inventory.records, correlations=correlations, names=names))
    for i, other in inventory.mixed_fleets() if inventory else ():
        pair = f"{sources[other]['unit']} | {sources[i]['unit']}"
        faults.append(fault("fleet.units", sources[i].place("fleet"), fleet=sources[i]["fleet"], units=pair))
    if faults or inventory is None:
        # A mistake in the words themselves would be told again by every measure that selects by them.
        spoilt = {sources[0].columns.get(c) for c in ("source_id", "sector")} if sources else set()
        usable = all_sources and sources and not any(f.place.file == sources[0].file and f.place.column in spoilt for f in faults)
        raise BadInventory(faults, SourceTexts(folder.name, _texts(sources)) if usable else None)
    return inventory


def _texts(rows: list[Row]) -> dict[str, np.ndarray]:
    """Columns of texts. What is only shown stays as Python texts: as fixed-width arrays, long notes would fill the memory."""
    return {c: np.array([row[c] for row in rows], dtype=object if c in SHOWN_COLUMNS else np.str_) for c in SOURCE_COLUMNS}


def _references(sources: list[Row], factors, growth, all_sources: bool, growth_rows: list[Row], faults: list[Fault]) -> None:
    """Every factor set and driver that is named must exist, and every one that exists must be named."""
    for column, table, key in (("factor_set", factors, "sources.factor_set"), ("growth_driver", growth, "sources.driver")):
        if table is None:
            continue
        missing = [row for row in sources if row[column] not in table]
        for row in missing:
            faults.append(fault(key, row.place(column), name=row[column], near=nearest(row[column], table)))
        if missing or not (all_sources and sources):
            continue
        used = {row[column] for row in sources}
        if column == "factor_set":
            first = {name: next(iter(mine.values()))[0] for name, mine in table.items() if mine}
        else:
            first = {row["driver"]: row for row in reversed(growth_rows)}
        for name in sorted(set(first) - used):
            if column == "factor_set" and "~" in name:
                continue  # its set is used, or is told itself, or the alternative has none
            unused, where = ("factors.unused", "factor_set") if column == "factor_set" else ("growth.unused", "driver")
            faults.append(fault(unused, first[name].place(where), name=name, near=nearest(name, used)))


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
            first = mine[row["pollutant"]][0].line
            faults.append(
                fault("csv.duplicate", row.place("factor_set"), key=f"{row['factor_set']}, {row['pollutant']}", line=first)
            )
            continue
        mine[row["pollutant"]] = (row, unit[1] if unit else "")
    for name, mine in out.items():
        if mine and "~" in name and name.split("~")[0] not in out:
            row = next(iter(mine.values()))[0]
            near = nearest(name.split("~")[0], out)
            faults.append(fault("factors.orphan_alternative", row.place("factor_set"), name=name, near=near))
    return out


def _grade(row: Row, faults: list[Fault]) -> None:
    if row["grade"] not in GRADES:
        faults.append(unknown_word("csv.choice", row, "grade", GRADES))


def _growth(rows: list[Row], years: tuple[int, int], faults: list[Fault], whole: bool) -> dict[str, dict[int, GrowthRow]]:
    """driver → year → index; ``whole``: no record was left out, so a year that is not here is missing."""
    out: dict[str, dict[int, GrowthRow]] = {}
    seen: dict[tuple[str, int], Row] = {}
    for row in rows:
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
            faults.append(fault("csv.duplicate", row.place("driver"), key=f"{key[0]}, {key[1]}", line=seen[key].line))
        seen.setdefault(key, row)
        mine[key[1]] = GrowthRow(index, _record(row, "index", "1"))
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
            faults.append(fault("csv.duplicate", row.place("first"), key=", ".join(pair), line=seen[pair]))
        seen.setdefault(pair, row.line)
        out.append(Correlation(*pair, rank, row.place("first"), row["grade"], row["source"]))
    return tuple(out)


def _variables(sources: list[Row], factors: list[Row], growth: list[Row]) -> frozenset[str]:
    """What correlations may name: figures of the tables by their ids, and correlation groups."""
    names = {row["correlation_group"] for row in (*sources, *factors, *growth)} - {""}
    names |= {f"activity:{row['source_id']}" for row in sources} | {f"growth:{row['driver']}" for row in growth}
    return frozenset(names | {f"factor:{row['factor_set']}:{row['pollutant']}" for row in factors})


def _record(row: Row, column: str, unit: str) -> Record:
    """A figure of a table as it is written there."""
    texts = {"low": row["low"], "high": row["high"], "group": row["correlation_group"], "flue_gas": row["flue_gas"]}
    return Record(row[column], unit, row["grade"], row["source"], row.line, **texts)


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


def _assemble(name, shown, base_year, sources, factors, chosen, growth, faults) -> Inventory | None:
    present = {p for mine in factors.values() for p in mine}
    names = tuple(p for p in pollutants() if p in present)
    lines: dict[str, int] = {}
    # Sources with one factor set and unit share their factors, which are read once; ``kinds`` numbers these pairs.
    kinds: dict[tuple[str, str], int] = {}
    tables: list[dict[str, FactorRow]] = []
    spans, kind, kept = [], [], []
    for row in sources:
        span, unit = _source(row, lines, faults)
        pair = chosen.get(row["factor_set"], row["factor_set"]), row["unit"]
        if span is None or unit is None or pair[0] not in factors:
            continue
        if pair not in kinds:
            kinds[pair] = len(tables)
            tables.append({p: _factor(r, base, row, unit, faults) for p, (r, base) in factors[pair[0]].items() if base})
        kept.append(row)
        spans.append(span)
        kind.append(kinds[pair])
    if faults:
        return None
    arrays = {field: values[kind] for field, values in _arrays(names, tables).items()}
    activity = np.array([(s.value, s.low, s.high) for s in spans])
    columns = _texts(kept)
    upstream = _upstream(kept, activity[:, 0], arrays["factor"], names, faults)
    drivers = set(columns["growth_driver"].tolist())
    return Inventory(
        name=name,
        base_year=base_year,
        pollutants=names,
        text=columns,
        activity=activity[:, 0],
        **arrays,
        upstream=upstream,
        memo=columns["memo"] == "yes",
        growth={d: {y: row.index.value for y, row in g.items()} for d, g in growth.items() if d in drivers},
        alternatives={
            s: tuple(a.split("~")[1] for a in factors if a.startswith(f"{s}~"))
            for s in factors
            if any(a.startswith(f"{s}~") for a in factors)
        },
        records=Records(
            shown,
            np.array([row.line for row in kept]),
            activity,
            np.array(kind),
            tuple(tables),
            tuple(name for name, _ in kinds),
            {(d, y): row for d, g in growth.items() for y, row in g.items()},
        ),
    )


def _source(row: Row, lines: dict[str, int], faults: list[Fault]) -> tuple[Distribution | None, str | None]:
    """Activity of one source and the canonical name of its unit; None after a fault that makes it unusable."""
    name = row["source_id"]
    if name in lines:
        faults.append(fault("csv.duplicate", row.place("source_id"), key=name, line=lines[name]))
    lines.setdefault(name, row.line)
    if not _ID.fullmatch(name):
        faults.append(fault("sources.id", row.place("source_id"), text=name))
    if row["sector"] not in sectors():
        faults.append(unknown_word("csv.choice", row, "sector", tuple(sectors())))
    if row["memo"] not in ("", "yes"):
        faults.append(unknown_word("csv.choice", row, "memo", ("yes",)))
    _grade(row, faults)
    for column in ("lon", "lat"):
        if row[column]:
            read_number(row, column, faults)
    unit = read_unit(row, "unit", faults)
    span = read_span(row, "activity", unit[0] if unit else 1.0, faults)
    return span, unit[1] if unit else None


def _factor(row: Row, base: str, source: Row, activity_base: str, faults: list[Fault]) -> FactorRow:
    scale = units.to_base(row["unit"])[0]
    reg = units.registry()
    if (reg.Unit(base) * reg.Unit(activity_base)) != reg.Unit("tonne / year"):
        first = {"activity": source["unit"], "source": source["source_id"], "line": source.line}
        faults.append(fault("factors.dimension", row.place("unit"), unit=row["unit"], **first))
    efficiency = read_share(row, "existing_efficiency", 0.0, faults)
    effectiveness = read_share(row, "existing_effectiveness", 1.0, faults)
    span = read_span(row, "factor", scale, faults)
    if efficiency * effectiveness >= FULL_CONTROL and span.value > 0:
        faults.append(fault("factors.full_control", row.place("existing_efficiency"), factor=row["factor"]))
    gas = math.nan
    if row["flue_gas"]:
        try:
            gas = units.flue_gas(row["flue_gas"], source["unit"])
        except units.UnitError as error:
            faults.append(error.fault.at(row.place("flue_gas")))
    return FactorRow(span, efficiency, effectiveness, row["existing_stage"], gas, _record(row, "factor", row["unit"]))


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
