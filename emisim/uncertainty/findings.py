"""What draws have found, in the order and under the names that tables, files and the summary all use."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from emisim.parameter import WORDING
from emisim.sample import CHANGE
from emisim.text import say
from emisim.uncertainty.inputs import ACTIVITY, FACTOR, GROWTH, Uncertain
from emisim.uncertainty.sampling import Input
from emisim.vocabulary import wordings

if TYPE_CHECKING:
    from emisim.uncertainty.montecarlo import Uncertainty

MOST_NAMED = 2
MOST_DIGITS = 4
CONFIDENT = 1.96  # standard errors within which a figure lies with 95 % confidence
SAFE = 0.01  # a verdict that is wrong in fewer of the draws leaves nothing to find out [1]
SEPARATORS = (("en", ", "), ("zh", "、"))


def quantile_names(found: Uncertainty) -> tuple[str, str, str]:
    """The names of the reported quantiles: ``p2.5``, ``p50``, ``p97.5``."""
    low, middle, high = (f"p{100 * level:g}" for level in found.cuts)
    return low, middle, high


def chance(value: float, error: float) -> str:
    """A probability with its standard error in points: ``79.8 % ± 0.5``; where all draws agree, what it is beyond with 95 %
    confidence: ``> 99.97 %``."""
    digits = next((d for d in range(1, MOST_DIGITS) if 100 * error >= 0.5 * 10.0**-d), MOST_DIGITS)
    if value in (0.0, 1.0):
        return f"{'>' if value else '<'} {100 * abs(value - CONFIDENT * error):.{digits}f} %"
    return f"{100 * value:.{digits}f} % ± {100 * error:.{digits}f}"


def listed(words, language: str) -> str:
    """Words of a list, as the language separates them."""
    return dict(SEPARATORS)[language].join(words)


# -------------------------------------------------------------------- the names of inputs


def figure_name(figure: Uncertain, language: str) -> str:
    """What a figure is, in words."""
    words = {k: v[language] if isinstance(v, Mapping) else v for k, v in figure.words.items()}
    return say(figure.label, language, **words)


def input_figures(found: Uncertainty, one: Input) -> tuple[Uncertain, ...]:
    """The figures that are drawn as one input."""
    return tuple(found.inputs.figures[k] for k in one.figures)


def input_id(one: Input) -> str:
    """The variables of an input."""
    return " + ".join(one.variables)


def input_name(found: Uncertainty, one: Input, language: str) -> str:
    """What an input is, in words: its figure, the years of a growth driver, or a group with the kinds of its figures."""
    figures = input_figures(found, one)
    if len(figures) == 1:
        return figure_name(figures[0], language)
    if all(f.kind == GROWTH and f.at[0] == figures[0].at[0] for f in figures):
        years = sorted(f.at[1] for f in figures)
        return say("uncertain.growth_years", language, driver=figures[0].at[0], first=years[0], last=years[-1])
    if len(one.variables) == 1 and one.variables[0].startswith(f"{WORDING}:"):
        scale = wordings()[one.variables[0].partition(":")[2]]
        return say("uncertain.word", language, word=scale.zh if language == "zh" else scale.en, count=len(figures))
    names = [name.partition(":")[2] or name for name in one.variables]
    more = len(names) - MOST_NAMED
    group = listed(names[:MOST_NAMED], language) + (say("uncertain.more", language, count=more) if more > 0 else "")
    kinds = listed([say(f"kind.{k}", language) for k in dict.fromkeys(f.kind for f in figures)], language)
    return say("uncertain.group", language, group=group, count=len(figures), kinds=kinds)


def widest(found: Uncertainty, one: Input) -> Uncertain:
    """The figure of an input whose range is widest beside its value."""
    return max(input_figures(found, one), key=lambda f: _width(f))


def _width(figure: Uncertain) -> float:
    d = figure.distribution
    return (d.high - d.low) / abs(d.value) if d.value else math.inf


def input_grade(found: Uncertainty, one: Input) -> str:
    """The grades of the figures of an input, best first."""
    return "/".join(sorted({f.grade for f in input_figures(found, one) if f.grade}))


def input_place(found: Uncertainty, one: Input) -> str:
    """The file of the first figure of an input, and what it is called there. Neither its folder, which depends on where a run is
    started, nor its line, which depends on the order of the rows."""
    first = input_figures(found, one)[0]
    name = first.id.partition(":")[2].replace(":", ", ") if first.kind in (ACTIVITY, FACTOR, GROWTH) else first.id
    return f"{PurePath(first.place.file).name}, {name}"


# -------------------------------------------------------------------- what drives results, what to measure


def output_name(found: Uncertainty, name: str, language: str) -> str:
    """What a result is, in words."""
    case = found.frame.case
    if name in case.inventory.pollutants:
        return say("output.plan", language, pollutant=name, year=case.scenario.target_year)
    if name in case.reading.targets:
        return say("output.target", language, target=name)
    return say("output.change", language, pollutant=name.removesuffix(CHANGE), base=case.scenario.base_year)


def drivers(found: Uncertainty, output: int, most: int) -> list[int]:
    """Positions of the inputs that explain most of a result's variance, the largest share first."""
    share = found.ranking.shares.value[:, output]
    return [int(k) for k in np.argsort(-share, kind="stable")[:most] if share[k] > 0]


