"""What both players of a GAN pay, by autograd, and how they move: what steps that are not written out are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_core.setup.config import GANConfig
from gan_core.training.draws import Draws
from gan_core.training.gan_step import LiveValues, cut
from gan_core.training.kernels import Kernels
from gan_core.training.objectives import OBJECTIVES, Sides, of_generator
from gan_core.training.optimisers import Optimiser
from gan_core.training.penalties import PENALTIES


class Paid(NamedTuple):
    """What one player pays on a batch, all 0-d."""

    whole: Tensor  # what it descends on, a penalty included
    loss: Tensor  # its objective alone
    accuracy: Tensor


class Batch(NamedTuple):
    """One batch for each player. With packing, B stands for so many times B."""

    real: Tensor  # (B/2, 2), that D is shown
    z: Tensor  # (B/2, dim), of the fakes that D is shown
    real_of_g: Tensor  # (B, 2), that G's fakes are compared with, where they come in pairs; else none
    z_of_g: Tensor  # (B, dim)


class Players:
    """Generator and discriminator, each with its optimiser, on networks whose parameters share one flat vector."""

    def __init__(
        self,
        config: GANConfig,
        networks: tuple[Any, Any],
        optimisers: tuple[Optimiser, Optimiser],
        kernels: Kernels,
        draws: Draws,
    ) -> None:
        """`networks` and `optimisers` come generator first; `draws` is for noise and places of a penalty."""
        self.generator, self.discriminator = networks
        self.optimisers = optimisers
        self._kernels, self._draws, self._inputs = kernels, draws, 2 * config.packing
        self.objective, self._penalty = OBJECTIVES.make(config.objective), PENALTIES.make(config.penalty)
        self._half = config.batch // 2
        self._sides, self._clip = Sides(self.objective, kernels, self._half), cut(config)
        self.level: Any = 0.0  # the score above which D takes a point for real, as of its last update

    def of_d(self, batch: Batch, values: LiveValues, *, d: Callable[[Tensor], Tensor] | None = None) -> Paid:
        """What D pays; or what `d`, another one, pays, and then what G has to do with it counts, too."""
        with torch.set_grad_enabled(d is not None):
            fakes = self.generator(batch.z)
        d = self.discriminator if d is None else d
        shown = self._shown(torch.cat((batch.real, fakes)), values)
        scores = d(shown)
        loss, _ = self._sides.loss(scores)
        accuracy = self._sides.accuracy(scores.detach())
        self.level = self.objective.level(self._kernels, scores.detach())
        if self._penalty.of is None or not values.penalty_weight:
            return Paid(loss, loss.detach(), accuracy)
        of_real, of_fake = torch.split(shown, self._half)
        penalty = self._penalty.of(d, of_real, of_fake, self._draws.stream)
        return Paid(loss + penalty * (values.penalty_weight * self.objective.scale), loss.detach(), accuracy)

    def of_g(self, batch: Batch, values: LiveValues, *, d: Callable[[Tensor], Tensor] | None = None) -> Paid:
        """What G pays against D, or against `d`."""
        d = self.discriminator if d is None else d
        on_real = d(self._shown(batch.real_of_g, values)) if self.objective.paired else batch.real_of_g
        scores = d(self._shown(self.generator(batch.z_of_g), values))
        loss, _ = of_generator(self.objective, self._kernels, scores, on_real)
        return Paid(loss, loss.detach(), (scores > self.level).float().mean())

    def move_d(self, gradients: Tensor, values: LiveValues) -> None:
        """Update D by these gradients (P,)."""
        network = self.discriminator
        self._move(network, self.optimisers[1], gradients, values.lr_d, values.beta1_d)
        if self._clip:
            network.parameters_flat.clamp_(-self._clip, self._clip)

    def move_g(self, gradients: Tensor, values: LiveValues) -> None:
        """Update G by these gradients (P,)."""
        self._move(self.generator, self.optimisers[0], gradients, values.lr_g, values.beta1_g)

    def _move(self, network: Any, optimiser: Optimiser, gradients: Tensor, lr: float, beta1: float) -> None:
        with torch.no_grad():
            network.gradients_flat.copy_(gradients)
            optimiser.step(lr, beta1)

    def _shown(self, points: Tensor, values: LiveValues) -> Tensor:
        shown: Tensor = self._draws.noisy(points.reshape(-1, self._inputs), values.instance_noise)
        return shown


def gradients(loss: Tensor, network: Any, *, differentiable: bool = False) -> Tensor:
    """The derivatives of a loss with respect to a network's parameters, in their order: (P,)."""
    parameters = list(network.parameters())
    of_each = torch.autograd.grad(
        loss, parameters, create_graph=differentiable, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return torch.cat([gradient.reshape(-1) for gradient in of_each])


def batches(config: GANConfig, each: tuple[int, int], real: Tensor, z: Tensor, *, paired: bool) -> list[Batch]:
    """Part what a step is given into batches: as many as there are updates of that player, D or G, who has more.

    Of real points and latents, those of all of D's updates come first. Each part goes round where the other player has
    more updates: it is only looked at by the one who has it.
    """
    n, (of_d, of_g) = config.batch // 2 * config.packing, each
    reals, zs = torch.split(real[: of_d * n], n), torch.split(z[: of_d * n], n)
    zs_of_g = torch.split(z[of_d * n :], 2 * n)
    pairs = torch.split(real[of_d * n :], 2 * n) if paired else (real[:0],) * of_g
    return [Batch(reals[k % of_d], zs[k % of_d], pairs[k % of_g], zs_of_g[k % of_g]) for k in range(max(of_d, of_g))]
