"""The 256 colours of a GIF: those of the theme, of the maps, and what lies between an ink and its ground."""

from __future__ import annotations

import numpy as np

from gan_core.export.maps import rgb, table
from gan_core.export.pen import INKS
from gan_core.panels.scales import Scale
from gan_core.records.arrays import Uint8Array

_BETWEEN = 7  # steps from the ground to an ink, the ink included
_INKS = ("text", "quiet", "line", "grid", "real", "fake", "d", "g")
_TRAIL = ("#1d4f91", "#a3142a", "#333333")
_BITS = 6  # of each channel that are told apart


class Palette:
    """One palette for all frames, and of each colour the nearest in it."""

    def __init__(self, scheme: str, scales: tuple[Scale, ...]) -> None:
        """For a scheme of colours and the scales of the maps that are shown."""
        ground = np.array(rgb(INKS[scheme]["card"]), np.float64)
        inks = [rgb(INKS[scheme][name]) for name in _INKS]
        shares = np.arange(_BETWEEN + 1) / _BETWEEN
        between = [ground + share * (np.array(ink) - ground) for ink in inks for share in shares]
        own = [*between, *map(rgb, _TRAIL), (255, 255, 255)]
        room = (256 - len(np.unique(np.round(own), axis=0))) // max(1, len(scales))
        of_maps = [table(scale)[np.linspace(0, scale.top, room).round().astype(int)] for scale in scales]
        colours = np.unique(np.round(np.concatenate((own, *of_maps))).astype(np.uint8), axis=0)
        self.colours: Uint8Array = np.concatenate((colours, np.zeros((256 - len(colours), 3), np.uint8)))
        opaque = np.full((256, 1), 255, np.uint8)
        self.argb: Uint8Array = np.concatenate((opaque, self.colours), axis=1)
        self._nearest = self._table(len(colours))

    def nearest(self, pixels: Uint8Array) -> Uint8Array:
        """The place in the palette of each pixel of a picture (height, width, 3 or more): (height, width)."""
        coarse = (pixels[..., :3] >> (8 - _BITS)).astype(np.uint32)
        found: Uint8Array = self._nearest[(coarse[..., 0] << 2 * _BITS) | (coarse[..., 1] << _BITS) | coarse[..., 2]]
        return found

    def _table(self, count: int) -> Uint8Array:
        """The nearest colour of each that is told apart, by the squared distance; one of the palette is its own."""
        levels = (np.arange(1 << _BITS, dtype=np.float32) + 0.5) * (1 << (8 - _BITS)) - 0.5
        colours = self.colours[:count].astype(np.float32)
        green_blue = ((levels[:, None] - colours[:, 1]) ** 2)[:, None] + ((levels[:, None] - colours[:, 2]) ** 2)[None]
        found = [(green_blue + (red - colours[:, 0]) ** 2).argmin(axis=2) for red in levels]
        flat = np.stack(found).astype(np.uint8).reshape(-1)
        own = (self.colours[:count] >> (8 - _BITS)).astype(np.uint32)
        flat[(own[:, 0] << 2 * _BITS) | (own[:, 1] << _BITS) | own[:, 2]] = np.arange(count)
        return flat
