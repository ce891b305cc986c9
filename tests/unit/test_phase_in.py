"""Schedules worked out by hand: steps and ramps, at a day and on the average of a time."""

from datetime import date

import numpy as np
import pytest

from emisim.measure import Measure, Schedule
from emisim.periods import calendar, end_state


def ramp(start, end):
    return Schedule.model_validate({"start": start, "end": end})


def step(day):
    return Schedule.model_validate({"date": day})


def measure(schedule):
    return Measure.model_validate(
        {
            "clause": "1",
            "part": "b",
            "chapter": "area",
            "title": {"zh": "试", "en": "trial"},
            "wording": "full",
            "schedule": schedule,
            "actions": [{"mechanism": "indicator_only"}],
        }
    )


def test_a_step_is_in_force_from_the_end_of_its_day():
    assert [step("2025-09-30").share_at(date(2025, 9, day)) for day in (29, 30)] == [0.0, 1.0]
    assert step("2025-12-31").share_at(date(2025, 12, 31)) == 1.0


@pytest.mark.parametrize(
    "written", [{"start": "2025-06-30", "end": "2025-06-30"}, {"start": "2025-01-01", "end": "2025-06-30", "shape": "step"}]
)
def test_a_ramp_of_one_day_and_the_shape_step_are_steps(written):
    schedule = Schedule.model_validate(written)
    assert [schedule.share_at(date(2025, 6, day)) for day in (29, 30)] == [0.0, 1.0]


def test_a_ramp_of_ten_days_rises_by_a_tenth_a_day():
    # 1 to 10 June: at the end of day k the share is k/10; nothing the day before, all of it afterwards.
    schedule = ramp("2025-06-01", "2025-06-10")
    days = [date(2025, 5, 31), *(date(2025, 6, d) for d in (1, 5, 10, 11))]
    assert [schedule.share_at(day) for day in days] == pytest.approx([0, 0.1, 0.5, 1, 1], abs=1e-12)


def test_the_mean_of_a_ramp_is_its_area():
    # Over the ten days the mean is 1/2; over the first five the triangle 0 → 0.5 has mean 1/4; over June 5 days' worth + 20 of 30.
    schedule = ramp("2025-06-01", "2025-06-10")
    assert schedule.mean_share(date(2025, 6, 1), date(2025, 6, 11)) == pytest.approx(0.5, rel=1e-12)
    assert schedule.mean_share(date(2025, 6, 1), date(2025, 6, 6)) == pytest.approx(0.25, rel=1e-12)
    assert schedule.mean_share(date(2025, 6, 1), date(2025, 7, 1)) == pytest.approx(25 / 30, rel=1e-12)
    assert schedule.mean_share(date(2025, 5, 1), date(2025, 6, 1)) == 0.0
    assert schedule.mean_share(date(2025, 8, 1), date(2025, 9, 1)) == pytest.approx(1.0, rel=1e-12)


def test_the_mean_of_a_step_is_the_time_after_it():
    # In force from 1 October: 92 of 365 days.
    assert step("2025-09-30").mean_share(date(2025, 1, 1), date(2026, 1, 1)) == pytest.approx(92 / 365, rel=1e-12)


def test_end_state_looks_at_new_years_eve_and_calendar_at_the_months():
    late = measure({"date": "2025-09-30"})
    assert end_state(2024, 2026).phase([late]).tolist() == [[0.0, 1.0, 1.0]]
    months = calendar(2025, 2025)
    assert months.phase([late]).tolist() == [[0.0] * 9 + [1.0] * 3]
    assert months.by_year(months.phase([late])) == pytest.approx(np.array([[92 / 365]]), rel=1e-12)


def test_years_are_summed_each_from_its_own_periods():
    yearly, monthly = end_state(2023, 2025), calendar(2023, 2025)
    assert yearly.by_year(np.array([1.0, 2.0, 3.0])).tolist() == [1.0, 2.0, 3.0]
    assert monthly.by_year(np.repeat([1.0, 2.0, 3.0], 12)) == pytest.approx([1, 2, 3], rel=1e-12)


def test_a_measure_without_schedule_is_never_in_force():
    assert end_state(2024, 2025).phase([measure(None)]).tolist() == [[0.0, 0.0]]


def test_the_clause_is_shown_with_its_part():
    assert measure(None).number == "1(b)"
