"""The house plan as a test: imports run one way, each heavy library has one door, nothing is changed at module level, and the
table of messages and the code agree."""

import ast
import csv
import os
import re
import string
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import tiny

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "emisim"
MODULES = {
    ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

# From the ground up: a module may import from earlier lines and from its own line.
ORDER = [
    ["emisim"],  # the version; everything public is imported when asked for
    ["emisim.text", "emisim.plain_text", "emisim.spelling", "emisim.pieces", "emisim.root"],
    ["emisim.errors"],
    ["emisim.traced", "emisim.distribution", "emisim.column", "emisim.coder"],
    ["emisim.kinds"],
    ["emisim.units", "emisim.unit_column", "emisim.vocabulary", "emisim.price"],
    ["emisim.model", "emisim.operation"],
    ["emisim.product"],
    ["emisim.program"],
    ["emisim.inventory", "emisim.schedule", "emisim.clause", "emisim.target"],
    ["emisim.measure"],
    ["emisim.switch", "emisim.ensemble", "emisim.sample"],
    ["emisim.plan", "emisim.periods", "emisim.mechanism"],
    ["emisim.mechanisms"],
    ["emisim.importing"],
    ["emisim.scenario"],
    ["emisim.reading", "emisim.parameter"],
    ["emisim.relations", "emisim.cost", "emisim.plan_traps"],
    ["emisim.binding"],
    ["emisim.indicator"],
    ["emisim.cells"],
    ["emisim.cohort"],
    ["emisim.kernel"],
    ["emisim.shapley"],
    ["emisim.ledger", "emisim.nitrogen"],
    ["emisim.drawn_ledger"],
    ["emisim.crediting"],
    ["emisim.verdicts", "emisim.cautions", "emisim.adoption", "emisim.balances"],
    ["emisim.case"],
    ["emisim.simulate"],
    ["emisim.sums"],
    [
        "emisim.uncertainty.statistics",
        "emisim.uncertainty.ranking",
        "emisim.uncertainty.indices",
        "emisim.uncertainty.propagation",
        "emisim.uncertainty.nets",
        "emisim.uncertainty.quantile",
    ],
    ["emisim.uncertainty.inputs", "emisim.uncertainty.spread", "emisim.uncertainty.groups", "emisim.uncertainty.products"],
    ["emisim.uncertainty.sampling", "emisim.uncertainty.sources"],
    ["emisim.uncertainty.draws"],
    ["emisim.uncertainty.batches"],
    ["emisim.uncertainty.approach1"],
    ["emisim.uncertainty.montecarlo"],
    ["emisim.uncertainty"],
    ["emisim.questions.table", "emisim.questions.milp", "emisim.questions.proof", "emisim.questions.mixture"],
    ["emisim.questions.enumeration"],
    ["emisim.questions.response"],
    ["emisim.questions.optimise", "emisim.questions.packages"],
    ["emisim.questions.tradeoffs", "emisim.questions.by_source"],
    ["emisim.questions.explanation", "emisim.questions.compare", "emisim.questions.backcast", "emisim.questions.solving"],
    ["emisim.questions.shared_costs"],
    ["emisim.questions.sites"],
    ["emisim.questions"],
    ["emisim.catalogue"],
    ["emisim.summary", "emisim.repeat"],
    ["emisim.report.tables"],
    ["emisim.report.plan_tables", "emisim.report.input_tables", "emisim.report.cost_tables", "emisim.report.proof_text"],
    [
        "emisim.report.compare_tables",
        "emisim.report.ensemble_tables",
        "emisim.report.uncertainty_tables",
        "emisim.report.rerun_tables",
    ],
    ["emisim.report.solve_tables", "emisim.report.package_tables"],
    ["emisim.report.site_tables"],
    ["emisim.pictures"],
    ["emisim.report.lists", "emisim.report.screen"],
    ["emisim.report.markdown", "emisim.report.import_tables"],
    ["emisim.report.page"],
    ["emisim.report.plan_page", "emisim.report"],
    ["emisim.io"],
    ["emisim.cli.group", "emisim.cli.streams"],
    ["emisim.cli.common"],
    ["emisim.cli"],
    ["emisim.__main__"],
]
LEVEL = {name: k for k, names in enumerate(ORDER) for name in names}
# The only modules that may import each of these, also inside a function.
DOORS = {
    "pint": {"emisim.units"},
    "click": {name for name in MODULES if name.startswith("emisim.cli")},
    "rich": {"emisim.report.screen"},
    "yaml": {"emisim.io.yaml_file", "emisim.io.run_folder"},
    "xarray": {"emisim.io.netcdf", "emisim.io.result_file"},
    "h5netcdf": set(),
    "h5py": {"emisim.io.netcdf.file", "emisim.io.result_file"},
    "matplotlib": {"emisim.pictures.canvas"},
    "xlsxwriter": {"emisim.io.xlsx"},
    "openpyxl": {"emisim.io.sheets.xlsx_sheet"},
    "pydantic": {
        "emisim.model",
        "emisim.clause",
        "emisim.schedule",
        "emisim.measure",
        "emisim.switch",
        "emisim.ensemble",
        "emisim.sample",
        "emisim.plan",
        "emisim.scenario",
        "emisim.target",
        "emisim.importing.mapping",
        "emisim.io.config_file",
        "emisim.io.run_record",
    },
    "scipy": {
        "emisim.questions.milp",
        "emisim.uncertainty.sampling",
        "emisim.uncertainty.quantile",
        "emisim.uncertainty.nets",
        "emisim.uncertainty.indices",
    },
}
NUMPY_ONLY = [
    "emisim.pieces",
    "emisim.operation",
    "emisim.product",
    "emisim.program",
    "emisim.cells",
    "emisim.cohort",
    "emisim.kernel",
]
# Tables that come with the package are read where they are used; examples are copied, not read.
READS = re.compile(r"\.(open|read_bytes|read_text|write_bytes|write_text)\(|(?<![.\w])open\(")
PACKAGE_DATA = {
    "emisim.text",
    "emisim.units",
    "emisim.vocabulary",
    "emisim.crediting",
    "emisim.price",
    "emisim.importing.codes",
    "emisim.importing.formats",
    "emisim.importing.fields",
    "emisim.report.page.assets",
}
LONG: dict[str, int] = {}
# What a call for help loads.
HELP = ["emisim", *(name for name in MODULES if name.startswith("emisim.cli"))]


def level(module: str) -> int:
    """Place in the order: its own, or that of the package it is in."""
    whole = module
    while module not in LEVEL:
        module = module.rpartition(".")[0]
        assert "." in module, f"{whole} is not in the house plan"
    return LEVEL[module]


@cache
def imports(name: str) -> tuple[tuple[str, bool], ...]:
    """(module, at the top of the file) of every import, those under TYPE_CHECKING left out."""
    return tuple(_imports(name))


def _imports(name: str):
    for node in ast.walk(TREES[name]):
        for child in ast.iter_child_nodes(node):
            child.parent = node
    for node in ast.walk(TREES[name]):
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        above, inside, typing = node, False, False
        while hasattr(above, "parent"):
            above = above.parent
            inside |= isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef))
            typing |= isinstance(above, ast.If) and isinstance(above.test, ast.Name) and above.test.id == "TYPE_CHECKING"
        if typing:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, not inside
        else:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole if whole in MODULES else node.module), not inside


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_one_way(name):
    for other, _ in imports(name):
        if other.split(".")[0] == "emisim" and other != name:
            assert level(other) <= level(name), f"{name} imports {other}, which stands above it"


