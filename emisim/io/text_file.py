"""Text files as people keep them: UTF-8 with or without BOM, UTF-16, GB18030."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

import numpy as np

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
_DOUBTFUL = (b"\xc0", b"\xc1", b"\xe0", b"\xed")
_PIECE, PIECE = 1 << 16, 1 << 20
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


def utf8_pieces(path: Path, shown: str, longest_line: int) -> Iterator[bytes]:
    """A text file as pieces of UTF-8, by the rules of ``read_text``. It is read to its end before the first piece comes, and held as a whole
    only where a look at its bytes does not tell in which encoding it is, or that it is clean.

    Raises
    ------
    BadInput
    """
    if _is_plain(path, shown, longest_line):
        return _read_pieces(path, shown)
    raw = _content(path, shown, None, longest_line)
    encoding = encoding_of(raw)
    if encoding and is_clean(raw, encoding):
        return _encoded(path.open(encoding=encoding, newline=""))
    del raw
    return _encoded(io.StringIO(read_text(path, shown), newline=""))


def _is_plain(path: Path, shown: str, longest_line: int) -> bool:
    """Whether a file is seen to be UTF-8 without control characters, in lines that are not too long."""
    chinese, ascii_only, held = False, True, b""
    try:
        with path.open("rb", buffering=0) as stream:
            while piece := stream.read(longest_line):
                if len(piece) == longest_line and b"\n" not in piece and b"\r" not in piece:
                    return False
                held += piece
                end = _end_of_letter(held)
                piece, held = held[:end], held[end:]
                if not is_clean_utf8(piece):
                    return False
                if not piece.isascii():
                    ascii_only, chinese = False, chinese or _CHINESE.search(piece.decode()) is not None
    except (OSError, ValueError):
        return False
    return not held and (ascii_only or chinese or _has_mark(path))


def _has_mark(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def _end_of_letter(raw: bytes) -> int:
    """Where the last letter ends that is there as a whole."""
    for k in range(1, min(4, len(raw) + 1)):
        if raw[-k] >= 0xC0:
            return len(raw) if k >= (2 if raw[-k] < 0xE0 else 3 if raw[-k] < 0xF0 else 4) else len(raw) - k
        if raw[-k] < 0x80:
            break
    return len(raw)


def is_clean_utf8(raw: bytes) -> bool:
    """Whether some bytes are UTF-8 without control characters."""
    data = np.frombuffer(raw, np.uint8)
    spaces = sum(np.count_nonzero(data == space[0]) for space in (b"\t", b"\n", b"\r") if space in raw)
    if np.count_nonzero(data < 0x20) != spaces or b"\x7f" in raw:
        return False
    if raw.isascii():
        return True
    if any(byte in raw for byte in _DOUBTFUL) or data.max() >= 0xF0:  # these ask for more than that others follow
        return _try(raw, "utf-8") is not None and not any(pattern.search(raw) for pattern in _RARE_UTF8)
    rare = b"\xc2" in raw or (b"\xef" in raw and ((data[:-1] == 0xEF) & (data[1:] == 0xBF)).any())
    return _is_utf8(data) and not (rare and any(pattern.search(raw) for pattern in _RARE_UTF8))


def _is_utf8(data: np.ndarray) -> bool:
    """Whether each byte that goes on stands behind one that asks for it, and no other does."""
    wanted = np.zeros(data.size + 2, dtype=bool)
    wanted[1 : 1 + data.size] = data >= 0xC0
    wanted[2:] |= data >= 0xE0
    goes_on = data.view(np.int8) < -64  # 0x80 to 0xBF
    return not wanted[data.size :].any() and np.array_equal(goes_on, wanted[: data.size])


def _read_pieces(path: Path, shown: str) -> Iterator[bytes]:
    """The bytes of a file without its mark."""
    try:
        with path.open("rb", buffering=0) as stream:
            piece = stream.read(PIECE).removeprefix(codecs.BOM_UTF8)
            while piece:
                yield piece
                piece = stream.read(PIECE)
    except OSError as error:
        raise _unreadable(shown, error) from None


def _unreadable(shown: str, error: Exception) -> BadInput:
    return BadInput([fault("file.unreadable", Place(shown), reason=getattr(error, "strerror", None) or str(error))])


def _encoded(stream: TextIO) -> Iterator[bytes]:
    with stream:
        while text := stream.read(PIECE // 4):
            yield text.encode()


class Stream:
    """Whole lines of a text that comes in pieces, from the place that is read next. line : its number."""

    def __init__(self, pieces: Iterator[bytes]):
        self._pieces = pieces
        self._raw, self._at = b"", 0
        self._rest = b""  # the beginning of a line that goes on in the next piece
        self.line = 1

    def more(self) -> bool:
        """Whether there are lines left; if so, some are held."""
        while self._at == len(self._raw):
            piece = next(self._pieces, None)
            if piece is None:
                self._raw, self._at, self._rest = self._rest and self._rest + b"\n", 0, b""
                return bool(self._raw)
            end = 1 + max(piece.rfind(b"\n"), piece.rfind(b"\r", 0, -1))
            if end:
                self._raw, self._at, self._rest = b"".join((self._rest, piece[:end])), 0, piece[end:]
            else:
                self._rest += piece
        return True

    def held(self) -> bytes:
        """The lines that are held."""
        return self._raw[self._at :]

    def skip(self, size: int, lines: int) -> None:
        """Go on behind some of them."""
        self._at += size
        self.line += lines

    def lines(self) -> Iterator[str]:
        """Line by line, with its end; what was given is read."""
        while self.more():
            for raw in self.held().splitlines(keepends=True):
                self._at += len(raw)
                self.line += 1
                yield raw.decode()

    def close(self) -> None:
        """There are no lines left."""
        self._pieces, self._raw, self._at, self._rest = iter(()), b"", 0, b""


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
        raise _unreadable(shown, error) from None


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
