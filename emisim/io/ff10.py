"""The result for SMOKE: FF10 files with controlled emissions, new ones or the original file with new figures.

Levels at 31 December, with the plan, in short tons a year. NOx is stated as NO2. In a new file all sources of a region and code are one line, as
SMOKE takes them. In an original file every line keeps its place, and all that no measure changes stays byte for byte.

Source: SMOKE v4.8.1 User's Manual, sections 8.2.4.1 and 8.2.8.1, and SMOKE's readers rddataff10ar.f, rddataff10pt.f (CEMPD/SMOKE).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from emisim import __version__
from emisim.errors import BadInput, Place, fault, nearest
from emisim.importing.formats import header
from emisim.io.csv_file import csv_bytes
from emisim.simulate import Result

SHORT_TON = 0.90718474  # t; NIST Handbook 44, Appendix C
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
COLUMNS = (
    "country_cd", "region_cd", "tribal_code", "census_tract_cd", "shape_id", "scc", "emis_type", "poll", "ann_value", "ann_pct_red",
    "control_ids", "control_measures", "current_cost", "cumulative_cost", "projection_factor", "reg_codes", "calc_method", "calc_year",
    "date_updated", "data_set_id", *(f"{m}_value" for m in MONTHS), *(f"{m}_pctred" for m in MONTHS), "comment",
)  # fmt: skip
CODES = MappingProxyType({"NOx": "NOX", "VOC": "VOC", "NH3": "NH3", "SO2": "SO2", "PM25": "PM25-PRI", "CO2": "CO2"})
NO_SCC = "0000000000"  # found by no entry of SMOKE's cross-reference files but the default ones
ALL = "all"
BOM = "\xef\xbb\xbf"  # as latin-1 shows it
NEAR = 1e-9
SAME = 1e-12
SHOWN = 10  # faults of one kind that are told
Rows = Mapping[int, tuple[str, str]]


def ff10_files(
    result: Result,
    year: int | None = None,
    *,
    original: Path | None = None,
    rows: Rows | None = None,
    allow: Collection[str] = (),
) -> dict[str, bytes]:
    """One FF10 file by its name.

    Parameters
    ----------
    year : of the result; its last one by default.
    original : the FF10 file that the inventory was imported from; its lines come back with new figures. Without it, a new FF10_NONPOINT file.
    rows : line of ``original`` → (source_id, pollutant) that it went into: ``imported_rows``.
    allow : sources that may go without an SCC, or ``all``; they are written with ``0000000000``.

    Raises
    ------
    BadInput
        Another year; a region code that is none of a county; sources without SCC; an original that states another base year than the run
        has, or of which a line without emission would get some.
    """
    at = _year_place(result, year)
    if original is None:
        return {"ff10-nonpoint.csv": _new(result, at, allow)}
    other = "" if result.years[at] == result.years[-1] else f"-{result.years[at]}"
    name = f"{original.stem}-{result.scenario.scenario}{other}{original.suffix}"
    return {name: _controlled(result, at, original, rows or {})}


def _year_place(result: Result, year: int | None) -> int:
    if year is None:
        return len(result.years) - 1
    if year not in result.years:
        raise BadInput([fault("ff10.year", year=year, first=result.years[0], last=result.years[-1])])
    return result.years.index(year)


def told(result: Result, at: int) -> str:
    """What a file says of itself in its header, on one line of plain ASCII."""
    words = f"emisim {__version__}: scenario {result.scenario.scenario}, with the plan, level at 31 December {result.years[at]}"
    basis = "; illustrative base year, not official data" if result.inventory.illustrative() else ""
    return (words + basis).encode("ascii", "replace").decode()


# ---- a new file


def _new(result: Result, at: int, allow: Collection[str]) -> bytes:
    """FF10_NONPOINT of all official sources that emit."""
    inventory = result.inventory
    kept = np.flatnonzero(result.official & (result.plan[..., at] != 0).any(axis=1)).tolist()
    scc = {i: str(inventory.text["scc"][i]) or NO_SCC for i in kept}
    country = {i: _country(str(inventory.text["region"][i])) for i in kept}
    _refuse(result, [i for i in kept if scc[i] == NO_SCC], [i for i in kept if not country[i]], allow)
    uncontrolled = _uncontrolled(result, at)
    groups: dict[tuple[str, str], list[int]] = {}
    for i in kept:
        groups.setdefault((str(inventory.text["region"][i]), scc[i]), []).append(i)
    lines = []
    for (region, code), mine in sorted(groups.items()):
        for k, pollutant in enumerate(inventory.pollutants):
            emission = result.plan[mine, k, at].sum()
            if emission == 0:
                continue
            share = _reduction(emission, uncontrolled[mine, k].sum())
            ids = " ".join(str(inventory.ids[i]) for i in mine if result.plan[i, k, at] != 0)
            known = {
                "country_cd": country[mine[0]], "region_cd": region, "scc": code, "poll": CODES[pollutant],
                "ann_value": _shown(emission / SHORT_TON), "ann_pct_red": share, "calc_year": result.years[at], "comment": ids,
            }  # fmt: skip
            lines.append([known.get(c, "") for c in COLUMNS])
    countries = sorted({country[i] for i in kept})
    head = (
        "FORMAT=FF10_NONPOINT",
        f"COUNTRY={countries[0] if countries else ''}",
        f"YEAR={result.years[at]}",
        f"DESC={told(result, at)}",
    )
    return "".join(f"#{line}\n" for line in head).encode() + csv_bytes(COLUMNS, lines)


def _shown(value: float) -> str:
    """Twelve digits, as an imported inventory has them."""
    return f"{value:.12g}"


def _country(region: str) -> str:
    """Country of a code: six digits of GB/T 2260, or five of FIPS."""
    return {5: "US", 6: "CN"}.get(len(region), "") if region.isdecimal() else ""


def _refuse(result: Result, bare: list[int], nowhere: list[int], allow: Collection[str]) -> None:
    ids = result.inventory.ids
    faults = []
    unknown = sorted(set(allow) - {ALL} - set(ids.tolist()))
    faults += [fault("ff10.allow", source=name, near=nearest(name, ids.tolist())) for name in unknown]
    missing = [str(ids[i]) for i in bare if ALL not in allow and str(ids[i]) not in allow]
    if missing:
        faults.append(fault("ff10.scc", count=len(missing), sources=_some(missing)))
    if nowhere:
        faults.append(fault("ff10.region", regions=_some(sorted({str(result.inventory.text["region"][i]) for i in nowhere}))))
    if faults:
        raise BadInput(faults)


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def _uncontrolled(result: Result, at: int) -> np.ndarray:
    """Emission of the plan's activity without any control: (row, pollutant) [t/yr].

    U = A_plan · f / (1 − η0·RE0)
    """
    inventory = result.inventory
    left = 1.0 - inventory.existing_efficiency * inventory.existing_effectiveness
    return result.activity_plan[:, at, None] * inventory.factor / left


def _reduction(emission: float, uncontrolled: float) -> str:
    """Percent of the uncontrolled emission that is kept back, by whatever means; empty if there is none."""
    share = 1.0 - emission / uncontrolled if uncontrolled > 0 else 0.0
    return _shown(100.0 * share) if share > SAME else ""


# ---- the original file


@dataclass(frozen=True)
class Form:
    """Where FF10 has its figures, from 0: of the year, and of the months."""

    value: int
    share: int
    values: range
    shares: range


AREA, POINT = Form(8, 9, range(20, 32), range(32, 44)), Form(13, 14, range(52, 64), range(64, 76))
FORMS = MappingProxyType({"FF10_NONPOINT": AREA, "FF10_NONROAD": AREA, "FF10_ONROAD": AREA, "FF10_POINT": POINT})


@dataclass(frozen=True)
class Line:
    """One record: its fields as they stand there, and the source and pollutant that it went into."""

    number: int
    fields: list[str]
    source: int
    pollutant: int
    tons: float


def _controlled(result: Result, at: int, path: Path, rows: Rows) -> bytes:
    """The same file; its figures times what the plan makes of their source and pollutant."""
    shown = path.as_posix()
    try:
        text = path.read_bytes().decode("latin-1")  # every byte is one sign, and comes back as it was
    except OSError as error:
        raise BadInput([fault("file.unreadable", Place(shown), reason=error.strerror or str(error))]) from None
    lines = text.split("\n")
    plain = [lines[0].removeprefix(BOM), *lines[1:]]
    head = next((k for k, line in enumerate(plain) if not line.startswith("#")), len(lines))
    form = FORMS.get(header(plain[:head]).get("FORMAT", "").upper())
    if form is None:
        raise BadInput([fault("ff10.format", Place(shown), known=", ".join(FORMS))])
    first = "".join(plain[head : head + 1])
    between = ";" if first.count(";") > first.count(",") else ","
    records = _records(result, lines, form, between, rows, shown)
    _check_base(result, records, shown)
    emission, factor = _ratios(result, at, records, shown)
    for record in records:
        key = record.source, record.pollutant
        new = _new_figures(record, form, emission[key], factor[key])
        fields = record.fields + [""] * (max(new, default=0) + 1 - len(record.fields))
        end = "\r" if lines[record.number - 1].endswith("\r") else ""
        lines[record.number - 1] = between.join(new.get(k, field) for k, field in enumerate(fields)) + end
    own = f"#DESC {told(result, at)}" + ("\r" if lines[0].endswith("\r") else "")
    return "\n".join([*lines[:head], own, *lines[head:]]).encode("latin-1")


def fields_of(line: str, between: str) -> list[str]:
    """The fields of a record, each with its quotes and spaces; joined again they are the same line."""
    out, start = [], 0
    while True:
        end = line.find(between, _closed(line, start) if line[start : start + 1] == '"' else start)
        if end < 0:
            return [*out, line[start:]]
        out.append(line[start:end])
        start = end + 1


def _closed(line: str, k: int) -> int:
    """Where a quoted field that opens at ``k`` has been closed: a pair of quotes is one quote."""
    k = line.find('"', k + 1)
    while 0 <= k < len(line) - 1 and line[k + 1] == '"':
        k = line.find('"', k + 2)
    return k + 1 if k >= 0 else len(line)


def _records(result: Result, lines: list[str], form: Form, between: str, rows: Rows, shown: str) -> list[Line]:
    """The lines that the inventory holds.

    Raises
    ------
    BadInput
        A line that is not there, a source or pollutant that the run does not know, a figure that is no number.
    """
    places = {str(name): i for i, name in enumerate(result.inventory.ids.tolist())}
    out, faults = [], []
    for number, (source, pollutant) in sorted(rows.items()):
        here = Place(shown, number)
        if not 1 <= number <= len(lines):
            faults.append(fault("ff10.no_line", here, count=len(lines)))
        elif source not in places or pollutant not in result.inventory.pollutants:
            faults.append(fault("ff10.no_source", here, source=source, pollutant=pollutant, near=nearest(source, places)))
        else:
            fields = fields_of(lines[number - 1].removesuffix("\r"), between)
            tons = _tons(fields, form)
            if tons is None:
                faults.append(fault("ff10.number", Place(shown, number, form.value + 1)))
            else:
                out.append(Line(number, fields, places[source], result.inventory.pollutants.index(pollutant), tons))
    if faults:
        raise BadInput(faults[:SHOWN])
    return out


def _tons(fields: list[str], form: Form) -> float | None:
    """Short tons of a record: of the year, else the sum of its months; None if it has neither."""
    value = _number(fields, form.value)
    if value is not None:
        return value
    months = [_number(fields, k) for k in form.values]
    return None if None in months else math.fsum(months)


def _number(fields: list[str], k: int) -> float | None:
    """A field as a number; None if it is empty, missing (−9) or none."""
    text = fields[k].strip().strip('"').strip() if k < len(fields) else ""
    try:
        value = float(text)
    except ValueError:
        return None
    return None if value == -9 or not np.isfinite(value) else value


def _check_base(result: Result, records: list[Line], shown: str) -> None:
    """Σ of the lines of every source and pollutant is the base year of the run, to 1e-9."""
    stated: dict[tuple[int, int], float] = {}
    for r in records:
        stated[r.source, r.pollutant] = stated.get((r.source, r.pollutant), 0.0) + r.tons * SHORT_TON
    faults = []
    for (i, k), mass in stated.items():
        base = float(result.base[i, k])
        if abs(mass - base) > NEAR * max(abs(mass), abs(base)):
            pair = {"source": str(result.inventory.ids[i]), "pollutant": result.inventory.pollutants[k]}
            faults.append(fault("ff10.other", Place(shown), **pair, stated=f"{mass:.6g}", base=f"{base:.6g}"))
    if faults:
        raise BadInput(faults[:SHOWN])


Ratios = dict[tuple[int, int], float]


def _ratios(result: Result, at: int, records: list[Line], shown: str) -> tuple[Ratios, Ratios]:
    """(source, pollutant) → plan / base of the emission, and of the emission per unit of activity."""
    inventory, emission, factor, faults = result.inventory, {}, {}, []
    first = {(r.source, r.pollutant): r.number for r in reversed(records)}
    for (i, k), number in sorted(first.items()):
        base, plan = float(result.base[i, k]), float(result.plan[i, k, at])
        if base == 0 and plan != 0:
            pair = {"source": str(inventory.ids[i]), "pollutant": inventory.pollutants[k]}
            faults.append(fault("ff10.nothing", Place(shown, number), **pair, plan=f"{plan:.6g}"))
            continue
        activity = float(result.activity_plan[i, at] / inventory.activity[i]) if inventory.activity[i] else 0.0
        emission[i, k] = _one(plan / base) if base else 1.0
        factor[i, k] = _one(emission[i, k] / activity) if activity else 1.0
    if faults:
        raise BadInput(faults[:SHOWN])
    return emission, factor


def _one(ratio: float) -> float:
    """What differs from 1 by rounding only is 1, so that nothing is rewritten that no measure changes."""
    return 1.0 if abs(ratio - 1.0) <= SAME else ratio


def _new_figures(record: Line, form: Form, emission: float, factor: float) -> dict[int, str]:
    """Field → new text: emissions times ``emission``; reductions of an emission per unit of activity that is ``factor`` of what it was.

    r' = 1 − (1 − r) · factor, not below 0
    """
    new = {}
    if emission != 1.0:
        new = {k: _shown(v * emission) for k in (form.value, *form.values) if (v := _number(record.fields, k)) is not None}
    if factor != 1.0 and record.tons:
        shares = (form.share, *(k for k in form.shares if _number(record.fields, k) is not None))
        before = {k: (_number(record.fields, k) or 0.0) / 100.0 for k in shares}
        after = {k: max(0.0, 1.0 - (1.0 - r) * factor) for k, r in before.items()}
        new.update({k: _shown(100.0 * r) for k, r in after.items() if r or before[k]})
    return new
