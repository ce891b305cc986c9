"""list, show, new: what there is, and a copy to start from."""

from __future__ import annotations

from pathlib import Path

import click

from emisim.cli.common import (
    as_shown,
    busy,
    changes_of,
    changing,
    cli,
    json_option,
    language_of,
    language_option,
    load_scenario,
    print_json,
    run_scenario,
    scenario_argument,
)

LISTS = (
    "clauses", "measures", "departments", "targets", "indicators", "switches", "projects", "rules", "nitrogen", "costs", "inputs", "sources",
    "mechanisms", "units",
)  # fmt: skip
WITHOUT_SCENARIO = ("mechanisms", "units", "rules")
RESULTS = ("clauses", "departments", "indicators", "projects", "nitrogen")  # what a run brings


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

    language, changes = language_of(lang), changes_of(**asked)
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
        found = lists.of_result(what, run_scenario(scenario, changes, language)[1], language)
    elif what == "inputs":
        found = lists.of_inputs(load_scenario(scenario, changes).case, language)
    elif what == "costs":
        with busy(language, "run.running"):
            found = lists.of_costs(load_scenario(scenario, changes).case, language)
    elif what == "switches":
        from emisim.io.config_file import turned
        from emisim.report.screen import progress

        loaded = load_scenario(scenario, changes)
        with progress(language, "run.readings") as tell:
            found = lists.of_switches(loaded.case, turned(loaded), language, tell)
    else:
        found = lists.of_case(what, load_scenario(scenario, changes).case, language)
    if as_json:
        print_json(found.data)
    else:
        for table in found.tables:
            _show(table, as_json)


def _show(table, as_json: bool) -> None:
    if as_json:
        print_json([dict(zip(table.header, row, strict=True)) for row in table.rows])
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

    case = load_scenario(scenario, changes_of(**asked)).case
    if what == "inventory":
        _show(inventory_by_sector(case.inventory, language_of(lang)), as_json)
    elif what == "plan":
        from emisim.report.plan_page import plan_page

        print_json(case.plan.model_dump(mode="json", by_alias=True)) if as_json else click.echo(
            plan_page(case.plan, language_of(lang))
        )
    elif as_json:
        print_json(resolved(case))
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
    click.echo(say("new.done", language_of(lang), folder=as_shown(folder), count=len(files), first=as_shown(first)))
