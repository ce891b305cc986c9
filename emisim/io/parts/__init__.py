"""Runs in parts: an inventory of any size, whole regions at a time, on one process or on many machines.

survey (read once: which kinds of source there are, and that the table is in order) → the plan, checked on one source of each kind
→ parts, each read, bound and run by itself → their sums, in the order of the parts, and every source to the store
"""
