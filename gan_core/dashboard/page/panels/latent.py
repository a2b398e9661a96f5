"""Bottom left: what the discriminator says of the generator's output, over latent space."""

from __future__ import annotations

from gan_core.dashboard.page.panels.panel import Panel, square_figure

PANEL = Panel(
    id="latent-panel",
    title="Latent map D(G(z))",
    help="Each z is coloured by D(G(z)): blue where D takes the fake made from z for real, red where it does not.",
    hint="Point here to see where G sends that z in both sample-space panels.",
    figure=square_figure("u", "v", colour_bar=True),
)
