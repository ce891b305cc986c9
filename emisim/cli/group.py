"""The group of commands. It knows where each stands and what it does in a line, so that help needs nothing of them."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from types import MappingProxyType

import click

from emisim import __version__

_CHINESE = re.compile(r"\s*[\u2e80-\u9fff\uff00-\uffef][^\[\x08]*")
# Command → module of emisim.cli, and the first sentence of its help; in the order in which a user meets them.
COMMANDS = MappingProxyType({
    "run": ("runs", "Run a scenario and write its run folder."),
    "check": ("runs", "Compare a scenario with its targets: exit code 1 if one is missed."),
    "rerun": ("runs", "Repeat a run from its run.json and compare every file: exit code 1 if one differs."),
    "report": ("outputs", "Write the report of a run as one HTML page that needs no network."),
    "plot": ("outputs", "Draw the pictures of a run, as PNG and SVG."),
    "export": ("outputs", "Write the result in a run folder as NetCDF, Excel, IAMC tables or FF10."),
    "explain": ("questions", "Prove a number: the tree from its inputs, with file and line, to the result."),
    "compare": ("questions", "Scenarios, packages or measures side by side: which is better, and why."),
    "solve": ("questions", "The cheapest, smallest or easiest package that meets the targets, or what one measure must be."),
    "validate": ("runs", "Check scenarios with their plans and inventories, or filled-in Excel templates, without running them."),
    "import": ("imports", "Bring in an inventory: a spreadsheet, FF10, ORL, NFR or IAMC."),
    "list": ("listings", "List what a plan, an inventory or emisim holds."),
    "show": ("listings", "Show a scenario with everything filled in, its inventory by sector with grades, or its plan as a Markdown page."),
    "new": ("listings", "Begin something of your own: a copy of an example, a plan, an inventory to fill in."),
})  # fmt: skip


class _Formatter(click.HelpFormatter):
    """Leaves the Chinese of the help out where it cannot be shown."""

    def write_text(self, text: str) -> None:
        write = super().write_text
        if shown := _shown(text):
            write(shown)

    def write_dl(self, rows, *spacing, **more) -> None:
        super().write_dl([(first, _shown(second)) for first, second in rows], *spacing, **more)


def _shown(text: str) -> str:
    """A text of the help for the terminal: English, then Chinese as far as the next default in brackets."""
    from emisim.plain_text import fits_chinese, plain

    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text if fits_chinese(encoding) else plain(_CHINESE.sub("  ", text), encoding).rstrip()


class _Context(click.Context):
    formatter_class = _Formatter


class _Command(click.Command):
    context_class = _Context


class _Group(click.Group):
    """Imports a command when it is called."""

    context_class = _Context
    command_class = _Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        homes = (
            [COMMANDS[name][0]] if name in COMMANDS else {home for home, _ in COMMANDS.values()}
        )  # a wrong word is held against all
        for home in homes:
            import_module(f"emisim.cli.{home}")
        return super().get_command(ctx, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        limit = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl([(n, click.Command(n, help=text).get_short_help_str(limit)) for n, (_, text) in COMMANDS.items()])


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