@pytest.mark.parametrize("name", MODULES)
def test_no_two_modules_import_each_other(name):
    """Within one line of the order, too: following imports never leads back."""
    seen, waiting = set(), [name]
    while waiting:
        for other, _ in imports(waiting.pop()):
            assert other != name or name == "emisim", f"{name} is imported by what it imports"
            if other in MODULES and other not in seen and other != "emisim":
                seen.add(other)
                waiting.append(other)


@pytest.mark.parametrize("library", DOORS)
def test_each_library_has_its_door(library):
    users = {name for name in MODULES if any(other.split(".")[0] == library for other, _ in imports(name))}
    assert users <= DOORS[library]


@pytest.mark.parametrize("name", NUMPY_ONLY)
def test_the_kernel_is_numpy(name):
    for other, _ in imports(name):
        assert other in {*NUMPY_ONLY, "numpy"} or other.split(".")[0] in {
            "__future__",
            "dataclasses",
            "collections",
            "concurrent",
            "math",
            "os",
            "itertools",
            "functools",
            "typing",
        }


@pytest.mark.parametrize("name", [*HELP, "emisim.text", "emisim.errors"])
def test_what_help_needs_is_the_standard_library_and_click(name):
    light = {
        "__future__",
        "click",
        "collections",
        "contextlib",
        "csv",
        "dataclasses",
        "difflib",
        "functools",
        "importlib",
        "io",
        "os",
        "pathlib",
        "re",
        "sys",
        "types",
    }
    for other, top in imports(name):
        assert not top or other.split(".")[0] in light or other in {*HELP, "emisim.text", "emisim.errors"}, other


