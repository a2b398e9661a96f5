"""Which tables there are: a new one is a file of its protocol, and a line here."""

from __future__ import annotations

from gan_core.papers import critics, packing, penalties, shelf
from gan_core.papers.paper import Table

_ALL = (packing.RING, packing.GRID, penalties.GRID, critics.TOYS, *shelf.TABLES)
TABLES: dict[str, Table] = {table.name: table for table in _ALL}
