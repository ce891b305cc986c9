"""What a mechanism compiles its parameters to, and what it refuses; on a few rows of 100 units with 1 t each."""

from dataclasses import replace

import numpy as np
import pytest
from small import action, inventory, measure, plan, run, scenario

from emisim.case import prepare
from emisim.errors import BadInput, Place
from emisim.mechanism import Bound, Parameter, share
from emisim.mechanisms import MECHANISMS

close = pytest.approx
GJ, T_KM, KM = "GJ/yr", "t km/yr", "vehicle km/yr"


def county(**rows):
    """Rows of one pollutant by source_id; the subsector is the id, so that one can be told from another."""
    return inventory(*({"source_id": name, "subsector": name, **row} for name, row in rows.items()))


def tonnes(where, *actions, growth=None):
    """Emission of each row in the target year [t/yr]."""
    return run(plan({"M": measure(*actions)}), where).plan[:, 0, -1].tolist()


def faults(where, *actions):
    """(place, key, values) of every fault of some actions of one measure."""
    told = []
    with pytest.raises(BadInput) as caught:
        prepare(scenario(), plan({"M": measure(*actions)}), where, lambda file, at: Place("/".join(map(str, (file, *at[3:])))))
    for fault in caught.value.faults:
        told.append((fault.place.file, fault.key, fault.values))
    return told


def refused(where, mechanism, key, /, at="", to=None, rows="a", **given):
    """The values of the only fault of one action, which stands at the action or at one of its fields."""
    parameters = {name: value for name, value in given.items()}
    ((place, found, values),) = faults(where, action(mechanism, rows, to=to and {"source_id": to}, **parameters))
    assert (place, found) == ("/".join(filter(None, ("plan", "0", at))), key)
    return values


# ---------------------------------------------------------------- one way of several


@pytest.mark.parametrize(
    ("mechanism", "names", "ways"),
    [
        (
            "activity_change", "ratio | change | used_before + used_after",
            [{}, {"ratio": "0.5", "change": "-10 %"}, {"used_before": "90 %"}, {"used_after": "90 %"}, {"ratio": "0.5", "used_after": "95 %"},
             {"ratio": "0.5", "used_before": "90 %", "used_after": "95 %"}],
        ),
        ("cap", "limit | limit_ratio", [{}, {"limit": "50 t/yr", "limit_ratio": "0.5"}]),
        (
            "mode_shift", "shifted | points + road_share",
            [{}, {"points": "10 %"}, {"road_share": "80 %"}, {"shifted": "10 %", "points": "10 %"}, {"shifted": "10 %", "road_share": "80 %"},
             {"shifted": "10 %", "points": "10 %", "road_share": "80 %"}],
        ),
    ],
)  # fmt: skip
def test_one_way_of_several_is_asked_for(mechanism, names, ways):
    for given in ways:
        assert refused(county(a={}), mechanism, "action.one_of", **given) == {"names": names}


def test_a_limit_is_a_concentration_or_a_factor():
    for given in ({}, {"concentration": "50 mg/Nm3", "factor_limit": "1 kg/t"}):
        values = refused(county(a={}), "emission_limit", "action.one_of", pollutant="NOx", **given)
        assert values == {"names": "concentration | factor_limit"}


# ---------------------------------------------------------------- numbers


def test_three_ways_to_say_how_an_activity_changes():
    assert tonnes(county(a={}), action("activity_change", "a", ratio="0.8")) == close([80], rel=1e-12)
    assert tonnes(county(a={}), action("activity_change", "a", change="-20 %", coverage="50 %")) == close([90], rel=1e-12)
    assert tonnes(county(a={}), action("activity_change", "a", used_before="90 %", used_after="95 %")) == close([50], rel=1e-12)


def test_a_change_of_activity_reaches_every_pollutant():
    where = inventory({"source_id": "a", "factor": (1.0, 2.0)}, pollutants=("NOx", "VOC"))
    found = run(plan({"M": measure(action("activity_change", "a", ratio="0.5"))}), where)
    assert found.plan[0, :, -1] == close([50, 100], rel=1e-12)
    assert found.activity_plan[0, -1] == close(50, rel=1e-12)


