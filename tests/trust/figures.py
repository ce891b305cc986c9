"""The table of docs/explanation/trust.md from what ``make trust`` has measured.

python -m tests.trust.figures            print it
python -m tests.trust.figures --write    put it into the page, in both languages
"""

import csv
import json
import os
import platform
import re
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "outputs" / "trust"
PAGES = {"en": ROOT / "docs" / "explanation" / "trust.md", "zh": ROOT / "docs" / "explanation" / "trust.zh-CN.md"}
PROMISES = Path(__file__).with_name("promises.csv")
HEAD = {"en": ("promise", "measured", "proven by"), "zh": ("承诺", "实测", "检验")}
MADE = {
    "en": "Measured with the steps of `make trust`, {day}: Python {python}, {system}, {processors} processors.",
    "zh": "按 `make trust` 的各步实测，{day}：Python {python}，{system}，{processors} 个处理器。",
}
NOT_YET = {"en": "not measured here", "zh": "此处未测"}
TABLE = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)


def promises() -> list[dict[str, str]]:
    """The rows of the table: what is promised, and how its figures are told."""
    with PROMISES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def measured() -> dict[str, dict]:
    """What was measured, by the names that the tests gave it; and what the tables say beside it."""
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FIGURES.glob("*.json"))}
    cases = yaml.safe_load((ROOT / "tests" / "bad_inputs" / "cases.yaml").read_text(encoding="utf-8"))
    fuzzed = found.get("fuzz", {}).get("targets", {})
    told = [f"{name}: {one['executions']:,} × / {one['seconds']:.0f} s, {len(one['findings'])}" for name, one in fuzzed.items()]
    versions = ", ".join(found.get("pythons", {}).get("versions", ()))
    return found | {"cases": len(cases), "versions": versions} | ({"fuzz_told": "; ".join(told)} if told else {})


def table(language: str, figures: Mapping[str, object]) -> str:
    """The table in Markdown; a row of which something was not measured says so."""
    lines = [f"| {' | '.join(HEAD[language])} |", "|---|---|---|"]
    for row in promises():
        try:
            told = row[f"measured_{language}"].format_map(figures)
        except (KeyError, ValueError, TypeError):
            told = NOT_YET[language]
        by = ", ".join(f"[{name}](../../tests/trust/{name})" for name in row["tests"].split())
        lines.append(f"| {row[language]} | {told} | {by} |")
    made = {
        "day": date.today().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }
    return "\n".join([*lines, "", MADE[language].format(**made), ""])


def main() -> int:
    figures = measured()
    for language, page in PAGES.items():
        told = table(language, figures)
        if "--write" in sys.argv:
            text = page.read_text(encoding="utf-8")
            page.write_text(TABLE.sub(lambda _, told=told: told, text), encoding="utf-8", newline="\n")
        elif language == "en":
            print(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
