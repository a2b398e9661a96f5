"""What a panel is, and what the three square ones share.

Plotly draws the axes, the colour bar and the curves once; maps and points are painted by the browser's side on a canvas
laid into the plot area, because that is ten times faster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import plotly.graph_objects as go

from gan_core.panels.scenes import EXTENT, TICKS
from gan_core.panels.theme import LIGHT, REAL_TO_FAKE
from gan_core.texts.catalogue import say, say_or

AXIS = {
    "fixedrange": True,
    "zeroline": False,
    "ticks": "outside",
    "ticklen": 4,
    "gridcolor": LIGHT["grid"],
    "linecolor": LIGHT["line"],
    "showline": True,
    "mirror": True,
}
# Pixels around the plot area. The square panels share them, so that plot areas above each other line up.
MARGIN: dict[str, int] = {"l": 46, "r": 68, "t": 8, "b": 40, "pad": 0}


@dataclass(frozen=True)
class Panel:
    """One panel: how its static figure is made. Its words are those of the scene of both networks, `scene.gan`."""

    name: str
    figure: Callable[[], go.Figure]
    square: bool = True
    choices: str = ""  # id of the control by which it shows something else than usual: `lenses.CHOICES`

    @property
    def id(self) -> str:
        """Id of its element."""
        return f"{self.name}-panel"

    @property
    def title(self) -> str:
        """What stands over it."""
        return say_or(self.name, f"scene.gan.{self.name}.title")

    @property
    def help(self) -> str:
        """What is seen and what the colours mean, in a sentence or two."""
        return say_or("", f"scene.gan.{self.name}.help")

    @property
    def hint(self) -> str:
        """What the cursor does here."""
        return say_or("", f"scene.gan.{self.name}.hint")


def square_figure(x_title: str, y_title: str, *, colour_bar: bool) -> go.Figure:
    """Return an empty figure of [-1, 1]^2 and a margin, with equal axes and, if asked for, the bar of colours."""
    axis = {**AXIS, "range": [-EXTENT, EXTENT], "tickvals": TICKS, "constrain": "domain"}
    figure = go.Figure(
        layout={
            **base_layout(),
            "xaxis": {**axis, "title": {"text": x_title, "standoff": 4}},
            "yaxis": {**axis, "title": {"text": y_title, "standoff": 2}, "scaleanchor": "x"},
        }
    )
    figure.add_scatter(x=[None], y=[None], mode="markers", showlegend=False, hoverinfo="skip")
    if colour_bar:
        figure.update_traces(
            marker={
                "color": [0],
                "cmin": 0,
                "cmax": 1,
                "colorscale": [[at, colour] for at, colour in REAL_TO_FAKE],
                "showscale": True,
                "colorbar": {
                    "thickness": 10,
                    "len": 1,
                    "lenmode": "fraction",
                    "x": 1.02,
                    "xpad": 4,
                    "ypad": 0,
                    "outlinewidth": 0,
                    "tickvals": [0, 0.5, 1],
                    "ticktext": [say("scale.fake"), "0.5", say("scale.real")],
                },
            }
        )
    return figure


def base_layout() -> dict[str, object]:
    """Layout that every panel shares; colours of text and lines follow the theme in the browser."""
    return {
        "template": "none",
        "margin": MARGIN,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 11, "color": LIGHT["text"]},
        "showlegend": False,
        "dragmode": False,
        "hovermode": False,
    }
