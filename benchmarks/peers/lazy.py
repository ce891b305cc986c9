"""The least that a command of click can be: it loads what it needs when it is called."""

import click


@click.group()
def main():
    """Simulate emission-reduction plans."""


@main.command()
@click.argument("scenario", type=click.Path())
@click.option("--out", type=click.Path(), help="Where the result goes.")
def run(scenario, out):
    """Run a scenario."""
    import numpy  # noqa: F401


@main.command()
@click.argument("scenario", type=click.Path())
def check(scenario):
    """Check a scenario."""
    import numpy  # noqa: F401


if __name__ == "__main__":
    main()
