"""How the bytes of a map are read: as colours, as numbers, as words. One entry a kind of map.

The colours are made for readers with any colour vision: ColorBrewer's RdBu, PRGn and PuOr (Cynthia Brewer), and
viridis (van der Walt and Smith) and cividis (Nuñez, Anderton and Renslow 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

from gan_core.panels.theme import REAL_TO_FAKE

Stops = tuple[tuple[float, str], ...]


def _evenly(*colours: str) -> Stops:
    return tuple((i / (len(colours) - 1), colour) for i, colour in enumerate(colours))


VIRIDIS = _evenly("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")
_CIVIDIS = _evenly("#fee838", "#d9c55c", "#b3a36f", "#8e8578", "#6c6d72", "#46556c", "#1a386f", "#00224e")
_PRGN = _evenly("#762a83", "#af8dc3", "#f7f7f7", "#7fbf7b", "#1b7837")
_PUOR = _evenly("#542788", "#998ec3", "#f7f7f7", "#f1a340", "#b35806")


@dataclass(frozen=True)
class Scale:
    """From byte 0 to byte `top`: evenly through colours, and from the number `low` to `high`."""

    stops: Stops  # share of `top`, colour
    ticks: Stops  # of the colour bar: share of `top`, text or a key of the catalogue
    low: float
    high: float
    top: int = 255
    log: bool = False  # evenly in the logarithm instead; the ends then mean "or beyond"
    nothing: str = ""  # what byte 255 means, where it is no number: a key of the catalogue
    contour: bool = False  # whether a line is drawn where the number is in the middle
    signed: bool = False  # whether numbers are written with their sign
    free: bool = False  # whether each frame says itself what the ends are


_PROBABILITY = ((0, "scale.fake"), (0.5, "0.5"), (1, "scale.real"))
_NEITHER = "scale.neither"

SCALES: dict[str, Scale] = {
    "real-fake": Scale(REAL_TO_FAKE, _PROBABILITY, 0, 1, contour=True),
    "score": Scale(
        REAL_TO_FAKE, ((0, "scale.lower"), (0.5, "scale.level"), (1, "scale.higher")), -1, 1, contour=True, free=True
    ),
    "best": Scale(REAL_TO_FAKE, _PROBABILITY, 0, 1, top=254, nothing=_NEITHER),
    "difference": Scale(
        _PRGN,
        ((0, "-1"), (0.25, "-0.5"), (0.5, "scale.right"), (0.75, "+0.5"), (1, "+1")),
        -1,
        1,
        top=254,
        nothing=_NEITHER,
        signed=True,
    ),
    "error": Scale(
        _CIVIDIS,
        ((0, "1"), (0.25, "0.1"), (0.5, "0.01"), (0.75, "0.001"), (1, "10⁻⁴")),
        1,
        1e-4,
        log=True,
    ),
    "along": Scale(VIRIDIS, ((0, "-1"), (0.5, "0"), (1, "1")), -1, 1, signed=True),
    "along-inside": Scale(
        VIRIDIS, ((0, "-1"), (0.5, "0"), (1, "1")), -1, 1, top=254, nothing="scale.outside", signed=True
    ),
    # As a multiple of an even spread of the latent square, of area 4, over the spiral's band, of area 0.3 pi.
    "stretch": Scale(
        _PUOR,
        ((0, "÷ 100"), (0.25, "÷ 10"), (0.5, "scale.even"), (0.575, "scale.twice"), (0.75, "× 10"), (1, "× 100")),
        0.01,
        100,
        top=254,
        log=True,
    ),
}
