"""The results as a table, on the terminal and in Markdown, in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.contender import LIMIT, OURS
from benchmarks.rows import ROWS

TITLES = {row.name: row.title for row in ROWS}
HEAD = {
    "en": ("work", "done by", "median", "ratio", "goal", "met"),
    "zh": ("工作", "由谁完成", "中位数", "比值", "目标", "达到"),
}
WORDS = {
    "en": {
        "limit": "limit: {name}", "ours": "ours = {ratio} × theirs", "theirs": "theirs = {ratio} × ours", "yes": "yes", "no": "no", "unknown": "–",
        "stopped": "not within {limit} s", "missing": "not installed", "goal_ours": "ours ≤ {n} × theirs", "goal_theirs": "theirs ≥ {n} × ours",
        "failed": "failed: {why}",
    },
    "zh": {
        "limit": "极限：{name}", "ours": "本程序 = {ratio} × 对方", "theirs": "对方 = {ratio} × 本程序", "yes": "是", "no": "否", "unknown": "–",
        "stopped": "{limit} 秒内未完成", "missing": "未安装", "goal_ours": "本程序 ≤ {n} × 对方", "goal_theirs": "对方 ≥ {n} × 本程序",
        "failed": "未成功：{why}",
    },
}  # fmt: skip
# What contenders are called that are no programs, in Chinese.
NAMES_ZH = {
    "bare lazy click program": "最小的延迟导入 click 程序", "Python alone": "仅启动 Python", "eager imports": "在文件开头导入全部库",
    "numpy + h5netcdf alone": "仅 numpy + h5netcdf", "one product of that size": "同样大小的一次乘法", "writing the result": "写入结果数组",
    "the run itself": "运行本身", "the random numbers alone": "仅抽取随机数", "filling as many values": "填写同样多的数值",
    "writing the rows": "写出行号", "sorting the options": "给选项排序", "a look into a table of factors": "查一张系数表",
    "reading the bytes": "读入字节", "xarray, loop": "xarray，逐项循环", "xarray, vectorised": "xarray，向量化",
    "pint-xarray, loop": "pint-xarray，逐项循环", "pint-xarray, vectorised": "pint-xarray，向量化", "numpy, draw by draw": "numpy，逐次抽样",
    "xarray, draw by draw": "xarray，逐次抽样", "pandas, all columns at once": "pandas，全部列一次算", "pandas, one after the other": "pandas，逐项依次归因",
    "numpy, package by package": "numpy，逐个组合", "xarray, package by package": "xarray，逐个组合", "pandas, groups": "pandas，分组",
    "pandas, masks": "pandas，逐条掩码", "plain MILP (HiGHS)": "普通 MILP（HiGHS）", "pint, once a text": "pint，每种文本一次",
    "pint, row by row": "pint，逐行", "pandas, bare numbers": "pandas，只读数字", "pandas, all columns": "pandas，全部列", "pandas, texts": "pandas，文本",
    "emisim, comments": "emisim，带注释行", "emisim, GB18030": "emisim，GB18030", "csv.reader, GB18030": "csv.reader，GB18030",
}  # fmt: skip
FACTS = {
    "memory_mb": {"en": "memory above start", "zh": "比启动时多占内存"},
    "same_bits": {"en": "same bits on 1 and {cores} processes", "zh": "1 个与 {cores} 个进程结果逐位相同"},
    "gap_left": {"en": "gap that is left", "zh": "余下的差距"},
    "exponent_sources": {"en": "exponent of sources", "zh": "源数的指数"},
    "exponent_draws": {"en": "exponent of draws", "zh": "抽样次数的指数"},
    "exponent_measures_per_source": {"en": "exponent of measures of a source", "zh": "每源措施数的指数"},
}


def told(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds * 1e9)} ns"


def number(value: float) -> str:
    """Three figures, and no more than that."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def titled(result: Mapping, language: str) -> str:
    """The title of a row with its sizes."""
    sizes = {k: f"{v:,}" if isinstance(v, int) and k != "free" else v for k, v in result["size"].items()}
    return TITLES[result["row"]][language].format_map(sizes)


