"""Faults of a foreign file: many rows may share one, so the first few are told with their places and the rest are counted."""

from __future__ import annotations

from emisim.errors import FIRST, Fault, Place, fault


class Problems:
    """Collects faults. Those of one kind in one column are told up to ``FIRST`` times."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, int, str], list[Fault]] = {}
        self._count: dict[tuple[str, str, int, str], int] = {}

    def add(self, key: str, place: Place, /, **values: object) -> None:
        kind = (place.file, place.sheet, place.column, key)
        self._count[kind] = self._count.get(kind, 0) + 1
        mine = self._found.setdefault(kind, [])
        if len(mine) < FIRST:
            mine.append(fault(key, place, **values))

    def enough(self, key: str, place: Place) -> bool:
        """Whether another one of that kind would only be counted."""
        return len(self._found.get((place.file, place.sheet, place.column, key), ())) >= FIRST

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def faults(self) -> list[Fault]:
        out = []
        for kind, mine in self._found.items():
            out += mine
            rest = self._count[kind] - len(mine)
            if rest:
                last = mine[-1].place
                out.append(
                    fault("fault.more", Place(last.file, last.line + 1 if last.line else 0, last.column, last.sheet), count=rest)
                )
        return out
