"""Text files as people keep them: UTF-8 with or without BOM, UTF-16, GB18030."""

from __future__ import annotations

import re
from pathlib import Path

from emisim.errors import BadInput, Place, fault, nearest

LARGEST_YAML = 5_000_000
# Control characters mean that this is no text, or in another encoding.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
# Plain ASCII and the signs people put into units and notes: ² ³ · ± × µ ₓ – ≤ …
_SIGNS = re.compile(r"[\x00-\x7f\xa0-\xff\u2000-\u22ff]*")


def read_text(path: Path, shown: str, largest: int | None = None) -> str:
    """Read a text file and decode it by a stated rule; ``shown`` is its name in messages.

    A byte-order mark decides; else strict UTF-8 if the file is plain ASCII or has a CJK character; else GB18030. ("农业" in GBK is
    valid UTF-8 too, as two Latin letters, so a file that decodes without a single CJK character is tried as GB18030 as well,
    unless it holds nothing but signs such as m³ and ·.)

    Raises
    ------
    BadInput
        The file is missing, too large or in no encoding we know.
    """
    try:
        if not path.is_file():
            raise BadInput([fault("file.missing", Place(shown), near=_near(path))])
        size = path.stat().st_size
        if largest is not None and size > largest:
            raise BadInput([fault("file.too_large", Place(shown), size=size, largest=largest)])
        text = decode(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput([fault("file.unreadable", Place(shown), reason=reason)]) from None
    if text is None:
        raise BadInput([fault("file.encoding", Place(shown))])
    found = _CONTROL.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise BadInput([fault("file.control", Place(shown, line, column))])
    return text


def decode(raw: bytes) -> str | None:
    """Text of some bytes, or None if they are in no encoding we know."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return _try(raw, encoding)
    plain = _try(raw, "utf-8")
    if plain is not None and (_SIGNS.fullmatch(plain) or re.search(r"[一-鿿]", plain)):
        return plain
    chinese = _try(raw, "gb18030")
    if chinese is not None and (plain is None or re.search(r"[一-鿿]{2}", chinese)):
        return chinese
    return plain


def _try(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _near(path: Path) -> str:
    try:
        return nearest(path.name, (p.name for p in path.parent.iterdir() if p.is_file()))
    except OSError:
        return ""
