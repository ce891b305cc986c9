"""End of pipe: a control device on a share of the units.

    add-on:       f' = f · (1 − c·RE·η)
    replacement:  f' = (1 − c)·f + c·U·(1 − RE·η),   U = f/(1 − η0·RE0)

η: ``efficiency`` [1], RE: ``rule_effectiveness`` [1], c: ``coverage`` [1]. Of several devices at one ``stage`` on a unit the
best counts; devices at different stages multiply; a tabulated combination of ``device`` names beats both. Where η is an
observed average it contains operation: then RE = 1.
"""

import numpy as np

from emisim.inventory import FULL_CONTROL
from emisim.mechanism import COVERAGE, ONE_OR_MORE_POLLUTANTS, Bound, Mechanism, Parameter, share
from emisim.operation import Control, Scale


def compile_action(action: Bound) -> list[Scale]:
    control = Control(
        efficiency=np.asarray(action["efficiency"]),
        effectiveness=np.asarray(action["rule_effectiveness"]),
        replaces=action["kind"] == "replacement",
        stage=action.stages(action["stage"]),
        device=action["device"],
    )
    if control.replaces:
        _refuse_unknown(action)
    return [action.scale(action["coverage"], control=control)]


def _refuse_unknown(action: Bound) -> None:
    """Where the device that goes removes all, U = 0/0: nothing tells what would be emitted without it."""
    known, stage = action.inventory, action["stage"]
    for p in action.pollutants():
        full = known.existing_efficiency[action.rows, p] * known.existing_effectiveness[action.rows, p] >= FULL_CONTROL
        goes = np.isin(known.stage[action.rows, p], ("", stage)) | (stage == "")
        if (full & goes).any():
            rows = ", ".join(known.ids[action.rows[full & goes]][:5])
            action.reject("action.full_control", rows=rows, pollutant=known.pollutants[p])


MECHANISM = Mechanism(
    "end_of_pipe",
    60,
    "control device",
    "末端治理",
    "f' = f·(1 − c·RE·η), or (1 − c)·f + c·U·(1 − RE·η)",
    (
        share("efficiency", "control efficiency", "去除效率"),
        share("rule_effectiveness", "share of that efficiency reached in operation", "运行有效率", default=1.0),
        COVERAGE,
        Parameter(
            "kind",
            "choice",
            "add_on or replacement",
            "add_on 加装 / replacement 替换",
            default="add_on",
            choices=("add_on", "replacement"),
        ),
        Parameter("stage", "word", "devices at one stage do not add up", "治理环节，同一环节取优", default=""),
        Parameter("device", "word", "name used by tabulated combinations", "设备名，用于组合效率表", default=""),
        ONE_OR_MORE_POLLUTANTS,
    ),
    compile_action,
)
