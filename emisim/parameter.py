"""Reading one parameter of an action: its dimension, its range, the kinds of words it may be."""

from __future__ import annotations

import math
from dataclasses import dataclass

from emisim import units
from emisim.distribution import FIXED, SHAPES, Distribution
from emisim.errors import Location, Reporter, nearest
from emisim.inventory import SELECTABLE
from emisim.mechanism import Parameter
from emisim.model import Value, as_value
from emisim.vocabulary import GRADES, pollutants, wordings

EDGE = 1e-9
SHARE_SUM_TOLERANCE = 1e-9
WORDING = "wording"


@dataclass(frozen=True)
class ParameterReader:
    """Turns the text of a parameter into a canonical value.

    activity, activity_to : unit of the activity of the rows an action touches and of those it moves to; empty while there are
        none.
    level : how strongly the wording is read, ``low``, ``central`` or ``high``.
    wording : strength of the measure's wording, for parameters given as ``wording``.
    """

    reporter: Reporter
    activity: str = ""
    activity_to: str = ""
    level: str = "central"
    wording: str = ""

    def read(self, parameter: Parameter, raw, file: str, location: Location) -> object:
        """What a parameter is: a number with its range, or words; its default after a fault."""
        special = {
            "word": self.word, "choice": self.choice, "column": self.column,
            "pollutants": self.pollutant_names, "months": self.months, "shares": self.shares,
        }  # fmt: skip
        if parameter.dimension in special:
            return special[parameter.dimension](parameter, raw, file, location)
        found = self.figure(parameter, raw, file, location)
        return parameter.default if found is None else found

    def figure(self, parameter: Parameter, raw, file: str, location: Location) -> Distribution | None:
        """A number with its range in canonical units; None after a fault.

        An adoption that is read at one end of its range is that end, and known. A wording has the range of its scale, triangular.
        """
        try:
            value = self.on_scale(Value.model_validate(as_value(raw)), parameter, file, location)
        except ValueError as error:
            for problem in error.errors():
                self.misshapen(parameter, problem, file, location)
            return None
        if value is None:
            return None
        numbers = {}
        for field in ("value", "low", "high"):
            text = getattr(value, field)
            if text is not None:
                at = (*location, field) if isinstance(raw, dict) else location
                numbers[field] = self.number(parameter, text, file, at)
        if any(n is None for n in numbers.values()):
            return None
        low, high = numbers.get("low", -math.inf), numbers.get("high", math.inf)
        shown = {field: "–" if getattr(value, field) is None else getattr(value, field) for field in ("low", "value", "high")}
        ends = [numbers.get(end, numbers["value"]) for end in ("value", "low", "high")]
        found = Distribution(*ends, value.distribution, value.probabilities, parameter.least, parameter.most)
        if not low - EDGE <= numbers["value"] <= high + EDGE:
            self.reporter.report(file, location, "value.order", name=parameter.name, **shown)
        elif value.distribution != FIXED and len(numbers) < 3:
            self.reporter.report(file, location, "range.missing", distribution=value.distribution, **shown)
        elif found.problem():
            self.reporter.report(file, location, f"range.{found.problem()}", **shown)
        if parameter.role == "adoption" and self.level in numbers:
            return Distribution(*[numbers[self.level]] * 3)
        return found

    def on_scale(self, value: Value, parameter: Parameter, file: str, location: Location) -> Value | None:
        """The word ``wording`` stands for the share that the strength of the measure's wording implies, with its range."""
        if value.value != WORDING:
            return value
        scale = wordings().get(self.wording)
        if parameter.role != "adoption" or scale is None:
            self.reporter.report(file, location, "value.wording", name=parameter.name)
            return None
        given = {"low": scale.low, "value": scale.central, "high": scale.high}
        shape = "triangular" if value.distribution == FIXED else value.distribution
        return value.model_copy(update={"distribution": shape, **{k: f"{100 * v:g} %" for k, v in given.items()}})

    def misshapen(self, parameter: Parameter, problem, file: str, location: Location) -> None:
        """One fault of a parameter's mapping, as pydantic tells it."""
        here, kind = (*location, *problem["loc"]), problem["type"]
        if kind == "extra_forbidden":
            known = tuple(Value.model_fields)
            word = str(problem["loc"][-1])
            self.reporter.report(
                file, (*here, Reporter.KEY), "schema.unknown_key", key=word, near=nearest(word, known), known=", ".join(known)
            )
        elif kind == "literal_error":
            known = GRADES if problem["loc"][-1] == "grade" else SHAPES
            self.reporter.unknown(file, here, "value.choice", str(problem["input"]), known)
        else:
            self.reporter.report(file, here, "value.shape", name=parameter.name)

    def number(self, parameter: Parameter, text, file: str, location: Location) -> float | None:
        """One number in canonical units, or None after a fault."""
        try:
            number = self.canonical(parameter, text)
        except units.UnitError as error:
            self.reporter.faults.append(error.fault.at(self.reporter.place(file, location)))
            return None
        if not parameter.least <= number <= parameter.most or math.isnan(number):
            whole = parameter.dimension == "share" and (parameter.least, parameter.most) == (0.0, 1.0)
            key = "value.share" if whole else "value.range"
            self.reporter.report(file, location, key, name=parameter.name, text=text, least=parameter.least, most=parameter.most)
            return None
        return number

    def canonical(self, parameter: Parameter, text) -> float:
        """Canonical float of a number whose dimension may hang on the activity of the rows."""
        dimension = parameter.dimension
        if dimension in units.DIMENSIONS:
            return units.read(text, dimension)
        activity = self.activity_to if dimension.endswith("of to") else self.activity
        if not activity:
            return 1.0
        if dimension == "activity":
            return units.read(text, activity) * units.to_base(activity)[0]
        per = units.per_year(activity)
        stock = "" if per != activity.strip() else " yr"  # heads and hectares stand all year
        wanted = f"GJ/({per})" if dimension.startswith("energy") else f"kg/({per}{stock})"
        return units.read(text, wanted) * units.to_base(wanted)[0]

    def word(self, parameter: Parameter, raw, file, location) -> str:
        if not isinstance(raw, str):
            self.reporter.report(file, location, "value.shape", name=parameter.name)
            return ""
        return raw

    def choice(self, parameter: Parameter, raw, file, location) -> str:
        if raw not in parameter.choices:
            self.reporter.unknown(file, location, "value.choice", str(raw), parameter.choices)
            return str(parameter.default)
        return raw

    def column(self, parameter: Parameter, raw, file, location) -> str:
        if raw not in SELECTABLE:
            self.reporter.unknown(file, location, "selector.column", str(raw), SELECTABLE)
        return str(raw)

    def pollutant_names(self, parameter: Parameter, raw, file, location) -> tuple[str, ...]:
        names = raw if isinstance(raw, list) else [raw]
        for k, name in enumerate(names):
            if name not in pollutants():
                self.reporter.unknown(
                    file, (*location, k) if isinstance(raw, list) else location, "value.choice", str(name), tuple(pollutants())
                )
        return tuple(str(n) for n in names)

    def months(self, parameter: Parameter, raw, file, location) -> tuple[int, ...]:
        names = raw if isinstance(raw, list) else [raw]
        wrong = any(not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= 12 for k in names)
        if not names or wrong or len(set(names)) < len(names):
            self.reporter.report(file, location, "value.months")
            return ()
        return tuple(sorted(names))

    def shares(self, parameter: Parameter, raw, file, location) -> dict[str, float]:
        if not isinstance(raw, dict) or not raw:
            self.reporter.report(file, location, "value.shape", name=parameter.name)
            return {}
        out = {}
        for key, text in raw.items():
            number = self.number(Parameter(key, "share", "", ""), text, file, (*location, key))
            if number is not None:
                out[str(key)] = number
        if len(out) == len(raw) and abs(math.fsum(out.values()) - 1.0) > SHARE_SUM_TOLERANCE:
            self.reporter.report(file, location, "shares.sum", total=f"{math.fsum(out.values()):.10g}")
        return out
