"""Bottom right: what the discriminator says of every place in sample space."""

from __future__ import annotations

from gan_core.dashboard.page.panels.panel import Panel, square_figure

PANEL = Panel(
    id="discriminator-panel",
    title="Sample map D(x)",
    help="Each place x is coloured by D(x): blue where D expects real data, red where it expects fakes, white at 0.5.",
    hint="Follow the bluest spot with the cursor: the blob of fakes in the samples panel takes the same path.",
    figure=square_figure("x₁", "x₂", colour_bar=True),
)
