"""Text files as people keep them: UTF-8 with or without BOM, UTF-16, GB18030."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

from emisim.errors import BadInput, Place, fault, nearest

LARGEST_YAML = 5_000_000
# Control characters mean that this is no text, or in another encoding.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_CONTROL_BYTES = (
    b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f"
)
# What control characters beyond ASCII begin with.
_RARE_UTF8 = (re.compile(rb"\xc2[\x80-\x84\x86-\x9f]"), re.compile(rb"\xef\xbf[\xbe\xbf]"))
_RARE = MappingProxyType({
    "utf-8": _RARE_UTF8,
    "utf-8-sig": _RARE_UTF8,
    "gb18030": (re.compile(rb"\x81\x30"), re.compile(rb"\x84\x31")),
})  # fmt: skip
_PIECE = 1 << 16
# Plain ASCII and the signs people put into units and notes: ² ³ · ± × µ ₓ – ≤ …
_SIGNS = re.compile(r"[\x00-\x7f\xa0-\xff\u2000-\u22ff]*")
# Those of them that stand side by side in figures and units; in GBK they would be 掳卤虏鲁碌路脳陆录戮.
_FIGURES = re.compile(r"[\x00-\x7f°±²³µ·×½¼¾\u2000-\u22ff]*")
# Chinese characters, or the signs and full-width letters that go with them.
_CHINESE, _WORD = re.compile(r"[一-鿿\u3000-\u303f\uff01-\uff5e]"), re.compile(r"[一-鿿]{2}")
# A Chinese word that stands by itself: "créée" in UTF-8 would have one amid its letters.
_ALONE = re.compile(r"(?<![A-Za-z0-9一-鿿])[一-鿿]{2,}(?![A-Za-z0-9一-鿿])")


def read_text(path: Path, shown: str, largest: int | None = None, longest_line: int | None = None) -> str:
    """Read a text file and decode it by a stated rule; ``shown`` is its name in messages. ``longest_line`` is looked for before the file is
    held as a whole; lines of up to twice that may pass.

    A byte-order mark decides; else strict UTF-8 if the file is plain ASCII or has a CJK character; else GB18030. ("农业" in GBK is
    valid UTF-8 too, as two Latin letters, so a file that decodes without a single CJK character is tried as GB18030 as well. It is taken
    for GB18030 if it then has a word of two Chinese characters; where its UTF-8 holds nothing but Latin letters and signs, one that stands by
    itself; never where it holds nothing but the signs of figures and units, such as m³ and ·. What stays in doubt is decided wrongly: UTF-8
    without any Chinese whose Greek or Cyrillic letters make such a word, and GBK whose only Chinese is 陆路, or touches letters and
    digits on every side. A byte-order mark leaves no doubt.)

    Raises
    ------
    BadInput
        The file is missing, too large or in no encoding we know.
    """
    text = decode(_content(path, shown, largest, longest_line))
    if text is None:
        raise BadInput([fault("file.encoding", Place(shown))])
    at = control(text)
    if at >= 0:
        raise BadInput([fault("file.control", Place(shown, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)))])
    return text


def open_text(path: Path, shown: str, longest_line: int | None = None) -> TextIO:
    """A text file to be read line by line, by the rules of ``read_text``. It is held as a whole only where its bytes do not tell that
    it is clean.

    Raises
    ------
    BadInput
    """
    raw = _content(path, shown, None, longest_line)
    encoding = encoding_of(raw)
    if encoding and is_clean(raw, encoding):
        return path.open(encoding=encoding, newline="")
    del raw
    return io.StringIO(read_text(path, shown), newline="")


def _content(path: Path, shown: str, largest: int | None, longest_line: int | None) -> bytes:
    """The bytes of a file that is there and can be read."""
    try:
        if not path.is_file():
            raise BadInput([fault("file.missing", Place(shown), near=near_file(path))])
        size = path.stat().st_size
        if largest is not None and size > largest:
            raise BadInput([fault("file.too_large", Place(shown), size=size, largest=largest)])
        if longest_line is not None and _has_long_line(path, longest_line):
            raise BadInput([fault("file.long_line", Place(shown), longest=longest_line)])
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput([fault("file.unreadable", Place(shown), reason=reason)]) from None


def _has_long_line(path: Path, longest: int) -> bool:
    """Whether some piece of a file, so many bytes long, holds no end of a line."""
    with path.open("rb") as stream:
        while len(piece := stream.read(longest)) == longest:
            if b"\n" not in piece and b"\r" not in piece:
                return True
    return False


def decode(raw: bytes) -> str | None:
    """Text of some bytes, or None if they are in no encoding we know."""
    found = decoded(raw)
    return found[0] if found else None


def decoded(raw: bytes) -> tuple[str, str] | None:
    """(text of some bytes, name of its encoding), or None if they are in no encoding we know."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            text = _try(raw, encoding)
            return None if text is None else (text, encoding)
    plain = _try(raw, "utf-8")
    if plain is not None and (_FIGURES.fullmatch(plain) or _CHINESE.search(plain)):
        return plain, "utf-8"
    chinese = _try(raw, "gb18030")
    word = _ALONE if plain is not None and _SIGNS.fullmatch(plain) else _WORD
    if chinese is not None and (plain is None or word.search(chinese)):
        return chinese, "gb18030"
    return None if plain is None else (plain, "utf-8")


def encoding_of(raw: bytes) -> str | None:
    """Name of the encoding that ``decoded`` finds; a large file is looked through piece by piece, so that its text need not be held."""
    if raw.isascii() or (raw[:2] not in (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb") and _is_chinese(raw)):
        return "utf-8"
    found = decoded(raw)
    return found[1] if found else None


def _is_chinese(raw: bytes) -> bool:
    """Whether some bytes are UTF-8 and hold a Chinese character."""
    found = False
    try:
        for text in codecs.iterdecode(_pieces(raw), "utf-8"):
            found = found or _CHINESE.search(text) is not None
    except UnicodeDecodeError:
        return False
    return found


def _pieces(raw: bytes) -> Iterator[bytes]:
    return (raw[at : at + _PIECE] for at in range(0, len(raw), _PIECE))


def is_clean(raw: bytes, encoding: str) -> bool:
    """Whether a look at the bytes of a UTF-8 or GB18030 text is enough to know that it has no control characters."""
    rare = _RARE.get(encoding)
    return (
        rare is not None
        and not any(pattern.search(raw) for pattern in rare)
        and all(len(piece.translate(None, _CONTROL_BYTES)) == len(piece) for piece in _pieces(raw))
    )


def control(text: str) -> int:
    """Where in a text the first control character stands; -1 if it has none."""
    found = _CONTROL.search(text)
    return found.start() if found else -1


def _try(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def near_file(path: Path) -> str:
    """The file beside a missing one whose name comes nearest; empty if there is none."""
    try:
        return nearest(path.name, (p.name for p in path.parent.iterdir() if p.is_file()))
    except OSError:
        return ""
