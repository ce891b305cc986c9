"""Rows of the sheet Emissions: a source of which only the emission is known counts as an activity of 1 source.

E = 1 source · f,    f = E per source and year
"""

from __future__ import annotations

from dataclasses import replace

from emisim import units
from emisim.errors import Fault, fault
from emisim.inventory import WITHOUT_ACTIVITY
from emisim.io.csv_file import Row
from emisim.io.csv_number import read_number, read_share
from emisim.vocabulary import pollutants

EFFICIENCY = "efficiency_"
_SAME = ("grade", "source", "note")


def emission_rows(row: Row, faults: list[Fault] | None = None) -> tuple[Row, list[Row]]:
    """The row of sources.csv and those of factors.csv that a row of emissions stands for.

    Parameters
    ----------
    row : of the sheet Emissions.
    faults : if given, receives what is wrong with its figures.
    """
    if faults is not None:
        _check(row, faults)
    at = row.columns
    source = replace(
        row,
        fields={**row.fields, "activity": "1", "unit": WITHOUT_ACTIVITY, "factor_set": row["source_id"]},
        columns={**at, "activity": at["name_zh"], "factor_set": at["source_id"]},
    )
    factors = []
    for pollutant in pollutants():
        if not row[pollutant]:
            continue
        said = {
            "factor_set": row["source_id"],
            "pollutant": pollutant,
            "factor": row[pollutant],
            "unit": f"{units.per_year(row['unit'])}/({WITHOUT_ACTIVITY} yr)",
            "existing_efficiency": row[EFFICIENCY + pollutant],
        }
        places = {
            **{column: at.get(column, 0) for column in ("unit", *_SAME)},
            **dict.fromkeys(("factor_set", "pollutant", "factor"), at[pollutant]),
            "existing_efficiency": at.get(EFFICIENCY + pollutant, at[pollutant]),
        }
        factors.append(replace(row, fields={**said, **{column: row[column] for column in _SAME}}, columns=places))
    return source, factors


def _check(row: Row, faults: list[Fault]) -> None:
    given = [p for p in pollutants() if row[p]]
    if not given:
        faults.append(fault("template.no_emission", row.place("name_zh"), name=row["name_zh"]))
    for pollutant in given:
        if read_number(row, pollutant, faults) < 0:
            faults.append(fault("csv.negative", row.place(pollutant), column=pollutant, text=row[pollutant]))
        read_share(row, EFFICIENCY + pollutant, 0.0, faults)
    try:
        units.read(f"1 {row['unit']}", "mass rate")
    except units.UnitError as error:
        faults.append(error.fault.at(row.place("unit")))
