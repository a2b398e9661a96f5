"""The panels, in the order in which the page shows them: a new one is one file and one `PANELS.add`.

What is painted into it at each frame is for a script of assets/panels/ that listens for "frame"; its figure stays as
it is made.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gan_core.dashboard.page.panels import discriminator, latent, metrics, samples
from gan_core.dashboard.page.panels.lenses import CHOICES, choices, why_not
from gan_core.dashboard.page.panels.panel import Panel
from gan_core.panels.scales import SCALES, VIRIDIS
from gan_core.panels.scenes import SCENES, scene
from gan_core.panels.views import VIEWS, view
from gan_core.records.arrays import LENS_ARRAYS
from gan_core.records.readings import READINGS
from gan_core.setup.registry import Registry
from gan_core.texts.catalogue import said

PANELS: Registry[Panel] = Registry(
    "panel", {panel.name: panel for panel in (metrics.PANEL, samples.PANEL, latent.PANEL, discriminator.PANEL)}
)

__all__ = ["PANELS", "Panel", "tables"]


def tables() -> dict[str, Any]:
    """What the browser's side needs of the panels' tables, ready for JSON."""
    return {
        "panels": [{"name": p.name, "square": p.square, "choices": p.choices} for p in PANELS.values()],
        "scenes": {task: {panel: scene(task, panel) for panel in PANELS} for task in SCENES},
        "scales": {name: said(asdict(scale)) for name, scale in SCALES.items()},
        "lenses": {panel: choices(panel) for panel in CHOICES},
        "why_not": why_not(),
        # Of each lens, one array that tells that it is there.
        "lens_arrays": {lens: arrays[0].name for lens, arrays in LENS_ARRAYS.items()},
        "views": [view(name) for name in VIEWS],
        "readings": [
            {**asdict(reading), "label": reading.label, "unit": reading.unit, "help": reading.help}
            for reading in READINGS.values()
        ],
        "shares": VIRIDIS,
    }
