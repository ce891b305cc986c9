"""What a scenario file says of its draws: how many, by which method, from which seed, and what is reported of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from emisim.model import Model, Names, Number

FEWEST, MOST = 16, 10_000_000
LARGEST_SEED = 2**32 - 1


def _whole(least: int, most: int):
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise PydanticCustomError("sample.whole", "whole", {"text": str(value), "least": least, "most": most})
        return value

    return BeforeValidator(check)


def _inner_share(value: Any) -> float:
    """A share between 0 and 1, both left out."""
    from emisim.units import UnitError, read

    try:
        share = read(value, "share")
    except (UnitError, TypeError, ValueError):
        share = 0.0
    if not 0.0 < share < 1.0:
        raise PydanticCustomError("sample.share", "share", {"text": str(value)})
    return share


Inner = Annotated[float, BeforeValidator(_inner_share, json_schema_input_type=Number)]

CHANGE = "-change"  # behind a pollutant: its change on the base year, as a result


class SampleDesign(Model):
    """Draws of all uncertain figures.

    method : ``sobol`` (scrambled nets), ``lhs`` (Latin hypercubes) or ``random``. interval : share of the draws between the ends of a
    reported interval [1]. at_risk : a target that is met is at risk if more than this share of the draws miss it [1].
    variance_of : what Sobol' indices are computed for, first-order and total: ids of targets, pollutants (level of the plan),
    ``NOx-change`` (change on the base year).
    """

    draws: Annotated[int, _whole(FEWEST, MOST)]
    seed: Annotated[int, _whole(0, LARGEST_SEED)] = 1
    method: Literal["sobol", "lhs", "random"] = "sobol"
    interval: Inner = Field(default=0.95)
    at_risk: Inner = Field(default=0.1)
    variance_of: Names = ()
