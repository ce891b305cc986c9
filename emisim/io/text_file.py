"""Text files as people keep them: UTF-8 with or without BOM, UTF-16, GB18030."""

from __future__ import annotations

import re
from pathlib import Path

from emisim.errors import BadInput, Fault, Place, fault

LARGEST_YAML = 5_000_000


def read_text(path: Path, largest: int | None = None) -> str:
    """Read a text file and decode it by a stated rule.

    A byte-order mark decides; else strict UTF-8 if the file is plain ASCII or has a CJK character; else GB18030. ("农业" in GBK is
    valid UTF-8 too, as two Latin letters, so a file that decodes without a single CJK character is tried as GB18030 as well.)

    Raises
    ------
    BadInput
        The file is missing, too large or in no encoding we know.
    """
    try:
        raw = path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise BadInput([fault("file.unreadable", Place(str(path)), reason=error.strerror or str(error))]) from None
    if raw is None:
        near = _near(path)
        raise BadInput([fault("file.missing", Place(str(path)), near=near)])
    if largest is not None and len(raw) > largest:
        raise BadInput([fault("file.too_large", Place(str(path)), size=len(raw), largest=largest)])
    text = decode(raw)
    if isinstance(text, Fault):
        raise BadInput([text.at(Place(str(path)))])
    return text


def decode(raw: bytes) -> str | Fault:
    """Text of some bytes, or a fault without a place."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return _try(raw, encoding) or fault("file.encoding")
    plain = _try(raw, "utf-8")
    if plain is not None and (plain.isascii() or re.search(r"[一-鿿]", plain)):
        return _clean(plain)
    chinese = _try(raw, "gb18030")
    if chinese is not None and (plain is None or re.search(r"[一-鿿]{2}", chinese)):
        return _clean(chinese)
    return _clean(plain) if plain is not None else fault("file.encoding")


def _try(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _clean(text: str) -> str | Fault:
    """Control characters mean that this is no text (or another encoding)."""
    found = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", text)
    return fault("file.control", at=found.start() + 1) if found else text


def _near(path: Path) -> str:
    from emisim.errors import nearest

    try:
        return nearest(path.name, (p.name for p in path.parent.iterdir()))
    except OSError:
        return ""
