"""Words for totals and subtotals among the rows of a table."""

from __future__ import annotations

import re

from emisim.importing.texts import folded

TOTAL = re.compile(
    r".{0,12}(合计|总计|小计|累计|共计)[数量]?[0-9]*|总量|总数|汇总|平均值?|其中[:：].*"
    r"|((grand|sub|national|overall)[ -]?)?totals?( emissions?| (of|for) .*)?|subtotal .*|sum( of all)?|averages?|mean",
    re.IGNORECASE,
)
_WRAPPED = re.compile(r"(?<=\S)\s*+[(\[【（][^()\[\]【】（）]*[)\]】）]$")  # a unit or a year behind the word
_EDGES = " \t\"'“”‘’【】[]()—–-=:：*"
_LIKELY = re.compile(r"[计总汇均其全]|total|sum|average|mean", re.IGNORECASE)  # other texts are passed at once


def is_total(text: str, own: set[str] | None = None) -> bool:
    """Whether a text is the word for a total or a subtotal: 合计, 小计, Total; or one of ``own`` (in small letters) in place of these."""
    if own is not None:
        return folded(text).casefold() in own
    if not _LIKELY.search(text):
        return False
    plain = _WRAPPED.sub("", folded(text)).strip(_EDGES)
    return bool(TOTAL.fullmatch(plain if plain.isascii() else plain.replace(" ", "")))
