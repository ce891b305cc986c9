"""What summary.json says of the draws: the same as the draws themselves, rounded, without anything that JSON cannot hold."""

import json
import math

import numpy as np
import pytest
from small import inventory, plan
from small import run as simulated
from sure import MEASURES, NET, TARGETS, drawn, made, result

from emisim.summary import summarise
from emisim.uncertainty.entry import number, uncertainty_entry
from emisim.verdicts import MET

ENDS = (0.025, 0.5, 0.975)


def entry(found):
    return uncertainty_entry(found.uncertainty, found.verdicts)


def leaves(data):
    if isinstance(data, dict):
        for value in data.values():
            yield from leaves(value)
    elif isinstance(data, list):
        for value in data:
            yield from leaves(value)
    else:
        yield data


def quantiles(figures):
    return [figures["p2.5"], figures["p50"], figures["p97.5"]]


def test_the_summary_has_an_entry_where_something_was_drawn_and_only_there():
    assert not {"uncertainty", "ensemble"} & set(summarise(simulated(plan(), inventory({"source_id": "kiln"}))))
    found = drawn()
    assert summarise(found)["uncertainty"] == entry(found)
    assert {k: v for k, v in summarise(found).items() if k != "uncertainty"}.keys() == summarise(
        simulated(plan(), inventory({"source_id": "kiln"}))
    ).keys()


def test_totals_are_the_quantiles_of_the_draws():
    found = drawn()
    totals, said = found.uncertainty.outcome.totals, entry(found)["totals"]["NOx"]
    assert quantiles(said["2025"]["plan"]) == pytest.approx(np.quantile(totals[:, 1, 0, -1], ENDS), rel=1e-8)
    assert quantiles(said["2023"]["reference"]) == pytest.approx(np.quantile(totals[:, 0, 0, 3], ENDS), rel=1e-8)
    assert quantiles(said["2025"]["base"]) == pytest.approx(np.quantile(totals[:, 0, 0, 0], ENDS), rel=1e-8)
    change = 100 * (totals[:, 1, 0, -1] / totals[:, 0, 0, 0] - 1)
    effect = 100 * (totals[:, 1, 0, -1] / totals[:, 0, 0, -1] - 1)
    assert quantiles(said["2025"]["change_percent"]) == pytest.approx(np.quantile(change, ENDS), rel=1e-8)
    assert quantiles(said["2025"]["effect_percent"]) == pytest.approx(np.quantile(effect, ENDS), rel=1e-8)
    assert said["2025"]["plan"]["mean"] == pytest.approx(totals[:, 1, 0, -1].mean(), rel=1e-8)
    assert said["2025"]["plan"]["sd"] == pytest.approx(totals[:, 1, 0, -1].std(ddof=1), rel=1e-8)
    assert set(said["2025"]["plan"]["error"]) == {"mean", "sd", "p2.5", "p50", "p97.5"}
    assert all(0 < e < said["2025"]["plan"]["sd"] for e in said["2025"]["plan"]["error"].values())


def test_sectors_measures_and_targets_are_those_of_the_draws():
    found = drawn()
    outcome, said = found.uncertainty.outcome, entry(found)
    plan_of_sector = said["sectors"]["process"]["NOx"]["plan"]
    assert quantiles(plan_of_sector) == pytest.approx(np.quantile(outcome.sectors[:, 2, 0, 0], ENDS), rel=1e-8)
    assert set(said["measures"]) == set(MEASURES)
    assert set(said["measures"]["A"]) == {"NOx"}  # no VOC comes from anywhere
    assert quantiles(said["measures"]["B"]["NOx"]) == pytest.approx(np.quantile(outcome.measures[:, 1, 0], ENDS), rel=1e-8)
    assert set(said["targets"]) == {"EASY", "HARD", "KILN"}
    hard = list(found.reading.targets).index("HARD")
    assert said["targets"]["HARD"]["unit"] == "%"
    assert quantiles(said["targets"]["HARD"]) == pytest.approx(np.quantile(outcome.values[:, hard], ENDS), rel=1e-8)


def test_probabilities_are_shares_of_the_draws():
    found = drawn()
    said, met = entry(found), found.uncertainty.outcome.met
    at = {name: k for k, name in enumerate(found.reading.targets)}
    assert said["probability"] == {n: pytest.approx(met[:, at[n]].mean(), rel=1e-8) for n in ("EASY", "HARD", "KILN")}
    assert said["joint_targets"] == ["EASY", "HARD"]
    assert said["joint_probability"] == pytest.approx((met[:, at["EASY"]] & met[:, at["HARD"]]).mean(), rel=1e-8)
    assert said["joint_if_independent"] == pytest.approx(met[:, at["EASY"]].mean() * met[:, at["HARD"]].mean(), rel=1e-8)
    every = met[:, at["EASY"]] & met[:, at["HARD"]] & met[:, at["KILN"]]
    assert said["joint_with_indicators"] == pytest.approx(every.mean(), rel=1e-8)


