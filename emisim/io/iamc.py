"""The result in the format of the Integrated Assessment Modeling Consortium: CSV and Excel, long and wide.

Model, Scenario, Region, Variable, Unit, then Year and Value, or one column a year. Variables are ``Emissions|<species>`` and
``Emissions|<species>|<sector>`` by the names of the common definitions. Every parent is the sum of its children: where a name is
both a source's own and a parent of others, its own part is named ``…|Other``. Rows outside the official totals are left out.

Source: IAMconsortium/common-definitions (8b3ee39), definitions/variable/emissions; its definitions go by IPCC category, which NFR codes share.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np

from emisim import __version__
from emisim.errors import BadInput, fault
from emisim.inventory import SourceTexts
from emisim.io.csv_file import csv_bytes
from emisim.io.xlsx import FACTOR, YEAR, Column, table, workbook
from emisim.simulate import Result
from emisim.summary import clean
from emisim.vocabulary import pollutants, sectors

MODEL = f"emisim {__version__}"
HEADER = ("Model", "Scenario", "Region", "Variable", "Unit")
TONNES = MappingProxyType({"Mt": 1e6, "kt": 1e3})
COUNTRY = "China"
OTHER = "Other"
SEPARATOR = "|"
WORDS = ("sector", "subsector", "fuel", "technology")
LEVEL, MEAN = "level at 31 December", "mean rate of the calendar year"
# What stands after the name of the scenario → values of the result, and what a year means there.
CASES = (
    ("", "plan", "with the plan", LEVEL),
    (" - Reference", "reference", "existing measures, growth and renewal of fleets", LEVEL),
    (" - Frozen", "frozen", "no measures, fleets not renewed", LEVEL),
    (" - Calendar", "calendar_plan", "with the plan", MEAN),
    (" - Reference - Calendar", "calendar_reference", "existing measures, growth and renewal of fleets", MEAN),
)


@dataclass(frozen=True)
class Series:
    """One line of the wide table. values : (year,) in the unit."""

    scenario: str
    region: str
    variable: str
    unit: str
    values: tuple[float, ...]


def iamc_files(result: Result, unit: str = "Mt") -> dict[str, bytes]:
    """The four files by name.

    Parameters
    ----------
    unit : ``Mt``, as the convention has it, or ``kt``.

    Raises
    ------
    BadInput
        Another unit.
    """
    found, years = series(result, unit), result.years
    wide = [(*_head(s), *s.values) for s in found]
    long = [(*_head(s), year, value) for s in found for year, value in zip(years, s.values, strict=True)]
    return {
        "iamc-long.csv": csv_bytes((*HEADER, "Year", "Value"), long),
        "iamc-wide.csv": csv_bytes((*HEADER, *years), wide),
        "iamc-long.xlsx": _xlsx(result, (Column("Year", YEAR), Column("Value", FACTOR)), long),
        "iamc-wide.xlsx": _xlsx(result, tuple(Column(str(y), FACTOR) for y in years), wide),
    }


def series(result: Result, unit: str = "Mt") -> tuple[Series, ...]:
    """Every series: scenario × region × variable; those without any emission are left out, but for the totals.

    E[variable] = Σ E[i] over the official sources i of that name or a name below it

    Raises
    ------
    BadInput
        Another unit than Mt and kt.
    """
    if unit not in TONNES:
        raise BadInput([fault("iamc.unit", text=unit, known=", ".join(TONNES))])
    inventory, species = result.inventory, _species()
    names = own_names(variables(inventory))
    places = _places(inventory, result.plan_file.region)
    out = []
    for suffix, which, _, _ in CASES:
        scenario, values = f"{result.scenario.scenario}{suffix}", getattr(result, which)
        for region, inside in places.items():
            for k, pollutant in enumerate(inventory.pollutants):
                name, stated = species[pollutant]
                rows = inside & result.official
                for tail in ("", *with_parents({names[i] for i in np.flatnonzero(rows & _emits(result, k)).tolist()})):
                    mine = rows & np.array([not tail or is_within(n, tail) for n in names], dtype=bool)
                    total = values[mine, k].sum(axis=0)
                    scaled = tuple(clean(v / TONNES[unit], total.max(initial=0.0) / TONNES[unit]) for v in total)
                    variable = f"{name}{SEPARATOR}{tail}" if tail else name
                    out.append(Series(scenario, region, variable, stated.replace("Mt", unit, 1), scaled))
    return tuple(out)


def variables(inventory: SourceTexts) -> list[str]:
    """The name of every source after the species, (row,): that of the most specific entry which fits, else of its sector."""
    known: dict[tuple[str, ...], str] = {}
    out = []
    for i in range(len(inventory)):
        key = tuple(str(inventory.text[c][i]) for c in (*WORDS, "nfr"))
        if key not in known:
            known[key] = _variable(key)
        out.append(known[key])
    return out


def _variable(key: Sequence[str]) -> str:
    fitting = [e for e in _entries() if _fits(e, key)]
    return max(fitting, key=_specific)["iamc"] if fitting else sectors()[key[0]].iamc


def _fits(entry: MappingProxyType, key: Sequence[str]) -> bool:
    words = all(entry[w] in ("", value) for w, value in zip(WORDS, key, strict=False))
    return words and (not entry["nfr"] or is_within(key[-1], entry["nfr"], "."))


def _specific(entry: MappingProxyType) -> tuple[bool, int, int]:
    """A named subsector beats an NFR code; more words, and a longer code, beat fewer."""
    return bool(entry["subsector"]), sum(bool(entry[w]) for w in WORDS), len(entry["nfr"])


def is_within(name: str, parent: str, separator: str = SEPARATOR) -> bool:
    """Whether a name is another or stands below it."""
    return name == parent or name.startswith(parent + separator)


def own_names(names: Sequence[str]) -> list[str]:
    """The same names, where none is a parent of another: ``|Other`` is added to those that are."""
    parents = {p for name in set(names) for p in _above(name)}
    return [f"{name}{SEPARATOR}{OTHER}" if name in parents else name for name in names]


def with_parents(names: Collection[str]) -> list[str]:
    """All names and what stands above them, sorted."""
    return sorted({*names, *(p for name in names for p in _above(name))})


def _above(name: str) -> list[str]:
    parts = name.split(SEPARATOR)
    return [SEPARATOR.join(parts[:k]) for k in range(1, len(parts))]


def _emits(result: Result, k: int) -> np.ndarray:
    """(row,) whether a source emits a pollutant in any year of any case."""
    return np.any([(getattr(result, which)[:, k] != 0).any(axis=-1) for _, which, _, _ in CASES], axis=0)


def region_name(code: str) -> str:
    """``China|province|city|county`` for a GB/T 2260 code as far as the table has names; what has none stays the code."""
    known = _regions()
    parts = [known[c] for c in dict.fromkeys((f"{code[:2]}0000", f"{code[:4]}00", code)) if c in known]
    return SEPARATOR.join((COUNTRY, *parts) if code in known else (COUNTRY, *parts, code))


def _places(inventory: SourceTexts, plan_region: str) -> dict[str, np.ndarray]:
    """Region → its rows; where there are several, the region of the plan is all of them."""
    codes = inventory.text["region"]
    names = [region_name(str(c)) for c in codes.tolist()]
    if len(set(names)) == 1:
        return {names[0]: np.ones(len(names), dtype=bool)}
    whole = region_name(plan_region)
    own = np.array([f"{n}{SEPARATOR}{OTHER}" if n == whole else n for n in names])
    return {whole: np.ones(len(names), dtype=bool), **{n: own == n for n in sorted(set(own.tolist()))}}


def _head(s: Series) -> tuple[str, ...]:
    return MODEL, s.scenario, s.region, s.variable, s.unit


def _xlsx(result: Result, columns: Sequence[Column], rows: Sequence[Sequence]) -> bytes:
    """Sheet ``data``, and sheet ``meta`` with what is known of each scenario; pyam reads both."""
    data = table("data", (*map(Column, HEADER), *columns), rows, keep=len(HEADER))
    basis = "illustrative base year, not official data" if result.inventory.illustrative() else "base year"
    words = ("model", "scenario", "title", "case", "meaning of a year", "base year", "basis")
    head = result.scenario
    meta = [
        (MODEL, f"{head.scenario}{suffix}", head.title.en, case, year, head.base_year, basis) for suffix, _, case, year in CASES
    ]
    kinds = [Column(w, YEAR) if w == "base year" else Column(w) for w in words]
    return workbook((data, table("meta", kinds, meta, keep=2)), head.title.en)


def _table(name: str) -> list[dict[str, str]]:
    with (files("emisim") / "data" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@lru_cache(maxsize=1)
def _entries() -> tuple[MappingProxyType, ...]:
    return tuple(MappingProxyType(row) for row in _table("iamc.csv"))


@lru_cache(maxsize=1)
def _regions() -> MappingProxyType:
    return MappingProxyType({row["code"]: row["en"] for row in _table("regions.csv")})


@lru_cache(maxsize=1)
def _species() -> MappingProxyType:
    """pollutant → (variable, unit)."""
    return MappingProxyType(
        {row["pollutant"]: (pollutants()[row["pollutant"]].iamc, row["iamc_unit"]) for row in _table("pollutants.csv")}
    )
