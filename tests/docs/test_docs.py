"""The documentation is true: its commands run and print what it shows, its links lead somewhere, its tables name what the code has."""

import re
from functools import cache

import click
import pytest

import emisim
from emisim.cli import cli
from emisim.io.run_folder import FILES
from emisim.ledger import MOST_ENUMERATED
from emisim.mechanisms import MECHANISMS
from tests.docs.refresh import ROOT, commands, generated, pages, refreshed

PAGES = {page.relative_to(ROOT).as_posix(): page for page in pages()}
PAIRS = [
    (page, page.replace(".md", ".zh-CN.md"))
    for page in PAGES
    if page.replace(".md", ".zh-CN.md") in PAGES and not page.startswith("docs/reference/plan-")
]
POLLUTANTS = ("NOx", "VOC", "NH3")
MECHANISM_ROW = re.compile(r"^\| `(\w+)` \| (.*) \|[^|]*\|$", re.MULTILINE)


def read(name):
    return PAGES[name].read_text(encoding="utf-8")


# Left to `make docs`, which runs every page: the Chinese pages, whose commands a test keeps equal to those of the English ones, and the
# how-tos with the longest searches, draws or runs.
LATER = [name for name in PAGES if name.endswith(".zh-CN.md")]
LATER += [
    f"docs/how-to/{page}.md"
    for page in (
        "back-cast-a-measure",
        "compare-scenarios-and-packages",
        "explain-a-number",
        "find-a-package",
        "how-sure-is-it",
        "read-a-plan-otherwise",
        "run-a-nation",
    )  # fmt: skip
]


@pytest.mark.parametrize("name", [n for n in PAGES if commands(read(n)) and n not in LATER])
def test_every_command_runs_and_prints_what_the_page_shows(name):
    text = read(name)
    assert refreshed(text) == text, f"{name} is stale: run `python -m tests.docs.refresh`"


@pytest.mark.parametrize("page", generated(), ids=lambda page: page.name)
def test_the_page_of_a_plan_is_that_of_its_file(page):
    assert page.read_text(encoding="utf-8") == generated()[page], f"{page.name} is stale: run `python -m tests.docs.refresh`"


@pytest.mark.parametrize("name", PAGES)
def test_links_between_pages_resolve(name):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", read(name), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        target = (PAGES[name].parent / path).resolve() if path else PAGES[name]
        assert target.is_file(), f"{name}: {link}"
        if anchor:
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}, f"{name}: {link}"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_names_no_machine_and_is_linked(name):
    text = read(name)
    assert not re.search(r"/(tmp|root|work|home)/|https?://", text)
    if name.startswith("docs/"):
        assert name in read("README.md") + read("README.zh-CN.md")


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_both_languages_name_the_same_commands(english, chinese):
    plain = {"make run": "emisim run scenarios/mengjin-2025.yaml"}  # what the target of that name runs
    wanted = [plain.get(c, c) for c in commands(read(english))]
    assert [c.removesuffix(" --lang zh") for c in commands(read(chinese))] == wanted
    assert all(c.endswith(" --lang zh") or c == "echo $?" for c in commands(read(chinese)))


def test_make_run_runs_what_the_readme_shows():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^SCENARIO \?= scenarios/mengjin-2025\.yaml$", makefile, re.MULTILINE)
    assert "$(BIN)/emisim run $(SCENARIO)" in makefile


@cache
def result():
    """What every page calls the run."""
    return emisim.run(ROOT / "scenarios" / "mengjin-2025.yaml")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_totals_of_the_readme_are_those_of_the_run(name):
    totals = emisim.summarise(result())["totals"]
    for pollutant in POLLUTANTS:
        row = re.search(rf"^ {pollutant}((?:\s+[\d,.]+){{4}})\s", read(name), re.MULTILINE)
        shown = [float(x.replace(",", "")) for x in row[1].split()]
        now = totals[pollutant]["2025"]
        assert shown == [pytest.approx(now[k], abs=0.5) for k in ("base", "frozen", "reference", "plan")]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_every_module_and_public_function(name):
    block = re.search(r"^emisim/ .*?(?=^tests/)", read(name), re.MULTILINE | re.DOTALL)[0]
    package = ROOT / "emisim"
    modules = {p.stem for p in package.glob("*.py")} | {p.parent.name + "/" for p in package.glob("*/__init__.py")}
    named = re.findall(r"[\w/]+", " ".join(re.split(r"\s{2,}", line.strip())[0] for line in block.splitlines()[1:]))
    assert set(named) == modules - {"__init__", "__main__", "model"} | {"data/"}
    assert len(named) == len(set(named))
    assert all(f"`{n}`" in read(name) for n in emisim.__all__ if not n.startswith("_"))


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "docs/explanation/method.md", "docs/reference/errors.md"])
def test_the_pages_say_how_many_interacting_measures_are_too_many(name):
    assert re.search(rf"(?i)(more than|超过) {MOST_ENUMERATED}\b", read(name))


# ---------------------------------------------------------------- reference pages against the code


def test_the_data_format_names_every_mechanism_and_parameter_with_its_default():
    rows = dict(MECHANISM_ROW.findall(read("docs/reference/data-format.md").split("## Mechanisms and their parameters")[1]))
    assert set(rows) == set(MECHANISMS)
    for name, mechanism in MECHANISMS.items():
        named = set(re.findall(r"`(\w+)`", rows[name])) - {"to", "flue_gas"}
        assert named == {p.name for p in mechanism.parameters}, name
        for p in mechanism.parameters:
            if p.default not in (None, ""):
                default = f"{p.default:g}" if isinstance(p.default, float) else str(p.default)
                after = rows[name].split(f"`{p.name}`")[1].split("; `")[0]
                assert f"({default})" in after or "not needed where" in after, f"{name}: default {default} of {p.name}"


def test_the_data_format_names_the_adoption_parameters():
    words = re.search(r"how far a measure is carried out: `([\w ]+)`", read("docs/reference/data-format.md"))[1].split()
    assert set(words) == {p.name for m in MECHANISMS.values() for p in m.parameters if p.role == "adoption"}


def test_the_commands_page_names_every_command_and_option():
    text = read("docs/reference/commands.md")
    for name in cli.list_commands(None):
        command = cli.get_command(None, name)
        rows = [line for line in text.splitlines() if line.startswith(f"| `emisim {name}")]
        assert rows, name
        for option in (p for p in command.params if isinstance(p, click.Option) and p.name != "help"):
            assert any(option.opts[0] in row for row in rows), f"{name} {option.opts[0]}"


def test_the_result_page_names_every_file_key_and_variable():
    text = read("docs/reference/result.md")
    names = set(re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)))
    words = {w for n in names for w in n.split()} | set(re.findall(r"^## (.*)$", text, re.MULTILINE))
    data = emisim.summarise(result())
    assert set(data) <= words
    assert {k for key in ("ledger", "targets") for k in data[key][0]} <= words
    dataset = emisim.to_dataset(result())
    assert {str(v) for v in dataset.data_vars} <= words
    assert {str(d) for d in dataset.sizes} <= words
    assert {str(c) for c in dataset.coords} - {"time"} <= words
    assert set(dataset.attrs) <= words
    assert set(vars(result())) - {"scenario", "plan_file", "inventory", "bound", "years"} <= words
    assert all(f in text for f in FILES)
