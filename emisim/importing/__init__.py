"""Inventories kept by others, brought in: foreign tables → mapping → entries → sources and factors, and an account of every row.

    sheets  →  columns (headers, layout)  →  entries (rows, texts, figures, refusals)  →  kinds (codes)  →  sources  →  tables, account

``guessing`` proposes a mapping from the headers; ``plans`` takes the text of a plan apart.
"""
