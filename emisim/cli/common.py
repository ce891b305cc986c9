"""What all commands share: options, reading a scenario with its changes, printing."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from pathlib import Path

import click

from emisim.cli.group import cli  # noqa: F401  every command joins it

LONGEST_NAME = 120


def language_of(given: str | None) -> str:
    """The language asked for, else that of the locale: Chinese if it begins with zh."""
    if given:
        return given
    for name in ("EMISIM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def as_shown(path: Path) -> str:
    """A path as the user would write it: relative to where they are, if it lies below."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


language_option = click.option(
    "--lang",
    "lang",
    type=click.Choice(["zh", "en"]),
    help="Language of the output; by default that of the locale.  输出语言，缺省随系统区域设置。",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for programs instead of tables.  输出 JSON 而非表格。"
)
scenario_argument = click.argument("scenario", type=click.Path(path_type=Path))
ALLOWED = "emisim.allowed"  # where click keeps it for the call


def _keep_allowed(context: click.Context, _, folders: tuple[Path, ...]) -> None:
    context.meta[ALLOWED] = folders


allow_path_option = click.option(
    "--allow-path", "allow_path", multiple=True, metavar="DIR", type=click.Path(path_type=Path), expose_value=False, callback=_keep_allowed,
    help="The scenario may read its plan and inventory from this folder too; repeat.  允许情景读取该文件夹中的文件，可重复。",
)  # fmt: skip
CHAPTERS = ("industry", "energy", "transport", "area", "multi", "management")


