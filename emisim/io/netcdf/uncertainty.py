"""How sure a result is, in the result file: quantiles, probabilities, what drives results; and, if wanted, every draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from emisim.io.netcdf.file import Contents
from emisim.uncertainty.draws import LEVELS
from emisim.uncertainty.findings import input_grade, input_id, input_name, input_place, on_tonnes, output_name
from emisim.uncertainty.montecarlo import Uncertainty
from emisim.uncertainty.statistics import Estimate

MASS, SHARE, CHANGE, OWN = "t yr-1", "1", "percent", ""
_LABELS = ("inventory_sector", "measure", "target", "input", "output")


def uncertainty_coordinates(found: Uncertainty, text: Callable[..., tuple]) -> dict[str, tuple]:
    """The quantiles, and the texts of inputs and of the results they drive."""
    inputs, outputs = found.sampler.inputs, found.ranking.outputs
    coords = {
        "quantile": (("quantile",), np.array(found.cuts), {"units": SHARE, "long_name": "share of the draws below"}),
        "inventory_sector_id": text("inventory_sector", found.frame.sectors, "sector"),
        "output_id": text("output", outputs, "result whose variance is shared out"),
    }
    for language, name in (("en", "English"), ("zh", "Chinese")):
        coords[f"output_name_{language}"] = text("output", [output_name(found, o, language) for o in outputs], f"result, {name}")
    if not inputs:
        return coords
    coords["input_id"] = text("input", map(input_id, inputs), "uncertain figures that are drawn together")
    for language, name in (("en", "English"), ("zh", "Chinese")):
        names = [input_name(found, i, language) for i in inputs]
        coords[f"input_name_{language}"] = text("input", names, f"uncertain figures, {name}")
    coords["input_grade"] = text("input", [input_grade(found, i) for i in inputs], "grades of the figures, A to E")
    coords["input_place"] = text(
        "input", [input_place(found, i) for i in inputs], "file of the first figure, and what it is called there"
    )
    return coords


def uncertainty_variables(found: Uncertainty, variables: dict[str, tuple]) -> None:
    """Add mean, standard deviation and quantiles over the draws, probabilities of the targets, shares of variance."""
    for name, dims, units, long_name, figures in _bands(found):
        if figures[0].value.size:
            middle, sd, quantiles = figures
            more = (f"{name}_mean", dims, middle.value, f"mean over the draws: {long_name}"), (
                f"{name}_standard_deviation", dims, sd.value, f"standard deviation over the draws: {long_name}",
            )  # fmt: skip
            across = ("quantile", *dims)
            ends = (f"{name}_quantile", across, quantiles.value, f"quantile over the draws: {long_name}"), (
                f"{name}_quantile_standard_error", across, quantiles.error, f"standard error of the quantile: {long_name}",
            )  # fmt: skip
            for which, mine, values, text in (*more, *ends):
                variables[which] = (mine, np.ascontiguousarray(values), _attributes(mine, units, text))
    _targets(found, variables)
    _shares(found, variables)


def _bands(found: Uncertainty) -> Iterator[tuple[str, tuple[str, ...], str, str, tuple[Estimate, Estimate, Estimate]]]:
    """Name, dims, units and meaning of every result, with its mean, standard deviation and quantiles."""

    def cut(band, at: tuple) -> tuple[Estimate, Estimate, Estimate]:
        plain = (Estimate(e.value[at], e.error[at]) for e in (band.mean, band.deviation))
        q = band.quantiles
        return (*plain, Estimate(q.value[(slice(None), *at)], q.error[(slice(None), *at)]))

    by_year, every = ("pollutant", "time"), slice(None)
    base, reference, plan = range(len(LEVELS))
    yield "base_total", ("pollutant",), MASS, "official total of the base year", cut(found.totals, (base, every, 0))
    yield "reference_total", by_year, MASS, "official total with existing measures", cut(found.totals, (reference,))
    yield "plan_total", by_year, MASS, "official total with the plan", cut(found.totals, (plan,))
    yield "change", by_year, CHANGE, "change of the official total with the plan on the base year", cut(found.change, ())
    yield "effect", by_year, CHANGE, "effect of the plan on the official total with existing measures", cut(found.effect, ())
    for k, level in enumerate(LEVELS):
        year = "base year" if k == base else f"target year, {level}"
        text = f"official emission of the sector in the {year}"
        yield f"sector_{level}", ("inventory_sector", "pollutant"), MASS, text, cut(found.sectors, (k,))
    growth, text = found.growth, "reduction of the official total in the target year by each measure, and by growth"
    measures = tuple(
        Estimate(*(np.concatenate([np.expand_dims(getattr(g, w), axis), getattr(m, w)], axis) for w in ("value", "error")))
        for g, m, axis in (
            (growth.mean, found.measures.mean, 0),
            (growth.deviation, found.measures.deviation, 0),
            (growth.quantiles, found.measures.quantiles, 1),
        )
    )
    yield "measure_reduction", ("measure", "pollutant"), MASS, text, measures
    yield "target_value", ("target",), OWN, "value of the target, in the unit that target_unit names", cut(found.values, ())


def _attributes(dims: tuple[str, ...], units: str, long_name: str) -> dict[str, str]:
    """Attributes with the text coordinates of the dims."""
    labels = [f"{d}_id" for d in dims if d in (*_LABELS, "pollutant")]
    labels += ["reporting_basis"] if "pollutant" in dims else ["target_unit"] if units == OWN else []
    attrs = {"units": units or SHARE, "long_name": long_name}
    if labels:
        attrs["coordinates"] = " ".join(labels)
    if "time" in dims:
        attrs["cell_methods"] = "time: point"
    return attrs


def _targets(found: Uncertainty, variables: dict[str, tuple]) -> None:
    """Probabilities of the targets; none of those that cannot be assessed."""
    if not found.frame.targets:
        return
    scalar = (
        ("joint_probability", found.together.value[0], "probability that all assessable targets on tonnes are met together"),
        ("joint_probability_standard_error", found.together.error[0], "standard error of joint_probability"),
        ("joint_probability_with_indicators", found.together.value[1], "probability that these and all indicators are met"),
    )
    for name, value, long_name in scalar if on_tonnes(found) else ():
        variables[name] = ((), float(value), _attributes((), SHARE, long_name))
    for name, values, long_name in (
        ("target_probability", found.met.value, "probability that the target is met"),
        ("target_probability_standard_error", found.met.error, "standard error of target_probability"),
    ):
        values = np.where(found.assessable, values, np.nan)
        variables[name] = (("target",), values, _attributes(("target",), SHARE, long_name))


def _shares(found: Uncertainty, variables: dict[str, tuple]) -> None:
    """What drives each result."""
    shares, dims = found.ranking.shares, ("output", "input")
    if not shares.value.size:
        return
    for name, values, long_name in (
        ("variance_share", shares.value, "first-order share of the variance of the result that the input brings"),
        ("variance_share_standard_error", shares.error, "standard error of variance_share"),
    ):
        variables[name] = (dims, np.ascontiguousarray(values.T), _attributes(dims, SHARE, long_name))


def with_draws(held: Contents, found: Uncertainty) -> Contents:
    """The contents of a file with every draw, along a dimension ``draw``: totals and what each measure and growth bring in the target year
    in ``t yr-1``, and the values of the targets.

    Parameters
    ----------
    held : of the same result.
    """
    drawn, totals = found.outcome, found.outcome.totals
    by_year, by_measure = ("draw", "pollutant", "time"), ("draw", "measure", "pollutant")
    every = [
        ("base_total_draw", ("draw", "pollutant"), MASS, totals[:, 0, :, 0], "official total of the base year in each draw"),
        ("reference_total_draw", by_year, MASS, totals[:, 0], "official total with existing measures in each draw"),
        ("plan_total_draw", by_year, MASS, totals[:, 1], "official total with the plan in each draw"),
        (
            "measure_reduction_draw", by_measure, MASS, np.concatenate([drawn.growth[:, None], drawn.measures], axis=1),
            "reduction of the official total in the target year by each measure, and by growth, in each draw",
        ),
    ]  # fmt: skip
    if found.frame.targets:
        text = "value of the target in each draw, in the unit that target_unit names"
        every.append(("target_value_draw", ("draw", "target"), OWN, drawn.values, text))
    new = {n: (dims, np.ascontiguousarray(values), _attributes(dims, units, text)) for n, dims, units, values, text in every}
    if found.frame.targets:
        flags = {"flag_values": np.array([0, 1], np.int8), "flag_meanings": "missed met"}
        attrs = _attributes(("draw", "target"), SHARE, "whether the target is met in each draw; never if it cannot be assessed")
        new["target_met_draw"] = (("draw", "target"), drawn.met.astype(np.int8), attrs | flags)
    number = np.arange(len(totals), dtype=np.int32)
    draw = (("draw",), number, {"units": SHARE, "long_name": "number of the draw"})
    return replace(held, variables={**held.variables, **new}, coords={**held.coords, "draw": draw})
