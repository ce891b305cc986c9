"""A second, slow calculation of what a plan does: plain Python, one row, one period and one cell at a time.

It is written from the rules (design, data format, docstrings), not from the kernel, and shares no code with it. Every row is cut into
all its coverage cells, in each of which every operation acts fully or not at all; nothing is factorised, so it shows whether the
kernel's shortcuts are exact.

    E = Σ_cells weight · activity left · factor left
"""

from dataclasses import dataclass, field
from itertools import pairwise, permutations

NO_STAGE = -1
CAP = 10


@dataclass
class Device:
    """A control device, or (``efficiency`` None) better running of all devices of the unit. One number a row of the operation."""

    efficiency: list | None
    effectiveness: list
    replaces: bool = False
    stage: int = NO_STAGE
    name: str = ""
    gap_closed: list = field(default_factory=list)
    ceiling: list = field(default_factory=list)


@dataclass
class Op:
    """``kind``: scale, move, limit or add. Lists hold one number a row of ``rows``; ``weight`` one a row of ``to``."""

    kind: str
    measure: int
    order: int
    rows: list
    coverage: list
    amount: list = field(default_factory=list)  # ratio, conversion, limit or addition; of a cap the one total
    pollutants: tuple = ()
    months: tuple = ()
    device: Device | None = None
    to: list = field(default_factory=list)
    weight: list = field(default_factory=list)
    stage: int = NO_STAGE  # of an addition


@dataclass
class Case:
    """An inventory after growth, and a plan.

    activity[row][period], factor[row][pollutant], phase[measure][period], months[period][12].
    """

    activity: list
    factor: list
    efficiency: list
    effectiveness: list
    stage: list
    upstream: list
    passed: list
    loss: list
    months: list
    operations: list
    phase: list
    overlaps: list = field(default_factory=list)  # (set of measures, relation)
    combinations: list = field(default_factory=list)  # (set of device names, pollutant, efficiency)


def run(case: Case, on: list, as_planned: bool = False) -> tuple[list, list]:
    """activity[row][period] and emission[row][pollutant][period] with each measure switched on to the degree ``on``.

    ``as_planned``: a unit that the whole plan moves away is closed to later operations also where its move is switched off.
    """
    rows, pollutants, periods = len(case.activity), len(case.factor[0]), len(case.phase[0])
    activity = [[0.0] * periods for _ in range(rows)]
    emission = [[[0.0] * periods for _ in range(pollutants)] for _ in range(rows)]
    for t in range(periods):
        a, e = _Period(case, t, on, as_planned).result()
        for i in range(rows):
            activity[i][t] = a[i]
            for p in range(pollutants):
                emission[i][p][t] = e[i][p]
    return activity, emission


