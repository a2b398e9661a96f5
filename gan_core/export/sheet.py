"""Panels on one picture, as the page has them: made once, and of each further step only what moves is drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from gan_core.export.curves_panel import Curves
from gan_core.export.pen import Box, Format, Pen
from gan_core.export.squares import Map, Samples
from gan_core.export.still import Still
from gan_core.export.stretch import Shown
from gan_core.panels.scales import Scale
from gan_core.records.arrays import Uint8Array
from gan_core.texts.catalogue import say

_HEAD, _PANEL_HEAD, _BESIDE, _STEP = 30.0, 26.0, 6.0, 140.0  # CSS pixels
_LETTER = 9.5  # CSS pixels that a bold letter of the title takes
_STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "GANscope",  # the same picture, the same bytes
    "path.simplify": False,
}


class Panel(Protocol):
    """One panel on a picture."""

    def show(self, shown: Shown) -> None:
        """Draw another step."""

    def artists(self) -> list[Any]:
        """What moves, lower ones first."""


PANELS: dict[str, Callable[[Pen, Box, Still, str, bool], Panel]] = {
    "metrics": Curves,
    "samples": Samples,
    "latent": Map,
    "discriminator": Map,
}


def grid(count: int) -> tuple[int, int]:
    """Columns and rows of so many panels: one beside the other, or two and two."""
    return min(count, 2), -(-count // 2)


class Sheet:
    """One picture. In a process one thread at a time may draw: matplotlib's settings are for all of it."""

    def __init__(self, still: Still, panels: Sequence[str], scheme: str, format: Format, *, trail: bool) -> None:
        """`panels` are names of PANELS in reading order, `scheme` "light" or "dark"."""
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.title, self.format, self.scheme = still.title, format, scheme

        with rc_context(_STYLE):
            width, height = format.pixels
            self._figure = Figure(figsize=((width + 0.01) / format.dpi, (height + 0.01) / format.dpi), dpi=format.dpi)
            self._canvas = FigureCanvasAgg(self._figure)
            pen = Pen(self._figure, format, scheme)
            self._figure.set_facecolor(pen.ink("card"))
            across, down = format.size
            pen.write(14, 22, _short(still.title, across - 28 - _STEP), size=14, fontweight="bold")
            self._step = pen.write(across - 14, 22, "", size=14, fontweight="bold", ha="right")
            columns, rows = grid(len(panels))
            boxes = _boxes(across / columns, (down - _HEAD) / rows, columns, len(panels))
            drawn = zip(panels, boxes, strict=True)
            self.panels = [PANELS[name](pen, box, still, name, trail) for name, box in drawn]
        self._moving = [self._step, *(artist for panel in self.panels for artist in panel.artists())]
        for place, artist in enumerate(self._moving):
            artist.set_zorder(10 + place)  # over grid and axes, in this order
        self._ground: Any = None

    @property
    def scales(self) -> tuple[Scale, ...]:
        """By which its maps are coloured, each once."""
        return tuple(dict.fromkeys(panel.scale for panel in self.panels if isinstance(panel, Map)))

    @property
    def map_side(self) -> int:
        """Pixels along a side of its maps; 0 where there is none."""
        return max((panel.side for panel in self.panels if isinstance(panel, Map)), default=0)

    def show(self, shown: Shown) -> None:
        """Draw another step."""
        self._step.set_text(say("badge.step", step=shown.frame.step))
        for panel in self.panels:
            panel.show(shown)

    def pixels(self) -> Uint8Array:
        """The picture of the step that is shown, (height, width, 4); the array is the canvas's own."""
        from matplotlib import rc_context

        with rc_context(_STYLE):
            if self._ground is None:
                for artist in self._moving:
                    artist.set_animated(True)
                self._canvas.draw()
                self._ground = self._canvas.copy_from_bbox(self._figure.bbox)
            self._canvas.restore_region(self._ground)
            for artist in self._moving:
                artist.draw(self._canvas.get_renderer())
        return np.asarray(self._canvas.buffer_rgba())

    def save(self, out: Path, suffix: str, about: Mapping[str, str]) -> None:
        """Write the picture of the step that is shown, ".png" or ".svg", and what `about` says. Raises OSError."""
        from matplotlib import rc_context

        told = {"Date": None, **about} if suffix == ".svg" else about
        with rc_context(_STYLE):
            self._figure.savefig(out, format=suffix[1:], dpi=self._figure.dpi, metadata=told)


def _short(title: str, room: float) -> str:
    """A title that fits into so many CSS pixels, or nearly."""
    letters = int(room / _LETTER)
    return title if len(title) <= letters else f"{title[: letters - 1]}…"


def _boxes(width: float, height: float, columns: int, count: int) -> Iterator[Box]:
    """The room of each panel below its head."""
    for i in range(count):
        row, column = divmod(i, columns)
        left, top = width * column + _BESIDE, height * row + _HEAD + _PANEL_HEAD
        yield Box(left, top, width - 2 * _BESIDE, height - _PANEL_HEAD)
