"""What all tests share: one Hypothesis profile, the helpers beside this file, and how the tests are dealt to processes."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

sys.path.insert(0, str(Path(__file__).parent))  # reference_model, cases

# Derandomised, so that a run on another machine tries the same examples and fails, or passes, alike.
settings.register_profile(
    "reproducible",
    derandomize=True,
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("reproducible")
# For thousands of mutants in turn: few examples, and none made smaller, since only red or green is asked.
settings.register_profile(
    "mutants", settings.get_profile("reproducible"), max_examples=25, phases=[Phase.explicit, Phase.generate]
)

# The longest single tests are the pages of the documentation, the README before all: begun last, one of them runs on alone.
LONGEST = ("tests/docs/",)


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="try the promises of tests/trust as often as they are made (make trust)")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The longest tests first; otherwise the order stays, so that tests of one file follow one another and share what they load."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Each process has half of the tests and takes from the other's when it is done. The default deals in blocks that cannot be taken
    back: one process was done a minute before the other."""
    if config.getoption("dist") == "load":
        from xdist.scheduler import WorkStealingScheduling

        return WorkStealingScheduling(config, log)
