"""The rows of the table, in its order."""

from benchmarks.contender import Row
from benchmarks.rows import (
    apply,
    county,
    draws,
    growth,
    help,
    imports,
    least_cost,
    ledger,
    load,
    nation,
    packages,
    rules,
    sheets,
    units,
)

ROWS: tuple[Row, ...] = (
    help.ROW, county.ROW, apply.ROW, draws.ROW, nation.ROW, ledger.ROW, packages.ROW, rules.ROW, least_cost.ROW, units.ROW, load.ROW,
    growth.ROW, sheets.CSV, sheets.XLSX, imports.CSV, imports.XLSX,
)  # fmt: skip
