"""Numbers with units as texts, brought to other units: row by row with pint, and once a text."""

import numpy as np
import pint

# Also what pint takes for something else: kt is a knot there.
SPELLING = {
    "kt": "1e3 t",
    "千克": "kg",
    "吨": "t",
    "年": "yr",
    "万": "1e4 ",
    "vehicle km": "vehicle * km",
    "km2": "km^2",
    "/m3": "/m^3",
    "%": "percent",
}


def prepare(data):
    units = pint.UnitRegistry()
    for name in ("head", "vehicle", "person"):
        units.define(f"{name} = [{name}]")
    units.define("normal_cubic_meter = [normal_volume] = Nm3")
    return units, data["values"].tolist(), data["texts"].tolist(), data["wanted"].tolist()


def written(text):
    """A unit as pint reads it."""
    for word, plain in SPELLING.items():
        text = text.replace(word, plain)
    return text


def row_by_row(prepared):
    units, values, texts, wanted = prepared
    rows = zip(values, texts, wanted, strict=True)
    return np.array([(value * units.parse_expression(written(text))).to(unit).magnitude for value, text, unit in rows])


def once_a_text(prepared):
    units, values, texts, wanted = prepared
    factors = {
        text: units.parse_expression(written(text)).to(unit).magnitude
        for text, unit in dict(zip(texts, wanted, strict=True)).items()
    }
    return np.array(values) * np.array([factors[text] for text in texts])
