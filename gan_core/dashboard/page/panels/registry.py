"""The four panels, in the order in which the page shows them. A new panel is one file and one entry here."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gan_core.dashboard.page.panels import discriminator, latent, metrics, samples
from gan_core.dashboard.page.panels.lenses import CHOICES, WHY_NOT
from gan_core.dashboard.page.panels.panel import Panel
from gan_core.dashboard.page.panels.scales import SCALES, VIRIDIS
from gan_core.dashboard.page.panels.scenes import SCENES
from gan_core.dashboard.page.panels.views import VIEWS
from gan_core.records.arrays import LENS_ARRAYS
from gan_core.records.readings import READINGS

PANELS: tuple[Panel, ...] = (metrics.PANEL, samples.PANEL, latent.PANEL, discriminator.PANEL)

__all__ = ["PANELS", "Panel", "tables"]


def tables() -> dict[str, Any]:
    """What the browser's side needs of the panels' tables, ready for JSON."""
    return {
        "scenes": {task: {panel: asdict(scene) for panel, scene in of.items()} for task, of in SCENES.items()},
        "scales": {name: asdict(scale) for name, scale in SCALES.items()},
        "lenses": {panel: [asdict(choice) for choice in choices.values()] for panel, choices in CHOICES.items()},
        "why_not": WHY_NOT,
        "lens_arrays": {
            lens: arrays[0].name for lens, arrays in LENS_ARRAYS.items()
        },  # one that tells that it is there
        "views": [asdict(view) for view in VIEWS.values()],
        "readings": [asdict(instrument) for instrument in READINGS.values()],
        "shares": VIRIDIS,
    }
