"""Whatever bytes the readers get, they read or refuse: never another exception, quickly, and within their memory.

`make fuzz` looks for inputs guided by coverage, ten minutes a reader; what it found stands in ``fuzz/corpus`` and is tried here, with the
shipped files and random changes of both.
"""

from itertools import islice

import pytest

from tests.trust.fuzz import targets
from tests.trust.fuzz.mutation import mutated
from tests.trust.fuzz.targets import LONGEST, TARGETS

QUICK = {"yaml": 25, "csv": 40, "units": 150, "selectors": 12}
PROMISED = 3000


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_are_read_or_refused(name, count):
    target = TARGETS[name]
    inputs = target.inputs()
    for data in [*inputs, *islice(mutated(inputs, 1, LONGEST), count(QUICK[name], PROMISED))]:
        try:
            target.one_input(data)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error}; given {data!r}") from error


@pytest.mark.parametrize("name", ["yaml", "csv"])
def test_the_seeds_are_read(name, monkeypatch):
    """Else the fuzzer would only ever see how a file is refused at its door."""
    answers = []
    refused = targets.refused
    monkeypatch.setattr(targets, "refused", lambda read: answers.append(refused(read)))
    for data in TARGETS[name].seeds():
        TARGETS[name].take(data)
    assert answers.count(False) > 0.7 * len(answers)
