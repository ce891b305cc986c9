"""One example of each kind of clause and target, on sources that an inventory has. They carry no figures: every effect is 0 %."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from emisim.inventory import KIND, Inventory
from emisim.io.yaml_text import block, flow
from emisim.text import LANGUAGES, say
from emisim.units import to_base
from emisim.vocabulary import pollutants, wordings

ENERGY = "GJ/yr"
WORDS = tuple(column for column in KIND if column != "region")  # what selectors are made of
NOTHING = "0 %"
# Words for examples where there is no inventory, or nothing in it that fits.
GENERAL = MappingProxyType({
    "end_of_pipe": {"sector": "solvent", "subsector": "printing"},
    "fleet_from": {"sector": "mobile", "subsector": "heavy_truck", "technology": "China III"},
    "fleet_to": {"sector": "mobile", "subsector": "heavy_truck", "technology": "China VI"},
    "fuel_from": {"sector": "combustion", "subsector": "boiler", "fuel": "coal"},
    "fuel_to": {"sector": "combustion", "subsector": "boiler", "fuel": "gas"},
    "state": {"sector": "solvent", "subsector": "printing"},
})  # fmt: skip


@dataclass(frozen=True)
class Example:
    """One entry of a plan. section : key of the plan it stands under; what : which example; fits : whether the inventory has its sources."""

    section: str
    what: str
    key: str
    value: Mapping[str, object]
    fits: bool = True

    def lines(self) -> list[str]:
        """As YAML."""
        return block({self.key: dict(self.value)})


def examples(inventory: Inventory | None, year: int, clause: str = "") -> tuple[Example, ...]:
    """A direct measure with a device, a fleet, a fuel; better running with its state; an unquantified one; a clause without a source; a target for
    some sources and one for the whole. clause : id that the targets name, by default that of the clause without a source."""
    found = _sources(inventory)
    device, state = found["end_of_pipe"], found["state"]
    scale = wordings()["encourage"]
    half = {"value": NOTHING, "low": NOTHING, "high": f"{100 * scale.high:g} %", "distribution": "triangular", "grade": "E"}
    unquantified = {"efficiency": NOTHING, "coverage": {**half, "source": "expert wording scale: encourage"}}
    return (
        Example("states", "state", "example_state", _state(state), state is not None),
        Example("clauses", "no_source", "X6", _clause("X6", "no_source", standing="no_source", reason=_both("skeleton.reason"))),
        _device("X1", "end_of_pipe", "direct", device, {"efficiency": NOTHING, "coverage": "wording"}),
        _move("X2", "fleet_turnover", "transport", found["fleet_from"], found["fleet_to"], "fleet", {"scrapped": NOTHING}),
        _move("X3", "fuel_switch", "energy", found["fuel_from"], found["fuel_to"], "fuel", {"switched": NOTHING}),
        Example("measures", "enabling", "X4", _enabling(), state is not None),
        _device("X5", "not_quantified", "not_quantified", device, unquantified),
        Example("targets", "subset", "SUBSET", _target("subset", device, year, clause or "X6"), device is not None),
        Example("targets", "net", "NET", _target("net", device, year, clause or "X6"), inventory is not None),
    )


def kinds(inventory: Inventory) -> list[str]:
    """Every kind of source as a selector, with its tonnes of the base year [t/yr]."""
    emission = inventory.emission()
    rows: dict[str, list[int]] = {}
    for i in range(len(inventory)):
        rows.setdefault(flow(_words(inventory, i)), []).append(i)
    shown = [k for k, p in enumerate(inventory.pollutants) if pollutants()[p].core] or list(range(len(inventory.pollutants)))
    out = []
    for text, mine in rows.items():
        sums = [f"{inventory.pollutants[k]} {float(emission[mine, k].sum()):.3g}" for k in shown if emission[mine, k].any()]
        out.append(f"{text}  {', '.join(sums) or 0} t/yr")
    return out


def _words(inventory: Inventory, row: int) -> dict[str, str]:
    return {column: str(inventory.text[column][row]) for column in WORDS if inventory.text[column][row]}


Found = tuple[dict[str, str], str]  # words of a source and the pollutant it emits most of


def _sources(inventory: Inventory | None) -> dict[str, Found | None]:
    """Sources for the examples; None where the inventory has none that fits."""
    if inventory is None:
        return dict.fromkeys(("end_of_pipe", "fleet_from", "fleet_to", "fuel_from", "fuel_to", "state"))
    units = np.array([to_base(str(u))[1] for u in inventory.text["unit"]])
    energy = units == to_base(ENERGY)[1]
    mobile = inventory.text["sector"] == "mobile"
    burning = np.isin(inventory.text["sector"], ("combustion", "process")) & energy
    open_ = (inventory.existing_efficiency > 0) & (inventory.existing_effectiveness < 1)
    fleet, fuel = _pair(inventory, mobile, "technology", units), _pair(inventory, burning, "fuel", units)
    return {
        "end_of_pipe": _largest(inventory, np.isin(inventory.text["sector"], ("combustion", "process", "solvent"))) or _largest(inventory),
        "fleet_from": fleet[0], "fleet_to": fleet[1], "fuel_from": fuel[0], "fuel_to": fuel[1],
        "state": _largest(inventory, open_.any(axis=1), open_),
    }  # fmt: skip


def _largest(inventory: Inventory, rows: np.ndarray | None = None, cells: np.ndarray | None = None) -> Found | None:
    """The largest emission of a first-class pollutant among some rows or cells; outside farming, whose stages feed one another."""
    core = np.array([pollutants()[p].core for p in inventory.pollutants])
    mass = np.where(core, inventory.emission(), 0.0) * ((inventory.upstream < 0) & ~inventory.memo)[:, None]
    mass = mass if rows is None else mass * rows[:, None]
    mass = mass if cells is None else mass * cells
    if not mass.size or not mass.max() > 0:
        return None
    row, p = np.unravel_index(int(mass.argmax()), mass.shape)
    return _words(inventory, int(row)), inventory.pollutants[int(p)]


def _pair(inventory: Inventory, rows: np.ndarray, column: str, units: np.ndarray) -> tuple[Found | None, Found | None]:
    """Two sources alike in sector and subsector and unit that differ in one column: that which emits more for its activity, and that which emits least."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for i in np.flatnonzero(rows & (inventory.text[column] != "")).tolist():
        groups.setdefault((str(inventory.text["sector"][i]), str(inventory.text["subsector"][i]), str(units[i])), []).append(i)
    mass = inventory.emission().sum(axis=1)
    good = [g for g in groups.values() if len({str(inventory.text[column][i]) for i in g}) > 1]
    if not good:
        return None, None
    group = max(good, key=lambda g: float(mass[g].sum()))
    by_factor = sorted(group, key=lambda i: (-float(inventory.factor[i].sum()), i))
    old, value = by_factor[0], inventory.text[column]
    new = next(i for i in reversed(by_factor) if value[i] != value[old])
    chosen = [{c: w for c, w in _words(inventory, i).items() if c in ("sector", "subsector", column)} for i in (old, new)]
    return (chosen[0], ""), (chosen[1], "")


