"""``python -m benchmarks``: all rows of the table, or some by name."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.page import write
from benchmarks.rows import ROWS
from benchmarks.run import run
from benchmarks.table import lines, plain


def asked(words: list[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Time emisim beside other programs and beside its limits."
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"some of: {' '.join(r.name for r in ROWS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="smaller work: whether it runs, not how fast")
    parser.add_argument("--no-peers", action="store_true", help="emisim and its limits only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results to FILE too")
    parser.add_argument("--page", action="store_true", help="write the results into docs/reference/performance.md too")
    found = parser.parse_args(words)
    unknown = set(found.rows) - {r.name for r in ROWS}
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    if found.page and (found.rows or found.quick or found.no_peers):
        parser.error("--page takes all rows, in full and with peers")
    return found


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    options = asked()
    scale = "quick" if options.quick else "full"
    results = []
    for row in (r for r in ROWS if not options.rows or r.name in options.rows):
        try:
            results.append(run(row, scale, not options.no_peers, tell=_tell))
        except Exception as error:  # noqa: BLE001  the other rows are still worth having
            results.append({"row": row.name, "size": dict(row.sizes[scale]), "error": f"{type(error).__name__}: {error}"})
    made = machine()
    measured = {"made": made, "rows": results}
    print(plain(list(lines(results, "en", made["cores"]))))
    print(
        f"\n* scaled from a part of the work. {made['date']}, {made['processor']}, {made['cores']} cores, Python {made['python']}"
    )
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.page:
        write(measured)
    return 1 if any("error" in r for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
