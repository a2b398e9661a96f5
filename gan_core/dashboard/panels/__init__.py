"""The four panels, in the order in which the page shows them. A new panel is one file and one entry here."""

from __future__ import annotations

from gan_core.dashboard.panels import discriminator, latent, metrics, samples
from gan_core.dashboard.panels.panel import Panel

PANELS: tuple[Panel, ...] = (metrics.PANEL, samples.PANEL, latent.PANEL, discriminator.PANEL)

__all__ = ["PANELS", "Panel"]
