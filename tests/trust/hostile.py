"""Texts that mean harm, and one of them tried in a process of its own: ``python hostile.py NAME FOLDER`` prints what it cost.

Each is a change of the tiny project, or words of the command line. Time counts from when the libraries and emisim are at hand.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import tiny  # noqa: E402

CHECK = ("check", "scenario.yaml")
BIDI, ZERO_WIDTH = "\u202e", "\u200b"
BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))


@dataclass(frozen=True)
class Hostile:
    """make : changes a copy of the tiny project. words : of the command."""

    make: Callable[[Path], None] = lambda folder: None
    words: tuple[str, ...] = CHECK


def whole(file: str, content: str | bytes) -> Hostile:
    """A file of this content."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return Hostile(lambda folder: (folder / file).write_bytes(data) and None)


def added(file: str, content: str) -> Hostile:
    """A file with this behind it."""

    def make(folder: Path) -> None:
        with (folder / file).open("ab") as stream:
            stream.write(content.encode("utf-8", "surrogatepass"))

    return Hostile(make)


def put(file: str, old: str, new: str, times: int = 1) -> Hostile:
    """A file with a piece of it replaced."""

    def make(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_bytes(text.replace(old, new, times).encode("utf-8", "surrogatepass"))

    return Hostile(make)


def amount(text: str) -> Hostile:
    """A number with a unit in the plan."""
    return put("plan.yaml", "{removed: 10 %}", f"{{removed: {json.dumps(text, ensure_ascii=False)}}}")


def unit(text: str) -> Hostile:
    """A unit in a table."""
    return put("inventory/sources.csv", ",GJ/yr,", f',"{text}",')


def figure(text: str) -> Hostile:
    """A number in a table."""
    return put("inventory/growth.csv", ",2020,", f',"{text}",')


def asked(*words: str) -> Hostile:
    return Hostile(words=(*CHECK, *words))


NUMBERS = {
    "power tower": "9**9**9", "power tower with unit": "9**9**9 t", "power tower as unit": "1 9**9**9", "huge exponent": "1e999999999 %",
    "1e400": "1e400 %", "10^5 digits": "1" * 100_000, "10^5 digits after the point": "0." + "1" * 100_000 + " %",
    "10^5 letters": "1 " + "k" * 100_000, "10^5 slashes": "1 " + "t/" * 50_000, "10^5 brackets": "1 " + "(" * 100_000,
    "10^5 spaces": "1" + " " * 100_000 + "%x", "10^5 signs": "+" * 100_000, "10^5 points": "." * 100_000,
    "10^5 fractions that grow in NFKC": "1 " + "\ufdfa" * 100_000, "60 that grow in NFKC": "1 " + "\ufdfa" * 60, "python": "__import__('os').system('true')",
    "format": "{0.__class__} %", "percent format": "1 %(x)s", "nan": "nan %", "inf": "-inf %", "huge unit exponent": "1 t**9999999999",
    "unit exponent of 60 digits": "1 t" + "9" * 60, "Arabic digits": "١٠ %", "Devanagari digits": "१० %", "digits of several scripts": "1٠ %",
    "Arabic exponent": "1e٢ %", "Arabic in a unit": "1 m٢", "Chinese numerals": "十 %", "Roman numeral": "Ⅹ %", "superscript": "10² %",
    "zero width": f"1{ZERO_WIDTH}0 %", "bidi": f"{BIDI}% 01", "combining": "1" + "\u0301" * 50 + " %", "10^5 combining": "1" + "\u0301" * 100_000,
    "underscore": "1_0 %", "hexadecimal": "0x10 %", "complex": "1j %", "comment": "1 t # c", "one and a power": "1² %", "circled": "①0 %", "fraction": "½ %",
}  # fmt: skip
UNITS = {
    "power tower": "9**9**9", "10^5 letters": "k" * 100_000, "10^5 Chinese": "吨" * 100_000, "10^5 operators": "*" * 100_000,
    "10^5 spaces": " " * 100_000 + "x", "alternating": "t*" * 31, "names of numpy": "np.zeros(10**9)", "bidi": f"GJ{BIDI}/yr", "zero width": f"G{ZERO_WIDTH}J/yr",
}  # fmt: skip
FIGURES = {
    "Arabic year": "٢٠٢٠", "mixed year": "202٠", "10^5 digits": "2" * 100_000, "power tower": "9**9**9", "1e400": "1e400",
}  # fmt: skip
YAML = {
    "bomb": BOMB, "10^5 aliases": "a: &a x\nb: [" + "*a, " * 100_000 + "]\n", "10^5 anchors": "a: [" + ", ".join(f"&k{k} x" for k in range(100_000)) + "]\n",
    "circle": "a: &x {b: *x}\n", "deep flow": "a: " + "[" * 100_000, "deep flow mappings": "a: " + "{a: " * 100_000, "deep block": "".join(" " * k + "a:\n" for k in range(1500)),
    "deep dashes": "- " * 100_000, "10^6 keys": "".join(f"k{k}:\n" for k in range(500_000)), "a scalar of 5 MB": "a: " + "x" * 4_900_000,
    "a quoted scalar of 5 MB": 'a: "' + "\\n" * 2_400_000 + '"\n', "a block scalar of 5 MB": "a: |\n" + "  x\n" * 1_200_000, "a list of 5 MB": "a: [" + "1," * 2_400_000 + "]\n",
    "a comment of 5 MB": "#" * 4_900_000, "10^5 digits": "base_year: " + "9" * 100_000 + "\n", "hexadecimal": "base_year: 0x" + "f" * 100_000 + "\n",
    "sexagesimal": "base_year: " + "1:" * 50_000 + "1\n", "octal": "base_year: 0o3744\n", "1e400": "base_year: 1e400\n", "huge exponent": "base_year: 1e999999999\n",
    "10^5 documents": "---\na: 1\n" * 100_000, "merge key": "<<: {scenario: a}\n", "merge bomb": "a: &a {b: 1}\nc: {<<: [" + "*a, " * 100_000 + "]}\n",
    "complex key": "? [a, b]\n: 1\n", "10^5 complex keys": "? {a: 1}\n: 1\n" * 100_000, "tabs": "a:\n" + "\tb: 1\n" * 10_000, "one line of 5 MB": "a: {" + "b: 1, " * 800_000,
    "NUL": "scenario: a\0b\n", "lone surrogate": "scenario: \ud800\n", "escaped surrogate": 'scenario: "\\ud800"\n', "escaped NUL": 'scenario: "\\0"\n',
    "tag": "!!python/object/apply:os.system ['true']\n", "10^5 tags": "a: [" + "!x y, " * 100_000 + "]\n", "long tag": "a: !" + "x" * 100_000 + " y\n",
    "directive": "%YAML 9.9\n---\na: 1\n", "10^5 directives": "%TAG !a! b\n" * 100_000 + "---\na: 1\n", "binary": "a: !!binary " + "A" * 1_000_000 + "\n",
    "set": "a: !!set {a, b}\n", "bidi in a key": f"sc{BIDI}enario: a\n", "zero width in a key": f"scen{ZERO_WIDTH}ario: a\n", "a key of 10^5 letters": "k" * 100_000 + ": 1\n",
    "10^4 wrong keys": "".join(f"scenari{k}: a\n" for k in range(10_000)), "10^4 equal keys": "a: 1\n" * 10_000, "10^3 keys of 10^3 letters": "".join(f"{'scenario' * 125}{k}: a\n" for k in range(1000)),
    "Arabic year": "base_year: ٢٠٢٠\n", "full-width year": "base_year: ２０２０\n", "Arabic date": "issued: ٢٠٢٠-٠١-٠١\n", "a number too long to write out": "base_year: " + "9" * 5000 + "\n",
    "no end of a quote": 'a: "' + "x" * 1_000_000, "backslashes": 'a: "' + "\\" * 1_000_001, "unicode line ends": "a: x\u2028b: y\u2029\x85c: z\n",
}  # fmt: skip
TABLES = {
    "10^6 columns": ",".join(f"c{k}" for k in range(1_000_000)) + "\n", "10^6 empty columns": "," * 1_000_000 + "\n",
    "10^5 equal columns": "driver," * 100_000 + "\n", "a field of 100 MB": "driver,year\n" + "x" * 100_000_000 + "\n",
    "a quoted field of 10 MB": 'driver,year\n"' + "x" * 10_000_000 + '"\n', "a quote that never ends": 'driver,year,index\n"' + "a,b\n" * 100_000,
    "quotes": '"' * 100_001, "10^5 short rows": "driver,year,index,low,high,distribution,probabilities,grade,source\n" + "x\n" * 100_000,
    "10^4 wrong rows": "driver,year,index,grade,source\n" + "a,x,y,z,w\n" * 10_000,
    "a header of 10^6 letters": "d" * 1_000_000 + "\n", "10^3 columns of 10^3 letters": ",".join(f"{'driver' * 166}{k}" for k in range(1000)) + "\n", "NUL": "driver\0,year\n",
    "bidi in a header": f"dri{BIDI}ver,year\n",
}  # fmt: skip
LONG = "x" * 100_000
WORDS = {
    "a delay of a power tower": asked("--delay", "C01=9**9**9"), "a delay of 10^5 digits": asked("--delay", "C01=" + "9" * 100_000 + "d"),
    "an Arabic delay": asked("--delay", "C01=٦mo"), "a delay of 10^5 spaces": asked("--delay", "C01=6" + " " * 100_000 + "x"),
    "a switch of 10^5 letters": asked("--set", f"{LONG}={LONG}"), "a chosen measure of 10^5 letters": asked("--only", LONG),
    "10^4 measures": asked(*(w for k in range(10_000) for w in ("--without", f"C{k}"))),
    "a vary of 10^5 letters": Hostile(words=("solve", "scenario.yaml", "--measure", "C01", "--vary", LONG, "--target", LONG)),
    "a source of 10^5 letters": Hostile(words=("explain", "scenario.yaml", "--source", LONG)),
    "a path of 10^5 letters": Hostile(words=("check", LONG)), "an effort of 10^5 digits": Hostile(words=("solve", "scenario.yaml", "--effort", "C01=" + "9" * 100_000)),
    "an effort that is no number": Hostile(words=("solve", "scenario.yaml", "--effort", "C01=nan")), "a package of 10^5 names": Hostile(words=("compare", "scenario.yaml", "--package", "a=" + "b," * 50_000)),
    "an Arabic year": Hostile(words=("explain", "scenario.yaml", "--year", "9" * 5000)), "a bidi switch": asked("--set", f"a{BIDI}b=c"),
    "line breaks in an option": asked("--set", "a\nb=c\x1b[31m"),
}  # fmt: skip
RECORDS = {
    "10^5 brackets": "[" * 100_000, "10^5 digits": '{"inputs": ' + "9" * 100_000 + "}", "a list": "[]", "inputs of a number": '{"inputs": 1}', "a lone surrogate": '{"inputs": {"\\ud800/sources.csv": 1}}',
}  # fmt: skip


def record(text: str) -> Hostile:
    """The run.json of a run whose original is asked for."""

    def make(folder: Path) -> None:
        (folder / "run").mkdir()
        (folder / "run" / "run.json").write_text(text, encoding="utf-8")

    return Hostile(make, ("record",))


TEXTS = {
    **{f"number: {name}": amount(text) for name, text in NUMBERS.items()},
    **{f"unit: {name}": unit(text) for name, text in UNITS.items()},
    **{f"year: {name}": figure(text) for name, text in FIGURES.items()},
    **{f"yaml: {name}": whole("scenario.yaml", text) for name, text in YAML.items()},
    **{f"plan: {name}": added("plan.yaml", YAML[name]) for name in ("bomb", "10^4 wrong keys", "bidi in a key", "10^5 anchors", "deep flow")},
    **{f"table: {name}": whole("inventory/growth.csv", text) for name, text in TABLES.items()},
    **{f"option: {name}": one for name, one in WORDS.items()},
    **{f"record: {name}": record(text) for name, text in RECORDS.items()},
}  # fmt: skip
BIG = 6_000_000  # bytes of a table; beyond it takes its time


def tell(words: tuple[str, ...]) -> tuple[int, list[str]]:
    """(exit code, lines) of a command, as the user is told."""
    import click

    from emisim.cli import cli
    from emisim.errors import BadInput, visible
    from emisim.io.import_account import account_of

    try:
        if words == ("record",):
            account_of(Path("run"))
        else:
            cli.main(list(words), prog_name="emisim", standalone_mode=False)
    except BadInput as bad:
        return 2, [f.text("en") for f in bad.faults]
    except click.ClickException as error:
        return 2, [visible(error.format_message())]
    except SystemExit as stop:
        return int(stop.code or 0), []
    return 0, []


def _peak() -> tuple[float, float]:
    """(resident memory, its peak since the last reset) [MB]."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return tuple(int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))


def cost(name: str) -> dict[str, object]:
    """What one text costs, in this process and folder."""
    Path("/proc/self/clear_refs").write_text("5")
    before, start = _peak()[0], time.process_time()
    code, lines = tell(TEXTS[name].words)
    spent = time.process_time() - start
    after = _peak()[1]
    return {
        "name": name, "code": code, "lines": len(lines), "longest": max(map(len, lines), default=0), "ms": 1000 * spent, "mb": after - before,
        "first": lines[0][:200] if lines else "", "unprintable": sum(not line.isprintable() for line in lines),
    }  # fmt: skip


def main() -> None:
    """Try every text whose name holds the word given, each in a fork of this process, which has all at hand and has run once."""
    folder, word = Path(sys.argv[1]).resolve(), sys.argv[2]
    os.chdir(tiny.copy(folder / "good"))
    with contextlib.redirect_stdout(io.StringIO()):
        tell(CHECK)
        for command in ("solve", "explain", "compare"):
            tell((command, "scenario.yaml"))
    for name, one in TEXTS.items():
        if word not in name:
            continue
        here = tiny.copy(folder / "tried")
        one.make(here)
        child = os.fork()
        if not child:
            resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
            resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
            os.chdir(here)
            answer: dict[str, object] = {"name": name, "code": -1}
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    answer = cost(name)
            except BaseException as error:  # noqa: BLE001  whatever it is, it is told
                answer["first"] = repr(error)[:200]
            finally:
                print(json.dumps(answer), flush=True)
                os._exit(0)
        status = os.waitpid(child, 0)[1]
        if status:
            print(json.dumps({"name": name, "code": -1, "first": f"killed: {status}"}), flush=True)
        shutil.rmtree(here)


if __name__ == "__main__":
    main()