def _both(key: str, **values: object) -> dict[str, str]:
    return {language: say(key, language, **values) for language in reversed(LANGUAGES)}


def _clause(number: str, what: str, chapter: str = "management", **more: object) -> dict[str, object]:
    return {"clause": number, "chapter": chapter, "title": _both(f"skeleton.name.{what}"), **more}


def _device(key: str, what: str, standing: str, found: Found | None, figures: Mapping[str, object]) -> Example:
    words, pollutant = found or (GENERAL["end_of_pipe"], "VOC")
    act = {"mechanism": "end_of_pipe", "applies_to": words, "parameters": {**figures, "pollutant": pollutant}}
    wording = "encourage" if standing == "not_quantified" else "full"
    value = _clause(key, what, "multi", wording=wording, standing=standing, actions=[act])
    return Example("measures", what, key, value, found is not None)


def _move(
    key: str, mechanism: str, chapter: str, old: Found | None, new: Found | None, general: str, figures: Mapping[str, object]
) -> Example:
    fits = old is not None and new is not None
    source, to = (old[0], new[0]) if fits else (GENERAL[f"{general}_from"], GENERAL[f"{general}_to"])
    act = {"mechanism": mechanism, "applies_to": source, "to": to, "parameters": dict(figures)}
    value = _clause(key, mechanism, chapter, wording="full", standing="direct", actions=[act])
    return Example("measures", mechanism, key, value, fits)


def _state(found: Found | None) -> dict[str, object]:
    words, pollutant = found or (GENERAL["state"], "VOC")
    return {"title": _both("skeleton.name.state"), "applies_to": words, "pollutant": pollutant, "ceiling": {"value": "100 %"}}


def _enabling() -> dict[str, object]:
    act = {"mechanism": "rule_effectiveness", "state": "example_state", "parameters": {"gap_closed": NOTHING}}
    return _clause("X4", "enabling", "management", wording="push", standing="enabling", actions=[act])


def _target(kind: str, found: Found | None, year: int, clause: str) -> dict[str, object]:
    words, pollutant = found or (GENERAL["end_of_pipe"], "VOC")
    where = {"applies_to": {k: v for k, v in words.items() if k in ("sector", "subsector")}} if kind == "subset" else {}
    title = _both(f"skeleton.name.{kind}")
    return {"kind": kind, "pollutant": pollutant, "year": year, "title": title, "clause": clause, "reduction": None, **where}