def test_a_cap_relative_to_the_base_year_holds_the_sum_of_its_rows():
    # 100 and 300 units grow by half to 600; held at 1.2 · 400 = 480, that is 0.8 of each. A row outside grows on.
    up = {"growth_driver": "up"}
    rows = [{"source_id": "a", **up}, {"source_id": "b", "activity": 300, **up}, {"source_id": "c", **up}]
    where = inventory(*rows, growth={"up": {2020: 1.0, 2025: 1.5}})
    assert tonnes(where, action("cap", ["a", "b"], limit_ratio="1.2")) == close([120, 360, 150], rel=1e-12)


def test_a_factor_limit_is_held_with_its_margin_and_only_for_its_pollutants():
    # 0.5 kg/t at 80 %: 0.4 kg/t of 1 t/t, for NOx on half of the units
    where = inventory({"source_id": "a", "factor": (1.0, 2.0)}, pollutants=("NOx", "VOC"))
    limit = action("emission_limit", "a", pollutant="NOx", factor_limit="500 kg/t", margin="0.8", coverage="50 %")
    found = run(plan({"M": measure(limit)}), where)
    assert found.plan[0, :, -1] == close([50 + 50 * 0.4, 200], rel=1e-12)
    device = action("end_of_pipe", "a", pollutant="NOx", efficiency="30 %")  # comes before: 0.7 on half, then 0.4 on the other
    assert run(plan({"M": measure(limit), "N": measure(device)}), where).plan[0, 0, -1] == close(35 + 20, rel=1e-12)


def test_a_limit_needs_the_flue_gas_of_its_rows():
    names = [f"k{k}" for k in range(7)]
    where = inventory(*({"source_id": name} for name in names), pollutants=("NOx", "VOC"))
    written = action("emission_limit", names, pollutant=["NOx", "VOC"], concentration="50 mg/Nm3")
    found = {(key, values["rows"], values["pollutant"]) for _, key, values in faults(where, written)}
    assert found == {("limit.flue_gas", "k0, k1, k2, k3, k4", p) for p in ("NOx", "VOC")}


def test_road_work_moves_by_share_or_by_points_with_or_without_a_load():
    def where():
        return county(road={"unit": KM}, rail={"unit": T_KM, "factor": 0.1}, belt={"unit": KM, "factor": 0.2})

    to_rail, to_belt = {"source_id": "rail"}, {"source_id": "belt"}
    # 10 vehicle km with 20 t over 1.5 of the way: 300 t km at 0.1 t
    moved = action("mode_shift", "road", to=to_rail, shifted="10 %", load="20 t/vehicle", detour="1.5")
    assert tonnes(where(), moved) == close([90, 10 + 30, 20], rel=1e-12)
    # without a load the work is counted alike; 10 of 40 points are a quarter
    moved = action("mode_shift", "road", to=to_belt, points="10 %", road_share="40 %")
    assert tonnes(where(), moved) == close([75, 10, 20 + 25 * 0.2], rel=1e-12)
    moved = action("mode_shift", "road", points="40 %", road_share="40 %", load="20 t/vehicle")  # all of it, out of the area
    assert tonnes(where(), moved) == close([0, 10, 20], abs=1e-12)


def test_more_points_than_the_road_has():
    values = refused(county(a={"unit": KM}), "mode_shift", "value.share", points="50 %", road_share="40 %")
    assert values == {"name": "points / road_share", "text": "1.25"}


def test_work_with_a_load_goes_to_transport():
    where = county(a={"unit": KM}, b={"unit": KM})
    values = refused(where, "mode_shift", "action.not_transport", "to", to="b", shifted="10 %", load="20 t/vehicle")
    assert values == {"unit": KM}


