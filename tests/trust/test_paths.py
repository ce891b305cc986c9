"""No scenario, mapping, account or result leads emisim to a file outside of its project, unless the user allows the folder by name."""

import json
import os
import shutil
import socket
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

import tiny
from emisim.errors import BadInput
from emisim.io.archive import NotLive, live
from emisim.io.config_file import load
from emisim.io.foreign import Wanted, import_files
from emisim.io.import_account import account_of
from emisim.io.import_folder import check_free
from emisim.io.new_plan import write_plan
from emisim.io.result_file import open_dataset
from emisim.text import file_name

SECRET = "the-secret-of-somebody-else"
TABLES = ("sources.csv", "factors.csv", "growth.csv", "correlations.csv")
OPENED: list[str] = []
ESCAPED: dict[str, bool] = {}  # way out → whether it led out
WATCH = SimpleNamespace(on=False)


def _note(event, arguments):
    if WATCH.on and event == "open" and isinstance(arguments[0], (str, bytes)):
        OPENED.append(os.path.realpath(os.fsdecode(arguments[0])))


sys.addaudithook(_note)


@pytest.fixture
def opened():
    """Every file that is opened meanwhile, with links followed."""
    OPENED.clear()
    WATCH.on = True
    yield OPENED
    WATCH.on = False


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A project, and beside it a whole one of somebody else, which could be read but for the rule."""
    monkeypatch.delenv("EMISIM_ALLOW_PATHS", raising=False)
    project, outside = tiny.copy(tmp_path / "project"), tiny.copy(tmp_path / "outside")
    tiny.copy(tmp_path / "project-two")
    for path in (outside / "plan.yaml", outside / "inventory" / "sources.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace("en: ", f"en: {SECRET} ", 1), encoding="utf-8")
    (outside / "words.yaml").write_text(f"{SECRET}: [1\n", encoding="utf-8")
    (outside / "inventory" / "correlations.csv").write_text(f"{SECRET}\n", encoding="utf-8")
    monkeypatch.chdir(project)
    return SimpleNamespace(project=project, outside=outside)


def name(place, key: str, text: str) -> None:
    """Have the scenario name a plan or an inventory."""
    old = {"plan": "plan: plan.yaml", "inventory": "inventory: inventory"}[key]
    tiny.replace(place.project / "scenario.yaml", old, f"{key}: {json.dumps(text)}")


TEXTS = {
    "up": "../outside/{file}",
    "up and down": "./inventory/../../outside/{file}",
    "up many": "../" * 60 + "etc/passwd",
    "absolute": "{outside}/{file}",
    "absolute and doubled": "/{outside}/{file}",
    "a folder whose name begins alike": "../project-two/{file}",
    "/etc": "/etc/passwd",
    "/dev/zero": "/dev/zero",
    "/dev/stdin": "/dev/stdin",
    "/dev/tty": "/dev/tty",
    "/proc": "/proc/self/environ",
    "/proc/self/root": "/proc/self/root{outside}/{file}",
    "/proc/self/cwd": "/proc/self/cwd/../outside/{file}",
    "a share": "\\\\server\\share\\{file}",
    "a share with slashes": "//server/share/{file}",
    "a share below here": ".//server/../../outside/{file}",
    "a device of Windows": "\\\\.\\PhysicalDrive0",
    "a long path of Windows": "\\\\?\\C:\\{file}",
    "a drive": "C:\\{file}",
    "a drive with slashes": "C:/{file}",
    "a drive alone": "C:{file}",
    "backslashes": "..\\outside\\{file}",
    "an address of a file": "file://{outside}/{file}",
    "an address without slashes": "file:{outside}/{file}",
    "an address of the net": "http://example.org/{file}",
    "a stream": "{file}:hidden",
    "NUL": "../outside/{file}\0.yaml",
    "a line break": "../outside/{file}\n",
    "5000 letters": "a/" * 2500 + "{file}",
    "5000 steps": "./" * 2500 + "../outside/{file}",
    "a surrogate": "../outside/\ud800",
    "a trailing dot": "{file}.",
    "a trailing space": "{file} ",
    "three dots": ".../outside/{file}",
    "home": "~/../../outside/{file}",
    "a variable": "$HOME/../../outside/{file}",
    "a variable of Windows": "%USERPROFILE%\\{file}",
    "full-width": "．．／outside／{file}",
    "coded": "..%2Foutside%2F{file}",
    "a slash that only looks like one": "..\u2215outside\u2215{file}",
}


def way_of(text: str):
    def prepare(place, key: str) -> None:
        name(place, key, text.format(outside=place.outside.as_posix(), file={"plan": "plan.yaml"}.get(key, key)))

    return prepare


def put(place, key: str) -> Path:
    """Where the plan or the inventory stands, with nothing there."""
    path = place.project / {"plan": "plan.yaml"}.get(key, key)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    return path


def target(place, key: str) -> Path:
    return place.outside / {"plan": "plan.yaml"}.get(key, key)


def link(place, key):
    put(place, key).symlink_to(target(place, key))


def relative_link(place, key):
    path = put(place, key)
    path.symlink_to(os.path.relpath(target(place, key), path.parent))


def chain(place, key):
    (place.project / "one").symlink_to("two")
    (place.project / "two").symlink_to(target(place, key))
    put(place, key).symlink_to("one")


def folder_link(place, key):
    (place.project / "in").symlink_to(place.outside)
    name(place, key, f"in/{target(place, key).name}")


def up_a_link(place, key):
    """``..`` behind a link goes up from where the link leads."""
    (place.outside / "deep").mkdir()
    (place.project / "in").symlink_to(place.outside / "deep")
    name(place, key, f"in/../{target(place, key).name}")


def dangling(place, key):
    put(place, key).symlink_to(place.outside / "nothing")


def circle(place, key):
    put(place, key).symlink_to(place.project / "circle")
    (place.project / "circle").symlink_to(place.project / {"plan": "plan.yaml"}.get(key, key))


def pipe(place, key):
    os.mkfifo(put(place, key))


def plug(place, key):
    server = socket.socket(socket.AF_UNIX)
    server.bind(os.path.relpath(put(place, key)))
    server.close()


def zero(place, key):
    put(place, key).symlink_to("/dev/zero")


LINKS = (link, relative_link, chain, folder_link, up_a_link, dangling, circle, pipe, plug, zero)
WAYS = {text: way_of(TEXTS[text]) for text in TEXTS} | {f.__name__: f for f in LINKS}


def table_to(table: str, to: str):
    def prepare(place, _) -> None:
        path = place.project / "inventory" / table
        path.unlink(missing_ok=True)
        if to == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to(to.format(outside=place.outside.as_posix(), table=table))

    return prepare


WAYS_OF_TABLES = {
    f"{table} to {to}": table_to(table, to) for table in TABLES for to in ("{outside}/inventory/{table}", "/dev/zero", "pipe")
}


def scenario_link(place, _):
    (place.project / "scenario.yaml").unlink()
    (place.project / "scenario.yaml").symlink_to(place.outside / "words.yaml")


def scenario_pipe(place, _):
    (place.project / "scenario.yaml").unlink()
    os.mkfifo(place.project / "scenario.yaml")


ALL = [
    *((f"{key}: {way}", prepare, key) for key in ("plan", "inventory") for way, prepare in WAYS.items()),
    *((way, prepare, "") for way, prepare in WAYS_OF_TABLES.items()),
    *((f.__name__, f, "") for f in (scenario_link, scenario_pipe)),
]


@pytest.mark.parametrize(("way", "prepare", "key"), ALL, ids=[way[0] for way in ALL])
def test_no_way_leads_out(way, prepare, key, place, opened, full):
    if not full and [one[0] for one in ALL].index(way) % 2:
        pytest.skip("with --full")
    ESCAPED[way] = True
    try:
        prepare(place, key)
    except OSError as error:  # a socket whose path is too long for this system, say
        del ESCAPED[way]
        pytest.skip(str(error))
    opened.clear()
    with pytest.raises(BadInput) as told:
        load("scenario.yaml")
    mine = os.path.realpath(place.project)
    ours = (mine, *map(os.path.realpath, (tiny.ROOT, sys.prefix, sys.base_prefix)))
    assert [path for path in opened if not path.startswith(tuple(f"{root}{os.sep}" for root in ours))] == []
    for language in ("en", "zh"):
        lines = [f.text(language) for f in told.value.faults]
        assert lines
        assert all(line.isprintable() and len(line) < 1500 for line in lines)
        assert SECRET not in "".join(lines)
    ESCAPED[way] = False


WINDOWS = [
    *(
        "a share",
        "a share with slashes",
        "a device of Windows",
        "a long path of Windows",
        "a drive",
        "a drive with slashes",
        "a drive alone",
        "backslashes",
    ),
    *(
        "an address of a file",
        "an address without slashes",
        "an address of the net",
        "a stream",
        "NUL",
        "5000 letters",
        "a trailing dot",
        "a trailing space",
    ),
    *("three dots", "a variable of Windows"),
]


@pytest.mark.parametrize("way", WINDOWS)
def test_forms_of_other_systems_are_refused_before_anything_is_looked_for(way, place, monkeypatch):
    """Also where nothing of the kind exists: a share that is asked for, if only whether it is there, knows who asks."""
    WAYS[way](place, "plan")
    looked, real = [], os.path.realpath
    monkeypatch.setattr(os.path, "realpath", lambda path, **more: looked.append(str(path)) or real(path, **more))
    with pytest.raises(BadInput) as told:
        load("scenario.yaml", lambda path: str(path))
    assert [f.key for f in told.value.faults] == ["path.form"]
    assert [path for path in looked if "server" in path or "C:" in path] == []


def test_as_many_ways_as_promised(measured):
    assert len(ALL) >= 40
    measured("paths", tried=len(ESCAPED), escapes=sum(ESCAPED.values()))


def test_the_line_says_where_it_leads_and_what_to_write(place, monkeypatch, capsys):
    name(place, "plan", "../outside/plan.yaml")
    outcome = tiny.call(monkeypatch, capsys, "run", "scenario.yaml")
    assert (outcome.code, outcome.out, len(outcome.lines)) == (2, "", 1)
    assert outcome.err.startswith("scenario.yaml:4:7: leads to ")
    for piece in (str(place.outside / "plan.yaml"), str(place.project), "--allow-path DIR", "EMISIM_ALLOW_PATHS"):
        assert piece in outcome.err
    assert not (place.project / "outputs").exists()


# ---- what the user allows by name


def both_outside(place) -> None:
    shutil.copytree(tiny.VALID, place.outside, dirs_exist_ok=True)
    (place.outside / "inventory" / "correlations.csv").unlink()
    name(place, "plan", "../outside/plan.yaml")
    name(place, "inventory", str(place.outside / "inventory"))


COMMANDS = [
    ["run", "scenario.yaml", "--out", "made"], ["check", "scenario.yaml"], ["validate", "scenario.yaml"], ["show", "scenario.yaml"],
    ["list", "sources", "scenario.yaml"], ["explain", "scenario.yaml"], ["solve", "scenario.yaml"], ["compare", "scenario.yaml"],
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=[words[0] for words in COMMANDS])
def test_every_command_takes_the_option(words, place, monkeypatch, capsys):
    both_outside(place)
    assert "leads to" in tiny.call(monkeypatch, capsys, *words).err
    allowed = tiny.call(monkeypatch, capsys, *words, "--allow-path", "../outside")
    assert "leads to" not in allowed.err
    assert allowed.code in (0, 1), allowed.err
    if words[0] == "run":
        assert "--allow-path" in json.loads((place.project / "made" / "run.json").read_bytes())["command"]


def test_only_what_is_allowed(place, monkeypatch):
    both_outside(place)
    with pytest.raises(BadInput) as told:
        load("scenario.yaml", allowed=[place.outside / "plan.yaml"])
    assert [f.key for f in told.value.faults] == ["path.outside"]
    load("scenario.yaml", allowed=[place.outside])
    monkeypatch.setenv("EMISIM_ALLOW_PATHS", os.pathsep.join(["", "/nowhere", str(place.outside)]))
    load("scenario.yaml")
    monkeypatch.setenv("EMISIM_ALLOW_PATHS", f"{os.pathsep} {os.pathsep}")
    with pytest.raises(BadInput):
        load("scenario.yaml")


# ---- lawful ways


def shipped_layout(place) -> Path:
    """scenarios/ and inputs/ beside each other, as emisim ships them."""
    top = place.project / "county"
    shutil.copytree(place.project / "inventory", top / "inputs" / "county")
    (top / "inputs" / "plans").mkdir()
    shutil.copy(place.project / "plan.yaml", top / "inputs" / "plans" / "county.yaml")
    (top / "scenarios" / "variants").mkdir(parents=True)
    text = (place.project / "scenario.yaml").read_text(encoding="utf-8")
    for path, up in ((top / "scenarios" / "s.yaml", ".."), (top / "scenarios" / "variants" / "s.yaml", "../..")):
        changed = text.replace("inventory: inventory", f"inventory: {up}/inputs/county")
        path.write_text(changed.replace("plan: plan.yaml", f"plan: {up}/inputs/plans/county.yaml"), encoding="utf-8")
    return top


def test_what_lies_in_the_project_is_read(place, monkeypatch):
    load("scenario.yaml")
    load(place.project / "scenario.yaml")
    top = shipped_layout(place)
    load(top / "scenarios" / "s.yaml")
    load(top / "scenarios" / "variants" / "s.yaml")
    monkeypatch.chdir(top / "scenarios")
    load("s.yaml")
    load("../scenarios/s.yaml")
    (place.outside / "linked").symlink_to(top)
    load(place.outside / "linked" / "scenarios" / "s.yaml")  # the project stands elsewhere than it seems
    monkeypatch.chdir(place.outside / "linked" / "scenarios")
    load("s.yaml")
    plan = top / "inputs" / "plans" / "county.yaml"
    plan.rename(top / "inputs" / "plans" / "first.yaml")
    plan.symlink_to("first.yaml")
    load("s.yaml")  # a link that stays inside


def test_absolute_paths_into_the_project_are_lawful(place):
    name(place, "plan", str(place.project / "plan.yaml"))
    name(place, "inventory", str(place.project / "inventory"))
    load("scenario.yaml")


@pytest.mark.parametrize("words", [[], ["--plan", "--inventory", "inputs/county", "--region", "410308"]])
def test_what_new_makes_can_be_run(words, place, monkeypatch, capsys):
    if words:
        monkeypatch.chdir(shipped_layout(place))
    made = tiny.call(monkeypatch, capsys, "new", "mine", *words)
    assert made.code == 0, made.err
    for path in sorted(Path("mine/scenarios").glob("*.yaml")):
        assert tiny.call(monkeypatch, capsys, "validate", str(path)).code == 0
    if words:
        assert "a copy of inputs/county" in made.out
        assert Path("mine/inputs/county/sources.csv").is_file()


# ---- other doors: files that name files


def test_a_plan_is_not_begun_on_tables_behind_links(place, opened):
    path = place.project / "inventory" / "sources.csv"
    path.unlink()
    path.symlink_to(place.outside / "words.yaml")
    opened.clear()
    with pytest.raises(BadInput) as told:
        write_plan(place.project / "mine", None, place.project / "inventory", "410308", 2020, "en")
    assert {f.key for f in told.value.faults} == {"path.outside"}
    assert str(place.outside / "words.yaml") not in opened


def test_a_mapping_beside_a_table_is_no_link_elsewhere(place, opened):
    (place.project / "stock.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (place.project / "stock.mapping.yaml").symlink_to(place.outside / "words.yaml")
    opened.clear()
    with pytest.raises(BadInput) as told:
        import_files([place.project / "stock.csv"], ["stock.csv"], Wanted())
    assert SECRET not in str(told.value)
    assert str(place.outside / "words.yaml") not in opened


def test_an_account_of_an_import_names_no_files_elsewhere(place, opened):
    folder = place.project / "made" / "import"
    folder.mkdir(parents=True)
    written = {"../../outside/words.yaml": "", str(place.outside / "words.yaml"): "", "/etc/passwd": "", "..": ""}
    (folder / "account.json").write_text(json.dumps({"written": written}), encoding="utf-8")
    opened.clear()
    check_free(folder.parent)
    assert {str(place.outside / "words.yaml"), "/etc/passwd"}.isdisjoint(opened)


@pytest.mark.parametrize(
    "way", ["{outside}/sources.csv", "../outside/sources.csv", "//server/share/sources.csv", "\\\\s\\x/sources.csv"]
)
def test_a_run_names_no_inventory_elsewhere(way, place):
    (place.outside / "import").mkdir()
    (place.outside / "import" / "account.csv").write_text(f"{SECRET}\n", encoding="utf-8")
    run = place.project / "outputs" / "run"
    run.mkdir(parents=True)
    inputs = {way.format(outside=place.outside.as_posix()): ""}
    (run / "run.json").write_text(json.dumps({"inputs": inputs}), encoding="utf-8")
    with pytest.raises(BadInput) as told:
        account_of(run)
    assert [f.key for f in told.value.faults] == ["ff10.where"]


ROLES = ["../../escaped.csv", "/tmp/escaped.csv", "..", "a/b.csv", "", "a\0b"]


@pytest.mark.parametrize("role", ROLES, ids=range(len(ROLES)))
def test_no_file_of_an_archive_is_written_elsewhere(role, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(Path, "write_bytes", lambda self, data: written.append(self))
    shown = {"scenario": "s.yaml", "sources.csv": "i/sources.csv", role: "x"}
    head = {"format": 1, "inventory": "i", "shown": shown, "changes": [], "record": {}}
    members = {"record.json": json.dumps(head).encode(), **{f"inputs/{r}": b"" for r in (*shown, "plan")}}
    monkeypatch.setattr("emisim.io.archive._members", lambda data: members)
    monkeypatch.setattr("emisim.io.archive.unpack", lambda *given: {"rows": (), "measures": ()})
    with pytest.raises((NotLive, BadInput)):
        live(b"", lambda name: np.zeros(0))
    assert not [path for path in written if ".." in path.parts or path.name in ("escaped.csv", "b.csv")]


def zipped(entries, compression=zipfile.ZIP_STORED) -> bytes:
    import io

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive, pytest.MonkeyPatch.context() as quiet:
        quiet.setattr("warnings.warn", lambda *given, **more: None)
        for name_, data in entries:
            archive.writestr(name_, data)
    return stream.getvalue()


def test_an_archive_holds_each_file_once_and_is_no_bomb():
    with pytest.raises(NotLive, match="two files of one name"):
        live(zipped([("record.json", b"{}"), ("record.json", b"{}")]), lambda name: None)
    with pytest.raises(NotLive, match="not as emisim stores it"):
        live(zipped([("record.json", b" " * 10**8)], zipfile.ZIP_DEFLATED), lambda name: None)


def external(path, outside):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", (20,), "i1", external=[(str(outside / "words.yaml"), 0, 20)])


def external_link(path, outside):
    with h5py.File(path, "w") as file:
        file["x"] = h5py.ExternalLink(str(outside / "other.h5"), "/x")


def soft_link(path, outside):
    with h5py.File(path, "w") as file:
        file["x"] = h5py.SoftLink("/x")


def virtual(path, outside):
    layout = h5py.VirtualLayout((20,), "i1")
    layout[:] = h5py.VirtualSource(str(outside / "other.h5"), "x", (20,))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("x", layout)


def group(path, outside):
    with h5py.File(path, "w") as file:
        file.create_group("x")


@pytest.mark.parametrize("make", [external, external_link, soft_link, virtual, group])
def test_a_result_file_keeps_nothing_in_other_files(make, place):
    with h5py.File(place.outside / "other.h5", "w") as file:
        file["x"] = np.arange(20, dtype="i1")
    make(place.project / "result.nc", place.outside)
    with pytest.raises(BadInput) as told:
        open_dataset(place.project / "result.nc")
    assert [f.key for f in told.value.faults] == ["opened.elsewhere"]


NAMES = ["../../x", "/etc/x", "..", ".", "", "C:\\x", "a/b", "x\0y", "\\\\server\\share", "名" * 300, "-rf", "\u202excod"]


@pytest.mark.parametrize("text", NAMES, ids=range(len(NAMES)))
def test_a_text_makes_a_file_name_that_leads_nowhere(text):
    made = file_name(text)
    assert made not in ("", ".", "..")
    assert Path(made).name == made
    assert len(made.encode()) < 250
    assert not set(made) & set("\\/:\0\u202e")
    assert not made.startswith(("-", "."))


def test_the_name_of_a_scenario_is_no_way_out_of_outputs(place, monkeypatch, capsys):
    tiny.replace(place.project / "scenario.yaml", "scenario: tiny-2025", "scenario: ../../escaped")
    outcome = tiny.call(monkeypatch, capsys, "run", "scenario.yaml")
    assert outcome.code == 0
    assert [p.name for p in (place.project / "outputs").iterdir()] == ["escaped"]
    assert sorted(p.name for p in place.project.parent.iterdir()) == ["outside", "project", "project-two"]
