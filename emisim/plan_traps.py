"""Mistakes in a plan that would pass for measures: each is refused, for the result could not tell."""

from __future__ import annotations

import numpy as np

from emisim.errors import Reporter
from emisim.inventory import Inventory
from emisim.plan import Plan
from emisim.spelling import lookalikes


def check_stages(plan: Plan, inventory: Inventory | None, reporter: Reporter) -> None:
    """A stage written in two ways would be two stages, and devices that replace or beat each other would add up."""
    written = {
        a.parameters["stage"]: ("measures", name, "actions", k, "parameters", "stage")
        for name, measure in plan.measures.items()
        for k, a in enumerate(measure.actions)
        if isinstance(a.parameters.get("stage"), str)
    }
    known = set(np.unique(inventory.stage).tolist()) - {""} if inventory is not None else set()
    for word, other in lookalikes(known | written.keys()):
        here, instead = (word, other) if word in written and word not in known else (other, word)
        if here in written:
            reporter.report("plan", written[here], "action.alike", word=here, other=instead)


def check_repeated(plan: Plan, reporter: Reporter) -> None:
    """The same action twice in one measure would act twice."""
    for name, measure in plan.measures.items():
        for k, action in enumerate(measure.actions):
            if action.mechanism != "indicator_only" and action in measure.actions[:k]:
                reporter.report("plan", ("measures", name, "actions", k), "measure.repeated")
