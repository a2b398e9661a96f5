"""GANscope's engine, training session and dashboard.

`GANEngine` is looked up on first use, so that reading presets or printing a usage message does not load torch; so is
`show`, which shows the dashboard in a notebook.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gan_core.setup.experiment import Experiment
from gan_core.setup.presets import PRESETS

if TYPE_CHECKING:
    from gan_core.notebook import show
    from gan_core.training.engine import GANEngine

# OpenMP's workers wait for each other by spinning; as soon as a browser needs one of the cores, they spin for whole
# time slices and training slows down tenfold. With too short a spin, under some 4000 pauses, they fall asleep between
# two products, and a step takes a seventh longer. Read when torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "5000")

__all__ = ["PRESETS", "Experiment", "GANEngine", "show"]


def __getattr__(name: str) -> object:
    if name == "GANEngine":
        from gan_core.training.engine import GANEngine

        return GANEngine
    if name == "show":
        from gan_core.notebook import show

        return show
    raise AttributeError(f"module 'gan_core' has no attribute {name!r}")