@pytest.mark.parametrize(
    ("mechanism", "given"),
    [
        ("mode_shift", {"shifted": "10 %"}),
        ("fleet_turnover", {"scrapped": "10 %"}),
        ("source_removal", {"removed": "10 %", "displaced": "1"}),
    ],
)
def test_what_moves_is_counted_alike_at_both_ends(mechanism, given):
    where = county(a={"unit": KM}, b={"unit": "t/yr"})
    assert refused(where, mechanism, "action.units_differ", to="b", **given) == {"units": f"{KM} | t/yr"}
    assert refused(
        where,
        mechanism,
        "action.units_differ",
        rows=["a", "b"],
        **{**given, **({"displaced": "0"} if "displaced" in given else {})},
    ) == {"units": f"{KM} | t/yr"}


def test_units_of_one_kind_may_be_written_differently():
    where = county(a={"unit": "t/yr"}, b={"unit": "kt/yr"}, c={"unit": "kg/yr"})
    assert tonnes(where, action("fleet_turnover", "a", to={"source_id": ["b", "c"]}, scrapped="10 %")) == close([90, 105, 105])


def test_work_with_a_load_comes_from_rows_counted_alike():
    where = county(a={"unit": KM}, b={"unit": "t/yr"}, rail={"unit": T_KM})
    values = refused(where, "mode_shift", "action.units_differ", to="rail", rows=["a", "b"], shifted="10 %", load="20 t/vehicle")
    assert values == {"units": f"{KM} | t/yr"}


def test_a_displaced_output_needs_a_place():
    assert refused(county(a={}), "source_removal", "action.needs_to", removed="10 %", displaced="50 %") == {"name": "displaced"}
    assert tonnes(county(a={}), action("source_removal", "a", removed="10 %")) == close([90], rel=1e-12)


def test_useful_energy_is_conserved_or_comes_from_outside():
    where = county(coal={}, gas={"unit": GJ, "activity": 1e11, "factor": 1e-11})  # 100 GJ, 1 t
    to = {"source_id": "gas"}
    # 10 t at 20 GJ/t and 75 % are 150 GJ useful, 166.67 GJ of gas at 90 %
    moved = action(
        "fuel_switch", "coal", to=to, switched="10 %", heating_value_from="20 GJ/t", efficiency_from="75 %", efficiency_to="90 %"
    )
    assert tonnes(where, moved) == close([90, 1 + 10 * 20 * 0.75 / 0.9 / 100], rel=1e-12)
    # The heating value of energy is 1, unless it is given; from outside nothing has to be known of it.
    back = action("fuel_switch", "gas", to={"source_id": "coal"}, switched="10 %", heating_value_to="20 GJ/t")
    assert tonnes(where, back) == close([100 + 10 / 20, 0.9], rel=1e-12)
    assert tonnes(where, action("fuel_switch", "coal", switched="10 %")) == close([90, 1], rel=1e-12)


@pytest.mark.parametrize(("rows", "to", "missing"), [("coal", "gas", "from"), ("gas", "coal", "to")])
def test_a_fuel_that_is_not_counted_as_energy_needs_its_heating_value(rows, to, missing):
    where = county(coal={}, gas={"unit": GJ})
    values = refused(where, "fuel_switch", "action.heating_value", rows=rows, to=to, switched="10 %")
    assert values == {"name": f"heating_value_{missing}", "unit": "t/yr"}


def test_a_fuel_switch_takes_rows_counted_alike_on_each_side():
    where = county(coal={}, gas={"unit": GJ}, oil={})
    given = {"switched": "10 %", "heating_value_from": "20 GJ/t"}
    for rows, to, mixed in ((["coal", "gas"], "oil", f"t/yr | {GJ}"), ("coal", ["gas", "oil"], f"{GJ} | t/yr")):
        found = faults(where, action("fuel_switch", rows, to={"source_id": to}, **given))
        assert ("plan/0", "action.units_differ", {"units": mixed}) in found


def test_technologies_are_dealt_within_each_value_by_their_activity():
    # Half of 400 units: 0.75 to old (100 and 200 there, so 50 and 100), 0.25 to new.
    where = county(a={"technology": "old"}, b={"technology": "old", "activity": 200}, c={"technology": "new"})
    dealt = action("technology_share", ["a", "b", "c"], by="technology", shares={"old": "75 %", "new": "25 %"}, adoption="50 %")
    assert tonnes(where, dealt) == close([50 + 50, 100 + 100, 50 + 50], rel=1e-12)


