"""The result as a CF NetCDF file, and back.

Texts are auxiliary coordinates (``source_id``, ``measure_id``, ``pollutant_id``, ``target_id``); the dimension ``measure``
begins with ``growth``, so that the sum of ``contribution`` over it is the whole change against the base year.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from emisim import __version__
from emisim.io.netcdf.file import Contents, file_bytes
from emisim.io.netcdf.plan import plan_coordinates, plan_variables
from emisim.simulate import Result
from emisim.summary import GROWTH, grade_shares
from emisim.units import to_base
from emisim.vocabulary import pollutants as pollutant_words
from emisim.vocabulary import sectors

if TYPE_CHECKING:
    import xarray as xr

CONVENTIONS = "CF-1.8"
LABELS = {
    "source": "source_id", "measure": "measure_id", "pollutant": "pollutant_id", "target": "target_id", "clause": "clause_id",
    "chain": "chain_id", "input": "input_id", "output": "output_id",
    "inventory_sector": "inventory_sector_id",
}  # fmt: skip
ARCHIVE = "archive"
# Variables that have no value somewhere: a factor of nothing, a change on nothing, a target that cannot be assessed.
MAY_BE_EMPTY = (
    "target_required", "target_shortfall", "target_value", "target_calendar", "clause_reduction", "clause_further",
    "factor_reference", "factor_plan",
    "change_quantile", "change_quantile_standard_error", "change_mean", "change_standard_deviation",
    "effect_quantile", "effect_quantile_standard_error", "effect_mean", "effect_standard_deviation",
    "target_value_quantile", "target_value_quantile_standard_error", "target_value_mean", "target_value_standard_deviation",
    "target_probability", "target_probability_standard_error", "target_value_draw",
)  # fmt: skip
_TEXTS = ("name_zh", "name_en", "region", "sector", "subsector", "fuel", "technology", "size")


def to_dataset(result: Result) -> xr.Dataset:
    """The result as an xarray Dataset with CF attributes.

    Returns
    -------
    xarray.Dataset
        Emissions and contributions in ``t yr-1`` over source, measure, pollutant, time.
    """
    import xarray as xr

    held = contents(result)
    return xr.Dataset(held.variables, coords=held.coords, attrs=held.attrs)


def contents(result: Result) -> Contents:
    """What the file of a result holds, without its single draws."""
    everywhere, by_measure = ("source", "pollutant", "time"), ("measure", "pollutant", "time")
    level, mean = "level at 31 December", "mean rate of the calendar year"
    masses = [
        ("emission_base", ("source", "pollutant"), result.base, "emission of the base year"),
        ("emission_frozen", everywhere, result.frozen, f"emission without measures, fleets not renewed, {level}"),
        ("emission_reference", everywhere, result.reference, f"emission with existing measures, {level}"),
        ("emission_plan", everywhere, result.plan, f"emission with the plan, {level}"),
        ("calendar_reference", everywhere, result.calendar_reference, f"emission with existing measures, {mean}"),
        ("calendar_plan", everywhere, result.calendar_plan, f"emission with the plan, {mean}"),
        (
            "contribution",
            ("source", *by_measure),
            _contributions(result),
            f"change on the base year by growth and by each measure, {level}",
        ),
        ("first_in", by_measure, _alone(result, "first_in"), "change of the official total by each measure alone"),
        (
            "last_in",
            by_measure,
            _alone(result, "last_in"),
            "change of the official total by each measure when all others are there",
        ),
        (
            "overlap_low",
            ("pollutant", "time"),
            result.bounds[0],
            "official total if undeclared overlaps are as small as they can be",
        ),
        (
            "overlap_high",
            ("pollutant", "time"),
            result.bounds[1],
            "official total if undeclared overlaps are as large as they can be",
        ),
    ]
    variables = {name: _mass(name, dims, values, text) for name, dims, values, text in masses}
    _activities(result, variables)
    flags = {"flag_values": np.array([0, 1], np.int8), "flag_meanings": "memo official", "coordinates": "source_id", "units": "1"}
    attrs = {"long_name": "whether the source counts in the official totals"} | flags
    variables["in_official_total"] = (("source",), result.official.astype(np.int8), attrs)
    _targets(result, variables)
    plan_variables(result, variables)
    coords = _coordinates(result)
    if result.uncertainty is not None:
        from emisim.io.netcdf.uncertainty import uncertainty_coordinates, uncertainty_variables

        uncertainty_variables(result.uncertainty, variables)
        coords |= uncertainty_coordinates(result.uncertainty, _text)
    return Contents(variables, coords, _attributes(result))


def _mass(name: str, dims: tuple[str, ...], values: np.ndarray, long_name: str) -> tuple:
    """A variable in t yr-1 with its text coordinates."""
    labels = [LABELS[d] for d in dims if d in LABELS] + (["reporting_basis"] if "pollutant" in dims else [])
    attrs = {"units": "t yr-1", "long_name": long_name, "coordinates": " ".join(labels)}
    if "time" in dims:
        attrs["cell_methods"] = "time: mean" if name.startswith("calendar") else "time: point"
    return dims, np.ascontiguousarray(values), attrs


def _activities(result: Result, variables: dict[str, tuple]) -> None:
    """Activities and factors, E = a·f, in the units of the inventory."""
    scale = np.array([to_base(str(u))[0] for u in result.inventory.text["unit"]])[:, None]
    point, by_year = {"units": "1", "cell_methods": "time: point"}, ("source", "pollutant", "time")
    labels = {"coordinates": "source_id pollutant_id reporting_basis activity_unit"}
    factor = "emission in t, as it leaves the source, per unit of activity that activity_unit names"
    values = result.inventory.factor * scale
    variables["factor_base"] = (("source", "pollutant"), values, {"units": "1", "long_name": f"{factor}, base year"} | labels)
    for which in ("reference", "plan"):
        activity, text = getattr(result, f"activity_{which}") / scale, f"activity, {which}, in the unit that activity_unit names"
        attrs = point | {"long_name": text, "coordinates": "source_id activity_unit"}
        variables[f"activity_{which}"] = (("source", "time"), activity, attrs)
        there = activity[:, None] > 0
        implied = np.where(there, getattr(result, which) / np.where(there, activity[:, None], 1.0), np.nan)
        variables[f"factor_{which}"] = (by_year, implied, point | {"long_name": f"{factor}, {which}"} | labels)


def _alone(result: Result, which: str) -> np.ndarray:
    """(growth + measure, pollutant, time): change of the official totals, positive means more emission [t/yr]."""
    growth = result.totals(result.reference) - result.totals(result.base)[:, None]
    return np.concatenate([growth[None], -result.reductions(which)])


def _contributions(result: Result) -> np.ndarray:
    """(source, growth + measure, pollutant, time), positive means more emission [t/yr]."""
    rows, count, years = *result.base.shape, len(result.years)
    out = np.zeros((rows, len(result.bound.names) + 1, count, years))
    out[:, 0] = result.reference - result.base[:, :, None]
    out[result.ledger.row, result.ledger.measure + 1] = -result.ledger.reduction
    return out


def _coordinates(result: Result) -> dict[str, tuple]:
    inventory, names = result.inventory, (GROWTH, *result.bound.names)
    first = date(result.years[0], 1, 1)
    days = np.array([(date(y, 12, 31) - first).days for y in result.years], float)
    bounds = np.array([[(date(y, 1, 1) - first).days, (date(y + 1, 1, 1) - first).days] for y in result.years], float)
    time_attrs = {
        "units": f"days since {first.isoformat()}",
        "calendar": "standard",
        "standard_name": "time",
        "long_name": "31 December of the year",
        "axis": "T",
        "bounds": "time_bnds",
    }
    titles = [m.title for m in result.bound.measures]
    words = [pollutant_words()[p] for p in inventory.pollutants]

    text = _text
    coords = {
        "time": (("time",), days, time_attrs),
        "time_bnds": (("time", "nv"), bounds, {}),
        "source_id": text("source", inventory.ids, "source"),
        "measure_id": text("measure", names, "measure, or growth"),
        "measure_name_en": text("measure", ("growth without measures", *(t.en for t in titles)), "measure, English"),
        "measure_name_zh": text("measure", ("无措施增长", *(t.zh for t in titles)), "measure, Chinese"),
        "measure_clause": text("measure", ("", *(m.number for m in result.bound.measures)), "clause of the plan"),
        "measure_standing": text(
            "measure", ("", *(m.standing for m in result.bound.measures)), "what the measure is in the model"
        ),
        "measure_due": text(
            "measure",
            ("", *(m.schedule.complete if m.schedule else "" for m in result.bound.measures)),
            "day from which the measure is whole",
        ),
        **plan_coordinates(result, text),
        "pollutant_id": text("pollutant", inventory.pollutants, "pollutant"),
        "reporting_basis": text("pollutant", (w.basis for w in words), "species the mass is reported as"),
        "pollutant_name_en": text("pollutant", (w.en for w in words), "pollutant, English"),
        "pollutant_name_zh": text("pollutant", (w.zh for w in words), "pollutant, Chinese"),
        "activity_unit": text("source", inventory.text["unit"], "unit of the activity"),
        "sector_name_en": text("source", (sectors()[str(s)].en for s in inventory.text["sector"]), "sector, English"),
        "sector_name_zh": text("source", (sectors()[str(s)].zh for s in inventory.text["sector"]), "sector, Chinese"),
        "grade": text("source", inventory.text["grade"], "grade of the activity, A official to E judged"),
    }
    for column in _TEXTS:
        coords[column] = text("source", inventory.text[column], column.replace("_", " "))
    if result.verdicts:
        titles = [result.reading.targets[v.id].title for v in result.verdicts]
        coords["target_id"] = text("target", (v.id for v in result.verdicts), "target")
        coords["target_name_en"] = text("target", (t.en for t in titles), "target, English")
        coords["target_name_zh"] = text("target", (t.zh for t in titles), "target, Chinese")
        coords["target_kind"] = text("target", (v.kind for v in result.verdicts), "kind of the target")
        coords["target_year"] = (
            ("target",),
            np.array([v.year for v in result.verdicts], np.int32),
            {"long_name": "year of the target", "units": "1"},
        )
    return coords


def _text(dim: str, values, long_name: str) -> tuple:
    """A coordinate of words."""
    return (dim,), np.asarray([str(v) for v in values], dtype=object), {"long_name": long_name}


def _targets(result: Result, variables: dict[str, tuple]) -> None:
    if not result.verdicts:
        return

    def number(name: str, long_name: str) -> tuple:
        values = np.array([np.nan if getattr(v, name) is None else getattr(v, name) for v in result.verdicts])
        named = {"units": "1", "long_name": f"{long_name}, in the unit that target_unit names"}
        return ("target",), values, named | {"coordinates": "target_id target_unit verdict"}

    def text(name: str, long_name: str) -> tuple:
        return ("target",), np.array([getattr(v, name) for v in result.verdicts], dtype=object), {"long_name": long_name}

    variables["target_value"] = number("value", "reduction reached")
    variables["target_required"] = number("required", "reduction required")
    variables["target_shortfall"] = number("shortfall", "shortfall")
    variables["target_basis"] = text("basis", "computed, assumed by the scenario, or reported")
    variables["target_calendar"] = number("calendar", "value in what the calendar year emits")
    variables["target_unit"] = text("unit", "unit of the target")
    variables["verdict"] = text("verdict", "verdict")


def _attributes(result: Result) -> dict[str, str]:
    basis = "; ".join(f"{p} as {pollutant_words()[p].basis}" for p in result.inventory.pollutants)
    kind = "illustrative base year" if result.inventory.illustrative() else "base year"
    shares = grade_shares(result.inventory).items()
    files = result.case.origin.files if result.case.origin else ()
    grades = "; ".join(f"{p} " + " ".join(f"{g} {share:.3g}" for g, share in mine.items()) for p, mine in shares)
    return {
        "Conventions": CONVENTIONS,
        "title": f"{result.scenario.title.en} ({kind} {result.scenario.base_year})",
        "title_zh": result.scenario.title.zh,
        "institution": "not stated",
        "source": f"emisim {__version__}: emission-inventory simulation of an action plan",
        "history": f"emisim {__version__} run of scenario {result.scenario.scenario}",
        "references": result.plan_file.document or result.plan_file.plan,
        "comment": f"Share of the base-year totals by grade of the figures, A official to E judged: {grades}",
        "scenario": result.scenario.scenario,
        "switches": "; ".join(f"{name}={value}" for name, value in result.reading.values.items()),
        "reporting_basis": basis,
        "input_hashes": "; ".join(f"{f.shown} sha256:{sha256(f.content).hexdigest()}" for f in files),
    }


def contents_bytes(held: Contents, archive: bytes | None = None) -> bytes:
    """What a result file holds as the bytes of a NetCDF-4 file, with an archive in it if one is given; equal contents give equal bytes."""
    if archive is not None:
        text = "ZIP archive: the files of the run, and what makes the result live again"
        kept = (("archive_byte",), np.frombuffer(archive, np.int8), {"long_name": text, "units": "1"})
        held = replace(held, variables={**held.variables, ARCHIVE: kept})
    return file_bytes(held, MAY_BE_EMPTY, {ARCHIVE: 4})
