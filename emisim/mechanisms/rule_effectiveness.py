"""Rule effectiveness: existing and new devices are run better; one saturating state a source class.

    RE' = RE + (RE_max − RE)·(1 − Π_k(1 − c_k·g_k)),    E = U·(1 − η·RE')

g: ``gap_closed`` [1], c: ``coverage`` [1], RE_max: ``ceiling`` [1]. Several such measures saturate, they do not add up. It is one
state of all units of the rows, so coverage and phase-in scale g. Rows without control, or run as well as RE_max, are not changed.
With ``state`` in place of ``applies_to`` the rows, pollutant and ceiling are those the plan declares for a class of sources.
"""

import numpy as np

from emisim.mechanism import COVERAGE, POLLUTANTS, Bound, Mechanism, share
from emisim.operation import Control, Scale


def compile_action(action: Bound) -> list[Scale]:
    control = Control(gap_closed=np.asarray(action["gap_closed"]), ceiling=np.asarray(action["ceiling"]))
    return [action.scale(action["coverage"], control=control)]


MECHANISM = Mechanism(
    "rule_effectiveness",
    60,
    "devices are run better",
    "治理设施运行有效率提升",
    "RE' = RE + (RE_max − RE)·(1 − Π(1 − c·g))",
    (
        share("gap_closed", "share of the gap to the ceiling that is closed", "差距缩小比例", adoption=True),
        share("ceiling", "highest effectiveness that can be reached", "有效率上限", default=0.98),
        COVERAGE,
        POLLUTANTS,
    ),
    compile_action,
)
