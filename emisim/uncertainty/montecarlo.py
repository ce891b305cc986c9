"""Monte Carlo: all draws of a case, and what they say of its results.

inputs → sampler → blocks of draws, each through the kernel → intervals, probabilities, what drives them, how sure that is
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from emisim.case import Case
from emisim.errors import BadInput, Place, fault, nearest
from emisim.sample import CHANGE, SampleDesign
from emisim.simulate import Result, levels
from emisim.uncertainty import indices, ranking
from emisim.uncertainty.approach1 import TAILS, Approach1, approach1
from emisim.uncertainty.batches import at_once, batches, run_batch, run_scores
from emisim.uncertainty.draws import Frame, Outcome, frame, joined
from emisim.uncertainty.inputs import Inputs, uncertain_inputs
from emisim.uncertainty.ranking import Information, Shares
from emisim.uncertainty.sampling import MOST_SOBOL, Sampler, block_size, blocks, sampler
from emisim.uncertainty.spread import Progress, Spread, spread
from emisim.uncertainty.statistics import Estimate, Precision, deviation, enough, mean, probability, quantiles
from emisim.verdicts import AT_RISK, MET, NOT_ASSESSABLE, Verdict, judge

RANKED = 10  # inputs that get Sobol' indices of their own; all others are one more
FEWEST_FOR_INDICES = 64
COLUMNS = 32
RANKING_PARTS = 4  # which processes can share; each comes with numbers for every input and result
TRACE_T = 1e-6  # a measure that never brings more brings nothing [t/yr]


@dataclass(frozen=True)
class Band:
    """Statistics of some results over the draws: (...) in the unit of the result, each with its standard error. quantiles : (level,
    ...), the lower end of the interval, the median, the upper end."""

    mean: Estimate
    deviation: Estimate
    quantiles: Estimate


@dataclass(frozen=True, eq=False)
class Ranking:
    """What drives results. outputs : names of the results whose variance is shared out. shares : (input, output). targets : ids of
    the verdicts, and the last, empty, for all together; information : (input, target), see ``ranking.information``."""

    outputs: tuple[str, ...]
    shares: Shares
    targets: tuple[str, ...]
    information: Information


@dataclass(frozen=True, eq=False)
class Sobol:
    """Sobol' indices of one result. inputs : positions of the inputs that have their own; the last of the indices is that of all
    other inputs together. runs : how many runs they took."""

    output: str
    inputs: tuple[int, ...]
    indices: indices.Indices
    runs: int


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """How sure a result is.

    design : what was asked for. frame, sampler : what was drawn, and how. outcome : every draw, None where they were not kept. size :
    draws of a block.
    totals : (base, reference, plan; pollutant, year) [t/yr]. change : (pollutant, year) of the plan on the base year [%]. effect :
    (pollutant, year) of the plan on the reference [%]. sectors : (base, reference, plan; sector, pollutant) in the target year
    [t/yr]. growth : (pollutant,) what growth without measures takes away by the target year, less than nothing where emissions grow;
    measures : (measure, pollutant) what each takes away [t/yr]; acting : (measure, pollutant) whether it does so in any draw. values : (target,) in the units of their verdicts. met : (target,) probability;
    assessable : (target,). together : probability of all assessable targets on tonnes, and of these with all indicators [1].
    half_base, half_change : (pollutant,) half of the 95 % interval of the base year by its median [%], and of the change to the target
    year [points]. scaled, negative : see ``Outcome``.
    """

    design: SampleDesign
    frame: Frame
    sampler: Sampler
    outcome: Outcome | None
    size: int
    totals: Band
    change: Band
    effect: Band
    sectors: Band
    growth: Band
    measures: Band
    acting: np.ndarray
    values: Band
    met: Estimate
    assessable: np.ndarray
    together: Estimate
    ranking: Ranking
    sobol: tuple[Sobol, ...]
    approach1: Approach1
    precision: Precision
    half_base: np.ndarray
    half_change: np.ndarray
    scaled: int
    negative: int

    @property
    def cuts(self) -> tuple[float, float, float]:
        """The shares of draws below the reported quantiles [1]."""
        return cuts(self.design)

    @property
    def inputs(self) -> Inputs:
        """The uncertain figures."""
        return self.frame.inputs


def cuts(design: SampleDesign) -> tuple[float, float, float]:
    """The shares of draws below the ends of the interval and the median [1]."""
    return (1.0 - design.interval) / 2.0, 0.5, (1.0 + design.interval) / 2.0


def draw(
    case: Case,
    design: SampleDesign,
    workers: int = 1,
    progress: Progress = lambda done, count: None,
    central: Result | None = None,
    over: Spread = spread,
) -> Uncertainty:
    """Draw a case.

    Parameters
    ----------
    workers : processes that share the work; the result does not depend on them.
    progress : told how many batches of blocks are done, and how many there are.
    central : the run without draws, if there is one. over : spreads the work, over the workers of a cluster for instance.

    Raises
    ------
    BadInput
        Correlations that cannot be, a result that does not exist, or too many measures that interact.
    """
    shared, drawn = prepared(case, design)
    _check_outputs(case, design, drawn.dims)
    sizes = blocks(design.draws)
    asked = partial(over, workers=workers, progress=progress)
    grouped = batches(sizes, math.prod(shared.base.shape))
    found = joined(asked(partial(run_batch, shared, drawn, tuple(sizes), grouped), len(grouped)))
    size = block_size(design.draws)
    over_draws = partial(band, size=size, at=cuts(design))
    totals = np.concatenate([np.broadcast_to(found.totals[:, :1, :, :1], found.totals[:, :1].shape), found.totals], axis=1)
    plan, verdicts = (central.plan, central.verdicts) if central else _central(case)
    assessable = np.array([v.verdict != NOT_ASSESSABLE for v in verdicts], dtype=bool)
    together = _together(case, found.met, assessable)
    results = {
        "totals": over_draws(totals),
        "change": over_draws(percent(totals[:, 2], totals[:, 0])),
        "effect": over_draws(percent(totals[:, 2], totals[:, 1])),
        "sectors": over_draws(found.sectors),
        "growth": over_draws(found.growth),
        "measures": over_draws(found.measures),
        "values": over_draws(found.values),
        "met": probability(found.met, size),
        "together": probability(together, size),
    }
    ends = results["totals"].quantiles
    half_base, half_change = _halves(totals)
    ranked = _ranking(
        shared, drawn, sizes, found, assessable, results["met"], results["together"], partial(over, workers=workers)
    )
    return Uncertainty(
        design=design,
        frame=replace(shared, case=case),
        sampler=drawn,
        outcome=found,
        size=size,
        **results,
        acting=(np.abs(found.measures) > TRACE_T).any(axis=0),
        assessable=assessable,
        ranking=ranked,
        sobol=tuple(_sobol(shared, drawn, design, ranked, name, asked) for name in design.variance_of if drawn.dims),
        approach1=approach1(shared, drawn, case.inventory.emission(), plan[..., -1]),
        precision=enough(
            design.draws, size,
            Estimate(ends.value[[0, 2]][:, 1:, :, -1], ends.error[[0, 2]][:, 1:, :, -1]),
            Estimate(results["met"].value[assessable], results["met"].error[assessable]),
        ),
        half_base=half_base,
        half_change=half_change,
        scaled=found.scaled,
        negative=found.negative,
    )  # fmt: skip


def _halves(totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Half of the 95 % interval, that of the guidelines whatever interval is reported elsewhere: of the base year by its median [%],
    and of the change to the target year [points]; nan where there is nothing."""
    base, change = totals[:, 0, :, 0], percent(totals[:, 2, :, -1], totals[:, 0, :, 0])
    (low, high), middle = np.quantile(base, TAILS, axis=0), np.median(base, axis=0)
    least, most = np.quantile(change, TAILS, axis=0)
    there = middle > 0
    relative = np.where(there, 50.0 * (high - low) / np.where(there, middle, 1.0), np.nan)
    return relative, np.where(there, (most - least) / 2.0, np.nan)


