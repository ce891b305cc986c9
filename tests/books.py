"""What the tests of Excel files share: reading them with another library than the one that writes them, and texts that bite."""

import io
import re
import zipfile

import openpyxl

HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "http://example.org",
    "mailto:a@b",
    "internal:A1",
    "007",
    "1e5",
    "TRUE",
    "{=1}",
    "'x",
    "x" * 5,
)


def opened(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def assert_plain(data):
    """No formula, no link, no relation to anything outside."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for name in parts.namelist():
            text = parts.read(name).decode()
            assert not re.search("<f[ >/]|<hyperlink|TargetMode", text), name
