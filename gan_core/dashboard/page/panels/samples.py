"""Top right: real data and what the generator makes."""

from __future__ import annotations

from gan_core.dashboard.page.panels.panel import Panel, square_figure

PANEL = Panel(
    id="samples-panel",
    title="Samples",
    help="Blue dots are real data, red crosses are fakes: G(z) of the same latent points z in every frame.",
    hint="Point here to see the same place in the sample map, and the z of the nearest fake in the latent map.",
    figure=square_figure("x₁", "x₂", colour_bar=False),
)
