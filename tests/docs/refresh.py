"""The pages of the documentation with the output of their own commands.

    python -m tests.docs.refresh            rewrite every output block of README*.md and docs/**/*.md
    python -m tests.docs.refresh --check    only say which pages are stale (exit code 1)

What is between the fences is kept as follows; a page is one session, from top to bottom, in a fresh folder that holds ``scenarios`` and ``inputs``.

    ```console     lines that begin with ``$ `` are typed, everything else is rewritten. Known: emisim, make run, echo $?
    ```pycon       lines that begin with >>> or ... are typed into one Python, everything else is rewritten
    ```diff        after ``<!-- edit: PATH -->``: lines with - become lines with + in that file
    other fences   after ``<!-- file: PATH -->``: the content of that file

A comment ``<!-- output: head=8 tail=1 exit=2 -->`` before a console block shortens each output (the cut is shown as …) and names the exit code
of its last command; ``exit=any`` is 0 or 1, for a verdict that may turn.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.docs import ready

ROOT = Path(__file__).resolve().parents[2]
CUT = "…"
COLUMNS = 120
_FENCE = re.compile(
    r"(?P<mark>^<!-- (?P<kind>output|file|edit):(?P<words>[^\n]*) -->\n)?^```(?P<info>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Stale(AssertionError):
    """A command that ended otherwise than its page says, or an edit that no longer fits."""


def pages() -> list[Path]:
    """All pages, READMEs first."""
    return [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@cache
def generated() -> dict[Path, str]:
    """Pages that are made from the plan files: path → what it should hold."""
    from emisim.io.config_file import read_model
    from emisim.plan import Plan
    from emisim.report.plan_page import plan_page

    out = {}
    for path in sorted((ROOT / "inputs" / "plans").glob("*.yaml")):
        plan, _ = read_model(Plan, path, path.name)
        for language, ending in (("en", ""), ("zh", ".zh-CN")):
            out[ROOT / "docs" / "reference" / f"plan-{path.stem}{ending}.md"] = plan_page(plan, language)
    return out


def commands(text: str) -> list[str]:
    """The lines typed in the console blocks of a page."""
    bodies = [m["body"] for m in _FENCE.finditer(text) if m["info"] == "console"]
    return [line[2:] for body in bodies for line in body.splitlines() if line.startswith("$ ")]


def refreshed(text: str) -> str:
    """The page as it should be."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("scenarios", "inputs"):
            shutil.copytree(ROOT / part, folder / part)
        session = _Session(folder)
        return _FENCE.sub(session.block, text)