def lines(results: Sequence[Mapping], language: str, cores: object = "") -> Iterator[tuple[str, ...]]:
    """The table, a tuple of cells a line; the title stands in the first line of a row only."""
    words = WORDS[language]
    for result in results:
        first = titled(result, language)
        if "error" in result:
            yield first, words["failed"].format(why=result["error"]), "", "", "", words["no"]
            continue
        goals = list(result["goals"])
        ours = next((t["seconds"] for t in result["times"] if t["name"] == "emisim"), None)
        for one in result["times"]:
            mine = [g for g in goals if g["fact"] is None and (g["against"] or "emisim") == one["name"]]
            goal = mine[0] if mine else None
            yield (first, _name(one, language), _time(one, result, words), _ratio(one, ours, goal, words), *_goal(goal, words))
            first = ""
        for name in result["missing"]:
            goal = next((g for g in goals if g["against"] == name), None)
            yield (first, _name({"name": name, "kind": ""}, language), words["missing"], "", *_goal(goal, words))
            first = ""
        for goal in (g for g in goals if g["fact"]):
            label = FACTS[goal["fact"]][language].format(cores=cores)
            yield (first, label, _figure(goal), "", _bounds(goal), _met(goal, words))
            first = ""


def _name(one: Mapping, language: str) -> str:
    name = NAMES_ZH.get(one["name"], one["name"]) if language == "zh" else one["name"]
    return WORDS[language]["limit"].format(name=name) if one["kind"] == LIMIT else name


def _time(one: Mapping, result: Mapping, words: Mapping[str, str]) -> str:
    if one["seconds"] is None:
        return words["stopped"].format(limit=result["size"].get("limit_s", ""))
    return told(one["seconds"]) + ("*" if one["scaled"] > 1 else "")


def _ratio(one: Mapping, ours: float | None, goal: Mapping | None, words: Mapping[str, str]) -> str:
    if ours is None or one["seconds"] is None or one["kind"] == OURS:
        return ""
    if one["kind"] == LIMIT or (goal and goal["most"] is not None):
        return words["ours"].format(ratio=number(ours / one["seconds"]))
    return words["theirs"].format(ratio=number(one["seconds"] / ours))


def _goal(goal: Mapping | None, words: Mapping[str, str]) -> tuple[str, str]:
    if goal is None:
        return "", ""
    if goal["against"] is None:
        return f"≤ {told(goal['most'])}", _met(goal, words)
    kind, n = ("goal_ours", goal["most"]) if goal["most"] is not None else ("goal_theirs", goal["least"])
    return words[kind].format(n=number(n)), _met(goal, words)


def _figure(goal: Mapping) -> str:
    figure = goal["reached"]
    if figure is None:
        return "–"
    if goal["fact"] == "same_bits":
        return "✓" if figure else "✗"
    return f"{number(figure)} MB" if goal["fact"].endswith("_mb") else f"{figure:.3g}"


def _bounds(goal: Mapping) -> str:
    if goal["fact"] == "same_bits":
        return "✓"
    unit = " MB" if goal["fact"].endswith("_mb") else ""
    if goal["least"] is not None and goal["most"] is not None:
        return f"{goal['least']:g} – {goal['most']:g}"
    return f"≤ {goal['most']:g}{unit}" if goal["most"] is not None else f"≥ {goal['least']:g}{unit}"


def _met(goal: Mapping, words: Mapping[str, str]) -> str:
    return words["unknown" if goal["met"] is None else "yes" if goal["met"] else "no"]


def plain(rows: Sequence[tuple[str, ...]], language: str = "en") -> str:
    """For the terminal."""
    every = [HEAD[language], *rows]
    widths = [max(len(row[k]) for row in every) for k in range(1, len(HEAD[language]))]
    out = []
    for row in every:
        if row[0]:
            out += ["", row[0]]
        out.append("  " + "  ".join(cell.ljust(width) for cell, width in zip(row[1:], widths, strict=True)).rstrip())
    return "\n".join(out[1:])


def markdown(rows: Sequence[tuple[str, ...]], language: str) -> str:
    """For a page."""
    head = HEAD[language]
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *("| " + " | ".join(row) + " |" for row in rows)])
