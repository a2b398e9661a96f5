"""Top right: real data and what the generator makes."""

from __future__ import annotations

from functools import partial

from gan_core.dashboard.page.panels.panel import Panel, square_figure

PANEL = Panel("samples", partial(square_figure, "x₁", "x₂", colour_bar=False), choices="lens-samples")
