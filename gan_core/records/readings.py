"""The numbers that the instruments give at every look: their names and ranges, once for all sides; their
words are in the catalogue, under `reading.NAME`.

The order is that of a reading's values, in memory and on the wire; a new one goes to the end.
"""

from __future__ import annotations

from dataclasses import dataclass

from gan_core.setup.limits import MAX_STRATA
from gan_core.texts.catalogue import say_or

MAX_PARTS = MAX_STRATA  # of the data, in which a reading counts the fakes


@dataclass(frozen=True)
class Instrument:
    """One number of a reading. `high` is None where there is no natural upper end."""

    name: str
    low: float
    high: float | None = None

    @property
    def label(self) -> str:
        """What it is called."""
        return say_or(self.name, f"reading.{self.name}.label")

    @property
    def unit(self) -> str:
        """What it is counted in."""
        return say_or("", f"reading.{self.name}.unit")

    @property
    def help(self) -> str:
        """What it is, in a sentence or two."""
        return say_or("", f"reading.{self.name}.help")


_ALL = (
    Instrument("coverage", 0, 1),
    Instrument("on_band", 0, 1),
    Instrument("distance", 0),
    Instrument("spread", 0),
    Instrument("saturated", 0, 1),
    Instrument("chase", 0),
    Instrument("follow", -1, 1),
    Instrument("d_loss", 0),
    Instrument("best_d_loss", 0),
    Instrument("map_error", 0, 1),
    Instrument("called_real", 0, 1),
    Instrument("corners", 0, 1),
    Instrument("fit_error", 0),
    Instrument("follow_by_chance", 0, 1),
    Instrument("precision", 0, 1),
    Instrument("recall", 0, 1),
    Instrument("density", 0),
    Instrument("neighbour_coverage", 0, 1),
    Instrument("energy", -1),  # unbiased: of fakes as good as the data it is as often below 0
    Instrument("w2", 0),  # of looks at rest alone, as is what it is held against
    Instrument("w2_of_data", 0),
    Instrument("memorised", 0, 1),
    Instrument("memorised_by_chance", 0, 1),
    Instrument("d_gap", -1, 1),
    Instrument("theta", -1000),  # of a game of two numbers: where G's point is, and how steep D is
    Instrument("psi", -1000),
)
READINGS: dict[str, Instrument] = {instrument.name: instrument for instrument in _ALL}
PLACE: dict[str, int] = {name: i for i, name in enumerate(READINGS)}  # in a reading's values
