"""The sheets of an Excel workbook that hold what a result rests on: sources, readings, notes and warnings, provenance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256

import numpy as np

from emisim import __version__
from emisim.io.workbook.words import Words
from emisim.io.xlsx import FACTOR, NUMBER, Column, Sheet, table
from emisim.report.plan_tables import adoption_lines
from emisim.report.screen import change_lines, warning_lines
from emisim.report.tables import basis, label
from emisim.simulate import Result
from emisim.summary import clean
from emisim.text import say
from emisim.units import to_base
from emisim.vocabulary import GRADES, sectors

KILOGRAMS = 1000.0
CODES = ("subsector", "fuel", "technology", "size")
PARTS = ("result", "ledger", "targets", "inputs")  # paragraphs that say how to read the sheets


def sources(result: Result, words: Words) -> Sheet:
    """Every source: base-year activity × factor / 1000 = emission, and what becomes of it by the target year."""
    pollutants = result.inventory.pollutants
    short = {"wrap": False, "widest": 30}
    columns = [
        words.column("source_id", **short), words.column("source_name", **short), *words.texts("region", "sector", *CODES, "counted", wrap=False),
        words.column("activity", NUMBER), words.column("activity_plan", NUMBER), words.column("unit"),
        *(c for p in pollutants for c in _pollutant_columns(p, words)), *words.texts("grade", "driver"), words.column("lon", FACTOR, measured=False),
        words.column("lat", FACTOR, measured=False), words.column("nfr"), *words.texts("source", "note", **short),
    ]  # fmt: skip
    rows = [tuple(_source(result, i, words)) for i in range(len(result.inventory))]
    return table(words.say("sheet.sources"), columns, rows, keep=2)


def _pollutant_columns(p: str, words: Words) -> list[Column]:
    masses = words.masses("emission_base", "emission_reference", "emission_plan", of=p, fine=True)
    return [words.factor("factor", p), words.column("factor_grade", of=p), *masses]


def _source(result: Result, i: int, words: Words) -> Iterator:
    inventory = result.inventory
    text = {name: str(values[i]) for name, values in inventory.text.items()}
    scale = to_base(text["unit"])[0]
    yield from (
        text["source_id"],
        text[f"name_{words.language}"],
        text["region"],
        label(sectors()[text["sector"]], words.language),
    )
    yield from (text[c] for c in CODES)
    yield words.yes(not inventory.memo[i])
    yield from (clean(inventory.activity[i] / scale), clean(result.activity_plan[i, -1] / scale), text["unit"])
    for k in range(len(inventory.pollutants)):
        there = bool(inventory.factor[i, k])
        yield clean(inventory.factor[i, k] * scale * KILOGRAMS) if there else None
        yield str(inventory.factor_grade[i, k])
        masses = result.base[i, k], result.reference[i, k, -1], result.plan[i, k, -1]
        yield from masses if there or np.any(masses) else (None,) * 3
    yield from (text["grade"], text["growth_driver"], _number(text["lon"]), _number(text["lat"]), text["nfr"])
    yield from (text["source"], text["note"])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def readings(result: Result, words: Words) -> Sheet:
    """What every ambiguous place of the plan was taken to mean."""
    columns = words.texts("ambiguity", "switch", "taken", "default", "changed", "title", "meaning", "default_reason")
    rows = []
    for name, value in result.reading.values.items():
        switch, language = result.plan_file.switches[name], words.language
        rows.append((
            switch.ambiguity, name, value, switch.default, words.yes(value != switch.default), switch.title.text(language),
            switch.option(value).title.text(language), switch.reason.text(language),
        ))  # fmt: skip
    return table(words.say("sheet.readings"), columns, rows, keep=2)


def notes(result: Result, words: Words) -> Sheet:
    """How to read the sheets, what the grades mean, and every warning of the run."""
    language = words.language
    note, warning = words.say("note"), words.say("warning")
    lines = [(note, basis(result.inventory, language))]
    lines += [(note, say(f"book.about.{part}", language, year=result.scenario.target_year)) for part in PARTS]
    lines.append((note, words.say("grades", grades="; ".join(f"{g} {say(f'grade.{g}', language)}" for g in GRADES))))
    lines += [(note, line) for line in (*adoption_lines(result, language), *change_lines(result, None, language))]
    lines += [(warning, line) for line in warning_lines(result, language)]
    lines += [(warning, w.text(language)) for w in result.warnings if w.key == "warning.raises"]
    return table(words.say("sheet.notes"), [words.column("sort"), words.column("text", widest=130)], lines)


def provenance(result: Result, words: Words) -> Sheet:
    """What was run: version, plan, inventory, years, options of the scenario, draws, hashes of the files it was read from."""
    scenario, plan, inventory = result.scenario, result.plan_file, result.inventory
    facts = {
        "emisim": __version__,
        "scenario": scenario.scenario,
        "scenario_title": scenario.title.text(words.language),
        "plan": f"{plan.plan} ({scenario.plan})",
        "plan_title": plan.title.text(words.language),
        "document": plan.document,
        "plan_region": plan.region,
        "issued": str(plan.issued),
        "inventory": f"{inventory.name} ({scenario.inventory})",
        "years": f"{scenario.base_year}–{scenario.target_year}",
        "sizes": words.say("sizes", sources=len(inventory), measures=len(result.bound.names), clauses=len(plan.catalogue())),
        "balances": f"{result.balances.worst:.1e}",
        "draws": words.say("drawn", **_design(result, words.language)) if result.uncertainty else words.say("not_drawn"),
    }
    rows = [(words.say(f"fact.{key}"), value) for key, value in facts.items()]
    if result.case.origin is not None:
        rows += [(file.shown, f"sha256:{sha256(file.content).hexdigest()}") for file in result.case.origin.files]
    given = scenario.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    rows += [(key, json.dumps(value, ensure_ascii=False)) for key, value in given.items() if key not in ("scenario", "title")]
    return table(words.say("sheet.provenance"), [words.column("fact"), words.column("fact_value", widest=110)], rows)


def _design(result: Result, language: str) -> dict[str, object]:
    design = result.uncertainty.design
    return {"draws": f"{design.draws:,}", "seed": design.seed, "method": say(f"sampling.{design.method}", language)}
