"""Bottom left: what the discriminator says of the generator's output, over latent space."""

from __future__ import annotations

from functools import partial

from gan_core.dashboard.page.panels.panel import Panel, square_figure

PANEL = Panel("latent", partial(square_figure, "u", "v", colour_bar=True), choices="lens-latent")
