"""A GAN's training step as one would first write it: autograd through whatever networks there are.

Slower than `gan_step.py`, which is written out for the networks it serves; a test holds the two together. This one
takes any two modules, a reader's own among them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from gan_core.setup.config import GANConfig
from gan_core.training.gan_step import LiveValues, Numbers
from gan_core.training.kernels import Kernels
from gan_core.training.networks import MLP
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.optimisers import KerasAdam


class PlainStep:
    """The discriminator's update, then the generator's, on networks whose parameters share one flat vector."""

    def __init__(
        self,
        config: GANConfig,
        networks: tuple[Any, Any],
        optimisers: tuple[KerasAdam, KerasAdam],
        kernels: Kernels,
    ) -> None:
        """Prepare to train `networks`, generator first, by `optimisers` in the same order."""
        self._generator, self._discriminator = networks
        self._adam_g, self._adam_d = optimisers
        self._kernels, self._objective, self._half = kernels, OBJECTIVES[config.objective], config.batch // 2

    def run(self, real: Tensor, z: Tensor, values: LiveValues) -> Numbers:
        """Train once on real (B/2, 2) and latents z (B/2 + B, 2), the first B/2 of them for D's fakes.

        Returns D loss, D accuracy, G loss and G accuracy, 0-d, each as it was before its network's update.
        """
        objective, kernels = self._objective, self._kernels
        with torch.no_grad():
            fakes = self._generator(z[: self._half])
        on_real, on_fake = self._discriminator(real), self._discriminator(fakes)
        each, _ = objective.error(kernels, torch.cat((-on_real, on_fake)))
        d_loss = each.mean()
        # A probability of exactly 0.5 says neither real nor fake; like Keras, it counts as fake.
        d_accuracy = torch.cat((on_real > 0, on_fake <= 0)).float().mean()
        self._update(self._discriminator, self._adam_d, d_loss, values.lr_d, values.beta1_d)
        logits = self._discriminator(self._generator(z[self._half :]))
        g_loss, _ = objective.generator(kernels, logits)
        g_accuracy = (logits > 0).float().mean()
        self._update(self._generator, self._adam_g, g_loss, values.lr_g, values.beta1_g)
        return d_loss.detach(), d_accuracy, g_loss.detach(), g_accuracy

    def _update(self, network: Any, adam: KerasAdam, loss: Tensor, lr: float, beta1: float) -> None:
        of_each = torch.autograd.grad(loss, list(network.parameters()), allow_unused=True, materialize_grads=True)
        torch.cat([gradient.reshape(-1) for gradient in of_each], out=network.gradients_flat)
        adam.step(lr, beta1)


def serves(generator: nn.Module, discriminator: nn.Module) -> bool:
    """Whether the step that is written out can train these two: networks of GANscope's own kind."""
    return type(generator) is MLP and type(discriminator) is MLP


def check(generator: nn.Module, discriminator: nn.Module) -> None:
    """Raise ValueError, with a sentence, for modules that cannot be trained as a generator and a discriminator."""
    z = torch.zeros(4, 2)
    for name, network, shape in (("generator", generator, (4, 2)), ("discriminator", discriminator, (4, 1))):
        if any(p.dtype != torch.float32 or p.device.type != "cpu" for p in network.parameters()):
            raise ValueError(f"The {name}'s parameters must be float32, on the CPU.")
        if not any(p.numel() for p in network.parameters()):
            raise ValueError(f"The {name} has no parameters to train.")
        try:
            with torch.no_grad():
                y = network(z)
        except Exception as error:  # whatever a stranger's module raises
            raise ValueError(f"The {name} cannot take points (4, 2): {error}") from error
        if tuple(y.shape) != shape:
            raise ValueError(f"The {name} must map (N, 2) to (N, {shape[1]}); of (4, 2) it makes {tuple(y.shape)}.")