@pytest.mark.parametrize(
    ("shares", "unknown", "missing"),
    [
        ({"old": "50 %", "new": "30 %", "x": "10 %", "y": "10 %"}, "x, y", "-"),
        ({"x": "100 %"}, "x", "new, old"),
        ({"old": "100 %"}, "-", "new"),
    ],
)
def test_shares_name_the_values_that_there_are(shares, unknown, missing):
    where = county(a={"technology": "old"}, b={"technology": "new"})
    values = refused(where, "technology_share", "shares.rows", rows=["a", "b"], by="technology", shares=shares)
    assert values == {"column": "technology", "unknown": unknown, "missing": missing}


def test_technologies_are_counted_alike():
    where = county(a={"technology": "old"}, b={"technology": "new", "unit": GJ})
    values = refused(
        where, "technology_share", "action.units_differ", rows=["a", "b"], by="technology", shares={"old": "50 %", "new": "50 %"}
    )
    assert values == {"units": f"t/yr | {GJ}"}


def test_devices_and_additions_at_one_stage_count_once():
    device = {"efficiency": "50 %", "pollutant": "NOx"}
    both = [action("end_of_pipe", "a", **device, stage="scrubber", device=name) for name in ("one", "two")]
    assert tonnes(county(a={}), *both) == close([50], rel=1e-12)
    apart = [action("end_of_pipe", "a", **device, stage=stage) for stage in ("scrubber", "filter")]
    assert tonnes(county(a={}), *apart) == close([25], rel=1e-12)
    slips = [{"addition": text, "pollutant": "NOx"} for text in ("100 kg/t", "0.1 t/t")]
    assert tonnes(county(a={}), *(action("co_effect", "a", **slip, stage="scrubber") for slip in slips)) == close(
        [110], rel=1e-12
    )
    assert tonnes(county(a={}), *(action("co_effect", "a", **slip) for slip in slips)) == close([120], rel=1e-12)


def test_a_tabulated_combination_is_found_by_the_names_of_the_devices():
    devices = [
        action("end_of_pipe", "a", efficiency="40 %", pollutant="NOx", device="LNB", stage="burner"),
        action("end_of_pipe", "a", efficiency="30 %", pollutant="NOx", device="SNCR", stage="flue"),
    ]
    table = [{"devices": ["LNB", "SNCR"], "pollutant": "NOx", "efficiency": "52 %", "grade": "A", "source": "handbook"}]
    found = run(plan({"M": measure(*devices)}, combinations=table), county(a={}))
    assert found.plan[0, 0, -1] == close(48, rel=1e-12)


# ---------------------------------------------------------------- shares of rows


def bound(activity, base=(1.0, 3.0, 0.0), to=(0, 1)):
    where = inventory(*({"source_id": f"r{k}", "activity": value} for k, value in enumerate(base)))
    activity = np.asarray(activity, float)
    kinds = np.array(["tonne / year"] * len(base))
    return Bound(0, 40, where, np.array([2]), np.array(to, dtype=int), True, {}, activity, kinds, reject=lambda *a, **v: None)


def test_what_arrives_is_shared_by_the_base_activity():
    assert bound(np.ones((3, 1))).weights() == close([0.25, 0.75])
    assert bound(np.ones((3, 1)), base=(0.1, 0.3, 0.0)).weights() == close([0.25, 0.75])
    assert bound(np.ones((3, 1)), base=(0.0, 0.0, 5.0)).weights() == close([0.5, 0.5])
    assert bound(np.ones((3, 1)), to=()).weights().size == 0