def test_no_value_is_null_and_json_holds_all_of_it():
    said = entry(drawn())
    assert said["totals"]["VOC"]["2025"]["change_percent"]["p50"] is None
    assert said["approach1"]["VOC"]["base_half_percent"] is None
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    assert (number(math.nan), number(math.inf), number(-0.0)) == (None, None, 0.0)
    assert (number(1.0 / 3.0), number(-1e-12)) == (0.333333333, 0.0)
    assert all(not isinstance(v, float) or v == float(f"{v:.9g}") for v in leaves(said))


def test_the_quantiles_are_named_by_the_interval():
    said = entry(drawn(interval=0.9))
    figures = said["totals"]["NOx"]["2025"]["plan"]
    assert list(figures) == ["mean", "sd", "p5", "p50", "p95", "error"]
    totals = drawn(interval=0.9).uncertainty.outcome.totals[:, 1, 0, -1]
    assert [figures["p5"], figures["p95"]] == pytest.approx(np.quantile(totals, [0.05, 0.95]), rel=1e-8)
    # Error propagation is by its definition about 95 %, and so is what stands beside it.
    assert said["approach1"] == entry(drawn())["approach1"]


def test_error_propagation_stands_beside_the_same_figure_of_the_draws():
    found = drawn()
    base, said = found.uncertainty.outcome.totals[:, 0, 0, 0], entry(found)["approach1"]
    low, middle, high = np.quantile(base, ENDS)
    assert said["NOx"]["draws_half_percent"] == pytest.approx(50 * (high - low) / middle, rel=1e-8)
    # 100 t to 200 t and 50 t to 90 t in one group, 80 t ± 20 t: √((100 + 40)² + 20²)/230; the triangle ends beyond its 97.5 %.
    assert said["NOx"]["base_half_percent"] == pytest.approx(100 * math.hypot(100 + 40, 20) / 230, rel=0.1)
    assert said["doubts"]["figures"] == 3
    assert set(said["doubts"]["worst"]) <= {"activity:kiln", "activity:furnace", "activity:oven"}


def test_drivers_are_ranked_and_leave_a_rest():
    said = entry(drawn())["drivers"]
    assert list(said) == ["NOx", "NOx-change", "VOC", "VOC-change", "EASY", "HARD", "NO_VALUE"]
    first = said["NOx"]["inputs"][0]
    assert (first["input"], first["figures"]) == ("kilns", 2)
    assert "kilns" in first["label_en"]
    assert "kilns" in first["label_zh"]
    shares = [i["share"] for i in said["NOx"]["inputs"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) + said["NOx"]["rest"] == pytest.approx(1.0, abs=1e-6)
    assert said["VOC"] == {"inputs": [], "rest": None}


def test_what_to_measure_next_is_ranked_by_its_gain():
    said = entry(drawn())["measure_next"]
    gains = [w["gain"] for w in said]
    assert gains == sorted(gains, reverse=True)
    assert gains[0] > 0
    assert {w["target"] for w in said} <= {"EASY", "HARD"}  # together they are what HARD is alone
    assert all(w["shift"] > w["shift_noise"] for w in said)


def test_two_doubtful_targets_are_also_looked_at_together():
    targets = {"FIRST": {**NET, "reduction": "27 %"}, "SECOND": {**NET, "reduction": "30 %"}}
    said = entry(result(made(targets)))["measure_next"]
    assert None in {w["target"] for w in said}


def test_sobol_indices_end_with_all_others():
    said = entry(drawn(sobol=True))["sobol"]["NOx"]
    inputs = {i["input"] for i in said["inputs"]}
    assert "kilns" in inputs
    assert said["runs"] > 0
    assert all(set(i) == {"input", "first", "first_error", "total", "total_error"} for i in said["inputs"])


def test_inputs_are_counted_by_kind():
    said = entry(drawn())["inputs"]
    assert said["drawn"] == {"activity": 3, "growth": 2, "parameter": 2}
    assert said["without_range"]["factor"] == 6
    assert said["variables"] == said["independent"] == 5
    assert [c["id"] for c in said["cut"]] in ([], ["activity:oven"], ["activity:kiln"])


def test_without_targets_there_is_no_probability():
    said = entry(result(made(targets={})))
    assert (said["joint_probability"], said["joint_with_indicators"], said["probability"]) == (None, None, {})
    assert said["measure_next"] == []
    json.dumps(said, allow_nan=False)


def test_a_target_at_risk_keeps_its_probability():
    found = drawn()
    verdict = next(v for v in found.verdicts if v.id == "KILN")
    assert verdict.verdict == "at risk"
    assert MET in {v.verdict for v in found.verdicts}
    assert entry(found)["probability"]["KILN"] < 0.9
    assert set(TARGETS) == {v.id for v in found.verdicts}
