"""Who takes part in a row, what is demanded of emisim there, and what came out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

OURS, PEER, LIMIT = "ours", "peer", "limit"


@dataclass(frozen=True)
class Contender:
    """Someone who does the work of a row.

    once : does it once and gives the time [s], or None if it did not finish. scale : how much larger the whole work is than what is
    done. repeat : how often at most. check : how far its result is from emisim's, largest relative difference [1].
    """

    name: str
    kind: str
    once: Callable[[], float | None]
    scale: float = 1.0
    repeat: int = 99
    check: Callable[[], float] | None = None


@dataclass(frozen=True)
class Goal:
    """What is demanded of a row.

    against : whose time emisim's is compared with; None for the time itself. fact : the fact that is looked at instead. most : of
    ours / theirs [1], of the time [s], or of the fact; least : of theirs / ours, or of the fact.
    """

    against: str | None = None
    fact: str | None = None
    most: float | None = None
    least: float | None = None


@dataclass(frozen=True)
class Entry:
    """Everybody in a row. facts : found beside the times, by name. missing : who is not installed."""

    contenders: tuple[Contender, ...]
    facts: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A piece of work. title : by language. sizes : by name of the scale (``full``, ``quick``, ``tiny``), what the work is made of.
    enter : (size, rig) → Entry. note : by language, what else there is to say."""

    name: str
    title: Mapping[str, str]
    goals: tuple[Goal, ...]
    sizes: Mapping[str, Mapping[str, float]]
    enter: Callable
    note: Mapping[str, str] = field(default_factory=lambda: {"en": "", "zh": ""})


def reached(goal: Goal, times: Mapping[str, float | None], facts: Mapping[str, object]) -> float | None:
    """The figure that a goal looks at; None if it was not measured."""
    if goal.fact is not None:
        found = facts.get(goal.fact)
        return None if found is None else float(found)
    ours = times.get("emisim")
    if ours is None or goal.against is None:
        return ours
    theirs = times.get(goal.against)
    if theirs is None:
        return None
    return ours / theirs if goal.most is not None else theirs / ours


def met(goal: Goal, figure: float | None) -> bool | None:
    """Whether a goal is met; None if that is not known."""
    if figure is None:
        return None
    return (goal.most is None or figure <= goal.most) and (goal.least is None or figure >= goal.least)
