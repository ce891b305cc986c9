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
    echo,
    json_option,
    language_of,
    language_option,
    load_scenario,
    print_json,
    run_scenario,
    scenario_argument,
    unused,
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

        print_json(case.plan.model_dump(mode="json", by_alias=True)) if as_json else echo(plan_page(case.plan, language_of(lang)))
    elif as_json:
        print_json(resolved(case))
    else:
        echo(resolved_yaml(case), nl=False)


@cli.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--example", default="mengjin", show_default=True, help="mengjin or yichuan.  示例名称。")
@click.option(
    "--plan",
    "text",
    is_flag=False,
    flag_value="",
    metavar="[TEXT]",
    help="Begin a plan of your own in the folder, from its text (.txt, .md) if one is named.  由方案文本（可省略）生成方案框架。",
)
@click.option(
    "--inventory", type=click.Path(path_type=Path), help="Inventory folder that the plan acts on.  方案所用清单文件夹。"
)
@click.option("--region", help="Code of the region of the plan or template.  行政区划代码。")
@click.option("--year", type=click.IntRange(1900, 2200), default=2020, show_default=True, help="Base year.  基准年。")
@click.option(
    "--inventory-xlsx",
    "template",
    is_flag=True,
    help="Write an empty inventory as an Excel file to fill in.  生成待填写的 Excel 清单模板。",
)
@language_option
def new(
    path: Path, example: str, text: str | None, inventory: Path | None, region: str | None, year: int, template: bool, lang: str | None
) -> None:  # fmt: skip
    """Begin something of your own: a copy of an example, a plan, an inventory to fill in.  新建：示例副本、方案框架、清单模板。

    \b
    emisim new my-county                                        a copy of an example
    emisim new my-county --plan plan.txt --inventory inputs/x   every item of a plan's text as a clause to encode
    emisim new stock.xlsx --inventory-xlsx --region 410329      an Excel file for a bureau; emisim validate checks it
    """
    language = language_of(lang)
    if template:
        unused("template", "example", "text", "inventory")
        _new_template(path, region or "", year, language)
    elif text is not None:
        unused("new_plan", "example")
        _new_plan(path, text, inventory, region, year, language)
    else:
        unused("new_example", "inventory", "region", "year")
        _new_example(path, example, language)


def _new_example(folder: Path, example: str, language: str) -> None:
    from emisim.io.examples import copy_example
    from emisim.text import say

    files = copy_example(example, folder)
    first = next(f for f in files if f.name == f"{example}-2025.yaml")
    echo(say("new.done", language, folder=as_shown(folder), count=len(files), first=as_shown(first)))


def _new_template(path: Path, region: str, year: int, language: str) -> None:
    from emisim.errors import BadInput, Place, fault
    from emisim.io.safe_write import write_files
    from emisim.io.template import template_bytes
    from emisim.text import say

    if path.suffix.lower() != ".xlsx":
        raise BadInput([fault("new.xlsx", Place(as_shown(path)))])
    if path.exists():
        raise BadInput([fault("new.exists", Place(as_shown(path)))])
    write_files(path.parent, {path.name: template_bytes(region, year)})
    echo(say("new.template", language, file=as_shown(path)))


def _new_plan(folder: Path, text: str, inventory: Path | None, region: str | None, year: int, language: str) -> None:
    from emisim.io.new_plan import write_plan
    from emisim.text import say

    asked = (Path(text), as_shown(Path(text))) if text else None
    made = write_plan(folder, asked, inventory, region, year, language)
    values = {"plan": as_shown(made.plan), "scenario": as_shown(made.scenario), "clauses": made.clauses}
    if made.copied:
        echo(say("new.copied", language, folder=as_shown(made.copied), inventory=as_shown(inventory)))
    echo(say("new.plan" if text else "new.plan_examples", language, **values))
