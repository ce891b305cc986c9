"""Many plain figures at once, from the bytes they are written in, to the very bit that ``float`` gives.

A figure is a whole number over a power of ten, 12.50 = 1250 / 10². Both are exact as floats up to 2⁵³ and 10²², so there is one rounding, in
the division, as ``float`` has it. Other ways to write a number are left to it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from emisim.column import WORD, eights

_EXACT, _MOST_TENS, _MOST_DIGITS = 2**53, 22, 18
_MINUS, _POINT, _ZERO = b"-.0"


def figures(words: np.ndarray, empty: float) -> tuple[np.ndarray, np.ndarray]:
    """Fixed words as numbers.

    Parameters
    ----------
    words : (word,) of numpy's S.
    empty : what no text is worth.

    Returns
    -------
    (word,), (word,)
        The numbers, and whether each is known; the others are to be read otherwise.
    """
    parts = eights(words)
    head = np.ascontiguousarray(parts[:, 0])
    found, sure = _short(head)
    blank = head == 0
    found[blank], sure[blank] = empty, True
    long = np.flatnonzero(parts[:, 1:].any(axis=1))
    if long.size:
        found[long], sure[long] = _long(words[long])
    return found, sure


def _each(byte: int) -> np.uint64:
    """Eight such bytes."""
    return np.uint64(byte * 0x0101010101010101)


def _short(head: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Figures of up to eight letters, each a whole number of eight bytes with the first letter in the lowest."""
    sign = np.ones(1)
    negative = (head & np.uint64(0xFF)) == _MINUS
    if negative.any():
        head, sign = np.where(negative, head >> np.uint64(8), head), np.where(negative, -1.0, 1.0)
    length = np.bitwise_count((head + _each(0x7F)) & _each(0x80)).astype(np.uint64)
    # A byte that is the point is zero in ``points``; the lowest of these loses its upper bit last.
    points = head ^ _each(_POINT)
    points = (points - _each(1)) & ~points & _each(0x80)
    before = ((points & (~points + np.uint64(1))) >> np.uint64(7)) - np.uint64(1)  # the bytes before the first point
    digits = (head & before) | ((head >> np.uint64(8)) & ~before)
    whole = np.bitwise_count(before).astype(np.uint64) >> np.uint64(3)
    pointed = points != 0
    count = length - pointed
    tens = np.where(pointed, count - whole, 0)
    # Zeros before, so that the last digit is in the highest byte; then neighbours are put together: ones, hundreds, all eight.
    digits = (digits << (np.uint64(8) * (np.uint64(WORD) - count))) | (_each(_ZERO) >> (np.uint64(8) * count))
    digits ^= _each(_ZERO)
    sure = (((digits + _each(0x76)) | digits | head) & _each(0x80)) == 0
    sure &= count > 0
    digits = digits * np.uint64(10) + (digits >> np.uint64(8))
    pairs = np.uint64(0x000000FF000000FF)
    digits = (digits & pairs) * np.uint64(0x000F424000000064) + ((digits >> np.uint64(16)) & pairs) * np.uint64(
        0x0000271000000001
    )
    digits >>= np.uint64(32)
    tens = np.where(sure, tens, 0)
    return sign * digits.astype(float) / _powers().take(tens.astype(np.int64)), sure


def _long(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Figures of any length, a letter after the other."""
    letters = np.ascontiguousarray(words.view(np.uint8).reshape(words.size, -1).T)
    number, digits, tens = (np.zeros(words.size, np.int64) for _ in range(3))
    pointed, sure = (np.full(words.size, value) for value in (False, True))
    for k, letter in enumerate(letters):
        if not letter.any():
            break
        value = letter.astype(np.int64) - _ZERO
        digit = (value >= 0) & (value <= 9)
        point = letter == _POINT
        sure &= digit | (letter == 0) | (point & ~pointed) | ((letter == _MINUS) & (k == 0))
        pointed |= point
        more = digit & (digits < _MOST_DIGITS)
        number = np.where(more, 10 * number + value, number)
        digits += digit
        tens += digit & pointed
    sure &= (digits > 0) & (digits <= _MOST_DIGITS) & (number < _EXACT)
    sign = np.where(letters[0] == _MINUS, -1.0, 1.0)
    return sign * number / _powers().take(np.where(sure, tens, 0)), sure


@lru_cache(maxsize=1)
def _powers() -> np.ndarray:
    """The powers of ten, which ``pow`` need not give to the last bit."""
    powers = np.array([float(10**k) for k in range(_MOST_TENS + 1)])
    powers.flags.writeable = False
    return powers
