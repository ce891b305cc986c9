"""Each draw says what a run says whose files have its values written down."""

import numpy as np
import pytest
from small import LABEL, action, measure, plan, switch
from vague import assert_draw_is_a_run, case, controlled, county, drawn, ranged, widened

import tiny
from emisim.io.config_file import load
from emisim.simulate import levels
from emisim.uncertainty.draws import frame, outcome
from emisim.uncertainty.inputs import uncertain_inputs
from emisim.verdicts import judge

NET = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025, "baseline_year": 2020, "reduction": "10 %"}


def at(*names):
    return {"source_id": list(names)}


def r(name, **more):
    return {"source_id": name, "low": 70.0, "high": 130.0, "distribution": "triangular", **more}


KILNS = (r("k1", technology="a", factor=3.0), r("k2", technology="a"), r("k3", technology="b", factor=0.1))
MANURE = (
    r("house", factor=0.2),
    r("store", activity=80.0, inflow_from="house", factor=0.1, low=60.0, high=100.0, technology="later"),
    {"source_id": "spread", "activity": 60.0, "inflow_from": "store", "factor": 0.3, "technology": "later"},
)
MANURE_SPANS = {"house": (0.1, 0.3, "triangular"), "store": (0.05, 0.15, "uniform")}
PIPE = {"pollutant": "NOx", "stage": "flue"}
GROWING = {"heat": {2020: 1.0, 2025: (1.2, 1.0, 1.5, "triangular")}}


def manure():
    return county(*MANURE, pollutants=("NH3",), factors=MANURE_SPANS)


def kilns(*rows, **more):
    return county(*(rows or KILNS), factors={"k1": (2.0, 5.0, "triangular"), "k2": (0.5, 2.0, "lognormal")}, **more)


def devices(**more):
    return {
        "A": measure(
            action("end_of_pipe", ["k1", "k2"], efficiency=ranged("50 %"), coverage=ranged("60 %"), device="LNB", **PIPE), **more
        ),
        "B": measure(
            action(
                "end_of_pipe", ["k1", "k3"], efficiency=ranged("70 %"), rule_effectiveness=ranged("90 %"), device="SNCR", **PIPE
            )
        ),
    }


