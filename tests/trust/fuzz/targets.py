"""What is fuzzed: the four readers, each as a function of some bytes. Refusals are what is wanted; anything else that is raised is a fault
of emisim's: another exception, a number that is none, a fault that is no single line, a second or 200 MB for a few kilobytes."""

import math
import re
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from emisim import units
from emisim.case import prepare
from emisim.errors import BadInput
from emisim.importing.formats import builtin, names
from emisim.io.config_file import load, validated
from emisim.io.foreign import Wanted, import_files
from emisim.io.inventory_folder import read_inventory
from emisim.io.mapping_file import read_mapping
from emisim.io.sheets import read_sheets
from emisim.io.text_file import decode
from emisim.io.yaml_file import parse_yaml
from emisim.plan import Plan
from emisim.units import UnitError

VALID = Path(__file__).parents[2] / "bad_inputs" / "valid"
CORPUS = Path(__file__).parent / "corpus"
FOREIGN = Path(__file__).parents[2] / "io" / "foreign"
LONGEST = 4096  # bytes of an input
QUICK_S = 1.0
LEAST_MEMORY_KB = 200_000
TABLES = ("sources.csv", "factors.csv", "growth.csv", "correlations.csv")
YEARS = (2020, 2025)
SCENARIO = """\
scenario: tiny-2025
title: {zh: 小县2025年, en: A tiny county in 2025}
inventory: inventory
plan: plan.yaml
base_year: 2020
target_year: 2025
"""


@dataclass(frozen=True)
class Target:
    """One reader: what it does with some bytes, and inputs to begin with."""

    name: str
    take: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]

    def one_input(self, data: bytes) -> None:
        """Give the reader some bytes.

        Raises
        ------
        Exception
            What the reader lets through, or ``AssertionError`` where it took too long or too much.
        """
        data = data[:LONGEST]
        start, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.take(data)
        seconds, grown = time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert seconds <= QUICK_S, f"{seconds:.1f} s"
        assert grown <= LEAST_MEMORY_KB, f"{grown} kB"

    def inputs(self) -> list[bytes]:
        """The seeds and what was once found."""
        return [*self.seeds(), *(path.read_bytes() for path in sorted((CORPUS / self.name).iterdir()))]


def refused(read: Callable[[], object]) -> bool:
    """Whether a reader refuses; then in lines that can be shown, at least one."""
    try:
        read()
    except BadInput as bad:
        faults = bad.faults
    except UnitError as error:
        faults = (error.fault,)
    else:
        return False
    assert faults, "refused without a word"
    for one in faults:
        for language in ("en", "zh"):
            assert one.text(language).isprintable(), f"no single line: {one.text(language)!r}"
    return True


