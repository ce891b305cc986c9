"""Rows of factors, each with the sources that use it: units that fit, controls that leave something over."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from emisim import units
from emisim.errors import Fault, fault
from emisim.inventory import FactorRow, Record
from emisim.io.csv_file import Row
from emisim.io.csv_number import read_share, read_span
from emisim.io.inventory_traps import whole_control
from emisim.vocabulary import pollutants

Known = Mapping[str, Mapping[str, tuple[Row, str]]]  # factor set → pollutant → (row, base unit)


def families(factors: Iterable[str]) -> dict[str, list[str]]:
    """Factor set → itself and its alternatives."""
    out: dict[str, list[str]] = {}
    for name in factors:
        out.setdefault(name.split("~")[0], []).append(name)
    return out


def factors_of(name: str, factors: Known, source: Row, faults: list[Fault]) -> dict[str, FactorRow]:
    """The factors of a set for one source. Where none of several fits the unit of the activity, that is what is wrong."""
    mine = factors[name]
    known = {p: mine[p] for p in pollutants() if p in mine and mine[p][1]}
    fits = [units.mass_a_year(row["unit"], source["unit"]) is not None for row, _ in known.values()]
    if len(fits) > 1 and not any(fits):
        first = next(iter(known.values()))[0]
        values = {"unit": source["unit"], "factor_set": source["factor_set"], "factor": first["unit"], "line": first.line}
        faults.append(fault("sources.dimension", source.place("unit"), **values))
        return {}
    return {p: _factor(row, source, faults) for p, (row, _) in known.items()}


def _factor(row: Row, source: Row, faults: list[Fault]) -> FactorRow:
    scale = units.to_base(row["unit"])[0]
    if units.mass_a_year(row["unit"], source["unit"]) is None:
        first = {"activity": source["unit"], "source": source["source_id"], "line": source.line}
        faults.append(fault("factors.dimension", row.place("unit"), unit=row["unit"], **first))
    efficiency = read_share(row, "existing_efficiency", 0.0, faults)
    effectiveness = read_share(row, "existing_effectiveness", 1.0, faults)
    span = read_span(row, "factor", scale, faults)
    whole_control(row, 1.0 - efficiency * effectiveness, span.value, faults)
    gas = math.nan
    if row["flue_gas"]:
        try:
            gas = units.flue_gas(row["flue_gas"], source["unit"])
        except units.UnitError as error:
            faults.append(error.fault.at(row.place("flue_gas")))
    return FactorRow(span, efficiency, effectiveness, row["existing_stage"], gas, record(row, "factor", row["unit"]))


def record(row: Row, column: str, unit: str) -> Record:
    """A figure of a table as it is written there."""
    texts = {"low": row["low"], "high": row["high"], "group": row["correlation_group"], "flue_gas": row["flue_gas"]}
    return Record(row[column], unit, row["grade"], row["source"], row.line, **texts)
