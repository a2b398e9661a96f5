"""A laboratory of your own: `python app.py --with examples/my_lab.py --preset my-ring`. Change what you like."""

import math

import torch

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.presets import PRESETS, Preset
from gan_core.setup.registry import Number
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import Target
from gan_core.texts.catalogue import add
from gan_core.training.optimisers import OPTIMISERS, SimpleOptimiser, rule


def ring(modes: int, sd: float) -> Target:
    def sample(n: int, random: torch.Generator) -> torch.Tensor:  # (n, 2) points of the square [-1, 1]^2
        turn = torch.randint(modes, (n,), generator=random) * (2 * math.pi / modes)
        return 0.7 * torch.stack((turn.cos(), turn.sin()), 1) + sd * torch.randn(n, 2, generator=random).clamp(-3, 3)

    return Target(sample)


class SGD(SimpleOptimiser):
    def change(self, gradient: torch.Tensor, lr: float, beta1: float) -> torch.Tensor:
        return -lr * gradient


TARGETS.add("my-ring", ring, modes=Number(8, 1, 64, whole=True), sd=Number(0.02, 0, 0.1))
OPTIMISERS.add("my-sgd", lambda: rule(SGD))
small = "64,64:relu"
config = GANConfig(target="my-ring", generator=small, discriminator=small, optimiser_d="my-sgd", batch=128)
values = HyperParameters(lr_g=1e-3, lr_d=3e-2, beta1_g=0.5)
PRESETS.add("my-ring", Preset("my-ring", config, values))
add({"preset.my-ring.title": "My ring", "preset.my-ring.story": "Eight spots on a [ring](#samples-panel)."})
