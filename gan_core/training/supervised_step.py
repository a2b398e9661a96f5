"""Training steps of one network alone, with the right answers at hand: the article's figures 3, 4 and 6; and of none.

As `GANStep`, arrays in, four numbers out; those of a network that is not trained are NaN.
"""

from __future__ import annotations

import math

from gan_core.setup.config import GANConfig
from gan_core.targets.target import Opponent
from gan_core.training.backprop import Backprop
from gan_core.training.draws import Draws
from gan_core.training.gan_step import DiscriminatorUpdate, LiveValues, Numbers
from gan_core.training.kernels import Array, Kernels
from gan_core.training.networks import MLP
from gan_core.training.optimisers import Optimiser

NEAR = 0.05  # data units from its goal within which a sample counts as right


class FitStep:
    """Teaches the generator where each z belongs: mean squared error over the batch and both coordinates."""

    def __init__(
        self,
        config: GANConfig,
        networks: tuple[MLP, MLP],
        optimisers: tuple[Optimiser, Optimiser],
        kernels: Kernels,
        draws: Draws | None = None,
    ) -> None:
        """Prepare to train the first of `networks` by the first of `optimisers`."""
        self._adam, self._kernels, self._batch = optimisers[0], kernels, config.batch
        self._passes = Backprop(networks[0], kernels, config.batch)
        self._d_samples = kernels.empty(config.batch, 2)
        self._unknown = unknown(kernels)

    def run(self, real: Array, z: Array, values: LiveValues) -> Numbers:
        """Train once on latents z (B, 2) and their goals, real (B, 2), row by row."""
        kernels = self._kernels
        samples = kernels.tanh_(self._passes.forward(z))
        off = kernels.float32(samples) - kernels.float32(real)
        squares = off * off
        loss = squares.sum() / (2 * self._batch)
        accuracy = (squares.sum(1) <= NEAR**2).sum() / self._batch
        kernels.copy(off / self._batch, self._d_samples)  # the derivative: twice the error over 2 B numbers
        self._passes.backward(z, kernels.tanh_gradient_(self._d_samples, samples))
        self._adam.step(values.lr_g, values.beta1_g)
        return self._unknown, self._unknown, loss, accuracy


class OpponentStep:
    """Teaches the discriminator to tell real points from an opponent that does not learn."""

    def __init__(
        self,
        opponent: Opponent,
        config: GANConfig,
        networks: tuple[MLP, MLP],
        optimisers: tuple[Optimiser, Optimiser],
        kernels: Kernels,
        draws: Draws | None = None,
    ) -> None:
        """Prepare to train the second of `networks` by the second of `optimisers`."""
        self._update = DiscriminatorUpdate(config, networks[1], optimisers[1], kernels, draws)
        self._opponent, self._unknown = opponent, unknown(kernels)

    def run(self, real: Array, z: Array, values: LiveValues) -> Numbers:
        """Train once on real (B/2, 2) and the fakes made of latents z (B/2, 2)."""
        return *self._update.run(real, self._opponent.place(z), values), self._unknown, self._unknown


class NoStep:
    """Trains nothing."""

    def __init__(
        self,
        config: GANConfig,
        networks: tuple[MLP, MLP],
        optimisers: tuple[Optimiser, Optimiser],
        kernels: Kernels,
        draws: Draws | None = None,
    ) -> None:
        self._numbers = (unknown(kernels),) * 4

    def run(self, real: Array, z: Array, values: LiveValues) -> Numbers:
        """Measure nothing."""
        return self._numbers


def unknown(kernels: Kernels) -> Array:
    """A 0-d NaN, for what a step does not measure."""
    return kernels.float32(kernels.empty(1) + math.nan)[0]
