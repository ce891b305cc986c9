"""Numbers that remember how they came about.

The pipeline computes with floats. Given these in their place it computes the same, and every result is the root of a proof tree:
an arithmetic expression whose leaves are inputs with unit, place, grade and source.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from emisim.errors import Place
from emisim.text import say

GIVEN, CONSTANT, SUM, PRODUCT, DIFFERENCE, QUOTIENT, SHAPLEY, MEAN = (
    "given", "constant", "sum", "product", "difference", "quotient", "shapley", "mean",
)  # fmt: skip


@dataclass(frozen=True)
class Origin:
    """Where an input stands and what is known of it. written : as the file has it. measure : the measure it belongs to."""

    written: str = ""
    place: Place = Place()
    grade: str = ""
    source: str = ""
    measure: str = ""


@dataclass(frozen=True, eq=False)
class Traced:
    """A number and how it was computed.

    value : in canonical units. how : the operation on ``parts``; difference: the first less the others; quotient: the first over the
    second; shapley: see ``shapley``. label : message key and its values, empty for a step without a name. unit : of the value, as
    shown.
    """

    value: float
    how: str = CONSTANT
    parts: tuple[Traced, ...] = ()
    label: str = ""
    words: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    unit: str = ""
    origin: Origin | None = None

    def named(self, label: str, unit: str = "", **words: object) -> Traced:
        """The same number under a name; a name it has already becomes a step of its own."""
        whole = Traced(self.value, SUM, (self,)) if self.label else self
        return Traced(whole.value, whole.how, whole.parts, label, words, unit, whole.origin)

    def title(self, language: str, label: str = "") -> str:
        """Its name in a language, or what another message says of it; empty if it has none."""
        words = {k: v[language] if isinstance(v, Mapping) else v for k, v in self.words.items()}
        return say(label or self.label, language, **words) if self.label else ""

    def leaves(self) -> Iterator[Traced]:
        """The inputs it rests on, in the order they are used."""
        if self.how == GIVEN:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def measures(self) -> tuple[str, ...]:
        """Ids of the measures whose inputs it rests on."""
        return tuple(sorted({leaf.origin.measure for leaf in self.leaves()} - {""}))

    # ---------------------------------------------------------------- arithmetic

    def __float__(self) -> float:
        return self.value

    def __bool__(self) -> bool:
        return self.value != 0

    def __add__(self, other):
        return NotImplemented if isinstance(other, np.ndarray) else _sum((self, traced(other)))

    def __radd__(self, other):
        return _sum((traced(other), self))

    def __sub__(self, other):
        return NotImplemented if isinstance(other, np.ndarray) else _difference(self, traced(other))

    def __rsub__(self, other):
        return _difference(traced(other), self)

    def __mul__(self, other):
        return NotImplemented if isinstance(other, np.ndarray) else _product((self, traced(other)))

    def __rmul__(self, other):
        return _product((traced(other), self))

    def __truediv__(self, other):
        return NotImplemented if isinstance(other, np.ndarray) else _quotient(self, traced(other))

    def __rtruediv__(self, other):
        return _quotient(traced(other), self)

    def __neg__(self):
        return _difference(traced(0.0), self)

    def __abs__(self):
        return self if self.value >= 0 else -self

    def __mod__(self, other):
        """What is left of a number laid along a line that begins anew at every ``other``."""
        return _difference(self, traced(float(other) * math.floor(self.value / float(other))))

    def __lt__(self, other) -> bool:
        return self.value < float(other)

    def __le__(self, other) -> bool:
        return self.value <= float(other)

    def __gt__(self, other) -> bool:
        return self.value > float(other)

    def __ge__(self, other) -> bool:
        return self.value >= float(other)

    def __eq__(self, other) -> bool:
        return self.value == float(other)

    __hash__ = object.__hash__


def traced(number) -> Traced:
    """A number as a traced one; a plain float becomes a constant."""
    return number if isinstance(number, Traced) else Traced(float(number))


def given(value: float, label: str, unit: str, origin: Origin, **words: object) -> Traced:
    """An input."""
    return Traced(float(value), GIVEN, (), label, words, unit, origin)


def array(numbers, make: Callable[..., Traced]) -> np.ndarray:
    """An array of the same shape in which every number is made by ``make(value, *index)``."""
    numbers = np.asarray(numbers, float)
    out = np.empty(numbers.shape, dtype=object)
    for index in np.ndindex(numbers.shape):
        out[index] = make(float(numbers[index]), *index)
    return out


def _is(number: Traced, value: float) -> bool:
    return number.how == CONSTANT and number.value == value


def _flat(parts, how: str) -> list[Traced]:
    """Parts of parts of the same kind that have no name of their own."""
    out: list[Traced] = []
    for part in parts:
        out += part.parts if part.how == how and not part.label else [part]
    return out


def _sum(parts) -> Traced:
    terms = [p for p in _flat(parts, SUM) if not _is(p, 0.0)]
    if len(terms) == 1:
        return terms[0]
    value = math.fsum(p.value for p in terms)
    return Traced(value, SUM, tuple(terms)) if any(p.how != CONSTANT for p in terms) else Traced(value)


def _product(parts) -> Traced:
    factors = [p for p in _flat(parts, PRODUCT) if not _is(p, 1.0)]
    if any(_is(p, 0.0) for p in factors):
        return Traced(0.0)
    if len(factors) == 1:
        return factors[0]
    value = math.prod(p.value for p in factors)
    return Traced(value, PRODUCT, tuple(factors)) if any(p.how != CONSTANT for p in factors) else Traced(value)


def _difference(first: Traced, second: Traced) -> Traced:
    if _is(second, 0.0):
        return first
    value = first.value - second.value
    if first.how == CONSTANT and second.how == CONSTANT:
        return Traced(value)
    if first.how == DIFFERENCE and not first.label:
        return Traced(value, DIFFERENCE, (*first.parts, second))
    if first.how == CONSTANT and second.how == DIFFERENCE and not second.label and _same(first, second.parts[0]) and len(second.parts) == 2:  # fmt: skip
        return second.parts[1]  # 1 − (1 − x) = x
    return Traced(value, DIFFERENCE, (first, second))


def _quotient(first: Traced, second: Traced) -> Traced:
    if _is(second, 1.0):
        return first
    if _same(first, second):
        return Traced(1.0)
    factors = list(first.parts) if first.how == PRODUCT and not first.label else []
    for k, factor in enumerate(factors):
        if _same(factor, second):  # what stands above and below the line cancels
            return _product(factors[:k] + factors[k + 1 :] or [Traced(1.0)])
    if first.how == CONSTANT and (second.how == CONSTANT or first.value == 0.0):
        return Traced(first.value / second.value)
    return Traced(first.value / second.value, QUOTIENT, (first, second))


def _same(a: Traced, b: Traced) -> bool:
    """Whether two numbers are computed alike from the same inputs."""
    if a is b:
        return True
    if a.how != b.how or a.value != b.value or len(a.parts) != len(b.parts):
        return False
    return a.how == CONSTANT or (a.how != GIVEN and all(map(_same, a.parts, b.parts)))


def shapley(start: Traced, own: Traced, others: tuple[Traced, ...]) -> Traced:
    """The part of one measure in what a row of factors takes away from ``start``.

        φ = start · (1 − own) · Σ_k e_k(other − 1) / (k + 1)

    own, others : what each measure leaves [1]; e_k : elementary symmetric polynomials, whose sum is the mean over all orders.
    """
    parts = (start, own, *others)
    return Traced(_shapley([p.value for p in parts]), SHAPLEY, parts)


def mean(parts) -> Traced:
    """The mean of some numbers."""
    parts = tuple(parts)
    if len(parts) == 1:
        return parts[0]
    return Traced(math.fsum(p.value for p in parts) / len(parts), MEAN, parts)


def _shapley(values: list[float]) -> float:
    start, own, *others = values
    elementary = [1.0]
    for kept in others:
        grown = [*elementary, 0.0]
        for k, value in enumerate(elementary):
            grown[k + 1] += (kept - 1.0) * value
        elementary = grown
    return start * (1.0 - own) * math.fsum(e / (k + 1) for k, e in enumerate(elementary))


def recompute(number: Traced) -> float:
    """The value of a proof tree from its leaves alone, by the operations it names."""
    if not number.parts:
        return number.value
    parts = [recompute(p) for p in number.parts]
    return {
        SUM: math.fsum,
        PRODUCT: math.prod,
        DIFFERENCE: lambda v: v[0] - math.fsum(v[1:]),
        QUOTIENT: lambda v: v[0] / v[1],
        MEAN: lambda v: math.fsum(v) / len(v),
        SHAPLEY: _shapley,
    }[number.how](parts)
