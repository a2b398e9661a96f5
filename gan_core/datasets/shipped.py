"""Data sets that come with GANscope, for the scenarios to begin from: small tables in `shipped/`, read like any other.

Nothing is read before somebody asks for one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gan_core.datasets.dataset import Dataset, in_place, scaled
from gan_core.datasets.table import read_table

TABLES = Path(__file__).with_suffix("")


@dataclass(frozen=True)
class Shipped:
    """One table, and how its points get into the square."""

    file: str
    columns: str = ""  # two of them, as a visitor names them
    in_place: bool = False  # its points have their places in the square already


# Under the fingerprint that its points have. Of the geyser eruptions in seconds and waiting in quarters of a minute.
SHIPPED = {
    "557b0c6100ed8d4a": Shipped("drawing.csv", in_place=True),
    "5753ff14891a0fe9": Shipped("faithful.csv", "seconds,quarters"),
}


def read(fingerprint: str) -> Dataset:
    """The data set of a fingerprint in SHIPPED. Raises OSError, and ValueError where its table is damaged."""
    shipped = SHIPPED[fingerprint]
    table = read_table(TABLES / shipped.file, shipped.columns)
    into_square = in_place if shipped.in_place else scaled
    found = into_square(table.points, shipped.file, table.columns)
    if found.fingerprint != fingerprint:
        raise ValueError
    return found