def test_draws_are_shared_each_by_its_own_base_year():
    # (draw, row, period): the first period is the base year
    drawn = np.array([[[1, 9], [3, 9], [5, 9]], [[0.125, 9], [0.375, 9], [5, 9]], [[0, 9], [0, 9], [5, 9]]])
    with np.errstate(all="raise"):
        assert bound(drawn).weights().tolist() == [[0.25, 0.75], [0.25, 0.75], [0.5, 0.5]]
        assert bound(drawn, to=(0,)).weights().tolist() == [[1.0], [1.0], [1.0]]
    assert bound(drawn[None]).weights().tolist() == [bound(drawn).weights().tolist()]
    assert bound(drawn, to=()).weights().shape == (3, 0)


def test_a_move_takes_its_own_weights_and_conversion():
    assert bound(np.ones((3, 1))).move(0.5).conversion == 1.0
    assert bound(np.ones((3, 1))).move(0.5).weight == close([0.25, 0.75])
    found = bound(np.ones((3, 1))).move(0.5, 2.0, np.array([1.0, 0.0]))
    assert (found.coverage, found.conversion, found.weight.tolist(), found.order) == (0.5, 2.0, [1.0, 0.0], 40)


def test_a_device_scales_by_what_it_leaves_not_by_a_ratio():
    assert bound(np.ones((3, 1))).scale(0.5).ratio is None
    assert bound(np.ones((3, 1))).scale(0.5, 0.3).ratio == 0.3


def test_a_cap_relative_to_the_base_year_is_one_number_a_draw():
    values = {"limit": None, "limit_ratio": 0.5, "coverage": 1.0}
    (found,) = MECHANISMS["cap"].compile(replace(bound(np.array([[1, 9], [3, 9], [5, 9]])), rows=np.array([0, 1]), values=values))
    assert found.value.tolist() == [[2.0]]
    drawn = np.array([[[1, 9], [3, 9], [5, 9]], [[2, 9], [6, 9], [5, 9]]])
    (found,) = MECHANISMS["cap"].compile(replace(bound(drawn), rows=np.array([0, 1]), values=values))
    assert found.value.tolist() == [[[2.0]], [[4.0]]]


def test_technologies_are_dealt_in_every_draw_and_with_numbers_that_remember():
    values = {"by": "technology", "shares": {"": 1.0}, "adoption": 1.0}
    drawn = np.array([[[1, 9], [3, 9], [4, 9]], [[2, 9], [2, 9], [4, 9]]], float)
    (found,) = MECHANISMS["technology_share"].compile(replace(bound(drawn), rows=np.array([0, 1, 2]), values=values))
    assert found.weight.tolist() == [[0.125, 0.375, 0.5], [0.25, 0.25, 0.5]]
    some = bound(np.ones((3, 1)))
    remembering = replace(some, inventory=replace(some.inventory, activity=some.inventory.activity.astype(object)))
    (found,) = MECHANISMS["technology_share"].compile(replace(remembering, rows=np.array([0, 1]), values=values))
    assert (found.weight.dtype, found.weight.tolist()) == (object, [0.25, 0.75])


# ---------------------------------------------------------------- the table


def test_a_share_is_a_share_required_unless_it_has_a_default():
    assert share("x", "en", "zh") == Parameter("x", "share", "en", "zh", 0.0, 1.0, None, True, "effect")
    assert share("x", "en", "zh", default=0.5, adoption=True) == Parameter(
        "x", "share", "en", "zh", 0.0, 1.0, 0.5, False, "adoption"
    )


def test_a_mechanism_knows_its_parameters():
    assert MECHANISMS["cap"].parameter("limit_ratio").most == 100.0
    assert MECHANISMS["cap"].parameter("removed") is None


def test_the_fixed_order():
    """Growth and caps, removal, activity and mode, fuel, fleet and technology, substitution, devices, limits, additions, seasons."""
    orders = {name: one.order for name, one in MECHANISMS.items()}
    assert orders == {
        "indicator_only": 0, "cap": 10, "source_removal": 20, "activity_change": 30, "mode_shift": 30, "fuel_switch": 40, "fleet_turnover": 41,
        "technology_share": 42, "factor_substitution": 50, "end_of_pipe": 60, "rule_effectiveness": 60, "emission_limit": 70, "co_effect": 90,
        "seasonal_control": 100,
    }  # fmt: skip
