"""One input at a time: what each uncertain input alone does to a result, through the same kernel as the draws.

    swing = y(z = +q·u) − y(z = −q·u),   q = Φ⁻¹(97.5 %),   all other scores 0, so that all other figures are at their medians

A figure alone in its input goes to its 2.5 % and 97.5 % quantile. Where an input has several figures, their common part does: with
the weights w_k of the scores of figure k (see ``sampling``),

    u = Σ_k s_k·w_k / |Σ_k s_k·w_k|,   s_k = sign(w_k·w_1)

so figure k goes to the quantile of Φ(q·w_k·u): all the way where it is fully correlated with the others, part of it else, and the other
way where it is correlated negatively with the first.

Source: Saltelli et al. 2008, Global Sensitivity Analysis, section 1 (what one at a time can tell, and what it cannot).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from emisim.case import Case
from emisim.uncertainty.batches import CELLS
from emisim.uncertainty.draws import Frame, Outcome, frame, outcome
from emisim.uncertainty.inputs import Inputs, uncertain_inputs
from emisim.uncertainty.montecarlo import CHANGE, percent
from emisim.uncertainty.sampling import Input, Sampler, sampler

ENDS = (0.025, 0.975)
MOST_RUNS = 256  # of one piece: more at once are no quicker


@dataclass(frozen=True, eq=False)
class OneAtATime:
    """What each input does alone.

    inputs : the uncertain figures. moved : what is moved as one. outputs : ids of the targets on tonnes that require something, then
    the change of each pollutant from the base year to the plan in the target year, ``NOx-change``. median : (output,) with
    all figures at their medians; ends : (input, low and high end, output); in the units of the verdicts, and in %; nan where there is no
    value. runs : how many there were.
    """

    inputs: Inputs
    moved: tuple[Input, ...]
    outputs: tuple[str, ...]
    median: np.ndarray
    ends: np.ndarray
    runs: int

    def widest(self, output: str, most: int) -> list[int]:
        """Positions of the inputs with the widest swings of a result, the widest first; none that changes nothing."""
        k = self.outputs.index(output)
        reach = np.concatenate([self.ends[:, :, k], np.full((len(self.moved), 1), self.median[k])], axis=1)
        width = np.nan_to_num(reach.max(axis=1, initial=-np.inf) - reach.min(axis=1, initial=np.inf))
        least = 1e-12 * max(abs(float(self.median[k])), 1.0)
        return [int(m) for m in np.argsort(-width, kind="stable")[:most] if width[m] > least]


def one_at_a_time(case: Case, shared: Frame | None = None, drawn: Sampler | None = None) -> OneAtATime:
    """Move every uncertain input of a case to both ends of its 95 % interval, all others at their medians.

    Parameters
    ----------
    shared, drawn : of the draws of the case, if there are any.

    Returns
    -------
    OneAtATime

    Raises
    ------
    BadInput
        Correlations that cannot be, or too many measures that interact.
    """
    shared = shared or frame(case, uncertain_inputs(case))
    drawn = drawn or sampler(shared.inputs, "random")
    scores = np.zeros((1 + 2 * len(drawn.inputs), drawn.dims))
    for k, one in enumerate(drawn.inputs):
        along = _direction(drawn, one)
        scores[1 + 2 * k], scores[2 + 2 * k] = (NormalDist().inv_cdf(end) * along for end in ENDS)
    targets = case.reading.targets
    wanted = [n for n, t in targets.items() if t.on_tonnes and t.reduction is not None]
    ledger = any(targets[n].kind == "creditable" for n in wanted)
    cells = len(case.inventory) * len(case.inventory.pollutants) * shared.periods.years.size
    size = min(MOST_RUNS, max(1, CELLS // cells))
    found = [
        _results(shared, outcome(shared, drawn.figures(scores[first : first + size]), ledger), wanted)
        for first in range(0, len(scores), size)
    ]
    results = np.concatenate(found)
    names = (*wanted, *(f"{p}{CHANGE}" for p in case.inventory.pollutants))
    ends = results[1:].reshape(len(drawn.inputs), 2, len(names))
    return OneAtATime(shared.inputs, drawn.inputs, names, results[0], ends, len(scores))


def _direction(drawn: Sampler, one: Input) -> np.ndarray:
    """The direction of the scores in which all figures of an input move together: (dim,) of length 1."""
    weights = np.zeros((len(one.figures), drawn.dims))
    for row, figure in zip(weights, one.figures, strict=True):
        dims, own = drawn.mixing[figure]
        row[dims] = own
    sign = np.where((weights * weights[0]).sum(axis=1) < 0.0, -1.0, 1.0)
    total = (sign[:, None] * weights).sum(axis=0)
    return total / np.sqrt((total**2).sum())


def _results(shared: Frame, found: Outcome, wanted: list[str]) -> np.ndarray:
    """(run, output) of some runs."""
    values = found.values[:, [shared.targets.index(name) for name in wanted]]
    return np.concatenate([values, percent(found.totals[:, 1, :, -1], found.totals[:, 0, :, 0])], axis=1)
