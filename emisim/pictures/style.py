"""How pictures look: colours by role that colour-blind people tell apart, hatches, sizes, and texts cut to fit.

Source: Okabe & Ito 2008, Color universal design (the eight colours).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

SECTOR_COLOURS = MappingProxyType(
    {
        "combustion": "#0072B2",
        "process": "#D55E00",
        "mobile": "#56B4E9",
        "solvent": "#E69F00",
        "agriculture": "#009E73",
        "dust": "#A6A6A6",
        "biomass": "#F0E442",
        "storage": "#CC79A7",
        "waste": "#8B5A2B",
        "other": "#4D4D4D",
    }
)
SECTOR_HATCHES = MappingProxyType(
    {
        "combustion": "",
        "process": "///",
        "mobile": "...",
        "solvent": "\\\\\\",
        "agriculture": "",
        "dust": "xxx",
        "biomass": "---",
        "storage": "|||",
        "waste": "+++",
        "other": "ooo",
    }
)
STANDING_COLOURS = MappingProxyType(
    {
        "direct": "#0072B2",
        "enabling": "#009E73",
        "not_quantified": "#E69F00",
        "indicator": "#56B4E9",
        "target": "#CC79A7",
        "no_source": "#A6A6A6",
        "unread": "#D9D9D9",
    }
)
VERDICT_COLOURS = MappingProxyType({"met": "#00735A", "missed": "#B34700", "at risk": "#8A6100", "not assessable": "#5B6770"})
GRADE_COLOURS = MappingProxyType({"A": "#08519C", "B": "#3182BD", "C": "#6BAED6", "D": "#E69F00", "E": "#D55E00"})
# Blue for what goes down, orange for what goes up; white is no change (ColorBrewer PuOr and RdBu meet in it).
DOWN_RAMP = ("#FFFFFF", "#D6E8F4", "#9CC8E6", "#5AA2D0", "#1F77B4", "#08456E")
UP_RAMP = ("#FFFFFF", "#FCE3CC", "#F8BE8B", "#EF9350", "#D55E00", "#8C3B00")
ELLIPSIS = "…"
DARK = 0.45  # relative luminance of a ground under which letters are white [1]


@dataclass(frozen=True)
class Style:
    """Colours by role, sizes in points, width in inches.

    base, frozen, reference, plan : the levels; reference_ink : letters in the colour of the reference. cut, rise : what takes
    emissions away, and what adds to them. lesser : small cuts put together. rest : what happens in any case. required : what a
    target asks for. ink, muted, grid, paper : text, lesser text, grid lines, ground.
    """

    base: str = "#4A5560"
    frozen: str = "#8C96A0"
    reference: str = "#E69F00"
    reference_ink: str = "#9A6400"
    plan: str = "#0072B2"
    cut: str = "#56A5D8"
    rise: str = "#D55E00"
    lesser: str = "#A9D3EE"
    rest: str = "#A9B4BC"
    required: str = "#9B2D6F"
    ink: str = "#1F2933"
    muted: str = "#5B6770"
    grid: str = "#E3E7EB"
    paper: str = "#FFFFFF"
    title_size: float = 11.0
    text_size: float = 8.5
    small_size: float = 7.5
    line: float = 1.6
    width: float = 7.2
    dpi: int = 150
    sectors: Mapping[str, str] = field(default_factory=lambda: SECTOR_COLOURS)
    hatches: Mapping[str, str] = field(default_factory=lambda: SECTOR_HATCHES)
    standings: Mapping[str, str] = field(default_factory=lambda: STANDING_COLOURS)
    verdicts: Mapping[str, str] = field(default_factory=lambda: VERDICT_COLOURS)
    grades: Mapping[str, str] = field(default_factory=lambda: GRADE_COLOURS)


def span(text: str) -> int:
    """Width of a text in narrow letters; a Chinese character takes two."""
    return len(text) if text.isascii() else sum(2 if _wide(c) else 1 for c in text)


def shorten(text: str, width: int) -> str:
    """A text of at most so many narrow letters; what is cut is marked by an ellipsis."""
    if span(text) <= width:
        return text
    room, kept = width - span(ELLIPSIS), 0
    while (room := room - span(text[kept])) >= 0:
        kept += 1
    return text[:kept].rstrip() + ELLIPSIS


def wrap(text: str, width: int, most: int | None = None) -> str:
    """A text in lines of at most so many narrow letters, broken at spaces or beside Chinese characters; with ``most``, so many
    lines, the last one shortened.

    No line begins with a closing mark.
    """
    lines = [""]
    for word in _words(text):
        if lines[-1] and span(lines[-1] + word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    if most is not None and len(lines) > most:
        lines[most - 1 :] = [shorten("".join(lines[most - 1 :]).rstrip(), width)]
    return "\n".join(line.strip() for line in lines)


def _words(text: str) -> list[str]:
    """Pieces between which a line may break: words with the space behind them, and single Chinese characters."""
    out: list[str] = []
    for letter in text:
        closing = unicodedata.category(letter) in ("Po", "Pe", "Pf") or letter == " "
        opened = bool(out) and unicodedata.category(out[-1][-1]) in ("Ps", "Pi")
        beside = bool(out) and (_wide(letter) or _wide(out[-1][-1]))
        if not out or (not opened and (out[-1][-1] == " " or (beside and not closing))):
            out.append(letter)
        else:
            out[-1] += letter
    return out


def _wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def ramp(value: float, largest: float) -> str:
    """Colour of a reduction [t/yr]: blue where it cuts, orange where it adds; the root of the share of the largest."""
    if not largest or not value:
        return DOWN_RAMP[0]
    colours = DOWN_RAMP if value > 0 else UP_RAMP
    place = min(np.sqrt(abs(value) / largest), 1.0) * (len(colours) - 1)
    low = min(int(place), len(colours) - 2)
    ends = np.array([_rgb(colours[low]), _rgb(colours[low + 1])])
    mixed = ends[0] + (place - low) * (ends[1] - ends[0])
    return "#" + "".join(f"{round(v):02X}" for v in mixed)


def on(ground: str, style: Style) -> str:
    """Colour of letters on a ground."""
    return style.paper if luminance(ground) < DARK else style.ink


def luminance(colour: str) -> float:
    """Brightness of a colour as the eye weighs it, 0 black, 1 white."""
    red, green, blue = _rgb(colour)
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255.0


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
