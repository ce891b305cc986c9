"""The table of docs/explanation/trust.md: a row a promise, each with a figure that was measured."""

import re
import string
from pathlib import Path

import pytest

from tests.trust.figures import NOT_YET, PAGES, TABLE, promises

TESTS = Path(__file__).parent
NAMED = re.compile(r"(?:measured\(\s*|FIGURES / )\"([a-z_]+)(?:\.json)?\"")


@pytest.mark.parametrize("language", PAGES)
def test_every_promise_has_a_figure(language):
    (table,) = TABLE.findall(PAGES[language].read_text(encoding="utf-8"))
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(promises())
    for row, promise in zip(rows, promises(), strict=True):
        assert row.startswith(f"| {promise[language]} |")
        assert NOT_YET[language] not in row


def test_every_row_takes_its_figures_from_what_is_measured():
    code = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py"))
    known = {*NAMED.findall(code), "cases", "versions", "fuzz_told"}
    for row in promises():
        assert all((TESTS / name).is_file() for name in row["tests"].split())
        for language in PAGES:
            fields = {field.partition("[")[0] for _, field, *_ in string.Formatter().parse(row[f"measured_{language}"]) if field}
            assert fields and fields <= known, row["rows"]
            assert fields - {"cases", "versions", "fuzz_told"} <= set(row["rows"].split())