class _Session:
    def __init__(self, folder: Path):
        self.folder = folder
        self.code = 0
        self.names: dict[str, object] = {"__name__": "__main__"}

    def block(self, match: re.Match) -> str:
        kind, words, body = match["kind"], (match["words"] or "").strip(), match["body"]
        if kind in ("file", "edit") and words.startswith("emisim/") and not (self.folder / "emisim").exists():
            shutil.copytree(
                ROOT / "emisim", self.folder / "emisim", ignore=shutil.ignore_patterns("__pycache__")
            )  # what is in the folder is run first
        if kind == "file":
            path = self.folder / words
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")
        elif kind == "edit":
            self.edit(self.folder / words, body)
        elif match["info"] == "console":
            body = self.console(body, dict(w.split("=") for w in words.split()))
        elif match["info"] == "pycon":
            body = self.python(body)
        return f"{match['mark'] or ''}```{match['info']}\n{body}```"

    def edit(self, path: Path, diff: str) -> None:
        text = path.read_text(encoding="utf-8")
        old = "".join(line[1:] + "\n" for line in diff.splitlines() if line[:1] in ("-", " "))
        new = "".join(line[1:] + "\n" for line in diff.splitlines() if line[:1] in ("+", " "))
        if text.count(old) != 1:
            raise Stale(f"{path.name} has these lines {text.count(old)} times, not once:\n{old}")
        path.write_text(text.replace(old, new), encoding="utf-8")

    def console(self, body: str, options: dict[str, str]) -> str:
        out: list[str] = []
        typed = [line[2:] for line in body.splitlines() if line.startswith("$ ")]
        for command in typed:
            out.append(f"$ {command}")
            out += shortened(self.run(command), int(options.get("head", 0)), int(options.get("tail", 0)))
        wanted = options.get("exit", "0")
        if str(self.code) != wanted and not (wanted == "any" and self.code in (0, 1)):
            raise Stale(f"`{typed[-1]}` ended with {self.code}, not {wanted}:\n" + "\n".join(out))
        return "".join(line + "\n" for line in out)

    def run(self, command: str) -> list[str]:
        if command == "echo $?":
            return [str(self.code)]
        words = shlex.split("emisim run scenarios/mengjin-2025.yaml" if command == "make run" else command)
        if words[0] != "emisim":
            raise Stale(f"`{command}`: only emisim, `make run` and `echo $?` can be refreshed; fence other commands as sh")
        self.code, shown = on_terminal(words[1:], self.folder)
        lines = [line.rstrip() for line in _STYLE.sub("", shown).splitlines()]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def python(self, body: str) -> str:
        """Type the statements of a session; the value of an expression is shown like Python does."""
        out: list[str] = []
        statements: list[list[str]] = []
        for line in body.splitlines():
            if line.startswith(">>> "):
                statements.append([line])
            elif line.startswith("..."):
                statements[-1].append(line)
        for lines in statements:
            out += lines
            source = "\n".join(line[4:] for line in lines)
            stream = io.StringIO()
            with contextlib.redirect_stdout(stream), contextlib.chdir(self.folder):
                tree = ast.parse(source)
                shown = isinstance(tree.body[-1], ast.Expr)
                exec(compile(ast.Interactive(tree.body) if shown else tree, "<page>", "single" if shown else "exec"), self.names)  # noqa: S102
            out += stream.getvalue().rstrip().splitlines()
        return "".join(line.rstrip() + "\n" for line in out)


def on_terminal(words: list[str], folder: Path) -> tuple[int, str]:
    """Exit code and screen of ``python -m emisim`` on a terminal of ``COLUMNS`` columns; what it says on its error stream comes last,
    and that is no terminal, so that there are no progress bars."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    with tempfile.TemporaryFile() as errors:
        command = ready.start(words, folder, environment(), theirs, errors.fileno())
        os.close(theirs)
        parts = []
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not part:
                break
            parts.append(part)
        os.close(ours)
        code = command()
        errors.seek(0)
        parts.append(errors.read())
    return code, b"".join(parts).decode().replace("\r\n", "\n")


def shortened(lines: list[str], head: int, tail: int) -> list[str]:
    """The first and last lines, with the cut marked."""
    if not (head or tail) or len(lines) <= head + tail + 1:
        return lines
    return [*lines[:head], CUT, *(lines[-tail:] if tail else [])]


def environment() -> dict[str, str]:
    """A plain English terminal, with this checkout's emisim."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("EMISIM_", "LC_", "LANG", "COLUMNS", "LINES", "FORCE_COLOR", "PYTHON"))
    }
    return {**kept, "EMISIM_LANG": "en", "NO_COLOR": "1", "TERM": "xterm", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}


def main(arguments: list[str]) -> int:
    stale = 0
    for page, text in generated().items():
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            print(page.relative_to(ROOT))
            stale += "--check" in arguments
            if "--check" not in arguments:
                page.write_text(text, encoding="utf-8")
    for page in (p for p in pages() if p not in generated()):
        text = page.read_text(encoding="utf-8")
        try:
            new = refreshed(text)
        except Stale as problem:
            print(f"{page.relative_to(ROOT)}: {problem}", file=sys.stderr)
            stale += 1
            continue
        if new == text:
            continue
        print(page.relative_to(ROOT))
        if "--check" in arguments:
            stale += 1
        else:
            page.write_text(new, encoding="utf-8")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
