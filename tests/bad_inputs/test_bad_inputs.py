"""Every rule of input, broken once: one line a fault, at its place, exit code 2, and nothing left behind."""

import re
from pathlib import Path

import pytest
import yaml

import tiny
from emisim.errors import BadInput
from emisim.io.config_file import load
from emisim.io.inventory_folder import read_inventory
from emisim.text import messages

CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))
FAMILIES = [
    "cost",
    "ensemble",
    "question",
    "unit",
    "file",
    "yaml",
    "schema",
    "schedule",
    "measure",
    "scenario",
    "inventory",
    "csv",
    "sources",
    "factors",
    "growth",
    "plan",
    "action",
    "selector",
    "value",
    "shares",
    "limit",
    "overlap",
    "exclusive",
    "target",
    "new",
    "list",
    "clause",
    "state",
    "switch",
    "reclassify",
    "fleet",
    "combination",
    "indicator",
    "option",
    "range",
    "correlation",
    "sample",
    "opened",
    "plot",
    "rerun",
    "path",
]
# Keys of these families that are words of tables or of a success, not faults.
WORDS = {
    *("clause.unread", "clause.counted", "clause.no_change", "clause.not_chosen", "clause.not_quantified"),
    *("indicator.assumed", "indicator.computed", "indicator.missing_value", "indicator.reported"),
    *(
        "list.not_chosen",
        "list.required",
        "new.copied",
        "new.done",
        "new.plan",
        "new.plan_examples",
        "new.template",
        "target.reference",
    ),
    *("question.unused.by_measure", "question.unused.by_source", "question.unused.parts"),
    *("question.unused.backcast", "question.unused.draws", "question.unused.one", "question.unused.several"),
    *(
        "question.unused.subsets",
        "question.unused.format",
        "question.unused.guess",
        "question.unused.template",
        "question.unused.new_plan",
    ),
    *("question.unused.new_example", "question.unused.not_ff10", "question.unused.original", "question.unused.template_import"),
    *("switch.default", "switch.fixed", "switch.no_move", "switch.other", "switch.taken"),
}
# file.busy needs another process (tests/trust), file.more stands below a hundred others, file.unreadable needs a disk that fails, schema.value an error of pydantic that we have no words for, plan.too_many 21 measures, and
# inventory.no_folder a caller who reads an inventory alone: these have tests of their own below; opened.* and plot.* in tests/io; several regions in tests/parts; rerun.*
# in tests/cli.
ELSEWHERE = {
    "file.busy",
    "file.more",
    "file.unreadable",
    "opened.elsewhere",
    "opened.no_archive",
    "opened.not_live",
    "opened.refused",
    "path.kind",
    "plot.font",
    "plot.missing",
    "schema.value",
    "plan.too_many",
    "inventory.no_folder",
    "new.exists",
    "new.inventory",
    "new.region",
    "new.text",
    "new.xlsx",
    "question.few",
    "question.half_way_tangled",
    "question.no_goals",
    "question.no_year",
    "question.nowhere",
    "question.too_many",
    "question.too_many_free",
    "sample.dims",
    "sample.indices",
    *("action.no_destination", "rerun.parts", "shares.region"),
    *("rerun.file", "rerun.hash", "rerun.input_changed", "rerun.input_missing", "rerun.inputs", "rerun.stored", "rerun.word"),
}


def expected(case):
    return [tuple(f) for f in (case["faults"] if "faults" in case else [case["fault"]])]


def spoil(folder: Path, case) -> None:
    """Bring one case's mistake into a copy of the valid project."""

    def text(words: str) -> str:
        return words.replace("{long}", "k" * 1000)

    edits = [case[k] for k in ("edit", "also") if k in case] + case.get("edits", [])
    for file, old, new in edits:
        tiny.replace(folder / file, old, text(new))
    if "put" in case:
        (folder / case["put"][0]).parent.mkdir(exist_ok=True)
        (folder / case["put"][0]).write_text(case["put"][1], encoding="utf-8")
    if "append" in case:
        file, more, times = case["append"]
        with (folder / file).open("a", encoding="utf-8") as stream:
            stream.write(more * times)
    if "bytes" in case:
        (folder / case["bytes"][0]).write_bytes(bytes.fromhex(case["bytes"][1]))
    if "remove" in case:
        (folder / case["remove"]).unlink()
    if "rename" in case:
        (folder / case["rename"][0]).rename(folder / case["rename"][1])


