"""import: other people's inventories, with an account of every row."""

from __future__ import annotations

from pathlib import Path

import click

from emisim.cli.common import as_shown, busy, cli, echo, json_option, language_of, language_option, print_json, unused

# The names of ``emisim.importing.formats``, here so that help needs no heavy import; a test keeps them equal.
FORMATS = (
    "ff10_point", "ff10_nonpoint", "ff10_nonroad", "ff10_onroad", "orl_point", "orl_nonpoint", "orl_nonroad", "nfr_annex1", "iamc_wide", "iamc_long",
)  # fmt: skip


@cli.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="Inventory folder to write, such as inputs/mine.  清单文件夹。"
)
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="What the columns hold; FILE.mapping.yaml beside the file by default.  映射文件，缺省为同目录下的 文件名.mapping.yaml。",
)
@click.option("--guess", is_flag=True, help="Propose a mapping from the headers; imports nothing.  由表头生成映射文件，不导入。")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="Published format, where the file does not say it.  文件未注明时指定格式。",
)
@click.option("--year", type=click.IntRange(1900, 2200), help="Year of the figures.  数据年份。")
@click.option("--region", help="Code of the region of all rows.  所有行的行政区划代码。")
@click.option("--grade", type=click.Choice(["A", "B", "C", "D", "E"]), help="How good the figures are.  数据等级。")
@click.option("--source", help="Where the figures are from.  数据来源。")
@click.option(
    "--select", "selected", multiple=True, metavar="COLUMN=TEXT", help="Only these rows; repeatable.  只导入这些行，可重复。"
)
@click.option(
    "--leave-out-code", "codes", multiple=True, metavar="CODE", help="Leave out rows with this code.  不导入该编码的行，可重复。"
)
@language_option
@json_option
def import_(
    files: tuple[Path, ...], folder: Path | None, mapping: Path | None, guess: bool, form: str | None, year: int | None, region: str | None,
    grade: str | None, source: str | None, selected: tuple[str, ...], codes: tuple[str, ...], lang: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Bring in an inventory: a spreadsheet, FF10, ORL, NFR or IAMC.  导入清单：电子表格、FF10、ORL、NFR、IAMC。

    \b
    emisim import stock.xlsx --guess                  proposes stock.mapping.yaml, which you finish
    emisim import stock.xlsx --to inputs/mine         then imports; every row is accounted for
    emisim import point.csv nonpoint.csv --to inputs/us --grade B --source "NEI 2020"
    emisim import nfr.xlsx --to inputs/nl --year 2020 --region NL
    """
    language = language_of(lang)
    if guess:
        unused("guess", "folder", "form", "region", "grade", "source", "selected", "codes", "as_json")
        for file in files:
            _guess(file, mapping, year, language)
        return
    _import(files, folder, mapping, form, year, _changes(region, grade, source), selected, codes, language, as_json)


def _guess(file: Path, mapping: Path | None, year: int | None, language: str) -> None:
    from emisim.errors import BadInput, Place, fault
    from emisim.io.foreign import guessed, mapping_beside
    from emisim.io.safe_write import write_files
    from emisim.text import say

    target = mapping or mapping_beside(file)
    if target.exists():
        raise BadInput([fault("import.guess_exists", Place(as_shown(target)))])
    text = guessed(file, as_shown(file), year, language)
    write_files(target.parent, {target.name: text.encode()})
    echo(text, nl=False)
    echo(say("import.guessed", language, file=as_shown(target), source=as_shown(file)), err=True)


def _changes(region: str | None, grade: str | None, source: str | None) -> dict[str, object]:
    """Entries of the mapping that options set."""
    given = {"region": {"value": region} if region else None, "grade": grade, "source": source}
    return {key: value for key, value in given.items() if value}


def _import(files, folder, mapping, form, year, changes, selected, codes, language: str, as_json: bool) -> None:
    from emisim.errors import BadInput, fault
    from emisim.io.foreign import Wanted, import_files
    from emisim.io.import_folder import ACCOUNT, check_free, ends, unread_sheets, write_import
    from emisim.report.import_tables import all_tables, as_data, cautions
    from emisim.report.screen import console, show, show_lines
    from emisim.text import say

    if folder is None:
        raise BadInput([fault("import.needs_to")])
    check_free(folder)
    command = _command(files, folder, mapping, form, year, changes, selected, codes)
    if len(files) == 1 and not mapping and not form and _filled(files[0], folder, year, language, command, as_json):
        return
    wanted = Wanted(mapping, form or "", year, changes, codes, _pairs(selected))
    with busy(language, "run.importing"):
        imported = import_files(files, [as_shown(f) for f in files], wanted)
        written = write_import(folder, imported, language, command)
    account = imported.account
    if as_json:
        print_json({"folder": as_shown(folder), "files": [f.name for f in written], **as_data(account)})
        return
    out = console()
    for table in all_tables(account, language):
        show(table, out)
    lines = cautions(account, unread_sheets(imported), language, ends(imported))
    rows = sum(sum(count.values()) for count in account.count)
    values = {"folder": as_shown(folder), "sources": len(account.sources), "rows": rows, "account": as_shown(folder / ACCOUNT)}
    show_lines([say("import.look", language), *(f"- {line}" for line in lines)], out)
    show_lines([say("import.done", language, **values), say("import.next", language, folder=as_shown(folder))], out)


def _filled(file: Path, folder: Path, year: int | None, language: str, command: str, as_json: bool) -> bool:
    """Bring in a filled template, if the file is one."""
    from emisim.io.filled_template import is_filled, write_filled
    from emisim.io.import_folder import ACCOUNT
    from emisim.text import say

    if not is_filled(file, as_shown(file)):
        return False
    unused("template_import", "region", "grade", "source", "selected", "codes")
    with busy(language, "run.importing"):
        told, data = write_filled(folder, file, as_shown(file), language, command, year)
    if as_json:
        print_json({"folder": as_shown(folder), **data})
        return True
    rows = data["rows"][0]["rows"]
    values = {"folder": as_shown(folder), "sources": data["sources"], "rows": rows, "account": as_shown(folder / ACCOUNT)}
    for line in (*told, say("import.done", language, **values), say("import.next", language, folder=as_shown(folder))):
        echo(line)
    return True


def _pairs(selected: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """``Scenario=Base`` as column → texts."""
    from emisim.errors import BadInput, fault

    found: dict[str, tuple[str, ...]] = {}
    for text in selected:
        column, equals, value = text.partition("=")
        if not (column.strip() and equals):
            raise BadInput([fault("import.pair", text=text)])
        found[column.strip()] = (*found.get(column.strip(), ()), value.strip())
    return found


def _command(files, folder, mapping, form, year, changes, selected, codes) -> str:
    """The command as it can be typed again."""
    import shlex

    words = ["emisim", "import", *map(as_shown, files), "--to", as_shown(folder)]
    words += ["--mapping", as_shown(mapping)] if mapping else []
    words += ["--format", form] if form else []
    words += ["--year", str(year)] if year else []
    for name, value in changes.items():
        words += [f"--{name}", value["value"] if isinstance(value, dict) else value]
    for option, texts in (("--select", selected), ("--leave-out-code", codes)):
        for text in texts:
            words += [option, text]
    return shlex.join(words)
