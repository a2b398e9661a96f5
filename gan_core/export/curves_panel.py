"""The panel of losses and accuracies over the steps, drawn, with the numbers of the step beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from gan_core.export.pen import DASHES, FONT, Box, Pen, number
from gan_core.export.still import Curve, Still
from gan_core.export.stretch import Shown
from gan_core.panels.scenes import scene
from gan_core.panels.views import CURVES
from gan_core.records.steps import Change
from gan_core.texts.catalogue import say, say_or

LEFT, NUMBERS, BELOW = 46.0, 108.0, 36.0  # CSS pixels beside and below the curves
_MAX_MARKS = 12  # of changes
_MERGE = 0.02  # changes of one value closer than this share of the axis are one mark
_APART = 14  # CSS pixels between two triangles of curves that leave the axis
_LN_2 = math.log(2)


class Curves:
    """Curves up to the step that is shown."""

    def __init__(self, pen: Pen, box: Box, still: Still, panel: str, trail: bool) -> None:
        self._pen, self._still, self._plot = pen, still, still.plot
        self._box = Box(box.left + LEFT, box.top, box.width - LEFT - NUMBERS, box.height - BELOW)
        axes = self.axes = pen.axes(self._box)
        self._low, self._high = (10**end if self._plot.log else end for end in (self._plot.low, self._plot.high))
        axes.set(xlim=still.axis, yscale="log" if self._plot.log else "linear")
        axes.set(ylim=(self._low, self._high))
        axes.set_yticks(self._plot.ticks, [_tick(tick, self._plot.log) for tick in self._plot.ticks], minor=False)
        axes.minorticks_off()
        size = pen.points(FONT)
        axes.set_xlabel(say("curves.step"), fontsize=size, color=pen.ink("text"), labelpad=pen.points(1))
        axes.xaxis.set_major_locator(_ticks_of_steps())
        axes.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
        pen.write(box.left + 4, box.top - 8, scene(still.points.task, panel)["title"], size=13, fontweight="bold")
        self.moving: list[Any] = []
        self._lines = [self._curve(*one) for one in self._drawn()]
        self._values = [self._beside(i, *one) for i, one in enumerate(self._drawn())]
        self._across()
        self._off = {side: self._triangles(side) for side in ("above", "below")}
        self._marks = [self._mark(i, change) for i, change in enumerate(_merged(still))]

    def artists(self) -> list[Any]:
        """What moves, lower ones first."""
        return self.moving

    def show(self, shown: Shown) -> None:
        """Draw another step."""
        step, row = shown.frame.step, self._still.row(shown.frame.step)
        beyond: dict[str, list[tuple[float, float, str]]] = {"above": [], "below": []}
        for (line, curve, ink), (column, *_), text in zip(self._lines, self._drawn(), self._values, strict=True):
            until = int(np.searchsorted(curve.steps, step, side="right"))
            x, y = curve.steps[:until], curve.values[:until]
            line.set_data(x, np.maximum(y, self._low) if self._plot.log else y)
            here = x >= self._still.axis[0]
            for side, off in (("above", here & (y > self._high)), ("below", here & (y < self._low))):
                beyond[side] += [(a, b, ink) for a, b in zip(x[off].tolist(), y[off].tolist(), strict=True)]
            value = row[column] if isinstance(column, int) else (y[-1] if until else np.nan)
            text.set_text("–" if np.isnan(value) else f"{value:.4f}")
        for side, found in beyond.items():
            self._show_beyond(side, found)
        for change, artists in self._marks:
            for artist in artists:
                artist.set_visible(change.step <= step)

    # -- what there is ---------------------------------------------------------------------------------------------

    def _drawn(self) -> Iterator[tuple[int | str, str, str, str, Curve]]:
        """Each curve: its column or reading, what it is called, its colour, its dashes, its numbers."""
        for column, curve in self._still.metrics.items():
            name, ink, dash = CURVES[column]
            yield column, say(f"metric.{name}"), ink, dash, curve
        for line in self._plot.lines:
            label = say_or(line.reading, f"reading.{line.reading}.label")
            yield line.reading, label, line.colour, line.dash, self._still.readings[line.reading]

    def _curve(self, column: int | str, label: str, ink: str, dash: str, curve: Curve) -> tuple[Any, Curve, str]:
        thinned = _thinned(curve, self._still.axis, round(self._box.width))
        width = self._pen.points(1.4)
        (line,) = self.axes.plot([], [], color=self._pen.ink(ink), ls=DASHES[dash], lw=width, gid=f"curve-{column}")
        self.moving.append(line)
        return line, thinned, ink

    def _beside(self, i: int, column: int | str, label: str, ink: str, dash: str, curve: Curve) -> Any:
        """A curve's sign and name beside the axes; returns the text of its number."""
        from matplotlib.lines import Line2D

        pen, left, top = self._pen, self._box.left + self._box.width + 12, self._box.top + 10 + 34 * i
        width, height = pen.format.size
        ends = ([left / width, (left + 20) / width], [1 - (top - 4) / height] * 2)
        pen.figure.add_artist(Line2D(*ends, color=pen.ink(ink), ls=DASHES[dash], lw=pen.points(1.6)))
        pen.write(left + 26, top, label, size=FONT - 0.5)
        value = pen.write(left + 26, top + 15, "", fontweight="bold")
        self.moving.append(value)
        return value

    def _across(self) -> None:
        """Lines that the curves are held against, with their words."""
        for value, words, side, ink, dash in self._references():
            if not math.isfinite(value):
                continue
            pen, at = self._pen, max(value, self._low)
            self.axes.axhline(at, color=pen.ink(ink), lw=pen.points(1), ls=DASHES[dash])
            x, anchor = {"left": (0.01, "left"), "center": (0.5, "center"), "right": (0.995, "right")}[side]
            text = self.axes.annotate(words, (x, at), xycoords=("axes fraction", "data"), ha=anchor, va="bottom")
            text.set(fontsize=pen.points(FONT - 1), color=pen.ink(ink), clip_on=True)
            text.set_bbox({"facecolor": pen.ink("card"), "edgecolor": "none", "alpha": 0.85, "pad": 0})
            self.moving.append(text)  # over the curves
        if self._plot.words:
            middle = (self._still.axis[0] + self._still.axis[1]) / 2, (self._low + self._high) / 2
            words = say(self._plot.words).replace("<br>", "\n")
            style = {"ha": "center", "va": "center", "fontsize": self._pen.points(13), "color": self._pen.ink("text")}
            self.axes.text(*middle, words, **style)

    def _references(self) -> Iterator[tuple[float, str, str, str, str]]:
        points = self._still.points
        for mark in self._plot.marks:
            words = say_or(mark.text, mark.text)
            if mark.value is not None:
                yield mark.value, words, "right", "quiet", "dash"
            elif points.best is not None:
                yield points.best, f"{words} {number(points.best)}", "right", "quiet", "dash"
        for guide in points.guides if self._plot.guides else ():
            yield guide.loss, _guide(guide.modes, guide.of, guide.loss), "right", "quiet", "dash"
        held = {"floor": (points.floors, "dash"), "collapsed": (points.collapsed, "dashdot")}
        for line in self._plot.lines:
            for name, (values, dash) in held.items():
                key = "" if line.references is None else getattr(line.references, name)
                if line.references and key and line.reading in values:
                    value = values[line.reading]
                    side = line.references.floor_side if name == "floor" else "left"
                    yield value, f"{say_or(key, key)} {number(value)}", side, line.colour, dash

    # -- what leaves the axis, and changes ---------------------------------------------------------------------------

    def _triangles(self, side: str) -> dict[str, Any]:
        """By colour, the triangles at that edge; under "", the text of the farthest number."""
        pen, sign = self._pen, "^" if side == "above" else "v"
        found: dict[str, Any] = {}
        for _, _, ink, _, _ in self._drawn():
            (found[ink],) = self.axes.plot([], [], sign, color=pen.ink(ink), ms=pen.points(7), mew=0, clip_on=False)
        text = self.axes.text(0, 0, "", fontsize=pen.points(FONT - 1), fontweight="bold", color=pen.ink("text"))
        text.set_bbox({"facecolor": pen.ink("card"), "edgecolor": "none", "alpha": 0.85, "pad": 0})
        found[""] = text
        self.moving += found.values()
        return found

    def _show_beyond(self, side: str, found: list[tuple[float, float, str]]) -> None:
        """Triangles at the edge where curves leave it, the farthest first, others where there is room beside those."""
        (begin, end), edge = self._still.axis, self._high if side == "above" else self._low
        apart = _APART / self._box.width * (end - begin)
        placed: list[tuple[float, float, str]] = []
        for one in sorted(found, key=lambda one: one[1], reverse=side == "above"):
            if all(abs(one[0] - other[0]) >= apart for other in placed):
                placed.append(one)
        artists = self._off[side]
        for ink, artist in artists.items():
            if ink:
                at = [x for x, _, of in placed if of == ink]
                artist.set_data(at, [edge] * len(at))
        text = artists[""]
        text.set_visible(bool(placed))
        if placed:
            x, value, _ = placed[0]
            left = x > (begin + end) / 2
            text.set(x=x + (-1 if left else 1) * apart * 0.45, y=edge, text=number(value, 3))
            text.set(ha="right" if left else "left", va="top" if side == "above" else "bottom")

    def _mark(self, i: int, change: Change) -> tuple[Change, list[Any]]:
        pen, axes = self._pen, self.axes
        line = axes.axvline(max(change.step, 1), color=pen.ink("quiet"), lw=pen.points(1), ls=DASHES["dot"])
        begin, end = self._still.axis
        left = (change.step - begin) / (end - begin) > 0.75
        words = f"{change.name} {number(change.new)}"
        place = (change.step, 1 - (i % 4) * 0.075 - 0.01)
        text = axes.annotate(f" {words} ", place, xycoords=("data", "axes fraction"), va="top")
        text.set(ha="right" if left else "left", fontsize=pen.points(FONT - 1), color=pen.ink("quiet"))
        self.moving += [line, text]
        return change, [line, text]


