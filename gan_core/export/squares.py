"""The three square panels, drawn: real points and fakes, both maps, and the trail over them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from gan_core.export.maps import coloured, table
from gan_core.export.pen import FONT, Box, Pen, number
from gan_core.export.still import Still
from gan_core.export.stretch import Shown
from gan_core.panels.scales import SCALES, Scale
from gan_core.panels.scenes import EXTENT, TICKS, scene
from gan_core.records.arrays import POINT_SCALE
from gan_core.records.frames import TrailPoint
from gan_core.texts.catalogue import say, say_or

LEFT, RIGHT, BELOW = (
    46.0,
    68.0,
    36.0,
)  # CSS pixels around the square: numbers, the bar of colours
_USUAL_POINTS = 2000  # more than these are drawn smaller
_DOT, _CROSS = 1.5, 2.3  # radii, in CSS pixels
_CONTOUR = "#333333"
# The trail's paths (assets/panels/paint.js): colour, dashes, the sign at the end and its size in CSS pixels.
_PATHS = (("bluest", "#1d4f91", (0, (2.5, 1.5)), "D", 8.5), ("centre", "#a3142a", "-", "o", 10.0))


class Square(ABC):
    """A square panel: its axes, its head, its bar of colours."""

    def __init__(self, pen: Pen, box: Box, still: Still, panel: str, trail: bool) -> None:
        self._pen, self._still, self._panel = pen, still, panel
        self._scene = scene(still.points.task, panel)
        side = min(box.width - LEFT - RIGHT, box.height - BELOW)
        self._square = Box(box.left + LEFT, box.top, side, side)
        axes = self.axes = pen.axes(self._square)
        size = pen.points(FONT)
        axes.set(xlim=(-EXTENT, EXTENT), ylim=(-EXTENT, EXTENT))
        labels = [number(tick) for tick in TICKS]
        axes.set_xticks(TICKS, labels)
        axes.set_yticks(TICKS, labels)
        across, up = self._scene["axes"]
        axes.set_xlabel(across, fontsize=size, color=pen.ink("text"), labelpad=pen.points(1))
        axes.set_ylabel(up, fontsize=size, color=pen.ink("text"), labelpad=pen.points(-2))
        pen.write(box.left + 4, box.top - 8, self._scene["title"], size=13, fontweight="bold")
        right = min(box.left + box.width - 4, self._square.left + side + RIGHT)
        self._badge = pen.write(right, box.top - 8, "", ink="quiet", ha="right")
        self.moving: list[Any] = [self._badge]
        self._trail = _Trail(pen, axes) if trail and panel != "latent" else None

    def show(self, shown: Shown) -> None:
        """Draw another step."""
        self._draw(shown)
        if self._trail is not None:
            self._trail.show(shown.trail)

    @abstractmethod
    def _draw(self, shown: Shown) -> None:
        """Put what this panel shows of a step in its place."""

    def artists(self) -> list[Any]:
        """What moves, lower ones first."""
        return [*self.moving, *(self._trail.artists if self._trail is not None else ())]


class Samples(Square):
    """Real points and fakes."""

    def __init__(self, pen: Pen, box: Box, still: Still, panel: str, trail: bool) -> None:
        super().__init__(pen, box, still, panel, trail)
        self._reals = self._marks("o", "real", "reals")
        self._fakes = self._marks("x", "fake", "fakes")
        self.moving += [self._reals, self._fakes]

    def _marks(self, shape: str, ink: str, gid: str) -> Any:
        (line,) = self.axes.plot([], [], shape, color=self._pen.ink(ink), gid=gid)
        return line

    def _draw(self, shown: Shown) -> None:
        fakes, reals, pen = shown.frame.fakes, self._still.points.reals, self._pen
        count = len(fakes)
        smaller = max(0.7, math.sqrt(_USUAL_POINTS / max(count, _USUAL_POINTS)))
        self._reals.set_data(*(reals[:count] / POINT_SCALE).T)
        self._reals.set(markersize=pen.points(2 * _DOT * smaller), markeredgewidth=0)
        self._fakes.set_data(*(fakes / POINT_SCALE).T)
        width = max(1 / pen.format.scale, 0.45 * _CROSS * smaller)  # a pixel at least
        self._fakes.set(markersize=pen.points(2 * 0.8 * _CROSS * smaller), markeredgewidth=pen.points(width))
        dots, crosses = self._scene["dots"], self._scene["crosses"]
        self._badge.set_text(say("badge.points", reals=min(count, len(reals)), n=count, dots=dots, crosses=crosses))


class Map(Square):
    """What D says, over latent or sample space."""

    def __init__(self, pen: Pen, box: Box, still: Still, panel: str, trail: bool) -> None:
        super().__init__(pen, box, still, panel, trail)
        name = self._scene["scale"]
        self.scale: Scale = SCALES["score" if name == "real-fake" and not still.probability else name]
        self.side = round(self._square.width / EXTENT * pen.format.scale)
        self._image = self.axes.imshow(
            np.zeros((self.side, self.side, 3), np.uint8),
            extent=(-1, 1, -1, 1),
            interpolation="nearest",
            aspect="auto",
            gid=f"{panel}-map",
        )
        self.axes.set(xlim=(-EXTENT, EXTENT), ylim=(-EXTENT, EXTENT))
        from matplotlib.collections import LineCollection

        self._contour = LineCollection([], colors=_CONTOUR, linewidths=pen.points(1), gid=f"{panel}-contour")
        self.axes.add_collection(self._contour, autolim=False)
        self.moving += [self._image, self._contour]
        self._bar()

    def _bar(self) -> None:
        """The bar of colours beside the square."""
        pen, (left, top, side, _) = self._pen, self._square
        axes = pen.axes(Box(left + side + 9, top, 10, side))
        axes.grid(False)
        colours = table(self.scale)[: self.scale.top + 1]
        axes.imshow(colours[::-1, None], extent=(0, 1, 0, 1), aspect="auto", interpolation="nearest")
        axes.set_xticks([])
        axes.yaxis.tick_right()
        shares, words = zip(*self.scale.ticks, strict=True)
        axes.set_yticks(shares, [say_or(word, word).replace("-", "−") for word in words])
        axes.tick_params(length=0, pad=pen.points(2))
        for spine in axes.spines.values():
            spine.set_visible(False)

    def _draw(self, shown: Shown) -> None:
        frame, pen = shown.frame, self._pen
        cells = frame.latent_map if self._panel == "latent" else frame.sample_map
        self._image.set_data(coloured(cells, self.scale, self.side, card=pen.ink("card"), line=pen.ink("line")))
        if self.scale.contour:
            from contourpy import contour_generator

            centres = -1 + (np.arange(len(cells)) + 0.5) * 2 / len(cells)
            level = self.scale.top / 2
            self._contour.set_segments(contour_generator(centres, centres, cells.astype(np.float32)).lines(level))
        self._badge.set_text(f"{frame.resolution} × {frame.resolution}")


class _Trail:
    """The paths of the fakes' centre and of the bluest spot, on white so that they show on every colour."""

    def __init__(self, pen: Pen, axes: Any) -> None:
        self.artists: list[Any] = []
        self._paths: dict[str, list[Any]] = {name: [] for name, *_ in _PATHS}
        self._ends: dict[str, list[Any]] = {name: [] for name, *_ in _PATHS}
        for name, colour, dash, sign, size in _PATHS:
            for width, style, dashes in ((4, "#ffffff", "-"), (2, colour, dash)):
                (path,) = axes.plot([], [], color=style, lw=pen.points(width), ls=dashes, solid_joinstyle="round")
                how = {"mfc": "none", "mec": style, "mew": pen.points(width), "ms": pen.points(size)}
                (end,) = axes.plot([], [], sign, clip_on=False, **how)
                path.set_gid(f"trail-{name}")
                self._paths[name].append(path)
                self._ends[name].append(end)
                self.artists += [path, end]

    def show(self, trail: Sequence[TrailPoint]) -> None:
        for name in self._paths:
            places = np.array([getattr(point, name) for point in trail]).reshape(-1, 2)
            for path, end in zip(self._paths[name], self._ends[name], strict=True):
                path.set_data(*places.T)
                end.set_data(*places[-1:].T)
