"""The timeline of measures: what is in force when, in which order, and how many are late."""

import json
from datetime import date, timedelta

import numpy as np
import pytest
from small import action, inventory, measure, plan, run

from emisim.pictures import timeline
from emisim.pictures.style import Style
from emisim.schedule import Schedule
from emisim.text import LANGUAGES, say


def device(efficiency="40 %", row="a", **more):
    return measure(action("end_of_pipe", row, efficiency=efficiency, pollutant="NOx"), **more)


def result(**measures):
    return run(plan(measures), inventory({"source_id": "a"}, {"source_id": "b"}))


RAMP = {"start": "2024-01-01", "end": "2025-12-31"}
CURVE = {"curve": {"2024-06-30": "30 %", "2025-03-31": "50 %", "2025-12-31": "100 %"}}


@pytest.mark.parametrize("written", [RAMP, CURVE, {"date": "2025-03-15"}, {**RAMP, "shape": "step"}])
def test_the_bar_is_as_thick_as_the_share_in_force(written):
    schedule = Schedule.model_validate(written)
    points = timeline.knots(schedule)
    days = np.array([day.toordinal() for day, _ in points], float)
    force = [share for _, share in points]
    for n in range(0, 1000, 13):
        day = date(2023, 12, 1) + timedelta(days=n)
        if day in (points[0][0], schedule.complete):
            continue  # a step is at either end of its day
        shown = np.interp(day.toordinal(), days, force, left=0.0)
        assert shown == pytest.approx(schedule.share_at(day), abs=0.002)  # within a day of the end of the day
    assert points[-1][0] == schedule.complete


def test_chapters_stand_in_the_order_of_the_plan_and_clauses_in_that_of_the_text():
    made = result(
        Z=device(clause="10", chapter="energy"), B=device(clause="9", chapter="energy", row="b"),
        A=device(clause="2", chapter="management"), I=device(clause="30", chapter="industry"),
    )  # fmt: skip
    data = timeline.timeline(made, "en")
    lines = [line if isinstance(line, str) else line.id for line in data.lines]
    assert lines == ["industry", "I", "energy", "B", "Z", "management", "A"]


def test_it_counts_what_comes_early_at_the_last_moment_and_late():
    dates = {"E": "2025-06-30", "M": "2025-12-31", "N": "2025-12-01", "L": "2026-01-01"}
    made = result(**{name: device(clause=str(k), schedule={"date": day}) for k, (name, day) in enumerate(dates.items(), 1)})
    data = timeline.timeline(made, "en")
    assert (data.measures, data.early, data.late) == (4, 1, 1)
    (picture,) = timeline.make(made, "en")
    assert picture.title == say("timeline.title.late", "en", count=4, middle=2, early=1, late=1, year=2025)
    late = next(row for row in picture.table.rows if row[0] == "L")
    assert late[-1] == "0" and "2026-01-01" in late


def test_of_many_measures_those_that_bring_most():
    rows = [{"source_id": f"s{n:02}"} for n in range(45)]
    measures = {f"M{n:02}": device(f"{n + 1} %", f"s{n:02}", clause=str(n + 1)) for n in range(45)}
    made = run(plan(measures), inventory(*rows))
    (picture,) = timeline.make(made, "en")
    assert [bar.id for bar in picture.data.bars] == [f"M{n:02}" for n in range(5, 45)]
    assert "5 others" in picture.note and picture.data.measures == 45


def test_ticks_are_few_and_inside():
    for years in (1, 2, 5, 8):
        first, last = date(2024, 3, 23), date(2024 + years, 2, 14)
        found = list(timeline.ticks(first, last))
        assert 1 <= len(found) <= 9 and all(first <= day <= last for day in found)


def test_a_plan_without_measures_has_no_timeline():
    assert timeline.make(result(), "en") == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_is_shown_stands_in_the_table(language):
    made = result(
        A=device(clause="1", schedule=RAMP, deadline="2025-10-31"), B=device("10 %", "b", clause="2", standing="enabling"),
    )  # fmt: skip
    (picture,) = timeline.make(made, language)
    cells = [cell for row in picture.table.rows for cell in row]
    assert {"2024-01-01 0 % → 2025-12-31 100 %", "2025-10-31", "40.0", "10.0", say("standing.enabling", language)} <= set(cells)
    option = timeline.option(picture, Style())
    assert json.loads(json.dumps(option)) == option
    data = {(d["value"][0], d["value"][1]) for s in option["series"] for d in s["data"] if isinstance(d, dict)}
    assert {("2024-01-01", 1), ("2025-12-31", 1), ("2025-10-31", 1), ("2025-12-31", 2)} <= data
    assert option["xAxis"]["min"] == "2024-01-01" and option["xAxis"]["max"] > "2025-12-31"
    assert option["series"][0]["markLine"]["data"][0]["xAxis"] == "2025-12-31"
    names = [n if isinstance(n, str) else n["value"] for n in option["yAxis"]["data"]]
    assert names[0] == say("chapter.area", language) and len(names) == 3
