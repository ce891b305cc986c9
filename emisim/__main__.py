"""``python -m emisim`` is the same as ``emisim``."""

from emisim.cli import main

main()
