"""Cases whose figures have ranges, in a few words and without files; and a draw written into its case, to be run as any other."""

from dataclasses import replace

import numpy as np
from small import inventory, scenario

from emisim.case import prepare
from emisim.distribution import Correlation, Distribution
from emisim.inventory import FactorRow, GrowthRow, Record, Records
from emisim.model import Value
from emisim.simulate import levels
from emisim.uncertainty.draws import frame, outcome
from emisim.uncertainty.inputs import ACTIVITY, COMBINATION, FACTOR, GROWTH, INDICATOR, uncertain_inputs
from emisim.uncertainty.sampling import blocks, sampler
from emisim.units import split
from emisim.verdicts import judge
from emisim.vocabulary import pollutants as known_pollutants


def county(*rows, pollutants=("NOx",), factors=None, growth=None, correlations=()):
    """Rows as in ``small.inventory``, with ``low``, ``high``, ``distribution``, ``probabilities``, ``correlation_group``.

    factors : set → (low, high, shape, group) of every pollutant. growth : driver → {year: (index, low, high, shape, group)}; a plain
    index is certain. correlations : (first, second, rank).
    """
    rows = [{"factor_set": row["source_id"], "growth_driver": "constant", **row} for row in rows]
    indices = {d: {y: g if isinstance(g, tuple) else (g, g, g) for y, g in years.items()} for d, years in (growth or {}).items()}
    found = inventory(
        *rows, pollutants=pollutants, growth={d: {y: g[0] for y, g in years.items()} for d, years in indices.items()}
    )
    sets = list(dict.fromkeys(row["factor_set"] for row in rows))
    first = [next(i for i, row in enumerate(rows) if row["factor_set"] == name) for name in sets]
    spans = np.array(
        [(a, float(row.get("low", a)), float(row.get("high", a))) for a, row in zip(found.activity, rows, strict=True)]
    )
    records = Records(
        folder="county",
        line=np.arange(2, 2 + len(rows)),
        activity=spans,
        kind=np.array([sets.index(row["factor_set"]) for row in rows]),
        factors=tuple(
            {p: _factor(float(found.factor[i, k]), (factors or {}).get(name)) for k, p in enumerate(pollutants)}
            for name, i in zip(sets, first, strict=True)
        ),
        factor_set=tuple(sets),
        growth={(d, y): _index(*g) for d, years in indices.items() for y, g in years.items()},
        correlations=tuple(Correlation(*sorted(c[:2]), c[2]) for c in correlations),
    )
    return replace(found, records=records)


def controlled(*rows, efficiency, effectiveness=1.0, flue_gas=np.nan, **more):
    """The same, with existing control of one efficiency and effectiveness, and flue gas [Nm3 per unit], at every source."""
    made = county(*rows, **more)
    control = {"existing_efficiency": efficiency, "existing_effectiveness": effectiveness, "flue_gas": flue_gas}
    return replace(made, **{name: np.full(made.factor.shape, value) for name, value in control.items()})


def _factor(value, span):
    low, high, shape, group = (*(span or (value, value, "fixed")), "")[:4]
    least = Distribution(value, low, high, shape, least=0.0)
    return FactorRow(least, 0.0, 1.0, "", np.nan, _record(value, group))


def _index(value, low, high, shape="fixed", group=""):
    return GrowthRow(Distribution(value, low, high, shape, least=0.0), _record(value, group))


def _record(value, group):
    return Record(str(value), "", "E", "a trial", 2, group=group)


def case(plan, county_, **more):
    return prepare(scenario(**more), plan, county_)


def drawn(case_, draws=1024, method="sobol", seed=1):
    """(inputs, values (draw, figure), outcome) of some draws of a case, block by block as the Monte Carlo does."""
    inputs = uncertain_inputs(case_)
    made = sampler(inputs, method, seed)
    values = np.concatenate([made.figures(made.scores(k, size)) for k, size in enumerate(blocks(draws))])
    assert np.isfinite(values).all()  # else a range of the test itself makes no sense
    return inputs, values, outcome(frame(case_, inputs), values)


# -------------------------------------------------------------------- a draw, written down


def written(case_, inputs, values):
    """The case with one draw's values in the place of its figures: in its texts and tables, not in the kernel's arrays."""
    plan, question, tables = case_.plan, case_.scenario, case_.tables
    activity, factor, growth = tables.activity.copy(), tables.factor.copy(), {d: dict(y) for d, y in tables.growth.items()}
    relative = np.ones(len(tables))
    for figure, value in zip(inputs.figures, values.tolist(), strict=True):
        if figure.kind == ACTIVITY:
            relative[figure.at[0]] = value / activity[figure.at[0]] if activity[figure.at[0]] else 1.0
            activity[figure.at[0]] = value
        elif figure.kind == FACTOR:
            factor[np.isin(tables.records.kind, figure.at[:-1]), tables.pollutants.index(figure.at[-1])] = value
        elif figure.kind == GROWTH:
            growth[figure.at[0]][figure.at[1]] = value
        elif figure.kind == COMBINATION:
            plan = put(plan, ("combinations", figure.at[0], "efficiency"), value)
        else:
            places = figure.at
            if figure.kind == INDICATOR:
                places = (
                    (
                        "scenario" if figure.at[0] in question.targets else "plan",
                        ("targets", figure.at[0], "indicator", figure.at[1]),
                    ),
                )
            for file, location in places:
                if file == "plan":
                    plan = put(plan, location, text(get(plan, location), value, figure.distribution.value))
                else:
                    question = put(question, location, text(get(question, location), value, figure.distribution.value))
    for name, measure in plan.measures.items():  # such a clause has no effect in the centre of its range, but in a draw it has
        if measure.standing == "not_quantified":
            plan = put(plan, ("measures", name, "standing"), "enabling")
    for i in chain(tables.upstream):  # what arrives at a stage is what the one before it leaves
        up = tables.upstream[i]
        was, now = (
            a[up] * (1.0 - lost(f[up], tables.pollutants)) for a, f in ((tables.activity, tables.factor), (activity, factor))
        )
        activity[i] = tables.activity[i] * relative[i] * (now / was if was > 0 else 1.0)
    return prepare(question, plan, replace(tables, activity=activity, factor=factor, growth=growth))


