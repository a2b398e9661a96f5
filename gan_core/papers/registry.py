"""Which tables there are: a new one is a file of its protocol, and a line here."""

from __future__ import annotations

from gan_core.papers import critics, packing, penalties
from gan_core.papers.paper import Table

TABLES: dict[str, Table] = {table.name: table for table in (packing.RING, packing.GRID, penalties.GRID, critics.TOYS)}
