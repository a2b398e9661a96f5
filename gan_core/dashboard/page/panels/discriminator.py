"""Bottom right: what the discriminator says of every place in sample space."""

from __future__ import annotations

from functools import partial

from gan_core.dashboard.page.panels.panel import Panel, square_figure

PANEL = Panel("discriminator", partial(square_figure, "x₁", "x₂", colour_bar=True), choices="lens-sample-map")
