"""Imported sources as the tables of an inventory folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from emisim.importing.sources import Part, Sources
from emisim.importing.texts import JOIN
from emisim.inventory import FACTOR_COLUMNS, GROWTH_COLUMNS, SOURCE_COLUMNS
from emisim.text import say
from emisim.units import per_year, to_base

KG = 1000.0  # kg per t: factors are written in kg
YEARS_ON = 15  # the placeholder for growth reaches so far beyond the base year


@dataclass(frozen=True, eq=False)
class Table:
    """A table of an inventory folder: its columns, and every row as texts."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[Sequence[str]]


def figure(value: float) -> str:
    """A number as a table has it: twelve digits, no point after a whole number."""
    return f"{value:.12g}"


def factor_unit(unit: str) -> str:
    """The unit of a factor beside an activity: ``kg/t`` for ``t/yr``, ``kg/head/yr`` for ``head``."""
    if "year" not in to_base(unit)[1]:
        return f"kg/{unit}/yr" if unit.isalpha() else f"kg/({unit})/yr"
    per = per_year(unit)
    return f"kg/{per}" if not set(per) & set(" */()") else f"kg/({per.strip('()')})"


def factors(sources: Sources) -> np.ndarray:
    """Emission factor of every source and pollutant [kg / unit of the activity], nan where the file has no figure: f = E / A."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = sources.emission * KG / sources.activity[:, None]
    return np.where((sources.emission == 0) & (sources.activity[:, None] == 0), 0.0, factor)


def sources_table(sources: Sources, parts: Sequence[Part], language: str = "en") -> Table:
    """sources.csv; ``language`` of the words about where a row is from."""
    text, kind = sources.text, sources.kind

    def own(field: str) -> list[str]:
        """What the file says, else what its code says."""
        return [word or getattr(k, field) for word, k in zip(text[field], kind, strict=True)]

    mappings = [p.mapping for p in parts]
    at = list(zip(sources.part.tolist(), sources.row.tolist(), strict=True))
    names = zip(text["name_zh"], text["name_en"], kind, text["code"], strict=True)
    labels = [(zh or en or _own(code) or k.zh or code, en or zh or k.en or code) for zh, en, k, code in names]
    said = [m.source.text(language) for m in mappings]
    lines = [parts[p].entries.line[r] for p, r in at]
    shown = [_where(parts[p], line, language) for (p, _), line in zip(at, lines, strict=True)]
    columns = {
        "source_id": sources.id,
        "name_zh": [zh for zh, _ in labels],
        "name_en": [en for _, en in labels],
        "region": text["region"],
        "sector": [k.sector for k in kind],
        **{f: own(f) for f in ("subsector", "fuel", "technology")},
        **{f: text[f] for f in ("size", "nfr", "scc", "lon", "lat", "growth_driver")},
        "activity": list(map(figure, sources.activity.tolist())),
        "unit": sources.unit,
        "factor_set": sources.id,
        "grade": [mappings[p].grade for p, _ in at],
        "source": [f"{said[p]}; {where}" for (p, _), where in zip(at, shown, strict=True)],
        "note": text["remark"],
    }
    empty = [""] * len(sources)
    return Table("sources.csv", tuple(SOURCE_COLUMNS), zip(*(columns.get(c, empty) for c in SOURCE_COLUMNS), strict=True))


def _own(code: str) -> str:
    """The last level of a code in Chinese words, which names a source better than the kind that it was found to be."""
    last = code.split(JOIN)[-1]
    return last if not last.isascii() else ""


def _where(part: Part, line: int, language: str) -> str:
    """Sheet and row that a source comes from."""
    name = part.entries.sheet.name
    return f"{name}!{line}" if name else say("import.cell.row", language, line=line)


def factors_table(sources: Sources, parts: Sequence[Part], language: str = "en") -> Table:
    """factors.csv: one row a source and pollutant."""
    factor = factors(sources)
    source, pollutant = np.nonzero(~np.isnan(sources.emission))
    units = {unit: factor_unit(unit) for unit in set(sources.unit)}
    mappings = [p.mapping for p in parts]
    stated, divided = say("import.cell.stated", language), say("import.cell.divided", language)
    said = [m.source.text(language) for m in mappings]
    s = source.tolist()
    eta, effect = sources.efficiency[source, pollutant], sources.effectiveness[source, pollutant]
    columns = {
        "factor_set": [sources.id[k] for k in s],
        "pollutant": [sources.pollutants[k] for k in pollutant.tolist()],
        "factor": list(map(figure, factor[source, pollutant].tolist())),
        "unit": [units[sources.unit[k]] for k in s],
        "existing_efficiency": [figure(x) if x else "" for x in eta.tolist()],
        "existing_effectiveness": [figure(x) if e and x != 1 else "" for e, x in zip(eta.tolist(), effect.tolist(), strict=True)],
        "grade": [mappings[k].grade for k in sources.part[source].tolist()],
        "source": [said[k] for k in sources.part[source].tolist()],
        "note": [stated if alone else divided for alone in sources.alone[source].tolist()],
    }
    empty = [""] * len(s)
    return Table("factors.csv", tuple(FACTOR_COLUMNS), zip(*(columns.get(c, empty) for c in FACTOR_COLUMNS), strict=True))


def growth_table(sources: Sources, base_year: int, language: str = "en") -> Table:
    """growth.csv: a placeholder for every driver, no growth at all, until somebody knows better."""
    note, assumed = say("import.cell.placeholder", language), say("import.cell.assumption", language)
    rows = []
    for driver in sorted(set(sources.text["growth_driver"])):
        for year in (base_year, base_year + YEARS_ON):
            known = {"driver": driver, "year": str(year), "index": "100", "grade": "E", "source": assumed, "note": note}
            rows.append([known.get(c, "") for c in GROWTH_COLUMNS])
    return Table("growth.csv", tuple(GROWTH_COLUMNS), rows)
