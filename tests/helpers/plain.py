"""The training step as one would first write it: autograd through the modules, Adam as one formula, nothing kept."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.training.kernels import TorchKernels
from gan_core.training.networks import MLP
from gan_core.training.objectives import OBJECTIVES

KERNELS = TorchKernels(torch.device("cpu"), torch.float32)


class PlainGAN:
    """Trains its two networks in float32; takes the losses of an objective, and finds the gradients itself."""

    def __init__(self, config: GANConfig, generator: MLP, discriminator: MLP) -> None:
        self.config, self.objective = config, OBJECTIVES[config.objective]
        self.generator, self.discriminator = generator, discriminator
        self.moments = [
            torch.zeros_like(n.parameters_flat) for n in (generator, generator, discriminator, discriminator)
        ]  # m and v of G, m and v of D
        self.updates = 0
        self.logits: list[Tensor] = []  # of the last step: of D's batch, and of G's

    def update(self, real: Tensor, z_d: Tensor, z_g: Tensor, values: HyperParameters) -> list[float]:
        """Train once; returns D loss, D accuracy, G loss, G accuracy."""
        self.updates += 1
        fake = self.generator(z_d).detach()
        on_real, on_fake = self.discriminator(real), self.discriminator(fake)
        d_losses, _ = self.objective.error(KERNELS, torch.cat((-on_real, on_fake)))
        d_loss = d_losses.mean()
        self._adam(self.discriminator, d_loss, self.moments[2:], values.lr_d, values.beta1_d)
        d_right = torch.cat((on_real > 0, on_fake <= 0)).float().mean()
        logits = self.discriminator(self.generator(z_g))
        g_loss, *_ = self.objective.generator(KERNELS, logits)
        self._adam(self.generator, g_loss, self.moments[:2], values.lr_g, values.beta1_g)
        self.logits = [torch.cat((on_real, on_fake)).detach(), logits.detach()]
        return [x.item() for x in (d_loss, d_right, g_loss, (logits > 0).float().mean())]

    def _adam(self, network: MLP, loss: Tensor, moments: list[Tensor], lr: float, beta1: float) -> None:
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        gradient, t, beta2 = torch.cat([g.reshape(-1) for g in gradients]), self.updates, self.config.beta2
        m, v = moments
        m.mul_(beta1).add_(gradient, alpha=1 - beta1)
        v.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        scale = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
        network.parameters_flat -= scale * m / (v.sqrt() + self.config.epsilon)
