"""The benchmarks still run: everything is made from seeds, every row works on tiny sizes, and peers find what emisim finds."""

import json

import numpy as np
import pytest

from benchmarks import generate, timing
from benchmarks.contender import LIMIT, OURS, Goal, met, reached
from benchmarks.page import BETWEEN, PAGES
from benchmarks.peers import draws, draws_labelled, labelled, wide_table
from benchmarks.rig import Differs, Rig, difference
from benchmarks.rows import ROWS, growth
from benchmarks.rows.growth import exponent
from benchmarks.run import run
from benchmarks.table import lines, plain
from emisim import kernel, ledger

NAMES = [row.name for row in ROWS]
PROCESSES = {"help", "county", "draws"}  # these start processes of their own
TINY = generate.sized(generate.COUNTY, {"sources": 60, "measures": 6})


@pytest.fixture(scope="module")
def small():
    made = generate.stock(TINY)
    base = generate.base(made)
    return made, base, generate.program(made, base)


def test_the_same_seed_makes_the_same_and_another_something_else():
    first, again, other = generate.stock(TINY), generate.stock(TINY), generate.stock(TINY, seed=10)
    for name, array in first.arrays().items():
        assert array.tobytes() == again.arrays()[name].tobytes(), name
    assert first.activity.tobytes() != other.activity.tobytes()
    assert generate.unit_texts(50) == generate.unit_texts(50)
    assert list(generate.source_records(300)) == list(generate.source_records(300))
    np.testing.assert_array_equal(generate.options(40).cost, generate.options(40).cost)


def test_measures_act_on_what_their_selectors_name(small):
    made = small[0]
    inventory = generate.inventory(made)
    for rows, selector in zip(made.rows, generate.selectors(made), strict=True):
        np.testing.assert_array_equal(inventory.select(selector), rows)


def test_a_country_is_sparse_as_it_should_be():
    """What makes the large rows: kinds, measures of a source, and sets of measures, whatever the number of sources."""
    made = generate.stock(generate.sized(generate.NATION, {"sources": 1}))
    on = made.table.reshape(-1, made.size.measures)
    assert len(on) == 25_000
    assert on.sum(axis=1).mean() == pytest.approx(4.5, rel=0.1)
    assert 5_000 < len({row.tobytes() for row in np.packbits(on, axis=1)}) < 6_250


def test_a_part_of_a_stock_is_its_first_sources(small):
    part = small[0].part(7)
    np.testing.assert_array_equal(part.before(), small[0].before()[:7])
    assert all((rows < 7).all() for rows in part.rows)


def test_peers_find_what_emisim_finds(small):
    made, base, program = small
    wanted, data = kernel.run(base, program).emission, made.arrays()
    prepared = labelled.prepare(data)
    for found in (labelled.loop(prepared), labelled.vectorised(prepared), wide_table.apply(wide_table.prepare(data))):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    shared = ledger.attribute(base, program).by_measure(made.size.measures).sum(axis=0)
    np.testing.assert_allclose(wide_table.ledger(wide_table.prepare(data)), shared, rtol=1e-9)


def test_a_peer_that_does_other_work_is_refused():
    assert difference("other", np.array([1.0, 0.0]), np.array([1.0, 0.0])) == 0.0
    with pytest.raises(Differs, match="1.0e-06 away"):
        difference("other", np.array([1.000001]), np.array([1.0]))
    with pytest.raises(Differs):
        difference("other", np.array([np.nan]), np.array([1.0]))


@pytest.mark.parametrize("row", [row for row in ROWS if row.name not in PROCESSES], ids=lambda row: row.name)
def test_a_row_runs_on_a_tiny_size(row, monkeypatch):
    monkeypatch.setattr(timing, "SHORT", 0.0)
    monkeypatch.setattr(timing.gc, "collect", lambda: 0)
    monkeypatch.setattr(growth, "TIMES", 1)
    found = run(row, "tiny", peers=False, turns=1)
    assert {one["kind"] for one in found["times"]} >= ({OURS, LIMIT} if row.goals and row.name != "growth" else set())
    assert all(one["seconds"] > 0 for one in found["times"])
    assert len(found["goals"]) == len(row.goals)
    json.dumps(found)


