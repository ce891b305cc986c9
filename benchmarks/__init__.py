"""How fast emisim is: the same work done by it, by other programs, and what the machine allows, side by side in one run.

    python -m benchmarks [ROW ...] [--quick] [--json FILE] [--page]

One module a row in ``rows``; what others would write for it in ``peers``, run in an environment of theirs.
"""
