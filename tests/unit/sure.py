"""A small county with ranges, drawn: kilns of one group, an oven, a driver of three years, two measures, four targets."""

from functools import cache

from small import LABEL, action, measure, plan
from vague import case, county

from emisim.sample import SampleDesign
from emisim.simulate import simulate
from emisim.uncertainty.montecarlo import draw, with_uncertainty

GROUP = {"correlation_group": "kilns"}
ROWS = (
    {"source_id": "kiln", "activity": 100.0, "low": 40.0, "high": 200.0, "distribution": "lognormal", **GROUP},
    {"source_id": "furnace", "activity": 50.0, "low": 20.0, "high": 90.0, "distribution": "triangular", **GROUP},
    {"source_id": "oven", "activity": 80.0, "low": 60.0, "high": 100.0, "distribution": "normal", "growth_driver": "output"},
)
GROWTH = {"output": {2020: 1.0, 2023: (1.1, 0.9, 1.3, "triangular"), 2025: (1.2, 0.8, 1.6, "triangular")}}
PART = {"value": "30 %", "low": "10 %", "high": "50 %", "distribution": "triangular", "source": "a trial", "grade": "E"}
MEASURES = {
    "A": measure(action("source_removal", "kiln", removed="wording"), wording="push"),
    "B": measure(action("source_removal", "oven", removed=PART)),
}
NET = {"kind": "net", "pollutant": "NOx", "title": LABEL, "year": 2025, "baseline_year": 2020}
REMOVED = {"formula": "removed", "of": {"source_id": "kiln"}}
TARGETS = {
    "EASY": {**NET, "reduction": "5 %"},
    "HARD": {**NET, "reduction": "30 %"},
    "NO_VALUE": {**NET, "reduction": None},
    "KILN": {"kind": "indicator", "title": LABEL, "year": 2025, "required": "45 %", "indicator": REMOVED},
}


def made(targets=None, measures=None):
    """The case. Nothing emits VOC, so that its change has no value."""
    rows = [{**row, "factor": (1.0, 0.0)} for row in ROWS]
    found = plan(MEASURES if measures is None else measures, targets=TARGETS if targets is None else targets)
    return case(found, county(*rows, pollutants=("NOx", "VOC"), growth=GROWTH))


@cache
def drawn(interval=0.95, draws=512, sobol=False):
    """Its result with draws."""
    return result(made(), interval=interval, draws=draws, variance_of=("NOx",) if sobol else ())


def result(case_, **design):
    return with_uncertainty(simulate(case_), draw(case_, SampleDesign(**{"draws": 256, **design})))
