"""The numbers that the instruments give at every look: their names, words, ranges and units, once for all sides.

The order is that of a reading's values, in memory and on the wire; a new one goes to the end.
"""

from __future__ import annotations

from dataclasses import dataclass

STRETCHES = 50  # equal stretches of u, -1 to 1, in which a reading counts the fakes on the band


@dataclass(frozen=True)
class Instrument:
    """One number of a reading. `high` is None where there is no natural upper end."""

    name: str
    label: str
    unit: str
    low: float
    high: float | None
    help: str  # what it is, in a sentence or two


_ALL = (
    Instrument("coverage", "Coverage", "share", 0, 1, "Share of 50 equal stretches of the spiral that fakes reach."),
    Instrument("on_band", "On the band", "share", 0, 1, "Share of the fakes on the spiral's band, widened by half."),
    Instrument(
        "distance",
        "Distance to the data",
        "data units",
        0,
        None,
        "Sliced Wasserstein distance: how far fakes would have to move to become the data, mean over directions.",
    ),
    Instrument("spread", "Spread", "data units", 0, None, "Root mean square distance of the fakes from their centre."),
    Instrument("saturated", "Saturated", "share", 0, 1, "Share of the fakes at the edge of what tanh can give."),
    Instrument(
        "chase", "Centre to bluest spot", "data units", 0, None, "How far the fakes' centre is from D's bluest spot."
    ),
    Instrument(
        "follow",
        "Moves towards it",
        "-1 to 1",
        -1,
        1,
        "Correlation of the centre's moves with the way to the bluest spot, over the last 100 steps.",
    ),
    Instrument(
        "d_loss",
        "D's loss on the map",
        "nats",
        0,
        None,
        "Cross-entropy of D over the map's cells, half real, half fake",
    ),
    Instrument(
        "best_d_loss",
        "Best possible",
        "nats",
        0,
        None,
        "The least loss that any D could have against this G: ln 2 minus the Jensen-Shannon divergence.",
    ),
    Instrument("map_error", "Error of D's map", "probability", 0, 1, "Mean distance of D from the best possible D."),
    Instrument("called_real", "Called real", "share", 0, 1, "Share of the square where D says more than 0.5."),
    Instrument("corners", "Corners", "probability", 0, 1, "Median of D in the four corners, where there are no data."),
    Instrument("fit_error", "Error of G", "data units", 0, None, "Root mean square distance of G(z) from f(z)."),
    Instrument(
        "follow_by_chance",
        "By chance, up to",
        "-1 to 1",
        0,
        1,
        "Two standard deviations of that correlation if every move went in a direction of its own.",
    ),
)
READINGS: dict[str, Instrument] = {instrument.name: instrument for instrument in _ALL}
PLACE: dict[str, int] = {name: i for i, name in enumerate(READINGS)}  # in a reading's values
