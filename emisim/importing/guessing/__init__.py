"""A mapping proposed from what a table looks like: columns → roles → a draft that a person finishes."""
