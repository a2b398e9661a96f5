"""Presets of each task with networks of 2 x 16, and the target of the tests' own."""

from __future__ import annotations

import numpy as np

from gan_core.setup.config import HyperParameters, sized
from gan_core.setup.presets import Preset


def preset_for(task: str, **config: object) -> Preset:
    objective = "squared-error" if task in ("noise", "blob") else "non-saturating"
    sizes = {"width": 16, "depth": 2, "batch": 32, **config}
    return Preset(task, sized(task=task, objective=objective, **sizes), HyperParameters())


def spiral(z: np.ndarray) -> np.ndarray:
    """The article's formula."""
    r, theta = 0.05 + 0.45 * (z[:, 0] + 1) + 0.05 * z[:, 1], 3 * np.pi * z[:, 0]
    return np.stack((r * np.cos(theta), r * np.sin(theta)), axis=1)
