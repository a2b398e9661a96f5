"""Papers' tables: what was published, beside what comes of the same protocol here.

A table is data, in the file of its protocol, and a line in `registry.py`. The plan of each, written before its results,
is the docstring of its file. Nothing here depends on what came out: an order that does not hold is told as it came out.
"""
