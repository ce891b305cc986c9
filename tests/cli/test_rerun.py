"""rerun: a run repeated from its run.json, from wherever somebody stands, and compared file by file."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import emisim as api
import tiny
from emisim.cli.group import COMMANDS, cli
from emisim.errors import BadInput
from emisim.io import rerun as module
from emisim.io.config_file import load
from emisim.io.difference import difference
from emisim.io.run_folder import FILES, write_run
from emisim.repeat import AS_RECORDED, CHANGED, MISSING, RESULT, ROUNDING, TEXT

DRAWN = "uncertainty:\n  draws: 16\n  seed: 2\nensemble:\n  switches: all\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The run folder of the tiny project."""
    project = tiny.copy(tmp_path_factory.mktemp("made"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        cli.main(["run", "scenario.yaml", "--out", "outputs/r", "--lang", "en"], standalone_mode=False)
    return project / "outputs" / "r"


@pytest.fixture
def folder(made, emisim, tmp_path) -> Path:
    """The same below the folder in which the test stands."""
    return shutil.copytree(made, tmp_path / "outputs" / "r")


def told(outcome) -> dict:
    return json.loads(outcome.out)


def states(outcome) -> dict[str, tuple[str, bool]]:
    return {name: (o["on_disk"], o["repeated"]) for name, o in told(outcome)["outputs"].items()}


def edit(path: Path, change) -> None:
    """Change what a run.json says."""
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def files_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_run_comes_out_again_byte_by_byte(emisim, folder, tmp_path):
    before = files_of(tmp_path)
    for run in ("outputs/r", f"{folder}/run.json"):
        outcome = emisim("rerun", run, "--json")
        assert outcome.code == 0 and outcome.err == ""
        assert told(outcome)["equal"] is True
        assert told(outcome)["inputs"]["from"] == "disk"
        assert states(outcome) == {name: (AS_RECORDED, True) for name in FILES if name != "run.json"}
    assert files_of(tmp_path) == before


def test_the_screen_says_so_in_both_languages(emisim, folder):
    outcome = emisim("rerun", "outputs/r", "--lang", "en")
    assert outcome.out.startswith(
        "Repeated `emisim run scenario.yaml`: 5 input files as recorded, taken from disk\nVersions as recorded"
    )
    assert outcome.out.splitlines()[-1] == "All 9 files come out as recorded, byte by byte"
    assert "重复得出的 9 个文件全部与记录逐字节相同" in emisim("rerun", "outputs/r", "--lang", "zh").out


@pytest.mark.parametrize(
    "options",
    [
        ("--without", "A01", "--draws", "0"),
        ("--only", "C01", "--only", "A01", "--lang", "zh", "--draws", "64", "--no-ensemble"),
        (
            "--set",
            "scope=false",
            "--delay",
            "C01=6mo",
            "--draws=16",
            "--seed=7",
            "--sampling=lhs",
            "--keep-draws",
            "--variance-of=NOx",
        ),
    ],
    ids=" ".join,
)
def test_the_options_of_the_run_are_those_of_the_repeat(emisim, tmp_path, options):
    with (tmp_path / "scenario.yaml").open("a", encoding="utf-8") as stream:
        stream.write(DRAWN)
    outcome = emisim("run", "scenario.yaml", "--out", "r", *options)
    assert outcome.code == 0, outcome.err
    outcome = emisim("rerun", "r", "--json", "--stored", "--workers", "1")
    assert outcome.code == 0, outcome.out + outcome.err


def test_one_who_stands_elsewhere_finds_the_files_above_the_run_folder(emisim, folder, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    tiny.copy(elsewhere)  # a project of the same names, with another scenario
    (elsewhere / "scenario.yaml").write_text("another", encoding="utf-8")
    monkeypatch.chdir(elsewhere)
    assert emisim("rerun", str(folder)).code == 0
    # and a folder that was sent alone finds those of the folder in which its reader stands
    sent = tmp_path.parent / f"{tmp_path.name}-sent"
    shutil.copytree(folder, sent)
    assert emisim("rerun", str(sent)).code == 2
    monkeypatch.chdir(tmp_path)
    assert emisim("rerun", str(sent)).code == 0


def test_the_record_alone_is_enough(emisim, folder, tmp_path):
    shutil.copy(folder / "run.json", tmp_path / "sent.json")
    outcome = emisim("rerun", "sent.json", "--json")
    assert outcome.code == 0
    assert set(states(outcome).values()) == {(MISSING, True)}


def test_a_changed_input_is_told_and_the_copies_help(emisim, folder, tmp_path):
    tiny.replace(tmp_path / "scenario.yaml", "reduction: 20 %", "reduction: 21 %")
    (tmp_path / "inventory" / "growth.csv").unlink()
    outcome = emisim("rerun", "outputs/r")
    assert (outcome.code, outcome.out) == (2, "")
    assert [line.split(": ")[0] for line in outcome.lines] == ["inventory/growth.csv", "scenario.yaml"]
    assert "no such file here" in outcome.lines[0] and "is not the file that the run was made from" in outcome.lines[1]
    assert all("--stored" in line for line in outcome.lines)
    stored = emisim("rerun", "outputs/r", "--stored", "--json")
    assert stored.code == 0 and told(stored)["inputs"]["from"] == "result.nc"


def test_a_table_that_came_later_does_not_disturb(emisim, folder, tmp_path):
    """Two pairs of figures are drawn together only since then; the run did not know of it."""
    (tmp_path / "inventory" / "correlations.csv").write_text("nonsense", encoding="utf-8")
    assert emisim("rerun", "outputs/r").code == 0


def test_copies_of_another_run_are_refused(emisim, folder, tmp_path):
    tiny.replace(tmp_path / "scenario.yaml", "reduction: 20 %", "reduction: 21 %")
    emisim("run", "scenario.yaml", "--out", "other")
    shutil.copy(tmp_path / "other" / "result.nc", folder / "result.nc")
    outcome = emisim("rerun", "outputs/r", "--stored")
    assert outcome.code == 2 and outcome.lines == [
        "outputs/r/result.nc: the copy of scenario.yaml in here is not the file that the run was made from; "
        "result.nc is of another run, or damaged"
    ]
    (folder / "result.nc").unlink()
    outcome = emisim("rerun", "outputs/r", "--stored")
    assert outcome.code == 2 and outcome.lines[0].startswith("outputs/r: no result.nc in this run folder")
    (folder / "result.nc").write_bytes(b"\x89HDF\r\n\x1a\n" + b"x" * 500)
    outcome = emisim("rerun", "outputs/r", "--stored")
    assert outcome.code == 2 and "no result file, or it is damaged" in outcome.lines[0]


def test_a_file_changed_since_is_told_with_how_far_it_is(emisim, folder, tmp_path):
    lines = (folder / "ledger.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[3].split(",")
    lines[3] = ",".join([*cells[:-1], str(float(cells[-1]) * 2)])
    (folder / "ledger.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "summary.md").write_text("# another\n", encoding="utf-8")
    (folder / "report.html").unlink()
    outcome = emisim("rerun", "outputs/r", "--json")
    assert outcome.code == 1
    found = states(outcome)
    assert found["ledger.csv"] == found["summary.md"] == (CHANGED, True)
    assert found["report.html"] == (MISSING, True) and found["result.nc"] == (AS_RECORDED, True)
    apart = told(outcome)["outputs"]["ledger.csv"]["difference"]
    assert apart == {"kind": RESULT, "largest": pytest.approx(0.5), "where": "4 reduction_t_per_yr"}
    assert told(outcome)["outputs"]["summary.md"]["difference"] == {"kind": TEXT, "largest": None, "where": "1"}
    screen = emisim("rerun", "outputs/r", "--lang", "en").out
    assert "5.0e-01, another result   4 reduction_t_per_yr" in screen
    assert screen.splitlines()[-1] == "Not what the run wrote: ledger.csv, summary.md (changed on disk since)"


def test_a_run_that_comes_out_otherwise_is_told(emisim, folder, monkeypatch):
    """Another machine, whose sums end in another digit; then one that computes something else."""
    exact = module.simulate
    for factor, kind in ((1.0 + 4e-16, ROUNDING), (1.01, RESULT)):
        monkeypatch.setattr(module, "simulate", lambda case, by=factor: _scaled(exact(case), by))
        outcome = emisim("rerun", "outputs/r", "--json")
        apart = told(outcome)["outputs"]["result.nc"]
        assert outcome.code == 1 and (apart["on_disk"], apart["repeated"]) == (AS_RECORDED, False)
        assert apart["difference"]["kind"] == kind
        assert apart["difference"]["largest"] == pytest.approx(factor - 1.0, rel=0.8)
    screen = emisim("rerun", "outputs/r", "--lang", "en").out
    assert "files come out otherwise than recorded: result.nc" in screen and "another result" in screen


def _scaled(result, by):
    from dataclasses import replace

    return replace(result, monthly_plan=result.monthly_plan * by)


def test_versions_that_differ_are_listed(emisim, folder):
    def older(data):
        data["emisim"], data["libraries"]["numpy"], data["libraries"]["nosuch"] = "0.0.1", "1.26.0", "3.1"

    edit(folder / "run.json", older)
    outcome = emisim("rerun", "outputs/r", "--json")
    assert outcome.code == 0
    differ = {n: v for n, v in told(outcome)["versions"].items() if not v["same"]}
    assert differ["emisim"] == {"then": "0.0.1", "now": api.__version__, "same": False}
    assert differ["numpy"] == {"then": "1.26.0", "now": np.__version__, "same": False}
    assert differ["nosuch"] == {"then": "3.1", "now": None, "same": False} and len(differ) == 3
    screen = emisim("rerun", "outputs/r", "--lang", "en").out
    assert "Versions that differ from those of the run" in screen and "Versions as recorded" not in screen


def test_the_files_of_the_repeat_are_written_where_asked(emisim, folder, tmp_path):
    outcome = emisim("rerun", "outputs/r", "--out", "again", "--lang", "en")
    assert outcome.code == 0 and "Written to again: result.nc, " in outcome.out
    assert files_of(tmp_path / "again") == files_of(folder)


def test_equal_runs_have_equal_records_wherever_they_are(emisim, folder, tmp_path, monkeypatch):
    """No path of a machine, no folder that is written to, no count of processes."""
    copy = tmp_path / "a" / "copy"
    tiny.copy(copy)
    monkeypatch.chdir(copy)
    emisim("run", str(copy / "scenario.yaml"), "--out", str(tmp_path / "b"))
    assert (tmp_path / "b" / "run.json").read_bytes() == (folder / "run.json").read_bytes()
    monkeypatch.chdir(tmp_path / "b")  # the scenario is not below this folder: its files are named as from its own
    emisim("run", str(copy / "scenario.yaml"), "--out", "c")
    assert (tmp_path / "b" / "c" / "run.json").read_bytes() == (folder / "run.json").read_bytes()
    text = (folder / "run.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text and text.count('"format": 1') == 1


def test_an_inventory_that_holds_the_scenario(emisim, tmp_path, monkeypatch):
    """Its name, which the report says, is that of the folder, however it is called."""
    inner = tmp_path / "inventory" / "x"
    inner.mkdir()
    for name in ("scenario.yaml", "plan.yaml"):
        shutil.copy(tmp_path / name, inner / name)
    tiny.replace(inner / "scenario.yaml", "inventory: inventory", "inventory: ..")
    monkeypatch.chdir(inner)
    assert emisim("run", "scenario.yaml", "--out", "r", "--allow-path", "..").code == 0
    assert emisim("rerun", "r", "--stored").code == 0
    monkeypatch.chdir(tmp_path)
    assert emisim("rerun", str(inner / "r")).code == 0
    assert api.open_result(inner / "r").case.tables.name == "inventory"


def test_a_result_from_python_is_repeated_as_it_was_drawn(emisim, tmp_path):
    """Draws that no option asked for, and a scenario whose draws were left out."""
    loaded = load(tmp_path / "scenario.yaml")
    write_run(tmp_path / "r", loaded, api.run(loaded, draws=32, seed=5), "en", "python", keep_draws=True)
    repeat = api.rerun(tmp_path / "r")
    assert repeat.equal and len(repeat.outputs) == 9 and repeat.contents.keys() == set(FILES)
    assert json.loads((tmp_path / "r" / "run.json").read_bytes())["options"]["uncertainty"] == {
        "draws": 32, "seed": 5,
    }  # fmt: skip


def test_it_stands_after_check():
    assert list(COMMANDS).index("rerun") == list(COMMANDS).index("check") + 1


# ---- records that are none


def damaged(folder: Path, text: str | bytes) -> None:
    (folder / "run.json").write_bytes(text if isinstance(text, bytes) else text.encode())


def test_a_record_that_is_cut_is_told_with_its_place(emisim, folder):
    whole = (folder / "run.json").read_bytes()
    for at in range(0, len(whole) - 2, 97):
        damaged(folder, whole[:at])
        outcome = emisim("rerun", "outputs/r")
        assert outcome.code == 2 and outcome.out == "" and len(outcome.lines) == 1
        place = outcome.lines[0].split(": ")[0]
        assert place.startswith("outputs/r/run.json:") and place.count(":") == 2, outcome.err


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("nothing", ":1:1", "JSON cannot be read here: Expecting value"),
        ("{'a': 1}", ":1:2", "JSON cannot be read here"),
        ("[]", ":1:1", "must be a mapping"),
        ("{}", ":1:1", "format - (written by emisim ?)"),
        ('{"format": 1}', ":1:1", "is missing"),
        ('{"format": true}', ":1:12", "format True"),
        ('{"format": 2, "emisim": "9.1"}', ":1:12", "format 2 (written by emisim 9.1); this version repeats runs of format 1"),
        ('{"format": 1, "format": 1}', ":1:15", "a second time"),
        ("[" * 100_000, ":1:51", "nested deeper than 50"),
        ('{"a":' * 60 + "1" + "}" * 60, ":1:251", "nested deeper than 50"),
        ('{"format": ' + "9" * 5000 + "}", "", "number of thousands of digits"),
        ('{"a": "' + "x" * 5_000_000 + '"}', "", "bytes; a file of this kind may have"),
        (b"\x00\x01\x02", ":1:1", "control character"),
        (b'{"a": "\xff\xff\xff"}', "", "no encoding emisim knows"),
    ],
)
def test_a_record_that_is_none_is_told_in_one_line(emisim, folder, text, place, what):
    damaged(folder, text)
    outcome = emisim("rerun", "outputs/r")
    assert outcome.code == 2 and outcome.out == ""
    assert outcome.lines[0].startswith(f"outputs/r/run.json{place}: "), outcome.err
    assert what in outcome.lines[0]


def put(*path_and_value):
    """A change of one place of a record."""
    *path, last, value = path_and_value

    def change(data):
        for key in path:
            data = data[key]
        data[last] = value

    return change


HASH = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (put("inputs", ["a"]), "'inputs' is ['a'], but must be a mapping"),
        (put("inputs", {"a.yaml": HASH}), "'inputs' must name the scenario, the plan and the tables"),
        (put("inputs", "scenario.yaml", "sha256:12"), "'sha256:12' is no sha256"),
        (put("outputs", {}), "'outputs' needs at least 1 entries"),
        (put("outputs", {"../../secret": HASH}), "'../../secret' is no name of a file in the run folder"),
        (put("outputs", {"..": HASH}), "'..' is no name of a file in the run folder"),
        (put("command", 3), "'command' is 3, but must be a text"),
        (put("command", "emisim\u001b[2J"), "is no text of one line that can be shown"),
        (put("libraries", {"numpy": None}), "'numpy' is null, but must be a text"),
        (put("options", None), "'options' is null, but must be a mapping"),
        (put("options", "ensemble", "yes"), "'ensemble' is yes, but must be true or false"),
        (put("options", "language", "fr"), "'fr' is"),
        (put("options", "changes", {}), "'changes' is {}, but must be a list"),
        (put("options", "changes", [{"at": [], "value": 1, "option": "--x"}]), "'at' needs at least 1 entries"),
        (put("options", "changes", [{"at": ["a"], "option": "--x"}]), "'value' is missing"),
        (put("options", "uncertainty", {"draws": 1e9}), "is not a whole number from 16 to 10000000"),
    ],
)
def test_a_record_of_the_wrong_shape_names_the_key(emisim, folder, change, what):
    edit(folder / "run.json", change)
    outcome = emisim("rerun", "outputs/r")
    assert outcome.code == 2 and outcome.out == "", outcome.out
    assert len(outcome.lines) == 1 and what in outcome.lines[0], outcome.err
    assert outcome.lines[0].startswith("outputs/r/run.json:1:")


def test_a_change_that_the_scenario_refuses_is_told_as_one_of_the_command_line(emisim, folder):
    edit(folder / "run.json", put("options", "changes", [{"at": ["wording"], "value": "x", "option": "--wording x"}]))
    outcome = emisim("rerun", "outputs/r")
    assert outcome.code == 2 and outcome.lines[0].startswith("--wording x: ")
    edit(folder / "run.json", put("options", "changes", [{"at": ["targets", "a", "b"], "value": [], "option": "--x"}]))
    assert emisim("rerun", "outputs/r").code == 2


def test_a_record_from_before_there_was_a_format_is_told(emisim, folder):
    edit(folder / "run.json", lambda data: [data.pop(k) for k in ("format", "options")])
    outcome = emisim("rerun", "outputs/r")
    assert outcome.code == 2 and outcome.lines == [
        f"outputs/r/run.json: written by emisim {api.__version__}, whose run.json does not hold all that a repeat needs; "
        "run it anew: emisim run scenario.yaml"
    ]


@pytest.mark.parametrize("name", ["nowhere", "scenario.yaml", "outputs/r/result.nc", "x" * 5000, "inventory"])
def test_where_no_record_is(emisim, folder, name):
    outcome = emisim("rerun", name)
    assert outcome.code == 2 and len(outcome.lines) == 1 and "no run.json here" in outcome.lines[0]


def test_inputs_that_are_no_files_are_missing(emisim, folder):
    def elsewhere(data):
        data["inputs"] = dict(zip(["/dev/zero", "..", *list(data["inputs"])[2:]], data["inputs"].values(), strict=True))

    edit(folder / "run.json", elsewhere)
    with pytest.raises(BadInput) as caught:
        api.rerun(folder)
    assert [f.key for f in caught.value.faults] == ["rerun.input_missing"] * 2


# ---- how far two files are apart


@pytest.mark.parametrize(
    ("name", "one", "other", "expected"),
    [
        ("a.json", '{"x": {"y": 0.3}}', '{"x": {"y": 0.30000000000000004}}', (ROUNDING, pytest.approx(1.85e-16, rel=0.01), "x.y")),
        ("a.json", '{"x": [1, 2]}', '{"x": [1, 3]}', (RESULT, pytest.approx(1 / 3), "x.1")),
        ("a.json", '{"x": [1, 2]}', '{"x": [1, 2, 3]}', (RESULT, 0.0, "x.2")),
        ("a.json", '{"x": [], "y": 1}', '{"x": {}, "y": 1.0}', (TEXT, 0.0, "x")),
        ("a.json", '{"x": "met"}', '{"x": "missed"}', (TEXT, 0.0, "x")),
        ("a.json", '{"x": null}', '{"x": 1}', (RESULT, 0.0, "x")),
        ("a.json", '{"x": true}', '{"x": 1}', (RESULT, 0.0, "x")),
        ("a.json", '{"x": 1e-17}', '{"x": -3e-17}', (ROUNDING, pytest.approx(4e-11), "x")),
        ("a.json", '{"x": 1}', '{"x": NaN}', (RESULT, None, "x")),
        ("a.json", "[" * 9999, "[]", (RESULT, None, "")),
        ("a.json", '{"x": 1' + "0" * 400 + "}", '{"x": 1}', (RESULT, None, "")),
        ("a.csv", "id,t\na,1\nb,2\n", "id,t\na,1\nb,4\n", (RESULT, 0.5, "3 t")),
        ("a.csv", "id,t\na,1\n", "id,t\na,1\nb,4\n", (RESULT, 0.0, "3 id")),
        ("a.csv", "id,t\na,1\n", "id,t\nb,1.0\n", (TEXT, 0.0, "2 id")),
        ("a.csv", "id,t\na,\n", "id,t\na,1\n", (RESULT, 0.0, "2 t")),
        ("a.md", "one\ntwo\n", "one\n2\n", (TEXT, None, "2")),
        ("a.nc", "", "x", (RESULT, None, "")),
    ],
)  # fmt: skip
def test_how_far_two_files_are_apart(name, one, other, expected):
    for a, b in ((one, other), (other, one)):
        found = difference(name, a.encode(), b.encode())
        assert (found.kind, found.largest, found.where) == expected


def netcdf(**variables) -> bytes:
    stream = io.BytesIO()
    xr.Dataset({name: (tuple("xy"[: np.ndim(v)]), v) for name, v in variables.items()}).to_netcdf(stream, engine="h5netcdf")
    return stream.getvalue()


def test_how_far_two_result_files_are_apart():
    def found(one, other):
        apart = difference("result.nc", netcdf(**one), netcdf(**other))
        return apart.kind, apart.largest, apart.where

    plan = np.array([[1.0, 2.0], [3.0, np.nan]])
    nearly, else_ = plan * (1 + 2e-16), plan + [[0, 0], [1, 0]]
    assert found({"a": plan}, {"a": nearly})[0] == ROUNDING
    assert found({"a": plan}, {"a": else_}) == (RESULT, 0.25, "a[1, 0]")
    assert found({"a": plan}, {"a": np.nan_to_num(plan)}) == (RESULT, None, "a[1, 1]")
    assert found({"a": plan}, {"a": plan, "b": 1.0}) == (RESULT, 0.0, "b")
    assert found({"a": plan}, {"a": plan[:1]}) == (RESULT, 0.0, "a")
    assert found({"a": plan, "n": np.arange(2)}, {"a": plan, "n": np.arange(2) + 1}) == (TEXT, 0.0, "n")
    assert found({"archive": np.arange(3)}, {"archive": np.arange(4)}) == (TEXT, 0.0, "archive")
