"""explain, compare, solve: where a number comes from, which package is better, what it would take."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from emisim.cli.common import (
    busy,
    changes_of,
    changing,
    cli,
    json_option,
    language_of,
    language_option,
    load_scenario,
    print_json,
    scenario_argument,
    unused,
)

EVERYTHING = 99
target_option = click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="TARGET",
    help="A target to meet; repeat. By default all on tonnes with a value.  目标，可重复。",
)
minimise_option = click.option(
    "--minimise",
    type=click.Choice(["cost", "count", "effort"]),
    help="What to make small; cost where all have one, else count.  最小化对象。",
)
uncosted_option = click.option(
    "--uncosted",
    type=click.Choice(["refuse", "leave-out", "take"]),
    default="refuse",
    show_default=True,
    help="Measures without a cost: refuse, leave out, or take in any case.  无费用措施的处理。",
)


@cli.command()
@scenario_argument
@click.option("--source", default="", help="A source, by its id.  排放源编号。")
@click.option("--sector", default="", help="A sector, by its code.  部门代码。")
@click.option("--measure", default="", help="What this measure brings there.  该措施在此的减排量。")
@click.option("--target", default="", help="The value of a target.  某目标的数值。")
@click.option("--pollutant", default="", help="One pollutant; else each of the first-class ones.  污染物，缺省为全部主要污染物。")
@click.option("--year", type=int, help="The target year by default.  年份，缺省为目标年。")
@click.option(
    "--level",
    type=click.Choice(["plan", "reference", "base", "calendar"]),
    default="plan",
    show_default=True,
    help="With the plan, without measures, in the base year, or what the year's months emit.  方案、基准情景、基准年或全年排放。",
)
@click.option("--depth", type=click.IntRange(0), help="Levels of parts to show; all for a source, else 1.  显示层数。")
@click.option("--top", type=click.IntRange(1), default=12, show_default=True, help="Parts of a sum to show.  求和项显示数目。")
@changing
@language_option
@json_option
def explain(scenario: Path, depth: int | None, top: int, lang: str | None, as_json: bool, **asked) -> None:
    """Prove a number: the tree from its inputs, with file and line, to the result.  解释一个数的来历。

    \b
    emisim explain S --source ID               a source, with the plan
    emisim explain S --sector mobile --level base
    emisim explain S --measure M20d            what a measure brings, source by source
    emisim explain S --target NH3_LARGE        the value of a target
    """
    from emisim.questions.explanation import explain as prove_it
    from emisim.report.proof_text import proof_data, proof_lines
    from emisim.report.screen import console, show_lines

    names = ("source", "sector", "measure", "target", "pollutant", "year", "level")
    chosen = {name: asked.pop(name) for name in names}
    with busy(language_of(lang), "run.explaining"):
        found = prove_it(load_scenario(scenario, changes_of(**asked)).case, **chosen)
    if as_json:
        print_json([proof_data(one) for one in found])
        return
    out = console()
    for k, one in enumerate(found):
        levels = (EVERYTHING if chosen["source"] else 1) if depth is None else depth
        show_lines([""] * bool(k) + proof_lines(one, language_of(lang), levels, top), out)


@cli.command()
@scenario_argument
@target_option
@click.option(
    "--by",
    type=click.Choice(["measure", "source"]),
    default="measure",
    show_default=True,
    help="Choose whole measures, or the sources of each, for one target at least cost.  按措施或按排放源选择。",
)
@minimise_option
@uncosted_option
@click.option("--force", multiple=True, metavar="MEASURE", help="Must be in the package; repeat.  必选措施，可重复。")
@click.option("--forbid", multiple=True, metavar="MEASURE", help="May not be in it; repeat.  禁选措施，可重复。")
@click.option(
    "--effort", "efforts", multiple=True, metavar="MEASURE=WEIGHT", help="Effort of a measure, else 1; repeat.  措施的投入权重。"
)
@click.option(
    "--time-limit",
    type=click.FloatRange(0.1),
    default=60.0,
    show_default=True,
    help="Seconds for each search.  单次求解时限（秒）。",
)
@click.option(
    "--gap",
    type=click.FloatRange(0.0, 1.0),
    help="Relative gap that is good enough; 0 by default, 1e-6 with --by source.  可接受的相对间隙。",
)
@click.option(
    "--curve", "curve_of", default="", metavar="TARGET", help="Least objective for rising requirements of a target.  代价曲线。"
)
@click.option("--steps", type=click.IntRange(1, 200), default=10, show_default=True, help="Steps of the curve.  曲线步数。")
@click.option("--measure", default="", metavar="MEASURE", help="Back-casting: the measure, or item, to vary.  反推：变动的措施。")
@click.option(
    "--vary", default="", metavar="WHAT", help="Back-casting: coverage, efficiency, ..., date or factor.  反推：变动的参数。"
)
@click.option("--csv", "as_csv", is_flag=True, help="With --by source: the pairs chosen, as CSV.  以CSV输出所选组合。")
@changing
@language_option
@json_option
def solve(
    scenario: Path, lang: str | None, as_json: bool, as_csv: bool, by: str, efforts, measure: str, vary: str, **asked
) -> None:
    """The cheapest, smallest or easiest package that meets the targets, or what one measure must be.  求满足目标的最小组合，或反推措施参数。

    \b
    emisim solve S                                        fewest measures (cheapest, where all have a cost)
    emisim solve S --target NH3_LARGE --minimise cost     exit code 1 if no package meets them
    emisim solve S --by source --target VOC_NATIONAL      at which sources each measure pays
    emisim solve S --measure Y23c --vary coverage --target NH3_LARGE
    """
    names = ("targets", "minimise", "uncosted", "force", "forbid", "time_limit", "gap", "curve_of", "steps")
    chosen = {name: asked.pop(name) for name in names}
    case = load_scenario(scenario, [*changes_of(**asked), *_efforts(efforts)]).case
    if measure or vary:
        _backcast(case, measure, vary, chosen["targets"], language_of(lang), as_json)
        return
    chosen["uncosted"], chosen["gap"] = chosen["uncosted"].replace("-", "_"), chosen["gap"]
    if by == "source":
        _by_source(case, chosen, language_of(lang), as_json, as_csv)
        return
    from emisim.questions.solving import solve as find
    from emisim.report import solve_tables
    from emisim.report.screen import console, show, show_lines

    unused("by_measure", "as_csv")
    language = language_of(lang)
    with busy(language, "run.solving"):
        answer = find(case, **{**chosen, "minimise": chosen["minimise"] or "", "gap": chosen["gap"] or 0.0})
    if as_json:
        print_json(solve_tables.answer_data(answer))
    else:
        out = console()
        show_lines(solve_tables.headline(answer, language), out)
        if answer.solution.package is not None:
            show(solve_tables.package(answer, language), out)
        show(solve_tables.goals(answer, language), out)
        show_lines(solve_tables.lines(answer, language), out)
        if answer.curve:
            show(solve_tables.cost_curve(answer, language), out)
    if answer.solution.package is None:
        sys.exit(1)


def _efforts(pairs: tuple[str, ...]) -> list[tuple[tuple, object, str]]:
    """Efforts of the command line, as changes of the scenario."""
    from emisim.errors import BadInput, Place, fault

    changes, faults = [], []
    for text in pairs:
        name, equals, weight = text.partition("=")
        try:
            changes.append((("effort", name.strip()), float(weight), f"--effort {text}"))
        except ValueError:
            faults.append(fault("option.effort", Place(f"--effort {text}"), text=text))
    if faults:
        raise BadInput(faults)
    return changes


def _by_source(case, chosen: dict, language: str, as_json: bool, as_csv: bool) -> None:
    """The sources of each measure so that one target is met at least cost."""
    from emisim.errors import BadInput, fault
    from emisim.io.csv_file import csv_bytes
    from emisim.questions.by_source import GAP
    from emisim.questions.sites import solve_by_source
    from emisim.report import site_tables
    from emisim.report.screen import console, show, show_lines

    unused("by_source", "efforts", "curve_of", "steps")
    if len(chosen["targets"]) != 1:
        raise BadInput([fault("question.by_source")])
    if chosen["minimise"] not in (None, "cost"):
        raise BadInput([fault("question.by_source_minimise", word=chosen["minimise"])])
    asked = {name: chosen[name] for name in ("uncosted", "force", "forbid", "time_limit")}
    gap = GAP if chosen["gap"] is None else chosen["gap"]
    with busy(language, "run.solving"):
        answer = solve_by_source(case, chosen["targets"][0], gap=gap, **asked)
    if as_json:
        print_json(site_tables.answer_data(answer))
    elif as_csv:
        sys.stdout.buffer.write(csv_bytes(site_tables.CSV_COLUMNS, site_tables.pairs_csv(answer)))
        sys.stdout.buffer.flush()
    else:
        out = console()
        show_lines(site_tables.headline(answer, language), out)
        if answer.cost is not None:
            show(site_tables.measures(answer, language), out)
        show_lines(site_tables.lines(answer, language), out)
    if answer.cost is None:
        sys.exit(1)


def _backcast(case, measure: str, vary: str, targets: tuple[str, ...], language: str, as_json: bool) -> None:
    """One measure so that one target is just met."""
    from emisim.errors import BadInput, Place, fault
    from emisim.questions.backcast import NEVER, NO_EFFECT, backcast
    from emisim.report.compare_tables import backcast as table
    from emisim.report.compare_tables import backcast_data
    from emisim.report.screen import console, show
    from emisim.verdicts import MISSED

    if not (measure and vary and len(targets) == 1):
        raise BadInput([fault("question.backcast")])
    unused(
        "backcast", "by", "as_csv", "minimise", "uncosted", "force", "forbid", "efforts", "time_limit", "gap", "curve_of", "steps"
    )
    asked = {"measure": measure, "vary": vary, "target": targets[0]}
    with busy(language, "run.solving"):
        found = backcast(case, measure, vary, targets[0], lambda option: Place(f"--{option} {asked[option]}"))
    if as_json:
        print_json(backcast_data(found))
    else:
        show(table(found, language), console())
    if found.outcome == NEVER or (found.outcome == NO_EFFECT and found.now.verdict == MISSED):
        sys.exit(1)


@cli.command()
@click.argument("scenarios", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--year", type=int, help="The last year that all have, by default.  年份，缺省为共有的最后一年。")
@click.option(
    "--package",
    "packages",
    multiple=True,
    metavar="NAME=M1,M2",
    help="Of one scenario: some measures, as a column; repeat.  措施组合，可重复。",
)
@click.option(
    "--all-subsets",
    "free",
    metavar="M1,M2,...",
    help="Of one scenario: every package of up to 20 measures.  至多20项措施的全部组合。",
)
@click.option(
    "--others",
    type=click.Choice(["on", "off"]),
    default="on",
    show_default=True,
    help="The other measures in all of them, or none.  其余措施。",
)
@target_option
@minimise_option
@uncosted_option
@changing
@language_option
@json_option
def compare(
    scenarios: tuple[Path, ...], year, packages, free, others, targets, minimise, uncosted, lang, as_json: bool, **asked
) -> None:
    """Scenarios, packages or measures side by side: which is better, and why.  比较情景、组合或措施。

    \b
    emisim compare A B                           side by side, and the difference split into its causes
    emisim compare A                             each measure dropped, alone, first and last
    emisim compare A --package rest=M05,M06      packages of a scenario side by side
    emisim compare A --all-subsets M05,M06,M11   every package, and the Pareto fronts
    """
    from emisim.errors import BadInput, fault

    if len(scenarios) > 1 and (packages or free):
        raise BadInput([fault("question.one_scenario")])
    changes, language = changes_of(**asked), language_of(lang)
    cases = [load_scenario(path, changes).case for path in scenarios]
    if free:
        unused("subsets", "year")
        _subsets(cases[0], free, others, targets, minimise or "", uncosted.replace("-", "_"), language, as_json)
    elif packages:
        unused("several", "targets", "minimise", "uncosted", "others")
        _side_by_side([cases[0], *_packages(cases[0], packages)], year, language, as_json)
    elif len(cases) == 1:
        unused("one", "year", "minimise", "uncosted", "others")
        _one_by_one(cases[0], targets, language, as_json)
    else:
        unused("several", "targets", "minimise", "uncosted", "others")
        _side_by_side(cases, year, language, as_json)


def _packages(case, texts: tuple[str, ...]) -> list:
    """The scenario with just some measures, once for every NAME=M1,M2."""
    from emisim.errors import BadInput, Place, fault
    from emisim.questions.solving import expanded

    found, faults = [], []
    for text in texts:
        name, equals, keys = text.partition("=")
        if not (name and equals and keys.strip(" ,")):
            faults.append(fault("question.package", Place(f"--package {text}"), text=text))
            continue
        measures = expanded(case, "--package", list(dict.fromkeys(key.strip() for key in keys.split(",") if key.strip())))
        found.append(case.only(measures, name.strip()))
    if faults:
        raise BadInput(faults)
    return found


def _side_by_side(cases, year: int | None, language: str, as_json: bool) -> None:
    from emisim.questions.compare import compare as side_by_side
    from emisim.questions.compare import difference
    from emisim.report import compare_tables
    from emisim.report.screen import console, show

    with busy(language, "run.comparing"):
        found = side_by_side(cases, year)
        parts = [difference(cases[0], other, found.year) for other in cases[1:]]
    if as_json:
        print_json(compare_tables.as_data(found, parts))
        return
    out, tables = console(), compare_tables
    splits = [tables.split(part, language) for part in parts]
    others = [
        make(found, language) for make in (tables.costs, tables.by_sector, tables.targets, tables.measures, tables.switches)
    ]
    for table in (tables.totals(found, language), *splits, *(t for t in others if t.rows)):
        show(table, out)


def _one_by_one(case, targets: tuple[str, ...], language: str, as_json: bool) -> None:
    from emisim.questions.packages import one_by_one, roles
    from emisim.questions.solving import goals_of
    from emisim.report import package_tables
    from emisim.report.screen import console, show
    from emisim.simulate import levels

    with busy(language, "run.comparing"):
        end = levels(case)
        found, response = one_by_one(case, end), goals_of(case, end, targets)
        judged = roles(response)
    if as_json:
        print_json(package_tables.measures_data(case, found, response, judged))
        return
    out = console()
    show(package_tables.one_by_one(case, found, language), out)
    for goal in response.goals:
        show(package_tables.roles(case, goal, judged, language), out)


def _subsets(case, free: str, others: str, targets, minimise: str, uncosted: str, language: str, as_json: bool) -> None:
    from emisim.questions.solving import all_packages
    from emisim.report import package_tables
    from emisim.report.screen import console, progress, show, show_lines

    keys = [key.strip() for key in free.split(",") if key.strip()]
    with progress(language) as step:
        response, objective, found = all_packages(case, keys, others == "on", targets, minimise, uncosted, step)
    if as_json:
        print_json(package_tables.survey_data(response, objective, found))
        return
    out = console()
    show_lines(package_tables.survey_lines(response, objective, found, language), out)
    for goal in (None, *response.goals) if len(response.goals) > 1 else response.goals:
        show(package_tables.front(response, objective, found, goal, language), out)
