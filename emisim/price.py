"""Prices: the table that makes money of several currencies and years comparable.

worth = (level of the currency in its year) / (level of the other in its year)
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

REFERENCE_YEAR = 2020


@dataclass(frozen=True)
class Price:
    """One figure of the price table. series: ``cpi_china``, ``deflator_us``, ``cny_per_usd`` or ``cny_per_eur``."""

    series: str
    year: int
    value: float
    grade: str
    source: str
    note: str


@lru_cache(maxsize=1)
def prices() -> tuple[Price, ...]:
    """The price table, ``data/prices.csv``, in its order."""
    with (files("emisim") / "data" / "prices.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(Price(**{**r, "year": int(r["year"]), "value": float(r["value"])}) for r in csv.DictReader(stream))


@lru_cache(maxsize=1)
def _levels() -> MappingProxyType[tuple[str, int], float]:
    """(currency, year) → yuan of 2020 that a unit of that money of that year is worth."""
    series = {name: {p.year: p.value for p in prices() if p.series == name} for name in {p.series for p in prices()}}
    cpi, deflator = series["cpi_china"], series["deflator_us"]
    rate = {"USD": series["cny_per_usd"], "EUR": series["cny_per_eur"]}
    found = {("CNY", year): factor for year, factor in cpi.items()}
    for currency, by_year in rate.items():
        found |= {(currency, year): by_year[year] * cpi[year] for year in by_year.keys() & cpi.keys()}
    now = rate["USD"][REFERENCE_YEAR], deflator[REFERENCE_YEAR]
    found |= {("USD", year): now[0] * now[1] / value for year, value in deflator.items()}
    return MappingProxyType(found)


def price_years(currency: str) -> tuple[int, ...]:
    """The years for which money of a currency can be made comparable."""
    return tuple(sorted(year for known, year in _levels() if known == currency))


def conversion(currency: str, year: int, to: str = "CNY", to_year: int = REFERENCE_YEAR) -> float:
    """What a unit of money of one year is worth in another currency and year.

    Yuan are brought to 2020 by the Chinese consumer price index. Dollars are brought to 2020 by the deflator of the US gross
    domestic product and then exchanged at the rate of 2020; dollars of years without that deflator, and all euros, are exchanged
    in their own year and then brought to 2020 as yuan. From there to another currency or year the same way back.

    Returns
    -------
    float [unit of ``to`` of ``to_year`` / unit of ``currency`` of ``year``]

    Raises
    ------
    KeyError
        A year without a figure, see ``price_years``.
    """
    return _levels()[currency, year] / _levels()[to, to_year]