def prepared(case: Case, design: SampleDesign) -> tuple[Frame, Sampler]:
    """What all draws of a case share, and how they are drawn.

    Raises
    ------
    BadInput
        Correlations that cannot be, or too many measures that interact.
    """
    inputs = uncertain_inputs(case)
    return frame(replace(case, place=_nowhere, origin=None), inputs), sampler(inputs, design.method, design.seed)


def _central(case: Case) -> tuple[np.ndarray, tuple[Verdict, ...]]:
    """Emission with the plan, and the verdicts, of the run without draws."""
    end = levels(case)
    return end.plan.emission, judge(case.reading.targets, end.evidence)


def band(values: np.ndarray, size: int, at: Sequence[float]) -> Band:
    """Statistics of results (draw, ...), a few columns at a time, for each sorts a copy of what it is given."""
    shape, flat = values.shape[1:], values.reshape(len(values), -1)
    parts = [flat[:, k : k + COLUMNS] for k in range(0, max(flat.shape[1], 1), COLUMNS)]

    def whole(statistic: Callable[[np.ndarray], Estimate], *lead: int) -> Estimate:
        found = [statistic(part) for part in parts]
        return Estimate(
            *(np.concatenate([getattr(f, n) for f in found], axis=-1).reshape(*lead, *shape) for n in ("value", "error"))
        )

    return Band(
        whole(lambda v: mean(v, size)), whole(lambda v: deviation(v, size)), whole(lambda v: quantiles(v, at, size), len(at))
    )


