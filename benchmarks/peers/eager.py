"""A command that loads all its libraries at the top of the file."""

import click
import matplotlib.pyplot  # noqa: F401
import numpy  # noqa: F401
import pandas  # noqa: F401
import pint
import pydantic  # noqa: F401
import scipy.optimize  # noqa: F401
import scipy.stats  # noqa: F401
import xarray  # noqa: F401

units = pint.UnitRegistry()


@click.group()
def main():
    """Simulate emission-reduction plans."""


@main.command()
@click.argument("scenario", type=click.Path())
def run(scenario):
    """Run a scenario."""


if __name__ == "__main__":
    main()
