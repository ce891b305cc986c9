"""Running parts: each is bound and run by itself, wherever that is; what comes back is summed in the order of the parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from emisim.case import prepare
from emisim.errors import BadInput, Fault, Limited
from emisim.io.inventory_folder import SOURCES
from emisim.io.inventory_tables import Table, Tables, checked
from emisim.io.parts.blocks import Part
from emisim.plan import Plan
from emisim.reading import Reading
from emisim.scenario import Scenario
from emisim.simulate import emitted
from emisim.sums import Sums, sums_of

# (work, parts) → what the work makes of each part, in the order of the parts
Spread = Callable[[Callable[[Part], "Done"], Iterable[Part]], Iterator["Done"]]


@dataclass(frozen=True, eq=False)
class Kit:
    """What a part is run with. tables : of the inventory but for its sources."""

    scenario: Scenario
    plan: Plan
    reading: Reading
    tables: Tables

    def __call__(self, part: Part) -> Done:
        """Run one part."""
        try:
            return self._run(part)
        except BadInput as bad:  # mistakes are gathered from all parts
            return Done(len(part), tuple(bad.faults), None, {})

    def _run(self, part: Part) -> Done:
        scenario, faults = self.scenario, Limited()
        years = (scenario.base_year, scenario.target_year)
        tables = replace(self.tables, sources=Table(SOURCES, part.records(), whole=False))
        inventory = checked(tables, scenario.base_year, years, faults, self.reading.alternatives)
        case = prepare(scenario, self.plan, inventory, reading=self.reading, part=True)
        found = emitted(case)
        place = {region: k for k, region in enumerate(dict.fromkeys(part.columns["region"].texts()))}
        region = inventory.coded("region")
        order = np.argsort(np.array([place.get(word, 0) for word in region.words])[region.code], kind="stable")
        of_sources = {
            "source_id": inventory.ids,
            "region": inventory.text["region"],
            "sector": inventory.text["sector"],
            "in_official_total": (~inventory.memo).astype(np.int8),
            "emission_base": inventory.emission(),
            "emission_reference": found.reference.emission,
            "emission_plan": found.plan.emission,
            "calendar_plan": found.calendar_plan,
        }
        return Done(len(part), (), sums_of(case, found), {name: values[order] for name, values in of_sources.items()})


@dataclass(frozen=True, eq=False)
class Done:
    """A part that was run. faults : why it was not, if it was not. sources : name → (row, …), region after region as in the table."""

    rows: int
    faults: tuple[Fault, ...]
    sums: Sums | None
    sources: Mapping[str, np.ndarray]


def here(work: Callable[[Part], Done], parts: Iterable[Part]) -> Iterator[Done]:
    """One part after the other, in this process."""
    return map(work, parts)


def added_up(done: Iterable[Done], keep: Callable[[Mapping[str, np.ndarray]], None], progress: Callable[[int], None]) -> Sums:
    """The sums of all parts.

    Parameters
    ----------
    keep : takes the sources of each part, in the order of the parts. progress : told how many sources are done.

    Raises
    ------
    BadInput
        With the faults of all parts.
    """
    total: Sums | None = None
    faults: list[Fault] = []
    rows = 0
    for part in done:
        faults += part.faults
        if part.sums is not None and not faults:
            total = part.sums if total is None else total + part.sums
            keep(part.sources)
        rows += part.rows
        progress(rows)
    if faults or total is None:
        raise BadInput(faults)
    return total
