"""export, plot, report: the result of a run in the forms that other people use."""

from __future__ import annotations

from pathlib import Path

import click

from emisim.cli.common import as_shown, busy, cli, echo, language_of, language_option, unused
from emisim.text import file_name

FORMATS = ("netcdf", "xlsx", "iamc", "ff10")
KINDS = ("waterfall", "trajectory", "sectors", "heatmap", "front", "tornado", "timeline")
run_argument = click.argument("run", type=click.Path(path_type=Path))
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder to write into; the run folder by default.  输出文件夹，缺省为结果文件夹。",
)


@cli.command()
@run_argument
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="What to write.  输出格式。")
@click.option(
    "--unit", type=click.Choice(["Mt", "kt"]), default="Mt", show_default=True, help="Unit of IAMC tables.  IAMC 表的单位。"
)
@click.option("--year", type=int, help="Year of FF10 files; the target year by default.  FF10 文件的年份，缺省为目标年。")
@click.option(
    "--original",
    type=click.Path(path_type=Path),
    help="FF10 file that the inventory was imported from; it comes back with controlled values.  导入时的 FF10 原文件，按减排后数值写回。",
)
@click.option(
    "--inventory",
    type=click.Path(path_type=Path),
    help="Folder it was imported into, if that has moved.  导入后的清单文件夹（如已移动）。",
)
@click.option(
    "--allow",
    multiple=True,
    metavar="SOURCE",
    help="Sources that may go into FF10 without an SCC, or all.  允许无 SCC 的排放源，或 all。",
)
@out_option
@language_option
def export(
    run: Path, form: str, unit: str, year: int | None, original: Path | None, inventory: Path | None, allow: tuple[str, ...],
    out: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Write the result in a run folder as NetCDF, Excel, IAMC tables or FF10.  将结果导出为 NetCDF、Excel、IAMC 或 FF10。

    \b
    emisim export outputs/mengjin-2025 --format xlsx --lang zh
    emisim export outputs/mengjin-2025 --format iamc --out shared
    emisim export outputs/us-2025 --format ff10 --original point.csv
    """
    language = language_of(lang)
    if form != "iamc":
        unused("format", "unit")
    if form != "ff10":
        unused("not_ff10", "year", "original", "inventory", "allow")
    with busy(language, "run.exporting"):
        result = _opened(run)
        name = file_name(result.scenario.scenario)
        if form == "netcdf":
            from emisim.io.result_file import result_bytes

            contents = {f"{name}.nc": result_bytes(result)}
        elif form == "xlsx":
            from emisim.io.workbook import workbook_bytes

            contents = {f"{name}-{language}.xlsx": workbook_bytes(result, language)}
        elif form == "ff10":
            from emisim.io.ff10 import ff10_files
            from emisim.io.import_account import account_of, imported_rows

            rows = None
            if original is not None:
                unused("original", "allow")
                rows = imported_rows(account_of(_folder(run), inventory), original)
            contents = {
                file if original else f"{name}-{file}": data
                for file, data in ff10_files(result, year, original=original, rows=rows, allow=allow).items()
            }
        else:
            from emisim.io.iamc import iamc_files

            contents = {f"{name}-{end}": data for end, data in iamc_files(result, unit).items()}
    _write(out or _folder(run), contents, language)


@cli.command()
@run_argument
@click.option(
    "--picture",
    "kinds",
    multiple=True,
    type=click.Choice(KINDS),
    help="Only this kind; repeat for several.  只画某种图，可重复。",
)
@click.option(
    "--format", "forms", multiple=True, type=click.Choice(["png", "svg"]), help="Both by default.  图片格式，缺省两种都写。"
)
@out_option
@language_option
def plot(run: Path, kinds: tuple[str, ...], forms: tuple[str, ...], out: Path | None, lang: str | None) -> None:
    """Draw the pictures of a run, as PNG and SVG.  绘制结果图。

    \b
    emisim plot outputs/mengjin-2025 --lang zh
    emisim plot outputs/mengjin-2025 --picture waterfall --picture tornado --format png
    """
    from emisim.pictures import all_pictures
    from emisim.pictures.canvas import ready, render
    from emisim.report.screen import progress

    language = language_of(lang)
    ready()
    with busy(language, "run.plotting"):
        result = _opened(run)
        found = all_pictures(result, language, kinds or KINDS)
    contents, wanted = {}, [(picture, form) for picture in found for form in forms or ("png", "svg")]
    with progress(language, "run.drawing_pictures") as tell:
        for k, (picture, form) in enumerate(wanted):
            contents[f"{picture.name}.{form}"] = render(picture, form)
            tell(k + 1, len(wanted))
    _write(out or _folder(run) / f"pictures-{language}", contents, language)


@cli.command()
@run_argument
@out_option
@language_option
def report(run: Path, out: Path | None, lang: str | None) -> None:
    """Write the report of a run as one HTML page that needs no network.  将结果写成可离线阅读的单页报告。

    \b
    emisim report outputs/mengjin-2025 --lang zh
    """
    from emisim.report.page import html

    language = language_of(lang)
    with busy(language, "run.reporting"):
        result = _opened(run)
        contents = {f"{file_name(result.scenario.scenario)}-report-{language}.html": html(result, language).encode()}
    _write(out or _folder(run), contents, language)


def _opened(run: Path):
    from emisim.io.result_file import open_result

    return open_result(run)


def _folder(run: Path) -> Path:
    """The run folder, also of a result file."""
    return run if run.is_dir() else run.parent


def _write(folder: Path, contents: dict[str, bytes], language: str) -> None:
    from emisim.io.safe_write import write_files
    from emisim.text import say

    files = write_files(folder, contents)
    echo(say("run.files", language, folder=as_shown(folder), files=", ".join(f.name for f in files)))