def with_uncertainty(result: Result, found: Uncertainty) -> Result:
    """The result with what the draws say of it: a target that is met but missed in too many draws is at risk."""
    verdicts = tuple(_judged(v, found.met.value[k], found.design.at_risk) for k, v in enumerate(result.verdicts))
    return replace(result, uncertainty=found, verdicts=verdicts)


def _judged(verdict: Verdict, met: float, at_risk: float) -> Verdict:
    return replace(verdict, verdict=AT_RISK) if verdict.verdict == MET and 1.0 - met > at_risk else verdict


def _nowhere(file: str, location: tuple) -> Place:
    """Places of files are no use in another process."""
    return Place()


def percent(values: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Change on the base [%]; nan where there is none."""
    return np.where(base > 0, 100.0 * (values / np.where(base > 0, base, 1.0) - 1.0), np.nan)


def _together(case: Case, met: np.ndarray, assessable: np.ndarray) -> np.ndarray:
    """(draw, 2) whether all assessable targets on tonnes are met, and whether these and all indicators are."""
    tonnes = np.array([t.on_tonnes for t in case.reading.targets.values()], dtype=bool)
    return np.stack([met[:, assessable & tonnes].all(axis=1), met[:, assessable].all(axis=1)], axis=1)


# -------------------------------------------------------------------- what drives a result


def _outputs(shared: Frame) -> dict[str, Callable[[Outcome], np.ndarray]]:
    """Name → what takes it from an outcome: the plan's totals in the target year, their change, and the targets on tonnes."""
    found: dict[str, Callable[[Outcome], np.ndarray]] = {}
    for p, pollutant in enumerate(shared.case.inventory.pollutants):
        found[pollutant] = lambda o, p=p: o.totals[:, 1, p, -1]
        found[pollutant + CHANGE] = lambda o, p=p: percent(o.totals[:, 1, p, -1], o.totals[:, 0, p, 0])
    for k, (name, target) in enumerate(shared.case.reading.targets.items()):
        if target.on_tonnes:
            found[name] = lambda o, k=k: o.values[:, k]
    return found


def _check_outputs(case: Case, design: SampleDesign, dims: int) -> None:
    known = [name for p in case.inventory.pollutants for name in (p, p + CHANGE)]
    known += [name for name, t in case.reading.targets.items() if t.on_tonnes]
    faults = [
        fault("sample.output", case.place("scenario", ("uncertainty", "variance_of", k)), name=name, near=nearest(name, known), known=", ".join(known))
        for k, name in enumerate(design.variance_of)
        if name not in known
    ]  # fmt: skip
    if design.variance_of and 2 * dims > MOST_SOBOL:
        faults.append(
            fault("sample.indices", case.place("scenario", ("uncertainty", "variance_of")), dims=dims, most=MOST_SOBOL // 2)
        )
    if faults:
        raise BadInput(faults)


def _ranking(
    shared: Frame,
    drawn: Sampler,
    sizes: Sequence[int],
    found: Outcome,
    assessable: np.ndarray,
    met: Estimate,
    together: Estimate,
    over: Spread,
) -> Ranking:
    """Shares of variance, and what knowing each input would do for the verdicts."""
    targets = list(shared.case.reading.targets.items())
    outputs = _outputs(shared)
    judged = [k for k, (_, t) in enumerate(targets) if assessable[k] and t.on_tonnes]
    hits = np.concatenate([found.met[:, judged], _together(shared.case, found.met, assessable)[:, :1]], axis=1)
    y = np.concatenate([np.stack([take(found) for take in outputs.values()], axis=1), hits], axis=1)

    members = [one.dims for one in drawn.inputs]
    is_verdict, steps = np.arange(y.shape[1]) >= len(outputs), _steps(shared.inputs, drawn)
    parts = RANKING_PARTS if sizes[0] >= ranking.LEAST_DRAWS else 1
    work = partial(_moments, drawn, tuple(sizes), parts, y, is_verdict, steps)
    fitted = ranking.fitted(over(work, parts), steps)
    chance = np.append(met.value[judged], together.value[0])
    return Ranking(
        outputs=tuple(outputs),
        shares=_told(ranking.shares(fitted.only(np.flatnonzero(~is_verdict)), members)),
        targets=(*(targets[k][0] for k in judged), ""),
        information=ranking.information(fitted.only(np.flatnonzero(is_verdict)), members, chance),
    )


def _moments(
    drawn: Sampler,
    sizes: Sequence[int],
    parts: int,
    y: np.ndarray,
    is_verdict: np.ndarray,
    steps: Mapping[int, Sequence[float]],
    part: int,
) -> ranking.Moments:
    """A part of the blocks. The scores are made anew: to keep them would cost more memory than all results."""
    first, end = (len(sizes) * k // parts for k in (part, part + 1))
    starts = np.cumsum([0, *sizes]).tolist()
    scored = ((drawn.scores(k, sizes[k]), y[starts[k] : starts[k + 1]]) for k in range(first, end))
    return ranking.moments(scored, is_verdict, steps, sizes[0] if parts > 1 else 0)


def _told(found: Shares) -> Shares:
    """Shares that stand out of the noise; where sampling errors carry their sum over 1, scaled to it."""
    value = np.where(found.value > found.noise, found.value, 0.0)
    return replace(found, value=value / np.maximum(value.sum(axis=0), 1.0))


def _steps(inputs: Inputs, drawn: Sampler) -> Mapping[int, Sequence[float]]:
    """Where the value of a discrete figure that is drawn alone jumps: dim → scores."""
    from statistics import NormalDist

    out = {}
    for one in drawn.inputs:
        figure = inputs.figures[one.figures[0]].distribution
        if len(one.figures) == len(one.dims) == 1 and figure.shape == "discrete":
            sums = [math.fsum(figure.probabilities[: n + 1]) for n in range(2)]
            out[one.dims[0]] = sorted({NormalDist().inv_cdf(s) for s in sums if 0.0 < s < 1.0})
    return out


def _sobol(shared: Frame, drawn: Sampler, design: SampleDesign, ranked: Ranking, name: str, over: Spread) -> Sobol:
    """First-order and total indices of one result for the inputs that drive it most, and for all others together."""
    share = ranked.shares.value[:, ranked.outputs.index(name)]
    chosen = tuple(int(k) for k in np.argsort(-share, kind="stable")[:RANKED])
    groups = [drawn.inputs[k].dims for k in chosen]
    rest = tuple(sorted(set(range(drawn.dims)) - {d for dims in groups for d in dims}))
    if rest:
        groups.append(rest)
    n = max(FEWEST_FOR_INDICES, 2 ** int(math.log2(design.draws / 8)))
    work = partial(_column, shared, drawn, name, tuple(groups), n, design.seed)
    columns = [_with_values(column) for column in over(work, len(groups) + 2)]
    found = indices.Runs(columns[0], columns[1], np.stack(columns[2:]))
    return Sobol(name, chosen, indices.indices(found, design.seed), n * (len(groups) + 2))


def _with_values(column: np.ndarray) -> np.ndarray:
    """A result (draw,) that has its mean in the draws in which it has no value, and is 0 where it never has one."""
    finite = np.isfinite(column)
    return np.where(finite, column, column[finite].mean() if finite.any() else 0.0)


def _column(shared: Frame, drawn: Sampler, name: str, groups: Sequence[Sequence[int]], n: int, seed: int, c: int) -> np.ndarray:
    """One column of the design of the indices: all inputs from A, all from B, or one of them from B and all others from A."""
    target = shared.case.reading.targets.get(name)
    take, ledger = _outputs(shared)[name], target is not None and target.kind == "creditable"
    parts = []
    for z_a, z_b in indices.design(groups, drawn.dims, n, seed):
        z = z_a if c == 0 else z_b if c == 1 else indices.swapped(z_a, z_b, groups[c - 2])
        step = at_once(drawn.dims)
        parts.append(take(run_scores(shared, drawn, (z[k : k + step] for k in range(0, len(z), step)), ledger)))
    return np.concatenate(parts)
