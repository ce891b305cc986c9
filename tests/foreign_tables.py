"""Foreign tables of a test, and the mapping that is proposed for them."""

from emisim.importing.guessing.guess import guess
from emisim.importing.mapping import Mapping
from emisim.importing.sheet import Block, Sheet
from emisim.io.config_file import read_model


def sheet(*rows, merged=(), name=""):
    """A sheet of some rows. merged : (first row, first column, last row, last column) of each range."""
    cells = {}
    for top, left, bottom, right in merged:
        inside = {(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)} - {(top, left)}
        cells |= dict.fromkeys(inside, rows[top - 1][left - 1])
    block = Block(range(1, len(rows) + 1), rows)
    return Sheet("t.xlsx", name, block, lambda: iter([block]), cells)


def proposed(folder, sheets, file="表.xlsx", year=None, language="zh"):
    """The text of a proposal, and the mapping that it is once a grade is given."""
    text = guess(sheets, file, year, language)
    path = folder / "m.yaml"
    path.write_text(text.replace('grade: "?"', "grade: E"), encoding="utf-8")
    return text, read_model(Mapping, path, "m.yaml")[0]


def unsure(text: str) -> set[str]:
    """First words of the lines that are marked."""
    return {line.strip().partition(":")[0] for line in text.splitlines() if "# ? " in line and not line.startswith("#")}


def amount(found) -> tuple[str, str]:
    """Column and unit."""
    return found.column, found.unit
