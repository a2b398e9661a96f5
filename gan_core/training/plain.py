"""A GAN's training step as one would first write it: autograd through whatever networks there are.

Slower than `gan_step.py`, which is written out for what it serves; a test holds the two together. This one takes any
objective, penalty, optimisers and numbers of updates, and any two modules, a reader's own among them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from gan_core.setup.config import GANConfig
from gan_core.training.gan_step import LiveValues, Numbers
from gan_core.training.kernels import Kernels
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.optimisers import Optimiser
from gan_core.training.penalties import PENALTIES


class PlainStep:
    """The discriminator's updates, then the generator's, on networks whose parameters share one flat vector."""

    def __init__(
        self,
        config: GANConfig,
        networks: tuple[Any, Any],
        optimisers: tuple[Optimiser, Optimiser],
        kernels: Kernels,
        random: torch.Generator | None = None,
    ) -> None:
        """Prepare to train `networks`, generator first, by `optimisers` in the same order.

        `random` is what the penalty draws from, if it draws.
        """
        self._generator, self._discriminator = networks
        self._of_g, self._of_d = optimisers
        self._kernels, self._half, self._random = kernels, config.batch // 2, random
        self._objective, self._penalty = OBJECTIVES.make(config.objective), PENALTIES.make(config.penalty)

    def run(self, real: Tensor, z: Tensor, values: LiveValues) -> Numbers:
        """Train once on real (n B/2, 2) and latents z (n B/2 + m B, 2), n and m being the updates of D and of G.

        The first n B/2 latents are for D's fakes. Returns D loss, D accuracy, G loss and G accuracy, 0-d, each as it
        was before the last update of its network; a penalty is no part of D's loss there.
        """
        half = self._half
        for_d, for_g = z[: len(real)], z[len(real) :]
        batches = zip(torch.split(real, half), torch.split(for_d, half), strict=True)
        of_d = [self._train_d(some, latents, values) for some, latents in batches]
        of_g = [self._train_g(latents, values) for latents in torch.split(for_g, 2 * half)]
        return *of_d[-1], *of_g[-1]

    def _train_d(self, real: Tensor, z: Tensor, values: LiveValues) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            fakes = self._generator(z)
        on_real, on_fake = self._discriminator(real), self._discriminator(fakes)
        each, _ = self._objective.error(self._kernels, torch.cat((-on_real, on_fake)))
        loss = each.mean()
        # A probability of exactly 0.5 says neither real nor fake; like Keras, it counts as fake.
        accuracy = torch.cat((on_real > 0, on_fake <= 0)).float().mean()
        whole = loss
        if self._penalty.of is not None and self._random is not None:
            whole = loss + self._penalty.of(self._discriminator, real, fakes, self._random)
        self._update(self._discriminator, self._of_d, whole, values.lr_d, values.beta1_d)
        return loss.detach(), accuracy

    def _train_g(self, z: Tensor, values: LiveValues) -> tuple[Tensor, Tensor]:
        logits = self._discriminator(self._generator(z))
        loss, _ = self._objective.generator(self._kernels, logits)
        accuracy = (logits > 0).float().mean()
        self._update(self._generator, self._of_g, loss, values.lr_g, values.beta1_g)
        return loss.detach(), accuracy

    def _update(self, network: Any, optimiser: Optimiser, loss: Tensor, lr: float, beta1: float) -> None:
        of_each = torch.autograd.grad(loss, list(network.parameters()), allow_unused=True, materialize_grads=True)
        torch.cat([gradient.reshape(-1) for gradient in of_each], out=network.gradients_flat)
        with torch.no_grad():
            optimiser.step(lr, beta1)


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
