"""Read a mapping: how one foreign file is read; and the mappings of published formats, which ship with emisim."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import replace
from pathlib import Path
from typing import Any

from emisim.errors import BadInput, Fault, Place, fault, nearest
from emisim.importing.amounts import scale
from emisim.importing.formats import builtin
from emisim.importing.mapping import Amount, Mapping
from emisim.io.config_file import validated
from emisim.io.yaml_file import Document, parse_yaml, read_yaml
from emisim.units import UnitError
from emisim.vocabulary import pollutants, sectors

TONS = ("ton", "tons", "ton/yr", "tons/yr", "ton/year", "tons/year")  # metric or short
OPEN = "?"  # what a person has still to fill in
YEAR = "{year}"


def read_mapping(path: Path, shown: str, year: int | None = None, changes: Dict[str, Any] | None = None) -> Mapping:
    """Read a mapping file.

    Parameters
    ----------
    year : base year, in place of the one in the file; ``{year}`` in the file stands for it.
    changes : entries at the top of the mapping that the command line sets.

    Raises
    ------
    BadInput
        With every fault, each with line and column; among them every place that still holds a question mark.
    """
    return _mapping(read_yaml(path, shown), year, changes or {})


def builtin_mapping(name: str, year: int | None = None, changes: Dict[str, Any] | None = None) -> Mapping:
    """The mapping of a published format."""
    return _mapping(parse_yaml(builtin(name).decode(), f"{name}.yaml"), year, changes or {})


def _mapping(document: Document, year: int | None, changes: Dict[str, Any]) -> Mapping:
    if not isinstance(document.data, dict):
        validated(Mapping, document)
    data = {**document.data, **changes}
    stated = year or data.get("year")
    if isinstance(stated, int) and not isinstance(stated, bool):
        data["year"] = stated
    faults: list[Fault] = []
    data = _filled(data, (), document, str(stated) if stated else None, faults)
    if faults:
        raise BadInput(faults)
    mapping = validated(Mapping, replace(document, data=data))
    faults = _meaning(mapping, document)
    if faults:
        raise BadInput(faults)
    return mapping


def _filled(data: Any, location: tuple, document: Document, year: str | None, faults: list[Fault]) -> Any:
    """The same with the year in its places; question marks are faults."""
    if isinstance(data, dict):
        return {k: _filled(v, (*location, k), document, year, faults) for k, v in data.items()}
    if isinstance(data, list):
        return [_filled(v, (*location, k), document, year, faults) for k, v in enumerate(data)]
    if data == OPEN:
        faults.append(fault("mapping.open", document.place(location), key=str(location[-1]) if location else ""))
    if isinstance(data, str) and YEAR in data:
        if year is None:
            faults.append(fault("mapping.year", document.place(location), text=data))
            return data
        return data.replace(YEAR, year)
    return data


def _meaning(mapping: Mapping, document: Document) -> list[Fault]:
    """What a mapping must say beyond its form."""
    faults, top = [], Place(document.file, 1, 1)
    if not mapping.pollutants and mapping.long is None:
        faults.append(fault("mapping.no_pollutant", top))
    if mapping.year is None:
        faults.append(fault("mapping.no_year", top))
    if mapping.region is None:
        faults.append(fault("mapping.no_region", top))
    for name, figures in mapping.pollutants.items():
        where = document.key_place(("pollutants", name))
        if name not in pollutants():
            faults.append(
                fault("mapping.pollutant", where, word=name, near=nearest(name, pollutants()), known=", ".join(pollutants()))
            )
        faults += _figures(figures, mapping, where)
    for word, name in (mapping.long.pollutant.names if mapping.long else {}).items():
        if name not in pollutants():
            place = document.place(("long", "pollutant", "names", word))
            faults.append(
                fault("mapping.pollutant", place, word=name, near=nearest(name, pollutants()), known=", ".join(pollutants()))
            )
    if mapping.long is not None:
        faults += _figures(mapping.long, mapping, document.key_place(("long",)))
    for code, text in mapping.codes.map.items():
        sector = text.split("/")[0].strip()
        if sector not in sectors():
            place = document.place(("codes", "map", code))
            faults.append(
                fault("mapping.sector", place, word=sector, near=nearest(sector, sectors()), known=", ".join(sectors()))
            )
    faults += _units(document.data, (), document)
    if _nowhere(mapping.activity):
        faults.append(fault("mapping.no_column", document.key_place(("activity",))))
    for k, omission in enumerate(mapping.leave_out):
        if bool(omission.rows) == bool(omission.column):
            faults.append(fault("mapping.omission", document.place(("leave_out", k))))
        bad = [span for span in omission.rows if not _is_span(span)]
        faults += [fault("mapping.rows", document.place(("leave_out", k, "rows")), text=span) for span in bad]
    return faults


def _is_span(text: str) -> bool:
    """Whether a text is ``12`` or ``15-20``."""
    first, sign, last = text.partition("-")
    return first.isdecimal() and (not sign or (last.isdecimal() and int(first) <= int(last)))


def _units(data: Any, location: tuple, document: Document) -> list[Fault]:
    """Units that emisim does not know, wherever the mapping has one."""
    faults = []
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        here = (*location, key)
        texts = {here: value} if key == "unit" else {}
        if key == "names" and location[-1:] == ("unit",) and isinstance(value, dict):
            texts = {(*here, word): text for word, text in value.items()}
        for where, text in texts.items():
            if isinstance(text, str):
                faults += _unit(text, document.place(where))
        faults += _units(value, here, document)
    return faults


def _unit(text: str, place: Place) -> list[Fault]:
    if text.strip() in TONS:
        return [fault("mapping.tons", place, text=text)]
    try:
        scale(text)
    except UnitError as error:
        return [error.fault.at(place)]
    return []


def _nowhere(amount: Amount | None) -> bool:
    """Whether an amount has no column."""
    return amount is not None and not amount.column and not amount.otherwise_sum


def _figures(figures, mapping: Mapping, where: Place) -> list[Fault]:
    faults = []
    if figures.emission is None and figures.factor is None:
        faults.append(fault("mapping.no_figure", where))
    amounts = (figures.emission, figures.factor, figures.efficiency, *figures.effectiveness)
    faults += [fault("mapping.no_column", where)] * any(map(_nowhere, amounts))
    if figures.factor is not None and figures.efficiency is not None and figures.factor_is is None:
        faults.append(fault("mapping.factor_is", where))
    if figures.factor is not None and mapping.activity is None:
        faults.append(fault("mapping.factor", where))
    return faults
