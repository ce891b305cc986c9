"""The words emisim knows: pollutants, sectors, wording strengths, grades. They live in the tables of ``emisim/data``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

GRADES = ("A", "B", "C", "D", "E")
CHAPTERS = ("industry", "energy", "transport", "area", "multi", "management")


@dataclass(frozen=True)
class Pollutant:
    """``basis``: the species its mass is stated as. ``nitrogen_share``: t N per t, lost to the next manure stage [1]. ``aliases``: other names
    that foreign inventories have for it."""

    id: str
    zh: str
    en: str
    basis: str
    nitrogen_share: float
    core: bool
    iamc: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Word:
    """A code with its labels; ``gnfr`` and ``iamc`` names for sectors."""

    id: str
    zh: str
    en: str
    gnfr: str = ""
    iamc: str = ""


@dataclass(frozen=True)
class Wording:
    """How strong a plan's word is: share carried out, low, central and high [1]; ``binding`` words make up a strict scenario."""

    id: str
    zh: str
    en: str
    low: float
    central: float
    high: float
    binding: bool


def _table(name: str) -> list[dict[str, str]]:
    with (files("emisim") / "data" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@lru_cache(maxsize=1)
def pollutants() -> MappingProxyType[str, Pollutant]:
    """All pollutants by id, in their order of display."""
    return MappingProxyType(
        {
            r["pollutant"]: Pollutant(
                r["pollutant"],
                r["zh"],
                r["en"],
                r["basis"],
                float(r["nitrogen_share"]),
                r["core"] == "yes",
                r["iamc"],
                tuple(filter(None, r["aliases"].split("|"))),
            )
            for r in _table("pollutants.csv")
        }
    )


@lru_cache(maxsize=1)
def sectors() -> MappingProxyType[str, Word]:
    """The ten sectors of China's city inventory handbook by id."""
    return MappingProxyType(
        {r["sector"]: Word(r["sector"], r["zh"], r["en"], r["gnfr"], r["iamc"]) for r in _table("sectors.csv")}
    )


@lru_cache(maxsize=1)
def wordings() -> MappingProxyType[str, Wording]:
    """The scale of wording strength by id, strongest first."""
    return MappingProxyType(
        {
            r["wording"]: Wording(
                r["wording"], r["zh"], r["en"], float(r["low"]), float(r["central"]), float(r["high"]), r["binding"] == "yes"
            )
            for r in _table("wording.csv")
        }
    )
