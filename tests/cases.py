"""Cases for the tests: short constructors, the plain case as the kernel's arrays, and random cases for Hypothesis."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from emisim import kernel
from emisim.operation import Add, Combination, Control, Limit, Move, Overlap, Scale
from emisim.program import Base, Tangled, compile_program
from reference_model import NO_STAGE, Case, Device, Op

YEAR = [1 / 12] * 12
RELATIONS = ("independent", "disjoint", "nested")

# ---------------------------------------------------------------- constructors


def plant(*emissions, efficiency=0.0, effectiveness=1.0, stage=NO_STAGE, upstream=None, passed=0.0, loss=0.0, months=YEAR):
    """Rows of one pollutant and one period: activity 1, so the factor is the emission [t/yr]."""
    rows = len(emissions)
    column = np.ones((rows, 1))
    return Base(
        activity=column.copy(),
        factor=column * np.array(emissions, float)[:, None],
        efficiency=column * efficiency,
        effectiveness=column * effectiveness,
        stage=np.full((rows, 1), stage),
        upstream=np.full(rows, -1) if upstream is None else np.array(upstream),
        passed=np.full(rows, passed) * (np.full(rows, -1) if upstream is None else np.array(upstream) >= 0),
        loss=np.array([loss]),
        months=np.array([months], float),
    )


def add_on(measure, efficiency, coverage=1.0, effectiveness=1.0, rows=(0,), stage=NO_STAGE, device="", replaces=False):
    control = Control(np.asarray(efficiency), np.asarray(effectiveness), replaces, stage, device)
    return Scale(measure, 60, np.array(rows), np.asarray(coverage), pollutants=(0,), control=control)


def replacement(measure, efficiency, coverage=1.0, effectiveness=1.0, stage=NO_STAGE):
    return add_on(measure, efficiency, coverage, effectiveness, stage=stage, replaces=True)


def better_running(measure, gap_closed, ceiling=0.98, coverage=1.0):
    control = Control(gap_closed=np.asarray(gap_closed), ceiling=np.asarray(ceiling))
    return Scale(measure, 60, np.array([0]), np.asarray(coverage), pollutants=(0,), control=control)


def factor_limit(measure, value, coverage=1.0):
    return Limit(measure, 70, np.array([0]), np.asarray(coverage), value=np.asarray(value), pollutants=(0,))


def addition(measure, value, coverage=1.0):
    return Add(measure, 90, np.array([0]), np.asarray(coverage), value=np.asarray(value), pollutants=(0,))


def activity_scale(measure, ratio, coverage=1.0, rows=(0,)):
    return Scale(measure, 30, np.array(rows), np.asarray(coverage), ratio=np.asarray(ratio))


def activity_cap(measure, value, rows=(0,), coverage=1.0):
    return Limit(measure, 10, np.array(rows), np.asarray(coverage), value=np.asarray(value))


def move(measure, coverage, rows=(0,), to=(), weight=None, conversion=1.0, order=40):
    weight = np.full(len(to), 1 / max(len(to), 1)) if weight is None else np.array(weight, float)
    return Move(
        measure,
        order,
        np.array(rows),
        np.asarray(coverage),
        to=np.array(to, dtype=int),
        weight=weight,
        conversion=np.asarray(conversion),
    )


def program(base, *operations, overlaps=(), combinations=()):
    """All measures fully phased in; ``overlaps`` as (measures, relation)."""
    measures = 1 + max((op.measure for op in operations), default=0)
    phase = np.ones((measures, base.shape[2]))
    return compile_program(operations, phase, base, [Overlap(frozenset(m), r) for m, r in overlaps], combinations)


def emission(base, *operations, on=None, **relations):
    """Emission of the first row, pollutant and period [t/yr]."""
    return float(kernel.run(base, program(base, *operations, **relations), on).emission[..., 0, 0, 0])


# ---------------------------------------------------------------- plain case → kernel


def column(values):
    return np.array(values, float)[:, None]


def arrays(case: Case):
    """(base, operations, phase, overlaps, combinations) as ``compile_program`` takes them."""
    base = Base(
        *(np.array(x, float) for x in (case.activity, case.factor, case.efficiency, case.effectiveness)),
        stage=np.array(case.stage),
        upstream=np.array(case.upstream),
        passed=np.array(case.passed, float),
        loss=np.array(case.loss, float),
        months=np.array(case.months, float),
    )
    overlaps = [Overlap(frozenset(members), relation) for members, relation in case.overlaps]
    combinations = [Combination(frozenset(names), p, eta) for names, p, eta in case.combinations]
    return base, [_operation(op) for op in case.operations], np.array(case.phase, float), overlaps, combinations


def compiled(case: Case):
    """(base, program); a case whose moves feed each other in a circle is not one."""
    base, operations, phase, overlaps, combinations = arrays(case)
    try:
        return base, compile_program(operations, phase, base, overlaps, combinations)
    except Tangled:
        assume(False)


def _operation(op: Op):
    head = (op.measure, op.order, np.array(op.rows), column(op.coverage))
    if op.kind == "move":
        return Move(*head, to=np.array(op.to, dtype=int), weight=np.array(op.weight, float), conversion=column(op.amount))
    if op.kind == "limit":
        return Limit(*head, value=column(op.amount), pollutants=op.pollutants)
    if op.kind == "add":
        return Add(*head, value=column(op.amount), pollutants=op.pollutants, stage=op.stage)
    if op.device is None:
        return Scale(*head, ratio=column(op.amount), pollutants=op.pollutants, months=op.months)
    d = op.device
    control = (
        Control(gap_closed=column(d.gap_closed), ceiling=column(d.ceiling))
        if d.efficiency is None
        else Control(column(d.efficiency), column(d.effectiveness), d.replaces, d.stage, d.name)
    )
    return Scale(*head, pollutants=op.pollutants, control=control)


# ---------------------------------------------------------------- random cases

# Ends and round shares are where cells vanish and ties happen, so they come often.
share = st.sampled_from([0.0, 1.0, 0.5, 0.25, 0.8]) | st.integers(1, 99).map(lambda k: k / 100)
positive = st.sampled_from([0.0, 1.0, 10.0]) | st.integers(1, 5000).map(lambda k: k / 100)
ratio = st.sampled_from([0.0, 0.5, 1.0, 1.25]) | st.integers(1, 200).map(lambda k: k / 100)
KINDS = (
    "cap", "removal", "activity", "mode", "fuel", "fleet", "technology", "substitution", "add_on", "add_on", "replacement", "running",
    "limit", "addition", "season",
)  # fmt: skip


@st.composite
def random_cases(draw, kinds=KINDS, most_measures=6, most_actions=2, chains=True):
    """2–6 rows, 1–2 pollutants, 1–2 periods and 1–``most_measures`` measures with one or two actions each."""
    rows, pollutants, periods = draw(st.integers(2, 6)), draw(st.integers(1, 2)), draw(st.integers(1, 2))

    def table(cell, n, k):
        return [[draw(cell) for _ in range(k)] for _ in range(n)]

    upstream = [-1] * rows
    if chains and draw(st.booleans()):
        upstream = [draw(st.sampled_from([-1, *range(i)])) for i in range(rows)]
    measures = draw(st.integers(1, most_measures))
    operations = []
    for m in range(measures):
        own = [
            draw(_operations(m, kind, rows, pollutants))
            for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=most_actions))
        ]
        taking = [op for op in own if op.kind == "move"]
        for op in taking:  # moves of one measure take different units, so together not more than all
            op.coverage = [c / len(taking) for c in op.coverage]
        operations += own
    # Livestock stages follow one another: nothing moves back to a stage that has been calculated.
    for op in operations:
        assume(
            op.kind != "move" or not op.to or max(_depth(upstream, i) for i in op.rows) <= min(_depth(upstream, i) for i in op.to)
        )
    case = Case(
        activity=table(positive, rows, periods),
        factor=table(positive, rows, pollutants),
        efficiency=table(st.sampled_from([0.0, 0.0, 0.6, 0.9]), rows, pollutants),
        effectiveness=table(st.sampled_from([1.0, 0.9, 0.5]), rows, pollutants),
        stage=table(st.sampled_from([NO_STAGE, 0, 1]), rows, pollutants),
        upstream=upstream,
        passed=[draw(share) for _ in range(rows)],
        loss=[0.01] + [0.0] * (pollutants - 1),
        months=[draw(st.sampled_from([YEAR, [1.0] + [0.0] * 11, [0.0] * 6 + [1.0] + [0.0] * 5])) for _ in range(periods)],
        operations=operations,
        phase=[[draw(st.sampled_from([1.0, 1.0, 0.5, 0.0])) for _ in range(periods)] for _ in range(measures)],
        combinations=draw(st.sampled_from([[], [], [({"A", "B"}, 0, 0.7)], [({"A", "B"}, 0, 0.3), ({"B", "C"}, 0, 0.75)]])),
    )
    free = [m for m in range(measures) if not any(op.months for op in operations if op.measure == m)]
    if len(free) > 1 and draw(st.booleans()):
        _declare(case, draw(st.sets(st.sampled_from(free), min_size=2)), draw(st.sampled_from(RELATIONS)))
    return case


def _depth(upstream, i):
    return 0 if upstream[i] < 0 else 1 + _depth(upstream, upstream[i])


def _declare(case, members, relation):
    """Declare an overlap; disjoint measures are scaled down until they fit beside one another on every row."""
    case.overlaps.append((members, relation))
    if relation == "disjoint":
        for op in case.operations:
            if op.measure in members:
                actions = sum(other.measure == op.measure for other in case.operations)
                op.coverage = [c / (actions * len(members)) for c in op.coverage]


@st.composite
def _operations(draw, measure, kind, rows, pollutants):
    mine = sorted(draw(st.sets(st.integers(0, rows - 1), min_size=1)))

    def each(cell):
        return [draw(cell) for _ in mine]

    some = tuple(sorted(draw(st.sets(st.integers(0, pollutants - 1), min_size=1))))
    cover = each(share)
    if kind == "cap":
        return Op("limit", measure, 10, mine, cover, [draw(positive)])
    if kind == "activity":
        return Op("scale", measure, 30, mine, cover, each(ratio))
    if kind in ("removal", "mode", "fuel", "fleet", "technology"):
        order = {"removal": 20, "mode": 30, "fuel": 40, "fleet": 41, "technology": 42}[kind]
        others = [r for r in range(rows) if r not in mine]
        to = mine if kind == "technology" else sorted(draw(st.sets(st.sampled_from(others)))) if others else []
        parts = [draw(st.integers(1, 4)) for _ in to]
        conversion = [1.0] * len(mine) if kind == "technology" else each(ratio)
        return Op("move", measure, order, mine, cover, conversion, to=to, weight=[part / sum(parts) for part in parts])
    if kind == "substitution":
        return Op("scale", measure, 50, mine, cover, each(ratio), some)
    if kind in ("add_on", "replacement"):
        stage, name = draw(st.sampled_from([NO_STAGE, 0, 1])), draw(st.sampled_from(["", "A", "B", "C"]))
        device = Device(each(share), each(st.sampled_from([1.0, 0.9, 0.5])), kind == "replacement", stage, name)
        return Op("scale", measure, 60, mine, cover, pollutants=some, device=device)
    if kind == "running":
        device = Device(None, [], gap_closed=each(share), ceiling=each(st.sampled_from([0.98, 0.7])))
        return Op("scale", measure, 60, mine, cover, pollutants=some, device=device)
    if kind == "limit":
        return Op("limit", measure, 70, mine, cover, each(positive), some)
    if kind == "addition":
        amounts, stage = each(st.sampled_from([-0.5, 0.2, 2.0])), draw(st.sampled_from([NO_STAGE, 0, 1]))
        return Op("add", measure, 90, mine, cover, amounts, some, stage=stage)
    months = draw(st.sampled_from([(1,), (7,), (11, 12, 1), tuple(range(1, 13))]))
    return Op("scale", measure, 100, mine, cover, each(share), some, months)