def loaded(*words: str, folder: Path = ROOT) -> set[str]:
    """What a process of its own has imported when a command has ended."""
    code = "import sys; from emisim.__main__ import main\ntry: main()\nexcept SystemExit as end: assert not end.code\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    return set(done.stderr.decode().split())


def test_help_loads_the_group_of_commands_alone():
    found = loaded("--help")
    ours = {"emisim", "emisim.__main__", "emisim.cli", "emisim.cli.group", "emisim.cli.streams", "emisim.plain_text"}
    assert {name for name in found if name.startswith("emisim")} == ours
    assert not found & {"csv", "dataclasses", "difflib", "importlib.resources", "json", "numpy", "pathlib", "pydantic", "yaml"}


def test_a_run_that_makes_its_result_alone_loads_nothing_for_draws_reports_or_units(tmp_path):
    tiny.copy(tmp_path)
    found = loaded("run", "scenario.yaml", "--out", "r", "--files", "result.nc", folder=tmp_path)
    libraries = {
        "dask",
        "h5netcdf",
        "matplotlib",
        "multiprocessing",
        "netCDF4",
        "openpyxl",
        "pandas",
        "pint",
        "scipy",
        "xarray",
        "xlsxwriter",
    }
    assert not {name.partition(".")[0] for name in found} & libraries
    assert not found & {"rich.progress", "emisim.report.markdown", "emisim.report.page", "emisim.report.uncertainty_tables"}
    assert not [name for name in found if name.startswith(("emisim.pictures", "emisim.questions", "emisim.importing"))]
    assert {name for name in found if name.startswith("emisim.uncertainty")} == {
        "emisim.uncertainty",
        "emisim.uncertainty.ensemble",
    }


@pytest.mark.parametrize("name", MODULES)
def test_files_are_touched_in_io_alone(name):
    if not name.startswith("emisim.io"):
        found = READS.findall(MODULES[name].read_text(encoding="utf-8").replace("os.open(os.devnull", ""))
        assert not found or name in PACKAGE_DATA


IMMUTABLE_CALLS = {
    "frozenset", "MappingProxyType", "tuple", "Mechanism", "Parameter", "share", "compile", "TypeVar", "field", "BeforeValidator", "option", "argument",
    "namedtuple", "NewType", "property", "float", "int", "str", "Place", "datetime",
}  # fmt: skip
# Tables of plain constants: read everywhere, written nowhere.
CONSTANT_DICTS = {
    ("emisim", "_HOMES"), ("emisim.inventory", "SOURCE_COLUMNS"), ("emisim.inventory", "FACTOR_COLUMNS"), ("emisim.inventory", "GROWTH_COLUMNS"),
    ("emisim.inventory", "CORRELATION_COLUMNS"),
    ("emisim.io.netcdf", "LABELS"), ("emisim.io.netcdf.plan", "_MASS"),
}  # fmt: skip
CONSTANT_LISTS = {("emisim", "__all__")}


