"""Plain data as YAML that people go on writing in: short things on one line, texts in quotes only where they need them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_SIGN = r"[\w（）“”《》〔〕、，。：；？！·…\-/]"
_PLAIN = re.compile(rf"[A-Za-z_一-鿿“《]{_SIGN}*(?: {_SIGN}+)*")
_WORDS = frozenset(("true", "false", "null"))
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]+")


def one_line(text: str) -> str:
    """A text with a space for line breaks and for what no text file may hold."""
    return _NO_TEXT.sub(" ", text)


def scalar(text: str) -> str:
    """A text as YAML, in quotes where it needs them."""
    clean = one_line(text)
    return clean if _PLAIN.fullmatch(clean) and clean.casefold() not in _WORDS else quoted(clean)


def quoted(text: str) -> str:
    """A text in quotes, such as a code that must keep its zeros."""
    return json.dumps(one_line(text), ensure_ascii=False)


def flow(value: object) -> str:
    """Plain data on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(str(k))}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    return "null" if value is None else str(value) if isinstance(value, (int, float)) else scalar(str(value))


def block(value: Mapping[str, object], depth: int = 0) -> list[str]:
    """Plain data as lines: lists of mappings, and mappings of mappings, one below the other."""
    out, indent = [], "  " * depth
    for key, inner in value.items():
        name = f"{indent}{scalar(key)}:"
        if isinstance(inner, list) and inner and isinstance(inner[0], Mapping):
            out.append(name)
            for entry in inner:
                first, *rest = block(entry, depth + 2)
                out += [f"{indent}  - {first.strip()}", *rest]
        elif isinstance(inner, Mapping) and any(isinstance(v, Mapping) for v in inner.values()):
            out += [name, *block(inner, depth + 1)]
        else:
            out.append(f"{name} {flow(inner)}")
    return out