@cache
def project() -> TemporaryDirectory:
    """A folder with a scenario, a plan and an inventory, and a mapping; it lives as long as the process."""
    made = TemporaryDirectory(prefix="emisim-fuzz-")
    folder = Path(made.name)
    (folder / "inventory").mkdir()
    for table in (VALID / "inventory").iterdir():
        (folder / "inventory" / table.name).write_bytes(table.read_bytes())
    (folder / "scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    (folder / "plan.yaml").write_text(_plan_pieces()[0], encoding="utf-8")
    return made


def _named(data: bytes, known: tuple[str, ...]) -> tuple[str, bytes]:
    """The file whose name stands in the first line, and the other lines; the last of the known files if no name stands there."""
    first, _, rest = data.partition(b"\n")
    name = first.strip(b"# \r").decode("ascii", "replace")
    return (name, rest) if name in known else (known[-1], data)


# ---- YAML: scenario, plan and mapping


def _plan_pieces() -> list[str]:
    """The tiny plan cut into plans of one measure each, and what follows the measures."""
    head, *measures = re.split(r"(?m)^(?=  [A-Z]\d\d:$)", (VALID / "plan.yaml").read_text(encoding="utf-8"))
    last, _, rest = measures[-1].partition("\noverlaps:")
    return [
        *(head + measure for measure in (*measures[:-1], last)),
        head
        + measures[0]
        + measures[2]
        + measures[3]
        + "\noverlaps:"
        + rest.replace("C03", "B01").replace("[C01, C02]", "[A01, B01]"),
    ]


def _yaml_seeds() -> list[bytes]:
    texts = [f"# plan.yaml\n{piece}" for piece in _plan_pieces()]
    whole = (VALID / "scenario.yaml").read_text(encoding="utf-8").replace("C01", "A01").replace("scrapped", "switched")
    texts += [f"# scenario.yaml\n{SCENARIO}", f"# scenario.yaml\n{whole.replace('  without: [Z01]', '  only: [A01]')}"]
    return [text.encode() for text in texts] + [b"# mapping.yaml\n" + builtin(name)[: LONGEST - 20] for name in names()]


def take_yaml(data: bytes) -> None:
    """A file in place of the scenario, of the plan or of a mapping, as the first line says."""
    name, text = _named(data, ("scenario.yaml", "mapping.yaml", "plan.yaml"))
    folder = Path(project().name)
    path = folder / name
    before = path.read_bytes() if path.exists() else b""
    path.write_bytes(text)
    try:
        if name == "mapping.yaml":
            refused(lambda: read_mapping(path, name, 2020))
        else:
            refused(lambda: load(folder / "scenario.yaml", near=lambda p: p.name))
    finally:
        path.write_bytes(before)


# ---- CSV: the tables of an inventory, and foreign ones


def _csv_seeds() -> list[bytes]:
    tables = [f"{name}\n".encode() + (VALID / "inventory" / name).read_bytes() for name in TABLES[:3]]
    tables.append(b"correlations.csv\nfirst,second,rank_correlation,grade,source,note\nboiler-coal,kiln,0.5,E,judged,\n")
    foreign = [
        b"foreign.csv\n" + b"".join(path.read_bytes().splitlines(keepends=True)[:12]) for path in sorted(FOREIGN.iterdir())
    ]
    return tables + foreign


def take_csv(data: bytes) -> None:
    """A table of an inventory, or a foreign one, as the first line says."""
    name, text = _named(data, (*TABLES, "foreign.csv"))
    folder = Path(project().name)
    if name == "foreign.csv":
        path = folder / name
        path.write_bytes(text)
        refused(lambda: [None for sheet in read_sheets(path, name) for block in sheet.blocks() for _ in block.rows])
        refused(lambda: import_files([path], [name], Wanted(year=YEARS[0])))
        return
    path = folder / "inventory" / name
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(text)
    try:
        refused(lambda: read_inventory(folder / "inventory", YEARS[0], YEARS, shown="inventory"))
    finally:
        path.unlink() if before is None else path.write_bytes(before)


# ---- units


def _unit_seeds() -> list[bytes]:
    names = sorted(units.unit_names())
    texts = [f"{k + 1}.5e{k % 3} {name}/{names[-k]}\n{name}/yr".encode() for k, name in enumerate(names[::5])]
    return texts + "0.40 kg/t\nt/yr|12 万吨/yr|35 %|50 mg/m3|2300 Nm3/t\nt/yr|g/(vehicle km)|1.05 kg·m⁻²·s⁻¹".encode().split(b"|")


def take_unit(data: bytes) -> None:
    """Each line as a number with unit of every dimension, as a unit, and as flue gas for what the last line counts."""
    lines = data.decode("utf-8", "replace").split("\n")[:8]
    for text in lines:
        for read in (units.split, units.unit_exponents, units.to_base, units.quantity, units.per_year):
            refused(lambda read=read, text=text: read(text))
        refused(lambda text=text: units.mass_a_year(text, lines[-1]))
        refused(lambda text=text: units.same_kind(text, lines[-1]))
        refused(lambda text=text: _number(units.flue_gas(text, lines[-1])))
        for dimension in (*units.DIMENSIONS, lines[-1]):
            refused(lambda text=text, dimension=dimension: _number(units.read(text, dimension)))
        try:
            bare = float(text)
        except ValueError:
            continue
        refused(lambda bare=bare: _number(units.read(bare, "share")))


def _number(found: float) -> None:
    assert isinstance(found, float) and math.isfinite(found), f"{found!r} is no number"


# ---- selectors


def _selector_seeds() -> list[bytes]:
    written = re.findall(r"(?:applies_to|to|of|among): (\{.*?\}|\[.*?\}\])", (VALID / "plan.yaml").read_text(encoding="utf-8"))
    more = [
        "{source_id: [kiln, rail]}",
        "{sector: mobile, fuel: diesel, technology: [China I, China III]}",
        "[{nfr: 1A2}, {scc: 0706}]",
    ]
    return [text.encode() for text in dict.fromkeys([*written, *more])]


def take_selector(data: bytes) -> None:
    """What an action, a state and a target select, and where an action moves to."""
    text = decode(data)
    if text is None:
        return
    indented = "".join(f"\n  {line}" for line in text.splitlines())
    found: dict = {}
    if refused(lambda: found.update(parse_yaml(f"selector:{indented}\n", "plan.yaml").data)) or set(found) != {"selector"}:
        return
    folder = Path(project().name)
    scenario, inventory = _loaded()
    chosen = found["selector"]
    for places in (
        ("actions", "applies_to"),
        ("actions", "to"),
        ("targets", "applies_to"),
        ("targets", "indicator"),
        ("states", ""),
    ):
        document = parse_yaml(_plan_with(places), (folder / "plan.yaml").name)
        changed = replace(document, data=_put(document.data, chosen))
        refused(
            lambda changed=changed: prepare(scenario, validated(Plan, changed), inventory, lambda _, where: changed.place(where))
        )


@cache
def _loaded():
    case = load(Path(project().name) / "scenario.yaml").case
    return case.scenario, case.inventory


def _plan_with(places: tuple[str, str]) -> str:
    """A plan with the word HERE where the selector goes."""
    part, field = places
    shift = "{{mechanism: fleet_turnover, applies_to: {}, to: {}, parameters: {{scrapped: 10 %}}}}"
    action = shift.format(
        *{"applies_to": ("HERE", "{source_id: truck-c6}"), "to": ("{source_id: truck-c3}", "HERE")}.get(
            field if part == "actions" else "", ("{source_id: truck-c3}", "{source_id: truck-c6}")
        )
    )
    title = "title: {zh: 小县, en: county}"
    out = (
        f"plan: tiny\n{title}\nregion: '410399'\nissued: 2024-01-01\nmeasures:\n  A01:\n    clause: '1'\n    chapter: energy\n    {title}\n"
        f"    wording: full\n    schedule: {{date: 2025-12-31}}\n    actions: [{action}]\n"
    )
    if field == "applies_to" and part == "targets":
        out += f"targets:\n  T: {{kind: subset, pollutant: NOx, year: 2025, baseline_year: 2020, {title}, reduction: 5 %, applies_to: HERE}}\n"
    elif field == "indicator":
        formula = "{formula: share, of: HERE, among: HERE}"
        out += f"targets:\n  T: {{kind: indicator, year: 2025, {title}, required: 8 %, indicator: {formula}}}\n"
    elif part == "states":
        out += f"states:\n  kiln: {{{title}, applies_to: HERE, pollutant: NOx, ceiling: 97 %}}\n"
    return out


def _put(data: object, chosen: object) -> object:
    """The same data with ``chosen`` in place of the word HERE."""
    if isinstance(data, dict):
        return {key: _put(value, chosen) for key, value in data.items()}
    if isinstance(data, list):
        return [_put(value, chosen) for value in data]
    return chosen if data == "HERE" else data


TARGETS = {
    target.name: target
    for target in (
        Target("yaml", take_yaml, _yaml_seeds),
        Target("csv", take_csv, _csv_seeds),
        Target("units", take_unit, _unit_seeds),
        Target("selectors", take_selector, _selector_seeds),
    )
}