@pytest.mark.parametrize("name", MODULES)
def test_nothing_at_module_level_can_change(name):
    for node in TREES[name].body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        word = getattr(target, "id", "?")
        value = node.value
        if isinstance(value, (ast.Dict, ast.DictComp)):
            assert (name, word) in CONSTANT_DICTS, f"{name}.{word} is a dict: make it a MappingProxyType"
        elif isinstance(value, (ast.List, ast.Set, ast.ListComp, ast.SetComp)):
            assert (name, word) in CONSTANT_LISTS, f"{name}.{word} is a list or set: make it a tuple or frozenset"
        elif isinstance(value, ast.Call):
            called = value.func.attr if isinstance(value.func, ast.Attribute) else value.func.id
            assert called in IMMUTABLE_CALLS, f"{name}.{word} is made by {called}()"


@pytest.mark.parametrize("name", MODULES)
def test_nothing_at_module_level_is_changed(name):
    assert not [node for node in ast.walk(TREES[name]) if isinstance(node, ast.Global)]


# What a name and a signature say in full.
PLAIN = {"compile_action", "cli"}


@pytest.mark.parametrize("name", MODULES)
def test_everything_public_is_explained(name):
    assert ast.get_docstring(TREES[name]), f"{name} has no docstring"
    for node in TREES[name].body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_") and node.name not in PLAIN:
            assert ast.get_docstring(node), f"{name}.{node.name} has no docstring"


@pytest.mark.parametrize("name", MODULES)
def test_a_file_can_be_read_in_one_go(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= LONG.get(name, 400)


def test_the_house_plan_names_no_module_that_is_gone():
    assert set(LEVEL) <= set(MODULES)


# ---- messages

ROWS = list(csv.DictReader((PACKAGE / "data" / "messages.csv").open(encoding="utf-8", newline="")))
TEXTS = {row["key"]: row for row in ROWS}
WORDS = {
    node.value
    for tree in TREES.values()
    for node in ast.walk(tree)
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}
# Keys put together from a word: f"verdict.{…}". Their beginnings stand in the code.
BEGINNINGS = {
    f.values[0].value for tree in TREES.values() for f in ast.walk(tree)
    if isinstance(f, ast.JoinedStr) and f.values and isinstance(f.values[0], ast.Constant) and re.fullmatch(r"[a-z_]+\.([a-z_]+\.)?", f.values[0].value)
}  # fmt: skip


def placeholders(text: str) -> set[str]:
    return {part[1] for part in string.Formatter().parse(text) if part[1] is not None}


def test_messages_are_sorted_and_stand_once():
    keys = [row["key"] for row in ROWS]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize("key", TEXTS)
def test_a_message_says_the_same_in_both_languages(key):
    row = TEXTS[key]
    assert row["en"].strip()
    assert row["zh"].strip()
    assert placeholders(row["en"]) == placeholders(row["zh"])


def test_every_message_is_used():
    unused = {k for k in TEXTS if k not in WORDS and not any(k.startswith(b) for b in BEGINNINGS)}
    assert not unused


def test_every_key_in_the_code_has_a_message():
    families = {key.split(".")[0] for key in TEXTS}
    called = set()
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                word = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if word in {"say", "fault", "report", "reject", "add", "unknown_word", "_unknown", "PydanticCustomError", "Term"}:
                    called |= {a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    keys = {w for w in called if re.fullmatch(r"[a-z]+\.[a-z_.]+", w) and w.split(".")[0] in families}
    assert keys
    assert keys <= set(TEXTS)