def _guide(modes: int, of: int, loss: float) -> str:
    if modes < of:
        return say("curve.best-at-modes", modes=modes, of=of, loss=number(loss, 3))
    return say("curve.cannot-tell") if abs(loss - _LN_2) < 1e-9 else say("curve.cannot-tell-at", loss=number(loss, 3))


def _merged(still: Still) -> list[Change]:
    """Changes on the axis; those of one value near each other are one mark, with the last value."""
    begin, end = still.axis
    marks: list[Change] = []
    for change in still.changes:
        near = [i for i, other in enumerate(marks) if other.name == change.name]
        if near and change.step - marks[near[-1]].step < _MERGE * (end - begin):
            marks[near[-1]] = change
        else:
            marks.append(change)
    return [mark for mark in marks if begin <= mark.step <= end][-_MAX_MARKS:]


def _thinned(curve: Curve, axis: tuple[float, float], columns: int) -> Curve:
    """The same curve for so many columns of pixels: of each column the first, least, greatest and last number."""
    inside = (curve.steps >= axis[0] - 1) & (curve.steps <= axis[1])
    steps, values = curve.steps[inside], curve.values[inside]
    if len(steps) <= 4 * columns:
        return Curve(steps, values)
    edges = np.searchsorted(steps, np.linspace(axis[0], axis[1], columns + 1))
    edges[0], edges[-1] = 0, len(steps)
    kept: list[int] = []
    for start, stop in pairwise(edges.tolist()):
        part = values[start:stop]
        if len(part) and not np.isnan(part).all():
            kept += sorted({start, start + int(np.nanargmin(part)), start + int(np.nanargmax(part)), stop - 1})
    return Curve(steps[kept], values[kept])


def _tick(value: float, log: bool) -> str:
    power = round(math.log10(value)) if log and value > 0 else 0
    return f"$10^{{{power}}}$" if log and abs(power) > 2 else number(value)


def _ticks_of_steps() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4, integer=True, steps=[1, 2, 5, 10])
