"""Top left: losses and accuracies of both networks over the steps."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from gan_core.dashboard.page.panels.panel import AXIS, MARGIN, Panel, base_layout
from gan_core.panels.theme import LIGHT
from gan_core.panels.views import CURVES
from gan_core.texts.catalogue import say


def _figure() -> go.Figure:
    figure = go.Figure(
        layout={
            **base_layout(),
            "margin": {**MARGIN, "r": 12},
            "xaxis": {**AXIS, "range": [0, 600], "title": {"text": say("curves.step"), "standoff": 4}},
            "yaxis": {**AXIS, "range": [-0.1, 2.1], "tickvals": [0, 0.5, 1, 1.5, 2]},
        }
    )
    for name, colour, dash in CURVES:
        figure.add_scatter(
            x=[],
            y=[],
            name=say(f"metric.{name}"),
            mode="lines",
            line={"color": LIGHT[colour], "dash": dash, "width": 1.4},
        )
    across = {"xref": "paper", "yref": "y"}
    figure.add_shape(
        **across,
        x0=0,
        x1=1,
        y0=math.log(2),
        y1=math.log(2),
        line={"color": LIGHT["quiet"], "width": 1, "dash": "dash"},
    )
    figure.add_annotation(
        **across,
        x=1,
        y=math.log(2),
        text=say("curve.cannot-tell"),
        xanchor="right",
        yanchor="bottom",
        showarrow=False,
        font={"size": 10, "color": LIGHT["quiet"]},
        bgcolor=LIGHT["card"],
        opacity=0.85,
        borderpad=1,
    )
    return figure


PANEL = Panel("metrics", _figure, square=False)