def changing(command):
    """The options that change a scenario for one call; ``changes_of`` reads them."""
    options = [
        click.option(
            "--set", "readings", multiple=True, metavar="SWITCH=VALUE",
            help="Read an ambiguous place otherwise; `emisim list switches` shows them.  更改某处歧义的读法。",
        ),
        click.option(
            "--delay", "delays", multiple=True, metavar="MEASURE=6mo",
            help="A measure, or all of an item, comes later: M08=6mo, M20c=90d, M12=1yr.  某措施推迟。",
        ),
        click.option(
            "--chapter", "chapters", multiple=True, type=click.Choice(CHAPTERS),
            help="Run only the measures of this chapter; repeat for several.  只算某章的措施，可重复。",
        ),
        click.option("--only", "only", multiple=True, metavar="MEASURE", help="Run only this measure; repeat.  只算此措施，可重复。"),
        click.option("--without", "without", multiple=True, metavar="MEASURE", help="Leave this measure out; repeat.  不计此措施，可重复。"),
        allow_path_option,
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def drawing(command):
    """The options that draw the uncertain figures; ``drawing_of`` reads them."""
    options = [
        click.option("--draws", type=click.IntRange(0), help="Draw all uncertain figures so many times, 0 for none.  不确定性抽样次数，0 为不抽样。"),
        click.option("--seed", type=click.IntRange(0), help="Seed of the draws; equal seeds give equal results.  随机种子。"),
        click.option(
            "--sampling", type=click.Choice(["sobol", "lhs", "random"]),
            help="Scrambled Sobol' nets, Latin hypercubes or plain random numbers.  抽样方法。",
        ),
        click.option(
            "--variance-of", "variance_of", multiple=True, metavar="RESULT",
            help="Sobol' indices of a target, a pollutant (NOx) or its change (NOx-change); repeat.  对该结果作方差分解，可重复。",
        ),
        click.option("--workers", type=click.IntRange(1), help="Processes that share the draws; all processors by default.  并行进程数。"),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def drawing_of(draws, seed, sampling, variance_of) -> list[tuple[tuple, object, str]]:
    """(location in the scenario, value, option as typed); ``--draws 0`` takes the draws of a scenario away."""
    if draws == 0:
        return [(("uncertainty",), None, "--draws 0")]
    asked = {"draws": (draws, "--draws"), "seed": (seed, "--seed"), "method": (sampling, "--sampling")}
    found = [(("uncertainty", k), value, f"{option} {value}") for k, (value, option) in asked.items() if value is not None]
    if variance_of:
        typed = " ".join(f"--variance-of {name}" for name in variance_of)
        found.append((("uncertainty", "variance_of"), list(variance_of), typed))
    return found


def changes_of(readings, delays, chapters, only, without) -> list[tuple[tuple, object, str]]:
    """(location in the scenario, value, option as typed)."""
    from emisim.errors import BadInput, Place, fault

    changes: list[tuple[tuple, object, str]] = []
    faults = []
    for field, option, pairs in (("switches", "--set", readings), ("delay", "--delay", delays)):
        for text in pairs:
            name, equals, value = text.partition("=")
            if not (name and equals and value):
                faults.append(fault("option.pair", Place(f"{option} {text}"), text=text))
            changes.append(((field, name.strip()), value.strip(), f"{option} {text}"))
    for field, option, words in (
        ("chapters", "--chapter", chapters),
        ("only", "--only", only),
        ("without", "--without", without),
    ):
        if words:
            changes.append((("measures", field), list(words), " ".join(f"{option} {w}" for w in words)))
    if faults:
        raise BadInput(faults)
    return changes


def folder_name(scenario: str, changes) -> str:
    """The run folder of a scenario; one of its own for every set of options that change it."""
    asked = "_".join(re.sub(r"[^\w=.+-]+", "-", option.removeprefix("--").replace(" --", "_")) for *_, option in changes)
    from emisim.text import file_name

    name = file_name(scenario)
    return f"{name}@{asked}"[:LONGEST_NAME] if asked else name


def load_scenario(scenario: Path, changes=()):
    """A scenario with everything that belongs to it."""
    from emisim.io.config_file import load

    return load(scenario, as_shown, changes, allowed=allowed_paths())


def allowed_paths() -> tuple[Path, ...]:
    """What ``--allow-path`` names in this call."""
    return click.get_current_context().meta.get(ALLOWED, ())


def run_scenario(scenario: Path, changes, language: str):
    """A scenario and its result."""
    with busy(language, "run.running"):
        from emisim.simulate import simulate

        loaded = load_scenario(scenario, changes)
        return loaded, simulate(loaded.case)


def drawn(loaded, result, workers: int | None, language: str, scheduler: str | None = None):
    """The result with what its draws say, if the scenario asks for any; a progress bar on a terminal. scheduler : of a dask cluster that is
    to make them."""
    design = loaded.case.scenario.uncertainty
    if design is None:
        return result
    from contextlib import nullcontext

    from emisim.pieces import processors
    from emisim.report.screen import progress
    from emisim.uncertainty.montecarlo import draw, with_uncertainty
    from emisim.uncertainty.spread import spread

    places = nullcontext()
    if scheduler:
        from emisim.io.parts import cluster

        places = cluster.scheduler(scheduler)
    with progress(language, "run.drawing") as tell, places as found:
        over = found.pieces if found else spread
        return with_uncertainty(result, draw(loaded.case, design, workers or processors(), tell, result, over))


def in_other_readings(loaded, result, language: str):
    """The result with the verdicts of its ensemble, if the scenario asks for one."""
    if loaded.case.scenario.ensemble is None:
        return result
    from dataclasses import replace

    from emisim.io.config_file import ensemble_of
    from emisim.report.screen import progress

    with progress(language, "run.readings") as tell:
        return replace(result, ensemble=ensemble_of(loaded, tell))


@contextmanager
def busy(language: str, key: str):
    """A moving bar on a terminal while something is done; ``key`` says what."""
    from emisim.report.screen import busy as moving_bar

    with moving_bar(language, key):
        yield


def echo(text: str, nl: bool = True, err: bool = False) -> None:
    """Print a text as it is, by the stream's own rule for signs that it cannot show; click has another."""
    click.echo(text, file=sys.stderr if err else sys.stdout, nl=nl)


def print_json(data) -> None:
    """Plain data as JSON, the same bytes wherever it is printed."""
    from emisim.io.run_folder import dump

    sys.stdout.buffer.write(dump(data))
    sys.stdout.buffer.flush()


def unused(why: str, *names: str) -> None:
    """Refuse options that were typed where they say nothing.

    Raises
    ------
    BadInput
    """
    from emisim.errors import BadInput, Term, fault

    context = click.get_current_context()
    typed = [p for p in context.command.params if p.name in names]
    typed = [p.opts[0] for p in typed if context.get_parameter_source(p.name) is click.core.ParameterSource.COMMANDLINE]
    if typed:
        raise BadInput([fault("question.unused", options=", ".join(typed), why=Term(f"question.unused.{why}"))])
