"""Seeded random mutations of inputs: what the default suite tries, and `make fuzz` where atheris cannot be had."""

import random
from collections.abc import Iterator, Sequence

TRAPS = (
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\t", b'"', b"'", b",", b":", b"{", b"}", b"[", b"]", b"- ", b"&a ", b"*a", b"!!x ", b"? "),
    *(b"-", b"9" * 20, b"1e999", b"1e-999", b"1e308", b"nan", b".inf", b"null", b"true", b"%", b"/", b"()", b"**3", b"\xc2\xb2", b"\xe2\x82\x82"),
    *("万", "％", "（", "１", "\u2028", "\u202e", "\ud7ff", "𝟘", "①", "½", "٣", "ﬁ", "İ")
)  # fmt: skip


def mutated(inputs: Sequence[bytes], seed: int, longest: int) -> Iterator[bytes]:
    """Inputs changed at random, without end; the same for the same seed.

    Parameters
    ----------
    longest : bytes of an input.
    """
    chance = random.Random(seed)
    traps = [trap if isinstance(trap, bytes) else trap.encode() for trap in TRAPS]
    words = sorted({word for data in inputs for word in data.replace(b":", b" ").replace(b",", b" ").split()})
    while True:
        data = chance.choice(inputs)
        for _ in range(chance.choice((1, 1, 2, 3, 5))):
            data = _changed(data, chance, traps, words, inputs)
        yield data[:longest]


def _changed(
    data: bytes, chance: random.Random, traps: Sequence[bytes], words: Sequence[bytes], inputs: Sequence[bytes]
) -> bytes:
    """One change: bytes dropped, doubled, turned or put in; a line moved; the rest of another input."""
    at = chance.randrange(len(data) + 1)
    to = min(len(data), at + chance.choice((1, 1, 2, 8, 40, 200)))
    kind = chance.randrange(7)
    if kind == 0:
        return data[:at] + data[to:]
    if kind == 1:
        return data[:to] + data[at:to] * chance.choice((1, 1, 2, 50)) + data[to:]
    if kind == 2:
        return data[:at] + bytes(b ^ (1 << chance.randrange(8)) for b in data[at : at + 1]) + data[at + 1 :]
    if kind == 3:
        return data[:at] + chance.choice(traps) + data[at:]
    if kind == 4:
        return data[:at] + chance.choice(words or traps) + data[to:]
    lines = data.splitlines(keepends=True)
    if kind == 5 and len(lines) > 1:
        line = lines.pop(chance.randrange(len(lines)))
        lines.insert(chance.randrange(len(lines) + 1), line)
        return b"".join(lines)
    other = chance.choice(inputs)
    return data[:at] + other[chance.randrange(len(other) + 1) :]
