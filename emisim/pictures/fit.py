"""Fitting things in: texts into a width on paper, axes around values."""

from __future__ import annotations

import math

from emisim.pictures.levels import FIRM, MINUS
from emisim.pictures.style import shorten, span, wrap

NICE = (1.0, 2.0, 5.0, 10.0)  # steps of an axis, in powers of ten
MOST_STEPS = 8


def fitted(figure, text: str, width: float, size: float, lines: int = 1, **look) -> str:
    """A text in at most so many lines, shortened as little as a width [inch] asks for; measured on the figure."""
    shown = figure.text(0, 0, text, size=size, **look)
    whole = shown.get_window_extent().width
    room = width * figure.dpi
    count = span(text) if whole <= room else int(span(text) * room / whole * 1.06)
    while True:
        new = shorten(text, count) if lines == 1 else wrap(text, count, lines)
        shown.set_text(new)
        if count < 6 or shown.get_window_extent().width <= room:
            break
        count -= 1
    shown.remove()
    return new


def scale(low: float, high: float) -> dict[str, float]:
    """Ends and step of an ECharts axis that holds two values: all multiples of a round step."""
    unit = 10.0 ** math.floor(math.log10((high - low) / MOST_STEPS))
    step = next(n * unit for n in NICE if n * unit * MOST_STEPS >= high - low)
    return {"min": round(math.floor(low / step) * step, 9), "max": round(math.ceil(high / step) * step, 9), "interval": step}


def firm(text: str) -> str:
    """A text whose per cents stay with their numbers."""
    return text.replace(" %", f"{FIRM}%")


def minus(text: str) -> str:
    """A number with a true minus."""
    return text.replace("-", MINUS)


def tick(value: float, unit: str) -> str:
    """A number at an axis."""
    return minus(f"{value:,.6g}{FIRM + '%' if unit == '%' else ''}")