def test_goals_are_judged_by_ratio_by_time_and_by_fact():
    times = {"emisim": 2.0, "limit": 1.0, "peer": 300.0}
    assert [met(g, reached(g, times, {"memory_mb": 101})) for g in (
        Goal("limit", most=2.0), Goal("limit", most=1.9), Goal("peer", least=150), Goal("peer", least=151), Goal(most=2.0), Goal("absent", most=1.0),
        Goal(fact="memory_mb", most=100),
    )] == [True, False, True, False, True, None, False]  # fmt: skip


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_is_that_of_the_part_that_grows(power):
    points = [[n, 0.01 + 1e-4 * (n - 1) ** power] for n in (1, 101, 1_001, 10_001, 100_001)]
    assert exponent([[n, 0.01 + 1e-4 * (n - 1) ** power] for n in (1, 11, 101, 1_001, 10_001)]) == pytest.approx(power, abs=0.02)
    assert exponent([[n, 0.01] for n, _ in points]) is None


def test_a_table_tells_who_stopped_and_who_is_not_there():
    result = {
        "row": "least_cost", "size": {"pairs": 100_000, "limit_s": 120}, "missing": ["primap2"], "facts": {"gap_left": 4e-7},
        "times": [
            {"name": "emisim", "kind": "ours", "seconds": 0.06, "scaled": 1.0, "runs": 7, "apart": None},
            {"name": "plain MILP (HiGHS)", "kind": "peer", "seconds": None, "scaled": 1.0, "runs": 0, "apart": None},
        ],
        "goals": [
            {"against": None, "fact": None, "most": 3.0, "least": None, "reached": 0.06, "met": True},
            {"against": None, "fact": "gap_left", "most": 1e-6, "least": None, "reached": 4e-7, "met": True},
        ],
    }  # fmt: skip
    told = plain(list(lines([result], "en")))
    assert "least cost, 100,000 source–measure pairs" in told
    assert [line.split()[0] for line in told.splitlines() if " yes" in line] == ["emisim", "gap"]
    assert "not within 120 s" in told and "not installed" in told
    assert "120 秒内未完成" in "".join(map("".join, lines([result], "zh")))


@pytest.mark.parametrize("language", PAGES)
def test_the_page_shows_every_row(language):
    (shown,) = BETWEEN.findall(PAGES[language].read_text(encoding="utf-8"))
    for row in ROWS:
        begin = row.title[language].partition("{")[0]
        assert f"| {begin}" in shown, row.name


def test_draws_of_numpy_and_xarray_are_the_same():
    data = {
        "activity": np.array([1.0, 2.0]), "growth": np.ones((2, 3)), "acts": np.array([0, 1]), "starts": np.array([0, 1, 2]),
        "coverage": np.array([0.5, 1.0]), "acting": np.array([[1.0], [1.0]]), "phase": np.array([[0, 0.5, 1], [0, 1, 1.0]]),
        "activities": np.array([[1.0, 3.0]]), "factors": np.array([[[2.0], [0.5]]]), "efficiencies": np.array([[0.4, 0.2]]),
    }  # fmt: skip
    by_hand = [[2.0 + 1.5, 2.0 * 0.9 + 1.5 * 0.8, 2.0 * 0.8 + 1.5 * 0.8]]
    for peer in (draws, draws_labelled):
        np.testing.assert_allclose(peer.given_draws(peer.prepare(data))[0], by_hand)


def test_a_peer_works_in_a_process_of_its_own(tmp_path):
    rig = Rig(tmp_path)
    data = rig.save(
        "rows",
        measures=1,
        sector=np.array(["a", "b", "a"]),
        region=np.array(["x", "x", "y"]),
        sectors0=np.array(["a"]),
        regions0=np.array(["x", "y"]),
    )
    try:
        (peer,) = rig.peer("pandas", "rules:groups", data, lambda: np.array([[2.0, 2.0]]))
        assert peer.once() > 0
        assert peer.check() == 0.0
        assert rig.peer("primap2", "absent_library:loop", data) == []
    finally:
        rig.close()
    assert rig.missing == ["primap2"]
