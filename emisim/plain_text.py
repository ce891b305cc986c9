"""Text for a terminal that cannot show all of its signs: each gives way to the plain one that reads alike, ``≥`` to ``>=``."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Callable
from types import MappingProxyType

HANDLER = "emisim"  # the name under which streams know ``register``'s
# What NFKD does not know. A sign of one column gives one of one column where there is any.
_PLAIN = MappingProxyType(
    {ord(sign): plain for plain, signs in (
        ("-", "–—−‐‑‒―─━╌┄╴╶╸╺├└┌┬┼┴┐┘┤⁻"), ("|", "│┃¦"), ("*", "·⋅∙•×※"), ("/", "÷\u2044"), ("~", "≈∼"), ('"', "“”„«»″"), ("'", "‘’‚′"),
        ("+", "⁺"), ("V", "√"), ("\\", "∖"), ("u", "µμ"), ("^T", "ᵀ"),
        ("->", "→"), ("<-", "←"), ("<=", "≤⩽"), (">=", "≥⩾"), ("!=", "≠"), ("+/-", "±"), ("...", "…"), ("%o", "‰"), ("inf", "∞"),
        ("sum", "Σ∑"), ("product", "Π∏"), ("deg", "°"), ("in", "∈"),
    ) for sign in signs}
)  # fmt: skip


def plain(text: str, encoding: str) -> str:
    """A text with every sign that an encoding lacks as a plain one. Signs that have none, such as Chinese, stay."""
    if _fits(text, encoding):
        return text
    return "".join(sign if _fits(sign, encoding) else _near(sign, encoding) or sign for sign in text)


def is_chinese(sign: str) -> bool:
    """Whether a sign is a Chinese character or one of the wide signs that go with them."""
    return unicodedata.east_asian_width(sign) in "WF"


def fits_chinese(encoding: str) -> bool:
    """Whether an encoding has Chinese characters."""
    return _fits("中文", encoding)


def register(lost: Callable[[str], object] = lambda sign: None) -> None:
    """Let ``errors=HANDLER`` of a stream do what ``plain`` does, and ``?`` for the rest, as wide as the sign.

    Parameters
    ----------
    lost : told every Chinese sign that could not be shown.
    """

    def handle(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        shown = []
        for sign in error.object[error.start : error.end]:
            near = _near(sign, error.encoding)
            if near is None:
                near = "??" if is_chinese(sign) else "?"
                if is_chinese(sign):
                    lost(sign)
            shown.append(near)
        return "".join(shown), error.end

    codecs.register_error(HANDLER, handle)


def _near(sign: str, encoding: str) -> str | None:
    """The plain form of a sign, None if there is none: by the table, by its parts (ₓ is an x, é an e), or by its name if it is Greek."""
    known = _PLAIN.get(ord(sign))
    parts = "".join(s for s in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(s)).translate(_PLAIN)
    name = unicodedata.name(sign, "").split()
    greek = name[-1].lower() if name[:1] == ["GREEK"] and name[1:2] in (["SMALL"], ["CAPITAL"]) and "WITH" not in name else None
    mark = "" if unicodedata.combining(sign) else None
    for found in (known, parts if parts != sign else None, greek, mark):
        if found is not None and _fits(found, encoding):
            return found
    return None


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True