def lost(factor, pollutants):
    return sum(known_pollutants()[p].nitrogen_share * f for p, f in zip(pollutants, factor, strict=True))


def chain(upstream):
    """Rows that others feed, the first stages first."""

    def depth(i):
        return 0 if upstream[i] < 0 else 1 + depth(upstream[i])

    return sorted((i for i in range(len(upstream)) if upstream[i] >= 0), key=depth)


def text(raw, value, centre):
    """What a file would have to say for a number to be ``value``; ``centre`` is what it is now, in canonical units."""
    if isinstance(raw, (dict, Value)):
        now = raw["value"] if isinstance(raw, dict) else raw.value
        new = text(now, value, centre)
        return {"value": new} if isinstance(raw, dict) else Value(value=new)
    if raw == "wording":
        return value
    number, unit = split(raw) if isinstance(raw, str) else (float(raw), "")
    scaled = repr(number * value / centre if centre else value * (100.0 if unit == "%" else 1.0))
    return f"{scaled} {unit}".strip()


def get(node, path):
    for key in path:
        node = getattr(node, key) if hasattr(type(node), "model_fields") else node[key]
    return node


def put(node, path, value):
    """A copy of a configuration with ``value`` at ``path``."""
    if not path:
        return value
    key, *rest = path
    if hasattr(type(node), "model_fields"):
        return node.model_copy(update={key: put(getattr(node, key), rest, value)})
    if isinstance(node, (tuple, list)):
        return type(node)(put(one, rest, value) if k == key else one for k, one in enumerate(node))
    return {**node, key: put(node[key], rest, value)}


def assert_draw_is_a_run(case_, inputs, values, found, k, rtol=1e-9):
    """Draw ``k`` of an outcome says what a run of the case with its values says."""
    other = written(case_, inputs, values[k])
    end = levels(other)
    official, last = ~case_.inventory.memo, end.reference.emission.shape[-1] - 1
    for state, mine in ((end.reference, found.totals[k, 0]), (end.plan, found.totals[k, 1])):
        np.testing.assert_allclose(mine, state.emission[official].sum(axis=0), rtol=rtol, atol=1e-12)
    sectors = case_.inventory.text["sector"]
    for n, emission in enumerate((end.reference.emission[..., 0], end.reference.emission[..., -1], end.plan.emission[..., -1])):
        for s, name in enumerate(sorted(set(sectors.tolist()))):
            np.testing.assert_allclose(
                found.sectors[k, n, s], emission[official & (sectors == name)].sum(axis=0), rtol=rtol, atol=1e-12
            )
    scale = np.abs(end.reference.emission[..., last][official]).sum() * 1e-12
    brought = end.ledger.by_measure(len(case_.bound.names), official)[..., last]
    np.testing.assert_allclose(found.measures[k], brought, rtol=rtol, atol=scale)
    for t, verdict in enumerate(judge(other.reading.targets, end.evidence)):
        assert found.met[k, t] == (verdict.verdict == "met"), verdict
        np.testing.assert_allclose(found.values[k, t], np.nan if verdict.value is None else verdict.value, rtol=rtol, atol=1e-11)
    return other


# -------------------------------------------------------------------- a case whose every number has a range


def widened(case_, share=0.3):
    """The same case with a range on every activity, factor, growth index and number of a measure."""
    tables = case_.tables
    records, one = tables.records, lambda v: Distribution(v, (1.0 - share) * v, (1.0 + share) * v, "triangular", least=0.0)
    factors = tuple({p: replace(row, factor=one(row.factor.value)) for p, row in kind.items()} for kind in records.factors)
    growth = {at: replace(row, index=one(row.index.value)) for at, row in records.growth.items()}
    spans = np.stack([tables.activity, (1.0 - share) * tables.activity, (1.0 + share) * tables.activity], axis=1)
    texts = {**tables.text, "distribution": np.full(len(tables), "triangular")}
    wide = replace(tables, text=texts, records=replace(records, activity=spans, factors=factors, growth=growth))
    plan = case_.plan
    for name, measure in plan.measures.items():
        for k, action in enumerate(measure.actions):
            for word, raw in action.parameters.items():
                if isinstance(raw, str) and raw[0].isdigit() or isinstance(raw, float):
                    plan = put(plan, ("measures", name, "actions", k, "parameters", word), ranged(raw, share))
    return prepare(case_.scenario, plan, wide)


def ranged(raw, share=0.3):
    """A number of a measure with a range; shares end below 100 %."""
    number, unit = split(raw) if isinstance(raw, str) else (raw, "")
    most = {"%": 99.9, "": 0.999}.get(unit, np.inf)
    low, high = (f"{min(number * f, max(most, number))!r} {unit}".strip() for f in (1.0 - share, 1.0 + share))
    return {"value": raw, "low": low, "high": high, "distribution": "triangular"}
