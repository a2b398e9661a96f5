"""The step by autograd, on networks and moments of its own, for one batch after another that is handed in."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.training.draws import Draws
from gan_core.training.kernels import TorchKernels
from gan_core.training.networks import MLP
from gan_core.training.optimisers import KerasAdam
from gan_core.training.plain import PlainStep

KERNELS = TorchKernels(torch.device("cpu"), torch.float32)


class PlainGAN:
    """Trains its two networks in float32."""

    def __init__(self, config: GANConfig, generator: MLP, discriminator: MLP) -> None:
        self.generator, self.discriminator = generator, discriminator
        self.adams = [KerasAdam(network, 0.999, 1e-7) for network in (generator, discriminator)]
        draws = Draws(torch.Generator().manual_seed(0), KERNELS)
        self._step = PlainStep(config, (generator, discriminator), (self.adams[0], self.adams[1]), KERNELS, draws)
        self.logits: list[Tensor] = []  # of the last step: of D's batch, and of G's
        discriminator.register_forward_hook(lambda _module, _inputs, logits: self.logits.append(logits.detach()))

    @property
    def moments(self) -> list[Tensor]:
        """m and v of G, m and v of D."""
        return [moment for adam in self.adams for moment in (adam.m, adam.v)]

    @property
    def updates(self) -> int:
        return self.adams[0].updates

    def update(self, real: Tensor, z_d: Tensor, z_g: Tensor, values: HyperParameters) -> list[float]:
        """Train once; returns D loss, D accuracy, G loss, G accuracy."""
        self.logits.clear()
        numbers = [x.item() for x in self._step.run(real, torch.cat((z_d, z_g)), values)]
        return numbers