class _Period:
    """One period of a case."""

    def __init__(self, case: Case, t: int, on: list, as_planned: bool):
        self.case, self.t, self.on, self.as_planned = case, t, on, as_planned
        self.share = [on[m] * case.phase[m][t] for m in range(len(case.phase))]
        self.activity = [0.0] * len(case.activity)
        self.emission = [[0.0] * len(case.factor[0]) for _ in case.activity]

    def result(self):
        case = self.case

        def depth(i):
            return 0 if case.upstream[i] < 0 else 1 + depth(case.upstream[i])

        for i in sorted(range(len(case.activity)), key=lambda i: (depth(i), i)):
            before = case.upstream[i]
            if before < 0:
                self.settle(i, case.activity[i][self.t], None)
            else:
                lost = sum(loss * e for loss, e in zip(case.loss, self.emission[before], strict=True))
                self.settle(i, case.passed[i] * (self.activity[before] - lost), None)
        return self.activity, self.emission

    def settle(self, i: int, amount: float, arrived_by: Op | None) -> None:
        """Let the plan act on ``amount`` of activity that stands at row i since the move ``arrived_by`` (None: from the beginning)."""
        acting = [op for op in self.case.operations if i in op.rows and _comes_later(op, arrived_by)]
        better = [op for op in acting if op.device is not None and op.device.efficiency is None]
        steady = [op for op in acting if not op.months and op not in better]
        for cell, weight in self.cells(i, steady):
            if weight:
                self.unit(i, amount * weight, [*cell, *better], [op for op in acting if op.months])

    def unit(self, i: int, amount: float, cell: list, seasonal: list) -> None:
        """``amount`` of activity on which exactly the operations of ``cell`` act."""
        moves = [op for op in cell if op.kind == "move"]
        if moves:
            first = min(op.order for op in moves)
            claims = [op for op in moves if op.order == first]
            amount *= self.activity_ratio(i, [op for op in cell if op.order <= first])
            if self.as_planned:
                claims = [op for op in claims if self.on[op.measure]]
                if not claims:  # its fate is decided but not carried out: nothing later touches it
                    self.activity[i] += amount
                    for p, factor in enumerate(self.case.factor[i]):
                        self.emission[i][p] += amount * factor
            for op in claims:
                for row, weight in zip(op.to, op.weight, strict=True):
                    self.settle(row, amount / len(claims) * op.amount[op.rows.index(i)] * weight, op)
            return
        amount *= self.activity_ratio(i, cell)
        self.activity[i] += amount
        for p in range(len(self.emission[i])):
            mine = [op for op in cell if p in op.pollutants]
            self.emission[i][p] += (
                amount * self.factor(i, p, mine) * self.season(i, [op for op in seasonal if p in op.pollutants])
            )

    def activity_ratio(self, i: int, cell: list) -> float:
        caps, ratio = [1.0], 1.0
        for op in cell:
            if op.kind == "limit" and not op.pollutants:
                total = sum(self.case.activity[r][self.t] for r in op.rows)
                caps.append(op.amount[0] / total if total > 0 else 1.0)
            elif op.kind == "scale" and not op.pollutants:
                ratio *= op.amount[op.rows.index(i)]
        return ratio * min(caps)

    def factor(self, i: int, p: int, mine: list) -> float:
        f = self.case.factor[i][p]
        for op in mine:
            if op.kind == "scale" and op.device is None:
                f *= op.amount[op.rows.index(i)]
        f *= self.control_ratio(i, p, [op for op in mine if op.device is not None])
        limits = [op.amount[op.rows.index(i)] for op in mine if op.kind == "limit"]
        f = min([f, *limits])
        largest: dict = {}
        for number, op in enumerate(mine):
            if op.kind == "add":
                place = ("alone", number) if op.stage == NO_STAGE else op.stage
                amount = op.amount[op.rows.index(i)]
                largest[place] = max(largest.get(place, amount), amount)
        f += sum(largest.values())
        return min([f, *limits])

    def control_ratio(self, i: int, p: int, mine: list) -> float:
        """Emission behind the devices of one unit, over that of the base year."""
        if not mine:
            return 1.0
        case = self.case

        def of(op, name):
            return getattr(op.device, name)[op.rows.index(i)]

        running = [op for op in mine if op.device.efficiency is None]
        devices = [op for op in mine if op.device.efficiency is not None]

        def run_better(re):
            if not running:
                return re
            open_gap = 1.0
            for op in running:
                open_gap *= 1.0 - of(op, "gap_closed") * self.cover(op, i)
            ceilings = [of(op, "ceiling") for op in running if self.cover(op, i) > 0]
            return re + max(0.0, max(ceilings, default=0.0) - re) * (1.0 - open_gap)

        was = case.efficiency[i][p] * case.effectiveness[i][p]
        stage = case.stage[i][p]
        # What stands on the unit: stage → best efficiency there. An added device without a stage has one of its own.
        standing, names = {}, {}
        kept = not any(
            op.device.replaces and (NO_STAGE in (op.device.stage, stage) or op.device.stage == stage) for op in devices
        )
        if kept:
            standing["existing" if stage == NO_STAGE else stage] = case.efficiency[i][p] * run_better(case.effectiveness[i][p])
        for number, op in enumerate(devices):
            alone = "replacement" if op.device.replaces else ("alone", number)  # replacements replace each other too
            place = op.device.stage if op.device.stage != NO_STAGE else alone
            standing[place] = max(standing.get(place, 0.0), of(op, "efficiency") * run_better(of(op, "effectiveness")))
            names.setdefault(place, set()).add(op.device.name)
        left = 1.0
        known = [(tools, eta) for tools, pollutant, eta in case.combinations if pollutant == p]
        for tools, eta in sorted(known, key=lambda c: (-len(c[0]), -c[1], sorted(c[0]))):
            if tools <= set().union(*names.values()):
                places = [place for place in names if names[place] & tools]
                existing = case.efficiency[i][p] * run_better(case.effectiveness[i][p]) if kept and stage in places else 0.0
                left *= 1.0 - max(eta, existing)  # an existing device of these stages has become part of the combination
                for place in places:
                    del standing[place], names[place]
        for eta in standing.values():
            left *= 1.0 - eta
        return left / (1.0 - was) if was < 1.0 else left

    def season(self, i: int, mine: list) -> float:
        """Σ over months of their share times the ratio left; in hours where several cuts meet the strongest counts."""
        out = 1.0 - sum(self.case.months[self.t])
        for month, share in enumerate(self.case.months[self.t], start=1):
            cuts = [(self.cover(op, i), op.amount[op.rows.index(i)]) for op in mine if month in op.months]
            edges = sorted({0.0, 1.0, *(c for c, _ in cuts)})
            for low, high in pairwise(edges):
                out += share * (high - low) * min([r for c, r in cuts if c >= high], default=1.0)
        return out

    # -- coverage cells

    def cover(self, op: Op, i: int) -> float:
        share = self.case.phase[op.measure][self.t] if self.as_planned and op.kind == "move" else self.share[op.measure]
        return op.coverage[op.rows.index(i)] * share

    def cells(self, i: int, acting: list) -> list:
        """(operations that act, weight) for every cell of row i."""
        waiting = sorted({op.measure for op in acting})
        blocks = []
        for members, relation in self.case.overlaps:
            present = [m for m in waiting if m in members]
            if relation != "independent" and len(present) > 1:
                blocks.append((present, relation))
                waiting = [m for m in waiting if m not in members]
        blocks += [([m], "nested") for m in waiting]
        out = [([], 1.0)]
        for members, relation in blocks:
            spans = [self.spans(i, [op for op in acting if op.measure == m]) for m in members]
            if relation == "nested":
                choices = _segments([span for own in spans for span in own])
            else:
                choices = [(cell, weight) for own in spans for cell, weight in _segments(own) if cell]
                choices.append(([], 1.0 - sum(weight for _, weight in choices)))
            out = [(cell + more, weight * w) for cell, weight in out for more, w in choices if w]
        return out

    def spans(self, i: int, own: list) -> list:
        """(operation, from, to): the units, laid along [0, 1], on which a measure's actions act.

        Its moves take different units, in every stage a share of what the stages before have left; the rest act on what stays.
        """
        moves = [op for op in own if op.kind == "move"]
        out, gone = [], 0.0
        for order in sorted({op.order for op in moves}):
            here = 1.0 - gone
            for op in moves:
                if op.order == order:
                    out.append((op, gone, gone + here * self.cover(op, i)))
                    gone = out[-1][2]
        return out + [(op, gone, gone + (1.0 - gone) * self.cover(op, i)) for op in own if op.kind != "move"]


