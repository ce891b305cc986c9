"""Fuzz the four readers, two at a time, guided by coverage (atheris); where there is no atheris, by random mutations alone.

    python -m tests.trust.fuzz.run --minutes 10 [yaml csv units selectors]

What is found is kept in outputs/trust/findings/; a fault that is mended moves to ``corpus``. The exit code is 1 if anything was found.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[3]
FIGURES = ROOT / "outputs" / "trust"
AT_A_TIME = 2
MEMORY_MB = 2000  # of the process; a single input is held to 200 MB by the target itself
HANGS_S = 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trust.fuzz.run", description="Fuzz the readers.")
    parser.add_argument("targets", nargs="*", metavar="target", help="yaml, csv, units, selectors; all by default")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each target")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        inside(asked.targets[0], asked.minutes * 60, asked.inside)
        return 0
    if find_spec("atheris") is None:
        print(
            f"atheris has no wheel for Python {sys.version_info[0]}.{sys.version_info[1]} here: mutations at random, without its guidance"
        )
    found = fuzz(asked.targets or ["yaml", "csv", "units", "selectors"], asked.minutes)
    FIGURES.mkdir(parents=True, exist_ok=True)
    (FIGURES / "fuzz.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 1 if any(one["findings"] for one in found["targets"].values()) else 0


def fuzz(names: list[str], minutes: float) -> dict:
    """Run the targets, ``AT_A_TIME`` at a time: what each did and found."""
    done: dict[str, dict] = {}
    waiting, running = list(names), {}
    with tempfile.TemporaryDirectory(prefix="emisim-fuzz-") as folder:
        while waiting or running:
            while waiting and len(running) < AT_A_TIME:
                name = waiting.pop(0)
                running[name] = _started(name, minutes, Path(folder) / name)
            time.sleep(0.2)
            for name in [n for n, process in running.items() if process.poll() is not None]:
                code = running.pop(name).returncode
                state = json.loads((Path(folder) / name / "state.json").read_text(encoding="utf-8"))
                if code:
                    state["findings"].append(f"the process ended with {code}: a hang of {HANGS_S} s, or {MEMORY_MB} MB")
                done[name] = state
                print(
                    f"{name}: {state['executions']} executions in {state['seconds']:.0f} s, {len(state['findings'])} findings",
                    flush=True,
                )
                for finding in state["findings"]:
                    print(f"  {finding}", flush=True)
    return {"guided": find_spec("atheris") is not None, "minutes": minutes, "targets": {name: done[name] for name in names}}


def _started(name: str, minutes: float, folder: Path) -> subprocess.Popen:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.trust.fuzz.run", name, "--minutes", str(minutes), "--inside", str(folder)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)


class Watch:
    """Gives inputs to a target, goes on after a finding, and keeps one input of each kind of finding."""

    def __init__(self, target, folder: Path):
        self.target, self.folder = target, folder
        self.start = self.kept = time.monotonic()
        self.executions = 0
        self.findings: dict[str, str] = {}
        self.keep()

    def take(self, data: bytes) -> None:
        self.executions += 1
        try:
            self.target.one_input(data)
        except Exception as error:
            place = next((f for f in reversed(traceback.extract_tb(error.__traceback__)) if "/emisim/" in f.filename), None)
            where = f"{Path(place.filename).name}:{place.lineno}" if place else "limits"
            kind = f"{type(error).__name__} at {where}"
            if kind not in self.findings:
                stored = FIGURES / "findings" / f"{self.target.name}-{hashlib.sha256(data).hexdigest()[:12]}"
                stored.parent.mkdir(parents=True, exist_ok=True)
                stored.write_bytes(data)
                self.findings[kind] = f"{kind}: {str(error)[:200]} ({stored.relative_to(ROOT).as_posix()})"
        if time.monotonic() - self.kept > 1.0:
            self.keep()

    def keep(self) -> None:
        self.kept = time.monotonic()
        state = {
            "executions": self.executions,
            "seconds": round(self.kept - self.start, 1),
            "findings": list(self.findings.values()),
        }
        new = self.folder / "state.new"
        new.write_text(json.dumps(state), encoding="utf-8")
        os.replace(new, self.folder / "state.json")


def inside(name: str, seconds: float, folder: Path) -> None:
    """Fuzz one target in this process."""
    if find_spec("atheris") is None:
        from tests.trust.fuzz.mutation import mutated
        from tests.trust.fuzz.targets import LONGEST, TARGETS

        watch = Watch(TARGETS[name], folder)
        for data in mutated(watch.target.inputs(), time.time_ns(), LONGEST):
            watch.take(data)
            if time.monotonic() - watch.start > seconds:
                break
        watch.keep()
        return
    import atheris

    with atheris.instrument_imports(include=["emisim"]):
        from tests.trust.fuzz.targets import LONGEST, TARGETS
    watch = Watch(TARGETS[name], folder)
    seeds = folder / "seeds"
    seeds.mkdir()
    inputs = watch.target.inputs()
    for k, data in enumerate(inputs):
        (seeds / str(k)).write_bytes(data)
    (folder / "words").write_text(_dictionary(inputs), encoding="ascii")
    options = [
        f"-max_total_time={max(1, round(seconds))}",
        f"-max_len={LONGEST}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-timeout={HANGS_S}",
    ]
    options += [f"-dict={folder / 'words'}", f"-artifact_prefix={folder}/", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, str(seeds)], watch.take)
    atheris.Fuzz()


def _dictionary(inputs: list[bytes]) -> str:
    """The words of the inputs as libFuzzer wants them."""
    from tests.trust.fuzz.mutation import TRAPS

    words = {word for data in inputs for word in data.replace(b":", b" ").replace(b",", b" ").split() if len(word) < 40}
    words |= {trap if isinstance(trap, bytes) else trap.encode() for trap in TRAPS}
    return "".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in sorted(words))


if __name__ == "__main__":
    sys.exit(main())