@dataclass(frozen=True)
class Worth:
    """What one input would tell of one verdict. target : its id, empty for all targets on tonnes together. input : position.
    right_now : the chance that the likelier verdict is right. gain : by how much knowing the input raises it. shift : mean change
    of P(met). gain_noise, shift_noise : what may hide below the noise. All [1]."""

    target: str
    input: int
    right_now: float
    gain: float
    shift: float
    gain_noise: float
    shift_noise: float


def worth_knowing(found: Uncertainty) -> list[Worth]:
    """Inputs that stand out of the noise, by what knowing them would do for a verdict, the best first.

    The verdict on all targets together stands beside the single ones only where more than one of these is not safe.
    """
    information = found.ranking.information
    names = list(found.ranking.targets)
    single = [k for k, name in enumerate(names) if name]
    doubtful = [k for k in single if information.perfect[k] > SAFE]
    out = []
    for t, name in enumerate(names):
        if name or len(doubtful) > 1:
            for k in np.flatnonzero(information.shift[:, t] > information.shift_noise[:, t]).tolist():
                figures = (getattr(information, n)[k, t] for n in ("gain", "shift", "gain_noise", "shift_noise"))
                out.append(Worth(name, k, float(information.right_now[t]), *map(float, figures)))
    return sorted(out, key=lambda w: (-w.gain, -w.shift))


def expected(found: Uncertainty) -> float:
    """The product of the probabilities of the assessable targets on tonnes, their joint one if they were independent [1]."""
    return math.prod(found.met.value[k] for k in on_tonnes(found))


def on_tonnes(found: Uncertainty) -> list[int]:
    """Positions of the assessable targets on tonnes."""
    return [k for k, t in enumerate(found.frame.case.reading.targets.values()) if t.on_tonnes and found.assessable[k]]


# -------------------------------------------------------------------- error propagation beside the draws


@dataclass(frozen=True, eq=False)
class Halves:
    """Half of the 95 % interval, (pollutant,): base, of the base year by its central or median value [%]; change, of the change
    from the base year to the plan in the target year [points]; by error propagation and by the draws."""

    base: np.ndarray
    base_drawn: np.ndarray
    change: np.ndarray
    change_correlated: np.ndarray
    change_drawn: np.ndarray


def halves(found: Uncertainty) -> Halves:
    """Error propagation and draws over the same interval, that of the guidelines, whatever interval is reported elsewhere."""
    propagated = found.approach1
    return Halves(
        base=100.0 * propagated.base.relative,
        base_drawn=found.half_base,
        change=propagated.plan.half,
        change_correlated=propagated.plan.correlated,
        change_drawn=found.half_change,
    )


def worst_figures(found: Uncertainty, most: int) -> Iterator[Uncertain]:
    """The figures whose ranges are furthest from what error propagation supposes: the widest, then the most lopsided."""
    doubts, by_id = found.approach1.doubts, {f.id: f for f in found.inputs.figures}
    names = dict.fromkeys(found.approach1.names[k] for k in (*doubts.wide, *doubts.skewed))
    return (by_id[name] for name in list(names)[:most])