def _segments(spans: list) -> list:
    edges = sorted({0.0, 1.0, *(x for _, low, high in spans for x in (low, high))})
    return [([op for op, start, end in spans if start <= low and high <= end], high - low) for low, high in pairwise(edges)]


def _comes_later(op: Op, arrival: Op | None) -> bool:
    return arrival is None or op.order > arrival.order or (op.order == arrival.order and _feeds(arrival, op))


def _feeds(first: Op, second: Op) -> bool:
    """Within one stage a move goes first if it brings activity to rows that the other acts on."""
    new = [row for row in first.to if row not in first.rows]
    return second.kind == "move" and first.measure != second.measure and any(row in second.rows for row in new)


def shapley(case: Case) -> list:
    """reduction[measure][row][pollutant][period]: what each measure takes away when its turn comes, the mean over all orders."""
    count = len(case.phase)
    known = {}

    def emission(package):
        if package not in known:
            known[package] = run(case, [1.0 if m in package else 0.0 for m in range(count)], as_planned=True)[1]
        return known[package]

    total = [_zero(emission(frozenset())) for _ in range(count)]
    orders = list(permutations(range(count)))
    for order in orders:
        package = frozenset()
        for m in order:
            larger = package | {m}
            _add(total[m], emission(package), emission(larger), 1.0 / len(orders))
            package = larger
    return total


def _zero(like):
    return [[[0.0 for _ in periods] for periods in row] for row in like]


def _add(total, before, after, scale):
    for i, row in enumerate(total):
        for p, periods in enumerate(row):
            for t in range(len(periods)):
                periods[t] += scale * (before[i][p][t] - after[i][p][t])
