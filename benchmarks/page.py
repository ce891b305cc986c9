"""The results into docs/reference/performance.md, in both languages, and the picture of how costs grow beside it.

    python -m benchmarks.page [FILE]

FILE is what ``python -m benchmarks --json FILE`` has written; by default outputs/benchmarks.json.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.rows.growth import AXES, line
from benchmarks.table import lines, markdown
from benchmarks.timing import ROOT

NEWEST = ROOT / "outputs" / "benchmarks.json"
FOLDER = ROOT / "docs" / "reference"
PAGES = {"en": FOLDER / "performance.md", "zh": FOLDER / "performance.zh-CN.md"}
PICTURE = FOLDER / "growth.png"
BETWEEN = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)
MADE = {
    "en": "Measured by `make bench` on {date}: {processor}, {cores} cores, {memory_gb} GB, {system}, Python {python}; {libraries}. Peers: {peers}.",
    "zh": "由 `make bench` 于 {date} 实测：{processor}，{cores} 核，{memory_gb} GB，{system}，Python {python}；{libraries}。对照：{peers}。",
}
COLOURS = ("#0072B2", "#D55E00", "#009E73")


def table(measured: Mapping, language: str) -> str:
    """What stands between the marks of a page."""
    made = dict(measured["made"])
    made["libraries"] = _versions(made["libraries"])
    made["peers"] = "; ".join(_versions(found) for found in made["peers"].values())
    rows = list(lines(measured["rows"], language, made["cores"]))
    return f"{markdown(rows, language)}\n\n{MADE[language].format_map(made)}\n"


def _versions(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())


def picture(points: Mapping[str, list], path: Path) -> None:
    """Times over counts, and the lines laid through what stands out of the fixed part; words that need no translation."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, places = plt.subplots(1, len(AXES), figsize=(7.2, 2.6), sharey=True, layout="constrained")
    for place, (name, found), colour in zip(places, points.items(), COLOURS, strict=True):
        counts, seconds = np.array(found[1:], float).T
        place.loglog(counts, seconds, "o", color=colour, markersize=4)
        fitted = line(found)
        if fitted:
            shown = np.geomspace(fitted[0].min(), fitted[0].max(), 50)
            place.loglog(shown, found[0][1] + np.exp(fitted[3]) * shown ** fitted[2], "-", color=colour, linewidth=1)
            place.set_title(f"t − t₀ ∝ n^{fitted[2]:.2f}", fontsize=9)
        place.set_xlabel(f"n = {name.replace('_', ' ')}", fontsize=8)
        place.grid(True, which="major", color="#E3E7EB", linewidth=0.6)
        place.tick_params(labelsize=7)
    places[0].set_ylabel("t [s]", fontsize=8)
    figure.savefig(path, dpi=150, metadata={"Software": None})
    plt.close(figure)


def write(measured: Mapping) -> None:
    """Put results into both pages, and the picture beside them."""
    for language, page in PAGES.items():
        told = table(measured, language)
        text = page.read_text(encoding="utf-8")
        page.write_text(BETWEEN.sub(lambda _, told=told: told, text), encoding="utf-8", newline="\n")
    points = next((r["facts"]["points"] for r in measured["rows"] if "points" in r.get("facts", {})), None)
    if points:
        picture(points, PICTURE)


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else NEWEST
    write(json.loads(path.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
