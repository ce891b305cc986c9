"""Relations between measures: combinations of devices, overlaps, exclusive groups. Every one declared must be possible on
every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations as pairs_of

import numpy as np

from emisim.errors import Location, Reporter
from emisim.inventory import Inventory
from emisim.mechanism import Parameter
from emisim.operation import Combination, Move, Operation, Overlap, covered, running, seasonal
from emisim.parameter import EDGE, ParameterReader
from emisim.plan import Plan
from emisim.vocabulary import pollutants


def read_combinations(plan: Plan, inventory: Inventory | None, reporter: Reporter) -> tuple[Combination, ...]:
    """The tabulated combinations for the pollutants of the inventory."""
    out, seen = [], set()
    for k, rule in enumerate(plan.combinations):
        where: Location = ("combinations", k)
        key = (frozenset(rule.devices), rule.pollutant)
        if key in seen:
            reporter.report("plan", where, "combination.twice", devices=", ".join(sorted(key[0])), pollutant=rule.pollutant)
        seen.add(key)
        share = Parameter("efficiency", "share", "", "")
        efficiency = ParameterReader(reporter).number(share, rule.efficiency, "plan", (*where, "efficiency"))
        if rule.pollutant not in pollutants():
            reporter.unknown("plan", (*where, "pollutant"), "value.choice", rule.pollutant, pollutants())
        elif efficiency is not None and inventory and rule.pollutant in inventory.pollutants:
            out.append(Combination(frozenset(rule.devices), inventory.pollutants.index(rule.pollutant), efficiency))
    used = {str(a.parameters.get("device")) for m in plan.measures.values() for a in m.actions}
    for k, rule in enumerate(plan.combinations):
        for j, device in enumerate(rule.devices):
            if device not in used:
                reporter.unknown("plan", ("combinations", k, "devices", j), "combination.device", device, sorted(used - {"None"}))
    return tuple(sorted(out, key=lambda c: (c.pollutant, sorted(c.devices))))  # the kernel puts the best first


class Relations:
    """Checks the declared relations of a plan against what its measures touch."""

    def __init__(
        self, plan: Plan, names: Sequence[str], inventory: Inventory, operations: Sequence[Operation], reporter: Reporter
    ):
        self.plan, self.names, self.inventory, self.operations, self.reporter = plan, names, inventory, operations, reporter
        self.touched: Mapping[int, set[int]] = {
            m: {int(r) for op in operations if op.measure == m for r in op.rows} for m in range(len(names))
        }

    def indices(self, names: Sequence[str]) -> frozenset[int]:
        return frozenset(self.names.index(n) for n in names if n in self.names)

    def overlaps(self) -> tuple[Overlap, ...]:
        """The declared overlaps of the chosen measures."""
        season = {op.measure for op in self.operations if seasonal(op) or running(op)}
        out, seen = [], []
        said: dict[frozenset[int], str] = {}
        for k, rule in enumerate(self.plan.overlaps):
            members, where = self.indices(rule.measures), ("overlaps", k)
            if len(members) < 2:
                continue
            for pair in map(frozenset, pairs_of(sorted(members), 2)):
                if "independent" in (said.setdefault(pair, rule.relation), rule.relation) and said[pair] != rule.relation:
                    words = {
                        "measures": " + ".join(self.names[m] for m in sorted(pair)),
                        "first": said[pair],
                        "second": rule.relation,
                    }
                    self.reporter.report("plan", where, "overlap.contradicts", **words)
            if rule.relation != "independent":
                if members & season:
                    named = ", ".join(self.names[m] for m in sorted(members & season))
                    self.reporter.report("plan", where, "overlap.season", measure=named)
                for other in seen:
                    self.not_twice(members, other, where)
                seen.append(members)
            if rule.relation == "disjoint":
                self.fits(members, where)
            out.append(Overlap(members, rule.relation))
        return tuple(sorted(out, key=lambda o: (sorted(o.measures), o.relation)))

    def not_twice(self, members: frozenset[int], other: frozenset[int], where: Location) -> None:
        """On one row a measure can stand in one overlap only."""
        for m in sorted(members & other):
            meets = [set().union(*(self.touched[m] & self.touched[n] for n in group - {m})) for group in (members, other)]
            if meets[0] & meets[1]:
                self.reporter.report("plan", where, "overlap.twice", measure=self.names[m])

    def fits(self, members: frozenset[int], where: Location) -> None:
        """Disjoint measures cannot cover more than all of a row."""
        covers = {m: self.reach(m) for m in sorted(members)}
        together = np.where(sum((c > 0).astype(int) for c in covers.values()) > 1, sum(covers.values()), 0.0)
        worst = int(np.argmax(together))
        if together[worst] > 1.0 + EDGE:
            parts = ", ".join(f"{self.names[m]} {c[worst]:.0%}" for m, c in covers.items() if c[worst] > 0)
            row = str(self.inventory.ids[worst])
            self.reporter.report("plan", where, "overlap.exceeds", row=row, parts=parts, total=f"{together[worst]:.1%}")

    def reach(self, measure: int) -> np.ndarray:
        """Share of each row's units that a measure reaches when fully phased in [1]: its moves stage by stage, then its
        other actions on what stays."""
        mine = [op for op in self.operations if op.measure == measure]
        left = np.ones(len(self.inventory))
        for order in sorted({op.order for op in mine if isinstance(op, Move)}):
            left = left * (1.0 - self.moved(measure, order))
        other = np.zeros(len(self.inventory))
        for op in mine:
            if not isinstance(op, Move):
                other[op.rows] = np.maximum(other[op.rows], covered(op))
        return 1.0 - left * (1.0 - other)

    def moved(self, measure: int, order: int) -> np.ndarray:
        """Sum of the shares that the moves of a measure take in one stage, per row [1]."""
        total = np.zeros(len(self.inventory))
        for op in self.operations:
            if isinstance(op, Move) and op.measure == measure and op.order == order:
                total[op.rows] += covered(op).astype(float)
        return total

    def own_moves(self) -> None:
        """The moves of one measure in one stage take different units, so together they cannot take more than all of a row."""
        for m, name in enumerate(self.names):
            for order in sorted({op.order for op in self.operations if op.measure == m and isinstance(op, Move)}):
                moved = self.moved(m, order)
                worst = int(np.argmax(moved))
                if moved[worst] > 1.0 + EDGE:
                    row = str(self.inventory.ids[worst])
                    self.reporter.report(
                        "plan", ("measures", name, Reporter.KEY), "measure.moves_exceed", row=row, total=f"{moved[worst]:.1%}"
                    )

    def exclusive(self) -> None:
        """Of an exclusive group at most one measure touches a row."""
        for k, rule in enumerate(self.plan.exclusive):
            for m, n in pairs_of(sorted(self.indices(rule.measures)), 2):
                common = self.touched[m] & self.touched[n]
                if common:
                    row = str(self.inventory.ids[min(common)])
                    self.reporter.report(
                        "plan", ("exclusive", k), "exclusive.both", first=self.names[m], second=self.names[n], row=row
                    )
