"""The command line: parse, call, print, set the exit code. Heavy imports happen inside the command that needs them.

Exit codes: 0 fine · 1 a target is missed (``check``) · 2 bad input · 3 a fault of emisim's own · 130 interrupted.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import click

from emisim import __version__

LISTS = (
    "clauses", "measures", "departments", "targets", "indicators", "switches", "projects", "rules", "nitrogen", "sources",
    "mechanisms", "units",
)  # fmt: skip
LONGEST_NAME = 120
WITHOUT_SCENARIO = ("mechanisms", "units", "rules")
RESULTS = ("clauses", "departments", "indicators", "projects", "nitrogen")  # what a run brings


def _language(given: str | None) -> str:
    """The language asked for, else that of the locale: Chinese if it begins with zh."""
    if given:
        return given
    for name in ("EMISIM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def _shown(path: Path) -> str:
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
CHAPTERS = ("industry", "energy", "transport", "area", "multi", "management")


def changing(command):
    """The options that change a scenario for one call; ``_changes`` reads them."""
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
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _changes(readings, delays, chapters, only, without) -> list[tuple[tuple, object, str]]:
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


def _folder_name(scenario: str, changes) -> str:
    """The run folder of a scenario; one of its own for every set of options that change it."""
    asked = "_".join(re.sub(r"[^\w=.+-]+", "-", option.removeprefix("--").replace(" --", "_")) for *_, option in changes)
    return f"{scenario}@{asked}"[:LONGEST_NAME] if asked else scenario


class _Group(click.Group):
    """Keeps the order in which a user meets the commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="emisim")
def cli() -> None:
    """Apply an action plan to an emission inventory: are its targets met, and which measure brings what?

    \b
    emisim run scenarios/mengjin-2025.yaml      totals, measures, verdicts, and a run folder
    emisim check scenarios/mengjin-2025.yaml    the same question for a script: exit code 1 if a target is missed
    emisim new my-county                        a copy of an example to start from

    将行动方案逐条作用于排放清单：目标能否完成，哪项措施贡献多少。加 --lang zh 输出中文。
    """


def _load(scenario: Path, changes=()):
    from emisim.io.config_file import load

    return load(scenario, _shown, changes)


def _result(scenario: Path, changes=()):
    from emisim.simulate import simulate

    loaded = _load(scenario, changes)
    return loaded, simulate(loaded.case)


def _print_json(data) -> None:
    from emisim.io.run_folder import dump

    sys.stdout.buffer.write(dump(data))
    sys.stdout.buffer.flush()


@cli.command()
@scenario_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Run folder; by default outputs/<scenario>.  结果文件夹，缺省为 outputs/<情景名>。",
)
@changing
@language_option
@json_option
def run(scenario: Path, out: Path | None, lang: str | None, as_json: bool, **asked) -> None:
    """Run a scenario and write its run folder.  运行情景并写出结果文件夹。"""
    from emisim.io.run_folder import write_run
    from emisim.summary import summarise
    from emisim.text import say

    language = _language(lang)
    changes = _changes(**asked)
    loaded, result = _result(scenario, changes)
    folder = out or Path("outputs") / _folder_name(result.scenario.scenario, changes)
    command = " ".join(["emisim run", _shown(scenario), *(option for *_, option in changes)])
    files = write_run(folder, loaded, result, language, command)
    if as_json:
        _print_json(summarise(result))
        return
    from emisim.report.screen import show_run

    names = ", ".join(f.name for f in files)
    written = _result(scenario)[1] if changes else None
    show_run(result, language, [say("run.files", language, folder=_shown(folder), files=names)], written)


@cli.command()
@scenario_argument
@changing
@language_option
@json_option
def check(scenario: Path, lang: str | None, as_json: bool, **asked) -> None:
    """Compare a scenario with its targets: exit code 1 if one is missed. Writes nothing.  核对目标完成情况。"""
    from emisim.report.plan_tables import adoption_lines, indicators
    from emisim.report.screen import console, show, show_lines
    from emisim.report.tables import any_missed, verdicts
    from emisim.summary import target_entry

    _, result = _result(scenario, _changes(**asked))
    if as_json:
        _print_json({"scenario": result.scenario.scenario, "targets": [target_entry(v) for v in result.verdicts]})
    else:
        language, out = _language(lang), console()
        show(verdicts(result, language), out)
        show_lines(adoption_lines(result, language), out)
        found = indicators(result, language)
        if found.rows:
            show(found, out)
    if any_missed(result):
        sys.exit(1)


@cli.command()
@click.argument("scenarios", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--schema",
    type=click.Choice(["scenario", "plan"]),
    help="Print the JSON Schema of such files, for editors that check YAML.  输出此类文件的 JSON Schema，供编辑器校验。",
)
@language_option
def validate(scenarios: tuple[Path, ...], schema: str | None, lang: str | None) -> None:
    """Check scenarios with their plans and inventories without running them.  只检查输入文件。"""
    from emisim.errors import BadInput
    from emisim.text import say

    if schema:
        from emisim.plan import Plan
        from emisim.scenario import Scenario

        _print_json({"scenario": Scenario, "plan": Plan}[schema].model_json_schema(by_alias=True))
    elif not scenarios:
        raise click.UsageError("Name at least one scenario, or use --schema.")
    faults = []
    for scenario in scenarios:
        try:
            case = _load(scenario).case
        except BadInput as bad:
            faults += bad.faults
        else:
            counts = {"sources": len(case.inventory), "measures": len(case.bound.names), "operations": len(case.bound.operations)}
            click.echo(say("validate.fine", _language(lang), file=_shown(scenario), **counts))
    if faults:
        raise BadInput(faults)