def files_of(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*")}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_told_in_one_line_at_its_place(name, tmp_path, monkeypatch, capsys):
    case = CASES[name]
    folder = tiny.copy(tmp_path)
    spoil(folder, case)
    monkeypatch.chdir(folder)
    before = files_of(folder)
    outcome = tiny.call(monkeypatch, capsys, *case.get("command", ["run", "scenario.yaml"]))
    assert outcome.code == 2
    assert outcome.out == ""
    assert files_of(folder) == before
    found = [split(line) for line in outcome.lines]
    assert [place for place, _ in found] == [place for _, place, _ in expected(case)], outcome.err
    for (_, what), (key, _, piece) in zip(found, expected(case), strict=True):
        assert piece in what
        assert matches(key, what), f"{what!r} is not {key}"


def split(line: str) -> tuple[str, str]:
    """Place and what is wrong of a line: a place in a file, or an option as typed; commands have faults without a place."""
    place, colon, what = line.partition(": ")
    known = r"\S+\.(yaml|csv|nc|json)(:\d+:\d+)?|\S+/result|inventory|nowhere|\.|--[a-z]+ \S+"
    return (place, what) if colon and re.fullmatch(known, place) else ("", line)


def matches(key: str, what: str, language: str = "en") -> bool:
    """Whether a text is the message of a key, whatever its values."""
    parts = re.split(r"\{\w+(?::[^}]*)?\}", messages()[key][language].replace("{{", "\0").replace("}}", "\1"))
    pattern = ".*".join(re.escape(part.replace("\0", "{").replace("\1", "}")) for part in parts)
    return re.fullmatch(pattern + ".*", what) is not None


def test_every_fault_has_a_case():
    faults = {key for key in messages() if key.split(".")[0] in FAMILIES and not key.startswith("target.kind.")} - WORDS
    covered = {key for case in CASES.values() for key, _, _ in expected(case)}
    assert faults - covered == ELSEWHERE
    assert covered <= faults


# Faults of foreign files have their tests beside the readers; each must stand in one of them.
FOREIGN = ("ff10.", "format.", "import.", "mapping.", "plan_text.", "shape.", "grid.", "template.")
TOLD = re.compile(r"\b(?:fault|refused|damaged|refuse|_refuse|add)\(\s*\"([a-z0-9_]+\.[a-z0-9_.]+)\"")


def test_every_fault_of_a_foreign_file_has_a_test():
    root = Path(__file__).parents[2]
    code = "".join(p.read_text(encoding="utf-8") for p in sorted((root / "emisim").rglob("*.py")))
    tests = "".join(p.read_text(encoding="utf-8") for p in sorted((root / "tests").rglob("test_*.py")) if p != Path(__file__))
    keys = {key for key in TOLD.findall(code) if key.startswith(FOREIGN)}
    assert len(keys) > 50
    assert not {key for key in keys if key not in tests}


@pytest.mark.parametrize("name", ["unknown key", "coverage above 100 %", "selector value", "negative activity", "unknown unit"])
def test_a_mistake_is_told_in_chinese(name, tmp_path, monkeypatch, capsys):
    spoil(tiny.copy(tmp_path), CASES[name])
    monkeypatch.chdir(tmp_path)
    outcome = tiny.call(monkeypatch, capsys, "validate", "scenario.yaml", "--lang", "zh")
    assert outcome.code == 2
    for line, (key, place, piece) in zip(outcome.lines, expected(CASES[name]), strict=True):
        assert line.startswith(f"{place}: ")
        assert matches(key, split(line)[1], "zh")
        near = re.search(r"did you mean '(.*)'", piece)
        assert not near or f"是否想写“{near[1]}”" in line


def test_mistakes_of_all_files_are_told_at_once(tmp_path, monkeypatch, capsys):
    names = [
        "adjusted parameter unknown",
        "mechanism unknown",
        "concentration as a share",
        "thousands",
        "pollutant",
        "growth ends too early",
    ]
    tiny.copy(tmp_path)
    for name in names:
        spoil(tmp_path, CASES[name])
    monkeypatch.chdir(tmp_path)
    outcome = tiny.call(monkeypatch, capsys, "run", "scenario.yaml")
    places = {place for name in names for _, place, _ in expected(CASES[name])}
    assert outcome.code == 2
    assert {split(line)[0] for line in outcome.lines} == places
    assert len(outcome.lines) == len(names)
    assert not (tmp_path / "outputs").exists()


def test_selectors_are_checked_although_a_number_of_the_inventory_is_wrong(tmp_path, monkeypatch, capsys):
    folder = tiny.copy(tmp_path)
    tiny.replace(
        folder / "plan.yaml",
        "applies_to: {sector: solvent}\n        parameters: {substituted",
        "applies_to: {sector: solvents}\n        parameters: {substituted",
    )
    tiny.replace(folder / "plan.yaml", "to: {sector: mobile, technology: China VI}", "to: {sector: mobile, technology: China 6}")
    sources = (folder / "inventory" / "sources.csv").read_text(encoding="utf-8")
    (folder / "inventory" / "sources.csv").write_text(sources.replace("GJ/yr", "GJ/yyr"), encoding="utf-8")
    monkeypatch.chdir(folder)
    outcome = tiny.call(monkeypatch, capsys, "run", "scenario.yaml")
    assert outcome.code == 2
    told = "\n".join(outcome.lines)
    assert "unit 'yyr'" in told
    assert "did you mean 'solvent'?" in told
    assert "did you mean 'China VI'?" in told
    assert len(outcome.lines) == 3


def test_validate_tells_the_mistakes_of_all_scenarios(tmp_path, monkeypatch, capsys):
    tiny.copy(tmp_path)
    for k, old in enumerate(("target_year: 2025", "wording: central")):
        (tmp_path / f"{k}.yaml").write_text(
            (tmp_path / "scenario.yaml").read_text(encoding="utf-8").replace(old, "note: 5"), encoding="utf-8"
        )
    monkeypatch.chdir(tmp_path)
    outcome = tiny.call(monkeypatch, capsys, "validate", "0.yaml", "scenario.yaml", "1.yaml")
    assert outcome.code == 2
    assert {split(line)[0].split(":")[0] for line in outcome.lines} == {"0.yaml", "1.yaml"}
    assert outcome.out.startswith("scenario.yaml: fine")


def test_as_a_process_it_says_the_same(tmp_path):
    tiny.copy(tmp_path)
    spoil(tmp_path, CASES["selector value"])
    outcome = tiny.command(tmp_path, "run", "scenario.yaml")
    ((key, place, piece),) = expected(CASES["selector value"])
    assert (outcome.code, outcome.out, len(outcome.lines)) == (2, "", 1)
    assert outcome.err.startswith(f"{place}: ")
    assert piece in outcome.err


def test_too_many_measures_on_one_row(tmp_path, monkeypatch, capsys):
    """A limit has no closed form for its share, so all packages of the measures are run: 2^n."""
    monkeypatch.setattr("emisim.ledger.MOST_ENUMERATED", 3)
    tiny.copy(tmp_path)
    monkeypatch.chdir(tmp_path)
    tiny.replace(tmp_path / "plan.yaml", "applies_to: {source_id: boiler-coal}", "applies_to: {source_id: [boiler-coal, kiln]}")
    outcome = tiny.call(monkeypatch, capsys, "run", "scenario.yaml")
    assert outcome.code == 2
    assert len(outcome.lines) == 1
    assert re.match(r"plan\.yaml:\d+:3: .* all interact on row \S+, more than can be split exactly", outcome.err)
    assert not (tmp_path / "outputs").exists()


def test_a_disk_that_fails(tmp_path, monkeypatch):
    tiny.copy(tmp_path)
    honest = Path.open

    def failing(self, *how, **options):
        if self.name == "factors.csv":
            raise OSError(5, "Input/output error")
        return honest(self, *how, **options)

    monkeypatch.setattr(Path, "open", failing)
    with pytest.raises(BadInput) as caught:
        load(tmp_path / "scenario.yaml", lambda p: p.name)
    assert [f.text() for f in caught.value.faults] == [
        "inventory/factors.csv: cannot be read: Input/output error; check the permissions"
    ]


def test_an_inventory_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match="there is no inventory folder nowhere"):
        read_inventory(tmp_path / "nowhere", 2020, (2020, 2025), shown="nowhere")


def test_what_we_have_no_words_for_is_told_in_those_of_pydantic():
    from emisim.io.config_file import _fault
    from emisim.io.yaml_file import parse_yaml
    from emisim.scenario import Scenario

    document = parse_yaml("scenario: x\n", "s.yaml")
    problem = {"type": "unheard_of", "loc": ("scenario",), "msg": "Input is odd", "input": "x"}
    assert _fault(document, Scenario, problem).text() == "s.yaml:1:11: 'scenario' cannot be x: Input is odd"
