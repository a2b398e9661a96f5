"""Looks at the runs of a sweep: at the fakes alone, the very ones that the page shows; no maps are drawn."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import torch
from torch import Tensor

from gan_core.looking.measures import neighbours
from gan_core.looking.measures.modes import mode_quality
from gan_core.looking.measures.quality import measure, place, saturated, spread
from gan_core.looking.probe import LIVE_POINTS, Probe
from gan_core.run.chronicle import rule_for
from gan_core.setup.config import GANConfig
from gan_core.targets.registry import TARGETS
from gan_core.training.networks import MLP

LOSSES: tuple[str, ...] = ("d_loss", "g_loss")
# What every look sees; the two losses are means over the steps since the look before.
LOOK: tuple[str, ...] = ("coverage", "on_band", "spread", "x", "y", "saturated", *LOSSES)
# What is told in the table, at some of the looks.
READ: tuple[str, ...] = ("coverage", "on_band", "distance", "spread", "saturated", "precision", "recall", "density")
READ += ("neighbour_coverage", "energy", "modes", "high_quality", "reverse_kl", *LOSSES)
ASKED = frozenset(("step", *READ))  # what a condition may ask for


class Eye:
    """What looks at runs of one kind of data: the fixed inputs, which take a while to make."""

    def __init__(self, config: GANConfig) -> None:
        self._probe = Probe(config, torch.device("cpu"))
        self._target = TARGETS.make(config.target)
        self.rule = rule_for(self._probe.fixed_points(0))
        self._reals = self._probe.reals[:LIVE_POINTS]
        self._near = neighbours.neighbourhoods(self._probe.reals[-neighbours.OF_A_LOOK :])

    def fakes(self, generator: MLP, step: int) -> Tensor:
        """The fakes (LIVE_POINTS, 2) at a step. Raises FloatingPointError when one is not finite."""
        return self._probe.fakes(generator, step, LIVE_POINTS)

    def glance(self, fakes: Tensor) -> dict[str, float]:
        """What the run's story needs of them; NaN where it is not defined."""
        placed = place(fakes, self._target) if self._target.strata else None
        x, y = fakes.mean(dim=0).tolist()
        return {
            "coverage": placed.coverage if placed else math.nan,
            "on_band": placed.on_band if placed else math.nan,
            "spread": spread(fakes),
            "x": x,
            "y": y,
            "saturated": saturated(fakes),
        }

    def read(self, fakes: Tensor) -> dict[str, float]:
        """What is told of them."""
        found = measure(fakes, self._reals, self._target)
        return found | neighbours.measure(fakes[: neighbours.OF_A_LOOK], self._near) | self.modes(fakes)

    def modes(self, fakes: Tensor) -> dict[str, float]:
        """How many modes they have, and how well; nothing where the data have none."""
        return {} if self._target.modes is None else mode_quality(fakes, self._target.modes)


def eye_for(config: GANConfig) -> Eye:
    """The eye for a configuration; runs of the same data, latents and objective share one."""
    usual = GANConfig()
    rest = {
        name: getattr(usual, name) for name in ("generator", "discriminator", "optimiser_g", "optimiser_d", "batch")
    }
    return _eye(replace(config, **rest, penalty="none", ema=0.0, unrolled=0, consensus=0.0, noise_steps=0))


@lru_cache(maxsize=8)
def _eye(config: GANConfig) -> Eye:
    return Eye(config)
