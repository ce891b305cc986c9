"""The words of the Excel workbook: headers with their units, in one language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from emisim.io.xlsx import FACTOR, FINE, MARKS, MASS, SHARE, Column
from emisim.text import say

UNITS = (("mass", "mass"), ("fine", "mass"), ("factor", "factor"), ("share", "share"))


@dataclass(frozen=True)
class Words:
    """Everything a sheet says."""

    language: str

    def say(self, key: str, **values: object) -> str:
        """A message of the workbook."""
        return say(f"book.{key}", self.language, **values)

    def column(self, key: str, kind: str = "text", of: str = "", *, measured: bool = True, **look: object) -> Column:
        """A column: its name, of what (a pollutant), and the unit that goes with its kind, unless it is not measured in that."""
        name = say(f"book.column.{key}", self.language)
        named = f"{of} {name}" if of else name
        unit = dict(UNITS).get(kind) if measured else None
        title = self.say("header", name=named, unit=say(f"book.unit.{unit}", self.language)) if unit else named
        return Column(title, kind, **look)

    def texts(self, *keys: str, **look: object) -> list[Column]:
        """Columns of text."""
        return [self.column(key, **look) for key in keys]

    def masses(self, *keys: str, of: str = "", fine: bool = False) -> list[Column]:
        """Columns of tonnes a year."""
        return [self.column(key, FINE if fine else MASS, of) for key in keys]

    def shares(self, *keys: str, of: str = "") -> list[Column]:
        """Columns of shares, shown in percent."""
        return [self.column(key, SHARE, of) for key in keys]

    def factor(self, key: str, of: str) -> Column:
        """A column of emission factors."""
        return self.column(key, FACTOR, of)

    def verdict(self) -> Column:
        """The column of verdicts, in the colour of each."""
        return Column(self.say("column.verdict"), marks=tuple((self.verdict_word(v), v) for v in MARKS))

    def verdict_word(self, verdict: str) -> str:
        """A verdict in words."""
        return say(f"verdict.{verdict.replace(' ', '_')}", self.language)

    def yes(self, value: bool) -> str:
        """Yes or no."""
        return say("credit.yes" if value else "credit.no", self.language)

    def listed(self, words: Iterable[str]) -> str:
        """Words of a list in one cell."""
        return ("、" if self.language == "zh" else ", ").join(words)


def day(text: str) -> date | None:
    """A date as it stands in results, or none."""
    return date.fromisoformat(text) if text else None


def ratio(value: float, by: float) -> float | None:
    """A share [1]; none where there is nothing to divide by."""
    return float(value) / float(by) if by else None


def change(value: float, by: float) -> float | None:
    """A relative change [1]; none where there is nothing to compare with."""
    return float(value) / float(by) - 1.0 if by else None
