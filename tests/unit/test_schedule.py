"""Schedules with several steps of a curve, and what comes later, worked out by hand; ramps and steps are in test_phase_in."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emisim.schedule import Schedule, is_delay


def schedule(**words):
    return Schedule.model_validate(words)


# 40 % on 30 June 2024, then within 365 days to 100 %.
CURVE = schedule(curve={"2024-06-30": "40 %", "2025-06-30": "100 %"})


@pytest.mark.parametrize(
    ("day", "share"),
    [
        (date(2024, 6, 29), 0.0),
        (date(2024, 6, 30), 0.4),
        (date(2024, 9, 11), 0.52),  # 73 of 365 days: 0.4 + 0.6/5
        (date(2025, 6, 30), 1.0),
        (date(2030, 1, 1), 1.0),
    ],
)
def test_a_curve_is_nothing_before_and_constant_after(day, share):
    assert CURVE.share_at(day) == pytest.approx(share, rel=1e-12)
    assert CURVE.complete == date(2025, 6, 30)


@pytest.mark.parametrize(
    ("first", "after", "mean"),
    [
        (date(2024, 1, 1), date(2024, 7, 1), 0.0),  # in force at the end of 30 June
        (date(2024, 7, 1), date(2025, 7, 1), 0.7),  # a trapezoid from 0.4 to 1
        (date(2024, 7, 1), date(2024, 9, 12), 0.46),  # 73 days: from 0.4 to 0.52
        (date(2024, 6, 1), date(2024, 9, 12), 0.46 * 73 / 103),
        (date(2025, 7, 1), date(2026, 1, 1), 1.0),
        (date(2025, 6, 30), date(2025, 7, 2), (1 - 0.3 / 365 + 1) / 2),  # half a day's rise is missing on the first of two days
    ],
)
def test_the_mean_of_a_curve_is_its_area(first, after, mean):
    assert CURVE.mean_share(first, after) == pytest.approx(mean, rel=1e-12)


def test_a_curve_may_end_below_one_and_stay_level():
    partial = schedule(curve={"2024-12-31": "50 %", "2025-12-31": "50 %"})
    single = schedule(curve={"2024-12-31": "50 %"})
    for found in (partial, single):
        assert found.share_at(date(2024, 12, 30)) == 0.0
        assert found.share_at(date(2026, 7, 1)) == 0.5
        assert found.mean_share(date(2024, 1, 1), date(2026, 12, 31)) == pytest.approx(0.5 * 729 / 1095, rel=1e-12)


# ---------------------------------------------------------------- later


@pytest.mark.parametrize(
    ("day", "delay", "then"),
    [
        ("2024-09-15", "6mo", "2025-03-15"),
        ("2024-08-31", "6mo", "2025-02-28"),  # the end of a month stays the end of one
        ("2025-02-28", "6mo", "2025-08-31"),
        ("2024-02-29", "1yr", "2025-02-28"),
        ("2023-02-28", "1yr", "2024-02-29"),
        ("2024-01-30", "1mo", "2024-02-29"),  # there is no 30 February
        ("2024-12-31", "12mo", "2025-12-31"),
        ("2024-12-01", "90d", "2025-03-01"),
        ("2024-12-01", "90天", "2025-03-01"),
        ("2024-12-01", "90 日", "2025-03-01"),
        ("2024-08-31", "6个月", "2025-02-28"),
        ("2024-08-31", "6月", "2025-02-28"),
        ("2024-08-31", " 2 年 ", "2026-08-31"),
        ("2024-08-31", "0d", "2024-08-31"),
    ],
)
def test_a_date_later(day, delay, then):
    assert is_delay(delay)
    assert schedule(date=day).later(delay) == schedule(date=then)


@pytest.mark.parametrize("text", ["soon", "6", "mo", "-6mo", "1.5yr", "6 weeks", "12345d", "6mo 3d", ""])
def test_what_is_no_delay(text):
    assert not is_delay(text)


def test_all_dates_move_and_the_shape_stays():
    assert schedule(start="2024-01-01", end="2025-12-31").later("6mo") == schedule(start="2024-07-01", end="2026-06-30")
    late = schedule(start="2024-01-01", end="2025-06-30", shape="step").later("1yr")
    assert late == schedule(start="2025-01-01", end="2026-06-30", shape="step")
    assert [late.share_at(date(2026, 6, day)) for day in (29, 30)] == [0.0, 1.0]
    assert CURVE.later("1yr") == schedule(curve={"2025-06-30": "40 %", "2026-06-30": "100 %"})


def test_the_schedule_itself_is_not_changed():
    plain = schedule(date="2025-12-31")
    plain.later("6mo")
    assert plain == schedule(date="2025-12-31")


# ---------------------------------------------------------------- whatever the schedule

days = st.integers(0, 1500).map(lambda k: date(2023, 1, 1) + timedelta(days=k))


@st.composite
def schedules(draw):
    kind = draw(st.sampled_from(["step", "ramp", "late step", "curve"]))
    if kind == "step":
        return schedule(date=str(draw(days)))
    if kind == "curve":
        at = sorted(draw(st.sets(days, min_size=1, max_size=5)))
        return schedule(curve={str(day): f"{draw(st.integers(0, 100))} %" for day in at})
    start, end = sorted((draw(days), draw(days)))
    return schedule(start=str(start), end=str(end), shape="linear" if kind == "ramp" else "step")


def by_days(found, first, after):
    """Mean share from the shares at the ends of days alone: linear within a day, but for jumps at its end."""
    ramp = found.shape == "linear" and found.start != found.end  # a date alone has neither start nor end
    jump = found.curve[0][0] if found.curve else None if ramp else found.complete
    total = 0.0
    for before, day in pairwise([first + timedelta(days=k) for k in range(-1, (after - first).days)]):
        begin, end = found.share_at(before), found.share_at(day)
        total += begin if day == jump else (begin + end) / 2
    return total / (after - first).days


@given(schedules(), days, st.integers(1, 400))
def test_the_mean_share_is_the_integral_of_the_share(found, first, length):
    after = first + timedelta(days=length)
    assert found.mean_share(first, after) == pytest.approx(by_days(found, first, after), abs=1e-9)


@given(schedules(), days, st.integers(1, 400), st.integers(1, 400))
def test_means_of_two_times_add_up(found, first, one, two):
    middle, after = first + timedelta(days=one), first + timedelta(days=one + two)
    parts = one * found.mean_share(first, middle) + two * found.mean_share(middle, after)
    assert (one + two) * found.mean_share(first, after) == pytest.approx(parts, abs=1e-7)


@given(schedules(), days, st.integers(0, 999))
def test_later_by_days_is_the_same_share_that_many_days_later(found, day, late):
    shifted, change = found.later(f"{late}d"), timedelta(days=late)
    assert shifted.share_at(day + change) == found.share_at(day)
    assert shifted.complete == found.complete + change
    assert shifted.mean_share(day + change, day + change + timedelta(days=31)) == pytest.approx(
        found.mean_share(day, day + timedelta(days=31)), abs=1e-9
    )


@given(days, st.integers(0, 40))
def test_months_keep_the_order_of_days(day, months):
    following = day + timedelta(days=1)
    first, second = (schedule(date=str(d)).later(f"{months}mo").complete for d in (day, following))
    assert first <= second
    assert (first.year - day.year) * 12 + first.month - day.month == months