RUNS = {
    "nothing": lambda: (plan(), kilns()),
    "a move out": lambda: (plan({"A": measure(action("source_removal", "k1", removed=ranged("50 %")))}), kilns()),
    "a move": lambda: (
        plan({"A": measure(action("source_removal", "k1", to=at("k3"), removed=ranged("50 %"), displaced=ranged("60 %")))}),
        kilns(),
    ),
    "two moves in a row": lambda: (
        plan(
            {
                n: measure(action("fleet_turnover", a, to=at(b), scrapped=ranged("50 %")))
                for n, a, b in (("A", "k1", "k2"), ("B", "k2", "k3"))
            }
        ),
        kilns(),
    ),
    "a factor limit": lambda: (
        plan(
            {
                "A": measure(
                    action(
                        "emission_limit", ["k1", "k2"], factor_limit=ranged("2000 kg/t"), coverage=ranged("80 %"), pollutant="NOx"
                    )
                )
            }
        ),
        kilns(),
    ),
    "a concentration limit": lambda: (
        plan({"A": measure(action("emission_limit", "k1", concentration=ranged("150 mg/Nm3"), pollutant="NOx"))}),
        controlled(*KILNS, efficiency=0.0, flue_gas=1.5e7, factors={"k1": (2.0, 5.0, "triangular")}),
    ),
    "a cap relative to the base year": lambda: (
        plan({"A": measure(action("cap", {"sector": "process"}, limit_ratio=ranged("1.05", 0.05)))}),
        kilns(*(r(n, growth_driver="heat", factor=3.0) for n in ("k1", "k3")), growth=GROWING),
    ),
    "a cap": lambda: (
        plan(
            {
                "A": measure(action("cap", {"sector": "process"}, limit=ranged("290 t/yr"))),
                "B": measure(action("source_removal", "k1", removed="20 %")),
            }
        ),
        kilns(),
    ),
    "several sets of devices": lambda: (plan(devices()), kilns()),
    "disjoint measures": lambda: (
        plan(
            {n: measure(action("source_removal", "k1", removed=ranged("30 %", 0.1))) for n in "ABC"},
            overlaps=[{"measures": ["A", "B", "C"], "relation": "disjoint", "reason": "a trial"}],
        ),
        kilns(),
    ),
    "nested measures": lambda: (
        plan(
            {
                n: measure(action("end_of_pipe", "k1", efficiency=e, coverage=ranged("40 %"), pollutant="NOx"))
                for n, e in (("A", "30 %"), ("B", "60 %"))
            },
            overlaps=[{"measures": ["A", "B"], "relation": "nested", "reason": "a trial"}],
        ),
        kilns(),
    ),
    "a tabulated combination": lambda: (
        plan(
            devices(),
            combinations=[{"devices": ["LNB", "SNCR"], "pollutant": "NOx", "efficiency": "80 %", "low": "75 %", "high": "90 %"}],
        ),
        kilns(),
    ),
    "a replacement": lambda: (
        plan(
            {
                "A": measure(
                    action(
                        "end_of_pipe", "k1", efficiency=ranged("85 %", 0.1), coverage=ranged("50 %"), kind="replacement", **PIPE
                    )
                )
            }
        ),
        controlled(*KILNS, efficiency=0.5, effectiveness=0.8, factors={"k1": (2.0, 5.0, "triangular")}),
    ),
    "rule effectiveness": lambda: (
        plan(
            {
                n: measure(action("rule_effectiveness", {"sector": "process"}, gap_closed=ranged(g)))
                for n, g in (("A", "30 %"), ("B", "50 %"))
            }
            | devices()
        ),
        controlled(*KILNS, efficiency=0.5, effectiveness=0.6, factors={"k1": (2.0, 5.0, "triangular")}),
    ),
    "a season": lambda: (
        plan(
            {
                n: measure(action("seasonal_control", ["k1", "k2"], months=m, cut=ranged("40 %"), exempt=ranged("10 %")))
                for n, m in (("A", [1, 2, 12]), ("B", [1, 7]))
            }
        ),
        kilns(),
    ),
    "an addition": lambda: (
        plan({"A": measure(action("co_effect", "k1", addition=ranged("20 kg/t"), coverage=ranged("40 %"), pollutant="NOx"))}),
        kilns(),
    ),
    "use of straw": lambda: (
        plan({"A": measure(action("activity_change", "k1", used_before=ranged("80 %", 0.1), used_after=ranged("90 %", 0.1)))}),
        kilns(),
    ),
    "a manure chain": lambda: (plan(), manure()),
    "measures on a manure chain": lambda: (
        plan(
            {
                "A": measure(
                    action(
                        "factor_substitution",
                        ["house", "store"],
                        substituted=ranged("40 %"),
                        ratio=ranged("50 %"),
                        pollutant="NH3",
                    )
                ),
                "B": measure(action("source_removal", "house", removed=ranged("20 %"))),
            }
        ),
        manure(),
    ),
    "a cap on what a manure stage gets": lambda: (
        plan({"A": measure(action("cap", {"technology": "later"}, limit="120 t/yr"))}),
        manure(),
    ),
    "a relative cap on it": lambda: (plan({"A": measure(action("cap", {"technology": "later"}, limit_ratio="0.9"))}), manure()),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_draw_is_a_run(name):
    text, county_ = RUNS[name]()
    p = county_.pollutants[0]
    targets = {
        "NET": {**NET, "pollutant": p},
        "TONNES": {**NET, "kind": "creditable", "pollutant": p, "reduction": "40 t/yr", "year": 2024},
    }
    measures = {n: m.model_copy(update={"accountable": n < "B"}) for n, m in text.measures.items()}
    made = case(
        text.model_copy(update={"measures": measures, "targets": {**text.targets, **plan(targets=targets).targets}}), county_
    )
    inputs, values, found = drawn(made, 64)
    assert inputs.figures
    assert found.totals[:, 1].std() > 0
    assert (found.scaled, found.negative) == (0, 0)
    for k in (0, 1, 63):
        assert_draw_is_a_run(made, inputs, values, found, k)


@pytest.mark.parametrize(
    "act",
    [
        action("source_removal", "k1", to=at("k2", "k3"), removed="50 %", displaced="60 %"),
        action("technology_share", ["k1", "k2", "k3"], by="technology", shares={"a": "70 %", "b": "30 %"}),
    ],
)
def test_what_several_rows_take_follows_their_drawn_activity(act):
    made = case(plan({"A": measure(act)}), kilns())
    inputs, values, found = drawn(made, 16)
    assert_draw_is_a_run(made, inputs, values, found, 3)


def test_a_draw_is_a_run_where_a_reading_counts_activity_elsewhere():
    change = {"applies_to": {"fuel": "coal"}, "column": "size", "from": "small", "to": "large", "share": "30 %"}
    text = plan(
        {"A": measure(action("source_removal", {"size": "large"}, removed=ranged("50 %")))},
        switches={"scope": switch(("wide", {"reclassify": [change]}), ("narrow", {}))},
    )
    made = case(text, kilns(r("k1", fuel="coal", size="small", factor=3.0), r("k2", fuel="coal", size="large")))
    assert made.splits
    inputs, values, found = drawn(made, 16)
    for k in range(3):
        assert_draw_is_a_run(made, inputs, values, found, k)


def test_a_draw_is_a_run_for_indicators():
    def indicator(required, **formula):
        return {"kind": "indicator", "year": 2025, "title": LABEL, "comparison": ">=", "required": required, "indicator": formula}

    targets = {
        "SHARE": indicator("50 %", formula="share", of={"technology": "a"}, among={"sector": "process"}),
        "CHANGE": indicator("-5 %", formula="share", of={"technology": "a"}, among={"sector": "process"}, against=2020),
        "REMOVED": indicator("60 %", formula="removed", of={"source_id": "k1"}, base=ranged("20 %")),
        "REACHED": indicator("25 %", formula="reached", of={"sector": "process"}, by="A"),
        "ASSUMED": indicator("50 %", formula="parameter", measure="A", parameter="removed"),
        "REPORTED": indicator("260 d", formula="reported", value="250 d", unit="d"),
        "NONE": indicator("260 d", formula="reported", unit="d"),
        "EMPTY": indicator("5 %", formula="share", of={"source_id": "empty"}, among={"source_id": "empty"}),
    }
    made = case(
        plan({"A": measure(action("source_removal", ["k1", "k2"], removed=ranged("50 %")))}, targets=targets),
        kilns(*KILNS, {"source_id": "empty", "activity": 0.0}),
    )
    inputs, values, found = drawn(made, 64)
    for k in range(3):
        assert_draw_is_a_run(made, inputs, values, found, k)
    shares = dict(zip(made.reading.targets, found.met.mean(axis=0), strict=True))
    assert shares["NONE"] == shares["EMPTY"] == shares["REPORTED"] == 0
    assert all(0 < shares[name] < 1 for name in ("SHARE", "REMOVED", "ASSUMED")), shares


def test_a_draw_is_a_run_for_every_mechanism():
    """The tiny project of the tests, with a range on every number."""
    made = widened(load(tiny.VALID / "scenario.yaml").case)
    inputs, values, found = drawn(made, 16)
    assert len(inputs.figures) > 50
    for k in range(4):
        assert_draw_is_a_run(made, inputs, values, found, k)


def test_a_draw_is_a_run_for_a_county():
    made = load(tiny.ROOT / "scenarios" / "mengjin-2025.yaml").case
    inputs, values, found = drawn(made, 16)
    for k in (2, 9, 15):
        assert_draw_is_a_run(made, inputs, values, found, k)


def test_the_centre_of_all_figures_is_the_central_run():
    for made in (load(tiny.ROOT / "scenarios" / "mengjin-2025.yaml").case, widened(load(tiny.VALID / "scenario.yaml").case)):
        inputs = uncertain_inputs(made)
        found = outcome(frame(made, inputs), np.array([[f.distribution.value for f in inputs.figures]]))
        end, official = levels(made), ~made.inventory.memo
        np.testing.assert_allclose(found.totals[0, 0], end.reference.emission[official].sum(axis=0), rtol=1e-12)
        np.testing.assert_allclose(found.totals[0, 1], end.plan.emission[official].sum(axis=0), rtol=1e-12)
        brought = end.ledger.by_measure(len(made.bound.names), official)[..., -1]
        np.testing.assert_allclose(found.measures[0], brought, rtol=1e-9, atol=1e-12 * np.abs(brought).sum())
        verdicts = judge(made.reading.targets, end.evidence)
        known = np.array([np.nan if v.value is None else v.value for v in verdicts])
        np.testing.assert_allclose(found.values[0], known, rtol=1e-9, atol=1e-9)
        assert found.met[0].tolist() == [v.verdict == "met" for v in verdicts]
        assert (found.scaled, found.negative) == (0, 0)


def test_without_the_ledger_only_the_measures_are_missing():
    made = case(plan({"A": measure(action("source_removal", "k1", removed=ranged("50 %")))}, targets={"NET": NET}), kilns())
    inputs, values, found = drawn(made, 32)
    short = outcome(frame(made, inputs), values, ledger=False)
    for name in ("totals", "sectors", "values", "met"):
        np.testing.assert_array_equal(getattr(short, name), getattr(found, name))
    assert not short.measures.any()


@pytest.mark.parametrize("name", ["a move", "several sets of devices", "measures on a manure chain", "disjoint measures"])
def test_a_draw_does_not_hang_on_the_others_of_its_block(name):
    made = case(*RUNS[name]())
    inputs, values, found = drawn(made, 32)
    alone = outcome(frame(made, inputs), values[7:8])
    for field in ("totals", "sectors", "measures"):
        np.testing.assert_allclose(getattr(alone, field)[0], getattr(found, field)[7], rtol=1e-13, atol=1e-12)


def test_what_the_measures_bring_closes_in_every_draw():
    """Reference − Σ measures = plan, summed over the official sources."""
    made = widened(load(tiny.VALID / "scenario.yaml").case)
    found = drawn(made, 64)[2]
    gap = found.totals[:, 0, :, -1] - found.measures.sum(axis=1) - found.totals[:, 1, :, -1]
    np.testing.assert_allclose(gap, 0.0, atol=1e-9 * found.totals[:, 0, :, -1].max())


def test_sources_outside_the_official_totals_are_not_in_them():
    found = drawn(
        case(
            plan({"A": measure(action("source_removal", ["k1", "k2"], removed=ranged("50 %")))}),
            kilns(r("k1", factor=3.0), r("k2", memo="yes")),
        ),
        32,
    )[2]
    np.testing.assert_allclose(found.sectors[:, 0].sum(axis=1), found.totals[:, 0, :, 0], rtol=1e-12)
    np.testing.assert_allclose(found.totals[:, 0, :, -1] - found.totals[:, 1, :, -1], found.measures[:, 0], rtol=1e-12)
