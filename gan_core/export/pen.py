"""What every drawn panel goes by: lengths in CSS pixels, as on the page, and the page's colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from gan_core.panels.theme import DARK, LIGHT

if TYPE_CHECKING:  # matplotlib takes half a second to load
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INKS = {"light": LIGHT, "dark": DARK}
FONT = 11.0  # CSS pixels
DASHES = {"solid": "-", "dot": (0, (1.2, 1.6)), "dash": (0, (6, 4)), "dashdot": (0, (6, 3, 1.2, 3))}


class Box(NamedTuple):
    """Part of a picture, in CSS pixels from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Format:
    """The size of a picture."""

    pixels: tuple[int, int]  # across and down
    scale: float  # pixels in a CSS pixel
    dpi: float

    @property
    def size(self) -> tuple[float, float]:
        """Across and down, in CSS pixels."""
        return self.pixels[0] / self.scale, self.pixels[1] / self.scale


@dataclass(frozen=True, eq=False)
class Pen:
    """Draws on one figure."""

    figure: Figure
    format: Format
    scheme: str  # a key of INKS

    def ink(self, name: str) -> str:
        """A colour of the theme."""
        return INKS[self.scheme][name]

    def points(self, length: float) -> float:
        """CSS pixels as points, 1/72 of an inch, in which matplotlib measures lines and letters."""
        return length * self.format.scale / self.format.dpi * 72

    def axes(self, box: Box) -> Axes:
        """Axes whose frame is that box, in the page's style."""
        width, height = self.format.size
        corner = box.left / width, 1 - (box.top + box.height) / height
        axes = self.figure.add_axes((*corner, box.width / width, box.height / height), facecolor=self.ink("card"))
        axes.tick_params(
            colors=self.ink("line"),
            labelcolor=self.ink("text"),
            labelsize=self.points(FONT - 1),
            length=self.points(4),
            width=self.points(1),
            pad=self.points(2),
        )
        axes.grid(color=self.ink("grid"), linewidth=self.points(1))
        axes.set_axisbelow(True)
        for spine in axes.spines.values():
            spine.set(color=self.ink("line"), linewidth=self.points(1))
        return axes

    def write(self, x: float, y: float, text: str, *, size: float = FONT, ink: str = "text", **how: Any) -> Any:
        """Text on the figure, whose lower left corner is that place in CSS pixels from the upper left corner."""
        width, height = self.format.size
        style = {"fontsize": self.points(size), "color": self.ink(ink), "va": "baseline", "parse_math": False, **how}
        return self.figure.text(x / width, 1 - y / height, text, **style)


def number(value: float, digits: int = 4) -> str:
    """A number in a few digits, with a minus sign that is one."""
    return f"{value:.{digits}g}".replace("-", "−")
