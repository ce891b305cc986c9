"""Inventories kept by others, brought in: foreign tables → mapping → entries → sources and factors, and an account of every row.

sheets  →  columns (headers)  →  entries (mapping, codes)  →  sources, factors  →  inventory folder
"""
