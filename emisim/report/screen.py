"""Tables on a terminal or in a pipe. Chinese characters take two columns; numbers are never cut."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TextIO

from emisim.repeat import Repeat
from emisim.report.plan_tables import adoption_lines, indicator_line, indicators, unread_line
from emisim.report.tables import Table, basis, memo, tonnes, top_measures, totals, verdicts
from emisim.simulate import Result
from emisim.text import say

NARROWEST = 80
PIPED = 120
HEIGHT = 25
SHORTEST = 12
MEASURED_NEXT = 5
NOTABLE = 1e-4  # share of a total from which an increase by one measure is worth a word on the screen; the summary holds all
VISIBLE = 5e-4  # a smaller spread than this does not show in the printed total


def console(stream: TextIO | None = None):
    """A rich console; colours only on a terminal."""
    from rich.console import Console

    stream = stream or sys.stdout
    width = None if stream.isatty() else PIPED
    # With a height of its own a dumb terminal believes the width that a table needs; else it has 80 columns and cuts numbers.
    return Console(file=stream, width=width, height=HEIGHT, markup=False, highlight=False, emoji=False)


@contextmanager
def progress(language: str, key: str = "run.progress") -> Iterator[Callable[[int, int], None]]:
    """A progress bar on the error stream of a terminal; elsewhere nothing. Yields a function of what is done and how much
    there is. key : message that names what is counted."""
    if not sys.stderr.isatty():
        yield lambda done, count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    out = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task(say(key, language), total=None)
        yield lambda done, count: bar.update(task, completed=done, total=count)


@contextmanager
def busy(language: str, key: str) -> Iterator[None]:
    """A moving bar with the time that has passed, for work whose end is not known; on the error stream of a terminal, elsewhere
    nothing. key : message that says what is being done."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    out = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        bar.add_task(say(key, language), total=None)
        yield