@cli.command(name="list")
@click.argument("what", type=click.Choice(LISTS))
@click.argument("scenario", type=click.Path(path_type=Path), required=False)
@click.option("--plan", "plan", help="In place of a scenario: the first of scenarios/ that runs this plan.  按方案名选用情景。")
@changing
@language_option
@json_option
def list_(what: str, scenario: Path | None, plan: str | None, lang: str | None, as_json: bool, **asked) -> None:
    """List what a plan, an inventory or emisim holds.  列出清单。

    \b
    emisim list clauses --plan mengjin                     every clause with its tonnes, deadline, department
    emisim list switches scenarios/mengjin-2025.yaml       ambiguous places and how far each reading moves each target
    emisim list mechanisms
    """
    from emisim.errors import BadInput, fault
    from emisim.report import lists

    language, changes = _language(lang), _changes(**asked)
    if scenario is None and plan is not None:
        from emisim.io.config_file import scenario_of_plan

        scenario = scenario_of_plan(plan, Path("scenarios"))
        if scenario is None:
            raise BadInput([fault("list.plan", what=what, word=plan, folder="scenarios")])
    if what in WITHOUT_SCENARIO:
        found = lists.of_emisim(what, language)
    elif scenario is None:
        raise BadInput([fault("list.needs_scenario", what=what)])
    elif what in RESULTS:
        found = lists.of_result(what, _result(scenario, changes)[1], language)
    elif what == "switches":
        from emisim.io.config_file import turned

        loaded = _load(scenario, changes)
        found = lists.of_switches(loaded.case, turned(loaded), language)
    else:
        found = lists.of_case(what, _load(scenario, changes).case, language)
    if as_json:
        _print_json(found.data)
    else:
        for table in found.tables:
            _show(table, as_json)


def _show(table, as_json: bool) -> None:
    if as_json:
        _print_json([dict(zip(table.header, row, strict=True)) for row in table.rows])
        return
    from emisim.report.screen import console, show

    show(table, console())


@cli.command(name="show")
@scenario_argument
@click.argument("what", type=click.Choice(["scenario", "inventory", "plan"]), default="scenario")
@changing
@language_option
@json_option
def show_(scenario: Path, what: str, lang: str | None, as_json: bool, **asked) -> None:
    """Show a scenario with everything filled in, its inventory by sector with grades, or its plan as a Markdown page.
    显示情景、分部门清单或方案。"""
    from emisim.io.run_folder import resolved, resolved_yaml
    from emisim.report.tables import inventory_by_sector

    case = _load(scenario, _changes(**asked)).case
    if what == "inventory":
        _show(inventory_by_sector(case.inventory, _language(lang)), as_json)
    elif what == "plan":
        from emisim.report.plan_page import plan_page

        _print_json(case.plan.model_dump(mode="json", by_alias=True)) if as_json else click.echo(
            plan_page(case.plan, _language(lang))
        )
    elif as_json:
        _print_json(resolved(case))
    else:
        click.echo(resolved_yaml(case), nl=False)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--example", default="mengjin", show_default=True, help="mengjin or yichuan.  示例名称。")
@language_option
def new(folder: Path, example: str, lang: str | None) -> None:
    """Make a working copy of an example to start from.  复制一份示例作为起点。"""
    from emisim.io.examples import copy_example
    from emisim.text import say

    files = copy_example(example, folder)
    first = next(f for f in files if f.name == f"{example}-2025.yaml")
    click.echo(say("new.done", _language(lang), folder=_shown(folder), count=len(files), first=_shown(first)))


def main() -> None:
    """Entry point: turns every error into its exit code and its lines."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(_guarded())


def _guarded() -> int:
    from emisim.errors import BadInput, Broken
    from emisim.text import say

    language = _language(_asked_language())
    try:
        cli.main(prog_name="emisim", standalone_mode=False)
        sys.stdout.flush()
    except BadInput as bad:
        for problem in bad.faults:
            click.echo(problem.text(language), err=True)
        return 2
    except click.ClickException as error:
        command = error.ctx.command_path if getattr(error, "ctx", None) else "emisim"
        click.echo(say("usage", language, text=error.format_message(), command=command), err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except (Broken, MemoryError, Exception) as error:  # noqa: BLE001  whatever is left is our own fault, told in one line
        click.echo(say("broken", language, kind=type(error).__name__, reason=str(error) or "-"), err=True)
        if os.environ.get("EMISIM_TRACEBACK"):
            raise
        return 3
    return 0


def _asked_language() -> str | None:
    """``--lang`` as typed, for messages of errors that happen before it is parsed."""
    words = sys.argv[1:]
    for k, word in enumerate(words):
        if word in ("--lang=zh", "--lang=en"):
            return word[-2:]
        if word == "--lang" and words[k + 1 : k + 2] in (["zh"], ["en"]):
            return words[k + 1]
    return None


if __name__ == "__main__":
    main()
