"""run, check, rerun, validate: the question a plan is asked first."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from emisim.cli.common import (
    allow_path_option,
    allowed_paths,
    as_shown,
    busy,
    changes_of,
    changing,
    cli,
    drawing,
    drawing_of,
    drawn,
    echo,
    folder_name,
    in_other_readings,
    json_option,
    language_of,
    language_option,
    load_scenario,
    print_json,
    run_scenario,
    scenario_argument,
    unused,
)


@cli.command()
@scenario_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Run folder; by default outputs/<scenario>.  结果文件夹，缺省为 outputs/<情景名>。",
)
@click.option(
    "--files", "files", multiple=True, metavar="NAME",
    help="Make only these files of the run folder, run.json with them: result.nc,ledger.csv; repeat or use commas.  只写出这些结果文件（另加 run.json），可重复或用逗号分隔。",
)  # fmt: skip
@click.option(
    "--block",
    type=click.IntRange(1),
    metavar="N",
    help="Run whole regions at a time, about N sources together, for an inventory of any size; every source goes to sources.zarr. Needs `each: region` in the scenario.  按整个区域分块计算（每块约 N 个源），适用于任意规模清单。",
)
@click.option(
    "--scheduler", metavar="ADDRESS",
    help="Run the blocks, or the draws, on the dask cluster whose scheduler is there: tcp://host:8786.  在 dask 集群上运行。",
)  # fmt: skip
@click.option("--keep-draws", is_flag=True, help="Keep every draw in result.nc.  在 result.nc 中保存每次抽样。")
@click.option(
    "--ensemble/--no-ensemble",
    "ensemble",
    default=True,
    help="Judge the readings that the scenario names under `ensemble`; on by default.  是否按情景所列各种读法分别核算。",
)
@drawing
@changing
@language_option
@json_option
def run(
    scenario: Path, out: Path | None, files: tuple[str, ...], block: int | None, scheduler: str | None, keep_draws: bool, ensemble: bool, draws, seed, sampling, variance_of, workers: int | None,
    lang: str | None, as_json: bool, **asked,
) -> None:  # fmt: skip
    """Run a scenario and write its run folder.  运行情景并写出结果文件夹。"""
    from emisim.io.run_folder import files_named, input_names, write_run
    from emisim.report.screen import show_lines, show_run
    from emisim.summary import summarise
    from emisim.text import say

    language, wanted = language_of(lang), files_named(files)
    changes, draws_asked = changes_of(**asked), drawing_of(draws, seed, sampling, variance_of)
    if block or (scheduler and not draws_asked):
        from emisim.cli.parts import run_parts

        unused("parts", "keep_draws")
        run_parts(scenario, out, block, scheduler, workers, changes, draws_asked, wanted, bool(files), language, as_json)
        return
    loaded, result = run_scenario(scenario, [*changes, *draws_asked], language)
    if loaded.case.scenario.uncertainty is None:
        unused("draws", "keep_draws", "workers")
    result = drawn(loaded, result, workers, language, scheduler)
    if ensemble:
        result = in_other_readings(loaded, result, language)
    folder = out or Path("outputs") / folder_name(result.scenario.scenario, changes)
    typed = [option for *_, option in [*changes, *draws_asked]]
    typed += [f"--allow-path {as_shown(path)}" for path in allowed_paths()]
    typed += [f"--files {','.join(wanted)}"] * bool(files) + ["--keep-draws"] * keep_draws + ["--no-ensemble"] * (not ensemble)
    command = " ".join(["emisim run", input_names(loaded)[0], *typed])
    written = run_scenario(scenario, (), language)[1] if changes and not as_json else None
    early = sys.stdout.isatty() and not as_json  # whoever looks on has the answer while the files are still being made
    if early:
        show_run(result, language, written)
    with busy(language, "run.writing"):
        made = write_run(folder, loaded, result, language, command, keep_draws, wanted)
    if as_json:
        print_json(summarise(result))
        return
    if not early:
        show_run(result, language, written)
    show_lines([say("run.files", language, folder=as_shown(folder), files=", ".join(file.name for file in made))])


@cli.command()
@scenario_argument
@drawing
@changing
@language_option
@json_option
def check(
    scenario: Path, draws, seed, sampling, variance_of, workers: int | None, lang: str | None, as_json: bool, **asked
) -> None:  # fmt: skip
    """Compare a scenario with its targets: exit code 1 if one is missed. Writes nothing.  核对目标完成情况。"""
    from emisim.report.screen import show_check
    from emisim.report.tables import any_missed
    from emisim.summary import summarise

    language = language_of(lang)
    loaded, result = run_scenario(scenario, [*changes_of(**asked), *drawing_of(draws, seed, sampling, variance_of)], language)
    if loaded.case.scenario.uncertainty is None:
        unused("draws", "workers")
    result = drawn(loaded, result, workers, language)
    if as_json:
        summary = summarise(result)
        print_json({k: summary[k] for k in ("scenario", "targets", "uncertainty") if k in summary})
    else:
        show_check(result, language)
    if any_missed(result):
        sys.exit(1)


@cli.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--stored",
    is_flag=True,
    help="Repeat it from the copies of the input files that result.nc keeps.  用 result.nc 中保存的输入文件副本重复。",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the files of the repeat.  写出重复运行结果的文件夹。")
@click.option(
    "--workers", type=click.IntRange(1), help="Processes that share the draws; all processors by default.  并行进程数。"
)
@language_option
@json_option
def rerun(run: Path, stored: bool, out: Path | None, workers: int | None, lang: str | None, as_json: bool) -> None:
    """Repeat a run from its run.json and compare every file: exit code 1 if one differs.  按 run.json 重复一次运行并逐个比对文件。

    \b
    emisim rerun outputs/mengjin-2025
    emisim rerun received/run.json --stored
    """
    from emisim.errors import BadInput, Place, fault
    from emisim.io.rerun import rerun as repeat_of
    from emisim.io.safe_write import write_files
    from emisim.pieces import processors
    from emisim.report.screen import progress, show_rerun
    from emisim.text import say

    language = language_of(lang)
    if out and out.resolve() == (run if run.is_dir() else run.parent).resolve():
        raise BadInput([fault("rerun.out", Place(as_shown(out)))])
    repeat = repeat_of(run, stored, workers or processors(), lambda key: progress(language, key))
    files = write_files(out, repeat.contents) if out else []
    if as_json:
        print_json(repeat.data())
    else:
        names = ", ".join(f.name for f in files)
        show_rerun(repeat, language, [say("run.files", language, folder=as_shown(out), files=names)] if out else [])
    if not repeat.equal:
        sys.exit(1)


@cli.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--schema",
    type=click.Choice(["scenario", "plan", "mapping"]),
    help="Print the JSON Schema of such files, for editors that check YAML.  输出此类文件的 JSON Schema，供编辑器校验。",
)
@allow_path_option
@language_option
def validate(files: tuple[Path, ...], schema: str | None, lang: str | None) -> None:
    """Check scenarios with their plans and inventories, or filled-in Excel templates, without running them.
    只检查输入文件（情景，或填好的 Excel 清单模板）。"""
    from emisim.errors import BadInput

    if schema:
        from emisim.importing.mapping import Mapping
        from emisim.plan import Plan
        from emisim.scenario import Scenario

        print_json({"scenario": Scenario, "plan": Plan, "mapping": Mapping}[schema].model_json_schema(by_alias=True))
    elif not files:
        raise click.UsageError("Name at least one scenario, or use --schema.")
    faults = []
    for file in files:
        try:
            echo((_check_template if file.suffix.lower() == ".xlsx" else _check_scenario)(file, language_of(lang)))
        except BadInput as bad:
            faults += bad.faults
    if faults:
        raise BadInput(faults)


def _check_scenario(file: Path, language: str) -> str:
    """One line about a scenario that is fine, and another if one of its files seems cut off."""
    from emisim.cautions import cut_off
    from emisim.text import say
    from emisim.uncertainty.inputs import uncertain_inputs
    from emisim.uncertainty.sampling import check_correlations

    case = load_scenario(file).case
    check_correlations(uncertain_inputs(case))
    counts = {"sources": len(case.inventory), "measures": len(case.bound.names), "operations": len(case.bound.operations)}
    unread = len(case.plan.unread())
    more = say("validate.unread", language, count=unread) if unread else ""
    cut = [say("run.warning", language, text=f.text(language)) for f in cut_off((f.shown, f.content) for f in case.origin.files)]
    return "\n".join([say("validate.fine", language, file=as_shown(file), **counts) + more, *cut])


def _check_template(file: Path, language: str) -> str:
    """One line about a filled-in template that is fine."""
    from emisim.io.filled_template import read_filled
    from emisim.io.template import caution
    from emisim.text import say

    inventory = read_filled(file, as_shown(file))
    lines = [say("validate.template", language, file=as_shown(file), sources=len(inventory)), caution(inventory, language)]
    return "\n".join(filter(None, lines))