def show(table: Table, out) -> None:
    """Print one table. On a terminal, columns marked wide are shortened to fit; numbers and whatever goes into a pipe are
    never cut."""
    from rich import box
    from rich.cells import cell_len
    from rich.table import Table as RichTable

    from emisim.plain_text import plain

    table, mark = _plain(table, out.encoding), plain("…", out.encoding)
    needed = [max([cell_len(head), *(cell_len(row[k]) for row in table.rows)]) for k, head in enumerate(table.header)]
    widths = list(needed)
    excess = sum(needed) + 3 * len(needed) + 1 - max(out.width, NARROWEST)
    for k in sorted(table.wide, key=lambda k: -needed[k]):
        if out.is_terminal and excess > 0:
            widths[k] = max(needed[k] - excess, SHORTEST)
            excess -= needed[k] - widths[k]
    shown = RichTable(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for k, head in enumerate(table.header):
        shown.add_column(
            _cut(head, widths[k], mark), justify="right" if k in table.right else "left", no_wrap=True, width=widths[k]
        )
    for row in table.rows:
        shown.add_row(*(_cut(cell, width, mark) for cell, width in zip(row, widths, strict=True)))
    screen, out.width = (
        out.width,
        max(out.width, sum(widths) + 3 * len(widths) + 4),
    )  # a table may be wider than the screen, but it is never cut
    if table.title:
        out.print(table.title, style="bold", soft_wrap=True)
    out.print(shown, crop=False)
    out.width = screen
    if table.note:
        out.print(table.note, soft_wrap=True)


def _cut(text: str, width: int, mark: str) -> str:
    """A text that has no room, shortened; the mark says so."""
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= width else set_cell_size(text, width - len(mark)) + mark


def _plain(table: Table, encoding: str) -> Table:
    """The table in signs that the stream has, before its columns are measured."""
    from emisim.plain_text import plain

    rows = tuple(tuple(plain(cell, encoding) for cell in row) for row in table.rows)
    return replace(table, header=tuple(plain(head, encoding) for head in table.header), rows=rows)


def show_lines(lines: list[str], out=None) -> None:
    """Print plain lines."""
    out = out or console()
    for line in lines:
        out.print(line, soft_wrap=True)


def show_run(result: Result, language: str, written: Result | None = None, out=None) -> None:
    """The screen of a run: totals, the ten measures that bring most, verdicts, how sure they are, other readings, what differs
    from the plan as read by default, warnings. written : the scenario as its file has it, if the command line changed it."""
    out = out or console()
    out.print(f"{result.scenario.title.text(language)}  [{result.scenario.scenario}]", style="bold")
    out.print(basis(result.inventory, language), soft_wrap=True)
    show(totals(result, language), out)
    soil = memo(result, language)
    for row in soil.rows:
        out.print(say("run.memo", language, name=row[0], pollutant=row[1], base=row[2], plan=row[4]), soft_wrap=True)
    show(top_measures(result, language), out)
    found = _verdicts(result, language)
    show(found if result.uncertainty is not None else replace(found, note=""), out)
    show_lines([line for line in (indicator_line(result.verdicts, language),) if line], out)
    _show_how_sure(result, language, out)
    show_lines([*adoption_lines(result, language), *change_lines(result, written, language)], out)
    for line in warning_lines(result, language):
        out.print(line, style="yellow", soft_wrap=True)
    show_lines([say("run.balances.closed", language)], out)


def _verdicts(result: Result, language: str) -> Table:
    """The verdicts, with their probabilities where anything was drawn."""
    if result.uncertainty is None:
        return verdicts(result, language)
    from emisim.report.uncertainty_tables import verdicts as drawn

    return drawn(result, language)


def _show_how_sure(result: Result, language: str, out) -> None:
    """What draws and other readings say, where there are any; the files hold all of it."""
    if result.uncertainty is not None:
        from emisim.report import uncertainty_tables

        show(uncertainty_tables.totals(result, language), out)
        _show_sentences(uncertainty_tables.measure_next(result, language, MEASURED_NEXT), language, out)
        show_lines(uncertainty_tables.drawn_lines(result, language), out)
    if result.ensemble is not None:
        from emisim.report import ensemble_tables

        for table in ensemble_tables.all_tables(result.ensemble, language)[:-1]:
            show(table, out)


def _show_sentences(table: Table, language: str, out) -> None:
    """What to measure next as sentences: in a table a terminal would cut them."""
    out.print(table.title, style="bold", soft_wrap=True)
    for row in table.rows:
        words = dict(zip(("no", "sentence", "shift", "written", "grade", "place"), row, strict=False))
        out.print(say("sure.next_line", language, **words) if len(row) > 1 else row[0], soft_wrap=True)
    if table.note:
        out.print(table.note, soft_wrap=True)


def show_check(result: Result, language: str, out=None) -> None:
    """The screen of a check: verdicts, what would just meet the targets, indicators; with draws how probable each is."""
    out = out or console()
    show(_verdicts(result, language), out)
    show_lines([line for line in (unread_line(result, language),) if line], out)
    show_lines(adoption_lines(result, language), out)
    found = [indicators(result, language)]
    if result.uncertainty is not None:
        from emisim.report import uncertainty_tables

        found.append(uncertainty_tables.indicators(result, language))
    for table in (t for t in found if t.rows):
        show(table, out)
    if result.uncertainty is not None:
        show_lines(uncertainty_tables.drawn_lines(result, language), out)


def show_rerun(repeat: Repeat, language: str, files: list[str], out=None) -> None:
    """The screen of a repeated run: what was repeated from what, other versions, every file, what that comes to."""
    from emisim.report import rerun_tables

    out = out or console()
    show_lines([rerun_tables.repeated(repeat, language)], out)
    versions = rerun_tables.versions(repeat, language)
    if versions.rows:
        show(versions, out)
    else:
        show_lines([rerun_tables.same_versions(repeat, language)], out)
    show(rerun_tables.outputs(repeat, language), out)
    show_lines([*rerun_tables.verdict(repeat, language), *files], out)


def change_lines(result: Result, written: Result | None, language: str) -> list[str]:
    """Readings other than default, delays, and what the options of the command line change."""
    switches = result.plan_file.switches
    other = [f"{n}={v}" for n, v in result.reading.values.items() if v != switches[n].default]
    lines = [say("run.switches", language, parts=", ".join(other))] if other else []
    delays = ", ".join(f"{n} {d}" for n, d in result.scenario.delay.items())
    lines += [say("run.delays", language, parts=delays)] if delays else []
    if written is not None:
        parts = []
        for k, pollutant in enumerate(result.inventory.pollutants):
            end, calendar = (
                result.totals(getattr(result, f))[k, -1] - written.totals(getattr(written, f))[k, -1]
                for f in ("plan", "calendar_plan")
            )
            parts.append(say("run.against.part", language, pollutant=pollutant, end=f"{end:+,.1f}", calendar=f"{calendar:+,.1f}"))
        lines.append(say("run.against", language, target=result.scenario.target_year, parts="; ".join(parts)))
    return lines


def balance_line(result: Result, language: str) -> str:
    """How well the balances of a run close; one that does not has ended the run."""
    errors = asdict(result.balances)
    return say("run.balances", language, **{name: f"{error:.0e}" if error else "0" for name, error in errors.items()})


def warning_lines(result: Result, language: str) -> list[str]:
    """Warnings for a person: one line a kind; increases are gathered."""
    total = dict(zip(result.inventory.pollutants, result.totals(result.reference)[:, -1], strict=True))
    raised = [w for w in result.warnings if w.key == "warning.raises"]
    rises = [w for w in raised if float(w.values["tonnes"]) > NOTABLE * total[w.values["pollutant"]]]
    lines = []
    if rises:
        parts = ", ".join(f"{w.values['measure']} {w.values['pollutant']} +{w.values['tonnes']}" for w in rises)
        lines.append(say("run.raises", language, count=len(rises), parts=parts))
    lines += [say("run.warning", language, text=w.text(language)) for w in result.warnings if w.key != "warning.raises"]
    plan = result.totals(result.plan)[:, -1]
    for k, pollutant in enumerate(result.inventory.pollutants):
        low, high = result.bounds[:, k, -1]
        if high - low > VISIBLE * plan[k]:
            lines.append(
                say("run.bounds", language, pollutant=pollutant, low=tonnes(low), high=tonnes(high), plan=tonnes(plan[k]))
            )
    return lines
